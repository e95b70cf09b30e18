"""When coordinates have too few decimals, and when that is no accident: ``precision.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from circle15.catalog.facts import read_facts

__all__ = ["Decimals", "Precision", "precision"]


@dataclass(frozen=True, kw_only=True)
class Decimals:
    """Of one unit: how many decimals are ``usual``, and the ``coarsest`` and ``finest`` that are looked for."""

    usual: int
    coarsest: int
    finest: int


@dataclass(frozen=True, kw_only=True)
class Precision:
    """Limits of ``precision.toml``, where their reasons stand.

    ``chance``: probability below which few decimals are no accident. ``warn_m``: metres of half a step.
    """

    chance: float
    degrees: Decimals
    metres: Decimals
    warn_m: float


@cache
def precision() -> Precision:
    """The limits, read once."""
    facts = read_facts("precision.toml")
    return Precision(
        chance=facts["chance"]["most"],
        degrees=Decimals(**facts["degrees"]),
        metres=Decimals(**facts["metres"]),
        warn_m=facts["told"]["warn_m"],
    )
