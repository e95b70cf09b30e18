"""The section of a report on what a scenario changes, and whom it serves."""

from __future__ import annotations

from typing import Any

import numpy as np

from circle15.catalog import text
from circle15.catalog.phrases import change_sentences
from circle15.model.limits import FEWEST
from circle15.render.published.counts import few, tens
from circle15.render.published.privacy import drawn
from circle15.render.report.blocks import Block, Heading, Paragraph, Table, clean, field, say
from circle15.render.report.facts import Facts

__all__ = ["scenario"]


def scenario(facts: Facts) -> list[Block]:
    """The changes one by one and people left out before and after; nothing where nothing was changed."""
    plan = facts.analysis.city.scenario
    if plan is None:
        return []
    was = {} if facts.comparison is None else facts.comparison.only_before
    told = (change_sentences(facts.analysis.city, language, names_before=was) for language in ("zh", "en"))
    rows = [(str(number), clean(zh), clean(en)) for number, (zh, en) in enumerate(zip(*told, strict=True), 1)]
    fields = (field("h_serial", 0.5, "right"), field("h_change", 4), field("h_change_en", 4))
    lead = say("scenario_lead", name=clean(plan.name), count=len(rows))
    parent = say("scenario_parent", name=clean(plan.parent)) if plan.parent else None
    return [
        Heading(level=1, words=say("scenario")),
        Paragraph(words=lead),
        *([Paragraph(words=parent)] if parent else []),
        Table(words=say("scenario_changes"), fields=fields, rows=tuple(rows), splits=True),
        *_served(facts),
    ]


def _served(facts: Facts) -> list[Block]:
    """People aged 60+ left out before and after, by service, in tens."""
    if facts.comparison is None:
        return []
    totals: Any = (facts.comparison.told or facts.comparison).totals
    rows = [
        (
            facts.service(key).zh,
            few(tens(totals.loc[key, "uncovered_before"]), rough=True),
            few(tens(totals.loc[key, "uncovered_after"]), rough=True),
            _difference(tens(totals.loc[key, "uncovered_after"]), tens(totals.loc[key, "uncovered_before"])),
        )
        for key in facts.determined
        if key in totals.index
    ]
    fields = (field("h_service", 2), field("h_out_before", 1.5, "right"), field("h_out_after", 1.5, "right"),
              field("h_out_change", 1.5, "right"))  # fmt: skip
    note = say("scenario_note", limit=FEWEST)
    return [Table(words=say("scenario_served"), fields=fields, rows=tuple(rows), note=note)] if rows else []


def _difference(after: int, before: int) -> str:
    """What two numbers in tens differ by, with its sign; fewer than ten where one of them is."""
    people = int(drawn(np.array([after]))[0] - drawn(np.array([before]))[0])
    if not people:
        return "0"
    sign, size = "+" if people > 0 else "−", tens(abs(people))
    return sign + few(size) if size < FEWEST else text("people_rough", "zh", people=f"{sign}{size:,}")
