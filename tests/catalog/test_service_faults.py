"""Services that a pack adds: what one may be, what it shares with another, and that the catalogue stays as it is."""

from __future__ import annotations

import copy
import pickle
import re
import time
import tomllib
from importlib.resources import files
from itertools import islice

import pytest

from circle15.catalog import services
from circle15.catalog.service_faults import free_tones, names_service
from circle15.catalog.tag_rule import TagRule
from circle15.errors import SettingError
from tests.towns.pack_services import PARCELS, service

RULES = tomllib.loads(files("circle15.catalog").joinpath("pack_services.toml").read_text(encoding="utf-8"))
OTHER = service(**PARCELS)
HAN = re.compile(r"[\u4e00-\u9fff]")


def refused(*added):
    with pytest.raises(SettingError) as caught:
        services(added)
    assert HAN.search(caught.value.zh)
    return caught.value


def test_those_of_a_pack_follow_the_catalogues_which_stay_as_they_are():
    known = services((service(), OTHER))
    assert list(known) == [*services(), "pharmacy", "parcel_point"]
    assert known["pharmacy"].title_zh == "药店"
    assert "pharmacy" not in services()
    with pytest.raises(TypeError):
        known["x"] = None


def test_a_service_travels():
    made = service(words=["药店"])
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made  # noqa: S301
    assert services((made,)) is services((copy.deepcopy(made),))


# -- what one may be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says", "sagt"),
    [
        ({"key": ""}, "key = '' in pack_services[1] cannot be a service's key", "不能用作服务代码"),
        ({"key": "Pharmacy"}, "key = 'Pharmacy'", "小写"),
        ({"key": "../pharmacy"}, "key = '../pharmacy'", "小写"),
        ({"key": "a" * 33}, "at most 32", "最多32个字符"),
        ({"key": "药店"}, "begin with a small letter", "小写英文字母开头"),
        ({"key": "all"}, "key = 'all' in pack_services[1] has a meaning of its own", "另有用途"),
        ({"key": "constructor"}, "has a meaning of its own", "另有用途"),
        ({"key": "clinic"}, "is the name of the service Community clinic (clinic)", "“社区卫生服务站”（clinic）同名"),
        ({"title_zh": ""}, "title_zh = '' in pack_services[1] is empty or too long", "1到40个字符"),
        ({"title_en": " \t"}, "title_en = ' \\t'", "为空"),
        ({"title_en": "--"}, "title_en = '--' in pack_services[1] is empty", "为空"),  # a dash in a cell is none
        ({"noun_en": "x" * 41}, "is empty or too long; give a name of 1 to 40", "过长"),
        ({"title_zh": "助餐点"}, "title_zh = '助餐点' in pack_services[1] is the name of", "同名"),
        ({"title_en": "daily SHOP"}, "the service Daily shop (shop)", "便民商店"),
        ({"title_zh": "药\n店"}, "title_zh = '药\\n店' in pack_services[1] holds characters", "看不见"),
        ({"title_en": "a\u202eb"}, "title_en = 'a\\u202eb'", "文字方向"),
        ({"title_en": "a\x00b"}, "title_en = 'a\\x00b'", "控制符"),
        ({"noun_en": "a\u2028b"}, "noun_en = 'a\\u2028b'", "换行"),
        ({"glyph": ""}, "glyph = '' in pack_services[1] cannot stand in a marker", "一个汉字"),
        ({"glyph": "药店"}, "glyph = '药店'", "一个汉字"),
        ({"glyph": "💊"}, "letter or digit", "字母或数字"),
        ({"glyph": " "}, "glyph = ' '", "一个汉字"),
        ({"glyph": "餐"}, "glyph = '餐' in pack_services[1] stands for the service Meal point", "（meal_point）的标记"),
        ({"tone": "red"}, "tone = 'red' in pack_services[1] is no colour", "不是颜色"),
        ({"tone": "#12345"}, "tone = '#12345'", "六位十六进制"),
        ({"tone": "#FFFF00"}, "tone = '#FFFF00' in pack_services[1] is too pale", "太浅"),
        ({"words": ["店"]}, "'店' among words in pack_services[1] is too short or too long", "2到30个字"),
        ({"words": ["药" * 31]}, "is too short or too long", "太短或太长"),
        ({"words": ["药店"] * 41}, "words in pack_services[1] has 41 entries, and at most 40 are read", "最多40项"),
        ({"words": ["药\u200b店"]}, "'药\\u200b店'", "看不见"),
        ({"words": ["大超市"]}, "'大超市' among words in pack_services[1] means the service Daily shop", "便民商店"),
        ({"words": ["活动"]}, "means the service Culture", "文化活动站"),
        ({"words": ["clinic"]}, "means the service Community clinic", "社区卫生服务站"),
        ({"osm": ["amenity"]}, "'amenity' among osm in pack_services[1] is no tag of OpenStreetMap", "“键=值”"),
        ({"osm": ["amenity=pharmacy&"]}, "is no tag of OpenStreetMap", "标签"),
        ({"osm": ["amenity=a&amenity=b"]}, "is no tag of OpenStreetMap", "标签"),
        ({"osm": ["amen ity=pharmacy"]}, "is no tag of OpenStreetMap", "标签"),
        ({"osm": ["name=" + "x" * 200]}, "at most 200 characters", "最多200个字符"),
        ({"osm": ["amenity=clinic"]}, "'amenity=clinic' among osm in pack_services[1] holds of", "社区卫生服务站"),
        ({"osm": ["shop=*"]}, "holds of every object of the service Daily shop", "便民商店"),
        ({"osm": ["amenity=social_facility"]}, "the service Meal point", "助餐点"),
        ({"osm": ["amenity=a"] * 21}, "osm in pack_services[1] has 21 entries, and at most 20", "最多20项"),
        ({"patterns": ("(a+)+$",)}, "no regular expressions", "不用正则表达式"),
    ],
)  # fmt: skip
def test_one_that_cannot_be(change, says, sagt):
    error = refused(service(**change))
    assert str(error).startswith("City: ")
    assert says in str(error)
    assert sagt in error.zh


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": "parcel_point"}, "key = 'parcel_point' in pack_services[2] is the name of the service Parcel point"),
        ({"title_en": "Parcel point"}, "title_en = 'Parcel point' in pack_services[2] is the name of"),
        ({"glyph": "递"}, "glyph = '递' in pack_services[2] stands for the service Parcel point"),
        # A word or a tag that both have is told of the first of the two.
        ({"words": ["快递柜"]}, "'快递' among words in pack_services[1] means the service Pharmacy"),
        ({"osm": ["amenity=post_office"]}, "'amenity=post_office' among osm in pack_services[1] holds of every object"),
    ],
)  # fmt: skip
def test_two_of_a_pack_that_cannot_be_told_apart(change, says):
    assert says in str(refused(OTHER, service(**change)))


