"""Networks from and to OSMnx graphs and GeoDataFrames: nothing gets longer, lost or turned round on the way."""

from __future__ import annotations

import dataclasses
import math

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.catalog import way_classes
from circle15.errors import CrsError, DataQualityWarning, StreetsError
from circle15.model import EdgeFlag, NodeFlag, WalkNetwork
from circle15.network.build import build_network, canonical, edge_lines
from circle15.network.convert import from_geopandas, from_osmnx, to_geopandas, to_osmnx
from circle15.network.graph import walk_graph
from circle15.routing.reach import reach
from circle15.sources.osm.streets import read_streets
from tests.towns.lattice import CRS, X0, Y0, network, points

STREET = {"highway": "residential"}
LINE = shapely.LineString


def times(net: WalkNetwork) -> set[tuple[int, int, int]]:
    """Every arc of the walking graph, ends by their source ids: (from, to, milliseconds)."""
    graph = walk_graph(net, "elderly")
    to = np.repeat(np.arange(net.n_nodes), np.diff(graph.start))
    ids = net.node_id
    return set(zip(ids[graph.head].tolist(), ids[to].tolist(), graph.cost.tolist(), strict=True))


def edges(net: WalkNetwork) -> list[tuple[int, int, int, str, int, str]]:
    """Edges with the ids of their ends, low one first where both ways are open."""
    rows = []
    for e in range(net.n_edges):
        u, v = int(net.node_id[net.u[e]]), int(net.node_id[net.v[e]])
        ends = (u, v) if net.flags[e] & EdgeFlag.FORWARD_ONLY else (min(u, v), max(u, v))
        body = int(net.flags[e]) & (EdgeFlag.GATE_AT_U - 1)
        kind = way_classes()[net.way_class[e]].name
        rows.append((*ends, int(net.length_mm[e]), kind, body, net.names[net.name[e]]))
    return sorted(rows)


def assert_lines_fit(net: WalkNetwork) -> None:
    """Every line begins at the edge's u and ends at its v."""
    lines = edge_lines(net)
    for node, vertex in ((net.u, 0), (net.v, -1)):
        at = shapely.get_coordinates(shapely.get_point(lines, vertex))
        assert np.allclose(at, np.stack([net.x[node], net.y[node]], 1), atol=0.01)


# -- OSMnx graphs ----------------------------------------------------------------------------------

# A tiny town with everything that trips readers of graphs up:
#
#   1 --10-- 2 --10-- 3        10 a one-way street, 11 its way back beside it (parallel: a multigraph)
#   |        |        |        12 steps with a bridge, 13 a lane with a gate at 8
#   12      13        14       14 a moving stair down, 15 a loop from 6 through 9 and 10 home to 6
#   4 --16-- 5 --16-- 6 )15    17 the dead end 6-11, private; 18 and 19 make crossings of 3 and 4
NODES = {
    1: (120.620, 31.312), 2: (120.621, 31.312), 3: (120.622, 31.312),
    4: (120.620, 31.310), 5: (120.621, 31.310), 6: (120.622, 31.310),
    7: (120.6205, 31.3122), 8: (120.621, 31.311), 9: (120.6226, 31.3103), 10: (120.6226, 31.3097),
    11: (120.622, 31.308), 12: (120.623, 31.312), 13: (120.619, 31.310),
}  # fmt: skip
WAYS = {
    10: ([1, 2, 3], STREET | {"oneway": "yes", "name": "东街"}),
    11: ([2, 7, 1], STREET | {"oneway": "yes", "name": "西街"}),
    12: ([1, 4], {"highway": "steps", "bridge": "yes"}),
    13: ([2, 8, 5], {"highway": "footway"}),
    14: ([3, 6], {"highway": "steps", "conveying": "backward"}),
    15: ([6, 9, 10, 6], {"highway": "path"}),
    16: ([4, 5, 6], STREET),
    17: ([6, 11], {"highway": "service", "access": "private"}),
    18: ([3, 12], {"highway": "footway"}),
    19: ([13, 4], {"highway": "footway"}),
}
NODE_TAGS = {
    8: {"barrier": "gate"},
    5: {"highway": "traffic_signals"},
    2: {"highway": "crossing", "crossing": "traffic_signals"},
}


@pytest.fixture
def graph_file(osm_file):
    return osm_file(NODES, WAYS, node_tags=NODE_TAGS)


@pytest.fixture
def osmnx_graph(graph_file, monkeypatch):
    """Let OSMnx read the file as it stands, with the tags that bind walkers."""
    monkeypatch.setattr(ox.settings, "useful_tags_way", [*ox.settings.useful_tags_way, "conveying", "oneway:foot"])
    monkeypatch.setattr(ox.settings, "useful_tags_node", [*ox.settings.useful_tags_node, "barrier", "crossing"])

    def make(*, simplify: bool, bidirectional: bool = False) -> nx.MultiDiGraph:
        monkeypatch.setattr(ox.settings, "bidirectional_network_types", ["all"] if bidirectional else [])
        return ox.graph_from_xml(graph_file, simplify=simplify, retain_all=True, bidirectional=bidirectional)

    return make


