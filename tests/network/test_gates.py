"""Private gates by hand: whose they are, what they part, and who passes under each policy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.catalog import walking
from circle15.kernels.costs import NEVER_MS
from circle15.model import EdgeFlag, NodeFlag
from circle15.network.gates import estates_of, passages
from circle15.network.graph import walk_graph
from circle15.network.snap import snap
from circle15.routing.nearest import nearest_cost
from circle15.routing.reach import reach_table
from tests.towns.gate_town import OURS, WAY, compound
from tests.towns.lattice import BY, network, points
from tests.towns.oracle import walking_times

FLAT = BY["flat"]
PLAIN = int(NodeFlag.GATE)
LOCKED = int(NodeFlag.GATE | NodeFlag.PRIVATE | NodeFlag.LOCKED)
PUBLIC = int(NodeFlag.GATE | NodeFlag.OPEN)


def seconds(net, home, site, gates="resident"):
    """Seconds from one place to another; None where there is no way."""
    cost = nearest_cost(
        walk_graph(net, replace(FLAT, gates=gates)), snap(net, points([home])), snap(net, points([site]))
    )
    return None if cost[0] >= NEVER_MS else cost[0] / 1000


STREET_W, STREET_E, INSIDE, INSIDE_E = (0, 500), (600, 500), (200, 500), (450, 500)
ROUND = 500 + 600 + 500


@pytest.mark.parametrize(
    ("gates", "through", "out_w", "into", "within"),
    [
        ("resident", ROUND, 200, None, 250),
        ("visitor", ROUND, None, None, 250),
        ("open", 600, 200, 200, 250),
        ("closed", ROUND, 200, None, 250),
    ],
)
def test_who_passes_under_each_policy(gates, through, out_w, into, within):
    net = compound()
    assert seconds(net, STREET_W, STREET_E, gates) == through
    assert seconds(net, INSIDE, STREET_W, gates) == out_w
    assert seconds(net, STREET_W, INSIDE, gates) == into
    assert seconds(net, INSIDE, INSIDE_E, gates) == within


@pytest.mark.parametrize(
    ("west", "east", "inside", "stub", "through", "out_w", "into"),
    [
        (OURS, OURS, 0, 0, ROUND, 200, None),  # nothing says private but the gates: the estate is what they enclose
        (PLAIN, PLAIN, WAY, 0, ROUND, 200, None),  # gates that say nothing, before private ways
        (PLAIN, PLAIN, WAY, WAY, ROUND, 200, None),  # in the middle of private ways
        (PLAIN, PLAIN, 0, 0, 600, 200, 200),  # nothing is private
        (PUBLIC, PUBLIC, WAY, 0, 600, 200, 200),  # declared open to walkers
        (PUBLIC, OURS, WAY, 0, ROUND, 200, 200),  # strangers come in and go out by the west
        (OURS, LOCKED, WAY, 0, ROUND, 200, None),
        (LOCKED, LOCKED, WAY, 0, ROUND, None, None),  # nobody comes out
        (LOCKED, OURS, WAY, 0, ROUND, 400 + ROUND, None),  # round by the east gate
    ],
)
def test_whose_gate_it_is_and_whom_it_bars(west, east, inside, stub, through, out_w, into):
    net = compound(west, east, inside=inside, stub=stub)
    assert seconds(net, STREET_W, STREET_E) == through
    assert seconds(net, INSIDE, STREET_W) == out_w
    assert seconds(net, STREET_W, INSIDE) == into


def test_strangers_that_came_in_by_an_open_way_do_not_leave_by_a_private_gate():
    net = compound(PUBLIC, OURS)
    assert seconds(net, STREET_W, INSIDE_E) == 450
    assert seconds(net, STREET_W, STREET_E) == ROUND
    assert seconds(net, STREET_E, STREET_W) == ROUND
    assert seconds(net, INSIDE, STREET_E) == 400


def test_a_private_gate_between_two_halves_of_a_town_is_nobodys():
    # Two streets of one length, and nothing private: no half is an estate.
    net = network([(0, 0), (300, 0), (600, 0)], [(0, 1), (1, 2)], node_flags=[0, OURS, 0])
    assert seconds(net, (10, 0), (590, 0)) is None
    assert seconds(net, (590, 0), (10, 0)) is None
    assert seconds(net, (10, 0), (590, 0), "open") == 580


@pytest.mark.parametrize(("more_m", "leaves"), [(0, True), (1, False)])
def test_what_is_larger_than_an_estate_is_a_part_of_the_city(more_m, leaves):
    most = 1000 * walking()["gates"]["estate_km"]
    net = network(
        [(0, 0), (300, 0), (300, 10)],
        [(0, 1), (1, 2)],
        length_m=[most + more_m, 2 * most],
        node_flags=[0, OURS, 0],
    )
    # A tenth of a metre from the gate, a 3000th of the whole on paper: some 10 m.
    cost = seconds(net, (299.9, 0), (300, 0.001))
    assert cost is not None if leaves else cost is None


def test_a_gate_where_public_streets_meet_shuts_the_private_way_alone():
    # A street with the gate of a drive drawn on the street's own node.
    net = network([(0, 0), (100, 0), (200, 0), (100, 100)], [(0, 1), (1, 2), (1, 3)], flags=[0, 0, WAY],
                  node_flags=[0, OURS, 0, 0])  # fmt: skip
    assert seconds(net, (0, 0), (200, 0)) == 200
    assert seconds(net, (0, 0), (100, 90)) is None
    assert seconds(net, (100, 90), (0, 0)) == 190


def test_a_gate_of_which_nothing_tells_what_it_closes_is_open():
    # A private gate where three public streets meet that are joined elsewhere too.
    net = network(
        [(0, 0), (100, 0), (200, 0), (100, 100)],
        [(0, 1), (1, 2), (1, 3), (0, 3), (2, 3)],
        node_flags=[0, OURS, 0, 0],
    )
    assert estates_of(net).unclear.tolist() == [1]
    assert seconds(net, (0, 0), (200, 0)) == 200


def test_a_yard_within_an_estate_opens_to_the_estate_and_the_estate_to_the_street():
    # street 0-1, gate 1, estate 1-2, gate 2, yard 2-3: one estate, since they share a gate.
    net = network([(0, 0), (500, 0), (600, 0), (650, 0)], [(0, 1), (1, 2), (2, 3)], flags=[0, WAY, WAY],
                  node_flags=[0, OURS, OURS, 0])  # fmt: skip
    assert seconds(net, (640, 0), (400, 0)) == 240
    assert seconds(net, (400, 0), (590, 0)) is None


def test_what_stands_at_a_locked_gate_serves_both_sides():
    # An estate of two yards with a private gate between them, and a locked one to the street: a site at the lock.
    net = network([(0, 0), (100, 0), (200, 0), (0, 100), (100, 100)], [(0, 1), (0, 3), (1, 2), (3, 4)],
                  node_flags=[LOCKED, 0, 0, OURS, 0])  # fmt: skip
    assert seconds(net, (50, 100), (0, 0)) == 150
    assert seconds(net, (150, 0), (0, 0)) == 150
    assert seconds(net, (50, 100), (150, 0)) is None


def test_a_park_behind_a_gate_is_open_though_one_path_in_it_is_private():
    # 300 m of public paths and a private yard of 100 m behind a gate that says nothing: a quarter is private.
    flags = [0, 0, WAY, 0]
    nodes = [(0, 0), (1000, 0), (1300, 0), (1300, 100), (0, 100)]
    net = network(nodes, [(0, 1), (1, 2), (2, 3), (0, 4)], flags=flags, node_flags=[0, PLAIN, 0, 0, 0])
    assert seconds(net, (900, 0), (1200, 0)) == 300
    for length, cost in ((299, 300), (300, None), (400, None)):  # from half on it is an estate's
        longer = replace(net, length_mm=np.array([1_000_000, 300_000, length * 1000, 100_000]))
        assert seconds(longer, (900, 0), (1200, 0)) == cost


def test_own_gates_cost_no_time_and_public_ones_do():
    slow = replace(FLAT, gate_s=60.0)
    for west, cost in ((OURS, 200), (PUBLIC, 260)):
        net = compound(west, OURS)
        flags = net.flags.copy()
        flags[5] |= np.uint16(EdgeFlag.GATE_AT_V)
        flags[6] |= np.uint16(EdgeFlag.GATE_AT_U | EdgeFlag.GATE_AT_V)
        flags[7] |= np.uint16(EdgeFlag.GATE_AT_U)
        net = replace(net, flags=flags)
        here, there = snap(net, points([INSIDE])), snap(net, points([STREET_W]))
        assert nearest_cost(walk_graph(net, slow), here, there)[0] == cost * 1000


def test_without_private_gates_the_nodes_are_those_of_the_network():
    net = compound(PLAIN, PUBLIC, inside=0)
    for policy in ("resident", "visitor", "open"):
        ways = passages(net, policy)
        assert ways.n_nodes == net.n_nodes
        assert ways.home_u.tolist() == net.u.tolist()
        assert ways.strangers.all()


# -- At random, against the definition ----------------------------------------------------------------


@st.composite
def towns(draw):
    """A torn lattice with gates and private ways at random."""
    size = draw(st.integers(3, 4))
    nodes = [(100 * column, 100 * row) for row in range(size) for column in range(size)]
    pairs = [(k, k + 1) for k in range(size * size) if (k + 1) % size]
    pairs += [(k, k + size) for k in range(size * (size - 1))]
    kept = draw(st.lists(st.sampled_from(pairs), min_size=4, max_size=len(pairs), unique=True))
    flags = draw(st.lists(st.sampled_from([0, 0, WAY]), min_size=len(kept), max_size=len(kept)))
    kinds = st.sampled_from([0, 0, 0, PLAIN, OURS, OURS, LOCKED, PUBLIC])
    gates = draw(st.lists(kinds, min_size=len(nodes), max_size=len(nodes)))
    at = st.tuples(st.integers(0, 100 * (size - 1)), st.integers(0, 100 * (size - 1)))
    homes, sites = (draw(st.lists(at, min_size=2, max_size=5)) for _ in range(2))
    return network(nodes, kept, flags=flags, node_flags=gates), homes, sites


@settings(max_examples=150, deadline=None)
@given(towns())
def test_times_are_those_of_the_definition(town):
    net, homes, sites = town
    here, there = snap(net, points(homes)), snap(net, points(sites, prefix="s", name="facility_id"))
    graph = walk_graph(net, FLAT)
    table = reach_table(graph, here, there, cutoff_min=60)
    got = dict(
        zip(zip(table.point.tolist(), table.facility.tolist(), strict=True), table.cost_ms.tolist(), strict=True)
    )
    assert got == walking_times(graph, here, there, 3_600_000)


@settings(max_examples=60, deadline=None)
@given(towns())
def test_policies_stand_in_their_order(town):
    net, homes, sites = town
    here, there = snap(net, points(homes)), snap(net, points(sites))
    times = {
        policy: np.minimum(nearest_cost(walk_graph(net, replace(FLAT, gates=policy)), here, there), NEVER_MS)
        for policy in ("open", "resident", "visitor", "closed")
    }
    assert (times["open"] <= times["resident"]).all()
    assert (times["resident"] <= times["visitor"]).all()
    assert (times["resident"] <= times["closed"]).all()
