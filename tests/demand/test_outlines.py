"""Outlines from street points: the nearest point decides, within reach, with small gaps closed."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from circle15.demand.outlines import (
    CLOSE_M,
    NOBODY,
    StreetPoints,
    draw_outlines,
    near_owned,
    points_along,
    surroundings,
)
from circle15.routing.isochrones import Stretches
from tests.towns.lattice import X0, Y0, network


def stretches(*rows) -> Stretches:
    edge, begin, end = (np.array(column) for column in zip(*rows, strict=True))
    return Stretches(edge=edge.astype(np.int32), begin_mm=begin * 1000, end_mm=end * 1000)


def drawn(owners, *, reach=None, bound=None, keep=None):
    """``owners``: per owner a list of (x, y); nobody's under -1."""
    xy = np.array([spot for spots in owners.values() for spot in spots], dtype=float)
    owner = np.array([who for who, spots in owners.items() for _ in spots])
    count = max(owners) + 1
    wide = np.array([shapely.box(-500, -500, 500, 500)] * count, dtype=object)
    none = np.array([shapely.MultiPoint()] * count, dtype=object)
    return draw_outlines(
        StreetPoints(xy=xy, owner=owner),
        wide if reach is None else np.array(reach, dtype=object),
        bound=wide if bound is None else np.array(bound, dtype=object),
        keep=none if keep is None else np.array(keep, dtype=object),
    )


def test_points_stand_beside_both_ends_and_no_farther_apart_than_ten_metres():
    # 32 m: 1 m, then three steps of 10 m, 31 m. 2 m and less: one in the middle.
    street = network([(0, 0), (100, 0)], [(0, 1)])
    found = points_along(street, stretches((0, 10, 42), (0, 50, 52), (0, 60, 60)), np.array([3, 4, 5]))
    assert (found.xy[:, 0] - X0).tolist() == pytest.approx([11, 21, 31, 41, 51, 60])
    assert found.xy[:, 1] - Y0 == pytest.approx(0)
    assert found.owner.tolist() == [3, 3, 3, 3, 4, 5]


def test_points_follow_a_line_whose_length_is_told_otherwise():
    hill = network([(0, 0), (100, 0)], [(0, 1)], length_m=[200.0])
    found = points_along(hill, stretches((0, 0, 2)), np.array([0]))
    assert found.xy[0, 0] - X0 == pytest.approx(0.5)  # a metre of 200 m is half a metre of the drawn hundred


def test_two_owners_meet_in_the_middle():
    west, east = drawn({0: [(-100, 0)], 1: [(100, 0)]})
    assert shapely.equals(west, shapely.box(-500, -500, 0, 500))
    assert shapely.equals(east, shapely.box(0, -500, 500, 500))


def test_nobody_s_points_bind_and_reach_binds():
    (alone,) = drawn({0: [(0, 0)], -1: [(200, 0)]}, reach=[shapely.box(-60, -50, 500, 50)])
    assert shapely.equals(alone, shapely.box(-60, -50, 100, 50))


def test_a_narrow_gap_is_closed_and_a_wide_one_is_not():
    halves = shapely.union(shapely.box(-100, -100, -20, 100), shapely.box(20, -100, 100, 100))
    (narrow,) = drawn({0: [(-50, 0), (50, 0)]}, reach=[halves])
    assert shapely.covers(narrow, shapely.box(-20, -50, 20, 50))
    apart = shapely.union(shapely.box(-200, -100, -CLOSE_M - 1, 100), shapely.box(CLOSE_M + 1, -100, 200, 100))
    (wide,) = drawn({0: [(-50, 0), (50, 0)]}, reach=[apart])
    assert wide.geom_type == "MultiPolygon"


def test_a_gap_between_two_owners_is_shared_at_equal_distance():
    left, right = shapely.box(-100, -100, -20, 100), shapely.box(20, -100, 100, 100)
    west, east = drawn({0: [(-50, 0)], 1: [(50, 0)], -1: [(0, 0)]}, reach=[left, right])
    assert shapely.area(shapely.intersection(west, east)) == 0
    assert shapely.covers(west, shapely.Point(-1, 0))
    assert shapely.covers(east, shapely.Point(1, 0))


def test_small_holes_are_filled_and_large_ones_stay():
    for half, filled in ((60, True), (80, False)):  # 1.4 ha and 2.6 ha
        ring = shapely.difference(shapely.box(-300, -300, 300, 300), shapely.box(-half, -half, half, half))
        (shape,) = drawn({0: [(-250, 0), (250, 0)]}, reach=[ring])
        assert shapely.covers(shape, shapely.Point(0, 0)) == filled


def test_a_hole_that_is_another_owner_s_is_not_filled():
    around = [(x, y) for x in (-40, 0, 40) for y in (-40, 0, 40) if (x, y) != (0, 0)]
    outer, inner = drawn({0: around, 1: [(0, 0)]})
    assert shapely.covers(inner, shapely.Point(0, 0))
    assert shapely.area(shapely.intersection(outer, inner)) == 0


def test_specks_go_but_for_those_that_must_be_kept():
    pieces = shapely.union(shapely.box(-100, -100, 0, 0), shapely.box(200, 200, 230, 230))  # 1 ha and 900 m2
    for spot, parts in ((shapely.MultiPoint(), 1), (shapely.MultiPoint([(210, 210)]), 2)):
        (shape,) = drawn({0: [(-50, -50), (210, 210)]}, reach=[pieces], keep=[spot])
        assert shapely.get_num_geometries(shape) == parts
    (only,) = drawn({0: [(210, 210)]}, reach=[shapely.box(200, 200, 230, 230)])
    assert only.area == pytest.approx(900)


def test_no_area_leaves_its_bound():
    halves = shapely.union(shapely.box(-100, -100, -20, 100), shapely.box(20, -100, 100, 100))
    (shape,) = drawn({0: [(-50, 0), (50, 0)]}, reach=[halves], bound=[shapely.box(-100, -10, 100, 10)])
    assert shapely.equals(shape, shapely.box(-100, -10, 100, 10))


def test_of_two_at_one_spot_the_first_counts_and_the_other_is_empty():
    first, second = drawn({0: [(0, 0), (50, 0)], 1: [(0, 0)]})
    assert not first.is_empty
    assert second.is_empty


def test_nobody_far_away_is_left_out():
    points = StreetPoints(xy=np.array([(0.0, 0), (299, 0), (301, 0)]), owner=np.array([0, NOBODY, NOBODY]))
    assert near_owned(points, 300).xy[:, 0].tolist() == [0, 299]


def test_surroundings_of_each_owner_s_streets():
    street = network([(0, 0), (100, 0), (500, 0), (600, 0)], [(0, 1), (2, 3)])
    near, none, far = surroundings(street, stretches((1, 0, 100), (0, 0, 100)), np.array([2, 0]), 3, width_m=30.0)
    assert near.area == pytest.approx(100 * 60 + np.pi * 900, rel=0.01)
    assert shapely.contains_xy(far, X0 + 550, Y0 + 20)
    assert none.is_empty
