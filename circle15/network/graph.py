"""A network as one profile walks it, and how points hang on it.

All costs are whole milliseconds; ``cost <= cutoff`` counts. A point at offset *o* on edge *(u, v)* is
``t_u + o`` and ``t_v + len - o`` from its ends' nodes, or the stretch between them from another on the same
edge, plus both access legs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circle15 import catalog
from circle15.errors import SettingError
from circle15.kernels.costs import MAX_MS, NEVER_MS
from circle15.kernels.ragged import first_of_each, ranges, run_starts
from circle15.model.placed import Positions
from circle15.model.streets import EdgeFlag
from circle15.model.walk_network import GatePolicy, WalkNetwork, WalkProfile
from circle15.network.gates import Passages, passages
from circle15.refusals import refusal

__all__ = [
    "Arcs",
    "Doors",
    "EdgeCosts",
    "Ends",
    "Near",
    "WalkGraph",
    "all_arcs",
    "cheapest_arcs",
    "cost_arcs",
    "cutoff_ms",
    "doors",
    "edge_costs",
    "near_pairs",
    "placed_ends",
    "seed_ways",
    "seeds",
    "to_ends",
    "usable_ways",
    "walk_graph",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class WalkGraph:
    """A network as one profile walks it: reversed arcs in CSR form, costs in milliseconds.

    Nodes are those of the network and, behind them, what ``passages`` add: the sides of private gates and the
    nodes of those who live behind them. ``start`` ``uint32[n + 1]``, ``head`` and ``cost`` ``uint32[a]``: entry *k*
    of node *n* is the arc ``head[k] -> n``. Of parallel arcs the cheapest is kept; self-loops lead nowhere and are left
    out, and closed edges lead nowhere but to who stands on them. ``edge`` ``uint32[a]`` is the edge that each entry
    walks, of equally cheap ones the first; the number of edges stands for none: the way out of an estate, at no cost.
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
    passages: Passages

    @property
    def n_nodes(self) -> int:
        """Number of nodes of the graph, at least those of the network."""
        return self.passages.n_nodes


