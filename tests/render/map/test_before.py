"""The block of a scheme's page: today's published figures, what is otherwise today, and the changes one by one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from circle15.model.changes import (
    AddFacility,
    AddLink,
    AddPeople,
    AddService,
    Change,
    CloseFacility,
    CloseStreet,
    CommunityPart,
    LinkEnd,
    MergeCommunities,
    MoveFacility,
    OpenGate,
    SetSpeed,
    SplitCommunity,
)
from circle15.model.scenario import Scenario
from circle15.render.map.change_shapes import change_shapes
from circle15.render.map.folium_map import draw_map
from circle15.render.map.payload import payload
from circle15.study import Result
from tests.towns.lattice import X0, Y0
from tests.towns.packed_sections import section
from tests.towns.scenarios import STREET, analysed, at, changed, street

CLINIC = AddFacility(facility_id="n", name="新站", services=("clinic",), at=at(2000))
"""520 m from the houses of b (20 people aged 60+) and c (30), who have none within 900 m today."""
MERGED = MergeCommunities(community_ids=("b", "c"), into="b", name="乙丙")


@cache
def base() -> Result:
    return analysed(street())


@cache
def scheme(*changes: Change) -> Result:
    return analysed(changed(*changes))


def block(*changes: Change) -> dict:
    return payload(scheme(*changes), base=base())["before"]


def lost(rows: list[dict | None], service: str) -> list[int | None]:
    """People aged 60+ beyond the circle, by community; None where nothing is told."""
    return [row and row["services"][service]["uncovered"][-1] for row in rows]


def test_today_s_figures_stand_beside_the_scheme_s():
    content = payload(scheme(CLINIC), base=base())
    before = content["before"]
    assert lost(before["same"], "clinic") == [0, 20, 30]
    assert lost(content["communities"], "clinic") == [0, 0, 0]
    assert lost(before["same"], "shop") == lost(content["communities"], "shop") == [40, 20, 0]
    assert before["totals"]["uncovered"]["clinic"][-1] == 50
    assert before["needs"]["needs"]["lacking"][0] == 90  # a lacks the shop, b both, c the clinic
    assert before["communities"] == []
    assert section(content["binary"], "before.parts").tolist() == []


def test_they_are_what_today_s_own_page_tells():
    own, before = payload(base()), block(CLINIC)
    told = ("population", "pop_60plus", "gap", "services", "more", "placed")
    assert [{key: row[key] for key in told} for row in own["communities"]] == [
        {key: row[key] for key in told} for row in before["same"]
    ]
    assert (before["totals"], before["profile"]) == (own["totals"], own["profile"])


def test_an_ordinary_page_has_no_part_of_it():
    content = payload(scheme(CLINIC))
    assert "before" not in content
    assert not [name for name in content["binary"]["sections"] if name.startswith("before")]
    shown = draw_map(scheme(CLINIC)).body.text
    assert "scheme_today" not in shown
    assert "scheme_today" in draw_map(scheme(CLINIC), base=base()).body.text


def test_changes_are_told_in_words_and_places():
    added, served = block(CLINIC, AddService(facility_id="f0", service="shop"))["changes"]
    assert block(CLINIC)["facilities"] == {"n": None}  # the clinic and the shop are as they are today
    assert added["zh"] == "新增设施“新站”，提供社区卫生服务站，位于b社区。"
    assert served["en"] == "诊所 offers Daily shop as well."
    south, west, north, east = street().communities.frame.to_crs(4326).total_bounds[[1, 0, 3, 2]]
    for change in (added, served):
        assert south < change["at"][0] < north
        assert west < change["at"][1] < east
        assert change["line"] == []


def test_facilities_that_are_otherwise_today_are_told_as_they_are_today():
    before = block(CLINIC, MoveFacility(facility_id="f1", to=at(2600)), CloseFacility(facility_id="f0"))
    own = {row["id"]: row for row in payload(base())["facilities"]}
    assert before["facilities"] == {"n": None, "f0": own["f0"], "f1": own["f1"]}
    assert "state" not in own["f0"]
    assert before["changes"][1]["line"]  # from here to there


def test_nothing_is_told_of_communities_that_the_scheme_merges():
    content = payload(scheme(MERGED), base=base())
    before = content["before"]
    assert [row and row["id"] for row in before["same"]] == ["a", None]
    assert [(row["id"], row["name"]) for row in before["communities"]] == [("b", "b社区"), ("c", "c社区")]
    assert not {"pop_60plus", "population", "services", "gap", "more"} & set(before["communities"][0])
    assert (before["totals"], before["needs"]) == (None, None)
    assert section(content["binary"], "before.parts").tolist() == [1, 1]
    assert before["changes"][0]["zh"] == "b社区、c社区合并为乙丙。"
    ring = before["changes"][0]["line"]
    assert ring[0] == ring[-1]
    assert len(ring) == 5


def test_nothing_is_told_of_today_where_the_scheme_builds_homes():
    homes = AddPeople(estate_id="e", people={"population": 9.0, "pop_60plus": 7.0, "households": 3.0}, at=at(510, 9),
                      community_id="a")  # fmt: skip
    before = payload(analysed(changed(homes)), base=base())["before"]
    assert [row and row["id"] for row in before["same"]] == [None, "b", "c"]
    assert before["totals"] is None


# -- Where changes are -----------------------------------------------------------------------------------

LINK = AddLink(start=LinkEnd(at=at(500)), end=LinkEnd(at=at(700, 40)))
PARTS = tuple(CommunityPart(community_id=f"a{k}", name=f"甲{k}", at=at(200 + 600 * k)) for k in range(2))


@pytest.mark.parametrize(
    ("change", "corners"),
    [
        (CLINIC, [(2000, 0)]),
        (AddService(facility_id="f0", service="shop"), [(500, 0)]),
        (CloseFacility(facility_id="f1"), [(2500, 0)]),
        (MoveFacility(facility_id="f0", to=at(900)), [(500, 0), (900, 0)]),
        (LINK, [(500, 0), (700, 40)]),
        (CloseStreet(street_id=STREET, at=at(1500)), [(0, 0), (3000, 0)]),
        (OpenGate(gate_id="gate:1", at=at(7)), [(7, 0)]),
        (OpenGate(gate_id="gate:1"), None),
        (AddLink(start=LinkEnd(street_id=STREET, offset_m=1.0), end=LinkEnd(at=at(1))), None),
        (AddPeople(estate_id="e", people={"population": 9.0, "pop_60plus": 7.0}, at=at(5, 9), community_id="a"),
         [(5, 9)]),
        (AddPeople(estate_id="e", people={"population": 9.0, "pop_60plus": 7.0}, outline=(at(0), at(9), at(9, 9)),
                   community_id="a"), [(0, 0), (9, 0), (9, 9), (0, 0)]),
        (SplitCommunity(community_id="a", line=(at(500, -60), at(500, 60)), parts=PARTS), [(500, -60), (500, 60)]),
        (MergeCommunities(community_ids=("a", "x"), into="gone", name="x"), None),
        (SetSpeed(speed_mps=1.2), None),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)  # fmt: skip
def test_a_change_is_drawn_where_it_is(change, corners):
    today = street()
    city = changed(change) if change.kind == "close_street" else today
    (shape,) = change_shapes(replace(city, scenario=Scenario(name="A", changes=(change,))), today)
    found = None if shape is None else [(x - X0, y - Y0) for x, y in shape.coords]
    assert found == (corners and [pytest.approx(corner) for corner in corners])


def test_merged_communities_are_drawn_as_the_ring_around_them():
    (ring,) = change_shapes(changed(MERGED), street())
    assert ring.bounds == pytest.approx((X0 + 1000, Y0 - 50, X0 + 3000, Y0 + 50))


def test_a_city_as_it_is_has_no_changes():
    assert change_shapes(street(), street()) == []
