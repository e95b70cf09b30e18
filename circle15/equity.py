"""How evenly access is spread over people aged 60 and over: by service, and by groups of communities.

Access of a demand point to a service is the sum over the facilities within the circle of Dai's Gaussian weight of
the walk (:func:`circle15.decay.gaussian_weight`): a benefit, so that more is better. Weights are people aged 60+
whose homes stand near a street; of the others nothing is known. Sums run over sorted values: the order of rows changes
no digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from circle15.catalog import text
from circle15.decay import gaussian_weight
from circle15.errors import InputError
from circle15.model.places import Communities, DemandPoints, Facilities
from circle15.model.results import Coverage, ReachTable
from circle15.model.verdicts import Equity
from circle15.norms import RURAL

__all__ = [
    "access", "concentration_index", "curve", "equity", "gini", "groups_of", "lorenz", "p90_p10", "palma",
]  # fmt: skip

Numbers = NDArray[np.float64]

NEED_PARTS = 5
_STEPS = 100
_FINE = 2.0**30  # weights are whole multiples of 1/_FINE, so that their sums are exact in any order
_NO = frozenset({"0", "无", "否", "没有", "no", "none", "false"})


# -- indices --------------------------------------------------------------------------------------


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Gini coefficient of a benefit, 0 (all have the same) to 1: 1 - sum((W_k - W_k-1)(L_k + L_k-1)).

    W and L are cumulative shares of people and of the benefit, poorest first; the same as
    sum_ij(w_i w_j |x_i - x_j|) / (2 mean (sum w)^2). Of a 0/1 variable it is no more than 1 - coverage:
    :func:`equity` refuses it there.

    Parameters
    ----------
    values
        Benefits, zero or more.
    weights
        People who have them, zero or more; None: one each.

    Returns
    -------
    float
        NaN where nobody is there, or nobody has anything.

    Raises
    ------
    InputError
        If lengths differ, or a number is negative or not finite.

    Examples
    --------
    >>> round(gini([1, 2, 3, 4, 5]) * 15, 9), gini([0, 0, 0, 1])  # 4/15; all with one in four
    (4.0, 0.75)
    """
    return _area(*_shares(*_checked(values, weights)))


def concentration_index(values: ArrayLike, weights: ArrayLike | None = None, *, rank_by: ArrayLike) -> float:
    """Concentration index, -1 to 1: Gini's area with people ranked by ``rank_by`` instead of by what they have.

    Above 0 the benefit goes to those with a high rank (where that is need: to the needy), below 0 to those with a low
    one. Who share a rank share its mean. Never farther from 0 than the Gini coefficient.

    Raises
    ------
    InputError
        As :func:`gini`; ``rank_by`` may be negative.

    References
    ----------
    Kakwani, Wagstaff and van Doorslaer (1997), Journal of Econometrics 77(1), 87-103.

    Examples
    --------
    >>> round(concentration_index([1, 2, 3, 4, 5], rank_by=[5, 4, 3, 2, 1]) * 15, 9)
    -4.0
    """
    size, rank = np.size(values), np.asarray(rank_by, dtype=float)
    if rank.shape != (size,) or not np.isfinite(rank).all():
        raise InputError(f"{size} values but {int(np.isfinite(rank).sum())} finite ranks: give each value its rank")
    x, w = _checked(values, weights)
    there = np.ones(size, dtype=bool) if weights is None else np.asarray(weights, dtype=float) > 0
    return _area(*_shares(x, w, rank[there]))


