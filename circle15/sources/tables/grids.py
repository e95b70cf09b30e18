"""Cells of tables as text: CSV in the encodings that people have, and Excel workbooks, read within limits.

A grid is what a spreadsheet shows: rows from its first, each a list of texts. What the rows mean is
decided in :mod:`circle15.sources.tables.sheets`.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import python_calamine

from circle15.catalog import advice, hint, refusal
from circle15.errors import PackError
from circle15.sources.tables.encodings import text_encoding

__all__ = ["SPREADSHEETS", "TEXT_TABLES", "Grid", "Limits", "read_grids"]

TEXT_TABLES = (".csv", ".txt", ".tsv")
SPREADSHEETS = (".xlsx", ".xlsm", ".xls")
Score = Callable[[Sequence[Sequence[str]]], tuple[int, int]]
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DELIMITERS = (",", ";", "\t")
_END = "\0end"  # NUL stands in no table that is read
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,9})(\d{0,9})["']""")
_NO_VALUE = re.compile(rb"</(?:\w+:)?f>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>|</(?:\w+:)?c>)")
_ERROR = re.compile(rb"""<(?:\w+:)?c\s[^>]*\bt\s*=\s*["']e["']""")
_UNPLACED = re.compile(rb"""<(?:\w+:)?c(?=[\s/>])(?![^>]*\sr\s*=)""")
_ROW_BEGINS = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL_BEGINS = re.compile(rb"<(?:\w+:)?c[\s/>]")
_HIDDEN = re.compile(rb"""<(?:\w+:)?row\s[^>]*\bhidden\s*=\s*["'](?:1|true)["'][^>]*>""")
_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d{1,9})["']""")
_ABOUT = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(rb"""(?:\w+:)?(name|id|Id|Target)\s*=\s*["']([^"']*)["']""")
_UTF7 = re.compile(r"\+[A-Za-z0-9+/]{3,}(?=-|[^A-Za-z0-9+/]|$)")
_CHUNK = 1 << 22
_FEW = 10
"""One letter in so many may be NUL before the whole text is of another encoding."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of a table is read; beyond it the file is refused, before memory is.

    Attributes
    ----------
    file_bytes, unpacked_bytes
        Size of the file, and of what a workbook (a zip) unpacks to. ``unpack_ratio`` holds from
        ``ratio_from_bytes`` on: small workbooks may be as regular as they like.
    rows, columns, cells
        Of one sheet, counted to its farthest cell. ``sheets`` of one workbook.
    cell_chars
        Characters of one cell; Excel itself holds 32,767.
    """

    file_bytes: int = 200_000_000
    unpacked_bytes: int = 600_000_000
    unpack_ratio: int = 150
    ratio_from_bytes: int = 50_000_000
    rows: int = 1_048_576
    columns: int = 2_000
    cells: int = 20_000_000
    sheets: int = 200
    cell_chars: int = 32_767


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """One sheet: its name (``""`` in a text file), its rows from row 1, and its merged ranges.

    ``merged`` holds ``(top, left, bottom, right)``, from 0 and inclusive. ``errors`` and ``unsaved``
    count cells of the whole workbook that hold an error, and formulas without a stored value. ``hidden`` are numbers of
    rows that a filter or a hand has hidden: they are read like the others; None where that cannot be seen.
    """

    name: str
    rows: list[list[str]]
    encoding: str = ""
    visible: bool = True
    merged: Sequence[tuple[int, int, int, int]] = ()
    errors: int = 0
    unsaved: int = 0
    hidden: tuple[int, ...] | None = ()


def read_grids(path: Path, limits: Limits, *, score: Score, encoding: str = "") -> list[Grid]:
    """All sheets of a table file.

    Parameters
    ----------
    path
        The file.
    limits
        How much is read.
    score
        ``rows -> (known headers, cells of the header)`` of the first rows; the best delimiter has most.
    encoding
        Of a text, where its bytes do not tell.

    Raises
    ------
    PackError
        If it is no table, is broken, encrypted or larger than the limits.
    """
    suffix = path.suffix.lower()
    if suffix not in (*TEXT_TABLES, *SPREADSHEETS):
        known = ", ".join((*TEXT_TABLES, *SPREADSHEETS))
        raise refusal("table_kind", file=path.name, advice=advice(suffix), known=known)
    try:
        size = path.stat().st_size
        if size > limits.file_bytes:
            raise refusal("table_size", file=path.name, size=_mb(size), most=_mb(limits.file_bytes))
        content = path.read_bytes()
    except OSError as error:
        raise refusal("table_missing", file=path.name, why=error.strerror) from error
    if suffix in TEXT_TABLES:
        grids = [_text_grid(path, content, limits, score, encoding)]
    elif not content:
        raise refusal("table_no_bytes", file=path.name)
    else:
        grids = _workbook_grids(path, content, limits)
    for grid in grids:
        _check_cells(path, grid, limits)
    return grids


