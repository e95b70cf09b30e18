"""Facility lists of a pack and OpenStreetMap's, from files to findings, tables and reports."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from circle15.errors import PackError
from circle15.model.places import CONFLICT_COLUMNS, Facilities
from circle15.model.results import Check
from circle15.render.check.files import quality_html, save_quality
from circle15.render.tables.facilities import facility_table
from circle15.render.tables.quality import conflict_table, match_table
from circle15.sources.osm.facilities import read_osm_facilities
from circle15.sources.pack.city_pack import read_pack
from circle15.sources.reading import ReadingLog
from circle15.study import analyse, load_city
from circle15.study.loading import check_city
from tests.towns.findings import finding_of
from tests.towns.pack_files import CITY_TOML, TOWN_NODES, TOWN_WAYS, osm_xml, write_csv

HELSINKI = Path(__file__).parents[3] / "data" / "helsinki"
CLINIC = {"amenity": "clinic"}
# One thousandth of a degree is 95 m across and 111 m up.
PLACES = {
    101: (
        (120.6205, 31.3102),
        CLINIC | {"name": "平江社区卫生服务站", "opening_hours": "08:00-17:00"},
    ),  # f1, 38 m east
    102: ((120.6219, 31.3102), CLINIC),  # without a name, 11 m north of f2
    103: ((120.6206, 31.3108), CLINIC | {"name": "桃花坞卫生站"}),  # f3's name, 220 m away
    104: ((120.6213, 31.3109), CLINIC | {"name": "双塔卫生站"}),  # only here
    105: ((120.6201, 31.3109), {"amenity": "social_facility", "social_facility": "soup_kitchen", "name": "食堂"}),
}
STREETS = osm_xml(
    TOWN_NODES | {node: place for node, (place, _) in PLACES.items()},
    TOWN_WAYS,
    node_tags={node: tags for node, (_, tags) in PLACES.items()},
)
SITES = (
    ("f1", "苏州平江街道社区卫生服务站", "clinic", "120.6201", "31.3102"),
    ("f2", "山塘社区卫生服务站", "clinic", "120.6219", "31.3101"),
    ("f3", "桃花坞社区卫生服务站", "clinic", "120.6215", "31.3090"),
)
OSM = """\
[[facilities]]
osm = true
services = ["clinic"]
"""


def pack(make_pack, **options):
    toml = {"settings": "", "more": OSM} | options
    root = make_pack(sites=SITES, streets=STREETS, **toml)
    text = root / "tryton" / "city.toml"
    text.write_text(text.read_text(encoding="utf-8").replace("试城", "苏州"), encoding="utf-8")
    return root


def test_a_list_and_openstreetmap_are_one(make_pack):
    log = ReadingLog()
    found = read_pack("tryton", data=pack(make_pack), log=log)
    facilities = found.facilities
    assert facilities.frame.index.tolist() == ["f1", "f2", "f3", "osm-node-103", "osm-node-104"]
    assert facilities.frame["also_in"].tolist() == ["osm-node-101", "osm-node-102", "", "", ""]
    assert facilities.frame.loc["f1", ["name", "opening_hours", "source"]].tolist() == [
        "苏州平江街道社区卫生服务站", "08:00-17:00", "facilities.csv; OpenStreetMap",
    ]  # fmt: skip
    assert facilities.frame.loc["osm-node-104", "source"] == "OpenStreetMap"
    assert facilities.matches["by"].tolist() == ["name", "point"]
    assert facilities.conflicts[["kind", "facility_id", "other_id"]].to_numpy().tolist() == [
        ["far", "f3", "osm-node-103"]
    ]
    # Rows read = rows used + rows dropped, for each file.
    (osm,) = [record for record in log.files if record.role == "facilities" and record.form == "OpenStreetMap"]
    assert (osm.rows_read, osm.rows_used, osm.dropped) == (4, 2, (("places-merged", 2),))
    assert [(origin.attribution, origin.licence) for origin in facilities.origins] == [
        ("", ""),
        ("© OpenStreetMap contributors", "ODbL"),
    ]
    # Nothing that is used inside stays behind.
    assert not {"name_is_own", "list_number"} & set(facilities.frame)


def test_what_is_told(make_pack):
    findings = read_pack("tryton", data=pack(make_pack)).findings
    merged = finding_of(findings, "places-merged")
    assert (merged.severity, merged.count) == ("note", 2)
    assert "其中1处因一方没有名称" in merged.message_zh
    assert merged.examples == ("f1 苏州平江街道社区卫生服务站 / osm-node-101", "f2 山塘社区卫生服务站 / osm-node-102")
    far = finding_of(findings, "places-far")
    assert (far.severity, far.count, far.examples) == ("warning", 1, ("f3 桃花坞社区卫生服务站 / osm-node-103",))
    more = finding_of(findings, "places-osm-only")
    assert (more.severity, more.count, more.file) == ("note", 2, "streets.osm")
    assert more.examples == ("osm-node-103 桃花坞卫生站", "osm-node-104 双塔卫生站")
    assert "社区卫生服务站 2" in more.message_zh
    assert "Community clinic 2" in more.message_en


def test_a_service_that_openstreetmap_does_not_have_is_undetermined_and_told_once(make_pack):
    three = OSM.replace('["clinic"]', '["clinic", "day_care", "fitness"]')
    root = pack(make_pack, more=three)
    read = read_pack("tryton", data=root)
    found = finding_of(read.findings, "osm-none")
    assert (found.severity, found.count, found.file) == ("warning", 2, "streets.osm")
    assert "“日间照料中心、健身场地”" in found.message_zh
    assert "不能判定" in found.message_zh
    assert "complete = true" in found.remedy_zh
    assert found.examples == ("day_care", "fitness")
    assert {"day_care", "fitness"} == read.facilities.unseen
    assert not read.facilities.unseen & read.facilities.listed
    told = check_city("tryton", data=root).findings
    named = [(one.code, one.examples) for one in told if {"day_care", "fitness"} & set(one.examples)]
    assert named == [("osm-none", ("day_care", "fitness"))]  # once, not again as a service without a list


def test_a_service_of_a_list_that_is_said_to_be_complete_is_judged(make_pack):
    more = OSM.replace('["clinic"]', '["clinic", "day_care"]\ncomplete = true')
    read = read_pack("tryton", data=pack(make_pack, more=more))
    assert "day_care" in read.facilities.listed
    assert read.facilities.unseen == frozenset()
    assert "osm-none" not in {one.code for one in read.findings}


def test_a_service_of_a_list_of_ones_own_is_judged_whatever_openstreetmap_has(make_pack):
    asked = OSM.replace('["clinic"]', '["clinic", "fitness"]')
    root = pack(make_pack, more=asked)
    assert "fitness" not in read_pack("tryton", data=root).facilities.listed
    config = root / "tryton" / "city.toml"
    spoken = config.read_text(encoding="utf-8").replace(
        '["meal_point", "clinic"]', '["meal_point", "clinic", "fitness"]'
    )
    config.write_text(spoken, encoding="utf-8")
    assert {"fitness", "meal_point"} <= read_pack("tryton", data=root).facilities.listed


@pytest.mark.parametrize("value", ["true", "false"])
def test_complete_is_a_word_about_openstreetmap_alone(make_pack, value):
    root = make_pack(
        toml=CITY_TOML.format(settings="", more="").replace("services", f"complete = {value}\nservices", 1)
    )
    with pytest.raises(PackError, match=r"complete in .* says nothing without osm = true"):
        read_pack("tryton", data=root)


def test_openstreetmap_comes_last_wherever_it_stands(make_pack):
    root = pack(make_pack)
    text = root / "tryton" / "city.toml"
    config = text.read_text(encoding="utf-8").replace(OSM, "")
    text.write_text(config.replace("[[facilities]]", f"{OSM}\n[[facilities]]", 1), encoding="utf-8")
    assert read_pack("tryton", data=root).facilities.frame.index.tolist()[:2] == ["f1", "f2"]


def test_an_earlier_list_goes_first(make_pack):
    second = '[[facilities]]\nfile = "second.csv"\ndatum = "wgs84"\nservice = "clinic"\n'
    root = pack(make_pack, more=second)
    rows = [("s1", "平江卫生站", "120.6201", "31.3103")]
    write_csv(root / "tryton" / "second.csv", rows, ("facility_id", "name", "lon", "lat"))
    found = read_pack("tryton", data=root)
    assert found.facilities.frame.loc["f1", "also_in"] == "s1"
    assert "places-osm-only" not in {one.code for one in found.findings}


def test_merge_false_keeps_both_and_says_so(make_pack):
    found = read_pack("tryton", data=pack(make_pack, more=f"{OSM}merge = false\n"))
    assert len(found.facilities.frame) == 7
    apart = finding_of(found.findings, "places-apart")
    assert (apart.severity, apart.count) == ("warning", 2)
    # What stands in the list is not told to be missing from it.
    assert finding_of(found.findings, "places-osm-only").count == 2


def test_a_service_only_openstreetmap_speaks_of_is_added_and_others_stay_undetermined(make_pack):
    root = pack(make_pack, more=OSM.replace('["clinic"]', '["clinic", "shop"]'))
    facilities = read_pack("tryton", data=root).facilities
    assert facilities.listed == {"clinic", "meal_point"}  # the pack's own list speaks of meal points
    assert facilities.unseen == {"shop"}  # not mapped is not absent
    assert set(facilities.offers()["service"]) == {"clinic"}  # the soup kitchen was not asked for


def test_reports_show_every_conflict_and_every_match(make_pack, tmp_path):
    city = load_city("tryton", data=pack(make_pack))
    check = Check(key="tryton", city=city, files=(), findings=city.findings)
    page = quality_html(check)
    assert "同名同服务而相距较远 One name and service, far apart" in page
    assert page.count("osm-node-101") == 2  # an example of a finding, and a row
    assert "开放时间 Opening hours" in page
    book = openpyxl.load_workbook(save_quality(check, tmp_path)[1])
    names = [
        "数据质量 Data quality",
        "文件 Files",
        "列 Columns",
        "待核对 To check",
        "同一设施 Same places",
        "图层 Layers",
    ]
    assert [name for name in book.sheetnames if name in names] == names
    assert [len(match_table(city.facilities)), len(conflict_table(city.facilities))] == [2, 1]


@pytest.mark.filterwarnings("ignore::circle15.errors.DataQualityWarning")
def test_tables_and_the_run_record_name_both_lists(make_pack, tmp_path):
    result = analyse(load_city("tryton", data=pack(make_pack)))
    table = facility_table(result).set_index("facility_id")
    assert table.loc["f1", "also_in"] == "osm-node-101"
    counts = result.record["counts"]
    assert (counts["facilities"], counts["facilities_merged"], counts["facility_conflicts"]) == (5, 2, 1)
    result.save(tmp_path)
    book = openpyxl.load_workbook(tmp_path / "gaps.xlsx")
    first = book.sheetnames.index("数据质量 Data quality")
    assert book.sheetnames[first + 1 : first + 4] == ["文件 Files", "待核对 To check", "同一设施 Same places"]


def test_hostile_names_stay_text(make_pack, tmp_path):
    city = load_city("tryton", data=pack(make_pack))
    evil = "=1+1</td><script>{{7*7}}"
    row = dict.fromkeys(CONFLICT_COLUMNS, evil) | {"kind": "near", "services": "clinic", "distance_m": 5.0}
    doubts = pd.DataFrame([row] * 201)
    facilities = Facilities(frame=city.facilities.frame, listed=city.facilities.listed, conflicts=doubts)
    odd = dataclasses.replace(city, facilities=facilities)
    check = Check(key="tryton", city=odd, files=(), findings=())
    page = quality_html(check)
    assert "<script" not in page
    assert "1 more in check.xlsx" in page
    book = openpyxl.load_workbook(save_quality(check, tmp_path)[1])
    cells = [cell for row in book["待核对 To check"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells}.isdisjoint({"f", "e"})


# -- A real extract: central Helsinki, with a made-up list ---------------------------------------------


@pytest.fixture
def helsinki(tmp_path):
    """The shipped pack with a list of a few places, made up but for their names and most of their points."""
    home = tmp_path / "roots" / "helsinki"
    shutil.copytree(HELSINKI, home)
    osm = read_osm_facilities(home / "helsinki.osm.pbf", ["culture", "shop", "clinic", "fitness"])

    def row(key, name, service, node, north_m):
        point = osm.geometry[node]
        return key, name, service, f"{point.x:.7f}", f"{point.y + north_m / 111_400:.7f}"

    rows = [
        row("h1", "KANSALLISKIRJASTO", "culture", "osm-node-369550855", 100),
        row("h2", "Helsinki Central Library Oodi", "culture", "osm-way-596937289", 120),  # its English name
        row("h3", "Alepa Kluuvi", "shop", "osm-node-2001532381", -400),
        row("h4", "Apteekki", "clinic", "osm-node-1985597270", 10),
        row("h5", "", "fitness", "osm-node-2927484673", 20),  # neither has a name
        row("h6", "Kesäkino", "culture", "osm-node-2493672735", 40),  # less than the name: 8 of 8 and 13
        row("h7", "Kuntosali", "fitness", "osm-node-60041445", 0),  # only here
    ]
    write_csv(home / "own.csv", rows, ("facility_id", "name", "services", "lon", "lat"))
    text = (home / "city.toml").read_text(encoding="utf-8")
    own = '[[facilities]]\nfile = "own.csv"\ndatum = "wgs84"\nservices = ["culture", "shop", "clinic", "fitness"]\n\n'
    (home / "city.toml").write_text(text.replace("[[facilities]]", f"{own}[[facilities]]", 1), encoding="utf-8")
    return home.parent


def test_a_list_among_the_real_places_of_helsinki(helsinki):
    found = read_pack("helsinki", data=helsinki)
    facilities = found.facilities
    assert facilities.matches[["facility_id", "other_id", "by"]].to_numpy().tolist() == [
        ["h1", "osm-node-369550855", "name"],
        ["h2", "osm-way-596937289", "name"],
        ["h5", "osm-node-2927484673", "point"],
    ]
    assert facilities.conflicts[["kind", "facility_id", "other_id"]].to_numpy().tolist() == [
        ["far", "h3", "osm-node-2001532381"],
        ["near", "h4", "osm-node-1985597270"],
    ]
    alone = read_pack("helsinki", data=HELSINKI.parent).facilities
    assert len(facilities.frame) == len(alone.frame) + 7 - 3
    assert facilities.frame.loc["h1", "name"] == "KANSALLISKIRJASTO"
    assert facilities.frame.loc["h1", "name_en"] == "The National Library of Finland"
    more = finding_of(found.findings, "places-osm-only")
    offers = [row for row in alone.frame["services"] if set(row) & {"culture", "shop", "clinic", "fitness"}]
    assert more.count == len(offers) - 3


def test_an_object_that_two_tables_take_is_one_place(make_pack):
    kitchen = {"amenity": "social_facility", "social_facility": "soup_kitchen"}
    both = kitchen | {"healthcare": "clinic", "name": "双塔卫生站"}
    streets = osm_xml(
        TOWN_NODES | {104: (120.6213, 31.3109), 105: (120.6201, 31.3109)},
        TOWN_WAYS,
        node_tags={104: both, 105: CLINIC | {"name": "另一处"}},
    )
    more = f"{OSM}\n{OSM.replace('clinic', 'meal_point')}"
    log = ReadingLog()
    found = read_pack("tryton", data=make_pack(streets=streets, more=more), log=log).facilities
    assert found.frame.loc["osm-node-104", "services"] == ("clinic", "meal_point")
    assert found.frame.index.tolist() == ["f1", "f2", "osm-node-104", "osm-node-105"]
    records = [record for record in log.files if record.role == "facilities"]
    assert [(one.rows_read, one.rows_used, one.dropped) for one in records[1:]] == [
        (2, 2, ()),
        (1, 0, (("places-merged", 1),)),
    ]


def test_two_sheets_of_a_workbook_without_ids(make_pack):
    entries = [
        f'[[facilities]]\nfile = "l.xlsx"\ndatum = "wgs84"\nsheet = "{one}"\nservice = "clinic"' for one in ("东", "西")
    ]
    root = make_pack(more="\n".join(entries))
    book = openpyxl.Workbook()
    for name, lon in (("东", 120.6220), ("西", 120.6205)):
        sheet = book.create_sheet(name)
        sheet.append(("name", "lon", "lat"))
        sheet.append((f"{name}桥卫生站", lon, 31.3109))
    del book["Sheet"]
    book.save(root / "tryton" / "l.xlsx")
    log = ReadingLog()
    found = read_pack("tryton", data=root, log=log).facilities
    assert found.frame.index.tolist() == ["f1", "f2", "l.xlsx-东-2", "l.xlsx-西-2"]
    assert [(one.part, one.rows_used) for one in log.files if one.file == "l.xlsx"] == [("东", 1), ("西", 1)]
