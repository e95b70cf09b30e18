"""What merging facility lists found, in words: how many places are one, and what has to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from circle15.catalog import finding, services
from circle15.model.provenance import Finding, Severity
from circle15.model.service import Service
from circle15.sources.facilities.same_place import SamePlaces

__all__ = ["osm_only_findings", "same_place_findings"]

_SEVERITY: Mapping[str, Severity] = {
    "far": "warning",
    "near": "warning",
    "alike": "warning",
    "apart": "warning",
    # Of places that are merged: nothing counts twice.
    "services": "note",
    "differs": "note",
}


def same_place_findings(merged: SamePlaces) -> list[Finding]:
    """One note on what was merged and filled, and one finding for each kind of conflict, with examples.

    Codes: ``places-merged``; ``places-far``, ``places-near``, ``places-alike``, ``places-apart`` (warnings);
    ``places-services`` and, for each other column that is compared, ``places-differs`` (notes).
    """
    findings = []
    matches = merged.matches
    if len(matches):
        findings.append(
            finding(
                "places-merged", "note", count=len(matches), by_point=int((matches["by"] == "point").sum()),
                filled=int((matches["filled"] != "").sum()), added=int((matches["services_added"] != "").sum()),
                examples=_pairs(matches),
            )
        )  # fmt: skip
    for (kind, column), rows in merged.conflicts.groupby(["kind", "column"], sort=True):
        findings.append(
            finding(
                f"places-{kind}",
                _severity(str(kind), str(column)),
                count=len(rows),
                column=str(column),
                examples=_pairs(rows),
            )
        )
    return findings


def _severity(kind: str, column: str) -> Severity:
    """Whether a place is in use decides whom it covers."""
    return "warning" if column == "state" else _SEVERITY[kind]


def _pairs(rows: pd.DataFrame) -> list[str]:
    """The first few pairs of ids, with the name of the earlier one."""
    first = rows.head(5)
    return [
        f"{key} {name} / {other}" if name != key else f"{key} / {other}"
        for key, name, other in zip(first["facility_id"], first["name"], first["other_id"], strict=True)
    ]


def osm_only_findings(
    frame: gpd.GeoDataFrame,
    osm_only: pd.Series,
    listed: frozenset[str],
    *,
    file: str,
    pack_services: tuple[Service, ...] = (),
) -> list[Finding]:
    """What OpenStreetMap has of the services of the user's own lists, and they have not.

    Parameters
    ----------
    frame
        The merged facilities within reach.
    osm_only
        bool, aligned to ``frame``: the row comes from OpenStreetMap alone.
    listed
        Services that the user's lists speak of.
    file
        The OpenStreetMap file.
    pack_services
        Those of the pack, beside the catalogue's.
    """
    more = frame[osm_only & frame["services"].map(lambda row: not listed.isdisjoint(row))]
    if more.empty:
        return []
    count = pd.Series([service for row in more["services"] for service in row if service in listed]).value_counts()
    titles = [(service, int(count[key])) for key, service in services(pack_services).items() if key in count]
    examples = [f"{key} {name}" for key, name in more["name"].head(5).items()]
    spoken, chinese = (
        finding("places-osm-only", "note", count=len(more), file=file, services=words, examples=examples)
        for words in (
            ", ".join(f"{known.title_en} {number}" for known, number in titles),
            "、".join(f"{known.title_zh} {number}" for known, number in titles),
        )
    )
    return [replace(spoken, message_zh=chinese.message_zh)]
