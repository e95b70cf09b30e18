"""Equal candidates: places and streets that nothing tells apart are the same whatever comes first in a file."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from circle15 import from_geopandas, reach
from circle15.errors import DataQualityWarning
from tests.towns.lattice import CRS, X0, Y0, points


def streets(**columns):
    """Own street lines in metres from the corner; ``lines`` are lists of places."""
    lines = [shapely.LineString([(X0 + x, Y0 + y) for x, y in line]) for line in columns.pop("lines")]
    return from_geopandas(gpd.GeoDataFrame(columns, geometry=lines, crs=CRS))


def seconds(net, home, site):
    return [round(cost / 1000) for cost in reach(net, points([home]), points([site], prefix="f")).cost_ms]


@pytest.mark.parametrize("foot", [(-30, 0), (30, 0)])
def test_where_a_moving_stair_arrives_at_a_junction_one_also_comes_by_the_street(foot):
    # 110 m at 0.9 m/s, whichever side the stair comes from.
    net = streets(
        lines=[[(0, 0), (0, 200)], [foot, (0, 0)]],
        highway=["residential", "steps"],
        conveying=[None, "forward"],
        **{"oneway:foot": [None, "yes"]},
    )
    assert seconds(net, (0, 100), (0, -10)) == [122]


@pytest.mark.parametrize("end", [(-80, 0), (80, 0)])
def test_a_closed_street_at_the_junction_cuts_nobody_off(end):
    net = streets(lines=[[(0, 0), (0, 200)], [end, (0, 0)]], highway=["residential"] * 2, closed=[False, True])
    assert seconds(net, (0, 100), (0, -10)) == [122]


@pytest.mark.parametrize(
    "ways",
    [
        [("steps", [0, 100]), ("footway", [0, 100])],
        [("steps", [0, 100]), ("footway", [0, 50]), ("footway", [50, 100])],
        [("steps", [0, 50]), ("steps", [50, 100]), ("footway", [0, 100])],
    ],
)
@pytest.mark.filterwarnings("ignore:1 end of street lines:circle15.errors.DataQualityWarning")
def test_of_ways_drawn_over_each_other_the_quicker_one_is_walked_however_they_are_cut(ways):
    # 60 m of footway and a leg of 5 m, not of stairs.
    for order in (ways, ways[::-1]):
        net = streets(lines=[[(x, 0) for x in line] for _, line in order], highway=[kind for kind, _ in order])
        assert seconds(net, (40, 5), (100, 0)) == [72]


def test_an_isolated_path_beside_a_home_changes_nothing():
    street = [[(0, 0), (500, 0)], [(500, 0), (500, 600)]]
    alone = streets(lines=street, highway=["residential"] * 2)
    beside = streets(lines=[*street, [(240, 18), (260, 18)]], highway=["residential"] * 3)
    assert seconds(alone, (250, 20), (0, 0)) == seconds(beside, (250, 20), (0, 0)) == [300]


def test_names_of_coincident_ways_do_not_follow_the_file():
    rows = [("east", [-100, 0]), ("one", [0, 10]), ("two", [0, 10]), ("west", [10, 100])]
    nets = []
    for order in (rows, rows[::-1]):
        with pytest.warns(DataQualityWarning, match="1 stretch of street lines, 10 m, stands twice and counts once"):
            nets.append(streets(lines=[[(x, 0) for x in line] for _, line in order], name=[name for name, _ in order]))
    # Two alike count once, by the first of their names.
    assert nets[0].names == nets[1].names == ("", "east", "one", "west")
    assert nets[0].name.tolist() == nets[1].name.tolist()
