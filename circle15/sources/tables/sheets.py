"""Read a planner's table: which sheet, which row is the header, and every cell as the text that it shows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from circle15.catalog import column_synonyms, finding, fold_header, hint, refusal
from circle15.model.provenance import FileRecord, FileRole, Finding
from circle15.sources.tables.grid import Grid, Limits
from circle15.sources.tables.grids import SPREADSHEETS, TEXT_TABLES, read_grids

__all__ = ["SPREADSHEETS", "TEXT_TABLES", "Limits", "Sheet", "plain_numbers", "read_sheet"]

_TOP = 40
"""Rows in which a header is looked for."""
_STOREYS = 3
"""Rows that a header may have."""
_LONGEST = 100
"""Characters of a header; what is longer is a remark."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """A table as it was read.

    Attributes
    ----------
    frame
        Cells as text, ``""`` where empty, under their headers; the index ``row`` numbers rows as a
        spreadsheet does. Blank rows, and columns without header and content, are left out.
    file
        Its name.
    encoding
        Of a text file, else ``""``.
    sheet
        Name of the sheet, ``""`` in a text file.
    header_row
        Row of the header (its lowest one if it has several), from 1.
    notes
        What was decided while reading, and what could not be read.
    """

    frame: pd.DataFrame
    file: str
    encoding: str
    sheet: str
    header_row: int
    notes: tuple[Finding, ...] = ()

    def record(self, role: FileRole) -> FileRecord:
        """The table's record before anything was made of it: every row used, no column understood."""
        return FileRecord(
            file=self.file, role=role, form=Path(self.file).suffix.lower(), part=self.sheet,
            encoding=self.encoding.upper(), unknown=tuple(map(str, self.frame.columns)),
            rows_read=len(self.frame), rows_used=len(self.frame),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Header:
    """Header cells of a grid: how many are recognised, in which row (from 0) they stand."""

    known: int
    row: int
    cells: Sequence[str]

    @property
    def fit(self) -> tuple[int, int]:
        filled = sum(map(bool, self.cells))
        return (self.known, filled) if filled > 1 else (0, 0)  # one cell is parted by no mark


def plain_numbers(column: pd.Series) -> pd.Series:
    """Numbers as text in plain ASCII: full-width digits folded (NFKC), invisible marks and outer spaces removed.

    Examples
    --------
    >>> plain_numbers(pd.Series(["１２０．６２", " 31.3 "])).tolist()
    ['120.62', '31.3']
    """
    texts = map(str, column)
    folded = [
        (text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_INVISIBLE)).strip()
        for text in texts
    ]
    return pd.Series(folded, index=column.index, name=column.name, dtype=object)


def read_sheet(
    path: str | Path,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    known: Iterable[str] | None = None,
    encoding: str = "",
    limits: Limits | None = None,
) -> Sheet:
    """Read a table: ``.csv``, ``.txt``, ``.tsv`` or ``.xlsx``, ``.xlsm``, ``.xls``.

    Text is UTF-16 with a mark, UTF-8 or GB18030, its cells parted by comma, semicolon or tab. Above the
    header there may be titles; a header may stand in up to three rows. In a workbook formulas count by the value
    that was saved with them.

    Parameters
    ----------
    path
        The file.
    sheet
        Name of the sheet; without it the first visible one whose header is recognised.
    header_row
        Row of the header, counted from 1; without it the first row with the most known headers, which
        must be two; if there is none, the first row that is not blank.
    known
        Headers to recognise, in any spelling that folds to the same; without it all synonyms of
        ``columns.toml``.
    encoding
        Of a text file, where its bytes do not tell; ``""`` to find it out.
    limits
        How much is read.

    Raises
    ------
    PackError
        If the file is no table, is broken or larger than the limits, or the sheet or header is not there.
    """
    if _URL.match(str(path)):
        raise refusal("table_address", file=str(path)[:200])
    if header_row is not None and header_row < 1:
        raise refusal("table_header_row", file=Path(path).name, row=header_row)
    path = Path(path)
    words = frozenset(column_synonyms() if known is None else map(fold_header, known))
    grids = read_grids(
        path, limits or Limits(), score=lambda rows: _header(rows, words, header_row).fit, encoding=encoding
    )
    headers = [_header(grid.rows, words, header_row) for grid in grids]
    chosen, notes = _chosen(path, grids, headers, sheet)
    grid, header = grids[chosen], headers[chosen]
    if header_row is not None and not any(header.cells):
        raise refusal("table_header_empty", where=_where(path, grid), row=header_row, rows=len(grid.rows))
    frame, more = _body(path, grid, header)
    if header.row > 0 and header_row is None and header.known:
        notes.append(finding("table-header-below", "note", file=path.name, row=header.row + 1, value=_shown(header)))
    if grid.encoding not in {"", "utf-8-sig"}:
        notes.append(finding("table-encoding", "note", file=path.name, value=grid.encoding.upper()))
    return Sheet(
        frame=frame, file=path.name, encoding=grid.encoding, sheet=grid.name, header_row=header.row + 1,
        notes=(*notes, *more),
    )  # fmt: skip


