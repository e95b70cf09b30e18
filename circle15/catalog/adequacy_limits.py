"""From which figures on a list or a street file is said to be too thin: ``adequacy.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from circle15.catalog.facts import read_facts

__all__ = ["Adequacy", "adequacy"]


@dataclass(frozen=True, kw_only=True)
class Adequacy:
    """Limits of ``adequacy.toml``, where their reasons stand.

    ``most_people_each``: people for each facility of a service. ``apart_km``: between inputs of one place.
    ``streets_fill``: share of the study area with its buffer. ``thin_share``: density around the communities, as a
    share of that within. ``least_km``: kilometres.
    ``on_foot``: classes of ways, of which at least ``least_on_foot`` of all kilometres are. ``most_junctions_outside``:
    share of junctions.
    """

    most_people_each: int
    apart_km: float
    streets_fill: float
    thin_share: float
    least_km: float
    on_foot: tuple[str, ...]
    least_on_foot: float
    most_junctions_outside: float


@cache
def adequacy() -> Adequacy:
    """The limits, read once."""
    facts = read_facts("adequacy.toml")
    streets = facts["streets"] | {"on_foot": tuple(facts["streets"]["on_foot"])}
    return Adequacy(**facts["facilities"], **facts["places"], **streets)
