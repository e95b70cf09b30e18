"""The lowest and the highest value that a unit's figure may have, whatever is not known of its communities.

A community that does not say whether it is urban or rural may count or not; a number that is not known lies between 0
and its limit, where there is one, else anywhere above. A ratio of sums is extreme where each community that may be left
out counts if it draws the ratio that way, which is asked of them in the order of their own ratios.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circle15.norms.figures import Figures

__all__ = ["DECIMALS", "Bounds", "Members", "bounds_of", "uncertain"]

DECIMALS = 9
"""Figures are compared without the dust of binary fractions: 18.9 m2 for 63 households are 30 m2 for 100."""

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Members:
    """Communities of which a rule speaks, or perhaps does, in the order of their ids: sums hang on no order of rows.

    ``rows`` ``int64[m]`` among the communities, ``unit`` ``int64[m]`` below ``units``, ``sure`` ``bool[m]``.
    """

    rows: Rows
    unit: Rows
    sure: Mask
    units: int

    def total(self, of_communities: Numbers, *, sure: bool = False) -> Numbers:
        """``float64[units]``: sums over the members of each unit, or over those alone of which a rule surely speaks."""
        counted = self.sure | (not sure)
        values = of_communities[self.rows[counted]]
        return np.bincount(self.unit[counted], weights=values, minlength=self.units).astype(np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Bounds:
    """``float64[units]`` each: the lowest and the highest value, and the least that a share may be of.

    ``low`` and ``high`` are NaN where nothing can be said (nobody may be there to be measured, or every value from 0
    on may be true), ``high`` is infinite where there is none; ``whole`` is NaN for counts.
    """

    low: Numbers
    high: Numbers
    whole: Numbers


class _End(NamedTuple):
    """``float64[c]``: part and whole of each community at one end of what they may be.

    ``slope`` is the ratio that a community draws its unit towards by being large, NaN where it cannot be.
    """

    part: Numbers
    whole: Numbers
    slope: Numbers


def bounds_of(figures: Figures, members: Members) -> Bounds:
    """The bounds of every unit's figure.

    Where several communities share an unknown, as a centre whose area one of them does not say, each is taken for
    itself: the bounds are true, and may be wider than they could be.

    Examples
    --------
    >>> members = Members(rows=np.arange(3), unit=np.zeros(3, int), sure=np.array([True, True, False]), units=1)
    >>> figures = Figures(part=np.array([1, np.nan, 9]), whole=np.full(3, 10.0), scale=100.0, within=True)
    >>> found = bounds_of(figures, members)  # 1 of 20 at least; 1 + 10 + 9 of 30 at most
    >>> found.low.round(1).tolist(), found.high.round(1).tolist(), found.whole.tolist()
    ([5.0], [66.7], [20.0])
    """
    counts = np.bincount(members.unit[members.sure], minlength=members.units) > 0
    low, high = _lower_end(figures), _upper_end(figures)
    if figures.whole is None:
        least, most = members.total(low.part, sure=True), members.total(high.part)
        most[members.unit[np.isposinf(high.slope[members.rows])]] = np.inf
        whole = np.full(members.units, np.nan)
    else:
        least, most = _extreme(low, members, lowest=True), _extreme(high, members, lowest=False)
        whole = members.total(low.whole, sure=True)
        counts &= whole > 0
    least, most = (np.round(figures.scale * end, DECIMALS) for end in (least, most))
    known = counts & ((least > 0) | np.isfinite(most))
    return Bounds(low=np.where(known, least, np.nan), high=np.where(known, most, np.nan), whole=whole)


def uncertain(figures: Figures) -> tuple[Mask, Mask]:
    """``bool[c]`` twice: communities of which a part or a whole is not known, and those whose figures may be larger."""
    unknown = np.isnan(figures.part)
    if figures.whole is not None:
        unknown = unknown | np.isnan(figures.whole)
    if figures.most is None:
        return unknown, np.zeros(len(unknown), dtype=bool)
    return unknown, ~np.isnan(figures.part) & (figures.most.part != figures.part)


def _lower_end(figures: Figures) -> _End:
    part, whole = np.nan_to_num(figures.part, nan=0.0), _least_whole(figures)
    if figures.whole is None:
        return _End(part, whole, np.full(len(part), np.nan))
    least = 0.0 if figures.shares is None else figures.shares[0]
    neither = np.isnan(figures.part) & np.isnan(figures.whole)
    return _End(part, whole, np.where(np.isnan(figures.whole), np.where(neither, least, 0.0), np.nan))


def _upper_end(figures: Figures) -> _End:
    figures = figures.most or figures
    unknown, whole = np.isnan(figures.part), _least_whole(figures)
    limit = np.full(len(unknown), np.inf)
    if figures.limit is not None:
        limit = np.fmin(limit, figures.limit)
    neither = np.zeros(len(unknown), dtype=bool)
    if figures.within and figures.whole is not None:
        neither = unknown & np.isnan(figures.whole)
        limit = np.fmin(limit, figures.whole)
    part = np.where(neither, 0.0, np.where(unknown, limit, figures.part))
    largest = 1.0 if figures.shares is None else figures.shares[1]
    slope = np.where(neither, largest, np.where(np.isinf(part), np.inf, np.nan))
    return _End(np.where(np.isinf(part), 0.0, part), whole, slope)


def _least_whole(figures: Figures) -> Numbers:
    """The least that a whole may be: that of which a known part is some is as large as it."""
    if figures.whole is None:
        return np.full(len(figures.part), np.nan)
    least = np.nan_to_num(figures.part, nan=0.0) if figures.within else 0.0
    return np.where(np.isnan(figures.whole), least, figures.whole)


def _extreme(end: _End, members: Members, *, lowest: bool) -> Numbers:
    """The extreme ratio of every unit, of no meaning where no community surely has a whole."""
    part, whole = members.total(end.part, sure=True), members.total(end.whole, sure=True)
    ratio = np.divide(part, whole, out=np.zeros(members.units), where=whole > 0)
    optional = np.flatnonzero(~members.sure)
    for unit in np.unique(members.unit[optional]):
        rows = members.rows[optional[members.unit[optional] == unit]]
        if whole[unit] > 0:
            ratio[unit] = _drawn(part[unit], whole[unit], end.part[rows], end.whole[rows], lowest=lowest)
    slope = end.slope[members.rows]
    large = ~np.isnan(slope)
    (np.minimum if lowest else np.maximum).at(ratio, members.unit[large], slope[large])
    return ratio


def _drawn(part: float, whole: float, parts: Numbers, wholes: Numbers, *, lowest: bool) -> float:
    """The lowest or the highest ratio of a part and a whole to which any of others may be added."""
    something = (parts > 0) | (wholes > 0)
    parts, wholes = parts[something], wholes[something]
    slopes = np.divide(parts, wholes, out=np.full(len(parts), np.inf), where=wholes > 0)
    order = np.argsort(slopes if lowest else -slopes, kind="stable")
    ratios = (part + np.append(0.0, np.cumsum(parts[order]))) / (whole + np.append(0.0, np.cumsum(wholes[order])))
    return float(ratios.min() if lowest else ratios.max())
