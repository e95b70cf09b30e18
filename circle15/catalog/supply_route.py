"""How premises were got, in the words of lists: ``supply_routes.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import fold_header

__all__ = ["SupplyRoute", "supply_route_key", "supply_routes"]


@dataclass(frozen=True, kw_only=True)
class SupplyRoute:
    """How the premises of a facility were got; see ``supply_routes.toml``."""

    key: str
    title_zh: str
    title_en: str
    words: tuple[str, ...]


@cache
def supply_routes() -> Mapping[str, SupplyRoute]:
    """Routes by their key, in the order of the source documents."""
    read = read_facts("supply_routes.toml")
    return MappingProxyType(
        {key: SupplyRoute(key=key, **entry | {"words": tuple(entry["words"])}) for key, entry in read.items()}
    )


@cache
def _route_words() -> Mapping[str, str]:
    return MappingProxyType(
        {
            fold_header(word): route.key
            for route in supply_routes().values()
            for word in (route.key, route.title_zh, route.title_en, *route.words)
        }
    )


def supply_route_key(word: str) -> str:
    """The key of a route in a list's own word, ``""`` where the word is not known.

    Examples
    --------
    >>> supply_route_key("改（扩）建"), supply_route_key("开发商提供"), supply_route_key("借用")
    ('rebuild', 'developer', '')
    """
    return _route_words().get(fold_header(word), "")
