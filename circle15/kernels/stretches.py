"""Reached stretches of edges, their line segments, and a grid of distances to them."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["distance_grid", "reached_stretches", "stretch_segments"]


@njit(nogil=True, cache=True)
def reached_stretches(  # type: ignore[no-untyped-def]
    node, cost, limit, edge_start, edge_of, u, walk_ms, delay_u, delay_v, both_ways, length_mm
):
    """Cut the edges at reached nodes exactly at the cut-off.

    Parameters
    ----------
    node, cost
        ``uint32[k]`` reached nodes and their cost in ms, as :func:`reach_nodes` gives them.
    limit
        Cut-off in ms, inclusive.
    edge_start, edge_of
        ``int64[n + 1]``, ``int32[m]``: the edges at each node.
    u, walk_ms, delay_u, delay_v, both_ways, length_mm
        Per edge.

    Returns
    -------
    edge, begin_mm, end_mm
        Stretches from the u end and from the v end; an edge that is covered from both is given once, whole.
    """
    edges = len(u)
    ahead = np.full(edges, -1, dtype=np.int64)  # reached so far from u, and from v
    back = np.full(edges, -1, dtype=np.int64)
    touched = np.empty(edges, dtype=np.int32)
    count = 0
    for k in range(len(node)):
        here = node[k]
        for slot in range(edge_start[here], edge_start[here + 1]):
            edge = edge_of[slot]
            for end in range(2):
                at_u = end == 0
                if at_u and (u[edge] != here or not both_ways[edge]):
                    continue
                if not at_u and (u[edge] == here and not _is_loop(edge_start, edge_of, here, edge)):
                    continue
                left = np.int64(limit) - np.int64(cost[k]) - (delay_u[edge] if at_u else delay_v[edge])
                if left < 0:
                    continue
                if walk_ms[edge] <= left:
                    far = length_mm[edge]
                else:
                    far = left * length_mm[edge] // walk_ms[edge]
                if ahead[edge] < 0 and back[edge] < 0:
                    touched[count] = edge
                    count += 1
                if at_u:
                    ahead[edge] = max(ahead[edge], far)
                else:
                    back[edge] = max(back[edge], far)
    return _stretches(touched[:count], ahead, back, length_mm)


@njit(nogil=True, cache=True)
def _is_loop(edge_start, edge_of, node, edge):  # type: ignore[no-untyped-def]
    """A self-loop stands twice in its node's list."""
    seen = 0
    for slot in range(edge_start[node], edge_start[node + 1]):
        if edge_of[slot] == edge:
            seen += 1
    return seen > 1


@njit(nogil=True, cache=True)
def _stretches(touched, ahead, back, length_mm):  # type: ignore[no-untyped-def]
    out_edge = np.empty(2 * len(touched), dtype=np.int32)
    begin = np.empty(2 * len(touched), dtype=np.int64)
    end = np.empty(2 * len(touched), dtype=np.int64)
    size = 0
    for k in range(len(touched)):
        edge = touched[k]
        near, far, length = max(ahead[edge], 0), max(back[edge], 0), length_mm[edge]
        if near + far >= length:
            out_edge[size], begin[size], end[size] = edge, 0, length
            size += 1
            continue
        if ahead[edge] >= 0:
            out_edge[size], begin[size], end[size] = edge, 0, near
            size += 1
        if back[edge] >= 0:
            out_edge[size], begin[size], end[size] = edge, length - far, length
            size += 1
    return out_edge[:size], begin[:size], end[:size]


@njit(nogil=True, cache=True)
def stretch_segments(edge, begin_mm, end_mm, length_mm, vertex, vertex_start):  # type: ignore[no-untyped-def]
    """Straight segments ``float64[s, 4]`` (x0, y0, x1, y1) of stretches, cut inside their lines."""
    total = 0
    for k in range(len(edge)):
        total += vertex_start[edge[k] + 1] - vertex_start[edge[k]] - 1
    out = np.empty((total, 4))
    size = 0
    for k in range(len(edge)):
        first, last = vertex_start[edge[k]], vertex_start[edge[k] + 1] - 1
        line = 0.0
        for i in range(first, last):
            line += np.hypot(vertex[i + 1, 0] - vertex[i, 0], vertex[i + 1, 1] - vertex[i, 1])
        scale = line / length_mm[edge[k]] if length_mm[edge[k]] > 0 else 0.0
        low, high = begin_mm[k] * scale, end_mm[k] * scale
        walked = 0.0
        for i in range(first, last):
            x0, y0, x1, y1 = vertex[i, 0], vertex[i, 1], vertex[i + 1, 0], vertex[i + 1, 1]
            step = np.hypot(x1 - x0, y1 - y0)
            a, b = max(low, walked), min(high, walked + step)
            if a <= b and (step > 0 or line == 0):
                s = (a - walked) / step if step > 0 else 0.0
                t = (b - walked) / step if step > 0 else 0.0
                out[size, 0], out[size, 1] = x0 + s * (x1 - x0), y0 + s * (y1 - y0)
                out[size, 2], out[size, 3] = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
                size += 1
            walked += step
    return out[:size]


@njit(nogil=True, cache=True)
def distance_grid(segments, west, south, columns, rows, cell, far):  # type: ignore[no-untyped-def]
    """Distance from grid nodes to the nearest segment: ``float64[rows, columns]``, at most ``far``."""
    square = np.full((rows, columns), far * far)
    for k in range(len(segments)):
        x0, y0, x1, y1 = segments[k, 0], segments[k, 1], segments[k, 2], segments[k, 3]
        dx, dy = x1 - x0, y1 - y0
        norm = dx * dx + dy * dy
        left = max(0, int(np.floor((min(x0, x1) - far - west) / cell)))
        right = min(columns - 1, int(np.ceil((max(x0, x1) + far - west) / cell)))
        low = max(0, int(np.floor((min(y0, y1) - far - south) / cell)))
        high = min(rows - 1, int(np.ceil((max(y0, y1) + far - south) / cell)))
        for row in range(low, high + 1):
            py = south + row * cell - y0
            for column in range(left, right + 1):
                px = west + column * cell - x0
                t = (px * dx + py * dy) / norm if norm > 0.0 else 0.0
                t = min(1.0, max(0.0, t))
                ex, ey = px - t * dx, py - t * dy
                gap = ex * ex + ey * ey
                square[row, column] = min(square[row, column], gap)
    return np.sqrt(square)