def palma(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """What the best-served tenth of people has, over what the worst-served four tenths have.

    A person on the border of a group counts in both by parts. 0.25 where all have the same.

    Returns
    -------
    float
        NaN where the bottom 40 % have nothing: the ratio is then undefined, and their share of 0 tells more.

    Examples
    --------
    >>> palma([1] * 4 + [2] * 5 + [8])  # 8 / 4
    2.0
    """
    people, owned = _shares(*_checked(values, weights))
    bottom, top = (float(np.interp(at, people, owned)) for at in (0.4, 0.9))
    return (1 - top) / bottom if bottom > 0 else float("nan")


def lorenz(values: ArrayLike, weights: ArrayLike | None = None, *, steps: int = _STEPS) -> pd.DataFrame:
    """Lorenz curve: cumulative ``people`` and ``access``, poorest first, from 0 to 1, on ``step``.

    Examples
    --------
    >>> lorenz([1, 3], steps=2)["access"].tolist()  # the poorer half has a quarter
    [0.0, 0.25, 1.0]
    """
    people, owned = _shares(*_checked(values, weights))
    at = np.arange(steps + 1) / steps
    index = pd.RangeIndex(steps + 1, name="step")
    return pd.DataFrame({"people": at, "access": np.interp(at, people, owned)}, index=index)


def p90_p10(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Ratio of the 90th to the 10th percentile: smallest values that at least such a share of people do not exceed.

    Values may be infinite (no way). NaN where the 90th is infinite or the 10th is zero.

    Examples
    --------
    >>> p90_p10([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    9.0
    """
    low, high = (_quantile(*_checked(values, weights, finite=False), share) for share in (0.1, 0.9))
    return high / low if np.isfinite(high) and low > 0 else float("nan")


def _checked(values: ArrayLike, weights: ArrayLike | None, *, finite: bool = True) -> tuple[Numbers, Numbers]:
    x = np.asarray(values, dtype=float)
    w = np.ones(x.shape) if weights is None else np.asarray(weights, dtype=float)
    if x.ndim != 1 or x.shape != w.shape:
        raise InputError(f"{x.size} values but {w.size} weights: give each value one weight")
    if (finite and not np.isfinite(x).all()) or np.isnan(x).any() or (x < 0).any():
        raise InputError("a value is negative or not finite: leave it out, or give zero where there is nothing")
    if not np.isfinite(w).all() or (w < 0).any():
        raise InputError("a weight is negative or not finite: give the number of people, zero or more")
    return x[w > 0], w[w > 0]


def _shares(x: Numbers, w: Numbers, rank: Numbers | None = None) -> tuple[Numbers, Numbers]:
    """Cumulative shares of people and of benefit from 0 to 1, one step for each rank; NaN shares of nothing."""
    by = x if rank is None else rank
    order = np.lexsort((w, x, by))
    x, w, by = x[order], w[order], by[order]
    last = np.append(np.flatnonzero(np.diff(by) != 0), len(by) - 1) if len(by) else np.empty(0, dtype=int)
    people, owned = (np.append(0.0, np.cumsum(part)[last]) for part in (w, w * x))
    if people[-1] == 0 or owned[-1] == 0:
        return np.array([0.0, 1.0]), np.array([0.0, np.nan])
    return people / people[-1], owned / owned[-1]


def _area(people: Numbers, owned: Numbers) -> float:
    """One minus twice the area under a curve; exactly 0 for the diagonal."""
    area = float(np.sum(np.diff(people) * (1 - owned[1:] - owned[:-1])))
    return 0.0 if abs(area) < 1e-12 else area


def _quantile(x: Numbers, w: Numbers, share: float) -> float:
    order = np.lexsort((w, x))
    running = np.cumsum(w[order])
    return float(x[order][np.searchsorted(running, share * running[-1] - 1e-9)]) if len(x) else float("nan")


def _worst(x: Numbers, w: Numbers, share: float) -> float:
    """Mean of the largest values of a share of people; the person on the border counts by the part inside.

    Infinite values take their place among the largest but have no mean: it is of the others, NaN without any.
    """
    order = np.lexsort((w, x))[::-1]
    wanted = share * float(w.sum())
    before = np.cumsum(w[order]) - w[order]
    part = np.clip(wanted - before, 0, w[order])
    inside = (part > 0) & np.isfinite(x[order])
    return float((part[inside] * x[order][inside]).sum() / part[inside].sum()) if inside.any() else float("nan")


# -- the stage ------------------------------------------------------------------------------------


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
        raise InputError(f"the reach table does not know facility {unknown!r}; compute it with these facilities")
    weight = np.rint(gaussian_weight(reach.cost_ms / 60_000.0, reach_min) * _FINE)
    columns = {}
    for service in sorted(facilities.listed):
        mine = np.zeros(len(reach.facility_ids), dtype=bool)
        mine[row[(offers["service"] == service).to_numpy()]] = True
        pairs = mine[reach.facility]
        summed = np.bincount(reach.point[pairs], weights=weight[pairs], minlength=len(reach.point_ids))
        columns[service] = summed / _FINE
    return pd.DataFrame(columns, index=reach.point_ids.rename("point_id"))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Elders:
    """People aged 60+ at every placed home: ``people`` ``float64[p]``, ``need`` their share in its community."""

    people: Numbers
    need: Numbers
    at: NDArray[np.bool_]


def equity(
    reach: ReachTable,
    demand: DemandPoints,
    facilities: Facilities,
    communities: Communities,
    *,
    covered: Coverage,
    nearest_min: Mapping[str, NDArray[np.float64]],
    circle_min: float = 15.0,
    placed: NDArray[np.bool_] | None = None,
) -> Equity:
    """Measure how evenly people aged 60+ have access to each determined service.

    Parameters
    ----------
    reach, demand, facilities, communities
        Of one study; facilities that are open.
    covered
        From :func:`circle15.coverage.coverage`: shares of groups are sums of its people.
    nearest_min
        ``float64[p]`` minutes to the nearest facility at any distance by service, NaN where there is no way.
    circle_min
        The circle, in minutes.
    placed
        ``bool[p]``, by default what the reach table says.

    Returns
    -------
    Equity
        See there. ``zero_share`` is the share of 60+ whose access is 0; ``worst_decile_min`` the mean walk of those of
        the tenth of 60+ with the longest ones who have a way at all (``why_*`` tells where some have none). ``gini``, ``concentration``, ``palma`` and the Lorenz curve are refused
        where access takes fewer than three values.
    """
    known = reach.point_placed if placed is None else placed
    where = np.ones(len(demand), dtype=bool) if known is None else np.asarray(known, dtype=bool)
    owner = communities.frame.index.get_indexer(pd.Index(demand.frame["community_id"]))
    share = need_of(communities)[owner]
    people = demand.frame["pop_60plus"].to_numpy(dtype=float)
    at = where & (people > 0)
    elders = _Elders(people=people[at], need=share[at], at=at)
    benefit = access(reach, facilities, reach_min=circle_min)
    rows, curves = {}, {}
    for service in covered.services:
        x = benefit[service].to_numpy()[at]
        row = _spread(x, nearest_min[service][at], elders)
        rows[service] = row
        if np.isfinite(row["gini"]):
            curves[service] = lorenz(x, elders.people)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(_COLUMNS)).rename_axis("service")
    return Equity(
        frame=frame,
        groups=_grouped(communities, demand, covered, nearest_min, circle_min, where),
        lorenz=_stacked(curves, "step", ["people", "access"]),
        curve=curve(nearest_min, people * where, minutes=int(min(2 * circle_min, 120)), services=covered.services),
    )


_COLUMNS = (
    "gini", "concentration", "palma", "p90_p10", "bottom40_share", "worst_decile_min", "zero_share", "why_zh", "why_en",
)  # fmt: skip


def need_of(communities: Communities) -> NDArray[np.float64]:
    """Need of each community, ``float64[c]``: its share of people aged 60+, 0 where nobody lives."""
    frame = communities.frame
    people = frame["population"].to_numpy(dtype=float)
    return np.divide(frame["pop_60plus"].to_numpy(dtype=float), people, out=np.zeros(len(frame)), where=people > 0)


def _spread(x: Numbers, minutes: Numbers, elders: _Elders) -> dict[str, object]:
    """One service's row, and why what is missing is undefined."""
    w = elders.people
    row: dict[str, object] = dict.fromkeys(_COLUMNS[:-2], float("nan"))
    if not len(x):
        return row | _why(["equity_nobody"])
    why = []
    row["zero_share"] = float(w[x == 0].sum() / w.sum())
    levels = len(np.unique(x))
    if not x.any():
        why.append("equity_none")
    elif levels < 3:
        why.append("equity_one_value" if levels == 1 else "equity_two_values")
    else:
        people, owned = _shares(x, w)
        row["gini"] = _area(people, owned)
        row["concentration"] = concentration_index(x, w, rank_by=elders.need)
        row["bottom40_share"] = float(np.interp(0.4, people, owned))
        row["palma"] = palma(x, w)
        if np.isnan(row["palma"]):
            why.append("equity_palma")
    endless = np.where(np.isnan(minutes), np.inf, minutes)
    row["p90_p10"] = p90_p10(endless, w)
    if np.isnan(row["p90_p10"]):
        why.append("equity_p90" if np.isinf(_quantile(endless, w, 0.9)) else "equity_p10")
    row["worst_decile_min"] = _worst(endless, w, 0.1)
    if np.isinf(endless).any():
        why.append("equity_worst" if np.isnan(row["worst_decile_min"]) else "equity_worst_some")
    return row | _why(why)


def _why(keys: list[str]) -> dict[str, object]:
    return {"why_zh": "".join(text(key, "zh") for key in keys), "why_en": " ".join(text(key, "en") for key in keys)}


def curve(
    nearest_min: Mapping[str, NDArray[np.float64]], weights: Numbers, *, minutes: int, services: tuple[str, ...]
) -> pd.DataFrame:
    """Share of people who reach each service within so many whole minutes.

    Parameters
    ----------
    nearest_min
        ``float64[p]`` minutes by service, NaN where there is no way.
    weights
        ``float64[p]`` people.
    minutes
        The last one.

    Returns
    -------
    pandas.DataFrame
        ``share`` on (``service``, ``minutes``), 0 to 1 and rising; NaN where nobody is there.
    """
    whole, tables = float(weights.sum()), {}
    steps = pd.RangeIndex(1, minutes + 1, name="minutes")
    for service in services:
        ms = np.where(np.isnan(nearest_min[service]), np.inf, np.rint(nearest_min[service] * 60_000))
        needed = np.maximum(np.ceil(ms / 60_000), 1)
        inside = needed <= minutes
        counted = np.bincount(needed[inside].astype(np.int64), weights=weights[inside], minlength=minutes + 1)
        share = np.cumsum(counted[1:]) / whole if whole > 0 else np.full(minutes, np.nan)
        tables[service] = pd.DataFrame({"share": share}, index=steps)
    return _stacked(tables, "minutes", ["share"])


def _stacked(tables: Mapping[str, pd.DataFrame], level: str, columns: list[str]) -> pd.DataFrame:
    if tables:
        return pd.concat(dict(tables), names=["service", level])
    empty = pd.MultiIndex.from_arrays([pd.Index([], dtype=str), np.empty(0, dtype=int)], names=["service", level])
    return pd.DataFrame(columns=columns, index=empty, dtype=float)


# -- groups of communities ------------------------------------------------------------------------


def groups_of(communities: Communities) -> pd.DataFrame:
    """Which groups each community belongs to: ``community_id``, ``grouping``, ``group``, one row for each.

    Groupings are those that some community says something of. A community with several priority flags
    (``动迁安置;城乡结合部``) belongs to each; ``need`` are fifths of communities by share of 60+, ``1`` the lowest, where
    there are five or more. What stands empty is a group of its own; an empty ``rural`` counts as urban, as for clauses.
    """
    frame = communities.frame
    unsaid, none = text("equity_unsaid", "zh"), text("equity_unflagged", "zh")
    parts = []
    for column in ("community_type", "priority_flag", "rural", "subdistrict"):
        if column not in frame:
            continue
        words = pd.Series([_word(cell) for cell in frame[column]], index=frame.index, dtype=object)
        if not (words != "").any():
            continue
        if column == "rural":
            words = words.map(lambda word: "农村" if word.casefold() in RURAL else "城市")
        elif column == "priority_flag":
            words = words.str.split(r"[;；,，、/|+]+", regex=True).map(
                lambda said: sorted({none if word.strip().casefold() in _NO else word.strip() for word in said} - {""})
            )
            words = words.map(lambda said: said or [unsaid]).explode()
        parts.append(_members(words.where(words != "", unsaid), column))
    if len(frame) >= NEED_PARTS:
        rank = pd.Series(need_of(communities), index=frame.index).rank(method="average")
        fifth = np.ceil((rank - 0.5) / len(frame) * NEED_PARTS).clip(1, NEED_PARTS).astype(int).astype(str)
        parts.append(_members(fifth, "need"))
    empty = pd.DataFrame(columns=["community_id", "grouping", "group"], dtype=object)
    return pd.concat(parts, ignore_index=True) if parts else empty


def _word(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and np.isnan(cell)) or cell is pd.NA:
        return ""
    return f"{cell:g}" if isinstance(cell, float) else str(cell).strip()


def _members(words: pd.Series, grouping: str) -> pd.DataFrame:
    return pd.DataFrame({"community_id": words.index, "grouping": grouping, "group": words.to_numpy()})


def _grouped(
    communities: Communities,
    demand: DemandPoints,
    covered: Coverage,
    nearest_min: Mapping[str, NDArray[np.float64]],
    circle_min: float,
    placed: NDArray[np.bool_],
) -> pd.DataFrame:
    """People, share covered and mean walk of each group of communities, by service."""
    member, keys = groups_of(communities), ["grouping", "group"]
    ids = communities.frame.index
    owner = ids.get_indexer(pd.Index(demand.frame["community_id"]))
    people = demand.frame["pop_60plus"].to_numpy(dtype=float) * placed
    tables = []
    for service in covered.services:
        at = covered.frame.xs((service, circle_min), level=("service", "cutoff_min")).reindex(ids)
        ms = np.rint(nearest_min[service] * 60_000)
        there = ~np.isnan(ms) & (people > 0)
        table = pd.DataFrame(index=ids)
        table["pop_60plus"] = at["pop_60plus"]
        table["covered"], table["uncovered"] = at["pop_60plus_covered"], at["pop_60plus_uncovered"]
        table["walkers"] = np.bincount(owner[there], weights=people[there], minlength=len(ids))
        table["walked"] = np.bincount(owner[there], weights=(people * ms)[there], minlength=len(ids))
        table["communities"] = 1
        table = table.reindex(pd.Index(member["community_id"])).reset_index(drop=True)
        sums = pd.concat([member[keys], table], axis=1).groupby(keys, sort=True).sum()
        known = sums["covered"] + sums["uncovered"]
        sums["share"] = (sums["covered"] / known).where(known > 0)
        sums["mean_min"] = (sums["walked"] / sums["walkers"] / 60_000).where(sums["walkers"] > 0)
        tables.append(sums.assign(service=service).set_index("service", append=True))
    columns = ["communities", "pop_60plus", "share", "mean_min"]
    if not tables:
        names = [*keys, "service"]
        empty = pd.MultiIndex.from_arrays([pd.Index([], dtype=str)] * 3, names=names)
        return pd.DataFrame(columns=columns, index=empty, dtype=float)
    return pd.concat(tables)[columns].sort_index()
