"""Walking networks from and to networkx (OSMnx) graphs and GeoDataFrames.

:class:`~circle15.model.WalkNetwork` has these as methods; they stand here because they apply the walking
rules and bring the result into canonical order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.catalog import way_classes
from circle15.errors import CrsError, StreetsError
from circle15.model.provenance import Origin
from circle15.model.streets import EdgeFlag, NodeFlag
from circle15.model.walk_network import WalkNetwork
from circle15.network import canonical, edge_lines
from circle15.sources.walk_rules import node_flags, walk_rule

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["from_geopandas", "from_networkx", "to_geopandas", "to_networkx"]

_TAGS = ("highway", "foot", "access", "bridge", "tunnel", "footway", "conveying", "oneway:foot", "motorroad")
_NODE_TAGS = ("highway", "barrier", "crossing", "crossing:signals")


def from_networkx(graph: nx.MultiDiGraph[Any] | nx.MultiGraph[Any], *, crs: Any = None) -> WalkNetwork:
    """Take an OSMnx-style graph: nodes with ``x``, ``y``; edges with ``length`` and, if bent, ``geometry``.

    Parameters
    ----------
    graph
        Directed or not; ``graph.graph["crs"]`` says in which system. One-way streets are walked both
        ways: of an edge and its reverse twin one is kept. Edges without a ``highway`` tag are walkable.
    crs
        Metric system to project to; by default the graph's own, or its UTM zone when it is in degrees.

    Returns
    -------
    WalkNetwork
        In canonical order, degree-2 nodes kept (see :func:`circle15.merge_chains`).

    Raises
    ------
    StreetsError
        If no walkable edge is left, or an edge has neither length nor geometry that makes sense.
    CrsError
        If the graph does not say its system, or coordinates do not fit it.
    """
    if "crs" not in graph.graph:
        raise CrsError("the graph does not say its reference system; set graph.graph['crs'], e.g. 'EPSG:4326'")
    ids = list(graph.nodes)
    try:
        place = np.array([(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in ids], dtype=float).reshape(-1, 2)
    except KeyError as missing:
        raise StreetsError(f"a node of the graph has no {missing}; OSMnx graphs carry x and y") from missing
    number = {node: position for position, node in enumerate(ids)}
    rows = [(number[u], number[v], attributes) for u, v, attributes in graph.edges(data=True)]
    if graph.is_directed():
        rows = _one_of_twins(rows)
    rules = [walk_rule(_edge_tags(attributes)) for _, _, attributes in rows]
    walkable = [(row, rule) for row, rule in zip(rows, rules, strict=True) if not rule.dropped]
    if not walkable:
        raise StreetsError(f"no walkable edge among the {len(rows)} edges of the graph")
    ends = np.array([(u, v) for (u, v, _), _ in walkable], dtype=np.int64)
    backward = np.array([rule.reversed for _, rule in walkable])
    ends[backward] = ends[backward][:, ::-1]
    lines = [
        attributes.get("geometry") or shapely.LineString([place[u], place[v]]) for (u, v, attributes), _ in walkable
    ]
    source = pyproj.CRS.from_user_input(graph.graph["crs"])
    length = np.array([_length_m(attributes) for (_, _, attributes), _ in walkable])
    flags = [node_flags({k: str(graph.nodes[n][k]) for k in _NODE_TAGS if k in graph.nodes[n]}) for n in ids]
    return _network(
        place=gpd.GeoSeries.from_xy(place[:, 0], place[:, 1], crs=source),
        lines=gpd.GeoSeries(lines, crs=source),
        crs=crs,
        node_id=np.array([n if isinstance(n, int) else position for position, n in enumerate(ids)], dtype=np.int64),
        node_bits=np.array(flags, dtype=np.uint8),
        ends=ends,
        length_m=length,
        way_class=np.array([rule.way_class for _, rule in walkable], dtype=np.uint8),
        flags=np.array([rule.flags for _, rule in walkable], dtype=np.uint16),
        names=[_first(attributes.get("name", "")) for (_, _, attributes), _ in walkable],
        label=("OSMnx 路网图", "OSMnx graph"),
    )


def _first(value: Any) -> str:
    """OSMnx joins the tags of merged ways into lists."""
    if isinstance(value, list | tuple | set):
        value = min(map(str, value), default="")
    return "" if value is None or pd.isna(value) else str(value)


def _edge_tags(attributes: Mapping[str, Any]) -> dict[str, str]:
    tags = {key: _first(attributes[key]) for key in _TAGS if attributes.get(key) is not None}
    return {"highway": "unclassified", **{key: value for key, value in tags.items() if value}}


def _length_m(attributes: Mapping[str, Any]) -> float:
    length = attributes.get("length")
    return float("nan") if length is None else float(length)


def _one_of_twins(rows: list[tuple[int, int, Any]]) -> list[tuple[int, int, Any]]:
    """Of an edge and its reverse twin keep the one from low to high; keep what has no twin."""
    frame = pd.DataFrame(
        {
            "low": [min(u, v) for u, v, _ in rows],
            "high": [max(u, v) for u, v, _ in rows],
            "length": [round(1000 * _length_m(a)) if _length_m(a) == _length_m(a) else -1 for _, _, a in rows],
            "ahead": [u < v if u != v else not a.get("reversed", False) for u, v, a in rows],
        }
    )
    place = frame.groupby(["low", "high", "length", "ahead"], sort=False).cumcount()
    twin = frame.assign(place=place).duplicated(["low", "high", "length", "place"], keep=False)
    keep = frame["ahead"] | ~twin
    return [row for row, wanted in zip(rows, keep, strict=True) if wanted]


def from_geopandas(edges: gpd.GeoDataFrame, *, crs: Any = None) -> WalkNetwork:
    """Take a frame of street lines that meet where their ends have the same coordinates.

    Parameters
    ----------
    edges
        (Multi)LineStrings in any stated system. Optional columns: ``length_m`` (else measured along
        the line), OSM tags such as ``highway``, ``bridge``, ``access``, and ``name``.
    crs
        Metric system to project to; by default the frame's own, or its UTM zone when it is in degrees.

    Returns
    -------
    WalkNetwork
        Ends within a millimetre of each other (in the metric system) are one node.

    Raises
    ------
    StreetsError
        If a row has no line, or a length is negative or not finite.
    CrsError
        If the frame does not say its system.
    """
    if edges.crs is None:
        raise CrsError("the street lines have no reference system; say which with set_crs, e.g. set_crs('EPSG:4326')")
    metric = _to_metric(edges, crs)
    single = metric.explode(index_parts=False) if (metric.geom_type == "MultiLineString").any() else metric
    kinds = set(single.geom_type.dropna().unique()) - {"LineString"}
    if kinds or single.geometry.isna().any() or single.geometry.is_empty.any():
        row = single.index[(single.geom_type != "LineString") | single.geometry.is_empty][0]
        raise StreetsError(f"street lines: row {row!r} has no line (found {sorted(kinds) or 'an empty one'}); drop it")
    rules = [walk_rule(_edge_tags(row)) for row in single.drop(columns=single.geometry.name).to_dict("records")]
    keep = np.array([not rule.dropped for rule in rules])
    if not keep.any():
        raise StreetsError(f"no walkable line among the {len(single)} rows")
    single, kept = single[keep], [rule for rule in rules if not rule.dropped]
    lines = shapely.force_2d(single.geometry.to_numpy())
    backward = np.array([rule.reversed for rule in kept])
    lines = np.where(backward, shapely.reverse(lines), lines)
    tips = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    at = np.rint(shapely.get_coordinates(tips) * 1000).astype(np.int64)
    _, first, node = np.unique(at, axis=0, return_index=True, return_inverse=True)
    names = single["name"].map(_first).tolist() if "name" in single else [""] * len(single)
    given = single["length_m"].to_numpy(dtype=float) if "length_m" in single else shapely.length(lines)
    return _network(
        place=gpd.GeoSeries(tips[first], crs=single.crs),
        lines=gpd.GeoSeries(lines, crs=single.crs),
        crs=single.crs,
        node_id=np.arange(len(first), dtype=np.int64),
        node_bits=np.zeros(len(first), dtype=np.uint8),
        ends=node.reshape(2, -1).T.astype(np.int64),
        length_m=given,
        way_class=np.array([rule.way_class for rule in kept], dtype=np.uint8),
        flags=np.array([rule.flags for rule in kept], dtype=np.uint16),
        names=names,
        label=("自备路网", "street lines of the user's own"),
    )


def _to_metric(layer: gpd.GeoDataFrame | gpd.GeoSeries, crs: Any) -> Any:
    if crs is not None:
        return layer.to_crs(crs)
    return layer if layer.crs.is_projected else layer.to_crs(layer.estimate_utm_crs())


def _network(
    *,
    place: gpd.GeoSeries,
    lines: gpd.GeoSeries,
    crs: Any,
    node_id: NDArray[np.int64],
    node_bits: NDArray[np.uint8],
    ends: NDArray[np.int64],
    length_m: NDArray[np.float64],
    way_class: NDArray[np.uint8],
    flags: NDArray[np.uint16],
    names: Sequence[str],
    label: tuple[str, str],
) -> WalkNetwork:
    metric_place = _to_metric(place, crs)
    metric_lines = lines.to_crs(metric_place.crs)
    x, y = metric_place.x.to_numpy(), metric_place.y.to_numpy()
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise CrsError(f"some nodes cannot be expressed in {metric_place.crs.name}; are x and y swapped?")
    length = np.where(np.isnan(length_m), metric_lines.length.to_numpy(), length_m)
    if not (np.isfinite(length) & (length >= 0)).all():
        row = int(np.flatnonzero(~(np.isfinite(length) & (length >= 0)))[0])
        raise StreetsError(f"edge {row} has length {length[row]!r}; lengths are metres, zero or more")
    known = {"": 0}
    vertex, owner = shapely.get_coordinates(metric_lines.to_numpy(), return_index=True)
    flat = WalkNetwork(
        crs=pyproj.CRS(metric_place.crs),
        node_id=node_id,
        x=x,
        y=y,
        node_flags=node_bits,
        u=ends[:, 0].astype(np.int32),
        v=ends[:, 1].astype(np.int32),
        length_mm=np.rint(length * 1000).astype(np.int64),
        way_class=way_class,
        flags=flags | _end_bits(node_bits, ends),
        name=np.array([known.setdefault(name, len(known)) for name in names], dtype=np.int32),
        names=tuple(known),
        vertex=vertex,
        vertex_start=np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(lines)))]),
        origin=Origin(label_zh=label[0], label_en=label[1]),
    )
    return canonical(flat)


def _end_bits(node_bits: NDArray[np.uint8], ends: NDArray[np.int64]) -> NDArray[np.uint16]:
    bits = np.zeros(len(ends), dtype=np.uint16)
    for column, gate, signal in (
        (0, EdgeFlag.GATE_AT_U, EdgeFlag.SIGNAL_AT_U),
        (1, EdgeFlag.GATE_AT_V, EdgeFlag.SIGNAL_AT_V),
    ):
        at = node_bits[ends[:, column]]
        bits |= ((at & NodeFlag.GATE) != 0) * np.uint16(gate) | ((at & NodeFlag.SIGNAL) != 0) * np.uint16(signal)
    return bits


def to_networkx(network: WalkNetwork) -> nx.MultiDiGraph[Any]:
    """Return an OSMnx-style ``MultiDiGraph``: both directions, ``length`` in metres, ``geometry``, ``highway``.

    Nodes are numbered as in the network; ``osmid`` holds the source's identifier. An edge that is
    walked one way only has no twin.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(crs=network.crs.to_string())
    node_columns = zip(network.node_id.tolist(), network.x.tolist(), network.y.tolist(), strict=True)
    graph.add_nodes_from((n, {"osmid": i, "x": x, "y": y}) for n, (i, x, y) in enumerate(node_columns))
    classes = [entry.name for entry in way_classes()]
    one_way = network.has(EdgeFlag.FORWARD_ONLY).tolist()
    columns = zip(
        network.u.tolist(),
        network.v.tolist(),
        network.length_m.tolist(),
        network.way_class.tolist(),
        network.name.tolist(),
        edge_lines(network),
        one_way,
        strict=True,
    )
    for edge, (u, v, length, way_class, name, line, only_forward) in enumerate(columns):
        shared = {"edge": edge, "length": length, "highway": classes[way_class], "name": network.names[name]}
        if only_forward:
            shared["oneway:foot"] = "yes"
        graph.add_edge(u, v, **shared, geometry=line, reversed=False)
        if not only_forward:
            graph.add_edge(v, u, **shared, geometry=shapely.reverse(line), reversed=True)
    return graph


def to_geopandas(network: WalkNetwork) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return ``(nodes, edges)`` frames in the network's system.

    ``nodes`` on ``node`` with ``osmid``, ``gate``, ``signal``; ``edges`` on ``edge`` with ``u``, ``v``, ``length_m``,
    ``highway``, ``name`` and one bool per flag.
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
    shown = (EdgeFlag.STEPS, EdgeFlag.BRIDGE, EdgeFlag.TUNNEL, EdgeFlag.PRIVATE, EdgeFlag.CROSSING)
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
