"""``city.toml`` as typed tables: every table refuses what it does not know, every key what is not of its kind."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from pydantic import ValidationError

from circle15.catalog.typed_toml import checked
from circle15.errors import PackError, SettingError
from circle15.sources.city_config import CityConfig, MappedColumn
from tests.towns.city_tables import TABLES, communities_table

LEAST = {"name": "试城", "crs": "EPSG:4549", "communities": {"file": "c.gpkg"}}
SERVICE = {"key": "pharmacy", "title_zh": "药店", "title_en": "Pharmacy", "noun_en": "a pharmacy", "glyph": "药"}
SPARE = {
    "key": "parcel_point",
    "title_zh": "快递点",
    "title_en": "Parcel point",
    "noun_en": "a parcel point",
    "glyph": "递",
}
ENTRIES = {"facilities": {"file": "a.csv"}, "context": {"layer": "water", "osm": True}, "services": SERVICE}
FILES = {"communities": {"file": "c.gpkg"}, "communities.people": {"file": "p.xlsx"}, "population": {"file": "g.gpkg"},
         "survey": {"file": "s.csv"}}  # fmt: skip
HAN = re.compile(r"[\u4e00-\u9fff]")


def written(table: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """A ``city.toml`` that is good but for what one of its tables is given."""
    if table == "":
        return LEAST | more
    if table in ENTRIES:
        first = SPARE if table == "services" else ENTRIES[table]
        return LEAST | {table: [first, ENTRIES[table] | more]}
    if table == "capacity":
        return LEAST | {"capacity": {"meal_point": more}}
    if table == "communities.people":
        return LEAST | {"communities": LEAST["communities"] | {"people": FILES[table] | more}}
    return LEAST | {table: FILES.get(table, {}) | more}


def title(table: str) -> str:
    if table == "capacity":
        return "[capacity.meal_point]"
    return f"[[{table}]] 2" if table in ENTRIES else f"[{table}]" if table else "the top level"


def read(table: str, **more: Any) -> CityConfig:
    return checked(CityConfig, written(table, more), file="city.toml")


def refused(table: str, **more: Any) -> PackError:
    with pytest.raises(PackError) as caught:
        read(table, **more)
    assert str(caught.value).startswith("city.toml: ")
    assert caught.value.zh.startswith("city.toml：")
    assert HAN.search(caught.value.zh)
    assert not HAN.search(str(caught.value))
    return caught.value


@pytest.mark.parametrize("table", TABLES)
def test_every_table_refuses_a_key_that_it_does_not_know(table):
    key = next(iter(TABLES[table].model_fields)) + "x"
    error = refused(table, **{key: 1})
    assert f"unknown key {key!r} in {title(table)}; did you mean {key[:-1]!r}?" in str(error)
    assert f" {key} 不认识，是否想写 {key[:-1]!r}" in error.zh


def bare(kind: Any) -> Any:
    """A type without its annotations and without the None of a key that may be left out."""
    members = get_args(kind)
    if get_origin(kind) is Annotated:
        return bare(members[0])
    return bare(next(part for part in members if part is not NoneType)) if NoneType in members else kind


WRONG = {
    str: [1, True, ["x"], {"x": "y"}],
    bool: ["true", 1, 0, []],
    int: [1.0, "1", True, [1]],
    float: ["1", True, [1.0], {"x": 1}],
    tuple: ["x", 1, True, {"x": "y"}],
}
TABULAR = ["x", 1, True, ["x"], []]


def wrong(kind: Any) -> list[Any]:
    """Values of TOML that are not of a kind."""
    kind = bare(kind)
    items = [[value] for value in wrong(get_args(kind)[0])] if get_origin(kind) is tuple else []
    return WRONG.get(get_origin(kind) or kind, TABULAR) + items


KEYS = [
    (table, key)
    for table, model in TABLES.items()
    for key, field in model.model_fields.items()
    if get_origin(bare(field.annotation)) is not Literal
]


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_every_key_refuses_what_is_not_of_its_kind(table, key):
    for value in wrong(TABLES[table].model_fields[key].annotation):
        error = refused(table, **{key: value})
        assert f"{key} = {value!r} in {title(table)}: give " in str(error)
        assert f"{key} = {value} 写法不对：应为" in error.zh


@pytest.mark.parametrize(
    ("table", "more", "english", "chinese"),
    [
        ("", {"crs": 4549}, "crs = 4549 in the top level: give text in quotes", "最上面 里的 crs = 4549"),
        ("settings", {"draws": 1.0}, "draws = 1.0 in [settings]: give a whole number", "应为整数"),
        ("settings", {"weights": {"clinic": "2"}}, "clinic = '2' in [settings.weights]: give a number", "应为数字"),
        (
            "facilities",
            {"columns": {"name": 1}},
            "name = 1 in [[facilities]] 2, columns: give text",
            "应为加英文引号的文字",
        ),
        ("facilities", {"date": 2026}, "date = 2026 in [[facilities]] 2: give a date or text", "应为日期或"),
        ("context", {"layer": "watr"}, "[[context]] 2; did you mean 'water'? (known: water,", "请从中选择：water"),
        ("communities", {"parts_people": 5}, "parts_people = 5 in [communities] (known: sum, once)", "sum, once"),
        ("population", {"use": "sum"}, "use = 'sum' in [population]; \"spread\" says where", "spread"),
        ("notes", {"a": {"b": "c"}}, "a = {'b': 'c'} in [notes]: give text in quotes", "应为加英文引号的文字"),
        ("survey", {"file": ""}, '[survey] names no table; give file = "field-checks.csv"', "没有写核查表"),
    ],
)
def test_a_fault_names_its_table_and_says_what_to_write(table, more, english, chinese):
    error = refused(table, **more)
    assert english in str(error)
    assert chinese in error.zh


@pytest.mark.parametrize(
    ("more", "english"),
    [
        (
            {"about": {"c.gpkg": {"lable_zh": "x"}}},
            "unknown key 'lable_zh' in [communities.about.\"c.gpkg\"]; did you mean",
        ),
        ({"about": {"c.gpk": {}}}, "unknown key 'c.gpk' in [communities.about]; did you mean 'c.gpkg'?"),
        ({"about": {"c.gpkg": {"files": []}}}, "unknown key 'files' in [communities.about.\"c.gpkg\"]"),
        ({"about": {"c.gpkg": {"grow_m": 300}}}, "grow_m in [communities] says nothing without grow = true"),
        (
            {"columns": {"c.gpkg": {}, "d.gpkg": {}}},
            "unknown key 'd.gpkg' in [communities.columns]; did you mean 'c.gpkg'?",
        ),
        ({"columns": {"c.gpkg": "name"}}, "c.gpkg = 'name' in [communities.columns]: give a table"),
        (
            {"columns": {"c.gpkg": {"name": 5}}},
            'name = 5 in [communities.columns."c.gpkg"]: give a column\'s name, a list',
        ),
    ],
)
def test_what_is_written_of_one_file_is_checked_too(more, english):
    assert english in str(refused("communities", **more))


def test_a_misspelled_key_is_told_before_the_one_that_it_leaves_missing():
    with pytest.raises(PackError, match="unknown key 'nmae'"):
        checked(CityConfig, {"nmae": "x", "crs": "x", "communities": {"file": 5}}, file="city.toml")
    with pytest.raises(PackError, match="file = 5"):
        checked(CityConfig, {"crs": "x", "communities": {"file": 5}}, file="city.toml")
    with pytest.raises(PackError, match="'name' is missing in the top level; give text in quotes"):
        checked(CityConfig, {"crs": "x", "communities": {}}, file="city.toml")


def test_what_is_written_is_what_is_read():
    toml = """
    name = "x"
    crs = "EPSG:4549"
    [settings]
    cutoffs_min = [5, 7.5]
    max_snap_m = 100
    [network]
    date = 2026-01-31
    [notes]
    "任何标题" = "文字"
    day = 2026-02-01
    count = 3
    [communities]
    file = "c.gpkg"
    date = "2026年"
    """
    config = checked(CityConfig, tomllib.loads(toml), file="city.toml")
    assert repr(config.settings.given["cutoffs_min"]) == "(5, 7.5)"  # 5 is not told as 5.0
    assert repr(config.settings.max_snap_m) == "100"
    assert set(config.settings.given) == {"cutoffs_min", "max_snap_m"}
    assert (config.network.date, config.communities.date) == ("2026-01-31", "2026年")
    assert config.notes == {"任何标题": "文字", "day": "2026-02-01", "count": "3"}
    with pytest.raises(ValidationError, match="frozen"):
        config.name = "y"


def test_one_of_several_files_may_have_its_own_keys_and_columns():
    entry = communities_table(
        {
            "file": "", "files": ["a.gpkg", "sub/b.shp"], "grow": True, "encoding": "gbk",
            "about": {"b.shp": {"grow": False, "label_zh": "乙"}},
            "columns": {
                "a.gpkg": {"name": "甲"},
                "b.shp": {"population": ["男", "女"], "pop_60plus": {"of": "人", "share": 0.2}},
            },
        }
    )  # fmt: skip
    first, second, other = map(entry.of_file, ("a.gpkg", "b.shp", "c.gpkg"))
    assert (first.grow, first.label_zh, first.encoding) == (True, None, "gbk")
    assert (second.grow, second.label_zh, second.encoding) == (False, "乙", "gbk")
    assert other == entry
    assert entry.columns_of("a.gpkg") == {"name": MappedColumn(of=("甲",))}
    assert entry.columns_of("b.shp") == {
        "population": MappedColumn(of=("男", "女")),
        "pop_60plus": MappedColumn(of=("人",), share=0.2),
    }
    assert [column.whole for column in entry.columns_of("b.shp").values()] == [False, False]
    assert communities_table({"columns": {"name": "甲"}}).columns_of("any.csv")["name"].whole


def test_what_changes_cost_is_by_service_and_never_below_zero():
    costs = read("costs", site={"meal_point": 600_000}, gate=0, currency="EUR").known_costs
    assert (costs.site, costs.gate, costs.link_m, costs.currency) == ({"meal_point": 600_000}, 0, None, "EUR")
    assert (bool(costs), bool(read("costs").known_costs)) == (True, False)
    for given, message in (
        ({"seat": {"meal_pont": 1}}, "[costs.seat]: there is no service 'meal_pont'; did you mean 'meal_point'?"),
        ({"link_m": -1}, "[costs] link_m = -1: a cost is a number of 0 or more"),
        ({"service": {"clinic": float("inf")}}, "[costs] service.clinic = inf: a cost is a number of 0 or more"),
    ):
        with pytest.raises(SettingError) as caught:
            _ = read("costs", **given).known_costs
        assert str(caught.value).splitlines()[0] == message
        assert HAN.search(caught.value.zh)
