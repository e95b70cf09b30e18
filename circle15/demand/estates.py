"""Demand points of a city, those of new estates and of communities that were merged or split among them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.demand.dwellings import LATTICE_M, lattice_homes
from circle15.demand.points import apportion, demand_points
from circle15.model.changes import AddPeople
from circle15.model.places import Communities, DemandPoints
from circle15.model.results import City

__all__ = ["city_points", "estate_homes"]

_METHOD = "polygon"


def city_points(city: City) -> DemandPoints:
    """Where the people of a city start to walk: its homes, and those that a scenario settled.

    See :func:`circle15.demand.points.demand_points`, whose errors are raised.
    """
    communities, settled = city.communities, city.settled_homes
    if settled is None:
        return _standing(city, communities)
    others = settled.others(communities)
    frames = [_standing(city, replace(communities, frame=others)).frame] if len(others) else []
    frame = pd.concat([*frames, settled.frame]).sort_index().rename_axis("point_id")
    totals: Any = communities.frame.reindex(frame["community_id"])[list(communities.people)]
    unknown = totals.isna().set_axis(frame.index)
    known = {column: frame[column].mask(unknown[column]) for column in communities.people}
    return DemandPoints(frame=frame.assign(**known))


def _standing(city: City, communities: Communities) -> DemandPoints:
    """Points of the homes that stand."""
    return demand_points(
        communities,
        network=city.network,
        buildings=city.context.get("buildings"),
        residential=city.context.get("residential"),
        grid=city.population,
    )


def estate_homes(city: City, change: AddPeople, ground: shapely.Polygon, community_id: str) -> gpd.GeoDataFrame:
    """Points of a new estate, its people dealt out evenly over a lattice on its ground.

    Parameters
    ----------
    city
        Whose people columns count.
    change
        Who will live there.
    ground
        Polygon in the city's metres.
    community_id
        Whose they are.

    Returns
    -------
    geopandas.GeoDataFrame
        As :class:`~circle15.model.settled_homes.SettledHomes` has it.
    """
    points = lattice_homes(np.array([ground], dtype=object), LATTICE_M, _METHOD).point
    owner, even = np.zeros(len(points), dtype=np.int64), np.ones(len(points))
    columns = city.communities.people
    people = {column: apportion(np.array([change.people[column]], dtype=float), owner, even) for column in columns}
    names = [f"{community_id}/+{change.estate_id}/{number:05d}" for number in range(len(points))]
    return gpd.GeoDataFrame(
        {"community_id": community_id, **people, "method": _METHOD, "leg_m": 0.0},
        geometry=points,
        crs=city.communities.frame.crs,
        index=pd.Index(names, name="point_id"),
    )
