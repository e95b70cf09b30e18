"""Is a reference system fit for measuring? Lengths here are planar, in metres."""

from __future__ import annotations

from pyproj import CRS

__all__ = ["why_unfit"]


def why_unfit(crs: CRS) -> str:
    """Why lengths must not be measured in a reference system; empty when they may.

    Examples
    --------
    >>> why_unfit(CRS("EPSG:4549"))
    ''
    >>> why_unfit(CRS("EPSG:4326"))
    'counts in degrees'
    """
    if not crs.is_projected:
        return "counts in degrees"
    if any(axis.unit_conversion_factor != 1 for axis in crs.axis_info):
        return "does not count in metres"
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    if "Mercator" in method and "Transverse" not in method:  # the web's: Suzhou a sixth too long, Helsinki twice
        return "stretches lengths and is for display only"
    return ""
