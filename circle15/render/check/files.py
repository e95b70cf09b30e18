"""The data-quality report of a city that was read: a page, a workbook and a JSON, for whoever has to mend the input."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from circle15.catalog.palette import css_colours
from circle15.model import Check, City, FileRecord, Finding, Origin
from circle15.render.atomic import write_text, write_whole
from circle15.render.run_record import record_text
from circle15.render.tables.columns import columns
from circle15.render.tables.quality import conflict_table, match_table
from circle15.render.tables.workbook import quality_bytes
from circle15.render.words import (
    COLUMN_STATUSES,
    SEVERITIES,
    ColumnLine,
    Words,
    both,
    bounds_words,
    broken_files,
    by_severity,
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

__all__ = ["quality_html", "quality_json", "save_quality"]

_MOST_ROWS = 200
"""Of a long table, on the page; all rows stand in the workbook."""
_BELOW = {"name": ("facility_id", "list_file"), "other_name": ("other_id", "other_file")}


def quality_html(check: Check) -> str:
    """Return a page that tells every finding and what became of every file; nothing runs and nothing is loaded.

    The same input gives the same bytes. Text from outside is escaped, and no script is allowed.
    """
    style = css_colours() + files("circle15.render.check").joinpath("check.css").read_text(encoding="utf-8")
    policy = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    title = escape(title_words(check))
    findings = by_severity(check.findings)
    origins = () if check.city is None else check.city.origins
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{policy}'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title} · circle15</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"<header>\n<p>{_both('quality_title')}</p>\n<h1>{title}</h1>\n{_verdict(check)}\n{_banner(origins)}</header>\n"
        f'<h2 id="files">{_both("quality_files")}</h2>\n{_file_cards(check, findings)}\n'
        f"{_finding_lists(check, findings)}\n"
        f"{_lists(check.city)}"
        + (f'<h2 id="layers">{_both("quality_layers")}</h2>\n{_layers(origins)}\n' if origins else "")
        + "</body>\n</html>\n"
    )


def quality_json(check: Check) -> str:
    """The report for other programs: ``city``, ``usable``, ``counts``, ``files`` and ``findings``, as in ``run.json``.

    Columns about persons are named in ``files``; what stood in them is nowhere.
    """
    return record_text(
        {
            "city": {"key": check.key, "name_zh": check.title_zh, "name_en": check.title_en},
            "usable": check.city is not None,
            "counts": counted(check.findings),
            "files": [asdict(record) for record in check.files],
            "findings": [asdict(finding) for finding in by_severity(check.findings)],
        }
    )


def save_quality(check: Check, folder: str | Path) -> tuple[Path, ...]:
    """Write ``check.html``, ``check.xlsx`` and ``check.json`` into a folder, each whole or not at all.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    folder = Path(folder)
    return (
        write_text(folder / "check.html", quality_html(check)),
        write_whole(folder / "check.xlsx", lambda part: part.write_bytes(quality_bytes(check))),
        write_text(folder / "check.json", quality_json(check)),
    )


# -- Words in HTML ---------------------------------------------------------------------------------


def _both(key: str, **values: object) -> str:
    return _two(both(key, **values))


def _two(words: Words) -> str:
    """Chinese, and the English beside it in small letters."""
    return f"{escape(words.zh)} <small>{escape(words.en)}</small>"


def _row(cells: Iterable[str], tag: str = "td") -> str:
    return "".join(f"<{tag}>{cell}</{tag}>" for cell in cells)


# -- Verdict ---------------------------------------------------------------------------------------


def _verdict(check: Check) -> str:
    counts = counted(check.findings)
    worst = next((severity for severity in SEVERITIES[:2] if counts[severity]), "fine")
    boxes = "".join(
        (f'<a class="{severity}" href="#{severity}s">' if count else f'<a class="{severity} none">')
        + f"<b>{count}</b>{_both(f'quality_{severity}')}</a>"
        for severity, count in counts.items()
    )
    size = size_words(check)
    summary = f"<p>{escape(size.zh)}<br><small>{escape(size.en)}</small></p>" if size is not None else ""
    words = verdict(check)
    return (
        f'<div class="verdict {worst}"><p><strong>{escape(words.zh)}</strong><br>{escape(words.en)}</p>'
        f'{summary}</div>\n<nav class="sum">{boxes}</nav>'
    )


