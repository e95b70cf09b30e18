"""Which communities are urban and which rural, by what people write into the column ``rural``: ``urban_rural.toml``."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import fold_header

__all__ = ["area_key", "area_keys"]


@cache
def area_key(word: str) -> str:
    """What a word of a list says: ``"urban"``, ``"rural"``, or ``""`` where it is empty or says neither.

    Examples
    --------
    >>> [area_key(word) for word in ("农村社区", "乡镇", "街道社区", "城镇", "城乡结合部", "220", "")]
    ['rural', 'rural', 'urban', 'urban', '', 'rural', '']
    """
    folded, areas = fold_header(word), read_facts("urban_rural.toml")
    whole = [key for key, area in areas.items() if folded in map(fold_header, area["words"])]
    held = whole or [key for key, area in areas.items() if any(mark in folded for mark in area["marks"])]
    return held[0] if len(held) == 1 else ""


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
