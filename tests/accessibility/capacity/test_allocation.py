"""Who gets a seat: towns worked out by hand, laws over random ones, and independent solvers."""

from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from ortools.graph.python import max_flow, min_cost_flow

from circle15.accessibility.capacity.allocation import (
    fairest,
    least_walking,
    most_served,
    nearest_first,
    priority_first,
    shortage_sets,
)
from circle15.errors import InputError
from circle15.model.capacity import SeatsInReach
from tests.towns.seats import clustered_seats, random_seats, seats_in_reach

# Two sites of 4 seats. Row 0 reaches both, row 1 the first only, row 2 nothing:
#
#   row 0 (4) --1--> site 0 (4)        nearest-first gives all of site 0 to row 0, and row 1 gets nothing (4 served);
#        \----5----> site 1 (4)        the optimum sends row 0 to site 1 (8 served, 4 x 5 + 4 x 2 = 28).
#   row 1 (4) --2--> site 0
FORK = seats_in_reach([4, 4, 3], [4, 4], {(0, 0): 1, (0, 1): 5, (1, 0): 2})

# Rows 0 and 1 reach site 0 alone: 10 people, 6 seats, 4 too few whatever is done. Row 2 has site 1 for itself.
SHORT = seats_in_reach([6, 4, 2], [6, 5], {(0, 0): 3, (1, 0): 1, (2, 1): 7})


def test_the_optimum_serves_whom_nearest_first_turns_away():
    best, nearest = least_walking(FORK), nearest_first(FORK)
    assert (best.served, best.walking_ms) == (8, 28)
    assert best.by_row.tolist() == [4, 4, 0]
    assert best.loads.tolist() == [4, 4]
    assert (nearest.served, nearest.walking_ms) == (4, 4)
    assert nearest.by_row.tolist() == [4, 0, 0]


def test_the_cut_names_who_is_short_of_seats():
    cut = most_served(SHORT)
    assert cut.served == 8
    assert cut.rows.tolist() == [True, True, False]
    assert cut.sites.tolist() == [True, False]
    rows, sites = shortage_sets(SHORT, cut)
    assert rows.tolist() == [0, 0, -1]
    assert sites.tolist() == [0, -1]
    best = least_walking(SHORT)  # site 0 is filled by those who live nearest: all of row 1, then two of row 0
    assert best.by_row.tolist() == [2, 4, 2]
    assert best.walking_ms == 2 * 3 + 4 * 1 + 2 * 7


def test_shortages_apart_are_two():
    table = seats_in_reach([3, 3, 1], [1, 2, 1], {(0, 0): 1, (1, 1): 1, (2, 2): 1})
    rows, sites = shortage_sets(table, most_served(table))
    assert rows.tolist() == [0, 1, -1]
    assert sites.tolist() == [0, 1, -1]


def test_whoever_comes_first_is_served_first_and_nobody_is_lost():
    first = priority_first(SHORT, np.array([True, False, False]))
    assert first.by_row.tolist() == [6, 0, 2]
    assert first.served == least_walking(SHORT).served


def test_the_fair_share_is_the_largest_that_all_can_have():
    # 6 seats for groups of 6 and 4: with 3/5 they need ceil(3.6) + ceil(2.4) = 7, with 1/2 3 + 2 = 5. Between lie
    # shares such as 4/6: 4 + 3 = 7; none of them fits, so 1/2, and the sixth seat goes to the nearer row.
    fair = fairest(SHORT, np.array([0, 1, 2]))
    assert fair.share == 0.5
    assert fair.by_row.tolist() == [3, 3, 2]
    assert fair.served == 8


def test_groups_that_reach_nothing_do_not_make_the_share_nought():
    assert fairest(FORK, np.array([0, 1, 2])).share == 1.0


def test_nobody_and_nothing():
    for table in (seats_in_reach([], [3], {}), seats_in_reach([2], [0], {(0, 0): 1}), seats_in_reach([5], [2], {})):
        assert most_served(table).served == least_walking(table).served == nearest_first(table).served == 0
        assert fairest(table, np.arange(len(table.people))).served == 0


