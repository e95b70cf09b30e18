"""Coordinates of a list: angles and commas understood and told, swapped axes and metres told and never mended."""

from __future__ import annotations

import time

import numpy as np
import pyproj
import pytest
import shapely

from circle15.errors import PackError
from circle15.sources.facilities.points import fitting_systems, written_degrees
from circle15.sources.facilities.table import read_facilities
from circle15.sources.pack.city_pack import read_pack
from tests.towns.city_tables import facilities_table
from tests.towns.findings import finding_of
from tests.towns.pack_files import CITY_TOML, SITES, osm_xml, write_csv
from tests.towns.pack_files import community as town_community

SUZHOU = pyproj.CRS("EPSG:4549")
HEADER = ("名称", "服务", "经度", "纬度")


def read(tmp_path, points, *, header=HEADER, home=SUZHOU, **entry):
    rows = [(f"食堂{k}", "助餐点", *point) for k, point in enumerate(points)]
    return read_facilities(write_csv(tmp_path / "list.csv", rows, header), facilities_table(entry), home=home)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("120°37′12″", 120.62), ("120°37'12\"", 120.62), ("120°37′12″E", 120.62), ("东经120度37分12秒", 120.62),
        ("E120°37.2′", 120.62), ("31°18′36.00″N", 31.31), ("北纬31°18'36''", 31.31), ("120°", 120.0),
        ("120 ° 37 ′ 12 ″", 120.62), ("23°30′S", -23.5), ("西经0°30′", -0.5), ("120º37'12''", 120.62),
    ],
)  # fmt: skip
def test_degrees_minutes_and_seconds(text, degrees):
    assert written_degrees(text) == pytest.approx(degrees, abs=1e-12)


@pytest.mark.parametrize(
    "text", ["", "120", "120.62", "120°60′", "120°30′75″", "E120°E", "°37′", "120°37′12″x", "食堂", "120:37:12"]
)
def test_what_is_no_angle(text):
    assert np.isnan(written_degrees(text))


@pytest.mark.parametrize("lon", ["120°37′12″", "１２０°３７′１２″", "东经120度37分12秒"])
def test_angles_are_read_and_told(tmp_path, lon):
    reading = read(tmp_path, [("120.61", "31.31"), (lon, "31°18′36″")])
    assert reading.frame.geometry.iloc[1].coords[0] == pytest.approx((120.62, 31.31), abs=1e-9)
    found = finding_of(reading.findings, "facility-dms")
    assert (found.count, found.row, found.severity) == (1, 3, "note")


def test_decimal_commas_are_read_and_told(tmp_path):
    reading = read(tmp_path, [("120,61", "31,31"), ("120.62", "31.32")])
    assert [point.coords[0] for point in reading.frame.geometry] == [(120.61, 31.31), (120.62, 31.32)]
    assert finding_of(reading.findings, "facility-decimal-comma").row == 2


def test_a_swapped_list_is_refused_with_its_own_columns(tmp_path):
    with pytest.raises(
        PackError, match=r"2 of 3 rows .*row 2, 31\.31, 120\.62.*lon = \"纬度\", lat = \"经度\""
    ) as caught:
        read(tmp_path, [("31.31", "120.62"), ("31.32", "120.63"), ("120.6", "31.3")])
    assert "经度和纬度（x 和 y）写反了：3行中有2行" in caught.value.zh
    # The remedy is one.
    columns = {"lon": "纬度", "lat": "经度"}
    reading = read(tmp_path, [("31.31", "120.62"), ("31.32", "120.63")], columns=columns)
    assert [point.x for point in reading.frame.geometry] == [120.62, 120.63]


def test_a_swapped_cell_has_another_remedy(tmp_path):
    path = write_csv(tmp_path / "list.csv", [("食堂", "助餐点", "31.31,120.62")], ("名称", "服务", "坐标"))
    with pytest.raises(PackError, match=r"swapped: 1 of 1 .*write longitude first"):
        read_facilities(path, facilities_table())


def test_single_rows_are_left_out_and_told(tmp_path):
    points = [("120.61", "31.31")] * 5 + [("31.31", "120.61"), ("560000", "3465000"), ("", "31.3")]
    reading = read(tmp_path, points)
    assert len(reading.frame) == 5
    assert dict(reading.files[0].dropped) == {
        "facility-swapped": 1, "facility-metres": 1, "facility-without-point": 1,
    }  # fmt: skip
    assert finding_of(reading.findings, "facility-swapped").row == 7
    assert finding_of(reading.findings, "facility-metres").value == "560000, 3465000"


