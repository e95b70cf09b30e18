"""Words in which people write opening hours: ``opening.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from circle15.catalog.facts import read_facts

__all__ = ["opening_words"]


@cache
def opening_words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """``opening.toml``: words in which people write opening hours, by table and meaning."""
    return MappingProxyType(
        {
            name: MappingProxyType({meaning: tuple(words) for meaning, words in table.items()})
            for name, table in read_facts("opening.toml").items()
        }
    )
