"""The section of a report on seats: who comes on a day, who finds one, where they are too few however shared out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from circle15.catalog.phrases import capacity_assumptions, floating_sentences, shortage_sentences
from circle15.model.limits import FEWEST
from circle15.render.published.counts import few
from circle15.render.published.privacy import SUPPRESSED
from circle15.render.report.blocks import Block, Bullets, Heading, Paragraph, Table, clean, field, say
from circle15.render.report.facts import Facts
from circle15.render.words import Words

__all__ = ["seats"]

_PARTS = ("demand", "served", "full_in_reach", "out_of_reach", "unknown")
_MOST_SHORTAGES = 5


def seats(facts: Facts) -> list[Block]:
    """What was assumed, the four groups of people by service, shortages; nothing where no list has such a service."""
    found: Any = facts.analysis.capacity
    if not len(found):
        return []
    assumed = _both(capacity_assumptions(found, tongue, **_pack(facts)) for tongue in ("zh", "en"))
    out: list[Block] = [
        Heading(level=1, words=say("seats")),
        Paragraph(words=say("seats_lead")),
        Bullets(items=tuple(assumed)),
        _by_service(facts),
        *_floating(facts),
    ]
    short = found.shortages.index[found.shortages["short"] >= FEWEST][:_MOST_SHORTAGES]
    if not len(short):
        return out
    told = _both(shortage_sentences(found, tongue, **_pack(facts))[short] for tongue in ("zh", "en"))
    return [*out, Heading(level=2, words=say("seats_short")), Bullets(items=tuple(told))]


def _pack(facts: Facts) -> dict[str, Any]:
    return {"pack_services": facts.analysis.city.pack_services}


def _both(tongues: Any) -> list[Words]:
    """Sentences in both languages as words."""
    return [Words(zh=clean(zh), en=clean(en)) for zh, en in zip(*tongues, strict=True)]


def _floating(facts: Facts) -> list[Block]:
    """What 2SFCA uses and what can be used, of services that serve nobody, or enough people to tell."""
    found: Any = facts.analysis.capacity
    served = found.totals["served"]
    told = found.totals.index[(served == 0) | (served >= FEWEST)]
    if not len(told):
        return []
    said = _both(floating_sentences(found, tongue, **_pack(facts))[told] for tongue in ("zh", "en"))
    return [Bullets(items=tuple(said))]


def _by_service(facts: Facts) -> Table:
    found: Any = facts.analysis.capacity
    fields = (field("h_service", 2.4), field("h_seats", 1.2, "right"),
              *(field(f"h_{part}", 1.2, "right") for part in _PARTS), field("h_served_high", 1.2, "right"))  # fmt: skip
    rows = [
        (str(facts.service(key)), f"{row['seats']:,}", *(_count(row[part]) for part in (*_PARTS, "served_high")))
        for key, row in found.totals.iterrows()
    ]
    return Table(words=say("seats_table"), fields=fields, rows=tuple(rows), note=say("seats_note"))


def _count(people: Any) -> str:
    """People of bundles of ten; one to nine as such."""
    if pd.isna(people):
        return "—"
    return few(SUPPRESSED if 0 < people < FEWEST else int(people))
