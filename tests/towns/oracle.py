"""The same question asked of networkx: every position becomes a node, every stretch between two an arc."""

from __future__ import annotations

import itertools
from collections import defaultdict

import networkx as nx

from circle15.model import EdgeFlag, Positions
from circle15.network.graph import WalkGraph


def walking_times(
    graph: WalkGraph, demand: Positions, facilities: Positions, limit_ms: int
) -> dict[tuple[int, int], int]:
    """``{(point, facility): cost_ms}`` for all pairs within the limit, by Dijkstra on the split graph."""
    split = nx.DiGraph()
    network = graph.network
    stops: dict[int, list[tuple[int, tuple[str, int, int], int]]] = defaultdict(list)
    for kind, positions in (("d", demand), ("f", facilities)):
        for row in range(len(positions)):
            split.add_node((kind, row))
            for way in range(int(positions.start[row]), int(positions.start[row + 1])):
                edge = int(positions.edge[way])
                stairs = bool(network.flags[edge] & EdgeFlag.STEPS)
                along = int(graph.profile.walk_ms(positions.offset_mm[way : way + 1], stairs=stairs)[0])
                leg = int(graph.profile.walk_ms(positions.leg_mm[way : way + 1])[0])
                stops[edge].append((min(along, int(graph.walk_ms[edge])), (kind, row, way), leg))
    for edge in range(network.n_edges):
        # u --delay-- [0 .. stop .. stop .. walk] --delay-- v
        whole = int(graph.walk_ms[edge])
        chain = [
            (0, ("u", edge)),
            *((along, ("s", *who)) for along, who, _ in sorted(stops[edge])),
            (whole, ("v", edge)),
        ]
        tips = (
            (("n", int(network.u[edge])), ("u", edge), int(graph.delay_u_ms[edge])),
            (("n", int(network.v[edge])), ("v", edge), int(graph.delay_v_ms[edge])),
        )
        for node, tip, delay in tips:
            forward = (node, tip) if tip[0] == "u" else (tip, node)
            _link(split, *forward, delay, both=bool(graph.both_ways[edge]))
        for (a, here), (b, there) in itertools.pairwise(chain):
            _link(split, here, there, b - a, both=bool(graph.both_ways[edge]))
        for _, (kind, row, way), leg in stops[edge]:
            # Nobody walks through another one's home or facility, from one of its ways on to another.
            ends = ((kind, row), ("s", kind, row, way))
            _link(split, *(ends if kind == "d" else ends[::-1]), leg, both=False)
    back = split.reverse(copy=False)
    found = {}
    for facility in range(len(facilities)):
        times = nx.single_source_dijkstra_path_length(back, ("f", facility), cutoff=limit_ms)
        found.update({(who[1], facility): cost for who, cost in times.items() if who[0] == "d"})
    return found


def _link(graph: nx.DiGraph, a: object, b: object, cost: int, *, both: bool) -> None:
    for here, there in ((a, b), (b, a)) if both else ((a, b),):
        known = graph.get_edge_data(here, there, {"weight": cost})["weight"]
        graph.add_edge(here, there, weight=min(cost, known))
