"""Sections of a report on what is covered and where the gaps are."""

from __future__ import annotations

from typing import Any

import pandas as pd

from circle15.catalog import supply_routes, text
from circle15.render.published.counts import few, percent, tens
from circle15.render.published.privacy import UNKNOWN
from circle15.render.report.blocks import Block, Bullets, Field, Heading, Paragraph, Picture, Table, clean, field, say
from circle15.render.report.charts import MOST_BARS
from circle15.render.report.facts import Facts, minutes
from circle15.render.report.section_summary import ranking, service_lines
from circle15.render.tables.facilities import route_table
from circle15.render.tables.frames import subdistrict_table
from circle15.render.words import Words

__all__ = ["coverage", "gaps"]

_MOST_ROWS = 20


def coverage(facts: Facts) -> list[Block]:
    """Coverage by service and cut-off, by minutes, and on small maps."""
    out: list[Block] = [Heading(level=1, words=say("coverage"))]
    if not len(facts.published.totals):
        out.append(Paragraph(words=say("coverage_none")))
        undetermined = service_lines(facts)
        return [*out, Bullets(items=tuple(undetermined))] if undetermined else out
    out += [Paragraph(words=say("coverage_lead")), _by_service(facts)]
    if facts.analysis.coverage.undetermined:
        out.append(Paragraph(words=service_lines(facts)[-1]))
    if len(routes := route_table(facts.analysis)):
        out.append(_routes(routes))
    if "coverage_by_minutes" in facts.figures:
        out.append(Picture(stem="coverage_by_minutes", words=say("coverage_curve"), width=0.92))
    if len(facts.analysis.subdistricts):
        out.append(_subdistricts(facts))
    if "map_services" in facts.figures:
        out.append(Picture(stem="map_services", words=say("coverage_maps")))
    if len(facts.analysis.coverage.delivery):
        out.append(Paragraph(words=say("delivery_note"), look="note"))
    return out


def _by_service(facts: Facts) -> Table:
    analysis, totals = facts.analysis, facts.published.totals
    offers = analysis.city.facilities.in_service().offers()["service"].value_counts()
    cutoffs = analysis.settings.cutoffs_min
    fields = [field("h_service", 2.6), field("h_sites", 0.8, "right")]
    fields += [Field(words=say("h_within", minutes=f"{cutoff:g}"), width=1.0, align="right") for cutoff in cutoffs]
    fields += [field("h_out", 1.4, "right"), field("h_mean", 1.1, "right")]
    rows = []
    for key in (key for key in facts.determined if key in totals.index):
        row, placed = totals.loc[key], totals.loc[key, "placed"]
        shares = [percent(1 - max(row[cutoff], 0) / placed, 0) if placed > 0 else "—" for cutoff in cutoffs]
        words = facts.service(key)
        rows.append((f"{words.zh} {words.en}", f"{int(offers.get(key, 0)):,}", *shares, few(row["uncovered"]),
                     minutes(_mean(facts, key))))  # fmt: skip
    return Table(words=say("coverage_table"), fields=tuple(fields), rows=tuple(rows))


def _routes(routes: pd.DataFrame) -> Table:
    """Facilities by service and supply route, in the order of the routes."""
    known = {
        f"{route.title_zh} {route.title_en}": Words(zh=route.title_zh, en=route.title_en)
        for route in supply_routes().values()
    }
    unsaid = Words(zh=text("route_unsaid", "zh"), en=text("route_unsaid", "en"))
    heads = {
        title: words for title, words in (known | {str(unsaid): unsaid}).items() if title in set(routes["supply_route"])
    }
    fields = [field("h_service", 2.2), *(Field(words=words, width=1.0, align="right") for words in heads.values())]
    of = ["service_zh", "service_en"]
    counts: Any = routes.pivot_table(index=of, columns="supply_route", values="facilities", sort=False, fill_value=0)
    rows = [(" ".join(service), *(f"{int(row[title]):,}" for title in heads)) for service, row in counts.iterrows()]
    return Table(words=say("routes_table"), fields=tuple(fields), rows=tuple(rows))


