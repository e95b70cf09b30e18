"""Read streets from an OpenStreetMap file (``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``).

osmium reads, joins coordinates to ways and filters by tag in C++, and hands the result over as its
line format OPL; the node lists are then taken apart by a columnar text reader. No Python code runs
per node reference, which is what makes other readers slow.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from circle15.catalog import life_keys
from circle15.errors import Circle15Error, StreetsError
from circle15.model.provenance import Origin
from circle15.model.streets import NodeFlag, Streets
from circle15.model.way_hours import OpenWeek, WayHours
from circle15.network.sidepaths import without_sidepaths
from circle15.network.walk_rules import NodeRule, WalkRule, node_rule, walk_rule
from circle15.network.way_lengths import inside, way_metres
from circle15.refusals import refusal
from circle15.sources.osm.opl import fields, opl_lines, tags_of
from circle15.sources.osm.remark import refuse_partial
from circle15.sources.osm.squares import Square, outlines, read_square
from circle15.sources.osm.taken import count_metres, kept_metres
from circle15.sources.osm.way_hours import WayWeek, week_of

__all__ = ["OSM_SUFFIXES", "check_osm_file", "file_sha256", "read_streets"]

OSM_SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")

_MAGIC = {".osm.gz": b"\x1f\x8b", ".osm.bz2": b"BZh"}
_WAY_KEYS = ("highway", "railway", "man_made", "public_transport")
_NODE_KEYS = ("highway", "barrier", "foot", "access", "foot:conditional", "access:conditional")
_TO_CSV = bytes.maketrans(b"xy,", b",,\n")


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
    found = _walkable(path)
    ways, counts = found.ways, found.counts
    if not ways:
        raise refusal("osm_no_walk", error=StreetsError, file=path.name, count=counts["ways read"])
    node_id, lon, lat, way_size, lost = _coordinates([way.refs for way in ways])
    counts["node references without coordinates"] = lost
    _, *line, taken_size, _ = _coordinates([way.refs for way in found.taken])
    metres = way_metres(line[0], line[1], taken_size, bbox)
    count_metres([way.rule for way in found.taken], metres, counts)
    keep = _keep_ways(way_size, lon, lat, bbox, counts)
    origin = origin or Origin(
        label_zh="OpenStreetMap 道路",
        label_en="OpenStreetMap streets",
        attribution="© OpenStreetMap contributors",
        licence="ODbL",
        url="https://www.openstreetmap.org/copyright",
        file=path.name,
        sha256=file_sha256(path),
    )
    if not keep.any():
        raise _none_kept(path, counts, bbox)
    return _assemble(ways, keep, (node_id, lon, lat, way_size), found.nodes, origin, counts)


@dataclass(frozen=True, slots=True)
class _Way:
    """A way as the file has it; ``hours``: when it is open."""

    rule: WalkRule
    name: str
    refs: bytes
    hours: WayWeek


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What a file holds for walkers: ways, nodes with a meaning, squares; ways that tags took away; and counts.

    Ways that are no street by their class are counted only.
    """

    ways: list[_Way]
    nodes: dict[int, NodeRule]
    squares: list[Square]
    taken: list[_Way]
    counts: Counter[str]


def _walkable(path: Path) -> _Found:
    """Walkable ways, nodes with a meaning, and what was counted."""
    places = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    places.ignore_errors()
    nodes, ways = osmium.filter.KeyFilter(*_NODE_KEYS), osmium.filter.KeyFilter(*_WAY_KEYS, *life_keys("highway"))
    nodes.enable_for(osmium.osm.NODE)
    ways.enable_for(osmium.osm.WAY | osmium.osm.RELATION)
    opl = opl_lines(path, osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION, places, nodes, ways)
    found = _sort_lines(opl)
    if found.squares:
        # The members carry no tags of their own, so the first pass has passed them by; it has left the
        # coordinates in the index.
        wanted = sorted({way for square in found.squares for way in (*square.outer, *square.inner)})
        members = opl_lines(path, osmium.osm.WAY, places, osmium.filter.IdFilter(wanted))
        for line in outlines(found.squares, members, _WAY_KEYS, found.counts):
            _sort_way(found, line.refs, *_timed(line.rule), line.name)
    return found


