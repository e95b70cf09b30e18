"""What became of a pack's files, in words: shared by the terminal, the page, the workbooks and the map."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from circle15.catalog import column_title, personal_columns, reason, text
from circle15.model import Check, FileRecord, Finding
from circle15.refusals import in_both

__all__ = [
    "COLUMN_STATUSES",
    "SEVERITIES",
    "ColumnLine",
    "Lost",
    "Words",
    "both",
    "bounds_words",
    "broken_files",
    "by_severity",
    "column_lines",
    "counted",
    "datum_name",
    "english",
    "examples_text",
    "form_words",
    "headers_of",
    "lost_rows",
    "place_text",
    "plain_text",
    "public_file",
    "role_words",
    "size_words",
    "title_words",
    "verdict",
]

SEVERITIES = ("error", "warning", "note")
ColumnStatus = Literal["understood", "unknown", "personal"]
COLUMN_STATUSES: tuple[ColumnStatus, ...] = ("understood", "unknown", "personal")
_DATUMS = {
    "wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09", "cgcs2000": "CGCS2000",
    "EPSG:4326": "WGS 84 (EPSG:4326)", "EPSG:4490": "CGCS2000 (EPSG:4490)",
}  # fmt: skip
_TAG = re.compile(r"[a-z_:]+=\S.*")
_ROW = re.compile(r"row (\d+)")
_ROW_SAID = re.compile(r"row (\d+): (.+)", re.DOTALL)
_MOST_TAGS = 4
_LONGEST = 32_000  # Excel holds 32,767 characters in a cell
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ENCODINGS = {"UTF-8-SIG": "UTF-8"}
"""The reader's name for UTF-8 with or without a mark in front."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """One phrase in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} {self.en}"

    @property
    def heading(self) -> str:
        """Both languages set apart, as a heading has them."""
        return f"{self.zh} · {self.en}"


@dataclass(frozen=True, kw_only=True)
class Lost:
    """Rows of a file that were left out for one reason; ``codes`` as in a record's ``dropped``."""

    why: Words
    rows: int
    codes: tuple[str, ...]

    @property
    def told(self) -> Words:
        """The reason with its rows."""
        return Words(zh=f"{self.why.zh}：{self.rows:,}", en=f"{self.why.en}: {self.rows:,}")


@dataclass(frozen=True, kw_only=True)
class ColumnLine:
    """One column of a file: its header, our name and title for it, and what became of it."""

    theirs: str
    status: ColumnStatus
    ours: str = ""
    title: str = ""


def title_words(check: Check) -> str:
    """The city's names; once where they are the same."""
    return " ".join(dict.fromkeys((check.title_zh, check.title_en)))


def both(key: str, **values: object) -> Words:
    """A phrase of ``text.toml`` in both languages; of a pair the Chinese and the English word is filled in."""
    zh, en = in_both(values)
    return Words(zh=text(key, "zh", **zh), en=text(key, "en", **en))


def role_words(record: FileRecord) -> Words:
    """What a file is to the study.

    Examples
    --------
    >>> str(role_words(FileRecord(file="meals.csv", role="facilities")))
    '设施 facilities'
    """
    return both(f"role_{record.role}")


def datum_name(crs: str) -> str:
    """A datum or reference system as people write it.

    Examples
    --------
    >>> datum_name("gcj02"), datum_name("EPSG:4549")
    ('GCJ-02', 'EPSG:4549')
    """
    return _DATUMS.get(crs, _DATUMS.get(crs.lower(), crs))


def form_words(record: FileRecord) -> tuple[Words, ...]:
    """How a file was read: its form, sheet or layer, encoding, and datum, as far as there are such."""
    plain = [record.form.removeprefix("."), _ENCODINGS.get(record.encoding, record.encoding), datum_name(record.crs)]
    words = [Words(zh=word, en=word) for word in plain if word]
    if record.part:
        key = "quality_part_sheet" if record.form.startswith(".xls") else "quality_part_layer"
        words.insert(min(1, len(words)), both(key, part=record.part))
    return tuple(words)


