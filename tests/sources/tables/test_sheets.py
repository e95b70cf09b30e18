"""Tables as people keep them: encodings, decorated forms, broken and hostile files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import time
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circle15.errors import PackError
from circle15.sources.tables.sheets import Limits, plain_numbers, read_sheet
from tests.towns.findings import finding_of

LINES = "名称,经度,纬度,床位\n邻里食堂,120.62,31.31,40\n卫生站,120.63,31.32,\n"
CELLS = [["邻里食堂", "120.62", "31.31", "40"], ["卫生站", "120.63", "31.32", ""]]
HEADER = ["名称", "经度", "纬度", "床位"]


def put(tmp_path, content, name="list.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(tmp_path, *sheets, name="list.xlsx", merged=()):
    """A workbook; each sheet a list of rows, or (title, rows)."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, sheet in enumerate(sheets, start=1):
        title, rows = sheet if isinstance(sheet, tuple) else (f"Sheet{number}", sheet)
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
        for cells in merged:
            page.merge_cells(cells)
    path = tmp_path / name
    book.save(path)
    return path


def cells(sheet):
    return sheet.frame.to_numpy().tolist()


# -- Text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("gbk", "gb18030"),
        ("gb2312", "gb18030"),
        ("gb18030", "gb18030"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["list.csv", "list.TXT", "list.tsv"])
def test_encodings_delimiters_and_line_ends(tmp_path, encoding, read_as, delimiter, newline, name):
    text = LINES.replace(",", delimiter).replace("\n", newline)
    sheet = read_sheet(put(tmp_path, text.encode(encoding), name))
    assert (sheet.encoding, sheet.sheet, sheet.header_row) == (read_as, "", 1)
    assert list(sheet.frame.columns) == HEADER
    assert cells(sheet) == CELLS
    assert sheet.frame.index.tolist() == [2, 3]
    assert [note.code for note in sheet.notes] == ([] if read_as == "utf-8-sig" else ["table-encoding"])


def test_utf_16_of_the_other_end(tmp_path):
    assert cells(read_sheet(put(tmp_path, b"\xfe\xff" + LINES.encode("utf-16-be")))) == CELLS


def test_a_rare_character_beyond_gbk(tmp_path):
    text = LINES.replace("卫生站", "㐂𠮷站")
    assert cells(read_sheet(put(tmp_path, text.encode("gb18030"))))[1][0] == "㐂𠮷站"


@pytest.mark.parametrize(
    "name", ["NA", "None", "null", "nan", "#N/A", "TRUE", "007", "1e5", "=1+1", "<b>x</b>", "\u202eabc"]
)
def test_cells_stay_text(tmp_path, name):
    for path in (put(tmp_path, f"名称,经度\n{name},1\n"), workbook(tmp_path, [["名称", "经度"], ["'" + name, 1]])):
        sheet = read_sheet(path)
        assert sheet.frame.dtypes.astype(str).tolist() == ["str", "str"]
        assert cells(sheet) == [[name if path.suffix == ".csv" else "'" + name, "1"]]


def test_titles_above_the_header_and_blank_rows(tmp_path):
    sheet = read_sheet(put(tmp_path, f"某区设施一览表,,,\n填表日期：2024年,,,\n\n{LINES}\n,,,\n站,1,2,3\n"))
    assert sheet.header_row == 4
    assert sheet.frame.index.tolist() == [5, 6, 9]
    note = finding_of(sheet.notes, "table-header-below")
    assert (note.row, note.value) == (4, "名称, 经度, 纬度, 床位")


def test_a_delimiter_inside_the_title_does_not_win(tmp_path):
    assert cells(read_sheet(put(tmp_path, "附件；a;b;c;d;e;f\n" + LINES)))[0] == CELLS[0]


def test_a_header_that_nobody_knows_is_the_first_row(tmp_path):
    sheet = read_sheet(put(tmp_path, "\nfoo;bar\n1;2\n"))
    assert (sheet.header_row, list(sheet.frame.columns), cells(sheet)) == (2, ["foo", "bar"], [["1", "2"]])


def test_the_row_of_the_header_can_be_given(tmp_path):
    path = put(tmp_path, LINES + "a,b,c,d\n1,2,3,4\n")
    assert cells(read_sheet(path, header_row=4)) == [["1", "2", "3", "4"]]
    for row, says in ((0, "from 1"), (9, r"row 9 is to be the header.*\(5 rows\)")):
        with pytest.raises(PackError, match=rf"list\.csv: .*{says}"):
            read_sheet(path, header_row=row)


