"""Measures by hand: deliveries, land, load, functions, hours, tiers nobody states, centres that are shared."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.catalog.norm_books import all_rules, measures, norm_books, parse_book
from circle15.catalog.norm_words import lacks_words
from circle15.errors import NormError
from circle15.model import Communities, DemandPoints, PlacedFacilities, Positions
from circle15.network.graph import walk_graph
from circle15.network.snap import place_demand, snap
from circle15.norms.ledger import judge
from circle15.routing.nearest import nearest_cost, nearest_sites
from tests.towns.banks import far_from_streets
from tests.towns.lattice import BY, X0, Y0, grid, network, points
from tests.towns.norm_books import RULE, book_toml
from tests.towns.norm_fixture import communities, ground, row, rules_of


def observed(place, clause, count):
    ledger = judge(place, rules_of(clause))
    return [row(ledger, clause, f"c{k}")["observed"] for k in range(count)]


def verdicts(place, clause, count):
    ledger = judge(place, rules_of(clause))
    return [row(ledger, clause, f"c{k}")["verdict"] for k in range(count)]


# -- cases of the source documents ----------------------------------------------------------------


def test_tianruncheng_passes_by_distance_and_fails_by_area():
    # 23,000 people within 1 km and 15 minutes of a centre of 2,000 m2, four grids. At 2.6 persons a household there
    # are 8,846: 30 m2 per 100 of them are 2,654 m2, and a grid has 2,212 households.
    households = 23_000 / 2.6
    places = communities(population=[23_000.0], households=[households], grids=[4])
    place = ground(places, [(500, "community_centre")], floor_area_m2=[2000])
    clauses = ("case-circle-1km", "case-circle-15min", "case-circle-load", "case-circle-2000m2",
               "js13-area-per-100hh", "js13-grid-urban", "js13-grids-required")  # fmt: skip
    ledger = judge(place, rules_of(*clauses))
    found = {clause: (row(ledger, clause)["observed"], row(ledger, clause)["verdict"]) for clause in clauses}
    assert found["case-circle-1km"] == (100, "pass")
    assert found["case-circle-15min"] == (100, "pass")
    assert found["case-circle-load"] == (23_000, "pass")
    assert found["case-circle-2000m2"] == (2000, "pass")
    assert found["js13-area-per-100hh"] == (pytest.approx(100 * 2000 / households), "fail")
    assert 0.3 * households == pytest.approx(2653.8, abs=0.1)
    assert found["js13-grid-urban"] == (pytest.approx(2211.5, abs=0.1), "fail")
    assert found["js13-grids-required"] == (30, "shown")
    assert row(ledger, "case-circle-15min")["whole"] == 23_000
    assert np.isnan(row(ledger, "case-circle-load")["whole"])


def test_kunshan_funds_and_both_bases_of_workers():
    places = communities(
        population=[2000.0], population_registered=[1000.0], households=[800], workers=[4], funding_yuan=[120_000]
    )
    ledger = judge(ground(places), rules_of("ks-funding", "ks-workers-registered", "ks-registered", "sz-workers-18"))
    assert row(ledger, "ks-funding")[["observed", "verdict"]].tolist() == [15_000, "pass"]
    assert row(ledger, "ks-workers-registered")[["observed", "verdict"]].tolist() == [40, "shown"]
    assert row(ledger, "sz-workers-18", "city", "city")[["observed", "verdict"]].tolist() == [20, "pass"]
    assert row(ledger, "ks-registered")["observed"] == 50


COUNTED = {
    "population": 2000.0, "population_registered": 800.0, "households": 640.0, "households_in_grids": 480.0,
    "workers": 5.0, "workers_certified": 3.0, "grids": 4.0, "grids_staffed": 3.0, "service_items": 21.0,
    "one_stop": 1.0, "deliberation": 0.0, "centre_area_m2": 500.0, "activity_area_m2": 350.0, "office_area_m2": 100.0,
    "funding_yuan": 96_000.0, "households_registered": 320.0, "agents": 2.0, "social_organisations": 9.0,
    "full_agency": 1.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "figure"),
    [
        ("workers_per_10000", 25), ("workers_per_10000_registered", 62.5),
        ("certified_worker_share", 60), ("households_per_grid", 160), ("grid_staffing", 75),
        ("grid_coverage", 75), ("one_stop", 1), ("service_items", 21), ("deliberation", 0),
        ("resident_use_share", 70), ("office_share", 20), ("registered_share", 40),
        ("funding_per_100_households", 15_000), ("funding_per_100_registered_households", 30_000), ("full_agency", 1),
        ("certified_per_10000", 15), ("agents", 2), ("organisations_per_community", 9), ("community_people", 2000),
        ("community_households", 640),
    ],
)  # fmt: skip
def test_columns_of_a_community_by_hand(measure, figure):
    rule = RULE | {"measure": measure, "unit": measures()[measure].unit, "services": None, "minutes": None}
    ledger = judge(ground(communities(**{key: [value] for key, value in COUNTED.items()})), parse_book(
        book_toml(rule | {"at_least": None}), file="mine.toml").rules)  # fmt: skip
    assert row(ledger, "a")["observed"] == pytest.approx(figure)


def test_means_of_a_city_are_taken_over_its_communities():
    # 1,200 m2 that two share, 900 m2 in the third, none in the fourth: 2,100 / 4; 12 organisations are 3 each.
    places = communities(
        social_organisations=[8, 0, 1, 3], households=[100, 200, 300, 400], households_registered=[50] * 4
    )
    sites = [(500, "community_centre"), (2500, "community_centre")]
    place = ground(places, sites, floor_area_m2=[1200.0, 900.0], community=["社区0；社区1", ""])
    asked = [
        RULE | {"id": measure, "measure": measure, "unit": measures()[measure].unit, "minutes": None, "at_least": None,
                "level": "city", "services": ["community_centre"] if measures()[measure].needs else None}
        for measure in ("area_per_community", "organisations_per_community", "area_per_100_registered_households")
    ]  # fmt: skip
    ledger = judge(place, parse_book(book_toml(*asked), file="mine.toml").rules)
    assert ledger.frame["observed"].tolist() == [525, 3, 1050]
    alone = [one | {"level": "community"} for one in asked]
    ledger = judge(place, parse_book(book_toml(*alone), file="mine.toml").rules)
    assert [row(ledger, "area_per_community", f"c{k}")["observed"] for k in range(4)] == [600, 600, 900, 0]


def test_a_column_that_half_of_the_rows_have_leaves_the_others_open():
    rule = RULE | {"measure": "service_items", "services": None, "minutes": None, "unit": "items", "at_least": 20}
    rate = rule | {"id": "r", "measure": "compliance_rate", "unit": "%", "of": ["a"], "level": "city", "at_least": 85}
    places = communities(service_items=[25, np.nan, 12, np.nan])
    ledger = judge(ground(places), parse_book(book_toml(rule, rate), file="mine.toml").rules)
    assert ledger.counts().loc[("community", "a")].tolist() == [1, 1, 2, 0]
    assert [row(ledger, "a", f"c{k}")["lacks"] for k in range(4)] == ["", "service_items", "", "service_items"]
    # 25 to 75 %: whatever the two have, 85 % is out of reach.
    city = row(ledger, "r", "city", "city")
    assert city[["observed_low", "observed_high", "verdict", "lacks"]].tolist() == [25, 75, "fail", "service_items"]


def test_a_community_without_households_is_asked_for_them_and_fails_nothing():
    places = communities(households=[0, 100], funding_yuan=[10_000, 15_000], households_registered=[0, np.nan])
    place = ground(places, [(500, "community_centre")], floor_area_m2=[900.0])
    ledger = judge(place, rules_of("js13-area-per-100hh", "ks-area-registered", "ks-funding", "ks-funding-registered"))
    first = ledger.frame.xs("c0", level="unit_id")
    assert set(first["verdict"]) == {"undetermined"}
    assert first["lacks"].tolist() == ["households", "households_registered", "households", "households_registered"]
    assert row(ledger, "ks-funding-registered", "c1")["lacks"] == "households_registered"


@pytest.mark.parametrize(("area", "verdict"), [(799.9, "shown"), (800, "pass"), (np.nan, "undetermined")])
def test_what_is_only_preferred_never_fails(area, verdict):
    rules = rules_of("embed-800")
    rate = RULE | {"measure": "compliance_rate", "services": None, "minutes": None, "of": ["p"], "level": "city"}
    preferred = RULE | {"id": "p", "measure": "floor_area", "unit": "m2", "services": ["community_centre"],
                        "minutes": None, "at_least": 800, "status": "preferred"}  # fmt: skip
    place = ground(communities(households=[1]), [(500, "community_centre")], floor_area_m2=[area])
    mine = parse_book(book_toml(preferred, rate), file="mine.toml").rules
    ledger = judge(place, [*rules, *mine])
    assert row(ledger, "embed-800")["verdict"] == row(ledger, "p")["verdict"] == verdict
    # A share of those that have what is preferred counts the others as such.
    assert row(ledger, "a", "city", "city")["verdict"] == {"shown": "fail"}.get(verdict, verdict)


@pytest.mark.parametrize(
    ("functions", "three", "two"),
    [
        ("养老服务；社区托育；快递", "pass", "pass"),
        ("养老服务；快递；家政", "pass", "fail"),
        ("养老服务；社区托育", "fail", "pass"),
        ("养老服务；养老服务；养老服务", "fail", "fail"),
        ("", "undetermined", "undetermined"),
    ],
)
def test_an_embedded_complex_has_three_functions_and_two_of_four(functions, three, two):
    lists = {"embedded-core": ("养老服务", "社区托育", "儿童托管", "社区助餐")}
    place = ground(communities(functions=[functions]), checklists=lists)
    ledger = judge(place, rules_of("embed-3-functions", "embed-2-of-4"))
    assert ledger.frame["verdict"].tolist() == [three, two]


@pytest.mark.parametrize(("apart", "found"), [(300.0, 100), (300.2, 0)])
def test_a_distance_ends_where_it_ends(apart, found):
    rule = RULE | {"measure": "people_within_distance", "minutes": None, "metres": 300}
    place = ground(communities(households=[1]), [(500 + apart, "clinic")])
    assert row(judge(place, parse_book(book_toml(rule), file="mine.toml").rules), "a")["observed"] == found


@pytest.mark.parametrize("word", ["1", "1.0", "true", "TRUE", "yes", "是", " 是 "])
def test_words_for_standardised(word):
    place = ground(communities(households=[1]), [(500, "day_care")], standardised=[word], site_kind_key=["home_care"])
    assert verdicts(place, "js-homecare-there", 1) == ["pass"]


# -- deliveries -----------------------------------------------------------------------------------


def test_walking_or_delivery():
    # 15 minutes are 900 m, the kitchen at 500 m delivers 1,000 m: homes at 500, 1,500 and 2,500 m.
    places = communities(households=[1, 1, 1])
    place = ground(places, [(500, "meal_point")], delivery_radius_m=[1000.0])
    assert observed(place, "js-meal-elders", 3) == [100, 0, 0]
    assert observed(place, "js-meal-delivery", 3) == [100, 100, 0]


def far(place, *rows):
    """The ground with the homes of some rows far from every street."""
    return replace(place, demand=far_from_streets(place.demand, rows))


def test_of_homes_far_from_every_street_nothing_is_known():
    # Homes at 500, 1,500 and 2,500 m, the clinic at 500: 15 minutes are 900 m. Of three 33 % are in reach, of the two
    # that stand on a street 50 %.
    rule = RULE | {"level": "city"}
    rules = parse_book(book_toml(RULE | {"id": "b"}, rule), file="mine.toml").rules
    place = ground(communities(households=[1, 1, 1]), [(500, "clinic")])
    assert row(judge(place, rules), "a", "city", "city")["observed"] == pytest.approx(100 / 3)
    ledger = judge(far(place, 2), rules)
    assert row(ledger, "a", "city", "city")["observed"] == 50
    assert row(ledger, "b", "c2")[["verdict", "lacks"]].tolist() == ["undetermined", "people"]


def test_who_is_delivered_to_is_served_however_far_the_streets_are():
    places = communities(households=[1, 1, 1])
    place = far(ground(places, [(500, "meal_point")], delivery_radius_m=[1000.0]), 1, 2)
    assert verdicts(place, "js-meal-delivery", 3) == ["pass", "pass", "undetermined"]


def test_of_several_services_each_must_arrive_or_be_in_reach():
    # A kitchen at 500 m delivers 1,000 m, a shop at 2,500 m delivers 1,200 m; 15 min on foot are 900 m. Homes at
    # 500, 1,500 and 2,500 m: only the middle one has both. The first has meals alone, the last the shop alone.
    rule = RULE | {"measure": "people_in_reach_or_delivery", "services": ["meal_point", "shop"]}
    rules = parse_book(book_toml(rule), file="mine.toml").rules
    places = communities(households=[1, 1, 1])
    place = ground(places, [(500, "meal_point"), (2500, "shop")], delivery_radius_m=[1000.0, 1200.0])
    ledger = judge(place, rules)
    assert [row(ledger, "a", f"c{k}")["observed"] for k in range(3)] == [0, 100, 0]
    # Far from every street only the middle one is known to be served: of the others nobody knows about the second.
    ledger = judge(far(place, 0, 1, 2), rules)
    assert [row(ledger, "a", f"c{k}")["verdict"] for k in range(3)] == ["undetermined", "pass", "undetermined"]


def test_nobody_says_who_delivers():
    place = ground(communities(households=[1, 1]), [(500, "meal_point")])
    ledger = judge(place, rules_of("js-meal-delivery", "js-meal-delivery-city"))
    assert row(ledger, "js-meal-delivery", "c0")[["observed", "verdict"]].tolist() == [100, "pass"]
    assert row(ledger, "js-meal-delivery", "c1")[["verdict", "lacks"]].tolist() == [
        "undetermined",
        "facilities.delivery_radius_m",
    ]
    assert row(ledger, "js-meal-delivery-city", "city", "city")["verdict"] == "undetermined"


# -- residential land -----------------------------------------------------------------------------


def test_land_is_asked_along_the_streets():
    # A band of 1,000 x 100 m along the street: |x - 500| + |y| <= 300 covers 2 x (300 x 100 - 50 x 50) = 55,000 of its
    # 100,000 m2. A circle laid over it would cover 59.8 %.
    rule = RULE | {"measure": "residential_land_within_distance", "minutes": None, "metres": 300}
    book = parse_book(book_toml(rule, rule | {"id": "b", "level": "city"}), file="mine.toml")
    band = [shapely.box(0, -50, 1000, 50)]
    ledger = judge(ground(communities(households=[1, 1]), [(500, "clinic")], land=band), book.rules)
    assert row(ledger, "a")["observed"] == pytest.approx(55, abs=1.5)
    assert row(ledger, "a", "c1")[["verdict", "lacks"]].tolist() == ["undetermined", "residential"]
    assert row(ledger, "b", "city", "city")["observed"] == row(ledger, "a")["observed"]
    assert row(ledger, "b", "city", "city")["lacks"] == ""


def test_land_across_the_water_is_far():
    # The clinic stands 200 m away as the crow flies, and 900 + 200 + 900 m along the streets and more.
    around = network([(0, 0), (900, 0), (900, 200), (0, 200)], [(0, 1), (1, 2), (2, 3)])
    far, near = [shapely.box(0, -20, 80, 20)], [shapely.box(0, 180, 80, 220)]
    rules = rules_of("gb50180-circle-15")
    found = []
    for land in (far, near):
        place = ground(communities(households=[1]), [(0, "clinic")], streets=around, land=land)
        there = replace(snap(around, points([(0, 200)])), ids=place.facilities.ids)
        place = replace(place, facilities=replace(place.facilities, positions=there))
        found.append(row(judge(place, rules), "gb50180-circle-15")["observed"])
    assert found == [0, 100]


def test_land_far_from_every_street_does_not_count():
    # Of two equal pieces one lies 300 m from the street, and nobody is led farther than 100 m to it.
    land = [shapely.box(0, -50, 1000, 50), shapely.box(0, 300, 1000, 400)]
    rule = RULE | {"measure": "residential_land_within_distance", "minutes": None, "metres": 2000}
    place = ground(communities(households=[1]), [(500, "clinic")], land=land)
    place = replace(place, residential=replace(place.residential, max_snap_m=100.0))
    assert row(judge(place, parse_book(book_toml(rule), file="mine.toml").rules), "a")["observed"] == 100


def test_without_land_nothing_is_said():
    ledger = judge(ground(communities(households=[1]), [(500, "clinic")]), rules_of("td1063-clinic"))
    assert row(ledger, "td1063-clinic")[["verdict", "lacks"]].tolist() == ["undetermined", "residential"]


# -- load -----------------------------------------------------------------------------------------


def test_the_load_of_the_nearest_centre_ends_at_no_border():
    # Homes at 500, 1,500, ... 4,500 m with 1,000 people each; centres at 500 and 4,500 m. The middle one is as far
    # from both and goes to the first.
    places = communities(households=[1] * 5)
    ledger = judge(
        ground(places, [(500, "community_centre"), (4500, "community_centre")]), rules_of("case-circle-load")
    )
    found = [row(ledger, "case-circle-load", f"c{k}")[["observed", "facility_id"]].tolist() for k in range(5)]
    assert found == [[3000, "f0"]] * 3 + [[2000, "f1"]] * 2


def test_of_two_centres_equally_near_the_first_id_has_the_load():
    place = ground(communities(households=[1]), [(400, "community_centre"), (600, "community_centre")])
    turned = place.facilities.frame.set_axis(pd.Index(["f1", "f0"], name="facility_id"), axis=0)
    renamed = replace(place.facilities.facilities, frame=turned)
    positions = replace(place.facilities.positions, ids=turned.index)
    place = replace(place, facilities=PlacedFacilities(facilities=renamed, positions=positions))
    assert row(judge(place, rules_of("case-circle-load")), "case-circle-load")["facility_id"] == "f0"


def test_a_community_goes_to_the_centre_that_most_of_its_people_are_nearest_to():
    # One community, homes at 100, 200 and 900 m with 10, 10 and 50 people; centres at 0 and 1,000 m.
    place = ground(communities(households=[1]), [(0, "community_centre"), (1000, "community_centre")])
    homes = points([(100, 0), (200, 0), (900, 0)])
    homes["community_id"], homes["method"] = "c0", "street"
    homes["population"], homes["pop_60plus"] = [10.0, 10.0, 50.0], [1.0, 1.0, 1.0]
    place = type(place).of(
        place.communities, place.facilities, place_demand(place.graph.network, DemandPoints(frame=homes)),
        graph=place.graph,
    )  # fmt: skip
    found = row(judge(place, rules_of("case-circle-load")), "case-circle-load")
    assert found[["observed", "facility_id"]].tolist() == [50, "f1"]


def test_no_centre_has_no_load():
    place = ground(communities(households=[1]), listed=["community_centre"])
    ledger = judge(place, rules_of("case-circle-load", "js13-centre-there"))
    assert row(ledger, "case-circle-load")[["verdict", "lacks"]].tolist() == ["undetermined", "facilities in reach"]
    assert row(ledger, "js13-centre-there")["verdict"] == "fail"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 300)), min_size=1, max_size=5), st.integers(0, 300))
def test_the_nearest_site_is_the_one_whose_minutes_are_least(sites, home):
    streets = grid(4, 4)
    graph = walk_graph(streets, BY["flat"])
    here = snap(streets, points([(home, 100), (0, home), (300, home)]))
    there = snap(streets, points([(x, 100 * y) for y, x in sites]))
    each = np.stack([nearest_cost(graph, here, there.take(np.array([k]))) for k in range(len(sites))])
    assert nearest_sites(graph, here, there).tolist() == each.argmin(axis=0).tolist()


# -- what is asked again --------------------------------------------------------------------------


def test_what_was_asked_before_is_told_of_the_same_places_only():
    land = [shapely.box(0, -50, 1000, 50)]
    place = ground(communities(households=[1, 1]), [(300, "clinic"), (900, "clinic"), (1400, "clinic")], land=land)
    place = replace(place, graph=walk_graph(place.graph.network, replace(BY["flat"], speed_mps=0.5)))
    moved = ground(communities(households=[1, 1]), [(100, "clinic"), (900, "clinic"), (1400, "clinic")]).facilities
    starts = {False: place.demand.positions, True: place.land[1]}
    asked = [(which, metres, land) for which in range(1, 8) for metres in (False, True) for land in (False, True)]
    assert place.nearest_cost(np.array([False, True, False])).tolist() == [800_000, 1_200_000]
    for now in (place, place.served_by(moved), place.served_by(place.facilities)):
        for which, metres, land in asked * 2:
            sites = (which >> np.arange(3)) & 1 == 1
            graph = now.paces if metres else now.graph
            expected = nearest_cost(graph, starts[land], now.facilities.positions.take(sites))
            assert now.nearest_cost(sites, metres=metres, land=land).tolist() == expected.tolist()
    with pytest.raises(ValueError, match="read-only"):
        place.nearest_cost(sites)[0] = 0


# -- functions ------------------------------------------------------------------------------------


def test_functions_against_a_checklist():
    places = communities(functions=["就业创业；社会 救助、金融", "社会救助", "", None])
    place = ground(places, checklists={"urban-6-plus-x": ("就业创业", "社会救助")})
    assert observed(place, "js-functions", 2) == [100, 50]
    assert verdicts(place, "js-functions", 4) == ["pass", "fail", "undetermined", "undetermined"]
    assert row(judge(place, rules_of("js-functions")), "js-functions", "c2")["lacks"] == "functions"


def test_an_empty_checklist_asks_to_be_filled():
    place = ground(communities(functions=["就业创业"]), checklists={"urban-6-plus-x": ()})
    ledger = judge(place, rules_of("js-functions"))
    assert row(ledger, "js-functions")[["verdict", "lacks"]].tolist() == ["undetermined", "checklist: urban-6-plus-x"]


# -- hours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "verdict", "figure", "lacks"),
    [
        (["11:00-13:00"], "pass", 100, ""),
        (["17:00-19:00"], "fail", 0, ""),
        ([""], "undetermined", None, "facilities.opening_hours"),
        (["", "11:00-13:00"], "pass", 100, ""),  # whatever the other one does
        (["17:00-19:00", ""], "undetermined", None, "facilities.opening_hours"),
    ],
)
def test_open_at_noon(hours, verdict, figure, lacks):
    sites = [(500, "meal_point"), (600, "meal_point")][: len(hours)]
    ledger = judge(ground(communities(households=[1]), sites, opening_hours=hours), rules_of("default-meal-noon"))
    found = row(ledger, "default-meal-noon")
    assert (found["verdict"], found["lacks"]) == (verdict, lacks)
    assert np.isnan(found["observed"]) if figure is None else found["observed"] == figure


# -- tiers that nobody states ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("near_tier", "far_tier", "verdict", "lacks"),
    [
        ("", "community", "undetermined", "facilities.tier"),  # the near one may be a station
        ("subdistrict", "", "fail", ""),  # the far one is too far, whatever it is
        ("community", "", "pass", ""),
    ],
)
def test_a_facility_may_be_of_the_tier_that_it_does_not_state(near_tier, far_tier, verdict, lacks):
    place = ground(communities(households=[1]), [(500, "clinic"), (900, "clinic")], tier_key=[near_tier, far_tier])
    found = row(judge(place, rules_of("gb50180-clinic-station")), "gb50180-clinic-station")
    assert (found["verdict"], found["lacks"]) == (verdict, lacks)


def test_a_verdict_that_stands_says_what_would_sharpen_its_figure():
    # A clinic at 1,000 m of unstated tier is within 900 m of two of three homes: each of the two may pass, the city
    # reaches 67 % at most and fails.
    rule = RULE | {"tiers": ["community"]}
    book = parse_book(book_toml(rule, rule | {"id": "b", "level": "city"}), file="mine.toml")
    ledger = judge(ground(communities(households=[1, 1, 1]), [(1000, "clinic")], tier_key=[""]), book.rules)
    assert row(ledger, "a", "c0")[["verdict", "lacks"]].tolist() == ["undetermined", "facilities.tier"]
    assert row(ledger, "a", "c2")[["verdict", "lacks"]].tolist() == ["fail", ""]
    city = row(ledger, "b", "city", "city")
    assert city[["verdict", "lacks"]].tolist() == ["fail", "facilities.tier"]
    assert np.isnan(city["observed"])  # between 0 and 67 %: a bound is no value
    assert city[["observed_low", "observed_high"]].tolist() == pytest.approx([0, 200 / 3])
    bounds = [row(ledger, "a", unit)[["observed_low", "observed_high"]].tolist() for unit in ("c0", "c2")]
    assert bounds[0] == [0, 100]
    assert np.isnan(bounds[1]).all()  # all is known of it: nobody gets there in either case


def test_a_floor_area_that_complies_whatever_the_other_one_is_has_no_upper_bound():
    """500 m2 and a centre of unstated tier, whose area is not known: 500 or more."""
    rule = RULE | {"measure": "floor_area", "services": ["community_centre"], "minutes": None, "unit": "m2",
                   "at_least": 400, "tiers": ["community"]}  # fmt: skip
    sites = [(500, "community_centre"), (600, "community_centre")]
    place = ground(communities(households=[1]), sites, tier_key=["community", ""], floor_area_m2=[350, np.nan])
    found = row(judge(place, parse_book(book_toml(rule), file="mine.toml").rules), "a")
    assert found[["verdict", "lacks"]].tolist() == ["undetermined", "facilities.tier"]
    assert found["observed_low"] == 350
    assert np.isnan(found[["observed", "observed_high"]].astype(float)).all()


def test_between_two_bounds_a_range_may_be_met():
    # At 1,000 m a clinic of unstated tier: the city reaches 0 % without it and 67 % with it, 20 to 50 % are asked for.
    rule = RULE | {"tiers": ["community"], "level": "city", "at_least": None, "between": [20, 50]}
    place = ground(communities(households=[1, 1, 1]), [(1000, "clinic")], tier_key=[""])
    assert row(judge(place, parse_book(book_toml(rule), file="mine.toml").rules), "a", "city", "city")["verdict"] == (
        "undetermined"
    )


def test_a_station_of_unknown_tier_and_size_may_be_large_enough():
    rule = RULE | {"measure": "floor_area", "tiers": ["community"], "minutes": None, "unit": "m2", "at_least": 800}
    sites = [(400, "clinic"), (600, "clinic")]
    place = ground(communities(households=[1]), sites, tier_key=["community", ""], floor_area_m2=[500, np.nan])
    assert row(judge(place, parse_book(book_toml(rule), file="mine.toml").rules), "a")["verdict"] == "undetermined"


# -- capacities ------------------------------------------------------------------------------------

SEATS = RULE | {"measure": "facility_capacity", "unit": "places", "minutes": None, "services": ["meal_point"]}
PER_1000 = SEATS | {"id": "b", "measure": "capacity_per_1000_elders", "unit": "places/1000"}


def seated(capacity, *, at_least, first="meal_point"):
    """Meal points at 400 m and 600 m in the first community, at 1,500 m in the second."""
    places = communities(pop_60plus=[500, 500])
    sites = [(400, first), (600, "meal_point"), (1500, "meal_point")]
    rules = [SEATS | {"at_least": at_least}, PER_1000 | {"at_least": at_least, "level": "city"}]
    return judge(ground(places, sites, capacity=capacity), parse_book(book_toml(*rules), file="mine.toml").rules)


@pytest.mark.parametrize(("bound", "verdict"), [(39, "pass"), (40, "pass"), (41, "fail")])
def test_the_largest_capacity_counts(bound, verdict):
    found = row(seated([40, 30, 20], at_least=bound), "a")
    assert found[["observed", "verdict", "facility_id"]].tolist() == [40, verdict, "f0"]
    # 90 places for 1,000 people of the city.
    whole = row(seated([40, 30, 20], at_least=bound), "b", "city", "city")
    assert whole[["observed", "verdict"]].tolist() == [90, "pass"]


def test_a_capacity_that_nobody_tells_may_be_any():
    ledger = seated([40, np.nan, 20], at_least=50)
    assert row(ledger, "a")[["verdict", "lacks", "observed_low"]].tolist() == [
        "undetermined",
        "facilities.capacity",
        40,
    ]
    assert row(ledger, "a", "c1")[["verdict", "observed"]].tolist() == ["fail", 20]
    # 60 places that are known are enough for 50 per 1,000.
    whole = row(ledger, "b", "city", "city")
    assert whole[["verdict", "observed_low", "lacks"]].tolist() == ["pass", 60, "facilities.capacity"]


def test_capacity_is_that_of_the_service_and_no_total_is_shared_out():
    # The first offers day care too, so nobody knows how many of its 40 places are for meals.
    ledger = seated([40, 30, 20], at_least=10, first="meal_point day_care")
    assert row(ledger, "a")[["verdict", "observed_low", "lacks"]].tolist() == ["pass", 30, "facilities.capacity"]


# -- shared centres -------------------------------------------------------------------------------


def test_a_shared_centre_belongs_to_those_that_its_list_names():
    places = communities(households=[100, 300, 50], subdistrict=["甲"] * 3)
    sites = [(500, "community_centre")]
    shared = ground(places, sites, floor_area_m2=[120], community=["社区0；社区1"])
    assert observed(shared, "js13-centre-there", 3) == [1, 1, 0]
    # 120 m2 among 400 households: 30 m2 per 100 for each of the two.
    assert observed(shared, "js13-area-per-100hh", 3) == [30, 30, 0]
    assert observed(ground(places, sites, floor_area_m2=[120]), "js13-area-per-100hh", 3) == [120, 0, 0]
    rule = RULE | {"measure": "area_per_100_households", "services": ["community_centre"], "minutes": None}
    rule |= {"unit": "m2/100hh", "at_least": 30, "level": "city"}
    count = rule | {"id": "n", "measure": "facility_count", "unit": "sites", "at_least": 1, "level": "subdistrict"}
    ledger = judge(shared, parse_book(book_toml(rule, count), file="mine.toml").rules)
    assert row(ledger, "a", "city", "city")["observed"] == pytest.approx(100 * 120 / 450)
    assert row(ledger, "n", "甲", "subdistrict")["observed"] == 1


def test_a_name_that_two_communities_have_tells_nothing():
    # The list names 新村, as both are called: the centre belongs to the one that it stands in.
    for at, counts in ((500, [1, 0]), (1500, [0, 1])):
        place = ground(communities(name=["新村", "新村"]), [(at, "community_centre")], community=["新村"])
        assert observed(place, "js13-centre-there", 2) == counts


def test_a_centre_on_the_border_belongs_to_the_first_id():
    assert observed(ground(communities(households=[1, 1]), [(1000, "community_centre")]), "js13-centre-there", 2) == [
        1,
        0,
    ]


def test_of_centres_equally_large_the_first_id_is_told():
    sites = [(400, "community_centre"), (500, "community_centre"), (600, "community_centre")]
    place = ground(communities(households=[1]), sites, floor_area_m2=[300, 500, 500])
    assert row(judge(place, rules_of("js13-centre-400")), "js13-centre-400")["facility_id"] == "f1"


# -- input as it comes ----------------------------------------------------------------------------


def test_communities_that_say_little_leave_clauses_open_and_fail_nothing():
    # No households, no subdistrict, no type; no list of any service.
    places = communities(population=[1000.0, 0.0])
    ledger = judge(ground(places), all_rules(norm_books().values()))
    told = ledger.frame["verdict"].isin(["pass", "fail"])
    # That they are not too large is all that 1,000 people and none can say.
    sizes = {rule.clause_id for rule in ledger.rules if rule.measure == "community_people"}
    assert set(ledger.frame[told].index.get_level_values("clause_id")) == sizes
    assert set(ledger.frame[told]["verdict"]) == {"pass"}
    assert (ledger.frame[~told]["lacks"] != "").all()
    assert "subdistrict" not in set(ledger.frame.index.get_level_values("level"))


@pytest.mark.parametrize(("measure", "unit"), [("people_in_reach", "%"), ("people_per_facility", "people")])
def test_an_age_group_without_a_column_is_undetermined(measure, unit):
    minutes = 15 if measure == "people_in_reach" else None
    rule = RULE | {"measure": measure, "unit": unit, "minutes": minutes, "people": "pop_80plus"}
    book = parse_book(book_toml(rule), file="mine.toml")
    without = ground(communities(households=[1]), [(500, "clinic")])
    assert row(judge(without, book.rules), "a")[["verdict", "lacks"]].tolist() == ["undetermined", "pop_80plus"]
    there = ground(communities(pop_80plus=[50.0]), [(500, "clinic")])
    assert row(judge(there, book.rules), "a")["observed"] == (100 if unit == "%" else 50)


def test_nobody_lives_there():
    places = communities(population=[0.0, 1000.0], pop_60plus=[0.0, 100.0])
    ledger = judge(ground(places, [(500, "clinic")]), rules_of("js-circle-medical"))
    assert row(ledger, "js-circle-medical")[["verdict", "lacks"]].tolist() == ["undetermined", "people"]


@pytest.mark.parametrize(("at", "verdict", "rate"), [(500, "pass", 100), (7900, "fail", 0)])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_all_covered_and_none_covered_in_few_communities(at, verdict, rate, count):
    rule = RULE | {"minutes": 120 if verdict == "pass" else 1}
    share = RULE | {"id": "r", "measure": "compliance_rate", "services": None, "minutes": None, "of": ["a"]}
    book = parse_book(book_toml(rule, share | {"level": "city"}), file="mine.toml")
    ledger = judge(ground(communities(households=[1] * count), [(at, "clinic")]), book.rules)
    assert ledger.frame["verdict"].tolist() == [verdict] * (count + 1)
    assert row(ledger, "r", "city", "city")["observed"] == rate


def test_a_rate_of_a_rule_that_is_not_there_is_refused_with_words():
    with pytest.raises(NormError, match=r"'js13-one-stop', which is in none of the chosen books; it stands in"):
        judge(ground(communities(households=[1])), rules_of("js13-one-stop-rate-urban"))


def test_the_order_of_rows_changes_nothing():
    places = communities(
        households=[100, 300, 70], workers=[1, 2, 3], subdistrict=["乙", "甲", "乙"], population=[10.1, 20.2, 30.3]
    )
    sites = [(500, "community_centre clinic"), (600, "community_centre"), (2500, "clinic day_care")]
    place = ground(places, sites, floor_area_m2=[100.1, 100.1, 300.3])
    rules = all_rules(norm_books().values())
    turned = Communities(frame=places.frame.iloc[::-1], origin=places.origin)
    back = np.arange(len(sites))[::-1]
    facilities = replace(place.facilities.facilities, frame=gpd.GeoDataFrame(place.facilities.frame.iloc[back]))
    other = type(place).of(turned, place.facilities.of(facilities), place.demand, graph=place.graph)
    pd.testing.assert_frame_equal(judge(place, rules).frame, judge(other, rules).frame, check_exact=True)


def test_whom_the_map_cuts_off_no_clause_counts_against():
    # The second home stands on 200 m of street that nothing joins, 900 m from the others: a missing way, or a missing
    # centre? The map cannot tell. Of one 2.5 km down the street it can.
    streets = network([(0, 0), (1000, 0), (1000, -4000), (1900, 0), (2100, 0)], [(0, 1), (1, 2), (3, 4)])
    places = communities(population=[1000.0, 1000.0])
    place = ground(places, [(500, "community_centre")], streets=streets)
    moved = place.demand.points.frame.copy()
    moved.loc[moved.index[1], "geometry"] = shapely.Point(X0 + 2000, Y0)
    adrift = replace(place, demand=place_demand(streets, DemandPoints(frame=moved)))
    assert adrift.demand.positions.status.tolist() == [Positions.OK, Positions.ISLAND]
    assert verdicts(adrift, "case-circle-15min", 2) == ["pass", "undetermined"]
    moved.loc[moved.index[1], "geometry"] = shapely.Point(X0 + 1000, Y0 - 2500)
    known = replace(place, demand=place_demand(streets, DemandPoints(frame=moved)))
    assert verdicts(known, "case-circle-15min", 2) == ["pass", "fail"]


# -- people that nobody knows ---------------------------------------------------------------------------


def unknown_second(*rules, sites=((500, "clinic"),), **columns):
    """Two communities, of the second nobody knows the people; what a book's rules say of them."""
    places = communities(population=[1000.0, np.nan], pop_60plus=[200.0, np.nan], households=[300, 300])
    return judge(
        ground(places, sites, **columns),
        parse_book(book_toml(*(RULE | rule for rule in rules)), file="mine.toml").rules,
    )


