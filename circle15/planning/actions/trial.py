"""Whom some changes serve, counted as a scenario: on the changed streets, everything placed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from circle15.accessibility.capacity.served import ServiceSeats, seats_by_service
from circle15.hours.opening import open_facilities
from circle15.model.changes import Change
from circle15.model.placed import PlacedFacilities, Positions
from circle15.model.places import DemandPoints
from circle15.model.results import City, Settings
from circle15.model.scenario import Scenario
from circle15.network.graph import WalkGraph, walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.planning.actions.needs import Wants
from circle15.planning.scenario import apply
from circle15.routing.nearest import nearest_cost
from circle15.routing.reach import reach_table

__all__ = ["Trial"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """A city as it is, to count scenarios on: ``graph`` is what is walked today, ``wants`` who lacks what.

    People stay where they live today.
    """

    city: City
    graph: WalkGraph
    wants: Wants
    settings: Settings

    def cells(self, changes: Sequence[Change]) -> NDArray[np.int64]:
        """The cells that all of the changes together newly serve.

        Raises
        ------
        InputError
            If one of them cannot be made.
        """
        changed = apply(self.city, Scenario(name="-", changes=tuple(changes)))
        graph, homes = self.graph, self.wants.homes
        if changed.network is not self.city.network:
            points = self.wants.demand.points
            few = replace(points, frame=points.frame.iloc[self.wants.point])
            graph, homes = self._walked(changed, few)
        serving = self._serving(changed, graph)
        times = [nearest_cost(graph, homes, serving.offering(key)) for key in self.wants.services]
        return np.flatnonzero((np.stack(times, axis=1) <= self.wants.limit_ms) & self.wants.lacking)

    def seats(self, changes: Sequence[Change]) -> dict[str, ServiceSeats]:
        """The seats by service once all of the changes are made.

        Raises
        ------
        InputError
            If one of them cannot be made.
        """
        changed = apply(self.city, Scenario(name="-", changes=tuple(changes)))
        points, graph, homes = self.wants.demand.points, self.graph, self.wants.demand.positions
        if changed.network is not self.city.network:
            graph, homes = self._walked(changed, points)
        serving = self._serving(changed, graph)
        reach = reach_table(graph, homes, serving.positions, cutoff_min=self.wants.circle_min)
        return seats_by_service(reach, points, serving.facilities, rules=self.city.capacity_rules or None)

    def _walked(self, changed: City, points: DemandPoints) -> tuple[WalkGraph, Positions]:
        """The streets of a changed city as they are walked, and people placed on them."""
        network, limit_m = changed.network.at(self.settings.open_at), self.settings.max_snap_m
        placed = place_demand(network, points, max_snap_m=limit_m, barriers=self.city.barriers)
        return walk_graph(network, self.graph.profile), placed.positions

    def _serving(self, changed: City, graph: WalkGraph) -> PlacedFacilities:
        """The facilities of a changed city that serve."""
        limit_m = self.settings.max_snap_m
        sites = place_facilities(graph.network, changed.facilities, max_snap_m=limit_m, barriers=self.city.barriers)
        return sites.of(open_facilities(changed.facilities, self.settings.open_at).in_service())
