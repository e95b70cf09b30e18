"""Everybody, or a share of all: against trying every plan; published optima of set covering."""

import os
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import SettingError
from circle15.model.plans import CoverProblem, SitingLimits
from circle15.planning.siting import everybody as everybody_module
from circle15.planning.siting.everybody import everybody
from circle15.planning.siting.found import Found
from tests.towns.cover_problems import all_pairs_of, allowed, clustered_city, cover_problem, every_plan, random_problems

EFFORTS = {"all": SitingLimits(), "solver": SitingLimits(sweeps=40, work=0), "little": SitingLimits(sweeps=40, nodes=0)}


@pytest.mark.parametrize("effort", EFFORTS)
@settings(max_examples=60)
@given(problem=random_problems(), share=st.sampled_from([1.0, 0.95, 0.7, 0.5, 0.2]))
def test_no_plan_is_cheaper_and_no_bound_is_passed(effort, problem, share):
    reachable = int(problem.weight[problem.usable].sum())
    target = min(ceil(Fraction(str(share)) * int(problem.weight.sum())), reachable)
    costs = [cost for people, cost in every_plan(problem) if people >= target]
    if not costs:
        with pytest.raises(SettingError, match="groups"):
            everybody(problem, share=share, limits=EFFORTS[effort])
        return
    try:
        plan = everybody(problem, share=share, limits=EFFORTS[effort])
    except SettingError:
        assert effort == "little"  # with groups a search of no length may find no plan
        return
    assert allowed(problem, plan.chosen.tolist(), None, None)
    assert plan.covered >= target
    assert plan.cost == plan.certificate.value >= min(costs) >= plan.certificate.bound
    if effort != "little":
        assert plan.certificate.optimal


@pytest.mark.parametrize("effort", EFFORTS)
@settings(max_examples=15)
@given(problem=all_pairs_of(), share=st.sampled_from([1.0, 0.9, 0.8]))
def test_where_halves_bound_badly_the_least_number_is_found(effort, problem, share):
    plan = everybody(problem, share=share, limits=EFFORTS[effort])
    target = ceil(Fraction(str(share)) * int(problem.weight.sum()))
    least = min(cost for people, cost in every_plan(problem) if people >= target)
    assert plan.certificate.bound <= least <= plan.cost
    assert plan.certificate.optimal or effort == "little"
    assert share < 1 or least == 6  # of any two candidates that are left out one pair is missed


def test_a_number_at_which_no_plan_was_found_is_not_proven_too_small(monkeypatch):
    chosen = {0: [], 1: [0], 2: [0, 1], 3: [0, 1, 2], 4: [0, 1, 2, 3]}
    problem = cover_problem([1, 1, 1, 1, 1], [[0], [1], [2], [3], [4]], 5)

    def tried(rest, *, limits, target):
        picks = chosen[min(rest.number, 4)] if rest.number >= 3 else []
        most = 4 if rest.number >= 2 else 1  # two are not proven too few: only one is
        return Found(chosen=np.array(picks, dtype=np.int64), value=len(picks), most=most, proof="bound")

    monkeypatch.setattr(everybody_module, "find", tried)
    certificate = everybody(problem, share=0.6).certificate
    assert (certificate.value, certificate.bound, certificate.proof) == (3, 2, "none")


# Everybody needs 0 and 2 (2 sites); for 90 % of 20 people 18 suffice: candidate 1 alone.
#
#   row 0 (1): 0      row 1 (9): 0 1      row 2 (9): 1 2      row 3 (1): 2
ENDS = cover_problem([1, 9, 9, 1], [[0], [0, 1], [1, 2], [2]], 3)


def test_the_last_tenth_costs_a_site_by_hand():
    assert everybody(ENDS).chosen.tolist() == [0, 2]
    most = everybody(ENDS, share=0.9)
    assert (most.chosen.tolist(), most.covered, most.certificate.bound) == ([1], 18, 1)
    assert everybody(ENDS, share=0.91).cost == 2
    assert everybody(ENDS, share=0.05).cost == 1


