"""Who gets a seat when facilities have more: by hand, and as the maximum flow with these seats has it."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.accessibility.capacity.allocation import least_walking, most_served
from circle15.accessibility.capacity.more_seats import newly_seated
from circle15.model.capacity import SeatsInReach
from tests.towns.seats import random_seats, seats_in_reach


def newly(table: SeatsInReach, more: list[int]) -> list[int]:
    cut = most_served(table)
    return newly_seated(least_walking(table), cut, np.array(more)).tolist()


def test_who_moves_to_a_new_seat_leaves_the_old_one_to_another():
    # Row 1 reaches site 0 alone, whose seats row 0 takes as long as site 1 has none.
    fork = seats_in_reach([4, 4], [4, 0], {(0, 0): 1, (0, 1): 5, (1, 0): 9})
    assert newly(fork, [0, 0]) == [0, 0]
    assert newly(fork, [0, 3]) == [0, 3]
    assert newly(fork, [0, 9]) == [0, 4]
    assert newly(fork, [1, 1]) == [0, 2]


def test_where_seats_are_not_short_one_more_serves_nobody():
    # Row 0 has a seat at site 0, row 1 finds none at site 1; row 2 reaches nothing.
    apart = seats_in_reach([2, 3, 5], [2, 1], {(0, 0): 1, (1, 1): 1})
    assert newly(apart, [7, 0]) == [0, 0, 0]
    assert newly(apart, [7, 7]) == [0, 2, 0]


@settings(max_examples=80, deadline=None)
@given(table=random_seats(), draw=st.data())
def test_together_they_serve_as_many_as_the_maximum_flow_with_these_seats(table, draw):
    sites = len(table.seats)
    more = np.array(draw.draw(st.lists(st.integers(0, 5), min_size=sites, max_size=sites)))
    cut = most_served(table)
    before = least_walking(table)
    people = newly_seated(before, cut, more)
    assert (people >= 0).all()
    assert (people + before.by_row <= table.people).all()
    assert before.served + people.sum() == most_served(replace(table, seats=table.seats + more)).served
