"""The figures of a rule, community by community: a part and a whole, and the largest that they may be.

Observed = scale x part / whole, at any level: for a subdistrict or the city the parts and the wholes of its
communities are summed first. So a rate of the city is not an average of averages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circle15.norms.whole_numbers import Counted

__all__ = ["Figures"]

Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]
Words = NDArray[np.object_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Figures:
    """``float64[c]`` part and whole of every community, at least 0, NaN where not known; ``whole`` None for a count.

    Attributes
    ----------
    scale
        Of the figure: 100 for percent.
    lacks
        What has to be supplied where NaN stands, for all or ``object[c]`` for each.
    facility
        ``int64[c]``, the row of the facility that the figure rests on, -1 where there is none.
    most
        The figures where whatever ``unsure`` names (for all or for each) is as it raises them most; a part of NaN may
        then be as large as ``limit`` lets it be. None where nothing but NaN is unsure.
    within
        Whether the part is some of the whole: as many at most.
    limit
        ``float64[c]``, the largest that a part of NaN may be; NaN or infinite where nothing limits it.
    shares
        ``float64[c]`` twice, the least and the largest part of one in the whole where neither of the two is known.
    counted
        Which of the two is a number of things that a unit chooses itself (:mod:`circle15.norms.whole_numbers`).
    """

    part: Numbers
    whole: Numbers | None = None
    scale: float = 1.0
    lacks: str | Words = ""
    facility: Rows | None = None
    most: Figures | None = None
    unsure: str | Words = ""
    within: bool = False
    limit: Numbers | None = None
    shares: tuple[Numbers, Numbers] | None = None
    counted: Counted = ""
