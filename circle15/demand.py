"""Communities -> demand points: where people start to walk.

People of a community go to its homes: to residential buildings by floor area; where too few buildings are
known, to residential land; else to points along the streets that people live on; else to a lattice inside
the polygon. The first that exists is used and named per point. Totals are kept exactly: people are dealt
out in whole 1/1024ths of a person by largest remainder, and sums of such numbers are exact in floating
point, in any order.

Dasymetric mapping by volume, P_b = P_s V_b / sum(V_b), with the pycnophylactic condition sum(P_b) = P_s
(Tobler 1979, for the condition).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import way_classes
from circle15.errors import CrsError
from circle15.model.places import Communities, DemandPoints
from circle15.model.walk_network import WalkNetwork
from circle15.network import edge_lines, islands

__all__ = ["apportion", "demand_points"]

UNITS = 1024
SPACING_M = 50.0
LATTICE_M = 100.0
MIN_FLOOR_M2 = 5.0
"""Below so many square metres of known floor per person the buildings are held to be incomplete."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Homes:
    """Candidate points with the community they lie in, a weight, and how they were made."""

    community: NDArray[np.int64]
    weight: NDArray[np.float64]
    point: NDArray[np.object_]
    method: str


def demand_points(
    communities: Communities,
    *,
    network: WalkNetwork | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    residential: gpd.GeoDataFrame | None = None,
    spacing_m: float = SPACING_M,
) -> DemandPoints:
    """Spread the people of each community over points.

    Parameters
    ----------
    communities
        Polygons with people, metric.
    network
        Streets in the same system; homes of last resort stand along those that people live on.
    buildings
        Polygons with optional ``levels`` (floors, 1 when missing) and ``residential`` (bool, True when missing).
    residential
        Polygons of residential land.
    spacing_m
        Distance between points along streets and on residential land.

    Returns
    -------
    DemandPoints
        On ``point_id`` (community id, slash, number), sorted. Every people column adds up to the
        community's exactly (to 1/1024 person).

    Raises
    ------
    CrsError
        If the network is in another reference system than the communities.
    """
    total = communities.frame["population"].to_numpy(dtype=float)
    crs = communities.frame.crs
    if network is not None and not network.crs.equals(crs):
        raise CrsError(f"communities are in {crs.name}, the network in {network.crs.name}; use to_crs first")
    offers: tuple[Callable[[], _Homes], ...] = (
        lambda: _building_homes(communities, None if buildings is None else buildings.to_crs(crs)),
        lambda: _land_homes(communities, None if residential is None else residential.to_crs(crs), spacing_m),
        lambda: _street_homes(communities, network, spacing_m),
        lambda: _lattice(np.asarray(communities.frame.geometry.where(open_to)), LATTICE_M, "polygon"),
    )
    open_to = np.ones(len(communities), dtype=bool)
    chosen: list[_Homes] = []
    for offer in offers:
        if not open_to.any():
            break
        homes = offer()
        weight = np.bincount(homes.community, weights=homes.weight, minlength=len(communities))
        enough = weight >= (MIN_FLOOR_M2 * total if homes.method == "building" else 0)
        take = open_to & enough & (weight > 0)
        mine = take[homes.community]
        chosen.append(
            _Homes(
                community=homes.community[mine],
                weight=homes.weight[mine],
                point=homes.point[mine],
                method=homes.method,
            )
        )
        open_to &= ~take
    return _deal(communities, chosen)


def _deal(communities: Communities, chosen: list[_Homes]) -> DemandPoints:
    community = np.concatenate([homes.community for homes in chosen])
    weight = np.concatenate([homes.weight for homes in chosen])
    point = np.concatenate([homes.point for homes in chosen])
    method = np.repeat([homes.method for homes in chosen], [len(homes.community) for homes in chosen])
    ids = communities.frame.index.astype(str)
    by_id = np.argsort(np.argsort(ids, kind="stable"), kind="stable")
    order = np.lexsort((weight, shapely.get_y(point), shapely.get_x(point), by_id[community]))
    community, weight, point, method = community[order], weight[order], point[order], method[order]
    first = np.flatnonzero(np.diff(community, prepend=-1))
    number = np.arange(len(community)) - np.repeat(first, np.diff(np.append(first, len(community))))
    frame = gpd.GeoDataFrame(
        {
            "community_id": communities.frame.index[community],
            **{
                column: apportion(communities.frame[column].to_numpy(dtype=float), community, weight)
                for column in communities.people
            },
            "method": method,
        },
        geometry=point,
        crs=communities.frame.crs,
        index=pd.Index([f"{ids[c]}/{n:05d}" for c, n in zip(community, number, strict=True)], name="point_id"),
    )
    return DemandPoints(frame=frame)


