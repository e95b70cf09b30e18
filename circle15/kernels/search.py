"""Bounded shortest paths over a CSR graph in whole milliseconds.

Dijkstra with a 4-ary heap of packed keys: cost in the high half of a ``uint64``, node in the low half,
so that one comparison orders by cost and then by node, and results do not depend on chance. Indices
are unsigned: numba then leaves out the test for negative ones, which halves the time. A settled node
leaves a hole at the heap's root that its first better neighbour fills, and the children of a heap slot
are always four (the last ones padded), so that the least is found without a loop.

The compiled functions allocate nothing: a :class:`Workspace` is made once per thread, and put back in
order after each search by walking over what was reached. So the cost of a search follows what it
reaches, not the size of the city; and they compile in half the time.

The graph holds *reversed* arcs: entry ``k`` of node ``n`` says that walking ``head[k] -> n`` takes ``cost[k]``.
A search from a facility thus yields the time *to* the facility from every node.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from circle15.kernels.costs import NEVER_MS

__all__ = [
    "NO_ARC",
    "NO_COST",
    "NO_OWNER",
    "Workspace",
    "nearest_arcs",
    "nearest_nodes",
    "nearest_owners",
    "reach_nodes",
    "reach_pairs",
]

NO_COST = np.uint32(NEVER_MS)
"""``NEVER_MS`` in the type of the compiled loops."""
NO_OWNER = np.uint32(0xFFFFFFFF)
NO_ARC = np.uint32(0xFFFFFFFF)

_0, _1, _2, _3, _4, _32 = (np.uint64(number) for number in (0, 1, 2, 3, 4, 32))
_LOW = np.uint64(0xFFFFFFFF)
_NO_KEY = np.uint64(0xFFFFFFFFFFFFFFFF)
_PADDING = 4
_FIRST_ROOM = 1 << 14


class Workspace:
    """Arrays that one thread's searches share. Between searches ``distance`` and ``best`` hold ``NO_COST`` only.

    Parameters
    ----------
    nodes, arcs
        Size of the graph.
    seeds
        Number of places where one search may begin.
    points
        Number of demand points, for :func:`reach_pairs`.
    """

    __slots__ = ("best", "cost", "distance", "heap", "key", "settled", "touched")

    def __init__(self, nodes: int, arcs: int, *, seeds: int = 2, points: int = 0) -> None:
        self.distance: NDArray[np.uint32] = np.full(nodes, NO_COST)
        self.settled: NDArray[np.uint32] = np.empty(nodes, dtype=np.uint32)
        # Each arc and each seed is queued at most once. What is never touched takes no memory.
        self.heap: NDArray[np.uint64] = np.empty(arcs + seeds + _PADDING, dtype=np.uint64)
        self.best: NDArray[np.uint32] = np.full(points, NO_COST)
        self.touched: NDArray[np.uint32] = np.empty(points, dtype=np.uint32)
        self.key: NDArray[np.uint32] = np.empty(_FIRST_ROOM, dtype=np.uint32)
        self.cost: NDArray[np.uint32] = np.empty(_FIRST_ROOM, dtype=np.uint32)

    def grow(self, used: int, least: int) -> None:
        """Make room for at least ``least`` results, keeping the ``used`` first ones."""
        room = max(2 * len(self.key), least)
        for name in ("key", "cost"):
            larger = np.empty(room, dtype=np.uint32)
            larger[:used] = getattr(self, name)[:used]
            setattr(self, name, larger)


@njit(nogil=True, cache=True)
def _search(start, head, cost, seed_node, seed_cost, limit, distance, heap, settled):  # type: ignore[no-untyped-def]
    """Dijkstra from all seeds within ``limit``; returns how many nodes were settled, by rising cost."""
    size = _0
    count = _0
    for seed in range(len(seed_node)):
        node, here = np.uint64(seed_node[seed]), np.uint64(seed_cost[seed])
        if seed_cost[seed] != NO_COST and here <= limit and here < np.uint64(distance[node]):
            distance[node] = np.uint32(here)
            size = _push(heap, size, (here << _32) | node)
    while size > _0:
        key = heap[_0]
        node = key & _LOW
        here = key >> _32
        fill = _NO_KEY
        if here == np.uint64(distance[node]):  # else a cheaper way was found after this one was queued
            settled[count] = np.uint32(node)
            count += _1
            heap[_0] = _0  # lets no new key rise into the hole, also not one as cheap as the root was
            arc = np.uint64(start[node])
            stop = np.uint64(start[node + _1])
            while arc < stop:
                reached = here + np.uint64(cost[arc])
                neighbour = np.uint64(head[arc])
                if reached < np.uint64(distance[neighbour]) and reached <= limit:
                    distance[neighbour] = np.uint32(reached)
                    if fill == _NO_KEY:
                        fill = (reached << _32) | neighbour
                    else:
                        size = _push(heap, size, (reached << _32) | neighbour)
                arc += _1
        if fill == _NO_KEY:
            size -= _1
            fill = heap[size]
            heap[size] = _NO_KEY
        _sink(heap, size, fill)
    return count


@njit(nogil=True, cache=True, inline="always")
def _push(heap, size, key):  # type: ignore[no-untyped-def]
    if (size - _1) & _3 == _0:  # the first of four brothers: pad the other three
        heap[size + _1] = _NO_KEY
        heap[size + _2] = _NO_KEY
        heap[size + _3] = _NO_KEY
    slot = size
    while slot > _0:
        parent = (slot - _1) >> _2
        above = heap[parent]
        if above <= key:
            break
        heap[slot] = above
        slot = parent
    heap[slot] = key
    return size + _1


@njit(nogil=True, cache=True, inline="always")
def _sink(heap, size, key):  # type: ignore[no-untyped-def]
    """Put ``key`` in the root's empty place and let it sink; ``size`` counts the heap with it."""
    slot = _0
    child = _1
    while child < size:
        a, b, c, d = heap[child], heap[child + _1], heap[child + _2], heap[child + _3]
        left, left_key = (child, a) if a <= b else (child + _1, b)
        right, right_key = (child + _2, c) if c <= d else (child + _3, d)
        least, least_key = (left, left_key) if left_key <= right_key else (right, right_key)
        if least_key >= key:
            break
        heap[slot] = least_key
        slot = least
        child = (slot << _2) + _1
    heap[slot] = key


