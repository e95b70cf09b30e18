"""actions.csv, its layer and the sentences say what the list says."""

from __future__ import annotations

from dataclasses import replace

import openpyxl
import pandas as pd
import pyogrio

from circle15.catalog.phrases import action_notes, action_places, action_sentences, action_titles, headline
from circle15.model import Analysis
from circle15.model.costs import Costs
from circle15.render.published.actions import public_actions
from circle15.render.tables.actions import action_table
from circle15.render.tables.files import actions_csv, gaps_xlsx, geopackage
from circle15.render.tables.frames import columns
from circle15.study import analyse
from tests.towns.action_town import clinic_and_culture, town
from tests.towns.lattice import network
from tests.towns.three_on_a_street import FLAT


def told(analysis: Analysis, language: str) -> list[str]:
    return action_sentences(public_actions(analysis), analysis.city.communities, language).tolist()


def test_a_row_says_what_to_do_where_and_for_whom(tmp_path):
    table = pd.read_csv(actions_csv(clinic_and_culture(), tmp_path / "actions.csv"), encoding="utf-8-sig")
    first = table.iloc[0]
    assert first[["action_id", "action_kind", "target_id", "target_name", "gain", "step", "added"]].tolist() == [
        "action-1", "service", "f1", "f1站", 623, 1, 623,
    ]  # fmt: skip
    assert (first["gain_by_service"], first["gain_communities"]) == ("社区卫生服务站 623", "c社区 417; b社区 206")
    assert table["gain"].tolist() == [623, 103]
    assert set(table.columns) <= set(columns())


def test_sentences_tell_people_in_tens():
    first, second = told(clinic_and_culture(), "zh")
    # All of b and c are served, 206 and 417: of a whole community people are told as they are.
    assert first == "在f1站（图上所标位置）增设社区卫生服务站：新增约620位60岁以上老人在5分钟内走得到。"
    what = "在f0站（图上所标位置）增设文化活动站"
    assert second == f"{what}：新增约100位60岁以上老人在5分钟内走得到。"
    what = "Add a cultural venue to f0站 (the place marked on the map)"
    assert told(clinic_and_culture(), "en")[1] == (
        f"{what}: about 100 more people aged 60+ would reach it within 5 minutes."
    )


def test_a_step_that_adds_less_than_it_serves_alone_says_so():
    found = clinic_and_culture()
    less = replace(found.actions, frame=found.actions.frame.assign(added=[623.0, 42.0]))
    zh, en = (action_sentences(less, found.city.communities, language).tolist()[1] for language in ("zh", "en"))
    assert zh.endswith("在5分钟内走得到。排在第2步，在前面各步之后再增加约40人次。")
    assert en.endswith("within 5 minutes. As step 2 it adds about 40 to the steps before.")


def test_the_headline_counts_who_lacks_how_much():
    found = clinic_and_culture(listed=("clinic", "culture", "day_care", "shop"))
    lines = headline(public_actions(found), found.city.communities, "zh")
    # Nobody has day care or a shop; beside them a lacks culture, b and c a clinic: all lack three.
    lacks = "约730位60岁以上老人中，约730位（100%）在5分钟内至少走不到一类服务，约730位至少走不到三类；"
    assert lines[0].startswith(lacks)
    assert "人数最多的是c社区" in lines[0]
    assert lines[1].startswith("最见效的一项改变：在f1站")


def test_english_names_of_subdistricts_and_facilities_are_told():
    found = clinic_and_culture()
    frame = found.city.communities.frame.assign(
        subdistrict=["甲街道"] * 3, subdistrict_en=["", "Jia Subdistrict", "Other"]
    )
    places = replace(found.city.communities, frame=frame)
    lack, first = headline(public_actions(found), places, "en")
    assert "most of them in Jia Subdistrict, " in lack
    assert "f1站" in first
    named = replace(found.actions, frame=found.actions.frame.assign(name_en=["F1 Station", ""]))
    assert action_titles(named, places, "en").tolist()[0].startswith("Add a community clinic to F1 Station (")
    assert action_titles(named, places, "zh").tolist()[0].startswith("在f1站（")


def test_what_a_step_adds_is_told_in_tenths_of_what_it_serves():
    found = clinic_and_culture()
    for exact, shown in ((623.0, 620), (590.0, 560), (300.0, 310), (20.0, 0), (0.0, 0)):
        less = replace(found, actions=replace(found.actions, frame=found.actions.frame.assign(added=[exact, 103.0])))
        assert public_actions(less).frame["added"].tolist() == [shown, 100]


def canteen(**options):
    """Of 300 people 30 come on a day to a canteen of ten seats, each used twice: five seats more serve ten."""
    street = network([(0, 0), (1000, 0)], [(0, 1)])
    city = town(street, {"a": (100, 10)}, {"a": 300}, {(0, 0): ["meal_point"]}, listed=("meal_point",), capacity=[10])
    return analyse(replace(city, **options), profile=FLAT)


def test_seats_are_told_as_the_people_whose_demand_they_meet(tmp_path):
    found = canteen(costs=Costs(seat={"meal_point": 3000.0}))
    assert told(found, "zh") == [
        "在f0站（图上所标位置）增加5个座位：可多满足约100位60岁以上老人的助餐点需求，他们现在走得到，但都已满员。约需1.5万元。"
    ]
    sentence = told(found, "en")[0]
    assert sentence.startswith(
        "Add 5 seats to f0站 (the place marked on the map): this would meet the demand of about 100"
    )
    assert sentence.endswith(" who today reach full places only (a meal point). About CNY 15,000.")
    row = action_table(found).iloc[0]
    assert row[["units", "gain", "gain_by_service", "cost", "currency"]].tolist() == [
        5, 100, "助餐点 100", 15_000, "CNY",
    ]  # fmt: skip
    header = openpyxl.load_workbook(gaps_xlsx(found, tmp_path / "a.xlsx"))["最见效的改变 Actions"]
    without = openpyxl.load_workbook(gaps_xlsx(canteen(), tmp_path / "b.xlsx"))["最见效的改变 Actions"]
    assert "费用" in str([cell.value for row in header for cell in row])
    assert "费用" not in str([cell.value for row in without for cell in row])


