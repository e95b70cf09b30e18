"""Beyond single searches: pairs, nearest, polygons, reading a file, threads, and the size of the city."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import osmium
import peers
import shapely
import towns
from markdown import print_table
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from circle15.kernels import search
from circle15.kernels.costs import NEVER_MS
from circle15.kernels.threads import in_workers
from circle15.model.placed import Positions
from circle15.model.results import ReachTable
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import build_network
from circle15.network.graph import WalkGraph, cutoff_ms, seeds, walk_graph
from circle15.routing.isochrones import draw_isochrones
from circle15.routing.nearest import nearest_cost
from circle15.routing.reach import reach_table
from circle15.sources.osm.streets import read_streets

__all__ = ["city_size_table", "nearest_table", "pairs_table", "polygon_table", "reading_table", "thread_table"]


def least(
    task: Callable[[], Any], repeat: int = 3, *, clock: Callable[[], float] = time.process_time
) -> tuple[float, Any]:
    """Least seconds over some repeats, and the last answer; CPU time of the process unless told."""
    best, found = float("inf"), None
    for _ in range(repeat):
        began = clock()
        found = task()
        best = min(best, clock() - began)
    return best, found


def _with_origins(graph: WalkGraph, positions: Positions, *, together: bool) -> Any:
    """The graph as scipy wants it, with one node more for each position (or one for all of them)."""
    node, cost = seeds(graph, positions)
    size = graph.n_nodes
    owner = np.repeat(np.arange(size), np.diff(graph.start))
    extra = np.full(len(positions), size) if together else size + np.arange(len(positions))
    used = cost != np.uint32(0xFFFFFFFF)
    rows = np.concatenate([owner, np.repeat(extra, node.shape[1])[used.ravel()]])
    columns = np.concatenate([graph.head.astype(np.int64), node.ravel()[used.ravel()]])
    weights = np.maximum(np.concatenate([graph.cost, cost[used]]), peers.NOT_QUITE_ZERO)
    total = int(extra.max()) + 1
    order = np.lexsort((weights, columns, rows))
    rows, columns, weights = rows[order], columns[order], weights[order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    return csr_array((weights[first], (rows[first], columns[first])), shape=(total, total))


class _Doors:
    """Demand points by the ends of their edges, as one would write it over scipy's node distances."""

    def __init__(self, graph: WalkGraph, demand: Positions) -> None:
        node, cost = seeds(graph, demand)  # on two-way edges the way in costs what the way out does
        point = np.repeat(np.arange(len(demand)), node.shape[1])
        order = np.argsort(node.ravel(), kind="stable")
        self.point, self.cost = point[order], cost.ravel()[order].astype(np.int64)
        self.start = np.concatenate([[0], np.cumsum(np.bincount(node.ravel(), minlength=graph.n_nodes))])

    def behind(self, reached: NDArray[np.int64], distance: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Points behind the doors of some nodes, and what they cost; a point may come more than once."""
        count = self.start[reached + 1] - self.start[reached]
        row = np.repeat(self.start[reached] - np.cumsum(count) + count, count) + np.arange(count.sum())
        return self.point[row], np.repeat(distance, count) + self.cost[row]


def _along_edge(graph: WalkGraph, demand: Positions, site: Positions, row: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Points on the facility's own edges, and the time straight along them; a point may come more than once."""
    speed, points, costs = graph.profile.walk_ms, [], []
    for way in range(int(site.start[row]), int(site.start[row + 1])):
        beside = np.flatnonzero(demand.edge == site.edge[way])
        along = np.abs(speed(demand.offset_mm[beside]) - speed(site.offset_mm[way : way + 1]))
        points.append(demand.owner[beside])
        costs.append(along + speed(demand.leg_mm[beside]) + speed(site.leg_mm[way : way + 1]))
    return np.concatenate(points), np.concatenate(costs)


def scipy_pairs(
    graph: WalkGraph, matrix: Any, demand: Positions, sites: Positions, limit_ms: int
) -> list[NDArray[np.int64]]:
    """Facility by facility: ``dijkstra(limit=)``, then numpy over what it reached. Rows of point, facility, cost."""
    doors, size = _Doors(graph, demand), graph.n_nodes
    found = []
    for row in range(len(sites)):
        distance = dijkstra(matrix, indices=[size + row], limit=limit_ms + 0.5)[0, :size]
        reached = np.flatnonzero(np.isfinite(distance))
        point, cost = doors.behind(reached, np.floor(distance[reached]).astype(np.int64))
        near, straight = _along_edge(graph, demand, sites, row)
        point, cost = np.concatenate([point, near]), np.concatenate([cost, straight])
        inside = cost <= limit_ms
        point, cost = point[inside], cost[inside]
        order = np.lexsort((cost, point))
        point, cost = point[order], cost[order]
        cheapest = np.flatnonzero(np.diff(point, prepend=-1))
        found.append(np.stack([point[cheapest], np.full(len(cheapest), row), cost[cheapest]]))
    return found


def _table(graph: WalkGraph, demand: Positions, sites: Positions, threads: int = 1) -> ReachTable:
    return reach_table(graph, demand, sites, cutoff_min=towns.CUTOFF_MIN, threads=threads)


def pairs_table(town: str, network: WalkNetwork, *, quick: bool) -> bool:
    """Facility x demand pairs within the cut-off; True when scipy finds the same."""
    graph, limit_ms = walk_graph(network, towns.WALKER), cutoff_ms(towns.CUTOFF_MIN)
    sites = towns.places(network, 50 if quick else 400, seed=1)
    demand = towns.places(network, 2_000 if quick else 50_000, seed=2)
    ours, table = least(lambda: _table(graph, demand, sites))
    matrix = _with_origins(graph, sites, together=False)  # not timed: each begins with the graph in its own form
    theirs, found = least(lambda: scipy_pairs(graph, matrix, demand, sites, limit_ms), 1 if quick else 2)
    point, facility, cost = np.concatenate(found, axis=1)
    order = np.lexsort((facility, point))
    same = all(
        np.array_equal(mine, other[order])
        for mine, other in ((table.point, point), (table.facility, facility), (table.cost_ms, cost))
    )
    print_table(
        f"Pairs: {town}, {len(sites):,} facilities x {len(demand):,} demand points",
        ("contender", "CPU ms", "x circle15", "answer"),
        [
            ("**circle15** reach_table, one thread", f"{1000 * ours:.1f}", "1", f"{len(table.point):,} pairs"),
            ("scipy dijkstra(limit=) and numpy", f"{1000 * theirs:.1f}", f"{theirs / ours:.1f}", _verdict(same)),
        ],
    )
    return same


def _verdict(same: bool) -> str:  # noqa: FBT001  # one word of a table
    return "identical" if same else "WRONG: not the same"


def nearest_table(town: str, network: WalkNetwork, *, quick: bool) -> bool:
    """Time to the nearest facility at any distance; True when scipy finds the same."""
    graph = walk_graph(network, towns.WALKER)
    sites = towns.places(network, 50 if quick else 400, seed=1)
    demand = towns.places(network, 2_000 if quick else 50_000, seed=2)

    matrix = _with_origins(graph, sites, together=True)

    def with_scipy() -> NDArray[np.int64]:
        distance = np.floor(dijkstra(matrix, indices=[network.n_nodes])[0, : network.n_nodes])
        node, cost = seeds(graph, demand)
        best = (distance[node] + cost).min(axis=1)
        for row in range(len(sites)):
            point, straight = _along_edge(graph, demand, sites, row)
            best[point] = np.minimum(best[point], straight)
        return np.where(np.isfinite(best), best, NEVER_MS).astype(np.int64)

    ours, mine = least(lambda: np.minimum(nearest_cost(graph, demand, sites), NEVER_MS))
    theirs, other = least(with_scipy, 2)
    same = bool(np.array_equal(mine, other))
    print_table(
        f"Nearest: {town}, {len(sites):,} facilities, {len(demand):,} demand points",
        ("contender", "CPU ms", "x circle15", "answer"),
        [
            ("**circle15** nearest_cost", f"{1000 * ours:.1f}", "1", ""),
            ("scipy dijkstra from one source for all", f"{1000 * theirs:.1f}", f"{theirs / ours:.1f}", _verdict(same)),
        ],
    )
    return same


def polygon_table(town: tuple[str, WalkNetwork], *, quick: bool) -> bool:
    """Isochrones by distance grid against the exact union; True when every IoU is at least 0.99 on average."""
    name, network = town
    graph, sites = walk_graph(network, towns.WALKER), towns.places(network, 5 if quick else 40, seed=3)
    cutoffs = (5.0, 10.0, 15.0)
    grid_s, grid = least(lambda: draw_isochrones(graph, sites, minutes=cutoffs))
    union_s, union = least(lambda: draw_isochrones(graph, sites, minutes=cutoffs, method="union"), 1)
    one, two = grid.frame.geometry.to_numpy(), union.frame.geometry.to_numpy()
    overlap = shapely.area(shapely.intersection(one, two)) / shapely.area(shapely.union(one, two))
    rows = [
        ("**circle15** grid of 5 m", f"{1000 * grid_s / len(one):.2f}", "1", ""),
        (
            "circle15 union (GEOS)",
            f"{1000 * union_s / len(two):.2f}",
            f"{union_s / grid_s:.1f}",
            f"IoU {overlap.mean():.4f} on average, {overlap.min():.4f} at least",
        ),
    ]
    head = ("contender", "CPU ms per polygon", "x grid", "answer")
    print_table(f"Polygons: {name}, {len(sites)} facilities, 5, 10 and 15 minutes", head, rows)
    return bool(overlap.mean() >= 0.99)


def _decode(path: str) -> None:
    """Let osmium decode all nodes and ways, and pass none of them on."""
    nothing = osmium.filter.KeyFilter("no such key")
    for _ in osmium.FileProcessor(path, osmium.osm.NODE | osmium.osm.WAY).with_filter(nothing):
        pass


def reading_table() -> None:
    """PBF to network against decoding alone; wall time, as osmium decodes in threads of its own."""
    for town in towns.EXTRACTS:
        path = towns.extract(town)
        if path is None:
            continue
        raw, _ = least(partial(_decode, str(path)), clock=time.perf_counter)
        read, streets = least(partial(read_streets, path), clock=time.perf_counter)
        build, network = least(partial(build_network, streets), clock=time.perf_counter)
        rows = [
            ("osmium decodes, nothing passes", f"{raw:.3f}", "1"),
            ("**circle15** read_streets", f"{read:.3f}", f"{read / raw:.1f}"),
            ("**circle15** build_network", f"{build:.3f}", f"{build / raw:.1f}"),
            ("**circle15** both", f"{read + build:.3f}", f"{(read + build) / raw:.1f}"),
        ]
        print_table(f"PBF to network: {town}, {network!r}", ("step", "wall s", "x decoding"), rows)


def thread_table(town: tuple[str, WalkNetwork], *, quick: bool) -> bool:
    """One thread against two, searches alone and the whole of ``reach_table``; True when the answers are the same."""
    name, network = town
    graph, limit_ms = walk_graph(network, towns.WALKER), cutoff_ms(towns.CUTOFF_MIN)
    count = 500 if quick else 8_000
    sites = towns.places(network, count, seed=1)
    demand = towns.places(network, 2_000 if quick else 50_000, seed=2)
    node, cost = seeds(graph, sites)

    def begin() -> Callable[[int, int], int]:
        work = search.Workspace(network.n_nodes, len(graph.head))

        def block(first: int, last: int) -> int:
            found = search.reach_nodes(graph.start, graph.head, graph.cost, node, cost, limit_ms, first, last, work)
            return len(found[1])

        return block

    rows, answers = [], []
    first: tuple[float, float] | None = None
    for threads in (1, 2):
        alone, reached = least(partial(in_workers, begin, count, threads=threads), 4, clock=time.perf_counter)
        whole, table = least(partial(_table, graph, demand, sites, threads), 4, clock=time.perf_counter)
        first = first or (alone, whole)
        times = [f"{1000 * one:.0f}" for one in (alone, whole)]
        faster = [f"{before / now:.2f}" for before, now in zip(first, (alone, whole), strict=True)]
        rows.append((str(threads), times[0], faster[0], times[1], faster[1]))
        answers.append((sum(reached), table.point.tobytes(), table.cost_ms.tobytes()))
    print_table(
        f"Threads: {name}, {len(sites):,} facilities x {len(demand):,} demand points",
        ("threads", "searches, wall ms", "times faster", "reach_table, wall ms", "times faster"),
        rows,
    )
    return answers[0] == answers[1]


def city_size_table(sides: tuple[int, ...]) -> None:
    """CPU ms per facility in grid towns that differ in size alone."""
    rows = []
    for side in sides:
        network = towns.grid_town(side)
        graph, limit_ms = walk_graph(network, towns.WALKER), cutoff_ms(towns.CUTOFF_MIN)
        block = towns.facility_nodes(network, 100)
        each = []
        for prepare, repeat in ((peers.circle15_search, 7), (peers.CONTENDERS["scipy dijkstra(limit=)"], 1)):
            run, _ = prepare(graph, limit_ms)
            run(block)
            each.append(1000 * least(partial(run, block), repeat, clock=time.thread_time)[0] / len(block))
        rows.append((f"{side * side:,}", f"{each[0]:.4f}", f"{each[1]:.4f}"))
    print_table("Size of the city: grid towns", ("crossings", "circle15, CPU ms per facility", "scipy"), rows)
