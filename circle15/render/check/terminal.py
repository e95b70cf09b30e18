"""The data-quality report as lines for a terminal: verdict, files, findings; the same lines in a pipe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from rich.cells import cell_len

from circle15.model import Check, FileRecord, Finding
from circle15.render.words import (
    COLUMN_STATUSES,
    SEVERITIES,
    ColumnLine,
    both,
    bounds_words,
    broken_files,
    column_lines,
    counted,
    english,
    examples_text,
    form_words,
    headers_of,
    lost_rows,
    place_text,
    role_words,
    size_words,
    title_words,
    verdict,
)

__all__ = ["Line", "check_lines", "wrapped"]

Style = Literal["", "title", "head", "quiet", "error", "warning", "note"]
_PART = re.compile(r" |[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^ \u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")
_NEVER_FIRST = frozenset("，。；：、！？）》】」』”’…,.;:!?)]}%")
_FIGURE, _NARROW_FIGURE = 17, 11
"""Cells of a column of figures, as its head needs: 未采用 Left out, or 未采用."""
_SHOWN = 14
"""Columns of a kind that are named; the page and the workbook name all."""
_MARK = {"error": "×", "warning": "!", "note": "·"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line and how it is meant to look."""

    text: str
    style: Style = ""


def check_lines(check: Check, *, width: int = 100, saved: bool = False, options: str = "") -> list[Line]:
    """What ``circle15 check`` prints: a verdict, what became of every file, findings with the worst first.

    Parameters
    ----------
    check
        What reading the pack told.
    width
        Cells of a line, a Chinese character taking two; at least 60.
    saved
        Whether the report was asked for as files too; else the last line tells how.
    options
        What the next command needs beside the city, such as ``--data FOLDER``.

    Returns
    -------
    list of Line
        The same for the same input. Text from outside stands in it as it is: whoever prints it has to take
        out what steers a terminal.
    """
    width = max(width, 60)
    ready, counts, headers = verdict(check), counted(check.findings), headers_of(check.files)
    worst = next((severity for severity in SEVERITIES if counts[severity]), "note")
    size = size_words(check)
    lines = [Line(text=f"{title_words(check)} · {both('quality_title')}", style="title"), Line(text="")]
    lines += _block(
        str(ready), width, style="error" if worst == "error" else "warning" if worst == "warning" else "head"
    )
    tally = both("quality_counts", **counts)
    lines += [Line(text=f"{tally.zh}    {tally.en}")]
    if size is not None:
        lines += [*_block(size.zh, width, style="quiet"), *_block(size.en, width, style="quiet")]
    lines += [Line(text=""), *_files(check, width)]
    for severity in SEVERITIES:
        group = [finding for finding in check.findings if finding.severity == severity]
        if group:
            heading = f"{both(f'quality_{severity}')} ({len(group)})"
            lines += [Line(text=""), Line(text=heading, style="head")]
            for finding in group:
                lines += _finding(finding, place_text(finding, headers), width)
    return [*lines, Line(text=""), *_next(check, width, saved=saved, options=options)]


def _next(check: Check, width: int, *, saved: bool, options: str) -> Iterator[Line]:
    first = "quality_next_map" if check.city is not None else "quality_next_mend"
    for key in (first,) if saved else (first, "quality_next_page"):
        words = both(key, city=f"{check.key} {options}".strip())
        yield from _block(f"{words.zh} · {words.en}", width, style="quiet")


# -- Files -----------------------------------------------------------------------------------------


def _files(check: Check, width: int) -> Iterator[Line]:
    """A line of figures for each file, and under it how it was read, what was lost and which columns count."""
    broken = broken_files(check)
    if not check.files and not broken:
        return
    names = [record.file for record in check.files] + list(broken)
    longest = max(map(cell_len, map(_flat, names)))
    heads = [both(f"quality_{key}") for key in ("file", "role", "read", "used", "dropped")]
    roles = [role_words(record) for record in check.files]
    held = max(cell_len(str(word)) for word in (heads[1], *roles)) + 2
    # Heads stand in both languages where the names have room beside them, else in Chinese alone.
    wide = max(longest, cell_len(str(heads[0]))) + 2 + held + 3 * _FIGURE <= width
    spoken, figure = (str, _FIGURE) if wide else (attrgetter("zh"), _NARROW_FIGURE)
    held = max(cell_len(spoken(word)) for word in (heads[1], *roles)) + 2
    most = width - held - 3 * figure - 2
    named = min(max(cell_len(spoken(heads[0])), longest), max(most, 12)) + 2
    yield Line(text=_row([spoken(word) for word in heads], (named, held, figure)), style="quiet")
    for record, role in zip(check.files, roles, strict=True):
        lost = record.rows_read - record.rows_used
        figures = [f"{record.rows_read:,}", f"{record.rows_used:,}", f"{lost:,}" if lost else "–"]
        yield Line(text=_row([record.file, spoken(role), *figures], (named, held, figure)), style="head")
        yield from _about(record, width)
    for name in broken:
        yield Line(text=f"{_cell(name, named)}{both('quality_unread')}", style="error")


