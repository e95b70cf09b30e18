"""The facilities of a pack: its lists and OpenStreetMap's, in one frame, within the study area."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from circle15.catalog import finding
from circle15.catalog import services as known_services
from circle15.model.places import STATES, Facilities, StudyArea
from circle15.model.provenance import Finding, Origin
from circle15.model.service import Service
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean
from circle15.sources.city_config import FacilitiesTable
from circle15.sources.facilities.findings import osm_only_findings, same_place_findings
from circle15.sources.facilities.same_place import PlaceList, SamePlaces, same_places
from circle15.sources.facilities.table import read_facilities
from circle15.sources.pack.folder import Pack
from circle15.sources.pack.layers import OSM_CREDIT, layer_origin
from circle15.sources.pack.osm_facilities import OSM_FORM, osm_reading
from circle15.sources.reading import ReadingLog

__all__ = ["FacilityList", "pack_facilities", "pack_lists"]

_NUMBER = "list_number"
"""Column with the position of a row's list in the log's files, while lists are brought together."""
_FARTHEST_KM = 20_015.0


@dataclass(frozen=True, kw_only=True, eq=False)
class FacilityList:
    """One ``[[facilities]]`` table and what it speaks of.

    ``frame`` is what was read, ``rows`` the numbers of its rows in the file, and ``place`` that of its record in the
    log; OpenStreetMap's, which has to wait for the study area, has none of them.
    """

    entry: FacilitiesTable
    speaks_of: tuple[str, ...]
    path: Path | None = None
    frame: gpd.GeoDataFrame | None = None
    rows: pd.Series | None = None
    place: int = -1

    @property
    def osm(self) -> bool:
        """Whether it is OpenStreetMap's."""
        return self.entry.osm


def pack_lists(pack: Pack, log: ReadingLog, *, home: pyproj.CRS | None = None) -> list[FacilityList]:
    """Read the facility lists of a pack that are files of their own; ``home`` is the city's reference system.

    Raises
    ------
    PackError
        If a list cannot be used, and the log is not patient.
    """
    lists = []
    for entry in pack.config.facilities:
        read = log.attempt(partial(_read_list, pack, entry, log, home), file=entry.file or "city.toml")
        if read is not None:
            lists.append(read)
    return lists


def _read_list(pack: Pack, entry: FacilitiesTable, log: ReadingLog, home: pyproj.CRS | None) -> FacilityList:
    speaks_of = tuple(_speaks_of(pack, entry))
    if entry.osm:
        return FacilityList(entry=entry, speaks_of=speaks_of)
    path = pack.need(entry.file)
    pack_services = pack.config.pack_services
    read = read_facilities(path, entry, home=home, stem=_stem(pack, entry, path), pack_services=pack_services)
    place = len(log.files)
    return FacilityList(entry=entry, speaks_of=speaks_of, path=path, frame=log.add(read), rows=read.rows, place=place)


def _stem(pack: Pack, entry: FacilitiesTable, path: Path) -> str:
    """What made ids begin with: row 2 of one sheet is not row 2 of another."""
    alike = [other for other in pack.config.facilities if Path(other.file).stem == path.stem]
    part = entry.layer if entry.sheet is None else entry.sheet
    return path.stem if len(alike) < 2 else f"{path.name}-{part}" if part else path.name


