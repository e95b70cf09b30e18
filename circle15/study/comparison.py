"""Two saved runs -> what changed between them: people covered, ranks, verdicts, inputs, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from circle15.catalog.scenario_origin import scenario_origin
from circle15.model.runs import EQUITY_FIGURES, VERDICT_FIGURES, Comparison, SavedRun
from circle15.model.scenario import redrawn, repeopled
from circle15.render.published.runs import told_run

__all__ = ["compare"]

_DECIDES = (
    "city",
    "services",
    "profile",
    "speed_mps",
    "gates",
    "cutoffs_min",
    "open_at",
    "weights",
    "max_snap_m",
    "norms",
)
"""Settings that say what a figure means: where one differs, a change may be the setting's and not the city's."""


def compare(before: SavedRun, after: SavedRun) -> Comparison:
    """What changed from one run to another.

    Parameters
    ----------
    before, after
        From :func:`circle15.sources.saved_runs.read_run`.

    Returns
    -------
    Comparison
        Changes are *after* less *before*. Figures of the city are over communities and services that both runs have
        and could judge, so that no change is one of the list alone. Communities that the scenario of one run merges or
        splits are not the same in both: they are compared as one sum, in figures of the city only. ``told`` is what may
        be passed on: it leaves these out, and communities in which a scenario builds homes.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("a", "clinic")], names=["community_id", "service"])
    >>> row = {"name": "a", "status": "determined", "pop_60plus": 10.0, "pop_60plus_covered": 4.0, "uncovered": 6.0,
    ...        "share": 0.4, "mean_min": 9.0, "index": 60.0, "rank_index": 1.0}
    >>> runs = [SavedRun(name=n, record={}, gaps=pd.DataFrame([row | {"pop_60plus_covered": c, "uncovered": 10 - c,
    ...         "share": c / 10}], index=index)) for n, c in (("2025", 4.0), ("2026", 7.0))]
    >>> round(float(compare(*runs).totals.loc["clinic", "share_change"]), 3)
    0.3
    """
    return replace(_compared(before, after), told=_compared(told_run(before), told_run(after), told=True))


def _compared(before: SavedRun, after: SavedRun, *, told: bool = False) -> Comparison:
    changes = [_changes(run.record) for run in (before, after)]
    parted = redrawn(*changes) | (repeopled(*changes) if told else frozenset())
    gaps = _gaps(before, after, parted)
    ledgers = [_without(run.ledger, parted) for run in (before, after)]
    return Comparison(
        before=before.name,
        after=after.name,
        title_zh=str(after.record.get("city", {}).get("name_zh", "")),
        title_en=str(after.record.get("city", {}).get("name_en", "")),
        settings=_settings(before.record, after.record),
        inputs=_inputs(before.record, after.record),
        totals=_totals(gaps if told or not parted else pd.concat([gaps, _redrawn_sums(before, after, parted)])),
        gaps=gaps,
        communities=_communities(before, after).drop(index=list(parted), errors="ignore"),
        verdicts=_verdicts(*ledgers),
        only_before=_only(before, after, parted),
        only_after=_only(after, before, parted),
        titles=_titles(before) | _titles(after),
        synthetic=bool(before.record.get("synthetic") or after.record.get("synthetic")),
        clauses=_clauses(*ledgers),
        equity=_equity(before.equity, after.equity),
    )


def _changes(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the scenario of a run changes, as the record states it."""
    return list((record.get("scenario") or {}).get("changes") or ())


def _without(ledger: pd.DataFrame, parted: frozenset[str]) -> pd.DataFrame:
    """A ledger without verdicts on some communities."""
    if not len(ledger) or not parted:
        return ledger
    level, unit = (ledger.index.get_level_values(name) for name in ("level", "unit_id"))
    return ledger[~((level == "community") & unit.isin(parted))]


def _titles(run: SavedRun) -> dict[str, tuple[str, str]]:
    """What a run calls its services."""
    if not {"service_zh", "service_en"} <= set(run.gaps.columns):
        return {}
    first = run.gaps.groupby(level="service")[["service_zh", "service_en"]].first()
    shown = [key for key in _service_keys(run.record) if key in first.index]
    return {str(key): (str(zh), str(en)) for key, zh, en in first.loc[shown].itertuples()}


