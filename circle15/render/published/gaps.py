"""Coverage and gaps as pages and reports tell them: counts by the rule of ``privacy``, and indices made of these.

An index is a share of people in other words: times a known total, and with the weights, it is their number. Where a
community's counts are not told exactly its index is therefore worked out anew, from the counts that are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model import Analysis
from circle15.model.index import additive_index, geometric_index, ranked, worst_index
from circle15.model.limits import FEWEST, MIDDLE_OF_FEW
from circle15.render.published.privacy import (
    SUPPRESSED,
    public_counts,
    public_parts,
    public_tens,
    public_total,
    small_groups,
    told_whole,
)

__all__ = ["public_cells", "public_gaps", "public_left", "public_subdistricts", "public_sums", "told_communities"]

_COUNTS = ["pop_60plus", "pop_60plus_unplaced", "pop_60plus_undetermined", "pop_60plus_uncovered", "choices"]
_MINUTES = ("mean_min", "p90_min")


def public_cells(analysis: Analysis) -> pd.DataFrame:
    """Figures of every community and service as they may be told.

    Returns
    -------
    pandas.DataFrame
        On (``community_id``, ``service``): ``placed`` and, for the cut-offs in their order, ``uncovered_0``,
        ``uncovered_1``, ... (people aged 60+; :data:`~circle15.render.published.privacy.SUPPRESSED` for one
        to nine), ``uncovered`` (the last of these), ``rough`` (in tens), ``whole`` (whose parts these are, not to be
        told), ``share`` covered at the circle worked out
        from these, ``mean_min``, ``p90_min``,
        ``choices`` (whole numbers where rough: times people they are counts too) and ``rank`` within the service by
        the counts that are told. Without rows where no service has a list, and of communities whose people aged 60+
        nobody knows.
    """
    frame = analysis.coverage.frame
    columns = ["placed", "uncovered", "rough", "whole", "share", *_MINUTES, "choices", "rank"]
    if frame.empty:  # no list of facilities: nothing is determined
        nothing = pd.MultiIndex.from_arrays([[], []], names=["community_id", "service"])
        return pd.DataFrame(columns=columns, index=nothing)
    wide: Any = frame[_COUNTS].unstack("cutoff_min")
    last = analysis.settings.cutoffs_min[-1]
    wide = wide[wide[("pop_60plus", last)].notna()]
    counts, apart = _counts(wide, analysis.settings.cutoffs_min)
    told = ~_withheld(wide.index, small_groups(*counts, apart=apart))
    wide, apart = wide[told], apart[told]
    placed, shown, rough = public_counts(*(part[told] for part in counts), apart=apart)
    cells = pd.DataFrame({"placed": placed, "uncovered": shown[:, -1], "rough": rough}, index=wide.index)
    cells["whole"] = told_whole(counts[0][told], counts[1][told], apart=apart)
    for place in range(shown.shape[1]):
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


def told_communities(analysis: Analysis) -> pd.Index:
    """Communities of whose people aged 60+ something is told beside their number.

    Returns
    -------
    pandas.Index
        Ids of communities with ten people aged 60+ or more, without those of whom no part can be told of because it
        would tell of the rest (:func:`~circle15.render.published.privacy.small_groups`).
    """
    elders = analysis.city.communities.frame["pop_60plus"]
    ids = elders.index[public_total(elders.to_numpy(dtype=np.float64)) >= FEWEST]
    frame = analysis.coverage.frame
    if frame.empty:
        return ids
    wide: Any = frame[_COUNTS].unstack("cutoff_min")
    counts, apart = _counts(wide, analysis.settings.cutoffs_min)
    hidden = _withheld(wide.index, small_groups(*counts, apart=apart))
    return ids.difference(wide.index.get_level_values("community_id")[hidden], sort=False)


def _counts(
    wide: pd.DataFrame, cutoffs: Sequence[float]
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]:
    """People, those who cannot be placed and those not covered by each cut-off; rows that are apart by one to nine.

    Who is not placed differs from service to service where a home hangs on a detached piece of street.
    """
    last = cutoffs[-1]
    lost = wide[("pop_60plus_unplaced", last)] + wide[("pop_60plus_undetermined", last)]
    total = wide[("pop_60plus", last)].fillna(0.0).to_numpy(dtype=np.float64)
    uncovered = wide["pop_60plus_uncovered"][list(cutoffs)].to_numpy(dtype=np.float64)
    whole = lost.fillna(0.0).round()
    rising = whole.sort_values(kind="stable").groupby(level="community_id").diff()
    near = (rising > 0) & (rising < FEWEST)
    apart = near.groupby(level="community_id").any().reindex(wide.index.get_level_values("community_id"))
    return (total, whole.to_numpy(dtype=np.float64), uncovered), apart.to_numpy(dtype=bool)


def _withheld(index: pd.Index, small: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All rows of the communities that have such a row."""
    ids = index.get_level_values("community_id")
    return np.asarray(ids.isin(ids[small].unique()))


