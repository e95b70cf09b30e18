"""Walking times to the nearest facility at any distance: one search from all facilities at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circle15.kernels import search
from circle15.kernels.costs import MAX_MS, NEVER_MS
from circle15.kernels.ragged import first_of_each
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions
from circle15.model.results import NearestTimes
from circle15.network.graph import WalkGraph, near_pairs, placed_ends, seeds, to_ends

__all__ = [
    "Homeward",
    "homeward",
    "nearest_cost",
    "nearest_ms",
    "nearest_sites",
    "nearest_times",
    "node_times",
    "point_times",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Homeward:
    """What stands between demand points and the nodes of the network, made once for many searches.

    ``u``, ``v`` ``int64[w]``: end nodes of the edges of all ways on; ``to_u``, ``to_v`` ``int64[w]`` milliseconds to
    them, legs and delays included. ``placed`` ``int64[k]``: points that have ways on, and ``first`` ``int64[k]`` where
    those of each begin; ``further`` ``int64[m]`` are all others, and ``further_point`` ``int64[m]`` whose they are.
    ``beside_point``, ``beside_facility``, ``beside_ms``: points on one edge with a facility, and the time straight
    along it. ``points``: how many in all.
    """

    points: int
    placed: NDArray[np.int64]
    first: NDArray[np.int64]
    further: NDArray[np.int64]
    further_point: NDArray[np.int64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    to_u: NDArray[np.int64]
    to_v: NDArray[np.int64]
    beside_point: NDArray[np.int64]
    beside_facility: NDArray[np.int64]
    beside_ms: NDArray[np.int64]


def homeward(graph: WalkGraph, demand: Positions, facilities: Positions) -> Homeward:
    """Make demand points ready for :func:`nearest_ms`; ``facilities`` are all those that may be asked for."""
    ends = placed_ends(graph, demand)
    to_u, to_v = to_ends(graph, ends)
    near = near_pairs(graph, facilities, demand)
    placed = np.flatnonzero(demand.ways)
    first = demand.start[placed]
    further = np.delete(np.arange(len(demand.edge)), first)
    return Homeward(
        points=len(demand),
        placed=placed,
        first=first,
        further=further,
        further_point=demand.owner[further],
        u=ends.u,
        v=ends.v,
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
    limit_ms: int = MAX_MS,
) -> NDArray[np.int64]:
    """Milliseconds from each demand point to the nearest of the chosen facilities: ``int64[p]``.

    Parameters
    ----------
    graph, home
        The graph, and the points made ready for it.
    seed
        :func:`~circle15.network.graph.seeds` of all facilities.
    chosen
        ``bool[f]``: which of them count.
    limit_ms
        Nodes farther than this are not looked at: of the times returned, those up to the limit are exact and all
        others longer than it.
    """
    node, cost = seed
    onward = _node_ms(graph, node[chosen], cost[chosen], limit_ms)
    return _homes_ms(home, onward, beside=chosen[home.beside_facility])


def _node_ms(graph: WalkGraph, node: NDArray[np.uint32], cost: NDArray[np.uint32], limit_ms: int) -> NDArray[np.int64]:
    """Milliseconds from each node to the nearest seed, ``NEVER_MS`` beyond the limit: ``int64[n]``."""
    distance = search.nearest_nodes(graph.start, graph.head, graph.cost, node.ravel(), cost.ravel(), limit_ms)
    return np.asarray(distance.astype(np.int64))


def _homes_ms(
    home: Homeward, onward_ms: NDArray[np.int64], *, beside: NDArray[np.bool_] | slice = slice(None)
) -> NDArray[np.int64]:
    """From each point to a node and ``onward_ms`` on from there, or along its own edge to what stands ``beside``."""
    best = np.full(home.points, NEVER_MS)
    by_way = np.minimum(onward_ms[home.u] + home.to_u, onward_ms[home.v] + home.to_v)
    best[home.placed] = by_way[home.first]
    np.minimum.at(best, home.further_point, by_way[home.further])
    np.minimum.at(best, home.beside_point[beside], home.beside_ms[beside])
    return best


def nearest_times(graph: WalkGraph, demand: PlacedDemand, facilities: PlacedFacilities) -> NearestTimes:
    """Times from each demand point to the nearest facility of each listed service, at any distance.

    One search a service, from all its facilities at once. Beyond what the network and the list of facilities cover
    the true time may be shorter: there it is an upper bound.
    """
    services = tuple(sorted(facilities.listed))
    times = [nearest_cost(graph, demand.positions, facilities.offering(service)) for service in services]
    table = np.stack(times, axis=1) if times else np.empty((len(demand), 0), dtype=np.int64)
    return NearestTimes(point_ids=demand.ids, point_status=demand.positions.status, services=services, cost_ms=table)


def nearest_cost(graph: WalkGraph, demand: Positions, facilities: Positions) -> NDArray[np.int64]:
    """Milliseconds from each point to the nearest facility: ``int64[p]``, ``NEVER_MS`` or more if there is no way."""
    return point_times(graph, node_times(graph, facilities), demand, facilities)


def node_times(graph: WalkGraph, facilities: Positions) -> NDArray[np.int64]:
    """Milliseconds from each node to the nearest facility: ``int64[n]``, ``NEVER_MS`` if there is none."""
    return _node_ms(graph, *seeds(graph, facilities), MAX_MS)


def point_times(
    graph: WalkGraph, onward_ms: NDArray[np.int64], demand: Positions, facilities: Positions
) -> NDArray[np.int64]:
    """Milliseconds from each demand point: to a node and ``onward_ms`` on from there, or along its own edge.

    ``int64[p]``, ``NEVER_MS`` or more where there is no way.
    """
    return _homes_ms(homeward(graph, demand, facilities), onward_ms)


def nearest_sites(graph: WalkGraph, demand: Positions, facilities: Positions) -> NDArray[np.int64]:
    """Which facility is nearest to each demand point, at any distance: ``int64[p]`` rows, -1 if none.

    The facility whose time :func:`nearest_cost` gives; of several equally near ones the first.
    """
    seed_node, seed_cost = seeds(graph, facilities)
    number = np.repeat(np.arange(len(facilities), dtype=np.uint32), seed_node.shape[1])
    distance, whose = search.nearest_owners(
        graph.start, graph.head, graph.cost, seed_node.ravel(), seed_cost.ravel(), number, MAX_MS
    )
    way_home = distance.astype(np.int64)
    ends = placed_ends(graph, demand)
    near = near_pairs(graph, facilities, demand)
    nodes = (ends.u, ends.v)
    ways = [way_home[node] + leg for node, leg in zip(nodes, to_ends(graph, ends), strict=True)]
    point = np.concatenate([ends.index, ends.index, near.point.astype(np.int64)])
    cost = np.concatenate([*ways, near.cost.astype(np.int64)])
    beside = np.repeat(np.arange(len(facilities)), np.diff(near.start))
    site = np.concatenate([*(whose[node].astype(np.int64) for node in nodes), beside])
    reached = np.flatnonzero(cost < NEVER_MS)
    order = reached[np.lexsort((site[reached], cost[reached], point[reached]))]
    first = order[first_of_each(point[order])]
    nearest = np.full(len(demand), -1, dtype=np.int64)
    nearest[point[first]] = site[first]
    return nearest
