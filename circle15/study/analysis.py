"""The stages in their order: what is computed of a city, and the result that draws and saves itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from circle15 import catalog
from circle15.accessibility.coverage import coverage
from circle15.accessibility.gaps import gaps
from circle15.accessibility.subdistricts import by_subdistrict
from circle15.demand.points import demand_points
from circle15.errors import DataQualityWarning
from circle15.hours.opening import hours_table, moment, open_facilities
from circle15.model.moment import Moment
from circle15.model.places import Facilities
from circle15.model.provenance import Finding
from circle15.model.results import Analysis, City, Settings
from circle15.model.walk_network import Positions, WalkProfile
from circle15.network.graph import walk_graph
from circle15.network.snap import snap
from circle15.quality.findings import border_findings, facility_findings, path_findings, people_findings
from circle15.routing.isochrones import draw_isochrones
from circle15.routing.nearest import nearest_times
from circle15.routing.reach import reach_table
from circle15.study.loading import barriers
from circle15.study.record import draw_facts, norm_facts, run_facts, verdict_facts
from circle15.study.verdicts import Worked, chosen_books, verdicts
from circle15.uncertainty.field_checks import in_service

if TYPE_CHECKING:
    from circle15.render.map.folium_map import CircleMap

__all__ = ["STAGES", "Result", "analyse"]

STAGES = (
    "demand", "snap", "reach", "nearest", "isochrones", "coverage", "gaps",
    "routes", "ledger", "attribution", "robustness", "equity",
)  # fmt: skip
"""What :func:`analyse` reports to ``on_stage``, in this order."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result(Analysis):
    """An analysis that can draw and save itself."""

    def map(self, **options: Any) -> CircleMap:
        """Draw the interactive map; see :func:`circle15.render.map.folium_map.draw_map`."""
        from circle15.render.map.folium_map import draw_map

        return draw_map(self, **options)

    def save(self, folder: str | Path) -> Path:
        """Write map, tables, GeoPackage and run record into a folder; see :func:`circle15.render.folder.save`."""
        from circle15.render.folder import save

        return save(self, folder)

    def report(self, folder: str | Path) -> Path:
        """Write ``report.docx``, ``report.pdf`` and ``figures/``: :func:`circle15.render.report.files.save_report`."""
        from circle15.render.report.files import save_report

        return save_report(self, folder)


def analyse(
    city: City,
    *,
    profile: str | WalkProfile | None = None,
    cutoffs_min: tuple[float, ...] | None = None,
    open_at: Moment | str | None = None,
    draws: int | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Result:
    """Analyse a city: demand, reach, isochrones, coverage, gaps, and what verdicts rest on.

    Parameters
    ----------
    city
        From :func:`~circle15.study.loading.load_city`, or made of your own frames.
    profile, cutoffs_min
        Win over ``city.settings``.
    open_at
        A moment of an ordinary week, such as ``"11:30"`` (a Wednesday) or ``"Sa 11:30"``; ``"any"`` undoes that of
        ``city.settings``. What is closed then covers nobody and stays on the map; unknown hours count as open.
    draws
        How many random draws robustness rests on; 0 leaves it out.
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
    settings = _settings(city.settings, walker.name, cutoffs_min, open_at, draws)
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
    walls = barriers(city.context)
    here = snap(city.network, demand.frame, max_snap_m=settings.max_snap_m, barriers=walls)
    there = snap(city.network, city.facilities.frame, max_snap_m=settings.max_snap_m, barriers=walls)
    begin("reach")
    ids = demand.frame.index, city.facilities.frame.index
    reach = reach_table(graph, here, there, point_ids=ids[0], facility_ids=ids[1], cutoff_min=settings.circle_min)
    begin("nearest")
    serving = in_service(open_facilities(city.facilities, settings.open_at))
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
    worked = Worked(
        city=city, settings=settings, graph=graph, demand=demand, serving=serving, homes=here,
        sites=there.take(ids[1].get_indexer(serving.frame.index)), all_sites=there, walls=walls,
        reach=reach, nearest=nearest, covered=covered, scored=scored,
    )  # fmt: skip
    behind = verdicts(worked, begin)
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
        record={
            **run_facts(city, settings, graph.profile, demand, here, there, covered, findings),
            **draw_facts(behind["robustness"], behind["stability"]),
            **verdict_facts(settings, behind["equity"], behind["typology"]),
            "norms": norm_facts(chosen_books(city, settings), behind["ledger"]),
        },
        hours=hours_table(city.facilities, settings.open_at),
        **behind,
    )


def _settings(
    given: Settings,
    profile: str,
    cutoffs_min: tuple[float, ...] | None,
    open_at: Moment | str | None,
    draws: int | None,
) -> Settings:
    changes: dict[str, Any] = {"profile": profile}
    if cutoffs_min is not None:
        changes["cutoffs_min"] = tuple(float(cutoff) for cutoff in cutoffs_min)
    if open_at is not None:
        changes["open_at"] = moment(open_at)
    if draws is not None:
        changes["draws"] = draws
    return replace(given, **changes)


def _offering(serving: Facilities, ids: pd.Index, positions: Positions, service: str) -> Positions:
    """Positions, of all facilities in the order of ``ids``, of those that offer a service."""
    mine = ids.isin(serving.frame.index[[service in offered for offered in serving.frame["services"]]])
    return positions.take(mine)


def _warn(findings: tuple[Finding, ...]) -> None:
    serious = [told for told in findings if told.severity != "note"]
    if serious:
        warnings.warn(
            f"{len(serious)} data-quality findings, first: {serious[0]} (all in result.findings)",
            DataQualityWarning,
            stacklevel=3,
        )
