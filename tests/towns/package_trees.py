"""The package's code as trees, parsed once for all tests that look at code."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "circle15"
TREES: Mapping[Path, ast.Module] = {
    path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))
}
"""Every module of the package by its file, in the order of the files. Nobody changes one."""


def name_of(call: ast.Call) -> str:
    """The name by which something is called, without what it is an attribute of."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def calls(*names: str) -> list[tuple[Path, ast.Call]]:
    """Every call of functions in the package, with the file it stands in; in the order of files and lines."""
    return [(path, call) for path, of in _calls().items() for name, call in of if name in names]


@cache
def _calls() -> Mapping[Path, list[tuple[str, ast.Call]]]:
    return {
        path: [(name_of(node), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for path, tree in TREES.items()
    }
