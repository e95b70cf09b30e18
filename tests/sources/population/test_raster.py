"""Rasters of people: coverage-weighted cells, nodata of every kind, and what is refused before it is read."""

from __future__ import annotations

import struct
import sys

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circle15.errors import PackError
from circle15.sources.population import raster as population_raster
from circle15.sources.population.grid import read_population
from tests.towns.city_tables import population_table
from tests.towns.findings import finding_of
from tests.towns.grids import NINE, ORIGIN, cells, tilings, write_raster, zones
from tests.towns.lattice import CRS, X0, Y0

rasterio = pytest.importorskip("rasterio", reason="the extra [raster] is not installed")
pytest.importorskip("exactextract", reason="the extra [raster] is not installed")

WHOLE = (0, 0, 300, 300)


def read(path, frame, **entry):
    grid, record, findings = read_population(path, population_table(entry), frame, origin=ORIGIN)
    assert record.role == "population"
    return grid, findings


def counts(path, frame, **entry) -> list[float]:
    grid, _ = read(path, frame, **entry)
    return grid.people_of(frame.index).tolist()


def test_cells_count_by_the_share_of_their_area(tmp_path):
    path = write_raster(tmp_path / "people.tif", NINE)
    # A quarter of each of 70, 80, 40, 50; the middle cell whole; the left column whole.
    frame = zones((50, 50, 150, 150), (100, 100, 200, 200), (0, 0, 100, 300))
    assert counts(path, frame) == [60.0, 50.0, 120.0]


def test_parts_and_cells_by_hand(tmp_path):
    grid, findings = read(write_raster(tmp_path / "people.tif", NINE), zones((50, 0, 200, 50)))
    # Half the height of the lower row: half of half of 70, and half of 80.
    assert grid.cells["people"].tolist() == [70.0, 80.0]
    assert grid.parts["share"].tolist() == [0.25, 0.5]
    assert grid.cells.geometry.iloc[1].equals(shapely.box(X0 + 100, Y0, X0 + 200, Y0 + 100))
    assert grid.cells.crs == CRS
    assert finding_of(findings, "population-outside").count == 2  # 150 people, 57.5 of them inside


def test_the_extent_is_that_of_the_file_within_the_study_area(tmp_path):
    path = write_raster(tmp_path / "people.tif", np.where(NINE == 90, 0.0, NINE))
    grid, _ = read(path, zones((200, 0, 300, 100), (250, -200, 420, 150)))
    assert grid.extent.equals(shapely.box(X0 + 200, Y0, X0 + 300, Y0 + 200))
    assert grid.reaches(zones((200, 0, 300, 100), (250, 0, 351, 100)).geometry).tolist() == [True, False]


def test_a_raster_that_is_stored_south_up_says_the_same(tmp_path):
    up, down = (write_raster(tmp_path / f"{s}.tif", NINE, south_up=s) for s in (False, True))
    frame = zones((20, 30, 170, 280), (120, 0, 300, 90))
    assert counts(up, frame) == counts(down, frame) != [0.0, 0.0]


def test_scale_and_offset_are_applied(tmp_path):
    path = write_raster(tmp_path / "people.tif", NINE.astype("int16"))
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.5,), (1.0,)
    assert counts(path, zones(WHOLE)) == [450 * 0.5 + 9]


@st.composite
def blobs(draw):
    """A polygon with many corners, anywhere about the nine cells."""
    x, y = draw(st.floats(-50, 350)), draw(st.floats(-50, 350))
    radius = draw(st.floats(20, 200))
    corners = draw(st.integers(3, 9))
    turn = draw(st.floats(0, 6))
    angle = turn + np.arange(corners) * 2 * np.pi / corners
    return shapely.Polygon(np.column_stack([X0 + x + radius * np.cos(angle), Y0 + y + radius * np.sin(angle)]))


