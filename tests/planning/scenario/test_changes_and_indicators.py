"""Every kind of change on a street of three communities: which indicators answer, and by how much, derived by hand.

::

    y = 20      h a                 h b                 h c       40, 20 and 30 people aged 60+
    y = 0   ----+-------------------+-------------------+------   900 m in 15 minutes
                clinic (500 m)                          shop (2,500 m)

Lacking today: b the clinic, b the shop (1,020 m to both), c the clinic and a the shop (2,020 m).
"""

from __future__ import annotations

from functools import cache

import pytest

import circle15 as c15
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
)
from circle15.model.scenario import Scenario
from circle15.planning.scenario import apply
from circle15.planning.scenario.application import FUNCTIONS
from tests.towns.action_town import town
from tests.towns.gate_town import compound
from tests.towns.scenarios import STREET, analysed, at, changed, gaps, street
from tests.towns.three_on_a_street import FLAT

TODAY = {
    ("a", "clinic"): 0.0, ("a", "shop"): 40.0, ("b", "clinic"): 20.0, ("b", "shop"): 20.0, ("c", "clinic"): 30.0,
    ("c", "shop"): 0.0,
}  # fmt: skip
ESTATE = {"population": 50.0, "pop_60plus": 10.0}
HALVES = (
    CommunityPart(community_id="a1", name="甲一", at=at(100)),
    CommunityPart(community_id="a2", name="甲二", at=at(900)),
)
MERGED = {
    ("ab", "clinic"): 20.0, ("ab", "shop"): 60.0, ("c", "clinic"): 30.0, ("c", "shop"): 0.0,
}  # fmt: skip
SPLIT = {
    ("a1", "clinic"): 0.0, ("a1", "shop"): 40.0, ("a2", "clinic"): 0.0, ("a2", "shop"): 0.0,
    **{key: value for key, value in TODAY.items() if key[0] != "a"},
}  # fmt: skip

MATRIX = [
    # A clinic beside b: 20 m from b, 1,020 m from c and a.
    (AddFacility(facility_id="n", name="新站", services=("clinic",), at=at(1500)), TODAY | {("b", "clinic"): 0.0}),
    # A clinic half way between b and c: 520 m from both.
    (AddFacility(facility_id="n", name="新站", services=("clinic",), at=at(2000)),
     TODAY | {("b", "clinic"): 0.0, ("c", "clinic"): 0.0}),
    (CloseFacility(facility_id="f0"), TODAY | {("a", "clinic"): 40.0}),
    (MoveFacility(facility_id="f0", to=at(1500)), TODAY | {("a", "clinic"): 40.0, ("b", "clinic"): 0.0}),
    (AddService(facility_id="f0", service="shop"), TODAY | {("a", "shop"): 0.0}),
    (RemoveService(facility_id="f1", service="shop"), TODAY | {("c", "shop"): 30.0}),
    (SetHours(facility_id="f0", hours="Mo-Fr 08:00-17:00"), TODAY),
    (SetCapacity(facility_id="f0", capacity=30.0), TODAY),
    (SetDeliveryRadius(facility_id="f0", delivery_radius_m=1500.0), TODAY),
    # From b's door over 100 m of street to its middle: no nearer to anything.
    (AddLink(start=LinkEnd(street_id=STREET, offset_m=1400.0), end=LinkEnd(at=at(1600, 2))), TODAY),
    # Each house stands on the one street: closed, it leads everybody to what stands on it, and nobody through.
    (CloseStreet(street_id=STREET), TODAY),
    # 50 people on the street at 900 m: 400 m and less than 460 m to the clinic, 1,540 m at least to the shop.
    (AddPeople(estate_id="e", people=ESTATE, at=at(900), community_id="a"), TODAY | {("a", "shop"): 50.0}),
    (AddPeople(estate_id="e", people=ESTATE | {"households": 20.0}, at=at(900), name="新区"),
     TODAY | {("e", "clinic"): 0.0, ("e", "shop"): 10.0}),
    (MergeCommunities(community_ids=("a", "b"), into="ab", name="甲乙"), MERGED),
    # All of a live at 500 m, in the western part.
    (SplitCommunity(community_id="a", line=(at(700, -99), at(700, 99)), parts=HALVES), SPLIT),
]  # fmt: skip


@cache
def today():
    return analysed(street())


@pytest.mark.parametrize(("change", "lacking"), MATRIX, ids=[f"{row[0].kind}-{k}" for k, row in enumerate(MATRIX)])
def test_a_change_moves_the_gaps_that_it_must_and_no_other(change, lacking):
    assert gaps(today()) == TODAY
    assert gaps(analysed(changed(change))) == lacking


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        # 0.9 m/s: 810 m as 900 m before. Frail walk 0.6 m/s: 540 m.
        (SetProfile(profile="frail"), TODAY),
        # 1.2 m/s: 1,080 m, so b reaches both.
        (SetSpeed(speed_mps=1.2), TODAY | {("b", "clinic"): 0.0, ("b", "shop"): 0.0}),
        # 2,020 m in 900 s is 2.25 m/s: all reach all.
        (SetSpeed(speed_mps=2.25), dict.fromkeys(TODAY, 0.0)),
    ],
)
def test_walkers_that_change_are_those_of_the_analysis(change, lacking):
    result = analysed(changed(change), flat=False)
    assert gaps(result) == lacking
    assert result.profile.name == ("frail" if isinstance(change, SetProfile) else "elderly")
    assert result.record["profile"]["speed_mps"] == (0.6 if isinstance(change, SetProfile) else change.speed_mps)


