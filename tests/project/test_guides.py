"""The guides to preparing data: every key and column stands in both, and their examples are good packs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from circle15.catalog import services
from circle15.sources.datum import DATUMS
from circle15.sources.layers.files import LAYER_FILES
from circle15.sources.osm.streets import OSM_SUFFIXES
from circle15.sources.pack.keys import _CHOICES, _KEYS, _USES, LAYERS, check_config
from circle15.sources.tables.sheets import SPREADSHEETS, TEXT_TABLES

ROOT = Path(__file__).parents[2]
GUIDES = ("docs/your-data.md", "docs/your-data.en.md")
COLUMNS = tomllib.loads((ROOT / "circle15/catalog/columns.toml").read_text(encoding="utf-8"))["column"]
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


def words_in_ticks(part: str) -> set[str]:
    return {word for quoted in re.findall(r"`([^`\n]+)`", part) for word in re.findall(r"\w+", quoted)}


@guide
@pytest.mark.parametrize("table", _KEYS)
def test_every_key_of_a_pack_is_told(name, table):
    origin = {"label_zh", "label_en", "attribution", "licence", "url", "date", "synthetic"}
    assert origin <= words_in_ticks(text(name))
    needed = set(_KEYS[table]) - (origin if origin <= set(_KEYS[table]) else set())
    assert needed <= words_in_ticks(section(name, table))


@guide
def test_every_column_is_told(name):
    assert {f"`{column}`" for column in COLUMNS} <= set(re.findall(r"`\w+`", text(name)))


@guide
def test_every_choice_is_told(name):
    told = set(re.findall(r"`([^`\n]+)`", text(name)))
    words = words_in_ticks(text(name))
    assert {*TEXT_TABLES, *SPREADSHEETS, *LAYER_FILES, *OSM_SUFFIXES, *DATUMS, *services()} <= told
    assert {*LAYERS, *_USES, *(word for choice in _CHOICES.values() for word in choice)} <= words


@guide
def test_the_examples_are_good_packs(name):
    examples = re.findall(r"```toml\n(.*?)```", text(name), re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        check_config(Path(name), LEAST | tomllib.loads(example))


@pytest.mark.parametrize(
    "where", ["README.md", "README.zh-CN.md", "circle15/render/pack_template.toml", "circle15/cli.py", *GUIDES]
)
def test_the_guides_are_found(where):
    assert "your-data" in text(where)
