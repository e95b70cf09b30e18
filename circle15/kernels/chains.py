"""Trace chains of edges through nodes of degree two."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["trace_chains"]


@njit(nogil=True, cache=True)
def _trace(u, v, inner, pair, used, piece, against, start):  # type: ignore[no-untyped-def]
    """Fill ``piece``, ``against`` and ``start``; returns how many chains there are."""
    chains = size = 0
    for turn in range(2):  # first from real ends, then the rings that have none
        for first in range(len(u)):
            for end in range(2):
                node = np.int64(u[first] if end == 0 else v[first])
                if used[first] or (turn == 0 and inner[node]):
                    continue
                start[chains] = size
                chains += 1
                edge = np.int64(first)
                while not used[edge]:
                    used[edge] = True
                    piece[size] = edge
                    against[size] = u[edge] != node
                    size += 1
                    node = np.int64(v[edge] if u[edge] == node else u[edge])
                    if inner[node]:
                        edge = np.int64(pair[2 * node + 1] if pair[2 * node] == edge else pair[2 * node])
    start[chains] = size
    return chains


def trace_chains(
    u: NDArray[np.int32], v: NDArray[np.int32], inner: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.int64]]:
    """Group edges into maximal chains whose interior nodes are all ``inner``.

    Parameters
    ----------
    u, v
        ``int32[e]`` end nodes; no self-loop may touch an inner node.
    inner
        ``bool[n]``; an inner node has exactly two edges.

    Returns
    -------
    piece, against, start
        ``int32[e]`` edges in chain order, ``bool[e]`` whether each is walked from v to u, and
        ``int64[c + 1]`` where each chain begins. A ring of inner nodes alone begins at its first edge.
    """
    ends = np.concatenate([u, v])
    edge = np.concatenate([np.arange(len(u), dtype=np.int32)] * 2)
    at_inner = inner[ends]
    order = np.argsort(ends[at_inner], kind="stable")
    pair = np.full(2 * len(inner), -1, dtype=np.int32)
    where = np.flatnonzero(inner)
    pair[np.stack([2 * where, 2 * where + 1], axis=1).ravel()] = edge[at_inner][order]
    piece = np.empty(len(u), dtype=np.int32)
    against = np.empty(len(u), dtype=np.bool_)
    start = np.empty(len(u) + 1, dtype=np.int64)
    chains = _trace(u, v, inner, pair, np.zeros(len(u), dtype=np.bool_), piece, against, start)
    return piece, against, start[: chains + 1]
