"""What an adversary can work out who knows the rules: all groups of people that are in keeping with what is told."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from circle15.accessibility.gaps import gaps
from circle15.model.limits import few_as_five
from circle15.render.map.payload import payload
from circle15.render.published.gaps import public_cells, public_left, told_communities
from circle15.render.published.privacy import SUPPRESSED, parts_of, public_counts, small_groups
from circle15.render.published.told import publish
from tests.towns.page_fixture import analysis

LEAST = 4
"""So many numbers are possible of every group that may be of one to nine people."""


def every_way(people: int, cutoffs: int) -> NDArray[np.int64]:
    """All ways to cut so many people into groups: within each cut-off, beyond the last, not placed."""
    edges = np.indices((people + 1,) * (cutoffs + 1)).reshape(cutoffs + 1, -1)
    edges = edges[:, np.all([low <= high for low, high in pairwise(edges)], axis=0)]
    return np.diff(np.vstack([np.zeros(edges.shape[1], int), edges, np.full(edges.shape[1], people)]), axis=0).T


def possible(groups: NDArray[np.int64]) -> pd.DataFrame:
    """How many numbers above nobody each group may be of, on what is told; the map shows whether all are placed.

    A group that is never of one to nine counts for as many as there are.
    """
    total, lost = groups.sum(axis=1).astype(float), groups[:, -1].astype(float)
    uncovered = groups[:, ::-1].cumsum(axis=1)[:, 1:-1][:, ::-1] - groups[:, -1:]
    placed, shown = public_counts(total, lost, uncovered.astype(float))
    told = pd.DataFrame(np.column_stack([placed, shown]))
    told[small_groups(total, lost, uncovered.astype(float))] = -9
    keys = [*(told[column] for column in told), pd.Series(lost > 0)]
    counted = {}
    for place in range(groups.shape[1]):
        number = pd.Series(groups[:, place])
        few = number.between(1, 9).groupby(keys).any()
        counted[place] = number.where(number > 0).groupby(keys).nunique().where(few, 999)
    return pd.DataFrame(counted)


@pytest.mark.parametrize(("cutoffs", "most"), [(1, 60), (2, 38), (3, 23)])
def test_four_numbers_are_possible_of_every_small_group(cutoffs: int, most: int) -> None:
    for people in range(10, most):
        assert possible(every_way(people, cutoffs)).to_numpy().min() >= LEAST, people


def test_that_all_but_one_are_placed_is_not_told() -> None:
    """Of 36 people 35 stand on streets: the tens of 35, but not more than all, would be 36 for 35 and 36 alone."""
    one, four = (public_counts(np.array([36.0]), np.array([lost]), np.array([[0.0]])) for lost in (1.0, 4.0))
    assert [part.tolist() for part in one] == [part.tolist() for part in four] == [[36], [[0]]]


def test_that_nine_are_within_reach_is_not_told() -> None:
    """Of 33 people, 24 lack a service. Their tens, 20, would be of 24 alone where one to nine must be within reach."""
    shown = {lost: public_counts(np.array([33.0]), np.zeros(1), np.array([[lost]]))[1][0, 0] for lost in range(23, 34)}
    assert {shown[float(lost)] for lost in range(24, 33)} == {30}
    assert shown[33.0] == 33


# -- through an analysis ----------------------------------------------------------------------------


def with_cell(town, people: float, uncovered: float, *, adrift: tuple[float, float] = (0.0, 0.0)):
    """The town with so many people aged 60+ in c4, of whom some lack meals, and some hang on no mainland.

    ``adrift``: of meals, and of all other services.
    """
    frame = town.coverage.frame.copy()
    for service in town.coverage.services:
        lost = uncovered if service == "meal_point" else 0.0
        away = adrift[service != "meal_point"]
        for cutoff in town.settings.cutoffs_min:
            row = {"": people, "_unplaced": 0.0, "_undetermined": away, "_uncovered": lost,
                   "_covered": people - away - lost, "_share": 1 - lost / (people - away)}  # fmt: skip
            for part, value in row.items():
                frame.loc[("c4", service, cutoff), f"pop_60plus{part}"] = value
    coverage = replace(town.coverage, frame=frame)
    places = town.city.communities
    places = replace(places, frame=places.frame.assign(pop_60plus=places.frame["pop_60plus"].where(
        places.frame.index != "c4", people)))  # fmt: skip
    return replace(town, coverage=coverage, city=replace(town.city, communities=places),
                   gaps=gaps(coverage, places, cutoff_min=town.settings.circle_min))  # fmt: skip


@pytest.fixture(scope="module")
def town():
    return analysis(elders=(640, 812, 455, 40, 388, 70, 1204, 503))


def test_of_fewer_than_twenty_people_no_part_is_told(town) -> None:
    """Three of thirteen within reach: whatever stands for the ten who are not tells of the three."""
    found = with_cell(town, 13.0, 10.0)
    assert "c4" not in told_communities(found)
    (own,) = [one for one in payload(found)["communities"] if one["id"] == "c4"]
    assert (own["pop_60plus"], own["gap"], own["services"]) == (13, None, {})
    published = publish(found)
    assert not published.seen("c4")
    assert "c4" not in published.cells.index.get_level_values("community_id")
    assert pd.isna(published.ranking.loc["c4", "rank"])
    assert "c4" in told_communities(with_cell(town, 13.0, 13.0))


def test_services_do_not_tell_how_many_on_a_detached_piece_reach_one(town) -> None:
    """Twenty of eighty hang on a detached piece, of whom five walk to a meal point on it: 65 placed, and 60.

    Both are told as 60: of eighty, 55 to seventy are one number.
    """
    for adrift in ((15.0, 20.0), (20.0, 20.0)):
        cells = public_cells(with_cell(town, 80.0, 30.0, adrift=adrift)).loc["c4"]
        assert set(cells["placed"]) == {60}
        assert SUPPRESSED not in set(cells["uncovered"])


# -- sums and remedies ------------------------------------------------------------------------------


@pytest.mark.parametrize("people", [1.0, 4.0, 9.0])
def test_no_total_tells_how_many_of_one_community(town, people: float) -> None:
    """All other communities are told to the person: tens of the exact sum would tell of c4, at its edges exactly."""
    first, other = (with_cell(town, 40.0, lost) for lost in (people, 5.0))
    pd.testing.assert_frame_equal(publish(first).totals, publish(other).totals)
    assert payload(first)["totals"] == payload(other)["totals"]


@pytest.mark.parametrize("people", [1.0, 9.0])
def test_no_total_tells_how_many_live_in_one_community(town, people: float) -> None:
    first, other = (with_cell(town, elders, 0.0) for elders in (people, 5.0))
    assert publish(first).elders == publish(other).elders
    assert payload(first)["totals"]["pop_60plus"] == payload(other)["totals"]["pop_60plus"]


def test_a_remedy_does_not_tell_of_those_whom_it_helps(town) -> None:
    """Of 100 people 36 lack meals, told as 40; open gates would leave 35, told as 40 too, as are 35 to 44."""
    cells = public_cells(with_cell(town, 100.0, 36.0))
    left = {
        lost: public_left(cells, pd.Series([lost], index=pd.MultiIndex.from_tuples([("c4", "meal_point")]))).iloc[0]
        for lost in (0.0, 1.0, 9.0, 10.0, 24.0, 26.0, 34.0, 35.0, 36.0)
    }
    assert left == {0.0: 0, 1.0: -1, 9.0: -1, 10.0: 10, 24.0: 20, 26.0: 30, 34.0: 30, 35.0: 40, 36.0: 40}


def test_parts_of_a_published_total_do_not_tell_of_the_rest() -> None:
    """Of 36 people the circles of 35 leave the street file: told as those of 27 to 35."""
    shown = parts_of(np.full(37, 36), np.arange(37.0))
    assert shown.tolist() == [0, *[-1] * 9, *[10] * 5, *[20] * 12, *[30] * 9, 36]


def test_few_count_as_five_in_the_sum_of_a_finding() -> None:
    assert few_as_five([30.0, 4.0]).sum() == few_as_five([30.0, 9.0]).sum() == 35
