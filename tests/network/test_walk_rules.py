"""Who may walk where: one row per rule."""

from __future__ import annotations

import pytest

from circle15.catalog import walking, way_classes
from circle15.model import EdgeFlag, NodeFlag
from circle15.network.walk_rules import node_flags, node_rule, walk_rule


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
        ("highway=elevator", "elevator"),
        ("highway=elevator indoor=yes", "elevator"),
        ("highway=corridor indoor=yes", "corridor"),
        ("highway=footway indoor=yes level=-1", "footway"),
        ("public_transport=platform", "platform"),
        ("public_transport=platform highway=bus_stop", "platform"),
        ("public_transport=platform highway=footway", "footway"),
        ("railway=platform area=yes", "platform"),
        ("highway=primary foot=use_sidepath", "primary"),
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
        ("highway=service access=no", "access=no"),
        ("highway=primary motorroad=yes", "motorroad=yes"),
        ("highway=motorway foot=use_sidepath", "highway=motorway"),
        ("highway=footway foot=use_sidepath access=no motorroad=yes", "motorroad=yes"),
        ("highway=bridleway area=yes", "highway=bridleway"),
        ("public_transport=station", "no street"),
        ("public_transport=platform foot=no", "foot=no"),
        ("highway=footway temporary:access=no", "temporary:access=no"),
        ("highway=footway temporary:foot=no foot=yes", "temporary:foot=no"),
        ("highway=footway access=no foot:conditional=no@(22:00-06:00)", "access=no"),
        ("highway=footway foot=no access:conditional=yes@(06:00-22:00)", "foot=no"),
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
        "highway=residential area=yes",
        "highway=path area=yes",
        "highway=service access=no foot:conditional=yes@(06:00-22:00)",
        "highway=motorway foot:conditional=yes@(Su)",
        "highway=service access=military",
        "highway=service access=emergency",
        "highway=residential construction=minor",
        "highway=footway smoothness=impassable",
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
        ("highway=service access=military", EdgeFlag.PRIVATE),
        ("highway=service access=emergency", EdgeFlag.PRIVATE),
        ("highway=service access=emergency foot=yes", EdgeFlag(0)),
        ("highway=service access=private foot:conditional=yes@(06:00-22:00)", EdgeFlag(0)),  # by day for everybody
        ("highway=service access=no foot:conditional=private@(06:00-22:00)", EdgeFlag.PRIVATE),
        ("highway=service access=private foot:conditional=no@(22:00-06:00)", EdgeFlag.PRIVATE),
        ("highway=primary foot=use_sidepath", EdgeFlag.SIDEPATH),
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
        ({"barrier": "gate", "foot": "no"}, NodeFlag.GATE | NodeFlag.BARRED),
        ({"barrier": "gate", "access": "no"}, NodeFlag.GATE | NodeFlag.BARRED),
        ({"barrier": "yes", "access": "no"}, NodeFlag.BARRED),
        ({"barrier": "bollard", "access": "no", "foot": "yes"}, NodeFlag(0)),
        ({"barrier": "gate", "access": "no", "foot": "designated"}, NodeFlag.GATE | NodeFlag.OPEN),
        ({"barrier": "gate", "access": "yes", "foot": "no"}, NodeFlag.GATE | NodeFlag.BARRED),
        ({"foot": "no"}, NodeFlag.BARRED),
        ({"barrier": "wall"}, NodeFlag.BARRED),
        ({"barrier": "fence"}, NodeFlag.BARRED),
        ({"barrier": "wall", "foot": "yes"}, NodeFlag(0)),  # an opening
        ({"barrier": "fence", "access": "yes"}, NodeFlag(0)),
        ({"barrier": "wall", "access": "private"}, NodeFlag.GATE | NodeFlag.PRIVATE),
        ({"barrier": "gate", "access": "private"}, NodeFlag.GATE | NodeFlag.PRIVATE),
        ({"barrier": "gate", "foot": "residents"}, NodeFlag.GATE | NodeFlag.PRIVATE),
        ({"barrier": "gate", "locked": "yes"}, NodeFlag.GATE | NodeFlag.PRIVATE | NodeFlag.LOCKED),
        (
            {"barrier": "gate", "access": "private", "locked": "yes"},
            NodeFlag.GATE | NodeFlag.PRIVATE | NodeFlag.LOCKED,
        ),
        ({"barrier": "gate", "locked": "yes", "access": "yes"}, NodeFlag.GATE | NodeFlag.PRIVATE | NodeFlag.LOCKED),
        ({"barrier": "gate", "locked": "yes", "foot": "yes"}, NodeFlag.GATE | NodeFlag.OPEN),
        ({"barrier": "gate", "locked": "no"}, NodeFlag.GATE),
        ({"access": "private"}, NodeFlag.GATE | NodeFlag.PRIVATE),
        ({"amenity": "parking_entrance", "access": "private"}, NodeFlag(0)),  # speaks of the car park
        ({"amenity": "atm", "access": "no"}, NodeFlag(0)),
        ({"highway": "crossing", "foot": "no", "bicycle": "yes"}, NodeFlag.CROSSING),  # one walks along the road
        ({"highway": "elevator", "access": "no"}, NodeFlag.BARRED),
        (
            {"barrier": "gate", "access": "no", "foot:conditional": "yes @ (06:00-22:00)"},
            NodeFlag.GATE | NodeFlag.OPEN,
        ),
        ({"barrier": "gate", "opening_hours": "06:00-22:00"}, NodeFlag.GATE | NodeFlag.OPEN),
        ({"barrier": "gate", "access": "yes"}, NodeFlag.GATE | NodeFlag.OPEN),
        ({"barrier": "gate", "access": "permissive"}, NodeFlag.GATE | NodeFlag.OPEN),
        ({"barrier": "lift_gate"}, NodeFlag.GATE | NodeFlag.OPEN),  # walkers pass beside a beam
        ({"barrier": "lift_gate", "access": "private"}, NodeFlag.GATE | NodeFlag.PRIVATE),
        ({"barrier": "bollard", "access": "yes"}, NodeFlag(0)),
        (
            {"barrier": "gate", "foot": "no", "access:conditional": "yes @ (06:00-22:00)"},
            NodeFlag.GATE | NodeFlag.BARRED,
        ),
        ({"barrier": "gate", "motor_vehicle": "no"}, NodeFlag.GATE),
    ],
)
def test_the_flags_of_a_node(tags, flags):
    assert node_flags(tags) == flags


