"""Find and read a city pack: ``city.toml`` and its layers, under ``--data``, ``$CIRCLE15_DATA`` or ``./data``."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from circle15.catalog import finding, profiles
from circle15.catalog import services as known_services
from circle15.errors import CityError, PackError, StreetsError
from circle15.model.places import Communities, Facilities, StudyArea
from circle15.model.provenance import Finding, Origin
from circle15.model.results import Settings
from circle15.model.streets import Streets
from circle15.sources.osm_facilities import read_osm_facilities
from circle15.sources.osm_file import file_sha256, read_streets
from circle15.sources.osm_places import CONTEXT_LAYERS, read_context
from circle15.sources.synthetic import TOWNS, Town
from circle15.sources.tables import read_communities, read_facilities, read_layer

__all__ = ["Pack", "PackContents", "data_roots", "fetch_area", "find_pack", "list_cities", "read_pack"]

CITY_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
FETCHED = "fetched.osm.gz"
"""What ``circle15 fetch`` writes into the pack; used where no listed street file is found."""

_ABOUT = "label_zh label_en attribution licence url date synthetic"
_KEYS: Mapping[str, frozenset[str]] = {
    table: frozenset(keys.split())
    for table, keys in {
        "": "name name_en crs review_number norms settings network facilities communities context notes",
        "settings": "profile cutoffs_min max_snap_m weights",
        "network": f"files place {_ABOUT}",
        "facilities": f"file osm datum service services {_ABOUT}",
        "communities": f"file files columns about estimated {_ABOUT}",
        "context": f"layer file osm optional {_ABOUT}",
    }.items()
}
_CONTEXT = (*CONTEXT_LAYERS, "moat")


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A city pack that was found: its name, its ``city.toml``, where that lies, and where its files may lie."""

    key: str
    config: Mapping[str, Any]
    home: Path
    folders: tuple[Path, ...]

    def find(self, name: str) -> Path | None:
        """The first folder's file of that name, or None.

        Raises
        ------
        PackError
            If the name leaves the pack, or is a URL.
        """
        if "://" in name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise PackError(
                f"city.toml of {self.key}: {name!r} is not a file inside the pack; copy it there and give its name"
            )
        for folder in self.folders:
            path = (folder / name).resolve()
            if path.is_file() and path.is_relative_to(folder.resolve()):
                return path
        return None

    def need(self, name: str) -> Path:
        """As :meth:`find`, but a missing file is an error."""
        path = self.find(name)
        if path is None:
            raise PackError(
                f"city.toml of {self.key} names {name!r}, which is not in {' or '.join(str(f) for f in self.folders)}"
            )
        return path


def data_roots(data: str | Path | None = None) -> tuple[Path, ...]:
    """Folders that hold city packs: ``data``, then ``$CIRCLE15_DATA``, ``./data``, and the checkout's own."""
    named = [data] if data else []
    named += [part for part in os.environ.get("CIRCLE15_DATA", "").split(os.pathsep) if part]
    named += ["data", Path(__file__).parents[2] / "data"]
    found = dict.fromkeys(Path(part).resolve() for part in named if Path(part).is_dir())
    return tuple(found)


def list_cities(data: str | Path | None = None) -> dict[str, Path]:
    """City packs that can be found, by name, with the folder of their ``city.toml``."""
    packs: dict[str, Path] = {}
    for root in data_roots(data):
        for folder in sorted(root.iterdir()):
            if (folder / "city.toml").is_file() and CITY_NAME.fullmatch(folder.name):
                packs.setdefault(folder.name, folder)
    return dict(sorted(packs.items()))