@pytest.mark.parametrize("people", ["population", "pop_60plus"])
@pytest.mark.parametrize("measure", ["people_in_reach", "services_in_reach"])
def test_shares_of_unknown_people_are_undetermined_and_so_are_those_of_the_city(measure, people):
    rule = {"measure": measure, "people": people}
    ledger = unknown_second(rule, rule | {"id": "city", "level": "city"})
    assert row(ledger, "a", "c0")["verdict"] == "pass"
    for clause, unit, level in (("a", "c1", "community"), ("city", "city", "city")):
        assert row(ledger, clause, unit, level)[["verdict", "lacks"]].tolist() == ["undetermined", people]


def test_counts_of_facilities_need_no_people():
    count = {"measure": "facility_count", "minutes": None, "unit": "sites", "at_least": 1}
    ledger = unknown_second(count, sites=((500, "clinic"), (1500, "clinic")))
    assert row(ledger, "a", "c1")[["verdict", "observed"]].tolist() == ["pass", 1]


@pytest.mark.parametrize(
    ("at_most", "verdict", "lacks"), [(900, "fail", "population"), (1500, "undetermined", "population")]
)
def test_a_load_with_unknown_people_is_at_least_that_of_the_others(at_most, verdict, lacks):
    """Both communities are nearest to one clinic: 1,000 people and those of the second, however many."""
    load = {"measure": "people_per_facility", "minutes": None, "unit": "people", "at_least": None, "at_most": at_most}
    ledger = unknown_second(load | {"people": "population"})
    assert row(ledger, "a", "c0")[["verdict", "lacks"]].tolist() == [verdict, lacks]
    assert np.isnan(row(ledger, "a", "c0")["observed"])  # a bound is no value
    assert row(ledger, "a", "c1")[["verdict", "lacks"]].tolist() == ["undetermined", "population"]