def test_a_graph_that_osmnx_read_walks_as_the_file_does(osmnx_graph, graph_file):
    """OSMnx measures on a sphere, this project in the plane: the times agree to a few parts in a thousand."""
    ours = build_network(read_streets(graph_file), crs="EPSG:32651")
    theirs = from_osmnx(osmnx_graph(simplify=False), crs="EPSG:32651")
    by_ends = {(u, v): cost for u, v, cost in times(theirs)}
    # The file's own chains are merged: 2-7-1 is one edge of ours and two of theirs.
    for u, v, cost in times(ours):
        if (u, v) in by_ends:
            assert by_ends[u, v] == pytest.approx(cost, rel=0.005)
    assert (3, 6) not in {(u, v) for u, v, _ in times(ours)}
    assert (6, 3) in by_ends
    assert (3, 6) not in by_ends  # the stair moves from 6 to 3
    assert theirs.total_km == pytest.approx(ours.total_km, rel=0.005)
    assert_lines_fit(theirs)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("simplify", [False, True])
def test_each_street_once_however_the_graph_was_made(osmnx_graph, graph_file, simplify, bidirectional):
    net = from_osmnx(osmnx_graph(simplify=simplify, bidirectional=bidirectional))
    streets = read_streets(graph_file)
    assert net.total_km == pytest.approx(build_network(streets, crs=net.crs).total_km, rel=0.005)
    assert_lines_fit(net)
    stairs = np.flatnonzero(net.has(EdgeFlag.FORWARD_ONLY))
    assert net.node_id[net.u[stairs]].tolist() == [6]
    assert net.node_id[net.v[stairs]].tolist() == [3]
    assert net.has(EdgeFlag.PRIVATE).sum() == 1
    assert net.has(EdgeFlag.BRIDGE).sum() == 1


@pytest.mark.parametrize("simplify", [False, True])
def test_an_undirected_graph_walks_as_the_directed_one(osmnx_graph, simplify):
    graph = osmnx_graph(simplify=simplify, bidirectional=True)
    undirected = ox.convert.to_undirected(graph)
    one, other = from_osmnx(graph), from_osmnx(undirected)
    assert_lines_fit(other)
    assert [row[:4] for row in edges(other)] == [row[:4] for row in edges(one)]
    assert times(other) == times(one)


def test_a_projected_graph_keeps_its_system_and_its_lengths(osmnx_graph):
    graph = osmnx_graph(simplify=True)
    one, other = from_osmnx(graph), from_osmnx(ox.project_graph(graph))
    assert one.crs.to_epsg() == other.crs.to_epsg() == 32651
    assert edges(one) == edges(other)


def test_gates_and_signals_of_a_graph_stand_at_edge_ends(osmnx_graph):
    net = from_osmnx(osmnx_graph(simplify=False))
    at = {int(i): k for k, i in enumerate(net.node_id)}
    assert net.node_flags[at[8]] == NodeFlag.GATE
    assert net.node_flags[at[5]] == NodeFlag.SIGNAL
    gate = {
        (int(net.node_id[net.u[e]]), int(net.node_id[net.v[e]]))
        for e in np.flatnonzero(net.has(EdgeFlag.GATE_AT_U | EdgeFlag.GATE_AT_V))
    }
    assert {frozenset(ends) for ends in gate} == {frozenset((2, 8)), frozenset((8, 5))}
    # Who crosses at the signalled crossing 2 waits; who walks along the street past it does not.
    charged = np.flatnonzero(
        (net.has(EdgeFlag.SIGNAL_AT_U) & (net.u == at[2])) | (net.has(EdgeFlag.SIGNAL_AT_V) & (net.v == at[2]))
    )
    assert [way_classes()[net.way_class[e]].name for e in charged] == ["footway"]


def test_tags_that_osmnx_joined_to_lists_are_read_and_their_order_does_not_matter():
    nets = []
    for turn in (1, -1):
        graph = one_edge(
            highway=["residential", "footway"][::turn],
            name=["b", "a"][::turn],
            bridge=["yes", "viaduct"][::turn],
            osmid=[1, 2],
            length=1111.0,
        )
        nets.append(from_osmnx(graph))
    assert edges(nets[0]) == edges(nets[1])
    assert edges(nets[0])[0][2:] == (1_111_000, "footway", EdgeFlag.BRIDGE, "a")


def one_edge(crs="EPSG:4326", x=120.62, y=31.31, **attributes) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs=crs)
    graph.add_node(1, x=x, y=y)
    graph.add_node(2, x=120.63, y=31.31)
    graph.add_edge(1, 2, **attributes)
    return graph


def test_a_bare_graph_is_measured_and_walkable():
    net = from_osmnx(one_edge())
    # 0.01 degrees of longitude at 31.31 N: 0.01 x 111.32 km x cos = 952 m.
    assert net.length_m.tolist() == pytest.approx([952.2], abs=0.5)


def test_parallel_edges_self_loops_and_zero_lengths_are_kept():
    graph = one_edge(length=1000.0)  # the straight line is 952 m
    graph.add_node(3, x=120.63, y=31.31)
    graph.add_edge(1, 2, length=960.0)
    graph.add_edge(2, 1, length=1000.0)  # the twin of the first
    graph.add_edge(1, 1, length=28.0, geometry=LINE([(120.62, 31.31), (120.6201, 31.3101), (120.62, 31.31)]))
    graph.add_edge(2, 3, length=0.0)
    net = from_osmnx(graph)
    assert [row[:3] for row in edges(net)] == [(1, 1, 28_000), (1, 2, 960_000), (1, 2, 1_000_000), (2, 3, 0)]


