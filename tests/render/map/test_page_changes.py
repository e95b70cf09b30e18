"""The page begins with who lacks what, and lists and marks the changes that would help, in published numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from circle15.model import Actions, Needs
from circle15.render.map.folium_map import page_html
from circle15.render.map.payload import payload
from tests.towns.action_town import clinic_and_culture
from tests.towns.browser_page import click, texts
from tests.towns.chromium import Browser, program
from tests.towns.lattice import X0, Y0

LACK = "约730位60岁以上老人中，约730位（100%）在5分钟内至少走不到一类服务；人数最多的是c社区，最缺的是社区卫生服务站。"


@pytest.fixture(scope="module")
def town():
    return clinic_and_culture()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


def test_people_of_the_payload_are_published(town):
    found = payload(town)["actions"]
    # 103 of a, 206 of b and 417 of c lack one of the two services, nobody both.
    assert found["needs"]["pop_60plus"] == 730
    assert found["needs"]["lacking"] == [730, 0]
    assert (found["needs"]["where"], found["needs"]["service"]["en"]) == (
        {"zh": "c社区", "en": "c社区"}, "a community clinic",
    )  # fmt: skip
    rows = [(row["kind"], row["gain"], row["step"], row["added"], row["same"]) for row in found["list"]]
    assert rows == [("service", 620, 1, 620, -1), ("service", 100, 2, 100, -1)]
    assert found["list"][0]["zh"] == "在f1站（图上所标位置）增设社区卫生服务站"
    east = town.city.communities.frame.to_crs(4326).total_bounds
    ((lat, lon),) = found["list"][0]["points"]
    assert east[0] < lon < east[2]
    assert lat == pytest.approx(east[1], abs=0.001)
    assert town.actions.frame.geometry.iloc[0].coords[0] == (X0 + 600, Y0)


def test_without_anything_known_there_is_nothing(town):
    assert payload(replace(town, actions=Actions()))["actions"] is None
    bare = payload(replace(town, actions=Actions(needs=Needs(frame=town.actions.needs.frame))))
    assert bare["actions"] is None


@pytest.mark.browser
@pytest.mark.skipif(program() is None, reason="no Chromium")
def test_the_summary_leads_to_the_list_and_the_list_to_the_map(browser: Browser, town, tmp_path: Path) -> None:
    page = tmp_path / "map.html"
    page.write_text(page_html(town), encoding="utf-8", newline="\n")
    browser.open(page)
    (summary,) = texts(browser, ".summary")
    assert summary == f"{LACK} 3个社区，2处设施怎样改最见效"
    click(browser, '[data-act="actions"]')
    assert texts(browser, ".drawer .drawer-body > p")[0] == LACK
    assert texts(browser, ".check p") == [
        "在f1站（图上所标位置）增设社区卫生服务站", "单独做新增约620人次", "在f0站（图上所标位置）增设文化活动站",
        "单独做新增约100人次",
    ]  # fmt: skip
    marks = "document.querySelectorAll('.check-mark.change').length"
    assert browser.run(marks) == 0
    click(browser, '[data-layer="changes"]')
    assert browser.run(marks) == 2
    click(browser, ".check:nth-child(2) .link")
    assert texts(browser, ".check-mark.change.chosen") == ["2"]
    click(browser, '[data-layer="changes"]')
    assert browser.run(marks) == 0
    click(browser, ".drawer .quiet")
    click(browser, '[data-act="language"]')
    (summary,) = texts(browser, ".summary")
    assert summary.startswith(
        "Of ~730 people aged 60+, ~730 (100%) lack at least one service within 5 minutes; most of"
    )
    assert summary.endswith("3 communities, 2 facilitiesWhat would help")
    click(browser, '.chips [data-value="clinic"]')
    assert browser.run("document.querySelectorAll('[data-act=actions]').length") == 0
    assert (browser.told(), browser.requests()) == ([], [])
