"""Nodes that nobody passes: the ways that meet there end there, each for itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circle15.errors import StreetsError
from circle15.model.streets import NodeFlag
from circle15.model.walk_network import WalkNetwork
from circle15.refusals import refusal

__all__ = ["barred_nodes", "part_barred"]


def barred_nodes(network: WalkNetwork) -> NDArray[np.bool_]:
    """``bool[n]``: the nodes that are barred by their tags."""
    return (network.node_flags & np.uint8(NodeFlag.BARRED)) != 0


def part_barred(network: WalkNetwork) -> WalkNetwork:
    """Part the nodes that are barred by their tags: see :meth:`~circle15.model.walk_network.WalkNetwork.parted`.

    Raises
    ------
    StreetsError
        If that is every node at which streets meet or end: nothing can be walked.
    """
    barred = barred_nodes(network)
    if not barred.any():
        return network
    used = np.zeros(network.n_nodes, dtype=bool)
    used[network.u] = used[network.v] = True
    if barred[used].all():
        raise refusal(
            "streets_barred", error=StreetsError, count=int(used.sum()),
            streets=(network.origin.label_zh, network.origin.label_en),
        )  # fmt: skip
    return network.parted(barred)
