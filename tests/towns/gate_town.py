"""An estate with a gate to each side, between two streets."""

from __future__ import annotations

from circle15.model import EdgeFlag, NodeFlag, WalkNetwork
from tests.towns.lattice import network

WAY = int(EdgeFlag.PRIVATE)
OURS = int(NodeFlag.GATE | NodeFlag.PRIVATE)


def compound(west: int = OURS, east: int = OURS, *, inside: int = WAY, stub: int = 0) -> WalkNetwork:
    """An estate between two streets, with a gate to each, and the long way round.

    ::

        0            4          0-1 and 4-5 streets, 1000 m; 1-5 joins them, 600 m
        |            |
        2 - w == e - 3          w, e gates 100 m from the streets, 400 m apart; == inside
        |            |
        1 ---------- 5
    """
    nodes = [(0, 1000), (0, 0), (0, 500), (600, 500), (600, 1000), (600, 0), (100, 500), (500, 500)]
    edges = [(0, 2), (2, 1), (4, 3), (3, 5), (1, 5), (2, 6), (6, 7), (7, 3)]
    return network(nodes, edges, flags=[0, 0, 0, 0, 0, stub, inside, stub], node_flags=[0] * 6 + [west, east])
