"""Whom some changes serve, counted as a scenario: on the changed streets, everything placed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from circle15.hours.opening import open_facilities
from circle15.model.changes import Change
from circle15.model.placed import Positions
from circle15.model.results import City, Settings
from circle15.model.scenario import Scenario
from circle15.model.walk_network import WalkNetwork
from circle15.network.graph import WalkGraph, walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.planning.actions.needs import Wants
from circle15.planning.scenario import apply
from circle15.routing.nearest import nearest_cost

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
        network, homes, graph = self.graph.network, self.wants.homes, self.graph
        if changed.network is not self.city.network:
            network = changed.network.at(self.settings.open_at)
            graph, homes = walk_graph(network, self.graph.profile), self._homes(network)
        sites = place_facilities(
            network, changed.facilities, max_snap_m=self.settings.max_snap_m, barriers=self.city.barriers
        )
        serving = sites.of(open_facilities(changed.facilities, self.settings.open_at).in_service())
        times = [nearest_cost(graph, homes, serving.offering(key)) for key in self.wants.services]
        return np.flatnonzero((np.stack(times, axis=1) <= self.wants.limit_ms) & self.wants.lacking)

    def _homes(self, network: WalkNetwork) -> Positions:
        """Those who lack something, placed on other streets."""
        points = self.wants.demand.points
        few = replace(points, frame=points.frame.iloc[self.wants.point])
        limit_m = self.settings.max_snap_m
        return place_demand(network, few, max_snap_m=limit_m, barriers=self.city.barriers).positions
