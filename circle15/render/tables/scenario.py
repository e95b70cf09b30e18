"""What a scenario changes, as the lines that a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from circle15.catalog import services
from circle15.catalog.phrases import change_sentences
from circle15.model import City
from circle15.render.words import both

__all__ = ["scenario_lines"]


def scenario_lines(
    city: City,
    moves: pd.DataFrame,
    seen: Mapping[str, tuple[float, float, float, float]],
    *,
    names_before: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Every change in both languages, what was found again elsewhere, and numbers that its author saw otherwise.

    Parameters
    ----------
    city
        As the scenario has it.
    moves
        From :func:`circle15.planning.scenario.matching.fitting`.
    seen
        By service: people left out before and after, as the author saw them and as they are today.
    names_before
        As for :func:`~circle15.catalog.phrases.change_sentences`.
    """
    told = (change_sentences(city, language, names_before=names_before) for language in ("zh", "en"))
    sentences = zip(*told, strict=True)
    for number, (zh, en) in enumerate(sentences, 1):
        yield f"{number}. {zh} {en}"
    if len(moves):
        yield "! " + str(both("scenario_moved", count=len(moves)))
        rows: Any = moves.itertuples()
        for row in rows:
            yield f"  · {row.change} {row.kind}: {row.id_before} → {row.id_after}, {row.moved_m:,.1f} m"
    known = services(city.pack_services)
    for service, (before, after, present_before, present_after) in seen.items():
        titles = (known[service].title_zh, known[service].title_en) if service in known else (service, service)
        people = {"before": f"{before:,.0f}", "after": f"{after:,.0f}", "present_before": f"{present_before:,.0f}",
                  "present_after": f"{present_after:,.0f}"}  # fmt: skip
        yield "! " + str(both("scenario_seen", service=" ".join(titles), **people))
