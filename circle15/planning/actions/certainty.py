"""How sure the gains are: in how many random draws at least half of the promised people are newly served."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog.action_limits import action_limits
from circle15.model.actions import Actions
from circle15.model.changes import AddFacility, AddService
from circle15.model.placed import Positions
from circle15.network.graph import seeds
from circle15.network.snap import snap
from circle15.routing.nearest import homeward, nearest_ms
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
        stage, lacking = self.stage, ~covered & certain
        targets = self.actions.frame["target_id"][self.known].tolist()
        house = [row for row, target in enumerate(targets) if target]
        facility = stage.facilities.ids.get_indexer(pd.Index([targets[row] for row in house], dtype=object))
        new = np.setdiff1d(np.arange(len(targets)), house)
        places = ((house, town.sites.take(facility)), (new, drawn_legs(stage, drawn, self.sites.take(new))))
        for rows, at in places:
            home, seed = homeward(town.graph, town.homes, at), seeds(town.graph, at)
            for place, row in enumerate(rows):
                chosen = np.arange(len(at)) == place
                cost_ms = nearest_ms(town.graph, home, seed, chosen=chosen, limit_ms=stage.limit_ms)
                column = self._column(row)
                weight = self.people * drawn.people * lacking[:, column]
                self.gains[number, row] = weight[cost_ms <= stage.limit_ms].sum()
        self.gains[number, np.array(house, dtype=np.int64)[~drawn.exists[facility]]] = 0.0

    def _column(self, row: int) -> int:
        return self.stage.services.index(self.actions.frame["services"][self.known[row]][0])

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
