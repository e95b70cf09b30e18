"""The gap index of a community, of covered shares and weights of services; all from 0 (none lacks) to 100.

Geometric: ``100 (1 - prod(max(c_k, 0.01)^w_k))``, so that a total absence cannot be bought off by other services
(NORMS C6). Beside it the additive ``100 sum(w_k (1 - c_k))`` and the worst service ``100 max(1 - c_k)``. Goalposts
are fixed (none covered, all covered), never a sample's minimum and maximum.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["FLOOR", "additive_index", "geometric_index", "ranked", "ranked_rows", "worst_index"]

FLOOR = 0.01
"""Coverage below which the geometric index counts no further (NORMS C6: epsilon)."""


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