def test_the_wider_tag_is_refused_and_the_narrower_is_not():
    wide, narrow = service(osm=["healthcare=rehabilitation"]), ["healthcare=rehabilitation&operator:type=public"]
    for pair in ((wide, service(**PARCELS | {"osm": narrow})), (service(**PARCELS | {"osm": narrow}), wide)):
        assert "'healthcare=rehabilitation' among osm" in str(refused(*pair))
    assert "pharmacy" in services((service(osm=["amenity=clinic&healthcare:speciality=rehabilitation"]),))


def test_no_more_than_can_be_told_apart():
    made = [service(key=f"s{n}", title_zh=f"第{n}种", title_en=f"kind {n}", glyph=f"{n}", words=[], osm=[])
            for n in range(9)]  # fmt: skip
    assert len(services(tuple(made[:8]))) == 15
    assert "9 services are added, and at most 8" in str(refused(*made))


def test_words_are_plain_however_they_look():
    catastrophe = "(a+)+$"
    made = service(words=[catastrophe, "药[店房", r"\d+"])
    services((made,))
    start = time.monotonic()
    assert not names_service("a" * 10_000 + "!", made)
    assert time.monotonic() - start < 1
    assert names_service("平江(a+)+$号", made)
    assert not names_service("药店", made)
    assert not names_service("12", made)


def test_no_key_makes_a_column_that_means_something_else():
    columns = files("circle15.render.tables").joinpath("columns.toml").read_text(encoding="utf-8")
    taken = {name.partition("_")[2] for name in tomllib.loads(columns) if name.startswith(("share_", "uncovered_"))}
    assert taken <= set(RULES["reserved"]["keys"])


# -- colours ---------------------------------------------------------------------------------------


def oklab(tone, matrix):
    """Ottosson's Oklab of a colour as seen through a matrix on linear RGB."""
    parts = [int(tone[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    seen = [min(max(sum(m * x for m, x in zip(row, linear, strict=True)), 0), 1) for row in matrix]
    cones = [sum(m * x for m, x in zip(row, seen, strict=True)) ** (1 / 3) for row in (
        (0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566),
        (0.0883024619, 0.2817188376, 0.6299787005))]  # fmt: skip
    return [sum(m * x for m, x in zip(row, cones, strict=True)) for row in (
        (0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660))]  # fmt: skip


SEEN = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


@pytest.mark.parametrize("seen", SEEN)
def test_free_tones_can_be_told_apart(seen):
    free, taken = RULES["tones"]["free"], [one.tone for one in services().values()]
    for place, tone in enumerate(free):
        for other in (*free[:place], *taken):
            between = zip(oklab(tone, SEEN[seen]), oklab(other, SEEN[seen]), strict=True)
            assert sum((a - b) ** 2 for a, b in between) ** 0.5 > 0.05, (tone, other)


def test_there_is_a_tone_for_every_service_that_names_none():
    assert len(RULES["tones"]["free"]) >= RULES["limits"]["services"]
    first, second = islice(free_tones([]), 2)
    assert list(islice(free_tones([first.lower()]), 1)) == [second]
    for place, tone in enumerate(RULES["tones"]["free"]):
        services((service(tone=tone, key=f"k{place}"),))


# -- rules of tags ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("a=b", "a=b", True),
        ("a=b", "a=b&c=d", True),
        ("a=b&c=d", "a=b", False),
        ("a=*", "a=b", True),
        ("a=*", "a=no", False),
        ("a=b", "a=*", False),
        ("a=b", "a=c", False),
    ],
)
def test_a_rule_covers_another(wide, narrow, covers):
    assert TagRule.parse(wide).covers(TagRule.parse(narrow)) is covers
