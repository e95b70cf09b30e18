"""How a table is drawn as a sheet: headings, widths, number formats, bars, print set-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from circle15.catalog.palette import colours
from circle15.errors import OutputError
from circle15.model import City
from circle15.model.limits import FEWEST
from circle15.refusals import refusal
from circle15.render.tables.book import Book, Look, Sheet
from circle15.render.tables.columns import columns
from circle15.render.tables.frames import synthetic_layers
from circle15.render.words import both

__all__ = ["block", "head", "house", "page", "put", "table_sheet"]

_MEDIUM, _HAIR = 2, 7  # XlsxWriter's numbers of border lines
_A3, _A4 = 8, 9  # Excel's numbers of paper sizes
_TALLEST = 400.0  # points; Excel's limit is 409
_MOST_ROWS = 1_048_576  # of a sheet of Excel; XlsxWriter leaves out what is beyond
_TOP = {"index": 100, "share": 1}
_PEOPLE = ("people", "person-services")
"""Units of columns that count people."""
_WRAPPED = (
    "capacity_by_service", "sentence", "message", "remedy", "examples", "services", "label", "attribution", "reasons",
    "unknown", "personal", "value", "clause_", "lacks", "norm_source", "why_", "action_zh", "action_en", "_policy",
)  # fmt: skip


def block(sheet: Sheet, row: int, title: str, table: pd.DataFrame, widths: Sequence[int] | None = None) -> int:
    """Write a small titled table at a row of a sheet (of columns so wide); return the row below it."""
    put(sheet, row, 0, title, house(sheet, bold=True, size=12))
    _header(sheet, row + 1, table)
    _grow(sheet, row + 2, table, widths)
    return _body(sheet, row + 2, table)


def table_sheet(
    book: Book,
    city: City | None,
    key: str,
    table: pd.DataFrame,
    *,
    heading: str = "",
    beside: str = "",
    below: str = "",
) -> None:
    """A sheet with a heading and one table: widths and formats by column, frozen header, filter, print set-up.

    Parameters
    ----------
    book, city
        The workbook, and the city whose synthetic layers are named; None: no city.
    key
        The sheet is called by the phrase ``sheet_<key>``.
    table
        Its columns stand in ``columns.toml``.
    heading
        The heading is the phrase ``heading_<heading>``, by default of the key.
    beside
        What the heading says more.
    below
        A line under the heading of a sheet without a city, as wide as the table.

    Raises
    ------
    OutputError
        If the table is longer than a sheet can be.
    """
    sheet = book.sheet(str(both(f"sheet_{key}")))
    row = head(sheet, city, both(f"heading_{heading or key}").heading + beside, min(len(table.columns), 8))
    if below:
        line(sheet, 1, below, [columns()[column].width for column in table.columns], color=colours("house")["quiet"])
    _header(sheet, row, table)
    last = _body(sheet, row + 1, table) - 1
    _grow(sheet, row + 1, table)
    for place, column in enumerate(table.columns):
        sheet.width(place, columns()[column].width)
        if column in colours("bar") and last > row:
            bar = {"type": "data_bar", "bar_color": colours("bar")[column], "min_type": "num", "min_value": 0}
            top = {"max_type": "num", "max_value": _TOP[column]} if column in _TOP else {"max_type": "max"}
            sheet.grid.conditional_format(row + 1, place, last, place, bar | top)
    named = [place for place, key in enumerate(table.columns, start=1) if key in {"name", "unit_name"}]
    sheet.grid.freeze_panes(row + 1, named[0] if named else 0)
    sheet.grid.autofilter(row, 0, max(last, row), len(table.columns) - 1)
    page(sheet, header_row=row)


def head(sheet: Sheet, city: City | None, heading: str, span: int) -> int:
    """Write the heading and, where it applies, the synthetic banner; return the next free row."""
    put(sheet, 0, 0, heading, house(sheet, bold=True, size=14))
    sheet.grid.set_row(0, 24)
    made = () if city is None else synthetic_layers(city)
    if not made:
        return 2
    layers = [both(f"layer_{layer}") for layer in made]
    names = "、".join(layer.zh for layer in layers), ", ".join(layer.en for layer in layers)
    banner = both("made_banner", layers=names).heading
    look = house(sheet, bold=True, color=colours("notice")["strong"], bg_color=colours("notice")["ground"])
    for place in range(span):
        put(sheet, 1, place, None if place else banner, look)
    sheet.grid.set_row(1, 20)
    return 3


def line(sheet: Sheet, row: int, words: str, widths: Sequence[int], **look: Any) -> int:
    """Write a sentence over columns so wide, as high as it needs; return the row below it."""
    wrapped = house(sheet, text_wrap=True, valign="top", **look)
    if len(widths) > 1:
        sheet.grid.merge_range(row, 0, row, len(widths) - 1, "", wrapped.plain)
    put(sheet, row, 0, words, wrapped)
    sheet.grid.set_row(row, 14.5 * _lines(words, sum(widths)))
    return row + 1


def _header(sheet: Sheet, row: int, table: pd.DataFrame) -> None:
    look = house(
        sheet, bold=True, bg_color=_tint("head"), text_wrap=True, valign="vcenter", align="left", indent=1,
        bottom=_MEDIUM, bottom_color=_tint("rule"),
    )  # fmt: skip
    for place, key in enumerate(table.columns):
        put(sheet, row, place, columns()[key].header, look)
    lines = [_lines(columns()[key].header, columns()[key].width) for key in table.columns]
    sheet.grid.set_row(row, 14.5 * max(3, *lines))


def _lines(header: str, width: int) -> int:
    """Lines a bold header takes in a column: a Chinese letter is twice as wide, words break early."""
    return sum(
        -(-sum(2 if ord(letter) > 0x2E7F else 1 for letter in part) // (width - 3)) for part in header.split("\n")
    )


def _body(sheet: Sheet, row: int, table: pd.DataFrame) -> int:
    """Write a table's rows; return the row below them."""
    if row + len(table) > _MOST_ROWS:
        raise refusal("sheet_rows", error=OutputError, sheet=sheet.grid.get_name(), count=len(table), most=_MOST_ROWS)
    looks = [_look(sheet, str(key), words=not pd.api.types.is_numeric_dtype(table[key])) for key in table.columns]
    few_words = str(both("few_cell", fewest=FEWEST))
    people = [columns()[str(key)].unit_en in _PEOPLE for key in table.columns]
    for record in table.itertuples(index=False, name=None):
        for place, (value, look, heads) in enumerate(zip(record, looks, people, strict=True)):
            few = heads and isinstance(value, int | float | np.number) and 0 < value < FEWEST
            put(sheet, row, place, few_words if few else value, look)
        row += 1
    return row


