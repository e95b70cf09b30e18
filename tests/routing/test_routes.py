"""Ways to the nearest facility: a lattice by hand, networkx as oracle, and each way added up again."""

from __future__ import annotations

import itertools
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import InputError
from circle15.model import DemandPoints, EdgeFlag, Facilities, Positions
from circle15.network.graph import WalkGraph, walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.routing.nearest import nearest_times
from circle15.routing.routes import route, routes
from tests.towns import oracle
from tests.towns.lattice import BY, X0, Y0, grid, network, points
from tests.towns.multigraphs import WALKERS, multigraphs, placed

FLAT = BY["flat"]


def demand(at, people, community=None) -> DemandPoints:
    frame = points(at)
    frame["community_id"] = community or ["a"] * len(at)
    frame["pop_60plus"] = [float(count) for count in people]
    frame["population"] = [10.0] * len(at)
    return DemandPoints(frame=frame)


def clinics(at, services=("clinic",), listed=("clinic",)) -> Facilities:
    frame = points(at, name="facility_id", prefix="f")
    frame["name"], frame["services"] = "诊所", [tuple(services)] * len(at)
    return Facilities(frame=frame, listed=frozenset(listed))


def walked(net, homes: DemandPoints, sites: Facilities, **options) -> gpd.GeoDataFrame:
    return routes(walk_graph(net, FLAT), place_demand(net, homes), place_facilities(net, sites), **options).frame


def corner(line: shapely.LineString) -> list[tuple[float, float]]:
    """Its points in metres from the lattice's corner."""
    return [(round(x - X0, 3), round(y - Y0, 3)) for x, y in line.coords]


# -- By hand ---------------------------------------------------------------------------------------


def test_two_streets_and_two_legs():
    # An angle: 0 - 100 m east - 100 m north. Home 10 m off at x = 30, clinic 20 m off at y = 60.
    net = network([(0, 0), (100, 0), (100, 100)], [(0, 1), (1, 2)])
    row = walked(net, demand([(30, -10)], [1]), clinics([(120, 60)])).loc[("a", "clinic")]
    # 10 m leg, 70 m east, 60 m north, 20 m leg at 1 m/s
    assert row["minutes"] == pytest.approx(160 / 60)
    assert row["metres"] == 160
    assert row["straight_m"] == pytest.approx(np.hypot(90, 70))
    assert row["edges"] == (0, 1)
    assert corner(row.geometry) == [(30, 0), (100, 0), (100, 60)]
    assert (row["point_id"], row["facility_id"]) == ("p0", "f0")


def test_along_one_street_the_way_does_not_visit_its_ends():
    net = network([(0, 0), (100, 0)], [(0, 1)])
    row = walked(net, demand([(70, 0)], [1]), clinics([(20, 0)])).loc[("a", "clinic")]
    assert (row["metres"], row["edges"], corner(row.geometry)) == (50, (0,), [(70, 0), (20, 0)])


def test_bends_of_a_street_are_drawn_in_walking_order():
    net = network([(0, 0), (300, 0)], [(0, 1)], length_m=[300])
    bent = np.array([(X0, Y0), (X0, Y0 + 100), (X0 + 100, Y0 + 100), (X0 + 100, Y0)])
    net = type(net)(**{**vars(net), "vertex": bent, "vertex_start": np.array([0, 4])})
    row = walked(net, demand([(100, 50)], [1]), clinics([(0, 50)])).loc[("a", "clinic")]
    assert corner(row.geometry) == [(100, 50), (100, 100), (0, 100), (0, 50)]
    assert row["metres"] == row.geometry.length == 200


