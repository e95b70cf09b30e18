"""Candidate footbridges, underpasses and gaps in walls: single new links, and whom each would newly serve.

Two nodes are a candidate when they lie near each other, no street runs between them, and the walk is long. A link of
cost c between a and b changes the time of a home p to a service from t(p) to
``min(t(p), t(p, a) + c + D(b), t(p, b) + c + D(a))`` with D the times of nodes to their nearest facility.
A home that the link newly covers profits in one direction only: were both within the cut-off, their sum
would say that one of them was so without the link. So each direction takes one search, bounded by what is
left of the cut-off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.catalog import walking, way_classes
from circle15.errors import SettingError
from circle15.kernels import search
from circle15.kernels.costs import NEVER_MS
from circle15.kernels.threads import in_workers
from circle15.model.placed import Positions
from circle15.model.streets import EdgeFlag
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import edge_lines
from circle15.network.graph import WalkGraph, doors
from circle15.refusals import refusal

__all__ = [
    "Candidates",
    "LinkRule",
    "Served",
    "Wanting",
    "candidates",
    "crossed",
    "link_lines",
    "served",
    "with_link",
]


@dataclass(frozen=True, kw_only=True)
class LinkRule:
    """What is worth looking at as a link.

    Attributes
    ----------
    max_m
        The longest link in metres, straight.
    min_ratio, min_saving_min
        Today's walk between its ends takes at least so many times as long, and so many minutes longer.

    Raises
    ------
    SettingError
        If one of them is not a number in its range.
    """

    max_m: float = 150.0
    min_ratio: float = 3.0
    min_saving_min: float = 3.0

    def __post_init__(self) -> None:
        for key, least, most in (("max_m", 1, 1000), ("min_ratio", 1, 100), ("min_saving_min", 0, 120)):
            value = getattr(self, key)
            if not least <= value <= most:
                raise refusal("links_range", error=SettingError, key=key, value=value, least=least, most=most)


@dataclass(frozen=True, kw_only=True, eq=False)
class Wanting:
    """Whom a link may serve.

    ``lacking`` ``bool[p, s]``: which home is not covered by which service within ``limit_ms``; ``people``
    ``float64[p]`` and ``group`` ``int64[p]``: who lives there, and in which community.
    """

    limit_ms: int
    lacking: NDArray[np.bool_]
    people: NDArray[np.float64]
    group: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Possible links: end nodes ``u < v``, whole millimetres, and milliseconds to walk along."""

    u: NDArray[np.int64]
    v: NDArray[np.int64]
    length_mm: NDArray[np.int64]
    cost_ms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.u)

    def take(self, rows: NDArray[Any]) -> Candidates:
        """Those at the given rows, or where a mask is true."""
        return Candidates(u=self.u[rows], v=self.v[rows], length_mm=self.length_mm[rows], cost_ms=self.cost_ms[rows])


@dataclass(frozen=True, kw_only=True, eq=False)
class Served:
    """Whom links would newly cover: ``people`` of a ``group`` (row) in a ``service`` (column) by ``link`` (row)."""

    link: NDArray[np.int64]
    group: NDArray[np.int64]
    service: NDArray[np.int64]
    people: NDArray[np.float64]


def candidates(
    graph: WalkGraph,
    onward_ms: NDArray[np.int64],
    *,
    limit_ms: int,
    needy: NDArray[np.float64],
    rule: LinkRule,
    buildings: gpd.GeoSeries | None = None,
) -> Candidates:
    """Pairs of nodes that a link could join so that somebody's walk gets shorter.

    Parameters
    ----------
    graph
        The network as it is today, for one profile.
    onward_ms
        ``int64[s, n]`` time from each node to the nearest facility of each service, ``NEVER_MS`` if none.
    limit_ms
        The cut-off.
    needy
        ``float64[k, 2]`` where people live who lack some service: without one of them in reach a link is none.
    rule
        How long a link may be, and how long today's walk between its ends must be.
    buildings
        Links that run through one are dropped.

    Returns
    -------
    Candidates
        In the order of their nodes. None crosses a street on its way: the shorter one that meets it is among them. None
        ends at a private gate.
    """
    pairs = _pairs(graph, rule.max_m)
    pairs = pairs.take(_useful(pairs, onward_ms, limit_ms) < NEVER_MS)
    pairs = pairs.take(_near_need(graph, pairs, onward_ms, limit_ms, needy))
    pairs = pairs.take(_long_way_round(graph, pairs, rule))
    pairs = pairs.take(~_over_streets(graph.network, pairs))
    if buildings is None or not len(buildings) or not len(pairs):
        return pairs
    return pairs.take(~_through(link_lines(graph.network, pairs), buildings.to_crs(graph.network.crs).to_numpy()))


