"""Networks from and to GeoDataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import way_classes
from circle15.errors import CrsError, StreetsError
from circle15.model.streets import EdgeFlag, NodeFlag
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import edge_lines
from circle15.network.convert.shared_vertices import clusters, parted_lines, warn_of_near_ends
from circle15.network.convert.street_lines import (
    FIELD_FLAGS,
    NODE_TAGS,
    StreetLines,
    as_found,
    edge_tags,
    first_value,
    metric_crs,
)
from circle15.network.storeys import storeys
from circle15.network.walk_rules import WalkRule, node_flags, walk_rule
from circle15.refusals import hint, refusal, warn_of

__all__ = ["NODE_COLUMNS", "from_geopandas", "to_geopandas"]

NODE_COLUMNS = MappingProxyType({flag.name.lower(): flag for flag in NodeFlag if flag.name})
"""Flags of nodes by the columns that carry them."""

_FLAG_COLUMNS = (
    ("steps", "highway", "steps"),
    ("private", "access", "private"),
    ("crossing", "footway", "crossing"),
    ("forward_only", "oneway:foot", "yes"),
    ("sidepath", "foot", "use_sidepath"),
)


def from_geopandas(edges: gpd.GeoDataFrame, *, nodes: gpd.GeoDataFrame | None = None, crs: Any = None) -> WalkNetwork:
    """Take a frame of street lines that meet where they have a vertex in common.

    Parameters
    ----------
    edges
        (Multi)LineStrings in any stated system. Optional columns: ``length_m`` (else measured along
        the line; shared out over the parts of a MultiLineString), OSM tags such as ``highway``,
        ``bridge``, ``access``, and ``name``. The frame of :func:`to_geopandas` and the layer ``streets`` of
        ``circle15.gpkg`` are read as they are.
    nodes
        Points, in any stated system, at vertices of the lines: gates, signals and what bars walkers, by OSM tags
        (``barrier``, ``highway``, ``foot``, ``access``, ...) or by the columns that :func:`to_geopandas` writes.
        Lines are parted there.
    crs
        Metric system to project to; by default the frame's own if it is metric, else its UTM zone.

    Returns
    -------
    WalkNetwork
        Vertices within a millimetre of each other (in the metric system) are one place. Lines that only cross
        do not meet, nor do two that run on over each other on different storeys (``bridge``, ``tunnel``,
        ``layer``, ``level``). Lines that lie exactly on another of their kind count once.

    Warns
    -----
    DataQualityWarning
        Of ends that lie within a centimetre of another line without a vertex of it, of lines that stand twice,
        and of nodes that lie on no vertex, all with their number.

    Raises
    ------
    StreetsError
        If there is no walkable line, a row has none, or a length is negative, not finite, below the
        straight line or many times the drawn one.
    CrsError
        If the frame does not say its system, or coordinates do not fit it.
    """
    if edges.crs is None:
        raise refusal("lines_no_crs", error=CrsError)
    _check_lines(edges)
    records = edges.drop(columns=edges.geometry.name).to_dict("records")
    tags = [_row_tags(row) for row in records]
    rules = [as_found(walk_rule(of_row), row) for of_row, row in zip(tags, records, strict=True)]
    walkable = np.array([not rule.dropped for rule in rules], dtype=bool)
    if not walkable.any():
        raise refusal("lines_none", error=StreetsError, count=len(edges))
    street = edges[walkable]
    shapes = gpd.GeoSeries(shapely.force_2d(street.geometry.to_numpy()), crs=edges.crs)
    parts = shapes.to_crs(metric_crs(shapes, crs))
    lines, row = shapely.get_parts(parts.to_numpy(), return_index=True)
    kinds = [storeys(tags[k]) for k in np.flatnonzero(walkable)]
    marks, spots = _marked_nodes(nodes, parts.crs)
    lines, part = parted_lines(lines, [kinds[k] for k in row], also=spots)
    row = row[part]
    rules = [rules[k] for k in np.flatnonzero(walkable)[row]]
    lines = np.where([rule.reversed for rule in rules], shapely.reverse(lines), lines)
    length_m = _given_lengths(street)[row] * _shares(lines, row)
    names = street["name"].map(first_value).to_numpy() if "name" in street else np.full(len(street), "")
    once = _once(lines, rules, names[row], length_m)
    lines, row, length_m = lines[once], row[once], length_m[once]
    rules = [rule for rule, wanted in zip(rules, once, strict=True) if wanted]
    node, first = clusters(np.concatenate([_tips(lines, 0), _tips(lines, -1)]))
    tips = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])[first]
    ends = node.reshape(2, -1).T
    warn_of_near_ends(lines, ends)
    return StreetLines(
        place=gpd.GeoSeries(tips, crs=parts.crs),
        node_id=np.arange(len(tips), dtype=np.int64),
        node_bits=_bits_at(shapely.get_coordinates(tips), marks, spots),
        lines=gpd.GeoSeries(lines, crs=parts.crs),
        ends=ends,
        length_m=length_m,
        rules=rules,
        names=names[row].tolist(),
        edges=[hint("edge_of_row", row=street.index[k]) for k in row],
        label=("自备路网", "street lines of the user's own"),
    ).network(parts.crs)


def _marked_nodes(nodes: gpd.GeoDataFrame | None, crs: Any) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Bits of :class:`~circle15.model.NodeFlag` of the nodes that have any, and where they are in the metric system.

    ``uint8[k]`` and ``float64[k, 2]``.
    """
    if nodes is None or len(nodes) == 0:
        return np.empty(0, dtype=np.uint8), np.empty((0, 2))
    if nodes.crs is None:
        raise refusal("points_no_crs", error=CrsError)
    kinds = set(nodes.geom_type.dropna().unique()) - {"Point"}
    if kinds or nodes.geometry.isna().any() or nodes.geometry.is_empty.any():
        raise refusal("points_rows", error=StreetsError, found=", ".join(sorted(kinds)) or hint("shape_none"))
    rows = nodes.drop(columns=nodes.geometry.name).to_dict("records")
    bits = np.array([_row_bits(row) for row in rows], dtype=np.uint8)
    return bits[bits > 0], shapely.get_coordinates(nodes.geometry.to_crs(crs).to_numpy())[bits > 0]


