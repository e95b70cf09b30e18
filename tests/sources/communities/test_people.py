"""People of communities from a table: joined by id or name, alike is not the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from circle15.catalog.typed_toml import checked
from circle15.errors import PackError
from circle15.sources.city_config import CityConfig
from circle15.sources.communities.people import count_of_people
from circle15.sources.communities.table import read_communities
from circle15.sources.pack.city_pack import read_pack
from tests.towns.city_tables import people_table
from tests.towns.findings import finding_of, unpacked
from tests.towns.pack_files import feature, geojson, rectangle, write_csv

HEADER = ("社区", "常住人口", "60岁及以上人口", "电话")
ROWS = (("陈港 社区", "１０００", "200", "13812345678"), ("b", "50", "5", ""))


def joined(tmp_path, rows=ROWS, header=HEADER, shapes=({"name": "陈港社区"}, {"name": "b"}), **entry):
    layer = tmp_path / "c.geojson"
    features = [
        feature(rectangle(120.61 + k / 100, 31.3, 120.62 + k / 100, 31.31), **{"community_id": f"c{k}"} | shape)
        for k, shape in enumerate(shapes)
    ]
    layer.write_text(geojson(features), encoding="utf-8")
    return unpacked(
        read_communities(layer, {}, (write_csv(tmp_path / "people.csv", rows, header), people_table(entry)))
    )


def test_people_by_name(tmp_path):
    frame, findings = joined(tmp_path, [*reversed(ROWS), ("合计", "1050", "205", "")])
    assert frame.index.tolist() == ["c0", "c1"]
    assert frame["population"].tolist() == [1000, 50]
    assert frame["pop_60plus"].tolist() == [200, 5]
    assert frame["name"].tolist() == ["陈港社区", "b"]
    spare = finding_of(findings, "people-without-community")
    assert (spare.count, spare.row, spare.value, spare.examples) == (1, 4, "合计", ("合计",))
    assert finding_of(findings, "table-personal").value == "电话"


def test_people_by_id_first(tmp_path):
    rows = [("c1", "x", "1", "0"), ("c0", "b", "2", "1")]
    frame, _ = joined(tmp_path, rows, ("社区编号", "社区", "P", "60+"), columns={"population": "P"})
    assert frame["population"].tolist() == [2, 1]
    assert frame["name"].tolist() == ["陈港社区", "b"]


def test_a_table_that_circle15_wrote_changes_no_outline(tmp_path):
    made = {"parts": "7", "outline": "grown", "people_basis": "registered", "geometry": "POINT (0 0)"}
    frame, _ = joined(tmp_path, [(*row, *made.values()) for row in ROWS], (*HEADER, *made))
    assert frame["outline"].tolist() == ["drawn", "drawn"]
    assert not {"parts", "people_basis"} & set(frame)
    assert frame.geometry.geom_type.tolist() == ["Polygon", "Polygon"]


def test_columns_that_only_begin_like_people_are_no_people(tmp_path):
    header, rows = (*HEADER, "population_source", "pop_note"), [(*row, "七普", "约") for row in ROWS]
    frame, _ = joined(tmp_path, rows, header)
    assert frame["population_source"].tolist() == ["七普", "七普"]
    assert frame["population"].tolist() == [1000, 50]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("陈巷社区", "1", "0", ""), ROWS[1]], r"1 communities of c\.geojson .* '陈港社区' .*'陈巷社区' in row 2\)"),
        ([ROWS[1]], "have no row in it: '陈港社区'; write both alike"),
        ([*ROWS, ("陈港社区", "1", "0", "")], "row 4, column 'name', value '陈港社区' stands in an earlier row too"),
        ([ROWS[0], ("b", "-1", "0", "")], "row 3, column 'population', value '-1' is no number of people"),
        ([ROWS[0], ("b", "viele", "0", "")], "row 3, column 'population', value 'viele' is no number"),
    ],
)  # fmt: skip
def test_people_that_cannot_be_joined(tmp_path, rows, says):
    with pytest.raises(PackError, match=says):
        joined(tmp_path, rows)


def test_names_of_the_table_serve_a_layer_without(tmp_path):
    rows = [("c1", "乙", "1", "0"), ("c0", "甲", "2", "1")]
    frame, _ = joined(tmp_path, rows, ("社区编号", "社区", "人口", "60+"), shapes=({}, {}))
    assert frame["name"].tolist() == ["甲", "乙"]


def test_a_layer_with_one_name_twice_and_a_table_without_key(tmp_path):
    with pytest.raises(PackError, match=r"c\.geojson: row 2, column 'name', value 'b' stands in an earlier row"):
        joined(tmp_path, shapes=({"name": "b"}, {"name": "b"}))
    with pytest.raises(PackError, match=r"people\.csv: it shares neither community_id nor name with c\.geojson"):
        joined(tmp_path, header=("小区", *HEADER[1:]))


def test_keys_of_the_table(tmp_path):
    config = {"name": "x", "crs": "x", "communities": {"file": "x", "people": {"header_row": "1"}}}
    with pytest.raises(PackError, match=r"header_row = '1' in \[communities\.people\]: give a whole number"):
        checked(CityConfig, config, file=tmp_path / "city.toml")
    config["communities"]["people"] = {}
    with pytest.raises(PackError, match="names no table"):
        checked(CityConfig, config, file=tmp_path / "city.toml")


def test_a_pack_with_both_tables_of_its_own(make_pack):
    root = make_pack(more='[communities.people]\nfile = "people.csv"\ncolumns = { population = "P" }')
    header, rows = ("社区", "P", "60+"), [("east", "70", "7"), ("west", "30", "3")]
    write_csv(root / "tryton" / "people.csv", rows, header)
    text = "名称,类别,经度,纬度,手机\n食堂,助餐点,120.6201,31.3101,13812345678\n"
    (root / "tryton" / "facilities.csv").write_bytes(text.encode("gbk"))
    pack = read_pack("tryton", data=root)
    assert pack.communities.frame["population"].to_dict() == {"west": 30, "east": 70}
    assert pack.communities.frame["pop_60plus"].to_dict() == {"west": 3, "east": 7}
    assert pack.facilities.frame["services"].tolist() == [("meal_point",)]
    assert {"table-columns", "table-encoding", "table-personal"} <= {found.code for found in pack.findings}


def test_a_mark_between_thousands_is_no_fault(tmp_path):
    frame, _ = joined(tmp_path, [("陈港社区", "12,345", "1，234", ""), ("b", "50", "5", "")])
    assert frame["population"].tolist() == [12345, 50]
    assert frame["pop_60plus"].tolist() == [1234, 5]
    with pytest.raises(PackError, match="value '1,2' is no number of people"):
        joined(tmp_path, [("陈港社区", "1,2", "1", ""), ("b", "50", "5", "")])


def test_a_column_of_numbers_that_nobody_filled_in_is_none(tmp_path):
    header = ("社区", "户数", "常住人口", "60岁以上", "80岁以上")
    frame, findings = joined(tmp_path, [("陈港社区", "", "9", "5", ""), ("b", "", "8", "4", "")], header)
    assert not {"households", "pop_80plus"} & set(frame.columns)
    assert finding_of(findings, "community-columns-empty").value == "households, pop_80plus"
    frame, _ = joined(tmp_path, [("陈港社区", "", "", "5", ""), ("b", "", "8", "4", "")], header)
    assert frame["population"].isna().tolist() == [True, False]  # not known, not nobody


def test_households_may_have_holes(tmp_path):
    header = ("社区", "户数", "常住人口", "60岁以上")
    frame, _ = joined(tmp_path, [("陈港社区", "3", "9", "5"), ("b", "", "8", "4")], header)
    assert frame["households"].tolist() == pytest.approx([3, float("nan")], nan_ok=True)


def test_both_languages_name_the_nearest_row(tmp_path):
    with pytest.raises(PackError) as refused:
        joined(tmp_path, [("b", "50", "5", ""), ("陈巷社区", "1", "0", "")])
    assert "“陈港社区”（表中有第3行“陈巷社区”）" in refused.value.zh
    assert "'陈港社区' (the table has '陈巷社区' in row 3)" in str(refused.value)


@pytest.mark.parametrize(
    ("cell", "people"),
    [
        ("1000人", 1000), ("1.2万", 12_000), ("1.2万人", 12_000), ("3,456户", 3456), ("约1000", np.nan),
        ("２００", 200), ("1,234.5", 1234.5), ("1000-1200", np.nan), ("1千", 1000), ("12%", np.nan),
        ("", np.nan), ("1,2", np.nan), ("很多", np.nan), ("-5人", np.nan),
    ],
)  # fmt: skip
def test_numbers_of_people_as_they_are_written(cell, people):
    assert count_of_people(pd.Series([cell, "7"])).tolist() == pytest.approx([people, 7], nan_ok=True)
