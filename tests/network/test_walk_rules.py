"""Who may walk where: one row per rule."""

from __future__ import annotations

import pytest

from circle15.catalog import walking, way_classes
from circle15.model import EdgeFlag, NodeFlag
from circle15.network.walk_rules import node_flags, walk_rule


def rule(text: str):
    """The rule of tags written as ``highway=footway foot=no``."""
    return walk_rule(dict(pair.split("=", 1) for pair in text.split()))


def class_name(text: str) -> str:
    return way_classes()[rule(text).way_class].name


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ("highway=residential", "residential"),
        ("highway=footway", "footway"),
        ("highway=steps", "steps"),
        ("highway=cycleway", "cycleway"),
        ("highway=trunk", "trunk"),
        ("highway=service service=parking_aisle", "service"),
        ("highway=primary_link", "primary"),
        ("highway=trunk_link", "trunk"),
        ("highway=motorway_link foot=yes", "motorway"),
        ("highway=road", "unclassified"),
        ("highway=busway", "service"),
        ("highway=platform", "platform"),
        ("railway=platform", "platform"),
        ("man_made=pier", "platform"),
        ("highway=footway railway=platform", "footway"),
        ("highway=bridleway foot=yes", "bridleway"),
    ],
)
def test_the_class_of_a_way(tags, name):
    assert rule(tags).dropped == ""
    assert class_name(tags) == name


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ("highway=motorway", "highway=motorway"),
        ("highway=motorway_link", "highway=motorway"),
        ("highway=bridleway", "highway=bridleway"),
        ("highway=construction", "highway=construction"),
        ("highway=proposed foot=yes", "highway=proposed"),
        ("highway=footway foot=no", "foot=no"),
        ("highway=primary foot=use_sidepath", "foot=use_sidepath"),
        ("highway=service access=no", "access=no"),
        ("highway=primary motorroad=yes", "motorroad=yes"),
        ("highway=residential area=yes", "area=yes"),
        ("highway=corridor indoor=yes", "indoor=yes"),
        ("highway=platform foot=no", "foot=no"),
        ("railway=rail", "no street"),
        ("railway=tram", "no street"),
        ("man_made=embankment", "no street"),
        ("name=平江路", "no street"),
        ("", "no street"),
    ],
)
def test_why_a_way_is_left_out(tags, reason):
    assert rule(tags).dropped == reason


@pytest.mark.parametrize(
    "tags",
    [
        "highway=service access=no foot=yes",  # foot outweighs access
        "highway=service access=no foot=designated",
        "highway=motorway foot=yes",  # and the class
        "highway=primary motorroad=yes foot=permissive",
        "highway=pedestrian area=yes",  # the outline of a square is walkable ground
        "highway=footway area=yes",
        "railway=platform area=yes",
        "highway=residential area=no",
        "highway=residential access=private",
        "highway=residential access=destination",
        "highway=residential vehicle=no",
        "highway=residential motor_vehicle=private",
    ],
)
def test_what_may_be_walked_all_the_same(tags):
    assert rule(tags).dropped == ""


def test_foot_no_outweighs_everything_that_allows():
    assert rule("highway=footway foot=no access=yes bicycle=designated").dropped == "foot=no"


@pytest.mark.parametrize("oneway", ["yes", "-1", "1", "true", "reversible"])
def test_oneway_binds_no_walker(oneway):
    found = rule(f"highway=residential oneway={oneway}")
    assert not found.flags & EdgeFlag.FORWARD_ONLY
    assert not found.reversed


@pytest.mark.parametrize(
    ("tags", "one_way", "against"),
    [
        ("highway=footway oneway:foot=yes", True, False),
        ("highway=footway oneway:foot=-1", True, True),
        ("highway=footway oneway:foot=no", False, False),
        ("highway=steps conveying=forward", True, False),
        ("highway=steps conveying=backward", True, True),
        ("highway=steps conveying=yes", False, False),
        ("highway=steps conveying=reversible", False, False),
        ("highway=footway conveying=forward", False, False),  # a moving walkway can be walked beside
    ],
)
def test_what_does_bind_a_walker(tags, one_way, against):
    found = rule(tags)
    assert bool(found.flags & EdgeFlag.FORWARD_ONLY) is one_way
    assert found.reversed is against


