"""The ledger as it may be told: verdicts as letters, figures that tell of no few people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.rural import area_keys
from circle15.model import Analysis
from circle15.model.limits import FEWEST
from circle15.model.norms import Ledger, Rule
from circle15.model.placed import determined
from circle15.model.units import LEVELS, Units, units_of
from circle15.render.published.gaps import public_sums, sum_ends, told_communities
from circle15.render.published.privacy import (
    SUPPRESSED,
    public_shares,
    public_tens,
    public_total,
    tells_too_much,
)

__all__ = ["EXPOSURE", "HIDDEN", "clause_tables", "levels_of", "public_verdicts", "without_people"]

Exposure = Literal["people", "households", "per_household", "registered", "people_count", "per_elder", "staff", "plain"]
Numbers = NDArray[np.float64]


class _Told(NamedTuple):
    """Of one clause and each unit of its level the verdict (``""`` for none) and the figure or its bounds, as told."""

    verdicts: NDArray[np.object_]
    observed: Numbers
    low: Numbers
    high: Numbers


EXPOSURE: Mapping[str, Exposure] = {
    "people_in_reach": "people",
    "people_in_reach_open": "people",
    "people_in_reach_or_delivery": "people",
    "people_within_distance": "people",
    "services_in_reach": "people",
    "grid_coverage": "households",
    "area_per_100_households": "per_household",
    "area_per_100_registered_households": "per_household",
    "funding_per_100_households": "per_household",
    "funding_per_100_registered_households": "per_household",
    "households_per_grid": "per_household",
    "capacity_per_1000_elders": "per_elder",
    "registered_share": "registered",
    "workers_per_10000": "staff",
    "workers_per_10000_registered": "staff",
    "certified_worker_share": "staff",
    "certified_per_10000": "staff",
    **dict.fromkeys(("people_per_facility", "agents", "community_people", "community_households"), "people_count"),
    **dict.fromkeys(
        (
            "residential_land_in_reach", "residential_land_within_distance",
            "facility_capacity", "facility_count", "floor_area", "open_hours_per_day", "open_hours_at_weekend",
            "area_per_community", "functions_configured", "functions_counted", "organisations_per_community",
            "grids_required", "grid_staffing", "one_stop", "full_agency", "general_service", "service_items",
            "deliberation", "resident_use_share", "office_share", "compliance_rate",
        ),
        "plain",
    ),
}  # fmt: skip
"""What a measure's figure tells of people. The figure of a measure that does not stand here is not published."""


HIDDEN = "hidden"
"""Verdict that would tell of a few people."""
_FIGURES = ("observed", "observed_low", "observed_high")


def without_people(rules: Iterable[Rule]) -> set[str]:
    """Clauses whose verdicts tell nothing of people, nor of verdicts that do."""
    return {
        rule.clause_id for rule in rules if EXPOSURE.get(rule.measure) == "plain" and rule.measure != "compliance_rate"
    }


def levels_of(analysis: Analysis) -> dict[str, Units]:
    """The units of each level by its name."""
    return {level: units_of(analysis.city.communities, level) for level in LEVELS}


def _places(ledger: Ledger) -> dict[str, NDArray[np.int64]]:
    """By clause the places of its rows, of the level that it is asked of."""
    level = {rule.clause_id: rule.level for rule in ledger.rules}
    clause = ledger.frame.index.get_level_values("clause_id")
    own = np.flatnonzero(ledger.frame.index.get_level_values("level") == clause.map(level))
    return {str(key): own[rows] for key, rows in pd.Series(own).groupby(clause[own], sort=False).indices.items()}


def clause_tables(ledger: Ledger) -> dict[str, pd.DataFrame]:
    """Rows of each clause on ``unit_id``, of the level that it is asked of."""
    plain = ledger.frame.set_axis(ledger.frame.index.get_level_values("unit_id"), axis=0)
    return {clause: plain.iloc[rows] for clause, rows in _places(ledger).items()}


def _numbers(rule: Rule, table: pd.DataFrame) -> list[str]:
    """The numbers of things that comply, where these are no persons."""
    shown = EXPOSURE.get(rule.measure) in {"plain", "per_household"} and "feasible" in table
    return table["feasible"].fillna("").astype(str).tolist() if shown else [""] * len(table)


