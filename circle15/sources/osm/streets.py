"""Read streets from an OpenStreetMap file (``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``).

osmium reads and filters by tag in C++, and hands the result over as its line format OPL; node lists
and nodes are then taken apart by a columnar text reader and joined. No Python code runs per node
reference, which is what makes other readers slow.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import osmium
from numpy.typing import NDArray

from circle15.catalog import walking, way_classes
from circle15.errors import Circle15Error, StreetsError
from circle15.model.provenance import Origin
from circle15.model.streets import Streets
from circle15.network.storeys import storeys
from circle15.network.walk_rules import WalkRule, node_flags, walk_rule
from circle15.refusals import refusal
from circle15.sources.osm.contents import OsmContents, header_box, osm_contents
from circle15.sources.osm.opl import object_lines, written
from circle15.sources.osm.remark import refuse_partial
from circle15.sources.osm.stretches import WayAttributes, way_stretches
from circle15.sources.osm.way_nodes import WayNodes, way_nodes

__all__ = ["OSM_SUFFIXES", "check_osm_file", "file_sha256", "read_streets"]

OSM_SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")

_MAGIC = {".osm.gz": b"\x1f\x8b", ".osm.bz2": b"BZh"}
_WAY_KEYS = ("highway", "railway", "man_made")
_NODE_KEYS = ("highway", "barrier")
_FORM = "opl,add_metadata=version,locations_on_ways=true"
_KINDS = MappingProxyType({b"n": "node", b"w": "way", b"r": "relation"})
_OUTER = frozenset({"outer", ""})
_ESCAPE = re.compile(r"%([0-9a-f]+)%")


def file_sha256(path: Path) -> str:
    """Content hash of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_osm_file(path: Path) -> None:
    """Refuse what is not an OSM file before osmium meets it.

    Raises
    ------
    StreetsError
        If the file is missing, empty, of another suffix, does not begin as its suffix promises, or is a
        partial answer of Overpass.
    """
    known = ", ".join(OSM_SUFFIXES)
    if not os.path.lexists(path):
        raise refusal("osm_missing", error=StreetsError, file=path, known=known)
    if not path.is_file():
        raise refusal("osm_no_file", error=StreetsError, file=path, known=known)
    suffix = next((s for s in sorted(OSM_SUFFIXES, key=len, reverse=True) if path.name.endswith(s)), None)
    if suffix is None:
        raise refusal("osm_suffix", error=StreetsError, file=path.name, known=known)
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise refusal("osm_closed", error=StreetsError, file=path, why=error.strerror) from error
    if not head:
        raise refusal("osm_empty", error=StreetsError, file=path.name)
    fits = {
        ".osm.pbf": b"OSMHeader" in head,
        ".osm": head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"),
    }.get(suffix, head.startswith(_MAGIC.get(suffix, b"")))
    if not fits:
        raise refusal("osm_content", error=StreetsError, file=path.name, suffix=suffix, begins=head[:12], known=known)
    refuse_partial(path)


def read_streets(
    path: str | Path,
    *,
    bbox: tuple[float, float, float, float] | None = None,
    origin: Origin | None = None,
) -> Streets:
    """Read the walkable ways of an OSM file.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    bbox
        ``(west, south, east, north)`` in degrees; ways with no node inside are left out and counted.
    origin
        Provenance to attach; by default OpenStreetMap's, with the file's name and hash.

    Returns
    -------
    Streets
        Ways over shared nodes in WGS 84; ``counts`` tells what was read, kept and dropped, and why.

    Raises
    ------
    StreetsError
        If the file is missing, empty, cut short, of another kind, or holds no walkable way.
    OutputError
        If the disk has no room for the temporary file that osmium writes.
    """
    path = Path(path)
    check_osm_file(path)
    contents = osm_contents(path)
    ways, flagged, counts = _walkable(path, contents)
    if not ways:
        code = "osm_deleted_only" if 0 < counts["dropped: deleted"] == counts["ways read"] else "osm_no_walk"
        raise refusal(code, error=StreetsError, file=path.name, count=counts["ways read"])
    nodes = way_nodes(path, [way.refs for way in ways], contents)
    keep = _keep_ways(nodes, bbox, counts)
    origin = origin or Origin(
        label_zh="OpenStreetMap 道路",
        label_en="OpenStreetMap streets",
        attribution="© OpenStreetMap contributors",
        licence="ODbL",
        url="https://www.openstreetmap.org/copyright",
        file=path.name,
        sha256=file_sha256(path),
    )
    streets = _assemble(ways, keep, nodes, flagged, origin, counts) if keep.any() else None
    if streets is None or not streets.n_ways:
        raise _none_kept(path, counts, bbox)
    return _bounded(streets, header_box(path))