BENT = LINE([(120.62, 31.31), (120.625, 31.312), (120.63, 31.31)])
OTHER = LINE([(120.62, 31.31), (120.625, 31.308), (120.63, 31.31)])
STAIR = {"highway": "steps", "oneway:foot": "yes", "length": 1200.0, "geometry": BENT}
# What is added to an edge from 1 to 2 along BENT, which edges are left, and how many are told.
AGAIN = [
    ([(2, 1, {"geometry": BENT.reverse()})], 1, 0),  # the twin: as OSMnx makes them
    ([(1, 2, {"geometry": BENT})], 1, 1),
    ([(2, 1, {"geometry": BENT.reverse()}), (2, 1, {"geometry": BENT.reverse()})], 1, 1),
    ([(1, 2, {"geometry": BENT})] * 2 + [(2, 1, {"geometry": BENT.reverse()})] * 3, 1, 2),
    ([(1, 2, {"geometry": BENT, "name": "弯街"})], 1, 1),
    ([(1, 2, {"geometry": OTHER}), (2, 1, {"geometry": OTHER.reverse()})], 2, 0),  # another street, as long
    ([(1, 2, {"geometry": BENT, "length": 1300.0})], 2, 0),
    ([(1, 2, {"geometry": BENT, "highway": "footway"})], 2, 0),  # a footway beside its road
    ([(1, 2, {"geometry": BENT, "oneway:foot": "yes"})], 2, 0),
]


@pytest.mark.parametrize(("added", "left", "told"), AGAIN)
@pytest.mark.parametrize("directed", [True, False])
def test_edges_that_stand_twice_count_once_and_are_told(added, left, told, directed):
    graph = one_edge()
    graph.remove_edge(1, 2)
    if not directed:  # every edge is one there, whichever way it was drawn
        graph, told = nx.MultiGraph(graph), len(added) + 1 - left
    for u, v, tags in [(1, 2, {"geometry": BENT}), *added]:
        graph.add_edge(u, v, **{"length": 1200.0, "highway": "residential"} | tags)
    if told:
        with pytest.warns(
            DataQualityWarning, match=rf"^{told} edges? of the graph stands? twice and counts? once\n图中有{told}条边"
        ):
            net = from_osmnx(graph)
    else:
        net = from_osmnx(graph)
    assert net.n_edges == left
    assert net.length_mm[0] == 1_200_000
    if any("name" in tags for *_, tags in added):
        assert net.names[net.name[0]] == "弯街"


@pytest.mark.parametrize(("more", "left", "told"), [([(1, 2)], 1, 1), ([(2, 1)], 2, 0)])
def test_a_one_way_walk_that_stands_twice_counts_once_and_its_way_back_is_another(more, left, told):
    graph = one_edge(**STAIR, reversed=False)
    for u, v in more:
        graph.add_edge(u, v, **STAIR | {"geometry": BENT if u < v else BENT.reverse()}, reversed=False)
    if told:
        with pytest.warns(DataQualityWarning, match="1 edge of the graph stands twice"):
            assert from_osmnx(graph).n_edges == left
    else:
        assert from_osmnx(graph).n_edges == left


def test_edges_without_a_length_may_stand_twice():
    graph = one_edge(length=1200.0)
    graph.add_node(3, x=120.63, y=31.31)
    for _ in range(2):
        graph.add_edge(2, 3, length=0.0)
    assert from_osmnx(graph).n_edges == 3


def test_a_line_drawn_against_its_edge_is_turned_round():
    bent = LINE([(120.63, 31.31), (120.625, 31.312), (120.62, 31.31)])  # from node 2 to node 1
    assert_lines_fit(from_osmnx(one_edge(geometry=bent)))
    assert_lines_fit(from_osmnx(one_edge(geometry=bent.reverse())))


def test_a_one_way_walk_beside_a_street_of_the_same_length_stays():
    graph = one_edge(length=1000.0, highway="footway", reversed=False)
    graph.add_edge(2, 1, length=1000.0, highway="footway", reversed=True)
    graph.add_edge(2, 1, length=1000.0, **{"highway": "footway", "oneway:foot": "yes", "reversed": False})
    assert [row[:2] for row in edges(from_osmnx(graph))] == [(1, 2), (2, 1)]


@pytest.mark.parametrize("turned", [False, True])
def test_of_both_directions_of_a_one_way_walk_the_drawn_one_counts(turned):
    # OSMnx draws 2 -> 1 (reversed: False) and adds 1 -> 2 (reversed: True); the -1 turns it round again.
    tags = {"highway": "steps", "oneway:foot": "-1" if turned else "yes", "length": 1000.0}
    graph = one_edge(**tags, reversed=True)
    graph.add_edge(2, 1, **tags, reversed=False)
    assert {ends[:2] for ends in times(from_osmnx(graph))} == ({(1, 2)} if turned else {(2, 1)})


def test_names_of_nodes_that_are_no_numbers_become_their_order():
    graph = nx.relabel_nodes(one_edge(), {1: "a", 2: 0})
    assert sorted(from_osmnx(graph).node_id.tolist()) == [0, 1]
    graph = nx.relabel_nodes(one_edge(), {1: np.int64(7), 2: 2**70})
    assert sorted(from_osmnx(graph).node_id.tolist()) == [0, 1]
    graph = nx.relabel_nodes(one_edge(), {1: np.int64(7), 2: 2**40})
    assert sorted(from_osmnx(graph).node_id.tolist()) == [7, 2**40]


