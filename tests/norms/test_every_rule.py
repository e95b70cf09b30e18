"""Every rule of every book at, just below and just above its threshold, and with each column that it asks for missing.

One town for each measure, made so that its figure can be read off the recipe; what the verdict must be is said by the
bounds of the rule's text alone (:func:`expected`).
"""

from __future__ import annotations

import math
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.array import from_shapely

from circle15.catalog.norm_books import all_checklists, all_rules, measures, norm_books
from circle15.model import Communities, DemandPoints, Facilities
from circle15.network.graph import walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.norms.ground import Ground, ResidentialLand
from circle15.norms.ledger import judge
from tests.towns.lattice import BY, CRS, X0, Y0, network, points
from tests.towns.norm_fixture import MADE

RULES = {rule.clause_id: rule for rule in all_rules(norm_books().values())}
CHECKLISTS = {
    name: tuple(word or f"空{slot}" for slot, word in enumerate(words))
    for name, words in all_checklists(norm_books().values()).items()
}
STREET = network([(0, 0), (100_000, 0)], [(0, 1)])
WALKED = walk_graph(STREET, BY["flat"])
NEAR, FAR = 500.0, 7500.0
"""Where facilities and the people whom they reach are, and those whom they do not: 7 km are more than any cut-off."""
TWENTY = 20
"""Communities of a town for a rate: 5 % each."""
COLUMNS = {
    "households": 100.0, "households_registered": 100.0, "population_registered": 1000.0, "workers": 1000.0,
    "grids": 10.0, "centre_area_m2": 1000.0,
}  # fmt: skip
PART_OF_1000 = {
    "certified_worker_share": ("workers", "workers_certified"),
    "resident_use_share": ("centre_area_m2", "activity_area_m2"),
    "office_share": ("centre_area_m2", "office_area_m2"),
    "registered_share": ("population", "population_registered"),
    "grid_staffing": ("grids", "grids_staffed"),
    "grid_coverage": ("households", "households_in_grids"),
}
YES = {key for key, measure in measures().items() if measure.unit == "yes"}
"""Measures of what a community has or has not; their column bears their name."""
PLAIN = {key: key for key in YES} | {
    "agents": "agents", "organisations_per_community": "social_organisations", "service_items": "service_items",
    "community_people": "population", "community_households": "households", "people_per_facility": "population",
    "funding_per_100_households": "funding_yuan", "funding_per_100_registered_households": "funding_yuan",
}  # fmt: skip
PER_10000 = {
    "workers_per_10000": "workers", "workers_per_10000_registered": "workers",
    "certified_per_10000": "workers_certified",
}  # fmt: skip
AREAS = {"floor_area", "area_per_100_households", "area_per_100_registered_households", "area_per_community"}
HOURS = {"open_hours_per_day", "open_hours_at_weekend"}
CAPACITIES = {"facility_capacity": 1.0, "capacity_per_1000_elders": 0.2}  # of 200 people aged 60+
REACH = {
    "people_in_reach", "people_in_reach_or_delivery", "people_in_reach_open", "people_within_distance",
    "services_in_reach",
}  # fmt: skip
LAND = {"residential_land_in_reach", "residential_land_within_distance"}
ASK_PEOPLE = {"community_people", "workers_per_10000", "certified_per_10000", "registered_share"}
CLOCK = 1 / 60


def step_of(rule):
    """The smallest difference that the town of a measure can show."""
    if rule.measure in HOURS:
        return CLOCK
    if rule.measure == "compliance_rate":
        return 100 / TWENTY
    if rule.measure == "functions_configured":
        return 100 / len(CHECKLISTS[rule.checklist])
    if rule.measure in LAND:
        return 10.0
    if rule.unit in {"%", "m2", "m2/100hh"} or rule.measure == "households_per_grid":
        return 0.1
    return 1.0


def values_of(rule):
    """At, just below and just above each bound of a rule; a figure within what can be for one that is only shown."""
    bounds = [bound for bound in (rule.at_least, rule.more_than, rule.at_most) if bound is not None]
    most = 100.0 if rule.unit == "%" else 1.0 if rule.measure in YES else math.inf
    step = step_of(rule)
    shown = [most if most < math.inf else 10.0] if not bounds else []
    around = {round(bound + sign * step, 9) for bound in bounds for sign in (-1, 0, 1)}
    return [*shown, *sorted(value for value in around if 0 <= value <= most)]


def expected(rule, value):
    """The verdict by the words of a clause: 不低于 includes its number, 超过 does not; 宜 never fails."""
    if rule.at_least is None and rule.more_than is None and rule.at_most is None:
        return "shown"
    short = (rule.at_least is not None and value < rule.at_least) or (
        rule.more_than is not None and value <= rule.more_than
    )
    complies = not short and (rule.at_most is None or value <= rule.at_most)
    return "pass" if complies else "shown" if rule.status == "preferred" else "fail"


