"""Field checks in words: what to ask, and whom it concerns."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from circle15.catalog.phrases.parts import listed, names_in
from circle15.catalog.service import services as known_services
from circle15.catalog.words import text
from circle15.model.places import Communities
from circle15.model.service import Service

__all__ = ["check_communities", "check_questions"]

_NAMED = 6
"""So many communities are named; the rest are counted."""


def check_questions(checks: pd.DataFrame, language: str, *, pack_services: tuple[Service, ...] = ()) -> pd.Series:
    """What to ask in the field, one question each, on ``check_id``.

    Parameters
    ----------
    checks
        ``checks`` of :class:`~circle15.model.verdicts.Robustness`.
    language
        ``"zh"`` or ``"en"``.
    pack_services
        Those of the city, beside the catalogue's.
    """
    questions = [_question(row, language, pack_services) for row in checks.to_dict("records")]
    return pd.Series(questions, index=checks.index, dtype=object)


def _question(row: Mapping[Hashable, Any], language: str, pack_services: tuple[Service, ...]) -> str:
    name = row["name"] if language == "zh" else row["name_en"]
    if row["kind"] == "facility":
        titles = [getattr(known_services(pack_services)[key], f"title_{language}") for key in row["offers"]]
        return text("check_facility", language, name=name, services=listed(titles, language))
    metres = f"{row['length_m']:.0f}"
    return text(f"check_{row['kind']}", language, metres=metres, name=name or text("check_unnamed", language))


def check_communities(checks: pd.DataFrame, communities: Communities, language: str) -> pd.Series:
    """Whom each field check concerns, on ``check_id``: names of the first six communities, and how many more.

    Parameters
    ----------
    checks
        As in :func:`check_questions`.
    communities
        For names.
    language
        ``"zh"`` or ``"en"``.
    """
    names = names_in(language, communities.frame)
    rows = [
        "; ".join([*(names[key] for key in ids[:_NAMED]), *([f"+{len(ids) - _NAMED}"] if len(ids) > _NAMED else [])])
        for ids in checks["communities"]
    ]
    return pd.Series(rows, index=checks.index, dtype=object)
