"""How many people walk through each arc when all take a shortest way to the nearest facility."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["arc_loads"]


@njit(nogil=True, cache=True)
def _arc_loads(start, head, cost, distance, order, load, next_arc, arc_load):  # type: ignore[no-untyped-def]
    owner = np.full(len(distance), -1, dtype=np.int64)
    for place in range(len(order)):
        node = order[place]
        for arc in range(start[node], start[node + 1]):
            before = head[arc]
            on_the_way = np.int64(distance[before]) == np.int64(distance[node]) + np.int64(cost[arc])
            if on_the_way and owner[before] < 0 and before != order[0]:
                owner[before], next_arc[before] = node, arc
    for place in range(len(order) - 1, -1, -1):
        node = order[place]
        if owner[node] >= 0:
            arc_load[next_arc[node]] += load[node]
            load[owner[node]] += load[node]


def arc_loads(
    start: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.uint32],
    distance: NDArray[np.uint32],
    load: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Add up what enters at the nodes along one shortest way from each to the nearest facility.

    Parameters
    ----------
    start, head, cost
        The reversed graph of :mod:`circle15.kernels.search`.
    distance
        ``uint32[n]`` to the nearest facility; ``NO_COST`` beyond the limit.
    load
        ``float64[n]`` people who begin to walk along streets at each node.

    Returns
    -------
    float64[a]
        People on each arc. Of several equal ways one is taken, the same each time.
    """
    reached = np.flatnonzero(distance != np.uint32(0xFFFFFFFF))
    order = reached[np.argsort(distance[reached], kind="stable")]
    arc_load = np.zeros(len(head))
    if len(order):
        next_arc = np.full(len(distance), -1, dtype=np.int64)
        _arc_loads(start.astype(np.int64), head, cost, distance, order, load.copy(), next_arc, arc_load)
    return arc_load
