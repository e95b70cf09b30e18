"""Synthetic towns: labelled stand-ins for streets that are not there, made from a seed alone.

``water_town`` is a walled canal city in the frame of Suzhou's old city: a moat with its gates, canals
with quays on both banks, lanes that cross water on bridges only, gated estates outside. It is laid out
in ``water_town.toml`` and describes no real place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from shapely.geometry.base import BaseGeometry

from circle15.catalog import way_classes
from circle15.model import EdgeFlag, NodeFlag, Origin, Streets
from circle15.sources.town.lanes import Ground, bridges, fill, park_entrances, park_paths
from circle15.sources.town.plan import Frame, Strand, TownPlan, polygons_of, read_plan

__all__ = ["TOWNS", "Town", "water_town"]

GRID_M = 0.1
"""Lines of the town meet on a grid of 10 cm; what is nearer than that is the same place."""

VERTEX_M = 70.0
"""Longest straight stretch; the town's bend moves the points between."""

SHARP_M = 0.6
"""Curves keep their course to this."""

WET_M = 0.3
"""A way with less than this over water only touches the bank."""

LOST = MappingProxyType({"lane": 0.22, "quay": 0.42, "estate": 0.2})
"""Share of the edges of a kind that is taken out again, so that lanes end blind and quays break off."""

STUB_M = 14.0
"""A blind end shorter than this is no alley but a crumb, and goes."""


@dataclass(frozen=True, kw_only=True)
class Town:
    """A synthetic town in WGS 84.

    Attributes
    ----------
    streets
        All ways, with gates, bridges, steps and private interiors flagged.
    water, green
        Polygons with ``name`` and ``kind`` (``moat``, ``canal``, ``lake``, ``pond``; ``park``, ``bank``).
    residential
        Polygons with ``kind``: ``old`` (between lanes), ``open`` (streets through it), ``estate`` (gated).
    origin
        Provenance, synthetic.
    """

    streets: Streets
    water: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    residential: gpd.GeoDataFrame
    origin: Origin


