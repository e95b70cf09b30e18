"""What rules ask facilities to say of themselves, and what a list says: tier, kind of site, whether up to standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.coded import tiers, yes_no_key
from circle15.catalog.kind import split_kinds
from circle15.model.norms import Rule

__all__ = ["asked_columns", "offering", "says", "unsaid"]

Mask = NDArray[np.bool_]


class _Attribute(NamedTuple):
    """The column that is looked at, what a cell of it says, and what a rule wants of it."""

    column: str
    meaning: Callable[[str], tuple[str, ...]]
    wanted: Callable[[Rule], tuple[str, ...]]


def _tier(cell: str) -> tuple[str, ...]:
    return (cell,) if cell in tiers() else ()


def _standard(cell: str) -> tuple[str, ...]:
    return (key,) if (key := yes_no_key(cell)) else ()


_ATTRIBUTES: Mapping[str, _Attribute] = {
    "site_kind": _Attribute("site_kind_key", split_kinds, lambda rule: rule.kinds),
    "standardised": _Attribute("standardised", _standard, lambda rule: ("yes",) if rule.standardised else ()),
    "tier": _Attribute("tier_key", _tier, lambda rule: rule.tiers),
}
"""By the column that a list fills in."""


def offering(frame: pd.DataFrame, services: tuple[str, ...]) -> Mask:
    """``bool[f]``: facilities that offer one of the services."""
    wanted = set(services)
    return np.array([not wanted.isdisjoint(row) for row in frame["services"]], dtype=bool)


def says(frame: pd.DataFrame, rule: Rule, *, lenient: bool) -> Mask:
    """``bool[f]``: facilities that say what a rule asks for; with ``lenient`` those that say nothing of it, too."""
    mask = np.ones(len(frame), dtype=bool)
    for attribute, wanted in _asked(rule).values():
        cells = _said(frame, attribute)
        mask &= np.array([not set(wanted).isdisjoint(cell) or (lenient and not cell) for cell in cells], dtype=bool)
    return mask


def asked_columns(rule: Rule) -> dict[str, str]:
    """The columns that a rule asks lists to fill in, each with the one that is looked at."""
    return {name: attribute.column for name, (attribute, _) in _asked(rule).items()}


def unsaid(frame: pd.DataFrame, rule: Rule) -> list[str]:
    """The columns of which some facility of the rule's services says nothing; all where each says everything."""
    offers = frame[offering(frame, rule.services)]
    silent = [name for name, (attribute, _) in _asked(rule).items() if not all(_said(offers, attribute))]
    return silent or list(_asked(rule))


def _asked(rule: Rule) -> dict[str, tuple[_Attribute, tuple[str, ...]]]:
    wishes = ((name, attribute, attribute.wanted(rule)) for name, attribute in _ATTRIBUTES.items())
    return {name: (attribute, wanted) for name, attribute, wanted in wishes if wanted}


def _said(frame: pd.DataFrame, attribute: _Attribute) -> list[tuple[str, ...]]:
    """What each facility says; nothing where its cell is empty, or nobody knows its word."""
    if attribute.column not in frame:
        return [()] * len(frame)
    cells = frame[attribute.column]
    words = cells.where(cells.notna(), "").astype(str).str.strip().str.casefold()
    meaning = {word: attribute.meaning(word) for word in words.unique()}
    return [meaning[word] for word in words]
