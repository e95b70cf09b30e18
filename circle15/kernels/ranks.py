"""Rank correlations of two rows of numbers, without ``scipy.stats``, which takes half a second to import."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["kendall", "spearman"]


def spearman(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's rho: Pearson's correlation of the ranks, ties at their mean rank; to the last bit scipy's.

    Parameters
    ----------
    one, other
        ``float64[n]``, none NaN, each with two values at least.

    Examples
    --------
    >>> round(spearman(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 4.0, 3.0])), 9)  # 1 - 6 * 2 / (4 * 15)
    0.8
    """
    ranks = [pd.Series(values).rank().to_numpy() for values in (one, other)]
    return float(np.asarray(np.corrcoef(np.vstack(ranks)))[1, 0])


def kendall(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Kendall's tau-b: pairs in the same order less those in the other, over the pairs that are not tied.

    To the last bit scipy's. Knight, W. R. (1966), A computer method for calculating Kendall's tau with ungrouped data,
    Journal of the American Statistical Association 61: 436-439.

    Parameters
    ----------
    one, other
        ``float64[n]``, none NaN, each with two values at least.

    Examples
    --------
    >>> round(kendall(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 4.0, 3.0])), 9)  # (5 - 1) / 6
    0.666666667
    """
    first, second = (np.unique(values, return_inverse=True)[1] for values in (one, other))
    pairs = len(one) * (len(one) - 1) // 2
    in_first, in_second, in_both = _tied(first), _tied(second), _tied(first * (second.max() + 1) + second)
    ordered = pairs - in_first - in_second + in_both - 2 * _inversions(second[np.lexsort((second, first))])
    tau = ordered / np.sqrt(pairs - in_first) / np.sqrt(pairs - in_second)
    return float(min(1.0, max(-1.0, tau)))


def _tied(values: NDArray[Any]) -> int:
    """Pairs of equal values."""
    sizes = np.unique(values, return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum())


def _inversions(values: NDArray[Any]) -> int:
    """Pairs of whole numbers from 0 of which the larger stands first, counted while neighbouring blocks are merged."""
    place, span, count, width = np.arange(len(values)), int(values.max()) + 1, 0, 1
    while width < len(values):
        block, left = place // (2 * width), place // width % 2 == 0
        keys = block * span + values
        before = np.searchsorted(keys[left], keys[~left], side="right")
        count += int((np.cumsum(np.bincount(block[left]))[block[~left]] - before).sum())
        values = np.sort(keys) - block * span
        width *= 2
    return count
