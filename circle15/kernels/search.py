"""Bounded shortest paths over a CSR graph in whole milliseconds.

Dijkstra with a 4-ary heap of packed keys: cost in the high half of a ``uint64``, node in the low half,
so that one comparison orders by cost and then by node, and results do not depend on chance. Indices
are unsigned: numba then leaves out the test for negative ones, which halves the time. Work arrays are
made once per thread and put back in order after each search by walking over what was reached: the
cost of a search follows what it reaches, not the size of the city.

The graph holds *reversed* arcs: entry ``k`` of node ``n`` says that walking ``head[k] -> n`` takes ``cost[k]``.
A search from a facility thus yields the time *to* the facility from every node.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["NO_COST", "nearest_nodes", "nearest_points", "reach_nodes", "reach_pairs"]

NO_COST = np.uint32(0xFFFFFFFF)

_0, _1, _2, _4, _32 = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@njit(nogil=True, cache=True, inline="always")
def _push(heap, size, key):  # type: ignore[no-untyped-def]
    slot = size
    while slot > _0:
        parent = (slot - _1) >> _2
        above = heap[parent]
        if above <= key:
            break
        heap[slot] = above
        slot = parent
    heap[slot] = key


@njit(nogil=True, cache=True, inline="always")
def _sift(heap, size, key):  # type: ignore[no-untyped-def]
    """Put ``key`` in the root's empty place and let it sink; ``size`` counts the heap with it."""
    slot = _0
    child = _1
    while child < size:
        least, least_key = child, heap[child]
        stop = min(child + _4, size)
        other = child + _1
        while other < stop:
            if heap[other] < least_key:
                least, least_key = other, heap[other]
            other += _1
        if least_key >= key:
            break
        heap[slot] = least_key
        slot = least
        child = (slot << _2) + _1
    heap[slot] = key


@njit(nogil=True, cache=True)
def _search(start, head, cost, limit, distance, heap, queued, settled):  # type: ignore[no-untyped-def]
    """Run Dijkstra on a heap that already holds ``queued`` seeds; return how many nodes were settled."""
    size = queued
    count = _0
    while size > _0:
        key = heap[_0]
        size -= _1
        if size > _0:
            _sift(heap, size, heap[size])
        node = key & _LOW
        here = key >> _32
        if here > np.uint64(distance[node]):
            continue
        settled[count] = np.uint32(node)
        count += _1
        arc = np.uint64(start[node])
        stop = np.uint64(start[node + _1])
        while arc < stop:
            there = here + np.uint64(cost[arc])
            neighbour = np.uint64(head[arc])
            if there < np.uint64(distance[neighbour]) and there <= limit:
                distance[neighbour] = np.uint32(there)
                _push(heap, size, (there << _32) | neighbour)
                size += _1
            arc += _1
    return count


@njit(nogil=True, cache=True)
def _seed(nodes, costs, limit, distance, heap):  # type: ignore[no-untyped-def]
    size = _0
    for k in range(len(nodes)):
        node, first = np.uint64(nodes[k]), np.uint64(costs[k])
        if costs[k] != NO_COST and first <= limit and first < np.uint64(distance[node]):
            distance[node] = np.uint32(first)
            _push(heap, size, (first << _32) | node)
            size += _1
    return size


