"""Hours, tiers, capacities, deliveries, dates and addresses of a list: understood, or told and never lost."""

from __future__ import annotations

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest

from circle15.catalog import supply_routes, tiers
from circle15.sources.facilities.attributes import hours_findings, iso_date, site_attributes
from circle15.sources.facilities.table import read_facilities
from circle15.sources.reading import ROW, Tally
from tests.towns.city_tables import facilities_table
from tests.towns.findings import finding_of, unpacked
from tests.towns.pack_files import HEADER, write_csv


def understood(services=("meal_point",), **columns):
    """Rows with one column or more, numbered from 2 as a spreadsheet does."""
    size = len(next(iter(columns.values())))
    frame = pd.DataFrame({ours: pd.Series(cells, dtype=object) for ours, cells in columns.items()})
    frame["services"] = pd.Series([tuple(services)] * size, dtype=object)
    frame[ROW] = np.arange(size) + 2
    before = frame.copy(deep=True)
    tally = Tally(file="list.csv")
    found = site_attributes(frame, tally)
    pd.testing.assert_frame_equal(frame, before)
    return found, tally.findings


# -- hours ------------------------------------------------------------------------------------------


def test_hours_stay_as_they_are_said_and_what_is_not_understood_is_told():
    said = ["08:00-17:00", "待定", "", "8：00—17：00", "待定", "看情况", None]
    frame, findings = understood(opening_hours=said)
    assert frame["opening_hours"].tolist() == [*said[:-1], ""]
    found = finding_of(findings, "facility-hours-unknown")
    assert (found.severity, found.count, found.row, found.column, found.value) == (
        "warning",
        3,
        3,
        "opening_hours",
        "待定",
    )
    assert found.examples == ("row 3: 待定", "row 7: 看情况")
    assert "2种写法" in found.message_zh
    assert "unknown, not closed" in found.message_en


def test_hours_without_rows_are_told_by_id():
    (found,) = hours_findings(pd.Series(["x", "24/7"], index=["n1", "n2"]), "streets.osm.pbf")
    assert (found.row, found.examples) == (None, ("n1: x",))
    assert hours_findings(pd.Series(["24/7", "", np.nan]), "streets.osm.pbf") == []


def test_a_telephone_number_among_the_hours_goes_no_further():
    frame, findings = understood(opening_hours=["8:00-17:00 13912345678"])
    assert frame["opening_hours"].tolist() == ["8:00-17:00 …"]
    assert not any("139" in str(found) for found in findings)
    assert finding_of(findings, "facility-personal-number").count == 1


def test_numbers_of_persons_stand_in_no_shown_column():
    mobile, identity = "13912345678", "320102195001011234"
    columns = {
        "name": f"张家 {mobile}", "address": f"平江路1号（{mobile}）", "source": f"来电{mobile}",
        "source_date": identity, "source_url": f"http://x.cn/{mobile}", "tier": mobile, "capacity": mobile,
        "delivery_radius_m": f"500 {mobile}",
    }  # fmt: skip
    frame, findings = understood(**{column: [cell] for column, cell in columns.items()})
    shown = " ".join(map(str, [*frame.iloc[0], *findings]))
    assert not any(number in shown for number in (mobile, identity, "139123"))
    assert frame["address"].tolist() == ["平江路1号（…）"]
    assert [one.column for one in findings if one.code == "facility-personal-number"] == [
        "name", "address", "tier", "source", "source_date", "source_url",
    ]  # fmt: skip
    # Numbers in a list of one's own, and ids, are no telephones.
    frame, findings = understood(name=["邮编215000 电话0512-65220000"], source=["osm-node-13912345678"])
    assert frame[["name", "source"]].iloc[0].tolist() == ["邮编215000 电话0512-65220000", "osm-node-13912345678"]
    assert findings == []


# -- numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("80", 80),
        ("８０人", 80),
        ("80 座", 80),
        ("1,200", 1200),
        (80.0, 80),
        ("约80", 80),
        ("0", 0),
        ("", np.nan),
        (None, np.nan),
    ],
)
def test_capacities_of_one_service(cell, value):
    frame, findings = understood(capacity=[cell])
    assert frame["capacity"].tolist() == pytest.approx([value], nan_ok=True)
    assert findings == []
    assert "capacity_by_service" not in frame


@pytest.mark.parametrize("cell", ["many", "-5", "80-100", "1,20", "80只", "nan"])
def test_a_capacity_that_is_none(cell):
    frame, findings = understood(capacity=["40", cell])
    assert frame["capacity"].isna().tolist() == [False, True]
    found = finding_of(findings, "facility-bad-number")
    assert (found.row, found.value, found.count) == (3, cell, 1)


