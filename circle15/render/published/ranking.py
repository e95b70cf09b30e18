"""Indices, ranks and intervals as they are told: all made of published counts.

An index is a share of people in other words: times a known total, and with the weights, it is their number. So are a
rank between two others, and the interval of either over random draws.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model import Analysis
from circle15.model.index import (
    additive_index,
    geometric_index,
    rank_agreement,
    ranked,
    ranks_by_weights,
    worst_index,
)
from circle15.model.limits import FEWEST, MIDDLE_OF_FEW
from circle15.render.published.gaps import public_sums, told_communities
from circle15.render.published.privacy import NEARLY_ALL, NEARLY_NONE, drawn, public_shares, tells_too_much

__all__ = [
    "public_agreement",
    "public_draws",
    "public_gaps",
    "public_intervals",
    "public_stability",
    "public_subdistricts",
    "share_of",
]

_SCORES = {"rank": "index", "rank_additive": "index_additive", "rank_worst": "index_worst", "rank_people": "uncovered"}
"""Ranks, and what each is of."""


def public_gaps(analysis: Analysis, cells: pd.DataFrame) -> pd.DataFrame:
    """``gaps.by_community`` made of what is told.

    Parameters
    ----------
    analysis
        What to tell.
    cells
        From :func:`~circle15.render.published.gaps.public_cells`.

    Returns
    -------
    pandas.DataFrame
        As ``gaps.by_community`` and sorted as that; indices, ranks, ``uncovered``, ``uncovered_worst`` and
        ``worst_service`` rest on published counts. Communities of which nothing is told have none of these: a rank
        between those of others would tell of them.
    """
    table = analysis.gaps.by_community.copy()
    if table.empty:
        return table
    share = _shares(analysis, cells, table.index)
    people = cells["uncovered"].unstack("service").reindex(index=table.index, columns=share.columns)
    lost = pd.DataFrame(drawn(people.fillna(0).to_numpy(dtype=np.int64)), index=table.index, columns=share.columns)
    known = share.notna().all(axis=1) & table["index"].notna() & (len(share.columns) > 0)
    scored = _indices(share, _counted(analysis)).assign(
        uncovered=lost.sum(axis=1), uncovered_worst=lost.max(axis=1), worst_service=_worst(share)
    )
    for column in scored:
        empty = "" if column == "worst_service" else np.nan
        table[column] = scored[column].where(known, empty)
    for rank, score in _SCORES.items():
        table[rank] = ranked(table[score])
    return table.sort_index(kind="stable").sort_values(["rank", "rank_people"], kind="stable")


def _counted(analysis: Analysis) -> dict[str, float]:
    """Services that take part in the index, with their weights."""
    return {key: weight for key, weight in analysis.gaps.weights.items() if weight > 0}


def _shares(analysis: Analysis, cells: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Covered shares as told, one row a community, one column a service of the index."""
    wide = cells["share"].unstack("service").reindex(index=ids, columns=[*_counted(analysis)])
    return pd.DataFrame(wide, dtype=float)


def _worst(share: pd.DataFrame) -> pd.Series:
    """The service with the lowest share; empty where everything is covered or nothing is known."""
    lacking = share[share.min(axis=1) < 1]
    return lacking.idxmin(axis=1).reindex(share.index).fillna("")