def test_the_typical_home_is_the_median_of_those_aged_60_and_over():
    # Homes at 100, 200, 300, 400 m from the clinic with 1, 4, 4, 1 elders: half of ten arrive by 200 m.
    net = network([(0, 0), (1000, 0)], [(0, 1)])
    homes = demand([(400, 0), (100, 0), (300, 0), (200, 0)], [1, 1, 4, 4])
    assert walked(net, homes, clinics([(0, 0)]))["metres"].tolist() == [200]
    # Nobody is 60+: residents count, ten in each; the second of four is where half of them have arrived.
    nobody = demand([(400, 0), (100, 0), (300, 0), (200, 0)], [0, 0, 0, 0])
    assert walked(net, nobody, clinics([(0, 0)]))["metres"].tolist() == [200]


def test_communities_and_services_have_rows_of_their_own_and_who_cannot_walk_has_none():
    net = network([(0, 0), (1000, 0), (0, 500), (1000, 500)], [(0, 1), (2, 3)])
    homes = demand([(100, 0), (900, 0), (500, 500)], [5, 5, 5], ["a", "b", "island"])
    sites = clinics([(0, 0), (1000, 0)], services=("clinic", "shop"), listed=("clinic", "shop", "park"))
    frame = walked(net, homes, sites)
    assert frame.index.tolist() == [("a", "clinic"), ("a", "shop"), ("b", "clinic"), ("b", "shop")]
    assert frame["facility_id"].tolist() == ["f0", "f0", "f1", "f1"]
    assert frame.crs == net.crs


def test_order_of_rows_changes_nothing():
    net, rng = grid(6, 6), np.random.default_rng(3)
    homes = demand((rng.integers(0, 50, (40, 2)) * 10).tolist(), rng.integers(0, 9, 40), list("abcd" * 10))
    sites = clinics([(0, 0), (200, 200), (500, 500), (500, 0)])
    mixed = DemandPoints(frame=homes.frame.sample(frac=1, random_state=1))
    turned = Facilities(frame=sites.frame.iloc[::-1], listed=sites.listed)
    a, b = walked(net, homes, sites), walked(net, mixed, turned)
    assert a.drop(columns="geometry").equals(b.drop(columns="geometry"))
    assert a.geometry.geom_equals_exact(b.geometry, 0).all()


def test_nothing_listed_gives_no_routes():
    net = grid(3, 3)
    none = Facilities(frame=clinics([(0, 0)]).frame, listed=frozenset({"clinic"}))
    empty = Facilities(frame=none.frame.iloc[:0], listed=frozenset({"clinic"}))
    assert len(walked(net, demand([(0, 0)], [1]), empty)) == 0


# -- Oracle and laws -------------------------------------------------------------------------------

WayOn = tuple[Positions, int]
"""A way on: positions, and its row among their ways."""


def added_up(graph: WalkGraph, homes: Positions, sites: Positions, edges: tuple[int, ...]) -> int:
    """Least cost of walking exactly these edges in this order, in ms; a very great one where that is no way."""
    ways = itertools.product(range(len(homes.edge)), range(len(sites.edge)))
    return min(
        walked_from(graph, (homes, way), (sites, site_way), edges)
        for way, site_way in ways
        if (edges[0], edges[-1]) == (homes.edge[way], sites.edge[site_way])
    )


