"""Networks from and to GeoDataFrames."""

from __future__ import annotations

from collections.abc import Mapping
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
from circle15.network.convert.street_lines import (
    FIELD_FLAGS,
    StreetLines,
    as_found,
    edge_tags,
    first_value,
    metric_crs,
)
from circle15.network.walk_rules import walk_rule
from circle15.refusals import hint, refusal

__all__ = ["from_geopandas", "to_geopandas"]

_FLAG_COLUMNS = (
    ("steps", "highway", "steps"),
    ("private", "access", "private"),
    ("crossing", "footway", "crossing"),
    ("forward_only", "oneway:foot", "yes"),
)


def from_geopandas(edges: gpd.GeoDataFrame, *, crs: Any = None) -> WalkNetwork:
    """Take a frame of street lines that meet where their ends have the same coordinates.

    Parameters
    ----------
    edges
        (Multi)LineStrings in any stated system. Optional columns: ``length_m`` (else measured along
        the line; shared out over the parts of a MultiLineString), OSM tags such as ``highway``,
        ``bridge``, ``access``, and ``name``.
    crs
        Metric system to project to; by default the frame's own if it is metric, else its UTM zone.

    Returns
    -------
    WalkNetwork
        Ends within a millimetre of each other (in the metric system) are one node.

    Raises
    ------
    StreetsError
        If there is no walkable line, a row has none, or a length is negative or not finite.
    CrsError
        If the frame does not say its system, or coordinates do not fit it.
    """
    if edges.crs is None:
        raise refusal("lines_no_crs", error=CrsError)
    _check_lines(edges)
    rules = [
        as_found(walk_rule(_row_tags(row)), row) for row in edges.drop(columns=edges.geometry.name).to_dict("records")
    ]
    walkable = np.array([not rule.dropped for rule in rules], dtype=bool)
    if not walkable.any():
        raise refusal("lines_none", error=StreetsError, count=len(edges))
    street = edges[walkable]
    shapes = gpd.GeoSeries(shapely.force_2d(street.geometry.to_numpy()), crs=edges.crs)
    parts = shapes.to_crs(metric_crs(shapes, crs))
    lines, row = shapely.get_parts(parts.to_numpy(), return_index=True)
    rules = [rules[k] for k in np.flatnonzero(walkable)[row]]
    lines = np.where([rule.reversed for rule in rules], shapely.reverse(lines), lines)
    tips, node = _joined(np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)]))
    names = street["name"].map(first_value).to_numpy() if "name" in street else np.full(len(street), "")
    return StreetLines(
        place=gpd.GeoSeries(tips, crs=parts.crs),
        node_id=np.arange(len(tips), dtype=np.int64),
        node_bits=np.zeros(len(tips), dtype=np.uint8),
        lines=gpd.GeoSeries(lines, crs=parts.crs),
        ends=node.reshape(2, -1).T,
        length_m=_given_lengths(street)[row] * _shares(lines, row),
        rules=rules,
        names=names[row].tolist(),
        label=("自备路网", "street lines of the user's own"),
    ).network(parts.crs)


def _row_tags(row: Mapping[Any, Any]) -> dict[str, str]:
    """OSM tags of a row, the flags that :func:`to_geopandas` writes among them."""
    return edge_tags(row) | {tag: value for flag, tag, value in _FLAG_COLUMNS if row.get(flag) is True}


def _check_lines(edges: gpd.GeoDataFrame) -> None:
    shapes = edges.geometry.to_numpy()
    good = np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING))
    good &= ~shapely.is_empty(shapes)
    vertex, row = shapely.get_coordinates(shapes, return_index=True)
    good[row[~np.isfinite(vertex).all(axis=1)]] = False
    if not good.all():
        k = int(np.flatnonzero(~good)[0])
        found = hint("shape_nothing") if shapes[k] is None else shapely.to_wkt(shapes[k])[:60]
        raise refusal("line_unusable", error=StreetsError, row=edges.index[k], found=found, count=int((~good).sum()))


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


def _joined(tips: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Points apart from each other by more than a millimetre, and which of them each tip belongs to."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    at, group = np.unique(shapely.get_coordinates(tips), axis=0, return_inverse=True)
    points = np.asarray(shapely.points(at))
    near = shapely.STRtree(points).query(points, predicate="dwithin", distance=0.001)
    links = coo_array((np.ones(near.shape[1], dtype=np.int8), (near[0], near[1])), shape=(len(at),) * 2)
    _, node = connected_components(links, directed=False)
    _, first = np.unique(node, return_index=True)
    return points[first], node[group.ravel()].astype(np.int64)


def to_geopandas(network: WalkNetwork) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return ``(nodes, edges)`` frames in the network's system.

    ``nodes`` on ``node`` with ``osmid``, ``gate``, ``signal``; ``edges`` on ``edge`` with ``u``, ``v``, ``length_m``,
    ``highway``, ``name`` and one bool per flag. :func:`from_geopandas` takes ``edges`` back; gates, signals and nodes
    that nobody passes do not come with it, nor do opening hours: use
    :func:`~circle15.network.convert.graphs.to_osmnx` for nodes.

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
            "gate": (network.node_flags & np.uint8(NodeFlag.GATE)) != 0,
            "signal": (network.node_flags & np.uint8(NodeFlag.SIGNAL)) != 0,
        },
        geometry=gpd.points_from_xy(network.x, network.y),
        crs=network.crs,
        index=pd.RangeIndex(network.n_nodes, name="node"),
    )
    classes = np.array([entry.name for entry in way_classes()])
    shown = [*(flag for flag in EdgeFlag if flag < EdgeFlag.GATE_AT_U), *FIELD_FLAGS.values()]
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
