"""A community of unknown people on the page: undetermined in the list, the card, the legend and by its colour."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import circle15 as c15
from circle15.errors import DataQualityWarning
from circle15.render.map.folium_map import page_html
from circle15.render.map.payload import payload
from tests.towns.browser_page import click, texts
from tests.towns.chromium import Browser, program
from tests.towns.three_on_a_street import FLAT, PEOPLE, UNKNOWN, three_on_a_street


@pytest.fixture(scope="module")
def street() -> c15.Result:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        people = PEOPLE | {"b": (UNKNOWN, UNKNOWN)}
        return c15.analyse(three_on_a_street(people, draws=5, norms=("project-defaults",)), profile=FLAT)


def test_the_page_s_data_have_null_and_no_figure(street: c15.Result) -> None:
    content = payload(street)
    (mine,) = [one for one in content["communities"] if one["id"] == "b"]
    assert (mine["population"], mine["pop_60plus"], mine["gap"], mine["services"]) == (None, None, None, {})
    assert [one["pop_60plus"] for one in content["communities"]] == [40, None, 30]
    assert (content["totals"]["unknown"], content["totals"]["pop_60plus"]) == (1, 70)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.mark.browser
@pytest.mark.skipif(program() is None, reason="no Chromium")
def test_it_is_undetermined_wherever_the_reader_looks(browser: Browser, street: c15.Result, tmp_path: Path) -> None:
    page = tmp_path / "map.html"
    page.write_text(page_html(street), encoding="utf-8", newline="\n")
    browser.open(page)
    assert texts(browser, ".row[data-community=b] .value") == ["人口未知"]
    assert texts(browser, ".row[data-community=b] .rank") == ["–"]
    assert browser.run("document.querySelectorAll('.row[data-community=b] .swatch.unknown').length") == 1
    assert browser.run("document.querySelectorAll('.row .swatch.unknown').length") == 1
    assert any("人口未知，不能判定" in line for line in texts(browser, ".classes li"))
    assert any("另有1个社区人口未知" in text for text in texts(browser, ".panel p"))
    click(browser, ".row[data-community=b]")
    assert texts(browser, ".card h2") == ["b社区"]
    assert texts(browser, ".card .figures dd") == ["不能判定", "未知", "未知"]
    (card,) = texts(browser, ".card")
    assert "不等于没有人" in card
    assert "NaN" not in card
    assert "null" not in card
