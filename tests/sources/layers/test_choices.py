"""What city.toml may say of a layer: which one of a file, its encoding, its system; and what a shapefile cuts off."""

from __future__ import annotations

import hashlib

import geopandas as gpd
import pyproj
import pytest
import shapely

from circle15.errors import PackError
from circle15.sources.communities.table import read_communities
from circle15.sources.facilities.table import read_facilities
from circle15.sources.layers.layer import read_layer
from circle15.sources.pack.city_pack import read_pack
from circle15.sources.tables.encodings import text_encoding
from tests.towns.city_tables import communities_table, facilities_table, mapped_columns
from tests.towns.findings import finding_of
from tests.towns.pack_files import CITY_TOML, feature, town_communities, write_layer
from tests.towns.table_files import save_shapefile

PLACE = (120.6293, 31.3160)


def sites(**columns):
    given = {"name": ["食堂"], "services": ["meal_point"]} | columns
    return gpd.GeoDataFrame(given, geometry=[shapely.Point(PLACE)], crs="EPSG:4326")


# -- One layer of several ----------------------------------------------------------------------------


def test_a_named_layer_is_read_and_recorded(tmp_path):
    path = tmp_path / "a.gpkg"
    sites().to_file(path, layer="new")
    sites(name=["旧食堂"]).to_file(path, layer="旧的")
    reading = read_facilities(path, facilities_table({"layer": "旧的"}))
    assert reading.frame["name"].tolist() == ["旧食堂"]
    assert (reading.files[0].part, reading.files[0].crs) == ("旧的", "EPSG:4326")
    with pytest.raises(PackError, match=r'holds 2 layers \(new, 旧的\).*file_layer = "new"'):
        read_layer(path, key="file_layer")


@pytest.mark.parametrize("suffix", [".geojson", ".shp", ".parquet"])
def test_a_layer_is_named_only_where_there_are_several(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    sites().to_parquet(path) if suffix == ".parquet" else sites().to_file(path)
    with pytest.raises(PackError, match=r'holds one layer; take layer = "new" out'):
        read_layer(path, layer="new")


def test_layers_of_a_whole_pack(make_pack):
    """Facilities, communities and water from one GeoPackage; ``layer`` of [[context]] is already its kind."""
    more = 'layer = "places"\n\n[[context]]\nlayer = "water"\nfile = "all.gpkg"\nfile_layer = "lakes"\n'
    toml = CITY_TOML.format(settings="", more=more).replace("communities.geojson", "all.gpkg")
    toml = toml.replace('file = "facilities.csv"', 'file = "all.gpkg"\nlayer = "sites"')
    root = make_pack(toml=toml)
    path = root / "tryton" / "all.gpkg"
    at = gpd.GeoDataFrame(
        {"facility_id": ["f1"], "name": ["食堂"], "services": ["meal_point"]},
        geometry=[shapely.Point(120.6201, 31.3101)], crs="EPSG:4326",
    )  # fmt: skip
    at.to_file(path, layer="sites")
    gpd.GeoDataFrame.from_features(town_communities(), crs="EPSG:4326").to_file(path, layer="places")
    lake = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(120.6202, 31.3102, 120.6204, 31.3104)], crs="EPSG:4326")
    lake.to_file(path, layer="lakes")
    contents = read_pack("tryton", data=root)
    assert {record.role: record.part for record in contents.files if record.part} == {
        "facilities": "sites", "communities": "places", "context": "lakes",
    }  # fmt: skip
    assert contents.facilities.frame.index.tolist() == ["f1"]
    assert contents.communities.frame.index.tolist() == ["west", "east"]
    assert len(contents.context["water"]) == 1


# -- Systems -----------------------------------------------------------------------------------------


def metres(system):
    return shapely.Point(pyproj.Transformer.from_crs("EPSG:4326", system, always_xy=True).transform(*PLACE))


