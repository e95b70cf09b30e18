"""Ways that tags took from walkers: their lines and what took them away, so that the people beside them are counted."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from circle15.kernels.ragged import ranges

__all__ = ["TakenWays"]


def _none() -> NDArray[np.float64]:
    return np.empty(0)


@dataclass(frozen=True, kw_only=True, eq=False)
class TakenWays:
    """Lines of ways that would be walked if their tags did not say otherwise, in WGS 84.

    Attributes
    ----------
    lon, lat
        ``float64[m]`` degrees, line after line.
    size
        ``int64[k]``: how many places each line has, two at least.
    kind
        What takes each away, as :data:`~circle15.network.walk_rules.Taken`; ``beside``: a path runs beside it.
    """

    lon: NDArray[np.float64] = field(default_factory=_none)
    lat: NDArray[np.float64] = field(default_factory=_none)
    size: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    kind: tuple[str, ...] = ()

    @classmethod
    def joined(cls, parts: Iterable[TakenWays]) -> TakenWays:
        """All lines of several."""
        every = (cls(), *parts)
        return cls(
            lon=np.concatenate([part.lon for part in every]),
            lat=np.concatenate([part.lat for part in every]),
            size=np.concatenate([part.size for part in every]),
            kind=tuple(kind for part in every for kind in part.kind),
        )

    def of(self, kinds: Container[str]) -> TakenWays:
        """The lines of some kinds."""
        rows = np.flatnonzero([kind in kinds for kind in self.kind])
        _, place = ranges((np.cumsum(self.size) - self.size)[rows], self.size[rows])
        kept = tuple(self.kind[row] for row in rows.tolist())
        return replace(self, lon=self.lon[place], lat=self.lat[place], size=self.size[rows], kind=kept)

    def __len__(self) -> int:
        return len(self.kind)

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.kind.count(kind):,} {kind}" for kind in sorted(set(self.kind)))
        return f"<TakenWays: {counts or 'none'}>"
