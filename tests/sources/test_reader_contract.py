"""What every reader promises: the same rows give the same facilities, whatever kind of file they come in."""

from __future__ import annotations

import math

import geopandas as gpd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from circle15.sources.communities.table import read_communities
from circle15.sources.facilities.table import read_facilities
from tests.towns.city_tables import facilities_table, mapped_columns
from tests.towns.table_files import FORMS, content, numbered, save_shapefile

HOSTILE = (
    "NA", "None", "null", "nan", "N/A", "TRUE", "00012", "1e5", "=1+1", "+86", "-5", "@SUM(A1)", "两行\n名称",
    "\u202eRTL \u0645\u0637\u0639\u0645", "😀食堂", "<b>x</b><script>alert(1)</script>", "{{7*7}}{% x %}${1}`",
    "a;b,c\"d'e",
    "𠮷野家",
)  # fmt: skip
PHONE, KEEPER = "13812345678", "张三丰"


def rows():
    """Good rows with every kind of name, and one row of each fault."""
    good = [
        (
            f"{number:05d}",
            name,
            "助餐点",
            f"{120.6 + number / 7.3127e3:.12f}",
            f"{31.3 + number / 9.1733e3:.12f}",
            number,
            PHONE,
            KEEPER,
        )
        for number, name in enumerate(HOSTILE, 1)
    ]
    return numbered([
        *good,
        ("two", "两项", "助餐点；社区卫生服务站", "120.611234", "31.314321", "", PHONE, KEEPER),
        ("nowhere", "无坐标", "助餐点", "", "", 5, PHONE, KEEPER),
        ("odd", "无服务", "游泳馆", "120.621234", "31.324321", 5, PHONE, KEEPER),
        ("00001", "编号重复", "助餐点", "120.631234", "31.334321", 5, PHONE, KEEPER),
        ("less", "负容量", "助餐点", "120.641234", "31.344321", -5, PHONE, KEEPER),
        ("", "无编号", "助餐点", "120.651234", "31.354321", 5, PHONE, KEEPER),
    ])  # fmt: skip


@pytest.fixture(params=FORMS, ids=list(FORMS))
def form(request):
    return FORMS[request.param]


def read(form, folder, table=None):
    return read_facilities(form(folder, table or rows()), facilities_table())


ABOUT_THE_FORM = {"table-encoding", "layer-encoding", "table-columns", "table-hidden-unknown"}


def test_the_same_rows_give_the_same_facilities(tmp_path, form):
    frame = read(form, tmp_path).frame
    named = frame.drop(index=[one for one in frame.index if one.startswith("list-")])
    assert dict(named["name"]) == {f"{k:05d}": name for k, name in enumerate(HOSTILE, 1)} | {
        "two": "两项",
        "less": "负容量",
    }
    assert len(frame) == len(named) + 1  # the one without an id has its row for one
    assert (
        frame["services"].tolist()
        == [("meal_point",)] * len(HOSTILE) + [("meal_point", "clinic")] + [("meal_point",)] * 2
    )
    for number in range(1, len(HOSTILE) + 1):
        point = frame.geometry[f"{number:05d}"]
        assert (point.x, point.y) == pytest.approx(
            (120.6 + number / 7.3127e3, 31.3 + number / 9.1733e3), rel=0, abs=1e-9
        )
    capacities = frame["capacity"].tolist()
    assert capacities[: len(HOSTILE)] == list(range(1, len(HOSTILE) + 1))
    assert math.isnan(frame["capacity"]["two"])
    assert math.isnan(frame["capacity"]["less"])
    assert frame.crs.to_epsg() == 4326


def test_the_same_rows_are_left_out_and_told(tmp_path, form):
    reading = read(form, tmp_path)
    (record,) = reading.files
    assert record.rows_read == len(rows())
    assert record.rows_used == len(reading.frame) == len(rows()) - 3
    assert dict(record.dropped) == {"facility-without-point": 1, "facility-without-service": 1, "facility-id-twice": 1}
    codes = sorted(told.code for told in reading.findings if told.code not in ABOUT_THE_FORM)
    assert codes == sorted([
        "facility-bad-number", "facility-id-twice", "facility-without-point", "facility-without-service",
        "service-by-words", "service-by-words", "table-personal", "unknown-service",
    ])  # fmt: skip
    # Tables count rows from their header, layers as QGIS does; both find the same one.
    first = 1 if record.form in {".geojson", ".gpkg", ".shp", ".parquet"} else 2
    (twice,) = [told for told in reading.findings if told.code == "facility-id-twice"]
    assert (twice.row, twice.value) == (first + len(HOSTILE) + 3, "00001")


def test_nothing_about_persons_is_left(tmp_path, form):
    reading = read(form, tmp_path)
    (record,) = reading.files
    assert len(record.personal) == 2
    everything = reading.frame.to_csv() + repr(reading.findings) + repr(reading.files)
    assert PHONE not in everything
    assert KEEPER not in everything
    assert not [column for column in reading.frame if str(column).startswith(("联系", "负责"))]


