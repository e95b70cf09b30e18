"""``gaps.xlsx``: the gap list as a planner's workbook, one sheet a question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.formatting.rule import DataBarRule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from circle15.catalog import services
from circle15.catalog import text as phrase
from circle15.model import Analysis, Check, City
from circle15.render.table_frames import (
    columns,
    community_table,
    facility_table,
    finding_table,
    gap_table,
    service_table,
    source_table,
    synthetic_layers,
)

__all__ = ["plain_text", "quality_bytes", "workbook_bytes"]

_INK, _HEAD, _WARN, _RULE = "1F2933", "DCE6EC", "FFF1D6", "B8C4CC"
_LONGEST = 32_000  # Excel holds 32,767 characters in a cell
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LEADING = ("=", "+", "-", "@", "\t", "\r", "\n")
_BARS = {"index": "D55E00", "uncovered": "E69F00", "share": "0072B2"}
_PLAIN = Font(name="Microsoft YaHei", size=10, color=_INK)
_FOUND = "输入数据中发现的问题 · What was found in the input"
_WRAPPED = ("capacity_by_service", "sentence", "message", "remedy", "examples", "services", "label", "attribution")


def workbook_bytes(analysis: Analysis) -> bytes:
    """Return the workbook; the same analysis gives the same bytes.

    Sheets: summary, communities, gaps (community x service), facilities, data quality, method.
    Text from outside is stored as text, never as a formula.
    """
    book = Workbook()
    book.remove(book.active)
    _summary(book, analysis)
    when = _when(analysis)
    for title, heading, table in (
        ("社区 Communities", f"各社区差距，按综合排名 · Gaps, largest first{when}", community_table(analysis)),
        ("差距 Gaps", f"社区 × 服务 · Gaps per community and service{when}", _present(gap_table(analysis), _GAPS)),
        ("设施 Facilities", "设施与路网位置 · Facilities and their position on the network", facility_table(analysis)),
        (
            "数据质量 Data quality",
            "输入数据中发现的问题 · What was found in the input",
            finding_table(analysis.findings),
        ),
    ):
        _table_sheet(book, analysis.city, title, heading, table)
    _method(book, analysis)
    return _bytes(book, f"{analysis.city.title_zh} {analysis.city.title_en}")


def _when(analysis: Analysis) -> str:
    """What a heading says of the moment that was asked for."""
    at = analysis.settings.open_at
    if at is None:
        return ""
    return f" · {phrase('open_facilities', 'zh', moment=at.zh)} {phrase('open_facilities', 'en', moment=at.en)}"


def quality_bytes(check: Check) -> bytes:
    """Return the data-quality workbook of a city that was read and not analysed: findings, files, layers.

    The same input gives the same bytes; text from outside is stored as text.
    """
    book = Workbook()
    book.remove(book.active)
    _table_sheet(book, check.city, "数据质量 Data quality", _FOUND, finding_table(check.findings))
    if check.city is not None:
        layers = source_table(check.city)[[*_SOURCES]]
        _table_sheet(book, check.city, "图层 Layers", "各图层的来源 · Where each layer comes from", layers)
    return _bytes(book, f"{check.title_zh} {check.title_en}")


def _bytes(book: Workbook, title: str) -> bytes:
    book.properties.title = f"circle15 {title}"
    book.properties.creator = "circle15"
    stream = BytesIO()
    book.save(stream)
    return _without_clock(stream.getvalue())


def plain_text(value: str) -> str:
    r"""Text as a spreadsheet may hold it: no control characters, not beyond a cell's length.

    Examples
    --------
    >>> plain_text("a\x00b")
    'a�b'
    """
    return _CONTROL.sub("\ufffd", value)[:_LONGEST]


_GAPS = (
    "rank_index", "name", "name_en", "service_zh", "service_en", "status", "pop_60plus", "share", "uncovered",
    "intensity_pct", "rank", "mean_min", "p90_min", "choices", "unreachable", "pop_60plus_unplaced",
    "pop_60plus_delivered", "pop_60plus_either", "open_at",
    "population", "population_share", "population_uncovered", "sentence_zh", "sentence_en",
)  # fmt: skip


# -- sheets ---------------------------------------------------------------------------------------


def _summary(book: Workbook, analysis: Analysis) -> None:
    sheet = book.create_sheet("概要 Summary")
    city, settings, profile = analysis.city, analysis.settings, analysis.profile
    people = city.communities.frame
    row = _head(
        sheet, city, f"{city.title_zh} {city.title_en} · 步行生活圈差距 Walking circle gaps{_when(analysis)}", 9
    )
    cutoffs = " / ".join(f"{cutoff:g}" for cutoff in settings.cutoffs_min)
    facts: list[tuple[str, Any, str]] = [
        ("社区 Communities", len(people), "#,##0"),
        ("人口 Population", float(people["population"].sum()), "#,##0"),
        ("60岁以上 Aged 60+", float(people["pop_60plus"].sum()), "#,##0"),
        ("设施 Facilities", len(city.facilities), "#,##0"),
        ("路网 Walking network (km)", round(city.network.total_km, 1), "#,##0.0"),
        ("步行者 Walker", f"{profile.title_zh} {profile.title_en}，{profile.speed_mps:g} m/s", ""),
        ("时限（分钟）Cut-offs (min)", cutoffs, ""),
        ("审图号 Map review number", city.review_number or "（待填 to be filled in）", ""),
    ]
    for label, value, number in facts:
        _put(sheet.cell(row, 1), label).font = _font(bold=True)
        cell = _put(sheet.cell(row, 3), value)
        cell.number_format = number or "General"
        cell.alignment = Alignment(horizontal="left")
        row += 1
    row = _block(sheet, row + 1, "各项服务 By service", service_table(analysis))
    row = _block(sheet, row + 1, "综合差距最大的十个社区 Ten communities with the largest gap", _top(analysis))
    _block(sheet, row + 1, "资料来源 Sources", source_table(analysis.city)[[*_SOURCES]])
    for letter, width in zip("ABCDEFGHI", (24, 24, 17, 13, 15, 15, 17, 17, 28), strict=True):
        sheet.column_dimensions[letter].width = width
    _page(sheet, header_row=None)


_SOURCES = ("label_zh", "label_en", "date", "licence", "attribution", "file", "synthetic")


def _top(analysis: Analysis) -> pd.DataFrame:
    keys = ("name", "name_en", "rank_index", "index", "pop_60plus", "uncovered_worst", "worst_service_zh")
    return _present(community_table(analysis).head(10), keys)


def _present(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Those of the named columns that the table has."""
    return table[[key for key in keys if key in table.columns]]


