"""The page, opened in a real browser without a network: it works, asks for nothing, and runs nobody's text."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import folium
import pytest

from circle15.errors import OutputError, SettingError
from circle15.model import FileRecord, Finding
from circle15.model.limits import FEWEST
from circle15.render.map.folium_map import CircleMap, draw_map, page_html
from circle15.render.map.page_file import json_block, words
from circle15.render.map.payload import payload
from tests.towns.browser_page import HOSTILE, KEEP_SAVED, SPILLED, becomes, click, texts
from tests.towns.chromium import Browser, program
from tests.towns.packed_sections import section
from tests.towns.page_fixture import analysis

HERE = Path(__file__).parent
HOSTILE_SITES = (*HOSTILE, "circle15-text-start", "</title><svg onload=alert(4)>", "'\"&<>", "=cmd|' /C calc'!A0")

TILES_DRAWN = """[...document.querySelectorAll('.leaflet-tile')].filter((tile) =>
  new Set(tile.getContext('2d').getImageData(0, 0, 512, 512).data).size > 8).length"""
PANE_DRAWN = """((pane) => {
  const canvas = document.querySelector(`.leaflet-${pane}-pane canvas`);
  return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
})"""
REACH_DRAWN, AREAS_DRAWN = f"{PANE_DRAWN}('reach')", f"{PANE_DRAWN}('areas')"
ON_SCREEN = """((place) => {
  const box = map_circle15.getContainer().getBoundingClientRect();
  const { x, y } = map_circle15.latLngToContainerPoint(place);
  return [x + box.left, y + box.top];
})"""
SEARCH = """((text) => {
  const field = document.querySelector('input[type=search]');
  field.value = text;
  field.dispatchEvent(new Event('input'));
})"""

browser_only = pytest.mark.skipif(program() is None, reason="no Chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "map.html"
    path.write_text(page_html(analysis()), encoding="utf-8", newline="\n")
    return path


# -- the host ---------------------------------------------------------------------------------------


def test_the_map_is_a_folium_map_that_needs_no_other_host() -> None:
    drawn = draw_map(analysis())
    assert isinstance(drawn, folium.Map)
    shown = drawn._repr_html_()
    assert "iframe" in shown
    assert not re.search(r"&lt;(?:script|img|iframe)[^&]*src=|&lt;link", shown)


@pytest.mark.browser
@browser_only
def test_own_layers_are_added_as_to_any_folium_map(browser: Browser, tmp_path: Path) -> None:
    drawn = draw_map(analysis())
    folium.CircleMarker([31.32, 120.61], popup=folium.Popup("mine")).add_to(drawn)
    folium.Marker([31.32, 120.61], tooltip="here").add_to(drawn)
    page = page_html(drawn)
    assert "L.circleMarker" in page
    assert page == page_html(drawn)
    path = tmp_path / "own.html"
    path.write_text(page, encoding="utf-8")
    browser.open(path)
    assert browser.run("document.querySelectorAll('.leaflet-marker-icon').length") == 1
    assert browser.requests() == []


def test_a_layer_from_the_network_is_refused() -> None:
    drawn = draw_map(analysis())
    folium.TileLayer("https://tiles.example.org/{z}/{x}/{y}.png", attr="x").add_to(drawn)
    with pytest.raises(OutputError, match=r"tiles\.example\.org.*Remove that layer"):
        page_html(drawn)


def test_same_input_same_page(town: Path) -> None:
    assert page_html(analysis()) == town.read_text(encoding="utf-8")


def test_the_policy_lets_run_only_what_stands_in_the_page(town: Path) -> None:
    page = town.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]


def test_text_in_json_cannot_end_its_element() -> None:
    block = json_block("x", {"a": "</script><!--\u2028"})
    assert block.count("<") == 2
    assert "\u2028" not in block


@pytest.mark.parametrize("name", ["amap", "gaode", "https://x", ""])
def test_shifted_or_unknown_tiles_are_refused(name: Any) -> None:
    with pytest.raises(SettingError, match="tiles"):
        draw_map(analysis(), tiles=name)


def test_tianditu_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIANDITU_KEY", raising=False)
    with pytest.raises(SettingError, match="TIANDITU_KEY"):
        draw_map(analysis(), tiles="tianditu")
    monkeypatch.setenv("TIANDITU_KEY", "0123456789abcdef" * 2)
    page = page_html(draw_map(analysis(), tiles="tianditu"))
    assert "img-src data: https://t0.tianditu.gov.cn;" in page


def test_tiles_open_one_host_only() -> None:
    page = page_html(draw_map(analysis(), tiles="osm"))
    assert "img-src data: https://tile.openstreetmap.org;" in page
    assert "default-src 'none'" in page


# -- the page's own code ----------------------------------------------------------------------------


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="no Node")
def test_modules_in_node() -> None:
    tests = sorted(str(path) for path in (HERE / "page").glob("*.test.js"))
    done = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="no Node")
@pytest.mark.parametrize("compress", [True, False])
def test_node_reads_the_bytes_that_python_writes(compress: bool, tmp_path: Path) -> None:  # noqa: FBT001
    content = payload(analysis(), compress=compress)
    (tmp_path / "content.json").write_text(json.dumps(content), encoding="utf-8")
    bytes_js = (HERE.parents[2] / "circle15/render/map/page/bytes.js").as_uri()
    script = (
        f'import {{ unpack }} from "{bytes_js}"; import {{ readFileSync }} from "node:fs";'
        f"const {{ binary }} = JSON.parse(readFileSync({json.dumps(str(tmp_path / 'content.json'))}, 'utf8'));"
        "const { read } = await unpack(binary);"
        "const all = Object.keys(binary.sections).map((name) => [name, [...read(name)]]);"
        "console.log(JSON.stringify(Object.fromEntries(all)));"
    )
    line = ["node", "--input-type=module", "--eval", script]
    read = json.loads(subprocess.run(line, capture_output=True, text=True, timeout=60, check=True).stdout)
    assert {name: section(content["binary"], name).tolist() for name in read} == read
    assert len(read) == len(content["binary"]["sections"])


# -- in the browser ---------------------------------------------------------------------------------


@pytest.mark.browser
@browser_only
def test_the_smallest_published_number_is_taken_from_the_page_s_data(browser: Browser, tmp_path: Path) -> None:
    content = payload(analysis())
    assert content["fewest"] == FEWEST
    shares = {}
    for fewest in (FEWEST, 100_000):
        path = tmp_path / f"{fewest}.html"
        drawn = CircleMap(content | {"fewest": fewest, "tiles": None, "words": words()})
        path.write_text(page_html(drawn), encoding="utf-8", newline="\n")
        browser.open(path, fragment="#m=share&s=clinic")
        shares[fewest] = texts(browser, ".row .value")
    assert sum(text.endswith("%") for text in shares[FEWEST]) == 7
    # Where nothing under 100,000 people is published, the page shows no share at all.
    assert not any("%" in text for text in shares[100_000])


@pytest.mark.browser
@browser_only
def test_the_page_opens_and_asks_for_nothing(browser: Browser, town: Path) -> None:
    opened_ms = browser.open(town)
    assert browser.requests() == []
    assert browser.told() == []
    assert opened_ms < 10_000
    assert texts(browser, ".head h1") == ["小城"]
    assert "设施" in texts(browser, ".banner")[0]
    assert "内部分析用图，公开前须依法送审" in texts(browser, ".foot-line")[0]
    assert "© OpenStreetMap contributors (ODbL)" in texts(browser, ".foot-line")[0]
    assert becomes(browser, f"{TILES_DRAWN} > 0", wanted=True)


@pytest.mark.browser
@browser_only
def test_the_page_leaves_nothing_global(browser: Browser, town: Path) -> None:
    browser.open(town)
    own = set(browser.run("Object.keys(window)"))
    bare = town.parent / "bare.html"
    bare.write_text("<!DOCTYPE html><title>x</title>", encoding="utf-8")
    browser.open(bare, ready="document.title === 'x'")
    leaflet, folium_own = {"L", "leaflet", "_leaflet_events"}, {"map_circle15", "L_NO_TOUCH", "L_DISABLE_3D"}
    assert own - set(browser.run("Object.keys(window)")) <= leaflet | folium_own


@pytest.mark.browser
@browser_only
def test_list_search_sort_and_card(browser: Browser, town: Path) -> None:
    browser.open(town)
    content = payload(analysis())
    ranked = [community for community in content["communities"] if community["gap"]]
    equal = ["平江社区", "双塔社区", "桃花坞社区"]  # nobody is left out: of one rank, by pinyin
    by_index = sorted(ranked, key=lambda own: (-own["gap"]["index"], own["gap"]["rank"]))
    # Five stand before them; a sixth has too few people aged 60+ to be told of, and no rank.
    assert [own["gap"]["rank"] for own in ranked if own["name"] in equal] == [5, 5, 5]
    by_index[-3:] = sorted(by_index[-3:], key=lambda own: equal.index(own["name"]))
    assert texts(browser, ".row b") == [*[c["name"] for c in by_index], "胥江社区"]
    browser.run(f"{SEARCH}('沧浪街')")
    assert len(texts(browser, ".row")) == 4
    browser.run(f"{SEARCH}('没有')")
    assert texts(browser, ".list .empty") == ["没有名称含“没有”的社区"]
    browser.run(f"{SEARCH}('')")
    click(browser, '[data-community="c1"]')
    assert texts(browser, ".card h2") == ["桃花坞社区"]
    services = {c["key"]: c for c in content["services"]}
    assert texts(browser, ".card .service-name") == [service["title_zh"] for service in services.values()]
    assert "不能判定" in texts(browser, '[data-service="day_care"] .share')[0]
    cell = content["communities"][0]["services"]["meal_point"]
    share = round(100 * (1 - cell["uncovered"][-1] / cell["placed"]))
    assert texts(browser, '[data-service="meal_point"] .share')[0].endswith(f"{share}%")
    assert texts(browser, ".card p.fine")[0] == "人口定位依据：住宅建筑。"
    assert f"平均{cell['mean_min']:.0f}分钟" in texts(browser, '[data-service="meal_point"] .detail')[0]
    click(browser, ".back")
    assert len(texts(browser, ".row")) == 8


@pytest.mark.browser
@browser_only
def test_measure_service_cutoff_and_language(browser: Browser, town: Path) -> None:
    browser.open(town)
    click(browser, '.chips [data-value="clinic"]')
    assert texts(browser, ".legend h4")[0].startswith("覆盖率社区卫生服务站 · 15分钟")
    click(browser, '.choice-row.inline [data-value="0"]')
    assert "5分钟" in texts(browser, ".legend h4")[0]
    counted = sum(int(text) for text in texts(browser, ".legend .classes b"))
    assert counted == 8
    click(browser, '.chips [data-value="day_care"]')
    assert texts(browser, ".summary") == ["没有设施清单，不能判定（不等于没有设施）"]
    assert "不能判定7" in "".join(texts(browser, ".legend .classes li"))
    click(browser, '[data-act="language"]')
    assert texts(browser, ".head h1") == ["Small town"]
    assert browser.run("document.documentElement.lang") == "en"
    chinese = re.compile(r"[\u4e00-\u9fff]{2}")
    shown = texts(browser, ".segments button, .legend h4, .unit, .summary, .row b, .foot-line")
    assert [text for text in shown if chinese.search(text)] == []


@pytest.mark.browser
@browser_only
def test_a_facility_shows_its_reach(browser: Browser, town: Path) -> None:
    browser.open(town, fragment="#f=f03")
    assert texts(browser, ".card h2")[0].endswith("第3便民点")
    assert becomes(browser, REACH_DRAWN, wanted=True)
    click(browser, ".back")
    assert becomes(browser, REACH_DRAWN, wanted=False)


@pytest.mark.browser
@browser_only
def test_a_click_on_the_map_opens_a_community_and_a_facility(browser: Browser, town: Path) -> None:
    browser.open(town)
    content = payload(analysis())
    own, site = content["communities"][1], content["facilities"][2]
    targets = {own["name"]: [own["anchor"][1], own["anchor"][0]], site["name"]: [site["lat"], site["lon"]]}
    for wanted, target in targets.items():
        x, y = browser.run(f"{ON_SCREEN}({json.dumps(target)})")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        assert texts(browser, ".card h2")[0].endswith(wanted)


@pytest.mark.browser
@browser_only
def test_keys_reach_everything(browser: Browser, town: Path) -> None:
    browser.open(town)
    browser.run("document.querySelector('.choices [aria-checked=true]').focus()")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight")
    assert browser.run("document.querySelector('.segments [aria-checked=true]').dataset.value") == "uncovered"
    assert browser.run("document.activeElement.dataset.value") == "uncovered"
    browser.run("document.querySelector('.row').focus()")
    browser.run("document.activeElement.click()")
    assert browser.run("document.activeElement.tagName") == "H2"
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Escape", code="Escape")
    assert browser.run("document.querySelector('.card').hidden") is True


@pytest.mark.browser
@browser_only
def test_the_table_that_is_saved_is_the_list_that_is_shown(browser: Browser, town: Path) -> None:
    browser.open(town)
    browser.run(KEEP_SAVED)
    click(browser, '[data-act="csv"]')
    saved = browser.run("kept.arrayBuffer().then((b) => [...new Uint8Array(b)])")
    text = bytes(saved).decode("utf-8")
    assert text.startswith("\ufeff排名,")
    lines = text.strip().split("\r\n")
    assert [line.split(",")[2] for line in lines[1:]] == texts(browser, ".row b")
    assert all(line.endswith(",含合成数据") for line in lines[1:])
    assert "不足10人" in text


@pytest.mark.browser
@browser_only
def test_hostile_names_are_only_text(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    finding = Finding(code="x", severity="warning", message_zh=HOSTILE[4], message_en=HOSTILE[6], examples=HOSTILE[:3])
    file = FileRecord(
        file=HOSTILE[4], role="facilities", part=HOSTILE[6], rows_read=1, rows_used=0, dropped=((HOSTILE[5], 1),)
    )
    shown = analysis(
        community_names=HOSTILE, facility_names=HOSTILE_SITES, title=HOSTILE[4], findings=(finding,), files=(file,)
    )
    path = tmp_path / "hostile.html"
    path.write_text(page_html(shown), encoding="utf-8", newline="\n")
    assert not (tmp_path / "circle15-was-here").exists()
    browser.open(path)
    assert browser.run("document.title").startswith("</script><script>alert(1)</script>")
    assert sorted(texts(browser, ".row b")) == sorted(HOSTILE)
    for place in range(8):
        click(browser, f'[data-community="c{place + 1}"]')
        for site in range(browser.run("document.querySelectorAll('.site').length")):
            browser.run(f"document.querySelectorAll('.site')[{site}].click()")
            click(browser, ".back")
        click(browser, ".back")
    for drawer in ("findings", "method"):
        click(browser, f'[data-act="{drawer}"]')
    assert browser.dialogs() == 0
    assert browser.told() == []
    assert browser.requests() == []
    assert browser.run("document.querySelectorAll('.page script, .page img, .page svg').length") == 0


@pytest.mark.browser
@browser_only
def test_a_notebook_frame_shows_the_map_too(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{draw_map(analysis())._repr_html_()}", encoding="utf-8")
    browser.open(path, ready="document.querySelector('iframe')?.contentDocument?.documentElement?.dataset.ready")
    assert browser.requests() == []
    assert browser.run("document.querySelector('iframe').contentDocument.querySelectorAll('.row').length") == 8


@pytest.mark.browser
@browser_only
def test_an_old_browser_is_told_and_the_uncompressed_page_still_opens(browser: Browser, tmp_path: Path) -> None:
    browser.call("Page.enable")
    script = browser.call("Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream")
    try:
        for compress, selector in ((True, ".broken"), (False, ".row")):
            path = tmp_path / f"{compress}.html"
            path.write_text(page_html(draw_map(analysis(), compress=compress)), encoding="utf-8")
            browser.open(path, ready=f"document.querySelector('{selector}')")
            assert ("compress=False" in texts(browser, selector)[0]) is compress
    finally:
        browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script["identifier"])


@pytest.mark.browser
@browser_only
def test_a_page_of_the_first_format_is_refused(browser: Browser, tmp_path: Path) -> None:
    page = page_html(draw_map(analysis()))
    assert page.count('"format":2') == 1
    path = tmp_path / "first.html"
    path.write_text(page.replace('"format":2', '"format":1'), encoding="utf-8")
    browser.open(path, ready="document.querySelector('.broken')")
    assert "format 1" in texts(browser, ".broken")[0]
    assert browser.run("document.querySelectorAll('.row').length") == 0


@pytest.mark.browser
@browser_only
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1920, 1080), (390, 844)])
def test_nothing_is_clipped(browser: Browser, town: Path, width: int, height: int) -> None:
    browser.resize(width, height, mobile=width < 700)
    try:
        for fragment in ("", "#l=en&m=share&s=clinic", "#c=c1", "#f=f01"):
            browser.open(town, fragment=fragment)
            assert browser.run(SPILLED) == []
            assert browser.run("document.documentElement.scrollWidth") <= width
    finally:
        browser.resize(1440, 900)


@pytest.mark.browser
@browser_only
def test_a_printed_page_has_title_legend_date_and_law(browser: Browser, town: Path) -> None:
    browser.open(town)
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.run("getComputedStyle(document.querySelector('.panel')).display") == "none"
    head = texts(browser, ".print-head")[0]
    assert "小城 · 15分钟步行生活圈" in head
    assert "数据日期：2024-01-01" in head
    assert "含合成数据" in head
    # A printer does not wait for the next frame: all is drawn at once.
    pending = "document.querySelectorAll('.leaflet-tile:not(.leaflet-tile-loaded)').length"
    drawn = browser.run(f"(() => {{ dispatchEvent(new Event('beforeprint')); return [{pending}, {AREAS_DRAWN}]; }})()")
    assert drawn == [0, True]
    assert browser.run("map_circle15.getSize().x") == browser.run("document.querySelector('.map-box').clientWidth")
    browser.run("window.dispatchEvent(new Event('afterprint'))")
    assert browser.run("getComputedStyle(document.querySelector('.panel')).display") == "flex"