def test_of_equal_walks_the_first_row_is_served():
    table = seats_in_reach([1, 1], [1], {(0, 0): 4, (1, 0): 4})
    assert nearest_first(table).by_row.tolist() == [1, 0]


def test_columns_that_do_not_fit_and_too_many_people_are_refused():
    with pytest.raises(InputError, match="do not fit"):
        seats_in_reach([1], [-1], {(0, 0): 1})
    with pytest.raises(InputError, match="more than the 2147483647"):
        fairest(seats_in_reach([2**31, 2**31], [5], {(0, 0): 1, (1, 0): 1}), np.arange(2))


def test_seats_beyond_counting_do_no_harm():
    assert least_walking(seats_in_reach([3], [10**15], {(0, 0): 2})).served == 3


def _cost_of_best(table: SeatsInReach) -> tuple[int, int]:
    """Volume and cost by networkx, which shares no code with ours."""
    graph = nx.DiGraph()
    graph.add_node("source")
    graph.add_node("sink")
    for row, people in enumerate(table.people.tolist()):
        graph.add_edge("source", ("row", row), capacity=people, weight=0)
    for site, seats in enumerate(table.seats.tolist()):
        graph.add_edge(("site", site), "sink", capacity=seats, weight=0)
    for row, site, cost in zip(table.row.tolist(), table.site.tolist(), table.cost_ms.tolist(), strict=True):
        graph.add_edge(("row", row), ("site", site), capacity=10**6, weight=cost)
    flow = nx.max_flow_min_cost(graph, "source", "sink")
    return sum(flow["source"].values()), nx.cost_of_flow(graph, flow)


@settings(max_examples=150)
@given(random_seats())
def test_volume_and_walking_are_those_of_networkx(table):
    best = least_walking(table)
    assert (best.served, best.walking_ms) == _cost_of_best(table)


@settings(max_examples=150)
@given(random_seats())
def test_all_policies_keep_to_the_cut(table):
    cut, best = most_served(table), least_walking(table)
    group = np.arange(len(table.people)) % 3
    first = np.arange(len(table.people)) % 2 == 0
    fair, priority, nearest = fairest(table, group), priority_first(table, first), nearest_first(table)
    assert cut.served == best.served == fair.served == priority.served
    assert nearest.served <= best.served
    for allocation in (best, fair, priority, nearest):
        assert (allocation.by_row <= table.people).all()
        assert (allocation.loads <= table.seats).all()
    alone = replace(table, people=np.where(first, table.people, 0))
    assert priority.by_row[first].sum() == most_served(alone).served


@settings(max_examples=100)
@given(random_seats())
def test_one_more_seat_helps_just_where_the_cut_says(table):
    cut = most_served(table)
    for site in range(len(table.seats)):
        more = replace(table, seats=table.seats + (np.arange(len(table.seats)) == site))
        assert most_served(more).served == cut.served + cut.sites[site]


@settings(max_examples=100)
@given(random_seats())
def test_no_larger_share_can_be_had(table):
    group = np.arange(len(table.people)) % 2
    share = fairest(table, group).share
    asked = np.bincount(group, weights=table.people * table.reaches).astype(int)
    shares = sorted({k / n for n in asked if n for k in range(n + 1)} | {0.0})
    nxt = next((larger for low, larger in pairwise(shares) if low == share), None)
    if nxt is not None:
        need = np.ceil(nxt * asked - 1e-9).astype(int)
        assert not _possible(table, group, need)


def _possible(table: SeatsInReach, group: np.ndarray, need: np.ndarray) -> bool:
    graph = nx.DiGraph()
    graph.add_node("source")
    graph.add_node("sink")
    for number, people in enumerate(need.tolist()):
        graph.add_edge("source", ("group", number), capacity=people)
    for row, people in enumerate(table.people.tolist()):
        graph.add_edge(("group", int(group[row])), ("row", row), capacity=people)
    for row, site in zip(table.row.tolist(), table.site.tolist(), strict=True):
        graph.add_edge(("row", row), ("site", site), capacity=10**6)
    for site, seats in enumerate(table.seats.tolist()):
        graph.add_edge(("site", site), "sink", capacity=seats)
    return nx.maximum_flow_value(graph, "source", "sink") == need.sum()


