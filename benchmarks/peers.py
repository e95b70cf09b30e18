"""Contenders: each answers which nodes lie within a cut-off of a block of facilities, from the same costs.

A contender is made for one graph (:data:`Prepare`) and returns a search: a block of facility nodes in,
what it reached out, in whatever shape it comes. Only the search is timed. A second function turns the
shape into one that can be compared, outside the clock.

pandana and cityseer (AGPL) take part where somebody has installed them; circle15 needs neither.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circle15.kernels import search
from circle15.network.graph import WalkGraph

__all__ = ["CONTENDERS", "NOT_QUITE_ZERO", "Absent", "Prepare", "Reached", "Search", "circle15_search", "disagreement"]

Reached = list[tuple[NDArray[np.int64], NDArray[np.float64] | None]]
"""Per facility: reached nodes, rising, and their cost in ms, or None where a contender does not tell."""

NOT_QUITE_ZERO = 2.0**-20
"""Milliseconds for a cost of 0, which scipy would take for "no link"; rounded away afterwards."""

Search = Callable[[NDArray[np.uint32]], Any]
Prepare = Callable[[WalkGraph, int], tuple[Search, Callable[[Any], Reached]]]


class Absent(Exception):  # noqa: N818  # not a fault: this contender is not here today
    """A contender that cannot take part, and why."""


def _sorted(node: NDArray[Any], cost: NDArray[Any] | None) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
    order = np.argsort(node, kind="stable")
    return node[order].astype(np.int64), None if cost is None else cost[order].astype(np.float64)


def _by_owner(end: NDArray[np.int64], node: NDArray[Any], cost: NDArray[Any]) -> Reached:
    begin = np.concatenate([[0], end[:-1]])
    return [_sorted(node[a:b], cost[a:b]) for a, b in zip(begin, end, strict=True)]


def circle15_search(graph: WalkGraph, limit_ms: int) -> tuple[Search, Callable[[Any], Reached]]:
    """The kernel under test."""
    work = search.Workspace(graph.n_nodes, len(graph.head), seeds=1)

    def run(block: NDArray[np.uint32]) -> Any:
        node, cost = block[:, None], np.zeros((len(block), 1), dtype=np.uint32)
        return search.reach_nodes(graph.start, graph.head, graph.cost, node, cost, limit_ms, 0, len(block), work)

    return run, lambda found: _by_owner(found[0][1:], found[1], found[2])


def _compiled(flag: str) -> ctypes.CDLL:
    compiler = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    if compiler is None:
        raise Absent("no C compiler found")
    with tempfile.TemporaryDirectory(prefix="circle15-") as folder:
        target = Path(folder) / "search.so"
        source = Path(__file__).with_name("search.c")
        subprocess.run([compiler, flag, "-shared", "-fPIC", "-o", target, source], check=True)
        return ctypes.CDLL(str(target))


def _in_c(flag: str) -> Prepare:
    def prepare(graph: WalkGraph, limit_ms: int) -> tuple[Search, Callable[[Any], Reached]]:
        reach_nodes = _compiled(flag).reach_nodes
        work = search.Workspace(graph.n_nodes, len(graph.head), seeds=1)
        room = [np.empty(0, dtype=np.uint32)] * 2

        def at(array: NDArray[Any]) -> ctypes.c_void_p:
            return ctypes.c_void_p(array.ctypes.data)

        def run(block: NDArray[np.uint32]) -> Any:
            nonlocal room
            end = np.empty(len(block), dtype=np.int64)
            # Room for what all facilities of the block together may reach; pages never touched cost nothing.
            if len(room[0]) < len(block) * graph.n_nodes:
                room = [np.empty(len(block) * graph.n_nodes, dtype=np.uint32) for _ in range(2)]
            reach_nodes(
                at(graph.start), at(graph.head), at(graph.cost), at(block), ctypes.c_size_t(len(block)),
                ctypes.c_uint64(limit_ms), at(work.distance), at(work.heap), at(work.settled),
                at(room[0]), at(room[1]), at(end),
            )  # fmt: skip
            return end, room[0][: end[-1]].copy(), room[1][: end[-1]].copy()

        return run, lambda found: _by_owner(*found)

    return prepare


def _scipy(graph: WalkGraph, limit_ms: int) -> tuple[Search, Callable[[Any], Reached]]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    size = graph.n_nodes
    cost = np.maximum(graph.cost, NOT_QUITE_ZERO)
    matrix = csr_array((cost, graph.head.astype(np.int32), graph.start.astype(np.int32)), shape=(size, size))

    def run(block: NDArray[np.uint32]) -> Any:
        found = []
        for node in block:
            distance = dijkstra(matrix, indices=[int(node)], limit=limit_ms + 0.5)[0]
            reached = np.flatnonzero(np.isfinite(distance))
            found.append((reached, distance[reached]))
        return found

    return run, lambda found: [_sorted(node, np.floor(cost)) for node, cost in found]


def _arcs(graph: WalkGraph) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    owner = np.repeat(np.arange(graph.n_nodes), np.diff(graph.start))
    return owner, graph.head.astype(np.int64), graph.cost.astype(np.int64)


def _as_graph(graph: WalkGraph, kind: str) -> Any:
    import networkx as nx

    made: Any = nx.DiGraph() if kind == "DiGraph" else nx.MultiDiGraph()
    made.add_nodes_from(range(graph.n_nodes))
    made.add_weighted_edges_from(zip(*(column.tolist() for column in _arcs(graph)), strict=True), weight="ms")
    return made


def _networkx(graph: WalkGraph, limit_ms: int) -> tuple[Search, Callable[[Any], Reached]]:
    import networkx as nx

    streets = _as_graph(graph, "DiGraph")

    def run(block: NDArray[np.uint32]) -> Any:
        return [
            nx.single_source_dijkstra_path_length(streets, int(node), cutoff=limit_ms, weight="ms") for node in block
        ]

    return run, lambda found: [_sorted(np.array(list(one)), np.array(list(one.values()))) for one in found]


def _osmnx_recipe(graph: WalkGraph, limit_ms: int) -> tuple[Search, Callable[[Any], Reached]]:
    """What OSMnx's isochrone example does: ``ego_graph`` of a MultiDiGraph; it tells nodes, not costs."""
    import networkx as nx

    streets = _as_graph(graph, "MultiDiGraph")

    def run(block: NDArray[np.uint32]) -> Any:
        return [nx.ego_graph(streets, int(node), radius=limit_ms, distance="ms") for node in block]

    return run, lambda found: [_sorted(np.array(list(one)), None) for one in found]


