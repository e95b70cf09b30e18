"""How names of places are told apart, and when rows of two lists are one place: ``names.toml``, ``same_place.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from circle15.catalog.facts import read_facts

__all__ = ["SamePlaceRule", "name_rules", "same_place_names", "same_place_rule"]


@dataclass(frozen=True, kw_only=True)
class SamePlaceRule:
    """When rows of two facility lists are one place, in metres; see ``same_place.toml`` for its fields."""

    within_m: float
    alike_m: float
    nameless_m: float
    beside_m: float
    far_m: float
    double_m: float
    likeness: float
    own: tuple[str, ...]
    compared: tuple[str, ...]


@cache
def name_rules() -> Mapping[str, Any]:
    """``names.toml`` as it stands: how names of communities are told apart."""
    return MappingProxyType(read_facts("names.toml"))


@cache
def _same_place() -> Mapping[str, Any]:
    return MappingProxyType(read_facts("same_place.toml"))


@cache
def same_place_rule() -> SamePlaceRule:
    """The distances, the likeness of names and the columns by which facilities of several lists are merged."""
    rule = _same_place()["rule"]
    return SamePlaceRule(**rule | {"own": tuple(rule["own"]), "compared": tuple(rule["compared"])})


@cache
def same_place_names() -> Mapping[str, Any]:
    """How names of facilities are read: ``[names]`` of ``same_place.toml`` as it stands."""
    return MappingProxyType(_same_place()["names"])
