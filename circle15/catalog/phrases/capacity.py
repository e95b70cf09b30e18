"""Shortages of seats in words: who is short, by how much, and that no allocation changes it."""

from __future__ import annotations

import pandas as pd

from circle15.catalog.service import services as known_services
from circle15.catalog.words import text
from circle15.model.capacity import Capacity
from circle15.model.service import Service

__all__ = ["shortage_sentences"]


def shortage_sentences(found: Capacity, language: str, *, pack_services: tuple[Service, ...] = ()) -> pd.Series:
    """A sentence for each shortage, on the index of ``found.shortages``; exact numbers, for a planner's own work.

    Parameters
    ----------
    found
        From :func:`~circle15.accessibility.capacity.served.capacity`.
    language
        ``"zh"`` or ``"en"``.
    pack_services
        Those of the city, beside the catalogue's.
    """
    known = known_services(pack_services)
    sentences = [
        text(
            "capacity_shortage",
            language,
            service=getattr(known[row["service"]], f"title_{language}"),
            communities=len(row["communities"]),
            facilities=len(row["facilities"]),
            **{key: f"{row[key]:,}" for key in ("people", "seats", "short")},
        )
        for row in found.shortages.to_dict("records")
    ]
    return pd.Series(sentences, index=found.shortages.index, dtype=object)
