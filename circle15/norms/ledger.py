"""Norm books -> the ledger: every clause judged for every community, subdistrict or city it speaks of.

A verdict is never guessed: where a figure, a list or a measure is missing it is *undetermined*, and the ledger says
what to supply. Upper tiers do not stand in for lower ones (GB 50180-2018, 5.0.2): a clause that names tiers counts
those alone. Rates of a subdistrict or city that are partly unknown are judged only where the unknown cannot change
the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.norm_books import check_rates, measures
from circle15.kernels.ragged import order_by_id
from circle15.model.norms import Ledger, Rule
from circle15.model.units import LEVELS, Units, units_of
from circle15.model.verdicts import Routes
from circle15.norms.ground import Ground
from circle15.norms.measures import MEASURES, Figures, counted, measured
from circle15.norms.whole_numbers import Feasible, feasible

__all__ = ["judge", "with_evidence"]

_COLUMNS = (
    "observed", "observed_low", "observed_high", "whole", "at_least", "more_than", "at_most", "unit", "feasible",
    "verdict", "standing", "lacks", "facility_id", "route_min", "route_m", "floor_area_m2", "source", "source_date",
)  # fmt: skip
_FIGURES = ("observed", "observed_low", "observed_high")
_DECIMALS = 9

Mask = NDArray[np.bool_]
Words = NDArray[np.object_]
_Found: TypeAlias = dict[str, NDArray[Any]]
"""What was found of the units of one clause: :data:`_EMPTY`'s columns, all of one length."""

_EMPTY: dict[str, Any] = (
    dict.fromkeys(("level", "unit_id"), "")
    | dict.fromkeys((*_FIGURES, "whole"), np.nan)
    | dict.fromkeys(("feasible", "verdict", "lacks", "facility_id"), "")
)

WALKS = frozenset(
    {
        "people_in_reach", "people_in_reach_or_delivery", "people_in_reach_open", "people_within_distance",
        "services_in_reach", "residential_land_in_reach", "residential_land_within_distance",
    }
)  # fmt: skip
"""Measures that ask who can walk there: they rest on the nearest facility of the typical home."""


def judge(ground: Ground, rules: Sequence[Rule], *, routes: Routes | None = None) -> Ledger:
    """Judge every rule for every unit it speaks of.

    Parameters
    ----------
    ground
        Communities, facilities, demand and streets.
    rules
        From one or more books (:func:`circle15.catalog.norm_books.all_rules`).
    routes
        Typical walks, for the evidence; see :func:`with_evidence`.

    Returns
    -------
    Ledger
        Rows in the order of the rules, then of the units' ids.

    Raises
    ------
    NormError
        If a rate counts a rule that is not there, or one that it cannot count.
    """
    check_rates(rules)
    levels = {level: units_of(ground.communities, level) for level in LEVELS}
    judged: dict[str, _Found] = {}
    for rule in sorted(rules, key=lambda rule: rule.measure == "compliance_rate"):
        units = levels[rule.level]
        asked = _asked(ground, rule, units)
        if rule.measure == "compliance_rate":
            table = _rates(ground, rule, asked, units, {one.clause_id: one for one in rules}, judged)
        else:
            table = _judged(ground, rule, asked, units)
        judged[rule.clause_id] = _sorted(_joined([table, _nowhere(ground, asked, units)]))
    frame = _table(rules, [judged[rule.clause_id] for rule in rules])
    return with_evidence(Ledger(frame=frame, rules=tuple(rules)), ground, routes or Routes())


def _found(level: str, unit_ids: Sequence[str] | Words, **columns: Any) -> _Found:
    """Columns for so many units: what is not given is not known, or nothing."""
    given = _EMPTY | {"level": level, "unit_id": unit_ids} | columns
    return {
        column: np.full(len(unit_ids), cells, dtype=object if isinstance(_EMPTY[column], str) else float)
        for column, cells in given.items()
    }


def _joined(tables: Sequence[_Found]) -> _Found:
    filled = [table for table in tables if len(table["unit_id"])] or tables[:1] or [_found("", [])]
    return {column: np.concatenate([table[column] for table in filled]) for column in _EMPTY}


