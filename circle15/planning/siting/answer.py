"""A question of siting in a city answered: the plan with its certificate, each facility in the order of building.

What a plan promises is counted again by the ordinary rule of coverage on the city with its changes: the same people, to
the last 1024th.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.action_limits import action_limits
from circle15.errors import SettingError
from circle15.model.actions import KINDS
from circle15.model.plans import CoverPlan, CoverProblem, Plan, SitingLimits
from circle15.model.population import PERSON_PARTS
from circle15.model.scenario import Scenario
from circle15.planning.actions.listing import Entry, sequence
from circle15.planning.actions.ranked import actions_of
from circle15.planning.actions.seats import Seating
from circle15.planning.siting.everybody import everybody, is_share
from circle15.planning.siting.most_people import is_whole, most_people
from circle15.planning.siting.objectives import OBJECTIVES
from circle15.planning.siting.question import Question
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean

__all__ = ["answered", "frontier"]


def answered(
    question: Question,
    *,
    name: str,
    objective: str = "most_people",
    number: int | None = None,
    budget: int | None = None,
    share: float = 1.0,
    limits: SitingLimits | None = None,
) -> Plan:
    """The plan that answers a question.

    Parameters
    ----------
    question
        From :func:`circle15.planning.siting.question.asked`.
    name
        Of the scenario.
    objective
        Of :data:`~circle15.planning.siting.objectives.OBJECTIVES`.
    number, budget
        See :func:`~circle15.planning.siting.most_people.most_people`; ``budget`` in whole units of the currency.
    share
        Of all people of whom the map can tell, those included who reach the service today; for ``everybody``.
    limits
        Of the work.

    Raises
    ------
    SettingError
        As the objectives do; also if there is no such objective.
    """
    if objective not in OBJECTIVES:
        raise refusal(
            "siting_objective", error=SettingError, value=objective, known=", ".join(OBJECTIVES),
            hint=did_you_mean(objective, OBJECTIVES),
        )  # fmt: skip
    problem = question.problem
    if objective == "most_people":
        found = most_people(problem, number=number, budget=budget, limits=limits)
    else:
        found = everybody(problem, share=share, least=_of_those_left(question, share), limits=limits)
    return _plan(question, found, name)


def _of_those_left(question: Question, share: float) -> int | None:
    """How many of those who lack the service have to be served, so that this share of all people reach it."""
    if not is_share(share):
        return None  # it is refused
    served_today = question.people - int(question.problem.weight.sum())
    return max(ceil(Fraction(str(share)) * question.people) - served_today, 0)


def _plan(question: Question, found: CoverPlan, name: str) -> Plan:
    wants, trial, problem = question.wants, question.trial, question.problem
    entries = [
        Entry(
            kind=question.kind(candidate),
            row=candidate,
            target_id=question.target(candidate),
            change=question.change(candidate),
            cells=rows,
            gain=float(wants.people[rows].sum()),
        )
        for candidate, rows in zip(found.chosen.tolist(), question.rows_of(found.chosen), strict=True)
    ]
    entries.sort(key=lambda entry: entry.rank)
    steps = sequence(entries, wants, trial, Seating(seats={}, told={}))
    entries = [entries[place] for place in np.argsort([step.number for step in steps])]
    scenario = Scenario(name=name, changes=tuple(entry.change for entry in entries))
    served = _replayed(question, scenario, found) if entries else np.empty(0, dtype=np.int64)
    actions = actions_of(entries, trial, limits=action_limits(), together=True)
    helpless = wants.by_community(np.flatnonzero(~problem.usable)).droplevel("service")
    tried = pd.Series({pool.kind: len(pool) for pool in question.pools}, dtype="int64")
    return Plan(
        service=question.service,
        objective=found.objective,
        actions=actions,
        only=pd.Series(_only(entries, wants.people), index=actions.frame.index, name="only", dtype=float),
        lacking=float(wants.people.sum()),
        served=float(wants.people[served].sum()),
        out_of_reach=helpless,
        tried=tried.reindex(pd.Index(KINDS, name="kind"), fill_value=0),
        certificate=found.certificate,
        unit="people" if found.objective == "most_people" else "cost" if question.priced else "facilities",
        cutoff_min=wants.circle_min,
        scenario=scenario,
    )


def _replayed(question: Question, scenario: Scenario, found: CoverPlan) -> NDArray[np.int64]:
    """The rows that the plan serves, counted by the ordinary rule of coverage.

    Raises
    ------
    RuntimeError
        If they are others than the plan promises, which cannot be.
    """
    served = question.trial.cells(scenario.changes)
    promised = np.flatnonzero(question.problem.covered(found.chosen))
    if not np.array_equal(served, promised):
        raise RuntimeError(f"{len(promised)} rows promised, {len(served)} counted")
    return served


def _only(entries: list[Entry], people: NDArray[np.float64]) -> list[float]:
    """Of each entry the people whom no other serves."""
    times = np.bincount(np.concatenate([np.empty(0, dtype=np.int64), *(entry.cells for entry in entries)]).astype(int),
                        minlength=len(people))  # fmt: skip
    return [float(people[entry.cells[times[entry.cells] == 1]].sum()) for entry in entries]


def frontier(question: Question, most: int, *, limits: SitingLimits | None = None) -> pd.DataFrame:
    """How many people one facility more serves, and so on: the best plan of each size by itself.

    Parameters
    ----------
    question
        From :func:`circle15.planning.siting.question.asked`.
    most
        Up to so many facilities, locked ones included.
    limits
        Of the work, for each size.

    Returns
    -------
    pandas.DataFrame
        On ``number``: ``served``; ``at_most`` people whom no plan of that size exceeds; ``optimal``; ``more`` than the
        size before, which may rise from one size to the next, since the best two need not hold the best one; and
        ``nested``: whom the first so many facilities of the largest plan serve, built step by step.

    Raises
    ------
    SettingError
        If ``most`` is no whole number, or fewer than are locked.
    """
    problem = question.problem
    if not is_whole(most) or most < 1:
        raise refusal("siting_number", error=SettingError, value=most)
    least = max(1, int(problem.locked.sum()))
    if most < least:
        raise refusal("siting_number_locked", error=SettingError, number=most, locked=least)
    plans = {number: most_people(problem, number=number, limits=limits) for number in range(least, most + 1)}
    frame = pd.DataFrame(
        {
            "served": [plan.covered / PERSON_PARTS for plan in plans.values()],
            "at_most": [plan.certificate.bound / PERSON_PARTS for plan in plans.values()],
            "optimal": [plan.certificate.optimal for plan in plans.values()],
            "nested": _nested(problem, plans[most].chosen, list(plans)),
        },
        index=pd.Index(list(plans), name="number", dtype="int64"),
    )
    frame.insert(3, "more", frame["served"].diff().fillna(frame["served"]))
    return frame


def _nested(problem: CoverProblem, chosen: NDArray[np.int64], numbers: list[int]) -> list[float]:
    """People served by the first so many of a plan, the one that adds most first, locked ones before all."""
    covered, left, people = np.zeros(len(problem.weight), dtype=bool), chosen.tolist(), [0.0]
    reached = {candidate: problem.covered(np.array([candidate])) for candidate in left}
    while left:
        gains = [(not problem.locked[one], -int(problem.weight[reached[one] & ~covered].sum()), one) for one in left]
        _, gain, one = min(gains)
        left.remove(one)
        covered |= reached[one]
        people.append(people[-1] - gain / PERSON_PARTS)
    return [people[min(number, len(people) - 1)] for number in numbers]
