"""Where a layer came from, and what was found wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Origin", "Severity"]

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Provenance of one layer; printed on every output that shows the layer.

    Attributes
    ----------
    label_zh, label_en
        What the layer is, in a planner's words.
    attribution, licence
        The line that must stand on a map, and the licence's short name.
    date
        The day the content speaks of (ISO), or ``""`` when the source does not say.
    synthetic
        True when the content was made by a script and describes no real place.
    file, sha256
        Name (not path) and content hash of the file it was read from, ``""`` if none.
    """

    label_zh: str
    label_en: str
    attribution: str = ""
    licence: str = ""
    url: str = ""
    date: str = ""
    synthetic: bool = False
    file: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One data-quality finding: what, where, how many, and what to do about it.

    ``code`` is stable and machine-readable (``"far-facility"``); ``file``, ``row``, ``column`` and
    ``value`` are empty where they do not apply. ``row`` counts as a spreadsheet does: the header is
    row 1. ``examples`` holds a few ids, never personal columns.
    """

    code: str
    severity: Severity
    message_zh: str
    message_en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    count: int = 1
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = " ".join(
            part
            for part in (
                self.file,
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column!r}" if self.column else "",
                f"value {self.value!r}" if self.value else "",
            )
            if part
        )
        where = f"{place}: " if place else ""
        which = f" ({', '.join(self.examples)})" if self.examples else ""
        remedy = f" -> {self.remedy_en}" if self.remedy_en else ""
        return f"{where}{self.message_en}{which}{remedy}"
