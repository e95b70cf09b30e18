"""How many people a page may tell of: no number of people under ten, also not by subtraction.

The rule, in words for users, stands in ``docs/page-format.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from circle15.model.limits import FEWEST, MIDDLE_OF_FEW

__all__ = [
    "NEARLY_ALL",
    "NEARLY_NONE",
    "SUPPRESSED",
    "UNKNOWN",
    "all_ages",
    "bundles",
    "drawn",
    "parts_of",
    "possible_parts",
    "public_counts",
    "public_means",
    "public_parts",
    "public_population",
    "public_shares",
    "public_tens",
    "public_total",
    "small_groups",
    "sum_of_parts",
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


def drawn(shown: NDArray[np.int64]) -> NDArray[np.float64]:
    """Published counts to compute with: five for one to nine."""
    return np.where(shown == SUPPRESSED, MIDDLE_OF_FEW, shown).astype(np.float64)


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


def public_parts(total: NDArray[np.int64], parts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Parts of a known number of people such that neither they nor what is left of the whole tell of one to nine.

    Nobody and all are told. One to nine are one number, and so are all but one to nine: the last tens below all stand
    for them. The tens before these also stand for the few numbers that would be cut off beside them. Of twenty to 29
    people all parts of ten and more are one number; of ten to nineteen a half and less are, and more than that.

    Parameters
    ----------
    total
        ``int64[n]`` people whose number is public.
    parts
        ``int64[n, k]`` of them.

    Returns
    -------
    numpy.ndarray
        ``int64[n, k]``: tens, the total, 0, or :data:`SUPPRESSED`.

    Examples
    --------
    >>> public_parts(np.array([36]), np.array([[0, 9, 14, 26, 27, 35, 36]])).tolist()
    [[0, -1, 10, 20, 30, 30, 36]]
    >>> public_parts(np.array([29, 19]), np.array([[9, 10, 29], [1, 10, 19]])).tolist()
    [[-1, 20, 29], [-1, 10, 19]]
    """
    whole = total[:, None]
    most = whole - FEWEST
    last = np.maximum(FEWEST, (most - FEWEST // 2 + 1) // FEWEST * FEWEST)
    ends = (parts > most) | (whole < 3 * FEWEST)
    nearly = np.maximum(FEWEST, (whole - 1) // FEWEST * FEWEST)
    shown = np.where(ends, nearly, np.clip(_tens(parts), FEWEST, last))
    few = np.where(whole < 2 * FEWEST, parts <= whole // 2, parts < FEWEST)
    shown = np.where(few | (whole < FEWEST), SUPPRESSED, np.where(parts == whole, whole, shown))
    return np.where(parts <= 0, 0, shown)


def possible_parts(total: NDArray[np.int64], shown: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The least and the largest number that a part of a known number may be, told by :func:`public_parts`.

    Examples
    --------
    >>> ends = possible_parts(np.full(5, 36), np.array([0, -1, 20, 30, 36]))
    >>> [end.tolist() for end in ends]
    [[0, 1, 15, 25, 36], [0, 9, 26, 35, 36]]
    """
    nearly = np.maximum(FEWEST, (total - 1) // FEWEST * FEWEST)
    last = np.maximum(FEWEST, (total - FEWEST - FEWEST // 2 + 1) // FEWEST * FEWEST)
    low = np.where(shown >= nearly, np.minimum(shown - FEWEST // 2, total - FEWEST + 1), shown - FEWEST // 2)
    low = np.where(total < 3 * FEWEST, FEWEST, np.maximum(FEWEST, low))
    high = np.where(shown >= nearly, total - 1, np.where(shown >= last, total - FEWEST, shown + FEWEST // 2 - 1))
    few, ends = shown == SUPPRESSED, (shown == 0) | ((shown == total) & (total > FEWEST))
    high = np.where(shown == total, total, high)
    low = np.where(few, 1, np.where(total < 2 * FEWEST, total // 2 + 1, low))
    high = np.where(few, np.where(total < 2 * FEWEST, total // 2, FEWEST - 1), high)
    return np.where(ends, shown, low), np.where(ends, shown, high)


def parts_of(total: NDArray[np.int64], people: NDArray[np.float64]) -> NDArray[np.int64]:
    """As :func:`public_tens`, of groups that are parts of published totals: nor is what is left of a total told.

    Examples
    --------
    >>> parts_of(np.array([36, 36, -1, 100]), np.array([35.0, 12.0, 4.0, np.nan])).tolist()
    [30, 10, -1, -3]
    """
    tens, exact = public_tens(people), _whole(people)
    part = ~np.isnan(people) & (total >= FEWEST) & (exact <= total)
    return np.where(part, public_parts(np.maximum(total, FEWEST), exact[:, None])[:, 0], tens)


def all_ages(everyone: NDArray[np.int64], elders: NDArray[np.int64], part: NDArray[np.int64]) -> NDArray[np.int64]:
    """People of all ages in a group, by what is told of those aged 60+ in it.

    Homes have people of all ages in the same parts, so tens of these, who are more, would tell those aged 60+ more
    finely than their own tens do.

    Parameters
    ----------
    everyone, elders, part
        ``int64[n]`` published numbers of people, of those aged 60+, and of the latter in the group.

    Examples
    --------
    >>> all_ages(np.full(4, 300), np.array([100, 100, 100, -1]), np.array([20, -1, 100, -1])).tolist()
    [60, 20, 300, -1]
    """
    known = (elders >= FEWEST) & (everyone >= FEWEST)
    scaled = np.maximum(everyone, 0) * drawn(part) / np.maximum(elders, FEWEST)
    return np.where(known & (part != UNKNOWN), np.where(part == elders, everyone, public_tens(scaled)), part)


def sum_of_parts(total: ArrayLike, people: ArrayLike, *, everyone: ArrayLike | None = None) -> float:
    """A group of several communities, to be told in tens: the sum of what may be told of it in each of them.

    Parameters
    ----------
    total
        People aged 60+ of each community, whose number is public.
    people
        How many of these are in the group; NaN where nobody knows it.
    everyone
        People of all ages of each community, where the sum is to be one of these (:func:`all_ages`).

    Examples
    --------
    Of 36 people in one community 35, told as 30; of forty in another seven, who count as five.

    >>> sum_of_parts([36.0, 40.0], [35.0, 7.0])
    35.0
    """
    whole = public_total(np.asarray(total, dtype=np.float64))
    parts = parts_of(whole, np.asarray(people, dtype=np.float64))
    if everyone is not None:
        parts = all_ages(public_total(np.asarray(everyone, dtype=np.float64)), whole, parts)
    return float(np.maximum(drawn(parts), 0).sum())


def _steps(
    total: NDArray[np.float64], unplaced: NDArray[np.float64], uncovered: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole people of each row, and those placed before those uncovered by each cut-off."""
    people, lost = np.rint(total).astype(np.int64), np.rint(unplaced).astype(np.int64)
    return people, np.column_stack([people - lost, np.rint(np.nan_to_num(uncovered)).astype(np.int64)])


def small_groups(
    total: NDArray[np.float64], unplaced: NDArray[np.float64], uncovered: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Rows of which nothing can be told: a group of one to nine among fewer than twenty people.

    Whatever would be told of a part of so few tells of the rest. Parameters as for :func:`public_counts`.

    Examples
    --------
    Three of thirteen are within reach, and three of 23; of the last thirteen nobody is.

    >>> small_groups(np.array([13.0, 23.0, 13.0]), np.zeros(3), np.array([[10.0], [20.0], [13.0]])).tolist()
    [True, False, False]
    """
    people, steps = _steps(total, unplaced, uncovered)
    groups = np.column_stack([steps[:, :-1] - steps[:, 1:], steps[:, -1], people - steps[:, 0], people])
    return np.any((groups > 0) & (groups < FEWEST), axis=1) & (people < 2 * FEWEST)


def public_counts(
    total: NDArray[np.float64], unplaced: NDArray[np.float64], uncovered: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Placed and uncovered people such that no group under ten can be worked out.

    The cut-offs cut a row's people into groups: covered within the first, between the first and the
    second, ..., beyond the last, and those that the data cannot place. All are told as :func:`public_parts` of the
    row's people: then four numbers or more are possible of every group, and of what two rows of the same people differ
    by. Rows of which nothing can be told (:func:`small_groups`) are for the caller to leave out.

    Parameters
    ----------
    total, unplaced
        People per row.
    uncovered
        ``float64[rows, cutoffs]``, falling along the cut-offs; NaN where nobody could be placed.

    Returns
    -------
    tuple
        ``placed[rows]`` (all of the row's people where all but one to nine are) and ``uncovered[rows, cutoffs]``, in
        tens, with :data:`SUPPRESSED` for one to nine.

    Examples
    --------
    >>> placed, uncovered = public_counts(
    ...     np.array([303.0, 303.0]), np.array([0.0, 60.0]), np.array([[198.0, 43.0], [198.0, 6.0]]))
    >>> placed.tolist(), uncovered.tolist()
    ([303, 240], [[200, 40], [200, -1]])
    """
    people, steps = _steps(total, unplaced, uncovered)
    shown, placed = public_parts(people, steps), steps[:, 0]
    nearly = (placed > people - FEWEST) | ((people < 3 * FEWEST) & (placed >= FEWEST))
    return np.where(nearly, people, shown[:, 0]), shown[:, 1:]


def public_means(values: NDArray[np.float64], people: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    """Means over people, in whole steps that ten of them would move: times people they are counts too.

    Parameters
    ----------
    values
        ``float64[n]`` such as minutes, NaN where there is none.
    people
        ``float64[n]`` whom each is of.
    most
        How much more one of them may have than another.

    Examples
    --------
    Of forty people ten who walk 30 minutes more add 7.5 to the mean, of 300 one.

    >>> public_means(np.array([9.4, 9.4, 2.0]), np.array([40.0, 300.0, 40.0]), 30.0).tolist()
    [8.0, 9.0, 8.0]
    """
    step = np.ceil(np.maximum(1.0, FEWEST * most / np.maximum(people, FEWEST)))
    return np.where(values > 0, np.maximum(np.rint(values / step), 1), 0.0 * values) * step


def bundles(people: pd.Series, community: pd.Series) -> NDArray[np.int64]:
    """Spread people over demand points in bundles of ten, none smaller.

    Walking through a community's points in their order, two bundles are set down where the running total of people
    passes 15, and one where it passes 25, 35, ...; where ten people or more are left for the last time, all that remain
    are. So of any stretch tens are told, and of those from the first point and to the last one not how many they are
    where they are few. A community's sum is right to five people. Of fewer than 25 people all bundles stand at the last
    point; communities of fewer than ten get none, nor do those of unknown people.

    Examples
    --------
    >>> bundles(pd.Series([4.0, 14.0, 9.0, 13.0]), pd.Series(["a", "a", "a", "a"])).tolist()
    [0, 20, 20, 0]
    >>> bundles(pd.Series([4.0, 8.0]), pd.Series(["a", "a"])).tolist()
    [0, 10]
    """
    people, groups = people.fillna(0.0), community.to_numpy()
    running = people.groupby(groups, sort=False).cumsum().to_numpy()
    total = people.groupby(groups, sort=False).transform("sum").to_numpy()
    step = FEWEST / 2
    first, final = FEWEST + step, np.floor((total - FEWEST - step) / FEWEST) * FEWEST + step
    all_of_them = np.floor((total + step) / FEWEST)
    set_down = np.where((running < first) | (final < first), 0, np.floor((running + step) / FEWEST))
    at_end = ~pd.Series(groups).duplicated(keep="last").to_numpy()
    set_down = np.where(((final >= first) & (running >= final)) | at_end, all_of_them, set_down)
    before = pd.Series(set_down).groupby(groups, sort=False).shift(fill_value=0.0).to_numpy()
    return np.where(total >= FEWEST, (set_down - before) * FEWEST, 0).astype(np.int64)


class _Sides(NamedTuple):
    """Where a share can be told, whole people there, those not in the share, and where a part tells of the rest."""

    known: NDArray[np.bool_]
    people: NDArray[np.int64]
    outside: NDArray[np.int64]
    too_few: NDArray[np.bool_]


def _sides(total: NDArray[np.float64], share: NDArray[np.float64]) -> _Sides:
    people = np.rint(total)
    outside = np.clip(people - np.rint(total * share), 0, people)
    known: NDArray[np.bool_] = np.isfinite(people) & np.isfinite(outside) & (people >= FEWEST)
    part = known & (outside > 0) & (outside < people)
    return _Sides(
        known=known,
        people=np.where(known, people, FEWEST).astype(np.int64),
        outside=np.where(known, outside, 0).astype(np.int64),
        too_few=part & (people < 2 * FEWEST),
    )


def _alike(
    people: NDArray[np.int64], outside: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The tens by which people outside a share are told, and the lowest and highest number that these may stand for.

    As :func:`public_parts`: one to nine, and all but one to nine, are one number each, the last tens before the latter
    also stand for what would be cut off from the next, and of twenty to 29 people ten and more are one number.
    """
    last = np.maximum(FEWEST, (people - FEWEST - FEWEST // 2 + 1) // FEWEST * FEWEST)
    tens = np.clip(_tens(outside), FEWEST, last)
    lowest = np.maximum(tens - FEWEST // 2, FEWEST)
    highest = np.where(tens == last, people - FEWEST, tens + FEWEST // 2 - 1)
    few_out = (outside > 0) & (outside < FEWEST)
    few_in = (people - outside > 0) & (people - outside < FEWEST) & ~few_out
    one, merged = np.ones_like(people), (people < 3 * FEWEST) & ~few_out
    lowest = np.where(few_out, one, np.where(merged, FEWEST, np.where(few_in, people - FEWEST + 1, lowest)))
    highest = np.where(few_out, np.minimum(FEWEST - 1, people - 1), np.where(few_in | merged, people - 1, highest))
    return np.where(merged, FEWEST, tens), lowest, highest


def public_shares(
    total: NDArray[np.float64], share: NDArray[np.float64], *, everyone: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Shares of people in whole percent, made of counts in tens.

    Percent times a known total is a number of people, so a share is rounded as those are: the people outside it and
    the total in tens, and the percentage of these. Nobody and everybody are told.

    Parameters
    ----------
    total
        ``float64[n]`` people whom the share is of.
    share
        ``float64[n]`` from 0 to 1.
    everyone
        ``float64[n]`` people of the same place, whose number is public; where all but one to nine of them are in the
        total the percentage is of the tens of all, which else would tell how many are not. None: the total is all.

    Returns
    -------
    numpy.ndarray
        ``float64[n]`` percent; :data:`NEARLY_ALL` where one to nine are left out, :data:`NEARLY_NONE` where else one to
        nine are in; NaN where there are fewer than ten people, or nothing is known, and of fewer than twenty people
        where some are in and some out.

    Examples
    --------
    >>> public_shares(np.full(5, 212.0), np.array([0.0, 0.02, 0.5, 0.98, 1.0])).tolist()
    [0.0, -1.0, 48.0, -2.0, 100.0]
    >>> public_shares(np.full(3, 19.0), np.array([0.0, 0.5, 1.0])).tolist()
    [0.0, nan, 100.0]
    >>> public_shares(np.array([94.0]), np.array([0.5]), everyone=np.array([95.0])).tolist()
    [50.0]
    """
    known, people, outside, too_few = _sides(total, share)
    tens, _, _ = _alike(people, outside)
    beside = np.rint(total if everyone is None else everyone) - people
    near = known & (beside > 0) & (beside < FEWEST)
    of = _tens(people + np.where(near, beside, 0).astype(np.int64))
    percent = np.rint(100 * (1 - tens / of))
    percent = np.where((people - outside < FEWEST) & (people >= 3 * FEWEST), NEARLY_NONE, percent)
    percent = np.where(outside < FEWEST, NEARLY_ALL, percent)
    percent = np.where(outside == 0, 100, np.where(outside == people, 0, percent))
    return np.where(known & ~too_few, percent, np.nan)


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
        ``bool[n]``; False where fewer than ten people or nothing known say so anyway, True where nothing can be told
        of fewer than twenty.

    Examples
    --------
    Of 100 people five may be left out: with seven left out the verdict would tell that it is six to nine.

    >>> tells_too_much(np.array([100.0, 1000.0]), np.array([0.93, 0.93]), lambda percent: percent >= 95).tolist()
    [True, False]
    """
    known, people, outside, too_few = _sides(total, share)
    _, lowest, highest = _alike(people, outside)
    maybe = lowest[:, None] + np.arange(2 * FEWEST)
    possible = maybe <= highest[:, None]
    same = complies(100 * (1 - maybe / people[:, None])) == complies(100 * (1 - outside / people))[:, None]
    few = (outside < FEWEST) | (people - outside < FEWEST) | (people < 3 * FEWEST)
    told = np.where(
        few, (possible & ~same).any(axis=1), (possible.sum(axis=1) > 1) & ((possible & same).sum(axis=1) < 2)
    )
    return too_few | (known & (outside > 0) & (outside < people) & told)