def public_sums(analysis: Analysis, cells: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Sums of what is told of communities: whatever is told of a sum, no community is what the others leave of it.

    Parameters
    ----------
    analysis
        What to tell.
    cells
        From :func:`public_cells`.
    groups
        Of each community, on ``community_id``.

    Returns
    -------
    pandas.DataFrame
        On (group, ``service``): ``placed``, ``uncovered_0``, ``uncovered_1``, ... and ``uncovered``, people with five
        for one to nine of a community. Of communities of which nothing is told anybody counts as five.
    """
    wide: Any = analysis.coverage.frame[_COUNTS].unstack("cutoff_min")
    (total, lost, uncovered), _ = _counts(wide, analysis.settings.cutoffs_min)
    steps = [f"uncovered_{place}" for place in range(uncovered.shape[1])]
    some = np.column_stack([total - lost, np.nan_to_num(uncovered)]) > 0
    table = pd.DataFrame(np.where(some, float(MIDDLE_OF_FEW), 0.0), index=wide.index, columns=["placed", *steps])
    for column in table:
        table.loc[cells.index, column] = _drawn(cells[column].to_numpy(dtype=np.int64))
    table["uncovered"] = table[steps[-1]]
    named = groups.reindex(table.index.get_level_values("community_id")).to_numpy()
    return table.groupby([named, table.index.get_level_values("service")]).sum()


def public_left(cells: pd.DataFrame, people: pd.Series) -> pd.Series:
    """How many of those without a service a remedy would leave, in tens of them.

    Parameters
    ----------
    cells
        From :func:`public_cells`.
    people
        Exact numbers, on (``community_id``, ``service``).

    Returns
    -------
    pandas.Series
        ``int64`` as :func:`~circle15.render.published.privacy.public_parts` of the uncovered people where their number
        is told as it is, else of the placed ones; where nothing is told of a community, 0 or ``SUPPRESSED``.
    """
    told = cells[["placed", "uncovered", "rough", "whole"]].reindex(people.index)
    whole = told["uncovered"].where(~told["rough"].eq(True), told["whole"]).fillna(0).to_numpy(dtype=np.int64)  # noqa: FBT003
    exact = people.fillna(0).to_numpy(dtype=np.float64)
    parts = np.where(exact > 1e-9, np.maximum(np.rint(exact), 1), 0).astype(np.int64)
    shown = public_parts(whole, np.minimum(parts, np.maximum(whole, 1))[:, None])[:, 0]
    # All of them, and all but a few, are the tens of the number that stands beside it.
    known = told["rough"].eq(False).to_numpy(dtype=bool)  # noqa: FBT003
    ends = known & (shown >= FEWEST) & ((parts > whole - FEWEST) | (whole < 3 * FEWEST))
    tens = public_tens(np.column_stack([whole, parts]).astype(np.float64))
    shown = np.where(ends, tens[:, 0], shown)
    return pd.Series(
        np.where((parts > whole) & told["placed"].notna().to_numpy(), tens[:, 1], shown), index=people.index
    )


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
        rest on published counts. Communities that are not among :func:`told_communities` keep their own figures, none
        of which is told, and have no rank: between those of others it would tell of them.
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
    told = told_communities(analysis)
    for rank, score in (("rank", "index"), ("rank_people", "uncovered")):
        table[rank] = ranked(table[score].where(table.index.isin(told)))
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
    ids = cells.index.get_level_values("community_id")
    whole = ids.difference(ids[cells["rough"].to_numpy(dtype=bool)])
    some = table.index.isin(set(found.named[~found.named.index.isin(whole)]))
    sums = public_sums(analysis, cells, found.named)
    share_of_sums = np.clip(1 - sums["uncovered"] / np.maximum(sums["placed"], FEWEST), 0, 1)
    told = share_of_sums.where(sums["placed"] >= FEWEST)
    share = told.unstack("service").reindex(index=table.index, columns=list(weights))
    anew = some & share.notna().all(axis=1).to_numpy() & table["index"].notna().to_numpy()
    if anew.any():
        table.loc[anew, "index"] = _indices(share[anew], weights)["index"]
        table.loc[anew, "worst_service"] = share[anew].idxmin(axis=1).where(share[anew].min(axis=1) < 1, "")
    few = some & share.isna().any(axis=1).to_numpy()
    table.loc[few, "index"] = np.nan
    table["rank"] = ranked(table["index"])
    return table.sort_index(kind="stable").sort_values("rank", kind="stable")
