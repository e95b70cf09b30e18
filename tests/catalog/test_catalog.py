"""Facts as data: every entry is whole, every phrase is there in both languages, with the same values in it."""

from __future__ import annotations

import ast
import json
import re
import string
import tomllib
from importlib.resources import files
from typing import get_args

import pytest

from circle15.catalog import (
    column_synonyms,
    column_title,
    finding,
    fold_header,
    numeric_columns,
    personal_columns,
    profile,
    profiles,
    reason,
    services,
    text,
    walking,
    way_classes,
)
from circle15.errors import SettingError
from circle15.model import WalkProfile
from circle15.model.provenance import FileRole
from circle15.sources.pack.osm_facilities import _LOSSES
from tests.towns.package_trees import PACKAGE, TREES, calls

PHRASES = tomllib.loads(files("circle15.catalog").joinpath("text.toml").read_text(encoding="utf-8"))
HAN = re.compile(r"[\u4e00-\u9fff]")


def fields(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


# -- Phrases ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PHRASES)
def test_a_phrase_speaks_both_languages_with_the_same_values(key):
    phrase = PHRASES[key]
    wanted = {"zh", "en"} | ({"remedy_zh", "remedy_en"} if key.startswith("finding_") else set())
    assert set(phrase) == wanted
    assert HAN.search(phrase["zh"])
    assert not HAN.search(phrase["en"])
    for zh, en in (("zh", "en"), ("remedy_zh", "remedy_en")):
        if zh in phrase:
            assert phrase[zh].strip()
            assert phrase[en].strip()
    # Chinese and English tell the same values; English may leave none out.
    assert fields(phrase["zh"]) == fields(phrase["en"])
    if "remedy_zh" in phrase:
        assert fields(phrase["remedy_zh"]) == fields(phrase["remedy_en"])


def test_every_finding_of_the_code_has_its_phrases_and_gives_the_values():
    for path, call in calls("finding"):
        if not isinstance(call.args[0], ast.Constant):
            continue  # made up of parts; the tests of its stage produce it
        key = "finding_" + call.args[0].value.replace("-", "_")
        assert key in PHRASES, f"{path.name}: {key}"
        if any(word.arg is None for word in call.keywords):
            continue
        given = {word.arg for word in call.keywords}
        needed = set().union(*(fields(phrase) for phrase in PHRASES[key].values()))
        assert needed <= given, f"{path.name}: {key} lacks {needed - given}"
        assert isinstance(call.args[1], ast.Constant)
        assert call.args[1].value in {"error", "warning", "note"}


def test_every_phrase_is_said_somewhere():
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))
    reasons = {"reason_" + re.sub("[- ]", "_", reason) for reason in drop_codes()} | {"reason_tagged"}
    of_the_page = json.loads((PACKAGE / "render/map/page/words.json").read_text(encoding="utf-8")).values()
    shared = {entry for entry in of_the_page if isinstance(entry, str)}
    for key in PHRASES.keys() - shared:
        if key.startswith("reason_"):
            assert key in reasons, f"{key} is a reason for nothing"
            continue
        word = key.removeprefix("finding_").replace("_", "-") if key.startswith("finding_") else key
        if f'"{word}"' in code:
            continue
        # A code may be put together: finding(f"facility-{code}", ...) with "far" and "island".
        stem, _, tail = word.rpartition("-")
        made = key.startswith("finding_") and f'f"{stem}-{{' in code and f'"{tail}"' in code
        # So may a phrase: text(f"equity_{code}", ...) with "one_value", or with the end of "residential_land".
        parts = [(key[:place], key[place + 1 :]) for place, letter in enumerate(key) if letter == "_"]
        made = made or any(f'f"{stem}_{{' in code and re.search(rf"""["'_]{tail}["']""", code) for stem, tail in parts)
        assert made, f"{key} is never said"