def bounds_words(record: FileRecord) -> Words | None:
    """From where to where a file reaches, in degrees; None where nobody looked.

    Examples
    --------
    >>> meals = FileRecord(file="m.csv", role="facilities", bounds=(120.6, 31.3, 120.65, 31.33))
    >>> bounds_words(meals).en
    'longitude 120.6000 to 120.6500, latitude 31.3000 to 31.3300'
    """
    if record.bounds is None:
        return None
    west, south, east, north = (f"{end:.4f}" for end in record.bounds)
    return both("quality_bounds", west=west, south=south, east=east, north=north)


def lost_rows(record: FileRecord) -> tuple[Lost, ...]:
    """Rows that were left out, by reason, most first; ways that their tags close to walkers under one.

    Examples
    --------
    >>> dropped = (("facility-id-twice", 2),)
    >>> meals = FileRecord(file="m.csv", role="facilities", rows_read=3, rows_used=1, dropped=dropped)
    >>> [(str(lost.why), lost.rows) for lost in lost_rows(meals)]
    [('编号重复 id stands twice', 2)]
    """
    tagged = sorted(
        ((rows, code) for code, rows in record.dropped if _TAG.fullmatch(code)), key=lambda t: (-t[0], t[1])
    )
    lost = [
        Lost(why=Words(zh=reason(code, "zh"), en=reason(code, "en")), rows=rows, codes=(code,))
        for code, rows in record.dropped
        if not _TAG.fullmatch(code)
    ]
    if tagged:
        shown = ", ".join(code for _, code in tagged[:_MOST_TAGS]) + (" …" if len(tagged) > _MOST_TAGS else "")
        codes = tuple(code for _, code in tagged)
        lost.append(Lost(why=both("reason_tagged", tags=shown), rows=sum(rows for rows, _ in tagged), codes=codes))
    return tuple(sorted(lost, key=lambda loss: (-loss.rows, loss.codes)))


def column_lines(record: FileRecord) -> tuple[ColumnLine, ...]:
    """Every column of a file: understood, kept without a meaning, or about persons; never what stood in its cells.

    A header that itself looks like a telephone or identity number (a table without a header) is not shown.
    """
    understood = [
        ColumnLine(theirs=_shown(theirs), status="understood", ours=ours, title=column_title(ours))
        for theirs, ours in record.understood
    ]
    unknown = [ColumnLine(theirs=_shown(theirs), status="unknown") for theirs in record.unknown]
    personal = [ColumnLine(theirs=_shown(theirs), status="personal") for theirs in record.personal]
    return (*understood, *unknown, *personal)


def public_file(record: FileRecord) -> dict[str, Any]:
    """What a page that is passed on tells of a file, ready for JSON. Headers stay out: they may hold anything."""
    role, forms = role_words(record), form_words(record)
    return {
        "file": record.file,
        "role_zh": role.zh,
        "role_en": role.en,
        "form_zh": " · ".join(word.zh for word in forms),
        "form_en": " · ".join(word.en for word in forms),
        "read": record.rows_read,
        "used": record.rows_used,
        "lost": [{"why_zh": loss.why.zh, "why_en": loss.why.en, "rows": loss.rows} for loss in lost_rows(record)],
        "columns": {
            "understood": len(record.understood),
            "unknown": len(record.unknown),
            "personal": len(record.personal),
        },
    }


def _shown(header: str) -> str:
    return str(both("quality_masked")) if personal_columns().cells.fullmatch(header.strip()) else header


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, then warnings, then notes; each in the order in which they were told."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def counted(findings: Sequence[Finding]) -> dict[str, int]:
    """How many findings there are of each severity."""
    return {severity: sum(finding.severity == severity for finding in findings) for severity in SEVERITIES}


