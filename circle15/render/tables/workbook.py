"""``gaps.xlsx``: the gap list as a planner's workbook, one sheet a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from circle15.catalog import services
from circle15.catalog import text as phrase
from circle15.catalog.palette import colours
from circle15.catalog.phrases import action_sentences, assumption_notes, headline
from circle15.model import Analysis, Check, City
from circle15.model.limits import MIDDLE_OF_FEW
from circle15.model.places import PEOPLE
from circle15.render.published.privacy import SUPPRESSED, UNKNOWN
from circle15.render.published.told import Published, publish
from circle15.render.tables.actions import action_table
from circle15.render.tables.book import Book, Sheet
from circle15.render.tables.capacity import capacity_sheets
from circle15.render.tables.columns import columns
from circle15.render.tables.facilities import facility_table, route_table
from circle15.render.tables.frames import (
    community_table,
    gap_table,
    service_table,
    source_table,
    subdistrict_gap_table,
    subdistrict_table,
)
from circle15.render.tables.ledger import ledger_method, ledger_sheets
from circle15.render.tables.quality import column_table, conflict_table, file_table, finding_table, match_table
from circle15.render.tables.style import block, head, house, page, put, table_sheet
from circle15.render.tables.verdicts import verdict_sheets
from circle15.render.words import both

__all__ = ["quality_bytes", "workbook_bytes"]


def workbook_bytes(analysis: Analysis | Published) -> bytes:
    """Return the workbook, with the figures that page and report tell; the same analysis gives the same bytes.

    Sheets: summary, what would help most (where somebody lacks something), communities, subdistricts (where there are
    any), gaps (community x service), capacity (where a list has a service with seats), ledger, compliance and what is
    not computed (where clauses were judged), what verdicts rest on (links, field checks, equity, types: where there are
    any), facilities, data quality, files, merged and doubtful facilities (where there are any), method.
    Text from outside is stored as text, never as a formula.
    """
    book, published = Book(), publish(analysis)
    few = published.places.index[published.places["pop_60plus"] != UNKNOWN].difference(published.told)
    analysis = published.analysis
    _summary(book, analysis, published)
    if len(analysis.actions):
        hidden = () if analysis.city.costs else ("cost", "currency")
        shown = [key for key in _ACTIONS if key not in hidden]
        table_sheet(book, analysis.city, "actions", _present(action_table(analysis), shown))
    when, communities = _when(analysis), _outlined(_few(community_table(analysis), few))
    for key, beside, table in (
        ("communities", when, communities),
        ("gaps", when, _present(_spoken(_few(gap_table(analysis), few)), _GAPS)),
        ("facilities", "", _facilities(analysis)),
        ("quality", "", finding_table(analysis.findings)),
        ("files", "", file_table(analysis.city.files)),
    ):
        table_sheet(book, analysis.city, key, table, beside=beside)
        if key == "communities" and len(analysis.subdistricts):
            _subdistricts(book, analysis)
        if key == "gaps":
            capacity_sheets(book, analysis)
            ledger_sheets(book, analysis)
            verdict_sheets(book, analysis)
    _lists(book, analysis.city)
    _method(book, analysis)
    return book.to_bytes(f"{analysis.city.title_zh} {analysis.city.title_en}")


def _few(table: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """A table that says of communities of few people that nothing is told of them."""
    of = table["community_id"].isin(ids)
    if "status" in table:
        of &= table["status"] == "determined"
        table.loc[of, "status"] = "not_told"
    for language in ("zh", "en"):
        table.loc[of, f"sentence_{language}"] = phrase("gaps_not_told", language)
    return table


def _when(analysis: Analysis) -> str:
    """What a heading says of the moment that was asked for."""
    at = analysis.settings.open_at
    if at is None:
        return ""
    return f" · {both('open_facilities', moment=(at.zh, at.en))}"


def quality_bytes(check: Check) -> bytes:
    """Return the data-quality workbook of a city that was read and not analysed: findings, files, columns, layers.

    The same input gives the same bytes; text from outside is stored as text.
    """
    book = Book()
    table_sheet(book, check.city, "quality", finding_table(check.findings))
    table_sheet(book, check.city, "files", file_table(check.files))
    table_sheet(book, check.city, "columns", column_table(check.files))
    if check.city is not None:
        _lists(book, check.city)
        table_sheet(book, check.city, "layers", source_table(check.city)[[*_SOURCES]])
    return book.to_bytes(f"{check.title_zh} {check.title_en}")


_ACTIONS = (
    "action_id", "action_zh", "action_en", "gain", "step", "added", "same_people", "certainty", "cost", "currency",
    "turned", "lon", "lat",
)  # fmt: skip
_GAPS = (
    "rank_index", "name", "name_en", "service_zh", "service_en", "status", "pop_60plus", "share", "uncovered",
    "intensity_pct", "rank", "required", "share_low", "share_high", "p_below", "robust_verdict",
    "mean_min", "p90_min", "choices", "unreachable", "pop_60plus_unplaced", "pop_60plus_undetermined",
    "pop_60plus_delivered", "pop_60plus_either", "open_at",
    "population", "population_share", "population_uncovered", "sentence_zh", "sentence_en",
    "cause", "link_id", "uncovered_gates", "uncovered_link", "uncovered_direct", "uncovered_straight",
    "uncovered_visitor", "uncovered_closed", "remedy_zh", "remedy_en",
)  # fmt: skip


# -- sheets ---------------------------------------------------------------------------------------


def _summary(book: Book, analysis: Analysis, published: Published) -> None:
    sheet = book.sheet(str(both("sheet_summary")))
    city, settings, profile = analysis.city, analysis.settings, analysis.profile
    people = city.communities.frame
    row = head(sheet, city, f"{city.title_zh} {city.title_en} · {both('heading_summary')}{_when(analysis)}", 9)
    row = _findings(sheet, row, analysis)
    cutoffs = " / ".join(f"{cutoff:g}" for cutoff in settings.cutoffs_min)
    walker = both("walker_speed", walker=(profile.title_zh, profile.title_en), speed=f"{profile.speed_mps:g}")
    facts: list[tuple[str, Any, str]] = [
        ("communities", len(people), "#,##0"),
        ("population", published.people, "#,##0"),
        ("elders", published.elders, "#,##0"),
        *_unknown(people),
        ("facilities", len(city.facilities), "#,##0"),
        ("network", round(city.network.total_km, 1), "#,##0.0"),
        ("walker", str(walker), "General"),
        ("cutoffs", cutoffs, "General"),
        ("review", city.review_number or str(both("to_fill")), "General"),
    ]
    for key, value, number in facts:
        put(sheet, row, 0, str(both(f"fact_{key}")), house(sheet, bold=True))
        put(sheet, row, 2, value, house(sheet, num_format=number, align="left"))
        row += 1
    row = block(sheet, row + 1, str(both("part_services")), _spoken(_by_service(analysis, published)), _WIDTHS)
    if len(routes := route_table(analysis)):
        row = block(sheet, row + 1, str(both("part_routes")), routes, _WIDTHS)
    row = block(sheet, row + 1, str(both("part_top")), _top(analysis), _WIDTHS)
    block(sheet, row + 1, str(both("part_sources")), source_table(analysis.city)[[*_SOURCES]], _WIDTHS)
    for place, width in enumerate(_WIDTHS):
        sheet.width(place, width)
    page(sheet, header_row=None)


_STEPS = 3
"""So many steps of the ranked list stand in the summary."""
_QUIET = colours("house")["quiet"]


def _findings(sheet: Sheet, row: int, analysis: Analysis) -> int:
    """Who lacks how much, and the first steps of what would help most; return the next free row."""
    for number, lines in enumerate(zip(*(_said(analysis, language) for language in ("zh", "en")), strict=True)):
        for line, look in zip(lines, (house(sheet, bold=not number), house(sheet, color=_QUIET)), strict=True):
            put(sheet, row, 0, line, look)
            row += 1
    return row + 1


def _said(analysis: Analysis, language: str) -> list[str]:
    actions, city = analysis.actions, analysis.city
    lack = headline(actions, city.communities, language, pack_services=city.pack_services)[:1]
    if not len(actions):
        return lack
    steps = actions.frame["step"].sort_values().index[:_STEPS]
    return [*lack, *action_sentences(actions, city.communities, language, pack_services=city.pack_services)[steps]]


def _by_service(analysis: Analysis, published: Published) -> pd.DataFrame:
    """The table of services with the city's totals as they are told."""
    table, totals = service_table(analysis), published.totals
    table.index = pd.Index(list(services(analysis.city.pack_services)))
    known = [key for key in table.index if key in totals.index]
    placed, out = (totals.loc[known, column].clip(lower=0).astype(float) for column in ("placed", "uncovered"))
    table.loc[known, "uncovered"] = totals.loc[known, "uncovered"].replace(SUPPRESSED, MIDDLE_OF_FEW).astype(float)
    table.loc[known, "pop_60plus_covered"] = (placed - out).clip(lower=0)
    table.loc[known, "share"] = (1 - out / placed.where(placed > 0)).clip(lower=0).round(4)
    for column in ("pop_60plus_unplaced", "pop_60plus_undetermined"):
        table[column] = 10 * (table[column] / 10).round()
    return table


