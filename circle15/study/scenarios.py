"""Saved scenarios computed again: the city as each would have it, and what that changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from circle15.errors import InputError
from circle15.hours.opening import moment
from circle15.model.results import City
from circle15.model.runs import Comparison, Schemes
from circle15.model.scenario import SavedScenario, Scenario
from circle15.planning.scenario import apply
from circle15.planning.scenario.matching import fitting, located, saved_scenario
from circle15.refusals import refusal
from circle15.render.report.files import save_report
from circle15.render.scenario_file import scenario_file
from circle15.render.schemes import save_schemes
from circle15.render.tables.comparison import save_comparison
from circle15.render.words import both
from circle15.sources.scenario_files import read_scenario
from circle15.study.analysis import Result, analyse
from circle15.study.comparing import compare_schemes, run_of

__all__ = ["Replay", "replay", "save_replays"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """A scenario computed again.

    Attributes
    ----------
    file
        That it was read from.
    saved
        What the file holds, with the numbers that its author saw.
    scenario
        As it was laid over the city.
    moves
        What was found again under another id or at another place
        (:data:`circle15.planning.scenario.matching.MOVES`).
    base
        The city as it is.
    result
        The city as the scenario would have it.
    comparison
        From the city as it is to the scenario.
    """

    file: Path
    saved: SavedScenario
    scenario: Scenario
    moves: pd.DataFrame
    base: Result
    result: Result
    comparison: Comparison

    @property
    def seen_otherwise(self) -> dict[str, tuple[float, float, float, float]]:
        """Services of which the author saw other numbers: ``before`` and ``after`` then, and now."""
        totals: Any = self.comparison.totals
        told = {}
        for service, seen in self.saved.seen.items():
            if service in totals.index:
                before, after = (float(totals.loc[service, f"uncovered_{when}"]) for when in ("before", "after"))
                told[service] = (seen["before"], seen["after"], before, after)
        return {key: row for key, row in told.items() if max(abs(row[0] - row[2]), abs(row[1] - row[3])) > 0.5}


def replay(
    city: City,
    files: Sequence[str | Path],
    *,
    place_again: bool = False,
    draws: int | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> tuple[list[Replay], Schemes]:
    """Compute saved scenarios again, all with the settings of the first file.

    Parameters
    ----------
    city
        As it was read.
    files
        Of scenarios (:func:`circle15.sources.scenario_files.read_scenario`).
    place_again
        Accept inputs that have changed, and look for each thing again.
    draws, on_stage
        As for :func:`circle15.study.analysis.analyse`.

    Returns
    -------
    (list of Replay, Schemes)
        Each scenario, and all of them side by side.

    Raises
    ------
    InputError
        If a file cannot be read or does not fit the city, two are called alike, or their settings differ.
    """
    paths = [Path(file) for file in files]
    saved = [read_scenario(path) for path in paths]
    _check_together(paths, saved)
    fitted = [
        fitting(one, city, file=path.name, place_again=place_again) for one, path in zip(saved, paths, strict=True)
    ]
    start = _with_settings(city, saved[0].settings)
    placed = [located(city, scenario) for scenario, _ in fitted]  # so that the map can show where each change is
    changed = [apply(start, scenario) for scenario in placed]  # what cannot be is refused before the long work
    base = analyse(start, draws=draws, on_stage=on_stage)
    results = [analyse(scheme, draws=draws, on_stage=on_stage) for scheme in changed]
    runs = [run_of(result, name=one.scenario.name) for result, one in zip(results, saved, strict=True)]
    schemes = compare_schemes(run_of(base, name=str(both("scheme_base"))), runs)
    made = [
        Replay(
            file=path,
            saved=one,
            scenario=scenario,
            moves=moves,
            base=base,
            result=result,
            comparison=schemes.comparisons[one.scenario.name],
        )
        for path, one, scenario, (_, moves), result in zip(paths, saved, placed, fitted, results, strict=True)
    ]
    return made, schemes


def _check_together(paths: Sequence[Path], saved: Sequence[SavedScenario]) -> None:
    """Refuse scenarios that cannot stand side by side."""
    for names in ([path.stem for path in paths], [one.scenario.name for one in saved]):
        if len(set(names)) < len(names):
            raise refusal("schemes_names", error=InputError, names=", ".join(names))
    for path, one in zip(paths, saved, strict=True):
        if one.settings != saved[0].settings:
            raise refusal("schemes_settings", error=InputError, file=path.name, other=paths[0].name)


def _with_settings(city: City, given: Mapping[str, Any]) -> City:
    """The city with the settings that the author of a scenario had."""
    if not given:
        return city
    when = moment(given.get("open_at"))
    known = {key: given[key] for key in ("profile", "cutoffs_min", "max_snap_m")}
    return replace(city, settings=replace(city.settings, **known, open_at=when))


def save_replays(
    replays: Sequence[Replay], schemes: Schemes, folder: str | Path, *, on_stage: Callable[[str], None] | None = None
) -> list[Path]:
    """Write each scenario's outputs, its comparison with the city as it is, and its file with the numbers seen now.

    Parameters
    ----------
    replays, schemes
        From :func:`replay`.
    folder
        Of one scenario, its own; of several each has one below it, named like its file, and ``schemes.xlsx`` with its
        chart stands beside them.
    on_stage
        Called with ``save`` and ``report`` as they begin.

    Returns
    -------
    list of Path
        Folder of each scenario.

    Raises
    ------
    OutputError
        If a library or a Chinese font is missing, or a file cannot be written.
    """
    folder, begin = Path(folder), on_stage or (lambda _stage: None)
    homes = [folder if len(replays) == 1 else folder / one.file.stem for one in replays]
    for one, home in zip(replays, homes, strict=True):
        begin("save")
        one.result.save(home, base=one.base)
        save_comparison(one.comparison, home)
        scenario_file(_seen_now(one), home / "scenario.json")
        begin("report")
        save_report(one.result, home, comparison=one.comparison)
    if len(replays) > 1:
        save_schemes(schemes, folder)
    return homes


def _seen_now(one: Replay) -> SavedScenario:
    """The scenario with the inputs and the numbers of today."""
    totals: Any = one.comparison.totals
    seen = {
        str(service): {when: round(float(totals.loc[service, f"uncovered_{when}"]), 3) for when in ("before", "after")}
        for service in totals.index
    }
    base = one.base.city
    return saved_scenario(base, one.scenario, settings=base.settings, seen=seen)
