"""What a clause measures, one function a measure: communities in, a part and a whole for each out.

Observed = scale x part / whole, at any level: for a subdistrict or the city the parts and the wholes of its
communities are summed first. So a rate of the city is not an average of averages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model.norms import Rule
from circle15.model.places import Communities, DemandPoints, Facilities
from circle15.model.walk_network import Positions, WalkProfile
from circle15.opening import weekly_open_hours
from circle15.reach import WalkGraph, cutoff_ms, nearest_times, walk_graph

__all__ = ["MEASURES", "Figures", "Ground", "paces_graph"]

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """What measures look at.

    ``graph`` walks in the study's time, ``paces`` one metre a second without any delay, so that its seconds are
    metres on the network. ``homes`` and ``sites`` are the positions of demand points and facilities.
    ``owner`` ``int64[p]``: a demand point's row of the communities; ``within`` ``int64[f]``: a facility's, or -1.
    """

    communities: Communities
    facilities: Facilities
    demand: DemandPoints
    graph: WalkGraph
    paces: WalkGraph
    homes: Positions
    sites: Positions
    owner: NDArray[np.int64]
    within: NDArray[np.int64]
    residential: gpd.GeoDataFrame | None = None
    checklists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        communities: Communities,
        facilities: Facilities,
        demand: DemandPoints,
        *,
        graph: WalkGraph,
        homes: Positions,
        sites: Positions,
        checklists: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Ground:
        """The ground of a study; a facility belongs to the community that it stands in, to the first of several."""
        rows, found = communities.frame.sindex.query(facilities.frame.geometry, predicate="intersects")
        within = np.full(len(facilities), -1, dtype=np.int64)
        order = np.lexsort((found, rows))[::-1]
        within[rows[order]] = found[order]
        return cls(
            communities=communities, facilities=facilities, demand=demand, graph=graph, paces=paces_graph(graph),
            homes=homes, sites=sites, within=within, checklists=checklists or {},
            owner=communities.frame.index.get_indexer(pd.Index(demand.frame["community_id"])).astype(np.int64),
        )  # fmt: skip

    @property
    def placed(self) -> Mask:
        """Demand points that stand near a street: of the others nothing is known."""
        return np.asarray(self.homes.status != Positions.FAR)

    def numbers(self, column: str) -> Numbers:
        """A column of the communities; NaN where it is not there or holds no number."""
        frame = self.communities.frame
        if column not in frame:
            return np.full(len(frame), np.nan)
        return np.asarray(pd.to_numeric(frame[column], errors="coerce"), dtype=float)


@dataclass(frozen=True, kw_only=True, eq=False)
class Figures:
    """``float64[c]`` part and whole of every community, NaN where they cannot be known; ``whole`` None for a count.

    ``lacks`` names what has to be supplied where NaN stands. ``facility`` ``int64[c]`` is the row of the facility
    that the figure rests on, -1 where there is none. ``largest``: a unit's figure is the largest of its
    communities', not their sum.
    """

    part: Numbers
    whole: Numbers | None = None
    scale: float = 1.0
    lacks: str = ""
    facility: NDArray[np.int64] | None = None


def paces_graph(graph: WalkGraph) -> WalkGraph:
    """The same network at one metre a second without delays: its seconds are metres."""
    paces = WalkProfile(name="metres", title_zh="路网距离", title_en="Network distance", speed_mps=1.0, stairs_mps=1.0)
    return walk_graph(graph.network, paces)


def _offering(ground: Ground, rule: Rule, services: tuple[str, ...]) -> Mask:
    """Facilities that offer one of the services at one of the rule's tiers."""
    frame = ground.facilities.frame
    mine = np.array([any(service in row for service in services) for row in frame["services"]], dtype=bool)
    if rule.tiers:
        tiers = frame["tier_key"].astype(str) if "tier_key" in frame else pd.Series("", index=frame.index)
        mine &= tiers.isin(rule.tiers).to_numpy()
    if rule.standardised:
        mine &= _yes(frame["standardised"]) if "standardised" in frame else False
    return mine


