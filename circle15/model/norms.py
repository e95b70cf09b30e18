"""Norms as data: a rule of a book, the book, and the ledger of verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from circle15.errors import NormError
from circle15.model.pickling import ReadOnly
from circle15.model.provenance import Origin
from circle15.refusals import refusal

__all__ = ["Ledger", "Level", "Mark", "NormBook", "Rule", "Scope", "Standing", "Status"]

Level = Literal["community", "subdistrict", "city"]
Scope = Literal["all", "urban", "rural"]
Status = Literal["mandatory", "expected", "preferred", "pilot", "draft", "project"]
Standing = Literal["official", "source", "project"]
Mark = Literal["", "indicative", "project"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One clause: what is measured, what is required, and how far the text can be trusted.

    Attributes
    ----------
    clause_id
        Unique among all books.
    measure
        Key of ``measures.toml``; ``unit`` is that measure's.
    services, tiers, kinds, standardised
        Which facilities count. Neither tiers nor kinds of site stand in for each other: with none named, all count.
    of
        Rules whose compliance a ``compliance_rate`` counts.
    checklist
        Name of a list of functions in the book.
    minutes, metres, open_at, people, people_from, people_below, households_each
        Parameters of measures: cut-off, network distance, moment of an ordinary week, people column, range of
        population in which the rule applies, households to a grid.
    at_least, more_than, at_most
        The required value: ``at_least`` includes it, ``more_than`` (超过) does not. A lower and an upper one make a
        range; none stands where a figure is only shown.
    level, scope
        Whom it is asked of.
    source, clause, year, status, grade
        Where it stands. What is only ``preferred`` (宜) or allowed (可) passes or is shown, and never fails. ``grade``
        is S (source document), A, B, M+, M (from memory) or ``project``.
    standing
        What the requirement rests on: ``official`` (the official text was seen), ``source`` (a source document or a
        quotation states it), ``project`` (its threshold is a convention of this project or of the book's author).
    """

    clause_id: str
    book: str
    title_zh: str
    title_en: str
    measure: str
    unit: str
    source_zh: str
    source_en: str
    clause: str
    year: int
    status: Status
    grade: str
    standing: Standing
    services: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    standardised: bool = False
    of: tuple[str, ...] = ()
    checklist: str = ""
    minutes: float | None = None
    metres: float | None = None
    open_at: str = ""
    people: str = "population"
    people_from: float | None = None
    people_below: float | None = None
    households_each: float | None = None
    at_least: float | None = None
    more_than: float | None = None
    at_most: float | None = None
    level: Level = "community"
    scope: Scope = "all"
    note_zh: str = ""
    note_en: str = ""

    @property
    def judges(self) -> bool:
        """Whether the rule requires something; else its figure is only shown."""
        return self.least is not None or self.at_most is not None

    @property
    def least(self) -> float | None:
        """The lower bound, whether it is included or not."""
        return self.at_least if self.more_than is None else self.more_than

    @property
    def mark(self) -> Mark:
        """How its verdicts are marked: ``project``, a threshold by convention; ``indicative``, a quoted clause."""
        if self.standing == "project":
            return "project"
        return "" if self.standing == "official" or self.grade == "S" else "indicative"

    def passes(self, observed: float) -> bool:
        """Whether a value complies: ``at_least <= observed <= at_most``, or ``more_than < observed``.

        Raises
        ------
        NormError
            If the rule requires nothing.

        Examples
        --------
        >>> rule = Rule(
        ...     clause_id="x", book="b", title_zh="", title_en="", measure="households_per_grid", unit="hh",
        ...     source_zh="", source_en="", clause="1", year=2020, status="expected", grade="S", standing="source",
        ...     at_least=200, at_most=300,
        ... )
        >>> rule.passes(300), rule.passes(300.5)
        (True, False)
        """
        if not self.judges:
            raise refusal("rule_bound", error=NormError, clause=self.clause_id)
        enough = self.at_least is None or observed >= self.at_least
        enough &= self.more_than is None or observed > self.more_than
        return enough and (self.at_most is None or observed <= self.at_most)

    def beyond(self, observed: float) -> float:
        """How far a value lies outside of what is required, in the rule's unit; 0 where it complies."""
        short = 0.0 if self.least is None else self.least - observed
        over = 0.0 if self.at_most is None else observed - self.at_most
        return max(short, over, 0.0)


