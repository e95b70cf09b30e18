"""Rank correlations: what can be counted by hand, and what scipy says to the last bit, ties or none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from circle15.kernels.ranks import kendall, spearman


@pytest.mark.parametrize(
    ("one", "other", "tau", "rho"),
    [
        ([1, 2, 3], [4, 5, 9], 1.0, 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0, -1.0),
        ([1, 2, 3], [2, 1, 3], 1 / 3, 0.5),  # two pairs of three in one order; 1 - 6 * 2 / (3 * 8)
        ([1, 1, 2], [1, 2, 2], 0.5, 0.5),  # one pair in order, of three, less one tied: 1 / (sqrt(2) sqrt(2))
        ([7, 7, 1], [2, 2, 5], -1.0, -1.0),  # the first two are tied in both
    ],
)
def test_by_hand(one, other, tau, rho):
    first, second = np.array(one, dtype=float), np.array(other, dtype=float)
    assert kendall(first, second) == pytest.approx(tau)
    assert spearman(first, second) == pytest.approx(rho)


VALUES = st.integers(0, 6) | st.floats(-100, 100)


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=40))
def test_what_scipy_says_to_the_last_bit(rows):
    one, other = np.array(rows, dtype=float).T
    assume(len(np.unique(one)) > 1 and len(np.unique(other)) > 1)
    assert kendall(one, other) == kendalltau(one, other).statistic
    assert spearman(one, other) == spearmanr(one, other).statistic
