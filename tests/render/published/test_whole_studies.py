"""A whole study of a town of one community: page, report and workbook are the same for other people.

All that is told is the same, byte for byte, where people are moved between homes such that no published number changes:
nothing that anybody could work out of it, whatever he knows of streets, homes and rules, tells which of them is true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from circle15.accessibility.equity import equity
from circle15.model import Analysis
from circle15.study.analysis import Result
from circle15.study.study import Study
from tests.towns.secret_town import same_told, studied, tell, withheld

AS_IT_IS = (40, 2, 3, 30, 30, 2, 3, 4, 3, 2, 4)
LOST = (40, 2, 3, 30, 30, 2, 3, 4, 3, 5, 1)
GROUPED = (40, 2, 3, 30, 32, 0, 3, 4, 3, 2, 4)
BACK = (40, 2, 3, 30, 30, 2, 3, 4, 3, 1, 5)
SEATED = (40, 2, 3, 30, 30, 2, 2, 5, 3, 2, 4)
WALKED = (40, 2, 3, 30, 30, 2, 4, 3, 3, 2, 4)
"""Three more adrift and three fewer far from any street; two fewer between five and ten minutes; one fewer adrift; one
of those who come for a meal lives 200 m nearer; half of these live 200 m farther than half of them did."""


@cache
def study(people: tuple[int, ...]) -> Result:
    return studied([people])


@cache
def told(people: tuple[int, ...]) -> list[str | bytes]:
    return list(tell(study(people)))


def sizes(key: str) -> list[int]:
    """How many people a group has in each of the towns."""
    of_each = []
    for people in (AS_IT_IS, LOST, GROUPED, BACK):
        found = study(people)
        of_each.append(int(found.demand.points.known_in("pop_60plus")[withheld(found)[f"c0 {key}"]].sum()))
    return of_each


def test_other_people_give_the_same_three_files() -> None:
    assert told(LOST) == told(GROUPED) == told(BACK) == told(SEATED) == told(WALKED) == told(AS_IT_IS)


def test_small_groups_may_be_of_other_sizes() -> None:
    """By hand: four and one, five and eight of those who are not placed, five and seven between two cut-offs."""
    assert sizes("far") == [4, 1, 4, 5]
    assert sizes("adrift") == [5, 8, 5, 4]
    assert sizes("clinic between 0") == [7, 7, 5, 7]


# -- leaks that the comparison must find --------------------------------------------------------------

PUBLISHED = "circle15.render.published"


def _exact_counts(total: Any, unplaced: Any, uncovered: Any) -> tuple[Any, Any]:
    return np.rint(total - unplaced).astype(int), np.rint(uncovered).astype(int)


def _exact_spread(found: Analysis) -> Analysis:
    """With Gini, Palma, Lorenz and coverage curves of all people instead of bundles."""
    own = Study(city=found.city, walker=found.profile, settings=found.settings)
    spread = equity(
        own.reach, own.points, own.serving.facilities, own.city.communities, covered=own.coverage, nearest=own.nearest
    )
    return replace(found, equity=replace(spread, told=spread))


LEAKS: dict[str, tuple[tuple[int, ...], str, Callable[..., Any]]] = {
    "cells": (GROUPED, f"{PUBLISHED}.gaps.public_counts", _exact_counts),
    "not placed": (LOST, f"{PUBLISHED}.told._part", lambda _, people: people.to_numpy()),
    "lists of field checks": (LOST, f"{PUBLISHED}.told._checks", lambda found, _: found.checks),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_an_exact_figure_is_found(leak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    people, place, exact = LEAKS[leak]
    monkeypatch.setattr(place, exact)
    assert not same_told(study(people), study(AS_IT_IS))


def test_exact_seats_are_found() -> None:
    def exact(found: Analysis) -> Analysis:
        return replace(found, capacity=replace(found.capacity, told=found.capacity))

    assert not same_told(exact(study(SEATED)), exact(study(AS_IT_IS)))


def test_an_exact_spread_is_found() -> None:
    assert not same_told(_exact_spread(study(GROUPED)), _exact_spread(study(AS_IT_IS)))
