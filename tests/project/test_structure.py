"""The house: imports run one way, what runs the other way is caught, and tests stand like the code."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from itertools import takewhile
from pathlib import Path

import pytest

from tests.house import all_circles, arrows_of, circles, floors, neighbours, rooms_of, table
from tests.towns.package_trees import TREES

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


# -- The house in figures ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rooms():
    return rooms_of(ROOT / "circle15")


def house(folder: Path, files: dict[str, str]):
    """Rooms of a package ``h`` of these files."""
    for name, text in ({"__init__": ""} | files).items():
        path = folder / "h" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return rooms_of(folder / "h")


@pytest.mark.parametrize(
    "line",
    [
        "import h.b",
        "import h.b as b",
        "from h import b",
        "from h.b import x",
        "from h.b import *",
        "from . import b",
        "from .b import x",
        "def f():\n    from h import b",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from h.b import x",
        "class C:\n    def f(self):\n        if self:\n            import h.b",
    ],
)
def test_every_way_to_import_is_an_arrow(line, tmp_path):
    built = house(tmp_path, {"a": line, "b": "x = 1"})
    assert arrows_of(built) == {"h": set(), "h.a": {"h.b"}, "h.b": set()}
    assert all_circles(built) == []
    assert all_circles(house(tmp_path, {"b": "import h.a"})) == [["h.a", "h.b"]]


def test_what_is_taken_from_a_package_and_is_no_module_is_the_package_s(tmp_path):
    built = house(tmp_path, {"__init__": "from h.a import f\nv = 1", "a": "from h import v"})
    assert arrows_of(built) == {"h": {"h.a"}, "h.a": {"h"}}
    assert all_circles(built) == [["h", "h.a"]]


def test_packages_may_be_a_circle_where_no_module_is(tmp_path):
    # p.one -> q.one, q.two -> p.two: four modules without a circle, two packages with one.
    files = {"p/one": "import h.q.one", "p/two": "", "q/one": "", "q/two": "import h.p.two"}
    built = house(tmp_path, files | {"p/__init__": "", "q/__init__": ""})
    assert circles(arrows_of(built)) == []
    assert all_circles(built) == [["h.p", "h.q"]]


def test_figures_by_hand(tmp_path):
    #   a -> b, c     b -> c     floors 2, 1, 0
    long = "def long():\n" + '    """Two\n\n    lines."""\n' + "    x = 1\n" * 40
    written = '"""A."""\n# why\nimport h.b, h.c\n\nx = """\ntext\n"""\n'
    built = house(tmp_path, {"a": written, "b": "import h.c\n", "c": long})
    assert floors(neighbours(arrows_of(built), "h")) == {"h.a": 2, "h.b": 1, "h.c": 0}
    figures = {name: (room.code, room.docstrings, room.long_functions) for name, room in built.items()}
    # 41 lines are the def and forty more; the docstring has three.
    assert figures == {
        "h": (0, 0, ()), "h.a": (4, 1, ()), "h.b": (1, 0, ()), "h.c": (41, 3, ("long",)),
    }  # fmt: skip
    assert table(built)[-3:] == ["", "circles: 0", "h.c.long: over 40 lines"]


def test_the_house_has_no_circle_and_the_floors_that_are_drawn(rooms):
    assert all_circles(rooms) == []
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    drawn = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    place = {f"circle15.{name}": -k for k, level in enumerate(drawn) for name in level.split(" | ")}
    floor = floors(neighbours(arrows_of(rooms), "circle15"))
    assert set(floor) - set(place) == {"circle15.__main__", "circle15._version"}
    for name, targets in neighbours(arrows_of(rooms), "circle15").items():
        assert all(place[name] > place[target] for target in targets if name in place and target in place), name
    assert sum(room.code for room in rooms.values()) > 10_000


# -- What runs the wrong way is caught --------------------------------------------------------------


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """The package's code and the project's settings, to be spoilt."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(
        ROOT / "circle15", folder / "circle15", ignore=lambda at, names: {
            name for name in names if not (name.endswith(".py") or Path(at, name).is_dir()) or name == "__pycache__"
        },
    )  # fmt: skip
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def linted(folder: Path, more: dict[str, str]) -> tuple[int, str]:
    """Exit code and report of import-linter with lines more in some files, which are as before when it is done."""
    before = {name: path.read_text(encoding="utf-8") if (path := folder / name).exists() else None for name in more}
    try:
        for name, lines in more.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text((before[name] or "") + "\n" + lines + "\n", encoding="utf-8")
        program = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
        done = subprocess.run(
            [*program, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        for name, text in before.items():
            if text is None:
                (folder / name).unlink()
            else:
                (folder / name).write_text(text, encoding="utf-8")
    return done.returncode, done.stdout + done.stderr


def test_the_real_house_stands(copied):
    code, report = linted(copied, {})
    assert (code, ", 0 broken." in report) == (0, True), report
    # The copy was looked at, not what is installed.
    assert linted(copied, {"circle15/cli/commands.py": "import osmnx"})[0] == 1


LAYERS, SIBLINGS = "Data flows one way, from files to what people read", "No circle among siblings, inside packages too"
FACE, HOMES = "Nothing imports the public face of its own package", "Libraries with one home"
UP = "circle15.model.places -> circle15.study"


@pytest.mark.parametrize(
    ("more", "contract", "arrow"),
    [
        ({"circle15/model/places.py": "from circle15.study import analyse"}, LAYERS, UP),
        ({"circle15/model/places.py": "def f():\n    from circle15.study import analyse"}, LAYERS, UP),
        ({"circle15/model/places.py": "from typing import TYPE_CHECKING as T\nif T:\n    import circle15.study"},
         LAYERS, UP),
        ({"circle15/model/places.py": "if TYPE_CHECKING:\n    from circle15 import study"}, LAYERS, UP),
        ({"circle15/typology/kinds.py": "import circle15.demand.points"}, LAYERS,
         "circle15.typology.kinds -> circle15.demand.points"),
        ({"circle15/hours/opening.py": "def f():\n    from circle15.render.words import verdict"}, LAYERS,
         "circle15.hours.opening -> circle15.render.words"),
        ({"circle15/misc.py": ""}, LAYERS, "misc"),
        ({"circle15/render/report/files.py": "from circle15 import __version__"}, FACE,
         "circle15.render.report.files -> circle15"),
        ({"circle15/kernels/search.py": "def f():\n    import circle15"}, FACE, "circle15.kernels.search -> circle15"),
    ],
)  # fmt: skip
def test_an_arrow_that_runs_the_wrong_way_is_caught(copied, more, contract, arrow):
    code, report = linted(copied, more)
    assert code == 1, report
    assert f"{contract} BROKEN" in report
    assert arrow in report.partition("Broken contracts")[2]


def common_package(one: str, other: str) -> str:
    """The innermost package that two rooms stand in."""
    pairs = zip(one.split("."), other.split("."), strict=False)
    return ".".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def test_a_circle_inside_any_package_is_caught(copied, rooms):
    # In every package an arrow between two of its neighbours is lent the other way, inside a function.
    lent = {}
    for source, targets in sorted(arrows_of(rooms).items()):
        for target in sorted(targets):
            package = common_package(source, target)
            if package not in {"circle15", source, target}:
                lent.setdefault(package, (source, target))
    assert len(lent) > 20
    more: dict[str, str] = {}
    for source, target in lent.values():
        path = f"circle15/{target.removeprefix('circle15.').replace('.', '/')}"
        path = f"{path}.py" if (copied / f"{path}.py").exists() else f"{path}/__init__.py"
        more[path] = more.get(path, "") + f"\ndef f():\n    import {source}\n"
    code, report = linted(copied, more)
    assert (code, f"{SIBLINGS} BROKEN" in report) == (1, True), report
    assert [package for package in lent if f"No cycles are allowed in {package}." not in report] == []


def test_a_library_is_imported_in_its_home_only(copied):
    # Each in a file beside its home, where it would be handy.
    strangers = {
        "osmnx": "sources.osm.tags", "folium": "render.tables.frames", "branca": "render.map.payload",
        "rasterio": "sources.population.people", "exactextract": "demand.points",
    }  # fmt: skip
    more = {
        f"circle15/{module.replace('.', '/')}.py": f"def f():\n    import {library}.x"
        for library, module in strangers.items()
    }
    assert all((copied / name).exists() for name in more)
    code, report = linted(copied, more)
    assert (code, f"{HOMES}: OSMnx" in report) == (1, True), report
    for library, module in strangers.items():
        assert f"circle15.{module} -> {library}" in report


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ('import importlib\n\nimportlib.import_module("circle15.study")\n', True),
        ('from importlib import import_module as get\n\nget("circle15.study")\n', True),
        ('import builtins\n\nbuiltins.__import__("circle15.study")\n', True),
        ("from circle15.errors import InputError\n\nraise InputError\n", False),
    ],
)
def test_an_arrow_made_of_a_text_is_caught(line, caught):
    def codes(name: str) -> set[str]:
        line_of = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID", "--output-format", "concise"]
        done = subprocess.run(
            [*line_of, "--stdin-filename", name, "-"], input=line, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode in {0, 1}, done.stderr
        return {word for word in done.stdout.split() if word.startswith("TID")}

    assert codes("circle15/model/places.py") == ({"TID251"} if caught else set())
    assert codes("circle15/__init__.py") == set()  # the public face alone imports by text


def test_no_other_file_imports_by_text_and_nobody_switches_the_ban_off():
    for path, tree in TREES.items():
        text = path.read_text(encoding="utf-8")
        names = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(tree)} | imported(tree)
        assert "TID251" not in text, path
        # Ruff does not see the bare __import__, nor what else runs a module by its name.
        assert not names & {"__import__", "exec_module", "load_module", "run_module", "runpy"}, path
        assert "import_module" not in names or path == ROOT / "circle15/__init__.py", path