def test_every_kind_of_change_has_its_function_and_stands_in_the_matrix():
    known = set(FUNCTIONS)
    tried = {type(change) for change, _ in MATRIX} | {SetProfile, SetSpeed}
    assert {kind.__name__ for kind in known - tried} == {"OpenGate"}  # the test below: no gate stands on the street
    assert len({kind.kind for kind in known}) == len(known) == 16


def test_a_gate_that_opens_lets_those_outside_in():
    # From outside 10 + 10 m to the way in, 100 to the gate and 100 on to the clinic: 220 of 300 m.
    city = town(compound(), {"a": (-10, 510)}, {"a": 30}, {(200, 500): ["clinic"]}, listed=("clinic",))
    opened = apply(city, Scenario(name="A", changes=(OpenGate(gate_id="gate:6"),)))
    assert [gaps(c15.analyse(one, profile=FLAT)) for one in (city, opened)] == [
        {("a", "clinic"): 30.0}, {("a", "clinic"): 0.0},
    ]  # fmt: skip


# -- Other indicators --------------------------------------------------------------------------------


def test_a_new_clinic_answers_in_coverage_walks_equity_and_attribution():
    result = analysed(changed(AddFacility(facility_id="n", name="新站", services=("clinic",), at=at(2000))))
    near = result.coverage.nearest["mean_min"]
    assert near.loc[("b", "clinic")] == pytest.approx(520 / 60)
    assert near.loc[("c", "clinic")] == pytest.approx(520 / 60)
    # Ninety of ninety elders reach a clinic now, forty before.
    before, after = (
        found.coverage.frame.xs(("clinic", 15.0), level=("service", "cutoff_min")) for found in (today(), result)
    )
    assert (before["pop_60plus_covered"].sum(), after["pop_60plus_covered"].sum()) == (40.0, 90.0)
    assert today().equity.frame.loc["clinic", "zero_share"] == pytest.approx(50 / 90)
    assert result.equity.frame.loc["clinic", "zero_share"] == 0.0
    assert result.equity.frame.loc["shop"].equals(today().equity.frame.loc["shop"])
    assert {key[1] for key in result.attribution.frame.index} == {"shop"}
    assert {key[1] for key in today().attribution.frame.index} == {"clinic", "shop"}


def test_hours_answer_at_a_moment_and_in_the_table_of_hours():
    closed = changed(SetHours(facility_id="f0", hours="Mo-Fr 08:00-17:00"), city=street(open_at=None))
    assert analysed(closed).hours.loc["f0", ["osm", "mean_h"]].tolist() == ["Mo-Fr 08:00-17:00", pytest.approx(45 / 7)]
    with pytest.warns(c15.errors.DataQualityWarning):
        saturday = c15.analyse(closed, profile="adult", open_at="Sa 11:30")
    assert saturday.gaps.frame.loc[("a", "clinic"), "uncovered"] == 40.0


def test_the_ledger_answers():
    def counted(city):
        return analysed(city).ledger.frame["observed"].dropna()

    before = counted(street())
    after = counted(changed(CloseFacility(facility_id="f0")))
    assert len(before)
    assert not before.equals(after)
    assert before.equals(counted(changed(SetDeliveryRadius(facility_id="f1", delivery_radius_m=None))))


def test_merging_moves_nobody_and_parts_that_are_merged_again_are_what_they_were():
    whole = analysed(street())
    parts = tuple(CommunityPart(community_id=key, name=f"{key}社区", at=at(x)) for key, x in (("a", 500), ("b", 1500)))
    halves = SplitCommunity(community_id="ab", line=(at(1000, -99), at(1000, 99)), parts=parts)
    merged = MergeCommunities(community_ids=("a", "b"), into="ab", name="甲乙")
    again = analysed(changed(merged, halves))
    assert gaps(again) == gaps(whole)
    ours, theirs = (found.coverage.frame.sum(numeric_only=True) for found in (whole, analysed(changed(merged))))
    counts = [column for column in ours.index if column.startswith("pop_60plus_") and not column.endswith("share")]
    assert ours[counts].tolist() == theirs[counts].tolist()


def test_people_in_new_homes_stay_where_they_were_put():
    change = AddPeople(estate_id="e", people=ESTATE, at=at(900), community_id="a")
    points = analysed(changed(change)).demand.frame
    new = points.index.str.contains("/+e/", regex=False)
    assert points.loc[new, "pop_60plus"].sum() == 10.0
    assert points.loc[~new & (points["community_id"] == "a"), "pop_60plus"].sum() == 40.0
    east = points.geometry[new].x - at(900).x
    assert east.abs().max() <= 60.0
