"""What the columns of tables are called, and which of them are about persons."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from circle15.catalog.facts import read_facts

__all__ = [
    "PersonalColumns",
    "column_synonyms",
    "column_title",
    "fold_header",
    "head_words",
    "map_categories",
    "numeric_columns",
    "personal_columns",
    "without_numbers_of_persons",
]


@dataclass(frozen=True, kw_only=True)
class PersonalColumns:
    """How columns about persons are told: by a folded header (search), else by their cells (full match).

    ``shown`` (search) is what a message does not repeat when it is not known whether a cell is a header.
    """

    headers: re.Pattern[str]
    cells: re.Pattern[str]
    shown: re.Pattern[str]


@cache
def _columns() -> Mapping[str, Any]:
    return MappingProxyType(read_facts("columns.toml"))


@cache
def _units() -> frozenset[str]:
    return frozenset(_columns()["units"]["words"])


def fold_header(header: str) -> str:
    r"""A header as it is compared: NFKC, small letters, without spaces, ``_ - : *`` and units in brackets.

    Examples
    --------
    >>> fold_header("建筑面积\n（㎡）"), fold_header(" Floor_Area "), fold_header("人口（60岁以上）")
    ('建筑面积', 'floorarea', '人口(60岁以上)')
    """
    plain = re.sub(r"[\s_:*\-\u200b-\u200f\ufeff]+", "", unicodedata.normalize("NFKC", header).casefold())
    plain = plain.replace("【", "[").replace("】", "]")
    bare = re.sub(r"[(\[]([^()\[\]]*)[)\]]", lambda bracket: "" if bracket[1] in _units() else bracket[0], plain)
    return bare or plain


@cache
def column_synonyms(kind: Literal["facilities", "communities"] = "facilities") -> Mapping[str, str]:
    """Folded header -> our column, from ``columns.toml``; our own names are among them.

    Parameters
    ----------
    kind
        What a row of the table is: 社区 is where a facility stands, and the name of a community.
    """
    named = {fold_header(ours): ours for ours in _columns()["column"]}
    for ours, entry in _columns()["column"].items():
        named |= {fold_header(header): ours for header in entry["headers"]}
    if kind == "communities":
        for ours, entry in _columns()["column"].items():
            named |= {fold_header(header): ours for header in entry.get("communities", ())}
    return MappingProxyType(named)


def column_title(ours: str) -> str:
    """What one of our columns is called in Chinese: the first of its headers in ``columns.toml``, else its own name.

    Examples
    --------
    >>> column_title("lon"), column_title("pop_60plus"), column_title("list_file")
    ('经度', '60岁以上', 'list_file')
    """
    headers = _columns()["column"].get(ours, {}).get("headers", ())
    return str(headers[0]) if headers else ours


@cache
def numeric_columns() -> frozenset[str]:
    """Our columns that hold numbers."""
    return frozenset(ours for ours, entry in _columns()["column"].items() if entry.get("numeric"))


@cache
def head_words() -> tuple[Mapping[str, int], tuple[str, ...]]:
    """What multiplies a number of people (万), and the words that may stand behind it (人)."""
    entry = _columns()["heads"]
    return MappingProxyType(dict(entry["times"])), tuple(entry["words"])


@cache
def map_categories() -> frozenset[str]:
    """The widest types of map services, which name no service."""
    return frozenset(_columns()["map_types"]["categories"])


@cache
def personal_columns() -> PersonalColumns:
    """How columns about persons are recognised."""
    entry = _columns()["personal"]
    return PersonalColumns(**{part: re.compile("|".join(entry[part])) for part in ("headers", "cells", "shown")})


@cache
def _numbers_of_persons() -> re.Pattern[str]:
    # An id such as osm-node-13012345678 is no telephone number.
    return re.compile(rf"(?<![0-9A-Za-z-])(?:{personal_columns().cells.pattern})(?![0-9A-Za-z])")


def without_numbers_of_persons(text: str) -> str:
    """A text without the mobile telephone and identity numbers in it.

    Examples
    --------
    >>> without_numbers_of_persons("8:00-17:00，电话13812345678"), without_numbers_of_persons("osm-node-13812345678")
    ('8:00-17:00，电话…', 'osm-node-13812345678')
    """
    return _numbers_of_persons().sub("…", text) if any(map(str.isdigit, text)) else text