@pytest.mark.parametrize("stage", ["accessibility", "norms", "planning", "routing", "typology", "uncertainty"])
def test_statistics_say_nothing(stage):
    """They return numbers and codes; sentences are made by :mod:`circle15.catalog.phrases`."""
    files = sorted((PACKAGE / stage).rglob("*.py"))
    assert files
    for path in files:
        for node in ast.walk(TREES[path]):
            match node:
                case ast.ImportFrom(module=str(home), names=names):
                    taken = {f"{home}.{name.name}" for name in names} | {home}
                case ast.Import(names=names):
                    taken = {name.name for name in names}
                case ast.Attribute(value=ast.Name(id="catalog"), attr=name):
                    taken = {f"circle15.catalog.{name}"}
                case _:
                    continue
            words = {name for name in taken if re.match(r"circle15\.catalog\.(text|words|phrases)\b", name)}
            assert not words, f"{path}: {words}"


def drop_codes() -> dict[str, str]:
    """Every reason under which a source leaves rows out -> the module that does."""
    found = {}
    for path, call in calls("drop", "without", "_left_out"):
        for given in call.args:
            if isinstance(given, ast.Constant) and isinstance(given.value, str) and "-" in given.value:
                found[given.value] = path.name
    for path in sorted(PACKAGE.joinpath("sources").rglob("*.py")):
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                mark, _, code = node.value.partition("dropped: ")
                if code and not mark:
                    found[code] = path.name
    put_together = {f"osm-{reason}": "osm_facilities.py" for reason in _LOSSES}
    in_a_loop = dict.fromkeys(("facility-swapped", "facility-metres"), "facility_points.py")
    of_cells = dict.fromkeys(("nodata", "population-elsewhere", "population-cells-empty"), "population_raster.py")
    return found | put_together | in_a_loop | of_cells | {"no street": "walk_rules.py"}


def test_every_reason_to_leave_rows_out_has_its_words():
    codes = drop_codes()
    assert {"facility-without-point", "facility-outside", "people-without-key", "outside the study area"} <= set(codes)
    for code, where in codes.items():
        assert reason(code, "zh") != code, f"{where}: reason_{code} is missing in text.toml"
        assert reason(code, "en") != "", where


def test_a_reason_without_words_speaks_for_itself():
    assert reason("highway=proposed", "zh") == "highway=proposed"


@pytest.mark.parametrize("role", get_args(FileRole))
def test_every_role_of_a_file_has_its_words(role):
    assert f"role_{role}" in PHRASES


def test_our_columns_have_chinese_titles():
    assert column_title("lat") == "纬度"
    assert column_title("no_column_of_ours") == "no_column_of_ours"


def test_text_fills_in_its_values():
    assert text("gaps_few_people", "zh", limit=10) == "不足10"
    assert text("gaps_few_people", "en", limit=10) == "fewer than 10"
    with pytest.raises(KeyError):
        text("no_such_phrase", "en")
    with pytest.raises(KeyError):
        text("gaps_few_people", "en")


def test_values_from_outside_are_no_templates():
    told = finding("unknown-service", "warning", value="{known}{0.__class__}", known="a", row=3)
    assert "{known}{0.__class__}" in told.message_en


def test_a_finding_takes_place_and_examples_over():
    told = finding(
        "facility-without-point", "warning", count=7, file="a.csv", row=3, column="lon, lat", value="x, y",
        examples=(k for k in range(9)),
    )  # fmt: skip
    assert (told.count, told.file, told.row, told.column, told.value) == (7, "a.csv", 3, "lon, lat", "x, y")
    assert told.examples == ("0", "1", "2", "3", "4")
    assert str(told).startswith("a.csv row 3 column 'lon, lat' value 'x, y': 7 facility rows")
    assert str(told).endswith("-> " + told.remedy_en)


