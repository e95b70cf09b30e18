"""Communities -> demand points: where people start to walk.

People of a community go to its homes: to residential buildings by floor space; where too few buildings are
known, to residential land; else to the cells of a population grid; else to points along the streets that
people live on; else to a lattice inside the polygon. The first that exists is used and named per point and
per community. Totals are kept exactly: people are dealt out in whole 1/1024ths of a person by largest
remainder, and sums of such numbers are exact in floating point, in any order.

Dasymetric mapping by volume, P_b = P_s V_b / sum(V_b), with the pycnophylactic condition sum(P_b) = P_s
(Tobler 1979, for the condition).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.demand.dwellings import (
    LATTICE_M,
    MIN_FLOOR_M2,
    Homes,
    building_homes,
    grid_homes,
    land_homes,
    lattice_homes,
    street_homes,
)
from circle15.errors import CrsError
from circle15.kernels.ragged import first_of_each, place_in_run, rank_by_id
from circle15.model.places import Communities, DemandPoints
from circle15.model.population import PERSON_PARTS, PopulationGrid
from circle15.model.walk_network import WalkNetwork
from circle15.refusals import hint, refusal

__all__ = ["apportion", "demand_points"]

_Offer = Callable[[NDArray[np.bool_]], Homes]
"""Candidate points, given which communities still wait for some."""

SPACING_M = 50.0
MIN_GRID_SHARE = 0.2
"""Below this share of a community's people the cells inside it are held to be incomplete: the grid ends there."""


def demand_points(
    communities: Communities,
    *,
    network: WalkNetwork | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    residential: gpd.GeoDataFrame | None = None,
    grid: PopulationGrid | None = None,
    spacing_m: float = SPACING_M,
) -> DemandPoints:
    """Spread the people of each community over points.

    Parameters
    ----------
    communities
        Polygons with people, metric.
    network
        Streets in the same system; people stand along those that people live on.
    buildings
        Polygons with optional ``levels``, ``floor_area_m2``, ``residential_share`` and ``residential``; see
        :func:`circle15.demand.dwellings.dwelling_m2`.
    residential
        Polygons of residential land.
    grid
        People counted in cells, in the same system. It says where within a community people live, not how
        many they are. With ``grid.before_buildings`` its cells come first, and within a cell people go to
        its buildings, else its residential land, else its streets.
    spacing_m
        Distance between points along streets and on residential land.

    Returns
    -------
    DemandPoints
        On ``point_id`` (community id, slash, number), sorted. Every people column adds up to the
        community's exactly (to 1/1024 person), and is NaN where the community's is not known. Points on streets have a
        leg (``leg_m``): the homes lie behind them.

    Raises
    ------
    CrsError
        If the network or the grid is in another reference system than the communities.
    """
    crs = communities.frame.crs
    for what, other in (("network", network), ("population_grid", None if grid is None else grid.cells)):
        if other is not None and not other.crs.equals(crs):
            raise refusal(
                "crs_differ",
                error=CrsError,
                what=hint("what_communities"),
                crs=crs.name,
                other=hint(f"what_{what}"),
                theirs=other.crs.name,
            )
    local = None if buildings is None else buildings.to_crs(crs)
    land = None if residential is None else residential.to_crs(crs)

    homes: tuple[_Offer, ...] = (
        lambda _: building_homes(communities, local),
        lambda _: land_homes(communities, land, spacing_m),
    )
    streets: _Offer = lambda _: street_homes(communities, network, spacing_m)
    even: _Offer = lambda waiting: lattice_homes(
        np.asarray(communities.frame.geometry.where(waiting)), LATTICE_M, "polygon"
    )
    if grid is not None and grid.before_buildings:
        cells: _Offer = lambda waiting: grid_homes(communities, grid, [offer(waiting) for offer in (*homes, streets)])
        offers = (cells, *homes, streets, even)
    else:
        cells = lambda waiting: grid_homes(communities, grid, [streets(waiting)])
        offers = (*homes, cells, streets, even)
    return _deal(communities, _first_usable(communities, offers))


def _first_usable(communities: Communities, offers: Sequence[_Offer]) -> list[Homes]:
    """For each community the first offer that has enough for its people; where they are not known, any offer has."""
    people = np.nan_to_num(communities.frame["population"].to_numpy(dtype=float), nan=0.0)
    least = {"building": MIN_FLOOR_M2 * people, "grid": MIN_GRID_SHARE * people}
    waiting = np.ones(len(communities), dtype=bool)
    chosen: list[Homes] = []
    for offer in offers:
        if not waiting.any():
            break
        homes = offer(waiting)
        weight = np.bincount(homes.community, weights=homes.weight, minlength=len(communities))
        take = waiting & (weight > 0) & (weight >= least.get(homes.method, 0.0))
        chosen.append(homes.where(take[homes.community]))
        waiting = waiting & ~take
    return chosen


def _deal(communities: Communities, chosen: list[Homes]) -> DemandPoints:
    community = np.concatenate([homes.community for homes in chosen])
    weight = np.concatenate([homes.weight for homes in chosen])
    point = np.concatenate([homes.point for homes in chosen])
    leg_m = np.concatenate([homes.leg_m for homes in chosen])
    method = np.repeat([homes.method for homes in chosen], [len(homes.community) for homes in chosen])
    ids = communities.frame.index.astype(str)
    by_id = rank_by_id(ids)
    order = np.lexsort((weight, shapely.get_y(point), shapely.get_x(point), by_id[community]))
    community, weight, point, method, leg_m = (column[order] for column in (community, weight, point, method, leg_m))
    number = place_in_run(community)
    frame = gpd.GeoDataFrame(
        {
            "community_id": communities.frame.index[community],
            **{
                column: apportion(communities.frame[column].to_numpy(dtype=float), community, weight)
                for column in communities.people
            },
            "method": method,
            "leg_m": leg_m,
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
        ``float64[g]`` one total per group; rounded to 1/1024. NaN stays NaN, on all rows of its group.
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
    units = np.rint(total * PERSON_PARTS)
    sums = np.bincount(owner, weights=weight, minlength=len(total))
    quota = units[owner] * weight / sums[owner]
    whole = np.floor(quota)
    left = units - np.bincount(owner, weights=whole, minlength=len(total))
    order = np.lexsort((np.arange(len(owner)), whole - quota, owner))
    sorted_owner = owner[order]
    first, place = first_of_each(sorted_owner), place_in_run(sorted_owner)
    # Floating error could leave one unit too many or too few at a group's end; it goes to the first row.
    whole[order] += (place < left[sorted_owner]).astype(float)
    rest = units - np.bincount(owner, weights=whole, minlength=len(total))
    whole[order[first]] += rest[sorted_owner[first]]
    return np.asarray(whole / PERSON_PARTS)