@pytest.mark.parametrize(
    ("tags", "flags"),
    [
        ("highway=residential", EdgeFlag(0)),
        ("highway=steps", EdgeFlag.STEPS),
        ("highway=footway bridge=yes", EdgeFlag.BRIDGE),
        ("highway=footway bridge=boardwalk", EdgeFlag.BRIDGE),
        ("highway=footway bridge=no tunnel=no", EdgeFlag(0)),
        ("highway=footway tunnel=yes", EdgeFlag.TUNNEL),
        ("highway=footway footway=crossing", EdgeFlag.CROSSING),
        ("highway=path path=crossing", EdgeFlag.CROSSING),
        ("highway=footway footway=sidewalk", EdgeFlag(0)),
        ("highway=service access=private", EdgeFlag.PRIVATE),
        ("highway=service access=residents", EdgeFlag.PRIVATE),
        ("highway=service access=customers", EdgeFlag.PRIVATE),
        ("highway=service foot=private", EdgeFlag.PRIVATE),
        ("highway=service access=private foot=yes", EdgeFlag(0)),  # walkers are let in
        ("highway=service access=yes foot=private", EdgeFlag.PRIVATE),
        ("highway=steps bridge=yes access=private", EdgeFlag.STEPS | EdgeFlag.BRIDGE | EdgeFlag.PRIVATE),
    ],
)
def test_the_flags_of_a_way(tags, flags):
    assert rule(tags).dropped == ""
    assert rule(tags).flags == flags


@pytest.mark.parametrize(
    ("tags", "flags"),
    [
        ({}, NodeFlag(0)),
        ({"barrier": "bollard"}, NodeFlag(0)),
        ({"highway": "bus_stop"}, NodeFlag(0)),
        ({"highway": "traffic_signals"}, NodeFlag.SIGNAL),
        ({"highway": "crossing"}, NodeFlag.CROSSING),
        ({"highway": "crossing", "crossing": "uncontrolled"}, NodeFlag.CROSSING),
        ({"highway": "crossing", "crossing": "traffic_signals"}, NodeFlag.CROSSING | NodeFlag.SIGNAL),
        ({"highway": "crossing", "crossing:signals": "yes"}, NodeFlag.CROSSING | NodeFlag.SIGNAL),
        ({"highway": "crossing", "crossing:signals": "no"}, NodeFlag.CROSSING),
        ({"crossing": "traffic_signals"}, NodeFlag(0)),  # of a tram, perhaps
        ({"barrier": "gate", "highway": "crossing"}, NodeFlag.GATE | NodeFlag.CROSSING),
    ],
)
def test_the_flags_of_a_node(tags, flags):
    assert node_flags(tags) == flags


@pytest.mark.parametrize("barrier", walking()["tags"]["gates"])
def test_every_gate_of_the_rules_is_a_gate(barrier):
    assert node_flags({"barrier": barrier}) == NodeFlag.GATE


@pytest.mark.parametrize("alias", walking()["tags"]["alias"])
def test_every_alias_leads_to_a_class(alias):
    assert walking()["tags"]["alias"][alias] in {entry.name for entry in way_classes()}


@pytest.mark.parametrize("entry", way_classes(), ids=lambda entry: entry.name)
def test_every_class_obeys_its_own_word(entry):
    assert (walk_rule({"highway": entry.name}).dropped == "") is entry.walk
    assert walk_rule({"highway": entry.name, "foot": "no"}).dropped == "foot=no"
    assert walk_rule({"highway": entry.name, "foot": "yes"}).dropped == ""
