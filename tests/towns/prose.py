"""What a person would not have written: parts of sentences that do not fit together, found by their marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from circle15.catalog import services
from tests.towns.vocabulary import banned

__all__ = ["faults", "texts_in"]

_HAN = r"[\u4e00-\u9fff]"
_NUMBER = r"\d[\d,.]*%?"
_MANY = (
    "communities", "facilities", "services", "rows", "columns", "gates", "nodes", "ways", "clauses", "books", "gaps",
    "verdicts", "households", "grids", "hours", "items", "errors", "warnings", "notes", "answers", "types", "lists",
)  # fmt: skip
_FAULTS: Mapping[str, str] = {
    "a space between a Chinese word and a number": (
        rf"{_HAN} +{_NUMBER} *(?:{_HAN}|[，。；）]|$)|(?<![\w.:\-] )(?<![\w.:\-]){_NUMBER} +{_HAN}"
    ),
    "about fewer than ten": r"约 ?不足|about fewer",
    "a small number twice over": rf"不足\d+(?:人位|位人|人人)|{_HAN}不足\d+ ",
    "nobody is left, as a number": r"[剩还]剩? ?0 ?人|约 ?0 ?[人位]|about 0 ",
    "nothing to choose from, as a number": r"0\.0 ?处|\b0\.0 to choose",
    "brackets around nothing": r"（ *）|\( *\)|“ *”|‘ *’",
    "two stops": r"[。；，、：][。；，、]|(?<!\.)\.\.(?!\.)|[;:,]{2}|, \.",
    "a half-width mark between Chinese words": rf"(?<={_HAN})[,;!?](?={_HAN})|(?<={_HAN})\((?={_HAN})",
    "one of many": rf"(?<![\d.,:–-])\b1 (?:{'|'.join(_MANY)})\b",
    "a value that was not filled in": r"\{\w*\}|\bnan\b|\bNaN\b",
    "a code word": rf"^(?:people_unknown|robust_gap|likely_gap|robust_pass|{'|'.join(services())})$",
}
_CODES = (
    r"(?:GB|JGJ|WGS|TD/T|EPSG|UTF|ISO) ?[\d:.\-]+ ?", r"[一二三四五六七八九十]\([一二三四五六七八九十]\)\d*",
    r"P\d+/P\d+ ?", r"https?://\S+", r"[\w.]+\.(?:csv|xlsx|gpkg|toml|json|html|osm|pbf|geojson)\b ?",
)  # fmt: skip
_CODE = re.compile("|".join(_CODES))
"""A norm's own number, a file and other code, which stand off: GB 50180-2018, WGS 84, 三(二)1."""


@cache
def faults(text: str) -> tuple[str, ...]:
    """What is wrong with a text: the faults that it has, and words that another one stands for.

    Examples
    --------
    >>> faults("走直线剩0人"), faults("约10人走不到，占5%"), faults("1 rows were read")
    (('nobody is left, as a number',), (), ('one of many',))
    """
    plain = _CODE.sub("X", text)
    return *(name for name, mark in _FAULTS.items() if re.search(mark, plain)), *banned(plain)


def texts_in(value: Any) -> Iterator[str]:
    """Every text in nested values: of records, mappings and lists, without keys."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts_in(part)