def test_headers_of_ones_own_are_recognised(tmp_path):
    path = put(tmp_path, "title,,\nFoo,Bar_x,\n1,2,3\n")
    assert read_sheet(path, known=["foo", "barx"]).header_row == 2


def test_names_of_columns_are_unique(tmp_path):
    sheet = read_sheet(put(tmp_path, "名称,经度,经度,,\nx,1,2,y,\n"))
    assert list(sheet.frame.columns) == ["名称", "经度", "经度 (2)", "(D)"]
    assert finding_of(sheet.notes, "table-nameless-column").value == "D"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b" \r\n", "empty"),
        (b"\xff\xfe", "no table in it"),
        (b"\xef\xbb\xbf", "no table in it"),
        (b",,,\n,,\n", "no table in it"),
        (b"PK\x03\x04\x14\x00", "workbook by its content; name it .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook by its content"),
        ("名称,经度\n".encode("utf-16-le"), "neither UTF-8, UTF-16 with a mark nor GB18030"),
        ("名称,经度\n".encode("utf-32"), "neither UTF-8"),
        (b"\xff\xfea", "neither UTF-8"),
        ("Käpylä,Åbo\n".encode("latin-1"), "neither UTF-8"),
        ("名称,经度\n食堂".encode()[:-1], r"UTF-8 with 1 broken place\(s\), the first in line 2"),
        (b'name,lon\n"abc,1\nd,2\n', "quotation mark in row 2 is never closed"),
        (b"name,lon\na,1\nb,2,3\n", "row 3: its rows have more cells than the header"),
        (b"name\n" + b"x" * 40_000, "row 2 has a cell of 40,000 characters, the limit is 32,767"),
        (b"name\n" + b"x" * 140_000, "row 2 has a cell of more than 131,072"),
        (b"," * 2_500, "over 2,501 columns, the limit is 2,000"),
    ],
)
def test_text_that_is_no_table(tmp_path, content, says):
    with pytest.raises(PackError, match=rf"list\.csv: .*{says}"):
        read_sheet(put(tmp_path, content))


# -- Workbooks -------------------------------------------------------------------------------------


def test_a_workbook(tmp_path):
    rows = [
        ["名称", "床位", "经度", "日期", "开门", "编号", "备注"],
        ["食堂", 40, 120.62, dt.date(2024, 5, 1), dt.time(8, 30), "007", True],
        [None, None, "１２０．６２", pd.Timestamp(2024, 5, 1, 8, 30).to_pydatetime(), None, 32050119400101, "NA"],
    ]
    sheet = read_sheet(workbook(tmp_path, ("设施", rows)))
    assert (sheet.sheet, sheet.encoding, sheet.header_row, sheet.notes) == ("设施", "", 1, ())
    assert cells(sheet) == [
        ["食堂", "40", "120.62", "2024-05-01", "08:30", "007", "TRUE"],
        ["", "", "１２０．６２", "2024-05-01 08:30:00", "", "32050119400101", "NA"],
    ]


def test_a_decorated_form(tmp_path):
    rows = [
        ["某区养老服务设施一览表"],
        ["单位：个，平方米"],
        ["街道", "设施名称", "坐标", None, "规模", None],
        [None, None, "经度", "纬度", "床位（张）", "建筑面积\n（㎡）"],
        ["平江街道", "甲", 120.62, 31.31, 40, 100],
        [None, "乙", 120.63, 31.32, 20, None],
        [],
        ["金阊街道", "丙", 120.64, 31.33, None, None],
    ]
    merged = ("A1:F1", "A3:A4", "B3:B4", "C3:D3", "E3:F3", "A5:A7")
    sheet = read_sheet(workbook(tmp_path, rows, merged=merged))
    assert sheet.header_row == 4
    assert list(sheet.frame.columns) == ["街道", "设施名称", "经度", "纬度", "床位（张）", "建筑面积 （㎡）"]
    assert sheet.frame.index.tolist() == [5, 6, 8]
    assert sheet.frame["街道"].tolist() == ["平江街道", "平江街道", "金阊街道"]
    assert finding_of(sheet.notes, "table-merged").count == 1


