"""What a clause measures, one function a measure: communities in, a part and a whole for each out.

Observed = scale x part / whole, at any level: for a subdistrict or the city the parts and the wholes of its
communities are summed first. So a rate of the city is not an average of averages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.accessibility.delivery import delivered
from circle15.hours.opening import open_at, weekly_open_hours
from circle15.kernels.ragged import order_by_id
from circle15.model.norms import Rule
from circle15.model.placed import Positions, determined
from circle15.network.graph import WalkGraph, cutoff_ms
from circle15.norms.attributes import asked_columns, offering, says, unsaid
from circle15.norms.ground import Ground, fold_name, split_names
from circle15.norms.whole_numbers import Counted
from circle15.routing.nearest import nearest_cost, nearest_sites

__all__ = ["MEASURES", "Figures", "counted", "measured", "qualifying"]

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]
Words = NDArray[np.object_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Figures:
    """``float64[c]`` part and whole of every community, NaN where they cannot be known; ``whole`` None for a count.

    ``lacks`` names what has to be supplied where NaN stands, for all or ``object[c]`` for each. ``facility``
    ``int64[c]`` is the row of the facility that the figure rests on, -1 where there is none. ``most`` ``float64[c]``
    is the largest that the part may be, where what ``unsure`` names is not known. ``counted``: which of the two is a
    number of things that a unit chooses itself (:mod:`circle15.norms.whole_numbers`).
    """

    part: Numbers
    whole: Numbers | None = None
    scale: float = 1.0
    lacks: str | Words = ""
    facility: Rows | None = None
    most: Numbers | None = None
    unsure: str = ""
    counted: Counted = ""


def qualifying(ground: Ground, rule: Rule, services: tuple[str, ...] | None = None) -> Mask:
    """Facilities that a rule counts: of one of its services (or of those named) that say what it asks of them."""
    frame = ground.facilities.frame
    return offering(frame, rule.services if services is None else services) & says(frame, rule, lenient=ground.lenient)


def counted(ground: Ground, rule: Rule) -> Mask:
    """Facilities that a verdict may rest on: those that qualify and, where a rule asks for a moment, are open then."""
    mine = qualifying(ground, rule)
    return mine & _state_then(ground, rule)[0] if rule.open_at else mine


def _state_then(ground: Ground, rule: Rule) -> tuple[Mask, Mask]:
    """Facilities known to be open at the rule's moment, and those known to be closed."""
    frame = ground.facilities.frame
    if "opening_hours" not in frame:
        return np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    state = open_at(frame["opening_hours"], rule.open_at)
    sure, shut = (state.eq(other).fillna(value=False).to_numpy(dtype=bool) for other in (True, False))
    return sure, shut


def measured(ground: Ground, rule: Rule) -> Figures:
    """The figures of a rule; counted without facilities that do not say their tier, kind or standard, and with them.

    A facility that does not say its tier may be of the tier that is asked for.
    """
    least = MEASURES[rule.measure](ground, rule)
    if not asked_columns(rule):
        return least
    most = MEASURES[rule.measure](replace(ground, lenient=True), rule)
    silent = [f"facilities.{name}" for name in unsaid(ground.facilities.frame, rule)]
    return replace(least, most=most.part, unsure=", ".join(silent))


def _unlisted(ground: Ground, rule: Rule) -> str:
    """What nothing can be said without: lists of services, people columns, attributes that tell facilities apart."""
    unknown = [service for service in rule.services if service not in ground.facilities.listed]
    lacks = [f"facilities: {service}" for service in unknown]
    if rule.people not in ground.demand.frame:
        lacks.append(rule.people)
    given = ground.facilities.frame
    lacks += [f"facilities.{name}" for name, column in asked_columns(rule).items() if column not in given]
    return ", ".join(lacks)


def _sum(ground: Ground, weight: Numbers) -> Numbers:
    return np.bincount(ground.owner, weights=weight, minlength=len(ground.communities)).astype(float)


def _nothing(ground: Ground, lacks: str) -> Figures:
    return Figures(part=np.full(len(ground.communities), np.nan), lacks=lacks)


