"""People of communities from a table of their own, joined by id or by name; nothing is guessed."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.catalog import column_synonyms, finding
from circle15.errors import PackError
from circle15.model.places import counts_heads
from circle15.sources.facility_columns import our_columns, shown_headers
from circle15.sources.reading import Reading
from circle15.sources.sheets import read_sheet

__all__ = ["join_people"]

_KEYS = ("community_id", "name")
_NOT_OF_PEOPLE = ("geometry", "outline", "parts", "people_basis")
"""Columns that the layer has or reading makes; a table that circle15 wrote may have them too."""


def join_people(layer: gpd.GeoDataFrame, file: str, table: Path, entry: Mapping[str, Any]) -> Reading:
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
        ``sheet``, ``header_row`` and ``columns`` for the table, each optional.

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
    known = [*column_synonyms("communities"), *map(str, entry.get("columns", {}).values())]
    sheet = read_sheet(
        table,
        sheet=entry.get("sheet"),
        header_row=entry.get("header_row"),
        known=known,
        encoding=entry.get("encoding", ""),
    )
    table_columns = our_columns(sheet.frame, table.name, entry, points=False, kind="communities")
    people, findings = table_columns.frame, [*sheet.notes, *table_columns.findings]
    record = table_columns.described(sheet.record("people"))
    by = next((key for key in _KEYS if key in people and key in layer), None)
    if by is None:
        raise PackError(
            f"{table.name}: it shares neither community_id nor name with {file}; it has "
            f"{shown_headers(people.columns)}, and the layer {', '.join(map(str, layer.columns))}; name "
            "them under columns"
        )
    blank = people[by].map(_folded) == ""
    record = record.without("people-without-key", int(blank.sum()))
    if blank.any():
        row = int(people.index[blank][0])
        findings.append(
            finding("people-without-key", "warning", count=int(blank.sum()), file=table.name, row=row, column=by)
        )
    people = people[~blank]
    theirs, ours = people[by].map(_folded), layer[by].map(_folded)
    _check_once(theirs, people[by], table.name, by, people.index.to_list())
    _check_once(ours, layer[by], file, by, list(range(1, len(layer) + 1)))
    _check_all_there(layer[by], ours, theirs, (file, table.name))
    for column in filter(counts_heads, people.columns):
        people[column] = _numbers(people[column], table.name)
    spare = ~theirs.isin(set(ours))
    record = record.without("people-without-community", int(spare.sum()))
    if spare.any():
        first = str(people.loc[spare, by].iloc[0])
        findings.append(
            finding(
                "people-without-community", "warning", count=int(spare.sum()), file=table.name, column=by, value=first,
                row=int(people.index[spare][0]), layer=file, examples=people.loc[spare, by],
            )
        )  # fmt: skip
    place = pd.Index(theirs).get_indexer(pd.Index(ours))
    joined = {
        column: people[column].to_numpy()[place]
        for column in people.columns
        if column not in _NOT_OF_PEOPLE and (column not in _KEYS or column not in layer)
    }
    return Reading(frame=layer.assign(**joined), files=(record,), findings=tuple(findings))


def _folded(cell: Any) -> str:
    if bool(pd.isna(cell)):
        return ""
    return "".join(unicodedata.normalize("NFKC", str(cell)).split())


def _check_once(folded: pd.Series, shown: pd.Series, file: str, by: str, rows: Sequence[int]) -> None:
    twice = folded.duplicated().to_numpy() & (folded != "").to_numpy()
    if twice.any():
        at = int(np.flatnonzero(twice)[0])
        raise PackError(
            f"{file}: row {rows[at]}, column {by!r}, value {shown.iloc[at]!r} stands in an earlier row too "
            f"({int(twice.sum())} such rows); people can be joined only where it is unique"
        )


def _check_all_there(shown: pd.Series, ours: pd.Series, theirs: pd.Series, files: tuple[str, str]) -> None:
    without = ~ours.isin(set(theirs))
    if without.any():
        told = []
        for name in shown[without].head(5):
            close = difflib.get_close_matches(_folded(name), theirs[~theirs.isin(set(ours))], n=2, cutoff=0.5)
            alike = f" (the table has {', '.join(map(repr, close))})" if close else ""
            told.append(f"{name!r}{alike}")
        raise PackError(
            f"{files[1]}: {int(without.sum())} communities of {files[0]} have no row in it: {', '.join(told)}; write "
            "both alike, or add the rows"
        )


def _numbers(column: pd.Series, file: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    bad = ~(np.isfinite(numbers) & (numbers >= 0))
    if bad.any():
        row = int(column.index[bad][0])
        raise PackError(
            f"{file}: row {row}, column {str(column.name)!r}, value {column[row]!r} is no number of people "
            f"({int(bad.sum())} such rows); give zero or more"
        )
    return numbers