@dataclass(frozen=True, kw_only=True, eq=False)
class EdgeCosts:
    """What each edge costs one walker, ``int64[e]`` milliseconds: along it, and what its u end and v end add."""

    walk_ms: NDArray[np.int64]
    delay_u_ms: NDArray[np.int64]
    delay_v_ms: NDArray[np.int64]

    @property
    def whole_ms(self) -> NDArray[np.int64]:
        """``int64[e]`` from node to node, at most ``MAX_MS``."""
        return np.minimum(self.walk_ms + self.delay_u_ms + self.delay_v_ms, MAX_MS)

    def arc_ms(self, closed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """``int64[e + 1]`` to walk each edge, ``NEVER_MS`` where ``closed``, and nothing for an arc of none."""
        whole = self.whole_ms if closed is None else np.where(closed, NEVER_MS, self.whole_ms)
        return np.append(whole, 0)


def edge_costs(network: WalkNetwork, walker: WalkProfile, ways: Passages) -> EdgeCosts:
    """The one place where lengths, stairs, signals and gates become time.

    Private gates cost nothing: who may pass lives there.
    """
    delay_u, delay_v = walker.end_delay_ms(network, charged=ways.charged)
    return EdgeCosts(
        walk_ms=walker.walk_ms(network.length_mm, stairs=network.has(EdgeFlag.STEPS)),
        delay_u_ms=delay_u,
        delay_v_ms=delay_v,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Arcs:
    """Reversed arcs in CSR form, sorted by the node that they lead to.

    ``start`` ``uint32[n + 1]``, ``head`` ``uint32[a]``, and the ``edge`` ``int64[a]`` that each walks, the number of
    edges where it walks none. ``passages`` are the nodes.
    """

    start: NDArray[np.uint32]
    head: NDArray[np.uint32]
    edge: NDArray[np.int64]
    passages: Passages


def all_arcs(network: WalkNetwork, gates: GatePolicy = "resident") -> Arcs:
    """Every arc of a network, parallel ones included; self-loops and closed edges lead nowhere and have none."""
    ways = passages(network, gates)
    both_ways, open_edge = ~network.has(EdgeFlag.FORWARD_ONLY), ~network.has(EdgeFlag.CLOSED)
    owner: list[NDArray[np.integer[Any]]] = [ways.out_to]
    head: list[NDArray[np.integer[Any]]] = [ways.out_from]
    edge = [np.full(len(ways.out_to), network.n_edges)]
    for u, v, walked in ((ways.u, ways.v, ways.strangers), (ways.home_u, ways.home_v, ways.owned)):
        forward = np.flatnonzero(walked & open_edge & (u != v))
        back = forward[both_ways[forward]]
        # Walking u -> v is an entry of v that leads on to u, and the other way round.
        owner += [v[forward], u[back]]
        head += [u[forward], v[back]]
        edge += [forward, back]
    whole = np.concatenate(owner).astype(np.int64)
    order = np.argsort(whole, kind="stable")
    return Arcs(
        start=run_starts(whole, ways.n_nodes).astype(np.uint32),
        head=np.concatenate(head)[order].astype(np.uint32),
        edge=np.concatenate(edge)[order],
        passages=ways,
    )


def cheapest_arcs(arcs: Arcs, costs: EdgeCosts) -> Arcs:
    """Of parallel arcs the cheapest; of equally cheap ones that of the first edge."""
    nodes = len(arcs.start) - 1
    owner = np.repeat(np.arange(nodes), arcs.start[1:] - arcs.start[:-1])
    order = np.lexsort((arcs.edge, costs.arc_ms()[arcs.edge], arcs.head, owner))
    pair = owner[order] * np.int64(nodes) + arcs.head[order]
    kept = order[first_of_each(pair)]
    start = run_starts(owner[kept], nodes).astype(np.uint32)
    return replace(arcs, start=start, head=arcs.head[kept], edge=arcs.edge[kept])


def cost_arcs(
    network: WalkNetwork,
    arcs: Arcs,
    walker: WalkProfile,
    *,
    costs: EdgeCosts | None = None,
    closed: NDArray[np.bool_] | None = None,
) -> WalkGraph:
    """Arcs as a walker walks them; ``closed`` ``bool[e]`` are let through by nobody."""
    costs = costs or edge_costs(network, walker, arcs.passages)
    return WalkGraph(
        network=network,
        profile=walker,
        start=arcs.start,
        head=arcs.head,
        cost=costs.arc_ms(closed).astype(np.uint32)[arcs.edge],
        edge=arcs.edge.astype(np.uint32),
        walk_ms=costs.walk_ms,
        delay_u_ms=costs.delay_u_ms,
        delay_v_ms=costs.delay_v_ms,
        both_ways=~network.has(EdgeFlag.FORWARD_ONLY),
        passages=arcs.passages,
    )


def walk_graph(network: WalkNetwork, profile: str | WalkProfile = "elderly") -> WalkGraph:
    """Cost a network for one profile; reusable for any number of searches.

    Raises
    ------
    SettingError
        If the profile is unknown.
    """
    walker = catalog.profile(profile)
    arcs = all_arcs(network, walker.gates)
    costs = edge_costs(network, walker, arcs.passages)
    return cost_arcs(network, cheapest_arcs(arcs, costs), walker, costs=costs)


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
        raise refusal("cutoff_one", error=SettingError, value=cutoff_min)
    return round(cutoff_min * 60_000)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ends:
    """Ways on in milliseconds, row by row of :class:`~circle15.model.placed.Positions`.

    ``index`` ``int64[w]`` whose each is, ``edge`` ``int64[w]``, and ``u``, ``v`` ``int64[w]`` the nodes at its ends for
    who sets out there; ``int64[w]`` milliseconds: ``along_ms`` from the spot to the u end of the edge, ``rest_ms`` to
    its v end, ``leg_ms`` from the point to the spot. ``used`` ``bool[w]`` is False for ways on that lead nowhere, see
    :func:`usable_ways`; ``own`` ``bool[w]`` where a place is one of an estate with nodes of its own.
    """

    index: NDArray[np.int64]
    edge: NDArray[np.int64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    along_ms: NDArray[np.int64]
    rest_ms: NDArray[np.int64]
    leg_ms: NDArray[np.int64]
    used: NDArray[np.bool_]
    own: NDArray[np.bool_]


def usable_ways(network: WalkNetwork, positions: Positions) -> NDArray[np.bool_]:
    """``bool[w]``: False where a place at a junction has a way on along a closed street that meets others there.

    Only who lives on a closed street walks along it: from a junction it would be walked through.
    """
    return ~_only_touched(network, positions, network.has(EdgeFlag.CLOSED)[positions.edge])


def _only_touched(network: WalkNetwork, positions: Positions, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the ``marked`` ways on ``bool[w]`` begin at a junction where one of the same place is not marked."""
    touched, owner = np.zeros(len(marked), dtype=bool), positions.owner
    at_u, at_v = positions.offset_mm == 0, positions.offset_mm == network.length_mm[positions.edge]
    asked = np.zeros(len(positions), dtype=bool)
    asked[owner[marked & (at_u | at_v)]] = True
    way = np.flatnonzero(asked[owner])  # all ways on of the few that are asked for
    if len(way) == 0:
        return touched
    edge, key = positions.edge[way], owner[way] * np.int64(network.n_nodes)
    at_ends = ((key + network.u[edge], at_u[way]), (key + network.v[edge], at_v[way]))
    elsewhere = np.concatenate([spot[at & ~marked[way]] for spot, at in at_ends])
    touched[way] = np.logical_or.reduce([marked[way] & at & np.isin(spot, elsewhere) for spot, at in at_ends])
    return touched


def placed_ends(graph: WalkGraph, positions: Positions) -> Ends:
    """All ways on of some positions, in milliseconds."""
    edge = positions.edge.astype(np.int64)
    stairs = graph.network.has(EdgeFlag.STEPS)[edge]
    along = graph.profile.walk_ms(positions.offset_mm, stairs=stairs)
    along = np.minimum(along, graph.walk_ms[edge])
    leg = graph.profile.walk_ms(positions.leg_mm)
    ways = graph.passages
    owned = ways.owned[edge]
    owned = owned & ~_only_touched(graph.network, positions, owned)
    return Ends(
        index=positions.owner,
        edge=edge,
        u=np.where(owned, ways.home_u[edge], ways.u[edge]).astype(np.int64),
        v=np.where(owned, ways.home_v[edge], ways.v[edge]).astype(np.int64),
        along_ms=along,
        rest_ms=graph.walk_ms[edge] - along,
        leg_ms=leg,
        used=usable_ways(graph.network, positions) & (owned | ways.strangers[edge]),
        own=owned,
    )


def seeds(graph: WalkGraph, positions: Positions) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """``uint32[p, 2 w]`` nodes and costs from which the searches to each position begin.

    Columns ``2 k`` and ``2 k + 1`` are the u end and the v end of a position's way on number ``k``; where it has
    fewer than others, or one may not come from there, the cost is ``NEVER_MS``. Where estates have nodes of their own,
    as many columns follow for who comes from there. :func:`seed_ways` reads columns.
    """
    ends, ways = placed_ends(graph, positions), graph.passages
    used, owned = usable_ways(graph.network, positions), ways.owned[ends.edge]
    sets = [(ways.u[ends.edge], ways.v[ends.edge], used & ways.strangers[ends.edge])]
    sets += [(ways.home_u[ends.edge], ways.home_v[ends.edge], used & owned)] if owned.any() else []
    wide = 2 * int(positions.ways.max(initial=1))
    node = np.zeros((len(positions), wide * len(sets)), dtype=np.uint32)
    cost = np.full(node.shape, NEVER_MS, dtype=np.int64)
    row, first = ends.index, 2 * (np.arange(len(ends.index)) - positions.start[ends.index])
    from_u = ends.along_ms + graph.delay_u_ms[ends.edge] + ends.leg_ms
    from_v = ends.rest_ms + graph.delay_v_ms[ends.edge] + ends.leg_ms
    for number, (u, v, used) in enumerate(sets):
        column = first + number * wide
        node[row, column], node[row, column + 1] = u, v
        cost[row, column] = np.where(used, from_u, NEVER_MS)
        cost[row, column + 1] = np.where(used & graph.both_ways[ends.edge], from_v, NEVER_MS)
    return node, np.minimum(cost, NEVER_MS).astype(np.uint32)


def seed_ways(positions: Positions, column: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Which way on of its position a column of :func:`seeds` is, and whether by its u end."""
    within = column % (2 * int(positions.ways.max(initial=1)))
    return within // 2, within % 2 == 0


def to_ends(graph: WalkGraph, ends: Ends) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Time from each way on to the u end and to the v end of its edge, leg and delay included: ``int64[w]`` twice."""
    to_u = ends.along_ms + graph.delay_u_ms[ends.edge] + ends.leg_ms
    to_v = ends.rest_ms + graph.delay_v_ms[ends.edge] + ends.leg_ms
    # To reach u is to walk against the edge, which not every edge allows.
    return np.where(graph.both_ways[ends.edge] & ends.used, to_u, NEVER_MS), np.where(ends.used, to_v, NEVER_MS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Doors:
    """Demand points hung on the nodes of their edges; see :func:`~circle15.kernels.search.reach_pairs`."""

    start: NDArray[np.uint32]
    point: NDArray[np.uint32]
    cost: NDArray[np.uint32]


def doors(graph: WalkGraph, positions: Positions) -> Doors:
    """The doors by which demand points are reached from nodes; those of a node by rising cost, one for each point."""
    ends = placed_ends(graph, positions)
    back, on = np.flatnonzero(graph.both_ways[ends.edge] & ends.used), np.flatnonzero(ends.used)
    to_u, to_v = to_ends(graph, ends)
    node = np.concatenate([ends.u[back], ends.v[on]])
    point = np.concatenate([ends.index[back], ends.index[on]])
    cost = np.minimum(np.concatenate([to_u[back], to_v[on]]), MAX_MS)
    # Where several ways on of a point meet at a node, the cheapest door stays.
    alone = (positions.ways < 2)[point]
    crowd = np.flatnonzero(~alone)
    crowd = crowd[np.lexsort((cost[crowd], point[crowd], node[crowd]))]
    alone[crowd[first_of_each(node[crowd] * np.int64(len(positions)) + point[crowd])]] = True
    node, point, cost = node[alone], point[alone], cost[alone]
    order = np.lexsort((point, cost, node))
    start = run_starts(node, graph.n_nodes)
    return Doors(
        start=start.astype(np.uint32), point=point[order].astype(np.uint32), cost=cost[order].astype(np.uint32)
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Near:
    """For each facility, the demand points on an edge that both have a way on to, and the time straight along it.

    ``start`` ``int64[f + 1]``; ``point`` and ``cost`` ``uint32[k]``; ``site_way`` and ``point_way`` ``int64[k]`` are
    the rows of the two ways on. A point may stand more than once: the least cost counts.
    """

    start: NDArray[np.int64]
    point: NDArray[np.uint32]
    cost: NDArray[np.uint32]
    site_way: NDArray[np.int64]
    point_way: NDArray[np.int64]


def near_pairs(graph: WalkGraph, facilities: Positions, demand: Positions) -> Near:
    """The demand points on each facility's own edges, as far as one may walk straight along them."""
    sites, homes = placed_ends(graph, facilities), placed_ends(graph, demand)
    by_edge = np.argsort(homes.edge, kind="stable")
    sorted_edge = homes.edge[by_edge]
    low = np.searchsorted(sorted_edge, sites.edge, side="left")
    count = np.searchsorted(sorted_edge, sites.edge, side="right") - low
    site_way, place = ranges(low, count)
    point_way = by_edge[place]
    ahead = sites.along_ms[site_way] - homes.along_ms[point_way]
    cost = np.abs(ahead) + sites.leg_ms[site_way] + homes.leg_ms[point_way]
    allowed = (ahead >= 0) | graph.both_ways[sites.edge[site_way]]
    allowed &= sites.used[site_way] & homes.used[point_way]
    site_way, point_way, cost = site_way[allowed], point_way[allowed], cost[allowed]
    return Near(
        start=run_starts(sites.index[site_way], len(facilities)),
        point=homes.index[point_way].astype(np.uint32),
        cost=np.minimum(cost, MAX_MS).astype(np.uint32),
        site_way=site_way,
        point_way=point_way,
    )
