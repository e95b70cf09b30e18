"""Water that a file does not hold whole: what closes is drawn, the rest of its banks are lines."""

from __future__ import annotations

import pytest
import shapely

from circle15.sources.osm.broken_areas import close_rings
from circle15.sources.osm.places import read_context
from tests.towns.pack_files import osm_xml

WATER = {"type": "multipolygon", "natural": "water", "name": "大湖"}
# A square of 0.004 degrees, and an island of 0.001 in it.
LAKE = [(0.0, 0.0), (0.004, 0.0), (0.004, 0.004), (0.0, 0.004)]
ISLAND = [(0.001, 0.001), (0.002, 0.001), (0.002, 0.002), (0.001, 0.002)]
NODES = dict(enumerate([*LAKE, *ISLAND], start=1))


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(points)


@pytest.mark.parametrize(
    ("outer", "inner", "area", "edge"),
    [
        ([line(*LAKE, LAKE[0])], [], 16, 0),
        ([line(*LAKE[:3]), line(*LAKE[2:], LAKE[0])], [], 16, 0),  # of two ways
        ([line(*LAKE)], [], 0, 12),  # the west bank is missing: 445 m
        ([line(*LAKE, (0.0, 0.0002))], [], 16, 0),  # 22 m are missing
        ([line(*LAKE, (0.0, 0.0004))], [], 0, 15.6),  # 45 m are
        ([line(*LAKE, LAKE[0])], [line(*ISLAND, ISLAND[0])], 15, 0),
        ([line(*LAKE, LAKE[0])], [line(*ISLAND)], 16, 3),  # an island that does not close
        ([line(*LAKE)], [line(*ISLAND, ISLAND[0])], 0, 12 + 4),  # an island in water that does not close
        ([line(*LAKE, LAKE[0]), line((0.01, 0.0), (0.01, 0.002))], [], 16, 2),
        # Two rings that touch at a corner.
        ([line(*LAKE, LAKE[0]), line((0.004, 0.004), (0.005, 0.004), (0.005, 0.005), (0.004, 0.004))], [], 16.5, 0),
    ],
)
def test_what_closes_is_area_and_the_rest_lines(outer, inner, area, edge):
    broken = close_rings(outer, inner, gap_m=30)
    assert broken.area.area * 1e6 == pytest.approx(area)
    assert broken.edge.length * 1e3 == pytest.approx(edge)


def save(tmp_path, ways, relations):
    path = tmp_path / "lake.osm"
    path.write_text(osm_xml(NODES, ways, relations=relations), encoding="utf-8")
    return path


def test_a_relation_that_lacks_a_member_keeps_its_banks_and_is_told(tmp_path):
    members = [("way", 20, "outer"), ("way", 21, "outer"), ("way", 22, "inner")]
    path = save(tmp_path, {20: ([1, 2, 3], {}), 22: ([5, 6, 7, 8, 5], {})}, {30: (members, WATER)})
    water = read_context(path, layers=("water",))["water"]
    assert water.index.tolist() == ["relation-30-banks"]
    assert water["name"].tolist() == ["大湖"]
    assert water.geometry.iloc[0].length == pytest.approx(0.008 + 0.004)
    assert water.attrs["broken"] == ["relation-30 大湖"]
    assert water.attrs["counts"] == {"read": 1, "used": 0, "cut": 1, "outside": 0, "covered": 0, "sea": 0}


def test_a_relation_of_two_lakes_keeps_the_one_that_closes(tmp_path):
    members = [("way", 20, "outer"), ("way", 21, "outer"), ("way", 22, "")]
    path = save(tmp_path, {20: ([1, 2, 3], {}), 22: ([5, 6, 7, 8, 5], {})}, {30: (members, WATER)})
    water = read_context(path, layers=("water",))["water"]
    assert water.index.tolist() == ["relation-30", "relation-30-banks"]
    assert shapely.area(water.geometry.to_numpy()).tolist() == pytest.approx([1e-6, 0])


def test_a_lake_whose_nodes_are_missing_keeps_its_banks(tmp_path):
    # Node 90 is not in the file: the way is closed, but its west is unknown.
    path = save(tmp_path, {20: ([1, 2, 3, 4, 90, 1], {"natural": "water"})}, {})
    water = read_context(path, layers=("water",))["water"]
    assert water.index.tolist() == ["way-20-banks"]
    assert water.geometry.iloc[0].length == pytest.approx(0.012)
    assert water.attrs["broken"] == ["way-20"]


def test_water_elsewhere_or_of_which_the_file_holds_nothing_is_not_told(tmp_path):
    ways = {20: ([1, 2, 3], {})}
    relations = {30: ([("way", 20, "outer"), ("way", 21, "outer")], WATER), 31: ([("way", 77, "outer")], WATER)}
    path = save(tmp_path, ways, relations)
    here = read_context(path, layers=("water",), bbox=(0.003, 0.0, 0.01, 0.01))["water"]
    assert here.attrs["broken"] == ["relation-30 大湖"]
    there = read_context(path, layers=("water",), bbox=(0.01, 0.01, 0.02, 0.02))["water"]
    assert (there.attrs["broken"], len(there)) == ([], 0)
    assert there.attrs["counts"]["cut"] == 2


def test_whole_water_is_not_broken(tmp_path):
    path = save(tmp_path, {20: ([1, 2, 3, 4, 1], {})}, {30: ([("way", 20, "outer")], WATER)})
    water = read_context(path, layers=("water",))["water"]
    assert water.index.tolist() == ["relation-30"]
    assert water.attrs["broken"] == []


def test_a_ring_that_crosses_itself_is_drawn_as_what_it_encloses(tmp_path):
    # 1 2 4 3: a bow tie of two triangles of 4 square units.
    path = save(tmp_path, {20: ([1, 2, 4, 3, 1], {"natural": "water"})}, {})
    water = read_context(path, layers=("water",))["water"]
    assert shapely.area(water.geometry.to_numpy()).tolist() == pytest.approx([8e-6])