def _row_bits(row: Mapping[Any, Any]) -> int:
    """Flags of a node by its OSM tags, and by the columns that :func:`to_geopandas` writes."""
    tags = {tag: first_value(row[tag]) for tag in NODE_TAGS if row.get(tag) is not None}
    bits = node_flags({tag: value for tag, value in tags.items() if value})
    return bits | sum(int(flag) for column, flag in NODE_COLUMNS.items() if row.get(column) is True)


def _bits_at(at: NDArray[np.float64], marks: NDArray[np.uint8], spots: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The bits of the network's nodes, ``uint8[n]``: those of all marked ones within a millimetre; warn of others."""
    place, _ = clusters(np.concatenate([at, spots]))
    bits = np.zeros(int(place.max(initial=-1)) + 1, dtype=np.uint8)
    np.bitwise_or.at(bits, place[len(at) :], marks)
    lost = int((~np.isin(place[len(at) :], place[: len(at)])).sum())
    if lost:
        warn_of("nodes_off_lines", stacklevel=3, count=lost, total=len(marks))
    return bits[place[: len(at)]]


def _tips(lines: NDArray[np.object_], at: int) -> NDArray[np.float64]:
    return np.asarray(shapely.get_coordinates(shapely.get_point(lines, at)))


def _once(
    lines: NDArray[np.object_], rules: Sequence[WalkRule], names: NDArray[np.object_], length_m: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which lines are the first of those that lie on each other and are walked by one rule; warn of the others.

    Named ones go first, in the order of their names, then shorter ones: the order of the rows decides nothing.
    """
    normal = shapely.to_wkb(shapely.normalize(lines))
    given = shapely.to_wkb(lines)
    metres = shapely.length(lines)
    seen: set[tuple[Any, ...]] = set()
    first = np.zeros(len(lines), dtype=bool)
    for k in sorted(range(len(rules)), key=lambda k: (names[k] == "", names[k], np.nan_to_num(length_m[k]))):
        rule = rules[k]
        shape = given[k] if rule.flags & EdgeFlag.FORWARD_ONLY else normal[k]
        key = (shape, rule.way_class, rule.flags)
        first[k] = key not in seen or not metres[k]  # lines without a length do no harm
        seen.add(key)
    again = int((~first).sum())
    if again:
        warn_of("lines_twice", stacklevel=3, count=again, metres=f"{metres[~first].sum():,.0f}")
    return first


def _row_tags(row: Mapping[Any, Any]) -> dict[str, str]:
    """OSM tags of a row, the flags that :func:`to_geopandas` writes and the class of ``circle15.gpkg`` among them."""
    if "highway" not in row and "way_class" in row:
        row = {**row, "highway": row["way_class"]}
    return edge_tags(row) | {tag: value for flag, tag, value in _FLAG_COLUMNS if row.get(flag) is True}


def _check_lines(edges: gpd.GeoDataFrame) -> None:
    shapes = edges.geometry.to_numpy()
    good = np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING))
    good &= ~shapely.is_empty(shapes)
    vertex, row = shapely.get_coordinates(shapes, return_index=True)
    good[row[~np.isfinite(vertex).all(axis=1)]] = False
    if not good.all():
        k = int(np.flatnonzero(~good)[0])
        shape = hint("shape_nothing") if shapes[k] is None else shapely.to_wkt(shapes[k])[:60]
        raise refusal("line_unusable", error=StreetsError, row=edges.index[k], found=shape, count=int((~good).sum()))


def _given_lengths(street: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Lengths that the frame gives in metres, NaN where it gives none."""
    if "length_m" not in street:
        return np.full(len(street), np.nan)
    length = pd.to_numeric(street["length_m"], errors="coerce").astype(float)
    bad = (length.isna() & street["length_m"].notna()) | ~((length >= 0) & (length < np.inf) | length.isna())
    if bad.any():
        value = street.loc[bad, "length_m"].tolist()[0]
        raise refusal("line_length", error=StreetsError, row=street.index[bad][0], value=value, count=int(bad.sum()))
    return np.asarray(length)


def _shares(lines: NDArray[np.object_], row: NDArray[np.int64]) -> NDArray[np.float64]:
    """What share of its row's length each part has."""
    length = shapely.length(lines)
    whole = np.bincount(row, weights=length)[row]
    return np.where(whole > 0, length / np.where(whole > 0, whole, 1.0), 1.0 / np.bincount(row)[row])


def to_geopandas(network: WalkNetwork) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return ``(nodes, edges)`` frames in the network's system.

    ``nodes`` on ``node`` with ``osmid``, and ``gate``, ``signal``, ``crossing``, ``barred``, ``private``, ``locked``,
    ``open`` (bool); ``edges`` on ``edge`` with ``u``, ``v``, ``length_m``, ``highway``, ``name`` and one bool per flag.
    ``from_geopandas(edges, nodes=nodes)`` takes them back; a node that nobody passes is one row for each way that ends
    there. Opening hours do not come along.

    Parameters
    ----------
    network
        A walking network.

    Returns
    -------
    (geopandas.GeoDataFrame, geopandas.GeoDataFrame)
        Nodes and edges.
    """
    nodes = gpd.GeoDataFrame(
        {
            "osmid": network.node_id,
            **{name: (network.node_flags & np.uint8(flag)) != 0 for name, flag in NODE_COLUMNS.items()},
        },
        geometry=gpd.points_from_xy(network.x, network.y),
        crs=network.crs,
        index=pd.RangeIndex(network.n_nodes, name="node"),
    )
    classes = np.array([entry.name for entry in way_classes()])
    shown = [*(flag for flag in EdgeFlag if flag < EdgeFlag.GATE_AT_U), *FIELD_FLAGS.values(), EdgeFlag.SIDEPATH]
    edges = gpd.GeoDataFrame(
        {
            "u": network.u,
            "v": network.v,
            "length_m": network.length_m,
            "highway": classes[network.way_class],
            "name": np.array(network.names, dtype=object)[network.name],
            **{str(flag.name).lower(): network.has(flag) for flag in shown},
        },
        geometry=edge_lines(network),
        crs=network.crs,
        index=pd.RangeIndex(network.n_edges, name="edge"),
    )
    return nodes, edges