@pytest.mark.parametrize(
    ("graph", "error", "says"),
    [
        (nx.MultiDiGraph(), CrsError, r"reference system; set graph\.graph\['crs'\]"),
        (nx.MultiDiGraph(crs="EPSG:4326"), StreetsError, "no walkable edge among the 0 edges"),
        (one_edge(highway="motorway"), StreetsError, "no walkable edge among the 1 edges"),
        (one_edge(crs="nonsense"), CrsError, "'nonsense' is not a reference system"),
        (one_edge(x=31.31, y=120.62), CrsError, "are x and y swapped"),
        (one_edge(x=560_000.0, y=3_465_000.0), CrsError, "no degrees"),
        (one_edge(x=float("nan")), StreetsError, "node 1 of the graph has no usable x"),
        (one_edge(x="east"), StreetsError, "x or y that is no number"),
        (one_edge(length="long"), StreetsError, "length 'long'"),
        (one_edge(length=-5.0), StreetsError, r"edge 1 - 2 has length -5\.0"),
        (one_edge(length=float("inf")), StreetsError, r"edge 1 - 2 has length inf"),
        (one_edge(geometry="LINESTRING (0 0, 1 1)"), StreetsError, "not a LineString.*load_graphml"),
        (one_edge(geometry=LINE()), StreetsError, "is empty"),
    ],
)
def test_a_graph_that_cannot_be_used(graph, error, says):
    with pytest.raises(error, match=says):
        from_osmnx(graph)


def test_a_node_without_place():
    graph = one_edge()
    del graph.nodes[2]["x"]
    with pytest.raises(StreetsError, match="has no 'x'"):
        from_osmnx(graph)


@pytest.mark.parametrize("length", [None, float("nan")])
def test_no_length_and_no_geometry_means_straight_and_measured(length):
    assert from_osmnx(one_edge(length=length, geometry=float("nan"))).length_m[0] == pytest.approx(952, abs=1)


# -- There and back again --------------------------------------------------------------------------


def test_to_networkx_and_back_is_the_same_network(graph_file):
    net = build_network(read_streets(graph_file), crs="EPSG:4549")
    back = from_osmnx(to_osmnx(net))
    for field in dataclasses.fields(WalkNetwork):
        mine, its = getattr(net, field.name), getattr(back, field.name)
        if field.name in {"names", "name"}:
            continue
        if isinstance(mine, np.ndarray):
            assert np.array_equal(mine, its), field.name
    assert edges(back) == edges(net)
    assert times(back) == times(net)


def test_the_graph_is_one_that_osmnx_works_with(graph_file):
    net = build_network(read_streets(graph_file), crs="EPSG:4549")
    graph = to_osmnx(net)
    nodes, lines = ox.graph_to_gdfs(graph)
    assert len(nodes) == net.n_nodes
    two_way = (~net.has(EdgeFlag.FORWARD_ONLY)).sum()
    assert len(lines) == net.n_edges + two_way
    assert ox.graph_from_gdfs(nodes, lines).number_of_edges() == len(lines)
    assert lines.crs == net.crs
    middle = net.x.mean(), net.y.mean()
    assert ox.nearest_edges(graph, *middle) is not None
    again = from_osmnx(ox.project_graph(graph, to_latlong=True), crs=net.crs)
    assert edges(again) == edges(net)


BODY = EdgeFlag.STEPS | EdgeFlag.BRIDGE | EdgeFlag.TUNNEL | EdgeFlag.PRIVATE | EdgeFlag.CROSSING | EdgeFlag.FORWARD_ONLY


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.integers(0, 5),
            st.sampled_from([0.0, 0.001, 40.0, 40.0, 99.999]),
            st.integers(0, int(BODY)),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_random_multigraphs_come_back_with_equal_lengths_and_walking_times(drawn):
    nodes = [(0, 0), (100, 0), (200, 30), (0, 100), (100, 110), (220, 100)]
    # No length is below the straight line.
    drawn = [(u, v, length + round(math.dist(nodes[u], nodes[v]), 3), flags) for u, v, length, flags in drawn]
    # Nor does one stand twice: that would count once, and be told.
    turned = [(*(ends if kind & EdgeFlag.FORWARD_ONLY else sorted(ends)), mm, kind) for *ends, mm, kind in drawn]
    drawn = list(dict(zip(turned, drawn, strict=True)).values())
    net = canonical(
        network(
            nodes, [(u, v) for u, v, _, _ in drawn],
            length_m=[length for *_, length, _ in drawn], flags=[flags for *_, flags in drawn],
        )
    )  # fmt: skip
    # Steps are a class and a flag in OSM; the lattice gives the flag to a street.
    back = from_osmnx(to_osmnx(net))
    assert sorted(back.length_mm.tolist()) == sorted(net.length_mm.tolist())
    assert times(back) == times(net)
    assert sorted((*row[:3], row[4]) for row in edges(back)) == sorted((*row[:3], row[4]) for row in edges(net))


def test_to_geopandas_and_back(graph_file):
    net = build_network(read_streets(graph_file), crs="EPSG:4549")
    nodes, lines = to_geopandas(net)
    assert nodes.index.name == "node"
    assert lines.index.name == "edge"
    assert nodes.loc[nodes["gate"], "osmid"].tolist() == [8]
    assert set(nodes.loc[nodes["signal"], "osmid"]) == {5, 2}
    assert lines["length_m"].tolist() == net.length_m.tolist()
    assert lines.length.to_numpy() == pytest.approx(net.length_m, abs=0.001)
    assert lines.loc[lines["bridge"], "highway"].tolist() == ["steps"]
    back = from_geopandas(lines)
    assert sorted(row[2:] for row in edges(back)) == sorted(row[2:] for row in edges(net))
    assert (back.n_nodes, back.n_edges) == (net.n_nodes, net.n_edges)


