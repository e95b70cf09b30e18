"""Changes of a scenario in words, one sentence a change."""

from __future__ import annotations

from typing import Any

import shapely

from circle15.catalog.phrases.parts import listed
from circle15.catalog.service import services as known_services
from circle15.catalog.words import text
from circle15.model import changes as kinds
from circle15.model.changes import Change, Spot
from circle15.model.metric import transformer
from circle15.model.results import City

__all__ = ["change_sentences"]


def change_sentences(city: City, language: str) -> list[str]:
    """What a city's scenario changes, one sentence a change in their order; none where nothing was changed.

    Parameters
    ----------
    city
        With its ``scenario``; things are called as they are there.
    language
        ``"zh"`` or ``"en"``.
    """
    if city.scenario is None:
        return []
    return [_sentence(city, change, language) for change in city.scenario.changes]


def _sentence(city: City, change: Change, language: str) -> str:
    stated: Any = change
    values: dict[str, object] = {}
    match change:
        case kinds.AddFacility():
            values = {"facility": change.name, "services": _services(city, change.services, language),
                      "place": _place(city, change.at, language)}  # fmt: skip
        case kinds.MoveFacility():
            values = {"place": _place(city, change.to, language)}
        case kinds.AddService() | kinds.RemoveService():
            values = {"services": _services(city, (change.service,), language)}
        case kinds.SetHours():
            values = {"hours": change.hours or text("change_unknown", language)}
        case kinds.SetCapacity():
            values = {"capacity": _number(change.capacity, language),
                      "services": _services(city, (change.service,), language) if change.service else ""}  # fmt: skip
        case kinds.SetDeliveryRadius():
            values = {"metres": _number(change.delivery_radius_m, language)}
        case kinds.AddLink():
            ends = [_place(city, end.at, language) or end.street_id for end in (change.start, change.end)]
            values = {"start": ends[0], "end": ends[1], "way": text(f"link_{change.structure or 'way'}", language)}
        case kinds.CloseStreet() | kinds.OpenGate():
            values = {"id": getattr(stated, "street_id", "") or getattr(stated, "gate_id", ""),
                      "place": _place(city, change.at, language)}  # fmt: skip
        case kinds.SetProfile():
            values = {"profile": change.profile}
        case kinds.SetSpeed():
            values = {"speed": f"{change.speed_mps:g}"}
        case kinds.AddPeople():
            values = {"name": change.name or _community(city, change.community_id),
                      "people": f"{change.people['population']:,.0f}",
                      "elders": f"{change.people['pop_60plus']:,.0f}"}  # fmt: skip
        case kinds.MergeCommunities():
            values = {"names": listed([_community(city, key) for key in change.community_ids], language),
                      "name": change.name}  # fmt: skip
        case kinds.SplitCommunity():
            values = {"name": _community(city, change.community_id),
                      "names": listed([part.name for part in change.parts], language)}  # fmt: skip
    if hasattr(stated, "facility_id") and "facility" not in values:
        values["facility"] = _facility(city, stated.facility_id)
    return text(f"change_{change.kind}", language, **values)


def _number(value: float | None, language: str) -> str:
    return text("change_unknown", language) if value is None else f"{value:,g}"


def _facility(city: City, key: str) -> str:
    frame = city.facilities.frame
    return str(frame.loc[key, "name"]) if key in frame.index else key


def _community(city: City, key: str) -> str:
    frame = city.communities.frame
    return str(frame.loc[key, "name"]) if key in frame.index else key


def _services(city: City, keys: tuple[str, ...], language: str) -> str:
    known = known_services(city.pack_services)
    return listed([getattr(known[key], f"title_{language}") if key in known else key for key in keys], language)


def _place(city: City, spot: Spot | None, language: str) -> str:
    """A place by the community that it lies in, else by its coordinates; nothing where it is not said."""
    if spot is None:
        return ""
    x, y = spot.metres or transformer("EPSG:4326", city.area.crs).transform(spot.lon, spot.lat)
    frame = city.communities.frame
    inside = frame.index[frame.geometry.covers(shapely.Point(x, y))]
    if len(inside):
        return text("change_in", language, name=_community(city, inside[0]))
    lon, lat = transformer(city.area.crs, "EPSG:4326").transform(x, y)
    return f"{lon:.5f}, {lat:.5f}"
