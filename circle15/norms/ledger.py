"""Norm books -> the ledger: every clause judged for every community, subdistrict or city it speaks of.

A verdict is never guessed: where a figure, a list or a measure is missing it is *undetermined*, and the ledger says
what to supply. Upper tiers do not stand in for lower ones (GB 50180-2018, 5.0.2): a clause that names tiers counts
those alone. Rates of a subdistrict or city that are partly unknown are judged only where the unknown cannot change
the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.norm_books import check_rates, measures
from circle15.catalog.rural import rural
from circle15.kernels.ragged import order_by_id
from circle15.model.norms import Ledger, Rule
from circle15.model.units import LEVELS, units_of
from circle15.model.verdicts import Routes
from circle15.norms.ground import Ground
from circle15.norms.measures import MEASURES, Figures, counted, measured

__all__ = ["judge", "with_evidence"]

_COLUMNS = (
    "observed", "at_least", "at_most", "unit", "verdict", "indicative", "lacks", "facility_id", "route_min", "route_m",
    "floor_area_m2", "source", "source_date",
)  # fmt: skip
_DECIMALS = 9

WALKS = frozenset(
    {
        "people_in_reach", "people_in_reach_or_delivery", "people_in_reach_open", "people_within_distance",
        "services_in_reach", "residential_land_in_reach", "residential_land_within_distance",
    }
)  # fmt: skip
"""Measures that ask who can walk there: they rest on the nearest facility of the typical home."""

_Names = NDArray[np.object_]
_Walks = tuple[_Names, NDArray[np.float64]]
"""``object[c]`` the facility that each community walks to, and ``float64[c, 2]`` minutes and metres to it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Judged:
    """What one rule gives for the units it speaks of, in the order of their ids: ``[k]`` each."""

    unit_id: _Names
    observed: NDArray[np.float64]
    verdict: _Names
    lacks: _Names
    facility_id: _Names

    def __len__(self) -> int:
        return len(self.unit_id)


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
    names = {level: units.ids.to_numpy(dtype=object) for level, units in levels.items()}
    judged: dict[str, _Judged] = {}
    for rule in sorted(rules, key=lambda rule: rule.measure == "compliance_rate"):
        code = np.where(_applies(ground, rule), levels[rule.level].code, -1)
        if rule.measure == "compliance_rate":
            judged[rule.clause_id] = _rates(ground, rule, code, names[rule.level], judged)
        else:
            judged[rule.clause_id] = _judged(ground, rule, code, names[rule.level])
    frame = _table(rules, [judged[rule.clause_id] for rule in rules])
    return with_evidence(Ledger(frame=frame, rules=tuple(rules)), ground, routes or Routes())


def _applies(ground: Ground, rule: Rule) -> NDArray[np.bool_]:
    """Communities that a rule speaks of: by town or country, and by the size that it names."""
    speaks = np.ones(len(ground.communities), dtype=bool)
    if rule.scope != "all":
        speaks &= rural(ground.communities.frame) == (rule.scope == "rural")
    if rule.people_from is not None:
        speaks &= ground.numbers("population") >= rule.people_from
    if rule.people_below is not None:
        speaks &= ground.numbers("population") < rule.people_below
    return speaks


def _judged(ground: Ground, rule: Rule, code: NDArray[np.int64], names: _Names) -> _Judged:
    """Observed value and verdict of every unit."""
    if rule.measure in MEASURES:
        figures = measured(ground, rule)
    else:
        figures = Figures(part=np.full(len(code), np.nan), lacks=f"measure: {rule.measure}")
    # Sums in the order of the ids: the order of rows must not change a last digit.
    rows = ground.by_id[code[ground.by_id] >= 0]
    at = code[rows]
    low = _summed(figures, figures.part, rows, at, len(names))
    high = low if figures.most is None else _summed(figures, figures.most, rows, at, len(names))
    unsure = np.isfinite(low) & (low != high)
    decided = np.where(unsure & ~_alike(rule, low, high), np.nan, low)
    observed = np.where(unsure, np.nan, low)  # a bound decides, and is no value
    there = np.unique(at)
    there = there[order_by_id(names[there])]
    lacks = _missing(figures, rows, at)
    missing = np.array([lacks.get(int(unit), "people") for unit in there], dtype=object)
    return _Judged(
        unit_id=names[there],
        observed=observed[there],
        verdict=np.array([_verdict(rule, value) for value in decided[there]], dtype=object),
        lacks=np.where(unsure[there], figures.unsure, np.where(np.isfinite(observed[there]), "", missing)),
        facility_id=_evidence_ids(ground, figures, rows, at)[there],
    )


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
    below = np.zeros(len(low), dtype=bool) if rule.at_least is None else (low < rule.at_least) & (top >= rule.at_least)
    return np.array(both, dtype=bool) & ~below


