"""Walking times + demand -> who is covered, by community, service and cut-off.

Nearest time t_i = min_j d_ij; coverage C(T) = sum(w_i [t_i <= T]) / sum(w_i) over placed people. Nothing
here looks at polygons. Deliveries are counted beside it (``Coverage.delivery``) and change none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.accessibility.delivery import delivered
from circle15.catalog import services as known_services
from circle15.errors import InputError, SettingError
from circle15.hours.opening import moment, open_facilities
from circle15.kernels.costs import NEVER_MS
from circle15.kernels.ragged import ranges
from circle15.model.moment import Moment
from circle15.model.placed import Positions, determined
from circle15.model.places import DemandPoints, Facilities
from circle15.model.results import Coverage, NearestTimes, ReachTable
from circle15.network.graph import cutoff_ms
from circle15.refusals import refusal

__all__ = ["coverage", "coverage_through_day", "points_in_reach"]


@dataclass(frozen=True, kw_only=True, eq=False)
class PointsInReach:
    """Per demand point and service: ``best_ms`` ``int64[p, s]`` and ``count`` ``int64[p, s, cutoff]``."""

    best_ms: NDArray[np.int64]
    count: NDArray[np.int64]


def points_in_reach(
    reach: ReachTable, facilities: Facilities, services: Sequence[str], cutoffs_min: Sequence[float]
) -> PointsInReach:
    """Reduce a reach table to the nearest time and the number of facilities, per point and service."""
    offers = facilities.offers()
    offers = offers[offers["service"].isin(services)]
    row = reach.facility_ids.get_indexer(pd.Index(offers["facility_id"]))
    if (row < 0).any():
        unknown = offers["facility_id"].iloc[int((row < 0).argmax())]
        raise refusal("reach_facility", error=InputError, facility=unknown)
    service = pd.Index(services).get_indexer(pd.Index(offers["service"]))
    order = np.argsort(row, kind="stable")
    row, service = row[order], service[order]
    first = np.searchsorted(row, reach.facility, side="left")
    many = np.searchsorted(row, reach.facility, side="right") - first
    pair, offer = ranges(first, many)
    cell = reach.point[pair].astype(np.int64) * len(services) + service[offer]
    cost = reach.cost_ms[pair].astype(np.int64)
    shape = (len(reach.point_ids), len(services))
    best = np.full(shape[0] * shape[1], NEVER_MS)
    np.minimum.at(best, cell, cost)
    count = np.stack(
        [np.bincount(cell[cost <= cutoff_ms(c)], minlength=len(best)).reshape(shape) for c in cutoffs_min], axis=-1
    )
    return PointsInReach(best_ms=best.reshape(shape), count=count)


def coverage(
    reach: ReachTable,
    demand: DemandPoints,
    facilities: Facilities,
    *,
    cutoffs_min: Sequence[float] = (5, 10, 15),
    nearest: NearestTimes | None = None,
) -> Coverage:
    """Coverage per community, service and cut-off.

    Parameters
    ----------
    reach
        Computed with at least the farthest cut-off.
    demand
        Points whose ids are the table's; of those that it could not place nothing can be said.
    facilities
        With services; a service that no list speaks of is undetermined and gets no rows. For coverage at a
        moment give :func:`circle15.hours.opening.open_facilities`.
    cutoffs_min
        Rising minutes.
    nearest
        Times to the nearest facility at any distance (:func:`circle15.routing.nearest.nearest_times`); without them
        the times within the reach table are used.

    Returns
    -------
    Coverage
        For every people column covered + uncovered + unplaced + undetermined = people, exactly.

    Raises
    ------
    InputError
        If the table was cut off earlier than the farthest cut-off, or is about other points or facilities.
    SettingError
        If a list speaks of a service that is neither the catalogue's nor one of ``pack_services``.
    """
    if reach.cutoff_ms < cutoff_ms(max(cutoffs_min)):
        raise refusal("reach_cutoff", error=InputError, stops=reach.cutoff_ms / 60_000, asked=max(cutoffs_min))
    times = (reach.point_ids,) if nearest is None else (reach.point_ids, nearest.point_ids)
    if not all(ids.equals(demand.frame.index) for ids in times):
        raise refusal("times_other_points", error=InputError)
    known = known_services(facilities.pack_services)
    strange = sorted(facilities.listed - set(known))
    if strange:
        raise refusal("services_unknown", error=SettingError, unknown=", ".join(strange), known=", ".join(known))
    services = tuple(key for key in known if key in facilities.listed)
    undetermined = tuple(key for key in known if key not in facilities.listed)
    points = points_in_reach(reach, facilities, services, cutoffs_min)
    bounded = NearestTimes(
        point_ids=reach.point_ids, point_status=reach.point_status, services=services, cost_ms=points.best_ms
    )
    return Coverage(
        frame=_covered(demand, points, services, cutoffs_min, reach.point_status),
        nearest=_nearest(demand, nearest or bounded, services, bounded=nearest is None),
        services=services,
        undetermined=undetermined,
        delivery=_delivery(demand, facilities, points, services, max(cutoffs_min), reach.point_status),
    )


def coverage_through_day(
    reach: ReachTable,
    demand: DemandPoints,
    facilities: Facilities,
    *,
    moments: Sequence[Moment | str],
    cutoff_min: float = 15,
) -> pd.DataFrame:
    """Coverage at several moments of an ordinary week, from one reach table: nothing is searched again.

    Parameters
    ----------
    reach, demand, facilities
        As for :func:`coverage`; ``opening_hours`` of the facilities say what is open. Unknown hours count as open.
    moments
        Such as ``["08:00", "11:30", "Sa 11:30"]``.
    cutoff_min
        Minutes.

    Returns
    -------
    pandas.DataFrame
        On (``community_id``, ``service``, ``moment``), the moments as text (``We 11:30``) in the order given; columns
        of ``Coverage.frame``. Covered people at a moment are never more than at any time.

    Raises
    ------
    SettingError
        If a moment is not understood.
    InputError
        As for :func:`coverage`.
    """
    times = {at.en: at for at in map(moment, moments) if at is not None}
    tables = {
        name: coverage(reach, demand, open_facilities(facilities, at), cutoffs_min=[cutoff_min]).frame.droplevel(
            "cutoff_min"
        )
        for name, at in times.items()
    }
    if not tables:
        raise refusal("coverage_no_moment", error=InputError)
    joined = pd.concat(tables, names=["moment"]).reorder_levels(["community_id", "service", "moment"])
    order = pd.CategoricalIndex(joined.index.get_level_values("moment"), categories=list(tables), ordered=True)
    levels = [joined.index.get_level_values(level) for level in ("community_id", "service")]
    return joined.iloc[np.lexsort((order.codes, *(pd.factorize(level, sort=True)[0] for level in levels[::-1])))]


def _covered(
    demand: DemandPoints,
    points: PointsInReach,
    services: Sequence[str],
    cutoffs_min: Sequence[float],
    status: NDArray[np.uint8],
) -> pd.DataFrame:
    total, placed = demand.community_sums, status != Positions.FAR
    people = {column: demand.people_in(column) for column in demand.people}
    whole = {column: total(values) for column, values in people.items()}
    unplaced = {column: total(values * ~placed) for column, values in people.items()}
    tables = []
    for s in range(len(services)):
        adrift = placed & ~determined(status, points.best_ms[:, s] <= cutoff_ms(max(cutoffs_min)))
        lost = {column: total(values * adrift) for column, values in people.items()}
        for c, cutoff in enumerate(cutoffs_min):
            inside = (points.best_ms[:, s] <= cutoff_ms(cutoff)) & placed
            columns: dict[str, NDArray[np.float64]] = {}
            for column, values in people.items():
                covered = total(values * inside)
                known = whole[column] - unplaced[column] - lost[column]
                columns[column] = whole[column]
                columns[f"{column}_covered"] = covered
                columns[f"{column}_uncovered"] = known - covered
                columns[f"{column}_unplaced"] = unplaced[column]
                columns[f"{column}_undetermined"] = lost[column]
                columns[f"{column}_share"] = _ratio(covered, known)
            known = whole["population"] - unplaced["population"] - lost["population"]
            columns["choices"] = _ratio(total(people["population"] * points.count[:, s, c] * placed), known)
            tables.append(columns)
    if not tables:
        parts = ("", "_covered", "_uncovered", "_unplaced", "_undetermined", "_share")
        columns_none = [f"{column}{part}" for column in people for part in parts] + ["choices"]
        names = ["community_id", "service", "cutoff_min"]
        none = pd.MultiIndex.from_arrays([demand.communities[:0], pd.Index([], dtype=str), np.empty(0)], names=names)
        return pd.DataFrame(columns=columns_none, index=none, dtype=float)
    levels = {"service": services, "cutoff_min": [float(cutoff) for cutoff in cutoffs_min]}
    return _stacked(tables, demand, levels)


def _stacked(
    tables: Sequence[Mapping[str, NDArray[np.float64]]], demand: DemandPoints, levels: Mapping[str, Sequence[Any]]
) -> pd.DataFrame:
    """One frame of columns by community, one set for each combination of the levels in their order."""
    index = pd.MultiIndex.from_product([*levels.values(), demand.communities], names=[*levels, "community_id"])
    frame = pd.DataFrame({name: np.concatenate([table[name] for table in tables]) for name in tables[0]}, index=index)
    return frame.reorder_levels(["community_id", *levels]).sort_index()


def _delivery(
    demand: DemandPoints,
    facilities: Facilities,
    points: PointsInReach,
    services: Sequence[str],
    cutoff_min: float,
    status: NDArray[np.uint8],
) -> pd.DataFrame:
    """People within delivery, and within delivery or a walk; see :class:`Coverage`."""
    total, placed, tables = demand.community_sums, status != Positions.FAR, []
    for service, brought in delivered(demand, facilities, services).items():
        walked = (points.best_ms[:, services.index(service)] <= cutoff_ms(cutoff_min)) & placed
        known = determined(status, walked)
        columns: dict[str, NDArray[np.float64]] = {}
        for column in demand.people:
            values = demand.people_in(column)
            columns[column] = total(values)
            columns[f"{column}_delivered"] = total(values * brought)
            columns[f"{column}_either"] = total(values * (brought | walked))
            columns[f"{column}_neither"] = total(values * (known & ~brought & ~walked))
            columns[f"{column}_unplaced"] = total(values * (~placed & ~brought))
            columns[f"{column}_undetermined"] = total(values * (placed & ~known & ~brought))
        index = pd.MultiIndex.from_product([demand.communities, [service]], names=["community_id", "service"])
        tables.append(pd.DataFrame(columns, index=index))
    if not tables:
        parts = ("", "_delivered", "_either", "_neither", "_unplaced", "_undetermined")
        names = ["community_id", "service"]
        none = pd.MultiIndex.from_arrays([demand.communities[:0], pd.Index([], dtype=str)], names=names)
        return pd.DataFrame(columns=[f"{c}{part}" for c in demand.people for part in parts], index=none, dtype=float)
    return pd.concat(tables).sort_index()


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _nearest(demand: DemandPoints, times: NearestTimes, services: Sequence[str], *, bounded: bool) -> pd.DataFrame:
    total, tables = demand.community_sums, []
    for service in services:
        minutes, known = times.minutes(service), times.determined(service)
        arrives = ~np.isnan(minutes)
        weight, elders = demand.weight(known), demand.people_in("pop_60plus") * known
        columns = {
            "mean_min": _ratio(total(np.where(arrives, minutes, 0) * weight), total(weight * arrives)),
            "p90_min": _quantile(minutes, weight, demand, 0.9),
            "unreachable": np.full(len(demand.communities), np.nan) if bounded else total(elders * ~arrives),
        }
        tables.append(columns)
    if not tables:
        names = ["community_id", "service"]
        none = pd.MultiIndex.from_arrays([demand.communities[:0], pd.Index([], dtype=str)], names=names)
        return pd.DataFrame(columns=["mean_min", "p90_min", "unreachable"], index=none, dtype=float)
    return _stacked(tables, demand, {"service": services})


def _quantile(
    minutes: NDArray[np.float64], weight: NDArray[np.float64], demand: DemandPoints, share: float
) -> NDArray[np.float64]:
    """Smallest time within which ``share`` of a community's weight arrives; NaN when that is never."""
    endless = np.where(np.isnan(minutes), np.inf, minutes)
    order = np.lexsort((endless, demand.community))
    code, time, load = demand.community[order], endless[order], weight[order]
    running = np.cumsum(load)
    first = np.searchsorted(code, np.arange(len(demand.communities)), side="left")
    before = np.where(first > 0, running[first - 1], 0.0)
    whole = demand.community_sums(weight)
    enough = running - before[code] >= share * whole[code] - 1e-9
    least = np.full(len(demand.communities), np.inf)
    np.minimum.at(least, code[enough & (load > 0)], time[enough & (load > 0)])
    least[~np.isfinite(least) | (whole == 0)] = np.nan
    return least
