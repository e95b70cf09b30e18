"""The numbers of people that a report may tell: the same rule as for the page (``docs/page-format.md``, *People*)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from circle15.catalog import text
from circle15.model import Analysis
from circle15.model.limits import FEWEST
from circle15.render.published.gaps import public_cells, public_gaps, public_subdistricts
from circle15.render.published.privacy import SUPPRESSED, UNKNOWN, public_population, public_tens, public_total

__all__ = ["Published", "few", "percent", "publish", "rounded_percent", "tens"]


@dataclass(frozen=True, kw_only=True)
class Published:
    """An analysis' counts of people as they may be passed on.

    ``cells`` on (``community_id``, ``service``), communities of ten people aged 60+ and more: ``placed`` and
    ``uncovered`` at the circle (:data:`~circle15.render.published.privacy.SUPPRESSED` for one to nine), ``rough`` (in
    tens), ``share`` covered worked out from these, ``mean_min``. ``places`` on ``community_id``: ``population`` and
    ``pop_60plus`` (``UNKNOWN`` where nobody knows them). ``ranking`` and ``subdistricts``: indices and ranks by
    :mod:`circle15.render.published.gaps`. ``totals`` on ``service``: ``placed``, ``uncovered`` and one column a cut-off
    (people not covered), all in tens. ``unknown`` communities, whose people aged 60+ nobody knows, are in none.
    """

    cells: Any
    places: Any
    ranking: Any
    subdistricts: Any
    totals: Any
    elders: int
    people: int
    unknown: int

    def seen(self, community: str) -> bool:
        """Whether a community has people enough that its figures are told."""
        return bool(self.places["pop_60plus"].get(community, 0) >= FEWEST)


def few(people: float, *, rough: bool = False) -> str:
    """A published count as text.

    Examples
    --------
    >>> few(-1), few(1234), few(40, rough=True), few(float("nan")), few(-3)
    ('不足10', '1,234', '约40', '—', '未知')
    """
    if math.isnan(people):
        return "—"
    if people == UNKNOWN:
        return text("people_unknown", "zh")
    if people == SUPPRESSED:
        return f"不足{FEWEST}"
    return f"约{people:,.0f}" if rough and people else f"{people:,.0f}"


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


def rounded_percent(value: float, people: float) -> str:
    """A percentage of so many people, no finer than ten of them.

    Examples
    --------
    >>> rounded_percent(97.6, 5000), rounded_percent(97.6, 50), rounded_percent(97.6, 9)
    ('98%', '约100%', '—')
    """
    if math.isnan(value) or not people >= FEWEST:
        return "—"
    step = math.ceil(100 * FEWEST / people)
    return f"{value:.0f}%" if step <= 1 else f"约{min(100, round(value / step) * step)}%"


def publish(analysis: Analysis) -> Published:
    """Counts of an analysis at its circle, such that no group under ten can be worked out."""
    frame = analysis.city.communities.frame
    public = public_cells(analysis)
    elders = public_total(frame["pop_60plus"].to_numpy(dtype=np.float64))
    everyone = public_population(frame["population"].to_numpy(dtype=np.float64), elders)
    places = pd.DataFrame({"population": everyone, "pop_60plus": elders}, index=frame.index)
    return Published(
        cells=_cells(public, places),
        places=places,
        ranking=public_gaps(analysis, public),
        subdistricts=public_subdistricts(analysis, public),
        totals=_totals(analysis),
        elders=tens(float(frame["pop_60plus"].sum())),
        people=tens(float(frame["population"].sum())),
        unknown=int(frame["pop_60plus"].isna().sum()),
    )


def _cells(public: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    cells = public[["placed", "uncovered", "rough", "share", "mean_min"]].copy()
    if cells.empty:
        return cells
    cells["uncovered"] = cells["uncovered"].astype(float).where(cells["placed"] != 0)
    enough = places["pop_60plus"].reindex(cells.index.get_level_values("community_id")).to_numpy() >= FEWEST
    return cells[enough].sort_index(kind="stable")


def _totals(analysis: Analysis) -> pd.DataFrame:
    """City-wide figures in tens, so that no community can be worked out as the rest of a sum."""
    frame = analysis.coverage.frame
    if frame.empty:
        return pd.DataFrame(columns=["placed", "uncovered"])
    sums = frame[["pop_60plus_covered", "pop_60plus_uncovered"]].groupby(level=["service", "cutoff_min"]).sum()
    uncovered = sums["pop_60plus_uncovered"].unstack("cutoff_min").map(tens)
    placed = sums.sum(axis=1).unstack("cutoff_min")[analysis.settings.circle_min].map(tens)
    known = [key for key in analysis.coverage.services if key in uncovered.index]
    table = uncovered.reindex(known)
    table["placed"], table["uncovered"] = placed, uncovered[analysis.settings.circle_min]
    return table
