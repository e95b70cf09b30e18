"""The page's drawer of files: rows in words, worst findings first, and a way from a file to what was found in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from circle15.model import Finding
from circle15.render.map.folium_map import page_html
from tests.towns.browser_page import click, texts
from tests.towns.chromium import Browser, program
from tests.towns.page_fixture import analysis


@pytest.mark.browser
@pytest.mark.skipif(program() is None, reason="no Chromium")
def test_the_drawer_tells_of_every_file_and_leads_to_its_findings(tmp_path: Path) -> None:
    about = {"message_en": "e", "file": "sites.xlsx"}
    place = {"row": 4, "column": "lon", "value": "甲", "examples": ("row 4", "row 7")}
    note = Finding(code="x", severity="note", message_zh="说明甲", **place, **about)
    error = Finding(code="y", severity="warning", message_zh="注意乙", row=3, examples=("row 3",), **about)
    path = tmp_path / "files.html"
    path.write_text(page_html(analysis(findings=(note, error))), encoding="utf-8", newline="\n")
    with Browser() as browser:
        browser.open(path)
        click(browser, '[data-act="findings"]')
        assert texts(browser, ".file b") == ["sites.xlsx", "3", "1", "streets.osm", "11", "1"]
        assert texts(browser, ".file-rows")[0] == "读入16条，采用12条，未采用4条"
        assert "1列涉及个人，未读取" in texts(browser, ".file .fine")[0]
        # Worst first; only the list of sites has findings to lead to.
        assert texts(browser, ".finding p:not(.fine)") == ["注意乙", "说明甲"]
        assert texts(browser, ".finding p.fine") == ["sites.xlsx · 第3行", "sites.xlsx · lon · 第4、7行等"]
        assert texts(browser, ".file button") == ["查看发现（2）"]
        click(browser, ".file button")
        assert browser.run("document.querySelectorAll('.finding.called').length") == 2
        click(browser, '[data-act="language"]')
        click(browser, '[data-act="findings"]')
        assert texts(browser, ".file-rows")[0] == "16 rows read, 12 used, 4 left out"
        assert browser.told() == []