def public_verdicts(analysis: Analysis, cells: pd.DataFrame) -> pd.DataFrame:
    """The ledger's verdicts and figures as they may be told.

    Parameters
    ----------
    analysis
        What to tell.
    cells
        From :func:`~circle15.render.published.gaps.public_cells`.

    Returns
    -------
    pandas.DataFrame
        The ledger's frame; ``verdict`` may be ``"hidden"``; ``observed``, ``observed_low`` and ``observed_high`` are
        NaN where no figure is told, and of shares of people whole percent,
        :data:`~circle15.render.published.privacy.NEARLY_ALL` or
        :data:`~circle15.render.published.privacy.NEARLY_NONE`; ``feasible`` is empty where it would count persons;
        ``partly``: decided although no figure is known. Of communities of which nothing is told there is no walk.
    """
    found = analysis.ledger
    if not len(found):
        return found.frame
    levels, tables = levels_of(analysis), clause_tables(found)
    verdict = found.frame["verdict"].to_numpy(dtype=object).copy()
    figures = {column: np.full(len(found.frame), np.nan) for column in _FIGURES}
    numbers = np.full(len(found.frame), "", dtype=object)
    told, places = _published(analysis, cells, levels, tables), _places(found)
    for rule in (rule for rule in found.rules if rule.clause_id in told):
        verdicts, *published = told[rule.clause_id]
        rows, table = places[rule.clause_id], tables[rule.clause_id]
        unit = levels[rule.level].ids.get_indexer(table.index)
        verdict[rows] = verdicts[unit]
        for column, values in zip(_FIGURES, published, strict=True):
            figures[column][rows] = values[unit]
        numbers[rows] = _numbers(rule, table)
    partly = found.frame["observed"].isna() & np.isin(verdict, ["pass", "fail"])
    frame = found.frame.assign(verdict=verdict, feasible=numbers, partly=partly, **figures)
    walks = [column for column in ("route_min", "route_m") if column in frame]
    silent = analysis.city.communities.frame.index.difference(told_communities(analysis))
    frame.loc[frame.index.get_level_values("unit_id").isin(silent), walks] = np.nan
    return frame


def _published(
    analysis: Analysis, cells: pd.DataFrame, levels: Mapping[str, Units], tables: Mapping[str, pd.DataFrame]
) -> dict[str, _Told]:
    """Verdicts and figures by clause; a rate neither tells the verdict of a community where that is withheld."""
    rules = [rule for rule in analysis.ledger.rules if rule.clause_id in tables]
    told = {rule.clause_id: _told(analysis, rule, levels[rule.level], tables[rule.clause_id]) for rule in rules}
    for rule in rules:
        if rule.level != "community" and EXPOSURE.get(rule.measure) in {"people", "households"}:
            units, own = levels[rule.level], told[rule.clause_id]
            several = np.bincount(units.code[units.code >= 0], minlength=len(units.ids)) > 1
            asks = _asks_cells(analysis, rule) and not _scoped(rule, units, analysis.city.communities.frame)
            told[rule.clause_id] = (
                _of_sums(analysis, rule, units, cells, own, several)
                if asks
                else _withheld(own, tables[rule.clause_id].reindex(units.ids), several)
            )
    for rule in rules:
        if rule.measure == "compliance_rate":
            told[rule.clause_id] = _rate(rule, levels[rule.level], told[rule.clause_id], told)
    return told


def _told(analysis: Analysis, rule: Rule, units: Units, table: pd.DataFrame) -> _Told:
    """A range follows the rules of a figure at both of its ends; one from nobody to everybody says nothing."""
    table = table.reindex(units.ids)
    verdicts = table["verdict"].fillna("").to_numpy(dtype=object).copy()
    exact = [table[column].to_numpy(dtype=np.float64) if column in table else np.full(len(table), np.nan)
             for column in _FIGURES]  # fmt: skip
    whole = table["whole"].to_numpy(dtype=np.float64) if "whole" in table else np.full(len(table), np.nan)
    (observed, no_figure), (low, no_low), (high, no_high) = (
        _public(analysis, rule, units, values, whole) for values in exact
    )
    judged = np.isin(verdicts, ["pass", "fail", "shown"])
    withheld = no_figure | no_low | no_high
    verdicts[judged & withheld] = HIDDEN
    closed = np.isfinite(exact[2])
    ranged = np.isfinite(exact[1]) & np.isfinite(low) & (np.isfinite(high) | ~closed) & ~withheld
    if rule.unit == "%":
        ranged &= (exact[1] > 0) | ~(exact[2] >= 100)
    return _Told(
        verdicts,
        np.where(judged, observed, np.nan),
        np.where(ranged, low, np.nan),
        np.where(ranged & closed, high, np.nan),
    )


