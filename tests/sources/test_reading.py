"""What reading leaves behind: rows read = rows used + rows dropped with a reason, for every file of a pack."""

from __future__ import annotations

import geopandas as gpd
import pytest

from circle15.errors import InputError, PackError
from circle15.model.provenance import FileRecord
from circle15.render.check.terminal import check_lines
from circle15.sources.pack.city_pack import read_pack
from circle15.sources.reading import ReadingLog
from circle15.study import check_city, load_city
from tests.towns.findings import finding_of
from tests.towns.pack_files import HEADER, SITES, community, feature, geojson, rectangle, write_csv


def record(**given):
    return FileRecord(**{"file": "a.csv", "role": "facilities", "rows_read": 5, "rows_used": 5} | given)


def test_rows_lost_without_a_reason_are_a_fault():
    with pytest.raises(InputError, match=r"a\.csv: 5 rows were read, 3 used and 1 dropped"):
        record(rows_used=3, dropped=(("facility-id-twice", 1),))
    with pytest.raises(InputError, match="-1 used and 6 dropped"):  # more than there were
        record().without("facility-outside", 6)


def test_rows_that_fall_out_later_keep_the_sum():
    fewer = record().without("facility-outside", 2).without("service-not-listed", 1).without("facility-outside", 1)
    assert fewer.rows_used == 1
    assert fewer.dropped == (("facility-outside", 3), ("service-not-listed", 1))
    assert record().without("facility-outside", 0) == record()


def test_every_file_of_a_pack_has_its_record(make_pack):
    header = (*HEADER, "负责人", "备注")
    rows = [
        (*SITES[0], "张三", "x"), (*SITES[1], "李四", ""), ("f3", "far out", "clinic", "121.9", "31.31", "", ""),
        ("f4", "nowhere", "clinic", "", "", "", ""), ("f5", "x", "shop", "120.62", "31.31", "", ""),
        ("f1", "again", "clinic", "120.62", "31.31", "", ""),
    ]  # fmt: skip
    root = make_pack()
    write_csv(root / "tryton" / "facilities.csv", rows, header)
    files = {one.role: one for one in load_city("tryton", data=root).files}
    assert list(files) == ["facilities", "communities", "streets"]
    sites = files["facilities"]
    assert (sites.file, sites.form, sites.encoding, sites.crs) == ("facilities.csv", ".csv", "UTF-8-SIG", "wgs84")
    assert sites.understood == tuple((name, name) for name in HEADER)
    assert (sites.unknown, sites.personal) == (("备注",), ("负责人",))
    assert (sites.rows_read, sites.rows_used) == (6, 2)
    assert dict(sites.dropped) == {
        "facility-without-point": 1, "facility-id-twice": 1, "service-not-listed": 1, "facility-outside": 1,
    }  # fmt: skip
    assert files["communities"].rows_read == files["communities"].rows_used > 0
    assert files["streets"].rows_used > 0


def test_missing_streets_are_told_beside_missing_communities(make_pack):
    root = make_pack(streets="")
    (root / "tryton" / "communities.geojson").unlink()
    failed = [found for found in check_city("tryton", data=root).findings if found.severity == "error"]
    assert [found.file for found in failed] == ["[network]", "[communities]"]
    assert "找不到道路文件" in failed[0].message_zh
    assert "找不到社区文件 communities.geojson" in failed[1].message_zh


def test_a_patient_check_tells_of_every_broken_file(make_pack):
    more = '[[facilities]]\nfile = "second.xlsx"\ndatum = "wgs84"\nservices = ["clinic"]\n'
    root = make_pack(more=more, sites=[(*SITES[0][:3], "", "")])
    home = root / "tryton"
    (home / "second.xlsx").write_bytes(b"")
    (home / "communities.geojson").write_text("{", encoding="utf-8")
    checked = check_city("tryton", data=root)
    assert checked.city is None
    errors = [one for one in checked.findings if one.severity == "error"]
    assert [one.file for one in errors] == ["second.xlsx", "communities.geojson"]
    assert errors[0].message_zh.startswith("不能使用：文件是空的（0字节）")
    assert errors[0].message_en.startswith("cannot be used: the file is empty")
    assert errors[1].message_en.startswith("cannot be used: the layer cannot be read")
    # What could be read is told as well.
    assert finding_of(checked.findings, "facility-without-point").row == 2
    assert [one.file for one in checked.files] == ["facilities.csv"]
    with pytest.raises(PackError, match=r"second\.xlsx: the file is empty"):
        load_city("tryton", data=root)


def test_a_missing_street_file_is_an_error_of_the_check(make_pack):
    checked = check_city("tryton", data=make_pack(streets=""))
    assert checked.city is None
    assert [one.file for one in checked.findings if one.severity == "error"] == ["[network]"]
    assert [one.role for one in checked.files] == ["facilities", "communities"]


