"""Places on a network: points and their positions in one value, so that no stage is given them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.errors import InputError
from circle15.kernels.ragged import ranges
from circle15.model.places import DemandPoints, Facilities
from circle15.model.service import Service
from circle15.refusals import hint, refusal

__all__ = ["PlacedDemand", "PlacedFacilities", "Positions", "determined"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Positions:
    """Points placed on a network: each with its *ways on*, spots along edges that it may set out from.

    Most points have one way on, the nearest spot of the nearest edge. Where several edges meet at that spot, or the
    nearest edge belongs to a piece that nothing joins to the rest, there are more; the least total time counts.

    Attributes
    ----------
    ids
        Of the points; positions know whose they are.
    status
        ``uint8[p]``: ``Positions.OK``; ``Positions.FAR`` (no street within the limit, or only across water or rail:
        no way on, not used); ``Positions.MOVED`` (nearest to a detached piece of the network, but the mainland is near
        too: both are ways on); ``Positions.ISLAND`` (only a detached piece is near, or barred nodes part it from the
        mainland: covered by what it truly reaches, of everything else nothing is known).
    start
        ``int64[p + 1]``: point ``k`` has the ways on ``start[k]`` up to, not with, ``start[k + 1]``, the shortest leg
        first.
    edge
        ``int32[w]`` edge of each way on.
    offset_mm
        ``int64[w]`` along the edge from its u end.
    leg_mm
        ``int64[w]`` straight access leg between the point and the edge.

    Raises
    ------
    InputError
        If the columns are not of one length, or ``start`` does not share out the ways on.
    """

    OK, FAR, ISLAND, MOVED = 0, 1, 2, 3

    ids: pd.Index
    status: NDArray[np.uint8]
    start: NDArray[np.int64]
    edge: NDArray[np.int32]
    offset_mm: NDArray[np.int64]
    leg_mm: NDArray[np.int64]

    def __post_init__(self) -> None:
        lengths = {len(self.status), len(self.start) - 1}
        if lengths != {len(self.ids)}:
            raise refusal("positions_columns", error=InputError, count=len(self.ids), lengths=sorted(lengths))
        ways = {len(column) for column in (self.edge, self.offset_mm, self.leg_mm)} | {int(self.start[-1])}
        rising = self.start[0] == 0 and bool((np.diff(self.start) >= 0).all())
        if len(ways) != 1 or not rising or bool((self.ways[self.status == self.FAR] > 0).any()):
            raise refusal("positions_ways", error=InputError, count=int(self.start[-1]), lengths=sorted(ways))

    @classmethod
    def single(
        cls,
        *,
        ids: pd.Index,
        edge: NDArray[Any],
        offset_mm: NDArray[Any],
        leg_mm: NDArray[Any],
        status: NDArray[Any],
    ) -> Positions:
        """Points with one way on each; none where ``status`` is ``FAR``. All columns by point."""
        columns = {len(column) for column in (edge, offset_mm, leg_mm, status)}
        if columns != {len(ids)}:
            raise refusal("positions_columns", error=InputError, count=len(ids), lengths=sorted(columns))
        near = np.asarray(status) != cls.FAR
        return cls(
            ids=ids,
            status=np.asarray(status, dtype=np.uint8),
            start=np.concatenate([[0], np.cumsum(near)]).astype(np.int64),
            edge=np.asarray(edge)[near].astype(np.int32),
            offset_mm=np.asarray(offset_mm)[near].astype(np.int64),
            leg_mm=np.asarray(leg_mm)[near].astype(np.int64),
        )

    @property
    def placed(self) -> NDArray[np.bool_]:
        """``bool[p]``: near a street; of the others nothing is known."""
        return np.asarray(self.status != self.FAR)

    @property
    def ways(self) -> NDArray[np.int64]:
        """``int64[p]``: how many ways on each point has."""
        return np.diff(self.start)

    @property
    def owner(self) -> NDArray[np.int64]:
        """``int64[w]``: whose each way on is."""
        return np.repeat(np.arange(len(self)), self.ways)

    @property
    def nearest_m(self) -> NDArray[np.float64]:
        """``float64[p]``: the shortest access leg in metres, NaN for points that are far."""
        metres = np.full(len(self), np.nan)
        placed = self.ways > 0
        metres[placed] = self.leg_mm[self.start[:-1][placed]] / 1000
        return metres

    def __len__(self) -> int:
        return len(self.status)

    def take(self, rows: NDArray[Any]) -> Positions:
        """Those at the given rows, or where a mask is true."""
        rows = np.arange(len(self))[rows]
        _, way = ranges(self.start[rows], self.ways[rows])
        return Positions(
            ids=self.ids[rows],
            status=self.status[rows],
            start=np.concatenate([[0], np.cumsum(self.ways[rows])]).astype(np.int64),
            edge=self.edge[way],
            offset_mm=self.offset_mm[way],
            leg_mm=self.leg_mm[way],
        )

    def ways_where(self, keep: NDArray[np.bool_]) -> Positions:
        """The same points with some of their ways on, ``bool[w]``; those that keep none are ``FAR``."""
        if keep.all():
            return self
        count = np.bincount(self.owner[keep], minlength=len(self))
        return Positions(
            ids=self.ids,
            status=np.where(count > 0, self.status, self.FAR).astype(np.uint8),
            start=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
            edge=self.edge[keep],
            offset_mm=self.offset_mm[keep],
            leg_mm=self.leg_mm[keep],
        )

    def __repr__(self) -> str:
        ok, far, island, moved = (
            int((self.status == code).sum()) for code in (self.OK, self.FAR, self.ISLAND, self.MOVED)
        )
        return (
            f"<Positions: {len(self):,} points, {ok:,} ok, {moved:,} moved to the mainland, {far:,} far, "
            f"{island:,} on islands>"
        )


def determined(status: NDArray[np.uint8], reached: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of which points the map tells whether they reach something, ``bool`` as ``reached``.

    Not of those far from every street; and of those on a detached piece of the network only if they do reach it: what
    they do not may lie behind a way that nobody mapped.

    Parameters
    ----------
    status
        ``uint8[p]`` of :class:`Positions`.
    reached
        ``bool[p]``, or ``bool[p, s]`` of several services.
    """
    near, adrift = status != Positions.FAR, status == Positions.ISLAND
    if not adrift.any():
        return np.broadcast_to(near if reached.ndim == 1 else near[:, np.newaxis], reached.shape)
    if reached.ndim > 1:
        near, adrift = near[:, np.newaxis], adrift[:, np.newaxis]
    return np.asarray(near & (reached | ~adrift))