def _unknown(people: pd.DataFrame) -> list[tuple[str, Any, str]]:
    """How many communities are in no total for want of people; nothing where all are known."""
    count = int(people[list(PEOPLE)].isna().any(axis=1).sum())
    return [("unknown", count, "#,##0")] if count else []


def _subdistricts(book: Book, analysis: Analysis) -> None:
    """People of communities summed by subdistrict: the index of the sums, then every service and cut-off."""
    sheet = book.sheet(str(both("sheet_subdistricts")))
    row = head(sheet, analysis.city, both("heading_subdistricts").heading, 8)
    row = block(sheet, row, str(both("part_by_index")), subdistrict_table(analysis))
    spoken = subdistrict_gap_table(analysis).drop(columns=["service", "profile"])  # keys, for the CSV
    block(sheet, row + 1, str(both("part_by_cutoff")), spoken)
    for place in range(15):
        sheet.width(place, 15)
    page(sheet, header_row=None)


_SOURCES = ("label_zh", "label_en", "date", "licence", "attribution", "file", "synthetic")


def _lists(book: Book, city: City) -> None:
    """What facility lists have in common and where they differ, where there is something to say."""
    for key, table in (("conflicts", conflict_table(city.facilities)), ("matches", match_table(city.facilities))):
        if len(table):
            table_sheet(book, city, key, table)


