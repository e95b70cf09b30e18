"""The same walk under other policies of gates: what gates and private ways make of it.

*Open*: everybody passes every gate at no cost. *Visitor*: nobody passes a private gate. *Closed*: as today, and nobody
walks through the private ways of others. Today's policy lies between; see :mod:`circle15.network.gates`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from circle15.model.walk_network import GatePolicy
from circle15.network.graph import WalkGraph, walk_graph

__all__ = ["with_gates"]


def with_gates(graph: WalkGraph, policy: GatePolicy) -> WalkGraph:
    """The same network and walker under a policy of gates; the very graph where that makes no difference.

    Parameters
    ----------
    graph
        From :func:`circle15.network.graph.walk_graph`.
    policy
        See :class:`~circle15.model.walk_network.WalkProfile`.
    """
    if policy == graph.profile.gates:
        return graph
    other = walk_graph(graph.network, replace(graph.profile, gates=policy))
    arcs = ("start", "head", "cost", "edge", "delay_u_ms", "delay_v_ms")
    ends = ("u", "v", "home_u", "home_v", "strangers")
    same = all(np.array_equal(getattr(graph, name), getattr(other, name)) for name in arcs)
    same &= all(np.array_equal(getattr(graph.passages, name), getattr(other.passages, name)) for name in ends)
    return graph if same else other
