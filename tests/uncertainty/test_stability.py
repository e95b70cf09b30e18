"""Whether the ranking hangs on the weights: a case by hand, laws, and rankings that say nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.accessibility.gaps import gaps
from circle15.errors import SettingError
from circle15.model.index import random_ranks
from circle15.uncertainty.stability import stability
from tests.towns.coverage_tables import communities, coverage_table


def scored(shares, **options):
    people = dict.fromkeys(shares, 100.0)
    return gaps(coverage_table(shares, people), communities(people), **options)


CROSSED = {"a": (0.2, 0.9), "b": (0.9, 0.2), "c": (0.1, 0.1), "d": (1.0, 1.0)}
"""a lacks the first service, b the second, c both, d none."""


def test_a_community_that_lacks_everything_is_first_whatever_the_weights():
    found = stability(scored(CROSSED), draws=500, seed=1)
    frame = found.frame
    assert frame.loc["c", ["rank", "rank_low", "rank_high"]].tolist() == [1, 1, 1]
    assert frame.loc["d", ["rank", "rank_low", "rank_high"]].tolist() == [4, 4, 4]
    assert frame.loc[["a", "b"], "rank_low"].tolist() == [2, 2]
    assert frame.loc[["a", "b"], "rank_high"].tolist() == [3, 3]
    assert frame["top_tenth"].tolist() == [1, 0, 0, 0]  # a tenth of four is one
    assert (found.draws, found.seed) == (500, 1)


def test_the_weight_of_a_service_decides_between_two_that_lack_one_each():
    shares = np.array([CROSSED["a"], CROSSED["b"]])
    assert random_ranks(shares, np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5]])).tolist() == [[1, 2], [2, 1], [1, 1]]


SHARES = st.lists(st.tuples(*[st.integers(0, 10)] * 3), min_size=1, max_size=8)


def test_a_tenth_of_eleven_are_two():
    # Each lacks more than the one before in every service, so weights change no rank.
    found = stability(scored({f"c{k:02}": (1 - k / 11, 1 - k / 11) for k in range(11)}), draws=20)
    assert found.frame["top_tenth"].tolist() == [1, 1] + [0] * 9


def test_every_set_of_weights_is_as_likely_as_any_other():
    # Of two services the weight of the first is then even from 0 to 1, and a lacks more than b where it is so much that
    # 0.5^w > 0.25^(1 - w) fails: w ln 2 < 2 (1 - w) ln 2, so b goes first for w < 2/3. By any other Dirichlet law the
    # share is another (0.74 for one that prefers equal weights).
    frame = stability(scored({"a": (0.5, 1.0), "b": (1.0, 0.25)}), draws=20_000, seed=5).frame
    assert frame.loc["b", "top_tenth"] == pytest.approx(2 / 3, abs=0.015)


@given(SHARES)
def test_equal_weights_give_the_ranks_of_the_index(rows):
    found = scored({f"c{k}": tuple(value / 10 for value in row) for k, row in enumerate(rows)})
    shares = found.frame["share"].unstack("service").to_numpy(dtype=float)
    ranks = random_ranks(shares, np.full((1, 3), 1 / 3))[0]
    expected = found.by_community["rank"].sort_index().to_numpy(dtype=float)
    assert ranks.tolist() == expected.tolist()


def test_agreement_by_hand():
    agreement = stability(scored(CROSSED), draws=10).agreement
    assert set(agreement.index) == {("geometric", "additive"), ("geometric", "worst"), ("additive", "worst")}
    # All three order c before a and b (equal) before d.
    assert agreement["rho"].tolist() == pytest.approx([1, 1, 1])
    assert agreement["tau"].tolist() == pytest.approx([1, 1, 1])
    turned = scored({"a": (0.0, 1.0, 1.0), "b": (0.4, 0.4, 0.4), "c": (0.5, 0.5, 0.5)})
    agreement = stability(turned, draws=10).agreement
    # geometric 78, 60, 50; additive 33, 60, 50; worst 100, 60, 50: of three pairs two are turned in the additive one
    assert agreement.loc[("geometric", "worst"), "tau"] == pytest.approx(1)
    assert agreement.loc[("geometric", "additive"), "tau"] == pytest.approx(-1 / 3)
    assert agreement.loc[("geometric", "additive"), "rho"] == pytest.approx(1 - 6 * (4 + 1 + 1) / (3 * 8))


def test_same_seed_same_bytes_whatever_the_order_of_rows():
    first = stability(scored(CROSSED), draws=50, seed=3)
    again = stability(scored(dict(reversed(CROSSED.items()))), draws=50, seed=3)
    pd.testing.assert_frame_equal(first.frame.sort_index(), again.frame.sort_index(), check_exact=True)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_all_are_alike_all_are_first_and_no_ranking_agrees_or_not(share):
    found = stability(scored({"a": (share, share), "b": (share, share)}), draws=20)
    assert found.frame[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1], [1, 1]]
    assert found.agreement.isna().all(axis=None)


def test_one_community_is_always_first():
    found = stability(scored({"a": (0.5, 0.2)}), draws=20)
    assert found.frame.loc["a", ["rank_low", "rank_high", "top_tenth"]].tolist() == [1, 1, 1.0]


def test_an_unplaced_community_has_no_rank_and_takes_none_from_the_others():
    found = stability(scored({"a": (0.5, 0.2), "b": (np.nan, np.nan)}), draws=20)
    assert found.frame.loc["b", ["rank", "rank_low", "rank_high"]].isna().all()
    assert found.frame.loc["a", "rank_high"] == 1


def test_services_without_weight_take_no_part():
    weights = {key: (0.0 if k else 1.0) for k, key in enumerate(scored(CROSSED).weights)}
    found = stability(scored(CROSSED, weights=weights), draws=20)
    assert (found.frame["rank_low"] == found.frame["rank_high"]).all()


def test_no_service_gives_nothing_and_no_draw_is_refused():
    nobody = scored({"a": (np.nan,)})
    assert len(stability(nobody)) == 0
    with pytest.raises(SettingError, match="at least one"):
        stability(nobody, draws=0)
