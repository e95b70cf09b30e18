"""Limits that more than one room keeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["FEWEST", "MIDDLE_OF_FEW", "SCALE_REFUSED", "SCALE_TOLD", "few_as_five"]

FEWEST = 10
"""The smallest number of people that is told outside; one to nine are told as fewer than this."""

MIDDLE_OF_FEW = FEWEST // 2
"""One to nine people are drawn, and taken in a share or a sum, as this many."""


def few_as_five(people: ArrayLike) -> NDArray[np.float64]:
    """Groups of people as they go into a sum that is told, so that none of one to nine is what the others leave of it.

    One to nine count as five, people whom nobody knows as none.

    Examples
    --------
    >>> few_as_five([0.0, 1.0, 9.0, 10.0, 43.4, float("nan")]).tolist()
    [0.0, 5.0, 5.0, 10.0, 43.0, 0.0]
    """
    whole = np.rint(np.nan_to_num(np.asarray(people, dtype=np.float64)))
    anybody = np.nan_to_num(np.asarray(people, dtype=np.float64)) > 0
    return np.where(anybody & (whole < FEWEST), float(MIDDLE_OF_FEW), whole)


SCALE_TOLD = 0.003
"""Scale error of a reference system from which on it is told.

National grids keep lengths within 0.1 % (UTM: 0.9996 on the meridian, 1.0010 at the edge of a zone); beyond three times
that a place lies in another zone. A walk of 15 minutes at 0.9 m/s, 810 m, is then wrong by 2.4 m.
"""
SCALE_REFUSED = 0.01
"""Scale error from which on nothing is computed: 8 m in 810, as much as the leg from many a door to its street."""
