"""The services of the circle: ``services.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from circle15.catalog.facts import read_facts

__all__ = ["Service", "services"]


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of the circle; see ``services.toml`` for the meaning of its fields."""

    key: str
    title_zh: str
    title_en: str
    noun_en: str
    glyph: str
    tone: str
    words: tuple[str, ...]
    osm: tuple[str, ...]
    delivered: bool = False


@cache
def services() -> Mapping[str, Service]:
    """All services, in the order in which they are shown."""
    return MappingProxyType(
        {
            key: Service(key=key, **entry | {"words": tuple(entry["words"]), "osm": tuple(entry["osm"])})
            for key, entry in read_facts("services.toml").items()
        }
    )
