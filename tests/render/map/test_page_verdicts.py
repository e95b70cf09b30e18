"""Layers behind the verdicts in a real browser: clauses colour the right communities, walks are drawn on request."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from circle15.model.norms import Ledger
from circle15.model.verdicts import Robustness, Typology
from circle15.render.map.folium_map import draw_map, page_html
from circle15.render.map.payload import payload
from tests.towns.browser_page import HOSTILE, KEEP_SAVED, SPILLED, becomes, click, texts
from tests.towns.chromium import Browser, program
from tests.towns.packed_sections import section, verdict_parts
from tests.towns.verdict_fixture import RULES, judged, ledger

pytestmark = [pytest.mark.browser, pytest.mark.skipif(program() is None, reason="no Chromium")]

LAYERS = """(() => {
  const found = { fill: {}, walk: [], marks: 0 };
  const layers = [];
  map_circle15.eachLayer((layer) => layers.push(layer));
  // A polygon of its own lies over each community; it is filled with a pattern where the community is hatched.
  const hatched = layers.filter(({ options }) => options.fill && options.fillColor instanceof CanvasPattern);
  layers.forEach((layer) => {
    const { fillColor, color } = layer.options;
    const name = layer.getTooltip?.()?.getContent().call?.().querySelector('strong').textContent;
    if (layer instanceof L.Polygon && name) {
      found.fill[name] = [fillColor, hatched.some((hatch) => hatch.getBounds().equals(layer.getBounds()))];
    }
    if (color === '#0b5fa5' && layer instanceof L.Polyline) found.walk.push(layer.getLatLngs().length);
    if (layer instanceof L.Marker && layer.getElement()?.classList.contains('check-mark')) found.marks += 1;
  });
  return found;
})()"""
PASS, FAIL, OPEN = "#8fc7ba", "#5e3c99", "#efece6"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as started:
        yield started


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    return payload(judged())


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verdicts") / "map.html"
    path.write_text(page_html(judged()), encoding="utf-8", newline="\n")
    return path


def arrive(browser: Browser, page: Path, fragment: str = "") -> None:
    """Open a page and wait until what stands behind the verdicts is there."""
    browser.open(page, fragment=fragment, ready="document.documentElement?.dataset.ready === 'verdicts'")


def choose(browser: Browser, selector: str, value: str) -> None:
    """Choose an option as a reader does."""
    script = "((field) => { field.value = %s; field.dispatchEvent(new Event('change')); })(document.querySelector(%s))"
    browser.run(script % (json.dumps(value), json.dumps(selector)))


def test_the_first_view_is_what_it_was_and_the_rest_waits(browser: Browser, town: Path) -> None:
    browser.open(town)
    assert texts(browser, ".legend h4") == ["缺口指数"]
    assert texts(browser, ".segments button")[:4] == ["缺口指数", "未覆盖老人", "覆盖率", "最近时间"]
    assert texts(browser, ".segments button")[4:] == ["条文", "稳健性", "原因", "类型"]
    assert browser.run(LAYERS)["walk"] == []
    arrive(browser, town)
    assert browser.told() == []
    assert browser.requests() == []


def test_a_clause_colours_the_communities_that_it_judges(browser: Browser, town: Path, content: dict[str, Any]) -> None:
    arrive(browser, town)
    click(browser, '.segments [data-value="norm"]')
    norms = verdict_parts(content)["norms"]
    groups = browser.run("[...document.querySelectorAll('.clause-choice optgroup')].map((e) => e.children.length)")
    assert groups == [4, 1]
    names = [one["name"] for one in content["communities"]]
    for clause, row in zip(norms["clauses"], norms["rows"], strict=True):
        if clause["level"] != "community":
            continue
        choose(browser, ".clause-choice", clause["id"])
        tones = {"p": PASS, "f": FAIL, "u": OPEN, "s": "#b9cbe0", "h": "#f4f2ee"}
        fill = browser.run(LAYERS)["fill"]
        assert {name: fill[name][0] for name in names} == dict(zip(names, [tones[v] for v in row["v"]], strict=True))
        # Hatched: marked, undetermined and not public.
        hatched = [v in "uh" or (v in "pf" and clause["mark"] != "") for v in row["v"]]
        assert [fill[name][1] for name in names] == hatched
        counts = texts(browser, ".legend .classes li")
        for letter, label in (("f", "不达标"), ("p", "达标"), ("u", "不能判定")):
            if row["v"].count(letter):
                assert f"{label}{row['v'].count(letter)}" in counts
    assert "n=grids" in browser.run("location.hash")


def test_an_indicative_verdict_says_so(browser: Browser, town: Path) -> None:
    arrive(browser, town, "#m=norm&n=clinics&c=c1")
    assert "参考" in texts(browser, ".legend h4")[0]
    assert texts(browser, '.clause[data-clause="clinics"] .badge-verdict')[0].endswith("参考")
    assert texts(browser, '.clause[data-clause="meals"] .badge-verdict') == ["达标"]
    assert browser.run("document.querySelector('.book[data-book=\"gb50180-2018\"]').open") is True


def test_the_ledger_of_a_community(browser: Browser, town: Path, content: dict[str, Any]) -> None:
    arrive(browser, town, "#c=c7")
    norms = verdict_parts(content)["norms"]
    assert len(texts(browser, ".card .clause")) == sum(clause["level"] == "community" for clause in norms["clauses"])
    figures = texts(browser, '.clause[data-clause="meals"] .clause-figures span')
    shown = norms["rows"][0]["o"][6]
    assert figures == [f"现状：约{shown}%", "要求：≥ 90%", f"差约{90 - shown}个百分点"]
    assert texts(browser, '.clause[data-clause="meals"] .evidence .link') == ["第1便民点"]
    assert "显示路线 · 14.3分钟 · 770米" in texts(browser, '.clause[data-clause="meals"] .evidence')[0]
    assert texts(browser, '.clause[data-clause="care"] p.fine')[0] == "需补充：提供“日间照料中心”的设施清单"
    click(browser, '.clause[data-clause="shops"] .clause-title')
    assert browser.run("document.querySelector('.segments [aria-checked=true]').dataset.value") == "norm"
    arrive(browser, town, "#c=c6")
    assert "不公布" in texts(browser, '.clause[data-clause="meals"] .badge-verdict')[0]
    assert texts(browser, ".route-button") == []


def test_a_walk_is_drawn_when_asked_for(browser: Browser, town: Path, content: dict[str, Any]) -> None:
    arrive(browser, town, "#c=c1")
    assert browser.run(LAYERS)["walk"] == []
    points = section(content["binary"], "route.points")
    keys = [one["key"] for one in content["services"]]
    own = next(row for row in verdict_parts(content)["routes"] if row[0] == 0 and row[1] == keys.index("clinic"))
    click(browser, '.service [data-route="clinic"]')
    assert points[own[5]] in browser.run(LAYERS)["walk"]
    assert texts(browser, ".line-label.walk") == [f"{own[3]:.1f}分钟 · {own[4]:.0f}米"]
    assert browser.run("document.activeElement.dataset.route") == "clinic"
    assert "r=clinic" in browser.run("location.hash")
    click(browser, '.service [data-route="clinic"]')
    assert browser.run(LAYERS)["walk"] == []
    arrive(browser, town, "#c=c1&r=clinic")
    assert points[own[5]] in browser.run(LAYERS)["walk"]
    click(browser, ".back")
    assert browser.run(LAYERS)["walk"] == []


def test_how_sure_and_what_is_missing(browser: Browser, town: Path, content: dict[str, Any]) -> None:
    arrive(browser, town, "#m=robust&s=meal_point&c=c1")
    tones = {"robust_gap": "#4b2a85", "likely_gap": "#9a86c4", "doubtful": "#d8d0e6", "robust_pass": "#8fc7ba"}
    parts = verdict_parts(content)
    fill = browser.run(LAYERS)["fill"]
    for place, service, verdict, *_ in parts["robust"]["rows"]:
        if content["services"][service]["key"] == "meal_point":
            assert fill[content["communities"][place]["name"]][0] == tones[parts["robust"]["verdicts"][verdict]]
    assert "200次抽样中，72%的抽样低于要求的90%" in texts(browser, '[data-service="meal_point"] .sure')[0]
    assert "（抽样的5%–95%）" in texts(browser, ".standing")[0]
    click(browser, ".back")
    click(browser, '.segments [data-value="cause"]')
    fill = browser.run(LAYERS)["fill"]
    wanted = {"虎丘社区": "#1f8a8a", "金阊社区": "#1f8a8a", "平江社区": "#f8f6f1"}
    assert {name: fill[name][0] for name in wanted} == wanted
    assert texts(browser, ".line-label.link-label") == ["约710人次 · 230米"]
    click(browser, '[data-community="c7"]')
    assert "打通一条230米的通道，还剩约230人走不到" in texts(browser, '[data-service="meal_point"] .cause')[0]


def test_types_and_field_checks(browser: Browser, town: Path) -> None:
    arrive(browser, town, "#m=type&l=en")
    assert texts(browser, ".legend .classes li span")[:2] == ["T1 old, services far", "T2 young, services near"]
    assert "hatched: like none of the types" in texts(browser, ".legend .classes")[0]
    click(browser, '[data-act="field_checks"]')
    assert texts(browser, ".check b") == ["Site 1", "平江路"]
    assert texts(browser, ".check .fine")[1].startswith("could change 0 verdicts, fewer than 10 person-services")
    click(browser, '[data-layer="checks"]')
    assert browser.run(LAYERS)["marks"] == 2
    click(browser, ".check .link")
    assert browser.run("document.querySelectorAll('.check-mark.chosen').length") == 1
    click(browser, '[data-layer="checks"]')
    assert browser.run(LAYERS)["marks"] == 0


def test_the_table_of_clauses_counts_communities_and_judges_higher_units(browser: Browser, town: Path) -> None:
    arrive(browser, town)
    click(browser, '[data-act="clauses"]')
    shops = texts(browser, '.clause-item[data-clause="shops"] tbody tr')
    assert shops == ["全市6 / 875%", "平江街道3 / 475%", "沧浪街道3 / 475%"]
    rate, centres = (f'.clause-item[data-clause="{one}"] ' for one in ("rate", "centres"))
    assert texts(browser, rate + "tbody tr") == ["全市75%≥ 90%不达标"]
    assert texts(browser, rate + "summary .tally") == ["75%不达标"]
    assert texts(browser, rate + "summary small") == ["按全市 · 要求：≥ 90%"]
    assert texts(browser, centres + "tbody tr") == ["平江街道1处≥ 2处不达标", "沧浪街道3处≥ 2处达标"]
    assert texts(browser, centres + "summary .tally span") == ["不达标 1", "达标 1"]


def test_the_saved_table_has_the_verdicts_that_are_shown(browser: Browser, town: Path, content: dict[str, Any]) -> None:
    arrive(browser, town, "#m=norm&n=shops")
    browser.run(KEEP_SAVED)
    click(browser, '[data-act="csv"]')
    saved = browser.run("kept.arrayBuffer().then((b) => [...new Uint8Array(b)])")
    head, *rows = list(csv.reader(io.StringIO(bytes(saved).decode("utf-8-sig"))))
    row = verdict_parts(content)["norms"]["rows"][2]
    verdict, observed, required = (head.index(f"条文 {word} 条文shops") for word in ("判定", "现状", "要求"))
    told = {line[1]: (line[verdict], line[observed], line[required]) for line in rows}
    for one, letter, count in zip(content["communities"], row["v"], row["o"], strict=True):
        assert told[one["id"]] == ({"p": "达标", "f": "不达标"}[letter], f"{count}处", "≥ 1处")


def hostile(result: Any, _language: str, **_pack: Any) -> pd.Series:
    """One text for each row of a table, or for each type."""
    return pd.Series(HOSTILE[6], index=result.types.index if isinstance(result, Typology) else result.index)


def test_text_of_books_stays_text(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = tuple(
        replace(one, title_zh=text, note_zh=text, source_zh=text) for one, text in zip(RULES, HOSTILE, strict=False)
    )
    town = judged()
    frame = town.robustness.checks.assign(name=HOSTILE[4])
    for words in ("check_questions", "type_names"):
        monkeypatch.setattr(f"circle15.render.map.verdicts.{words}", hostile)
    shown = replace(town, ledger=ledger(town, rules), robustness=replace(town.robustness, checks=frame))
    path = tmp_path / "hostile.html"
    path.write_text(page_html(shown), encoding="utf-8", newline="\n")
    arrive(browser, path, "#m=norm&n=meals&c=c1")
    assert texts(browser, '.clause[data-clause="meals"] .clause-title') == [HOSTILE[0]]
    click(browser, '[data-act="clauses"]')
    click(browser, '[data-act="field_checks"]')
    assert texts(browser, ".check p")[0] == HOSTILE[6]
    click(browser, '[data-layer="checks"]')
    click(browser, ".back")
    click(browser, '.segments [data-value="type"]')
    assert HOSTILE[6] in texts(browser, ".legend .classes")[0]
    assert browser.run("document.querySelectorAll('.page img, .page svg, .page script').length") == 0
    assert (browser.dialogs(), browser.told(), browser.requests()) == (0, [], [])


def test_layers_without_content_are_not_offered(browser: Browser, tmp_path: Path) -> None:
    bare = replace(judged(), ledger=Ledger(), robustness=Robustness(), typology=Typology())
    path = tmp_path / "bare.html"
    path.write_text(page_html(draw_map(bare, compress=False)), encoding="utf-8", newline="\n")
    arrive(browser, path, "#m=norm")
    assert texts(browser, ".segments button")[4:] == ["原因"]
    assert texts(browser, ".legend h4") == ["缺口指数"]
    assert browser.run("document.querySelectorAll('[data-act=clauses], [data-act=field_checks]').length") == 0
    click(browser, '[data-community="c7"]')
    assert texts(browser, ".card .clause, .card .sure") == []


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_nothing_is_clipped(browser: Browser, town: Path, width: int, height: int) -> None:
    browser.resize(width, height, mobile=width < 700)
    try:
        for fragment in (
            "#m=norm&l=en",
            "#m=robust",
            "#m=cause&l=en",
            "#m=type",
            "#c=c7&l=en",
            "#c=c7&m=norm&n=clinics",
        ):
            arrive(browser, town, fragment)
            browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert browser.run(SPILLED) == []
            assert browser.run("document.documentElement.scrollWidth") <= width
    finally:
        browser.resize(1440, 900)


def test_the_arrow_keys_run_through_both_rows(browser: Browser, town: Path) -> None:
    arrive(browser, town, "#m=minutes")
    browser.run("document.querySelector('.segments [aria-checked=true]').focus()")
    for wanted in ("norm", "robust"):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight")
        assert browser.run("document.activeElement.dataset.value") == wanted
    assert becomes(browser, "document.querySelector('.segments [aria-checked=true]').dataset.value", wanted="robust")


def test_a_printed_clause_names_itself(browser: Browser, town: Path) -> None:
    arrive(browser, town, "#m=norm&n=clinics")
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    assert "条文clinics (参考)" in texts(browser, ".print-head")[0]
    browser.run("window.dispatchEvent(new Event('afterprint'))")


def test_outlines_that_were_grown_are_said_in_the_first_view(browser: Browser, tmp_path: Path) -> None:
    town = judged()
    places = town.city.communities
    outlines = ["grown", "grown", "grown", *["drawn"] * 5]
    city = replace(town.city, communities=replace(places, frame=places.frame.assign(outline=outlines)))
    path = tmp_path / "grown.html"
    path.write_text(page_html(replace(town, city=city)), encoding="utf-8", newline="\n")
    arrive(browser, path)
    assert texts(browser, ".legend-note") == ["其中3个社区的边界为推定，非行政区划"]
