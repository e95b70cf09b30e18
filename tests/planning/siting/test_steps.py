"""The steps alone: what reduction keeps, what prices prove, what a solver is asked."""

import os
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from circle15.kernels.cover_bound import inner_choice
from circle15.model.plans import SitingLimits
from circle15.planning.siting.bound import begun, priced, ruled
from circle15.planning.siting.found import Found
from circle15.planning.siting.reduction import narrowed, remaining, tightened
from circle15.planning.siting.search import chosen_first, without_idle
from circle15.planning.siting.solver import nonzeros, solved
from tests.towns.cover_problems import allowed, cover_problem, every_plan, random_problems


def best_value(rest):
    """By trying every choice of a rest; None where none is allowed."""
    values = []
    for bits in range(2 ** len(rest.ids)):
        chosen = np.flatnonzero([bits >> at & 1 for at in range(len(rest.ids))])
        held = np.bincount(rest.group[chosen][rest.group[chosen] >= 0], minlength=len(rest.room))
        fits = len(chosen) <= rest.number and rest.cost[chosen].sum() <= rest.spendable and (held <= rest.room).all()
        if fits and (not rest.must or rest.reached(chosen).all()):
            values.append(rest.value(chosen))
    return max(values, default=None)


@settings(max_examples=150)
@given(random_problems(), st.booleans(), st.integers(0, 4))
def test_what_reduction_leaves_has_the_same_best_value(problem, must, more):
    number = None if must else int(problem.locked.sum()) + more
    rest = remaining(problem, number=number, budget=None, must=must)
    counts = Counter()
    tight = tightened(rest, counts)
    assert best_value(rest) == best_value(tight)
    assert min(counts.values(), default=0) >= 0
    assert len(tight.ids) <= len(rest.ids)
    if not tight.impossible:
        rows = {tuple(tight.candidate[a:b]) for a, b in zip(tight.start[:-1], tight.start[1:], strict=True)}
        assert len(rows) == len(tight.weight)
        assert () not in rows


@settings(max_examples=150)
@given(random_problems(), st.booleans(), st.integers(1, 4), st.none() | st.integers(0, 9), st.integers(0, 4))
def test_prices_bound_every_choice_and_rule_out_none_that_is_better(problem, must, more, spare, looks):
    number = None if must else int(problem.locked.sum()) + more
    budget = None if must or spare is None else int(problem.cost[problem.locked].sum()) + spare
    rest = tightened(remaining(problem, number=number, budget=budget, must=must), Counter())
    best = best_value(rest)
    if best is None or not len(rest.weight) or not len(rest.ids):
        return
    value = best - 1
    bound = priced(rest, *begun(rest, chosen_first(rest)), value=value, looks=looks)
    assert bound.most >= best
    take, drop = ruled(bound, value=value)
    for bits in range(2 ** len(rest.ids)):
        chosen = np.array([bits >> at & 1 for at in range(len(rest.ids))], dtype=bool)
        at = np.flatnonzero(chosen)
        held = np.bincount(rest.group[at][rest.group[at] >= 0], minlength=len(rest.room))
        fits = len(at) <= rest.number and rest.cost[at].sum() <= rest.spendable and (held <= rest.room).all()
        if fits and rest.value(at) > value and (not must or rest.reached(at).all()):
            assert chosen[take].all()
            assert not chosen[drop].any()


