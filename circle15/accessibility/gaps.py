"""Coverage -> gap scores per community, ranked; :mod:`circle15.catalog.phrases` puts them into words.

Gap in people: g = N_60plus x (1 - covered share), addable over communities. Indices and ranks per community:
:mod:`circle15.model.index`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from circle15.errors import SettingError
from circle15.model.index import additive_index, geometric_index, ranked, worst_index
from circle15.model.moment import Moment
from circle15.model.places import Communities
from circle15.model.results import Coverage, Gaps, elder_share
from circle15.refusals import refusal

__all__ = ["gaps", "worst_service"]


def gaps(
    coverage: Coverage,
    communities: Communities,
    *,
    cutoff_min: float = 15.0,
    weights: Mapping[str, float] | None = None,
    open_at: Moment | None = None,
) -> Gaps:
    """Score and rank the gaps of people aged 60 and over at one cut-off.

    Parameters
    ----------
    coverage
        From :func:`circle15.accessibility.coverage.coverage`; must hold ``cutoff_min``.
    communities
        For names.
    cutoff_min
        The circle, in minutes.
    weights
        Service weights, 1 where not given; normalised over the services with a list. A service of weight
        0 keeps its rows in ``frame`` and takes no part in ``by_community``.
    open_at
        The moment that the coverage is of; recorded in the result.

    Returns
    -------
    Gaps
        Undetermined services are no gap and take no part. Where a community has nobody aged 60 and over,
        shares are taken over all residents; where nobody could be placed they are NaN and unranked.

    Raises
    ------
    SettingError
        If the cut-off was not computed, a weight names an unknown service, or no weight is above zero.
    """
    have = coverage.frame.index.unique("cutoff_min").tolist() if len(coverage.frame) else []
    if coverage.services and cutoff_min not in have:
        raise refusal("gaps_cutoff", error=SettingError, computed=sorted(have), asked=cutoff_min)
    weight = _weights(coverage, weights or {})
    frame = _by_service(coverage, cutoff_min)
    frame["rank"] = frame.groupby("service")["uncovered"].rank(method="min", ascending=False).astype("Int64")
    by_community = _by_community(frame, communities, weight)
    return Gaps(frame=frame, by_community=by_community, weights=weight, cutoff_min=cutoff_min, open_at=open_at)


def _weights(coverage: Coverage, given: Mapping[str, float]) -> dict[str, float]:
    services, known = coverage.services, (*coverage.services, *coverage.undetermined)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise refusal("weights_unknown", error=SettingError, unknown=unknown, known=", ".join(known))
    raw = {service: float(given.get(service, 1.0)) for service in services}
    for service, value in raw.items():
        if not (np.isfinite(value) and value >= 0):
            raise refusal("weight_range", error=SettingError, service=service, value=value)
    whole = sum(raw.values())
    if services and whole <= 0:
        raise refusal("weights_nothing", error=SettingError)
    return {service: value / whole for service, value in raw.items()}


def _by_service(coverage: Coverage, cutoff_min: float) -> pd.DataFrame:
    if not coverage.services:
        return pd.DataFrame(
            columns=[
                *("elders", "uncovered", "unplaced", "undetermined", "intensity_pct", "share", "choices"),
                *("mean_min", "p90_min", "unreachable", "reached"),
            ],
            index=pd.MultiIndex.from_arrays([[], []], names=["community_id", "service"]),
            dtype=float,
        )
    at = pd.DataFrame(coverage.frame.xs(cutoff_min, level="cutoff_min"))
    share = elder_share(at)
    frame = pd.DataFrame(
        {
            "elders": at["pop_60plus"],
            "uncovered": at["pop_60plus_uncovered"],
            "unplaced": at["pop_60plus_unplaced"],
            "undetermined": at["pop_60plus_undetermined"],
            "intensity_pct": 100 * (1 - share),
            "share": share,
            "choices": at["choices"],
        }
    )
    frame = frame.join(coverage.nearest[["mean_min", "p90_min", "unreachable"]])
    frame["reached"] = frame["mean_min"].notna().groupby(level="service").transform("any")
    return frame


def _counted(weight: Mapping[str, float]) -> list[str]:
    """Services that take part in the index."""
    return [service for service, value in weight.items() if value > 0]


def _by_community(frame: pd.DataFrame, communities: Communities, weight: Mapping[str, float]) -> pd.DataFrame:
    ids = communities.frame.index
    counted = _counted(weight)
    share = frame["share"].unstack("service").reindex(index=ids, columns=counted)
    uncovered = frame["uncovered"].unstack("service").reindex(index=ids, columns=counted)
    w = np.array([weight[service] for service in share.columns], dtype=float)
    covered = share.to_numpy(dtype=float)
    known = ~np.isnan(covered).any(axis=1) & (len(weight) > 0)
    out = pd.DataFrame(index=ids)
    for column in ("name", "name_en", "subdistrict"):
        if column in communities.frame:
            out[column] = communities.frame[column]
    out["elders"] = communities.frame["pop_60plus"].astype(float)
    out["uncovered"] = uncovered.sum(axis=1, skipna=False)
    out["uncovered_worst"] = uncovered.max(axis=1)
    out["worst_service"] = worst_service(share, uncovered)
    with np.errstate(invalid="ignore"):
        out["index"] = np.where(known, geometric_index(covered, w), np.nan)
        out["index_additive"] = np.where(known, additive_index(covered, w), np.nan)
        out["index_worst"] = np.where(known, worst_index(covered), np.nan)
    for rank, score in (
        ("rank", "index"),
        ("rank_additive", "index_additive"),
        ("rank_worst", "index_worst"),
        ("rank_people", "uncovered"),
    ):
        out[rank] = ranked(out[score])
    return out.sort_index().sort_values(["rank", "rank_people"], kind="stable")


def worst_service(share: pd.DataFrame, uncovered: pd.DataFrame) -> pd.Series:
    """The service with the lowest share; of equals the one with most people uncovered, then catalogue order.

    Empty where everything is covered or nothing is known.
    """
    if share.shape[1] == 0:
        return pd.Series("", index=share.index)
    least = share.min(axis=1)
    candidate = uncovered.where(share.eq(least, axis=0), -1.0).to_numpy(dtype=float)
    named = share.columns.to_numpy()[np.nan_to_num(candidate, nan=-1.0).argmax(axis=1)]
    return pd.Series(np.where(least < 1, named, ""), index=share.index)
