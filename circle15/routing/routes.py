"""Walks to the nearest facility -> the very way, street by street: the evidence behind a verdict.

A way is read off the search that gave its time: from the home on along arcs that each cost exactly what
the time falls by, until a facility's own street. So its minutes are those of the verdict, to the
millisecond, and no second path finder can disagree.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import services as known_services
from circle15.errors import InputError
from circle15.kernels import search
from circle15.kernels.costs import MAX_MS, NEVER_MS
from circle15.kernels.ragged import first_of_each, least_of_each, order_by_id, rank_by_id
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions
from circle15.model.verdicts import Routes
from circle15.network.build import ragged_take
from circle15.network.graph import WalkGraph, near_pairs, placed_ends, seed_ways, seeds, to_ends
from circle15.refusals import refusal

__all__ = ["route", "routes"]

_DIRECT, _BY_U, _BY_V = 0, 1, 2
_COLUMNS = ("point_id", "facility_id", "minutes", "metres", "straight_m", "edges")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Field:
    """One search from all of some sites: ``cost`` and ``onward`` by node; ``seed_at`` the seed that a way ends at.

    Seeds are counted along the rows of :func:`~circle15.network.graph.seeds`, ``width`` to a site.
    """

    cost: NDArray[np.uint32]
    onward: NDArray[np.uint32]
    seed_at: NDArray[np.int64]
    width: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Choice:
    """How each home sets out: time in ms (``NEVER_MS``: no way), straight along an edge or by which end of it.

    ``way`` counts the home's own ways on from 0; ``site`` and ``site_way`` (a row of the sites' ways on) are known
    here only of those who walk straight, else -1.
    """

    cost_ms: NDArray[np.int64]
    by: NDArray[np.int8]
    way: NDArray[np.int64]
    site: NDArray[np.int64]
    site_way: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> _Choice:
        """Those of some homes."""
        return _Choice(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pieces:
    """Stretches of edges, walk after walk in walking order: which walk, which edge, from and to which mm of it."""

    walk: NDArray[np.int64]
    edge: NDArray[np.int64]
    from_mm: NDArray[np.int64]
    to_mm: NDArray[np.int64]


def routes(graph: WalkGraph, demand: PlacedDemand, facilities: PlacedFacilities) -> Routes:
    """The typical walk of each community to each listed service.

    The typical home is the weighted median of those who can walk there: the nearest home by which half of the
    community's people aged 60 and over (of all residents where nobody is 60+) have arrived.

    Parameters
    ----------
    graph
        From :func:`circle15.network.graph.walk_graph`.
    demand, facilities
        Of equally near facilities on one street corner the lowest id is told.

    Returns
    -------
    Routes
        Minutes equal :func:`circle15.routing.nearest.nearest_times` exactly.
    """
    homes, order = demand.positions, order_by_id(facilities.ids)
    services = [key for key in known_services(facilities.pack_services) if key in facilities.listed]
    tables = []
    for service, offered in zip(services, facilities.offer_matrix(services).T, strict=True):
        rows = order[offered[order]]
        ends = facilities.positions.take(rows)
        field = _search(graph, ends)
        choice = _choices(graph, homes, ends, field)
        typical = _typical(demand, choice.cost_ms)
        if len(typical):
            frame = _walks(graph, homes.take(typical), ends, field, choice.take(typical))
            frame["community_id"] = demand.frame["community_id"].to_numpy()[typical]
            frame["service"] = service
            frame["point_id"] = demand.ids.to_numpy()[typical]
            site = rows[frame.pop("site").to_numpy()]
            frame["facility_id"] = facilities.ids.to_numpy()[site]
            home, door = demand.frame.geometry.iloc[typical], facilities.frame.geometry.iloc[site]
            frame["straight_m"] = shapely.distance(home.to_numpy(), door.to_numpy())
            tables.append(frame)
    if not tables:
        return Routes()
    table = pd.concat(tables).set_index(["community_id", "service"]).sort_index()
    return Routes(frame=gpd.GeoDataFrame(table[[*_COLUMNS, "geometry"]], geometry="geometry", crs=graph.network.crs))


def route(
    graph: WalkGraph, demand: Positions, facilities: Positions, *, point_id: Hashable, facility_id: Hashable
) -> pd.Series:
    """The walk from one home to one facility, not its nearest perhaps.

    Parameters
    ----------
    graph
        From :func:`circle15.network.graph.walk_graph`.
    demand, facilities
        From :func:`circle15.network.snap.snap`; ``positions`` of placed values.
    point_id, facility_id
        Ids of the home and of the facility.

    Returns
    -------
    pandas.Series
        ``minutes``, ``metres`` (both legs included), ``edges`` and ``geometry``, as in
        :class:`~circle15.model.Routes`.

    Raises
    ------
    InputError
        If one of the ids is not there, or there is no way between them.

    Examples
    --------
    The walk of the first home to the facility ``f1`` of an analysis, as a line:

    .. code-block:: python

        graph = walk_graph(result.city.network, result.profile)
        places = result.demand.positions, result.facilities.positions
        walk = route(graph, *places, point_id=result.demand.ids[0], facility_id="f1")
    """
    begin, end = _only(demand, point_id, "point"), _only(facilities, facility_id, "facility")
    field = _search(graph, end)
    choice = _choices(graph, begin, end, field)
    if choice.cost_ms[0] >= NEVER_MS:
        raise refusal("route_none", error=InputError, point=point_id, facility=facility_id)
    return _walks(graph, begin, end, field, choice).drop(columns="site").iloc[0]


def _only(positions: Positions, key: Hashable, what: str) -> Positions:
    """The position of one id."""
    rows = np.flatnonzero(positions.ids == key)
    if len(rows) != 1:
        raise refusal("position_id", error=InputError, what=what, key=key, count=len(rows))
    return positions.take(rows)


def _search(graph: WalkGraph, sites: Positions) -> _Field:
    node, cost = seeds(graph, sites)
    width, node, cost = node.shape[1], node.ravel(), cost.ravel()
    distance, onward = search.nearest_arcs(graph.start, graph.head, graph.cost, node, cost, MAX_MS)
    ends = (cost != search.NO_COST) & (cost == distance[node])
    seed_at = np.full(len(distance), len(node), dtype=np.int64)
    np.minimum.at(seed_at, node[ends], np.flatnonzero(ends))
    return _Field(cost=distance, onward=onward, seed_at=seed_at, width=width)


def _choices(graph: WalkGraph, homes: Positions, sites: Positions, field: _Field) -> _Choice:
    """The quickest way to set out; of equally quick ones straight along, then by the first way on, by its u end."""
    ends = placed_ends(graph, homes)
    onward, count = field.cost.astype(np.int64), len(homes)
    cost, way, by = np.full(count, NEVER_MS), np.zeros(count, dtype=np.int64), np.full(count, _BY_U, dtype=np.int8)
    to_u, to_v = to_ends(graph, ends)
    by_u, by_v = onward[ends.u] + to_u, onward[ends.v] + to_v
    placed = np.flatnonzero(homes.ways)
    cost[placed], first = least_of_each(np.minimum(by_u, by_v), homes.start[placed])
    way[placed], by[placed] = first - homes.start[placed], np.where(by_v[first] < by_u[first], _BY_V, _BY_U)
    near = near_pairs(graph, sites, homes)
    owner = np.repeat(np.arange(len(sites)), np.diff(near.start))
    order = np.lexsort((near.site_way, near.point_way, owner, near.cost, near.point))
    best = order[first_of_each(near.point[order])]
    best = best[near.cost[best] <= cost[near.point[best]]]
    point = near.point[best].astype(np.int64)
    site, site_way = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    cost[point], by[point], way[point] = near.cost[best], _DIRECT, near.point_way[best] - homes.start[point]
    site[point], site_way[point] = owner[best], near.site_way[best]
    return _Choice(cost_ms=np.minimum(cost, NEVER_MS), by=by, way=way, site=site, site_way=site_way)


def _typical(demand: PlacedDemand, cost_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of the typical homes, one for each community where somebody arrives."""
    weight = demand.points.weight(cost_ms < NEVER_MS)
    order = np.lexsort((rank_by_id(demand.ids), cost_ms, demand.points.community))
    order = order[weight[order] > 0]
    group, load = demand.points.community[order], weight[order]
    running, whole = np.cumsum(load), demand.points.community_sums(weight)
    before = np.concatenate([[0.0], np.cumsum(whole)])[group]
    half = np.flatnonzero(running - before >= whole[group] / 2 - 1e-9)
    return order[half[first_of_each(group[half])]]


