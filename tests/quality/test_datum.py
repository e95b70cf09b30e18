"""The datum detector: silent when the datum is right, loud when a list lies 465 m off."""

from __future__ import annotations

import dataclasses
import itertools

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from circle15.quality.datum import DatumFit, _fit, better_datum, datum_fits
from circle15.sources.datum import from_wgs84, to_wgs84
from tests.towns.real_cities import shipped_city


@pytest.fixture(scope="module")
def suzhou():
    return shipped_city("suzhou")


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


def test_far_better_means_half_the_distance_beyond_chance():
    def judged(times_nearer, t):
        declared = DatumFit(datum="wgs84", median_m=40, times_nearer=1, t=0)
        other = DatumFit(datum="gcj02", median_m=20, times_nearer=times_nearer, t=t)
        return better_datum((declared, other), points=20)

    assert judged(2.0, 3.0) is not None
    assert judged(1.99, 9.0) is None
    assert judged(9.0, 2.99) is None


def test_the_figures_by_hand():
    # One street along y = 0. Declared: points 15, 15, 35 m away; (15 + 5) / (5 + 5) = 2, twice; (35 + 5) / 5 = 8.
    # Logarithms ln 2 x (1, 1, 3): mean 5/3 ln 2, standard deviation sqrt(4/3) ln 2, over sqrt 3: t = 5/3 / (2/3).
    fit = _fit("gcj02", np.array([15.0, 15.0, 35.0]), np.array([5.0, 5.0, 0.0]))
    assert fit.times_nearer == pytest.approx(2 ** (5 / 3))
    assert fit.t == pytest.approx(2.5)
    assert fit.median_m == 5.0
    same = _fit("wgs84", np.array([15.0, 15.0]), np.array([15.0, 15.0]))
    assert (same.times_nearer, same.t) == (1.0, 0.0)


# -- Real places at real streets ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def laid_onto_china():
    """Central Helsinki's streets and places, turned in twelve directions, where Suzhou lies: metres stay metres."""
    city = shipped_city("helsinki")
    grid = pyproj.CRS("EPSG:4549")
    middle = np.array([city.network.x.mean(), city.network.y.mean()])

    def town(turn):
        c, s = np.cos(turn), np.sin(turn)

        def laid(at):
            return (at - middle) @ np.array([[c, s], [-s, c]]) + (558_000, 3_465_000)

        nodes = laid(np.column_stack([city.network.x, city.network.y]))
        vertex = laid(city.network.vertex)
        network = dataclasses.replace(city.network, x=nodes[:, 0], y=nodes[:, 1], vertex=vertex, crs=grid)
        places = shapely.transform(city.facilities.frame.geometry.to_numpy(), laid)
        return network, gpd.GeoSeries(places, crs=grid)

    return [town(k * np.pi / 6) for k in range(12)]


def test_real_places_in_a_wrong_datum_are_told_and_in_the_right_one_never(laid_onto_china):
    told = asked = 0
    rng = np.random.default_rng(15)
    for network, places in laid_onto_china:
        for truly, declared in itertools.product(("wgs84", "gcj02", "bd09"), repeat=2):
            points = misread(places, truly=truly, declared=declared)
            for count in (len(points), 20, 8):
                some = points.iloc[np.sort(rng.choice(len(points), count, replace=False))]
                found = better_datum(datum_fits(network, some, declared=declared), points=count)
                if truly == declared:
                    assert found is None
                elif count == len(points):
                    asked += 1
                    told += found is not None and found.datum == truly
    assert asked == 72
    assert told >= 0.9 * asked