def _indices(share: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """The three indices of covered shares, one column a service (:mod:`circle15.model.index`)."""
    covered = share.to_numpy(dtype=np.float64)
    w = np.array([weights[str(key)] for key in share.columns]) / max(sum(weights.values()), 1e-9)
    return pd.DataFrame(
        {
            "index": geometric_index(covered, w),
            "index_additive": additive_index(covered, w),
            "index_worst": worst_index(covered),
        },
        index=share.index,
    )


def public_subdistricts(analysis: Analysis, cells: pd.DataFrame) -> pd.DataFrame:
    """``subdistricts.by_subdistrict``: index, worst service, people without and rank are made of published sums."""
    found = analysis.subdistricts
    table = found.by_subdistrict.copy()
    if table.empty or cells.empty:
        return table
    sums = public_sums(analysis, cells, found.named)
    told = np.clip(1 - sums["uncovered"] / np.maximum(sums["placed"], FEWEST), 0, 1).where(sums["placed"] >= FEWEST)
    share = told.unstack("service").reindex(index=table.index, columns=[*_counted(analysis)])
    lost = sums["uncovered"].unstack("service").reindex(index=table.index, columns=share.columns)
    known = share.notna().all(axis=1) & table["index"].notna() & (len(share.columns) > 0)
    table["index"] = _indices(share, _counted(analysis))["index"].where(known)
    table["worst_service"] = _worst(share).where(known, "")
    table["uncovered"] = lost.sum(axis=1).where(known)
    table["rank"] = ranked(table["index"])
    return table.sort_index(kind="stable").sort_values("rank", kind="stable")


# -- over random draws ------------------------------------------------------------------------------


def public_draws(analysis: Analysis) -> pd.DataFrame:
    """``robustness.frame`` as it may be told.

    Returns
    -------
    pandas.DataFrame
        Rows of communities of which something is told: ``share_low`` and ``share_high`` as
        :func:`~circle15.render.published.privacy.public_shares` in percent, ``p_below`` in whole percent of draws and
        ``required`` in percent. Where the verdict would tell more of the covered share than these do it is
        ``undetermined``, without a number of draws.
    """
    found = analysis.robustness.frame
    if not len(found):
        return found
    found = found[found.index.get_level_values("community_id").isin(told_communities(analysis))].copy()
    elders = analysis.city.communities.frame["pop_60plus"].astype(np.float64)
    everyone = elders.reindex(found.index.get_level_values("community_id")).to_numpy()
    placed = _placed(analysis, found.index, everyone)
    for side in ("share_low", "share_high"):
        found[side] = public_shares(placed, found[side].to_numpy(dtype=np.float64), everyone=everyone)
    required = found["required"].to_numpy(dtype=np.float64) * 100
    telling = tells_too_much(
        placed, found["share"].to_numpy(dtype=np.float64), lambda percent: percent >= _beside(required, percent) - 1e-9
    )
    found["verdict"] = found["verdict"].where(~telling, "undetermined")
    found["p_below"] = np.rint(100 * found["p_below"]).where(~telling)
    found["required"] = np.rint(required)
    return found.drop(columns="share")


def _beside(rows: NDArray[np.float64], table: NDArray[np.float64]) -> NDArray[np.float64]:
    """One number a row, in the shape of an array with as many rows."""
    return rows.reshape(-1, *[1] * (table.ndim - 1))


def _placed(analysis: Analysis, pairs: pd.Index, elders: NDArray[np.float64]) -> NDArray[np.float64]:
    """People aged 60+ whom a share of a community and service is of; all where coverage does not speak of them."""
    frame = analysis.coverage.frame
    if frame.empty:
        return elders
    at = frame.xs(analysis.settings.circle_min, level="cutoff_min")
    known = (at["pop_60plus_covered"] + at["pop_60plus_uncovered"]).reindex(pairs).to_numpy(dtype=np.float64)
    return np.where(np.isfinite(known), known, elders)


def public_intervals(
    analysis: Analysis, cells: pd.DataFrame, draws: pd.DataFrame, ranking: pd.DataFrame
) -> pd.DataFrame:
    """Intervals of indices and ranks over random draws, made of the published shares alone.

    Parameters
    ----------
    analysis, cells
        As for :func:`public_gaps`.
    draws
        From :func:`public_draws`.
    ranking
        From :func:`public_gaps`.

    Returns
    -------
    pandas.DataFrame
        On ``community_id``, of communities that have an index: ``index_low`` and ``index_high``, where all services are
        at the better or the worse end of their shares; ``rank_low`` and ``rank_high``, the best and the worst rank
        that these leave; ``robust_gaps``. An index and a rank always lie in their interval.
    """
    columns = ["index_low", "index_high", "rank_low", "rank_high", "robust_gaps"]
    index = ranking["index"].dropna()
    if not len(draws) or not len(index):
        return pd.DataFrame(columns=columns, index=index.index[:0])
    ends = {}
    placed = cells["placed"].reindex(draws.index).to_numpy(dtype=np.float64)
    for side in ("share_low", "share_high"):
        share = pd.Series(share_of(draws[side].to_numpy(dtype=np.float64), placed), index=draws.index)
        wide = share.unstack("service").reindex(index=index.index, columns=[*_counted(analysis)])
        ends[side] = _indices(wide, _counted(analysis))["index"].fillna(index).to_numpy()
    low, high = np.fmin(ends["share_high"], index), np.fmax(ends["share_low"], index)
    low_of, high_of = (np.round(np.asarray(side, dtype=np.float64), 9) for side in (low, high))
    robust = (draws["verdict"] == "robust_gap").groupby(level="community_id").sum().reindex(index.index)
    best = 1 + (low_of[None, :] > high_of[:, None]).sum(axis=1)
    worst = (high_of[None, :] > low_of[:, None]).sum(axis=1) + ~(high_of > low_of)
    values = (low, high, best, worst, robust.fillna(0).astype("Int64"))
    return pd.DataFrame(dict(zip(columns, values, strict=True)), index=index.index)


def share_of(percent: NDArray[np.float64], placed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Published percent as shares, five people for those that one to nine are in or out of."""
    few = MIDDLE_OF_FEW / np.maximum(placed, FEWEST)
    return np.where(percent == NEARLY_NONE, few, np.where(percent == NEARLY_ALL, 1 - few, percent / 100))


def public_stability(analysis: Analysis, cells: pd.DataFrame, ranking: pd.DataFrame) -> pd.DataFrame:
    """``stability.frame`` worked out anew from published shares and ranks; of communities that have an index."""
    found = analysis.stability
    known = ranking.index[ranking["index"].notna()]
    if not len(found) or not len(known):
        return pd.DataFrame(found.frame.iloc[:0])
    share = _shares(analysis, cells, known)
    table = ranking.loc[known, ["rank", "rank_additive", "rank_worst"]]
    return table.join(ranks_by_weights(share.sort_index(axis=1), draws=found.draws, seed=found.seed))


def public_agreement(analysis: Analysis, ranking: pd.DataFrame) -> pd.DataFrame:
    """``stability.agreement`` of the published ranks."""
    known = ranking[ranking["index"].notna()] if len(ranking) else ranking
    return rank_agreement(known) if len(analysis.stability) and len(known) else analysis.stability.agreement.iloc[:0]
