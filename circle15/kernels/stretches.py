"""Reached stretches of edges, their line segments, and a grid of distances to them.

As in :mod:`circle15.kernels.search`, arrays are made here and filled by compiled functions that
allocate nothing; and what a call costs follows what was reached, not the number of edges of the city.
Conditions stand where ``min`` and ``max`` would read better: numba takes a third of a second longer to
compile those.
"""

# ruff: noqa: FURB136

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["distance_grid", "reached_stretches", "stretch_segments"]

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads consecutive edges over a table (Knuth)


@njit(nogil=True, cache=True)
def _is_loop(edge_start, edge_of, node, edge):  # type: ignore[no-untyped-def]
    """A self-loop stands twice in its node's list."""
    seen = 0
    for slot in range(edge_start[node], edge_start[node + 1]):
        if edge_of[slot] == edge:
            seen += 1
    return seen > 1


@njit(nogil=True, cache=True)
def _reached_ends(  # type: ignore[no-untyped-def]
    node, cost, limit, edge_start, edge_of, u, walk_ms, delay_u, delay_v, both_ways, length_mm, table, shift, touched,
    ahead, back,
):  # fmt: skip
    """Walk on from every reached node into its edges; returns how many edges were touched."""
    count = 0
    mask = len(table) - 1
    for k in range(len(node)):
        here = node[k]
        for slot in range(edge_start[here], edge_start[here + 1]):
            edge = edge_of[slot]
            for end in range(2):
                if end == 0 and (u[edge] != here or not both_ways[edge]):
                    continue
                if end == 1 and u[edge] == here and not _is_loop(edge_start, edge_of, here, edge):
                    continue
                left = limit - np.int64(cost[k]) - (delay_u[edge] if end == 0 else delay_v[edge])
                if left < 0:
                    continue
                far = length_mm[edge] if walk_ms[edge] <= left else left * length_mm[edge] // walk_ms[edge]
                place = np.int64((np.uint64(edge) * _MIX) >> shift)
                while table[place] >= 0 and touched[table[place]] != edge:
                    place = (place + 1) & mask
                if table[place] < 0:
                    table[place] = count
                    touched[count] = edge
                    count += 1
                row = table[place]
                if end == 0 and far > ahead[row]:
                    ahead[row] = far
                elif end == 1 and far > back[row]:
                    back[row] = far
    return count


def reached_stretches(
    node: NDArray[np.uint32],
    cost: NDArray[np.uint32],
    limit: int,
    edge_start: NDArray[np.int64],
    edge_of: NDArray[np.int32],
    u: NDArray[np.int32],
    walk_ms: NDArray[np.int64],
    delay_u: NDArray[np.int64],
    delay_v: NDArray[np.int64],
    both_ways: NDArray[np.bool_],
    length_mm: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Cut the edges at reached nodes exactly at the cut-off.

    Parameters
    ----------
    node, cost
        ``uint32[k]`` reached nodes and their cost in ms, as :func:`~circle15.kernels.search.reach_nodes` gives them.
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
    most = int((edge_start[node + np.uint32(1)] - edge_start[node]).sum())
    bits = max(most, 1).bit_length() + 1  # a table that stays less than half full
    touched = np.empty(most, dtype=np.int32)
    ahead, back = np.full(most, -1), np.full(most, -1)  # reached so far from u, and from v
    count = _reached_ends(
        node, cost, int(limit), edge_start, edge_of, u, walk_ms, delay_u, delay_v, both_ways, length_mm,
        np.full(1 << bits, -1, dtype=np.int32), np.uint64(64 - bits), touched, ahead, back,
    )  # fmt: skip
    edge, ahead, back = touched[:count], ahead[:count], back[:count]
    length = length_mm[edge]
    near, far = np.maximum(ahead, 0), np.maximum(back, 0)
    whole = near + far >= length
    begin = np.stack([np.zeros_like(length), length - far], axis=1)
    end = np.stack([np.where(whole, length, near), length], axis=1)
    used = np.stack([whole | (ahead >= 0), ~whole & (back >= 0)], axis=1)
    return np.repeat(edge, used.sum(axis=1)), begin[used], end[used]


@njit(nogil=True, cache=True)
def _segments(edge, begin_mm, end_mm, length_mm, vertex, vertex_start, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` with the segments of the stretches; returns how many there are."""
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
            a = low if low > walked else walked
            b = high if high < walked + step else walked + step
            if a <= b and (step > 0 or line == 0):
                s = (a - walked) / step if step > 0 else 0.0
                t = (b - walked) / step if step > 0 else 0.0
                out[size, 0], out[size, 1] = x0 + s * (x1 - x0), y0 + s * (y1 - y0)
                out[size, 2], out[size, 3] = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
                size += 1
            walked += step
    return size


def stretch_segments(
    edge: NDArray[np.int32],
    begin_mm: NDArray[np.int64],
    end_mm: NDArray[np.int64],
    length_mm: NDArray[np.int64],
    vertex: NDArray[np.float64],
    vertex_start: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Straight segments ``float64[s, 4]`` (x0, y0, x1, y1) of stretches, cut inside their lines."""
    most = int((vertex_start[edge + 1] - vertex_start[edge] - 1).sum())
    out = np.empty((most, 4))
    return out[: _segments(edge, begin_mm, end_mm, length_mm, vertex, vertex_start, out)]


@njit(nogil=True, cache=True, error_model="numpy")
def _paint(segments, west, south, cell, far, square):  # type: ignore[no-untyped-def]
    """Lower each grid node's squared distance to its nearest segment, in the segments' surroundings."""
    rows, columns = square.shape
    for k in range(len(segments)):
        x0, y0, x1, y1 = segments[k, 0], segments[k, 1], segments[k, 2], segments[k, 3]
        dx, dy = x1 - x0, y1 - y0
        norm = dx * dx + dy * dy
        if norm == 0.0:
            norm = 1.0
        west_end, east_end = (x0, x1) if x0 < x1 else (x1, x0)
        south_end, north_end = (y0, y1) if y0 < y1 else (y1, y0)
        left = int(np.floor((west_end - far - west) / cell))
        right = int(np.ceil((east_end + far - west) / cell)) + 1
        low = int(np.floor((south_end - far - south) / cell))
        high = int(np.ceil((north_end + far - south) / cell)) + 1
        left, low = (left if left > 0 else 0), (low if low > 0 else 0)
        right, high = (right if right < columns else columns), (high if high < rows else rows)
        for row in range(low, high):
            py = south + row * cell - y0
            line = square[row]
            for column in range(np.uint64(left), np.uint64(right)):
                px = west + np.int64(column) * cell - x0
                t = (px * dx + py * dy) / norm
                t = t if t > 0.0 else 0.0
                t = t if t < 1.0 else 1.0
                ex, ey = px - t * dx, py - t * dy
                gap = ex * ex + ey * ey
                line[column] = gap if gap < line[column] else line[column]


def distance_grid(
    segments: NDArray[np.float64], west: float, south: float, columns: int, rows: int, cell: float, far: float
) -> NDArray[np.float64]:
    """Distance from grid nodes to the nearest segment: ``float64[rows, columns]``, at most ``far``."""
    square = np.full((rows, columns), far * far)
    _paint(segments, float(west), float(south), float(cell), float(far), square)
    np.sqrt(square, out=square)
    return square
