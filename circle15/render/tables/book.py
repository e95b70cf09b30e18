"""A workbook in memory: its sheets, the looks of its cells, and text that stays text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from circle15.render.words import plain_text

__all__ = ["Book", "Look", "Sheet"]

_LINE_END = re.compile("\r\n?")
_LEADING = ("=", "+", "-", "@", "\t", "\n")
_CREATED = datetime(1980, 1, 1)  # noqa: DTZ001 - a workbook's properties know no time zone; the date of its zip entries
_DIGIT_PIXELS = 7  # of Calibri 11, in which a workbook counts the widths of its columns


@dataclass(frozen=True)
class Look:
    """XlsxWriter's formats of a cell: as it is, and for text that a spreadsheet could take for a formula."""

    plain: Any
    quoted: Any


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook. Rows and columns count from 0.

    Attributes
    ----------
    book
        XlsxWriter's workbook.
    grid
        XlsxWriter's worksheet.
    """

    book: Any
    grid: Any

    def look(self, **properties: object) -> Look:
        """Make the look of cells from XlsxWriter's properties of a format."""
        return Look(self.book.add_format(properties), self.book.add_format({**properties, "quote_prefix": True}))

    def text(self, row: int, column: int, value: str, look: Look) -> None:
        """Write text that stays text, even when it looks like a formula, a number, an error or XlsxWriter's own XML."""
        text = _LINE_END.sub("\n", plain_text(value))
        form = look.quoted if text.startswith(_LEADING) else look.plain
        if not text:
            self.grid.write_blank(row, column, None, form)
        elif text.startswith("<r>") and text.endswith("</r>"):  # XlsxWriter would write it into the file as XML
            self.grid.write_rich_string(row, column, text[:3], form, text[3:], form)
        else:
            self.grid.write_string(row, column, text, form)

    def width(self, column: int, digits: float) -> None:
        """Set a column's width in digits, the cell's margins included."""
        self.grid.set_column_pixels(column, column, digits * _DIGIT_PIXELS)


class Book:
    """A workbook that is written in memory; the same content gives the same bytes, whatever the clock says.

    Examples
    --------
    >>> book = Book()
    >>> sheet = book.sheet("gaps")
    >>> sheet.text(0, 0, "=1+1", sheet.look(bold=True))
    >>> book.to_bytes("gaps")[:2]
    b'PK'
    """

    def __init__(self) -> None:
        self._content = BytesIO()
        texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = Workbook(self._content, {"in_memory": True, **texts})

    def sheet(self, name: str) -> Sheet:
        """Add a sheet behind the others."""
        return Sheet(self._book, self._book.add_worksheet(name))

    def to_bytes(self, title: str) -> bytes:
        """Close the workbook under a title; nothing can be written into it any more."""
        properties = {"title": plain_text(f"circle15 {title}"), "author": "circle15", "created": _CREATED}
        self._book.set_properties(properties)
        self._book.close()
        return self._content.getvalue()
