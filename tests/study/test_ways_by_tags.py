"""Tags of the one link between two banks: walked or not, at any time and at a moment, and always told."""

from __future__ import annotations

import pytest

from circle15.hours.opening import moment
from circle15.model import EdgeFlag
from circle15.study.analysis import analyse
from circle15.study.loading import check_city, load_city
from tests.towns.findings import finding_of
from tests.towns.link_town import joined, link_network, link_pack, link_xml, tags

# -- Ways nobody can walk yet, or any more ------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        "highway=footway construction=yes",
        "highway=footway proposed=yes",
        "highway=footway disused=yes",
        "highway=footway abandoned=yes",
        "highway=footway demolished=yes",
        "highway=footway razed=yes",
        "highway=construction construction=footway",
        "highway=proposed",
        "highway=disused",
        "disused:highway=footway",
        "razed:highway=footway",
        "construction:highway=footway",
        "highway=footway temporary:access=no",
        "highway=footway foot=no",
        "highway=footway access=no",
        "highway=footway opening_hours=closed",
        "highway=footway foot:conditional=no~@~(00:00-24:00)",
    ],
)
def test_a_way_that_is_not_in_use_is_left_out_and_its_metres_are_told(tmp_path, link):
    assert not joined(link_network(tmp_path, link_xml(link)))
    findings = check_city("town", data=link_pack(tmp_path / "data", link_xml(link))).findings
    codes = [found.code for found in findings if found.code in {"ways-not-in-use", "ways-denied"}]
    assert len(codes) == 1
    found = finding_of(findings, codes[0])
    assert "0.285 km" in found.message_en  # 0.003 degrees of longitude at 31.31 north: 285.0 m on the sphere
    assert "0.285千米" in found.message_zh
    assert found.remedy_zh


@pytest.mark.parametrize(
    "link",
    [
        "highway=service access=military",
        "highway=service access=emergency",
        "highway=footway indoor=yes",
        "highway=corridor indoor=yes level=-1",
        "highway=elevator",
        "highway=platform",
        "public_transport=platform",
        "railway=platform",
        "highway=residential foot=use_sidepath",
        "highway=footway disused:highway=residential",
    ],
)
def test_a_way_that_is_in_use_is_walked(tmp_path, link):
    assert joined(link_network(tmp_path, link_xml(link)))


@pytest.mark.parametrize(
    "link",
    [
        "highway=residential construction=minor",
        "highway=footway smoothness=impassable",
        "highway=service access=military",
    ],
)
def test_works_and_rough_ground_are_walked_and_told(tmp_path, link):
    check = check_city("town", data=link_pack(tmp_path, link_xml(link)))
    assert joined(check.city.network)
    assert link.split()[1] in finding_of(check.findings, "ways-walked-all-the-same").message_zh


def test_private_gates_are_told(tmp_path):
    text = link_xml("highway=footway", node="barrier=gate access=private locked=yes")
    found = finding_of(check_city("town", data=link_pack(tmp_path, text)).findings, "gates-private")
    assert found.message_en == "1 gate lets no strangers in: nobody passes 1 that are locked"
    assert found.message_zh == "有1处门禁不让外人通过：上锁的1处谁也不走"
    assert found.examples == ("node/9",)


@pytest.mark.parametrize("node", ["barrier=gate access=private", "barrier=gate access=private locked=yes"])
def test_a_gate_of_somebody_else_bars_and_its_opening_is_the_remedy(tmp_path, node):
    result = analyse(load_city("town", data=link_pack(tmp_path, link_xml("highway=footway", node=node))), draws=0)
    gap = result.attribution.frame.xs("W", level="community_id").iloc[0]
    assert (gap["cause"], gap["uncovered_gates"]) == ("gate", 0)
    assert gap["uncovered"] == gap["uncovered_visitor"] > 0
    policies = result.attribution.policies.xs("W", level="community_id").iloc[0]
    assert policies["open"] == 0
    assert policies["resident"] == policies["visitor"] == gap["uncovered"]


def test_a_public_gate_bars_nobody(tmp_path):
    text = link_xml("highway=footway", node="barrier=gate access=yes")
    result = analyse(load_city("town", data=link_pack(tmp_path, text)), draws=0)
    assert not len(result.attribution)
    assert (result.attribution.policies.to_numpy() == 0).all()