# -- Services --------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", services().values(), ids=lambda service: service.key)
def test_a_service_is_whole(service):
    assert re.fullmatch("[a-z][a-z_]*", service.key)
    assert HAN.search(service.title_zh)
    assert service.title_en
    assert service.noun_en.startswith(("a ", "an "))
    assert re.fullmatch("#[0-9A-F]{6}", service.tone)
    assert len(service.glyph) == 1
    assert HAN.match(service.glyph)
    assert service.patterns
    for word in service.patterns:
        re.compile(word)
    assert service.osm
    for rule in service.osm:
        assert all(re.fullmatch("[a-z_:]+=[a-z_*]+", tag) for tag in rule.split("&")), rule


def test_services_can_be_told_apart():
    entries = list(services().values())
    for attribute in ("title_zh", "title_en", "glyph", "tone"):
        values = [getattr(service, attribute) for service in entries]
        assert len(set(values)) == len(values), attribute


def test_the_catalogue_cannot_be_written_to():
    with pytest.raises(TypeError):
        services()["x"] = None
    with pytest.raises(TypeError):
        profiles()["x"] = None
    with pytest.raises(TypeError):
        walking()["x"] = None
    assert isinstance(way_classes(), tuple)


# -- Walkers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("walker", profiles().values(), ids=lambda walker: walker.name)
def test_a_profile_is_whole_and_cites_its_figures(walker):
    assert HAN.search(walker.title_zh)
    assert walker.title_en
    assert 0.05 <= walker.stairs_mps <= walker.speed_mps <= 2
    assert str(walker.speed_mps) in walker.citation
    assert len(walker.citation) > 40


def test_the_profiles_of_the_design():
    # Signals with 30 s of green in 90: who arrives in the other 60 waits 30 s on average, 60 x 60 / (2 x 90) of all.
    assert {name: (walker.speed_mps, walker.signal_s) for name, walker in profiles().items()} == {
        "adult": (1.25, 20.0),
        "elderly": (0.9, 20.0),
        "frail": (0.6, 20.0),
    }
    assert profiles()["elderly"].stairs_mps == 0.31
    # A quarter of an hour at 0.9 m/s, beside the 800 m of GB 50180.
    assert profile("elderly").reach_m(15) == 810


def test_a_profile_of_one_s_own_passes_through_and_an_unknown_one_does_not():
    mine = WalkProfile(name="mine", title_zh="我", title_en="mine", speed_mps=1.0, stairs_mps=0.5)
    assert profile(mine) is mine
    with pytest.raises(SettingError, match="no walking profile 'Elderly'; choose one of adult, elderly, frail"):
        profile("Elderly")


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf"), 0.01, 50])
@pytest.mark.parametrize("which", ["speed_mps", "stairs_mps"])
def test_a_speed_that_nobody_walks(which, speed):
    speeds = {"speed_mps": 1.0, "stairs_mps": 0.5} | {which: speed}
    with pytest.raises(
        SettingError, match=rf"profile 'x': {which} = \S+ is not a walking speed; give metres per second"
    ):
        WalkProfile(name="x", title_zh="x", title_en="x", **speeds)


@pytest.mark.parametrize("delay", [-1, float("nan"), float("inf"), 4000])
@pytest.mark.parametrize("which", ["signal_s", "gate_s"])
def test_a_delay_that_nobody_waits(which, delay):
    with pytest.raises(SettingError, match=rf"{which} = \S+ is not a delay"):
        WalkProfile(name="x", title_zh="x", title_en="x", speed_mps=1, stairs_mps=1, **{which: delay})


# -- Ways ------------------------------------------------------------------------------------------


def test_way_classes_are_named_once_and_ranked():
    names = [entry.name for entry in way_classes()]
    assert len(set(names)) == len(names)
    assert len(names) < 256  # a network holds them in a byte
    assert all(0 <= entry.rank <= 5 for entry in way_classes())
    assert not any(entry.home and not entry.walk for entry in way_classes())


