"""Who gets a seat: whole people to facilities with few seats, by policy, each with its proof.

Seats are shared out in whole numbers by the network simplex method, where going without costs more than any walk: as
many as can be are served, with the least walking of all ways to do so. The prices that it leaves behind are checked to
prove that nothing is shorter, and a cut read off its flow to prove that nobody more can be served.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components, maximum_flow

from circle15.errors import InputError
from circle15.kernels.seat_flow import first_come, held_back
from circle15.kernels.transport import transport
from circle15.model.capacity import Allocation, Cut, SeatsInReach
from circle15.refusals import refusal

__all__ = ["fairest", "least_walking", "most_served", "nearest_first", "priority_first", "shortage_sets"]

_MOST_PEOPLE = 2**31 - 1
"""Whole numbers of scipy's maximum flow have 32 bits."""


def most_served(table: SeatsInReach, best: Allocation | None = None) -> Cut:
    """How many people can be served at most, and the proof; ``best`` of :func:`least_walking`, where it is known.

    Raises
    ------
    RuntimeError
        If flow and cut are not equal, which cannot be.
    """
    best = least_walking(table) if best is None else best
    rows, sites = held_back(table.people, table.start, table.site, best.flow, len(table.seats))
    cut = int(table.people[~rows & table.reaches].sum() + table.seats[sites].sum())
    if cut != best.served:
        raise RuntimeError(f"maximum flow {best.served} and minimum cut {cut} differ")
    return Cut(served=cut, rows=rows, sites=sites)


def least_walking(table: SeatsInReach) -> Allocation:
    """Most people served, and among all ways to do so the least walking: the policy ``most``.

    Raises
    ------
    RuntimeError
        If its prices do not prove the allocation, which cannot be.
    """
    refuse = np.full(len(table.people), _penalty(table.cost_ms, len(table.seats)))
    return Allocation(table=table, flow=_cheapest(table, refuse), policy="most")


def _cheapest(table: SeatsInReach, refuse: NDArray[np.int64]) -> NDArray[np.int64]:
    """``int64[k]``: people on pairs at the least cost, where one of a row who goes without costs ``refuse``; proven."""
    row, site, people, seats = table.row, table.site, table.people, table.seats
    flow, price, worth = transport(people, table.start, site, table.cost_ms, seats, refuse)
    used = np.flatnonzero(flow)
    given = np.bincount(row[used], weights=flow[used], minlength=len(people)).astype(np.int64)
    taken = np.bincount(site[used], weights=flow[used], minlength=len(seats)).astype(np.int64)
    slack = table.cost_ms + price[site] - worth[row]
    proven = (
        bool((flow >= 0).all() and (given <= people).all() and (taken <= seats).all())
        and bool((slack >= 0).all() and (slack[used] == 0).all())
        and bool((worth <= refuse).all() and (worth[given < people] == refuse[given < people]).all())
        and bool((price >= 0).all() and (taken[price > 0] == seats[price > 0]).all())
    )
    if not proven:
        raise RuntimeError("prices do not prove the allocation")
    return flow


def _penalty(cost: NDArray[np.int64], sites: int) -> int:
    """More than any way of changing seats can cost."""
    return (sites + 1) * (int(cost.max(initial=0)) + 1)


def _check(allocation: Allocation, served: int) -> None:
    """Raise RuntimeError unless the allocation serves so many, nobody twice and no seat twice."""
    table = allocation.table
    if allocation.served != served:
        raise RuntimeError(f"{allocation.served} served where the maximum flow is {served}")
    if (
        (allocation.by_row > table.people).any()
        or (allocation.loads > table.seats).any()
        or (allocation.flow < 0).any()
    ):
        raise RuntimeError("somebody or some seat is counted twice")


def nearest_first(table: SeatsInReach) -> Allocation:
    """Who lives nearer comes first: pairs take seats in the order of walking time, as long as there are.

    Of equal walks the site that comes first in the table, then the row. Everybody goes to the nearest facility that
    still has a seat, and every seat to the nearest who has none yet.
    """
    order = np.lexsort((table.row, table.site, table.cost_ms))
    flow = first_come(table.people, table.start, table.site, order, table.seats)
    return Allocation(table=table, flow=flow, policy="nearest")


def priority_first(table: SeatsInReach, first: NDArray[np.bool_], cut: Cut | None = None) -> Allocation:
    """As many as can be of the rows ``first`` ``bool[r]``, then as many as can be of all, then the least walking.

    Serving some people first never costs others in number: any set that can be served is part of a largest one.
    """
    cut = most_served(table) if cut is None else cut
    penalty = _penalty(table.cost_ms, len(table.seats))
    flow = _cheapest(table, np.where(first, 2 * penalty, penalty).astype(np.int64))
    allocation = Allocation(table=table, flow=flow, policy="priority")
    _check(allocation, cut.served)
    return allocation


