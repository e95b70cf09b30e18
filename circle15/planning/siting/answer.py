"""A question of siting in a city answered: the plan with its certificate, each facility in the order of building.

What a plan promises is counted again by the ordinary rule of coverage on the city with its changes: the same people, to
the last 1024th.
"""

from __future__ import annotations

from dataclasses import replace
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
from circle15.planning.siting.question import STANDS, Question
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
    if question.closing:
        found = _rearranged(question, objective, number, budget, limits)
    elif objective == "most_people":
        found = most_people(question.problem, number=number, budget=budget, limits=limits)
    else:
        found = everybody(question.problem, share=share, least=_of_those_left(question, share), limits=limits)
    return _plan(question, found, name)


def _rearranged(
    question: Question, objective: str, number: int | None, budget: int | None, limits: SitingLimits | None
) -> CoverPlan:
    """Which of those that stand stay, and where ``number`` more go, so that most people are served in all.

    None more, where neither a number nor a budget is given.
    """
    if objective != "most_people":
        raise refusal("siting_closing_alone", error=SettingError)
    new = 0 if number is None and budget is None else number
    if new is not None and (not is_whole(new) or new < 0):
        raise refusal("siting_number", error=SettingError, value=new)
    stay, free = question.problem.group_most.tolist()
    problem = replace(question.problem, group_most=np.array([stay, free if new is None else min(new, free)]))
    number = None if new is None else stay + new
    return most_people(problem, number=number, budget=budget, limits=limits)


def _of_those_left(question: Question, share: float) -> int | None:
    """How many of those who lack the service have to be served, so that this share of all people reach it."""
    if not is_share(share):
        return None  # it is refused
    served_today = question.people - int(question.problem.weight.sum())
    return max(ceil(Fraction(str(share)) * question.people) - served_today, 0)


def _plan(question: Question, found: CoverPlan, name: str) -> Plan:
    wants, trial = question.wants, question.trial
    closed, stay = _closing(question, found)
    new = np.array([one for one in found.chosen if question.kind(one) != STANDS], dtype=np.int64)
    kept = question.problem.covered(stay)
    entries = [
        Entry(
            kind=question.kind(candidate),
            row=candidate,
            target_id=question.target(candidate),
            change=question.change(candidate),
            cells=rows[~kept[rows]],
            gain=float(wants.people[rows[~kept[rows]]].sum()),
        )
        for candidate, rows in zip(new.tolist(), question.rows_of(new), strict=True)
    ]
    entries.sort(key=lambda entry: entry.rank)
    steps = sequence(entries, wants, trial, Seating(seats={}, told={}))
    entries = [entries[place] for place in np.argsort([step.number for step in steps])]
    changes = (*(question.change(candidate) for candidate in closed), *(entry.change for entry in entries))
    scenario = Scenario(name=name, changes=changes)
    then = _replayed(question, scenario, np.concatenate([stay, new]))
    actions = actions_of(entries, trial, limits=action_limits(), together=True)
    helpless = np.flatnonzero(~question.problem.usable & ~question.today)
    return Plan(
        service=question.service,
        objective=found.objective,
        actions=actions,
        only=pd.Series(_only(entries, wants.people), index=actions.frame.index, name="only", dtype=float),
        lacking=float(wants.people[~question.today].sum()),
        served=float(wants.people[then & ~question.today].sum()),
        closes=_closes(question, closed, then),
        lost=float(wants.people[question.today & ~then].sum()),
        out_of_reach=wants.by_community(helpless).droplevel("service"),
        tried=_tried(question),
        certificate=found.certificate,
        unit="people" if found.objective == "most_people" else "cost" if question.priced else "facilities",
        cutoff_min=wants.circle_min,
        scenario=scenario,
    )


def _closing(question: Question, found: CoverPlan) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``int64[k]`` twice, candidates that stand: those that close, and those that stay.

    What a plan leaves out beyond those that must close serves nobody more, and stays; of such those close first that
    are excluded, then the ones with fewest people in reach, then the lower numbers.
    """
    stands = np.array([one for one in range(len(question.ids)) if question.kind(one) == STANDS], dtype=np.int64)
    idle = stands[~np.isin(stands, found.chosen)]
    reached = np.array([question.problem.weight[rows].sum() for rows in question.rows_of(idle)], dtype=np.int64)
    order = np.lexsort((idle, reached, ~question.problem.excluded[idle]))
    closed = np.sort(idle[order][: question.closing])
    return closed, stands[~np.isin(stands, closed)]


def _closes(question: Question, closed: NDArray[np.int64], then: NDArray[np.bool_]) -> pd.DataFrame:
    """See :class:`~circle15.model.plans.Plan`."""
    frame, people = question.trial.city.facilities.frame, question.wants.people
    ids = question.ids[closed]
    names = frame["name_en"].reindex(ids) if "name_en" in frame else pd.Series("", index=ids)
    return pd.DataFrame(
        {
            "name": frame["name"].reindex(ids).astype(str),
            "name_en": names.fillna("").astype(str),
            "lost": [float(people[rows[~then[rows]]].sum()) for rows in question.rows_of(closed)],
        },
        index=pd.Index(ids, name="facility_id"),
    )


def _tried(question: Question) -> pd.Series:
    """How many candidates there were, by kind."""
    kinds = [question.kind(candidate) for candidate in range(len(question.ids))]
    return pd.Series(kinds, dtype=object).value_counts().reindex(pd.Index([*KINDS, STANDS], name="kind"), fill_value=0)


def _replayed(question: Question, scenario: Scenario, standing: NDArray[np.int64]) -> NDArray[np.bool_]:
    """``bool[n]``: the rows that reach the service then, counted by the ordinary rule of coverage.

    Raises
    ------
    RuntimeError
        If they are others than the plan promises, which cannot be.
    """
    then = np.zeros(len(question.today), dtype=bool)
    if scenario.changes:
        then[question.trial.laid(scenario.changes).cells()] = True
    promised = question.problem.covered(standing)
    if not np.array_equal(then, promised):
        raise RuntimeError(f"{promised.sum()} rows promised, {then.sum()} counted")
    return then


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
    if question.closing:
        raise refusal("siting_closing_alone", error=SettingError)
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
