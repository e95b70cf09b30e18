"""Two results, from wherever they came -> what changed between them; several schemes side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from circle15.errors import SettingError
from circle15.model.results import Analysis, City
from circle15.model.runs import EQUITY_FIGURES, Comparison, SavedRun, Schemes
from circle15.model.scenario import Scenario
from circle15.planning.scenario import apply
from circle15.refusals import refusal
from circle15.render.tables.frames import gap_table
from circle15.render.tables.ledger import ledger_table
from circle15.sources.saved_runs import read_run
from circle15.study.analysis import analyse
from circle15.study.comparison import compare as compare_saved

__all__ = ["compare", "compare_runs", "compare_schemes", "run_of"]

Comparable: TypeAlias = Analysis | SavedRun | Scenario | City | str | Path
"""What can be compared: an analysis, a saved run or its folder, a city, or a scenario of one."""


def compare_runs(before: str | Path, after: str | Path) -> Comparison:
    """What changed between two saved runs: years, schemes, settings.

    Parameters
    ----------
    before, after
        Folders that :func:`circle15.render.folder.save` wrote.

    Returns
    -------
    Comparison
        Settings that differ, inputs that changed, people covered and uncovered, ranks, verdicts.

    Raises
    ------
    InputError
        If a folder holds no finished run, or one of another version.
    """
    return compare_saved(read_run(before), read_run(after))


def compare(before: Comparable, after: Comparable, *, city: City | None = None) -> Comparison:
    """What changed between two results, from wherever they come.

    Parameters
    ----------
    before, after
        Analyses, saved runs or their folders, scenarios, or cities that are still to be analysed.
    city
        That scenarios are laid over.

    Returns
    -------
    Comparison
        People, verdicts that turned, clauses, equity, ranks; settings and inputs that differ.

    Raises
    ------
    SettingError
        If a scenario is given and no city.
    InputError
        As :func:`compare_runs` and :func:`circle15.planning.scenario.application.apply`.
    """
    return compare_saved(_run(before, city), _run(after, city))


def compare_schemes(base: Comparable, schemes: Sequence[Comparable], *, city: City | None = None) -> Schemes:
    """Several schemes side by side, each against one base.

    Parameters
    ----------
    base
        The city as it is, as for :func:`compare`.
    schemes
        As for :func:`compare`; of one name each.
    city
        That scenarios are laid over.

    Returns
    -------
    Schemes
        One table by service, one by scheme, and every comparison.

    Raises
    ------
    SettingError
        If two schemes bear one name, or a scenario is given and no city.
    """
    first = _run(base, city)
    runs = [_run(scheme, city) for scheme in schemes]
    names = [run.name for run in (first, *runs)]
    if len(set(names)) < len(names):
        raise refusal("schemes_names", error=SettingError, names=", ".join(names))
    comparisons = [compare_saved(first, run) for run in (first, *runs)]
    told = _side_by_side([first, *runs], [comparison.told or comparison for comparison in comparisons])
    return replace(_side_by_side([first, *runs], comparisons), told=told)


def _side_by_side(runs: Sequence[SavedRun], comparisons: Sequence[Comparison]) -> Schemes:
    """Runs with their comparisons with the first."""
    frame = pd.concat([_totals(run.name, comparison) for run, comparison in zip(runs, comparisons, strict=True)])
    sums = frame.groupby(level="scheme", sort=False)[["uncovered", "uncovered_change"]].sum()
    facts = pd.DataFrame([_facts(run, comparison) for run, comparison in zip(runs, comparisons, strict=True)])
    schemes = {run.name: comparison for run, comparison in zip(runs[1:], comparisons[1:], strict=True)}
    return Schemes(base=runs[0].name, frame=frame, schemes=facts.set_index("scheme").join(sums), comparisons=schemes)


def _totals(name: str, comparison: Comparison) -> pd.DataFrame:
    columns = {"share_after": "share", "uncovered_after": "uncovered", "uncovered_change": "uncovered_change"}
    table = comparison.totals[list(columns)].rename(columns=columns)
    return pd.concat({name: table}, names=["scheme"])


def _facts(run: SavedRun, comparison: Comparison) -> dict[str, Any]:
    """What is said of a scheme as a whole."""
    plan: Mapping[str, Any] = run.record.get("scenario") or {}
    turned = {"turned_pass": 0, "turned_fail": 0}
    if len(comparison.verdicts):
        became = comparison.verdicts["verdict_after"]
        turned = {f"turned_{word}": int((became == word).sum()) for word in ("pass", "fail")}
    return {
        "scheme": run.name,
        "parent": str(plan.get("parent", "")),
        "changes": len(plan.get("changes", ())),
        **turned,
    }


# -- From wherever it comes --------------------------------------------------------------------------


def _run(given: Comparable, city: City | None) -> SavedRun:
    """A result as a run."""
    if isinstance(given, SavedRun):
        return given
    if isinstance(given, str | Path):
        return read_run(given)
    if isinstance(given, Scenario):
        if city is None:
            raise refusal("compare_city", error=SettingError, name=given.name)
        return run_of(analyse(apply(city, given)), name=given.name)
    return run_of(analyse(given) if isinstance(given, City) else given)


def run_of(analysis: Analysis, *, name: str = "") -> SavedRun:
    """An analysis as a run that was saved and read back: the same figures, to the same digits, equity of bundles.

    Parameters
    ----------
    analysis
        What :func:`circle15.analyse` returned.
    name
        Of the run; by default that of its scenario, else of its city.
    """
    plan = analysis.city.scenario
    ledger = ledger_table(analysis) if len(analysis.ledger) else pd.DataFrame()
    spread = analysis.equity.told
    equity = pd.DataFrame() if spread is None else spread.frame
    return SavedRun(
        name=name or (plan.name if plan is not None else analysis.city.title_zh),
        record=analysis.record,
        gaps=_indexed(gap_table(analysis), ["community_id", "service"]),
        ledger=_indexed(ledger, ["level", "unit_id", "clause_id"]) if len(ledger) else ledger,
        equity=equity[list(EQUITY_FIGURES)] if len(equity) else pd.DataFrame(),
    )


def _indexed(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return table.assign(**{key: table[key].astype(str) for key in keys}).set_index(keys).sort_index()
