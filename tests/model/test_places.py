"""Facilities: what each site offers, and for how many people."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.model import Facilities
from tests.towns.lattice import points


def sites(**columns) -> Facilities:
    """A canteen; a centre with two services, one of them named twice; a shop."""
    services = [("meal_point",), ("day_care", "meal_point", "day_care"), ("shop",)]
    frame = gpd.GeoDataFrame(
        {"name": ["a", "b", "c"], "services": services, **columns},
        index=pd.Index(["f2", "f1", "f3"], name="facility_id"),
        geometry=shapely.points([[0, 0], [1, 0], [2, 0]]),
        crs="EPSG:4549",
    )
    return Facilities(frame=frame, listed=frozenset({"meal_point", "day_care", "shop"}))


def offered(facilities: Facilities) -> dict[tuple[str, str], float]:
    table = facilities.offers()
    assert list(table.columns) == ["facility_id", "service", "capacity"]
    pairs = zip(table["facility_id"], table["service"], strict=True)
    return dict(zip(pairs, table["capacity"].tolist(), strict=True))


def test_every_service_of_a_site_once_in_id_order():
    pairs = list(offered(sites()))
    assert pairs == [("f1", "day_care"), ("f1", "meal_point"), ("f2", "meal_point"), ("f3", "shop")]
    assert np.isnan(list(offered(sites()).values())).all()


def test_a_site_s_total_is_that_of_its_only_service_and_never_shared_out():
    found = offered(sites(capacity=[40.0, 80.0, np.nan]))
    assert found["f2", "meal_point"] == 40
    assert np.isnan([found["f1", "day_care"], found["f1", "meal_point"], found["f3", "shop"]]).all()


def test_capacities_by_service_win():
    given = [None, {"meal_point": 50, "clinic": 9}, {"shop": 7.0}]
    found = offered(sites(capacity=[40.0, 80.0, 5.0], capacity_by_service=pd.Series(given, index=["f2", "f1", "f3"])))
    assert found["f1", "meal_point"] == 50
    assert found["f3", "shop"] == 7
    assert found["f2", "meal_point"] == 40
    assert np.isnan(found["f1", "day_care"])  # not given, and a clinic is not offered there


def test_no_facility_offers_nothing():
    nobody = Facilities(frame=sites(capacity=1.0).frame.iloc[:0], listed=frozenset({"shop"}))
    assert nobody.offers().empty
    assert list(nobody.offers().columns) == ["facility_id", "service", "capacity"]


def test_facilities_travel_as_geoparquet_and_back(tmp_path):
    frame = points([(0, 0), (10, 0)], name="facility_id", prefix="f")
    frame["name"], frame["services"], frame["capacity"] = ["甲", "乙"], [("clinic", "shop"), ("shop",)], [12.0, np.nan]
    made = Facilities(frame=frame, listed=frozenset({"clinic", "shop"}))
    made.frame.to_parquet(tmp_path / "sites.parquet")
    back = Facilities(frame=gpd.read_parquet(tmp_path / "sites.parquet"), listed=made.listed)
    assert back.frame["services"].tolist() == [("clinic", "shop"), ("shop",)]
    assert back.offers().equals(made.offers())
    assert back.frame.crs == made.frame.crs
