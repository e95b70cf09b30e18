"""A compound whose only gate lets nobody through on foot: no leg climbs its wall, and nothing is said of its people."""

from __future__ import annotations

import warnings

import pytest

import circle15 as c15
from circle15.errors import DataQualityWarning
from circle15.model import Positions
from tests.towns.findings import finding_of
from tests.towns.pack_files import SITES, TOWN_NODES, TOWN_WAYS, feature, osm_xml, rectangle, town_communities

# Two paths 33 m north of the town, joined to it past a gate 11 m from the street; 200 elders live along the upper one.
NODES = TOWN_NODES | {21: (120.621, 31.3111), 22: (120.621, 31.3113), 23: (120.6214, 31.3113), 24: (120.622, 31.3117)}
WAYS = TOWN_WAYS | {
    20: ([5, 21, 22], {"highway": "footway"}),
    21: ([22, 23], {"highway": "residential"}),
    22: ([6, 24], {"highway": "footway"}),
}
YARD = feature(
    rectangle(120.6208, 31.3112, 120.6216, 31.3116),
    community_id="yard", name="大院", population=1000, pop_60plus=200,
)  # fmt: skip
INSIDE = ("f3", "院内诊所", "clinic", "120.6213", "31.31135")


def analysed(make_pack, gate, sites=SITES):
    root = make_pack(
        streets=osm_xml(NODES, WAYS, node_tags={21: gate}), communities=[*town_communities(), YARD], sites=sites
    )
    with warnings.catch_warnings():  # findings, which the open gate has none of
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(c15.load_city("tryton", data=root))


def parts(result, service: str) -> list[float]:
    """People aged 60+ of the yard: covered, uncovered, undetermined."""
    row = result.coverage.frame.loc[("yard", service, 15.0)]
    return [round(float(row[f"pop_60plus_{part}"]), 6) for part in ("covered", "uncovered", "undetermined")]


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ({"barrier": "gate"}, [200, 0, 0]),
        ({"barrier": "gate", "foot": "no"}, [0, 0, 200]),
        ({"barrier": "gate", "access": "no"}, [0, 0, 200]),
        ({"barrier": "wall"}, [0, 0, 200]),
        ({"barrier": "gate", "access": "no", "foot": "yes"}, [200, 0, 0]),
    ],
)
def test_who_is_behind_a_barred_gate_is_undetermined_although_the_street_is_near(make_pack, gate, expected) -> None:
    result = analysed(make_pack, gate)
    assert parts(result, "meal_point") == parts(result, "clinic") == expected
    yard = result.demand.positions.status[result.demand.frame["community_id"] == "yard"]
    assert set(yard.tolist()) == {Positions.ISLAND if expected[2] else Positions.OK}
    gap = result.gaps.frame.loc[("yard", "clinic")]
    assert (gap["uncovered"], gap["undetermined"]) == (0, expected[2])


def test_what_they_truly_reach_inside_covers_them(make_pack) -> None:
    result = analysed(make_pack, {"barrier": "gate", "foot": "no"}, [*SITES, INSIDE])
    assert parts(result, "clinic") == [200, 0, 0]
    assert parts(result, "meal_point") == [0, 0, 200]
    # The clinic inside serves nobody outside, and is told.
    assert "f3" in str(finding_of(result.findings, "facility-island").examples)
    inside = set(result.demand.ids[result.demand.frame["community_id"] == "yard"])
    assert {point for point, facility in result.reach.minutes.index if facility == "f3"} == inside