@settings(max_examples=60)
@given(random_seats())
def test_the_order_of_rows_and_sites_changes_no_sum(table):
    back = {
        (len(table.people) - 1 - row, len(table.seats) - 1 - site): cost
        for row, site, cost in zip(table.row.tolist(), table.site.tolist(), table.cost_ms.tolist(), strict=True)
    }
    turned = seats_in_reach(table.people[::-1].tolist(), table.seats[::-1].tolist(), back)
    cut, other = most_served(table), most_served(turned)
    assert cut.rows.tolist() == other.rows[::-1].tolist()
    assert cut.sites.tolist() == other.sites[::-1].tolist()
    best, best_turned = least_walking(table), least_walking(turned)
    assert (best.served, best.walking_ms) == (best_turned.served, best_turned.walking_ms)


def _or_tools(table: SeatsInReach) -> tuple[int, int]:
    """Volume and cost by OR-Tools."""
    rows, sites = len(table.people), len(table.seats)
    source, sink, total = rows + sites, rows + sites + 1, int(table.people.sum())
    flow = min_cost_flow.SimpleMinCostFlow()
    row, site = np.arange(rows), np.arange(sites)
    flow.add_arcs_with_capacity_and_unit_cost(np.full(rows, source), row, table.people, np.zeros(rows, dtype=int))
    flow.add_arcs_with_capacity_and_unit_cost(table.row, rows + table.site, table.people[table.row], table.cost_ms)
    flow.add_arcs_with_capacity_and_unit_cost(
        rows + site, np.full(sites, sink), table.seats, np.zeros(sites, dtype=int)
    )
    flow.set_node_supply(source, total)
    flow.set_node_supply(sink, -total)
    assert flow.solve_max_flow_with_min_cost() == flow.OPTIMAL
    return flow.maximum_flow(), flow.optimal_cost()


@pytest.mark.parametrize("share", [0.6, 0.95, 1.0, 1.05, 2.0])
@pytest.mark.parametrize("equal", [True, False])
def test_or_tools_walks_as_little_in_towns_with_clusters(share, equal):
    table = clustered_seats(600, 24, share=share, equal=equal)
    best = least_walking(table)
    assert (best.served, best.walking_ms) == _or_tools(table)
    assert most_served(table, best).served == best.served


def test_where_a_row_comes_first_or_each_group_has_its_share_or_tools_walks_as_little():
    table = clustered_seats(40, 6, share=0.7, equal=False)
    first = np.arange(40) % 3 == 0
    found = priority_first(table, first)
    alone = replace(table, people=np.where(first, table.people, 0))
    assert found.by_row[first].sum() == _or_tools(alone)[0]
    assert found.served == _or_tools(table)[0]
    kept = replace(table, people=found.by_row)  # those who are served walk as little as they can
    assert _or_tools(kept) == (found.served, found.walking_ms)
    fair = fairest(table, np.arange(40) % 5)
    assert _or_tools(replace(table, people=fair.by_row)) == (fair.served, fair.walking_ms)


def test_or_tools_finds_the_same_flow():
    draw = np.random.default_rng(15)
    for _ in range(5):
        walks = {(row, site): 1 for row in range(400) for site in np.flatnonzero(draw.random(30) < 0.1).tolist()}
        table = seats_in_reach(draw.integers(0, 9, 400).tolist(), draw.integers(0, 90, 30).tolist(), walks)
        flow = max_flow.SimpleMaxFlow()
        for row, people in enumerate(table.people.tolist()):
            flow.add_arc_with_capacity(430, row, people)
        for row, site in walks:
            flow.add_arc_with_capacity(row, 400 + site, 10**6)
        for site, seats in enumerate(table.seats.tolist()):
            flow.add_arc_with_capacity(400 + site, 431, seats)
        flow.solve(430, 431)
        assert most_served(table).served == flow.optimal_flow()
