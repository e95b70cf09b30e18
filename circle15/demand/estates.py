"""Demand points of a city whose people partly live in estates that do not stand yet."""

from __future__ import annotations

from dataclasses import replace

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
    """Where the people of a city start to walk: its homes, and those of its new estates.

    See :func:`circle15.demand.points.demand_points`, whose errors are raised.
    """
    communities, homes = city.communities, city.new_homes
    if homes is None or not len(homes):
        return _standing(city, communities)
    others = homes.others(communities)
    frames = [_standing(city, replace(communities, frame=others)).frame] if len(others) else []
    people = list(communities.people)
    new = homes.frame.reindex(columns=["community_id", *people, homes.frame.geometry.name])
    frames.append(new.assign(method=_METHOD, leg_m=0.0))
    return DemandPoints(frame=pd.concat(frames).sort_index().rename_axis("point_id"))


def _standing(city: City, communities: Communities) -> DemandPoints:
    """Points of the homes that stand."""
    return demand_points(
        communities,
        network=city.network,
        buildings=city.context.get("buildings"),
        residential=city.context.get("residential"),
        grid=city.population,
    )


def estate_homes(change: AddPeople, ground: shapely.Polygon, *, community_id: str, columns: tuple[str, ...],
                 crs: object) -> gpd.GeoDataFrame:  # fmt: skip
    """Points of a new estate, its people dealt out evenly over a lattice on its ground.

    Parameters
    ----------
    change
        Who will live there.
    ground
        Polygon in metres.
    community_id
        Whose they are.
    columns
        People columns to be dealt out.
    crs
        System of the ground.

    Returns
    -------
    geopandas.GeoDataFrame
        As :class:`~circle15.model.new_homes.NewHomes` has it.
    """
    points = lattice_homes(np.array([ground], dtype=object), LATTICE_M, _METHOD).point
    owner, even = np.zeros(len(points), dtype=np.int64), np.ones(len(points))
    people = {column: apportion(np.array([change.people[column]], dtype=float), owner, even) for column in columns}
    names = [f"{community_id}/+{change.estate_id}/{number:05d}" for number in range(len(points))]
    index = pd.Index(names, name="point_id")
    return gpd.GeoDataFrame({"community_id": community_id, **people}, geometry=points, crs=crs, index=index)
