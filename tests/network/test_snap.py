"""Points on a network: nearest spot along an edge, limits, islands, water and rail. Drawn in the tests."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import CrsError, SettingError
from circle15.model import NodeFlag, Positions
from circle15.model.placed import determined
from circle15.network.build import edge_lines, islands
from circle15.network.cut_off import behind_barred
from circle15.network.parting import part_barred, walled_off
from circle15.network.snap import snap
from circle15.routing.reach import reach
from tests.towns.lattice import BY, CRS, X0, Y0, grid, network, points


def test_the_nearest_spot_along_the_edge_not_the_nearest_node():
    net = network([(0, 0), (400, 0)], [(0, 1)])
    at = snap(net, points([(130, 25)]))
    assert (at.offset_mm[0], at.leg_mm[0], at.status[0]) == (130_000, 25_000, Positions.OK)


def test_beyond_the_limit_a_point_is_far_and_used_for_nothing():
    net = network([(0, 0), (5000, 0)], [(0, 1)])
    at = snap(net, points([(10, 150), (10, 150.01)]))
    assert at.status.tolist() == [Positions.OK, Positions.FAR]
    assert at.ways.tolist() == [1, 0]


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


def test_equally_near_edges_are_all_ways_on():
    # A square: its middle is 50 m from all four sides, the other point nearer to one of them.
    net = network([(0, 0), (100, 0), (0, 100), (100, 100)], [(0, 1), (2, 3), (0, 2), (1, 3)])
    homes = points([(50, 50), (60, 50)])
    at = snap(net, homes)
    assert at.ways.tolist() == [4, 1]
    assert at.edge.tolist() == [0, 1, 2, 3, 3]
    assert at.offset_mm.tolist() == [50_000] * 5
    turned = snap(net, homes.iloc[::-1])
    assert turned.take(np.array([1, 0])).edge.tolist() == at.edge.tolist()


def test_a_place_at_a_junction_hangs_on_every_street_that_meets_there():
    net = network([(0, 0), (100, 0), (0, 100), (-100, 0)], [(0, 1), (0, 2), (3, 0)])
    at = snap(net, points([(-10, -20), (0, 0)]))  # the first beside the street west of the junction
    assert at.edge.tolist() == [2, 0, 1, 2]
    assert at.offset_mm.tolist() == [90_000, 0, 0, 100_000]
    assert at.leg_mm.tolist() == [20_000, 0, 0, 0]


def scrap(*, beside_m: float = 8.0, street_m: float = 18.0):
    """A street 3 km long, and 40 m of path that nothing joins; a home between them, and the ways on it."""
    net = network([(0, 0), (3000, 0), (500, beside_m + street_m), (540, beside_m + street_m)], [(0, 1), (2, 3)])
    return snap(net, points([(520, street_m)]))


def test_a_scrap_of_path_takes_no_home_away_from_its_street():
    at = scrap()
    assert at.status.tolist() == [Positions.MOVED]
    assert at.edge.tolist() == [1, 0]
    assert at.leg_mm.tolist() == [8_000, 18_000]
    assert at.nearest_m.tolist() == [8.0]


def test_the_mainland_is_a_way_on_up_to_fifty_metres_farther_and_no_more():
    assert scrap(street_m=58.0).status.tolist() == [Positions.MOVED]
    assert scrap(street_m=58.01).status.tolist() == [Positions.ISLAND]
    assert scrap(beside_m=120.0, street_m=150.0).status.tolist() == [Positions.MOVED]
    assert scrap(beside_m=120.0, street_m=150.01).status.tolist() == [Positions.ISLAND]


def test_the_mainland_across_the_water_is_no_way_on():
    net = network([(0, 0), (3000, 0), (500, 26), (540, 26)], [(0, 1), (2, 3)])
    canal = gpd.GeoSeries([shapely.box(X0, Y0 + 5, X0 + 3000, Y0 + 10)], crs=CRS)
    at = snap(net, points([(520, 18)]), barriers=canal)
    assert at.status.tolist() == [Positions.ISLAND]
    assert at.edge.tolist() == [1]


def test_a_place_where_a_scrap_crosses_the_street_stands_on_both():
    net = network([(0, 0), (3000, 0), (500, -20), (500, 20)], [(0, 1), (2, 3)])
    at = snap(net, points([(500, 0)]))
    assert at.status.tolist() == [Positions.OK]
    assert at.edge.tolist() == [0, 1]


@given(st.lists(st.tuples(st.integers(0, 220), st.integers(0, 220)), min_size=1, max_size=12), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_cutting_a_street_where_it_may_be_moves_no_place(spots, cut):
    """Spots, the distance to each way on, and where it is: the same however the streets are cut."""
    whole = network([(0, 0), (200, 0), (200, 200), (0, 200)], [(0, 1), (1, 2), (2, 3), (3, 0)])
    nodes = [(0, 0), (200, 0), (200, 200), (0, 200), (20 * cut + 10, 0)]
    parts = network(nodes, [(0, 4), (4, 1), (1, 2), (2, 3), (3, 0)])

    def places(net):
        at = snap(net, points(spots))
        spot = shapely.line_interpolate_point(edge_lines(net)[at.edge], at.offset_mm / 1000)
        x, y = shapely.get_x(spot) - X0, shapely.get_y(spot) - Y0
        return {
            (int(k), *np.round(place, 3).tolist()) for k, *place in zip(at.owner, x, y, at.leg_mm / 1000, strict=True)
        }

    assert places(whole) == places(parts)


def test_standing_on_a_bridge_or_at_the_quay_is_no_crossing():
    # The street runs over the canal from y = -100 to y = 100, and a quay lies on the canal's north bank.
    net = network([(0, -100), (0, 100), (2000, 100), (0, 20), (300, 20)], [(0, 1), (1, 2), (3, 4)])
    canal = gpd.GeoSeries([shapely.box(X0 - 500, Y0 - 20, X0 + 500, Y0 + 20)], crs=CRS)
    on_bridge, on_water, across = (0, 0), (150, 15), (150, -21)
    at = snap(net, points([on_bridge, on_water, across]), max_snap_m=60, barriers=canal)
    assert at.leg_mm.tolist() == [0, 5_000]
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


# -- Behind walls ----------------------------------------------------------------------------------


def compound(mark: int, *, gap: bool = False):
    """A street of 2 km and a compound of two paths with one way out, past a node that carries a mark.

    ::

        3 ---- 4        60 m north of the street; home at (20, 45), 15 m from the path and 45 m from the street
        |
        2   (0, 20): wall, gate, nothing; with a gap no way leads from there to the street
        |
        0 ======================== 1
    """
    nodes = [(0, 0), (2000, 0), (0, 20), (0, 60), (40, 60)]
    edges = [(0, 1), (2, 3), (3, 4)] + ([] if gap else [(0, 2)])
    flags = np.array([0, 0, mark, 0, 0], dtype=np.uint8)
    return part_barred(replace(network(nodes, edges), node_flags=flags))


BARRED, GATE = int(NodeFlag.BARRED), int(NodeFlag.GATE)
INSIDE = (20, 45)


@pytest.mark.parametrize(
    ("mark", "gap", "status"),
    [
        (0, False, Positions.OK),  # joined
        (GATE, False, Positions.OK),
        (0, True, Positions.MOVED),  # nobody knows how it is joined
        (GATE, True, Positions.MOVED),
        (BARRED, False, Positions.ISLAND),  # the map shows its way out, and that nobody passes
        (BARRED | GATE, False, Positions.ISLAND),
        (BARRED, True, Positions.MOVED),  # a wall at a dead end parts it from nothing
    ],
)
def test_no_leg_leads_out_of_a_compound_whose_only_gate_is_barred(mark, gap, status):
    net = compound(mark, gap=gap)
    placed = snap(net, points([INSIDE, (20, 10)]))
    assert placed.status.tolist() == [status, Positions.OK]
    assert placed.nearest_m.tolist() == [15, 10]
    assert placed.ways.tolist() == [2 if status == Positions.MOVED else 1, 1]


def test_a_place_at_the_wall_itself_has_the_street_that_ends_there():
    # (-5, 20): the wall's node is the nearest spot of both ways that end there; one of them is the mainland's.
    placed = snap(compound(BARRED), points([(-5, 20)]))
    assert placed.status.tolist() == [Positions.OK]
    assert placed.ways.tolist() == [2]


def test_who_lives_behind_a_wall_reaches_what_is_there_and_of_the_rest_nothing_is_known():
    net = compound(BARRED)
    home, sites = points([INSIDE]), points([(40, 65), (20, -5)], name="facility_id", prefix="f")
    table = reach(net, home, sites, profile=BY["flat"])
    reached = np.isin(np.arange(2), table.facility)
    assert reached.tolist() == [True, False]
    known = [bool(determined(table.point_status, np.array([one]))[0]) for one in reached]
    assert known == [True, False]


def test_a_wall_between_two_scraps_changes_nothing():
    # The scrap 2-3-4 is parted by a wall at 3; no part of it was ever joined to the street.
    nodes = [(0, 0), (2000, 0), (0, 30), (20, 30), (40, 30)]
    flags = np.array([0, 0, 0, BARRED, 0], dtype=np.uint8)
    net = part_barred(replace(network(nodes, [(0, 1), (2, 3), (3, 4)]), node_flags=flags))
    assert snap(net, points([(10, 28), (30, 28)])).status.tolist() == [Positions.MOVED] * 2


def test_a_scrap_behind_two_walls_is_behind_them_still():
    # 0 = street, a wall at 2, a yard 2-3, a wall at 3, another yard 3-4.
    nodes = [(0, 0), (2000, 0), (0, 20), (0, 40), (0, 60)]
    flags = np.array([0, 0, BARRED, BARRED, 0], dtype=np.uint8)
    net = part_barred(replace(network(nodes, [(0, 1), (0, 2), (2, 3), (3, 4)]), node_flags=flags))
    detached = islands(net)
    assert walled_off(net, detached).tolist() == detached.tolist()
    assert detached.sum() == 2
    assert net.length_m[behind_barred(net)].sum() == 40
    assert snap(net, points([(5, 30), (5, 50)])).status.tolist() == [Positions.ISLAND] * 2
