"""Places written twice in one list: the same name near by, or the same point."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.sources.facilities.doubles import doubled_rows
from circle15.sources.facilities.table import read_facilities
from tests.towns.city_tables import facilities_table
from tests.towns.findings import finding_of
from tests.towns.pack_files import write_csv

EQUATOR_M = 6_371_008.8 * np.pi / 180  # metres in a degree, along the equator and along a meridian


def rows(*sites):
    """Rows of (id, name, metres east of 0, services) on the equator."""
    frame = gpd.GeoDataFrame(
        {"name": [s[1] for s in sites], "services": [s[3] for s in sites]},
        index=[s[0] for s in sites],
        geometry=gpd.points_from_xy([s[2] / EQUATOR_M for s in sites], np.zeros(len(sites))),
        crs="EPSG:4326",
    )
    return doubled_rows(frame, within_m=50).tolist()


@pytest.mark.parametrize(
    ("name", "metres", "services", "twice"),
    [
        ("平江站", 49.99, ("clinic",), True),
        ("平江站", 50.01, ("clinic",), False),
        (" 平 江站", 20, ("shop", "clinic"), True),  # spaces do not count, one service in common is enough
        ("平江站", 20, ("shop",), False),
        ("平江", 20, ("clinic",), False),
        ("平江", 0, ("clinic",), True),  # one point
        ("平江", 0, ("shop",), False),
    ],
)
def test_twins(name, metres, services, twice):
    assert rows(("a", "平江站", 0, ("clinic",)), ("b", name, metres, services)) == [twice, twice]


def test_an_id_that_stands_in_for_a_name_is_no_name():
    assert rows(("a", "b", 0, ("clinic",)), ("b", "b", 20, ("clinic",))) == [False, False]


def test_few_rows_and_none():
    assert rows() == []
    assert rows(("a", "x", 0, ("clinic",))) == [False]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xy"), st.integers(0, 8)), max_size=9))
def test_as_every_pair_says(sites):
    found = rows(*((f"i{k}", name, 20 * step, ("clinic",)) for k, (name, step) in enumerate(sites)))
    for k, (name, step) in enumerate(sites):
        others = sites[:k] + sites[k + 1 :]
        assert found[k] == any(far == step or (other == name and abs(far - step) <= 2) for other, far in others)


def test_far_north_a_degree_is_short():
    points = gpd.points_from_xy([24.94, 24.9408], [60.17, 60.17])  # 0.0008 x 111.2 km x cos(60.17) = 44 m
    frame = gpd.GeoDataFrame({"name": ["x", "x"], "services": [("shop",)] * 2}, geometry=points, crs="EPSG:4326")
    assert doubled_rows(frame, within_m=50).all()
    assert not doubled_rows(frame, within_m=44).any()


def test_a_list_tells_the_rows_and_keeps_them(tmp_path):
    sites = [
        ("f1", "食堂", "meal_point", "120.62", "31.31"),
        ("f2", "别处", "meal_point", "120.63", "31.31"),
        ("f3", "食堂", "meal_point", "120.6202", "31.31"),  # 19 m east of f1
    ]
    read = read_facilities(write_csv(tmp_path / "meals.csv", sites), facilities_table())
    assert len(read.frame) == 3
    found = finding_of(read.findings, "facility-doubled")
    assert (found.severity, found.count, found.file, found.row) == ("warning", 2, "meals.csv", 2)
    assert found.examples == ("row 2", "row 4")
