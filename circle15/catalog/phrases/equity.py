"""Equity in words: why a figure is undefined, and what groups of communities are called."""

from __future__ import annotations

import pandas as pd

from circle15.catalog.phrases.typology import said_type
from circle15.catalog.words import text
from circle15.model.verdicts import Equity

__all__ = ["equity_reasons", "named_groups"]

_CODED = {
    ("priority_flag", "no"): "equity_unflagged",
    ("rural", "rural"): "equity_rural",
    ("rural", "urban"): "equity_urban",
}


def equity_reasons(spread: Equity, language: str) -> pd.Series:
    """Why figures of each service are undefined, on ``service``; ``""`` where all are defined.

    Parameters
    ----------
    spread
        From :func:`~circle15.accessibility.equity.equity`.
    language
        ``"zh"`` or ``"en"``.
    """
    between = "" if language == "zh" else " "
    reasons = [between.join(text(f"equity_{code}", language) for code in codes) for codes in spread.frame["why"]]
    return pd.Series(reasons, index=spread.frame.index, dtype=object)


def named_groups(spread: Equity, language: str) -> pd.DataFrame:
    """``spread.groups`` with names of groups in place of codes, in the order of these; words of the file stay.

    Parameters
    ----------
    spread, language
        As in :func:`equity_reasons`.
    """
    groups = spread.groups
    if not len(groups):
        return groups
    names = [_name(grouping, group, language) for grouping, group, _ in groups.index]
    levels = [groups.index.get_level_values(level) for level in ("grouping", "service")]
    index = pd.MultiIndex.from_arrays([levels[0], names, levels[1]], names=["grouping", "group", "service"])
    return groups.set_axis(index, axis=0).sort_index()


def _name(grouping: str, group: str, language: str) -> str:
    if group == "":
        return text("equity_unsaid", language)
    key = _CODED.get((grouping, group))
    if key:
        return text(key, language)
    return said_type(group, language) if grouping == "community_type" else group
