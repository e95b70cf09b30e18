"""The report on a terminal: aligned, wrapped, worst first, the same for the same input."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from circle15.model import Check, FileRecord, Finding
from circle15.render.check.terminal import check_lines, wrapped
from tests.towns.page_fixture import FILES, analysis


def lines(*findings, files=FILES, city=None, width=100, saved=False, options=""):
    check = Check(key="town", city=city, files=files, findings=findings)
    return [line.text for line in check_lines(check, width=width, saved=saved, options=options)]


def told(severity, message, **more):
    return Finding(code="a", severity=severity, message_zh=message, message_en=f"{message} in English", **more)


def test_the_verdict_comes_first_then_files_then_the_worst_findings():
    report = lines(told("note", "说明甲", remedy_en="mend it"), told("error", "错误乙"), told("warning", "注意丙"))
    places = [
        next(place for place, line in enumerate(report) if start in line)
        for start in (
            "还不能用",
            "sites.xlsx",
            "错误 Errors",
            "错误乙",
            "注意 Warnings (1)",
            "说明 Notes",
            "说明甲",
            "→ mend it",
        )
    ]
    assert places == sorted(places)
    assert report[0] == "town · 数据检查报告 Data-quality report"
    assert "circle15 map town" not in "\n".join(report)


def test_figures_stand_under_their_heads_whatever_the_names():
    names = (
        "a.csv",
        "很长的设施清单文件（二〇二六年第三季度汇总修订稿终版）（副本）（二）再修订.xlsx",
        "мир.csv",
        "📍 sites.csv",
    )
    files = tuple(FileRecord(file=name, role="facilities", rows_read=1234567, rows_used=1234567) for name in names)
    report = lines(files=files)
    head = next(line for line in report if line.startswith("文件"))
    rows = [line for line in report if "1,234,567" in line]
    assert len(rows) == 4
    ends = {cell_len(row[: row.rindex("–") + 1]) for row in rows}
    assert ends == {cell_len(head)}
    assert {cell_len(row[: row.rindex("设施")]) for row in rows} == {cell_len(head[: head.index("内容")])}
    assert "…" in rows[1]


def test_on_a_narrow_terminal_names_keep_their_room():
    report = lines(
        files=(FileRecord(file="设施清单（二〇二六）.xlsx", role="communities", rows_read=5, rows_used=5),), width=80
    )
    assert "文件                       内容         读入       采用     未采用" in report
    assert "设施清单（二〇二六）.xlsx  社区            5          5          –" in report


def test_what_became_of_a_file():
    report = "\n".join(lines())
    assert "  xlsx · 工作表“清单” · GCJ-02" in report
    assert "  未采用：编号重复：3；没有可用的经纬度：1" in report
    assert "  Left out: id stands twice: 3; no usable coordinates: 1" in report
    assert "  认出 Understood：站名 → 名称 name · 经度 → lon · lat 纬度" in report
    assert "  保留，未识别 Kept, not understood：备注" in report
    assert "  涉及个人，未读取 About persons, left behind：联系电话" in report


def test_of_many_columns_the_first_are_named_and_the_rest_counted():
    record = FileRecord(file="a.gpkg", role="context", unknown=tuple(f"c{k:02d}" for k in range(20)))
    report = "\n".join(lines(files=(record,)))
    assert "c13" in report
    assert "c14" not in report
    assert "… +6" in report


def test_a_finding_says_where_what_and_what_to_do():
    found = Finding(
        code="a", severity="warning", message_zh="3条记录的编号重复", message_en="3 rows repeat an id",
        file="sites.xlsx", row=4, column="lon", value="x", examples=("row 4", "row 9"),
        remedy_zh="改正", remedy_en="mend",
    )  # fmt: skip
    report = lines(found)
    start = report.index("  ! sites.xlsx · 第4行 row 4 · 列 column 经度 (lon) · 值 value x")
    assert report[start + 1 : start + 6] == [
        "    3条记录的编号重复",
        "    3 rows repeat an id",
        "    例 such as：第4、9行 rows 4, 9",
        "    → 改正",
        "    → mend",
    ]


def test_a_broken_file_is_listed_as_such():
    assert any(
        line.startswith("b.xlsx") and line.endswith("不能使用 Cannot be used")
        for line in lines(told("error", "坏", file="b.xlsx"))
    )


def test_a_chinese_console_of_windows_can_show_it_all():
    findings = [told(severity, "甲", file="a.csv", row=3, examples=("b",)) for severity in ("error", "warning", "note")]
    assert "\n".join(lines(*findings)).encode("gbk")


def test_a_city_that_can_be_analysed_is_told_its_size_and_the_next_step():
    report = lines(city=analysis().city)
    assert report[2] == "可以分析 Ready to be analysed"
    assert report[4].startswith("8个社区")
    assert "下一步：circle15 map town · next: circle15 map town" in report
    assert report[-1].endswith("--out FOLDER")
    assert lines(city=analysis().city, saved=True)[-1].startswith("下一步：circle15 map town")
    there = lines(city=analysis().city, saved=True, options="--data packs")[-1]
    assert there == "下一步：circle15 map town --data packs · next: circle15 map town --data packs"


names = st.text(alphabet=st.sampled_from("ab 设施，。（）\n\t📍.-é"), max_size=60)


@settings(deadline=None)
@given(names, names, st.integers(60, 130))
def test_no_line_is_wider_than_the_terminal(name, message, width):
    record = FileRecord(file="a.csv", role="facilities", rows_read=5, rows_used=5, part=name, crs=message)
    found = told("warning", message, file=name, value=message, examples=(name,), remedy_zh=message)
    for line in lines(found, files=(record,), width=width):
        assert cell_len(line) <= width
        assert "\n" not in line


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("abc 设施，。清单"), max_size=80), st.integers(4, 40))
def test_wrapping_loses_nothing_but_spaces(text, width):
    found = wrapped(text, width)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(cell_len(line) <= width and line.strip() == line and line for line in found)


def test_no_line_begins_with_a_closing_mark():
    # Eight cells hold four characters; the fourth goes down with its comma.
    assert wrapped("一二三四，五六七八。", 8) == ["一二三", "四，五六", "七八。"]
    assert wrapped("see city.toml, please", 9) == ["see", "city.toml", ", please"]