def walked_from(graph: WalkGraph, home: WayOn, site: WayOn, edges: tuple[int, ...]) -> int:
    net, profile = graph.network, graph.profile
    never = 10**15

    def along(way_on: WayOn) -> int:
        positions, way = way_on
        edge = positions.edge[way]
        stairs = bool(net.flags[edge] & EdgeFlag.STEPS)
        return min(int(profile.walk_ms(positions.offset_mm, stairs=stairs)[way]), int(graph.walk_ms[edge]))

    legs = sum(int(profile.walk_ms(positions.leg_mm)[way]) for positions, way in (home, site))
    first, last = edges[0], edges[-1]
    if len(edges) == 1:
        ahead = along(site) - along(home)
        return legs + abs(ahead) if ahead >= 0 or graph.both_ways[first] else never
    at = {}  # cost by node after leaving the first edge
    rest = int(graph.walk_ms[first]) - along(home)
    at[int(net.v[first])] = rest + int(graph.delay_v_ms[first])
    if graph.both_ways[first]:
        by_u = along(home) + int(graph.delay_u_ms[first])
        at[int(net.u[first])] = min(by_u, at.get(int(net.u[first]), never))
    for edge in edges[1:-1]:
        full = int(graph.walk_ms[edge] + graph.delay_u_ms[edge] + graph.delay_v_ms[edge])
        u, v = int(net.u[edge]), int(net.v[edge])
        reached = {v: at[u] + full} if u in at else {}
        if v in at and graph.both_ways[edge]:
            reached[u] = at[v] + full
        at = reached
    ends = [at.get(int(net.u[last]), never) + int(graph.delay_u_ms[last]) + along(site)]
    if graph.both_ways[last]:
        rest = int(graph.walk_ms[last]) - along(site)
        ends.append(at.get(int(net.v[last]), never) + int(graph.delay_v_ms[last]) + rest)
    return legs + min(ends)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_every_way_costs_what_networkx_says_and_adds_up_again(data):
    net = data.draw(multigraphs())
    homes, sites = data.draw(placed(net)), data.draw(placed(net))
    graph = walk_graph(net, data.draw(WALKERS))
    times = oracle.walking_times(graph, homes, sites, 10**12)
    for point in range(len(homes)):
        for facility in range(len(sites)):
            if (point, facility) not in times:
                with pytest.raises(InputError, match="no walkable way"):
                    route(graph, homes, sites, point_id=point, facility_id=facility)
                continue
            walk = route(graph, homes, sites, point_id=point, facility_id=facility)
            assert round(walk["minutes"] * 60_000) == times[point, facility]
            here, there = homes.take(np.array([point])), sites.take(np.array([facility]))
            assert added_up(graph, here, there, walk["edges"]) == times[point, facility]


@pytest.mark.parametrize("seed", range(3))
def test_the_typical_walk_is_as_long_as_the_nearest_time_and_its_line(seed):
    net, rng = grid(12, 12), np.random.default_rng(seed)
    homes = demand(rng.uniform(0, 1100, (90, 2)).tolist(), rng.integers(0, 9, 90), list("abcdefghi" * 10))
    sites = clinics(rng.uniform(0, 1100, (5, 2)).tolist())
    placed, stands = place_demand(net, homes), place_facilities(net, sites)
    here, there, graph = placed.positions, stands.positions, walk_graph(net, FLAT)
    frame = routes(graph, placed, stands).frame
    near = dict(zip(homes.frame.index, nearest_times(graph, placed, stands).minutes("clinic"), strict=True))
    assert [near[point] for point in frame["point_id"]] == frame["minutes"].tolist()
    row = homes.frame.index.get_indexer(frame["point_id"])
    site = sites.frame.index.get_indexer(frame["facility_id"])
    legs = here.nearest_m[row] + there.nearest_m[site]  # of a point on the grid all ways on are equally near
    np.testing.assert_allclose(frame.length + legs, frame["metres"], atol=0.005)
    assert (frame["metres"] >= frame["straight_m"] - 0.005).all()
    ends = [set(pair) for pair in zip(net.u.tolist(), net.v.tolist(), strict=True)]
    assert all(ends[a] & ends[b] for edges in frame["edges"] for a, b in pairwise(edges))


def test_of_two_sites_as_near_on_ones_own_street_the_first_id_is_told():
    net = network([(0, 0), (400, 0)], [(0, 1)])
    homes = demand([(200, 0)], [5], ["a"])
    for sites in ([(100, 0), (300, 0)], [(300, 0), (100, 0)]):
        there = clinics(sites)
        found = routes(walk_graph(net, FLAT), place_demand(net, homes), place_facilities(net, there))
        assert found.frame["facility_id"].tolist() == [there.frame.index[0]]