def _where(path: Path, grid: Grid) -> str | tuple[str, str]:
    return hint("in_sheet", file=path.name, sheet=grid.name) if grid.name else path.name


def _shown(header: _Header) -> str:
    return ", ".join(filter(None, header.cells))[:120]


def _clean(cell: str) -> str:
    return " ".join(cell.translate(_INVISIBLE).split())


def _header(rows: Sequence[Sequence[str]], known: frozenset[str], row_asked: int | None) -> _Header:
    """The header: the first row, or up to three together, in which the most headers are recognised.

    Several rows count as one header (坐标 above 经度 and 纬度) only where together they have more known
    headers than each alone: a first row of cells under a header hides words, and adds none.
    """
    top = [[_clean(cell) for cell in row] for row in rows[: max(_TOP, row_asked or 0)]]
    places = range(len(top)) if row_asked is None else range(row_asked - 1, min(row_asked, len(top)))
    best = _Header(known=0, row=-1, cells=())
    for row in places:
        lower = _Header(known=_known(top[row], known), row=row, cells=top[row])
        richest = lower
        most = lower.known
        cells: Sequence[str] = top[row]
        for above in range(row - 1, max(row - _STOREYS, -1), -1):
            cells = _over(top[above], cells)
            most = max(most, _known(top[above], known))
            joined = _Header(known=_known(cells, known), row=row, cells=cells)
            if joined.known > max(most, richest.known):
                richest = joined
        if richest.known > best.known:
            best = richest
    if best.known >= 2 or (row_asked is not None and best.known):
        return best
    filled = [row for row in places if any(top[row])]
    return _Header(known=0, row=filled[0], cells=top[filled[0]]) if filled else best