def _rate(rule: Rule, units: Units, own: _Told, told: Mapping[str, _Told]) -> _Told:
    """A rate without its figure where a verdict under it is withheld, without its verdict where that tells of it."""
    parts = np.array([told[clause].verdicts for clause in rule.of if clause in told], dtype=object)
    verdicts = own.verdicts.copy()
    observed, low, high = own.observed.copy(), own.low.copy(), own.high.copy()
    if not len(parts):
        return own
    asked = (parts != "").any(axis=0)
    failed, hidden = (parts == "fail").any(axis=0), (parts == HIDDEN).any(axis=0)
    sure = np.isin(parts, ["pass", ""]).all(axis=0)
    for unit in range(len(units.ids)):
        mine = asked & (units.code == unit)
        if not (hidden & ~failed & mine).any():
            continue
        observed[unit] = low[unit] = high[unit] = np.nan
        maybe = np.isin(parts, ["pass", HIDDEN, ""]).all(axis=0)
        ends = [100.0 * (one & mine).sum() / mine.sum() for one in (sure, maybe)]
        if rule.judges and verdicts[unit] in {"pass", "fail"} and rule.passes(ends[0]) != rule.passes(ends[1]):
            verdicts[unit] = HIDDEN
    return _Told(verdicts, observed, low, high)


def _public(
    analysis: Analysis, rule: Rule, units: Units, observed: Numbers, whole: Numbers
) -> tuple[Numbers, NDArray[np.bool_]]:
    """Observed figures as they are published, and where not even the verdict is."""
    exposure = EXPOSURE.get(rule.measure)
    frame = analysis.city.communities.frame
    if exposure in {"people", "households"}:
        each = _placed(analysis, rule.people) if exposure == "people" else _column(frame, "households")
        of = whole / max(1, len(rule.services)) if rule.measure == "services_in_reach" else whole
        total = np.where(np.isfinite(of), of, units.total(each))
        everyone = units.total(np.nan_to_num(_column(frame, rule.people))) if exposure == "people" else total
        if exposure == "people" and rule.people == "population":
            # Those aged 60+ live in the same parts, and tens of all would tell of them more finely than their own.
            elders = units.total(_placed(analysis, "pop_60plus"))
            fewer = (elders > 0) & (elders < total)
            everyone = np.where(fewer, units.total(np.nan_to_num(_column(frame, "pop_60plus"))), everyone)
            total = np.where(fewer, elders, total)
        told, few = _share(rule, total, observed, everyone=everyone, scoped=_scoped(rule, units, frame))
        return told, few
    match exposure:
        case "plain":
            told = observed
        case "per_household":
            homes = "households_registered" if "registered" in rule.measure else "households"
            told = _per_head(units.total(_column(frame, homes)), observed)
        case "per_elder":
            elders = units.total(_column(frame, "pop_60plus"))
            return _per_head(elders, observed), ~(elders >= FEWEST)
        case "registered":
            registered, everyone = (
                units.total(_column(frame, name)) for name in ("population_registered", "population")
            )
            told = _registered(registered, everyone)
        case "people_count":
            tens = public_tens(np.nan_to_num(observed))
            told = np.where(np.isfinite(observed) & (tens != SUPPRESSED), tens, np.nan).astype(np.float64)
        case "staff":
            workers, certified = (units.total(_column(frame, name)) for name in ("workers", "workers_certified"))
            told = _staff(rule, workers, certified, observed)
            if rule.measure.endswith("registered"):
                told = _per_head(units.total(_column(frame, "population_registered")), told)
        case _:
            told = np.full(len(observed), np.nan)
    return told, np.zeros(len(observed), dtype=bool)


def _column(frame: pd.DataFrame, name: str) -> Numbers:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(pd.to_numeric(frame[name], errors="coerce"), dtype=np.float64)


def _placed(analysis: Analysis, people: str) -> Numbers:
    """People of each community who stand on a street that hangs together with others, where a ledger has no whole."""
    demand, ids = analysis.demand.frame, analysis.city.communities.frame.index
    if people not in demand:
        return np.full(len(ids), np.nan)
    status = analysis.demand.positions.status
    known = determined(status, np.zeros(len(status), dtype=bool))
    owner = ids.get_indexer(demand["community_id"])
    standing = demand[people].to_numpy(dtype=np.float64) * known
    return np.bincount(owner, weights=standing, minlength=len(ids)).astype(np.float64)


def _scoped(rule: Rule, units: Units, frame: pd.DataFrame) -> bool:
    """Whether a rule speaks of some communities of a unit only, so that the unit's people are not its total."""
    if units.level == "community":
        return False
    sized = rule.people_from is not None or rule.people_below is not None
    return sized or (rule.scope != "all" and bool((area_keys(frame) != rule.scope).any()))


