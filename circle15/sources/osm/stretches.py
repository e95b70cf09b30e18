"""From the nodes of ways to stretches of street: parted where nodes are missing, each stretch once, joints joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from circle15.kernels.ragged import ranges
from circle15.model.streets import EdgeFlag
from circle15.network.way_lengths import between_metres
from circle15.sources.osm.way_nodes import WayNodes

__all__ = ["Stretches", "WayAttributes", "way_stretches"]


@dataclass(frozen=True, kw_only=True, eq=False)
class WayAttributes:
    """What a way is, per way: class, flags, name, hours, storeys, and whether its one direction is backward.

    ``name`` and ``hours`` are codes; 0: none, and always open.
    """

    backward: NDArray[np.bool_]
    way_class: NDArray[np.uint8]
    flags: NDArray[np.uint16]
    name: NDArray[np.int32]
    hours: NDArray[np.int32]
    storeys: Sequence[tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretches:
    """Nodes as :class:`~circle15.model.streets.Streets` has them, and stretches of ways over them.

    ``way`` ``int64[s]``: which way each stretch belongs to. ``row`` ``int64[n]``: where each node of the ways stands
    among the nodes here, with those that are joined in it; -1 for nodes that no stretch uses.
    """

    node_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    way_node: NDArray[np.int64]
    way_start: NDArray[np.int64]
    way: NDArray[np.int64]
    row: NDArray[np.int64]


def way_stretches(nodes: WayNodes, ways: WayAttributes, counts: Counter[str]) -> Stretches:
    """Part ways at missing nodes, join joints that are mapped as two nodes at one place, and keep each stretch once.

    Parameters
    ----------
    nodes
        The references of the ways.
    ways
        What the ways are.
    counts
        Takes what was lost and joined, beside ``ways kept``.
    """
    nodes = _turned(nodes, ways.backward)
    _count_gaps(nodes, counts)
    joint = _joints(nodes, _storeys_of_nodes(nodes, ways.storeys))
    at = joint[nodes.ref]
    placed = nodes.placed
    whole = (nodes.way[:-1] == nodes.way[1:]) & placed[:-1] & placed[1:]
    step = np.flatnonzero(whole & (at[:-1] != at[1:]))
    again = np.zeros(len(whole), dtype=bool)
    again[step] = _repeated(at[step], at[step + 1], nodes.way[step], ways)
    _count_repeated(nodes, at, again, counts)
    _count_ways(nodes, whole, again, counts)
    way, refs, start = _runs(nodes.way, whole & ~again)
    used = np.zeros(len(joint), dtype=bool)
    used[at[refs]] = True
    row = np.where(used, np.cumsum(used) - 1, -1)
    counts["further parts of ways"] = len(way) - counts["ways kept"]
    counts["joints joined"] = int((joint != np.arange(len(joint))).sum())
    return Stretches(
        node_id=nodes.node_id[used],
        lon=nodes.lon[used],
        lat=nodes.lat[used],
        way_node=row[at[refs]],
        way_start=start,
        way=way,
        row=row[joint],
    )


def _turned(nodes: WayNodes, backward: NDArray[np.bool_]) -> WayNodes:
    """The references with those of backward ways in the other order."""
    end = np.cumsum(nodes.size)
    row, forward = ranges(end - nodes.size, nodes.size)
    order = np.where(backward[row], (2 * end - nodes.size - 1)[row] - forward, forward)
    return replace(nodes, ref=nodes.ref[order])


def _metres(lon: NDArray[np.float64], lat: NDArray[np.float64], a: NDArray[np.int64], b: NDArray[np.int64]) -> int:
    """Whole metres of all stretches from a to b, straight over the globe."""
    return int(np.rint(between_metres((lon[a], lat[a]), (lon[b], lat[b])).sum()))


def _count_gaps(nodes: WayNodes, counts: Counter[str]) -> None:
    """Where ways run through nodes that the file lacks, and how many metres it is at least from known to known."""
    placed = np.flatnonzero(nodes.placed)
    way = nodes.way[placed]
    gap = np.flatnonzero((way[:-1] == way[1:]) & (np.diff(placed) > 1))
    counts["ways parted at missing nodes"] = len(np.unique(way[gap]))
    ends = nodes.ref[placed[gap]], nodes.ref[placed[gap + 1]]
    counts["metres lost at missing nodes"] = _metres(nodes.lon, nodes.lat, *ends)


def _storeys_of_nodes(nodes: WayNodes, of_way: Sequence[tuple[str, ...]]) -> NDArray[np.int64]:
    """Pairs ``int64[p, 2]`` of a node's position and a storey that one of its ways is on."""
    number: dict[str, int] = {}
    kinds = {kind: [number.setdefault(name, len(number)) for name in kind] for kind in dict.fromkeys(of_way)}
    most = max((len(kind) for kind in kinds), default=1)
    table = np.array([(kinds[kind] * most)[:most] for kind in of_way], dtype=np.int64).reshape(len(of_way), most)
    return np.concatenate([np.stack([nodes.ref, table[nodes.way, column]], axis=1) for column in range(most)])