def _mb(size: float) -> str:
    return f"{size / 1e6:,.1f} MB"


def _check_extent(where: str | tuple[str, str], rows: int, columns: int, limits: Limits) -> None:
    for count, most, what in (
        (rows, limits.rows, ("行", "rows")),
        (columns, limits.columns, ("列", "columns")),
        (rows * columns, limits.cells, ("格", "cells")),
    ):
        if count > most:
            raise refusal("table_limit", where=where, count=f"{count:,}", what=what, most=f"{most:,}")


def _check_cells(path: Path, grid: Grid, limits: Limits) -> None:
    for number, row in enumerate(grid.rows, start=1):
        longest = max(map(len, row), default=0)
        if longest > limits.cell_chars:
            raise refusal("table_cell", file=path.name, row=number, chars=f"{longest:,}", most=f"{limits.cell_chars:,}")


# -- Text ------------------------------------------------------------------------------------------


def _text_grid(path: Path, content: bytes, limits: Limits, score: Score, given: str) -> Grid:
    text, encoding = _decoded(path, content, given)
    start = "".join(io.StringIO(text, newline="").readlines(1 << 16))
    delimiters = ("\t", ",", ";") if path.suffix.lower() == ".tsv" else _DELIMITERS
    delimiter = max(delimiters, key=lambda mark: _fit(start, mark, score))
    rows: list[list[str]] = []
    widest = 0
    # The line behind the last one shows whether a quotation mark was left open: then it is no row of its own.
    # CSV has no limit of its own on a field; 131,072 is Python's, and ours is smaller.
    reader = csv.reader(io.StringIO(f"{text}\n{_END}", newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            widest = max(widest, len(row))
            if len(rows) > limits.rows + 2 or widest > limits.columns:
                _check_extent(path.name, len(rows) - 2, widest, limits)
    except csv.Error as error:
        if "field larger" in str(error):
            most, longer = f"{limits.cell_chars:,}", f"{csv.field_size_limit():,}"
            chars = (f"超过 {longer}", f"more than {longer}")
            raise refusal("table_cell", file=path.name, row=len(rows) + 1, chars=chars, most=most) from error
        raise refusal("csv_parse", file=path.name, row=len(rows) + 1, why=error) from error
    if rows[-1] != [_END]:
        raise refusal("csv_quote", file=path.name, row=len(rows))
    rows.pop()
    if rows and not rows[-1]:
        rows.pop()  # the end of the last line begins no row
    _check_extent(path.name, len(rows), widest, limits)
    return Grid(name="", rows=rows, encoding=encoding)


def _fit(start: str, delimiter: str, score: Score) -> tuple[int, int]:
    try:
        rows = list(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter))
    except csv.Error:
        return (0, 0)
    return score(rows)


def _decoded(path: Path, content: bytes, given: str) -> tuple[str, str]:
    """The text and its encoding: as given, else UTF-16 by its mark, UTF-8, else GB18030 (which holds GBK)."""
    if not content.strip():
        raise refusal("csv_empty", file=path.name, bytes=len(content))
    if content.startswith((b"PK\x03\x04", _OLE)):
        raise refusal("csv_workbook", file=path.name)
    if given:
        return _as_given(path, content, given)
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        if encoding == "gb18030":
            _refuse_broken_utf8(path, content)
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if nul := text.count("\0"):
            if nul * _FEW > len(text):
                break  # two bytes a letter: UTF-16 without its mark
            raise refusal("csv_nul", file=path.name, row=text[: text.index("\0")].count("\n") + 1, count=nul)
        mail = _UTF7.findall(text[:2000].partition("\n")[0]) if text.isascii() else []
        if len(mail) > 1 and all("\u4e00" <= letter <= "\u9fff" for run in mail for letter in _mail_text(run)):
            raise refusal("csv_utf7", file=path.name, shown=mail[0][:20])
        return text, encoding
    raise refusal("csv_encoding", file=path.name)


def _as_given(path: Path, content: bytes, given: str) -> tuple[str, str]:
    name = text_encoding(given)
    if not name:
        raise refusal("layer_encoding_key", file=path.name, encoding=given[:40])
    name = "utf-8-sig" if name == "utf-8" else name
    try:
        return content.decode(name), name
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refusal("csv_encoding_given", file=path.name, encoding=given, line=line) from error


def _mail_text(run: str) -> str:
    try:
        return f"{run}-".encode("ascii").decode("utf-7")
    except UnicodeDecodeError:
        return "?"


def _refuse_broken_utf8(path: Path, content: bytes) -> None:
    """GB18030 reads nearly any bytes: UTF-8 with a few broken ones would become other words without an error."""
    text = content.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    # Pairs of GBK bytes often look like two-byte UTF-8, seldom like the three bytes of a Chinese character.
    whole = len(re.findall(r"[\u3000-\u9fff\uff00-\uffef]", text))
    if whole > broken:
        row = text[: text.index("\ufffd")].count("\n") + 1
        raise refusal("csv_broken", file=path.name, count=broken, row=row)


# -- Workbooks -------------------------------------------------------------------------------------


def _workbook_grids(path: Path, content: bytes, limits: Limits) -> list[Grid]:
    errors = unsaved = 0
    hidden: Mapping[str, tuple[int, ...]] | None = None  # of an old workbook nobody says
    if content.startswith(b"PK"):
        errors, unsaved, hidden = _checked_zip(path, content, limits)
    elif not content.startswith(_OLE) or _ENCRYPTED in content:
        page = re.match(rb"\s*(\xef\xbb\xbf)?\s*<(!doctype html|html|table|meta|head)", content[:200], re.IGNORECASE)
        why = "book_locked" if content.startswith(_OLE) else "book_html" if page else "book_other"
        raise refusal("book_kind", file=path.name, why=hint(why))
    try:
        with python_calamine.load_workbook(io.BytesIO(content)) as book:
            kinds = [meta for meta in book.sheets_metadata if meta.typ == python_calamine.SheetTypeEnum.WorkSheet]
            if len(kinds) > limits.sheets:
                raise refusal("book_sheets", file=path.name, count=len(kinds), most=limits.sheets)
            grids = [_sheet_grid(path, book, meta, limits, errors=errors, unsaved=unsaved) for meta in kinds]
            return [replace(grid, hidden=None if hidden is None else hidden.get(grid.name, ())) for grid in grids]
    except python_calamine.CalamineError as error:
        raise refusal("book_broken", file=path.name, why=error) from error


def _sheet_grid(path: Path, book: Any, meta: Any, limits: Limits, *, errors: int, unsaved: int) -> Grid:
    sheet = book.get_sheet_by_name(meta.name)
    top, left = sheet.start or (0, 0)
    _check_extent(hint("in_sheet", file=path.name, sheet=meta.name), top + sheet.height, left + sheet.width, limits)
    rows: list[list[str]] = [[] for _ in range(top)]
    rows += ([""] * left + [_cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True))
    return Grid(
        name=meta.name,
        rows=rows,
        visible=meta.visible == python_calamine.SheetVisibleEnum.Visible,
        merged=[(*start, *end) for start, end in sheet.merged_cell_ranges or ()],
        errors=errors,
        unsaved=unsaved,
    )


def _cell_text(cell: Any) -> str:
    """A cell as its reader sees it, dates as ISO writes them."""
    match cell:
        case bool():
            text = "TRUE" if cell else "FALSE"
        case float():
            text = str(int(cell)) if cell.is_integer() else repr(cell)
        case dt.datetime():
            midnight = cell.time() == dt.time()
            text = cell.date().isoformat() if midnight else cell.isoformat(sep=" ", timespec="seconds")
        case dt.time():
            text = cell.isoformat(timespec="seconds" if cell.second else "minutes")
        case dt.timedelta():
            minutes = round(cell.total_seconds() / 60)
            text = f"{minutes // 60:02d}:{minutes % 60:02d}"
        case _:
            text = str(cell)  # text as it is, a date as ISO writes it
    return text


def _checked_zip(path: Path, content: bytes, limits: Limits) -> tuple[int, int, Mapping[str, tuple[int, ...]]]:
    """Unpack a workbook once without keeping it: its true size, its farthest cells, cells without a value, hidden rows.

    Readers of workbooks make room for every cell up to the farthest one, so that one cell in XFD1048576
    takes all memory there is; and the sizes that a zip states are those that its maker wrote.
    """
    errors = unsaved = 0
    hidden: dict[str, tuple[int, ...]] = {}
    about: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = packed.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            ratio = unpacked / len(content)
            if unpacked > limits.unpacked_bytes or (unpacked > limits.ratio_from_bytes and ratio > limits.unpack_ratio):
                raise refusal(
                    "book_bomb", file=path.name, size=_mb(len(content)), unpacked=_mb(unpacked), ratio=f"{ratio:.0f}",
                    most=_mb(limits.unpacked_bytes), most_ratio=limits.unpack_ratio,
                )  # fmt: skip
            for entry in entries:
                with packed.open(entry) as stream:
                    if entry.filename.lower() in _ABOUT and entry.file_size <= _CHUNK:
                        about[entry.filename.lower()] = stream.read(_CHUNK)
                    if "worksheets/" not in entry.filename.lower() or not entry.filename.lower().endswith(".xml"):
                        _drain(stream)
                        continue
                    wrong, empty, rows = _scan(f"{path.name}, {entry.filename}", stream, limits)
                errors, unsaved = errors + wrong, unsaved + empty
                hidden[entry.filename.lower()] = rows
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        zlib.error,
    ) as error:
        raise refusal("book_broken", file=path.name, why=error) from error
    except ValueError as error:
        if isinstance(error, PackError):
            raise
        raise refusal("book_broken", file=path.name, why=error) from error
    files = _sheet_files(about)
    return errors, unsaved, {name: hidden[file] for name, file in files.items() if hidden.get(file)}


