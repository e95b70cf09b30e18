"""Where the next facilities go: the covering problem as plain arrays, the plan that answers it, and its certificate."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.errors import InputError, SettingError
from circle15.kernels.ragged import first_of_each, run_starts
from circle15.model.actions import Actions
from circle15.model.scenario import Scenario
from circle15.refusals import refusal

__all__ = ["PLACES", "PROOFS", "Certificate", "CoverPlan", "CoverProblem", "Plan", "SitingLimits", "SitingRules"]

PROOFS = ("bound", "reduced_costs", "branching", "mip", "none")
"""What proves a plan best: prices of rows, what they rule out, branches, a solver on the rest; ``none``: nothing."""

PLACES = ("house", "crossing", "list")
"""Where a service may go: a facility that has room, a new site at a crossing, a place of a list of one's own."""

_MOST_SUM = 2**52
"""Sums up to here are whole numbers in floating point too, with a bit to spare."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CoverProblem:
    """Rows of people, the candidates that each row reaches, and what is allowed.

    Attributes
    ----------
    weight
        ``int64[n]``: people of each row, whole numbers.
    start, candidate
        ``int64[n + 1]`` and ``int32[k]``: row ``i`` reaches ``candidate[start[i]:start[i + 1]]``, rising. Candidates
        are numbered in the order of their ids (``rank_by_id``), so that of equal plans the same one is chosen whatever
        the order of a file; the order of rows changes nothing.
    cost
        ``int64[m]``, whole numbers; what stands already costs 0.
    locked, excluded
        ``bool[m]``: in every plan; in none.
    group, group_most
        ``int64[m]``, -1 is no group, and ``int64[g]``: of each group at most so many, locked ones included.

    Raises
    ------
    InputError
        If the arrays do not fit each other, a weight or a cost is below zero or no whole number, sums are beyond
        4,503,599,627,370,496, a candidate is locked and excluded, or more of a group are locked than it may have.
    """

    weight: NDArray[np.int64]
    start: NDArray[np.int64]
    candidate: NDArray[np.int32]
    cost: NDArray[np.int64]
    locked: NDArray[np.bool_]
    excluded: NDArray[np.bool_]
    group: NDArray[np.int64]
    group_most: NDArray[np.int64]

    def __post_init__(self) -> None:
        for name in ("weight", "start", "candidate", "cost", "group", "group_most"):
            _check_whole(name, getattr(self, name))
        self._check_fit()
        for name in ("weight", "cost", "group_most"):
            _check_amounts(name, getattr(self, name))
        both = np.flatnonzero(self.locked & self.excluded)
        if len(both):
            raise refusal("siting_locked_excluded", error=InputError, count=len(both), first=int(both[0]))
        held = np.bincount(self.group[self.locked & (self.group >= 0)], minlength=len(self.group_most))
        over = np.flatnonzero(held > self.group_most)
        if len(over):
            raise refusal(
                "siting_group_locked", error=InputError, group=int(over[0]), locked=int(held[over[0]]),
                most=int(self.group_most[over[0]]),
            )  # fmt: skip

    def _check_fit(self) -> None:
        rows, candidates, pairs = len(self.weight), len(self.cost), len(self.candidate)
        alike = {len(self.locked), len(self.excluded), len(self.group), candidates} == {candidates}
        fit = alike and len(self.start) == rows + 1 and self.start[0] == 0 and self.start[-1] == pairs
        if fit and pairs:
            row = np.repeat(np.arange(rows), np.maximum(np.diff(self.start), 0))
            fit = len(row) == pairs and 0 <= self.candidate.min() <= self.candidate.max() < candidates
            fit = fit and bool(((np.diff(self.candidate) > 0) | (np.diff(row) > 0)).all())
        if fit and candidates:
            fit = -1 <= self.group.min() <= self.group.max() < len(self.group_most)
        if not fit:
            raise refusal("siting_columns", error=InputError, rows=rows, candidates=candidates, pairs=pairs)

    @classmethod
    def of_pairs(
        cls, weight: NDArray[np.int64], row: NDArray[Any], candidate: NDArray[Any], *, candidates: int, **limits: Any
    ) -> CoverProblem:
        """From pairs of row and candidate in any order; what is not given costs 1 and is free.

        Parameters
        ----------
        weight
            ``int64[n]``.
        row, candidate
            Of each pair; a pair that stands twice counts once.
        candidates
            How many there are.
        **limits
            ``cost``, ``locked``, ``excluded``, ``group``, ``group_most``.
        """
        for name, values, count in (("row", row, len(weight)), ("candidate", candidate, candidates)):
            _check_whole(name, values)
            if len(values) and not 0 <= values.min() <= values.max() < count:
                raise refusal(
                    "siting_columns", error=InputError, rows=len(weight), candidates=candidates, pairs=len(values)
                )
        pair = np.sort(np.asarray(row, dtype=np.int64) * max(candidates, 1) + np.asarray(candidate, dtype=np.int64))
        row, candidate = np.divmod(pair[first_of_each(pair)], max(candidates, 1))
        free: dict[str, Any] = {
            "cost": np.ones(candidates, dtype=np.int64),
            "locked": np.zeros(candidates, dtype=bool),
            "excluded": np.zeros(candidates, dtype=bool),
            "group": np.full(candidates, -1, dtype=np.int64),
            "group_most": np.zeros(0, dtype=np.int64),
        }
        start, candidate = run_starts(row, len(weight)), candidate.astype(np.int32)
        return cls(weight=weight, start=start, candidate=candidate, **(free | limits))

    @property
    def row(self) -> NDArray[np.int64]:
        """``int64[k]``: the row of each pair."""
        return np.repeat(np.arange(len(self.weight)), np.diff(self.start))

    @property
    def usable(self) -> NDArray[np.bool_]:
        """``bool[n]``: rows that reach a candidate which is not excluded."""
        return self.covered(np.flatnonzero(~self.excluded))

    def covered(self, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
        """``bool[n]``: rows that reach one of the chosen."""
        taken = np.zeros(len(self.cost), dtype=bool)
        taken[chosen] = True
        return np.bincount(self.row[taken[self.candidate]], minlength=len(self.weight)) > 0


def _check_whole(name: str, values: Any) -> None:
    if not isinstance(values, np.ndarray) or values.ndim != 1 or values.dtype.kind not in "iu":
        kind = getattr(values, "dtype", type(values).__name__)
        raise refusal("siting_whole", error=InputError, name=name, kind=kind)


def _check_amounts(name: str, values: NDArray[np.int64]) -> None:
    if len(values) and values.min() < 0:
        first = int(np.argmax(values < 0))
        raise refusal("siting_negative", error=InputError, name=name, row=first, value=int(values[first]))
    total = int(values.astype(object).sum()) if len(values) else 0
    if total > _MOST_SUM:
        raise refusal("siting_sum", error=InputError, name=name, total=total, most=_MOST_SUM)


@dataclass(frozen=True, kw_only=True)
class SitingLimits:
    """How much is done to find and prove a plan; counts and never a clock, so that equal questions get equal answers.

    ``work``: pairs that searching by exchange may look at; ``sweeps``: passes over all pairs to bound, and ``pairs``:
    pairs that they may look at; ``nonzeros``: the largest rest that a solver takes up; ``nodes``: of its search tree.
    """

    work: int = 150_000_000
    sweeps: int = 1_500
    pairs: int = 8_000_000_000
    nonzeros: int = 60_000
    nodes: int = 1_000

    def __post_init__(self) -> None:
        for key in ("work", "sweeps", "pairs", "nonzeros", "nodes"):
            value = getattr(self, key)
            if not isinstance(value, int) or value < 0:
                raise refusal("siting_effort", error=SettingError, key=key, value=value)


@dataclass(frozen=True, kw_only=True)
class SitingRules:
    """Which candidates of a city a plan may have, and how much is done to find it.

    Attributes
    ----------
    places
        Of :data:`PLACES`; by default one's own list where there is one, else houses and crossings.
    listed
        One's own candidates: points on their ids, of any reference system that is named, with a column ``name``.
    locked, excluded
        Ids of candidates that are in every plan, and in none: of a facility, or of a new one in the scenario of a plan.
    closed
        Ids of facilities that close before.
    closing
        So many of those that offer the service today no longer do, at the plan's own choice; then most people in all
        are sought. A facility keeps its other services.
    per_subdistrict
        At most so many in each subdistrict.
    by_cost
        Whether ``everybody`` is sought at the least cost instead of with the fewest facilities.
    limits
        Of the work.
    """

    places: tuple[str, ...] = ()
    listed: gpd.GeoDataFrame | None = field(default=None, compare=False, repr=False)
    locked: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    closing: int = 0
    per_subdistrict: int | None = None
    by_cost: bool = False
    limits: SitingLimits = field(default_factory=SitingLimits)

    def __post_init__(self) -> None:
        for key in ("places", "locked", "excluded", "closed"):
            given = getattr(self, key)
            object.__setattr__(self, key, (given,) if isinstance(given, str) else tuple(given))
        if not self.places:
            object.__setattr__(self, "places", ("house", "crossing") if self.listed is None else ("list",))
        unknown = [place for place in self.places if place not in PLACES]
        if unknown:
            raise refusal("siting_places", error=SettingError, value=unknown[0], known=", ".join(PLACES))
        if "list" in self.places and self.listed is None:
            raise refusal("siting_no_list", error=SettingError)
        closing: object = self.closing
        if isinstance(closing, bool) or not isinstance(closing, int) or closing < 0:
            raise refusal("siting_closing", error=SettingError, value=closing)
        most: object = self.per_subdistrict
        if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
            raise refusal("siting_per_subdistrict", error=SettingError, value=most)
        if closing and most is not None:
            raise refusal("siting_closing_alone", error=SettingError)


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What is proven of a plan: no plan within the limits has a ``value`` beyond ``bound``.

    ``value`` and ``bound`` are whole numbers: people covered and at most to be covered, or cost and at least to be
    spent. ``proof`` is one of :data:`PROOFS`. ``stopped``: the work was interrupted. ``counts`` tells what was taken
    out before: ``rows_merged``, ``rows_implied``, ``candidates_dominated``, ``candidates_essential``, ``fixed_in``,
    ``fixed_out``, and ``nodes`` of the solver.
    """

    value: int
    bound: int
    proof: str
    stopped: bool = False
    counts: MappingProxyType[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if (self.value == self.bound) != (self.proof != "none") or self.proof not in PROOFS:
            raise RuntimeError(f"value {self.value} and bound {self.bound} do not go with the proof {self.proof!r}")

    @property
    def optimal(self) -> bool:
        """Whether no plan is better: value and bound are equal."""
        return self.value == self.bound

    @property
    def gap(self) -> float:
        """Between value and bound, as a share of the value; 0 where they are equal."""
        return abs(self.bound - self.value) / self.value if self.value else float(self.bound != self.value)


@dataclass(frozen=True, kw_only=True, eq=False)
class CoverPlan:
    """The answer to a covering question.

    ``chosen`` ``int64[c]``: candidates, rising, locked ones included. ``covered`` is the weight that they cover,
    ``asked`` the weight in all; of ``out_of_reach`` no candidate helps. ``cost`` is what the chosen cost together.
    """

    objective: str
    chosen: NDArray[np.int64]
    covered: int
    asked: int
    out_of_reach: int
    cost: int
    certificate: Certificate

    def __repr__(self) -> str:
        proven = "optimal" if self.certificate.optimal else f"gap {self.certificate.gap:.2%}"
        people = f"{self.covered:,} of {self.asked:,}"
        return f"<CoverPlan {self.objective}: {len(self.chosen)} facilities cover {people}, {proven}>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Plan:
    """Where a service should go in a city: the answer to a question of siting.

    People are those aged 60+ (everyone in communities where nobody is) who lack the service within the circle today,
    and of whom the map can tell.

    Attributes
    ----------
    service, objective
        Keys of the catalogue and of :data:`circle15.planning.siting.objectives.OBJECTIVES`.
    actions
        What the plan does, in the order of building: each time the one that adds most to those before.
    only
        On ``action_id``: people whom nothing else of the plan serves. So many would be lost without it.
    lacking, served
        People who lack the service today, and of these who reach it then.
    closes
        On ``facility_id``, of facilities that no longer offer it: ``name``, ``name_en`` and ``lost``, people who reach
        it today and nothing then.
    lost
        People who reach the service today and do not then.
    out_of_reach
        On ``community_id``: of those who lack it the people whom no candidate helps.
    tried
        How many candidates there were, by kind (``service``: a house; ``site``: a crossing or a place of a list;
        ``stands``: what could stay or close).
    certificate, unit
        What value and bound count: ``people`` in 1/1024ths of a person, ``facilities``, or ``cost`` in whole units of
        the currency. Of people the bound is the most that any plan serves, else the least that any plan needs.
    cutoff_min
        The circle.
    scenario
        The plan as changes to the city: laid over it by ``circle15.apply``, it serves exactly these people.
    """

    service: str
    objective: str
    actions: Actions
    only: pd.Series
    lacking: float
    served: float
    closes: pd.DataFrame
    lost: float
    out_of_reach: pd.Series
    tried: pd.Series
    certificate: Certificate
    unit: str
    cutoff_min: float
    scenario: Scenario

    def __len__(self) -> int:
        return len(self.actions)

    def __repr__(self) -> str:
        proven = "optimal" if self.certificate.optimal else f"gap {self.certificate.gap:.2%}"
        people = f"{self.served:,.0f} of {self.lacking:,.0f}"
        return f"<Plan {self.objective} of {self.service}: {len(self)} facilities serve {people} more, {proven}>"

    def _repr_html_(self) -> str:
        return self.actions.frame.drop(columns="geometry", errors="ignore").to_html(max_rows=12)