def _walks(graph: WalkGraph, homes: Positions, sites: Positions, field: _Field, choice: _Choice) -> gpd.GeoDataFrame:
    """Each home's walk: ``site`` (row of ``sites``), ``minutes``, ``metres``, ``edges`` and the line."""
    home_way = homes.start[:-1] + choice.way
    pieces, site, site_way = _pieces(graph, homes, sites, field, choice)
    count = len(homes)
    stretch = np.bincount(pieces.walk, weights=np.abs(pieces.to_mm - pieces.from_mm), minlength=count)
    edges = np.split(pieces.edge, np.searchsorted(pieces.walk, np.arange(1, count)))
    return gpd.GeoDataFrame(
        {
            "site": site,
            "minutes": choice.cost_ms / 60_000.0,
            "metres": (stretch + homes.leg_mm[home_way] + sites.leg_mm[site_way]) / 1000,
            "edges": [tuple(map(int, walked)) for walked in edges],
        },
        geometry=_lines(graph, pieces, count),
        crs=graph.network.crs,
    )


def _pieces(
    graph: WalkGraph, homes: Positions, sites: Positions, field: _Field, choice: _Choice
) -> tuple[_Pieces, NDArray[np.int64], NDArray[np.int64]]:
    """The stretches of every walk, and the site and its way on where each ends."""
    ways, length = graph.passages, graph.network.length_mm
    first = graph.start.astype(np.int64)
    fan = first[1:] - first[:-1]
    tail = np.repeat(np.arange(graph.n_nodes), fan)  # an arc leads to its tail
    home_way, walk = homes.start[:-1] + choice.way, np.arange(len(homes))
    edge, ends = homes.edge[home_way].astype(np.int64), placed_ends(graph, homes)
    straight = choice.by == _DIRECT
    node = np.where(choice.by == _BY_U, ends.u[home_way], ends.v[home_way])
    begin = np.where(choice.by == _BY_U, 0, length[edge])
    begin[straight] = sites.offset_mm[choice.site_way[straight]]
    pieces = [np.stack([walk, edge, homes.offset_mm[home_way], begin])]
    left = walk[~straight]
    while True:  # all walks go one arc farther at a time
        left = left[field.onward[node[left]] != search.NO_ARC]
        if len(left) == 0:
            break
        arc = field.onward[node[left]]
        street = graph.edge[arc] < len(length)  # or the way out of an estate, which is no street
        walker, along = left[street], graph.edge[arc[street]].astype(np.int64)
        ahead = (ways.u[along] == node[walker]) | (ways.home_u[along] == node[walker])
        pieces.append(np.stack([walker, along, np.where(ahead, 0, length[along]), np.where(ahead, length[along], 0)]))
        node[left] = tail[arc]
    seed = field.seed_at[node[~straight]]
    site, site_way = choice.site.copy(), choice.site_way.copy()
    site[~straight] = seed // field.width
    way, by_u = seed_ways(sites, seed % field.width)
    site_way[~straight] = sites.start[site[~straight]] + way
    last = sites.edge[site_way[~straight]].astype(np.int64)
    enter = np.where(by_u, 0, length[last])
    pieces.append(np.stack([walk[~straight], last, enter, sites.offset_mm[site_way[~straight]]]))
    table = np.concatenate(pieces, axis=1)
    walked, edges, from_mm, to_mm = table[:, np.argsort(table[0], kind="stable")]
    return _Pieces(walk=walked, edge=edges, from_mm=from_mm, to_mm=to_mm), site, site_way


