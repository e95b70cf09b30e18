"""Read a city pack: its streets, communities, facilities and display layers, checked and counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from circle15.catalog import finding, profile, profiles
from circle15.catalog import services as known_services
from circle15.errors import PackError, SettingError, StreetsError
from circle15.model.metric import why_unfit
from circle15.model.places import Communities, Facilities, StudyArea
from circle15.model.provenance import Finding, Origin
from circle15.model.results import Settings
from circle15.model.streets import Streets
from circle15.sources.community_checks import community_checks
from circle15.sources.osm_facilities import read_osm_facilities
from circle15.sources.osm_file import file_sha256, read_streets
from circle15.sources.osm_places import read_context
from circle15.sources.pack_folder import FETCHED, Pack, data_roots, find_pack, list_cities
from circle15.sources.pack_keys import did_you_mean
from circle15.sources.synthetic import TOWNS, Town
from circle15.sources.tables import read_communities, read_facilities, read_layer

__all__ = [
    "FETCHED",
    "Pack",
    "PackContents",
    "data_roots",
    "fetch_area",
    "find_pack",
    "list_cities",
    "read_pack",
    "settings_of",
]


def _pack_crs(pack: Pack) -> pyproj.CRS:
    """The pack's reference system, in metres."""
    given = pack.config["crs"]
    try:
        crs = pyproj.CRS.from_user_input(given)
    except pyproj.exceptions.CRSError as error:
        raise PackError(
            f"{pack.home / 'city.toml'}: crs = {given!r} is no reference system; give one in metres such as EPSG:4549"
        ) from error
    if why_unfit(crs):
        raise PackError(
            f"{pack.home / 'city.toml'}: crs = {given!r} ({crs.name}) {why_unfit(crs)}; "
            "give a national grid or a UTM zone in metres, such as EPSG:4549"
        )
    return crs


