"""Numbers of a building layer that cannot be used are told, each column once."""

from __future__ import annotations

import geopandas as gpd
import pytest

from circle15.sources.communities.buildings import building_checks


def checked(column: str, *values):
    return building_checks(gpd.GeoDataFrame({column: list(values)}, geometry=[None] * len(values)), file="b.gpkg")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("levels", (6, 0.5, 200, None, "7", "")),
        ("floor_area_m2", (0, 1234.5, float("nan"))),
        ("residential_share", (0, 0.3, 1, None)),
        ("height", (-1, "tall")),
    ],
)
def test_what_can_be_used_or_is_not_known_is_no_finding(column, values):
    assert checked(column, *values) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("levels", -9999), ("levels", 9999), ("levels", "many"), ("levels", float("inf")),
        ("floor_area_m2", -1), ("floor_area_m2", float("inf")), ("floor_area_m2", "12 m2"),
        ("residential_share", 60), ("residential_share", -0.1), ("residential_share", "half"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_with_its_row(column, value):
    (found,) = checked(column, None, value, value)
    assert (found.code, found.severity, found.count) == ("building-number", "warning", 2)
    assert (found.file, found.row, found.column) == ("b.gpkg", 2, column)
    assert found.value == str(value)


def test_each_column_is_told_once():
    frame = gpd.GeoDataFrame({"levels": [-1], "residential_share": [7]}, geometry=[None])
    assert [told.column for told in building_checks(frame, file="b.gpkg")] == ["levels", "residential_share"]
