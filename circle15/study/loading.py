"""From a city pack to a city that can be analysed, or to a report on what cannot be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from circle15.catalog import profile
from circle15.demand.growing import grow_communities
from circle15.errors import InputError
from circle15.kernels.ragged import order_by_id
from circle15.model.places import Communities, StudyArea
from circle15.model.population import PopulationGrid
from circle15.model.provenance import Finding
from circle15.model.results import Check, City, barriers_of
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import build_network
from circle15.network.snap import place_facilities
from circle15.quality.findings import (
    datum_findings,
    facility_findings,
    few_findings,
    metric_findings,
    seed_datum_findings,
    street_findings,
)
from circle15.quality.street_file import street_fault_findings
from circle15.quality.street_tags import tag_findings
from circle15.quality.streets import street_file_findings
from circle15.sources.pack.city_pack import PackContents, ReadingLog, find_pack, read_pack
from circle15.sources.population.grid import outside_findings
from circle15.sources.population.people import compare_people
from circle15.uncertainty.field_checks import surveyed

__all__ = ["check_city", "check_places", "load_city"]


def load_city(city: str, *, data: str | Path | None = None, **overrides: Any) -> City:
    """Load a city from its pack and build its walking network.

    Parameters
    ----------
    city
        Folder name of the pack, such as ``"suzhou"``, or the name in its ``city.toml``, such as ``"苏州"``.
    data
        A folder with city packs, looked in before ``$CIRCLE15_DATA`` and ``./data``.
    **overrides
        ``profile``, ``cutoffs_min``, ``max_snap_m``, ``weights``, ``open_at``, ``norms``: win over the pack's settings.

    Returns
    -------
    City
        Streets within the study area and its buffer, facilities, communities, display layers, findings.

    Raises
    ------
    CityError, PackError, StreetsError, SettingError
        What is wrong, where, and what to do.
    """
    return _built(read_pack(city, data=data, overrides=overrides))


def _built(pack: PackContents) -> City:
    built = build_network(pack.streets, crs=pack.area.crs, reach=pack.area.reach)
    network, facilities, answered = surveyed(built, pack.facilities, pack.survey)
    communities, area, grown = _outlined(pack, network)
    facilities = replace(facilities, frame=_in_order(facilities.frame))
    communities = replace(communities, frame=_in_order(communities.frame))
    grid, compared = _regridded(pack, communities)
    return City(
        key=pack.key,
        title_zh=pack.title_zh,
        title_en=pack.title_en,
        area=area,
        network=network,
        facilities=facilities,
        survey=pack.survey,
        communities=communities,
        population=grid,
        context=pack.context,
        context_origins=pack.context_origins,
        settings=pack.settings,
        books=pack.books,
        capacity_rules=pack.capacity_rules,
        costs=pack.costs,
        files=pack.files,
        findings=(
            *pack.findings,
            *grown,
            *compared,
            *street_fault_findings(pack.streets),
            *street_findings(network),
            *datum_findings(pack.facilities, network),
            *answered,
        ),
        street_extent=pack.street_extent,
        street_counts=pack.streets.counts,
        taken_ways=pack.streets.taken,
        review_number=pack.review_number,
        notes=pack.notes,
    )


def _in_order(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Places by their ids, so that the order of rows in a file changes no output."""
    return frame.iloc[order_by_id(frame.index)]


def _outlined(pack: PackContents, network: WalkNetwork) -> tuple[Communities, StudyArea, list[Finding]]:
    """The communities with outlines, grown where none were drawn, and the study area that they make."""
    if isinstance(pack.communities, Communities):
        return pack.communities, pack.area, []
    walls, limit_m = barriers_of(pack.context), pack.settings.max_snap_m
    grown, findings = grow_communities(network, pack.communities, max_snap_m=limit_m, barriers=walls)
    whole: Any = shapely.union_all(grown.frame.geometry.to_numpy())
    suspect = seed_datum_findings(pack.communities, network)
    return grown, replace(pack.area, boundary=whole), [*suspect, *findings]


def _regridded(pack: PackContents, communities: Communities) -> tuple[PopulationGrid | None, list[Finding]]:
    """The population grid for the outlines that the communities have by now; what it says of grown ones."""
    grid = pack.population
    if grid is None or isinstance(pack.communities, Communities):
        return grid, []
    grid, file = grid.over(communities.frame), grid.origin.file
    return grid, [*outside_findings(grid, file=file), *compare_people(communities.frame, grid, file=file)]


def check_city(city: str, *, data: str | Path | None = None, **overrides: Any) -> Check:
    """Read everything in a city's pack and tell what was found, without computing anything heavy.

    A file that cannot be used does not end the reading: all files are tried, and each that fails is a
    finding of severity ``error``.

    Parameters
    ----------
    city, data, **overrides
        As for :func:`load_city`.

    Returns
    -------
    Check
        The city if it can be analysed, a record of every file, and all findings.

    Raises
    ------
    CityError, PackError, SettingError
        If there is no such pack, or ``city.toml`` itself cannot be read.
    """
    log = ReadingLog(patient=True)
    key = find_pack(city, data).key
    try:
        pack = read_pack(key, data=data, overrides=overrides, log=log)
        loaded = log.need(lambda: _built(pack), file="[network]")
    except InputError:
        if not log.failed:
            raise
        return Check(key=key, city=None, files=tuple(log.files), findings=tuple(log.findings))
    findings = (*loaded.findings, *check_places(loaded))
    return Check(key=key, city=loaded, files=loaded.files, findings=findings)


def check_places(city: City) -> list[Finding]:
    """Findings about the ground, facilities and service lists: what can be known without heavy work."""
    limit_m = city.settings.max_snap_m
    placed = place_facilities(city.network, city.facilities, max_snap_m=limit_m, barriers=city.barriers)
    return [
        *metric_findings(city.area),
        *street_file_findings(city, profile(city.settings.profile), city.settings),
        *tag_findings(city),
        *facility_findings(placed, city.settings),
        *few_findings(city.facilities, city.communities),
    ]
