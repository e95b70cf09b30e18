"""How many people a page may tell of: no number of people under ten, also not by subtraction.

The rule, in words for users, stands in ``docs/page-format.md``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model.limits import FEWEST

__all__ = [
    "NEARLY_ALL",
    "NEARLY_NONE",
    "SUPPRESSED",
    "UNKNOWN",
    "bundles",
    "public_counts",
    "public_population",
    "public_shares",
    "public_tens",
    "public_total",
    "tells_too_much",
]


SUPPRESSED = -1
"""Stands for one to nine people."""

UNKNOWN = -3
"""Stands for people whose number nobody knows."""

NEARLY_NONE, NEARLY_ALL = -1, -2
"""Stand for a share that one to nine people make up, and for one that all but one to nine do."""


def _tens(people: NDArray[np.int64]) -> NDArray[np.int64]:
    return (people + FEWEST // 2) // FEWEST * FEWEST


def _whole(people: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole people, rounded up, nobody where they are not known."""
    return np.ceil(np.nan_to_num(people, nan=0.0)).astype(np.int64)


def _hidden(exact: NDArray[np.int64], shown: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where((exact > 0) & (exact < FEWEST), SUPPRESSED, shown)


def public_total(people: NDArray[np.float64]) -> NDArray[np.int64]:
    """Totals of areas: whole people, :data:`SUPPRESSED` for one to nine, :data:`UNKNOWN` for NaN.

    Examples
    --------
    >>> public_total(np.array([0.0, 0.2, 9.0, 10.0, 1234.4, np.nan])).tolist()
    [0, -1, -1, 10, 1234, -3]
    """
    unknown, exact = np.isnan(people), _whole(people)
    near = np.rint(np.where(unknown, 0.0, people)).astype(np.int64)
    return np.where(unknown, UNKNOWN, _hidden(exact, np.maximum(near, FEWEST * (exact >= FEWEST))))


def public_population(people: NDArray[np.float64], elders: NDArray[np.int64]) -> NDArray[np.int64]:
    """Totals of areas beside the published number of their people aged 60+: nobody under ten is their difference.

    Where one to nine people are younger than 60 the next ten above the older ones stands for all.

    Examples
    --------
    >>> public_population(np.array([45.0, 40.0, 52.0, 9.0]), np.array([40, 40, 40, -1])).tolist()
    [50, 40, 52, -1]
    """
    total = public_total(people)
    younger = total - elders
    return np.where((elders >= FEWEST) & (younger > 0) & (younger < FEWEST), elders // FEWEST * FEWEST + FEWEST, total)


def public_tens(people: NDArray[np.float64]) -> NDArray[np.int64]:
    """Further groups beside the totals, in tens, so that no small group is what two of them differ by.

    Examples
    --------
    >>> public_tens(np.array([0.0, 9.0, 14.0, 15.0, 996.0, np.nan])).tolist()
    [0, -1, 10, 20, 1000, -3]
    """
    exact = _whole(people)
    return np.where(np.isnan(people), UNKNOWN, _hidden(exact, np.maximum(_tens(exact), FEWEST * (exact >= FEWEST))))


def public_counts(
    total: NDArray[np.float64], unplaced: NDArray[np.float64], uncovered: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Placed and uncovered people such that no group under ten can be worked out.

    The cut-offs cut a row's people into groups: covered within the first, between the first and the
    second, ..., beyond the last, and those that the data cannot place. Where every group that is not
    empty has ten people, whole numbers are shown; else all of the row is rounded to tens.

    Parameters
    ----------
    total, unplaced
        People per row.
    uncovered
        ``float64[rows, cutoffs]``, falling along the cut-offs; NaN where nobody could be placed.

    Returns
    -------
    tuple
        ``placed[rows]``, ``uncovered[rows, cutoffs]`` with :data:`SUPPRESSED` for one to nine, and
        ``rough[rows]``: which rows are in tens.

    Examples
    --------
    >>> placed, uncovered, rough = public_counts(
    ...     np.array([300.0, 300.0]), np.zeros(2), np.array([[200.0, 40.0], [200.0, 6.0]]))
    >>> placed.tolist(), uncovered.tolist(), rough.tolist()
    ([300, 300], [[200, 40], [200, -1]], [False, True])
    """
    whole = np.rint(np.nan_to_num(uncovered)).astype(np.int64)
    people, lost = np.rint(total).astype(np.int64), np.rint(unplaced).astype(np.int64)
    placed = people - lost
    steps = np.column_stack([placed, whole])
    groups = np.column_stack([steps[:, :-1] - steps[:, 1:], steps[:, -1], lost, people])
    rough: NDArray[np.bool_] = np.any((groups > 0) & (groups < FEWEST), axis=1)
    shown_placed = np.where(rough, np.minimum(_tens(placed), people), placed)
    shown = np.where(rough[:, None], _tens(whole), whole)
    return _hidden(placed, shown_placed), _hidden(whole, np.minimum(shown, shown_placed[:, None])), rough


def bundles(people: pd.Series, community: pd.Series) -> NDArray[np.int64]:
    """Spread people over demand points in bundles of ten, none smaller.

    Walking through a community's points in their order, a bundle is set down where the running total
    passes 5, 15, 25, ... people. A community's sum is right to five people and so is every stretch of
    the walk, but no point tells how many live there. Communities of fewer than ten get no bundle, nor do those of
    unknown people.

    Examples
    --------
    >>> bundles(pd.Series([4.0, 4.0, 4.0, 13.0]), pd.Series(["a", "a", "a", "a"])).tolist()
    [0, 10, 0, 20]
    """
    people = people.fillna(0.0)
    running = people.groupby(community.to_numpy(), sort=False).cumsum()
    total = people.groupby(community.to_numpy(), sort=False).transform("sum")
    reached = np.floor((running.to_numpy() + FEWEST / 2) / FEWEST).astype(np.int64)
    before = np.floor((running.to_numpy() - people.to_numpy() + FEWEST / 2) / FEWEST).astype(np.int64)
    return np.where(total.to_numpy() >= FEWEST, (reached - before) * FEWEST, 0)


def _sides(
    total: NDArray[np.float64], share: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Where a share can be told, whole people there, and those of them who are not in the share."""
    people = np.rint(total)
    outside = np.clip(people - np.rint(total * share), 0, people)
    known: NDArray[np.bool_] = np.isfinite(people) & np.isfinite(outside) & (people >= FEWEST)
    return known, np.where(known, people, FEWEST).astype(np.int64), np.where(known, outside, 0).astype(np.int64)


def _alike(
    people: NDArray[np.int64], outside: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The tens by which people outside a share are told, and the lowest and highest number that these may stand for.

    One to nine, and all but one to nine, are one number each. The last tens before the latter also stand for what
    would be cut off from the next, so that a few numbers at the end do not give themselves away.
    """
    last = np.maximum(FEWEST, (people - FEWEST - FEWEST // 2 + 1) // FEWEST * FEWEST)
    tens = np.clip(_tens(outside), FEWEST, last)
    lowest = np.maximum(tens - FEWEST // 2, FEWEST)
    highest = np.where(tens == last, people - FEWEST, tens + FEWEST // 2 - 1)
    few_out = (outside > 0) & (outside < FEWEST)
    few_in = (people - outside > 0) & (people - outside < FEWEST) & ~few_out
    one = np.ones_like(people)
    lowest = np.where(few_out, one, np.where(few_in, people - FEWEST + 1, lowest))
    highest = np.where(few_out, np.minimum(FEWEST - 1, people - 1), np.where(few_in, people - 1, highest))
    return tens, lowest, highest


def public_shares(total: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of people in whole percent, made of counts in tens.

    Percent times a known total is a number of people, so a share is rounded as those are: the people outside it and
    the total in tens, and the percentage of these. Nobody and everybody are told.

    Parameters
    ----------
    total
        ``float64[n]`` people.
    share
        ``float64[n]`` from 0 to 1.

    Returns
    -------
    numpy.ndarray
        ``float64[n]`` percent; :data:`NEARLY_ALL` where one to nine are left out, :data:`NEARLY_NONE` where else one to
        nine are in; NaN where there are fewer than ten people, or nothing is known.

    Examples
    --------
    >>> public_shares(np.full(5, 212.0), np.array([0.0, 0.02, 0.5, 0.98, 1.0])).tolist()
    [0.0, -1.0, 48.0, -2.0, 100.0]
    """
    known, people, outside = _sides(total, share)
    tens, _, _ = _alike(people, outside)
    percent = np.rint(100 * (1 - tens / _tens(people)))
    percent = np.where(people - outside < FEWEST, NEARLY_NONE, percent)
    percent = np.where(outside < FEWEST, NEARLY_ALL, percent)
    percent = np.where(outside == 0, 100, np.where(outside == people, 0, percent))
    return np.where(known, percent, np.nan)


def tells_too_much(
    total: NDArray[np.float64],
    share: NDArray[np.float64],
    complies: Callable[[NDArray[np.float64]], NDArray[np.bool_]],
) -> NDArray[np.bool_]:
    """Where a verdict on a share would tell more of it than :func:`public_shares` does.

    A verdict cuts the numbers of people that a published share leaves possible in two. It tells too much where some of
    one to nine people would comply and others not, and where one possible number alone remains.

    Parameters
    ----------
    total, share
        As for :func:`public_shares`.
    complies
        Whether percentages comply, of an array of any shape.

    Returns
    -------
    numpy.ndarray
        ``bool[n]``; False where fewer than ten people or nothing known say so anyway.

    Examples
    --------
    Of 100 people five may be left out: with seven left out the verdict would tell that it is six to nine.

    >>> tells_too_much(np.array([100.0, 1000.0]), np.array([0.93, 0.93]), lambda percent: percent >= 95).tolist()
    [True, False]
    """
    known, people, outside = _sides(total, share)
    _, lowest, highest = _alike(people, outside)
    maybe = lowest[:, None] + np.arange(2 * FEWEST)
    possible = maybe <= highest[:, None]
    same = complies(100 * (1 - maybe / people[:, None])) == complies(100 * (1 - outside / people))[:, None]
    few = (outside < FEWEST) | (people - outside < FEWEST)
    told = np.where(
        few, (possible & ~same).any(axis=1), (possible.sum(axis=1) > 1) & ((possible & same).sum(axis=1) < 2)
    )
    return known & (outside > 0) & (outside < people) & told