def find_pack(city: str, data: str | Path | None = None) -> Pack:
    """Find a city's pack and read its ``city.toml``.

    Raises
    ------
    CityError
        If the name is not a city name, or there is no such pack.
    PackError
        If ``city.toml`` cannot be read or has an unknown key.
    """
    if not CITY_NAME.fullmatch(city):
        raise CityError(
            f"{city[:80]!r} is not a city name: use small letters, digits, - and _ (such as suzhou), at most 64"
        )
    packs = list_cities(data)
    if city not in packs:
        close = difflib.get_close_matches(city, packs, n=1)
        guess = f"; did you mean {close[0]!r}?" if close else ""
        roots = ", ".join(str(root) for root in data_roots(data)) or "no data folder"
        raise CityError(
            f"there is no city pack {city!r}{guess} (known: {', '.join(packs) or 'none'}; looked in {roots})"
        )
    path = packs[city] / "city.toml"
    try:
        config = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(f"{path}: not a TOML file in UTF-8: {error}") from error
    _check_keys(path, config)
    folders = tuple(root / city for root in data_roots(data) if (root / city).is_dir())
    return Pack(key=city, config=config, home=packs[city], folders=folders)


def _check_keys(path: Path, config: Mapping[str, Any]) -> None:
    tables = [("", config)]
    tables += [(name, config.get(name, {})) for name in ("settings", "network", "communities")]
    for name in ("facilities", "context"):
        tables += [(name, entry) for entry in config.get(name, [])]
    for name, table in tables:
        unknown = sorted(set(table) - _KEYS[name])
        if unknown:
            close = difflib.get_close_matches(unknown[0], _KEYS[name], n=1)
            guess = f"; did you mean {close[0]!r}?" if close else ""
            raise PackError(f"{path}: unknown key {unknown[0]!r} in [{name or 'top level'}]{guess}")
    for needed in ("name", "crs", "communities"):
        if needed not in config:
            raise PackError(f"{path}: {needed!r} is missing")


def _settings(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> Settings:
    given = {**config.get("settings", {}), **{key: value for key, value in overrides.items() if value is not None}}
    if "cutoffs_min" in given:
        given["cutoffs_min"] = tuple(float(cutoff) for cutoff in given["cutoffs_min"])
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
    context_origin: Origin | None
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
    settings = _settings(config, overrides or {})
    crs = pyproj.CRS.from_user_input(config["crs"])
    people, people_origin, findings = _communities(pack, crs)
    margin = _margin_m(settings)
    streets, town = _streets(pack, _lonlat_box(shapely.box(*people.total_bounds), crs, margin))
    people = _within_streets(people, streets, findings)
    area = StudyArea(boundary=_united(people), crs=crs, buffer_m=margin)
    context, context_origin = _context(pack, streets, town, area)
    facilities = _facilities(pack, streets, area, findings)
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
        context_origin=context_origin,
        settings=settings,
        findings=tuple(findings),
        review_number=str(config.get("review_number", "")),
        notes={str(key): str(value) for key, value in config.get("notes", {}).items()},
    )


def _united(people: gpd.GeoDataFrame) -> shapely.Polygon | shapely.MultiPolygon:
    outline: shapely.Polygon | shapely.MultiPolygon = shapely.union_all(people.geometry.to_numpy())
    return outline


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
    margin = _margin_m(_settings(pack.config, overrides or {}))
    entry = pack.config["communities"]
    if any(pack.find(name) for name in entry.get("files") or [entry.get("file", "")]):
        people, _, _ = _communities(pack, pyproj.CRS.from_user_input(pack.config["crs"]))
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
    mapping = columns.get(path.name, {} if any(isinstance(v, dict) for v in columns.values()) else columns)
    frame, findings = read_communities(path, mapping)
    origin = _origin(per_file, path, label=("社区", "Communities"))
    if origin.synthetic:
        findings.append(finding("synthetic-communities", "note", file=path.name))
    if per_file.get("estimated"):
        findings.append(finding("estimated-people", "warning", file=path.name))
    return frame.to_crs(crs), origin, findings