def settings_of(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> Settings:
    """Settings of a ``city.toml`` with those that win over it; None values do not count.

    Raises
    ------
    SettingError
        If a setting is not known or out of its range.
    """
    known = [field.name for field in fields(Settings)]
    for key in overrides:
        if key not in known:
            raise SettingError(f"there is no setting {key!r}{did_you_mean(key, known)} (known: {', '.join(known)})")
    given = {**config.get("settings", {}), **{key: value for key, value in overrides.items() if value is not None}}
    if "cutoffs_min" in given:
        try:
            given["cutoffs_min"] = tuple(float(cutoff) for cutoff in given["cutoffs_min"])
        except (TypeError, ValueError):
            raise SettingError(
                f"cutoffs_min = {given['cutoffs_min']!r}: give a list of minutes, such as 5,10,15"
            ) from None
    if "profile" in given:
        profile(given["profile"])
    for service, weight in given.get("weights", {}).items():
        if service not in known_services():
            raise SettingError(f"weights: there is no service {service!r}{did_you_mean(service, known_services())}")
        if not isinstance(weight, int | float):
            raise SettingError(f"weight of service {service!r} = {weight!r}: give a number, zero or more")
    return Settings(**given)


def _origin(entry: Mapping[str, Any], path: Path | None, *, label: tuple[str, str]) -> Origin:
    return Origin(
        label_zh=str(entry.get("label_zh", label[0])),
        label_en=str(entry.get("label_en", label[1])),
        attribution=str(entry.get("attribution", "")),
        licence=str(entry.get("licence", "")),
        url=str(entry.get("url", "")),
        date=str(entry.get("date", "")),
        synthetic=bool(entry.get("synthetic", False)),
        file=path.name if path else "",
        sha256=file_sha256(path) if path else "",
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class PackContents:
    """What a pack holds, read and checked, before a network is built from its streets."""

    key: str
    title_zh: str
    title_en: str
    streets: Streets
    area: StudyArea
    communities: Communities
    facilities: Facilities
    context: Mapping[str, gpd.GeoDataFrame]
    context_origins: tuple[Origin, ...]
    settings: Settings
    findings: tuple[Finding, ...]
    review_number: str
    notes: Mapping[str, str]


def read_pack(city: str, *, data: str | Path | None = None, overrides: Mapping[str, Any] | None = None) -> PackContents:
    """Read everything in a city's pack.

    Parameters
    ----------
    city
        Folder name of the pack, such as ``"suzhou"``.
    data
        A folder with city packs, looked in before ``$CIRCLE15_DATA`` and ``./data``.
    overrides
        Settings that win over the pack's; None values do not count.

    Raises
    ------
    CityError, PackError, StreetsError, SettingError
        What is wrong, where, and what to do.
    """
    pack = find_pack(city, data)
    config = pack.config
    settings = settings_of(config, overrides or {})
    crs = _pack_crs(pack)
    people, people_origin, findings = _communities(pack, crs)
    margin = _margin_m(settings)
    streets, osm, town = _streets(pack, _lonlat_box(shapely.box(*people.total_bounds), crs, margin))
    people = _within_streets(people, streets, findings)
    area = StudyArea(boundary=_united(people), crs=crs, buffer_m=margin)
    context, context_origins = _context(pack, streets, osm, town, area)
    facilities = _facilities(pack, osm, area, findings)
    if streets.origin.synthetic:
        findings.append(finding("synthetic-streets", "note"))
    return PackContents(
        key=pack.key,
        title_zh=str(config["name"]),
        title_en=str(config.get("name_en", config["name"])),
        streets=streets,
        area=area,
        communities=Communities(frame=people, origin=people_origin),
        facilities=facilities,
        context=context,
        context_origins=context_origins,
        settings=settings,
        findings=tuple(findings),
        review_number=str(config.get("review_number", "")),
        notes={str(key): str(value) for key, value in config.get("notes", {}).items()},
    )


def _united(people: gpd.GeoDataFrame) -> shapely.Polygon | shapely.MultiPolygon:
    return cast("shapely.Polygon | shapely.MultiPolygon", shapely.union_all(people.geometry.to_numpy()))


def _margin_m(settings: Settings) -> float:
    """How far streets and facilities must be known: the farthest cut-off of the fastest walker, and the leg."""
    return max(p.reach_m(settings.circle_min) for p in profiles().values()) + settings.max_snap_m


def _lonlat_box(shape: shapely.Geometry, crs: pyproj.CRS, margin_m: float) -> tuple[float, float, float, float]:
    wide = gpd.GeoSeries([shapely.buffer(shape, margin_m)], crs=crs).to_crs("EPSG:4326")
    west, south, east, north = wide.total_bounds.tolist()
    return west, south, east, north


def fetch_area(
    pack: Pack, overrides: Mapping[str, Any] | None = None
) -> tuple[str | shapely.Polygon | shapely.MultiPolygon, float]:
    """What to download: the communities' outline in degrees, else the pack's ``place``; and metres around it.

    Raises
    ------
    PackError
        If the pack has neither communities nor a place.
    """
    margin = _margin_m(settings_of(pack.config, overrides or {}))
    entry = pack.config["communities"]
    if any(pack.find(name) for name in entry.get("files") or [entry.get("file", "")]):
        people, _, _ = _communities(pack, _pack_crs(pack))
        return _united(people.to_crs("EPSG:4326")), margin
    place = str(pack.config.get("network", {}).get("place", ""))
    if not place:
        raise PackError(f"city.toml of {pack.key}: no community layer is there and no [network] place is given")
    return place, margin


def _communities(pack: Pack, crs: pyproj.CRS) -> tuple[gpd.GeoDataFrame, Origin, list[Finding]]:
    entry = pack.config["communities"]
    names = entry.get("files") or [entry.get("file", "")]
    path = next((found for name in names if (found := pack.find(name)) is not None), None)
    if path is None:
        raise PackError(f"city.toml of {pack.key}: none of the community layers {names} is there")
    per_file = {**entry, **entry.get("about", {}).get(path.name, {})}
    columns = entry.get("columns", {})
    mapping = columns.get(path.name, {} if set(columns) & set(names) else columns)
    people = entry.get("people")
    frame, findings = read_communities(path, mapping, (pack.need(people["file"]), people) if people else None)
    origin = _origin(per_file, path, label=("社区", "Communities"))
    if origin.synthetic:
        findings.append(finding("synthetic-communities", "note", file=path.name))
    if per_file.get("estimated"):
        findings.append(finding("estimated-people", "warning", file=path.name))
    metric = frame.to_crs(crs)
    if not np.isfinite(metric.total_bounds).all():
        raise PackError(f"{path.name}: its coordinates do not fit into {crs.name}; are x and y swapped?")
    findings.extend(community_checks(metric, file=path.name))
    return metric, origin, findings


def _fetched(path: Path) -> dict[str, str]:
    """What is known of downloaded streets: not what ``city.toml`` says of the file that is not there."""
    record = path.with_name(f"{path.name}.source.json")
    try:
        told = json.loads(record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise PackError(f"{record.name}: cannot be read ({error}); delete it, or run `circle15 fetch` again") from error
    day = told.get("osm_date") or told.get("fetched") or "" if isinstance(told, dict) else ""
    return {"date": str(day)[:10]}


def _streets(pack: Pack, box: tuple[float, float, float, float]) -> tuple[Streets, Path | None, Town | None]:
    """The streets, and the OpenStreetMap file or the made town that they are of."""
    entry = pack.config.get("network", {})
    for name in [*entry.get("files", []), FETCHED]:
        path = pack.find(name, anywhere=True)
        if path is not None:
            streets = read_streets(path, bbox=box, origin=None)
            said = _fetched(path) if name == FETCHED else entry
            about = {"attribution": "© OpenStreetMap contributors", "licence": "ODbL", **said, "synthetic": False}
            origin = _origin(about, path, label=(streets.origin.label_zh, streets.origin.label_en))
            return replace(streets, origin=replace(origin, url=streets.origin.url)), path, None
    if "synthetic" in entry:
        if entry["synthetic"] not in TOWNS:
            raise PackError(
                f"city.toml of {pack.key}: synthetic = {entry['synthetic']!r}; known are {', '.join(TOWNS)}"
            )
        town = TOWNS[entry["synthetic"]]()
        return town.streets, None, town
    raise StreetsError(
        f"{pack.key}: no street file is there ({', '.join(entry.get('files', [])) or 'none is named'}); put an "
        f"OpenStreetMap extract into {pack.home} or run `circle15 fetch {pack.key}` where there is a network"
    )


def _within_streets(people: gpd.GeoDataFrame, streets: Streets, findings: list[Finding]) -> gpd.GeoDataFrame:
    """Leave out communities that lie for more than half outside what the streets cover."""
    box = gpd.GeoSeries(
        [shapely.box(streets.lon.min(), streets.lat.min(), streets.lon.max(), streets.lat.max())], crs="EPSG:4326"
    ).to_crs(people.crs)
    inside = shapely.area(shapely.intersection(people.geometry.to_numpy(), box.iloc[0])) / people.area.to_numpy()
    out = inside < 0.5
    if out.all():
        raise StreetsError(
            f"{streets.origin.file or streets.origin.label_en}: the streets cover none of the {len(people)} "
            "communities; is it the right city, and are the communities' coordinates right?"
        )
    if out.any():
        lost = float(people.loc[out, "population"].sum())
        findings.append(
            finding(
                "community-outside-streets",
                "warning",
                count=int(out.sum()),
                people=f"{lost:,.0f}",
                examples=people.index[out],
            )
        )
    return people[~out]


def _context(
    pack: Pack, streets: Streets, osm: Path | None, town: Town | None, area: StudyArea
) -> tuple[dict[str, gpd.GeoDataFrame], tuple[Origin, ...]]:
    """Display layers in metres, cut to the study area's surroundings."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    origins: list[Origin] = []
    if town is not None:
        layers.update(water=town.water, green=town.green, residential=town.residential)
        origins.append(town.origin)
    entries = pack.config.get("context", [])
    from_osm = [entry["layer"] for entry in entries if entry.get("osm")]
    if from_osm and osm is not None:
        layers.update(read_context(osm, layers=from_osm, bbox=_box(area)))
        origins.append(streets.origin)
    for entry in (e for e in entries if "file" in e and (town is None or not e.get("optional"))):
        path = pack.find(entry["file"], anywhere=True) if entry.get("optional") else pack.need(entry["file"])
        if path is not None:
            layers[entry["layer"]] = read_layer(path)
            origins.append(_origin(entry, path, label=("底图要素", "Display layers")))
    wide = shapely.box(*shapely.bounds(area.reach))
    cut = {name: _clip(layer.to_crs(area.crs), wide) for name, layer in layers.items()}
    return {name: layer for name, layer in cut.items() if len(layer)}, tuple(origins)


def _clip(layer: gpd.GeoDataFrame, box: shapely.Geometry) -> gpd.GeoDataFrame:
    return layer[layer.geometry.intersects(box)].reset_index(drop=True)


def _box(area: StudyArea) -> tuple[float, float, float, float]:
    return _lonlat_box(shapely.box(*shapely.bounds(area.boundary)), area.crs, area.buffer_m)


def _osm_losses(frame: gpd.GeoDataFrame, path: Path) -> list[Finding]:
    """Tell of tagged objects that did not become a facility of their own."""
    counts = frame.attrs.get("counts", {})
    lost = {reason: count for reason, count in counts.items() if reason not in {"read", "used"} and count}
    if not lost:
        return []
    reasons = ", ".join(f"{reason} {count}" for reason, count in lost.items())
    return [finding("osm-facilities", "note", file=path.name, read=counts["read"], used=len(frame), reasons=reasons)]


def _facilities(pack: Pack, osm: Path | None, area: StudyArea, findings: list[Finding]) -> Facilities:
    frames: list[gpd.GeoDataFrame] = []
    origins: list[Origin] = []
    listed: set[str] = set()
    for entry in pack.config.get("facilities", []):
        speaks_of = _speaks_of(pack, entry)
        if entry.get("osm") and osm is None:
            continue  # the streets are made up: OpenStreetMap was not asked, and its services are undetermined
        listed.update(speaks_of)
        if entry.get("osm") and osm is not None:
            path, label = osm, ("OpenStreetMap 设施", "OpenStreetMap facilities")
            frame = read_osm_facilities(path, speaks_of, bbox=_box(area))
            findings.extend(_osm_losses(frame, path))
        else:
            path, label = pack.need(entry["file"]), ("设施清单", "Facility list")
            frame, told = read_facilities(path, entry)
            findings.extend(told)
        origin = _origin(entry, path, label=label)
        if origin.synthetic:
            findings.append(finding("synthetic-facilities", "note", file=path.name, count=len(frame)))
        origins.append(origin)
        datum = "wgs84" if entry.get("osm") else str(entry.get("datum", "wgs84"))
        frames.append(frame.to_crs(area.crs).assign(list_file=path.name, list_datum=datum))
    if not frames:
        empty = gpd.GeoDataFrame({"name": [], "services": []}, geometry=[], crs=area.crs)
        return Facilities(frame=empty.rename_axis("facility_id"), listed=frozenset(listed))
    merged = _spoken_of(_one_frame(frames), listed, findings)
    near = merged.geometry.intersects(area.reach)
    if not near.all():
        findings.append(finding("facility-outside", "note", count=int((~near).sum()), examples=merged.index[~near]))
    return Facilities(frame=merged[near].sort_index(), listed=frozenset(listed), origins=tuple(origins))


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


def _spoken_of(merged: gpd.GeoDataFrame, listed: set[str], findings: list[Finding]) -> gpd.GeoDataFrame:
    """Keep the services that some list speaks of; a facility left without one is left out. Both are told."""
    kept = merged.assign(services=[tuple(s for s in row if s in listed) for row in merged["services"]])
    fewer = kept["services"].str.len() < merged["services"].str.len()
    if fewer.any():
        lost = {service for row in merged.loc[fewer, "services"] for service in row} - listed
        findings.append(
            finding(
                "service-not-listed",
                "warning",
                count=int(fewer.sum()),
                services=", ".join(sorted(lost)),
                examples=merged.index[fewer],
            )
        )
    return kept[kept["services"].str.len() > 0]
