"""Every statement of the source documents has one answer, stands in its document and in docs/norms.md."""

from __future__ import annotations

import json
import os
import re
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


def beside(folder):
    """A folder beside a data root, or beside the checkout; the test is skipped where there is none."""
    roots = [Path(root).parent for root in os.environ.get("CIRCLE15_DATA", "").split(os.pathsep) if root]
    found = next((path for root in (*roots, ROOT.parent / "shared") if (path := root / folder).is_dir()), None)
    if found is None:
        pytest.skip(f"no folder {folder} lies beside a data root")
    return found


@pytest.mark.real
@pytest.mark.parametrize("key", source_documents())
def test_quotes_are_the_documents_own_words_and_no_number_is_left_out(key):
    document = source_documents()[key]
    (path,) = beside("sources").glob(f"{document.file}_*.txt")
    text = path.read_text(encoding="utf-8")
    assert [one.quote for one in document.statements if one.quote not in text] == []
    quoted = bytearray(len(text))
    for one in document.statements:
        for match in re.finditer(re.escape(one.quote), text):
            quoted[match.start() : match.end()] = b"1" * len(one.quote)
    clauses = [(match.span(), match.group()) for match in re.finditer(r"[^,，。;；\n]+", text)]
    told = [(span, NO_NUMBER.sub("", clause)) for span, clause in clauses]
    left = [clause for (start, end), clause in told if re.search(r"\d", clause) and not any(quoted[start:end])]
    assert left == []


NO_NUMBER = re.compile(
    r"(?:从|到|于)?(?:\d{4}-)?\d{4}年(?:\d+月|第二季度)?|\d+月\d+日|去年\d+月"  # dates
    r"|^\d\.|\(\d\)|^-? ?\d{4}(?:字|-.*)"  # numbers of paragraphs, lengths and dates of pages
    r"|^\s*(?:发布时间|本社地址|办公室电话|\(025\)|中国互联网举报|Copyright|互联网新闻).*"  # the imprint
)
"""What has digits in the documents and is no statement."""


GOLDEN = {
    "js13-area-per-100hh": "js13-area-per-100hh", "js-centre-400": "js13-centre-400", "js-open-8h": "js13-open-8h",
    "js-facility-compliance": "js-facility-rate", "js-function-100": "js-functions-rate",
    "js13-function-u": "js13-functions-rate-urban", "js13-function-r": "js13-functions-rate-rural",
    "js-daycare-per-street": "js-daycare-per-subdistrict", "js-homecare-80": "js-homecare-rate",
    "js13-grid-r": "js13-grid-rural", "js13-grid-cover": "js13-grid-coverage", "sz-workers-18": "sz-workers-18",
    "gb50180-clinic-centre-area": "gb50180-clinic-centre-area",
    "gb50180-clinic-station-area": "gb50180-clinic-station-area",
    "js-law-old-15": "jse2022-built-15", "wz2022-resident-use": "cc2022-resident-use", "embed-600": "embed-600",
    "embed-800": "embed-800",
}  # fmt: skip
DISTANCES = {
    "tr-circle-1km": "case-circle-1km", "gb50180-clinic-centre": "gb50180-clinic-centre",
    "gb50180-clinic-station": "gb50180-clinic-station", "gb50180-daycare": "gb50180-daycare",
    "default-meal-300": "default-meal-300", "sh2016-elderly-500": "default-meal-500",
}  # fmt: skip
OTHERS = {
    "gb50180-daycare-area": "350 m2 at least: more than 750 are no fault",
    "js-meal-full": "95 %, a convention", "js-15min-circle": "90 % within 15 minutes", "js13-grid-u": "200 to 400",
    "gb50180-15min-dist": "by facility", "gb50180-10min-dist": "by facility", "gb50180-5min-dist": "by facility",
    "gb50180-15min-pop": "size of a circle", "gb50180-10min-pop": "size", "gb50180-5min-pop": "size",
    "js-law-new-20": "shown: no table says which areas are new", "gb50437-beds": "no list of institutions",
    "zj-density-500": "another province", "zj-density-1000": "another province",
    "clinic-2006-centre-area": "superseded?", "clinic-2006-station-area": "superseded?",
}  # fmt: skip
"""Golden values that no rule states in this form, and why."""


@pytest.mark.real
def test_golden_thresholds_are_those_of_the_books():
    golden = {one["id"]: one for one in json.loads((beside("golden") / "norms.json").read_text(encoding="utf-8"))}
    assert set(golden) == {*GOLDEN, *DISTANCES, *OTHERS}
    for key, clause in GOLDEN.items():
        rule, value = RULES[clause], golden[key]["value"]
        assert (rule.at_least, rule.at_most) == (tuple(value) if isinstance(value, list) else (value, None)), key
    assert {key: RULES[clause].metres for key, clause in DISTANCES.items()} == {
        key: golden[key]["value"] for key in DISTANCES
    }


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