def test_whom_seats_serve_is_told_of_bundles():
    # Three people more in the house changes what is exact and nothing of what is told.
    exact, shown = [], []
    for elders in (300, 303):
        street = network([(0, 0), (1000, 0)], [(0, 1)])
        sites = {(0, 0): ["meal_point"]}
        city = town(street, {"a": (100, 10)}, {"a": elders}, sites, listed=("meal_point",), capacity=[10])
        found = analyse(city, profile=FLAT)
        exact.append(found.capacity.totals["demand"].iloc[0])
        shown.append(public_actions(found).frame[["units", "gain", "added"]].to_numpy().tolist())
    assert shown[0] == shown[1] == [[5, 100, 100]]


def test_how_sure_an_action_is_and_what_it_costs_stands_behind_it():
    found = clinic_and_culture()
    sure = replace(
        found.actions, frame=found.actions.frame.assign(certainty=[0.916, float("nan")], cost=[250_000.0, 900.0])
    )
    for currency, language, notes in (
        ("CNY", "zh", ["把握92%，约需25万元", "约需900元"]),
        ("CNY", "en", ["92% sure, about CNY 250,000", "about CNY 900"]),
        ("EUR", "zh", ["把握92%，约需250,000 EUR", "约需900 EUR"]),
    ):
        assert action_notes(replace(sure, currency=currency), language).tolist() == notes
    assert action_notes(found.actions, "zh").tolist() == ["", ""]
    sentence = action_sentences(replace(sure, currency="CNY"), found.city.communities, "zh").iloc[0]
    assert sentence.endswith("在5分钟内走得到。把握92%，约需25万元。")


def test_verdicts_on_people_that_turn_are_not_passed_on():
    found = clinic_and_culture()
    rules = {rule.measure: rule.clause_id for rule in found.ledger.rules}
    turned = pd.DataFrame(
        {
            "action_id": "action-1",
            "clause_id": [rules[key] for key in ("people_in_reach", "facility_count", "services_in_reach")],
            "level": "community",
            "unit_id": "b",
        }
    )
    told = public_actions(replace(found, actions=replace(found.actions, turned=turned))).turned
    assert told["clause_id"].tolist() == [rules["facility_count"]]


def test_the_workbook_begins_with_who_lacks_what_and_what_would_help(tmp_path):
    book = openpyxl.load_workbook(gaps_xlsx(clinic_and_culture(), tmp_path / "gaps.xlsx"))
    summary = [row[0].value for row in book["概要 Summary"].iter_rows(max_row=9) if row[0].value]
    assert summary[1].startswith("约730位60岁以上老人中，约730位（100%）在5分钟内至少走不到一类服务；")
    assert summary[2].startswith("Of about 730 people aged 60+, about 730 (100%) lack at least one service")
    assert summary[3].startswith("在f1站（图上所标位置）增设社区卫生服务站：新增约620位")
    assert summary[5].startswith("在f0站（图上所标位置）增设文化活动站：新增约100位")
    sheet = [[cell.value for cell in row] for row in book["最见效的改变 Actions"].iter_rows()]
    assert [row[0] for row in sheet[-2:]] == ["action-1", "action-2"]
    assert sheet[-2][3:6] == [620, 1, 620]


def test_where_nobody_lacks_anything_the_headline_says_so(tmp_path):
    street = network([(0, 0), (1000, 0)], [(0, 1)])
    found = analyse(town(street, {"a": (100, 10)}, {"a": 20}, {(0, 0): ["clinic"]}, listed=("clinic",)), profile=FLAT)
    assert headline(found.actions, found.city.communities, "en") == [
        "As far as can be told, all people aged 60+ reach every service within 5 minutes."
    ]
    assert len(action_table(found)) == 0
    found.save(tmp_path)
    assert not (tmp_path / "actions.csv").exists()


def test_places_are_told_by_street_and_community():
    names = clinic_and_culture().actions
    city = clinic_and_culture().city
    named = names.frame.assign(street=["北街", "北街"], to_street=["", "南街"], community_id=["a", ""])
    found = type(names)(frame=named, gains=names.gains)
    assert action_places(found, city.communities, "zh").tolist() == ["a社区的北街", "北街至南街"]
    assert action_places(found, city.communities, "en").tolist() == ["北街, a社区", "北街 to 南街"]


def test_the_layer_holds_points_and_hides_few_people(tmp_path):
    frame = pyogrio.read_dataframe(geopackage(clinic_and_culture(), tmp_path / "c.gpkg"), layer="actions")
    assert frame["gain"].tolist() == [623, 103]
    assert [round(point.x - frame.geometry.iloc[1].x) for point in frame.geometry] == [600, 0]
    assert "gain_by_service" not in frame


def test_a_folder_holds_the_list_where_there_is_one(tmp_path):
    clinic_and_culture().save(tmp_path)
    table = pd.read_csv(tmp_path / "actions.csv", encoding="utf-8-sig")
    assert table.equals(pd.read_csv(actions_csv(clinic_and_culture(), tmp_path / "again.csv"), encoding="utf-8-sig"))
