"""Norm books -> the ledger: every clause judged for every community, subdistrict or city it speaks of.

A verdict is never guessed: where a figure, a list or a measure is missing it is *undetermined*, and the ledger says
what to supply. Upper tiers do not stand in for lower ones (GB 50180-2018, 5.0.2): a clause that names tiers counts
those alone. Rates of a subdistrict or city that are partly unknown are judged only where the unknown cannot change
the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.norm_books import measures
from circle15.model.norms import Ledger, Rule
from circle15.norm_measures import MEASURES, Figures, Ground

__all__ = ["judge"]

_COLUMNS = ("observed", "at_least", "at_most", "unit", "verdict", "indicative", "lacks", "facility_id")
NO_SUBDISTRICT = ""
RURAL = frozenset({"农村", "乡村", "村", "乡", "rural", "true", "1"})
"""Words of the column ``rural``; every other counts as urban."""


def judge(ground: Ground, rules: Sequence[Rule]) -> Ledger:
    """Judge every rule for every unit it speaks of.

    Parameters
    ----------
    ground
        Communities, facilities, demand and streets.
    rules
        From one or more books (:func:`circle15.catalog.norm_books.all_rules`).

    Returns
    -------
    Ledger
        Rows in the order of the rules, then of the units' ids.
    """
    found: dict[str, pd.DataFrame] = {}
    for rule in rules:
        if rule.measure != "compliance_rate":
            found[rule.clause_id] = _judged(ground, rule)
    for rule in rules:
        if rule.measure == "compliance_rate":
            found[rule.clause_id] = _rates(ground, rule, found)
    tables = [found[rule.clause_id] for rule in rules]
    frame = pd.concat(tables) if tables else _table([], [])
    return Ledger(frame=frame, rules=tuple(rules))


def _applies(ground: Ground, rule: Rule) -> NDArray[np.bool_]:
    """Communities that a rule speaks of: by town or country, and by the size that it names."""
    speaks = np.ones(len(ground.communities), dtype=bool)
    if rule.scope != "all":
        speaks &= _rural(ground) == (rule.scope == "rural")
    people = ground.numbers("population")
    if rule.people_from is not None:
        speaks &= people >= rule.people_from
    if rule.people_below is not None:
        speaks &= people < rule.people_below
    return speaks


def _rural(ground: Ground) -> NDArray[np.bool_]:
    """Communities that say they are rural (column ``rural``); the others count as urban."""
    frame = ground.communities.frame
    if "rural" not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.array([str(word).strip().casefold() in RURAL for word in frame["rural"]], dtype=bool)


def _units(ground: Ground, level: str) -> tuple[NDArray[np.int64], list[str]]:
    """For every community its unit of a level (-1: none), and the units' ids in order."""
    frame = ground.communities.frame
    match level:
        case "community":
            ids = frame.index.astype(str)
        case "subdistrict":
            named = frame["subdistrict"] if "subdistrict" in frame else pd.Series("", index=frame.index)
            ids = pd.Index(named.fillna("").astype(str).str.strip())
        case _:
            ids = pd.Index(["city"] * len(frame))
    code, units = pd.factorize(ids, sort=True)
    code = np.where(ids == NO_SUBDISTRICT, -1, code)
    return code.astype(np.int64), [str(unit) for unit in units]


def _judged(ground: Ground, rule: Rule) -> pd.DataFrame:
    """Observed value and verdict of every unit."""
    measured = MEASURES.get(rule.measure)
    code, units = _units(ground, rule.level)
    speaks = _applies(ground, rule)
    if measured is None:
        figures = Figures(part=np.full(len(speaks), np.nan), lacks=f"measure: {rule.measure}")
    else:
        figures = measured(ground, rule)
    rows = []
    for unit, name in enumerate(units):
        mine = np.flatnonzero((code == unit) & speaks & (name != NO_SUBDISTRICT))
        if len(mine):
            rows.append((name, _observed(figures, mine), _facility(ground, figures, mine)))
    names, observed, facility = zip(*rows, strict=True) if rows else ((), (), ())
    return _verdicts(rule, list(names), np.array(observed, dtype=float), list(facility), figures.lacks)


