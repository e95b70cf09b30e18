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
from circle15.model.places import DemandPoints, Facilities
from circle15.refusals import hint, refusal

__all__ = ["PlacedDemand", "PlacedFacilities", "Positions"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Positions:
    """Points placed on a network: nearest point *along an edge*, not a node.

    Attributes
    ----------
    ids
        Of the points; positions know whose they are.
    edge
        ``int32[p]`` edge position, -1 where the point is ``far``.
    offset_mm
        ``int64[p]`` along the edge from its u end.
    leg_mm
        ``int64[p]`` straight access leg between the point and the edge.
    status
        ``uint8[p]``: ``Positions.OK``, ``Positions.FAR`` (no street within the limit, or only
        across water or rail: not used) or ``Positions.ISLAND`` (on a small component: used
        only for what it truly reaches).

    Raises
    ------
    InputError
        If the columns are not of one length.
    """

    OK, FAR, ISLAND = 0, 1, 2

    ids: pd.Index
    edge: NDArray[np.int32]
    offset_mm: NDArray[np.int64]
    leg_mm: NDArray[np.int64]
    status: NDArray[np.uint8]

    def __post_init__(self) -> None:
        lengths = {len(column) for column in (self.edge, self.offset_mm, self.leg_mm, self.status)}
        if lengths != {len(self.ids)}:
            raise refusal("positions_columns", error=InputError, count=len(self.ids), lengths=sorted(lengths))

    @property
    def placed(self) -> NDArray[np.bool_]:
        """``bool[p]``: near a street; of the others nothing is known."""
        return np.asarray(self.status != Positions.FAR)

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, rows: NDArray[Any]) -> Positions:
        """Those at the given rows, or where a mask is true."""
        return Positions(
            ids=self.ids[rows],
            edge=self.edge[rows],
            offset_mm=self.offset_mm[rows],
            leg_mm=self.leg_mm[rows],
            status=self.status[rows],
        )

    def __repr__(self) -> str:
        ok, far, island = (int((self.status == code).sum()) for code in (self.OK, self.FAR, self.ISLAND))
        return f"<Positions: {len(self):,} points, {ok:,} ok, {far:,} far, {island:,} on islands>"


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
