"""Filling the plan of a synthetic town: lanes inside the moat, gated estates outside, bridges, park paths.

Ground is divided again and again by slightly bent cuts across its longer side, as property is; that
gives T-junctions and uneven blocks instead of a grid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from circle15.sources.town.plan import Park, Strand, TownPlan, ground_between, lines_of, polygons_of, rounded

__all__ = ["Ground", "Rules", "bridges", "divide", "estate", "fill", "park_entrances", "park_paths"]

CLEAR_M = 8.0
"""Nothing is built this near to the way into a park, or to a street that ends amid houses."""

MEDIAN_M = 15.0
"""Ground narrower than twice this is a median or a verge: nothing is built on it."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How ground is divided: sizes wanted along its two axes (m), and the classes of the cuts by depth."""

    size_m: tuple[float, float]
    kind: str
    classes: tuple[tuple[str, ...], ...]
    bend_m: float = 9.0
    stop: float = 1.42


OLD_TOWN = Rules(
    size_m=(215.0, 96.0),
    kind="lane",
    classes=(
        ("residential", "residential", "living_street"),
        ("residential", "living_street", "living_street", "service"),
        ("living_street", "service", "footway", "pedestrian"),
        ("footway", "footway", "service", "living_street"),
    ),
)
SUPERBLOCK = Rules(
    size_m=(400.0, 360.0), kind="block", classes=(("residential",), ("residential", "unclassified")), bend_m=14.0
)
ESTATE = Rules(
    size_m=(225.0, 140.0), kind="estate", classes=(("service",), ("service", "service", "footway")), bend_m=5.0
)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A piece of residential land: the parcel between its streets, and how it is built on."""

    parcel: shapely.Polygon
    kind: str


def _cut(ground: shapely.Polygon, rules: Rules, rng: np.random.Generator) -> shapely.LineString | None:
    """A bent cut across the longer side of ground, or None when it is small enough."""
    west, south, east, north = ground.bounds
    across, along = (east - west) / rules.size_m[0], (north - south) / rules.size_m[1]
    if max(across, along) < rules.stop * (0.85 + 0.3 * rng.random()):
        return None
    share, knee = 0.36 + 0.28 * rng.random(), 0.25 + 0.5 * rng.random()
    tilt, bend = (2 * rng.random(2) - 1) * (0.07, rules.bend_m)
    if across >= along:
        at, span = west + share * (east - west), north - south
        points = [(at - tilt * span, south - 5), (at + bend, south + knee * span), (at + tilt * span, north + 5)]
    else:
        at, span = south + share * (north - south), east - west
        points = [(west - 5, at - tilt * span), (west + knee * span, at + bend), (east + 5, at + tilt * span)]
    return shapely.LineString(points)


def divide(
    ground: shapely.Polygon, rules: Rules, rng: np.random.Generator
) -> tuple[list[Strand], list[shapely.Polygon]]:
    """Divide ground by cuts along its own axes until its pieces have the size wanted.

    Returns
    -------
    tuple
        The cuts as strands, and the pieces.
    """
    turn = _turn_deg(ground)
    middle = ground.centroid
    waiting = [(affinity.rotate(ground, -turn, origin=middle), 0)]
    cuts: list[Strand] = []
    pieces: list[shapely.Polygon] = []
    while waiting:
        piece, depth = waiting.pop()
        line = _cut(piece, rules, rng)
        halves = polygons_of(shapely.ops.split(piece, line)) if line is not None else [piece]
        if line is None or len(halves) < 2:
            pieces.append(piece)
            continue
        choices = rules.classes[min(depth, len(rules.classes) - 1)]
        way_class = choices[int(rng.random() * len(choices))]
        cuts += [
            Strand(line=affinity.rotate(part, turn, origin=middle), kind=rules.kind, way_class=way_class)
            for part in lines_of(line.intersection(piece))
        ]
        waiting += [(half, depth + 1) for half in halves]
    return cuts, [affinity.rotate(piece, turn, origin=middle) for piece in pieces]


def _turn_deg(ground: shapely.Polygon) -> float:
    """How far ground's own axes are turned against the town's, between -45 and 45 degrees."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(ground))
    sides = np.diff(corners[:3], axis=0)
    east, north = sides[int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))]
    return float((np.degrees(np.arctan2(north, east)) + 45.0) % 90.0 - 45.0)


