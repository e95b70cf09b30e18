"""One public namespace: sorted, documented, and imported only when it is used."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
import types

import pytest

import circle15
from tests.towns.processor import within_s

HEAVY = (
    "geopandas", "numba", "folium", "osmnx", "pandas", "scipy", "shapely", "osmium", "networkx", "sklearn",
    "rich.progress", "pydantic",
)  # fmt: skip


SPOKEN_FOR = {"network", "profile"}
"""Parameters that mean the same wherever they stand; their types say it."""


def in_a_new_python(code: str) -> str:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def modules() -> list[str]:
    return [
        "circle15",
        *(m.name for m in pkgutil.walk_packages(circle15.__path__, "circle15.") if "__main__" not in m.name),
    ]


@pytest.mark.parametrize("name", modules())
def test_names_that_a_module_offers_are_there_sorted_and_documented(name):
    module = importlib.import_module(name)
    if not hasattr(module, "__all__"):
        assert hasattr(module, "__path__"), f"{name} does not say what it offers"  # a folder may offer nothing
        return
    offered = module.__all__
    assert list(offered) == sorted(offered, key=lambda word: (not word.isupper(), not word[0].isupper(), word))
    assert len(set(offered)) == len(offered)
    assert (module.__doc__ or "").strip()
    for public in offered:
        value = getattr(module, public)
        if isinstance(value, type | types.FunctionType | types.ModuleType):
            assert (inspect.getdoc(value) or "").strip(), f"{name}.{public}"


def test_the_public_face_and_the_table_of_its_homes_agree():
    assert list(circle15.__all__) == sorted(circle15.__all__)
    assert sorted(circle15._HOME) == sorted(circle15.__all__)
    assert set(circle15.__all__) < set(dir(circle15))
    assert not [name for name in circle15.__all__ if name.startswith("_")]


@pytest.mark.parametrize("name", circle15.__all__)
def test_a_public_function_says_what_it_takes_and_returns(name):
    value = getattr(circle15, name)
    if not isinstance(value, types.FunctionType):
        return
    doc = inspect.getdoc(value) or ""
    parameters = inspect.signature(value).parameters.values()
    for parameter in parameters:
        assert parameter.name in doc or parameter.name in SPOKEN_FOR, f"{name} says nothing of {parameter.name}"
        assert parameter.annotation is not inspect.Parameter.empty
    positional = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    assert len(positional) <= 3
    assert len(inspect.signature(value).parameters) <= 8


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'isochrone'"):
        circle15.isochrone  # noqa: B018


def test_import_circle15_imports_nothing_heavy():
    code = f"import sys, circle15; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert in_a_new_python(code) == "[]"


def test_functions_stay_functions_after_their_modules_are_imported():
    code = (
        "import circle15 as c15, circle15.routing.isochrones, circle15.study, importlib\n"
        "from circle15.network.graph import walk_graph\n"
        "importlib.import_module('circle15.accessibility.gaps')\n"
        "print(*(type(getattr(c15, name)).__name__ for name in ('isochrones', 'reach', 'gaps', 'coverage')))\n"
        "from circle15 import isochrones\n"
        "print(type(isochrones).__name__, type(circle15.study).__name__, type(c15.catalog).__name__)\n"
    )
    assert in_a_new_python(code).split() == ["function"] * 4 + ["function", "module", "module"]


def test_help_is_quick_and_imports_nothing_heavy():
    code = (
        "import sys\n"
        "sys.argv = ['circle15', '--help']\n"
        "from circle15.cli import main\n"
        "try: main()\n"
        f"except SystemExit as leaving: print(leaving.code, [name for name in {HEAVY!r} if name in sys.modules])"
    )
    with within_s(1):
        assert in_a_new_python(code).splitlines()[-1] == "0 []"


@pytest.mark.parametrize("command", ["map", "report", "check", "fetch"])
@pytest.mark.parametrize("city", ["suzho", "../../etc"])
def test_a_name_that_no_pack_bears_is_refused_before_anything_heavy_is_imported(command, city):
    heavy = [name for name in HEAVY if name != "pydantic"]  # with it typer itself reads arguments
    code = (
        "import sys\n"
        f"sys.argv = ['circle15', {command!r}, {city!r}]\n"
        "from circle15.cli import main\n"
        "try: main()\n"
        f"except SystemExit as leaving: print(leaving.code, [name for name in {heavy!r} if name in sys.modules])"
    )
    assert in_a_new_python(code).splitlines()[-1] == "3 []"


def test_reading_and_analysing_are_there_before_the_statistics():
    code = (
        "import sys, circle15.study\n"
        "print([name for name in ('scipy.stats', 'sklearn', 'matplotlib', 'folium', 'osmnx') if name in sys.modules])"
    )
    assert in_a_new_python(code) == "[]"


def test_listing_cities_draws_no_map():
    code = (
        "import sys\n"
        "sys.argv = ['circle15', 'cities']\n"
        "from circle15.cli import main\n"
        "try: main()\n"
        "except SystemExit: print([name for name in ('folium', 'numba', 'osmnx') if name in sys.modules])"
    )
    assert in_a_new_python(code).splitlines()[-1] == "[]"
