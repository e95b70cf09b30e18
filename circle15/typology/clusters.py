"""Partitions of communities by scikit-learn: KMeans, mixtures and HDBSCAN, and how firm they are.

Everything runs on one thread, over rows sorted by their features: neither the order of rows nor their ids nor the
machine's cores change a label.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Partition", "partition", "scaled"]

Numbers = NDArray[np.float64]
MOST, FEWEST = 8, 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Partition:
    """A partition of rows, and all that were tried.

    ``label`` ``int64[n]`` from 0; ``silhouette`` ``float64[n]``; ``noise`` ``bool[n]`` by HDBSCAN, None where it found
    no core; ``fits`` as in :class:`~circle15.model.verdicts.Typology`, with ``smallest``, the size of the smallest
    cluster; ``stable`` False where no partition was, ``small`` True where a cluster has too few rows.
    """

    label: NDArray[np.int64]
    silhouette: Numbers
    noise: NDArray[np.bool_] | None
    fits: pd.DataFrame
    stable: bool
    small: bool


def scaled(table: pd.DataFrame, *, clip: float) -> pd.DataFrame:
    """Columns robustly scaled: (x - median) / interquartile range, held within ``clip`` of them.

    Where more than half of the rows are equal the range is 0 and the standard deviation takes its place. Columns
    that hold one value are left out: they tell nothing apart.

    Examples
    --------
    >>> scaled(pd.DataFrame({"a": [0.0, 1, 2, 3, 40], "b": [7.0] * 5}), clip=3)["a"].tolist()  # median 2, range 1 to 3
    [-1.0, -0.5, 0.0, 0.5, 3.0]
    """
    columns = {}
    for name in table:
        values = table[name].to_numpy(dtype=float)
        if len(values) == 0 or np.ptp(values) <= 1e-9 * max(1.0, float(np.abs(values).max())):
            continue
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        spread = high - low if high > low else float(np.sqrt(np.mean((np.sort(values) - values.min()) ** 2)))
        columns[name] = np.clip((values - middle) / spread, -clip, clip).round(9)
    return pd.DataFrame(columns, index=table.index)


def partition(points: Numbers, *, seed: int, rule: Mapping[str, Any]) -> Partition:
    """Cluster rows by KMeans with the number of clusters that is firm and has the best silhouette.

    Parameters
    ----------
    points
        ``float64[n, f]``, scaled, 30 rows or so and more.
    seed
        Of all randomness.
    rule
        ``resamples``, ``stable_ari`` and ``smallest`` of ``community_types.toml``.

    Returns
    -------
    Partition
        k from 3 to 8, as far as there are as many different rows. Stable is a k whose mean adjusted Rand index over
        bootstrap resamples (fitted to the resample, compared on all rows) reaches ``stable_ari``. Of stable ones whose
        clusters all have ``smallest`` rows, or else of all stable ones, the best mean silhouette wins, at a tie the
        smaller k. Without any, the partition with the highest index.

    References
    ----------
    Rousseeuw (1987), silhouettes; Hubert and Arabie (1985), adjusted Rand index; Campello et al. (2013), HDBSCAN.
    """
    from sklearn import config_context
    from sklearn.metrics import pairwise_distances
    from threadpoolctl import threadpool_limits

    order = np.lexsort(points.T[::-1])
    rows = np.ascontiguousarray(points[order])
    back = np.argsort(order)
    # Hundreds of fits to few rows: their checks of what stands here would take as long as the fits.
    with threadpool_limits(limits=1), config_context(assume_finite=True, skip_parameter_validation=True):
        apart = pairwise_distances(rows)
        np.fill_diagonal(apart, 0.0)
        tried = _kmeans(rows, apart, seed, rule)
        mixtures = _mixtures(rows, apart, seed, list(tried))
        noise, cores = _dense(rows, apart)
    k, stable = _best(tried, rule)
    table = [{"method": "kmeans", "k": at, **fit.row, "chosen": at == k} for at, fit in tried.items()]
    fits = pd.DataFrame([*table, *mixtures, *cores]).set_index(["method", "k"])
    best = tried[k]
    return Partition(
        label=best.label[back], silhouette=best.silhouette[back], noise=None if noise is None else noise[back],
        fits=fits[["silhouette", "ari", "bic", "smallest", "chosen"]], stable=stable,
        small=best.smallest < rule["smallest"],
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    label: NDArray[np.int64]
    silhouette: Numbers
    ari: float

    @property
    def mean(self) -> float:
        return float(self.silhouette.mean())

    @property
    def smallest(self) -> int:
        return int(np.bincount(self.label).min())

    @property
    def row(self) -> dict[str, object]:
        return {"silhouette": self.mean, "ari": self.ari, "bic": np.nan, "smallest": self.smallest}


def _best(tried: Mapping[int, _Fit], rule: Mapping[str, Any]) -> tuple[int, bool]:
    """The number of clusters by the rule of :func:`partition`, and whether it is stable."""
    stable = [k for k, fit in tried.items() if fit.ari >= rule["stable_ari"]]
    large = [k for k in stable if tried[k].smallest >= rule["smallest"]]
    if not stable:
        return max(tried, key=lambda k: (round(tried[k].ari, 9), -k)), False
    return max(large or stable, key=lambda k: (round(tried[k].mean, 9), -k)), True


def _kmeans(rows: Numbers, apart: Numbers, seed: int, rule: Mapping[str, Any]) -> dict[int, _Fit]:
    """KMeans for every k, with silhouettes and the mean index of agreement of the resamples."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_samples

    most = min(MOST, len(np.unique(rows, axis=0)), len(rows) - 1)
    draws = np.random.default_rng(seed).integers(len(rows), size=(int(rule["resamples"]), len(rows)))
    partitions = {}
    for k in range(min(FEWEST, most), most + 1):
        label = KMeans(k, n_init=10, random_state=_state(seed)).fit(rows).labels_.astype(np.int64)
        scores = []
        for number, draw in enumerate(draws):
            sample = rows[draw]
            few = min(k, len(np.unique(draw)), len(np.unique(sample, axis=0)))
            fitted = KMeans(few, n_init=1, random_state=_state(seed + number)).fit(sample)
            scores.append(_adjusted_rand(label, fitted.predict(rows)))
        silhouette = silhouette_samples(apart, label, metric="precomputed")
        partitions[k] = _Fit(label=label, silhouette=silhouette, ari=float(np.mean(scores)))
    return partitions