@settings(max_examples=200)
@given(
    st.lists(st.integers(-3, 9), min_size=1, max_size=6),
    st.integers(0, 4),
    st.lists(st.integers(0, 2), min_size=2, max_size=2),
    st.none() | st.integers(0, 9),
    st.data(),
)
def test_the_inner_choice_is_the_best_and_so_is_each_flip(score, number, room, budget, data):
    size = len(score)
    group = np.array(data.draw(st.lists(st.integers(-1, 1), min_size=size, max_size=size)))
    cost = np.array(data.draw(st.lists(st.integers(0, 4), min_size=size, max_size=size)))
    worth, room = np.array(score, dtype=float), np.array(room)
    inner = inner_choice(worth, number=number, group=group, room=room, cost=cost, budget=budget)
    best, flipped = -np.inf, np.full(size, -np.inf)
    for bits in range(2**size):
        chosen = np.array([bits >> at & 1 for at in range(size)], dtype=bool)
        held = np.bincount(group[chosen & (group >= 0)], minlength=2)
        if chosen.sum() > number or (held > room).any() or (budget is not None and cost[chosen].sum() > budget):
            continue
        best = max(best, worth[chosen].sum())
        other = chosen != inner.chosen
        flipped[other] = np.maximum(flipped[other], worth[chosen].sum())
    assert inner.value >= best - 1e-9
    assert (inner.value + inner.change >= flipped - 1e-9).all()
    if budget is None:
        assert inner.value == best
        assert np.allclose(inner.value + inner.change[np.isfinite(flipped)], flipped[np.isfinite(flipped)])


def test_what_is_locked_is_taken_and_its_people_with_it():
    problem = cover_problem(
        [5, 4, 3, 2], [[0, 1], [1], [2], [3]], 4, locked=[True, False, False, False], cost=[2, 1, 1, 9]
    )
    rest = remaining(problem, number=3, budget=8)
    assert rest.base == 5
    assert rest.taken.tolist() == [0]
    assert rest.ids.tolist() == [1, 2]  # 3 is too dear for the 6 that are left
    assert (rest.number, rest.budget) == (2, 6)
    assert rest.weight.tolist() == [4, 3, 2]


def test_candidates_of_a_group_that_is_full_are_left_out():
    problem = cover_problem(
        [5, 4, 3], [[0], [1], [2]], 3, locked=[True, False, False], group=[0, 0, 1], group_most=[1, 1]
    )
    rest = remaining(problem, number=3, budget=None)
    assert (rest.ids.tolist(), rest.room.tolist()) == ([2], [0, 1])


def test_what_is_beyond_the_limits_is_impossible_and_never_kept():
    problem = cover_problem([5, 4, 3], [[0], [1], [2]], 3, group=[0, 0, -1], group_most=[1], cost=[1, 1, 3])
    whole, none = remaining(problem, number=2, budget=3), np.zeros(3, dtype=bool)
    for beyond in ([True, True, False], [True, False, True]):  # two of the group; a budget of 4
        rest, found = narrowed(whole, take=np.array(beyond), drop=none), Found()
        assert rest.impossible
        found.better(rest, np.zeros(0, dtype=np.int64))
        assert found.chosen is None
    found = Found()
    found.better(whole, np.array([0, 1]))
    assert found.chosen is None
    found.better(whole, np.array([0]))
    assert (found.chosen.tolist(), found.value) == ([0], 5)


def test_reduction_counts_what_it_takes_out():
    # Rows 0 and 1 are equal; 2 does all that 1 does; row 2 has 2 alone and implies row 0.
    problem = cover_problem([1, 2, 4], [[1, 2], [1, 2], [2]], 3)
    counts = Counter()
    rest = tightened(remaining(problem, number=2, budget=None), counts)
    assert counts["rows_merged"] == 2  # rows 0 and 1, and once 1 is gone row 2 too
    assert counts["candidates_dominated"] == 2  # 0 reaches nobody
    assert (rest.ids.tolist(), rest.weight.tolist()) == ([2], [7])
    must = Counter()
    rest = tightened(remaining(problem, number=None, budget=None, must=True), must)
    assert must["candidates_essential"] == 1
    assert must["rows_implied"] == 1
    assert (rest.taken.tolist(), rest.base, len(rest.weight)) == ([2], -1, 0)


def test_idle_candidates_go_the_dearest_first():
    problem = cover_problem([1, 1], [[0, 1, 2], [1, 2]], 3, cost=[1, 2, 3])
    rest = remaining(problem, number=None, budget=None, must=True)
    assert without_idle(rest, np.array([2, 1, 0])).tolist() == [1]


