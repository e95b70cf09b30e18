"""How ``make docs`` reads this repository: Markdown where it stands, the API from docstrings, no network.

The source folder is the repository itself, so that README, guides, glossary and notebooks have one home each and
their links hold here and on a code host alike.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from pydoc import locate
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["NUMBA_DISABLE_JIT"] = "1"  # compiled loops are then functions, with signatures and docstrings

from circle15._version import __version__  # noqa: E402 (the path comes first)

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "circle15"
author = "The circle15 authors"
version = release = __version__
language = "en"

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_nb"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**", "notebooks/*.ipynb", "data/*/README.md"]
exclude_patterns = [".*", "build", "dist", "circle15", "tests", "benchmarks", "docs/_templates"]
templates_path = [str(ROOT / "docs" / "_templates")]

autosummary_ignore_module_all = False  # what a module offers is its __all__
add_module_names = False
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {"ArrayLike": "numpy.typing.ArrayLike"}
numpydoc_show_class_members = False  # classes list their members themselves
numpydoc_validation_checks = {"PR01", "PR02", "PR03"}  # parameters: missing, unknown, out of order
numpydoc_validation_overrides = {"PR01": [r"\A(?!(?s:.*)Parameters\n)"]}  # where a docstring lists any, it lists all

nb_execution_mode = "off"  # shown as stored; `make notebooks` runs them
myst_heading_anchors = 3

nitpicky = True
nitpick_ignore = [  # what modules keep to themselves, and types as they are written for checkers only
    ("py:class", "circle15.accessibility.coverage.PointsInReach"),
    ("py:class", "circle15.kernels.threads._T"),
    ("py:class", "circle15.render.map.folium_map._Text"),
    ("py:class", "circle15.sources.reading._T"),
    ("py:class", "circle15.sources.pack.whereabouts._T"),
    ("py:class", "Path"),
    ("py:class", "nx.MultiDiGraph"),
    ("py:class", "nx.MultiGraph"),
    ("py:class", "pd.DataFrame"),
]

nitpick_ignore_regex = [  # fields of tables of TOML, as pydantic annotates them
    ("py:(obj|class)", r"typing\.(Annotated|Literal)\[.*"),
    ("py:(class|obj)", r"circle15\.(catalog\.typed_toml|sources\.city_config)\._\w+"),
    ("py:class", r"_Pair|PydanticUndefined"),
    ("py:class", r"collections\.abc\.Mapping\[str"),
]

_ARRAY = re.compile(r"~?numpy\.ndarray\[tuple\[~?(?:typing\.)?Any, \.\.\.\], ~?numpy\.dtype\[(~?numpy\.\w+)\]\]")
_ALIAS = re.compile(r"TypeAliasForwardRef\('([\w.]+)'\)")

html_theme = "pydata_sphinx_theme"
html_title = f"circle15 {__version__}"
html_show_sphinx = False
html_copy_source = False
html_additional_pages = {"index": "redirect.html"}
html_theme_options = {
    "header_links_before_dropdown": 2,
    "navigation_with_keys": False,
    "footer_start": [],
    "footer_end": [],
}


def plain_signature(*event: Any) -> tuple[str, str | None] | None:
    """Types as the code writes them: arrays and aliases by their short names, defaults made per value as ``...``."""
    signature, returned = event[-2:]
    if signature is None:
        return None
    return _plain(signature.replace("<factory>", "...")), returned and _plain(returned)


def _plain(types: str) -> str:
    return _ARRAY.sub(r"~numpy.typing.NDArray[\1]", _ALIAS.sub(r"~\1", types))


def other_name(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element) -> Element | None:
    """Where a Python name leads that has no entry of its own.

    A public name such as ``circle15.reach`` leads to the module that defines it. A name of another library, whose
    inventory is not at hand offline, stays plain text, if the library really has it. Everything else is a warning.
    """
    target = node["reftarget"]
    thing = locate(target) if node["refdomain"] == "py" else None
    if thing is None:
        return None
    if not target.startswith("circle15"):
        return content
    home = f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', '')}"
    return env.domains.python_domain.resolve_xref(env, node["refdoc"], app.builder, "obj", home, node, content)


def setup(app: Sphinx) -> None:
    """Listen to how signatures are written, and where names lead."""
    # numpydoc reads signatures from first lines of docstrings; ours have none, and it stumbles over aliases of types.
    for listener in tuple(app.events.listeners["autodoc-process-signature"]):
        app.disconnect(listener.id)
    app.connect("autodoc-process-signature", plain_signature)
    app.connect("missing-reference", other_name)