def _banner(origins: Sequence[Origin]) -> str:
    made = [origin for origin in origins if origin.synthetic]
    if not made:
        return ""
    names = escape("；".join(f"{origin.label_zh} {origin.label_en}" for origin in made))
    return f'<p class="banner"><b>{_both("quality_synthetic")}</b> {names}</p>\n'


# -- Files -----------------------------------------------------------------------------------------


def _file_cards(check: Check, findings: Sequence[Finding]) -> str:
    """A card for every file, those that could not be used first."""
    first, broken = _cards(check), broken_files(check)
    cards = [_broken_card(name, first[name], _of(findings, name)) for name in broken]
    for place, record in enumerate(check.files, start=len(broken) + 1):
        anchor = f"file-{place}"
        cards.append(_card(record, anchor, _of(findings, record.file) if first[record.file] == anchor else ()))
    return '<div class="files">\n' + "\n".join(cards) + "\n</div>" if cards else ""


def _cards(check: Check) -> dict[str, str]:
    """The card of each file's name; the first one where a file holds several things."""
    names = [*broken_files(check), *(record.file for record in check.files)]
    return {name: f"file-{place}" for place, name in reversed(list(enumerate(names, start=1)))}


def _of(findings: Sequence[Finding], file: str) -> tuple[tuple[int, Finding], ...]:
    """Findings of a file, with their numbers on the page."""
    return tuple((number, finding) for number, finding in enumerate(findings, start=1) if finding.file == file)


def _card(record: FileRecord, anchor: str, numbered: Sequence[tuple[int, Finding]]) -> str:
    lost = record.rows_read - record.rows_used
    bounds = bounds_words(record)
    words = (*form_words(record), *(() if bounds is None else (bounds,)))
    chips = "".join(f"<li>{escape(word.zh)}</li>" for word in words)
    figures = "".join(
        f"<div><dt>{_both(f'quality_{key}')}</dt><dd>{value:,}</dd></div>"
        for key, value in (("read", record.rows_read), ("used", record.rows_used), ("dropped", lost))
    )
    reasons = "".join(f"<li><b>{loss.rows:,}</b> {_two(loss.why)}</li>" for loss in lost_rows(record))
    return (
        f'<article id="{anchor}">\n<h3>{escape(record.file)} <span>{_two(role_words(record))}</span></h3>\n'
        f'<ul class="chips">{chips}</ul>\n<dl class="figures">{figures}</dl>\n{_bar(record)}\n'
        + (f'<ul class="lost">{reasons}</ul>\n' if reasons else "")
        + _columns(column_lines(record))
        + _links(numbered)
        + "</article>"
    )


def _broken_card(name: str, anchor: str, numbered: Sequence[tuple[int, Finding]]) -> str:
    head = f"<h3>{escape(name)} <span>{_both('quality_unread')}</span></h3>"
    return f'<article id="{anchor}" class="broken">\n{head}\n{_links(numbered)}</article>'


def _bar(record: FileRecord) -> str:
    """Share of the rows that were used; drawn, because a policy without inline styles allows nothing else."""
    if record.rows_read == 0:
        return ""
    used = round(1000 * record.rows_used / record.rows_read)
    used = min(used, 994) if record.rows_used < record.rows_read else used  # what is lost is seen, however little
    return (
        '<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="lost" width="1000" height="10"/><rect class="used" width="{used}" height="10"/></svg>'
    )


def _columns(columns: Sequence[ColumnLine]) -> str:
    parts = []
    for status in COLUMN_STATUSES:
        chosen = [column for column in columns if column.status == status]
        if chosen:
            items = "".join(f"<li>{_column(column)}</li>" for column in chosen)
            parts.append(f'<h4>{_both(f"quality_{status}")}</h4>\n<ul class="columns {status}">{items}</ul>\n')
    return "".join(parts)


def _column(column: ColumnLine) -> str:
    if not column.ours:
        return escape(column.theirs)
    title = "" if column.title in {column.theirs, column.ours} else f"{escape(column.title)} "
    theirs = "" if column.theirs == column.ours else f"{escape(column.theirs)} <i>→</i> "
    return f"{theirs}{title}<code>{escape(column.ours)}</code>"


def _links(numbered: Sequence[tuple[int, Finding]]) -> str:
    if not numbered:
        return ""
    items = "".join(
        f'<li class="{escape(finding.severity)}"><a href="#finding-{number}">{escape(finding.message_zh)}</a></li>'
        for number, finding in numbered
    )
    return f'<h4>{_both("quality_found_here")}</h4>\n<ul class="links">{items}</ul>\n'