def _sorted(table: _Found) -> _Found:
    """Rows in the order of levels and ids."""
    keys = list(zip(table["level"], table["unit_id"], strict=True))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return {column: values[order] for column, values in table.items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Asked:
    """``bool[c]``: communities of which a rule speaks, or perhaps does, for want of what ``lacks`` names."""

    sure: Mask
    doubtful: Mask
    lacks: Words

    def code(self, units: Units) -> NDArray[np.int64]:
        """The unit of each community that the rule speaks of, or may speak of; -1 for others."""
        return np.where(self.sure | self.doubtful, units.code, -1)


def _asked(ground: Ground, rule: Rule, units: Units) -> _Asked:
    """Communities that a rule speaks of: by town or country, and by the size that it names."""
    area, people = ground.areas, ground.population
    blank = (area == "") & (rule.scope != "all")
    sized = rule.people_from is not None or rule.people_below is not None
    uncounted = np.isnan(people) & sized
    least, below = rule.people_from or 0.0, np.inf if rule.people_below is None else rule.people_below
    speaks = blank | (area == rule.scope) | (rule.scope == "all")
    speaks &= uncounted | ((people >= least) & (people < below)) | (not sized)
    sure = speaks & ~blank & ~uncounted
    doubtful = speaks & ~sure
    if _gathers(rule):  # one community that the rule speaks of is enough
        doubtful &= ~np.isin(units.code, units.code[sure & (units.code >= 0)])
    lacks = np.where(uncounted, np.where(blank, "population, rural", "population"), "rural").astype(object)
    return _Asked(sure=sure, doubtful=doubtful, lacks=lacks)


def _gathers(rule: Rule) -> bool:
    """Whether a rule asks what stands anywhere in a unit of several communities."""
    return rule.level != "community" and measures()[rule.measure].stands


def _nowhere(ground: Ground, asked: _Asked, units: Units) -> _Found:
    """Communities that a rule speaks of, and that name no unit of its level: undetermined, as communities."""
    rows = np.flatnonzero((asked.sure | asked.doubtful) & (units.code < 0))
    ids = ground.communities.frame.index[rows].astype(str)
    return _found("community", ids.to_numpy(dtype=object), verdict="undetermined", lacks=units.level)


def _only_of_known(asked: _Asked, figures: Figures) -> Figures:
    """Figures without those of communities that a rule may speak of or not: what tells is to be supplied."""
    doubt = asked.doubtful
    if not doubt.any():
        return figures
    lacks = np.broadcast_to(np.asarray(figures.lacks, dtype=object), len(doubt))
    most = None if figures.most is None else np.where(doubt, np.nan, figures.most)
    part = np.where(doubt, np.nan, figures.part)
    return replace(figures, part=part, most=most, lacks=np.where(doubt, asked.lacks, lacks))


def _judged(ground: Ground, rule: Rule, asked: _Asked, units: Units) -> _Found:
    """Observed value and verdict of every unit."""
    code, names = asked.code(units), units.ids
    if rule.measure in MEASURES:
        here = ground.gathered(units.code, code >= 0) if _gathers(rule) else ground
        figures = _only_of_known(asked, measured(here, rule))
    else:
        figures = Figures(part=np.full(len(code), np.nan), lacks=f"measure: {rule.measure}")
    # Sums in the order of the ids: the order of rows must not change a last digit.
    rows = order_by_id(ground.communities.frame.index)
    rows = rows[code[rows] >= 0]
    at = code[rows]
    low = _summed(figures, figures.part, rows, at, len(names))
    high = low if figures.most is None else _summed(figures, figures.most, rows, at, len(names))
    unsure = np.isfinite(low) & (low != high)
    decided = np.where(unsure & ~_alike(rule, low, high), np.nan, low)
    observed = np.where(unsure, np.nan, low)  # a bound decides, and is no value
    there = np.unique(at)
    bottom, top = (np.where(unsure, bound, np.nan)[there] for bound in (low, high))
    whole = np.full(len(code), np.nan) if figures.whole is None else figures.whole
    numbers = _feasible(rule, figures, rows, at, len(names))
    spare = np.zeros(len(names)) if numbers is None else np.nan_to_num(numbers.spare)
    lacks = _missing(figures, rows, at)
    missing = np.array([lacks.get(int(unit), "people") for unit in there], dtype=object)
    return _found(
        rule.level,
        names.to_numpy(dtype=object)[there],
        observed=observed[there],
        observed_low=bottom,
        observed_high=top,
        whole=np.bincount(at, weights=whole[rows], minlength=len(names))[there],
        verdict=[_verdict(rule, decided[unit], spare[unit]) for unit in there],
        feasible="" if numbers is None else numbers.words()[there],
        lacks=np.where(unsure[there], figures.unsure, np.where(np.isfinite(observed[there]), "", missing)),
        facility_id=_evidence_ids(ground, figures, rows, at)[there],
    )


def _feasible(
    rule: Rule, figures: Figures, rows: NDArray[np.int64], at: NDArray[np.int64], size: int
) -> Feasible | None:
    """The numbers of things that a range can be met with, by unit; None for rules that no such number decides."""
    if not figures.counted or figures.whole is None or rule.least is None or rule.at_most is None:
        return None
    given = figures.part if figures.counted == "whole" else figures.whole
    sums = np.bincount(at, weights=given[rows], minlength=size).astype(np.float64)
    return feasible(rule, figures.counted, sums, figures.scale)


def _summed(
    figures: Figures, part: NDArray[np.float64], rows: NDArray[np.int64], at: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    """The value of every unit: parts over wholes, both summed; NaN where nothing can be said.

    Without the dust of binary fractions: 18.9 m2 for 63 households are 30 m2 for 100, not 29.999999999999996.
    """
    found = figures.scale * np.bincount(at, weights=part[rows], minlength=size)
    if figures.whole is not None:
        whole = np.bincount(at, weights=figures.whole[rows], minlength=size)
        found = np.divide(found, whole, out=np.full(size, np.nan), where=whole > 0)
    return np.asarray(np.round(found, _DECIMALS))


def _alike(rule: Rule, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a figure complies, or does not, wherever it lies between two bounds; an upper bound of NaN is none."""
    if not rule.judges:
        return low == high
    top = np.where(np.isnan(high), np.inf, high)
    both = [rule.passes(a) == rule.passes(b) for a, b in zip(low, top, strict=True)]
    # A range may be left and entered again between the bounds.
    below = np.zeros(len(low), dtype=bool)
    if rule.at_least is not None:
        below = (low < rule.at_least) & (top >= rule.at_least)
    elif rule.more_than is not None:
        below = (low <= rule.more_than) & (top > rule.more_than)
    return np.array(both, dtype=bool) & ~below


def _missing(figures: Figures, rows: NDArray[np.int64], at: NDArray[np.int64]) -> dict[int, str]:
    """What the communities of a unit have to supply, by unit."""
    blank = ~np.isfinite(figures.part) | (False if figures.whole is None else ~(figures.whole > 0))
    lacks = np.broadcast_to(np.asarray(figures.lacks, dtype=object), len(blank))[rows]
    words: dict[int, set[str]] = {}
    for unit, lack in zip(at[blank[rows]].tolist(), lacks[blank[rows]], strict=True):
        words.setdefault(unit, set()).update(lack.split(", "))
    return {unit: ", ".join(sorted(lacking)) for unit, lacking in words.items()}


def _verdict(rule: Rule, observed: float, spare: float = 0.0) -> str:
    """The verdict on a value; ``spare`` is how far outside the range even the nearest possible value lies."""
    if not np.isfinite(observed):
        return "undetermined"
    if not rule.judges:
        return "shown"
    nearest = spare > 0 and round(rule.beyond(observed), _DECIMALS) <= spare
    if rule.passes(observed) or nearest:
        return "pass"
    return "shown" if rule.status == "preferred" else "fail"


def _evidence_ids(
    ground: Ground, figures: Figures, rows: NDArray[np.int64], at: NDArray[np.int64]
) -> NDArray[np.object_]:
    """The facility that a unit's figure rests on: of several the first of its first community."""
    found = np.full(int(at.max(initial=-1)) + 1, "", dtype=object)
    if figures.facility is not None:
        mine = figures.facility[rows] >= 0
        backwards = np.flatnonzero(mine)[::-1]
        ids = ground.facilities.frame.index.astype(str).to_numpy(dtype=object)
        found[at[backwards]] = ids[figures.facility[rows[backwards]]]
    return found


def _rates(
    ground: Ground, rule: Rule, asked: _Asked, units: Units, rules: Mapping[str, Rule],
    found: Mapping[str, _Found],
) -> _Found:  # fmt: skip
    """Share of communities that comply with all the rules a rate counts, judged where the unknown cannot matter.

    Communities of which nobody knows whether the rate, or a rule that it counts, speaks of them may count or not.
    """
    ids = ground.communities.frame.index.astype(str)
    passed, failed = np.ones(len(ids), dtype=bool), np.zeros(len(ids), dtype=bool)
    sure, maybe = np.zeros(len(ids), dtype=bool), np.zeros(len(ids), dtype=bool)
    wanting = np.where(asked.doubtful, asked.lacks + ", ", "").astype(object)
    for clause in rule.of:
        row = pd.Index(found[clause]["unit_id"], dtype=object).get_indexer(ids)
        there = row >= 0
        verdict, needed = (np.where(there, np.append(found[clause][key], "")[row], "") for key in ("verdict", "lacks"))
        of = _asked(ground, rules[clause], units)
        sure, maybe = sure | of.sure, maybe | of.doubtful
        passed &= (verdict == "pass") | ~there
        failed |= np.isin(verdict, ["fail", "shown"])
        wanting = wanting + np.where(verdict == "undetermined", needed + ", ", "")
    counts = asked.sure & sure
    doubtful = (asked.sure | asked.doubtful) & (sure | maybe) & ~counts
    code = np.where(counts | doubtful, units.code, -1)
    rows = []
    for unit in np.unique(code[code >= 0]):
        mine = code == unit
        good, bad, inside = passed & mine, failed & mine, counts & mine
        least = _percent(good & inside, inside | (mine & ~good))
        most = _percent(mine & ~bad, inside | (mine & ~bad))
        figures = (least, np.nan, np.nan) if least == most else (np.nan, least, most)
        alike = inside.any() and _alike(rule, np.array([least]), np.array([most]))[0]
        told = _verdict(rule, least) if alike else "undetermined"
        unknown = mine & (doubtful | (~passed & ~failed))
        lacks = sorted({word for words in wanting[unknown] for word in words.split(", ") if word})
        rows.append((units.ids[unit], *(figures if inside.any() else [np.nan] * 3), told, ", ".join(lacks)))
    names, *columns = zip(*rows, strict=True) if rows else [()] * 6
    return _found(rule.level, names, **dict(zip((*_FIGURES, "verdict", "lacks"), columns, strict=True)))


def _percent(part: Mask, whole: Mask) -> float:
    return 100.0 * float(part.sum()) / max(float(whole.sum()), 1.0)


def _table(clauses: Sequence[Rule], tables: Sequence[_Found]) -> pd.DataFrame:
    """Rows on (level, unit_id, clause_id) with what each rule requires beside what was found."""
    rules = [rule for rule, part in zip(clauses, tables, strict=True) for _ in range(len(part["unit_id"]))]
    table = _joined(tables)
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index(table.pop("level"), dtype=object),
            pd.Index(table.pop("unit_id"), dtype=object),
            pd.Index([rule.clause_id for rule in rules], dtype=object),
        ],
        names=["level", "unit_id", "clause_id"],
    )
    told = pd.DataFrame({key: pd.Series(cells, index=index, dtype=cells.dtype) for key, cells in table.items()})
    for bound in ("at_least", "more_than", "at_most"):
        told[bound] = np.array([getattr(rule, bound) for rule in rules], dtype=float)
    told["unit"] = pd.array([measures()[rule.measure].unit for rule in rules], dtype=object)
    told["standing"] = pd.array([rule.standing for rule in rules], dtype=object)
    return told.reindex(columns=list(_COLUMNS))


def with_evidence(ledger: Ledger, ground: Ground, routes: Routes) -> Ledger:
    """Beside each verdict the facility it rests on: the typical walk to it, its floor area, source and date.

    Parameters
    ----------
    ledger, ground
        What was judged, and of what.
    routes
        Typical walks; may be empty.

    Returns
    -------
    Ledger
        With ``route_min``, ``route_m``, ``floor_area_m2``, ``source`` and ``source_date``. A clause that asks who can
        walk there rests on the nearest facility of the typical home, of several services on the farthest of these,
        and only where that facility counts for the clause. A walk is never that to another facility than the one
        named.
    """
    frame = ledger.frame.copy()
    rules = {rule.clause_id: rule for rule in ledger.rules}
    clause = frame.index.get_level_values("clause_id")
    unit, level = (frame.index.get_level_values(name).to_numpy(dtype=object) for name in ("unit_id", "level"))
    facility = np.array(frame["facility_id"].fillna(""), dtype=object)
    walk = np.full((len(frame), 2), np.nan)
    ids = ground.communities.frame.index.astype(str)
    community, sites = ids.get_indexer(unit), ground.facilities.frame.index.astype(str)
    judged = [rule for rule in rules.values() if rule.services and rule.level == "community"] if len(routes) else []
    typical = {services: _typical(routes, services, ids) for services in {rule.services for rule in judged}}
    for rule in judged:
        rows = np.flatnonzero((clause == rule.clause_id) & (level == "community"))
        nearest, length = (cells[community[rows]] for cells in typical[rule.services])
        if rule.measure in WALKS:
            site = sites.get_indexer(nearest)
            facility[rows] = np.where((site >= 0) & counted(ground, rule)[site], nearest, "") if len(sites) else ""
        same = (facility[rows] == nearest) & (nearest != "")
        walk[rows[same]] = length[same]
    frame["facility_id"], frame["route_min"], frame["route_m"] = facility, walk[:, 0], walk[:, 1]
    return Ledger(frame=_described(frame, ground), rules=ledger.rules)


def _typical(
    routes: Routes, services: Sequence[str], communities: pd.Index
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Of each community's typical walks to the services the longest: facility, and minutes and metres beside it.

    Nothing (``""`` and NaN) where a service has no walk.
    """
    keys, length = routes.frame.index, routes.frame[["minutes", "metres"]].to_numpy(dtype=float)
    names, offered = keys.get_level_values("community_id").astype(str), keys.get_level_values("service")
    facility = routes.frame["facility_id"].to_numpy(dtype=object)
    rows = []
    for service in services:
        of = np.flatnonzero(offered == service)
        rows.append(np.append(of, -1)[names[of].get_indexer(communities)])
    length, facility = np.vstack([length, [np.nan] * 2])[rows], np.append(facility, "")[rows]
    whole = np.asarray(np.isfinite(length[:, :, 0]).all(axis=0))
    longest = np.argmax(np.nan_to_num(length[:, :, 0], nan=-1.0), axis=0), np.arange(len(communities))
    return np.where(whole, facility[longest], ""), np.where(whole[:, np.newaxis], length[longest], np.nan)


def _described(frame: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """Floor area, source and date of the facilities that verdicts rest on, where their list says them."""
    sites = ground.facilities.frame
    row = sites.index.astype(str).get_indexer(frame["facility_id"])
    for column, empty in (("floor_area_m2", np.nan), ("source", ""), ("source_date", "")):
        said = np.full(len(sites), empty, dtype=float if column == "floor_area_m2" else object)
        if column == "floor_area_m2" and column in sites:
            said = pd.to_numeric(sites[column], errors="coerce").to_numpy(dtype=float)
        elif column in sites:
            said = sites[column].where(sites[column].notna(), "").astype(str).to_numpy(dtype=object)
        frame[column] = np.where(row >= 0, np.append(said, empty)[row], empty)
    return frame.reindex(columns=list(_COLUMNS))
