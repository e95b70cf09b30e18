"""The page's modules joined: what is left out of them, and what must not be."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from circle15.render.map import page_file
from circle15.render.map.page_file import app_script

PAGE = Path(page_file.__file__).parent / "page"

SOURCE = """\
/** A comment. @param {number} a */
const half = (a) => /** @type {number} */ (a) / 2;
/** @type {string} */ const star = '/** not a comment */';
  /**
   * Two lines,
   * and a pattern: 'a/*.js'.
   */
  const path = "https://x/**";

// A line of its own.
return [half(4), star, path, 6 / 2]; // a comment behind code stays
"""


def test_comments_and_types_go_and_code_stays() -> None:
    assert page_file._slim(SOURCE) == (
        "const half = (a) => (a) / 2;\n"
        "const star = '/** not a comment */';\n"
        'const path = "https://x/**";\n'
        "return [half(4), star, path, 6 / 2]; // a comment behind code stays\n"
    )


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="no Node")
def test_slim_code_gives_what_the_source_gives() -> None:
    results = [
        subprocess.run(
            ["node", "--eval", f"console.log(JSON.stringify((() => {{ {source} }})()))"],
            capture_output=True, text=True, timeout=60, check=True,
        ).stdout
        for source in (SOURCE, page_file._slim(SOURCE))
    ]  # fmt: skip
    assert results[0] == results[1]
    assert json.loads(results[0]) == [2, "/** not a comment */", "https://x/**", 3]


@pytest.mark.parametrize("quote", ["'", '"'])
def test_an_import_is_taken_from_the_module_before_it(quote: str) -> None:
    source = f"import {{\n  a,\n  b as c,\n}} from {quote}./x.js{quote};\nexport const d = a;\n"
    with pytest.raises(ValueError, match=r"y\.js: only .* can be joined"):
        page_file._wrapped("y", source)
    joined = page_file._wrapped("y", source.replace("b as c", "b"))
    assert joined == "const module_y = (() => {\nconst {\na,\nb,\n} = module_x;\nconst d = a;\n\nreturn { d };\n})();\n"


def test_every_module_is_joined_once_without_its_comments() -> None:
    script = app_script()
    joined = re.findall(r"^const module_(\w+) = ", script, re.MULTILINE)
    # content.js holds types alone.
    assert sorted([*joined, "content"]) == sorted(path.stem for path in PAGE.glob("*.js"))
    assert not re.search(r"/\*\*|@param|@typedef|^\s*(?:import|export)\b", script, re.MULTILINE)


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="no Node")
def test_the_joined_script_is_a_function_of_map_and_document(tmp_path: Path) -> None:
    path = tmp_path / "page.js"
    path.write_text(f"if (({app_script()}).length !== 2) throw new Error('start takes a map and a document');\n")
    subprocess.run(["node", str(path)], capture_output=True, timeout=60, check=True)