# -- Findings --------------------------------------------------------------------------------------


def _finding_lists(check: Check, findings: Sequence[Finding]) -> str:
    if not findings:
        return f'<h2 id="findings">{_both("quality_findings")}</h2>\n<p>{_both("quality_nothing")}</p>'
    cards, headers, parts = _cards(check), headers_of(check.files), []
    for severity in SEVERITIES:
        items = [
            _finding(number, finding, cards.get(finding.file), place_text(finding, headers, file=False))
            for number, finding in enumerate(findings, start=1)
            if finding.severity == severity
        ]
        if items:
            head = f'<h2 id="{severity}s">{_both(f"quality_{severity}")} <span class="n">{len(items)}</span></h2>'
            parts.append(f'{head}\n<ol class="findings">\n' + "\n".join(items) + "\n</ol>")
    return "\n".join(parts)


def _finding(number: int, finding: Finding, card: str | None, where: str) -> str:
    name = f'<a href="#{card}">{escape(finding.file)}</a>' if card else escape(finding.file)
    place = " · ".join(part for part in (name, escape(where)) if part)
    second = english(finding)
    examples = f'<p class="such"><small>{_both("quality_examples")}：{escape(examples_text(finding))}</small></p>'
    remedy = f'<p class="remedy">{escape(finding.remedy_zh)}<br><small>{escape(finding.remedy_en)}</small></p>'
    return (
        f'<li id="finding-{number}" class="{escape(finding.severity)}"><div>'
        + (f'<p class="place">{place}</p>' if place else "")
        + f"<p>{escape(finding.message_zh)}"
        + (f"<br><small>{escape(second)}</small>" if second else "")
        + "</p>"
        + (examples if finding.examples else "")
        + "</div>"
        + (remedy if finding.remedy_zh or finding.remedy_en else "")
        + "</li>"
    )


def _lists(city: City | None) -> str:
    """What facility lists have in common and where they differ; nothing where there is one list."""
    if city is None:
        return ""
    parts = (("quality_conflicts", conflict_table(city.facilities)), ("quality_matches", match_table(city.facilities)))
    return "".join(f"<h2>{_both(title)}</h2>\n{_table(table)}\n" for title, table in parts if len(table))


def _table(table: pd.DataFrame) -> str:
    """The first rows of a table of pairs; the workbook has them all. Ids and lists stand below the names."""
    shown = [str(key) for key in table.columns if key not in {"column", *_BELOW["name"], *_BELOW["other_name"]}]
    heads = (escape(columns()[key].header).replace("\n", "<br>") for key in shown)
    rows = table.head(_MOST_ROWS).to_dict("records")
    lines = [
        f"<tr>{_row(heads, 'th')}</tr>",
        *(f"<tr>{_row(_cell(row, key) for key in shown)}</tr>" for row in rows),
    ]
    more = len(table) - _MOST_ROWS
    return (
        "<table>\n"
        + "\n".join(lines)
        + "\n</table>"
        + (f"\n<p>{_both('quality_more', count=more)}</p>" if more > 0 else "")
    )


def _cell(row: Mapping[Hashable, Any], key: str) -> str:
    value = row[key]
    if isinstance(value, float):
        return "" if value != value else f"{value:.0f}" if key.endswith("_m") else f"{value:.2f}"  # noqa: PLR0124
    below = "".join(f"<br><small>{escape(str(row[part]))}</small>" for part in _BELOW.get(key, ()))
    return escape(str(value)) + below


def _layers(origins: Iterable[Origin]) -> str:
    heads = ("quality_layer", "quality_file", "quality_date", "quality_licence", "quality_hash")
    lines = [f"<tr>{_row((_both(head) for head in heads), 'th')}</tr>"]
    for origin in origins:
        label = f"{escape(origin.label_zh)}<br><small>{escape(origin.label_en)}</small>"
        owner = escape(" ".join(part for part in (origin.attribution, origin.licence) if part))
        cells = (label, escape(origin.file), escape(origin.date), owner, f"<small>{escape(origin.sha256[:16])}</small>")
        lines.append(f"<tr>{_row(cells)}</tr>")
    return '<div class="wide"><table>\n' + "\n".join(lines) + "\n</table></div>"
