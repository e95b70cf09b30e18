"""The best choice so far, the least bound so far, and what proved it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from circle15.model.plans import Certificate
from circle15.planning.siting.reduction import Remaining

__all__ = ["Found"]


@dataclass(kw_only=True, eq=False)
class Found:
    """The best choice so far and the least bound so far; grows while the work goes on.

    ``chosen`` ``int64[c]``: numbers of the problem, None as long as no choice is allowed. ``value`` is the one that the
    rest counts; no choice has one above ``most``. With a ``target`` it is only asked whether some choice attains it.
    """

    chosen: NDArray[np.int64] | None = None
    value: int = -(2**62)
    most: int = 2**62
    target: int | None = None
    proof: str = "none"
    stopped: bool = False
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def floor(self) -> int:
        """What a choice has to beat to be of interest."""
        return self.value if self.target is None else max(self.value, self.target - 1)

    def better(self, rest: Remaining, choice: NDArray[np.int64]) -> None:
        """Keep a choice of the rest, if it is allowed and better than what there is."""
        if not rest.allows(choice) or (rest.must and not rest.reached(choice).all()):
            return
        if rest.value(choice) > self.value:
            self.chosen = np.sort(np.concatenate([rest.taken, rest.ids[choice]]))
            self.value = rest.value(choice)

    @property
    def attained(self) -> bool:
        """Whether the target is."""
        return self.target is not None and self.value >= self.target

    def bounded(self, most: int, proof: str) -> bool:
        """Keep a bound of all that beats the floor; whether the question is answered."""
        self.most = min(self.most, max(most, self.floor))
        if self.most <= self.floor and self.proof == "none":
            self.proof = proof
        return self.most <= self.floor or self.attained

    def certificate(self, *, sign: int = 1) -> Certificate:
        """Value and bound times ``sign``, with what was counted."""
        proof = "none" if self.most > self.value else "bound" if self.proof == "none" else self.proof
        return Certificate(
            value=sign * self.value,
            bound=sign * self.most,
            proof=proof,
            stopped=self.stopped,
            counts=MappingProxyType(dict(sorted(self.counts.items()))),
        )
