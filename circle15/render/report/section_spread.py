"""Sections of a report on how evenly access is spread, and on types of communities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from circle15.catalog.phrases import equity_reasons, named_groups, type_names, type_notes
from circle15.render.published.counts import few, percent, tens
from circle15.render.report.blocks import Block, Field, Heading, Paragraph, Picture, Table, clean, field, say
from circle15.render.report.facts import Facts, minutes, number
from circle15.render.words import Words

__all__ = ["spread", "types"]

_MOST_GROUPS = 25
_MOST_SERVICES = 9
"""Columns of services that fit a page beside each other; more make a second table."""


def spread(facts: Facts) -> list[Block]:
    """Gini, concentration, Palma and the worst tenth by service; Lorenz curves; groups of communities."""
    equity: Any = facts.analysis.equity
    out: list[Block] = [Heading(level=1, words=say("spread"))]
    if not len(equity.frame):
        return [*out, Paragraph(words=say("spread_none"))]
    out += [Paragraph(words=say("spread_lead")), _figures(facts)]
    if "lorenz" in facts.figures:
        out.append(Picture(stem="lorenz", words=say("lorenz"), width=0.85))
    out.append(Heading(level=2, words=say("spread_groups")))
    groups = named_groups(equity, "zh")
    if not len(groups):
        return [*out, Paragraph(words=say("groups_none"))]
    for grouping in dict.fromkeys(groups.index.get_level_values("grouping")):
        rows = groups.xs(grouping, level="grouping")
        keys = [key for key in facts.determined if key in rows.index.get_level_values("service")]
        for first in range(0, len(keys), _MOST_SERVICES):
            out.append(_group(facts, str(grouping), rows, keys[first : first + _MOST_SERVICES]))
    return out


def _figures(facts: Facts) -> Table:
    equity: Any = facts.analysis.equity
    frame = equity.frame
    fields = (field("h_service", 2.4), field("h_gini", 1, "right"), field("h_concentration", 1.1, "right"),
              field("h_palma", 1.1, "right"), field("h_p90p10", 0.9, "right"), field("h_bottom", 1.2, "right"),
              field("h_decile", 1.2, "right"))  # fmt: skip
    rows = []
    for key in (key for key in facts.known if key in frame.index):
        row = frame.loc[key]
        rows.append((str(facts.service(key)), number(row["gini"], 2), number(row["concentration"], 2),
                     number(row["palma"], 2), number(row["p90_p10"], 1), percent(row["bottom40_share"], 0),
                     minutes(row["worst_decile_min"])))  # fmt: skip
    return Table(words=say("spread_table"), fields=fields, rows=tuple(rows),
                 note=_why(equity, dashes=any("—" in row for row in rows)))  # fmt: skip


def _why(equity: Any, *, dashes: bool) -> Words | None:
    """Why some figures are dashes, or not the whole truth; each reason once."""
    zh, en = (
        list(dict.fromkeys(clean(reason) for reason in equity_reasons(equity, language) if reason))
        for language in ("zh", "en")
    )
    return Words(zh=("“—”：" if dashes else "") + "".join(zh), en=" ".join(en)) if zh else None


def _group(facts: Facts, grouping: str, groups: Any, keys: Sequence[str]) -> Table:
    """One row a group, one column a service; people in tens, groups under ten without figures."""
    fields = [field("h_group", 2.4), field("h_communities", 1, "right"), field("h_elders", 1.3, "right")]
    fields += [Field(words=Words(zh=facts.service(key).zh, en=""), width=1, align="right") for key in keys]
    rows = []
    for name in list(dict.fromkeys(groups.index.get_level_values("group")))[:_MOST_GROUPS]:
        services = groups.xs(name, level="group")
        people = float(services["pop_60plus"].iloc[0])
        shares = [percent(float(services.loc[key, "share"])) if key in services.index else "—" for key in keys]
        label = _fifth(name) if grouping == "need" else clean(name)
        rows.append((label, f"{services['communities'].iloc[0]:,.0f}", few(tens(people), rough=True), *shares))
    known = ("community_type", "priority_flag", "rural", "subdistrict", "need")
    word = say(f"grouping_{grouping}") if grouping in known else Words(zh=clean(grouping), en=clean(grouping))
    return Table(words=say("groups_table", grouping=(word.zh, word.en)), fields=tuple(fields), rows=tuple(rows))


def _fifth(place: Any) -> str:
    known = {"1": "fifth_first", "5": "fifth_last"}
    return say(known[str(place)]).zh if str(place) in known else say("fifth", place=place).zh


def types(facts: Facts) -> list[Block]:
    """Kinds of communities, described and not judged."""
    typology = facts.analysis.typology
    out: list[Block] = [Heading(level=1, words=say("types"))]
    if typology.method not in {"kmeans", "quadrants"} or not len(typology.types):
        out.append(Paragraph(words=say("types_none")))
    else:
        out += [*([] if typology.notes else [Paragraph(words=say(f"types_{typology.method}"))]), _types(facts)]
    notes = [Words(zh=clean(note["zh"]), en=clean(note["en"])) for note in type_notes(typology).values()]
    return [*out, *(Paragraph(words=words, look="note") for words in notes)]


def _types(facts: Facts) -> Table:
    table, names = facts.analysis.typology.types, type_names(facts.analysis.typology, "zh")
    kunshan = "kunshan" in table and table["kunshan"].astype(str).str.strip().ne("").any()
    fields = [field("h_number", 0.7), field("h_type", 3.4), field("h_communities", 1, "right"),
              field("h_elders", 1.2, "right"), field("h_medoid", 2)]  # fmt: skip
    if kunshan:
        fields.append(field("h_kunshan", 1.8))
    rows = []
    for name, (key, row) in zip(names, table.iterrows(), strict=True):
        medoid = row["medoid_id"]
        line = [clean(key), clean(name), f"{row['communities']:,.0f}",
                few(tens(float(row["pop_60plus"])), rough=True), facts.name(medoid) if medoid else "—"]  # fmt: skip
        rows.append((*line, clean(row["kunshan"])) if kunshan else tuple(line))
    return Table(words=say("types_table"), fields=tuple(fields), rows=tuple(rows))
