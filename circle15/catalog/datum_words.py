"""What tables call the datum of their coordinates, and where one must be named: ``datums.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import fold_header

__all__ = ["datum_key", "in_mainland"]

_PARTS = re.compile(r"[()\[\]（）【】/、,，;；]+")


@cache
def _datum_words() -> Mapping[str, str]:
    table = read_facts("datums.toml")["words"]
    return MappingProxyType({fold_header(word): key for key, words in table.items() for word in words})


def datum_key(text: str) -> str:
    """The datum that a cell names, as ``datum`` of ``city.toml`` has it; ``""`` where it is empty or not understood.

    Examples
    --------
    >>> [datum_key(text) for text in ("GCJ-02（高德）", "国家2000", "百度坐标系", "高德/百度", "平面")]
    ['gcj02', 'cgcs2000', 'bd09', '', '']
    """
    named = {key for part in (text, *_PARTS.split(text)) if part and (key := _datum_words().get(fold_header(part)))}
    return named.pop() if len(named) == 1 else ""


def in_mainland(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points lie, roughly, in mainland China; degrees.

    Examples
    --------
    >>> in_mainland(np.array([120.62, 24.94, 114.17, 121.5]), np.array([31.31, 60.17, 22.3, 25.03])).tolist()
    [True, False, False, False]
    """
    table = read_facts("datums.toml")["mainland"]
    inside, outside = (
        np.any([(lon >= w) & (lon <= e) & (lat >= s) & (lat <= n) for w, s, e, n in boxes], axis=0)
        for boxes in (table["boxes"], table["not"])
    )
    return np.asarray(inside & ~outside, dtype=bool)
