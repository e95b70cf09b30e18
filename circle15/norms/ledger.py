"""Norm books -> the ledger: every clause judged for every community, subdistrict or city it speaks of.

A verdict is never guessed: where a figure, a list or a measure is missing it is *undetermined*, and the ledger says
what to supply. Upper tiers do not stand in for lower ones (GB 50180-2018, 5.0.2): a clause that names tiers counts
those alone. What is partly unknown is judged only where the unknown cannot change the verdict
(:mod:`circle15.norms.bounds`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.norm_books import check_rates, measures
from circle15.kernels.ragged import order_by_id
from circle15.model.norms import Ledger, Rule
from circle15.model.units import LEVELS, Units, units_of
from circle15.model.verdicts import Routes
from circle15.norms.bounds import DECIMALS, Members, bounds_of, uncertain
from circle15.norms.evidence import EVIDENCE, with_evidence
from circle15.norms.figures import Figures
from circle15.norms.ground import Ground
from circle15.norms.measures import MEASURES, measured
from circle15.norms.sites import nothing_known
from circle15.norms.whole_numbers import Feasible, feasible

__all__ = ["judge"]

_COLUMNS = (
    "observed", "observed_low", "observed_high", "whole", "at_least", "more_than", "at_most", "unit", "feasible",
    "verdict", "standing", "lacks", *EVIDENCE,
)  # fmt: skip
_FIGURES = ("observed", "observed_low", "observed_high", "whole")

Mask = NDArray[np.bool_]
Words = NDArray[np.object_]
_Columns: TypeAlias = dict[str, NDArray[Any]]
"""What is judged of the units of one clause: :data:`_EMPTY`'s columns, all of one length."""

_EMPTY: dict[str, Any] = (
    dict.fromkeys(("level", "unit_id"), "")
    | dict.fromkeys(_FIGURES, np.nan)
    | dict.fromkeys(("feasible", "verdict", "lacks", "facility_id"), "")
)