@pytest.mark.parametrize("system", ["EPSG:4549", "EPSG:4528", "EPSG:32651"])
def test_pitfall_12_metres_without_a_system_get_one_from_city_toml(tmp_path, system):
    point = {"type": "Point", "coordinates": list(metres(system).coords[0])}
    path = write_layer(tmp_path / "a.geojson", [feature(point, name="食堂", services="clinic")])
    with pytest.raises(PackError, match=r"are no degrees.*crs = \"EPSG:4549\""):
        read_facilities(path, facilities_table())
    for entry in ({"crs": system}, {"datum": system}):
        assert read_facilities(path, facilities_table(entry)).frame.geometry.iloc[0].coords[0] == pytest.approx(
            PLACE, abs=1e-9
        )


def test_pitfall_12_a_member_that_names_the_system_is_believed(tmp_path):
    path = tmp_path / "a.geojson"
    frame = gpd.GeoDataFrame({"name": ["食堂"]}, geometry=[metres("EPSG:4549")], crs="EPSG:4549")
    path.write_text(frame.to_json(to_wgs84=False), encoding="utf-8")
    assert "EPSG::4549" in path.read_text(encoding="utf-8")
    layer = read_layer(path)
    assert layer.frame.crs.to_epsg() == 4549
    assert layer.record("facilities").crs == "EPSG:4549"


def test_pitfall_12_a_shapefile_without_prj_gets_its_system_from_city_toml(tmp_path):
    path = save_shapefile(sites().to_crs("EPSG:4528"), tmp_path / "a.shp", encoding="UTF-8")
    path.with_suffix(".prj").unlink()
    with pytest.raises(PackError, match=r"a\.prj is missing"):
        read_facilities(path, facilities_table())
    frame = read_facilities(path, facilities_table({"crs": "EPSG:4528"})).frame
    assert frame.geometry.iloc[0].coords[0] == pytest.approx(PLACE, abs=1e-9)


@pytest.mark.parametrize("crs", ["苏州独立坐标系", "+proj=longlat", "/etc/passwd", "https://x.org/crs", "EPSG:99999"])
def test_a_system_is_a_code(tmp_path, crs):
    path = save_shapefile(sites(), tmp_path / "a.shp", encoding="UTF-8")
    path.with_suffix(".prj").unlink()
    with pytest.raises(PackError, match=r"the reference system .* is not known; give its EPSG code"):
        read_layer(path, crs=crs)


def test_heights_are_left_out(tmp_path):
    point = {"type": "Point", "coordinates": [*PLACE, 5.5]}
    path = write_layer(tmp_path / "a.geojson", [feature(point, name="食堂", services="clinic")])
    layer = read_layer(path)
    assert not layer.frame.geometry.has_z.any()
    assert layer.frame.crs.to_epsg() == 4326


# -- Shapefiles --------------------------------------------------------------------------------------

LONG = {"设施编号": ["a1"], "社区卫生服务": ["是"], "facility_id2": ["x"], "opening_hours": ["08:00-17:00"]}


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
@pytest.mark.parametrize("cpg", [True, False])
def test_field_names_that_were_cut_are_understood(tmp_path, encoding, cpg):
    frame = sites().rename(columns={"name": "设施名称", "services": "设施类型"}).assign(**LONG)
    path = save_shapefile(frame, tmp_path / "a.shp", encoding=encoding, cpg=cpg)
    reading = read_facilities(path, facilities_table())
    assert reading.frame.index.tolist() == ["a1"]
    assert reading.frame["name"].tolist() == ["食堂"]
    assert reading.frame["services"].tolist() == [("meal_point",)]
    assert reading.frame["opening_hours"].tolist() == ["08:00-17:00"]
    assert reading.files[0].encoding == encoding
    assert ("layer-encoding" in {one.code for one in reading.findings}) == (not cpg)


def test_a_name_cut_at_its_underline_is_not_taken_for_a_shorter_one(tmp_path):
    """``community_id`` is cut to ``community_``, which folds to ``community``: where a facility stands."""
    path = save_shapefile(sites(community_id=["c1"]), tmp_path / "a.shp", encoding="UTF-8")
    reading = read_facilities(path, facilities_table())
    assert "community" not in dict(reading.files[0].understood)
    assert "community_" in reading.files[0].unknown


