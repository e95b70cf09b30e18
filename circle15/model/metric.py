"""Is a reference system fit for measuring? Lengths here are planar, in metres."""

from __future__ import annotations

import geopandas as gpd
from pyproj import CRS

from circle15.errors import CrsError
from circle15.refusals import hint, refusal

__all__ = ["HALF_ROUND_DEG", "utm_crs", "why_unfit"]

HALF_ROUND_DEG = 180.0
"""No town is wider, in degrees of longitude: what seems to be lies across the meridian of 180 degrees."""


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
        return CRS(shapes.estimate_utm_crs())
    except (RuntimeError, ValueError) as error:
        raise refusal("crs_no_utm", error=CrsError, why=error) from error


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