def _over_streets(network: WalkNetwork, pairs: Candidates) -> NDArray[np.bool_]:
    """Which links cross a street between their ends: one that ends there is looked at instead."""
    over = np.zeros(len(pairs), dtype=bool)
    if len(pairs):
        over[shapely.STRtree(edge_lines(network)).query(link_lines(network, pairs), predicate="crosses")[0]] = True
    return over


def _through(lines: NDArray[Any], buildings: NDArray[Any]) -> NDArray[np.bool_]:
    """Which lines run through a building by more than the slack that a leg has too."""
    tree = shapely.STRtree(buildings)
    line, wall = tree.query(lines, predicate="intersects")
    inside_m = shapely.length(shapely.intersection(lines[line], buildings[wall]))
    through = np.zeros(len(lines), dtype=bool)
    through[line[inside_m > float(walking()["snap"]["leg_slack_m"])]] = True
    return through


def _pairs(graph: WalkGraph, max_link_m: float) -> Candidates:
    """All pairs of nodes at 1 m to ``max_link_m`` from each other, in order."""
    from scipy.spatial import KDTree

    place = np.stack([graph.network.x, graph.network.y], axis=1)
    near = KDTree(place).query_pairs(max_link_m, output_type="ndarray").astype(np.int64).reshape(-1, 2)
    near = np.sort(near, axis=1)
    near = near[np.lexsort((near[:, 1], near[:, 0]))]
    near = near[~np.isin(near, graph.passages.gate).any(axis=1)]
    apart = place[near[:, 0]] - place[near[:, 1]]
    length = np.rint(np.hypot(apart[:, 0], apart[:, 1]) * 1000).astype(np.int64)
    near, length = near[length >= 1000], length[length >= 1000]
    return Candidates(u=near[:, 0], v=near[:, 1], length_mm=length, cost_ms=graph.profile.walk_ms(length))


def _onward(pairs: Candidates, onward_ms: NDArray[np.int64], limit_ms: int) -> NDArray[np.int64]:
    """Least time over the link and on to a service for which that is a gain, ``int64[2, pairs]``: from u, from v."""
    best = np.full((2, len(pairs)), NEVER_MS)
    for time in onward_ms:
        for side, (here, there) in enumerate(((pairs.u, pairs.v), (pairs.v, pairs.u))):
            over = pairs.cost_ms + time[there]
            gain = (over <= limit_ms) & (over < time[here])
            best[side] = np.where(gain, np.minimum(best[side], over), best[side])
    return best


def _useful(pairs: Candidates, onward_ms: NDArray[np.int64], limit_ms: int) -> NDArray[np.int64]:
    return _onward(pairs, onward_ms, limit_ms).min(axis=0)