@dataclass(frozen=True, kw_only=True)
class NormBook:
    """A book of rules in the order of its file; ``checklists`` names the functions that its rules ask for.

    ``origin`` is the file of a planner's own book; None for those that come with circle15.
    """

    key: str
    title_zh: str
    title_en: str
    rules: tuple[Rule, ...]
    checklists: Mapping[str, tuple[str, ...]]
    origin: Origin | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "checklists", ReadOnly(self.checklists))  # books are cached: nobody changes one

    def __repr__(self) -> str:
        ours = sum(rule.standing == "project" for rule in self.rules)
        return f"<NormBook {self.key}: {len(self.rules)} rules, {ours} with a threshold of the project>"


_RARE: Mapping[str, float | str] = ReadOnly(
    {**dict.fromkeys(("observed_low", "observed_high", "whole", "more_than"), float("nan")), "feasible": ""}
)
"""Columns of a ledger that few verdicts need, and what they are for all others."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Ledger:
    """Verdicts by clause, each with what was observed and what it rests on.

    ``frame`` on (``level``, ``unit_id``, ``clause_id``): ``observed`` and the required ``at_least``, ``more_than`` and
    ``at_most`` in the clause's ``unit``; where only bounds are known ``observed`` is NaN and ``observed_low`` and
    ``observed_high`` have them, the latter NaN where there is none above (all three NaN where any value may be, and
    where nobody may be there; a share of which nothing is known is 0 to 100); ``whole``, how many people, households
    or things a share is of at least, NaN where a figure is none (not in the tables); ``verdict`` (``pass``,
    ``fail``, ``undetermined``, ``shown`` where nothing is required); ``feasible``, the numbers of grids, or of whatever
    a range per thing is asked of, that comply or come nearest (``""`` where a clause asks for none); the
    ``standing`` of its clause; ``lacks``, what has to be supplied before more can be
    said; ``facility_id`` that the figure rests on, ``""`` if none. The evidence: ``route_min`` and ``route_m`` of the
    typical walk to that facility or, where the clause asks who can walk there, to the nearest one; ``floor_area_m2``,
    ``source`` and ``source_date`` of the facility; NaN or ``""`` where there is none. Units that a clause does not
    speak of have no row. ``rules`` are the clauses, in the order of their books. Measures of the books that are not
    computed have undetermined rows that say so.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        lacking = {column: empty for column, empty in _RARE.items() if column not in self.frame}
        if len(self.frame) and lacking:
            object.__setattr__(self, "frame", self.frame.assign(**lacking))

    def __len__(self) -> int:
        return len(self.frame)

    def counts(self) -> pd.DataFrame:
        """Units by verdict on (``level``, ``clause_id``): ``int64`` ``pass``, ``fail``, ``undetermined``, ``shown``."""
        verdicts = ("pass", "fail", "undetermined", "shown")
        if not len(self):
            return pd.DataFrame(columns=list(verdicts), dtype="int64")
        table = self.frame.groupby(["level", "clause_id"], sort=False)["verdict"].value_counts().unstack(fill_value=0)
        return table.reindex(columns=list(verdicts), fill_value=0).astype("int64").rename_axis(columns=None)

    def __repr__(self) -> str:
        counts = self.frame["verdict"].value_counts() if len(self) else pd.Series(dtype=int)
        words = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items())
        return f"<Ledger: {len(self.rules)} clauses, {words}>"

    def _repr_html_(self) -> str:
        return self.counts().to_html(max_rows=40)
