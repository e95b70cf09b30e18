"""What a table says of its own coordinates: a contradiction is refused, silence in mainland China is told."""

from __future__ import annotations

import numpy as np
import pytest

from circle15.catalog import datum_key, in_mainland
from circle15.errors import PackError
from circle15.sources.communities.table import read_communities
from circle15.sources.facilities.table import read_facilities
from circle15.sources.pack.city_pack import read_pack
from circle15.sources.reading import ReadingLog
from tests.towns.city_tables import communities_table, facilities_table, mapped_columns
from tests.towns.findings import finding_of
from tests.towns.pack_files import HEADER, write_csv


def listed(folder, words, header="coord_sys"):
    rows = [(f"f{k}", "卫生站", "clinic", f"{120.62 + k / 1000:.5f}", "31.31", word) for k, word in enumerate(words)]
    return write_csv(folder / "list.csv", rows, (*HEADER, header))


@pytest.mark.parametrize(
    ("word", "datum"),
    [
        ("GCJ-02", "gcj02"), ("GCJ02", "gcj02"), ("gcj_02", "gcj02"), ("火星坐标系", "gcj02"), ("高德", "gcj02"),
        ("GCJ-02（高德）", "gcj02"), ("BD09", "bd09"), ("bd-09", "bd09"), ("百度坐标系", "bd09"), ("WGS84", "wgs84"),
        ("WGS 84", "wgs84"), ("EPSG:4326", "wgs84"), ("CGCS2000", "cgcs2000"), ("国家2000", "cgcs2000"),
        ("EPSG:4490", "cgcs2000"), ("平面", ""), ("", ""), ("高德/百度", ""),
    ],
)  # fmt: skip
def test_words_for_a_datum(word, datum):
    assert datum_key(word) == datum


@pytest.mark.parametrize("header", ["coord_sys", "坐标系", "坐标系统", "datum", "坐标类型", "CRS"])
@pytest.mark.parametrize("declared", [{}, {"datum": "wgs84"}, {"datum": "bd09"}, {"datum": "cgcs2000"}])
def test_a_column_that_contradicts_the_declared_datum_is_refused(tmp_path, header, declared):
    path = listed(tmp_path, ["", "GCJ-02", "GCJ-02"], header)
    with pytest.raises(PackError, match="'GCJ-02' in row 3") as error:
        read_facilities(path, facilities_table(declared))
    assert 'datum = "gcj02"' in error.value.zh
    assert "3行中2行" in error.value.zh


@pytest.mark.parametrize(
    ("word", "declared"), [("GCJ-02", "gcj02"), ("百度", "bd09"), ("CGCS2000", "wgs84"), ("WGS84", "cgcs2000")]
)
def test_a_column_that_agrees_is_silent(tmp_path, word, declared):
    found = read_facilities(listed(tmp_path, [word, word]), facilities_table({"datum": declared}))
    assert not [one for one in found.findings if one.code.startswith("datum-") and one.code != "datum-converted"]


def test_a_list_that_is_declared_shifted_and_says_it_is_not_is_refused(tmp_path):
    with pytest.raises(PackError, match="says 'WGS84' in row 2"):
        read_facilities(listed(tmp_path, ["WGS84"]), facilities_table({"datum": "gcj02"}))


def test_words_that_nobody_knows_are_told_with_values_and_rows(tmp_path):
    found = read_facilities(listed(tmp_path, ["城建坐标", "", "城建坐标", "WGS84"]), facilities_table())
    told = finding_of(found.findings, "coded-words-unknown")
    assert (told.severity, told.count, told.row, told.value) == ("warning", 2, 2, "城建坐标")
    assert told.examples == ("row 2: 城建坐标", "row 4: 城建坐标")
    assert '按 datum = "wgs84" 读取' in told.message_zh


def test_communities_known_by_points_say_it_too(tmp_path):
    rows = [("c1", "一", "100", "20", "120.62", "31.31", "百度")]
    head = ("community_id", "name", "population", "pop_60plus", "lon", "lat", "坐标系")
    path = write_csv(tmp_path / "points.csv", rows, head)
    with pytest.raises(PackError, match='datum = "bd09"'):
        read_communities(path, mapped_columns({}), entry=communities_table({"grow": True}))
    path = write_csv(tmp_path / "points.csv", [rows[0][:-1]], head[:-1])
    found = read_communities(path, mapped_columns({}), entry=communities_table({"grow": True}))
    assert finding_of(found.findings, "datum-undeclared").count == 1
    entry = communities_table({"grow": True, "datum": "wgs84"})
    found = read_communities(path, mapped_columns({}), entry=entry)
    assert not [one for one in found.findings if one.code == "datum-undeclared"]


def test_a_pack_in_mainland_china_without_a_datum_is_warned(make_pack):
    root = make_pack()
    toml = root / "tryton" / "city.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('datum = "wgs84"\n', ""), encoding="utf-8")
    log = ReadingLog()
    read_pack("tryton", data=root, log=log)
    told = finding_of(log.findings, "datum-undeclared")
    assert (told.severity, told.count, told.file) == ("warning", 2, "facilities.csv")
    assert "GCJ-02" in told.message_zh
    rows = [("f1", "站", "clinic", "120.6201", "31.3101", "WGS84")]
    write_csv(root / "tryton" / "facilities.csv", rows, (*HEADER, "坐标系"))
    log = ReadingLog()
    read_pack("tryton", data=root, log=log)
    assert not [one for one in log.findings if one.code == "datum-undeclared"]


def test_where_a_datum_has_to_be_named():
    cities = {"苏州": (120.62, 31.31), "深圳": (114.06, 22.54), "香港": (114.17, 22.3), "台北": (121.56, 25.03)}
    lon, lat = np.array(list(cities.values())).T
    assert dict(zip(cities, in_mainland(lon, lat), strict=True)) == {"苏州": 1, "深圳": 1, "香港": 0, "台北": 0}
    assert not in_mainland(np.array([24.94, -9.1]), np.array([60.17, 41.1])).any()
