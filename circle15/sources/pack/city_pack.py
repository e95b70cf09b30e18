"""Read a city pack: its streets, communities, facilities and display layers, checked and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj
import shapely

from circle15.catalog import profile, profiles
from circle15.catalog import services as known_services
from circle15.errors import SettingError
from circle15.hours.opening import moment
from circle15.model.capacity import CapacityRule
from circle15.model.costs import Costs
from circle15.model.metric import why_unfit
from circle15.model.norms import NormBook
from circle15.model.places import PEOPLE, Communities, CommunitySeeds, Facilities, StudyArea
from circle15.model.population import PopulationGrid
from circle15.model.provenance import FileRecord, Finding, Origin
from circle15.model.results import Settings
from circle15.model.streets import Streets
from circle15.model.survey import Survey
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean
from circle15.sources.city_config import CityConfig
from circle15.sources.pack.communities import PackCommunities, pack_communities, unknown_findings
from circle15.sources.pack.context import pack_context
from circle15.sources.pack.facilities import pack_facilities, pack_lists
from circle15.sources.pack.folder import FETCHED, Pack, find_pack
from circle15.sources.pack.layers import lonlat_box, united
from circle15.sources.pack.names import data_roots, list_cities
from circle15.sources.pack.norms import pack_norms
from circle15.sources.pack.population import pack_population
from circle15.sources.pack.streets import need_streets, pack_streets, street_file, within_streets
from circle15.sources.pack.survey import pack_survey
from circle15.sources.pack.whereabouts import Whereabouts
from circle15.sources.reading import ReadingLog

__all__ = [
    "FETCHED",
    "Pack",
    "PackContents",
    "ReadingLog",
    "data_roots",
    "fetch_area",
    "find_pack",
    "list_cities",
    "read_pack",
    "settings_of",
]


def _pack_crs(pack: Pack) -> pyproj.CRS:
    """The pack's reference system, in metres."""
    given = pack.config.crs
    try:
        crs = pyproj.CRS.from_user_input(given)
    except pyproj.exceptions.CRSError as error:
        raise refusal("pack_crs", file=pack.home / "city.toml", crs=given) from error
    unfit = why_unfit(crs)
    if unfit:
        raise refusal("pack_crs_unfit", file=pack.home / "city.toml", crs=given, name=crs.name, why=unfit)
    return crs


def settings_of(config: CityConfig | None, overrides: Mapping[str, Any]) -> Settings:
    """Settings of a ``city.toml``, if any, with those that win over it; None values do not count.

    Raises
    ------
    SettingError
        If a setting is not known or out of its range.
    """
    known = [field.name for field in fields(Settings)]
    for key in overrides:
        if key not in known:
            raise refusal(
                "setting_unknown", error=SettingError, key=key, hint=did_you_mean(key, known), known=", ".join(known)
            )
    given = {} if config is None else config.settings.given
    given |= {key: value for key, value in overrides.items() if value is not None}
    given |= _norms(given.get("norms", config and config.norms))
    if "profile" in given:
        profile(given["profile"])
    given["open_at"] = moment(given.get("open_at"))
    known_keys = known_services(() if config is None else config.pack_services)
    for service, weight in given.get("weights", {}).items():
        if service not in known_keys:
            raise refusal("weight_service", error=SettingError, service=service, hint=did_you_mean(service, known_keys))
        if not isinstance(weight, int | float):
            raise refusal("weight_number", error=SettingError, service=service, value=weight)
    return Settings(**given)


def _norms(names: Any) -> dict[str, tuple[str, ...]]:
    """The setting of books, if any were named."""
    if names is None:
        return {}
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise refusal("norms_list", error=SettingError, value=names)
    return {"norms": tuple(names)}


@dataclass(frozen=True, kw_only=True, eq=False)
class PackContents:
    """What a pack holds, read and checked, before a network is built from its streets.

    Where outlines of communities have still to be grown, ``area`` is as far as they may come to go.
    """

    key: str
    title_zh: str
    title_en: str
    streets: Streets
    street_extent: shapely.Geometry | None
    area: StudyArea
    communities: Communities | CommunitySeeds
    population: PopulationGrid | None
    survey: Survey
    facilities: Facilities
    context: Mapping[str, gpd.GeoDataFrame]
    context_origins: tuple[Origin, ...]
    settings: Settings
    books: tuple[NormBook, ...]
    capacity_rules: Mapping[str, CapacityRule]
    costs: Costs
    files: tuple[FileRecord, ...]
    findings: tuple[Finding, ...]
    review_number: str
    notes: Mapping[str, str]


