"""Changes of a scenario in words, one sentence a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd
import shapely

from circle15.catalog.phrases.parts import listed
from circle15.catalog.service import services as known_services
from circle15.catalog.words import text
from circle15.model import changes as kinds
from circle15.model.changes import Change, Spot
from circle15.model.metric import transformer
from circle15.model.places import PEOPLE
from circle15.model.results import City

__all__ = ["change_sentences"]


def change_sentences(city: City, language: str, *, names_before: Mapping[str, str] | None = None) -> list[str]:
    """What a city's scenario changes, one sentence a change in their order; none where nothing was changed.

    Parameters
    ----------
    city
        With its ``scenario``; things are called as they are there.
    language
        ``"zh"`` or ``"en"``.
    names_before
        What communities were called that are merged or split, by id (``Comparison.only_before``).
    """
    if city.scenario is None:
        return []
    return [_sentence(city, change, language, names_before or {}) for change in city.scenario.changes]


def _sentence(city: City, change: Change, language: str, names_before: Mapping[str, str]) -> str:
    named: Any = change
    values = dict(_VALUES[type(change)](city, change, language)) if type(change) in _VALUES else {}
    values |= _called_before(city, change, language, names_before)
    if hasattr(named, "facility_id"):
        values.setdefault("facility", _called(city.facilities.frame, named.facility_id, language))
    return text(f"change_{change.kind}", language, **values)


def _number(value: float | None, language: str) -> str:
    return text("change_unknown", language) if value is None else f"{value:,g}"


def _called(frame: pd.DataFrame, key: str, language: str) -> str:
    """The name of a facility or a community in a language, where it has one in that; its id where it is not there."""
    if key not in frame.index:
        return key
    english = frame.loc[key, "name_en"] if language == "en" and "name_en" in frame else ""
    return str(english) if isinstance(english, str) and english else str(frame.loc[key, "name"])


def _community(city: City, key: str, language: str) -> str:
    return _called(city.communities.frame, key, language)


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
        return _community(city, inside[0], language)
    lon, lat = transformer(city.area.crs, "EPSG:4326").transform(x, y)
    return f"{lon:.5f}, {lat:.5f}"


# -- What each kind names ----------------------------------------------------------------------------


def _new_facility(city: City, change: kinds.AddFacility, language: str) -> dict[str, object]:
    services = _services(city, change.services, language)
    return {"facility": change.name, "services": services, "place": _place(city, change.at, language)}


def _capacity(city: City, change: kinds.SetCapacity, language: str) -> dict[str, object]:
    services = _services(city, (change.service,), language)
    named = text("change_of_service", language, services=services) if change.service else ""
    return {"capacity": _number(change.capacity, language), "services": named}


def _link(city: City, change: kinds.AddLink, language: str) -> dict[str, object]:
    start, end = (_place(city, side.at, language) or side.street_id for side in (change.start, change.end))
    return {"start": start, "end": end, "way": text(f"link_{change.structure or 'way'}", language)}


def _estate(city: City, change: kinds.AddPeople, language: str) -> dict[str, object]:
    people, elders = (f"{change.people[column]:,.0f}" for column in PEOPLE)
    return {"name": change.name or _community(city, change.community_id, language), "people": people, "elders": elders}


def _called_before(city: City, change: Change, language: str, names: Mapping[str, str]) -> dict[str, object]:
    """The names of the communities that a change merges or splits, as they were."""
    match change:
        case kinds.MergeCommunities():
            old = [names.get(key) or _community(city, key, language) for key in change.community_ids]
            return {"names": listed(old, language), "name": change.name}
        case kinds.SplitCommunity():
            old_name = names.get(change.community_id) or _community(city, change.community_id, language)
            return {"name": old_name, "names": listed([part.name for part in change.parts], language)}
        case _:
            return {}


_VALUES: Mapping[type[Any], Callable[[City, Any, str], Mapping[str, object]]] = MappingProxyType(
    {
        kinds.AddFacility: _new_facility,
        kinds.MoveFacility: lambda city, change, language: {"place": _place(city, change.to, language)},
        kinds.AddService: lambda city, change, language: {"services": _services(city, (change.service,), language)},
        kinds.RemoveService: lambda city, change, language: {"services": _services(city, (change.service,), language)},
        kinds.SetHours: lambda _, change, language: {"hours": change.hours or text("change_unknown", language)},
        kinds.SetCapacity: _capacity,
        kinds.SetDeliveryRadius: lambda _, change, language: {"metres": _number(change.delivery_radius_m, language)},
        kinds.AddLink: _link,
        kinds.CloseStreet: lambda city, change, language: {
            "id": change.street_id, "place": _place(city, change.at, language),
        },
        kinds.OpenGate: lambda city, change, language: {
            "id": change.gate_id, "place": _place(city, change.at, language),
        },
        kinds.SetProfile: lambda _, change, _language: {"profile": change.profile},
        kinds.SetSpeed: lambda _, change, _language: {"speed": f"{change.speed_mps:g}"},
        kinds.AddPeople: _estate,
    }
)  # fmt: skip
"""What the sentence of each kind of change names, beside the facility that it is about."""