@pytest.mark.parametrize(("yard_m", "severity"), [(300, "note"), (1200, "warning")])
def test_what_hangs_behind_barred_nodes_is_told(tmp_path, yard_m, severity):
    """A yard behind a gate with access=no: a warning where it is as long as a piece that counts for itself."""
    nodes = {9: (120.6190, 31.3075), 10: (120.6190, 31.3075 - yard_m / 110_900)}
    text = link_xml(nodes=nodes, ways={30: ([7, 9, 10], tags("highway=service"))}, node_tags={9: tags("foot=no")})
    found = finding_of(check_city("town", data=link_pack(tmp_path, text)).findings, "nodes-barred")
    assert (found.count, found.severity, found.examples) == (1, severity, ("node/9",))
    assert "foot=no" in found.message_zh
    assert f"{'0.300' if yard_m == 300 else '1.2'} km" in found.message_en


# -- Moments ------------------------------------------------------------------------------------------

DAY = "highway=footway access=no foot:conditional=yes~@~(06:00-22:00)"
NIGHT = "highway=footway foot:conditional=no~@~(22:00-06:00)"
HOURS = "highway=footway opening_hours=06:00-22:00"
DENIED = "highway=footway foot=no foot:conditional=yes~@~(06:00-22:00)"
WEEKDAY = "highway=footway access:conditional=no~@~(Sa,Su)"
PRIVATE = "highway=footway access=private foot:conditional=yes~@~(Mo-Fr~08:00-18:00)"
MARKET = "highway=footway amenity=marketplace opening_hours=06:00-10:00"
LORRIES = "highway=footway access:conditional=no~@~(weight>3.5)"
LATER = "highway=footway foot:conditional=no~@~(00:00-24:00);yes~@~(06:00-22:00)"
BOTH = "highway=footway foot:conditional=no~@~(12:00-13:00) opening_hours=06:00-22:00"
UNREAD = "highway=footway access=no foot:conditional=yes~@~moonlight"


@pytest.mark.parametrize(
    ("link", "when", "open_then"),
    [
        (DAY, None, True),
        (DAY, "We 11:30", True),
        (DAY, "We 23:00", False),
        (DAY, "We 06:00", True),
        (DAY, "We 22:00", False),  # the minute of closing is closed
        (NIGHT, None, True),
        (NIGHT, "We 11:30", True),
        (NIGHT, "We 23:00", False),
        (NIGHT, "Th 05:59", False),
        (HOURS, None, True),
        (HOURS, "We 11:30", True),
        (HOURS, "We 23:00", False),
        (DENIED, None, True),
        (DENIED, "We 23:00", False),
        (WEEKDAY, None, True),
        (WEEKDAY, "Fr 11:30", True),
        (WEEKDAY, "Sa 11:30", False),
        (PRIVATE, "We 11:30", True),
        (MARKET, "We 23:00", True),  # the market's hours
        (LORRIES, "We 23:00", True),
        (LATER, "We 11:30", True),  # of two clauses the later one counts
        (LATER, "We 23:00", False),
        (BOTH, "We 12:30", False),
        (BOTH, "We 13:30", True),
        (BOTH, "We 23:00", False),
        (UNREAD, None, True),
        (UNREAD, "We 23:00", True),
        ("highway=footway access=no", "We 11:30", False),
    ],
)
def test_a_way_is_open_at_the_hours_it_names(tmp_path, link, when, open_then):
    assert joined(link_network(tmp_path, link_xml(link)).at(moment(when))) is open_then


@pytest.mark.parametrize(
    ("node", "when", "open_then"),
    [
        ("barrier=gate access=no foot:conditional=yes~@~(06:00-22:00)", None, True),
        ("barrier=gate access=no foot:conditional=yes~@~(06:00-22:00)", "We 23:00", False),
        ("barrier=gate opening_hours=06:00-22:00", None, True),
        ("barrier=gate opening_hours=06:00-22:00", "We 23:00", False),
        ("barrier=gate opening_hours=06:00-22:00", "We 11:30", True),
        ("barrier=gate opening_hours=closed", None, False),
        ("amenity=cafe opening_hours=06:00-22:00", "We 23:00", True),
    ],
)
def test_a_gate_is_open_at_the_hours_it_names(tmp_path, node, when, open_then):
    network = link_network(tmp_path, link_xml("highway=footway", node=node))
    assert joined(network.at(moment(when))) is open_then


