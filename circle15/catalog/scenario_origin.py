"""Where the layers of a changed city come from, beside its files."""

from __future__ import annotations

from circle15.catalog.words import text
from circle15.model.provenance import Origin

__all__ = ["scenario_origin"]


def scenario_origin(name: str) -> Origin:
    """The provenance of what a scenario changes.

    Examples
    --------
    >>> scenario_origin("A").label_en
    'changes of the scenario A'
    """
    zh, en = (text("scenario_origin", language, name=name) for language in ("zh", "en"))
    return Origin(label_zh=zh, label_en=en)