def _bounded(streets: Streets, box: tuple[float, float, float, float] | None) -> Streets:
    """Streets with the box of their file, unless more than stray ways lie outside: then it is another file's."""
    if box is None:
        return streets
    west, south, east, north = box
    inside = (streets.lon >= west) & (streets.lon <= east) & (streets.lat >= south) & (streets.lat <= north)
    outside = int((~np.logical_or.reduceat(inside[streets.way_node], streets.way_start[:-1])).sum())
    if outside > float(walking()["street_file"]["outside_box_share"]) * streets.n_ways:
        return replace(streets, counts={**streets.counts, "stretches outside the header's box": outside})
    return replace(streets, bounds=box)


@dataclass(frozen=True, slots=True)
class _Way:
    rule: WalkRule
    name: str
    storeys: tuple[str, ...]
    refs: bytes


@dataclass(frozen=True, slots=True)
class _Square:
    """A relation that maps a square as a multipolygon, and the ways of its outline."""

    rule: WalkRule
    name: str
    storeys: tuple[str, ...]
    outer: tuple[int, ...]


def _walkable(path: Path, contents: OsmContents) -> tuple[list[_Way], dict[int, int], Counter[str]]:
    """Walkable ways, flagged nodes, and what was counted."""
    nodes, ways = osmium.filter.KeyFilter(*_NODE_KEYS), osmium.filter.KeyFilter(*_WAY_KEYS)
    nodes.enable_for(osmium.osm.NODE)
    ways.enable_for(osmium.osm.WAY | osmium.osm.RELATION)
    entities = osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION
    opl = written(path, entities, nodes, ways, form=_FORM)
    kept, flagged, squares, counts = _sort_lines(opl, contents)
    if squares:
        # The members carry no tags of their own, so the first pass has passed them by.
        wanted = sorted({way for square in squares for way in square.outer})
        members = object_lines(path, osmium.osm.WAY, b"w", wanted)
        kept += _outlines(squares, [line for line in dict.fromkeys(members) if not _deleted(line, contents)], counts)
    counts |= {f"{kind}s that stand twice": copies for kind, copies in contents.copies.items()}
    counts["nodes deleted"] += len(contents.deleted["node"])
    return kept, flagged, counts


def _deleted(line: bytes, contents: OsmContents) -> bool:
    """Whether the object of an OPL line was deleted, in the file or by an editor that has not uploaded it yet."""
    marked = contents.deleted[_KINDS[line[:1]]]
    head, _, state = line.split(b" ", 3)[:3]
    return state == b"dD" or (bool(marked) and int(head[1:]) in marked)


def _none_kept(path: Path, counts: Counter[str], bbox: tuple[float, float, float, float] | None) -> Circle15Error:
    """Why no way is left, and what to do."""
    if counts["dropped: outside the study area"]:
        return refusal("osm_outside", error=StreetsError, file=path.name, box=bbox)
    return refusal("osm_no_coordinates", error=StreetsError, file=path.name, count=counts["ways read"])


def _tags(field: bytes) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in field.decode("utf-8").split(",") if pair)
    return {_plain(key): _plain(value) for key, _, value in pairs}


