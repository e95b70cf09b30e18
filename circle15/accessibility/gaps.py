"""Coverage -> gap scores per community, ranked, each with a sentence that explains it.

Gap in people: g = N_60plus x (1 - covered share), addable over communities. Indices and ranks per community:
:mod:`circle15.model.index`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from circle15.catalog import services as known_services
from circle15.catalog import text
from circle15.catalog.phrases import moment_text, names_by_language, people_text, percent_text, service_noun
from circle15.errors import SettingError
from circle15.model.index import additive_index, geometric_index, ranked, worst_index
from circle15.model.moment import Moment
from circle15.model.places import Communities
from circle15.model.results import Coverage, Gaps
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
        The moment that the coverage is of; every sentence says it.

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
    weight = _weights(coverage.services, weights or {})
    frame = _by_service(coverage, cutoff_min)
    frame["rank"] = frame.groupby("service")["uncovered"].rank(method="min", ascending=False).astype("Int64")
    frame = _with_sentences(frame, names_by_language(communities), cutoff_min, open_at)
    by_community = _by_community(frame, communities, weight)
    for language, names in names_by_language(communities).items():
        by_community[f"sentence_{language}"] = _community_sentences(
            by_community, frame[frame.index.get_level_values("service").isin(_counted(weight))], names, language,
            cutoff_min=cutoff_min, open_at=open_at,
        )  # fmt: skip
    return Gaps(frame=frame, by_community=by_community, weights=weight)


def _weights(services: tuple[str, ...], given: Mapping[str, float]) -> dict[str, float]:
    unknown = sorted(set(given) - set(known_services()))
    if unknown:
        raise refusal("weights_unknown", error=SettingError, unknown=unknown, known=", ".join(known_services()))
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
                *("elders", "uncovered", "unplaced", "intensity_pct", "share", "choices"),
                *("mean_min", "p90_min", "unreachable"),
            ],
            index=pd.MultiIndex.from_arrays([[], []], names=["community_id", "service"]),
            dtype=float,
        )
    at = coverage.frame.xs(cutoff_min, level="cutoff_min")
    share = at["pop_60plus_share"].where(at["pop_60plus"] > 0, at["population_share"])
    frame = pd.DataFrame(
        {
            "elders": at["pop_60plus"],
            "uncovered": at["pop_60plus_uncovered"],
            "unplaced": at["pop_60plus_unplaced"],
            "intensity_pct": 100 * (1 - share),
            "share": share,
            "choices": at["choices"],
        }
    )
    return frame.join(coverage.nearest[["mean_min", "p90_min", "unreachable"]])


def _with_sentences(
    frame: pd.DataFrame, names_by: Mapping[str, pd.Series], cutoff_min: float, open_at: Moment | None
) -> pd.DataFrame:
    catalogue = known_services()
    out = frame.copy()
    some = frame["mean_min"].notna().groupby(level="service").transform("any")
    for language, names in names_by.items():
        out[f"sentence_{language}"] = [
            _sentence(
                language,
                name=names.loc[community],
                service=service_noun(catalogue[service], language, open_at),
                row=row,
                cutoff_min=cutoff_min,
                reached=reached,
            )
            for (community, service), row, reached in zip(frame.index, frame.to_dict("records"), some, strict=True)
        ]
    return out


def _sentence(
    language: str, *, name: str, service: str, row: Mapping[Hashable, Any], cutoff_min: float, reached: bool
) -> str:
    """What one community lacks; ``reached``: somebody in the city can walk to the service, at whatever distance."""
    values = {"name": name, "service": service, "cutoff": f"{cutoff_min:g}"}
    if np.isnan(row["share"]):
        return text("gaps_unplaced", language, **values)
    if row["share"] >= 1:
        return text("gaps_covered", language, **values)
    if row["elders"] <= 0:
        return text("gaps_no_elders", language, **values, percent=percent_text(row["intensity_pct"]))
    who = {"people": people_text(row["uncovered"], language), "percent": percent_text(row["intensity_pct"])}
    if np.isnan(row["mean_min"]):
        far = np.isnan(row["unreachable"])  # times beyond the cut-off were not computed
        if not (far or reached):  # nothing is listed, or open: that is no matter of ways
            return text("gaps_nobody_reaches", language, **values, **who)
        return text("gaps_beyond" if far else "gaps_no_way", language, **values, **who)
    told = text("gaps_uncovered", language, **values, **who, minutes=f"{row['mean_min']:.0f}")
    if row["unreachable"] > 0:
        told += text("gaps_some_no_way", language, people=people_text(row["unreachable"], language))
    return told


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
    out["uncovered"] = uncovered.sum(axis=1)
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


def _community_sentences(
    out: pd.DataFrame,
    frame: pd.DataFrame,
    names: pd.Series,
    language: str,
    *,
    cutoff_min: float,
    open_at: Moment | None,
) -> list[str]:
    gap = (frame["share"] < 1).groupby("community_id").sum().reindex(out.index, fill_value=0)
    known = frame["share"].notna().groupby("community_id").sum().reindex(out.index, fill_value=0)
    sentences = []
    for community, worst, missing, judged in zip(out.index, out["worst_service"], gap, known, strict=True):
        if not judged:
            sentences.append(text("gaps_nothing_known", language))
        elif not missing:
            whole = {"name": names[community], "total": judged, "cutoff": f"{cutoff_min:g}"}
            told = text("gaps_all_covered", language, **whole)
            if open_at is not None:
                told = text("gaps_at_moment", language, moment=moment_text(open_at, language), sentence=told)
            sentences.append(told)
        else:
            lead = frame[f"sentence_{language}"].loc[(community, worst)]
            sentences.append(text("gaps_community", language, lead=lead, count=missing, total=judged))
    return sentences
