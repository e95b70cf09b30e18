"""Tables of a ``city.toml`` for the tests of single readers; a file that a test does not name is any file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args

from circle15.catalog.typed_toml import TomlTable, checked
from circle15.sources.city_config import (
    CityConfig,
    CommunitiesTable,
    FacilitiesTable,
    MappedColumn,
    PeopleTable,
    PopulationTable,
)

_T = TypeVar("_T", bound=TomlTable)


def parts(kind: Any) -> Iterator[Any]:
    """A type and all types, words and marks within it."""
    yield kind
    for part in get_args(kind):
        yield from parts(part)


def tables(model: type[TomlTable], title: str = "") -> Iterator[tuple[str, type[TomlTable]]]:
    """The tables of a file by their titles; one whose keys are all its parent's is told with the parent."""
    yield title, model
    for key, field in model.model_fields.items():
        for kind in parts(field.annotation):
            if isinstance(kind, type) and issubclass(kind, TomlTable) and not issubclass(model, kind):
                yield from tables(kind, f"{title}.{key}".removeprefix("."))


TABLES = dict(tables(CityConfig))
"""``""``, ``settings``, ``communities.people``, ...: every table of a ``city.toml``."""


def _with_a_file(model: type[_T], keys: Mapping[str, Any]) -> _T:
    return checked(model, {"file": "any.csv"} | dict(keys), file="city.toml")


def facilities_table(keys: Mapping[str, Any] | None = None) -> FacilitiesTable:
    return _with_a_file(FacilitiesTable, keys or {})


def communities_table(keys: Mapping[str, Any] | None = None) -> CommunitiesTable:
    return _with_a_file(CommunitiesTable, keys or {})


def mapped_columns(columns: Mapping[str, Any]) -> Mapping[str, MappedColumn]:
    written = {"name": "x", "crs": "x", "communities": {"file": "any.csv", "columns": columns}}
    return checked(CityConfig, written, file="city.toml").communities.columns_of("any.csv")


def people_table(keys: Mapping[str, Any] | None = None) -> PeopleTable:
    return _with_a_file(PeopleTable, keys or {})


def population_table(keys: Mapping[str, Any] | None = None) -> PopulationTable:
    keys = keys or {}
    return _with_a_file(PopulationTable, {"file": "any.tif" if "band" in keys else "any.gpkg"} | dict(keys))
