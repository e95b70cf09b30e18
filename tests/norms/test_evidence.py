"""What a verdict rests on: the facility, the walk to it and never to another, its floor area, source and date."""

from __future__ import annotations

import numpy as np
import pytest

from circle15.model.verdicts import Routes
from circle15.norms.evidence import with_evidence
from circle15.norms.ledger import judge
from circle15.routing.routes import routes
from tests.towns.norm_fixture import communities, ground, row, rules_of


def walks(place):
    return routes(place.graph, place.demand, place.facilities)


def judged(place, *clauses):
    return judge(place, rules_of(*clauses), routes=walks(place))


def test_who_can_walk_rests_on_the_nearest_facility_of_the_typical_home():
    # Homes at 500, 1,500 and 2,500 m, clinics at 900 and 7,000 m; one metre a second.
    place = ground(
        communities(households=[1, 1, 1]), [(900, "clinic"), (7000, "clinic")],
        floor_area_m2=[150.0, np.nan], source=["民政局", None], source_date=["2026-01-31", None],
    )  # fmt: skip
    ledger = judged(place, "js-circle-medical")
    for unit, metres in (("c0", 400), ("c1", 600), ("c2", 1600)):
        found = row(ledger, "js-circle-medical", unit)
        assert found["facility_id"] == "f0"
        assert (found["route_m"], found["route_min"]) == (pytest.approx(metres), pytest.approx(metres / 60))
        assert found[["floor_area_m2", "source", "source_date"]].tolist() == [150, "民政局", "2026-01-31"]


def test_a_walk_to_another_facility_is_not_told():
    # The second community shares the centre at 500 m, by its list; the nearest one stands at 900 m.
    place = ground(
        communities(households=[1, 1]), [(500, "community_centre"), (900, "community_centre")],
        community=["社区1", ""], floor_area_m2=[400, 90],
    )  # fmt: skip
    ledger = judged(place, "js13-centre-there", "js13-centre-400", "case-circle-1km")
    for clause in ("js13-centre-there", "js13-centre-400"):
        found = row(ledger, clause, "c1")
        assert (found["verdict"], found["facility_id"], found["floor_area_m2"]) == ("pass", "f0", 400)
        assert np.isnan(found["route_min"])
        assert np.isnan(found["route_m"])
    walked = row(ledger, "case-circle-1km", "c1")
    assert (walked["facility_id"], walked["route_m"], walked["floor_area_m2"]) == ("f1", pytest.approx(600), 90)
    # The first community has the centre at 900 m, and lives at the door of the other one's.
    own = row(ledger, "js13-centre-there", "c0")
    assert own["facility_id"] == "f1"
    assert np.isnan(own["route_m"])


def test_a_facility_that_does_not_count_is_no_evidence():
    place = ground(
        communities(households=[1]), [(500, "clinic"), (900, "clinic")], tier_key=["subdistrict", "community"]
    )
    ledger = judged(place, "gb50180-clinic-station", "gb50180-clinic-centre")
    station, centre = row(ledger, "gb50180-clinic-station"), row(ledger, "gb50180-clinic-centre")
    assert (station["facility_id"], centre["facility_id"]) == ("", "f0")
    assert np.isnan(station["route_min"])
    assert centre["route_min"] == 0


def test_what_is_closed_at_the_moment_is_no_evidence():
    # The meal point at the door opens in the evening; the verdict rests on the one 100 m farther on.
    place = ground(
        communities(households=[1]), [(500, "meal_point"), (600, "meal_point")],
        opening_hours=["17:00-19:00", "11:00-13:00"],
    )  # fmt: skip
    found = row(judged(place, "default-meal-noon"), "default-meal-noon")
    assert (found["verdict"], found["facility_id"]) == ("pass", "")
    assert np.isnan(found["route_min"])
    only = ground(communities(households=[1]), [(600, "meal_point")], opening_hours=["11:00-13:00"])
    found = row(judged(only, "default-meal-noon"), "default-meal-noon")
    assert (found["facility_id"], found["route_m"]) == ("f0", pytest.approx(100))


def test_of_several_services_the_farthest_is_told():
    sites = [(500, "clinic"), (700, "culture"), (1100, "fitness"), (600, "day_care")]
    found = row(judged(ground(communities(households=[1]), sites), "js-circle-four"), "js-circle-four")
    assert (found["facility_id"], found["route_m"]) == ("f2", pytest.approx(600))
    without = row(judged(ground(communities(households=[1]), sites[:3]), "js-circle-four"), "js-circle-four")
    assert (without["facility_id"], without["verdict"]) == ("", "undetermined")


def test_without_routes_there_are_no_walks():
    place = ground(communities(households=[1]), [(900, "clinic community_centre")])
    ledger = judge(place, rules_of("js-circle-medical", "js13-centre-there"))
    assert ledger.frame[["route_min", "route_m"]].isna().all(axis=None)
    assert ledger.frame["facility_id"].tolist() == ["", "f0"]
    again = with_evidence(ledger, place, walks(place))
    assert again.frame["facility_id"].tolist() == ["f0", "f0"]
    assert again.frame["verdict"].equals(ledger.frame["verdict"])
    assert with_evidence(ledger, place, Routes()).frame.equals(ledger.frame)


def test_above_a_community_no_walk_is_told():
    places = communities(households=[1], subdistrict=["甲"])
    ledger = judged(
        ground(places, [(900, "day_care meal_point")], site_kind_key=["day_care_centre"]),
        "js-daycare-per-subdistrict",
        "js-meal-elders-city",
    )
    found = row(ledger, "js-daycare-per-subdistrict", "甲", "subdistrict")
    assert found["facility_id"] == "f0"
    assert ledger.frame["route_min"].isna().all()
