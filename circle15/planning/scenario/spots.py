"""Where a change says that something is, in the city's own metres; and what is there."""

from __future__ import annotations

import shapely

from circle15.errors import InputError
from circle15.model.changes import Spot
from circle15.model.metric import transformer
from circle15.model.results import City
from circle15.refusals import refusal

__all__ = ["in_reach", "point_of", "spot_of"]


def point_of(city: City, spot: Spot) -> shapely.Point:
    """A place in the city's own system."""
    if spot.metres is not None:
        return shapely.Point(spot.metres)
    return shapely.Point(*transformer("EPSG:4326", city.area.crs).transform(spot.lon, spot.lat))


def spot_of(city: City, point: shapely.Point) -> Spot:
    """A point of the city's own system in degrees of WGS 84, to about a centimetre.

    Rounded, so that files stay short and the same on every machine.
    """
    lon, lat = transformer(city.area.crs, "EPSG:4326").transform(point.x, point.y)
    return Spot(lon=round(float(lon), 7), lat=round(float(lat), 7))


def in_reach(city: City, spot: Spot, *, inside: bool = False) -> shapely.Point:
    """A place in the study area with its buffer, or ``inside`` the area itself.

    Raises
    ------
    InputError
        If it lies outside.
    """
    point = point_of(city, spot)
    ground = city.area.boundary if inside else city.area.reach
    if not (shapely.is_valid(point) and not point.is_empty and ground.covers(point)):
        raise refusal("spot_outside", error=InputError, x=f"{point.x:.1f}", y=f"{point.y:.1f}", km=_far_km(city, point))
    return point


def _far_km(city: City, point: shapely.Point) -> str:
    return f"{shapely.distance(city.area.boundary, point) / 1000:,.1f}"
