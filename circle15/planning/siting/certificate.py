"""What was found and proven, counted anew from the problem itself."""

from __future__ import annotations

import numpy as np

from circle15.model.plans import Certificate, CoverPlan, CoverProblem
from circle15.planning.siting.found import Found

__all__ = ["plan_of"]


def plan_of(problem: CoverProblem, found: Found, certificate: Certificate, *, objective: str) -> CoverPlan:
    """The plan of a choice.

    Raises
    ------
    RuntimeError
        If neither people nor cost are what the certificate promises, which cannot be.
    """
    chosen = np.zeros(0, dtype=np.int64) if found.chosen is None else found.chosen
    covered = int(problem.weight[problem.covered(chosen)].sum())
    cost = int(problem.cost[chosen].sum())
    if certificate.value != (covered if objective == "most_people" else cost):
        raise RuntimeError(f"promised are {certificate.value}, counted {covered} people at a cost of {cost}")
    return CoverPlan(
        objective=objective,
        chosen=chosen,
        covered=covered,
        asked=int(problem.weight.sum()),
        out_of_reach=int(problem.weight[~problem.usable].sum()),
        cost=cost,
        certificate=certificate,
    )
