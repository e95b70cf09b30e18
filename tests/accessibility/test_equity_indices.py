"""Indices of inequality: values worked out beforehand, and what holds for all."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from circle15.accessibility.equity import concentration_index, gini, lorenz, p90_p10, palma
from circle15.accessibility.equity.indices import worst
from circle15.errors import InputError

owned = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9), st.integers(0, 4)), min_size=2, max_size=12)


def columns(rows):
    assume(any(value for value, _, _ in rows))
    return (np.array(column, dtype=float) for column in zip(*rows, strict=True))


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        ([1, 2, 3, 4, 5], None, 4 / 15),
        ([0, 0, 0, 1], None, 0.75),
        ([10, 20, 30], [1, 2, 3], 1 / 6),
        ([7, 7, 7], [1, 5, 2], 0),
        ([0, 1], [80, 20], 0.8),  # 1 - coverage
    ],
)
def test_gini(values, weights, expected):
    assert gini(values, weights) == pytest.approx(expected, abs=1e-15)


def test_gini_of_the_three_hospitals():
    access = [Fraction(1462, 4411), Fraction(1282, 2211), Fraction(12920437, 1773222)]
    assert gini([float(value) for value in access], [100, 50, 10]) == pytest.approx(0.534730979, abs=5e-10)


def test_one_person_may_be_unequal_within():
    # Weights that add up to 1: |1 - 3| x 2 x 1/4 over 2 x 2 is 1/4; L = 0, 1/4, 1 at 0, 1/2, 1.
    assert gini([1, 3], [0.5, 0.5]) == pytest.approx(0.25, abs=1e-15)
    assert gini([5], [1]) == 0
    assert lorenz([1, 3], [0.5, 0.5], steps=2)["access"].tolist() == [0, 0.25, 1]


@given(owned)
def test_gini_is_half_the_mean_difference_over_the_mean(rows):
    x, w, _ = columns(rows)
    differences = (w[:, None] * w[None, :] * np.abs(x[:, None] - x[None, :])).sum()
    assert gini(x, w) == pytest.approx(differences / (2 * (w * x).sum() * w.sum()), abs=1e-9)


@pytest.mark.parametrize(
    ("rank", "expected"), [([1, 2, 3, 4, 5], 4 / 15), ([5, 4, 3, 2, 1], -4 / 15), ([2, 2, 2, 2, 2], 0)]
)
def test_concentration(rank, expected):
    assert concentration_index([1, 2, 3, 4, 5], rank_by=rank) == pytest.approx(expected, abs=1e-15)


def test_who_share_a_rank_share_its_mean():
    # (1, 3) and (5, 7) tied: means 2, 2, 6, 6; L = 0, 4/16, 1 at 0, 1/2, 1: area 2 * 1/2 * (1/4 + 5/4)/2
    assert concentration_index([1, 3, 5, 7], rank_by=[1, 1, 2, 2]) == pytest.approx(0.25)
    assert concentration_index([3, 1, 7, 5], rank_by=[1, 1, 2, 2]) == pytest.approx(0.25)


def test_people_of_no_weight_count_in_no_rank():
    assert concentration_index([9, 1, 2], [0, 1, 1], rank_by=[0, 1, 2]) == pytest.approx(gini([1, 2]))


@given(owned)
def test_concentration_never_exceeds_gini(rows):
    x, w, rank = columns(rows)
    assert abs(concentration_index(x, w, rank_by=rank)) <= gini(x, w) + 1e-12
    assert concentration_index(x, w, rank_by=x) == pytest.approx(gini(x, w), abs=1e-12)


@given(owned, st.integers(1, 1000), st.randoms())
def test_neither_units_nor_copies_nor_the_order_of_people_matter(rows, factor, chance):
    x, w, rank = columns(rows)
    mixed = list(range(len(x)))
    chance.shuffle(mixed)
    assert gini(x * factor, w) == pytest.approx(gini(x, w), abs=1e-9)
    assert gini(x, w * factor) == pytest.approx(gini(x, w), abs=1e-9)
    assert gini(np.repeat(x, 2), np.repeat(w, 2)) == pytest.approx(gini(x, w), abs=1e-9)
    assert gini(x[mixed], w[mixed]) == gini(x, w)
    here, there = (concentration_index(x[rows], w[rows], rank_by=rank[rows]) for rows in (mixed, range(len(x))))
    assert here == there


@given(owned, st.floats(0.01, 0.99))
def test_a_transfer_from_rich_to_poor_lessens_inequality(rows, share):
    x, _, _ = columns(rows)
    assume(x.max() > x.min())
    given_away = share * (x.max() - x.min()) / 2
    after = x.copy()
    after[x.argmax()] -= given_away
    after[x.argmin()] += given_away
    assert gini(after) < gini(x)


def test_palma():
    values = [1] * 4 + [2] * 5 + [8]
    assert palma(values) == pytest.approx(2)
    assert palma([3] * 10) == pytest.approx(0.25)  # a tenth of the people over four tenths
    assert palma([1, 2], [40, 60]) == pytest.approx(0.2 / 0.4)
    assert palma([2], [5]) == pytest.approx(0.25)  # one who stands for many is shared out


def test_palma_is_undefined_where_the_bottom_has_nothing():
    assert np.isnan(palma([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]))
    assert palma([0, 0, 0, 1, 1, 1, 1, 1, 1, 1]) == pytest.approx((1 / 7) / (1 / 7))


def test_lorenz():
    curve = lorenz([1, 3], steps=4)
    assert curve["access"].tolist() == [0, 0.125, 0.25, 0.625, 1]
    assert curve["people"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert curve.index.name == "step"
    assert len(lorenz([1, 3])) == 101


@given(owned)
def test_the_lorenz_curve_sags(rows):
    x, w, _ = columns(rows)
    curve = lorenz(x, w)["access"].to_numpy()
    assert (np.diff(curve) >= -1e-12).all()
    assert (np.diff(curve, 2) >= -1e-9).all()
    assert (curve[0], curve[-1]) == (0, 1)


def test_percentiles():
    assert p90_p10(np.arange(1.0, 11)) == 9
    assert p90_p10([1, 2], [90, 10]) == 1
    assert p90_p10([1, 2], [89, 11]) == 2
    assert np.isnan(p90_p10([1, np.inf], [89, 11]))
    assert p90_p10([1, np.inf], [90, 10]) == 1
    assert np.isnan(p90_p10([0, 1]))
    assert np.isnan(p90_p10([]))


def test_the_worst_tenth():
    ones = np.ones(20)
    assert worst(np.arange(1.0, 21), ones, 0.1) == pytest.approx(19.5)
    assert worst(np.array([10.0, 1.0]), np.array([0.5, 9.5]), 0.1) == pytest.approx(5.5)  # half of the tenth walks 1
    assert worst(np.array([np.inf, 4.0, 1.0]), np.array([0.5, 0.5, 9.0]), 0.1) == pytest.approx(4)
    assert np.isnan(worst(np.array([np.inf, 1.0]), np.array([1.0, 9.0]), 0.1))


@pytest.mark.parametrize("index", [gini, palma, lambda x, w=None: concentration_index(x, w, rank_by=np.arange(len(x)))])
def test_nothing_has_no_inequality(index):
    assert np.isnan(index([]))
    assert np.isnan(index([0, 0]))
    assert np.isnan(index([1, 2], [0, 0]))


@pytest.mark.parametrize(
    ("values", "weights", "told"),
    [
        ([1, 2], [1], "2 values but 1 weights"),
        ([1, -2], None, "negative or not finite"),
        ([1, np.nan], None, "negative or not finite"),
        ([1, np.inf], None, "negative or not finite"),
        ([1, 2], [1, -1], "weight is negative"),
        ([1, 2], [1, np.nan], "weight is negative"),
        ([[1, 2]], None, "give each value one weight"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(values, weights, told):
    with pytest.raises(InputError, match=told):
        gini(values, weights)


def test_a_rank_for_each():
    with pytest.raises(InputError, match="2 values but 1 finite ranks"):
        concentration_index([1, 2], rank_by=[1, np.nan])
