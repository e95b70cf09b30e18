"""Columns whose cells are words of a table of the catalogue: which they are, what a word means, what may be written.

One home for all of them: a column is coded by its entry in ``columns.toml``, and what no table knows is told.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from circle15.catalog.datum_words import datum_key
from circle15.catalog.facts import read_facts
from circle15.catalog.kind import kind_is_open, kind_keys, kinds
from circle15.catalog.rural import area_key
from circle15.catalog.service import services
from circle15.catalog.state import state_key, states
from circle15.catalog.supply_route import supply_route_key, supply_routes
from circle15.catalog.tier import tier_key, tiers

__all__ = ["Code", "code_of", "coded_columns", "yes_no_key"]


@dataclass(frozen=True, kw_only=True)
class Code:
    """What the words of a coded column may be.

    Attributes
    ----------
    known
        Whether a word is understood.
    titles
        What to write, in Chinese and English.
    words
        All known words, for spelling.
    effect
        Text ``coded_<effect>``: what becomes of a cell that is not understood.
    """

    known: Callable[[str], bool]
    titles: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    effect: str = "unsaid"


@cache
def yes_no_key(word: str) -> str:
    """``"yes"``, ``"no"``, or ``""`` where a word is neither.

    Examples
    --------
    >>> [yes_no_key(word) for word in ("有", "未设", "1.0", "筹建", "")]
    ['yes', 'no', 'yes', '', '']
    """
    plain = unicodedata.normalize("NFKC", word).strip().casefold()
    return next((key for key, entry in read_facts("yes_no.toml").items() if plain in entry["words"]), "")


@cache
def coded_columns() -> Mapping[str, str]:
    """Our coded columns, each with the key of its code, in the order of ``columns.toml``."""
    columns = read_facts("columns.toml")["column"]
    return MappingProxyType({ours: entry["coded"] for ours, entry in columns.items() if "coded" in entry})


@cache
def code_of(key: str) -> Code:
    """The code of a key that stands in ``columns.toml``.

    Raises
    ------
    KeyError
        If there is none: a fault in the catalogue, found by the tests.
    """
    return _CODES[key]()


def _code(key_of: Callable[[str], object], entries: Iterable[Any], *, effect: str = "unsaid") -> Code:
    """The code of entries with titles and words."""
    entries = list(entries)
    titles = tuple((entry.title_zh, entry.title_en) for entry in entries)
    words = tuple(word for entry in entries for word in (entry.title_zh, *entry.words))
    return Code(known=lambda word: bool(key_of(word)), titles=titles, words=words, effect=effect)


def _table(name: str, key_of: Callable[[str], object]) -> Code:
    """The code of a file of titles and words."""
    entries = read_facts(name).values()
    words = tuple(word for entry in entries for word in (entry["title_zh"], entry["title_en"], *entry["words"]))
    titles = tuple((entry["title_zh"], entry["title_en"]) for entry in entries)
    return Code(known=lambda word: bool(key_of(word)), titles=titles, words=words)


def _kind_code() -> Code:
    titles = tuple((kind.title_zh, kind.title_en) for kind in kinds().values())
    return Code(
        known=lambda word: bool(kind_keys(word)) or kind_is_open(word), titles=titles,
        words=tuple(title for pair in titles for title in pair),
    )  # fmt: skip


def _datum_code() -> Code:
    names = ("WGS84", "GCJ-02", "BD-09", "CGCS2000")
    return Code(
        known=lambda word: bool(datum_key(word)), titles=tuple((name, name) for name in names), words=names,
        effect="datum",
    )  # fmt: skip


def _services_code() -> Code:
    titles = tuple((service.title_zh, service.title_en) for service in services().values())
    return Code(known=lambda _: True, titles=titles, words=())  # told when services are read, where they are needed


_CODES: Mapping[str, Callable[[], Code]] = {
    "tier": lambda: _code(tier_key, tiers().values()),
    "state": lambda: _code(state_key, states().values(), effect="state"),
    "kind": _kind_code,
    "area": lambda: _table("urban_rural.toml", area_key),
    "yes_no": lambda: _table("yes_no.toml", yes_no_key),
    "datum": _datum_code,
    "services": _services_code,
    "supply_route": lambda: _code(supply_route_key, supply_routes().values()),
}