def _adjusted_rand(labels: NDArray[np.integer], others: NDArray[np.integer]) -> float:
    """Agreement of two partitions: 1 the same, 0 as by chance, in pairs of rows (Hubert and Arabie 1985)."""
    kinds = int(others.max()) + 1
    both = np.bincount(labels * kinds + others, minlength=(int(labels.max()) + 1) * kinds).reshape(-1, kinds)
    whole, together = len(labels) ** 2 - len(labels), int((both**2).sum()) - len(labels)
    in_one, in_other = (int((both.sum(axis=axis) ** 2).sum()) - len(labels) for axis in (1, 0))
    chance = in_one * in_other
    most = whole * (in_one + in_other) - 2 * chance
    return 2 * (whole * together - chance) / most if most else 1.0


def _mixtures(rows: Numbers, apart: Numbers, seed: int, counts: list[int]) -> list[dict[str, object]]:
    """Gaussian mixtures with diagonal covariances, for comparison: the smaller BIC, the better."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import silhouette_score
    from sklearn.mixture import GaussianMixture

    table: list[dict[str, object]] = []
    for k in counts:
        mixture = GaussianMixture(k, covariance_type="diag", reg_covar=1e-2, n_init=2, random_state=_state(seed))
        with warnings.catch_warnings():  # one that does not settle gets no BIC, which says it
            warnings.simplefilter("ignore", ConvergenceWarning)
            label = mixture.fit(rows).predict(rows)
        kinds = len(np.unique(label))
        mean = float(silhouette_score(apart, label, metric="precomputed")) if 1 < kinds < len(rows) else np.nan
        bic = float(mixture.bic(rows)) if mixture.converged_ else np.nan
        smallest = int(np.bincount(label, minlength=k).min())
        table.append(
            {"method": "gmm", "k": k, "silhouette": mean, "ari": np.nan, "bic": bic, "smallest": smallest,
             "chosen": False}
        )  # fmt: skip
    return table


def _dense(rows: Numbers, apart: Numbers) -> tuple[NDArray[np.bool_] | None, list[dict[str, object]]]:
    """HDBSCAN's noise; None where more than half of the rows are, or it finds no two cores."""
    from sklearn.cluster import HDBSCAN
    from sklearn.metrics import silhouette_score

    label = HDBSCAN(min_cluster_size=max(5, len(rows) // 20), min_samples=3, copy=True).fit(rows).labels_
    kinds, noise = int(label.max()) + 1, label < 0
    core = ~noise
    mean = np.nan
    if kinds > 1 and kinds < core.sum():
        mean = float(silhouette_score(apart[np.ix_(core, core)], label[core], metric="precomputed"))
    fit = {"method": "hdbscan", "k": kinds, "silhouette": mean, "ari": np.nan, "bic": np.nan, "chosen": False}
    fit["smallest"] = int(np.bincount(label[core]).min()) if kinds else 0
    return (noise if kinds > 1 and noise.mean() <= 0.5 else None), [fit]


def _state(seed: int) -> int:
    return seed % 2**32
