"""The data-quality report of a city that was read: one page, one workbook, for whoever has to mend the input."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from circle15.catalog import text
from circle15.model import Check, City, Finding, Origin
from circle15.render.atomic import write_text, write_whole
from circle15.render.table_frames import columns, conflict_table, match_table
from circle15.render.workbook import quality_bytes

__all__ = ["quality_html", "save_quality"]

_MOST_ROWS = 200
"""Of a long table, on the page; all rows stand in the workbook."""
_BELOW = {"name": ("facility_id", "list_file"), "other_name": ("other_id", "other_file")}
_ORDER = {"error": 0, "warning": 1, "note": 2}


def quality_html(check: Check) -> str:
    """Return a page that tells every finding: what, where, how many, what to do; nothing runs and nothing is loaded.

    The same input gives the same bytes. Text from outside is escaped, and no script is allowed.
    """
    city, findings = check.city, check.findings
    style = files("circle15.render").joinpath("page/quality.css").read_text(encoding="utf-8")
    counts = {severity: sum(f.severity == severity for f in findings) for severity in ("error", "warning", "note")}
    boxes = "".join(f"<div><b>{count}</b>{_both(f'quality_{severity}')}</div>" for severity, count in counts.items())
    origins = () if city is None else city.origins
    made = [origin for origin in origins if origin.synthetic]
    banner = (
        f'<p class="banner"><b>{_both("quality_synthetic")}</b> '
        + escape("；".join(f"{origin.label_zh} {origin.label_en}" for origin in made))
        + "</p>"
        if made
        else ""
    )
    policy = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    title = escape(f"{check.title_zh} {check.title_en}")
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{policy}'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title} · circle15</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<h1>{title}</h1>\n<p>{_both("quality_title")}</p>\n{banner}\n<div class="sum">{boxes}</div>\n'
        f"<p><small>{_sizes(city)}</small></p>\n"
        f"<h2>{_both('quality_findings')}</h2>\n{_findings(findings)}\n"
        f"{_lists(city)}"
        f"<h2>{_both('quality_layers')}</h2>\n{_layers(origins)}\n</body>\n</html>\n"
    )


def _sizes(city: City | None) -> str:
    if city is None:
        return _both("quality_unusable")
    return "<br>".join(escape(repr(part)[1:-1]) for part in (city.network, city.communities, city.facilities))


def save_quality(check: Check, folder: str | Path) -> tuple[Path, Path]:
    """Write ``check.html`` and ``check.xlsx`` into a folder, each whole or not at all.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    page = write_text(Path(folder) / "check.html", quality_html(check))
    sheet = write_whole(Path(folder) / "check.xlsx", lambda part: part.write_bytes(quality_bytes(check)))
    return page, sheet


def _both(key: str) -> str:
    return escape(f"{text(key, 'zh')} {text(key, 'en')}")


def _row(cells: Iterable[str], tag: str = "td") -> str:
    return "".join(f"<{tag}>{cell}</{tag}>" for cell in cells)


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return f"<p>{_both('quality_nothing')}</p>"
    heads = ("quality_kind", "quality_what", "quality_where", "quality_count", "quality_remedy")
    lines = [f"<tr>{_row((_both(head) for head in heads), 'th')}</tr>"]
    for told in sorted(findings, key=lambda found: _ORDER[found.severity]):
        place = ", ".join(str(part) for part in (told.file, told.column, told.value) if part)
        if told.row is not None:
            place += f" · {text('quality_row', 'zh', row=told.row)} {text('quality_row', 'en', row=told.row)}"
        examples = f"<br><small>{escape(', '.join(told.examples))}</small>" if told.examples else ""
        cells = (
            f'<span class="tag">{_both(f"quality_{told.severity}")}</span>',
            f"{escape(told.message_zh)}<br><small>{escape(told.message_en)}</small>{examples}",
            escape(place),
            str(told.count),
            f"{escape(told.remedy_zh)}<br><small>{escape(told.remedy_en)}</small>",
        )
        lines.append(f'<tr class="{escape(told.severity)}">{_row(cells)}</tr>')
    return "<table>\n" + "\n".join(lines) + "\n</table>"


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
    said = f"{text('quality_more', 'zh', count=more)} {text('quality_more', 'en', count=more)}" if more > 0 else ""
    return "<table>\n" + "\n".join(lines) + "\n</table>" + (f"\n<p>{escape(said)}</p>" if said else "")


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
    return "<table>\n" + "\n".join(lines) + "\n</table>"