def test_one_number_for_several_services_is_the_site_s_and_told():
    frame, findings = understood(("meal_point", "day_care"), capacity=["80"])
    assert frame["capacity"].tolist() == [80]
    assert "capacity_by_service" not in frame
    assert finding_of(findings, "facility-capacity-shared").count == 1


@pytest.mark.parametrize("cell", ["—", "-", "——", "/", "－"])
def test_a_stroke_says_nothing_and_is_no_fault(cell):
    frame, findings = understood(capacity=[cell], floor_area_m2=[cell], opening_hours=[cell])
    assert frame[["capacity", "floor_area_m2"]].isna().all(axis=None)
    assert frame["opening_hours"].tolist() == [""]
    assert findings == []


def test_capacities_by_service_in_the_words_of_the_catalogue():
    cells = ["助餐点:80; 日间照料中心:30", "助餐点80人、日间照料30张床位", "meal_point: 50", "", "60"]
    frame, findings = understood(("meal_point", "day_care"), capacity=cells)
    both, again, one, empty, total = frame["capacity_by_service"]
    assert both == {"meal_point": 80, "day_care": 30}
    assert again == {"meal_point": 80, "day_care": 30}
    assert one == {"meal_point": 50}
    assert (empty, total) == (None, None)
    # a sum of some services is no total
    assert frame["capacity"].tolist() == pytest.approx([110, 110, np.nan, np.nan, 60], nan_ok=True)
    assert [found.code for found in findings] == ["facility-capacity-shared"]


@pytest.mark.parametrize("cell", ["卫生服务站:80", "助餐点:80;助餐点:20", "卡拉OK:10", "助餐点:80;20"])
def test_capacities_of_what_is_not_offered_or_said_twice_are_told(cell):
    frame, findings = understood(("meal_point", "day_care"), capacity=[cell])
    assert frame["capacity_by_service"].tolist() == [None]
    assert finding_of(findings, "facility-capacity-unknown").value == cell


def test_floor_areas_with_their_unit():
    frame, findings = understood(floor_area_m2=["1,400㎡", "300平方米", "120.5", "大"])
    assert frame["floor_area_m2"].tolist() == pytest.approx([1400, 300, 120.5, np.nan], nan_ok=True)
    assert finding_of(findings, "facility-bad-number").column == "floor_area_m2"


def test_delivery_in_metres_and_kilometres():
    frame, findings = understood(delivery_radius_m=["1500", "800米", "1.5公里", "2 km", "", "0"])
    assert frame["delivery_radius_m"].tolist() == pytest.approx([1500, 800, 1500, 2000, np.nan, 0], nan_ok=True)
    assert findings == []
    frame, findings = understood(delivery_radius_km=["1.5", "800米", ""])
    assert frame["delivery_radius_m"].tolist() == pytest.approx([1500, 800, np.nan], nan_ok=True)
    assert "delivery_radius_km" not in frame


def test_metres_win_where_a_list_has_both():
    frame, _ = understood(delivery_radius_m=["500", ""], delivery_radius_km=["2", "2"])
    assert frame["delivery_radius_m"].tolist() == [500, 2000]


@pytest.mark.parametrize("cell", ["1.5", "80000", "-300", "附近", "inf"])
def test_a_radius_that_cannot_be_is_told_and_not_used(cell):
    frame, findings = understood(delivery_radius_m=["500", cell])
    assert frame["delivery_radius_m"].isna().tolist() == [False, True]
    found = finding_of(findings, "facility-bad-delivery")
    assert (found.row, found.value) == (3, cell)


# -- tiers, dates, addresses ------------------------------------------------------------------------


def test_tiers_keep_their_word_beside_the_key():
    frame, findings = understood(tier=["街道级", "社区", "三星级", "", "District"])
    assert frame["tier"].tolist() == ["街道级", "社区", "三星级", "", "District"]
    assert frame["tier_key"].tolist() == ["subdistrict", "community", "", "", "district"]
    told = finding_of(findings, "coded-words-unknown")
    assert (told.severity, told.count, told.row, told.value) == ("warning", 1, 4, "三星级")
    assert told.examples == ("row 4: 三星级",)


@pytest.mark.parametrize(
    ("word", "tier"),
    [
        ("station", "community"), ("站", "community"), ("服务站", "community"), ("village", "community"),
        ("centre", "subdistrict"), ("center", "subdistrict"), ("中心", "subdistrict"), ("15分钟生活圈", "subdistrict"),
    ],
)  # fmt: skip
def test_stations_and_centres_are_tiers(word, tier):
    frame, findings = understood(tier=[word])
    assert frame["tier_key"].tolist() == [tier]
    assert findings == []


