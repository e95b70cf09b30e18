"""How sure the gains are: in how many random draws at least half of the promised people are newly served."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import uncertainty
from circle15.catalog.action_limits import action_limits
from circle15.kernels.threads import in_blocks
from circle15.model.actions import Actions
from circle15.model.changes import AddFacility, AddService
from circle15.model.placed import Positions
from circle15.network.graph import seeds
from circle15.network.snap import snap
from circle15.routing.nearest import homeward, nearest_ms
from circle15.uncertainty.draws import Draw, Stage, draw, drawn_legs, drawn_town, dropout_risk, points_covered
from circle15.uncertainty.robustness import existence

__all__ = ["action_certainty"]


def action_certainty(
    actions: Actions, stage: Stage, *, seed: int, draws: int | None = None, barriers: gpd.GeoSeries | None = None
) -> pd.Series:
    """Share of draws in which at least half of an action's gain is there.

    The draws are those of :mod:`circle15.uncertainty.robustness`, the same for the same seed. In a draw people lack a
    service who do not reach it then, and a facility that does not exist gets no service more.

    Parameters
    ----------
    actions
        From :func:`circle15.planning.actions.ranked_actions`.
    stage
        The city laid out for draws.
    seed, draws
        As in the settings; by default so many draws as ``actions.toml`` says, and no more than that.
    barriers
        What an access leg must not cross.

    Returns
    -------
    pandas.Series
        ``float64`` on ``action_id``. NaN of hours, gates and links, which the draws do not know.
    """
    limits = action_limits()
    count = limits.draws if draws is None else min(draws, limits.draws)
    share = pd.Series(np.nan, index=actions.frame.index, name="certainty", dtype=float)
    known = [key for key in share.index if isinstance(actions.changes[key][0], AddService | AddFacility)]
    if not known or not count:
        return share
    sites, doubt = _sites(actions, known, stage, barriers), uncertainty()
    chance = existence(stage.facilities.facilities, doubt).to_numpy(dtype=float)
    risk = dropout_risk(stage.network, doubt)

    def block(first: int, last: int) -> list[NDArray[np.float64]]:
        numbers = range(first, last)
        made = [draw(stage, k, seed=seed, uncertain=doubt, risk=risk, existence=chance) for k in numbers]
        return [_gains(actions, known, stage, drawn, sites) for drawn in made]

    gains = np.array([gain for part in in_blocks(block, count) for gain in part])
    promised = actions.frame.loc[known, "gain"].to_numpy(dtype=float)
    share[known] = (gains >= limits.kept * promised - 1e-9).mean(axis=0)
    return share


def _sites(actions: Actions, known: list[str], stage: Stage, barriers: gpd.GeoSeries | None) -> Positions:
    """Where the new sites stand; of a facility that stands already its own place, as the list has it."""
    points = [shapely.Point(actions.frame.geometry[key].coords[0]) for key in known]
    place = gpd.GeoSeries(points, index=pd.Index(known), crs=stage.network.crs)
    return snap(stage.network, place, max_snap_m=stage.limit_mm / 1000, barriers=barriers)


def _gains(actions: Actions, known: list[str], stage: Stage, drawn: Draw, sites: Positions) -> NDArray[np.float64]:
    """Person-services that each action newly serves in a draw."""
    town = drawn_town(stage, drawn)
    inside, certain = points_covered(stage, drawn, town)
    lacking = (~inside & certain) * (stage.weight * drawn.people)[:, np.newaxis]
    targets, gains = actions.frame["target_id"][known].tolist(), np.zeros(len(known))
    house = [row for row, target in enumerate(targets) if target]
    facility = stage.facilities.ids.get_indexer(pd.Index([targets[row] for row in house], dtype=object))
    new = np.setdiff1d(np.arange(len(known)), house)
    for rows, at in ((house, town.sites.take(facility)), (new, drawn_legs(stage, drawn, sites.take(new)))):
        home, seed = homeward(town.graph, town.homes, at), seeds(town.graph, at)
        for place, row in enumerate(rows):
            chosen = np.arange(len(at)) == place
            cost_ms = nearest_ms(town.graph, home, seed, chosen=chosen, limit_ms=stage.limit_ms)
            column = stage.services.index(actions.frame["services"][known[row]][0])
            gains[row] = lacking[cost_ms <= stage.limit_ms, column].sum()
    gains[np.array(house, dtype=np.int64)[~drawn.exists[facility]]] = 0.0
    return gains
