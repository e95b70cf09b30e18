"""Gaps in words: what a community lacks of one service, and of all of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from circle15.catalog.phrases.parts import moment_text, names_in, people_text, percent_text, service_noun
from circle15.catalog.service import services as known_services
from circle15.catalog.words import text
from circle15.model.results import Gaps
from circle15.model.service import Service

__all__ = ["community_sentences", "gap_sentences"]


def gap_sentences(scored: Gaps, language: str, *, pack_services: tuple[Service, ...] = ()) -> pd.Series:
    """What each community lacks of each service, one sentence each, on the index of ``scored.frame``.

    Parameters
    ----------
    scored
        From :func:`~circle15.accessibility.gaps.gaps`; its moment is said too.
    language
        ``"zh"`` or ``"en"``.
    pack_services
        Those of the city, beside the catalogue's.
    """
    return _sentences(scored, scored.frame, language, pack_services)


def community_sentences(scored: Gaps, language: str, *, pack_services: tuple[Service, ...] = ()) -> pd.Series:
    """What each community lacks of the services that have a weight, on the index of ``scored.by_community``.

    Parameters
    ----------
    scored, language, pack_services
        As in :func:`gap_sentences`.
    """
    names = names_in(language, scored.by_community)
    worst = scored.by_community["worst_service"]
    counted = [service for service, weight in scored.weights.items() if weight > 0]
    frame = scored.frame[scored.frame.index.get_level_values("service").isin(counted)]
    gap, known = (
        of.groupby("community_id").sum().astype(int).reindex(worst.index, fill_value=0)
        for of in (frame["share"] < 1, frame["share"].notna())
    )
    lacking = gap > 0
    worst_rows = frame.loc[list(zip(worst.index[lacking], worst[lacking], strict=True))]
    leads = _sentences(scored, worst_rows, language, pack_services)
    lead_of = dict(zip(worst.index[lacking], leads, strict=True))
    sentences = []
    unknown = scored.by_community["elders"].isna()
    counts: Any = zip(worst.index, gap, known, strict=True)
    for community, missing, judged in counts:
        if unknown[community]:
            sentences.append(text("gaps_people_unknown", language, name=names[community]))
        elif not judged:
            sentences.append(text("gaps_nothing_known", language))
        elif not missing:
            whole = {"name": names[community], "total": judged, "cutoff": f"{scored.cutoff_min:g}"}
            sentence = text("gaps_all_covered", language, **whole)
            if scored.open_at is not None:
                moment = moment_text(scored.open_at, language)
                sentence = text("gaps_at_moment", language, moment=moment, sentence=sentence)
            sentences.append(sentence)
        elif judged == 1:
            sentences.append(lead_of[community])
        else:
            extent = "gaps_community_all" if missing == judged else "gaps_community"
            sentences.append(text(extent, language, lead=lead_of[community], count=missing, total=judged))
    return pd.Series(sentences, index=worst.index, dtype=object)


def _sentences(scored: Gaps, rows: pd.DataFrame, language: str, pack_services: tuple[Service, ...]) -> pd.Series:
    """One sentence for each row of ``scored.frame``."""
    catalogue = known_services(pack_services)
    names = names_in(language, scored.by_community)
    sentences = [
        _sentence(
            language,
            name=names.loc[community],
            service=service_noun(catalogue[service], language, scored.open_at),
            row=row,
            cutoff_min=scored.cutoff_min,
        )
        for (community, service), row in zip(rows.index, rows.to_dict("records"), strict=True)
    ]
    return pd.Series(sentences, index=rows.index, dtype=object)


def _sentence(language: str, *, name: str, service: str, row: Mapping[Hashable, Any], cutoff_min: float) -> str:
    values = {"name": name, "service": service, "cutoff": f"{cutoff_min:g}"}
    if np.isnan(row["share"]):
        placed = "gaps_adrift" if row["undetermined"] > 0 else "gaps_unplaced"
        return text("gaps_people_unknown" if np.isnan(row["elders"]) else placed, language, **values)
    if row["share"] >= 1:
        return text("gaps_covered", language, **values) + _adrift(row, language)
    if row["elders"] <= 0:
        return text("gaps_no_elders", language, **values, percent=percent_text(row["intensity_pct"]))
    who = {"people": people_text(row["uncovered"], language), "percent": percent_text(row["intensity_pct"])}
    if np.isnan(row["mean_min"]):
        far = np.isnan(row["unreachable"])  # times beyond the cut-off were not computed
        if not (far or row["reached"]):  # nothing is listed, or open: that is no matter of ways
            return text("gaps_nobody_reaches", language, **values, **who)
        return text("gaps_beyond" if far else "gaps_no_way", language, **values, **who)
    sentence = text("gaps_uncovered", language, **values, **who, minutes=f"{row['mean_min']:.0f}")
    if row["unreachable"] > 0:
        sentence += text("gaps_some_no_way", language, people=people_text(row["unreachable"], language))
    return sentence + _adrift(row, language)


def _adrift(row: Mapping[Hashable, Any], language: str) -> str:
    """Of whom the map cannot tell; nothing where it can of everybody."""
    if not row["undetermined"] > 0:
        return ""
    return text("gaps_some_adrift", language, people=people_text(row["undetermined"], language))
