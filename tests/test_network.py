"""Streets -> network: chains, islands, signals, snapping. The networks are drawn in the tests."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import CrsError, SettingError, StreetsError
from circle15.model import EdgeFlag, NodeFlag, Origin, Positions, Streets
from circle15.network import build_network, canonical, clip_network, edge_lines, merge_chains, snap

from .lattice import CLASS, CRS, X0, Y0, grid, network, points

CLASS_OF = {"r": CLASS["residential"], "f": CLASS["footway"]}


def streets(
    ways: list[str], *, flags: dict[str, int] | None = None, node_flags: dict[str, int] | None = None
) -> Streets:
    """Ways over lettered nodes; letter k lies 100 m east of the one before it. A capital leads the class: ``r:abc``."""
    letters = sorted({letter for way in ways for letter in way[2:]})
    place = gpd.GeoSeries.from_xy([X0 + 100 * (ord(c) - ord("a")) for c in letters], [Y0] * len(letters), crs=CRS)
    degrees = place.to_crs("EPSG:4326")
    return Streets(
        node_id=np.array([ord(c) for c in letters]),
        lon=degrees.x.to_numpy(),
        lat=degrees.y.to_numpy(),
        node_flags=np.array([(node_flags or {}).get(c, 0) for c in letters], dtype=np.uint8),
        way_node=np.array([letters.index(c) for way in ways for c in way[2:]]),
        way_start=np.cumsum([0, *(len(way) - 2 for way in ways)]),
        way_class=np.array([CLASS_OF[way[0]] for way in ways], dtype=np.uint8),
        way_flags=np.array([(flags or {}).get(way, 0) for way in ways], dtype=np.uint16),
        way_name=np.zeros(len(ways), dtype=np.int32),
        names=("",),
        origin=Origin(label_zh="", label_en="test"),
    )


def shape(net) -> list[tuple[str, str, int]]:
    """Edges as letters and whole metres."""
    ends = zip(net.node_id[net.u], net.node_id[net.v], np.rint(net.length_m), strict=True)
    return sorted((*sorted((chr(u), chr(v))), int(m)) for u, v, m in ends)


# -- Chains ----------------------------------------------------------------------------------------


def test_a_chain_becomes_one_edge_with_its_whole_length():
    # a-b-c-d in two ways that meet in c: one edge of 300 m
    assert shape(build_network(streets(["r:abc", "r:cd"]), crs=CRS)) == [("a", "d", 300)]


def test_a_junction_ends_a_chain():
    #     c - f
    # a b c d e      c has three arms
    assert shape(build_network(streets(["r:abcde", "r:cf"]), crs=CRS)) == [
        ("a", "c", 200), ("c", "e", 200), ("c", "f", 300),
    ]  # fmt: skip


def test_another_class_ends_a_chain():
    assert shape(build_network(streets(["r:abc", "f:cde"]), crs=CRS)) == [("a", "c", 200), ("c", "e", 200)]


def test_a_gate_ends_a_chain_and_stands_at_its_ends():
    net = build_network(streets(["r:abcde"], node_flags={"c": NodeFlag.GATE}), crs=CRS)
    assert shape(net) == [("a", "c", 200), ("c", "e", 200)]
    at_gate = {(chr(net.node_id[u]), bool(f & EdgeFlag.GATE_AT_U)) for u, f in zip(net.u, net.flags, strict=True)}
    at_gate |= {(chr(net.node_id[v]), bool(f & EdgeFlag.GATE_AT_V)) for v, f in zip(net.v, net.flags, strict=True)}
    assert at_gate == {("a", False), ("c", True), ("e", False)}


def test_a_signalled_crossing_delays_those_who_cross_not_those_who_pass():
    # A road b-c-d with a footway a-c-e across it; c is a signalled crossing.
    crossing = NodeFlag.SIGNAL | NodeFlag.CROSSING
    net = build_network(streets(["r:bcd", "f:ace"], node_flags={"c": crossing}), crs=CRS)
    signal = net.has(EdgeFlag.SIGNAL_AT_U | EdgeFlag.SIGNAL_AT_V)
    assert set(net.way_class[signal]) == {CLASS["footway"]}
    assert set(net.way_class[~signal]) == {CLASS["residential"]}


def test_a_ring_without_a_junction_keeps_its_length():
    net = build_network(streets(["r:abcda"]), crs=CRS)
    assert net.n_edges == 1
    assert net.u[0] == net.v[0]
    assert round(net.total_km, 3) == 0.6  # 100 + 100 + 100 + 300 back


def test_a_way_that_passes_a_node_twice_stays_connected():
    #  a-b-c-b: out to c and back, a loop at b of 200 m with c in its middle
    assert shape(build_network(streets(["r:abcb"]), crs=CRS)) == [("a", "b", 100), ("b", "b", 200)]


def test_a_moving_stair_is_not_merged_and_keeps_its_direction():
    way = "f:dcb"
    net = build_network(streets(["f:ab", way, "f:de"], flags={way: EdgeFlag.FORWARD_ONLY}), crs=CRS)
    only = net.has(EdgeFlag.FORWARD_ONLY)
    assert [(chr(net.node_id[u]), chr(net.node_id[v])) for u, v in zip(net.u[only], net.v[only], strict=True)] in (
        [("d", "c"), ("c", "b")], [("c", "b"), ("d", "c")],
    )  # fmt: skip


def test_zero_lengths_and_repeated_nodes_do_no_harm():
    assert shape(build_network(streets(["r:aabbc"]), crs=CRS)) == [("a", "c", 200)]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_merging_keeps_total_length_and_ends_and_is_idempotent(data):
    count = data.draw(st.integers(2, 14))
    ends = data.draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), min_size=1, max_size=20))
    place = data.draw(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=count, max_size=count))
    net = network(place, ends)
    merged = merge_chains(net)
    assert merged.length_mm.sum() == net.length_mm.sum()
    assert len(merged.component_km) == len(canonical(net).component_km)
    np.testing.assert_allclose(shapely.length(edge_lines(merged)), merged.length_m, atol=0.02)
    tips = shapely.get_coordinates(shapely.get_point(edge_lines(merged), 0))
    np.testing.assert_array_equal(tips, np.stack([merged.x[merged.u], merged.y[merged.u]], 1))
    again = merge_chains(merged)
    for column in ("u", "v", "length_mm", "vertex"):
        np.testing.assert_array_equal(getattr(again, column), getattr(merged, column))


# -- Whole networks --------------------------------------------------------------------------------


def test_every_component_is_kept_and_counted():
    net = build_network(streets(["r:abc", "r:ef"]), crs=CRS)
    assert np.round(net.component_km, 3).tolist() == [0.2, 0.1]
    assert "2 components (mainland 66.7%)" in repr(net)


def test_clipping_keeps_edges_whole_and_refuses_an_empty_area():
    net = grid(5, 5)
    kept = clip_network(net, shapely.box(X0 - 10, Y0 - 10, X0 + 110, Y0 + 10))
    # The row from 0 to 100, the next across 100-200, and the three streets that leave northwards: at 0 and 100.
    assert kept.total_km == pytest.approx(0.4)
    with pytest.raises(StreetsError, match="no street in it"):
        clip_network(net, shapely.box(0, 0, 1, 1))


def test_degrees_are_refused():
    with pytest.raises(CrsError, match="metric"):
        build_network(streets(["r:ab"]), crs="EPSG:4326")


def test_streets_off_the_globe_are_refused_with_their_place():
    good = streets(["r:ab"])
    with pytest.raises(StreetsError, match=r"lat 120\.6.*longitude first"):
        dataclasses.replace(good, lon=np.array([31.3, 31.3]), lat=np.array([120.6, 120.6]))


def test_arrays_of_a_network_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        grid(2, 2).length_mm[0] = 1


# -- Snapping --------------------------------------------------------------------------------------


def test_the_nearest_spot_along_the_edge_not_the_nearest_node():
    net = network([(0, 0), (400, 0)], [(0, 1)])
    at = snap(net, points([(130, 25)]))
    assert (at.offset_mm[0], at.leg_mm[0], at.status[0]) == (130_000, 25_000, Positions.OK)


def test_beyond_the_limit_a_point_is_far_and_used_for_nothing():
    net = network([(0, 0), (5000, 0)], [(0, 1)])
    at = snap(net, points([(10, 150), (10, 150.01)]))
    assert at.status.tolist() == [Positions.OK, Positions.FAR]
    assert at.edge[1] == -1


def test_a_point_on_a_small_piece_is_an_island():
    net = network([(0, 0), (3000, 0), (0, 400), (900, 400)], [(0, 1), (2, 3)])
    at = snap(net, points([(10, 10), (10, 390)]))
    assert at.status.tolist() == [Positions.OK, Positions.ISLAND]


def test_a_large_second_piece_is_no_island():
    net = network([(0, 0), (3000, 0), (0, 400), (1100, 400)], [(0, 1), (2, 3)])
    assert snap(net, points([(10, 390)])).status.tolist() == [Positions.OK]


def test_a_leg_does_not_cross_the_canal():
    #   street A  y = 100
    #   ~~~~~~~~  y = 30     canal
    #   . p       y = 20
    #   street B  y = -60
    net = network([(0, 100), (300, 100), (0, -60), (300, -60), (300, 20)], [(0, 1), (2, 3), (3, 4), (4, 1)])
    home = points([(50, 40)])
    canal = gpd.GeoSeries([shapely.box(X0 - 50, Y0 + 55, X0 + 250, Y0 + 60)], crs=CRS)
    freely, dry = snap(net, home), snap(net, home, barriers=canal)
    assert freely.leg_mm.tolist() == [60_000]
    assert dry.leg_mm.tolist() == [100_000]
    moat = gpd.GeoSeries([home.geometry.iloc[0].buffer(20).exterior], crs=CRS)
    assert snap(net, home, barriers=moat).status.tolist() == [Positions.FAR]


def test_points_in_another_system_are_refused():
    with pytest.raises(CrsError, match="to_crs"):
        snap(grid(2, 2), points([(0, 0)]).to_crs("EPSG:4326"))


def test_ties_go_to_the_first_edge_whatever_the_order_of_the_points():
    net = network([(0, 0), (100, 0), (0, 100), (100, 100)], [(0, 1), (2, 3), (0, 2)])
    homes = points([(50, 50), (60, 50)])
    assert snap(net, homes).edge.tolist() == snap(net, homes.iloc[::-1]).edge.tolist()[::-1] == [0, 0]


def test_standing_on_a_bridge_or_at_the_quay_is_no_crossing():
    # The street runs over the canal from y = -100 to y = 100, and a quay lies on the canal's north bank.
    net = network([(0, -100), (0, 100), (2000, 100), (0, 20), (300, 20)], [(0, 1), (1, 2), (3, 4)])
    canal = gpd.GeoSeries([shapely.box(X0 - 500, Y0 - 20, X0 + 500, Y0 + 20)], crs=CRS)
    on_bridge, on_water, across = (0, 0), (150, 15), (150, -21)
    at = snap(net, points([on_bridge, on_water, across]), max_snap_m=60, barriers=canal)
    assert at.leg_mm.tolist() == [0, 5_000, 0]
    assert at.status.tolist() == [Positions.OK, Positions.ISLAND, Positions.FAR]


def test_a_level_crossing_is_no_barrier_for_the_house_beside_it_but_the_line_is():
    net = network([(0, -2000), (0, 2000)], [(0, 1)])
    rail = gpd.GeoSeries([shapely.LineString([(X0 - 500, Y0), (X0 + 40, Y0 + 10)])], crs=CRS)
    # Straight across the track's end to the street, and beside the track to the spot where both meet.
    at = snap(net, points([(30, 7), (30, 20)]), barriers=rail)
    assert at.status.tolist() == [Positions.OK, Positions.OK]
    long_rail = gpd.GeoSeries([shapely.LineString([(X0 + 20, Y0 - 3000), (X0 + 20, Y0 + 3000)])], crs=CRS)
    assert snap(net, points([(30, 7), (10, 7)]), barriers=long_rail).status.tolist() == [Positions.FAR, Positions.OK]


def test_barriers_in_another_system_are_refused():
    canal = gpd.GeoSeries([shapely.box(X0, Y0, X0 + 9, Y0 + 9)], crs=CRS)
    with pytest.raises(CrsError, match="barriers"):
        snap(grid(2, 2), points([(0, 0)]), barriers=canal.to_crs("EPSG:4326"))


@pytest.mark.parametrize("bad", [0, -1, float("nan")])
def test_an_unusable_limit_is_refused(bad):
    with pytest.raises(SettingError, match="max_snap_m"):
        snap(grid(2, 2), points([(0, 0)]), max_snap_m=bad)


def test_what_is_small_beside_a_large_mainland_is_an_island():
    # 2 km beside 300 km is less than one percent.
    net = network([(0, 0), (300_000, 0), (0, 400), (2000, 400)], [(0, 1), (2, 3)])
    assert snap(net, points([(10, 390)])).status.tolist() == [Positions.ISLAND]


def test_the_callers_arrays_stay_writable():
    u = np.array([0], dtype=np.int32)
    net = dataclasses.replace(grid(2, 1), u=u)
    u[0] = 1
    assert not net.u.flags.writeable
