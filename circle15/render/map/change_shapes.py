"""Where on the map each change of a scenario is, in the city's own metres."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from circle15.model import City
from circle15.model import changes as kinds
from circle15.model.changes import Change, LinkEnd, Spot
from circle15.model.metric import transformer
from circle15.model.streets import EdgeFlag

__all__ = ["change_shapes"]

_OUTLINE_M = 5.0


def change_shapes(city: City, base: City) -> list[BaseGeometry | None]:
    """A point, a line or a ring for each change of a city's scenario, in their order.

    Parameters
    ----------
    city
        As the scenario has it.
    base
        As it is.

    Returns
    -------
    list
        A facility, a gate or new homes are points, a move, a link, a street and the cut of a split are lines, merged
        communities are the ring around them; None of what has no place, or does not say it.
    """
    plan = city.scenario
    return [] if plan is None else [_shape(city, base, change) for change in plan.changes]


def _shape(city: City, base: City, change: Change) -> BaseGeometry | None:
    named: Any = change
    if type(change) in _SHAPES:
        return _SHAPES[type(change)](city, base, change)
    return _facility(city, named.facility_id) if hasattr(named, "facility_id") else None


def _point(city: City, spot: Spot | None) -> shapely.Point | None:
    if spot is None:
        return None
    xy = spot.metres or transformer("EPSG:4326", city.area.crs).transform(spot.lon, spot.lat)
    return shapely.Point(*xy)


def _facility(city: City, key: str) -> shapely.Point | None:
    frame = city.facilities.frame
    point: shapely.Point | None = frame.geometry[key] if key in frame.index else None
    return point


def _line(*points: shapely.Point | None) -> shapely.LineString | None:
    known = [point for point in points if point is not None]
    return shapely.LineString(known) if len(known) == len(points) > 1 else None


def _moved(city: City, base: City, change: kinds.MoveFacility) -> BaseGeometry | None:
    """From where it was to where it goes; where it was added by the scheme itself, that place alone."""
    to = _point(city, change.to)
    return _line(_point(city, change.at) or _facility(base, change.facility_id), to) or to


def _link(city: City, _: City, change: kinds.AddLink) -> BaseGeometry | None:
    def end(side: LinkEnd) -> shapely.Point | None:
        return _point(city, side.at)

    return _line(end(change.start), end(change.end))


def _street(city: City, base: City, change: kinds.CloseStreet) -> BaseGeometry | None:
    """The closed street at the place that the change names."""
    del base
    at, network = _point(city, change.at), city.network
    closed = np.flatnonzero(network.flags & np.uint16(EdgeFlag.CLOSED))
    if at is None or not len(closed):
        return at
    lines = [
        shapely.LineString(network.vertex[network.vertex_start[edge] : network.vertex_start[edge + 1]])
        for edge in closed.tolist()
    ]
    nearest: shapely.LineString = lines[int(np.argmin(shapely.distance(lines, at)))]
    return nearest


def _homes(city: City, _: City, change: kinds.AddPeople) -> BaseGeometry | None:
    if change.at is not None:
        return _point(city, change.at)
    corners = [corner for corner in (_point(city, spot) for spot in change.outline) if corner is not None]
    return shapely.LinearRing(corners)


def _merged(city: City, _: City, change: kinds.MergeCommunities) -> BaseGeometry | None:
    """The outer border of what the communities become, of several parts that of the largest."""
    frame = city.communities.frame
    if change.into not in frame.index:
        return None
    parts = shapely.get_parts(shapely.simplify(frame.geometry[change.into], _OUTLINE_M, preserve_topology=True))
    ring: shapely.LinearRing = shapely.get_exterior_ring(parts[int(np.argmax(shapely.area(parts)))])
    return ring


_SHAPES: Mapping[type[Any], Callable[[City, City, Any], BaseGeometry | None]] = MappingProxyType(
    {
        kinds.AddFacility: lambda city, _, change: _point(city, change.at),
        kinds.MoveFacility: _moved,
        kinds.AddLink: _link,
        kinds.CloseStreet: _street,
        kinds.OpenGate: lambda city, _, change: _point(city, change.at),
        kinds.AddPeople: _homes,
        kinds.MergeCommunities: _merged,
        kinds.SplitCommunity: lambda city, _, change: _line(*(_point(city, spot) for spot in change.line)),
    }
)
"""Where each kind of change is; what is about a facility is where that stands."""
