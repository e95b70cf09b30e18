"""The guides to preparing data: every key and column stands in both, and their examples are good packs."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from circle15.catalog import services
from circle15.catalog.guide import GUIDES as GUIDE_FILES
from circle15.catalog.typed_toml import OneOf, checked
from circle15.cli import main
from circle15.sources.city_config import CityConfig, Provenance
from circle15.sources.datum import DATUMS
from circle15.sources.layers.files import LAYER_FILES
from circle15.sources.osm.streets import OSM_SUFFIXES
from circle15.sources.tables.sheets import SPREADSHEETS, TEXT_TABLES
from tests.towns.city_tables import TABLES, parts

ROOT = Path(__file__).parents[2]
GUIDES = ("docs/your-data.md", "docs/your-data.en.md")
COLUMNS = tomllib.loads((ROOT / "circle15/catalog/columns.toml").read_text(encoding="utf-8"))["column"]
MESSAGES = [
    path.relative_to(ROOT).as_posix()
    for path in (*(ROOT / "circle15").rglob("*.toml"), *(ROOT / "circle15").rglob("*.py"))
    if path.suffix == ".toml" or path.parent.name == "cli"
]
LEAST = {"name": "试城", "crs": "EPSG:4549", "communities": {"file": "c.gpkg"}}

guide = pytest.mark.parametrize("name", GUIDES)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, table: str) -> str:
    """The part of a guide that tells of one table of ``city.toml``: from its heading to the next one."""
    heading = {"": r"\*\*(?:最上面|At the top)\*\*"}.get(table, rf"\*\*`\[+{re.escape(table)}\]+`\*\*")
    found = re.search(heading + r"(.*?)(?=\n\*\*|\n## )", text(name), re.DOTALL)
    assert found, f"{name} has no part on [{table}]"
    return found[1]


def choices() -> Iterator[str]:
    """Every word of a key that takes one of some words."""
    for model in TABLES.values():
        for field in model.model_fields.values():
            for kind in (*parts(field.annotation), *field.metadata):
                if get_origin(kind) is Literal:
                    yield from get_args(kind)
                if isinstance(kind, OneOf):
                    yield from kind.known()


def words_in_ticks(part: str) -> set[str]:
    return {word for quoted in re.findall(r"`([^`\n]+)`", part) for word in re.findall(r"\w+", quoted)}


@guide
@pytest.mark.parametrize("table", TABLES)
def test_every_key_of_a_pack_is_told(name, table):
    origin = {*Provenance.model_fields, "synthetic"}
    assert origin <= words_in_ticks(text(name))
    keys = set(TABLES[table].model_fields)
    assert keys - (origin if origin <= keys else set()) <= words_in_ticks(section(name, table))


def test_the_tables_are_those_of_the_guides():
    assert list(TABLES) == [
        "", "settings", "network", "services", "facilities", "communities", "communities.people", "population",
        "survey", "capacity", "costs", "context",
    ]  # fmt: skip


@guide
def test_every_column_is_told(name):
    assert {f"`{column}`" for column in COLUMNS} <= set(re.findall(r"`\w+`", text(name)))


@guide
def test_every_choice_is_told(name):
    told = set(re.findall(r"`([^`\n]+)`", text(name)))
    words = words_in_ticks(text(name))
    assert {*TEXT_TABLES, *SPREADSHEETS, *LAYER_FILES, *OSM_SUFFIXES, *DATUMS, *services()} <= told
    assert {"moat", "count", "once", "registered", *choices()} <= words


@guide
def test_the_examples_are_good_packs(name):
    examples = re.findall(r"```toml\n(.*?)```", text(name), re.DOTALL)
    assert len(examples) == 5
    for example in examples:
        checked(CityConfig, LEAST | tomllib.loads(example), file=name)


@pytest.mark.parametrize("where", ["README.md", "README.zh-CN.md", *GUIDES])
def test_the_guides_are_found(where):
    assert "your-data" in text(where)


# -- circle15 guide --------------------------------------------------------------------------------


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line in this process: (exit code, standard output, standard error)."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["circle15", *map(str, words)])
        with pytest.raises(SystemExit) as leaving:
            main()
        return (int(leaving.value.code or 0), *capsys.readouterr())

    return call


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("topic", GUIDE_FILES)
def test_a_guide_is_its_file_with_commands_for_links(run, topic, language):
    code, out, err = run("guide", topic, *(["--en"] if language == "en" else []))
    assert (code, err) == (0, "")
    written = text(f"docs/{GUIDE_FILES[topic][language]}")
    links = re.compile(r"\[[^\]]+\]\([^)]+\.md\)")
    changed = [
        (ours, theirs) for ours, theirs in zip(written.splitlines(), out.splitlines(), strict=True) if ours != theirs
    ]
    assert [ours for ours, _ in changed] == [line for line in written.splitlines() if links.search(line)]
    for _, line in changed:
        assert "circle15 guide" in line
        assert not links.search(line)


@guide
def test_a_printed_guide_names_commands_that_print(run, name):
    language = "en" if name.endswith("en.md") else "zh"
    _, out, _ = run("guide", *(["--en"] if language == "en" else []))
    commands = set(re.findall(r"`circle15 (guide[^`]*)`", out))
    assert commands == {"guide norms", "guide" if language == "en" else "guide --en"}
    for command in commands:
        assert run(*command.split())[0] == 0


def test_a_guide_is_written_to_a_file(run, tmp_path):
    code, out, _ = run("guide", "norms", "--out", tmp_path / "norms.md")
    assert (code, out) == (0, f"{tmp_path / 'norms.md'}\n")
    assert (tmp_path / "norms.md").read_text(encoding="utf-8").startswith(text("docs/norms.md").splitlines()[0])


def test_an_unknown_guide_is_refused_in_both_languages(run):
    code, out, err = run("guide", "norm")
    assert (code, out) == (3, "")
    assert "可选：data, norms, deciding, page" in err
    assert "there is no guide 'norm' (choose one of data, norms, deciding, page); did you mean 'norms'?" in err


@pytest.mark.parametrize("where", MESSAGES)
def test_no_message_points_to_a_file_of_the_checkout(where):
    assert "docs/" not in text(where)


def test_a_new_pack_names_the_guides(run, tmp_path):
    code, out, _ = run("new", "tryton", "--data", tmp_path)
    assert (code, out.splitlines()[-1].split(": ")[-1]) == (0, "circle15 guide, circle15 guide --en")
    template = (tmp_path / "tryton" / "city.toml").read_text(encoding="utf-8")
    assert "circle15 guide --en\n" in template
    assert "circle15 guide norms\n" in template