def _lines(graph: WalkGraph, pieces: _Pieces, count: int) -> NDArray[Any]:
    """The line of each walk: for each piece where it begins, the bends passed, and where it ends."""
    if count == 0:
        return np.empty(0, dtype=object)
    network = graph.network
    whole = np.maximum(network.length_mm[pieces.edge], 1)
    against = pieces.from_mm > pieces.to_mm
    begin, end = np.where(
        against, 1 - np.stack([pieces.from_mm, pieces.to_mm]) / whole, [pieces.from_mm, pieces.to_mm] / whole
    )
    position, start = ragged_take(network.vertex_start, pieces.edge, against)
    owner = np.repeat(np.arange(len(whole)), start[1:] - start[:-1])
    bend = network.vertex[position]
    streets = shapely.linestrings(bend, indices=owner)
    share = _shares(bend, start, owner)
    passed = (share > begin[owner]) & (share < end[owner])
    tips = [
        shapely.get_coordinates(shapely.line_interpolate_point(streets, at, normalized=True)) for at in (begin, end)
    ]
    number = np.arange(len(whole))
    piece = np.concatenate([number, owner[passed], number])
    order = np.argsort(piece, kind="stable")
    place = np.concatenate([tips[0], bend[passed], tips[1]])[order]
    walks = shapely.linestrings(place, indices=pieces.walk[piece[order]])
    return np.asarray(shapely.remove_repeated_points(walks, 0.0))


def _shares(bend: NDArray[np.float64], start: NDArray[np.int64], owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """How far along its line each vertex stands, from 0 to 1."""
    ahead = np.diff(bend, axis=0, prepend=bend[:1])
    step = np.hypot(ahead[:, 0], ahead[:, 1])
    step[start[:-1]] = 0.0
    along = np.cumsum(step)
    along -= along[start[:-1]][owner]
    return along / np.maximum(along[start[1:] - 1], 1e-9)[owner]
