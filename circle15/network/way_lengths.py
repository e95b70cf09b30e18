"""Lengths of ways in degrees, on the sphere: for counts and comparisons. Walks are measured in the metric system."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circle15.model.metric import EARTH_M, BBox

__all__ = ["between_metres", "inside", "segment_metres", "way_metres"]


def inside(lon: NDArray[np.float64], lat: NDArray[np.float64], bbox: BBox | None) -> NDArray[np.bool_]:
    """``bool[n]``: which places lie in a box; without a box all of them."""
    if bbox is None:
        return np.ones(len(lon), dtype=bool)
    west, south, east, north = bbox
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def segment_metres(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """``float64[n - 1]``: metres from each place to the next one.

    Examples
    --------
    >>> segment_metres(np.array([0.0, 0.0]), np.array([0.0, 1.0])).round().tolist()  # a degree of a meridian
    [111195.0]
    """
    return between_metres((lon[:-1], lat[:-1]), (lon[1:], lat[1:]))


def between_metres(
    start: tuple[NDArray[np.float64], NDArray[np.float64]], stop: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """``float64[n]``: metres between places near each other, each side longitudes and latitudes."""
    (lon, lat), (lon_to, lat_to) = start, stop
    east = np.radians(lon_to - lon) * np.cos(np.radians((lat + lat_to) / 2))
    metres: NDArray[np.float64] = EARTH_M * np.hypot(east, np.radians(lat_to - lat))
    return metres


def way_metres(
    lon: NDArray[np.float64], lat: NDArray[np.float64], size: NDArray[np.int64], bbox: BBox | None = None
) -> NDArray[np.float64]:
    """``float64[w]``: metres of each way, of its segments with an end in the box.

    Parameters
    ----------
    lon, lat
        Degrees, way after way.
    size
        Nodes of each way.
    bbox
        Where metres count.
    """
    if len(lon) < 2:
        return np.zeros(len(size))
    way = np.repeat(np.arange(len(size)), size)
    near = inside(lon, lat, bbox)
    wanted = (way[1:] == way[:-1]) & (near[1:] | near[:-1])
    metres = np.where(wanted, segment_metres(lon, lat), 0.0)
    return np.asarray(np.bincount(way[1:], weights=metres, minlength=len(size)), dtype=np.float64)