def broken_files(check: Check) -> tuple[str, ...]:
    """Names of files that could not be used, and so have no record."""
    known = {record.file for record in check.files}
    broken = [finding.file for finding in check.findings if finding.severity == "error" and finding.file]
    return tuple(dict.fromkeys(name for name in broken if name not in known))


def verdict(check: Check) -> Words:
    """Whether the city can be analysed, in one line."""
    counts = counted(check.findings)
    if check.city is None:
        return both("quality_broken", count=counts["error"])
    return both("quality_ready_warned", count=counts["warning"]) if counts["warning"] else both("quality_ready")


def size_words(check: Check) -> Words | None:
    """How large the city is: communities, people, facilities, streets; None where it could not be loaded."""
    city = check.city
    if city is None:
        return None
    people = city.communities.frame
    unknown = int(people["pop_60plus"].isna().sum())
    return both(
        "quality_size_unknown" if unknown else "quality_size",
        unknown=f"{unknown:,}",
        communities=f"{len(people):,}",
        people=f"{people['population'].sum():,.0f}",
        elders=f"{people['pop_60plus'].sum():,.0f}",
        facilities=f"{len(city.facilities):,}",
        km=f"{city.network.total_km:,.1f}",
    )


def headers_of(records: Iterable[FileRecord]) -> dict[tuple[str, str], str]:
    """``(file, our column)`` -> the header that the file has for it, where that is another word."""
    return {(record.file, ours): theirs for record in records for theirs, ours in record.understood if theirs != ours}


def place_text(finding: Finding, headers: Mapping[tuple[str, str], str], *, file: bool = True) -> str:
    """Where a finding stands, as far as that is known: file, row, column, and a value that its message does not quote.

    Parameters
    ----------
    finding
        The finding.
    headers
        From :func:`headers_of`: a planner knows her own headers.
    file
        Whether to name the file.
    """
    parts = [finding.file] if file and finding.file else []
    if finding.row is not None:
        parts.append(str(both("quality_row", row=finding.row)))
    if finding.column:
        named = [(headers.get((finding.file, ours)), ours) for ours in finding.column.split(", ")]
        shown = ", ".join(f"{_shown(theirs)} ({ours})" if theirs else ours for theirs, ours in named)
        parts.append(f"{both('quality_column')} {shown}")
    quoted = all(part in finding.message_zh for part in finding.value.split(", "))
    if not quoted and any(map(str.isalnum, finding.value)):
        parts.append(f"{both('quality_value')} {finding.value}")
    return " · ".join(parts)


def examples_text(finding: Finding) -> str:
    """A few ids, or rows as a spreadsheet counts them.

    Examples
    --------
    >>> examples_text(Finding(code="a", severity="note", message_zh="", message_en="", examples=("row 4", "row 12")))
    '第4、12行 rows 4, 12'
    >>> examples_text(Finding(code="a", severity="note", message_zh="", message_en="", examples=("row 4: 待定",)))
    '第4行 row 4：待定'
    """
    rows = [match[1] for example in finding.examples if (match := _ROW.fullmatch(example))]
    if rows and len(rows) == len(finding.examples):
        many = both("rows_told", rows=("、".join(rows), ", ".join(rows)))
        return str(many if len(rows) > 1 else both("quality_row", row=rows[0]))
    shown = [
        f"{both('quality_row', row=match[1])}：{match[2]}" if (match := _ROW_SAID.fullmatch(example)) else example
        for example in finding.examples
    ]
    return ("；" if any(", " in example or "：" in example for example in shown) else ", ").join(shown)


def english(finding: Finding) -> str:
    """The English message, but for what the Chinese one quotes already: reasons that exist in English only."""
    return "" if finding.message_en in finding.message_zh else finding.message_en


def plain_text(value: str) -> str:
    r"""Text as a spreadsheet may hold it: no control characters, not beyond a cell's length.

    Examples
    --------
    >>> plain_text("a\x00b")
    'a�b'
    """
    return _CONTROL.sub("\ufffd", value)[:_LONGEST]
