"""How good any plan can be: prices of rows, what they bound, and which candidates they rule in or out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circle15.kernels.cover_bound import InnerChoice, Sweeps, covered_share, inner_choice, scores
from circle15.model.plans import SitingLimits
from circle15.planning.siting.reduction import Remaining

__all__ = ["Bound", "begun", "looks_of", "priced", "ruled"]

_BETWEEN = 40
"""Sweeps between two looks at the bound."""

_LEAST_SWEEPS = 600
"""Sweeps of a large problem, whatever its pairs."""

_CLOSE, _STALLED, _PATIENCE = 1e-4, 5e-5, 10
"""Nothing more is to be had of prices: the relaxation is solved as closely, or so many looks gained less."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Bound:
    """What prices prove of a rest.

    ``most``: no choice has a larger value; ``flipped`` ``float64[m]``: nor, with a candidate the other way round than
    in ``chosen`` ``bool[m]``, one above that. ``part`` ``float64[m]``: the parts, 0 to 1, of a fractional choice that
    is about as good; ``price`` ``float64[n]``; ``looked``: how many pairs were passed over.
    """

    most: int
    chosen: NDArray[np.bool_]
    flipped: NDArray[np.float64]
    part: NDArray[np.float64]
    price: NDArray[np.float64]
    looked: int


def _error(rest: Remaining, price: NDArray[np.float64]) -> float:
    """More than floating point can err by in a bound: each of its sums has one term a row or a candidate at most."""
    terms = len(rest.weight) + len(rest.ids) + 8
    size = float(rest.weight.sum()) + float(price.sum()) + float(-rest.worth.sum()) + abs(rest.base)
    return float(8 * terms * 2.0**-53 * size)


def _look(rest: Remaining, price: NDArray[np.float64]) -> tuple[float, InnerChoice]:
    """An upper bound of the rest's value at some prices (the Lagrangian of "covered only if a candidate is chosen").

    Rows are worth their weight less their price, candidates the prices of their rows, and the best choice within the
    limits is chosen by these alone.
    """
    score = scores(rest.pairs, price, len(rest.ids)) + rest.worth
    inner = inner_choice(
        score, number=rest.number, group=rest.group, room=rest.room, cost=rest.cost, budget=rest.budget
    )
    return rest.base + float((rest.weight - price).sum()) + inner.value + _error(rest, price), inner


def priced(rest: Remaining, part: NDArray[np.float64], price: NDArray[np.float64], *, value: int, looks: int) -> Bound:
    """Seek the prices that bound best, until they prove that nothing beats ``value`` or gain no more.

    Parameters
    ----------
    rest
        With a row and a candidate at least; each row has one.
    part, price
        ``float64[m]`` and ``float64[n]``: where to begin.
    value
        Of the best plan known.
    looks
        How often the bound is looked at, forty sweeps apart.
    """
    sweeps = _sweeps(rest, part, price)
    best, best_price = _look(rest, price)[0], price
    solved, since, history = np.inf, 0, [best]
    for _ in range(looks):
        if np.floor(best) <= value:
            break
        sweeps.run(_BETWEEN)
        since += 1
        seen = []
        for tried, paid in ((sweeps.part, sweeps.price), sweeps.averages):
            level, _ = _look(rest, paid)
            if level < best:
                best, best_price = level, paid.copy()
            seen.append((_relaxation_gap(rest, level, tried), tried, paid))
        gap, part, price = min(seen, key=lambda one: one[0])
        history.append(best)
        stalled = len(history) > _PATIENCE and history[-_PATIENCE - 1] - best <= _STALLED * abs(value)
        if stalled or gap <= _CLOSE * abs(value):
            break
        if gap < solved / 2 or since >= _PATIENCE:
            solved, since = gap, 0
            sweeps.restart(part, price)
    level, inner = _look(rest, best_price)
    return Bound(
        most=int(np.floor(level)),
        chosen=inner.chosen,
        flipped=level + inner.change,
        part=part,
        price=best_price,
        looked=len(history) * _BETWEEN * len(rest.candidate),
    )


def _relaxation_gap(rest: Remaining, level: float, part: NDArray[np.float64]) -> float:
    """How far the bound lies above the fractional choice; what this leaves of rows that must be covered counts too."""
    if not rest.must:
        kept = part / _overuse(rest, part)
        return level - rest.base - covered_share(rest.pairs, rest.weight.astype(float), kept)
    ones = np.ones(len(rest.weight))
    missed = 1 - covered_share(rest.pairs, ones, part) / len(ones)
    return abs(level - rest.base - float((rest.worth * part).sum())) + missed * abs(level - rest.base)


def _overuse(rest: Remaining, part: NDArray[np.float64]) -> float:
    """How many times over parts use up the budget or a group; 1 where they keep to them."""
    used = np.bincount(rest.group[rest.group >= 0], weights=part[rest.group >= 0], minlength=len(rest.room))
    times = [1.0, *(used / np.maximum(rest.room, 1))]
    if rest.budget:
        times.append(float((rest.cost * part).sum()) / rest.budget)
    return max(times)


def begun(rest: Remaining, chosen: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Parts and prices to begin with: rows that the choice misses are worth their weight, those that one covers half.

    Rows that must be covered share its cost.
    """
    part = np.zeros(len(rest.ids))
    part[chosen] = 1.0
    if rest.must:
        return part, np.full(len(rest.weight), max(-float(rest.worth[chosen].sum()), 1.0) / len(rest.weight))
    weight = rest.weight.astype(float)
    times = np.add.reduceat(part[rest.candidate], rest.start[:-1])
    return part, np.select([times == 0, times == 1], [weight, weight / 2], 0.0)


def _sweeps(rest: Remaining, part: NDArray[np.float64], price: NDArray[np.float64]) -> Sweeps:
    rows, weight = len(rest.weight), rest.weight.astype(float)
    return Sweeps(
        rest.pairs,
        most=np.full(rows, np.inf) if rest.must else weight,
        scale=np.full(rows, max(float(price.mean()), 1e-9)) if rest.must else weight,
        worth=rest.worth.astype(float),
        number=rest.number,
        group=rest.group,
        room=rest.room,
        cost=rest.cost,
        budget=rest.budget,
        part=part,
        price=price,
    )


def looks_of(rest: Remaining, limits: SitingLimits) -> int:
    """How often the bound of a rest may be looked at."""
    return max(min(limits.sweeps, max(limits.pairs // max(len(rest.candidate), 1), _LEAST_SWEEPS)) // _BETWEEN, 1)


def ruled(bound: Bound, *, value: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """``bool[m]``: candidates that a plan which beats ``value`` must have, and those that it cannot have."""
    firm = np.floor(bound.flipped) <= value
    return firm & bound.chosen, firm & ~bound.chosen
