"""Two banks, W and E, 300 m apart, joined by a detour of 2.1 km and by one link whose tags are in question.

::

    3 ------------ 4
    |              |      1 to 2 by way of 3 and 4: 890 + 286 + 890 m
    1 --- link --- 2      1 to 2 straight: 286 m
    5              6
    7              8      home at 7, facility at 8

Elderly walkers come 810 m in 15 minutes: W is covered exactly when the link is walked.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from circle15.model import EdgeFlag, WalkNetwork
from circle15.network.build import build_network
from circle15.sources.osm.streets import read_streets
from tests.towns.pack_files import HEADER, feature, geojson, osm_xml, rectangle, write_csv

NODES = {
    1: (120.620, 31.310), 2: (120.623, 31.310), 3: (120.620, 31.318), 4: (120.623, 31.318),
    5: (120.6190, 31.310), 6: (120.6240, 31.310), 7: (120.6190, 31.3085), 8: (120.6240, 31.3085),
}  # fmt: skip
STREET = {"highway": "residential"}
WAYS: dict[int, tuple[list[int], Mapping[str, str]]] = {
    10: ([1, 3, 4, 2], STREET),
    11: ([7, 5, 1], STREET),
    12: ([2, 6, 8], STREET),
}
MIDDLE = {9: (120.6215, 31.310)}


def tags(text: str) -> dict[str, str]:
    """Tags written as ``highway=footway access=no``; ``~`` stands for a space."""
    return {key: value.replace("~", " ") for key, _, value in (part.partition("=") for part in text.split())}


def link_xml(link: str = "", *, nodes: Any = None, ways: Any = None, node: str = "", **more: Any) -> str:
    """The town as OSM XML: with a link of these tags, through node 9 with the tags of ``node`` if there are any."""
    refs = [1, 9, 2] if node else [1, 2]
    linked = {20: (refs, tags(link))} if link else {}
    middle, told = (MIDDLE, {"node_tags": {9: tags(node)}}) if node else ({}, {})
    return osm_xml({**NODES, **middle, **(nodes or {})}, {**WAYS, **linked, **(ways or {})}, **{**told, **more})


def link_network(folder: Path, text: str) -> WalkNetwork:
    """The walking network of a town's text."""
    path = folder / "streets.osm"
    path.write_text(text, encoding="utf-8")
    return build_network(read_streets(path), crs="EPSG:4549")


def walk_m(network: WalkNetwork, start: int = 7, end: int = 8) -> float:
    """Metres of the shortest walk between two nodes of the source over edges that are not closed, infinite without one.

    A plain search over nodes: no positions, no costs.
    """
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(network.n_nodes))
    for u, v, metres, closed in zip(network.u, network.v, network.length_m, network.has(EdgeFlag.CLOSED), strict=True):
        if not closed:
            graph.add_edge(int(u), int(v), weight=float(metres))
    here, there = (np.flatnonzero(network.node_id == node) for node in (start, end))
    found = nx.multi_source_dijkstra_path_length(graph, set(here.tolist()))
    return min(found.get(node, np.inf) for node in there.tolist())


def joined(network: WalkNetwork) -> bool:
    """Whether home 7 and facility 8 are near each other: by the link 286 m and twice 262 m, by the detour 2.6 km."""
    return walk_m(network) <= 1000


def link_pack(root: Path, text: str) -> Path:
    """The town as a pack ``town`` below ``root``: communities W and E, a clinic on E that never closes."""
    folder = root / "town"
    folder.mkdir(parents=True)
    (folder / "city.toml").write_text(_CITY, encoding="utf-8")
    (folder / "streets.osm").write_text(text, encoding="utf-8")
    boxes = {"W": (120.6190, 31.3086, 120.6199, 31.3106), "E": (120.6231, 31.3086, 120.6240, 31.3106)}
    people = {"population": 1000, "pop_60plus": 200}
    layer = [feature(rectangle(*box), community_id=key, name=f"社区{key}", **people) for key, box in boxes.items()]
    (folder / "communities.geojson").write_text(geojson(layer), encoding="utf-8")
    site = ("f1", "一站", "clinic", "120.6236", "31.3101", "00:00-24:00")
    write_csv(folder / "facilities.csv", [site], [*HEADER, "opening_hours"])
    return root


_CITY = """\
name = "试"
name_en = "T"
crs = "EPSG:4549"
norms = ["project-defaults"]
[settings]
draws = 0
[network]
files = ["streets.osm"]
[[facilities]]
file = "facilities.csv"
datum = "wgs84"
services = ["clinic"]
[communities]
file = "communities.geojson"
"""
