"""Kinds of shapes in a facility layer: points and areas are places, several points are several, a line is refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from circle15.errors import PackError
from circle15.sources.communities.table import read_communities
from circle15.sources.facilities.table import read_facilities
from tests.towns.city_tables import facilities_table, mapped_columns
from tests.towns.findings import finding_of

WEST, EAST = (120.6194, 31.3101), (120.6236, 31.3101)


def layer(folder, shapes, suffix="gpkg", **columns):
    given = {"name": [f"站{k}" for k in range(len(shapes))], "services": ["clinic"] * len(shapes)} | columns
    path = folder / f"sites.{suffix}"
    frame = gpd.GeoDataFrame(given, geometry=shapes, crs=4326)
    if suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "parquet"])
def test_every_point_of_a_row_is_a_facility(tmp_path, suffix):
    shapes = [shapely.MultiPoint([WEST, EAST]), shapely.MultiPoint([EAST])]
    found = read_facilities(
        layer(tmp_path, shapes, suffix, beds=["40", "30"]), facilities_table({"columns": {"capacity": "beds"}})
    )
    frame = found.frame
    assert frame.index.tolist() == ["sites-1-1", "sites-1-2", "sites-2"]
    assert [(p.x, p.y) for p in frame.geometry] == [pytest.approx(p) for p in (WEST, EAST, EAST)]
    assert frame["name"].tolist() == ["站0", "站0", "站1"]
    assert frame["capacity"].isna().tolist() == [True, True, False]  # 40 of both together
    told = finding_of(found.findings, "facility-parts")
    assert (told.count, told.row, told.examples) == (1, 1, ("row 1",))
    assert "共2个" in told.message_zh
    (record,) = found.files
    assert (record.rows_read, record.rows_used) == (3, 3)


def test_ids_of_the_points_of_a_row(tmp_path):
    shapes = [shapely.MultiPoint([WEST, EAST]), shapely.Point(EAST), shapely.MultiPoint([WEST, WEST])]
    path = layer(tmp_path, shapes, facility_id=[7, 8, 9])
    assert read_facilities(path, facilities_table()).frame.index.tolist() == ["7-1", "7-2", "8", "9"]


@pytest.mark.parametrize(
    "shape",
    [
        shapely.LineString([WEST, EAST]),
        shapely.MultiLineString([[WEST, EAST]]),
        shapely.GeometryCollection([shapely.Point(WEST), shapely.LineString([WEST, EAST])]),
    ],
)
def test_a_line_is_refused_with_its_row(tmp_path, shape):
    path = layer(tmp_path, [shapely.Point(WEST), shape, shape])
    with pytest.raises(PackError, match=f"row 2 is a {shape.geom_type}.*2 of 3 rows") as error:
        read_facilities(path, facilities_table())
    assert "第2行" in error.value.zh


def test_an_area_stands_at_a_point_inside(tmp_path):
    path = layer(tmp_path, [shapely.Point(WEST).buffer(0.001), shapely.Point(EAST)])
    frame = read_facilities(path, facilities_table()).frame
    assert shapely.Point(WEST).buffer(0.001).contains(frame.geometry.iloc[0])


# -- vertices that are no numbers -------------------------------------------------------------------


def communities(bad):
    ring = [[120.606, 31.300], [120.606, 31.305], [bad, 31.305], [120.600, 31.300], [120.606, 31.300]]
    square = [[120.61, 31.30], [120.62, 31.30], [120.62, 31.31], [120.61, 31.31], [120.61, 31.30]]
    rows = [
        f'{{"type": "Feature", "properties": {{"community_id": "c{k}", "name": "c{k}", "population": 9,'
        ' "pop_60plus": 2},'
        f' "geometry": {{"type": "Polygon", "coordinates": [{str(shape).replace(chr(39), "")}]}}}}'
        for k, shape in enumerate((square, ring))
    ]
    return f'{{"type": "FeatureCollection", "features": [{", ".join(rows)}]}}'


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity"])
def test_an_outline_with_a_vertex_that_is_no_number_is_refused_with_its_row(tmp_path, bad):
    path = tmp_path / "communities.geojson"
    path.write_text(communities(bad), encoding="utf-8")
    with pytest.raises(PackError, match="row 2 has a vertex that is no number") as error:
        read_communities(path, mapped_columns({}))
    assert "第2行" in error.value.zh


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_such_a_vertex_in_any_other_layer_is_refused_too(tmp_path, bad):
    with np.errstate(invalid="ignore"):
        shapes = [shapely.Point(WEST), shapely.LineString([WEST, EAST, (bad, 31.4)])]
    path = tmp_path / "sites.parquet"
    gpd.GeoDataFrame({"name": ["a", "b"], "services": ["clinic"] * 2}, geometry=shapes, crs=4326).to_parquet(path)
    with pytest.raises(PackError, match="row 2 has a vertex"):
        read_facilities(path, facilities_table())
