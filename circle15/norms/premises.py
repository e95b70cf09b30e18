"""Measures of what stands in a community: numbers, floor areas, capacities and hours of facilities, and functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.hours.opening import weekly_open_hours
from circle15.model.norms import Rule
from circle15.norms.figures import Figures
from circle15.norms.ground import Ground, fold_name, split_names
from circle15.norms.sites import nothing_known, qualifying, unlisted

__all__ = [
    "area_per", "area_per_community", "capacity_per_1000", "facility_capacity", "facility_count", "floor_area",
    "functions_configured", "functions_counted", "hours_of_shortest",
]  # fmt: skip

_DAY_H = 24.0
_AREA, _CAPACITY = "facilities.floor_area_m2", "facilities.capacity"

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]


def _pairs(ground: Ground, rule: Rule) -> tuple[Rows, Rows]:
    """Counted facilities with the communities they belong to."""
    counted = qualifying(ground, rule)[ground.site]
    return ground.site[counted], ground.host[counted]


def _first(ground: Ground, site: Rows, host: Rows) -> Rows:
    facility = np.full(len(ground.communities), -1, dtype=np.int64)
    facility[host[::-1]] = site[::-1]
    return facility


def facility_count(ground: Ground, rule: Rule) -> Figures:
    """Facilities that a community, or any of a unit's, has, alone or shared with others."""
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    site, host = _pairs(ground, rule)
    count = np.bincount(host, minlength=len(ground.communities)).astype(float)
    return Figures(part=count, facility=_first(ground, site, host))


def _floor_m2(ground: Ground) -> Numbers:
    frame = ground.facilities.frame
    column = frame["floor_area_m2"] if "floor_area_m2" in frame else pd.Series(np.nan, index=frame.index)
    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=float)


def _seats(ground: Ground, rule: Rule) -> Numbers:
    """``float64[f]``: the capacity of each facility for a rule's services, NaN where one of these is not known."""
    offers = ground.facilities.facilities.offers()
    asked = offers[offers["service"].isin(rule.services)]
    sums = asked.groupby("facility_id")["capacity"].agg(lambda each: each.sum(skipna=False))
    return np.asarray(sums.reindex(ground.facilities.frame.index), dtype=float)


def floor_area(ground: Ground, rule: Rule) -> Figures:
    """Floor area of the largest facility that the community, or any of a unit's, has, 0 where there is none."""
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    return _largest(ground, rule, _floor_m2(ground), _AREA)


def facility_capacity(ground: Ground, rule: Rule) -> Figures:
    """Capacity, as the list counts it, of the facility that has most of it; 0 where there is none."""
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    return _largest(ground, rule, _seats(ground, rule), _CAPACITY)


def _largest(ground: Ground, rule: Rule, value: Numbers, column: str) -> Figures:
    """The largest value of a column, open above where another facility does not tell its own."""
    best, which, doubt = _best_inside(ground, rule, value)
    found = np.nan_to_num(best, nan=0.0)
    most = Figures(part=np.where(doubt, np.nan, found))
    return Figures(part=found, facility=which, most=most, unsure=np.where(doubt, column, ""))


def _best_inside(ground: Ground, rule: Rule, value: Numbers) -> tuple[Numbers, Rows, Mask]:
    """The largest known value in each community and its facility, and where that of another may be larger.

    NaN and -1 where there is no facility; of equal ones the first id.
    """
    site, host = _pairs(ground, rule)
    order = np.lexsort((-np.arange(len(site)), np.nan_to_num(value[site], nan=-np.inf)))
    site, host = site[order], host[order]
    best, which = np.full(len(ground.communities), np.nan), np.full(len(ground.communities), -1, dtype=np.int64)
    best[host], which[host] = value[site], site
    doubt = np.zeros(len(best), dtype=bool)
    doubt[host[np.isnan(value[site])]] = True
    return best, which, doubt


def area_per(households: str) -> Callable[[Ground, Rule], Figures]:
    """Floor area of all facilities of the community per 100 households of a column: 100 x sum(A) / HH.

    A shared centre is shared out by these households: those who share it have the same area per household of it.
    """

    def area_per_100(ground: Ground, rule: Rule) -> Figures:
        if lacks := unlisted(ground, rule):
            return nothing_known(ground, lacks)
        homes = ground.numbers(households)
        return replace(_inside(ground, rule, _floor_m2(ground), homes, _AREA), scale=100.0, lacks=households)

    return area_per_100


def area_per_community(ground: Ground, rule: Rule) -> Figures:
    """Mean floor area of a community's facilities: sum(A) / communities, those with none among them.

    Communities that share a centre have equal parts of it.
    """
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    return _inside(ground, rule, _floor_m2(ground), np.ones(len(ground.communities)), _AREA)