@settings(max_examples=60)
@given(random_problems(), st.booleans(), st.integers(0, 4), st.none() | st.integers(0, 9))
def test_the_solver_finds_the_best(problem, must, more, spare):
    number = None if must else int(problem.locked.sum()) + more
    budget = None if must or spare is None else int(problem.cost[problem.locked].sum()) + spare
    rest = remaining(problem, number=number, budget=budget, must=must)
    if not len(rest.weight) or not len(rest.ids):
        return
    best = best_value(rest)
    if best is None:
        assert solved(rest, floor=-(10**6), most=0, limits=SitingLimits()).most == -(10**6)
        return
    answer = solved(rest, floor=best - 1, most=2**60, limits=SitingLimits())
    assert rest.value(answer.chosen) == best == answer.most
    nothing = solved(rest, floor=best, most=2**60, limits=SitingLimits())
    assert (nothing.chosen, nothing.most) == (None, best)


def test_the_solver_keeps_to_number_budget_and_groups():
    alone = cover_problem([5, 4, 3], [[0], [1], [2]], 3, cost=[2, 2, 1], group=[0, -1, 0], group_most=[1])
    for limits, best in (
        ({"number": 1, "budget": 9}, 5),
        ({"number": 3, "budget": 3}, 7),
        ({"number": 3, "budget": 9}, 9),
    ):
        answer = solved(remaining(alone, **limits), floor=0, most=99, limits=SitingLimits())
        assert answer.most == best


def test_a_matrix_beyond_the_limit_is_counted_and_not_built():
    problem = cover_problem([1, 1], [[0, 1], [1]], 2, group=[0, -1], group_most=[1])
    rest = remaining(problem, number=1, budget=None)
    # Pairs, shares of rows, the number, the group; and what has to be beaten, of rows and candidates.
    assert nonzeros(rest) == 3 + 2 + 2 + 1 + 4
    assert solved(rest, floor=1, most=2, limits=SitingLimits(nonzeros=11)) is None
    assert solved(rest, floor=1, most=2, limits=SitingLimits(nodes=0)) is None
    assert solved(rest, floor=1, most=2, limits=SitingLimits(nonzeros=12)).most == 2


def test_the_solver_says_nothing_on_standard_output(capfd):
    problem = cover_problem([1, 1, 1], [[0, 1], [1, 2], [0, 2]], 3)
    rest = remaining(problem, number=None, budget=None, must=True)
    assert rest.value(solved(rest, floor=-3, most=0, limits=SitingLimits()).chosen) == -2
    assert capfd.readouterr() == ("", "")


def test_a_choice_that_misses_someone_is_never_kept():
    problem = cover_problem([1, 1], [[0], [1]], 2)
    rest, found = remaining(problem, number=None, budget=None, must=True), Found()
    found.better(rest, np.array([0]))
    assert found.chosen is None
    found.better(rest, np.array([1, 0]))
    assert found.chosen.tolist() == [0, 1]
    assert not found.bounded(-1, "mip")
    assert found.bounded(-2, "mip")
    assert (found.most, found.proof) == (-2, "mip")


@given(random_problems(), st.integers(1, 5))
def test_the_oracle_counts_as_the_problem_does(problem, number):
    best = max((people for people, _ in every_plan(problem, number + int(problem.locked.sum()))), default=0)
    assert best <= problem.weight[problem.usable].sum()
    assert allowed(problem, np.flatnonzero(problem.locked).tolist(), None, None)


def test_what_the_solver_prints_reaches_nobody(monkeypatch, capfd):
    right = optimize.milp

    def loud(*arguments, **options):
        os.write(1, b"HighsMipSolverData\n")
        return right(*arguments, **options)

    monkeypatch.setattr(optimize, "milp", loud)
    rest = remaining(cover_problem([5, 4], [[0], [1]], 2), number=1, budget=None)
    os.write(1, b"before\n")
    assert solved(rest, floor=0, most=99, limits=SitingLimits()).most == 5
    os.write(1, b"after\n")
    assert capfd.readouterr().out == "before\nafter\n"