@njit(nogil=True, cache=True)
def _reach_nodes(  # type: ignore[no-untyped-def]
    start, head, cost, seed_node, seed_cost, limit, distance, heap, settled, first, last, size, out_node, out_cost,
    out_end,
):  # fmt: skip
    """Search from each origin until all are done or the room is used up; returns the first one not done."""
    for origin in range(first, last):
        count = _search(start, head, cost, seed_node[origin], seed_cost[origin], limit, distance, heap, settled)
        room = np.uint64(size) + count <= np.uint64(len(out_node))
        k = _0
        slot = np.uint64(size)
        while k < count:
            node = np.uint64(settled[k])
            if room:
                out_node[slot] = settled[k]
                out_cost[slot] = distance[node]
                slot += _1
            distance[node] = NO_COST
            k += _1
        if not room:
            return origin
        size = np.int64(slot)
        out_end[origin] = size
    return last


def reach_nodes(
    start: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.uint32],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.uint32],
    limit: int | np.uint64,
    first: int,
    last: int,
    work: Workspace | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint32]]:
    """Nodes within ``limit`` of each origin in ``[first, last)``.

    Parameters
    ----------
    start, head, cost
        ``uint32[n + 1]``, ``uint32[a]``, ``uint32[a]``: the reversed graph.
    seed_node, seed_cost
        ``uint32[origins, s]``: where each search begins and at what cost (``NO_COST``: not at all).
    limit
        Cut-off in ms, inclusive.
    first, last
        Which origins: from ``first`` up to, not with, ``last``.
    work
        This thread's arrays; made for this call when left out.

    Returns
    -------
    owner_start, node, cost
        ``int64[last - first + 1]``, ``uint32[k]``, ``uint32[k]``; nodes by rising cost.
    """
    work = work or Workspace(len(start) - 1, len(head), seeds=seed_node.shape[1])
    end = np.zeros(last + 1, dtype=np.int64)  # end[origin - 1] is where an origin's nodes begin; end[-1] stays 0
    done = first
    while done < last:
        used = int(end[done - 1])
        done = _reach_nodes(
            start, head, cost, seed_node, seed_cost, np.uint64(limit), work.distance, work.heap, work.settled,
            done, last, used, work.key, work.cost, end,
        )  # fmt: skip
        if done < last:
            work.grow(int(end[done - 1]), len(start))
    owner_start = np.concatenate([[0], end[first:last]])
    size = owner_start[-1]
    return owner_start, work.key[:size].copy(), work.cost[:size].copy()


