"""Read a returned table of field checks: answers with author and date; bad rows are told and left out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from circle15.catalog import finding, fold_header, refusal, without_numbers_of_persons
from circle15.catalog.facts import read_facts
from circle15.model.provenance import FileRecord, Finding
from circle15.model.survey import Survey
from circle15.sources.pack.folder import Pack
from circle15.sources.pack.layers import layer_origin
from circle15.sources.reading import ROW, ReadingLog, Tally
from circle15.sources.tables.sheets import plain_numbers, read_sheet

__all__ = ["pack_survey", "read_survey"]

_CHECK = re.compile(r"facility:.+|street:-?\d+--?\d+(?:#\d+)?", re.DOTALL)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")
_NEEDED = ("check_id", "answer", "author", "date")


@cache
def _facts() -> dict[str, Any]:
    return read_facts("survey.toml")


def pack_survey(pack: Pack, log: ReadingLog) -> Survey:
    """Answers of all survey tables of a pack; of several answers to one check the latest counts.

    Raises
    ------
    PackError
        If a table is not there or cannot be read.
    """
    entry = pack.config.survey
    if entry is None:
        return Survey()
    tables, origins = [], []
    for name in entry.names:
        path = pack.need(name)
        frame, record, findings = read_survey(path, encoding=entry.encoding)
        log.files.append(record)
        log.findings.extend(findings)
        origins.append(layer_origin(entry, path, label=("现场核查", "Field survey")))
        tables.append(frame)
    return Survey(frame=_latest(pd.concat(tables), log), origins=tuple(origins))


def read_survey(path: Path, *, encoding: str = "") -> tuple[pd.DataFrame, FileRecord, tuple[Finding, ...]]:
    """Read one table.

    Parameters
    ----------
    path
        As circle15 wrote it (``field-checks.csv``), filled in; or a workbook with the same columns.
    encoding
        Of a text whose bytes do not tell.

    Returns
    -------
    frame, record, findings
        ``frame`` on ``check_id`` with the columns of :class:`~circle15.model.survey.Survey`; a check may stand more
        than once. Columns without a meaning here are not kept, so that no telephone number gets any farther.

    Raises
    ------
    PackError
        If the file is no table, or a column that is needed is not there.
    """
    words = {fold_header(word): ours for ours, named in _facts()["columns"].items() for word in (ours, *named)}
    sheet = read_sheet(path, known=list(words), encoding=encoding)
    theirs = {str(column): words.get(fold_header(str(column)), "") for column in sheet.frame.columns}
    ours: dict[str, str] = {}
    for column, meaning in theirs.items():
        if meaning and (meaning not in ours or column == meaning):
            ours[meaning] = column
    lacking = [column for column in _NEEDED if column not in ours]
    if lacking:
        raise refusal("survey_columns", file=path.name, columns=", ".join(lacking))
    table = pd.DataFrame({meaning: sheet.frame[column].astype(str).str.strip() for meaning, column in ours.items()})
    table[ROW] = sheet.frame.index.to_numpy()
    record = replace(
        sheet.record("survey"),
        understood=tuple((column, meaning) for meaning, column in ours.items()),
        unknown=(),
        personal=tuple(column for column in theirs if column not in set(ours.values())),
    )
    tally = Tally(file=path.name, findings=list(sheet.notes))
    kept = _answered(table, tally)
    record = record.without("survey-unanswered", int((table["answer"] == "").sum()))
    for code, rows in tally.dropped.items():
        record = record.without(code, rows)
    return _framed(kept, path.name), record, tuple(tally.findings)


def _answered(table: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """The rows with a usable answer; all others counted by reason."""
    blank = table["answer"] == ""
    if blank.any():
        tally.findings.append(finding("survey-unanswered", "note", count=int(blank.sum()), file=tally.file))
    kept = table[~blank].copy()
    kept["said"] = kept["answer"].map(_answer)
    kept["day"] = kept["date"].map(_day)
    kept = tally.drop(kept, kept["said"] == "", "survey-answer", ["answer"])
    kept = tally.drop(kept, kept["author"] == "", "survey-author", ["author"])
    kept = tally.drop(kept, kept["day"] == "", "survey-date", ["date"])
    return tally.drop(kept, ~kept["check_id"].str.fullmatch(_CHECK), "survey-check", ["check_id"])


def _answer(word: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", word).casefold().split()).rstrip("。.")
    return next((answer for answer, words in _facts()["answers"].items() if plain in words), "")


def _day(word: str) -> str:
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", word).strip())
    day = pd.to_datetime("-".join(match.groups()), errors="coerce") if match else pd.NaT
    return "" if pd.isna(day) else f"{day:%Y-%m-%d}"


def _framed(kept: pd.DataFrame, file: str) -> pd.DataFrame:
    place = {
        axis: pd.to_numeric(plain_numbers(kept[axis]), errors="coerce") if axis in kept else np.nan
        for axis in ("lon", "lat")
    }
    note = kept["note"] if "note" in kept else pd.Series("", index=kept.index)
    return pd.DataFrame(
        {
            "answer": kept["said"],
            "author": kept["author"].map(without_numbers_of_persons),
            "date": kept["day"],
            "note": note.map(without_numbers_of_persons),
            "file": file,
            "row": kept[ROW].astype("int64"),
            **place,
        }
    ).set_axis(pd.Index(kept["check_id"], name="check_id", dtype=object), axis=0)


def _latest(table: pd.DataFrame, log: ReadingLog) -> pd.DataFrame:
    """One answer for each check: the latest; of one day a "no" or a doubt before a "yes", and that is told."""
    caution = table["answer"].map({"yes": 0, "unclear": 1, "no": 2})
    order = np.lexsort((caution, table["date"], table.index.to_numpy(dtype=str)))
    table = table.iloc[order]
    last = ~table.index.duplicated(keep="last")
    days = table.groupby(level=0)["date"].transform("max")
    same = table[(table["date"] == days).to_numpy()]
    torn = same.groupby(level=0)["answer"].nunique()
    if (torn > 1).any():
        checks = torn.index[torn > 1]
        log.findings.append(
            finding(
                "survey-contradiction", "warning", count=len(checks), file=str(table["file"].iloc[0]), examples=checks
            )
        )
    return table[last]
