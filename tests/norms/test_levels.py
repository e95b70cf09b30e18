"""Whom a clause is asked of: levels that follow tiers, town and country, and communities that do not say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from circle15.catalog.coded import area_key
from circle15.catalog.norm_books import all_rules, measures, norm_books, parse_book
from circle15.errors import NormError
from circle15.norms.ledger import judge
from tests.towns.norm_books import RULE, book_toml
from tests.towns.norm_fixture import communities, ground, row, rules_of

CENTRE = "gb50180-service-centre-area"
FLAG = RULE | {"id": "flag", "measure": "one_stop", "services": None, "minutes": None, "unit": "yes", "at_least": 1}
RATE = FLAG | {"id": "rate", "measure": "compliance_rate", "unit": "%", "of": ["flag"], "level": "city"}
COUNT = RULE | {"measure": "facility_count", "minutes": None, "unit": "sites", "at_least": 1}


def judged(place, *rules):
    return judge(place, parse_book(book_toml(*rules), file="mine.toml").rules)


# -- areas and counts of a subdistrict --------------------------------------------------------------


def two_subdistricts(**columns):
    """Three communities of 甲 with centres of 465, 930 and nothing, one of 乙 without any."""
    places = communities(households=[1] * 4, subdistrict=["甲", "甲", "甲", "乙"], **columns)
    sites = [(500, "community_centre"), (1500, "community_centre")]
    return ground(places, sites, tier_key=["subdistrict"] * 2, floor_area_m2=[465, 930])


def test_a_subdistricts_centre_is_asked_of_the_subdistrict():
    ledger = judge(two_subdistricts(), rules_of(CENTRE))
    # The largest of 甲 has 930 m2, more than 700; its communities without a centre fail nothing.
    found = ledger.frame.droplevel("clause_id")
    assert found.index.tolist() == [("subdistrict", "乙"), ("subdistrict", "甲")]
    assert row(ledger, CENTRE, "甲", "subdistrict")[["observed", "verdict", "facility_id"]].tolist() == [
        930, "pass", "f1",
    ]  # fmt: skip
    assert row(ledger, CENTRE, "乙", "subdistrict")[["observed", "verdict"]].tolist() == [
        0,
        "fail",
    ]


@pytest.mark.parametrize(("area", "verdict"), [(699, "fail"), (700, "pass"), (701, "pass")])
def test_the_threshold_of_a_subdistricts_centre(area, verdict):
    places = communities(households=[1, 1], subdistrict=["甲", "甲"])
    place = ground(places, [(1500, "community_centre")], tier_key=["subdistrict"], floor_area_m2=[area])
    assert row(judge(place, rules_of(CENTRE)), CENTRE, "甲", "subdistrict")[
        "verdict"
    ] == verdict  # fmt: skip


def test_an_unknown_area_in_another_community_may_be_the_largest_of_the_subdistrict():
    places = communities(households=[1, 1], subdistrict=["甲", "甲"])
    sites = [(500, "community_centre"), (1500, "community_centre")]
    place = ground(places, sites, tier_key=["subdistrict"] * 2, floor_area_m2=[600, np.nan])
    found = row(judge(place, rules_of(CENTRE)), CENTRE, "甲", "subdistrict")
    assert found[["verdict", "lacks"]].tolist() == ["undetermined", "facilities.floor_area_m2"]


def test_communities_without_a_subdistrict_are_undetermined_and_told_why():
    places = communities(households=[1] * 3, subdistrict=["甲", "", ""])
    place = ground(places, [(500, "community_centre")], tier_key=["subdistrict"], floor_area_m2=[800])
    frame = judge(place, rules_of(CENTRE)).frame.droplevel("clause_id")
    assert frame["verdict"].to_dict() == {
        ("community", "c1"): "undetermined",
        ("community", "c2"): "undetermined",
        ("subdistrict", "甲"): "pass",
    }
    assert frame["lacks"].tolist() == ["subdistrict", "subdistrict", ""]
    nowhere = judge(ground(communities(households=[1])), rules_of("js-daycare-per-subdistrict")).frame
    assert nowhere[["verdict", "lacks"]].to_numpy().tolist() == [["undetermined", "subdistrict"]]


def test_what_stands_in_a_rural_community_counts_for_its_subdistrict():
    places = communities(households=[1] * 3, subdistrict=["甲", "甲", "乙"], rural=["城市", "农村", "农村"])
    ledger = judge(
        ground(places, [(1500, "day_care")], site_kind_key=["day_care_centre"]), rules_of("js-daycare-per-subdistrict")
    )
    # 乙 has no urban community: the clause does not speak of it.
    assert ledger.frame.droplevel("clause_id")["verdict"].to_dict() == {("subdistrict", "甲"): "pass"}


def test_a_facility_that_two_subdistricts_share_counts_for_both_and_once_for_each():
    places = communities(households=[1] * 3, subdistrict=["甲", "甲", "乙"])
    place = ground(places, [(500, "clinic")], community=["社区0；社区1；社区2"])
    ledger = judged(place, COUNT | {"level": "subdistrict"})
    assert ledger.frame["observed"].tolist() == [1, 1]


@pytest.mark.parametrize("measure", [key for key, measure in measures().items() if measure.stands])
@pytest.mark.parametrize(
    ("tiers", "level", "refused"),
    [
        (["subdistrict"], "community", True),
        (["district", "subdistrict"], "community", True),
        (["district"], "subdistrict", True),
        (["subdistrict", "community"], "community", False),  # either will do
        (["community"], "community", False),
        (["estate"], "community", False),
        (["subdistrict"], "subdistrict", False),
        (["community"], "subdistrict", False),
        ([], "community", False),
    ],
)
def test_a_tier_that_serves_more_than_the_unit_is_refused(measure, tiers, level, refused):
    rule = COUNT | {"measure": measure, "unit": measures()[measure].unit, "tiers": tiers, "level": level}
    if not refused:
        assert parse_book(book_toml(rule), file="mine.toml").rules[0].tiers == tuple(tiers)
        return
    with pytest.raises(NormError, match=rf"rule 'a': level = '{level}', but its tiers serve a larger area") as caught:
        parse_book(book_toml(rule), file="mine.toml")
    assert f"level = '{level}'，tiers 却只有" in caught.value.zh
    assert ("街道级" in caught.value.zh) == ("subdistrict" in tiers)


def test_no_book_asks_communities_for_a_subdistricts_facility():
    rules = all_rules(norm_books().values())
    asked = {rule.clause_id for rule in rules if measures()[rule.measure].stands and "subdistrict" in rule.tiers}
    assert asked == {"gb50180-clinic-centre-area", CENTRE, "gb50180-culture-centre-area"}
    assert {rule.level for rule in rules if rule.clause_id in asked} == {"subdistrict"}
    # Walks to a subdistrict's centre are asked of everybody.
    walks = [rule for rule in rules if rule.tiers == ("subdistrict",) and rule.measure == "people_within_distance"]
    assert {rule.level for rule in walks} == {"community"}


# -- town and country -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "area"),
    [
        *(
            (word, "rural")
            for word in ("农村", "农村社区", "乡镇", "涉农社区", "村", "乡村", "行政村", "220", "village")
        ),
        *((word, "urban") for word in ("城市", "城镇", "城区", "街道社区", "城市社区", "非农业", "111", "Urban", "否")),
        *((word, "") for word in ("", "镇", "村改居", "城中村", "城乡结合部", "非农村", "其他", "?")),
    ],
)
def test_what_a_word_holds_decides(word, area):
    assert area_key(word) == area


@pytest.mark.parametrize("word", ["", None, "镇", "城乡结合部"])
@pytest.mark.parametrize("scope", ["urban", "rural"])
def test_who_says_neither_is_undetermined_where_a_clause_asks(word, scope):
    places = communities(one_stop=[1.0, 1.0], rural=[word, "城镇" if scope == "urban" else "农村"])
    found = judged(ground(places), FLAG | {"scope": scope}, FLAG | {"id": "all"}).frame["verdict"]
    assert found.to_dict() == {
        ("community", "c0", "flag"): "undetermined", ("community", "c1", "flag"): "pass",
        ("community", "c0", "all"): "pass", ("community", "c1", "all"): "pass",
    }  # fmt: skip


def test_without_the_column_no_clause_of_towns_is_judged():
    places = communities(one_stop=[1.0], rural=[None])
    bare = type(places)(frame=places.frame.drop(columns="rural"), origin=places.origin)
    found = row(judged(ground(bare), FLAG | {"scope": "urban"}), "flag")
    assert found[["verdict", "lacks"]].tolist() == ["undetermined", "rural"]


def test_size_and_area_that_nobody_gives_are_both_asked_for():
    places = communities(population=[np.nan, 12_000.0], rural=["", ""])
    area = {"measure": "floor_area", "services": ["day_care"], "minutes": None, "unit": "m2", "people_from": 10_000}
    found = judged(ground(places, listed=["day_care"]), RULE | area | {"scope": "urban"})
    assert [row(found, "a", unit)["lacks"] for unit in ("c0", "c1")] == ["population, rural", "rural"]


@pytest.mark.parametrize(
    ("flags", "areas", "bounds", "verdict"),
    [
        # One urban community of three complies; the third, which says neither, may count and fail, or not count.
        ([1, 1, 0], ["城镇", "城镇", ""], (200 / 3, 100), "undetermined"),
        ([1, 1, 1], ["城镇", "城镇", ""], (100, 100), "pass"),
        ([0, 0, 1], ["城镇", "城镇", ""], (0, 100 / 3), "fail"),
        ([0, 0, 0], ["城镇", "城镇", ""], (0, 0), "fail"),
        ([1, 1, 1], ["", "", ""], (np.nan, np.nan), "undetermined"),  # perhaps the clause speaks of nobody
    ],
)
def test_a_rate_counts_who_says_neither_for_whatever_may_be(flags, areas, bounds, verdict):
    places = communities(one_stop=[float(flag) for flag in flags], rural=areas)
    found = row(judged(ground(places), FLAG, RATE | {"at_least": 90, "scope": "urban"}), "rate", "city", "city")
    assert found["verdict"] == verdict
    assert found["lacks"] == "rural"
    told = [found["observed"]] * 2 if bounds[0] == bounds[1] else [found["observed_low"], found["observed_high"]]
    assert told == pytest.approx(bounds, nan_ok=True)


def test_a_rate_of_a_clause_of_towns_counts_who_says_neither_for_whatever_may_be():
    places = communities(one_stop=[1.0, 1.0, 1.0], rural=["城镇", "农村", ""])
    found = row(judged(ground(places), FLAG | {"scope": "urban"}, RATE), "rate", "city", "city")
    # The town complies, the country is not asked, of the third nobody knows.
    assert found[["observed_low", "observed_high", "lacks"]].tolist() == [50, 100, "rural"]


def test_a_ratio_that_is_the_same_with_and_without_who_says_neither_is_known():
    # 5 workers for 1,000 people are 50 for 10,000, and so are 10 for 2,000.
    places = communities(workers=[5.0, 5.0], rural=["城镇", ""])
    found = row(judge(ground(places), rules_of("sz-workers-18")), "sz-workers-18", "city", "city")
    assert found[["observed", "verdict", "lacks"]].tolist() == [50, "pass", "rural"]


def test_one_urban_community_is_enough_for_what_a_subdistrict_has():
    places = communities(households=[1, 1, 1], subdistrict=["甲", "甲", "乙"], rural=["城镇", "", ""])
    frame = judged(ground(places, [(500, "clinic")]), COUNT | {"level": "subdistrict", "scope": "urban"}).frame
    assert frame.droplevel(["level", "clause_id"])[["verdict", "lacks"]].to_numpy().tolist() == [
        ["undetermined", "rural"], ["pass", ""],
    ]  # fmt: skip
    assert pd.isna(frame["observed"].iloc[0])


# -- targets that contradict each other, and strict ones --------------------------------------------


@pytest.mark.parametrize(("complying", "strict", "loose"), [(79, "fail", "fail"), (80, "fail", "pass"),
                                                           (89, "fail", "pass"), (90, "pass", "pass")])  # fmt: skip
def test_both_targets_for_general_service_are_judged(complying, strict, loose):
    flags = [1.0] * complying + [0.0] * (100 - complying)
    rules = rules_of("js14-general", "js14-general-rate-90", "js14-general-rate-80")
    ledger = judge(ground(communities(general_service=flags)), rules)
    found = [row(ledger, rule.clause_id, "city", "city") for rule in rules[1:]]
    assert [(one["observed"], one["verdict"]) for one in found] == [(complying, strict), (complying, loose)]
    assert {rule.source_zh for rule in rules[1:]} == {
        "江苏“十四五”城乡社区服务体系建设规划（新华日报报道，2022-08-11）",
        "江苏“十四五”城乡社区服务体系建设规划（南京日报转载）",
    }


@pytest.mark.parametrize(
    ("workers", "plan", "report"), [(17, "fail", "fail"), (18, "fail", "pass"), (19, "pass", "pass")]
)
def test_more_than_18_workers_of_the_city_is_strict(workers, plan, report):
    # 10,000 urban residents in two communities; those of the country do not count.
    places = communities(
        population=[4000.0, 6000.0, 5000.0], workers=[workers - 1.0, 1.0, 50.0], rural=["城镇", "城镇", "农村"]
    )
    ledger = judge(ground(places), rules_of("js14-workers-18", "sz-workers-18"))
    assert set(ledger.frame.index.get_level_values("level")) == {"city"}
    verdicts = [row(ledger, clause, "city", "city")["verdict"] for clause in ("js14-workers-18", "sz-workers-18")]
    assert verdicts == [plan, report]


def test_workers_per_10000_people_are_asked_of_the_city_alone():
    asked = [rule for rule in all_rules(norm_books().values()) if rule.measure == "workers_per_10000"]
    assert {rule.level for rule in asked if rule.judges} == {"city"}


def test_who_names_no_subdistrict_is_told_so_whether_town_or_country():
    places = communities(households=[1, 1], subdistrict=["", ""], rural=["城镇", ""])
    frame = judge(ground(places, listed=["day_care"]), rules_of("js-daycare-per-subdistrict")).frame
    assert frame.droplevel("clause_id")["lacks"].to_dict() == {
        ("community", "c0"): "subdistrict",
        ("community", "c1"): "subdistrict",
    }
