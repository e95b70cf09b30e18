"""Facility lists: every row is used, or told with its row, column, value and remedy."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from circle15.errors import PackError
from circle15.sources.datum import from_wgs84
from circle15.sources.facilities.table import read_facilities
from tests.towns.city_tables import facilities_table
from tests.towns.findings import finding_of, unpacked
from tests.towns.pack_files import HEADER, feature, rectangle, write_csv, write_layer

GOOD = ("f1", "食堂", "meal_point", "120.6213", "31.3124")


def facilities(tmp_path, rows, header=HEADER, entry=None):
    return unpacked(read_facilities(write_csv(tmp_path / "list.csv", rows, header), facilities_table(entry or {})))


def at(lon, lat, facility_id="f1"):
    return (facility_id, *GOOD[1:3], *(value if isinstance(value, str) else repr(float(value)) for value in (lon, lat)))


def test_a_good_list(tmp_path):
    header = (*HEADER, "capacity", "floor_area_m2", "note")
    rows = [(*GOOD, "40", "120.5", "x"), ("f2", "站", " clinic ;meal_point;clinic;", "120.6331", "31.3242", "", "", "")]
    frame, findings = facilities(tmp_path, rows, header)
    assert findings == []
    assert frame.index.name == "facility_id"
    assert frame.index.tolist() == ["f1", "f2"]
    assert frame["services"].tolist() == [("meal_point",), ("clinic", "meal_point")]
    assert frame["capacity"].tolist()[0] == 40
    assert np.isnan(frame["capacity"].tolist()[1])
    assert frame["note"].tolist() == ["x", ""]
    assert list(frame.columns) == ["name", "services", "capacity", "floor_area_m2", "note", "geometry"]
    assert frame.crs.to_epsg() == 4326
    assert [(point.x, point.y) for point in frame.geometry] == [(120.6213, 31.3124), (120.6331, 31.3242)]


@pytest.mark.parametrize("name", ["NA", "None", "null", "nan", "N/A", "-", "#N/A", "00012", "True"])
def test_names_that_pandas_takes_for_nothing_are_names(tmp_path, name):
    frame, findings = facilities(tmp_path, [(name, name, "clinic", "120.6213", "31.3124")])
    assert frame["name"].tolist() == [name]
    assert frame.index.tolist() == [name]
    assert findings == []


# Row 1 is the header, as in a spreadsheet; the bad cell of each case stands in row 3.
BAD_POINTS = {
    "not a number": ("east", "31.31", "east, 31.31"),
    "empty": ("", "31.31", ", 31.31"),
    "a comma too many": ("120,62,5", "31.31", "120,62,5, 31.31"),
    "minutes beyond sixty": ("120°75'", "31.31", "120°75', 31.31"),
    "NaN": ("nan", "31.31", "nan, 31.31"),
    "infinite": ("inf", "31.31", "inf, 31.31"),
}


@pytest.mark.parametrize(("lon", "lat", "value"), BAD_POINTS.values(), ids=BAD_POINTS)
def test_a_row_without_a_usable_point(tmp_path, lon, lat, value):
    rows = [GOOD, ("f2", "b", "clinic", lon, lat), ("f3", "c", "clinic", "120.6", "31.3")]
    frame, findings = facilities(tmp_path, rows)
    found = finding_of(findings, "facility-without-point")
    assert (found.file, found.row, found.column, found.value) == ("list.csv", 3, "lon, lat", value)
    assert (found.count, found.severity) == (1, "warning")
    assert "longitude first, of the datum of the other rows" in found.remedy_en
    assert "经度" in found.remedy_zh
    assert len(rows) == len(frame) + found.count


def test_rows_read_are_rows_used_and_rows_dropped(tmp_path):
    rows = [
        GOOD,
        ("f1", "again", "clinic", "120.62", "31.31"),
        ("f2", "no service", "", "120.62", "31.31"),
        ("f3", "odd service", "karaoke", "120.62", "31.31"),
        ("f4", "half odd", "clinic;karaoke", "120.62", "31.31"),
        ("f5", "nowhere", "clinic", "", ""),
        ("f6", "nowhere too, and odd", "karaoke", "x", "y"),
        ("f7", "", "shop", "120.62", "31.31"),
        ("", "without id", "shop", "120.62", "31.31"),
        (" ", "without id either", "shop", "120.62", "31.31"),
    ]
    frame, findings = facilities(tmp_path, rows)
    dropped = {found.code: found.count for found in findings if found.code in
               {"facility-without-point", "facility-without-service", "facility-id-twice"}}  # fmt: skip
    assert dropped == {"facility-without-point": 2, "facility-without-service": 2, "facility-id-twice": 1}
    assert len(rows) == len(frame) + sum(dropped.values())
    assert frame.index.tolist() == ["f1", "f4", "f7", "list-10", "list-11"]
    assert frame.loc["f4", "services"] == ("clinic",)
    assert frame.loc["f7", "name"] == "f7"
    assert finding_of(findings, "facility-without-point").examples == ("row 7", "row 8")
    twice = finding_of(findings, "facility-id-twice")
    assert (twice.row, twice.column, twice.value) == (3, "facility_id", "f1")
    odd = finding_of(findings, "unknown-service")
    assert (odd.row, odd.column, odd.value, odd.count) == (5, "services", "karaoke", 2)
    assert "meal_point" in odd.remedy_en
    nameless = finding_of(findings, "facility-without-name")
    assert (nameless.row, nameless.severity) == (9, "note")


def test_many_rows_with_one_fault_are_one_finding(tmp_path):
    rows = [
        (f"f{k}", "a", "karaoke;clinic" if k % 2 else "sauna;clinic", f"{120.0007 + k / 1000:.4f}", "31.3124")
        for k in range(500)
    ]
    frame, findings = facilities(tmp_path, rows)
    assert len(frame) == 500
    assert sorted((found.code, found.value, found.count) for found in findings) == [
        ("unknown-service", "karaoke", 250),
        ("unknown-service", "sauna", 250),
    ]
    assert all(len(found.examples) == 5 for found in findings)


@pytest.mark.parametrize("value", ["many", "40多", "-1", "inf", "1,20"])
def test_a_number_that_is_none_is_told_and_the_row_kept(tmp_path, value):
    rows = [(*GOOD, ""), ("f2", "b", "clinic", "120.62", "31.31", value)]
    frame, findings = facilities(tmp_path, rows, (*HEADER, "capacity"))
    found = finding_of(findings, "facility-bad-number")
    assert (found.row, found.column, found.value, found.count) == (3, "capacity", value, 1)
    assert len(frame) == 2
    assert frame["capacity"].isna().all()


def test_blank_lines_do_not_shift_the_numbers_of_rows(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("name,services,lon,lat\n\n,,,\na,clinic,120.6,31.3\n\nb,clinic,x,31.3\n\n", encoding="utf-8")
    frame, findings = unpacked(read_facilities(path, facilities_table()))
    assert frame.index.tolist() == ["list-4"]
    assert finding_of(findings, "facility-without-point").row == 6


def test_a_line_break_inside_a_cell_is_no_row(tmp_path):
    frame, findings = facilities(
        tmp_path, [("f1", "two\nlines", "clinic", "120.6", "31.3"), ("f2", "b", "clinic", "x", "")]
    )
    assert frame["name"].tolist() == ["two\nlines"]
    assert finding_of(findings, "facility-without-point").row == 3


@pytest.mark.parametrize(
    "text",
    [
        "name,lon,lat\n食堂,120.62,31.31,\n卫生站,120.63,31.32,\n",  # every row one cell too long
        "name,lon,lat\n食堂,120.62,31.31\n卫生站,120.63,31.32,5\n",
        'name,lon,lat\n"食堂,120.62,31.31\n',
    ],
)
def test_ragged_rows_never_shift_the_columns(tmp_path, text):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=r"list\.csv: .*(more cells|CSV UTF-8)"):
        read_facilities(path, facilities_table({"service": "clinic"}))


def test_a_byte_order_mark_and_spaces_in_the_header(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("\ufeffname , lon,lat\r\n食堂,120.6213,31.3124\r\n", encoding="utf-8")
    frame, findings = unpacked(read_facilities(path, facilities_table({"service": "clinic"})))
    assert findings == []
    assert frame.loc["list-2", "services"] == ("clinic",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a CSV file"),
        ("name,lon,lat\n食堂,120,31\n".encode("utf-32"), "save it as 'CSV UTF-8'"),
        (b"PK\x03\x04\xff\xfe\x00\x00", "not a CSV file"),
        (b"name|lon|lat\na|1|2\n", r"column\(s\) name, lon, lat are missing; found name\|lon\|lat.*commas"),
        ("名称,东,北\na,1,2\n".encode(), "lon, lat are missing; found (name|名称), 东, 北.*columns = "),
        (b"name,lon,lat\na,1,2\n", 'service = "meal_point"'),
    ],
)
def test_a_list_that_cannot_be_read(tmp_path, content, says):
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(PackError, match=rf"list\.csv: .*{says}"):
        read_facilities(tmp_path / "list.csv", facilities_table())


def test_a_header_alone_is_an_empty_list(tmp_path):
    frame, findings = facilities(tmp_path, [])
    assert (len(frame), findings) == (0, [])
    assert frame.index.name == "facility_id"


@pytest.mark.parametrize("datum", ["gcj02", "GCJ02", "bd09", "cgcs2000", "EPSG:4490"])
def test_a_declared_datum_is_converted_and_said(tmp_path, datum):
    (lon,), (lat,) = from_wgs84(120.6123, 31.3321, datum=datum)
    frame, findings = facilities(tmp_path, [at(lon, lat)], entry={"datum": datum})
    assert frame.geometry.iloc[0].coords[0] == pytest.approx((120.6123, 31.3321), abs=1e-9)
    (finding,) = findings
    assert (finding.code, finding.severity, finding.count) == ("datum-converted", "note", 1)
    assert datum in finding.message_zh


def test_easting_and_northing_of_a_national_grid(tmp_path):
    frame, _ = facilities(tmp_path, [at(500000, 3464000)], entry={"datum": "EPSG:4549"})
    assert frame.geometry.iloc[0].x == pytest.approx(120.0, abs=1e-9)


def test_a_datum_that_is_none_or_does_not_fit(tmp_path):
    with pytest.raises(PackError, match=r"list\.csv: datum 'gcj-02' is not known; give one of wgs84, gcj02"):
        facilities(tmp_path, [GOOD], entry={"datum": "gcj-02"})
    with pytest.raises(PackError, match=r"list\.csv: position 1 .*swapped"):
        facilities(tmp_path, [at(1e30, 1e30)], entry={"datum": "EPSG:4549"})


def test_bad_rows_stay_told_when_a_datum_is_converted(tmp_path):
    rows = [GOOD, at("east", 31.3, "f2"), at(120.6, 400, "f3")]
    frame, findings = facilities(tmp_path, rows, entry={"datum": "gcj02"})
    assert len(frame) == 1
    assert sorted(finding.code for finding in findings) == ["datum-converted", "facility-without-point"]


def test_a_point_layer(tmp_path):
    point = {"type": "Point", "coordinates": [120.62, 31.31]}
    features = [
        feature(point, facility_id=7, name="NA", services="clinic", capacity=40),
        feature(None, facility_id=8, name="nowhere", services="clinic", capacity=None),
        feature(point, facility_id=9, name=None, services="clinic", capacity=-5),
        feature(point, facility_id=10, name="b", services=None, capacity=0),
        feature(rectangle(120.62, 31.31, 120.64, 31.33), facility_id=11, name="c", services="shop", capacity=0),
    ]
    frame, findings = unpacked(read_facilities(write_layer(tmp_path / "sites.geojson", features), facilities_table()))
    assert frame.index.tolist() == ["7", "9", "11"]
    assert frame["name"].tolist() == ["NA", "9", "c"]
    assert frame.loc["11"].geometry.equals_exact(shapely.Point(120.63, 31.32), 1e-9)
    # Features count from one, as QGIS shows them.
    assert finding_of(findings, "facility-without-point").row == 2
    assert finding_of(findings, "facility-without-service").row == 4
    assert finding_of(findings, "facility-bad-number").row == 3
    assert len(features) == len(frame) + 2
