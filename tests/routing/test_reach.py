"""The kernel: lattices by hand, networkx as oracle, and the laws."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import CrsError, DataQualityWarning, SettingError
from circle15.kernels.costs import NEVER_MS
from circle15.model import EdgeFlag, Positions, WalkNetwork, WalkProfile
from circle15.model.results import minutes_of
from circle15.network.build import canonical, merge_chains
from circle15.network.graph import cutoff_ms, walk_graph
from circle15.network.snap import snap
from circle15.routing.nearest import nearest_cost, nearest_sites
from circle15.routing.reach import reach, reach_table
from tests.towns import oracle
from tests.towns.lattice import BY, X0, Y0, grid, network, points, torn_grid
from tests.towns.multigraphs import WALKERS, multigraphs, placed

FLAT = BY["flat"]  # 1 m/s: metres are seconds; stairs at half that


def seconds(net: WalkNetwork, homes, sites, cutoff_min=15.0, profile=FLAT) -> dict[tuple[str, str], float]:
    """Walking times in seconds, by (point, facility)."""
    sites = points(sites, name="facility_id", prefix="f")
    table = reach(net, points(homes), sites, cutoff_min=cutoff_min, profile=profile)
    pairs = zip(table.point_ids[table.point], table.facility_ids[table.facility], strict=True)
    return dict(zip(pairs, (table.cost_ms / 1000).tolist(), strict=True))


# -- By hand ---------------------------------------------------------------------------------------


def test_two_blocks_east_one_block_north():
    # p (30, 0) -> f (200, 160) on a 100 m grid: 170 m east and 160 m north, 330 s.
    assert seconds(grid(4, 4), [(30, 0)], [(200, 160)]) == {("p0", "f0"): 330}


def test_both_on_one_edge_walk_the_stretch_between_them():
    # On an edge of 100 m, at 20 m and at 70 m: 50 s, not round by either end.
    assert seconds(network([(0, 0), (100, 0)], [(0, 1)]), [(20, 0)], [(70, 0)]) == {("p0", "f0"): 50}


def test_a_shortcut_beats_the_stretch_along_a_long_edge():
    # A slow loop: the edge is 900 m long though its ends are 100 m apart and joined directly.
    net = network([(0, 0), (100, 0)], [(0, 1), (0, 1)], length_m=[100, 900])
    far = Positions.single(
        ids=pd.Index([0, 1]),
        edge=np.array([1, 1], np.int32),
        offset_mm=np.array([50_000, 850_000]),
        leg_mm=np.zeros(2, np.int64),
        status=np.zeros(2, np.uint8),
    )
    table = reach_table(walk_graph(net, FLAT), far, far)
    # Along the edge 800 m; back to u 50, across 100, from v 50: 200 m.
    assert table.minutes.loc[(0, 1)] == pytest.approx(200 / 60)


def test_access_legs_are_walked_and_charged():
    # 30 m off the street at one end, 40 m at the other, 60 m along it.
    assert seconds(network([(0, 0), (100, 0)], [(0, 1)]), [(20, 30)], [(80, -40)]) == {("p0", "f0"): 130}


def test_cost_equal_to_the_cutoff_counts_and_a_millisecond_more_does_not():
    net = network([(0, 0), (1000, 0)], [(0, 1)])
    assert seconds(net, [(900, 0), (900.001, 0)], [(0, 0)], cutoff_min=15) == {("p0", "f0"): 900}


def test_the_unreachable_is_absent_not_zero():
    net = network([(0, 0), (100, 0), (0, 500), (100, 500)], [(0, 1), (2, 3)])
    assert seconds(net, [(50, 0)], [(50, 500)]) == {}


def test_stairs_are_slower_along_the_flight():
    net = network([(0, 0), (100, 0), (110, 0), (200, 0)], [(0, 1), (1, 2), (2, 3)], flags=[0, EdgeFlag.STEPS, 0])
    # 100 m + 10 m of stairs at 0.5 m/s + 90 m
    assert seconds(net, [(0, 0)], [(200, 0)]) == {("p0", "f0"): 100 + 20 + 90}


def test_a_signal_is_paid_once_in_passing_and_not_on_the_spot():
    signals = EdgeFlag.SIGNAL_AT_V, EdgeFlag.SIGNAL_AT_U
    net = network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)], flags=signals)
    slow = WalkProfile(name="w", title_zh="", title_en="", speed_mps=1, stairs_mps=1, signal_s=20)
    assert seconds(net, [(0, 0)], [(200, 0), (60, 0)], profile=slow) == {
        ("p0", "f0"): 220,
        ("p0", "f1"): 60,
    }


def test_a_gate_costs_what_the_profile_says():
    net = network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)], flags=[EdgeFlag.GATE_AT_V, EdgeFlag.GATE_AT_U])
    patient = WalkProfile(name="w", title_zh="", title_en="", speed_mps=1, stairs_mps=1, gate_s=15)
    assert seconds(net, [(0, 0)], [(200, 0)], profile=patient) == {("p0", "f0"): 215}


def test_one_way_for_walkers_binds_residents_on_their_way_to_the_service():
    #   0 --> 1    a moving stair of 100 m up; the way round is 300 m
    #   |     |
    #   2 --- 3
    nodes = [(0, 0), (100, 0), (0, -100), (100, -100)]
    net = network(nodes, [(0, 1), (0, 2), (2, 3), (3, 1)], flags=[EdgeFlag.FORWARD_ONLY, 0, 0, 0])
    assert seconds(net, [(0, 0)], [(100, 0)]) == {("p0", "f0"): 100}
    assert seconds(net, [(100, 0)], [(0, 0)]) == {("p0", "f0"): 300}
    # On the stair itself: with it straight, against it round.
    assert seconds(net, [(20, 0)], [(70, 0)]) == {("p0", "f0"): 50}
    assert seconds(net, [(70, 0)], [(20, 0)]) == {("p0", "f0"): 30 + 300 + 20}


def on_edge(edge: int, offset_mm: int) -> Positions:
    zero = np.zeros(1, np.int64)
    return Positions.single(
        ids=pd.Index(["p"]),
        edge=np.array([edge], np.int32),
        offset_mm=zero + offset_mm,
        leg_mm=zero,
        status=np.zeros(1, np.uint8),
    )


def test_parallel_edges_keep_the_cheapest_and_loops_do_no_harm():
    net = network([(0, 0), (100, 0)], [(0, 1), (0, 1), (0, 0)], length_m=[140, 100, 70])
    table = reach_table(walk_graph(net, FLAT), on_edge(0, 0), on_edge(1, 100_000))
    assert table.cost_ms.tolist() == [100_000]


def test_nearest_time_has_no_cutoff_and_nan_where_no_way_leads():
    net = network([(0, 0), (9000, 0), (0, 500), (100, 500)], [(0, 1), (2, 3)])
    graph = walk_graph(net, FLAT)
    homes = snap(net, points([(8000, 0), (50, 500)]))
    sites = snap(net, points([(0, 0), (9000, 0)]))
    near = nearest_cost(graph, homes, sites)
    assert near[0] == 1_000_000
    assert near[1] >= NEVER_MS
    assert np.isnan(minutes_of(near)[1])


def test_profiles_order_by_speed():
    net = network([(0, 0), (2000, 0)], [(0, 1)])
    homes = [(x, 0) for x in range(0, 2000, 10)]
    found = {name: len(seconds(net, homes, [(0, 0)], profile=name)) for name in ("adult", "elderly", "frail")}
    # 15 min at 1.25, 0.9 and 0.6 m/s: 1,125, 810 and 540 m, a home every 10 m and one at 0
    assert found == {"adult": 113, "elderly": 82, "frail": 55}


@pytest.mark.parametrize("bad", [0, -5, float("nan"), float("inf"), 121, 1e12])
def test_an_unusable_cutoff_is_refused_by_value(bad):
    with pytest.raises(SettingError, match="minutes above 0 and up to 120"):
        cutoff_ms(bad)


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), 99])
def test_an_unusable_speed_is_refused_by_name(bad):
    with pytest.raises(SettingError, match="speed_mps"):
        WalkProfile(name="x", title_zh="", title_en="", speed_mps=bad, stairs_mps=1)


def test_an_unknown_profile_names_the_known_ones():
    with pytest.raises(SettingError, match="adult, elderly, frail"):
        walk_graph(grid(2, 2), "runner")


def test_points_without_a_reference_system_are_refused():
    with pytest.raises(CrsError, match="set_crs"):
        reach(grid(2, 2), points([(0, 0)]).set_crs(None, allow_override=True), points([(0, 0)]))


def test_points_in_degrees_are_projected():
    net = grid(4, 4)
    homes = points([(30, 0)]).to_crs("EPSG:4326")
    table = reach(net, homes, points([(200, 160)], name="facility_id"), profile=FLAT)
    assert table.minutes.iloc[0] == pytest.approx(330 / 60, abs=1e-4)


def test_the_table_keeps_ids_that_reach_nothing_and_tells_its_size():
    with pytest.warns(DataQualityWarning, match="1 of 2 points"):
        table = reach(grid(2, 2), points([(0, 0), (0, 5000)]), points([(100, 0)], name="facility_id"), profile=FLAT)
    assert list(table.point_ids) == ["p0", "p1"]
    assert len(table) == 1
    assert "1 pairs of 2 points and 1 facilities" in repr(table)


# -- Against networkx ------------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_times_equal_networkx_to_the_millisecond(data):
    net = data.draw(multigraphs())
    demand, facilities = data.draw(placed(net)), data.draw(placed(net))
    graph = walk_graph(net, data.draw(WALKERS))
    cutoff = data.draw(st.sampled_from([0.5, 5, 15, 60]))
    table = reach_table(
        graph,
        demand,
        facilities,
        cutoff_min=cutoff,
        threads=data.draw(st.sampled_from([1, 2])),
    )
    ours = dict(
        zip(zip(table.point.tolist(), table.facility.tolist(), strict=True), table.cost_ms.tolist(), strict=True)
    )
    assert ours == oracle.walking_times(graph, demand, facilities, cutoff_ms(cutoff))


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_nearest_time_is_the_least_of_networkx(data):
    net = data.draw(multigraphs())
    demand, facilities = data.draw(placed(net)), data.draw(placed(net))
    graph = walk_graph(net, data.draw(WALKERS))
    near = nearest_cost(graph, demand, facilities)
    times = oracle.walking_times(graph, demand, facilities, 10**12)
    for point in range(len(demand)):
        best = min((cost for (p, _), cost in times.items() if p == point), default=None)
        assert near[point] >= NEVER_MS if best is None else near[point] == best


# -- Laws ------------------------------------------------------------------------------------------


def sample(seed: int, count: int, name: str = "point_id") -> gpd.GeoDataFrame:
    return points(np.random.default_rng(seed).uniform(0, 1100, (count, 2)).tolist(), name=name)


def times(net: WalkNetwork, homes, sites, **options) -> pd.Series:
    return reach(net, homes, sites, profile=FLAT, **options).minutes.sort_index()


@pytest.mark.parametrize("seed", range(4))
def test_a_longer_cutoff_and_a_faster_walker_lose_no_pair(seed):
    net, homes, sites = torn_grid(seed), sample(seed, 60), sample(seed + 99, 8, "facility_id")
    short, longer = times(net, homes, sites, cutoff_min=6), times(net, homes, sites, cutoff_min=11)
    pd.testing.assert_series_equal(short, longer[longer <= 6])
    slow = reach(net, homes, sites, profile="frail").minutes
    fast = reach(net, homes, sites, profile="adult").minutes
    assert slow.index.difference(fast.index).empty
    assert (fast.reindex(slow.index) <= slow).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_new_path_makes_nobody_slower(seed):
    net, homes, sites = torn_grid(seed), sample(seed, 60), sample(seed + 99, 8, "facility_id")
    graph = walk_graph(net, FLAT)
    a, b = snap(net, homes, max_snap_m=500), snap(net, sites, max_snap_m=500)
    before = reach_table(graph, a, b).minutes
    mainland = np.flatnonzero(net.component == 0)
    corner_to_corner = mainland[[np.argmin((net.x + net.y)[mainland]), np.argmax((net.x + net.y)[mainland])]]
    at = np.stack([net.x - X0, net.y - Y0], 1).tolist()
    ends = [*np.stack([net.u, net.v], 1).tolist(), corner_to_corner.tolist()]
    wider = network(at, ends, length_m=[*net.length_m, 10.0])
    after = reach_table(walk_graph(wider, FLAT), a, b).minutes
    assert before.index.difference(after.index).empty
    assert (after.reindex(before.index) <= before).all()
    assert len(after) > len(before)


@pytest.mark.parametrize("seed", range(4))
def test_order_of_rows_and_direction_of_edges_change_nothing(seed):
    net, homes, sites = torn_grid(seed), sample(seed, 60), sample(seed + 99, 8, "facility_id")
    rng = np.random.default_rng(seed)
    order, turn = rng.permutation(net.n_edges), rng.random(net.n_edges) < 0.5
    ends = np.stack([np.where(turn, net.v, net.u), np.where(turn, net.u, net.v)], 1)[order]
    shuffled = network(np.stack([net.x - X0, net.y - Y0], 1).tolist(), ends.tolist())
    a, b = canonical(net), canonical(shuffled)
    for column in ("u", "v", "length_mm", "x", "y", "vertex", "vertex_start"):
        np.testing.assert_array_equal(getattr(a, column), getattr(b, column))
    mixed = times(b, homes.sample(frac=1, random_state=seed), sites.sample(frac=1, random_state=seed))
    pd.testing.assert_series_equal(times(a, homes, sites), mixed)


@pytest.mark.parametrize("seed", range(4))
def test_splitting_edges_changes_no_time_by_more_than_rounding(seed):
    net, homes, sites = torn_grid(seed), sample(seed, 60), sample(seed + 99, 8, "facility_id")
    middle = np.stack([(net.x[net.u] + net.x[net.v]) / 2, (net.y[net.u] + net.y[net.v]) / 2], 1)
    at = np.concatenate([np.stack([net.x, net.y], 1), middle]) - (X0, Y0)
    new = net.n_nodes + np.arange(net.n_edges)
    ends = np.concatenate([np.stack([net.u, new], 1), np.stack([new, net.v], 1)])
    split = network(at.tolist(), ends.tolist())
    whole, halves = times(net, homes, sites), times(split, homes, sites)
    both = pd.concat([whole, halves], axis=1, keys=["whole", "halves"])
    inside = both[(both.max(axis=1) < 14.99)]
    assert len(inside) > 20
    assert (inside["whole"] - inside["halves"]).abs().max() * 60_000 <= 60  # a millimetre or two per edge walked
    merged = merge_chains(split)
    assert merged.n_edges <= canonical(net).n_edges


def test_threads_change_no_byte():
    net, homes, sites = torn_grid(1), sample(1, 300), sample(2, 70, "facility_id")
    graph, a, b = walk_graph(net, "elderly"), snap(net, homes, max_snap_m=500), snap(net, sites, max_snap_m=500)
    one, many = (reach_table(graph, a, b, threads=threads) for threads in (1, 7))
    for column in ("point", "facility", "cost_ms"):
        np.testing.assert_array_equal(getattr(one, column), getattr(many, column))
    assert len(one) > 1000


def test_no_facility_and_no_point_give_an_empty_table():
    none = points([])
    assert len(reach(grid(2, 2), none, points([(0, 0)], name="facility_id"), profile=FLAT)) == 0
    assert len(reach(grid(2, 2), points([(0, 0)]), none.rename_axis("facility_id"), profile=FLAT)) == 0


def test_the_diamond_of_an_ideal_grid():
    # 10 min at 1 m/s from a node of a 50 m grid: all nodes with |dx| + |dy| <= 600 m, 2 n (n + 1) + 1 with n = 12.
    net = grid(31, 31, 50.0)
    homes = points([(c * 50.0, r * 50.0) for r in range(31) for c in range(31)])
    table = reach(net, homes, points([(750, 750)], name="facility_id"), cutoff_min=10, profile=FLAT)
    assert len(table) == 2 * 12 * 13 + 1


def test_of_equally_near_facilities_the_first_is_told_across_streets_of_no_length():
    # 0 --200 m-- 2, and streets of no length 2 -- 1 and 0 -- 1: both facilities are as near to everybody.
    net = network([(0, 0), (0, 0), (0, 0)], [(0, 2), (2, 1), (0, 1)], length_m=[200, 0, 0])
    graph = walk_graph(net, FLAT)
    home = on_edge(0, 0)
    sites = Positions.single(
        ids=pd.Index(["a", "b"]),
        edge=np.array([0, 1]),
        offset_mm=np.array([200_000, 0]),
        leg_mm=np.zeros(2),
        status=np.zeros(2),
    )
    assert nearest_sites(graph, home, sites).tolist() == [0]
