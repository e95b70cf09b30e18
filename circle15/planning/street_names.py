"""The streets that places are told by: the nearest that has a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.catalog.action_limits import action_limits
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import edge_lines

__all__ = ["NamedStreets"]


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedStreets:
    """The streets of a network that have names: their names, and their lines as a tree."""

    names: NDArray[Any]
    tree: shapely.STRtree

    @classmethod
    def of(cls, network: WalkNetwork) -> NamedStreets:
        """Of a network."""
        name = np.array([name.strip() for name in network.names], dtype=object)[network.name]
        named = name != ""
        return cls(names=name[named], tree=shapely.STRtree(edge_lines(network)[named]))

    def near(self, points: NDArray[Any]) -> list[str]:
        """Of each point the nearest street, of equally near ones the first edge; ``""`` if none is near."""
        found = [""] * len(points)
        if len(self.names) and len(points):
            rows, edges = self.tree.query_nearest(points, max_distance=action_limits().street_m)
            for row, edge in sorted(zip(rows.tolist(), edges.tolist(), strict=True), reverse=True):
                found[row] = str(self.names[edge])
        return found
