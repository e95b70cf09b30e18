"""The last sections of a report: data quality, what cannot be computed, cards of communities, glossary."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from circle15.catalog.norm_books import not_computed
from circle15.catalog.norm_words import mark_words
from circle15.model.limits import FEWEST
from circle15.model.norms import Rule
from circle15.render.published.counts import few, percent
from circle15.render.report.blocks import Block, Bullets, Heading, NewPage, Paragraph, Table, clean, field, listed, say
from circle15.render.report.facts import Facts, number
from circle15.render.report.section_causes import remedy
from circle15.render.report.section_clauses import measured, required
from circle15.render.words import SEVERITIES, Words, by_severity, counted, lost_rows, role_words

__all__ = ["cards", "glossary", "limits", "quality"]

_MOST_FINDINGS, _MOST_CLAUSES, _MOST_CUT = 30, 4, 30
_CARDS = 5
_TERMS = (
    "circle", "cutoff", "share", "gap", "services", "index", "interval", "mean", "undetermined", "indicative", "robust",
    "gini", "concentration", "palma", "few", "unplaced", "synthetic",
)  # fmt: skip


def quality(facts: Facts) -> list[Block]:
    """Files with the rows read and used, findings with their remedies, communities that the street file cuts."""
    findings = facts.analysis.findings
    counts = counted(findings)
    parts = listed(
        [say(f"quality_count_{severity}", count=counts[severity]) for severity in SEVERITIES if counts[severity]]
        or [say("quality_nothing_said")]
    )
    words = say("quality_lead", parts=(parts.zh, parts.en))
    out: list[Block] = [Heading(level=1, words=say("quality")), Paragraph(words=words), _files(facts)]
    shown = [finding for finding in by_severity(findings) if finding.severity != "note"] or by_severity(findings)
    if not shown:
        return [*out, Paragraph(words=say("quality_no_findings")), *_cut(facts)]
    fields = (field("h_severity", 1), field("h_finding", 5), field("h_todo", 3.6))
    rows = []
    for finding in shown[:_MOST_FINDINGS]:
        place = clean(finding.file) + (f" {say('quality_row', row=finding.row).zh}" if finding.row is not None else "")
        message = _few_people().sub(say("few_share").zh, finding.message_zh)
        rows.append((say(f"severity_{finding.severity}").zh, clean(f"{place}：{message}" if place else message),
                     clean(finding.remedy_zh)))  # fmt: skip
    return [*out, Table(words=say("quality_findings"), fields=fields, rows=tuple(rows)), *_cut(facts)]


@cache
def _few_people() -> re.Pattern[str]:
    """One to nine people, as a Chinese sentence counts them."""
    counters = "|".join(say("people_counters").zh.split("、"))
    return re.compile(rf"(?<![\d.,，])(?:{'|'.join(map(str, range(1, FEWEST)))})(?:{counters})")


def _cut(facts: Facts) -> list[Block]:
    """Communities whose circles leave the street file, the most people first, in tens; nothing where none do."""
    cut = facts.analysis.circle_cut
    if not len(cut) or not (cut["circle_cut"] > 0).any():
        return []
    leaving = cut[cut["circle_cut"] > 0].sort_index(kind="stable")
    worst = leaving.sort_values("circle_cut", ascending=False, kind="stable").head(_MOST_CUT)
    fields = (field("h_community", 2.4), field("h_subdistrict", 1.6), field("h_cut", 1.4, "right"),
              field("h_elders", 1.3, "right"))  # fmt: skip
    rows = [
        (facts.name(key), facts.subdistrict(key), few(people, rough=True), few(elders, rough=True))
        for key, people, elders in facts.published.more.loc[worst.index, [*cut]].itertuples(name=None)
    ]
    words = say("quality_cut", count=len(leaving), shown=len(rows))
    return [Table(words=words, fields=fields, rows=tuple(rows), note=say("quality_cut_note"))]


def _files(facts: Facts) -> Block:
    files = facts.analysis.city.files
    if not files:
        return Paragraph(words=say("quality_no_files"))
    fields = (field("h_file", 2.6), field("h_nature", 1), field("h_read", 1, "right"), field("h_used", 1, "right"),
              field("h_lost", 3.8))  # fmt: skip
    rows = []
    for record in files:
        lost = "；".join(clean(part.told.zh) for part in lost_rows(record)) or "—"
        rows.append((clean(record.file), role_words(record).zh, f"{record.rows_read:,}", f"{record.rows_used:,}", lost))
    return Table(words=say("quality_files"), fields=fields, rows=tuple(rows))


def limits(facts: Facts) -> list[Block]:
    """What maps and tables cannot tell, and services without a list."""
    items = [
        Words(zh=f"{entry.title_zh}：{entry.why_zh}", en=f"{entry.title_en}: {entry.why_en}")
        for entry in not_computed()
    ]
    items.append(say("limit_osm"))
    unknown = [facts.service(key) for key in facts.analysis.coverage.undetermined]
    if unknown:
        zh, en = "、".join(entry.zh for entry in unknown), ", ".join(entry.en for entry in unknown)
        items.append(say("undetermined", services=(zh, en)))
    return [Heading(level=1, words=say("limits")), Paragraph(words=say("limits_lead")), Bullets(items=tuple(items))]


def cards(facts: Facts) -> list[Block]:
    """A card for each of the communities with the largest gaps."""
    ranked = facts.ranked.head(_CARDS)
    out: list[Block] = [NewPage(), Heading(level=1, words=say("cards"))]
    if ranked.empty:
        return [*out, Paragraph(words=say("worst_none"))]
    out.append(Paragraph(words=say("cards_lead", count=len(ranked))))
    for key, row in ranked.iterrows():
        out += _card(facts, key, row)
    return out


def _card(facts: Facts, key: Any, row: Any) -> list[Block]:
    places = facts.published.places.loc[key]
    frame = facts.analysis.city.communities.frame
    kind = frame["community_type"].get(key) if "community_type" in frame else None
    subdistrict = facts.subdistrict(key)
    words = say("card_facts", rank=f"{row['rank']:.0f}", index=f"{row['index']:.0f}", people=few(places["population"]),
                elders=few(places["pop_60plus"]), subdistrict=subdistrict,
                type=f"，{clean(kind)}" if isinstance(kind, str) and kind else "")  # fmt: skip
    name = facts.name(key)
    english = frame["name_en"].get(key) if "name_en" in frame else ""
    english = clean(english) if isinstance(english, str) and clean(english) != name else ""
    out: list[Block] = [Heading(level=3, words=Words(zh=name, en=english)),
                        Paragraph(words=Words(zh=words.zh.rstrip("；，"), en=""))]  # fmt: skip
    table = _services(facts, key)
    if table is not None:
        out.append(table)
    if len(facts.analysis.ledger):
        out.append(Paragraph(words=_failed(facts, key), look="note"))
    return out


def _services(facts: Facts, key: Any) -> Table | None:
    cells, robust, routes = facts.published.cells, facts.drawn, facts.walks
    fields = [field("h_service", 1.9), field("h_share", 0.9, "right"), field("h_out", 1.0, "right"),
              field("h_mean", 1.0, "right")]  # fmt: skip
    walked = len(routes) > 0
    if walked:
        fields.append(field("h_walk", 3.1))
    if len(robust):
        fields.append(field("h_certainty", 1.2))
    missing = facts.missing
    if len(missing):
        fields.append(field("h_remedy", 5.0))
    rows = []
    for service in (candidate for candidate in facts.determined if (key, candidate) in cells.index):
        cell = cells.loc[(key, service)]
        cells_of_row = [facts.service(service).zh, percent(cell["share"]), few(cell["uncovered"], rough=True),
                number(cell["mean_min"], 0)]  # fmt: skip
        if walked:
            cells_of_row.append(_walk(facts, key, service))
        if len(robust):
            known = str(robust["verdict"].get((key, service), ""))
            cells_of_row.append(say(f"verdict_{known}" if known == "undetermined" else known).zh if known else "—")
        if len(missing):
            cells_of_row.append(remedy(facts, missing.loc[(key, service)]) if (key, service) in missing.index else "")
        rows.append(tuple(cells_of_row))
    words = say("card_table", community=facts.names(key))
    return Table(words=words, fields=tuple(fields), rows=tuple(rows), splits=True) if rows else None


def _walk(facts: Facts, key: Any, service: str) -> str:
    routes = facts.walks
    if (key, service) not in routes.index:
        return "—"
    row = routes.loc[(key, service)]
    site = facts.analysis.city.facilities.frame["name"].get(row["facility_id"], row["facility_id"])
    return say("walk_told", facility=clean(site), metres=f"{row['metres']:,.0f}", minutes=f"{row['minutes']:.0f}").zh


def _conventions_last(standing: Any) -> Any:
    return standing == "project"


def _failed(facts: Facts, key: Any) -> Words:
    ledger = facts.analysis.ledger
    unit = facts.verdicts.index.get_level_values("unit_id") == str(key)
    judged = facts.verdicts[unit & (facts.verdicts.index.get_level_values("level") == "community")]
    rules: dict[str, Rule] = {rule.clause_id: rule for rule in ledger.rules}
    clauses = []
    failed = judged[judged["verdict"] == "fail"].sort_values("standing", kind="stable", key=_conventions_last)
    for (_, _, clause), row in failed.iterrows():
        rule = rules[str(clause)]
        mark = f"，{mark_words(rule.mark, 'zh')}" if rule.mark else ""
        number = f"，{say('feasible', numbers=row['feasible']).zh}" if row["feasible"] else ""
        values = {"observed": measured(rule, row), "required": required(rule), "remarks": number + mark}
        clauses.append(say("clause_failed", clause=clean(rule.title_zh), **values).zh)
    more = say("clauses_more", count=len(clauses) - _MOST_CLAUSES).zh if len(clauses) > _MOST_CLAUSES else ""
    return say("card_failed", clauses="；".join(clauses[:_MOST_CLAUSES]) + more) if clauses else say("card_failed_none")


def glossary(facts: Facts) -> list[Block]:
    """Every term that a reader without the software meets."""
    del facts  # the same in every report
    rows = []
    for key in _TERMS:
        words = say(f"g_{key}")
        term, _, meaning = words.zh.partition("｜")
        rows.append((term, f"{meaning} {words.en}"))
    fields = (field("h_term", 1.4), field("h_meaning", 6))
    return [
        NewPage(),
        Heading(level=1, words=say("glossary")),
        Table(words=say("glossary"), fields=fields, rows=tuple(rows)),
    ]