def test_an_encoding_of_city_toml_overrules_a_cpg_that_lies(tmp_path):
    path = save_shapefile(sites(), tmp_path / "a.shp", encoding="GB18030")
    path.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")
    reading = read_facilities(path, facilities_table({"encoding": "gbk"}))
    assert reading.frame["name"].tolist() == ["食堂"]
    assert reading.files[0].encoding == "GB18030"
    with pytest.raises(PackError, match=r"encoding = 'hex' is no encoding"):
        read_facilities(path, facilities_table({"encoding": "hex"}))


def test_cells_cut_inside_a_character_are_told(tmp_path):
    path = save_shapefile(sites(备注=["x" * 8]), tmp_path / "a.shp", encoding="UTF-8")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"x" * 8, "社区区".encode()[:8]))  # a field of eight bytes
    reading = read_facilities(path, facilities_table())
    assert reading.frame["备注"].tolist() == ["社区"]
    assert finding_of(reading.findings, "layer-text-cut").count == 1


def test_communities_take_the_layer_and_the_encoding(tmp_path):
    frame = gpd.GeoDataFrame.from_features(town_communities(), crs="EPSG:4326").assign(name=["西", "东"])
    path = save_shapefile(frame, tmp_path / "c.shp", encoding="GB18030")
    path.with_suffix(".cpg").write_text("65001", encoding="ascii")
    columns = {"community_id": "community_"}
    with pytest.raises(PackError, match=r"c\.shp: its text is not UTF-8"):
        read_communities(path, mapped_columns(columns))
    reading = read_communities(path, mapped_columns(columns), entry=communities_table({"encoding": "936"}))
    assert reading.frame["name"].tolist() == ["西", "东"]


@pytest.mark.parametrize(("said", "known"), [
    ("GBK", "gb18030"), ("gb2312", "gb18030"), ("936", "gb18030"), ("CP936", "gb18030"), ("UTF-8", "utf-8"),
    ("65001", "utf-8"), ("8859-1", "iso8859-1"), ("Big5", "big5"), ("", ""), ("nonsense", ""),
    ("rot13", ""), ("zip", ""),
])  # fmt: skip
def test_names_of_encodings(said, known):
    assert text_encoding(said) == known


def test_a_text_table_takes_its_encoding_from_city_toml(tmp_path):
    """Big5 bytes are GB18030 bytes too, of other words: only the planner knows."""
    path = tmp_path / "list.csv"
    path.write_bytes("名稱,lon,lat\n社區食堂,120.62,31.31\n".encode("big5"))
    reading = read_facilities(
        path, facilities_table({"service": "clinic", "encoding": "Big5", "columns": {"name": "名稱"}})
    )
    assert reading.frame["name"].tolist() == ["社區食堂"]
    assert reading.files[0].encoding == "BIG5"


def test_a_datum_that_shifts_applies_to_a_layer_and_is_recorded(tmp_path):
    path = tmp_path / "a.gpkg"
    sites().to_file(path)
    reading = read_facilities(path, facilities_table({"datum": "gcj02"}))
    assert reading.files[0].crs == "gcj02"
    assert finding_of(reading.findings, "datum-converted").count == 1
    with pytest.raises(PackError, match=r"a\.gpkg: datum 'gcj-02' is not known"):
        read_facilities(path, facilities_table({"datum": "gcj-02"}))
    with pytest.raises(PackError, match=r"names EPSG:4326, city\.toml names EPSG:4549"):
        read_facilities(path, facilities_table({"datum": "EPSG:4549"}))


def test_a_layer_is_read_as_often_as_one_likes(tmp_path):
    path = tmp_path / "a.gpkg"
    sites().to_file(path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    for _ in range(3):
        read_layer(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert [one.name for one in tmp_path.iterdir()] == ["a.gpkg"]
