"""Streets -> walking network: build, merge chains, clip.

The building blocks are pure: streets or network in, a new network out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.catalog import walking, way_classes
from circle15.errors import CrsError, StreetsError
from circle15.kernels.chains import trace_chains
from circle15.kernels.ragged import ranges
from circle15.model.metric import HALF_ROUND_DEG, check_stretched, transformer, utm_crs, why_unfit
from circle15.model.streets import EdgeFlag, NodeFlag, Streets
from circle15.model.walk_network import WalkNetwork
from circle15.network.parting import barred_nodes, part_barred
from circle15.refusals import refusal

__all__ = [
    "build_network",
    "canonical",
    "clip_network",
    "edge_lines",
    "edges_only",
    "end_flags",
    "islands",
    "merge_chains",
    "ragged_take",
]

_MERGE_BARRED = EdgeFlag.FORWARD_ONLY


def build_network(streets: Streets, *, crs: Any = None, reach: shapely.Geometry | None = None) -> WalkNetwork:
    """Turn street ways into a walking network with merged degree-2 chains.

    Parameters
    ----------
    streets
        Ways over shared nodes, WGS 84.
    crs
        Metric reference system; by default the UTM zone of the streets.
    reach
        Keep only edges that touch this polygon (in ``crs``): the study area with its buffer.

    Returns
    -------
    WalkNetwork
        Lengths are planar in ``crs`` (in a UTM zone within 0.1 % of the ground). Every component is kept.

    Raises
    ------
    StreetsError
        If nothing walkable is left, or nobody passes any node.
    CrsError
        If ``crs`` is not metric or the streets do not lie in its area of use, or no UTM zone holds them; or if it is
        more than 1 % untrue to length where the streets lie.

    Warns
    -----
    DataQualityWarning
        If it is more than 0.3 % untrue to length there.
    """
    try:
        crs = pyproj.CRS.from_user_input(crs) if crs is not None else _utm(streets)
    except pyproj.exceptions.CRSError as error:
        raise refusal("crs_metric", error=CrsError, crs=crs) from error
    unfit = why_unfit(crs)
    if unfit:
        raise refusal("build_crs", error=CrsError, crs=crs.name, why=unfit)
    x, y = transformer("EPSG:4326", crs).transform(streets.lon, streets.lat)
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(y))):
        raise refusal("streets_outside_crs", error=CrsError, crs=crs.name)
    first = np.delete(np.arange(len(streets.way_node)), streets.way_start[1:] - 1)
    a, b = streets.way_node[first], streets.way_node[first + 1]
    way = np.repeat(np.arange(streets.n_ways), np.diff(streets.way_start) - 1)
    real = a != b
    a, b, way = a[real].astype(np.int32), b[real].astype(np.int32), way[real]
    if len(a) == 0:
        raise refusal("streets_none", error=StreetsError, streets=(streets.origin.label_zh, streets.origin.label_en))
    flags = streets.way_flags[way] | end_flags(streets.node_flags, streets.way_class[way], a, b)
    segments = WalkNetwork(
        crs=crs,
        node_id=streets.node_id,
        x=x,
        y=y,
        node_flags=streets.node_flags,
        u=a,
        v=b,
        length_mm=np.rint(np.hypot(x[a] - x[b], y[a] - y[b]) * 1000).astype(np.int64),
        way_class=streets.way_class[way],
        flags=flags,
        name=streets.way_name[way],
        names=streets.names,
        vertex=np.stack([np.stack([x[a], y[a]], 1), np.stack([x[b], y[b]], 1)], axis=1).reshape(-1, 2),
        vertex_start=np.arange(0, 2 * len(a) + 1, 2),
        origin=streets.origin,
        hours=streets.hours.renumbered(ways=streets.hours.codes(streets.n_ways)[way]),
    )
    check_stretched(crs, np.column_stack([x, y]))
    network = merge_chains(part_barred(segments))
    return clip_network(network, reach) if reach is not None else network


def _utm(streets: Streets) -> pyproj.CRS:
    """The UTM zone of the middle street."""
    if np.ptp(streets.lon) > HALF_ROUND_DEG:
        raise refusal("antimeridian", error=CrsError)
    middle = gpd.GeoSeries.from_xy([float(np.median(streets.lon))], [float(np.median(streets.lat))], crs="EPSG:4326")
    return utm_crs(middle)


def end_flags(
    node_flags: NDArray[np.uint8],
    way_class: NDArray[np.uint8],
    a: NDArray[np.int32],
    b: NDArray[np.int32],
) -> NDArray[np.uint16]:
    """Gate and signal bits of each segment's two ends.

    A signalled *crossing* delays only those who cross: its node lies on the carriageway too, where
    somebody who walks along the road passes it freely. So only ways for people on foot are charged there.
    """
    on_foot = np.array([entry.rank == 0 for entry in way_classes()])[way_class]
    flags = np.zeros(len(a), dtype=np.uint16)
    for node, signal_bit, gate_bit in (
        (a, EdgeFlag.SIGNAL_AT_U, EdgeFlag.GATE_AT_U),
        (b, EdgeFlag.SIGNAL_AT_V, EdgeFlag.GATE_AT_V),
    ):
        bits = node_flags[node]
        crossing = (bits & NodeFlag.CROSSING) != 0
        signal = ((bits & NodeFlag.SIGNAL) != 0) & (on_foot | ~crossing)
        gate = (bits & NodeFlag.GATE) != 0
        flags |= (signal * np.uint16(signal_bit) + gate * np.uint16(gate_bit)).astype(np.uint16)
    return flags


def merge_chains(network: WalkNetwork) -> WalkNetwork:
    """Merge edges that meet in a node of degree two, are of one kind, and have no gate or signal there.

    Geometry and length are kept whole; walking times do not change by more than rounding to a
    millisecond. Nodes without an edge disappear. The result is in canonical order, whatever the input's.

    Parameters
    ----------
    network
        A walking network, merged already or not.

    Returns
    -------
    WalkNetwork
        A new one; the given network stays as it is.

    Raises
    ------
    StreetsError
        If there is no edge.
    """
    if network.n_edges == 0:
        raise refusal("network_empty", error=StreetsError)
    u, v = network.u, network.v
    kind = _edge_kind(network)
    degree = np.bincount(u, minlength=network.n_nodes) + np.bincount(v, minlength=network.n_nodes)
    low = np.full(network.n_nodes, np.iinfo(np.int64).max)
    high = np.full(network.n_nodes, -1)
    for end in (u, v):
        np.minimum.at(low, end, kind)
        np.maximum.at(high, end, kind)
    plain = (network.node_flags & np.uint8(NodeFlag.GATE | NodeFlag.SIGNAL)) == 0
    barred = np.zeros(network.n_nodes, dtype=bool)
    loops = (u == v) | network.has(_MERGE_BARRED)
    barred[u[loops]] = barred[v[loops]] = True
    inner = (degree == 2) & (low == high) & plain & ~barred
    piece, against, start = trace_chains(u, v, inner)
    vertex, vertex_start = _join_lines(network, piece, against, start)
    head, tail = piece[start[:-1]], piece[start[1:] - 1]
    begin = np.where(against[start[:-1]], v[head], u[head])
    end = np.where(against[start[1:] - 1], u[tail], v[tail])
    flags = _chain_flags(network, head, tail, against[start[:-1]], against[start[1:] - 1])
    return canonical(
        replace(
            network,
            u=begin,
            v=end,
            length_mm=np.add.reduceat(network.length_mm[piece], start[:-1]),
            way_class=network.way_class[head],
            flags=flags,
            name=network.name[head],
            vertex=vertex,
            vertex_start=vertex_start,
            hours=network.hours.renumbered(ways=network.hours.codes(network.n_edges)[head]),
        )
    )


_ENDS = EdgeFlag.GATE_AT_U | EdgeFlag.GATE_AT_V | EdgeFlag.SIGNAL_AT_U | EdgeFlag.SIGNAL_AT_V


def _edge_kind(network: WalkNetwork) -> NDArray[np.int64]:
    """One number per edge; edges of one chain must share it (hours, class, flags apart from the ends, name)."""
    body = (network.flags & ~np.uint16(_ENDS)).astype(np.int64)
    hours = network.hours.codes(network.n_edges).astype(np.int64)
    return (hours << 55) | (network.name.astype(np.int64) << 24) | (network.way_class.astype(np.int64) << 16) | body


def _swap_ends(flags: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The flags of edges turned round: what stood at u stands at v."""
    swapped = flags & ~np.uint16(_ENDS)
    for at_u, at_v in ((EdgeFlag.GATE_AT_U, EdgeFlag.GATE_AT_V), (EdgeFlag.SIGNAL_AT_U, EdgeFlag.SIGNAL_AT_V)):
        swapped |= ((flags & np.uint16(at_u)) != 0) * np.uint16(at_v) | ((flags & np.uint16(at_v)) != 0) * np.uint16(
            at_u
        )
    return swapped


