"""Whole units from rows to sites with few seats: the least cost at the largest volume, by shortest augmenting paths."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
from numba import njit
from numpy.typing import NDArray

from circle15.kernels.ragged import run_starts

__all__ = ["first_come", "held_back", "transport"]

_FAR = np.iinfo(np.int64).max


# Arrays go in bundles: a problem is (start, site, cost, pair_row, seats, refuse), a state (load, price, worth, flow);
# holders (first, after, before) chain the pairs of each site on which units flow; work is what a search writes on.


@njit(nogil=True, cache=True)
def _hold(pair, at, holders):  # type: ignore[no-untyped-def]
    """A pair on which units begin to flow joins those of its site."""
    first, after, before = holders
    after[pair], before[pair] = first[at], -1
    if first[at] >= 0:
        before[first[at]] = pair
    first[at] = pair


@njit(nogil=True, cache=True)
def _let_go(pair, at, holders):  # type: ignore[no-untyped-def]
    """A pair on which no unit flows any more leaves those of its site."""
    first, after, before = holders
    if before[pair] >= 0:
        after[before[pair]] = after[pair]
    else:
        first[at] = after[pair]
    if after[pair] >= 0:
        before[after[pair]] = before[pair]


@njit(nogil=True, cache=True)
def _look_on(row, base, best, problem, state, heap, work):  # type: ignore[no-untyped-def]
    """Go on from a row to its sites: full ones wait on the heap, of free ones the nearest may be the end.

    Pairs of a row rise in cost: beyond the best end none is looked at.
    """
    start, site, cost, seats = problem[0], problem[1], problem[2], problem[4]
    load, price = state[0], state[1]
    distance, done, site_pair, touched = work[0], work[1], work[2], work[4]
    end, end_site, end_row, many = best
    for pair in range(start[row], start[row + 1]):
        if base + cost[pair] > end:
            break
        at = site[pair]
        length = base + cost[pair] + price[at]
        if done[at] or length >= distance[at]:
            continue
        if site_pair[at] < 0:
            touched[many] = at
            many += 1
        distance[at], site_pair[at] = length, pair
        if load[at] >= seats[at]:
            if length <= end:
                heappush(heap, (length, at))
        elif length < end or (length == end and end_site < 0):
            end, end_site, end_row = length, at, np.int64(-1)
    return end, end_site, end_row, many


@njit(nogil=True, cache=True)
def _search(row, problem, state, holders, work):  # type: ignore[no-untyped-def]
    """Cheapest way for one more unit of ``row``: (cost, end site, end row, sites looked at), and rows looked at.

    A way goes from the row to a site, from a full site to the rows that it holds, and on from these; it ends at a free
    seat, or where a row leaves a unit without one.
    """
    pair_row, refuse, worth = problem[3], problem[5], state[2]
    first, after = holders[0], holders[1]
    distance, done, row_pair, held = work[0], work[1], work[3], work[5]
    heap, many_held = [(_FAR, np.int64(0))], 0
    row_pair[row] = -2
    best = (refuse[row], np.int64(-1), np.int64(row), 0)
    best = _look_on(row, np.int64(0), best, problem, state, heap, work)
    while heap:
        length, at = heappop(heap)
        if length > best[0] or (length == best[0] and best[1] >= 0):
            break
        if done[at] or length > distance[at]:
            continue
        done[at] = True
        pair = first[at]
        while pair >= 0:
            other = pair_row[pair]
            if row_pair[other] == -1:
                row_pair[other], held[many_held] = pair, other
                many_held += 1
                without = length + refuse[other] - worth[other]
                if without < best[0]:
                    best = (without, np.int64(-1), np.int64(other), best[3])
                best = _look_on(other, length - worth[other], best, problem, state, heap, work)
            pair = after[pair]
    return best, many_held


@njit(nogil=True, cache=True)
def _augment(row, left, end_site, end_row, problem, state, holders, work):  # type: ignore[no-untyped-def]
    """Send as many units along the way that was found as it takes; returns how many."""
    site, pair_row, seats = problem[1], problem[3], problem[4]
    load, flow = state[0], state[3]
    site_pair, row_pair, gains, losses = work[2], work[3], work[6], work[7]
    amount, many_gains, many_losses = left, 0, 0
    other = end_row
    if end_site >= 0:
        amount = min(amount, seats[end_site] - load[end_site])
        gains[0], many_gains = site_pair[end_site], 1
        other = pair_row[gains[0]]
    while other != row:
        back = row_pair[other]
        amount = min(amount, flow[back])
        losses[many_losses], gains[many_gains] = back, site_pair[site[back]]
        other = pair_row[gains[many_gains]]
        many_losses, many_gains = many_losses + 1, many_gains + 1
    for k in range(many_gains):
        if flow[gains[k]] == 0:
            _hold(gains[k], site[gains[k]], holders)
        flow[gains[k]] += amount
    for k in range(many_losses):
        flow[losses[k]] -= amount
        if flow[losses[k]] == 0:
            _let_go(losses[k], site[losses[k]], holders)
    if end_site >= 0:
        load[end_site] += amount
    return amount


@njit(nogil=True, cache=True)
def _seat_all(left, problem, state, holders):  # type: ignore[no-untyped-def]
    """Seat the units that are left of each row, one row after another; prices stay proofs all the time."""
    site, price, worth = problem[1], state[1], state[2]
    rows, sites = len(left), len(price)
    distance, done = np.full(sites, _FAR), np.zeros(sites, dtype=np.bool_)
    site_pair, row_pair = np.full(sites, -1, dtype=np.int64), np.full(rows, -1, dtype=np.int64)
    touched, held = np.zeros(sites, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    gains, losses = np.zeros(sites + 1, dtype=np.int64), np.zeros(sites + 1, dtype=np.int64)
    work = (distance, done, site_pair, row_pair, touched, held, gains, losses)
    for row in range(rows):
        while left[row] > 0:
            (end, end_site, end_row, many_touched), many_held = _search(row, problem, state, holders, work)
            left[row] -= _augment(row, left[row], end_site, end_row, problem, state, holders, work)
            worth[row], row_pair[row] = end, -1
            for k in range(many_held):
                other = held[k]
                worth[other] += end - distance[site[row_pair[other]]]
                row_pair[other] = -1
            for k in range(many_touched):
                at = touched[k]
                if done[at]:
                    price[at] += end - distance[at]
                distance[at], done[at], site_pair[at] = _FAR, False, -1


def transport(
    units: NDArray[np.int64],
    start: NDArray[np.int64],
    site: NDArray[np.int64],
    cost: NDArray[np.int64],
    seats: NDArray[np.int64],
    refuse: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Share out seats so that the costs of all units, those that get none included, are the least possible.

    Successive shortest augmenting paths over sites, with prices kept from path to path: exact in whole numbers, one
    row after another, so that equal inputs give equal answers.

    Parameters
    ----------
    units
        ``int64[r]`` of each row.
    start
        ``int64[r + 1]``: row ``k`` has the pairs ``start[k]`` up to, not with, ``start[k + 1]``.
    site, cost
        ``int64[k]`` of each pair; costs zero or more, rising within a row.
    seats
        ``int64[s]``, zero or more.
    refuse
        ``int64[r]``: what a unit of the row costs that gets no seat. Above the number of sites times the largest cost
        as many units are served as can be.

    Returns
    -------
    flow, price, worth
        ``int64[k]`` units on each pair; ``int64[s]`` and ``int64[r]`` prices of a seat and of one more unit. They prove
        that nothing costs less: ``worth <= cost + price`` on every pair, with equality where units flow;
        ``worth <= refuse``, with equality where some get none; a price above zero only where all seats are taken.
    """
    pair_row = np.repeat(np.arange(len(units)), np.diff(start))
    flow, price, worth = (np.zeros(size, dtype=np.int64) for size in (len(site), len(seats), len(units)))
    holders = np.full(len(seats), -1), np.full(len(site), -1), np.full(len(site), -1)
    state = np.zeros(len(seats), dtype=np.int64), price, worth, flow
    _seat_all(units.copy(), (start, site, cost, pair_row, seats, refuse), state, holders)
    return flow, price, worth


