"""Vector layers: one layer, in the reference system that it names, or told what is wrong with it."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from circle15.errors import PackError
from circle15.sources.layers.layer import read_layer
from tests.towns.pack_files import feature, rectangle, write_layer


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.txt", "a"])
def test_a_layer_of_no_known_kind(tmp_path, name):
    (tmp_path / name).write_text("x")
    with pytest.raises(PackError, match=rf"{name}: not a layer that can be read; give one of \.geojson"):
        read_layer(tmp_path / name)


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.shp", "a.parquet", "a.json"])
@pytest.mark.parametrize("content", [b"", b"nonsense", b'{"type": "FeatureColl'])
def test_a_layer_that_is_broken(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PackError, match=rf"{name}: the layer cannot be read .*QGIS"):
        read_layer(tmp_path / name)


def test_a_file_with_several_layers_is_refused(tmp_path):
    path = tmp_path / "two.gpkg"
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    frame.to_file(path, layer="homes")
    frame.to_file(path, layer="offices")
    with pytest.raises(PackError, match=r"two\.gpkg: holds 2 layers \(homes, offices\)"):
        read_layer(path)


def test_a_layer_beside_a_table_is_read(tmp_path):
    path = tmp_path / "one.gpkg"
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    frame.to_file(path, layer="homes")
    pyogrio.write_dataframe(pd.DataFrame({"b": [2]}), path, layer="notes", append=True)
    assert read_layer(path).frame["a"].tolist() == [1]


def test_metres_without_a_stated_system_are_not_taken_for_degrees(tmp_path):
    metres = rectangle(560000, 3465000, 560100, 3465100)
    path = write_layer(tmp_path / "layer.geojson", [feature(rectangle(120, 31, 121, 32)), feature(metres)])
    with pytest.raises(PackError, match=r"row 2, coordinates 560000, 3465000 are no degrees \(1 such rows\)"):
        read_layer(path)


def test_swapped_axes_of_a_layer(tmp_path):
    with pytest.raises(PackError, match="are x and y swapped"):
        read_layer(write_layer(tmp_path / "layer.geojson", [feature(rectangle(31, 120, 32, 121))]))


def test_a_layer_without_a_system(tmp_path):
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)]).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(PackError, match="does not say in which reference system"):
        read_layer(tmp_path / "a.parquet")


def test_a_ring_left_open_is_closed(tmp_path):
    shape = rectangle(120.6, 31.3, 120.7, 31.4)
    shape["coordinates"][0].pop()
    assert read_layer(write_layer(tmp_path / "layer.geojson", [feature(shape)])).frame.geometry.iloc[0].is_valid


def test_a_layer_keeps_the_code_of_its_system(tmp_path):
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(560000, 3465000, 560100, 3465100)], crs=4549)
    frame.to_file(tmp_path / "homes.gpkg")
    read = read_layer(tmp_path / "homes.gpkg")
    assert read.frame.crs == frame.crs
    assert read.record("context").crs == "EPSG:4549"
    assert read.frame.to_crs(4549).geometry.iloc[0].equals_exact(frame.geometry.iloc[0], 0)