def capacity_per_1000(ground: Ground, rule: Rule) -> Figures:
    """Capacity of a community's facilities per 1,000 people aged 60+, as lists count it: 1000 x sum(C) / P60.

    A shared facility is shared out by these people.
    """
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    elders = ground.numbers("pop_60plus")
    return replace(_inside(ground, rule, _seats(ground, rule), elders, _CAPACITY), scale=1000.0, lacks="pop_60plus")


def _inside(ground: Ground, rule: Rule, value: Numbers, weight: Numbers, column: str) -> Figures:
    """Sum of a column of each community's facilities, over a weight by which those that are shared are parted.

    What is not known may be as large as can be; of a centre that is shared with communities of unknown weight all may
    belong to the others.
    """
    site, host = _pairs(ground, rule)
    area, known = value[site], np.nan_to_num(weight, nan=0.0)
    sharing, sharing_known = (
        np.bincount(site, weights=parts[host], minlength=len(ground.facilities))[site] for parts in (weight, known)
    )
    alone = np.bincount(site, minlength=len(ground.facilities))[site] == 1
    # Nobody's households share nothing out: then, as where they are not known, any part may be anybody's.
    least = np.divide(weight[host], sharing, out=np.zeros(len(site)), where=sharing > 0)
    most = np.divide(
        weight[host], sharing_known, out=np.ones(len(site)), where=(weight[host] >= 0) & (sharing_known > 0)
    )
    least, most = np.where(alone, 1.0, least), np.where(alone, 1.0, most)
    low = _sum(ground, host, np.nan_to_num(area, nan=0.0) * least)
    high = _sum(ground, host, np.where(most > 0, area * most, 0.0))
    lacking = _sum(ground, host, (np.isnan(area) & (most > 0)).astype(float)) > 0
    unsure = np.where(lacking, column, "")
    return Figures(
        part=low, whole=weight, facility=_first(ground, site, host), most=Figures(part=high, whole=weight),
        unsure=unsure.astype(object),
    )  # fmt: skip


def _sum(ground: Ground, host: Rows, weight: Numbers) -> Numbers:
    return np.bincount(host, weights=weight, minlength=len(ground.communities)).astype(float)


def hours_of_shortest(*days: str) -> Callable[[Ground, Rule], Figures]:
    """Hours on the shortest of some days, of the facility of the community where these are most; none when closed."""

    def hours_open(ground: Ground, rule: Rule) -> Figures:
        if lacks := unlisted(ground, rule):
            return nothing_known(ground, lacks)
        frame = ground.facilities.frame
        shortest = np.full(len(frame), np.nan)
        if "opening_hours" in frame:
            week = weekly_open_hours(frame["opening_hours"])
            shortest = week[[f"{day}_h" for day in days]].to_numpy(dtype=float).min(axis=1)
        longest, which, doubt = _best_inside(ground, rule, shortest)
        lacks_each = np.where(which >= 0, "facilities.opening_hours", "facilities in the community").astype(object)
        limit = np.where(which >= 0, _DAY_H, np.inf)
        most = Figures(part=np.where(doubt, np.nan, longest), limit=limit)
        return Figures(part=longest, lacks=lacks_each, facility=which, most=most, unsure="facilities.opening_hours")

    return hours_open


def functions_configured(ground: Ground, rule: Rule) -> Figures:
    """Share of a checklist's functions that a community names; empty cells and lists with empty slots say nothing."""
    count = functions_counted(ground, rule)
    wanted = max(len({fold_name(name) for name in ground.checklists.get(rule.checklist, ())}), 1)
    limit = None if count.limit is None else np.full(len(count.part), 100.0)
    return replace(count, part=100.0 * count.part / wanted, limit=limit)


def functions_counted(ground: Ground, rule: Rule) -> Figures:
    """Number of a community's functions, of a checklist or of all that it names; empty cells and slots say nothing."""
    checklist = ground.checklists.get(rule.checklist, ())
    if rule.checklist and not (checklist and all(checklist)):
        return nothing_known(ground, f"checklist: {rule.checklist}")
    frame = ground.communities.frame
    if "functions" not in frame:
        return nothing_known(ground, "functions")
    has, wanted = [split_names(cell) for cell in frame["functions"]], {fold_name(name) for name in checklist}
    count = [len(wanted.intersection(names) if rule.checklist else set(names)) if names else np.nan for names in has]
    limit = np.full(len(count), float(len(wanted)) if rule.checklist else np.inf)
    return Figures(part=np.array(count, dtype=float), lacks="functions", limit=limit)
