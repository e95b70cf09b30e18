"""Tables, nearest times, ways and isochrones against brute force over all ways on of all places."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import InputError
from circle15.kernels.costs import NEVER_MS
from circle15.model import EdgeFlag, Positions
from circle15.network.graph import cutoff_ms, walk_graph
from circle15.routing.isochrones import reached_streets
from circle15.routing.nearest import nearest_cost, nearest_sites
from circle15.routing.reach import reach_table
from circle15.routing.routes import route
from tests.towns import every_way
from tests.towns.lattice import BY, network
from tests.towns.multigraphs import WALKERS, cities, places

# -- Brute force itself, by hand -------------------------------------------------------------------


def spot(*ways: tuple[int, int, int]) -> Positions:
    """One place: ``(edge, offset_mm, leg_mm)`` of each way on."""
    edge, offset, leg = (np.array(column, dtype=np.int64) for column in zip(*ways, strict=True))
    return Positions(
        ids=pd.RangeIndex(1),
        status=np.zeros(1, np.uint8),
        start=np.array([0, len(edge)]),
        edge=edge.astype(np.int32),
        offset_mm=offset,
        leg_mm=leg,
    )


def test_brute_force_takes_the_least_of_all_combinations():
    #   0 ---100--- 1 ---100--- 2     1 m/s; the home at 30 m and (leg 20 m) at 180 m, the shop at 150 m (leg 5 m)
    net = network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)])
    home, shop = spot((0, 30_000, 0), (1, 80_000, 20_000)), spot((1, 50_000, 5_000))
    assert every_way.walking_times(net, BY["flat"], home, shop) == {(0, 0): (20 + 30 + 5) * 1000}


@pytest.mark.parametrize(
    ("flags", "metres"),
    [
        (0, 20),  # along the short street
        (EdgeFlag.FORWARD_ONLY, 120 + 20),  # home at 60 m, shop at 40 m: on by v, round, and in by u
        (EdgeFlag.CLOSED, 20),  # both live on it
    ],
)
def test_brute_force_knows_forward_only_and_closed_streets(flags, metres):
    #   0 ===100=== 1 and a way back from 1 to 0 of 60 m
    net = network([(0, 0), (100, 0)], [(0, 1), (0, 1)], length_m=[100, 60], flags=[flags, 0])
    found = every_way.walking_times(net, BY["flat"], spot((0, 60_000, 0)), spot((0, 40_000, 0)))
    assert found == {(0, 0): metres * 1000}


def test_brute_force_walks_no_closed_street_from_a_junction():
    #   0 ===100 closed=== 1 ---50--- 2 and 0 ---300--- 1: who stands at 0 does not live on the closed street
    net = network(
        [(0, 0), (100, 0), (150, 0)], [(0, 1), (1, 2), (0, 1)], length_m=[100, 50, 300],
        flags=[EdgeFlag.CLOSED, 0, 0],
    )  # fmt: skip
    at_junction, on_it = spot((0, 0, 0), (2, 0, 0)), spot((0, 1_000, 0))
    shop = spot((1, 50_000, 0))
    assert every_way.walking_times(net, BY["flat"], at_junction, shop) == {(0, 0): 350_000}
    assert every_way.walking_times(net, BY["flat"], on_it, shop) == {(0, 0): 149_000}


# -- The product against it -------------------------------------------------------------------------


def setting(data):
    """A city, a walker, homes, sites, and what brute force says."""
    net, walker = data.draw(cities()), data.draw(WALKERS)
    homes, sites = data.draw(places(net)), data.draw(places(net))
    graph = walk_graph(net, walker)
    return graph, homes, sites, every_way.walking_times(net, graph.profile, homes, sites)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_tables_and_nearest_times_equal_brute_force(data):
    graph, homes, sites, times = setting(data)
    cutoff = data.draw(st.sampled_from([0.5, 3, 15, 60]))
    table = reach_table(graph, homes, sites, cutoff_min=cutoff, threads=1)
    pairs = zip(table.point.tolist(), table.facility.tolist(), strict=True)
    ours = dict(zip(pairs, table.cost_ms.tolist(), strict=True))
    assert ours == {pair: cost for pair, cost in times.items() if cost <= cutoff_ms(cutoff)}
    near, site = nearest_cost(graph, homes, sites), nearest_sites(graph, homes, sites)
    for point in range(len(homes)):
        costs = {facility: cost for (p, facility), cost in times.items() if p == point}
        if costs:
            assert near[point] == min(costs.values())
            assert costs[int(site[point])] == near[point]
        else:
            assert near[point] >= NEVER_MS
            assert site[point] == -1


@given(st.data())
@settings(max_examples=35, deadline=None)
def test_ways_street_by_street_take_what_brute_force_takes(data):
    graph, homes, sites, times = setting(data)
    for point in range(len(homes)):
        for facility in range(len(sites)):
            if (point, facility) not in times:
                with pytest.raises(InputError, match="no walkable way"):
                    route(graph, homes, sites, point_id=point, facility_id=facility)
                continue
            found = route(graph, homes, sites, point_id=point, facility_id=facility)
            assert round(found["minutes"] * 60_000) == times[point, facility]


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_isochrones_hold_who_arrives_in_time_by_brute_force(data):
    graph, _, sites, _ = setting(data)
    net, cutoff = graph.network, data.draw(st.sampled_from([0.5, 2, 5]))
    # Somebody every tenth of every street, on the street itself.
    edge = np.repeat(np.arange(net.n_edges), 11)
    offset = net.length_mm[edge] * np.tile(np.arange(11), net.n_edges) // 10
    people = Positions.single(
        ids=pd.RangeIndex(len(edge)), edge=edge, offset_mm=offset, leg_mm=0 * offset, status=0 * offset
    )
    times = every_way.walking_times(net, graph.profile, people, sites)
    edges = every_way.edges_of(net, graph.profile)
    together = [np.arange(len(sites))]
    drawn = [row[0] for row in reached_streets(graph, sites, minutes=[cutoff])]
    drawn += reached_streets(graph, sites, minutes=[cutoff], groups=together)[0]
    for cut, members in zip(drawn, [*([k] for k in range(len(sites))), range(len(sites))], strict=True):
        for person in range(len(people)):
            # Cuts are floored to the millimetre and times rounded to the millisecond: two millimetres are left open.
            slack_ms = every_way.walk(2, edges[edge[person]].mmps) + 1
            best = min((times[person, k] for k in members if (person, k) in times), default=every_way.NO_WAY)
            inside = (cut.edge == edge[person]) & (cut.begin_mm <= offset[person]) & (offset[person] <= cut.end_mm)
            if inside.any():
                assert best <= cutoff_ms(cutoff) + slack_ms
            elif best <= cutoff_ms(cutoff) - slack_ms:
                raise AssertionError((person, best, cutoff))