def _yes(cells: pd.Series) -> Mask:
    """Cells that say yes: 1, true, 是."""
    return np.array([str(cell).strip().casefold() in {"1", "1.0", "true", "yes", "是"} for cell in cells], dtype=bool)


def _unlisted(ground: Ground, rule: Rule) -> str:
    """Services of the rule that no list speaks of, and attributes that would tell its facilities apart."""
    unknown = [service for service in rule.services if service not in ground.facilities.listed]
    lacks = [f"facilities: {service}" for service in unknown]
    asked = (("tier", "tier_key", bool(rule.tiers)), ("standardised", "standardised", rule.standardised))
    lacks += [
        f"facilities.{name}" for name, column, needed in asked if needed and column not in ground.facilities.frame
    ]
    return ", ".join(lacks)


def _sum(ground: Ground, weight: Numbers) -> Numbers:
    return np.bincount(ground.owner, weights=weight, minlength=len(ground.communities)).astype(float)


def _nothing(ground: Ground, lacks: str) -> Figures:
    return Figures(part=np.full(len(ground.communities), np.nan), lacks=lacks)


def _near(ground: Ground, rule: Rule, service: str) -> Mask:
    """Demand points with a facility of the service within the rule's minutes or metres."""
    sites = _subset(ground.sites, _offering(ground, rule, (service,)))
    if rule.metres is not None:  # one metre a second: whole milliseconds are whole millimetres
        return np.asarray(np.rint(nearest_times(ground.paces, ground.homes, sites) * 60_000) <= rule.metres * 1000)
    minutes = nearest_times(ground.graph, ground.homes, sites)
    return np.asarray(np.rint(minutes * 60_000) <= cutoff_ms(rule.minutes or 0))


def _subset(positions: Positions, mine: Mask) -> Positions:
    return Positions(
        edge=positions.edge[mine], offset_mm=positions.offset_mm[mine], leg_mm=positions.leg_mm[mine],
        status=positions.status[mine],
    )  # fmt: skip


def _share_of_people(ground: Ground, rule: Rule, inside: Numbers) -> Figures:
    people = ground.demand.frame[rule.people].to_numpy(dtype=float) * ground.placed
    return Figures(part=_sum(ground, people * inside), whole=_sum(ground, people), scale=100.0)


def people_near(ground: Ground, rule: Rule) -> Figures:
    """People with every service of the rule within its minutes or metres."""
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    inside = np.all([_near(ground, rule, service) for service in rule.services], axis=0)
    return _share_of_people(ground, rule, inside.astype(float))


def services_in_reach(ground: Ground, rule: Rule) -> Figures:
    """People-weighted share of the rule's services that are within reach."""
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    return _share_of_people(ground, rule, np.mean([_near(ground, rule, service) for service in rule.services], axis=0))


def facility_count(ground: Ground, rule: Rule) -> Figures:
    """Facilities inside the community."""
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    mine = _offering(ground, rule, rule.services) & (ground.within >= 0)
    count = np.bincount(ground.within[mine], minlength=len(ground.communities)).astype(float)
    return Figures(part=count, facility=_first(ground, mine))


def _first(ground: Ground, mine: Mask) -> NDArray[np.int64]:
    found = np.full(len(ground.communities), -1, dtype=np.int64)
    rows = np.flatnonzero(mine)[::-1]
    found[ground.within[rows]] = rows
    return found


def _floor_m2(ground: Ground) -> Numbers:
    frame = ground.facilities.frame
    column = frame["floor_area_m2"] if "floor_area_m2" in frame else pd.Series(np.nan, index=frame.index)
    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=float)


def floor_area(ground: Ground, rule: Rule) -> Figures:
    """Floor area of the largest facility in the community, 0 where there is none."""
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    best, which, _ = _best_inside(ground, rule, _floor_m2(ground))
    return Figures(part=np.where(which < 0, 0.0, best), lacks="facilities.floor_area_m2", facility=which)


