"""The guides to deciding: every kind of change and every key stands in both, and their examples are good."""

from __future__ import annotations

import ast
import importlib
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from circle15.catalog.facts import read_facts
from circle15.planning.scenario.application import FUNCTIONS
from circle15.sources.scenario_files import read_scenario

ROOT = Path(__file__).parents[2]

guide = pytest.mark.parametrize("name", ["deciding.md", "deciding.en.md"])


def text(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@guide
@pytest.mark.parametrize("kind", FUNCTIONS, ids=lambda kind: kind.kind)
def test_every_kind_of_change_and_its_keys_are_told(name, kind):
    (line,) = (line for line in text(name).splitlines() if re.match(rf"\|[^|]*`{kind.kind}`", line))
    assert {field.name for field in fields(kind)} <= set(re.findall(r"`(\w+)`", line))


@guide
def test_the_example_of_a_file_is_read(name, tmp_path):
    (example,) = re.findall(r"```json\n(.*?)```", text(name), re.DOTALL)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(json.loads(example)), encoding="utf-8")
    assert [change.kind for change in read_scenario(path).scenario.changes] == ["add_service", "open_gate"]


@guide
def test_the_example_in_python_names_what_there_is(name):
    (example,) = re.findall(r"```python\n(.*?)```", text(name), re.DOTALL)
    imports = [node for node in ast.walk(ast.parse(example)) if isinstance(node, ast.ImportFrom)]
    for node in imports:
        module = importlib.import_module(str(node.module))
        assert all(hasattr(module, alias.name) for alias in node.names)


@guide
def test_the_bounds_are_those_of_the_catalogue(name):
    bounds = read_facts("scenario.toml")
    for value in (bounds["link"]["end_m"], bounds["link"]["most_m"], bounds["again"]["within_m"]):
        assert f"{value:,.0f}" in text(name)