# -- who can walk there -----------------------------------------------------------------------------


def _within(ground: Ground, rule: Rule, start: Positions, counted: Mask) -> Mask:
    """Which positions have one of the counted facilities within the rule's minutes or metres."""
    graph: WalkGraph = ground.graph if rule.metres is None else ground.paces
    cost = nearest_cost(graph, start, ground.facilities.positions.take(counted))
    # One metre a second: whole milliseconds are whole millimetres.
    return np.asarray(cost <= (cutoff_ms(rule.minutes or 0) if rule.metres is None else rule.metres * 1000))


def _near(ground: Ground, rule: Rule, service: str) -> Mask:
    """Demand points with a facility of the service within the rule's minutes or metres."""
    return _within(ground, rule, ground.demand.positions, qualifying(ground, rule, (service,)))


def _share_of_people(ground: Ground, rule: Rule, inside: Numbers, known: Mask) -> Figures:
    people = ground.demand.points.people_in(rule.people) * known
    part, whole = _sum(ground, people * inside), _sum(ground, people)
    lacks = np.where(np.isnan(whole), rule.people, "people").astype(object)
    return Figures(part=part, whole=whole, scale=100.0, lacks=lacks)


def people_near(ground: Ground, rule: Rule) -> Figures:
    """People with every service of the rule within its minutes or metres."""
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    inside = np.all([_near(ground, rule, service) for service in rule.services], axis=0)
    return _share_of_people(ground, rule, inside.astype(float), ground.determined(inside))


def people_served(ground: Ground, rule: Rule) -> Figures:
    """People who walk there in time, or live within a delivery radius (:mod:`~circle15.accessibility.delivery`).

    Where no list says who delivers, all may be served.
    """
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    sent = delivered(ground.demand.points, ground.facilities.facilities, rule.services)
    brought = [sent.get(service, np.zeros(len(ground.demand), dtype=bool)) for service in rule.services]
    either = [_near(ground, rule, service) | got for service, got in zip(rule.services, brought, strict=True)]
    inside = np.all(either, axis=0)
    known = ground.determined(inside) | np.all(brought, axis=0)
    found = _share_of_people(ground, rule, inside.astype(float), known)
    if "delivery_radius_m" in ground.facilities.frame:
        return found
    return replace(found, most=found.whole, unsure="facilities.delivery_radius_m")


def people_near_open(ground: Ground, rule: Rule) -> Figures:
    """People with the service within reach and open at the rule's moment.

    Unknown hours are neither open nor closed: the figure counts what is known to be open, its upper bound the others.
    """
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    sure, shut = _state_then(ground, rule)
    sites = [qualifying(ground, rule, (service,)) for service in rule.services]
    home = ground.demand.positions
    inside = [
        np.all([_within(ground, rule, home, qualified & open_) for qualified in sites], axis=0)
        for open_ in (sure, ~shut)
    ]
    known = ground.determined(inside[1])
    least, most = (_share_of_people(ground, rule, reached * 1.0, known) for reached in inside)
    return replace(least, most=most.part, unsure="facilities.opening_hours")


def services_in_reach(ground: Ground, rule: Rule) -> Figures:
    """People-weighted share of the rule's services that are within reach."""
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    count = np.sum([_near(ground, rule, service) for service in rule.services], axis=0)
    found = _share_of_people(ground, rule, count.astype(float), ground.determined(count == len(rule.services)))
    # Whole numbers of services: their sums are exact, and so is a figure at its threshold.
    return replace(found, whole=None if found.whole is None else found.whole * len(rule.services))


def residential_land_near(ground: Ground, rule: Rule) -> Figures:
    """Share of residential land from which every service is within reach: points on the land, asked on the streets."""
    if ground.residential is None or ground.residential.frame is None or ground.residential.frame.empty:
        return _nothing(ground, "residential")
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    homes, place = ground.land
    inside = [_within(ground, rule, place, qualifying(ground, rule, (service,))) for service in rule.services]
    area = homes.weight * determined(place.status, np.all(inside, axis=0))
    part, whole = (
        np.bincount(homes.community, weights=weight, minlength=len(ground.communities)).astype(float)
        for weight in (area * np.all(inside, axis=0), area)
    )
    return Figures(part=part, whole=whole, scale=100.0, lacks="residential")


