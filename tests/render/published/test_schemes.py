"""The page of a scheme tells two runs at once: the same for other people of whom all published numbers are the same.

The town is that of :mod:`tests.towns.secret_town`, today and with a clinic more at 1,150 m: few people newly
have one within five minutes, 270 m: those of the homes at 1,150 and 1,350 m.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from circle15.errors import DataQualityWarning
from circle15.model import Analysis
from circle15.model.changes import AddFacility, Spot
from circle15.model.scenario import Scenario
from circle15.planning.scenario import apply
from circle15.render.map import payload as page
from circle15.render.published.told import Published, publish
from circle15.study.analysis import Result, analyse
from circle15.study.comparing import compare
from tests.towns.lattice import X0, Y0
from tests.towns.secret_town import secret_town

CHANGES = (AddFacility(facility_id="n", name="新", services=("clinic",), at=Spot(x=X0 + 1150, y=Y0)),)
AS_IT_IS = (40, 2, 3, 30, 30, 2, 3, 4, 3, 2, 4)
GROUPED = (40, 2, 3, 30, 32, 0, 3, 4, 3, 2, 4)
WALKED = (40, 2, 3, 30, 30, 2, 4, 3, 3, 2, 4)
"""The sixth home, at 1,150 m, is empty, its two people live at 950 m; one of those at 1,550 m lives at 1,350 m."""


@cache
def both(people: tuple[int, ...]) -> tuple[Result, Result]:
    """Today and the scheme."""
    town = secret_town([people])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return tuple(analyse(city, draws=0) for city in (town, apply(town, Scenario(name="A", changes=CHANGES))))


def told(people: tuple[int, ...]) -> str:
    today, scheme = both(people)
    content = page.payload(publish(scheme), base=today)
    return json.dumps({key: value for key, value in content.items() if key != "verdicts"}, ensure_ascii=False)


def newly_served(people: tuple[int, ...]) -> int:
    """People who have a clinic within five minutes in the scheme and not today."""
    today, scheme = (found.coverage.frame["pop_60plus_covered"] for found in both(people))
    return round(float(scheme[("c0", "clinic", 5.0)] - today[("c0", "clinic", 5.0)]))


def test_the_few_who_are_newly_served_are_of_other_numbers() -> None:
    assert [newly_served(people) for people in (AS_IT_IS, GROUPED, WALKED)] == [5, 3, 6]


@pytest.mark.parametrize("people", [GROUPED, WALKED])
def test_other_people_give_the_same_page(people: tuple[int, ...]) -> None:
    assert told(people) == told(AS_IT_IS)


@pytest.mark.parametrize("people", [GROUPED, WALKED])
def test_other_people_give_the_same_published_comparison(people: tuple[int, ...]) -> None:
    one, other = (compare(*both(some)).told for some in (people, AS_IT_IS))
    assert one.gaps.equals(other.gaps)
    assert one.totals.equals(other.totals)


def _exact_counts(total: Any, unplaced: Any, uncovered: Any) -> tuple[Any, Any]:
    return np.rint(total - unplaced).astype(int), np.rint(uncovered).astype(int)


def test_exact_figures_of_today_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    first: Callable[[Analysis | Published], Published] = page.publish

    def leaking(found: Analysis | Published) -> Published:
        """Today with its exact counts; what is published already stays as it is."""
        if isinstance(found, Published):
            return found
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("circle15.render.published.gaps.public_counts", _exact_counts)
            return first(found)

    monkeypatch.setattr(page, "publish", leaking)
    assert told(GROUPED) != told(AS_IT_IS)
