"""Squares that relations map as multipolygons: their rings are walked, and inner rings are joined across the ground."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.network.storeys import storeys
from circle15.network.walk_rules import WalkRule, walk_rule
from circle15.sources.osm.opl import fields, plain, tags_of
from circle15.sources.osm.way_nodes import WayNodes

__all__ = ["Line", "Square", "outlines", "read_square"]

Places: TypeAlias = Callable[[Sequence[bytes]], WayNodes]
"""Gives references, as OPL writes them, the places of their nodes."""

_OUTER = frozenset({"outer", ""})
_TRIES = 400
"""How many pairs of corners are looked at for one joint, the nearest first."""


@dataclass(frozen=True, slots=True)
class Square:
    """A relation that maps a square as a multipolygon, and the ways of its rings."""

    rule: WalkRule
    name: str
    storeys: tuple[str, ...]
    outer: tuple[int, ...]
    inner: tuple[int, ...]


class Line(NamedTuple):
    """A way under a rule and a name, on its storeys; ``refs`` as OPL writes them."""

    rule: WalkRule
    name: str
    storeys: tuple[str, ...]
    refs: bytes


def read_square(line: bytes, counts: Counter[str]) -> list[Square]:
    """The square that a relation maps, if it maps one and walkers may use it."""
    tag_field, members = fields(line, b"M")
    tags = tags_of(tag_field)
    if tags.get("type") != "multipolygon":
        return []
    counts["squares read"] += 1
    rule = walk_rule(tags)
    if rule.dropped:
        counts[f"squares dropped: {rule.dropped}"] += 1
        return []
    counts["squares used"] += 1
    parts = [part.partition("@") for part in members.decode("utf-8").split(",") if part.startswith("w")]
    outer = tuple(int(way[1:]) for way, _, role in parts if plain(role) in _OUTER)
    inner = tuple(int(way[1:]) for way, _, role in parts if plain(role) == "inner")
    return [Square(rule, tags.get("name", ""), storeys(tags), outer, inner)]


def outlines(
    squares: Sequence[Square], opl: Iterable[bytes], keys: Iterable[str], counts: Counter[str], *, places: Places
) -> list[Line]:
    """The rings of squares, under the square's rule and name, and straight lines that join inner rings.

    Parameters
    ----------
    squares
        In the order of the file. A way that bounds two belongs to the first; one that is an outer ring to any is
        no inner ring.
    opl
        The lines of the ways of all rings, each once.
    keys
        A way with one of these tags was judged by that tag already.
    counts
        What is counted: rings, those that the file lacks, joints.
    places
        Asked for the rings of squares that have inner ones.
    """
    outer = _owners(squares, "outer")
    inner = {way: square for way, square in _owners(squares, "inner").items() if way not in outer}
    keys_here = set(keys)
    lines: list[Line] = []
    refs: dict[int, bytes] = {}
    drawn = Counter[str]()
    for line in opl:
        way = int(line[1 : line.index(b" ")])
        tag_field, refs[way] = fields(line, b"N")
        if not keys_here & tags_of(tag_field).keys():
            square = outer.get(way) or inner[way]
            lines.append(Line(square.rule, square.name, square.storeys, refs[way]))
            drawn["outer" if way in outer else "inner"] += 1
    counts["outlines of squares"] = drawn["outer"]
    counts["inner rings of squares"] = drawn["inner"]
    counts["outlines of squares not in the file"] = len((outer.keys() | inner.keys()) - refs.keys())
    rings = _corners(refs, [square for square in squares if square.inner], places)
    joints = [joint for square in squares if square.inner for joint in _joints(square, rings, counts)]
    counts["joints across squares"] = len(joints)
    lines += joints
    counts["ways read"] += len(lines)
    return lines


def _owners(squares: Iterable[Square], role: str) -> dict[int, Square]:
    owner: dict[int, Square] = {}
    for square in squares:
        for way in getattr(square, role):
            owner.setdefault(way, square)
    return owner


# -- Joints -------------------------------------------------------------------------------------------


class _Corners(NamedTuple):
    """The corners of some ways: references as OPL writes them, node ids, and places in even degrees."""

    ref: list[bytes]
    node: NDArray[np.int64]
    place: NDArray[np.float64]


def _corners(refs: Mapping[int, bytes], squares: Iterable[Square], places: Places) -> dict[int, _Corners]:
    """The corners of the rings of some squares, by way; nodes that lie nowhere are none."""
    wanted = {way: refs[way] for square in squares for way in (*square.outer, *square.inner) if refs.get(way)}
    if not wanted:
        return {}
    nodes = places(list(wanted.values()))
    end = np.cumsum(nodes.size).tolist()
    corners = {}
    for way, begin, stop in zip(wanted, [0, *end], end, strict=False):
        placed, ref = nodes.placed[begin:stop], nodes.ref[begin:stop]
        parts = [part for part, known in zip(wanted[way].split(b","), placed.tolist(), strict=True) if known]
        ref = ref[placed]
        corners[way] = _Corners(parts, nodes.node_id[ref], np.column_stack([nodes.lon[ref], nodes.lat[ref]]))
    return corners


def _joints(square: Square, corners: Mapping[int, _Corners], counts: Counter[str]) -> list[Line]:
    """The shortest straight lines over the square's ground that join its inner rings to what is joined already."""
    rings = {role: [corners[way] for way in getattr(square, role) if way in corners] for role in ("outer", "inner")}
    groups = _groups([*rings["outer"], *rings["inner"]])
    ground = _ground(*(rings[role] for role in ("outer", "inner")))
    start = {node for ring in rings["outer"] for node in ring.node.tolist()}
    joined = [group for group in groups if start & set(group.node.tolist())]
    apart = [group for group in groups if not start & set(group.node.tolist())]
    if ground is None or not joined:
        counts["inner rings of squares not joined"] += len(apart)
        return []
    shapely.prepare(ground)
    joints: list[Line] = []
    while apart:
        nearest = min(
            (
                (joint[0], place, joint[1])
                for place, group in enumerate(apart)
                if (joint := _joint(group, joined, ground))
            ),
            default=None,
        )
        if nearest is None:
            counts["inner rings of squares not joined"] += len(apart)
            break
        _, place, line = nearest
        joints.append(Line(square.rule, square.name, square.storeys, line))
        joined.append(apart.pop(place))
    return joints


