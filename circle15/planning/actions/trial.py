"""Whom some changes serve, counted as a scenario: on the changed streets, everything placed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from circle15.accessibility.capacity.served import ServiceSeats, seats_by_service
from circle15.hours.opening import open_facilities
from circle15.model.changes import Change
from circle15.model.placed import PlacedFacilities, Positions
from circle15.model.results import City, Settings
from circle15.model.scenario import Scenario
from circle15.model.walk_network import WalkNetwork
from circle15.network.graph import WalkGraph, walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.planning.actions.needs import Wants
from circle15.planning.scenario import STREET_CHANGES, apply
from circle15.routing.nearest import nearest_cost
from circle15.routing.reach import reach_table

__all__ = ["ChangedStreets", "Laid", "Trial"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """A city as it is, to count scenarios on: ``graph`` is what is walked today, ``wants`` who lacks what.

    People stay where they live today.
    """

    city: City
    graph: WalkGraph
    wants: Wants
    settings: Settings

    def laid(self, changes: Sequence[Change], *, before: Laid | None = None) -> Laid:
        """Some changes laid over the city.

        Parameters
        ----------
        changes
            In their order.
        before
            What the first of them gave. If no street is among the rest, only the rest is made, as streets come first.

        Raises
        ------
        InputError
            If one of them cannot be made.
        """
        made = () if before is None else before.changes
        rest = tuple(changes[len(made) :])
        if (
            before is None
            or tuple(changes[: len(made)]) != made
            or any(isinstance(one, STREET_CHANGES) for one in rest)
        ):
            changed = apply(self.city, Scenario(name="-", changes=tuple(changes)))
            return Laid(
                changes=tuple(changes), city=changed, streets=ChangedStreets(trial=self, network=changed.network)
            )
        changed = apply(before.city, Scenario(name="-", changes=rest))
        return Laid(changes=tuple(changes), city=changed, streets=before.streets)


@dataclass(frozen=True, kw_only=True, eq=False)
class ChangedStreets:
    """Streets of a changed city, as they are walked, and people placed on them."""

    trial: Trial
    network: WalkNetwork

    @cached_property
    def graph(self) -> WalkGraph:
        """At the moment of the settings."""
        trial = self.trial
        if self.network is trial.city.network:
            return trial.graph
        return walk_graph(self.network.at(trial.settings.open_at), trial.graph.profile)

    @cached_property
    def homes(self) -> Positions:
        """Of those who lack something."""
        return self._placed(self.trial.wants.homes, self.trial.wants.point)

    @cached_property
    def everybody(self) -> Positions:
        """Of all people."""
        return self._placed(self.trial.wants.demand.positions, slice(None))

    def _placed(self, today: Positions, rows: NDArray[np.int64] | slice) -> Positions:
        trial, points = self.trial, self.trial.wants.demand.points
        if self.network is trial.city.network:
            return today
        some, limit_m = replace(points, frame=points.frame.iloc[rows]), trial.settings.max_snap_m
        return place_demand(self.graph.network, some, max_snap_m=limit_m, barriers=trial.city.barriers).positions


@dataclass(frozen=True, kw_only=True, eq=False)
class Laid:
    """What some changes make of the city of a trial, counted anew."""

    changes: tuple[Change, ...]
    city: City
    streets: ChangedStreets

    def cells(self) -> NDArray[np.int64]:
        """The cells that all of the changes together newly serve."""
        wants, serving = self.streets.trial.wants, self._serving()
        graph, homes = self.streets.graph, self.streets.homes
        times = [nearest_cost(graph, homes, serving.offering(key)) for key in wants.services]
        return np.flatnonzero((np.stack(times, axis=1) <= wants.limit_ms) & wants.lacking)

    def seats(self) -> dict[str, ServiceSeats]:
        """The seats by service once all of the changes are made."""
        trial, serving = self.streets.trial, self._serving()
        graph, homes, wants = self.streets.graph, self.streets.everybody, trial.wants
        reach = reach_table(graph, homes, serving.positions, cutoff_min=wants.circle_min)
        rules = trial.city.capacity_rules or None
        return seats_by_service(reach, wants.demand.points, serving.facilities, rules=rules)

    def _serving(self) -> PlacedFacilities:
        """The facilities that serve."""
        trial, facilities = self.streets.trial, self.city.facilities
        network, limit_m = self.streets.graph.network, trial.settings.max_snap_m
        sites = place_facilities(network, facilities, max_snap_m=limit_m, barriers=trial.city.barriers)
        return sites.of(open_facilities(facilities, trial.settings.open_at).in_service())
