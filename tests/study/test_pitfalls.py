"""Wrong answers in silence that are known from other tools, by their number in the project's list; 9 and on."""

from __future__ import annotations

import bz2
import gzip

import geopandas as gpd
import numpy as np
import openpyxl
import pyproj
import pytest

from circle15.errors import PackError, StreetsError
from circle15.model import WalkProfile
from circle15.network.build import build_network
from circle15.network.graph import walk_graph
from circle15.network.snap import snap
from circle15.routing.nearest import nearest_cost
from circle15.sources.facilities.columns import shown_headers
from circle15.sources.facilities.table import read_facilities
from circle15.sources.osm.streets import read_streets
from circle15.sources.tables.sheets import read_sheet
from tests.towns.city_tables import facilities_table
from tests.towns.findings import finding_of
from tests.towns.pack_files import HEADER, TOWN_NODES, TOWN_WAYS, osm_xml, write_csv

# -- 10: parallel edges and loops ----------------------------------------------------------------------


@pytest.mark.parametrize("turned", [False, True])
def test_pitfall_10_parallel_streets_are_not_added_up(tmp_path, turned):
    """A and B, 95.3 m apart by two streets and 240 m by a detour, with a loop at B: the shortest counts."""
    nodes = {1: (120.620, 31.310), 2: (120.621, 31.310), 3: (120.6205, 31.311)}
    ways = {10: [1, 2], 11: [1, 3, 2], 12: [2, 2], 13: [1, 2]}
    order = sorted(ways, reverse=turned)
    path = tmp_path / "streets.osm"
    path.write_text(osm_xml(nodes, {way: (ways[way], {"highway": "residential"}) for way in order}), encoding="utf-8")
    network = build_network(read_streets(path), crs=pyproj.CRS("EPSG:4549"))
    ends = gpd.GeoSeries.from_xy([120.620, 120.621], [31.310, 31.310], crs="EPSG:4326").to_crs("EPSG:4549")
    home, site = (snap(network, gpd.GeoDataFrame(geometry=ends[[k]])) for k in (0, 1))
    graph = walk_graph(network, WalkProfile(name="flat", title_zh="平", title_en="flat", speed_mps=1.0, stairs_mps=1.0))
    assert nearest_cost(graph, home, site)[0] / 1000 == pytest.approx(ends[0].distance(ends[1]), abs=0.1)


# -- 11: a partial answer ------------------------------------------------------------------------------

REMARK = '<remark> runtime error: Query timed out in "query" at line 3 after 25 seconds. </remark>'


@pytest.mark.parametrize(("name", "pack"), [("s.osm", bytes), ("s.osm.gz", gzip.compress), ("s.osm.bz2", bz2.compress)])
def test_pitfall_11_a_partial_answer_of_overpass_is_refused_as_a_file_too(tmp_path, name, pack):
    whole = osm_xml(TOWN_NODES, TOWN_WAYS)
    path = tmp_path / name
    path.write_bytes(pack(whole.encode()))
    assert read_streets(path).counts["ways kept"] == len(TOWN_WAYS)
    path.write_bytes(pack(whole.replace("</osm>", f"{REMARK}\n</osm>").encode()))
    with pytest.raises(
        StreetsError, match=rf"{name}: a partial answer of Overpass \(runtime error: Query timed out"
    ) as caught:
        read_streets(path)
    assert "没有答完" in caught.value.zh


def test_pitfall_11_a_street_named_remark_is_none(tmp_path):
    path = tmp_path / "s.osm"
    ways = {way: (refs, {**tags, "name": "<remark>x</remark>"}) for way, (refs, tags) in TOWN_WAYS.items()}
    path.write_text(osm_xml(TOWN_NODES, ways), encoding="utf-8")
    assert read_streets(path).counts["ways kept"] == len(TOWN_WAYS)


def test_entities_of_a_street_file_are_not_expanded(tmp_path):
    lines = "".join(f'<!ENTITY b{k} "{f"&b{k - 1};" * 10}">' for k in range(1, 10))
    whole = osm_xml(TOWN_NODES, TOWN_WAYS).replace("平江路", "&b9;")
    path = tmp_path / "s.osm"
    path.write_text(whole.replace("<osm ", f'<!DOCTYPE osm [<!ENTITY b0 "ha">{lines}]><osm ', 1), encoding="utf-8")
    with pytest.raises(StreetsError, match=r"s\.osm: .*XML entities are not supported"):
        read_streets(path)


