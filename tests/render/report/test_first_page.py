"""The first page carries the verdict, every page says what is synthetic, and verdicts are told for what they are."""

from __future__ import annotations

import dataclasses
import io

import pypdf
import pytest

from circle15.model import Finding
from circle15.render.published.told import publish
from circle15.render.report.blocks import Paragraph, Table
from circle15.render.report.charts import coverage_curve, gap_bars, lorenz_curve
from circle15.render.report.content import report_of
from circle15.render.report.facts import Facts
from circle15.render.report.pdf_file import pdf_bytes
from circle15.render.report.section_clauses import clauses
from circle15.render.report.section_summary import verdict
from tests.towns.report_fixture import full


@pytest.fixture(scope="module")
def town():
    return full()


def facts(analysis):
    return Facts(published=publish(analysis), figures=frozenset())


def test_the_first_page_says_who_lacks_what_and_where(town):
    reader = pypdf.PdfReader(io.BytesIO(pdf_bytes(report_of(facts(town)), {})))
    first = "".join(reader.pages[0].extract_text().split())
    lead, *rest = verdict(facts(town))
    assert "".join(lead.zh.split()) in first
    assert all("".join(one.zh.split()) in first for one in rest)
    worst = facts(town).ranked.iloc[0]
    assert f"{worst['index']:.0f}" in rest[0].zh
    assert all("含合成数据" in page.extract_text() for page in reader.pages)


def test_charts_say_what_is_synthetic(town):
    for drawn in (gap_bars(town, publish(town)), coverage_curve(town, publish(town)), lorenz_curve(town)):
        assert "合成数据" in drawn.get_supxlabel()


def test_estimated_people_are_told_on_the_first_page(town):
    told = Finding(code="estimated-people", severity="warning", message_zh="推算", message_en="estimated")
    estimated = dataclasses.replace(town, findings=(*town.findings, told))
    assert any("推算值" in one.zh for one in verdict(facts(estimated)))
    assert not any("推算值" in one.zh for one in verdict(facts(town)))


def test_verdicts_are_counted_by_what_they_rest_on(town):
    frame = town.ledger.frame
    marks = {rule.clause_id: rule.mark for rule in town.ledger.rules}
    line = next(
        block for block in report_of(facts(town)).blocks if hasattr(block, "items") and "对照条文" in str(block.items)
    )
    words = next(one.zh for one in line.items if one.zh.startswith("对照条文"))
    for verdict_key, noun in (("pass", "项达标"), ("fail", "项不达标")):
        mine = frame["verdict"] == verdict_key
        stated, quoted, ours = words.split("见于来源文件")[1], words.split("系转引")[1], words.split("circle15 约定")[1]
        for mark, part in (("", stated), ("indicative", quoted), ("project", ours)):
            of_mark = frame.index.get_level_values("clause_id").map(marks) == mark
            assert f"{(mine & of_mark).sum()}{noun}" in part.split("；")[0]
    assert "官方文本核实" not in words


def test_verdicts_that_missing_rows_cannot_change_say_so(town):
    frame = town.ledger.frame.copy()
    city = frame.index.get_level_values("level") == "city"
    frame.loc[city, "observed"] = float("nan")
    ledger = dataclasses.replace(town.ledger, frame=frame)
    blocks = clauses(facts(dataclasses.replace(town, ledger=ledger)))
    table = next(one for one in blocks if isinstance(one, Table) and "全市达标率" in one.words.zh)
    assert table.rows[0][2] == "资料不全"
    assert "判定都不变" in table.note.zh


def test_a_book_of_which_nothing_was_decided_is_one_sentence(town):
    frame = town.ledger.frame.assign(verdict="undetermined")
    blocks = clauses(facts(dataclasses.replace(town, ledger=dataclasses.replace(town.ledger, frame=frame))))
    assert not any(isinstance(one, Table) and "判定数" in one.words.zh for one in blocks)
    assert any(isinstance(one, Paragraph) and "都没有作出达标与否的判定" in one.words.zh for one in blocks)
