"""How sure the gains are: in how many random draws at least half of the promised people are newly served."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog.action_limits import action_limits
from circle15.model.actions import Actions
from circle15.model.changes import AddFacility, AddService
from circle15.model.placed import Positions
from circle15.network.snap import snap
from circle15.routing.reach import reach_table
from circle15.uncertainty.draws import Draw, DrawnTown, Stage, drawn_legs

__all__ = ["GainsDrawn"]


@dataclass(frozen=True, kw_only=True, eq=False)
class GainsDrawn:
    """What actions gain in the draws of :mod:`circle15.uncertainty.robustness`, which are shown to it one by one.

    In a draw people lack a service who do not reach it then, and a facility that does not exist gets no service more.
    Services more and new sites are known to the draws; hours, seats, gates and links are not.

    ``people`` ``float64[p]`` are those who count: the bundles of ten that may be told, so that how sure a gain is tells
    of nobody. ``gains`` ``float64[draws, actions]`` is filled by the draws, NaN before.
    """

    actions: Actions
    stage: Stage
    people: NDArray[np.float64]
    known: list[str]
    sites: Positions
    gains: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        actions: Actions,
        stage: Stage,
        *,
        people: NDArray[np.float64],
        draws: int,
        barriers: gpd.GeoSeries | None = None,
    ) -> GainsDrawn:
        """Of a ranked list; no more than the ``draws`` of ``actions.toml`` are looked at.

        Parameters
        ----------
        actions
            From :func:`circle15.planning.actions.ranked_actions`.
        stage
            The city laid out for draws.
        people
            ``float64[p]``.
        draws
            How many are made.
        barriers
            What an access leg must not cross.
        """
        known = [key for key in actions.frame.index if isinstance(actions.changes[key][0], AddService | AddFacility)]
        points = [shapely.Point(actions.frame.geometry[key].coords[0]) for key in known]
        place = gpd.GeoSeries(points, index=pd.Index(known, dtype=object), crs=stage.network.crs)
        return cls(
            actions=actions,
            stage=stage,
            people=people,
            known=known,
            sites=snap(stage.network, place, max_snap_m=stage.limit_mm / 1000, barriers=barriers),
            gains=np.full((min(draws, action_limits().draws), len(known)), np.nan),
        )

    def __call__(
        self, number: int, drawn: Draw, town: DrawnTown, covered: NDArray[np.bool_], certain: NDArray[np.bool_]
    ) -> None:
        """Count what each action newly serves in a draw."""
        if number >= len(self.gains) or not self.known:
            return
        stage = self.stage
        lacking = (~covered & certain)[:, self.column] & (self.people > 0)[:, np.newaxis]
        some = np.flatnonzero(lacking.any(axis=1))
        homes, weight = town.homes.take(some), (self.people * drawn.people)[some]
        targets = self.actions.frame["target_id"][self.known].to_numpy(dtype=object)
        house, new = np.flatnonzero(targets != ""), np.flatnonzero(targets == "")
        facility = stage.facilities.ids.get_indexer(pd.Index(targets[house]))
        places = ((house, town.sites.take(facility)), (new, drawn_legs(stage, drawn, self.sites.take(new))))
        for rows, at in places:
            if len(rows):
                met = reach_table(town.graph, homes, at, cutoff_min=stage.limit_ms / 60_000, threads=1)
                people = weight[met.point] * lacking[some[met.point], rows[met.facility]]
                self.gains[number, rows] = np.bincount(met.facility, weights=people, minlength=len(rows))
        self.gains[number, house[~drawn.exists[facility]]] = 0.0

    @cached_property
    def column(self) -> NDArray[np.int64]:
        """``int64[k]``: the column of each known action's service."""
        services = self.actions.frame["services"]
        return np.array([self.stage.services.index(services[key][0]) for key in self.known], dtype=np.int64)

    def share(self) -> pd.Series:
        """Share of draws in which at least half of an action's people are newly served.

        Returns
        -------
        pandas.Series
            ``float64`` on ``action_id``; NaN of actions that the draws do not know, where none of the people counts,
            and without any draw.
        """
        share = pd.Series(np.nan, index=self.actions.frame.index, name="certainty", dtype=float)
        seen = self.gains[~np.isnan(self.gains).any(axis=1)]
        if not self.known or not len(seen):
            return share
        promised = np.array([self.people[self.actions.points[key]].sum() for key in self.known])
        kept = (seen >= action_limits().kept * promised - 1e-9).mean(axis=0)
        share[self.known] = np.where(promised > 0, kept, np.nan)
        return share