def judge(ground: Ground, rules: Sequence[Rule], *, routes: Routes | None = None) -> Ledger:
    """Judge every rule for every unit it speaks of.

    Parameters
    ----------
    ground
        Communities, facilities, demand and streets.
    rules
        From one or more books (:func:`circle15.catalog.norm_books.all_rules`).
    routes
        Typical walks, for the evidence; see :func:`~circle15.norms.evidence.with_evidence`.

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
    judged: dict[str, _Columns] = {}
    by_clause = {rule.clause_id: rule for rule in rules}
    for rule in sorted(rules, key=lambda rule: rule.measure == "compliance_rate"):
        units = levels[rule.level]
        speaks = _asked(ground, rule, units)
        if rule.measure == "compliance_rate":
            table = _rates(ground, rule, speaks, units, by_clause, judged)
        else:
            table = _judged(ground, rule, speaks, units)
        judged[rule.clause_id] = _sorted(_joined([table, _nowhere(ground, speaks, units)]))
    frame = _table(rules, [judged[rule.clause_id] for rule in rules])
    return with_evidence(Ledger(frame=frame, rules=tuple(rules)), ground, routes or Routes())


def _columns(level: str, unit_ids: Sequence[str] | Words, **columns: Any) -> _Columns:
    """Columns for so many units: what is not given is not known, or nothing."""
    given = _EMPTY | {"level": level, "unit_id": unit_ids} | columns
    return {
        column: np.full(len(unit_ids), cells, dtype=object if isinstance(_EMPTY[column], str) else float)
        for column, cells in given.items()
    }


def _joined(tables: Sequence[_Columns]) -> _Columns:
    filled = [table for table in tables if len(table["unit_id"])] or tables[:1] or [_columns("", [])]
    return {column: np.concatenate([table[column] for table in filled]) for column in _EMPTY}


def _sorted(table: _Columns) -> _Columns:
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

    def members(self, ground: Ground, units: Units) -> Members:
        """The communities that the rule speaks of, or may speak of, with their units."""
        code, rows = self.code(units), order_by_id(ground.communities.frame.index)
        rows = rows[code[rows] >= 0]
        return Members(rows=rows, unit=code[rows], sure=self.sure[rows], units=len(units))


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


def _nowhere(ground: Ground, speaks: _Asked, units: Units) -> _Columns:
    """Communities that a rule speaks of, and that name no unit of its level: undetermined, as communities."""
    rows = np.flatnonzero((speaks.sure | speaks.doubtful) & (units.code < 0))
    ids = ground.communities.frame.index[rows].astype(str)
    return _columns("community", ids.to_numpy(dtype=object), verdict="undetermined", lacks=units.level)


def _judged(ground: Ground, rule: Rule, speaks: _Asked, units: Units) -> _Columns:
    """Observed value and verdict of every unit."""
    if rule.measure not in MEASURES:
        return _verdicts(ground, rule, nothing_known(ground, f"measure: {rule.measure}"), speaks, units)
    gathered = ground.gathered(units.code, speaks.code(units) >= 0) if _gathers(rule) else ground
    return _verdicts(ground, rule, measured(gathered, rule), speaks, units)


def _verdicts(ground: Ground, rule: Rule, figures: Figures, speaks: _Asked, units: Units) -> _Columns:
    """The verdict of every unit on figures of its communities, told where it is the same at both of their bounds."""
    members = speaks.members(ground, units)
    bounds = bounds_of(figures, members)
    numbers = _feasible(rule, figures, members)
    spare = np.zeros(len(units)) if numbers is None else np.nan_to_num(numbers.spare)
    verdict = [_verdict(rule, *ends) for ends in zip(bounds.low, bounds.high, spare, strict=True)]
    known = bounds.low == bounds.high  # else a bound decides, and is no value
    high = np.where(np.isfinite(bounds.high), bounds.high, np.nan)
    spoken = np.unique(members.unit)
    return _columns(
        rule.level,
        units.ids.to_numpy(dtype=object)[spoken],
        observed=np.where(known, bounds.low, np.nan)[spoken],
        observed_low=np.where(known, np.nan, bounds.low)[spoken],
        observed_high=np.where(known, np.nan, high)[spoken],
        whole=bounds.whole[spoken],
        verdict=np.array(verdict, dtype=object)[spoken],
        feasible="" if numbers is None else numbers.words()[spoken],
        lacks=_lacks(figures, speaks, members, np.isfinite(bounds.low))[spoken],
        facility_id=_evidence_ids(ground, figures, members)[spoken],
    )


def _feasible(rule: Rule, figures: Figures, members: Members) -> Feasible | None:
    """The numbers of things that a range can be met with, by unit; None for rules that no such number decides."""
    if not figures.counted or figures.whole is None or rule.least is None or rule.at_most is None:
        return None
    given = members.total(figures.part if figures.counted == "whole" else figures.whole)
    perhaps = np.bincount(members.unit[~members.sure], minlength=members.units) > 0
    return feasible(rule, figures.counted, np.where(perhaps, np.nan, given), figures.scale)


def _lacks(figures: Figures, speaks: _Asked, members: Members, valued: Mask) -> Words:
    """What the communities of each unit have to supply before more can be said of it."""
    unknown, larger = uncertain(figures)
    empty = np.zeros(len(unknown), dtype=bool) if figures.whole is None else figures.whole == 0
    supply: list[set[str]] = [set() for _ in range(members.units)]
    wanting = (
        (~members.sure, speaks.lacks),
        (unknown[members.rows] | (empty[members.rows] & ~valued[members.unit]), figures.lacks),
        (larger[members.rows], figures.unsure),
    )
    for where, words in wanting:
        each = np.broadcast_to(np.asarray(words, dtype=object), len(unknown))[members.rows]
        for unit, word in zip(members.unit[where], each[where], strict=True):
            supply[unit].update(word.split(", "))
    named = [", ".join(sorted(words - {""})) for words in supply]
    return np.array([words or ("" if value else "people") for words, value in zip(named, valued, strict=True)], object)


def _verdict(rule: Rule, low: float, high: float, spare: float) -> str:
    """The verdict on a value between two bounds, which may be infinite above; undetermined where it may be another.

    ``spare`` is how far outside the range even the nearest possible value lies.
    """
    if not np.isfinite(low) or (low != high and not rule.judges):
        return "undetermined"
    if not rule.judges:
        return "shown"
    ends = [rule.passes(end) or (spare > 0 and round(rule.beyond(end), DECIMALS) <= spare) for end in (low, high)]
    # From below a range to above it values comply.
    across = rule.least is not None and low <= rule.least < high and not ends[0]
    if ends[0] != ends[1] or across:
        return "undetermined"
    if ends[0]:
        return "pass"
    return "shown" if rule.status == "preferred" else "fail"


def _evidence_ids(ground: Ground, figures: Figures, members: Members) -> Words:
    """The facility that a unit's figure rests on: of several the first of its first community."""
    facility = np.full(members.units, "", dtype=object)
    if figures.facility is not None:
        backwards = np.flatnonzero(figures.facility[members.rows] >= 0)[::-1]
        ids = ground.facilities.frame.index.astype(str).to_numpy(dtype=object)
        facility[members.unit[backwards]] = ids[figures.facility[members.rows[backwards]]]
    return facility


