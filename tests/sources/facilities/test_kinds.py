"""Kinds of sites for the elderly: from a list's column, its names, its words for the service; asked for by rules."""

from __future__ import annotations

import pandas as pd
import pytest

from circle15.catalog.kind import kind_keys, kinds, split_kinds
from circle15.catalog.norm_books import all_rules, norm_books
from circle15.catalog.service import services
from circle15.norms.ledger import judge
from circle15.sources.facilities.kinds import with_kinds
from circle15.sources.facilities.table import read_facilities
from circle15.sources.osm.facilities import read_osm_facilities
from tests.towns.city_tables import facilities_table
from tests.towns.findings import finding_of
from tests.towns.norm_fixture import communities, ground, row, rules_of
from tests.towns.pack_files import write_csv

RULES = all_rules(norm_books().values())


@pytest.mark.parametrize(
    ("word", "keys"),
    [
        ("平江日间照料中心", ("day_care_centre",)), ("老年人日照中心", ("day_care_centre",)),
        ("桥弄居家养老服务站", ("home_care",)), ("标准化社区居家养老服务中心", ("home_care",)),
        ("居家养老服务中心（日间照料中心）", ("day_care_centre", "home_care")), ("福寿托老所", ("nursery",)),
        ("“乐龄之家”", ("nursery",)), ("城东敬老院", ("institution",)), ("Home care station", ("home_care",)),
        ("综合为老服务中心", ()), ("养老服务站", ()), ("社区服务中心", ()), ("", ()),
        *((kind.title_zh, (kind.key,)) for kind in kinds().values()),
        *((kind.title_en, (kind.key,)) for kind in kinds().values()),
        *((key, (key,)) for key in kinds()),
    ],
)  # fmt: skip
def test_a_word_names_its_kinds(word, keys):
    assert kind_keys(word) == keys


def test_every_kind_is_of_a_service():
    assert {kind.service for kind in kinds().values()} <= set(services())


@pytest.mark.parametrize(
    ("said", "name", "written", "keys"),
    [
        ("日间照料中心", "桥弄居家养老服务站", "day_care", "day_care_centre"),  # the column comes first
        ("", "桥弄居家养老服务站", "日间照料", "home_care"),  # then the name
        ("", "桥弄为老驿站", "居家养老", "home_care"),  # then the word for the service
        ("", "桥弄", "day_care", ""),  # a key of a service is no kind
        ("日间照料中心；居家养老服务中心", "桥弄", "day_care", "day_care_centre;home_care"),
        ("综合为老服务中心", "桥弄日间照料中心", "day_care", ""),  # left open
        ("不知所云", "桥弄日间照料中心", "day_care", "day_care_centre"),
        (None, "桥弄日间照料中心", None, "day_care_centre"),
    ],
)
def test_column_then_name_then_service(said, name, written, keys):
    frame = pd.DataFrame(
        {"name": [name, "卫生站"], "services": [("day_care",), ("clinic",)], "site_kind": [said, said]}
    )
    found = with_kinds(frame, pd.Series([written, written], dtype=object))
    assert found["site_kind_key"].tolist() == [keys, ""]
    assert split_kinds(keys) == tuple(filter(None, keys.split(";")))


def test_lists_without_such_a_service_stay_as_they_are():
    frame = pd.DataFrame({"name": ["日间照料中心卫生站"], "services": [("clinic",)]})
    assert with_kinds(frame) is frame


