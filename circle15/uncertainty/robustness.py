"""How sure a verdict is: what becomes of it when the uncertain inputs are drawn at random, many times.

In each draw speed, streets, facilities, access legs and people are drawn anew (:mod:`circle15.uncertainty.draws`) and
coverage is computed on the network again. Of N draws those below the required share are counted; a gap is *robust*
when it is below in at least 90 % of them. The steps follow the OECD/JRC handbook on composite
indicators (2008, part 1.7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15 import catalog
from circle15.catalog.rural import area_keys
from circle15.kernels.ragged import order_by_id
from circle15.model.index import geometric_index, percentiles, ranked_rows
from circle15.model.norms import Rule
from circle15.model.places import Communities, Facilities
from circle15.model.results import Gaps, Settings
from circle15.model.uncertainty import Assumptions, Uncertainty
from circle15.model.verdicts import Robustness
from circle15.uncertainty.draws import Stage, Watch, drawn_shares, dropout_risk

__all__ = [
    "BANDS",
    "Required",
    "below",
    "existence",
    "required_shares",
    "robustness",
    "verdict_of",
]

BANDS = ((0.9, "robust_gap"), (0.5, "likely_gap"), (0.1, "doubtful"), (0.0, "robust_pass"))
"""From which share of draws below the required share a verdict has which name."""
_MEASURE = "people_in_reach"
_OWN = "project-defaults"


@dataclass(frozen=True, kw_only=True, eq=False)
class Required:
    """``share`` ``float64[c, s]`` to be covered, and the ids of the ``clauses`` it stands in, by service."""

    share: NDArray[np.float64]
    clauses: Mapping[str, tuple[str, ...]]


def required_shares(
    communities: Communities,
    services: Sequence[str],
    rules: Sequence[Rule],
    *,
    cutoff_min: float,
    default: float,
) -> Required:
    """Which share of people has to reach each service within the circle.

    The strictest clause with measure ``people_in_reach`` that asks for the circle's minutes, names the service and
    neither tier nor kind, and speaks of communities as the community is one (urban or rural). Where no document's
    clause does, those of circle15's own defaults count, and without any of them ``default``. Rows are in the order
    of the communities' ids. Whatever people a clause counts, here it is asked of those aged 60+.
    """
    frame = communities.frame
    order = order_by_id(frame.index)
    area = area_keys(frame)[order]
    share = np.full((len(frame), len(services)), np.nan)
    clauses: dict[str, tuple[str, ...]] = {}
    fitting = [rule for rule in rules if _asks(rule, cutoff_min)]
    for column, service in enumerate(services):
        named: list[str] = []
        for of_pack in (False, True):
            chosen = [rule for rule in fitting if service in rule.services and (rule.book == _OWN) == of_pack]
            strictest = _strictest(chosen, area)
            new = np.isnan(share[:, column]) & ~np.isnan(strictest)
            share[new, column] = strictest[new]
            named += [rule.clause_id for rule in chosen if (new & (strictest == (rule.least or 0) / 100)).any()]
        clauses[service] = tuple(named)
    return Required(share=np.where(np.isnan(share), default, share), clauses=clauses)


def _asks(rule: Rule, cutoff_min: float) -> bool:
    anybody = rule.level == "community" and rule.people_from is None and rule.people_below is None
    plain = anybody and not rule.tiers and not rule.kinds
    return rule.measure == _MEASURE and plain and rule.minutes == cutoff_min and rule.least is not None


def _strictest(rules: Sequence[Rule], area: NDArray[np.object_]) -> NDArray[np.float64]:
    shares = np.full(len(area), np.nan)
    for rule in rules:
        speaks = (area == rule.scope) | (rule.scope == "all")
        shares[speaks] = np.fmax(shares[speaks], (rule.least or 0.0) / 100)
    return shares


def existence(facilities: Facilities, uncertain: Uncertainty) -> pd.Series:
    """Probability that each facility stands and serves, ``float64`` on ``facility_id``.

    What a field check said counts first (column ``survey_answer``: ``confirmed`` or ``denied``); then a source with
    a date not older than ``recent_days`` before the newest date of all; all others are unverified. No clock is
    asked: the same lists give the same probabilities in any year.
    """
    frame = facilities.frame
    blank = pd.Series("", index=frame.index)
    source = frame["source"].fillna("").astype(str).str.strip() if "source" in frame else blank
    dates = frame["source_date"].astype(str) if "source_date" in frame else blank
    when = pd.to_datetime(dates, errors="coerce", format="ISO8601", utc=True)
    recent = (source != "") & (when >= when.max() - pd.Timedelta(days=uncertain.recent_days))
    chance = pd.Series(np.where(recent, uncertain.recent, uncertain.unverified), index=frame.index, dtype=float)
    answers = frame.get("survey_answer", blank)
    return chance.mask(answers == "confirmed", uncertain.confirmed).mask(answers == "denied", 0.0)


def verdict_of(p_below: float) -> str:
    """The name of a share of draws below the required share.

    Examples
    --------
    >>> [verdict_of(p) for p in (0.93, 0.5, 0.1, 0.09, float("nan"))]
    ['robust_gap', 'likely_gap', 'doubtful', 'robust_pass', 'undetermined']
    """
    if np.isnan(p_below):
        return "undetermined"
    return next(name for least, name in BANDS if p_below >= least)


def robustness(
    stage: Stage,
    communities: Communities,
    *,
    scored: Gaps,
    settings: Settings,
    rules: Sequence[Rule] = (),
    uncertain: Uncertainty | None = None,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Robustness:
    """Draw the uncertain inputs ``settings.draws`` times and count what becomes of every verdict.

    Parameters
    ----------
    stage
        The city laid out for draws, with the services that are determined (``Stage.of``).
    communities
        For their ids, and whether they are rural.
    scored
        What was computed without any draw.
    settings
        For the circle, ``max_snap_m``, ``draws`` and ``seed``.
    rules
        Clauses to take the required shares from (:func:`required_shares`).
    uncertain
        By default what ``robustness.toml`` says.
    threads
        The result does not depend on it.
    watch
        Is shown every draw.

    Returns
    -------
    Robustness
        Without field checks; empty where ``settings.draws`` is 0, no service is determined or nobody lives.
    """
    doubt = uncertain or catalog.uncertainty()
    if not settings.draws or not stage.services or not len(stage.demand):
        return Robustness(seed=settings.seed)
    chance = existence(stage.facilities.facilities, doubt)
    drawn = drawn_shares(
        stage, settings.draws, seed=settings.seed, uncertain=doubt, risk=dropout_risk(stage.network, doubt),
        existence=chance.to_numpy(dtype=float), threads=threads, watch=watch,
    )  # fmt: skip
    steps_m, grown_m = (
        placed.rounded_m.max(axis=1, initial=0.0) for placed in (stage.facilities.facilities, communities)
    )
    ids = sorted(map(str, communities.frame.index))
    place = pd.Index(stage.communities).get_indexer(pd.Index(ids))
    shares = np.where((place >= 0)[None, :, None], drawn[:, place, :], np.nan)
    required = required_shares(
        communities, stage.services, rules, cutoff_min=settings.circle_min, default=doubt.required
    )
    frame = _frame(ids, stage.services, shares, required.share, scored)
    return Robustness(
        frame=frame,
        by_community=_by_community(ids, stage.services, shares, frame, scored),
        draws=settings.draws,
        seed=settings.seed,
        assumptions=Assumptions(
            uncertain=doubt, speed_mps=stage.profile.speed_mps, max_snap_m=settings.max_snap_m,
            cutoff_min=settings.circle_min, facilities=len(chance), confirmed=int((chance == doubt.confirmed).sum()),
            clauses=required.clauses, rounded=int((steps_m > 0).sum()), rounded_m=float(steps_m.max(initial=0.0)) / 2,
            communities_rounded=int((grown_m > 0).sum()), communities_rounded_m=float(grown_m.max(initial=0.0)) / 2,
        ),
    )  # fmt: skip


def below(shares: NDArray[np.float64], required: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of draws ``float64[c, s]`` in which the covered share is below the required one; NaN without any draw."""
    known = ~np.isnan(shares)
    count = known.sum(axis=0)
    under = ((shares < required) & known).sum(axis=0)
    return np.divide(under, count, out=np.full(under.shape, np.nan), where=count > 0)


