"""Everybody within reach at the least cost, or a share of all people: set covering and partial covering.

Toregas, C., Swain, R., ReVelle, C. and Bergman, L. (1971): The location of emergency service facilities. Operations
Research 19. With costs of 1 the least cost is the least number of sites.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from types import MappingProxyType

import numpy as np

from circle15.errors import Circle15Error, SettingError
from circle15.model.plans import Certificate, CoverPlan, CoverProblem, SitingLimits
from circle15.planning.siting.certificate import plan_of
from circle15.planning.siting.found import Found
from circle15.planning.siting.pipeline import find
from circle15.planning.siting.reduction import remaining
from circle15.refusals import refusal

__all__ = ["everybody", "is_share"]


def everybody(
    problem: CoverProblem, *, share: float = 1.0, least: int | None = None, limits: SitingLimits | None = None
) -> CoverPlan:
    """Which candidates cover everybody who can be covered, or a share of all people, at the least cost.

    Parameters
    ----------
    problem
        Rows, candidates and what is allowed.
    share
        Of all people, those included whom no candidate helps; where not so many can be covered, all who can.
    least
        So many people instead of a share of them.
    limits
        Of the work; of each number or budget that is tried, where a share is asked.

    Returns
    -------
    CoverPlan
        Value and bound are costs: no plan costs less than the bound.

    Raises
    ------
    SettingError
        If the share is none, or the limits of groups allow no such plan, or none was found within them.
    """
    if not is_share(share):
        raise refusal("siting_share", error=SettingError, value=share)
    limits = limits or SitingLimits()
    reachable = int(problem.weight[problem.usable].sum())
    target = min(ceil(Fraction(str(share)) * int(problem.weight.sum())) if least is None else least, reachable)
    if target < reachable:
        return _share_covered(problem, target, limits)
    found = find(remaining(problem, number=None, budget=None, must=True), limits=limits)
    if found.chosen is None:
        raise _too_tight(target, find(remaining(problem, number=None, budget=None), limits=limits))
    return plan_of(problem, found, found.certificate(sign=-1), objective="everybody")


def is_share(share: object) -> bool:
    """Whether it is a number above 0 and up to 1."""
    return isinstance(share, int | float | np.number) and not isinstance(share, bool) and bool(0 < share <= 1)


def _too_tight(target: int, found: Found) -> Circle15Error:
    if found.most < target:
        return refusal("siting_groups_tight", error=SettingError, most=found.most, asked=target)
    return refusal("siting_groups_open", error=SettingError, found=found.value, asked=target)


def _share_covered(problem: CoverProblem, target: int, limits: SitingLimits) -> CoverPlan:
    """Halve the range of numbers, or of budgets: for the least that suffices, then for the most proven too few."""
    free = ~problem.locked & ~problem.excluded
    prices, spent = np.unique(problem.cost[free]), int(problem.cost[problem.locked].sum())
    unit, alike = int(np.gcd.reduce(prices)) if len(prices) else 0, len(prices) <= 1

    def tried(units: int) -> Found:
        number = int(problem.locked.sum()) + units if alike and unit else None
        budget = None if alike else spent + units * unit
        rest = remaining(problem, number=number, budget=budget)
        return find(rest, limits=limits, target=target)

    best = tried(int(free.sum()) if alike else int(problem.cost[free].sum()) // max(unit, 1))
    if best.value < target:
        raise _too_tight(target, best)
    low, proven, proof, stopped = 0, 0, "bound", best.stopped
    high = unsure = _units(problem, best, unit)  # suffices; is not proven too small
    while (low < high or proven < unsure) and not stopped:
        middle = (low + high) // 2 if low < high else (proven + unsure) // 2
        found = tried(middle)
        stopped = found.stopped
        if found.value >= target:
            best, high = found, min(_units(problem, found, unit), middle)
            unsure = min(unsure, high)
        elif found.most < target:
            proven, proof = middle + 1, found.proof
        else:
            unsure = min(unsure, middle)
        low = max(low, middle + 1) if found.value < target else low
    certificate = Certificate(
        value=spent + high * unit,
        bound=spent + proven * unit,
        proof=proof if proven == high else "none",
        stopped=stopped,
        counts=MappingProxyType(dict(sorted(best.counts.items()))),
    )
    return plan_of(problem, best, certificate, objective="everybody")


def _units(problem: CoverProblem, found: Found, unit: int) -> int:
    """What a choice costs beyond what is locked, in units."""
    chosen = np.zeros(0, dtype=np.int64) if found.chosen is None else found.chosen
    return int(problem.cost[chosen[~problem.locked[chosen]]].sum()) // max(unit, 1)