def _missing(figures: Figures, rows: NDArray[np.int64], at: NDArray[np.int64]) -> dict[int, str]:
    """What the communities of a unit have to supply, by unit."""
    blank = ~np.isfinite(figures.part) | (False if figures.whole is None else ~(figures.whole > 0))
    lacks = np.broadcast_to(np.asarray(figures.lacks, dtype=object), len(blank))[rows]
    words: dict[int, set[str]] = {}
    for unit, lack in zip(at[blank[rows]].tolist(), lacks[blank[rows]], strict=True):
        words.setdefault(unit, set()).update(lack.split(", "))
    return {unit: ", ".join(sorted(lacking)) for unit, lacking in words.items()}


def _verdict(rule: Rule, observed: float) -> str:
    if not np.isfinite(observed):
        return "undetermined"
    if not rule.judges:
        return "shown"
    return "pass" if rule.passes(observed) else "fail"


def _evidence_ids(ground: Ground, figures: Figures, rows: NDArray[np.int64], at: NDArray[np.int64]) -> _Names:
    """The facility that a unit's figure rests on: of several the first of its first community."""
    found = np.full(int(at.max(initial=-1)) + 1, "", dtype=object)
    if figures.facility is not None:
        mine = figures.facility[rows] >= 0
        backwards = np.flatnonzero(mine)[::-1]
        ids = ground.facilities.frame.index.astype(str).to_numpy(dtype=object)
        found[at[backwards]] = ids[figures.facility[rows[backwards]]]
    return found


def _rates(ground: Ground, rule: Rule, code: NDArray[np.int64], names: _Names, found: Mapping[str, _Judged]) -> _Judged:
    """Share of communities that comply with all the rules a rate counts, judged where the unknown cannot matter."""
    ids = {str(key): row for row, key in enumerate(ground.communities.frame.index)}
    passed, failed = np.ones(len(ids), dtype=bool), np.zeros(len(ids), dtype=bool)
    asked = np.zeros(len(ids), dtype=bool)
    wanting = np.full(len(ids), "", dtype=object)
    for clause in rule.of:
        table = found[clause]
        rows = np.array([ids[unit] for unit in table.unit_id], dtype=np.int64)
        asked[rows] = True
        passed[rows] &= table.verdict == "pass"
        failed[rows] |= table.verdict == "fail"
        wanting[rows] += np.where(table.verdict == "undetermined", table.lacks + ", ", "")
    open_ = asked & ~passed & ~failed
    code = np.where(asked, code, -1)
    there = np.unique(code[code >= 0])
    there = there[order_by_id(names[there])]
    observed, verdict, lacking = [], [], []
    for unit in there:
        mine = code == unit
        least = 100.0 * float((passed & mine).sum()) / float(mine.sum())
        most = 100.0 * float((~failed & mine).sum()) / float(mine.sum())
        certain = least == most
        alike = _alike(rule, np.array([least]), np.array([most]))[0]
        observed.append(least if certain else float("nan"))
        verdict.append(_verdict(rule, least) if alike else "undetermined")
        lacks = {word for words in wanting[open_ & mine] for word in words.split(", ") if word}
        lacking.append(", ".join(sorted(lacks)))
    return _Judged(
        unit_id=names[there],
        observed=np.array(observed, dtype=float),
        verdict=np.array(verdict, dtype=object),
        lacks=np.array(lacking, dtype=object),
        facility_id=np.full(len(there), "", dtype=object),
    )


