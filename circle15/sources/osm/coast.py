"""Sea from coastlines: OpenStreetMap draws the sea as a line with the water on its right, not as an area."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.model.metric import METRES_PER_DEGREE

__all__ = ["sea_polygons", "torn_ends"]

_ASIDE_DEG = 1e-7  # about a centimetre: how far beside a coastline its two banks are looked for


def sea_polygons(
    coast: Sequence[shapely.LineString], extent: tuple[float, float, float, float], *, gap_m: float
) -> list[shapely.Polygon]:
    """Close coastlines along the border of an extract and return the water side.

    An extract cuts coastlines, and often drops the last node outside its border. A line that ends
    inside is drawn on in its own direction until it meets the border, at most ``gap_m`` metres.
    The lines cut the extent into faces; a face is sea when coastlines have it on their right and none
    has it on the left. Where the file's coast is torn a face lies on both sides: it is left as land.

    Parameters
    ----------
    coast
        Lines in WGS 84, directed as OpenStreetMap directs them.
    extent
        ``(west, south, east, north)`` in degrees.
    gap_m
        Metres a torn line may be drawn on.

    Returns
    -------
    list of Polygon
        Sea faces in WGS 84, from west to east.
    """
    if not coast:
        return []
    box = shapely.box(*extent)
    merged = _chains(coast)
    drawn_on = [_draw_on(np.asarray(line.coords), box, gap_m) for line in merged]
    clipped = shapely.intersection(shapely.MultiLineString(drawn_on), box)
    noded = shapely.node(shapely.union(clipped, box.exterior))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    right, left = (_faces_beside(merged, faces, side) for side in (1.0, -1.0))
    return sorted(faces[right & ~left], key=lambda face: face.bounds)


def torn_ends(
    coast: Sequence[shapely.LineString], extent: tuple[float, float, float, float], *, gap_m: float
) -> list[tuple[float, float]]:
    """Ends of coastlines inside the extent that :func:`sea_polygons` cannot draw on to its border.

    Parameters
    ----------
    coast, extent, gap_m
        As for :func:`sea_polygons`.

    Returns
    -------
    list of (float, float)
        Longitude and latitude of each end, from west to east. The sea beside such a coastline is not known.
    """
    if not coast:
        return []
    box = shapely.box(*extent)
    ends: list[tuple[float, float]] = []
    for line in _chains(coast):
        points = np.asarray(line.coords)
        if (points[0] == points[-1]).all():
            continue
        for before, end in ((points[1], points[0]), (points[-2], points[-1])):
            if box.contains(shapely.Point(end)) and not _beyond(before, end, box, gap_m):
                ends.append((float(end[0]), float(end[1])))
    return sorted(ends)


def _chains(coast: Sequence[shapely.LineString]) -> NDArray[np.object_]:
    """Coastlines joined where one goes on as the next."""
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.MultiLineString(list(coast)), directed=True)))


def _draw_on(points: NDArray[np.float64], box: shapely.Polygon, gap_m: float) -> NDArray[np.float64]:
    """Prolong both open ends of a line, given as ``(n, 2)`` degrees, to the border of a box within ``gap_m`` metres."""
    if (points[0] == points[-1]).all():
        return points
    head = _beyond(points[1], points[0], box, gap_m)
    tail = _beyond(points[-2], points[-1], box, gap_m)
    return np.vstack([*head, points, *tail])


def _beyond(
    before: NDArray[np.float64], end: NDArray[np.float64], box: shapely.Polygon, gap_m: float
) -> list[NDArray[np.float64]]:
    """The point a little outside the box where the line would leave it; nothing when that is far."""
    stretch = np.array([np.cos(np.radians(end[1])), 1.0]) * METRES_PER_DEGREE
    heading = (end - before) * stretch
    if not heading.any() or not box.contains(shapely.Point(end)):
        return []
    far = end + heading / np.hypot(*heading) * gap_m / stretch
    if box.contains(shapely.Point(far)):
        return []
    return [far]


def _faces_beside(lines: NDArray[np.object_], faces: NDArray[np.object_], side: float) -> NDArray[np.bool_]:
    """Which faces lie right (side = 1) or left (-1) of the lines, judged at the middle of every segment."""
    ends = [np.asarray(line.coords) for line in lines]
    start, stop = np.vstack([p[:-1] for p in ends]), np.vstack([p[1:] for p in ends])
    along = stop - start
    length = np.hypot(along[:, 0], along[:, 1])
    start, along, length = start[length > 0], along[length > 0], length[length > 0]
    aside = np.column_stack([along[:, 1], -along[:, 0]]) / length[:, None] * (side * _ASIDE_DEG)
    hits = shapely.STRtree(faces).query(shapely.points(start + along / 2 + aside), predicate="intersects")
    found = np.zeros(len(faces), dtype=bool)
    found[hits[1]] = True
    return found
