"""People of communities from a table of their own, joined by id or by name; nothing is guessed."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.catalog import column_synonyms, column_title, finding, head_words, refusal
from circle15.model.places import ELDERS_IN_NEED, PEOPLE, counts_heads
from circle15.model.provenance import Finding
from circle15.sources.city_config import PeopleTable
from circle15.sources.coded_cells import coded_findings
from circle15.sources.facilities.columns import our_columns, shown_headers
from circle15.sources.reading import Reading
from circle15.sources.tables.sheets import read_sheet

__all__ = ["WITH_HOLES", "checked_people", "count_of_people", "join_people", "named_column", "without_empty"]

_KEYS = ("community_id", "name")
_NOT_OF_PEOPLE = ("geometry", "outline", "parts", "people_basis")
"""Columns that the layer has or reading makes; a table that circle15 wrote may have them too."""
_SHOWN = 12
"""So many communities without a row are named in one message."""
WITH_HOLES = ("households", "households_registered", "population_registered", *ELDERS_IN_NEED)
"""Numbers that may be missing here and there, beside people: communities whose people are not known are told."""
_HEADS = re.compile(r"(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*(?P<times>[万千百]?)\s*(?P<unit>\D*)")


def join_people(layer: gpd.GeoDataFrame, file: str, table: Path, entry: PeopleTable) -> Reading:
    """Give each community of a layer its row of a table.

    Joined by ``community_id`` where both have it, else by ``name``, compared without spaces and after
    NFKC. Names that are merely alike (陈港, 陈巷) are shown and never joined.

    Parameters
    ----------
    layer, file
        The communities with our column names, and their file's name.
    table
        The table.
    entry
        What ``[communities.people]`` says of it.

    Returns
    -------
    Reading
        The layer with the table's columns; where both have one, the table's, but for ids, names and what
        reading makes itself.

    Raises
    ------
    PackError
        If there is no column to join by, a key stands twice, a community has no row, or a cell of people
        is no number, zero or more.
    """
    known = [*column_synonyms("communities"), *entry.columns.values()]
    sheet = read_sheet(table, sheet=entry.sheet, header_row=entry.header_row, known=known, encoding=entry.encoding)
    table_columns = our_columns(sheet.frame, table.name, entry.columns, points=False, kind="communities")
    people, findings = table_columns.frame, [*sheet.notes, *table_columns.findings]
    people = without_empty(people, table.name, findings)
    findings += coded_findings(people, table.name, people.index.to_series())
    record = table_columns.described(sheet.record("people"))
    by = next((key for key in _KEYS if key in people and key in layer), None)
    if by is None:
        raise refusal(
            "people_by", file=table.name, layer=file, found=shown_headers(people.columns),
            theirs=", ".join(str(column) for column in layer.columns if column != "geometry"),
        )  # fmt: skip
    blank = people[by].map(_folded) == ""
    record = record.without("people-without-key", int(blank.sum()))
    findings += _without_key(blank, table.name, by)
    people = people[~blank]
    table_keys, layer_keys = people[by].map(_folded), layer[by].map(_folded)
    _check_once(table_keys, people[by], table.name, by, people.index.to_list())
    _check_once(layer_keys, layer[by], file, by, list(range(1, len(layer) + 1)))
    _check_all_there(layer[by], layer_keys, table_keys, (file, table.name))
    for column in filter(counts_heads, people.columns):
        people[column] = checked_people(people[column], table.name)
    spare = ~table_keys.isin(set(layer_keys))
    record = record.without("people-without-community", int(spare.sum()))
    findings += _without_community(people.loc[spare, by], (file, table.name), by)
    place = pd.Index(table_keys).get_indexer(pd.Index(layer_keys))
    joined = {
        column: people[column].to_numpy()[place]
        for column in people.columns
        if column not in _NOT_OF_PEOPLE and (column not in _KEYS or column not in layer)
    }
    return Reading(frame=layer.assign(**joined), files=(record,), findings=tuple(findings))


def _without_key(blank: pd.Series, file: str, by: str) -> list[Finding]:
    if not blank.any():
        return []
    row = int(blank.index[blank][0])
    return [finding("people-without-key", "warning", count=int(blank.sum()), file=file, row=row, column=by)]


def _without_community(keys: pd.Series, files: tuple[str, str], by: str) -> list[Finding]:
    """Rows of the table, by their keys, that no community of the layer has."""
    if keys.empty:
        return []
    return [
        finding(
            "people-without-community", "warning", count=len(keys), file=files[1], column=by, value=str(keys.iloc[0]),
            row=int(keys.index[0]), layer=files[0], examples=keys,
        )
    ]  # fmt: skip


def count_of_people(column: pd.Series) -> pd.Series:
    """Numbers of a column; also where they are written as ``1,234``, ``1000人`` or ``1.2万``. NaN where one is none.

    Examples
    --------
    >>> count_of_people(pd.Series(["1,234", "56", "1,2", "1000人", "1.2万"])).tolist()
    [1234.0, 56.0, nan, 1000.0, 12000.0]
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype(float)
    text = column.astype(str).str.strip().str.replace("，", ",")
    plain = pd.to_numeric(column, errors="coerce").astype(float)
    odd = text[plain.isna() & column.notna()]
    read = odd.map({word: _heads(word) for word in odd.unique()}).astype(float)
    return plain.where(plain.notna(), read.reindex(column.index))