def _observed(figures: Figures, mine: NDArray[np.int64]) -> float:
    part = figures.part[mine].sum()
    if figures.whole is None:
        return float(figures.scale * part)
    whole = figures.whole[mine].sum()
    return float(figures.scale * part / whole) if whole > 0 else float("nan")


def _facility(ground: Ground, figures: Figures, mine: NDArray[np.int64]) -> str:
    if figures.facility is None:
        return ""
    rows = figures.facility[mine]
    rows = rows[rows >= 0]
    return str(ground.facilities.frame.index[rows[0]]) if len(rows) else ""


def _verdicts(
    rule: Rule, names: list[str], observed: NDArray[np.float64], facility: list[str], lacks: str
) -> pd.DataFrame:
    known = np.isfinite(observed)
    verdict = [
        "undetermined" if not there else ("shown" if not rule.judges else ("pass" if rule.passes(value) else "fail"))
        for value, there in zip(observed, known, strict=True)
    ]
    table = pd.DataFrame({"observed": observed, "verdict": verdict, "facility_id": facility})
    table["lacks"] = np.where(known, "", lacks or "population")
    return _table([rule] * len(names), names, table)


def _rates(ground: Ground, rule: Rule, found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Share of communities that comply with all the rules a rate counts, judged where the unknown cannot matter."""
    code, units = _units(ground, rule.level)
    speaks = _applies(ground, rule)
    ids = ground.communities.frame.index.astype(str)
    passed, failed = np.ones(len(ids), dtype=bool), np.zeros(len(ids), dtype=bool)
    asked = np.zeros(len(ids), dtype=bool)
    lacks: set[str] = set()
    for clause in rule.of:
        table = found[clause].droplevel(["level", "clause_id"]).reindex(ids)
        there = table["verdict"].notna().to_numpy()
        asked |= there
        passed &= (table["verdict"] == "pass").to_numpy() | ~there
        failed |= (table["verdict"] == "fail").to_numpy()
        lacks |= set(table.loc[there & speaks & (table["verdict"] == "undetermined").to_numpy(), "lacks"])
    speaks &= asked
    rows: list[tuple[str, float, str, str]] = []
    for unit, name in enumerate(units):
        mine = (code == unit) & speaks & (name != NO_SUBDISTRICT)
        if not mine.any():
            continue
        least = 100.0 * float((passed & mine).sum()) / float(mine.sum())
        most = 100.0 * float((~failed & mine).sum()) / float(mine.sum())
        certain = least == most
        verdict = "pass" if rule.passes(least) else ("fail" if not rule.passes(most) else "undetermined")
        rows.append((name, least if certain else float("nan"), verdict, "" if certain else ", ".join(sorted(lacks))))
    table = pd.DataFrame(rows, columns=["unit_id", "observed", "verdict", "lacks"]).assign(facility_id="")
    return _table([rule] * len(rows), [row[0] for row in rows], table.drop(columns="unit_id"))


def _table(rules: list[Rule], names: list[str], table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Rows on (level, unit_id, clause_id) with what the rule requires beside what was found."""
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index([rule.level for rule in rules], dtype=object),
            pd.Index(names, dtype=object),
            pd.Index([rule.clause_id for rule in rules], dtype=object),
        ],
        names=["level", "unit_id", "clause_id"],
    )
    told = pd.DataFrame(columns=list(_COLUMNS)) if table is None else table
    told = told.set_axis(index, axis=0)
    told["at_least"] = [np.nan if rule.at_least is None else rule.at_least for rule in rules]
    told["at_most"] = [np.nan if rule.at_most is None else rule.at_most for rule in rules]
    told["unit"] = [measures()[rule.measure].unit for rule in rules]
    told["indicative"] = [not rule.verified for rule in rules]
    return told[list(_COLUMNS)]
