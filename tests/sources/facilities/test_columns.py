"""Facility lists with the planner's own headers and words: what is understood is told, persons stay behind."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

from circle15.catalog.typed_toml import checked
from circle15.errors import PackError
from circle15.sources.city_config import CityConfig
from circle15.sources.facilities.columns import our_columns, services_in
from circle15.sources.facilities.table import read_facilities
from tests.towns.city_tables import facilities_table
from tests.towns.findings import finding_of, unpacked
from tests.towns.pack_files import feature, geojson, write_csv


def facilities(tmp_path, header, *rows, **entry):
    return unpacked(read_facilities(write_csv(tmp_path / "list.csv", rows, header), facilities_table(entry)))


def columns(header, *rows, points=True, **entry):
    frame = pd.DataFrame(list(rows), columns=list(header), dtype=str)
    one_service = "service" in entry
    ours = our_columns(frame, "list.csv", entry.get("columns", {}), one_service=one_service, points=points)
    return ours.frame, list(ours.findings)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
def test_a_list_as_a_planner_keeps_it(tmp_path, encoding):
    path = tmp_path / "list.csv"
    text = (
        "某区助餐点一览表;;;;;;\n"
        "设施名称;服务类别;经度（°）;纬度（°）;座位数（个）;负责人;联系电话\n"
        "平江邻里食堂;助餐点;１２０．６２１３;31.3124;４０;王某;13812345678\n"
        "古城为老服务中心;日间照料、老年食堂;120.6331;31.3242;;李某;13912345678\n"
    )
    path.write_bytes(text.encode(encoding))
    frame, findings = unpacked(read_facilities(path, facilities_table()))
    assert frame["name"].tolist() == ["平江邻里食堂", "古城为老服务中心"]
    assert frame["services"].tolist() == [("meal_point",), ("day_care", "meal_point")]
    assert [(point.x, point.y) for point in frame.geometry] == [(120.6213, 31.3124), (120.6331, 31.3242)]
    assert frame["capacity"].iloc[0] == 40
    assert list(frame.columns) == ["name", "services", "capacity", "site_kind_key", "geometry"]
    assert frame["site_kind_key"].tolist() == ["", ""]  # 为老服务中心 leaves open which kind it is
    assert frame.index.tolist() == ["list-3", "list-4"]
    personal = finding_of(findings, "table-personal")
    assert (personal.count, personal.value) == (2, "负责人, 联系电话")
    assert finding_of(findings, "table-columns").count == 5
    assert finding_of(findings, "table-header-below").row == 2
    assert not any(secret in str(findings) for secret in ("王某", "13812345678"))


def test_a_decorated_workbook(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["请如实填写"])
    page = book.create_sheet("设施")
    for row in (
        ["一览表"],
        ["名称", "坐标", None, "类别"],
        [None, "经度", "纬度", None],
        ["甲站", 120.62, 31.31, "卫生室"],
    ):
        page.append(row)
    for cells in ("A1:D1", "A2:A3", "B2:C2", "D2:D3"):
        page.merge_cells(cells)
    book.save(tmp_path / "list.xlsx")
    frame, findings = unpacked(read_facilities(tmp_path / "list.xlsx", facilities_table()))
    assert frame.index.tolist() == ["list-4"]
    assert frame["services"].tolist() == [("clinic",)]
    assert finding_of(findings, "service-by-words").row == 4
    again, _ = unpacked(read_facilities(tmp_path / "list.xlsx", facilities_table({"sheet": "设施", "header_row": 3})))
    assert again.equals(frame)
    with pytest.raises(PackError, match="there is no sheet 'x'"):
        read_facilities(tmp_path / "list.xlsx", facilities_table({"sheet": "x"}))


# -- Headers ---------------------------------------------------------------------------------------


def test_what_the_planner_says_wins():
    frame, findings = columns(
        ["经度", "X84", "名称", "别名"], ["1", "120.6", "甲", "乙"], columns={"lon": "X84", "name": "别名"}
    )
    assert frame["lon"].tolist() == ["120.6"]
    assert frame["name"].tolist() == ["乙"]
    assert frame["经度"].tolist() == ["1"]
    assert finding_of(findings, "table-columns").value == "X84 = lon, 别名 = name"


def test_a_header_that_is_named_folded_is_found():
    frame, _ = columns(["X 坐标\u3000（84）"], ["120.6"], columns={"lon": "x坐标(84)"})
    assert list(frame.columns) == ["lon"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"lon": "East"}, r"lon = 'East' is no column of the file; it has 名称, a, A"),
        ({"lon": "Ａ "}, r"lon = 'Ａ ' is more than one column"),
        ({"longitud": "a"}, "there is no column 'longitud' of ours"),
        ({"lon": "a", "lat": "a"}, "twice"),
    ],
)
def test_columns_that_name_nothing(given, says):
    with pytest.raises(PackError, match=rf"list\.csv: columns.*{says}"):
        columns(["名称", "a", "A"], ["x", "1", "2"], columns=given)


@pytest.mark.parametrize("header", [("经度", "lng"), ("经度", "经度 (2)"), ("东经", "经度(wgs84)")])
def test_two_columns_for_one_coordinate_are_refused(header):
    with pytest.raises(PackError, match=r"several columns may be lon: .*say which: columns = \{ lon = "):
        columns(header, ["1", "2"])


@pytest.mark.parametrize("header", [("x", "y", "经度", "纬度"), ("X坐标", "Y坐标", "lon", "lat")])
def test_degrees_win_over_a_plane_s_coordinates(header):
    frame, _ = columns(header, ["560000", "3465000", "120.6", "31.3"])
    assert frame[["lon", "lat"]].to_numpy().tolist() == [["120.6", "31.3"]]
    assert frame[list(header[:2])].to_numpy().tolist() == [["560000", "3465000"]]


def test_x_and_y_are_taken_together_or_not_at_all():
    frame, _ = columns(["x", "y"], ["120.6", "31.3"])
    assert list(frame.columns) == ["lon", "lat"]
    frame, _ = columns(["x", "y", "经度"], ["560000", "3465000", "120.6"])
    assert list(frame.columns) == ["x", "y", "lon"]


def test_two_columns_for_something_else_are_told():
    frame, findings = columns(["名称", "机构名称", "床位"], ["甲", "乙", "1"])
    assert frame["name"].tolist() == ["甲"]
    assert frame["机构名称"].tolist() == ["乙"]
    doubt = finding_of(findings, "table-column-doubt")
    assert (doubt.column, doubt.value, doubt.severity) == ("名称", "名称, 机构名称", "warning")


def test_our_own_name_needs_no_word():
    frame, findings = columns(["经度", "lon", "name"], ["1", "120.6", "a"])
    assert frame["lon"].tolist() == ["120.6"]
    assert list(frame.columns) == ["经度", "lon", "name"]
    assert findings == []


def test_a_list_of_one_service_takes_no_other_column_for_it(tmp_path):
    row = ("甲", "公办", "120.6", "31.3")
    frame, _ = facilities(tmp_path, ("名称", "类别", "经度", "纬度"), row, service="clinic")
    assert frame["services"].tolist() == [("clinic",)]
    assert frame["类别"].tolist() == ["公办"]


@pytest.mark.parametrize(
    "cell", ["120.62,31.31", "120.62，31.31", " 120.62 31.31 ", "(120.62; 31.31)", "１２０．６２,31.31"]
)
def test_a_point_in_one_cell(tmp_path, cell):
    frame, _ = facilities(tmp_path, ("名称", "经纬度"), ("甲", cell), service="clinic")
    assert [(point.x, point.y) for point in frame.geometry] == [(120.62, 31.31)]
    assert "location" not in frame


@pytest.mark.parametrize("cell", ["", "120.62", "120.62,31.31,5", "某路1号"])
def test_a_cell_that_is_no_point(tmp_path, cell):
    frame, findings = facilities(tmp_path, ("名称", "坐标"), ("甲", cell), service="clinic")
    assert len(frame) == 0
    assert finding_of(findings, "facility-without-point").row == 2


# -- Persons ---------------------------------------------------------------------------------------


def test_columns_about_persons_are_told_by_their_cells_too():
    frame, findings = columns(
        ["名称", "备注", "其他", "号码"],
        ["甲", "13812345678", "32050119400101123X", "0512-1"],
        ["乙", "139-1234-5678", "", "1"],
        ["丙", "无", "", ""],
    )
    assert list(frame.columns) == ["name", "号码"]
    personal = finding_of(findings, "table-personal")
    assert (personal.value, personal.severity) == ("备注, 其他", "warning")
    assert "138" not in str(findings)


def test_a_column_that_the_planner_means_stays():
    frame, findings = columns(["机构负责人姓名"], ["甲"], columns={"name": "机构负责人姓名"})
    assert list(frame.columns) == ["name"]
    assert [found.code for found in findings] == ["table-columns"]


def test_persons_in_a_layer_stay_behind(tmp_path):
    point = {"type": "Point", "coordinates": [120.6213, 31.3124]}
    path = tmp_path / "sites.geojson"
    one = feature(point, 名称="甲", 电话=13812345678, 备用=13812345678, x=5, 床位="４０")
    path.write_text(geojson([one]), encoding="utf-8")
    frame, findings = unpacked(read_facilities(path, facilities_table({"service": "clinic"})))
    assert set(frame.columns) == {"name", "x", "capacity", "services", "geometry"}
    assert (frame.geometry.iloc[0].x, frame["capacity"].iloc[0]) == (120.6213, 40)
    assert finding_of(findings, "table-personal").count == 2


# -- Services --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "services"),
    [
        ("meal_point", ("meal_point",)),
        ("助餐点", ("meal_point",)),
        ("Meal point", ("meal_point",)),
        ("邻里食堂", ("meal_point",)),
        ("银发助餐点", ("meal_point",)),
        ("日间照料", ("day_care",)),
        ("社区卫生服务站", ("clinic",)),
        ("xx社区卫生服务中心", ("clinic",)),
        ("党群服务中心", ("community_centre",)),
        ("助餐点；日间照料，卫生室|超市", ("meal_point", "day_care", "clinic", "shop")),
        ("助餐点;meal_point", ("meal_point",)),
        ("", ()),
        (" ; ", ()),
    ],
)
def test_services_by_key_title_and_word(cell, services):
    found, _ = services_in(pd.Series([cell]), pd.Series([2]), "list.csv")
    assert found == [services]


def test_a_single_word_is_told_by_the_service_it_was_read_as(tmp_path):
    _, findings = facilities(tmp_path, ("名称", "服务", "经度", "纬度"), ("甲", "助餐点", "120.6", "31.3"))
    assert "meal_point" in finding_of(findings, "service-by-words").message_en
    assert "(" not in finding_of(findings, "service-by-words").message_zh.partition("：")[0]


def test_what_was_read_by_words_is_told_with_counts():
    cells = pd.Series(["助餐点", "邻里食堂;clinic", "助餐点", "卫生室", "游泳", "游泳;clinic"])
    found, findings = services_in(cells, pd.Series(range(2, 8)), "list.csv")
    assert found[4:] == [(), ("clinic",)]
    assert [(one.code, one.count, one.row, one.value) for one in findings] == [
        ("service-by-words", 1, 5, "卫生室 (1)"),
        ("service-by-words", 3, 2, "助餐点 (2), 邻里食堂 (1)"),
        ("unknown-service", 2, 6, "游泳"),
    ]
    assert "meal_point" in findings[1].message_en


# -- Keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("header_row", "3", "a whole number"),
        ("header_row", 3.5, "a whole number"),
        ("header_row", True, "a whole number"),
        ("sheet", 1, "text"),
        ("columns", "lon", "a table"),
    ],
)
def test_keys_of_a_table(tmp_path, key, value, wanted):
    config = {"name": "x", "crs": "x", "communities": {"file": "x"}, "facilities": [{"file": "x", key: value}]}
    with pytest.raises(PackError, match=rf"{key} = .* in \[\[facilities\]\] 1: give {wanted}"):
        checked(CityConfig, config, file=tmp_path / "city.toml")


def test_rows_that_say_the_same_are_counted_row_by_row():
    cells = pd.Series(["助餐点；洗车", "", "洗车", "助餐点；洗车", "助餐点；助餐点"])
    offered, found = services_in(cells, pd.Series([2, 3, 4, 5, 6]), "list.csv")
    assert offered == [("meal_point",), (), (), ("meal_point",), ("meal_point",)]
    assert [(one.code, one.count, one.row, one.value) for one in found] == [
        ("service-by-words", 3, 2, "助餐点 (3)"),
        ("unknown-service", 3, 2, "洗车"),
    ]
    assert found[1].examples == ("row 2", "row 4", "row 5")


def test_a_list_without_rows_offers_nothing():
    assert services_in(pd.Series([], dtype=object), pd.Series([], dtype=int), "list.csv") == ([], [])


@pytest.mark.parametrize(
    ("headers", "code", "words"),
    [
        (
            ("lat", "lat (2)"),
            "table-column-twice",
            "有2列的表头都是“lat”",
        ),  # the reader numbers headers that stand twice
        (("lon", "Lon"), "table-column-doubt", "：lon、Lon；"),
        (("name", "name (2)"), "table-column-twice", "有2列的表头都是“name”"),
    ],
)
def test_a_column_that_stands_twice_is_told(headers, code, words):
    frame = pd.DataFrame([["1", "2"]], columns=list(headers))
    found = our_columns(frame, "list.csv", {})
    (told,) = [one for one in found.findings if one.code.startswith("table-column-")]
    assert (told.code, told.severity, told.column) == (code, "warning", headers[0])
    assert words in told.message_zh
    assert found.frame[headers[0]].tolist() == ["1"]


@pytest.mark.parametrize(
    ("cell", "services"),
    [
        ("卫生服务站", ("clinic",)),
        ("诊所", ("clinic",)),
        ("门诊部", ("clinic",)),
        ("医疗保健服务;诊所;诊所", ("clinic",)),
        ("医疗保健服务;综合医院;卫生院", ("clinic",)),
        ("购物服务;超级市场;超市", ("shop",)),
        ("购物服务;便民商店/便利店;便民商店/便利店", ("shop",)),
        ("科教文化服务;图书馆;图书馆", ("culture",)),
        ("体育休闲服务;影剧院;电影院", ()),  # 体育 is the wide type, not the place
        ("体育休闲服务;运动场馆;篮球场馆", ("fitness",)),
        ("餐饮服务;快餐厅;快餐厅", ()),
    ],
)
def test_plain_words_and_types_of_maps(cell, services):
    found, findings = services_in(pd.Series([cell]), pd.Series([2]), "list.csv")
    assert found == [services]
    assert [one.value for one in findings if one.code == "unknown-service"] == (
        [] if services else [cell.split(";")[-1]]
    )


@pytest.mark.parametrize(
    "cell",
    [
        "POINT (120.62 31.31)",
        "POINT(120.62 31.31)",
        "SRID=4326;POINT(120.62 31.31)",
        "point (120.62  31.31)",
        "120.62,31.31",
    ],
)
@pytest.mark.parametrize("header", ["wkt", "坐标", "geometry", "the_geom"])
def test_a_point_in_a_cell(tmp_path, cell, header):
    path = write_csv(tmp_path / "list.csv", [("站", "clinic", cell)], ("name", "services", header))
    point = read_facilities(path, facilities_table()).frame.geometry.iloc[0]
    assert (point.x, point.y) == (120.62, 31.31)
