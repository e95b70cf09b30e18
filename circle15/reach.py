"""Walking times within a cut-off: from demand points to facilities, exact on partial edges.

A resident walks to the service, so the search runs from each facility over reversed arcs. All costs
are whole milliseconds; ``cost <= cutoff`` counts. A demand point at offset *o* on edge *(u, v)* costs
``min(t_u + o, t_v + len - o)``, or the stretch between them when both lie on one edge, plus both
access legs.
"""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15 import catalog
from circle15.errors import CrsError, DataQualityWarning, InputError, SettingError
from circle15.kernels import search
from circle15.model.places import DemandPoints, Facilities
from circle15.model.results import ReachTable
from circle15.model.streets import EdgeFlag
from circle15.model.walk_network import Positions, WalkNetwork, WalkProfile
from circle15.snapping import snap

__all__ = [
    "NEVER_MS",
    "Doors",
    "Ends",
    "Homeward",
    "Near",
    "WalkGraph",
    "cutoff_ms",
    "doors",
    "homeward",
    "in_blocks",
    "in_workers",
    "near_pairs",
    "nearest_ms",
    "nearest_sites",
    "nearest_times",
    "node_times",
    "placed_ends",
    "point_frame",
    "point_times",
    "reach",
    "reach_table",
    "seeds",
    "to_ends",
    "walk_graph",
]

_MAX_MS = 0xFFFFFFF0
NEVER_MS = 1 << 40
"""Longer than any walk: there is no way."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WalkGraph:
    """A network as one profile walks it: reversed arcs in CSR form, costs in milliseconds.

    ``start`` ``uint32[n + 1]``, ``head`` and ``cost`` ``uint32[a]``: entry *k* of node *n* is the arc
    ``head[k] -> n``. Of parallel arcs the cheapest is kept; self-loops lead nowhere and are left out, and closed
    edges lead nowhere but to who stands on them. ``edge`` ``uint32[a]`` is the edge that each entry walks, of
    equally cheap ones the first.
    ``walk_ms`` ``int64[e]`` is the time along each edge, ``delay_u_ms`` and ``delay_v_ms`` what its ends add.
    """

    network: WalkNetwork
    profile: WalkProfile
    start: NDArray[np.uint32]
    head: NDArray[np.uint32]
    cost: NDArray[np.uint32]
    edge: NDArray[np.uint32]
    walk_ms: NDArray[np.int64]
    delay_u_ms: NDArray[np.int64]
    delay_v_ms: NDArray[np.int64]
    both_ways: NDArray[np.bool_]


def walk_graph(network: WalkNetwork, profile: str | WalkProfile = "elderly") -> WalkGraph:
    """Cost a network for one profile; reusable for any number of searches.

    Raises
    ------
    SettingError
        If the profile is unknown.
    """
    walker = catalog.profile(profile)
    stairs = network.has(EdgeFlag.STEPS)
    walk_ms = walker.walk_ms(network.length_mm, stairs=stairs)
    delay_u, delay_v = walker.end_delay_ms(network)
    both = ~network.has(EdgeFlag.FORWARD_ONLY)
    full = np.minimum(walk_ms + delay_u + delay_v, _MAX_MS)
    real = (network.u != network.v) & ~network.has(EdgeFlag.CLOSED)
    back = real & both
    # Walking u -> v is an entry of v that leads on to u, and the other way round.
    owner = np.concatenate([network.v[real], network.u[back]]).astype(np.int64)
    head = np.concatenate([network.u[real], network.v[back]]).astype(np.int64)
    cost = np.concatenate([full[real], full[back]])
    edge = np.concatenate([np.flatnonzero(real), np.flatnonzero(back)])
    order = np.lexsort((edge, cost, head, owner))
    owner, head, cost, edge = owner[order], head[order], cost[order], edge[order]
    cheapest = np.ones(len(owner), dtype=bool)
    cheapest[1:] = (owner[1:] != owner[:-1]) | (head[1:] != head[:-1])
    start = np.concatenate([[0], np.cumsum(np.bincount(owner[cheapest], minlength=network.n_nodes))])
    return WalkGraph(
        network=network,
        profile=walker,
        start=start.astype(np.uint32),
        head=head[cheapest].astype(np.uint32),
        cost=cost[cheapest].astype(np.uint32),
        edge=edge[cheapest].astype(np.uint32),
        walk_ms=walk_ms,
        delay_u_ms=delay_u,
        delay_v_ms=delay_v,
        both_ways=both,
    )


def cutoff_ms(cutoff_min: float) -> int:
    """Whole milliseconds of a cut-off in minutes.

    Raises
    ------
    SettingError
        If it is not a number above 0 and up to 120.

    Examples
    --------
    >>> cutoff_ms(15)
    900000
    """
    given: Any = cutoff_min
    if not isinstance(given, int | float | np.number) or not (np.isfinite(given) and 0 < given <= 120):
        raise SettingError(f"cut-off {cutoff_min!r} min is not usable: give minutes above 0 and up to 120")
    return round(cutoff_min * 60_000)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ends:
    """Positions in milliseconds: to (= from, on two-way edges) either end, delays and leg included."""

    index: NDArray[np.int64]
    edge: NDArray[np.int64]
    along_ms: NDArray[np.int64]
    rest_ms: NDArray[np.int64]
    leg_ms: NDArray[np.int64]


def placed_ends(graph: WalkGraph, positions: Positions) -> Ends:
    """Those positions that stand on an edge, in milliseconds."""
    index = np.flatnonzero(positions.status != Positions.FAR)
    edge = positions.edge[index].astype(np.int64)
    stairs = graph.network.has(EdgeFlag.STEPS)[edge]
    along = graph.profile.walk_ms(positions.offset_mm[index], stairs=stairs)
    along = np.minimum(along, graph.walk_ms[edge])
    leg = graph.profile.walk_ms(positions.leg_mm[index])
    return Ends(index=index, edge=edge, along_ms=along, rest_ms=graph.walk_ms[edge] - along, leg_ms=leg)


def seeds(graph: WalkGraph, positions: Positions) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """``uint32[p, 2]`` nodes and costs from which the searches to each position begin."""
    ends, network = placed_ends(graph, positions), graph.network
    node = np.zeros((len(positions), 2), dtype=np.uint32)
    cost = np.full((len(positions), 2), int(search.NO_COST), dtype=np.int64)
    node[ends.index, 0], node[ends.index, 1] = network.u[ends.edge], network.v[ends.edge]
    cost[ends.index, 0] = ends.along_ms + graph.delay_u_ms[ends.edge] + ends.leg_ms
    back = graph.both_ways[ends.edge]
    cost[ends.index[back], 1] = (ends.rest_ms + graph.delay_v_ms[ends.edge] + ends.leg_ms)[back]
    return node, np.minimum(cost, int(search.NO_COST)).astype(np.uint32)


def to_ends(graph: WalkGraph, ends: Ends) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Time from each position to the u end and to the v end of its edge, leg and delay included."""
    to_u = ends.along_ms + graph.delay_u_ms[ends.edge] + ends.leg_ms
    to_v = ends.rest_ms + graph.delay_v_ms[ends.edge] + ends.leg_ms
    # To reach u is to walk against the edge, which not every edge allows.
    return np.where(graph.both_ways[ends.edge], to_u, NEVER_MS), to_v


