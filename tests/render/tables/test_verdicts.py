"""Sheets of links, field checks, equity and types say what the analysis found, as text and with units."""

from __future__ import annotations

import io

import openpyxl
import pytest

from circle15.render.tables.columns import columns
from circle15.render.tables.verdicts import check_sheet_table, equity_table, group_table, link_table, type_table
from circle15.render.tables.workbook import workbook_bytes
from tests.towns.page_fixture import analysis as make_analysis
from tests.towns.report_fixture import full

WORSE = "步行最久的一成老人中有人没有路可走到任何一处，平均步行时间未计入他们，实际更差。"
SHEETS = {"通道 Links", "现场核查 Checks", "公平 Equity", "类型 Types"}


@pytest.fixture(scope="module")
def town():
    return full(community_names=("=1+1", "乙", "丙", "丁", "戊", "己", "庚", "辛"))


@pytest.fixture(scope="module")
def book(town):
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(town)))


def cells(sheet):
    return [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_tables_are_those_of_the_analysis(town):
    (link,) = link_table(town).to_dict("records")
    assert (link["link_key"], link["length_m"], link["serves"]) == ("link-1", 140, 458.7)
    assert link["crosses"] == "跨水面 water"
    assert 119 < link["lon"] < 122
    (check,) = check_sheet_table(town).to_dict("records")
    assert (check["check_rank"], check["check_kind"], check["flips"], check["check_people"]) == (
        1,
        "设施 facility",
        3,
        456,
    )
    (spread,) = equity_table(town).to_dict("records")
    assert (spread["service_zh"], spread["gini"], spread["undefined_zh"]) == ("社区卫生服务站", 0.2, WORSE)
    assert group_table(town)["grouping"].tolist() == ["社区类型 type"] * 2
    assert group_table(town)["group"].tolist() == ["农村", "老城区"]
    (kind,) = type_table(town).to_dict("records")
    assert (kind["medoid_name"], kind["communities"], kind["kunshan"]) == ("丙", 8, "老城区")
    assert (kind["type_zh"], kind["type_en"]) == ("高密度", "dense")


def test_every_column_has_a_head(town):
    for table in (link_table, check_sheet_table, equity_table, group_table, type_table):
        assert set(table(town).columns) <= set(columns())


def test_the_workbook_holds_them_with_units(book):
    assert set(book.sheetnames) >= SHEETS
    assert "新增受益（人次）\nNewly served (person-services)" in cells(book["通道 Links"])
    assert {0.2, 1.75, WORSE, "老城区"} <= set(cells(book["公平 Equity"]))
    assert "甲（社区卫生服务站）是否仍在营业？" in cells(book["现场核查 Checks"])
    method = " ".join(str(value) for value in cells(book["方法 Method"]))
    assert "基尼系数 Gini：" in method


def test_text_stays_text(book):
    for sheet in book:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_without_verdicts_there_are_no_such_sheets():
    plain = openpyxl.load_workbook(io.BytesIO(workbook_bytes(make_analysis())))
    assert not SHEETS & set(plain.sheetnames)
