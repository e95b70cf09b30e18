"""The most people within reach of a number of sites, or of what a budget buys: maximal covering.

Church, R. and ReVelle, C. (1974): The maximal covering location problem. Papers of the Regional Science Association 32.
"""

from __future__ import annotations

import numpy as np

from circle15.errors import SettingError
from circle15.model.plans import CoverPlan, CoverProblem, SitingLimits
from circle15.planning.siting.certificate import plan_of
from circle15.planning.siting.pipeline import find
from circle15.planning.siting.reduction import remaining
from circle15.refusals import refusal

__all__ = ["is_whole", "most_people"]


def most_people(
    problem: CoverProblem,
    *,
    number: int | None = None,
    budget: int | None = None,
    limits: SitingLimits | None = None,
) -> CoverPlan:
    """Which candidates cover most people, with an upper bound of what any could.

    Parameters
    ----------
    problem
        Rows, candidates and what is allowed.
    number, budget
        How many sites at most, and what they may cost together, locked ones included; one of them or both.
    limits
        Of the work.

    Returns
    -------
    CoverPlan
        Value and bound are people. Sites that would cover nobody more are left out, so there may be fewer than
        ``number``; more than there are candidates is no fault.

    Raises
    ------
    SettingError
        If neither is given, one is no whole number, or does not suffice for what is locked or for the cheapest.
    """
    _check(problem, number, budget)
    found = find(remaining(problem, number=number, budget=budget), limits=limits or SitingLimits())
    return plan_of(problem, found, found.certificate(), objective="most_people")


def _check(problem: CoverProblem, number: int | None, budget: int | None) -> None:
    locked, cost = int(problem.locked.sum()), int(problem.cost[problem.locked].sum())
    if number is None and budget is None:
        raise refusal("siting_limit", error=SettingError)
    if number is not None:
        if not is_whole(number) or number < 1:
            raise refusal("siting_number", error=SettingError, value=number)
        if locked > number:
            raise refusal("siting_number_locked", error=SettingError, number=number, locked=locked)
    if budget is not None:
        if not is_whole(budget) or budget < 0:
            raise refusal("siting_budget", error=SettingError, value=budget)
        if cost > budget:
            raise refusal("siting_budget_locked", error=SettingError, budget=budget, cost=cost)
        free = problem.cost[~problem.locked & ~problem.excluded]
        if not locked and len(free) and free.min() > budget:
            raise refusal("siting_budget_cheapest", error=SettingError, budget=budget, cost=int(free.min()))


def is_whole(value: object) -> bool:
    """Whether it is a whole number."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
