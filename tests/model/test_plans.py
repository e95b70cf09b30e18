"""A covering problem is checked when it is made, and a certificate says no more than is proven."""

import numpy as np
import pytest

from circle15.errors import InputError, SettingError
from circle15.model.plans import Certificate, CoverPlan, CoverProblem, SitingLimits
from tests.towns.cover_problems import cover_problem


def problem(**other):
    parts = {
        "weight": np.array([3, 4]),
        "start": np.array([0, 1, 3]),
        "candidate": np.array([1, 0, 1], dtype=np.int32),
        "cost": np.array([1, 1]),
        "locked": np.array([False, False]),
        "excluded": np.array([False, False]),
        "group": np.array([-1, 0]),
        "group_most": np.array([1]),
    }
    return CoverProblem(**(parts | other))


def test_who_is_covered_and_who_can_be():
    made = problem(excluded=np.array([False, True]))
    assert made.covered(np.array([0])).tolist() == [False, True]
    assert made.covered(np.array([1])).tolist() == [True, True]
    assert made.covered(np.zeros(0, dtype=np.int64)).tolist() == [False, False]
    assert made.usable.tolist() == [False, True]
    assert made.row.tolist() == [0, 1, 1]


def test_pairs_may_come_in_any_order_and_twice():
    made = CoverProblem.of_pairs(np.array([3, 4]), np.array([1, 1, 0, 1]), np.array([1, 0, 1, 1]), candidates=2)
    assert made.start.tolist() == [0, 1, 3]
    assert made.candidate.tolist() == [1, 0, 1]
    assert made.cost.tolist() == [1, 1]


def test_nobody_and_nothing():
    none = np.zeros(0, dtype=np.int64)
    assert CoverProblem.of_pairs(none, none, none, candidates=0).usable.tolist() == []


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"weight": np.array([3.0, 4.0])}, "weight is float64"),
        ({"weight": [3, 4]}, "weight is list"),
        ({"cost": np.array([True, True])}, "cost is bool"),
        ({"weight": np.array([3, -4])}, "entry 1 of weight is -4"),
        ({"cost": np.array([-1, 1])}, "entry 0 of cost is -1"),
        ({"group_most": np.array([-1])}, "entry 0 of group_most is -1"),
        ({"weight": np.array([2**52, 1])}, "adds up to 4503599627370497"),
        ({"start": np.array([0, 1])}, "do not fit"),
        ({"start": np.array([0, 2, 1])}, "do not fit"),
        ({"start": np.array([1, 1, 3])}, "do not fit"),
        ({"candidate": np.array([1, 1, 0], dtype=np.int32)}, "do not fit"),
        ({"candidate": np.array([1, 1, 1], dtype=np.int32)}, "do not fit"),
        ({"candidate": np.array([1, 0, 2], dtype=np.int32)}, "do not fit"),
        ({"locked": np.array([False])}, "do not fit"),
        ({"group": np.array([-1, 1])}, "do not fit"),
        ({"group": np.array([-2, 0])}, "do not fit"),
        ({"locked": np.array([True, True]), "excluded": np.array([False, True])}, "1 candidate is both"),
        ({"locked": np.array([False, True]), "group_most": np.array([0])}, "group 0 has 1 locked and may have 0"),
    ],
)
def test_what_does_not_fit_is_refused_in_both_languages(other, words):
    with pytest.raises(InputError, match=words) as refused:
        problem(**other)
    assert refused.value.zh.startswith("选址：")


def test_sums_are_exact_at_the_limit():
    assert problem(weight=np.array([2**52 - 1, 1])).weight.sum() == 2**52
    with pytest.raises(InputError, match="adds up to 18446744073709551614"):
        cover_problem([2**63 - 1, 2**63 - 1], [[0], [0]], 1)


def test_effort_is_counted_in_whole_numbers():
    assert SitingLimits(nodes=0).nodes == 0
    for wrong in (-1, 1.5, None):
        with pytest.raises(SettingError, match="nodes"):
            SitingLimits(nodes=wrong)


def test_only_a_bound_that_is_the_value_makes_a_plan_optimal():
    sure = Certificate(value=10, bound=10, proof="mip")
    unsure = Certificate(value=10, bound=12, proof="none")
    cost = Certificate(value=10, bound=8, proof="none")
    assert (sure.optimal, sure.gap) == (True, 0.0)
    assert (unsure.optimal, unsure.gap) == (False, 0.2)
    assert cost.gap == 0.2
    assert Certificate(value=0, bound=3, proof="none").gap == 1.0
    assert Certificate(value=0, bound=0, proof="bound").gap == 0.0
    for value, bound, proof in ((10, 12, "mip"), (10, 10, "none"), (10, 10, "hope")):
        with pytest.raises(RuntimeError, match="do not go with"):
            Certificate(value=value, bound=bound, proof=proof)


def test_a_plan_says_optimal_only_where_it_is():
    parts = {
        "objective": "most_people",
        "chosen": np.array([1]),
        "covered": 10,
        "asked": 20,
        "out_of_reach": 0,
        "cost": 1,
    }
    assert "optimal" in repr(CoverPlan(certificate=Certificate(value=10, bound=10, proof="bound"), **parts))
    said = repr(CoverPlan(certificate=Certificate(value=10, bound=12, proof="none"), **parts))
    assert "optimal" not in said
    assert "gap 20.00%" in said


@pytest.mark.parametrize("pair", [(2, 0), (-1, 0), (0, 2), (0, -1)])
def test_pairs_of_rows_or_candidates_that_are_not_there_are_refused(pair):
    with pytest.raises(InputError, match="do not fit"):
        CoverProblem.of_pairs(np.array([3, 4]), np.array(pair[:1]), np.array(pair[1:]), candidates=2)
    with pytest.raises(InputError, match="row is float64"):
        CoverProblem.of_pairs(np.array([3, 4]), np.array([0.5]), np.array([0]), candidates=2)
