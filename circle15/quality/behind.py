"""Whom the tags of streets concern: people whose nearest street was taken away, or who live behind what is barred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.catalog import walking
from circle15.model.limits import FEWEST
from circle15.model.metric import transformer
from circle15.model.placed import PlacedDemand
from circle15.model.taken_ways import TakenWays
from circle15.network.snap import nearest_m
from circle15.render.published.privacy import sum_of_parts

__all__ = ["REASONS", "Behind", "people_behind", "people_beside"]

REASONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"idle": ("closed", "building", "planned"), "denied": ("access", "hours"), "beside": ("beside",)}
)
"""Why ways are left out, each with the kinds of :class:`~circle15.model.taken_ways.TakenWays` that it has."""


@dataclass(frozen=True, kw_only=True)
class Behind:
    """People for whom tags make the difference: all, those aged 60+, and the communities with ten and more of them."""

    everyone: float = 0.0
    elders: float = 0.0
    communities: tuple[str, ...] = ()

    @classmethod
    def of(cls, demand: PlacedDemand, rows: NDArray[np.bool_]) -> Behind:
        """The people of some demand points, ``bool[p]``; communities by falling number of people."""
        points = demand.points
        people = points.known_in("population")
        elders, sums = points.known_in("pop_60plus"), points.community_sums
        of_each = zip(sums(elders), sums(elders * rows), sums(people), sums(people * rows), strict=True)
        told = np.array(
            [
                sum_of_parts([old], [part], everyone=[all_]) if old else sum_of_parts([all_], [some])
                for old, part, all_, some in of_each
            ]
        )
        order = np.argsort(-told, kind="stable")
        return cls(
            everyone=float(told.sum()),
            elders=sum_of_parts(sums(elders), sums(elders * rows)),
            communities=tuple(str(points.communities[row]) for row in order if told[row] >= FEWEST),
        )


def people_beside(
    taken: TakenWays, demand: PlacedDemand, *, max_snap_m: float, barriers: gpd.GeoSeries | None
) -> dict[str, Behind]:
    """People whose home is nearer to a way that tags took away than to any that is walked, by reason.

    Each reason stands for itself: a home with ways of two reasons nearer than any street counts for both. Points that
    were set on streets, for want of buildings and land, lie on walked ones and never count.

    Parameters
    ----------
    taken
        The ways.
    demand
        Where people live, on the streets that are walked.
    max_snap_m
        A way that is farther from a home is no way on.
    barriers
        Across these there is none either.
    """
    behind = {}
    walked_m = demand.positions.nearest_m - demand.points.leg_mm / 1000
    walked_m = np.where(np.isnan(walked_m), np.inf, walked_m) - float(walking()["snap"]["tie_m"])
    for reason, kinds in REASONS.items():
        lines = _lines(taken.of(kinds), demand.frame.crs)
        taken_m = nearest_m(demand.frame, lines, max_m=max_snap_m, barriers=barriers)
        behind[reason] = Behind.of(demand, taken_m < walked_m)
    return behind


def people_behind(demand: PlacedDemand, edges: NDArray[np.bool_]) -> Behind:
    """People who have no way on but such edges, ``bool[e]``; who has none at all does not count."""
    positions = demand.positions
    ways_behind = np.bincount(positions.owner[edges[positions.edge]], minlength=len(positions))
    return Behind.of(demand, (ways_behind == positions.ways) & (positions.ways > 0))


def _lines(taken: TakenWays, crs: Any) -> NDArray[Any]:
    """The ways as shapely lines in a metric system; what it cannot express is left out."""
    if len(taken) == 0:
        return np.empty(0, dtype=object)
    x, y = transformer("EPSG:4326", crs).transform(taken.lon, taken.lat)
    owner = np.repeat(np.arange(len(taken)), taken.size)
    bad = np.unique(owner[~(np.isfinite(x) & np.isfinite(y))])
    kept = ~np.isin(owner, bad)
    _, number = np.unique(owner[kept], return_inverse=True)
    return np.asarray(shapely.linestrings(np.column_stack([x[kept], y[kept]]), indices=number))
