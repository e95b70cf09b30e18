"""A service asked for in a city, as a covering problem: who lacks it, and what could offer it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.accessibility.coverage import points_in_reach
from circle15.catalog import services as known_services
from circle15.errors import InputError, SettingError
from circle15.hours.opening import open_facilities
from circle15.kernels.ragged import order_by_id, rank_by_id
from circle15.model.changes import AddFacility, AddService, Change, CloseFacility, RemoveService
from circle15.model.placed import PlacedDemand, PlacedFacilities, determined
from circle15.model.places import Facilities
from circle15.model.plans import CoverProblem, SitingRules
from circle15.model.population import PERSON_PARTS
from circle15.model.results import City, ReachTable
from circle15.network.graph import WalkGraph, cutoff_ms
from circle15.planning.actions.candidates import Candidates, services_more, sites_new
from circle15.planning.actions.costs import cost_of
from circle15.planning.actions.needs import Wants
from circle15.planning.actions.trial import Trial
from circle15.planning.siting.listed import sites_listed
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean
from circle15.routing.reach import reach_table

__all__ = ["STANDS", "Question", "asked", "check_service"]

STANDS = "stands"
"""The kind of a candidate that offers the service today."""

_ENDS = CloseFacility | RemoveService
_AT_FACILITY = AddService | AddFacility | _ENDS
"""Changes that candidates make."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """Who lacks a service, and the candidates that could offer it.

    ``trial`` is the city that plans are counted on; its ``wants`` are those who lack this one service, row by row of
    ``problem``, whose weights are 1/1024ths of a person. ``people`` are those likewise who reach it or lack it: of
    whom the map can tell. Candidates are numbered in the order of ``ids``: the facility's of a house, that which a
    new site would have. ``pool`` and ``row`` ``int64[m]`` say which of ``pools`` a candidate is of, and which one
    there; ``priced`` whether they cost what the pack says.

    Where facilities that stand are to close, ``closing`` of them, these are candidates too (to stay), and all people of
    whom the map can tell ask; ``today`` ``bool[n]`` says which rows reach the service as it is.
    """

    service: str
    trial: Trial
    pools: tuple[Candidates, ...]
    ids: pd.Index
    pool: NDArray[np.int64]
    row: NDArray[np.int64]
    problem: CoverProblem
    people: int
    today: NDArray[np.bool_]
    closing: int
    priced: bool

    @property
    def wants(self) -> Wants:
        """Who lacks the service."""
        return self.trial.wants

    def change(self, candidate: int) -> Change:
        """What makes a candidate offer the service."""
        return self.pools[self.pool[candidate]].change(int(self.row[candidate]))

    def kind(self, candidate: int) -> str:
        """Its kind of action."""
        return self.pools[self.pool[candidate]].kind

    def target(self, candidate: int) -> str:
        """The facility whose house it is, ``""`` at a crossing."""
        return str(self.ids[candidate]) if self.kind(candidate) == "service" else ""

    def rows_of(self, chosen: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Of each of some candidates the rows that it serves, rising."""
        problem = self.problem
        order = np.argsort(problem.candidate, kind="stable")
        candidate, row = problem.candidate[order], problem.row[order]
        first, last = (np.searchsorted(candidate, chosen, side=side) for side in ("left", "right"))
        return [row[begin:end] for begin, end in zip(first, last, strict=True)]


