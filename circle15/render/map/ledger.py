"""The ledger as the page shows it: clauses once, verdicts as letters, figures that tell of no few people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.norm_books import norm_books
from circle15.catalog.norm_words import lacks_words
from circle15.catalog.rural import area_keys
from circle15.model import Analysis
from circle15.model.limits import FEWEST
from circle15.model.norms import Ledger, Rule
from circle15.model.placed import determined
from circle15.model.units import LEVELS, Units, units_of
from circle15.render.map.facilities import short
from circle15.render.published.gaps import public_cells, public_sums, told_communities
from circle15.render.published.privacy import (
    SUPPRESSED,
    public_shares,
    public_tens,
    public_total,
    tells_too_much,
)

__all__ = ["EXPOSURE", "HIDDEN", "ledger", "public_verdicts"]

Exposure = Literal["people", "households", "per_household", "registered", "people_count", "staff", "plain"]
Numbers = NDArray[np.float64]


class _Told(NamedTuple):
    """Of one clause and each unit of its level a letter, the observed figure, or its bounds, as they are published."""

    letters: NDArray[np.object_]
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
    "registered_share": "registered",
    "workers_per_10000": "staff",
    "workers_per_10000_registered": "staff",
    "certified_worker_share": "staff",
    "certified_per_10000": "staff",
    **dict.fromkeys(("people_per_facility", "agents", "community_people", "community_households"), "people_count"),
    **dict.fromkeys(
        (
            "residential_land_in_reach", "residential_land_within_distance",
            "facility_count", "floor_area", "open_hours_per_day", "open_hours_at_weekend",
            "area_per_community", "functions_configured", "functions_counted", "organisations_per_community",
            "grids_required", "grid_staffing", "one_stop", "full_agency", "general_service", "service_items",
            "deliberation", "resident_use_share", "office_share", "compliance_rate",
        ),
        "plain",
    ),
}  # fmt: skip
"""What a measure's figure tells of people. The figure of a measure that does not stand here is not published."""

HIDDEN = "h"
_LETTERS = {"pass": "p", "fail": "f", "undetermined": "u", "shown": "s"}
_NO_ROW = "."
_FIGURES = ("observed", "observed_low", "observed_high")


def ledger(analysis: Analysis) -> dict[str, Any]:
    """Clauses, and for each of them the verdicts of the units of its level.

    Returns
    -------
    dict
        ``books``, ``sources``, ``clauses``, ``lacks`` (what to supply, in both languages, by position),
        ``subdistricts`` (names) and ``rows``, one for each clause: ``v`` a letter for each unit, ``o`` observed
        figures, and where there are any ``lo`` and ``hi`` bounds of figures, ``n`` numbers that comply, ``f``
        facilities, ``w`` walks in minutes and metres, ``l`` what is lacking.
        Empty without a clause.
    """
    found = analysis.ledger
    if not len(found):
        return {}
    levels = _levels(analysis)
    books, sources, lacks = _Pool(), _Pool(), _Pool()
    clauses = [_clause(rule, books, sources) for rule in found.rules]
    tables = _tables(found)
    told, seen = _published(analysis, levels, tables), told_communities(analysis)
    rows = [
        _row(analysis, rule, levels[rule.level], tables.get(rule.clause_id), told.get(rule.clause_id), lacks)
        | _walks(levels[rule.level], tables.get(rule.clause_id), seen)
        for rule in found.rules
    ]
    known = {**norm_books(), **{book.key: book for book in analysis.city.books}}
    titles = [
        [key, known[key].title_zh if key in known else key, known[key].title_en if key in known else key]
        for key in books.items
    ]
    return {
        "books": titles,
        "sources": [list(pair) for pair in sources.items],
        "clauses": clauses,
        "lacks": [list(pair) for pair in lacks.items],
        "subdistricts": [str(key) for key in levels["subdistrict"].ids],
        "rows": rows,
    }


