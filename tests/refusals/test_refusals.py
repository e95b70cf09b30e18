"""The one door: no error of ours is worded elsewhere, and every refusal is whole in Chinese and in English."""

from __future__ import annotations

import ast
import copy
import pickle
import re
import string
import tomllib
import traceback
from pathlib import Path

import pytest

from circle15 import catalog, errors
from circle15.errors import Circle15Error, DataQualityWarning, FetchError, OutputError, PackError, SettingError
from circle15.refusals import advice, hint, refusal, refusal_words, warn_of
from tests.towns.package_trees import PACKAGE, TREES, calls, name_of

DOOR = "refusals/door.py"
WORDS = refusal_words()
CLASSES = {name for name in errors.__all__ if issubclass(getattr(errors, name), Circle15Error)}
HAN = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2,}")

WORDED_ELSEWHERE: dict[str, str] = {}
"""Modules that make errors of ours without the door -> why. None does."""

NO_CHINESE = {"file_refused": "a file before words that another refusal has in both languages"}
CHINESE_WITHIN_ENGLISH = {
    "communities_registered": "户籍",
    "registered_unneeded": "户籍人口",
    "registered_missing": "户籍人口",
    "open_at_words": "周二",
    "fetch_place": "姑苏区苏州市江苏省",
}
"""English that quotes what a Chinese table or city.toml says."""


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def worded(tree: ast.Module) -> list[int]:
    """Lines where an error of ours is made by its class, under whatever name it was imported."""
    names = CLASSES | {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname and alias.name in CLASSES
    }
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node) in names]


def fields(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


def needed(key: str) -> set[str]:
    """What a message names, its remedy's values among them."""
    entry = WORDS[key]
    own = fields(entry["en"]) | fields(entry["zh"])
    return own - {"remedy"} | needed(entry["remedy"]) if "remedy" in entry else own


# -- Nobody goes around the door ---------------------------------------------------------------------


def test_errors_are_worded_at_the_door_and_nowhere_else():
    elsewhere = {place(path) for path, tree in TREES.items() if place(path) != DOOR and worded(tree)}
    assert elsewhere == set(WORDED_ELSEWHERE)


@pytest.mark.parametrize(
    "code",
    [
        'raise PackError("broken")',
        'raise errors.SettingError(f"{x}") from None',
        "def f(x):\n    return InputError(message)",
        "from circle15.errors import FetchError as Failure\nraise Failure('no network')",
        "error = OutputError('full')\nraise error",
    ],
)
def test_an_error_worded_elsewhere_is_seen(code):
    assert worded(ast.parse(code))


def test_naming_a_class_is_not_making_an_error():
    code = """
try:
    raise refusal("x", error=PackError)
except (PackError, ValueError):
    raise KeyError("x") from None
"""
    assert worded(ast.parse(code)) == []


# -- Every message is whole --------------------------------------------------------------------------


@pytest.mark.parametrize("key", WORDS)
def test_a_refusal_says_the_same_in_both_languages(key):
    entry = WORDS[key]
    assert set(entry) - {"remedy", "suffixes"} == {"zh", "en"}
    assert fields(entry["zh"]) == fields(entry["en"])
    assert ("remedy" in entry) == ("remedy" in fields(entry["zh"]))
    assert entry.get("remedy", key) in WORDS


@pytest.mark.parametrize("key", WORDS)
def test_chinese_is_chinese_and_english_english(key):
    zh, en = WORDS[key]["zh"], WORDS[key]["en"]
    assert bool(HAN.search(zh)) == (key not in NO_CHINESE)
    assert not re.search(r"[，；：。（）“”]", en)
    assert set(HAN.findall(en)) == set(CHINESE_WITHIN_ENGLISH.get(key, ""))


def test_exceptions_are_codes():
    assert {*NO_CHINESE, *CHINESE_WITHIN_ENGLISH} <= set(WORDS)


def test_a_code_stands_once():
    """TOML refuses a key that stands twice in one file; here for all of them."""
    keys = [
        key
        for path in sorted((PACKAGE / "refusals").glob("*.toml"))
        for key in tomllib.loads(path.read_text(encoding="utf-8"))
    ]
    assert len(keys) == len(set(keys)) == len(WORDS)


# -- Every code is used, with its values ---------------------------------------------------------------


def test_every_code_is_used():
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))
    remedies = {entry["remedy"] for entry in WORDS.values() if "remedy" in entry}
    # hint(f"what_{what}"), hint(f"size_{key}"), and advice() by the kind of file
    made = ("advice_", *(call.args[0].values[0].value for _, call in calls("hint", "refusal") if is_made(call)))
    assert all(re.fullmatch("[a-z]+_", stem) for stem in made)
    for key in WORDS:
        assert f'"{key}"' in code or key in remedies or key.startswith(made), f"{key} is never said"