@dataclass(frozen=True, kw_only=True)
class _Edges:
    """Noded pieces of the town's lines: each with its two junctions and the strand it comes from."""

    lines: NDArray[np.object_]
    strand: NDArray[np.int64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    wet: NDArray[np.bool_]

    def keep(self, which: NDArray[np.bool_]) -> _Edges:
        return _Edges(
            lines=self.lines[which],
            strand=self.strand[which],
            u=self.u[which],
            v=self.v[which],
            wet=self.wet[which],
        )

    def degree(self) -> NDArray[np.int64]:
        """How many edge ends meet at each junction."""
        return np.bincount(np.concatenate([self.u, self.v]))


def _node(strands: Sequence[Strand], plan: TownPlan) -> _Edges:
    """Cut all strands where they meet; a piece belongs to the first strand (in order) that runs along it."""
    lines = shapely.intersection([strand.line for strand in strands], plan.frame.window)
    pieces = shapely.get_parts(shapely.union_all(lines, grid_size=GRID_M))
    pieces = pieces[np.lexsort(shapely.bounds(pieces).T[::-1])]
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    at, strand = shapely.STRtree(lines).query(middles, predicate="dwithin", distance=2.5 * GRID_M)
    owner = np.full(len(pieces), len(strands))
    np.minimum.at(owner, at, strand)
    pieces, owner = pieces[owner < len(strands)], owner[owner < len(strands)]
    ends = shapely.get_coordinates(shapely.get_point(np.repeat(pieces, 2), np.tile([0, -1], len(pieces))))
    junction = np.unique(np.round(ends / GRID_M).astype(np.int64), axis=0, return_inverse=True)[1].reshape(-1, 2)
    plain = np.array([strand.kind != "gate" for strand in strands])[owner]
    pieces[plain] = shapely.simplify(pieces[plain], SHARP_M)
    wet = shapely.length(shapely.intersection(plan.water, pieces)) > WET_M
    return _Edges(lines=pieces, strand=owner, u=junction[:, 0], v=junction[:, 1], wet=wet)


def _tree(edges: _Edges, weight: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which edges belong to the lightest spanning forest (parallel edges: the lightest one)."""
    low, high = np.minimum(edges.u, edges.v), np.maximum(edges.u, edges.v)
    order = np.lexsort((weight, high, low))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    single = order[first & (low[order] != high[order])]
    size = int(high.max()) + 1
    forest = minimum_spanning_tree(coo_array((weight[single], (low[single], high[single])), shape=(size, size))).tocoo()
    chosen = set((forest.row.astype(np.int64) * size + forest.col).tolist())
    kept = np.zeros(len(weight), dtype=bool)
    kept[single] = [pair in chosen for pair in (low[single] * size + high[single]).tolist()]
    return kept


def _thin(edges: _Edges, strands: Sequence[Strand], rng: np.random.Generator) -> _Edges:
    """Take out a share of lanes, quays and estate ways without cutting the town apart, then crumbs."""
    kind = np.array([strand.kind for strand in strands])[edges.strand]
    length = shapely.length(edges.lines)
    weight = 1.0 + length * (0.5 + rng.random(len(length))) * np.where(kind == "quay", 2.0, 1.0)
    weight[np.isin(kind, ("street", "block", "gate"))] *= 0.01
    share = np.select([kind == name for name in LOST], list(LOST.values()), 0.0)
    kept = edges.keep(_tree(edges, weight) | (rng.random(len(length)) >= share))
    for _ in range(2):
        kind = np.array([strand.kind for strand in strands])[kept.strand]
        degree = kept.degree()
        blind = (degree[kept.u] == 1) | (degree[kept.v] == 1)
        crumb = blind & (shapely.length(kept.lines) < STUB_M) & np.isin(kind, ("lane", "quay", "estate", "path"))
        kept = kept.keep(~crumb)
    return kept


def _pass_below(edges: _Edges, strands: Sequence[Strand]) -> _Edges:
    """Let the promenade along the moat pass below the bridges of primary roads instead of meeting them.

    The two cross in the plan and share no junction: the promenade gets one of its own at the same place.
    """
    primary = np.array([strand.way_class == "primary" for strand in strands])[edges.strand]
    walk = np.array([strand.name == "环古城河步道" for strand in strands])[edges.strand]
    size = int(max(edges.u.max(), edges.v.max())) + 1
    bridge = np.zeros(size, dtype=bool)
    over = primary & edges.wet
    bridge[edges.u[over]] = bridge[edges.v[over]] = True
    u = np.where(walk & bridge[edges.u], edges.u + size, edges.u)
    v = np.where(walk & bridge[edges.v], edges.v + size, edges.v)
    return _Edges(lines=edges.lines, strand=edges.strand, u=u, v=v, wet=edges.wet)


def _chains(edges: _Edges) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Points, each edge's run of points, and where runs start; junctions come first among the points."""
    junction, ends = np.unique(np.column_stack([edges.u, edges.v]), return_inverse=True)
    ends = ends.reshape(-1, 2)
    lines = shapely.segmentize(edges.lines, VERTEX_M)
    points, owner = shapely.get_coordinates(lines, return_index=True)
    start = np.searchsorted(owner, np.arange(len(lines) + 1))
    at = np.full(len(points), -1)
    at[start[:-1]], at[start[1:] - 1] = ends[:, 0], ends[:, 1]
    inner = at < 0
    at[inner] = len(junction) + np.arange(int(inner.sum()))
    place = np.zeros((len(junction) + int(inner.sum()), 2))
    place[at] = points
    return place, at, start, ends


def _node_flags(
    place: NDArray[np.float64], ends: NDArray[np.int64], edges: _Edges, strands: Sequence[Strand]
) -> NDArray[np.uint8]:
    """Gates half-way along gate ways; signals where main streets meet; crossings where lanes reach them."""
    flags = np.zeros(len(place), dtype=np.uint8)
    rank = {entry.name: entry.rank for entry in way_classes()}
    ranks = np.array([rank[strand.way_class] if strand.kind == "street" else -1 for strand in strands])[edges.strand]
    label = np.unique([strand.name for strand in strands], return_inverse=True)[1][edges.strand]
    ends_flat, ranks_flat, label_flat = ends.ravel(), np.repeat(ranks, 2), np.repeat(label, 2)
    main = ranks_flat >= 3
    top = np.full(len(place), -1)
    np.maximum.at(top, ends_flat, ranks_flat)
    pairs = np.unique(np.column_stack([ends_flat[main], label_flat[main]]), axis=0)
    roads = np.bincount(pairs[:, 0], minlength=len(place))
    flags[(roads >= 2) & (top >= 4)] |= np.uint8(NodeFlag.SIGNAL)
    meets_lane = np.bincount(ends_flat[~main], minlength=len(place)) > 0
    flags[(roads == 1) & (top >= 4) & meets_lane] |= np.uint8(NodeFlag.CROSSING)
    gates = [shapely.get_point(strand.line, 1) for strand in strands if strand.kind == "gate"]
    if gates:
        near, at = shapely.STRtree(list(shapely.get_parts(shapely.multipoints(place)))).query_nearest(
            gates, max_distance=1.0
        )
        flags[at[np.unique(near, return_index=True)[1]]] |= np.uint8(NodeFlag.GATE)
    return flags


def _streets(edges: _Edges, strands: Sequence[Strand], frame: Frame, origin: Origin) -> Streets:
    """The arrays of :class:`Streets`: one way for each edge."""
    place, way_node, way_start, ends = _chains(edges)
    degrees = frame.to_degrees(place)
    class_at = {entry.name: position for position, entry in enumerate(way_classes())}
    names = ("", *sorted({strand.name for strand in strands} - {""}))
    flags = np.where(edges.wet, EdgeFlag.BRIDGE.value, 0)
    steps = np.array([strand.steps for strand in strands])[edges.strand]
    private = np.array([strand.kind == "estate" for strand in strands])[edges.strand]
    flags = flags | np.where(steps, EdgeFlag.STEPS.value, 0) | np.where(private, EdgeFlag.PRIVATE.value, 0)
    return Streets(
        node_id=np.arange(1, len(place) + 1, dtype=np.int64),
        lon=np.round(degrees[:, 0], 7),
        lat=np.round(degrees[:, 1], 7),
        node_flags=_node_flags(place, ends, edges, strands),
        way_node=way_node.astype(np.int64),
        way_start=way_start.astype(np.int64),
        way_class=np.array([class_at[strand.way_class] for strand in strands], dtype=np.uint8)[edges.strand],
        way_flags=flags.astype(np.uint16),
        way_name=np.array([names.index(strand.name) for strand in strands], dtype=np.int32)[edges.strand],
        names=names,
        origin=origin,
        counts={"ways": len(edges.lines), "kept": len(edges.lines)},
    )


def _frame_of(rows: Sequence[tuple[str, str, BaseGeometry]], frame: Frame) -> gpd.GeoDataFrame:
    """Rows of (name, kind, shape in metres) as single polygons in degrees, clipped to the window."""
    bent = [
        (name, kind, shapely.make_valid(frame.geometry(shapely.intersection(shape, frame.window))))
        for name, kind, shape in rows
    ]
    single = [(name, kind, part) for name, kind, shape in bent for part in polygons_of(shape)]
    table = pd.DataFrame([(name, kind) for name, kind, _ in single], columns=["name", "kind"])
    return gpd.GeoDataFrame(table, geometry=[part for *_, part in single], crs="EPSG:4326")


def _water(plan: TownPlan) -> gpd.GeoDataFrame:
    rows: list[tuple[str, str, BaseGeometry]] = [("护城河", "moat", plan.moat)]
    canals = [(name, "canal", line.buffer(width / 2, cap_style="flat")) for name, (line, width) in plan.canals.items()]
    rows += [(name, kind, shape - plan.moat - plan.lakes) for name, kind, shape in canals]
    rows.append(("东湖", "lake", plan.lakes))
    rows += [(park.name, "pond", park.pond) for park in plan.parks if not park.pond.is_empty]
    return _frame_of(rows, plan.frame)


def _green(plan: TownPlan) -> gpd.GeoDataFrame:
    rows: list[tuple[str, str, BaseGeometry]] = [
        (park.name, "park", park.ground.difference(park.pond)) for park in plan.parks
    ]
    rows.append(("", "bank", plan.strips.difference(plan.water)))
    return _frame_of(rows, plan.frame)


def _residential(grounds: Sequence[Ground], plan: TownPlan) -> gpd.GeoDataFrame:
    return _frame_of([("", ground.kind, ground.parcel) for ground in grounds], plan.frame)


def water_town(*, seed: int = 15) -> Town:
    """Make the water town.

    Parameters
    ----------
    seed
        Same seed, same town, to the last bit.

    Returns
    -------
    Town
        About 15,000 nodes and 600 km of ways, in WGS 84, labelled synthetic.

    Examples
    --------
    >>> water_town().origin.synthetic
    True
    """
    plan = read_plan(seed=seed)
    rng = np.random.Generator(np.random.PCG64([seed, 2]))
    laid = shapely.union_all([strand.line for strand in plan.strands])
    paths = [park_paths(park) for park in plan.parks]
    entrances = [
        e for park, walks in zip(plan.parks, paths, strict=True) for e in park_entrances(park, walks[0].line, laid)
    ]
    lanes, grounds = fill(plan, entrances, rng)
    strands = [*plan.strands, *lanes, *entrances, *(path for walks in paths for path in walks)]
    public = shapely.union_all([s.line for s in strands if s.kind not in {"estate", "gate"}])
    strands += bridges(plan, public, rng)
    edges = _node(strands, plan)
    kind = np.array([strand.kind for strand in strands])[edges.strand]
    edges = edges.keep(~edges.wet | np.isin(kind, ("street", "block", "bridge")))
    edges = _pass_below(_thin(edges, strands, rng), strands)
    origin = Origin(
        label_zh="合成水乡街道（演示用，非真实道路）",
        label_en="synthetic water town (for demonstration; no real streets)",
        licence="Apache-2.0",
        synthetic=True,
    )
    return Town(
        streets=_streets(edges, strands, plan.frame, origin),
        water=_water(plan),
        green=_green(plan),
        residential=_residential(grounds, plan),
        origin=origin,
    )


TOWNS: Mapping[str, Callable[[], Town]] = MappingProxyType({"water-town": water_town})
"""Synthetic towns by the name that a city pack uses."""