class _Pool:
    """Things that are told once and then by their position."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._places: dict[Any, int] = {}

    def place(self, item: Any) -> int:
        if item not in self._places:
            self._places[item] = len(self.items)
            self.items.append(item)
        return self._places[item]


def _clause(rule: Rule, books: _Pool, sources: _Pool) -> dict[str, Any]:
    numbers = {name: getattr(rule, name) for name in ("at_least", "more_than", "at_most", "minutes", "metres")}
    return {
        "id": rule.clause_id,
        "book": books.place(rule.book),
        "zh": rule.title_zh,
        "en": rule.title_en,
        "source": sources.place((rule.source_zh, rule.source_en)),
        "clause": rule.clause,
        "year": rule.year,
        "status": rule.status,
        "grade": rule.grade,
        "standing": rule.standing,
        "mark": rule.mark,
        "level": rule.level,
        "unit": rule.unit,
        "about": EXPOSURE.get(rule.measure) in {"people", "households", "per_household", "registered", "people_count"},
        **{name: short(value, 3) for name, value in numbers.items() if value is not None},
        **({"services": list(rule.services)} if rule.services else {}),
        **({"note_zh": rule.note_zh, "note_en": rule.note_en} if rule.note_zh or rule.note_en else {}),
    }


def _levels(analysis: Analysis) -> dict[str, Units]:
    return {level: units_of(analysis.city.communities, level) for level in LEVELS}


def _places(ledger: Ledger) -> dict[str, NDArray[np.int64]]:
    """By clause the places of its rows, of the level that it is asked of."""
    level = {rule.clause_id: rule.level for rule in ledger.rules}
    clause = ledger.frame.index.get_level_values("clause_id")
    own = np.flatnonzero(ledger.frame.index.get_level_values("level") == clause.map(level))
    return {str(key): own[rows] for key, rows in pd.Series(own).groupby(clause[own], sort=False).indices.items()}


def _tables(ledger: Ledger) -> dict[str, pd.DataFrame]:
    """Rows of each clause on ``unit_id``, of the level that it is asked of."""
    plain = ledger.frame.set_axis(ledger.frame.index.get_level_values("unit_id"), axis=0)
    return {clause: plain.iloc[rows] for clause, rows in _places(ledger).items()}


def _row(
    analysis: Analysis, rule: Rule, units: Units, table: pd.DataFrame | None, told: _Told | None, lacks: _Pool
) -> dict[str, Any]:
    """Verdicts, figures and evidence of one clause for every unit of its level."""
    if table is None or told is None:
        return {"v": _NO_ROW * len(units.ids), "o": []}
    table = table.reindex(units.ids)
    row = {"v": "".join(told.letters), "o": [short(value, 1) for value in told.observed]}
    for key, bounds in (("lo", told.low), ("hi", told.high)):
        row |= {key: [short(value, 1) for value in bounds]} if np.isfinite(bounds).any() else {}
    numbers = _numbers(rule, table)
    row |= {"n": numbers} if any(numbers) else {}
    words = [str(text) for text in table["lacks"].fillna("")]
    supply = partial(lacks_words, pack_services=analysis.city.pack_services)
    needed = [lacks.place((supply(text, "zh"), supply(text, "en"))) if text else -1 for text in words]
    return row | ({"l": needed} if max(needed, default=-1) >= 0 else {}) | _evidence(analysis, table)


def _numbers(rule: Rule, table: pd.DataFrame) -> list[str]:
    """The numbers of things that comply, where these are no persons."""
    shown = EXPOSURE.get(rule.measure) in {"plain", "per_household"} and "feasible" in table
    return table["feasible"].fillna("").astype(str).tolist() if shown else [""] * len(table)


def public_verdicts(analysis: Analysis) -> pd.DataFrame:
    """The ledger's verdicts and figures as they may be told.

    Returns
    -------
    pandas.DataFrame
        The ledger's frame; ``verdict`` may be ``"hidden"``; ``observed``, ``observed_low`` and ``observed_high`` are
        NaN where no figure is told, and of shares of people whole percent,
        :data:`~circle15.render.published.privacy.NEARLY_ALL` or
        :data:`~circle15.render.published.privacy.NEARLY_NONE`; ``feasible`` is empty where it would count persons.
    """
    found = analysis.ledger
    if not len(found):
        return found.frame
    levels, tables = _levels(analysis), _tables(found)
    names = {letter: verdict for verdict, letter in _LETTERS.items()} | {HIDDEN: "hidden"}
    verdict = found.frame["verdict"].to_numpy(dtype=object).copy()
    figures = {column: np.full(len(found.frame), np.nan) for column in _FIGURES}
    numbers = np.full(len(found.frame), "", dtype=object)
    told, places = _published(analysis, levels, tables), _places(found)
    for rule in (rule for rule in found.rules if rule.clause_id in told):
        letters, *published = told[rule.clause_id]
        rows, table = places[rule.clause_id], tables[rule.clause_id]
        unit = levels[rule.level].ids.get_indexer(table.index)
        verdict[rows] = [names[letter] for letter in letters[unit]]
        for column, values in zip(_FIGURES, published, strict=True):
            figures[column][rows] = values[unit]
        numbers[rows] = _numbers(rule, table)
    return found.frame.assign(verdict=verdict, feasible=numbers, **figures)


def _published(analysis: Analysis, levels: Mapping[str, Units], tables: Mapping[str, pd.DataFrame]) -> dict[str, _Told]:
    """Letters and figures by clause; a rate neither tells the verdict of a community where that is withheld."""
    rules = analysis.ledger.rules
    told = {
        rule.clause_id: _told(analysis, rule, levels[rule.level], tables[rule.clause_id])
        for rule in rules
        if rule.clause_id in tables
    }
    summed = [rule for rule in rules if rule.clause_id in told and _asks_cells(analysis, rule)]
    cells = public_cells(analysis) if summed else pd.DataFrame()
    for rule in summed:
        own = told[rule.clause_id]
        told[rule.clause_id] = own._replace(observed=_of_sums(analysis, rule, levels[rule.level], cells, own.observed))
    for rule in rules:
        if rule.measure == "compliance_rate" and rule.clause_id in told:
            told[rule.clause_id] = _rate(rule, levels[rule.level], told[rule.clause_id], told)
    return told


def _told(analysis: Analysis, rule: Rule, units: Units, table: pd.DataFrame) -> _Told:
    """A range follows the rules of a figure at both of its ends; one from nobody to everybody says nothing."""
    table = table.reindex(units.ids)
    letters = table["verdict"].map(_LETTERS).fillna(_NO_ROW).to_numpy(dtype=object)
    exact = [table[column].to_numpy(dtype=np.float64) if column in table else np.full(len(table), np.nan)
             for column in _FIGURES]  # fmt: skip
    whole = table["whole"].to_numpy(dtype=np.float64) if "whole" in table else np.full(len(table), np.nan)
    (observed, no_figure), (low, no_low), (high, no_high) = (
        _public(analysis, rule, units, values, whole) for values in exact
    )
    judged = np.isin(letters, ["p", "f", "s"])
    withheld = no_figure | no_low | no_high
    letters[judged & withheld] = HIDDEN
    closed = np.isfinite(exact[2])
    ranged = np.isfinite(exact[1]) & np.isfinite(low) & (np.isfinite(high) | ~closed) & ~withheld
    if rule.unit == "%":
        ranged &= (exact[1] > 0) | ~(exact[2] >= 100)
    return _Told(
        letters,
        np.where(judged, observed, np.nan),
        np.where(ranged, low, np.nan),
        np.where(ranged & closed, high, np.nan),
    )


def _rate(rule: Rule, units: Units, own: _Told, told: Mapping[str, _Told]) -> _Told:
    """A rate without its figure where a verdict under it is withheld, without its verdict where that tells of it."""
    parts = np.array([told[clause].letters for clause in rule.of if clause in told], dtype=object)
    letters, observed, low, high = own.letters.copy(), own.observed.copy(), own.low.copy(), own.high.copy()
    if not len(parts):
        return own
    asked = (parts != _NO_ROW).any(axis=0)
    failed, hidden = (parts == "f").any(axis=0), (parts == HIDDEN).any(axis=0)
    sure = np.isin(parts, ["p", _NO_ROW]).all(axis=0)
    for unit in range(len(units.ids)):
        mine = asked & (units.code == unit)
        if not (hidden & ~failed & mine).any():
            continue
        observed[unit] = low[unit] = high[unit] = np.nan
        maybe = np.isin(parts, ["p", HIDDEN, _NO_ROW]).all(axis=0)
        ends = [100.0 * (one & mine).sum() / mine.sum() for one in (sure, maybe)]
        if rule.judges and letters[unit] in {"p", "f"} and rule.passes(ends[0]) != rule.passes(ends[1]):
            letters[unit] = HIDDEN
    return _Told(letters, observed, low, high)


def _evidence(analysis: Analysis, table: pd.DataFrame) -> dict[str, Any]:
    """The facility that a figure rests on."""
    places = analysis.city.facilities.frame.index.get_indexer(table["facility_id"].fillna("").astype(str))
    return {"f": places.tolist()} if (places >= 0).any() else {}


def _walks(units: Units, table: pd.DataFrame | None, seen: pd.Index) -> dict[str, Any]:
    """The typical walk to the facility of each community, none where people aged 60+ are not public."""
    if table is None or units.level != "community" or not {"route_min", "route_m"} <= set(table):
        return {}
    table = table.reindex(units.ids)
    minutes, metres = (
        pd.to_numeric(table[column], errors="coerce").to_numpy(float) for column in ("route_min", "route_m")
    )
    shown = np.isfinite(minutes) & units.ids.isin(seen)
    if not shown.any():
        return {}
    walks = zip(minutes, metres, shown, strict=True)
    return {"w": [[short(one, 1), short(far)] if there else None for one, far, there in walks]}


# -- what may be told -------------------------------------------------------------------------------


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
        told, few = _share(rule, total, observed, everyone=everyone, scoped=_scoped(rule, units, frame))
        return told, few
    match exposure:
        case "plain":
            told = observed
        case "per_household":
            homes = "households_registered" if "registered" in rule.measure else "households"
            told = _per_head(units.total(_column(frame, homes)), observed)
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


def _of_sums(analysis: Analysis, rule: Rule, units: Units, cells: pd.DataFrame, told: Numbers) -> Numbers:
    """Shares of several communities made of what the cells tell of each: none of these is what a sum leaves."""
    ids = analysis.city.communities.frame.index
    groups = pd.Series(units.ids.to_numpy()[units.code], index=ids).where(units.code >= 0)
    sums = public_sums(analysis, cells, groups).xs(rule.services[0], level=1).reindex(units.ids)
    step = f"uncovered_{list(analysis.settings.cutoffs_min).index(rule.minutes or 0.0)}"
    placed, out = sums["placed"].to_numpy(), sums[step].to_numpy()
    share = np.rint(100 * (1 - out / np.maximum(placed, FEWEST)))
    share = np.where(out > 0, np.minimum(share, 99), 100)
    share = np.where(out < placed, np.maximum(share, 1), 0)
    return np.where(np.isfinite(told) & (placed >= FEWEST), share, told)


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