def _alleys(pieces: Sequence[shapely.Polygon], rng: np.random.Generator) -> Iterator[Strand]:
    """Dead-end alleys into two blocks of five, square to the block's longer side."""
    for piece in pieces:
        draw = rng.random(4)
        if draw[0] > 0.4 or piece.area < 5000:
            continue
        turn, middle = _turn_deg(piece), piece.centroid
        west, south, east, north = affinity.rotate(piece, -turn, origin=middle).bounds
        at, deep = 0.2 + 0.6 * draw[1], 0.4 + 0.35 * draw[2]
        deep = deep if draw[3] < 0.5 else 1.0 - deep
        if east - west >= north - south:
            x, knee = west + at * (east - west), south + deep * (north - south)
            points = [(x, south - 5 if draw[3] < 0.5 else north + 5), (x, knee)]
        else:
            y, knee = south + at * (north - south), west + deep * (east - west)
            points = [(west - 5 if draw[3] < 0.5 else east + 5, y), (knee, y)]
        alley = affinity.rotate(shapely.LineString(points), turn, origin=middle).intersection(piece)
        if isinstance(alley, shapely.LineString) and alley.length > 15:
            yield Strand(line=alley, kind="lane", way_class="footway")


def estate(parcel: shapely.Polygon, beyond: BaseGeometry, rng: np.random.Generator) -> list[Strand]:
    """A walled estate: a ring road behind the wall, rows of ways inside, two or three gates.

    Gates open to the parcel's border, but not where it lies in the ground ``beyond``.

    The wall stands half-way between street and ring road; each gate is a straight way of three
    points: street, gate in the wall, ring road.
    """
    inner = parcel.buffer(-34.0).simplify(3.0).buffer(14.0, quad_segs=2)
    blocks = [block for block in polygons_of(inner) if block.area > 6000]
    front = parcel.exterior.difference(beyond)
    strands: list[Strand] = []
    for block in (shapely.Polygon(block.exterior) for block in blocks):
        strands.append(Strand(line=shapely.LineString(block.exterior), kind="estate", way_class="service"))
        strands += divide(block, ESTATE, rng)[0]
        gates = 2 if block.area < 90_000 else 3
        first = rng.random()
        for k in range(gates):
            inside = block.exterior.interpolate((first + (k + 0.3 * rng.random()) / gates) % 1.0, normalized=True)
            street = shapely.get_point(shapely.shortest_line(inside, front), 1)
            wall = ((inside.x + street.x) / 2, (inside.y + street.y) / 2)
            line = shapely.LineString([(street.x, street.y), wall, (inside.x, inside.y)])
            strands.append(Strand(line=line, kind="gate", way_class="service"))
    return strands


def _cells(plan: TownPlan) -> tuple[list[shapely.Polygon], list[shapely.LineString]]:
    """Ground between main streets, quays and water, without medians and verges; and streets that end in a cell."""
    faces, loose = ground_between([*(strand.line for strand in plan.strands), plan.strips.boundary], grid_m=0.05)
    blocked = shapely.union_all([plan.strips, *(park.ground for park in plan.parks)])
    cells: list[shapely.Polygon] = []
    for cell in faces:
        if shapely.area(cell.intersection(plan.strips)) > 0.5 * cell.area:
            continue
        free = cell.difference(blocked) if cell.intersects(blocked) else cell
        cells += [part for part in polygons_of(free) if not part.buffer(-MEDIAN_M).is_empty]
    return cells, loose