def _grow(sheet: Sheet, row: int, table: pd.DataFrame, widths: Sequence[int] | None = None) -> None:
    """Give rows with wrapped text the height that it needs: not every program works that out on opening."""
    wide = widths or [columns()[str(key)].width for key in table.columns]
    wrapped = [(place, wide[place]) for place, key in enumerate(table.columns) if _wraps(str(key))]
    for number, record in enumerate(table.itertuples(index=False, name=None), start=row):
        lines = max((_lines(str(record[place]), width) for place, width in wrapped), default=1)
        if lines > 1:
            sheet.grid.set_row(number, min(14.5 * lines + 1, _TALLEST))


def _wraps(key: str) -> bool:
    return any(word in key for word in _WRAPPED)


def _look(sheet: Sheet, key: str, *, words: bool) -> Look:
    """A column's look: text stands off the right-aligned number in the column before it."""
    side: dict[str, Any] = {"align": "left", "indent": 1} if words else {}
    form = columns()[key].format
    return house(
        sheet, valign="top", text_wrap=_wraps(key), num_format=form, bottom=_HAIR, bottom_color=_tint("rule"), **side
    )


def _tint(name: str) -> str:
    return colours("house")[name]


def house(sheet: Sheet, *, bold: bool = False, size: int = 10, color: str = "", **properties: object) -> Look:
    """The house font, with more of XlsxWriter's properties of a format."""
    return sheet.look(
        font_name="Microsoft YaHei", bold=bold, font_size=size, font_color=color or _tint("ink"), **properties
    )


def put(sheet: Sheet, row: int, column: int, value: Any, look: Look) -> None:
    """Write a cell: numbers as numbers, text as text, lists and mappings in words; blank where nothing is known."""
    if isinstance(value, str):
        sheet.text(row, column, value, look)
    elif isinstance(value, np.generic):
        put(sheet, row, column, value.item(), look)
    elif isinstance(value, bool):
        sheet.grid.write_boolean(row, column, value, look.plain)
    elif isinstance(value, int) or (isinstance(value, float) and np.isfinite(value)):
        sheet.grid.write_number(row, column, value, look.plain)
    elif isinstance(value, Mapping):
        sheet.text(row, column, "; ".join(f"{key} {entry}" for key, entry in value.items()), look)
    elif isinstance(value, list | tuple):
        sheet.text(row, column, "; ".join(map(str, value)), look)
    elif value is None or isinstance(value, float) or pd.isna(value):
        sheet.grid.write_blank(row, column, None, look.plain)
    else:
        sheet.text(row, column, str(value), look)


def page(sheet: Sheet, *, header_row: int | None) -> None:
    """Print across, one page wide, headers repeated; tables on A3."""
    grid = sheet.grid
    grid.set_landscape()
    grid.fit_to_pages(1, 0)
    grid.set_margins(left=0.75, right=0.75, top=1, bottom=1)
    grid.set_header("", {"margin": 0.5})
    grid.set_footer("&Ccircle15 · &A · &P / &N", {"margin": 0.5})
    if header_row is None:
        grid.set_paper(_A4)
        grid.hide_gridlines(2)  # on the screen too
    else:
        grid.set_paper(_A3)
        grid.repeat_rows(header_row)
