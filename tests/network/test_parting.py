"""Nodes that nobody passes: streets end there, each for itself, and everything else stays as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circle15.errors import StreetsError
from circle15.model import EdgeFlag, NodeFlag
from circle15.network.build import build_network, canonical, merge_chains
from circle15.network.convert import from_osmnx, to_osmnx
from circle15.network.cut_off import behind_barred
from circle15.network.parting import barred_nodes
from circle15.sources.osm.streets import read_streets
from tests.towns.link_town import NODES, WAYS, joined, link_network, link_xml, tags, walk_m
from tests.towns.pack_files import osm_xml

FOOTWAY = "highway=footway"


@pytest.mark.parametrize(
    "node",
    [
        "barrier=gate foot=no",
        "barrier=gate access=no",
        "barrier=yes access=no",
        "barrier=wall",
        "barrier=fence",
        "barrier=hedge",
        "barrier=city_wall",
        "foot=no",
        "access=no",
        "highway=elevator access=no",
    ],
)
def test_a_node_that_bars_cuts_the_way_there(tmp_path, node):
    network = link_network(tmp_path, link_xml(FOOTWAY, node=node))
    assert not joined(network)
    assert walk_m(network, 1, 9) == walk_m(network, 9, 2) == pytest.approx(143, abs=1)  # both parts stay as streets
    assert network.total_km == pytest.approx(link_network(tmp_path, link_xml(FOOTWAY)).total_km, abs=1e-5)
    assert (network.node_id[barred_nodes(network)] == 9).sum() == 2
    assert not behind_barred(network).any()  # the detour joins them


@pytest.mark.parametrize(
    "node",
    [
        "barrier=gate access=no foot=yes",
        "barrier=wall foot=yes",
        "barrier=bollard",
        "barrier=gate motor_vehicle=no",
        "barrier=gate",
        "highway=crossing foot=no bicycle=yes",
        "amenity=parking_entrance access=no",
        "barrier=gate access=private",  # whose gate it is, is asked by who walks
        "barrier=gate access=private locked=yes",
        "barrier=gate foot=no foot:conditional=yes~@~(06:00-22:00)",
        "barrier=gate access=no foot:conditional=yes~@~moonlight",  # unknown, and so open
    ],
)
def test_a_node_that_lets_walkers_through_cuts_nothing(tmp_path, node):
    network = link_network(tmp_path, link_xml(FOOTWAY, node=node))
    assert joined(network)
    assert not barred_nodes(network).any()


def test_a_private_gate_is_flagged_on_its_node(tmp_path):
    network = link_network(tmp_path, link_xml(FOOTWAY, node="barrier=gate access=private locked=yes"))
    (flags,) = network.node_flags[network.node_id == 9]
    assert flags == NodeFlag.GATE | NodeFlag.PRIVATE | NodeFlag.LOCKED


def test_ways_that_cross_at_a_barred_node_are_barred_both(tmp_path):
    crossing = {10: (120.6215, 31.3110), 11: (120.6215, 31.3090)}
    ways = {30: ([10, 9, 11], tags(FOOTWAY))}
    network = link_network(tmp_path, link_xml(FOOTWAY, node="barrier=fence", nodes=crossing, ways=ways))
    assert not joined(network)
    assert (network.node_id == 9).sum() == 4
    assert np.isinf(walk_m(network, 10, 11))
    assert walk_m(network, 10, 9) == pytest.approx(111, abs=1)


def test_what_hangs_behind_a_barred_node_is_measured(tmp_path):
    yard = {10: (120.6182, 31.310), 11: (120.6175, 31.310)}
    ways = {30: ([5, 10, 11], tags("highway=service"))}
    text = link_xml(FOOTWAY, nodes=yard, ways=ways, node_tags={10: tags("barrier=gate access=no")})
    network = link_network(tmp_path, text)
    # 0.0007 degrees of longitude at 31.31 north: 66.6 m on the ground; the 76 m before the gate are not behind it.
    assert network.length_m[behind_barred(network)].sum() == pytest.approx(66.6, abs=0.2)


def test_the_order_of_the_file_does_not_matter(tmp_path):
    crossing = {10: (120.6215, 31.3110), 11: (120.6215, 31.3090)}
    ways = {
        **WAYS,
        20: ([1, 9, 2], tags(FOOTWAY)),
        30: ([10, 9, 11], tags(FOOTWAY)),
        31: ([9, 1], tags("highway=path")),
    }
    nodes = {**NODES, **crossing, 9: (120.6215, 31.310)}
    built = []
    for place, order in enumerate((sorted(ways), sorted(ways, reverse=True))):
        turned = {way: (ways[way][0][:: -1 if place else 1], ways[way][1]) for way in order}
        text = osm_xml(nodes, turned, node_tags={9: tags("barrier=wall")})
        built.append(link_network(tmp_path, text))
    one, other = built
    for column in ("node_id", "x", "u", "v", "length_mm", "flags", "vertex"):
        assert np.array_equal(getattr(one, column), getattr(other, column)), column


def test_a_network_with_barred_nodes_stays_as_it_is_when_it_is_ordered_or_merged_again(tmp_path):
    network = link_network(tmp_path, link_xml(FOOTWAY, node="barrier=wall"))
    for again in (canonical(network), merge_chains(network)):
        assert np.array_equal(again.u, network.u)
        assert np.array_equal(again.node_id, network.node_id)


def test_a_barred_node_survives_the_way_through_osmnx(tmp_path):
    network = link_network(tmp_path, link_xml(FOOTWAY, node="barrier=wall"))
    back = from_osmnx(to_osmnx(network), crs=network.crs)
    assert sorted(back.node_id.tolist()) == sorted(network.node_id.tolist())
    assert not joined(back)
    assert walk_m(back, 1, 9) == walk_m(network, 1, 9)


def test_every_node_of_a_file_barred_is_refused(tmp_path):
    path = tmp_path / "s.osm"
    path.write_text(osm_xml(NODES, WAYS, node_tags={node: tags("access=no") for node in NODES}), encoding="utf-8")
    streets = read_streets(path)
    with pytest.raises(StreetsError, match=r"every one of 8 nodes lets nobody pass.*check the tags") as caught:
        build_network(streets, crs="EPSG:4549")
    assert "全部按标签不让人通过" in caught.value.zh


def test_all_but_one_node_barred_is_no_refusal(tmp_path):
    text = osm_xml(NODES, WAYS, node_tags={node: tags("access=no") for node in NODES if node != 5})
    network = link_network(tmp_path, text)
    assert walk_m(network, 7, 1) == pytest.approx(262, abs=1)  # through 5
    assert not joined(network)


def test_a_ring_through_a_barred_node_opens_there(tmp_path):
    ring = {10: (120.6175, 31.310), 11: (120.6175, 31.311)}
    ways = {30: ([5, 10, 11, 5], tags(FOOTWAY))}
    network = link_network(tmp_path, link_xml(FOOTWAY, nodes=ring, ways=ways, node_tags={10: tags("foot=no")}))
    assert (network.u != network.v).all()
    assert (network.node_id == 10).sum() == 2


def test_parting_keeps_edges_and_marks(tmp_path):
    network = link_network(tmp_path, link_xml(FOOTWAY, node="barrier=gate"))
    parted = network.parted(network.node_id == 9)
    assert not joined(parted)
    for column in ("length_mm", "flags", "vertex", "way_class", "name"):
        assert np.array_equal(getattr(parted, column), getattr(network, column))
    assert parted.node_flags[-1] == NodeFlag.GATE
    assert network.parted(np.zeros(network.n_nodes, dtype=bool)) is network
    closed = replace(parted, flags=parted.flags | np.uint16(EdgeFlag.CLOSED))
    assert np.isinf(walk_m(closed))