def test_a_table_that_begins_further_in(tmp_path):
    rows = [[], [], [None, None, "名称", "经度"], [None, None, "甲", 120.6]]
    sheet = read_sheet(workbook(tmp_path, rows))
    assert (sheet.header_row, list(sheet.frame.columns), cells(sheet)) == (3, ["名称", "经度"], [["甲", "120.6"]])


def test_the_sheet_with_a_known_header_is_read(tmp_path):
    table = [["名称", "经度"], ["甲", 120.6]]
    path = workbook(tmp_path, ("说明", [["请填写本表"]]), ("空", []), ("设施", table))
    sheet = read_sheet(path)
    assert (sheet.sheet, sheet.notes) == ("设施", ())
    assert cells(read_sheet(path, sheet="说明")) == []
    with pytest.raises(PackError, match=r"list\.xlsx: there is no sheet 'x'; it has '说明', '空', '设施'"):
        read_sheet(path, sheet="x")


def test_several_sheets_that_may_be_meant_are_told(tmp_path):
    table = [["名称", "经度"], ["甲", 120.6]]
    path = workbook(tmp_path, ("说明", [["请填写"]]), ("甲", table), ("乙", table))
    sheet = read_sheet(path)
    note = finding_of(sheet.notes, "table-sheet-chosen")
    assert (sheet.sheet, note.value, note.severity) == ("甲", "甲", "warning")
    assert "乙" in note.message_zh
    assert "说明" not in note.message_zh
    chosen = read_sheet(path, sheet="乙")
    assert (chosen.sheet, chosen.notes) == ("乙", ())


def test_a_hidden_sheet_is_read_only_when_asked_for(tmp_path):
    path = workbook(tmp_path, ("旧", [["名称", "经度"], ["旧", 1]]), ("新", [["名称", "经度"], ["新", 2]]))
    book = openpyxl.load_workbook(path)
    book["旧"].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    assert cells(read_sheet(path)) == [["新", "2"]]
    assert cells(read_sheet(path, sheet="旧")) == [["旧", "1"]]


def test_no_sheet_in_a_text_file(tmp_path):
    with pytest.raises(PackError, match=r"there is no sheet 'x'; it has none"):
        read_sheet(put(tmp_path, LINES), sheet="x")


