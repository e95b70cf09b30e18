"""Sea from coastlines: OpenStreetMap draws the sea as a line with the water on its right, not as an area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.model.metric import METRES_PER_DEGREE

__all__ = ["CoastRules", "Sea", "close_coast"]

_ASIDE_DEG = 1e-7  # about a centimetre: how far beside a coastline its two banks are looked for

Place = tuple[float, float]
"""Longitude and latitude."""


@dataclass(frozen=True, kw_only=True)
class CoastRules:
    """How torn coastlines are closed; ``[coast]`` of ``osm_places.toml`` says why.

    ``gap_m`` metres that a line is drawn on in its own direction to the border; ``join_m`` metres between two ends
    that are joined; ``border_share`` of the box's shorter side and ``border_m`` metres that an end may lie inside to be
    joined to the nearest border, if that lies at most ``turn_deg`` degrees off the line's course and is ``clear_times``
    times nearer than the next end that faces it.
    """

    gap_m: float
    join_m: float
    border_share: float
    border_m: float
    turn_deg: float
    clear_times: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Sea:
    """The sea of an extract: ``faces`` from west to east, and what had to be done to the coast, each sorted.

    ``torn``: ends of coastlines that nothing closes; the sea beside them is not known. ``closed``: ends that were
    joined straight to each other or to a border farther than ``gap_m``. ``contrary``: where coastlines run against
    each other, so that one place lies both right and left of them.
    """

    faces: list[shapely.Polygon] = field(default_factory=list)
    torn: list[Place] = field(default_factory=list)
    closed: list[Place] = field(default_factory=list)
    contrary: list[Place] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, eq=False)
class _End:
    """An open end of a chain inside the box, all in degrees.

    ``at``; ``heading`` of its last segment and ``course`` of its last stretch, both out of the chain; whether it is the
    chain's ``last`` point or its first.
    """

    at: NDArray[np.float64]
    heading: NDArray[np.float64]
    course: NDArray[np.float64]
    last: bool

    @property
    def place(self) -> Place:
        return float(self.at[0]), float(self.at[1])


def close_coast(
    coast: Sequence[shapely.LineString], extent: tuple[float, float, float, float], rules: CoastRules
) -> Sea:
    """Close coastlines along the border of an extract and return the water side.

    An extract cuts coastlines, and often drops nodes near its border. A line that ends inside is drawn on in its own
    direction if that soon leads out; two ends that face each other across a small gap are joined; any other end is
    joined straight to the nearest border, if that is clearly nearer than another end and no coast lies between. The
    lines cut the extent into faces; a face is sea when coastlines have it on their right and none has it on the left:
    so ends and beginnings that do not alternate along the border make no sea. Such faces are left as land, and the
    ends at them are torn.

    Parameters
    ----------
    coast
        Lines in WGS 84, directed as OpenStreetMap directs them.
    extent
        ``(west, south, east, north)`` in degrees.
    rules
        How far each remedy goes.

    Returns
    -------
    Sea
        Faces and places in WGS 84.
    """
    if not coast:
        return Sea()
    box = shapely.box(*extent)
    chains = _chains(coast)
    onward, loose = _drawn_on(chains, box, rules.gap_m)
    joined = _joins(loose, chains, rules)
    left = [end for end in loose if not any(end in pair for pair in joined)]
    ashore = _to_border(left, chains, [_between(*pair) for pair in joined], box, rules)
    drawn = [line for _, line in onward] + [_between(*pair) for pair in joined] + [line for _, line in ashore]
    clipped = shapely.intersection(shapely.MultiLineString([*chains, *drawn]), box)
    noded = shapely.node(shapely.union(clipped, box.exterior))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    right, wrong = (_faces_beside(chains, faces, side, box) for side in (1.0, -1.0))
    bound = [end for end, _ in ashore]
    torn = {end.place for end in left if not any(end is other for other in bound)}
    mended = {end.place for end in (*(end for pair in joined for end in pair), *bound)}
    doubtful, contrary = _explained(faces[right & wrong], torn, mended | {end.place for end, _ in onward}, chains)
    return Sea(
        faces=sorted(faces[right & ~wrong], key=lambda face: face.bounds),
        torn=sorted(torn | doubtful),
        closed=sorted(mended - doubtful),
        contrary=contrary,
    )


def _chains(coast: Sequence[shapely.LineString]) -> NDArray[np.object_]:
    """Coastlines joined where one goes on as the next."""
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.MultiLineString(list(coast)), directed=True)))


def _metres(vector: NDArray[np.float64], lat: float) -> NDArray[np.float64]:
    """Degrees of longitude and latitude as metres at a latitude."""
    return np.asarray(vector * np.array([np.cos(np.radians(lat)), 1.0]) * METRES_PER_DEGREE)


def _ends(chains: NDArray[np.object_], box: shapely.Polygon, stretch_m: float) -> list[_End]:
    """The open ends of chains that lie inside the box; their course is that of the last ``stretch_m``."""
    ends = []
    for line in chains:
        points = np.asarray(line.coords)
        if (points[0] == points[-1]).all():
            continue
        back = min(stretch_m / METRES_PER_DEGREE, line.length)
        for before, at, along, last in ((points[1], points[0], back, False), (points[-2], points[-1], -back, True)):
            if box.contains(shapely.Point(at)):
                course = at - np.array(line.interpolate(along).coords[0])
                ends.append(_End(at=at, heading=at - before, course=course, last=last))
    return ends


def _drawn_on(
    chains: NDArray[np.object_], box: shapely.Polygon, gap_m: float
) -> tuple[list[tuple[_End, shapely.LineString]], list[_End]]:
    """Ends that leave the box when drawn on by ``gap_m`` in their own direction, with that stretch; and all others."""
    onward, loose = [], []
    for end in _ends(chains, box, gap_m):
        heading = _metres(end.heading, end.at[1])
        length = np.hypot(*heading)
        far = end.at + end.heading / length * gap_m if length else end.at
        if box.contains(shapely.Point(far)):
            loose.append(end)
        else:
            onward.append((end, shapely.LineString([end.at, far])))
    return onward, loose


def _distances(loose: Sequence[_End]) -> NDArray[np.float64]:
    """``float64[k, k]`` metres from each end that is a chain's last to each first one that it faces; else infinite."""
    far = np.full((len(loose), len(loose)), np.inf)
    for row, end in enumerate(loose):
        for column, start in enumerate(loose):
            across = _metres(start.at - end.at, end.at[1])
            ahead = across @ _metres(end.course, end.at[1]) > 0 > across @ _metres(start.course, end.at[1])
            if end.last and not start.last and ahead:
                far[row, column] = np.hypot(*across)
    return far


