"""Private ways open and closed, by hand: who leaves an estate, and who may not come through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from circle15.kernels.costs import NEVER_MS
from circle15.model import EdgeFlag, Positions
from circle15.network.build import edges_only
from circle15.network.graph import walk_graph
from circle15.network.snap import snap
from circle15.routing.nearest import nearest_cost
from circle15.routing.policies import Estates, closed_times, gates_open, positions_on
from tests.towns.banks import random_town
from tests.towns.lattice import BY, network, points

FLAT = BY["flat"]
PRIVATE = int(EdgeFlag.PRIVATE)


def estate():
    """A short way through an estate, a long way round it, and an alley that ends in it.

    ::

        0 ===100=== 1 ===100=== 2        === private
        |                       |
        3 --------- 200 ------- 4        200 m down each side
    """
    return network(
        [(0, 200), (100, 200), (200, 200), (0, 0), (200, 0)],
        [(0, 1), (1, 2), (0, 3), (3, 4), (2, 4)],
        flags=[PRIVATE, PRIVATE, 0, 0, 0],
    )


def walk(homes, sites) -> list[float]:
    """Seconds with private ways closed; infinite where there is no way."""
    net = estate()
    here, there = snap(net, points(homes)), snap(net, points(sites))
    found = closed_times(Estates.of(walk_graph(net, FLAT)), here, there)
    return [time / 1000 if time < NEVER_MS else np.inf for time in found.tolist()]


def test_strangers_walk_round():
    # From (0, 190) to (200, 190): 10 + 200 + 10 m through, 190 + 200 + 190 m round.
    assert walk([(0, 190)], [(200, 190)]) == [580]


def test_who_lives_inside_walks_out_either_way():
    # From (90, 200): 90 m west and out, 110 m east and out; the sites are 10 m down each side.
    assert walk([(90, 200)], [(0, 190)]) == [100]
    assert walk([(90, 200)], [(200, 190)]) == [120]


def test_what_stands_inside_serves_those_inside_only():
    assert walk([(60, 200), (0, 190)], [(120, 200)]) == [60, np.inf]


def test_with_nothing_private_nothing_changes():
    case = random_town(0)
    graph = walk_graph(case.city.network, FLAT)
    places = case.demand.positions, case.facilities.positions
    closed, today = closed_times(Estates.of(graph), *places), nearest_cost(graph, *places)
    np.testing.assert_array_equal(np.minimum(closed, NEVER_MS), np.minimum(today, NEVER_MS))


def test_closing_ways_makes_nobody_faster():
    case = random_town(5, odd=True)
    graph = walk_graph(case.city.network, case.profile)
    places = case.demand.positions, case.facilities.positions
    closed, today = (
        np.minimum(cost, NEVER_MS) for cost in (closed_times(Estates.of(graph), *places), nearest_cost(graph, *places))
    )
    assert (today <= closed).all()
    assert (closed > today + 1).any()


def test_open_gates_cost_nothing():
    net = network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)], flags=[EdgeFlag.GATE_AT_V, EdgeFlag.GATE_AT_U])
    here, there = snap(net, points([(0, 0)])), snap(net, points([(200, 0)]))
    graph = walk_graph(net, replace(FLAT, gate_s=60.0))
    assert nearest_cost(graph, here, there) == 260_000
    assert nearest_cost(gates_open(graph), here, there) == 200_000
    free = walk_graph(net, FLAT)
    assert gates_open(free) is free


def test_places_keep_their_edge_or_are_far():
    net = estate()
    here = snap(net, points([(50, 200), (0, 100), (100, 50)]))
    kept = positions_on(here, ~net.has(EdgeFlag.PRIVATE))
    assert kept.edge.tolist() == [0, 1]
    assert (kept.status == Positions.FAR).tolist() == [True, False, False]
    smaller = edges_only(net, ~net.has(EdgeFlag.PRIVATE))
    assert (smaller.n_edges, smaller.n_nodes, smaller.length_m.tolist()) == (3, 5, [200, 200, 200])