def _best_inside(ground: Ground, rule: Rule, value: Numbers) -> tuple[Numbers, NDArray[np.int64], Mask]:
    """The largest value in each community, its facility, and where there is any facility.

    Where a facility's value is not known it might be larger: then nothing is said, unless the known one complies.
    """
    rows = np.flatnonzero(_offering(ground, rule, rule.services) & (ground.within >= 0))
    rows = rows[np.argsort(np.nan_to_num(value[rows], nan=-np.inf), kind="stable")]
    best, which = np.full(len(ground.communities), np.nan), np.full(len(ground.communities), -1, dtype=np.int64)
    best[ground.within[rows]], which[ground.within[rows]] = value[rows], rows
    doubt = np.zeros(len(best), dtype=bool)
    doubt[ground.within[rows[np.isnan(value[rows])]]] = True
    complies = np.array([rule.judges and rule.passes(one) for one in best])
    return np.where(doubt & ~complies, np.nan, best), which, which >= 0


def area_per_100_households(ground: Ground, rule: Rule) -> Figures:
    """Floor area of all facilities in the community per 100 households: 100 x sum(A) / HH."""
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    mine = _offering(ground, rule, rule.services) & (ground.within >= 0)
    area = np.zeros(len(ground.communities))
    np.add.at(area, ground.within[mine], _floor_m2(ground)[mine])
    households = ground.numbers("households")
    lacks = "households" if np.isnan(households).any() else "facilities.floor_area_m2"
    return Figures(part=area, whole=households, scale=100.0, lacks=lacks, facility=_first(ground, mine))


def open_hours_per_day(ground: Ground, rule: Rule) -> Figures:
    """Hours a day, on average over the week, of the facility in the community that is open longest."""
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    frame = ground.facilities.frame
    hours = np.full(len(frame), np.nan)
    if "opening_hours" in frame:
        hours = weekly_open_hours(frame["opening_hours"])["mean_h"].to_numpy(dtype=float)
    longest, which, there = _best_inside(ground, rule, hours)
    lacks = "facilities.opening_hours" if there.all() else "facilities in the community"
    return Figures(part=longest, lacks=lacks, facility=which)


def _ratio(part: str, whole: str, scale: float) -> Callable[[Ground, Rule], Figures]:
    def measured(ground: Ground, _rule: Rule) -> Figures:
        above, below = ground.numbers(part), ground.numbers(whole)
        lacks = ", ".join(column for column, values in ((part, above), (whole, below)) if np.isnan(values).any())
        return Figures(part=above, whole=below, scale=scale, lacks=lacks)

    return measured


def _plain(column: str) -> Callable[[Ground, Rule], Figures]:
    def measured(ground: Ground, _rule: Rule) -> Figures:
        return Figures(part=ground.numbers(column), lacks=column)

    return measured


def grids_required(ground: Ground, rule: Rule) -> Figures:
    """Grids that the households need: ceil(HH / households of one grid)."""
    return Figures(part=np.ceil(ground.numbers("households") / (rule.households_each or 1)), lacks="households")


MEASURES: Mapping[str, Callable[[Ground, Rule], Figures]] = {
    "people_in_reach": people_near,
    "people_within_distance": people_near,
    "services_in_reach": services_in_reach,
    "facility_count": facility_count,
    "floor_area": floor_area,
    "area_per_100_households": area_per_100_households,
    "open_hours_per_day": open_hours_per_day,
    "workers_per_10000": _ratio("workers", "population", 10_000.0),
    "certified_worker_share": _ratio("workers_certified", "workers", 100.0),
    "households_per_grid": _ratio("households", "grids", 1.0),
    "grids_required": grids_required,
    "grid_staffing": _ratio("grids_staffed", "grids", 100.0),
    "grid_coverage": _ratio("households_in_grids", "households", 100.0),
    "one_stop": _plain("one_stop"),
    "service_items": _plain("service_items"),
    "deliberation": _plain("deliberation"),
    "resident_use_share": _ratio("activity_area_m2", "centre_area_m2", 100.0),
    "office_share": _ratio("office_area_m2", "centre_area_m2", 100.0),
    "registered_share": _ratio("population_registered", "population", 100.0),
}
