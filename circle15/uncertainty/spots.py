"""Where facilities with rounded coordinates may stand: spots over what the rounding leaves open, each on the streets.

The spots are placed once, before the draws, and a draw takes one of each facility's. To place every such facility anew
in each draw would say the same and cost one search for the nearest street more, for each draw; this way the number of
draws costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from circle15.model.placed import PlacedFacilities, Positions
from circle15.model.walk_network import WalkNetwork
from circle15.network.snap import snap

__all__ = ["Spots", "spots_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Spots:
    """Facilities as they were placed, and behind them ``each`` spots of every one with rounded coordinates.

    ``first`` ``int64[f]``: row of a facility's first spot in ``positions``, -1 where it has none.
    """

    positions: Positions
    first: NDArray[np.int64]
    each: int

    def drawn(self, at: NDArray[np.float64]) -> NDArray[np.int64]:
        """The spot of each facility, ``int64[f]``, from numbers evenly spread from 0 up to, not with, 1."""
        return (at * self.each).astype(np.int64)

    def at(self, spot: NDArray[np.int64] | None) -> Positions:
        """Positions of the facilities, those with spots at the given ones; None: where their list puts them."""
        rows = np.arange(len(self.first))
        if spot is not None:
            rows = np.where(self.first < 0, rows, self.first + spot)
        return self.positions.take(rows)


def spots_of(
    network: WalkNetwork,
    facilities: PlacedFacilities,
    *,
    a_side: int,
    max_snap_m: float,
    barriers: gpd.GeoSeries | None = None,
) -> Spots | None:
    """Place the spots of facilities with rounded coordinates on the streets.

    Parameters
    ----------
    network
        Where to.
    facilities
        With ``rounded_m``, the steps east and north; the spots are the middles of ``a_side`` by ``a_side`` equal parts
        of the rectangle that reaches half a step from the facility's point each way.
    a_side
        How many spots a side.
    max_snap_m, barriers
        See :func:`circle15.network.snap.snap`.

    Returns
    -------
    Spots or None
        None where all coordinates are precise. A facility's spots hang on its own point alone.
    """
    steps = facilities.facilities.rounded_m
    rounded = np.flatnonzero((steps > 0).any(axis=1))
    if len(rounded) == 0:
        return None
    part = (np.arange(a_side) + 0.5) / a_side - 0.5
    east, north = (axis.ravel() for axis in np.meshgrid(part, part))
    each, point = a_side * a_side, facilities.frame.geometry.iloc[rounded]
    x = point.x.to_numpy()[:, np.newaxis] + steps[rounded, :1] * east
    y = point.y.to_numpy()[:, np.newaxis] + steps[rounded, 1:] * north
    ids = facilities.ids[np.repeat(rounded, each)]
    there = gpd.GeoSeries(gpd.points_from_xy(x.ravel(), y.ravel()), index=ids, crs=point.crs)
    placed = snap(network, there, max_snap_m=max_snap_m, barriers=barriers)
    first = np.full(len(facilities), -1, dtype=np.int64)
    first[rounded] = len(facilities) + each * np.arange(len(rounded))
    return Spots(positions=_joined(facilities.positions, placed), first=first, each=each)


def _joined(one: Positions, other: Positions) -> Positions:
    """Both, one behind the other."""
    return Positions(
        ids=one.ids.append(other.ids),
        status=np.concatenate([one.status, other.status]),
        start=np.concatenate([one.start, other.start[1:] + one.start[-1]]),
        edge=np.concatenate([one.edge, other.edge]),
        offset_mm=np.concatenate([one.offset_mm, other.offset_mm]),
        leg_mm=np.concatenate([one.leg_mm, other.leg_mm]),
    )
