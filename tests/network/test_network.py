"""Streets -> network: chains, islands, signals. The networks are drawn in the tests."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import CrsError, StreetsError
from circle15.model import EdgeFlag, NodeFlag, Origin, Streets
from circle15.network.build import build_network, canonical, clip_network, edge_lines, merge_chains
from circle15.sources.osm.streets import read_streets
from tests.towns.lattice import CLASS, CRS, X0, Y0, grid, network

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


@pytest.mark.parametrize("kind", ["r", "f"])
def test_a_signal_on_the_way_delays_everybody(kind):
    # Traffic lights at c, where nothing says that they are a crossing's: who walks along stops too, on any way.
    net = build_network(streets([f"{kind}:abcde"], node_flags={"c": NodeFlag.SIGNAL}), crs=CRS)
    assert shape(net) == [("a", "c", 200), ("c", "e", 200)]
    at_u = {(chr(net.node_id[u]), bool(f & EdgeFlag.SIGNAL_AT_U)) for u, f in zip(net.u, net.flags, strict=True)}
    at_v = {(chr(net.node_id[v]), bool(f & EdgeFlag.SIGNAL_AT_V)) for v, f in zip(net.v, net.flags, strict=True)}
    assert at_u | at_v == {("a", False), ("c", True), ("e", False)}


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


def test_the_callers_arrays_stay_writable():
    u = np.array([0], dtype=np.int32)
    net = dataclasses.replace(grid(2, 1), u=u)
    u[0] = 1
    assert not net.u.flags.writeable


# -- Where no zone is ------------------------------------------------------------------------------


@pytest.mark.parametrize("lat", [85.0, -81.0])
def test_streets_beyond_every_utm_zone_are_refused_in_words(osm_file, lat):
    streets = read_streets(osm_file({1: (0.0, lat), 2: (0.01, lat)}, {1: ([1, 2], {"highway": "footway"})}))
    with pytest.raises(CrsError, match=r"no UTM zone holds these coordinates.*crs=") as told:
        build_network(streets)
    assert "UTM" in told.value.zh
    # Stereographic maps of the pole are true to length on one parallel: here on this one.
    assert build_network(streets, crs=f"+proj=stere +lat_0={90 if lat > 0 else -90} +lat_ts={lat}").n_edges == 1


def test_streets_on_both_sides_of_the_antimeridian_are_refused_in_words(osm_file):
    streets = read_streets(osm_file({1: (179.999, -16.5), 2: (-179.999, -16.5)}, {1: ([1, 2], {"highway": "footway"})}))
    with pytest.raises(CrsError, match="meridian of 180 degrees, which is not supported") as told:
        build_network(streets)
    assert "180度经线" in told.value.zh
    assert build_network(streets, crs="EPSG:32760").length_m.tolist() == pytest.approx([213.5], abs=0.5)


def test_closed_edges_are_closed_and_all_else_stays():
    net = grid(3, 2)
    edges = np.arange(net.n_edges) == 1
    closed = net.with_closed(edges)
    assert closed.has(EdgeFlag.CLOSED).tolist() == edges.tolist()
    assert not net.has(EdgeFlag.CLOSED).any()
    assert not closed.flags.flags.writeable
    again = dataclasses.replace(closed, flags=net.flags)
    for column in dataclasses.fields(net):
        one, other = getattr(net, column.name), getattr(again, column.name)
        assert np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other, column.name
    assert closed.with_closed(~edges).has(EdgeFlag.CLOSED).all()
