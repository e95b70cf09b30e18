"""The data-quality report: every finding told, nothing run, the same bytes."""

from __future__ import annotations

import dataclasses
import re

import openpyxl
import pytest

from circle15.model import Check, Finding
from circle15.render.quality import quality_html, save_quality

from .page_fixture import analysis

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


def checked(city, findings=FOUND):
    return Check(key="x", city=city, files=(), findings=findings)


@pytest.fixture(scope="module")
def city():
    return analysis().city


def test_findings_stand_by_severity_with_place_and_remedy(city):
    page = quality_html(checked(city))
    assert page.index("错误丙") < page.index("名称") < page.index("说明甲")
    assert "第7行 row 7" in page
    assert "1234" in page
    assert re.findall(r"<b>(\d+)</b>", page) == ["1", "1", "1"]
    assert "合成" in page  # the fixture's communities and facilities are made


def test_text_from_outside_is_only_text(city):
    page = quality_html(checked(city))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 3
    assert "{{7*7}}" in page
    assert re.search(r"default-src 'none'; style-src 'sha256-[\w+/=]+'\"", page)
    assert "http" not in page.replace("http-equiv", "")


def test_nothing_found_is_said(city):
    assert "Nothing was found wrong" in quality_html(checked(city, ()))


def test_both_files_and_the_same_bytes(city, tmp_path):
    first = [path.read_bytes() for path in save_quality(checked(city), tmp_path / "one")]
    second = [path.read_bytes() for path in save_quality(checked(city), tmp_path / "two")]
    assert first == second
    book = openpyxl.load_workbook(tmp_path / "one" / "check.xlsx")
    assert book.sheetnames == ["数据质量 Data quality", "图层 Layers"]
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
