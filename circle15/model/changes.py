"""What a planner changes in a city: one frozen value a change, checked when it is made.

A change names what it is about by id and, where its author saw it, by place (``at``), so that it can be found again
among other inputs. Whether a city has such a thing is asked when a scenario is applied.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, TypeAlias

from circle15.errors import InputError
from circle15.model.pickling import ReadOnly
from circle15.model.places import AGE_GROUP, PEOPLE, counts_heads
from circle15.refusals import refusal

__all__ = [
    "AddFacility",
    "AddLink",
    "AddPeople",
    "AddService",
    "Change",
    "CloseFacility",
    "CloseStreet",
    "CommunityPart",
    "LinkEnd",
    "MergeCommunities",
    "MoveFacility",
    "OpenGate",
    "RemoveService",
    "SetCapacity",
    "SetDeliveryRadius",
    "SetHours",
    "SetProfile",
    "SetSpeed",
    "SplitCommunity",
    "Spot",
    "stated",
]

_LONGEST = 400
"""Characters of an id or a name; OpenStreetMap holds 255."""
_STRUCTURES = ("", "bridge", "tunnel")


def _text(owner: object, key: str, *, blank: bool = False) -> None:
    """Refuse what is no text; blank text, unless it may be."""
    value = getattr(owner, key)
    if not isinstance(value, str) or len(value) > _LONGEST or not (blank or value.strip()):
        raise refusal("change_text", error=InputError, key=key, value=repr(value)[:60], most=_LONGEST)


def _number(key: str, value: object, *, least: float = 0.0) -> None:
    """Refuse what is no finite number, and what is below the least."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < least:  # type: ignore[arg-type,operator]  # a number by then
        raise refusal("change_number", error=InputError, key=key, value=repr(value)[:60], least=f"{least:g}")


