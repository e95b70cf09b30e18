"""The data-quality report: every finding told, nothing run, the same bytes."""

from __future__ import annotations

import dataclasses
import json
import re

import openpyxl
import pytest

from circle15.model import Check, FileRecord, Finding
from circle15.render.check.files import quality_html, quality_json, save_quality
from tests.towns.page_fixture import FILES, analysis

HOSTILE = "</td><script>alert(1)</script>{{7*7}}\"'&"
FOUND = (
    Finding(code="a", severity="note", message_zh="说明甲", message_en="note a"),
    Finding(
        code="b", severity="warning", message_zh=f"名称{HOSTILE}", message_en="warning b",
        remedy_zh="改", remedy_en="mend", count=1234,
        file="list.csv", row=7, column="lon", value=HOSTILE, examples=("x1", HOSTILE),
    ),
    Finding(code="c", severity="error", message_zh="错误丙", message_en="error c"),
)  # fmt: skip


def checked(city, findings=FOUND, files=FILES):
    return Check(key="x", city=city, files=files, findings=findings)


@pytest.fixture(scope="module")
def city():
    return analysis().city


def test_findings_stand_by_severity_with_place_and_remedy(city):
    page = quality_html(checked(city))
    assert page.index("错误丙") < page.index("名称&lt;") < page.index("说明甲")
    assert "第7行 row 7" in page
    assert re.findall(r"<b>(\d)</b>(?:错误|注意|说明)", page) == ["1", "1", "1"]
    assert "合成" in page  # the fixture's communities and facilities are made


def test_text_from_outside_is_only_text(city):
    page = quality_html(checked(city))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 2  # the message quotes the value, which is not told twice; an example
    assert "{{7*7}}" in page
    assert re.search(r"default-src 'none'; style-src 'sha256-[\w+/=]+'\"", page)
    assert "http" not in page.replace("http-equiv", "")


def test_every_file_has_a_card_with_rows_reasons_and_columns(city):
    found = (*FOUND, Finding(code="d", severity="note", message_zh="关于清单", message_en="d", file="sites.xlsx"))
    page = quality_html(checked(city, found))
    card = re.search(r'<article id="file-1">.*?</article>', page, flags=re.DOTALL)[0]
    assert re.findall(r"<dd>(\d+)</dd>", card) == ["16", "12", "4"]
    assert re.findall(r"<li><b>(\d+)</b> (\S+)", card) == [("3", "编号重复"), ("1", "没有可用的经纬度")]
    assert "站名 <i>→</i> 名称 <code>name</code>" in card
    assert '<ul class="columns unknown"><li>备注</li></ul>' in card
    assert '<ul class="columns personal"><li>联系电话</li></ul>' in card
    assert 'width="750"' in card  # 12 of 16 rows
    # The card leads to its finding, the last of the four, and the finding back to its card.
    assert '<li class="note"><a href="#finding-4">关于清单</a></li>' in card
    assert '<li id="finding-4" class="note"><div><p class="place"><a href="#file-1">sites.xlsx</a></p>' in page


def test_every_link_leads_somewhere(city):
    page = quality_html(checked(city))
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)


def test_a_file_that_cannot_be_used_has_a_card_too():
    broken = Finding(code="unusable-input", severity="error", message_zh="不能使用", message_en="no", file="b<i>.csv")
    page = quality_html(checked(None, (broken,)))
    assert "还不能用" in page
    assert '<article id="file-1" class="broken">\n<h3>b&lt;i&gt;.csv <span>' in page
    assert '<a href="#file-1">b&lt;i&gt;.csv</a>' in page
    assert '<article id="file-2">\n<h3>sites.xlsx' in page


def test_a_lost_row_among_many_is_seen(city):
    whole = FileRecord(file="a.csv", role="people", rows_read=10_000, rows_used=10_000)
    one = whole.without("people-without-key", 1)
    assert '<rect class="used" width="994"' in quality_html(checked(city, (), (one,)))
    assert '<rect class="used" width="1000"' in quality_html(checked(city, (), (whole,)))


def test_json_tells_the_same_worst_first(city):
    told = json.loads(quality_json(checked(city)))
    assert (told["usable"], told["counts"]) == (True, {"error": 1, "warning": 1, "note": 1})
    assert [one["code"] for one in told["findings"]] == ["c", "b", "a"]
    assert told["files"][0]["dropped"] == [["facility-without-point", 1], ["facility-id-twice", 3]]


def test_nothing_found_is_said(city):
    assert "Nothing was found wrong" in quality_html(checked(city, ()))


def test_both_files_and_the_same_bytes(city, tmp_path):
    first = [path.read_bytes() for path in save_quality(checked(city), tmp_path / "one")]
    second = [path.read_bytes() for path in save_quality(checked(city), tmp_path / "two")]
    assert first == second
    book = openpyxl.load_workbook(tmp_path / "one" / "check.xlsx")
    assert book.sheetnames == ["数据质量 Data quality", "文件 Files", "列 Columns", "图层 Layers"]
    files = [[cell.value for cell in row] for row in book["文件 Files"].iter_rows(min_row=5)]
    assert files[0][:9] == ["sites.xlsx", "设施 facilities", "xlsx", "清单", None, "GCJ-02", 16, 12, 4]
    assert files[0][9] == "编号重复：3；没有可用的经纬度：1"
    columns = [tuple(cell.value for cell in row)[2:5] for row in book["列 Columns"].iter_rows(min_row=5)]
    assert columns == [
        ("站名", "name", "名称"),
        ("经度", "lon", "经度"),
        ("lat", "lat", "纬度"),
        ("备注", None, None),
        ("联系电话", None, None),
    ]
    cells = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value is not None]
    assert any(HOSTILE in cell for cell in cells)
    assert not any(cell.data_type == "f" for row in book.worksheets[0].iter_rows() for cell in row)


def test_a_real_city_is_not_called_synthetic(city):
    real = [dataclasses.replace(origin, synthetic=False) for origin in (city.communities.origin, city.network.origin)]
    honest = dataclasses.replace(
        city,
        communities=dataclasses.replace(city.communities, origin=real[0]),
        network=dataclasses.replace(city.network, origin=real[1]),
        facilities=dataclasses.replace(city.facilities, origins=()),
        context_origins=(),
    )
    assert 'class="banner"' not in quality_html(checked(honest))
