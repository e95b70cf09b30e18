"""A scenario is laid over a city without touching it; what cannot be is refused with the change named."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from circle15.errors import InputError, SettingError
from circle15.model import EdgeFlag, NodeFlag
from circle15.model.changes import (
    AddFacility,
    AddLink,
    AddPeople,
    AddService,
    CloseFacility,
    CloseStreet,
    CommunityPart,
    LinkEnd,
    MergeCommunities,
    MoveFacility,
    OpenGate,
    RemoveService,
    SetCapacity,
    SetDeliveryRadius,
    SetHours,
    SetProfile,
    SetSpeed,
    SplitCommunity,
    Spot,
)
from circle15.model.scenario import Scenario
from circle15.network.splitting import split_edge
from circle15.planning.scenario import apply
from tests.towns.lattice import CRS, X0, Y0, network
from tests.towns.scenarios import STREET, at, changed, street

ESTATE = {"population": 50.0, "pop_60plus": 10.0}
CLINIC = AddFacility(facility_id="n", name="新站", services=("clinic",), at=at(1500))
LINK = AddLink(start=LinkEnd(street_id=STREET, offset_m=100.0), end=LinkEnd(at=at(500)))
PARTS = tuple(CommunityPart(community_id=f"a{k}", name=f"甲{k}", at=at(x)) for k, x in ((1, 100), (2, 900)))
SPLIT = SplitCommunity(community_id="a", line=(at(700, -99), at(700, 99)), parts=PARTS)
EVERY = [
    CLINIC,
    CloseFacility(facility_id="f0"),
    MoveFacility(facility_id="f1", to=at(1500)),
    AddService(facility_id="f0", service="shop"),
    RemoveService(facility_id="f0", service="clinic"),
    SetHours(facility_id="f0", hours="08:00-17:00"),
    SetCapacity(facility_id="f0", capacity=30.0),
    SetDeliveryRadius(facility_id="f0", delivery_radius_m=900.0),
    LINK,
    CloseStreet(street_id=STREET),
    SetProfile(profile="frail"),
    SetSpeed(speed_mps=1.2),
    AddPeople(estate_id="e", people=ESTATE, at=at(900), name="新区"),
    MergeCommunities(community_ids=("a", "b"), into="ab", name="甲乙"),
    SPLIT,
]


@pytest.mark.parametrize("change", EVERY, ids=lambda change: change.kind)
def test_a_city_is_not_changed_and_shares_what_is_not_touched(change):
    city = street()
    before = pickle.dumps(city)
    new = changed(change, city=city)
    assert pickle.dumps(city) == before
    assert new.scenario == Scenario(name="A", changes=(change,))
    parts = {"network", "facilities", "communities", "settings"}
    touched = {part for part in parts if getattr(new, part) is not getattr(city, part)}
    kind = change.kind
    expected = (
        {"network"} if kind in {"add_link", "close_street"}
        else {"settings"} if kind in {"set_profile", "set_speed"}
        else {"communities"} if kind in {"add_people", "merge_communities", "split_community"}
        else {"facilities"}
    )  # fmt: skip
    assert touched == expected
    assert new.context is city.context


def test_a_scenario_without_changes_is_the_city_itself_and_undo_leads_back():
    city, plan = street(), Scenario(name="A").with_changes(CLINIC, LINK)
    assert apply(city, Scenario(name="leer")) is city
    assert plan.undone() == Scenario(name="A", changes=(CLINIC,))
    assert apply(city, plan.undone().undone()) is city
    one = apply(city, plan.undone()).facilities.frame
    assert one.equals(apply(city, Scenario(name="A", changes=(CLINIC,))).facilities.frame)
    with pytest.raises(InputError, match="no change that could be undone"):
        plan.undone().undone().undone()


def test_order_matters_only_where_one_change_builds_on_another():
    free = [CLINIC, CloseFacility(facility_id="f1"), LINK, SetSpeed(speed_mps=1.2)]
    one, other = changed(*free), changed(*free[::-1])
    assert one.facilities.frame.equals(other.facilities.frame)
    assert (one.network.length_mm == other.network.length_mm).all()
    assert one.settings == other.settings
    later = changed(CLINIC, MoveFacility(facility_id="n", to=at(2000)))
    assert later.facilities.frame.geometry["n"].x == X0 + 2000
    with pytest.raises(InputError, match=r"change 1 \(move_facility\): there is no facility 'n'"):
        changed(MoveFacility(facility_id="n", to=at(2000)), CLINIC)
    # A street that a link parts is closed by the ends that it had, whatever stands first.
    for changes in ((LINK, CloseStreet(street_id=STREET)), (CloseStreet(street_id=STREET), LINK)):
        assert changed(*changes).network.has(EdgeFlag.CLOSED).tolist() == [True, True, True, False]


def test_a_child_goes_on_from_its_parent():
    parent = Scenario(name="A", changes=(CLINIC,))
    child = parent.child("B", LINK)
    assert (child.parent, child.changes) == ("A", (CLINIC, LINK))
    twice = apply(apply(street(), parent), Scenario(name="B", parent="A", changes=(LINK,)))
    assert twice.scenario == child


# -- Streets -----------------------------------------------------------------------------------------


def test_a_street_is_parted_at_a_spot_and_its_lengths_add_up():
    """0 ---(gate)--- 1 of 3 km, parted 100 m from 0: the gate stays at 1."""
    gated = network([(0, 0), (3000, 0)], [(0, 1)], flags=[int(EdgeFlag.GATE_AT_V | EdgeFlag.SIGNAL_AT_U)])
    parted, node = split_edge(gated, 0, 100_000)
    assert (node, parted.length_mm.tolist()) == (2, [100_000, 2_900_000])
    assert list(zip(parted.u.tolist(), parted.v.tolist(), strict=True)) == [(0, 2), (2, 1)]
    assert (parted.x[2], parted.y[2]) == (X0 + 100, Y0)
    assert [EdgeFlag(int(flags)) for flags in parted.flags] == [EdgeFlag.SIGNAL_AT_U, EdgeFlag.GATE_AT_V]
    assert parted.vertex_start.tolist() == [0, 2, 4]
    assert parted.vertex[:, 0].tolist() == [X0, X0 + 100, X0 + 100, X0 + 3000]
    assert split_edge(gated, 0, 0) == (gated, 0)
    assert split_edge(gated, 0, 3_000_000) == (gated, 1)


def test_a_link_meets_the_streets_where_it_was_drawn():
    net = changed(replace(LINK, stairs=True, name="新桥")).network
    assert net.n_edges == 4  # the street in three parts, and the link
    assert net.length_mm.tolist() == [100_000, 400_000, 2_500_000, 400_000]
    assert (net.u[-1], net.v[-1]) == (2, 3)
    assert net.has(EdgeFlag.STEPS).tolist() == [False, False, False, True]
    assert net.names[net.name[-1]] == "新桥"


def test_a_gate_that_opens_joins_what_it_kept_apart():
    gate = int(NodeFlag.GATE | NodeFlag.BARRED)
    whole = network([(0, 0), (500, 0), (3000, 0)], [(0, 1), (1, 2)], node_flags=[0, gate, 0])
    shut = whole.parted(np.array([False, True, False]))
    city = replace(street(), network=shut)
    assert len(shut.component_km) == 2
    net = changed(OpenGate(gate_id="gate:1"), city=city).network
    assert net.component[net.u].tolist() == [0, 0]
    assert net.node_flags[1] == int(NodeFlag.GATE | NodeFlag.OPEN)
    with pytest.raises(InputError, match="gate 'gate:1' is open to everybody"):
        changed(OpenGate(gate_id="gate:1"), city=replace(city, network=net))
    with pytest.raises(InputError, match="'gate:0' is no gate"):
        changed(OpenGate(gate_id="gate:0"), city=city)


def canal() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(X0 + 200, Y0 - 9, X0 + 210, Y0 + 9)], crs=CRS)


def test_a_link_over_water_must_be_a_bridge():
    city = replace(street(), context={**street().context, "water": canal()})
    with pytest.raises(InputError, match="runs through water or rail") as refused:
        changed(LINK, city=city)
    assert "structure = bridge" in refused.value.zh
    net = changed(replace(LINK, structure="bridge"), city=city).network
    assert net.has(EdgeFlag.BRIDGE).tolist()[-1]


# -- People ------------------------------------------------------------------------------------------


def test_a_service_more_or_less_leaves_what_is_known_of_the_seats_of_the_others():
    def seats(*changes):
        offers = changed(SetCapacity(facility_id="f0", capacity=30.0), *changes).facilities.offers()
        return offers[offers["facility_id"] == "f0"].set_index("service")["capacity"].to_dict()

    shop, no_clinic = AddService(facility_id="f0", service="shop"), RemoveService(facility_id="f0", service="clinic")
    assert seats() == {"clinic": 30.0}
    # The clinic keeps its 30, of the shop nobody knows; and what was of the clinic is not of the shop that stays.
    assert seats(shop) == {"clinic": 30.0, "shop": pytest.approx(float("nan"), nan_ok=True)}
    assert seats(shop, RemoveService(facility_id="f0", service="shop")) == {"clinic": 30.0}
    assert seats(shop, no_clinic) == {"shop": pytest.approx(float("nan"), nan_ok=True)}
    assert seats(shop, SetCapacity(facility_id="f0", service="shop", capacity=4.0), no_clinic) == {"shop": 4.0}


def test_people_add_up_when_communities_are_added_merged_and_split():
    city = street()
    before = city.communities.frame[["population", "pop_60plus", "households"]].sum()
    merged = changed(MergeCommunities(community_ids=("a", "b"), into="ab", name="甲乙"), SPLIT_OF_AB, city=city)
    frame = merged.communities.frame
    assert frame[["population", "pop_60plus", "households"]].sum().equals(before)
    assert frame["pop_60plus"].to_dict() == {"a": 40.0, "b": 20.0, "c": 30.0}
    grown = changed(AddPeople(estate_id="e", people=ESTATE, at=at(900), community_id="a"), city=city).communities.frame
    assert grown.loc["a", ["population", "pop_60plus"]].tolist() == [150.0, 50.0]
    assert np.isnan(grown.loc["a", "households"])  # those of the estate are not known


SPLIT_OF_AB = SplitCommunity(
    community_id="ab",
    line=(at(1000, -99), at(1000, 99)),
    parts=tuple(CommunityPart(community_id=key, name=f"{key}社区", at=at(x)) for key, x in (("b", 1500), ("a", 500))),
)


# -- Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([CloseFacility(facility_id="f9")], "there is no facility 'f9'"),
        ([CloseFacility(facility_id="f0")] * 2, r"change 2 \(close_facility\): facility 'f0' is closed already"),
        ([CLINIC, CLINIC], "there is a facility 'n' already"),
        ([AddService(facility_id="f0", service="clinic")], "offers 'clinic' already"),
        ([AddService(facility_id="f0", service="culture")], "no list speaks of service 'culture'"),
        ([AddService(facility_id="f0", service="clinc")], "did you mean 'clinic'"),
        ([RemoveService(facility_id="f0", service="shop")], r"does not offer 'shop' \(it offers: clinic\)"),
        ([SetHours(facility_id="f0", hours="mostly")], "the hours 'mostly' are not understood"),
        ([SetCapacity(facility_id="f0", service="shop", capacity=3.0)], "does not offer 'shop'"),
        ([replace(CLINIC, at=at(500_000))], "lies outside the study area"),
        ([replace(CLINIC, at=Spot(lon=31.3, lat=80.0))], "lies outside the study area"),
        ([replace(LINK, end=LinkEnd(at=at(100.4)))], "the link is 0.4 m long"),
        ([replace(LINK, end=LinkEnd(at=at(2900)))], "the link is 2,800.0 m long, at most 1,000 m"),
        ([replace(LINK, end=LinkEnd(at=at(500, 400)))], "lies 400 m from the nearest street, at most 50 m"),
        ([replace(LINK, end=LinkEnd(street_id=STREET, offset_m=3001.0))], "3001.0 m lies beyond it"),
        ([replace(LINK, way_class="footwy")], "did you mean 'footway'"),
        ([replace(LINK, way_class="motorway")], "is no class of way for walkers"),
        ([CloseStreet(street_id="street:0-7")], "there is no street 'street:0-7'; did you mean 'street:0-1'"),
        ([CloseStreet(street_id=STREET)] * 2, "is closed already"),
        ([OpenGate(gate_id="gate:0")], "'gate:0' is no gate"),
        ([MergeCommunities(community_ids=("a", "c"), into="a", name="甲")], "'a' and 'c' do not touch"),
        ([MergeCommunities(community_ids=("a", "b"), into="c", name="甲")], "there is a community 'c' already"),
        ([replace(SPLIT, line=(at(700, -9), at(700, 9)))], "cuts it into 1, and 2 parts are given"),
        ([AddPeople(estate_id="e", people=ESTATE, at=at(500, 500), name="外")], "lies outside the study area"),
        ([AddPeople(estate_id="e", people=ESTATE, at=at(500), community_id="z")], "there is no community 'z'"),
        ([AddPeople(estate_id="a", people=ESTATE, at=at(500), name="甲")], "there is a community 'a' already"),
        ([AddPeople(estate_id="e", people=ESTATE, at=at(500), community_id="a")] * 2, "there is an estate 'e' already"),
        ([AddPeople(estate_id="e", people=ESTATE, outline=(at(0), at(9), at(5)), name="线")], "has no area"),
        ([SetProfile(profile="eldery")], "no walking profile 'eldery'"),
        ([SetSpeed(speed_mps=11.0)], "is not a walking speed"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_is_refused_in_both_languages(changes, message):
    with pytest.raises(InputError, match=message) as refused:
        changed(*changes)
    assert str(refused.value).startswith("scenario 'A', change ")
    assert re.match("方案“A”第[12]项变更（", refused.value.zh)


def test_the_class_of_a_refusal_is_kept():
    with pytest.raises(SettingError):
        changed(SetSpeed(speed_mps=11.0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: SetCapacity(facility_id="f0", capacity=-1.0),
        lambda: SetCapacity(facility_id="f0", capacity="60人"),
        lambda: SetCapacity(facility_id="f0", capacity=float("nan")),
        lambda: SetCapacity(facility_id="f0", capacity=True),
        lambda: SetDeliveryRadius(facility_id="f0", delivery_radius_m=float("inf")),
        lambda: replace(CLINIC, services=()),
        lambda: replace(CLINIC, services=("clinic", "clinic")),
        lambda: replace(CLINIC, services="clinic"),
        lambda: replace(CLINIC, name=" "),
        lambda: replace(CLINIC, name="名" * 401),
        lambda: CloseFacility(facility_id=7),
        lambda: Spot(lon=120.0),
        lambda: Spot(lon=120.0, lat=91.0),
        lambda: Spot(lon=120.0, lat=31.0, x=1.0, y=2.0),
        LinkEnd,
        lambda: LinkEnd(street_id=STREET),
        lambda: LinkEnd(street_id=STREET, offset_m=-1.0),
        lambda: replace(LINK, end=LINK.start),
        lambda: replace(LINK, structure="ferry"),
        lambda: replace(LINK, stairs="yes"),
        lambda: AddPeople(estate_id="e", people=ESTATE, name="新"),
        lambda: AddPeople(estate_id="e", people=ESTATE, at=at(0), outline=(at(0), at(1), at(2)), name="新"),
        lambda: AddPeople(estate_id="e", people={"population": 5.0}, at=at(0), name="新"),
        lambda: AddPeople(estate_id="e", people={"population": 5.0, "pop_60plus": 6.0}, at=at(0), name="新"),
        lambda: AddPeople(estate_id="e", people={**ESTATE, "cats": 6.0}, at=at(0), name="新"),
        lambda: AddPeople(estate_id="e", people={**ESTATE, "pop_60plus": -1.0}, at=at(0), name="新"),
        lambda: MergeCommunities(community_ids=("a",), into="a", name="甲"),
        lambda: MergeCommunities(community_ids=("a", "a"), into="a", name="甲"),
        lambda: replace(SPLIT, parts=PARTS[:1]),
        lambda: Scenario(name=""),
        lambda: Scenario(name="A", parent="A"),
        lambda: Scenario(name="A", changes=("close f0",)),
    ],
)
def test_a_change_that_cannot_be_is_not_made(make):
    with pytest.raises(InputError) as refused:
        make()
    assert re.search("[\u4e00-\u9fff]", refused.value.zh)


@pytest.mark.parametrize("name", ["{{cycler}}", "</script><b>", "=1+1", "${x}`", "'; --", "\u202e名"])
def test_hostile_names_stay_text(name):
    new = changed(replace(CLINIC, name=name, facility_id=name))
    assert new.facilities.frame.loc[name, "name"] == name
