"""The ledger by hand: cases of the source documents, rates that equal recounts, nothing guessed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.catalog import services
from circle15.catalog.norm_books import all_rules, measures, norm_books, parse_book
from circle15.model import Communities
from circle15.network.graph import walk_graph
from circle15.norms.ground import paces_graph
from circle15.norms.ledger import judge
from circle15.norms.measures import MEASURES
from tests.towns.lattice import network
from tests.towns.norm_books import RULE, book_toml
from tests.towns.norm_fixture import STREET, communities, ground, row, rules_of


@pytest.mark.parametrize(
    ("households", "area", "share", "verdict", "grids"),
    [
        (7500, 2250, 30.0, "pass", 25),  # 炎武社区, planned: 30 m2 x 75 = 2,250 m2; 7,500 / 300 = 25 grids
        (7500, 2249, 100 * 2249 / 7500, "fail", 25),
        (481, 1300, 100 * 1300 / 481, "pass", 2),  # 大潭村: 144.3 m2 are required, 1,300 m2 are there
        (481, 144, 100 * 144 / 481, "fail", 2),
        (63, 18.9, 30.0, "pass", 1),  # just enough, though 100 x 18.9 / 63 is 29.999999999999996 in binary fractions
        (3200, 960, 30.0, "pass", 11),  # 北门大街社区: 960 m2; 3,200 / 300 = 10.67, so 11 grids
    ],
)
def test_cases_of_the_source_documents(households, area, share, verdict, grids):
    place = ground(communities(households=[households]), [(500, "community_centre")], floor_area_m2=[area])
    ledger = judge(place, rules_of("js13-area-per-100hh", "js13-grids-required", "js13-centre-400"))
    found = row(ledger, "js13-area-per-100hh")
    assert found["observed"] == pytest.approx(share)
    assert (found["verdict"], found["facility_id"], found["standing"]) == (verdict, "f0", "source")
    assert row(ledger, "js13-grids-required")[["observed", "verdict"]].tolist() == [grids, "shown"]
    assert row(ledger, "js13-centre-400")["verdict"] == ("pass" if area >= 400 else "fail")


def test_yanwu_as_people_moved_in():
    # 5,000 of the 7,500 households by 2012: 1,500 m2 are 30 m2 per 100; 5,000 / 300 = 16.7, so 17 grids.
    place = ground(communities(households=[5000]), [(500, "community_centre")], floor_area_m2=[1500])
    ledger = judge(place, rules_of("js13-area-per-100hh", "js13-grids-required"))
    assert ledger.frame["observed"].tolist() == [30, 17]


def test_jinhe_has_its_thousand_square_metres():
    # 泾河村: 1,000 m2, more than the 400 m2 of the province, less than Kunshan's mean of 1,274 m2 in the country.
    places = communities(rural=["农村"])
    place = ground(places, [(500, "community_centre")], floor_area_m2=[1000])
    ledger = judge(place, rules_of("js13-centre-400", "ks-mean-area-rural"))
    assert ledger.frame["verdict"].tolist() == ["pass", "fail"]


@pytest.mark.parametrize(("workers", "verdict"), [(25, "fail"), (26, "pass")])
def test_a_city_of_the_size_of_jindu_needs_26_workers(workers, verdict):
    # 14,000 residents x 18 / 10,000 = 25.2 workers, asked of the city: no community of it is judged alone.
    places = communities(population=[6_000.0, 8_000.0], workers=[2, workers - 2])
    ledger = judge(ground(places), rules_of("sz-workers-18"))
    assert row(ledger, "sz-workers-18", "city", "city")["observed"] == pytest.approx(10_000 * workers / 14_000)
    assert row(ledger, "sz-workers-18", "city", "city")["verdict"] == verdict
    assert set(ledger.frame.index.get_level_values("level")) == {"city"}


def test_a_fifth_of_lishe_is_offices():
    # 里厍社区: 100 of 500 m2.
    ledger = judge(ground(communities(centre_area_m2=[500], office_area_m2=[100])), rules_of("js13-office-share"))
    assert row(ledger, "js13-office-share")[["observed", "verdict"]].tolist() == [20.0, "shown"]


@pytest.mark.parametrize(("with_one", "verdict"), [(8, "fail"), (9, "fail"), (10, "pass")])
def test_more_than_ninety_percent_is_not_ninety(with_one, verdict):
    # Of ten communities nine have one: 90 %, which is not 超过90%.
    places = communities(population=[100.0] * 10, deliberation=[1] * with_one + [0] * (10 - with_one))
    ledger = judge(ground(places), rules_of("sz-deliberation", "sz-deliberation-rate"))
    rate = row(ledger, "sz-deliberation-rate", "city", "city")
    assert (rate["observed"], rate["verdict"], rate["more_than"]) == (10 * with_one, verdict, 90)
    assert np.isnan(rate["at_least"])


def test_minutes_and_metres_by_hand():
    # A clinic at 500 m: 15 min at 1 m/s reach 900 m, so the home at 1,500 m is 100 m too far; 1,000 m reach it exactly.
    place = ground(communities(households=[1, 1, 1]), [(500, "clinic community_centre")])
    ledger = judge(place, rules_of("js-circle-medical", "case-circle-1km"))
    assert [row(ledger, "js-circle-medical", f"c{k}")["observed"] for k in range(3)] == [100, 0, 0]
    assert [row(ledger, "case-circle-1km", f"c{k}")["observed"] for k in range(3)] == [100, 100, 0]
    assert row(ledger, "js-circle-medical", "c1")["verdict"] == "fail"


def test_one_person_and_one_grid_are_enough_to_judge():
    # 250 households in one grid; one elder, who lives at the clinic; half a one in the next square, 1,000 m off.
    places = communities(population=[1.0, 0.5], pop_60plus=[1.0, 0.5], households=[250, 130], grids=[1, 0.5])
    ledger = judge(ground(places, [(500, "clinic")]), rules_of("js-circle-medical", "js13-grid-urban"))
    assert [row(ledger, "js-circle-medical", unit)["observed"] for unit in ("c0", "c1")] == [100, 0]
    assert [row(ledger, "js-circle-medical", unit)["verdict"] for unit in ("c0", "c1")] == ["pass", "fail"]
    assert [row(ledger, "js13-grid-urban", unit)["observed"] for unit in ("c0", "c1")] == [250, 260]
    assert set(ledger.frame["lacks"]) == {""}


def test_only_what_is_missing_is_asked_for():
    # Two communities of one resident each; one of them does not say how many workers it has.
    rule = RULE | {"measure": "workers_per_10000", "unit": measures()["workers_per_10000"].unit, "level": "city"}
    book = parse_book(book_toml(rule | {"services": None, "minutes": None}), file="mine.toml")
    ledger = judge(ground(communities(population=[1.0, 1.0], workers=[5, np.nan])), book.rules)
    # The five of one are 25,000 for 10,000 of the two, more than the 90 asked for, whatever the other has.
    assert row(ledger, "a", "city", "city")[["verdict", "observed_low", "lacks"]].tolist() == [
        "pass",
        25_000,
        "workers",
    ]


def test_the_share_of_services_in_reach():
    place = ground(communities(households=[1]), [(500, "clinic culture")], listed=["fitness", "day_care"])
    assert row(judge(place, rules_of("js-circle-four")), "js-circle-four")["observed"] == 50


def test_a_service_without_a_list_is_undetermined_and_says_what_is_lacking():
    place = ground(communities(households=[1]), [(500, "clinic")])
    ledger = judge(place, rules_of("js-circle-elderly", "js-meal-there", "js13-area-per-100hh", "sz-workers-18"))
    assert row(ledger, "js-circle-elderly")[["verdict", "lacks"]].tolist() == ["undetermined", "facilities: day_care"]
    assert row(ledger, "js-meal-there")["lacks"] == "facilities: meal_point"
    assert np.isnan(row(ledger, "js-meal-there")["observed"])
    assert row(ledger, "sz-workers-18", "city", "city")["lacks"] == "workers"


def test_an_unknown_area_is_no_small_area():
    place = ground(communities(households=[100]), [(400, "community_centre"), (600, "community_centre")],
                   floor_area_m2=[500.0, np.nan])  # fmt: skip
    ledger = judge(place, rules_of("js13-centre-400", "js13-area-per-100hh", "cc2020-service-station-area"))
    # 500 m2 are enough whatever the other one has; whether 800 m2 are there is not known.
    assert row(ledger, "js13-centre-400")[["observed_low", "verdict"]].tolist() == [500, "pass"]
    assert row(ledger, "cc2020-service-station-area")[["observed_low", "verdict"]].tolist() == [500, "undetermined"]
    assert ledger.frame[["observed", "observed_high"]].isna().all().all()  # a bound is no value
    # 500 m2 for 100 households are more than 30, and the other one is more still.
    area = row(ledger, "js13-area-per-100hh")
    assert area[["observed_low", "verdict", "lacks"]].tolist() == [500, "pass", "facilities.floor_area_m2"]
    nothing = ground(communities(households=[100]), listed=["community_centre"])
    ledger = judge(nothing, rules_of("js13-centre-400", "js13-centre-there", "js13-open-8h"))
    assert row(ledger, "js13-centre-there")[["observed", "verdict"]].tolist() == [0, "fail"]
    assert row(ledger, "js13-centre-400")[["observed", "verdict"]].tolist() == [0, "fail"]
    assert row(ledger, "js13-open-8h")["lacks"] == "facilities in the community"


def test_tiers_do_not_stand_in_for_each_other():
    # The centre is 0 m away, the station 400 m: GB 50180 asks a station within 300 m, and a centre within 1,000 m.
    sites = [(500, "clinic"), (900, "clinic")]
    place = ground(communities(households=[1]), sites, tier_key=["subdistrict", "community"])
    ledger = judge(place, rules_of("gb50180-clinic-station", "gb50180-clinic-centre"))
    assert row(ledger, "gb50180-clinic-station")[["observed", "verdict"]].tolist() == [0, "fail"]
    assert row(ledger, "gb50180-clinic-centre")[["observed", "verdict"]].tolist() == [100, "pass"]
    assert row(ledger, "gb50180-clinic-centre")["standing"] == "project"
    without = ground(communities(households=[1]), sites)
    assert (
        row(judge(without, rules_of("gb50180-clinic-station")), "gb50180-clinic-station")["lacks"] == "facilities.tier"
    )


@pytest.mark.parametrize(
    ("hours", "least", "verdict", "weekend"),
    [
        ("Mo-Su 08:00-16:00", 8, "pass", 8),
        ("Mo-Su 08:00-15:59", 8 - 1 / 60, "fail", 8 - 1 / 60),
        ("Mo-Th 08:00-20:00; Fr 08:00-12:00", 4, "fail", 0),  # the mean of the week is 7.4, of working days 10.4
        ("Mo-Tu,Th-Fr 08:00-18:00", 0, "fail", 0),  # closed on Wednesdays
        ("Mo-Fr 08:00-17:00; Sa 09:00-12:00", 9, "pass", 0),
        ("Mo-Fr 08:00-17:00; Sa-Su 09:00-12:00", 9, "pass", 3),
    ],
)
def test_hours_of_the_centre_on_its_shortest_day(hours, least, verdict, weekend):
    place = ground(communities(households=[1]), [(500, "community_centre")], opening_hours=[hours])
    ledger = judge(place, rules_of("js13-open-8h", "js13-open-weekend"))
    found = row(ledger, "js13-open-8h")
    assert (found["observed"], found["verdict"]) == (pytest.approx(least), verdict)
    assert row(ledger, "js13-open-weekend")["observed"] == pytest.approx(weekend)
    assert row(ledger, "js13-open-weekend")["verdict"] == "shown"


def test_town_and_country_and_size_choose_the_rule():
    places = communities(
        population=[9_000.0, 12_000.0, 15_000.0],
        households=[600, 600, 600],
        grids=[2, 2, 4],
        rural=["城市", "农村", "农村"],
    )
    place = ground(places, [(1500, "day_care")], floor_area_m2=[750])
    ledger = judge(place, rules_of("js13-grid-urban", "js13-grid-rural", "jb143-class-3"))
    assert ledger.frame.xs("js13-grid-urban", level="clause_id").index.get_level_values("unit_id").tolist() == ["c0"]
    rural = ledger.frame.xs("js13-grid-rural", level="clause_id")
    # 300 households to a grid are within 200 to 300, 150 are not.
    assert rural["verdict"].tolist() == ["pass", "fail"]
    # 10,000 to 15,000 people: 750 m2; 15,000 belong to the next class.
    assert ledger.frame.xs("jb143-class-3", level="clause_id").index.get_level_values("unit_id").tolist() == ["c1"]
    least = judge(ground(communities(population=[9_999.0, 10_000.0])), rules_of("jb143-class-3"))
    assert least.frame.index.get_level_values("unit_id").tolist() == ["c1"]


@pytest.mark.parametrize("word", [1.0, 1, True, "农村", " Rural ", "农村社区", "乡镇", "涉农社区", "村"])
def test_who_says_rural_in_whatever_form_is_rural(word):
    places = communities(one_stop=[1.0, 1.0], rural=[word, "城镇"])
    rule = RULE | {"measure": "one_stop", "services": None, "minutes": None, "unit": "yes", "at_least": 1,
                   "scope": "rural"}  # fmt: skip
    ledger = judge(ground(places), parse_book(book_toml(rule), file="mine.toml").rules)
    assert ledger.frame.index.get_level_values("unit_id").tolist() == ["c0"]


def test_a_share_of_services_at_its_threshold_passes():
    # Each community has four of five services: 80 % to the last digit, though 0.8 is no binary number.
    five, count = list(services())[:5], 36
    places = communities(population=[float(people) for people in range(1, count + 1)])
    sites = [(500 + 1000 * k, " ".join(five[:4])) for k in range(count)]
    place = ground(places, sites, five, streets=network([(0, 0), (1000 * count, 0)], [(0, 1)]))
    rule = RULE | {"measure": "services_in_reach", "services": five, "at_least": 80, "level": "city"}
    found = row(judge(place, parse_book(book_toml(rule), file="mine.toml").rules), "a", "city", "city")
    assert found[["observed", "verdict"]].tolist() == [80.0, "pass"]


def test_subdistricts_and_the_city_sum_before_they_divide():
    places = communities(subdistrict=["甲", "甲", ""], workers=[1, 3, 2], population=[1000.0, 3000.0, 500.0])
    rule = RULE | {"measure": "workers_per_10000", "services": None, "minutes": None, "unit": "people", "at_least": 10}
    book = parse_book(book_toml(rule | {"level": "subdistrict"}, rule | {"id": "b", "level": "city"}), file="mine.toml")
    ledger = judge(ground(places), book.rules)
    assert row(ledger, "a", "甲", "subdistrict")["observed"] == 10  # 4 workers, 4,000 people
    assert ("subdistrict", "", "a") not in ledger.frame.index
    assert row(ledger, "b", "city", "city")["observed"] == pytest.approx(60_000 / 4500)


def test_sums_hang_on_no_order_of_rows():
    # (0.1 + 0.2) + 0.3 is not 0.1 + (0.2 + 0.3) in the last digit.
    rule = RULE | {"measure": "workers_per_10000", "services": None, "minutes": None, "unit": "people", "at_least": 10}
    rules = parse_book(book_toml(rule | {"level": "city"}), file="mine.toml").rules
    places = communities(workers=[0.1, 0.2, 0.3], population=[1.0, 1.0, 1.0])
    found = [
        row(
            judge(ground(Communities(frame=places.frame.iloc[order], origin=places.origin)), rules), "a", "city", "city"
        )
        for order in ([0, 1, 2], [2, 1, 0])
    ]
    assert 0.1 + 0.2 + 0.3 != 0.3 + 0.2 + 0.1
    assert found[0]["observed"] == found[1]["observed"]


@cache
def squares(count):
    """So many communities with a clinic in the first, to be given other columns."""
    return ground(communities(households=[1] * count), [(500, "clinic")])


@given(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=1, max_size=8), st.sampled_from([0.0, 50.0, 90.0, 100.0]))
def test_a_rate_equals_a_recount_and_is_judged_only_where_the_unknown_cannot_matter(flags, target):
    flag = RULE | {"id": "flag", "measure": "one_stop", "services": None, "minutes": None, "unit": "yes", "at_least": 1}
    rate = RULE | {"id": "rate", "measure": "compliance_rate", "services": None, "minutes": None, "of": ["flag"],
                   "level": "city", "at_least": target}  # fmt: skip
    book = parse_book(book_toml(flag, rate), file="mine.toml")
    ledger = judge(replace(squares(len(flags)), communities=communities(one_stop=flags)), book.rules)
    found = row(ledger, "rate", "city", "city")
    yes, unknown = flags.count(1.0), sum(np.isnan(flags))
    least, most = 100 * yes / len(flags), 100 * (yes + unknown) / len(flags)
    if unknown == 0:
        assert found["observed"] == pytest.approx(least)
        assert found[["observed_low", "observed_high"]].isna().all()
    else:
        assert np.isnan(found["observed"])
        assert found[["observed_low", "observed_high"]].tolist() == pytest.approx([least, most])
        assert found["lacks"] == "one_stop"
    expected = "pass" if least >= target else "fail" if most < target else "undetermined"
    assert found["verdict"] == expected
    assert ledger.counts().loc[("community", "flag")].tolist()[:3] == [yes, flags.count(0.0), unknown]


@pytest.mark.parametrize(
    ("flags", "at_most", "verdict", "observed"),
    [
        ([1.0, 0.0, 0.0, 0.0], 50, "pass", 25),
        ([1.0, 1.0, 1.0, 0.0], 50, "fail", 75),
        ([1.0, np.nan, np.nan, 0.0], 50, "undetermined", np.nan),  # 25 to 75 %
        ([1.0, 0.0, 0.0, 0.0], None, "shown", 25),
        ([1.0, np.nan, 0.0, 0.0], None, "undetermined", np.nan),
    ],
)
def test_a_rate_may_have_an_upper_bound_or_only_be_shown(flags, at_most, verdict, observed):
    flag = RULE | {"id": "flag", "measure": "one_stop", "services": None, "minutes": None, "unit": "yes", "at_least": 1}
    rate = RULE | {"id": "rate", "measure": "compliance_rate", "services": None, "minutes": None, "of": ["flag"],
                   "level": "city", "at_least": None, "at_most": at_most}  # fmt: skip
    book = parse_book(book_toml(flag, rate), file="mine.toml")
    found = row(judge(ground(communities(one_stop=flags)), book.rules), "rate", "city", "city")
    assert found["verdict"] == verdict
    assert found["observed"] == pytest.approx(observed, nan_ok=True)


@pytest.mark.parametrize("order", [["area", "flag"], ["flag", "area"]])
def test_who_fails_one_of_several_clauses_fails_whatever_the_others_say(order):
    flag = RULE | {"id": "flag", "measure": "one_stop", "services": None, "minutes": None, "unit": "yes", "at_least": 1}
    area = flag | {"id": "area", "measure": "deliberation"}
    rate = flag | {"id": "rate", "measure": "compliance_rate", "unit": "%", "of": order, "level": "city"}
    rules = parse_book(book_toml(flag, area, rate), file="mine.toml").rules
    place = replace(squares(2), communities=communities(one_stop=[0.0, 1.0], deliberation=[np.nan, 1.0]))
    assert row(judge(place, rules), "rate", "city", "city")["observed"] == 50


def test_a_clause_that_does_not_speak_of_a_community_fails_nobody():
    town = RULE | {"id": "town", "measure": "one_stop", "services": None, "minutes": None, "unit": "yes",
                   "at_least": 1, "scope": "urban"}  # fmt: skip
    country = town | {"id": "country", "scope": "rural", "measure": "deliberation"}
    rate = town | {"id": "rate", "measure": "compliance_rate", "unit": "%", "of": ["town", "country"], "level": "city",
                   "scope": "all"}  # fmt: skip
    rules = parse_book(book_toml(town, country, rate), file="mine.toml").rules
    places = communities(one_stop=[1.0, 0.0], deliberation=[0.0, 1.0], rural=["城市", "农村"])
    found = row(judge(replace(squares(2), communities=places), rules), "rate", "city", "city")
    assert found[["observed", "verdict"]].tolist() == [100, "pass"]


def test_above_communities_the_first_facility_of_the_first_community_is_told():
    rule = RULE | {"measure": "facility_count", "minutes": None, "unit": "sites", "at_least": 1, "level": "subdistrict"}
    place = ground(communities(subdistrict=["甲"] * 3), [(2500, "clinic"), (1500, "clinic"), (1600, "clinic")])
    found = row(judge(place, parse_book(book_toml(rule), file="mine.toml").rules), "a", "甲", "subdistrict")
    assert found[["observed", "facility_id"]].tolist() == [3, "f1"]


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_verdict_is_monotone_in_its_threshold(one, other):
    verdicts = []
    for threshold in sorted([one, other]):
        book = parse_book(book_toml(RULE | {"at_least": threshold}), file="mine.toml")
        verdicts.append((judge(squares(3), book.rules).frame["verdict"] == "pass").sum())
    assert verdicts[0] >= verdicts[1]


def test_every_rule_of_every_book_is_judged_or_says_why_not():
    places = communities(households=[900.0, 1200.0], subdistrict=["甲", "乙"])
    ledger = judge(ground(places, [(500, "clinic community_centre")]), all_rules(norm_books().values()))
    open_rows = ledger.frame[ledger.frame["verdict"] == "undetermined"]
    assert (open_rows["lacks"] != "").all()
    judged = set(ledger.frame.index.get_level_values("clause_id"))
    # Rules for sizes that no community has, and for the country, speak of nobody here.
    assert {rule.clause_id for rule in ledger.rules} - judged == {
        rule.clause_id for rule in ledger.rules if rule.scope == "rural" or rule.people_from is not None
    }


def test_every_measure_is_computed():
    assert set(MEASURES) == set(measures()) - {"compliance_rate"}


def test_only_standardised_centres_count_where_a_clause_asks_for_them():
    sites = [(500, "day_care"), (1500, "day_care")]
    place = ground(communities(households=[1, 1]), sites, standardised=["是", "否"], site_kind_key="home_care")
    ledger = judge(place, rules_of("js-homecare-there"))
    assert [row(ledger, "js-homecare-there", unit)["verdict"] for unit in ("c0", "c1")] == ["pass", "fail"]
    without = judge(ground(communities(households=[1]), sites[:1]), rules_of("js-homecare-there"))
    assert row(without, "js-homecare-there")["lacks"] == "facilities.site_kind, facilities.standardised"


def test_paces_are_metres():
    graph = paces_graph(walk_graph(STREET, "elderly"))
    assert graph.walk_ms.tolist() == [8_000_000]
    assert not graph.delay_u_ms.any()
