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
import numpy as np
import pandas as pd
import shapely

from circle15 import __version__, catalog
from circle15.catalog import finding
from circle15.coverage import coverage
from circle15.datum_check import better_datum, datum_fits
from circle15.demand import demand_points
from circle15.errors import DataQualityWarning
from circle15.gaps import gaps, people_text
from circle15.isochrones import draw_isochrones
from circle15.model.places import DemandPoints, Facilities
from circle15.model.provenance import Finding, Severity
from circle15.model.results import Analysis, City, Coverage, Gaps, Settings
from circle15.model.walk_network import Positions, WalkNetwork, WalkProfile
from circle15.network import build_network
from circle15.reach import nearest_times, reach_table, walk_graph
from circle15.snapping import snap
from circle15.sources.citypack import read_pack

if TYPE_CHECKING:
    from circle15.render.folium_map import CircleMap

__all__ = ["STAGES", "Result", "analyse", "check_places", "load_city"]

STAGES = ("demand", "snap", "reach", "nearest", "isochrones", "coverage", "gaps")
"""What :func:`analyse` reports to ``on_stage``, in this order."""

STREETS_FILL = 0.98
"""Below this share of the study area with its buffer, the streets are said to end early."""

_LIBRARIES = ("geopandas", "shapely", "pyproj", "pandas", "numpy", "scipy", "numba", "contourpy", "osmium", "pyogrio")


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
        ``profile``, ``cutoffs_min``, ``max_snap_m``, ``weights``: win over the pack's settings.

    Returns
    -------
    City
        Streets within the study area and its buffer, facilities, communities, display layers, findings.

    Raises
    ------
    CityError, PackError, StreetsError, SettingError
        What is wrong, where, and what to do.
    """
    pack = read_pack(city, data=data, overrides=overrides)
    network = build_network(pack.streets, crs=pack.area.crs, reach=pack.area.reach)
    return City(
        key=pack.key,
        title_zh=pack.title_zh,
        title_en=pack.title_en,
        area=pack.area,
        network=network,
        facilities=pack.facilities,
        communities=pack.communities,
        context=pack.context,
        context_origins=pack.context_origins,
        settings=pack.settings,
        findings=(
            *pack.findings,
            *_street_findings(pack.streets.counts, network),
            *_datum_findings(pack.facilities, network),
        ),
        review_number=pack.review_number,
        notes=pack.notes,
    )


def analyse(
    city: City,
    *,
    profile: str | WalkProfile | None = None,
    cutoffs_min: tuple[float, ...] | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Result:
    """Analyse a city: demand, reach, isochrones, coverage, gaps.

    Parameters
    ----------
    city
        From :func:`load_city`, or made of your own frames.
    profile, cutoffs_min
        Win over ``city.settings``.
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
        If the profile is unknown or a cut-off out of range.
    """
    begin = on_stage or (lambda _stage: None)
    walker = catalog.profile(profile if profile is not None else city.settings.profile)
    settings = _settings(city.settings, walker.name, cutoffs_min)
    graph = walk_graph(city.network, walker)
    begin("demand")
    demand = demand_points(
        city.communities,
        network=city.network,
        buildings=city.context.get("buildings"),
        residential=city.context.get("residential"),
    )
    begin("snap")
    walls = _barriers(city.context)
    here = snap(city.network, demand.frame, max_snap_m=settings.max_snap_m, barriers=walls)
    there = snap(city.network, city.facilities.frame, max_snap_m=settings.max_snap_m, barriers=walls)
    begin("reach")
    ids = demand.frame.index, city.facilities.frame.index
    reach = reach_table(graph, here, there, point_ids=ids[0], facility_ids=ids[1], cutoff_min=settings.circle_min)
    begin("nearest")
    nearest = {
        service: nearest_times(graph, here, _offering(city.facilities, there, service))
        for service in sorted(city.facilities.listed)
    }
    begin("isochrones")
    drawn = draw_isochrones(graph, there, ids=ids[1], minutes=settings.cutoffs_min, services=city.facilities.offers())
    begin("coverage")
    covered = coverage(
        reach,
        demand,
        city.facilities,
        cutoffs_min=settings.cutoffs_min,
        nearest_min=nearest,
        placed=here.status != Positions.FAR,
    )
    begin("gaps")
    scored = gaps(covered, city.communities, cutoff_min=settings.circle_min, weights=settings.weights)
    findings = (
        *city.findings,
        *_facility_findings(city, there, settings),
        *_people_findings(city, demand, here, scored, settings),
        *_border_findings(city, graph.profile, settings),
        *_path_findings(covered),
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
        findings=findings,
        record=_record(city, settings, graph.profile, demand, here, there, covered, findings),
    )


def _settings(given: Settings, profile: str, cutoffs_min: tuple[float, ...] | None) -> Settings:
    changes: dict[str, Any] = {"profile": profile}
    if cutoffs_min is not None:
        changes["cutoffs_min"] = tuple(float(cutoff) for cutoff in cutoffs_min)
    return replace(given, **changes)


def _barriers(context: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoSeries | None:
    """Water and rail: an access leg must not cross them."""
    layers = [context[name].geometry for name in ("water", "rail") if name in context]
    return gpd.GeoSeries(pd.concat(layers, ignore_index=True)) if layers else None


def _offering(facilities: Facilities, positions: Positions, service: str) -> Positions:
    mine = np.array([service in offered for offered in facilities.frame["services"]], dtype=bool)
    return Positions(
        edge=positions.edge[mine],
        offset_mm=positions.offset_mm[mine],
        leg_mm=positions.leg_mm[mine],
        status=positions.status[mine],
    )


def _street_findings(counts: Mapping[str, int], network: WalkNetwork) -> list[Finding]:
    found = []
    lost = counts.get("node references without coordinates", 0)
    if lost:
        found.append(finding("lost-way-nodes", "note", count=lost))
    cut_off = network.component_km[1:]
    if len(cut_off):
        share = 100 * float(cut_off.sum()) / network.total_km
        found.append(finding("islands", "note", count=len(cut_off), km=f"{cut_off.sum():.1f}", percent=f"{share:.1f}"))
    return found


def _datum_findings(facilities: Facilities, network: WalkNetwork) -> list[Finding]:
    """Lists whose points fit the streets far better under another datum than the one they declare."""
    frame = facilities.frame
    if "list_datum" not in frame:
        return []
    found = []
    for (file, declared), mine in frame.groupby(["list_file", "list_datum"]):
        fits = datum_fits(network, mine.geometry, declared=str(declared))
        better = better_datum(fits, points=len(mine))
        if better is not None:
            found.append(
                finding(
                    "datum-suspect",
                    "warning",
                    count=len(mine),
                    file=str(file),
                    value=str(declared),
                    declared_m=f"{fits[0].median_m:.0f}",
                    better=better.datum,
                    better_m=f"{better.median_m:.0f}",
                    percent=f"{100 * better.nearer_share:.0f}",
                )
            )
    return found


def check_places(city: City) -> list[Finding]:
    """Findings about facilities and service lists alone: what can be known without heavy work."""
    walls = _barriers(city.context)
    there = snap(city.network, city.facilities.frame, max_snap_m=city.settings.max_snap_m, barriers=walls)
    return _facility_findings(city, there, city.settings)


def _facility_findings(city: City, there: Positions, settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    sites = city.facilities.frame.index
    limit = f"{settings.max_snap_m:g}"
    for status, code in ((Positions.FAR, "far"), (Positions.ISLAND, "island")):
        lost = there.status == status
        if lost.any():
            count = int(lost.sum())
            found.append(finding(f"facility-{code}", "warning", count=count, limit=limit, examples=sites[lost]))
    titles = catalog.services()
    offered = set(city.facilities.offers()["service"])
    for key, service in titles.items():
        if key not in city.facilities.listed:
            found.append(_about_service("undetermined-service", "note", service))
        elif key not in offered:
            found.append(_about_service("listed-but-empty", "warning", service))
    return found


def _people_findings(
    city: City, demand: DemandPoints, here: Positions, scored: Gaps, settings: Settings
) -> list[Finding]:
    """What the analysis itself found wrong with where people live: counted, never silent."""
    found: list[Finding] = []
    people = demand.frame["population"].to_numpy()
    for status, code in ((Positions.FAR, "far"), (Positions.ISLAND, "island")):
        lost = here.status == status
        stranded = float(people[lost].sum())
        if stranded > 0:
            spoken, chinese = (
                finding(
                    f"demand-{code}",
                    "warning",
                    count=int(lost.sum()),
                    limit=f"{settings.max_snap_m:g}",
                    people=people_text(stranded, language),
                )
                for language in ("en", "zh")
            )
            found.append(replace(spoken, message_zh=chinese.message_zh))
    empty = city.communities.frame.index[city.communities.frame["population"] == 0]
    if len(empty):
        found.append(finding("no-people", "warning", count=len(empty), examples=empty))
    unjudged = scored.by_community.index[scored.by_community["index"].isna()].difference(empty)
    if len(unjudged) and scored.weights:
        found.append(finding("not-judged", "warning", count=len(unjudged), examples=unjudged))
    return found


def _border_findings(city: City, profile: WalkProfile, settings: Settings) -> list[Finding]:
    """What the border of the data may have cut off."""
    found: list[Finding] = []
    reach_m = profile.reach_m(settings.circle_min) + settings.max_snap_m
    if reach_m > city.area.buffer_m + 1:
        told = {"margin": f"{city.area.buffer_m:.0f}", "reach": f"{reach_m:.0f}", "cutoff": f"{settings.circle_min:g}"}
        found.append(finding("narrow-margin", "warning", **told))
    network = city.network
    known = shapely.box(network.x.min(), network.y.min(), network.x.max(), network.y.max())
    share = shapely.area(shapely.intersection(city.area.reach, known)) / shapely.area(city.area.reach)
    if share < STREETS_FILL:
        found.append(finding("streets-end-early", "note", percent=f"{100 * share:.0f}"))
    return found


def _path_findings(covered: Coverage) -> list[Finding]:
    """People whom no walkable way leads to any facility of a service."""
    if covered.nearest.empty:
        return []
    lost = covered.nearest["unreachable"].groupby("service").sum()
    offered = covered.nearest["mean_min"].notna().groupby("service").any()
    worst = lost[offered].sort_values(kind="stable")
    if worst.empty or worst.iloc[-1] <= 0:
        return []
    service = catalog.services()[str(worst.index[-1])]
    spoken, chinese = (
        finding(
            "no-path",
            "warning",
            service=title,
            people=people_text(float(worst.iloc[-1]), language),
            examples=[service.key],
        )
        for language, title in (("en", service.title_en), ("zh", service.title_zh))
    )
    return [replace(spoken, message_zh=chinese.message_zh)]


def _about_service(code: str, severity: Severity, service: catalog.Service) -> Finding:
    told = finding(code, severity, service=service.title_en, examples=[service.key])
    spoken_zh = finding(code, severity, service=service.title_zh)
    return replace(told, message_zh=spoken_zh.message_zh, remedy_zh=spoken_zh.remedy_zh)


def _warn(findings: tuple[Finding, ...]) -> None:
    serious = [told for told in findings if told.severity != "note"]
    if serious:
        warnings.warn(
            f"{len(serious)} data-quality findings, first: {serious[0]} (all in result.findings)",
            DataQualityWarning,
            stacklevel=3,
        )


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
        "settings": {
            "profile": settings.profile,
            "cutoffs_min": list(settings.cutoffs_min),
            "max_snap_m": settings.max_snap_m,
            "weights": dict(settings.weights),
        },
        "profile": asdict(profile),
        "counts": {
            "street_km": round(city.network.total_km, 3),
            "nodes": city.network.n_nodes,
            "edges": city.network.n_edges,
            "communities": len(city.communities),
            "people": float(city.communities.frame["population"].sum()),
            "people_60plus": float(city.communities.frame["pop_60plus"].sum()),
            "demand_points": demand.frame["method"].value_counts().sort_index().to_dict(),
            "demand_far": int((here.status == Positions.FAR).sum()),
            "demand_island": int((here.status == Positions.ISLAND).sum()),
            "facilities": len(city.facilities),
            "facilities_far": int((there.status == Positions.FAR).sum()),
            "facilities_island": int((there.status == Positions.ISLAND).sum()),
        },
        "services": {"determined": list(covered.services), "undetermined": list(covered.undetermined)},
        "findings": [asdict(told) for told in findings],
    }