def read_pack(
    city: str,
    *,
    data: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    log: ReadingLog | None = None,
) -> PackContents:
    """Read everything in a city's pack.

    Parameters
    ----------
    city
        Folder name of the pack, such as ``"suzhou"``, or the name in its ``city.toml``, such as ``"苏州"``.
    data
        A folder with city packs, looked in before ``$CIRCLE15_DATA`` and ``./data``.
    overrides
        Settings that win over the pack's; None values do not count.
    log
        Takes a record of every file and every finding; a patient one goes on after a file that cannot
        be used, and raises when all have been tried.

    Raises
    ------
    CityError, PackError, StreetsError, SettingError
        What is wrong, where, and what to do.
    """
    readings = ReadingLog() if log is None else log
    pack = find_pack(city, data)
    config = pack.config
    settings = settings_of(config, overrides or {})
    capacity_rules, costs = config.capacity_rules, config.known_costs
    crs = _pack_crs(pack)
    lists = pack_lists(pack, readings, home=crs)
    if readings.patient:  # tell of missing streets even where communities end the reading
        readings.attempt(partial(need_streets, pack), file="[network]")
    where = Whereabouts(crs=crs, lists=lists, streets=partial(street_file, pack))
    read_people = partial(pack_communities, pack, crs, readings, seen=where.see)
    people = readings.need(partial(where.named, read_people), file="[communities]")
    people, grid = _with_grid(pack, people, readings, where)
    readings.findings.extend(readings.need(lambda: unknown_findings(people), file="[communities]"))
    margin = _margin_m(settings)
    land = shapely.box(*people.land.total_bounds)
    box = readings.need(lambda: lonlat_box(land, crs, margin), file="[communities]")
    ground = readings.need(partial(where.named, partial(pack_streets, pack, box, readings)), file="[network]")
    within = partial(within_streets, people.frame, ground.streets, readings)
    ids = readings.need(partial(where.named, within), file="[network]").index
    area = StudyArea(boundary=united(people.land.loc[ids]), crs=crs, buffer_m=margin)
    context, context_origins = pack_context(pack, ground, area, readings)
    books = readings.attempt(partial(pack_norms, pack, settings.norms, readings), file="city.toml") or ()
    survey = readings.need(lambda: pack_survey(pack, readings), file="[survey]")
    readings.check()
    titles = (config.name, config.name_en or "")
    facilities = readings.need(
        lambda: pack_facilities(lists, ground.osm, area, readings, city=titles, pack_services=config.pack_services),
        file="[[facilities]]",
    )
    readings.check()
    return PackContents(
        key=pack.key,
        title_zh=config.name,
        title_en=config.name if config.name_en is None else config.name_en,
        streets=ground.streets,
        street_extent=ground.extent(crs),
        area=area,
        communities=people.kept(ids),
        population=grid,
        survey=survey,
        facilities=facilities,
        context=context,
        context_origins=context_origins,
        settings=settings,
        books=books,
        capacity_rules=capacity_rules,
        costs=costs,
        files=tuple(readings.files),
        findings=tuple(readings.findings),
        review_number=config.review_number,
        notes=config.notes,
    )


def _with_grid(
    pack: Pack, people: PackCommunities, readings: ReadingLog, where: Whereabouts
) -> tuple[PackCommunities, PopulationGrid | None]:
    """The communities with their population grid; without it, if it is broken and they have people of their own."""
    counted = readings.attempt(
        partial(where.named, partial(pack_population, pack, people, readings)), file="[population]"
    )  # fmt: skip
    if counted is None and not {*PEOPLE} <= set(people.frame.columns):
        readings.check()
    return counted or (people, None)


def _margin_m(settings: Settings) -> float:
    """How far streets and facilities must be known: the farthest cut-off of the fastest walker, and the leg."""
    return max(p.reach_m(settings.circle_min) for p in profiles().values()) + settings.max_snap_m


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
    if any(pack.find(name) for name in pack.config.communities.names):
        people = pack_communities(pack, _pack_crs(pack), ReadingLog())
        return united(people.land.to_crs("EPSG:4326")), margin
    place = pack.config.network.place
    if not place:
        raise refusal("pack_no_place", city=pack.key)
    return place, margin
