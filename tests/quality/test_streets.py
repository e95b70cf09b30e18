"""Is the street file enough? Blocks of streets whose border, density, classes and pieces are known by construction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from circle15.model import DemandPoints
from circle15.quality.streets import circle_cut
from circle15.render.map.payload import payload
from circle15.render.published.privacy import SUPPRESSED
from circle15.render.published.told import publish
from circle15.render.report.facts import Facts
from circle15.render.report.section_closing import quality
from circle15.render.tables.frames import community_table
from circle15.render.tables.geopackage import layers
from circle15.study import Result, analyse, load_city
from circle15.study.loading import check_city
from tests.towns.findings import finding_of
from tests.towns.pack_files import CITY_TOML, feature, geojson, osm_xml, rectangle, write_csv

LON, LAT = 120.60, 31.30
EAST, NORTH = 1 / (111_320 * 0.8545), 1 / 111_320  # degrees for each metre
LONG = (-2000, -1000, 0, 100, 200, 300, 400, 500, 1000, 2500)
BORDER = {"streets-cut", "streets-thin", "streets-end-early"}
Line = list[tuple[float, float]]


def block(west: float, south: float, east: float, north: float, *, step: int = 100) -> list[Line]:
    """Streets of a block, metres from the corner."""
    across, up = range(int(west), int(east) + 1, step), range(int(south), int(north) + 1, step)
    return [[(x, y) for x in across] for y in up] + [[(x, y) for y in up] for x in across]


def cross() -> list[Line]:
    """Two roads that an extract keeps whole, 2 km out of the block of 500 m each way."""
    return [[(x, 200) for x in LONG], [(200, y) for y in LONG]]


def place(x: float, y: float) -> tuple[float, float]:
    """Degrees of a place in metres from the corner."""
    return round(LON + x * EAST, 7), round(LAT + y * NORTH, 7)


def streets(lines: Iterable[Line], *, box: Any = None, classes: Mapping[int, str] | None = None) -> str:
    """An OSM file of lines, with a header of ``box`` in metres: west, south, east, north."""
    numbers: dict[tuple[float, float], int] = {}
    ways = {}
    for way, line in enumerate(lines):
        refs = [numbers.setdefault(spot, len(numbers) + 1) for spot in line]
        ways[way + 1] = (refs, {"highway": (classes or {}).get(way, "residential")})
    text = osm_xml({number: place(*spot) for spot, number in numbers.items()}, ways)
    if box is None:
        return text
    (west, south), (east, north) = place(*box[:2]), place(*box[2:])
    header = f'<bounds minlat="{south}" minlon="{west}" maxlat="{north}" maxlon="{east}"/>'
    return text.replace('<osm version="0.6">', f'<osm version="0.6">\n{header}')


def land(key: str, west: float, south: float, east: float, north: float, people: int = 1000) -> dict[str, Any]:
    """A community in metres from the corner."""
    shape = rectangle(*place(west, south), *place(east, north))
    return feature(shape, community_id=key, name=f"{key}社区", population=people, pop_60plus=people // 4)


def found(make_pack, text: str, communities: list[dict[str, Any]]) -> dict[str, Any]:
    """Findings of a pack about its streets, by code."""
    site = ("f1", "站", "clinic", *map(str, communities[0]["geometry"]["coordinates"][0][0]))
    root: Path = make_pack(
        toml=CITY_TOML.format(settings="", more=""), communities=communities, sites=[site], streets=text
    )
    told = check_city("tryton", data=root).findings
    return {finding.code: finding for finding in told if finding.code.startswith("streets-")}


def test_a_file_cut_at_the_communities_is_told_with_the_people_whose_circle_leaves_it(make_pack) -> None:
    edge = land("A1", 380, 100, 500, 400)
    told = found(make_pack, streets(block(0, 0, 500, 500) + cross(), box=(0, 0, 500, 500)), [edge])
    assert set(told) & BORDER == {"streets-cut"}
    assert told["streets-cut"].severity == "warning"
    assert told["streets-cut"].examples == ("A1 A1社区 100%",)
    assert "1个社区约1,000人（共约1,000人）的步行圈（810米）" in told["streets-cut"].message_zh
    assert "circle15 fetch" in told["streets-cut"].remedy_zh


def test_people_are_those_within_a_circle_of_the_border(make_pack) -> None:
    # The file's box is 4,000 m wide. A walk of 15 minutes at 0.9 m/s is 810 m: "rim" ends 410 m from the border and is
    # 800 m wide, so 400 of its 800 m lie nearer than that: half of its 2,000 people. "middle" is 1,200 m away.
    lines = block(-1000, 0, 3000, 4000, step=500)
    rim, middle = land("rim", 1790, 1900, 2590, 2100, 2000), land("middle", 200, 1900, 600, 2100)
    told = found(make_pack, streets(lines, box=(-1000, 0, 3000, 4000)), [rim, middle])["streets-cut"]
    assert told.count == 1
    assert told.examples == ("rim rim社区 50%",)
    people = int(told.message_en.split("about ")[1].split(" people")[0].replace(",", ""))
    assert people == pytest.approx(1000, abs=5)


def test_a_file_that_reaches_far_enough_is_not_told(make_pack) -> None:
    lines = block(-2500, -2500, 3000, 3000, step=250)
    told = found(make_pack, streets(lines, box=(-2500, -2500, 3000, 3000)), [land("A1", 380, 100, 500, 400)])
    assert not set(told) & BORDER


@pytest.mark.parametrize(
    ("box", "codes"),
    [
        (None, {"streets-thin"}),  # no header: hardly a street around the communities
        ((500, 500, 0, 0), {"streets-thin"}),  # reversed: no box
        ((0, 0, 100, 100), {"streets-thin"}),  # smaller than its own data: not believed
        ((-3000, -3000, 3000, 3000), {"streets-thin"}),  # larger than its data
    ],
)
def test_headers_that_are_absent_reversed_or_wrong(make_pack, box: Any, codes: set[str]) -> None:
    # 36 km of street in a quarter of a square kilometre; around it two roads.
    text = streets(block(0, 0, 500, 500, step=20) + cross(), box=box)
    told = found(make_pack, text, [land("A1", 0, 0, 500, 500)])
    assert set(told) & BORDER == codes
    assert all(told[code].severity == "warning" for code in codes)


def test_the_finding_stands_in_check_and_analysis_once(make_pack, tmp_path) -> None:
    edge = land("A1", 380, 100, 500, 400)
    site = ("f1", "站", "clinic", *map(str, place(-600, 200)))
    text = streets(block(0, 0, 500, 500) + cross(), box=(0, 0, 500, 500))
    root = make_pack(communities=[edge], sites=[site], streets=text)
    with pytest.warns(match="data-quality"):
        result = analyse(load_city("tryton", data=root), draws=0)
    assert finding_of(result.findings, "streets-cut").count == 1
    saved = result.save(tmp_path / "out")
    assert "文件头所写的范围" in (saved / "map.html").read_text(encoding="utf-8")


def everywhere(*, classes: Mapping[int, str] | None = None) -> str:
    """Streets of 4 x 4 km, wide enough for a community in the middle."""
    return streets(block(-2000, -2000, 2500, 2500, step=250), classes=classes)


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        ({8: "primary", 9: "tertiary"}, True),
        ({8: "primary", 9: "footway"}, False),
        ({8: "primary", 9: "path"}, False),
        ({8: "primary", 9: "steps"}, False),
        ({8: "primary", 9: "service"}, False),
        ({8: "primary", 9: "pedestrian"}, False),
        ({}, False),  # one class only: the classes are not known
    ],
)
def test_a_network_for_cars_is_told(make_pack, classes: Mapping[int, str], *, told: bool) -> None:
    findings = found(make_pack, everywhere(classes=classes), [land("A1", 0, 0, 500, 500)])
    assert ("streets-drive-only" in findings) == told
    if told:
        assert "network_type" in findings["streets-drive-only"].remedy_zh


def test_large_parts_that_nothing_joins_are_named_with_kilometres_and_people(make_pack) -> None:
    # West: 5 + 5 streets of 400 m, 4.0 km; east, beyond 600 m without a bridge, less.
    west, east = block(0, 0, 400, 400), block(1000, 0, 1300, 400)
    text = streets(west + east)
    told = found(make_pack, text, [land("W", -50, -50, 450, 450), land("E", 950, -50, 1350, 450, 600)])[
        "streets-pieces"
    ]
    assert (told.severity, told.count) == ("warning", 1)
    assert told.examples == ("— 3.1 km",)  # 5 of 300 m and 4 of 400 m
    assert "约600人" in told.message_zh


def test_scraps_stay_a_note_and_are_no_large_part(make_pack) -> None:
    text = streets([*block(0, 0, 400, 400), [(1000, 0), (1200, 0)]])
    site = ("f1", "站", "clinic", *map(str, place(0, 0)))
    root = make_pack(communities=[land("W", -50, -50, 450, 450)], sites=[site], streets=text)
    findings = check_city("tryton", data=root).findings
    assert "streets-pieces" not in {finding.code for finding in findings}
    assert finding_of(findings, "islands").count == 1


# -- people whose circle leaves the file, by where they live --------------------------------------------


@pytest.fixture(scope="module")
def rim_and_middle(tmp_path_factory) -> Result:
    """The file's box is 4,000 m wide; a walk of 15 minutes at 0.9 m/s is 810 m. One house at each spot of the first.

    ::

        x =  -1,000 (border)   2,090  2,290  2,490   3,000 (border)
        community rim:           h      h      h        910, 710 and 510 m from the border: two of three are nearer
        community middle:    400 m, 2,600 m from it
    """
    root = tmp_path_factory.mktemp("cut") / "tryton"
    root.mkdir()
    box = (-1000, 0, 3000, 4000)
    (root / "streets.osm").write_text(streets(block(-1000, 0, 3000, 4000, step=500), box=box), encoding="utf-8")
    house = [feature(rectangle(*place(x - 5, 1995), *place(x + 5, 2005)), levels=9) for x in (2090, 2290, 2490, 400)]
    (root / "houses.geojson").write_text(geojson(house), encoding="utf-8")
    towns = [land("rim", 1790, 1900, 2590, 2100, 300), land("middle", 200, 1900, 600, 2100, 50)]
    (root / "communities.geojson").write_text(geojson(towns), encoding="utf-8")
    write_csv(root / "facilities.csv", [("f1", "站", "clinic", *map(str, place(400, 2000)))])
    more = '[[context]]\nlayer = "buildings"\nfile = "houses.geojson"\n'
    (root / "city.toml").write_text(CITY_TOML.format(settings="", more=more), encoding="utf-8")
    with pytest.warns(match="data-quality"):
        return analyse(load_city("tryton", data=root.parent), draws=0)


def test_each_community_has_the_people_whose_circle_leaves_the_file(rim_and_middle: Result) -> None:
    # 300 people in three houses of one size: 100 each, 25 of them aged 60+
    table = rim_and_middle.circle_cut
    assert table.loc["rim"].tolist() == pytest.approx([200, 50], abs=0.1)  # degrees are rounded
    assert table.loc["middle"].tolist() == [0, 0]
    told = finding_of(rim_and_middle.findings, "streets-cut")
    assert (told.count, told.examples) == (1, ("rim rim社区",))
    assert "1个社区约200人（共约350人）" in told.message_zh
    rows = community_table(rim_and_middle).set_index("community_id")
    assert rows.loc["rim", ["circle_cut", "circle_cut_60plus"]].tolist() == pytest.approx([200, 50], abs=0.1)
    assert rows.loc["middle", ["circle_cut", "circle_cut_60plus"]].tolist() == [0, 0]
    assert layers(rim_and_middle)["communities"]["circle_cut_60plus"].sum() == pytest.approx(50, abs=0.1)


def test_the_page_tells_it_in_tens_and_only_where_somebody_is_cut_off(rim_and_middle: Result) -> None:
    more = {one["id"]: one["more"] for one in payload(rim_and_middle)["communities"]}
    assert more == {"rim": {"circle_cut": 200, "circle_cut_60plus": 50}, "middle": {}}
    elders = rim_and_middle.circle_cut.assign(circle_cut_60plus=[0.0, 4.0], circle_cut=[0.0, 17.0])
    few = replace(rim_and_middle, circle_cut=elders)
    more = {one["id"]: one["more"] for one in payload(few)["communities"]}
    assert more == {"rim": {"circle_cut": 20, "circle_cut_60plus": SUPPRESSED}, "middle": {}}


def test_the_report_lists_the_communities_the_most_people_first(rim_and_middle: Result) -> None:
    both = rim_and_middle.circle_cut.assign(circle_cut=[44.0, 200.0], circle_cut_60plus=[11.0, 50.0])
    facts = Facts(published=publish(replace(rim_and_middle, circle_cut=both)), figures=frozenset())
    table = quality(facts)[-1]
    assert [row[0] for row in table.rows] == ["rim社区", "middle社区"]
    # 44 of the fifty in the middle: all but one to nine are told as the last tens below all.
    assert [row[2] for row in table.rows] == ["约200", "约40"]
    assert "2个社区" in table.words.zh
    plain = replace(rim_and_middle, circle_cut=0 * both)
    facts = Facts(published=publish(plain), figures=frozenset())
    assert "伸出道路文件" not in "".join(str(getattr(block, "words", "")) for block in quality(facts))


def test_a_file_that_does_not_say_what_it_covers_gives_no_column(rim_and_middle: Result) -> None:
    city = replace(rim_and_middle.city, street_extent=None)
    points = rim_and_middle.demand.points
    assert circle_cut(city, rim_and_middle.profile, rim_and_middle.settings, points).empty
    without = replace(rim_and_middle, circle_cut=pd.DataFrame())
    assert "circle_cut" not in community_table(without)


def test_people_that_nobody_knows_are_not_nobody_here(rim_and_middle: Result) -> None:
    frame = rim_and_middle.demand.frame.copy()
    frame.loc[frame["community_id"] == "rim", ["population", "pop_60plus"]] = np.nan
    found = circle_cut(rim_and_middle.city, rim_and_middle.profile, rim_and_middle.settings, DemandPoints(frame=frame))
    assert found.loc["rim"].isna().all()
    assert found.loc["middle"].tolist() == [0, 0]
