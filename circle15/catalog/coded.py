"""Columns whose cells are words of a table of the catalogue: which they are, what a word means, what may be written.

One home for all of them: a column is coded by its entry in ``columns.toml``, and what no table knows is told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from circle15.catalog.datum_words import datum_key
from circle15.catalog.facts import read_facts
from circle15.catalog.headers import fold_header
from circle15.catalog.kind import kind_is_open, kind_keys, kinds
from circle15.catalog.service import services

__all__ = [
    "Code",
    "Entry",
    "area_key",
    "code_of",
    "coded_columns",
    "state_key",
    "states",
    "supply_route_key",
    "supply_routes",
    "tier_key",
    "tiers",
    "yes_no_key",
]

_REMARK = re.compile(r"[(\[【][^()\[\]【】]*[)\]】]$")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the words of one key mean: an entry of ``tiers.toml``, ``supply_routes.toml``, ``yes_no.toml`` ...

    ``serves`` is of states alone (``life_cycle.toml``): whether a facility in that state serves anybody; ``marks`` of
    town and country alone (``urban_rural.toml``): what a word that is none of ``words`` may hold.
    """

    key: str
    title_zh: str
    title_en: str
    words: tuple[str, ...]
    serves: bool = True
    marks: tuple[str, ...] = ()


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
def _table(
    file: str, *section: str, fold: Callable[[str], str] = fold_header
) -> tuple[Mapping[str, Entry], Mapping[str, str]]:
    """The entries of a file by their keys, in its order, and the key of every word that may be written, folded."""
    facts = read_facts(file)
    for name in section:
        facts = facts[name]
    lists = {
        key: {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
        for key, entry in facts.items()
    }
    read = {key: Entry(key=key, **entry | lists[key]) for key, entry in facts.items()}
    keys = {
        fold(word): entry.key
        for entry in read.values()
        for word in (entry.key, entry.title_zh, entry.title_en, *entry.words)
    }
    return MappingProxyType(read), MappingProxyType(keys)


def tiers() -> Mapping[str, Entry]:
    """Tiers of facilities by their key, from the largest area served to the smallest."""
    return _table("tiers.toml")[0]


def tier_key(word: str) -> str:
    """The key of a tier in a list's own word, ``""`` where the word is not known.

    Examples
    --------
    >>> tier_key("街道级"), tier_key("社区"), tier_key("三星级")
    ('subdistrict', 'community', '')
    """
    return _table("tiers.toml")[1].get(fold_header(word), "")


def states() -> Mapping[str, Entry]:
    """States of facilities by their key."""
    return _table("life_cycle.toml", "list")[0]


def state_key(word: str) -> str:
    """The state that a list's own word means, whatever is remarked behind it; ``""`` where it is empty or not known.

    Examples
    --------
    >>> state_key("已停业（2023年）"), state_key("Under Construction"), state_key("正常"), state_key("待定")
    ('closed', 'building', 'in_use', '')
    """
    plain, keys = unicodedata.normalize("NFKC", word).strip(), _table("life_cycle.toml", "list")[1]
    return keys.get(fold_header(plain)) or keys.get(fold_header(_REMARK.sub("", plain)), "")


def supply_routes() -> Mapping[str, Entry]:
    """How premises were got, by key, in the order of the source documents."""
    return _table("supply_routes.toml")[0]


def supply_route_key(word: str) -> str:
    """The key of a route in a list's own word, ``""`` where the word is not known.

    Examples
    --------
    >>> supply_route_key("改（扩）建"), supply_route_key("开发商提供"), supply_route_key("借用")
    ('rebuild', 'developer', '')
    """
    return _table("supply_routes.toml")[1].get(fold_header(word), "")


def yes_no_key(word: str) -> str:
    """``"yes"``, ``"no"``, or ``""`` where a word is neither.

    Examples
    --------
    >>> [yes_no_key(word) for word in ("有", "未设", "1.0", "筹建", "")]
    ['yes', 'no', 'yes', '', '']
    """
    return _table("yes_no.toml", fold=_fold_answer)[1].get(_fold_answer(word), "")


def _fold_answer(word: str) -> str:
    """A word with its signs: -1 is not 1."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


@cache
def area_key(word: str) -> str:
    """What a word of a list says: ``"urban"``, ``"rural"``, or ``""`` where it is empty or says neither.

    Examples
    --------
    >>> [area_key(word) for word in ("农村社区", "乡镇", "街道社区", "城镇", "城乡结合部", "220", "")]
    ['rural', 'rural', 'urban', 'urban', '', 'rural', '']
    """
    folded, (areas, keys) = fold_header(word), _table("urban_rural.toml")
    if folded in keys:
        return keys[folded]
    marked = [key for key, area in areas.items() if any(mark in folded for mark in area.marks)]
    return marked[0] if len(marked) == 1 else ""


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
    words = tuple(word for entry in entries for word in (entry.title_zh, entry.title_en, *entry.words))
    return Code(known=lambda word: bool(key_of(word)), titles=titles, words=words, effect=effect)


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
    "area": lambda: _code(area_key, _table("urban_rural.toml")[0].values()),
    "yes_no": lambda: _code(yes_no_key, _table("yes_no.toml", fold=_fold_answer)[0].values()),
    "datum": _datum_code,
    "services": _services_code,
    "supply_route": lambda: _code(supply_route_key, supply_routes().values()),
}