def _sheet_files(about: Mapping[str, bytes]) -> dict[str, str]:
    """Name of each sheet -> its file in the workbook, by the workbook's own lists."""
    targets = {found["id"]: found["target"] for found in map(_attributes, _RELATION.findall(about.get(_ABOUT[1], b"")))}
    sheets = map(_attributes, _SHEET.findall(about.get(_ABOUT[0], b"")))
    named = {sheet.get("name", ""): targets.get(sheet.get("id", ""), "") for sheet in sheets}
    return {
        html.unescape(name): (target.lstrip("/") if target.startswith("/") else f"xl/{target}").lower()
        for name, target in named.items()
    }


def _attributes(tag: bytes) -> dict[str, str]:
    found = {key.decode().lower(): value.decode("utf-8", "replace") for key, value in _ATTRIBUTE.findall(tag)}
    return {"id": "", "target": ""} | found


def _drain(stream: Any) -> None:
    while stream.read(_CHUNK):
        pass


def _pieces(stream: Any) -> Iterator[bytes]:
    """A sheet's XML in pieces that end between cells."""
    kept = b""
    while chunk := stream.read(_CHUNK):
        whole, mark, rest = (kept + chunk).rpartition(b"<")
        # Up to the last cell that begins: it may go on in the next chunk.
        cut = max(whole.rfind(b"<c "), whole.rfind(b"<row"), whole.rfind(b":c "))
        joined = whole + mark + rest
        if cut <= 0 or len(joined) - cut > _CHUNK:
            cut = len(joined)
        yield joined[:cut]
        kept = joined[cut:]
    yield kept