def _pandana(graph: WalkGraph, limit_ms: int) -> tuple[Search, Callable[[Any], Reached]]:
    _need("pandana")
    import pandana  # type: ignore[import-not-found, unused-ignore]
    import pandas as pd

    if graph.n_nodes > 200_000:
        raise Absent("its contraction of a large grid takes tens of minutes")
    owner, head, cost = _arcs(graph)
    # It counts in thousandths of its unit: in seconds that is the same integer milliseconds.
    nodes, arcs = graph.network, pd.DataFrame({"seconds": cost / 1000})
    with _print_to_stderr():
        made = pandana.Network(
            pd.Series(nodes.x), pd.Series(nodes.y), pd.Series(owner), pd.Series(head), arcs, twoway=False
        )

    def run(block: NDArray[np.uint32]) -> Any:
        unique = np.unique(block)
        return block, made.nodes_in_range(unique.tolist(), limit_ms / 1000)

    def read(found: Any) -> Reached:
        groups = {int(node): rows for node, rows in found[1].groupby("source")}
        return [
            _sorted(groups[int(node)]["destination"].to_numpy(), groups[int(node)]["seconds"].to_numpy() * 1000)
            for node in found[0]
        ]

    return run, read


def _cityseer(graph: WalkGraph, limit_ms: int) -> tuple[Search, Callable[[Any], Reached]]:
    _need("cityseer")
    from cityseer import rustalgos  # type: ignore[import-not-found, unused-ignore]

    streets = rustalgos.graph.NetworkStructure()
    for node in range(graph.n_nodes):
        streets.add_street_node(str(node), 0.0, 0.0, live=True, weight=1.0)
    for arc, (owner, head, cost) in enumerate(zip(*(column.tolist() for column in _arcs(graph)), strict=True)):
        # It measures the line itself, so a line is drawn that is as long as the arc takes at 1 m/s.
        line = f"LINESTRING (0 0, {max(cost, 0.25) / 1000} 0)"
        streets.add_street_edge(owner, head, arc, str(owner), str(head), line)
    streets.validate()

    def run(block: NDArray[np.uint32]) -> Any:
        return [streets.dijkstra_tree_shortest(int(node), limit_ms // 1000, 1.0)[0] for node in block]

    return run, lambda found: [_sorted(np.array(one), None) for one in found]


@contextmanager
def _print_to_stderr() -> Iterator[None]:
    """Keep what compiled code prints out of the tables."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _need(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise Absent("not installed (optional)")


CONTENDERS: Mapping[str, Prepare] = MappingProxyType(
    {
        "the same algorithm in C, -O2": _in_c("-O2"),
        "the same algorithm in C, -O3": _in_c("-O3"),
        "scipy dijkstra(limit=)": _scipy,
        "pandana nodes_in_range": _pandana,
        "networkx, cutoff": _networkx,
        "cityseer tree": _cityseer,
        "OSMnx recipe (ego_graph)": _osmnx_recipe,
    }
)


def disagreement(expected: Reached, found: Reached, *, limit_ms: int, tolerance_ms: float = 0.0) -> str:
    """What a contender gets wrong against the expected answer; empty when nothing.

    Nodes must be the same, and costs where it tells them. With a tolerance (contenders that count in
    ``float32``) costs may differ by it, and nodes that lie within it of the cut-off may be in or out.
    """
    if len(expected) != len(found):
        return f"{len(found)} facilities instead of {len(expected)}"
    for number, ((node, cost), (other_node, other_cost)) in enumerate(zip(expected, found, strict=True)):
        assert cost is not None, "the expected answer tells costs"  # noqa: S101
        firm = node[cost <= limit_ms - tolerance_ms]
        if len(missed := np.setdiff1d(firm, other_node)):
            return f"facility {number}: {len(missed)} of {len(node)} nodes missed"
        extra = np.setdiff1d(other_node, node)
        if len(extra) and (tolerance_ms == 0 or len(extra) > 2):
            return f"facility {number}: {len(extra)} nodes too many"
        if other_cost is not None:
            _, here, there = np.intersect1d(node, other_node, return_indices=True)
            worst = float(np.abs(cost[here] - other_cost[there]).max(initial=0.0))
            if worst > tolerance_ms:
                return f"facility {number}: a cost is wrong by {worst:g} ms"
    return ""
