"""A saved scenario fits the city that it was made of; among other inputs its things are looked for again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circle15.errors import InputError
from circle15.model import NodeFlag
from circle15.model.changes import (
    AddFacility,
    AddLink,
    AddPeople,
    CloseFacility,
    CloseStreet,
    LinkEnd,
    MergeCommunities,
    MoveFacility,
    OpenGate,
)
from circle15.model.scenario import Scenario
from circle15.planning.scenario import apply
from circle15.planning.scenario.matching import fitting, located, saved_scenario
from circle15.planning.scenario.spots import point_of
from tests.towns.lattice import X0, Y0, network
from tests.towns.scenarios import STREET, at, street

PLAN = Scenario(
    name="A",
    changes=(
        AddFacility(facility_id="n", name="新站", services=("clinic",), at=at(1500)),
        CloseFacility(facility_id="f0"),
        MoveFacility(facility_id="n", to=at(1600)),
        CloseStreet(street_id=STREET),
        AddLink(start=LinkEnd(street_id=STREET, offset_m=100.0), end=LinkEnd(at=at(500))),
        MergeCommunities(community_ids=("a", "b"), into="ab", name="甲乙"),
        AddPeople(estate_id="e", people={"population": 5.0, "pop_60plus": 1.0}, at=at(900), community_id="ab"),
    ),
)


def renamed(city, moved_m=0.0):
    """The city of other inputs: f0 is called g0 and may stand elsewhere; nodes have other numbers."""
    frame = city.facilities.frame.rename(index={"f0": "g0"})
    place = frame.geometry.copy()
    place["g0"] = at_point(500 + moved_m)
    origin = replace(city.network.origin, date="2027-01-01")
    net = replace(city.network, node_id=city.network.node_id + 10, origin=origin)
    return replace(city, network=net, facilities=replace(city.facilities, frame=frame.set_geometry(place).sort_index()))


def at_point(x):
    return point_of(street(), at(x))


def test_the_same_inputs_take_the_scenario_as_it_is():
    city = street()
    saved = saved_scenario(city, PLAN)
    scenario, moves = fitting(saved, city, file="plan.json")
    assert scenario is saved.scenario
    assert not len(moves)
    assert (saved.city, saved.settings["profile"]) == ("three", "elderly")


def test_what_is_named_by_id_gets_its_place():
    changes = located(street(), PLAN).changes
    here = point_of(street(), changes[1].at)
    assert (here.x, here.y) == pytest.approx((X0 + 500, Y0), abs=0.02)
    assert changes[2].at is None  # it is the scenario's own
    assert point_of(street(), changes[3].at).x == pytest.approx(X0 + 1500, abs=0.02)
    assert point_of(street(), changes[4].start.at).x == pytest.approx(X0 + 100, abs=0.02)
    assert len(changes[5].at) == 2


def test_other_inputs_are_refused_unless_things_are_looked_for_again():
    saved = saved_scenario(street(), PLAN)
    city = renamed(street(), moved_m=30.0)
    with pytest.raises(InputError, match="the data have changed since; with --place-again"):
        fitting(saved, city, file="plan.json")
    scenario, moves = fitting(saved, city, file="plan.json", place_again=True)
    assert moves[["change", "kind", "id_before", "id_after"]].to_numpy().tolist() == [
        [2, "close_facility", "f0", "g0"],
        [4, "close_street", STREET, "street:10-11"],
    ]
    assert moves["moved_m"].tolist() == pytest.approx([30.0, 0.0], abs=0.1)
    new = apply(city, scenario)
    assert new.facilities.frame.loc["g0", "state"] == "closed"
    assert new.network.n_edges == 4


def test_what_stands_nowhere_near_is_lost():
    saved = saved_scenario(street(), PLAN)
    with pytest.raises(InputError, match=r"change 2 \(close_facility\): 'f0' is not there, nor anything within 100 m"):
        fitting(saved, renamed(street(), moved_m=120.0), file="plan.json", place_again=True)


def test_a_scenario_of_another_city_is_refused_whatever_else_fits():
    saved = replace(saved_scenario(street(), PLAN), city="suzhou")
    for again in (False, True):
        with pytest.raises(InputError, match="city = 'suzhou', the scenario of another city than 'three'"):
            fitting(saved, street(), file="plan.json", place_again=again)


def test_a_gate_is_found_again_by_its_place():
    gate = int(NodeFlag.GATE | NodeFlag.BARRED)
    whole = network([(0, 0), (500, 0), (3000, 0)], [(0, 1), (1, 2)], node_flags=[0, gate, 0])
    city = replace(street(), network=whole.parted(np.array([False, True, False])))
    saved = saved_scenario(city, Scenario(name="A", changes=(OpenGate(gate_id="gate:1"),)))
    scenario, moves = fitting(saved, renamed(city), file="plan.json", place_again=True)
    assert scenario.changes[0].gate_id == "gate:11"
    assert moves["id_after"].tolist() == ["gate:11"]