def pack_facilities(
    lists: Sequence[FacilityList],
    osm: Path | None,
    area: StudyArea,
    log: ReadingLog,
    *,
    city: Sequence[str] = (),
    pack_services: tuple[Service, ...] = (),
) -> Facilities:
    """Bring the lists of a pack together: each place once, services that a list speaks of, within the area's reach.

    Parameters
    ----------
    lists
        From :func:`pack_lists`; where two have one place, the earlier one's row stays, and OpenStreetMap comes last.
    osm
        The street file, if it is OpenStreetMap's; else its services are undetermined.
    area
        The study area; facilities beyond its buffer are left out and told.
    log
        Takes records and findings.
    city
        What the city is called: a prefix of names that only some lists write.
    pack_services
        Those of the pack, beside the catalogue's.

    Raises
    ------
    PackError
        If an id stands in two lists.
    """
    # Without OpenStreetMap's streets it was not asked for facilities either: they are undetermined, not absent.
    used = [(entry, path) for entry in lists if (path := entry.path or osm) is not None]
    frames = _objects_once(used, [_rows(entry, path, area, log, pack_services) for entry, path in used], log)
    if not frames:
        empty = gpd.GeoDataFrame({"name": [], "services": []}, geometry=[], crs=area.crs)
        return Facilities(frame=empty.rename_axis("facility_id"), listed=frozenset(), pack_services=pack_services)
    listed, unseen = _listed(used, frames, area)
    log.findings.extend(_unseen_findings(used, unseen, pack_services))
    _check_ids(frames)
    for (entry, path), frame in zip(used, frames, strict=True):
        if not entry.osm:
            log.attempt(partial(_refuse_elsewhere, path, frame, area), file=path.name)
    merged = _merged(
        [entry for entry, _ in used], _spoken_of(frames, listed, log, pack_services), city, log, pack_services
    )
    near = merged.frame.geometry.intersects(area.reach)
    # Lists that lie elsewhere as a whole were told already.
    outside = ~near & ~merged.frame["list_file"].isin([failure.file for failure in log.failed])
    log.findings.extend(_exchanged(merged.frame, outside, area))
    log.findings.extend(_outside(merged.frame[outside], area, [entry for entry, _ in used]))
    log.drop("facility-outside", merged.frame.loc[~near, _NUMBER].value_counts().to_dict())
    kept = merged.frame[near].sort_index()
    apart = merged.conflicts.loc[merged.conflicts["kind"] == "apart", "other_id"]
    log.findings.extend(_osm_only(lists, kept.drop(index=apart, errors="ignore"), log, pack_services))
    return Facilities(
        frame=kept.drop(columns=_NUMBER),
        listed=listed,
        pack_services=pack_services,
        unseen=unseen,
        origins=tuple(_origin(entry, path) for entry, path in used),
        matches=merged.matches,
        conflicts=merged.conflicts,
    )


def _listed(
    used: Sequence[tuple[FacilityList, Path]], frames: Sequence[gpd.GeoDataFrame], area: StudyArea
) -> tuple[frozenset[str], frozenset[str]]:
    """Services that are determined, and those that only OpenStreetMap was asked for and has no object of.

    What nobody has mapped is not absent: without an object in use within the area's reach such a service stays
    undetermined, unless its table says ``complete = true``. One that is closed or planned shows no list of those that
    serve.
    """
    spoken = frozenset(service for entry, _ in used for service in entry.speaks_of)
    certain = frozenset(service for entry, _ in used if entry.entry.certain for service in entry.speaks_of)
    near = [frame.loc[frame.geometry.intersects(area.reach) & _in_use(frame), "services"] for frame in frames]
    seen = frozenset(service for rows in near for row in rows for service in row)
    listed = spoken & (certain | seen)
    return listed, spoken - listed


def _in_use(frame: gpd.GeoDataFrame) -> pd.Series:
    return ~frame.get("state", pd.Series("", index=frame.index)).isin(STATES[1:])


def _unseen_findings(
    used: Sequence[tuple[FacilityList, Path]], unseen: frozenset[str], pack_services: tuple[Service, ...]
) -> list[Finding]:
    """One finding for the services that are undetermined because OpenStreetMap has no object of them."""
    known = known_services(pack_services)
    none = [service for service in known if service in unseen]
    if not none:
        return []
    (file, *_) = [path.name for entry, path in used if unseen & set(entry.speaks_of)]
    titles = [(known[service].title_zh, service) for service in none]
    named = tuple(mark.join(words) for mark, words in zip(("、", ", "), zip(*titles, strict=True), strict=True))
    return [finding("osm-none", "warning", count=len(none), file=file, services=named, examples=none)]


