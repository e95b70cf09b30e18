"""Most people: against trying every plan, with every limit; published optima; the same plan whatever the order."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import SettingError
from circle15.model.plans import CoverProblem, SitingLimits
from circle15.planning.siting import pipeline
from circle15.planning.siting.most_people import most_people
from circle15.planning.siting.objectives import OBJECTIVES
from tests.towns.cover_problems import all_pairs_of, allowed, clustered_city, cover_problem, every_plan, random_problems

EFFORTS = {
    "all": SitingLimits(),
    "branches": SitingLimits(nonzeros=0),
    "solver": SitingLimits(sweeps=40, work=0),
    "little": SitingLimits(sweeps=40, pairs=0, work=0, nodes=0),
}


@pytest.mark.parametrize("effort", EFFORTS)
@settings(max_examples=60)
@given(problem=random_problems(), number=st.integers(1, 8), budget=st.none() | st.integers(0, 12), both=st.booleans())
def test_no_plan_is_better_and_no_bound_is_passed(effort, problem, number, budget, both):
    number = number if budget is None or both else None
    locked, spent = int(problem.locked.sum()), int(problem.cost[problem.locked].sum())
    free = problem.cost[~problem.locked & ~problem.excluded]
    cheapest = 0 if locked or not len(free) else int(free.min())
    if (number is not None and locked > number) or (budget is not None and (spent > budget or cheapest > budget)):
        with pytest.raises(SettingError):
            most_people(problem, number=number, budget=budget)
        return
    plan = most_people(problem, number=number, budget=budget, limits=EFFORTS[effort])
    best = max(people for people, _ in every_plan(problem, number, budget))
    assert allowed(problem, plan.chosen.tolist(), number, budget)
    assert plan.covered == plan.certificate.value <= best <= plan.certificate.bound
    assert plan.cost == problem.cost[plan.chosen].sum()
    if effort in ("all", "solver"):
        assert plan.certificate.optimal


@pytest.mark.parametrize("effort", EFFORTS)
@settings(max_examples=25)
@given(problem=all_pairs_of(), number=st.integers(2, 4))
def test_where_halves_bound_badly_branches_and_solver_find_the_best(effort, problem, number):
    plan = most_people(problem, number=number, limits=EFFORTS[effort])
    best = max(people for people, _ in every_plan(problem, number))
    assert plan.covered <= best <= plan.certificate.bound
    assert plan.certificate.optimal or effort == "little"
    steps = {"bound", "reduced_costs", "branching" if effort == "branches" else "mip", "none"}
    assert plan.certificate.proof in steps


# Out of reach are 7 people, whom an excluded candidate alone reaches, or none.
#
#   row 0 (6): 0 1    row 1 (5): 1    row 2 (4): 1 2    row 3 (3): 2 3    row 4 (2): 4 (excluded)    row 5 (5): none
STREETS = cover_problem(
    [6, 5, 4, 3, 2, 5],
    [[0, 1], [1], [1, 2], [2, 3], [4], []],
    5,
    excluded=[False, False, False, False, True],
)


def test_one_and_two_sites_by_hand():
    one, two = most_people(STREETS, number=1), most_people(STREETS, number=2)
    assert (one.chosen.tolist(), one.covered) == ([1], 15)
    assert (two.chosen.tolist(), two.covered) == ([1, 2], 18)  # 2 stands for 3, which covers the same row 3
    assert two.asked == 25
    assert two.out_of_reach == 7
    assert two.certificate.optimal


def test_more_sites_than_candidates_leave_out_who_would_serve_nobody():
    assert most_people(STREETS, number=50).chosen.tolist() == [1, 2]
    assert most_people(STREETS, budget=50).chosen.tolist() == [1, 2]


def test_what_is_locked_stays_although_another_would_serve_more():
    locked = cover_problem(
        [6, 5, 4, 3], [[0, 1], [1], [1, 2], [2, 3]], 4, locked=[True, False, False, False], cost=[0, 3, 1, 1]
    )
    assert most_people(locked, number=1).chosen.tolist() == [0]
    assert most_people(locked, number=1).certificate.optimal
    assert most_people(locked, number=2).chosen.tolist() == [0, 1]  # 5 + 4 more, against 4 + 3 of 2
    assert most_people(locked, budget=2).chosen.tolist() == [0, 2]
    assert most_people(locked, budget=0).chosen.tolist() == [0]  # nothing can be bought: what stands is the plan


def test_of_plans_that_an_exchange_makes_equal_the_lowest_numbers_stand(monkeypatch):
    problem = cover_problem([2, 2], [[0], [1]], 2)
    monkeypatch.setattr(pipeline, "chosen_first", lambda _: np.array([1]))
    monkeypatch.setattr(pipeline, "exchanged", lambda _rest, chosen, **_: chosen)
    plan = most_people(problem, number=1)
    assert (plan.chosen.tolist(), plan.covered, plan.certificate.optimal) == ([0], 2, True)


def test_at_most_so_many_of_a_group():
    grouped = cover_problem([6, 5, 4, 3], [[0], [1], [2], [3]], 4, group=[0, 0, 1, -1], group_most=[1, 0])
    plan = most_people(grouped, number=3)
    assert (plan.chosen.tolist(), plan.covered) == ([0, 3], 9)


def test_nobody_lives_there():
    for empty in (cover_problem([], [], 3), cover_problem([0, 0], [[0], [1]], 3), cover_problem([4], [[]], 0)):
        plan = most_people(empty, number=2)
        assert (plan.chosen.tolist(), plan.covered, plan.certificate.bound) == ([], 0, 0)
    assert most_people(cover_problem([4], [[]], 0), number=1).out_of_reach == 4


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "not said how many"),
        ({"number": 0}, "0 facilities are not usable"),
        ({"number": 2.0}, "2.0 facilities are not usable"),
        ({"number": True}, "True facilities are not usable"),
        ({"budget": -1}, "budget = -1"),
        ({"budget": 1.5}, "budget = 1.5"),
        ({"budget": 1}, "cheapest candidate costs 2"),
    ],
)
def test_questions_without_an_answer_are_refused(asked, words):
    problem = cover_problem([1], [[0, 1]], 2, cost=[2, 3])
    with pytest.raises(SettingError, match=words) as refused:
        most_people(problem, **asked)
    assert refused.value.zh.startswith("选址：")


def test_more_locked_than_asked_for_is_refused():
    locked = cover_problem([1], [[0, 1]], 2, cost=[2, 3], locked=[True, True])
    with pytest.raises(SettingError, match="1 facility at most, and 2 are locked"):
        most_people(locked, number=1)
    with pytest.raises(SettingError, match="the budget is 4, and what is locked costs 5"):
        most_people(locked, budget=4)


# -- A clustered city ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def city():
    return clustered_city(700, 60, near=10, seed=4)


@pytest.fixture(scope="module")
def plan(city):
    return most_people(city, number=7)


def shuffled(problem, seed):
    """Rows in another order; candidates too, but numbered in the order of their ids again."""
    draw = np.random.default_rng(seed)
    row_to = draw.permutation(len(problem.weight))
    order = draw.permutation(len(problem.candidate))
    weight = np.empty_like(problem.weight)
    weight[row_to] = problem.weight
    row, candidate = row_to[problem.row][order], problem.candidate[order]
    return CoverProblem.of_pairs(weight, row, candidate, candidates=len(problem.cost))


def test_a_clustered_city_is_solved_and_better_than_greedy(city, plan):
    assert plan.certificate.optimal
    covered, unserved = 0, city.weight.copy()
    for _ in range(7):
        gains = np.bincount(city.candidate, weights=unserved[city.row], minlength=len(city.cost))
        served = city.covered(np.array([np.argmax(gains)]))
        covered += unserved[served].sum()
        unserved[served] = 0
    assert covered < plan.covered


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_and_pairs_changes_nothing(city, plan, seed):
    again = most_people(shuffled(city, seed), number=7)
    assert again.chosen.tolist() == plan.chosen.tolist()
    assert again.certificate == plan.certificate


def test_branches_and_solver_agree(city, plan):
    for limits in (SitingLimits(nonzeros=0), SitingLimits(nonzeros=10**6)):
        assert most_people(city, number=7, limits=limits).certificate.value == plan.covered


def test_less_work_proves_less_and_never_something_else(city, plan):
    for limits in (SitingLimits(nodes=0), SitingLimits(nodes=3, nonzeros=0), SitingLimits(sweeps=40, work=0, nodes=0)):
        less = most_people(city, number=7, limits=limits)
        assert less.certificate.value <= plan.covered <= less.certificate.bound
        assert less.certificate.optimal or less.certificate.proof == "none"


@pytest.mark.parametrize("stage", ["priced", "exchanged", "branched", "_improve"])
def test_an_interrupted_search_tells_what_it_has(city, plan, stage, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, stage, interrupted)
    if stage == "exchanged":  # nothing is found yet: there is nothing to tell
        with pytest.raises(KeyboardInterrupt):
            most_people(city, number=7)
        return
    stopped = most_people(city, number=7, limits=SitingLimits(nonzeros=0))
    assert stopped.certificate.stopped
    assert stopped.certificate.value <= plan.covered <= stopped.certificate.bound


def test_a_site_more_never_serves_fewer(city):
    values = [most_people(city, number=number).certificate for number in (1, 2, 4, 8)]
    assert [one.value for one in values] == sorted(one.value for one in values)


def test_a_group_of_all_is_a_number_and_a_budget_of_ones_too(city, plan):
    candidates = len(city.cost)
    grouped = CoverProblem.of_pairs(
        city.weight, city.row, city.candidate, candidates=candidates,
        group=np.zeros(candidates, dtype=np.int64), group_most=np.array([7]),
    )  # fmt: skip
    for asked, limits in (({"number": 50}, grouped), ({"budget": 7}, city)):
        other = most_people(limits, **asked, limits=SitingLimits(nodes=20)).certificate
        assert other.value <= plan.covered <= other.bound
        assert other.gap < 0.01


# -- Published optima ----------------------------------------------------------------------------------------------


def instances() -> Path:
    folder = Path(os.environ.get("CIRCLE15_DATA", "")) / "siting"
    if not folder.is_dir():
        pytest.skip("no data root with instances of siting")
    return folder


def san_francisco(radius_m: float) -> CoverProblem:
    """205 tracts and 16 stores of spopt's tests (BSD-3)."""
    folder = instances() / "spopt_sf"
    demand = pd.read_csv(folder / "SF_demand_205_centroid_uniform_weight.csv")
    pairs = pd.read_csv(folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    pairs = pairs[pairs["distance"] <= radius_m]
    return CoverProblem.of_pairs(
        demand["POP2000"].to_numpy(np.int64),
        pd.Index(demand["NAME"]).get_indexer(pairs["DestinationName"]),
        pd.factorize(pairs["name"], sort=True)[0],
        candidates=16,
    )


@pytest.mark.real
def test_san_francisco_has_its_published_optimum():
    problem = san_francisco(5000)
    curve = [448_255, 671_938, 791_499, 875_247, 927_402, 941_462, 950_428, 955_113]
    for number, people in enumerate(curve, 1):
        plan = most_people(problem, number=number)
        assert (plan.covered, plan.certificate.bound) == (people, people)
    assert plan.asked == 955_113


def test_the_table_of_objectives_names_its_functions():
    assert OBJECTIVES["most_people"] is most_people
    assert all(name == objective.__name__ for name, objective in OBJECTIVES.items())
