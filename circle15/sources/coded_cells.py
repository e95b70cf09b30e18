"""Cells of coded columns that nobody understands: told with their rows, in every table alike."""

from __future__ import annotations

import re

import pandas as pd

from circle15.catalog import column_title, finding, text
from circle15.catalog.coded import code_of, coded_columns
from circle15.model.provenance import Finding
from circle15.refusals.spelling import did_you_mean

__all__ = ["NOTHING", "coded_findings", "counted_words", "unknown_words", "written_words"]

NOTHING = re.compile(r"[-－–—─/／\\]+")
"""What people draw into a cell that has nothing to say."""
_NUMBERED = re.compile(r" \(\d+\)$")
_MOST_WORDS = 20


def coded_findings(frame: pd.DataFrame, file: str, rows: pd.Series) -> list[Finding]:
    """One finding for each coded column that holds words which no table of the catalogue knows.

    Parameters
    ----------
    frame
        A table under our names.
    file
        Its name.
    rows
        The number that a reader sees beside each row.

    Returns
    -------
    list of Finding
        ``coded-words-unknown``, in the order of the columns: nothing is changed, and every empty cell is passed over.
    """
    coded = ((column, coded_columns().get(_NUMBERED.sub("", str(column)))) for column in frame.columns)
    return [
        unknown
        for column, code in coded
        if code is not None and code != "datum"  # that is told where it is compared with the declared one
        for unknown in unknown_words(frame[column], code, file, rows, column=_NUMBERED.sub("", str(column)))
    ]


def unknown_words(
    cells: pd.Series, code: str, file: str, rows: pd.Series, *, column: str, **values: object
) -> list[Finding]:
    """The finding of one coded column, none where every word is known.

    Parameters
    ----------
    cells
        As they are written.
    code
        Key of the code (:func:`circle15.catalog.coded.code_of`).
    file, rows
        As in :func:`coded_findings`.
    column
        Our name of it.
    **values
        What the text of the code's effect names.
    """
    known = code_of(code)
    words = written_words(cells)
    strange = words[(words != "") & ~words.map({word: known.known(word) for word in words.unique()}).astype(bool)]
    if strange.empty:
        return []
    first = str(strange.iloc[0])
    write = "、".join(zh for zh, _ in known.titles), ", ".join(en for _, en in known.titles)
    effect = tuple(text(f"coded_{known.effect}", language, **values) for language in ("zh", "en"))
    numbers = rows[strange.index]
    return [
        finding(
            "coded-words-unknown", "warning", count=len(strange), file=file, row=int(numbers.iloc[0]), column=column,
            value=first[:80], words=counted_words(strange), effect=effect, known=write,
            hint=did_you_mean(first, known.words), title=(f"“{column_title(column)}”（{column}）", column),
            examples=[f"row {row}: {word}" for word, row in zip(strange, numbers, strict=True)],
        )
    ]  # fmt: skip


def written_words(cells: pd.Series) -> pd.Series:
    """Cells as text without spaces around it, ``""`` where nothing is written."""
    texts = cells.astype(object).where(cells.notna(), "").astype(str).str.strip()
    return texts.mask(texts.map(lambda word: NOTHING.fullmatch(word) is not None).astype(bool), "").astype(object)


def counted_words(words: pd.Series) -> tuple[str, str]:
    """The words of a column, each with the number of its rows, the most frequent first, in Chinese and English.

    Examples
    --------
    >>> counted_words(pd.Series(["待定", "另议", "待定"]))
    ('“待定”2行、“另议”1行', "'待定' 2, '另议' 1")
    """
    counts = words.value_counts().head(_MOST_WORDS)
    zh = "、".join(f"“{word}”{count}行" for word, count in counts.items())
    return zh, ", ".join(f"{word!r} {count}" for word, count in counts.items())