def _frame(
    ids: list[str],
    services: Sequence[str],
    shares: NDArray[np.float64],
    required: NDArray[np.float64],
    scored: Gaps,
) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([ids, services], names=["community_id", "service"])
    share = scored.frame["share"].reindex(index).astype(float)
    low, high = (side.ravel() for side in percentiles(shares))
    p_below = np.where(share.isna(), np.nan, below(shares, required).ravel())
    frame = pd.DataFrame(
        {
            "share": share,
            "share_low": np.where(share.isna(), np.nan, low),
            "share_high": np.where(share.isna(), np.nan, high),
            "required": required.ravel(),
            "p_below": p_below,
            "verdict": [verdict_of(value) for value in p_below],
        },
        index=index,
    )
    return frame.sort_index()


def _by_community(
    ids: list[str],
    services: Sequence[str],
    shares: NDArray[np.float64],
    frame: pd.DataFrame,
    scored: Gaps,
) -> pd.DataFrame:
    weight = np.array([scored.weights[service] for service in services])
    counted = weight > 0
    index = geometric_index(shares[:, :, counted], weight[counted])
    plain = scored.by_community.reindex(ids)
    known = plain["index"].notna().to_numpy()
    index[:, ~known] = np.nan
    low, high = percentiles(index)
    best, worst = percentiles(ranked_rows(index), whole=True)
    robust = (frame["verdict"] == "robust_gap").groupby(level="community_id").sum()
    table = pd.DataFrame(
        {
            "index": plain["index"].astype(float),
            "index_low": low,
            "index_high": high,
            "rank": plain["rank"].astype("Int64"),
            "rank_low": pd.array(best, dtype="Float64").astype("Int64"),
            "rank_high": pd.array(worst, dtype="Float64").astype("Int64"),
            "robust_gaps": robust.reindex(ids).fillna(0).astype("Int64").mask(plain["elders"].isna()),
        },
        index=pd.Index(ids, name="community_id"),
    )
    return table.sort_values("rank", kind="stable")
