"""Facts, not code: services, walking rules, headers of tables and the words the project says to people.

Every function reads its TOML file once and returns read-only values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import (
    PersonalColumns,
    column_synonyms,
    column_title,
    fold_header,
    numeric_columns,
    personal_columns,
    without_numbers_of_persons,
)
from circle15.catalog.words import advice, finding, hint, reason, refusal, text
from circle15.errors import SettingError
from circle15.model.uncertainty import Uncertainty
from circle15.model.walk_network import WalkProfile

__all__ = [
    "PersonalColumns",
    "SamePlaceRule",
    "Service",
    "Tier",
    "WayClass",
    "advice",
    "column_synonyms",
    "column_title",
    "finding",
    "fold_header",
    "hint",
    "name_rules",
    "numeric_columns",
    "opening_words",
    "personal_columns",
    "profile",
    "profiles",
    "reason",
    "refusal",
    "same_place_names",
    "same_place_rule",
    "services",
    "text",
    "tier_key",
    "tiers",
    "uncertainty",
    "walking",
    "way_classes",
    "without_numbers_of_persons",
]


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of the circle; see ``services.toml`` for the meaning of its fields."""

    key: str
    title_zh: str
    title_en: str
    noun_en: str
    domain: str
    glyph: str
    tone: str
    words: tuple[str, ...]
    osm: tuple[str, ...]
    delivered: bool = False


@dataclass(frozen=True, kw_only=True)
class WayClass:
    """One class of way; see ``walking.toml``."""

    name: str
    walk: bool
    rank: int
    home: bool


@dataclass(frozen=True, kw_only=True)
class Tier:
    """How large an area a facility serves; see ``tiers.toml``."""

    key: str
    title_zh: str
    title_en: str
    words: tuple[str, ...]


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
def services() -> Mapping[str, Service]:
    """All services, in the order in which they are shown."""
    return MappingProxyType(
        {
            key: Service(key=key, **entry | {"words": tuple(entry["words"]), "osm": tuple(entry["osm"])})
            for key, entry in read_facts("services.toml").items()
        }
    )


@cache
def walking() -> Mapping[str, Any]:
    """``walking.toml`` as it stands."""
    return MappingProxyType(read_facts("walking.toml"))


@cache
def way_classes() -> tuple[WayClass, ...]:
    """Way classes; a network's ``way_class`` holds positions in this tuple."""
    return tuple(WayClass(**entry) for entry in walking()["way_class"])


@cache
def profiles() -> Mapping[str, WalkProfile]:
    """The walking profiles by name."""
    return MappingProxyType({name: WalkProfile(name=name, **rule) for name, rule in walking()["profile"].items()})


def profile(name: str | WalkProfile) -> WalkProfile:
    """Return a walking profile by its name; a profile of your own passes through.

    Raises
    ------
    SettingError
        If there is no profile of that name.

    Examples
    --------
    >>> profile("elderly").reach_m(15)  # 0.9 m/s x 900 s
    810.0
    """
    if isinstance(name, WalkProfile):
        return name
    known = profiles()
    if name not in known:
        raise SettingError(f"no walking profile {name!r}; choose one of {', '.join(known)}")
    return known[name]


@cache
def name_rules() -> Mapping[str, Any]:
    """``names.toml`` as it stands: how names of communities are told apart."""
    return MappingProxyType(read_facts("names.toml"))


@cache
def opening_words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """``opening.toml``: words in which people write opening hours, by table and meaning."""
    return MappingProxyType(
        {
            name: MappingProxyType({meaning: tuple(words) for meaning, words in table.items()})
            for name, table in read_facts("opening.toml").items()
        }
    )


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


@cache
def uncertainty() -> Uncertainty:
    """How uncertain inputs are taken to be: ``robustness.toml``, speeds as factors of the profile's own."""
    facts = read_facts("robustness.toml")
    speed, snapping, existence = facts["speed"], facts["snapping"], facts["existence"]
    base = float(speed["base_mps"])
    return Uncertainty(
        speed_sd=speed["sd_mps"] / base,
        speed_low=speed["low_mps"] / base,
        speed_high=speed["high_mps"] / base,
        dropout=MappingProxyType(dict(facts["dropout"]["way_class"])),
        marked=MappingProxyType(dict(facts["dropout"]["mark"])),
        dropout_most=facts["dropout"]["most"],
        **existence,
        **snapping,
        people_spread=facts["people"]["spread"],
        required=facts["required"]["share"],
        streets=facts["checks"]["streets"],
    )
