"""Draws of uncertain inputs: one draw is the ordinary computation under other assumptions, exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import truncnorm

from circle15.catalog import uncertainty
from circle15.model import EdgeFlag, Positions, Uncertainty
from circle15.network.graph import walk_graph
from circle15.routing.reach import reach_table
from circle15.uncertainty.draws import _cut_normal, draw, drawn_shares, dropout_risk, points_covered, shares_of
from tests.towns import every_way
from tests.towns.lattice import BY, CLASS, grid, network
from tests.towns.stages import plain_draw, scattered_town, stage

SURE = Uncertainty(dropout={}, marked={})


@pytest.mark.parametrize("seed", range(4))
def test_one_draw_is_the_ordinary_computation_with_slower_walkers_fewer_streets_and_fewer_facilities(seed):
    net, made = scattered_town(cutoff_min=5.0)
    rng = np.random.default_rng(seed)
    closed, exists = rng.random(net.n_edges) < 0.3, rng.random(6) < 0.6
    inside, _ = points_covered(made, plain_draw(made, speed=0.7, closed=closed, exists=exists))
    flags = np.where(closed, net.flags | EdgeFlag.CLOSED, net.flags).astype(np.uint16)
    slow = replace(BY["flat"], speed_mps=0.7, stairs_mps=0.35)
    table = reach_table(
        walk_graph(replace(net, flags=flags), slow), made.demand.positions, made.facilities.positions, cutoff_min=5.0
    )  # fmt: skip
    expected = np.zeros_like(inside)
    for point, facility in zip(table.point, table.facility, strict=True):
        expected[point] |= made.offers[facility] & exists[facility]
    assert (inside == expected).all()
    assert 0 < inside.mean() < 1


@pytest.mark.parametrize("seed", range(4))
def test_a_street_that_a_draw_drops_is_closed_to_places_at_its_junctions_too(seed):
    # Homes and sites stand on junctions, so each has a way on along every street that meets there.
    net, rng = grid(6, 5), np.random.default_rng(seed)
    homes, sites = (rng.integers(0, 5, (count, 2)) * 100 for count in (25, 3))
    made = stage(net, homes.tolist(), sites.tolist(), [("clinic",), ("shop",), ("clinic",)], cutoff_min=4.0)
    closed = rng.random(net.n_edges) < 0.5
    inside, _ = points_covered(made, plain_draw(made, closed=closed))
    shut = replace(net, flags=np.where(closed, net.flags | EdgeFlag.CLOSED, net.flags).astype(np.uint16))
    times = every_way.walking_times(shut, BY["flat"], made.demand.positions, made.facilities.positions)
    expected = np.zeros_like(inside)
    for (point, facility), cost in times.items():
        expected[point] |= made.offers[facility] & (cost <= 240_000)
    assert (made.demand.positions.ways > 1).all()
    assert (inside == expected).all()
    assert 0 < inside.mean() < 1


def test_nobody_walks_a_dropped_street_from_end_to_end_because_he_stands_at_its_end():
    """p0 at junction 0, f0 at junction 1; the street between of 100 m is dropped, the way round is 300 m.

    ::

        0 ===== 1
        |       |
        2 ----- 3
    """
    net = network([(0, 0), (100, 0), (0, -100), (100, -100)], [(0, 1), (0, 2), (2, 3), (3, 1)])
    made = stage(net, [(0, 0), (1, 0)], [(100, 0)], [("clinic",)], cutoff_min=4.0)  # 240 s
    dropped = np.array([True, False, False, False])
    assert points_covered(made, plain_draw(made))[0][:, 0].tolist() == [True, True]
    # p1 lives on the street, 1 m from its end, and gets out at both ends: 99 m.
    assert points_covered(made, plain_draw(made, closed=dropped))[0][:, 0].tolist() == [False, True]


def test_a_closed_street_is_a_removed_street_where_nobody_lives_on_it():
    """Two ways round: the northern one is shorter and closed. p0 at the west end, f0 at the east end.

    ::

        0 ----- 1 ----- 2        y = 0; the direct edge 0-2 of 250 m is parallel to 0-1-2 of 2 x 200 m
    """
    nodes = [(0, 0), (200, 0), (400, 0), (-50, 0), (450, 0)]
    edges = [(0, 1), (1, 2), (0, 2), (3, 0), (2, 4)]
    net = network(nodes, edges, length_m=[200, 200, 250, 50, 50])
    made = stage(net, [(-50, 0)], [(450, 0)], [("clinic",)], cutoff_min=6.0)
    # open: 50 + 250 + 50 = 350 s <= 360 s; closed: 50 + 400 + 50 = 500 s
    assert points_covered(made, plain_draw(made))[0].tolist() == [[True, False]]
    closed = np.array([False, False, True, False, False])
    assert points_covered(made, plain_draw(made, closed=closed))[0].tolist() == [[False, False]]


def test_who_walks_slower_climbs_slower():
    # 50 m, 100 m of stairs at half the pace, 50 m: 50 + 200 + 50 = 300 s, and 333 s at nine tenths of the speed.
    net = network([(0, 0), (50, 0), (150, 0), (200, 0)], [(0, 1), (1, 2), (2, 3)], flags=[0, EdgeFlag.STEPS, 0])
    made = stage(net, [(0, 0)], [(200, 0)], [("clinic",)], cutoff_min=5.4)  # 324 s
    assert [points_covered(made, plain_draw(made, speed=speed))[0][0, 0] for speed in (1.0, 0.9)] == [True, False]


def test_no_stream_is_another_one_s():
    # Streets and facilities, as many of each and as likely: were the stream of a kind another's in the next draw, they
    # would fall together. Sixty coins do so by chance in one of 10^18.
    net = grid(6, 6)
    sites = [(100.0 * (k % 6), 100.0 * (k // 6)) for k in range(36)]
    made = stage(net, [(0, 0)], [*sites, *sites[: net.n_edges - 36]], [("clinic",)] * net.n_edges)
    even = np.full(net.n_edges, 0.5)
    draws = [draw(made, k, seed=1, uncertain=uncertainty(), risk=even, existence=even) for k in range(4)]
    place = np.argsort(made.site_place)
    told = {one.closed.tobytes() for one in draws} | {one.exists[place].tobytes() for one in draws}
    assert len(told) == 8


def test_of_parallel_streets_the_longer_one_serves_when_the_shorter_is_closed():
    net = network([(0, 0), (100, 0), (-50, 0), (150, 0)], [(0, 1), (0, 1), (2, 0), (1, 3)], length_m=[100, 300, 50, 50])
    made = stage(net, [(-50, 0)], [(150, 0)], [("clinic",)], cutoff_min=7.0)
    shut = np.array([True, False, False, False])
    assert points_covered(made, plain_draw(made, closed=shut))[0][0, 0]  # 50 + 300 + 50 = 400 s <= 420 s
    assert not points_covered(made, plain_draw(made, closed=shut, speed=0.9))[0][0, 0]  # 444 s


def test_who_lives_on_a_closed_street_gets_out_at_both_ends():
    net = network([(0, 0), (100, 0), (200, 0), (-100, 0)], [(0, 1), (1, 2), (3, 0)])
    made = stage(net, [(50, 0), (-50, 0)], [(150, 0)], [("clinic",)], cutoff_min=15.0)
    shut = np.array([True, False, False])
    assert points_covered(made, plain_draw(made, closed=shut))[0][:, 0].tolist() == [True, False]


def test_longer_legs_count_and_a_lower_limit_leaves_people_unplaced():
    net = network([(0, 0), (1000, 0)], [(0, 1)])
    made = stage(net, [(0, 100)], [(100, 0)], [("clinic",)], cutoff_min=4.0)
    # 100 m leg + 100 m = 200 s; with the leg at 1.5 it is 250 s, beyond 240 s
    assert points_covered(made, plain_draw(made))[0][0, 0]
    assert not points_covered(made, plain_draw(made, leg=1.5))[0][0, 0]
    inside, known = points_covered(made, plain_draw(made, limit=0.6))  # 0.6 x 150 m = 90 m
    assert (inside.tolist(), known.tolist()) == ([[False, False]], [[False, False]])
    assert np.isnan(shares_of(made, inside, known, np.ones(1))).all()


def test_shares_weigh_people_by_hand():
    net = network([(0, 0), (2000, 0)], [(0, 1)])
    made = stage(net, [(0, 0), (0, 0), (0, 0), (1900, 0)], [(0, 0)], [("clinic",)], people=[3.0, 0.0, 4.0, 1.0])
    inside, placed = points_covered(made, plain_draw(made))
    # c0: p0 covered (3), p3 not (1); c1: nobody aged 60+, so everyone counts; c2: p2 alone
    assert shares_of(made, inside, placed, np.ones(4))[:, 0].tolist() == [0.75, 1.0, 1.0]
    assert shares_of(made, inside, placed, np.array([1.0, 1.0, 1.0, 3.0]))[0, 0] == 0.5


def test_with_nothing_uncertain_every_draw_is_the_plain_one():
    net, made = scattered_town(cutoff_min=4.0)
    risk = dropout_risk(net, SURE)
    shares = drawn_shares(made, 5, seed=1, uncertain=SURE, risk=risk, existence=np.ones(6))
    expected = shares_of(made, *points_covered(made, plain_draw(made)), np.ones(40))
    assert (shares == expected).all()


def test_the_same_seed_gives_the_same_bytes_in_any_order_of_rows_and_threads():
    doubt = uncertainty()
    order = np.random.default_rng(5).permutation(40), np.random.default_rng(6).permutation(6)
    found = []
    for rows, threads, draws in ((None, 1, 40), (order, 2, 40), (None, 2, 20)):
        net, made = scattered_town(order=rows)
        chance = np.array([0.5 if key in {"f0", "f3"} else 0.9 for key in made.facilities.ids])
        found.append(
            drawn_shares(
                made, draws, seed=7, uncertain=doubt, risk=np.full(net.n_edges, 0.2), existence=chance, threads=threads
            )
        )
    assert found[0].tobytes() == found[1].tobytes()
    assert found[0][:20].tobytes() == found[2].tobytes()
    assert found[0].std(axis=0).max() > 0


def test_another_seed_gives_other_draws_and_fewer_facilities_never_more_coverage():
    net, made = scattered_town(cutoff_min=4.0)
    same = {"uncertain": uncertainty(), "risk": dropout_risk(net, uncertainty())}
    high = drawn_shares(made, 30, seed=7, existence=np.full(6, 0.9), **same)
    low = drawn_shares(made, 30, seed=7, existence=np.full(6, 0.4), **same)
    assert (low <= high).all()
    assert (low < high).any()
    assert (drawn_shares(made, 30, seed=8, existence=np.full(6, 0.9), **same) != high).any()


def test_draws_keep_to_their_distributions():
    net, made = scattered_town()
    doubt = uncertainty()
    drawn = [
        draw(made, k, seed=1, uncertain=doubt, risk=np.full(net.n_edges, 0.1), existence=np.full(6, 0.9))
        for k in range(1000)
    ]
    speed = 0.9 * np.array([one.speed for one in drawn])
    assert 0.4 <= speed.min() < 0.5
    assert 1.3 < speed.max() <= 1.4
    assert speed.mean() == pytest.approx(0.9, abs=0.02)  # symmetric cut-off: the mean stays; 0.2 / sqrt(1000) = 0.006
    assert 0.17 < speed.std() < 0.2  # cutting at 2.5 sd leaves 0.19
    assert np.mean([one.exists.mean() for one in drawn]) == pytest.approx(0.9, abs=0.02)
    assert np.mean([one.closed.mean() for one in drawn]) == pytest.approx(0.1, abs=0.01)
    people = np.array([one.people for one in drawn])
    assert 0.85 <= people.min() < 0.851
    assert 1.149 < people.max() <= 1.15
    assert {0.8 <= one.leg <= 1.5 and 0.7 <= one.limit <= 1.0 for one in drawn} == {True}


def test_risk_is_the_larger_of_class_and_marks_up_to_the_limit():
    net = grid(3, 2)
    flags = np.zeros(net.n_edges, dtype=np.uint16)
    flags[1], flags[2], flags[3] = EdgeFlag.PRIVATE, EdgeFlag.GATE_AT_V, EdgeFlag.BRIDGE
    classes = np.full(net.n_edges, CLASS["residential"], dtype=np.uint8)
    classes[4], classes[5] = CLASS["primary"], CLASS["path"]
    risk = dropout_risk(replace(net, flags=flags, way_class=classes), uncertainty())
    assert risk[:6].tolist() == [0.02, 0.10, 0.08, 0.02, 0.0, 0.08]
    capped = dropout_risk(replace(net, flags=flags), replace(uncertainty(), dropout_most=0.05))
    assert capped.max() == 0.05


def test_a_closed_flag_stays_closed_in_every_draw():
    net = grid(3, 2)
    flags = np.zeros(net.n_edges, dtype=np.uint16)
    flags[2] = EdgeFlag.CLOSED
    made = stage(replace(net, flags=flags), [(0, 0)], [(100, 0)], [("clinic",)])
    drawn = draw(made, 0, seed=1, uncertain=SURE, risk=np.zeros(net.n_edges), existence=np.ones(1))
    assert drawn.closed.tolist() == [False, False, True, False, False, False, False]


def test_a_list_without_a_facility_covers_nobody_in_any_draw():
    made = stage(grid(3, 2), [(0, 0)], [], [])
    shares = drawn_shares(made, 3, seed=1, uncertain=uncertainty(), risk=np.zeros(7), existence=np.empty(0))
    assert (shares == 0).all()


def test_far_points_stay_far():
    net = network([(0, 0), (1000, 0)], [(0, 1)])
    made = stage(net, [(0, 400)], [(0, 0)], [("clinic",)])
    assert made.demand.positions.status.tolist() == [Positions.FAR]
    assert points_covered(made, plain_draw(made))[1].tolist() == [[False, False]]


def test_who_is_adrift_counts_where_it_reaches_and_else_not():
    # A piece of 400 m that nothing joins, 400 m from the street: a clinic on it, the shop on the street.
    net = network([(0, 0), (3000, 0), (0, 400), (400, 400)], [(0, 1), (2, 3)])
    made = stage(net, [(0, 400), (0, 0)], [(100, 400), (100, 0)], [("clinic",), ("shop",)])
    assert made.demand.positions.status.tolist() == [Positions.ISLAND, Positions.OK]
    inside, known = points_covered(made, plain_draw(made))
    assert inside.tolist() == [[True, False], [False, True]]
    assert known.tolist() == [[True, False], [True, True]]


def test_who_loses_the_way_on_to_the_mainland_in_a_draw_is_undetermined_not_left_out():
    """A home 100 m from a scrap of path and 140 m from the street, whose clinic is 1.5 km away, out of reach.

    Whole, the limit of 150 m allows both ways on, and the map tells that no clinic is in reach. At 0.9 of it only the
    scrap is left: of what lies beyond it the map tells nothing. At 0.6 there is no way on at all.
    """
    net = network([(0, 0), (3000, 0), (500, 240), (540, 240)], [(0, 1), (2, 3)])
    made = stage(net, [(520, 140), (520, 20)], [(2020, 0)], [("clinic",)])
    assert made.demand.positions.status.tolist() == [Positions.MOVED, Positions.OK]
    for limit, known in ((1.0, True), (0.9, False), (0.6, False)):
        inside, told = points_covered(made, plain_draw(made, limit=limit))
        assert not inside.any()
        assert told[:, 0].tolist() == [known, True]


@settings(max_examples=60)
@given(
    at=st.floats(0, 1, exclude_max=True), low=st.floats(-6, -0.01) | st.floats(0, 1), width=st.floats(0.01, 6),
    one_side=st.booleans(),
)  # fmt: skip
def test_a_cut_normal_is_that_of_scipy_to_the_last_bit(at, low, width, one_side):
    high = low + width if one_side else max(low, 0.0) + width
    assert _cut_normal(at, low, high) == truncnorm.ppf(at, low, high)