# Nodes in all combinations that tags make: a wall, a closed gate, private and locked gates, a crossing with signals.
BARRIERS = {
    2: {"barrier": "wall"}, 3: {"barrier": "gate", "access": "no"}, 4: {"barrier": "gate", "access": "private"},
    5: {"barrier": "gate", "locked": "yes"}, 6: {"highway": "crossing", "crossing": "traffic_signals"},
    7: {"highway": "traffic_signals", "barrier": "lift_gate"}, 8: {"access": "private"},
    9: {"highway": "crossing", "barrier": "gate", "foot": "no"},
}  # fmt: skip
BARRED, GATE, PRIVATE, LOCKED = NodeFlag.BARRED, NodeFlag.GATE, NodeFlag.PRIVATE, NodeFlag.LOCKED
BITS = {
    2: BARRED, 3: BARRED | GATE, 4: GATE | PRIVATE, 5: GATE | PRIVATE | LOCKED,
    6: NodeFlag.CROSSING | NodeFlag.SIGNAL, 7: GATE | NodeFlag.SIGNAL | NodeFlag.OPEN, 8: GATE | PRIVATE,
    9: BARRED | GATE | NodeFlag.CROSSING,
}  # fmt: skip


@pytest.fixture
def walled(osm_file):
    """A street past all of them, with side streets at the wall, a road beside a missing path, and a moving stair."""
    nodes = {k: (120.620 + 0.001 * k, 31.310) for k in range(1, 11)}
    nodes |= {12: (120.622, 31.311), 13: (120.622, 31.309), 14: (120.631, 31.310)}
    ways = {
        20: ([*range(1, 11)], STREET | {"name": "门街"}),
        21: ([12, 2], {"highway": "footway"}),
        22: ([2, 13], {"highway": "steps", "conveying": "forward"}),
        23: ([10, 14], {"highway": "tertiary", "foot": "use_sidepath"}),
    }
    return build_network(read_streets(osm_file(nodes, ways, node_tags=BARRIERS)), crs="EPSG:4549")


def assert_same(back: WalkNetwork, net: WalkNetwork, *, ids: bool) -> None:
    """All columns are equal; identifiers of nodes only where they travel."""
    assert sorted(edges(back)) == sorted(edges(net)) if ids else True
    for name in ("x", "y", "vertex"):
        np.testing.assert_allclose(getattr(back, name), getattr(net, name), atol=1e-6)
    for name in ("node_flags", "u", "v", "length_mm", "way_class", "flags", "vertex_start"):
        assert getattr(back, name).tolist() == getattr(net, name).tolist(), name
    assert [back.names[k] for k in back.name] == [net.names[k] for k in net.name]


def test_the_town_with_walls_has_them_all(walled):
    for node, bits in BITS.items():
        assert set(walled.node_flags[walled.node_id == node].tolist()) == {int(bits)}, node
    assert (walled.node_id == 2).sum() == 4  # the wall: a node for each way that ends there
    assert walled.has(EdgeFlag.SIDEPATH).sum() == 1
    assert walled.has(EdgeFlag.FORWARD_ONLY).sum() == 1


def test_walls_gates_and_paths_beside_roads_come_back_from_a_graph(walled):
    assert_same(from_osmnx(to_osmnx(walled)), walled, ids=True)


@pytest.mark.parametrize("written", ["geopackage", "graphml"])
def test_a_graph_goes_through_osmnx_own_files_and_back(walled, tmp_path, written):
    graph = to_osmnx(walled)
    if written == "graphml":
        ox.save_graphml(graph, tmp_path / "graph.graphml")
        back = ox.load_graphml(tmp_path / "graph.graphml")
        assert_same(from_osmnx(back), walled, ids=False)
        return
    ox.save_graph_geopackage(graph, tmp_path / "graph.gpkg", directed=True)
    layers = [gpd.read_file(tmp_path / "graph.gpkg", layer=layer) for layer in ("nodes", "edges")]
    nodes, lines = layers[0].set_index("osmid"), layers[1].set_index(["u", "v", "key"])
    assert len(nodes) == walled.n_nodes
    assert lines["length"].sum() == pytest.approx(sum(length for *_, length in graph.edges(data="length")))


def test_walls_gates_and_paths_beside_roads_come_back_from_frames(walled):
    nodes, lines = to_geopandas(walled)
    for name, flag in (("barred", BARRED), ("private", PRIVATE), ("locked", LOCKED), ("gate", GATE)):
        assert nodes[name].tolist() == ((walled.node_flags & np.uint8(flag)) > 0).tolist()
    assert lines["sidepath"].sum() == 1
    assert_same(from_geopandas(lines, nodes=nodes), walled, ids=False)
    degrees = from_geopandas(lines.to_crs("EPSG:4326"), nodes=nodes.to_crs("EPSG:4326"), crs=walled.crs)
    assert_same(degrees, walled, ids=False)


def test_nodes_of_ones_own_are_read_by_their_tags():
    # A street of 200 m, a wall at its middle vertex and a gate at its end; the third point lies on no vertex.
    street = frame([LINE([(0, 0), (100, 0), (200, 0)])])
    spots = [shapely.Point(X0 + x, Y0) for x in (100, 200, 150)]
    nodes = gpd.GeoDataFrame({"barrier": ["wall", "gate", "gate"]}, geometry=spots, crs="EPSG:4549")
    with pytest.warns(DataQualityWarning, match="1 of 3 gates, signals and barriers lies on no vertex"):
        net = from_geopandas(street, nodes=nodes)
    assert net.length_mm.tolist() == [100_000, 100_000]
    assert len(net.component_km) == 2  # nobody passes the wall
    assert sorted(net.node_flags.tolist()) == [0, int(GATE), int(BARRED), int(BARRED)]
    assert from_geopandas(street, nodes=nodes.iloc[:0]).n_edges == 1


