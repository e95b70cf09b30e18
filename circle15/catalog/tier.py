"""Tiers of facilities, in the words of lists: ``tiers.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import fold_header

__all__ = ["Tier", "tier_key", "tiers"]


@dataclass(frozen=True, kw_only=True)
class Tier:
    """How large an area a facility serves; see ``tiers.toml``."""

    key: str
    title_zh: str
    title_en: str
    words: tuple[str, ...]


@cache
def tiers() -> Mapping[str, Tier]:
    """Tiers of facilities by their key, from the largest area served to the smallest."""
    return MappingProxyType(
        {
            key: Tier(key=key, **entry | {"words": tuple(entry["words"])})
            for key, entry in read_facts("tiers.toml").items()
        }
    )


@cache
def _tier_words() -> Mapping[str, str]:
    named = {
        fold_header(word): tier.key for tier in tiers().values() for word in (tier.key, tier.title_en, *tier.words)
    }
    return MappingProxyType(named)


def tier_key(word: str) -> str:
    """The key of a tier in a list's own word, ``""`` where the word is not known.

    Examples
    --------
    >>> tier_key("街道级"), tier_key("社区"), tier_key("三星级")
    ('subdistrict', 'community', '')
    """
    return _tier_words().get(fold_header(word), "")
