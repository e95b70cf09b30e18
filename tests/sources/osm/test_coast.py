"""Sea from coastlines, drawn by hand: whole, torn, joined, contrary."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from circle15.sources.osm.coast import CoastRules, Sea, close_coast
from circle15.sources.osm.tags import place_rules

BOX = (0.0, 0.0, 0.02, 0.02)  # at the equator: 0.001 degrees are 111 m, the whole box 2,226 m
RULES = CoastRules(gap_m=300, join_m=1000, border_share=0.25, border_m=20_000, turn_deg=60, clear_times=2)


def sea(*coast) -> Sea:
    return close_coast([shapely.LineString(points) for points in coast], BOX, RULES)


def bounds(found: Sea) -> list[tuple[float, ...]]:
    return [tuple(np.round(face.bounds, 9).tolist()) for face in found.faces]


def square(west: float, south: float, side: float) -> list[tuple[float, float]]:
    """A ring against the clock: an island, with the sea around it."""
    east, north = round(west + side, 9), round(south + side, 9)
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def test_the_catalogue_has_these_rules():
    assert CoastRules(**place_rules()["coast"]) == RULES


def test_sea_lies_right_of_the_coast():
    assert bounds(sea([(-0.01, 0.01), (0.03, 0.01)])) == [(0, 0, 0.02, 0.01)]
    assert bounds(sea([(0.03, 0.01), (-0.01, 0.01)])) == [(0, 0.01, 0.02, 0.02)]


def test_coast_of_several_ways_is_one_coast():
    assert bounds(sea([(0.012, 0.01), (0.03, 0.01)], [(-0.01, 0.01), (0.012, 0.01)])) == [(0, 0, 0.02, 0.01)]


def test_islands_and_inner_seas():
    (around,) = sea(square(0.005, 0.005, 0.01)).faces
    (inside,) = sea(square(0.005, 0.005, 0.01)[::-1]).faces
    assert around.area == pytest.approx(0.02**2 - 0.01**2)
    assert inside.area == pytest.approx(0.01**2)
    assert sea().faces == []


# One coast from west to east along the middle, the sea below it: where it ends, and what that makes.
ALONG = [
    ([(-0.01, 0.01), (0.03, 0.01)], [], []),  # whole
    ([(0.0, 0.01), (0.02, 0.01)], [], []),  # ends on the border itself
    ([(0.002, 0.01), (0.018, 0.01)], [], []),  # 223 m short: drawn on
    ([(0.0036, 0.01), (0.018, 0.01)], [(0.0036, 0.01)], []),  # 400 m short: joined to the border
    ([(0.0036, 0.01), (0.0164, 0.01)], [(0.0036, 0.01), (0.0164, 0.01)], []),
    ([(0.0049, 0.01), (0.0151, 0.01)], [(0.0049, 0.01), (0.0151, 0.01)], []),  # 0.005 is a quarter of the box
    ([(0.0051, 0.01), (0.018, 0.01)], [], [(0.0051, 0.01)]),
    ([(-0.01, 0.01), (0.01, 0.01)], [], [(0.01, 0.01)]),  # ends in the middle
    ([(0.006, 0.01), (0.014, 0.01)], [], [(0.006, 0.01), (0.014, 0.01)]),
]


@pytest.mark.parametrize(("coast", "closed", "torn"), ALONG)
@pytest.mark.parametrize("turned", [False, True])
def test_a_torn_coast_is_joined_to_the_border_where_that_is_near(coast, closed, torn, turned):
    found = sea(coast[::-1] if turned else coast)
    assert (found.closed, found.torn, found.contrary) == (closed, torn, [])
    half = (0, 0.01, 0.02, 0.02) if turned else (0, 0, 0.02, 0.01)
    assert bounds(found) == ([] if torn else [half])


@pytest.mark.parametrize("most_m", [400, 300])
def test_no_end_is_joined_to_a_border_farther_than_the_rules_say(most_m):
    # 0.0031 degrees are 345 m.
    rules = CoastRules(gap_m=300, join_m=1000, border_share=0.25, border_m=most_m, turn_deg=60, clear_times=2)
    found = close_coast([shapely.LineString([(0.0031, 0.01), (0.03, 0.01)])], BOX, rules)
    assert (len(found.faces), len(found.torn)) == ((1, 0) if most_m == 400 else (0, 1))


def test_a_missing_part_of_the_coast_is_drawn_straight():
    # 445 m are missing in the middle.
    found = sea([(-0.01, 0.01), (0.008, 0.01)], [(0.012, 0.01), (0.03, 0.01)])
    assert (bounds(found), found.closed, found.torn) == ([(0, 0, 0.02, 0.01)], [(0.008, 0.01), (0.012, 0.01)], [])
    # 1,057 m are: more than a way may be missing. The eastern end is near a border, but that lies behind it.
    found = sea([(-0.01, 0.01), (0.006, 0.01)], [(0.0155, 0.01), (0.03, 0.01)])
    assert (found.faces, found.closed, found.torn) == ([], [], [(0.006, 0.01), (0.0155, 0.01)])


def test_an_island_with_a_gap_is_closed_and_an_arc_is_not():
    #   0.004 to 0.016; the west side lacks 0.002 = 223 m
    ring = [(0.004, 0.009), (0.004, 0.004), (0.016, 0.004), (0.016, 0.016), (0.004, 0.016), (0.004, 0.011)]
    (around,) = sea(ring).faces
    assert around.area == pytest.approx(0.02**2 - 0.012**2)
    assert sea(ring).closed == [(0.004, 0.009), (0.004, 0.011)]
    straight = sea([(0.008, 0.01), (0.012, 0.01)])  # 445 m apart too, but its ends look away from each other
    assert (straight.faces, straight.torn) == ([], [(0.008, 0.01), (0.012, 0.01)])


def test_ends_join_with_the_nearest_and_not_across_a_coast():
    # A gap of 0.004, in the middle of which an island lies: nobody knows how the coast runs.
    found = sea([(-0.01, 0.01), (0.008, 0.01)], [(0.012, 0.01), (0.03, 0.01)], square(0.0095, 0.0095, 0.001))
    assert (found.faces, found.torn) == ([], [(0.008, 0.01), (0.012, 0.01)])


def test_a_strait_between_two_torn_coasts_is_the_sea_between_them():
    # The southern coast runs west (sea on its right: north), the northern one east; all ends 400 m short.
    south, north = [(0.0164, 0.006), (0.0036, 0.006)], [(0.0036, 0.014), (0.0164, 0.014)]
    found = sea(south, north)
    assert bounds(found) == [(0, 0.006, 0.02, 0.014)]
    assert (len(found.closed), found.torn) == (4, [])
    # Turned, the sea is on their other sides: two seas and land between.
    assert bounds(sea(south[::-1], north[::-1])) == [(0, 0, 0.02, 0.006), (0, 0.014, 0.02, 0.02)]


def test_ends_that_do_not_alternate_along_the_border_are_told():
    # Both coasts run east: between them is land of one and sea of the other.
    lower, upper = [(0.0036, 0.006), (0.0164, 0.006)], [(0.0036, 0.014), (0.0164, 0.014)]
    found = sea(lower, upper)
    assert bounds(found) == [(0, 0, 0.02, 0.006)]
    assert found.torn == sorted([*lower, *upper])
    assert (found.closed, found.contrary) == ([], [])


def test_whole_coasts_that_run_against_each_other_are_told_by_their_place():
    found = sea([(-0.01, 0.006), (0.01, 0.006), (0.03, 0.006)], [(-0.01, 0.014), (0.03, 0.014)])
    assert (bounds(found), found.torn, found.contrary) == ([(0, 0, 0.02, 0.006)], [], [(0.01, 0.006)])


def test_a_coast_along_the_border_is_not_drawn_to_it():
    # Runs south at 0.016, the land on the east: a part is missing from 0.0145 to 0.0045 (1,113 m). The border in the
    # east is only 445 m away, but to flood the strip between the ends would be wrong.
    found = sea([(0.016, 0.03), (0.016, 0.0145)], [(0.016, 0.0045), (0.016, -0.01)])
    assert found.faces == []
    assert found.torn == [(0.016, 0.0045), (0.016, 0.0145)]


def test_an_end_goes_round_no_island_on_its_way_to_the_border():
    found = sea([(0.0036, 0.01), (0.03, 0.01)], square(0.001, 0.0095, 0.001))
    assert (found.faces, found.torn) == ([], [(0.0036, 0.01)])


def test_a_ragged_end_follows_its_course():
    # The last segment turns back landwards for 11 m; the coast as a whole runs west to the border, 400 m away.
    found = sea([(0.03, 0.01), (0.0036, 0.01), (0.0037, 0.0101)])
    assert (found.torn, found.closed) == ([], [(0.0037, 0.0101)])
    assert [face.contains(shapely.Point(0.01, 0.015)) for face in found.faces] == [True]


def test_order_and_cut_of_the_ways_change_nothing():
    ways = [
        [(0.0036, 0.014), (0.01, 0.014)],
        [(0.01, 0.014), (0.0164, 0.014)],
        [(0.0164, 0.006), (0.0036, 0.006)],
        square(0.009, 0.009, 0.001),
    ]
    whole = sea(*ways)
    assert len(whole.faces) == 1
    assert len(whole.faces[0].interiors) == 1
    for order in ([3, 2, 1, 0], [1, 3, 0, 2]):
        again = sea(*(ways[k] for k in order))
        assert [face.normalize() for face in again.faces] == [face.normalize() for face in whole.faces]
        assert (again.closed, again.torn) == (whole.closed, whole.torn)
