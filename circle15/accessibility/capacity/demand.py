"""How many whole people of each demand point ask for a service on a day."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from circle15.kernels.ragged import place_in_run, rank_by_id
from circle15.model.places import DemandPoints

__all__ = ["whole_people"]

_PARTS = 1024
"""People of demand points are multiples of one 1024th."""


def whole_people(points: DemandPoints, column: str, rate: float) -> NDArray[np.int64]:
    """``int64[p]``: people of a column who come on a day, whole numbers that add up by community.

    Each community's people times the rate are rounded to a whole number, half up; its points get the whole part of
    their shares, and what is left goes one by one to the largest remainders, of equal ones by ``point_id``. Nobody
    where the community's people are not known.
    """
    parts = np.rint(points.known_in(column) * _PARTS).astype(np.int64)
    exact, code = Fraction(str(rate)), points.community
    of_community = np.bincount(code, weights=parts, minlength=len(points.communities)).astype(np.int64)
    wanted = np.array([int(exact * whole / _PARTS + Fraction(1, 2)) for whole in of_community.tolist()], dtype=np.int64)
    whole = np.maximum(of_community, 1)[code]
    share, rest = np.divmod(parts * wanted[code], whole)
    order = np.lexsort((rank_by_id(points.frame.index), -rest, code))
    given = np.bincount(code, weights=share, minlength=len(wanted)).astype(np.int64)
    left = (wanted - given)[code[order]]
    share[order] += place_in_run(code[order]) < left
    return share