def test_a_share_is_of_all_people_also_of_those_whom_nobody_can_help():
    problem = cover_problem([5, 4, 1], [[0], [1], []], 2)
    assert everybody(problem, share=0.5).chosen.tolist() == [0]
    assert everybody(problem, share=0.51).cost == 2
    all_who_can = everybody(problem, share=1)
    assert (all_who_can.covered, all_who_can.out_of_reach) == (9, 1)
    assert everybody(problem, share=0.95).covered == 9


def test_what_costs_less_beats_what_is_fewer():
    problem = cover_problem([1, 1], [[0, 2], [1, 2]], 3, cost=[2, 2, 5])
    assert everybody(problem).chosen.tolist() == [0, 1]
    assert everybody(problem).cost == 4
    dear = cover_problem([1, 1], [[0, 2], [1, 2]], 3, cost=[3, 3, 5])
    assert everybody(dear).chosen.tolist() == [2]


def test_what_stands_already_counts():
    problem = cover_problem([1, 9, 9, 1], [[0], [0, 1], [1, 2], [2]], 3, cost=[1, 0, 1], locked=[False, True, False])
    assert everybody(problem, share=0.9).chosen.tolist() == [1]
    assert everybody(problem).chosen.tolist() == [0, 1, 2]


def test_groups_that_allow_no_cover_are_refused_with_what_they_allow():
    problem = cover_problem([5, 4], [[0], [1]], 2, group=[0, 0], group_most=[1])
    with pytest.raises(SettingError, match="5 people can be covered at most and 9 are to be") as refused:
        everybody(problem)
    assert "5人" in refused.value.zh
    assert everybody(problem, share=0.5).chosen.tolist() == [0]
    with pytest.raises(SettingError, match="5 people can be covered at most and 6 are to be"):
        everybody(problem, share=0.6)


@pytest.mark.parametrize("share", [0, -0.1, 1.01, True, "0.9", float("nan")])
def test_a_share_is_a_number_up_to_one(share):
    with pytest.raises(SettingError, match="share") as refused:
        everybody(ENDS, share=share)
    assert refused.value.zh.startswith("选址：")


def test_nobody_needs_nothing():
    assert everybody(cover_problem([], [], 2)).chosen.tolist() == []
    assert everybody(cover_problem([3], [[]], 2)).certificate.bound == 0


def test_a_clustered_city_in_another_order():
    city = clustered_city(900, 70, near=9, seed=6)
    draw = np.random.default_rng(3)
    row_to, order = draw.permutation(len(city.weight)), draw.permutation(len(city.candidate))
    weight = np.empty_like(city.weight)
    weight[row_to] = city.weight
    other = CoverProblem.of_pairs(weight, row_to[city.row][order], city.candidate[order], candidates=len(city.cost))
    for share in (1.0, 0.9):
        plan, again = everybody(city, share=share), everybody(other, share=share)
        assert plan.certificate.optimal
        assert plan.chosen.tolist() == again.chosen.tolist()
        assert plan.certificate == again.certificate


# -- Published optima ----------------------------------------------------------------------------------------------


def set_cover(name: str) -> CoverProblem:
    """Of the OR-Library (Beasley 1987): rows, columns, costs, then of each row how many columns and which."""
    path = Path(os.environ.get("CIRCLE15_DATA", "")) / "siting" / name
    if not path.is_file():
        pytest.skip("no data root with instances of siting")
    numbers = np.array(path.read_text(encoding="ascii").split(), dtype=np.int64)
    rows, columns = numbers[:2]
    reached, at = [], 2 + columns
    for _ in range(rows):
        reached.append(numbers[at + 1 : at + 1 + numbers[at]] - 1)
        at += 1 + numbers[at]
    row = np.repeat(np.arange(rows), [len(one) for one in reached])
    ones = np.ones(rows, dtype=np.int64)
    return CoverProblem.of_pairs(
        ones, row, np.concatenate(reached), candidates=int(columns), cost=numbers[2 : 2 + columns]
    )


@pytest.mark.real
@pytest.mark.parametrize(("name", "optimum"), [("scp41.txt", 429), ("scp51.txt", 253)])
def test_set_covers_have_their_published_optimum(name, optimum):
    problem = set_cover(name)
    plan = everybody(problem)
    assert (plan.cost, plan.certificate.bound) == (optimum, optimum)
    less = everybody(problem, limits=SitingLimits(nodes=0, work=0)).certificate
    assert less.bound <= optimum <= less.value
