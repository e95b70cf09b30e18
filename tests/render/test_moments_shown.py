"""Moments, deliveries, capacities and sources in what is written: page, workbook, CSV, GeoPackage."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest

from circle15.hours.opening import hours_table
from circle15.model import Analysis, Facilities, Moment
from circle15.render.map.folium_map import page_html
from circle15.render.map.payload import payload
from circle15.render.tables.columns import columns
from circle15.render.tables.facilities import facility_table
from circle15.render.tables.files import gaps_csv, gaps_xlsx, geopackage
from circle15.render.tables.frames import gap_table
from tests.towns.chromium import Browser, program
from tests.towns.page_fixture import analysis as plain_analysis

WHEN = Moment(weekday=2, minute=690)
HOSTILE_URL = "javascript:alert(document.domain)"


def delivery_of(made: Analysis) -> pd.DataFrame:
    """Meal points deliver to a tenth of every community's people."""
    people = made.city.communities.frame["pop_60plus"].astype(float)
    index = pd.MultiIndex.from_product([people.index, ["meal_point"]], names=["community_id", "service"])
    tenth = (people / 10).to_numpy()
    return pd.DataFrame({"pop_60plus_delivered": tenth, "pop_60plus_either": 5 * tenth}, index=index)


@pytest.fixture(scope="module")
def timed() -> Analysis:
    """The town at We 11:30: f01 is shut, f02's hours are unknown; f04 delivers and gives capacities by service."""
    made = plain_analysis()
    frame = made.city.facilities.frame.copy()
    frame.loc["f01", "opening_hours"], frame.loc["f02", "opening_hours"] = "周末 9:00-12:00", "另行通知"
    frame["delivery_radius_m"] = np.where(frame.index == "f04", 700.0, np.nan)
    given = [{"meal_point": 80.0, "shop": 5.0} if site == "f04" else None for site in frame.index]
    frame["capacity_by_service"] = pd.Series(given, index=frame.index, dtype=object)
    frame["tier"], frame["tier_key"] = "街镇级", np.where(frame.index == "f01", "subdistrict", "")
    frame["site_kind"] = "托老所和日托"
    frame["site_kind_key"] = np.where(frame.index == "f01", "day_care_centre;nursery", "")
    frame["source"], frame["source_date"] = "民政局", "2024-03"
    frame["source_url"] = np.where(frame.index == "f04", "https://www.example.org/a?b=1", HOSTILE_URL)
    sites = Facilities(frame=frame, listed=made.city.facilities.listed, origins=made.city.facilities.origins)
    return dataclasses.replace(
        made,
        city=dataclasses.replace(made.city, facilities=sites),
        settings=dataclasses.replace(made.settings, open_at=WHEN),
        coverage=dataclasses.replace(made.coverage, delivery=delivery_of(made)),
        hours=hours_table(sites, WHEN),
    )


# -- the page's content -----------------------------------------------------------------------------


def test_the_payload_says_the_moment_and_who_is_open(timed):
    content = payload(timed)
    assert content["open_at"] == {"zh": "11:30（周三）", "en": "We 11:30"}
    assert [site["open"] for site in content["facilities"]][:3] == [False, None, True]
    first, second, third = content["facilities"][:3]
    assert (first["opening_hours"], first["opening_hours_osm"]) == ("周末 9:00-12:00", "Sa-Su 09:00-12:00")
    assert not {"opening_hours_osm"} & (set(second) | set(third))  # not understood; written so already
    assert (first["tier"], first["tier_zh"], first["tier_en"]) == ("街镇级", "街道级", "subdistrict")
    assert second["tier"] == "街镇级"
    assert "tier_zh" not in second
    assert first["site_kind_zh"] == "日间照料中心、托老所"
    assert first["site_kind_en"] == "day-care centre, day nursery for older people"
    assert second["site_kind"] == "托老所和日托"
    assert "site_kind_zh" not in second


def test_the_payload_of_any_time_has_no_moment():
    content = payload(plain_analysis())
    assert content["open_at"] is None
    assert not any("open" in site for site in content["facilities"])


def test_the_payload_shows_web_addresses_only(timed):
    sites = {site["id"]: site for site in payload(timed)["facilities"]}
    assert sites["f04"]["source_url"] == "https://www.example.org/a?b=1"
    assert "source_url" not in sites["f01"]
    assert (sites["f04"]["delivery_radius_m"], sites["f01"]["delivery_radius_m"]) == (700, None)
    assert sites["f04"]["capacity_by_service"] == {"meal_point": 80, "shop": 5}
    assert HOSTILE_URL not in json.dumps(sites)


def test_deliveries_publish_no_number_of_people(timed):
    bare = dataclasses.replace(timed, coverage=plain_analysis().coverage)
    assert payload(timed)["communities"] == payload(bare)["communities"]


# -- tables -----------------------------------------------------------------------------------------


def test_the_gap_table_has_the_moment_and_the_delivery_pair(timed):
    table = gap_table(timed).set_index(["community_id", "service"])
    assert set(table["open_at"]) == {"We 11:30"}
    assert table.loc[("c1", "meal_point"), ["pop_60plus_delivered", "pop_60plus_either"]].tolist() == [64, 320]
    assert table.loc[("c1", "clinic"), ["pop_60plus_delivered", "pop_60plus_either"]].isna().all()
    plain = gap_table(plain_analysis())
    assert not {"open_at", "pop_60plus_delivered", "pop_60plus_either"} & set(plain.columns)
    pd.testing.assert_frame_equal(plain, gap_table(timed)[plain.columns])


