"""The numbers of people that a report may tell: the same rule as for the page (``docs/page-format.md``, *People*)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog import text
from circle15.model import Analysis
from circle15.model.limits import FEWEST, MIDDLE_OF_FEW
from circle15.model.places import counts_heads
from circle15.render.published.gaps import (
    public_cells,
    public_groups,
    public_left,
    public_sums,
    told_communities,
)
from circle15.render.published.people import public_more, public_places
from circle15.render.published.privacy import SUPPRESSED, UNKNOWN, drawn, public_tens
from circle15.render.published.ranking import (
    public_draws,
    public_gaps,
    public_intervals,
    public_stability,
    public_subdistricts,
)

__all__ = ["Figures", "few", "figures_of", "percent", "tens"]

_BEFORE_AND_AFTER = ("uncovered", "uncovered_link")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """An analysis' counts of people as they may be passed on.

    ``cells``: :func:`~circle15.render.published.gaps.public_cells`. ``left`` on (``community_id``, ``service``): the
    columns of ``attribution.frame`` that count people, by :func:`~circle15.render.published.gaps.public_left`, of
    communities of which something is told. ``places`` on ``community_id``: ``population`` and ``pop_60plus``
    (``UNKNOWN`` where nobody knows them); ``more``: all other numbers of people and households, and whose circle leaves
    the street file.
    ``ranking``, ``subdistricts``, ``draws``, ``intervals``, ``stability``: indices, ranks and their intervals by
    :mod:`circle15.render.published.ranking`. ``totals`` on ``service``: ``placed``, ``uncovered`` and one column a
    cut-off (people not covered), all in tens. ``groups``: :func:`~circle15.render.published.gaps.public_groups`.
    ``unknown`` communities, whose people aged 60+ nobody knows, are in none. ``serves`` on ``link_id``: person-services
    in tens. ``told``: ids by :func:`~circle15.render.published.gaps.told_communities`.
    """

    cells: Any
    left: Any
    places: Any
    more: Any
    ranking: Any
    subdistricts: Any
    groups: Any
    draws: Any
    intervals: Any
    stability: Any
    totals: Any
    elders: int
    people: int
    unknown: int
    serves: Any
    told: pd.Index

    def seen(self, community: str) -> bool:
        """Whether a community has people enough that its figures are told."""
        return community in self.told

    def summed(self, world: str, rows: pd.Index) -> int:
        """People whom a remedy would leave without a service, over some rows of ``left``, in tens of what is told."""
        return tens(_sum_of(self.left[world].reindex(rows).to_numpy(dtype=np.int64)))


def few(people: float, *, rough: bool = False) -> str:
    """A published count as text; ``rough``: in tens, but for all of a community, who are told as they are.

    Examples
    --------
    >>> few(-1), few(1234), few(40, rough=True), few(503, rough=True), few(float("nan")), few(-3)
    ('不足10', '1,234', '约40', '503', '—', '未知')
    """
    if math.isnan(people):
        return "—"
    if people == UNKNOWN:
        return text("people_unknown", "zh")
    if people == SUPPRESSED:
        return text("gaps_few_people", "zh", limit=FEWEST)
    shown = f"{people:,.0f}"
    return text("people_rough", "zh", people=shown) if rough and people and people % FEWEST == 0 else shown


def percent(share: float, digits: int = 0) -> str:
    """A share of one as text; a dash where there is none."""
    return "—" if math.isnan(share) else f"{share * 100:.{digits}f}%"


def tens(people: float) -> int:
    """People in tens, :data:`~circle15.render.published.privacy.SUPPRESSED` for one to nine, ``UNKNOWN`` for NaN.

    Examples
    --------
    >>> tens(0), tens(4.2), tens(14), tens(1996), tens(float("nan"))
    (0, -1, 10, 2000, -3)
    """
    return int(public_tens(np.array([people]))[0])


def figures_of(analysis: Analysis) -> Figures:
    """Counts of an analysis, such that no group under ten can be worked out, and figures made of these."""
    frame = analysis.city.communities.frame
    cells, draws, told = public_cells(analysis), public_draws(analysis), told_communities(analysis)
    ranking, left = public_gaps(analysis, cells), _left(analysis, cells, told)
    places = public_places(analysis.city.communities)
    heads = frame[[column for column in frame if counts_heads(column) and column not in places]]
    return Figures(
        cells=cells.assign(uncovered=cells["uncovered"].astype(float).where(cells["placed"] != 0)).sort_index(),
        places=places,
        more=public_more(heads.join(analysis.circle_cut), places),
        ranking=ranking,
        subdistricts=public_subdistricts(analysis, cells),
        groups=public_groups(analysis, cells),
        draws=draws,
        intervals=public_intervals(analysis, cells, draws, ranking),
        stability=public_stability(analysis, cells, ranking),
        totals=_totals(analysis, cells),
        left=left,
        serves=_serves(analysis, cells, left),
        elders=tens(_sum_of(places["pop_60plus"].to_numpy())),
        people=tens(_sum_of(places["population"].to_numpy())),
        unknown=int(frame["pop_60plus"].isna().sum()),
        told=told,
    )


def _sum_of(shown: NDArray[np.int64]) -> float:
    """Published counts added up, with five for one to nine and nobody for an unknown number."""
    return float(np.maximum(drawn(shown), 0).sum())


def _left(analysis: Analysis, cells: pd.DataFrame, told: pd.Index) -> pd.DataFrame:
    frame = analysis.attribution.frame
    if not len(frame):
        return frame
    frame = frame[frame.index.get_level_values("community_id").isin(told)]
    worlds = [column for column in frame if str(column).startswith("uncovered")]
    return pd.DataFrame({column: public_left(cells, frame[column]) for column in worlds}, index=frame.index)


def _serves(analysis: Analysis, cells: pd.DataFrame, left: pd.DataFrame) -> pd.Series:
    """Whom each link would serve: tens of the sum over communities.

    Of those for which it is the best link, what is told of them today less what is told of those whom it leaves: a
    number of its own would, with these two, tell of the rest of the community.
    """
    found = analysis.attribution
    if not len(found.served):
        return pd.Series(0, index=found.links.index, dtype=np.int64)
    served = found.served.droplevel("link_id")
    gaps, told = served.index, drawn(public_left(cells, served).to_numpy())
    today, after = (drawn(left[world].reindex(gaps).fillna(0).to_numpy(dtype=np.int64)) for world in _BEFORE_AND_AFTER)
    best = found.frame["link_id"].reindex(gaps).to_numpy() == found.served.index.get_level_values("link_id")
    told = np.where(best, np.maximum(today - after, MIDDLE_OF_FEW), told)
    sums = pd.Series(told, index=found.served.index).groupby(level="link_id").sum()
    return sums.reindex(found.links.index, fill_value=0.0).map(tens).astype(np.int64)


def _totals(analysis: Analysis, cells: pd.DataFrame) -> pd.DataFrame:
    """City-wide figures in tens, sums of what is told of communities: none can be worked out as the rest of a sum."""
    if analysis.coverage.frame.empty:
        return pd.DataFrame(columns=["placed", "uncovered"])
    sums = public_sums(analysis, cells, pd.Series("", index=analysis.city.communities.frame.index)).droplevel(0)
    known = [key for key in analysis.coverage.services if key in sums.index]
    cutoffs = {f"uncovered_{place}": cutoff for place, cutoff in enumerate(analysis.settings.cutoffs_min)}
    return sums.reindex(known).map(tens).rename(columns=cutoffs)