def _check_same_places(what: str, frame: gpd.GeoDataFrame, positions: Positions) -> None:
    """Refuse positions that are not those of a frame's rows, one for one and in this order."""
    if positions.ids.equals(frame.index):
        return
    if len(positions) != len(frame):
        raise refusal(
            "positions_count", error=InputError, what=hint(f"what_{what}"), count=len(frame), positions=len(positions)
        )
    row = int(np.argmax(np.asarray(positions.ids != frame.index)))
    raise refusal(
        "positions_order",
        error=InputError,
        what=hint(f"what_{what}"),
        row=row,
        given=frame.index[row],
        placed=positions.ids[row],
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PlacedDemand:
    """Demand points and where they stand on the streets, checked to be the same rows.

    Raises
    ------
    InputError
        If the positions are of other points, or in another order.
    """

    points: DemandPoints
    positions: Positions

    def __post_init__(self) -> None:
        _check_same_places("demand_points", self.points.frame, self.positions)

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """The points' frame."""
        return self.points.frame

    @property
    def ids(self) -> pd.Index:
        """``point_id`` of every row."""
        return self.points.frame.index

    @property
    def placed(self) -> NDArray[np.bool_]:
        """``bool[p]``: near a street; of the others nothing is known."""
        return self.positions.placed

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        return f"<PlacedDemand: {self.points!r}, {self.positions!r}>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PlacedFacilities:
    """Facilities and where they stand on the streets, checked to be the same rows.

    Raises
    ------
    InputError
        If the positions are of other facilities, or in another order.
    """

    facilities: Facilities
    positions: Positions

    def __post_init__(self) -> None:
        _check_same_places("facilities", self.facilities.frame, self.positions)

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """The facilities' frame."""
        return self.facilities.frame

    @property
    def ids(self) -> pd.Index:
        """``facility_id`` of every row."""
        return self.facilities.frame.index

    @property
    def listed(self) -> frozenset[str]:
        """Services that some list speaks of."""
        return self.facilities.listed

    @property
    def pack_services(self) -> tuple[Service, ...]:
        """Services that there are beside the catalogue's."""
        return self.facilities.pack_services

    def of(self, facilities: Facilities) -> PlacedFacilities:
        """Some of them, with services as another value has them: those open at a moment, those in service.

        Raises
        ------
        InputError
            If one of them was not placed.
        """
        rows = self.ids.get_indexer(facilities.frame.index)
        if (rows < 0).any():
            unknown = facilities.frame.index[int((rows < 0).argmax())]
            raise refusal("facility_unplaced", error=InputError, facility=unknown)
        return PlacedFacilities(facilities=facilities, positions=self.positions.take(rows))

    def offering(self, service: str) -> Positions:
        """Positions of those that offer a service."""
        return self.positions.take(self.facilities.offer_matrix((service,))[:, 0])

    def offer_matrix(self, services: Sequence[str]) -> NDArray[np.bool_]:
        """``bool[f, s]``: which facility offers which service."""
        return self.facilities.offer_matrix(services)

    def __len__(self) -> int:
        return len(self.facilities)

    def __repr__(self) -> str:
        return f"<PlacedFacilities: {self.facilities!r}, {self.positions!r}>"
