"""Datums: against an independent library, inverses by round trip, and the sizes that are known for Suzhou."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.errors import CrsError
from circle15.sources.datum import from_wgs84, to_wgs84

SUZHOU = (120.62, 31.30)
METRE = 1 / 111_320  # degrees of latitude
INSIDE = st.tuples(st.floats(75.0, 134.0), st.floats(4.0, 53.0))


def metres(a, b) -> float:
    (lon0, lat0), (lon1, lat1) = a, b
    east = (lon1[0] - lon0[0]) * np.cos(np.radians(lat0[0]))
    return float(np.hypot(east, lat1[0] - lat0[0]) / METRE)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_forward_equals_an_independent_library(datum):
    oracle = pytest.importorskip("geocoordinates_ffi")
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(75, 134, 300), rng.uniform(18, 53, 300)
    ours = from_wgs84(lon, lat, datum=datum)
    convert = getattr(oracle, f"wgs84_to_{datum}")
    theirs = [convert(oracle.Wgs84(lat=y, lon=x)) for x, y in zip(lon, lat, strict=True)]
    assert np.abs(ours[0] - [p.lon for p in theirs]).max() < 1e-6 * METRE
    assert np.abs(ours[1] - [p.lat for p in theirs]).max() < 1e-6 * METRE


# Many places an example: what takes its time is to look a system up.
@given(st.lists(INSIDE, min_size=1, max_size=30), st.sampled_from(["gcj02", "bd09", "cgcs2000", "EPSG:4490", "wgs84"]))
def test_the_inverse_returns_to_a_micrometre(places, datum):
    lon, lat = np.array(places).T
    back = to_wgs84(*from_wgs84(lon, lat, datum=datum), datum=datum)
    assert np.abs(back[0] - lon).max() < 1e-6 * METRE
    assert np.abs(back[1] - lat).max() < 1e-6 * METRE


def test_the_offset_at_suzhou_is_what_was_measured():
    # FACTS: GCJ-02 at Suzhou 461-523 m; BD-09 lies some 0.0065 and 0.006 degrees further.
    here = tuple(np.array([v]) for v in SUZHOU)
    assert 461 <= metres(here, from_wgs84(*SUZHOU, datum="gcj02")) <= 523
    assert 1000 < metres(here, from_wgs84(*SUZHOU, datum="bd09")) < 1400


def test_the_usual_one_step_inverse_would_be_metres_off():
    lon, lat = from_wgs84(*SUZHOU, datum="gcj02")
    twice = from_wgs84(lon, lat, datum="gcj02")
    one_step = (2 * lon - twice[0], 2 * lat - twice[1])
    exact = to_wgs84(lon, lat, datum="gcj02")
    assert 0.2 < metres(one_step, exact) < 3
    assert metres(exact, tuple(np.array([v]) for v in SUZHOU)) < 1e-6


def test_outside_china_gcj02_shifts_nothing():
    assert from_wgs84(24.94, 60.17, datum="gcj02") == (24.94, 60.17)


def test_a_projected_system_in_metres():
    # EPSG:4549: central meridian 120 E, false easting 500 km
    lon, lat = to_wgs84(500_000.0, 3_464_000.0, datum="EPSG:4549")
    assert lon[0] == pytest.approx(120.0, abs=1e-9)
    assert 31.29 < lat[0] < 31.31


def test_easting_and_northing_of_a_place():
    # On the central meridian of EPSG:4549 (120 E, scale 1) the northing is the length of the meridian from the
    # equator: the integral of its radius of curvature on the ellipsoid of CGCS2000. To the east the easting grows.
    a, f = 6_378_137.0, 1 / 298.257222101
    e2 = f * (2 - f)
    latitude = np.radians(np.linspace(0, 31.3, 200_001))
    arc = np.trapezoid(a * (1 - e2) / (1 - e2 * np.sin(latitude) ** 2) ** 1.5, latitude)
    east, north = from_wgs84([120.0, 120.1], [31.3, 31.3], datum="EPSG:4549")
    assert (east[0], north[0]) == (pytest.approx(500_000, abs=1e-3), pytest.approx(arc, abs=1e-2))
    parallel_m = np.radians(0.1) * a / np.sqrt(1 - e2 * np.sin(np.radians(31.3)) ** 2) * np.cos(np.radians(31.3))
    assert east[1] == pytest.approx(500_000 + parallel_m, abs=0.1)


@given(st.lists(st.tuples(st.floats(118.6, 121.4), st.floats(20.0, 45.0)), min_size=5, max_size=50))
def test_a_projected_system_returns_to_a_micrometre(places):
    lon, lat = np.array(places).T
    back = to_wgs84(*from_wgs84(lon, lat, datum="EPSG:4549"), datum="EPSG:4549")
    assert np.abs(back[0] - lon).max() < 1e-6 * METRE
    assert np.abs(back[1] - lat).max() < 1e-6 * METRE


def test_what_does_not_fit_is_refused_by_row():
    with pytest.raises(CrsError, match=r"position 2 .*swapped"):
        to_wgs84([500_000.0, 1e30], [3_464_000.0, 1e30], datum="EPSG:4549")
    with pytest.raises(CrsError, match="wgs84, gcj02, bd09, cgcs2000 or EPSG:n"):
        to_wgs84(*SUZHOU, datum="gcj-2")


def test_holes_stay_holes_and_shapes_stay_shapes():
    lon, lat = to_wgs84([120.62, np.nan], [31.3, 31.3], datum="bd09")
    assert np.isfinite(lon[0])
    assert np.isnan(lon[1])
    assert to_wgs84([], [], datum="gcj02")[0].shape == (0,)
    assert lat.shape == (2,)
