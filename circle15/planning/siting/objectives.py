"""What a plan can be asked for: the table of objectives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from circle15.model.plans import CoverPlan
from circle15.planning.siting.everybody import everybody
from circle15.planning.siting.most_people import most_people

__all__ = ["OBJECTIVES"]

OBJECTIVES: Mapping[str, Callable[..., CoverPlan]] = MappingProxyType(
    {"most_people": most_people, "everybody": everybody}
)
"""By name; each takes a :class:`~circle15.model.plans.CoverProblem`, its own limits by name, and ``limits``."""
