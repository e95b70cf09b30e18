"""One word for one thing in all that people read: catalogue, page, guides; the outputs are read by their own tests."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.towns.package_trees import PACKAGE, TREES
from tests.towns.prose import faults
from tests.towns.vocabulary import SYNONYMS, banned

ROOT = PACKAGE.parent
HAN = re.compile("[\u4e00-\u9fff]")
READ_IN = {
    "columns.toml",
    "services.toml",
    "tiers.toml",
    "opening.toml",
    "life_cycle.toml",
    "same_place.toml",
    "datums.toml",
}
"""Of the catalogue: words of other people's files, which are understood and not said."""
NORMS_OWN = {"title_zh", "title_en", "quote", "quote_zh", "quote_en", "source_zh", "source_en", "clause", "unit"}
"""Of books of norms: what the norm itself says."""


def strings(value: Any, skipped: frozenset[str] = frozenset()) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, one in value.items():
                if key not in skipped:
                    yield from strings(one, skipped)
        case list():
            for one in value:
                yield from strings(one, skipped)


def catalogue() -> Iterator[tuple[str, str]]:
    files = [*(PACKAGE / "catalog").rglob("*.toml"), *(PACKAGE / "refusals").glob("*.toml")]
    for path in [*files, PACKAGE / "render/tables/columns.toml"]:
        if path.name == "synonyms.toml" or (path.parent.name == "catalog" and path.name in READ_IN):
            continue
        skipped = frozenset(NORMS_OWN if path.parent.name == "norms" else {"unit"})
        for text in strings(tomllib.loads(path.read_text(encoding="utf-8")), skipped):
            yield str(path.relative_to(ROOT)), text


def page() -> Iterator[tuple[str, str]]:
    folder = PACKAGE / "render/map/page"
    for text in strings(json.loads((folder / "words.json").read_text(encoding="utf-8"))):
        yield "words.json", text
    for path in sorted(folder.glob("*.js")):
        for quoted in re.findall(r"'([^'\n]*)'", path.read_text(encoding="utf-8")):
            if HAN.search(quoted):
                yield path.name, quoted


def code() -> Iterator[tuple[str, str]]:
    for path, tree in TREES.items():
        documents = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and node not in documents
                and isinstance(node.value, str)
                and HAN.search(node.value)
            ):
                yield str(path.relative_to(ROOT)), node.value


def guides() -> Iterator[tuple[str, str]]:
    paths = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "README.zh-CN.md"]
    paths += [*(ROOT / "data").glob("*/README.md"), PACKAGE / "render/pack_template.toml"]
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            yield str(path.relative_to(ROOT)), line
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                yield path.name, "".join(cell["source"])


def test_what_outputs_say_stands_in_the_catalogue():
    assert [(where, text) for where, text in code() if where.startswith("circle15/render/")] == []


@pytest.mark.parametrize("read", [catalogue, page, code, guides])
def test_no_text_says_a_word_that_was_given_up(read):
    told = list(read())
    assert told
    found = [f"{where}: {words} in {text[:80]!r}" for where, text in told if (words := banned(text))]
    assert not found, "\n".join(found)


def test_no_word_is_both_said_and_given_up():
    said = {entry["say"] for entry in SYNONYMS}
    for entry in SYNONYMS:
        assert not said & set(entry["not"]), entry
        assert entry["reason"], entry


def test_the_words_that_are_said_stand_in_the_glossary_or_the_catalogue():
    glossary = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = [glossary, *(text for _, text in catalogue())]
    for entry in SYNONYMS:
        assert any(entry["say"] in text for text in told), entry["say"]


def test_guides_set_numbers_as_the_outputs_do():
    inside, found = False, []
    for where, line in guides():
        inside ^= line.startswith("```")
        plain = re.sub(r"^\d+\. ", "", re.sub("`[^`]*`", "X", line))
        if where.endswith(".md") and not inside:
            found += [f"{where}: {line[:80]}" for fault in faults(plain) if "number" in fault]
    assert not found, "\n".join(found)
