"""What the list of changes that help most holds: ``actions.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from circle15.catalog.facts import read_facts

__all__ = ["ActionLimits", "action_limits"]


@dataclass(frozen=True, kw_only=True)
class ActionLimits:
    """Limits of ``actions.toml``, where their reasons stand.

    ``count``: entries of the list. ``overlap``: share of a candidate's people from which on a better one stands for it.
    ``roomless``: services of which a facility that offers nothing else has no room for another, and ``mapped_roomless``
    those of which one that OpenStreetMap alone speaks of has none either. ``streets``: how many meet at a crossing.
    ``longer_min``: minutes that a closed facility opens for. ``times``: how many times its seats a facility may have.
    ``most``: gates, and links, that are counted on the changed streets. ``street_m``: how far the street lies that a
    place is told by. ``draws``: how many say how sure a gain is, and ``kept``: the share of it that must be there in
    one.
    """

    count: int
    overlap: float
    roomless: frozenset[str]
    mapped_roomless: frozenset[str]
    streets: int
    longer_min: int
    times: float
    most: int
    street_m: float
    draws: int
    kept: float


@cache
def action_limits() -> ActionLimits:
    """The limits, read once."""
    facts = read_facts("actions.toml")
    house = facts["house"]
    numbers = facts["list"] | facts["site"] | facts["hours"] | facts["seats"] | facts["streets"] | facts["place"]
    return ActionLimits(
        roomless=frozenset(house["roomless"]),
        mapped_roomless=frozenset(house["mapped_roomless"]),
        **numbers,
        **facts["certainty"],
    )
