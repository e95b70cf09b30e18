"""The facilities of a pack: its lists and OpenStreetMap's, in one frame, within the study area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from circle15.catalog import finding
from circle15.catalog import services as known_services
from circle15.errors import PackError
from circle15.model.places import Facilities, StudyArea
from circle15.model.provenance import FileRecord, Finding, Origin, Severity
from circle15.sources.facility_table import read_facilities
from circle15.sources.osm_facilities import read_osm_facilities
from circle15.sources.pack_folder import Pack
from circle15.sources.pack_keys import did_you_mean
from circle15.sources.pack_layers import area_box, layer_origin
from circle15.sources.reading import Reading, ReadingLog

__all__ = ["FacilityList", "pack_facilities", "pack_lists"]

_NUMBER = "list_number"
"""Column with the position of a row's list in the log's files, while lists are brought together."""
_OSM_LOSSES = ("closed", "merged", "nowhere", "outside")


@dataclass(frozen=True, kw_only=True, eq=False)
class FacilityList:
    """One ``[[facilities]]`` table and what it speaks of.

    ``frame`` is what was read, and ``place`` that of its record in the log; OpenStreetMap's, which has to
    wait for the study area, has neither.
    """

    entry: Mapping[str, Any]
    speaks_of: tuple[str, ...]
    path: Path | None = None
    frame: gpd.GeoDataFrame | None = None
    place: int = -1


def pack_lists(pack: Pack, log: ReadingLog, *, home: pyproj.CRS | None = None) -> list[FacilityList]:
    """Read the facility lists of a pack that are files of their own; ``home`` is the city's reference system.

    Raises
    ------
    PackError
        If a list cannot be used, and the log is not patient.
    """
    lists = []
    for entry in pack.config.get("facilities", []):
        read = log.attempt(partial(_read_list, pack, entry, log, home), file=str(entry.get("file", "city.toml")))
        if read is not None:
            lists.append(read)
    return lists


def _read_list(pack: Pack, entry: Mapping[str, Any], log: ReadingLog, home: pyproj.CRS | None) -> FacilityList:
    speaks_of = tuple(_speaks_of(pack, entry))
    if entry.get("osm"):
        return FacilityList(entry=entry, speaks_of=speaks_of)
    path = pack.need(entry["file"])
    frame = log.add(read_facilities(path, entry, home=home))
    return FacilityList(entry=entry, speaks_of=speaks_of, path=path, frame=frame, place=len(log.files) - 1)


def pack_facilities(lists: Sequence[FacilityList], osm: Path | None, area: StudyArea, log: ReadingLog) -> Facilities:
    """Bring the lists of a pack together: each id once, services that a list speaks of, within the area's reach.

    Parameters
    ----------
    lists
        From :func:`pack_lists`.
    osm
        The street file, if it is OpenStreetMap's; else its services are undetermined.
    area
        The study area; facilities beyond its buffer are left out and told.
    log
        Takes records and findings.

    Raises
    ------
    PackError
        If an id stands in two lists.
    """
    frames: list[gpd.GeoDataFrame] = []
    origins: list[Origin] = []
    listed: set[str] = set()
    for one in lists:
        if one.frame is not None and one.path is not None:
            path, label, frame, place = one.path, ("设施清单", "Facility list"), one.frame, one.place
        elif osm is not None:
            path, label = osm, ("OpenStreetMap 设施", "OpenStreetMap facilities")
            frame = log.add(_osm_reading(osm, one.speaks_of, area))
            place = len(log.files) - 1
        else:
            continue  # the streets are made up: OpenStreetMap was not asked, and its services are undetermined
        listed.update(one.speaks_of)
        origin = layer_origin(one.entry, path, label=label)
        if origin.synthetic:
            log.findings.append(finding("synthetic-facilities", "note", file=path.name, count=len(frame)))
        origins.append(origin)
        datum = "wgs84" if one.entry.get("osm") else str(one.entry.get("datum", "wgs84"))
        columns = {"list_file": path.name, "list_datum": datum, _NUMBER: place}
        frames.append(frame.to_crs(area.crs).assign(**columns))
    if not frames:
        empty = gpd.GeoDataFrame({"name": [], "services": []}, geometry=[], crs=area.crs)
        return Facilities(frame=empty.rename_axis("facility_id"), listed=frozenset(listed))
    merged = _spoken_of(_one_frame(frames), listed, log)
    near = merged.geometry.intersects(area.reach)
    log.findings.extend(_exchanged(merged, ~near, area))
    _left_out(merged, ~near, "facility-outside", "note", log)
    kept = merged[near].drop(columns=_NUMBER).sort_index()
    return Facilities(frame=kept, listed=frozenset(listed), origins=tuple(origins))


def _exchanged(frame: gpd.GeoDataFrame, out: pd.Series, area: StudyArea) -> list[Finding]:
    """Lists with points outside the study area that would lie inside if longitude and latitude were exchanged."""
    if not out.any():
        return []
    lonlat = frame.geometry[out].to_crs("EPSG:4326")
    turned = gpd.GeoSeries(gpd.points_from_xy(lonlat.y, lonlat.x), index=lonlat.index, crs="EPSG:4326")
    turned = turned[lonlat.x.abs() <= 90].to_crs(area.crs)
    inside = turned.index[shapely.intersects(turned.to_numpy(), area.reach)]
    totals = frame["list_file"].value_counts()
    return [
        finding(
            "facility-swapped-outside", "warning", file=str(file), count=len(mine), total=int(totals[file]),
            examples=mine.index,
        )
        for file, mine in frame.loc[inside].groupby("list_file")
    ]  # fmt: skip


def _left_out(frame: gpd.GeoDataFrame, out: pd.Series, code: str, severity: Severity, log: ReadingLog) -> None:
    """Tell of rows that are left out, and count them in the records of their files."""
    if out.any():
        log.findings.append(finding(code, severity, count=int(out.sum()), examples=frame.index[out]))
        log.drop(code, frame.loc[out, _NUMBER].value_counts().to_dict())


def _osm_reading(path: Path, services: Sequence[str], area: StudyArea) -> Reading:
    """Tagged objects of a street file, and what became of those that are no facility of their own."""
    frame = read_osm_facilities(path, services, bbox=area_box(area))
    counts = frame.attrs["counts"]
    record = FileRecord(
        file=path.name, role="facilities", form="OpenStreetMap", crs="EPSG:4326",
        rows_read=counts["read"], rows_used=len(frame),
        dropped=tuple((f"osm-{reason}", counts[reason]) for reason in _OSM_LOSSES if counts[reason]),
    )  # fmt: skip
    return Reading(frame=frame, files=(record,), findings=tuple(_osm_losses(frame, path)))


def _osm_losses(frame: gpd.GeoDataFrame, path: Path) -> list[Finding]:
    """Tell of tagged objects that did not become a facility of their own."""
    counts = frame.attrs.get("counts", {})
    lost = {reason: count for reason, count in counts.items() if reason not in {"read", "used"} and count}
    if not lost:
        return []
    reasons = ", ".join(f"{reason} {count}" for reason, count in lost.items())
    return [finding("osm-facilities", "note", file=path.name, read=counts["read"], used=len(frame), reasons=reasons)]


def _speaks_of(pack: Pack, entry: Mapping[str, Any]) -> list[str]:
    """The services that a list speaks of, whether or not it has a facility of them."""
    speaks_of = [*entry.get("services", []), *([entry["service"]] if "service" in entry else [])]
    unknown = sorted(set(speaks_of) - set(known_services()))
    if unknown:
        raise PackError(
            f"city.toml of {pack.key}: a facility list speaks of {', '.join(unknown)}"
            f"{did_you_mean(unknown[0], known_services())} (known: {', '.join(known_services())})"
        )
    if not speaks_of:
        raise PackError(
            f"city.toml of {pack.key}: a facility list does not say which services it speaks of; "
            f'give services = ["meal_point"] (known: {", ".join(known_services())})'
        )
    return speaks_of


def _one_frame(frames: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """All lists in one; an id means one place in the whole pack."""
    merged = gpd.GeoDataFrame(pd.concat(frames)).rename_axis("facility_id")
    twice = merged.index[merged.index.duplicated()]
    if len(twice):
        named = merged.loc[[twice[0]], "list_file"].unique().tolist()
        raise PackError(
            f"{' and '.join(named)}: facility_id {twice[0]!r} stands in more than one list ({len(twice)} such ids); "
            "make the ids unique in the whole pack"
        )
    return merged


def _spoken_of(merged: gpd.GeoDataFrame, listed: set[str], log: ReadingLog) -> gpd.GeoDataFrame:
    """Keep the services that some list speaks of; a facility left without one is left out. Both are told."""
    kept = merged.assign(services=[tuple(s for s in row if s in listed) for row in merged["services"]])
    fewer = kept["services"].str.len() < merged["services"].str.len()
    if fewer.any():
        lost = {service for row in merged.loc[fewer, "services"] for service in row} - listed
        log.findings.append(
            finding(
                "service-not-listed", "warning", count=int(fewer.sum()), services=", ".join(sorted(lost)),
                examples=merged.index[fewer],
            )
        )  # fmt: skip
    none = kept["services"].str.len() == 0
    log.drop("service-not-listed", kept.loc[none, _NUMBER].value_counts().to_dict())
    return kept[~none]
