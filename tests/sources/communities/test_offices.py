"""Figures of offices are read as people write them, and what cannot be used is told."""

from __future__ import annotations

import geopandas as gpd
import pytest

from circle15.sources.communities.offices import read_office_columns


def towns(**columns):
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, index=[f"t{place}" for place in range(count)])


@pytest.mark.parametrize(
    ("cell", "read"), [("有", 1.0), ("是", 1.0), (1, 1.0), ("1.0", 1.0), ("无", 0.0), ("没有", 0.0), (0.0, 0.0)]
)
def test_yes_and_no_as_people_write_them(cell, read):
    frame, told = read_office_columns(towns(deliberation=[cell]), file="f")
    assert frame["deliberation"].tolist() == [read]
    assert not told


def test_empty_cells_are_unknown_without_a_word():
    frame, told = read_office_columns(towns(one_stop=[None, "", float("nan")], grids=[None, "", 3]), file="f")
    assert frame["one_stop"].isna().all()
    assert frame["grids"].isna().tolist() == [True, True, False]
    assert not told


def test_unread_cells_are_told_once_a_column_and_not_used():
    frame, told = read_office_columns(
        towns(workers=["1,234", "约5人", -3], one_stop=["有", "筹建", "2"]), file="f.xlsx"
    )
    assert frame["workers"].tolist()[0] == 1234
    assert frame["workers"].isna().tolist() == [False, True, True]
    assert frame["one_stop"].isna().tolist() == [False, True, True]
    assert [(one.code, one.count, one.column, one.value) for one in told] == [
        ("community-cells-unread", 2, "workers", "约5人"),
    ]
    assert "社区工作者人数" in told[0].message_zh


def test_a_part_larger_than_its_whole_is_no_verdict():
    frame, told = read_office_columns(
        towns(grids=[3, 3, None], grids_staffed=[8, 3, 5], households=[900, 10, 10]), file="f"
    )
    assert frame["grids_staffed"].isna().tolist() == [True, False, False]
    assert [(one.code, one.count) for one in told] == [("community-parts-exceed", 1)]
    assert "t0" in told[0].examples


def test_elders_in_need_are_no_more_than_the_elders():
    frame, told = read_office_columns(towns(elders_alone=[30, 5], elders_disabled=[2, 5], pop_60plus=[20, 5]), file="f")
    assert frame["elders_alone"].isna().tolist() == [True, False]
    assert [(one.code, one.count, one.column) for one in told] == [("community-parts-exceed", 1, "elders_alone")]
    assert "独居老人" in told[0].message_zh


def test_the_frame_given_is_left_alone():
    given = towns(one_stop=["有"])
    read_office_columns(given, file="f")
    assert given["one_stop"].tolist() == ["有"]
