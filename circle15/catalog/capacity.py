"""What is assumed of people who ask for a seat, and the words of capacities: ``capacity.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from circle15.catalog.facts import read_facts
from circle15.model.capacity import CapacityRule

__all__ = ["capacity_rules", "capacity_words"]


@cache
def capacity_rules() -> Mapping[str, CapacityRule]:
    """The catalogue's rules by service."""
    entries = read_facts("capacity.toml")["service"]
    rules = {key: CapacityRule(service=key, **entry) for key, entry in entries.items()}
    return MappingProxyType(rules)


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
    return MappingProxyType(
        {word: "" if unit == "plain" else unit for unit, words in table.items() for word in words}
    )
