"""What is assumed of people who ask for a seat, and the words of capacities: ``capacity.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from types import MappingProxyType
from typing import Any

from circle15.catalog.facts import read_facts
from circle15.errors import SettingError
from circle15.model.capacity import CapacityRule
from circle15.model.places import AGE_GROUP, PEOPLE
from circle15.refusals import refusal

__all__ = ["capacity_rules", "capacity_words", "overridden"]


@cache
def capacity_rules() -> Mapping[str, CapacityRule]:
    """The catalogue's rules by service."""
    entries = read_facts("capacity.toml")["service"]
    rules = {key: CapacityRule(service=key, **entry) for key, entry in entries.items()}
    return MappingProxyType(rules)


def overridden(given: Mapping[str, Mapping[str, Any]]) -> Mapping[str, CapacityRule]:
    """The catalogue's rules with figures of a pack, by service and key; ``source`` says where those are from.

    A unit that is not the catalogue's leaves its ``sittings`` and ``each`` behind.

    Raises
    ------
    SettingError
        If a column is none of people, a figure is out of its range, or a service that the catalogue has no rule for
        lacks its rate or unit.
    """
    rules = dict(capacity_rules())
    for service, figures in given.items():
        rules[service] = _with_figures(service, dict(figures), rules.get(service))
    return rules


def _with_figures(service: str, figures: dict[str, Any], rule: CapacityRule | None) -> CapacityRule:
    source = figures.pop("source", None) or "assumption"
    for key in ("people", "first"):
        value = figures.get(key, PEOPLE[0])
        if not (value in PEOPLE or AGE_GROUP.fullmatch(value) or (key == "first" and value == "")):
            raise refusal("capacity_people", error=SettingError, service=service, key=key, value=value)
    kept: dict[str, Any] = {"people": PEOPLE[1], "sources": {}}
    if rule is not None:
        kept = {field.name: getattr(rule, field.name) for field in fields(rule)}
        if figures.get("unit", rule.unit) != rule.unit:
            del kept["sittings"], kept["each"]
    missing = [key for key in ("rate", "unit") if key not in {**kept, **figures}]
    if missing:
        raise refusal("capacity_needs", error=SettingError, service=service, missing=", ".join(missing))
    sources = {key: word for key, word in kept["sources"].items() if key in kept} | dict.fromkeys(figures, source)
    return CapacityRule(**kept | {"service": service} | figures | {"sources": sources})


@cache
def capacity_words() -> Mapping[str, str]:
    """What a word after a number says: word -> unit, ``""`` where it leaves it open.

    Examples
    --------
    >>> words = capacity_words()
    >>> words["座"], words["人次"], words["人"]
    ('seats', 'meals', '')
    """
    table = read_facts("capacity.toml")["words"]
    return MappingProxyType({word: "" if unit == "plain" else unit for unit, words in table.items() for word in words})
