"""People of new estates, and where they will live: part of a community, apart from the homes that stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.errors import InputError
from circle15.model.places import PEOPLE, Communities, people_columns
from circle15.refusals import hint, refusal

__all__ = ["NewHomes"]


@dataclass(frozen=True, kw_only=True, eq=False)
class NewHomes:
    """Points of new estates on ``point_id`` with ``community_id`` and people; communities count them among theirs.

    Raises
    ------
    InputError
        If a column is missing, or two points have one id.
    """

    frame: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        if self.frame.index.name != "point_id" or self.frame.index.has_duplicates:
            raise refusal("frame_index", error=InputError, name="point_id", given=self.frame.index.name)
        for column in ("community_id", *PEOPLE):
            if column not in self.frame.columns:
                raise refusal("frame_column", error=InputError, what=hint("what_demand_points"), column=column)

    @property
    def people(self) -> tuple[str, ...]:
        """The people columns that are there."""
        return people_columns(self.frame)

    def totals(self) -> pd.DataFrame:
        """People by ``community_id``."""
        return self.frame.groupby("community_id")[list(self.people)].sum()

    def others(self, communities: Communities) -> gpd.GeoDataFrame:
        """The communities' frame with those people only who live in homes that stand.

        Communities of new estates alone have none and are left out.
        """
        frame, totals = communities.frame, self.totals()
        people: Any = frame[list(communities.people)]
        new = totals.reindex(index=people.index, columns=people.columns).fillna(0.0)
        left = people - new
        only_new: NDArray[np.bool_] = frame.index.isin(totals.index) & (left["population"] <= 0).to_numpy()
        return frame.assign(**{column: left[column] for column in left.columns})[~only_new]

    def __len__(self) -> int:
        return len(self.frame)
