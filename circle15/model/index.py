"""The gap index of a community, of covered shares and weights of services; all from 0 (none lacks) to 100.

Geometric: ``100 (1 - prod(max(c_k, 0.01)^w_k))``, so that a total absence cannot be bought off by other services
(NORMS C6). Beside it the additive ``100 sum(w_k (1 - c_k))`` and the worst service ``100 max(1 - c_k)``. Goalposts
are fixed (none covered, all covered), never a sample's minimum and maximum.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.kernels.ranks import kendall, spearman

__all__ = [
    "FLOOR",
    "additive_index",
    "geometric_index",
    "percentiles",
    "random_ranks",
    "rank_agreement",
    "ranked",
    "ranked_rows",
    "ranks_by_weights",
    "worst_index",
]

FLOOR = 0.01
"""Coverage below which the geometric index counts no further (NORMS C6: epsilon)."""
VARIANTS = {"geometric": "index", "additive": "index_additive", "worst": "index_worst"}
"""Ways to put services together, and the column of ``Gaps.by_community`` that each stands in."""
_LOW, _HIGH = 5.0, 95.0
_STREAM = 100
"""Number of the random stream of weights, apart from those of :mod:`circle15.uncertainty.draws`."""
_BLOCK = 256


def geometric_index(share: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """``float64[...]`` of covered shares ``[..., s]`` and weights ``[s]`` that add up to 1; NaN where a share is.

    Examples
    --------
    >>> share = np.array([[1.0, 1.0], [0.0, 1.0]])
    >>> geometric_index(share, np.array([0.5, 0.5])).round(9).tolist()  # 100 (1 - 0.01^0.5) = 90
    [0.0, 90.0]
    """
    return np.asarray(100 * (1 - np.prod(np.maximum(share, FLOOR) ** weight, axis=-1)))


def additive_index(share: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """``float64[...]``: the weighted mean of what is not covered."""
    return np.asarray(100 * ((1 - share) * weight).sum(axis=-1))


def worst_index(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """``float64[...]``: what is not covered of the worst service, 0 where there is no service."""
    return np.asarray(100 * (1 - share).max(axis=-1, initial=0.0))


def ranked(score: pd.Series) -> pd.Series:
    """Ranks on the index of ``score``: 1 the largest, equals (to nine decimals) share the best, NaN has none."""
    return score.round(9).rank(method="min", ascending=False).astype("Int64")


def ranked_rows(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """As :func:`ranked`, within each row of ``[d, c]``; NaN stays NaN."""
    table = pd.DataFrame(np.round(score, 9)).rank(axis=1, method="min", ascending=False)
    return table.to_numpy(dtype=float)


def percentiles(values: NDArray[np.float64], *, whole: bool = False) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """5th and 95th percentile over the first axis, NaN left out; ``whole``: values that occur, not between them.

    Examples
    --------
    >>> low, high = percentiles(np.arange(21.0)[:, None])  # 0, 1, ... 20: each step is 5 %
    >>> float(low[0]), float(high[0])
    (1.0, 19.0)
    """
    none = np.isnan(values).all(axis=0)
    filled = np.where(none, 0.0, values)
    low, high = np.nanpercentile(filled, [_LOW, _HIGH], axis=0, method="nearest" if whole else "linear")
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def random_ranks(shares: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks ``float64[d, c]`` by the geometric index of shares ``[c, s]`` under each row of weights ``[d, s]``."""
    parts = [
        ranked_rows(geometric_index(shares[None, :, :], weights[first : first + _BLOCK, None, :]))
        for first in range(0, len(weights), _BLOCK)
    ]
    return np.concatenate(parts)


def ranks_by_weights(share: pd.DataFrame, *, draws: int, seed: int) -> pd.DataFrame:
    """Intervals of ranks under random weights.

    Weights are drawn from a flat Dirichlet distribution, in which every set of weights that adds up to one is as
    likely as any other (OECD/JRC handbook on composite indicators, 2008, part 1.7).

    Parameters
    ----------
    share
        Covered shares, one row a community, one column a service.
    draws, seed
        How many sets of weights, and the seed that makes them the same each time.

    Returns
    -------
    pandas.DataFrame
        On the index of ``share``: ``rank_low``, ``rank_high`` (5th and 95th percentile) and ``top_tenth``, the share of
        draws in which a community is among the worst tenth.
    """
    covered = share.to_numpy(dtype=float)
    weights = np.random.default_rng([seed, _STREAM]).dirichlet(np.ones(covered.shape[1]), size=draws)
    ranks = random_ranks(covered, weights)
    tenth = max(1, int(np.ceil(len(share) / 10)))
    low, high = (pd.array(side, dtype="Float64").astype("Int64") for side in percentiles(ranks, whole=True))
    top = (ranks <= tenth).mean(axis=0)
    return pd.DataFrame({"rank_low": low, "rank_high": high, "top_tenth": top}, index=share.index)


def rank_agreement(scores: pd.DataFrame) -> pd.DataFrame:
    """Spearman's ``rho`` and Kendall's ``tau`` (tau-b) of each pair of the three indices, on (``variant``, ``other``).

    NaN where an index does not tell communities apart.

    Parameters
    ----------
    scores
        Columns ``index``, ``index_additive``, ``index_worst``, none of them NaN.
    """
    rows = []
    for one, other in combinations(VARIANTS, 2):
        a, b = (scores[VARIANTS[name]].to_numpy(dtype=float).round(9) for name in (one, other))
        apart = len(np.unique(a)) > 1 and len(np.unique(b)) > 1
        rho, tau = (spearman(a, b), kendall(a, b)) if apart else (np.nan, np.nan)
        rows.append((one, other, rho, tau))
    return pd.DataFrame(rows, columns=["variant", "other", "rho", "tau"]).set_index(["variant", "other"])
