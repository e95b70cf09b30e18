"""Tables of text: CSV in the encodings that people have, its cells parted by comma, semicolon or tab."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from circle15.catalog import refusal
from circle15.sources.tables.encodings import text_encoding
from circle15.sources.tables.grid import Grid, Limits, check_extent

__all__ = ["Score", "text_grid"]

Score: TypeAlias = Callable[[Sequence[Sequence[str]]], tuple[int, int]]
"""Of the first rows how many headers are known, and how many cells the header has."""
_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How workbooks begin, new and old ones."""
_DELIMITERS = (",", ";", "\t")
_END = "\0end"  # NUL stands in no table that is read
_UTF7 = re.compile(r"\+[A-Za-z0-9+/]{3,}(?=-|[^A-Za-z0-9+/]|$)")
_FEW = 10
"""One letter in so many may be NUL before the whole text is of another encoding."""


def text_grid(path: Path, content: bytes, limits: Limits, *, score: Score, encoding: str = "") -> Grid:
    """The one sheet of a text.

    Parameters
    ----------
    path, content
        The file, for messages and its suffix, and its bytes.
    limits
        How much is read.
    score
        Tells how well a delimiter fits.
    encoding
        As the planner declares it; ``""`` to find it out.

    Raises
    ------
    PackError
        If it is empty, no text, of another encoding than declared or of none that is known, broken or too large.
    """
    text, encoding = _decoded(path, content, encoding)
    start = "".join(io.StringIO(text, newline="").readlines(1 << 16))
    delimiters = ("\t", ",", ";") if path.suffix.lower() == ".tsv" else _DELIMITERS
    delimiter = max(delimiters, key=lambda mark: _fit(start, mark, score))
    rows: list[list[str]] = []
    widest = 0
    # The line behind the last one shows whether a quotation mark was left open: then it is no row of its own.
    # CSV has no limit of its own on a field; 131,072 is Python's, and ours is smaller.
    reader = csv.reader(io.StringIO(f"{text}\n{_END}", newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            widest = max(widest, len(row))
            if len(rows) > limits.rows + 2 or widest > limits.columns:
                check_extent(path.name, len(rows) - 2, widest, limits)
    except csv.Error as error:
        if "field larger" in str(error):
            most, longer = f"{limits.cell_chars:,}", f"{csv.field_size_limit():,}"
            chars = (f"超过 {longer}", f"more than {longer}")
            raise refusal("table_cell", file=path.name, row=len(rows) + 1, chars=chars, most=most) from error
        raise refusal("csv_parse", file=path.name, row=len(rows) + 1, why=error) from error
    if rows[-1] != [_END]:
        raise refusal("csv_quote", file=path.name, row=len(rows))
    rows.pop()
    if rows and not rows[-1]:
        rows.pop()  # the end of the last line begins no row
    check_extent(path.name, len(rows), widest, limits)
    return Grid(name="", rows=rows, encoding=encoding)


def _fit(start: str, delimiter: str, score: Score) -> tuple[int, int]:
    try:
        rows = list(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter))
    except csv.Error:
        return (0, 0)
    return score(rows)


def _decoded(path: Path, content: bytes, declared: str) -> tuple[str, str]:
    """The text and its encoding: as declared, else UTF-16 by its mark, UTF-8, else GB18030 (which holds GBK)."""
    if not content.strip():
        raise refusal("csv_empty", file=path.name, bytes=len(content))
    if content.startswith(_PACKED):
        raise refusal("csv_workbook", file=path.name)
    if declared:
        return _as_declared(path, content, declared)
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        if encoding == "gb18030":
            _refuse_broken_utf8(path, content)
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if nul := text.count("\0"):
            if nul * _FEW > len(text):
                break  # two bytes a letter: UTF-16 without its mark
            raise refusal("csv_nul", file=path.name, row=text[: text.index("\0")].count("\n") + 1, count=nul)
        mail = _UTF7.findall(text[:2000].partition("\n")[0]) if text.isascii() else []
        if len(mail) > 1 and all("\u4e00" <= letter <= "\u9fff" for run in mail for letter in _mail_text(run)):
            raise refusal("csv_utf7", file=path.name, shown=mail[0][:20])
        return text, encoding
    raise refusal("csv_encoding", file=path.name)


def _as_declared(path: Path, content: bytes, declared: str) -> tuple[str, str]:
    name = text_encoding(declared)
    if not name:
        raise refusal("layer_encoding_key", file=path.name, encoding=declared[:40])
    name = "utf-8-sig" if name == "utf-8" else name
    try:
        return content.decode(name), name
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refusal("csv_encoding_given", file=path.name, encoding=declared, line=line) from error


def _mail_text(run: str) -> str:
    try:
        return f"{run}-".encode("ascii").decode("utf-7")
    except UnicodeDecodeError:
        return "?"


def _refuse_broken_utf8(path: Path, content: bytes) -> None:
    """GB18030 reads nearly any bytes: UTF-8 with a few broken ones would become other words without an error."""
    text = content.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    # Pairs of GBK bytes often look like two-byte UTF-8, seldom like the three bytes of a Chinese character.
    intact = len(re.findall(r"[\u3000-\u9fff\uff00-\uffef]", text))
    if intact > broken:
        row = text[: text.index("\ufffd")].count("\n") + 1
        raise refusal("csv_broken", file=path.name, count=broken, row=row)
