"""Who is served when seats are few: from demand points, facilities and a reach table to the results by service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.accessibility.capacity.allocation import (
    fairest,
    least_walking,
    most_served,
    nearest_first,
    priority_first,
    shortage_sets,
)
from circle15.accessibility.capacity.demand import whole_people
from circle15.accessibility.capacity.floating import floating_access
from circle15.catalog.capacity import capacity_rules
from circle15.errors import InputError
from circle15.kernels.ragged import rank_by_id, run_starts
from circle15.model.capacity import Allocation, Capacity, CapacityRule, Cut, FloatingAccess, SeatsInReach
from circle15.model.placed import determined
from circle15.model.places import DemandPoints, Facilities
from circle15.model.results import ReachTable
from circle15.refusals import refusal

__all__ = ["ServiceSeats", "capacity", "capacity_of", "seats_by_service"]

_TOTALS = ("demand", "served", "full_in_reach", "out_of_reach", "unknown", "unknown_map")


def capacity(
    reach: ReachTable,
    points: DemandPoints,
    facilities: Facilities,
    *,
    rules: Mapping[str, CapacityRule] | None = None,
) -> Capacity:
    """Share out the seats of every service that a rule speaks of and a list has.

    Parameters
    ----------
    reach, points, facilities, rules
        As for :func:`seats_by_service`.

    Raises
    ------
    InputError
        If the table is about other points or facilities.
    """
    return capacity_of(seats_by_service(reach, points, facilities, rules=rules))


def seats_by_service(
    reach: ReachTable,
    points: DemandPoints,
    facilities: Facilities,
    *,
    rules: Mapping[str, CapacityRule] | None = None,
) -> dict[str, ServiceSeats]:
    """The seats of every service that a rule speaks of and a list has.

    Parameters
    ----------
    reach
        Walking times within the circle.
    points
        Whose ids are the table's.
    facilities
        Those that serve, with capacities.
    rules
        By service; by default those of ``capacity.toml``. A service without a list, or whose people column the points
        lack, is left out.

    Raises
    ------
    InputError
        If the table is about other points.
    """
    if not reach.point_ids.equals(points.frame.index):
        raise refusal("times_other_points", error=InputError)
    asked = capacity_rules() if rules is None else rules
    return {
        key: ServiceSeats(rule=rule, reach=reach, points=points, facilities=facilities)
        for key, rule in asked.items()
        if key in facilities.listed and rule.people in points.people
    }


def capacity_of(seats: Mapping[str, ServiceSeats]) -> Capacity:
    """Who gets a seat, of the seats by service; see :class:`~circle15.model.capacity.Capacity`."""
    parts = list(seats.values())
    if not parts:
        return Capacity()
    shortages = pd.concat([part.shortages for part in parts], ignore_index=True)
    shortages = shortages.sort_values(["short", "service"], ascending=[False, True], kind="stable", ignore_index=True)
    shortages.index = pd.RangeIndex(1, len(shortages) + 1, name="shortage_id")
    return Capacity(
        frame=pd.concat([part.frame for part in parts]).sort_index(),
        loads=pd.concat([part.loads for part in parts]).sort_index(),
        shortages=shortages,
        policies=pd.concat([part.policies for part in parts]),
        totals=pd.concat([part.totals for part in parts]),
        rules={key: part.rule for key, part in seats.items()},
    )


def _minutes(walked_ms: NDArray[Any], people: NDArray[Any]) -> NDArray[np.float64]:
    """Mean minutes, NaN where nobody walks."""
    return np.divide(walked_ms, people * 60_000.0, out=np.full(len(people), np.nan), where=people > 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class ServiceSeats:
    """The seats of one service and who asks for them; what is computed of it is computed once."""

    rule: CapacityRule
    reach: ReachTable
    points: DemandPoints
    facilities: Facilities

    @cached_property
    def people(self) -> NDArray[np.int64]:
        """``int64[p]`` who come on a day."""
        return whole_people(self.points, self.rule.people, self.rule.rate)

    @cached_property
    def offers(self) -> pd.DataFrame:
        """Facilities of the service by id: ``facility_id``, ``row`` in the reach table, ``seats``."""
        offers = self.facilities.offers()
        offers = offers[offers["service"] == self.rule.service].reset_index(drop=True)
        row = self.reach.facility_ids.get_indexer(pd.Index(offers["facility_id"]))
        if (row < 0).any():
            raise refusal(
                "reach_facility", error=InputError, facility=offers["facility_id"].iloc[int((row < 0).argmax())]
            )
        units = self._units(offers["facility_id"])
        offers = offers.assign(row=row, seats=self.rule.served_by(offers["capacity"].to_numpy(dtype=float), units))
        return offers.iloc[np.argsort(rank_by_id(offers["facility_id"]))].reset_index(drop=True)

    def _units(self, facilities: pd.Series) -> list[str]:
        """What the list says that capacities count: ``meals``, or by service ``meal_point:meals;day_care:beds``."""
        if "capacity_unit" not in self.facilities.frame:
            return [""] * len(facilities)
        written = self.facilities.frame["capacity_unit"].reindex(facilities)
        found = []
        for text in written:
            plain = text if isinstance(text, str) else ""
            by_service = dict(part.partition(":")[::2] for part in plain.split(";"))
            found.append(by_service.get(self.rule.service, "") if ":" in plain else plain)
        return found

    def people_for(self, site: int, capacity: NDArray[np.float64]) -> NDArray[np.int64]:
        """People a day whom a facility would serve if it had another of some capacities."""
        units = self._units(self.offers["facility_id"].iloc[[site]]) * len(capacity)
        return self.rule.served_by(capacity, units).astype(np.int64)

    def unit_of(self, site: int) -> str:
        """What the capacity of a facility counts: one of :data:`~circle15.model.capacity.UNITS`."""
        return self._units(self.offers["facility_id"].iloc[[site]])[0] or self.rule.unit

    def site_of(self, facility_id: str) -> int:
        """Place of a facility in :attr:`offers`."""
        return int(np.flatnonzero(self.offers["facility_id"] == facility_id)[0])

    @cached_property
    def row_communities(self) -> pd.Index:
        """The community of each row of the table."""
        return self.points.communities.take(self.points.community[self.order])

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """``bool[s]``: facilities whose seats are known."""
        return np.asarray(self.offers["seats"].notna(), dtype=bool)

    @cached_property
    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Demand point, place in ``offers`` and walk of every pair of the service, by point and place."""
        place = np.full(len(self.reach.facility_ids), -1, dtype=np.int64)
        place[self.offers["row"].to_numpy()] = np.arange(len(self.offers))
        inside = place[self.reach.facility] >= 0
        point, site = self.reach.point[inside].astype(np.int64), place[self.reach.facility[inside]]
        order = np.lexsort((site, point))
        return point[order], site[order], self.reach.cost_ms[inside][order].astype(np.int64)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Demand points of which somebody comes, in the order of their ids."""
        asking = np.flatnonzero(self.people > 0)
        return asking[np.argsort(rank_by_id(self.points.frame.index[asking]))]

    @cached_property
    def table(self) -> SeatsInReach:
        """Rows are :attr:`order`, sites are :attr:`offers`; those of unknown capacity have no seats and no pairs."""
        return self._table(self.known, np.nan_to_num(self.offers["seats"].to_numpy()).astype(np.int64))

    def _table(self, counted: NDArray[np.bool_], seats: NDArray[np.int64]) -> SeatsInReach:
        point, site, cost = self.pairs
        rank = np.full(len(self.points), -1, dtype=np.int64)
        rank[self.order] = np.arange(len(self.order))
        kept = (rank[point] >= 0) & counted[site]
        row, site, cost = rank[point[kept]], site[kept], cost[kept]
        order = np.lexsort((site, row))
        return SeatsInReach(
            people=self.people[self.order],
            start=run_starts(row, len(self.order)),
            site=site[order],
            cost_ms=cost[order],
            seats=seats,
        )

    @cached_property
    def cut(self) -> Cut:
        """Most that can be served."""
        return most_served(self.table, self.most)

    @cached_property
    def served_high(self) -> int:
        """Most that can be served if what is unknown had seats for everybody."""
        if self.known.all():
            return self.cut.served
        plenty = np.where(self.known, self.table.seats, self.people.sum())
        return most_served(self._table(np.ones(len(self.known), dtype=bool), plenty)).served

    @cached_property
    def allocations(self) -> Sequence[Allocation]:
        """Under each policy: nearest, most, fair and, where the rule names some, priority."""
        found = [
            nearest_first(self.table),
            self.most,
            fairest(self.table, self.points.community[self.order], self.cut),
        ]
        if not self.rule.first or self.rule.first not in self.points.people:
            return found
        return [*found, self._priority()]

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """``int64[r]``: of the people of each row those who come first."""
        if not self.rule.first or self.rule.first not in self.points.people:
            return np.zeros(len(self.order), dtype=np.int64)
        return np.minimum(whole_people(self.points, self.rule.first, self.rule.rate), self.people)[self.order]

    def _priority(self) -> Allocation:
        """Rows are parted into those who come first and the others, and put together again."""
        table, many = self.table, np.diff(self.table.start)
        halves = SeatsInReach(
            people=np.concatenate([self.first, table.people - self.first]),
            start=np.concatenate([table.start, table.start[1:] + table.start[-1]]),
            site=np.tile(table.site, 2),
            cost_ms=np.tile(table.cost_ms, 2),
            seats=table.seats,
        )
        first = np.arange(len(halves.people)) < len(many)
        flow = priority_first(halves, first).flow.reshape(2, -1)
        return Allocation(table=table, flow=flow.sum(axis=0), policy="priority", first_served=int(flow[0].sum()))

    @cached_property
    def most(self) -> Allocation:
        """Most people, least walking."""
        return least_walking(self.table)

    @cached_property
    def floating(self) -> FloatingAccess:
        """2SFCA of the same people, seats and walks: like the allocation it takes all walks within the circle alike."""
        supply = np.zeros(len(self.reach.facility_ids))
        supply[self.offers["row"]] = self.offers["seats"]
        circle_min = self.reach.cutoff_ms / 60_000
        return floating_access(self.reach, self.people.astype(float), supply, form="2sfca", circle_min=circle_min)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """See :class:`~circle15.model.capacity.Capacity`."""
        points, site_of = self.points, self.pairs
        served, walked = np.zeros(len(points), dtype=np.int64), np.zeros(len(points))
        served[self.order] = self.most.by_row
        walked[self.order] = np.bincount(
            self.table.row, weights=self.most.flow * self.table.cost_ms, minlength=len(self.order)
        )
        reached = np.bincount(site_of[0], minlength=len(points)) > 0
        doubtful = np.bincount(site_of[0][~self.known[site_of[1]]], minlength=len(points)) > 0
        lost = ~determined(self.reach.point_status, reached)
        left = self.people - served
        parts = {
            "demand": self.people,
            "served": served,
            "full_in_reach": left * (reached & ~doubtful & ~lost),
            "out_of_reach": left * (~reached & ~lost),
            "unknown": left * (doubtful | lost),
            "unknown_map": left * lost,
        }
        index = pd.MultiIndex.from_product([points.communities, [self.rule.service]], names=["community_id", "service"])
        sums = pd.DataFrame(
            {name: points.community_sums(values).astype(np.int64) for name, values in parts.items()}, index=index
        ).astype("Int64")
        sums["walk_min"] = _minutes(points.community_sums(walked), points.community_sums(served))
        shares = points.community_sums(np.where(self.people > 0, self.people * self.floating.access, 0.0))
        asked = points.community_sums(self.people)
        sums["floating"] = np.divide(shares, asked, out=np.full(len(asked), np.nan), where=asked > 0)
        nobody_knows = np.isnan(points.community_sums(points.people_in(self.rule.people)))
        sums.loc[nobody_knows, list(parts)] = pd.NA
        return sums

    @cached_property
    def loads(self) -> pd.DataFrame:
        """See :class:`~circle15.model.capacity.Capacity`."""
        point, site, _ = self.pairs
        used, nearest = self.most.loads, self.allocations[0].loads
        walked = np.bincount(self.table.site, weights=self.most.flow * self.table.cost_ms, minlength=len(used))
        columns = {
            "seats": self.table.seats,
            "used": used,
            "idle": self.table.seats - used,
            "in_reach": np.bincount(site, weights=self.people[point], minlength=len(used)).astype(np.int64),
            "used_nearest": nearest,
        }
        index = pd.MultiIndex.from_product(
            [self.offers["facility_id"], [self.rule.service]], names=["facility_id", "service"]
        )
        table = pd.DataFrame(columns, index=index).astype("Int64")
        table.loc[~self.known, ["seats", "used", "idle", "used_nearest"]] = pd.NA
        table["one_more"] = pd.array(self.cut.sites, dtype="boolean")
        table.loc[~self.known, "one_more"] = pd.NA
        table["walk_min"] = _minutes(walked, used)
        return table

    @cached_property
    def shortages(self) -> pd.DataFrame:
        """See :class:`~circle15.model.capacity.Capacity`."""
        rows, sites = shortage_sets(self.table, self.cut)
        owner = self.row_communities
        found = []
        for number in range(int(rows.max(initial=-1)) + 1):
            inside, at = rows == number, sites == number
            people, seats = int(self.table.people[inside].sum()), int(self.table.seats[at].sum())
            found.append(
                {
                    "service": self.rule.service,
                    "communities": tuple(sorted(set(owner[inside]))),
                    "facilities": tuple(self.offers["facility_id"][at]),
                    "people": people,
                    "seats": seats,
                    "short": people - seats,
                }
            )
        return pd.DataFrame(found, columns=["service", "communities", "facilities", "people", "seats", "short"])

    @cached_property
    def policies(self) -> pd.DataFrame:
        """See :class:`~circle15.model.capacity.Capacity`."""
        group = self.points.community[self.order]
        asked = np.bincount(group, weights=self.table.people * self.table.reaches)
        rows = []
        for allocation in self.allocations:
            got = np.bincount(group, weights=allocation.by_row, minlength=len(asked))
            shares = np.divide(got, asked, out=np.full(len(asked), np.nan), where=asked > 0)
            rows.append(
                {
                    "served": allocation.served,
                    "walk_min": allocation.walking_ms / 60_000 / allocation.served if allocation.served else np.nan,
                    "least_share": float(np.nanmin(shares)) if (asked > 0).any() else np.nan,
                    "first_demand": int(self.first.sum()) if allocation.policy == "priority" else pd.NA,
                    "first_served": pd.NA if allocation.first_served is None else allocation.first_served,
                }
            )
        names = [(self.rule.service, allocation.policy) for allocation in self.allocations]
        frame = pd.DataFrame(rows, index=pd.MultiIndex.from_tuples(names, names=["service", "policy"]))
        return frame.astype({"first_demand": "Int64", "first_served": "Int64"})

    @cached_property
    def totals(self) -> pd.DataFrame:
        """See :class:`~circle15.model.capacity.Capacity`."""
        reached = np.bincount(self.pairs[1], weights=self.people[self.pairs[0]], minlength=len(self.offers)) > 0
        row = {name: int(self.frame[name].sum()) for name in _TOTALS} | {
            "served_high": self.served_high,
            "seats": int(self.table.seats.sum()),
            "idle": int((self.table.seats - self.most.loads).sum()),
            "floating_used": int(self.table.seats.sum() - self.floating.unused),
            "facilities": len(self.offers),
            "facilities_unknown": int((~self.known).sum()),
            "facilities_unreached": int((~reached).sum()),
        }
        return pd.DataFrame([row], index=pd.Index([self.rule.service], name="service"))
