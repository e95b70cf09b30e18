"""Tell whether a list of points fits the streets better under another datum than the one it declares.

A list in GCJ-02 that claims WGS 84 lies some 465 m off in Suzhou, and nothing looks wrong: every point still has
a street somewhere near. But points of a right list stand close to streets, and points of a shifted one do so by
chance only. So the distances to the nearest street are compared under each datum, point by point.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.model.walk_network import WalkNetwork
from circle15.network import edge_lines
from circle15.sources.datum import from_wgs84, to_wgs84

__all__ = ["DatumFit", "better_datum", "datum_fits"]

CANDIDATES = ("wgs84", "gcj02", "bd09")
LEAST_POINTS = 8
HALVED = 0.5
NEARER = 0.75


@dataclass(frozen=True, kw_only=True)
class DatumFit:
    """How a list fits the streets under one datum: metres to the nearest street, and how it compares."""

    datum: str
    median_m: float
    nearer_share: float


def datum_fits(network: WalkNetwork, points: gpd.GeoSeries, *, declared: str = "wgs84") -> tuple[DatumFit, ...]:
    """Distances to the nearest street under each datum.

    Parameters
    ----------
    network
        Streets around the points.
    points
        Points as they were understood, in any stated system.
    declared
        The datum that they were converted from.

    Returns
    -------
    tuple of DatumFit
        The declared datum first. ``nearer_share`` is the share of points that are nearer to a street than
        under the declared one. Empty for an ``EPSG:n``, for CGCS2000 (like WGS 84) and without points or streets.
    """
    understood = declared.lower()
    if understood not in CANDIDATES or len(points) == 0 or network.n_edges == 0:
        return ()
    lonlat = points.to_crs("EPSG:4326")
    raw = from_wgs84(lonlat.x.to_numpy(), lonlat.y.to_numpy(), datum=understood)
    tree = shapely.STRtree(edge_lines(network))
    order = (understood, *(datum for datum in CANDIDATES if datum != understood))
    away = {datum: _away_m(network, tree, *to_wgs84(*raw, datum=datum)) for datum in order}
    return tuple(
        DatumFit(
            datum=datum,
            median_m=float(np.median(away[datum])),
            nearer_share=float((away[datum] < away[understood]).mean()),
        )
        for datum in order
    )


def _away_m(
    network: WalkNetwork, tree: shapely.STRtree, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.float64]:
    place = gpd.GeoSeries.from_xy(lon, lat, crs="EPSG:4326").to_crs(network.crs).to_numpy()
    _, away = tree.query_nearest(place, return_distance=True, all_matches=False)
    return np.asarray(away, dtype=np.float64)


def better_datum(fits: tuple[DatumFit, ...], *, points: int) -> DatumFit | None:
    """The datum that fits far better than the declared one, if any does.

    Far better: at least eight points, the median distance at most half, and three points in four nearer. A few
    points, or a modest gain, prove nothing.
    """
    if points < LEAST_POINTS or not fits:
        return None
    declared, others = fits[0], fits[1:]
    far_better = [fit for fit in others if fit.median_m <= HALVED * declared.median_m and fit.nearer_share >= NEARER]
    return min(far_better, key=lambda fit: fit.median_m, default=None)
