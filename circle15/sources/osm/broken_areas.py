"""Areas that a file does not hold whole: drawn as far as their rings close, the rest of their edge as lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.model.metric import METRES_PER_DEGREE
from circle15.sources.osm.objects import located_ways

__all__ = ["BrokenArea", "broken_areas", "close_rings"]

Members = Mapping[int, str]
"""Ways of an area by their ids, with their roles."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BrokenArea:
    """What can be drawn of an area in WGS 84: the ``area`` that closes, and ``edge``, lines that close nothing.

    Either may be empty.
    """

    area: shapely.Geometry
    edge: shapely.Geometry


def broken_areas(path: Path, members: Mapping[str, Members], *, gap_m: float) -> dict[str, BrokenArea]:
    """Draw areas of an OpenStreetMap file that could not be assembled.

    Parameters
    ----------
    path
        The file.
    members
        By the name of each area its ways; those that are not in the file are missing.
    gap_m
        A ring whose two ends are at most so many metres apart is closed.

    Returns
    -------
    dict of BrokenArea
        Those areas of which the file holds any way.

    Raises
    ------
    StreetsError
        If the file cannot be read.
    """
    if not members:
        return {}
    ways = located_ways(path, {way for ways in members.values() for way in ways})
    drawn = {}
    for name, roles in members.items():
        inner = [line for way, role in roles.items() if role == "inner" for line in ways.get(way, ())]
        outer = [line for way, role in roles.items() if role != "inner" for line in ways.get(way, ())]
        if outer or inner:
            drawn[name] = close_rings(outer, inner, gap_m=gap_m)
    return drawn


def close_rings(
    outer: Iterable[shapely.LineString], inner: Iterable[shapely.LineString], *, gap_m: float
) -> BrokenArea:
    """The area within the outer rings that close, without the inner ones, and all lines that bound none of it.

    Examples
    --------
    >>> around = shapely.LineString([(0, 0), (2, 0), (2, 2), (0, 2), (0, 0)])
    >>> bank = shapely.LineString([(3, 0), (3, 2)])
    >>> broken = close_rings([around, bank], [], gap_m=30)
    >>> broken.area.area, broken.edge.length
    (4.0, 2.0)
    """
    within, open_outer = _rings(list(outer), gap_m)
    without, open_inner = _rings(list(inner), gap_m)
    area = shapely.difference(within, without)
    ashore = shapely.difference(shapely.boundary(without), within)  # of islands in water that does not close
    return BrokenArea(area=area, edge=shapely.union_all([*open_outer, *open_inner, ashore]))


def _rings(lines: list[shapely.LineString], gap_m: float) -> tuple[shapely.Geometry, NDArray[np.object_]]:
    """What the lines close around, and the lines that close around nothing."""
    if not lines:
        return shapely.MultiPolygon(), np.empty(0, dtype=object)
    chains = shapely.get_parts(shapely.line_merge(shapely.MultiLineString(lines)))
    closed = [_closed(chain, gap_m) for chain in chains]
    noded = shapely.get_parts(shapely.node(shapely.MultiLineString(closed)))
    polygons, cuts, dangles, _ = shapely.polygonize_full(noded)
    return shapely.union_all(shapely.get_parts(polygons)), shapely.get_parts(np.array([cuts, dangles], dtype=object))


def _closed(chain: shapely.LineString, gap_m: float) -> shapely.LineString:
    """A chain whose ends nearly meet, as a ring."""
    points = np.asarray(chain.coords)
    across = points[0] - points[-1]
    metres = np.hypot(across[0] * np.cos(np.radians(points[0, 1])), across[1]) * METRES_PER_DEGREE
    if len(points) > 2 and 0 < metres <= gap_m:
        return shapely.LineString([*points, points[0]])
    return chain
