"""Cells as a reader finds them again: text as text, numbers as numbers, blanks as blanks, no trace of the clock."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
import python_calamine

from circle15.errors import OutputError
from circle15.render.tables import style
from circle15.render.tables.book import Book
from circle15.render.tables.style import block, house, put, table_sheet

TEXTS = {
    "=1+1": True, "+1": True, "-2": True, "@A1": True, "\tx": True, "\nx": True,  # a quote mark keeps them text
    "http://x.test": False, "00012": False, "1e5": False, "#REF!": False, "TRUE": False, " spaced ": False,
    "<r>a & b</r>": False, "<r><t>bold</t></r>": False, "_x0041_": False, "a\nb": False, "😀" * 20: False,
}  # fmt: skip


def written(*values):
    book = Book()
    sheet = book.sheet("s")
    look = house(sheet, num_format="0.0")
    for row, value in enumerate(values):
        put(sheet, row, 0, value, look)
    return book.to_bytes("t")


def cells(content):
    sheet = openpyxl.load_workbook(io.BytesIO(content))["s"]
    return [sheet.cell(row, 1) for row in range(1, sheet.max_row + 1)]


@pytest.mark.parametrize("text", TEXTS)
def test_text_stays_text(text):
    content = written(text)
    (cell,) = cells(content)
    assert (cell.value, cell.data_type, bool(cell.quotePrefix)) == (text, "s", TEXTS[text])
    assert cell.hyperlink is None
    assert (cell.font.name, cell.font.sz) == ("Microsoft YaHei", 10)
    second = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_name("s").to_python()
    assert second == [[text]]


def test_text_that_a_file_cannot_hold():
    values = ("a\x00b", "a\x0bb\ud800", "one\r\ntwo\rthree", "x" * 40_000, "😀" * 32_000)
    control, surrogate, lines, long, wide = (cell.value for cell in cells(written(*values)))
    assert (control, surrogate, lines) == ("a\ufffdb", "a\ufffdb\ufffd", "one\ntwo\nthree")
    assert long == "x" * 32_000
    assert len(wide.encode("utf-16-le")) // 2 <= 32_767  # Excel's measure of a cell


def test_numbers_are_numbers_and_what_is_not_known_is_blank():
    known = cells(written(np.int64(7), 2.5, np.float64(0.1), *(True, np.True_), 10**15))
    assert [cell.value for cell in known] == [7, 2.5, 0.1, True, True, 10**15]
    assert [cell.data_type for cell in known] == ["n", "n", "n", "b", "b", "n"]
    assert {cell.number_format for cell in known} == {"0.0"}
    blanks = cells(written(np.nan, np.inf, -np.inf, None, pd.NA, pd.NaT, "", "end"))
    assert [cell.value for cell in blanks] == [None] * 7 + ["end"]
    assert {cell.border.bottom.style for cell in blanks} == {None}
    assert {cell.font.name for cell in blanks} == {"Microsoft YaHei"}  # a blank has its look all the same


def test_lists_and_mappings_are_words():
    words = cells(written(["a", "b"], ("=1", 2), {"clinic": 3, "shop": 4}, dt.date(2026, 5, 1)))
    assert [cell.value for cell in words] == ["a; b", "=1; 2", "clinic 3; shop 4", "2026-05-01"]


def test_a_column_is_as_wide_as_it_is_said():
    book = Book()
    sheet = book.sheet("s")
    for column, digits in enumerate((8, 12, 24, 64)):
        sheet.width(column, digits)
    widths = openpyxl.load_workbook(io.BytesIO(book.to_bytes("t")))["s"].column_dimensions
    assert [widths[letter].width for letter in "ABCD"] == [8, 12, 24, 64]


def test_the_clock_leaves_no_trace():
    content = written("a")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = openpyxl.load_workbook(io.BytesIO(content)).properties
    assert (properties.title, properties.creator) == ("circle15 t", "circle15")
    assert properties.created == properties.modified == dt.datetime(1980, 1, 1)  # noqa: DTZ001 - as in the file


def test_a_title_with_control_characters_opens():
    book = Book()
    book.sheet("s")
    title = openpyxl.load_workbook(io.BytesIO(book.to_bytes("a\x01<b>&"))).properties.title
    assert title == "circle15 a\ufffd<b>&"


def test_a_table_is_drawn_by_its_columns():
    book = Book()
    table = pd.DataFrame({"rank": [1], "name": ["=1"], "index": [50.0], "uncovered": [7.0], "sentence_zh": ["长" * 60]})
    table_sheet(book, None, "links", table, beside=" …")
    sheet = openpyxl.load_workbook(io.BytesIO(book.to_bytes("t")))["通道 Links"]
    assert sheet["A1"].value == "打通后新增受益最多的单条通道 · Single links by person-services newly covered …"
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("C4", "A3:E4", "$3:$3")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (
        "landscape", 8, 0,
    )  # fmt: skip
    assert sheet.oddFooter.center.text == "circle15 · &A · &P / &N"
    bars = {str(entry.sqref): entry.rules[0].dataBar for entry in sheet.conditional_formatting}
    assert {area: (bar.color.rgb, bar.cfvo[1].type) for area, bar in bars.items()} == {
        "C4": ("FFD9805B", "num"), "D4": ("FFEEB377", "max"),
    }  # fmt: skip
    assert bars["C4"].cfvo[1].val == 100
    number, text = sheet["A4"], sheet["E4"]
    assert (number.alignment.horizontal, number.alignment.vertical) == (None, "top")
    assert (text.alignment.horizontal, text.alignment.indent, text.alignment.wrap_text) == ("left", 1, True)
    assert {cell.border.bottom.style for cell in sheet[4]} == {"hair"}
    assert {cell.border.bottom.style for cell in sheet[3]} == {"medium"}
    assert {cell.fill.fgColor.rgb for cell in sheet[3]} == {"FFDCE6EC"}
    assert sheet.row_dimensions[4].height > 15


def test_a_table_longer_than_a_sheet_is_refused(monkeypatch):
    monkeypatch.setattr(style, "_MOST_ROWS", 4)
    sheet = Book().sheet("gaps")
    assert block(sheet, 0, "t", pd.DataFrame({"rank": [1, 2]})) == 4
    with pytest.raises(OutputError, match=r"gaps: 3 rows, and a sheet of Excel holds 4; analyse the city in parts"):
        block(sheet, 0, "t", pd.DataFrame({"rank": [1, 2, 3]}))
