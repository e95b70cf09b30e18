"""Covers that get smaller: rows that are left out again and again grow heavier until the search keeps to them."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from circle15.kernels.cover import transpose

__all__ = ["smaller_cover"]


@njit(nogil=True, cache=True)
def _turn(at, start, candidate, by_start, by_row, weight, count, chosen, score):  # type: ignore[no-untyped-def]
    """Take a candidate in, or out if it is in, and keep the scores.

    The score of a chosen candidate is the weight of the rows that it alone covers, of another the weight that it would
    newly cover.
    """
    comes = not chosen[at]
    chosen[at] = comes
    for k in range(by_start[at], by_start[at + 1]):
        row = by_row[k]
        before = count[row]
        count[row] += np.int32(1 if comes else -1)
        low = min(before, count[row])
        if low == 0:  # between nobody and one: the others gain by it or not, the turned one keeps its score
            for pair in range(start[row], start[row + 1]):
                other = candidate[pair]
                if other != at:
                    score[other] += -weight[row] if comes else weight[row]
        elif low == 1:  # between one and two: only one is chosen beside the turned one
            for pair in range(start[row], start[row + 1]):
                other = candidate[pair]
                if chosen[other] and other != at:
                    score[other] += -weight[row] if comes else weight[row]
                    break


@njit(nogil=True, cache=True)
def _left(out, start, candidate, by_start, by_row, state, missing):  # type: ignore[no-untyped-def]
    """Take a candidate out; its rows that nobody covers any more are open. Returns how many are."""
    weight, count, chosen, score, open_rows, place = state
    _turn(out, start, candidate, by_start, by_row, weight, count, chosen, score)
    for k in range(by_start[out], by_start[out + 1]):
        row = by_row[k]
        if count[row] == 0:
            place[row], open_rows[missing] = missing, row
            missing += 1
    return missing


@njit(nogil=True, cache=True)
def _joined(into, start, candidate, by_start, by_row, state, missing):  # type: ignore[no-untyped-def]
    """Take a candidate in; its open rows are open no more. Returns how many are."""
    weight, count, chosen, score, open_rows, place = state
    _turn(into, start, candidate, by_start, by_row, weight, count, chosen, score)
    for k in range(by_start[into], by_start[into + 1]):
        row = by_row[k]
        if place[row] >= 0:
            missing -= 1
            other = open_rows[missing]
            open_rows[place[row]], place[other] = other, place[row]
            place[row] = -1
    return missing


@njit(nogil=True, cache=True)
def _wake(at, start, candidate, by_start, by_row, ready):  # type: ignore[no-untyped-def]
    """Candidates that share a row with one that was turned may come in again."""
    for k in range(by_start[at], by_start[at + 1]):
        for pair in range(start[by_row[k]], start[by_row[k] + 1]):
            ready[candidate[pair]] = True


@njit(nogil=True, cache=True)
def _missed_least(chosen, score, cost, since, last):  # type: ignore[no-untyped-def]
    """The chosen candidate that covers least alone for its cost, the longest unturned of equal ones; not ``last``."""
    out = -1
    for at in range(len(cost)):
        if chosen[at] and at != last:
            worse = out < 0 or score[at] * cost[out] < score[out] * cost[at]
            if worse or (score[at] * cost[out] == score[out] * cost[at] and since[at] < since[out]):
                out = at
    return out


@njit(nogil=True, cache=True)
def _best_for(row, start, candidate, score, cost, group, room, since, ready, most):  # type: ignore[no-untyped-def]
    """The candidate of a row that newly covers most for its cost, which is below ``most``; -1 where none may come."""
    into = -1
    for pair in range(start[row], start[row + 1]):
        at = candidate[pair]
        if not ready[at] or cost[at] >= most or (group[at] >= 0 and room[group[at]] <= 0):
            continue
        better = into < 0 or score[at] * cost[into] > score[into] * cost[at]
        if better or (score[at] * cost[into] == score[into] * cost[at] and since[at] < since[into]):
            into = at
    return into


@njit(nogil=True, cache=True)
def _smaller_cover(start, candidate, by_start, by_row, cost, group, room, first, steps):  # type: ignore[no-untyped-def]
    rows, candidates = len(start) - 1, len(cost)
    weight, count = np.ones(rows, dtype=np.int64), np.zeros(rows, dtype=np.int32)
    chosen, best = np.zeros(candidates, dtype=np.bool_), first.copy()
    score, since = by_start[1:] - by_start[:-1], np.zeros(candidates, dtype=np.int64)
    ready, room, spent = np.ones(candidates, dtype=np.bool_), room.copy(), np.int64(0)
    open_rows, place = np.arange(rows), np.arange(rows)
    missing, last, drawn, best_cost = rows, -1, np.int64(12345), np.int64(0)
    pairs = (start, candidate, by_start, by_row)
    state = (weight, count, chosen, score, open_rows, place)
    for at in np.flatnonzero(first):
        missing, spent = _joined(at, *pairs, state, missing), spent + cost[at]
        if group[at] >= 0:
            room[group[at]] -= 1
    for step in range(1, steps + 1):
        twice = missing == 0
        if twice:
            best[:], best_cost = chosen, spent
        for turn in range(2 if twice else 1):
            out = _missed_least(chosen, score, cost, since, last if turn == 0 and not twice else -1)
            if out < 0:
                continue
            missing, spent = _left(out, *pairs, state, missing), spent - cost[out]
            _wake(out, *pairs, ready)
            since[out], ready[out] = step, False
            if group[out] >= 0:
                room[group[out]] += 1
        if missing == 0:
            continue
        drawn = (drawn * 1103515245 + 12345) % 2147483648
        into = _best_for(
            open_rows[drawn % missing], start, candidate, score, cost, group, room, since, ready, best_cost - spent
        )
        if into >= 0:
            missing, spent = _joined(into, *pairs, state, missing), spent + cost[into]
            _wake(into, *pairs, ready)
            since[into], last = step, into
            if group[into] >= 0:
                room[group[into]] -= 1
        for row in open_rows[:missing]:
            weight[row] += 1
            for pair in range(start[row], start[row + 1]):
                score[candidate[pair]] += 1
    return chosen if missing == 0 else best


def smaller_cover(
    pairs: tuple[NDArray[np.int64], NDArray[np.int32]],
    cost: NDArray[np.int64],
    group: NDArray[np.int64],
    room: NDArray[np.int64],
    first: NDArray[np.bool_],
    *,
    steps: int,
) -> NDArray[np.bool_]:
    """A cover of all rows that costs no more than ``first``: local search with rows that grow heavier.

    From a cover the candidate that is missed least is taken out. Then, step by step, one more goes and one that covers
    an open row comes, and every row that is still open gets heavier by one, until all are covered again at a lower cost
    (Gao, Weise and Li 2015: RWLS). The few draws are by a fixed rule.

    Parameters
    ----------
    pairs
        ``int64[n + 1]`` starts and ``int32[k]`` candidates of the rows, rising.
    cost, group
        ``int64[m]``, costs above zero; -1 is no group.
    room
        ``int64[g]``: how many of each group.
    first
        ``bool[m]``: a cover within the room.
    steps
        How many.
    """
    by_start, by_row = transpose(*pairs, len(cost))
    return np.asarray(_smaller_cover(*pairs, by_start, by_row, cost, group, room, first, steps))
