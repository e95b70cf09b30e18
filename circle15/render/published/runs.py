"""A saved run as it may be told: what two runs are compared by where the comparison is passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from circle15.catalog.norm_books import all_rules, norm_books
from circle15.model.index import geometric_index, ranked
from circle15.model.limits import FEWEST
from circle15.model.runs import SavedRun
from circle15.render.published.clauses import without_people
from circle15.render.published.privacy import drawn, public_counts, public_means, public_total, small_groups

__all__ = ["told_run"]


def told_run(run: SavedRun) -> SavedRun:
    """A run whose people, shares, minutes, indices and ranks are the published ones, as ``gaps.xlsx`` has them.

    Of communities of few people all is NaN but their people. Of the ledger only clauses are left that do not speak of
    people: whether a share of these may be told cannot be said without the number that it is of.
    """
    gaps = run.gaps
    total = gaps["pop_60plus"].to_numpy(dtype=np.float64)
    lost = total - gaps["pop_60plus_covered"] - gaps["uncovered"]
    judged = lost.notna().to_numpy()
    people, away = np.nan_to_num(total), np.clip(np.nan_to_num(lost), 0, None)
    out = np.nan_to_num(gaps["uncovered"].to_numpy(dtype=np.float64))[:, None]
    placed, shown = (drawn(part) for part in public_counts(people, away, out))
    few = judged & ((public_total(people) < FEWEST) | small_groups(people, away, out))
    silent = pd.Series(few, gaps.index).groupby(level="community_id").transform("any").to_numpy()
    told, missed = judged & ~silent, shown[:, 0]
    figures = {
        "pop_60plus_covered": np.maximum(placed - missed, 0),
        "uncovered": missed,
        "share": np.where(placed >= FEWEST, 1 - missed / np.maximum(placed, FEWEST), np.nan),
        "mean_min": public_means(gaps["mean_min"].to_numpy(dtype=np.float64), people, 2 * _circle_min(gaps)),
    }
    heads = np.where(np.isnan(total), np.nan, drawn(public_total(people)))
    table = gaps.assign(pop_60plus=heads, **{key: np.where(told, values, np.nan) for key, values in figures.items()})
    table["status"] = table["status"].mask(silent & (table["status"] == "determined"), "not_told")
    return replace(
        run,
        gaps=_ranked(table, run.record.get("settings") or {}),
        ledger=_without_people(run.ledger),
        equity=run.equity.round(2),
    )


def _circle_min(gaps: pd.DataFrame) -> float:
    return float(gaps["cutoff_min"].max()) if "cutoff_min" in gaps and len(gaps) else 15.0


def _ranked(gaps: pd.DataFrame, settings: Mapping[str, object]) -> pd.DataFrame:
    """With indices and ranks worked out from the shares that stand in it."""
    given = settings.get("weights")
    weights = given if isinstance(given, Mapping) else {}
    known = gaps["status"].isin(["determined", "not_told"])
    share = gaps["share"].where(known).unstack("service")
    listed = [key for key in share if known.xs(key, level="service").any() and float(weights.get(key, 1.0)) > 0]
    weight = np.array([float(weights.get(key, 1.0)) for key in listed])
    index = pd.Series(np.nan, index=share.index)
    if listed:
        index[:] = geometric_index(share[listed].to_numpy(dtype=np.float64), weight / weight.sum())
    of = gaps.index.get_level_values("community_id")
    return gaps.assign(
        index=index.reindex(of).to_numpy(), rank_index=ranked(index).astype(float).reindex(of).to_numpy()
    )


def _without_people(ledger: pd.DataFrame) -> pd.DataFrame:
    if not len(ledger):
        return ledger
    plain = without_people(all_rules(tuple(norm_books().values())))
    return ledger[ledger.index.get_level_values("clause_id").isin(plain)]