def hours_text(hours):
    minutes = round(hours * 60)
    return f"Mo-Su 08:00-{8 + minutes // 60:02d}:{minutes % 60:02d}"


def town(rule, value, *, without=""):
    """A town whose figure of a rule is a value, lacking a column or the list of a service."""
    if rule.measure == "compliance_rate":
        return rate_town(rule, round(value / 100 * TWENTY), without=without)
    columns = columns_of(rule, value)
    attributes = {"floor_area_m2": 500.0, "opening_hours": "24/7", "delivery_radius_m": 0.0, "standardised": "是"}
    attributes |= {"capacity": 50.0}
    if rule.measure in AREAS:
        attributes["floor_area_m2"] = value
    if rule.measure in CAPACITIES:
        attributes["capacity"] = value * CAPACITIES[rule.measure]
    if rule.measure in HOURS:
        attributes["opening_hours"] = hours_text(value)
    sites = round(value) if rule.measure == "facility_count" else 1
    share = value if rule.measure in REACH | LAND else 100.0
    return built(rule, [columns], [(" ".join(rule.services), 0, attributes)] * sites, share=share, without=without)


def columns_of(rule, value):
    """What the one community of a town says of itself."""
    columns = COLUMNS | {"population": 1000.0 if rule.people_from is None else rule.people_from}
    if rule.measure in PER_10000:
        columns |= dict.fromkeys(("population", "population_registered"), 10_000.0)
    if rule.measure in PLAIN | PER_10000:
        columns[(PLAIN | PER_10000)[rule.measure]] = value
    if rule.measure in PART_OF_1000:
        whole, part = PART_OF_1000[rule.measure]
        columns |= {whole: 1000.0, part: 10 * value}
    if rule.measure in {"households_per_grid", "grids_required"}:
        columns["households"] = value * (rule.households_each or columns["grids"])
    if rule.measure.startswith("functions_"):
        names = CHECKLISTS.get(rule.checklist, tuple(f"功能{k}" for k in range(9)))
        share = rule.unit == "%"
        columns["functions"] = "；".join(
            [*names[: round(value / 100 * len(names) if share else value)], *["别的"] * share]
        )
    return columns


def rate_town(rule, complying, *, without=""):
    """Twenty communities, so many with everything that the clauses of a rate ask for, and the others with nothing."""
    clauses = [RULES[one] for one in rule.of]
    names = [name for clause in clauses for name in CHECKLISTS.get(clause.checklist, ())]
    flags = (*YES, "service_items")
    good = COLUMNS | dict.fromkeys(flags, 1000.0) | {"functions": "；".join([*names, "别的"]), "population": 1000.0}
    bad = COLUMNS | dict.fromkeys(flags, 0.0) | {"functions": "别的", "population": 1000.0}
    offered = " ".join(sorted({service for clause in clauses for service in clause.services}))
    attributes = {"floor_area_m2": 9999.0, "standardised": "是"}
    sites = [(offered, place, attributes) for place in range(complying)] if offered else []
    return built(rule, [good] * complying + [bad] * (TWENTY - complying), sites, share=100.0, without=without)


def built(rule, rows, sites, *, share, without):
    """Communities along one street; a share of the people of each at the facilities, the others 7 km down the road."""
    if without in {"population", "pop_60plus"}:  # of nobody at all no study is made
        rows = [*rows, rows[0] | {"population": 1000.0}]
    keys = [f"c{k}" for k in range(len(rows))]
    columns = {column: [row[column] for row in rows] for column in rows[0]}
    columns["pop_60plus"] = [people / 5 for people in columns["population"]]
    columns |= {"subdistrict": "甲", "name": [f"社区{k}" for k in range(len(rows))]}
    columns["rural"] = "农村" if rule.scope == "rural" else "城市"
    if without in {"population", "pop_60plus"}:
        columns[without][0] = np.nan
    else:
        columns.pop(without, None)
    west = X0 + 10_000 * np.arange(len(rows))
    columns["geometry"] = from_shapely(shapely.box(west, Y0 - 500, west + 10_000, Y0 + 500), crs=CRS)
    places = Communities(frame=gpd.GeoDataFrame(columns, index=pd.Index(keys, name="community_id")), origin=MADE)
    people = tuple((column, tuple(places.frame[column])) for column in places.people)
    facilities = facilities_of(rule, sites, without)
    return Ground.of(
        places, place_facilities(STREET, facilities), homes_of(people, share), graph=WALKED,
        residential=land_of(share) if without != "residential" else None,
        checklists=CHECKLISTS if without != "checklist" else {rule.checklist: ("", "")},
    )  # fmt: skip


