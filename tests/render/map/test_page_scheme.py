"""The page of a scheme in the browser: the switch recolours communities, numbers, list and card, by keys too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from circle15.model.changes import AddFacility, AddLink, CloseFacility, LinkEnd, MergeCommunities
from circle15.render.map.folium_map import draw_map, page_html
from tests.towns.browser_page import SPILLED, click, texts
from tests.towns.chromium import Browser, program
from tests.towns.scenarios import analysed, at, changed, street

pytestmark = [pytest.mark.browser, pytest.mark.skipif(program() is None, reason="no Chromium")]

CLINIC = AddFacility(facility_id="n", name="新站", services=("clinic",), at=at(2000))
SHUT = CloseFacility(facility_id="f1")
LINK = AddLink(start=LinkEnd(at=at(500)), end=LinkEnd(at=at(700)))
WHEN = '.scheme [data-value="{}"]'
ROWS = "[...document.querySelectorAll('.row')].map((row) => [row.querySelector('b').textContent, "
ROWS += "row.querySelector('.value').textContent])"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic more for b and c (20 and 30 people aged 60+), the only shop, c's, shut, and a link in a."""
    path = tmp_path_factory.mktemp("scheme") / "map.html"
    shown = draw_map(analysed(changed(CLINIC, SHUT, LINK)), base=analysed(street()))
    path.write_text(page_html(shown), encoding="utf-8", newline="\n")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


def test_the_switch_shows_today_the_scheme_and_what_changes(browser: Browser, page: Path) -> None:
    browser.open(page, fragment="#m=uncovered&s=clinic")
    assert texts(browser, ".scheme strong") == ["方案：A"]
    assert browser.run(ROWS) == [["c社区", "−30"], ["b社区", "−20"], ["a社区", "0"]]
    assert texts(browser, ".summary") == [
        "社区卫生服务站：15分钟内走不到的60岁以上老人，现状约50人，方案0人，少约50 · 2个社区改善，0个变差"
    ]
    assert texts(browser, ".legend .moment") == ["变化：方案减现状"]
    click(browser, WHEN.format("today"))
    assert browser.run(ROWS) == [["c社区", "约30"], ["b社区", "约20"], ["a社区", "0"]]
    assert texts(browser, ".legend .moment") == ["现状"]
    click(browser, WHEN.format("scheme"))
    assert [value for _, value in browser.run(ROWS)] == ["0", "0", "0"]
    click(browser, '.chips [data-value="shop"]')
    click(browser, WHEN.format("change"))
    assert browser.run(ROWS)[0] == ["c社区", "+30"]
    assert (browser.told(), browser.requests()) == ([], [])


def test_the_card_tells_who_newly_reaches_a_service_and_who_no_longer_does(browser: Browser, page: Path) -> None:
    browser.open(page, fragment="#c=c")
    assert texts(browser, ".card .service .detail b") == ["约30人新走得到", "约30人不再走得到"]
    assert texts(browser, ".card .service .share") == ["0% → 100%", "100% → 0%"]
    click(browser, WHEN.format("today"))
    assert texts(browser, ".card h2") == ["c社区"]  # it is there today too, and stays open
    assert texts(browser, '.card [data-service="clinic"] .share') == ["0%"]


def test_a_facility_that_is_not_there_today_is_shown_in_the_scheme_alone(browser: Browser, page: Path) -> None:
    browser.open(page, fragment="#w=scheme&f=n")
    assert texts(browser, ".card h2") == ["医新站"]
    click(browser, WHEN.format("today"))
    assert browser.run("document.querySelector('.card').hidden") is True
    click(browser, '.chips [data-value="all"]')
    assert texts(browser, ".summary")[0].endswith("3个社区，2处设施")


def test_changes_are_numbered_on_the_map_and_in_a_list(browser: Browser, page: Path) -> None:
    browser.open(page)
    marks = "document.querySelectorAll('.scheme-mark.check-mark').length"
    assert browser.run(marks) == 3
    click(browser, '[data-act="scheme"]')
    assert texts(browser, ".drawer .check p") == [
        "新增设施“新站”，提供社区卫生服务站，位于b社区。", "关闭“商店”。", "新建通道：从a社区到a社区。",
    ]  # fmt: skip
    click(browser, ".drawer .check:nth-child(2) .link")
    assert texts(browser, ".scheme-mark.chosen") == ["2"]
    click(browser, '.layers [data-layer="marks"]')
    assert browser.run(marks) == 0


def test_keys_move_the_switch_and_keep_the_focus(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("document.querySelector('.scheme [aria-checked=\"true\"]').focus()")
    for key in ("ArrowRight", "ArrowRight"):  # from change over today to the scheme
        browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key)
        browser.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)
    assert browser.run("document.activeElement.dataset.value") == "scheme"
    assert browser.run("location.hash").endswith("w=scheme")


def test_it_fits_a_phone_in_both_languages(browser: Browser, page: Path) -> None:
    browser.resize(390, 844, mobile=True)
    for language in ("zh", "en"):
        for fragment in ("w=change", "w=change&c=c", "w=today&c=b"):
            browser.open(page, fragment=f"#l={language}&{fragment}")
            assert browser.run(SPILLED) == []
            assert browser.run("document.documentElement.scrollWidth") == 390
    browser.open(page)
    low = browser.run("document.querySelector('.scheme [data-value=\"change\"]').getBoundingClientRect().bottom")
    assert low <= 844  # in sight while the panel only peeks
    browser.resize(1440, 900)


def test_of_merged_communities_today_is_drawn_and_not_told(browser: Browser, tmp_path: Path) -> None:
    merged = MergeCommunities(community_ids=("b", "c"), into="b", name="乙丙")
    path = tmp_path / "map.html"
    shown = draw_map(analysed(changed(merged)), base=analysed(street()))
    path.write_text(page_html(shown), encoding="utf-8", newline="\n")
    browser.open(path, fragment="#m=uncovered&s=clinic")
    assert browser.run(ROWS) == [["a社区", "0"], ["乙丙", "–"]]
    click(browser, '[data-community="b"]')
    assert texts(browser, ".card .sentence")[0].startswith("方案改变了这个社区的范围或人口")
    click(browser, WHEN.format("today"))
    assert sorted(name for name, _ in browser.run(ROWS)) == ["a社区", "b社区", "c社区"]
    assert texts(browser, ".summary")[0].endswith("范围或人口改变的2个不作比较，不计入合计")
    assert (browser.told(), browser.requests()) == ([], [])
