"""The stages in their order: what is computed of a city, and the result that draws and saves itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from circle15 import catalog
from circle15.catalog.phrases import community_sentences
from circle15.hours.opening import moment
from circle15.model.moment import Moment
from circle15.model.provenance import Finding
from circle15.model.results import Analysis, City, Settings
from circle15.model.walk_network import WalkProfile
from circle15.refusals import warn_of
from circle15.study.record import record_of
from circle15.study.study import STAGES, Study

if TYPE_CHECKING:
    from circle15.render.map.folium_map import CircleMap

__all__ = ["Result", "analyse", "walker_of"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result(Analysis):
    """An analysis that can draw and save itself."""

    def _repr_html_(self) -> str:
        """The communities with the largest gaps, and in words what they lack."""
        sentences = {
            f"sentence_{language}": community_sentences(self.gaps, language, pack_services=self.city.pack_services)
            for language in ("zh", "en")
        }
        shown = self.gaps.by_community[["rank", "name", "index", "uncovered"]].assign(**sentences)
        with pd.option_context("display.max_colwidth", None):  # sentences whole
            return shown.to_html(max_rows=10, float_format="{:.1f}".format)

    def map(self, **options: Any) -> CircleMap:
        """Draw the interactive map; see :func:`circle15.render.map.folium_map.draw_map`."""
        from circle15.render.map.folium_map import draw_map

        return draw_map(self, **options)

    def save(self, folder: str | Path, *, base: Analysis | None = None) -> Path:
        """Write map, tables, GeoPackage and run record into a folder; see :func:`circle15.render.folder.save`."""
        from circle15.render.folder import save

        return save(self, folder, base=base)

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
        Called with each of :data:`circle15.study.study.STAGES` as it begins.

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
    walker = walker_of(city.settings) if profile is None else catalog.profile(profile)
    given = city.settings if profile is None else replace(city.settings, speed_mps=None)
    study = Study(city=city, walker=walker, settings=_settings(given, walker.name, cutoffs_min, open_at, draws))
    for name, compute in STAGES.items():
        if on_stage is not None:
            on_stage(name)
        compute(study)
    _warn(study.findings)
    return Result(
        city=study.city,
        settings=study.settings,
        profile=study.walker,
        demand=study.demand,
        facilities=study.facilities,
        reach=study.reach,
        isochrones=study.isochrones,
        coverage=study.coverage,
        gaps=study.gaps,
        findings=study.findings,
        record=record_of(study),
        hours=study.hours,
        estates=study.estates,
        subdistricts=study.subdistricts,
        routes=study.routes,
        capacity=study.capacity,
        ledger=study.ledger,
        attribution=study.attribution,
        actions=study.actions,
        robustness=study.robustness,
        stability=study.stability,
        equity=study.equity,
        typology=study.typology,
        circle_cut=study.circle_cut,
    )


def walker_of(settings: Settings) -> WalkProfile:
    """The profile of the settings, at their own speed where they have one."""
    walker = catalog.profile(settings.profile)
    return walker if settings.speed_mps is None else replace(walker, speed_mps=settings.speed_mps)


def _settings(
    given: Settings,
    profile: str,
    cutoffs_min: tuple[float, ...] | None,
    open_at: Moment | str | None,
    draws: int | None,
) -> Settings:
    changes: dict[str, Any] = {"profile": profile}
    if cutoffs_min is not None:
        changes["cutoffs_min"] = cutoffs_min
    if open_at is not None:
        changes["open_at"] = moment(open_at)
    if draws is not None:
        changes["draws"] = draws
    return replace(given, **changes)


def _warn(findings: tuple[Finding, ...]) -> None:
    serious = [finding for finding in findings if finding.severity != "note"]
    if serious:
        first = serious[0].message_zh, str(serious[0])
        warn_of("findings_serious", stacklevel=3, count=len(serious), first=first)
