"""A planner's own list of places as candidates."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.errors import CrsError, InputError
from circle15.model.changes import AddFacility, Spot
from circle15.model.results import City
from circle15.network.graph import WalkGraph
from circle15.network.snap import snap
from circle15.planning.actions.candidates import Candidates
from circle15.planning.actions.needs import Wants
from circle15.refusals import refusal, warn_of

__all__ = ["sites_listed"]


def sites_listed(
    wants: Wants, city: City, graph: WalkGraph, listed: gpd.GeoDataFrame, *, max_snap_m: float
) -> Candidates:
    """Every place of a list, for the one service of ``wants``.

    Parameters
    ----------
    wants, city, graph
        As for :func:`circle15.planning.actions.candidates.sites_new`.
    listed
        Points on their ids, with a column ``name``.
    max_snap_m
        How far from a street, at most.

    Warns
    -----
    DataQualityWarning
        If no street is near some of them: nobody walks there.

    Raises
    ------
    CrsError
        If the list does not say in which reference system it is.
    InputError
        If something is no point, has no name, or an id that stands twice or is a facility's.
    """
    network, (service,) = graph.network, wants.services
    if listed.crs is None:
        raise refusal("siting_list_crs", error=CrsError)
    place = listed.geometry.to_crs(network.crs)
    ids = pd.Index(listed.index.astype(str), dtype=object)
    _check(listed, place, ids, city)
    sites = snap(network, place.set_axis(ids), max_snap_m=max_snap_m, barriers=city.barriers)
    far = np.flatnonzero(~sites.placed)
    if len(far):
        warn_of("siting_list_far", stacklevel=2, count=len(far), first=ids[far[0]])
    names, x, y = listed["name"].astype(str).to_numpy(), place.x.to_numpy(), place.y.to_numpy()

    def change(row: int) -> AddFacility:
        spot = Spot(x=float(x[row]), y=float(y[row]))
        return AddFacility(facility_id=str(ids[row]), name=names[row], services=(service,), at=spot)

    rows = np.arange(len(ids))
    return Candidates(kind="site", sites=sites, site=rows, adds=np.ones((len(ids), 1), dtype=bool), change=change)


def _check(listed: gpd.GeoDataFrame, place: gpd.GeoSeries, ids: pd.Index, city: City) -> None:
    points = np.isfinite(shapely.get_x(place.to_numpy()))
    if not points.all():
        raise refusal("siting_list_points", error=InputError, first=ids[int((~points).argmax())])
    if ids.has_duplicates:
        raise refusal("siting_list_twice", error=InputError, first=ids[ids.duplicated()][0])
    standing = ids[ids.isin(city.facilities.frame.index)]
    if len(standing):
        raise refusal("siting_list_stands", error=InputError, count=len(standing), first=standing[0])
    if "name" not in listed or listed["name"].isna().any() or (listed["name"].astype(str).str.strip() == "").any():
        raise refusal("siting_list_names", error=InputError)