def _services(services: object) -> None:
    if not isinstance(services, tuple) or not services or not all(isinstance(key, str) and key for key in services):
        raise refusal("change_services", error=InputError, value=repr(services)[:60])
    if len(set(services)) < len(services):
        raise refusal("change_services", error=InputError, value=repr(services)[:60])


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place: ``lon`` and ``lat`` in degrees of WGS 84, or ``x`` and ``y`` in metres of the city's own system.

    Raises
    ------
    InputError
        If it is neither, both, or no place on the globe.
    """

    lon: float | None = None
    lat: float | None = None
    x: float | None = None
    y: float | None = None

    def __post_init__(self) -> None:
        given = {key for key in ("lon", "lat", "x", "y") if getattr(self, key) is not None}
        if given not in ({"lon", "lat"}, {"x", "y"}):
            raise refusal("spot_pair", error=InputError, keys=", ".join(sorted(given)) or "-")
        for key, most in (("lon", 180.0), ("lat", 90.0), ("x", math.inf), ("y", math.inf)):
            if key in given:
                value = getattr(self, key)
                _number(key, value, least=-most)
                if value > most:
                    raise refusal("change_number", error=InputError, key=key, value=value, least=f"{-most:g}")

    @property
    def metres(self) -> tuple[float, float] | None:
        """East and north in metres, None where it is given in degrees."""
        return None if self.x is None or self.y is None else (self.x, self.y)


# -- Facilities --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AddFacility:
    """A new facility; ``hours`` as lists write them, ``capacity`` of the site and ``delivery_radius_m`` if known."""

    kind: ClassVar[str] = "add_facility"
    facility_id: str
    name: str
    services: tuple[str, ...]
    at: Spot
    hours: str = ""
    capacity: float | None = None
    delivery_radius_m: float | None = None

    def __post_init__(self) -> None:
        _text(self, "facility_id")
        _text(self, "name")
        _text(self, "hours", blank=True)
        _services(self.services)
        for key in ("capacity", "delivery_radius_m"):
            if getattr(self, key) is not None:
                _number(key, getattr(self, key))


@dataclass(frozen=True, kw_only=True)
class CloseFacility:
    """A facility that closes; it stays on the map and covers nobody."""

    kind: ClassVar[str] = "close_facility"
    facility_id: str
    at: Spot | None = None

    def __post_init__(self) -> None:
        _text(self, "facility_id")


@dataclass(frozen=True, kw_only=True)
class MoveFacility:
    """A facility that moves ``to`` another place with all that it offers."""

    kind: ClassVar[str] = "move_facility"
    facility_id: str
    to: Spot
    at: Spot | None = None

    def __post_init__(self) -> None:
        _text(self, "facility_id")


@dataclass(frozen=True, kw_only=True)
class AddService:
    """A service more in an existing facility."""

    kind: ClassVar[str] = "add_service"
    facility_id: str
    service: str
    at: Spot | None = None

    def __post_init__(self) -> None:
        _text(self, "facility_id")
        _text(self, "service")


@dataclass(frozen=True, kw_only=True)
class RemoveService:
    """A service less in an existing facility."""

    kind: ClassVar[str] = "remove_service"
    facility_id: str
    service: str
    at: Spot | None = None

    def __post_init__(self) -> None:
        _text(self, "facility_id")
        _text(self, "service")


@dataclass(frozen=True, kw_only=True)
class SetHours:
    """Other opening hours of a facility, as lists write them; ``""`` makes them unknown."""

    kind: ClassVar[str] = "set_hours"
    facility_id: str
    hours: str
    at: Spot | None = None

    def __post_init__(self) -> None:
        _text(self, "facility_id")
        _text(self, "hours", blank=True)


@dataclass(frozen=True, kw_only=True)
class SetCapacity:
    """Another capacity of a facility, of one ``service`` or of the site; None makes it unknown."""

    kind: ClassVar[str] = "set_capacity"
    facility_id: str
    capacity: float | None = None
    service: str = ""
    at: Spot | None = None

    def __post_init__(self) -> None:
        _text(self, "facility_id")
        _text(self, "service", blank=True)
        if self.capacity is not None:
            _number("capacity", self.capacity)


@dataclass(frozen=True, kw_only=True)
class SetDeliveryRadius:
    """Another radius, in metres straight, to which a facility delivers; None makes it unknown."""

    kind: ClassVar[str] = "set_delivery_radius"
    facility_id: str
    delivery_radius_m: float | None = None
    at: Spot | None = None

    def __post_init__(self) -> None:
        _text(self, "facility_id")
        if self.delivery_radius_m is not None:
            _number("delivery_radius_m", self.delivery_radius_m)


# -- Streets -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class LinkEnd:
    """Where a link meets the streets: at ``offset_m`` along a street from its first end, or nearest to a place.

    The street and its offset count where both are given; ``at`` then finds the place again among other streets.
    """

    street_id: str = ""
    offset_m: float | None = None
    at: Spot | None = None

    def __post_init__(self) -> None:
        _text(self, "street_id", blank=True)
        if (self.offset_m is None) == bool(self.street_id) or not (self.street_id or self.at):
            raise refusal("link_end", error=InputError, street=self.street_id, offset=self.offset_m)
        if self.offset_m is not None:
            _number("offset_m", self.offset_m)


@dataclass(frozen=True, kw_only=True)
class AddLink:
    """A way that does not exist yet, straight between two ends on the streets.

    ``structure`` is ``"bridge"`` or ``"tunnel"`` where it crosses water or rail, else ``""``.
    """

    kind: ClassVar[str] = "add_link"
    start: LinkEnd
    end: LinkEnd
    way_class: str = "footway"
    stairs: bool = False
    structure: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        _text(self, "way_class")
        _text(self, "name", blank=True)
        if self.structure not in _STRUCTURES:
            raise refusal("link_structure", error=InputError, value=self.structure)
        if not isinstance(self.stairs, bool):
            raise refusal("link_stairs", error=InputError, value=repr(self.stairs)[:60])
        if self.start == self.end:
            raise refusal("link_itself", error=InputError)


@dataclass(frozen=True, kw_only=True)
class CloseStreet:
    """A street that nobody can walk through any more; ``street_id`` as field checks name it."""

    kind: ClassVar[str] = "close_street"
    street_id: str
    at: Spot | None = None

    def __post_init__(self) -> None:
        _text(self, "street_id")


@dataclass(frozen=True, kw_only=True)
class OpenGate:
    """A gate that everybody may pass at any hour; ``gate_id`` is ``gate:`` and the source's number of its node."""

    kind: ClassVar[str] = "open_gate"
    gate_id: str
    at: Spot | None = None

    def __post_init__(self) -> None:
        _text(self, "gate_id")


# -- Walkers -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class SetProfile:
    """Another walking profile of the catalogue."""

    kind: ClassVar[str] = "set_profile"
    profile: str

    def __post_init__(self) -> None:
        _text(self, "profile")


