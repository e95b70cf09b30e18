"""Older people of some need on page and report: estimates of published numbers, and what is unknown is not nobody."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import pytest

import circle15 as c15
from circle15.catalog import services
from circle15.errors import DataQualityWarning
from circle15.model import Facilities
from circle15.model.limits import FEWEST
from circle15.render.map.payload import payload
from circle15.render.published.privacy import SUPPRESSED
from circle15.render.published.told import publish
from circle15.render.report.blocks import Table
from circle15.render.report.facts import Facts
from circle15.render.report.section_needs import needs
from circle15.render.tables.facilities import route_table
from circle15.render.tables.verdicts import need_table
from tests.towns.needs import NEEDS, street_with_needs, with_needs
from tests.towns.pack_services import service
from tests.towns.page_fixture import analysis as page_town
from tests.towns.three_on_a_street import FLAT, PEOPLE, three_on_a_street

ALONE, DISABLED, POOR = "elders_alone", "elders_disabled", "elders_low_income"


@pytest.fixture(scope="module")
def street():
    return street_with_needs()


def blocks_of(analysis):
    return needs(Facts(published=publish(analysis), figures=frozenset()))


def test_the_page_tells_of_each_need_how_many_there_are(street):
    more = {one["id"]: one["more"] for one in payload(street)["communities"]}
    told = {key: {need: counts[need] for need in (ALONE, DISABLED, POOR)} for key, counts in more.items()}
    assert told == {
        "a": {ALONE: 20, DISABLED: SUPPRESSED, POOR: None},
        "b": {ALONE: 10, DISABLED: 0, POOR: None},  # of twenty people half and a few more are one number
        "c": {ALONE: None, DISABLED: 10, POOR: None},  # of thirty ten to twenty are one number, told as ten
    }
    assert "elders_empty_nest" not in more["a"]


def test_the_page_tells_of_each_need_who_goes_without_a_service(street):
    cells = {one["id"]: one["services"] for one in payload(street)["communities"]}
    assert cells["a"]["clinic"]["needs"] == {ALONE: [0, 0, 0], DISABLED: [0, 0, 0]}
    assert cells["a"]["shop"]["needs"] == {ALONE: [20] * 3, DISABLED: [SUPPRESSED] * 3}
    assert cells["b"]["shop"]["needs"] == cells["b"]["clinic"]["needs"] == {ALONE: [10] * 3, DISABLED: [0] * 3}
    assert cells["c"]["clinic"]["needs"] == {DISABLED: [10] * 3}
    assert cells["c"]["shop"]["needs"] == {DISABLED: [0] * 3}


def test_estimates_are_made_of_what_the_page_tells_alone():
    town = page_town()
    heads = [40.0, 0.0, 455.0, 7.0, 120.0, 3.0, 300.0, 33.0]
    content = payload(replace(town, city=with_needs(town.city, {ALONE: heads})))
    told = 0
    for community in content["communities"]:
        count = community["more"][ALONE]
        people = FEWEST / 2 if count == SUPPRESSED else count
        for cell in community["services"].values():
            for without, shown in zip(cell["uncovered"], cell["needs"][ALONE], strict=True):
                estimate = people * (FEWEST / 2 if without == SUPPRESSED else without) / cell["placed"]
                whole = math.ceil(estimate)
                tens = 0 if not estimate else SUPPRESSED if whole < FEWEST else (whole + 5) // 10 * 10
                assert shown == (tens if count == SUPPRESSED else min(tens, count))
                told += shown != 0
    assert told > 20


def test_a_page_without_such_columns_says_nothing_of_them():
    for community in payload(page_town())["communities"]:
        assert not any(key.startswith("elders_") for key in community["more"])
        assert not any("needs" in cell for cell in community["services"].values())
    assert blocks_of(page_town()) == []


def test_the_report_sums_them_by_city_and_names_where_most_go_without(street):
    _, city, worst = blocks_of(street)
    assert isinstance(city, Table)
    assert [column.words.zh for column in city.fields[3:]] == [services()[key].title_zh for key in ("clinic", "shop")]
    # Living alone: 20 of a and 10 of b, of which b lacks the clinic and both the shop; 5 stand for one to nine.
    assert city.rows == (
        ("独居老人", "2", "约30", "约10", "约30"),
        ("失能老人", "3", "约20", "约10", "不足10"),
        ("低保老人", "0", "未知", "—", "—"),
    )
    assert "没有填写人数或覆盖情况不能判定的未计入" in city.note.zh
    clinic, shop = (services()[key].title_zh for key in ("clinic", "shop"))
    assert worst.rows == (
        ("独居老人", "a社区", "约20", shop, "约20"),
        ("独居老人", "b社区", "约10", clinic, "约10"),
        ("失能老人", "c社区", "约10", clinic, "约10"),
        ("失能老人", "a社区", "不足10", shop, "不足10"),
    )


def test_services_of_a_pack_take_part():
    city = with_needs(three_on_a_street(PEOPLE, draws=0), NEEDS)
    sites = city.facilities.frame.assign(services=[("clinic",), ("pharmacy",)], supply_route_key=["new_build", ""])
    facilities = Facilities(frame=sites, listed=frozenset({"clinic", "pharmacy"}), pack_services=(service(),))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        town = c15.analyse(replace(city, facilities=facilities), profile=FLAT)
    assert set(need_table(town)["service_zh"]) == {services()["clinic"].title_zh, "药店"}
    assert set(route_table(town)["service_zh"]) == {services()["clinic"].title_zh, "药店"}
    assert [column.words.zh for column in blocks_of(town)[1].fields[3:]] == [services()["clinic"].title_zh, "药店"]