@cache
def homes_of(people, share):
    """A home near the facility of each community and one far from it; most towns have the same."""
    count = len(people[0][1])
    at = points([(10_000 * k + x, 0) for k in range(count) for x in (NEAR, FAR)])
    columns = {"community_id": np.repeat([f"c{k}" for k in range(count)], 2), "method": "street"}
    for column, heads in people:
        whole = np.array(heads)
        columns[column] = np.column_stack([whole * share, whole * (100 - share)]).ravel() / 100
    homes = gpd.GeoDataFrame(columns | {"geometry": at.geometry.array}, index=at.index)
    return place_demand(STREET, DemandPoints(frame=homes))


def facilities_of(rule, sites, without):
    at = points([(10_000 * community + NEAR, 0) for _, community, _ in sites], name="facility_id", prefix="f")
    kinds = [one.kinds[0] for one in (rule, *(RULES[key] for key in rule.of)) if one.kinds]
    columns = {
        "name": list(at.index), "services": [tuple(offered.split()) for offered, _, _ in sites],
        "tier_key": rule.tiers[0] if rule.tiers else "city", "site_kind_key": kinds[0] if kinds else "",
    }  # fmt: skip
    for column in ("capacity", "floor_area_m2", "opening_hours", "delivery_radius_m", "standardised"):
        columns[column] = [attributes.get(column) for _, _, attributes in sites]
    lost = {"facilities.tier": "tier_key", "facilities.site_kind": "site_kind_key"}.get(
        without, without.removeprefix("facilities.")
    )
    columns.pop(lost, None)
    frame = gpd.GeoDataFrame(columns | {"geometry": at.geometry.array}, index=at.index)
    listed = {service for one in (rule, *(RULES[key] for key in rule.of)) for service in one.services} - {without}
    if without in {service for offered, _, _ in sites for service in offered.split()}:
        frame = frame.iloc[:0]
    return Facilities(frame=frame, listed=frozenset(listed))


@cache
def land_of(share):
    """Two strips of land, 100 m deep and 50 m long for each tenth, of what is reached and what is not.

    Land is asked at multiples of 50 m: two points for each tenth.
    """
    strips = [
        shapely.box(X0 + x - 225, Y0 - 75, X0 + x - 225 + 5 * part, Y0 + 25)
        for x, part in ((NEAR, share), (FAR, 100 - share))
        if part > 0
    ]
    return ResidentialLand(frame=gpd.GeoDataFrame(geometry=strips, crs=CRS))


def verdict_of(rule, place):
    rules = [*(RULES[key] for key in rule.of), rule]
    unit = {"community": "c0", "subdistrict": "甲", "city": "city"}[rule.level]
    return judge(place, rules).frame.loc[(rule.level, unit, rule.clause_id)]


AROUND = [(key, value) for key, rule in RULES.items() for value in values_of(rule)]


@pytest.mark.parametrize(("key", "value"), AROUND, ids=[f"{key}-{value:g}" for key, value in AROUND])
def test_a_rule_around_its_threshold(key, value):
    rule = RULES[key]
    found = verdict_of(rule, town(rule, value))
    assert found["observed"] == pytest.approx(value, abs=1e-6)
    assert (found["verdict"], found["lacks"]) == (expected(rule, value), "")


def missing_of(rule):
    """What a rule cannot be judged without: columns that its measure asks for, people, tiers, lists of services."""
    clauses = [rule, *(RULES[key] for key in rule.of)]
    for one in clauses:
        yield from measures()[one.measure].asks
        yield from one.services
        yield from (["facilities.tier"] if one.tiers else [])
        yield from (["facilities.standardised"] if one.standardised else [])
        yield from (["checklist"] if one.checklist else [])
        yield from (["population"] if one.measure in ASK_PEOPLE else [])
        if "people" in measures()[one.measure].takes:
            yield one.people


LOST = [(key, what) for key, rule in RULES.items() for what in dict.fromkeys(missing_of(rule))]


@pytest.mark.parametrize(("key", "what"), LOST, ids=[f"{key}-{what}" for key, what in LOST])
def test_a_rule_without_what_it_asks_for_is_undetermined_and_says_so(key, what):
    rule = RULES[key]
    # Who walks there in time is served whoever delivers: only those who do not are in doubt.
    value = values_of(rule)[0 if rule.measure == "people_in_reach_or_delivery" else -1]
    found = verdict_of(rule, town(rule, value, without=what))
    assert found["verdict"] == "undetermined"
    assert what.removeprefix("facilities.") in found["lacks"]


@pytest.mark.parametrize(
    "key", [key for key, rule in RULES.items() if rule.scope != "all" and rule.level == "community"]
)
def test_a_rule_for_town_or_country_says_nothing_of_the_other(key):
    rule = RULES[key]
    place = town(rule, values_of(rule)[0])
    place.communities.frame["rural"] = "城市" if rule.scope == "rural" else "农村"
    assert judge(place, [rule]).frame.empty