def _mean(facts: Facts, service: str) -> float:
    """Mean minutes in the city, of those that are told of communities, weighted by their people aged 60+."""
    cells = facts.published.cells
    here = cells[cells.index.get_level_values("service") == service].dropna(subset="mean_min")
    weight = here["placed"].clip(lower=0)
    return float((here["mean_min"] * weight).sum() / weight.sum()) if weight.sum() > 0 else float("nan")


def _subdistricts(facts: Facts) -> Table:
    fields = (field("h_rank", 0.7, "right"), field("h_subdistrict", 2.4), field("h_communities", 1, "right"),
              field("h_elders", 1.3, "right"), field("h_index", 1, "right"), field("h_worst", 2.2))  # fmt: skip
    table: Any = subdistrict_table(facts.analysis).rename(columns={"index": "index_value"})
    people = facts.analysis.subdistricts.by_subdistrict["pop_60plus"].map(tens)
    rows = [
        (f"{row.rank_index:.0f}" if pd.notna(row.rank_index) else "—", clean(row.subdistrict), _counted(row),
         few(people[row.subdistrict], rough=True), f"{row.index_value:.0f}" if pd.notna(row.index_value) else "—",
         row.worst_service_zh)
        for row in table.itertuples()
    ]  # fmt: skip
    return Table(words=say("subdistrict_table"), fields=fields, rows=tuple(rows))


def _counted(row: Any) -> str:
    """Communities of a subdistrict, and of how many the people are unknown."""
    unknown = int(getattr(row, "people_unknown", 0))
    return f"{row.communities:,}" + (say("subdistrict_unknown", count=unknown).zh if unknown else "")


def gaps(facts: Facts) -> list[Block]:
    """Communities by gap index: a chart, a map, a table."""
    out: list[Block] = [Heading(level=1, words=say("gaps"))]
    ranked = facts.ranked
    if ranked.empty:
        return [*out, Paragraph(words=say("worst_none"))]
    first = ranked.iloc[0]
    lacks = facts.service(first["worst_service"]) if first["uncovered_worst"] > 0 else say("nothing_lacking")
    out.append(Paragraph(words=say("gaps_lead", community=facts.names(ranked.index[0]), index=f"{first['index']:.0f}",
                                   service=(lacks.zh, lacks.en), count=len(ranked))))  # fmt: skip
    shown = min(len(ranked), _MOST_ROWS)
    if "gap_index" in facts.figures:
        drawn = len(facts.analysis.robustness.by_community) > 0
        words = say("gaps_chart_drawn" if drawn else "gaps_chart", count=min(len(ranked), MOST_BARS))
        out.append(Picture(stem="gap_index", words=words, width=0.92))
    if "map_index" in facts.figures:
        out.append(Picture(stem="map_index", words=say("gaps_map"), width=0.86))
    table = ranking(facts, _MOST_ROWS)
    caption = say("gaps_table", count=shown) if len(ranked) > shown else say("gaps_all")
    places = facts.published.places
    unknown = places.index[places["pop_60plus"] == UNKNOWN]
    hidden = len(places) - len(unknown) - sum(facts.published.seen(str(key)) for key in places.index)
    note: Words = say("worst_note")
    if hidden:
        more = say("gaps_hidden", count=hidden)
        note = Words(zh=note.zh + more.zh, en=f"{note.en} {more.en}")
    out.append(Table(words=caption, fields=table.fields, rows=table.rows, note=note))
    return [*out, *([Paragraph(words=_unknown(facts, unknown), look="note")] if len(unknown) else [])]


def _unknown(facts: Facts, ids: Any) -> Words:
    """The communities whose people aged 60+ nobody knows, by name."""
    shown = [facts.names(key) for key in ids[:_MOST_ROWS]]
    zh, en = "、".join(name for name, _ in shown), ", ".join(name for _, name in shown)
    more = ("……", ", ...") if len(ids) > len(shown) else ("", "")
    return say("gaps_unknown", count=len(ids), names=(zh + more[0], en + more[1]))
