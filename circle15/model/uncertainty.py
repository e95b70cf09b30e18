"""How uncertain the inputs of a study are: the distributions that random draws are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from circle15.errors import SettingError
from circle15.refusals import refusal

__all__ = ["Assumptions", "Uncertainty"]


@dataclass(frozen=True, kw_only=True)
class Uncertainty:
    """Distributions of the uncertain inputs; see ``robustness.toml`` for their reasons.

    Attributes
    ----------
    speed_sd, speed_low, speed_high
        Of the factor on the profile's speeds: normal around 1, cut off.
    dropout, marked, dropout_most
        Probability by way class, and by mark (``private``, ``gate``, ``tunnel``, ``bridge``), that a stretch cannot
        be walked through; the larger one counts, up to the limit.
    unverified, recent, confirmed, recent_days
        Probability that a facility exists, by how well that is known.
    leg_low, leg_high, limit_low, limit_high
        Ranges of the factors on access legs and on the snapping limit.
    spots_a_side, home_spots_a_side
        A facility with rounded coordinates may stand at so many spots a side of the square that they stand for; the
        homes of a community whose point was rounded at so many.
    people_spread
        People of a demand point vary by so much, up and down, as a share.
    required
        Share required where no book says it.
    streets
        How many streets are checked exactly for field checks.

    Raises
    ------
    SettingError
        If a probability lies outside 0 to 1, or a range is upside down.
    """

    speed_sd: float = 0.0
    speed_low: float = 1.0
    speed_high: float = 1.0
    dropout: Mapping[str, float]
    marked: Mapping[str, float]
    dropout_most: float = 0.0
    unverified: float = 1.0
    recent: float = 1.0
    confirmed: float = 1.0
    recent_days: int = 730
    leg_low: float = 1.0
    leg_high: float = 1.0
    limit_low: float = 1.0
    limit_high: float = 1.0
    spots_a_side: int = 8
    home_spots_a_side: int = 4
    people_spread: float = 0.0
    required: float = 0.9
    streets: int = 60

    def __post_init__(self) -> None:
        shares = {
            **{f"dropout of {name}": value for name, value in (*self.dropout.items(), *self.marked.items())},
            "dropout_most": self.dropout_most, "unverified": self.unverified, "recent": self.recent,
            "confirmed": self.confirmed, "people_spread": self.people_spread, "required": self.required,
        }  # fmt: skip
        for name, value in shares.items():
            if not (np.isfinite(value) and 0 <= value <= 1):
                raise refusal("uncertainty_share", error=SettingError, name=name, value=value)
        for name in ("speed", "leg", "limit"):
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if not 0 < low <= high < np.inf:
                raise refusal("uncertainty_range", error=SettingError, name=name, low=low, high=high)
        for name in ("spots_a_side", "home_spots_a_side"):
            if getattr(self, name) < 1:
                raise refusal("uncertainty_least", error=SettingError, name=name, value=getattr(self, name))
        if not (np.isfinite(self.speed_sd) and self.speed_sd >= 0):
            raise refusal("uncertainty_least", error=SettingError, name="speed_sd", value=self.speed_sd)


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What the random draws of one run were made from, and the clauses that verdicts were taken against.

    Attributes
    ----------
    uncertain
        Distributions, as factors of what follows.
    speed_mps, max_snap_m, cutoff_min
        The profile's walking speed, the snapping limit, the circle.
    facilities, confirmed
        How many facilities there are, and how many of them a field check confirmed.
    rounded, rounded_m
        How many of them have rounded coordinates, and half the largest step, in metres.
    communities_rounded, communities_rounded_m
        The same of communities that are known by points.
    clauses
        Ids of the clauses that required shares are taken from, by service in the order of the study; none:
        ``uncertain.required``.
    """

    uncertain: Uncertainty
    speed_mps: float
    max_snap_m: float
    cutoff_min: float
    facilities: int
    confirmed: int
    clauses: Mapping[str, tuple[str, ...]]
    rounded: int = 0
    rounded_m: float = 0.0
    communities_rounded: int = 0
    communities_rounded_m: float = 0.0