def _top(analysis: Analysis) -> pd.DataFrame:
    keys = ("name", "name_en", "rank_index", "index", "pop_60plus", "uncovered_worst", "worst_service_zh")
    return _present(community_table(analysis).head(10), keys)


def _facilities(analysis: Analysis) -> pd.DataFrame:
    """Facilities, with words for how they stand to the streets."""
    table = facility_table(analysis)
    return table.assign(position=[str(both(f"position_{key}")) for key in table["position"]])


def _outlined(table: pd.DataFrame) -> pd.DataFrame:
    """Communities, with words for where their outlines and their people come from."""
    if "outline" in table:
        table["outline"] = [str(both(f"outline_{key}")) if key else "" for key in table["outline"].fillna("")]
    if "people_basis" in table:
        table["people_basis"] = [
            str(both(f"people_basis_{key}")) if key else "" for key in table["people_basis"].fillna("")
        ]
    return table


def _spoken(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose keys of a service's state are words in both languages."""
    spoken = table.assign(status=[str(both(f"state_{status}")) for status in table["status"]])
    if "robust_verdict" in spoken:
        spoken["robust_verdict"] = [
            str(both(f"verdict_{verdict}" if verdict == "undetermined" else verdict))
            for verdict in spoken["robust_verdict"]
        ]
    if "cause" in spoken:
        spoken["cause"] = [str(both(f"cause_{cause}")) if cause else "" for cause in spoken["cause"].fillna("")]
    return spoken


_WIDTHS = (24, 24, 22, 13, 15, 15, 17, 17, 28)


def _present(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Those of the named columns that the table has."""
    return table[[key for key in keys if key in table.columns]]


def _method(book: Book, analysis: Analysis) -> None:
    sheet = book.sheet(str(both("sheet_method")))
    row = head(sheet, analysis.city, both("heading_method").heading, 3)
    wrapped = house(sheet, text_wrap=True, valign="top")
    for zh, en in _method_lines(analysis):
        put(sheet, row, 0, zh, wrapped)
        put(sheet, row, 1, en, wrapped)
        sheet.grid.set_row(row, 15 * max(1, -(-len(zh) // 27), -(-len(en) // 68)))
        row += 1
    noted = [(entry.header.replace("\n", " "), entry) for entry in columns().values() if entry.note_zh]
    row += 1
    put(sheet, row, 0, str(both("part_columns")), house(sheet, bold=True, size=12))
    for header, entry in noted:
        row += 1
        put(sheet, row, 0, f"{header}：{entry.note_zh}", wrapped)
        put(sheet, row, 1, entry.note_en, wrapped)
        sheet.grid.set_row(row, 15 * max(1, -(-(len(header) // 2 + len(entry.note_zh)) // 27)))
    sheet.width(0, 60)
    sheet.width(1, 72)
    page(sheet, header_row=None)


def _doubts(analysis: Analysis) -> list[tuple[str, str]]:
    """What random draws were made of; nothing where there were none."""
    robust = analysis.robustness
    if not len(robust):
        return []
    lead = _line("robust_method", draws=robust.draws, seed=robust.seed, weightings=f"{analysis.stability.draws:,}")
    notes = assumption_notes(robust, analysis.ledger.rules, pack_services=analysis.city.pack_services)
    return [lead, *((words["zh"], words["en"]) for words in notes.values())]


def _method_lines(analysis: Analysis) -> list[tuple[str, str]]:
    profile, known = analysis.profile, services(analysis.city.pack_services)
    weights = [(known[key], f"{weight:.3f}") for key, weight in analysis.gaps.weights.items()]
    speeds = {"flat": f"{profile.speed_mps:g}", "stairs": f"{profile.stairs_mps:g}", "signal": f"{profile.signal_s:g}"}
    shown = (
        "，".join(f"{service.title_zh}{weight}" for service, weight in weights),
        ", ".join(f"{service.title_en} {weight}" for service, weight in weights),
    )
    return [
        _line("method_covered", minutes=f"{analysis.settings.circle_min:g}"),
        _line("method_pace", walker=(profile.title_zh, profile.title_en), **speeds),
        _line("method_speeds", citation=profile.citation),
        _line("method_gap"),
        _line("method_index"),
        _line("subdistrict_method"),
        _line("method_weights", weights=shown),
        *_doubts(analysis),
        _line("method_undetermined"),
        _line("method_internal"),
        _line("method_told"),
        *_optional_lines(analysis),
        *ledger_method(analysis),
    ]


def _line(key: str, **values: object) -> tuple[str, str]:
    """A phrase in both languages, as a row of the method has them."""
    words = both(key, **values)
    return words.zh, words.en


def _optional_lines(analysis: Analysis) -> list[tuple[str, str]]:
    """Method of what this analysis has beside walking at any time: a moment, deliveries."""
    at = analysis.settings.open_at
    lines = []
    if at is not None:
        lines.append(_line("method_open_at", moment=(at.zh, at.en)))
    if len(analysis.coverage.delivery):
        lines.append(_line("method_delivery"))
    return lines