def _streets(pack: Pack, box: tuple[float, float, float, float]) -> tuple[Streets, Town | None]:
    entry = pack.config.get("network", {})
    for name in [*entry.get("files", []), FETCHED]:
        path = pack.find(name)
        if path is not None:
            streets = read_streets(path, bbox=box, origin=None)
            about = {"attribution": "© OpenStreetMap contributors", "licence": "ODbL", **entry, "synthetic": False}
            origin = _origin(about, path, label=(streets.origin.label_zh, streets.origin.label_en))
            return replace(streets, origin=replace(origin, url=streets.origin.url)), None
    if "synthetic" in entry:
        if entry["synthetic"] not in TOWNS:
            raise PackError(
                f"city.toml of {pack.key}: synthetic = {entry['synthetic']!r}; known are {', '.join(TOWNS)}"
            )
        town = TOWNS[entry["synthetic"]]()
        return town.streets, town
    raise StreetsError(
        f"{pack.key}: no street file is there ({', '.join(entry.get('files', [])) or 'none is named'}); put an OpenStreetMap "
        f"extract into {pack.home} or run `circle15 fetch {pack.key}` where there is a network"
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
            f"{streets.origin.file or streets.origin.label_en}: the streets cover none of the {len(people)} communities; "
            "is it the right city, and are the communities' coordinates right?"
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
    pack: Pack, streets: Streets, town: Town | None, area: StudyArea
) -> tuple[dict[str, gpd.GeoDataFrame], Origin | None]:
    """Display layers in metres, cut to the study area's surroundings."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    origin: Origin | None = None
    if town is not None:
        layers.update(water=town.water, green=town.green, residential=town.residential)
        origin = town.origin
    entries = pack.config.get("context", [])
    from_osm = [entry["layer"] for entry in entries if entry.get("osm")]
    if from_osm and streets.origin.file:
        layers.update(read_context(pack.need(streets.origin.file), layers=from_osm, bbox=_box(area)))
        origin = streets.origin
    for entry in (e for e in entries if "file" in e and (town is None or not e.get("optional"))):
        if entry["layer"] not in _CONTEXT:
            raise PackError(f"city.toml of {pack.key}: layer = {entry['layer']!r}; known are {', '.join(_CONTEXT)}")
        path = pack.find(entry["file"]) if entry.get("optional") else pack.need(entry["file"])
        if path is not None:
            layers[entry["layer"]] = read_layer(path)
            origin = origin or _origin(entry, path, label=("底图要素", "Display layers"))
    wide = shapely.box(*shapely.bounds(area.reach))
    cut = {name: _clip(layer.to_crs(area.crs), wide) for name, layer in layers.items()}
    return {name: layer for name, layer in cut.items() if len(layer)}, origin


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


def _facilities(pack: Pack, streets: Streets, area: StudyArea, findings: list[Finding]) -> Facilities:
    frames, origins, listed = [], [], set()
    for entry in pack.config.get("facilities", []):
        speaks_of = [*entry.get("services", []), *([entry["service"]] if "service" in entry else [])]
        unknown = sorted(set(speaks_of) - set(known_services()))
        if unknown or not speaks_of:
            raise PackError(
                f"city.toml of {pack.key}: a facility list speaks of {unknown or 'no service'}; "
                f"known are {', '.join(known_services())}"
            )
        listed.update(speaks_of)
        if entry.get("osm"):
            path = pack.need(streets.origin.file) if streets.origin.file else None
            if path is None:
                continue
            frame = read_osm_facilities(path, speaks_of, bbox=_box(area))
            findings.extend(_osm_losses(frame, path))
            label = ("OpenStreetMap 设施", "OpenStreetMap facilities")
        else:
            path = pack.need(entry["file"])
            frame, told = read_facilities(path, entry)
            findings.extend(told)
            label = ("设施清单", "Facility list")
        origin = _origin(entry, path, label=label)
        if origin.synthetic:
            findings.append(finding("synthetic-facilities", "note", file=path.name, count=len(frame)))
        origins.append(origin)
        frames.append(frame.to_crs(area.crs))
    if not frames:
        empty = gpd.GeoDataFrame({"name": [], "services": []}, geometry=[], crs=area.crs)
        return Facilities(frame=empty.rename_axis("facility_id"), listed=frozenset(listed))
    merged = gpd.GeoDataFrame(pd.concat(frames)).rename_axis("facility_id")
    near = merged.geometry.intersects(area.reach)
    if not near.all():
        findings.append(finding("facility-outside", "note", count=int((~near).sum()), examples=merged.index[~near]))
    kept = merged[near].sort_index()
    spoken = frozenset(listed)
    kept["services"] = [tuple(s for s in row if s in spoken) for row in kept["services"]]
    return Facilities(frame=kept, listed=spoken, origins=tuple(origins))
