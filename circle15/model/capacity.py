"""Seats and who gets them: what is asked of a service, an allocation and its proof, and the results of a city."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.errors import InputError, SettingError
from circle15.refusals import refusal

__all__ = ["UNITS", "Allocation", "Capacity", "CapacityRule", "Cut", "FloatingAccess", "SeatsInReach"]

UNITS = ("seats", "meals", "beds", "staff")
"""What a capacity may count: seats are used once a sitting, a meal and a bed once a day, staff serve several people."""


@dataclass(frozen=True, kw_only=True)
class CapacityRule:
    """How many people ask for a service on a day, and how many one unit of capacity serves.

    Attributes
    ----------
    service
        Its key.
    people, rate
        A people column, and the share of them who come on a day: 0 to 1.
    unit
        What capacities of the service count: one of :data:`UNITS`.
    sittings
        How often a seat is used on an open day; 1 for other units.
    each
        People whom one member of staff serves on an open day; 1 for other units.
    days
        Open days a week: an average day has ``days / 7`` of an open one.
    first
        People column of those who come first under the policy ``priority``; ``""``: none.
    sources
        Where these figures come from: ``assumption``, or a citation.

    Raises
    ------
    SettingError
        If a number is out of its range, the unit is unknown, or ``sittings`` or ``each`` goes with another unit.
    """

    service: str
    people: str
    rate: float
    unit: str
    sittings: float = 1.0
    each: float = 1.0
    days: float = 7.0
    first: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            known = ", ".join(UNITS)
            raise refusal("capacity_unit", error=SettingError, service=self.service, value=self.unit, known=known)
        ranges = (("rate", 0.0, 1.0), ("sittings", 0.0, 24.0), ("each", 0.0, 1000.0), ("days", 0.0, 7.0))
        for key, least, most in ranges:
            value = getattr(self, key)
            if not (np.isfinite(value) and least < value <= most) and not (key == "rate" and value == 0):
                raise refusal(f"capacity_{key}", error=SettingError, service=self.service, value=value)
        for key, unit in (("sittings", "seats"), ("each", "staff")):
            if self.unit != unit and getattr(self, key) != 1:
                raise refusal("capacity_apart", error=SettingError, service=self.service, key=key, unit=self.unit)

    def served_by(self, capacity: NDArray[np.float64], units: Sequence[str] | None = None) -> NDArray[np.float64]:
        """People whom capacities serve on an average day, whole numbers rounded down; NaN where unknown.

        ``units`` are those that a list gives with its numbers, ``""`` where it gives none: where seats are counted a
        number of meals needs no sittings; any other unit than the rule's says nothing of this service: unknown.
        """
        times = {"": Fraction(str(self.sittings)) * Fraction(str(self.each)), "meals": Fraction(1)}
        times[self.unit] = times[""]
        fits = {"", self.unit} | ({"meals"} if self.unit == "seats" else set())
        days = Fraction(str(self.days)) / 7
        given = [""] * len(capacity) if units is None else units
        return np.array(
            [
                float(Fraction(str(number)) * times[unit] * days // 1)
                if unit in fits and np.isfinite(number)
                else np.nan
                for number, unit in zip(capacity.tolist(), given, strict=True)
            ],
            dtype=float,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class SeatsInReach:
    """Whole people and the sites with seats that they reach: what is shared out.

    ``people`` ``int64[r]``, those of one row live at one point; ``start`` ``int64[r + 1]``: row ``k`` reaches the sites
    ``site[start[k]:start[k + 1]]``, rising, at walks of ``cost_ms``; ``seats`` ``int64[s]`` are people a day.

    Raises
    ------
    InputError
        If the columns do not fit each other, or people, seats or walks are below zero.
    """

    people: NDArray[np.int64]
    start: NDArray[np.int64]
    site: NDArray[np.int64]
    cost_ms: NDArray[np.int64]
    seats: NDArray[np.int64]

    def __post_init__(self) -> None:
        fit = len(self.start) == len(self.people) + 1 and len(self.site) == len(self.cost_ms) == self.start[-1]
        known = fit and (len(self.site) == 0 or 0 <= self.site.min() <= self.site.max() < len(self.seats))
        least = min((int(part.min()) for part in (self.people, self.seats, self.cost_ms) if len(part)), default=0)
        if not known or least < 0:
            raise refusal("seats_in_reach", error=InputError, rows=len(self.people), pairs=len(self.site), least=least)

    @property
    def row(self) -> NDArray[np.int64]:
        """``int64[k]``: the row of each pair."""
        return np.repeat(np.arange(len(self.people)), np.diff(self.start))

    @property
    def reaches(self) -> NDArray[np.bool_]:
        """``bool[r]``: rows that reach some site."""
        return np.diff(self.start) > 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """The proof that nobody more can be served: the least minimum cut.

    ``rows`` ``bool[r]`` and ``sites`` ``bool[s]`` are those among whom seats are short: these rows reach no other site,
    all seats of these sites are taken, and one more seat at any of them serves one more. ``served`` = people of the
    other rows that reach a site + seats of these sites = maximum flow.
    """

    served: int
    rows: NDArray[np.bool_]
    sites: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Allocation:
    """Who gets a seat where: ``flow`` ``int64[k]`` people on each pair of ``table``; ``policy`` by which.

    ``share`` is the least share of a group that is served, where the policy seeks it, NaN else; ``first_served`` those
    served of whom the policy takes first, None where it knows none.
    """

    table: SeatsInReach
    flow: NDArray[np.int64]
    policy: str
    share: float = float("nan")
    first_served: int | None = None

    @property
    def served(self) -> int:
        """People who get a seat."""
        return int(self.flow.sum())

    @property
    def walking_ms(self) -> int:
        """Milliseconds that they walk in all."""
        return int((self.flow * self.table.cost_ms).sum())

    @property
    def by_row(self) -> NDArray[np.int64]:
        """``int64[r]``: people of each row who get a seat."""
        sums = np.bincount(self.table.row, weights=self.flow, minlength=len(self.table.people))
        return np.rint(sums).astype(np.int64)

    @property
    def loads(self) -> NDArray[np.int64]:
        """``int64[s]``: seats of each site that are taken."""
        sums = np.bincount(self.table.site, weights=self.flow, minlength=len(self.table.seats))
        return np.rint(sums).astype(np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class FloatingAccess:
    """An index of access that shares supply among those who reach it; see ``accessibility.capacity.floating``.

    ``access`` ``float64[p]``: units of supply per person, 0 where no facility is in reach, NaN where undetermined: far
    from every street, on a detached piece, or a facility of unknown capacity is in reach. ``ratio`` ``float64[f]``:
    supply per person of its catchment, NaN where the supply is unknown or nobody reaches it. ``unused`` is the supply
    that nobody reaches, ``unknown`` counts facilities of unknown capacity.
    """

    access: NDArray[np.float64]
    ratio: NDArray[np.float64]
    unused: float
    unknown: int


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Capacity:
    """Who gets a seat on an average day, by service; whole people, least walking among all ways to serve most.

    ``frame`` on (``community_id``, ``service``): ``demand`` people = ``served`` + ``full_in_reach`` (all that they
    reach is full) + ``out_of_reach`` (nothing in reach) + ``unknown`` (a facility whose capacity nobody knows is in
    reach, or the map cannot tell whether one is; of these, ``unknown_map``); ``walk_min`` mean walk of those served. NA
    where the community's people are not known. ``floating``: seats per person by 2SFCA, the mean of those who come; NaN
    where nobody does, and where it is not known for one of them.

    ``loads`` on (``facility_id``, ``service``): ``seats`` people a day (NA: not known), ``used``, ``idle``,
    ``in_reach`` (people asking who can walk there), ``one_more`` (whether one more seat would serve one more person),
    ``used_nearest`` under nearest-first, and ``walk_min``.

    ``shortages`` on ``shortage_id`` (from 1, most people first): ``service``, ``communities`` and ``facilities``
    (tuples of ids), ``people`` who ask and can reach only these, their ``seats``, and ``short`` = people - seats, who
    go without whatever the allocation.

    ``policies`` on (``service``, ``policy``: ``nearest``, ``most``, ``fair``, ``priority``): ``served``, ``walk_min``,
    ``least_share`` (of a community's people in reach), ``first_served`` and ``first_demand`` (those who come first).

    ``totals`` on ``service``: sums of ``frame``, ``served_high`` (if what is unknown had seats for all), ``seats``,
    ``idle``, ``floating_used`` (all known seats that somebody who comes can walk to: 2SFCA shares them out whether or
    not they can be taken), ``facilities``, ``facilities_unknown``, ``facilities_unreached``.

    ``rules``: what was assumed.

    ``told`` is the same of bundles of ten people, which may be passed on: no single home can be worked out of it.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    loads: pd.DataFrame = field(default_factory=pd.DataFrame)
    shortages: pd.DataFrame = field(default_factory=pd.DataFrame)
    policies: pd.DataFrame = field(default_factory=pd.DataFrame)
    totals: pd.DataFrame = field(default_factory=pd.DataFrame)
    rules: Mapping[str, CapacityRule] = field(default_factory=dict)
    told: Capacity | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        served = ", ".join(f"{key} {row.served:,} of {row.demand:,}" for key, row in self.totals.iterrows())
        return f"<Capacity: {served or 'no service'}>"

    def _repr_html_(self) -> str:
        return self.totals.to_html()
