"""Older people of some need, as pages and reports tell them: how many, and an estimate of those without a service."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model import Analysis
from circle15.model.limits import FEWEST
from circle15.model.places import ELDERS_IN_NEED
from circle15.render.published.counts import Figures
from circle15.render.published.privacy import UNKNOWN, drawn, public_tens

__all__ = ["need_counts", "needs_uncovered", "needs_without"]


def need_counts(published: Figures) -> pd.DataFrame:
    """People of each need that the communities count.

    Returns
    -------
    pandas.DataFrame
        ``int64`` on ``community_id``, one column for each of ``ELDERS_IN_NEED`` that the city has: in tens, as
        :func:`~circle15.render.published.people.public_more` tells them, ``UNKNOWN`` where a community does not say.
    """
    return published.more[[need for need in ELDERS_IN_NEED if need in published.more]]


def needs_uncovered(published: Figures, *, step: str = "uncovered") -> pd.DataFrame:
    """Estimate of the people of each need whom a service does not cover, as if they lived spread like all aged 60+.

    Parameters
    ----------
    published
        Counts as they may be told, of which alone the estimate is made.
    step
        The column of ``published.cells`` with the people not covered: ``uncovered`` at the circle, ``uncovered_0``,
        ``uncovered_1``, ... by the cut-offs.

    Returns
    -------
    pandas.DataFrame
        ``float64`` on (``community_id``, ``service``), columns as :func:`need_counts`: people; NaN where a community
        does not say how many there are, or nothing is told of the service there.
    """
    cells, counts = published.cells, need_counts(published)
    placed = cells["placed"].to_numpy(dtype=np.float64)
    without = drawn(cells[step].fillna(0).to_numpy(dtype=np.int64))
    share = np.divide(without, placed, out=np.full(len(cells), np.nan), where=placed >= FEWEST)
    heads = counts.reindex(cells.index.get_level_values("community_id")).to_numpy(dtype=np.int64)
    people = np.where(heads == UNKNOWN, np.nan, drawn(heads)) * np.clip(share, 0, 1)[:, None]
    return pd.DataFrame(people, index=cells.index, columns=counts.columns)


def needs_without(analysis: Analysis, published: Figures) -> dict[tuple[str, str], dict[str, list[int]]]:
    """By community and service: of each need that can be told, the people not covered by each cut-off, in tens.

    No more than there are, :data:`~circle15.render.published.privacy.SUPPRESSED` for one to nine.
    """
    steps = [f"uncovered_{place}" for place in range(len(analysis.settings.cutoffs_min))]
    counts = need_counts(published)
    if not len(counts.columns):
        return {}
    estimates = [needs_uncovered(published, step=step) for step in steps]
    keys = estimates[-1].index
    heads = counts.reindex(keys.get_level_values("community_id")).to_numpy(dtype=np.int64)
    shown = np.stack([_at_most(public_tens(estimate.to_numpy()), heads) for estimate in estimates], axis=-1)
    return {
        (str(community), str(service)): dict(_known(counts.columns, row))
        for (community, service), row in zip(keys, shown, strict=True)
    }


def _at_most(tens: NDArray[np.int64], heads: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(heads >= FEWEST, np.minimum(tens, heads), tens)


def _known(needs: pd.Index, row: NDArray[np.int64]) -> Iterator[tuple[str, list[int]]]:
    """Needs with their people of one community and service, without those that are unknown."""
    for need, people in zip(needs, row.tolist(), strict=True):
        if UNKNOWN not in people:
            yield str(need), people
