"""The changes that would help most, as numbers and codes; sentences are made in ``circle15.catalog.phrases``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model.changes import Change
from circle15.model.moment import Moment

__all__ = ["KINDS", "Actions", "Needs"]

KINDS = ("service", "hours", "seats", "gate", "link", "site")
"""Kinds of action, of equal ones the one that takes least first.

``service``: a service more in an existing facility; ``hours``: a facility that is closed at the moment opens then;
``seats``: more seats where those in reach find none; ``gate``: a private or locked gate that everybody may pass;
``link``: a way that does not exist yet; ``site``: a new facility at a crossing.
"""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Needs:
    """How many services people lack: they live by a street and reach none within the circle.

    ``frame`` on ``community_id``: ``elders`` (people aged 60+), and ``lack_1``, ``lack_2``, ... of them who lack at
    least so many services, up to all that are determined. ``by_service``: people aged 60+ who lack each service.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_service: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))

    def lacking(self, services: int) -> float:
        """People aged 60+ of the city who lack at least so many services."""
        column = f"lack_{services}"
        return float(self.frame[column].sum()) if column in self.frame else 0.0

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"<Needs: {self.lacking(1):,.0f} people aged 60+ lack a service>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Actions:
    """The changes that would help most, over all kinds, the best first.

    People are those aged 60+, everyone in communities where nobody is; *newly served* are those who lack a service
    within the circle today and reach it then, and, where seats are added, those who find none today and find one then.
    They are counted in person-services: who reaches two services more counts twice, and of those who find a seat as
    many count as the seat serves by the rate at which people ask: ten where one in ten comes on a day.

    ``frame`` on ``action_id`` (``action-1``, ...): ``kind`` of :data:`KINDS`; ``services`` (keys that somebody newly
    reaches, in catalogue order); ``target_id`` (of a facility, a gate, or a link of the attribution; ``""`` of a new
    site), its ``name`` and ``name_en``; ``street`` (the nearest that has a name), ``to_street`` (a link's other end)
    and ``community_id``, each ``""`` where there is none; ``units`` of capacity more and the ``unit`` (NaN and ``""``
    of other kinds); ``gain`` alone; ``step`` (1, 2, ...: of the listed the one that adds most to those before) and
    ``added`` (its gain after the steps before); ``same_people`` (the better action of another kind that serves nearly
    the same people, else ``""``: one of both is enough); ``certainty`` (share of random draws in which at least half of
    the gain is there, counted of bundles of ten people; NaN where the draws do not know the change); ``cost`` in
    ``currency`` (NaN where the pack does not know it); and the point or line in the network's metric system.

    ``gains`` on (``action_id``, ``community_id``, ``service``): of whom ``gain`` is the sum. ``seated`` likewise, of
    bundles of ten people: whom seats serve, as it may be told. ``points``: rows of the demand points that an action
    newly serves, once for each service; of ``seats`` none.

    ``turned``: verdicts that an action alone turns from fail to pass, ``action_id``, ``clause_id``, ``level`` and
    ``unit_id``; None where no clause was judged.

    ``changes``: what does each action, for a :class:`~circle15.model.scenario.Scenario`. ``tried``: how many candidates
    of each kind were looked at. ``cutoff_min`` (NaN where nothing was computed) and ``open_at`` are the circle and the
    moment that all of it is of. In words: ``action_sentences`` and ``headline`` of ``circle15.catalog.phrases``.
    """

    frame: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    gains: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    seated: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    points: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    currency: str = ""
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    tried: pd.Series = field(default_factory=lambda: pd.Series(dtype="int64"))
    turned: pd.DataFrame | None = None
    needs: Needs = field(default_factory=Needs)
    cutoff_min: float = float("nan")
    open_at: Moment | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        first = f", first {self.frame['gain'].iloc[0]:,.0f} person-services" if len(self) else ""
        return f"<Actions: {len(self)} of {int(self.tried.sum()):,} candidates{first}>"

    def _repr_html_(self) -> str:
        return self.frame.drop(columns=self.frame.columns.intersection(["geometry"])).to_html(max_rows=12)
