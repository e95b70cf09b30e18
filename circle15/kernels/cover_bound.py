"""Prices of rows that bound what any choice of candidates can cover, and the fractional choice that they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["InnerChoice", "Sweeps", "covered_share", "inner_choice", "scores"]


@njit(nogil=True, cache=True)
def _scores(start, candidate, price, score):  # type: ignore[no-untyped-def]
    for row in range(len(price)):
        if price[row] != 0.0:
            for pair in range(start[row], start[row + 1]):
                score[candidate[pair]] += price[row]


def scores(
    pairs: tuple[NDArray[np.int64], NDArray[np.int32]], price: NDArray[np.float64], candidates: int
) -> NDArray[np.float64]:
    """``float64[m]``: the prices of all rows of each candidate, added up."""
    score = np.zeros(candidates)
    _scores(*pairs, price, score)
    return score


@njit(nogil=True, cache=True)
def _covered_share(start, candidate, weight, part):  # type: ignore[no-untyped-def]
    total = 0.0
    for row in range(len(weight)):
        reached = 0.0
        for pair in range(start[row], start[row + 1]):
            reached += part[candidate[pair]]
        total += weight[row] * min(reached, 1.0)
    return total


def covered_share(
    pairs: tuple[NDArray[np.int64], NDArray[np.int32]], weight: NDArray[np.float64], part: NDArray[np.float64]
) -> float:
    """Weight that parts ``float64[m]`` of candidates cover, a row by at most the whole of it."""
    return float(_covered_share(*pairs, weight, part))


@njit(nogil=True, cache=True)
def _inner_choice(order, score, number, group, room):  # type: ignore[no-untyped-def]
    chosen, room, count = np.zeros(len(score), dtype=np.bool_), room.copy(), 0
    best_out, weakest = 0.0, 0.0  # of candidates whose group has room, and of all chosen where the number is used up
    best_of, weakest_of = np.zeros(len(room)), np.full(len(room), np.inf)
    for at in order:
        if score[at] <= 0.0:
            break
        if group[at] >= 0 and room[group[at]] <= 0:
            best_of[group[at]] = max(best_of[group[at]], score[at])
        elif count >= number:
            best_out = max(best_out, score[at])
        else:
            chosen[at] = True
            count += 1
            weakest = score[at]
            if group[at] >= 0:
                room[group[at]] -= 1
                weakest_of[group[at]] = score[at]
    change = np.empty(len(score))
    for at in range(len(score)):
        full = group[at] >= 0 and room[group[at]] <= 0
        if chosen[at]:
            change[at] = max(best_out, best_of[group[at]] if group[at] >= 0 else 0.0) - score[at]
        elif full:
            change[at] = score[at] - weakest_of[group[at]] if weakest_of[group[at]] < np.inf else -np.inf
        else:
            change[at] = score[at] - (weakest if count >= number else 0.0)
    return chosen, change


@dataclass(frozen=True, kw_only=True, eq=False)
class InnerChoice:
    """The best choice when candidates are worth their scores alone.

    ``value`` is no less than that of any choice within the limits; ``chosen`` ``bool[m]``; ``change`` ``float64[m]``,
    zero or less: ``value + change[j]`` is no less than that of any choice with candidate ``j`` the other way round.
    """

    value: float
    chosen: NDArray[np.bool_]
    change: NDArray[np.float64]


def inner_choice(
    score: NDArray[np.float64],
    *,
    number: int,
    group: NDArray[np.int64],
    room: NDArray[np.int64],
    cost: NDArray[np.int64],
    budget: int | None,
) -> InnerChoice:
    """Choose the candidates with the largest scores within number, groups and budget.

    Number and groups are a matroid: the greedy choice is the best one, and what one candidate the other way round costs
    is one exchange. The budget is paid at a price per unit of cost, the one that makes the value least: the fractional
    knapsack.

    Parameters
    ----------
    score
        ``float64[m]``.
    number
        How many at most.
    group, room
        ``int64[m]``, -1 is no group, and ``int64[g]``.
    cost
        ``int64[m]``.
    budget
        What they may cost; None: as much as they cost.
    """

    def at_price(price: float) -> tuple[float, float, NDArray[np.bool_], NDArray[np.float64]]:
        paid = score - price * cost
        chosen, change = _inner_choice(np.argsort(-paid, kind="stable"), paid, number, group, room)
        return price * (budget or 0) + float(paid[chosen].sum()), float(cost[chosen].sum()), chosen, change

    value, spent, chosen, change = at_price(0.0)
    if budget is not None and spent > budget:
        low, high = 0.0, float((score / np.maximum(cost, 1)).max())
        for _ in range(50):
            price = (low + high) / 2
            tried, spent, taken, changed = at_price(price)
            if tried < value:
                value, chosen, change = tried, taken, changed
            low, high = (price, high) if spent > budget else (low, price)
    return InnerChoice(value=value, chosen=chosen, change=change)


@njit(nogil=True, cache=True)
def _within_number(aim, step, number, part):  # type: ignore[no-untyped-def]
    """The nearest parts between 0 and 1 that add up to the number at most."""
    total, low, high = 0.0, 0.0, 0.0
    for at in range(len(aim)):
        part[at] = min(max(aim[at], 0.0), 1.0)
        total += part[at]
        high = max(high, aim[at] / step[at])
    if total <= number:
        return
    for _ in range(60):
        price, total = (low + high) / 2, 0.0
        for at in range(len(aim)):
            total += min(max(aim[at] - step[at] * price, 0.0), 1.0)
        if total > number:
            low = price
        else:
            high = price
    for at in range(len(aim)):
        part[at] = min(max(aim[at] - step[at] * high, 0.0), 1.0)


@njit(nogil=True, cache=True)
def _sweep(  # type: ignore[no-untyped-def]
    start, candidate, most, row_step, step, worth, number, group, room, group_step, cost, budget, budget_step,
    pull, sweeps, part, price, score, group_price, budget_price, part_sum, price_sum,
):  # fmt: skip
    ahead, aim = np.empty(len(part)), np.empty(len(part))
    used = np.empty(len(room))
    for _ in range(sweeps):
        for at in range(len(part)):
            aim[at] = score[at] + worth[at] - budget_price[0] * cost[at]
            if group[at] >= 0:
                aim[at] -= group_price[group[at]]
            aim[at] = part[at] + pull * step[at] * aim[at]
            ahead[at] = -part[at]
        _within_number(aim, step, number, part)
        used[:] = 0.0
        spent = 0.0
        for at in range(len(part)):
            ahead[at] += 2 * part[at]
            part_sum[at] += part[at]
            score[at] = 0.0
            spent += cost[at] * ahead[at]
            if group[at] >= 0:
                used[group[at]] += ahead[at]
        for row in range(len(price)):
            reached = 0.0
            for pair in range(start[row], start[row + 1]):
                reached += ahead[candidate[pair]]
            new = min(max(price[row] - row_step[row] / pull * (reached - 1.0), 0.0), most[row])
            price[row] = new
            price_sum[row] += new
            if new != 0.0:
                for pair in range(start[row], start[row + 1]):
                    score[candidate[pair]] += new
        for at in range(len(room)):
            group_price[at] = max(0.0, group_price[at] + group_step[at] / pull * (used[at] - room[at]))
        if budget >= 0:
            budget_price[0] = max(0.0, budget_price[0] + budget_step / pull * (spent - budget))


class Sweeps:
    """The primal-dual hybrid gradient method on the linear relaxation: a price of each row, a part of each candidate.

    The relaxation seeks parts between 0 and 1 that make ``worth @ part + most @ min(1, reached)`` largest, ``reached``
    being the sum of the parts of a row's candidates; where ``most`` is infinite every row has to be reached. Prices
    between 0 and ``most`` bound it. One sweep passes over all pairs once (Chambolle and Pock 2011; steps after Pock and
    Chambolle 2011; restarts from averages, and the balance of both sides set anew at each, after Applegate and others
    2021). The number of candidates is kept by projection, groups and budget by prices of their own.

    Parameters
    ----------
    pairs
        ``int64[n + 1]`` starts and ``int32[k]`` candidates of the rows.
    most, scale
        ``float64[n]``: the largest price of each row, and the size of price that is to be expected.
    worth
        ``float64[m]``: of each candidate by itself.
    number, group, room, cost, budget
        As of :func:`inner_choice`.
    part
        ``float64[m]``: where to begin.
    price
        ``float64[n]``: where to begin.
    """

    def __init__(
        self,
        pairs: tuple[NDArray[np.int64], NDArray[np.int32]],
        *,
        most: NDArray[np.float64],
        scale: NDArray[np.float64],
        worth: NDArray[np.float64],
        number: int,
        group: NDArray[np.int64],
        room: NDArray[np.int64],
        cost: NDArray[np.int64],
        budget: int | None,
        part: NDArray[np.float64],
        price: NDArray[np.float64],
    ) -> None:
        candidates, degree = len(worth), np.diff(pairs[0]).astype(float)
        column = np.maximum(scores(pairs, scale, candidates), 1e-9)
        typical = float(column.mean())
        per_cost = typical / max(float(cost.mean()), 1.0)  # the budget's row is scaled to the size of the others
        column += typical * (group >= 0) + (per_cost * cost if budget is not None else 0.0)
        size = np.maximum(np.bincount(group[group >= 0], minlength=len(room)), 1)
        self._fixed = (
            *pairs, most, scale / np.maximum(degree, 1.0), 1 / column, worth, float(number), group,
            room.astype(float), typical / size, cost.astype(float), -1.0 if budget is None else float(budget),
            per_cost**2 / max(float((per_cost * cost).sum()), 1e-9),
        )  # fmt: skip
        self._pairs, self._step, self._row_step = pairs, 1 / column, scale / np.maximum(degree, 1.0)
        self._side = (np.zeros(len(room)), np.zeros(1))
        self.pull = 1.0
        self.part, self.price = part.copy(), price.copy()
        self._balance(part, price)
        self._begin()

    def _begin(self) -> None:
        self._score = scores(self._pairs, self.price, len(self.part))
        self._part_sum, self._price_sum, self._count = np.zeros(len(self.part)), np.zeros(len(self.price)), 0
        self._first = (self.part.copy(), self.price.copy())

    def _balance(self, part: NDArray[np.float64], price: NDArray[np.float64]) -> None:
        """Let both sides move as far as they have moved, half-way from the balance that was."""
        moved = float(np.sqrt((part**2 / self._step).sum()))
        paid = float(np.sqrt((price**2 / self._row_step)[self._row_step > 0].sum()))
        if moved > 0 and paid > 0:
            self.pull = float(np.sqrt(self.pull * moved / paid))

    def run(self, sweeps: int) -> None:
        """So many sweeps more."""
        _sweep(
            *self._fixed, self.pull, sweeps, self.part, self.price, self._score, *self._side, self._part_sum,
            self._price_sum,
        )  # fmt: skip
        self._count += sweeps

    @property
    def averages(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Parts and prices, averaged since the last restart."""
        return self._part_sum / self._count, self._price_sum / self._count

    def restart(self, part: NDArray[np.float64], price: NDArray[np.float64]) -> None:
        """Go on from these parts and prices, with a new balance."""
        self.part, self.price = part.copy(), price.copy()
        self._balance(self.part - self._first[0], self.price - self._first[1])
        self._begin()
