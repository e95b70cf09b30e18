"""Private ways open and closed, by hand: who leaves an estate, and who may not come through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from circle15.kernels.costs import NEVER_MS
from circle15.model import EdgeFlag
from circle15.network.graph import walk_graph
from circle15.network.snap import snap
from circle15.routing.nearest import nearest_cost
from circle15.routing.policies import with_gates
from tests.towns.banks import random_town
from tests.towns.lattice import BY, network, points

FLAT = BY["flat"]
CLOSED = replace(FLAT, gates="closed")
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
    found = nearest_cost(walk_graph(net, CLOSED), here, there)
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
    assert with_gates(graph, "closed") is graph


def test_closing_ways_makes_nobody_faster():
    case = random_town(5, odd=True)
    graph = walk_graph(case.city.network, case.profile)
    places = case.demand.positions, case.facilities.positions
    closed, today = (np.minimum(nearest_cost(walk, *places), NEVER_MS) for walk in (with_gates(graph, "closed"), graph))
    assert (today <= closed).all()
    assert (closed > today + 1).any()


def test_open_gates_cost_nothing():
    net = network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)], flags=[EdgeFlag.GATE_AT_V, EdgeFlag.GATE_AT_U])
    here, there = snap(net, points([(0, 0)])), snap(net, points([(200, 0)]))
    graph = walk_graph(net, replace(FLAT, gate_s=60.0))
    assert nearest_cost(graph, here, there) == 260_000
    assert nearest_cost(with_gates(graph, "open"), here, there) == 200_000
    free = walk_graph(net, FLAT)
    assert with_gates(free, "open") is free
