"""The facilities that OpenStreetMap has of a pack's services, and what became of its other objects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd

from circle15.catalog import finding, text
from circle15.model.metric import lonlat_bounds
from circle15.model.places import StudyArea
from circle15.model.provenance import FileRecord, Finding
from circle15.model.service import Service
from circle15.sources.facilities.attributes import hours_findings
from circle15.sources.facilities.in_use import state_findings
from circle15.sources.osm.facilities import read_osm_facilities
from circle15.sources.pack.layers import area_box
from circle15.sources.reading import Reading

__all__ = ["OSM_FORM", "osm_reading"]

OSM_FORM = "OpenStreetMap"
"""Form of the records of its facilities."""
_LOSSES = ("private", "merged", "nowhere", "outside")


def osm_reading(path: Path, services: Sequence[str], area: StudyArea, pack_services: tuple[Service, ...]) -> Reading:
    """Tagged objects of a street file, and what became of those that are no facility of their own."""
    frame = read_osm_facilities(path, services, bbox=area_box(area), pack_services=pack_services)
    counts = frame.attrs["counts"]
    record = FileRecord(
        file=path.name, role="facilities", form=OSM_FORM, crs="EPSG:4326",
        rows_read=counts["read"], rows_used=len(frame),
        dropped=tuple((f"osm-{reason}", counts[reason]) for reason in _LOSSES if counts[reason]),
        bounds=lonlat_bounds(frame.geometry),
    )  # fmt: skip
    findings = (
        *_losses(frame, path), *state_findings(frame["state"], path.name),
        *_hours(frame, path),
    )  # fmt: skip
    return Reading(frame=frame, files=(record,), findings=findings)


def _hours(frame: gpd.GeoDataFrame, path: Path) -> list[Finding]:
    return hours_findings(frame["opening_hours"], path.name) if "opening_hours" in frame else []


def _losses(frame: gpd.GeoDataFrame, path: Path) -> list[Finding]:
    """Tell of tagged objects that did not become a facility of their own."""
    counts = frame.attrs.get("counts", {})
    lost = {reason: count for reason, count in counts.items() if reason not in {"read", "used", "closed"} and count}
    if not lost:
        return []
    losses = [
        (text(f"osm_{why}", "zh", count=f"{count:,}"), text(f"osm_{why}", "en", count=f"{count:,}"))
        for why, count in lost.items()
    ]
    reasons = "；".join(zh for zh, _ in losses), ", ".join(en for _, en in losses)
    return [finding("osm-facilities", "note", file=path.name, read=counts["read"], used=len(frame), reasons=reasons)]