@njit(nogil=True, cache=True)
def _held_back(start, site, by_start, by_pair, pair_row, flow, row_in, site_in, queue):  # type: ignore[no-untyped-def]
    first, last = 0, 0
    for row in range(len(row_in)):
        if row_in[row]:
            queue[last] = row
            last += 1
    while first < last:
        row = queue[first]
        first += 1
        for pair in range(start[row], start[row + 1]):
            at = site[pair]
            if site_in[at]:
                continue
            site_in[at] = True
            for k in range(by_start[at], by_start[at + 1]):
                other = pair_row[by_pair[k]]
                if flow[by_pair[k]] > 0 and not row_in[other]:
                    row_in[other] = True
                    queue[last] = other
                    last += 1


def held_back(
    units: NDArray[np.int64], start: NDArray[np.int64], site: NDArray[np.int64], flow: NDArray[np.int64], sites: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The source side of the least minimum cut: rows ``bool[r]`` and sites ``bool[s]`` that one more seat would help.

    What the units without a seat reach, over the pairs of their rows and back over units that a site holds. After a
    maximum flow none of these sites has a seat to spare.
    """
    pair_row = np.repeat(np.arange(len(units)), np.diff(start))
    served = np.bincount(pair_row, weights=flow, minlength=len(units)).astype(np.int64)
    row_in, site_in = (served < units) & (np.diff(start) > 0), np.zeros(sites, dtype=bool)
    by_pair, queue = np.argsort(site, kind="stable"), np.zeros(len(units), dtype=np.int64)
    _held_back(start, site, run_starts(site, sites), by_pair, pair_row, flow, row_in, site_in, queue)
    return row_in, site_in


@njit(nogil=True, cache=True)
def _first_come(order, pair_row, site, left, free, flow):  # type: ignore[no-untyped-def]
    for pair in order:
        taken = min(left[pair_row[pair]], free[site[pair]])
        flow[pair] = taken
        left[pair_row[pair]] -= taken
        free[site[pair]] -= taken


def first_come(
    units: NDArray[np.int64],
    start: NDArray[np.int64],
    site: NDArray[np.int64],
    order: NDArray[np.int64],
    seats: NDArray[np.int64],
) -> NDArray[np.int64]:
    """``int64[k]``: units on each pair when pairs take seats one after another in ``order``, as long as there are."""
    flow = np.zeros(len(site), dtype=np.int64)
    pair_row = np.repeat(np.arange(len(units)), np.diff(start))
    _first_come(order, pair_row, site, units.copy(), seats.copy(), flow)
    return flow
