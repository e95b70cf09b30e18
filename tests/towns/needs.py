"""Towns whose communities count older people of some need."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace

import circle15 as c15
from circle15.errors import DataQualityWarning
from circle15.model import Analysis, City, Communities
from tests.towns.three_on_a_street import FLAT, PEOPLE, UNKNOWN, three_on_a_street

__all__ = ["NEEDS", "street_with_needs", "with_needs"]

NEEDS = {"elders_alone": [20.0, 12.0, UNKNOWN], "elders_disabled": [4.0, 0.0, 15.0], "elders_low_income": [UNKNOWN] * 3}
"""Of a with 40 people aged 60+, b with 20, c with 30. Nobody counts those in empty nests."""


def with_needs(city: City, needs: Mapping[str, Sequence[float]]) -> City:
    """A city whose communities, in their order, count people of some needs."""
    places = city.communities
    return replace(city, communities=Communities(frame=places.frame.assign(**needs), origin=places.origin))


def street_with_needs() -> Analysis:
    """Three on a street: a reaches the clinic alone, c the shop alone, b neither, by any cut-off."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(with_needs(three_on_a_street(PEOPLE, draws=0), NEEDS), profile=FLAT)
