"""The documentation: all that is public stands in it, and docstrings refer to what exists."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from pydoc import locate

import pytest
from numpydoc.validate import validate

import circle15 as c15
from tests.towns.package_trees import TREES

ROOT = Path(__file__).parents[2]
REFERENCE = re.compile(r":(?:func|class|meth|mod|data|attr|exc|obj):`~?([\w.]+)`")
MODULES = sorted(path for path in (ROOT / "circle15").rglob("*.py") if path.name != "__main__.py")


def listed(page: str) -> list[str]:
    """Names in the tables of a page of the reference."""
    return re.findall(
        r"^   circle15\.([\w.]+)$", (ROOT / "docs" / "api" / page).read_text(encoding="utf-8"), re.MULTILINE
    )


def test_the_reference_groups_every_public_name_once():
    assert sorted(listed("index.md")) == c15.__all__


def test_the_reference_lists_every_module_of_the_top():
    top = {
        path.stem for path in (ROOT / "circle15").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    # The package typology offers a function of the same name as its module: that is listed by hand.
    assert sorted(listed("modules.md")) == sorted(
        {*(name for name in top if not name.startswith("_")), "typology.features"}
    )


def docstrings(node: ast.AST, owner: tuple[str, ...] = ()):
    """Every text that stands as a statement, with the classes around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and isinstance(child.value.value, str):
            yield owner, child.value.value
        else:
            yield from docstrings(child, (*owner, child.name) if isinstance(child, ast.ClassDef) else owner)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_references_of_docstrings_lead_somewhere(path):
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for owner, docstring in docstrings(TREES[path]):
        for target in REFERENCE.findall(docstring):
            places = (".".join([module, *owner, target]), f"{module}.{target}", target)
            assert any(locate(place) is not None for place in places), target


@pytest.mark.parametrize("name", [name for name in c15.__all__ if inspect.isfunction(getattr(c15, name))])
def test_parameters_of_public_functions_are_described_in_their_order(name):
    faults = [fault for fault in validate(f"circle15.{name}")["errors"] if fault[0] in {"PR01", "PR02", "PR03"}]
    assert not faults
