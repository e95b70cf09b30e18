"""Place points on a walking network: the nearest spots along edges, on the right side of the water."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import walking
from circle15.errors import CrsError, SettingError
from circle15.kernels.ragged import run_starts
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions
from circle15.model.places import DemandPoints, Facilities
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import edge_lines, islands
from circle15.network.parting import walled_off
from circle15.refusals import hint, refusal

__all__ = ["place_demand", "place_facilities", "snap"]


def snap(
    network: WalkNetwork,
    points: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    max_snap_m: float | None = None,
    barriers: gpd.GeoSeries | None = None,
) -> Positions:
    """Place points on the network: at the nearest spot along an edge, and where that may mislead at others too.

    A point hangs on every edge that is equally near (a junction, ways drawn over each other), so that no order or
    numbering decides. Where all of these belong to *detached* pieces (:func:`~circle15.network.build.islands`), the
    nearest spot of the mainland is a way on as well if its leg is little longer: a scrap of path that nothing joins
    takes no place away from the street it stands on. Not so where barred nodes are what parts the piece from the
    mainland (:func:`~circle15.network.parting.walled_off`): there the map shows a wall, and no leg goes through it.

    Parameters
    ----------
    network
        Where to.
    points
        Points in the network's reference system.
    max_snap_m
        Beyond this a point is ``far``; by default what ``walking.toml`` says (150 m).
    barriers
        Water and rail (lines or polygons, same system): an access leg must not cross them. A point
        whose nearest street lies across takes the nearest one on its own side, else it is ``far``. To
        touch a bank, to stand on a bridge and to leave the water one stands in is no crossing.

    Returns
    -------
    Positions
        Of the points, in their order.

    Raises
    ------
    CrsError
        If the points or the barriers are in another reference system.
    SettingError
        If ``max_snap_m`` is not a positive number.
    """
    rules = walking()["snap"]
    limit = float(rules["max_snap_m"]) if max_snap_m is None else float(max_snap_m)
    if not (np.isfinite(limit) and limit > 0):
        raise refusal("max_snap_m", error=SettingError, value=max_snap_m)
    place, lines = _in_system(points, network, "points"), edge_lines(network)
    walls = None
    if barriers is not None and len(barriers):
        walls = shapely.STRtree(_in_system(barriers, network, "barriers"))
    everywhere = np.full(len(place), limit)
    near = _nearest(place, lines, np.arange(network.n_edges), everywhere, walls)
    pieces, piece = islands(network), network.component[network.u]
    apart = (near.least_m < np.inf) & ~near.some(~pieces[piece])
    moved, point, edge = np.empty(0, dtype=np.int64), near.point, near.edge
    if apart.any():
        free = np.flatnonzero(apart & near.some(~walled_off(network, pieces)[piece]))
        reach_m = np.minimum(near.least_m[free] + float(rules["mainland_m"]), limit)
        ashore = _nearest(place[free], lines, np.flatnonzero(~pieces[piece]), reach_m, walls)
        moved = free[ashore.least_m < np.inf]
        point, edge = np.append(point, free[ashore.point]), np.append(edge, ashore.edge)
    status = np.where(near.least_m < np.inf, Positions.OK, Positions.FAR).astype(np.uint8)
    status[apart] = Positions.ISLAND
    status[moved] = Positions.MOVED
    return _positions(network, points.index, place, lines, status, point, edge)


def nearest_m(
    points: gpd.GeoSeries | gpd.GeoDataFrame,
    lines: NDArray[Any],
    *,
    max_m: float,
    barriers: gpd.GeoSeries | None = None,
) -> NDArray[np.float64]:
    """How far points are from the nearest of some lines, as an access leg is measured by :func:`snap`.

    Parameters
    ----------
    points
        In a metric system.
    lines
        ``object[k]`` shapely lines in the same.
    max_m
        Where nothing is nearer, the distance is infinite; so it is where all that is lies across a barrier.
    barriers
        See :func:`snap`.

    Returns
    -------
    numpy.ndarray
        ``float64[p]`` metres.
    """
    place: NDArray[Any] = points.geometry.to_numpy()
    if len(lines) == 0:
        return np.full(len(place), np.inf)
    walls = shapely.STRtree(barriers.to_numpy()) if barriers is not None and len(barriers) else None
    return _nearest(place, lines, np.arange(len(lines)), np.full(len(place), max_m), walls).least_m


def place_demand(
    network: WalkNetwork,
    points: DemandPoints,
    *,
    max_snap_m: float | None = None,
    barriers: gpd.GeoSeries | None = None,
) -> PlacedDemand:
    """Place demand points on the streets, and keep both in one value.

    Parameters
    ----------
    network
        Where to.
    points
        From :func:`circle15.demand.points.demand_points`, or your own.
    max_snap_m, barriers
        See :func:`snap`, whose errors are raised.

    Returns
    -------
    PlacedDemand
        The points with their positions, row by row; ``leg_m`` of the points is walked on top of every leg.
    """
    positions = snap(network, points.frame, max_snap_m=max_snap_m, barriers=barriers)
    leg_mm = positions.leg_mm + points.leg_mm[positions.owner]
    return PlacedDemand(points=points, positions=replace(positions, leg_mm=leg_mm))


def place_facilities(
    network: WalkNetwork,
    facilities: Facilities,
    *,
    max_snap_m: float | None = None,
    barriers: gpd.GeoSeries | None = None,
) -> PlacedFacilities:
    """Place facilities on the streets, and keep both in one value.

    Parameters
    ----------
    network
        Where to.
    facilities
        All of them, whatever is open: :meth:`~circle15.model.placed.PlacedFacilities.of` takes some of them later.
    max_snap_m, barriers
        See :func:`snap`, whose errors are raised.

    Returns
    -------
    PlacedFacilities
        The facilities with their positions, row by row.
    """
    positions = snap(network, facilities.frame, max_snap_m=max_snap_m, barriers=barriers)
    return PlacedFacilities(facilities=facilities, positions=positions)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Nearest:
    """Pairs of a point and an edge, ``int64[k]`` twice, and ``float64[p]`` how far each point's edges are (or inf)."""

    point: NDArray[np.int64]
    edge: NDArray[np.int64]
    least_m: NDArray[np.float64]

    def some(self, which: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """``bool[p]``: which points have one of some edges, ``bool[e]``, among theirs."""
        chosen = np.zeros(len(self.least_m), dtype=bool)
        chosen[self.point[which[self.edge]]] = True
        return chosen


def _nearest(
    place: NDArray[Any],
    lines: NDArray[Any],
    among: NDArray[np.int64],
    limit_m: NDArray[np.float64],
    walls: shapely.STRtree | None,
) -> _Nearest:
    """Of the edges ``among`` all that are nearest to each point, within its own limit and on its side of the walls."""
    tree, tie_m = shapely.STRtree(lines[among]), float(walking()["snap"]["tie_m"])
    least = np.full(len(place), np.inf)
    row, nearest = tree.query_nearest(place, max_distance=float(limit_m.max(initial=1.0)), all_matches=False)
    far = shapely.distance(place[row], lines[among[nearest]])
    within = far <= limit_m[row]
    row, far = row[within], far[within]
    if walls is None:
        least[row] = far
        point, edge = _dwithin(place, tree, row, far + tie_m)
    else:
        # First all that are equally near; where each leg crosses a wall, all within the limit.
        least, point, edge = _this_side(place, lines, among, walls, _dwithin(place, tree, row, far + tie_m), least)
        across = row[~np.isfinite(least[row])]
        others = _this_side(place, lines, among, walls, _dwithin(place, tree, across, limit_m[across]), least)
        least, point, edge = others[0], np.append(point, others[1]), np.append(edge, others[2])
    leg = shapely.distance(place[point], lines[among[edge]])
    kept = leg <= least[point] + tie_m
    return _Nearest(point=point[kept], edge=among[edge[kept]], least_m=least)


def _dwithin(
    place: NDArray[Any], tree: shapely.STRtree, rows: NDArray[np.int64], distance_m: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of some points all lines of a tree within a distance of each: ``(row of place, line)``."""
    query, edge = tree.query(place[rows], predicate="dwithin", distance=distance_m)
    return rows[query], edge


def _this_side(
    place: NDArray[Any],
    lines: NDArray[Any],
    among: NDArray[np.int64],
    walls: shapely.STRtree,
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    least: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """The pairs whose leg crosses no wall, and the least of their lengths by point."""
    point, edge = pairs
    leg = shapely.shortest_line(place[point], lines[among[edge]])
    free = ~_crossing(place[point], leg, walls)
    least = least.copy()
    np.minimum.at(least, point[free], shapely.length(leg[free]))
    return least, point[free], edge[free]


def _crossing(place: NDArray[Any], leg: NDArray[Any], walls: shapely.STRtree) -> NDArray[np.bool_]:
    """Which legs cross a wall: run through an area by more than the slack, or over a line.

    An area that the point itself stands in (a bridge, a pier, a rough outline of a bank) does not bind it.
    """
    slack_m = float(walking()["snap"]["leg_slack_m"])
    row, wall = walls.query(leg, predicate="intersects")
    shape = walls.geometries[wall]
    areal = shapely.get_dimensions(shape) == 2
    wet_m = shapely.length(shapely.intersection(leg[row], shape))
    through = np.where(
        areal,
        (wet_m > slack_m) & ~shapely.intersects(shape, place[row]),
        shapely.crosses(leg[row], shape) & (shapely.length(leg[row]) > slack_m),
    )
    crossing = np.zeros(len(leg), dtype=bool)
    crossing[row[through]] = True
    return crossing


def _in_system(layer: gpd.GeoSeries | gpd.GeoDataFrame, network: WalkNetwork, what: str) -> NDArray[Any]:
    """Geometries of a layer that must be in the network's reference system."""
    geometry = layer.geometry
    if geometry.crs is not None and not geometry.crs.equals(network.crs):
        raise refusal(
            "crs_differ",
            error=CrsError,
            what=hint(f"what_{what}"),
            crs=geometry.crs.name,
            other=hint("what_network"),
            theirs=network.crs.name,
        )
    shapes: NDArray[Any] = geometry.to_numpy()
    return shapes


def _positions(
    network: WalkNetwork,
    ids: pd.Index,
    place: NDArray[Any],
    lines: NDArray[Any],
    status: NDArray[np.uint8],
    point: NDArray[np.int64],
    edge: NDArray[np.int64],
) -> Positions:
    """Ways on in whole millimetres, those of a point by rising leg and then in the network's own order."""
    line, length = lines[edge], network.length_mm[edge]
    share = shapely.line_locate_point(line, place[point], normalized=True)
    offset_mm = np.clip(np.rint(share * length), 0, length).astype(np.int64)
    leg_mm = np.rint(shapely.distance(place[point], line) * 1000).astype(np.int64)
    order = np.lexsort((edge, leg_mm, point))
    return Positions(
        ids=ids,
        status=status,
        start=run_starts(point, len(place)),
        edge=edge[order].astype(np.int32),
        offset_mm=offset_mm[order],
        leg_mm=leg_mm[order],
    )
