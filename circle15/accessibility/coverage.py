"""Walking times + demand -> who is covered, by community, service and cut-off.

Nearest time t_i = min_j d_ij; coverage C(T) = sum(w_i [t_i <= T]) / sum(w_i) over placed people. Nothing
here looks at polygons. Deliveries are counted beside it (``Coverage.delivery``) and change none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.accessibility.delivery import delivered
from circle15.catalog import services as known_services
from circle15.errors import InputError
from circle15.hours.opening import moment, open_facilities
from circle15.model.moment import Moment
from circle15.model.places import DemandPoints, Facilities
from circle15.model.results import Coverage, ReachTable
from circle15.network.graph import cutoff_ms

__all__ = ["coverage", "coverage_through_day", "points_in_reach"]

_FAR = np.iinfo(np.int64).max


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
        raise InputError(f"the reach table does not know facility {unknown!r}; compute it with these facilities")
    service = pd.Index(services).get_indexer(pd.Index(offers["service"]))
    order = np.argsort(row, kind="stable")
    row, service = row[order], service[order]
    first = np.searchsorted(row, reach.facility, side="left")
    many = np.searchsorted(row, reach.facility, side="right") - first
    pair = np.repeat(np.arange(len(reach)), many)
    step = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    cell = reach.point[pair].astype(np.int64) * len(services) + service[np.repeat(first, many) + step]
    cost = reach.cost_ms[pair].astype(np.int64)
    shape = (len(reach.point_ids), len(services))
    best = np.full(shape[0] * shape[1], _FAR)
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
    nearest_min: Mapping[str, NDArray[np.float64]] | None = None,
    placed: NDArray[np.bool_] | None = None,
) -> Coverage:
    """Coverage per community, service and cut-off.

    Parameters
    ----------
    reach
        Computed with at least the farthest cut-off.
    demand
        Points whose ids are the table's.
    facilities
        With services; a service that no list speaks of is undetermined and gets no rows. For coverage at a
        moment give :func:`circle15.hours.opening.open_facilities`.
    cutoffs_min
        Rising minutes.
    nearest_min
        Minutes to the nearest facility at any distance, ``float64[p]`` per service
        (:func:`circle15.routing.nearest.nearest_times`); without it the times within the reach table are used.
    placed
        ``bool[p]``: False where a point is far from any street, so that nothing can be said; by default
        what the reach table says.

    Returns
    -------
    Coverage
        For every people column covered + uncovered + unplaced = people, exactly.

    Raises
    ------
    InputError
        If the table was cut off earlier than the farthest cut-off, or is about other points or facilities.
    """
    if reach.cutoff_ms < cutoff_ms(max(cutoffs_min)):
        raise InputError(
            f"the reach table stops at {reach.cutoff_ms / 60_000:g} min, but coverage is asked for "
            f"{max(cutoffs_min):g} min; compute reach with cutoff_min={max(cutoffs_min):g}"
        )
    if not reach.point_ids.equals(demand.frame.index):
        raise InputError("the reach table is about other demand points, or in another order; compute it with these")
    services = tuple(key for key in known_services() if key in facilities.listed)
    undetermined = tuple(key for key in known_services() if key not in facilities.listed)
    points = points_in_reach(reach, facilities, services, cutoffs_min)
    known = reach.point_placed if placed is None else placed
    where = np.ones(len(demand), dtype=bool) if known is None else known
    code, communities = pd.factorize(demand.frame["community_id"], sort=True)
    bounded = nearest_min is None
    if nearest_min is None:
        times = np.where(points.best_ms == _FAR, np.nan, points.best_ms / 60_000.0)
        nearest_min = {service: times[:, column] for column, service in enumerate(services)}
    group = _Groups(code=code.astype(np.int64), ids=pd.Index(communities, name="community_id"), placed=where)
    return Coverage(
        frame=_covered(demand, points, services, cutoffs_min, group),
        nearest=_nearest(demand, nearest_min, services, group, bounded=bounded),
        services=services,
        undetermined=undetermined,
        delivery=_delivery(demand, facilities, points, services, max(cutoffs_min), group),
    )


def coverage_through_day(
    reach: ReachTable,
    demand: DemandPoints,
    facilities: Facilities,
    *,
    moments: Sequence[Moment | str],
    cutoff_min: float = 15,
    placed: NDArray[np.bool_] | None = None,
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
    placed
        As for :func:`coverage`.

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
        name: coverage(
            reach, demand, open_facilities(facilities, at), cutoffs_min=[cutoff_min], placed=placed
        ).frame.droplevel("cutoff_min")
        for name, at in times.items()
    }
    if not tables:
        raise InputError("coverage through the day: give at least one moment, such as '11:30'")
    joined = pd.concat(tables, names=["moment"]).reorder_levels(["community_id", "service", "moment"])
    order = pd.CategoricalIndex(joined.index.get_level_values("moment"), categories=list(tables), ordered=True)
    levels = [joined.index.get_level_values(level) for level in ("community_id", "service")]
    return joined.iloc[np.lexsort((order.codes, *(pd.factorize(level, sort=True)[0] for level in levels[::-1])))]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Groups:
    """Which community each demand point belongs to, and whether it stands on the network."""

    code: NDArray[np.int64]
    ids: pd.Index
    placed: NDArray[np.bool_]

    def sum(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of a per-point weight for every community."""
        return np.bincount(self.code, weights=weight, minlength=len(self.ids)).astype(float)


