"""All that a study says, read as a whole: report, workbook and page, where people are none, few and unknown."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import openpyxl
import pytest

import circle15 as c15
from circle15.errors import DataQualityWarning
from circle15.model import Analysis, Communities
from circle15.render.map.page_file import words
from circle15.render.map.payload import payload
from circle15.render.published.told import Published, publish
from circle15.render.report.content import report_of
from circle15.render.report.facts import Facts
from circle15.render.tables.workbook import workbook_bytes
from tests.towns.needs import street_with_needs
from tests.towns.pack_files import community
from tests.towns.prose import faults, texts_in
from tests.towns.report_fixture import full
from tests.towns.three_on_a_street import FLAT, PEOPLE, UNKNOWN, three_on_a_street

TOWNS = {
    "plain": PEOPLE,
    "nobody": PEOPLE | {"b": (0.0, 0.0)},
    "no elders": PEOPLE | {"b": (50.0, 0.0)},
    "few": PEOPLE | {"a": (60.0, 7.0)},
    "few of each": {"a": (9.0, 3.0), "b": (12.0, 9.0), "c": (40.0, 1.0)},
    "unknown": PEOPLE | {"b": (UNKNOWN, UNKNOWN)},
    "one known": PEOPLE | {"b": (UNKNOWN, UNKNOWN), "c": (60.0, UNKNOWN)},
    "deserted": dict.fromkeys(PEOPLE, (0.0, 0.0)),
    "one community": {"b": PEOPLE["b"]},
}
OTHERS = ["full", "needs", "no households"]


LATIN = {"subtitle", "tiles_note"}
"""Phrases of the page with a name in Latin letters where another has a number."""


@cache
def town(kind: str) -> Analysis:
    if kind == "full":
        return full()
    if kind == "needs":
        return street_with_needs()
    city = three_on_a_street(TOWNS.get(kind, PEOPLE), draws=5, norms=("jiangsu-13fyp",))
    if kind == "no households":
        places = city.communities
        frame = places.frame.drop(columns="households")
        city = replace(city, communities=Communities(frame=frame, origin=places.origin))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(city, profile=FLAT)


@cache
def published(kind: str) -> Published:
    return publish(town(kind))


def wrong(texts: list[str]) -> dict[str, tuple[str, ...]]:
    return {text: found for text in dict.fromkeys(texts) if (found := faults(text))}


@pytest.mark.parametrize("kind", [*TOWNS, *OTHERS])
def test_the_report_reads_as_written_by_a_person(kind):
    report = report_of(Facts(published=published(kind), figures=frozenset()))
    told = list(texts_in(report))
    assert len(told) > 300
    assert not wrong(told)


@pytest.mark.parametrize("kind", [*TOWNS, *OTHERS])
def test_the_workbook_reads_as_written_by_a_person(kind):
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(published(kind))))
    told = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert len(told) > 300
    assert not wrong([*told, *book.sheetnames])


@pytest.mark.parametrize("kind", [*TOWNS, *OTHERS])
def test_the_page_s_texts_read_as_written_by_a_person(kind):
    told = [text for text in texts_in(payload(published(kind))) if not text.isascii() or " " in text]
    assert told
    assert not wrong(told)


def test_the_page_s_phrases_stand_against_numbers_without_a_space():
    told = [re.sub(r"{\w+}", "12", phrase["zh"]) for key, phrase in words().items() if key not in LATIN]
    assert not wrong(told)


# -- the terminal and the page of a check ----------------------------------------------------------

WEST, EAST = (120.6199, 120.621), (120.621, 120.6221)
PACKS = {
    "plain": [community("西", *WEST, households=250), community("东", *EAST, people=45, elders=12, households="")],
    "one community": [community("西", 120.6199, 120.6221)],
    "people unknown": [community("西", *WEST, people=None, elders=None), community("东", *EAST)],
    "no people known": [community("西", *WEST, people=None, elders=None)],
    "nobody": [community("西", *WEST, people=0, elders=0), community("东", *EAST, people=9, elders=3)],
}
COMMANDS = ("map", "check", "report", "cities")


class _Shown(HTMLParser):
    """The texts of a page, one an element, without style sheets."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._within = tag

    def handle_data(self, data: str) -> None:
        if self._within != "style":
            self.texts.append(" ".join(data.split()))


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", PACKS)
def test_the_terminal_reads_as_written_by_a_person(run, make_pack, tmp_path, kind, command):
    root, out = make_pack(communities=PACKS[kind]), tmp_path / "out"
    draws = ["--draws", "3"] if command in {"map", "report"} else []
    words = [command, *([] if command == "cities" else ["tryton"]), "--data", root, "--out", out, *draws]
    _, told, warned = run(*words)
    lines = [*told.splitlines(), *warned.splitlines()]
    assert lines
    assert not wrong(lines)
    if command == "check":
        page = _Shown()
        page.feed((out / "check.html").read_text(encoding="utf-8"))
        assert len(page.texts) > 30
        assert not wrong(page.texts)