def _none_kept(path: Path, counts: Counter[str], bbox: tuple[float, float, float, float] | None) -> Circle15Error:
    """Why no way is left, and what to do."""
    if counts["dropped: outside the study area"]:
        return refusal("osm_outside", error=StreetsError, file=path.name, box=bbox)
    return refusal("osm_no_coordinates", error=StreetsError, file=path.name, count=counts["ways read"])


def _sort_lines(opl: bytes) -> _Found:
    """Split OPL lines into walkable ways, nodes with a meaning, and squares; count what is left out."""
    counts: Counter[str] = Counter({"ways read": 0, "ways kept": 0})
    found = _Found(ways=[], nodes={}, squares=[], taken=[], counts=counts)
    known: dict[bytes, tuple[WalkRule, WayWeek, str]] = {}
    known_nodes: dict[bytes, NodeRule] = {}
    for line in opl.split(b"\n"):
        if line.startswith(b"w"):
            counts["ways read"] += 1
            tag_field, refs = fields(line, b"N")
            judged = known.get(tag_field)
            if judged is None:
                tags = tags_of(tag_field)
                judged = known[tag_field] = (*_timed(walk_rule(tags)), tags.get("name", ""))
            _sort_way(found, refs, *judged)
        elif line.startswith(b"n"):
            tag_field, _ = fields(line, b"N")
            node = known_nodes.get(tag_field)
            if node is None:
                node = known_nodes[tag_field] = node_rule(tags_of(tag_field))
            if node.flags:
                found.nodes[int(line[1 : line.index(b" ")])] = node
        elif line.startswith(b"r"):
            found.squares.extend(read_square(line, counts))
    return found


def _timed(rule: WalkRule) -> tuple[WalkRule, WayWeek]:
    """The rule and the week of a way; one that never opens is taken away."""
    hours = week_of(rule.clauses, rule.hours, opens=rule.open)
    if hours.week is None or hours.week.ever:
        return rule, hours
    never = f"opening_hours={rule.hours}" if rule.hours else rule.clauses[-1].tag
    return rule._replace(dropped=never, taken="hours"), hours


def _sort_way(found: _Found, refs: bytes, rule: WalkRule, hours: WayWeek, name: str) -> None:
    if rule.dropped:
        found.counts[f"dropped: {rule.dropped}"] += 1
    if rule.taken != "class":
        (found.taken if rule.dropped else found.ways).append(_Way(rule, name, refs, hours))


def _coordinates(
    refs: list[bytes],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], int]:
    """Take ``n1x2.5y3.5,n2...`` apart: ids, longitudes, latitudes, and how many nodes each way has."""
    size = np.array([part.count(b",") + 1 if part else 0 for part in refs], dtype=np.int64)
    if not size.any():
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0), size, 0
    # OPL writes a reference without coordinates as ``n1xy``: the two fields stay empty, and null.
    body = b",".join(part for part in refs if part).translate(_TO_CSV, delete=b"n")
    table = pa.csv.read_csv(
        BytesIO(body),
        read_options=pa.csv.ReadOptions(column_names=["node", "lon", "lat"], block_size=1 << 24),
        convert_options=pa.csv.ConvertOptions(
            column_types={"node": pa.int64(), "lon": pa.float64(), "lat": pa.float64()}
        ),
    )
    node, lon, lat = (table[name].to_numpy() for name in ("node", "lon", "lat"))
    placed = ~np.isnan(lon)
    if not placed.all():
        way = np.repeat(np.arange(len(size)), size)[placed]
        size = np.bincount(way, minlength=len(size))
    return node[placed], lon[placed], lat[placed], size, int((~placed).sum())