def _share(
    rule: Rule, total: Numbers, observed: Numbers, *, everyone: Numbers, scoped: bool
) -> tuple[Numbers, NDArray[np.bool_]]:
    few = ~(total >= FEWEST)
    if scoped:
        return np.full(len(observed), np.nan), few
    least = -np.inf if rule.least is None else rule.least + (2e-9 if rule.more_than is not None else 0.0)
    most = np.inf if rule.at_most is None else rule.at_most
    share = observed / 100
    telling = tells_too_much(total, share, lambda percent: (percent >= least - 1e-9) & (percent <= most + 1e-9))
    return public_shares(total, share, everyone=everyone), few | (
        telling if rule.judges else np.zeros(len(observed), dtype=bool)
    )


def _asks_cells(analysis: Analysis, rule: Rule) -> bool:
    """Whether a rule asks of several communities what the cells tell of each."""
    asks = rule.measure == "people_in_reach" and rule.people == "pop_60plus" and len(rule.services) == 1
    if not asks or rule.level == "community" or rule.tiers or rule.metres is not None:
        return False
    return rule.minutes in analysis.settings.cutoffs_min and rule.services[0] in analysis.coverage.services


def _withheld(own: _Told, table: pd.DataFrame, several: NDArray[np.bool_]) -> _Told:
    """A share of several communities that the cells do not tell has no figure, and a verdict if nobody or all are in.

    Whoever knows by the streets that all people of the others are in, or none, would read one community's from it.
    """
    known = table[[column for column in _FIGURES if column in table]].to_numpy(dtype=np.float64)
    part = several & (np.isfinite(known) & (known > 0) & (known < 100)).any(axis=1)
    verdicts = np.where(part & np.isin(own.verdicts, ["pass", "fail", "shown"]), HIDDEN, own.verdicts)
    figures = {side: np.where(part, np.nan, getattr(own, side)) for side in ("observed", "low", "high")}
    return own._replace(verdicts=verdicts, **figures)


def _of_sums(
    analysis: Analysis, rule: Rule, units: Units, cells: pd.DataFrame, own: _Told, several: NDArray[np.bool_]
) -> _Told:
    """Shares of several communities: made of what the cells tell of each, so that none of these is what a sum leaves.

    A verdict is told where it is the same whatever numbers the cells leave possible.
    """
    ids = analysis.city.communities.frame.index
    groups = pd.Series(units.ids.to_numpy()[units.code], index=ids).where(units.code >= 0)
    step = f"uncovered_{list(analysis.settings.cutoffs_min).index(rule.minutes or 0.0)}"
    sums = public_sums(analysis, cells, groups).xs(rule.services[0], level=1).reindex(units.ids)
    placed, out = sums["placed"].to_numpy(), sums[step].to_numpy()
    share = np.rint(100 * (1 - out / np.maximum(placed, FEWEST)))
    share = np.where(out > 0, np.minimum(share, 99), 100)
    share = np.where(out < placed, np.maximum(share, 1), 0)
    observed = np.where(np.isfinite(own.observed) & (placed >= FEWEST), share, own.observed)
    ends = sum_ends(analysis, cells, groups, rule.services[0], step).reindex(units.ids)
    same = [rule.passes(100 * low) == rule.passes(100 * high) for low, high in ends.itertuples(index=False)]
    unsure = several & ~np.array(same, dtype=bool) & np.isin(own.verdicts, ["pass", "fail"])
    return own._replace(verdicts=np.where(unsure, HIDDEN, own.verdicts), observed=observed)


def _per_head(heads: Numbers, observed: Numbers) -> Numbers:
    """A figure by households, or by registered people, as if these were the tens of them that are public."""
    tens = public_tens(np.nan_to_num(heads)).astype(np.float64)
    as_told: Numbers = observed * heads / np.maximum(tens, FEWEST)
    return np.where(tens >= FEWEST, as_told, np.nan)


def _registered(registered: Numbers, population: Numbers) -> Numbers:
    everyone = public_total(np.nan_to_num(population))
    tens = public_tens(np.nan_to_num(registered)).astype(np.float64)
    known = np.isfinite(registered) & (tens != SUPPRESSED) & (everyone >= FEWEST)
    return np.where(known, np.rint(100 * tens / np.maximum(everyone, FEWEST)), np.nan)


def _staff(rule: Rule, workers: Numbers, certified: Numbers, observed: Numbers) -> Numbers:
    """Figures of staff, except where they tell of one to nine persons."""
    groups: Sequence[Numbers] = [workers]
    if rule.measure == "certified_worker_share":
        groups = [workers, certified, workers - certified]
    elif rule.measure == "certified_per_10000":
        groups = [certified]
    few = np.any([~np.isfinite(group) | ((group > 0) & (group < FEWEST)) for group in groups], axis=0)
    return np.where(few, np.nan, observed)
