"""The packs that come with circle15, loaded once for all tests of a process: nobody changes them."""

from __future__ import annotations

from functools import cache

import pytest

import circle15 as c15
from circle15.model import City
from circle15.sources.town.synthetic import Town, water_town


@cache
def shipped_city(key: str) -> City:
    """A city as the committed packs alone give it, whatever data roots there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CIRCLE15_DATA", raising=False)
        return c15.load_city(key)


@cache
def shipped_town() -> Town:
    """The water town whose streets Suzhou's pack shows."""
    return water_town()