def asked(
    graph: WalkGraph,
    city: City,
    demand: PlacedDemand,
    facilities: PlacedFacilities,
    *,
    reach: ReachTable,
    service: str,
    rules: SitingRules,
    priced: bool = False,
) -> Question:
    """Ask where a service should go.

    Parameters
    ----------
    graph, city, demand, facilities, reach
        As for :func:`circle15.planning.actions.ranked.ranked_actions`.
    service
        A key; of the catalogue or of the pack.
    rules
        Which candidates a plan may have; what closes is closed in the city already.
    priced
        Whether candidates cost what the pack says, in whole units of its currency; else 1 each.

    Raises
    ------
    SettingError
        If the service is not known or no list speaks of it, communities name no subdistricts that limit plans, or the
        pack does not know what is asked to be paid.
    InputError
        If an id is of no candidate, or locked and excluded.
    """
    settings = city.settings
    serving = facilities.of(open_facilities(facilities.facilities, settings.open_at))
    check_service(service, serving.facilities)
    inside, known = _reached(reach, demand, serving, service, settings.circle_min)
    wants = _wants(service, demand, known if rules.closing else known & ~inside, settings.circle_min)
    stands = _stands(service, serving) if rules.closing else None
    if stands is not None and rules.closing >= len(stands):
        raise refusal("siting_closing_all", error=SettingError, closing=rules.closing, stand=len(stands))
    pools = [] if stands is None else [stands]
    if "house" in rules.places:
        pools.append(services_more(wants, serving))
    if "crossing" in rules.places:
        pools.append(sites_new(wants, city, graph, max_snap_m=settings.max_snap_m))
    if rules.listed is not None and "list" in rules.places:
        pools.append(sites_listed(wants, city, graph, rules.listed, max_snap_m=settings.max_snap_m))
    changes = [pool.change(row) for pool in pools for row in range(len(pool))]
    ids = pd.Index([change.facility_id for change in changes if isinstance(change, _AT_FACILITY)], dtype=object)
    order = order_by_id(ids)
    number = np.empty(len(ids), dtype=np.int64)
    number[order] = np.arange(len(ids))
    rows, candidates = _pairs(graph, wants, pools)
    ids, changes = ids[order], [changes[place] for place in order]
    if stands is None:
        group, most = _subdistricts(city, changes, rules.per_subdistrict, locked=ids.isin(rules.locked))
    else:
        group = np.array([0 if isinstance(change, _ENDS) else 1 for change in changes], dtype=np.int64)
        most = np.array([len(stands) - rules.closing, len(changes)], dtype=np.int64)
    problem = CoverProblem.of_pairs(
        np.rint(wants.people * PERSON_PARTS).astype(np.int64),
        rows,
        number[candidates],
        candidates=len(ids),
        cost=_costs(city, changes) if priced else np.ones(len(ids), dtype=np.int64),
        locked=_named(ids, rules.locked, "locked"),
        excluded=_named(ids, rules.excluded, "excluded"),
        group=group,
        group_most=most,
    )
    pool = np.repeat(np.arange(len(pools)), [len(one) for one in pools])[order]
    row = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(len(one)) for one in pools)])[order]
    trial = Trial(city=city, graph=graph, wants=wants, settings=settings)
    return Question(
        service=service,
        trial=trial,
        pools=tuple(pools),
        ids=ids,
        pool=pool,
        row=row,
        problem=problem,
        people=int(np.rint(demand.points.weight()[known] * PERSON_PARTS).sum()),
        today=inside[wants.point],
        closing=rules.closing,
        priced=priced,
    )


