"""The datum detector: silent when the datum is right, loud when a list lies 465 m off."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

import circle15 as c15
from circle15.datum_check import DatumFit, better_datum, datum_fits
from circle15.sources.datum import from_wgs84, to_wgs84


@pytest.fixture(scope="module")
def suzhou():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CIRCLE15_DATA", raising=False)
        return c15.load_city("suzhou")


def misread(points: gpd.GeoSeries, *, truly: str, declared: str) -> gpd.GeoSeries:
    """Points whose file holds ``truly`` coordinates, understood as ``declared``."""
    lonlat = points.to_crs("EPSG:4326")
    in_file = from_wgs84(lonlat.x, lonlat.y, datum=truly)
    return gpd.GeoSeries.from_xy(*to_wgs84(*in_file, datum=declared), crs="EPSG:4326")


@pytest.mark.parametrize("truly", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize("declared", ["wgs84", "gcj02", "bd09"])
def test_it_names_the_right_datum_or_is_silent(suzhou, truly, declared):
    points = misread(suzhou.facilities.frame.geometry, truly=truly, declared=declared)
    found = better_datum(datum_fits(suzhou.network, points, declared=declared), points=len(points))
    assert (found.datum if found else declared) == truly


def test_a_clinic_list_of_forty_is_enough_and_a_handful_is_not(suzhou):
    frame = suzhou.facilities.frame
    clinics = frame[["clinic" in offered for offered in frame["services"]]].geometry
    points = misread(clinics, truly="gcj02", declared="wgs84")
    fits = datum_fits(suzhou.network, points, declared="wgs84")
    assert better_datum(fits, points=len(points)).datum == "gcj02"
    assert better_datum(fits, points=7) is None


def test_random_points_prove_nothing(suzhou):
    west, south, east, north = suzhou.area.boundary.bounds
    rng = np.random.default_rng(2)
    for _ in range(5):
        points = gpd.GeoSeries.from_xy(rng.uniform(west, east, 60), rng.uniform(south, north, 60), crs=suzhou.area.crs)
        assert better_datum(datum_fits(suzhou.network, points), points=60) is None


def test_other_systems_are_not_second_guessed(suzhou):
    points = suzhou.facilities.frame.geometry
    assert datum_fits(suzhou.network, points, declared="EPSG:4549") == ()
    assert datum_fits(suzhou.network, points.iloc[:0]) == ()
    assert better_datum((), points=100) is None


def test_far_better_means_half_the_distance_for_three_in_four():
    def judged(median_m, nearer_share):
        other = DatumFit(datum="gcj02", median_m=median_m, nearer_share=nearer_share)
        return better_datum((DatumFit(datum="wgs84", median_m=40.0, nearer_share=0.0), other), points=20)

    assert judged(20.0, 0.75) is not None
    assert judged(20.1, 0.75) is None
    assert judged(20.0, 0.74) is None
