"""The types by which the page's code is checked, held against what Python writes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from circle15.model.changes import AddFacility, MergeCommunities
from circle15.render.map.page_file import words
from circle15.render.map.payload import payload
from tests.towns.packed_sections import verdict_parts
from tests.towns.page_fixture import analysis
from tests.towns.scenarios import analysed, at, changed, street
from tests.towns.verdict_fixture import judged

ROOT = Path(__file__).parents[3]
TSC = ROOT / "node_modules/.bin/tsc"

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(
        shutil.which("node") is None or not TSC.exists(), reason="no TypeScript (`make lint` brings it)"
    ),
]


def complaints(values: dict[str, Any], folder: Path) -> str:
    """What the compiler says of values, each under the name of the type that it should have."""
    types = ROOT / "circle15/render/map/page/content.js"
    lines = [
        f"/** @type {{import({json.dumps(str(types))}).{kind}}} */\nexport const a{kind} = {json.dumps(value)};\n"
        for kind, value in values.items()
    ]
    settings = {
        "extends": str(ROOT / "tsconfig.json"),
        "compilerOptions": {"types": []},
        "include": ["values.js"],
    }
    (folder / "values.js").write_text("".join(lines), encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    line = [str(TSC), "--project", str(folder / "tsconfig.json")]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False).stdout


def test_what_python_writes_has_the_types_of_the_page(tmp_path: Path) -> None:
    content = payload(judged()) | {"tiles": None, "words": words()}
    assert complaints({"Content": content, "VerdictParts": verdict_parts(content)}, tmp_path) == ""


def test_a_page_without_verdicts_too(tmp_path: Path) -> None:
    assert complaints({"Content": payload(analysis()) | {"tiles": None, "words": words()}}, tmp_path) == ""


def test_the_page_of_a_scheme_too(tmp_path: Path) -> None:
    merged = MergeCommunities(community_ids=("b", "c"), into="b", name="乙丙")
    clinic = AddFacility(facility_id="n", name="新站", services=("clinic",), at=at(2000))
    base = analysed(street())
    contents = {}
    for kind, changes in {"Content": (clinic,), "Other": (merged, clinic)}.items():
        contents[kind] = payload(analysed(changed(*changes)), base=base) | {"tiles": None, "words": words()}
    assert complaints({"Content": contents["Content"]}, tmp_path) == ""
    assert complaints({"Content": contents["Other"]}, tmp_path) == ""


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("fewest", "ten", "Type 'string' is not assignable to type 'number'"),
        ("bounds", [120, 31], "Source has 2 element(s) but target requires 4"),
        ("density", 3, "'\"density\"' does not exist in type 'Content'"),
    ],
)
def test_a_value_of_another_type_is_found(key: str, value: object, complaint: str, tmp_path: Path) -> None:
    content = payload(analysis()) | {"tiles": None, "words": words(), key: value}
    assert complaint in complaints({"Content": content}, tmp_path)
