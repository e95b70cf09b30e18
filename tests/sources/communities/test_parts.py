"""Communities as planners keep them: estates with one id, points without outlines, registered people, own headers."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.errors import PackError
from circle15.sources.communities.parts import unite_parts
from circle15.sources.communities.table import read_communities
from circle15.sources.datum import from_wgs84
from tests.towns.city_tables import communities_table, mapped_columns, people_table
from tests.towns.findings import finding_of, unpacked
from tests.towns.lattice import CRS
from tests.towns.pack_files import community, feature, rectangle, write_csv, write_layer

PARTS = {"parts": True}


def read(tmp_path, features, entry, columns=None):
    layer = write_layer(tmp_path / "c.geojson", features)
    return unpacked(read_communities(layer, mapped_columns(columns or {}), entry=communities_table(entry)))


def table(tmp_path, rows, header, **entry):
    path = write_csv(tmp_path / "社区.csv", rows, header)
    return read_communities(
        path, mapped_columns(entry.pop("columns", {})), entry=communities_table({"grow": True, **entry})
    )


def estate(key, west, east, people, **more):
    return community(key, west, east, people, people // 4, **{"name": f"社区{key}", **more})


# -- estates --------------------------------------------------------------------------------------


def test_estates_become_one_community(tmp_path):
    estates = [
        estate("b", 120.64, 120.65, 500, subdistrict="东街道", households=200, 小区="三"),
        estate("a", 120.61, 120.62, 1000, subdistrict="西街道", households=None, 小区="一"),
        estate("a", 120.63, 120.64, 600, subdistrict="西街道", households=250, 小区="二"),
    ]
    frame, findings = read(tmp_path, estates, PARTS)
    assert frame.index.tolist() == ["a", "b"]
    assert frame["population"].tolist() == [1600.0, 500.0]
    assert frame["pop_60plus"].tolist() == [400.0, 125.0]
    assert frame["households"].tolist() == [250.0, 200.0]
    assert frame["parts"].tolist() == [2, 1]
    assert frame["outline"].tolist() == ["estates", "estates"]
    assert frame["subdistrict"].tolist() == ["西街道", "东街道"]
    assert frame.geometry.geom_type.tolist() == ["MultiPolygon", "Polygon"]
    assert finding_of(findings, "parts-united").count == 3
    assert finding_of(findings, "parts-columns").value == "小区"
    assert "小区" not in frame


def test_only_people_and_households_are_added_up(tmp_path):
    estates = [
        estate("a", 120.61, 120.62, 1000, population_year=2020, population_source="七普", population_registered=900),
        estate("a", 120.63, 120.64, 600, population_year=2020, population_source="估", population_registered=500),
    ]
    frame, findings = read(tmp_path, estates, PARTS)
    assert frame.loc["a", ["population", "population_registered", "population_year"]].tolist() == [1600, 1400, 2020]
    assert finding_of(findings, "parts-columns").value == "population_source"


def test_without_the_key_the_remedy_names_it(tmp_path):
    twice = [estate("a", 120.61, 120.62, 1000), estate("a", 120.63, 120.64, 600)]
    with pytest.raises(PackError, match=r"row 2, .*'a' stands in an earlier row too .*parts = true"):
        read(tmp_path, twice, {})


def test_estates_that_overlap_are_healed_and_told(tmp_path):
    twice = [estate("a", 120.61, 120.63, 1000), estate("a", 120.62, 120.64, 600)]
    frame, findings = read(tmp_path, twice, PARTS)
    (shape,) = frame.geometry
    assert shape.geom_type == "Polygon"
    assert shape.bounds[0::2] == (120.61, 120.64)
    assert finding_of(findings, "parts-overlap").examples == ("a",)


def test_words_that_disagree_are_told_and_the_most_frequent_wins(tmp_path):
    names = ["乙村", "甲村", "乙村", "甲村", "丙村"]
    five = [estate("a", 120.61 + k / 100, 120.62 + k / 100, 10 + k, name=name) for k, name in enumerate(names)]
    frame, findings = read(tmp_path, five, PARTS)
    assert frame["name"].tolist() == ["乙村"]  # as often as the other, and first by its text
    found = finding_of(findings, "parts-differ")
    assert (found.column, found.count, found.examples) == ("name", 1, ("a: 乙村 / 甲村 / 丙村",))


def repeated():
    return [estate("a", 120.61, 120.62, 1000), estate("a", 120.63, 120.64, 1000), estate("b", 120.64, 120.65, 7)]


def test_a_total_on_every_row_is_asked_about(tmp_path):
    with pytest.raises(PackError, match=r"'population'.*2 rows with 1000.*parts_people = \"once\" or"):
        read(tmp_path, repeated(), PARTS)


def test_both_answers_are_taken(tmp_path):
    summed, _ = read(tmp_path, repeated(), PARTS | {"parts_people": "sum"})
    assert summed["population"].tolist() == [2000.0, 7.0]
    once, _ = read(tmp_path, repeated(), PARTS | {"parts_people": "once"})
    assert once["population"].tolist() == [1000.0, 7.0]
    first_row_only = repeated()
    first_row_only[1]["properties"] |= {"population": None, "pop_60plus": None}
    blank, _ = read(tmp_path, first_row_only, PARTS | {"parts_people": "once"})
    assert blank["population"].tolist() == [1000.0, 7.0]
    assert blank["pop_60plus"].tolist() == [250.0, 1.0]


def test_once_means_that_rows_agree(tmp_path):
    rows = repeated()
    rows[1]["properties"]["population"] = 1001
    with pytest.raises(PackError, match=r"row 2, column 'population', value 1001 is not that of another row"):
        read(tmp_path, rows, PARTS | {"parts_people": "once"})


def test_people_of_the_whole_community_come_from_a_table(tmp_path):
    rows = [
        {k: v for k, v in one["properties"].items() if not k.startswith("pop") and k != "name"} for one in repeated()
    ]
    bare = [feature(one["geometry"], **row) for one, row in zip(repeated(), rows, strict=True)]
    layer = write_layer(tmp_path / "c.geojson", bare)
    people = write_csv(
        tmp_path / "p.csv", [("a", "甲", 40, 10), ("b", "乙", 7, 0)], ("社区编号", "社区", "人口", "60岁以上")
    )
    frame, _ = unpacked(read_communities(layer, {}, (people, people_table()), entry=communities_table(PARTS)))
    assert frame["population"].tolist() == [40.0, 7.0]
    assert frame["name"].tolist() == ["甲", "乙"]
    assert frame["parts"].tolist() == [2, 1]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1e4)), min_size=1, max_size=20), st.randoms())
def test_people_are_summed_exactly_in_any_order(rows, random):
    def united(some):
        frame = gpd.GeoDataFrame(
            {"community_id": [key for key, _ in some], "name": "n", "population": [p for _, p in some]},
            geometry=[shapely.box(k, 0, k + 1, 1) for k in range(len(some))], crs=CRS,
        )  # fmt: skip
        made, _ = unite_parts(frame, file="f", people="sum")
        return dict(zip(made["community_id"], made["population"], strict=True)), int(made["parts"].sum())

    shuffled = list(rows)
    random.shuffle(shuffled)
    assert united(rows) == united(shuffled)
    assert united(rows)[1] == len(rows)


# -- points ---------------------------------------------------------------------------------------

HEADER = ("社区编号", "社区名称", "所属街道", "户数", "常住人口", "60岁以上", "负责人", "经度", "纬度")
ROW = ("c1", "桃花坞", "平江街道", "800户", "２０００", "500", "张三", "120.62", "31.31")


def test_a_table_of_offices_is_read_as_points(tmp_path):
    east, north = from_wgs84([120.62], [31.31], datum="gcj02")
    row = (*ROW[:-2], f"{east[0]:.7f}", f"{north[0]:.7f}")
    reading = table(tmp_path, [row], HEADER, datum="gcj02")
    frame, findings = unpacked(reading)
    assert frame.loc["c1", ["name", "subdistrict", "population", "pop_60plus"]].tolist() == [
        "桃花坞",
        "平江街道",
        2000,
        500,
    ]
    assert frame["outline"].tolist() == ["grown"]
    (point,) = frame.geometry
    assert (point.x, point.y) == pytest.approx((120.62, 31.31), abs=1e-6)
    assert "负责人" not in frame
    assert finding_of(findings, "table-personal").value == "负责人"
    (record,) = reading.files
    assert (record.rows_read, record.rows_used, record.crs, record.personal) == (1, 1, "gcj02", ("负责人",))
    assert ("常住人口", "population") in record.understood


def test_a_table_in_degrees_minutes_and_seconds(tmp_path):
    frame, findings = unpacked(table(tmp_path, [(*ROW[:-2], "120°37′12″", "31°18′36″")], HEADER))
    assert (frame.geometry.x["c1"], frame.geometry.y["c1"]) == pytest.approx((120.62, 31.31))
    assert finding_of(findings, "facility-dms").row == 2


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (("31.31", "120.62"), r"社区\.csv: longitude and latitude \(x and y\) are swapped: 1 of 1 rows "),
        (("560000", "3465000"), r"社区\.csv: the coordinates are metres, no degrees: 1 of 1 rows"),
    ],
)
def test_a_table_of_swapped_axes_or_metres_says_so(tmp_path, place, says):
    with pytest.raises(PackError, match=says):
        table(tmp_path, [(*ROW[:-2], *place)], HEADER)


def test_a_table_is_read_in_the_encoding_that_is_said(tmp_path):
    text = "".join(f"{','.join(row)}\n" for row in (HEADER, ROW))
    path = tmp_path / "社区.csv"
    path.write_bytes(text.replace("桃花坞", "桃花塢").encode("utf-16-be"))  # without a mark
    frame = read_communities(path, {}, entry=communities_table({"grow": True, "encoding": "utf-16-be"})).frame
    assert frame.loc["c1", "name"] == "桃花塢"


def test_a_table_says_that_it_needs_growing(tmp_path):
    path = write_csv(tmp_path / "c.csv", [ROW], HEADER)
    with pytest.raises(PackError, match=r"c\.csv: a table has no outlines.*grow = true"):
        read_communities(path, {})


def test_points_in_a_layer_name_the_key(tmp_path):
    point = community("a", 120.61, 120.62) | {"geometry": {"type": "Point", "coordinates": [120.6, 31.3]}}
    with pytest.raises(PackError, match=r"found: Point.*grow = true"):
        read(tmp_path, [point], {})
    frame, _ = read(tmp_path, [point], {"grow": True})
    assert frame.geometry.geom_type.tolist() == ["Point"]


def test_an_outline_that_is_to_be_grown_gives_an_inner_point(tmp_path):
    frame, _ = read(tmp_path, [community("a", 120.61, 120.62)], {"grow": True})
    assert shapely.within(frame.geometry.iloc[0], shapely.box(120.61, 31.3099, 120.62, 31.3111))


@pytest.mark.parametrize("cell", ["", "无", "200", "nan"])
def test_a_community_without_a_place_is_an_error(tmp_path, cell):
    bad = (*ROW[:-2], cell, "31.3")
    with pytest.raises(PackError, match=r"row 3, community 'c2' has no usable point \(1 such rows\)"):
        table(tmp_path, [ROW, ("c2", *bad[1:])], HEADER)


def test_an_estate_without_a_place_keeps_its_people(tmp_path):
    other = ("c1", "桃花坞", "平江街道", "1", "30", "3", "", "", "")
    frame, findings = unpacked(table(tmp_path, [ROW, other], HEADER, parts=True))
    assert frame["population"].tolist() == [2030.0]
    assert frame.geometry.geom_type.tolist() == ["MultiPoint"]
    assert finding_of(findings, "parts-without-point").row == 3


def test_a_table_without_coordinates(tmp_path):
    with pytest.raises(PackError, match=r"column lon .* is missing"):
        table(tmp_path, [ROW[:-2]], HEADER[:-2])


# -- headers, datum, registered people ------------------------------------------------------------


def test_headers_of_a_layer_are_understood_and_persons_left_behind(tmp_path):
    columns = {
        "社区编号": "c1",
        "社区名称": "桃花坞",
        "常住人口": 900,
        "60岁以上": 100,
        "户数": 300,
        "联系电话": "13812345678",
    }
    layer = write_layer(tmp_path / "c.geojson", [feature(rectangle(120, 31, 121, 32), **columns)])
    reading = read_communities(layer, {})
    frame, findings = unpacked(reading)
    assert frame.loc["c1", ["name", "population", "pop_60plus", "households"]].tolist() == ["桃花坞", 900, 100, 300]
    assert "联系电话" not in frame
    assert "13812345678" not in str(findings)
    assert reading.files[0].personal == ("联系电话",)
    assert ("户数", "households") in reading.files[0].understood


def test_the_mapping_wins_over_headers(tmp_path):
    columns = {"社区编号": "c1", "社区名称": "甲", "名": "乙", "人口": 9, "男": 3, "女": 4, "60岁以上": 1}
    layer = write_layer(tmp_path / "c.geojson", [feature(rectangle(120, 31, 121, 32), **columns)])
    frame, _ = unpacked(read_communities(layer, mapped_columns({"name": "名", "population": ["男", "女"]})))
    assert frame.loc["c1", ["name", "population"]].tolist() == ["乙", 7.0]


def test_a_layer_in_a_datum_that_no_file_names(tmp_path):
    plain, _ = read(tmp_path, [community("a", 120.61, 120.62)], {})
    moved, findings = read(tmp_path, [community("a", 120.61, 120.62)], {"datum": "gcj02"})
    metres = plain.to_crs(CRS).centroid.distance(moved.to_crs(CRS).centroid).iloc[0]
    assert 440 < metres < 530  # FACTS: 461-523 m at Suzhou
    assert finding_of(findings, "datum-converted").count == 1
    with pytest.raises(PackError, match="a layer names its reference system itself"):
        read(tmp_path, [community("a", 120.61, 120.62)], {"datum": "EPSG:4549"})


def registered():
    one = community("a", 120.61, 120.62)
    one["properties"]["户籍人口"] = one["properties"].pop("population")
    return one


def test_registered_people_stand_in_only_when_the_pack_says_so(tmp_path):
    with pytest.raises(PackError, match=r'column population .* is missing.*people_basis = "registered"'):
        read(tmp_path, [registered()], {})
    frame, findings = read(tmp_path, [registered()], {"people_basis": "registered"})
    assert frame[["population", "population_registered"]].to_numpy().tolist() == [[1000.0, 1000.0]]
    assert frame["people_basis"].tolist() == ["registered"]
    assert finding_of(findings, "people-registered").severity == "warning"
    with pytest.raises(PackError, match="but there is a population"):
        read(tmp_path, [community("a", 120.61, 120.62, population_registered=1)], {"people_basis": "registered"})


def test_a_word_among_the_households_is_left_out_and_told(tmp_path):
    two = [community("a", 120.61, 120.62, households="不详"), community("b", 120.63, 120.64, households="7")]
    frame, findings = read(tmp_path, two, {})
    assert frame["households"].isna().tolist() == [True, False]
    found = finding_of(findings, "community-bad-number")
    assert (found.row, found.column, found.value, found.examples) == (1, "households", "不详", ("a",))


def test_columns_that_reading_makes_are_not_taken_from_a_file(tmp_path):
    frame, findings = read(tmp_path, [community("a", 120.61, 120.62, outline="grown", parts="两个")], {})
    assert frame["outline"].tolist() == ["drawn"]
    assert "parts" not in frame
    assert finding_of(findings, "community-columns-made").value == "outline, parts"