@pytest.mark.parametrize(
    ("nodes", "error", "says"),
    [
        (gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]), CrsError, "no reference system"),
        (gpd.GeoDataFrame(geometry=[LINE([(0, 0), (1, 1)])], crs="EPSG:4549"), StreetsError, "LineString"),
        (gpd.GeoDataFrame(geometry=[None], crs="EPSG:4549"), StreetsError, "every row needs a point"),
    ],
)
def test_nodes_that_cannot_be_used(nodes, error, says):
    with pytest.raises(error, match=says):
        from_geopandas(frame([LINE([(0, 0), (100, 0)])]), nodes=nodes)


# -- GeoDataFrames ---------------------------------------------------------------------------------


def frame(lines, crs="EPSG:4549", **columns) -> gpd.GeoDataFrame:
    moved = [
        shapely.transform(line, lambda xy: xy + np.array([X0, Y0])) if crs == "EPSG:4549" else line for line in lines
    ]
    return gpd.GeoDataFrame(columns, geometry=moved, crs=crs)


def shape(net: WalkNetwork) -> list[tuple[int, int, int, int, float]]:
    """Edges by the places of their ends in whole metres, and their length."""
    x, y = np.rint(net.x - X0).astype(int), np.rint(net.y - Y0).astype(int)
    return sorted(
        (*sorted(((int(x[u]), int(y[u])), (int(x[v]), int(y[v])))), float(length))
        for u, v, length in zip(net.u, net.v, net.length_m, strict=True)
    )


def test_lines_meet_where_their_ends_do():
    net = from_geopandas(frame([LINE([(0, 0), (100, 0)]), LINE([(100, 50), (100, 0)])]))
    assert shape(net) == [((0, 0), (100, 0), 100.0), ((100, 0), (100, 50), 50.0)]
    assert net.n_nodes == 3
    assert_lines_fit(net)


@pytest.mark.parametrize("apart_mm", [0.0, 0.3, 0.999])
@pytest.mark.parametrize("at", [100.0, 100.0004, 100.0005, 100.0009])
def test_ends_within_a_millimetre_are_one_node(apart_mm, at):
    lines = [LINE([(0, 0), (at, 0)]), LINE([(at + apart_mm / 1000, 0), (200, 0)])]
    assert from_geopandas(frame(lines)).n_nodes == 3


@pytest.mark.parametrize("apart_mm", [1.5, 9.9])
def test_ends_within_a_centimetre_are_not_joined_and_warned_of(apart_mm):
    lines = [LINE([(0, 0), (100, 0)]), LINE([(100 + apart_mm / 1000, 0), (200, 0)])]
    with pytest.warns(DataQualityWarning, match=r"2 ends of street lines lie within 1 cm .*560100\.00 3465000\.00"):
        net = from_geopandas(frame(lines))
    assert net.n_nodes == 4


@pytest.mark.parametrize("apart_m", [0.011, 0.1])
def test_ends_farther_apart_are_two_nodes(apart_m):
    lines = [LINE([(0, 0), (100, 0)]), LINE([(100 + apart_m, 0), (200, 0)])]
    assert from_geopandas(frame(lines)).n_nodes == 4


def test_lines_that_cross_without_a_common_vertex_do_not_meet():
    net = from_geopandas(frame([LINE([(0, 0), (100, 0)]), LINE([(50, -50), (50, 50)])]))
    assert len(net.component_km) == 2


ROAD = LINE([(0, 0), (100, 0), (200, 0)])


@pytest.mark.parametrize(
    ("other", "pieces"),
    [
        (LINE([(100, -100), (100, 0), (100, 100)]), 4),  # cross at a vertex that both have
        (LINE([(100, 0), (100, 100)]), 3),  # an end on the other's vertex
        (LINE([(100.0008, 0), (100, 100)]), 3),  # within a millimetre of it
        (LINE([(100, 0), (150, 50), (200, 0)]), 3),  # and back to its end
        (shapely.MultiLineString([[(100, 0), (100, 60)], [(100, -60), (100, 0)]]), 4),
    ],
)
def test_lines_meet_at_a_vertex_that_they_share(other, pieces):
    net = from_geopandas(frame([ROAD, other], name=["a", "b"], length_m=[220.0, None]))
    assert len(net.component_km) == 1
    assert net.n_edges == pieces
    assert_lines_fit(net)
    on_road = [net.names[k] == "a" for k in net.name]
    assert net.length_m[on_road].tolist() == [110.0, 110.0]  # a given length is shared out


@pytest.mark.parametrize(
    ("tags", "joined"),
    [
        ({"bridge": ["yes", None]}, False),
        ({"tunnel": [None, True]}, False),
        ({"layer": [1, None]}, False),
        ({"level": ["0;1", "1"]}, True),
        ({"bridge": ["yes", "yes"]}, True),
    ],
)
def test_lines_on_two_storeys_run_over_each_other(tags, joined):
    other = LINE([(100, -100), (100, 0), (100, 100)])
    assert len(from_geopandas(frame([ROAD, other], **tags)).component_km) == (1 if joined else 2)


def test_a_ramp_that_ends_on_a_bridge_meets_it():
    assert len(from_geopandas(frame([ROAD, LINE([(100, 0), (100, 9)])], bridge=["yes", None])).component_km) == 1


