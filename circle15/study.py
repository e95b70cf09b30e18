"""The one composition: load a city, analyse it, and let the result draw and save itself."""

from __future__ import annotations

import importlib.metadata
import platform
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from circle15 import __version__, catalog
from circle15.checks import (
    border_findings,
    datum_findings,
    facility_findings,
    path_findings,
    people_findings,
    seed_datum_findings,
    street_findings,
)
from circle15.coverage import coverage
from circle15.demand import demand_points
from circle15.errors import DataQualityWarning, InputError
from circle15.gaps import gaps
from circle15.grow import grow_communities
from circle15.isochrones import draw_isochrones
from circle15.model.moment import Moment
from circle15.model.places import Communities, DemandPoints, Facilities, StudyArea
from circle15.model.population import PopulationGrid
from circle15.model.provenance import Finding
from circle15.model.results import Analysis, Check, City, Coverage, Settings
from circle15.model.walk_network import Positions, WalkNetwork, WalkProfile
from circle15.network import build_network
from circle15.opening import hours_table, moment, open_facilities
from circle15.reach import nearest_times, reach_table, walk_graph
from circle15.snapping import snap
from circle15.sources.citypack import PackContents, ReadingLog, read_pack
from circle15.sources.population_grid import outside_findings
from circle15.sources.population_people import compare_people
from circle15.subdistricts import by_subdistrict

if TYPE_CHECKING:
    from circle15.render.folium_map import CircleMap

__all__ = ["STAGES", "Result", "analyse", "check_city", "check_places", "load_city"]

STAGES = ("demand", "snap", "reach", "nearest", "isochrones", "coverage", "gaps")
"""What :func:`analyse` reports to ``on_stage``, in this order."""

