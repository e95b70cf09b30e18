"""The rest of a covering problem, given to HiGHS through scipy: what beats the best plan so far, if anything does.

scipy brings HiGHS along, linked into itself. The package ``highspy`` can do more (a first solution, threads, a seed),
but its library bears the name of the one that OR-Tools brings, so that a process cannot load both.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from circle15.kernels.ragged import run_starts
from circle15.model.plans import SitingLimits
from circle15.planning.siting.reduction import Remaining

__all__ = ["Solved", "model_of", "nonzeros", "solved"]

_MOST_NONZEROS = 2**31 - 1
"""HiGHS counts the entries of a matrix in 32 bits."""

_INFEASIBLE = 2
"""Status of scipy's ``milp``: there is no solution."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """``chosen`` ``int64[c]``: what beats the floor, or None; no choice has a value above ``most``; ``nodes`` of it."""

    chosen: NDArray[np.int64] | None
    most: int
    nodes: int


def nonzeros(rest: Remaining) -> int:
    """Entries of the matrix of :func:`solved`."""
    shares = 0 if rest.must else len(rest.weight)
    limits = len(rest.ids) * (1 + (rest.budget is not None)) + int((rest.group >= 0).sum())
    return len(rest.candidate) + 2 * shares + len(rest.ids) + limits


def solved(rest: Remaining, *, floor: int, most: int, limits: SitingLimits) -> Solved | None:
    """Seek a choice with a value above ``floor``, as far as the nodes allow.

    Parameters
    ----------
    rest
        A row and a candidate at least.
    floor
        What has to be beaten. It becomes a row of the model: where that has no solution, nothing beats it.
    most
        What is proven already.
    limits
        Of nonzeros and nodes.

    Returns
    -------
    Solved or None
        None where the matrix is beyond the limit: nothing was tried.
    """
    if nonzeros(rest) > min(limits.nonzeros, _MOST_NONZEROS) or limits.nodes == 0:
        return None
    from scipy.optimize import LinearConstraint, milp

    model = model_of(rest)
    better = LinearConstraint(-model["c"], lb=floor - rest.base + 0.5)  # values are whole numbers
    model["constraints"] = [model["constraints"], better]
    with _silent():
        answer = milp(**model, options={"node_limit": limits.nodes, "mip_rel_gap": 0.0})
    nodes = int(answer.mip_node_count or 0)
    if answer.status == _INFEASIBLE:
        return Solved(chosen=None, most=floor, nodes=nodes)
    chosen = None if answer.x is None else np.flatnonzero(answer.x[: len(rest.ids)] > 0.5)
    if answer.mip_dual_bound is not None and np.isfinite(answer.mip_dual_bound):
        bound = -float(answer.mip_dual_bound)
        most = min(most, max(floor, rest.base + int(np.floor(bound + 1e-9 * abs(bound) + 1e-6))))
    return Solved(chosen=chosen, most=most, nodes=nodes)


@contextmanager
def _silent() -> Iterator[None]:
    """Keep from standard output what HiGHS leaves there although it is told to be silent (seen with scipy 1.17)."""
    flush = ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush
    try:
        kept = os.dup(1)
    except OSError:  # there is no standard output
        yield
        return
    flush(None)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)


def model_of(rest: Remaining) -> dict[str, Any]:
    """What ``scipy.optimize.milp`` takes: candidates are 0 or 1, a row's share is at most the sum of its candidates.

    Where rows must be covered there are no shares: the candidates of each row add up to 1 at least.
    """
    from scipy.optimize import Bounds, LinearConstraint

    candidates, rows = len(rest.ids), len(rest.weight)
    covers = sparse.csr_array(
        (np.ones(len(rest.candidate)), rest.candidate, rest.start.astype(np.int32)), shape=(rows, candidates)
    )
    limits, high = _limits(rest)
    if rest.must:
        matrix, worth, least = sparse.vstack([covers, limits]), rest.worth, 1.0
    else:
        none = sparse.csr_array((limits.shape[0], rows))
        matrix = sparse.block_array([[covers, -sparse.eye_array(rows)], [limits, none]])
        worth, least = np.concatenate([rest.worth, rest.weight]), 0.0
    low = np.concatenate([np.full(rows, least), np.full(len(high), -np.inf)])
    return {
        "c": -worth.astype(float),
        "integrality": (np.arange(len(worth)) < candidates).astype(np.int64),
        "bounds": Bounds(0, 1),
        "constraints": LinearConstraint(matrix.tocsc(), low, np.concatenate([np.full(rows, np.inf), high])),
    }


def _limits(rest: Remaining) -> tuple[Any, NDArray[np.float64]]:
    """Number, budget and groups as rows over the candidates, and their upper ends."""
    rows, high = [np.ones(len(rest.ids))], [float(rest.number)]
    if rest.budget is not None:
        rows.append(rest.cost.astype(float))
        high.append(float(rest.budget))
    grouped = np.flatnonzero(rest.group >= 0)
    order = grouped[np.argsort(rest.group[grouped], kind="stable")]
    start = run_starts(rest.group[order], len(rest.room)).astype(np.int32)
    groups = sparse.csr_array((np.ones(len(order)), order, start), shape=(len(rest.room), len(rest.ids)))
    return sparse.vstack([sparse.csr_array(np.array(rows)), groups]), np.array([*high, *rest.room], dtype=float)
