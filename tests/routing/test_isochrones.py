"""Isochrones: cut exactly, nested, holes kept, two ways of drawing that agree."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
import shapely

from circle15.errors import DataQualityWarning, InputError, SettingError
from circle15.model import EdgeFlag, Facilities
from circle15.network.build import edge_lines
from circle15.network.graph import walk_graph
from circle15.network.snap import snap
from circle15.routing.isochrones import draw_isochrones, isochrones, reached_streets
from circle15.routing.reach import reach
from tests.towns.lattice import BY, grid, network, points, torn_grid

FLAT = BY["flat"]


def reached_m(net, at, minutes=(5,)) -> list[float]:
    """Length of street reached, each stretch once."""
    graph = walk_graph(net, FLAT)
    cuts = reached_streets(graph, snap(net, points(at), max_snap_m=500), minutes=minutes)[0]
    lengths = []
    for cut in cuts:
        covered = {}
        for edge, begin, end in zip(cut.edge, cut.begin_mm, cut.end_mm, strict=True):
            covered.setdefault(int(edge), []).append(shapely.box(begin, 0, end, 1))
        lengths.append(sum(shapely.union_all(boxes).area for boxes in covered.values()) / 1000)
    return lengths


def test_a_street_is_cut_exactly_at_the_cutoff():
    # 300 s at 1 m/s both ways from the middle of a street of 2 km; a leg of 40 m costs 40 s on either side.
    net = network([(0, 0), (2000, 0)], [(0, 1)])
    assert reached_m(net, [(1000, 0)]) == [600]
    assert reached_m(net, [(1000, 40)]) == [520]


def test_a_branch_is_cut_beyond_the_junction():
    #        3
    #  0 ----1---- 2     from 50 m before the junction, 5 min: 50 + 250 each way on, and 50 + ... back
    net = network([(0, 0), (400, 0), (800, 0), (400, 500)], [(0, 1), (1, 2), (1, 3)])
    assert reached_m(net, [(350, 0)]) == [300 + 50 + 250 + 250]


def test_an_edge_reached_from_both_ends_counts_once():
    # A ring of 400 m: everything within 200 m of anywhere.
    net = network([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)])
    assert reached_m(net, [(50, 0)], minutes=(5,)) == [400]
    assert reached_m(net, [(50, 0)], minutes=(2.5,)) == [300]  # 150 m each way round


def test_a_loop_is_entered_from_both_its_ends():
    net = network([(0, 0), (100, 0)], [(0, 1), (1, 1)], length_m=[100, 1000])
    # 100 m to the node, then 200 m into the loop from either end
    assert reached_m(net, [(0, 0)]) == [100 + 400]


def test_walking_towards_the_facility_against_a_moving_stair_reaches_nothing():
    net = network([(0, 0), (1000, 0)], [(0, 1)], flags=[EdgeFlag.FORWARD_ONLY])
    # Residents come from behind (x < 500) only.
    assert reached_m(net, [(500, 0)]) == [300]


def test_stairs_shorten_the_reach():
    net = network([(0, 0), (1000, 0)], [(0, 1)], flags=[EdgeFlag.STEPS])
    assert reached_m(net, [(0, 0)]) == [150]  # 0.5 m/s


def test_the_polygon_of_a_straight_street_is_a_stadium():
    net = network([(0, 0), (2000, 0)], [(0, 1)])
    shape = isochrones(net, points([(1000, 0)]), minutes=[5], profile=FLAT).frame.geometry.iloc[0]
    assert shape.area == pytest.approx(600 * 50 + np.pi * 25**2, rel=0.01)
    assert shape.bounds == pytest.approx((560_675, 3_464_975, 561_325, 3_465_025), abs=0.5)


def test_the_block_in_a_ring_of_streets_is_a_hole():
    net = network([(0, 0), (200, 0), (200, 200), (0, 200)], [(0, 1), (1, 2), (2, 3), (3, 0)])
    for method in ("grid", "union"):
        drawn = isochrones(net, points([(0, 0)]), minutes=[10], profile=FLAT, method=method)
        part = shapely.get_parts(drawn.frame.geometry.iloc[0])[0]
        assert len(part.interiors) == 1
        assert shapely.Polygon(part.interiors[0]).area == pytest.approx(150 * 150, rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_both_ways_of_drawing_agree(seed):
    net = torn_grid(seed)
    sites = points(np.random.default_rng(seed).uniform(0, 1100, (6, 2)).tolist())
    grids, unions = (
        isochrones(net, sites, profile=FLAT, method=method, max_snap_m=400).frame.geometry.to_numpy()
        for method in ("grid", "union")
    )
    both = shapely.area(shapely.intersection(grids, unions)) / shapely.area(shapely.union(grids, unions))
    assert np.nanmin(both) > 0.99


@pytest.mark.parametrize("seed", range(3))
def test_laws_of_the_polygons(seed):
    net = torn_grid(seed)
    homes = points(np.random.default_rng(seed + 50).uniform(0, 1100, (80, 2)).tolist())
    sites = points(np.random.default_rng(seed).uniform(0, 1100, (6, 2)).tolist(), name="facility_id")
    drawn = isochrones(net, sites, profile=FLAT, minutes=(5, 10, 15)).frame.geometry
    assert drawn.is_valid.all()
    by_site = drawn.to_numpy().reshape(len(sites), 3)
    # nested
    for inner, outer in ((by_site[:, 0], by_site[:, 1]), (by_site[:, 1], by_site[:, 2])):
        assert shapely.area(shapely.difference(inner, outer)).max() < 1e-3
    # no larger than the circle of the walking distance and the drawn width
    for column, cutoff in enumerate((5, 10, 15)):
        assert shapely.area(by_site[:, column]).max() <= np.pi * (60 * cutoff + 25) ** 2
    # every point within the drawn width of a street: to half a cell diagonal of the grid, exactly for unions
    streets = shapely.union_all(edge_lines(net))
    assert shapely.area(shapely.difference(by_site[:, 2], shapely.buffer(streets, 25 + 5 / np.sqrt(2)))).max() < 1e-6
    exact = isochrones(net, sites, profile=FLAT, minutes=[15], method="union").frame.geometry.to_numpy()
    assert shapely.area(shapely.difference(exact, shapely.buffer(streets, 25.2))).max() < 1e-6
    # every demand point that reaches the site from the street itself lies in the polygon
    at = snap(net, homes, max_snap_m=400)
    at = at.ways_where(np.isin(np.arange(len(at.edge)), at.start[:-1]))  # one of equally near spots
    on_street = shapely.line_interpolate_point(edge_lines(net)[at.edge], at.offset_mm / 1000)
    table = reach(net, homes.set_geometry(on_street, crs=net.crs), sites, profile=FLAT)
    for point, site in table.minutes.index:
        shape = by_site[list(sites.index).index(site), 2]
        assert shape.distance(on_street[list(homes.index).index(point)]) < 1e-6


def test_the_reached_length_of_many_never_exceeds_the_sum_over_each():
    net = torn_grid(7)
    at = np.random.default_rng(7).uniform(0, 1100, (5, 2)).tolist()
    graph = walk_graph(net, FLAT)
    positions = snap(net, points(at), max_snap_m=500)
    together = reached_streets(graph, positions, minutes=[5], groups=[np.arange(5)])[0][0]
    alone = sum(reached_m(net, [one])[0] for one in at)
    covered: dict[int, list[shapely.Geometry]] = {}
    for edge, begin, end in zip(together.edge, together.begin_mm, together.end_mm, strict=True):
        covered.setdefault(int(edge), []).append(shapely.box(begin, 0, end, 1))
    whole = sum(shapely.union_all(boxes).area for boxes in covered.values()) / 1000
    assert 0 < whole <= alone + 1e-6
    assert whole >= max(reached_m(net, [one])[0] for one in at) - 1e-6


def test_merged_per_service_equals_the_union_of_its_facilities():
    net = torn_grid(3)
    sites = points(np.random.default_rng(3).uniform(0, 1100, (6, 2)).tolist(), name="facility_id", prefix="f")
    sites["name"] = sites.index
    sites["services"] = [("clinic",), ("clinic", "shop"), ("shop",), ("clinic",), ("shop",), ("shop",)]
    drawn = isochrones(net, Facilities(frame=sites, listed=frozenset({"clinic", "shop"})), profile=FLAT)
    for service in ("clinic", "shop"):
        mine = [service in offered for offered in sites["services"]]
        for cutoff in (5.0, 10.0, 15.0):
            merged = drawn.merged.geometry.loc[(service, cutoff)]
            alone = shapely.union_all(drawn.frame.geometry.xs(cutoff, level="cutoff_min")[mine].to_numpy())
            assert merged.intersection(alone).area / merged.union(alone).area > 0.995


def test_a_large_area_is_drawn_in_tiles_without_a_seam(monkeypatch):
    net = torn_grid(5)
    sites = points([(500, 500)])
    whole = isochrones(net, sites, profile=FLAT, max_snap_m=500).frame.geometry.iloc[2]
    monkeypatch.setattr(sys.modules["circle15.routing.isochrones"], "TILE", 60)
    tiled = isochrones(net, sites, profile=FLAT, max_snap_m=500).frame.geometry.iloc[2]
    assert whole.symmetric_difference(tiled).area < 1e-3
    assert len(shapely.get_parts(tiled)) == len(shapely.get_parts(whole))


def test_the_ideal_grid_gives_the_diamond():
    # 10 min at 1 m/s on a 50 m grid: the reach is the diamond of area 2 (vT)^2.
    net = grid(31, 31, 50.0)
    shape = isochrones(net, points([(750, 750)]), minutes=[10], profile=FLAT, buffer_m=25).frame.geometry.iloc[0]
    filled = shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(shape)])
    assert filled.area == pytest.approx(2 * 600**2, rel=0.12)  # plus the drawn width along its rim


def test_a_far_point_keeps_its_rows_with_empty_polygons():
    with pytest.warns(DataQualityWarning):
        drawn = isochrones(grid(3, 3), points([(0, 0), (9000, 0)]), minutes=[5, 10], profile=FLAT)
    assert drawn.frame.geometry.is_empty.tolist() == [False, False, True, True]
    assert drawn.frame.index.names == ["facility_id", "cutoff_min"]


def test_far_points_are_told():
    with pytest.warns(DataQualityWarning, match=r"1 of 2 points .* \(first: p1\).*longitude first"):
        isochrones(grid(3, 3), points([(0, 0), (9000, 0)]), minutes=5, profile=FLAT)


def test_drawing_leaves_the_warning_filters_alone():
    before = list(warnings.filters)
    isochrones(torn_grid(1), points(np.random.default_rng(1).uniform(0, 1100, (60, 2)).tolist()), profile=FLAT)
    assert list(warnings.filters) == before


def test_bad_settings_are_refused():
    with pytest.raises(SettingError, match="gird"):
        isochrones(grid(2, 2), points([(0, 0)]), method="gird")
    with pytest.raises(SettingError, match="at least one"):
        isochrones(grid(2, 2), points([(0, 0)]), minutes=())
    with pytest.raises(SettingError, match="rise"):
        isochrones(grid(2, 2), points([(0, 0)]), minutes=(5, 1, 5))
    with pytest.raises(InputError, match="more than once"):
        isochrones(grid(2, 2), points([(0, 0), (1, 1)]).rename({"p1": "p0"}))
    with pytest.raises(InputError, match="needs a point; found Polygon"):
        isochrones(grid(2, 2), points([(0, 0)]).buffer(3).to_frame("geometry"))
    with pytest.raises(SettingError, match="buffer_m"):
        isochrones(grid(2, 2), points([(0, 0)]), buffer_m=0)
    with pytest.raises(SettingError, match="minutes above 0"):
        isochrones(grid(2, 2), points([(0, 0)]), minutes=[-5])


def test_results_draw_themselves():
    net = grid(3, 3)
    drawn = draw_isochrones(walk_graph(net, FLAT), snap(net, points([(0, 0)])), minutes=[5])
    assert "area_ha" in drawn._repr_html_() or "5.0" in drawn._repr_html_()
    assert "1 origins at 5 min" in repr(drawn)
    assert drawn.merged.empty
