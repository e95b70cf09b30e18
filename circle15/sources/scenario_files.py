"""Scenarios as JSON files: what may stand in one, and the scenario that it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn, TypeAlias

from pydantic import Field

from circle15.catalog.facts import read_facts
from circle15.catalog.typed_toml import Number, Rows, TomlTable, checked
from circle15.errors import InputError
from circle15.model import changes as kinds
from circle15.model.changes import Change
from circle15.model.scenario import SCENARIO_FORMAT, SavedScenario, Scenario
from circle15.refusals import hint, refusal
from circle15.refusals.spelling import did_you_mean

__all__ = ["read_scenario"]


# -- What may stand in a file ------------------------------------------------------------------------


class _Spot(TomlTable):
    lon: Number | None = None
    lat: Number | None = None
    x: Number | None = None
    y: Number | None = None


class _End(TomlTable):
    street_id: str = ""
    offset_m: Number | None = None
    at: _Spot | None = None


class _Part(TomlTable):
    community_id: str
    name: str
    at: _Spot


class _AddFacility(TomlTable):
    facility_id: str
    name: str
    services: Rows[str]
    at: _Spot
    hours: str = ""
    capacity: Number | None = None
    delivery_radius_m: Number | None = None


class _OfFacility(TomlTable):
    facility_id: str
    at: _Spot | None = None


class _MoveFacility(_OfFacility):
    to: _Spot


class _OfService(_OfFacility):
    service: str


class _SetHours(_OfFacility):
    hours: str


class _SetCapacity(_OfFacility):
    capacity: Number | None = None
    service: str = ""


class _SetDeliveryRadius(_OfFacility):
    delivery_radius_m: Number | None = None


class _AddLink(TomlTable):
    start: _End
    end: _End
    way_class: str = "footway"
    stairs: bool = False
    structure: str = ""
    name: str = ""


class _CloseStreet(TomlTable):
    street_id: str
    at: _Spot | None = None


class _OpenGate(TomlTable):
    gate_id: str
    at: _Spot | None = None


class _SetProfile(TomlTable):
    profile: str


class _SetSpeed(TomlTable):
    speed_mps: Number


class _AddPeople(TomlTable):
    estate_id: str
    people: Mapping[str, Number]
    at: _Spot | None = None
    outline: Rows[_Spot] = ()
    community_id: str = ""
    name: str = ""


class _MergeCommunities(TomlTable):
    community_ids: Rows[str]
    into: str
    name: str
    at: Rows[_Spot] = ()


class _SplitCommunity(TomlTable):
    community_id: str
    line: Rows[_Spot]
    parts: Rows[_Part]


class _Settings(TomlTable):
    profile: str
    cutoffs_min: Rows[Number]
    max_snap_m: Number
    open_at: str | None = None


class _Seen(TomlTable):
    before: Number
    after: Number


class _File(TomlTable):
    format: str
    city: str
    inputs: str
    name: str
    parent: str = ""
    settings: _Settings
    changes: Rows[Mapping[str, Any]] = ()
    seen: Mapping[str, _Seen] = Field(default_factory=dict)


_Kind: TypeAlias = tuple[type[TomlTable], type[Any]]

_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        value.kind: (table, value)
        for table, value in (
            (_AddFacility, kinds.AddFacility),
            (_OfFacility, kinds.CloseFacility),
            (_MoveFacility, kinds.MoveFacility),
            (_OfService, kinds.AddService),
            (_OfService, kinds.RemoveService),
            (_SetHours, kinds.SetHours),
            (_SetCapacity, kinds.SetCapacity),
            (_SetDeliveryRadius, kinds.SetDeliveryRadius),
            (_AddLink, kinds.AddLink),
            (_CloseStreet, kinds.CloseStreet),
            (_OpenGate, kinds.OpenGate),
            (_SetProfile, kinds.SetProfile),
            (_SetSpeed, kinds.SetSpeed),
            (_AddPeople, kinds.AddPeople),
            (_MergeCommunities, kinds.MergeCommunities),
            (_SplitCommunity, kinds.SplitCommunity),
        )
    }
)
"""What may stand in an entry of ``changes``, and the change that it is, by ``kind``."""

_PARTS: Mapping[type[TomlTable], type[Any]] = MappingProxyType(
    {_Spot: kinds.Spot, _End: kinds.LinkEnd, _Part: kinds.CommunityPart}
)


# -- Reading -----------------------------------------------------------------------------------------


def read_scenario(path: str | Path) -> SavedScenario:
    """Read a scenario from a JSON file; whether it fits a city is asked by :mod:`circle15.planning.scenario.matching`.

    Raises
    ------
    InputError
        If there is no such file, it is too large or broken, of another format, or something in it cannot be: with file,
        change, key, value and remedy.
    """
    path = Path(path)
    written = _parsed(path)
    if written.get("format") != SCENARIO_FORMAT:
        raise refusal(
            "scenario_format",
            error=InputError,
            file=path.name,
            value=repr(written.get("format"))[:60],
            known=SCENARIO_FORMAT,
        )
    table = checked(_File, written, file=path.name, error=InputError)
    most = int(read_facts("scenario.toml")["file"]["most_changes"])
    if len(table.changes) > most:
        raise refusal("scenario_long", error=InputError, file=path.name, count=len(table.changes), most=f"{most:,}")
    changes = tuple(_change(path.name, number, entry) for number, entry in enumerate(table.changes, 1))
    return SavedScenario(
        scenario=Scenario(name=table.name, changes=changes, parent=table.parent),
        city=table.city,
        inputs=table.inputs,
        settings={key: value for key, value in table.settings if value is not None},
        seen={service: {"before": seen.before, "after": seen.after} for service, seen in table.seen.items()},
    )


def _parsed(path: Path) -> Mapping[str, Any]:
    """What a file of JSON holds, no key twice in a table and no number that is none."""
    most_mb = float(read_facts("scenario.toml")["file"]["most_mb"])
    if not path.is_file():
        raise refusal("scenario_no_file", error=InputError, file=str(path))
    if path.stat().st_size > most_mb * 1e6:
        raise refusal("scenario_large", error=InputError, file=path.name, most=f"{most_mb:g}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        written = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except InputError as refused:
        raise refusal("file_refused", error=InputError, file=path.name, why=(refused.zh, str(refused))) from refused
    except (ValueError, RecursionError) as error:
        raise refusal("scenario_broken", error=InputError, file=path.name, why=str(error)[:200]) from error
    if not isinstance(written, dict):
        raise refusal("scenario_broken", error=InputError, file=path.name, why=hint("scenario_no_table"))
    return written


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    twice = [key for key in keys if keys.count(key) > 1] if len(set(keys)) < len(keys) else []
    if twice:
        raise refusal("scenario_key_twice", error=InputError, key=twice[0][:60])
    return dict(pairs)


def _no_number(word: str) -> NoReturn:
    raise refusal("scenario_no_number", error=InputError, value=word)


def _change(file: str, number: int, entry: Mapping[str, Any]) -> Change:
    """One entry of ``changes`` as a value."""
    place = (f"{file}，第{number}项变更", f"{file}, change {number}")
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise refusal(
            "scenario_kind", error=InputError, file=place, value=repr(kind)[:60], known=", ".join(_KINDS),
            hint=did_you_mean(str(kind), _KINDS),
        )  # fmt: skip
    table, value = _KINDS[kind]
    rest = {key: cell for key, cell in entry.items() if key != "kind"}
    given = checked(table, rest, file=place, error=InputError).given
    try:
        change: Change = value(**{key: _value(cell) for key, cell in given.items()})
    except InputError as refused:
        raise refusal("file_refused", error=type(refused), file=place, why=(refused.zh, str(refused))) from refused
    return change


def _value(cell: Any) -> Any:
    """A cell of a table as a value of the model."""
    if isinstance(cell, tuple):
        return tuple(map(_value, cell))
    made = _PARTS.get(type(cell))
    return cell if made is None else made(**{key: _value(part) for key, part in cell.given.items()})
