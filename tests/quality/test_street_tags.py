"""Whom tags concern: people whose nearest street was taken away, and people behind what is barred, locked or shut.

::

    3 ------------ 4       the town of two banks; the homes at the middle of the link are 11 m from it and 143 m
    |              |       from any other street, those at its end 9.5 m from the street 1 to 3 and 11 m from it
    1 --- link --- 2
    5              6
    7              8
    9                      a yard of 300 m below 7, through the node 9
    10
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from circle15.hours.opening import moment
from circle15.model import DemandPoints
from circle15.model.results import Settings
from circle15.network.snap import place_demand
from circle15.quality.street_tags import moment_findings, tag_findings
from circle15.sources.osm.streets import read_streets
from circle15.study.analysis import analyse
from circle15.study.loading import load_city
from tests.towns.findings import finding_of
from tests.towns.link_town import link_pack, link_xml, tags

MIDDLE, END = (120.6215, 31.3099), (120.6201, 31.3101)
PATH_BESIDE = {
    "nodes": {11: (120.6203, 31.3102), 12: (120.6227, 31.3102)},
    "ways": {30: ([1, 11, 12, 2], tags("highway=footway"))},
}
YARD = {9: (120.6190, 31.3075), 10: (120.6190, 31.3075 - 300 / 110_900), 13: (120.6190, 31.3075 - 600 / 110_900)}
DEEP, BY_THE_GATE = (120.6191, 31.3060), (120.6191, 31.3074)


def town(tmp_path, text):
    return load_city("town", data=link_pack(tmp_path, text))


def homes(city, *rows):
    """Demand points on the streets, each (place, people, people aged 60+, community)."""
    place = gpd.points_from_xy([row[0][0] for row in rows], [row[0][1] for row in rows], crs="EPSG:4326")
    frame = gpd.GeoDataFrame(
        {
            "community_id": [row[3] for row in rows],
            "population": [float(row[1]) for row in rows],
            "pop_60plus": [float(row[2]) for row in rows],
            "method": "building",
        },
        geometry=place,
        index=pd.Index([f"p{row}" for row in range(len(rows))], name="point_id"),
    )
    return DemandPoints(frame=frame.to_crs(city.network.crs))


def placed(city, *rows, **limit):
    return place_demand(city.network, homes(city, *rows), barriers=city.barriers, **limit)


BESIDE = "nearer to the homes of about 80 people (about 30 aged 60+) than any other street"


@pytest.mark.parametrize(
    ("link", "more", "code"),
    [
        ("highway=construction construction=footway", {}, "ways-not-in-use"),
        ("highway=footway proposed=yes", {}, "ways-not-in-use"),
        ("highway=footway abandoned=yes", {}, "ways-not-in-use"),
        ("highway=footway access=no", {}, "ways-denied"),
        ("highway=footway foot=no", {}, "ways-denied"),
        ("highway=footway opening_hours=closed", {}, "ways-denied"),
        ("highway=secondary foot=use_sidepath", PATH_BESIDE, "ways-beside"),
    ],
)
def test_people_for_whom_a_way_that_was_taken_away_is_the_nearest_are_told_with_their_communities(
    tmp_path, link, more, code
):
    city = town(tmp_path, link_xml(link, **more))
    demand = placed(city, (MIDDLE, 95, 20, "W"), (END, 300, 90, "W"), (MIDDLE, 6, 3, "E"))
    told = finding_of(tag_findings(city, demand), code)
    assert BESIDE in told.message_en
    # Aged 60+: 20 of the 110 of W, and five for the three of E: 25. Of all: 395 x 20 / 110 in tens, 70, and these five.
    assert "住处离这些路比离其他道路都近的有约80人（60岁以上约30人）" in told.message_zh
    assert told.examples == ("W",)  # a community of fewer than ten such people is not named
    assert not [finding for finding in tag_findings(city, demand) if finding.code != code]


def test_nothing_is_told_of_people_for_whom_another_street_is_nearer_or_before_anybody_was_placed(tmp_path):
    city = town(tmp_path, link_xml("highway=footway foot=no"))
    for findings in (tag_findings(city), tag_findings(city, placed(city, (END, 300, 90, "W")))):
        told = finding_of(findings, "ways-denied")
        assert told.message_en.endswith("(foot=no 0.285 km)")
        assert told.examples == ()


def test_people_whom_only_the_taken_way_would_have_placed_count_too(tmp_path):
    city = town(tmp_path, link_xml("highway=footway foot=no"))
    demand = placed(city, (MIDDLE, 95, 8, "W"), max_snap_m=100)
    assert not demand.placed.any()
    told = finding_of(tag_findings(city, demand, Settings(max_snap_m=100)), "ways-denied")
    assert "fewer than 10 people (fewer than 10 aged 60+)" in told.message_en


def test_a_way_across_the_water_is_nobodys_way_on(tmp_path):
    city = town(tmp_path, link_xml("highway=footway foot=no"))
    canal = gpd.GeoSeries([shapely.box(120.6205, 31.30992, 120.6225, 31.30998)], crs="EPSG:4326").to_crs(city.area.crs)
    city = replace(city, context={"water": gpd.GeoDataFrame(geometry=canal)})
    told = finding_of(tag_findings(city, placed(city, (MIDDLE, 95, 20, "W"))), "ways-denied")
    assert told.examples == ()


@pytest.mark.parametrize(
    ("gate", "code", "words"),
    [
        ("foot=no", "nodes-barred", "0.300 km of streets hang on the main part through these alone, where about 110 "),
        ("barrier=wall", "nodes-barred", "through these alone, where about 110 people live (about 30 aged 60+)"),
        ("barrier=gate locked=yes", "gates-private", "alone, where about 110 people live (about 30 aged 60+)"),
    ],
)  # fmt: skip
def test_people_behind_barred_nodes_and_locked_gates_are_told(tmp_path, gate, code, words):
    """Everybody on a piece that is cut off is behind it, near the gate too: no leg climbs the wall.

    14 + 20 of 124 people aged 60+, told as 30; of 435 people of all ages as many in a hundred, 105.
    """
    yard = {key: YARD[key] for key in (9, 10)}
    ways = {30: ([7, 9, 10], tags("highway=service"))}
    city = town(tmp_path, link_xml("highway=footway", nodes=yard, ways=ways, node_tags={9: tags(gate)}))
    demand = placed(city, (DEEP, 45, 14, "W"), (BY_THE_GATE, 90, 20, "W"), (END, 300, 90, "W"))
    assert words in finding_of(tag_findings(city, demand), code).message_en


def test_a_second_gate_that_is_open_leaves_nobody_behind_the_locked_one(tmp_path):
    ways = {30: ([7, 9, 10, 5], tags("highway=service"))}
    yard = {key: YARD[key] for key in (9, 10)}
    city = town(tmp_path, link_xml(nodes=yard, ways=ways, node_tags={9: tags("barrier=gate locked=yes")}))
    told = finding_of(tag_findings(city, placed(city, (DEEP, 45, 14, "W"))), "gates-private")
    assert told.message_en == "1 gate lets no strangers in: nobody passes 1 that are locked"


HOURS = "opening_hours=06:00-22:00"


@pytest.mark.parametrize(
    ("way", "gate", "words"),
    [
        # Of 120 aged 60+ 16, told as 20, and 30; of 409 people as many in a hundred, 68 and 102.
        # Who lives on the street that is shut gets out at its end; what lies beyond it is cut off.
        (HOURS, "", "0.300 km of streets are then cut off from the rest, where about 70 people live (about 20 aged"),
        ("", f"barrier=gate {HOURS}", "; 0.600 km of streets are then cut off from the rest, where about 100 people"),
    ],
)  # fmt: skip
def test_people_who_are_cut_off_at_a_moment_are_told(tmp_path, way, gate, words):
    ways = {30: ([7, 9, 10], tags(f"highway=service {way}")), 31: ([10, 13], tags("highway=service"))}
    node_tags = {9: tags(gate)} if gate else {}
    city = town(tmp_path, link_xml("highway=footway", nodes=YARD, ways=ways, node_tags=node_tags))
    far_end = (120.6191, 31.3075 - 500 / 110_900)
    at_night = Settings(open_at=moment("We 23:00"))
    points = homes(city, (DEEP, 45, 14, "W"), (far_end, 64, 16, "W"), (END, 300, 90, "W"))
    demand = place_demand(city.network.at(at_night.open_at), points)
    (told,) = moment_findings(city, demand, at_night)
    assert words in told.message_en
    assert moment_findings(city, demand, Settings()) == []
    assert moment_findings(city, demand, Settings(open_at=moment("We 11:30"))) == []


def test_an_analysis_tells_each_reason_once(tmp_path):
    city = town(tmp_path, link_xml("highway=footway foot=no", node="barrier=gate access=private"))
    codes = [finding.code for finding in analyse(city).findings]
    assert codes.count("ways-denied") == 1
    assert "ways-denied" not in [finding.code for finding in city.findings]


# -- What the reader keeps ----------------------------------------------------------------------------


def test_the_reader_keeps_the_lines_of_ways_that_tags_took_and_of_no_others(tmp_path):
    path = tmp_path / "streets.osm"
    ways = {
        40: ([3, 5], tags("highway=footway proposed=yes")),
        41: ([3, 6], tags("highway=motorway")),  # no street by its class
        42: ([3, 99, 4, 2], tags("highway=footway access=no")),  # 99 is not in the file: parted there, 3 is alone
    }
    path.write_text(link_xml("highway=footway foot=no", ways=ways), encoding="utf-8")
    taken = read_streets(path).taken
    assert repr(taken) == "<TakenWays: 2 access, 1 planned>"
    assert taken.size.tolist() == [2, 2, 2]
    assert taken.of({"planned"}).lon.tolist() == [120.620, 120.6190]
    assert taken.of({"access"}).lat.tolist() == [31.310, 31.310, 31.318, 31.310]
    assert np.array_equal(taken.of({"access", "planned"}).lon, taken.lon)
    near_one = read_streets(path, bbox=(120.6195, 31.3095, 120.6205, 31.3105)).taken
    assert near_one.kind == ("access",)  # the link has an end in the box
