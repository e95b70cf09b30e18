"""Roads on which walkers are told to use the path beside: left out where such a path is mapped and joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from circle15.catalog import walking
from circle15.model.streets import EdgeFlag, NodeFlag, Streets
from circle15.model.taken_ways import TakenWays
from circle15.network.way_lengths import segment_metres

__all__ = ["without_sidepaths"]

_TAG = "foot=use_sidepath"


def without_sidepaths(streets: Streets, *, way: NDArray[np.int64] | None = None) -> Streets:
    """Leave out roads with ``foot=use_sidepath`` that other streets run beside.

    Such a road, its ways taken together, goes where a walk over other streets leads from each of its junctions and
    ends to the next one and is not longer than ``walking.toml`` allows (``[sidepath]``). All others are walked,
    flagged and counted: that a path is there is said by the tag, that it is mapped and joined is not.

    Parameters
    ----------
    streets
        Ways over shared nodes; the flag is ``EdgeFlag.SIDEPATH``.
    way
        ``int64[w]`` which way of the file each belongs to, where some were parted: one that was counts once, and
        goes when all of its parts go. By default each is one of its own.

    Returns
    -------
    Streets
        With fewer ways and the same nodes; ``counts`` go on adding up, and ``taken`` has the roads.
    """
    beside = (streets.way_flags & np.uint16(EdgeFlag.SIDEPATH)) != 0
    if not beside.any() or beside.all():
        return streets
    size = np.diff(streets.way_start)
    owner = np.repeat(np.arange(streets.n_ways), size)
    metres = segment_metres(streets.lon[streets.way_node], streets.lat[streets.way_node])
    metres[owner[1:] != owner[:-1]] = np.nan
    graph = _graph(streets, ~beside[owner], metres)
    uses = np.bincount(streets.way_node, minlength=len(streets.node_id))
    gone = np.zeros(streets.n_ways, dtype=bool)
    for road in _roads(streets, beside, uses):
        gone[road.ways] = _runs_beside(graph, road, streets)
    total = np.bincount(owner[1:], weights=np.nan_to_num(metres), minlength=streets.n_ways)
    return _without(streets, gone, total.astype(np.float64), np.arange(streets.n_ways) if way is None else way)


def _graph(streets: Streets, used: NDArray[np.bool_], metres: NDArray[np.float64]) -> Any:
    """The segments of the other ways as a sparse matrix of metres; nobody walks through a barred node."""
    from scipy.sparse import coo_array

    barred = (streets.node_flags & np.uint8(NodeFlag.BARRED)) != 0
    a, b = streets.way_node[:-1], streets.way_node[1:]
    walked = used[1:] & ~np.isnan(metres) & ~barred[a] & ~barred[b]
    a, b, length = a[walked], b[walked], np.maximum(metres[walked], 1e-3)
    order = np.lexsort((length, np.maximum(a, b), np.minimum(a, b)))
    low, high = np.minimum(a, b)[order], np.maximum(a, b)[order]
    shortest = np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1]))  # parallel ones would be added up
    return coo_array(
        (length[order][shortest], (low[shortest], high[shortest])), shape=(len(streets.node_id),) * 2
    ).tocsr()


class _Road(NamedTuple):
    """Ways end to end: their rows, their nodes in order, and which of these are junctions or ends."""

    ways: list[int]
    nodes: NDArray[np.int64]
    stop: NDArray[np.bool_]


def _roads(streets: Streets, beside: NDArray[np.bool_], uses: NDArray[np.int64]) -> Iterator[_Road]:
    """The roads in question: ways that follow each other where nothing else begins are one."""
    from circle15.kernels.chains import trace_chains  # compiled: who lists cities needs no compiler

    rows = np.flatnonzero(beside)
    first = streets.way_node[streets.way_start[rows]].astype(np.int32)
    last = streets.way_node[streets.way_start[rows + 1] - 1].astype(np.int32)
    ends = np.bincount(np.concatenate([first, last]), minlength=len(uses))
    inner = (ends == 2) & (uses == 2)
    inner[first[first == last]] = False
    piece, against, start = trace_chains(first, last, inner)
    for begin, end in pairwise(start.tolist()):
        ways = rows[piece[begin:end]].tolist()
        lines = [streets.way_node[streets.way_start[way] : streets.way_start[way + 1]] for way in ways]
        turned = [line[::-1] if back else line for line, back in zip(lines, against[begin:end].tolist(), strict=True)]
        nodes = np.concatenate([turned[0], *(line[1:] for line in turned[1:])])
        stop = (uses[nodes] > 1) & ~inner[nodes]
        stop[[0, -1]] = True
        yield _Road(ways, nodes, stop)


def _runs_beside(graph: Any, road: _Road, streets: Streets) -> bool:
    """Whether a walk over the graph leads along a road from each of its junctions and ends to the next one."""
    from scipy.sparse.csgraph import dijkstra

    rule, nodes = walking()["sidepath"], road.nodes
    stops = np.flatnonzero(road.stop)
    if len(stops) == 2 and nodes[0] == nodes[-1]:
        return False  # a ring that nothing else meets
    along = np.concatenate([[0.0], np.cumsum(segment_metres(streets.lon[nodes], streets.lat[nodes]))])
    for begin, end in pairwise(stops.tolist()):
        limit = max(rule["times"] * (along[end] - along[begin]), along[end] - along[begin] + rule["more_m"])
        walk = np.asarray(dijkstra(graph, directed=False, indices=[int(nodes[begin])], limit=float(limit)))[0]
        if not walk[nodes[end]] <= limit:
            return False
    return True


def _without(streets: Streets, gone: NDArray[np.bool_], metres: NDArray[np.float64], way: NDArray[np.int64]) -> Streets:
    counts = Counter(streets.counts)
    if gone.any():
        whole = len(np.unique(way)) - len(np.unique(way[~gone]))
        counts[f"dropped: {_TAG}"] += whole
        counts["ways kept"] -= whole
        if "further parts of ways" in counts:
            counts["further parts of ways"] -= int(gone.sum()) - whole
        counts[f"metres beside: {_TAG}"] = round(float(metres[gone].sum()))
        counts[f"metres sidepath: {_TAG}"] -= counts[f"metres beside: {_TAG}"]
    kept = np.flatnonzero(~gone)
    size = np.diff(streets.way_start)
    node = streets.way_node[np.repeat(gone, size)]
    roads = TakenWays(lon=streets.lon[node], lat=streets.lat[node], size=size[gone], kind=("beside",) * int(gone.sum()))
    return replace(
        streets,
        way_node=streets.way_node[np.repeat(~gone, size)],
        way_start=np.concatenate([[0], np.cumsum(size[kept])]),
        way_class=streets.way_class[kept],
        way_flags=streets.way_flags[kept],
        way_name=streets.way_name[kept],
        hours=streets.hours.renumbered(ways=streets.hours.codes(streets.n_ways)[kept]),
        counts=dict(sorted(counts.items())),
        taken=TakenWays.joined([streets.taken, roads]),
    )
