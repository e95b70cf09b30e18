"""Tables of an analysis as files: ``gaps.csv``, ``subdistricts.csv``, ``ledger.csv``, ``actions.csv``, and others.

Each file appears whole or not at all, and the same analysis gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from circle15.model import Analysis
from circle15.render.atomic import write_text, write_whole
from circle15.render.published.told import Published, publish
from circle15.render.tables.actions import action_table
from circle15.render.tables.capacity import capacity_table
from circle15.render.tables.frames import check_table, gap_table, subdistrict_gap_table
from circle15.render.tables.ledger import ledger_table

__all__ = [
    "actions_csv",
    "capacity_csv",
    "field_checks_csv",
    "gaps_csv",
    "gaps_xlsx",
    "geopackage",
    "ledger_csv",
    "subdistricts_csv",
    "write_csv",
]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def gaps_csv(analysis: Analysis, path: str | Path) -> Path:
    """Write one row per community and service; UTF-8 with a byte-order mark, so that Excel reads Chinese.

    Text that begins with ``= + - @`` or a control character gets an apostrophe in front: a
    spreadsheet then shows it and does not run it.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return write_csv(gap_table(analysis), path)


def subdistricts_csv(analysis: Analysis, path: str | Path) -> Path:
    """Write one row per subdistrict, service and cut-off, as :func:`gaps_csv` does; the header alone without any.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return write_csv(subdistrict_gap_table(analysis), path)


def ledger_csv(analysis: Analysis, path: str | Path) -> Path:
    """Write one row per unit and clause, as :func:`gaps_csv` does; the header alone where nothing was judged.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return write_csv(ledger_table(analysis), path)


def field_checks_csv(analysis: Analysis | Published, path: str | Path) -> Path:
    """Write the list of field checks for a survey, as :func:`gaps_csv` does; answers are filled in by hand.

    Filled in, it is given back by ``[survey]`` in ``city.toml``.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return write_csv(check_table(publish(analysis).analysis), path)


def write_csv(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table for spreadsheets, see :func:`gaps_csv`; the table's text is made inert in place."""
    from circle15.render.words import plain_text

    for column in table.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes]]:
        table[column] = [_inert(plain_text(str(text))) if pd.notna(text) else "" for text in table[column]]
    return write_text(path, table.to_csv(index=False, lineterminator="\r\n"), encoding="utf-8-sig")


def actions_csv(analysis: Analysis, path: str | Path) -> Path:
    """Write the changes that would help most, as :func:`gaps_csv` does; the header alone where nobody lacks anything.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return write_csv(action_table(analysis), path)


def capacity_csv(analysis: Analysis, path: str | Path) -> Path:
    """Write who gets a seat, one row per community and service, as :func:`gaps_csv` does; the header alone without any.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return write_csv(capacity_table(analysis), path)


def gaps_xlsx(analysis: Analysis | Published, path: str | Path) -> Path:
    """Write the planner's workbook; see :mod:`circle15.render.tables.workbook`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from circle15.render.tables.workbook import workbook_bytes

    content = workbook_bytes(analysis)
    return write_whole(path, lambda part: part.write_bytes(content))


def geopackage(analysis: Analysis, path: str | Path) -> Path:
    """Write all layers into one GeoPackage; see :mod:`circle15.render.tables.geopackage`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from circle15.render.tables.geopackage import write_geopackage

    return write_whole(path, lambda part: write_geopackage(analysis, part))


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