def fill(plan: TownPlan, entrances: Sequence[Strand], rng: np.random.Generator) -> tuple[list[Strand], list[Ground]]:
    """Lanes inside the moat; public streets, estates and open neighbourhoods outside.

    Parameters
    ----------
    plan
        What is laid out already.
    entrances
        Ways into parks: outside the moat nothing is built across them.
    rng
        Where cuts, gates and alleys come from.

    Returns
    -------
    tuple
        Strands, and the residential ground between them.
    """
    strands: list[Strand] = []
    grounds: list[Ground] = []
    cells, loose = _cells(plan)
    clear = shapely.union_all([*loose, *(strand.line for strand in entrances)]).buffer(CLEAR_M)
    beyond = clear.buffer(1.0)  # a metre more, as borders that were cut lie beside the edge
    for cell in cells:
        if plan.walled.contains(cell.representative_point()):
            cuts, pieces = divide(cell, OLD_TOWN, rng)
            strands += [*cuts, *_alleys(pieces, rng)]
            grounds += [Ground(parcel=piece, kind="old") for piece in pieces]
            continue
        cuts, blocks = divide(cell, SUPERBLOCK, rng)
        strands += cuts
        for block in (part for whole in blocks for part in polygons_of(whole.difference(clear))):
            if rng.random() < 0.16:  # an older neighbourhood without a wall
                lanes, _ = divide(block, OLD_TOWN, rng)
                strands += lanes
                grounds.append(Ground(parcel=block, kind="open"))
            else:
                strands += estate(block, beyond, rng)
                grounds.append(Ground(parcel=block, kind="estate"))
    return strands, grounds


def bridges(plan: TownPlan, quays: BaseGeometry, rng: np.random.Generator) -> list[Strand]:
    """Small bridges from quay to quay, every 90 to 210 m along a canal; arched ones have steps.

    A bridge is laid only where it meets a quay or street (``quays``) on both banks.
    """
    laid: list[Strand] = []
    for line, width in plan.canals.values():
        wide = width > 20
        at = 40 + 90 * rng.random()
        while at < line.length - 30:
            ahead, behind = line.interpolate(at + 1.0), line.interpolate(at - 1.0)
            east, north = (ahead.x - behind.x) / 2, (ahead.y - behind.y) / 2
            reach, middle = width / 2 + 14.0, line.interpolate(at)
            banks = [
                shapely.LineString([(middle.x, middle.y), (middle.x - s * reach * north, middle.y + s * reach * east)])
                for s in (1, -1)
            ]
            met = [shapely.intersection(bank, quays) for bank in banks]
            draw = rng.random(2)
            if not any(point.is_empty for point in met) and not plan.moat.intersects(banks[0].union(banks[1])):
                ends = [shapely.shortest_line(middle, points).coords[1] for points in met]
                arched = draw[0] < 0.3 and not wide
                way_class = "steps" if arched else ("residential" if wide else "footway")
                laid.append(Strand(line=shapely.LineString(ends), kind="bridge", way_class=way_class, steps=arched))
            at += (300 + 250 * draw[1]) if wide else (90 + 120 * draw[1])
    return laid


def park_paths(park: Park) -> list[Strand]:
    """A round path inside the wall, one around the pond, and links between them."""
    ring = max(polygons_of(park.ground.buffer(-9.0)), key=lambda part: part.area)
    around = shapely.LineString(rounded(shapely.get_coordinates(ring.exterior)[:-1], closed=True, rounds=1))
    heart = ring.centroid.buffer(min(ring.area**0.5 / 6, 30.0))
    core = max(polygons_of(heart if park.pond.is_empty else park.pond.buffer(6.0)), key=lambda part: part.area)
    shore = shapely.LineString(core.exterior)
    strands = [
        Strand(line=around, kind="path", way_class="footway"),
        Strand(line=shore, kind="path", way_class="path"),
    ]
    for share in (0.05, 0.3, 0.55, 0.8):
        link = shapely.shortest_line(around.interpolate(share, normalized=True), shore)
        if link.length > 1:
            strands.append(Strand(line=link, kind="path", way_class="path"))
    return strands


def park_entrances(park: Park, round_path: shapely.LineString, streets: BaseGeometry) -> list[Strand]:
    """Two ways from the nearest streets to the round path of an open park; none into a walled garden."""
    ways = [
        shapely.shortest_line(round_path.interpolate(share, normalized=True), streets)
        for share in ((0.15, 0.62) if park.open else ())
    ]
    return [Strand(line=way, kind="path", way_class="footway") for way in ways if way.length < 300]