def _reached(
    reach: ReachTable, demand: PlacedDemand, serving: PlacedFacilities, service: str, circle_min: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """``bool[p]`` twice: who reaches the service today, and of whom the map can tell whether they do."""
    inside = points_in_reach(reach, serving.facilities, (service,), [circle_min]).best_ms[:, 0] <= cutoff_ms(circle_min)
    return inside, determined(demand.positions.status, inside)


def _stands(service: str, serving: PlacedFacilities) -> Candidates:
    """The facilities that offer the service today; the change of each is that it no longer does."""
    offers = np.flatnonzero(serving.offer_matrix((service,))[:, 0])
    offers = offers[order_by_id(serving.ids[offers])]
    ids, rows, offered = serving.ids[offers], np.arange(len(offers)), serving.frame["services"].iloc[offers]

    def change(row: int) -> Change:
        key = str(ids[row])
        alone = len(offered.iloc[row]) == 1
        return CloseFacility(facility_id=key) if alone else RemoveService(facility_id=key, service=service)

    return Candidates(
        kind=STANDS,
        sites=serving.positions.take(offers),
        site=rows,
        adds=np.ones((len(offers), 1), dtype=bool),
        change=change,
    )


def check_service(service: str, facilities: Facilities) -> None:
    """Refuse a service that nobody knows, or that no list speaks of.

    Raises
    ------
    SettingError
        Which one, and what there is.
    """
    known = known_services(facilities.pack_services)
    if service not in known:
        raise refusal(
            "siting_service", error=SettingError, value=service, known=", ".join(known),
            hint=did_you_mean(service, known),
        )  # fmt: skip
    if service not in facilities.listed:
        titles = known[service].title_zh, known[service].title_en
        raise refusal("siting_service_unlisted", error=SettingError, service=titles)


def _wants(service: str, demand: PlacedDemand, asking: NDArray[np.bool_], circle_min: float) -> Wants:
    """Those who ask for a service, ``bool[p]``, where somebody lives."""
    people = demand.points.weight()
    point = np.flatnonzero(asking & (people > 0))
    return Wants(
        services=(service,),
        demand=demand,
        point=point,
        lacking=np.ones((len(point), 1), dtype=bool),
        people=people[point],
        circle_min=circle_min,
    )


def _pairs(graph: WalkGraph, wants: Wants, pools: Iterable[Candidates]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Who would reach which candidate; these are numbered pool by pool."""
    rows, candidates, before, homes = [], [], 0, wants.homes
    for pool in pools:
        table = reach_table(graph, homes, pool.sites, cutoff_min=wants.circle_min)
        own = np.full(len(pool.sites), -1, dtype=np.int64)
        own[pool.site] = np.arange(len(pool)) + before
        offers = own[table.facility] >= 0
        rows.append(table.point[offers].astype(np.int64))
        candidates.append(own[table.facility[offers]])
        before += len(pool)
    none = np.empty(0, dtype=np.int64)
    return np.concatenate([none, *rows]), np.concatenate([none, *candidates])


def _named(ids: pd.Index, names: Collection[str], what: str) -> NDArray[np.bool_]:
    """``bool[m]``: candidates with these ids."""
    for name in names:
        if name not in ids:
            raise refusal("siting_candidate", error=InputError, key=what, value=name, hint=did_you_mean(name, ids))
    return np.asarray(ids.isin(list(names)))


def _costs(city: City, changes: Sequence[Change]) -> NDArray[np.int64]:
    """``int64[m]``, in whole units of the currency."""
    costs = np.array(
        [0.0 if isinstance(change, _ENDS) else cost_of(change, city.costs) for change in changes], dtype=float
    )
    unknown = np.flatnonzero(np.isnan(costs))
    if len(unknown):
        key = "site" if isinstance(changes[unknown[0]], AddFacility) else "service"
        raise refusal("siting_costs", error=SettingError, key=key, count=len(unknown))
    return np.rint(costs).astype(np.int64)


def _subdistricts(
    city: City, changes: Sequence[Change], most: int | None, *, locked: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``int64[m]`` the subdistrict of each candidate, -1 outside all, and ``int64[g]`` how many each may have."""
    if most is None:
        return np.full(len(changes), -1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    frame = city.communities.frame
    code, names = pd.factorize(city.communities.subdistricts.reindex(frame.index), sort=True)
    if not (names != "").any():
        raise refusal("siting_no_subdistricts", error=SettingError)
    point, shape = frame.sindex.query(_points(city, changes), predicate="intersects")
    order = np.lexsort((rank_by_id(frame.index)[shape], point))[::-1]  # of several communities the first id
    group = np.full(len(changes), -1, dtype=np.int64)
    group[point[order]] = np.where(names == "", -1, np.arange(len(names)))[code[shape[order]]]
    held = np.bincount(group[locked & (group >= 0)], minlength=len(names))
    if held.max(initial=0) > most:
        full = int(held.argmax())
        raise refusal(
            "siting_subdistrict_locked", error=InputError, subdistrict=names[full], locked=int(held[full]), most=most
        )
    return group, np.full(len(names), most, dtype=np.int64)


def _points(city: City, changes: Sequence[Change]) -> NDArray[np.object_]:
    """``object[m]``: where each candidate stands, in metres of the city's system."""
    houses = city.facilities.frame.geometry
    points = [
        shapely.Point(change.at.metres or ()) if isinstance(change, AddFacility) else houses[change.facility_id]
        for change in changes
        if isinstance(change, _AT_FACILITY)
    ]
    return np.array(points, dtype=object)
