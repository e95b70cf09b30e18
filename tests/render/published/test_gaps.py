"""Indices, ranks and minutes that are told: made of published counts wherever the exact ones would tell of a few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from circle15.accessibility.gaps import gaps
from circle15.render.published.gaps import public_cells
from circle15.render.published.privacy import SUPPRESSED, public_population
from circle15.render.published.ranking import public_gaps, public_subdistricts
from tests.towns.page_fixture import analysis

ELDERS = (640, 812, 455, 40, 388, 7, 1204, 503)


@pytest.fixture(scope="module")
def town():
    """A town whose fourth community has forty people aged 60+."""
    return analysis(elders=ELDERS)


def with_uncovered(town, people: float):
    """The town with so many of c4's forty out of reach of meals at the circle, and all of them within of the rest."""
    frame = town.coverage.frame.copy()
    for service in town.coverage.services:
        for cutoff in town.settings.cutoffs_min:
            lost = people if service == "meal_point" else 0.0
            frame.loc[("c4", service, cutoff), ["pop_60plus_covered", "pop_60plus_uncovered"]] = 40 - lost, lost
            frame.loc[("c4", service, cutoff), ["pop_60plus", "pop_60plus_unplaced"]] = 40, 0
            frame.loc[("c4", service, cutoff), ["pop_60plus_share", "choices"]] = 1 - lost / 40, 1 - lost / 40
    coverage = replace(town.coverage, frame=frame)
    return replace(
        town,
        coverage=coverage,
        gaps=gaps(coverage, town.city.communities, cutoff_min=town.settings.circle_min),
    )


def published(town) -> tuple[pd.DataFrame, pd.DataFrame]:
    cells = public_cells(town)
    return cells.loc["c4"], public_gaps(town, cells).loc["c4"]


@pytest.mark.parametrize("people", [1.0, 3.0, 8.0, 9.0])
def test_one_to_nine_people_give_one_and_the_same_index(town, people: float) -> None:
    """Of 40, each person is 2.5 points of the worst share: exact figures would tell the number."""
    cells, gap = published(with_uncovered(town, people))
    first_cells, first = published(with_uncovered(town, 2.0))
    assert cells.loc["meal_point", "uncovered"] == SUPPRESSED
    for column in ("index", "index_additive", "index_worst", "rank", "rank_people", "worst_service"):
        assert gap[column] == first[column]
    assert gap["index_worst"] == pytest.approx(12.5)  # 5 of 40
    assert cells.loc["meal_point", "choices"] == first_cells.loc["meal_point", "choices"] == 1
    assert cells.loc["meal_point", "rank"] == first_cells.loc["meal_point", "rank"]


def test_ten_people_are_told_as_they_are(town) -> None:
    cells, gap = published(with_uncovered(town, 10.0))
    assert cells.loc["meal_point", "uncovered"] == 10
    assert cells.loc["meal_point", "choices"] == 1  # the mean of thirty with one and ten with none is 0.75
    assert gap["index_worst"] == pytest.approx(25)


def test_every_index_is_made_of_tens(town) -> None:
    """Of large communities too: between two services may lie a few people, whose number exact counts would tell."""
    cells, exact = public_cells(town), town.coverage.frame.xs(15.0, level="cutoff_min")["pop_60plus_uncovered"]
    lost = {"c7": ("meal_point", 1204), "c5": ("clinic", 388)}
    shown = public_gaps(town, cells)
    for key, (service, people) in lost.items():
        rounded = 10 * np.floor(exact[(key, service)] / 10 + 0.5)
        assert 10 <= rounded < people - 20
        assert cells.loc[(key, service), "uncovered"] == rounded
        assert shown.loc[key, "index_worst"] == pytest.approx(100 * rounded / people)
    assert shown.loc["c6", ["index", "rank"]].isna().all()  # seven people aged 60+: it has no cells


def test_minutes_and_choices_are_whole_and_no_finer_than_ten_people(town) -> None:
    cells = public_cells(town)
    for column in ("mean_min", "p90_min", "choices"):
        known = cells[column].dropna()
        assert (known == known.round()).all()
    # Ten of c4's forty who walk half an hour more add 7.5 minutes to the mean.
    assert (cells.loc["c4", "mean_min"] % 8 == 0).all()


def test_a_subdistrict_of_one_small_community_tells_no_more_than_it(town) -> None:
    indices = set()
    for people in (1.0, 9.0):
        made = with_uncovered(town, people)
        frame = made.coverage.frame.xs("c4", level="community_id")
        sums = pd.concat({"东街道": frame}, names=["subdistrict"])
        scored = pd.DataFrame(
            {"communities": 1, "uncovered": people, "worst_service": "meal_point",
             "index": made.gaps.by_community.loc["c4", "index"], "rank": 1},
            index=pd.Index(["东街道"], name="subdistrict"),
        )  # fmt: skip
        named = pd.Series({"c4": "东街道"})
        made = replace(made, subdistricts=replace(made.subdistricts, frame=sums, by_subdistrict=scored, named=named))
        indices.add(float(public_subdistricts(made, public_cells(made)).loc["东街道", "index"]))
    assert len(indices) == 1


def test_few_younger_people_are_not_the_difference_of_two_totals() -> None:
    elders = np.array([43, 43, 43, 40, 40, 40])
    people = public_population(np.array([44.0, 52.0, 53.0, 40.0, 41.0, 50.0]), elders)
    assert people.tolist() == [50, 50, 53, 40, 50, 50]
