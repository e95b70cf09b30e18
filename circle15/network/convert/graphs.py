"""Networks from and to networkx graphs as OSMnx makes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

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
    NODE_TAGS,
    StreetLines,
    as_found,
    edge_tags,
    first_value,
    known_crs,
)
from circle15.network.walk_rules import WalkRule, node_flags, walk_rule
from circle15.refusals import hint, refusal, warn_of

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["from_osmnx", "to_osmnx"]

_FLAG_TAGS = (
    (EdgeFlag.BRIDGE, "bridge", "yes"),
    (EdgeFlag.TUNNEL, "tunnel", "yes"),
    (EdgeFlag.PRIVATE, "access", "private"),
    (EdgeFlag.CROSSING, "footway", "crossing"),
    (EdgeFlag.FORWARD_ONLY, "oneway:foot", "yes"),
    (EdgeFlag.SIDEPATH, "foot", "use_sidepath"),
)


def from_osmnx(graph: nx.MultiDiGraph[Any] | nx.MultiGraph[Any], *, crs: Any = None) -> WalkNetwork:
    """Take an OSMnx-style graph: nodes with ``x``, ``y``; edges with ``length`` and, if bent, ``geometry``.

    Parameters
    ----------
    graph
        Directed or not; ``graph.graph["crs"]`` says in which system. One-way streets are walked both
        ways: of an edge and its reverse twin one is kept. Edges that stand twice (same ends, line, length, class
        and flags) count once. Edges without a ``highway`` tag are walkable.
        Where OSMnx has joined the tags of merged ways into a list, the first in the alphabet counts for
        the whole edge; a graph made with ``simplify=False`` keeps every flight of stairs apart.
        Ways and gates under conditions (``foot:conditional``) are open at any moment.
    crs
        Metric system to project to; by default the graph's own if it is metric, else its UTM zone.

    Returns
    -------
    WalkNetwork
        In canonical order, degree-2 nodes kept (see :func:`circle15.merge_chains`). ``node_id`` holds the
        nodes' ``osmid_original``, ``osmid`` or names, the first of them that are whole numbers; else their order.

    Warns
    -----
    DataQualityWarning
        Of edges that stand twice, with their number.

    Raises
    ------
    StreetsError
        If no walkable edge is left, an edge has neither length nor geometry that makes sense, or its
        length is below the straight line or many times the drawn one.
    CrsError
        If the graph does not say its system, or coordinates do not fit it.
    """
    if "crs" not in graph.graph:
        raise refusal("graph_no_crs", error=CrsError)
    ids = list(graph.nodes)
    place = _node_places(graph, ids)
    rows = _edge_rows(graph, {node: position for position, node in enumerate(ids)})
    if not rows:
        raise refusal("graph_none", error=StreetsError, count=graph.number_of_edges())
    ends = np.array([row.ends for row in rows], dtype=np.int64)
    lines = _graph_lines(rows, place, ends)
    once = _each_once(rows, lines.to_numpy(), directed=graph.is_directed())
    rows, ends, lines = [rows[k] for k in once], ends[once], lines.iloc[once]
    flags = [node_flags({k: str(graph.nodes[n][k]) for k in NODE_TAGS if k in graph.nodes[n]}) for n in ids]
    return StreetLines(
        place=place,
        node_id=_node_ids(graph, ids, flags),
        node_bits=np.array(flags, dtype=np.uint8),
        lines=lines,
        ends=ends,
        length_m=np.array([row.length_m for row in rows]),
        rules=[row.rule for row in rows],
        names=[row.name for row in rows],
        edges=[hint("edge_of_graph", u=ids[u], v=ids[v]) for u, v in ends.tolist()],
        label=("OSMnx 路网图", "OSMnx graph"),
    ).network(crs)


class _EdgeRow(NamedTuple):
    """One edge of a graph, turned so that a one-way walk runs from the first end to the second."""

    ends: tuple[int, int]
    length_m: float
    rule: WalkRule
    name: str
    backward: bool
    line: Any


def _node_places(graph: nx.MultiDiGraph[Any] | nx.MultiGraph[Any], ids: Sequence[Any]) -> gpd.GeoSeries:
    try:
        place = np.array([(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in ids], dtype=float).reshape(-1, 2)
    except KeyError as missing:
        raise refusal("graph_node_lacks", error=StreetsError, key=missing) from missing
    except (TypeError, ValueError) as error:
        raise refusal("graph_node_number", error=StreetsError, why=error) from error
    if not np.isfinite(place).all():
        node = ids[int(np.flatnonzero(~np.isfinite(place).all(axis=1))[0])]
        raise refusal("graph_node", error=StreetsError, node=node)
    return gpd.GeoSeries.from_xy(place[:, 0], place[:, 1], crs=known_crs(graph.graph["crs"]))


def _node_ids(
    graph: nx.MultiDiGraph[Any] | nx.MultiGraph[Any], ids: Sequence[Any], flags: Sequence[int]
) -> NDArray[np.int64]:
    for key in ("osmid_original", "osmid", ""):
        numbers = [graph.nodes[n].get(key, n) for n in ids]
        whole = all(isinstance(n, Integral) and abs(int(n)) < 2**63 for n in numbers)
        # A barred node has a copy for each way that ends there.
        single = [number for number, bits in zip(numbers, flags, strict=True) if not bits & NodeFlag.BARRED]
        if whole and len(set(single)) == len(single):
            return np.array([int(n) for n in numbers], dtype=np.int64)
    return np.arange(len(ids), dtype=np.int64)


def _edge_rows(graph: nx.MultiDiGraph[Any] | nx.MultiGraph[Any], number: Mapping[Any, int]) -> list[_EdgeRow]:
    """The walkable edges, in every direction that the graph has of them."""
    rows = []
    for start, end, attributes in graph.edges(data=True):
        rule = as_found(walk_rule(edge_tags(attributes)), attributes)
        if rule.dropped:
            continue
        u, v = number[start], number[end]
        # An undirected OSMnx graph remembers here which way an edge ran.
        turned = not graph.is_directed() and (attributes.get("from"), attributes.get("to")) == (end, start)
        backward = str(attributes.get("reversed")) == "True"
        against = backward and bool(rule.flags & EdgeFlag.FORWARD_ONLY)
        if (rule.reversed + turned + against) % 2:
            u, v = v, u
        name = first_value(attributes.get("name", ""))
        rows.append(_EdgeRow((u, v), _length_m(attributes), rule, name, backward, attributes.get("geometry")))
    return rows


def _graph_lines(rows: Sequence[_EdgeRow], place: gpd.GeoSeries, ends: NDArray[np.int64]) -> gpd.GeoSeries:
    """The edges' lines, from their first end to their second; straight where the graph has none."""
    points = place.to_numpy()
    straight = shapely.linestrings(shapely.get_coordinates(points)[ends])
    lines = np.array(straight, dtype=object)
    for edge, row in enumerate(rows):
        if isinstance(row.line, shapely.LineString):
            lines[edge] = row.line
        elif row.line is not None and row.line == row.line:  # NaN stands where nothing is
            raise refusal("graph_line_kind", error=StreetsError, edge=row.ends, kind=type(row.line).__name__)
    if shapely.is_empty(lines).any():
        raise refusal("graph_line_empty", error=StreetsError, edge=rows[int(shapely.is_empty(lines).argmax())].ends)
    tip = shapely.get_point(lines, 0)
    against = shapely.distance(tip, points[ends[:, 0]]) > shapely.distance(tip, points[ends[:, 1]])
    lines[against] = shapely.reverse(lines[against])
    return gpd.GeoSeries(lines, crs=place.crs)