def test_in_a_list_of_one_service_its_category_is_the_kind(tmp_path):
    rows = [
        ("甲", "日间照料中心", 120.62, 31.31),
        ("乙", "居家养老服务站", 120.63, 31.31),
        ("丙", "棋牌室", 120.64, 31.31),
    ]
    path = write_csv(tmp_path / "list.csv", rows, ("名称", "类别", "经度", "纬度"))
    reading = read_facilities(path, facilities_table({"service": "day_care"}))
    assert reading.frame["site_kind"].tolist() == ["日间照料中心", "居家养老服务站", "棋牌室"]
    assert reading.frame["site_kind_key"].tolist() == ["day_care_centre", "home_care", ""]
    unknown = finding_of(reading.findings, "coded-words-unknown")
    assert (unknown.row, unknown.column, unknown.value) == (4, "site_kind", "棋牌室")
    # A word that leaves the kind open is known, and of other services no kind is asked.
    other = [("甲", "综合为老服务中心", "day_care", 120.62, 31.31), ("乙", "民办", "clinic", 120.63, 31.31)]
    path = write_csv(tmp_path / "other.csv", other, ("名称", "机构类别", "服务", "经度", "纬度"))
    assert not [one for one in read_facilities(path, facilities_table()).findings if one.code == "coded-words-unknown"]


def test_kinds_of_openstreetmap(osm_file):
    social = {"amenity": "social_facility", "social_facility:for": "senior"}
    nodes = {1: (120.62, 31.31), 2: (120.621, 31.31), 3: (120.622, 31.31)}
    tags = {
        1: {"amenity": "social_facility", "social_facility": "day_care"},
        2: social | {"name": "桥弄居家养老服务站", "social_facility": "day_care"},
        3: social,
    }
    path = osm_file(nodes, {}, node_tags=tags)
    assert read_osm_facilities(path, ["day_care"])["site_kind_key"].tolist() == ["day_care_centre", "home_care", ""]
    assert "site_kind_key" not in read_osm_facilities(path, ["clinic"])


# -- rules ------------------------------------------------------------------------------------------


def test_rules_of_the_books_that_name_a_kind_ask_for_it():
    asked = {rule.clause_id: rule.kinds for rule in RULES if rule.kinds}
    centre, home = ("day_care_centre",), ("home_care",)
    assert asked == {
        "gb50180-daycare": ("day_care_centre", "nursery"),
        "gb50180-daycare-area": ("day_care_centre", "nursery"),
        "gb50437-daycare-population": centre,
        "jb143-class-1": centre,
        "jb143-class-2": centre,
        "jb143-class-3": centre,
        "js-daycare-per-subdistrict": centre,
        "js-homecare-there": home,
        "sz-daycare-there": centre,
        "sz-homecare-there": home,
    }


@pytest.mark.parametrize(
    ("keys", "verdict", "lacks"),
    [
        (["day_care_centre"], "pass", ""),
        (["home_care"], "fail", ""),
        (["home_care;day_care_centre"], "pass", ""),
        ([""], "undetermined", "facilities.site_kind"),  # it may be the one that is asked for
        (["chess_room"], "undetermined", "facilities.site_kind"),  # a key that nobody knows says nothing
        (["", "day_care_centre"], "pass", ""),  # whatever the first one is
    ],
)
def test_kinds_do_not_stand_in_for_each_other(keys, verdict, lacks):
    places = communities(households=[1])
    place = ground(places, [(500, "day_care")] * len(keys), site_kind_key=keys)
    found = row(judge(place, rules_of("sz-daycare-there")), "sz-daycare-there")
    assert found["verdict"] == verdict
    if lacks or len(keys) == 1:
        assert found["lacks"] == lacks


def test_without_any_kind_the_column_is_asked_for():
    place = ground(communities(households=[1]), [(500, "day_care")])
    found = row(judge(place, rules_of("sz-homecare-there")), "sz-homecare-there")
    assert found[["verdict", "lacks"]].tolist() == ["undetermined", "facilities.site_kind"]


def test_only_what_some_facility_does_not_say_is_asked_for():
    places = communities(households=[1])
    place = ground(places, [(500, "day_care")], site_kind_key=[""], tier_key=["community"])
    found = row(judge(place, rules_of("gb50180-daycare")), "gb50180-daycare")
    assert found[["verdict", "lacks"]].tolist() == ["undetermined", "facilities.site_kind"]
