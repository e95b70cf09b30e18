"""Coverage as pages, reports and workbooks tell it: every count in tens, by the rule of ``privacy``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model import Analysis, Equity
from circle15.model.limits import FEWEST, MIDDLE_OF_FEW, few_as_five
from circle15.render.published.privacy import (
    drawn,
    possible_parts,
    public_counts,
    public_means,
    public_parts,
    public_total,
    small_groups,
)

__all__ = ["public_cells", "public_groups", "public_left", "public_sums", "sum_ends", "told_communities"]

_COUNTS = ["pop_60plus", "pop_60plus_unplaced", "pop_60plus_undetermined", "pop_60plus_uncovered", "choices"]
_MINUTES = ("mean_min", "p90_min")
_NOBODY = 1e-9
Counts = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def public_cells(analysis: Analysis) -> pd.DataFrame:
    """Figures of every community and service as they may be told.

    Returns
    -------
    pandas.DataFrame
        On (``community_id``, ``service``), of :func:`told_communities` alone: ``people`` aged 60+, ``placed`` and, for
        the cut-offs in their order, ``uncovered_0``, ``uncovered_1``, ... (tens of these people;
        :data:`~circle15.render.published.privacy.SUPPRESSED` for one to nine), ``uncovered`` (the last of these),
        ``share`` covered at the circle worked out from these, ``mean_min``, ``p90_min``, ``choices`` (no finer than
        ten people) and ``rank`` within the service by the counts that are told. Without rows where no service has a
        list.
    """
    frame = analysis.coverage.frame
    columns = ["people", "placed", "uncovered", "share", *_MINUTES, "choices", "rank"]
    if frame.empty:  # no list of facilities: nothing is determined
        nothing = pd.MultiIndex.from_arrays([[], []], names=["community_id", "service"])
        return pd.DataFrame(columns=columns, index=nothing)
    wide: Any = frame[_COUNTS].unstack("cutoff_min")
    last = analysis.settings.cutoffs_min[-1]
    wide = wide[wide.index.get_level_values("community_id").isin(told_communities(analysis))]
    total, lost, uncovered = _counts(wide, analysis.settings.cutoffs_min)
    placed, shown = public_counts(total, lost, uncovered)
    cells = pd.DataFrame({"people": public_total(total), "placed": placed, "uncovered": shown[:, -1]}, index=wide.index)
    for place in range(shown.shape[1]):
        cells[f"uncovered_{place}"] = shown[:, place]
    out = drawn(shown[:, -1])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(1 - out / placed, 0, 1)
    cells["share"] = np.where(placed >= FEWEST, share, np.nan)
    figures = analysis.coverage.nearest.reindex(wide.index)[list(_MINUTES)].astype(np.float64)
    for column in _MINUTES:
        cells[column] = public_means(figures[column].to_numpy(), total, 2 * analysis.settings.circle_min)
    # Of fewer than a hundred people one to nine are the last tenth, and where it begins would tell how many.
    cells["p90_min"] = cells["p90_min"].where(total >= 10 * FEWEST)
    choices = wide[("choices", last)].astype(np.float64)
    most = choices.groupby(level="service").transform("max").fillna(0.0).to_numpy()
    cells["choices"] = public_means(choices.to_numpy(), total, most)
    there = pd.Series(np.where(placed != 0, out, np.nan), index=cells.index)
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
    small = small_groups(*_counts(wide, analysis.settings.cutoffs_min))
    return ids.difference(wide.index.get_level_values("community_id")[small], sort=False)


def _counts(wide: pd.DataFrame, cutoffs: Sequence[float]) -> Counts:
    """People, those who cannot be placed and those not covered by each cut-off."""
    last = cutoffs[-1]
    away = wide[("pop_60plus_unplaced", last)] + wide[("pop_60plus_undetermined", last)]
    total, lost = (part.fillna(0.0).to_numpy(dtype=np.float64) for part in (wide[("pop_60plus", last)], away))
    return total, lost, wide["pop_60plus_uncovered"][list(cutoffs)].to_numpy(dtype=np.float64)


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
    table = _told(analysis, cells)
    named = groups.reindex(table.index.get_level_values("community_id")).to_numpy()
    return table.groupby([named, table.index.get_level_values("service")]).sum()


def sum_ends(analysis: Analysis, cells: pd.DataFrame, groups: pd.Series, service: str, step: str) -> pd.DataFrame:
    """Between which shares covered those of sums lie, as far as what is told of communities says.

    Parameters
    ----------
    analysis, cells, groups
        As for :func:`public_sums`.
    service, step
        Of ``cells``, the latter ``uncovered_0`` or another.

    Returns
    -------
    pandas.DataFrame
        ``low`` and ``high`` on the groups, 0 to 1; NaN where nobody can be placed.
    """
    elders = analysis.city.communities.frame["pop_60plus"]
    whole = np.maximum(public_total(elders.to_numpy(dtype=np.float64)), 0)
    most = np.where((whole == 0) & (elders > 0), FEWEST - 1, whole)
    own = _cells_of(cells[["placed", step]], service).reindex(elders.index)
    ends: dict[str, tuple[Any, Any]] = {}
    for column in ("placed", step):
        shown = own[column].to_numpy(dtype=np.float64)
        low, high = possible_parts(whole, np.nan_to_num(shown).astype(np.int64))
        if column == "placed":  # is all of them where all but one to nine are
            low = np.where((shown == whole) & (whole > FEWEST), whole - FEWEST + 1, low)
        ends[column] = (np.where(np.isnan(shown), 0, low), np.where(np.isnan(shown), most, high))
    (least, largest), (fewest, out) = ends["placed"], ends[step]
    table = pd.DataFrame({"least": least, "largest": largest, "fewest": fewest, "out": out}, index=elders.index)
    sums = table.groupby(groups.reindex(table.index).to_numpy()).sum()
    worst, best = 1 - sums["out"] / sums["least"].clip(lower=1), 1 - sums["fewest"] / sums["largest"].clip(lower=1)
    known = sums["largest"] > 0
    return pd.DataFrame({"low": worst.clip(0, 1).where(known), "high": best.clip(0, 1).where(known)})


def _cells_of(cells: pd.DataFrame, service: str) -> pd.DataFrame:
    """The rows of one service on the rest of the index; none where there are none, which ``xs`` refuses."""
    return cells[cells.index.get_level_values("service") == service].droplevel("service")


def _told(analysis: Analysis, cells: pd.DataFrame) -> pd.DataFrame:
    """What goes into a sum, of every community and service: see :func:`public_sums`."""
    wide: Any = analysis.coverage.frame[_COUNTS].unstack("cutoff_min")
    total, lost, uncovered = _counts(wide, analysis.settings.cutoffs_min)
    steps = [f"uncovered_{place}" for place in range(uncovered.shape[1])]
    some = np.column_stack([total - lost, np.nan_to_num(uncovered)]) > 0
    table = pd.DataFrame(np.where(some, float(MIDDLE_OF_FEW), 0.0), index=wide.index, columns=["placed", *steps])
    for column in table:
        table.loc[cells.index, column] = drawn(cells[column].to_numpy(dtype=np.int64))
    return table.assign(uncovered=table[steps[-1]])


def public_groups(analysis: Analysis, cells: pd.DataFrame) -> pd.DataFrame:
    """``equity.told.groups`` made of what is told of their communities: people, share covered, mean minutes."""
    spread = Equity() if analysis.equity.told is None else analysis.equity.told
    groups, members = spread.groups, spread.members
    if not len(groups):
        return groups
    elders = analysis.city.communities.frame["pop_60plus"]
    told = _told(analysis, cells).join(cells["mean_min"])
    heads = pd.Series(few_as_five(elders), elders.index).reindex(told.index.get_level_values("community_id")).to_numpy()
    told = told.assign(people=heads, walked=heads * told["mean_min"], walkers=heads * told["mean_min"].notna())
    keys = ["grouping", "group", "service"]
    sums = (
        members.merge(told.reset_index(), on="community_id").groupby(keys).sum(numeric_only=True).reindex(groups.index)
    )
    share = np.clip(1 - sums["uncovered"] / np.maximum(sums["placed"], FEWEST), 0, 1)
    return groups.assign(
        pop_60plus=sums["people"].where(groups["pop_60plus"].notna()),
        share=share.where(sums["placed"] >= FEWEST),
        mean_min=(sums["walked"] / sums["walkers"]).where(sums["walkers"] > 0).round(),
    )


def public_left(cells: pd.DataFrame, people: pd.Series) -> pd.Series:
    """How many of those without a service a remedy would leave, in tens.

    Parameters
    ----------
    cells
        From :func:`public_cells`.
    people
        Exact numbers, on (``community_id``, ``service``).

    Returns
    -------
    pandas.Series
        ``int64`` as :func:`~circle15.render.published.privacy.public_parts` of the community's people, as the cells
        are; where nothing is told of a community, 0 or ``SUPPRESSED``.
    """
    whole = cells["people"].reindex(people.index).fillna(0).to_numpy(dtype=np.int64)
    exact = people.fillna(0).to_numpy(dtype=np.float64)
    parts = np.where(exact > _NOBODY, np.maximum(np.rint(exact), 1), 0).astype(np.int64)
    return pd.Series(public_parts(whole, np.minimum(parts, np.maximum(whole, 1))[:, None])[:, 0], index=people.index)