def _joins(loose: Sequence[_End], chains: NDArray[np.object_], rules: CoastRules) -> list[tuple[_End, _End]]:
    """Ends and beginnings that face each other across a small gap, each nearest to the other, no coast between."""
    if not loose:
        return []
    far = _distances(loose)
    pairs = []
    for row in range(len(loose)):
        column = int(far[row].argmin())
        if far[row, column] <= rules.join_m and int(far[:, column].argmin()) == row:
            pair = loose[row], loose[column]
            if not _crosses(_between(*pair), chains, both=True):
                pairs.append(pair)
    return pairs


def _to_border(
    left: Sequence[_End],
    chains: NDArray[np.object_],
    joins: Sequence[shapely.LineString],
    box: shapely.Polygon,
    rules: CoastRules,
) -> list[tuple[_End, shapely.LineString]]:
    """Ends that are joined straight to the nearest border ahead, with the stretch to a little beyond it."""
    if not left:
        return []
    west, south, east, north = box.bounds
    across = _metres(np.array([east - west, north - south]), (south + north) / 2)
    most_m = min(rules.border_share * float(across.min()), rules.border_m)
    facing = _distances(left)
    taken = [*chains, *joins]
    strands = []
    lines = [_outward(end, box, rules.turn_deg) for end in left]
    for k in sorted(range(len(left)), key=lambda k: (lines[k][1], left[k].place)):
        line, length_m = lines[k]
        clear = length_m * rules.clear_times <= min(facing[k].min(), facing[:, k].min())
        if length_m <= most_m and clear and not _crosses(line, np.array(taken), both=False):
            strands.append((left[k], line))
            taken.append(line)
    return strands


