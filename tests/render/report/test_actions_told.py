"""The report begins with who lacks what, and ranks the changes that would help, by published numbers."""

from __future__ import annotations

import numpy as np
import pytest

from circle15.render.published.told import publish
from circle15.render.report.blocks import Paragraph
from circle15.render.report.facts import Facts
from circle15.render.report.maps import action_map
from circle15.render.report.section_actions import actions
from circle15.render.report.section_summary import verdict
from tests.towns.action_town import clinic_and_culture


@pytest.fixture(scope="module")
def facts():
    return Facts(published=publish(clinic_and_culture()), figures=frozenset({"map_actions"}))


def test_the_first_page_says_who_lacks_what_then_what_comes_first(facts):
    lead, largest, worst, first = [words.zh for words in verdict(facts)][:4]
    assert lead == (
        "按“平”的步速沿实际道路步行，镇约730位60岁以上老人中，约730位（100%）在5分钟内至少走不到一类服务；"
        "人数最多的是c社区，最缺的是社区卫生服务站。"
    )
    assert largest == "缺口最大的服务：社区卫生服务站，约620位60岁以上老人（85%）在5分钟内走不到。"
    assert worst.startswith("缺口指数最高的社区：")
    assert first.startswith("在f1站（图上所标位置）增设社区卫生服务站：新增约620位")


def test_the_list_has_people_in_tens_and_the_map_stands_below(facts):
    heading, lead, table, picture = actions(facts)
    assert heading.words.zh == "怎样改最见效"
    assert "在现有设施增设一项服务（2种）、在路口新设一项服务（0种）" in lead.words.zh
    turned = [len(facts.analysis.actions.turned.query("action_id == @key")) for key in ("action-1", "action-2")]
    assert table.rows == (
        ("1", "在f1站（图上所标位置）增设社区卫生服务站", "620", "1", "620", str(turned[0])),
        ("2", "在f0站（图上所标位置）增设文化活动站", "100", "2", "100", str(turned[1])),
    )
    assert picture.stem == "map_actions"


def test_the_map_numbers_each_place(facts):
    axes = action_map(facts.analysis, facts.published).axes[0]
    assert [text.get_text() for text in axes.texts if text.get_text().isdigit()] == ["1", "2"]
    places = [line.get_xydata()[0] for line in axes.lines if len(line.get_xydata()) == 1]
    shapes = facts.analysis.actions.frame.geometry
    assert np.allclose(places, np.repeat(np.stack([shapes.x, shapes.y], axis=1), 2, axis=0))


def test_where_nothing_helps_the_section_says_so():
    bare = Facts(published=publish(clinic_and_culture(cutoff_min=60.0)), figures=frozenset())
    none = actions(bare)[1]
    assert isinstance(none, Paragraph)
    assert none.words.zh == "没有算出能让更多老人走得到服务的改变。"
    assert action_map(bare.analysis, bare.published) is None