def _rates(
    ground: Ground, rule: Rule, speaks: _Asked, units: Units, rules: Mapping[str, Rule],
    judged: Mapping[str, _Columns],
) -> _Columns:  # fmt: skip
    """Share of communities that comply with all the rules a rate counts.

    Communities of which nobody knows whether the rate, or a rule that it counts, speaks of them may count or not.
    """
    ids = ground.communities.frame.index.astype(str)
    passed, failed, sure, maybe = np.ones(len(ids), dtype=bool), *(np.zeros(len(ids), dtype=bool) for _ in range(3))
    lacks = np.where(speaks.doubtful, speaks.lacks + ", ", "").astype(object)
    for clause in rule.of:
        row = pd.Index(judged[clause]["unit_id"], dtype=object).get_indexer(ids)
        spoken = row >= 0
        verdict, needed = (
            np.where(spoken, np.append(judged[clause][key], "")[row], "") for key in ("verdict", "lacks")
        )
        of = _asked(ground, rules[clause], units)
        sure, maybe = sure | of.sure, maybe | of.doubtful
        passed &= (verdict == "pass") | ~spoken
        failed |= np.isin(verdict, ["fail", "shown"])
        lacks = lacks + np.where(verdict == "undetermined", needed + ", ", "")
    counts = speaks.sure & sure
    doubtful = (speaks.sure | speaks.doubtful) & (sure | maybe) & ~counts
    figures = Figures(
        part=np.where(passed, 1.0, np.where(failed, 0.0, np.nan)), whole=np.ones(len(ids)), scale=100.0, within=True,
        lacks=lacks,
    )  # fmt: skip
    return _verdicts(ground, rule, figures, _Asked(sure=counts, doubtful=doubtful, lacks=lacks), units)


def _table(clauses: Sequence[Rule], tables: Sequence[_Columns]) -> pd.DataFrame:
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
    frame = pd.DataFrame({key: pd.Series(cells, index=index, dtype=cells.dtype) for key, cells in table.items()})
    for bound in ("at_least", "more_than", "at_most"):
        frame[bound] = np.array([getattr(rule, bound) for rule in rules], dtype=float)
    frame["unit"] = pd.array([measures()[rule.measure].unit for rule in rules], dtype=object)
    frame["standing"] = pd.array([rule.standing for rule in rules], dtype=object)
    return frame.reindex(columns=list(_COLUMNS))
