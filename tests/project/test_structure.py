"""The house: tests stand like the code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEST_FILES = sorted((ROOT / "tests").rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """Names of modules, and of what is taken from them, as import statements give them; lazy ones too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def private_to_tests(name: str) -> bool:
    """Whether a name is a test module or the configuration of pytest."""
    folder, _, rest = name.partition(".")
    return folder == "tests" and any(part.startswith("test_") or part == "conftest" for part in rest.split("."))


# -- Tests ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_imported_from_a_test(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [name for name in imported(tree) if private_to_tests(name)]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("from tests.routing.test_reach import town", 2),
        ("from tests.routing import test_reach", 1),
        ("def f():\n    import tests.routing.test_reach as reach", 1),
        ("from tests.conftest import SITES", 2),
        ("from tests.towns.lattice import grid", 0),
        ("from circle15.render.check import test_page", 0),
    ],
)
def test_an_import_from_a_test_is_noticed(line, names):
    assert sum(map(private_to_tests, imported(ast.parse(line)))) == names


def test_tests_stand_in_folders_like_the_code():
    packages = {
        path.parent.relative_to(ROOT / "circle15").as_posix() for path in ROOT.glob("circle15/*/**/__init__.py")
    }
    folders = {
        path.parent.relative_to(ROOT / "tests").as_posix() for path in TEST_FILES if path.name.startswith("test_")
    }
    assert folders - packages == {"project"}
    assert len(folders) > 20


def test_towns_hold_no_tests():
    towns = [path for path in TEST_FILES if path.parent.name == "towns"]
    assert len(towns) > 10
    for path in towns:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not [node.name for node in tree.body if getattr(node, "name", "").startswith("test_")], path