@dataclass(frozen=True, kw_only=True)
class SetSpeed:
    """Another walking speed on the flat, in metres a second; all else of the profile stays."""

    kind: ClassVar[str] = "set_speed"
    speed_mps: float

    def __post_init__(self) -> None:
        _number("speed_mps", self.speed_mps)


# -- People and communities --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AddPeople:
    """A new estate with its people, at a place or within an ``outline``.

    ``people`` by column: ``population``, ``pop_60plus``, further ``pop_<age>plus`` and households. They belong to the
    community ``community_id``, or, where that is ``""``, to a new community ``estate_id`` of that ``name``.
    """

    kind: ClassVar[str] = "add_people"
    estate_id: str
    people: Mapping[str, float]
    at: Spot | None = None
    outline: tuple[Spot, ...] = ()
    community_id: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        _text(self, "estate_id")
        _text(self, "community_id", blank=True)
        _text(self, "name", blank=bool(self.community_id))
        if (self.at is None) == (not self.outline) or 0 < len(self.outline) < 3:
            raise refusal("estate_ground", error=InputError, estate=self.estate_id)
        people = dict(self.people)
        for key, value in people.items():
            if not counts_heads(key):
                raise refusal("estate_column", error=InputError, estate=self.estate_id, key=key)
            _number(key, value)
        if not set(PEOPLE) <= set(people):
            raise refusal("estate_people", error=InputError, estate=self.estate_id)
        for key in (key for key in people if AGE_GROUP.fullmatch(key)):
            if people[key] > people["population"]:
                raise refusal("estate_more", error=InputError, estate=self.estate_id, key=key, value=people[key])
        object.__setattr__(self, "people", ReadOnly(people))


@dataclass(frozen=True, kw_only=True)
class MergeCommunities:
    """Communities that become one, which bears the id of one of them or a new id; ``at`` a place inside each."""

    kind: ClassVar[str] = "merge_communities"
    community_ids: tuple[str, ...]
    into: str
    name: str
    at: tuple[Spot, ...] = ()

    def __post_init__(self) -> None:
        _text(self, "into")
        _text(self, "name")
        if not _are_ids(self.community_ids) or len(self.at) not in {0, len(self.community_ids)}:
            raise refusal("merge_two", error=InputError, value=repr(self.community_ids)[:60])


def _are_ids(value: object) -> bool:
    """Whether it is a tuple of two different ids or more."""
    if not isinstance(value, tuple) or not all(isinstance(key, str) and key.strip() for key in value):
        return False
    return 2 <= len(value) == len(set(value))


@dataclass(frozen=True, kw_only=True)
class CommunityPart:
    """One part of a community that is split: its id and name, and a place inside it."""

    community_id: str
    name: str
    at: Spot

    def __post_init__(self) -> None:
        _text(self, "community_id")
        _text(self, "name")


@dataclass(frozen=True, kw_only=True)
class SplitCommunity:
    """A community that a ``line`` cuts into parts; people go with the homes that they live in."""

    kind: ClassVar[str] = "split_community"
    community_id: str
    line: tuple[Spot, ...]
    parts: tuple[CommunityPart, ...]

    def __post_init__(self) -> None:
        _text(self, "community_id")
        ids = [part.community_id for part in self.parts]
        if len(self.line) < 2 or len(ids) < 2 or len(set(ids)) < len(ids):
            raise refusal("split_parts", error=InputError, community=self.community_id)


Change: TypeAlias = (
    AddFacility
    | CloseFacility
    | MoveFacility
    | AddService
    | RemoveService
    | SetHours
    | SetCapacity
    | SetDeliveryRadius
    | AddLink
    | CloseStreet
    | OpenGate
    | SetProfile
    | SetSpeed
    | AddPeople
    | MergeCommunities
    | SplitCommunity
)
"""Any change."""


def stated(change: Change) -> dict[str, Any]:
    """A change as plain mappings, lists, texts and numbers; what is not said is left out.

    Examples
    --------
    >>> stated(MoveFacility(facility_id="f1", to=Spot(x=1.0, y=2.0)))
    {'kind': 'move_facility', 'facility_id': 'f1', 'to': {'x': 1.0, 'y': 2.0}}
    """
    return {"kind": change.kind, **_plain(change)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        cells = {field.name: getattr(value, field.name) for field in fields(value)}
        return {key: _plain(cell) for key, cell in cells.items() if cell is not None and cell not in ("", ())}
    if isinstance(value, Mapping):
        return {str(key): _plain(cell) for key, cell in value.items()}
    return [_plain(cell) for cell in value] if isinstance(value, tuple) else value
