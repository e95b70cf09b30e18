"""Whether a ranking hangs on weights that nobody can prove: random weights, and three ways to put services together.

OECD/JRC handbook on composite indicators, 2008, part 1.7: uncertainty and sensitivity analysis.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from circle15.errors import SettingError
from circle15.model.index import ranks_by_weights
from circle15.model.results import Gaps
from circle15.model.verdicts import Stability
from circle15.refusals import refusal

__all__ = ["VARIANTS", "stability"]

VARIANTS = {"geometric": "index", "additive": "index_additive", "worst": "index_worst"}
"""Ways to put services together, and the column of ``Gaps.by_community`` that each stands in."""
DRAWS = 1000


def stability(scored: Gaps, *, draws: int = DRAWS, seed: int = 15) -> Stability:
    """Rank intervals under random weights, and how far three indices agree.

    Parameters
    ----------
    scored
        From :func:`~circle15.accessibility.gaps.gaps`. Services of weight 0 take no part, communities without an index
        have no rank.
    draws, seed
        How many sets of weights, and the seed that makes them the same each time.

    Returns
    -------
    Stability
        Empty where no community has an index. ``agreement`` is NaN where a ranking does not tell communities apart.

    Raises
    ------
    SettingError
        If there is not at least one draw.
    """
    if draws < 1:
        raise refusal("draws_least", error=SettingError, draws=draws, such=DRAWS)
    ranked = scored.by_community.sort_index()
    counted = sorted(service for service, weight in scored.weights.items() if weight > 0)
    known = ranked.index[ranked["index"].notna()]
    if not counted or not len(known):
        return Stability(seed=seed)
    shares = scored.frame["share"].unstack("service").reindex(index=known, columns=counted)
    frame = ranked[["rank", "rank_additive", "rank_worst"]].join(ranks_by_weights(shares, draws=draws, seed=seed))
    return Stability(
        frame=frame.sort_values("rank", kind="stable"),
        agreement=_agreement(ranked.loc[known]),
        draws=draws,
        seed=seed,
    )


def _agreement(ranked: pd.DataFrame) -> pd.DataFrame:
    """Spearman's rho and Kendall's tau-b of each pair of variants."""
    from scipy.stats import kendalltau, spearmanr

    rows = []
    for variant, second in combinations(VARIANTS, 2):
        a, b = (ranked[VARIANTS[name]].to_numpy(dtype=float).round(9) for name in (variant, second))
        apart = len(np.unique(a)) > 1 and len(np.unique(b)) > 1
        rho, tau = (spearmanr(a, b).statistic, kendalltau(a, b).statistic) if apart else (np.nan, np.nan)
        rows.append((variant, second, float(rho), float(tau)))
    return pd.DataFrame(rows, columns=["variant", "other", "rho", "tau"]).set_index(["variant", "other"])