def _keep_ways(
    size: NDArray[np.int64],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    bbox: tuple[float, float, float, float] | None,
    counts: Counter[str],
) -> NDArray[np.bool_]:
    keep = size >= 2
    counts["dropped: fewer than two nodes with coordinates"] = int((~keep).sum())
    if bbox is not None:
        way = np.repeat(np.arange(len(size)), size)
        near = np.bincount(way, weights=inside(lon, lat, bbox), minlength=len(size)) > 0
        counts["dropped: outside the study area"] = int((keep & ~near).sum())
        keep &= near
    counts["ways kept"] = int(keep.sum())
    return keep


def _assemble(
    ways: list[_Way],
    keep: NDArray[np.bool_],
    coordinates: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]],
    nodes: dict[int, NodeRule],
    origin: Origin,
    counts: Counter[str],
) -> Streets:
    ref, lon, lat, size = coordinates
    used = np.repeat(keep, size)
    ref, lon, lat, size = ref[used], lon[used], lat[used], size[keep]
    kept = [way for way, wanted in zip(ways, keep.tolist(), strict=True) if wanted]
    node_id, first, position = np.unique(ref, return_index=True, return_inverse=True)
    start = np.concatenate([[0], np.cumsum(size)])
    for way, (begin, end) in enumerate(zip(start[:-1].tolist(), start[1:].tolist(), strict=True)):
        if kept[way].rule.reversed:
            position[begin:end] = position[begin:end][::-1].copy()
    names = {"": 0}
    way_name = np.array([names.setdefault(way.name, len(names)) for way in kept], dtype=np.int32)
    bits, node_weeks = _node_columns(node_id, nodes, counts)
    streets = Streets(
        node_id=node_id,
        lon=lon[first],
        lat=lat[first],
        node_flags=bits,
        way_node=position.astype(np.int64),
        way_start=start.astype(np.int64),
        way_class=np.array([way.rule.way_class for way in kept], dtype=np.uint8),
        way_flags=np.array([way.rule.flags for way in kept], dtype=np.uint16),
        way_name=way_name,
        names=tuple(names),
        origin=origin,
        hours=WayHours.of([way.hours.week for way in kept], node_weeks),
    )
    told = [
        (*((f"told: {way.rule.told}",) if way.rule.told else ()), *(f"unread: {tag}" for tag in way.hours.unread))
        for way in kept
    ]
    kept_metres(streets, told, counts)
    return without_sidepaths(replace(streets, counts=dict(sorted(counts.items()))))


def _node_columns(
    node_id: NDArray[np.int64], nodes: dict[int, NodeRule], counts: Counter[str]
) -> tuple[NDArray[np.uint8], list[OpenWeek | None]]:
    """Flags and weeks of the nodes that the ways use; what bars nodes, and what was not understood, is counted."""
    bits = np.zeros(len(node_id), dtype=np.uint8)
    weeks: list[OpenWeek | None] = [None] * len(node_id)
    ids = np.fromiter(nodes.keys(), dtype=np.int64, count=len(nodes))
    rows = np.minimum(np.searchsorted(node_id, ids), len(node_id) - 1)
    for row, rule, used in zip(rows.tolist(), nodes.values(), (node_id[rows] == ids).tolist(), strict=True):
        if not used:
            continue
        bits[row] = rule.flags
        hours = week_of(rule.clauses, rule.hours, opens=rule.open)
        barred = rule.barred
        if not barred and hours.week is not None:
            if hours.week.ever:
                weeks[row] = hours.week
            else:
                bits[row] |= np.uint8(NodeFlag.BARRED)
                barred = f"opening_hours={rule.hours}" if rule.hours else rule.clauses[-1].tag
        counts.update(
            [*([f"nodes barred: {barred}"] if barred else []), *(f"nodes unread: {tag}" for tag in hours.unread)]
        )
    return bits, weeks
