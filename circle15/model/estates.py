"""What private gates make of a street network."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOBODYS", "Estates"]

NOBODYS = -1
"""Number of no estate."""


def _none() -> NDArray[np.int64]:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Estates:
    """What private gates make of a network.

    ``gate`` ``int64[g]`` nodes that are private gates, and ``owner`` ``int64[g]`` the estate of each, ``-1`` where it
    is nobody's: locked, or between streets of no estate. ``estate`` ``int64[e]`` of each edge, ``-1`` on public ones.
    ``u``, ``v`` ``int64[e]``: the ends of edges for strangers, where each side of a gate is a node; sides beyond the
    first stand behind the network's nodes. ``joint`` ``int64[m]``: of each of these nodes the one that it is for the
    gate's own people. ``unclear`` ``int64[k]``: gates at junctions of which nothing tells what they close.
    """

    gate: NDArray[np.int64] = field(default_factory=_none)
    owner: NDArray[np.int64] = field(default_factory=_none)
    estate: NDArray[np.int64] = field(default_factory=_none)
    u: NDArray[np.int64] = field(default_factory=_none)
    v: NDArray[np.int64] = field(default_factory=_none)
    joint: NDArray[np.int64] = field(default_factory=_none)
    unclear: NDArray[np.int64] = field(default_factory=_none)
