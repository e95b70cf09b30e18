"""Frames of one's own: converted, or refused at the door with row and column, before anything heavy runs."""

from __future__ import annotations

import dataclasses
import decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from circle15.errors import InputError
from circle15.model.places import Communities, Facilities
from circle15.study import analyse, load_city
from tests.towns.pack_files import town_pack

ENDLESS = shapely.Polygon([(0, 0), (1, 0), (np.inf, 1), (0, 1)])


def two_levels(frame):
    return frame.set_axis(pd.MultiIndex.from_tuples([(column, "") for column in frame.columns]), axis=1)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return load_city("tryton", data=town_pack(tmp_path_factory.mktemp("data"), settings="[settings]\ndraws = 0\n"))


@pytest.fixture(scope="module")
def shares(city):
    """Shares of people in reach of the town as it is."""
    return city_shares(analyse(city))


def city_shares(result):
    return sorted(result.coverage.frame["population_share"])


def with_communities(city, change):
    frame = change(city.communities.frame)
    return dataclasses.replace(city, communities=Communities(frame=frame, origin=city.communities.origin))


def with_facilities(city, change):
    frame = change(city.facilities.frame)
    return dataclasses.replace(city, facilities=Facilities(frame=frame, listed=city.facilities.listed))


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(population=["1000", "1000"]),
        lambda frame: frame.assign(population=frame["population"].astype("Int64").astype("string")),
        lambda frame: frame.assign(population=[decimal.Decimal(1000)] * 2),
        lambda frame: frame.assign(population=pd.array([1000, 1000], dtype="Int64")),
        lambda frame: frame.assign(pop_60plus=pd.Categorical([200, 200])),
        lambda frame: frame.set_axis(pd.Index([7, "10"], dtype=object, name="community_id")),
        lambda frame: frame.assign(subdistrict=pd.Categorical(["甲", None])),
    ],
)
def test_what_is_meant_without_doubt_runs_to_the_end(city, shares, tmp_path, change):
    made = with_communities(city, change)
    assert {made.communities.frame[column].dtype.kind for column in ("population", "pop_60plus")} <= set("fiu")
    result = analyse(made, draws=0)
    assert result.save(tmp_path).joinpath("run.json").exists()
    assert city_shares(result) == shares


def test_ids_of_several_kinds_become_text(city):
    made = with_communities(city, lambda frame: frame.set_axis(pd.Index([7, "10"], dtype=object, name="community_id")))
    assert made.communities.frame.index.tolist() == ["7", "10"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda frame: frame.assign(population=["1000", "many"]), r"'population' .*first: 'west' = 'many'"),
        (lambda frame: frame.assign(population=["", 1000]), r"'population' .*first: 'east' = ''"),
        (lambda frame: frame.set_axis(pd.Index(["7", None], name="community_id")), "community_id of row 2 is "),
        (lambda frame: frame.set_axis(pd.Index(["7", 1.5], name="community_id")), "community_id of row 2 is 1.5"),
        (lambda frame: frame.set_axis(pd.Index(["7", 7], name="community_id")), "occur more than once"),
        (two_levels, "several levels"),
        (lambda frame: frame.set_geometry([ENDLESS, ENDLESS], crs=frame.crs), "no number"),
    ],
)  # fmt: skip
def test_communities_that_are_refused(city, change, says):
    with pytest.raises(InputError, match=says):
        with_communities(city, change)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda frame: frame.assign(services=[None, ("clinic",)]), r"services of 'f1' is None"),
        (lambda frame: frame.assign(services=[("clinic",), np.nan]), r"services of 'f2' is nan"),
        (lambda frame: frame.assign(services=[("clinic", 3), ()]), r"services of 'f1' is \('clinic', 3\)"),
        (lambda frame: frame.assign(services=["clinic", ()]), "clinic"),
        (lambda frame: frame.assign(capacity=["40", "viele"]), "'capacity' .*'f2' = 'viele'"),
        (two_levels, "several levels"),
        (lambda frame: frame.set_geometry(gpd.points_from_xy([np.inf, 1.0], [1.0, 1.0]), crs=frame.crs), "first: 'f1'"),
    ],
)  # fmt: skip
def test_facilities_that_are_refused(city, change, says):
    with pytest.raises(InputError, match=says):
        with_facilities(city, change)


def test_a_plain_frame_stays_the_one_it_is(city):
    frame = city.facilities.frame
    assert Facilities(frame=frame, listed=city.facilities.listed).frame is frame
