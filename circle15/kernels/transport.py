"""Whole units from rows to sites with few seats: the least cost at the largest volume, by shortest augmenting paths."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
from numba import njit
from numpy.typing import NDArray

from circle15.kernels.ragged import run_starts

__all__ = ["first_come", "held_back", "transport"]

_FAR = np.iinfo(np.int64).max


@njit(nogil=True, cache=True)
def _search(row, start, site, cost, by_start, by_pair, pair_row, seats, load, flow, price, worth, refuse, work):  # type: ignore[no-untyped-def]
    """Cheapest way for one more unit of ``row``: its cost, where it ends, and how many sites and rows it looked at.

    A way goes from the row to a site, from a full site to the rows that it holds, and on from these; it ends at a free
    seat, or where a row leaves a unit without one.
    """
    distance, done, site_pair, row_pair, touched, held = work
    many_touched, many_held = 0, 0
    heap = [(_FAR, np.int64(0))]
    end, end_site, end_row = refuse[row], np.int64(-1), row
    row_pair[row] = -2
    for pair in range(start[row], start[row + 1]):
        to = site[pair]
        distance[to], site_pair[to] = cost[pair] + price[to], pair
        touched[many_touched] = to
        many_touched += 1
        if distance[to] <= end:
            heappush(heap, (distance[to], to))
    while heap:
        length, at = heappop(heap)
        if length > end:
            break
        if done[at] or length > distance[at]:
            continue
        if load[at] < seats[at]:
            end, end_site, end_row = length, at, np.int64(-1)
            break
        done[at] = True
        for k in range(by_start[at], by_start[at + 1]):
            pair = by_pair[k]
            other = pair_row[pair]
            if flow[pair] == 0 or row_pair[other] != -1:
                continue
            row_pair[other] = pair
            held[many_held] = other
            many_held += 1
            if length + refuse[other] - worth[other] < end:
                end, end_site, end_row = length + refuse[other] - worth[other], np.int64(-1), other
            for onward in range(start[other], start[other + 1]):
                to = site[onward]
                if site_pair[to] < 0:
                    touched[many_touched] = to
                    many_touched += 1
                onward_length = length + cost[onward] + price[to] - worth[other]
                if not done[to] and onward_length < distance[to]:
                    distance[to], site_pair[to] = onward_length, onward
                    if onward_length <= end:
                        heappush(heap, (onward_length, to))
    return end, end_site, end_row, many_touched, many_held


@njit(nogil=True, cache=True)
def _augment(row, left, end_site, end_row, site, pair_row, seats, load, flow, site_pair, row_pair, gains, losses):  # type: ignore[no-untyped-def]
    """Send as many units along the way that was found as it takes; returns how many."""
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
        flow[gains[k]] += amount
    for k in range(many_losses):
        flow[losses[k]] -= amount
    if end_site >= 0:
        load[end_site] += amount
    return amount


@njit(nogil=True, cache=True)
def _transport(units, start, site, cost, by_start, by_pair, pair_row, seats, refuse):  # type: ignore[no-untyped-def]
    rows, sites = len(units), len(seats)
    flow = np.zeros(len(site), dtype=np.int64)
    load, price = np.zeros(sites, dtype=np.int64), np.zeros(sites, dtype=np.int64)
    worth = np.zeros(rows, dtype=np.int64)
    distance, done = np.full(sites, _FAR), np.zeros(sites, dtype=np.bool_)
    site_pair, row_pair = np.full(sites, -1, dtype=np.int64), np.full(rows, -1, dtype=np.int64)
    touched, held = np.zeros(sites, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    gains, losses = np.zeros(sites + 1, dtype=np.int64), np.zeros(sites + 1, dtype=np.int64)
    work = (distance, done, site_pair, row_pair, touched, held)
    for row in range(rows):
        left = units[row]
        while left > 0:
            end, end_site, end_row, many_touched, many_held = _search(
                row, start, site, cost, by_start, by_pair, pair_row, seats, load, flow, price, worth, refuse, work
            )
            left -= _augment(
                row, left, end_site, end_row, site, pair_row, seats, load, flow, site_pair, row_pair, gains, losses
            )
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
    return flow, price, worth


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
        ``int64[k]`` of each pair; costs zero or more.
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
    by_pair = np.argsort(site, kind="stable")
    return _transport(units, start, site, cost, run_starts(site, len(seats)), by_pair, pair_row, seats, refuse)


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
