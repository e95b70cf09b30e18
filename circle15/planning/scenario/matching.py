"""Whether a saved scenario fits a city, and where its things are when the inputs have changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog.facts import read_facts
from circle15.errors import InputError
from circle15.model import changes as kinds
from circle15.model.changes import Change, LinkEnd, Spot
from circle15.model.results import City, Settings
from circle15.model.scenario import SavedScenario, Scenario
from circle15.network.build import edge_lines
from circle15.planning.scenario.spots import point_of, spot_of
from circle15.planning.scenario.streets import gate_ids
from circle15.refusals import refusal
from circle15.uncertainty.field_checks import street_ids

__all__ = ["MOVES", "fitting", "inputs_hash", "located", "saved_scenario"]

MOVES = ("change", "kind", "id_before", "id_after", "moved_m")
"""Columns of what moved: number of the change, kind of its change, ids, metres between the places."""


def inputs_hash(city: City) -> str:
    """One hash of everything that a city, as it was read, was made of: by the names and hashes of the files."""
    known = sorted([origin.file or origin.label_en, origin.sha256, origin.date] for origin in city.origins)
    return hashlib.sha256(json.dumps(known, ensure_ascii=False).encode()).hexdigest()


def saved_scenario(
    city: City,
    scenario: Scenario,
    *,
    settings: Settings | None = None,
    seen: Mapping[str, Mapping[str, float]] | None = None,
) -> SavedScenario:
    """A scenario as a file keeps it.

    Parameters
    ----------
    city
        As it is, without the scenario.
    scenario
        What would be changed.
    settings
        Of the analysis; by default the city's.
    seen
        People aged 60+ left out ``before`` and ``after``, by service.
    """
    used = settings or city.settings
    return SavedScenario(
        scenario=located(city, scenario),
        city=city.key,
        inputs=inputs_hash(city),
        settings={
            "profile": used.profile,
            "cutoffs_min": used.cutoffs_min,
            "max_snap_m": used.max_snap_m,
            **({"open_at": used.open_at.en} if used.open_at else {}),
        },
        seen=seen or {},
    )


def fitting(saved: SavedScenario, city: City, *, file: str, place_again: bool = False) -> tuple[Scenario, pd.DataFrame]:
    """The scenario for a city that is read again.

    Parameters
    ----------
    saved
        From :func:`circle15.sources.scenario_files.read_scenario`.
    city
        As it is by now.
    file
        For messages.
    place_again
        Accept inputs that have changed, and look for each thing again: by its id, else by its place.

    Returns
    -------
    (Scenario, pandas.DataFrame)
        And what has another id or another place by now, with the columns of :data:`MOVES`.

    Raises
    ------
    InputError
        If it is of another city; of other inputs, unless it is placed again; or if something is not found again.
    """
    if saved.city != city.key:
        raise refusal("scenario_city", error=InputError, file=file, value=saved.city, city=city.key)
    if saved.inputs == inputs_hash(city):
        return saved.scenario, pd.DataFrame(columns=list(MOVES))
    if not place_again:
        raise refusal(
            "scenario_inputs", error=InputError, file=file, value=saved.inputs[:12], present=inputs_hash(city)[:12]
        )
    return _placed_again(city, saved.scenario, file)


# -- Where things are --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class _Known:
    """Things of one kind: their ids, and a shape of each to be found by."""

    ids: Sequence[str]
    shapes: NDArray[Any]

    def place(self, key: str) -> shapely.Point | None:
        """The point that stands for one, None where there is none."""
        return shapely.point_on_surface(self.shapes[self.ids.index(key)]) if key in self.ids else None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Ground:
    """All that changes speak of by id."""

    city: City
    facilities: _Known
    streets: _Known
    gates: _Known
    communities: _Known

    @classmethod
    def of(cls, city: City) -> _Ground:
        """Everything in a city."""
        network, frames = city.network, (city.facilities.frame, city.communities.frame)
        facilities, communities = (
            _Known(ids=[str(key) for key in frame.index], shapes=frame.geometry.to_numpy()) for frame in frames
        )
        middles = shapely.line_interpolate_point(edge_lines(network), 0.5, normalized=True)
        gates = gate_ids(network)
        first = {f"gate:{node}": row for row, node in reversed(list(enumerate(network.node_id)))} if gates else {}
        rows = np.array([first[key] for key in gates], dtype=np.int64)
        return cls(
            city=city,
            facilities=facilities,
            streets=_Known(ids=street_ids(network), shapes=np.asarray(middles)),
            gates=_Known(ids=gates, shapes=np.asarray(shapely.points(network.x[rows], network.y[rows]))),
            communities=communities,
        )


_OF_FACILITY = (
    kinds.CloseFacility, kinds.MoveFacility, kinds.AddService, kinds.RemoveService, kinds.SetHours, kinds.SetCapacity,
    kinds.SetDeliveryRadius,
)  # fmt: skip
_ID: dict[type[Any], tuple[str, str]] = dict.fromkeys(_OF_FACILITY, ("facility_id", "facilities"))
_ID[kinds.CloseStreet], _ID[kinds.OpenGate] = ("street_id", "streets"), ("gate_id", "gates")
"""The key that says what a change is about, and among which things it is known."""


def located(city: City, scenario: Scenario) -> Scenario:
    """The scenario with the place of everything that it names by id; what it adds itself has one already."""
    ground = _Ground.of(city)
    return replace(scenario, changes=tuple(_located(ground, change) for change in scenario.changes))


def _located(ground: _Ground, change: Change) -> Change:
    city: City = ground.city
    if isinstance(change, kinds.AddLink):
        return replace(change, start=_end_located(city, change.start), end=_end_located(city, change.end))
    if isinstance(change, kinds.MergeCommunities) and not change.at:
        places = [ground.communities.place(key) for key in change.community_ids]
        known = [spot_of(city, place) for place in places if place is not None]
        return replace(change, at=tuple(known)) if len(known) == len(places) else change
    named: Any = change
    if type(change) not in _ID or named.at is not None:
        return change
    key, among = _ID[type(change)]
    place = getattr(ground, among).place(getattr(change, key))
    located: Change = change if place is None else replace(named, at=spot_of(city, place))
    return located


def _end_located(city: City, end: LinkEnd) -> LinkEnd:
    ids = street_ids(city.network)
    if end.at is not None or end.street_id not in ids:
        return end
    edge = ids.index(end.street_id)
    metres = (end.offset_m or 0.0) * 1000 / max(int(city.network.length_mm[edge]), 1)
    spot = shapely.line_interpolate_point(edge_lines(city.network)[edge], min(metres, 1.0), normalized=True)
    return replace(end, at=spot_of(city, spot))


# -- Found again -------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class _Search:
    """Things looked for again, and what has moved."""

    ground: _Ground
    file: str
    added: set[str] = field(default_factory=set)
    moves: list[tuple[Any, ...]] = field(default_factory=list)

    def found(self, number: int, kind: str, among: str, key: str, at: Spot | None) -> str:
        """The id that something has by now: its own, else that of what is nearest to its place."""
        if key in self.added:
            return key
        known: _Known = getattr(self.ground, among)
        rules = read_facts("scenario.toml")["again"]
        point = None if at is None else point_of(self.ground.city, at)
        same = known.place(key)
        if same is not None and (point is None or among != "streets" or same.distance(point) <= rules["within_m"]):
            self._tell(number, kind, key, key, 0.0 if point is None else same.distance(point))
            return key
        far = np.array([]) if point is None else shapely.distance(known.shapes, point)
        if not len(far) or far.min() > rules["within_m"]:
            raise refusal(
                "scenario_lost", error=InputError, file=self.file, number=number, change=kind, id=key,
                within=f"{rules['within_m']:g}",
            )  # fmt: skip
        row = int(np.argmin(far))
        self._tell(number, kind, key, known.ids[row], float(far[row]))
        return known.ids[row]

    def _tell(self, number: int, kind: str, before: str, after: str, moved_m: float) -> None:
        if before != after or moved_m > float(read_facts("scenario.toml")["again"]["moved_m"]):
            self.moves.append((number, kind, before, after, round(moved_m, 1)))


def _placed_again(city: City, scenario: Scenario, file: str) -> tuple[Scenario, pd.DataFrame]:
    search = _Search(ground=_Ground.of(city), file=file)
    changes = []
    for number, change in enumerate(scenario.changes, 1):
        changes.append(_found_again(search, number, change))
        search.added |= _new_ids(change)
    return replace(scenario, changes=tuple(changes)), pd.DataFrame(search.moves, columns=list(MOVES))


def _new_ids(change: Change) -> set[str]:
    """Ids that a change brings into the city."""
    match change:
        case kinds.AddFacility():
            return {change.facility_id}
        case kinds.AddPeople():
            return {change.estate_id}
        case kinds.MergeCommunities():
            return {change.into}
        case kinds.SplitCommunity():
            return {part.community_id for part in change.parts}
        case _:
            return set()


def _found_again(search: _Search, number: int, change: Change) -> Change:
    """The change with the ids that its things have by now."""
    find: Callable[[str, str, Spot | None], str] = lambda among, key, at: search.found(
        number, change.kind, among, key, at
    )
    match change:
        case kinds.AddLink():
            ends = [replace(end, street_id="", offset_m=None) if end.at else end for end in (change.start, change.end)]
            return replace(change, start=ends[0], end=ends[1])
        case kinds.AddPeople() if change.community_id:
            at = change.at or change.outline[0]
            return replace(change, community_id=find("communities", change.community_id, at))
        case kinds.SplitCommunity():
            return replace(change, community_id=find("communities", change.community_id, change.parts[0].at))
        case kinds.MergeCommunities():
            places = change.at or (None,) * len(change.community_ids)
            ids = [find("communities", key, at) for key, at in zip(change.community_ids, places, strict=True)]
            return replace(change, community_ids=tuple(ids))
        case _ if type(change) in _ID:
            named: Any = change
            key, among = _ID[type(change)]
            again: Change = replace(named, **{key: find(among, getattr(named, key), named.at)})
            return again
        case _:
            return change
