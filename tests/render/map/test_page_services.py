"""A page with as many services as a city may have, fifteen: all are seen, whole and apart, on a laptop and a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from circle15.catalog import services
from circle15.render.map.folium_map import page_html
from tests.towns.browser_page import SPILLED, becomes, click, texts
from tests.towns.chromium import Browser, program
from tests.towns.pack_services import eight
from tests.towns.page_fixture import analysis

pytestmark = [pytest.mark.browser, pytest.mark.skipif(program() is None, reason="no Chromium")]

SCREENS = ((1366, 768), (390, 844))
# What stands outside of the window, or of an element that hides or scrolls what does not fit.
CUT_OFF = """((selector) => [...document.querySelectorAll(selector)].filter((element) => {
  const own = element.getBoundingClientRect();
  if (!own.width || !own.height || element.scrollWidth > element.clientWidth + 1 && element.clientWidth) return true;
  const outer = [{ left: 0, top: 0, right: innerWidth, bottom: innerHeight }];
  for (let around = element.parentElement; around; around = around.parentElement) {
    if (getComputedStyle(around).overflow !== 'visible') outer.push(around.getBoundingClientRect());
  }
  return outer.some((box) => own.left < box.left - 1 || own.right > box.right + 1
    || own.top < box.top - 1 || own.bottom > box.bottom + 1);
}).map((element) => element.textContent || element.className))"""
OVERLAPPING = """((selector) => {
  const boxes = [...document.querySelectorAll(selector)].filter((element) => element.offsetParent)
    .map((element) => [element, element.getBoundingClientRect()]);
  return boxes.flatMap(([one, a], at) => boxes.slice(at + 1).filter(([other, b]) => !one.contains(other)
    && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
    .map(([other]) => `${one.textContent.slice(0, 20)} | ${other.textContent.slice(0, 20)}`));
})"""
CHOSEN = "document.querySelector('.chips [aria-checked=true]').dataset.value"
SCROLLED_TO = """((selector) => {
  const element = document.querySelector(selector);
  element.scrollIntoView({ block: 'center' });
})"""
SIGNS = "document.querySelector('.leaflet-sites-pane canvas')"
TONES_DRAWN = f"""((tones) => {{
  const canvas = {SIGNS};
  const dots = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = new Set();
  for (let at = 0; at < dots.length; at += 4) {{
    if (dots[at + 3] === 255) seen.add((dots[at] << 16) | (dots[at + 1] << 8) | dots[at + 2]);
  }}
  return tones.filter((tone) => !seen.has(Number.parseInt(tone.slice(1), 16)));
}})"""


@pytest.fixture(scope="module")
def fifteen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("services") / "map.html"
    path.write_text(page_html(analysis(pack_services=eight())), encoding="utf-8", newline="\n")
    return path


@pytest.fixture(scope="module", params=SCREENS, ids=["1366x768", "390x844"])
def screen(request: pytest.FixtureRequest) -> Iterator[Browser]:
    width, height = request.param
    with Browser(width, height) as browser:
        browser.resize(width, height, mobile=width < 700)
        yield browser


def on_phone(browser: Browser) -> bool:
    return bool(browser.run("innerWidth < 700"))


def raised(browser: Browser) -> None:
    """The panel of a phone as far up as it goes, and there: it slides."""
    browser.run("document.querySelector('.page').dataset.sheet = 'full'")
    assert becomes(browser, "document.querySelector('.panel').getAnimations().length", wanted=0)


def test_signs_and_colours_of_all_differ() -> None:
    every = services(eight()).values()
    assert len(every) == 15
    assert len({service.glyph for service in every}) == 15
    assert len({service.tone for service in every}) == 15


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_chooser_has_all_and_shows_the_chosen_one(screen: Browser, fifteen: Path, language: str) -> None:
    *others, last = services(eight())
    screen.open(fifteen, fragment=f"#l={language}&m=share&s={last}")
    raised(screen)
    assert screen.run(CHOSEN) == last
    assert screen.run(f"{CUT_OFF}('.chips [aria-checked=true]')") == []
    for key in others:
        screen.run("document.querySelector('.chips').scrollLeft = 0")
        click(screen, f'.chips [data-value="{key}"]')
        assert screen.run(CHOSEN) == key
        assert screen.run(f"{CUT_OFF}('.chips [aria-checked=true]')") == []
    titles = [getattr(service, f"title_{language}") for service in services(eight()).values()]
    glyphs = [service.glyph for service in services(eight()).values()]
    assert [text[1:] for text in texts(screen, ".chips button")[1:]] == titles
    assert texts(screen, ".chips .glyph") == glyphs
    assert screen.run(f"{OVERLAPPING}('.chips button')") == []
    if not on_phone(screen):
        assert screen.run(f"{CUT_OFF}('.chips button')") == []
    assert screen.run(SPILLED) == []


def test_a_chooser_that_was_scrolled_stays_there(screen: Browser, fifteen: Path) -> None:
    screen.open(fifteen)
    raised(screen)
    screen.run("document.querySelector('.chips').scrollLeft = 600")
    far = screen.run("document.querySelector('.chips').scrollLeft")
    assert (far > 0) is on_phone(screen)
    click(screen, '.chips [data-value="pharmacy"]')
    assert screen.run(f"{CUT_OFF}('.chips [data-value=\"pharmacy\"]')") == []
    assert (screen.run("document.querySelector('.chips').scrollLeft") > 0) is on_phone(screen)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_legend_names_all(screen: Browser, fifteen: Path, language: str) -> None:
    for fragment in (f"#l={language}", f"#l={language}&f=f03"):  # with the key of reach areas, too
        screen.open(fifteen, fragment=fragment)
        if on_phone(screen):  # there the chooser is the key of signs
            assert screen.run("document.querySelector('.legend-sites').offsetParent") is None
        else:
            named = [service.glyph + getattr(service, f"title_{language}") for service in services(eight()).values()]
            assert texts(screen, ".legend-sites li") == named
            assert screen.run(f"{CUT_OFF}('.legend-sites li')") == []
        assert screen.run(f"{CUT_OFF}('.legend, .legend .classes li')") == []
        assert screen.run(f"{OVERLAPPING}('.legend li, .legend h4, .legend .unit, .legend-reach')") == []
        assert screen.run(f"{OVERLAPPING}('.legend, .zooms, .layers fieldset, .foot-line')") == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_rows_have_a_field_for_each_below_its_sign(screen: Browser, fifteen: Path, language: str) -> None:
    screen.open(fifteen, fragment=f"#l={language}")
    raised(screen)
    assert "".join(texts(screen, ".strip.signs i")) == "".join(service.glyph for service in services(eight()).values())
    left = """((selector) => [...document.querySelectorAll(selector)].map((e) => e.getBoundingClientRect().left))"""
    signs = screen.run(f"{left}('.strip.signs i')")
    for place in range(8):
        fields = f".list li:nth-child({place + 1}) .strip i"
        screen.run(f"{SCROLLED_TO}({json.dumps(fields)})")
        assert screen.run(f"{left}({json.dumps(fields)})") == pytest.approx(signs, abs=0.5)
        row = f".list li:nth-child({place + 1}) .row"
        assert screen.run(f"{CUT_OFF}({json.dumps(f'{row} > *, {row} b, {row} small')})") == []
        assert screen.run(f"{OVERLAPPING}({json.dumps(f'{row} > *')})") == []
    assert screen.run("document.documentElement.scrollWidth") <= screen.run("innerWidth")


def test_the_map_has_a_dot_of_each_colour(screen: Browser, fifteen: Path) -> None:
    every = services(eight()).values()
    screen.open(fifteen)
    tones = json.dumps([service.tone for service in every])
    assert becomes(screen, f"{TONES_DRAWN}({tones}).length", wanted=0)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_card_of_a_community_tells_of_all(screen: Browser, fifteen: Path, language: str) -> None:
    screen.open(fifteen, fragment=f"#l={language}&c=c2")
    raised(screen)
    every = list(services(eight()).values())
    assert texts(screen, ".card .service-name") == [getattr(service, f"title_{language}") for service in every]
    for service in every:
        screen.run(f"{SCROLLED_TO}('[data-service=\"{service.key}\"]')")
        inside = f"[data-service='{service.key}'] > *"
        assert screen.run(f"{CUT_OFF}({json.dumps(inside)})") == []
        assert screen.run(f"{OVERLAPPING}({json.dumps(inside)})") == []
    assert screen.run(SPILLED) == []
    assert screen.told() == []
