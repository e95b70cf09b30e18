"""The same question asked of networkx: every position becomes a node, every stretch between two an arc.

Somebody within his own estate passes its gates; from any junction of it he may turn stranger, and strangers pass no
private gate. So each street stands in the graph once for strangers, and once more for the people of its estate.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

import networkx as nx

from circle15.model import EdgeFlag, Positions
from circle15.network.gates import Estates, estates_of
from circle15.network.graph import WalkGraph

STRANGER = -1
Stops = dict[int, list[tuple[int, tuple[str, int, int], int]]]


def walking_times(
    graph: WalkGraph, demand: Positions, facilities: Positions, limit_ms: int
) -> dict[tuple[int, int], int]:
    """``{(point, facility): cost_ms}`` for all pairs within the limit, by Dijkstra on the split graph."""
    split, estates = nx.DiGraph(), estates_of(graph.network)
    stops, network = _stops(graph, demand, facilities), graph.network
    around: dict[int, set[int]] = defaultdict(set)
    for edge in range(network.n_edges):
        for node in (int(network.u[edge]), int(network.v[edge])):
            around[node] |= {_gated(estates, edge)} - {STRANGER}
    for edge in range(network.n_edges):
        for state in {STRANGER, _gated(estates, edge)}:
            _street(split, graph, estates, edge, state, stops[edge], around)
        for _, (kind, row, way), leg in stops[edge]:
            # Nobody walks through another one's home or facility, from one of its ways on to another.
            if kind == "d":
                split.add_edge((kind, row), ("s", _lives(graph, estates, demand, row, way), kind, row, way), weight=leg)
            else:
                for state in {STRANGER, _gated(estates, edge)}:
                    split.add_edge(("s", state, kind, row, way), (kind, row), weight=leg)
    back = split.reverse(copy=False)
    found = {}
    for facility in range(len(facilities)):
        if ("f", facility) in back:
            times = nx.single_source_dijkstra_path_length(back, ("f", facility), cutoff=limit_ms)
            found.update({(who[1], facility): cost for who, cost in times.items() if who[0] == "d"})
    return found


def _stops(graph: WalkGraph, demand: Positions, facilities: Positions) -> Stops:
    """Along each edge: milliseconds from its u end, whose way on it is, and the leg."""
    stops: Stops = defaultdict(list)
    for kind, positions in (("d", demand), ("f", facilities)):
        for row in range(len(positions)):
            for way in range(int(positions.start[row]), int(positions.start[row + 1])):
                edge = int(positions.edge[way])
                stairs = bool(graph.network.flags[edge] & EdgeFlag.STEPS)
                along = int(graph.profile.walk_ms(positions.offset_mm[way : way + 1], stairs=stairs)[0])
                leg = int(graph.profile.walk_ms(positions.leg_mm[way : way + 1])[0])
                stops[edge].append((min(along, int(graph.walk_ms[edge])), (kind, row, way), leg))
    return stops


def _street(
    split: nx.DiGraph,
    graph: WalkGraph,
    estates: Estates,
    edge: int,
    state: int,
    stops: list[Any],
    around: dict[int, set[int]],
) -> None:
    """``u --delay-- [0 .. stop .. stop .. walk] --delay-- v``, as one state walks it."""
    whole, both = int(graph.walk_ms[edge]), bool(graph.both_ways[edge])
    chain = [
        (0, ("u", state, edge)),
        *((along, ("s", state, *who)) for along, who, _ in sorted(stops)),
        (whole, ("v", state, edge)),
    ]
    for (a, here), (b, there) in itertools.pairwise(chain):
        _link(split, here, there, b - a, both=both)
    network = graph.network
    for tip, node, side, delay in (
        ("u", network.u, estates.u, graph.delay_u_ms),
        ("v", network.v, estates.v, graph.delay_v_ms),
    ):
        place = (int(node[edge]), int(side[edge]))
        forward = (_spot(estates, state, *place), (tip, state, edge))
        _link(split, *(forward if tip == "u" else forward[::-1]), int(delay[edge]), both=both)
        for other in around[place[0]]:
            _link(split, _spot(estates, other, *place), _spot(estates, STRANGER, *place), 0, both=False)


def _gated(estates: Estates, edge: int) -> int:
    """The estate of an edge, if it has gates of its own."""
    estate = int(estates.estate[edge])
    return estate if estate in estates.owner else STRANGER


def _spot(estates: Estates, state: int, node: int, side: int) -> tuple[object, ...]:
    """A junction, or a side of a gate: for its own people all sides are one."""
    own = state != STRANGER and int(estates.joint[side]) == node and state in estates.owner[estates.gate == node]
    return ("n", state, node) if own else ("n", state, node, side)


def _lives(graph: WalkGraph, estates: Estates, homes: Positions, home: int, way: int) -> int:
    """Whose a home is by one of its ways on: nobody's where it stands at a junction with streets outside."""
    ways = range(int(homes.start[home]), int(homes.start[home + 1]))
    outside: set[int] = set()
    for other in ways:
        if _gated(estates, int(homes.edge[other])) == STRANGER:
            outside |= _nodes(graph, homes, other)
    return STRANGER if outside & _nodes(graph, homes, way) else _gated(estates, int(homes.edge[way]))


def _nodes(graph: WalkGraph, homes: Positions, way: int) -> set[int]:
    """The nodes at which a way on begins."""
    edge, offset, network = int(homes.edge[way]), int(homes.offset_mm[way]), graph.network
    ends = ((int(network.u[edge]), 0), (int(network.v[edge]), int(network.length_mm[edge])))
    return {node for node, at in ends if at == offset}


def _link(split: nx.DiGraph, a: object, b: object, cost: int, *, both: bool) -> None:
    for here, there in ((a, b), (b, a)) if both else ((a, b),):
        known = split.get_edge_data(here, there, {"weight": cost})["weight"]
        split.add_edge(here, there, weight=min(cost, known))
