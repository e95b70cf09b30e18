"""Files of a tiny city pack, and tiny OSM and GeoJSON texts."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

Tags = Mapping[str, str]
# The pack's town, 0.001 degrees between the letters: about 111 m up, 95 m across. Two communities,
# "west" over A, B, D, E and "east" over B, C, E, F.       D---E---F
#                                                          |   |   |
#                                                          A---B---C
TOWN_NODES = {1: (120.620, 31.310), 2: (120.621, 31.310), 3: (120.622, 31.310),
              4: (120.620, 31.311), 5: (120.621, 31.311), 6: (120.622, 31.311)}  # fmt: skip
TOWN_WAYS = {
    10: ([1, 2, 3], {"highway": "residential", "name": "平江路"}),
    11: ([4, 5, 6], {"highway": "residential"}),
    12: ([1, 4], {"highway": "footway"}),
    13: ([2, 5], {"highway": "footway"}),
    14: ([3, 6], {"highway": "footway"}),
}
CITY_TOML = """\
name = "试城"
name_en = "Tryton"
crs = "EPSG:4549"
{settings}
[network]
files = ["streets.osm"]

[[facilities]]
file = "facilities.csv"
datum = "wgs84"
services = ["meal_point", "clinic"]

[communities]
file = "communities.geojson"
{more}
"""
HEADER = ("facility_id", "name", "services", "lon", "lat")
SITES = (
    ("f1", "食堂", "meal_point", "120.6201", "31.3101"),
    ("f2", "卫生站", "clinic;meal_point", "120.6219", "31.3101"),
)


def quick(toml: str) -> str:
    """A ``city.toml`` with one small book and few draws where it names none: most tests are about neither."""
    if not re.search(r"^norms\b", toml, re.MULTILINE):
        toml = f'norms = ["project-defaults"]\n{toml}'
    if not re.search(r"^draws\b", toml, re.MULTILINE):
        head = "[settings]\n"
        toml = toml.replace(head, f"{head}draws = 3\n") if head in toml else f"{toml}\n{head}draws = 3\n"
    return toml


def _tag_lines(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v, {chr(10): '&#10;'})}/>" for k, v in tags.items())


def osm_xml(
    nodes: Mapping[int, tuple[float, float]],
    ways: Mapping[int, tuple[list[int], Tags]],
    *,
    node_tags: Mapping[int, Tags] | None = None,
    relations: Mapping[int, tuple[list[tuple[str, int, str]], Tags]] | None = None,
) -> str:
    """An OSM file as text: nodes ``{id: (lon, lat)}``, ways ``{id: (refs, tags)}``, relations with members."""
    lines = [
        f'<node id="{n}" lon="{lon}" lat="{lat}">{_tag_lines((node_tags or {}).get(n, {}))}</node>'
        for n, (lon, lat) in nodes.items()
    ]
    for way, (refs, tags) in ways.items():
        refs_text = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{way}">{refs_text}{_tag_lines(tags)}</way>')
    for relation, (members, tags) in (relations or {}).items():
        inside = "".join(f'<member type="{t}" ref="{ref}" role={quoteattr(role)}/>' for t, ref, role in members)
        lines.append(f'<relation id="{relation}">{inside}{_tag_lines(tags)}</relation>')
    return '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n' + "\n".join(lines) + "\n</osm>\n"


def rectangle(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """A GeoJSON polygon."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(geometry: dict[str, Any] | None, **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def community(key: str, west: float, east: float, people: Any = 1000, elders: Any = 200, **more: Any) -> dict[str, Any]:
    """A community between two meridians of the town."""
    shape = rectangle(west, 31.3099, east, 31.3111)
    columns = {"community_id": key, "name": key, "population": people, "pop_60plus": elders, "rural": "城市"}
    return feature(shape, **(columns | more))


def town_communities() -> list[dict[str, Any]]:
    """West and east, a thousand people each."""
    return [community("west", 120.6199, 120.621), community("east", 120.621, 120.6221)]


def geojson(features: list[dict[str, Any]]) -> str:
    """A GeoJSON layer as text."""
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def write_csv(path: Path, rows: Any, header: Any = HEADER) -> Path:
    """A CSV file with a header."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def write_layer(path, features):
    """A GeoJSON file of features."""
    path.write_text(geojson(features), encoding="utf-8")
    return path


def town_pack(
    root: Path,
    city: str = "tryton",
    *,
    settings: str = "",
    more: str = "",
    toml: str | None = None,
    communities: list[dict[str, Any]] | None = None,
    sites: Any = SITES,
    streets: str | None = None,
    whole: bool = False,
) -> Path:
    """Write the town's pack below a data root and return the root; every part can be given otherwise.

    Unless ``settings`` or a ``toml`` of its own say otherwise, it has one small book and few draws; ``whole`` leaves
    both at what the program takes where a pack says nothing.
    """
    folder = root / city
    folder.mkdir(parents=True)
    plain = CITY_TOML.format(settings=settings, more=more)
    text = (plain if whole else quick(plain)) if toml is None else toml
    (folder / "city.toml").write_text(text, encoding="utf-8")
    layer = town_communities() if communities is None else communities
    (folder / "communities.geojson").write_text(geojson(layer), encoding="utf-8")
    write_csv(folder / "facilities.csv", sites)
    if streets != "":
        (folder / "streets.osm").write_text(streets or osm_xml(TOWN_NODES, TOWN_WAYS), encoding="utf-8")
    return root
