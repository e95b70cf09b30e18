"""One ranked list of what to do: the best changes of all kinds, by the people whom they would newly serve.

Each kind is tried out completely: every facility x every service that it lacks, every crossing x every service, every
facility that is closed at the moment, every facility whose seats are short, every gate whose sides differ, every link
of the attribution. Newly served is who lacks a service within the circle today and reaches it then, by the ordinary
rule of coverage, or finds a seat then; person-services of people aged 60 and over are the one unit of all kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.catalog.action_limits import ActionLimits, action_limits
from circle15.hours.opening import open_facilities
from circle15.model.actions import KINDS, Actions
from circle15.model.placed import PlacedDemand, PlacedFacilities
from circle15.model.results import City, ReachTable
from circle15.model.verdicts import Attribution
from circle15.network.graph import WalkGraph
from circle15.planning.actions.candidates import Candidates, hours_longer, services_more, sites_new
from circle15.planning.actions.costs import cost_of
from circle15.planning.actions.listing import Entry, best_of, listed, same_people, seats_more, sequence
from circle15.planning.actions.needs import who_lacks
from circle15.planning.actions.places import Whereabouts
from circle15.planning.actions.seats import Seating
from circle15.planning.actions.streets import StreetChange, gates_opened, links_built, worth_counting
from circle15.planning.actions.trial import Trial

__all__ = ["actions_of", "ranked_actions"]


def ranked_actions(
    graph: WalkGraph,
    city: City,
    demand: PlacedDemand,
    facilities: PlacedFacilities,
    *,
    reach: ReachTable,
    attributed: Attribution | None = None,
    seating: Seating | None = None,
    limits: ActionLimits | None = None,
) -> Actions:
    """Try every change of each kind and rank those that help most.

    Parameters
    ----------
    graph
        From :func:`circle15.network.graph.walk_graph`.
    city
        As it is; its settings say which circle is asked for, and at which moment facilities must be open.
    demand, facilities
        Of the table; facilities are those in service, whatever is open. A service that no list speaks of is
        undetermined: nothing is proposed for it.
    reach
        Walking times between them, within the circle at least.
    attributed
        Whose links are proposed; without it none is.
    seating
        Seats of the services; without them no more are proposed.
    limits
        By default those of ``actions.toml``.

    Returns
    -------
    Actions
        Empty lists where nobody lacks anything; ``needs`` always.
    """
    settings, limits = city.settings, limits or action_limits()
    attributed, seating = attributed or Attribution(), seating or Seating(seats={}, told={})
    serving = facilities.of(open_facilities(facilities.facilities, settings.open_at))
    wants, needs = who_lacks(reach, demand, serving, circle_min=settings.circle_min)
    seats = seats_more(seating, limits)
    if not len(wants.point) and not seats:
        return Actions(needs=needs, cutoff_min=settings.circle_min, open_at=settings.open_at)
    trial = Trial(city=city, graph=graph, wants=wants, settings=settings)
    pools, streets = list[Candidates](), list[StreetChange]()
    if len(wants.point):
        pools = _pools(trial, facilities, serving)
        links = links_built(graph.network, city.network.n_nodes, attributed)
        streets = [*gates_opened(graph, serving, wants), *links]
    best = best_of(pools, graph, wants, limits)
    least = best[-1].gain if len(best) == limits.count else 0.0
    entries = listed([*best, *seats, *_street_entries(streets, trial, least)], wants, limits)
    tried = {pool.kind: len(pool) for pool in pools} | {"seats": seating.tried()}
    tried |= {kind: sum(change.kind == kind for change in streets) for kind in ("gate", "link")}
    found = actions_of(entries, trial, limits=limits, seating=seating, attributed=attributed)
    tried_kinds = pd.Series([tried.get(kind, 0) for kind in KINDS], index=pd.Index(KINDS, name="kind"), dtype="int64")
    return replace(found, tried=tried_kinds, needs=needs)


def actions_of(
    entries: Sequence[Entry],
    trial: Trial,
    *,
    limits: ActionLimits,
    seating: Seating | None = None,
    attributed: Attribution | None = None,
    together: bool = False,
) -> Actions:
    """Entries as a list: where each is, whom it serves alone and in sequence, what it costs and changes.

    Parameters
    ----------
    entries
        In the order of the list.
    trial
        The city that they are counted on.
    limits
        When two serve nearly the same people.
    seating, attributed
        As for :func:`ranked_actions`.
    together
        Whether all are to be made, so that none stands for another.
    """
    attributed, seating = attributed or Attribution(), seating or Seating(seats={}, told={})
    wants, settings, city = trial.wants, trial.settings, trial.city
    by_id = {f"action-{number}": entry for number, entry in enumerate(entries, 1)}
    doubles = [-1] * len(entries) if together else same_people(entries, wants, limits)
    return Actions(
        frame=_frame(by_id, trial, seating, doubles, Whereabouts.of(city, trial.graph.network, attributed)),
        gains=_gains({key: entry.gains(wants, seating) for key, entry in by_id.items()}),
        seated=_gains({key: seating.gains([entry.more], told=True) for key, entry in by_id.items() if entry.more}),
        points={key: wants.point[entry.cells // len(wants.services)] for key, entry in by_id.items()},
        currency=city.costs.currency if city.costs else "",
        changes={key: (entry.change,) for key, entry in by_id.items()},
        cutoff_min=settings.circle_min,
        open_at=settings.open_at,
    )


def _pools(trial: Trial, facilities: PlacedFacilities, serving: PlacedFacilities) -> list[Candidates]:
    """The candidates at facilities, by kind."""
    wants, settings = trial.wants, trial.settings
    pools = [services_more(wants, serving)]
    if settings.open_at is not None:
        pools.append(hours_longer(wants, _closed(facilities, serving), settings.open_at))
    return [*pools, sites_new(wants, trial.city, trial.graph, max_snap_m=settings.max_snap_m)]


def _closed(facilities: PlacedFacilities, serving: PlacedFacilities) -> PlacedFacilities:
    """Those in service that do not serve at the moment."""
    shut = ~facilities.ids.isin(serving.ids)
    return facilities.of(replace(facilities.facilities, frame=facilities.frame[shut]))


def _street_entries(changes: Sequence[StreetChange], trial: Trial, least: float) -> list[Entry]:
    """Gates and links that may serve as many as the last of the list."""
    weight, entries = trial.wants.weight(), list[Entry]()
    for kind in ("gate", "link"):
        rows = [change for change in changes if change.kind == kind]
        for change, cells in worth_counting(rows, trial, least):
            entries.append(
                Entry(
                    kind=kind,
                    row=rows.index(change),
                    target_id=change.target_id,
                    change=change.change,
                    cells=cells,
                    gain=float(weight[cells].sum()),
                )
            )
    return entries


def _frame(
    by_id: Mapping[str, Entry], trial: Trial, seating: Seating, doubles: Sequence[int], whereabouts: Whereabouts
) -> gpd.GeoDataFrame:
    wants, ids, entries = trial.wants, list(by_id), list(by_id.values())
    places = [whereabouts.place(entry) for entry in entries]
    steps = sequence(entries, wants, trial, seating)
    table = {
        "kind": [entry.kind for entry in entries],
        "services": [entry.services(wants) for entry in entries],
        **{
            column: [getattr(place, column) for place in places]
            for column in ("target_id", "name", "name_en", "street", "to_street", "community_id")
        },
        "units": [np.nan if entry.more is None else entry.more.units for entry in entries],
        "unit": ["" if entry.more is None else entry.more.unit for entry in entries],
        "gain": [entry.gain for entry in entries],
        "step": [step.number for step in steps],
        "added": [step.added for step in steps],
        "same_people": ["" if other < 0 else ids[other] for other in doubles],
        "certainty": np.full(len(ids), np.nan),
        "cost": [
            cost_of(entry.change, trial.city.costs, units=0.0 if entry.more is None else entry.more.units,
                    length_m=float(shapely.length(place.shape)))
            for entry, place in zip(entries, places, strict=True)
        ],
    }  # fmt: skip
    return gpd.GeoDataFrame(
        table,
        geometry=[place.shape for place in places],
        crs=trial.graph.network.crs,
        index=pd.Index(ids, name="action_id", dtype=object),
    )


def _gains(parts: Mapping[str, pd.Series]) -> pd.Series:
    """People newly served on (``action_id``, ``community_id``, ``service``)."""
    names = ["action_id", "community_id", "service"]
    if not parts:
        none = pd.MultiIndex.from_arrays([pd.Index([], dtype=object)] * 3, names=names)
        return pd.Series(index=none, dtype=float, name="gain")
    return pd.concat(parts, names=["action_id"]).rename_axis(names).rename("gain")
