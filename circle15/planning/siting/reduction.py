"""What is left to decide of a covering problem, made smaller without losing a plan that could be better."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from circle15.kernels.cover import dominated, equal_rows, implied, kept_pairs, transpose
from circle15.kernels.ragged import first_of_each
from circle15.model.plans import CoverProblem

__all__ = ["Remaining", "merged", "narrowed", "remaining", "tightened"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Remaining:
    """Rows and candidates on which nothing is decided yet, numbered anew from 0.

    Sought is the choice of candidates that makes ``value`` largest: ``base`` + the weight of rows covered + the
    ``worth`` of the chosen; where ``must`` is true every row has to be covered.

    Attributes
    ----------
    start, candidate
        ``int64[n + 1]`` and ``int32[k]``, rising in each row.
    weight
        ``int64[n]``; zeros where rows must be covered.
    worth, cost
        ``int64[m]``; costs are zero where no budget limits them and nothing is to be saved.
    group, room, number, budget
        What is left of the limits; no budget is None.
    ids
        ``int64[m]``: numbers of the candidates in the problem, rising.
    taken
        ``int64[t]``: numbers in the problem of candidates that are in every plan considered.
    base
        Their part of the value.
    """

    start: NDArray[np.int64]
    candidate: NDArray[np.int32]
    weight: NDArray[np.int64]
    worth: NDArray[np.int64]
    cost: NDArray[np.int64]
    group: NDArray[np.int64]
    room: NDArray[np.int64]
    number: int
    budget: int | None
    ids: NDArray[np.int64]
    taken: NDArray[np.int64]
    base: int
    must: bool

    @property
    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Starts and candidates of the rows."""
        return self.start, self.candidate

    @property
    def impossible(self) -> bool:
        """Whether what is taken is beyond the limits, or a row that must be covered has no candidate left."""
        missed = self.must and bool((np.diff(self.start) == 0).any())
        return missed or not self.allows(np.zeros(0, dtype=np.int64))

    @property
    def spendable(self) -> int:
        """The budget, or what all candidates cost together."""
        return int(self.cost.sum()) if self.budget is None else self.budget

    def allows(self, chosen: NDArray[np.int64]) -> bool:
        """Whether a choice, numbered as here, keeps to number, budget and groups."""
        held = np.bincount(self.group[chosen][self.group[chosen] >= 0], minlength=len(self.room))
        paid = self.budget is None or bool(self.cost[chosen].sum() <= self.budget)
        return len(chosen) <= self.number and paid and bool((held <= self.room).all())

    def reached(self, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
        """``bool[n]``: rows that reach one of the chosen, which are numbered as here."""
        taken = np.zeros(len(self.ids), dtype=bool)
        taken[chosen] = True
        seen = np.concatenate([[0], np.cumsum(taken[self.candidate])])
        return np.asarray(seen[self.start[1:]] > seen[self.start[:-1]])

    def value(self, chosen: NDArray[np.int64]) -> int:
        """Of a choice, numbered as here."""
        return self.base + int(self.weight[self.reached(chosen)].sum()) + int(self.worth[chosen].sum())


def remaining(problem: CoverProblem, *, number: int | None, budget: int | None, must: bool = False) -> Remaining:
    """Take the locked candidates, leave out the excluded, and those rows that nobody can cover or that weigh nothing.

    Parameters
    ----------
    problem
        As it is asked.
    number, budget
        Of all candidates in a plan, locked ones included; None is no limit. At least what is locked.
    must
        Whether every row that can be covered has to be, at the least cost; else as much weight as can be.
    """
    candidates = len(problem.cost)
    costly = must or budget is not None
    whole = Remaining(
        start=problem.start,
        candidate=problem.candidate,
        weight=problem.weight * 0 if must else problem.weight,
        worth=-problem.cost if must else problem.cost * 0,
        cost=problem.cost if costly else problem.cost * 0,
        group=problem.group,
        room=problem.group_most,
        number=candidates if number is None else min(number, candidates),
        budget=budget,
        ids=np.arange(candidates),
        taken=np.zeros(0, dtype=np.int64),
        base=0,
        must=must,
    )
    rows = problem.usable & (problem.weight > 0)
    return narrowed(whole, take=problem.locked, drop=problem.excluded, rows=rows)


def narrowed(
    rest: Remaining, *, take: NDArray[np.bool_], drop: NDArray[np.bool_], rows: NDArray[np.bool_] | None = None
) -> Remaining:
    """Take some candidates, ``bool[m]``, and leave others out, and with them those that no longer fit the limits.

    ``rows`` ``bool[n]`` are those that still count; by default all.
    """
    taken, keep = np.flatnonzero(take), ~take & ~drop
    covered = rest.reached(taken)
    held = np.bincount(rest.group[taken][rest.group[taken] >= 0], minlength=len(rest.room))
    room, number = rest.room - held, rest.number - len(taken)
    budget = None if rest.budget is None else rest.budget - int(rest.cost[taken].sum())
    if number <= 0:
        keep[:] = False
    if budget is not None:
        keep &= rest.cost <= budget
    grouped = rest.group >= 0
    keep[grouped] &= room[rest.group[grouped]] > 0
    left = np.flatnonzero(~covered if rows is None else ~covered & rows)
    start, candidate = kept_pairs(left, rest.start, rest.candidate, keep)
    return replace(
        rest,
        start=start,
        candidate=candidate,
        weight=rest.weight[left],
        worth=rest.worth[keep],
        cost=rest.cost[keep],
        group=rest.group[keep],
        room=room,
        number=min(number, int(keep.sum())),
        budget=budget,
        ids=rest.ids[keep],
        taken=np.concatenate([rest.taken, rest.ids[taken]]),
        base=rest.value(taken),
    )


def tightened(rest: Remaining, counts: dict[str, int]) -> Remaining:
    """Equal rows are one, implied rows and dominated candidates go, the only candidate of a row is taken.

    Until nothing changes; ``counts`` is added to. Nothing is lost: the best value stays the best value.
    """
    while not rest.impossible:
        before = (len(rest.weight), len(rest.ids))
        rest, kind = merged(rest)
        counts["rows_merged"] += int((kind >= 0).sum()) - len(rest.weight)
        by_start, by_row = transpose(*rest.pairs, len(rest.ids))
        out = dominated(by_start, by_row, *rest.pairs, rest.cost, rest.group)
        counts["candidates_dominated"] += int(out.sum())
        essential = np.zeros(len(rest.ids), dtype=bool)
        if rest.must:
            rest = _without_implied_rows(rest, counts)
            essential[rest.candidate[rest.start[:-1][np.diff(rest.start) == 1]]] = True
            essential &= ~out
            counts["candidates_essential"] += int(essential.sum())
        rest = narrowed(rest, take=essential, drop=out)
        if (len(rest.weight), len(rest.ids)) == before:
            break
    return rest


def merged(rest: Remaining) -> tuple[Remaining, NDArray[np.int64]]:
    """Equal rows as one, those without a candidate left out; and ``int64[n]`` which one each row is in, or -1."""
    kind, kinds = equal_rows(*rest.pairs)
    order = np.argsort(kind, kind="stable")
    order = order[kind[order] >= 0]
    first = order[first_of_each(kind[order])] if len(order) else order
    sums = np.bincount(kind[order], weights=rest.weight[order], minlength=kinds)
    start, candidate = kept_pairs(first, *rest.pairs, np.ones(len(rest.ids), dtype=bool))
    weight = np.rint(sums).astype(np.int64)
    return replace(rest, start=start, candidate=candidate, weight=weight), kind


def _without_implied_rows(rest: Remaining, counts: dict[str, int]) -> Remaining:
    by_start, by_row = transpose(*rest.pairs, len(rest.ids))
    out = implied(*rest.pairs, by_start, by_row)
    counts["rows_implied"] += int(out.sum())
    keep = np.flatnonzero(~out)
    start, candidate = kept_pairs(keep, *rest.pairs, np.ones(len(rest.ids), dtype=bool))
    return replace(rest, start=start, candidate=candidate, weight=rest.weight[keep])
