"""Read streets from an OpenStreetMap file (``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``).

osmium reads and filters by tag in C++, and hands the result over as its line format OPL; node lists
and nodes are then taken apart by a columnar text reader and joined. No Python code runs per node
reference, which is what makes other readers slow.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import osmium
from numpy.typing import NDArray

from circle15.catalog import life_keys, walking
from circle15.errors import Circle15Error, StreetsError
from circle15.model.provenance import Origin
from circle15.model.streets import NodeFlag, Streets
from circle15.model.taken_ways import TakenWays
from circle15.model.way_hours import OpenWeek, WayHours
from circle15.network.sidepaths import without_sidepaths
from circle15.network.storeys import storeys
from circle15.network.walk_rules import NodeRule, WalkRule, node_rule, walk_rule
from circle15.network.way_lengths import inside, way_metres
from circle15.refusals import refusal
from circle15.sources.osm.contents import OsmContents, header_box, osm_contents
from circle15.sources.osm.opl import fields, object_lines, tags_of, written
from circle15.sources.osm.remark import refuse_partial
from circle15.sources.osm.squares import Square, outlines, read_square
from circle15.sources.osm.stretches import Stretches, WayAttributes, way_stretches
from circle15.sources.osm.taken import count_metres, kept_metres, taken_ways
from circle15.sources.osm.way_hours import WayWeek, week_of
from circle15.sources.osm.way_nodes import WayNodes, way_nodes
from circle15.sources.osm.xml_text import written_bounds

__all__ = ["OSM_SUFFIXES", "check_osm_file", "file_sha256", "read_streets"]

OSM_SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")

_MAGIC = {".osm.gz": b"\x1f\x8b", ".osm.bz2": b"BZh"}
_WAY_KEYS = ("highway", "railway", "man_made", "public_transport")
_NODE_KEYS = ("highway", "barrier", "foot", "access", "foot:conditional", "access:conditional")
_FORM = "opl,add_metadata=version,locations_on_ways=true"
_KINDS = MappingProxyType({b"n": "node", b"w": "way", b"r": "relation"})


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
    walkable = _walkable(path, contents)
    ways, counts = walkable.ways, walkable.counts
    if not ways:
        code = "osm_deleted_only" if 0 < counts["dropped: deleted"] == counts["ways read"] else "osm_no_walk"
        raise refusal(code, error=StreetsError, file=path.name, count=counts["ways read"])
    every = way_nodes(path, [way.refs for way in (*ways, *walkable.taken)], contents)
    walked = np.arange(len(every.size)) < len(ways)
    nodes, taken = every.of_ways(walked), every.of_ways(~walked)
    rules, metres = [way.rule for way in walkable.taken], _metres(taken, bbox)
    count_metres(rules, metres, counts)
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
    streets = _assemble(walkable, keep, nodes, origin) if keep.any() else None
    if streets is None or not streets.n_ways:
        raise _none_kept(path, counts, bbox)
    lines = TakenWays.joined([taken_ways(rules, taken, metres), streets.taken])
    return _bounded(replace(streets, taken=lines), nodes.of_ways(keep), path)


def _bounded(streets: Streets, nodes: WayNodes, path: Path) -> Streets:
    """Streets with the box of their file, unless more than stray ways lie outside: then it is another file's.

    Ways count as the file has them, ``nodes``: parts of a way that reaches out of the box may lie outside.
    """
    box = header_box(path)
    if box is None:
        unusable = {"header boxes that cannot be": 1} if written_bounds(path) else {}
        return replace(streets, counts={**streets.counts, **unusable})
    rules, ways = walking()["street_file"], len(nodes.size)
    slack = float(rules["box_rounding_deg"])
    wide = (box[0] - slack, box[1] - slack, box[2] + slack, box[3] + slack)
    within = np.bincount(nodes.way, weights=inside(nodes.lon, nodes.lat, wide)[nodes.ref], minlength=ways) > 0
    outside = int((~within).sum())
    if outside > float(rules["outside_box_share"]) * ways:
        return replace(streets, counts={**streets.counts, "ways outside the header's box": outside})
    return replace(streets, bounds=box)


@dataclass(frozen=True, slots=True)
class _Way:
    """A way as the file has it; ``hours``: when it is open."""

    rule: WalkRule
    name: str
    storeys: tuple[str, ...]
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

    def take(self, way: _Way) -> None:
        """Sort a way by its rule."""
        if way.rule.dropped:
            self.counts[f"dropped: {way.rule.dropped}"] += 1
        if way.rule.taken != "class":
            (self.taken if way.rule.dropped else self.ways).append(way)


def _walkable(path: Path, contents: OsmContents) -> _Found:
    """Walkable ways, nodes with a meaning, and what was counted."""
    nodes, ways = osmium.filter.KeyFilter(*_NODE_KEYS), osmium.filter.KeyFilter(*_WAY_KEYS, *life_keys("highway"))
    nodes.enable_for(osmium.osm.NODE)
    ways.enable_for(osmium.osm.WAY | osmium.osm.RELATION)
    entities = osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION
    opl = written(path, entities, nodes, ways, form=_FORM)
    walkable = _sort_lines(opl, contents)
    counts = walkable.counts
    if walkable.squares:
        # The members carry no tags of their own, so the first pass has passed them by.
        wanted = sorted({way for square in walkable.squares for way in (*square.outer, *square.inner)})
        members = dict.fromkeys(object_lines(path, osmium.osm.WAY, b"w", wanted))
        lines = [line for line in members if not _deleted(line, contents)]
        places = partial(way_nodes, path, contents=contents)
        for line in outlines(walkable.squares, lines, _WAY_KEYS, counts, places=places):
            rule, hours = _timed(line.rule)
            walkable.take(_Way(rule, line.name, line.storeys, line.refs, hours))
    counts.update({f"{kind}s that stand twice": copies for kind, copies in contents.copies.items()})
    counts["nodes deleted"] += len(contents.deleted["node"])
    return walkable


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


def _sort_lines(opl: bytes, contents: OsmContents) -> _Found:
    """Split OPL lines into walkable ways, nodes with a meaning, and squares; count what is left out."""
    counts: Counter[str] = Counter({"ways read": 0, "ways kept": 0})
    walkable = _Found(ways=[], nodes={}, squares=[], taken=[], counts=counts)
    known: dict[bytes, _Way] = {}
    known_nodes: dict[bytes, NodeRule] = {}
    for line in _counting(opl, contents, counts):
        if line.startswith(b"w"):
            counts["ways read"] += 1
            tag_field, refs = fields(line, b"N")
            alike = known.get(tag_field)
            if alike is None:
                alike = known[tag_field] = _judged(tags_of(tag_field))
            walkable.take(replace(alike, refs=refs))
        elif line.startswith(b"n"):
            tag_field, _ = fields(line, b"N")
            node = known_nodes.get(tag_field)
            if node is None:
                node = known_nodes[tag_field] = node_rule(tags_of(tag_field))
            if node.flags:
                walkable.nodes[int(line[1 : line.index(b" ")])] = node
        elif line.startswith(b"r"):
            walkable.squares.extend(read_square(line, counts))
    return walkable


def _judged(tags: Mapping[str, str]) -> _Way:
    """What tags make of a way, wherever it runs."""
    rule, hours = _timed(walk_rule(tags))
    return _Way(rule, tags.get("name", ""), storeys(tags), b"", hours)


def _timed(rule: WalkRule) -> tuple[WalkRule, WayWeek]:
    """The rule and the week of a way; one that never opens is taken away."""
    hours = week_of(rule.clauses, rule.hours, opens=rule.open)
    if hours.week is None or hours.week.ever:
        return rule, hours
    never = f"opening_hours={rule.hours}" if rule.hours else rule.clauses[-1].tag
    return rule._replace(dropped=never, taken="hours"), hours


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


def _metres(nodes: WayNodes, bbox: tuple[float, float, float, float] | None) -> NDArray[np.float64]:
    """Metres of each way in the box, over those of its nodes that have coordinates."""
    ref = nodes.ref[nodes.placed]
    size = np.bincount(nodes.way[nodes.placed], minlength=len(nodes.size))
    return way_metres(nodes.lon[ref], nodes.lat[ref], size, bbox)


def _keep_ways(
    nodes: WayNodes, bbox: tuple[float, float, float, float] | None, counts: Counter[str]
) -> NDArray[np.bool_]:
    """Which ways have two nodes with coordinates, and one of them in the box."""
    ways = len(nodes.size)
    keep = np.bincount(nodes.way[nodes.placed], minlength=ways) >= 2
    counts["dropped: fewer than two nodes with coordinates"] = int((~keep).sum())
    lost = np.bincount(nodes.way[~nodes.placed], minlength=ways)
    if bbox is not None:
        near = np.bincount(nodes.way, weights=inside(nodes.lon, nodes.lat, bbox)[nodes.ref], minlength=ways) > 0
        counts["dropped: outside the study area"] = int((keep & ~near).sum())
        lost[keep & ~near] = 0  # what is lost there concerns nobody
        keep &= near
    counts["node references without coordinates"] = int(lost.sum())
    return keep


def _assemble(walkable: _Found, keep: NDArray[np.bool_], nodes: WayNodes, origin: Origin) -> Streets:
    kept = [way for way, wanted in zip(walkable.ways, keep.tolist(), strict=True) if wanted]
    names = {name: place for place, name in enumerate(sorted({"", *(way.name for way in kept)}))}
    about = WayAttributes(
        backward=np.array([way.rule.reversed for way in kept], dtype=bool),
        way_class=np.array([way.rule.way_class for way in kept], dtype=np.uint8),
        flags=np.array([way.rule.flags for way in kept], dtype=np.uint16),
        name=np.array([names[way.name] for way in kept], dtype=np.int32),
        hours=WayHours.of([way.hours.week for way in kept]).codes(len(kept)),
        storeys=[way.storeys for way in kept],
    )
    parts = way_stretches(nodes.of_ways(keep), about, walkable.counts)
    bits, node_weeks = _node_columns(nodes.node_id, parts, walkable.nodes, walkable.counts)
    streets = Streets(
        node_id=parts.node_id,
        lon=parts.lon,
        lat=parts.lat,
        node_flags=bits,
        way_node=parts.way_node,
        way_start=parts.way_start,
        way_class=about.way_class[parts.way],
        way_flags=about.flags[parts.way],
        way_name=about.name[parts.way],
        names=tuple(names),
        origin=origin,
        hours=WayHours.of([kept[way].hours.week for way in parts.way.tolist()], node_weeks),
    )
    kept_metres(streets, _told(kept, parts), walkable.counts)
    return without_sidepaths(replace(streets, counts=dict(sorted(walkable.counts.items()))), way=parts.way)


def _told(ways: Sequence[_Way], parts: Stretches) -> list[tuple[str, ...]]:
    """Per stretch, what is told of its way: tags that speak against walking there, conditions that were not read."""
    records = [
        (*((f"told: {way.rule.told}",) if way.rule.told else ()), *(f"unread: {tag}" for tag in way.hours.unread))
        for way in ways
    ]
    return [records[way] for way in parts.way.tolist()]


def _node_columns(
    node_id: NDArray[np.int64], parts: Stretches, nodes: Mapping[int, NodeRule], counts: Counter[str]
) -> tuple[NDArray[np.uint8], list[OpenWeek | None]]:
    """Flags and weeks of the nodes that the ways use; what bars nodes, and what was not understood, is counted.

    Of nodes that are joined in one, each bars it, and it is open when all are.
    """
    bits = np.zeros(len(parts.node_id), dtype=np.uint8)
    weeks: list[OpenWeek | None] = [None] * len(parts.node_id)
    ids = np.fromiter(nodes.keys(), dtype=np.int64, count=len(nodes))
    at = np.minimum(np.searchsorted(node_id, ids), len(node_id) - 1)
    rows = np.where(node_id[at] == ids, parts.row[at], -1)
    for row, rule in zip(rows.tolist(), nodes.values(), strict=True):
        if row < 0:
            continue
        bits[row] |= np.uint8(rule.flags)
        hours = week_of(rule.clauses, rule.hours, opens=rule.open)
        barred = rule.barred
        if not barred and hours.week is not None:
            if hours.week.ever:
                other = weeks[row]
                weeks[row] = hours.week if other is None else hours.week.both(other)
            else:
                bits[row] |= np.uint8(NodeFlag.BARRED)
                barred = f"opening_hours={rule.hours}" if rule.hours else rule.clauses[-1].tag
        counts.update(
            [*([f"nodes barred: {barred}"] if barred else []), *(f"nodes unread: {tag}" for tag in hours.unread)]
        )
    return bits, weeks
