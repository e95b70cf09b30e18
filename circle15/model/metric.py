"""Is a reference system fit for measuring? Lengths here are planar, in metres."""

from __future__ import annotations

from pyproj import CRS

from circle15.refusals import hint

__all__ = ["why_unfit"]


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
