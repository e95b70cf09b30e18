"""Coordinates with few decimals: told where that is no accident, in metres; trailing zeros by chance are silent."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from circle15.errors import InputError
from circle15.model.places import ROUNDED, Facilities
from circle15.sources.city_config import CommunityFile
from circle15.sources.communities.table import read_communities
from circle15.sources.facilities.decimals import rounded_steps
from circle15.sources.facilities.points import written_minutes
from circle15.sources.facilities.table import read_facilities
from tests.towns.city_tables import facilities_table
from tests.towns.findings import finding_of
from tests.towns.pack_files import HEADER, community, feature, write_csv, write_layer

LAT_M, LON_M = 111_320.0, 111_320.0 * np.cos(np.radians(31.31))


def lonlat(count, decimals, seed=1):
    rng = np.random.default_rng(seed)
    return np.round(rng.uniform((120.5, 31.2), (120.7, 31.4), size=(count, 2)), decimals)


def steps_of(*parts):
    x, y = np.concatenate(parts).T
    return rounded_steps(x, y, degrees=True).step


def listed(tmp_path, positions, **entry):
    rows = [(f"f{k}", "站", "clinic", repr(float(x)), repr(float(y))) for k, (x, y) in enumerate(positions)]
    return read_facilities(write_csv(tmp_path / "list.csv", rows), facilities_table(entry))


@pytest.mark.parametrize(("decimals", "step"), [(2, 0.01), (3, 0.001), (4, 0.0), (5, 0.0), (6, 0.0), (14, 0.0)])
@pytest.mark.parametrize("count", [3, 30, 1000, 20_000])
def test_a_list_of_so_many_decimals(count, decimals, step):
    """Of 20,000 rows with four decimals some 200 have three by chance, and two have two: none is told."""
    assert (steps_of(lonlat(count, decimals)) == step).all()


@pytest.mark.parametrize("rounded", [2, 3])
@pytest.mark.parametrize("whole", [4, 6, 12])
def test_half_a_column_rounded_is_told_row_by_row(rounded, whole):
    step = steps_of(lonlat(40, rounded), lonlat(40, whole, seed=2))
    assert np.allclose(step[:40], 10.0**-rounded)
    assert (step[40:] == 0).all()


def test_three_kinds_of_rows_in_one_list():
    step = steps_of(lonlat(300, 2), lonlat(300, 3, seed=2), lonlat(300, 6, seed=3))
    assert np.allclose(step[:300], 0.01)
    # Of the 300 with three decimals some three end in a zero twice: they go with those of two.
    assert np.isclose(step[300:600], 0.001).all(axis=1).sum() >= 290
    assert (step[600:] == 0).all()


def test_one_row_typed_by_hand_is_told_where_chance_makes_none():
    step = steps_of(np.array([[120.62, 31.31]]), lonlat(40, 6))
    assert np.allclose(step[0], 0.01)
    assert (step[1:] == 0).all()
    # Alone with four decimals it is one of a hundred hundreds; among 20,000 such rows two are expected.
    assert (steps_of(np.array([[120.62, 31.31]]), lonlat(20_000, 4)) == 0).all()


def test_one_axis_alone_may_be_rounded():
    x, y = lonlat(40, 6).T
    step = rounded_steps(np.round(x, 2), y, degrees=True).step
    assert np.allclose(step[:, 0], 0.01)
    assert (step[:, 1] == 0).all()


@pytest.mark.parametrize(("to", "step"), [(1000, 1000.0), (100, 100.0), (10, 10.0), (1, 0.0), (0.01, 0.0)])
def test_metres_rounded_to_tens_and_hundreds(to, step):
    rng = np.random.default_rng(3)
    x, y = np.round(rng.uniform((550_000, 3_460_000), (570_000, 3_480_000), size=(50, 2)) / to).T * to
    assert np.allclose(rounded_steps(x, y, degrees=False).metres, step)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("120°37′", 1 / 60), ("120°37.2′", 1 / 600), ("120°37′12″", 1 / 3600), ("120°37′12.5″", 1 / 36_000),
        ("120.62°", np.nan), ("120.62", np.nan), (120.62, np.nan),
    ],
)  # fmt: skip
def test_the_finest_sign_of_an_angle_counts(text, step):
    frame = pd.DataFrame({"lon": pd.Series([text], dtype=object), "lat": pd.Series(["31.31"], dtype=object)})
    assert written_minutes(frame).tolist() == [pytest.approx(step, nan_ok=True)]


def test_angles_in_whole_seconds_are_precise_and_whole_minutes_are_not(tmp_path):
    rows = [("f0", "站", "clinic", "120°37′12″", "31°18′36″"), ("f1", "站", "clinic", "120°37′", "31°18′")]
    reading = read_facilities(write_csv(tmp_path / "list.csv", rows), facilities_table())
    north = reading.frame["rounded_north_m"].tolist()
    assert north == [0.0, pytest.approx(LAT_M / 60)]  # 120.62 and 31.31 by chance: seconds were written
    assert "1′: 1 rows" in finding_of(reading.findings, "facility-rounded").message_en


def test_a_list_tells_rows_and_metres(tmp_path):
    reading = listed(tmp_path, [*lonlat(3, 2).tolist(), *lonlat(4, 6).tolist()])
    told = finding_of(reading.findings, "facility-rounded")
    assert (told.severity, told.count, told.row, told.examples) == ("warning", 3, 2, ("row 2", "row 3", "row 4"))
    assert "3 of 7 rows" in told.message_en
    assert "2 decimals: 3 rows" in told.message_en
    assert "557 m" in told.message_en  # half of 0.01 degrees of latitude, 1,113.2 m
    assert "小数点后2位 3行" in told.message_zh
    frame = reading.frame
    assert frame["rounded_north_m"].tolist() == [pytest.approx(0.01 * LAT_M)] * 3 + [0.0] * 4
    assert frame["rounded_east_m"].to_numpy()[:3] == pytest.approx(0.01 * LON_M, rel=2e-3)


def test_a_precise_list_has_no_column_of_it(tmp_path):
    reading = listed(tmp_path, lonlat(40, 6).tolist())
    assert not set(ROUNDED) & set(reading.frame.columns)
    assert not [one for one in reading.findings if one.code.endswith("rounded")]


@pytest.mark.parametrize(("to", "severity"), [(100, "warning"), (10, "note")])
def test_metres_of_a_list_and_of_a_layer(tmp_path, to, severity):
    rng = np.random.default_rng(3)
    place = np.round(rng.uniform((559_000, 3_464_000), (561_000, 3_466_000), size=(9, 2)) / to) * to
    rows = [(f"f{k}", "站", "clinic", f"{x:.0f}", f"{y:.0f}") for k, (x, y) in enumerate(place)]
    table = read_facilities(write_csv(tmp_path / "list.csv", rows), facilities_table({"datum": "EPSG:4549"}))
    names = {"facility_id": [row[0] for row in rows], "name": "站", "services": "clinic"}
    gpd.GeoDataFrame(names, geometry=gpd.points_from_xy(*place.T), crs=4549).to_file(tmp_path / "list.gpkg")
    layer = read_facilities(tmp_path / "list.gpkg", facilities_table())
    for reading in (table, layer):
        told = finding_of(reading.findings, "facility-rounded")
        assert (told.severity, told.count) == (severity, 9)
        assert f"{to} m: 9 rows" in told.message_en
        assert np.allclose(reading.frame[list(ROUNDED)], to)


def test_a_layer_of_points_in_degrees_is_asked_and_areas_are_not(tmp_path):
    def layer(shapes):
        features = [feature(shape, facility_id=f"f{k}", name="站", services="clinic") for k, shape in enumerate(shapes)]
        return read_facilities(write_layer(tmp_path / "list.geojson", features), facilities_table())

    points = layer([{"type": "Point", "coordinates": at} for at in lonlat(5, 3).tolist()])
    assert finding_of(points.findings, "facility-rounded").count == 5
    ring = [[120.62, 31.31], [120.63, 31.31], [120.63, 31.32], [120.62, 31.31]]
    areas = layer([{"type": "Polygon", "coordinates": [ring]}])
    assert not [one for one in areas.findings if one.code == "facility-rounded"]


def test_anchors_of_communities_are_told(tmp_path):
    header = ("community_id", "name", "population", "pop_60plus", "lon", "lat")
    rows = [(f"c{k}", "甲", 100, 20, x, y) for k, (x, y) in enumerate(lonlat(5, 2).tolist())]
    path = write_csv(tmp_path / "c.csv", rows, header)
    reading = read_communities(path, {}, entry=CommunityFile(grow=True, datum="wgs84"))
    told = finding_of(reading.findings, "community-rounded")
    assert (told.severity, told.count, told.row) == ("warning", 5, 2)
    features = [
        community(row[0], 0, 1) | {"geometry": {"type": "Point", "coordinates": [float(row[4]), float(row[5])]}}
        for row in rows
    ]
    layer = read_communities(write_layer(tmp_path / "c.geojson", features), {}, entry=CommunityFile(grow=True))
    assert finding_of(layer.findings, "community-rounded").count == 5


def test_steps_that_a_list_brings_along_stay(tmp_path):
    rows = [(f"f{k}", "站", "clinic", x, y, 500 if k else "") for k, (x, y) in enumerate(lonlat(2, 6).tolist())]
    path = write_csv(tmp_path / "list.csv", rows, (*HEADER, "rounded_north_m"))
    frame = read_facilities(path, facilities_table()).frame
    assert frame[list(ROUNDED)].to_numpy().tolist() == [[0.0, 0.0], [0.0, 500.0]]


@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_a_frame_of_one_s_own_gives_steps_in_metres(value):
    frame = gpd.GeoDataFrame(
        {"name": ["站"], "services": [("clinic",)], "rounded_east_m": [value]},
        index=pd.Index(["f1"], name="facility_id"), geometry=gpd.points_from_xy([0.0], [0.0]), crs=4549,
    )  # fmt: skip
    with pytest.raises(InputError, match=r"f1: rounded_east_m = .* no step of rounding"):
        Facilities(frame=frame, listed=frozenset({"clinic"}))
    plain = Facilities(frame=frame.assign(rounded_east_m=[np.nan]), listed=frozenset({"clinic"}))
    assert plain.rounded_m.tolist() == [[0.0, 0.0]]
