"""Excel workbooks, old and new: their cells as text, and what their XML tells before a reader makes room for them."""

from __future__ import annotations

import datetime as dt
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import python_calamine

from circle15.catalog import hint, refusal
from circle15.errors import PackError
from circle15.sources.tables.grid import Grid, Limits, check_extent, megabytes

__all__ = ["workbook_grids"]

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
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
_CHUNK = 1 << 22


def workbook_grids(path: Path, content: bytes, limits: Limits) -> list[Grid]:
    """All worksheets of a workbook.

    Parameters
    ----------
    path, content
        The file, for messages, and its bytes.
    limits
        How much is read.

    Raises
    ------
    PackError
        If it is no workbook, or one that is locked, broken or larger than the limits.
    """
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
    check_extent(hint("in_sheet", file=path.name, sheet=meta.name), top + sheet.height, left + sheet.width, limits)
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
            _refuse_bomb(path, len(content), entries, limits)
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


def _refuse_bomb(path: Path, size: int, entries: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    """Refuse a workbook that unpacks to more than is read, or to much more than it is."""
    unpacked = sum(entry.file_size for entry in entries)
    ratio = unpacked / size
    if unpacked > limits.unpacked_bytes or (unpacked > limits.ratio_from_bytes and ratio > limits.unpack_ratio):
        raise refusal(
            "book_bomb", file=path.name, size=megabytes(size), unpacked=megabytes(unpacked), ratio=f"{ratio:.0f}",
            most=megabytes(limits.unpacked_bytes), most_ratio=limits.unpack_ratio,
        )  # fmt: skip


def _sheet_files(about: Mapping[str, bytes]) -> dict[str, str]:
    """Name of each sheet -> its file in the workbook, by the workbook's own lists."""
    relations = map(_attributes, _RELATION.findall(about.get(_ABOUT[1], b"")))
    targets = {relation["id"]: relation["target"] for relation in relations}
    sheets = map(_attributes, _SHEET.findall(about.get(_ABOUT[0], b"")))
    named = {sheet.get("name", ""): targets.get(sheet.get("id", ""), "") for sheet in sheets}
    return {
        html.unescape(name): (target.lstrip("/") if target.startswith("/") else f"xl/{target}").lower()
        for name, target in named.items()
    }


def _attributes(tag: bytes) -> dict[str, str]:
    written = {key.decode().lower(): value.decode("utf-8", "replace") for key, value in _ATTRIBUTE.findall(tag)}
    return {"id": "", "target": ""} | written


def _drain(stream: Any) -> None:
    while stream.read(_CHUNK):
        pass


def _pieces(stream: Any) -> Iterator[bytes]:
    """A sheet's XML in pieces that end between cells."""
    kept = b""
    while chunk := stream.read(_CHUNK):
        joined = kept + chunk
        # Up to the last cell that begins: it may go on in the next chunk.
        begun = joined[: max(joined.rfind(b"<"), 0)]
        cut = max(begun.rfind(b"<c "), begun.rfind(b"<row"), begun.rfind(b":c "))
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
        check_extent(where, rows, columns, limits)
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
