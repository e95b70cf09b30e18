"""What reading leaves behind: rows read = rows used + rows dropped with a reason, for every file of a pack."""

from __future__ import annotations

import pytest

from circle15.errors import InputError, PackError
from circle15.model.provenance import FileRecord
from circle15.sources.citypack import read_pack
from circle15.sources.reading import ReadingLog
from circle15.study import check_city, load_city

from .conftest import HEADER, SITES, told, write_csv


def record(**given):
    return FileRecord(**{"file": "a.csv", "role": "facilities", "rows_read": 5, "rows_used": 5} | given)


def test_rows_lost_without_a_reason_are_a_fault():
    with pytest.raises(InputError, match=r"a\.csv: 5 rows were read, 3 used and 1 dropped"):
        record(rows_used=3, dropped=(("facility-id-twice", 1),))


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
    more = '[[facilities]]\nfile = "second.xlsx"\nservices = ["clinic"]\n'
    root = make_pack(more=more, sites=[(*SITES[0][:3], "", "")])
    home = root / "tryton"
    (home / "second.xlsx").write_bytes(b"")
    (home / "communities.geojson").write_text("{", encoding="utf-8")
    checked = check_city("tryton", data=root)
    assert checked.city is None
    errors = [one for one in checked.findings if one.severity == "error"]
    assert [one.file for one in errors] == ["second.xlsx", "communities.geojson"]
    assert errors[0].message_zh.startswith("不能使用：文件是空的（0 字节）")
    assert errors[0].message_en.startswith("cannot be used: the file is empty")
    assert errors[1].message_en.startswith("cannot be used: the layer cannot be read")
    # What could be read is told as well.
    assert told(checked.findings, "facility-without-point").row == 2
    assert [one.file for one in checked.files] == ["facilities.csv"]
    with pytest.raises(PackError, match=r"second\.xlsx: the file is empty"):
        load_city("tryton", data=root)


def test_a_missing_street_file_is_an_error_of_the_check(make_pack):
    checked = check_city("tryton", data=make_pack(streets=""))
    assert checked.city is None
    assert [one.file for one in checked.findings if one.severity == "error"] == ["[network]"]
    assert [one.role for one in checked.files] == ["facilities", "communities"]


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
        patient.need(lambda: 1, file="c.csv")
