"""Place points on a walking network: the nearest spot along an edge, on the right side of the water."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import walking
from circle15.errors import CrsError, SettingError
from circle15.kernels.ragged import first_of_each
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions
from circle15.model.places import DemandPoints, Facilities
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import edge_lines, islands
from circle15.refusals import hint, refusal

__all__ = ["place_demand", "place_facilities", "snap"]


def snap(
    network: WalkNetwork,
    points: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    max_snap_m: float | None = None,
    barriers: gpd.GeoSeries | None = None,
) -> Positions:
    """Place points on the nearest spot along an edge.

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
        Of the points, in their order. Ties go to the edge that comes first in the network's own order.

    Raises
    ------
    CrsError
        If the points or the barriers are in another reference system.
    SettingError
        If ``max_snap_m`` is not a positive number.
    """
    limit = float(walking()["snap"]["max_snap_m"]) if max_snap_m is None else float(max_snap_m)
    if not (np.isfinite(limit) and limit > 0):
        raise refusal("max_snap_m", error=SettingError, value=max_snap_m)
    place = _in_system(points, network, "points")
    lines = edge_lines(network)
    tree = shapely.STRtree(lines)
    edge = np.full(len(place), -1, dtype=np.int64)
    row, found = tree.query_nearest(place, max_distance=limit, all_matches=True)
    first = np.lexsort((found, row))
    row, found = row[first], found[first]
    lead = first_of_each(row)
    edge[row[lead]] = found[lead]
    if barriers is not None and len(barriers):
        edge = _own_side(place, lines, tree, edge, _in_system(barriers, network, "barriers"), limit)
    return _positions(network, points.index, place, lines, edge)


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
        The points with their positions, row by row.
    """
    positions = snap(network, points.frame, max_snap_m=max_snap_m, barriers=barriers)
    return PlacedDemand(points=points, positions=positions)


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


def _own_side(
    place: NDArray[Any],
    lines: NDArray[Any],
    tree: shapely.STRtree,
    edge: NDArray[np.int64],
    barriers: NDArray[Any],
    limit: float,
) -> NDArray[np.int64]:
    """Give points whose leg crosses a barrier the nearest edge whose leg does not."""
    walls = shapely.STRtree(barriers)
    placed = np.flatnonzero(edge >= 0)
    leg = shapely.shortest_line(place[placed], lines[edge[placed]])
    across = placed[_crossing(place[placed], leg, walls)]
    if len(across) == 0:
        return edge
    row, found = tree.query(place[across], predicate="dwithin", distance=limit)
    leg = shapely.shortest_line(place[across][row], lines[found])
    free = ~_crossing(place[across][row], leg, walls)
    row, found, length = row[free], found[free], shapely.length(leg[free])
    best = np.lexsort((found, length, row))
    row, found = row[best], found[best]
    lead = first_of_each(row)
    moved = edge.copy()
    moved[across] = -1
    moved[across[row[lead]]] = found[lead]
    return moved


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
    network: WalkNetwork, ids: pd.Index, place: NDArray[Any], lines: NDArray[Any], edge: NDArray[np.int64]
) -> Positions:
    status = np.full(len(place), Positions.FAR, dtype=np.uint8)
    offset_mm = np.zeros(len(place), dtype=np.int64)
    leg_mm = np.zeros(len(place), dtype=np.int64)
    placed = np.flatnonzero(edge >= 0)
    if len(placed):
        line = lines[edge[placed]]
        share = shapely.line_locate_point(line, place[placed], normalized=True)
        length = network.length_mm[edge[placed]]
        offset_mm[placed] = np.clip(np.rint(share * length), 0, length).astype(np.int64)
        leg_mm[placed] = np.rint(shapely.distance(place[placed], line) * 1000).astype(np.int64)
        component = network.component[network.u[edge[placed]]]
        status[placed] = np.where(islands(network)[component], Positions.ISLAND, Positions.OK)
    return Positions(ids=ids, edge=edge.astype(np.int32), offset_mm=offset_mm, leg_mm=leg_mm, status=status)
