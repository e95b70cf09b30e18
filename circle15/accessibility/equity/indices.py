"""Indices of inequality of a benefit among people: weighted, the same in any order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from circle15.errors import InputError
from circle15.refusals import refusal

__all__ = ["area", "concentration_index", "gini", "lorenz", "p90_p10", "palma", "quantile", "shares", "worst"]

Numbers = NDArray[np.float64]
STEPS = 100


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Gini coefficient of a benefit, 0 (all have the same) to 1: ``1 - sum((W_k - W_k-1)(L_k + L_k-1))``.

    W and L are cumulative shares of people and of the benefit, poorest first; the same as
    ``sum_ij(w_i w_j |x_i - x_j|) / (2 mean (sum w)^2)``. Of a 0/1 variable it is no more than 1 - coverage:
    :func:`~circle15.accessibility.equity.spread.equity` refuses it there.

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
    return area(*shares(*_checked(values, weights)))


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
        raise refusal("index_ranks", error=InputError, count=size, ranks=int(np.isfinite(rank).sum()))
    x, w = _checked(values, weights)
    counted = np.ones(size, dtype=bool) if weights is None else np.asarray(weights, dtype=float) > 0
    return area(*shares(x, w, rank[counted]))


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
    people, owned = shares(*_checked(values, weights))
    bottom, top = (float(np.interp(at, people, owned)) for at in (0.4, 0.9))
    return (1 - top) / bottom if bottom > 0 else float("nan")


def lorenz(values: ArrayLike, weights: ArrayLike | None = None, *, steps: int = STEPS) -> pd.DataFrame:
    """Lorenz curve: cumulative ``people`` and ``access``, poorest first, from 0 to 1, on ``step``.

    Examples
    --------
    >>> lorenz([1, 3], steps=2)["access"].tolist()  # the poorer half has a quarter
    [0.0, 0.25, 1.0]
    """
    people, owned = shares(*_checked(values, weights))
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
    low, high = (quantile(*_checked(values, weights, finite=False), share) for share in (0.1, 0.9))
    return high / low if np.isfinite(high) and low > 0 else float("nan")


def _checked(values: ArrayLike, weights: ArrayLike | None, *, finite: bool = True) -> tuple[Numbers, Numbers]:
    x = np.asarray(values, dtype=float)
    w = np.ones(x.shape) if weights is None else np.asarray(weights, dtype=float)
    if x.ndim != 1 or x.shape != w.shape:
        raise refusal("index_weights", error=InputError, count=x.size, weights=w.size)
    if (finite and not np.isfinite(x).all()) or np.isnan(x).any() or (x < 0).any():
        raise refusal("index_value", error=InputError)
    if not np.isfinite(w).all() or (w < 0).any():
        raise refusal("index_weight", error=InputError)
    return x[w > 0], w[w > 0]


def shares(x: Numbers, w: Numbers, rank: Numbers | None = None) -> tuple[Numbers, Numbers]:
    """Cumulative shares of people and of benefit from 0 to 1, one step for each rank; NaN shares of nothing."""
    by = x if rank is None else rank
    order = np.lexsort((w, x, by))
    x, w, by = x[order], w[order], by[order]
    last = np.append(np.flatnonzero(np.diff(by) != 0), len(by) - 1) if len(by) else np.empty(0, dtype=int)
    people, owned = (np.append(0.0, np.cumsum(part)[last]) for part in (w, w * x))
    if people[-1] == 0 or owned[-1] == 0:
        return np.array([0.0, 1.0]), np.array([0.0, np.nan])
    return people / people[-1], owned / owned[-1]


def area(people: Numbers, owned: Numbers) -> float:
    """One minus twice the area under a curve; exactly 0 for the diagonal."""
    lost = float(np.sum(np.diff(people) * (1 - owned[1:] - owned[:-1])))
    return 0.0 if abs(lost) < 1e-12 else lost


def quantile(x: Numbers, w: Numbers, share: float) -> float:
    """Smallest value that at least a share of the weight does not exceed; NaN of nothing."""
    order = np.lexsort((w, x))
    running = np.cumsum(w[order])
    return float(x[order][np.searchsorted(running, share * running[-1] - 1e-9)]) if len(x) else float("nan")


def worst(x: Numbers, w: Numbers, share: float) -> float:
    """Mean of the largest values of a share of people; the person on the border counts by the part inside.

    Infinite values take their place among the largest but have no mean: it is of the others, NaN without any.
    """
    order = np.lexsort((w, x))[::-1]
    wanted = share * float(w.sum())
    before = np.cumsum(w[order]) - w[order]
    part = np.clip(wanted - before, 0, w[order])
    inside = (part > 0) & np.isfinite(x[order])
    return float((part[inside] * x[order][inside]).sum() / part[inside].sum()) if inside.any() else float("nan")
