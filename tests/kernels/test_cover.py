"""Rows of candidates: equal, dominated and implied against sets; choosing and exchanging against counting anew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.kernels import cover
from circle15.kernels.cover import dominated, equal_rows, implied, kept_pairs, transpose
from circle15.kernels.cover_search import exchange, greedy_cover, settle
from circle15.kernels.cover_weighting import smaller_cover
from tests.towns.cover_problems import cover_problem, random_problems

NO_GROUP, NO_ROOM = np.full(7, -1), np.zeros(0, dtype=np.int64)


def rows_of(problem):
    return [tuple(problem.candidate[a:b].tolist()) for a, b in zip(problem.start[:-1], problem.start[1:], strict=True)]


def of_candidates(problem):
    rows = rows_of(problem)
    return [{row for row, reached in enumerate(rows) if at in reached} for at in range(len(problem.cost))]


def people(problem, chosen):
    return int(problem.weight[problem.covered(np.asarray(chosen, dtype=np.int64))].sum())


@given(random_problems())
def test_rows_are_equal_if_their_candidates_are(problem):
    kind, kinds = equal_rows(problem.start, problem.candidate)
    rows = rows_of(problem)
    assert [number == -1 for number in kind.tolist()] == [row == () for row in rows]
    assert kinds == len({row for row in rows if row})
    for one in range(len(rows)):
        for other in range(len(rows)):
            assert (kind[one] == kind[other]) == (rows[one] == rows[other] or (not rows[one] and not rows[other]))


@given(random_problems(), st.randoms())
def test_the_number_of_a_row_does_not_depend_on_its_place(problem, chance):
    order = list(range(len(problem.weight)))
    chance.shuffle(order)
    moved = cover_problem(problem.weight[order].tolist(), [rows_of(problem)[row] for row in order], len(problem.cost))
    assert equal_rows(moved.start, moved.candidate)[0].tolist() == equal_rows(*_pairs(problem))[0][order].tolist()


@given(random_problems())
def test_rows_with_one_fingerprint_are_told_apart_all_the_same(problem):
    with pytest.MonkeyPatch.context() as patch:
        same = np.zeros(len(problem.weight), dtype=np.uint64)
        patch.setattr(cover, "_fingerprints", lambda *_: (same, same))
        kind = equal_rows(problem.start, problem.candidate)[0]
    rows = rows_of(problem)
    for one in range(len(rows)):
        for other in range(len(rows)):
            assert kind[one] != kind[other] or rows[one] == rows[other]


def _pairs(problem):
    return problem.start, problem.candidate


@given(random_problems())
def test_a_candidate_is_dominated_if_another_one_does_all_that_it_does(problem):
    by_start, by_row = transpose(*_pairs(problem), len(problem.cost))
    out = dominated(by_start, by_row, *_pairs(problem), problem.cost, problem.group)
    reached, cost, group = of_candidates(problem), problem.cost, problem.group

    def serves_for(other, own):
        return reached[own] <= reached[other] and cost[other] <= cost[own] and group[other] in (-1, group[own])

    for own in range(len(cost)):
        better = [
            other
            for other in range(len(cost))
            if other != own and serves_for(other, own) and (not serves_for(own, other) or other < own)
        ]
        assert out[own] == (bool(better) or not reached[own])
        assert not better or not reached[own] or not out[better].all()  # one of those that serve for it stays


@given(random_problems())
def test_a_row_is_implied_if_it_has_all_candidates_of_another(problem):
    rows = sorted({row for row in rows_of(problem) if row})
    made = cover_problem([1] * len(rows), rows, len(problem.cost))
    out = implied(*_pairs(made), *transpose(*_pairs(made), len(made.cost)))
    assert out.tolist() == [any(set(other) < set(row) for other in rows) for row in rows]


def test_kept_pairs_of_nothing():
    start, kept = kept_pairs(
        np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64), np.zeros(0, np.int32), np.ones(2, bool)
    )
    assert (start.tolist(), kept.tolist()) == ([0], [])


# Row weights 5, 4, 3 and 2. Candidate 1 covers most at once (5 + 4), but 0 and 2 together cover all:
#
#   row 0 (5): 0 1        greedy takes 1 (9), then 2 (3 + 2): 14 of 14 with two sites;
#   row 1 (4): 1 2        with one site it is 1, and for its cost 0 (5 for 1) comes before 1 (9 for 3).
#   row 2 (3): 2
#   row 3 (2): 2
LINE = cover_problem([5, 4, 3, 2], [[0, 1], [1, 2], [2], [2]], 3, cost=[1, 3, 2])


def test_greedy_takes_what_covers_most_and_of_ties_the_lowest_number():
    args = (_pairs(LINE), LINE.weight, LINE.cost, NO_GROUP, NO_ROOM)
    assert greedy_cover(*args, 3, 100).tolist() == [1, 2]  # 9 each: 1 before 2, and 0 gains nothing after
    assert greedy_cover(*args, 1, 100).tolist() == [1]
    assert greedy_cover(*args, 3, 2).tolist() == [2]
    assert greedy_cover(*args, 3, 100, by_cost=True).tolist() == [0, 2]  # 5 for 1, then 9 for 2
    assert greedy_cover(*args, 1, 100, favour=np.array([9.0, 1, 1])).tolist() == [0]
    assert greedy_cover(_pairs(LINE), LINE.weight, LINE.cost, np.array([0, 0, -1]), np.array([0]), 3, 100).tolist() == [
        2
    ]


@given(random_problems(), st.integers(1, 4), st.integers(0, 12), st.integers(0, 40))
def test_exchanges_keep_to_the_limits_and_never_lose(problem, number, budget, moves):
    group, room = problem.group, problem.group_most
    first = greedy_cover(_pairs(problem), problem.weight, problem.cost, group, room, number, budget)
    slots = np.append(first, np.full(number - len(first), -1)) if len(first) < number else first
    best, value = exchange(
        _pairs(problem), problem.weight, problem.cost, group, room, budget, slots, moves=moves, tenure=3, enough=10**9
    )
    chosen = best[best >= 0]
    assert len(set(chosen.tolist())) == len(chosen) <= number
    assert problem.cost[chosen].sum() <= budget
    assert (np.bincount(group[chosen][group[chosen] >= 0], minlength=len(room)) <= room).all()
    assert value == people(problem, chosen) >= people(problem, first)


def test_an_exchange_leaves_a_local_optimum():
    # Candidates 0 and 1 cover 6 + 6; each exchange of one for one loses, yet 2 and 3 together cover 7 + 7.
    problem = cover_problem([3, 3, 4, 4, 3, 3], [[0, 2], [0, 3], [2], [3], [1, 2], [1, 3]], 4)
    assert people(problem, [0, 1]) == 12
    assert max(people(problem, pair) for pair in ([0, 2], [0, 3], [1, 2], [1, 3])) < 20
    best, value = exchange(
        _pairs(problem),
        problem.weight,
        problem.cost,
        NO_GROUP,
        NO_ROOM,
        9,
        np.array([0, 1]),
        moves=9,
        tenure=2,
        enough=99,
    )
    assert (sorted(best.tolist()), value) == ([2, 3], 20)


@given(random_problems(), st.lists(st.integers(0, 6), unique=True, min_size=1))
def test_what_stands_for_equal_choices_is_no_worse_and_stands_for_itself(problem, some):
    chosen = np.array([at for at in some if at < len(problem.cost)], dtype=np.int64)
    room = problem.group_most + 9
    args = (_pairs(problem), problem.weight, problem.cost, problem.group, room)
    settled = settle(*args, chosen)
    assert people(problem, settled) >= people(problem, chosen)
    assert len(settled) <= len(chosen)
    assert problem.cost[settled].sum() <= problem.cost[chosen].sum()
    assert settle(*args, settled).tolist() == settled.tolist()
    for at in settled.tolist():
        assert people(problem, np.setdiff1d(settled, at)) < people(problem, settled)


def test_equal_choices_are_settled_at_the_lowest_numbers():
    problem = cover_problem([2, 2, 1], [[0, 1, 3], [2, 4], [2, 4]], 5)
    assert settle(_pairs(problem), problem.weight, problem.cost, NO_GROUP, NO_ROOM, np.array([3, 4])).tolist() == [0, 2]


def test_of_equal_choices_the_cheaper_one_stands_whatever_its_number():
    problem = cover_problem([2], [[0, 1]], 2, cost=[5, 1])
    for chosen in (0, 1):
        args = (_pairs(problem), problem.weight, problem.cost, NO_GROUP, NO_ROOM)
        assert settle(*args, np.array([chosen])).tolist() == [1]


@given(random_problems(), st.integers(0, 60))
def test_a_cover_stays_a_cover_and_gets_no_dearer(problem, steps):
    rows = [row for row in rows_of(problem) if row]
    cost = problem.cost + 1
    made = cover_problem([1] * len(rows), rows, len(cost), cost=cost.tolist())
    first = np.ones(len(cost), dtype=bool)
    found = smaller_cover(_pairs(made), cost, problem.group, np.full(len(problem.group_most), 9), first, steps=steps)
    assert made.covered(np.flatnonzero(found)).all()
    assert cost[found].sum() <= cost.sum()


def test_a_cover_gets_smaller_where_dropping_alone_cannot():
    # A ring of six rows: 0, 1 and 2 cover two neighbours each, 3 and 4 three each. {0, 1, 2} has nothing idle.
    problem = cover_problem([1] * 6, [[0, 3], [0, 3], [1, 3], [1, 4], [2, 4], [2, 4]], 5)
    first = np.array([True, True, True, False, False])
    found = smaller_cover(_pairs(problem), problem.cost, NO_GROUP[:5], NO_ROOM, first, steps=20)
    assert np.flatnonzero(found).tolist() == [3, 4]
    one_each = np.zeros(5, dtype=np.int64)
    kept = smaller_cover(_pairs(problem), problem.cost, one_each - [0, 0, 0, 0, 1], np.array([3]), first, steps=20)
    assert problem.covered(np.flatnonzero(kept)).all()