def _outward(end: _End, box: shapely.Polygon, turn_deg: float) -> tuple[shapely.LineString, float]:
    """The straight stretch from an end to the nearest border ahead and a hundredth beyond, and metres to the border."""
    west, south, east, north = box.bounds
    x, y = end.place
    feet = np.array([(west, y), (east, y), (x, south), (x, north)]) - end.at
    metres, course = _metres(feet, y), _metres(end.course, y)
    length = np.hypot(*metres.T)
    ahead = metres @ course >= np.cos(np.radians(turn_deg)) * length * np.hypot(*course)
    nearest = int(np.where(ahead, length, np.inf).argmin())
    line = shapely.LineString([end.at, end.at + feet[nearest] * 1.01])
    return line, float(length[nearest]) if ahead[nearest] else np.inf


def _between(end: _End, start: _End) -> shapely.LineString:
    return shapely.LineString([end.at, start.at])


def _crosses(line: shapely.LineString, others: NDArray[np.object_], *, both: bool) -> bool:
    """Whether a stretch meets other lines anywhere but at the end that it sets out from (and the one it comes to)."""
    first, last = np.asarray(line.coords)
    inner = shapely.LineString([first + (last - first) * 1e-6, last - (last - first) * (1e-6 if both else 0.0)])
    return bool(shapely.intersects(others, inner).any())


def _explained(
    doubtful: NDArray[np.object_], torn: set[Place], mended: set[Place], chains: NDArray[np.object_]
) -> tuple[set[Place], list[Place]]:
    """Why faces lie both right and left of coastlines: mended ends that did not belong so, or contrary coastlines."""
    ends: set[Place] = set()
    contrary: list[Place] = []
    vertex = shapely.get_coordinates(chains)
    for face in doubtful:
        near = {place for place in torn | mended if face.distance(shapely.Point(place)) < _ASIDE_DEG}
        if not near:
            beside = shapely.distance(face, np.asarray(shapely.points(vertex))) < _ASIDE_DEG
            inside = face.representative_point()
            contrary.append(min(map(tuple, vertex[beside].tolist()), default=(inside.x, inside.y)))
        elif not near & torn:
            ends |= near
    return ends, sorted(contrary)


def _faces_beside(
    lines: NDArray[np.object_], faces: NDArray[np.object_], side: float, box: shapely.Polygon
) -> NDArray[np.bool_]:
    """Which faces lie right (side = 1) or left (-1) of the lines, judged amid what lies in the box of every segment."""
    ends = [np.asarray(line.coords) for line in lines]
    start, along = _within(np.vstack([p[:-1] for p in ends]), np.vstack([p[1:] for p in ends]), box)
    length = np.hypot(along[:, 0], along[:, 1])
    start, along, length = start[length > 0], along[length > 0], length[length > 0]
    aside = np.column_stack([along[:, 1], -along[:, 0]]) / length[:, None] * (side * _ASIDE_DEG)
    hits = shapely.STRtree(faces).query(shapely.points(start + along / 2 + aside), predicate="intersects")
    beside = np.zeros(len(faces), dtype=bool)
    beside[hits[1]] = True
    return beside


def _within(
    start: NDArray[np.float64], stop: NDArray[np.float64], box: shapely.Polygon
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The parts of segments that lie in a box, as begin and vector: ``float64[k, 2]`` twice (Liang and Barsky)."""
    bounds, along = np.array(box.bounds), stop - start
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (bounds[:2] - start) / along, (bounds[2:] - start) / along
    enter = np.nan_to_num(np.minimum(low, high), nan=0.0).max(axis=1).clip(0.0, 1.0)
    leave = np.nan_to_num(np.maximum(low, high), nan=1.0).min(axis=1).clip(0.0, 1.0)
    part = leave > enter
    begin = start[part] + along[part] * enter[part, None]
    return begin, along[part] * (leave - enter)[part, None]
