"""Walking isochrones: reached streets, cut exactly at the cut-off and drawn 25 m wide.

A polygon is a drawing of network time; coverage is never computed from it. Two ways to draw the same
stretches: a grid of distances with its contour (the default, and far faster: ``benchmarks/whole.py``), and
the exact union of buffers. Both are nested in the cut-off and keep their holes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import contourpy
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.errors import SettingError
from circle15.kernels import search, stretches
from circle15.kernels.costs import NEVER_MS
from circle15.kernels.ragged import run_starts
from circle15.kernels.threads import in_blocks, in_workers
from circle15.model.placed import Positions
from circle15.model.places import Facilities
from circle15.model.results import Isochrones, Settings
from circle15.model.walk_network import WalkNetwork, WalkProfile
from circle15.network.graph import WalkGraph, cutoff_ms, seeds, usable_ways, walk_graph
from circle15.network.snap import snap
from circle15.refusals import refusal
from circle15.routing.reach import point_frame, warn_of_far

__all__ = ["Stretches", "draw_isochrones", "isochrones", "reached_streets"]

Method = Literal["grid", "union"]
BUFFER_M = 25.0
CELL_M = 5.0
ON_A_LINE_M = 1e-6
TILE = 2000  # cells along a tile's side: 10 km


def isochrones(
    network: WalkNetwork,
    points: Facilities | gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    minutes: float | Sequence[float] = (5, 10, 15),
    profile: str | WalkProfile = "elderly",
    method: Method = "grid",
    buffer_m: float = BUFFER_M,
    max_snap_m: float | None = None,
    barriers: gpd.GeoSeries | None = None,
) -> Isochrones:
    """Draw how far people can be who walk to each point within so many minutes.

    Parameters
    ----------
    network
        A walking network.
    points
        Facilities, or points in any reference system whose index names them.
    minutes
        Cut-offs in minutes, rising, or one number; ``cost <= cutoff`` is in.
    profile
        Name of a walking profile, or one of your own.
    method
        ``"grid"``: contour of a 5 m distance grid; ``"union"``: exact union of buffers.
    buffer_m
        Half the width of the drawn streets in metres.
    max_snap_m, barriers
        See :func:`circle15.network.snap.snap`.

    Returns
    -------
    Isochrones
        ``frame`` on (``facility_id``, ``cutoff_min``) in the network's system, an empty polygon where a
        point lies far from every street; ``merged`` on (``service``, ``cutoff_min``) for facilities.

    Warns
    -----
    DataQualityWarning
        If points lie far from every street: they get empty polygons.

    Raises
    ------
    SettingError
        If a cut-off, the buffer, the method or the profile is out of range.
    InputError
        If an id is doubled or a row has no point.
    """
    cutoffs = Settings(cutoffs_min=(minutes,) if isinstance(minutes, int | float) else tuple(minutes)).cutoffs_min
    if method not in DRAW:
        raise refusal("isochrone_method", error=SettingError, method=method, known=", ".join(DRAW))
    if not (np.isfinite(buffer_m) and 0 < buffer_m <= 500):
        raise refusal("isochrone_buffer", error=SettingError, value=buffer_m, most=500)
    place = points.to_frame("geometry") if isinstance(points, gpd.GeoSeries) else points
    frame = point_frame(place, network)
    positions = snap(network, frame, max_snap_m=max_snap_m, barriers=barriers)
    warn_of_far(positions)
    services = points.offers() if isinstance(points, Facilities) else None
    return draw_isochrones(
        walk_graph(network, profile),
        positions,
        minutes=cutoffs,
        services=services,
        method=method,
        buffer_m=buffer_m,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretches:
    """Reached stretches of edges: ``edge``, ``begin_mm``, ``end_mm`` along it from its u end."""

    edge: NDArray[np.int32]
    begin_mm: NDArray[np.int64]
    end_mm: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Incidence:
    start: NDArray[np.int64]
    edge: NDArray[np.int32]


def _incidence(graph: WalkGraph) -> _Incidence:
    """Which edges begin or end at each node, for who lives on them."""
    node = np.concatenate([graph.passages.home_u, graph.passages.home_v])
    edge = np.tile(np.arange(graph.network.n_edges, dtype=np.int32), 2)
    order = np.argsort(node, kind="stable")
    return _Incidence(start=run_starts(node, graph.n_nodes), edge=edge[order])


def _own_edge(graph: WalkGraph, positions: Positions, rows: NDArray[np.int64], limit: int) -> Stretches:
    """The stretches of the origins' own edges from which one walks straight to them."""
    ends = positions.take(rows)
    left = limit - graph.profile.walk_ms(ends.leg_mm)
    used = (left >= 0) & usable_ways(graph.network, ends)
    edge, left, offset = ends.edge[used].astype(np.int64), left[used], ends.offset_mm[used]
    length, walk = graph.network.length_mm[edge], graph.walk_ms[edge]
    far = np.where(walk <= left, length, left * length // np.maximum(walk, 1))
    ahead = np.where(graph.both_ways[edge], offset + far, offset)
    return Stretches(edge=edge.astype(np.int32), begin_mm=np.maximum(0, offset - far), end_mm=np.minimum(length, ahead))


def reached_streets(
    graph: WalkGraph,
    positions: Positions,
    *,
    minutes: Sequence[float],
    groups: Sequence[NDArray[np.int64]] | None = None,
) -> list[list[Stretches]]:
    """The stretches from which a position is reached within each cut-off: ``[group][cutoff]``.

    Each position is a group of its own, unless ``groups`` lists rows that are searched as one: a place
    then counts as reached when it reaches any of them. Stretches may overlap on the origins' own edges.
    """
    limits = [cutoff_ms(cutoff) for cutoff in minutes]
    members = list(groups) if groups is not None else [np.array([row]) for row in range(len(positions))]
    seed_node, seed_cost = _group_seeds(*seeds(graph, positions), members)
    near = _incidence(graph)

    def begin() -> Callable[[int, int], list[list[Stretches]]]:
        work = search.Workspace(graph.n_nodes, len(graph.head), seeds=seed_node.shape[1])

        def block(first: int, last: int) -> list[list[Stretches]]:
            start, node, cost = search.reach_nodes(
                graph.start, graph.head, graph.cost, seed_node, seed_cost, max(limits), first, last, work
            )
            spans = zip(members[first:last], start[:-1], start[1:], strict=True)
            return [
                [
                    _cut(graph, near, node[a:b], cost[a:b], limit, _own_edge(graph, positions, rows, limit))
                    for limit in limits
                ]
                for rows, a, b in spans
            ]

        return block

    return [row for rows in in_workers(begin, len(members)) for row in rows]


def _group_seeds(
    node: NDArray[np.uint32], cost: NDArray[np.uint32], members: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """One row of seeds per group, filled up with seeds of no cost."""
    width = max((len(rows) for rows in members), default=1) * node.shape[1]
    group_node = np.zeros((len(members), width), dtype=np.uint32)
    group_cost = np.full((len(members), width), NEVER_MS, dtype=np.uint32)
    for group, rows in enumerate(members):
        size = len(rows) * node.shape[1]
        group_node[group, :size], group_cost[group, :size] = node[rows].ravel(), cost[rows].ravel()
    return group_node, group_cost


def _cut(
    graph: WalkGraph,
    near: _Incidence,
    node: NDArray[np.uint32],
    cost: NDArray[np.uint32],
    limit: int,
    sections: Stretches,
) -> Stretches:
    within = np.searchsorted(cost, limit, side="right")
    edge, begin, end = stretches.reached_stretches(
        node[:within], cost[:within], limit, near.start, near.edge, graph.passages.home_u, graph.walk_ms,
        graph.delay_u_ms, graph.delay_v_ms, graph.both_ways, graph.network.length_mm,
    )  # fmt: skip
    return Stretches(
        edge=np.concatenate([edge, sections.edge]),
        begin_mm=np.concatenate([begin, sections.begin_mm]),
        end_mm=np.concatenate([end, sections.end_mm]),
    )


def draw_isochrones(
    graph: WalkGraph,
    positions: Positions,
    *,
    minutes: Sequence[float],
    services: pd.DataFrame | None = None,
    method: Method = "grid",
    buffer_m: float = BUFFER_M,
) -> Isochrones:
    """Draw isochrones of placed points; the part of :func:`isochrones` that an analysis reuses.

    ``services`` has columns ``facility_id`` and ``service``; facilities of one service are also drawn
    together, by one search from all of them.
    """
    draw = DRAW[method]
    cutoffs = [float(cutoff) for cutoff in minutes]

    def shapes(groups: Sequence[NDArray[np.int64]] | None) -> NDArray[Any]:
        reached = reached_streets(graph, positions, minutes=minutes, groups=groups)
        cuts = [cut for row in reached for cut in row]

        def block(first: int, last: int) -> list[shapely.Geometry]:
            return [draw(_segments(graph.network, cut), buffer_m) for cut in cuts[first:last]]

        drawn = np.empty(len(cuts), dtype=object)
        drawn[:] = [shape for part in in_blocks(block, len(cuts)) for shape in part]
        # Here and not in the threads: shapely's is_valid touches the warning filters of the whole process.
        crossed = ~shapely.is_valid(drawn)
        drawn[crossed] = shapely.buffer(drawn[crossed], 0)
        return drawn

    def on(level: str, keys: pd.Index, groups: Sequence[NDArray[np.int64]] | None) -> gpd.GeoDataFrame:
        index = pd.MultiIndex.from_product([keys, cutoffs], names=[level, "cutoff_min"])
        return gpd.GeoDataFrame(geometry=shapes(groups), index=index, crs=graph.network.crs)

    offered = {} if services is None else services.groupby("service")["facility_id"].agg(list).to_dict()
    together = [positions.ids.get_indexer(pd.Index(members)).astype(np.int64) for members in offered.values()]
    return Isochrones(
        frame=on("facility_id", positions.ids, None),
        merged=on("service", pd.Index(list(offered), dtype=str), together),
        profile=graph.profile,
    )


def _segments(network: WalkNetwork, cut: Stretches) -> NDArray[np.float64]:
    return stretches.stretch_segments(
        cut.edge, cut.begin_mm, cut.end_mm, network.length_mm, network.vertex, network.vertex_start
    )


def _contour(segments: NDArray[np.float64], buffer_m: float) -> shapely.Geometry:
    """Outline of all places within ``buffer_m`` of a segment, from a distance grid of 5 m.

    The grid's lines stand at whole multiples of its cell, so that a longer cut-off, whose distances
    are nowhere larger, gives a polygon that contains the shorter one's. A large area is drawn in
    tiles that share their border lines, and then united.
    """
    if len(segments) == 0:
        return shapely.MultiPolygon()
    cell = min(CELL_M, buffer_m / 3)
    pad = buffer_m + 2 * cell
    low = np.floor((segments.reshape(-1, 2).min(axis=0) - pad) / cell).astype(int)
    high = np.ceil((segments.reshape(-1, 2).max(axis=0) + pad) / cell).astype(int)
    tiles = [
        _contour_tile(segments, (column, row), np.minimum([column + TILE, row + TILE], high), cell, buffer_m)
        for row in range(low[1], high[1], TILE)
        for column in range(low[0], high[0], TILE)
    ]
    whole = tiles[0] if len(tiles) == 1 else shapely.union_all(tiles)
    # Along a straight street the contour is straight: half of its vertices lie on a line and say nothing.
    return shapely.simplify(whole, ON_A_LINE_M, preserve_topology=False)


def _contour_tile(
    segments: NDArray[np.float64],
    low: tuple[int, int],
    high: NDArray[np.int64],
    cell: float,
    buffer_m: float,
) -> shapely.Geometry:
    """The part of a contour on grid lines ``low`` to ``high`` (column, row; both included)."""
    west, south = low[0] * cell, low[1] * cell
    pad = buffer_m + 2 * cell
    grid = stretches.distance_grid(
        segments, west, south, int(high[0]) - low[0] + 1, int(high[1]) - low[1] + 1, cell, pad
    )
    lines = contourpy.contour_generator(
        np.arange(low[0], int(high[0]) + 1) * cell,
        np.arange(low[1], int(high[1]) + 1) * cell,
        grid,
        fill_type=contourpy.FillType.OuterOffset,
    )
    filled: Any = lines.filled(-1.0, buffer_m)
    return _polygons(*filled)


def _polygons(points: list[Any], offsets: list[Any]) -> shapely.Polygon | shapely.MultiPolygon:
    """Polygons with holes from contourpy's rings (``OuterOffset``: first ring outer, the rest holes)."""
    if not points:
        return shapely.MultiPolygon()
    ring_size = np.concatenate([np.diff(offset) for offset in offsets])
    rings = np.array([len(offset) - 1 for offset in offsets])
    shapes = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        np.concatenate(points),
        (np.concatenate([[0], np.cumsum(ring_size)]), np.concatenate([[0], np.cumsum(rings)])),
    )
    whole: Any = shapely.multipolygons(shapes)
    drawn: shapely.MultiPolygon = whole
    return drawn


def _union(segments: NDArray[np.float64], buffer_m: float) -> shapely.Geometry:
    """Exact union of the buffers of all segments (quarter circles of 8 chords)."""
    lines = shapely.linestrings(segments.reshape(-1, 2, 2))
    return shapely.union_all(shapely.buffer(shapely.line_merge(shapely.union_all(lines)), buffer_m, quad_segs=8))


DRAW: Mapping[str, Callable[[NDArray[np.float64], float], shapely.Geometry]] = {"grid": _contour, "union": _union}