def _joints(nodes: WayNodes, storey: NDArray[np.int64]) -> NDArray[np.int64]:
    """Per node the first of those that lie at its very place, on a storey of its own."""
    count = len(nodes.node_id)
    joint = np.arange(count)
    known = np.flatnonzero(~np.isnan(nodes.lon))
    east, north = (np.rint(degrees[known] * 1e7).astype(np.int64) for degrees in (nodes.lon, nodes.lat))
    spot = (east << 32) + north
    order = np.argsort(spot, kind="stable")
    same = spot[order[1:]] == spot[order[:-1]]
    if not same.any():
        return joint
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    shared = np.zeros(count, dtype=bool)
    shared[known[order[_in_runs(same)]]] = True
    place = np.full(count, -1, dtype=np.int64)
    place[known[order]] = np.concatenate([[0], np.cumsum(~same)])
    node, level = storey[shared[storey[:, 0]]].T
    if len(node) == 0:
        return joint
    _, landing = np.unique(place[node] * (level.max() + 1) + level, return_inverse=True)
    size = count + int(landing.max()) + 1
    links = coo_array((np.ones(len(node), dtype=np.int8), (node, count + landing)), shape=(size, size))
    group = connected_components(links, directed=False)[1][:count]
    _, first = np.unique(group, return_index=True)
    return np.asarray(first[group])


def _in_runs(same: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which items of a sorted list equal a neighbour, by whether each equals the one before it."""
    return np.concatenate([[False], same]) | np.concatenate([same, [False]])


def _repeated(
    a: NDArray[np.int64], b: NDArray[np.int64], way: NDArray[np.int64], ways: WayAttributes
) -> NDArray[np.bool_]:
    """Which steps between two nodes run where another of the same class, flags and hours runs; named ones go first."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    pair = low * (high.max(initial=0) + 1) + high
    order = np.argsort(pair, kind="stable")
    same = pair[order[1:]] == pair[order[:-1]]
    repeated = order[_in_runs(same)] if len(order) else order
    flags, name, kind = ways.flags[way[repeated]], ways.name[way[repeated]], ways.way_class[way[repeated]]
    hours = ways.hours[way[repeated]]
    one_way = (flags & np.uint16(EdgeFlag.FORWARD_ONLY)) != 0
    against = one_way & (a[repeated] > b[repeated])
    order = np.lexsort((name, name == 0, hours, against, flags, kind, pair[repeated]))
    keys = np.stack([pair[repeated], kind, flags, against, hours])[:, order]
    again = np.zeros(len(a), dtype=bool)
    again[repeated[order[1:]]] = (keys[:, 1:] == keys[:, :-1]).all(axis=0)
    return again


def _count_repeated(nodes: WayNodes, at: NDArray[np.int64], again: NDArray[np.bool_], counts: Counter[str]) -> None:
    """Stretches that stand twice and their metres; the edges that two squares have in common are no fault."""
    end = np.cumsum(nodes.size)
    ring = nodes.ref[end - nodes.size] == nodes.ref[end - 1]
    repeats = np.flatnonzero(again & ~ring[nodes.way[:-1]])
    counts["stretches that stand twice"] = len(repeats)
    counts["metres that stand twice"] = _metres(nodes.lon, nodes.lat, at[repeats], at[repeats + 1])


def _count_ways(nodes: WayNodes, whole: NDArray[np.bool_], again: NDArray[np.bool_], counts: Counter[str]) -> None:
    """Ways kept, and those of which nothing is left."""
    ways = len(nodes.size)
    steps = np.bincount(nodes.way[:-1][whole], minlength=ways)
    kept = np.bincount(nodes.way[:-1][whole & ~again], minlength=ways)
    counts["dropped: fewer than two nodes with coordinates"] += int((steps == 0).sum())
    counts["dropped: stands twice"] += int(((steps > 0) & (kept == 0)).sum())
    counts["ways kept"] = int((kept > 0).sum())


def _runs(
    way: NDArray[np.int64], whole: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Runs of steps that are whole: the way of each, the references of all, and where each run begins among them."""
    after, before = np.concatenate([whole, [False]]), np.concatenate([[False], whole])
    refs = np.flatnonzero(after | before)
    begin = (after & ~before)[refs]
    start = np.concatenate([np.flatnonzero(begin), [len(refs)]])
    return way[refs[begin]], refs, start.astype(np.int64)
