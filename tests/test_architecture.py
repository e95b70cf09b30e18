"""Imports run one way, as the road through the house is drawn.

::

    errors < kernels < model < catalog < spoken_hours < opening < sources < network < snapping < datum_check
        < interchange < walk_graph < reach < nearest < isochrones < outlines < grow < homes < demand < delivery
        < coverage < gaps < subdistricts < decay < routes < norm_ground < norm_measures < norms < access < links
        < attribution < draws < robustness < field_checks < stability < equity < typology < comparison < checks
        < study < cli
    render sees errors, model and catalog

Imports inside functions and under TYPE_CHECKING count: an arrow is an arrow. Two are lent, and only
while a function runs: results of ``study`` draw and save themselves through ``render``, and
``WalkNetwork.from_osmnx`` and its sisters open the door to ``interchange``.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "circle15"
ROAD = (
    "errors", "kernels", "model", "catalog", "spoken_hours", "opening", "sources", "network", "snapping", "datum_check",
    "interchange", "walk_graph", "reach", "nearest", "isochrones", "outlines", "grow", "homes", "demand", "delivery",
    "coverage", "gaps", "subdistricts", "decay", "routes", "norm_ground", "norm_measures", "norms", "access", "links",
    "attribution", "draws", "robustness", "field_checks", "stability", "equity", "typology", "comparison", "checks",
    "study",
)  # fmt: skip
ONLY = {
    "errors": set(),
    "kernels": {"errors"},
    "model": {"errors"},
    "catalog": {"errors", "model"},
    "sources": {"errors", "model", "catalog", "opening"},
    "render": {"errors", "model", "catalog"},
    "cli": {"errors", "model", "catalog", "sources", "study", "render"},  # fetch and cities ask the packs directly
    "__main__": {"cli"},
}
AT_HOME = {
    "osmnx": "sources", "rasterio": "sources", "exactextract": "sources", "folium": "render", "branca": "render",
}  # fmt: skip
LENT = {("study", "render"), ("model", "interchange")}
FACADE = "__init__"  # the public names, imported when first used


@dataclass(frozen=True)
class Arrow:
    """One import: from a part of the package to a module."""

    part: str
    target: str
    where: str
    lazy: bool


def may(part: str) -> set[str]:
    """Which other parts a part may import."""
    if part in ONLY:
        return ONLY[part]
    return set(ROAD[: ROAD.index(part)])


def arrows(part: str, source: str, where: str = "") -> list[Arrow]:
    """All imports in a source text, also those in functions, classes and TYPE_CHECKING blocks."""
    tree = ast.parse(source)
    inside = {
        id(node)
        for scope in ast.walk(tree)
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(scope, ast.If) and ast.unparse(scope.test) == "TYPE_CHECKING")
        for node in ast.walk(scope)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            targets = [f"{base}.{alias.name}" for alias in node.names] if base == "circle15" else [base]
        else:
            continue
        found += [Arrow(part, target, f"{where}:{node.lineno}", id(node) in inside) for target in targets]
    return found


def faults(found: list[Arrow]) -> list[str]:
    """Arrows that run the wrong way, each with its place."""
    wrong = []
    for arrow in found:
        names = arrow.target.split(".")
        if names[0] in AT_HOME and arrow.part != AT_HOME[names[0]]:
            wrong.append(f"{arrow.where}: {arrow.part} imports {names[0]}, which belongs to {AT_HOME[names[0]]}")
        elif arrow.target.startswith("."):
            wrong.append(f"{arrow.where}: relative import {arrow.target}; write the whole name")
        elif arrow.target == "circle15":
            wrong.append(f"{arrow.where}: {arrow.part} imports the public face of its own package")
        elif names[0] == "circle15" and names[1] != arrow.part and not names[1].startswith("__"):
            lent = (arrow.part, names[1]) in LENT and arrow.lazy
            if names[1] not in may(arrow.part) and not lent:
                wrong.append(f"{arrow.where}: {arrow.part} imports {arrow.target}")
    return wrong


def sources() -> list[tuple[str, Path]]:
    """Every module of the package with the part it belongs to, the public face left out."""
    return [
        (path.relative_to(PACKAGE).parts[0].removesuffix(".py"), path)
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / f"{FACADE}.py"
    ]


def test_imports_run_one_way():
    found = [
        arrow
        for part, path in sources()
        for arrow in arrows(part, path.read_text(encoding="utf-8"), str(path.relative_to(PACKAGE)))
    ]
    assert len(found) > 50
    assert faults(found) == []


def test_every_part_has_its_place_on_the_road():
    assert {part for part, _ in sources()} <= {*ROAD, *ONLY}


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("coverage", "from circle15.gaps import gaps"),
        ("reach", "def f():\n    from circle15.study import analyse"),
        ("model", "if TYPE_CHECKING:\n    from circle15.network import snap"),
        ("sources", "import circle15.network"),
        ("render", "from circle15 import study"),
        ("render", "from circle15.sources.layers import read"),
        ("kernels", "from circle15.model import Streets"),
        ("gaps", "import circle15 as c15"),
        ("gaps", "from .coverage import coverage"),
        ("gaps", "from . import coverage"),
        ("network", "def f():\n    import osmnx as ox"),
        ("study", "import folium.plugins"),
        ("study", "if TYPE_CHECKING:\n    import folium"),
        ("study", "from circle15.render import save"),
        ("model", "from circle15.interchange import from_networkx"),
        ("cli", "from circle15.network import snap"),
    ],
)
def test_a_back_arrow_is_seen(part, source):
    assert len(faults(arrows(part, source))) == 1


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("gaps", "from circle15.coverage import coverage"),
        ("study", "def f():\n    from circle15.render import save"),
        ("study", "if TYPE_CHECKING:\n    from circle15.render.folium_map import CircleMap"),
        ("sources", "def f():\n    import osmnx"),
        ("render", "from circle15.render.atomic import write_whole"),
        ("render", "from circle15 import catalog, model"),
        ("cli", "from circle15 import __version__"),
        ("isochrones", "from circle15.kernels.search import search"),
    ],
)
def test_an_arrow_along_the_road_is_fine(part, source):
    assert faults(arrows(part, source)) == []