@njit(nogil=True, cache=True)
def _open_doors(  # type: ignore[no-untyped-def]
    count, limit, distance, settled, door_start, door_point, door_cost, near_first, near_stop, near_point, near_cost,
    best, touched,
):  # fmt: skip
    """Carry the costs of settled nodes on to the points behind their doors; returns how many were met."""
    pairs_found = _0
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
            if total < np.uint64(best[point]):
                if best[point] == NO_COST:
                    touched[pairs_found] = np.uint32(point)
                    pairs_found += _1
                best[point] = np.uint32(total)
            door += _1
        k += _1
    near = np.uint64(near_first)
    while near < np.uint64(near_stop):
        point, total = np.uint64(near_point[near]), np.uint64(near_cost[near])
        if total <= limit and total < np.uint64(best[point]):
            if best[point] == NO_COST:
                touched[pairs_found] = np.uint32(point)
                pairs_found += _1
            best[point] = np.uint32(total)
        near += _1
    return pairs_found


@njit(nogil=True, cache=True)
def _reach_pairs(  # type: ignore[no-untyped-def]
    start, head, cost, seed_node, seed_cost, limit, distance, heap, settled, door_start, door_point, door_cost,
    near_start, near_point, near_cost, best, touched, first, last, size, out_point, out_cost, out_end,
):  # fmt: skip
    """As :func:`_reach_nodes`, for points."""
    for facility in range(first, last):
        count = _search(start, head, cost, seed_node[facility], seed_cost[facility], limit, distance, heap, settled)
        pairs_found = _open_doors(
            count, limit, distance, settled, door_start, door_point, door_cost, near_start[facility],
            near_start[facility + 1], near_point, near_cost, best, touched,
        )  # fmt: skip
        room = np.uint64(size) + pairs_found <= np.uint64(len(out_point))
        k = _0
        slot = np.uint64(size)
        while k < pairs_found:
            point = np.uint64(touched[k])
            if room:
                out_point[slot] = touched[k]
                out_cost[slot] = best[point]
                slot += _1
            best[point] = NO_COST
            k += _1
        if not room:
            return facility
        size = np.int64(slot)
        out_end[facility] = size
    return last


