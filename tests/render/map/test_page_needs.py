"""Older people of some need on the card of a community: how many there are, and of each service who goes without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from circle15.render.map.folium_map import page_html
from tests.towns.browser_page import click, texts
from tests.towns.chromium import Browser, program
from tests.towns.needs import street_with_needs

LINES = "[...document.querySelectorAll('.card .lines dt')].map((e) => [e.textContent, e.nextSibling.textContent])"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.mark.browser
@pytest.mark.skipif(program() is None, reason="no Chromium")
def test_the_card_tells_of_each_need_and_of_what_is_unknown(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "map.html"
    page.write_text(page_html(street_with_needs()), encoding="utf-8", newline="\n")
    browser.open(page)
    click(browser, ".row[data-community=a]")
    lines = dict(browser.run(LINES))
    assert {key: lines[key] for key in ("独居老人", "失能老人", "低保老人")} == {
        "独居老人": "约20", "失能老人": "不足10人", "低保老人": "未知",
    }  # fmt: skip
    assert "空巢老人" not in lines
    assert "估计其中独居老人约20人、失能老人不足10人" in texts(browser, ".service[data-service=shop] .detail span")
    assert not any("估计其中" in text for text in texts(browser, ".service[data-service=clinic] .detail span"))
    assert any("一人可以同时属于几类" in text for text in texts(browser, ".card .fine"))
    (card,) = texts(browser, ".card")
    assert "null" not in card
    assert "NaN" not in card