def is_made(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.JoinedStr)


def test_calls_name_a_code_and_give_its_values_and_no_others():
    for path, call in calls("refusal", "hint"):
        where = f"{place(path)}:{call.lineno}"
        if not (call.args and isinstance(call.args[0], ast.Constant)) or any(
            word.arg is None for word in call.keywords
        ):
            continue  # made up of parts, or values from elsewhere; the tests of its module produce it
        key = call.args[0].value
        assert key in WORDS, f"{where}: {key}"
        given = {word.arg for word in call.keywords} - ({"error"} if name_of(call) == "refusal" else set())
        assert needed(key) == given, f"{where}: {key}"


def test_no_value_brings_an_english_word_into_a_chinese_message():
    for path, call in calls("refusal", "hint"):
        where = f"{place(path)}:{call.lineno}"
        for value in (word.value for word in call.keywords if isinstance(word.value, ast.JoinedStr)):
            parts = " ".join(part.value for part in value.values if isinstance(part, ast.Constant))
            words = LATIN.findall(re.sub(r"\.[a-z]+\b", "", parts))
            assert words in ([], ["MB"]), f"{where}: {parts!r} is one language; give a pair, or hint()"


# -- The door itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", sorted(CLASSES))
def test_every_class_speaks_both_languages(error):
    made = refusal("table_no_bytes", error=getattr(errors, error), file="a.csv")
    assert type(made).__name__ == error
    assert str(made) == "a.csv: the file is empty (0 bytes); save or copy it again"
    assert made.zh == "a.csv：文件是空的（0字节）；请重新保存或复制一份"
    again = copy.copy(made)  # by the same way as between processes
    assert (type(again), str(again), again.zh) == (type(made), str(made), made.zh)


def test_a_class_is_chosen_by_the_caller_and_is_a_builtin_too():
    assert isinstance(refusal("table_no_bytes", file="a"), PackError)
    assert isinstance(refusal("cutoffs_none", error=SettingError), ValueError)
    assert isinstance(refusal("fetch_no_list", error=FetchError), ConnectionError)
    assert isinstance(refusal("report_font", error=OutputError), OSError)


def test_a_pair_is_the_word_of_each_language_and_other_tuples_are_values():
    told = refusal("frame_column", what=("设施", "facilities"), column="name")
    assert (told.zh[:2], str(told)[:10]) == ("设施", "facilities")
    told = refusal("cutoffs_rise", cutoffs=(15.0, 10.0))
    assert "(15.0, 10.0)" in told.zh
    assert "(15.0, 10.0)" in str(told)


def test_a_remedy_stands_in_its_own_language():
    told = refusal("osm_no_file", file="x", known=".osm")
    assert told.zh == "x：这不是文件；请给出 OpenStreetMap 文件（.osm）"
    assert str(told) == "x: this is not a file; give an OpenStreetMap file (.osm)"


def test_values_from_outside_are_no_templates():
    evil = "{file.__class__}{0}%s"
    assert str(refusal("table_no_bytes", file=evil)).startswith(evil + ": ")
    assert hint("pack_meant", name=evil)[0] == f"是不是“{evil}”？"


def test_a_code_or_a_value_that_is_missing_is_a_fault_of_the_code():
    with pytest.raises(KeyError):
        refusal("no_such_code")
    with pytest.raises(KeyError):
        refusal("table_no_bytes")


def test_the_words_cannot_be_written_to():
    with pytest.raises(TypeError):
        WORDS["x"] = {}


def test_the_catalogue_hands_the_same_door_on():
    assert (catalog.refusal, catalog.hint, catalog.advice) == (refusal, hint, advice)


def test_a_notebook_shows_the_chinese_below_the_english():
    broken = refusal("shp_part", file="town.shp", part="town.dbf")
    assert broken.__notes__ == [broken.zh]
    shown = "".join(traceback.format_exception(broken))
    assert shown.index(str(broken)) < shown.index("缺少同名文件")
    back = pickle.loads(pickle.dumps(broken))  # noqa: S301  # a worker process sends errors so
    assert (str(back), back.zh, back.__notes__) == (str(broken), broken.zh, broken.__notes__)


def test_a_warning_is_in_both_languages_and_points_at_the_caller():
    def door():
        warn_of("graph_twice", stacklevel=2, count=1)

    with pytest.warns(
        DataQualityWarning, match=r"1 edge of the graph stands twice and counts once\n图中有1条边"
    ) as heard:
        door()
    assert heard[0].filename == __file__
