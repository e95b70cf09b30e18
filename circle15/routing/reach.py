"""Walking times within a cut-off: from demand points to facilities, exact on partial edges.

A resident walks to the service, so the search runs from each facility over reversed arcs
(:mod:`circle15.network.graph`). ``cost <= cutoff`` counts.
"""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from circle15.errors import CrsError, InputError
from circle15.kernels import search
from circle15.kernels.threads import in_workers
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions
from circle15.model.places import DemandPoints, Facilities
from circle15.model.results import ReachTable
from circle15.model.walk_network import WalkNetwork, WalkProfile
from circle15.network.graph import WalkGraph, cutoff_ms, doors, near_pairs, seeds, walk_graph
from circle15.network.snap import snap
from circle15.refusals import hint, refusal, warn_of

__all__ = ["point_frame", "reach", "reach_table", "warn_of_far"]

Places = DemandPoints | PlacedDemand | Facilities | PlacedFacilities
"""Core types with a frame of points."""


def _stable_order(number: NDArray[np.int32]) -> NDArray[np.int64]:
    """``argsort(kind="stable")`` of numbers from 0; numpy sorts 16 bits at a time by counting."""
    order = np.argsort(number.astype(np.uint16), kind="stable")
    high = (number >> 16).astype(np.uint16)
    return order[np.argsort(high[order], kind="stable")] if high.any() else order


def reach_table(
    graph: WalkGraph,
    demand: Positions,
    facilities: Positions,
    *,
    cutoff_min: float = 15.0,
    threads: int | None = None,
) -> ReachTable:
    """Walking times between placed demand points and placed facilities, pairs within the cut-off only.

    Parameters
    ----------
    graph
        From :func:`circle15.network.graph.walk_graph`.
    demand, facilities
        From :func:`circle15.network.snap.snap`; the table is on their ids.
    cutoff_min
        Minutes; ``cost <= cutoff`` is in.
    threads
        By default one per processor; the result does not depend on it.

    Raises
    ------
    SettingError
        If the cut-off is out of range.
    """
    limit = cutoff_ms(cutoff_min)
    seed_node, seed_cost = seeds(graph, facilities)
    door, near = doors(graph, demand), near_pairs(graph, facilities, demand)

    def begin() -> Callable[[int, int], tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]]:
        work = search.Workspace(graph.n_nodes, len(graph.head), seeds=seed_node.shape[1], points=len(demand))
        return lambda first, last: search.reach_pairs(
            graph.start, graph.head, graph.cost, seed_node, seed_cost, limit,
            door.start, door.point, door.cost, near.start, near.point, near.cost,
            len(demand), first, last, work,
        )  # fmt: skip

    parts = in_workers(begin, len(facilities), threads=threads)
    none = np.empty(0, dtype=np.int32)
    point, facility, cost = (np.concatenate([none, *column]) for column in zip(*parts, strict=True)) if parts else (
        none, none, none
    )  # fmt: skip
    order = _stable_order(point)
    return ReachTable(
        point_ids=demand.ids.rename("point_id"),
        facility_ids=facilities.ids.rename("facility_id"),
        point=point[order],
        facility=facility[order],
        cost_ms=cost[order],
        cutoff_ms=limit,
        profile=graph.profile,
        point_status=demand.status,
    )


def reach(
    network: WalkNetwork,
    demand: DemandPoints | PlacedDemand | gpd.GeoDataFrame,
    facilities: Facilities | PlacedFacilities | gpd.GeoDataFrame,
    *,
    cutoff_min: float = 15.0,
    profile: str | WalkProfile = "elderly",
    max_snap_m: float | None = None,
    barriers: gpd.GeoSeries | None = None,
) -> ReachTable:
    """Place points and facilities on a network and return the walking times between them.

    Parameters
    ----------
    network
        A walking network.
    demand, facilities
        Core types, or point frames whose index holds the ids, in any reference system.
    cutoff_min
        Minutes; ``cost <= cutoff`` is in.
    profile
        Name of a walking profile, or one of your own.
    max_snap_m, barriers
        See :func:`circle15.network.snap.snap`.

    Returns
    -------
    ReachTable
        Absent pair: not within the cut-off, or not placed.
    """
    origins, sites = point_frame(demand, network), point_frame(facilities, network)
    graph = walk_graph(network, profile)
    placed = [snap(network, points, max_snap_m=max_snap_m, barriers=barriers) for points in (origins, sites)]
    for positions in placed:
        warn_of_far(positions)
    return reach_table(graph, *placed, cutoff_min=cutoff_min)


def point_frame(places: Places | gpd.GeoDataFrame, network: WalkNetwork) -> gpd.GeoDataFrame:
    """Points of a core type or a frame, in the network's reference system.

    Raises
    ------
    CrsError
        If a frame does not say in which system its coordinates are.
    InputError
        If an id is doubled or a row has no point.
    """
    frame = places if isinstance(places, gpd.GeoDataFrame) else places.frame
    if frame.crs is None:
        raise refusal("points_no_crs", error=CrsError)
    doubled = frame.index[frame.index.duplicated()]
    if len(doubled):
        raise refusal("points_ids", error=InputError, count=len(doubled), first=doubled[0])
    kinds = set(frame.geom_type.dropna().unique()) - {"Point"}
    if kinds or frame.geometry.isna().any() or frame.geometry.is_empty.any():
        raise refusal("points_rows", error=InputError, found=", ".join(sorted(kinds)) or hint("shape_none"))
    return frame.to_crs(network.crs)


def warn_of_far(positions: Positions) -> None:
    """Tell the caller of points that lie far from every street and will reach nothing."""
    far = ~positions.placed
    if far.any():
        first = ", ".join(map(str, positions.ids[far][:5]))
        warn_of("points_far", stacklevel=3, count=int(far.sum()), total=len(positions), first=first)