def _over(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    width = max(len(upper), len(lower))
    above, below = ([*row, *[""] * (width - len(row))] for row in (upper, lower))
    return [under or over for over, under in zip(above, below, strict=True)]


def _known(cells: Iterable[str], known: frozenset[str]) -> int:
    return len({folded for cell in cells if 0 < len(cell) <= _LONGEST and (folded := fold_header(cell)) in known})


def _chosen(
    path: Path, grids: Sequence[Grid], headers: Sequence[_Header], sheet: str | None
) -> tuple[int, list[Finding]]:
    """Position of the sheet that is meant."""
    names = [grid.name for grid in grids]
    if sheet is not None:
        if sheet not in names or not names[0]:
            has = ", ".join(map(repr, names)) if any(names) else ("无（不是工作簿）", "none")
            raise refusal("table_sheet", file=path.name, sheet=sheet, names=has)
        return names.index(sheet), []
    filled = [k for k, header in enumerate(headers) if any(header.cells) and grids[k].visible]
    if not filled and grids and grids[0].visible and any(map(any, grids[0].rows)):
        return 0, []  # only the row that was asked for is empty
    if not filled:
        raise refusal("table_empty", file=path.name)
    known = [k for k in filled if headers[k].known]
    if len(known) > 1 or (not known and len(filled) > 1):
        first = (known or filled)[0]
        not_chosen = ", ".join(names[k] for k in (known or filled)[1:])
        return first, [
            finding("table-sheet-chosen", "warning", file=path.name, value=names[first], others=not_chosen[:200])
        ]
    return (known or filled)[0], []


def _body(path: Path, grid: Grid, header: _Header) -> tuple[pd.DataFrame, list[Finding]]:
    """Rows below the header under unique names."""
    from xlsxwriter.utility import xl_col_to_name

    notes: list[Finding] = []
    rows = [list(row) for row in grid.rows[header.row + 1 :]]
    width = max(len(header.cells), max(map(len, rows), default=0))
    cells = [*header.cells, *[""] * (width - len(header.cells))]
    if grid.encoding and any(len(row) > len(header.cells) for row in rows):
        first = next(k for k, row in enumerate(rows) if len(row) > len(header.cells))
        raise refusal("table_ragged", file=path.name, row=header.row + first + 2)
    for row in rows:
        row.extend([""] * (width - len(row)))
    filled = _fill_merged(rows, grid, header.row + 1)
    if filled:
        notes.append(finding("table-merged", "note", file=path.name, count=filled))
    for code, count in (("table-errors", grid.errors), ("table-formulas", grid.unsaved)):
        if count:
            notes.append(finding(code, "warning", file=path.name, count=count))
    numbers = [header.row + 2 + k for k, row in enumerate(rows) if any(map(str.strip, row))]
    if grid.hidden is None:
        notes.append(finding("table-hidden-unknown", "note", file=path.name))
    hidden = sorted(set(grid.hidden or ()).intersection(numbers))
    if hidden:
        shown = ", ".join(map(str, hidden[:20]))
        notes.append(
            finding("table-hidden-rows", "warning", file=path.name, count=len(hidden), row=hidden[0], value=shown)
        )
    frame = pd.DataFrame(
        [rows[number - header.row - 2] for number in numbers], columns=range(width), dtype=str,
        index=pd.Index(numbers, name="row", dtype="int64"),
    )  # fmt: skip
    nameless = [k for k, cell in enumerate(cells) if not cell]
    empty = [k for k in nameless if (frame[k].str.strip() == "").all()]
    frame = frame.drop(columns=empty)
    names = _unique([cell or f"({xl_col_to_name(k)})" for k, cell in enumerate(cells) if k not in empty])
    if len(empty) < len(nameless):
        columns = ", ".join(xl_col_to_name(k) for k in nameless if k not in empty)
        notes.append(finding("table-nameless-column", "note", file=path.name, row=header.row + 1, value=columns))
    return frame.set_axis(pd.Index(names, dtype=object), axis=1), notes


def _fill_merged(rows: list[list[str]], grid: Grid, start: int) -> int:
    """Give every row of a merged column its value (one 街道 over many rows); how many cells were filled."""
    filled = 0
    for top, left, bottom, right in grid.merged:
        if top < start or left != right or left >= (len(rows[0]) if rows else 0):
            continue
        value = rows[top - start][left] if top - start < len(rows) else ""
        for row in rows[top - start + 1 : bottom - start + 1]:
            # Rows with nothing else are no rows: a merged column does not make them.
            if value and not row[left] and any(row):
                row[left] = value
                filled += 1
    return filled


def _unique(names: Sequence[str]) -> list[str]:
    """Names with a count where one stands twice."""
    seen: dict[str, int] = {}
    taken = set(names)
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        fresh, count = name, seen[name]
        while count > 1 and fresh in taken:
            fresh, count = f"{name} ({count})", count + 1
        taken.add(fresh)
        result.append(fresh)
    return result
