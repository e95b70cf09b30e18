"""The packs that come with circle15, loaded once for all tests of a process: nobody changes them."""

from __future__ import annotations

import warnings
from functools import cache
from types import MappingProxyType

import pytest

import circle15 as c15
from circle15.errors import DataQualityWarning
from circle15.model import City
from circle15.sources.pack import streets
from circle15.sources.town.synthetic import Town, water_town
from circle15.study.analysis import Result


@cache
def shipped_city(key: str) -> City:
    """A city as the committed packs alone give it, whatever data roots there are; in the town of all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CIRCLE15_DATA", raising=False)
        patch.setattr(streets, "TOWNS", SHIPPED_TOWNS)
        return c15.load_city(key)


@cache
def shipped_result(key: str) -> Result:
    """The analysis of a city as it is shipped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(shipped_city(key))


def shipped_town(*, seed: int = 15) -> Town:
    """The water town whose streets Suzhou's pack shows, or another."""
    return _town(seed)


@cache
def _town(seed: int) -> Town:
    return water_town(seed=seed)


SHIPPED_TOWNS = MappingProxyType({"water-town": shipped_town})
"""As :data:`circle15.sources.town.synthetic.TOWNS`, but each is made once; :mod:`test_synthetic` makes it again."""
