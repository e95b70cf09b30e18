"""Scalars against values worked out beforehand, and what must hold whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.accessibility.decay import gaussian_weight, zone_weight
from circle15.errors import SettingError
from circle15.model import WalkProfile
from circle15.network.graph import walk_graph
from circle15.network.snap import snap
from circle15.routing.reach import reach_table
from tests.towns.lattice import grid, points


@pytest.mark.parametrize(
    ("minutes", "weight"), [(0, 1), (5, 0.862656), (7.5, 0.701367), (10, 0.493575), (15, 0), (15.1, 0)]
)
def test_gaussian_weights_at_fifteen_minutes(minutes, weight):
    assert gaussian_weight(minutes, 15) == pytest.approx(weight, abs=5e-7)


def test_no_way_weighs_nothing():
    assert gaussian_weight([np.nan, np.inf, 0], 15).tolist() == [0, 0, 1]
    assert zone_weight([np.nan, np.inf, 0]).tolist() == [0, 0, 1]


@given(st.floats(0, 60), st.floats(0, 60), st.floats(0.1, 60))
def test_gaussian_weights_fall_from_one_to_zero(one, other, reach):
    near, far = gaussian_weight(sorted((one, other)), reach)
    assert 1 >= near >= far >= 0


@given(st.floats(0, 30), st.floats(1, 30), st.floats(0.1, 10))
def test_gaussian_weights_hang_on_the_ratio_alone(minutes, reach, factor):
    assert gaussian_weight(minutes * factor, reach * factor) == pytest.approx(gaussian_weight(minutes, reach), abs=1e-9)


def test_zones():
    assert zone_weight([0, 10, 15, 20, 29, 30.01]).tolist() == [1, 1, 0.68, 0.68, 0.22, 0]
    assert zone_weight([5, 6], borders_min=(5, 10, 15), weights=(1, 0.42, 0.09)).tolist() == [1, 0.42]


@pytest.mark.parametrize(
    "call",
    [
        lambda: gaussian_weight(1, 0),
        lambda: gaussian_weight(1, math.nan),
        lambda: gaussian_weight([1, -1], 15),
        lambda: zone_weight(1, borders_min=(5, 5), weights=(1, 1)),
        lambda: zone_weight(1, borders_min=(5,), weights=(1, 1)),
        lambda: zone_weight(1, borders_min=(), weights=()),
    ],
)
def test_what_is_not_usable_is_told(call):
    with pytest.raises(SettingError, match=r"above 0, such as 15|zero or more|one weight each"):
        call()


def test_on_a_grid_a_circle_is_a_diamond():
    """Of the lattice nodes within n steps as the crow flies, 2n(n + 1) + 1 are within n steps along the streets.

    In the limit 2 r^2 of pi r^2: a ratio of 0.637.
    """
    steps, side = 9, 19
    net, middle = grid(side, side, 100.0), points([(steps * 100.0, steps * 100.0)], name="facility_id", prefix="f")
    walker = WalkProfile(name="paces", title_zh="步", title_en="paces", speed_mps=1.0, stairs_mps=1.0)
    homes = points([(x * 100.0, y * 100.0) for y in range(side) for x in range(side)])
    here, there = (snap(net, frame, max_snap_m=1.0) for frame in (homes, middle))
    table = reach_table(walk_graph(net, walker), here, there, cutoff_min=15)
    assert len(table) == 2 * steps * (steps + 1) + 1
    assert 2 / math.pi == pytest.approx(0.637, abs=5e-4)
    assert [round(math.pi * (r / 1000) ** 2, 3) for r in (300, 500, 800, 1000)] == [0.283, 0.785, 2.011, 3.142]
