"""Workbooks of before 2007 (.xls, BIFF 8), which offices still send."""

from __future__ import annotations

import datetime as dt

import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circle15.errors import PackError
from circle15.sources.facilities.table import read_facilities
from circle15.sources.tables.sheets import read_sheet
from tests.towns.city_tables import facilities_table
from tests.towns.findings import finding_of

HEADER = ["名称", "服务", "经度", "纬度"]
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t", exclude_characters="\ufeff"), max_size=40
)


def book(path, *sheets):
    made = xlwt.Workbook(encoding="utf-8")
    for title, rows in sheets:
        sheet = made.add_sheet(title)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(number, column, value)
    made.save(str(path))
    return path


def test_a_decorated_list(tmp_path):
    rows = [
        ["姑苏区助餐点"],
        [None],
        HEADER,
        ["食堂", "助餐点", 120.62, 31.31],
        [None],
        ["餐厅", "助餐点", "１２０．６３", "31.32"],
    ]
    reading = read_facilities(book(tmp_path / "list.xls", ("说明", [["请填写"]]), ("设施", rows)), facilities_table())
    assert reading.frame["name"].tolist() == ["食堂", "餐厅"]
    assert [point.coords[0] for point in reading.frame.geometry] == [(120.62, 31.31), (120.63, 31.32)]
    assert reading.frame.index.tolist() == ["list-4", "list-6"]
    assert finding_of(reading.findings, "table-header-below").row == 3
    assert (reading.files[0].form, reading.files[0].part) == (".xls", "设施")


def test_numbers_dates_and_truth(tmp_path):
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    made = xlwt.Workbook(encoding="utf-8")
    sheet = made.add_sheet("a")
    for column, (header, value) in enumerate([("名称", 12.0), ("容量", 40.5), ("x1", True), ("x2", "00012")]):
        sheet.write(0, column, header)
        sheet.write(1, column, value)
    sheet.write(0, 4, "数据日期")
    sheet.write(1, 4, dt.datetime(2026, 1, 31), day)  # noqa: DTZ001 - a spreadsheet knows no time zone
    made.save(str(tmp_path / "list.xls"))
    assert read_sheet(tmp_path / "list.xls").frame.iloc[0].tolist() == ["12", "40.5", "TRUE", "00012", "2026-01-31"]


def test_merged_cells_are_filled(tmp_path):
    made = xlwt.Workbook(encoding="utf-8")
    sheet = made.add_sheet("a")
    for column, header in enumerate(["街道", "名称"]):
        sheet.write(0, column, header)
    sheet.write_merge(1, 2, 0, 0, "平江街道")
    for row, name in enumerate(["甲", "乙"], 1):
        sheet.write(row, 1, name)
    made.save(str(tmp_path / "list.xls"))
    frame = read_sheet(tmp_path / "list.xls").frame
    assert frame["街道"].tolist() == ["平江街道", "平江街道"]


def test_a_far_cell_is_refused(tmp_path):
    path = book(tmp_path / "list.xls", ("a", [["名称", "经度"]]))
    made = xlwt.Workbook()
    sheet = made.add_sheet("a")
    sheet.write(0, 0, "名称")
    sheet.write(60_000, 255, "x")
    made.save(str(path))
    from circle15.sources.tables.sheets import Limits

    with pytest.raises(PackError, match=r"sheet 'a': reaches over 256 columns, the limit is 100; delete stray cells"):
        read_sheet(path, limits=Limits(columns=100))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=4))
def test_every_text_comes_back(tmp_path, rows):
    table = [["k", *row] for row in rows]  # a row of nothing is no row
    frame = read_sheet(book(tmp_path / "list.xls", ("a", [HEADER, *table])), header_row=1).frame
    assert frame.to_numpy().tolist() == table


def test_hidden_rows_of_an_old_workbook_cannot_be_seen_and_that_is_told(tmp_path):
    rows = [["名称", "服务", "经度", "纬度"], ["食堂", "助餐点", "120.6212", "31.3101"]]
    reading = read_facilities(book(tmp_path / "list.xls", ("设施", rows)), facilities_table())
    told = finding_of(reading.findings, "table-hidden-unknown")
    assert (told.severity, told.file) == ("note", "list.xls")
    assert "hidden rows cannot be seen" in told.message_en
