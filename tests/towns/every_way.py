"""Walking times by trying everything: all ends of all ways on, over all shortest walks between nodes.

Written from the rules of ``docs/page-format.md`` ("Walking times, exact to the millisecond") and from the network's
raw columns alone. Nothing of circle15's costing, search or placing is called, so a fault there cannot hide here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circle15.model import Positions, WalkNetwork, WalkProfile

NO_WAY = 10**15
STEPS, FORWARD_ONLY, CLOSED = 1, 32, 1024
GATE_AT_U, GATE_AT_V, SIGNAL_AT_U, SIGNAL_AT_V = 64, 128, 256, 512


class Edge(NamedTuple):
    """One edge in whole millimetres and milliseconds."""

    u: int
    v: int
    length_mm: int
    mmps: int
    delay_u: int
    delay_v: int
    forward_only: bool
    closed: bool

    @property
    def walk_ms(self) -> int:
        return walk(self.length_mm, self.mmps)


class Way(NamedTuple):
    """One way on: an edge, the times along it to its u end and to its v end, and the leg."""

    edge: int
    along: int
    rest: int
    leg: int


def walk(length_mm: int, mmps: int) -> int:
    """Milliseconds, rounded half up."""
    return (1000 * length_mm + mmps // 2) // mmps


def edges_of(network: WalkNetwork, walker: WalkProfile) -> list[Edge]:
    """The network's edges as a walker walks them."""
    half_gate, half_signal = round(walker.gate_s * 500), round(walker.signal_s * 500)
    edges = []
    for u, v, length_mm, flags in zip(
        network.u.tolist(), network.v.tolist(), network.length_mm.tolist(), network.flags.tolist(), strict=True
    ):
        edges.append(
            Edge(
                u=u,
                v=v,
                length_mm=length_mm,
                mmps=round((walker.stairs_mps if flags & STEPS else walker.speed_mps) * 1000),
                delay_u=half_gate * bool(flags & GATE_AT_U) + half_signal * bool(flags & SIGNAL_AT_U),
                delay_v=half_gate * bool(flags & GATE_AT_V) + half_signal * bool(flags & SIGNAL_AT_V),
                forward_only=bool(flags & FORWARD_ONLY),
                closed=bool(flags & CLOSED),
            )
        )
    return edges


def between_nodes(nodes: int, edges: list[Edge]) -> NDArray[np.int64]:
    """``int64[n, n]``: the shortest walk from each node to each other (Floyd and Warshall)."""
    times = np.full((nodes, nodes), NO_WAY)
    np.fill_diagonal(times, 0)
    for edge in edges:
        if edge.closed:
            continue
        cost = edge.walk_ms + edge.delay_u + edge.delay_v
        times[edge.u, edge.v] = min(times[edge.u, edge.v], cost)
        if not edge.forward_only:
            times[edge.v, edge.u] = min(times[edge.v, edge.u], cost)
    for via in range(nodes):
        times = np.minimum(times, times[:, [via]] + times[[via], :])
    return times


def ways_of(positions: Positions, row: int, edges: list[Edge], walker: WalkProfile) -> list[Way]:
    """The ways on of one place that lead anywhere."""
    mine = range(int(positions.start[row]), int(positions.start[row + 1]))
    open_nodes = {
        node for k in mine if not edges[int(positions.edge[k])].closed for node in nodes_at(positions, k, edges)
    }
    ways = []
    for k in mine:
        number, offset = int(positions.edge[k]), int(positions.offset_mm[k])
        edge = edges[number]
        if edge.closed and nodes_at(positions, k, edges) & open_nodes:
            continue
        along = min(walk(offset, edge.mmps), edge.walk_ms)
        leg = walk(int(positions.leg_mm[k]), round(walker.speed_mps * 1000))
        ways.append(Way(number, along, edge.walk_ms - along, leg))
    return ways


def nodes_at(positions: Positions, way: int, edges: list[Edge]) -> set[int]:
    """The nodes at which a way on stands: none between the ends of its edge, both on an edge of no length."""
    edge, offset = edges[int(positions.edge[way])], int(positions.offset_mm[way])
    return {node for node, at in ((edge.u, 0), (edge.v, edge.length_mm)) if offset == at}


def walks(home: Way, site: Way, edges: list[Edge], times: NDArray[np.int64]) -> Iterator[int]:
    """The time of every walk from one way on to another: straight along their edge, and by each end of each edge."""
    here, there = edges[home.edge], edges[site.edge]
    if home.edge == site.edge and (home.along <= site.along or not here.forward_only):
        yield home.leg + abs(home.along - site.along) + site.leg
    outward = [(here.v, home.rest + here.delay_v + home.leg)]
    if not here.forward_only:
        outward.append((here.u, home.along + here.delay_u + home.leg))
    inward = [(there.u, site.along + there.delay_u + site.leg)]
    if not there.forward_only:
        inward.append((there.v, site.rest + there.delay_v + site.leg))
    for leave, out in outward:
        for enter, back in inward:
            if times[leave, enter] < NO_WAY:
                yield out + int(times[leave, enter]) + back


def walking_times(
    network: WalkNetwork, walker: WalkProfile, demand: Positions, facilities: Positions
) -> dict[tuple[int, int], int]:
    """``{(point, facility): cost_ms}`` of all pairs that some walk joins, whatever its length."""
    edges = edges_of(network, walker)
    times = between_nodes(network.n_nodes, edges)
    homes = [ways_of(demand, row, edges, walker) for row in range(len(demand.status))]
    sites = [ways_of(facilities, row, edges, walker) for row in range(len(facilities.status))]
    found = {}
    for point, from_here in enumerate(homes):
        for facility, to_there in enumerate(sites):
            costs = [cost for a in from_here for b in to_there for cost in walks(a, b, edges, times)]
            if costs:
                found[point, facility] = min(costs)
    return found
