"""Tag rules of ``osm_places.toml`` and of the services: which objects make a layer, a home, a facility."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from circle15.catalog.tag_rule import TagRule, first_match
from circle15.model.service import Service

__all__ = ["HomeRule", "LayerRule", "ServiceRule", "TagRule", "first_match", "home_rule", "layer_rules", "place_rules"]


def _parse_all(texts: Iterable[str]) -> tuple[TagRule, ...]:
    return tuple(TagRule.parse(text) for text in texts)


@cache
def place_rules() -> Mapping[str, Any]:
    """``osm_places.toml`` as it stands."""
    table = files("circle15.catalog").joinpath("osm_places.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(table))


@dataclass(frozen=True, kw_only=True)
class LayerRule:
    """Which objects make a layer: as areas, as lines, as coastline; and which never do."""

    name: str
    areas: tuple[TagRule, ...]
    lines: tuple[TagRule, ...]
    coast: tuple[TagRule, ...]
    unless: tuple[TagRule, ...]

    @property
    def keys(self) -> Iterator[str]:
        """Tag keys without which no object can belong to the layer."""
        return (rule.pairs[0][0] for rule in (*self.areas, *self.lines, *self.coast))


@cache
def layer_rules() -> Mapping[str, LayerRule]:
    """The layers by name."""
    parts = ("areas", "lines", "coast", "unless")
    return MappingProxyType(
        {
            name: LayerRule(name=name, **{part: _parse_all(entry.get(part, ())) for part in parts})
            for name, entry in place_rules()["layer"].items()
        }
    )


@dataclass(frozen=True, kw_only=True)
class HomeRule:
    """Which buildings people live in, by building value and by what else the house is."""

    home: frozenset[str]
    unknown: frozenset[str]
    not_home: tuple[TagRule, ...]
    max_levels: float

    def judge(self, kind: str, tags: Mapping[str, str]) -> tuple[bool, bool]:
        """``(residential, known)``: do people live there, and does a tag say so or is it assumed."""
        if kind in self.home:
            return True, True
        if kind in self.unknown and first_match(self.not_home, tags) is None:
            return True, False
        return False, True


@cache
def home_rule() -> HomeRule:
    """The rule that ``[homes]`` writes down."""
    entry = place_rules()["homes"]
    return HomeRule(
        home=frozenset(entry["home"]),
        unknown=frozenset(entry["unknown"]),
        not_home=_parse_all(entry["not_home"]),
        max_levels=entry["max_levels"],
    )


@dataclass(frozen=True, kw_only=True)
class ServiceRule:
    """Tags under which OpenStreetMap knows a service, and tags that mark a mere namesake."""

    key: str
    any_of: tuple[TagRule, ...]
    none_of: tuple[TagRule, ...]

    @classmethod
    def of(cls, service: Service) -> ServiceRule:
        """The rule of one service."""
        return cls(
            key=service.key,
            any_of=_parse_all(service.osm),
            none_of=_parse_all(place_rules()["facilities"]["not"].get(service.key, ())),
        )

    def holds(self, tags: Mapping[str, str]) -> bool:
        """Whether an object of these tags offers the service."""
        return first_match(self.any_of, tags) is not None and first_match(self.none_of, tags) is None
