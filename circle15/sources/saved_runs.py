"""Folders of results, read back so that two runs can be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from circle15.catalog import hint, refusal
from circle15.errors import InputError
from circle15.model.runs import EQUITY_FIGURES, VERDICT_FIGURES, SavedRun

__all__ = ["read_run"]

_MOST_BYTES = {"run.json": 50_000_000, "gaps.csv": 500_000_000, "ledger.csv": 1_000_000_000}
"""More than any city gives: what is larger was not written by this program."""
_GAPS = (
    "community_id", "name", "service", "status", "profile", "cutoff_min", "pop_60plus", "pop_60plus_covered",
    "uncovered", "share", "mean_min", "rank_index", "index",
)  # fmt: skip
_NUMBERS = (
    "cutoff_min", "pop_60plus", "pop_60plus_covered", "uncovered", "share", "mean_min", "rank_index", "index",
)  # fmt: skip
_LEDGER = ("level", "unit_id", "unit_name", "clause_id", "clause_zh", "clause_en", "verdict", "observed")
_RANGED_LEDGER = list(dict.fromkeys([*_LEDGER, *VERDICT_FIGURES]))
_SETTINGS = ("settings", "city", "versions", "inputs")
_FORMULA = ("'=", "'+", "'-", "'@", "'\t", "'\r", "'\n")


def read_run(folder: str | Path) -> SavedRun:
    """Read what ``circle15 map`` or ``circle15 report`` wrote into a folder.

    Raises
    ------
    InputError
        If it is no such folder, a file is missing, too large, broken, or of a version whose columns are others.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise refusal("run_no_folder", error=InputError, folder=str(folder))
    record = _record(folder)
    gaps = _table(folder, "gaps.csv", _GAPS, record)
    for column in _NUMBERS:
        numbers = pd.to_numeric(gaps[column], errors="coerce")
        if (numbers.isna() & gaps[column].str.strip().ne("")).any():
            raise refusal(
                "run_broken", error=InputError, file=str(folder / "gaps.csv"), why=hint("run_no_number", column=column)
            )
        gaps[column] = numbers
    gaps = _indexed(gaps, ["community_id", "service"], folder / "gaps.csv")
    if not (folder / "ledger.csv").is_file():
        return SavedRun(name=_name(folder), record=record, gaps=gaps, equity=_equity(record))
    # Runs from before ranges were told have no column of them.
    ledger = _table(folder, "ledger.csv", _LEDGER, record).reindex(columns=_RANGED_LEDGER)
    for column in VERDICT_FIGURES:
        ledger[column] = pd.to_numeric(ledger[column], errors="coerce")
    ledger = _indexed(ledger, ["level", "unit_id", "clause_id"], folder / "ledger.csv")
    return SavedRun(name=_name(folder), record=record, gaps=gaps, ledger=ledger, equity=_equity(record))


def _equity(record: Mapping[str, Any]) -> pd.DataFrame:
    """Figures of equity by service, none of runs from before they were recorded."""
    told = record.get("equity")
    figures = told.get("figures") if isinstance(told, dict) else None
    if not isinstance(figures, dict) or not all(isinstance(row, dict) for row in figures.values()):
        return pd.DataFrame()
    frame = pd.DataFrame.from_dict(figures, orient="index").reindex(columns=list(EQUITY_FIGURES))
    return frame.apply(pd.to_numeric, errors="coerce").rename_axis("service")


def _name(folder: Path) -> str:
    return folder.name or folder.resolve().name


def _bounded(path: Path) -> Path:
    if not path.is_file():
        raise refusal("run_no_file", error=InputError, folder=str(path.parent), file=path.name)
    size, most = path.stat().st_size, _MOST_BYTES[path.name]
    if size > most:
        raise refusal("run_too_large", error=InputError, file=str(path), mb=f"{most // 1_000_000:,}")
    return path


def _record(folder: Path) -> Mapping[str, Any]:
    path = _bounded(folder / "run.json")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise refusal("run_broken", error=InputError, file=str(path), why=str(error)[:200]) from error
    parts = {"settings": dict, "city": dict, "versions": dict, "inputs": list}
    if not isinstance(record, dict) or any(not isinstance(record.get(key), kind) for key, kind in parts.items()):
        raise refusal(
            "run_broken", error=InputError, file=str(path), why=hint("run_no_settings", keys=", ".join(_SETTINGS))
        )
    return record


def _table(folder: Path, name: str, needed: Sequence[str], record: Mapping[str, Any]) -> pd.DataFrame:
    path = _bounded(folder / name)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, OSError) as error:
        raise refusal("run_broken", error=InputError, file=str(path), why=str(error)[:200]) from error
    missing = [column for column in needed if column not in table]
    if missing:
        version = str(record["versions"].get("circle15", "?"))
        raise refusal("run_version", error=InputError, file=str(path), columns=", ".join(missing), version=version)
    for column in table.columns:  # the apostrophe that kept a spreadsheet from running a cell
        guarded = table[column].str.startswith(_FORMULA)
        table[column] = table[column].where(~guarded, table[column].str[1:])
    return table


def _indexed(table: pd.DataFrame, keys: list[str], path: Path) -> pd.DataFrame:
    if table.duplicated(keys).any():
        first = table.loc[table.duplicated(keys), keys].iloc[0]
        raise refusal("run_broken", error=InputError, file=str(path), why=hint("run_two_rows", key=" / ".join(first)))
    return table.set_index(keys).sort_index()
