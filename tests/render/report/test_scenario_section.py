"""The section of a report on a scenario: every kind of change has its sentence, and people are told in tens."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from circle15.catalog.phrases import change_sentences
from circle15.model import Comparison, Scenario
from circle15.model.changes import (
    AddFacility,
    AddLink,
    AddPeople,
    AddService,
    CloseFacility,
    CloseStreet,
    CommunityPart,
    LinkEnd,
    MergeCommunities,
    MoveFacility,
    OpenGate,
    RemoveService,
    SetCapacity,
    SetDeliveryRadius,
    SetHours,
    SetProfile,
    SetSpeed,
    SplitCommunity,
)
from circle15.render.published.told import publish
from circle15.render.report.blocks import Heading, Paragraph, Table
from circle15.render.report.facts import Facts
from circle15.render.report.section_scenario import scenario
from tests.towns.report_fixture import full
from tests.towns.scenarios import STREET, at, street

PARTS = tuple(CommunityPart(community_id=f"a{k}", name=f"甲{k}", at=at(9)) for k in (1, 2))
SAID = [
    (AddFacility(facility_id="n", name="新站", services=("clinic",), at=at(1500)),
     "新增设施“新站”，提供社区卫生服务站，位于b社区。", "New facility 新站 with Community clinic, at b社区."),
    (CloseFacility(facility_id="f0"), "关闭“诊所”。", "诊所 closes."),
    (MoveFacility(facility_id="f0", to=at(2500)), "“诊所”迁到c社区。", "诊所 moves to c社区."),
    (AddService(facility_id="f0", service="shop"), "“诊所”增加便民商店。", "诊所 offers Daily shop as well."),
    (RemoveService(facility_id="f0", service="clinic"), "“诊所”不再提供社区卫生服务站。",
     "诊所 offers Community clinic no more."),
    (SetHours(facility_id="f0", hours=""), "“诊所”的开放时间改为不详。", "Hours of 诊所: unknown."),
    (SetCapacity(facility_id="f0", capacity=1200.0), "“诊所”的容量改为1,200。", "Capacity of 诊所: 1,200."),
    (SetCapacity(facility_id="f0", capacity=3.0, service="clinic"), "“诊所”的容量（就社区卫生服务站而言）改为3。",
     "Capacity of 诊所 (for Community clinic): 3."),
    (SetDeliveryRadius(facility_id="gone"), "“gone”的配送半径（米）改为不详。",
     "Delivery radius of gone in metres: unknown."),
    (AddLink(start=LinkEnd(street_id=STREET, offset_m=1.0), end=LinkEnd(at=at(1500)), structure="bridge"),
     "新建步行桥：从street:0-1到b社区。", "New: a footbridge from street:0-1 to b社区."),
    (CloseStreet(street_id=STREET, at=at(500)), "封闭道路 street:0-1（a社区）。", "Street street:0-1 closes (a社区)."),
    (OpenGate(gate_id="gate:1", at=at(500)), "开放门禁 gate:1（a社区）。", "Gate gate:1 opens to everybody (a社区)."),
    (SetProfile(profile="frail"), "按步行类型 frail 计算。", "Walkers of the profile frail."),
    (SetSpeed(speed_mps=1.2), "按每秒1.2米的步行速度计算。", "Walkers at 1.2 m/s."),
    (AddPeople(estate_id="e", people={"population": 1200.0, "pop_60plus": 10.0}, at=at(9), community_id="a"),
     "a社区新建住宅，住1,200人，其中60岁以上10人。", "New homes in a社区 for 1,200 people, 10 of them aged 60+."),
    (MergeCommunities(community_ids=("a", "b"), into="ab", name="甲乙"), "a社区、b社区合并为甲乙。",
     "a社区, b社区 become 甲乙."),
    (SplitCommunity(community_id="a", line=(at(0), at(1)), parts=PARTS), "a社区拆分为甲1、甲2。",
     "a社区 is split into 甲1, 甲2."),
]  # fmt: skip


@pytest.mark.parametrize(("change", "zh", "en"), SAID, ids=lambda value: getattr(value, "kind", ""))
def test_a_change_is_said_in_both_languages(change, zh, en):
    city = replace(street(), scenario=Scenario(name="A", changes=(change,)))
    assert change_sentences(city, "zh") == [zh]
    assert change_sentences(city, "en") == [en]


def test_merged_and_split_communities_are_called_as_they_were():
    changes = (
        MergeCommunities(community_ids=("a", "b"), into="a", name="甲乙"),
        SplitCommunity(community_id="a", line=(at(0), at(1)), parts=PARTS),
    )
    city = replace(street(), scenario=Scenario(name="A", changes=changes))
    was = {"a": "甲社区", "b": "乙社区"}
    assert change_sentences(city, "zh", names_before=was) == ["甲社区、乙社区合并为甲乙。", "甲社区拆分为甲1、甲2。"]


def facts(plan: Scenario | None, comparison: Comparison | None = None) -> Facts:
    analysis = full()
    analysis = replace(analysis, city=replace(analysis.city, scenario=plan))
    return Facts(published=publish(analysis), figures=frozenset(), comparison=comparison)


def test_a_city_as_it_is_has_no_such_section():
    assert scenario(facts(None)) == []


def test_the_section_names_changes_parent_and_people():
    plan = Scenario(name="乙{{7*7}}", parent="甲", changes=(SetSpeed(speed_mps=1.2), CloseFacility(facility_id="x")))
    service = full().coverage.services[0]
    totals = pd.DataFrame({"uncovered_before": [123.0], "uncovered_after": [4.0]}, index=[service])
    empty = pd.DataFrame()
    comparison = Comparison(
        before="现状", after="乙", title_zh="", title_en="", settings=empty, inputs=empty, totals=totals, gaps=empty,
        communities=empty, verdicts=empty, only_before={}, only_after={},
    )  # fmt: skip
    blocks = scenario(facts(plan, comparison))
    assert [type(block) for block in blocks] == [Heading, Paragraph, Paragraph, Table, Table]
    assert "乙{{7*7}}" in blocks[1].words.zh
    assert [row[0] for row in blocks[3].rows] == ["1", "2"]
    (row,) = blocks[4].rows
    assert row[1:] == ("约120", "不足10", "约−120")