def test_a_load_without_unknown_people_is_known():
    load = {"measure": "people_per_facility", "minutes": None, "unit": "people", "at_least": None, "at_most": 1500}
    ledger = unknown_second(load, sites=((500, "clinic"), (1500, "clinic")))
    assert row(ledger, "a", "c0")[["verdict", "observed"]].tolist() == ["pass", 1000]


def test_a_clause_for_communities_of_a_size_may_speak_of_one_of_unknown_size():
    floor = {"measure": "floor_area", "minutes": None, "unit": "m2", "at_least": 100}
    sites = ((500, "clinic"), (1500, "clinic"))
    large, small = {"people_from": 500}, {"id": "small", "people_below": 500}
    ledger = unknown_second(floor | large, floor | small, sites=sites, floor_area_m2=[150.0, 150.0])
    assert row(ledger, "a", "c0")["verdict"] == "pass"
    for clause in ("a", "small"):
        assert row(ledger, clause, "c1")[["verdict", "lacks"]].tolist() == ["undetermined", "population"]
    assert ("community", "c0", "small") not in ledger.frame.index


@pytest.mark.parametrize("column", ["population", "pop_60plus", "pop_80plus"])
def test_what_to_supply_names_the_ways_and_never_zero(column):
    for language in ("zh", "en"):
        told = lacks_words(column, language)
        assert all(way in told for way in (column, "[communities.people]", "[population]", "share"))
        assert not any(word in told for word in ("填0", "zero", " 0"))
