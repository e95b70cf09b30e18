"""Which communities are urban and which rural, by what people write into the column ``rural``: ``urban_rural.toml``."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.coded import area_key

__all__ = ["area_keys"]


def area_keys(communities: pd.DataFrame) -> NDArray[np.object_]:
    """``object[c]``: of each community ``"urban"`` or ``"rural"``, ``""`` where its column ``rural`` says neither.

    Examples
    --------
    >>> area_keys(pd.DataFrame({"rural": ["农村", "", None, " Urban", True]})).tolist()
    ['rural', '', '', 'urban', 'rural']
    """
    if "rural" not in communities:
        return np.full(len(communities), "", dtype=object)
    cells = communities["rural"]
    return np.array([area_key(word) for word in cells.where(cells.notna(), "").astype(str)], dtype=object)
