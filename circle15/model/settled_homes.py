"""Homes whose places a scenario settles: those of new estates, and those of communities that were merged or split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.errors import InputError
from circle15.model.places import PEOPLE, Communities
from circle15.refusals import hint, refusal

__all__ = ["SettledHomes"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SettledHomes:
    """Demand points that are not worked out again; communities count their people among theirs.

    ``frame`` on ``point_id`` as :class:`~circle15.model.places.DemandPoints` has it. ``whole`` are the communities of
    which no other home is known; the people of all others beyond these live in the homes that stand.

    Raises
    ------
    InputError
        If a column is missing, or two points have one id.
    """

    frame: gpd.GeoDataFrame
    whole: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.frame.index.name != "point_id" or self.frame.index.has_duplicates:
            raise refusal("frame_index", error=InputError, name="point_id", given=self.frame.index.name)
        for column in ("community_id", "method", "leg_m", *PEOPLE):
            if column not in self.frame.columns:
                raise refusal("frame_column", error=InputError, what=hint("what_demand_points"), column=column)

    def others(self, communities: Communities) -> gpd.GeoDataFrame:
        """The communities' frame with those people only who live in homes that stand."""
        frame = communities.frame[~communities.frame.index.isin(self.whole)]
        people: Any = frame[list(communities.people)]
        settled = self.frame.groupby("community_id")[list(communities.people)].sum()
        left = people - settled.reindex(index=people.index).fillna(0.0)
        return frame.assign(**{column: left[column] for column in left.columns})

    def among(self, communities: tuple[str, ...]) -> SettledHomes:
        """Those of some communities."""
        return replace(self, frame=self.frame[self.frame["community_id"].isin(communities)])

    def with_homes(self, frame: gpd.GeoDataFrame, *, whole: frozenset[str] = frozenset()) -> SettledHomes:
        """These with others more."""
        joined = pd.concat([self.frame, frame]) if len(self.frame) else frame
        return SettledHomes(frame=joined.rename_axis("point_id"), whole=self.whole | whole)

    def without(self, communities: tuple[str, ...]) -> SettledHomes:
        """These without those of some communities."""
        kept: NDArray[np.bool_] = ~self.frame["community_id"].isin(communities).to_numpy()
        return SettledHomes(frame=self.frame[kept], whole=self.whole - set(communities))

    def __len__(self) -> int:
        return len(self.frame)
