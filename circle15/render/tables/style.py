"""How a table is drawn as a sheet: headings, widths, number formats, bars, print set-up; text stays text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.formatting.rule import DataBarRule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from circle15.model import City
from circle15.render.tables.frames import columns, synthetic_layers

__all__ = ["block", "book_bytes", "font", "head", "page", "plain_text", "put", "table_sheet", "without_clock"]

_INK, _HEAD, _WARN, _RULE = "1F2933", "DCE6EC", "FFF1D6", "B8C4CC"
_TALLEST = 400.0  # points; Excel's limit is 409
_LONGEST = 32_000  # Excel holds 32,767 characters in a cell
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LEADING = ("=", "+", "-", "@", "\t", "\r", "\n")
_BARS = {"index": "D55E00", "uncovered": "E69F00", "share": "0072B2"}
_PLAIN = Font(name="Microsoft YaHei", size=10, color=_INK)
_WRAPPED = (
    "capacity_by_service", "sentence", "message", "remedy", "examples", "services", "label", "attribution", "reasons",
    "unknown", "personal", "value", "clause_", "lacks", "norm_source", "why_",
)  # fmt: skip


def book_bytes(book: Workbook, title: str) -> bytes:
    """The workbook under a title; the same content gives the same bytes, whatever the clock says."""
    book.properties.title = f"circle15 {title}"
    book.properties.creator = "circle15"
    stream = BytesIO()
    book.save(stream)
    return without_clock(stream.getvalue())


def plain_text(value: str) -> str:
    r"""Text as a spreadsheet may hold it: no control characters, not beyond a cell's length.

    Examples
    --------
    >>> plain_text("a\x00b")
    'a�b'
    """
    return _CONTROL.sub("\ufffd", value)[:_LONGEST]


def block(sheet: Worksheet, row: int, title: str, table: pd.DataFrame, widths: Sequence[int] | None = None) -> int:
    """Write a small titled table at a row of a sheet (of columns so wide); return the row below it."""
    put(sheet.cell(row, 1), title).font = font(bold=True, size=12)
    _header(sheet, row + 1, table)
    _grow(sheet, row + 2, table, widths)
    return _body(sheet, row + 2, table)


def table_sheet(book: Workbook, city: City | None, title: str, heading: str, table: pd.DataFrame) -> None:
    """A sheet with a heading and one table: widths and formats by column, frozen header, filter, print set-up."""
    sheet = book.create_sheet(title)
    row = head(sheet, city, heading, min(len(table.columns), 8))
    _header(sheet, row, table)
    last = _body(sheet, row + 1, table) - 1
    _grow(sheet, row + 1, table)
    letters = [get_column_letter(position) for position in range(1, len(table.columns) + 1)]
    for letter, key in zip(letters, table.columns, strict=True):
        sheet.column_dimensions[letter].width = columns()[key].width
        if key in _BARS and last > row:
            bar = DataBarRule("num", 0, "max" if key == "uncovered" else "num", _TOP.get(key), color=_BARS[key])
            sheet.conditional_formatting.add(f"{letter}{row + 1}:{letter}{last}", bar)
    titles = [position for position, key in enumerate(table.columns, start=2) if key in {"name", "unit_name"}]
    named = titles[0] if titles else 1
    sheet.freeze_panes = f"{get_column_letter(named)}{row + 1}"
    sheet.auto_filter.ref = f"A{row}:{letters[-1]}{max(last, row)}"
    page(sheet, header_row=row)


_TOP = {"index": 100, "share": 1}


def head(sheet: Worksheet, city: City | None, heading: str, span: int) -> int:
    """Write the heading and, where it applies, the synthetic banner; return the next free row."""
    cell = put(sheet.cell(1, 1), heading)
    cell.font = font(bold=True, size=14)
    sheet.row_dimensions[1].height = 24
    made = () if city is None else synthetic_layers(city)
    if not made:
        return 3
    names = "、".join(_LAYER_ZH[layer] for layer in made)
    banner = f"合成数据，不描述真实地点：{names} · Synthetic, describes no real place: {', '.join(made)}"
    put(sheet.cell(2, 1), banner).font = font(bold=True, color="8A4B00")
    for position in range(1, span + 1):
        sheet.cell(2, position).fill = PatternFill("solid", fgColor=_WARN)
    sheet.row_dimensions[2].height = 20
    return 4


_LAYER_ZH: Mapping[str, str] = {"streets": "道路", "communities": "社区", "facilities": "设施", "context": "底图"}


def _header(sheet: Worksheet, row: int, table: pd.DataFrame) -> None:
    for position, key in enumerate(table.columns, start=1):
        cell = put(sheet.cell(row, position), columns()[key].header)
        cell.font = font(bold=True)
        cell.fill = PatternFill("solid", fgColor=_HEAD)
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="left", indent=1)
        cell.border = Border(bottom=Side("medium", color=_RULE))
    lines = [_lines(columns()[key].header, columns()[key].width) for key in table.columns]
    sheet.row_dimensions[row].height = 14.5 * max(3, *lines)


def _lines(header: str, width: int) -> int:
    """Lines a bold header takes in a column: a Chinese letter is twice as wide, words break early."""
    return sum(
        -(-sum(2 if ord(letter) > 0x2E7F else 1 for letter in part) // (width - 3)) for part in header.split("\n")
    )


def _body(sheet: Worksheet, row: int, table: pd.DataFrame) -> int:
    """Write a table's rows; return the row below them."""
    styles = [_style(sheet, str(key), text=not pd.api.types.is_numeric_dtype(table[key])) for key in table.columns]
    for record in table.itertuples(index=False, name=None):
        for position, value in enumerate(record):
            cell = sheet.cell(row, position + 1)
            cell.style = styles[position]
            _fill(cell, value)
        row += 1
    return row


