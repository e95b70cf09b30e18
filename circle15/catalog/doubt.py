"""How uncertain the inputs are taken to be: ``robustness.toml``."""

from __future__ import annotations

from functools import cache

from circle15.catalog.facts import read_facts
from circle15.model.pickling import ReadOnly
from circle15.model.uncertainty import Uncertainty

__all__ = ["uncertainty"]


@cache
def uncertainty() -> Uncertainty:
    """How uncertain inputs are taken to be: ``robustness.toml``, speeds as factors of the profile's own."""
    facts = read_facts("robustness.toml")
    speed, snapping, existence = facts["speed"], facts["snapping"], facts["existence"]
    base = float(speed["base_mps"])
    return Uncertainty(
        speed_sd=speed["sd_mps"] / base,
        speed_low=speed["low_mps"] / base,
        speed_high=speed["high_mps"] / base,
        dropout=ReadOnly(facts["dropout"]["way_class"]),
        marked=ReadOnly(facts["dropout"]["mark"]),
        dropout_most=facts["dropout"]["most"],
        **existence,
        **snapping,
        **facts["places"],
        people_spread=facts["people"]["spread"],
        required=facts["required"]["share"],
        streets=facts["checks"]["streets"],
    )