def test_the_order_of_rows_changes_nothing(tmp_path, form):
    table = [row for row in rows() if row["设施编号"] not in {"", "00001"}]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    forth, back = read(form, tmp_path / "a", table), read(form, tmp_path / "b", table[::-1])
    columns = ["name", "services", "capacity", "geometry"]
    assert_geodataframe_equal(forth.frame.sort_index()[columns], back.frame.sort_index()[columns], check_like=True)
    assert forth.files[0].dropped == back.files[0].dropped
    assert {told.code for told in forth.findings} == {told.code for told in back.findings}


def test_reading_twice_says_the_same_and_leaves_the_file_as_it_was(tmp_path, form):
    path = form(tmp_path, rows())
    before = content(tmp_path)
    first, second = read_facilities(path, facilities_table()), read_facilities(path, facilities_table())
    assert content(tmp_path) == before
    assert (first.files, first.findings) == (second.files, second.findings)
    assert_geodataframe_equal(first.frame, second.frame)


def test_a_datum_means_the_same_in_every_form(tmp_path, form):
    table = rows()[:3]
    plain, shifted = (
        read_facilities(form(tmp_path, table), facilities_table(entry)).frame for entry in ({}, {"datum": "gcj02"})
    )
    metric = plain.to_crs("EPSG:4549").distance(shifted.to_crs("EPSG:4549"))
    assert metric.between(400, 520).all()  # GCJ-02 is some 465 m off at Suzhou


def test_an_empty_list_is_empty(tmp_path, form):
    reading = read(form, tmp_path, rows()[-5:-4])
    (record,) = reading.files
    assert len(reading.frame) == 0
    assert (record.rows_read, record.rows_used) == (1, 0)


# -- Communities -----------------------------------------------------------------------------------

LAYERS = {
    "geojson": lambda frame, folder: _saved(frame, folder / "c.geojson"),
    "gpkg": lambda frame, folder: _saved(frame, folder / "c.gpkg"),
    "shp, UTF-8": lambda frame, folder: save_shapefile(frame, folder / "c.shp", encoding="UTF-8"),
    "shp, GB18030": lambda frame, folder: save_shapefile(frame, folder / "c.shp", encoding="GB18030"),
    "shp, no word on it": lambda frame, folder: save_shapefile(frame, folder / "c.shp", encoding="GB18030", cpg=False),
    "parquet": lambda frame, folder: frame.to_parquet(folder / "c.parquet") or folder / "c.parquet",
}
COLUMNS = {"community_id": "编号", "name": "名称", "population": "人口", "pop_60plus": "老人"}


def _saved(frame, path):
    if path.suffix == ".geojson":
        path.write_text(frame.to_json(), encoding="utf-8")  # GDAL would leave an infinite number out
    else:
        frame.to_file(path)
    return path


def places(names=HOSTILE):
    shapes = [shapely.box(120 + k / 100, 31, 120.009 + k / 100, 31.01) for k in range(len(names))]
    ids = [f"{k:03d}" for k in range(len(names))]
    people = [1000.5 + k for k in range(len(names))]
    return gpd.GeoDataFrame(
        {"编号": ids, "名称": list(names), "人口": people, "老人": 100}, geometry=shapes, crs="EPSG:4326"
    )


@pytest.mark.parametrize("made", LAYERS.values(), ids=list(LAYERS))
def test_the_same_communities_from_every_layer(tmp_path, made):
    path = made(places(), tmp_path)
    before = content(tmp_path)
    reading = read_communities(path, mapped_columns(COLUMNS))
    assert content(tmp_path) == before
    frame, (record,) = reading.frame, reading.files
    assert frame["name"].tolist() == list(HOSTILE)
    assert frame.index.tolist() == [f"{k:03d}" for k in range(len(HOSTILE))]
    assert frame["population"].tolist() == [1000.5 + k for k in range(len(HOSTILE))]
    assert shapely.equals_exact(
        frame.geometry.normalize().to_numpy(), places().geometry.normalize().to_numpy(), 1e-9
    ).all()
    assert (record.rows_read, record.rows_used, record.dropped) == (len(HOSTILE), len(HOSTILE), ())
    back = read_communities(made(places()[::-1], tmp_path), mapped_columns(COLUMNS)).frame
    assert back.sort_index()["name"].tolist() == list(HOSTILE)


@pytest.mark.parametrize("made", LAYERS.values(), ids=list(LAYERS))
@pytest.mark.parametrize("people", [math.inf, -1.0])
def test_people_that_cannot_be_are_refused_with_their_row(tmp_path, made, people):
    frame = places()
    frame.loc[3, "人口"] = people
    with pytest.raises(ValueError, match=r"c\.[a-z]+: row 4, column 'population', value .* is no number of people"):
        read_communities(made(frame, tmp_path), mapped_columns(COLUMNS))
