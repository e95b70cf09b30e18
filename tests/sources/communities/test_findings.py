"""Community layers as planners have them: overlapping, with slivers, slips in names and ages."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from circle15.sources.communities.findings import community_checks, near_names
from tests.towns.lattice import CRS
from tests.towns.real_cities import shipped_city


def layer(*shapes, names=None, **people) -> gpd.GeoDataFrame:
    count = len(shapes)
    columns = {"name": names or [f"第{k}社区" for k in range(count)], "population": [1000.0] * count}
    columns |= {"pop_60plus": [200.0] * count} | people
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS, index=[f"c{k}" for k in range(count)])
    return frame.rename_axis("community_id")


def codes(frame) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {told.code: (told.count, told.examples) for told in community_checks(frame, file="c.gpkg")}


LEFT, RIGHT = shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)


def test_neighbours_that_share_a_border_are_fine():
    assert codes(layer(LEFT, RIGHT)) == {}


def test_an_overlap_is_told_with_its_pair_and_area():
    over = layer(LEFT, shapely.box(90, 0, 200, 100), shapely.box(500, 0, 600, 100))
    (told,) = community_checks(over, file="c.gpkg")
    assert (told.code, told.count, told.examples) == ("communities-overlap", 1, ("c0 x c1",))
    assert "0.1 ha" in told.message_en
    assert "c.gpkg" in str(told)


def test_identical_polygons_overlap_and_a_hair_does_not():
    assert codes(layer(LEFT, LEFT))["communities-overlap"] == (1, ("c0 x c1",))
    assert codes(layer(LEFT, shapely.box(99.5, 0, 200, 100))) == {}  # 50 m2


def test_a_small_part_beside_a_large_one_is_a_sliver_but_a_small_community_is_not():
    crumb = shapely.MultiPolygon([LEFT, shapely.box(300, 0, 310, 10)])
    assert codes(layer(crumb, shapely.box(500, 0, 510, 10))) == {"community-slivers": (1, ("c0",))}


def test_equal_and_nearly_equal_names():
    five = [shapely.box(200 * k, 0, 200 * k + 100, 100) for k in range(5)]
    found = codes(layer(*five, names=["陈港社区", "陈巷社区", "东门社区", "西门社区", "东门社区"]))
    assert found == {"community-names-equal": (1, ("东门社区",)), "community-names-near": (1, ("陈巷社区 / 陈港社区",))}


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["彩香一村", "彩香二村"], []),
        (["新庄社区", "老庄社区"], []),
        (["杨家桥社区", "扬家桥村"], [("扬家桥村", "杨家桥社区")]),
        (["陈港社区", "陈港村"], []),  # one stem: told as such by nobody, since village and community may both exist
        (["港", "巷"], []),
        (
            ["平江社区", "苹江社区", "坪江社区"],
            [("坪江社区", "平江社区"), ("坪江社区", "苹江社区"), ("平江社区", "苹江社区")],
        ),
    ],
)
def test_which_names_are_near(names, pairs):
    assert near_names(names) == pairs


def test_older_groups_cannot_be_larger():
    frame = layer(LEFT, RIGHT, pop_60plus=[200.0, 200.0], pop_65plus=[150.0, 150.0], pop_80plus=[40.0, 160.0])
    assert codes(frame) == {"community-ages": (1, ("c1",))}


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ({"pop_60plus": [800.0, 801.0]}, {"community-aged": (1, ("c1",))}),
        ({"population": [40.0, 1000.0], "pop_60plus": [40.0, 1.0]}, {}),  # forty people may all be old
        ({"households": [1000.0, 1001.0]}, {"community-households": (1, ("c1",))}),
        ({"households": [100.0, 99.0]}, {"community-households": (1, ("c1",))}),
        ({"households": [0.0, float("nan")]}, {}),
        ({"population_registered": [200.0, 5000.0]}, {}),
        ({"population_registered": [199.0, 5001.0]}, {"community-registered": (2, ("c0", "c1"))}),
        ({"population_registered": [0.0, float("nan")]}, {}),
        ({"population": [0.35, 1.2], "pop_60plus": [0.0, 0.3]}, {"community-units": (2, ("c0", "c1"))}),
        ({"population": [3.0, 12.0], "pop_60plus": [0.0, 0.0]}, {}),
        ({"population": [0.5, 1200.0], "pop_60plus": [0.0, 0.0]}, {}),
    ],
)
def test_figures_that_cannot_well_be(people, expected):
    frame = layer(LEFT, RIGHT).assign(**people)
    assert codes(frame) == expected


def test_points_have_no_slivers_and_no_overlaps():
    spots = layer(shapely.MultiPoint([(0, 0), (5, 5)]), shapely.Point(0, 0))
    assert codes(spots) == {}


def test_the_flagship_is_clean():
    city = shipped_city("suzhou")
    assert not {told.code for told in city.findings} & {
        "communities-overlap",
        "community-names-equal",
        "community-ages",
        "community-aged",
        "community-households",
    }
