"""Names of facilities: what they say, and when two of them mean one place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.catalog import same_place_names, same_place_rule
from circle15.sources.facilities.names import SAME, contradict, likeness, read_name

LIKE = same_place_rule().likeness
SUZHOU = ("苏州", "Suzhou")


@pytest.mark.parametrize(
    ("name", "prefixes", "rest", "tier"),
    [
        ("江苏省苏州市姑苏区平江街道历史街区社区卫生服务站", ("苏州", "姑苏", "平江"), "历史街区", "post"),
        ("苏州平江社区卫生服务站", ("苏州", "", ""), "平江", "post"),
        ("吴中区长桥街道卫生院", ("", "吴中", "长桥"), "", ""),
        ("震泽镇卫生院", ("", "", "震泽"), "", ""),
        ("苏州工业园区湖西社区卫生服务中心", ("苏州", "工业园", ""), "湖西", "centre"),
        ("平江历史街区社区卫生服务站", ("", "", ""), "平江历史街区", "post"),  # 街区 is no district
        ("万达小区助餐点", ("", "", ""), "万达", "post"),
        ("三香新村东区助餐点", ("", "", ""), "三香新村东区", "post"),
        ("平江超市", ("", "", ""), "平江", ""),  # 超市 and 城市 are no cities
        ("姑苏城市书房", ("", "", ""), "姑苏城市", ""),
        ("火车站社区卫生服务站", ("", "", ""), "火车站", "post"),  # what is not the tail stays
        ("万年里老年人日间照料中心助餐点", ("", "", ""), "万年里", "post"),
        ("文化路便利店", ("", "", ""), "文化路", ""),
        ("７－ＥＬＥＶＥＮ 便利店", ("", "", ""), "7eleven", ""),
        ("Health Centre of Töölö", ("", "", ""), "töölö", "centre"),
        ("Kallio Library", ("", "", ""), "kallio", ""),
    ],
)
def test_a_name_in_its_parts(name, prefixes, rest, tier):
    read = read_name(name, city=SUZHOU)
    assert (read.prefixes, read.rest, read.tier) == (prefixes, rest, tier)


@pytest.mark.parametrize("name", ["", " ", "社区卫生服务站", "菜市场", "老年食堂", "The Clinic", "日间照料中心"])
def test_a_name_that_only_says_the_kind_has_no_core(name):
    assert read_name(name).core == ""


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("姑苏区社区卫生服务中心", "姑苏"),
        ("平江街道社区卫生服务中心", "平江"),
        ("苏州图书馆", "苏州"),
        ("（社区）", "社区"),
    ],
)
def test_a_prefix_is_the_core_where_nothing_else_is(name, core):
    assert read_name(name, city=SUZHOU).core == core


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("平江街道社区卫生服务中心", "平江社区卫生服务中心"),
        ("平江街道社区卫生服务中心", "苏州市姑苏区平江街道社区卫生服务中心"),
        ("平江街道历史街区社区卫生服务站", "平江历史街区卫生服务站"),
        ("万年里助餐点", "万年里社区 助餐点"),
        ("万年里社区食堂", "万年里老年食堂"),
        ("好德便利店（观前街店）", "好德便利店"),
        ("双塔菜场", "双塔菜市场"),
        ("三香1村助餐点", "三香一村助餐点"),
        ("Kallio Library", "kallio  LIBRARY"),
        ("双塔（苏州）图书馆", "双塔【苏州】图书馆"),
    ],
)
def test_names_that_say_the_same(one, other):
    score, forbidden = likeness(read_name(one, city=SUZHOU), read_name(other, city=SUZHOU))
    assert score >= SAME
    assert not forbidden


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("平江社区卫生服务站", "平江社区卫生服务中心"),  # tier
        ("桃花坞一村社区卫生服务站", "桃花坞二村社区卫生服务站"),  # number
        ("三香新村东区活动室", "三香新村西区活动室"),  # direction
        ("平江街道助餐点", "桃花坞街道助餐点"),
        ("姑苏区平江助餐点", "吴中区平江助餐点"),
        ("好德便利店（观前街店）", "好德便利店（山塘街店）"),
        ("桃花坞新村助餐点", "桃花坞老村助餐点"),
    ],
)
def test_what_forbids_that_two_names_mean_one_place(one, other):
    assert likeness(read_name(one), read_name(other))[1]


@pytest.mark.parametrize(
    ("one", "other"), [("陈港社区助餐点", "陈巷社区助餐点"), ("平江助餐点", "平江新村助餐点"), ("万年里助餐点", "")]
)
def test_short_names_must_be_equal(one, other):
    score, forbidden = likeness(read_name(one), read_name(other))
    assert score < LIKE or forbidden


def test_likeness_by_hand():
    # 桃花坞大街 and 桃花坞街: 4 characters of 5 and 4, but 大 is one of those that set neighbours apart.
    assert likeness(read_name("桃花坞大街助餐点"), read_name("桃花坞街助餐点")) == (pytest.approx(2 * 4 / 9), True)
    # kinoengel and kesäkinoengel: 9 characters of 9 and 13.
    assert likeness(read_name("Kino Engel"), read_name("Kesäkino Engel")) == (pytest.approx(2 * 9 / 22), False)
    # Equal letter by letter goes before equal in what counts.
    assert likeness(read_name("万年里助餐点"), read_name("万年里 助餐点")) == (1.0, False)
    assert likeness(read_name("万年里助餐点"), read_name("万年里食堂")) == (SAME, False)


def test_a_generic_name_can_contradict_too():
    assert contradict(read_name("社区卫生服务站"), read_name("平江社区卫生服务中心"))
    assert not contradict(read_name(""), read_name("平江社区卫生服务中心"))


PARTS = [
    "苏州市",
    "姑苏区",
    "平江街道",
    "万年里",
    "一村",
    "东区",
    "社区",
    "卫生服务",
    "中心",
    "站",
    "（分部）",
    "Kallio",
    " ",
    "店",
]
NAMES = st.lists(st.sampled_from(PARTS), max_size=6).map("".join)


@settings(deadline=None)
@given(NAMES, NAMES)
def test_likeness_is_a_likeness(one, other):
    a, b = read_name(one), read_name(other)
    assert likeness(a, b) == likeness(b, a)
    assert 0 <= likeness(a, b)[0] <= 1
    if a.whole:
        assert likeness(a, a) == (1.0, False)


@settings(deadline=None)
@given(st.text(max_size=20))
def test_no_text_breaks_the_reading(name):
    read = read_name(name, city=SUZHOU)
    assert len(read.core) <= len(read.whole) + len(read.note)
    assert read_name(f"  {name} ", city=SUZHOU) == read


def test_the_catalogue_holds_expressions_that_compile_and_tiers_that_differ():
    tiers = same_place_names()["tier"]
    assert set(tiers) == {"centre", "post"}
    assert read_name("平江服务分中心").tier == "post"
    assert read_name("平江服务中心").tier == "centre"
