"""Every statement of the source documents has one answer, stands in its document and in docs/norms.md."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from circle15.catalog import column_synonyms
from circle15.catalog.facts import read_facts
from circle15.catalog.norm_books import all_rules, norm_books
from circle15.catalog.statements import source_documents
from circle15.model.places import PEOPLE

ROOT = Path(__file__).parents[2]
RULES = {rule.clause_id: rule for rule in all_rules(norm_books().values())}
STATEMENTS = [(key, one) for key, document in source_documents().items() for one in document.statements]
IDS = [f"{key}-{number}" for number, (key, _) in enumerate(STATEMENTS)]


@pytest.mark.parametrize(("_key", "statement"), STATEMENTS, ids=IDS)
def test_a_statement_has_exactly_one_answer(_key, statement):
    answers = (statement.rules, statement.column, statement.why_zh, statement.context)
    assert sum(map(bool, answers)) == 1
    assert bool(statement.why_zh) == bool(statement.why_en)
    assert set(statement.rules) <= set(RULES)
    columns = {*column_synonyms("communities").values(), *column_synonyms("facilities").values(), *PEOPLE}
    assert statement.column in {"", *columns}
    assert statement.place
    assert statement.quote.strip() == statement.quote


def test_every_rule_of_the_source_documents_is_named():
    """Those graded S; what is quoted from elsewhere (A, B, M+) names its source in its book alone."""
    named = {rule for _, statement in STATEMENTS for rule in statement.rules}
    assert {key for key, rule in RULES.items() if rule.grade == "S"} <= named


def test_no_statement_stands_twice_and_every_reason_is_used():
    assert set(Counter((key, one.place, one.quote) for key, one in STATEMENTS).values()) == {1}
    given = {one["zh"] for one in read_facts("statements.toml")["why"].values()}
    assert given == {one.why_zh for _, one in STATEMENTS if one.why_zh}


@pytest.mark.real
def test_quotes_are_the_documents_own_words():
    folders = [Path(root).parent / "sources" for root in os.environ.get("CIRCLE15_DATA", "").split(os.pathsep) if root]
    folder = next((folder for folder in (*folders, ROOT.parent / "shared" / "sources") if folder.is_dir()), None)
    if folder is None:
        pytest.skip("the source documents do not lie beside a data root")
    for key, document in source_documents().items():
        (path,) = folder.glob(f"{document.file}_*.txt")
        text = path.read_text(encoding="utf-8")
        assert [one.quote for name, one in STATEMENTS if name == key and one.quote not in text] == []


def answer(statement):
    if statement.rules:
        return " ".join(f"`{rule}`" for rule in statement.rules)
    if statement.column:
        return f"列 column `{statement.column}`"
    if statement.context:
        return "仅作背景 context only"
    return f"不能计算 not computable：{statement.why_zh} {statement.why_en}"


def test_the_guide_shows_every_statement():
    told = (ROOT / "docs/norms.md").read_text(encoding="utf-8")
    for document in source_documents().values():
        rows = "\n".join(f"| {one.quote} | {one.place} | {answer(one)} |" for one in document.statements)
        title = f"### {document.title_zh} · {document.title_en}"
        assert f"{title}\n\n| 原文 Quote | 位置 Place | 怎样处理 Answer |\n|---|---|---|\n{rows}\n" in told