def _chain_flags(
    network: WalkNetwork,
    head: NDArray[np.int32],
    tail: NDArray[np.int32],
    head_against: NDArray[np.bool_],
    tail_against: NDArray[np.bool_],
) -> NDArray[np.uint16]:
    at_u = np.uint16(EdgeFlag.GATE_AT_U | EdgeFlag.SIGNAL_AT_U)
    at_v = np.uint16(EdgeFlag.GATE_AT_V | EdgeFlag.SIGNAL_AT_V)
    first = np.where(head_against, _swap_ends(network.flags[head]), network.flags[head])
    last = np.where(tail_against, _swap_ends(network.flags[tail]), network.flags[tail])
    return ((first & ~np.uint16(_ENDS)) | (first & at_u) | (last & at_v)).astype(np.uint16)


def ragged_take(
    start: NDArray[np.int64], rows: NDArray[np.integer[Any]], against: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the items of ragged ``rows``, each run forwards or backwards; and the new starts."""
    size = np.diff(start)[rows]
    row, forward = ranges(start[rows], size)
    backward = (start[rows] + start[rows + 1] - 1)[row] - forward
    return np.where(against[row], backward, forward), np.concatenate([[0], np.cumsum(size)])


def _join_lines(
    network: WalkNetwork, piece: NDArray[np.int32], against: NDArray[np.bool_], start: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Lines of the chains: the pieces' vertices in order, shared ones once."""
    position, piece_start = ragged_take(network.vertex_start, piece, against)
    keep = np.ones(len(position), dtype=bool)
    inside = np.ones(len(piece), dtype=bool)
    inside[start[:-1]] = False
    keep[piece_start[:-1][inside]] = False
    kept_before = np.concatenate([[0], np.cumsum(keep)])
    return network.vertex[position[keep]], kept_before[piece_start[start]]


def canonical(network: WalkNetwork) -> WalkNetwork:
    """Renumber nodes along a Hilbert curve, turn edges from low to high, and sort them.

    Nodes without an edge disappear. Two networks with the same streets become equal, whatever the order
    and direction in which their edges were given.
    """
    used = np.unique(np.concatenate([network.u, network.v]))
    points = gpd.GeoSeries.from_xy(network.x[used], network.y[used], crs=network.crs)
    curve = points.hilbert_distance(level=16).to_numpy()
    tie = _copies(network)[used]
    used = used[np.lexsort((tie, network.node_id[used], network.y[used], network.x[used], curve))]
    new = np.full(network.n_nodes, -1, dtype=np.int32)
    new[used] = np.arange(len(used), dtype=np.int32)
    u, v = new[network.u], new[network.v]
    second, last = network.vertex[network.vertex_start[:-1] + 1], network.vertex[network.vertex_start[1:] - 2]
    unlike = np.where(second[:, 0] != last[:, 0], second[:, 0] > last[:, 0], second[:, 1] > last[:, 1])
    turn = np.where(u == v, unlike, u > v) & ~network.has(EdgeFlag.FORWARD_ONLY)
    u, v = np.where(turn, v, u), np.where(turn, u, v)
    flags = np.where(turn, _swap_ends(network.flags), network.flags)
    second = np.where(turn[:, None], last, second)
    names, name = _sorted_names(network)
    order = np.lexsort((name, flags, second[:, 1], second[:, 0], network.length_mm, network.way_class, v, u))
    position, start = ragged_take(network.vertex_start, order, turn[order])
    return replace(
        network,
        node_id=network.node_id[used],
        x=network.x[used],
        y=network.y[used],
        node_flags=network.node_flags[used],
        hours=network.hours.renumbered(
            ways=network.hours.codes(network.n_edges)[order], nodes=network.hours.node_codes(network.n_nodes)[used]
        ),
        u=u[order].astype(np.int32),
        v=v[order].astype(np.int32),
        length_mm=network.length_mm[order],
        way_class=network.way_class[order],
        flags=flags[order].astype(np.uint16),
        name=name[order].astype(np.int32),
        names=names,
        vertex=network.vertex[position],
        vertex_start=start,
    )


def _sorted_names(network: WalkNetwork) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The names of a network's edges in order, the empty one first, and for each edge its place among them."""
    used = {network.names[place] for place in np.unique(network.name)} | {""}
    names = tuple(sorted(used))
    place = {name: number for number, name in enumerate(names)}
    return names, np.array([place.get(name, 0) for name in network.names], dtype=np.int64)[network.name]


def _copies(network: WalkNetwork) -> NDArray[np.int64]:
    """``int64[n]``: an order among the copies of one barred node, by the street that ends at each; 0 for others."""
    rank = np.zeros(network.n_nodes, dtype=np.int64)
    barred = barred_nodes(network)
    ends = np.concatenate([network.u, network.v])
    at = np.flatnonzero(barred[ends])
    if len(at) == 0:
        return rank
    edge = at % network.n_edges
    at_u = (at < network.n_edges)[:, None]
    first, second, before, last = (
        network.vertex[row]
        for row in (
            network.vertex_start[:-1][edge], network.vertex_start[:-1][edge] + 1,
            network.vertex_start[1:][edge] - 2, network.vertex_start[1:][edge] - 1,
        )
    )  # fmt: skip
    near, far = np.where(at_u, second, before), np.where(at_u, last, first)
    street = (network.flags[edge], network.way_class[edge], network.length_mm[edge])
    order = np.lexsort((*street, far[:, 1], far[:, 0], near[:, 1], near[:, 0]))
    rank[ends[at[order]]] = np.arange(len(at))
    return rank


def clip_network(network: WalkNetwork, reach: shapely.Geometry) -> WalkNetwork:
    """Keep the edges that touch ``reach`` (whole: an edge is never cut), in canonical order.

    Raises
    ------
    StreetsError
        If no edge touches it: the streets are of another place.
    """
    shapely.prepare(reach)
    lines = edge_lines(network)
    keep = shapely.intersects(lines, reach)
    if not keep.any():
        west, south, east, north = shapely.bounds(reach)
        raise refusal(
            "area_streetless",
            error=StreetsError,
            box=f"{west:.0f}, {south:.0f}, {east:.0f}, {north:.0f}",
            crs=network.crs.name,
        )
    return canonical(edges_only(network, keep))


def edges_only(network: WalkNetwork, keep: NDArray[np.bool_]) -> WalkNetwork:
    """The network with some of its edges, in their order, and all of its nodes."""
    rows = np.flatnonzero(keep)
    position, start = ragged_take(network.vertex_start, rows, np.zeros(len(rows), dtype=bool))
    return replace(
        network,
        u=network.u[rows],
        v=network.v[rows],
        length_mm=network.length_mm[rows],
        way_class=network.way_class[rows],
        flags=network.flags[rows],
        name=network.name[rows],
        vertex=network.vertex[position],
        vertex_start=start,
        hours=network.hours.renumbered(ways=network.hours.codes(network.n_edges)[rows]),
    )


def edge_lines(network: WalkNetwork) -> NDArray[Any]:
    """The edges as shapely lines, ``object[e]``, each from its u end to its v end."""
    if network.n_edges == 0:
        return np.empty(0, dtype=object)
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    return np.asarray(shapely.linestrings(network.vertex, indices=owner))


def islands(network: WalkNetwork) -> NDArray[np.bool_]:
    """Which components are islands, ``bool[c]``: apart from the longest, those below the limits of ``walking.toml``."""
    rule = walking()["snap"]
    mainland_km = float(network.component_km[0]) if len(network.component_km) else 0.0
    small = network.component_km < max(float(rule["island_km"]), float(rule["island_share"]) * mainland_km)
    small[:1] = False
    return small
