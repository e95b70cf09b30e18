"""Whether a thing of OpenStreetMap is in use, closed, being built or planned: ``life_cycle.toml``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from circle15.catalog.facts import read_facts

__all__ = ["IN_USE", "Life", "LifeState", "life_keys", "life_of", "life_states", "other_lives"]

Tags = Mapping[str, str]

IN_USE = "in_use"
"""State of what no tag speaks of."""

_DATE = re.compile(r"\d{4}(-\d\d){0,2}")
"""Dates as OpenStreetMap writes them, as far as they can be compared: others (``C19``, ``~1990``) say nothing."""


@dataclass(frozen=True, kw_only=True)
class LifeState:
    """One state of ``life_cycle.toml``: the tags and prefixes that name it."""

    key: str
    title_zh: str
    title_en: str
    tags: Mapping[str, tuple[str, ...]]
    prefixes: tuple[str, ...]
    unless: tuple[str, ...]

    def named_by(self, tags: Tags) -> str:
        """The tag that names the state, as ``key=value``; empty where none does."""
        for key, words in self.tags.items():
            value = tags.get(key, "").strip().casefold()
            if value and value not in self.unless and (value in words or "*" in words):
                return f"{key}={tags[key]}"
        return ""

    def was(self, tags: Tags) -> dict[str, str]:
        """The tags under one of the state's prefixes, without it."""
        pairs = ((key.partition(":"), value) for key, value in tags.items())
        return {
            rest: value
            for (first, mark, rest), value in pairs
            if mark and rest and first in self.prefixes and value not in self.unless
        }


class Life(NamedTuple):
    """A state, ``"in_use"``, ``"closed"``, ``"building"`` or ``"planned"``, and the tag that says so."""

    state: str = IN_USE
    tag: str = ""


@cache
def _dates() -> Mapping[str, Any]:
    return MappingProxyType(read_facts("life_cycle.toml")["dates"])


@cache
def life_states() -> Mapping[str, LifeState]:
    """The states by key, in the order in which they are looked for; what none names is in use."""
    return MappingProxyType(
        {key: _state(key, **entry) for key, entry in read_facts("life_cycle.toml")["state"].items()}
    )


def _state(
    key: str, *, tags: Mapping[str, list[str]], prefixes: list[str], unless: list[str], **titles: str
) -> LifeState:
    words = MappingProxyType({name: tuple(values) for name, values in tags.items()})
    return LifeState(key=key, tags=words, prefixes=tuple(prefixes), unless=tuple(unless), **titles)


def life_keys(*keys: str) -> tuple[str, ...]:
    """The given keys under every prefix of the life cycle: what a filter by key must let through.

    Examples
    --------
    >>> [key for key in life_keys("amenity") if key.startswith("p")]
    ['proposed:amenity', 'planned:amenity']
    """
    return tuple(f"{prefix}:{key}" for state in life_states().values() for prefix in state.prefixes for key in keys)


def life_of(tags: Tags, *, makes: Callable[[Tags], bool] | None = None, on: str = "") -> Life:
    """In which state a thing is by its tags.

    Parameters
    ----------
    tags
        Of a way, a node or a place.
    makes
        Whether tags make the thing in question (a street of this class, a place of this service): a prefixed tag
        counts where it would do so without its prefix. By default it counts where the thing has no tag of that key
        today, or the same.
    on
        The day the data speak of, ISO; by default that of the table. Dates of the tags are compared with it.

    Returns
    -------
    Life
        The state and the tag that names it (``"disused=yes"``, ``"disused:amenity=clinic"``).

    Examples
    --------
    >>> life_of({"amenity": "clinic", "disused": "yes"})
    Life(state='closed', tag='disused=yes')
    >>> life_of({"highway": "footway", "disused:highway": "residential"}).state
    'in_use'
    """
    if _speaking().isdisjoint(key.partition(":")[0] for key in tags):
        return Life()  # most things
    for state in life_states().values():
        tag = state.named_by(tags) or _prefixed(state, tags, makes)
        if tag:
            return Life(state.key, tag)
    return _dated(tags, on)


def other_lives(tags: Tags) -> Iterator[tuple[str, dict[str, str]]]:
    """What a thing was or is to be by its prefixed tags: each state that some name, and the tags of that time.

    Those without a prefix go on; what the prefix says stands in place of its key, but for a name that is there today.

    Examples
    --------
    >>> [(state, tags["amenity"]) for state, tags in other_lives({"disused:amenity": "clinic", "building": "yes"})]
    [('closed', 'clinic')]
    """
    if _speaking().isdisjoint(key.partition(":")[0] for key in tags):
        return
    for state in life_states().values():
        was = state.was(tags)
        if was:
            yield state.key, {**tags, **was, **({"name": tags["name"]} if "name" in tags else {})}


@cache
def _speaking() -> frozenset[str]:
    """Keys and prefixes of which one at least stands in the tags of whatever is not simply in use."""
    states = life_states().values()
    return frozenset(
        [
            *(word for state in states for word in (*state.tags, *state.prefixes)),
            *_dates()["until"],
            *_dates()["from"],
        ]
    )


def _prefixed(state: LifeState, tags: Tags, makes: Callable[[Tags], bool] | None) -> str:
    """The tag that says under a prefix what the thing was or is to be, as it is written; empty where none does."""
    was = state.was(tags)
    if not was:
        return ""
    if makes is None:
        keys = [key for key, value in was.items() if tags.get(key, value) == value]
    else:
        keys = [key for key in was if makes({key: was[key]})] or (list(was) if makes(was) else [])
    if not keys:
        return ""
    return next(f"{prefix}:{keys[0]}={was[keys[0]]}" for prefix in state.prefixes if f"{prefix}:{keys[0]}" in tags)


def _dated(tags: Tags, on: str) -> Life:
    """What the dates of a thing say; a year or a month lies before the day when it has begun before it."""
    rule = _dates()
    day = on or rule["as_of"]
    for keys, state in ((rule["until"], "closed"), (rule["from"], "planned")):
        for key in keys:
            date = tags.get(key, "").strip()
            known = _DATE.fullmatch(date) is not None
            if known and (date <= day[: len(date)]) is (state == "closed"):
                return Life(state, f"{key}={date}")
    return Life()