@dataclass(frozen=True, kw_only=True, eq=False)
class Doors:
    """Demand points hung on the nodes of their edges; see :func:`search.reach_pairs`."""

    start: NDArray[np.uint32]
    point: NDArray[np.uint32]
    cost: NDArray[np.uint32]


def doors(graph: WalkGraph, positions: Positions) -> Doors:
    """The doors by which demand points are reached from nodes; those of a node by rising cost."""
    ends, network = placed_ends(graph, positions), graph.network
    back = graph.both_ways[ends.edge]
    to_u, to_v = to_ends(graph, ends)
    to_u = to_u[back]
    node = np.concatenate([network.u[ends.edge[back]], network.v[ends.edge]]).astype(np.int64)
    point = np.concatenate([ends.index[back], ends.index])
    cost = np.minimum(np.concatenate([to_u, to_v]), _MAX_MS)
    order = np.lexsort((point, cost, node))
    start = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=network.n_nodes))])
    return Doors(
        start=start.astype(np.uint32), point=point[order].astype(np.uint32), cost=cost[order].astype(np.uint32)
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Near:
    """For each facility, the demand points on its own edge and the time straight along it."""

    start: NDArray[np.int64]
    point: NDArray[np.uint32]
    cost: NDArray[np.uint32]


def near_pairs(graph: WalkGraph, facilities: Positions, demand: Positions) -> Near:
    """The demand points on each facility's own edge, as far as one may walk straight along it."""
    there, here = placed_ends(graph, facilities), placed_ends(graph, demand)
    by_edge = np.argsort(here.edge, kind="stable")
    sorted_edge = here.edge[by_edge]
    low = np.searchsorted(sorted_edge, there.edge, side="left")
    count = np.searchsorted(sorted_edge, there.edge, side="right") - low
    facility = np.repeat(np.arange(len(there.edge)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    demand_row = by_edge[np.repeat(low, count) + step]
    ahead = there.along_ms[facility] - here.along_ms[demand_row]
    cost = np.abs(ahead) + there.leg_ms[facility] + here.leg_ms[demand_row]
    allowed = (ahead >= 0) | graph.both_ways[there.edge[facility]]
    owner = there.index[facility[allowed]]
    start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(facilities)))])
    return Near(
        start=start,
        point=here.index[demand_row[allowed]].astype(np.uint32),
        cost=np.minimum(cost[allowed], _MAX_MS).astype(np.uint32),
    )


