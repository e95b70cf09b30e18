"""Equity and kinds of a whole study: they agree with coverage, and stand where people look for them."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import circle15 as c15
from circle15.accessibility.coverage import coverage
from circle15.catalog.phrases import type_names
from circle15.errors import DataQualityWarning
from circle15.model import Communities
from circle15.render.tables.frames import community_table
from circle15.render.tables.geopackage import layers
from circle15.study.study import Study
from tests.towns.real_cities import shipped_city

FLAGS = ["动迁安置", "城乡结合部；动迁安置"]


def analysed(city):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(replace(city, settings=replace(city.settings, draws=0)))


@pytest.fixture(scope="module")
def city():
    """Helsinki's ten communities with priority flags, of which one has two."""
    city = shipped_city("helsinki")
    frame = city.communities.frame.assign(priority_flag=FLAGS * 5)
    return replace(city, communities=Communities(frame=frame, origin=city.communities.origin))


@pytest.fixture(scope="module")
def result(city):
    return analysed(city)


def test_the_curve_at_the_circle_is_coverage(result):
    study = Study(city=result.city, walker=result.profile, settings=result.settings)
    bundles = coverage(
        study.reach,
        study.homes,
        study.serving.facilities,
        cutoffs_min=study.settings.cutoffs_min,
        nearest=study.nearest,
    )
    for covered, spread in ((result.coverage, result.equity), (bundles, result.equity.told)):
        at = covered.frame.xs(15.0, level="cutoff_min").groupby("service")[
            ["pop_60plus_covered", "pop_60plus_uncovered"]
        ].sum()  # fmt: skip
        share = at["pop_60plus_covered"] / at.sum(axis=1)
        for service in result.coverage.services:
            curve = spread.curve["share"][service]
            assert curve[15] == pytest.approx(share[service], abs=1e-12)
            assert (np.diff(curve) >= 0).all()


def test_every_determined_service_has_a_row_and_no_other(result):
    assert tuple(result.equity.frame.index) == result.coverage.services
    assert set(result.coverage.undetermined).isdisjoint(result.equity.curve.index.get_level_values("service"))
    assert (result.equity.frame["concentration"].abs() <= result.equity.frame["gini"] + 1e-12).all()


def test_groups_of_need_hold_all_people(result):
    need = result.equity.groups.xs("need", level="grouping")
    whole = result.city.communities.frame["pop_60plus"].sum()
    assert need.groupby("service")["pop_60plus"].sum().to_numpy() == pytest.approx(whole)
    assert need.groupby("service")["communities"].sum().unique().tolist() == [10]


def test_kinds_stand_in_the_tables_and_the_geopackage(result):
    of = result.typology.frame["type_id"]
    kinds = of.map({"": "", **type_names(result.typology, "zh")})
    for table in (community_table(result), layers(result)["communities"]):
        assert table["type_zh"].tolist() == kinds[table["community_id"]].tolist()
        assert set(table["type_id"]) == set(of)
        assert (table["type_en"].ne("") == table["type_zh"].ne("")).all()


def test_the_record_says_how(result):
    record = json.loads(json.dumps(result.record))
    assert record["typology"]["method"] == "quadrants"
    assert "中位数" in record["typology"]["notes"]["method"]["zh"]
    assert "Dai" in record["equity"]["assumptions"]["en"]
    assert set(record["equity"]["remarks"]) <= set(result.coverage.services)
    assert record["versions"]["scikit-learn"]


def test_the_order_of_communities_changes_nothing(city, result):
    order = np.random.default_rng(2).permutation(len(city.communities))
    mixed = Communities(frame=city.communities.frame.iloc[order], origin=city.communities.origin)
    again = Study(city=replace(city, communities=mixed), walker=result.profile, settings=result.settings)
    for one, other in ((result.equity, again.equity), (result.typology, again.typology)):
        for name in ("frame", "groups", "lorenz", "curve", "types", "fits"):
            if hasattr(one, name):
                pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def test_priority_flags_are_carried_to_groups_and_tables(result):
    groups = result.equity.groups.loc["priority_flag"]
    assert groups.xs("clinic", level="service")["communities"].to_dict() == {"动迁安置": 10, "城乡结合部": 5}
    assert set(community_table(result)["priority_flag"]) == set(FLAGS)
