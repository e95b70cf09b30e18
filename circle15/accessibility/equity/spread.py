"""How evenly access to each service is spread over people aged 60 and over.

Access of a demand point to a service is the sum over the facilities within the circle of Dai's Gaussian weight of
the walk (:func:`~circle15.accessibility.decay.gaussian_weight`): a benefit, so that more is better. Weights are
people aged 60+ whose number is known and whose homes stand near a street; of the others nothing is known. Sums run over
sorted values: the order of rows changes no digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.accessibility.decay import gaussian_weight
from circle15.accessibility.equity.groups import grouped, groups_of, need_of
from circle15.accessibility.equity.indices import (
    area,
    concentration_index,
    lorenz,
    p90_p10,
    palma,
    quantile,
    shares,
    worst,
)
from circle15.errors import InputError
from circle15.model.places import Communities, DemandPoints, Facilities
from circle15.model.results import Coverage, NearestTimes, ReachTable
from circle15.model.verdicts import Equity
from circle15.refusals import refusal

__all__ = ["access", "curve", "equity"]

Numbers = NDArray[np.float64]

_FINE = 2.0**30  # weights are whole multiples of 1/_FINE, so that their sums are exact in any order


def access(reach: ReachTable, facilities: Facilities, *, reach_min: float) -> pd.DataFrame:
    """Access of every demand point to every listed service: the sum of Gaussian weights of its walks.

    Parameters
    ----------
    reach
        Computed to at least ``reach_min``.
    facilities
        Open ones, with services; a subset of those of the table.
    reach_min
        Where the weight falls to 0: the circle, in minutes.

    Returns
    -------
    pandas.DataFrame
        ``float64`` on ``point_id``, one column for each service with a list, by its key; 0 where none is in reach.

    Raises
    ------
    InputError
        If the table does not know one of the facilities.
    """
    offers = facilities.offers()
    row = reach.facility_ids.get_indexer(pd.Index(offers["facility_id"]))
    if (row < 0).any():
        unknown = offers["facility_id"].iloc[int((row < 0).argmax())]
        raise refusal("reach_facility", error=InputError, facility=unknown)
    weight = np.rint(gaussian_weight(reach.cost_ms / 60_000.0, reach_min) * _FINE)
    columns = {}
    for service in sorted(facilities.listed):
        offering = np.zeros(len(reach.facility_ids), dtype=bool)
        offering[row[(offers["service"] == service).to_numpy()]] = True
        pairs = offering[reach.facility]
        summed = np.bincount(reach.point[pairs], weights=weight[pairs], minlength=len(reach.point_ids))
        columns[service] = summed / _FINE
    return pd.DataFrame(columns, index=reach.point_ids.rename("point_id"))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Elders:
    """People aged 60+ at every placed home, ``float64[h]``, and ``need``, their share in its community, or NaN."""

    people: Numbers
    need: Numbers


def equity(
    reach: ReachTable,
    demand: DemandPoints,
    facilities: Facilities,
    communities: Communities,
    *,
    covered: Coverage,
    nearest: NearestTimes,
    circle_min: float = 15.0,
) -> Equity:
    """Measure how evenly people aged 60+ have access to each determined service.

    Parameters
    ----------
    reach, demand, facilities, communities
        Of one study; facilities that are open.
    covered
        From :func:`circle15.accessibility.coverage.coverage`: shares of groups are sums of its people.
    nearest
        Times to the nearest facility at any distance.
    circle_min
        The circle, in minutes.

    Returns
    -------
    Equity
        See there. ``zero_share`` is the share of 60+ whose access is 0; ``worst_decile_min`` the mean walk of those of
        the tenth of 60+ with the longest ones who have a way at all (``why`` tells where some have none). ``gini``,
        ``concentration``, ``palma`` and the Lorenz curve are refused where access takes fewer than three values.
    """
    owner = communities.frame.index.get_indexer(pd.Index(demand.frame["community_id"]))
    share = need_of(communities)[owner]
    people = demand.known_in("pop_60plus")
    benefit = access(reach, facilities, reach_min=circle_min)
    rows, reasons, curves = [], [], {}
    for service in covered.services:
        at = nearest.determined(service) & (people > 0)
        elders = _Elders(people=people[at], need=share[at])
        x = benefit[service].to_numpy()[at]
        row, why = _spread(x, nearest.minutes(service)[at], elders)
        rows.append(row)
        reasons.append(why)
        if np.isfinite(row["gini"]):
            curves[service] = lorenz(x, elders.people)
    frame = pd.DataFrame(rows, index=pd.Index(covered.services, name="service"), columns=list(_FIGURES), dtype=float)
    frame["why"] = pd.Series(reasons, index=frame.index, dtype=object)
    last = max(1, int(min(2 * circle_min, 120)))
    members = groups_of(communities)
    return Equity(
        frame=frame,
        groups=grouped(communities, members, demand, covered, nearest, circle_min),
        members=members,
        lorenz=_stacked(curves, "step", ["people", "access"]),
        curve=curve(nearest, people, minutes=last, services=covered.services),
    )


_FIGURES = ("gini", "concentration", "palma", "p90_p10", "bottom40_share", "worst_decile_min", "zero_share")


def _spread(x: Numbers, minutes: Numbers, elders: _Elders) -> tuple[dict[str, float], tuple[str, ...]]:
    """One service's figures, and the codes of why some are undefined."""
    w = elders.people
    row = dict.fromkeys(_FIGURES, float("nan"))
    if not len(x):
        return row, ("nobody",)
    why = []
    row["zero_share"] = float(w[x == 0].sum() / w.sum())
    levels = len(np.unique(x))
    if not x.any():
        why.append("none")
    elif levels < 3:
        why.append("one_value" if levels == 1 else "two_values")
    else:
        people, owned = shares(x, w)
        row["gini"] = area(people, owned)
        known = np.isfinite(elders.need)
        row["concentration"] = concentration_index(x[known], w[known], rank_by=elders.need[known])
        row["bottom40_share"] = float(np.interp(0.4, people, owned))
        row["palma"] = palma(x, w)
        why += ["palma"] if np.isnan(row["palma"]) else []
    endless = np.where(np.isnan(minutes), np.inf, minutes)
    row["p90_p10"] = p90_p10(endless, w)
    if np.isnan(row["p90_p10"]):
        why.append("p90" if np.isinf(quantile(endless, w, 0.9)) else "p10")
    row["worst_decile_min"] = worst(endless, w, 0.1)
    if np.isinf(endless).any():
        why.append("worst" if np.isnan(row["worst_decile_min"]) else "worst_some")
    return row, tuple(why)