def apportion(total: NDArray[np.float64], owner: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deal totals out in proportion to weights, in whole 1/1024ths, by largest remainder (Hamilton).

    Parameters
    ----------
    total
        ``float64[g]`` one total per group; rounded to 1/1024.
    owner
        ``int64[n]`` group of each row; every group with a total above zero needs a row of positive weight.
    weight
        ``float64[n]`` zero or more.

    Returns
    -------
    numpy.ndarray
        ``float64[n]`` whose sums per group equal the totals exactly, in any order of adding.

    Examples
    --------
    >>> apportion(np.array([10.0]), np.array([0, 0, 0]), np.array([1.0, 1.0, 2.0])).tolist()
    [2.5, 2.5, 5.0]
    """
    units = np.rint(total * UNITS)
    sums = np.bincount(owner, weights=weight, minlength=len(total))
    quota = units[owner] * weight / sums[owner]
    whole = np.floor(quota)
    left = units - np.bincount(owner, weights=whole, minlength=len(total))
    order = np.lexsort((np.arange(len(owner)), whole - quota, owner))
    sorted_owner = owner[order]
    first = np.flatnonzero(np.diff(sorted_owner, prepend=-1))
    place = np.arange(len(owner)) - np.repeat(first, np.diff(np.append(first, len(owner))))
    # Floating error could leave one unit too many or too few at a group's end; it goes to the first row.
    whole[order] += (place < left[sorted_owner]).astype(float)
    rest = units - np.bincount(owner, weights=whole, minlength=len(total))
    whole[order[first]] += rest[sorted_owner[first]]
    return np.asarray(whole / UNITS)


def _inside(communities: Communities, point: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (point, community) where the point lies in the polygon."""
    tree = shapely.STRtree(point)
    community, found = tree.query(communities.frame.geometry.to_numpy(), predicate="intersects")
    return found, community


def _none(method: str) -> _Homes:
    empty = np.empty(0)
    return _Homes(community=empty.astype(np.int64), weight=empty, point=empty.astype(object), method=method)


def _building_homes(communities: Communities, buildings: gpd.GeoDataFrame | None) -> _Homes:
    if buildings is None or buildings.empty:
        return _none("building")
    lived_in = buildings
    if "residential" in buildings:
        lived_in = buildings[buildings["residential"].isna() | buildings["residential"].eq(other=True)]
    if lived_in.empty:
        return _none("building")
    levels = np.ones(len(lived_in))
    if "levels" in lived_in:  # text, as OpenStreetMap has it, counts when it is a number
        levels = pd.to_numeric(lived_in["levels"], errors="coerce").fillna(1.0).clip(lower=1.0).to_numpy(dtype=float)
    floor_m2 = lived_in.area.to_numpy() * levels
    point = lived_in.representative_point().to_numpy()
    row, community = _inside(communities, point)
    return _Homes(community=community, weight=floor_m2[row], point=point[row], method="building")


def _land_homes(communities: Communities, residential: gpd.GeoDataFrame | None, spacing_m: float) -> _Homes:
    if residential is None or residential.empty:
        return _none("residential_land")
    land = shapely.union_all(residential.geometry.to_numpy())
    homes = shapely.intersection(communities.frame.geometry.to_numpy(), land)
    return _lattice(homes, spacing_m, "residential_land")


def _street_homes(communities: Communities, network: WalkNetwork | None, spacing_m: float) -> _Homes:
    if network is None or network.n_edges == 0:
        return _none("street")
    lived_on = np.array([entry.home for entry in way_classes()])[network.way_class]
    island = islands(network)[network.component[network.u]]
    lines = edge_lines(network)[lived_on & ~island]
    # One point in the middle of each stretch of spacing_m or less, worth the stretch's length.
    length = shapely.length(lines)
    pieces = np.maximum(1, np.ceil(length / spacing_m)).astype(np.int64)
    row = np.repeat(np.arange(len(lines)), pieces)
    step = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    point = shapely.line_interpolate_point(lines[row], (step + 0.5) * (length / pieces)[row])
    found, community = _inside(communities, point)
    return _Homes(community=community, weight=(length / pieces)[row][found], point=point[found], method="street")


def _lattice(shapes: NDArray[np.object_], spacing_m: float, method: str) -> _Homes:
    """Points of a square lattice inside each shape; a shape that holds none gets one inner point."""
    point: list[NDArray[np.object_]] = []
    for shape in shapes:
        if shape is None or shape.is_empty or shape.area == 0:
            point.append(np.empty(0, dtype=object))
            continue
        west, south, east, north = shape.bounds
        x = np.arange(np.floor(west / spacing_m), np.ceil(east / spacing_m) + 1) * spacing_m
        y = np.arange(np.floor(south / spacing_m), np.ceil(north / spacing_m) + 1) * spacing_m
        across, up = (axis.ravel() for axis in np.meshgrid(x, y))
        inside = shapely.intersects_xy(shape, across, up)
        found = np.asarray(shapely.points(across[inside], up[inside]), dtype=object)
        point.append(found if len(found) else np.array([shapely.point_on_surface(shape)], dtype=object))
    community = np.repeat(np.arange(len(shapes)), [len(mine) for mine in point])
    whole = np.concatenate(point) if point else np.empty(0, dtype=object)
    return _Homes(community=community, weight=np.ones(len(community)), point=whole, method=method)
