"""Coverage and gaps as pages and reports tell them: counts by the rule of ``privacy``, and indices made of these.

An index is a share of people in other words: times a known total, and with the weights, it is their number. Where a
community's counts are not told exactly its index is therefore worked out anew, from the counts that are told.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model import Analysis
from circle15.model.index import additive_index, geometric_index, ranked, worst_index
from circle15.model.limits import FEWEST
from circle15.render.published.privacy import SUPPRESSED, public_counts, public_tens

__all__ = ["MIDDLE_OF_FEW", "public_cells", "public_gaps", "public_subdistricts"]

MIDDLE_OF_FEW = FEWEST // 2
"""One to nine people are drawn, and taken in a share, as this many."""
_COUNTS = ["pop_60plus", "pop_60plus_unplaced", "pop_60plus_undetermined", "pop_60plus_uncovered", "choices"]
_MINUTES = ("mean_min", "p90_min")


def public_cells(analysis: Analysis) -> pd.DataFrame:
    """Figures of every community and service as they may be told.

    Returns
    -------
    pandas.DataFrame
        On (``community_id``, ``service``): ``placed`` and, for the cut-offs in their order, ``uncovered_0``,
        ``uncovered_1``, ... (people aged 60+; :data:`~circle15.render.published.privacy.SUPPRESSED` for one
        to nine), ``uncovered`` (the last of these), ``rough`` (in tens), ``share`` covered at the circle worked out
        from these, ``mean_min``, ``p90_min``,
        ``choices`` (whole numbers where rough: times people they are counts too) and ``rank`` within the service by
        the counts that are told. Without rows where no service has a list, and of communities whose people aged 60+
        nobody knows.
    """
    frame, cutoffs = analysis.coverage.frame, list(analysis.settings.cutoffs_min)
    columns = ["placed", "uncovered", "rough", "share", *_MINUTES, "choices", "rank"]
    if frame.empty:  # no list of facilities: nothing is determined
        nothing = pd.MultiIndex.from_arrays([[], []], names=["community_id", "service"])
        return pd.DataFrame(columns=columns, index=nothing)
    wide = frame[_COUNTS].unstack("cutoff_min")
    last = cutoffs[-1]
    wide = wide[wide[("pop_60plus", last)].notna()]
    placed, shown, rough = public_counts(
        wide[("pop_60plus", last)].to_numpy(dtype=np.float64),
        (wide[("pop_60plus_unplaced", last)] + wide[("pop_60plus_undetermined", last)]).to_numpy(dtype=np.float64),
        wide["pop_60plus_uncovered"][cutoffs].to_numpy(dtype=np.float64),
    )
    cells = pd.DataFrame({"placed": placed, "uncovered": shown[:, -1], "rough": rough}, index=wide.index)
    for place in range(len(cutoffs)):
        cells[f"uncovered_{place}"] = shown[:, place]
    drawn = _drawn(shown[:, -1])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(1 - drawn / placed, 0, 1)
    cells["share"] = np.where(placed >= FEWEST, share, np.nan)
    figures = analysis.coverage.nearest.reindex(wide.index)[list(_MINUTES)].assign(choices=wide[("choices", last)])
    for column, values in figures.astype(np.float64).items():
        cells[str(column)] = np.where(rough, np.rint(values), values)
    there = pd.Series(np.where(placed != 0, drawn, np.nan), index=cells.index)
    cells["rank"] = there.groupby(level="service").rank(method="min", ascending=False).astype("Int64")
    return cells


def _drawn(shown: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(shown == SUPPRESSED, MIDDLE_OF_FEW, shown).astype(np.float64)


def public_gaps(analysis: Analysis, cells: pd.DataFrame) -> pd.DataFrame:
    """``gaps.by_community`` with the figures of communities that have a rough cell made of what is told.

    Parameters
    ----------
    analysis
        What to tell.
    cells
        From :func:`public_cells`.

    Returns
    -------
    pandas.DataFrame
        As ``gaps.by_community`` and sorted as that; ``index``, ``index_additive``, ``index_worst``, ``uncovered``,
        ``uncovered_worst`` and ``worst_service`` of those communities, and all ranks by ``index`` and ``uncovered``,
        rest on published counts. A community of fewer than ten people aged 60+ keeps its own: none of them is told.
    """
    table = analysis.gaps.by_community.copy()
    weights = {key: weight for key, weight in analysis.gaps.weights.items() if weight > 0}
    if table.empty or cells.empty or not weights:
        return table
    counted = cells[cells.index.get_level_values("service").isin(weights)]
    people = pd.Series(_drawn(counted["uncovered"].to_numpy(dtype=np.int64)), index=counted.index)
    share = counted["share"].unstack("service").reindex(index=table.index, columns=list(weights))
    lost = people.unstack("service").reindex(index=table.index, columns=list(weights))
    rough = counted["rough"].groupby(level="community_id").any().reindex(table.index, fill_value=False).to_numpy()
    anew = rough & share.notna().all(axis=1).to_numpy() & table["index"].notna().to_numpy()
    if anew.any():
        made = _indices(share[anew], weights)
        made["uncovered"], made["uncovered_worst"] = lost[anew].sum(axis=1), lost[anew].max(axis=1)
        least = share[anew].idxmin(axis=1)
        made["worst_service"] = least.where(share[anew].min(axis=1) < 1, "")
        for column in made:
            table.loc[anew, column] = made[column]
    for rank, score in (("rank", "index"), ("rank_people", "uncovered")):
        table[rank] = ranked(table[score])
    return table.sort_index(kind="stable").sort_values(["rank", "rank_people"], kind="stable")


def _indices(share: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """The three indices of covered shares, one column a service (:mod:`circle15.model.index`)."""
    covered = share.to_numpy(dtype=np.float64)
    w = np.array([weights[str(key)] for key in share.columns]) / sum(weights.values())
    return pd.DataFrame(
        {
            "index": geometric_index(covered, w),
            "index_additive": additive_index(covered, w),
            "index_worst": worst_index(covered),
        },
        index=share.index,
    )


def public_subdistricts(analysis: Analysis, cells: pd.DataFrame) -> pd.DataFrame:
    """``subdistricts.by_subdistrict`` with indices made of tens where a community of the subdistrict has a rough cell.

    Returns
    -------
    pandas.DataFrame
        On ``subdistrict``: ``index``, ``worst_service`` and ``rank`` by what may be told, the rest as it was.
    """
    found = analysis.subdistricts
    table = found.by_subdistrict.copy()
    weights = {key: weight for key, weight in analysis.gaps.weights.items() if weight > 0}
    if table.empty or cells.empty or not weights:
        return table
    rough = cells.index[cells["rough"].to_numpy(dtype=bool)].get_level_values("community_id")
    some = table.index.isin(set(found.named.reindex(rough)))
    sums = found.frame.xs(analysis.settings.circle_min, level="cutoff_min")
    lost = public_tens(sums["pop_60plus_uncovered"].to_numpy(dtype=np.float64))
    placed = public_tens((sums["pop_60plus_covered"] + sums["pop_60plus_uncovered"]).to_numpy(dtype=np.float64))
    told = pd.Series(np.where(placed >= FEWEST, np.clip(1 - _drawn(lost) / np.maximum(placed, FEWEST), 0, 1), np.nan),
                     index=sums.index)  # fmt: skip
    share = told.unstack("service").reindex(index=table.index, columns=list(weights))
    anew = some & share.notna().all(axis=1).to_numpy() & table["index"].notna().to_numpy()
    if anew.any():
        table.loc[anew, "index"] = _indices(share[anew], weights)["index"]
        table.loc[anew, "worst_service"] = share[anew].idxmin(axis=1).where(share[anew].min(axis=1) < 1, "")
    few = some & share.isna().any(axis=1).to_numpy()
    table.loc[few, "index"] = np.nan
    table["rank"] = ranked(table["index"])
    return table.sort_index(kind="stable").sort_values("rank", kind="stable")
