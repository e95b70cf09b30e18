"""The ledger as plain tables and sheets: clauses for every unit, rates against targets, what is not computed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from circle15.catalog import text
from circle15.catalog.norm_books import not_computed
from circle15.catalog.norm_words import lacks_words, standing_words, unit_words, verdict_words
from circle15.model import Analysis
from circle15.model.limits import FEWEST
from circle15.render.published.privacy import NEARLY_ALL, NEARLY_NONE
from circle15.render.tables.book import Book
from circle15.render.tables.columns import rounded
from circle15.render.tables.frames import synthetic_layers
from circle15.render.tables.style import table_sheet
from circle15.render.words import both

__all__ = [
    "MOST_SHEET_ROWS",
    "compliance_table",
    "ledger_method",
    "ledger_sheets",
    "ledger_table",
    "level_words",
    "not_computed_table",
]

MOST_SHEET_ROWS = 20_000
"""More rows than these make a workbook slow: then the sheet shows those that fail, and says where the others are."""

_RULE = {
    "book": "book", "clause_zh": "title_zh", "clause_en": "title_en", "norm_source_zh": "source_zh",
    "norm_source_en": "source_en", "clause": "clause", "norm_year": "year", "norm_status": "status", "grade": "grade",
    "clause_note_zh": "note_zh", "clause_note_en": "note_en",
}  # fmt: skip
_LEDGER = (
    "level", "unit_id", "unit_name", "subdistrict", "clause_id", "clause_zh", "clause_en", "verdict", "verdict_zh",
    "verdict_en", "standing", "observed", "observed_low", "observed_high", "at_least", "more_than", "at_most",
    "norm_unit_zh", "norm_unit_en", "feasible", "lacks_zh", "lacks_en", "facility_id", "facility_name", "route_min",
    "route_m", "floor_area_m2", "source", "source_date", "book", "norm_source_zh", "norm_source_en", "clause",
    "norm_year", "norm_status", "grade", "clause_note_zh", "clause_note_en", "synthetic",
)  # fmt: skip
_SHEET = (  # what one clause says stands in the sheet of rates, and all of it in ledger.csv
    "level", "unit_name", "clause_zh", "clause_en", "verdict_zh", "verdict_en", "observed", "observed_low",
    "observed_high", "at_least", "more_than", "at_most", "norm_unit_zh", "feasible", "lacks_zh", "lacks_en",
    "facility_name", "route_min", "route_m", "floor_area_m2", "source", "source_date", "norm_source_zh", "clause",
    "norm_year", "clause_id",
)  # fmt: skip
_COMPLIANCE = (
    "clause_id", "clause_zh", "clause_en", "level", "at_least", "more_than", "at_most", "norm_unit_zh", "norm_unit_en",
    "units_pass", "units_fail", "units_undetermined", "units_shown", "pass_pct", "observed", "observed_low",
    "observed_high", "verdict_zh", "verdict_en", "lacks_zh", "lacks_en", "standing", "norm_source_zh",
    "norm_source_en", "clause", "norm_year", "norm_status", "grade", "clause_note_zh", "clause_note_en",
)  # fmt: skip


def ledger_table(analysis: Analysis) -> pd.DataFrame:
    """One row per unit and clause, in the order of the books: observed and required, the verdict, its evidence.

    Returns
    -------
    pd.DataFrame
        Plain columns as in ``columns.toml``: ``observed`` or, where only these are known, its bounds
        ``observed_low`` and ``observed_high``, ``at_least``, ``more_than`` and ``at_most`` in the clause's own
        unit; ``feasible`` numbers of grids and such; ``verdict`` one of ``pass``, ``fail``, ``undetermined``,
        ``shown`` with words beside it, which say where its clause is quoted or its threshold a convention; what
        to supply in both languages; the facility with its walk, area, source and date.
    """
    frame = analysis.ledger.frame
    if not len(frame):
        return pd.DataFrame(columns=list(_LEDGER))
    table = _with_rules(analysis, frame.reset_index())
    people, sites = analysis.city.communities.frame, analysis.city.facilities.frame
    names = dict(zip(people.index.astype(str), people["name"].astype(str), strict=True))
    named = people["subdistrict"].fillna("").astype(str) if "subdistrict" in people else [""] * len(people)
    streets = dict(zip(people.index.astype(str), named, strict=True))
    doors = dict(zip(sites.index.astype(str), sites["name"].astype(str), strict=True))
    pairs = list(zip(table["level"], table["unit_id"], strict=True))
    table["unit_name"] = [
        analysis.city.title_zh if level == "city" else names.get(unit, unit) if level == "community" else unit
        for level, unit in pairs
    ]
    table["subdistrict"] = [streets.get(unit, "") if level == "community" else "" for level, unit in pairs]
    table["facility_name"] = [doors.get(facility, "") for facility in table["facility_id"]]
    table["synthetic"] = "+".join(synthetic_layers(analysis.city))
    return rounded(table[list(_LEDGER)])


def _with_rules(analysis: Analysis, table: pd.DataFrame) -> pd.DataFrame:
    """A table with a column ``clause_id`` beside what stands in the rules, and in words."""
    rules = {rule.clause_id: rule for rule in analysis.ledger.rules}
    for column, field in _RULE.items():
        values = {key: getattr(rule, field) for key, rule in rules.items()}
        table[column] = table["clause_id"].map(values)
    table["norm_status"] = [str(both(f"status_{status}")) for status in table["norm_status"]]
    standing = {key: f"{standing_words(rule, 'zh')} {standing_words(rule, 'en')}" for key, rule in rules.items()}
    table["standing"] = table["clause_id"].map(standing)
    for language in ("zh", "en"):
        units = {unit: unit_words(unit, language) for unit in table["unit"].unique()}
        table[f"norm_unit_{language}"] = table["unit"].map(units)
        lacks = {
            word: lacks_words(word, language, pack_services=analysis.city.pack_services)
            for word in table["lacks"].unique()
        }
        table[f"lacks_{language}"] = table["lacks"].map(lacks)
        table[f"verdict_{language}"] = [
            verdict_words(verdict, language, mark=rules[clause].mark) if verdict else ""
            for verdict, clause in zip(table["verdict"], table["clause_id"], strict=True)
        ]
    return table


def compliance_table(analysis: Analysis) -> pd.DataFrame:
    """One row per clause: how many units pass, fail, are undetermined; for the city its figure and verdict.

    ``pass_pct`` is the share of those that could be judged; the city's own rates against their targets count the
    undetermined ones as what they are.
    """
    counts = analysis.ledger.counts()
    if not len(counts):
        return pd.DataFrame(columns=list(_COMPLIANCE))
    table = counts.add_prefix("units_").reset_index()
    rules = {rule.clause_id: rule for rule in analysis.ledger.rules}
    city = analysis.ledger.frame
    city = city[city.index.get_level_values("level") == "city"].droplevel(["level", "unit_id"])
    table["pass_pct"] = 100.0 * table["units_pass"] / (table["units_pass"] + table["units_fail"]).replace(0, np.nan)
    figures = [(column, np.nan) for column in ("observed", "observed_low", "observed_high")]
    for column, empty in (*figures, ("verdict", ""), ("lacks", ""), ("unit", "")):
        rates = city[column].to_dict()
        table[column] = [rates.get(clause, empty) for clause in table["clause_id"]]
    for column in ("at_least", "more_than", "at_most"):
        table[column] = np.array([getattr(rules[key], column) for key in table["clause_id"]], dtype=float)
    table["unit"] = [rules[key].unit for key in table["clause_id"]]
    table = _with_rules(analysis, table)
    return rounded(table[list(_COMPLIANCE)].assign(level=level_words(table["level"])))


def level_words(levels: Iterable[str]) -> list[str]:
    """What each verdict is about, a community, a subdistrict or the city, in both languages."""
    return [str(both(f"level_{level}")) for level in levels]


def not_computed_table() -> pd.DataFrame:
    """One row for each thing that norms ask for and no map or table tells: what, and why not."""
    return pd.DataFrame(
        [
            {"asked_zh": entry.title_zh, "asked_en": entry.title_en, "why_zh": entry.why_zh, "why_en": entry.why_en}
            for entry in not_computed()
        ]
    )


def ledger_sheets(book: Book, analysis: Analysis) -> None:
    """Add the sheets of the ledger, of compliance and of what is not computed; none where no clause was judged."""
    if not len(analysis.ledger):
        return
    table = ledger_table(analysis)
    beside = ""
    if len(table) > MOST_SHEET_ROWS:
        failing = table[table["verdict"] == "fail"].head(MOST_SHEET_ROWS)
        counts = {"rows": f"{len(table):,}", "shown": f"{len(failing):,}"}
        words = both("ledger_short", **counts)
        beside = f" · {words}"
        table = failing
    shown = table.assign(level=level_words(table["level"]))[list(_SHEET)]
    table_sheet(book, analysis.city, "ledger", _few_in_words(shown), beside=beside)
    table_sheet(book, analysis.city, "compliance", _few_in_words(compliance_table(analysis)))
    table_sheet(book, None, "not_computed", not_computed_table())


def _few_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose shares that one to nine people make up, or all but these, are words."""
    words = {
        float(NEARLY_NONE): str(both("few_share", fewest=FEWEST)),
        float(NEARLY_ALL): str(both("nearly_share", fewest=FEWEST)),
    }
    replaced = {}
    for column in ("observed", "observed_low", "observed_high"):
        if (coded := table[column].isin(words)).any():
            replaced[column] = table[column].astype(object).mask(coded, table[column].map(words))
    return table.assign(**replaced)


def ledger_method(analysis: Analysis) -> list[tuple[str, str]]:
    """How clauses were judged, for the method sheet; nothing where none was."""
    if not len(analysis.ledger):
        return []
    keys = ("method_ledger", "method_land", "method_load", "method_shared")
    return [(text(key, "zh"), text(key, "en")) for key in keys]
