"""What a table says of its own coordinates in a column 坐标系: a contradiction is refused, silence in China is told."""

from __future__ import annotations

import numpy as np
import pandas as pd

from circle15.catalog import datum_key, finding, in_mainland, refusal
from circle15.model.provenance import Finding
from circle15.sources.coded_cells import unknown_words
from circle15.sources.reading import ROW, Tally

__all__ = ["check_said_datum", "undeclared_datum"]

_SHIFTED = ("gcj02", "bd09")
"""Datums that lie some hundred metres off all others; of those, none contradicts another by what a walk can feel."""
_MOSTLY = 0.5


def check_said_datum(frame: pd.DataFrame, declared: str, tally: Tally) -> bool:
    """Compare the column ``datum`` of a table with what ``city.toml`` declares.

    Parameters
    ----------
    frame
        Our columns and, where rows are numbered, :data:`~circle15.sources.reading.ROW`.
    declared
        ``datum`` of the entry.
    tally
        Takes the finding of words that are not understood.

    Returns
    -------
    bool
        Whether every row names a datum that is understood.

    Raises
    ------
    PackError
        If a row names a datum that shifts coordinates otherwise than the declared one.
    """
    if "datum" not in frame:
        return False
    words = frame["datum"].astype(object).where(frame["datum"].notna(), "").astype(str).str.strip().astype(object)
    keys = words.map({word: datum_key(word) for word in words.unique()}).astype(object)
    rows = frame[ROW] if ROW in frame else pd.Series(np.arange(len(frame)) + 1, index=frame.index)
    meant = declared.lower() if declared.lower() in _SHIFTED else ""
    other = keys[(keys != "") & (keys.where(keys.isin(_SHIFTED), "") != meant)]
    if len(other):
        raise refusal(
            "datum_contradicted", file=tally.file, row=int(rows[other.index[0]]), value=words[other.index[0]][:40],
            count=len(other), rows=len(frame), declared=declared, meant=other.iloc[0],
        )  # fmt: skip
    tally.findings += unknown_words(words, "datum", tally.file, rows, column="datum", declared=declared)
    return bool(len(keys)) and bool((keys != "").all())


def undeclared_datum(lon: pd.Series, lat: pd.Series, file: str) -> list[Finding]:
    """Tell of a table in mainland China for which nobody names a datum; degrees, read as WGS 84."""
    inside = in_mainland(lon.to_numpy(dtype=float), lat.to_numpy(dtype=float))
    if inside.sum() <= _MOSTLY * len(lon):
        return []
    return [finding("datum-undeclared", "warning", count=int(inside.sum()), file=file)]