def curve(nearest: NearestTimes, weights: Numbers, *, minutes: int, services: tuple[str, ...]) -> pd.DataFrame:
    """Share of people who reach each service within so many whole minutes.

    Parameters
    ----------
    nearest
        Times to the nearest facility of each service.
    weights
        ``float64[p]`` people.
    minutes
        The last one.
    services
        In the order of the table.

    Returns
    -------
    pandas.DataFrame
        ``share`` on (``service``, ``minutes``), 0 to 1 and rising, of those of whom the map tells; NaN where there are
        none.
    """
    tables = {}
    steps = pd.RangeIndex(1, minutes + 1, name="minutes")
    for service in services:
        people = weights * nearest.determined(service)
        whole = float(people.sum())
        needed = np.maximum(-(-nearest.ms(service) // 60_000), 1)
        inside = needed <= minutes
        counted = np.bincount(needed[inside], weights=people[inside], minlength=minutes + 1)
        share = np.cumsum(counted[1:]) / whole if whole > 0 else np.full(minutes, np.nan)
        tables[service] = pd.DataFrame({"share": share}, index=steps)
    return _stacked(tables, "minutes", ["share"])


def _stacked(tables: Mapping[str, pd.DataFrame], level: str, columns: list[str]) -> pd.DataFrame:
    if tables:
        return pd.concat(dict(tables), names=["service", level])
    empty = pd.MultiIndex.from_arrays([pd.Index([], dtype=str), np.empty(0, dtype=int)], names=["service", level])
    return pd.DataFrame(columns=columns, index=empty, dtype=float)