# -- 13: tables ----------------------------------------------------------------------------------------


def test_pitfall_13_names_that_look_like_nothing_are_names(tmp_path):
    names = ["NA", "None", "null", "NaN", "#N/A", "-", "00012"]
    rows = [(f"f{k}", name, "clinic", "120.62", "31.31") for k, name in enumerate(names)]
    assert read_facilities(write_csv(tmp_path / "list.csv", rows), facilities_table()).frame["name"].tolist() == names


def test_pitfall_13_one_bad_cell_is_told_and_the_column_stays_numbers(tmp_path):
    rows = [(f"f{k}", "食堂", "clinic", "120.62", "31.31", "40" if k != 700 else "四十") for k in range(1000)]
    reading = read_facilities(write_csv(tmp_path / "list.csv", rows, (*HEADER, "capacity")), facilities_table())
    assert finding_of(reading.findings, "facility-bad-number").row == 702
    assert reading.frame["capacity"].dtype == np.float64
    assert reading.frame["capacity"].isna().sum() == 1


def form(tmp_path, rows, merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(tmp_path / "list.xlsx")
    return tmp_path / "list.xlsx"


THREE = [
    ["姑苏区助餐点一览表", None, None, None, None],
    ["名称", "位置", None, None, "服务能力"],
    [None, "坐标", None, "地址", None],
    [None, "经度", "纬度", None, None],
    ["食堂", 120.62, 31.31, "某路1号", 40],
    ["餐厅", 120.63, 31.32, "某路2号", 50],
]


def test_pitfall_13_a_header_of_three_rows(tmp_path):
    path = form(tmp_path, THREE, ["B2:D2", "B3:C3", "A2:A4", "E2:E4", "D3:D4"])
    reading = read_facilities(path, facilities_table({"service": "meal_point"}))
    assert reading.frame["name"].tolist() == ["食堂", "餐厅"]
    assert reading.frame["address"].tolist() == ["某路1号", "某路2号"]
    assert reading.frame["capacity"].tolist() == [40, 50]
    assert finding_of(reading.findings, "table-header-below").row == 4


def test_pitfall_13_a_header_of_four_rows_loses_nothing_in_silence(tmp_path):
    four = [THREE[1], [None, "平面", None, None, None], *THREE[2:]]
    reading = read_facilities(form(tmp_path, [["甲"], *four]), facilities_table({"service": "meal_point"}))
    found = finding_of(reading.findings, "facility-without-point")
    assert found.count == reading.files[0].rows_read == 3
    assert "header_row" in finding_of(reading.findings, "table-header-below").remedy_zh
    # header_row is the lowest row of the header, and the three above it count.
    columns = {"name": "(A)"}
    frame = read_facilities(
        form(tmp_path, four), facilities_table({"service": "meal_point", "header_row": 4, "columns": columns})
    ).frame
    assert frame["name"].tolist() == ["食堂", "餐厅"]


# -- Persons in messages -------------------------------------------------------------------------------

PERSONS = [
    "王小明",
    "欧阳修文",
    "13812345678",
    "0512-65221234",
    "32050119400101123X",
    "li@example.org",
    "平江路18号3幢402室",
    "Li Ming",
]


@pytest.mark.parametrize("cell", PERSONS)
def test_the_first_row_of_a_list_without_a_header_names_nobody(tmp_path, cell):
    path = write_csv(tmp_path / "list.csv", [(cell, "120.62", "31.31")] * 3, (cell, "120.62", "31.31"))
    for entry in ({}, {"columns": {"name": "名称"}}):
        with pytest.raises(PackError) as caught:
            read_facilities(path, facilities_table(entry))
        for told_of in (str(caught.value), caught.value.zh):
            assert cell not in told_of


def test_headers_are_shown_as_they_are():
    headers = [
        "名称",
        "经度",
        "地址",
        "东",
        "建筑面积（㎡）",
        "编号",
        "服务",
        "备注",
        "朝向",
        "面积",
        "60岁以上",
        "X",
    ]
    assert shown_headers(headers) == ", ".join(headers)


def test_a_header_beyond_forty_is_not_shown():
    assert shown_headers([f"c{k}" for k in range(50)]).endswith("c39")


def test_pitfall_13_a_decorated_form_is_no_empty_table(tmp_path):
    sheet = read_sheet(form(tmp_path, [["填表说明"], [None], *THREE[3:4], *[["", 120.6, 31.3]] * 3]))
    assert len(sheet.frame) == 3