def _plain(text: str) -> str:
    """Undo OPL's ``%hex%`` escapes."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "%" in text else text


def _sort_lines(opl: bytes, contents: OsmContents) -> tuple[list[_Way], dict[int, int], list[_Square], Counter[str]]:
    """Split OPL lines into walkable ways, flagged nodes and squares; count what is left out."""
    counts: Counter[str] = Counter({"ways read": 0, "ways kept": 0})
    ways: list[_Way] = []
    flagged: dict[int, int] = {}
    squares: list[_Square] = []
    known: dict[bytes, tuple[WalkRule, str, tuple[str, ...]]] = {}
    for line in _counting(opl, contents, counts):
        if line.startswith(b"w"):
            counts["ways read"] += 1
            tag_field, refs = _fields(line, b"N")
            found = known.get(tag_field)
            if found is None:
                tags = _tags(tag_field)
                found = known[tag_field] = (walk_rule(tags), tags.get("name", ""), storeys(tags))
            rule, name, levels = found
            if rule.dropped:
                counts[f"dropped: {rule.dropped}"] += 1
            else:
                ways.append(_Way(rule, name, levels, refs))
        elif line.startswith(b"n"):
            flags = node_flags(_tags(_fields(line, b"N")[0]))
            if flags:
                flagged[int(line[1 : line.index(b" ")])] = flags
        elif line.startswith(b"r"):
            squares += _square(line, counts)
    return ways, flagged, squares, counts


def _counting(opl: bytes, contents: OsmContents, counts: Counter[str]) -> Iterator[bytes]:
    """The lines of objects that count: not deleted, and of those that stand twice the first."""
    if b" dD " not in opl and not any(contents.deleted.values()) and not any(contents.twice.values()):
        yield from opl.split(b"\n")  # as most files are
        return
    seen: set[bytes] = set()
    for line in opl.split(b"\n"):
        if not line:
            continue
        kind = _KINDS[line[:1]]
        why = ""
        if _deleted(line, contents):
            why = "deleted"
        elif contents.twice[kind]:
            head = line[: line.index(b" ")]
            if int(head[1:]) in contents.twice[kind]:
                why = "stands twice" if head in seen else ""
                seen.add(head)
        if not why:
            yield line
        elif kind == "way":
            counts["ways read"] += 1
            counts[f"dropped: {why}"] += 1
        elif why == "deleted" and kind == "relation":
            counts["squares dropped: deleted"] += 1


def _fields(line: bytes, second: bytes) -> tuple[bytes, bytes]:
    """The tags of an OPL line, and its field that begins with ``second`` (N nodes of a way, M members)."""
    tags, other = b"", b""
    for part in line.split(b" ")[1:]:
        if part.startswith(b"T"):
            tags = part[1:]
        elif part.startswith(second):
            other = part[1:]
    return tags, other


def _square(line: bytes, counts: Counter[str]) -> list[_Square]:
    """The square that a relation maps, if it maps one and walkers may use it."""
    tag_field, members = _fields(line, b"M")
    tags = _tags(tag_field)
    if tags.get("type") != "multipolygon":
        return []
    counts["squares read"] += 1
    rule = walk_rule(tags)
    kind = way_classes()[rule.way_class].name
    barred = rule.dropped or ("" if kind in walking()["tags"]["keep_area"] else f"highway={kind}")
    if barred:
        counts[f"squares dropped: {barred}"] += 1
        return []
    counts["squares used"] += 1
    parts = (part.partition("@") for part in members.decode("utf-8").split(",") if part.startswith("w"))
    outer = tuple(int(way[1:]) for way, _, role in parts if _plain(role) in _OUTER)
    return [_Square(rule, tags.get("name", ""), storeys(tags), outer)]


def _outlines(squares: list[_Square], lines: list[bytes], counts: Counter[str]) -> list[_Way]:
    """The outer ways of squares, under the square's rule and name; their edge is walkable ground.

    A member with a street tag of its own was judged by that tag already. One that bounds two squares
    belongs to the first.
    """
    owner: dict[int, _Square] = {}
    for square in squares:
        for way in square.outer:
            owner.setdefault(way, square)
    ways: list[_Way] = []
    for line in lines:
        tag_field, refs = _fields(line, b"N")
        if not set(_WAY_KEYS) & _tags(tag_field).keys():
            square = owner[int(line[1 : line.index(b" ")])]
            ways.append(_Way(square.rule, square.name, square.storeys, refs))
    counts["ways read"] += len(ways)
    counts["outlines of squares"] = len(ways)
    counts["outlines of squares not in the file"] = len(owner) - len(lines)
    return ways


def _keep_ways(
    nodes: WayNodes, bbox: tuple[float, float, float, float] | None, counts: Counter[str]
) -> NDArray[np.bool_]:
    """Which ways have two nodes with coordinates, and one of them in the box."""
    ways = len(nodes.size)
    keep = np.bincount(nodes.way[nodes.placed], minlength=ways) >= 2
    counts["dropped: fewer than two nodes with coordinates"] = int((~keep).sum())
    lost = np.bincount(nodes.way[~nodes.placed], minlength=ways)
    if bbox is not None:
        west, south, east, north = bbox
        inside = (nodes.lon >= west) & (nodes.lon <= east) & (nodes.lat >= south) & (nodes.lat <= north)
        near = np.bincount(nodes.way, weights=inside[nodes.ref], minlength=ways) > 0
        counts["dropped: outside the study area"] = int((keep & ~near).sum())
        lost[keep & ~near] = 0  # what is lost there concerns nobody
        keep &= near
    counts["node references without coordinates"] = int(lost.sum())
    return keep


def _assemble(
    ways: list[_Way],
    keep: NDArray[np.bool_],
    nodes: WayNodes,
    flagged: dict[int, int],
    origin: Origin,
    counts: Counter[str],
) -> Streets:
    kept = [way for way, wanted in zip(ways, keep.tolist(), strict=True) if wanted]
    names = {name: place for place, name in enumerate(sorted({"", *(way.name for way in kept)}))}
    about = WayAttributes(
        backward=np.array([way.rule.reversed for way in kept], dtype=bool),
        way_class=np.array([way.rule.way_class for way in kept], dtype=np.uint8),
        flags=np.array([way.rule.flags for way in kept], dtype=np.uint16),
        name=np.array([names[way.name] for way in kept], dtype=np.int32),
        storeys=[way.storeys for way in kept],
    )
    parts = way_stretches(nodes.of_ways(keep), about, flagged, counts)
    return Streets(
        node_id=parts.node_id,
        lon=parts.lon,
        lat=parts.lat,
        node_flags=parts.node_flags,
        way_node=parts.way_node,
        way_start=parts.way_start,
        way_class=about.way_class[parts.way],
        way_flags=about.flags[parts.way],
        way_name=about.name[parts.way],
        names=tuple(names),
        origin=origin,
        counts=dict(sorted(counts.items())),
    )
