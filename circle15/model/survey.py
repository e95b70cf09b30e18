"""What a field survey answered: an overlay over lists and streets, which stay as their sources have them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from circle15.errors import InputError
from circle15.model.provenance import Origin
from circle15.refusals import refusal

__all__ = ["Survey"]

_COLUMNS = ("answer", "author", "date", "note", "file", "row")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Survey:
    """Answers by check.

    ``frame`` on ``check_id`` (``facility:<id>`` or ``street:<node>-<node>``): ``answer`` (``yes``, ``no`` or
    ``unclear``), ``author`` as the survey gives it, ``date`` (ISO), ``note``, ``file`` and ``row`` of the answer;
    optional ``lon``, ``lat`` where the check stood.

    Raises
    ------
    InputError
        If a check stands twice, a column is missing or an answer is no answer.
    """

    frame: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(_COLUMNS), index=pd.Index([], name="check_id"))
    )
    origins: tuple[Origin, ...] = ()

    def __post_init__(self) -> None:
        missing = [column for column in _COLUMNS if column not in self.frame.columns]
        if missing:
            raise refusal("checks_columns", error=InputError, columns=", ".join(missing))
        if not self.frame.index.is_unique:
            twice = self.frame.index[self.frame.index.duplicated()][0]
            raise refusal("checks_twice", error=InputError, check=twice)
        wrong = set(self.frame["answer"]) - {"yes", "no", "unclear"}
        if wrong:
            raise refusal("checks_answers", error=InputError, answers=sorted(map(str, wrong)))

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        counted = self.frame["answer"].value_counts()
        return f"<Survey: {', '.join(f'{n} {answer}' for answer, n in counted.items()) or 'no answers'}>"