def people_per_facility(ground: Ground, rule: Rule) -> Figures:
    """Load of the facility that most people of a community are nearest to: everybody in the city nearest to it.

    Catchments are of the whole city and end at no community's border; people outside the study do not count. Where
    people who live nearest to it are not known, its load is at least that of the others.
    """
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    rows = np.flatnonzero(qualifying(ground, rule))
    rows = rows[order_by_id(ground.facilities.ids[rows])]
    nearest = nearest_sites(ground.graph, ground.demand.positions, ground.facilities.positions.take(rows))
    people, there = ground.demand.points.known_in(rule.people), nearest >= 0
    unknown = np.isnan(ground.demand.points.people_in(rule.people))
    load = np.bincount(nearest[there], weights=people[there], minlength=len(rows)).astype(float)
    open_ended = np.bincount(nearest[there & unknown], minlength=len(rows)) > 0
    shared = pd.DataFrame({"owner": ground.owner[there], "site": nearest[there], "people": people[there]})
    summed = shared.groupby(["owner", "site"], sort=True)["people"].sum().reset_index()
    most = summed.sort_values(["owner", "people", "site"], ascending=[True, False, True]).drop_duplicates("owner")
    lost = _sum(ground, unknown.astype(float)) > 0
    most = most[~lost[most["owner"]]]
    part, facility = np.full(len(lost), np.nan), np.full(len(lost), -1, dtype=np.int64)
    part[most["owner"]], facility[most["owner"]] = load[most["site"]], rows[most["site"]]
    bound = part.copy()
    bound[most["owner"]] = np.where(open_ended, np.nan, load)[most["site"]]
    named = np.where(lost, rule.people, "facilities in reach").astype(object)
    return Figures(part=part, lacks=named, facility=facility, most=bound, unsure=rule.people)


# -- what stands in a community ---------------------------------------------------------------------


def _pairs(ground: Ground, rule: Rule) -> tuple[Rows, Rows]:
    """Counted facilities with the communities they belong to."""
    mine = qualifying(ground, rule)[ground.site]
    return ground.site[mine], ground.host[mine]


def _first(ground: Ground, site: Rows, host: Rows) -> Rows:
    found = np.full(len(ground.communities), -1, dtype=np.int64)
    found[host[::-1]] = site[::-1]
    return found


def facility_count(ground: Ground, rule: Rule) -> Figures:
    """Facilities that a community, or any of a unit's, has, alone or shared with others."""
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    site, host = _pairs(ground, rule)
    count = np.bincount(host, minlength=len(ground.communities)).astype(float)
    return Figures(part=count, facility=_first(ground, site, host))


def _floor_m2(ground: Ground) -> Numbers:
    frame = ground.facilities.frame
    column = frame["floor_area_m2"] if "floor_area_m2" in frame else pd.Series(np.nan, index=frame.index)
    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=float)


def floor_area(ground: Ground, rule: Rule) -> Figures:
    """Floor area of the largest facility that the community, or any of a unit's, has, 0 where there is none."""
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    best, which = _best_inside(ground, rule, _floor_m2(ground))
    return Figures(part=np.where(which < 0, 0.0, best), lacks="facilities.floor_area_m2", facility=which)


def _best_inside(ground: Ground, rule: Rule, value: Numbers) -> tuple[Numbers, Rows]:
    """The largest value in each community and its facility, -1 where there is none; of equals the first id.

    Where a facility's value is not known it might be larger: then nothing is said, unless the known one complies.
    """
    site, host = _pairs(ground, rule)
    order = np.lexsort((-np.arange(len(site)), np.nan_to_num(value[site], nan=-np.inf)))
    site, host = site[order], host[order]
    best, which = np.full(len(ground.communities), np.nan), np.full(len(ground.communities), -1, dtype=np.int64)
    best[host], which[host] = value[site], site
    doubt = np.zeros(len(best), dtype=bool)
    doubt[host[np.isnan(value[site])]] = True
    complies = np.array([rule.judges and rule.passes(one) for one in best], dtype=bool)
    return np.where(doubt & ~complies, np.nan, best), which


