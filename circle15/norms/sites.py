"""Which facilities a rule counts, and what nothing can be said without."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circle15.hours.opening import open_at
from circle15.model.norms import Rule
from circle15.norms.attributes import asked_columns, offering, says
from circle15.norms.figures import Figures
from circle15.norms.ground import Ground

__all__ = ["counted", "nothing_known", "qualifying", "state_then", "unlisted"]

Mask = NDArray[np.bool_]


def qualifying(ground: Ground, rule: Rule, services: tuple[str, ...] | None = None) -> Mask:
    """Facilities that a rule counts: of one of its services (or of those named) that say what it asks of them."""
    frame = ground.facilities.frame
    return offering(frame, rule.services if services is None else services) & says(frame, rule, lenient=ground.lenient)


def counted(ground: Ground, rule: Rule) -> Mask:
    """Facilities that a verdict may rest on: those that qualify and, where a rule asks for a moment, are open then."""
    qualified = qualifying(ground, rule)
    return qualified & state_then(ground, rule)[0] if rule.open_at else qualified


def state_then(ground: Ground, rule: Rule) -> tuple[Mask, Mask]:
    """Facilities known to be open at the rule's moment, and those known to be closed."""
    frame = ground.facilities.frame
    if "opening_hours" not in frame:
        return np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    state = open_at(frame["opening_hours"], rule.open_at)
    sure, shut = (state.eq(other).fillna(value=False).to_numpy(dtype=bool) for other in (True, False))
    return sure, shut


def unlisted(ground: Ground, rule: Rule) -> str:
    """What nothing can be said without: lists of services, people columns, attributes that tell facilities apart."""
    unknown = [service for service in rule.services if service not in ground.facilities.listed]
    lacks = [f"facilities: {service}" for service in unknown]
    if rule.people not in ground.demand.frame:
        lacks.append(rule.people)
    given = ground.facilities.frame
    lacks += [f"facilities.{name}" for name, column in asked_columns(rule).items() if column not in given]
    return ", ".join(lacks)


def nothing_known(ground: Ground, lacks: str) -> Figures:
    """Figures of which nothing is known, for want of what ``lacks`` names."""
    return Figures(part=np.full(len(ground.communities), np.nan), lacks=lacks)
