"""Who gets a seat: whole people to facilities with few seats, by policy, each with its proof.

Source -> point -> facility -> sink. Most people served is a maximum flow, and the least minimum cut proves it. Least
walking at that volume parts along the cut: whom it does not hold are all served, and where seats are short all seats
are taken. Both halves are shared out by shortest augmenting paths in whole numbers, and the prices that these leave
behind are checked to prove that nothing is shorter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components, maximum_flow

from circle15.errors import InputError
from circle15.kernels.ragged import ranges, run_starts
from circle15.kernels.transport import first_come, held_back, transport
from circle15.model.capacity import Allocation, Cut, SeatsInReach
from circle15.refusals import refusal

__all__ = ["fairest", "least_walking", "most_served", "nearest_first", "priority_first", "shortage_sets"]

_MOST_PEOPLE = 2**31 - 1
"""Whole numbers of scipy's maximum flow have 32 bits."""


def most_served(table: SeatsInReach) -> Cut:
    """How many people can be served at most, and the proof.

    Rows that reach the same sites are one: exact, and small enough for 50,000 points.

    Raises
    ------
    InputError
        If more than 2,147,483,647 people ask.
    RuntimeError
        If flow and cut are not equal, which cannot be.
    """
    kind, first = _alike(table)
    people = np.bincount(kind, weights=table.people, minlength=len(first)).astype(np.int64)
    row, pair = ranges(table.start[first], np.diff(table.start)[first])
    site, start = table.site[pair], run_starts(row, len(first))
    flow = _maximum_flow(people, row, site, table.seats)
    rows, sites = held_back(people, start, site, flow, len(table.seats))
    cut = int(people[~rows & (np.diff(start) > 0)].sum() + table.seats[sites].sum())
    if cut != flow.sum():
        raise RuntimeError(f"maximum flow {flow.sum()} and minimum cut {cut} differ")
    return Cut(served=cut, rows=rows[kind], sites=sites)


def _alike(table: SeatsInReach) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``int64[r]`` which set of sites each row reaches, and the first row of each set."""
    bounds = table.start.tolist()
    reached = [table.site[first:last].tobytes() for first, last in pairwise(bounds)]
    kind = pd.factorize(np.array(reached, dtype=object))[0].astype(np.int64)
    return kind, np.unique(kind, return_index=True)[1]


def _maximum_flow(
    people: NDArray[np.int64],
    row: NDArray[np.int64],
    site: NDArray[np.int64],
    seats: NDArray[np.int64],
    *,
    limit: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> NDArray[np.int64]:
    """``int64[k]``: a maximum flow on the pairs; ``limit``: ``int64[r]`` groups and ``int64[g]`` people of each."""
    if people.sum() > _MOST_PEOPLE:
        raise refusal("allocation_people", error=InputError, count=int(people.sum()), most=_MOST_PEOPLE)
    if len(site) == 0:
        return np.zeros(0, dtype=np.int64)
    rows, sites = len(people), len(seats)
    asked = np.bincount(site, weights=people[row], minlength=sites).astype(np.int64)
    group, most = (np.zeros(rows, dtype=np.int64), people.sum()[np.newaxis]) if limit is None else limit
    source, sink, at_group = rows + sites, rows + sites + 1, rows + sites + 2
    tail = np.concatenate([np.full(len(most), source), at_group + group, row, rows + np.arange(sites)])
    head = np.concatenate([at_group + np.arange(len(most)), np.arange(rows), rows + site, np.full(sites, sink)])
    carries = np.concatenate([most, people, people[row], np.minimum(seats, asked)])
    nodes = at_group + len(most)
    arcs = sparse.csr_array((carries.astype(np.int32), (tail, head)), shape=(nodes, nodes))
    found: Any = maximum_flow(arcs, source, sink).flow
    return np.asarray(found[row, rows + site]).ravel().astype(np.int64)


def least_walking(table: SeatsInReach, cut: Cut | None = None) -> Allocation:
    """Most people served, and among all ways to do so the least walking: the policy ``most``.

    Raises
    ------
    RuntimeError
        If the allocation is not as large as the maximum flow, or its prices do not prove it; which cannot be.
    """
    cut = most_served(table) if cut is None else cut
    short = cut.rows[table.row]
    flow = np.zeros(len(table.site), dtype=np.int64)
    settled = ~short & ~cut.sites[table.site]
    flow[settled] = _cheapest(
        table.row[settled], table.site[settled], table.cost_ms[settled], table.people, table.seats
    )
    taken = np.where(cut.sites, table.seats, 0)  # every one of these seats goes to somebody
    flow[short] = _cheapest(table.site[short], table.row[short], table.cost_ms[short], taken, table.people)
    allocation = Allocation(table=table, flow=flow, policy="most")
    _check(allocation, cut.served)
    return allocation


def _cheapest(
    giver: NDArray[np.int64],
    taker: NDArray[np.int64],
    cost: NDArray[np.int64],
    units: NDArray[np.int64],
    room: NDArray[np.int64],
    *,
    refuse: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """``int64[k]``: units of givers to takers with so much room at the least cost, as many as can be, proven."""
    order = np.lexsort((taker, cost, giver))
    giver, taker, cost = giver[order], taker[order], cost[order]
    if refuse is None:
        refuse = np.full(len(units), _penalty(cost, min(len(np.unique(giver)), len(np.unique(taker)))))
    flow, price, worth = transport(units, run_starts(giver, len(units)), taker, cost, room, refuse)
    given = np.bincount(giver, weights=flow, minlength=len(units)).astype(np.int64)
    taken = np.bincount(taker, weights=flow, minlength=len(room)).astype(np.int64)
    slack = cost + price[taker] - worth[giver]
    proven = (
        bool((flow >= 0).all() and (given <= units).all() and (taken <= room).all())
        and bool((slack >= 0).all() and (slack[flow > 0] == 0).all())
        and bool((worth <= refuse).all() and (worth[given < units] == refuse[given < units]).all())
        and bool((price >= 0).all() and (taken[price > 0] == room[price > 0]).all())
    )
    if not proven:
        raise RuntimeError("prices do not prove the allocation")
    back = np.zeros(len(flow), dtype=np.int64)
    back[order] = flow
    return back


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
    refuse = np.where(first, 2 * penalty, penalty).astype(np.int64)
    flow = _cheapest(table.row, table.site, table.cost_ms, table.people * table.reaches, table.seats, refuse=refuse)
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
    """
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
    flow = _maximum_flow(people, table.row, table.site, table.seats, limit=(group, least))
    return bool(flow.sum() == least.sum())


def _with_floor(
    table: SeatsInReach, group: NDArray[np.int64], people: NDArray[np.int64], spare: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Least walking where at most ``spare`` ``int64[g]`` of each group go without: these go to a site of their own."""
    sites, rows = len(table.seats), np.flatnonzero(people)
    penalty = _penalty(table.cost_ms, sites + len(spare))
    row, site = np.append(table.row, rows), np.append(table.site, sites + group[rows])
    cost = np.append(table.cost_ms, np.full(len(rows), penalty))
    refuse, room = np.full(len(people), 2 * penalty), np.append(table.seats, spare)
    return _cheapest(row, site, cost, people, room, refuse=refuse)[: len(table.site)]


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