def _length_m(attributes: Mapping[str, Any]) -> float:
    length = attributes.get("length")
    try:
        return float("nan") if length is None else float(length)
    except (TypeError, ValueError):
        raise refusal("graph_length", error=StreetsError, value=length) from None


def _each_once(rows: Sequence[_EdgeRow], lines: NDArray[np.object_], *, directed: bool) -> NDArray[np.int64]:
    """Rows that count: one of each edge and its reverse twin, and the first of edges that stand twice; warn of these.

    Named ones go first, in the order of their names: the order of the graph decides nothing.
    """
    given, normal = shapely.to_wkb(lines), shapely.to_wkb(shapely.normalize(lines))
    copies: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    keys: list[tuple[Any, ...]] = []
    for k, row in enumerate(rows):
        one_way = bool(row.rule.flags & EdgeFlag.FORWARD_ONLY)
        (u, v), mm = row.ends, round(1000 * row.length_m) if np.isfinite(row.length_m) else -1
        drawn = (given[k], u, v) if one_way else (normal[k], min(u, v), max(u, v))
        keys.append((*drawn, mm, row.rule.way_class, row.rule.flags))
        behind = directed and (row.backward if one_way or u == v else u > v)
        copies[keys[k]][behind] += 1
    seen, kept = set(), []
    single = _one_of_twins(rows) if directed else np.ones(len(rows), dtype=bool)
    for k in sorted(np.flatnonzero(single).tolist(), key=lambda k: (rows[k].name == "", rows[k].name, k)):
        if keys[k] not in seen or not lines[k].length:  # lines without a length do no harm
            seen.add(keys[k])
            kept.append(k)
    again = sum(max(count) - 1 for key, count in copies.items() if shapely.from_wkb(key[0]).length)
    if again:
        warn_of("graph_twice", stacklevel=3, count=again)
    return np.sort(np.array(kept, dtype=np.int64))


