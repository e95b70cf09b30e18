"""What links cross, and how one is built."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.kernels.costs import NEVER_MS
from circle15.model import EdgeFlag
from circle15.network.build import canonical, edge_lines
from circle15.network.graph import walk_graph
from circle15.planning import links
from circle15.planning.links import Candidates, LinkRule, candidates, crossed, link_lines, with_link
from tests.towns.banks import area, banks, canal
from tests.towns.lattice import BY, CRS, X0, Y0, network


def link(u: int, v: int) -> Candidates:
    one = np.array([1])
    return Candidates(u=one * u, v=one * v, length_mm=one * 120_000, cost_ms=one * 120_000)


def test_what_the_layers_know_is_told_in_one_order():
    rails = gpd.GeoDataFrame(geometry=[shapely.LineString([(X0, Y0 + 110), (X0 + 1000, Y0 + 110)])], crs=CRS)
    assert crossed(banks(), link(5, 16), {}) == ["open"]
    assert crossed(banks(), link(5, 16), {"rail": rails, "water": canal()}) == ["water+rail"]
    assert crossed(banks(), link(5, 16), {"rail": rails.to_crs(4326)}) == ["rail"]


def test_of_a_moat_the_outline_is_water():
    inside, outside = area([(0, -900, 900, 900)]), area([(0, 60, 900, 900)])
    assert crossed(banks(), link(5, 16), {"moat": inside}) == ["open"]
    assert crossed(banks(), link(5, 16), {"moat": outside}) == ["water"]


def test_private_ways_are_told():
    net = network([(0, 0), (100, 0), (0, 100), (100, 100)], [(0, 1), (2, 3)], flags=[0, EdgeFlag.PRIVATE])
    assert crossed(net, link(0, 2), {}) == ["private"]
    assert crossed(network([(0, 0), (100, 0), (0, 100)], [(0, 1), (1, 2)]), link(0, 2), {}) == ["open"]


def test_a_link_is_one_more_edge_and_the_others_keep_their_numbers():
    net = banks()
    built = with_link(net, 5, 16)
    assert built.n_edges == net.n_edges + 1
    assert (built.u[-1], built.v[-1], built.length_mm[-1], built.flags[-1]) == (5, 16, 120_000, 0)
    for column in ("u", "v", "length_mm", "flags", "way_class"):
        np.testing.assert_array_equal(getattr(built, column)[:-1], getattr(net, column))
    drawn = shapely.LineString(built.vertex[built.vertex_start[-2] : built.vertex_start[-1]])
    assert drawn.equals(link_lines(net, link(5, 16))[0])
    assert with_link(net, 5, 16, length_m=130.5).length_m[-1] == pytest.approx(130.5)
    assert canonical(built).n_edges == built.n_edges


@pytest.mark.parametrize(("apart", "count"), [(0.9, 0), (1.0, 1), (150.0, 1), (150.1, 0)])
def test_a_link_is_one_to_a_hundred_and_fifty_metres_long(apart, count):
    # Two streets end to end with a gap between; the clinic stands at the end of the second.
    net = network([(0, 0), (200, 0), (200 + apart, 0), (500, 0)], [(0, 1), (2, 3)])
    graph = walk_graph(net, BY["flat"])
    onward = np.array([[NEVER_MS, NEVER_MS, 300_000, 0]])
    found = candidates(graph, onward, limit_ms=900_000, needy=np.array([[X0 + 100, Y0]]), rule=LinkRule())
    assert list(zip(found.u, found.v, strict=True)) == [(1, 2)] * count


@pytest.mark.parametrize(("detour", "count"), [(0, 1), (-1, 0)])
def test_today_s_walk_is_three_times_as_long_and_three_minutes_longer(detour, count):
    # Straight 100 m or 100 s; three times that are 300 s, but three minutes more are 280 s: 300 s decide. At 60 m
    # three times are 180 s, and 240 s decide.
    for straight, least in ((100, 300), (60, 240)):
        net = network([(0, 0), (straight, 0), (0, 100)], [(0, 2), (2, 1)], length_m=[100, least - 100 + detour])
        graph = walk_graph(net, BY["flat"])
        onward = np.array([[1000 * (least + detour), 0, 1000 * (least - 100 + detour)]])
        found = candidates(graph, onward, limit_ms=900_000, needy=np.array([[X0, Y0]]), rule=LinkRule())
        assert [(0, 1)] * count == [pair for pair in zip(found.u, found.v, strict=True) if pair == (0, 1)]


@pytest.mark.parametrize(("deep", "count"), [(0.4, 1), (0.6, 0)])
def test_a_link_may_touch_a_building_as_a_leg_may_but_not_run_through_it(deep, count):
    net = network([(0, 0), (200, 0), (300, 0), (500, 0)], [(0, 1), (2, 3)])
    graph = walk_graph(net, BY["flat"])
    house = area([(240, -20, 240 + deep, 20)]).geometry  # half a metre is allowed
    onward = np.array([[NEVER_MS, NEVER_MS, 300_000, 0]])
    needy = np.array([[X0 + 100, Y0]])
    found = candidates(graph, onward, limit_ms=900_000, needy=needy, rule=LinkRule(), buildings=house)
    assert len(found) == count


ON_A_LATTICE = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=9, unique=True)


@given(ON_A_LATTICE, st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=12))
def test_a_link_that_ends_at_a_street_or_runs_along_one_crosses_none(places, ends):
    """On a small lattice lines touch, end in each other and lie on each other as often as they cross."""
    streets = [(u % len(places), v % len(places)) for u, v in ends if u % len(places) != v % len(places)]
    net = network([(0.1 * x, 0.1 * y) for x, y in places], streets or [(0, 1)])
    u, v = np.triu_indices(len(places), 1)
    pairs = Candidates(u=u, v=v, length_mm=np.ones(len(u), dtype=np.int64), cost_ms=np.ones(len(u), dtype=np.int64))
    lines = link_lines(net, pairs)
    asked = shapely.crosses(lines[:, None], edge_lines(net)[None, :]).any(axis=1)
    np.testing.assert_array_equal(links._over_streets(net, pairs), asked)