_LIBRARIES = (
    "geopandas", "shapely", "pyproj", "pandas", "numpy", "scipy", "numba", "contourpy", "osmium", "pyogrio",
    "opening-hours-py",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result(Analysis):
    """An analysis that can draw and save itself."""

    def map(self, **options: Any) -> CircleMap:
        """Draw the interactive map; see :func:`circle15.render.folium_map.draw_map`."""
        from circle15.render.folium_map import draw_map

        return draw_map(self, **options)

    def save(self, folder: str | Path) -> Path:
        """Write map, tables, GeoPackage and run record into a folder; see :func:`circle15.render.save`."""
        from circle15.render import save

        return save(self, folder)


def load_city(city: str, *, data: str | Path | None = None, **overrides: Any) -> City:
    """Load a city from its pack and build its walking network.

    Parameters
    ----------
    city
        Folder name of the pack, such as ``"suzhou"``.
    data
        A folder with city packs, looked in before ``$CIRCLE15_DATA`` and ``./data``.
    **overrides
        ``profile``, ``cutoffs_min``, ``max_snap_m``, ``weights``, ``open_at``: win over the pack's settings.

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
    network = build_network(pack.streets, crs=pack.area.crs, reach=pack.area.reach)
    communities, area, grown = _outlined(pack, network)
    grid, compared = _regridded(pack, communities)
    return City(
        key=pack.key,
        title_zh=pack.title_zh,
        title_en=pack.title_en,
        area=area,
        network=network,
        facilities=pack.facilities,
        communities=communities,
        population=grid,
        context=pack.context,
        context_origins=pack.context_origins,
        settings=pack.settings,
        files=pack.files,
        findings=(
            *pack.findings,
            *grown,
            *compared,
            *street_findings(pack.streets.counts, network),
            *datum_findings(pack.facilities, network),
        ),
        review_number=pack.review_number,
        notes=pack.notes,
    )


def _outlined(pack: PackContents, network: WalkNetwork) -> tuple[Communities, StudyArea, list[Finding]]:
    """The communities with outlines, grown where none were drawn, and the study area that they make."""
    if isinstance(pack.communities, Communities):
        return pack.communities, pack.area, []
    walls, limit_m = _barriers(pack.context), pack.settings.max_snap_m
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


def analyse(
    city: City,
    *,
    profile: str | WalkProfile | None = None,
    cutoffs_min: tuple[float, ...] | None = None,
    open_at: Moment | str | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Result:
    """Analyse a city: demand, reach, isochrones, coverage, gaps.

    Parameters
    ----------
    city
        From :func:`load_city`, or made of your own frames.
    profile, cutoffs_min
        Win over ``city.settings``.
    open_at
        A moment of an ordinary week, such as ``"11:30"`` (a Wednesday) or ``"Sa 11:30"``; ``"any"`` undoes that of
        ``city.settings``. What is closed then covers nobody and stays on the map; unknown hours count as open.
    on_stage
        Called with each of :data:`STAGES` as it begins.

    Returns
    -------
    Result
        Everything computed, and the record of how. The same inputs give the same bytes.

    Warns
    -----
    DataQualityWarning
        Once, with a count, when findings are worse than notes; ``result.findings`` has them all.

    Raises
    ------
    SettingError
        If the profile is unknown, a cut-off out of range, or a moment not understood.
    """
    begin = on_stage or (lambda _stage: None)
    walker = catalog.profile(profile if profile is not None else city.settings.profile)
    settings = _settings(city.settings, walker.name, cutoffs_min, open_at)
    graph = walk_graph(city.network, walker)
    begin("demand")
    demand = demand_points(
        city.communities,
        network=city.network,
        buildings=city.context.get("buildings"),
        residential=city.context.get("residential"),
        grid=city.population,
    )
    begin("snap")
    walls = _barriers(city.context)
    here = snap(city.network, demand.frame, max_snap_m=settings.max_snap_m, barriers=walls)
    there = snap(city.network, city.facilities.frame, max_snap_m=settings.max_snap_m, barriers=walls)
    begin("reach")
    ids = demand.frame.index, city.facilities.frame.index
    reach = reach_table(graph, here, there, point_ids=ids[0], facility_ids=ids[1], cutoff_min=settings.circle_min)
    begin("nearest")
    serving = open_facilities(city.facilities, settings.open_at)
    nearest = {
        service: nearest_times(graph, here, _offering(serving, ids[1], there, service))
        for service in sorted(serving.listed)
    }
    begin("isochrones")
    drawn = draw_isochrones(graph, there, ids=ids[1], minutes=settings.cutoffs_min, services=serving.offers())
    begin("coverage")
    covered = coverage(
        reach,
        demand,
        serving,
        cutoffs_min=settings.cutoffs_min,
        nearest_min=nearest,
        placed=here.status != Positions.FAR,
    )
    begin("gaps")
    scored = gaps(
        covered,
        city.communities,
        cutoff_min=settings.circle_min,
        weights=settings.weights,
        open_at=settings.open_at,
    )
    findings = (
        *city.findings,
        *facility_findings(city, there, settings),
        *people_findings(city, demand, here, scored, settings),
        *border_findings(city, graph.profile, settings),
        *path_findings(covered),
    )
    _warn(findings)
    return Result(
        city=city,
        settings=settings,
        profile=graph.profile,
        demand=demand,
        demand_positions=here,
        facility_positions=there,
        reach=reach,
        isochrones=drawn,
        coverage=covered,
        gaps=scored,
        subdistricts=by_subdistrict(covered, city.communities, cutoff_min=settings.circle_min, weights=scored.weights),
        findings=findings,
        record=_record(city, settings, graph.profile, demand, here, there, covered, findings),
        hours=hours_table(city.facilities, settings.open_at),
    )


def _settings(
    given: Settings, profile: str, cutoffs_min: tuple[float, ...] | None, open_at: Moment | str | None
) -> Settings:
    changes: dict[str, Any] = {"profile": profile}
    if cutoffs_min is not None:
        changes["cutoffs_min"] = tuple(float(cutoff) for cutoff in cutoffs_min)
    if open_at is not None:
        changes["open_at"] = moment(open_at)
    return replace(given, **changes)


def _barriers(context: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoSeries | None:
    """Water and rail: an access leg must not cross them."""
    layers = [context[name].geometry for name in ("water", "rail") if name in context]
    return gpd.GeoSeries(pd.concat(layers, ignore_index=True)) if layers else None


def _offering(serving: Facilities, ids: pd.Index, positions: Positions, service: str) -> Positions:
    """Positions, of all facilities in the order of ``ids``, of those that offer a service."""
    mine = ids.isin(serving.frame.index[[service in offered for offered in serving.frame["services"]]])
    return Positions(
        edge=positions.edge[mine],
        offset_mm=positions.offset_mm[mine],
        leg_mm=positions.leg_mm[mine],
        status=positions.status[mine],
    )


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
    try:
        pack = read_pack(city, data=data, overrides=overrides, log=log)
        loaded = log.need(lambda: _built(pack), file="[network]")
    except InputError:
        if not log.failed:
            raise
        return Check(key=city, city=None, files=tuple(log.files), findings=tuple(log.findings))
    findings = (*loaded.findings, *check_places(loaded))
    return Check(key=city, city=loaded, files=loaded.files, findings=findings)


def check_places(city: City) -> list[Finding]:
    """Findings about facilities and service lists alone: what can be known without heavy work."""
    walls = _barriers(city.context)
    there = snap(city.network, city.facilities.frame, max_snap_m=city.settings.max_snap_m, barriers=walls)
    return facility_findings(city, there, city.settings)


def _warn(findings: tuple[Finding, ...]) -> None:
    serious = [told for told in findings if told.severity != "note"]
    if serious:
        warnings.warn(
            f"{len(serious)} data-quality findings, first: {serious[0]} (all in result.findings)",
            DataQualityWarning,
            stacklevel=3,
        )


def _counted(column: pd.Series | None) -> dict[str, int]:
    return {} if column is None else {str(key): int(n) for key, n in column.value_counts().sort_index().items()}


def _record(
    city: City,
    settings: Settings,
    profile: WalkProfile,
    demand: DemandPoints,
    here: Positions,
    there: Positions,
    covered: Coverage,
    findings: tuple[Finding, ...],
) -> dict[str, Any]:
    """What ``run.json`` holds: versions, inputs by hash, assumptions, counts, findings. No clock, no paths."""
    return {
        "city": {"key": city.key, "name_zh": city.title_zh, "name_en": city.title_en, "crs": city.area.crs.to_string()},
        "synthetic": city.synthetic,
        "versions": {
            "circle15": __version__,
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in _LIBRARIES},
        },
        "inputs": [asdict(origin) for origin in city.origins],
        "files": [asdict(record) for record in city.files],
        "settings": {
            "profile": settings.profile,
            "cutoffs_min": list(settings.cutoffs_min),
            "max_snap_m": settings.max_snap_m,
            "weights": dict(settings.weights),
            "open_at": settings.open_at.en if settings.open_at else None,
        },
        "profile": asdict(profile),
        "counts": {
            "street_km": round(city.network.total_km, 3),
            "nodes": city.network.n_nodes,
            "edges": city.network.n_edges,
            "communities": len(city.communities),
            "outlines": _counted(city.communities.frame.get("outline")),
            "people": float(city.communities.frame["population"].sum()),
            "people_60plus": float(city.communities.frame["pop_60plus"].sum()),
            "demand_points": demand.frame["method"].value_counts().sort_index().to_dict(),
            "demand_methods": demand.by_community["method"].value_counts().sort_index().to_dict(),
            "demand_far": int((here.status == Positions.FAR).sum()),
            "demand_island": int((here.status == Positions.ISLAND).sum()),
            "facilities": len(city.facilities),
            "facilities_merged": len(city.facilities.matches),
            "facility_conflicts": len(city.facilities.conflicts),
            "facilities_far": int((there.status == Positions.FAR).sum()),
            "facilities_island": int((there.status == Positions.ISLAND).sum()),
        },
        "services": {"determined": list(covered.services), "undetermined": list(covered.undetermined)},
        "findings": [asdict(told) for told in findings],
    }
