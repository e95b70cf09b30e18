"""Who gets a seat, in files, sheets, report and page: exact where it is kept, of bundles of ten where it is passed on.

::

    y = 10    a (100)            b (200)      c (300)       d (8)       people aged 60+; one in ten comes for a meal
    y = 0     f0---------------------f1-----------------------
              4 seats, twice: 8      12 seats, twice: 24                300 m in five minutes

a (100 m) reaches f0: 8 of 10 are served. b (100 m) and c (260 m) reach f1: all 20 of b and 4 of 30 of c. d reaches
neither.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from circle15.catalog.phrases import capacity_assumptions, floating_sentences
from circle15.errors import DataQualityWarning
from circle15.model.capacity import Capacity, CapacityRule
from circle15.render.map.payload import payload
from circle15.render.published.told import publish
from circle15.render.report.facts import Facts
from circle15.render.report.section_seats import seats
from circle15.render.tables.capacity import capacity_table, load_table, policy_table, seat_table, shortage_table
from circle15.render.tables.columns import columns
from circle15.render.tables.files import capacity_csv, gaps_xlsx
from circle15.study import analyse
from tests.towns.action_town import town
from tests.towns.lattice import network
from tests.towns.three_on_a_street import FLAT

HOMES = {"a": (100, 10), "b": (500, 10), "c": (850, 10), "d": (1900, 10)}
PARTS = [f"capacity_{part}" for part in ("demand", "served", "full", "out", "unknown")]


@pytest.fixture(scope="module")
def found():
    street = network([(0, 0), (2000, 0)], [(0, 1)])
    elders, sites = {"a": 100, "b": 200, "c": 300, "d": 8}, {(0, 0): ["meal_point"], (600, 0): ["meal_point"]}
    city = town(street, HOMES, elders, sites, listed=("meal_point",), capacity=(4, 12))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return analyse(city, profile=FLAT)


def test_the_exact_table_adds_up(found, tmp_path):
    table = pd.read_csv(capacity_csv(found, tmp_path / "capacity.csv"), encoding="utf-8-sig").set_index("community_id")
    assert table[PARTS].to_numpy().tolist() == [
        [10, 8, 2, 0, 0], [20, 20, 0, 0, 0], [30, 4, 26, 0, 0], [1, 0, 0, 1, 0],
    ]  # fmt: skip
    # 8 seats for the 10 of a; 24 for the 20 of b and the 30 of c; d reaches none.
    assert table["capacity_floating"].tolist() == pytest.approx([0.8, 0.48, 0.48, 0])
    assert table["capacity_walk_min"].tolist()[:3] == pytest.approx([100 / 60, 100 / 60, 260 / 60], abs=0.01)
    assert set(table.columns) <= set(columns())


def test_what_is_passed_on_is_made_of_bundles(found):
    told = publish(found).analysis
    # Eight people are not told of; the others live in whole bundles, ten of whom send one.
    assert capacity_table(told)[PARTS].to_numpy(dtype=object).tolist()[:3] == [
        [10, 8, 2, 0, 0], [20, 20, 0, 0, 0], [30, 4, 26, 0, 0],
    ]  # fmt: skip
    assert capacity_table(told)[[*PARTS, "capacity_floating"]].iloc[3].isna().all()
    assert capacity_table(told)["capacity_floating"].tolist()[:3] == pytest.approx([0.8, 0.48, 0.48])
    assert seat_table(told)["capacity_floating_used"].tolist() == [32]
    assert seat_table(told)[["capacity_demand", "capacity_seats", "capacity_idle"]].to_numpy().tolist() == [[60, 32, 0]]
    assert policy_table(told)["capacity_served"].tolist() == [32, 32, 32]
    assert load_table(told)[["facility_id", "capacity_used", "capacity_one_more"]].to_numpy().tolist() == [
        ["f0", 8, "是 yes"], ["f1", 24, "是 yes"],
    ]  # fmt: skip
    # Two people short of seats at f0 are not told of, 26 at f1 are.
    assert shortage_table(told)["shortage_zh"].tolist() == [
        "助餐点：2个社区每天有50人次需求，步行可达的1处设施只能接待24人次，无论怎样分配都有26人次轮不上。"
    ]
    bare = publish(replace(found, capacity=replace(found.capacity, told=None))).analysis
    assert len(bare.capacity) == 0


def test_the_workbook_hides_few_people_and_says_what_was_assumed(found, tmp_path):
    book = openpyxl.load_workbook(gaps_xlsx(found, tmp_path / "gaps.xlsx"))
    said = [row[0].value for row in book["容量 Capacity"].iter_rows(min_row=3, max_row=6)]
    assert said[0] == (
        "助餐点：平均每天有10%的60岁以上老人来（约定）；容量按座位计（约定），每座每天用2次（约定），每周开放7天（约定）。"
    )
    assert said[1].startswith("助餐点：每人座位按两步移动搜寻法（2SFCA）")
    assert said[2].startswith("Meal point: 10% of people aged 60+ come on an average day (assumption); ")
    assert said[3].endswith("they use seats for 32, of which 32 can really be used where each person takes one.")
    rows = {
        row[0].value: [cell.value for cell in row[4:9]] for row in book["各社区容量 Seats by community"].iter_rows()
    }
    assert rows["a"] == [10, "不足10 <10", "不足10 <10", 0, 0]
    assert rows["d"] == [None] * 5


def test_assumptions_name_their_sources():
    rule = CapacityRule(
        service="clinic", people="population", rate=0.05, unit="staff", each=30, days=5,
        sources={"rate": "某市年鉴2025", "each": "某市年鉴2025"},
    )  # fmt: skip
    (zh,), (en,) = (capacity_assumptions(Capacity(rules={"clinic": rule}), tongue) for tongue in ("zh", "en"))
    assert zh == (
        "社区卫生服务站：平均每天有5%的常住人口来（某市年鉴2025）；容量按工作人员计（约定），"
        "每人每天服务30人（某市年鉴2025），每周开放5天（约定）。"
    )
    assert "each of whom serves 30 people a day (某市年鉴2025), 5 days a week (assumption)." in en


def test_what_is_not_known_is_left_out_of_the_sentence_and_few_people_have_none(found):
    totals = found.capacity.told.totals
    unknown = replace(found.capacity.told, totals=totals.assign(facilities_unknown=1, floating_used=6964, served=5570))
    (zh,), (en,) = (floating_sentences(unknown, tongue) for tongue in ("zh", "en"))
    assert zh.endswith(
        "算作用掉6,964人次，一人一座时实际用得上5,570人次。容量不详的设施不在其内，走得到它们的社区为空白。"
    )
    assert en.endswith(". Facilities of unknown capacity are left out, and communities that reach one are blank.")
    few = replace(found.capacity, told=replace(found.capacity.told, totals=totals.assign(served=9)))
    facts = Facts(published=publish(replace(found, capacity=few)), figures=frozenset())
    assert [type(block).__name__ for block in seats(facts)][3:5] == ["Table", "Heading"]


def test_report_and_page_have_the_same_groups(found):
    facts = Facts(published=publish(found), figures=frozenset())
    heading, _, assumed, table, floating, short, sentences = seats(facts)
    assert (heading.words.zh, short.words.zh) == ("座位够不够", "怎样分配都不够的地方")
    assert len(assumed.items) == len(sentences.items) == 1
    (said,) = floating.items
    assert said.zh.endswith("座位总数守恒，算作用掉32人次，一人一座时实际用得上32人次。")
    assert table.rows == (("助餐点 Meal point", "32", "60", "32", "28", "0", "0", "32"),)
    cells = {one["id"]: one["services"].get("meal_point", {}) for one in payload(found)["communities"]}
    assert cells["a"]["seats"] == [10, -1, -1, 0, 0]
    assert cells["c"]["seats"] == [30, -1, 30, 0, 0]
    assert "seats" not in cells["d"]


def test_without_such_a_service_nothing_is_said(tmp_path):
    street = network([(0, 0), (1000, 0)], [(0, 1)])
    city = town(street, {"a": (100, 10)}, {"a": 50}, {(0, 0): ["clinic"]}, listed=("clinic",))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        none = analyse(city, profile=FLAT)
    assert seats(Facts(published=publish(none), figures=frozenset())) == []
    none.save(tmp_path)
    assert not (tmp_path / "capacity.csv").exists()
    assert "容量 Capacity" not in openpyxl.load_workbook(tmp_path / "gaps.xlsx").sheetnames
