"""Good plans in a short time: candidates chosen one after another, then exchanged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circle15.kernels.cover import transpose
from circle15.kernels.cover_search import exchange, greedy_cover, settle
from circle15.kernels.cover_weighting import smaller_cover
from circle15.model.plans import SitingLimits
from circle15.planning.siting.reduction import Remaining

__all__ = ["best_of", "cheaper", "chosen_first", "exchanged", "guided", "settled", "without_idle"]

_MOST_OVERLAPS = 2**26
"""Entries of the table of overlaps, slots x candidates: half a gigabyte. Beyond it nothing is exchanged."""

_FEWEST_MOVES, _MOST_MOVES = 100, 1_000
"""Exchanges of one search, whatever they cost."""

_MOST_STEPS = 50_000
"""Steps towards a smaller cover."""


def _gainful(rest: Remaining) -> NDArray[np.int64]:
    """``int64[n]``: what covering a row counts for; 1 where all rows must be covered."""
    return np.ones(len(rest.weight), dtype=np.int64) if rest.must else rest.weight


def _greedy(rest: Remaining, favour: NDArray[np.float64] | None, *, by_cost: bool) -> NDArray[np.int64]:
    return greedy_cover(
        rest.pairs, _gainful(rest), rest.cost, rest.group, rest.room, rest.number, rest.spendable,
        favour=favour, by_cost=by_cost,
    )  # fmt: skip


def best_of(rest: Remaining, *choices: NDArray[np.int64]) -> NDArray[np.int64]:
    """The choice with the largest value, of equal ones the first; what misses a row that must be covered is last."""

    def rank(chosen: NDArray[np.int64]) -> tuple[bool, int]:
        return (not rest.must or bool(rest.reached(chosen).all()), rest.value(chosen))

    return max(choices, key=rank)


def chosen_first(rest: Remaining) -> NDArray[np.int64]:
    """The best of the greedy choices: by what they gain and, where cost matters, by what they gain for it."""
    orders = (False, True) if rest.must or rest.budget is not None else (False,)
    return best_of(rest, *(without_idle(rest, _greedy(rest, None, by_cost=by_cost)) for by_cost in orders))


def guided(rest: Remaining, part: NDArray[np.float64]) -> NDArray[np.int64]:
    """A greedy choice in favour of those that a fractional choice ``part`` ``float64[m]`` uses most."""
    chosen = _greedy(rest, part, by_cost=rest.must)
    if rest.must and not rest.reached(chosen).all():
        chosen = _greedy(rest, part + 1e-3, by_cost=True)
    return without_idle(rest, chosen)


def without_idle(rest: Remaining, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Drop candidates, the dearest and then the latest first, that cover nothing which the others do not."""
    by_start, by_row = transpose(*rest.pairs, len(rest.ids))
    times = np.zeros(len(rest.weight), dtype=np.int64)
    rows = {int(at): by_row[by_start[at] : by_start[at + 1]] for at in chosen}
    for own in rows.values():
        times[own] += 1
    kept = dict(rows)
    for at in sorted(rows, key=lambda at: (-int(rest.cost[at]), -at)):
        if (times[rows[at]] > 1).all():
            times[rows[at]] -= 1
            del kept[at]
    return np.array(list(kept), dtype=np.int64)


def exchanged(
    rest: Remaining, chosen: NDArray[np.int64], *, limits: SitingLimits, tenure: int = 16
) -> NDArray[np.int64]:
    """A choice that covers no less, by a tabu search of as many exchanges as the work allows.

    Parameters
    ----------
    rest, chosen
        A choice within the limits of the rest.
    limits
        Of the work.
    tenure
        For how many exchanges at least what was dropped stays out.
    """
    slots = max(_slots(rest), len(chosen))
    if slots == 0 or slots * len(rest.ids) > _MOST_OVERLAPS:
        return chosen
    rows_of_one = len(rest.candidate) / len(rest.ids)
    work = slots * len(rest.ids) + 2 * rows_of_one * len(rest.candidate) / max(len(rest.weight), 1)
    moves = min(int(limits.work / work), _MOST_MOVES) if limits.work else 0
    first = np.full(slots, -1, dtype=np.int64)
    first[: len(chosen)] = chosen
    weight = _gainful(rest)
    found, _ = exchange(
        rest.pairs, weight, rest.cost, rest.group, rest.room, rest.spendable, first,
        moves=max(moves, _FEWEST_MOVES), tenure=tenure, enough=int(weight.sum()),
    )  # fmt: skip
    return found[found >= 0]


def cheaper(rest: Remaining, chosen: NDArray[np.int64], *, limits: SitingLimits) -> NDArray[np.int64]:
    """A choice that covers all rows for no more: a search in which rows that are left out grow heavier."""
    if not rest.reached(chosen).all() or not (rest.cost > 0).all():
        return chosen
    first = np.zeros(len(rest.ids), dtype=bool)
    first[chosen] = True
    of_row, of_candidate = len(rest.candidate) / len(rest.weight), len(rest.candidate) / len(rest.ids)
    steps = min(int(5 * limits.work / (2 * len(rest.ids) + 4 * of_row * of_candidate)), _MOST_STEPS)
    found = smaller_cover(rest.pairs, rest.cost, rest.group, rest.room, first, steps=steps)
    return without_idle(rest, np.flatnonzero(found))


def _slots(rest: Remaining) -> int:
    """How many candidates a plan can have at most."""
    cheapest = np.cumsum(np.sort(rest.cost))
    return min(rest.number, int(np.searchsorted(cheapest, rest.spendable, side="right")))


def settled(rest: Remaining, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """The choice that stands for all that are as good by exchange; see :func:`circle15.kernels.cover_search.settle`."""
    if len(chosen) == 0 or len(chosen) * len(rest.ids) > _MOST_OVERLAPS:
        return np.sort(chosen)
    return settle(rest.pairs, _gainful(rest), rest.cost, rest.group, rest.room, chosen)