def _one_of_twins(rows: Sequence[_EdgeRow]) -> NDArray[np.bool_]:
    """Of an edge and its reverse twin keep the one from low to high; keep what has no twin: ``bool`` by row.

    Of the twins of a one-way walk the one that the source drew is kept.
    """
    same = ["low", "high", "length", "way_class", "flags", "name"]
    frame = pd.DataFrame.from_records(
        [
            (*(ends if one_way else sorted(ends)), round(1000 * length) if np.isfinite(length) else -1,
             rule.way_class, rule.flags, name, not backward if one_way or ends[0] == ends[1] else ends[0] < ends[1])
            for ends, length, rule, name, backward, _ in rows
            for one_way in (bool(rule.flags & EdgeFlag.FORWARD_ONLY),)
        ],
        columns=[*same, "ahead"],
    )  # fmt: skip
    place = frame.groupby([*same, "ahead"], sort=False).cumcount()
    twin = frame.assign(place=place).duplicated([*same, "place"], keep=False)
    return np.asarray(frame["ahead"] | ~twin)


def to_osmnx(network: WalkNetwork) -> nx.MultiDiGraph[Any]:
    """Return an OSMnx-style ``MultiDiGraph``: both directions, ``length`` in metres, ``geometry``, ``highway``.

    Nodes are numbered as in the network; ``osmid_original`` holds the source's identifier. Gates, signals, bridges,
    private ways and the like are OSM tags again, so that :func:`from_osmnx` finds the same walking
    times. An edge that is walked one way only has no twin. Edges that a field check found closed, or confirmed,
    have ``closed`` or ``confirmed`` True: a path finder of your own must not walk through closed ones. A node that
    nobody passes is one node for each way that ends there. Opening hours of ways do not come along.

    Parameters
    ----------
    network
        A walking network.

    Returns
    -------
    networkx.MultiDiGraph
        A new graph.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(crs=network.crs.to_string())
    nodes = (network.node_id.tolist(), network.x.tolist(), network.y.tolist(), network.node_flags.tolist())
    graph.add_nodes_from(
        (n, {"osmid_original": osmid, "x": x, "y": y, **_node_tags(bits)})
        for n, (osmid, x, y, bits) in enumerate(zip(*nodes, strict=True))
    )
    columns = zip(
        network.u.tolist(),
        network.v.tolist(),
        network.length_m.tolist(),
        network.way_class.tolist(),
        network.flags.tolist(),
        network.name.tolist(),
        edge_lines(network),
        strict=True,
    )
    for edge, (u, v, length, way_class, flags, name, line) in enumerate(columns):
        shared = {"edge": edge, "length": length, "name": network.names[name], **_way_tags(way_class, flags)}
        shared |= {name: True for name, flag in FIELD_FLAGS.items() if flags & flag}
        graph.add_edge(u, v, **shared, geometry=line, reversed=False)
        if not flags & EdgeFlag.FORWARD_ONLY:
            graph.add_edge(v, u, **shared, geometry=shapely.reverse(line), reversed=True)
    return graph


def _node_tags(bits: int) -> dict[str, str]:
    """The OSM tags that :func:`node_flags` reads these bits from."""
    tags = {"barrier": "gate"} if bits & NodeFlag.GATE else {}
    if bits & NodeFlag.BARRED:
        tags |= {"barrier": tags.get("barrier", "yes"), "access": "no"}
    elif bits & NodeFlag.PRIVATE:
        tags |= {"access": "private"} | ({"locked": "yes"} if bits & NodeFlag.LOCKED else {})
    elif bits & NodeFlag.OPEN:
        tags |= {"access": "yes"}
    if bits & NodeFlag.CROSSING:
        tags["highway"] = "crossing"
        if bits & NodeFlag.SIGNAL:
            tags["crossing"] = "traffic_signals"
    elif bits & NodeFlag.SIGNAL:
        tags["highway"] = "traffic_signals"
    return tags


def _way_tags(way_class: int, flags: int) -> dict[str, str]:
    """The OSM tags that :func:`walk_rule` reads this class and these flags from."""
    kind = way_classes()[way_class]
    tags = {"highway": "steps" if flags & EdgeFlag.STEPS else kind.name}
    tags |= {tag: value for flag, tag, value in _FLAG_TAGS if flags & flag}
    if not kind.walk:
        tags["foot"] = "private" if flags & EdgeFlag.PRIVATE else "yes"
    return tags
