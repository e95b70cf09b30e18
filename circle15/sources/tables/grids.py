"""Cells of tables as text: CSV in the encodings that people have, and Excel workbooks, read within limits.

A grid is what a spreadsheet shows: rows from its first, each a list of texts. What the rows mean is
decided in :mod:`circle15.sources.tables.sheets`.
"""

from __future__ import annotations

from pathlib import Path

from circle15.catalog import advice, refusal
from circle15.sources.tables.grid import Grid, Limits, megabytes
from circle15.sources.tables.texts import Score, text_grid
from circle15.sources.tables.workbooks import workbook_grids

__all__ = ["SPREADSHEETS", "TEXT_TABLES", "read_grids"]

TEXT_TABLES = (".csv", ".txt", ".tsv")
SPREADSHEETS = (".xlsx", ".xlsm", ".xls")


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
            raise refusal("table_size", file=path.name, size=megabytes(size), most=megabytes(limits.file_bytes))
        content = path.read_bytes()
    except OSError as error:
        raise refusal("table_missing", file=path.name, why=error.strerror) from error
    if suffix in TEXT_TABLES:
        grids = [text_grid(path, content, limits, score=score, encoding=encoding)]
    elif not content:
        raise refusal("table_no_bytes", file=path.name)
    else:
        grids = workbook_grids(path, content, limits)
    for grid in grids:
        _check_cells(path, grid, limits)
    return grids


def _check_cells(path: Path, grid: Grid, limits: Limits) -> None:
    for number, row in enumerate(grid.rows, start=1):
        longest = max(map(len, row), default=0)
        if longest > limits.cell_chars:
            raise refusal("table_cell", file=path.name, row=number, chars=f"{longest:,}", most=f"{limits.cell_chars:,}")