def test_a_broken_list_hides_no_other_fault(make_pack):
    more = '[population]\nfile = "grid.geojson"\n[[context]]\nlayer = "water"\nfile = "{}.geojson"'
    layers = more.format("lake") + '\n[[context]]\nlayer = "rail"\nfile = "none.geojson"'
    root = make_pack(sites=[], more=layers)
    for name in ("facilities.csv", "grid.geojson", "lake.geojson"):
        (root / "tryton" / name).write_text("", encoding="utf-8")
    checked = check_city("tryton", data=root)
    errors = [one.file for one in checked.findings if one.severity == "error"]
    assert errors == ["facilities.csv", "grid.geojson", "lake.geojson", "city.toml"]
    assert [one.role for one in checked.files] == ["communities", "streets"]
    assert checked.city is None


def test_communities_beyond_the_streets_are_an_error_of_the_check(make_pack):
    far = [community("far", 120.6225, 120.6300)]
    checked = check_city("tryton", data=make_pack(communities=far))
    (error,) = [one for one in checked.findings if one.severity == "error"]
    assert (error.file, checked.city) == ("streets.osm", None)
    assert "the streets cover none of the 1 communities" in error.message_en


def test_a_display_layer_loses_persons_and_counts_what_lies_elsewhere(make_pack):
    root = make_pack(more='[[context]]\nlayer = "buildings"\nfile = "b.geojson"')
    near = feature(rectangle(120.6200, 31.3100, 120.6202, 31.3102), levels=6, 户主="张三", note="13812345678")
    far = feature(rectangle(121.6200, 31.3100, 121.6202, 31.3102), levels=2, 户主="李四", note="13912345678")
    (root / "tryton" / "b.geojson").write_text(geojson([near, far]), encoding="utf-8")
    city = load_city("tryton", data=root)
    assert set(city.context["buildings"]) == {"levels", "geometry"}
    assert finding_of(city.findings, "table-personal").value == "户主, note"
    (record,) = [one for one in city.files if one.role == "context"]
    assert (record.unknown, record.personal) == (("levels",), ("户主", "note"))
    assert (record.rows_read, record.rows_used, record.dropped) == (2, 1, (("layer-elsewhere", 1),))


def test_two_files_of_one_display_layer_are_taken_together(make_pack):
    entry = '[[context]]\nlayer = "water"\nfile = "{}.geojson"\n'
    root = make_pack(more=entry.format("east") + entry.format("west"))
    for name, west in (("east", 120.6218), ("west", 120.6200)):
        pond = feature(rectangle(west, 31.3102, west + 0.0001, 31.3104), **{name: 1})
        (root / "tryton" / f"{name}.geojson").write_text(geojson([pond]), encoding="utf-8")
    city = load_city("tryton", data=root)
    assert len(city.context["water"]) == sum(one.rows_used for one in city.files if one.role == "context") == 2
    assert city.context["water"].crs == city.network.crs


def test_a_pack_without_faults_is_loaded_by_the_check(make_pack):
    root = make_pack()
    checked = check_city("tryton", data=root)
    assert checked.city is not None
    assert checked.title_en == checked.city.title_en
    assert checked.files == checked.city.files == read_pack("tryton", data=root).files


def test_a_hasty_log_stops_at_the_first_fault():
    def fails():
        raise PackError("b.csv: broken")

    with pytest.raises(PackError, match=r"b\.csv: broken"):
        ReadingLog().attempt(fails, file="b.csv")
    patient = ReadingLog(patient=True)
    assert patient.attempt(fails, file="b.csv") is None
    with pytest.raises(PackError, match=r"1 inputs cannot be used as they are: b\.csv"):
        patient.need(fails, file="b.csv")
    assert patient.need(lambda: 1, file="c.csv") == 1


def test_records_tell_from_where_to_where_a_file_reaches(make_pack):
    checked = check_city("tryton", data=make_pack())
    bounds = {record.role: record.bounds for record in checked.files}
    assert bounds == {
        "facilities": (120.6201, 31.3101, 120.6219, 31.3101),
        "communities": (120.6199, 31.3099, 120.6221, 31.3111),
        "streets": (120.62, 31.31, 120.622, 31.311),
    }
    shown = "\n".join(line.text for line in check_lines(checked, width=200))
    assert "经度120.6201至120.6219，纬度31.3101至31.3101" in shown


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:4490"])
def test_bounds_are_degrees_of_wgs84_whatever_the_layer_counts_in(make_pack, crs):
    root = make_pack()
    folder = root / "tryton"
    frame = gpd.read_file(folder / "communities.geojson").to_crs(crs)
    (folder / "communities.geojson").unlink()
    frame.to_file(folder / "communities.gpkg")
    toml = (folder / "city.toml").read_text(encoding="utf-8")
    (folder / "city.toml").write_text(toml.replace("communities.geojson", "communities.gpkg"), encoding="utf-8")
    (record,) = [record for record in check_city("tryton", data=root).files if record.role == "communities"]
    assert record.bounds == pytest.approx((120.6199, 31.3099, 120.6221, 31.3111), abs=2e-5)


def test_an_empty_list_reaches_nowhere(make_pack):
    (record,) = [one for one in check_city("tryton", data=make_pack(sites=())).files if one.role == "facilities"]
    assert record.bounds is None
