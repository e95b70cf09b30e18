"""The section of a report on how sure its verdicts are, and what to check in the field."""

from __future__ import annotations

from typing import Any

import pandas as pd

from circle15.catalog.phrases import assumption_notes, check_questions
from circle15.render.published.counts import few, tens
from circle15.render.report.blocks import (
    Block,
    Bullets,
    Field,
    Heading,
    Paragraph,
    Picture,
    Table,
    clean,
    field,
    listed,
    say,
)
from circle15.render.report.facts import Facts
from circle15.render.words import Words

__all__ = ["certainty"]

VERDICTS = ("robust_gap", "likely_gap", "doubtful", "robust_pass", "undetermined")
_MOST_CHECKS = 15
_FIRST = 10


def certainty(facts: Facts) -> list[Block]:
    """Verdicts by how sure they are, the field checks that would flip one, and ranks under other weights."""
    robustness = facts.analysis.robustness
    out: list[Block] = [Heading(level=1, words=say("certainty"))]
    if not robustness.draws or not len(robustness.frame):
        out.append(Paragraph(words=say("certainty_none")))
    else:
        out += [Paragraph(words=say("certainty_lead", draws=robustness.draws, seed=robustness.seed)), _verdicts(facts)]
        notes = assumption_notes(
            robustness, facts.analysis.ledger.rules, pack_services=facts.analysis.city.pack_services
        )
        if notes:
            items = [Words(zh=clean(note["zh"]), en=clean(note["en"])) for note in notes.values()]
            out += [Paragraph(words=say("certainty_assumed")), Bullets(items=tuple(items))]
        if "map_robust" in facts.figures:
            out.append(Picture(stem="map_robust", words=say("certainty_map"), width=0.86))
        out.append(Heading(level=2, words=say("certainty_checks")))
        out += _checks(facts)
    return [*out, Heading(level=2, words=say("certainty_weights")), Paragraph(words=_weights(facts))]


def _verdicts(facts: Facts) -> Table:
    frame = facts.drawn
    counts: Any = frame.groupby([frame.index.get_level_values("service"), "verdict"]).size().unstack(fill_value=0)
    shown = [verdict for verdict in VERDICTS if verdict in counts]
    heads = [say(f"verdict_{verdict}" if verdict == "undetermined" else verdict) for verdict in shown]
    fields = [field("h_service", 2.4), *(Field(words=words, width=1.2, align="right") for words in heads)]
    rows = [
        (str(facts.service(key)), *(f"{int(counts.loc[key, verdict]):,}" for verdict in shown))
        for key in facts.known
        if key in counts.index
    ]
    return Table(words=say("certainty_table"), fields=tuple(fields), rows=tuple(rows))


def _checks(facts: Facts) -> list[Block]:
    checks = facts.analysis.robustness.checks
    if not len(checks):
        return [Paragraph(words=say("checks_none"))]
    best = checks.sort_values("rank", kind="stable").head(_MOST_CHECKS)
    questions = check_questions(best, "zh", pack_services=facts.analysis.city.pack_services)
    fields = (field("h_number", 0.8, "right"), field("h_question", 5.0), field("h_flips", 1.2, "right"),
              field("h_people", 1.3, "right"), field("h_where", 2.2))  # fmt: skip
    rows = [
        (f"{row['rank']:.0f}", clean(question), f"{row['flips']:,.0f}", few(tens(float(row["people"]))),
         f"{row['lon']:.5f}, {row['lat']:.5f}")
        for question, (_, row) in zip(questions, best.iterrows(), strict=True)
    ]  # fmt: skip
    return [Paragraph(words=say("checks_lead")),
            Table(words=say("checks_table", count=len(best)), fields=fields, rows=tuple(rows))]  # fmt: skip


def _weights(facts: Facts) -> Words:
    stability: Any = facts.analysis.stability
    if not len(stability.frame) or not stability.draws:
        return say("stability_none")
    first = facts.published.stability.sort_values("rank", kind="stable").head(_FIRST)
    steady = int((first["top_tenth"] > 0.5).sum())
    agreements = []
    for (variant, other), row in stability.agreement.iterrows():
        if pd.notna(row["rho"]):
            a, b = _variant(variant), _variant(other)
            agreements.append(say("agreement", one=(a.zh, a.en), other=(b.zh, b.en), rho=f"{row['rho']:.2f}"))
    words = listed(agreements) if agreements else Words(zh="—", en="—")
    return say("stability_line", draws=f"{stability.draws:,}", steady=steady, agreements=(words.zh, words.en))


def _variant(key: Any) -> Words:
    known = ("geometric", "additive", "worst", "people")
    return say(f"variant_{key}") if key in known else Words(zh=clean(key), en=clean(key))