def _table(clauses: Sequence[Rule], tables: Sequence[_Judged]) -> pd.DataFrame:
    """Rows on (level, unit_id, clause_id) with what each rule requires beside what was found."""
    rules = [rule for rule, part in zip(clauses, tables, strict=True) for _ in range(len(part))]

    def column(name: str) -> _Names:
        return np.concatenate([np.empty(0, dtype=object), *(getattr(table, name) for table in tables)])

    index = pd.MultiIndex.from_arrays(
        [
            pd.Index([rule.level for rule in rules], dtype=object),
            pd.Index(column("unit_id"), dtype=object),
            pd.Index([rule.clause_id for rule in rules], dtype=object),
        ],
        names=["level", "unit_id", "clause_id"],
    )
    columns = {
        "observed": column("observed").astype(float),
        "at_least": np.array([rule.at_least for rule in rules], dtype=float),
        "at_most": np.array([rule.at_most for rule in rules], dtype=float),
        "unit": [measures()[rule.measure].unit for rule in rules],
        "verdict": pd.Series(column("verdict"), index=index, dtype=object),
        "indicative": np.array([not rule.verified for rule in rules], dtype=bool),
        "lacks": pd.Series(column("lacks"), index=index, dtype=object),
        "facility_id": column("facility_id"),
    }
    return pd.DataFrame(columns, index=index).reindex(columns=list(_COLUMNS))


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
    clause, of_rule = np.unique(frame.index.get_level_values("clause_id").to_numpy(dtype=object), return_inverse=True)
    place = {str(key): number for number, key in enumerate(clause)}
    unit, level = (frame.index.get_level_values(name).to_numpy(dtype=object) for name in ("unit_id", "level"))
    in_community = level == "community"
    facility = np.array(frame["facility_id"].fillna(""), dtype=object)
    walk = np.full((len(frame), 2), np.nan)
    ids = ground.communities.frame.index.astype(str)
    community, sites = ids.get_indexer(unit), ground.facilities.frame.index.astype(str)
    judged = [rule for rule in rules.values() if rule.services] if len(routes) else []
    walks = _walks(routes, ids) if judged else {}
    typical = {services: _typical(walks, services, len(ids)) for services in {rule.services for rule in judged}}
    for rule in judged:
        rows = np.flatnonzero((of_rule == place.get(rule.clause_id, -1)) & in_community)
        nearest, length = (cells[community[rows]] for cells in typical[rule.services])
        if rule.measure in WALKS:
            site = sites.get_indexer(nearest)
            facility[rows] = np.where((site >= 0) & counted(ground, rule)[site], nearest, "") if len(sites) else ""
        same = (facility[rows] == nearest) & (nearest != "")
        walk[rows[same]] = length[same]
    frame["facility_id"], frame["route_min"], frame["route_m"] = facility, walk[:, 0], walk[:, 1]
    return Ledger(frame=_described(frame, ground), rules=ledger.rules)


def _walks(routes: Routes, communities: pd.Index) -> Mapping[str, _Walks]:
    """Each community's typical walk by service; ``""`` and NaN where there is none."""
    community = communities.get_indexer(routes.frame.index.get_level_values("community_id"))
    service = routes.frame.index.get_level_values("service").to_numpy(dtype=object)
    facility = routes.frame["facility_id"].to_numpy(dtype=object)
    length = np.stack([routes.frame[column].to_numpy(dtype=float) for column in ("minutes", "metres")], axis=1)
    walks = {}
    for key in dict.fromkeys(service):
        rows = np.flatnonzero((service == key) & (community >= 0))
        walks[key] = _no_walks(len(communities))
        for into, given in zip(walks[key], (facility, length), strict=True):
            into[community[rows]] = given[rows]
    return walks


def _no_walks(communities: int) -> _Walks:
    return np.full(communities, "", dtype=object), np.full((communities, 2), np.nan)


def _typical(walks: Mapping[str, _Walks], services: Sequence[str], communities: int) -> _Walks:
    """Of each community's typical walks to the services the longest.

    Nothing (``""`` and NaN) where a service has no walk.
    """
    of = [walks.get(service) or _no_walks(communities) for service in services]
    length = np.stack([part for _, part in of])
    whole = np.asarray(np.isfinite(length[:, :, 0]).all(axis=0), dtype=bool)
    longest = np.argmax(np.nan_to_num(length[:, :, 0], nan=-1.0), axis=0), np.arange(communities)
    facility = np.stack([names for names, _ in of])[longest]
    return np.where(whole, facility, ""), np.where(whole[:, np.newaxis], length[longest], np.nan)


def _described(frame: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """Floor area, source and date of the facilities that verdicts rest on, where their list says them."""
    sites = ground.facilities.frame
    row = sites.index.astype(str).get_indexer(frame["facility_id"].to_numpy(dtype=object))  # -1 takes the last: nothing
    area = pd.to_numeric(sites["floor_area_m2"], errors="coerce") if "floor_area_m2" in sites else []
    frame["floor_area_m2"] = np.append(np.asarray(area, dtype=float), np.full(1 + len(sites) - len(area), np.nan))[row]
    for column in ("source", "source_date"):
        cells = sites[column] if column in sites else pd.Series("", index=sites.index)
        words = cells.where(cells.notna(), "").astype(str).to_numpy(dtype=object)
        frame[column] = np.append(words, np.array([""], dtype=object))[row]
    return frame.reindex(columns=list(_COLUMNS))