def _heads(text: str) -> float:
    """A number of people with what is written around it; NaN where it is none."""
    times, words = head_words()
    match = _HEADS.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None or match["unit"] not in ("", *words) or match["times"] not in ("", *times):
        return float("nan")
    return round(float(match["number"].replace(",", "")) * times.get(match["times"], 1), 6)


def without_empty(frame: pd.DataFrame, file: str, findings: list[Finding]) -> pd.DataFrame:
    """The rows without columns of numbers that nobody has filled in: such a column is none, and is told.

    The two that every community needs stay, so that their absence is told row by row.
    """
    numbers = [c for c in frame.columns if c in WITH_HOLES or counts_heads(c)]
    empty = [c for c in numbers if c not in PEOPLE and len(frame) and (frame[c].map(_folded) == "").all()]
    if empty:
        findings.append(finding("community-columns-empty", "note", count=len(empty), file=file, value=", ".join(empty)))
    return frame.drop(columns=empty)


def _folded(cell: Any) -> str:
    if bool(pd.isna(cell)):
        return ""
    return "".join(unicodedata.normalize("NFKC", str(cell)).split())


def _check_once(folded: pd.Series, shown: pd.Series, file: str, by: str, rows: Sequence[int]) -> None:
    twice = folded.duplicated().to_numpy() & (folded != "").to_numpy()
    if twice.any():
        at = int(np.flatnonzero(twice)[0])
        raise refusal("people_twice", file=file, row=rows[at], by=by, value=shown.iloc[at], count=int(twice.sum()))


def _check_all_there(shown: pd.Series, layer_keys: pd.Series, table_keys: pd.Series, files: tuple[str, str]) -> None:
    without = ~layer_keys.isin(set(table_keys))
    if without.any():
        spare = table_keys[~table_keys.isin(set(layer_keys))]
        zh, en = [], []
        for name in shown[without].head(_SHOWN):
            close = difflib.get_close_matches(_folded(name), spare, n=2, cutoff=0.5)
            rows = [int(spare.index[spare == key][0]) for key in close]
            alike = [f"第{row}行“{key}”" for row, key in zip(rows, close, strict=True)]
            zh.append(f"“{name}”" + (f"（表中有{'、'.join(alike)}）" if close else ""))
            alike = [f"{key!r} in row {row}" for row, key in zip(rows, close, strict=True)]
            en.append(f"{name!r}" + (f" (the table has {', '.join(alike)})" if close else ""))
        more = int(without.sum()) - len(en)
        raise refusal(
            "people_absent", file=files[1], layer=files[0], count=int(without.sum()),
            named=("、".join(zh) + ("……" if more else ""), ", ".join(en) + (" ..." if more else "")),
        )  # fmt: skip


def checked_people(column: pd.Series, file: str) -> pd.Series:
    """A column of people as numbers, NaN where a cell is empty.

    Parameters
    ----------
    column
        Cells as they are written, numbered by their index.
    file
        Its name, for the refusal.

    Raises
    ------
    PackError
        If a cell is no number, zero or more.
    """
    numbers = count_of_people(column)
    bad = ~(np.isfinite(numbers) & (numbers >= 0)) & (column.map(_folded) != "")
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise refusal(
            "people_number", file=file, row=column.index[row], value=column.tolist()[row], count=int(bad.sum()),
            named=named_column(str(column.name)),
        )  # fmt: skip
    return numbers


def named_column(column: str) -> tuple[str, str]:
    """What a column is called in messages, in Chinese and English.

    Examples
    --------
    >>> named_column("households")
    ('“户数”（households）', "column 'households'")
    """
    return f"“{column_title(column)}”（{column}）", f"column {column!r}"
