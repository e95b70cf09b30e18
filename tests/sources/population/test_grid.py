"""Grids of polygons: shares by area, people neither made nor lost, and what is refused or told."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from circle15.errors import PackError
from circle15.sources.population.grid import read_population
from tests.towns.city_tables import population_table
from tests.towns.findings import finding_of
from tests.towns.grids import NINE, ORIGIN, cells, tilings, zones
from tests.towns.lattice import X0, Y0

WHOLE = (0, 0, 300, 300)


def saved(tmp_path, frame: gpd.GeoDataFrame, name: str = "grid.gpkg", **options):
    path = tmp_path / name
    path.unlink(missing_ok=True)
    frame.to_parquet(path) if name.endswith("parquet") else frame.to_file(path, **options)
    return path


def read(path, frame, **entry):
    return read_population(path, population_table({"column": "people"} | entry), frame, origin=ORIGIN)


@pytest.mark.parametrize("name", ["grid.gpkg", "grid.geojson", "grid.shp", "grid.parquet"])
def test_cells_count_by_the_share_of_their_area(tmp_path, name):
    frame = cells(NINE)
    path = saved(tmp_path, frame.to_crs(4326) if name == "grid.geojson" else frame, name)
    grid, record, findings = read(path, zones((50, 50, 150, 150), (100, 100, 200, 200), (0, 0, 100, 300)))
    # A quarter of each of 70, 80, 40, 50; the middle cell whole; the left column whole.
    assert grid.people_of(zones(WHOLE, WHOLE, WHOLE).index).tolist() == pytest.approx([60, 50, 120], abs=1e-3)
    assert (record.role, record.rows_read) == ("population", 9)
    assert ("people", "population") in record.understood
    assert [one.severity for one in findings] == ["note"]  # the three cells of the left column lie half outside


def test_the_record_says_what_became_of_every_cell(tmp_path):
    frame = cells(NINE)
    frame.loc[4, "people"] = np.nan
    _, record, findings = read(saved(tmp_path, frame), zones((0, 0, 100, 300), (100, 100, 200, 200)))
    assert (record.rows_read, record.rows_used) == (9, 3)
    assert dict(record.dropped) == {"population-cells-empty": 1, "population-elsewhere": 5}
    assert finding_of(findings, "population-cells-empty").count == 1


def test_a_layer_of_several_is_named(tmp_path):
    path = tmp_path / "grid.gpkg"
    cells(NINE).to_file(path, layer="y2020")
    cells(2 * NINE).to_file(path, layer="y2030")
    assert read(path, zones(WHOLE), layer="y2030")[0].people_of(zones(WHOLE).index).tolist() == [900.0]
    with pytest.raises(PackError, match="holds 2 layers"):
        read(path, zones(WHOLE))
    with pytest.raises(PackError, match="there is no layer 'y2010' in it; it has y2020, y2030"):
        read(path, zones(WHOLE), layer="y2010")


def test_the_column_is_found_by_its_header_or_asked_for(tmp_path):
    path = saved(tmp_path, cells(NINE).rename(columns={"people": "常住人口"}))
    grid, _, _ = read_population(path, population_table(), zones(WHOLE), origin=ORIGIN)
    assert grid.cells["people"].sum() == 450
    with pytest.raises(PackError, match=r"there is no column 'people'.*it has 常住人口"):
        read(path, zones(WHOLE))
    nameless = saved(tmp_path, cells(NINE).rename(columns={"people": "x"}), "other.gpkg")
    with pytest.raises(PackError, match="no single column says that it counts people"):
        read_population(nameless, population_table(), zones(WHOLE), origin=ORIGIN)


@given(tilings(), st.integers(0, 10_000), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_a_tiling_neither_makes_nor_loses_people(tmp_path, tiles, seed, data):
    people = np.random.default_rng(seed).integers(0, 1000, (3, 3)).astype(float)
    people[0, 0] += 1
    path = saved(tmp_path, cells(people))
    frame = zones(*tiles)
    grid, _, _ = read(path, frame)
    rounding = len(frame) / 2048  # each community to the nearest 1/1024 person
    assert grid.part_people.sum() == pytest.approx(people.sum(), rel=1e-9)
    assert abs(grid.people_of(frame.index).sum() - people.sum()) <= rounding + 1e-6
    some = frame.loc[data.draw(st.lists(st.sampled_from(list(frame.index)), unique=True))]
    assert grid.people_of(some.index).sum() <= people.sum() + rounding + 1e-6


def test_the_order_of_rows_changes_nothing(tmp_path):
    rng = np.random.default_rng(3)
    frame, town = cells(rng.uniform(0, 90, (6, 6))), zones((20, 30, 310, 470), (310, 30, 590, 470))
    one, _, _ = read(saved(tmp_path, frame, "one.gpkg"), town)
    other, _, _ = read(saved(tmp_path, frame.sample(frac=1, random_state=2), "other.gpkg"), town.iloc[::-1])
    assert_geodataframe_equal(one.cells, other.cells)
    assert_frame_equal(one.parts, other.parts, check_exact=True)
    assert one.people_of(town.index).tolist() == other.people_of(town.index).tolist()


def test_a_column_of_words_is_refused_with_its_row(tmp_path):
    frame = cells(NINE).assign(people=["10", "20", "viele", "40", "50", "60", "70", "80", "90"])
    with pytest.raises(PackError, match=r"row 3, column 'people', value 'viele' is no number of people \(1 such rows"):
        read(saved(tmp_path, frame), zones(WHOLE))


def test_a_community_of_cells_without_a_number_is_unknown_and_one_without_cells_has_nobody(tmp_path):
    frame = cells(NINE).astype({"people": float})
    frame.loc[0, "people"] = np.nan
    town = zones(frame.geometry.iloc[0].buffer(-5), WHOLE, (400, 400, 500, 500))
    grid, _, _ = read(saved(tmp_path, frame), town)
    assert grid.silent == ("z0",)
    assert grid.people_of(town.index).fillna(-1).tolist() == [-1, NINE.sum() - NINE.ravel()[0], 0]


def test_negative_people_are_refused_and_a_code_is_told(tmp_path):
    frame = cells(NINE)
    frame.loc[[1, 5], "people"] = -1.0
    grid, _, findings = read(saved(tmp_path, frame), zones(WHOLE))
    found = finding_of(findings, "population-nodata-undeclared")
    assert (found.count, found.value, found.column) == (2, "-1", "people")
    assert grid.cells["people"].sum() == 450 - 20 - 60
    assert [one.code for one in read(saved(tmp_path, frame), zones(WHOLE), nodata=-1)[2]] == ["population-cells-empty"]
    frame.loc[7, "people"] = -25.0
    with pytest.raises(PackError, match=r"row 2, column 'people', value -1 is no number of people \(3 such cells"):
        read(saved(tmp_path, frame), zones(WHOLE))


def test_cells_that_overlap_are_told_and_never_counted(tmp_path):
    frame = cells(NINE)
    frame.loc[9] = [5.0, shapely.box(X0 + 50, Y0, X0 + 150, Y0 + 100)]
    path = saved(tmp_path, frame)
    _, _, findings = read(path, zones(WHOLE))
    assert finding_of(findings, "population-cells-overlap").count == 2
    assert "1.0 ha" in finding_of(findings, "population-cells-overlap").message_en
    with pytest.raises(PackError, match=r"2 pairs of cells with people overlap \(1\.0 ha\)"):
        read(path, zones(WHOLE), use="count")


def test_cells_that_touch_or_overlap_by_a_hair_are_fine(tmp_path):
    frame = cells(NINE)
    frame.geometry = frame.geometry.buffer(0.05, join_style="mitre")
    assert read(saved(tmp_path, frame), zones(WHOLE), use="count")[2] == []


def test_middles_of_cells_are_no_cells(tmp_path):
    frame = cells(NINE)
    frame.geometry = frame.geometry.centroid
    with pytest.raises(PackError, match=r"row 1, the cell has no polygon with an area \(found: Point; 9 such rows\)"):
        read(saved(tmp_path, frame), zones(WHOLE))


def test_a_cell_that_crosses_itself_is_mended(tmp_path):
    frame = cells([[10.0]])
    x, y = X0, Y0
    bow = shapely.Polygon([(x, y), (x + 100, y + 100), (x + 100, y), (x, y + 100)])
    grid, _, _ = read(saved(tmp_path, frame.set_geometry([bow], crs=frame.crs)), zones((0, 0, 50, 100)))
    assert grid.people_of(zones(WHOLE).index).tolist() == [5.0]


def test_a_grid_elsewhere_or_without_people_is_refused(tmp_path):
    path = saved(tmp_path, cells(NINE))
    with pytest.raises(PackError, match="no cell with people lies in any community"):
        read(path, zones((5000, 0, 5100, 100)))
    with pytest.raises(PackError, match="no cell with people lies in any community"):
        read(saved(tmp_path, cells(0 * NINE), "empty.gpkg"), zones(WHOLE))


def test_people_outside_all_communities_are_told(tmp_path):
    _, _, findings = read(saved(tmp_path, cells(NINE)), zones((0, 0, 300, 150)))
    found = finding_of(findings, "population-outside")
    # The lower row whole, half of the middle row: 75 of its 150 people, 19 % of the 390 in these cells.
    assert (found.severity, found.count) == ("note", 3)
    assert "75 people (19%)" in found.message_en


def test_a_file_that_is_no_layer_is_refused(tmp_path):
    path = tmp_path / "grid.xlsx"
    path.write_bytes(b"PK")
    with pytest.raises(PackError, match="not a layer that can be read"):
        read(path, zones(WHOLE))
