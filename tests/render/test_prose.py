"""All that a study says, read as a whole: report, workbook and page, where people are none, few and unknown."""

from __future__ import annotations

import io
import re
import warnings
from functools import cache

import openpyxl
import pytest

import circle15 as c15
from circle15.errors import DataQualityWarning
from circle15.model import Analysis
from circle15.render.map.page_file import words
from circle15.render.map.payload import payload
from circle15.render.published.told import publish
from circle15.render.report.content import report_of
from circle15.render.report.facts import Facts
from circle15.render.tables.workbook import workbook_bytes
from tests.towns.prose import faults, texts_in
from tests.towns.report_fixture import full
from tests.towns.three_on_a_street import FLAT, PEOPLE, UNKNOWN, three_on_a_street

TOWNS = {
    "plain": {},
    "nobody": {"b": (0.0, 0.0)},
    "no elders": {"b": (50.0, 0.0)},
    "few": {"a": (60.0, 7.0)},
    "few of each": {"a": (9.0, 3.0), "b": (12.0, 9.0), "c": (40.0, 1.0)},
    "unknown": {"b": (UNKNOWN, UNKNOWN)},
}


LATIN = {"subtitle", "tiles_note"}
"""Phrases of the page with a name in Latin letters where another has a number."""


@cache
def town(kind: str) -> Analysis:
    if kind == "full":
        return full()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(three_on_a_street(PEOPLE | TOWNS[kind], draws=5), profile=FLAT)


def wrong(texts: list[str]) -> dict[str, list[str]]:
    return {text: found for text in dict.fromkeys(texts) if (found := faults(text))}


@pytest.mark.parametrize("kind", [*TOWNS, "full"])
def test_the_report_reads_as_written_by_a_person(kind):
    report = report_of(Facts(published=publish(town(kind)), figures=frozenset()))
    told = list(texts_in(report))
    assert len(told) > 300
    assert not wrong(told)


@pytest.mark.parametrize("kind", [*TOWNS, "full"])
def test_the_workbook_reads_as_written_by_a_person(kind):
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(town(kind))))
    told = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert len(told) > 300
    assert not wrong([*told, *book.sheetnames])


@pytest.mark.parametrize("kind", [*TOWNS, "full"])
def test_the_page_s_texts_read_as_written_by_a_person(kind):
    told = [text for text in texts_in(payload(town(kind))) if not text.isascii() or " " in text]
    assert told
    assert not wrong(told)


def test_the_page_s_phrases_stand_against_numbers_without_a_space():
    told = [re.sub(r"{\w+}", "12", phrase["zh"]) for key, phrase in words().items() if key not in LATIN]
    assert not wrong(told)