def test_a_word_is_of_one_tier():
    words = [word for tier in tiers().values() for word in {tier.key, tier.title_en, *tier.words}]
    assert len(words) == len(set(words))


def test_supply_routes_keep_their_word_beside_the_key():
    # The six of the plan (新建、购买、置换、改建、项目配套和整合共享), two of Kunshan, one that nobody knows.
    words = ["新建", "购买", "置换", "改（扩）建", "项目配套", "整合共享", "加层扩建", "开发商提供", "借用", ""]
    frame, findings = understood(supply_route=words)
    assert frame["supply_route"].tolist() == words
    assert frame["supply_route_key"].tolist() == [
        "new_build", "purchase", "exchange", "rebuild", "developer", "shared", "rebuild", "developer", "", "",
    ]  # fmt: skip
    told = finding_of(findings, "coded-words-unknown")
    assert (told.severity, told.count, told.row, told.value) == ("warning", 1, 10, "借用")


def test_a_word_is_of_one_supply_route():
    words = [word for one in supply_routes().values() for word in {one.key, one.title_zh, one.title_en, *one.words}]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-03-05", "2024-03-05"),
        ("2024/3/5", "2024-03-05"),
        ("2024.3.5", "2024-03-05"),
        ("２０２４年３月５日", "2024-03-05"),
        ("2024年3月", "2024-03"),
        ("2024-03", "2024-03"),
        ("2024年", "2024"),
        ("20240305", "2024-03-05"),
        ("2024-03-05 00:00:00", "2024-03-05"),
        ("2024-02-30", ""),
        ("2024年13月", ""),
        ("5/3/2024", ""),
        ("去年", ""),
        ("", ""),
    ],
)
def test_dates(text, iso):
    assert iso_date(text) == iso


def test_a_date_that_is_not_understood_is_kept_as_text_and_told():
    cells = ["2024/3/5", "三月初", "", dt.date(2024, 3, 5), pd.Timestamp("2024-03-05"), pd.NaT]
    frame, findings = understood(source_date=cells)
    assert frame["source_date"].tolist() == ["2024-03-05", "三月初", "", "2024-03-05", "2024-03-05", ""]
    found = finding_of(findings, "facility-date-unknown")
    assert (found.count, found.row, found.value, found.severity) == (1, 3, "三月初", "note")


def test_an_address_of_another_kind_is_told():
    cells = ["https://www.suzhou.gov.cn/a?b=1", "HTTP://x.cn", "javascript:alert(1)", "www.x.cn", "", "https://"]
    frame, findings = understood(source_url=cells)
    assert frame["source_url"].tolist() == cells
    found = finding_of(findings, "facility-url-unsafe")
    assert (found.count, found.row) == (3, 4)


# -- through the reader -----------------------------------------------------------------------------


def test_a_chinese_sheet_end_to_end(tmp_path):
    header = (*HEADER[:5], "级别", "容量", "开放时间", "配送半径(公里)", "服务半径", "来源", "更新日期", "网址")
    row = (
        "f1", "光里", "助餐点;日间照料", "120.62", "31.31", "社区级", "助餐点:80;日间照料:30",
        "上午8:00-11:30 下午1:30-5:00", "1.5", "500", "民政局", "2024年3月", "https://x.cn/1",
    )  # fmt: skip
    frame, _ = unpacked(read_facilities(write_csv(tmp_path / "list.csv", [row], header), facilities_table()))
    site = frame.loc["f1"]
    assert site["capacity_by_service"] == {"meal_point": 80, "day_care": 30}
    assert (site["capacity"], site["delivery_radius_m"], site["tier_key"]) == (110, 1500, "community")
    assert (site["opening_hours"], site["source_date"]) == ("上午8:00-11:30 下午1:30-5:00", "2024-03")
    assert site["服务半径"] == "500"  # how far people walk, not how far a kitchen delivers


@pytest.mark.slow
def test_a_hundred_thousand_rows_in_seconds():
    size = 100_000
    columns = {
        "opening_hours": ["周一至周五 8:00-17:00", "待定", "24小时", ""] * (size // 4),
        "capacity": [f"助餐点:{k % 300}" for k in range(size)],
        "delivery_radius_m": [f"{k % 900 + 100}米" for k in range(size)],
        "source_date": ["2024/3/5", "?"] * (size // 2),
    }
    begin = time.process_time()
    frame, findings = understood(**columns)
    assert time.process_time() - begin < 6
    assert frame["capacity"].sum() == sum(k % 300 for k in range(size))
    assert {found.count for found in findings} == {size // 4, size // 2}
