"""Community layers as planners have them: overlapping, with slivers, slips in names and ages."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

import circle15 as c15
from circle15.sources.community_checks import community_checks, near_names

from .lattice import CRS


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


def test_the_flagship_is_clean():
    city = c15.load_city("suzhou", data=None)
    assert not {told.code for told in city.findings} & {
        "communities-overlap",
        "community-names-equal",
        "community-ages",
    }
