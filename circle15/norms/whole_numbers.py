"""Rules on a mean: grids and workers come in whole numbers, so a unit is compared with what it can have.

A village of 350 households has no number of grids of 200 to 300 households: one grid has 350, two have 175. It complies
with the number that comes nearest, two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from circle15.model.norms import Rule

__all__ = ["Counted", "Feasible", "feasible"]

Numbers = NDArray[np.float64]

Counted: TypeAlias = Literal["", "part", "whole"]
"""Which of a figure's part and whole is a number of things that a unit chooses: grids are a whole, workers a part."""

_DECIMALS = 9
"""Figures are compared without the dust of binary fractions, as they are in the ledger."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Feasible:
    """Per unit the numbers that comply, or come nearest: ``fewest`` to ``most``, and ``spare``, how near that is.

    All ``float64[u]``: ``spare`` in the rule's unit, 0 where a number complies; ``most`` is infinite where none is too
    large; NaN where nothing is known.
    """

    fewest: Numbers
    most: Numbers
    spare: Numbers

    def words(self) -> NDArray[np.object_]:
        """``object[u]``: ``"2"``, ``"4–6"``, ``"≥ 2"``, and ``""`` where nothing is known."""
        pairs = zip(self.fewest.tolist(), self.most.tolist(), strict=True)
        return np.array([_span(fewest, most) for fewest, most in pairs], dtype=object)


def feasible(rule: Rule, counted: Counted, given: Numbers, scale: float = 1.0) -> Feasible:
    """Which whole numbers bring a mean into the range of a rule, or nearest to it.

    With ``n`` things the figure is ``scale * given / n`` where they are the whole, ``scale * n / given`` where they are
    the part. If the mean lies in a range of whole numbers, the things can be cut so that each lies in it.

    Parameters
    ----------
    rule
        What is required; a share (unit ``%``) counts no more than there are.
    counted
        Which of the two is the number of things.
    given
        ``float64[u]``: the other one, the households of each unit.
    scale
        As in the figures of the measure.

    Examples
    --------
    >>> rule = Rule(
    ...     clause_id="x", book="b", title_zh="", title_en="", measure="households_per_grid", unit="hh",
    ...     source_zh="", source_en="", clause="1", year=2020, status="expected", grade="S", standing="source",
    ...     at_least=200, at_most=300,
    ... )
    >>> found = feasible(rule, "whole", np.array([350.0, 1200.0, 150.0, np.nan]))
    >>> found.words().tolist(), found.spare.tolist()
    (['2', '4–6', '1', ''], [25.0, 0.0, 50.0, nan])
    """
    amount = np.where(given > 0, scale * given if counted == "whole" else given / scale, np.nan)
    low = 0.0 if rule.least is None else rule.least
    high = np.inf if rule.at_most is None else rule.at_most
    with np.errstate(divide="ignore"):
        ends = (amount / high, amount / low) if counted == "whole" else (amount * low, amount * high)
    fewest, most = np.ceil(np.round(ends[0], _DECIMALS)), np.floor(np.round(ends[1], _DECIMALS))
    least, limit = (1.0, np.inf) if counted == "whole" else (0.0, given if rule.unit == "%" else np.inf)
    below, above = np.clip(np.minimum(fewest, most), least, limit), np.clip(np.maximum(fewest, most), least, limit)
    gaps = [_beyond(_mean(counted, amount, number), low, high) for number in (below, above)]
    spare = np.minimum(*gaps)
    return Feasible(
        fewest=np.where(gaps[0] <= spare, below, above), most=np.where(gaps[1] <= spare, above, below), spare=spare
    )


def _mean(counted: Counted, amount: Numbers, number: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = amount / number if counted == "whole" else number / amount
    return np.asarray(np.round(mean, _DECIMALS))


def _beyond(mean: Numbers, low: float, high: float) -> Numbers:
    """How far means lie outside a range."""
    return np.asarray(np.round(np.maximum(np.maximum(low - mean, mean - high), 0.0), _DECIMALS))


def _span(fewest: float, most: float) -> str:
    if np.isnan(fewest):
        return ""
    if np.isinf(most):
        return f"≥ {fewest:.0f}"
    return f"{fewest:.0f}" if fewest == most else f"{fewest:.0f}–{most:.0f}"