@njit(nogil=True, cache=True)
def _grown(array, size):  # type: ignore[no-untyped-def]
    larger = np.empty(max(2 * len(array), size), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@njit(nogil=True, cache=True)
def reach_nodes(start, head, cost, seed_node, seed_cost, limit, first, last):  # type: ignore[no-untyped-def]
    """Nodes within ``limit`` of each origin in ``[first, last)``.

    Parameters
    ----------
    start, head, cost
        ``uint32[n + 1]``, ``uint32[a]``, ``uint32[a]``: the reversed graph.
    seed_node, seed_cost
        ``uint32[origins, s]``: where each search begins and at what cost (``NO_COST``: not at all).
    limit
        ``uint64`` cut-off in ms, inclusive.

    Returns
    -------
    owner_start, node, cost
        ``int64[last - first + 1]``, ``uint32[k]``, ``uint32[k]``; nodes by rising cost.
    """
    distance = np.full(len(start) - 1, NO_COST, dtype=np.uint32)
    heap = np.empty(len(head) + seed_node.shape[1] + 1, dtype=np.uint64)
    settled = np.empty(len(start), dtype=np.uint32)
    owner_start = np.zeros(last - first + 1, dtype=np.int64)
    out_node = np.empty(1024, dtype=np.uint32)
    out_cost = np.empty(1024, dtype=np.uint32)
    size = 0
    for origin in range(first, last):
        queued = _seed(seed_node[origin], seed_cost[origin], limit, distance, heap)
        count = np.int64(_search(start, head, cost, limit, distance, heap, queued, settled))
        if size + count > len(out_node):
            out_node, out_cost = _grown(out_node, size + count), _grown(out_cost, size + count)
        for k in range(count):
            node = settled[np.uint64(k)]
            out_node[size] = node
            out_cost[size] = distance[node]
            size += 1
            distance[node] = NO_COST
        owner_start[origin - first + 1] = size
    return owner_start, out_node[:size].copy(), out_cost[:size].copy()


@njit(nogil=True, cache=True)
def reach_pairs(  # type: ignore[no-untyped-def]
    start, head, cost, seed_node, seed_cost, limit, door_start, door_point, door_cost,
    near_start, near_point, near_cost, points, first, last
):  # fmt: skip
    """Cheapest times between demand points and each facility in ``[first, last)``.

    A *door* joins a node to a demand point on one of the node's edges: entry ``k`` of node ``n`` says that
    from ``door_point[k]`` to ``n`` it takes ``door_cost[k]``; doors of a node stand by rising cost.
    ``near_*`` lists, per facility, the points on its own edge with the time straight along it.

    Returns
    -------
    point, facility, cost
        ``int32[k]`` three times, by facility, then point.
    """
    distance = np.full(len(start) - 1, NO_COST, dtype=np.uint32)
    heap = np.empty(len(head) + seed_node.shape[1] + 1, dtype=np.uint64)
    settled = np.empty(len(start), dtype=np.uint32)
    best = np.full(points, NO_COST, dtype=np.uint32)
    touched = np.empty(points, dtype=np.int32)
    out_point = np.empty(1024, dtype=np.int32)
    out_facility = np.empty(1024, dtype=np.int32)
    out_cost = np.empty(1024, dtype=np.int32)
    size = 0
    for facility in range(first, last):
        queued = _seed(seed_node[facility], seed_cost[facility], limit, distance, heap)
        count = _search(start, head, cost, limit, distance, heap, queued, settled)
        found = 0
        k = _0
        while k < count:
            node = np.uint64(settled[k])
            here = np.uint64(distance[node])
            distance[node] = NO_COST
            door = np.uint64(door_start[node])
            stop = np.uint64(door_start[node + _1])
            while door < stop:
                total = here + np.uint64(door_cost[door])
                if total > limit:
                    break
                point = np.uint64(door_point[door])
                if best[point] == NO_COST:
                    touched[found] = np.int32(point)
                    found += 1
                    best[point] = np.uint32(total)
                elif total < np.uint64(best[point]):
                    best[point] = np.uint32(total)
                door += _1
            k += _1
        for near in range(near_start[facility], near_start[facility + 1]):
            point, total = np.uint64(near_point[near]), np.uint64(near_cost[near])
            if total <= limit and total < np.uint64(best[point]):
                if best[point] == NO_COST:
                    touched[found] = np.int32(point)
                    found += 1
                best[point] = np.uint32(total)
        if size + found > len(out_point):
            out_point, out_facility = _grown(out_point, size + found), _grown(out_facility, size + found)
            out_cost = _grown(out_cost, size + found)
        touched[:found].sort()
        for k_out in range(found):
            point_out = touched[k_out]
            out_point[size] = point_out
            out_facility[size] = facility
            out_cost[size] = np.int32(best[point_out])
            best[point_out] = NO_COST
            size += 1
    return out_point[:size].copy(), out_facility[:size].copy(), out_cost[:size].copy()


@njit(nogil=True, cache=True)
def nearest_nodes(start, head, cost, seed_node, seed_cost, limit):  # type: ignore[no-untyped-def]
    """Cost from every node to the nearest of many seeds: ``uint32[n]``, ``NO_COST`` beyond ``limit``."""
    distance = np.full(len(start) - 1, NO_COST, dtype=np.uint32)
    heap = np.empty(len(head) + len(seed_node) + 1, dtype=np.uint64)
    settled = np.empty(len(start), dtype=np.uint32)
    queued = _seed(seed_node, seed_cost, limit, distance, heap)
    _search(start, head, cost, limit, distance, heap, queued, settled)
    return distance


@njit(nogil=True, cache=True)
def nearest_points(distance, door_start, door_point, door_cost, points):  # type: ignore[no-untyped-def]
    """Cheapest way from each demand point through its doors, given node costs: ``uint32[points]``."""
    best = np.full(points, NO_COST, dtype=np.uint32)
    for node in range(len(distance)):
        if distance[node] != NO_COST:
            for door in range(door_start[node], door_start[node + 1]):
                total = np.uint64(distance[node]) + np.uint64(door_cost[door])
                point = door_point[door]
                if total < np.uint64(best[point]):
                    best[point] = np.uint32(total)
    return best
