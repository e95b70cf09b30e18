"""A network as one profile walks it, and how points hang on it.

All costs are whole milliseconds; ``cost <= cutoff`` counts. A point at offset *o* on edge *(u, v)* is
``t_u + o`` and ``t_v + len - o`` from its ends' nodes, or the stretch between them from another on the same
edge, plus both access legs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circle15 import catalog
from circle15.errors import SettingError
from circle15.kernels import search
from circle15.model.streets import EdgeFlag
from circle15.model.walk_network import Positions, WalkNetwork, WalkProfile

__all__ = [
    "MAX_MS",
    "NEVER_MS",
    "Doors",
    "Ends",
    "Near",
    "WalkGraph",
    "cutoff_ms",
    "doors",
    "near_pairs",
    "placed_ends",
    "seeds",
    "to_ends",
    "walk_graph",
]

MAX_MS = 0xFFFFFFF0
"""The longest walk that a search can tell."""
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
    full = np.minimum(walk_ms + delay_u + delay_v, MAX_MS)
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
    """Demand points hung on the nodes of their edges; see :func:`~circle15.kernels.search.reach_pairs`."""

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
    cost = np.minimum(np.concatenate([to_u, to_v]), MAX_MS)
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
        cost=np.minimum(cost[allowed], MAX_MS).astype(np.uint32),
    )
