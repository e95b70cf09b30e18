"""Find a plan and prove it, step by step, each only where the one before left something open."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from circle15.model.plans import SitingLimits
from circle15.planning.siting.bound import Bound, begun, looks_of, priced, ruled
from circle15.planning.siting.branching import branched
from circle15.planning.siting.found import Found
from circle15.planning.siting.reduction import Remaining, narrowed, tightened
from circle15.planning.siting.search import cheaper, chosen_first, exchanged, guided, settled
from circle15.planning.siting.solver import solved

__all__ = ["find"]

_POWERS, _TENURES = (0.5, 1.0, 2.0), (16, 32)
"""How strongly a fractional choice is favoured, and how long an exchange keeps what it has changed."""

_FEW, _LOOKS_JOINED, _NODES_JOINED = 3, 10, 50
"""Good choices that are joined first, then all; what is done to prove the best of what they have."""

_WORTH_ANOTHER = 0.5
"""Prices are sought again where they ruled in or out this share of the candidates."""


def find(rest: Remaining, *, limits: SitingLimits, target: int | None = None) -> Found:
    """The choice with the largest value, or the best found, with what is proven.

    Parameters
    ----------
    rest
        As :func:`circle15.planning.siting.reduction.remaining` leaves it.
    limits
        Of the work. Ctrl-C ends it too: what was found and proven till then is returned, ``stopped``.
    target
        A value at which to stop; also where it is proven that none attains it.
    """
    found = Found(target=target)
    try:
        _find(rest, found, limits)
    except KeyboardInterrupt:
        found.stopped = True
        if found.chosen is None:
            raise
    return found


def _find(rest: Remaining, found: Found, limits: SitingLimits) -> None:
    rest = tightened(rest, found.counts)
    found.most = rest.base + int(rest.weight.sum())
    whole, proof = rest, "bound"
    while not _is_plain(rest, found, proof):
        first = chosen_first(rest)
        if rest is whole:
            first = (cheaper if rest.must else exchanged)(rest, first, limits=limits)
        found.better(rest, first)
        if found.bounded(found.most, proof):
            break
        bound = priced(rest, *begun(rest, first), value=found.floor, looks=looks_of(rest, limits))
        if found.bounded(bound.most, proof):
            break
        _improve(rest, bound, found, limits)
        if found.bounded(bound.most, proof):
            break
        take, drop = ruled(bound, value=found.floor)
        found.counts["fixed_in"] += int(take.sum())
        found.counts["fixed_out"] += int(drop.sum())
        if (take | drop).sum() < _WORTH_ANOTHER * len(rest.ids):
            _solve(rest, bound, found, limits)
            break
        rest, proof = tightened(narrowed(rest, take=take, drop=drop), found.counts), "reduced_costs"
    _settle(whole, found)


def _is_plain(rest: Remaining, found: Found, proof: str) -> bool:
    """Whether nothing is left to decide: no row, or no candidate that would gain."""
    if rest.impossible:
        found.bounded(found.floor, proof)
        return True
    if len(rest.weight) and len(rest.ids):
        return False
    nobody = np.zeros(0, dtype=np.int64)
    found.better(rest, nobody)
    found.bounded(rest.value(nobody), proof)
    return True


def _improve(rest: Remaining, bound: Bound, found: Found, limits: SitingLimits) -> None:
    """Begin at what the fractional choice favours, little or much, and join what comes of it."""
    choices = [guided(rest, bound.part**power) for power in _POWERS]
    if rest.must:
        choices = [cheaper(rest, first, limits=limits) for first in choices]
    else:
        choices = [exchanged(rest, first, limits=limits, tenure=tenure) for first in choices for tenure in _TENURES]
    for choice in choices:
        found.better(rest, choice)
    if not rest.must:
        best = sorted(choices, key=rest.value, reverse=True)
        for few in (_FEW, len(best)):
            _join(rest, best[:few], found, limits)


def _join(rest: Remaining, choices: list[NDArray[np.int64]], found: Found, limits: SitingLimits) -> None:
    """The best choice among the candidates of several good ones: a small problem, and mostly a better plan."""
    other = np.ones(len(rest.ids), dtype=bool)
    other[np.concatenate(choices)] = False
    counts = Counter[str]()
    small = tightened(narrowed(rest, take=np.zeros(len(other), dtype=bool), drop=other), counts)
    within = Found(chosen=found.chosen, value=found.value, target=found.target, counts=counts)
    if not _is_plain(small, within, "bound"):
        first = exchanged(small, chosen_first(small), limits=limits)
        within.better(small, first)
        bound = priced(small, *begun(small, first), value=within.floor, looks=_LOOKS_JOINED)
        branched(small, bound, within, limits=replace(limits, nodes=min(limits.nodes, _NODES_JOINED)))
    found.chosen, found.value = within.chosen, within.value


def _solve(rest: Remaining, bound: Bound, found: Found, limits: SitingLimits) -> None:
    """A solver for what is small, branches for what is not."""
    take, drop = ruled(bound, value=found.floor)
    small = tightened(narrowed(rest, take=take, drop=drop), found.counts)
    if _is_plain(small, found, "reduced_costs"):
        return
    answer = solved(small, floor=found.floor, most=found.most, limits=limits)
    if answer is not None:
        found.counts["nodes"] += answer.nodes
        if answer.chosen is not None:
            found.better(small, answer.chosen)
        found.bounded(answer.most, "mip")
    elif not rest.must:
        branched(rest, bound, found, limits=limits)


def _settle(whole: Remaining, found: Found) -> None:
    """Of equal choices the one that stands for them."""
    if found.chosen is None:
        return
    number = np.searchsorted(whole.ids, np.setdiff1d(found.chosen, whole.taken))
    found.better(whole, settled(whole, number))  # an exchange that gains by chance is a better choice
    same = settled(whole, number)
    found.chosen = np.sort(np.concatenate([whole.taken, whole.ids[same]]))
