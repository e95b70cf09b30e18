"""The cause of a gap: the first remedy that closes enough of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["CLOSES", "NOBODY", "cause_of"]

CLOSES = 0.5
"""A remedy that serves at least this share of a gap's people is its remedy."""
NOBODY = 1e-6
"""Sums of shares of people: less than this is nobody."""


def cause_of(people: Mapping[Any, float]) -> str:
    """What is missing, by the people whom each remedy leaves; the rule stands in :mod:`circle15.planning.attribution`.

    Parameters
    ----------
    people
        ``uncovered``, and ``uncovered_`` ``gates``, ``link``, ``direct`` and ``straight``.

    Examples
    --------
    One link serves 60 of 100; and where a street grid would serve 20, a straight line 70:

    >>> left = {"uncovered": 100, "uncovered_gates": 100, "uncovered_direct": 80, "uncovered_straight": 30}
    >>> cause_of(left | {"uncovered_link": 40}), cause_of(left | {"uncovered_link": 90})
    ('link', 'mixed')
    """
    for cause, remedy in (("gate", "gates"), ("link", "link"), ("paths", "direct")):
        if people["uncovered"] - people[f"uncovered_{remedy}"] >= CLOSES * people["uncovered"] - NOBODY:
            return cause
    straight = people["uncovered"] - people["uncovered_straight"]
    return "mixed" if straight >= CLOSES * people["uncovered"] - NOBODY else "facility"
