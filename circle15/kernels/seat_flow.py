"""Whole units from rows to sites with few seats: whom a largest flow holds back, and who comes first."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from circle15.kernels.ragged import run_starts

__all__ = ["first_come", "held_back"]


@njit(nogil=True, cache=True)
def _held_back(start, site, held_start, held_row, row_in, site_in, queue):  # type: ignore[no-untyped-def]
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
            for k in range(held_start[at], held_start[at + 1]):
                other = held_row[k]
                if not row_in[other]:
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
    held = np.flatnonzero(flow)
    held, queue = held[np.argsort(site[held], kind="stable")], np.zeros(len(units), dtype=np.int64)
    _held_back(start, site, run_starts(site[held], sites), pair_row[held], row_in, site_in, queue)
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
