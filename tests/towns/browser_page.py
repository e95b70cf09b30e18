"""A page in the browser: texts, clicks, and names that attack it."""

from __future__ import annotations

import json
import time

from tests.towns.chromium import Browser

HOSTILE = (
    "{{7*7}}",
    "{{cycler.__init__.__globals__.os.system('touch circle15-was-here')}}",
    "{% for x",
    "{# open",
    "</script><script>alert(1)</script>",
    "`${alert(2)}`",
    "<img src=x onerror=alert(3)>",
    "\u202e右到左\u2028行\u2029段\n新行",
)
KEEP_SAVED = """(() => {
  window.kept = null;
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => { window.kept = blob; return make(blob); };
})()"""
SPILLED = """[...document.querySelectorAll('.panel *')].filter((element) => {
  const style = getComputedStyle(element);
  return !element.closest('.chips, .strip') && style.overflowX === 'visible' && style.display !== 'inline'
    && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1;
}).map((element) => `${element.className}: ${element.textContent.slice(0, 20)}`)"""


def texts(browser: Browser, selector: str) -> list[str]:
    """Text of every element that a selector finds."""
    found: list[str] = browser.run(f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.textContent)")
    return found


def click(browser: Browser, selector: str) -> None:
    """Click what a selector finds first."""
    browser.run(f"document.querySelector({json.dumps(selector)}).click()")


def becomes(browser: Browser, expression: str, *, wanted: object) -> bool:
    """Whether an expression takes a value within five seconds: canvases are painted some frames later."""
    deadline = time.monotonic() + 5
    while (found := browser.run(expression)) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(found == wanted)