def _area_per(households: str) -> Callable[[Ground, Rule], Figures]:
    """Floor area of all facilities of the community per 100 households of a column: 100 x sum(A) / HH.

    A shared centre is shared out by these households: those who share it have the same area per household of it.
    """

    def area_per_100(ground: Ground, rule: Rule) -> Figures:
        if lacks := _unlisted(ground, rule):
            return _nothing(ground, lacks)
        homes = ground.numbers(households)
        area, facility = _area_inside(ground, rule, homes)
        named = np.where(homes > 0, "facilities.floor_area_m2", households).astype(object)
        return Figures(part=area, whole=homes, scale=100.0, facility=facility, lacks=named)

    return area_per_100


def _area_inside(ground: Ground, rule: Rule, weight: Numbers) -> tuple[Numbers, Rows]:
    """Floor area of each community's facilities, those that are shared in parts by a weight, and the first of them."""
    mine = qualifying(ground, rule)[ground.site]
    site, host = ground.site[mine], ground.host[mine]
    sharing = np.bincount(site, weights=weight[host], minlength=len(ground.facilities))
    alone = np.bincount(site, minlength=len(ground.facilities))[site] == 1
    with np.errstate(invalid="ignore", divide="ignore"):
        portion = np.where(alone, 1.0, weight[host] / sharing[site])
    area = np.bincount(host, weights=_floor_m2(ground)[site] * portion, minlength=len(weight)).astype(float)
    return area, _first(ground, site, host)


def area_per_community(ground: Ground, rule: Rule) -> Figures:
    """Mean floor area of a community's facilities: sum(A) / communities, those with none among them.

    Communities that share a centre have equal parts of it.
    """
    if lacks := _unlisted(ground, rule):
        return _nothing(ground, lacks)
    each = np.ones(len(ground.communities))
    area, facility = _area_inside(ground, rule, each)
    return Figures(part=area, whole=each, facility=facility, lacks="facilities.floor_area_m2")


def _hours_of_shortest(*days: str) -> Callable[[Ground, Rule], Figures]:
    """Hours on the shortest of some days, of the facility of the community where these are most; none when closed."""

    def hours_open(ground: Ground, rule: Rule) -> Figures:
        if lacks := _unlisted(ground, rule):
            return _nothing(ground, lacks)
        frame = ground.facilities.frame
        shortest = np.full(len(frame), np.nan)
        if "opening_hours" in frame:
            week = weekly_open_hours(frame["opening_hours"])
            shortest = week[[f"{day}_h" for day in days]].to_numpy(dtype=float).min(axis=1)
        longest, which = _best_inside(ground, rule, shortest)
        named = np.where(which >= 0, "facilities.opening_hours", "facilities in the community").astype(object)
        return Figures(part=longest, lacks=named, facility=which)

    return hours_open


def functions_configured(ground: Ground, rule: Rule) -> Figures:
    """Share of a checklist's functions that a community names; empty cells and lists with empty slots say nothing."""
    count = functions_counted(ground, rule)
    wanted = len({fold_name(one) for one in ground.checklists.get(rule.checklist, ())})
    return replace(count, part=100.0 * count.part / max(wanted, 1))


def functions_counted(ground: Ground, rule: Rule) -> Figures:
    """Number of a community's functions, of a checklist or of all that it names; empty cells and slots say nothing."""
    checklist = ground.checklists.get(rule.checklist, ())
    if rule.checklist and not (checklist and all(checklist)):
        return _nothing(ground, f"checklist: {rule.checklist}")
    frame = ground.communities.frame
    if "functions" not in frame:
        return _nothing(ground, "functions")
    has, wanted = [split_names(cell) for cell in frame["functions"]], {fold_name(one) for one in checklist}
    count = [len(wanted.intersection(names) if rule.checklist else set(names)) if names else np.nan for names in has]
    return Figures(part=np.array(count, dtype=float), lacks="functions")


