"""From which figures on a list or a street file is said to be too thin: ``adequacy.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from circle15.catalog.facts import read_facts

__all__ = ["Adequacy", "adequacy"]


@dataclass(frozen=True, kw_only=True)
class Adequacy:
    """Limits of ``adequacy.toml``, where their reasons stand.

    ``most_people_each``: people for each facility of a service.
    """

    most_people_each: int


@cache
def adequacy() -> Adequacy:
    """The limits, read once."""
    facts = read_facts("adequacy.toml")
    return Adequacy(most_people_each=facts["facilities"]["most_people_each"])