def _grow(sheet: Worksheet, row: int, table: pd.DataFrame, widths: Sequence[int] | None = None) -> None:
    """Give rows with wrapped text the height that it needs: not every program works that out on opening."""
    wide = widths or [columns()[str(key)].width for key in table.columns]
    wrapped = [(place, wide[place]) for place, key in enumerate(table.columns) if _wraps(str(key))]
    for number, record in enumerate(table.itertuples(index=False, name=None), start=row):
        lines = max((_lines(str(record[place]), width) for place, width in wrapped), default=1)
        if lines > 1:
            sheet.row_dimensions[number].height = min(14.5 * lines + 1, _TALLEST)


def _wraps(key: str) -> bool:
    return any(word in key for word in _WRAPPED)


def _style(sheet: Worksheet, key: str, *, text: bool) -> str:
    """Name of a column's style in the workbook: set once, not font by font per cell."""
    look, form = _look(key, text=text), columns()[key].format
    name = f"circle15 {'text' if text else 'number'}{' wrapped' if look.wrap_text else ''} {form}"
    if name not in sheet.parent.named_styles:
        rule = Border(bottom=Side("hair", color=_RULE))
        sheet.parent.add_named_style(
            NamedStyle(name=name, font=_PLAIN, alignment=look, border=rule, number_format=form)
        )
    return name


def _look(key: str, *, text: bool) -> Alignment:
    # Text stands off the right-aligned number in the column before it.
    return Alignment(vertical="top", wrap_text=_wraps(key), horizontal="left" if text else None, indent=int(text))


def font(*, bold: bool = False, size: int = 10, color: str = _INK) -> Font:
    """The house font."""
    return Font(name="Microsoft YaHei", bold=bold, size=size, color=color)


def put(cell: Cell, value: Any) -> Cell:
    """Set a cell in the plain font; whatever is text stays text, even when it looks like a formula."""
    cell.font = _PLAIN
    return _fill(cell, value)


def _fill(cell: Cell, value: Any) -> Cell:
    """Set a cell; whatever is text stays text, even when it looks like a formula, a number or an error."""
    if isinstance(value, str):
        cell.value = plain_text(value)
        cell.data_type = "s"
        if value.startswith(_LEADING):
            cell.quotePrefix = True
    elif isinstance(value, np.generic):
        return _fill(cell, value.item())
    elif isinstance(value, bool | int):
        cell.value = value
    elif isinstance(value, float):
        cell.value = value if np.isfinite(value) else None
    elif isinstance(value, Mapping):
        return _fill(cell, "; ".join(f"{key} {entry}" for key, entry in value.items()))
    elif isinstance(value, list | tuple):
        return _fill(cell, "; ".join(map(str, value)))
    elif value is not None and not pd.isna(value):
        return _fill(cell, str(value))
    return cell


def page(sheet: Worksheet, *, header_row: int | None) -> None:
    """Print across, one page wide, headers repeated; tables on A3."""
    sheet.sheet_view.showGridLines = header_row is not None
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4 if header_row is None else sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "circle15 · &A · &P / &N"
    if header_row is not None:
        sheet.print_title_rows = f"{header_row}:{header_row}"


def without_clock(content: bytes) -> bytes:
    """Drop the hour of writing from the archive's entries and from the document's properties."""
    stream = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(stream, "w") as target:
        for name in sorted(source.namelist(), key=lambda entry: (entry != "[Content_Types].xml", entry)):
            entry = source.read(name)
            if name == "docProps/core.xml":
                entry = re.sub(rb"<dcterms:(created|modified).*?</dcterms:\1>", b"", entry)
            target.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), entry, compress_type=ZIP_DEFLATED)
    return stream.getvalue()
