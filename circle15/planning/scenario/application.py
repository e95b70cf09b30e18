"""A scenario laid over a city: each change by its own function, and a new city out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from circle15.catalog.scenario_origin import scenario_origin
from circle15.errors import InputError
from circle15.model import changes as kinds
from circle15.model.changes import Change
from circle15.model.results import City
from circle15.model.scenario import Scenario
from circle15.planning.scenario.communities import add_people, merge_communities, split_community
from circle15.planning.scenario.facilities import (
    add_facility,
    add_service,
    close_facility,
    move_facility,
    remove_service,
    set_capacity,
    set_delivery_radius,
    set_hours,
)
from circle15.planning.scenario.streets import add_link, close_street, open_gate
from circle15.planning.scenario.walkers import set_profile, set_speed
from circle15.refusals import refusal

__all__ = ["FUNCTIONS", "STREET_CHANGES", "apply"]

FUNCTIONS: Mapping[type[Any], Callable[[City, Any], City]] = MappingProxyType(
    {
        kinds.AddFacility: add_facility,
        kinds.CloseFacility: close_facility,
        kinds.MoveFacility: move_facility,
        kinds.AddService: add_service,
        kinds.RemoveService: remove_service,
        kinds.SetHours: set_hours,
        kinds.SetCapacity: set_capacity,
        kinds.SetDeliveryRadius: set_delivery_radius,
        kinds.AddLink: add_link,
        kinds.CloseStreet: close_street,
        kinds.OpenGate: open_gate,
        kinds.SetProfile: set_profile,
        kinds.SetSpeed: set_speed,
        kinds.AddPeople: add_people,
        kinds.MergeCommunities: merge_communities,
        kinds.SplitCommunity: split_community,
    }
)
"""What lays each kind of change over a city."""

_FIRST: Mapping[type[Any], int] = MappingProxyType({kinds.CloseStreet: 0, kinds.OpenGate: 0, kinds.AddLink: 1})
"""Streets come first: a link parts the streets that it meets, and a street is known by the ends that it had before."""
STREET_CHANGES = tuple(_FIRST)
"""Changes that are made before all others, whatever their place in a scenario."""


def apply(city: City, scenario: Scenario) -> City:
    """The city as a scenario would have it.

    Parameters
    ----------
    city
        Not changed; what the scenario does not touch is shared with it.
    scenario
        Streets that close, gates that open and then links come first, all else in its order.

    Returns
    -------
    City
        With ``scenario`` kept in it, behind what was changed before; this very city if there is no change.

    Raises
    ------
    InputError
        If a change cannot be made: which, and why.

    Examples
    --------
    A scenario without changes leaves the city as it is, and undoing one that was made gives the city back.
    """
    if not scenario.changes:
        return city
    changed = city
    numbered = sorted(enumerate(scenario.changes, 1), key=lambda entry: _FIRST.get(type(entry[1]), 2))
    for number, change in numbered:
        changed = _applied(changed, change, scenario, number)
    changed = _with_columns_in_order(city, changed)
    before = city.scenario
    kept = scenario if before is None else replace(scenario, changes=(*before.changes, *scenario.changes))
    origins = (*city.context_origins, scenario_origin(scenario.name))
    return replace(changed, scenario=kept, context_origins=origins)


def _with_columns_in_order(city: City, changed: City) -> City:
    """Facilities with the columns that changes added in the order of their names, whatever change came first."""
    if changed.facilities is city.facilities:
        return changed
    frame, old = changed.facilities.frame, list(city.facilities.frame.columns)
    frame = frame[[*old, *sorted(set(frame.columns) - set(old))]]
    return replace(changed, facilities=replace(changed.facilities, frame=frame))


def _applied(city: City, change: Change, scenario: Scenario, number: int) -> City:
    """One change laid over a city; a refusal names the scenario and the change."""
    try:
        return FUNCTIONS[type(change)](city, change)
    except InputError as refused:
        raise refusal(
            "change_refused", error=type(refused), scenario=scenario.name, number=number, change=change.kind,
            why=(refused.zh, str(refused)),
        ) from refused  # fmt: skip