def _block(sheet: Worksheet, row: int, title: str, table: pd.DataFrame) -> int:
    """Write a small titled table at a row of a sheet; return the row below it."""
    _put(sheet.cell(row, 1), title).font = _font(bold=True, size=12)
    _header(sheet, row + 1, table)
    return _body(sheet, row + 2, table)


def _table_sheet(book: Workbook, city: City | None, title: str, heading: str, table: pd.DataFrame) -> None:
    sheet = book.create_sheet(title)
    row = _head(sheet, city, heading, min(len(table.columns), 8))
    _header(sheet, row, table)
    last = _body(sheet, row + 1, table) - 1
    letters = [get_column_letter(position) for position in range(1, len(table.columns) + 1)]
    for letter, key in zip(letters, table.columns, strict=True):
        sheet.column_dimensions[letter].width = columns()[key].width
        if key in _BARS and last > row:
            bar = DataBarRule("num", 0, "max" if key == "uncovered" else "num", _TOP.get(key), color=_BARS[key])
            sheet.conditional_formatting.add(f"{letter}{row + 1}:{letter}{last}", bar)
    named = list(table.columns).index("name") + 2 if "name" in table.columns else 1
    sheet.freeze_panes = f"{get_column_letter(named)}{row + 1}"
    sheet.auto_filter.ref = f"A{row}:{letters[-1]}{max(last, row)}"
    _page(sheet, header_row=row)


_TOP = {"index": 100, "share": 1}