def test_walking_rules_name_known_classes():
    names = {entry.name for entry in way_classes()}
    tags = walking()["tags"]
    assert set(tags["alias"].values()) <= names
    assert not set(tags["alias"]) & names
    access = walking()["access"]
    words = [access[key] for key in ("private", "deny", "sidepath", "allow_foot")]
    assert sum(map(len, words)) == len(set().union(*words))
    assert set(access["allow_access"]).isdisjoint(access["private"] + access["deny"])
    assert set(access["closed_for_a_time"]) <= set(access["deny_tags"])
    assert set(walking()["nodes"]["gates"]).isdisjoint(walking()["nodes"]["walls"])
    assert (walking()["snap"]["max_snap_m"], walking()["snap"]["island_km"]) == (150.0, 1.0)


# -- Columns ---------------------------------------------------------------------------------------

COLUMNS = tomllib.loads(files("circle15.catalog").joinpath("columns.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("key", ["headers", "communities"])
def test_a_header_stands_under_one_column(key):
    stands = [fold_header(header) for entry in COLUMNS["column"].values() for header in entry.get(key, ())]
    assert len(stands) == len(set(stands))
    if key == "headers":
        assert not set(stands) & {fold_header(ours) for ours in COLUMNS["column"]}


@pytest.mark.parametrize("ours", COLUMNS["column"])
def test_our_own_name_of_a_column_counts(ours):
    assert column_synonyms()[fold_header(ours)] == ours


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("经度", "lon"),
        ("Lng", "lon"),
        ("ＬＯＮ", "lon"),
        ("X", "lon"),
        ("纬　度", "lat"),
        ("纬度（°）", "lat"),
        ("经度(WGS84)", "lon"),
        ("设施 名称*", "name"),
        ("建筑面积\n(㎡)", "floor_area_m2"),
        ("建筑面积（m²）", "floor_area_m2"),
        ("建筑面积㎡", "floor_area_m2"),
        ("床位数【张】", "capacity"),
        ("60岁及以上人口（人）", "pop_60plus"),
        ("人口（60岁以上）", "pop_60plus"),
        ("常住人口（人）", "population"),
        ("floor area", "floor_area_m2"),
        ("社区", "community"),
    ],
)
def test_headers_as_people_write_them(header, ours):
    assert column_synonyms()[fold_header(header)] == ours


# Their brackets say what the number is, or in which datum it stands: never guessed.
@pytest.mark.parametrize(
    "header", ["人口(万人)", "人口(男)", "经度(gcj02)", "经度（百度）", "编号", "序号", "id", "", "()"]
)
def test_headers_that_may_mean_something_else_mean_nothing(header):
    assert fold_header(header) not in column_synonyms()


def test_a_community_is_a_name_among_communities_and_a_place_among_facilities():
    assert column_synonyms("communities")["社区"] == column_synonyms("communities")["community"] == "name"
    assert column_synonyms("facilities")["社区"] == column_synonyms("facilities")["community"] == "community"


def test_numeric_columns_hold_numbers():
    assert {"lon", "lat", "capacity", "population"} <= numeric_columns()
    assert not {"name", "services", "location", "facility_id"} & numeric_columns()


@pytest.mark.parametrize(
    "header",
    [
        "姓名",
        "老人姓名",
        "联系 电话",
        "手机号",
        "身份证号码",
        "家庭住址",
        "Phone",
        "telephone no",
        "E-mail",
        "Contact",
        "Mobile",
    ],
)
def test_personal_headers(header):
    assert personal_columns().headers.search(fold_header(header))


def test_no_column_of_ours_is_personal():
    assert [header for header in column_synonyms() if personal_columns().headers.search(header)] == []
    assert not personal_columns().headers.search(fold_header("hotel"))


def test_personal_cells():
    cells = personal_columns().cells
    assert all(map(cells.fullmatch, ["13812345678", "+86 138-1234-5678", "32050119400101123X"]))
    assert not any(map(cells.fullmatch, ["12345678901", "120.6212345", "320501194013011234", "0512-65123456", ""]))
