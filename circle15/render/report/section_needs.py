"""Part of the section on equity: older people of some need, and an estimate of those without a service."""

from __future__ import annotations

from typing import Any

import pandas as pd

from circle15.render.published.counts import few, tens
from circle15.render.published.needs import need_counts, needs_uncovered
from circle15.render.published.privacy import UNKNOWN, drawn
from circle15.render.report.blocks import Block, Field, Heading, Table, field, say
from circle15.render.report.facts import Facts
from circle15.render.words import Words

__all__ = ["needs"]

_MOST_SERVICES = 9
"""Columns of services that fit a page beside each other; more make a second table."""
_MOST_COMMUNITIES = 5


def needs(facts: Facts) -> list[Block]:
    """Of each need the people of the city and those without each service, and where most go without; else nothing."""
    counts = need_counts(facts.published)
    left = needs_uncovered(facts.published)
    if not left.notna().to_numpy().any():
        return []
    heads = pd.DataFrame(drawn(counts.to_numpy()), index=counts.index, columns=counts.columns).where(counts != UNKNOWN)
    kept = [key for key in facts.determined if key in left.index.get_level_values("service")]
    parts = [kept[first : first + _MOST_SERVICES] for first in range(0, len(kept), _MOST_SERVICES)]
    worst = _worst(facts, heads, left)
    return [
        Heading(level=2, words=say("needs")),
        *(_city(facts, heads, left, keys) for keys in parts),
        *([worst] if worst.rows else []),
    ]


def _city(facts: Facts, heads: pd.DataFrame, left: Any, keys: list[str]) -> Table:
    """One row a need, one column a service: people not covered, over communities of which both numbers are told."""
    fields = [field("h_need", 2.2), field("h_communities", 1, "right"), field("h_heads", 1.2, "right")]
    fields += [Field(words=Words(zh=facts.service(key).zh, en=""), width=1, align="right") for key in keys]
    rows = []
    for need in left.columns:
        table = left[need].unstack("service").dropna(how="all")
        people = heads[need].reindex(table.index)
        shown = [
            few(tens(table[key].sum(min_count=1)), rough=True) if table[key].notna().any() else "—" for key in keys
        ]
        rows.append((say(str(need)).zh, f"{len(table):,}", few(tens(people.sum(min_count=1)), rough=True), *shown))
    note = say("needs_note", count=len(facts.analysis.city.communities))
    return Table(words=say("needs_table"), fields=tuple(fields), rows=tuple(rows), note=note)


def _worst(facts: Facts, heads: pd.DataFrame, left: Any) -> Table:
    """Of each need the communities of which most go without one service; by id where they are alike."""
    fields = (field("h_need", 1.8), field("h_community", 2.2), field("h_heads", 1.2, "right"),
              field("h_worst", 1.8), field("h_out", 1.2, "right"))  # fmt: skip
    rows = []
    for need in left.columns:
        table = left[need].unstack("service").reindex(columns=facts.determined)
        most = table.max(axis=1).dropna().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
        for key, people in most[most > 0].head(_MOST_COMMUNITIES).items():
            service = facts.service(table.loc[key].idxmax()).zh
            shown = [few(tens(count), rough=True) for count in (heads.loc[key, need], people)]
            rows.append((say(str(need)).zh, facts.name(key), shown[0], service, shown[1]))
    words = say("needs_worst", count=_MOST_COMMUNITIES)
    return Table(words=words, fields=fields, rows=tuple(rows))
