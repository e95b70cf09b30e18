"""Laws of places on streets: what a map adds, cuts, turns round or orders otherwise changes no walk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circle15.model import Positions
from circle15.network.build import islands
from circle15.network.graph import walk_graph
from circle15.network.snap import snap
from circle15.routing.nearest import nearest_cost
from tests.towns.lattice import BY, X0, Y0, grid, network, points, torn_grid

FLAT = BY["flat"]
SEEDS = range(4)


def places(seed, count=150, *, far=1100):
    """Whole metres, so that a turned map rounds no other way."""
    return np.random.default_rng(seed).integers(0, far, (count, 2)).tolist()


def times(net, homes, sites):
    graph = walk_graph(net, FLAT)
    return nearest_cost(graph, snap(net, points(homes)), snap(net, points(sites)))


@pytest.mark.parametrize("seed", SEEDS)
def test_isolated_paths_take_no_home_away(seed):
    # Streets 100 m apart: no home is more than 50 m from one, so whatever scrap is nearer leaves it its street.
    net, rng = grid(12, 12), np.random.default_rng(seed)
    nodes = np.stack([net.x - X0, net.y - Y0], axis=1).tolist()
    edges = np.stack([net.u, net.v], axis=1).tolist()
    corner = rng.integers(0, 11, (40, 2)) * 100 + rng.integers(20, 60, (40, 2))
    scraps = [(tuple(at), (at[0] + 20, at[1] + 15)) for at in corner.tolist()]
    for begin, end in scraps:
        edges.append([len(nodes), len(nodes) + 1])
        nodes += [begin, end]
    with_scraps = network(nodes, edges)
    assert islands(with_scraps).sum() > 20
    homes = places(seed)
    sites = [(0, 0), (500, 700), (1100, 300)]  # junctions of streets
    at = snap(with_scraps, points(homes))
    assert (at.status == Positions.MOVED).any()
    assert (at.status != Positions.ISLAND).all()
    assert times(with_scraps, homes, sites).tolist() == times(net, homes, sites).tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_new_path_lengthens_no_walk_while_places_stay(seed):
    net = torn_grid(seed)
    homes, sites = snap(net, points(places(seed)), max_snap_m=400), snap(net, points(places(9, 5)), max_snap_m=400)
    u, v = np.random.default_rng(seed).integers(0, net.n_nodes, (2, 60))
    nodes = np.stack([net.x - X0, net.y - Y0], axis=1).tolist()
    edges = np.stack([net.u, net.v], axis=1).tolist() + [[a, b] for a, b in zip(u.tolist(), v.tolist(), strict=True)]
    before = nearest_cost(walk_graph(net, FLAT), homes, sites)
    after = nearest_cost(walk_graph(network(nodes, edges), FLAT), homes, sites)
    assert (after <= before).all()
    assert (after < before).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mirrored_city_walks_as_long(seed):
    net = grid(12, 12)
    keep = np.flatnonzero(np.random.default_rng(seed).random(net.n_edges) > 0.3)
    nodes = np.stack([net.x - X0, net.y - Y0], axis=1)
    edges = np.stack([net.u, net.v], axis=1)[keep].tolist()
    here, there = network(nodes.tolist(), edges), network((nodes * [-1, 1] + [1100, 0]).tolist(), edges)
    homes, sites = np.array(places(seed)), np.array(places(9, 5))
    turned = [(np.array(at) * [-1, 1] + [1100, 0]).tolist() for at in (homes, sites)]
    assert times(here, homes.tolist(), sites.tolist()).tolist() == times(there, *turned).tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_order_numbering_and_direction_of_streets_change_no_walk(seed):
    net, rng = grid(9, 9), np.random.default_rng(seed)
    number = rng.permutation(net.n_nodes)
    nodes = np.empty((net.n_nodes, 2))
    nodes[number] = np.stack([net.x - X0, net.y - Y0], axis=1)
    ends = number[np.stack([net.u, net.v], axis=1)]
    turn = rng.random(len(ends)) < 0.5
    ends[turn] = ends[turn, ::-1]
    other = network(nodes.tolist(), ends[rng.permutation(len(ends))].tolist())
    # Middles of blocks, corners and middles of streets: nearly every place is a tie.
    homes = (rng.integers(0, 17, (60, 2)) * 50).tolist()
    assert (snap(net, points(homes)).ways > 1).mean() > 0.4
    sites = [(50, 50), (400, 350), (800, 800)]
    assert times(net, homes, sites).tolist() == times(other, homes, sites).tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_place_walks_no_longer_than_from_any_of_its_ways_on(seed):
    net = grid(9, 9)
    at = snap(net, points((np.random.default_rng(seed).integers(0, 17, (60, 2)) * 50).tolist()))
    graph, sites = walk_graph(net, FLAT), snap(net, points([(400, 350)]))
    whole = nearest_cost(graph, at, sites)
    alone = [
        nearest_cost(graph, at.ways_where(np.arange(len(at.edge)) == way), sites)[at.owner[way]]
        for way in range(len(at.edge))
    ]
    assert np.minimum.reduceat(np.array(alone), at.start[:-1]).tolist() == whole.tolist()


def test_a_spot_on_a_street_closed_to_passers_by_is_left_at_both_ends():
    net = grid(3, 2)
    closed = replace(net, flags=np.where(np.arange(net.n_edges) == 0, 1024, 0).astype(np.uint16))
    # Edge 0 runs from (0, 0) to (100, 0): from its middle 50 m either way; from its end others go round the block.
    assert times(closed, [(50, 0), (0, 0)], [(100, 0)]).tolist() == [50_000, 300_000]
