"""What can be worked out of page, report and workbook together: no group of one to nine people.

The adversary knows the streets, where homes stand, who is reached, and all rules; he sees everything that is told. He
finds the smallest and the largest number of people that a group may be of (integer programs over the homes of a
community). Then the town is built anew with each of these: page, report and workbook must be the same, byte for byte,
so nothing else in them tells of the group.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from circle15.model import Analysis
from circle15.render.published import told as telling
from tests.towns.hidden_people import Adversary, Town, groups_of, page_text, same_told, tell
from tests.towns.page_fixture import SERVICES

LEAST, TEN = 4, 10
"""So many numbers are possible of every group of one to nine people, or else nobody or ten and more are too."""

SEEDED = (
    (6, 9, 11, 0, 1, 9, 11, 2),
    (5, 2, 1, 4, 1, 2, 3, 3),
    (3, 9, 3, 13, 29, 4, 11, 12),
    (1, 11, 8, 11, 1, 8, 3, 6),
)
"""People aged 60+ at the eight points of c4."""


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


def few(town: Town, heads: np.ndarray) -> dict[str, np.ndarray]:
    """Groups of one to nine people."""
    return {key: mask for key, mask in groups_of(town).items() if 1 <= heads[mask].sum() <= 9}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 30), min_size=8, max_size=8))
def test_no_group_of_one_to_nine_is_pinned(town: Town, people: list[int]) -> None:
    heads = np.array(people)
    assume(heads.sum() >= 20)
    adversary = Adversary(town, heads)
    for key, mask in few(town, heads).items():
        least, most = (ends[mask].sum() for ends in adversary.ends(mask))
        assert least <= heads[mask].sum() <= most, key
        assert most > least, key
        assert least == 0 or most >= TEN or most - least + 1 >= LEAST, key


@pytest.mark.parametrize("people", SEEDED)
def test_page_report_and_workbook_are_the_same_for_all_that_is_possible(town: Town, people: tuple[int, ...]) -> None:
    heads = np.array(people)
    groups = few(town, heads)
    assert groups
    shown = list(tell(town.with_people(heads)))
    for ends in Adversary(town, heads).ends(list(groups.values())[-1]):
        assert list(tell(town.with_people(ends))) == shown


# -- leaks that the comparison must find --------------------------------------------------------------

RENDER = "circle15.render"


def _exact_counts(total, unplaced, uncovered):
    return np.rint(total - unplaced).astype(int), np.rint(uncovered).astype(int)


_AS_TOLD = telling._analysis

LEAKS = {
    "cells": (f"{RENDER}.published.gaps.public_counts", _exact_counts),
    "minutes": (f"{RENDER}.published.gaps.public_means", lambda values, *_: values),
    "shares of clauses": (f"{RENDER}.published.clauses.public_shares", lambda _, share, **__: 100 * share),
    "indices and ranks": (f"{RENDER}.published.counts.public_gaps", lambda found, *_: found.gaps.by_community),
    "intervals": (
        f"{RENDER}.published.counts.public_intervals",
        lambda found, *_: found.robustness.by_community.drop(columns=["index", "rank"]),
    ),
    "groups": (f"{RENDER}.published.counts.public_groups", lambda found, *_: found.equity.groups),
    "remedies": (f"{RENDER}.published.counts.public_left", lambda _, people: np.rint(people).astype(int)),
    "links": (
        f"{RENDER}.published.counts._serves",
        lambda found, *_: np.rint(found.attribution.links["serves"]).astype(int),
    ),
    "the rest": (
        f"{RENDER}.published.told._analysis",
        lambda found, figures: replace(
            _AS_TOLD(found, figures), coverage=found.coverage, gaps=found.gaps, equity=found.equity
        ),
    ),
}


@pytest.fixture(scope="module")
def possible(town: Town) -> dict[str, list[Analysis]]:
    """The town with as few and as many people of a group as may be; of whom it is told only what is published."""
    adversary = Adversary(town, np.array(SEEDED[2]))
    groups = {"served by a link": town.worlds()["served"], "without a clinic": town.missed("clinic", 15.0)}
    return {key: [town.with_people(people) for people in adversary.ends(group)] for key, group in groups.items()}


@pytest.mark.parametrize("leak", [None, *LEAKS])
def test_an_exact_figure_is_found(
    possible: dict[str, list[Analysis]], leak: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if leak is not None:
        monkeypatch.setattr(*LEAKS[leak])
    first, second = possible["served by a link" if leak == "links" else "without a clinic"]
    assert same_told(first, second) == (leak is None)


# -- one table -------------------------------------------------------------------------------------


def test_no_rank_contradicts_its_interval(town: Town) -> None:
    """A community of few people was "index 99, rank 1" and two lines below "rank 428-428"."""
    found = town.with_people(np.array(SEEDED[1]))
    exact = found.robustness.by_community.assign(rank_low=428, rank_high=428, index_low=3.0, index_high=3.0)
    content = json.loads(page_text(replace(found, robustness=replace(found.robustness, by_community=exact))))
    rows = content["verdicts"]["robust"]["communities"]
    known = [(one["gap"], row) for one, row in zip(content["communities"], rows, strict=True) if one["gap"]]
    assert len(known) == 7
    for gap, (index_low, index_high, rank_low, rank_high, _) in known:
        assert index_low <= gap["index"] <= index_high
        assert rank_low <= gap["rank"] <= rank_high <= len(known)
    assert set(SERVICES) == set(content["communities"][0]["services"])