def share(result, community):
    frame = result.coverage.frame.xs(15.0, level="cutoff_min").xs("clinic", level="service")
    return float(frame.loc[community, "population_share"])


@pytest.mark.parametrize(("link", "node"), [(HOURS, ""), ("highway=footway", "barrier=gate opening_hours=06:00-22:00")])
def test_an_analysis_walks_what_is_open_at_its_moment(tmp_path, link, node):
    city = load_city("town", data=link_pack(tmp_path, link_xml(link, node=node)))
    shares = {when: share(analyse(city, open_at=when), "W") for when in ("any", "We 11:30", "We 23:00")}
    assert shares == {"any": 1.0, "We 11:30": 1.0, "We 23:00": 0.0}


def test_what_is_shut_at_the_moment_is_told_once_and_drawn_closed(tmp_path):
    city = load_city("town", data=link_pack(tmp_path, link_xml(HOURS)))
    night = analyse(city, open_at="We 23:00")
    found = finding_of(night.findings, "ways-shut-then")
    assert (found.count, found.severity) == (1, "note")
    assert "23:00（周三）" in found.message_zh
    # 285.7 m on the ellipsoid
    assert "at We 23:00 nobody passes 1 street (0.286 km), shut by tags" in found.message_en
    assert not joined(night.network)
    assert joined(night.city.network)
    assert not [one for one in analyse(city, open_at="We 11:30").findings if one.code == "ways-shut-then"]
    assert share(analyse(night.city, open_at="any"), "W") == 1.0


@pytest.mark.parametrize(
    ("link", "node", "tag"),
    [
        (UNREAD, "", "foot:conditional=yes @ moonlight"),
        ("highway=footway foot:conditional=no~@~wet", "", "foot:conditional=no @ wet"),
        ("highway=footway opening_hours=by~appointment~2024", "", "opening_hours=by appointment 2024"),
        ("highway=footway foot:conditional=perhaps", "", "foot:conditional=perhaps"),
        ("highway=footway", "barrier=gate opening_hours=mornings", "opening_hours=mornings"),
    ],
)
def test_a_condition_that_cannot_be_read_is_told_and_open(tmp_path, link, node, tag):
    root = link_pack(tmp_path, link_xml(link, node=node))
    found = finding_of(check_city("town", data=root).findings, "ways-condition-unread")
    assert tag in found.message_zh
    assert tag in found.message_en
    assert share(analyse(load_city("town", data=root), open_at="We 23:00"), "W") == 1.0


# -- Areas --------------------------------------------------------------------------------------------

RING = {30: (120.6203, 31.3097), 31: (120.6227, 31.3097), 32: (120.6227, 31.3103), 33: (120.6203, 31.3103)}
AROUND = [1, 30, 31, 2, 32, 33, 1]


@pytest.mark.parametrize(
    "kind",
    ["pedestrian", "footway", "path", "service", "living_street", "unclassified", "residential", "steps", "cycleway",
     "track", "corridor", "platform", "elevator"],
)  # fmt: skip
def test_the_edge_of_every_walkable_area_is_walked(tmp_path, kind):
    ways = {40: (AROUND, tags(f"highway={kind} area=yes"))}
    assert joined(link_network(tmp_path, link_xml(nodes=RING, ways=ways)))


@pytest.mark.parametrize("kind", ["motorway", "bridleway", "construction"])
def test_the_edge_of_no_other_area_is(tmp_path, kind):
    ways = {40: (AROUND, tags(f"highway={kind} area=yes"))}
    assert not joined(link_network(tmp_path, link_xml(nodes=RING, ways=ways)))


