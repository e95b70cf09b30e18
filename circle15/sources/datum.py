"""Datums that Chinese maps use: WGS 84, CGCS2000, GCJ-02 and BD-09, and any EPSG code. Never guessed.

GCJ-02 shifts WGS 84 by a published series of sines, BD-09 adds a second shift; both forward formulas are
in common public use, neither has a closed inverse. The inverses here iterate the forward formula until
it returns to the given point within 1e-12 degree (0.1 micrometre), where the usual one-step inverse is
off by up to 2.5 m in Suzhou. CGCS2000 and WGS 84 differ by less than what any list of facilities resolves;
PROJ's conversion between them is a ballpark identity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray

from circle15.errors import CrsError
from circle15.model.metric import transformer
from circle15.refusals import refusal

__all__ = ["DATUMS", "from_wgs84", "to_wgs84"]

Degrees: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[Degrees, Degrees]

DATUMS = ("wgs84", "gcj02", "bd09", "cgcs2000")
"""Names that a list may declare, beside ``EPSG:n``."""

_AXIS_M, _ECCENTRICITY2 = 6_378_245.0, 0.00669342162296594323  # Krasovsky 1940, as GCJ-02 uses it
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271  # GCJ-02 shifts inside this box only
_ROUNDS = 30
_CLOSE_DEG = 1e-12
_BD_TURN = np.pi * 3000.0 / 180.0


def _waves(x: Degrees, *steps: tuple[float, float]) -> Degrees:
    """Sum of sines ``size * sin(pi * x / length)``, with the factor 2/3 that all of GCJ-02's series share."""
    total = np.zeros_like(x)
    for size, length in steps:
        total += size * np.sin(np.pi * x / length)
    return total * 2.0 / 3.0


def _gcj02_shift(lon: Degrees, lat: Degrees) -> Pair:
    """Degrees that GCJ-02 adds to a WGS 84 position."""
    x, y = lon - 105.0, lat - 35.0
    root, short = np.sqrt(np.abs(x)), _waves(x, (20.0, 1 / 6), (20.0, 0.5))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += short + _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += short + _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0))
    angle = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(angle) ** 2
    shift_lat = np.degrees(north / (_AXIS_M * (1.0 - _ECCENTRICITY2) / (magic * np.sqrt(magic))))
    shift_lon = np.degrees(east / (_AXIS_M / np.sqrt(magic) * np.cos(angle)))
    inside = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    return np.where(inside, shift_lon, 0.0), np.where(inside, shift_lat, 0.0)


def _to_gcj02(lon: Degrees, lat: Degrees) -> Pair:
    east, north = _gcj02_shift(lon, lat)
    return lon + east, lat + north


def _gcj02_to_bd09(lon: Degrees, lat: Degrees) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _to_bd09(lon: Degrees, lat: Degrees) -> Pair:
    return _gcj02_to_bd09(*_to_gcj02(lon, lat))


_FORWARD: Mapping[str, Callable[[Degrees, Degrees], Pair]] = {
    "wgs84": lambda lon, lat: (lon, lat),
    "gcj02": _to_gcj02,
    "bd09": _to_bd09,
}


def _inverse(forward: Callable[[Degrees, Degrees], Pair], lon: Degrees, lat: Degrees) -> Pair:
    """Point whose image is the given one, by fixed-point iteration: the shift changes slowly with the place."""
    east, north = lon.copy(), lat.copy()
    for _ in range(_ROUNDS):
        there_lon, there_lat = forward(east, north)
        miss_lon, miss_lat = lon - there_lon, lat - there_lat
        east, north = east + miss_lon, north + miss_lat
        worst = np.nanmax(np.maximum(np.abs(miss_lon), np.abs(miss_lat)), initial=0.0)
        if worst < _CLOSE_DEG:
            break
    return east, north


def _crs(datum: str) -> pyproj.CRS:
    name = "EPSG:4490" if datum.lower() == "cgcs2000" else datum
    try:
        return pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError as error:
        raise refusal("datum_unknown", error=CrsError, datum=datum, known=", ".join(DATUMS)) from error


def _arrays(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return np.array(lon, dtype=np.float64, ndmin=1), np.array(lat, dtype=np.float64, ndmin=1)


def to_wgs84(lon: ArrayLike, lat: ArrayLike, *, datum: str) -> Pair:
    """Convert positions of a declared datum to WGS 84.

    Parameters
    ----------
    lon, lat
        Degrees, ``float64[n]``; for a projected ``EPSG:n`` easting and northing in its unit.
    datum
        ``wgs84``, ``gcj02``, ``bd09``, ``cgcs2000`` or ``EPSG:n``.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Longitude and latitude in degrees, WGS 84; NaN stays NaN.

    Raises
    ------
    CrsError
        If the datum is not known, or a position does not fit into it.

    Examples
    --------
    >>> lon, lat = to_wgs84([120.62], [31.30], datum="gcj02")
    >>> round(float(lon[0]), 6), round(float(lat[0]), 6)  # some 465 m to the west and south
    (120.615826, 31.30218)
    """
    east, north = _arrays(lon, lat)
    forward = _FORWARD.get(datum.lower())
    if forward is not None:
        return _inverse(forward, east, north)
    return _checked(transformer(_crs(datum), "EPSG:4326").transform(east, north), east, north, datum)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, *, datum: str) -> Pair:
    """Convert WGS 84 positions to another datum; the inverse of :func:`to_wgs84`.

    Raises
    ------
    CrsError
        If the datum is not known, or a position does not fit into it.
    """
    east, north = _arrays(lon, lat)
    forward = _FORWARD.get(datum.lower())
    if forward is not None:
        return forward(east, north)
    return _checked(transformer("EPSG:4326", _crs(datum)).transform(east, north), east, north, datum)


def _checked(made: Pair, east: Degrees, north: Degrees, datum: str) -> Pair:
    """PROJ answers infinity for what lies outside a system; that must not travel on."""
    wrong = np.isfinite(east) & np.isfinite(north) & ~(np.isfinite(made[0]) & np.isfinite(made[1]))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise refusal("datum_elsewhere", error=CrsError, row=row + 1, x=east[row], y=north[row], datum=datum)
    return np.asarray(made[0]), np.asarray(made[1])
