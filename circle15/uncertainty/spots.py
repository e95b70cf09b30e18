"""Where places with rounded coordinates may stand: spots over what the rounding leaves open, each on the streets.

Facilities of a list are such places, and so are communities that are known by a point: the outline that was grown from
it, and the homes in it, stand as much to one side as the point does. That the outline would then be grown a little
otherwise is left out: it would have to be grown anew for each spot.

The spots are placed once, before the draws, and a draw takes one of each place's. To place every such place anew in
each draw would say the same and cost one search for the nearest street more, for each draw; this way the number of
draws costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions

__all__ = ["Spots", "facility_spots", "home_spots"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Spots:
    """Points as they were placed, and behind them ``each`` spots of every one whose coordinates were rounded.

    ``first`` ``int64[p]``: row of a point's first spot in ``positions``, -1 where it has none.
    """

    positions: Positions
    first: NDArray[np.int64]
    each: int

    def drawn(self, at: NDArray[np.float64]) -> NDArray[np.int64]:
        """Which spot, ``int64[n]``, from numbers evenly spread from 0 up to, not with, 1."""
        return (at * self.each).astype(np.int64)

    def at(self, spot: NDArray[np.int64] | None) -> Positions:
        """Positions of the points, those with spots at the given ones, ``int64[p]``; None: as they were placed."""
        rows = np.arange(len(self.first))
        if spot is not None:
            rows = np.where(self.first < 0, rows, self.first + spot)
        return self.positions.take(rows)


def facility_spots(
    facilities: PlacedFacilities, *, a_side: int, place: Callable[[gpd.GeoSeries], Positions]
) -> Spots | None:
    """Place the spots of facilities with rounded coordinates on the streets.

    Parameters
    ----------
    facilities
        With ``rounded_m``, the steps east and north; the spots are the middles of ``a_side`` by ``a_side`` equal parts
        of the rectangle that reaches half a step from the facility's point each way.
    a_side
        How many spots a side.
    place
        Places points as the facilities were placed (:func:`circle15.network.snap.snap`).

    Returns
    -------
    Spots or None
        None where all coordinates are precise. A facility's spots hang on its own point alone.
    """
    spread = _spread(facilities.frame.geometry, facilities.facilities.rounded_m, a_side)
    return None if spread is None else _behind(facilities.positions, place(spread[0]), spread[1])


def home_spots(
    demand: PlacedDemand,
    rounded_m: NDArray[np.float64],
    *,
    a_side: int,
    place: Callable[[gpd.GeoSeries], Positions],
) -> Spots | None:
    """Place the spots of homes whose community is known by a point with rounded coordinates.

    Parameters
    ----------
    demand
        The homes. All of a community move by the same: spot ``k`` of each is as far to one side.
    rounded_m
        ``float64[p, 2]``: the step of each home's community, east and north, in metres; 0 where it is precise.
    a_side, place
        As for :func:`facility_spots`.

    Returns
    -------
    Spots or None
        None where all are precise. ``leg_m`` of the points is walked on top of every leg, as where they were placed.
    """
    spread = _spread(demand.frame.geometry, rounded_m, a_side)
    if spread is None:
        return None
    spots, rounded = spread
    placed = place(spots)
    home_mm = np.repeat(demand.points.leg_mm[rounded], a_side * a_side)
    return _behind(demand.positions, replace(placed, leg_mm=placed.leg_mm + home_mm[placed.owner]), rounded)


def _spread(
    points: gpd.GeoSeries, steps_m: NDArray[np.float64], a_side: int
) -> tuple[gpd.GeoSeries, NDArray[np.int64]] | None:
    """Spots around the points with a step, row by row of these, and which points those are; None: there are none."""
    rounded = np.flatnonzero((steps_m > 0).any(axis=1))
    if len(rounded) == 0:
        return None
    part = (np.arange(a_side) + 0.5) / a_side - 0.5
    east, north = (axis.ravel() for axis in np.meshgrid(part, part))
    point = points.iloc[rounded]
    x = point.x.to_numpy()[:, np.newaxis] + steps_m[rounded, :1] * east
    y = point.y.to_numpy()[:, np.newaxis] + steps_m[rounded, 1:] * north
    ids = point.index[np.repeat(np.arange(len(rounded)), a_side * a_side)]
    return gpd.GeoSeries(gpd.points_from_xy(x.ravel(), y.ravel()), index=ids, crs=point.crs), rounded


def _behind(positions: Positions, spots: Positions, rounded: NDArray[np.int64]) -> Spots:
    """Spots of the points ``rounded`` behind the positions of all."""
    first = np.full(len(positions), -1, dtype=np.int64)
    each = len(spots) // len(rounded)
    first[rounded] = len(positions) + each * np.arange(len(rounded))
    joined = Positions(
        ids=positions.ids.append(spots.ids),
        status=np.concatenate([positions.status, spots.status]),
        start=np.concatenate([positions.start, spots.start[1:] + positions.start[-1]]),
        edge=np.concatenate([positions.edge, spots.edge]),
        offset_mm=np.concatenate([positions.offset_mm, spots.offset_mm]),
        leg_mm=np.concatenate([positions.leg_mm, spots.leg_mm]),
    )
    return Spots(positions=joined, first=first, each=each)