@pytest.mark.parametrize("barrier", walking()["nodes"]["gates"])
def test_every_gate_of_the_rules_is_a_gate(barrier):
    beside = walking()["nodes"]["beside"]
    assert node_flags({"barrier": barrier}) == (NodeFlag.GATE | NodeFlag.OPEN if barrier in beside else NodeFlag.GATE)
    assert node_flags({"barrier": barrier, "access": "no"}) == NodeFlag.GATE | NodeFlag.BARRED


@pytest.mark.parametrize("barrier", walking()["nodes"]["walls"])
def test_every_wall_of_the_rules_bars(barrier):
    assert node_rule({"barrier": barrier}).barred == f"barrier={barrier}"
    assert node_flags({"barrier": barrier, "foot": "yes"}) == NodeFlag(0)


@pytest.mark.parametrize(
    "barrier", ["bollard", "kerb", "stile", "cycle_barrier", "block", "chain", "cattle_grid", "log"]
)
def test_what_stops_wheels_stops_no_walker(barrier):
    assert node_flags({"barrier": barrier}) == NodeFlag(0)


@pytest.mark.parametrize(
    ("tags", "taken", "reason"),
    [
        ("highway=footway construction=yes", "building", "construction=yes"),
        ("highway=residential construction=residential", "building", "construction=residential"),
        ("highway=construction construction=footway", "building", "highway=construction"),
        ("highway=footway proposed=yes", "planned", "proposed=yes"),
        ("highway=proposed", "planned", "highway=proposed"),
        ("highway=planned", "planned", "highway=planned"),
        ("highway=footway disused=yes", "closed", "disused=yes"),
        ("highway=footway abandoned=yes foot=yes", "closed", "abandoned=yes"),
        ("highway=footway demolished=yes", "closed", "demolished=yes"),
        ("highway=abandoned", "closed", "highway=abandoned"),
        ("highway=razed", "closed", "highway=razed"),
        ("disused:highway=footway", "closed", "disused:highway=footway"),
        ("abandoned:highway=path name=x", "closed", "abandoned:highway=path"),
        ("proposed:highway=residential", "planned", "proposed:highway=residential"),
        ("construction:highway=steps", "building", "construction:highway=steps"),
        ("highway=footway disused:highway=footway", "closed", "disused:highway=footway"),
        ("railway=platform disused=yes", "closed", "disused=yes"),
        ("highway=footway end_date=2019", "closed", "end_date=2019"),
        ("highway=footway temporary:access=no", "closed", "temporary:access=no"),
        ("highway=footway foot=no", "access", "foot=no"),
        ("highway=primary motorroad=yes", "access", "motorroad=yes"),
        ("highway=motorway", "class", "highway=motorway"),
        ("highway=raceway", "class", "highway=raceway"),
        ("disused:railway=rail", "class", "no street"),
        ("railway=rail disused=yes", "class", "no street"),
    ],
)
def test_what_takes_a_way_away(tags, taken, reason):
    assert (rule(tags).taken, rule(tags).dropped) == (taken, reason)


@pytest.mark.parametrize(
    "tags",
    [
        "highway=footway disused:highway=residential",  # what it was before
        "highway=cycleway railway=abandoned abandoned:railway=rail",
        "highway=track proposed=residential",
        "highway=residential construction=no disused=no",
        "highway=residential proposed:highway=primary",
    ],
)
def test_what_a_way_was_or_shall_be_takes_nothing_away(tags):
    assert rule(tags).dropped == ""


@pytest.mark.parametrize("tag", ["construction=minor", "construction=widening", "smoothness=impassable"])
def test_what_is_walked_and_told(tag):
    assert rule(f"highway=footway {tag}").told == tag
    assert rule("highway=footway").told == ""
    assert rule("highway=service access=emergency").told == "access=emergency"
    assert rule("highway=service access=emergency foot=yes").told == ""


@pytest.mark.parametrize("alias", walking()["tags"]["alias"])
def test_every_alias_leads_to_a_class(alias):
    assert walking()["tags"]["alias"][alias] in {entry.name for entry in way_classes()}


@pytest.mark.parametrize("entry", way_classes(), ids=lambda entry: entry.name)
def test_every_class_obeys_its_own_word(entry):
    assert (walk_rule({"highway": entry.name}).dropped == "") is entry.walk
    assert walk_rule({"highway": entry.name, "foot": "no"}).dropped == "foot=no"
    assert walk_rule({"highway": entry.name, "foot": "yes"}).dropped == ""
