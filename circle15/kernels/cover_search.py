"""Sites chosen one after another and exchanged one for one, with gains and losses kept up to date."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from circle15.kernels.cover import transpose

__all__ = ["exchange", "greedy_cover", "settle"]

_LEAST = np.iinfo(np.int64).min


@njit(nogil=True, cache=True)
def _open(added, slot, start, candidate, by_start, by_row, weight, state):  # type: ignore[no-untyped-def]
    """Choose a candidate into a slot.

    ``count`` of each row is how many chosen reach it and ``slots`` the sum of their slots, so that of a row that one
    alone reaches it names that one. ``gain`` of each candidate is what it would newly cover, ``loss`` of each slot what
    nobody else covers, and ``overlap[slot, candidate]`` the part of that loss which the candidate would take over.
    """
    count, slots, gain, loss, overlap = state
    for k in range(by_start[added], by_start[added + 1]):
        row = by_row[k]
        people = weight[row]
        if count[row] == 0:
            loss[slot] += people
            for pair in range(start[row], start[row + 1]):
                gain[candidate[pair]] -= people
                overlap[slot, candidate[pair]] += people
        elif count[row] == 1:
            alone = slots[row]
            loss[alone] -= people
            for pair in range(start[row], start[row + 1]):
                overlap[alone, candidate[pair]] -= people
        count[row] += 1
        slots[row] += slot


@njit(nogil=True, cache=True)
def _close(dropped, slot, start, candidate, by_start, by_row, weight, state):  # type: ignore[no-untyped-def]
    """Take a candidate out of its slot."""
    count, slots, gain, loss, overlap = state
    for k in range(by_start[dropped], by_start[dropped + 1]):
        row = by_row[k]
        people = weight[row]
        count[row] -= 1
        slots[row] -= slot
        if count[row] == 0:
            loss[slot] -= people
            for pair in range(start[row], start[row + 1]):
                gain[candidate[pair]] += people
                overlap[slot, candidate[pair]] -= people
        elif count[row] == 1:
            alone = slots[row]
            loss[alone] += people
            for pair in range(start[row], start[row + 1]):
                overlap[alone, candidate[pair]] += people


@njit(nogil=True, cache=True)
def _greedy(start, candidate, by_start, by_row, weight, cost, group, room, number, budget, favour, by_cost):  # type: ignore[no-untyped-def]
    gain = np.zeros(len(cost), dtype=np.int64)
    for at in range(len(cost)):
        for k in range(by_start[at], by_start[at + 1]):
            gain[at] += weight[by_row[k]]
    covered, room = np.zeros(len(weight), dtype=np.bool_), room.copy()
    chosen, count = np.empty(min(number, len(cost)), dtype=np.int64), 0
    while count < len(chosen):
        best, best_score = -1, 0.0
        for at in range(len(cost)):
            if gain[at] <= 0 or cost[at] > budget or (group[at] >= 0 and room[group[at]] <= 0):
                continue
            score = gain[at] * favour[at]
            if by_cost:
                score = score / cost[at] if cost[at] > 0 else np.inf
            if score > best_score or (score == best_score and best >= 0 and gain[at] > gain[best]):
                best, best_score = at, score
        if best < 0:
            break
        chosen[count] = best
        count += 1
        budget -= cost[best]
        if group[best] >= 0:
            room[group[best]] -= 1
        for k in range(by_start[best], by_start[best + 1]):
            row = by_row[k]
            if not covered[row]:
                covered[row] = True
                for pair in range(start[row], start[row + 1]):
                    gain[candidate[pair]] -= weight[row]
    return chosen[:count]


def greedy_cover(
    pairs: tuple[NDArray[np.int64], NDArray[np.int32]],
    weight: NDArray[np.int64],
    cost: NDArray[np.int64],
    group: NDArray[np.int64],
    room: NDArray[np.int64],
    number: int,
    budget: int,
    *,
    favour: NDArray[np.float64] | None = None,
    by_cost: bool = False,
) -> NDArray[np.int64]:
    """Candidates one after another, each the one that newly covers most; ties go to the lowest number.

    Gains are kept up to date as rows are covered, each pair being looked at once: no gain is ever stale, so that none
    has to be evaluated again (what lazy evaluation, Minoux 1978, does where gains are dear).

    Parameters
    ----------
    pairs
        ``int64[n + 1]`` starts and ``int32[k]`` candidates of the rows.
    weight
        ``int64[n]``.
    cost, group
        ``int64[m]``; -1 is no group.
    room
        ``int64[g]``: how many of each group.
    number, budget
        How many at most, and what they may cost together.
    favour
        ``float64[m]``: what gains are multiplied by to find the best; by default 1.
    by_cost
        Whether the best is the one that covers most for its cost.

    Returns
    -------
    NDArray
        ``int64[c]`` in the order of choice; ends when nothing more can be gained.
    """
    favour = np.ones(len(cost)) if favour is None else favour
    by_start, by_row = transpose(*pairs, len(cost))
    return np.asarray(_greedy(*pairs, by_start, by_row, weight, cost, group, room, number, budget, favour, by_cost))


@njit(nogil=True, cache=True)
def _begin(first, start, candidate, by_start, by_row, weight, candidates):  # type: ignore[no-untyped-def]
    """Chosen candidates, -1 for an empty slot, with their state, who is chosen, and what they cover."""
    state = (
        np.zeros(len(weight), dtype=np.int32),
        np.zeros(len(weight), dtype=np.int32),
        np.zeros(candidates, dtype=np.int64),
        np.zeros(len(first), dtype=np.int64),
        np.zeros((len(first), candidates), dtype=np.int64),
    )
    gain, is_chosen, value = state[2], np.zeros(candidates, dtype=np.bool_), np.int64(0)
    for at in range(candidates):
        for k in range(by_start[at], by_start[at + 1]):
            gain[at] += weight[by_row[k]]
    for slot in range(len(first)):
        if first[slot] >= 0:
            value += gain[first[slot]]
            _open(first[slot], slot, start, candidate, by_start, by_row, weight, state)
            is_chosen[first[slot]] = True
    return state, is_chosen, value


@njit(nogil=True, cache=True)
def _best_move(chosen, is_chosen, state, cost, group, room, budget, move, out_until, in_until, needed):  # type: ignore[no-untyped-def]
    """Change of value, slot and candidate of the best exchange; one that is held back has to change ``needed``."""
    gain, loss, overlap = state[2], state[3], state[4]
    change, slot_of, added, looked_at_empty = np.int64(_LEAST), -1, -1, False
    for slot in range(len(chosen)):
        dropped = chosen[slot]
        if dropped < 0:
            if looked_at_empty:
                continue
            looked_at_empty = True
        held = dropped >= 0 and in_until[dropped] > move
        left, freed = (group[dropped], cost[dropped]) if dropped >= 0 else (-1, 0)
        lost, taken_over = loss[slot], overlap[slot]
        for at in range(len(cost)):
            change_here = gain[at] - lost + taken_over[at]
            if change_here <= change or is_chosen[at] or cost[at] > budget + freed:
                continue
            if group[at] >= 0 and group[at] != left and room[group[at]] <= 0:
                continue
            if (held or out_until[at] > move) and change_here < needed:
                continue
            change, slot_of, added = change_here, slot, at
    return change, slot_of, added


@njit(nogil=True, cache=True)
def _exchange(  # type: ignore[no-untyped-def]
    start, candidate, by_start, by_row, weight, cost, group, room, budget, first, moves, tenure, enough
):
    pairs = (start, candidate, by_start, by_row, weight)
    state, is_chosen, value = _begin(first, *pairs, len(cost))
    chosen, room = first.copy(), room.copy()
    for at in chosen[chosen >= 0]:
        budget -= cost[at]
        if group[at] >= 0:
            room[group[at]] -= 1
    best, best_value, drawn = chosen.copy(), value, np.int64(12345)
    out_until, in_until = np.zeros(len(cost), dtype=np.int64), np.zeros(len(cost), dtype=np.int64)
    for move in range(moves):
        if best_value >= enough:
            break
        change, slot, added = _best_move(
            chosen, is_chosen, state, cost, group, room, budget, move, out_until, in_until, best_value - value + 1
        )
        if added < 0:
            break
        dropped = chosen[slot]
        drawn = (drawn * 1103515245 + 12345) % 2147483648
        if dropped >= 0:
            _close(dropped, slot, *pairs, state)
            is_chosen[dropped], out_until[dropped] = False, move + 1 + tenure + drawn % tenure
            budget += cost[dropped]
            if group[dropped] >= 0:
                room[group[dropped]] += 1
        _open(added, slot, *pairs, state)
        chosen[slot], is_chosen[added], in_until[added] = added, True, move + 1 + tenure // 3
        budget -= cost[added]
        if group[added] >= 0:
            room[group[added]] -= 1
        value += change
        if value > best_value:
            best_value = value
            best[:] = chosen
    return best, best_value


def exchange(
    pairs: tuple[NDArray[np.int64], NDArray[np.int32]],
    weight: NDArray[np.int64],
    cost: NDArray[np.int64],
    group: NDArray[np.int64],
    room: NDArray[np.int64],
    budget: int,
    first: NDArray[np.int64],
    *,
    moves: int,
    tenure: int,
    enough: int,
) -> tuple[NDArray[np.int64], int]:
    """Exchange one chosen candidate for another, the best exchange first, also downhill: a tabu search.

    Each move is the best of all exchanges of one for one and, where a slot is empty, of all additions (Teitz and Bart
    1968). What was dropped does not come back and what was added does not leave for some moves (Glover 1989), unless
    the value is the best so far; so the search leaves local optima, and without any chance: its few draws are by a
    fixed rule. Gains, losses and overlaps are kept up to date (Resende and Werneck 2007): a move costs ``slots x m``
    comparisons and the pairs of the rows whose cover changes.

    Parameters
    ----------
    pairs, weight, cost, group, room, budget
        As of :func:`greedy_cover`.
    first
        ``int64[slots]``: whom to begin with, allowed by all limits; -1 is an empty slot.
    moves
        How many at most.
    tenure
        For how many moves at least what was dropped stays out; a third of it what was added stays in.
    enough
        A value at which to stop.

    Returns
    -------
    chosen, value
        ``int64[slots]`` with -1 for what stays empty, and the weight that they cover: never less than at first.
    """
    by_start, by_row = transpose(*pairs, len(cost))
    best, value = _exchange(*pairs, by_start, by_row, weight, cost, group, room, budget, first, moves, tenure, enough)
    return np.asarray(best), int(value)


@njit(nogil=True, cache=True)
def _settle(start, candidate, by_start, by_row, weight, cost, group, room, first):  # type: ignore[no-untyped-def]
    pairs = (start, candidate, by_start, by_row, weight)
    state, is_chosen, _ = _begin(first, *pairs, len(cost))
    gain, loss, overlap = state[2], state[3], state[4]
    chosen, room = first.copy(), room.copy()
    for at in chosen:
        if group[at] >= 0:
            room[group[at]] -= 1
    changed = True
    while changed:
        changed = False
        for slot in np.argsort(-chosen):
            dropped = chosen[slot]
            if dropped < 0:
                continue
            added = -1
            if loss[slot] > 0:
                for at in range(len(cost)):
                    if (cost[at], at) >= (cost[dropped], dropped) or is_chosen[at]:
                        continue
                    if group[at] >= 0 and group[at] != group[dropped] and room[group[at]] <= 0:
                        continue
                    if gain[at] - loss[slot] + overlap[slot, at] >= 0:
                        added = at
                        break
                if added < 0:
                    continue
            changed = True
            _close(dropped, slot, *pairs, state)
            is_chosen[dropped] = False
            if group[dropped] >= 0:
                room[group[dropped]] += 1
            chosen[slot] = added
            if added >= 0:
                _open(added, slot, *pairs, state)
                is_chosen[added] = True
                if group[added] >= 0:
                    room[group[added]] -= 1
    return chosen


def settle(
    pairs: tuple[NDArray[np.int64], NDArray[np.int32]],
    weight: NDArray[np.int64],
    cost: NDArray[np.int64],
    group: NDArray[np.int64],
    room: NDArray[np.int64],
    chosen: NDArray[np.int64],
) -> NDArray[np.int64]:
    """One choice for all that an exchange makes equal: what covers nothing by itself goes, lower numbers come in.

    A chosen candidate is exchanged for one that costs less, or as much and has a lower number, where no weight is lost.

    Returns
    -------
    NDArray
        ``int64[c]``, rising; covers no less than ``chosen``, with no more candidates, at no higher cost.
    """
    by_start, by_row = transpose(*pairs, len(cost))
    settled = _settle(*pairs, by_start, by_row, weight, cost, group, room, np.asarray(chosen, dtype=np.int64))
    return np.sort(settled[settled >= 0])