def _scan(where: str, stream: Any, limits: Limits) -> tuple[int, int, tuple[int, ...]]:
    """Counts of error cells and of formulas without a value, numbers of hidden rows; refuses cells far outside."""
    hidden: list[int] = []
    rows = columns = counted = errors = unsaved = 0
    for piece in _pieces(stream):
        if b"\0" in piece:
            raise refusal("book_text", where=where)
        places = _PLACE.findall(piece)
        rows = max([rows, *(int(number or b"0") for number in {digits for _, digits in places})])
        columns = max([columns, *map(_column_number, {letters for letters, _ in places})])
        # Counting is ten times as fast as the pattern; where every <c is a <c r=" there is nothing to look for.
        all_placed = piece.count(b"<c") == piece.count(b'<c r="') and b":c" not in piece
        if not all_placed and _UNPLACED.search(piece):  # a cell without a place comes behind the one before it
            columns = max(columns, *(len(_CELL_BEGINS.findall(row)) for row in _ROW_BEGINS.split(piece)))
        counted += len(_ROW_BEGINS.findall(piece))
        rows = max(rows, counted)
        _check_extent(where, rows, columns, limits)
        # Most sheets have neither; looking for a few letters is ten times as fast as for the whole pattern.
        if b'"e"' in piece or b"'e'" in piece:
            errors += len(_ERROR.findall(piece))
        if b"f>" in piece:
            unsaved += len(_NO_VALUE.findall(piece))
        if b"hidden" in piece:
            hidden += [int(number[1]) for tag in _HIDDEN.findall(piece) if (number := _NUMBER.search(tag))]
    return errors, unsaved, tuple(hidden)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
