"""Which facilities of a list are in use: words of its column, and hours that are closed all week."""

from __future__ import annotations

import pandas as pd

from circle15.catalog import finding, state_key, states
from circle15.hours.all_week import state_by_hours
from circle15.model.provenance import Finding
from circle15.sources.reading import ROW, Tally

__all__ = ["state_findings", "unknown_words", "with_states"]


def with_states(frame: pd.DataFrame, said: pd.Series | None, tally: Tally) -> pd.DataFrame:
    """Keys of states in the column ``state``, from its words and from hours that are closed all week; both are told.

    Parameters
    ----------
    frame
        Our columns and :data:`~circle15.sources.reading.ROW`; ``opening_hours`` as text where it is there.
    said
        The words of the list's own column, ``""`` where empty; None where it has none.
    tally
        Takes the findings.
    """
    words = pd.Series("", index=frame.index, dtype=object) if said is None else said
    state = words.map({word: state_key(word) for word in words.unique()}).astype(object)
    unknown_words(frame, words, state, "facility-state-unknown", "state", tally)
    if "opening_hours" in frame:
        state = state_by_hours(state, frame["opening_hours"])
    tally.findings += state_findings(state, tally.file, frame[ROW])
    return frame.assign(state=state) if said is not None or (state != "").any() else frame


def unknown_words(frame: pd.DataFrame, words: pd.Series, keys: pd.Series, code: str, column: str, tally: Tally) -> None:
    """Tell of words of a coded column that no key stands for, with their numbers and rows.

    Parameters
    ----------
    frame
        With :data:`~circle15.sources.reading.ROW`.
    words, keys
        What the list writes, and what that means; ``""`` where nothing is written, or nothing is known.
    code, column
        Of the finding, and our column.
    tally
        Takes it.
    """
    strange = words[(keys == "") & (words != "")]
    if strange.empty:
        return
    rows, counts = frame.loc[strange.index, ROW], strange.value_counts().head(20)
    tally.findings.append(
        finding(
            code, "warning", count=len(strange), file=tally.file, row=int(rows.iloc[0]), column=column,
            value=", ".join(f"{word} ({count})" for word, count in counts.items()),
            examples=[f"row {row}: {word}" for word, row in zip(strange, rows, strict=True)],
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
    shut = state[state.isin([key for key, entry in states().items() if not entry.serves])]
    if shut.empty:
        return []
    count = shut.value_counts()
    said = [(entry.title_zh, entry.title_en, count[key]) for key, entry in states().items() if key in count]
    named = "、".join(f"{zh} {number}" for zh, _, number in said), ", ".join(f"{en} {number}" for _, en, number in said)
    place = {} if rows is None else {"row": int(rows[shut.index[0]])}
    examples = map(str, shut.index) if rows is None else (f"row {row}" for row in rows[shut.index])
    return [
        finding(
            "facility-not-in-use", "note", count=len(shut), file=file, column="state", states=named, examples=examples,
            **place,
        )
    ]  # fmt: skip