def _service_keys(record: Mapping[str, Any]) -> list[str]:
    """All services of a run, in the order in which it shows them."""
    services = record.get("services") or {}
    return [str(key) for part in ("determined", "undetermined") for key in services.get(part) or ()]


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a run under one name each."""
    city, settings, profile = (record.get(part) or {} for part in ("city", "settings", "profile"))
    versions = record.get("versions") or {}
    return {
        "city": city.get("key"),
        "services": sorted(_service_keys(record)),
        **settings,
        "speed_mps": profile.get("speed_mps"),
        "gates": profile.get("gates"),
        "crs": city.get("crs"),
        "circle15": versions.get("circle15"),
    }


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> pd.DataFrame:
    old, new = _plain(before), _plain(after)
    rows = [
        {"setting": key, "before": _told(old.get(key)), "after": _told(new.get(key)), "decides": key in _DECIDES}
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]
    table = pd.DataFrame(rows, columns=["setting", "before", "after", "decides"])
    return table.sort_values("decides", ascending=False, kind="stable").reset_index(drop=True)


def _told(value: Any) -> str:
    if value is None or (isinstance(value, dict | list) and not value):
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_told(entry)}" for key, entry in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(_told(entry) for entry in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _layers(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Layers of a run by file or label, but for those of its scenarios."""
    changes = scenario_origin("").label_en.strip()
    layers = [layer for layer in record.get("inputs") or () if isinstance(layer, dict)]
    named = {str(layer.get("file") or layer.get("label_en")): layer for layer in layers}
    return {name: layer for name, layer in named.items() if layer.get("file") or not name.startswith(changes)}


def _inputs(before: Mapping[str, Any], after: Mapping[str, Any]) -> pd.DataFrame:
    """Layers by file, or by label where they have none; a change is one of the content's hash, label or date.

    What a scenario changes is told as its changes, and is no layer here.
    """
    old, new = _layers(before), _layers(after)
    rows = []
    for key in dict.fromkeys([*old, *new]):
        record_of, other = old.get(key), new.get(key)
        if record_of == other:
            continue
        change = "added" if record_of is None else "removed" if other is None else "changed"
        shown = other or record_of or {}
        kept = {name: str(shown.get(name, "")) for name in ("label_zh", "label_en", "file")}
        rows.append({**kept, "change": change})
    return pd.DataFrame(rows, columns=["label_zh", "label_en", "file", "change"])


_FIGURES = {
    "status": "status", "pop_60plus": "elders", "pop_60plus_covered": "covered", "uncovered": "uncovered",
    "share": "share", "mean_min": "mean_min",
}  # fmt: skip


def _gaps(before: SavedRun, after: SavedRun, parted: frozenset[str]) -> pd.DataFrame:
    """Communities that are the same in both runs, with every service of either."""
    old, new = (run.gaps[list(_FIGURES)].rename(columns=_FIGURES) for run in (before, after))
    table = old.add_suffix("_before").join(new.add_suffix("_after"), how="outer")
    both = _ids(before).intersection(_ids(after)).difference(list(parted))
    table = table[table.index.get_level_values("community_id").isin(both)]
    for column in ("status_before", "status_after"):
        table[column] = table[column].fillna("")
    for figure in ("share", "uncovered"):
        table[f"{figure}_change"] = table[f"{figure}_after"] - table[f"{figure}_before"]
    names = after.gaps["name"].groupby(level="community_id").first()
    table.insert(0, "name", names.reindex(table.index.get_level_values("community_id")).to_numpy())
    return table.sort_index()


def _ids(run: SavedRun) -> pd.Index:
    return run.gaps.index.unique("community_id")


def _redrawn_sums(before: SavedRun, after: SavedRun, parted: frozenset[str]) -> pd.DataFrame:
    """Communities that a scenario merges or splits as one row a service, of services known of all of them."""
    columns = ["covered", "uncovered", "share"]
    sums = []
    for run, when in ((before, "before"), (after, "after")):
        figures = run.gaps[list(_FIGURES)].rename(columns=_FIGURES)
        figures = figures.loc[figures.index.get_level_values("community_id").isin(parted), columns].astype(float)
        known = figures.notna().groupby(level="service").all()
        sums.append(figures.groupby(level="service").sum().where(known).add_suffix(f"_{when}"))
    table = pd.concat(sums, axis=1)
    return table.set_index(pd.MultiIndex.from_product([[""], table.index], names=["community_id", "service"]))


