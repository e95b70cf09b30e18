"""Outlines of areas that are known by their streets: every place belongs to whom its nearest street belongs to.

Points along the streets get Voronoi cells; borders between cells of different owners are the outlines, so
that no two areas overlap and neighbours share one line. The areas end where the walk along a street and
away from it gets too long.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi, cKDTree

from circle15.kernels.stretches import stretch_segments
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import edge_lines
from circle15.routing.isochrones import DRAW, Stretches

__all__ = ["NOBODY", "StreetPoints", "draw_outlines", "near_owned", "points_along", "surroundings"]

NOBODY = -1
SPACING_MM = 10_000
"""Distance between points along a street."""
BESIDE_MM = 1_000
"""How far from the end of a stretch its first point stands: borders cross streets where stretches meet."""
SMOOTH_M = 3.0
"""Corners of a border that make triangles smaller than this squared are left out."""
CLOSE_M = 25.0
"""Half the width of gaps that are closed: the carriageways of one road, a notch between two houses."""
HOLE_M2 = 20_000.0
"""Holes smaller than this are filled, where nobody else has them: a pond, a yard whose gate opens elsewhere."""
SPECK_M2 = 1000.0
"""Parts smaller than this beside a larger one are left out, but for those that must be kept."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StreetPoints:
    """Points with owners: ``xy`` ``float64[p, 2]`` metres, ``owner`` ``int64[p]``, :data:`NOBODY` where nobody's."""

    xy: NDArray[np.float64]
    owner: NDArray[np.int64]


