"""Attributions in words: what is missing for each gap, and whom each remedy would serve."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from circle15.catalog.phrases.parts import listed, names_in, people_text, service_noun
from circle15.catalog.service import services as known_services
from circle15.catalog.words import text
from circle15.model.places import Communities
from circle15.model.service import Service
from circle15.model.verdicts import Attribution

__all__ = ["remedy_sentences"]


def remedy_sentences(
    attributed: Attribution, communities: Communities, language: str, *, pack_services: tuple[Service, ...] = ()
) -> pd.Series:
    """The remedy of each gap and whom each would serve, a sentence or two, on the index of ``attributed.frame``.

    Parameters
    ----------
    attributed
        From :func:`~circle15.planning.attribution.attribution`.
    communities
        For names.
    language
        ``"zh"`` or ``"en"``.
    pack_services
        Those of the city, beside the catalogue's.
    """
    catalogue, names = known_services(pack_services), names_in(language, communities.frame)
    sentences = []
    for (community, service), row in zip(attributed.frame.index, attributed.frame.to_dict("records"), strict=True):
        left = {how: row[f"uncovered_{how}"] for how in ("gates", "link", "direct", "straight")}
        values = {
            "name": names.loc[community],
            "service": service_noun(catalogue[service], language, attributed.open_at),
            "cutoff": f"{attributed.cutoff_min:g}",
            "uncovered": people_text(row["uncovered"], language),
            **{f"by_{how}": people_text(row["uncovered"] - rest, language) for how, rest in left.items()},
            **{f"left_{how}": people_text(rest, language) for how, rest in left.items()},
        }
        if row["link_id"]:
            values["link"] = _link_words(attributed.links.loc[row["link_id"]], row["link_id"], language)
        sentence = text(f"remedy_{row['cause']}", language, **values)
        if row["cause"] == "paths":
            sentence += _joined(row, language)
        if row["link_id"] and row["cause"] not in {"gate", "link"}:
            sentence += text("remedy_best_link", language, **values)
        sentences.append(sentence)
    return pd.Series(sentences, index=attributed.frame.index, dtype=object)


def _joined(row: Mapping[Hashable, Any], language: str) -> str:
    """Which streets should be joined, as far as they have names."""
    start, end = row["from_street"], row["to_street"]
    if not (start or end):
        return ""
    if start and end and start != end:
        return text("remedy_join", language, street=start, to=end)
    return text("remedy_join_along", language, street=start or end)


def _link_words(link: pd.Series, link_id: str, language: str) -> str:
    metres = f"{link['length_m']:.0f}"
    if link["crosses"] == "open":
        return text("remedy_link_open", language, link=link_id, metres=metres)
    crosses = listed([text(f"crosses_{kind}", language) for kind in link["crosses"].split("+")], language)
    return text("remedy_link_words", language, link=link_id, metres=metres, crosses=crosses)