def _groups(rings: Sequence[_Corners]) -> list[_Corners]:
    """Ways that share nodes, as one."""
    groups: list[list[_Corners]] = []
    for ring in rings:
        nodes = set(ring.node.tolist())
        meets = [group for group in groups if any(nodes & set(other.node.tolist()) for other in group)]
        groups = [group for group in groups if group not in meets]
        groups.append([ring, *(other for group in meets for other in group)])
    return [
        _Corners(
            [ref for ring in group for ref in ring.ref],
            np.concatenate([ring.node for ring in group]),
            np.concatenate([ring.place for ring in group]),
        )
        for group in groups
    ]


def _ground(outer: Sequence[_Corners], inner: Sequence[_Corners]) -> shapely.Geometry | None:
    """The square without its holes; None where the outer ring is not whole in the file."""
    whole, holes = (_areas(ring) for ring in (outer, inner))
    ground: Any = shapely.difference(whole, holes)
    return None if ground.is_empty else ground


def _areas(rings: Sequence[_Corners]) -> shapely.Geometry:
    lines: list[Any] = [shapely.linestrings(ring.place) for ring in rings if len(ring.node) > 1]
    whole: shapely.Geometry = shapely.union_all(shapely.get_parts(shapely.polygonize(lines)))
    return whole


def _joint(group: _Corners, joined: Sequence[_Corners], ground: shapely.Geometry) -> tuple[float, bytes] | None:
    """Length and references of the shortest line from a ring to those that are joined, over the ground alone."""
    refs = [ref for other in joined for ref in other.ref]
    places = np.concatenate([other.place for other in joined])
    if not len(group.node) or not len(places):
        return None
    even = np.array([np.cos(np.radians(group.place[0, 1])), 1.0])
    apart = np.hypot(*((group.place[:, None, :] - places[None, :, :]) * even).transpose(2, 0, 1)).ravel()
    for pair in np.argsort(apart, kind="stable")[:_TRIES].tolist():
        a, b = divmod(pair, len(refs))
        line = shapely.linestrings([group.place[a], places[b]])
        if apart[pair] == 0 or shapely.covers(ground, line):
            return float(apart[pair]), group.ref[a] + b"," + refs[b]
    return None