# Pingjiang Road, 120.6293 E 31.3160 N, as surveyors write it: by meridian, with the zone before it, in UTM, on the web.
PLACE = (120.6293, 31.3160)
SYSTEMS = ["EPSG:4549", "EPSG:4528", "EPSG:32651", "EPSG:3857", "EPSG:4510", "EPSG:4499"]


def metres(system):
    return pyproj.Transformer.from_crs("EPSG:4326", system, always_xy=True).transform(*PLACE)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_system_of_metres_is_among_those_told(tmp_path, system):
    x, y = metres(system)
    assert (system, False) in fitting_systems(x, y, SUZHOU)
    assert (system, True) in fitting_systems(y, x, SUZHOU)
    with pytest.raises(PackError, match=rf"metres, no degrees: 2 of 2 rows.*{system}.*Nothing was converted"):
        read(tmp_path, [(x, y), (x + 10, y)])
    # And the remedy brings the points home.
    frame = read(tmp_path, [(x, y)], datum=system).frame
    assert frame.geometry.iloc[0].coords[0] == pytest.approx(PLACE, abs=1e-9)


@pytest.mark.parametrize("home", [None, pyproj.CRS("EPSG:3067")])
def test_metres_that_fit_nowhere_are_told_without_a_guess(tmp_path, home):
    with pytest.raises(PackError, match=r"metres, no degrees.*ask for their system"):
        read(tmp_path, [("560000", "3465000")], home=home)


def test_easting_and_northing_exchanged_under_a_grid(tmp_path):
    x, y = metres("EPSG:4549")
    with pytest.raises(PackError, match=r"swapped: 1 of 1 rows lie where EPSG:4549 applies only when exchanged"):
        read(tmp_path, [(y, x)], datum="EPSG:4549")


def test_degrees_under_a_grid(tmp_path):
    with pytest.raises(PackError, match=r"EPSG:4549.*counts in metres and the coordinates are degrees .*row 2, 120.62"):
        read(tmp_path, [("120.62", "31.31")], datum="EPSG:4549")


def test_one_bad_row_in_a_hundred_thousand_costs_no_time(tmp_path):
    points = [("120.62", "31.31")] * 100_000
    points[70_000] = ("31.31", "120.62")
    began = time.process_time()
    reading = read(tmp_path, points)
    assert time.process_time() - began < 20
    assert finding_of(reading.findings, "facility-swapped").row == 70_002


# -- Where both orders are on the globe -------------------------------------------------------------


def test_helsinki_swapped_is_told_by_the_study_area(make_pack):
    """25 E 60 N and 60 E 25 N are both on the globe; only the city tells which is meant."""
    shape = shapely.box(24.93, 60.16, 24.95, 60.18)
    west, south, east, north = shape.bounds
    layer = town_community("a", west, east)
    layer["geometry"] = {"type": "Polygon", "coordinates": [list(map(list, shapely.get_coordinates(shape).tolist()))]}
    nodes = {1: (west, south), 2: (east, south), 3: (east, north)}
    streets = osm_xml(nodes, {10: ([1, 2, 3], {"highway": "residential"})})
    sites = [
        ("f1", "a", "clinic", "60.17", "24.94"),
        ("f2", "b", "clinic", "24.94", "60.17"),
        ("f3", "c", "clinic", "20", "50"),
    ]
    toml = CITY_TOML.format(settings="", more="").replace("EPSG:4549", "EPSG:3067")
    contents = read_pack("tryton", data=make_pack(toml=toml, communities=[layer], sites=sites, streets=streets))
    found = finding_of(contents.findings, "facility-swapped-outside")
    assert (found.count, found.file, found.examples) == (1, "facilities.csv", ("f1",))
    assert "1 of 3 facilities" in found.message_en
    assert finding_of(contents.findings, "facility-outside").count == 2
    assert contents.facilities.frame.index.tolist() == ["f2"]


def test_facilities_that_are_merely_far_are_not_called_swapped(make_pack):
    sites = [*SITES, ("f9", "far", "clinic", "31.9", "31.9")]
    findings = read_pack("tryton", data=make_pack(sites=sites)).findings
    assert "facility-swapped-outside" not in {one.code for one in findings}


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("120.62°", 120.62),
        ("120.62度", 120.62),
        ("E120.62", 120.62),
        ("31.3°N", 31.3),
        ("南纬31.5", -31.5),
        ("120.5°30′", np.nan),
    ],
)
def test_decimal_degrees_with_signs_or_letters(text, degrees):
    assert written_degrees(text) == pytest.approx(degrees, nan_ok=True)
