"""What tells communities apart: people, age, walks to services, premises, ways and distance to the centre."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog.facts import read_facts
from circle15.model.places import Communities, DemandPoints, Facilities
from circle15.model.results import NearestTimes
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import edge_lines

__all__ = ["features"]

Numbers = NDArray[np.float64]


def features(
    communities: Communities,
    demand: DemandPoints,
    facilities: Facilities,
    network: WalkNetwork,
    *,
    nearest: NearestTimes,
    services: Sequence[str],
) -> pd.DataFrame:
    """Features of each community in their units.

    Parameters
    ----------
    communities, demand, facilities, network
        Of one study, in one metric reference system.
    nearest
        Times to the nearest facility at any distance.
    services
        The determined ones.

    Returns
    -------
    pandas.DataFrame
        On ``community_id``: ``density_km2`` people per km2 of the outline; ``elder_share`` of people; ``min_<service>``
        mean minutes to the nearest one, by people aged 60+ (by all where nobody is), walks of more than the
        catalogue's ``cap_min`` counted as that; ``area_m2_100hh`` floor area of community centres per 100 households
        (``centre_area_m2`` of the community, else ``floor_area_m2`` of the centres that stand in it);
        ``ways_km_km2`` km of ways per km2 (a way along a border counts on both sides); ``centre_km`` from the mean
        place of its people to that of all people. NaN where it cannot be known.
    """
    frame = communities.frame
    km2 = frame.geometry.area.to_numpy() / 1e6
    people = frame["population"].to_numpy(dtype=float)
    owner = frame.index.get_indexer(pd.Index(demand.frame["community_id"]))
    table = pd.DataFrame(index=frame.index)
    table["density_km2"] = np.where(people > 0, _ratio(people, km2), np.nan)
    table["elder_share"] = _ratio(frame["pop_60plus"].to_numpy(dtype=float), people)
    for service in services:
        table[f"min_{service}"] = _mean_walk(demand, nearest, service, frame.index)
    table["area_m2_100hh"] = _floor_area(frame, facilities)
    table["ways_km_km2"] = _ratio(_ways_km(frame.geometry, network), km2).round(6)
    table["centre_km"] = _centre_km(demand, owner, len(frame))
    return table


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> Numbers:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0), dtype=float)


def _mean_walk(demand: DemandPoints, nearest: NearestTimes, service: str, communities: pd.Index) -> Numbers:
    """Mean walk of each community; whole milliseconds times parts of a person, so that sums are exact in any order."""
    cap = round(read_facts("community_types.toml")["rule"]["cap_min"] * 60_000)
    weight = demand.weight(nearest.point_placed)
    mean = (
        _ratio(demand.community_sums(weight * np.minimum(nearest.ms(service), cap)), demand.community_sums(weight))
        / 60_000
    )
    return np.asarray(pd.Series(mean, index=demand.communities).reindex(communities), dtype=float)


def _floor_area(frame: gpd.GeoDataFrame, facilities: Facilities) -> Numbers:
    """Floor area of community centres per 100 households, NaN where either is not known."""
    households = pd.to_numeric(frame.get("households", pd.Series(np.nan, index=frame.index)), errors="coerce")
    if "centre_area_m2" in frame:
        area = pd.to_numeric(frame["centre_area_m2"], errors="coerce").to_numpy(dtype=float)
    else:
        area = _centres_inside(frame, facilities)
    return 100 * _ratio(area, households.to_numpy(dtype=float))


def _centres_inside(frame: gpd.GeoDataFrame, facilities: Facilities) -> Numbers:
    """Floor area of the centres in each community; NaN where one's is not known, or no list tells of centres."""
    if "community_centre" not in facilities.listed or "floor_area_m2" not in facilities.frame:
        return np.full(len(frame), np.nan)
    centres = np.array(["community_centre" in offered for offered in facilities.frame["services"]], dtype=bool)
    sites = facilities.frame[centres].sort_index()
    area = pd.to_numeric(sites["floor_area_m2"], errors="coerce").to_numpy(dtype=float)
    site, home = frame.sindex.query(sites.geometry, predicate="intersects")
    order = np.lexsort((area[site], home))
    return np.asarray(np.bincount(home[order], weights=area[site][order], minlength=len(frame)), dtype=float)


def _ways_km(outlines: gpd.GeoSeries, network: WalkNetwork) -> Numbers:
    """Length of ways inside each outline; only those that cross a border are cut."""
    lines = edge_lines(network)
    shapes = outlines.to_numpy()
    if not len(lines):
        return np.zeros(len(shapes))
    shapely.prepare(shapes)
    shape, edge = shapely.STRtree(lines).query(shapes, predicate="intersects")
    inside = shapely.contains_properly(shapes[shape], lines[edge])
    length = np.where(inside, network.length_m[edge], 0.0)
    cut = ~inside
    length[cut] = shapely.length(shapely.intersection(lines[edge[cut]], shapes[shape[cut]]))
    order = np.lexsort((edge, shape))
    return np.asarray(np.bincount(shape[order], weights=length[order], minlength=len(shapes)), dtype=float) / 1000


def _centre_km(demand: DemandPoints, owner: NDArray[np.int64], count: int) -> Numbers:
    """From the mean place of a community's people to that of all, to a metre; NaN where nobody is known to live."""
    people = demand.known_in("population")
    # Whole millimetres times parts of a person keep the sums the same in any order of rows.
    places = [np.rint((axis - np.floor(axis.min())) * 1000).to_numpy() for axis in _axes(demand)]
    sums = [np.bincount(owner, weights=people * place, minlength=count) for place in places]
    each = np.bincount(owner, weights=people, minlength=count)
    whole = each.sum()
    away = [_ratio(part, each) - (part.sum() / whole if whole > 0 else np.nan) for part in sums]
    return np.asarray((np.hypot(*away) / 1e6).round(3))


def _axes(demand: DemandPoints) -> tuple[pd.Series, pd.Series]:
    return demand.frame.geometry.x, demand.frame.geometry.y
