"""The plan of a synthetic town: its figures (``water_town.toml``) as lines and areas in metres.

All lines live on the town's own axes (metres east and north of its centre, before the bend); the
:class:`Frame` bends the finished town and turns it into WGS 84. Because everything is bent by the
same smooth map, what touches before the bend touches after it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

__all__ = ["Frame", "Park", "Strand", "TownPlan", "ground_between", "lines_of", "polygons_of", "read_plan", "rounded"]

MEET_M = 40.0
"""A street that ends nearer than this to another one was meant to meet it."""

PARK_MARGIN_M = 9.0
"""Parks keep this far from streets and quays, so that their walls stand on ground of their own."""


@dataclass(frozen=True, kw_only=True)
class Strand:
    """A line of the town and what it is.

    ``kind``: ``street`` (of the plan), ``block`` (public street between estates), ``lane``, ``quay``,
    ``bridge``, ``estate`` (behind a gate), ``gate`` (through an estate's wall), ``path`` (in a park).
    """

    line: shapely.LineString
    kind: str
    way_class: str
    name: str = ""
    steps: bool = False


@dataclass(frozen=True, kw_only=True)
class Park:
    """A garden or park: its ground, its pond (may be empty), and whether its paths meet the streets."""

    name: str
    ground: BaseGeometry
    pond: BaseGeometry
    open: bool


def polygons_of(geometry: BaseGeometry) -> list[shapely.Polygon]:
    """The polygons that a shape is made of, in a fixed order."""
    polygons = [part for part in shapely.get_parts(geometry) if isinstance(part, shapely.Polygon) and not part.is_empty]
    return sorted(polygons, key=lambda part: part.bounds)


def lines_of(geometry: BaseGeometry) -> list[shapely.LineString]:
    """The lines that a shape is made of, in a fixed order."""
    lines = [part for part in shapely.get_parts(geometry) if isinstance(part, shapely.LineString) and not part.is_empty]
    return sorted(lines, key=lambda part: part.bounds)


def ground_between(
    courses: Sequence[BaseGeometry], *, grid_m: float
) -> tuple[list[shapely.Polygon], list[shapely.LineString]]:
    """The faces of a net of lines in a fixed order, and the lines that bound no face (blind ends, lone links)."""
    net = shapely.union_all(courses, grid_size=grid_m)
    faces, cuts, dangles, _ = (cast("BaseGeometry", part) for part in shapely.polygonize_full(shapely.get_parts(net)))
    return polygons_of(faces), lines_of(shapely.union(cuts, dangles))


def rounded(points: Iterable[Sequence[float]], *, closed: bool = False, rounds: int = 2) -> NDArray[np.float64]:
    """Cut the corners of a polyline (Chaikin 1974): each round puts points at 1/4 and 3/4 of every side.

    Short of the ends, which stay where they are; the cut is at most 60 m from the corner, so that long
    straight streets keep their course.
    """
    line = np.asarray(list(points), dtype=np.float64)
    if closed:
        line = np.vstack([line, line[:1]])
    for _ in range(rounds):
        step = np.diff(line, axis=0)
        length = np.hypot(step[:, 0], step[:, 1])
        cut = (np.minimum(length / 4, 60.0) / np.where(length > 0, length, 1.0))[:, None] * step
        pairs = np.stack([line[:-1] + cut, line[1:] - cut], axis=1).reshape(-1, 2)
        line = np.vstack([pairs, pairs[:1]]) if closed else np.vstack([line[:1], pairs[1:-1], line[-1:]])
    return line


@dataclass(frozen=True, kw_only=True)
class Frame:
    """From the town's axes to WGS 84: bend, turn, scale.

    ``bends`` holds one row a wave: amplitude (m), two wave numbers (rad/m) and two phases (rad) for
    each of the two directions.
    """

    centre: tuple[float, float]
    turn_rad: float
    metres_per_degree: tuple[float, float]
    bbox: tuple[float, float, float, float]
    bends: NDArray[np.float64]

    @classmethod
    def from_figures(cls, figures: Mapping[str, Any], bends: Sequence[Mapping[str, float]], *, seed: int) -> Frame:
        """Draw the phases and directions of the bends from the seed."""
        rng = np.random.Generator(np.random.PCG64(seed))
        rows = []
        for bend in bends:
            for axis in (0.0, 1.0):
                angle = rng.random() * np.pi
                number = 2 * np.pi / bend["wave_m"]
                wave = (number * np.cos(angle), number * np.sin(angle), rng.random() * 2 * np.pi)
                rows.append((axis, bend["amplitude_m"], *wave))
        west, south, east, north = figures["bbox"]
        return cls(
            centre=(figures["centre"][0], figures["centre"][1]),
            turn_rad=float(np.radians(figures["turn_deg"])),
            metres_per_degree=(figures["metres_per_degree"][0], figures["metres_per_degree"][1]),
            bbox=(west, south, east, north),
            bends=np.asarray(rows),
        )

    def to_degrees(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitude and latitude of points on the town's axes (metres)."""
        bent = points.astype(np.float64, copy=True)
        for axis, amplitude, east, north, phase in self.bends:
            bent[:, int(axis)] += amplitude * np.sin(points[:, 0] * east + points[:, 1] * north + phase)
        cos, sin = np.cos(self.turn_rad), np.sin(self.turn_rad)
        x, y = bent[:, 0] * cos - bent[:, 1] * sin, bent[:, 0] * sin + bent[:, 1] * cos
        scale = self.metres_per_degree
        return np.column_stack([self.centre[0] + x / scale[0], self.centre[1] + y / scale[1]])

    def unbent(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres on the town's axes of longitude and latitude, the bend left out (so to about 40 m)."""
        x = (degrees[:, 0] - self.centre[0]) * self.metres_per_degree[0]
        y = (degrees[:, 1] - self.centre[1]) * self.metres_per_degree[1]
        cos, sin = np.cos(self.turn_rad), np.sin(self.turn_rad)
        return np.column_stack([x * cos + y * sin, y * cos - x * sin])

    def geometry(self, shape: BaseGeometry, *, step_m: float = 40.0) -> BaseGeometry:
        """A shape on the town's axes in degrees; its sides get points every ``step_m`` so that they bend."""
        return shapely.transform(shapely.segmentize(shape, step_m), self.to_degrees)

    @cached_property
    def window(self) -> shapely.Polygon:
        """The bounding box on the town's axes, 60 m inside its sides, so that no bend leaves the box."""
        west, south, east, north = self.bbox
        corners = self.unbent(np.array([(west, south), (east, south), (east, north), (west, north)]))
        return shapely.Polygon(corners).buffer(-60.0)


@dataclass(frozen=True, kw_only=True)
class TownPlan:
    """What is laid out by hand, ready to be filled with lanes.

    Attributes
    ----------
    moat, lakes, water
        The moat's polygon, the lakes, and all open water outside parks.
    strips
        Water with its banks up to the quay paths: no lane enters, only bridges cross.
    walled
        The ground inside the moat.
    strands
        Main streets and quays.
    axes
        Centre lines of main streets and waters as the plan gives them: what communities end at.
    parks
        Gardens and parks.
    """

    frame: Frame
    moat: shapely.Polygon
    water: BaseGeometry
    lakes: BaseGeometry
    strips: BaseGeometry
    walled: shapely.Polygon
    canals: Mapping[str, tuple[shapely.LineString, float]]
    strands: tuple[Strand, ...]
    axes: tuple[Strand, ...]
    parks: tuple[Park, ...]


def _blob(centre: Sequence[float], axes: Sequence[float], rng: np.random.Generator) -> shapely.Polygon:
    """A rounded, uneven shape: 16 points on a squarish ring, each pushed in or out by up to 12 %."""
    turn = np.arange(16) * np.pi / 8
    reach = (0.94 + 0.12 * (2 * rng.random(16) - 1)) / (np.abs(np.cos(turn)) ** 4 + np.abs(np.sin(turn)) ** 4) ** 0.25
    ring = np.column_stack([np.cos(turn) * reach * axes[0], np.sin(turn) * reach * axes[1]]) + np.asarray(centre)
    return shapely.Polygon(rounded(ring, closed=True, rounds=1))


def _met(line: shapely.LineString, others: Sequence[tuple[shapely.LineString, float]]) -> shapely.LineString:
    """A street whose ends reach the streets they stop short of, over both carriageways where there are two.

    ``others``: axis and half the distance between carriageways (0 for one) of every other street.
    """
    points = shapely.get_coordinates(line)
    for end in (0, -1):
        tip = shapely.Point(points[end])
        axis, dual = min(others, key=lambda other: tip.distance(other[0]))
        if not 0 < tip.distance(axis) < MEET_M:
            continue
        way = points[end] - points[1 if end == 0 else -2]
        foot = np.array(axis.interpolate(axis.project(tip)).coords[0])
        points[end] = foot + way / np.hypot(*way) * dual
    return shapely.LineString(points)


def _streets(figures: Sequence[Mapping[str, Any]]) -> tuple[list[Strand], list[Strand]]:
    """Centre lines, and the carriageways that walkers see (two where a street is dual)."""
    axes, strands = [], []
    drawn = [(shapely.LineString(rounded(street["points"])), street.get("dual_m", 0.0)) for street in figures]
    for position, (street, (course, dual)) in enumerate(zip(figures, drawn, strict=True)):
        line = course if dual else _met(course, drawn[:position] + drawn[position + 1 :])
        axes.append(Strand(line=line, kind="street", way_class=street["class"], name=street["name"]))
        sides = [shapely.offset_curve(line, offset) for offset in (dual, -dual)] if dual else [line]
        strands += [
            Strand(line=part, kind="street", way_class=street["class"], name=street["name"])
            for side in sides
            for part in lines_of(side)
        ]
    return axes, strands


def _quays(
    canal: Mapping[str, Any], line: shapely.LineString, others: BaseGeometry, moat: BaseGeometry
) -> list[Strand]:
    """The paths along both banks: named ones pass over side canals, others stop at them."""
    if not canal.get("quay", True):
        return []
    half = canal["width_m"] / 2 + canal["bank_m"]
    strands = []
    for side, offset in (("left", half), ("right", -half)):
        named = canal.get(side)
        bank = shapely.offset_curve(line, offset).difference(moat if named else others)
        kind, way_class = ("street", named["class"]) if named else ("quay", "footway")
        name = named["name"] if named else ""
        strands += [
            Strand(line=part, kind=kind, way_class=way_class, name=name)
            for part in lines_of(bank)
            if part.length > 2 * half
        ]
    return strands


def _parks(figures: Sequence[Mapping[str, Any]], taken: BaseGeometry, rng: np.random.Generator) -> tuple[Park, ...]:
    parks = []
    for park in figures:
        free = _blob(park["centre"], park["axes"], rng).difference(taken)
        ground = max(polygons_of(free.buffer(-2.0).buffer(2.0)), key=lambda part: part.area)
        basin = _blob(park["centre"], [half * max(park["pond"], 0.01) for half in park["axes"]], rng)
        pond = basin.intersection(ground.buffer(-12.0)) if park["pond"] else shapely.Polygon()
        parks.append(Park(name=park["name"], ground=ground, pond=pond, open=park.get("open", True)))
    return tuple(parks)


def read_plan(*, seed: int) -> TownPlan:
    """Read ``water_town.toml`` and draw its lines.

    Parameters
    ----------
    seed
        Where the bends and the outlines of parks come from.

    Returns
    -------
    TownPlan
        Lines and areas on the town's axes, in metres.
    """
    figures = tomllib.loads(files("circle15.sources.town").joinpath("water_town.toml").read_text("utf-8"))
    frame = Frame.from_figures(figures["frame"], figures["bend"], seed=seed)
    ring = shapely.Polygon(rounded(figures["moat"]["points"], closed=True))
    half, bank = figures["moat"]["width_m"] / 2, figures["moat"]["bank_m"]
    moat = ring.exterior.buffer(half)
    moat_strip = ring.exterior.buffer(half + bank)
    canals = {c["name"]: (shapely.LineString(rounded(c["points"])), c["width_m"]) for c in figures["canal"]}
    widths = {c["name"]: c["width_m"] / 2 + c["bank_m"] for c in figures["canal"]}
    banks = {name: line.buffer(widths[name], cap_style="flat") for name, (line, _) in canals.items()}
    lakes = shapely.union_all([shapely.Polygon(rounded(lake["points"], closed=True)) for lake in figures["lake"]])
    shore = lakes.buffer(16.0)
    axes, strands = _streets(figures["street"])
    for canal in figures["canal"]:
        name = canal["name"]
        others = shapely.union_all([moat_strip, shore, *(strip for other, strip in banks.items() if other != name)])
        strands += _quays(canal, canals[name][0], others, moat_strip)
    inlets = shapely.union_all(list(banks.values()))
    rims = [lines_of(edge) for edge in (moat_strip.boundary.difference(inlets), shore.boundary)]
    strands += [
        Strand(line=rim, kind="quay", way_class="footway", name=name)
        for name, edges in zip(("环古城河步道", "环湖步道"), rims, strict=True)
        for rim in edges
    ]
    strips = shapely.union_all([moat_strip, shore, inlets])
    roads = shapely.union_all([s.line.buffer(PARK_MARGIN_M) for s in strands if s.kind == "street"])
    taken = strips.buffer(PARK_MARGIN_M - 1.0).union(roads)
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    waters = [line.buffer(width / 2, cap_style="flat") for line, width in canals.values()]
    water_axes = [Strand(line=line, kind="canal", way_class="", name=name) for name, (line, _) in canals.items()]
    moat_axis = Strand(line=shapely.LineString(ring.exterior), kind="moat", way_class="", name=figures["moat"]["name"])
    return TownPlan(
        frame=frame,
        moat=moat,
        water=shapely.union_all([moat, lakes, *waters]),
        lakes=lakes,
        strips=strips,
        walled=shapely.Polygon(ring.buffer(-(half + bank)).exterior),
        canals=canals,
        strands=tuple(strands),
        axes=(*axes, *water_axes, moat_axis),
        parks=_parks(figures["park"], taken, rng),
    )
