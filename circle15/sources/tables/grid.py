"""Cells of one sheet as a spreadsheet shows them, and how many of them are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from circle15.catalog import refusal

__all__ = ["Grid", "Limits", "check_extent", "megabytes"]


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


def megabytes(size: float) -> str:
    """A number of bytes for a message."""
    return f"{size / 1e6:,.1f} MB"


def check_extent(where: str | tuple[str, str], rows: int, columns: int, limits: Limits) -> None:
    """Refuse a sheet with more rows, columns or cells than are read; ``where`` names it."""
    for count, most, unit in (
        (rows, limits.rows, ("行", "rows")),
        (columns, limits.columns, ("列", "columns")),
        (rows * columns, limits.cells, ("格", "cells")),
    ):
        if count > most:
            raise refusal("table_limit", where=where, count=f"{count:,}", what=unit, most=f"{most:,}")