def fairest(table: SeatsInReach, group: NDArray[np.int64], cut: Cut | None = None) -> Allocation:
    """The largest share that every group can get, then as many as can be of all, then the least walking.

    Parameters
    ----------
    table
        Whom to serve.
    group
        ``int64[r]``: the group, such as the community, of each row. Only people who reach some site count: a group that
        reaches none would make every share 0.
    cut
        Of :func:`most_served`, where it is known.

    Returns
    -------
    Allocation
        ``share`` is the largest of all fractions people / people of a group such that each group has at least that
        share, rounded up to whole people; the next larger one is shown to be too large by a maximum flow.

    Raises
    ------
    InputError
        If more than 2,147,483,647 people ask.
    """
    if table.people.sum() > _MOST_PEOPLE:
        raise refusal("allocation_people", error=InputError, count=int(table.people.sum()), most=_MOST_PEOPLE)
    cut = most_served(table) if cut is None else cut
    people = table.people * table.reaches
    asked = np.bincount(group, weights=people).astype(np.int64)
    over, under = _fractions(asked)
    low, high = 0, len(over)  # all up to low can be had, none from high on
    while high - low > 1:
        middle = (low + high) // 2
        if _can_have(table, group, people, -(-over[middle] * asked // under[middle])):
            low = middle
        else:
            high = middle
    least = -(-over[low] * asked // under[low])
    flow = _with_floor(table, group, people, asked - least)
    allocation = Allocation(table=table, flow=flow, policy="fair", share=float(over[low] / under[low]))
    _check(allocation, cut.served)
    if (np.bincount(group, weights=allocation.by_row, minlength=len(least)) < least).any():
        raise RuntimeError("a group has less than the share that it can have")
    return allocation


def _fractions(asked: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All shares that a group can have, 0 to 1, rising: numerators and denominators.

    Two that differ do so by more than a floating-point number errs, as no group has 10,000,000 people.
    """
    sizes = np.unique(asked[asked > 0])
    over = np.concatenate([np.arange(size + 1) for size in sizes] or [np.zeros(1, dtype=np.int64)])
    under = np.repeat(sizes, sizes + 1) if len(sizes) else np.ones(1, dtype=np.int64)
    first = np.unique(over / under, return_index=True)[1]
    return over[first], under[first]


def _can_have(
    table: SeatsInReach, group: NDArray[np.int64], people: NDArray[np.int64], least: NDArray[np.int64]
) -> bool:
    """Whether so many of each group can be served at once: a maximum flow by way of groups."""
    row, site, rows, sites = table.row, table.site, len(people), len(table.seats)
    asked = np.bincount(site, weights=people[row], minlength=sites).astype(np.int64)
    source, sink, at_group = rows + sites, rows + sites + 1, rows + sites + 2
    tail = np.concatenate([np.full(len(least), source), at_group + group, row, rows + np.arange(sites)])
    head = np.concatenate([at_group + np.arange(len(least)), np.arange(rows), rows + site, np.full(sites, sink)])
    carries = np.concatenate([least, people, people[row], np.minimum(table.seats, asked)])
    nodes = at_group + len(least)
    arcs = sparse.csr_array((carries.astype(np.int32), (tail, head)), shape=(nodes, nodes))
    return bool(maximum_flow(arcs, source, sink).flow_value == least.sum())


def _with_floor(
    table: SeatsInReach, group: NDArray[np.int64], people: NDArray[np.int64], spare: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Least walking where at most ``spare`` ``int64[g]`` of each group go without: these go to a site of their own."""
    sites, rows = len(table.seats), np.flatnonzero(people)
    penalty = _penalty(table.cost_ms, sites + len(spare))
    after, own = table.start[1:][rows], np.zeros(len(table.site) + len(rows), dtype=bool)
    own[after + np.arange(len(rows))] = True
    wider = SeatsInReach(
        people=people,
        start=table.start + np.searchsorted(rows, np.arange(len(people) + 1)),
        site=np.insert(table.site, after, sites + group[rows]),
        cost_ms=np.insert(table.cost_ms, after, penalty),
        seats=np.append(table.seats, spare),
    )
    return _cheapest(wider, np.full(len(people), 2 * penalty))[~own]


def shortage_sets(table: SeatsInReach, cut: Cut) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The parts of the cut: ``int64[r]`` and ``int64[s]`` numbers from 0, -1 where seats are not short.

    People of one part reach only its sites, and its sites have too few seats for them. Numbered in the order of rows.
    """
    rows, sites = len(table.people), len(table.seats)
    short = cut.rows[table.row]
    ends = (table.row[short], rows + table.site[short])
    graph = sparse.csr_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(rows + sites, rows + sites))
    label = connected_components(graph, directed=False)[1]
    inside = np.concatenate([cut.rows, cut.sites])
    number = np.full(rows + sites, -1, dtype=np.int64)
    number[inside] = pd.factorize(label[inside])[0]
    return number[:rows], number[rows:]