def test_a_line_that_comes_back_to_its_own_vertex_meets_itself():
    eight = LINE([(0, 0), (100, 0), (150, 50), (100, 100), (100, 0), (100, -50)])
    net = from_geopandas(frame([eight]))
    assert sorted(round(length) for length in net.length_m) == [50, 100, 241]  # 2 x 70.7 + 100 round


def test_an_end_on_the_middle_of_a_line_is_told_with_its_place():
    with pytest.warns(DataQualityWarning, match=r"1 end of street lines .*first.*560100\.00 3465000\.00.*snap"):
        net = from_geopandas(frame([LINE([(0, 0), (200, 0)]), LINE([(100, 0.005), (100, 100)])]))
    assert len(net.component_km) == 2


def test_lines_that_stand_twice_count_once_and_are_told():
    lines = [ROAD, ROAD.reverse(), LINE([(100, 0), (200, 0)])]
    with pytest.warns(DataQualityWarning, match="3 stretches of street lines, 300 m, stand twice"):
        net = from_geopandas(frame(lines))
    assert net.length_m.sum() == 200
    kinds = frame([ROAD, ROAD], highway=["footway", "residential"])
    assert from_geopandas(kinds).length_m.sum() == 400  # a footway beside its road is no double


def test_multilines_are_taken_apart_and_share_their_length():
    many = shapely.MultiLineString([[(0, 0), (0, 50)], [(0, 50), (0, 150)]])
    net = from_geopandas(frame([many], length_m=[300.0], name=["长巷"]))
    assert shape(net) == [((0, 0), (0, 50), 100.0), ((0, 50), (0, 150), 200.0)]
    assert [row[-1] for row in edges(net)] == ["长巷", "长巷"]
    assert shape(from_geopandas(frame([many]))) == [((0, 0), (0, 50), 50.0), ((0, 50), (0, 150), 100.0)]


def test_zero_length_lines_do_no_harm():
    point = LINE([(0, 0), (0, 0)])
    net = from_geopandas(frame([point, LINE([(0, 0), (100, 0)]), shapely.MultiLineString([point, point])]))
    assert sorted(net.length_m.tolist()) == [0, 0, 0, 100]
    assert net.n_nodes == 2


