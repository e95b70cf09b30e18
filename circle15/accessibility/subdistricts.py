"""Coverage by subdistrict (街道): sums of people over communities, and an index of the sums.

People add up: covered, uncovered, unplaced and undetermined of a subdistrict are those of its communities. Shares and
indices do not: a subdistrict's share is its covered people over its placed people, sum(covered_c) /
sum(covered_c + uncovered_c), which weights every community by its people, and its index is the communities'
formula with these shares, 100 x (1 - prod(max(C_k, 0.01)^w_k)), never a mean of their indices. Communities whose people
nobody knows are in no sum and are counted; a subdistrict of such communities alone is undetermined.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from circle15.accessibility.gaps import worst_service
from circle15.model.index import geometric_index, ranked
from circle15.model.places import Communities
from circle15.model.results import Coverage, Subdistricts, elder_share

__all__ = ["NO_SUBDISTRICT", "by_subdistrict"]

NO_SUBDISTRICT = "（未填街道）"
"""Stands for the subdistrict of communities that name none."""
_PARTS = ("covered", "uncovered", "unplaced", "undetermined")


def by_subdistrict(
    coverage: Coverage, communities: Communities, *, cutoff_min: float = 15.0, weights: Mapping[str, float]
) -> Subdistricts:
    """Sum coverage over the communities of each subdistrict.

    Parameters
    ----------
    coverage
        From :func:`circle15.accessibility.coverage.coverage`.
    communities
        Whose ``subdistrict`` counts; those that name none are counted as :data:`NO_SUBDISTRICT`.
    cutoff_min
        The circle that the index is of, in minutes.
    weights
        Of services, as :class:`~circle15.model.results.Gaps` holds them.

    Returns
    -------
    Subdistricts
        Empty where no community names a subdistrict.
    """
    given = communities.subdistricts
    if not (given != "").any():
        return Subdistricts()
    name = given.where(given != "", NO_SUBDISTRICT).astype(object)
    people = [column for column in communities.people if column in coverage.frame]
    columns = [column for column_of in people for column in (column_of, *(f"{column_of}_{part}" for part in _PARTS))]
    keys = [
        name.reindex(coverage.frame.index.get_level_values("community_id")).rename("subdistrict").to_numpy(),
        coverage.frame.index.get_level_values("service"),
        coverage.frame.index.get_level_values("cutoff_min"),
    ]
    sums = coverage.frame[columns].groupby(keys, sort=True).sum(min_count=1)
    sums.index.names = ["subdistrict", "service", "cutoff_min"]
    for column_of in people:
        placed = sums[f"{column_of}_covered"] + sums[f"{column_of}_uncovered"]
        sums[f"{column_of}_share"] = (sums[f"{column_of}_covered"] / placed).where(placed > 0)
    scored = _scored(sums, communities, name, cutoff_min, weights)
    return Subdistricts(frame=sums, by_subdistrict=scored, named=name.rename("subdistrict"))


def _scored(
    sums: pd.DataFrame, communities: Communities, name: pd.Series, cutoff_min: float, weights: Mapping[str, float]
) -> pd.DataFrame:
    """One row per subdistrict: communities, people, of how many unknown, person-services uncovered, index, rank."""
    grouped = communities.frame.groupby(name.to_numpy(), sort=True)
    out = pd.DataFrame({"communities": grouped.size(), **grouped[list(communities.people)].sum(min_count=1)})
    out["people_unknown"] = communities.people_unknown.groupby(name.to_numpy()).sum().astype("int64")
    out.index.name = "subdistrict"
    if "subdistrict_en" in communities.frame:
        out["subdistrict_en"] = communities.subdistricts_en.reindex(out.index).fillna("")
    counted = [service for service, weight in weights.items() if weight > 0]
    at = sums[sums.index.get_level_values("cutoff_min") == cutoff_min].droplevel("cutoff_min")
    known = elder_share(at)
    share = known.unstack("service").reindex(index=out.index, columns=counted)
    uncovered = at["pop_60plus_uncovered"].unstack("service").reindex(index=out.index, columns=counted)
    w = np.array([weights[service] for service in counted], dtype=float)
    judged = ~share.isna().any(axis=1).to_numpy() & (len(counted) > 0)
    out["uncovered"] = uncovered.sum(axis=1, skipna=False)
    out["worst_service"] = worst_service(share, uncovered)
    out["index"] = np.where(judged, geometric_index(share.to_numpy(dtype=float), w / w.sum() if len(w) else w), np.nan)
    out["rank"] = ranked(out["index"])
    return out.sort_index().sort_values("rank", kind="stable")
