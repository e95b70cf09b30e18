"""Which communities are rural, in the words that people write into the column ``rural``."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["RURAL", "rural"]

RURAL = frozenset({"农村", "乡村", "村", "乡", "rural", "true", "1", "1.0"})
"""Words of the column ``rural``; every other counts as urban."""


def rural(communities: pd.DataFrame) -> NDArray[np.bool_]:
    """``bool[c]``: the communities that say they are rural (column ``rural``); all others count as urban.

    Examples
    --------
    >>> rural(pd.DataFrame({"rural": ["农村", "", None, " Rural"]})).tolist()
    [True, False, False, True]
    """
    if "rural" not in communities:
        return np.zeros(len(communities), dtype=bool)
    return np.array([str(word).strip().casefold() in RURAL for word in communities["rural"]], dtype=bool)