@pytest.mark.parametrize("kind", ["highway=pedestrian", "highway=service area=yes", "public_transport=platform"])
def test_a_way_that_starts_at_the_inner_ring_of_a_square_is_reached_over_the_square(tmp_path, kind):
    inner = {50: (120.6212, 31.3099), 51: (120.6218, 31.3099), 52: (120.6218, 31.3101), 53: (120.6212, 31.3101)}
    ways = {
        40: ([1, 30, 31, 32, 33, 1], {}),
        41: ([50, 51, 52, 53, 50], {}),
        42: ([51, 2], tags("highway=footway")),
    }
    square = {60: ([("way", 40, "outer"), ("way", 41, "inner")], tags(f"type=multipolygon {kind}"))}
    network = link_network(tmp_path, link_xml(nodes={**RING, **inner}, ways=ways, relations=square))
    assert joined(network)


# -- Paths beside -------------------------------------------------------------------------------------


def test_a_road_with_a_path_beside_it_is_left_out_where_the_path_joins_both_ends(tmp_path):
    beside = {9: (120.6203, 31.3101), 10: (120.6227, 31.3101)}
    ways = {30: ([1, 9, 10, 2], tags("highway=footway"))}
    link = "highway=secondary foot=use_sidepath"
    alone = check_city("town", data=link_pack(tmp_path / "a", link_xml(link)))
    both = check_city("town", data=link_pack(tmp_path / "b", link_xml(link, nodes=beside, ways=ways)))
    assert joined(alone.city.network)
    assert joined(both.city.network)
    assert "0.285 km of streets send walkers" in finding_of(alone.findings, "ways-sidepath").message_en
    assert "0.285 km of streets send walkers" in finding_of(both.findings, "ways-beside").message_en
    # The link is gone, the path beside it is there: no street stands twice.
    assert both.city.network.n_edges == alone.city.network.n_edges
    (record,) = [one for one in both.files if one.role == "streets"]
    assert dict(record.dropped)["foot=use_sidepath"] == 1
    assert (record.rows_read, record.rows_used) == (5, 4)


def test_a_road_in_pieces_is_one_road_for_the_path_beside_it(tmp_path):
    nodes = {9: (120.6210, 31.310), 10: (120.6220, 31.310), 11: (120.6203, 31.3101), 12: (120.6227, 31.3101)}
    road = tags("highway=secondary foot=use_sidepath")
    ways = {
        20: ([1, 9], road),
        21: ([10, 9], {**road, "maxspeed": "30"}),
        22: ([10, 2], road),
        30: ([1, 11, 12, 2], tags("highway=footway")),
    }
    network = link_network(tmp_path, link_xml(nodes=nodes, ways=ways))
    assert joined(network)
    assert not network.has(EdgeFlag.SIDEPATH).any()


def test_a_ring_that_nothing_meets_stays(tmp_path):
    nodes = {9: (120.6210, 31.312), 10: (120.6220, 31.312), 11: (120.6215, 31.313)}
    ways = {20: ([9, 10, 11, 9], tags("highway=secondary foot=use_sidepath"))}
    assert link_network(tmp_path, link_xml(nodes=nodes, ways=ways)).has(EdgeFlag.SIDEPATH).sum() == 1


def test_a_path_that_joins_one_end_only_or_leads_far_round_takes_no_road_away(tmp_path):
    nodes = {9: (120.6203, 31.3101), 10: (120.6226, 31.3101)}
    ways = {30: ([1, 9, 10], tags("highway=footway"))}
    link = "highway=secondary foot=use_sidepath"
    assert joined(link_network(tmp_path, link_xml(link, nodes=nodes, ways=ways)))
    assert joined(link_network(tmp_path, link_xml(link)))  # the detour of 2.1 km joins both ends too


def test_a_drive_that_begins_on_a_road_keeps_it(tmp_path):
    nodes = {9: (120.6215, 31.310), 10: (120.6215, 31.3095), 11: (120.6203, 31.3101), 12: (120.6227, 31.3101)}
    ways = {
        20: ([1, 9, 2], tags("highway=secondary foot=use_sidepath")),
        30: ([1, 11, 12, 2], tags("highway=footway")),
        31: ([9, 10], tags("highway=service")),
    }
    network = link_network(tmp_path, link_xml(nodes=nodes, ways=ways))
    assert len(network.component_km) == 1  # 10 would stand alone