_T = TypeVar("_T")

_LEAST_BLOCK, _MOST_BLOCK = 16, 256


def in_blocks(task: Callable[[int, int], _T], count: int, *, threads: int | None = None) -> list[_T]:
    """Run ``task(first, last)`` over blocks of ``range(count)`` in threads; results in block order."""
    return in_workers(lambda: task, count, threads=threads)


def in_workers(begin: Callable[[], Callable[[int, int], _T]], count: int, *, threads: int | None = None) -> list[_T]:
    """As :func:`in_blocks`, but each thread gets a task of its own from ``begin()``.

    Such a task may hold arrays that it uses again from block to block. A job of one block starts no thread.
    """
    workers = threads or min(os.cpu_count() or 1, 16)
    size = min(max(-(-count // (workers * 8)), _LEAST_BLOCK), _MOST_BLOCK)
    waiting = deque((first, min(first + size, count)) for first in range(0, count, size))
    done: dict[int, _T] = {}

    def work() -> None:
        task = begin()
        while True:
            try:
                first, last = waiting.popleft()
            except IndexError:
                return
            done[first] = task(first, last)

    workers = min(workers, len(waiting))
    if workers <= 1:
        work()
    else:
        with ThreadPoolExecutor(workers) as pool:
            running = [pool.submit(work) for _ in range(workers)]
            try:
                for worker in running:
                    worker.result()
            finally:
                waiting.clear()  # after a fault or Ctrl-C nobody takes up another block
    return [done[first] for first in sorted(done)]


def _stable_order(number: NDArray[np.int32]) -> NDArray[np.int64]:
    """``argsort(kind="stable")`` of numbers from 0; numpy sorts 16 bits at a time by counting."""
    order = np.argsort(number.astype(np.uint16), kind="stable")
    high = (number >> 16).astype(np.uint16)
    return order[np.argsort(high[order], kind="stable")] if high.any() else order


def reach_table(
    graph: WalkGraph,
    demand: Positions,
    facilities: Positions,
    *,
    point_ids: pd.Index,
    facility_ids: pd.Index,
    cutoff_min: float = 15.0,
    threads: int | None = None,
) -> ReachTable:
    """Walking times between placed demand points and placed facilities, pairs within the cut-off only.

    Parameters
    ----------
    graph
        From :func:`walk_graph`.
    demand, facilities
        From :func:`circle15.snapping.snap`, aligned with ``point_ids`` and ``facility_ids``.
    cutoff_min
        Minutes; ``cost <= cutoff`` is in.
    threads
        By default one per processor; the result does not depend on it.

    Raises
    ------
    SettingError
        If the cut-off is out of range.
    """
    limit = cutoff_ms(cutoff_min)
    seed_node, seed_cost = seeds(graph, facilities)
    door, near = doors(graph, demand), near_pairs(graph, facilities, demand)

    def begin() -> Callable[[int, int], tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]]:
        work = search.Workspace(graph.network.n_nodes, len(graph.head), points=len(demand))
        return lambda first, last: search.reach_pairs(
            graph.start, graph.head, graph.cost, seed_node, seed_cost, limit,
            door.start, door.point, door.cost, near.start, near.point, near.cost,
            len(demand), first, last, work,
        )  # fmt: skip

    found = in_workers(begin, len(facilities), threads=threads)
    none = np.empty(0, dtype=np.int32)
    point, facility, cost = (np.concatenate([none, *column]) for column in zip(*found, strict=True)) if found else (
        none, none, none
    )  # fmt: skip
    order = _stable_order(point)
    return ReachTable(
        point_ids=point_ids,
        facility_ids=facility_ids,
        point=point[order],
        facility=facility[order],
        cost_ms=cost[order],
        cutoff_ms=limit,
        profile=graph.profile,
        point_placed=demand.status != Positions.FAR,
    )


def reach(
    network: WalkNetwork,
    demand: DemandPoints | gpd.GeoDataFrame,
    facilities: Facilities | gpd.GeoDataFrame,
    *,
    cutoff_min: float = 15.0,
    profile: str | WalkProfile = "elderly",
    max_snap_m: float | None = None,
    barriers: gpd.GeoSeries | None = None,
) -> ReachTable:
    """Place points and facilities on a network and return the walking times between them.

    Parameters
    ----------
    network
        A walking network.
    demand, facilities
        Core types, or point frames whose index holds the ids, in any reference system.
    cutoff_min
        Minutes; ``cost <= cutoff`` is in.
    profile
        Name of a walking profile, or one of your own.
    max_snap_m, barriers
        See :func:`circle15.snapping.snap`.

    Returns
    -------
    ReachTable
        Absent pair: not within the cut-off, or not placed.
    """
    origins, sites = point_frame(demand, network), point_frame(facilities, network)
    graph = walk_graph(network, profile)
    placed = [snap(network, points, max_snap_m=max_snap_m, barriers=barriers) for points in (origins, sites)]
    for points, positions in zip((origins, sites), placed, strict=True):
        warn_of_far(points, positions)
    return reach_table(
        graph,
        *placed,
        point_ids=origins.index.rename("point_id"),
        facility_ids=sites.index.rename("facility_id"),
        cutoff_min=cutoff_min,
    )


def point_frame(places: DemandPoints | Facilities | gpd.GeoDataFrame, network: WalkNetwork) -> gpd.GeoDataFrame:
    """Points of a core type or a frame, in the network's reference system.

    Raises
    ------
    CrsError
        If a frame does not say in which system its coordinates are.
    InputError
        If an id is doubled or a row has no point.
    """
    frame = places.frame if isinstance(places, DemandPoints | Facilities) else places
    if frame.crs is None:
        raise CrsError("the points have no reference system; say which with set_crs, e.g. set_crs('EPSG:4326')")
    doubled = frame.index[frame.index.duplicated()]
    if len(doubled):
        raise InputError(
            f"{len(doubled)} ids occur more than once (first: {doubled[0]!r}); make the frame's index unique"
        )
    kinds = set(frame.geom_type.dropna().unique()) - {"Point"}
    if kinds or frame.geometry.isna().any() or frame.geometry.is_empty.any():
        raise InputError(f"every row needs a point; found {', '.join(sorted(kinds)) or 'rows without one'}")
    return frame.to_crs(network.crs)


def warn_of_far(frame: gpd.GeoDataFrame, positions: Positions) -> None:
    """Tell the caller of points that lie far from every street and will reach nothing."""
    far = positions.status == Positions.FAR
    if far.any():
        first = ", ".join(map(str, frame.index[far][:5]))
        warnings.warn(
            f"{int(far.sum())} of {len(frame)} points lie too far from any street, or across water or rail, and reach "
            f"nothing (first: {first}); check their coordinates: is longitude first, is the reference system right?",
            DataQualityWarning,
            stacklevel=3,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Homeward:
    """What stands between demand points and the nodes of the network, made once for many searches.

    ``index``, ``u``, ``v`` ``int64[k]``: placed points and the end nodes of their edges; ``to_u``, ``to_v``
    ``int64[k]`` milliseconds to them, legs and delays included. ``beside_point``, ``beside_facility``,
    ``beside_ms``: points on the same edge as a facility, and the time straight along it. ``points``: how many in all.
    """

    points: int
    index: NDArray[np.int64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    to_u: NDArray[np.int64]
    to_v: NDArray[np.int64]
    beside_point: NDArray[np.int64]
    beside_facility: NDArray[np.int64]
    beside_ms: NDArray[np.int64]


def homeward(graph: WalkGraph, demand: Positions, facilities: Positions) -> Homeward:
    """Make demand points ready for :func:`nearest_ms`; ``facilities`` are all those that may be asked for."""
    ends, network = placed_ends(graph, demand), graph.network
    to_u, to_v = to_ends(graph, ends)
    near = near_pairs(graph, facilities, demand)
    return Homeward(
        points=len(demand),
        index=ends.index,
        u=network.u[ends.edge].astype(np.int64),
        v=network.v[ends.edge].astype(np.int64),
        to_u=to_u,
        to_v=to_v,
        beside_point=near.point.astype(np.int64),
        beside_facility=np.repeat(np.arange(len(facilities)), np.diff(near.start)),
        beside_ms=near.cost.astype(np.int64),
    )


def nearest_ms(
    graph: WalkGraph,
    home: Homeward,
    seed: tuple[NDArray[np.uint32], NDArray[np.uint32]],
    *,
    chosen: NDArray[np.bool_],
    limit_ms: int = _MAX_MS,
) -> NDArray[np.int64]:
    """Milliseconds from each demand point to the nearest of the chosen facilities: ``int64[p]``.

    Parameters
    ----------
    graph, home
        The graph, and the points made ready for it.
    seed
        :func:`seeds` of all facilities.
    chosen
        ``bool[f]``: which of them count.
    limit_ms
        Nodes farther than this are not looked at: of the times returned, those up to the limit are exact and all
        others longer than it.
    """
    node, cost = seed
    search_from = (node[chosen].ravel(), cost[chosen].ravel())
    distance = search.nearest_nodes(graph.start, graph.head, graph.cost, *search_from, limit_ms)
    way_home = np.where(distance == search.NO_COST, NEVER_MS, distance.astype(np.int64))
    best = np.full(home.points, NEVER_MS)
    best[home.index] = np.minimum(way_home[home.u] + home.to_u, way_home[home.v] + home.to_v)
    beside = chosen[home.beside_facility]
    np.minimum.at(best, home.beside_point[beside], home.beside_ms[beside])
    return best


def nearest_times(graph: WalkGraph, demand: Positions, facilities: Positions) -> NDArray[np.float64]:
    """Minutes from each demand point to the nearest facility, at any distance: ``float64[p]``, NaN if none.

    One search from all facilities at once. Beyond what the network and the list of facilities cover the
    true time may be shorter: there it is an upper bound.
    """
    best = point_times(graph, node_times(graph, facilities), demand, facilities)
    return np.where(best >= NEVER_MS, np.nan, best / 60_000.0)


def node_times(graph: WalkGraph, facilities: Positions) -> NDArray[np.int64]:
    """Milliseconds from each node to the nearest facility: ``int64[n]``, :data:`NEVER_MS` if none."""
    node, cost = seeds(graph, facilities)
    distance = search.nearest_nodes(graph.start, graph.head, graph.cost, node.ravel(), cost.ravel(), _MAX_MS)
    return np.where(distance == search.NO_COST, NEVER_MS, distance.astype(np.int64))


def point_times(
    graph: WalkGraph, onward_ms: NDArray[np.int64], demand: Positions, facilities: Positions
) -> NDArray[np.int64]:
    """Milliseconds from each demand point: to a node and ``onward_ms`` on from there, or along its own edge.

    ``int64[p]``, :data:`NEVER_MS` or more where there is no way.
    """
    ends, network = placed_ends(graph, demand), graph.network
    to_u, to_v = to_ends(graph, ends)
    best = np.full(len(demand), NEVER_MS)
    best[ends.index] = np.minimum(onward_ms[network.u[ends.edge]] + to_u, onward_ms[network.v[ends.edge]] + to_v)
    near = near_pairs(graph, facilities, demand)
    np.minimum.at(best, near.point, near.cost.astype(np.int64))
    return best


def nearest_sites(graph: WalkGraph, demand: Positions, facilities: Positions) -> NDArray[np.int64]:
    """Which facility is nearest to each demand point, at any distance: ``int64[p]`` rows, -1 if none.

    The facility whose minutes :func:`nearest_times` gives; of several equally near ones the first.
    """
    seed_node, seed_cost = seeds(graph, facilities)
    number = np.repeat(np.arange(len(facilities), dtype=np.uint32), 2)
    distance, whose = search.nearest_owners(
        graph.start, graph.head, graph.cost, seed_node.ravel(), seed_cost.ravel(), number, _MAX_MS
    )
    way_home = np.where(distance == search.NO_COST, NEVER_MS, distance.astype(np.int64))
    ends, network = placed_ends(graph, demand), graph.network
    near = near_pairs(graph, facilities, demand)
    nodes = (network.u[ends.edge], network.v[ends.edge])
    ways = [way_home[node] + leg for node, leg in zip(nodes, to_ends(graph, ends), strict=True)]
    point = np.concatenate([ends.index, ends.index, near.point.astype(np.int64)])
    cost = np.concatenate([*ways, near.cost.astype(np.int64)])
    site = np.concatenate(
        [*(whose[node].astype(np.int64) for node in nodes), np.repeat(number[::2], np.diff(near.start))]
    )
    there = np.flatnonzero(cost < NEVER_MS)
    order = there[np.lexsort((site[there], cost[there], point[there]))]
    first = order[np.flatnonzero(np.diff(point[order], prepend=-1))]
    found = np.full(len(demand), -1, dtype=np.int64)
    found[point[first]] = site[first]
    return found
