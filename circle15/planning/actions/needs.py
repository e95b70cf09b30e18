"""Who lacks which service today, by the ordinary rule of coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.accessibility.coverage import points_in_reach
from circle15.catalog import services as known_services
from circle15.model.actions import Needs
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions, determined
from circle15.model.places import DemandPoints
from circle15.model.results import ReachTable
from circle15.network.graph import cutoff_ms

__all__ = ["Wants", "who_lacks"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Wants:
    """The people who lack a service that a list speaks of, and of whom the map can tell.

    ``services`` in catalogue order; ``demand`` all demand points, and ``point`` ``int64[k]`` the rows of those where
    somebody lacks something. By these, ``lacking`` ``bool[k, s]``, and ``people`` ``float64[k]``: those aged 60+,
    everyone in communities where nobody is. The people of a point who lack a service are a *cell*, by its number in
    ``lacking`` row by row.
    """

    services: tuple[str, ...]
    demand: PlacedDemand
    point: NDArray[np.int64]
    lacking: NDArray[np.bool_]
    people: NDArray[np.float64]
    circle_min: float

    @property
    def homes(self) -> Positions:
        """Where they live."""
        return self.demand.positions.take(self.point)

    @property
    def limit_ms(self) -> int:
        """The circle."""
        return cutoff_ms(self.circle_min)

    def weight(self) -> NDArray[np.float64]:
        """``float64[k s]``: people by cell."""
        return np.repeat(self.people, len(self.services))

    def by_community(self, cells: NDArray[np.int64]) -> pd.Series:
        """People of some cells on (``community_id``, ``service``), nobody left out."""
        point, column = np.divmod(cells, len(self.services))
        points = self.demand.points
        index = pd.MultiIndex.from_arrays(
            [
                points.communities[points.community[self.point[point]]],
                np.array(self.services, dtype=object)[column],
            ],
            names=["community_id", "service"],
        )
        return pd.Series(self.people[point], index=index, dtype=float).groupby(level=[0, 1]).sum()


def who_lacks(
    reach: ReachTable, demand: PlacedDemand, facilities: PlacedFacilities, *, circle_min: float
) -> tuple[Wants, Needs]:
    """Who lacks what today, point by point, and counted by community.

    Parameters
    ----------
    reach
        Walking times within the circle at least.
    demand
        Of the table.
    facilities
        Those that serve; a service that no list speaks of is undetermined, and nobody lacks it.
    circle_min
        Minutes.
    """
    services = tuple(key for key in known_services(facilities.pack_services) if key in facilities.listed)
    inside = points_in_reach(reach, facilities.facilities, services, [circle_min]).best_ms <= cutoff_ms(circle_min)
    lacking = np.asarray(~inside & determined(demand.positions.status, inside))
    people = demand.points.weight()
    point = np.flatnonzero(lacking.any(axis=1) & (people > 0))
    wants = Wants(
        services=services,
        demand=demand,
        point=point,
        lacking=lacking[point],
        people=people[point],
        circle_min=circle_min,
    )
    return wants, _needs(demand.points, lacking, services)


def _needs(points: DemandPoints, lacking: NDArray[np.bool_], services: tuple[str, ...]) -> Needs:
    """How many people aged 60+ lack how many services; ``lacking`` ``bool[p, s]``."""
    elders, total, count = points.known_in("pop_60plus"), points.community_sums, lacking.sum(axis=1)
    columns = {f"lack_{least}": total(elders * (count >= least)) for least in range(1, len(services) + 1)}
    return Needs(
        frame=pd.DataFrame({"elders": total(elders), **columns}, index=points.communities),
        by_service=pd.Series(elders @ lacking, index=pd.Index(services, name="service"), dtype=float),
    )
