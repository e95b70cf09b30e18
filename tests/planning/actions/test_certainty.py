"""How sure a gain is: counted in the draws, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circle15.catalog import uncertainty
from circle15.catalog.action_limits import action_limits
from circle15.model import City
from circle15.study.study import Study
from circle15.uncertainty.draws import draw, dropout_risk
from circle15.uncertainty.robustness import existence
from tests.towns.action_town import studied, town
from tests.towns.gate_town import compound
from tests.towns.lattice import network


def test_the_share_of_draws_with_half_of_the_gain():
    # A clinic in f1 at 600 m serves b (100 + 10 m) and c (250 + 10 m of 300). Without c, 20 of 60 are less than half.
    homes, elders = {"b": (500, 10), "c": (850, 10)}, {"b": 20, "c": 40}
    street, sites = network([(0, 0), (1000, 0)], [(0, 1)]), {(0, 0): ["clinic"], (600, 0): ["culture"]}
    city = town(street, homes, elders, sites, listed=("clinic", "culture"))
    study = drawing(city, action_limits().draws + 5)
    stage, doubt, sure = study.stage, uncertainty(), []
    chance, risk = existence(stage.facilities.facilities, doubt).to_numpy(), dropout_risk(stage.network, doubt)
    for number in range(action_limits().draws):
        drawn = draw(stage, number, seed=15, uncertain=doubt, risk=risk, existence=chance)
        sure.append(drawn.exists[1] and (250 + 10 * drawn.leg) / drawn.speed <= 300)
    assert study.actions.frame["gain"].tolist() == [60]
    assert 0.2 < np.mean(sure) < 0.95
    assert study.actions.frame["certainty"].tolist() == pytest.approx([np.mean(sure)])
    assert drawing(city, 7).actions.frame["certainty"].tolist() == pytest.approx([np.mean(sure[:7])])


def test_people_count_in_bundles_of_ten_and_of_fewer_nothing_is_said():
    # Nine people are no bundle, twelve are one.
    street, sites = network([(0, 0), (1000, 0)], [(0, 1)]), {(0, 0): ["clinic"], (600, 0): ["culture"]}
    homes = {"b": (500, 10)}
    few, some = (
        town(street, homes, {"b": number}, sites, listed=("clinic", "culture"), everyone=1.0) for number in (9, 12)
    )
    assert drawing(few, 20).actions.frame["certainty"].isna().tolist() == [True]
    assert drawing(some, 20).actions.frame["certainty"].notna().tolist() == [True]


def test_without_draws_and_of_gates_nothing_is_said():
    city = town(compound(), {"a": (-10, 510)}, {"a": 30}, {(200, 500): ["clinic"]}, listed=("clinic",))
    assert studied(city).actions.frame["certainty"].isna().tolist() == [True, True]
    certainty = drawing(city, 20).actions.frame["certainty"]
    assert certainty.isna().tolist() == [True, False]
    assert certainty.iloc[1] == 1.0  # a new clinic 20 m away from the house


def drawing(city: City, draws: int) -> Study:
    """A town with random draws."""
    return studied(replace(city, settings=replace(city.settings, draws=draws, seed=15)))