def test_the_facility_table_has_all_that_is_known_of_a_site(timed):
    table = facility_table(timed).set_index("facility_id")
    assert set(table.columns) <= set(columns())
    assert table["open_then"].tolist()[:3] == ["不开放 closed", "不详 unknown", "开放 open"]
    assert table["opening_hours_osm"].tolist()[:3] == ["Sa-Su 09:00-12:00", "", "Mo-Fr 08:00-17:00"]
    assert table.loc["f04", "capacity_by_service"] == "助餐点 Meal point 80; 便民商店 Daily shop 5"
    assert table.loc["f04", ["delivery_radius_m", "source_date"]].tolist() == [700, "2024-03"]
    assert "open_then" not in facility_table(plain_analysis())


def test_the_workbook_says_the_moment_on_its_sheets(timed, tmp_path):
    book = openpyxl.load_workbook(gaps_xlsx(timed, tmp_path / "gaps.xlsx"))
    for title in ("概要 Summary", "社区 Communities", "缺口 Gaps"):
        heading = book[title].cell(1, 1).value
        assert "11:30（周三）仍开放的设施" in heading
        assert "open at We 11:30" in heading
    method = [cell.value for row in book["方法 Method"].iter_rows() for cell in row if isinstance(cell.value, str)]
    assert any("Wednesday, an ordinary working day" in line for line in method)
    assert any("配送半径的直线距离" in line for line in method)
    plain = openpyxl.load_workbook(gaps_xlsx(plain_analysis(), tmp_path / "plain.xlsx"))
    assert "11:30" not in plain["缺口 Gaps"].cell(1, 1).value


def test_csv_and_geopackage_carry_them_too(timed, tmp_path):
    text = gaps_csv(timed, tmp_path / "gaps.csv").read_text(encoding="utf-8-sig")
    (first, *_) = csv.DictReader(io.StringIO(text, newline=""))
    assert {"open_at", "pop_60plus_delivered", "pop_60plus_either"} <= set(first)
    path = geopackage(timed, tmp_path / "town.gpkg")
    sites = pyogrio.read_dataframe(path, layer="facilities").set_index("facility_id")
    assert sites.loc["f04", "source_url"] == "https://www.example.org/a?b=1"
    assert sites.loc["f01", "open_then"] == "不开放 closed"
    about = pyogrio.read_dataframe(path, layer="about", read_geometry=False).set_index("key")["value"]
    assert about["open_at"] == "We 11:30"


# -- the page in a browser --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(timed: Analysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("timed") / "map.html"
    path.write_text(page_html(timed), encoding="utf-8", newline="\n")
    return path


def shown(browser: Browser, selector: str) -> str:
    """Text of what a selector finds first."""
    return str(browser.run(f"document.querySelector({json.dumps(selector)})?.textContent ?? ''"))


@pytest.mark.browser
@pytest.mark.skipif(program() is None, reason="no Chromium")
@pytest.mark.parametrize(
    ("language", "moment", "closed", "unknown", "delivery"),
    [
        ("zh", "11:30（周三）仍开放的设施", "11:30（周三）不开放", "是否开放不详，按开放计", "700米（直线）"),
        ("en", "facilities open at We 11:30", "closed at We 11:30", "counted as open", "700 m (straight line)"),
    ],
)
def test_the_page_says_it_in_both_languages(browser, page, language, moment, closed, unknown, delivery):
    browser.open(page, fragment=f"#l={language}&f=f01")
    assert moment in shown(browser, ".head")
    assert moment in shown(browser, ".legend")
    assert moment in shown(browser, ".print-head")
    assert closed in shown(browser, ".card .caution")
    assert {"zh": "周末 9:00-12:00", "en": "Sa-Su 09:00-12:00"}[language] in shown(browser, ".card")
    browser.open(page, fragment=f"#l={language}&f=f02")
    assert unknown in shown(browser, ".card .caution")
    browser.open(page, fragment=f"#l={language}&f=f04")
    card = shown(browser, ".card")
    assert delivery in card
    assert "https://www.example.org/a?b=1" in card
    assert "80" in card
    assert "700" in shown(browser, ".legend-reach")
    assert browser.run("document.querySelectorAll('.card a').length") == 0
    assert shown(browser, ".card .caution") == ""


@pytest.mark.browser
@pytest.mark.skipif(program() is None, reason="no Chromium")
def test_a_delivery_is_a_dashed_circle_of_its_radius(browser, page):
    circle = """(() => {
      const found = [];
      map_circle15.eachLayer((layer) => {
        if (layer instanceof L.Circle) found.push([layer.getRadius(), layer.options.dashArray]);
      });
      return JSON.stringify(found);
    })()"""
    browser.open(page, fragment="#f=f04")
    assert json.loads(browser.run(circle)) == [[700, "9 7"]]
    browser.open(page, fragment="#f=f03")
    assert json.loads(browser.run(circle)) == []
