"""Seats in words: what was assumed, who is short of them and by how much, and that no allocation changes it."""

from __future__ import annotations

import pandas as pd

from circle15.catalog.service import services as known_services
from circle15.catalog.words import text
from circle15.model.capacity import Capacity, CapacityRule
from circle15.model.places import AGE_GROUP
from circle15.model.service import Service

__all__ = ["capacity_assumptions", "floating_sentences", "shortage_sentences"]


_UNIT_TIMES = {"seats": "sittings", "staff": "each"}
"""What a unit of capacity is multiplied by, where it is."""


def capacity_assumptions(found: Capacity, language: str, *, pack_services: tuple[Service, ...] = ()) -> list[str]:
    """A sentence for each service on who comes on a day and what a unit of capacity serves, each with its source.

    Parameters are those of ``shortage_sentences``.
    """
    known = known_services(pack_services)
    lines = []
    for key, rule in found.rules.items():
        times = _UNIT_TIMES.get(rule.unit, "")
        lines.append(
            text(
                f"capacity_assumed_{rule.unit}",
                language,
                service=getattr(known[key], f"title_{language}"),
                people=_who(rule.people, language),
                rate=f"{100 * rule.rate:g}",
                times=f"{getattr(rule, times):g}" if times else "",
                days=f"{rule.days:g}",
                **{f"{part}_source": _source(rule, part, language) for part in ("rate", "unit", "days")},
                times_source=_source(rule, times, language) if times else "",
            )
        )
    return lines


def _source(rule: CapacityRule, part: str, language: str) -> str:
    """Where a figure comes from; what nobody names is an assumption."""
    source = rule.sources.get(part, "assumption")
    return text("capacity_assumption", language) if source == "assumption" else source


def _who(column: str, language: str) -> str:
    """Whom a column counts."""
    age = AGE_GROUP.fullmatch(column)
    return text("capacity_aged", language, age=age[1]) if age else text("capacity_everyone", language)


def floating_sentences(found: Capacity, language: str, *, pack_services: tuple[Service, ...] = ()) -> pd.Series:
    """A sentence for each service on what 2SFCA is, how many seats it uses and how many can be used.

    On the index of ``found.totals``; parameters are those of ``shortage_sentences``.
    """
    known = known_services(pack_services)
    sentences = [
        text(
            "capacity_floating",
            language,
            service=getattr(known[key], f"title_{language}"),
            used=f"{row['floating_used']:,}",
            served=f"{row['served']:,}",
        )
        + (text("capacity_floating_unknown", language) if row["facilities_unknown"] else "")
        for key, row in zip(found.totals.index, found.totals.to_dict("records"), strict=True)
    ]
    return pd.Series(sentences, index=found.totals.index, dtype=object)


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
