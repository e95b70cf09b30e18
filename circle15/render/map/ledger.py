"""The ledger as the page shows it: clauses once, verdicts as letters."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from circle15.catalog.norm_books import norm_books
from circle15.catalog.norm_words import lacks_words
from circle15.model import Analysis
from circle15.model.norms import Rule
from circle15.model.units import Units
from circle15.render.map.facilities import short
from circle15.render.published.clauses import EXPOSURE, HIDDEN, clause_tables, levels_of

__all__ = ["ledger"]

_LETTERS = {"pass": "p", "fail": "f", "undetermined": "u", "shown": "s", HIDDEN: "h"}
_NO_ROW = "."


def ledger(told: Analysis) -> dict[str, Any]:
    """Clauses, and for each of them the verdicts of the units of its level.

    Parameters
    ----------
    told
        An analysis as it may be told.

    Returns
    -------
    dict
        ``books``, ``sources``, ``clauses``, ``lacks`` (what to supply, in both languages, by position),
        ``subdistricts`` (names) and ``rows``, one for each clause: ``v`` a letter for each unit, ``o`` observed
        figures, and where there are any ``lo`` and ``hi`` bounds of figures, ``n`` numbers that comply, ``f``
        facilities, ``w`` walks in minutes and metres, ``l`` what is lacking.
        Empty without a clause.
    """
    found = told.ledger
    if not len(found):
        return {}
    levels = levels_of(told)
    books, sources, lacks = _Pool(), _Pool(), _Pool()
    clauses = [_clause(rule, books, sources) for rule in found.rules]
    tables = clause_tables(found)
    rows = [_row(told, levels[rule.level], tables.get(rule.clause_id), lacks) for rule in found.rules]
    known = {**norm_books(), **{book.key: book for book in told.city.books}}
    titles = [
        [key, known[key].title_zh if key in known else key, known[key].title_en if key in known else key]
        for key in books.items
    ]
    return {
        "books": titles,
        "sources": [list(pair) for pair in sources.items],
        "clauses": clauses,
        "lacks": [list(pair) for pair in lacks.items],
        "subdistricts": [str(key) for key in levels["subdistrict"].ids],
        "rows": rows,
    }


class _Pool:
    """Things that are told once and then by their position."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._places: dict[Any, int] = {}

    def place(self, item: Any) -> int:
        if item not in self._places:
            self._places[item] = len(self.items)
            self.items.append(item)
        return self._places[item]


def _clause(rule: Rule, books: _Pool, sources: _Pool) -> dict[str, Any]:
    numbers = {name: getattr(rule, name) for name in ("at_least", "more_than", "at_most", "minutes", "metres")}
    return {
        "id": rule.clause_id,
        "book": books.place(rule.book),
        "zh": rule.title_zh,
        "en": rule.title_en,
        "source": sources.place((rule.source_zh, rule.source_en)),
        "clause": rule.clause,
        "year": rule.year,
        "status": rule.status,
        "grade": rule.grade,
        "standing": rule.standing,
        "mark": rule.mark,
        "level": rule.level,
        "unit": rule.unit,
        "about": EXPOSURE.get(rule.measure) in {"people", "households", "per_household", "registered", "people_count"},
        **{name: short(value, 3) for name, value in numbers.items() if value is not None},
        **({"services": list(rule.services)} if rule.services else {}),
        **({"note_zh": rule.note_zh, "note_en": rule.note_en} if rule.note_zh or rule.note_en else {}),
    }


def _row(told: Analysis, units: Units, table: pd.DataFrame | None, lacks: _Pool) -> dict[str, Any]:
    """Verdicts, figures and evidence of one clause for every unit of its level."""
    if table is None:
        return {"v": _NO_ROW * len(units.ids), "o": []}
    table = table.reindex(units.ids)
    letters = table["verdict"].map(_LETTERS).fillna(_NO_ROW)
    row: dict[str, Any] = {"v": "".join(letters), "o": [short(value, 1) for value in table["observed"]]}
    for key, column in (("lo", "observed_low"), ("hi", "observed_high")):
        row |= {key: [short(value, 1) for value in table[column]]} if table[column].notna().any() else {}
    numbers = table["feasible"].fillna("").astype(str).tolist()
    row |= {"n": numbers} if any(numbers) else {}
    words = [str(text) for text in table["lacks"].fillna("")]
    supply = partial(lacks_words, pack_services=told.city.pack_services)
    needed = [lacks.place((supply(text, "zh"), supply(text, "en"))) if text else -1 for text in words]
    row |= {"l": needed} if max(needed, default=-1) >= 0 else {}
    return row | _evidence(told, table) | _walks(units, table)


def _evidence(told: Analysis, table: pd.DataFrame) -> dict[str, Any]:
    """The facility that a figure rests on."""
    places = told.city.facilities.frame.index.get_indexer(table["facility_id"].fillna("").astype(str))
    return {"f": places.tolist()} if (places >= 0).any() else {}


def _walks(units: Units, table: pd.DataFrame) -> dict[str, Any]:
    """The typical walk to the facility of each community."""
    if units.level != "community" or not {"route_min", "route_m"} <= set(table):
        return {}
    minutes, metres = (
        pd.to_numeric(table[column], errors="coerce").to_numpy(float) for column in ("route_min", "route_m")
    )
    shown = np.isfinite(minutes)
    if not shown.any():
        return {}
    walks = zip(minutes, metres, shown, strict=True)
    return {"w": [[short(one, 1), short(far)] if there else None for one, far, there in walks]}
