"""What reading leaves behind: the frame, a record of the file, findings; and a log for a whole pack."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

import geopandas as gpd
import pandas as pd

from circle15.catalog import column_title, finding
from circle15.errors import InputError
from circle15.model.provenance import FileRecord, Finding, Severity
from circle15.refusals import refusal

__all__ = ["ROW", "Reading", "ReadingLog", "Tally"]

ROW = "__row__"
"""Column that holds the number which a spreadsheet gives each row, while a table is read."""

_T = TypeVar("_T")
_NAMED = re.compile(r"([^:/\\\n]*\.[A-Za-z0-9]{2,8})(?::|, sheet)")
"""The file that a message begins with: nearer to the fault than the part of ``city.toml`` that was being read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """A layer as it was read: the rows that count, a record for every file, and what was found.

    ``rows`` are the numbers that a spreadsheet gives the rows of the frame, where somebody asks for them later.
    """

    frame: gpd.GeoDataFrame
    files: tuple[FileRecord, ...]
    findings: tuple[Finding, ...]
    rows: pd.Series | None = None


@dataclass(kw_only=True)
class Tally:
    """Counts what happens to the rows of one file while it is read.

    ``headers`` are the file's own of our columns, where a message needs them.
    """

    file: str
    findings: list[Finding] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def tell(self, rows: pd.DataFrame, code: str, severity: Severity, columns: Sequence[str]) -> None:
        """Say how many rows there are and where the first one stands; ``rows`` has the column :data:`ROW`."""
        if len(rows) == 0:
            return
        first = rows.iloc[0]
        self.findings.append(
            finding(
                code, severity, count=len(rows), file=self.file, row=int(first[ROW]), column=", ".join(columns),
                value=", ".join(str(first[column]) for column in columns), examples=[f"row {row}" for row in rows[ROW]],
                named=("、".join(map(column_title, columns)), ", ".join(columns)),
            )
        )  # fmt: skip

    def drop(self, frame: pd.DataFrame, bad: pd.Series, code: str, columns: Sequence[str]) -> pd.DataFrame:
        """Leave the bad rows out, count them and tell of them."""
        self.tell(frame[bad], code, "warning", columns)
        if bad.any():
            self.dropped[code] = self.dropped.get(code, 0) + int(bad.sum())
        return frame[~bad].copy()


@dataclass(kw_only=True)
class ReadingLog:
    """Files and findings of a pack while it is read.

    ``patient``: an input that cannot be used becomes a finding of severity ``error``, so that one
    reading tells of every broken file; else the first one ends the reading.
    """

    patient: bool = False
    files: list[FileRecord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def failed(self) -> list[Finding]:
        """What could not be used."""
        return [finding for finding in self.findings if finding.severity == "error"]

    def add(self, reading: Reading) -> gpd.GeoDataFrame:
        """Keep what a reading left behind, and hand on its frame."""
        self.files.extend(reading.files)
        self.findings.extend(reading.findings)
        return reading.frame

    def attempt(self, read: Callable[[], _T], *, file: str) -> _T | None:
        """What ``read`` returns; None if it failed and the log is patient."""
        try:
            return read()
        except InputError as error:
            if not self.patient:
                raise
            named = _NAMED.match(str(error))
            at = named[1] if named else file
            english = str(error).removeprefix(f"{at}: ")  # the file stands before the message already
            chinese = error.zh.removeprefix(f"{at}：")
            fault, spoken = (finding("unusable-input", "error", file=at, reason=why) for why in (english, chinese))
            fault = replace(fault, message_zh=spoken.message_zh)
            if fault not in self.findings:  # streets are asked for before and after the communities
                self.findings.append(fault)
            return None

    def need(self, read: Callable[[], _T], *, file: str) -> _T:
        """What ``read`` returns; if it failed, the reading ends here: what comes after stands on it.

        Raises
        ------
        PackError
            As :meth:`check`.
        """
        value = self.attempt(read, file=file)
        if value is None:
            self.check()
        return cast("_T", value)

    def drop(self, code: str, rows: Mapping[int, int]) -> None:
        """Count rows that fell out after their files had been read: rows by the file's place in ``files``."""
        self.files = [record.without(code, rows.get(place, 0)) for place, record in enumerate(self.files)]

    def check(self) -> None:
        """Stop here if something could not be read.

        Raises
        ------
        PackError
            With the number of inputs; what was wrong with each stands in ``findings``.
        """
        failed = self.failed
        if failed:
            names = ", ".join(dict.fromkeys(failure.file for failure in failed))
            raise refusal("inputs_unusable", count=len(failed), files=names)
