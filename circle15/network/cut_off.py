"""Streets that hang on the rest only through what is barred, locked or shut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circle15.model.walk_network import WalkNetwork
from circle15.network.parting import joined_if_open

__all__ = ["behind_barred", "behind_shut"]


def behind_barred(network: WalkNetwork) -> NDArray[np.bool_]:
    """``bool[e]``: edges on pieces that hang on the longest piece through barred nodes only."""
    joined = joined_if_open(network)
    behind = joined == joined[:1]
    behind[:1] = False
    return np.asarray(behind[network.component[network.u]])


def behind_shut(network: WalkNetwork, *, nodes: NDArray[np.bool_], edges: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Edges of the longest piece that nothing joins to most of it once some nodes and edges are shut.

    ::

        a --- b === c --- d      b to c is shut: c to d is behind it, if it is the shorter part.
                                 b to c itself is not: who lives there gets out at b.

    Parameters
    ----------
    network
        With all of them open.
    nodes, edges
        ``bool[n]`` and ``bool[e]``: nobody passes these.

    Returns
    -------
    numpy.ndarray
        ``bool[e]``.
    """
    parted, mainland = network.parted(nodes), network.component[network.u] == 0
    open_then = ~edges
    piece = _joined(parted.u[open_then], parted.v[open_then], parted.n_nodes)
    length = np.bincount(piece[parted.u], weights=network.length_mm * (open_then & mainland))
    most = int(length.argmax()) if len(length) else 0
    return np.asarray(mainland & (piece[parted.u] != most) & (piece[parted.v] != most))


def _joined(a: NDArray[np.integer], b: NDArray[np.integer], count: int) -> NDArray[np.int32]:
    """``int32[count]``: the number of the piece that each vertex is in, once each of ``a`` is joined to its ``b``."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    labels: NDArray[np.int32] = connected_components(links, directed=False)[1]
    return labels
