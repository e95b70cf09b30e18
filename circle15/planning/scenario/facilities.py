"""Changes of facilities, one function each: a city and a change in, a city with other facilities out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd

from circle15.errors import InputError
from circle15.hours.opening import understand
from circle15.model.changes import (
    AddFacility,
    AddService,
    CloseFacility,
    MoveFacility,
    RemoveService,
    SetCapacity,
    SetDeliveryRadius,
    SetHours,
)
from circle15.model.places import ROUNDED, STATES
from circle15.model.results import City
from circle15.planning.scenario.rows import with_cell, with_row
from circle15.planning.scenario.spots import in_reach
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean

__all__ = [
    "add_facility",
    "add_service",
    "close_facility",
    "move_facility",
    "remove_service",
    "set_capacity",
    "set_delivery_radius",
    "set_hours",
]

_CLOSED = STATES[1]


def add_facility(city: City, change: AddFacility) -> City:
    """A facility more."""
    frame, key = city.facilities.frame, change.facility_id
    if key in frame.index:
        raise refusal("facility_there", error=InputError, facility=key)
    for service in change.services:
        _check_listed(city, service)
    _check_hours(change.hours)
    row: dict[str, Any] = {"name": change.name, "services": change.services}
    optional = {
        "opening_hours": change.hours or None,
        "capacity": change.capacity,
        "delivery_radius_m": change.delivery_radius_m,
    }
    row |= {column: value for column, value in optional.items() if value is not None}
    row["geometry"] = in_reach(city, change.at)
    return _with(city, with_row(frame, key, row))


def close_facility(city: City, change: CloseFacility) -> City:
    """A facility that is closed; what a survey said of it no longer counts."""
    frame, key = city.facilities.frame, _known(city, change.facility_id)
    if "state" in frame and frame.loc[key, "state"] == _CLOSED:
        raise refusal("facility_closed", error=InputError, facility=key)
    closed = with_cell(frame, "state", key, _CLOSED)
    return _with(city, with_cell(closed, "survey_answer", key, "") if "survey_answer" in frame else closed)


def move_facility(city: City, change: MoveFacility) -> City:
    """A facility at another place."""
    frame, key = city.facilities.frame, _known(city, change.facility_id)
    place = frame.geometry.copy()
    place.loc[key] = in_reach(city, change.to)
    moved = frame.set_geometry(place)
    for column in (column for column in ROUNDED if column in frame):
        moved = with_cell(moved, column, key, 0.0)
    return _with(city, moved)


def add_service(city: City, change: AddService) -> City:
    """A service more in a facility."""
    key, offered = _known(city, change.facility_id), _offered(city, change.facility_id)
    _check_listed(city, change.service)
    if change.service in offered:
        raise refusal("service_there", error=InputError, facility=key, service=change.service)
    return _offering(city, key, (*offered, change.service))


def remove_service(city: City, change: RemoveService) -> City:
    """A service less in a facility."""
    key, offered = _known(city, change.facility_id), _offered(city, change.facility_id)
    if change.service not in offered:
        raise refusal(
            "service_absent", error=InputError, facility=key, service=change.service, known=", ".join(offered) or "-",
            hint=did_you_mean(change.service, offered),
        )  # fmt: skip
    return _offering(city, key, tuple(service for service in offered if service != change.service))


def set_hours(city: City, change: SetHours) -> City:
    """Other opening hours of a facility."""
    frame, key = city.facilities.frame, _known(city, change.facility_id)
    _check_hours(change.hours)
    return _with(city, with_cell(frame, "opening_hours", key, change.hours))


def set_capacity(city: City, change: SetCapacity) -> City:
    """Another capacity of a facility, or of one of its services."""
    frame, key = city.facilities.frame, _known(city, change.facility_id)
    capacity = float("nan") if change.capacity is None else float(change.capacity)
    if not change.service:
        return _with(city, with_cell(frame, "capacity", key, capacity))
    offered = _offered(city, key)
    if change.service not in offered:
        raise refusal(
            "service_absent", error=InputError, facility=key, service=change.service, known=", ".join(offered) or "-",
            hint=did_you_mean(change.service, offered),
        )  # fmt: skip
    given = frame.loc[key, "capacity_by_service"] if "capacity_by_service" in frame else None
    by_service = {**(given if isinstance(given, Mapping) else {}), change.service: capacity}
    return _with(city, with_cell(frame, "capacity_by_service", key, by_service))


def set_delivery_radius(city: City, change: SetDeliveryRadius) -> City:
    """Another radius of delivery of a facility."""
    frame, key = city.facilities.frame, _known(city, change.facility_id)
    radius_m = float("nan") if change.delivery_radius_m is None else float(change.delivery_radius_m)
    return _with(city, with_cell(frame, "delivery_radius_m", key, radius_m))


# -- Parts of these ----------------------------------------------------------------------------------


def _with(city: City, frame: gpd.GeoDataFrame) -> City:
    return replace(city, facilities=replace(city.facilities, frame=frame))


def _known(city: City, key: str) -> str:
    """The id of a facility that there is."""
    ids = city.facilities.frame.index
    if key not in ids:
        raise refusal("facility_unknown", error=InputError, facility=key, hint=did_you_mean(key, map(str, ids)))
    return key


def _offered(city: City, key: str) -> tuple[str, ...]:
    offered: tuple[str, ...] = city.facilities.frame.loc[_known(city, key), "services"]
    return offered


def _offering(city: City, key: str, services: tuple[str, ...]) -> City:
    """A facility with other services; of each that stays is known what was known: a total is never shared out."""
    frame, offers = city.facilities.frame, city.facilities.offers()
    known = offers[(offers["facility_id"] == key) & offers["service"].isin(services) & offers["capacity"].notna()]
    by_service = dict(zip(known["service"], known["capacity"].astype(float), strict=True))
    if by_service:
        frame = with_cell(frame, "capacity_by_service", key, by_service)
    elif len(services) == 1 and "capacity" in frame:
        frame = with_cell(frame, "capacity", key, float("nan"))
    return _with(city, with_cell(frame, "services", key, services))


def _check_listed(city: City, service: str) -> None:
    """Refuse a service of which nobody knows where it is offered: all others would seem to lack it."""
    listed = sorted(city.facilities.listed)
    if service not in listed:
        raise refusal(
            "change_unlisted", error=InputError, service=service, known=", ".join(listed),
            hint=did_you_mean(service, listed),
        )  # fmt: skip


def _check_hours(hours: str) -> None:
    if hours.strip() and understand(hours) is None:
        raise refusal("change_hours", error=InputError, value=hours[:60])
