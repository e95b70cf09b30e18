"""Kinds of sites that one service unites and norms tell apart, in the words of lists and names: ``kinds.toml``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import fold_header

__all__ = ["Kind", "has_kinds", "joined_kinds", "kind_is_open", "kind_keys", "kinds", "split_kinds"]

_OPEN, _BETWEEN = "open", ";"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of a service's sites; see ``kinds.toml``."""

    key: str
    service: str
    title_zh: str
    title_en: str
    words: tuple[str, ...]
    osm: tuple[str, ...]


@cache
def kinds() -> Mapping[str, Kind]:
    """Kinds of sites by their key."""
    return MappingProxyType(
        {
            key: Kind(key=key, **entry | {"words": tuple(entry["words"]), "osm": tuple(entry["osm"])})
            for key, entry in read_facts("kinds.toml").items()
            if key != _OPEN
        }
    )


def has_kinds(service: str) -> bool:
    """Whether sites of a service are of several kinds."""
    return any(kind.service == service for kind in kinds().values())


@cache
def kind_keys(word: str) -> tuple[str, ...]:
    """The kinds that a word names, in the order of the catalogue; none where it names none.

    Examples
    --------
    >>> kind_keys("居家养老服务站（日间照料中心）"), kind_keys("综合为老服务中心"), kind_keys("day_care_centre")
    (('day_care_centre', 'home_care'), (), ('day_care_centre',))
    """
    plain, folded = unicodedata.normalize("NFKC", word), fold_header(word)
    whole = [key for key, kind in kinds().items() if folded in map(fold_header, (key, kind.title_zh, kind.title_en))]
    return tuple(whole or (key for key, kind in kinds().items() if any(re.search(rule, plain) for rule in kind.words)))


def kind_is_open(word: str) -> bool:
    """Whether a word is known and leaves the kind open.

    Examples
    --------
    >>> kind_is_open("综合为老服务中心"), kind_is_open("棋牌室")
    (True, False)
    """
    return any(
        re.search(rule, unicodedata.normalize("NFKC", word)) for rule in read_facts("kinds.toml")[_OPEN]["words"]
    )


def joined_kinds(keys: tuple[str, ...]) -> str:
    """Kinds as one cell of the column ``site_kind_key`` holds them.

    Examples
    --------
    >>> joined_kinds(("day_care_centre", "home_care")), split_kinds("day_care_centre;home_care"), split_kinds("")
    ('day_care_centre;home_care', ('day_care_centre', 'home_care'), ())
    """
    return _BETWEEN.join(keys)


def split_kinds(cell: object) -> tuple[str, ...]:
    """The kinds of a cell of ``site_kind_key`` that are known; none of an empty one."""
    return tuple(key for key in str(cell).split(_BETWEEN) if key in kinds())