def repacked(path, change):
    """The workbook with its first sheet's XML changed."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["xl/worksheets/sheet1.xml"] = change(parts["xl/worksheets/sheet1.xml"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return path


def test_formulas_count_by_their_saved_value(tmp_path):
    path = workbook(tmp_path, [["名称", "床位"], ["甲", "=20+20"], ["乙", "=1/0"], ["丙", "=1+2"]])
    repacked(
        path,
        # written as <v /> or <v></v>, by whether openpyxl finds lxml
        lambda xml: re.sub(
            rb'<c r="B3"><f>1/0</f><v ?(/>|></v>)',
            b'<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v>',
            re.sub(rb"<f>20\+20</f><v ?(/>|></v>)", b"<f>20+20</f><v>40</v>", xml),
        ),
    )
    sheet = read_sheet(path)
    assert cells(sheet) == [["甲", "40"], ["乙", ""], ["丙", ""]]
    assert finding_of(sheet.notes, "table-errors").count == 1
    assert finding_of(sheet.notes, "table-formulas").count == 1


# A reader that makes room for every cell up to the farthest would need 400 GB for these.
@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "16,384 columns, the limit is 2,000"),
        (b"<row r='1048576'><c t='n' r='xfd1048576'><v>1</v></c></row>", "16,384 columns"),
        (b'<row r="1048576"><c r="BZ1048576"><v>1</v></c></row>', "81,788,928 cells, the limit is 20,000,000"),
        (b'<row r="4000000"><c r="A4000000"><v>1</v></c></row>', "4,000,000 rows, the limit is 1,048,576"),
        (b"<row>" + b"<c><v>1</v></c>" * 3000 + b"</row>", "3,000 columns"),
    ],
)
def test_one_cell_far_out_takes_no_memory(tmp_path, cell, says):
    path = workbook(tmp_path, [["名称", "经度"]])
    repacked(path, lambda xml: xml.replace(b"</sheetData>", cell + b"</sheetData>"))
    begin = time.perf_counter()
    with pytest.raises(PackError, match=rf"list\.xlsx, xl/worksheets/sheet1\.xml: reaches over {says}.*stray cells"):
        read_sheet(path)
    assert time.perf_counter() - begin < 5


def test_a_stated_size_that_is_not_true_is_no_reason_to_refuse(tmp_path):
    path = workbook(tmp_path, [["名称", "经度"], ["甲", 1]])
    repacked(path, lambda xml: xml.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))
    assert cells(read_sheet(path)) == [["甲", "1"]]


def test_a_zip_bomb(tmp_path):
    path = workbook(tmp_path, [["名称", "经度"]])
    repacked(path, lambda xml: xml.replace(b"</sheetData>", b" " * 70_000_000 + b"</sheetData>"))
    assert path.stat().st_size < 200_000
    with pytest.raises(PackError, match=r"list\.xlsx: 0\.1 MB that unpack to 70\.0 MB .*limits are 600\.0 MB and 150"):
        read_sheet(path)


def test_a_zip_bomb_that_lies_about_its_size(tmp_path):
    path = workbook(tmp_path, [["名称", "经度"]])
    repacked(path, lambda xml: xml.replace(b"</sheetData>", b" " * 5_000_000 + b"</sheetData>"))
    content = path.read_bytes()
    with zipfile.ZipFile(path) as packed:
        true = packed.getinfo("xl/worksheets/sheet1.xml").file_size
    path.write_bytes(content.replace(true.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    with pytest.raises(PackError, match=r"list\.xlsx: .*broken or cut short"):
        read_sheet(path)


@pytest.mark.parametrize("name", ["list.xlsx", "list.xls", "list.xlsm"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"nonsense", "its content is of another kind"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "by its content it is a web page"),
        (b"PK\x03\x04nonsense", "broken or cut short"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "cannot be read"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
    ],
)
def test_a_workbook_that_is_none(tmp_path, name, content, says):
    with pytest.raises(PackError, match=rf"{name}: .*{says}"):
        read_sheet(put(tmp_path, content, name))


def test_a_workbook_cut_short_anywhere(tmp_path):
    content = workbook(tmp_path, [["名称", "经度"], ["甲", 1]]).read_bytes()
    for size in range(4, len(content), 97):
        with pytest.raises(PackError, match=r"cut\.xlsx: .*broken"):
            read_sheet(put(tmp_path, content[:size], "cut.xlsx"))


def test_a_zip_without_a_workbook(tmp_path):
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", "x")
    with pytest.raises(PackError, match=r"list\.xlsx: the workbook cannot be read"):
        read_sheet(path)


def test_a_workbook_named_xls_is_read_by_its_content(tmp_path):
    path = workbook(tmp_path, [["名称", "经度"], ["甲", 1]])
    assert cells(read_sheet(path.rename(tmp_path / "list.xls"))) == [["甲", "1"]]


# -- Files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["https://example.org/a.csv", "file:///etc/a.csv", "ftp://x/a.xlsx"])
def test_an_address_is_no_file(address):
    with pytest.raises(PackError, match="is an address, not a file; download it"):
        read_sheet(address)


def test_files_that_are_not_there_or_no_tables(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for name, says in (("none.csv", "cannot be opened"), ("folder.csv", "cannot be opened"), ("a.pdf", "not a table")):
        with pytest.raises(PackError, match=rf"{name}: {says}"):
            read_sheet(tmp_path / name)


def test_limits(tmp_path):
    path = put(tmp_path, LINES)
    for limits, says in (
        (Limits(file_bytes=50), r"0\.0 MB, the limit is 0\.0 MB; split it"),
        (Limits(rows=2), "over 3 rows, the limit is 2"),
        (Limits(columns=3), "over 4 columns, the limit is 3"),
        (Limits(cells=11), "over 12 cells, the limit is 11"),
        (Limits(cell_chars=3), "row 2 has a cell of 6 characters, the limit is 3"),
    ):
        with pytest.raises(PackError, match=rf"list\.csv: .*{says}"):
            read_sheet(path, limits=limits)
    assert len(read_sheet(path, limits=Limits(rows=3, columns=4, cells=12, cell_chars=6)).frame) == 2
    book = workbook(tmp_path, [["名称"]], [["名称"]])
    with pytest.raises(PackError, match="2 sheets, the limit is 1"):
        read_sheet(book, limits=Limits(sheets=1))


def test_a_header_of_thousands_of_characters_is_no_header(tmp_path):
    path = put(tmp_path, "\n".join([",".join(["(" * 2000] * 500)] * 40) + "\n" + LINES.replace("\n", "," * 496 + "\n"))
    begin = time.perf_counter()
    assert read_sheet(path, header_row=41).frame["名称"].tolist() == ["邻里食堂", "卫生站"]
    assert time.perf_counter() - begin < 10


def test_plain_numbers():
    column = pd.Series(["１２０．６２", "\u200b31.3\u3000", "−５", "", "４０人"], index=[3, 4, 5, 6, 7])
    folded = plain_numbers(column)
    assert folded.tolist() == ["120.62", "31.3", "−5", "", "40人"]
    assert folded.index.tolist() == [3, 4, 5, 6, 7]


# -- Properties ------------------------------------------------------------------------------------

# Any text but control characters, which no spreadsheet holds, and line ends, which CSV readers fold.
CELL = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), max_size=12)
NAMES = st.lists(CELL.filter(str.strip), min_size=1, max_size=4)


@st.composite
def tables(draw):
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=6))
    return width, [row for row in rows if any(map(str.strip, row))]


ROUND = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ROUND
@given(
    table=tables(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]), mark=st.sampled_from(",;\t")
)
def test_every_table_comes_back_from_csv(tmp_path, table, encoding, mark):
    width, rows = table
    header = ["名称", "经度", "纬度", "床位"][:width] if width > 1 else ["名称"]
    stream = io.StringIO()
    mark = mark if width > 1 else ","  # a single column has no delimiter that could be found
    csv.writer(stream, delimiter=mark).writerows([header, *rows])
    content = stream.getvalue().encode(encoding)
    if encoding == "gb18030":
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return  # these bytes are UTF-8 too, and are read so
    try:
        sheet = read_sheet(put(tmp_path, content), header_row=1, known=header)
    except PackError as error:
        refused = str(error)
    else:
        refused = ""
        assert cells(sheet) == rows
    assert not refused or (encoding == "gb18030" and "broken place" in refused)


@ROUND
@given(table=tables())
def test_every_table_comes_back_from_a_workbook(tmp_path, table):
    width, rows = table
    book = openpyxl.Workbook()
    page = book.active
    for row, line in enumerate([HEADER[:width], *rows], start=1):
        for column, text in enumerate(line, start=1):
            cell = page.cell(row, column, text)
            cell.data_type = "s"  # a text that begins with = is no formula
    path = tmp_path / "list.xlsx"
    book.save(path)
    read = cells(read_sheet(path, header_row=1))
    # A cell of nothing but spaces is an empty one.
    assert [[text if text.strip() else "" for text in line] for line in read] == [
        [text if text.strip() else "" for text in line] for line in rows
    ]


@ROUND
@given(content=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".xlsx", ".xls", ".tsv"]))
def test_any_bytes_are_read_or_refused(tmp_path, content, suffix):
    try:
        sheet = read_sheet(put(tmp_path, content, f"list{suffix}"))
    except PackError as error:
        said = str(error)
    else:
        said = f"list{suffix}: "
        assert sheet.frame.columns.is_unique
    assert said.startswith(f"list{suffix}: ")


@pytest.mark.parametrize("by_hand", [True, False])
def test_hidden_rows_are_read_and_told(tmp_path, by_hand):
    book = openpyxl.Workbook()
    book.active.title = "封面 & 说明"
    sheet = book.create_sheet("设施<1>")
    for row in (("名称", "经度", "纬度"), ("甲", 120.62, 31.31), ("乙", 120.63, 31.31), ("丙", 120.64, 31.31), (None,)):
        sheet.append(row)
    if not by_hand:
        sheet.auto_filter.ref = "A1:C4"
    for row in (3, 4, 9):
        sheet.row_dimensions[row].hidden = True
    book.active.row_dimensions[1].hidden = True
    book.save(tmp_path / "list.xlsx")
    read = read_sheet(tmp_path / "list.xlsx")
    assert read.frame["名称"].tolist() == ["甲", "乙", "丙"]
    (told,) = [one for one in read.notes if one.code == "table-hidden-rows"]
    assert (told.severity, told.count, told.row, told.value) == ("warning", 2, 3, "3, 4")


def test_a_nul_character_is_named_with_its_row(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes("名称,经度,纬度\n甲,120.6,31.3\n乙\0,120.6,31.3\n".encode())
    with pytest.raises(PackError, match="row 3 holds a NUL character") as error:
        read_sheet(path)
    assert "UTF-8" not in error.value.zh
    path.write_bytes("name,lon,lat\n".encode("utf-16-le"))
    with pytest.raises(PackError, match="neither UTF-8"):
        read_sheet(path)
