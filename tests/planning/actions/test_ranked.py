"""The changes that help most, each kind by hand in a small town."""

from __future__ import annotations

from dataclasses import replace

import pytest

from circle15.catalog.action_limits import action_limits
from circle15.model import Actions
from circle15.model.changes import AddFacility, AddLink, AddService, OpenGate, SetCapacity, SetHours
from circle15.planning.actions import ranked_actions
from tests.towns.action_town import studied, town
from tests.towns.banks import banks, canal
from tests.towns.gate_town import compound
from tests.towns.lattice import X0, Y0, network

STREET = network([(0, 0), (1000, 0)], [(0, 1)])


def found(city) -> Actions:
    return studied(city).actions


def rows(actions: Actions, *columns: str) -> list[tuple[object, ...]]:
    return list(actions.frame[list(columns)].itertuples(index=False, name=None))


# -- Facilities ------------------------------------------------------------------------------------
# 300 m in five minutes; every house stands 10 m off its street.


def on_a_street(**options):
    """Clinic at 0, culture at 600 m. The clinic is 110 m from a; culture 110 m from b and 260 from c."""
    homes, elders = {"a": (100, 10), "b": (500, 10), "c": (850, 10)}, {"a": 10, "b": 20, "c": 40}
    sites = {(0, 0): ["clinic"], (600, 0): ["culture"]}
    return town(STREET, homes, elders, sites, **{"listed": ("clinic", "culture"), **options})


def test_a_service_moves_into_the_house_where_most_people_lack_it():
    actions = found(on_a_street())
    # A clinic at 600 m: b and c. Culture at 0: a.
    assert rows(actions, "kind", "target_id", "services", "gain", "step", "added", "same_people") == [
        ("service", "f1", ("clinic",), 60.0, 1, 60.0, ""),
        ("service", "f0", ("culture",), 10.0, 2, 10.0, ""),
    ]
    assert actions.changes["action-1"] == (AddService(facility_id="f1", service="clinic"),)
    assert actions.gains.to_dict() == {
        ("action-1", "b", "clinic"): 20.0, ("action-1", "c", "clinic"): 40.0, ("action-2", "a", "culture"): 10.0,
    }  # fmt: skip
    # Each of the two lacks one service; the street has no crossing.
    assert actions.tried.to_dict() == {"service": 2, "hours": 0, "seats": 0, "gate": 0, "link": 0, "site": 0}


def test_people_are_counted_by_how_many_services_they_lack():
    needs = found(on_a_street(listed=("clinic", "culture", "day_care"))).needs
    # Nobody has day care; beside it a lacks culture, b and c a clinic.
    assert needs.frame[["elders", "lack_1", "lack_2", "lack_3"]].to_numpy().tolist() == [
        [10, 10, 10, 0], [20, 20, 20, 0], [40, 40, 40, 0],
    ]  # fmt: skip
    assert (needs.lacking(1), needs.lacking(3), needs.lacking(9)) == (70, 0, 0)
    assert needs.by_service.to_dict() == {"clinic": 60, "culture": 10, "day_care": 70}


def test_a_service_that_no_list_speaks_of_is_proposed_nowhere():
    assert set(found(on_a_street()).gains.index.get_level_values("service")) == {"clinic", "culture"}


def test_a_court_has_no_room_for_another_service():
    # Fitness alone is a court; with a clinic beside it, it is a house.
    homes, elders = {"a": (100, 10)}, {"a": 10}
    court = town(STREET, homes, elders, {(0, 0): ["fitness"]}, listed=("fitness", "culture"))
    house = town(STREET, homes, elders, {(0, 0): ["fitness", "clinic"]}, listed=("fitness", "clinic", "culture"))
    assert (len(found(court)), rows(found(house), "target_id", "services")) == (0, [("f0", ("culture",))])


@pytest.mark.parametrize(("services", "source", "room"), [
    (["culture"], "OpenStreetMap", False), (["culture"], "民政局", True), (["clinic", "shop"], "OpenStreetMap", False),
    (["community_centre"], "OpenStreetMap", True), (["culture", "community_centre"], "OpenStreetMap", True),
])  # fmt: skip
def test_what_the_map_alone_calls_culture_may_be_a_cinema(services, source, room):
    city = town(STREET, {"a": (100, 10)}, {"a": 10}, {(0, 0): services}, listed=(*services, "day_care"))
    frame = city.facilities.frame.assign(source=source)
    actions = found(replace(city, facilities=replace(city.facilities, frame=frame)))
    assert rows(actions, "target_id", "services") == ([("f0", ("day_care",))] if room else [])


