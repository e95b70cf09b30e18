"""Units that clauses speak of (communities, subdistricts, the city), numbered once for everyone who counts by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from circle15.model.norms import Level
from circle15.model.places import Communities

__all__ = ["LEVELS", "Units", "units_of"]

LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Units of one level, and which of them each community belongs to.

    Attributes
    ----------
    level
        One of :data:`LEVELS`.
    ids
        The units' ids: communities in their own order, subdistricts sorted by name, ``"city"`` alone.
    code
        Position in ``ids`` of each community's unit, in the order of the communities; -1 where it has none.
    """

    level: Level
    ids: pd.Index
    code: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def total(self, of_communities: ArrayLike) -> NDArray[np.float64]:
        """Sum over the communities of each unit; NaN where one of them is not known."""
        belongs = self.code >= 0
        values = np.asarray(of_communities, dtype=np.float64)[belongs]
        return np.bincount(self.code[belongs], weights=values, minlength=len(self)).astype(np.float64)


def units_of(communities: Communities, level: Level) -> Units:
    """The units of a level: communities that name no subdistrict belong to none."""
    everyone = np.arange(len(communities), dtype=np.int64)
    if level == "community":
        return Units(level=level, ids=communities.frame.index.astype(str), code=everyone)
    if level == "city":
        return Units(level=level, ids=pd.Index(["city"], dtype=object), code=np.zeros_like(everyone))
    named = communities.subdistricts
    ids = pd.Index(sorted(set(named) - {""}), dtype=object)
    return Units(level=level, ids=ids, code=np.asarray(ids.get_indexer(named), dtype=np.int64))