def _rows(
    entry: FacilityList, path: Path, area: StudyArea, log: ReadingLog, pack_services: tuple[Service, ...]
) -> gpd.GeoDataFrame:
    """What a list has, in metres, each row with its file, its datum and the place of the file's record."""
    frame, place = entry.frame, entry.place
    if frame is None:
        frame = log.add(osm_reading(path, entry.speaks_of, area, pack_services))
        place = len(log.files) - 1
    if entry.entry.synthetic:
        log.findings.append(finding("synthetic-facilities", "note", file=path.name, count=len(frame)))
    datum = "wgs84" if entry.osm else entry.entry.datum
    return frame.to_crs(area.crs).assign(**{"list_file": path.name, "list_datum": datum, _NUMBER: place})


def _origin(entry: FacilityList, path: Path) -> Origin:
    label = ("OpenStreetMap 设施", "OpenStreetMap facilities") if entry.osm else ("设施清单", "Facility list")
    return layer_origin(entry.entry, path, label=label, usual=OSM_CREDIT if entry.osm else ("", ""))


def _merged(
    lists: Sequence[FacilityList],
    frames: Sequence[gpd.GeoDataFrame],
    city: Sequence[str],
    log: ReadingLog,
    pack_services: tuple[Service, ...],
) -> SamePlaces:
    """Each place once: the user's lists in their order, then OpenStreetMap's."""
    places = [
        PlaceList(
            frame=frame,
            label=str(frame["list_file"].iloc[0]) if len(frame) else "",
            speaks_of=frozenset(entry.speaks_of),
            merge=entry.entry.merge,
        )
        for entry, frame in sorted(zip(lists, frames, strict=True), key=lambda pair: pair[0].osm)
    ]
    merged = same_places(places, city=city, pack_services=pack_services)
    number = pd.concat([frame[_NUMBER] for frame in frames])
    log.drop("places-merged", number[merged.matches["other_id"]].value_counts().to_dict())
    log.findings.extend(same_place_findings(merged))
    return merged


def _osm_only(
    lists: Sequence[FacilityList], kept: gpd.GeoDataFrame, log: ReadingLog, pack_services: tuple[Service, ...]
) -> list[Finding]:
    """What OpenStreetMap adds to the user's lists, in each of its files."""
    listed = frozenset(service for entry in lists if not entry.osm for service in entry.speaks_of)
    findings: list[Finding] = []
    for place in kept[_NUMBER].unique():
        record = log.files[place]
        if record.form == OSM_FORM:
            rows = kept[_NUMBER] == place
            findings += osm_only_findings(kept, rows, listed, file=record.file, pack_services=pack_services)
    return findings


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
            "facility-swapped-outside", "warning", file=str(file), count=len(rows), total=int(totals[file]),
            examples=rows.index,
        )
        for file, rows in frame.loc[inside].groupby("list_file")
    ]  # fmt: skip


def _km(frame: gpd.GeoDataFrame, area: StudyArea) -> pd.Series:
    """Kilometres from the study area's boundary; at most half way around the Earth, where a map of metres ends."""
    with np.errstate(invalid="ignore"):
        away = shapely.distance(frame.geometry.to_numpy(), area.boundary) / 1000
    return pd.Series(np.nan_to_num(away, nan=_FARTHEST_KM, posinf=_FARTHEST_KM), index=frame.index).clip(
        upper=_FARTHEST_KM
    )


def _refuse_elsewhere(path: Path, frame: gpd.GeoDataFrame, area: StudyArea) -> None:
    """A list of which nothing lies in the study area is another city's, or in another datum.

    Raises
    ------
    PackError
        With the distance of the nearest facility.
    """
    if len(frame) and not frame.geometry.intersects(area.reach).any():
        everywhere = pd.Series(data=True, index=frame.index)
        if _exchanged(frame, everywhere, area):
            raise refusal("list_elsewhere_swapped", file=path.name, count=len(frame))
        km = _km(frame, area)
        first, middle = frame.index[0], frame.geometry.to_crs("EPSG:4326").iloc[0]
        raise refusal(
            "list_elsewhere", file=path.name, count=len(frame), km=f"{km.min():,.1f}", first=first,
            at=f"{middle.x:.5f}, {middle.y:.5f}",
        )  # fmt: skip