def _near_need(
    graph: WalkGraph, pairs: Candidates, onward_ms: NDArray[np.int64], limit_ms: int, needy: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether somebody in need lives no farther, as the crow flies, than the cut-off leaves to walk."""
    from scipy.spatial import KDTree

    if len(needy) == 0 or len(pairs) == 0:
        return np.zeros(len(pairs), dtype=bool)
    onward, tree, found = _onward(pairs, onward_ms, limit_ms), KDTree(needy), np.zeros(len(pairs), dtype=bool)
    for side, node in enumerate((pairs.u, pairs.v)):
        rows = np.flatnonzero(onward[side] <= limit_ms)
        far, _ = tree.query(np.stack([graph.network.x[node[rows]], graph.network.y[node[rows]]], axis=1))
        # a metre of grace for lengths and times that were rounded on the way
        found[rows] |= far <= graph.profile.reach_m((limit_ms - onward[side, rows]) / 60_000) + 1.0
    return found


def _long_way_round(graph: WalkGraph, pairs: Candidates, rule: LinkRule) -> NDArray[np.bool_]:
    """Whether today's walk from v to u takes as long as that, for people of the estates that they lie in."""
    if len(pairs) == 0:
        return np.zeros(0, dtype=bool)
    saved = pairs.cost_ms + round(rule.min_saving_min * 60_000)
    least = np.maximum(np.ceil(pairs.cost_ms * rule.min_ratio).astype(np.int64), saved)
    node, origin = np.unique(pairs.u, return_inverse=True)
    seed_node, seed_cost = _from_nodes(graph, node, np.zeros(len(node), dtype=np.int64))
    limit = int(least.max()) - 1
    count, home = graph.n_nodes, graph.passages.home_node[pairs.v]

    def begin() -> Callable[[int, int], NDArray[np.bool_]]:
        work = search.Workspace(count, len(graph.head), seeds=seed_node.shape[1])

        def task(first: int, last: int) -> NDArray[np.bool_]:
            start, reached, cost = search.reach_nodes(
                graph.start, graph.head, graph.cost, seed_node, seed_cost, limit, first, last, work
            )
            key = np.repeat(np.arange(first, last), np.diff(start)) * count + reached
            order = np.argsort(key, kind="stable")
            mine = np.flatnonzero((origin >= first) & (origin < last))
            asked = origin[mine] * count + home[mine]
            place = np.minimum(np.searchsorted(key[order], asked), len(key) - 1)
            known = key[order][place] == asked
            today = np.where(known, cost[order][place].astype(np.int64), NEVER_MS)
            return today >= least[mine]

        return task

    return np.concatenate(in_workers(begin, len(node)))


def _from_nodes(
    graph: WalkGraph, node: NDArray[np.int64], cost: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Seeds ``uint32[k, 1 or 2]`` at nodes of the network, for strangers and for people of the estates around."""
    home = graph.passages.home_node[node]
    if (home == node).all():
        return node.astype(np.uint32)[:, None], cost.astype(np.uint32)[:, None]
    return np.stack([node, home], axis=1).astype(np.uint32), np.stack([cost, cost], axis=1).astype(np.uint32)


def served(
    graph: WalkGraph, links: Candidates, onward_ms: NDArray[np.int64], homes: Positions, wanting: Wanting
) -> Served:
    """People whom each link would newly cover, exactly; ``onward_ms`` as for :func:`candidates`."""
    limit_ms, lacking, people, group = wanting.limit_ms, wanting.lacking, wanting.people, wanting.group
    onward = _onward(links, onward_ms, limit_ms)
    side, link = np.nonzero(onward <= limit_ms)
    order = np.lexsort((side, link))
    side, link = side[order], link[order]
    here, there = np.where(side == 0, links.u[link], links.v[link]), np.where(side == 0, links.v[link], links.u[link])
    begin_ms = onward[side, link]
    beyond = links.cost_ms[link] + onward_ms[:, there]
    seed_node, seed_cost = _from_nodes(graph, here, begin_ms)
    few = np.flatnonzero(lacking.any(axis=1) & (people > 0) & (homes.status != Positions.FAR))
    door, services = doors(graph, homes.take(few)), len(onward_ms)
    none = np.zeros(len(link) + 1, dtype=np.int64), np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.uint32)
    groups = int(group.max(initial=-1)) + 1

    def begin() -> Callable[[int, int], tuple[NDArray[np.int64], NDArray[np.float64]]]:
        work = search.Workspace(graph.n_nodes, len(graph.head), seeds=seed_node.shape[1], points=len(few))

        def task(first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
            point, way, cost = search.reach_pairs(
                graph.start, graph.head, graph.cost, seed_node, seed_cost, limit_ms,
                door.start, door.point, door.cost, *none, len(few), first, last, work,
            )  # fmt: skip
            walk = cost.astype(np.int64) - begin_ms[way]
            total = walk + beyond[:, way]
            column, row = np.nonzero((total <= limit_ms) & lacking[few[point]].T)
            cell = (link[way[row]] * groups + group[few[point[row]]]) * services + column
            key, local = np.unique(cell, return_inverse=True)
            return key, _added(local, people[few[point[row]]], len(key))

        return task

    found = in_workers(begin, len(link))
    empty = np.empty(0, dtype=np.int64), np.empty(0)
    keys, counts = (np.concatenate(parts) for parts in zip(empty, *found, strict=True))
    key, local = np.unique(keys, return_inverse=True)
    return Served(
        link=key // (groups * services) if len(key) else key,
        group=key // services % groups if len(key) else key,
        service=key % services if len(key) else key,
        people=_added(local, counts, len(key)),
    )


def _added(cell: NDArray[np.int64], people: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.bincount(cell, weights=people, minlength=count).astype(float)


def link_lines(network: WalkNetwork, links: Candidates) -> NDArray[Any]:
    """The links as straight lines, ``object[k]``."""
    ends = np.stack([np.stack([network.x[end], network.y[end]], axis=1) for end in (links.u, links.v)], axis=1)
    return np.asarray(shapely.linestrings(ends))


def crossed(network: WalkNetwork, links: Candidates, context: Mapping[str, gpd.GeoDataFrame]) -> list[str]:
    """What each link crosses: ``water``, ``rail``, ``private`` in this order joined by ``+``, or ``open``.

    ``water`` and ``rail`` of the map layers (of a layer ``moat`` the outlines are water); ``private`` where an end
    lies on a private way or the link crosses one; ``open`` where the data know of none of these.
    """
    lines = link_lines(network, links)
    private = network.has(EdgeFlag.PRIVATE)
    known: dict[str, list[Any]] = {"water": [], "rail": [], "private": list(edge_lines(network)[private])}
    for layer, kind in (("water", "water"), ("moat", "water"), ("rail", "rail")):
        if layer in context:
            shapes = context[layer].geometry.to_crs(network.crs)
            known[kind].extend(shapes.boundary if layer == "moat" else shapes)
    told = {kind: np.zeros(len(links), dtype=bool) for kind in known}
    for kind, walls in known.items():
        if walls and len(links):
            told[kind][shapely.STRtree(walls).query(lines, predicate="intersects")[0]] = True
    return ["+".join(kind for kind in told if told[kind][row]) or "open" for row in range(len(links))]


def with_link(
    network: WalkNetwork,
    u: int,
    v: int,
    *,
    length_m: float | None = None,
    way_class: str = "footway",
    flags: EdgeFlag | int = 0,
    name: str = "",
) -> WalkNetwork:
    """The network with one more way, straight from node ``u`` to node ``v``, as its last edge.

    All other edges keep their numbers, so positions on the old network hold on the new one.
    """
    a, b = (np.array([network.x[end], network.y[end]]) for end in (u, v))
    length = float(np.hypot(*(a - b))) if length_m is None else length_m
    number = [entry.name for entry in way_classes()].index(way_class)
    names = network.names if name in network.names else (*network.names, name)
    return replace(
        network,
        u=np.append(network.u, np.int32(u)),
        v=np.append(network.v, np.int32(v)),
        length_mm=np.append(network.length_mm, round(length * 1000)),
        way_class=np.append(network.way_class, np.uint8(number)),
        flags=np.append(network.flags, np.uint16(flags)),
        name=np.append(network.name, np.int32(names.index(name))),
        names=names,
        vertex=np.concatenate([network.vertex, [a, b]]),
        vertex_start=np.append(network.vertex_start, network.vertex_start[-1] + 2),
    )