def test_where_nobody_lacks_anything_nothing_is_to_be_done():
    actions = found(town(STREET, {"a": (100, 10)}, {"a": 10}, {(0, 0): ["clinic"]}, listed=("clinic",)))
    assert (len(actions), len(actions.changes), actions.needs.lacking(1)) == (0, 0, 0)
    assert repr(actions) == "<Actions: 0 of 0 candidates>"


def test_where_nobody_is_60_everyone_counts():
    homes, sites = {"a": (100, 10), "b": (500, 10)}, {(0, 0): ["clinic"], (600, 0): ["culture"]}
    actions = found(town(STREET, homes, {"a": 10, "b": 0}, sites, listed=("clinic", "culture")))
    assert rows(actions, "target_id", "gain") == [("f0", 10.0), ("f1", 1.0)]
    assert actions.needs.by_service.to_dict() == {"clinic": 0, "culture": 10}


def crossroads(at: tuple[float, ...] = (500,)):
    """A street with side streets of 50 m at some places."""
    nodes = [(0, 0), *((x, 0) for x in at), (1000, 0), *((x, 50) for x in at)]
    last = len(at) + 1
    street = [(k, k + 1) for k in range(last)]
    return network(nodes, [*street, *((k + 1, last + 1 + k) for k in range(len(at)))])


def test_a_new_site_stands_at_the_crossing():
    homes, elders = {"a": (100, 10), "b": (300, 10), "c": (790, 10), "d": (900, 10)}, {"a": 9, "b": 20, "c": 7, "d": 5}
    actions = found(town(crossroads(), homes, elders, {(0, 0): ["clinic"]}, listed=("clinic",)))
    # From the clinic a 110 m, b 310; from the crossing b 210, c 300 and d 410.
    assert rows(actions, "kind", "target_id", "gain") == [("site", "", 27.0)]
    change = actions.changes["action-1"][0]
    assert isinstance(change, AddFacility)
    assert (change.at.metres, change.services) == ((X0 + 500, Y0), ("clinic",))
    assert actions.frame.geometry.iloc[0].coords[0] == (X0 + 500, Y0)
    assert actions.tried["site"] == 1


def test_of_crossings_that_serve_the_same_people_the_best_is_listed():
    homes = {"a": (300, 10), "b": (550, 10), "c": (705, 10), "d": (120, 10)}

    def gains(c: float, d: float):
        elders = {"a": 10, "b": 10, "c": c, "d": d}
        city = town(crossroads((400, 450)), homes, elders, {(0, 0): ["shop"]})
        return [row for row in rows(found(city), "kind", "services", "gain", "added") if row[1] == ("clinic",)]

    # From 400: a, b and d (280 + 10 m), 28 or less; from 450: a, b and c (255 + 10 m), 30. They share 20.
    best = ("site", ("clinic",), 30.0, 30.0)
    assert gains(c=10, d=8) == [best, ("site", ("clinic",), 28.0, 8.0)]
    assert gains(c=10, d=5) == [best, ("site", ("clinic",), 25.0, 5.0)]  # 80 %
    assert gains(c=10, d=4) == [best]  # 83 %


def test_the_list_ends_after_so_many():
    study = studied(on_a_street())
    limits = replace(action_limits(), count=1)
    actions = ranked_actions(study.graph, study.city, study.demand, study.standing, reach=study.reach, limits=limits)
    assert rows(actions, "target_id", "gain") == [("f1", 60.0)]


def test_a_facility_that_is_closed_may_open_at_the_moment():
    city = on_a_street(hours=["Mo-Fr 08:00-11:00", ""], open_at="11:30")
    actions = found(city)
    # Closed at 11:30, the clinic serves nobody: a lacks it too, and culture, 510 m away.
    assert rows(actions, "kind", "target_id", "services", "gain") == [
        ("service", "f1", ("clinic",), 60.0),
        ("hours", "f0", ("clinic",), 10.0),
    ]
    assert actions.changes["action-2"] == (SetHours(facility_id="f0", hours="Mo-Fr 08:00-11:00, We 11:30-12:30"),)
    assert found(on_a_street(hours=["Mo-Fr 08:00-11:00", ""])).tried["hours"] == 0


@pytest.mark.parametrize(("written", "longer"), [("Mo-Su 08:00-09:00", "Mo-Su 08:00-09:00, We 23:30-24:00")])
def test_hours_end_at_midnight(written, longer):
    actions = found(on_a_street(hours=[written, ""], open_at="23:30"))
    assert [change for (change,) in actions.changes.values() if change.kind == "set_hours"] == [
        SetHours(facility_id="f0", hours=longer)
    ]


