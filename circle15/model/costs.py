"""What changes cost to make, as a city pack knows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from circle15.errors import SettingError
from circle15.refusals import refusal

__all__ = ["Costs"]


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a change costs once, in ``currency``; what is not given is not known.

    Attributes
    ----------
    site, service, seat
        By service: of a new place that offers it, of one service more in an existing facility, and of one unit of
        capacity more.
    gate
        Of opening one.
    link_m, bridge_m
        Of one metre of a new way, and of one over water or rail.
    currency
        Its code, such as ``CNY``.
    source
        Where the figures are from: ``assumption``, or a citation.

    Raises
    ------
    SettingError
        If a figure is below zero or not finite.
    """

    site: Mapping[str, float] = field(default_factory=dict)
    service: Mapping[str, float] = field(default_factory=dict)
    seat: Mapping[str, float] = field(default_factory=dict)
    gate: float | None = None
    link_m: float | None = None
    bridge_m: float | None = None
    currency: str = "CNY"
    source: str = "assumption"

    def __post_init__(self) -> None:
        for key, value in self._figures().items():
            if not (math.isfinite(value) and value >= 0):
                raise refusal("cost_number", error=SettingError, key=key, value=value)

    def _figures(self) -> dict[str, float]:
        """All figures that are given, by key."""
        figures: dict[str, float] = {}
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, Mapping):
                figures |= {f"{part.name}.{key}": number for key, number in value.items()}
            elif value is not None and not isinstance(value, str):
                figures[part.name] = value
        return figures

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return bool(self._figures())