def _outside(frame: gpd.GeoDataFrame, area: StudyArea, lists: Sequence[FacilityList]) -> list[Finding]:
    """What lies outside and is left out, list by list, the farthest first, with rows and distances."""
    rows = pd.concat([entry.rows for entry in lists if entry.rows is not None] or [pd.Series(dtype=object)])
    findings = []
    for file, outside in frame.groupby("list_file"):
        km = _km(outside, area).sort_values(ascending=False, kind="stable")
        row = rows.reindex(km.index)
        examples = [
            f"{key} ({away:,.1f} km)" if pd.isna(number) else f"row {int(number)}: {key} ({away:,.1f} km)"
            for key, away, number in zip(km.index, km, row, strict=True)
        ]
        span = list(dict.fromkeys((f"{km.iloc[-1]:,.1f}", f"{km.iloc[0]:,.1f}")))
        away = "至".join(span), " to ".join(span)
        findings.append(
            finding("facility-outside", "note", count=len(outside), file=str(file), away=away, examples=examples)
        )
    return findings


def _speaks_of(pack: Pack, entry: FacilitiesTable) -> list[str]:
    """The services that a list speaks of, whether or not it has a facility of them."""
    speaks_of = [*entry.services, *([] if entry.service is None else [entry.service])]
    known = known_services(pack.config.pack_services)
    unknown = sorted(set(speaks_of) - set(known))
    if unknown:
        raise refusal(
            "list_speaks_unknown",
            city=pack.key,
            unknown=", ".join(unknown),
            hint=did_you_mean(unknown[0], known),
            known=", ".join(known),
        )
    if not speaks_of:
        raise refusal("list_speaks_of_nothing", city=pack.key, known=", ".join(known))
    return speaks_of


def _objects_once(
    used: Sequence[tuple[FacilityList, Path]], frames: Sequence[gpd.GeoDataFrame], log: ReadingLog
) -> list[gpd.GeoDataFrame]:
    """An object that two tables take from OpenStreetMap is one facility of the first, with the services of both."""
    made = list(frames)
    several = [place for place, (entry, _) in enumerate(used) if entry.osm]
    for first, later in itertools.combinations(several, 2):
        twice = made[first].index.intersection(made[later].index, sort=False)
        if len(twice):
            number, more = int(made[later][_NUMBER].iloc[0]), made[later].loc[twice, "services"]
            offered = made[first]["services"].copy()
            offered[twice] = [tuple(dict.fromkeys((*offered[key], *more[key]))) for key in twice]
            made[first], made[later] = made[first].assign(services=offered), made[later].drop(index=twice)
            log.drop("places-merged", {number: len(twice)})
    return made


def _check_ids(frames: Sequence[gpd.GeoDataFrame]) -> None:
    """An id means one place in the whole pack."""
    files = pd.concat([frame["list_file"] for frame in frames])
    twice = files.index[files.index.duplicated()]
    if len(twice):
        named = files[[twice[0]]].unique().tolist()
        raise refusal("pack_ids", lists=("、".join(named), " and ".join(named)), first=twice[0], count=len(twice))


def _spoken_of(
    frames: Sequence[gpd.GeoDataFrame], listed: frozenset[str], log: ReadingLog, pack_services: tuple[Service, ...]
) -> list[gpd.GeoDataFrame]:
    """Keep the services that some list speaks of; a facility left without one is left out. Both are told."""
    kept = [frame.assign(services=_among(frame["services"], listed)) for frame in frames]
    before, after = (pd.concat([frame["services"] for frame in tables]) for tables in (frames, kept))
    fewer = after.map(len) < before.map(len)
    if fewer.any():
        lost = {service for row in before[fewer] for service in row} - listed
        zh = "、".join(known_services(pack_services)[service].title_zh for service in sorted(lost))
        log.findings.append(
            finding(
                "service-not-listed", "warning", count=int(fewer.sum()), services=(zh, ", ".join(sorted(lost))),
                examples=before.index[fewer],
            )
        )  # fmt: skip
    for place, frame in enumerate(kept):
        none = frame["services"].map(len) == 0
        log.drop("service-not-listed", frame.loc[none, _NUMBER].value_counts().to_dict())
        kept[place] = frame[~none.astype(bool)]
    return kept


def _among(services: pd.Series, listed: frozenset[str]) -> pd.Series:
    return pd.Series([tuple(s for s in row if s in listed) for row in services], index=services.index, dtype=object)
