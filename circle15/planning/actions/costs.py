"""What an action costs, where the pack knows it."""

from __future__ import annotations

from circle15.model.changes import AddFacility, AddLink, AddService, Change, OpenGate, SetCapacity
from circle15.model.costs import Costs

__all__ = ["cost_of"]


def cost_of(change: Change, costs: Costs, *, units: float = 0.0, length_m: float = 0.0) -> float:
    """What a change costs once, NaN where that is not known; longer hours cost by the year, which is not told.

    Parameters
    ----------
    change
        To be made.
    costs
        Of the pack.
    units
        Of capacity more.
    length_m
        Of a new way.
    """
    match change:
        case AddFacility(services=services):
            parts = [costs.site.get(service) for service in services]
        case AddService(service=service):
            parts = [costs.service.get(service)]
        case SetCapacity(service=service):
            parts = [_times(costs.seat.get(service), units)]
        case OpenGate():
            parts = [costs.gate]
        case AddLink(structure=structure):
            parts = [_times(costs.bridge_m if structure == "bridge" else costs.link_m, length_m)]
        case _:
            parts = [None]
    return sum(float("nan") if part is None else part for part in parts)


def _times(cost: float | None, count: float) -> float | None:
    return None if cost is None else cost * count
