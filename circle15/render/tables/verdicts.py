"""Sheets on what verdicts rest on: links worth opening, field checks, equity, types of communities."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from circle15.catalog import column_title, services
from circle15.catalog.phrases import check_questions, equity_reasons, named_groups, type_names
from circle15.model import Analysis
from circle15.model.places import ELDERS_IN_NEED
from circle15.render.tables.book import Book
from circle15.render.tables.columns import columns, rounded
from circle15.render.tables.frames import gap_table
from circle15.render.tables.style import block, head, page, table_sheet
from circle15.render.words import both

__all__ = [
    "check_sheet_table",
    "equity_table",
    "group_table",
    "link_table",
    "need_table",
    "type_table",
    "verdict_sheets",
]

_GROUPINGS = ("community_type", "priority_flag", "rural", "subdistrict", "need")
_CHECKS = (
    "check_rank", "check_kind", "name", "question_zh", "question_en", "flips", "check_people", "lon", "lat",
    "target_id",
)  # fmt: skip
_EQUITY = (
    "service_zh", "service_en", "gini", "concentration", "palma", "p90_p10", "bottom40_share", "worst_decile_min",
    "zero_share", "undefined_zh", "undefined_en",
)  # fmt: skip


def link_table(analysis: Analysis) -> pd.DataFrame:
    """One row per added link, the most serving first: length, what it crosses, whom it serves, where its middle is."""
    links = analysis.attribution.links
    middle = links.geometry.interpolate(0.5, normalized=True).to_crs(4326)
    table = pd.DataFrame(
        {
            "link_key": links.index.astype(str),
            "length_m": links["length_m"].to_numpy(),
            "crosses": [
                "、".join(str(both(f"crosses_{layer}")) for layer in str(row).split("+")) for row in links["crosses"]
            ],
            "serves": links["serves"].to_numpy(),
            "lon": middle.x.to_numpy(),
            "lat": middle.y.to_numpy(),
        }
    )
    return rounded(table)


def check_sheet_table(analysis: Analysis) -> pd.DataFrame:
    """One row per field check, the most telling first: the question, the verdicts and people that hang on it."""
    checks = analysis.robustness.checks.sort_values("rank", kind="stable")
    questions = {
        f"question_{language}": check_questions(checks, language, pack_services=analysis.city.pack_services)
        for language in ("zh", "en")
    }
    table = checks.assign(**questions).reset_index().rename(columns={"rank": "check_rank", "people": "check_people"})
    table["check_kind"] = [str(both(f"to_check_{kind}")) for kind in table["kind"]]
    table["target_id"] = table["target_id"].astype(str)
    return rounded(table[list(_CHECKS)])


def equity_table(analysis: Analysis) -> pd.DataFrame:
    """One row per service: how evenly access is spread over people aged 60+; blank where undefined, and why."""
    frame = analysis.equity.frame
    known = services(analysis.city.pack_services)
    keys = [key for key in known if key in frame.index]
    reasons = {f"undefined_{language}": equity_reasons(analysis.equity, language) for language in ("zh", "en")}
    table = frame.assign(**reasons).loc[keys]
    table["service_zh"] = [known[key].title_zh for key in keys]
    table["service_en"] = [known[key].title_en for key in keys]
    return rounded(table.reindex(columns=list(_EQUITY)).reset_index(drop=True))


def group_table(analysis: Analysis) -> pd.DataFrame:
    """One row per group of communities and service: communities, people, covered share, mean minutes."""
    table = named_groups(analysis.equity, "zh").reset_index()
    table["grouping"] = [
        str(both(f"grouping_{grouping}")) if grouping in _GROUPINGS else grouping for grouping in table["grouping"]
    ]
    known = services(analysis.city.pack_services)
    table["service_zh"] = [known[key].title_zh for key in table["service"]]
    table["service_en"] = [known[key].title_en for key in table["service"]]
    kept = ["grouping", "group", "service_zh", "service_en", "communities", "pop_60plus", "share", "mean_min"]
    return rounded(table[kept])


def need_table(analysis: Analysis) -> pd.DataFrame:
    """One row per need of elders and service: how many there are where that is known, and how many are not covered.

    The estimate is that of :func:`~circle15.render.tables.frames.gap_table`. Empty where no community counts any.
    """
    frame = analysis.city.communities.frame
    needs = [need for need in ELDERS_IN_NEED if need in frame]
    gaps = gap_table(analysis) if needs else pd.DataFrame()
    rows = []
    for need in needs:
        left = gaps.set_index("community_id")[["service", f"{need}_uncovered"]].dropna()
        elders = frame[need].reindex(left.index)
        sums = pd.DataFrame({"service": left["service"], "elders": elders, "left": left.iloc[:, 1]})
        for key, total in sums.groupby("service", sort=False)[["elders", "left"]].sum().iterrows():
            service = services(analysis.city.pack_services)[str(key)]
            rows.append((column_title(need), service.title_zh, service.title_en, total["elders"], total["left"]))
    kept = ["group", "service_zh", "service_en", "elders_in_need", "elders_in_need_uncovered"]
    return rounded(pd.DataFrame(rows, columns=kept))


def type_table(analysis: Analysis) -> pd.DataFrame:
    """One row per type of communities: its name, how many, people, the most central one, the nearest reference."""
    typology = analysis.typology
    names_of = {f"type_{language}": type_names(typology, language) for language in ("zh", "en")}
    table = typology.types.assign(**names_of).reset_index()
    names = analysis.city.communities.frame["name"]
    table["medoid_name"] = [names.get(key, key) for key in table["medoid_id"]]
    kept = ["type_id", "type_zh", "type_en", "communities", "pop_60plus", "medoid_name", "kunshan"]
    return rounded(table.reindex(columns=kept))


def verdict_sheets(book: Book, analysis: Analysis) -> None:
    """Add the sheets on links, field checks, equity and types, each where it has rows."""
    city = analysis.city
    if len(analysis.attribution.links):
        table_sheet(book, city, "links", link_table(analysis))
    if len(analysis.robustness.checks):
        table_sheet(book, city, "checks", check_sheet_table(analysis))
    if len(analysis.equity.frame):
        parts = {"equity": equity_table(analysis), "groups": group_table(analysis)}
        if len(needs := need_table(analysis)):
            parts["needs"] = needs
        _equity(book, analysis, parts)
    if len(analysis.typology.types):
        table_sheet(book, city, "types", type_table(analysis))


def _equity(book: Book, analysis: Analysis, tables: Mapping[str, pd.DataFrame]) -> None:
    """A sheet of several tables, one below the other, each under the phrase ``part_<key>``."""
    sheet = book.sheet(str(both("sheet_equity")))
    row = head(sheet, analysis.city, both("heading_equity").heading, 8)
    widths = [15] * max(len(table.columns) for table in tables.values())
    for table in tables.values():
        for place, key in enumerate(table.columns):
            widths[place] = max(widths[place], min(columns()[key].width, 30))
    for key, table in tables.items():
        if len(table):
            row = block(sheet, row, str(both(f"part_{key}")), table, widths) + 1
    for place, width in enumerate(widths):
        sheet.width(place, width)
    page(sheet, header_row=None)
