"""Read streets from an OpenStreetMap file (``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``).

osmium reads, joins coordinates to ways and filters by tag in C++, and hands the result over as its
line format OPL; the node lists are then taken apart by a columnar text reader. No Python code runs
per node reference, which is what makes other readers slow.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from circle15.catalog import walking, way_classes
from circle15.errors import Circle15Error, OutputError, StreetsError
from circle15.model.provenance import Origin
from circle15.model.streets import Streets
from circle15.network.walk_rules import WalkRule, node_flags, walk_rule
from circle15.refusals import refusal
from circle15.sources.osm.remark import refuse_partial

__all__ = ["OSM_SUFFIXES", "check_osm_file", "file_sha256", "read_streets"]

OSM_SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")

_MAGIC = {".osm.gz": b"\x1f\x8b", ".osm.bz2": b"BZh"}
_WAY_KEYS = ("highway", "railway", "man_made")
_NODE_KEYS = ("highway", "barrier")
_OUTER = frozenset({"outer", ""})
_ESCAPE = re.compile(r"%([0-9a-f]+)%")
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
    ways, flagged, counts = _walkable(path)
    if not ways:
        raise refusal("osm_no_walk", error=StreetsError, file=path.name, count=counts["ways read"])
    node_id, lon, lat, way_size, lost = _coordinates([way.refs for way in ways])
    counts["node references without coordinates"] = lost
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
    return _assemble(ways, keep, (node_id, lon, lat, way_size), flagged, origin, counts)


@dataclass(frozen=True, slots=True)
class _Way:
    rule: WalkRule
    name: str
    refs: bytes


@dataclass(frozen=True, slots=True)
class _Square:
    """A relation that maps a square as a multipolygon, and the ways of its outline."""

    rule: WalkRule
    name: str
    outer: tuple[int, ...]


def _walkable(path: Path) -> tuple[list[_Way], dict[int, int], Counter[str]]:
    """Walkable ways, flagged nodes, and what was counted."""
    places = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    places.ignore_errors()
    nodes, ways = osmium.filter.KeyFilter(*_NODE_KEYS), osmium.filter.KeyFilter(*_WAY_KEYS)
    nodes.enable_for(osmium.osm.NODE)
    ways.enable_for(osmium.osm.WAY | osmium.osm.RELATION)
    opl = _opl(path, osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION, places, nodes, ways)
    kept, flagged, squares, counts = _sort_lines(opl)
    if squares:
        # The members carry no tags of their own, so the first pass has passed them by; it has left the
        # coordinates in the index.
        wanted = sorted({way for square in squares for way in square.outer})
        members = _opl(path, osmium.osm.WAY, places, osmium.filter.IdFilter(wanted))
        kept += _outlines(squares, members, counts)
    return kept, flagged, counts


def _opl(path: Path, entities: osmium.osm.osm_entity_bits, *filters: object) -> bytes:
    """Let osmium write what passes the filters as OPL lines, coordinates joined to ways."""
    try:
        with tempfile.TemporaryDirectory(prefix="circle15-") as folder:
            target = Path(folder) / "streets.opl"
            _write_opl(path, entities, filters, target)
            return target.read_bytes()
    except OutputError:
        raise
    except OSError as error:
        raise refusal("temp_none", error=OutputError, why=error.strerror or error) from error


def _write_opl(path: Path, entities: osmium.osm.osm_entity_bits, filters: Iterable[object], target: Path) -> None:
    kind = osmium.io.File(str(target), "opl,add_metadata=false,locations_on_ways=true")
    writer = osmium.SimpleWriter(kind)
    try:
        osmium.apply(osmium.io.Reader(str(path), entities), *filters, writer)
        writer.close()
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        if "write" in str(error).lower():
            # A writer that could not write throws again when it is destroyed, and that would end the process.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
            raise refusal("temp_unwritten", error=OutputError, file=target, why=error) from error
        writer.close()
        raise refusal("osm_cut", error=StreetsError, file=path.name, why=error) from error


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


def _sort_lines(opl: bytes) -> tuple[list[_Way], dict[int, int], list[_Square], Counter[str]]:
    """Split OPL lines into walkable ways, flagged nodes and squares; count what is left out."""
    counts: Counter[str] = Counter({"ways read": 0, "ways kept": 0})
    ways: list[_Way] = []
    flagged: dict[int, int] = {}
    squares: list[_Square] = []
    known: dict[bytes, tuple[WalkRule, str]] = {}
    for line in opl.split(b"\n"):
        if line.startswith(b"w"):
            counts["ways read"] += 1
            tag_field, refs = _fields(line, b"N")
            found = known.get(tag_field)
            if found is None:
                tags = _tags(tag_field)
                found = known[tag_field] = (walk_rule(tags), tags.get("name", ""))
            rule, name = found
            if rule.dropped:
                counts[f"dropped: {rule.dropped}"] += 1
            else:
                ways.append(_Way(rule, name, refs))
        elif line.startswith(b"n"):
            flags = node_flags(_tags(_fields(line, b"N")[0]))
            if flags:
                flagged[int(line[1 : line.index(b" ")])] = flags
        elif line.startswith(b"r"):
            squares += _square(line, counts)
    return ways, flagged, squares, counts


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
    return [_Square(rule, tags.get("name", ""), outer)]


def _outlines(squares: list[_Square], opl: bytes, counts: Counter[str]) -> list[_Way]:
    """The outer ways of squares, under the square's rule and name; their edge is walkable ground.

    A member with a street tag of its own was judged by that tag already. One that bounds two squares
    belongs to the first.
    """
    owner: dict[int, _Square] = {}
    for square in squares:
        for way in square.outer:
            owner.setdefault(way, square)
    ways: list[_Way] = []
    found = [line for line in opl.split(b"\n") if line.startswith(b"w")]
    for line in found:
        tag_field, refs = _fields(line, b"N")
        if not set(_WAY_KEYS) & _tags(tag_field).keys():
            square = owner[int(line[1 : line.index(b" ")])]
            ways.append(_Way(square.rule, square.name, refs))
    counts["ways read"] += len(ways)
    counts["outlines of squares"] = len(ways)
    counts["outlines of squares not in the file"] = len(owner) - len(found)
    return ways


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
        west, south, east, north = bbox
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        way = np.repeat(np.arange(len(size)), size)
        near = np.bincount(way, weights=inside, minlength=len(size)) > 0
        counts["dropped: outside the study area"] = int((keep & ~near).sum())
        keep &= near
    counts["ways kept"] = int(keep.sum())
    return keep


def _assemble(
    ways: list[_Way],
    keep: NDArray[np.bool_],
    coordinates: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]],
    flagged: dict[int, int],
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
    bits = np.zeros(len(node_id), dtype=np.uint8)
    if flagged:
        ids = np.fromiter(flagged.keys(), dtype=np.int64)
        where = np.minimum(np.searchsorted(node_id, ids), len(node_id) - 1)
        there = node_id[where] == ids
        bits[where[there]] = np.fromiter(flagged.values(), dtype=np.uint8)[there]
    return Streets(
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
        counts=dict(sorted(counts.items())),
    )
