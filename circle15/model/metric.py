"""Is a reference system fit for measuring, and fit for the place? Lengths here are planar, in metres.

Study areas and networks are compared with their place when they are made. Facilities, communities and points are not:
they must share the system of a network, and one that lies far away says nothing about the system.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Proj, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info

from circle15.errors import CrsError
from circle15.model.limits import SCALE_REFUSED, SCALE_TOLD
from circle15.refusals import hint, refusal, warn_of

__all__ = [
    "EARTH_M",
    "HALF_ROUND_DEG",
    "METRES_PER_DEGREE",
    "BBox",
    "MetricFit",
    "check_stretched",
    "fitting_codes",
    "lonlat_bounds",
    "metric_fit",
    "refuse_stretched",
    "transformer",
    "utm_crs",
    "why_unfit",
]

BBox = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

EARTH_M = 6_371_008.8
"""Mean radius (IUGG)."""

METRES_PER_DEGREE = 111_320.0
"""Of latitude; of longitude times the cosine of the latitude."""

HALF_ROUND_DEG = 180.0
"""No town is wider, in degrees of longitude: what seems to be lies across the meridian of 180 degrees."""

_SAMPLE = 1000
_OUTLYING = 0.05
_CHINA = (73.0, 18.0, 136.0, 54.0)


def utm_crs(shapes: gpd.GeoSeries) -> CRS:
    """The UTM zone of shapes in any stated system.

    Raises
    ------
    CrsError
        If no zone holds them: beyond 84 degrees north or 80 south, or across the meridian of 180 degrees.

    Examples
    --------
    >>> utm_crs(gpd.GeoSeries.from_xy([120.6], [31.3], crs="EPSG:4326")).to_epsg()
    32651
    """
    west, _, east, _ = shapes.to_crs("EPSG:4326").total_bounds
    if east - west > HALF_ROUND_DEG:
        raise refusal("antimeridian", error=CrsError)
    try:
        return CRS(_middle_zone(shapes))
    except (RuntimeError, ValueError) as error:
        raise refusal("crs_no_utm", error=CrsError, why=error) from error


def _middle_zone(shapes: gpd.GeoSeries) -> str:
    """Code of the zone that ``estimate_utm_crs`` of geopandas gives: that of the middle of their box in degrees."""
    box = shapes.total_bounds
    if not shapes.crs.is_geographic:
        box = transformer(shapes.crs, "EPSG:4326").transform_bounds(*box)
    zones = _utm_codes(float(np.mean(box[::2])), float(np.mean(box[1::2])))
    if not zones:
        raise RuntimeError("Unable to determine UTM CRS")
    return zones[0]


def why_unfit(crs: CRS) -> tuple[str, str] | None:
    """Why lengths must not be measured in a reference system, in Chinese and in English; None when they may.

    Examples
    --------
    >>> why_unfit(CRS("EPSG:4549"))
    >>> why_unfit(CRS("EPSG:4326"))
    ('以度为单位', 'counts in degrees')
    """
    if not crs.is_projected:
        return hint("crs_degrees")
    if any(axis.unit_conversion_factor != 1 for axis in crs.axis_info):
        return hint("crs_no_metres")
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    if "Mercator" in method and "Transverse" not in method:  # the web's: Suzhou a sixth too long, Helsinki twice
        return hint("crs_display")
    return None


@dataclass(frozen=True, kw_only=True)
class MetricFit:
    """How true to length a reference system is at a place.

    Attributes
    ----------
    crs
        Name of the system.
    scale
        Length in the system over length on the ground, in the worst direction at the worst point; infinite where the
        system cannot say.
    lon, lat
        Middle of the place in degrees.
    codes
        EPSG codes that measure there within 0.3 %; empty where no zone holds the whole place.
    """

    crs: str
    scale: float
    lon: float
    lat: float
    codes: tuple[str, ...]

    @property
    def error(self) -> float:
        """Distance of the scale from one: 0.085 makes 1,085 m of 1,000."""
        return abs(self.scale - 1)

    @property
    def words(self) -> dict[str, Any]:
        """What messages name of it: system, place, figures and codes."""
        known = math.isfinite(self.scale)
        return {
            "crs": self.crs,
            "lon": f"{self.lon:.2f}",
            "lat": f"{self.lat:.2f}",
            "measured": f"{1000 * self.scale:,.0f}" if known else "?",
            "percent": f"{100 * self.error:.1f}" if known else "?",
            "codes": (" 或 ".join(self.codes), " or ".join(self.codes)) if self.codes else hint("crs_no_code"),
        }


@lru_cache(maxsize=64)
def transformer(source: CRS | str, target: CRS | str) -> Transformer:
    """The way from one reference system to another, x before y, or longitude before latitude.

    PROJ takes longer to look a way up than to project a city: each is looked up once. Threads may share it.

    Examples
    --------
    >>> x, y = transformer("EPSG:4326", "EPSG:32651").transform(123.0, 0.0)  # the middle of the zone, at the equator
    >>> round(x), round(y)
    (500000, 0)
    """
    return Transformer.from_crs(source, target, always_xy=True)


@lru_cache(maxsize=32)
def _projection(crs: CRS) -> Proj:
    """The projection of a system, without heights and without a shift to another datum."""
    while crs.is_bound or crs.is_compound:
        crs = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs.sub_crs_list[0]
    return Proj(crs)


def lonlat_bounds(shapes: gpd.GeoSeries) -> tuple[float, float, float, float] | None:
    """West, south, east, north of shapes in degrees of WGS 84 to five decimals; None where they have none.

    Of another system the edges of the box there are followed, not every vertex.

    Examples
    --------
    >>> lonlat_bounds(gpd.GeoSeries.from_xy([120.61, 120.63], [31.3, 31.3123456], crs=4326))
    (120.61, 31.3, 120.63, 31.31235)
    """
    box = shapes.total_bounds
    if np.isfinite(box).all() and shapes.crs.to_epsg() != 4326:
        box = np.array(transformer(shapes.crs, "EPSG:4326").transform_bounds(*box))
    if not np.isfinite(box).all():
        return None
    west, south, east, north = (round(float(end), 5) for end in box)
    return west, south, east, north


def metric_fit(crs: CRS, xy: ArrayLike) -> MetricFit | None:
    """How true to length a system is where points lie.

    Parameters
    ----------
    crs
        A projected system in metres.
    xy
        ``(n, 2)`` coordinates in it. The box of the middle nine tenths is looked at, so that a few points far out
        decide nothing; of many points every n-th is taken.

    Returns
    -------
    MetricFit or None
        None without a finite point. Scale is that of Tissot's ellipse: in an equal-area system lengths grow in one
        direction as they shrink in the other, and the worse of both counts.

    References
    ----------
    Snyder (1987), Map Projections: A Working Manual, USGS Professional Paper 1395, pp. 20-26.

    Examples
    --------
    >>> round(metric_fit(CRS("EPSG:4549"), [[557_000, 3_464_000]]).scale, 5)  # Suzhou, 57 km from the meridian
    1.00004
    """
    x, y = _middle_box(np.asarray(xy, dtype=np.float64).reshape(-1, 2))
    if len(x) == 0:
        return None
    lon, lat = _projection(crs)(x, y, inverse=True)
    scale = _worst_scale(crs, lon, lat)
    known = np.isfinite(lon) & np.isfinite(lat)
    codes = fitting_codes(lon, lat) if known.all() and abs(scale - 1) > SCALE_TOLD else ()
    middle = (float(lon[-1]), float(lat[-1])) if known[-1] else (math.nan, math.nan)
    return MetricFit(crs=crs.name, scale=scale, lon=middle[0], lat=middle[1], codes=codes)


def _middle_box(xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners and middle of the box that holds the middle nine tenths of the points, outermost ones left out."""
    xy = xy[:: max(1, len(xy) // _SAMPLE)]
    xy = xy[np.isfinite(xy).all(axis=1)]
    if len(xy) == 0:
        return np.empty(0), np.empty(0)
    ends = np.sort(
        [
            np.quantile(xy, _OUTLYING, axis=0, method="higher"),
            np.quantile(xy, 1 - _OUTLYING, axis=0, method="lower"),
        ],
        axis=0,
    )
    (west, south), (east, north) = ends
    middle_x, middle_y = ends.mean(axis=0)
    return np.array([west, west, east, east, middle_x]), np.array([south, north, south, north, middle_y])


def _worst_scale(crs: CRS, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> float:
    """The scale that lies farthest from one, in any direction at any of the points; infinite where one has none."""
    factors = _projection(crs).get_factors(lon, lat)
    scales = np.concatenate([np.atleast_1d(factors.tissot_semimajor), np.atleast_1d(factors.tissot_semiminor)])
    if not np.isfinite(scales).all():
        return math.inf
    return float(scales[np.abs(scales - 1).argmax()])


def fitting_codes(lon: ArrayLike, lat: ArrayLike) -> tuple[str, ...]:
    """EPSG codes that measure lengths within 0.3 % at all points: China's three-degree grid, then UTM.

    Examples
    --------
    >>> fitting_codes([120.6], [31.3])
    ('EPSG:4549', 'EPSG:32651')
    >>> fitting_codes([24.94], [60.17])
    ('EPSG:32635',)
    """
    east, north = np.atleast_1d(np.asarray(lon, dtype=float)), np.atleast_1d(np.asarray(lat, dtype=float))
    middle_lon, middle_lat = float(np.mean(east)), float(np.mean(north))
    candidates = [*_chinese_codes(middle_lon, middle_lat), *_utm_codes(middle_lon, middle_lat)]
    return tuple(code for code in candidates if abs(_worst_scale(CRS(code), east, north) - 1) <= SCALE_TOLD)


def _chinese_codes(lon: float, lat: float) -> list[str]:
    """CGCS2000, three-degree Gauss-Krüger: EPSG:4534 has its meridian at 75 degrees, EPSG:4554 at 135."""
    west, south, east, north = _CHINA
    inside = west <= lon <= east and south <= lat <= north
    return [f"EPSG:{4534 + min(max(round((lon - 75) / 3), 0), 20)}"] if inside else []


def _utm_codes(lon: float, lat: float) -> tuple[str, ...]:
    """Zones that hold a place, in the order of their codes."""
    AreaOfInterest(west_lon_degree=lon, south_lat_degree=lat, east_lon_degree=lon, north_lat_degree=lat)  # no NaN
    ends = _utm_zones().items()
    return tuple(code for code, (west, south, east, north) in ends if west <= lon <= east and south <= lat <= north)


@lru_cache(maxsize=1)
def _utm_zones() -> Mapping[str, tuple[float, float, float, float]]:
    """West, south, east and north of each zone: PROJ takes a tenth of a second to look one up, as long as all."""
    zones = query_utm_crs_info(datum_name="WGS 84")
    return MappingProxyType({f"EPSG:{zone.code}": zone.area_of_use.bounds for zone in zones if zone.area_of_use})


def refuse_stretched(crs: CRS, xy: ArrayLike) -> MetricFit | None:
    """Refuse a system that is more than 1 % untrue to length where points lie.

    Raises
    ------
    CrsError
        With the figure and codes that fit.
    """
    fit = metric_fit(crs, xy)
    if fit is not None and fit.error > SCALE_REFUSED:
        raise refusal("crs_stretches", error=CrsError, **fit.words)
    return fit


def check_stretched(crs: CRS, xy: ArrayLike) -> None:
    """As :func:`refuse_stretched`, and warn callers of the library from 0.3 % on.

    Raises
    ------
    CrsError
        Beyond 1 %, with the figure and codes that fit.

    Warns
    -----
    DataQualityWarning
        With the figure and codes that fit.
    """
    fit = refuse_stretched(crs, xy)
    if fit is not None and fit.error > SCALE_TOLD:
        warn_of("crs_stretches", stacklevel=3, **fit.words)