def reach_pairs(
    start: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.uint32],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.uint32],
    limit: int | np.uint64,
    door_start: NDArray[np.uint32],
    door_point: NDArray[np.uint32],
    door_cost: NDArray[np.uint32],
    near_start: NDArray[np.int64],
    near_point: NDArray[np.uint32],
    near_cost: NDArray[np.uint32],
    points: int,
    first: int,
    last: int,
    work: Workspace | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Cheapest times between demand points and each facility in ``[first, last)``.

    A *door* joins a node to a demand point on one of the node's edges: entry ``k`` of node ``n`` says that
    from ``door_point[k]`` to ``n`` it takes ``door_cost[k]``; doors of a node stand by rising cost.
    ``near_*`` lists, per facility, the points on its own edge with the time straight along it.

    Returns
    -------
    point, facility, cost
        ``int32[k]`` three times, by facility; the points of a facility in the order they were met.
    """
    work = work or Workspace(len(start) - 1, len(head), seeds=seed_node.shape[1], points=points)
    end = np.zeros(last + 1, dtype=np.int64)
    done = first
    while done < last:
        used = int(end[done - 1])
        done = _reach_pairs(
            start, head, cost, seed_node, seed_cost, np.uint64(limit), work.distance, work.heap, work.settled,
            door_start, door_point, door_cost, near_start, near_point, near_cost, work.best, work.touched,
            done, last, used, work.key, work.cost, end,
        )  # fmt: skip
        if done < last:
            work.grow(int(end[done - 1]), points)
    owner_start = np.concatenate([[0], end[first:last]])
    size = owner_start[-1]
    facility = np.repeat(np.arange(first, last, dtype=np.int32), np.diff(owner_start))
    return work.key[:size].astype(np.int32), facility, work.cost[:size].astype(np.int32)


def nearest_nodes(
    start: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.uint32],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.uint32],
    limit: int | np.uint64,
) -> NDArray[np.uint32]:
    """Cost from every node to the nearest of many seeds: ``uint32[n]``, ``NO_COST`` beyond ``limit``."""
    work = Workspace(len(start) - 1, len(head), seeds=len(seed_node))
    _search(start, head, cost, seed_node, seed_cost, np.uint64(limit), work.distance, work.heap, work.settled)
    return work.distance


@njit(nogil=True, cache=True)
def _hand_on(start, head, cost, seed_node, seed_cost, seed_owner, distance, settled, owner):  # type: ignore[no-untyped-def]
    """Pass owners on along shortest paths, from near to far; of several the first one wins."""
    for seed in range(len(seed_node)):
        node = np.uint64(seed_node[seed])
        if seed_cost[seed] != NO_COST and seed_cost[seed] == distance[node] and seed_owner[seed] < owner[node]:
            owner[node] = seed_owner[seed]
    first = 0
    while first < len(settled):
        here = np.uint64(distance[np.uint64(settled[first])])
        last = first
        again = False
        while last < len(settled) and np.uint64(distance[np.uint64(settled[last])]) == here:
            node = np.uint64(settled[last])
            arc = np.uint64(start[node])
            stop = np.uint64(start[node + _1])
            while arc < stop:
                neighbour = np.uint64(head[arc])
                if here + np.uint64(cost[arc]) == np.uint64(distance[neighbour]) and owner[node] < owner[neighbour]:
                    owner[neighbour] = owner[node]
                    again = again or cost[arc] == 0
                arc += _1
            last += 1
        # An entry that costs nothing leads to a node of the same cost, which may have handed on already.
        if not again:
            first = last


def nearest_owners(
    start: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.uint32],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.uint32],
    seed_owner: NDArray[np.uint32],
    limit: int | np.uint64,
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Cost from every node to the nearest of many seeds, and whose seed that is.

    As :func:`nearest_nodes`, with ``seed_owner`` ``uint32[s]`` beside the seeds. A node as near to several
    owners goes to the lowest number.

    Returns
    -------
    cost, owner
        ``uint32[n]`` twice; ``NO_COST`` and ``NO_OWNER`` beyond ``limit``.
    """
    work = Workspace(len(start) - 1, len(head), seeds=len(seed_node))
    count = _search(start, head, cost, seed_node, seed_cost, np.uint64(limit), work.distance, work.heap, work.settled)
    owner = np.full(len(start) - 1, NO_OWNER)
    settled = work.settled[: int(count)]
    _hand_on(start, head, cost, seed_node, seed_cost, seed_owner, work.distance, settled, owner)
    return work.distance, owner


@njit(nogil=True, cache=True)
def _go_on(start, head, cost, seed_node, seed_cost, distance, settled, onward):  # type: ignore[no-untyped-def]
    """Note for each node the entry on which its way goes on: that of the neighbour settled first.

    A neighbour that gave a node its cost was settled before it, so ways run through settled nodes backwards
    and end, also over entries that cost nothing.
    """
    at_seed = np.uint32(0xFFFFFFFE)
    for seed in range(len(seed_node)):
        node = np.uint64(seed_node[seed])
        if seed_cost[seed] != NO_COST and seed_cost[seed] == distance[node]:
            onward[node] = at_seed
    for k in range(len(settled)):
        node = np.uint64(settled[k])
        arc = np.uint64(start[node])
        stop = np.uint64(start[node + _1])
        here = np.uint64(distance[node])
        while arc < stop:
            neighbour = np.uint64(head[arc])
            if onward[neighbour] == NO_ARC and here + np.uint64(cost[arc]) == np.uint64(distance[neighbour]):
                onward[neighbour] = np.uint32(arc)
            arc += _1
    for seed in range(len(seed_node)):
        node = np.uint64(seed_node[seed])
        if onward[node] == at_seed:
            onward[node] = NO_ARC


def nearest_arcs(
    start: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.uint32],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.uint32],
    limit: int | np.uint64,
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Cost from every node to the nearest of many seeds, and the entry on which the way there goes on.

    As :func:`nearest_nodes`. Following the entries leads from any reached node to a seed, at exactly its cost.

    Returns
    -------
    cost, onward
        ``uint32[n]`` twice; ``onward`` is ``NO_ARC`` where the way ends at a seed, and beyond ``limit``.
    """
    work = Workspace(len(start) - 1, len(head), seeds=len(seed_node))
    count = _search(start, head, cost, seed_node, seed_cost, np.uint64(limit), work.distance, work.heap, work.settled)
    onward = np.full(len(start) - 1, NO_ARC)
    _go_on(start, head, cost, seed_node, seed_cost, work.distance, work.settled[: int(count)], onward)
    return work.distance, onward