@given(st.lists(blobs(), min_size=1, max_size=4), st.integers(0, 10_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_the_raster_and_its_cells_as_polygons_agree(tmp_path, shapes, seed):
    people = np.random.default_rng(seed).uniform(1, 1000, (3, 3))
    frame = zones(shapely.box(X0, Y0, X0 + 10, Y0 + 10), *shapes)
    by_raster, _ = read(write_raster(tmp_path / "people.tif", people), frame)
    layer = tmp_path / "cells.gpkg"
    layer.unlink(missing_ok=True)
    cells(people).to_file(layer)
    by_polygon, _ = read(layer, frame, column="people")
    a, b = (
        np.bincount(frame.index.get_indexer(grid.parts["community_id"]), weights=grid.part_people, minlength=len(frame))
        for grid in (by_raster, by_polygon)
    )
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-6)  # atol: a corner of 1e-9 of a cell


@given(tilings(), st.integers(0, 10_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_a_tiling_neither_makes_nor_loses_people(tmp_path, tiles, seed):
    people = np.random.default_rng(seed).integers(1, 1000, (3, 3)).astype(float)
    frame = zones(*tiles)
    grid, _ = read(write_raster(tmp_path / "people.tif", people), frame)
    assert grid.part_people.sum() == pytest.approx(people.sum(), rel=1e-7)  # a whole cell may lack 3e-8 of itself
    assert abs(grid.people_of(frame.index).sum() - people.sum()) <= len(frame) / 2048 + 1e-3


def test_a_raster_in_degrees_is_not_resampled(tmp_path):
    """Cells of 1/1200 degree, 1 to 9 people: together they are the zones' people, whatever the zones' system."""
    west, north, step = 120.63, 31.32, 1 / 1200
    people = np.arange(1.0, 10.0).reshape(3, 3)
    path = write_raster(
        tmp_path / "degrees.tif", people, crs=pyproj.CRS(4326),
        transform=rasterio.Affine(step, 0, west, 0, -step, north),
    )  # fmt: skip
    column = shapely.box(west, north - 3 * step, west + step, north)  # 1 + 4 + 7
    rest = shapely.box(west + step, north - 3 * step, west + 3 * step, north)
    frame = gpd.GeoDataFrame(geometry=[column, rest], crs=4326, index=["z0", "z1"]).rename_axis("community_id")
    grid, _ = read(path, frame.to_crs(CRS))
    assert grid.people_of(frame.index).tolist() == pytest.approx([12, 33], abs=0.01)
    assert grid.cells.crs == CRS
    assert grid.cells.area.between(7000, 7500).all()  # 93 m x 79 m


def test_declared_nodata_is_nobody(tmp_path):
    people = np.where(NINE == 50, -99999.0, NINE)
    grid, findings = read(write_raster(tmp_path / "people.tif", people, nodata=-99999.0), zones(WHOLE))
    assert grid.people_of(zones(WHOLE).index).tolist() == [400.0]
    assert findings == []


@pytest.mark.parametrize(
    ("code", "dtype"),
    [
        (-99999, "float32"),
        (-9999, "int32"),
        (-1, "int16"),
        (-3.4028234663852886e38, "float32"),
        (3.4028234663852886e38, "float32"),
        (np.inf, "float32"),
        (65535, "uint16"),
        (2147483647, "int32"),
    ],
)
def test_undeclared_nodata_is_found_and_told(tmp_path, code, dtype):
    people = np.where(NINE == 50, code, NINE).astype(dtype)
    path = write_raster(tmp_path / "people.tif", people)
    grid, findings = read(path, zones(WHOLE))
    assert grid.people_of(zones(WHOLE).index).tolist() == [400.0]
    found = finding_of(findings, "population-nodata-undeclared")
    assert (found.severity, found.count, found.file, found.column) == ("warning", 1, "people.tif", "band 1")
    assert float(found.value) == pytest.approx(float(people[1, 1]), rel=1e-6)


def test_nodata_that_city_toml_states_is_no_finding(tmp_path):
    people = np.where(NINE == 50, -3.4028234663852886e38, NINE).astype("float32")
    grid, findings = read(write_raster(tmp_path / "people.tif", people), zones(WHOLE), nodata=-3.4e38)
    assert grid.people_of(zones(WHOLE).index).tolist() == [400.0]
    assert findings == []


def test_nan_is_nobody_without_a_word(tmp_path):
    people = np.where(NINE == 50, np.nan, NINE)
    grid, findings = read(write_raster(tmp_path / "people.tif", people), zones(WHOLE))
    assert (grid.people_of(zones(WHOLE).index).tolist(), findings) == ([400.0], [])


def test_a_community_of_nodata_alone_is_unknown_not_nobody(tmp_path):
    """Of two columns of cells the west one is nodata: there the raster says nothing."""
    people = np.array([[-9.0, 20.0], [-9.0, 40.0]])
    town = zones((0, 0, 100, 200), (100, 0, 200, 200), (0, 0, 200, 200))
    grid, _ = read(write_raster(tmp_path / "people.tif", people, nodata=-9.0), town)
    assert grid.silent == ("z0",)
    assert grid.people_of(town.index).fillna(-1).tolist() == [-1, 60, 60]


def test_a_nodata_outside_the_study_area_does_not_matter(tmp_path):
    people = np.where(NINE == 30, -99999.0, NINE)
    _, findings = read(write_raster(tmp_path / "people.tif", people), zones((0, 0, 100, 100)))
    assert findings == []


def test_several_negative_values_are_a_fault(tmp_path):
    """What a resampling leaves behind that took -99999 for people."""
    people = NINE.copy()
    people[1, 1], people[0, 2] = -99999, -49984.5
    with pytest.raises(
        PackError, match=r"people\.tif: line 1, cell 3, band 1, value -49984\.5 is no number of people \(2 such cells"
    ):
        read(write_raster(tmp_path / "people.tif", people), zones(WHOLE))


@pytest.mark.parametrize("people", [np.full((3, 3), np.nan), np.zeros((3, 3)), np.full((3, 3), -9999.0)])
def test_no_people_at_all_is_refused(tmp_path, people):
    with pytest.raises(PackError, match="no cell with people lies in any community"):
        read(write_raster(tmp_path / "people.tif", people), zones(WHOLE))


def test_a_band_must_be_named_where_there_are_several(tmp_path):
    path = write_raster(tmp_path / "people.tif", np.stack([NINE, 2 * NINE]))
    with pytest.raises(PackError, match="2 bands; say which one counts the people: band = 1"):
        read(path, zones(WHOLE))
    assert counts(path, zones(WHOLE), band=2) == [900.0]
    with pytest.raises(PackError, match="there is no band 3; the raster has 2"):
        read(path, zones(WHOLE), band=3)


def test_a_raster_elsewhere_is_told_with_both_extents(tmp_path):
    path = write_raster(tmp_path / "people.tif", NINE)
    with pytest.raises(PackError, match=r"does not touch the communities: it covers x 560000 to 560300.*561000"):
        read(path, zones((1000, 0, 1100, 100)))


def test_a_raster_without_a_reference_system_is_refused(tmp_path):
    with pytest.raises(PackError, match="does not say where it lies"):
        read(write_raster(tmp_path / "people.tif", NINE, crs=None), zones(WHOLE))


@pytest.mark.filterwarnings("ignore:The given matrix")
def test_a_raster_without_a_place_is_refused(tmp_path):
    path = write_raster(tmp_path / "people.tif", NINE, transform=rasterio.Affine.identity())
    with pytest.raises(PackError, match="does not say where it lies"):
        read(path, zones(WHOLE))


def test_a_rotated_raster_is_refused(tmp_path):
    turned = rasterio.Affine(98, 17, X0, 17, -98, Y0 + 300)
    path = write_raster(tmp_path / "people.tif", NINE, transform=turned)
    with pytest.raises(PackError, match="rotated or mirrored"):
        read(path, zones(WHOLE))


def test_complex_numbers_are_no_people(tmp_path):
    with pytest.raises(PackError, match="band 1 holds complex128"):
        read(write_raster(tmp_path / "people.tif", NINE.astype(complex)), zones(WHOLE))


def test_a_file_cut_short_is_refused(tmp_path):
    path = write_raster(tmp_path / "people.tif", np.ones((300, 300)), step_m=1.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PackError, match=r"people\.tif: the raster cannot be read .*copy it again"):
        read(path, zones(WHOLE))


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(40), "人口,1\n".encode()])
def test_what_is_no_geotiff_is_refused(tmp_path, content):
    path = tmp_path / "people.tif"
    path.write_bytes(content)
    with pytest.raises(PackError, match="cut short or no GeoTIFF"):
        read(path, zones(WHOLE))


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_a_renamed_picture_is_refused(tmp_path):
    path = tmp_path / "map.tif"
    with rasterio.MemoryFile() as memory:
        with memory.open(driver="PNG", width=3, height=3, count=3, dtype="uint8") as picture:
            picture.write(np.zeros((3, 3, 3), "uint8"))
        path.write_bytes(memory.read())
    with pytest.raises(PackError, match="cut short or no GeoTIFF"):
        read(path, zones(WHOLE))


def huge(path, *, side: int, rows_per_strip: int):
    """A TIFF of a few hundred bytes that claims ``side`` x ``side`` float64 cells of a metre, written by hand."""
    strips = -(-side // rows_per_strip)
    tags = [
        (256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 64), (259, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1),
        (278, 4, 1, rows_per_strip), (339, 3, 1, 3),
    ]  # fmt: skip
    extra = b""
    start = 8 + 2 + 12 * (len(tags) + 5) + 4

    def held(blob: bytes) -> int:
        nonlocal extra
        at = start + len(extra)
        extra += blob
        return at

    keys = struct.pack("<16H", 1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 4549)
    zeros = bytes(4 * strips)
    tags += [
        (273, 4, strips, held(zeros) if strips > 1 else 0), (279, 4, strips, held(zeros) if strips > 1 else 0),
        (33550, 12, 3, held(struct.pack("<3d", 1, 1, 0))),
        (33922, 12, 6, held(struct.pack("<6d", 0, 0, 0, X0, Y0 + side, 0))), (34735, 3, 16, held(keys)),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4) + extra)
    return path


def test_a_small_file_that_asks_for_gigabytes_is_refused_before_it_is_read(tmp_path):
    path = huge(tmp_path / "bomb.tif", side=140_000, rows_per_strip=140_000)
    assert path.stat().st_size < 30_000
    with pytest.raises(PackError, match=r"140,000 x 140,000 cells unpacks 146\.0 GiB at a time"):
        read(path, zones((0, 0, 300, 300)))


def test_a_study_area_of_too_many_cells_is_refused_before_it_is_read(tmp_path):
    path = huge(tmp_path / "wide.tif", side=140_000, rows_per_strip=70)
    with pytest.raises(PackError, match="10,000,000,000 cells of the raster"):
        read(path, zones((0, 0, 100_000, 100_000)))


def test_only_the_window_of_the_study_area_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(population_raster, "MOST_CELLS", 4)
    people = np.arange(10_000.0).reshape(100, 100)
    path = write_raster(tmp_path / "people.tif", people)
    assert counts(path, zones((100, 100, 300, 300))) == [people[97:99, 1:3].sum()]
    with pytest.raises(PackError, match="6 cells of the raster"):
        read(path, zones((100, 100, 300, 301)))


@pytest.mark.parametrize("absent", ["rasterio", "exactextract"])
def test_the_extra_is_named_where_it_is_absent(tmp_path, monkeypatch, absent):
    path = write_raster(tmp_path / "people.tif", NINE)
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(PackError, match=r"pip install 'circle15\[raster\]'"):
        read(path, zones(WHOLE))
