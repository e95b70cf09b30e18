"""Which facilities of a list are in use: words of its column, and hours that are closed all week."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from circle15.catalog import IN_USE, finding, state_key, states
from circle15.hours.all_week import state_by_hours
from circle15.model.provenance import Finding
from circle15.sources.reading import ROW, Tally

__all__ = ["state_columns", "state_findings", "with_states"]

_STATE = re.compile(r"state( \(\d+\))?")


def _not_serving() -> list[str]:
    return [key for key, entry in states().items() if not entry.serves]


def state_columns(frame: pd.DataFrame) -> list[str]:
    """The columns that speak of the state: ``state``, and ``state (2)`` and so on of a list that has several."""
    return sorted(filter(_STATE.fullmatch, map(str, frame.columns)), key=lambda column: (len(column), column))


def with_states(frame: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Keys of states in the column ``state``, from words and from hours that are closed all week; both are told.

    Of several columns (建设情况, 运营状态) all count, since each may speak of something else: a facility of which one
    says that it does not serve does not, whatever the others say; the first such one names the state. Rows in which one
    says in use and another not are told.

    Parameters
    ----------
    frame
        Our columns and :data:`~circle15.sources.reading.ROW`; states and ``opening_hours``, where there, as text.
    tally
        Takes the findings.
    """
    columns = state_columns(frame)
    state = pd.Series("", index=frame.index, dtype=object)
    for column in columns:
        words = frame[column]
        keys = words.map({word: state_key(word) for word in words.unique()}).astype(object)
        shut = keys.isin(_not_serving()) & ~state.isin(_not_serving())
        state = state.mask(shut | (state == ""), keys)
    if len(columns) > 1:
        _tell_columns(frame, columns, tally)
    if "opening_hours" in frame:
        state = state_by_hours(state, frame["opening_hours"])
    tally.findings += state_findings(state, tally.file, frame[ROW])
    kept = frame.drop(columns=[column for column in columns if column != "state"])
    return kept.assign(state=state) if columns or (state != "").any() else kept


def _tell_columns(frame: pd.DataFrame, columns: Sequence[str], tally: Tally) -> None:
    """Tell that several columns speak of the state, and of rows in which they contradict each other."""
    headers = [tally.headers.get(column, column) for column in columns]
    tally.findings.append(
        finding(
            "facility-state-columns", "note", count=len(columns), file=tally.file, column=headers[0],
            value=", ".join(headers),
        )
    )  # fmt: skip
    keys = frame[list(columns)].map(state_key)
    apart = keys.isin(_not_serving()).any(axis=1) & (keys == IN_USE).any(axis=1)
    if not apart.any():
        return
    rows = frame.loc[apart, ROW]
    written = [
        ", ".join(f"{header} {word}" for header, word in zip(headers, words, strict=True) if word)
        for words in frame.loc[apart, list(columns)].to_numpy()
    ]
    tally.findings.append(
        finding(
            "facility-state-differs", "warning", count=len(rows), file=tally.file, row=int(rows.iloc[0]),
            column=headers[0], value=written[0],
            examples=[f"row {row}: {words}" for row, words in zip(rows, written, strict=True)],
        )
    )  # fmt: skip


def state_findings(state: pd.Series, file: str, rows: pd.Series | None = None) -> list[Finding]:
    """One note on the facilities of a file that are closed, being built or planned, with their numbers.

    Parameters
    ----------
    state
        Keys of ``life_cycle.toml``, or ``""``.
    file
        The file's name.
    rows
        The number that a spreadsheet gives each row; without it ids are shown.
    """
    shut = state[state.isin(_not_serving())]
    if shut.empty:
        return []
    count = shut.value_counts()
    counts = [(entry.title_zh, entry.title_en, count[key]) for key, entry in states().items() if key in count]
    named = (
        "、".join(f"{zh}{number}处" for zh, _, number in counts),
        ", ".join(f"{en} {number}" for _, en, number in counts),
    )
    place = {} if rows is None else {"row": int(rows[shut.index[0]])}
    examples = map(str, shut.index) if rows is None else (f"row {row}" for row in rows[shut.index])
    return [
        finding(
            "facility-not-in-use", "note", count=len(shut), file=file, column="state", states=named, examples=examples,
            **place,
        )
    ]  # fmt: skip