def points_along(network: WalkNetwork, streets: Stretches, owner: NDArray[np.int64]) -> StreetPoints:
    """Points along stretches: a metre from each end and at most ten metres apart; in the middle of short ones.

    Parameters
    ----------
    network
        Whose edges they are.
    streets
        Stretches; those without length give one point.
    owner
        ``int64[s]`` whose each stretch is.
    """
    length = streets.end_mm - streets.begin_mm
    inner = np.maximum(length - 2 * BESIDE_MM, 0)
    many = np.where(inner > 0, -(-inner // SPACING_MM) + 1, 1)
    row = np.repeat(np.arange(len(length)), many)
    step = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    first = np.where(inner > 0, streets.begin_mm + BESIDE_MM, (streets.begin_mm + streets.end_mm) / 2)
    offset = first[row] + step * (inner / np.maximum(many - 1, 1))[row]
    edge = streets.edge[row]
    share = offset / np.maximum(network.length_mm[edge], 1)
    points = shapely.line_interpolate_point(edge_lines(network)[edge], share, normalized=True)
    return StreetPoints(xy=shapely.get_coordinates(points), owner=owner[row])


def near_owned(points: StreetPoints, within_m: float) -> StreetPoints:
    """Points without those of nobody that are farther than so many metres from every owned one.

    Beyond twice the farthest that an area goes from its streets they bind no area, and cost time.
    """
    has_owner = points.owner != NOBODY
    away, _ = cKDTree(points.xy[has_owner]).query(points.xy[~has_owner], distance_upper_bound=within_m)
    kept = has_owner.copy()
    kept[~has_owner] = np.isfinite(away)
    return StreetPoints(xy=points.xy[kept], owner=points.owner[kept])


def surroundings(
    network: WalkNetwork, streets: Stretches, owner: NDArray[np.int64], owners: int, *, width_m: float
) -> NDArray[Any]:
    """The land within ``width_m`` of each owner's stretches: ``object[owners]``, empty where there are none."""
    order = np.argsort(owner, kind="stable")
    start = np.searchsorted(owner[order], np.arange(owners + 1))
    drawn = np.empty(owners, dtype=object)
    for number, (a, b) in enumerate(pairwise(start)):
        members = order[a:b]
        segments = stretch_segments(
            streets.edge[members], streets.begin_mm[members], streets.end_mm[members],
            network.length_mm, network.vertex, network.vertex_start,
        )  # fmt: skip
        drawn[number] = DRAW["grid"](segments, width_m)
    return drawn


def draw_outlines(
    points: StreetPoints, reach: NDArray[Any], *, bound: NDArray[Any], keep: NDArray[Any]
) -> NDArray[Any]:
    """Areas of owners: where one of their points is the nearest of all, within their reach.

    Small holes and narrow gaps are closed, but never over land that is nearer to another owner's points.

    Parameters
    ----------
    points
        Of all owners, and of nobody. Of several at one spot (to the millimetre) the first counts.
    reach
        ``object[owners]`` polygons: how far each area goes.
    bound
        ``object[owners]`` polygons: how far it may go where gaps are closed.
    keep
        ``object[owners]`` (multi)points: parts that hold one are kept, however small.

    Returns
    -------
    numpy.ndarray
        ``object[owners]`` valid (multi)polygons of which no two overlap; empty for an owner without points.
    """
    drawn = _outlines(points, reach, bound, keep, SMOOTH_M)
    if shapely.covers(drawn, keep).all():
        return drawn
    # A smoothed border may run past a point that is to be kept: two seeds a step apart.
    return _outlines(points, reach, bound, keep, 0.0)


def _outlines(
    points: StreetPoints, reach: NDArray[Any], bound: NDArray[Any], keep: NDArray[Any], smooth_m: float
) -> NDArray[Any]:
    owned = points.owner != NOBODY
    near = _united(*_faces(points, smooth_m), len(reach))
    wide = _united(*_faces(StreetPoints(xy=points.xy[owned], owner=points.owner[owned]), smooth_m), len(reach))
    drawn = shapely.intersection(near, reach)
    closed = _closed(shapely.union_all(drawn))
    around = [shapely.clip_by_rect(closed, *shapely.bounds(shape)) for shape in bound]
    whole = shapely.intersection(np.array(around, dtype=object), shapely.intersection(wide, bound))
    return np.array([_without_specks(shape, spots) for shape, spots in zip(whole, keep, strict=True)], dtype=object)


def _united(face: NDArray[Any], owner: NDArray[np.int64], owners: int) -> NDArray[Any]:
    """Each owner's faces as one shape."""
    order = np.argsort(owner, kind="stable")
    start = np.searchsorted(owner[order], np.arange(owners + 1))
    return np.array([shapely.union_all(face[order[a:b]]) for a, b in pairwise(start)], dtype=object)


def _closed(shape: shapely.Geometry) -> shapely.Geometry:
    """A shape whose narrow gaps and small holes are filled."""
    whole = shapely.union(shape, shapely.buffer(shapely.buffer(shape, CLOSE_M, quad_segs=4), -CLOSE_M, quad_segs=4))
    rings, part = shapely.get_rings(shapely.get_parts(whole), return_index=True)
    holes = shapely.polygons(rings[np.diff(part, prepend=-1) == 0])
    return shapely.union_all([whole, *holes[shapely.area(holes) < HOLE_M2]])


def _without_specks(shape: shapely.Geometry, spots: shapely.Geometry) -> shapely.Geometry:
    """A shape's areas, without lines, points and small parts that need not be kept."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_dimensions(parts) == 2]
    kept = parts[(shapely.area(parts) >= SPECK_M2) | shapely.intersects(parts, spots)]
    kept = kept if len(kept) else parts
    return kept[0] if len(kept) == 1 else shapely.multipolygons(kept)


def _faces(points: StreetPoints, smooth_m: float) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Polygons of the plane around the points, cut where owners change, and whose each is."""
    if len(points.xy) == 0:
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    _, first = np.unique(np.rint(points.xy * 1000), axis=0, return_index=True)
    first.sort()
    corner = np.floor(points.xy.min(axis=0))
    xy, owner = points.xy[first] - corner, points.owner[first]
    fence = _fence(xy)
    cells = Voronoi(np.concatenate([xy, fence]))
    whose = np.concatenate([owner, np.full(len(fence), NOBODY)])
    border = whose[cells.ridge_points[:, 0]] != whose[cells.ridge_points[:, 1]]
    ends = cells.vertices[np.asarray(cells.ridge_vertices)[border]]
    lines = shapely.linestrings(ends[np.any(ends[:, 0] != ends[:, 1], axis=1)])
    face = shapely.get_parts(shapely.polygonize(lines))
    inside = shapely.get_coordinates(shapely.point_on_surface(face))
    _, nearest = cKDTree(np.concatenate([xy, fence])).query(inside)
    face = shapely.coverage_simplify(face, smooth_m)
    return shapely.transform(face, lambda local: local + corner), whose[nearest]


def _fence(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nobody's points far around, so that every cell of an owner is closed."""
    middle = (xy.min(axis=0) + xy.max(axis=0)) / 2
    radius = 10_000.0 + 2 * float(np.hypot(*(xy.max(axis=0) - xy.min(axis=0))))
    angle = np.arange(16) * (np.pi / 8)
    return middle + radius * np.column_stack([np.cos(angle), np.sin(angle)])
