"""Where a layer came from, and what was found wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from circle15.errors import InputError
from circle15.refusals import refusal

__all__ = ["FileRecord", "FileRole", "Finding", "Origin", "Severity"]

Severity = Literal["error", "warning", "note"]
FileRole = Literal["streets", "communities", "people", "facilities", "population", "context", "norms", "survey"]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Provenance of one layer; printed on every output that shows the layer.

    Attributes
    ----------
    label_zh, label_en
        What the layer is, in a planner's words.
    attribution, licence
        The line that must stand on a map, and the licence's short name.
    date
        The day the content speaks of (ISO), or ``""`` when the source does not say.
    synthetic
        True when the content was made by a script and describes no real place.
    file, sha256
        Name (not path) and content hash of the file it was read from, ``""`` if none.
    """

    label_zh: str
    label_en: str
    attribution: str = ""
    licence: str = ""
    url: str = ""
    date: str = ""
    synthetic: bool = False
    file: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One data-quality finding: what, where, how many, and what to do about it.

    ``code`` is stable and machine-readable (``"far-facility"``); ``file``, ``row``, ``column`` and
    ``value`` are empty where they do not apply. ``row`` counts as a spreadsheet does: the header is
    row 1. ``examples`` holds a few ids, never personal columns.
    """

    code: str
    severity: Severity
    message_zh: str
    message_en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    count: int = 1
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = " ".join(
            part
            for part in (
                self.file,
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column!r}" if self.column else "",
                f"value {self.value!r}" if self.value else "",
            )
            if part
        )
        where = f"{place}: " if place else ""
        which = f" ({', '.join(self.examples)})" if self.examples else ""
        remedy = f" -> {self.remedy_en}" if self.remedy_en else ""
        return f"{where}{self.message_en}{which}{remedy}"


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """What became of one input file: how it was read, which columns count, what became of its rows.

    Attributes
    ----------
    file, role
        Name (not path) of the file, and what it is to the study.
    form, part, encoding
        Kind of file (its suffix), the sheet or layer that was read, and the encoding of a text; ``""``
        where there is none to choose.
    crs
        Datum or reference system of its coordinates, as declared.
    understood
        ``(theirs, ours)`` for every column that has a meaning here.
    unknown, personal
        Columns that were kept without a meaning, and those about persons, whose cells were never kept.
    rows_read, rows_used, dropped
        ``rows_read`` is ``rows_used`` plus the rows of ``dropped``: ``(finding's code, rows)``.
    bounds
        West, south, east, north of what the file holds, in degrees of WGS 84 to five decimals (a metre); None where
        it holds no places, or nobody looked.

    Raises
    ------
    InputError
        If rows were lost without a reason.
    """

    file: str
    role: FileRole
    form: str = ""
    part: str = ""
    encoding: str = ""
    crs: str = ""
    understood: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    rows_read: int = 0
    rows_used: int = 0
    dropped: tuple[tuple[str, int], ...] = ()
    bounds: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        lost = sum(rows for _, rows in self.dropped)
        if self.rows_read != self.rows_used + lost or self.rows_used < 0:
            raise refusal(
                "rows_lost", error=InputError, file=self.file, read=self.rows_read, used=self.rows_used, dropped=lost
            )

    def without(self, code: str, rows: int) -> FileRecord:
        """The record after more rows were dropped, for the reason of a finding's code.

        Examples
        --------
        >>> read = FileRecord(file="meals.csv", role="facilities", rows_read=5, rows_used=5)
        >>> read.without("facility-outside", 2).dropped
        (('facility-outside', 2),)
        """
        if rows == 0:
            return self
        sums = dict(self.dropped)
        sums[code] = sums.get(code, 0) + rows
        return replace(self, rows_used=self.rows_used - rows, dropped=tuple(sums.items()))