def _method(book: Workbook, analysis: Analysis) -> None:
    sheet = book.create_sheet("方法 Method")
    row = _head(sheet, analysis.city, "方法、列说明与使用须知 · Method, columns and terms of use", 3)
    for zh, en in _method_lines(analysis):
        for position, text in enumerate((zh, en), start=1):
            cell = _put(sheet.cell(row, position), text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[row].height = 15 * max(1, -(-len(zh) // 27), -(-len(en) // 68))
        row += 1
    noted = [(entry.header.replace("\n", " "), entry) for entry in columns().values() if entry.note_zh]
    row += 1
    _put(sheet.cell(row, 1), "列说明 Columns").font = _font(bold=True, size=12)
    for header, entry in noted:
        row += 1
        _put(sheet.cell(row, 1), f"{header}：{entry.note_zh}").alignment = Alignment(wrap_text=True, vertical="top")
        _put(sheet.cell(row, 2), entry.note_en).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[row].height = 15 * max(1, -(-(len(header) // 2 + len(entry.note_zh)) // 27))
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 60, 72
    _page(sheet, header_row=None)


def _method_lines(analysis: Analysis) -> list[tuple[str, str]]:
    profile, circle = analysis.profile, analysis.settings.circle_min
    weights = analysis.gaps.weights
    flat, stairs = f"平地 flat {profile.speed_mps:g} m/s", f"楼梯 stairs {profile.stairs_mps:g} m/s"
    speeds = f"{flat}, {stairs}, 信号灯 signal {profile.signal_s:g} s"
    shown_zh = "，".join(f"{services()[key].title_zh} {weight:.3f}" for key, weight in weights.items())
    shown_en = ", ".join(f"{services()[key].title_en} {weight:.3f}" for key, weight in weights.items())
    return [
        (
            f"覆盖：从居住点沿步行路网到设施的时间（含两端接入路段）不超过{circle:g}分钟。不按直线距离，也不按等时圈面积。",
            f"Covered: the walk along the streets from home to a facility takes at most {circle:g} min, legs included.",
        ),
        (f"步行者：{profile.title_zh}，{speeds}。", f"Walker: {profile.title_en}, {speeds}."),
        ("速度的依据见右栏。", f"Why these speeds: {profile.citation}"),
        (
            "差距（人）＝60岁以上人口 ×（1－覆盖率）；强度为其百分比。",
            "Gap in people = people aged 60+ x (1 - covered share); intensity is the same in percent.",
        ),
        (
            "综合指数＝100 ×（1－各服务覆盖率的加权几何平均，覆盖率不低于0.01）。",
            "Index = 100 x (1 - weighted geometric mean of the covered shares, each at least 0.01).",
        ),
        (f"权重：{shown_zh}。", f"Weights: {shown_en}."),
        (
            "没有设施名录的服务为“不能判定”，不算缺口。",
            "A service without a list of facilities is undetermined, not a gap.",
        ),
        ("内部分析用表；附图公开前须依法送审。", "For internal analysis; maps need review before they are published."),
        (
            "不足10人的数值可能指向个人，公开前须删去或合并。",
            "Counts below 10 people may point at individuals: drop or merge them before publication.",
        ),
        *_optional_lines(analysis),
    ]


def _optional_lines(analysis: Analysis) -> list[tuple[str, str]]:
    """Method of what this analysis has beside walking at any time: a moment, deliveries."""
    at = analysis.settings.open_at
    lines = []
    if at is not None:
        lines.append((phrase("method_open_at", "zh", moment=at.zh), phrase("method_open_at", "en", moment=at.en)))
    if len(analysis.coverage.delivery):
        lines.append((phrase("method_delivery", "zh"), phrase("method_delivery", "en")))
    return lines


# -- cells ----------------------------------------------------------------------------------------


def _head(sheet: Worksheet, city: City | None, heading: str, span: int) -> int:
    """Write the heading and, where it applies, the synthetic banner; return the next free row."""
    cell = _put(sheet.cell(1, 1), heading)
    cell.font = _font(bold=True, size=14)
    sheet.row_dimensions[1].height = 24
    made = () if city is None else synthetic_layers(city)
    if not made:
        return 3
    names = "、".join(_LAYER_ZH[layer] for layer in made)
    banner = f"合成数据，不描述真实地点：{names} · Synthetic, describes no real place: {', '.join(made)}"
    _put(sheet.cell(2, 1), banner).font = _font(bold=True, color="8A4B00")
    for position in range(1, span + 1):
        sheet.cell(2, position).fill = PatternFill("solid", fgColor=_WARN)
    sheet.row_dimensions[2].height = 20
    return 4


_LAYER_ZH: Mapping[str, str] = {"streets": "道路", "communities": "社区", "facilities": "设施", "context": "底图"}


def _header(sheet: Worksheet, row: int, table: pd.DataFrame) -> None:
    for position, key in enumerate(table.columns, start=1):
        cell = _put(sheet.cell(row, position), columns()[key].header)
        cell.font = _font(bold=True)
        cell.fill = PatternFill("solid", fgColor=_HEAD)
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="left", indent=1)
        cell.border = Border(bottom=Side("medium", color=_RULE))
    lines = [_lines(columns()[key].header, columns()[key].width) for key in table.columns]
    sheet.row_dimensions[row].height = 14.5 * max(3, *lines)


def _lines(header: str, width: int) -> int:
    """Lines a bold header takes in a column: a Chinese letter is twice as wide, words break early."""
    return sum(
        -(-sum(2 if ord(letter) > 0x2E7F else 1 for letter in part) // (width - 3)) for part in header.split("\n")
    )


def _body(sheet: Worksheet, row: int, table: pd.DataFrame) -> int:
    """Write a table's rows; return the row below them."""
    styles = [_style(sheet, str(key), text=not pd.api.types.is_numeric_dtype(table[key])) for key in table.columns]
    for record in table.itertuples(index=False, name=None):
        for position, value in enumerate(record):
            cell = sheet.cell(row, position + 1)
            cell.style = styles[position]
            _fill(cell, value)
        row += 1
    return row


def _style(sheet: Worksheet, key: str, *, text: bool) -> str:
    """Name of a column's style in the workbook: set once, not font by font per cell."""
    look, form = _look(key, text=text), columns()[key].format
    name = f"circle15 {'text' if text else 'number'}{' wrapped' if look.wrap_text else ''} {form}"
    if name not in sheet.parent.named_styles:
        rule = Border(bottom=Side("hair", color=_RULE))
        sheet.parent.add_named_style(
            NamedStyle(name=name, font=_PLAIN, alignment=look, border=rule, number_format=form)
        )
    return name


def _look(key: str, *, text: bool) -> Alignment:
    # Text stands off the right-aligned number in the column before it.
    wrap = any(word in key for word in _WRAPPED)
    return Alignment(vertical="top", wrap_text=wrap, horizontal="left" if text else None, indent=int(text))


def _font(*, bold: bool = False, size: int = 10, color: str = _INK) -> Font:
    return Font(name="Microsoft YaHei", bold=bold, size=size, color=color)


def _put(cell: Cell, value: Any) -> Cell:
    """Set a cell in the plain font; see :func:`_fill`."""
    cell.font = _PLAIN
    return _fill(cell, value)


def _fill(cell: Cell, value: Any) -> Cell:
    """Set a cell; whatever is text stays text, even when it looks like a formula, a number or an error."""
    if isinstance(value, str):
        cell.value = plain_text(value)
        cell.data_type = "s"
        if value.startswith(_LEADING):
            cell.quotePrefix = True
    elif isinstance(value, np.generic):
        return _fill(cell, value.item())
    elif isinstance(value, bool | int):
        cell.value = value
    elif isinstance(value, float):
        cell.value = value if np.isfinite(value) else None
    elif isinstance(value, Mapping):
        return _fill(cell, "; ".join(f"{key} {entry}" for key, entry in value.items()))
    elif isinstance(value, list | tuple):
        return _fill(cell, "; ".join(map(str, value)))
    elif value is not None and not pd.isna(value):
        return _fill(cell, str(value))
    return cell


def _page(sheet: Worksheet, *, header_row: int | None) -> None:
    """Print across, one page wide, headers repeated; tables on A3."""
    sheet.sheet_view.showGridLines = header_row is not None
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4 if header_row is None else sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "circle15 · &A · &P / &N"
    if header_row is not None:
        sheet.print_title_rows = f"{header_row}:{header_row}"


def _without_clock(content: bytes) -> bytes:
    """Drop the hour of writing from the archive's entries and from the document's properties."""
    stream = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(stream, "w") as target:
        for name in sorted(source.namelist(), key=lambda entry: (entry != "[Content_Types].xml", entry)):
            entry = source.read(name)
            if name == "docProps/core.xml":
                entry = re.sub(rb"<dcterms:(created|modified).*?</dcterms:\1>", b"", entry)
            target.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), entry, compress_type=ZIP_DEFLATED)
    return stream.getvalue()