def _covered(
    demand: DemandPoints,
    points: PointsInReach,
    services: Sequence[str],
    cutoffs_min: Sequence[float],
    group: _Groups,
) -> pd.DataFrame:
    people = {column: demand.frame[column].to_numpy(dtype=float) for column in demand.people}
    whole = {column: group.sum(values) for column, values in people.items()}
    unplaced = {column: group.sum(values * ~group.placed) for column, values in people.items()}
    tables = []
    for s, service in enumerate(services):
        for c, cutoff in enumerate(cutoffs_min):
            inside = (points.best_ms[:, s] <= cutoff_ms(cutoff)) & group.placed
            columns: dict[str, NDArray[np.float64]] = {}
            for column, values in people.items():
                covered = group.sum(values * inside)
                known = whole[column] - unplaced[column]
                columns[column] = whole[column]
                columns[f"{column}_covered"] = covered
                columns[f"{column}_uncovered"] = known - covered
                columns[f"{column}_unplaced"] = unplaced[column]
                columns[f"{column}_share"] = _ratio(covered, known)
            known = whole["population"] - unplaced["population"]
            columns["choices"] = _ratio(group.sum(people["population"] * points.count[:, s, c] * group.placed), known)
            index = pd.MultiIndex.from_product(
                [group.ids, [service], [float(cutoff)]], names=["community_id", "service", "cutoff_min"]
            )
            tables.append(pd.DataFrame(columns, index=index))
    if not tables:
        parts = ("", "_covered", "_uncovered", "_unplaced", "_share")
        columns_none = [f"{column}{part}" for column in people for part in parts] + ["choices"]
        names = ["community_id", "service", "cutoff_min"]
        none = pd.MultiIndex.from_arrays([group.ids[:0], pd.Index([], dtype=str), np.empty(0)], names=names)
        return pd.DataFrame(columns=columns_none, index=none, dtype=float)
    return pd.concat(tables).sort_index()


def _delivery(
    demand: DemandPoints,
    facilities: Facilities,
    points: PointsInReach,
    services: Sequence[str],
    cutoff_min: float,
    group: _Groups,
) -> pd.DataFrame:
    """People within delivery, and within delivery or a walk; see :class:`Coverage`."""
    tables = []
    for service, brought in delivered(demand, facilities, services).items():
        walked = (points.best_ms[:, services.index(service)] <= cutoff_ms(cutoff_min)) & group.placed
        columns: dict[str, NDArray[np.float64]] = {}
        for column in demand.people:
            values = demand.frame[column].to_numpy(dtype=float)
            columns[column] = group.sum(values)
            columns[f"{column}_delivered"] = group.sum(values * brought)
            columns[f"{column}_either"] = group.sum(values * (brought | walked))
            columns[f"{column}_neither"] = group.sum(values * (group.placed & ~brought & ~walked))
            columns[f"{column}_unplaced"] = group.sum(values * (~group.placed & ~brought))
        index = pd.MultiIndex.from_product([group.ids, [service]], names=["community_id", "service"])
        tables.append(pd.DataFrame(columns, index=index))
    if not tables:
        parts = ("", "_delivered", "_either", "_neither", "_unplaced")
        names = ["community_id", "service"]
        none = pd.MultiIndex.from_arrays([group.ids[:0], pd.Index([], dtype=str)], names=names)
        return pd.DataFrame(columns=[f"{c}{part}" for c in demand.people for part in parts], index=none, dtype=float)
    return pd.concat(tables).sort_index()


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _nearest(
    demand: DemandPoints,
    nearest_min: Mapping[str, NDArray[np.float64]],
    services: Sequence[str],
    group: _Groups,
    *,
    bounded: bool,
) -> pd.DataFrame:
    elders = demand.frame["pop_60plus"].to_numpy(dtype=float) * group.placed
    everyone = demand.frame["population"].to_numpy(dtype=float) * group.placed
    weight = np.where((group.sum(elders) > 0)[group.code], elders, everyone)
    tables = []
    for service in services:
        minutes = nearest_min[service]
        arrives = ~np.isnan(minutes)
        mean = _ratio(group.sum(np.where(arrives, minutes, 0) * weight), group.sum(weight * arrives))
        columns = {
            "mean_min": mean,
            "p90_min": _quantile(minutes, weight, group, 0.9),
            "unreachable": np.full(len(group.ids), np.nan) if bounded else group.sum(elders * ~arrives),
        }
        index = pd.MultiIndex.from_product([group.ids, [service]], names=["community_id", "service"])
        tables.append(pd.DataFrame(columns, index=index))
    if not tables:
        none = pd.MultiIndex.from_arrays([group.ids[:0], pd.Index([], dtype=str)], names=["community_id", "service"])
        return pd.DataFrame(columns=["mean_min", "p90_min", "unreachable"], index=none, dtype=float)
    return pd.concat(tables).sort_index()


def _quantile(
    minutes: NDArray[np.float64], weight: NDArray[np.float64], group: _Groups, share: float
) -> NDArray[np.float64]:
    """Smallest time within which ``share`` of a community's weight arrives; NaN when that is never."""
    endless = np.where(np.isnan(minutes), np.inf, minutes)
    order = np.lexsort((endless, group.code))
    code, time, load = group.code[order], endless[order], weight[order]
    running = np.cumsum(load)
    first = np.searchsorted(code, np.arange(len(group.ids)), side="left")
    before = np.where(first > 0, running[first - 1], 0.0)
    whole = group.sum(weight)
    enough = running - before[code] >= share * whole[code] - 1e-9
    found = np.full(len(group.ids), np.inf)
    np.minimum.at(found, code[enough & (load > 0)], time[enough & (load > 0)])
    found[~np.isfinite(found) | (whole == 0)] = np.nan
    return found