def _totals(gaps: pd.DataFrame) -> pd.DataFrame:
    known = gaps[gaps["share_before"].notna() & gaps["share_after"].notna()]
    columns = [f"{part}_{when}" for part in ("covered", "uncovered") for when in ("before", "after")]
    sums = known.groupby(level="service")[columns].sum()
    for when in ("before", "after"):
        placed = sums[f"covered_{when}"] + sums[f"uncovered_{when}"]
        sums[f"share_{when}"] = (sums[f"covered_{when}"] / placed).where(placed > 0)
    for figure in ("share", "uncovered"):
        sums[f"{figure}_change"] = sums[f"{figure}_after"] - sums[f"{figure}_before"]
    return sums.drop(columns=["covered_before", "covered_after"])


def _communities(before: SavedRun, after: SavedRun) -> pd.DataFrame:
    figures = {"index": "index", "rank_index": "rank"}
    old, new = (
        run.gaps[["name", *figures]].rename(columns=figures).groupby(level="community_id").first()
        for run in (before, after)
    )
    table = new[["name"]].join(old[["index", "rank"]].add_suffix("_before"), how="inner")
    table = table.join(new[["index", "rank"]].add_suffix("_after"))
    table["index_change"] = (table["index_after"] - table["index_before"]).round(6)
    return table.sort_index().sort_values("index_change", ascending=False, kind="stable")


def _verdicts(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Verdicts that both runs have and that differ."""
    if not len(before) or not len(after):
        return pd.DataFrame()
    named = after[["unit_name", "clause_zh", "clause_en"]]
    pair = ["verdict", *VERDICT_FIGURES]
    old, new = (ledger.reindex(columns=pair) for ledger in (before, after))
    table = named.join(old.add_suffix("_before"), how="inner").join(new.add_suffix("_after"))
    return table[np.asarray(table["verdict_before"] != table["verdict_after"])].sort_index()


def _clauses(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Units that pass and fail by clause, of units that both runs judged; clauses of which that differs."""
    if not len(before) or not len(after):
        return pd.DataFrame()
    named = after[["verdict", "clause_zh", "clause_en"]].rename(columns={"verdict": "verdict_after"})
    pair = before[["verdict"]].add_suffix("_before").join(named, how="inner")
    known = pair.groupby(level="clause_id")
    table = known[["clause_zh", "clause_en"]].first()
    for verdict in ("pass", "fail"):
        for when in ("before", "after"):
            counted = (pair[f"verdict_{when}"] == verdict).groupby(level="clause_id").sum()
            table[f"{verdict}_{when}"] = counted.astype(int)
    differs = (table["pass_before"] != table["pass_after"]) | (table["fail_before"] != table["fail_after"])
    return table[differs].sort_index()


def _equity(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Figures of equity that both runs tell and that differ, or that one of them leaves undefined."""
    if not len(before) or not len(after):
        return pd.DataFrame(columns=["before", "after", "change"])
    shared = before.index.intersection(after.index)
    pairs = pd.MultiIndex.from_product([shared, EQUITY_FIGURES], names=["service", "figure"])
    old, new = (
        pd.Series(frame.loc[shared, list(EQUITY_FIGURES)].to_numpy(dtype=float).ravel(), index=pairs)
        for frame in (before, after)
    )
    table = pd.DataFrame({"before": old, "after": new})
    table["change"] = (table["after"] - table["before"]).round(9)
    alike = (table["before"].isna() & table["after"].isna()) | (table["change"] == 0)
    return table[~alike]


def _only(run: SavedRun, other: SavedRun, parted: frozenset[str]) -> dict[str, str]:
    names = run.gaps["name"].groupby(level="community_id").first()
    same = names.index.isin(_ids(other).difference(list(parted)))
    return {str(key): str(name) for key, name in names[~same].sort_index().items()}
