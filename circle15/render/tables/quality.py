"""Tables of data quality: what was found, what became of files and columns, which facilities were merged or doubted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from circle15.catalog import Service, services, text
from circle15.model import Facilities, FileRecord, Finding
from circle15.render.tables.columns import columns, rounded
from circle15.render.words import COLUMN_STATUSES, both, column_lines, datum_name, examples_text, lost_rows, role_words

__all__ = ["column_table", "conflict_table", "file_table", "finding_table", "match_table"]


def finding_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """One row per data-quality finding, errors first."""
    order = {"error": 0, "warning": 1, "note": 2}
    keys = (
        "severity", "code", "count", "message_zh", "message_en", "remedy_zh", "remedy_en",
        "file", "row", "column", "value", "examples",
    )  # fmt: skip
    ordered = sorted(findings, key=lambda finding: order[finding.severity])
    table = pd.DataFrame([{key: getattr(finding, key) for key in keys} for finding in ordered], columns=list(keys))
    table["severity"] = [both(f"quality_{severity}").zh + f" {severity}" for severity in table["severity"]]
    table["examples"] = [examples_text(finding) for finding in ordered]
    return table


def match_table(facilities: Facilities) -> pd.DataFrame:
    """One row per facility of a later list that was found in an earlier one and merged, largest distance first."""
    table = facilities.matches.astype({"distance_m": float, "likeness": float})
    table = table.sort_values(["distance_m", "facility_id"], ascending=[False, True], kind="stable", ignore_index=True)
    table["by"] = [_said(f"match_by_{by}") for by in table["by"]]
    table["filled"] = [_headers(names) for names in table["filled"]]
    table["services_added"] = table["services_added"].map(partial(_titles, services(facilities.pack_services)))
    return rounded(table)


def conflict_table(facilities: Facilities) -> pd.DataFrame:
    """One row per doubt about two facilities of different lists, by kind: what to look at, in words."""
    table = facilities.conflicts.astype({"distance_m": float})
    order = np.argsort([_CONFLICTS.index(kind) for kind in table["kind"]], kind="stable")
    table = table.iloc[order].reset_index(drop=True)
    offers, titles = table["kind"] == "services", partial(_titles, services(facilities.pack_services))
    for column in ("value", "other_value"):
        table[column] = table[column].mask(offers, table[column].where(offers, "").map(titles))
    table["services"] = table["services"].map(titles)
    table["kind"] = [_said(f"conflict_{kind}") for kind in table["kind"]]
    return rounded(table)


_CONFLICTS = ("far", "alike", "near", "apart", "services", "differs")


def _said(key: str) -> str:
    return f"{text(key, 'zh')} {text(key, 'en')}"


def _headers(names: str) -> str:
    """Columns joined by a comma as their headers in both languages, where they have one."""
    known = columns()
    return ", ".join(f"{known[name].zh} {known[name].en}" if name in known else name for name in names.split(", "))


def _titles(known: Mapping[str, Service], keys: str) -> str:
    """Services joined by ; as titles in both languages."""
    return "; ".join(f"{known[key].title_zh} {known[key].title_en}" for key in keys.split(";") if key)


def file_table(records: Sequence[FileRecord]) -> pd.DataFrame:
    """One row per file: how it was read, rows read, used and left out with reasons, and how many columns count."""
    rows = []
    for record in records:
        lost, columns_of = lost_rows(record), column_lines(record)
        by_status = {
            status: [part.theirs for part in columns_of if part.status == status] for status in COLUMN_STATUSES
        }
        rows.append(
            {
                "file": record.file,
                "role": str(role_words(record)),
                "form": record.form.removeprefix("."),
                "part": record.part,
                "encoding": record.encoding,
                "datum": datum_name(record.crs),
                "rows_read": record.rows_read,
                "rows_used": record.rows_used,
                "rows_lost": record.rows_read - record.rows_used,
                "reasons_zh": "；".join(part.told.zh for part in lost),
                "reasons_en": "; ".join(part.told.en for part in lost),
                "columns_understood": len(by_status["understood"]),
                "columns_unknown": "; ".join(by_status["unknown"]),
                "columns_personal": "; ".join(by_status["personal"]),
            }
        )
    keys = (
        "file", "role", "form", "part", "encoding", "datum", "rows_read", "rows_used", "rows_lost",
        "reasons_zh", "reasons_en", "columns_understood", "columns_unknown", "columns_personal",
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(keys))


def column_table(records: Sequence[FileRecord]) -> pd.DataFrame:
    """One row per column of every file: its header, our name and what that means, and what became of it."""
    rows = [
        {
            "file": record.file,
            "part": record.part,
            "header_theirs": line.theirs,
            "column_ours": line.ours,
            "column_title": line.title if line.title != line.ours else "",
            "column_status": str(both(f"quality_{line.status}")),
        }
        for record in records
        for line in column_lines(record)
    ]
    keys = ("file", "part", "header_theirs", "column_ours", "column_title", "column_status")
    return pd.DataFrame(rows, columns=list(keys))