def test_a_ring_is_a_self_loop_with_its_length():
    ring = LINE([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    assert shape(from_geopandas(frame([ring]))) == [((0, 0), (0, 0), 400.0)]


def test_three_dimensions_become_two():
    assert shape(from_geopandas(frame([LINE([(0, 0, 5), (30, 40, 90)])]))) == [((0, 0), (30, 40), 50.0)]


def test_degrees_go_to_their_utm_zone():
    net = from_geopandas(frame([LINE([(120.62, 31.31), (120.63, 31.31)])], crs="EPSG:4326"))
    assert net.crs.to_epsg() == 32651
    assert net.total_km == pytest.approx(0.952, abs=0.001)


def test_web_mercator_and_feet_are_not_taken_for_metres():
    degrees = frame([LINE([(120.62, 31.31), (120.63, 31.31)])], crs="EPSG:4326")
    assert from_geopandas(degrees.to_crs(3857)).total_km == pytest.approx(0.952, abs=0.001)
    thousand_feet = frame([LINE([(985_000, 200_000), (986_000, 200_000)])], crs="EPSG:2263")
    assert from_geopandas(thousand_feet).total_km == pytest.approx(0.3048, abs=0.0005)
    with pytest.raises(CrsError, match="does not count in metres"):
        from_geopandas(degrees, crs=2263)


def test_the_system_asked_for_is_used():
    degrees = frame([LINE([(120.62, 31.31), (120.63, 31.31)])], crs="EPSG:4326")
    assert from_geopandas(degrees, crs="EPSG:4549").crs.to_epsg() == 4549
    for crs in (4326, "nonsense"):
        with pytest.raises(CrsError):
            from_geopandas(degrees, crs=crs)


def test_tags_and_gaps_in_columns():
    lines = [LINE([(0, k), (k, k)]) for k in (10, 20, 30, 40, 50, 60)]
    streets = frame(
        lines,
        highway=["steps", None, float("nan"), "motorway", "footway", "service"],
        bridge=["yes", None, False, None, "no", True],
        foot=[None, None, None, None, None, "no"],
        name=["a", None, float("nan"), "d", "NA", "f"],
    )
    net = from_geopandas(streets)
    by_length = {row[2]: row[3:] for row in edges(net)}
    assert by_length == {
        10_000: ("steps", EdgeFlag.STEPS | EdgeFlag.BRIDGE, "a"),
        20_000: ("unclassified", 0, ""),
        30_000: ("unclassified", 0, ""),
        50_000: ("footway", 0, "NA"),
    }


def test_a_one_way_walk_runs_along_its_line_and_minus_one_against_it():
    lines = frame(
        [LINE([(0, 0), (100, 0)]), LINE([(0, 0), (0, 100)])],
        **{"highway": ["steps", "footway"], "conveying": ["forward", None], "oneway:foot": [None, "-1"]},
    )
    net = from_geopandas(lines)
    place = [(round(x - X0), round(y - Y0)) for x, y in zip(net.x, net.y, strict=True)]
    assert {(place[u], place[v]) for u, v in zip(net.u, net.v, strict=True)} == {((0, 0), (100, 0)), ((0, 100), (0, 0))}
    assert_lines_fit(net)


def test_the_walk_over_a_frame_is_the_walk_over_the_lattice():
    net = from_geopandas(frame([LINE([(0, 0), (100, 0)]), LINE([(100, 0), (100, 80)])]))
    table = reach(net, points([(10, 0)]), points([(100, 70)], name="facility_id", prefix="f"), profile="adult")
    # 90 m and 70 m at 1.25 m/s: 128 s
    assert table.cost_ms.tolist() == [128_000]


def test_the_caller_s_frame_is_left_as_it_was():
    lines = frame([LINE([(0, 0), (100, 0)])], name=["a"], length_m=[105.0])
    before = lines.copy(deep=True)
    from_geopandas(lines)
    assert lines.equals(before)
    assert lines.crs == before.crs


good = LINE([(0, 0), (0, 50)])


@pytest.mark.parametrize(
    ("lines", "error", "says"),
    [
        (frame([good]).iloc[:0], StreetsError, "no walkable line among the 0 rows"),
        (frame([good], highway=["motorway"]), StreetsError, "no walkable line among the 1 rows"),
        (frame([good]).set_crs(None, allow_override=True), CrsError, "no reference system.*set_crs"),
        (
            frame([good, None][:1]).set_geometry([None]).set_crs(CRS),
            StreetsError,
            "row 0 has no usable line .found: noth",
        ),
        (frame([good, LINE()], crs="EPSG:32651"), StreetsError, "row 1 has no usable line .found: LINESTRING EMPTY"),
        (frame([good, shapely.MultiLineString()], crs="EPSG:32651"), StreetsError, "row 1 has no usable line"),
        (frame([shapely.box(0, 0, 1, 1), good]), StreetsError, r"row 0 has no usable line .found: POLYGON.*1 such"),
        (frame([good], length_m=["far"]), StreetsError, "row 0, column 'length_m', value 'far'"),
        (frame([good, good], length_m=[5.0, -1.0]), StreetsError, r"row 1, column 'length_m', value -1\.0"),
        (frame([good], length_m=[float("inf")]), StreetsError, "value inf"),
        (frame([LINE([(31.31, 120.62), (31.32, 120.62)])], crs="EPSG:4326"), CrsError, "are x and y swapped"),
        (frame([LINE([(560_000, 3_465_000), (560_100, 3_465_000)])], crs="EPSG:4326"), CrsError, "no degrees"),
    ],
)
def test_a_frame_that_cannot_be_used(lines, error, says):
    with pytest.raises(error, match=says):
        from_geopandas(lines)


def test_a_line_with_a_vertex_nowhere():
    with np.errstate(invalid="ignore"):
        lines = frame([good, shapely.transform(good, lambda xy: np.where(xy == 50, np.nan, xy))])
    with pytest.raises(StreetsError, match="row 1 has no usable line"):
        from_geopandas(lines)


def test_swapped_axes_are_told_also_where_a_system_is_asked_for():
    lines = frame([LINE([(31.31, 120.62), (31.32, 120.62)])], crs="EPSG:4326")
    with pytest.raises(CrsError, match="swapped"):
        from_geopandas(lines, crs=4549)


def test_the_order_and_direction_of_rows_do_not_matter():
    lines = [LINE([(0, 0), (100, 0)]), LINE([(100, 0), (100, 80)]), LINE([(100, 80), (0, 0)])]
    one = from_geopandas(frame(lines))
    other = from_geopandas(frame([line.reverse() for line in lines[::-1]]))
    assert np.array_equal(one.u, other.u)
    assert np.array_equal(one.length_mm, other.length_mm)
    assert np.allclose(one.vertex, other.vertex)


# -- Lengths that cannot be ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metres", "says"),
    [
        (952.2, ""),
        (935.0, ""),  # a sphere, a plane: 2 % and a metre
        (930.0, r"edge 1 - 2 has length 930\.0, less than the 952\.\d m of the straight line"),
        (0.9522, r"edge 1 - 2 has length 0\.9522, less than .*not kilometres"),
        (0.0, "less than"),
        (952.2 / 0.3048, r"edge 1 - 2 has length 3124\.0\d+ where its line is 952\.\d m: lengths seem to be feet"),
        (3000.0, ""),  # somebody's detour that nobody drew
        (952.2 * 19.9, ""),
        (952.2 * 20.2, r"edge 1 - 2 has length 19234\.\d+, more than 20 times the 952\.\d m of its line"),
    ],
)
def test_lengths_are_compared_with_the_ground(metres, says):
    graph = one_edge(length=metres)
    graph.add_edge(2, 1, length=metres)
    lines = gpd.GeoDataFrame({"length_m": [metres]}, geometry=[LINE([(120.62, 31.31), (120.63, 31.31)])], crs=4326)
    for make, named in ((lambda: from_osmnx(graph), "edge 1 - 2"), (lambda: from_geopandas(lines), "row 0")):
        if says:
            with pytest.raises(StreetsError, match=says.replace("edge 1 - 2", named)) as told:
                make()
            assert "米" in told.value.zh
        else:
            assert make().length_m.tolist() == pytest.approx([metres])


def test_a_line_that_winds_may_be_much_longer_than_the_straight_one():
    spiral = LINE([(0, 0), *((50 * np.cos(a) * a, 50 * np.sin(a) * a) for a in np.arange(0.5, 12, 0.1)), (1, 0)])
    assert from_geopandas(frame([spiral], length_m=[spiral.length])).n_edges == 1


def test_one_wrong_edge_of_many_is_named_with_their_number():
    rows = [LINE([(0, k), (100, k)]) for k in (0, 10, 20, 30)]
    with pytest.raises(StreetsError, match=r"row 'c' has length 1\.0, less than the 100\.0 m .*\(2 such edges\)"):
        from_geopandas(frame(rows, length_m=[100.0, 100.0, 1.0, 1.0]).set_axis(list("abcd")))
