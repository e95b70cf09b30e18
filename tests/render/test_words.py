"""Files in words: reasons counted, headers shown and cells never, places in the planner's own words."""

from __future__ import annotations

import pytest

from circle15.model import Check, FileRecord, Finding
from circle15.render.words import (
    broken_files,
    by_severity,
    column_lines,
    counted,
    datum_name,
    english,
    examples_text,
    form_words,
    headers_of,
    lost_rows,
    place_text,
    public_file,
    role_words,
    title_words,
    verdict,
)
from tests.towns.page_fixture import FILES, analysis

SITES, STREETS = FILES


def told(code="a", severity="note", **more):
    return Finding(code=code, severity=severity, **({"message_zh": "甲", "message_en": "a"} | more))


def check(*findings, city=None, files=FILES):
    return Check(key="town", city=city, files=files, findings=findings)


def test_reasons_come_most_first_and_tags_under_one():
    assert [(str(one.why), one.rows) for one in lost_rows(SITES)] == [
        ("编号重复 id stands twice", 3),
        ("没有可用的经纬度 no usable coordinates", 1),
    ]
    ways = lost_rows(STREETS)
    assert [one.rows for one in ways] == [11, 1]
    assert ways[0].why.zh == "按标签不供步行（highway=motorway, foot=no）"
    assert ways[0].codes == ("highway=motorway", "foot=no")
    assert sum(one.rows for one in ways) == STREETS.rows_read - STREETS.rows_used


def test_many_tags_are_cut_and_none_is_lost():
    dropped = tuple((f"highway={letter}", place) for place, letter in enumerate("abcdef", start=1))
    (lost,) = lost_rows(FileRecord(file="a.osm", role="streets", rows_read=21, rows_used=0, dropped=dropped))
    assert lost.rows == 21
    assert lost.why.en == "not for walking by its tags (highway=f, highway=e, highway=d, highway=c …)"
    assert len(lost.codes) == 6


def test_a_reason_without_words_is_told_as_it_is():
    record = FileRecord(file="a.csv", role="people", rows_read=1, rows_used=0, dropped=(("some new reason", 1),))
    assert str(lost_rows(record)[0].why) == "some new reason some new reason"


def test_columns_stand_with_their_meaning_and_state():
    lines = [(one.theirs, one.status, one.ours, one.title) for one in column_lines(SITES)]
    assert lines == [
        ("站名", "understood", "name", "名称"),
        ("经度", "understood", "lon", "经度"),
        ("lat", "understood", "lat", "纬度"),
        ("备注", "unknown", "", ""),
        ("联系电话", "personal", "", ""),
    ]


@pytest.mark.parametrize("status", ["unknown", "personal"])
def test_a_header_that_is_a_number_of_a_person_is_not_shown(status):
    # A table without a header: its first row was taken for one.
    record = FileRecord(file="a.csv", role="facilities", **{status: ("13812345678", "320501194001011234", "备注")})
    assert [one.theirs for one in column_lines(record)] == ["（疑似个人信息） (looks personal)"] * 2 + ["备注"]


def test_how_a_file_was_read():
    assert str(role_words(SITES)) == "设施 facilities"
    assert [word.zh for word in form_words(SITES)] == ["xlsx", "工作表“清单”", "GCJ-02"]
    layer = FileRecord(file="a.gpkg", role="communities", form=".gpkg", part="面", crs="EPSG:4549")
    assert [word.en for word in form_words(layer)] == ["gpkg", "layer '面'", "EPSG:4549"]
    text = FileRecord(file="a.csv", role="people", form=".csv", encoding="UTF-8-SIG")
    assert [word.zh for word in form_words(text)] == ["csv", "UTF-8"]
    assert form_words(FileRecord(file="a", role="people")) == ()
    assert [datum_name(crs) for crs in ("GCJ02", "bd09", "Some grid")] == ["GCJ-02", "BD-09", "Some grid"]


def test_a_place_is_told_in_the_planners_words():
    headers = headers_of(FILES)
    found = told(file="sites.xlsx", row=5, column="lon, lat", value="1206.2, 31.3")
    assert place_text(found, headers) == "sites.xlsx · 第5行 row 5 · 列 column 经度 (lon), lat · 值 value 1206.2, 31.3"
    assert place_text(found, {}, file=False) == "第5行 row 5 · 列 column lon, lat · 值 value 1206.2, 31.3"
    assert place_text(told(), headers) == ""


@pytest.mark.parametrize(("value", "message"), [("棋牌室", "服务“棋牌室”不在目录中"), (", ", "没有经纬度"), ("", "甲")])
def test_a_value_that_is_quoted_or_empty_is_not_told_again(value, message):
    assert place_text(told(file="a.csv", value=value, message_zh=message), {}) == "a.csv"


def test_english_that_the_chinese_quotes_is_not_told_again():
    assert english(told(message_zh="不能使用，原因（英文）：b.csv: broken", message_en="b.csv: broken")) == ""
    assert english(told(message_zh="编号重复", message_en="id twice")) == "id twice"


def test_examples_are_rows_or_ids():
    assert examples_text(told(examples=("row 3", "row 14"))) == "第3、14行 rows 3, 14"
    assert examples_text(told(examples=("row 3",))) == "第3行 row 3"
    assert examples_text(told(examples=("f1", "row 3"))) == "f1, row 3"
    assert examples_text(told()) == ""


def test_the_verdict_counts_what_is_to_be_done():
    error, warning, note = (told(severity=severity) for severity in ("error", "warning", "note"))
    assert verdict(check(error, warning, error)).zh == "还不能用；请先改正2个错误"
    city = analysis().city
    assert verdict(check(warning, note, city=city)).zh == "可以分析；请先核对1条注意事项"
    assert str(verdict(check(note, city=city))) == "可以分析 Ready to be analysed"
    assert counted([note, note, error]) == {"error": 1, "warning": 0, "note": 2}
    assert by_severity([note, warning, error]) == [error, warning, note]


def test_a_city_that_could_not_be_loaded_is_named_once():
    assert title_words(check()) == "town"
    assert title_words(check(city=analysis().city)) == "小城 Small town"


def test_files_without_a_record_are_those_that_failed():
    errors = [told(severity="error", file=file) for file in ("b.csv", "sites.xlsx", "b.csv", "")]
    assert broken_files(check(*errors, told(severity="warning", file="c.csv"))) == ("b.csv",)


def test_a_page_is_told_no_header():
    entry = public_file(SITES)
    assert entry["columns"] == {"understood": 3, "unknown": 1, "personal": 1}
    assert (entry["read"], entry["used"]) == (16, 12)
    assert not any(header in str(entry) for header in ("站名", "备注", "联系电话"))
