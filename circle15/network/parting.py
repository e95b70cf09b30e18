"""Nodes that nobody passes: the ways that meet there end there, each for itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circle15.errors import StreetsError
from circle15.model.streets import NodeFlag
from circle15.model.walk_network import WalkNetwork
from circle15.refusals import refusal

__all__ = ["barred_nodes", "joined_if_open", "part_barred", "walled_off"]


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
            streets=(network.origin.file or network.origin.label_zh, network.origin.file or network.origin.label_en),
        )  # fmt: skip
    return network.parted(barred)


def walled_off(network: WalkNetwork, detached: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which detached pieces hang on another through barred nodes: the map shows their way out, and that it is barred.

    Parameters
    ----------
    network
        Parted at its barred nodes.
    detached
        ``bool[c]`` from :func:`~circle15.network.build.islands`.

    Returns
    -------
    bool[c]
        False for pieces that nothing joins at all, and for all that are not detached.
    """
    joined = joined_if_open(network)
    ashore = np.zeros(len(joined), dtype=bool)
    ashore[joined[~detached]] = True
    return detached & ashore[joined]


def joined_if_open(network: WalkNetwork) -> NDArray[np.int64]:
    """The pieces of the network as they would hang together if nothing were barred: ``int64[c]`` numbers of groups."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pieces, barred = len(network.component_km), np.flatnonzero(barred_nodes(network))
    if len(barred) == 0:
        return np.arange(pieces)
    # One more vertex for each barred place, which its copies share.
    _, place = np.unique(network.node_id[barred], return_inverse=True)
    links = coo_array(
        (np.ones(len(barred), dtype=np.int8), (network.component[barred], pieces + place)),
        shape=(pieces + len(barred),) * 2,
    )
    return np.asarray(connected_components(links, directed=False)[1][:pieces], dtype=np.int64)
