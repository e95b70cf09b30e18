"""What prices leave open is split in two, again and again: with a candidate and without it."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from circle15.model.plans import SitingLimits
from circle15.planning.siting.bound import Bound, priced, ruled
from circle15.planning.siting.found import Found
from circle15.planning.siting.reduction import Remaining, merged, narrowed
from circle15.planning.siting.search import guided

__all__ = ["branched"]

_LOOKS = 3
"""Looks at the bound of a part of the tree, which begins with the prices of the part that it was split from."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Branch:
    """``take``, ``drop`` ``bool[m]``; ``share`` ``float64[n]``: prices by weight; ``part`` ``float64[m]``."""

    take: NDArray[np.bool_]
    drop: NDArray[np.bool_]
    share: NDArray[np.float64]
    part: NDArray[np.float64]

    @property
    def split(self) -> int:
        """The candidate that is least decided: whose part is nearest to a half; of equal ones the first."""
        undecided = np.minimum(self.part, 1 - self.part)
        return int(np.argmax(np.where(self.take | self.drop, -1.0, undecided)))


def branched(rest: Remaining, bound: Bound, found: Found, *, limits: SitingLimits) -> None:
    """Branch and bound, the part with the highest bound first; ends when no part can beat what was found.

    Parameters
    ----------
    rest
        Its rows need not be covered.
    bound
        What is known of it.
    found
        Gets better choices, and the bound.
    limits
        Of nodes and pairs.
    """
    take, drop = ruled(bound, value=found.floor)
    share = bound.price / np.maximum(rest.weight, 1)
    heap = [(-bound.most, 0, _Branch(take=take, drop=drop, share=share, part=bound.part))]
    nodes, looked = 0, bound.looked
    while heap and -heap[0][0] > found.floor and nodes < limits.nodes and looked < limits.pairs:
        if found.attained:
            return
        branch = heappop(heap)[2]
        for side in (True, False):
            nodes += 1
            flag = np.zeros(len(rest.ids), dtype=bool)
            flag[branch.split] = True
            take, drop = (branch.take | flag, branch.drop) if side else (branch.take, branch.drop | flag)
            child, most, passed = _child(rest, branch, take, drop, found)
            looked += passed
            if child is not None:
                heappush(heap, (-most, nodes, child))
    found.counts["nodes"] += nodes
    found.bounded(-heap[0][0] if heap else found.floor, "branching")


def _child(
    rest: Remaining, branch: _Branch, take: NDArray[np.bool_], drop: NDArray[np.bool_], found: Found
) -> tuple[_Branch | None, int, int]:
    """One half of a branch, its bound, and how many pairs were passed over; None where nothing in it is better."""
    reached = rest.reached(np.flatnonzero(take))
    own, kind = merged(narrowed(rest, take=take, drop=drop))
    free = np.flatnonzero(np.isin(rest.ids, own.ids))
    if own.impossible or len(own.weight) == 0 or len(own.ids) == 0:
        found.better(own, np.zeros(0, dtype=np.int64))
        return None, found.floor, 0
    rows = np.flatnonzero(~reached)[kind >= 0]
    kind = kind[kind >= 0]
    price = np.bincount(kind, weights=branch.share[rows] * rest.weight[rows], minlength=len(own.weight))
    bound = priced(own, branch.part[free], np.minimum(price, own.weight), value=found.floor, looks=_LOOKS)
    if bound.most > found.floor:
        found.better(own, guided(own, bound.part))
    if bound.most <= found.floor:
        return None, found.floor, bound.looked
    surely, never = ruled(bound, value=found.floor)
    take, drop, share, part = take.copy(), ~take, branch.share.copy(), np.zeros(len(rest.ids))
    drop[free] = False
    take[free[surely]] = True
    drop[free[never]] = True
    share[rows] = (bound.price / np.maximum(own.weight, 1))[kind]
    part[free] = bound.part
    return _Branch(take=take, drop=drop, share=share, part=part), bound.most, bound.looked