# -- columns of the communities ---------------------------------------------------------------------


def _ratio(part: str, whole: str, scale: float, *, counted: Counted = "") -> Callable[[Ground, Rule], Figures]:
    def ratio(ground: Ground, _rule: Rule) -> Figures:
        above, below = ground.numbers(part), ground.numbers(whole)
        named = np.where(np.isnan(above), np.where(below > 0, part, f"{part}, {whole}"), whole).astype(object)
        return Figures(part=above, whole=below, scale=scale, lacks=named, counted=counted)

    return ratio


def _plain(column: str) -> Callable[[Ground, Rule], Figures]:
    def plain(ground: Ground, _rule: Rule) -> Figures:
        return Figures(part=ground.numbers(column), lacks=column)

    return plain


def _per_community(column: str) -> Callable[[Ground, Rule], Figures]:
    """A number of things of each community; above, their mean."""

    def per_community(ground: Ground, _rule: Rule) -> Figures:
        return Figures(part=ground.numbers(column), whole=np.ones(len(ground.communities)), lacks=column)

    return per_community


def households_per_grid(ground: Ground, _rule: Rule) -> Figures:
    """Mean of the households of a grid: HH / grids. Without households there is nothing to cut."""
    households, grids = ground.numbers("households"), ground.numbers("grids")
    some = np.where(households > 0, households, np.nan)
    named = np.where(np.isnan(some), np.where(grids > 0, "households", "households, grids"), "grids").astype(object)
    return Figures(part=some, whole=grids, lacks=named, counted="whole")


def grids_required(ground: Ground, rule: Rule) -> Figures:
    """Grids that the households need: ceil(HH / households of one grid)."""
    return Figures(part=np.ceil(ground.numbers("households") / (rule.households_each or 1)), lacks="households")


MEASURES: Mapping[str, Callable[[Ground, Rule], Figures]] = {
    "people_in_reach": people_near,
    "people_in_reach_or_delivery": people_served,
    "people_in_reach_open": people_near_open,
    "people_within_distance": people_near,
    "residential_land_in_reach": residential_land_near,
    "residential_land_within_distance": residential_land_near,
    "services_in_reach": services_in_reach,
    "people_per_facility": people_per_facility,
    "facility_count": facility_count,
    "floor_area": floor_area,
    "area_per_100_households": _area_per("households"),
    "area_per_100_registered_households": _area_per("households_registered"),
    "area_per_community": area_per_community,
    "open_hours_per_day": _hours_of_shortest("mo", "tu", "we", "th", "fr"),
    "open_hours_at_weekend": _hours_of_shortest("sa", "su"),
    "functions_configured": functions_configured,
    "functions_counted": functions_counted,
    "workers_per_10000": _ratio("workers", "population", 10_000.0, counted="part"),
    "workers_per_10000_registered": _ratio("workers", "population_registered", 10_000.0, counted="part"),
    "certified_worker_share": _ratio("workers_certified", "workers", 100.0, counted="part"),
    "certified_per_10000": _ratio("workers_certified", "population", 10_000.0, counted="part"),
    "agents": _plain("agents"),
    "organisations_per_community": _per_community("social_organisations"),
    "households_per_grid": households_per_grid,
    "grids_required": grids_required,
    "grid_staffing": _ratio("grids_staffed", "grids", 100.0, counted="part"),
    "grid_coverage": _ratio("households_in_grids", "households", 100.0),
    "one_stop": _plain("one_stop"),
    "full_agency": _plain("full_agency"),
    "general_service": _plain("general_service"),
    "service_items": _plain("service_items"),
    "deliberation": _plain("deliberation"),
    "resident_use_share": _ratio("activity_area_m2", "centre_area_m2", 100.0),
    "office_share": _ratio("office_area_m2", "centre_area_m2", 100.0),
    "registered_share": _ratio("population_registered", "population", 100.0),
    "funding_per_100_households": _ratio("funding_yuan", "households", 100.0),
    "funding_per_100_registered_households": _ratio("funding_yuan", "households_registered", 100.0),
    "community_people": _plain("population"),
    "community_households": _plain("households"),
}
