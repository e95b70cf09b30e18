"""Trace chains of edges through nodes of degree two."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["trace_chains"]


@njit(nogil=True, cache=True)
def _walk(
    node: int,
    edge: int,
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    inner: NDArray[np.bool_],
    pair: NDArray[np.int32],
    used: NDArray[np.bool_],
    piece: NDArray[np.int32],
    against: NDArray[np.bool_],
    size: int,
) -> int:
    """Follow one chain from ``node`` along ``edge`` until a node that is no inner one."""
    while not used[edge]:
        used[edge] = True
        piece[size] = edge
        against[size] = u[edge] != node
        size += 1
        node = v[edge] if u[edge] == node else u[edge]
        if not inner[node]:
            break
        edge = pair[2 * node + 1] if pair[2 * node] == edge else pair[2 * node]
    return size


@njit(nogil=True, cache=True)
def _trace(
    u: NDArray[np.int32], v: NDArray[np.int32], inner: NDArray[np.bool_], pair: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.int64]]:
    edges = len(u)
    used = np.zeros(edges, dtype=np.bool_)
    piece = np.empty(edges, dtype=np.int32)
    against = np.empty(edges, dtype=np.bool_)
    start = np.empty(edges + 1, dtype=np.int64)
    chains = size = 0
    for turn in range(2):  # first from real ends, then the rings that have none
        for edge in range(edges):
            for end in range(2):
                node = u[edge] if end == 0 else v[edge]
                if not used[edge] and (turn == 1 or not inner[node]):
                    start[chains] = size
                    chains += 1
                    size = _walk(node, edge, u, v, inner, pair, used, piece, against, size)
    start[chains] = size
    return piece, against, start[: chains + 1]


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
    return _trace(u, v, inner, pair)
