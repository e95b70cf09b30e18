"""More seats: whom they would serve of those who reach full facilities only, and what several do together.

One unit for all kinds of change: people are counted whose whole demand is newly met. Where one in ten people asks on a
day, a seat that serves one person more a day serves ten people aged 60 and over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from circle15.accessibility.capacity.more_seats import newly_seated
from circle15.accessibility.capacity.served import ServiceSeats
from circle15.catalog.action_limits import ActionLimits
from circle15.model.changes import SetCapacity

__all__ = ["MoreSeats", "Seating"]


@dataclass(frozen=True, kw_only=True)
class MoreSeats:
    """More seats for a service of a facility: ``units`` of capacity more, which serve ``seats`` more people a day.

    ``unit`` is what the capacity counts.
    """

    facility_id: str
    service: str
    capacity: float
    units: float
    unit: str
    seats: int

    @property
    def change(self) -> SetCapacity:
        """The change that adds them."""
        return SetCapacity(facility_id=self.facility_id, capacity=self.capacity, service=self.service)


@dataclass(frozen=True, kw_only=True, eq=False)
class Seating:
    """Seats and who asks for them, by service: as they are, and as of the bundles of ten that may be told."""

    seats: Mapping[str, ServiceSeats]
    told: Mapping[str, ServiceSeats]

    def tried(self) -> int:
        """How many facilities and services are looked at: all of known capacity."""
        return sum(int(part.known.sum()) for part in self.seats.values())

    def candidates(self, limits: ActionLimits) -> list[MoreSeats]:
        """Each facility whose seats are short, with as many more as somebody takes, at most ``limits.times`` as many.

        How many is worked out of the bundles: it would else tell how many people there are.
        """
        return [
            more
            for service, part in self.told.items()
            for site in np.flatnonzero(part.known & part.cut.sites).tolist()
            if (more := _at(part, service, site, limits)) is not None
        ]

    def served(self, several: Sequence[MoreSeats], *, told: bool = False) -> pd.Series:
        """People a day whom several of these newly serve together, ``int64`` on (``community_id``, ``service``)."""
        sums: dict[tuple[str, str], int] = {}
        for service in dict.fromkeys(more.service for more in several):
            part = (self.told if told else self.seats)[service]
            seats = np.zeros(len(part.offers), dtype=np.int64)
            for more in several:
                if more.service == service:
                    seats[part.site_of(more.facility_id)] += more.seats
            people = pd.Series(newly_seated(part.most, part.cut, seats)).groupby(part.row_communities).sum()
            sums |= {(str(community), service): int(number) for community, number in people[people > 0].items()}
        index = pd.MultiIndex.from_tuples(list(sums), names=_KEYS) if sums else _NOBODY
        return pd.Series(list(sums.values()), index=index, dtype="int64")

    def gains(self, several: Sequence[MoreSeats], *, told: bool = False) -> pd.Series:
        """The same in people whose demand is newly met."""
        people = self.served(several, told=told)
        rate = [self.seats[str(service)].rule.rate for service in people.index.get_level_values("service")]
        return people / np.array(rate, dtype=float)


def _at(part: ServiceSeats, service: str, site: int, limits: ActionLimits) -> MoreSeats | None:
    """As many seats more at a facility as somebody takes; None where nobody does."""
    held, today = float(part.offers["capacity"].iloc[site]), int(part.table.seats[site])
    extra = np.arange(1, int(held * (limits.times - 1)) + 1, dtype=np.float64)
    seats = part.people_for(site, np.asarray(held + extra, dtype=np.float64)) - today
    more = np.zeros(len(part.offers), dtype=np.int64)
    more[site] = seats.max(initial=0)
    people = int(newly_seated(part.most, part.cut, more).sum())
    if not people:
        return None
    least = int(np.argmax(seats >= people))
    return MoreSeats(
        facility_id=str(part.offers["facility_id"].iloc[site]), service=service, capacity=held + float(extra[least]),
        units=float(extra[least]), unit=part.unit_of(site), seats=int(seats[least]),
    )  # fmt: skip


_KEYS = ["community_id", "service"]
_NOBODY = pd.MultiIndex.from_arrays([pd.Index([], dtype=object)] * 2, names=_KEYS)
