"""Who may walk where: as the profile walks, with the gates open, or with private ways closed to strangers.

Today's profiles walk along private ways (dropping them would erase where people live) and lose ``gate_s``
at a gate. The two other policies bound that: *gates open* charges nothing at gates; *private closed* lets
people leave the private ways that they live on, and reach what stands on those, but walk through nobody
else's. Private ways that meet count as one estate. Gates on public ways are no barrier under any policy:
a map does not say whom they keep out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from circle15.kernels import search
from circle15.kernels.costs import MAX_MS
from circle15.model.placed import Positions
from circle15.model.streets import EdgeFlag
from circle15.network.build import edges_only
from circle15.network.graph import WalkGraph, seeds, walk_graph
from circle15.routing.nearest import node_times, point_times

__all__ = ["Estates", "closed_times", "gates_open", "positions_on"]


def gates_open(graph: WalkGraph) -> WalkGraph:
    """The same walk without a delay at gates; the very graph where gates cost nothing anyway."""
    if graph.profile.gate_s == 0:
        return graph
    return walk_graph(graph.network, replace(graph.profile, gate_s=0.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Estates:
    """A network taken apart: ``outside`` walks public ways only, ``inside`` private ones; ``private`` ``bool[e]``."""

    outside: WalkGraph
    inside: WalkGraph
    private: NDArray[np.bool_]

    @classmethod
    def of(cls, graph: WalkGraph) -> Estates:
        """Take a network apart along its private ways."""
        private = graph.network.has(EdgeFlag.PRIVATE)
        outside, inside = (walk_graph(edges_only(graph.network, keep), graph.profile) for keep in (~private, private))
        return cls(outside=outside, inside=inside, private=private)


def closed_times(estates: Estates, homes: Positions, sites: Positions) -> NDArray[np.int64]:
    """Milliseconds to the nearest site with private ways closed: ``int64[p]``, ``NEVER_MS`` or more if there is no way.

    Two searches: over public ways from sites on public ways; and from there on, with the sites on private
    ways, over private ways back to the homes along them.
    """
    outside, inside, private = estates.outside, estates.inside, estates.private
    public_homes, public_sites = (positions_on(placed, ~private) for placed in (homes, sites))
    own_homes, own_sites = (positions_on(placed, private) for placed in (homes, sites))
    onward = node_times(outside, public_sites)
    reached = np.flatnonzero(onward < MAX_MS)
    node, cost = seeds(inside, own_sites)
    leaving = search.nearest_nodes(
        inside.start, inside.head, inside.cost,
        np.concatenate([reached.astype(np.uint32), node.ravel()]),
        np.concatenate([onward[reached].astype(np.uint32), cost.ravel()]),
        MAX_MS,
    )  # fmt: skip
    return np.minimum(
        point_times(outside, onward, public_homes, public_sites),
        point_times(inside, leaving.astype(np.int64), own_homes, own_sites),
    )


def positions_on(positions: Positions, keep: NDArray[np.bool_]) -> Positions:
    """The positions on a network of the kept edges only; ``far`` where none of their ways on is among them."""
    number = (np.cumsum(keep) - 1).astype(np.int32)
    kept = positions.ways_where(keep[positions.edge])
    return replace(kept, edge=number[kept.edge])
