"""Changes to the street with three communities: a spot by metres, and a scenario of some changes."""

from __future__ import annotations

import warnings
from typing import Any

import circle15 as c15
from circle15.errors import DataQualityWarning
from circle15.model import City
from circle15.model.changes import Change, Spot
from circle15.model.scenario import Scenario
from circle15.planning.scenario import apply
from circle15.study import Result
from tests.towns.lattice import X0, Y0
from tests.towns.three_on_a_street import FLAT, PEOPLE, three_on_a_street

STREET = "street:0-1"


def at(x: float, y: float = 0.0) -> Spot:
    """A spot so many metres from the corner of the town."""
    return Spot(x=X0 + x, y=Y0 + y)


def street(**settings: Any) -> City:
    """The street with all its people known, without draws."""
    return three_on_a_street(PEOPLE, **{"draws": 0, **settings})


def changed(*changes: Change, city: City | None = None) -> City:
    """The street, or another city, with some changes."""
    return apply(street() if city is None else city, Scenario(name="A", changes=changes))


def analysed(city: City, *, flat: bool = True) -> Result:
    """The city analysed at one metre a second, or as its settings walk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(city, profile=FLAT if flat else None)


def gaps(result: Result) -> dict[tuple[str, str], float]:
    """People aged 60+ whom a service does not cover, by community and service."""
    return {key: float(value) for key, value in result.gaps.frame["uncovered"].items()}
