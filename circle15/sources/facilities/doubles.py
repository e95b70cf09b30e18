"""Rows of one facility list that look like one place written twice: told, never merged."""

from __future__ import annotations

import unicodedata

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from circle15.model.metric import EARTH_M

__all__ = ["doubled_rows"]

_APART_M = 1e8
"""Farther than any two points on Earth: what keeps different names from being neighbours."""


def doubled_rows(
    frame: gpd.GeoDataFrame, *, within_m: float, coarse: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Which rows have a twin: the same name and a service in common near by, or the same point and a service.

    Parameters
    ----------
    frame
        WGS 84 points on ``facility_id`` with ``name`` and ``services``; a name that is only the id counts
        as none.
    within_m
        How near a row of the same name is a twin, in metres. Names are compared after NFKC, in small
        letters, without spaces.
    coarse
        Rows whose coordinates were rounded so far that other places share their point: that alone is no twin.

    Returns
    -------
    numpy.ndarray of bool
        One per row.

    Examples
    --------
    >>> points = gpd.points_from_xy([0.0, 0.0004, 0.0005], [0.0, 0.0, 0.0])  # 44 m and 11 m apart
    >>> sites = {"name": ["Hall", "hall ", "Shop"], "services": [("culture",)] * 3}
    >>> doubled_rows(gpd.GeoDataFrame(sites, geometry=points, crs="EPSG:4326"), within_m=50).tolist()
    [True, True, False]
    """
    offers = pd.DataFrame({"row": np.arange(len(frame)), "service": list(frame["services"])}).explode("service")
    rows = offers["row"].to_numpy(dtype=np.intp)
    lon, lat = frame.geometry.x.to_numpy()[rows], frame.geometry.y.to_numpy()[rows]
    names = frame["name"].astype(str)
    folded = names.map(_folded).where(names != frame.index.astype(str), "").to_numpy(dtype=object)[rows]
    site = pd.DataFrame({"lon": lon.round(7), "lat": lat.round(7), "service": offers["service"].to_numpy()})
    twin = site.duplicated(keep=False).to_numpy(copy=True)
    if coarse is not None:
        twin &= ~coarse[rows]
    named = np.flatnonzero(folded != "")
    code = pd.MultiIndex.from_arrays([folded[named], site["service"].to_numpy()[named]]).factorize()[0]
    twin[named] |= _has_neighbour(lon[named], lat[named], code, within_m)
    doubled = np.zeros(len(frame), dtype=bool)
    doubled[rows[twin]] = True
    return doubled


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _has_neighbour(
    lon: NDArray[np.float64], lat: NDArray[np.float64], code: NDArray[np.intp], within_m: float
) -> NDArray[np.bool_]:
    """Whether another point of the same code stands near; on the sphere, where no projection is needed."""
    if len(code) == 0:
        return np.zeros(0, dtype=bool)
    east, north = np.radians(lon), np.radians(lat)
    place = np.column_stack(
        [
            EARTH_M * np.cos(north) * np.cos(east),
            EARTH_M * np.cos(north) * np.sin(east),
            EARTH_M * np.sin(north),
            _APART_M * code,
        ]
    )
    # Equal rows once: a tree over thousands of equal points would be slow, and they are twins already.
    unique, first, count = np.unique(place, axis=0, return_inverse=True, return_counts=True)
    away_m, _ = cKDTree(unique).query(unique, k=[2], distance_upper_bound=np.nextafter(within_m, np.inf))
    near = np.isfinite(np.ravel(away_m)) | (count > 1)
    return np.asarray(near[first.reshape(-1)], dtype=bool)