# -- Seats -----------------------------------------------------------------------------------------
# One in ten comes on a day, and a seat serves two people.


def canteens(seats: list[float], elders: dict[str, float], **options):
    """Canteens at 0 and at 600 m: a and b reach the first, c and d the second, m at 300 m both."""
    homes = {"a": (100, 10), "b": (150, 10), "m": (300, -1), "c": (500, 10), "d": (550, 10)}
    sites = {(0, 0): ["meal_point"], (600, 0): ["meal_point"]}
    chosen = {key: homes[key] for key in elders}
    return town(STREET, chosen, elders, sites, capacity=seats, **{"listed": ("meal_point",), **options})


def test_seats_more_where_those_in_reach_find_none():
    # 30 come on a day and find 20 seats: 5 units more serve the ten, who stand for a hundred. The other has room.
    actions = found(canteens([10, 10], {"a": 200, "b": 100, "c": 100}))
    assert rows(actions, "kind", "target_id", "services", "units", "gain", "step", "added", "same_people") == [
        ("seats", "f0", ("meal_point",), 5.0, 100.0, 1, 100.0, ""),
    ]
    assert actions.changes["action-1"] == (SetCapacity(facility_id="f0", capacity=15.0, service="meal_point"),)
    assert actions.gains.groupby(level=["action_id", "service"]).sum().to_dict() == {("action-1", "meal_point"): 100.0}
    assert actions.tried["seats"] == 2


def test_a_house_takes_at_most_as_many_seats_again():
    actions = found(canteens([4, 10], {"a": 200, "c": 100}))  # 20 come, 8 find a seat; eight more and no twelve
    assert rows(actions, "target_id", "units", "gain") == [("f0", 4.0, 80.0)]


def test_seats_of_two_houses_serve_those_between_them_once():
    # Each house has 20 seats a day for its own 20; the ten of m find none, and five units in either house serve them.
    actions = found(canteens([10, 10], {"a": 200, "m": 100, "c": 200}))
    assert rows(actions, "kind", "target_id", "units", "gain", "step", "added") == [
        ("seats", "f0", 5.0, 100.0, 1, 100.0),
        ("seats", "f1", 5.0, 100.0, 2, 0.0),
    ]


def test_of_unknown_seats_and_where_nobody_is_turned_away_no_more_are_proposed():
    assert len(found(canteens([float("nan"), 10], {"a": 200, "c": 100}))) == 0
    assert len(found(canteens([0, 10], {"a": 200, "c": 100}))) == 0
    assert len(found(canteens([10, 10], {"a": 200, "c": 200}))) == 0


# -- Streets ---------------------------------------------------------------------------------------


def test_a_gate_that_bars_the_way_to_a_clinic():
    # From the street in the west 10 + 10 m to the way in, 100 to the gate w, 100 on to the clinic: 220 m.
    city = town(compound(), {"a": (-10, 510)}, {"a": 30}, {(200, 500): ["clinic"]}, listed=("clinic",))
    actions = found(city)
    # A new clinic at the corner before the gate would serve the same people.
    assert rows(actions, "kind", "target_id", "gain", "step", "added", "same_people") == [
        ("gate", "gate:6", 30.0, 1, 30.0, ""),
        ("site", "", 30.0, 2, 0.0, "action-1"),
    ]
    assert actions.changes["action-1"] == (OpenGate(gate_id="gate:6"),)
    assert actions.tried["gate"] == 2


@pytest.mark.parametrize("water", [False, True])
def test_a_link_over_the_canal(water):
    # From 100 and from 900 on the south quay 10 + 400 + 120 m over a bridge at 500; round by the west 720 and more.
    homes, elders = {"a": (100, -10), "b": (900, -10)}, {"a": 80, "b": 40}
    city = town(banks(), homes, elders, {(500, 120): ["clinic"]}, listed=("clinic",), cutoff_min=10.0)
    city = replace(city, context={**city.context, **({"water": canal()} if water else {})})
    actions = found(city)
    assert rows(actions, "kind", "target_id", "gain", "step", "added") == [("link", "link-1", 120.0, 1, 120.0)]
    change = actions.changes["action-1"][0]
    assert isinstance(change, AddLink)
    assert change.structure == ("bridge" if water else "")
    ends = [(x - X0, y - Y0) for x, y in actions.frame.geometry.iloc[0].coords]
    assert ends == [(500, 0), (500, 120)]