def _row(cells: list[str], widths: tuple[int, int, int]) -> str:
    (name, role, *figures), (named, held, figure) = cells, widths
    return _cell(name, named) + _cell(role, held) + "".join(_cell(text, figure, right=True) for text in figures)


def _about(record: FileRecord, width: int) -> Iterator[Line]:
    bounds = bounds_words(record)
    words = (*form_words(record), *(() if bounds is None else (bounds,)))
    if words:
        yield from _block(" · ".join(word.zh for word in words), width, indent="  ", style="quiet")
    lost = lost_rows(record)
    if lost:
        for language in ("zh", "en"):
            reasons = ("；" if language == "zh" else "; ").join(getattr(loss.told, language) for loss in lost)
            head = getattr(both("quality_dropped"), language)
            yield from _block(f"{head}{'：' if language == 'zh' else ': '}{reasons}", width, indent="  ")
    columns = column_lines(record)
    for status in COLUMN_STATUSES:
        chosen = [_column(column) for column in columns if column.status == status]
        if chosen:
            more = [f"… +{len(chosen) - _SHOWN}"] if len(chosen) > _SHOWN else []
            head, warned = str(both(f"quality_{status}")), status == "personal"
            yield from _listed(head, [*chosen[:_SHOWN], *more], width, warned=warned)


def _column(column: ColumnLine) -> str:
    """``别名 → 名称 name``; shorter where the header says the same."""
    if not column.ours:
        return column.theirs
    if column.theirs == column.ours:
        return column.ours if column.title == column.ours else f"{column.ours} {column.title}"
    meaning = column.ours if column.title in {column.theirs, column.ours} else f"{column.title} {column.ours}"
    return f"{column.theirs} → {meaning}"


# -- Findings --------------------------------------------------------------------------------------


def _finding(finding: Finding, place: str, width: int) -> Iterator[Line]:
    mark = f"{_MARK[finding.severity]} "
    yield from _block(place or finding.message_zh, width, indent="  ", mark=mark, style=finding.severity)
    if place:
        yield from _block(finding.message_zh, width, indent="    ")
    yield from _block(english(finding), width, indent="    ", style="quiet")
    if finding.examples:
        yield from _block(f"{both('quality_examples')}：{examples_text(finding)}", width, indent="    ", style="quiet")
    yield from _block(finding.remedy_zh, width, indent="    ", mark="→ ")
    yield from _block(finding.remedy_en, width, indent="    ", mark="→ ", style="quiet")


# -- Cells of a line -------------------------------------------------------------------------------


def _flat(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str, cells: int, *, right: bool = False) -> str:
    """Text in a column of so many cells, two of them free; what is too long ends in an ellipsis."""
    text = _flat(text)
    if cell_len(text) > cells - 2 and not right:
        while cell_len(text) > cells - 3:
            text = text[:-1]
        text += "…"
    free = " " * max(cells - cell_len(text), 0)
    return free + text if right else text + free


def _block(text: str, width: int, *, indent: str = "", mark: str = "", style: Style = "") -> Iterator[Line]:
    """A paragraph; the lines after the first stand under its first word."""
    if not text.strip():
        return
    hang = " " * cell_len(mark)
    for place, line in enumerate(wrapped(text, width - len(indent) - len(hang))):
        yield Line(text=f"{indent}{hang if place else mark}{line}", style=style)


def _listed(head: str, items: list[str], width: int, *, warned: bool) -> Iterator[Line]:
    """Names after a heading; a line ends between two of them."""
    style: Style = "warning" if warned else ""
    line = f"  {head}："
    for place, item in enumerate(map(_flat, items)):
        apart = " · " if place else ""
        if place and cell_len(line + apart + item) > width:
            yield Line(text=f"{line} ·", style=style)
            line, apart = "    ", ""
        line += apart + item
    yield Line(text=line, style=style)


def wrapped(text: str, width: int) -> list[str]:
    """Break text into lines of at most so many cells: between words, and between Chinese characters.

    No line begins with a mark that closes a phrase; a word that is longer than a line is cut.

    Examples
    --------
    >>> wrapped("未采用3行，另见 city.toml", 8)
    ['未采用3', '行，另见', 'city.tom', 'l']
    """
    lines, line = [], ""
    for piece in _pieces(_flat(text), width):
        if line and cell_len((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line = (line + piece).lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str, width: int) -> Iterable[str]:
    """Words, spaces and single wide characters, closing marks with what they close; none wider than a line."""
    pieces: list[str] = []
    for part in _PART.findall(text):
        if pieces and pieces[-1] != " " and part in _NEVER_FIRST and cell_len(pieces[-1] + part) <= width:
            pieces[-1] += part
        else:
            pieces.append(part)
    for piece in pieces:
        rest = piece
        while cell_len(rest) > width:
            cut = next(k for k in range(len(rest), 0, -1) if cell_len(rest[:k]) <= width)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest
