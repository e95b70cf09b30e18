"""Ways and nodes that are open by hours: states over an ordinary week."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from circle15.errors import StreetsError
from circle15.model.moment import Moment
from circle15.refusals import refusal

__all__ = ["OpenWeek", "WayHours"]


@dataclass(frozen=True, order=True)
class OpenWeek:
    """An ordinary week: ``start`` in minutes since Monday, midnight (the first is 0), and the state from then on.

    Examples
    --------
    >>> day = OpenWeek(start=(0, 360, 1320), open=(False, True, False))
    >>> day.at(Moment(weekday=0, minute=360)), day.at(Moment(weekday=0, minute=1320)), day.ever, day.always
    (True, False, True, False)
    """

    start: tuple[int, ...] = (0,)
    open: tuple[bool, ...] = (True,)

    def at(self, when: Moment) -> bool:
        """Whether it is open then; the minute of closing is closed."""
        return self.open[bisect_right(self.start, when.week_minute) - 1]

    def both(self, other: OpenWeek) -> OpenWeek:
        """The week in which this and another are open at once.

        Examples
        --------
        >>> early, late = OpenWeek((0, 720), (True, False)), OpenWeek((0, 360), (False, True))
        >>> early.both(late)
        OpenWeek(start=(0, 360, 720), open=(False, True, False))
        """
        minutes = sorted({*self.start, *other.start})
        state = [all(week.open[bisect_right(week.start, minute) - 1] for week in (self, other)) for minute in minutes]
        change = [row for row in range(len(minutes)) if row == 0 or state[row] != state[row - 1]]
        return OpenWeek(start=tuple(minutes[row] for row in change), open=tuple(state[row] for row in change))

    @property
    def ever(self) -> bool:
        """Whether it opens at all."""
        return any(self.open)

    @property
    def always(self) -> bool:
        """Whether it never closes."""
        return all(self.open)


def _none() -> NDArray[np.int32]:
    return np.empty(0, dtype=np.int32)


@dataclass(frozen=True, kw_only=True, eq=False)
class WayHours:
    """Those ways (or edges) and nodes that are not always open; all others are.

    Attributes
    ----------
    weeks
        The weeks that occur.
    way, way_week
        ``int32[k]`` rows of ways in rising order, and positions in ``weeks``.
    node, node_week
        The same for nodes.

    Raises
    ------
    StreetsError
        If the columns do not fit together.
    """

    weeks: tuple[OpenWeek, ...] = ()
    way: NDArray[np.int32] = field(default_factory=_none)
    way_week: NDArray[np.int32] = field(default_factory=_none)
    node: NDArray[np.int32] = field(default_factory=_none)
    node_week: NDArray[np.int32] = field(default_factory=_none)

    def __post_init__(self) -> None:
        for rows, week in ((self.way, self.way_week), (self.node, self.node_week)):
            if len(rows) != len(week) or (len(rows) and int(week.max()) >= len(self.weeks)):
                raise refusal("way_hours", error=StreetsError, rows=len(rows), weeks=len(week))
        for column in ("way", "way_week", "node", "node_week"):
            view = getattr(self, column).view()
            view.setflags(write=False)
            object.__setattr__(self, column, view)

    @classmethod
    def of(cls, ways: Sequence[OpenWeek | None], nodes: Sequence[OpenWeek | None] = ()) -> WayHours:
        """Hours of each way and node; None is always open."""
        weeks = sorted({week for week in (*ways, *nodes) if week is not None})
        number = {week: position for position, week in enumerate(weeks)}
        columns = []
        for given in (ways, nodes):
            rows = [row for row, week in enumerate(given) if week is not None]
            columns += [np.array(rows, dtype=np.int32)]
            columns += [np.array([number[week] for week in given if week is not None], dtype=np.int32)]
        way, way_week, node, node_week = columns
        return cls(weeks=tuple(weeks), way=way, way_week=way_week, node=node, node_week=node_week)

    def codes(self, ways: int) -> NDArray[np.int32]:
        """``int32[ways]``: 0 for always open, else one more than the position in ``weeks``."""
        dense = np.zeros(ways, dtype=np.int32)
        dense[self.way] = self.way_week + 1
        return dense

    def node_codes(self, nodes: int) -> NDArray[np.int32]:
        """As :meth:`codes`, of nodes."""
        dense = np.zeros(nodes, dtype=np.int32)
        dense[self.node] = self.node_week + 1
        return dense

    def renumbered(self, *, ways: NDArray[np.int32] | None = None, nodes: NDArray[np.int32] | None = None) -> WayHours:
        """The hours of other rows: each with its code, as :meth:`codes` and :meth:`node_codes` give them."""
        way, way_week = (self.way, self.way_week) if ways is None else _sparse(ways)
        node, node_week = (self.node, self.node_week) if nodes is None else _sparse(nodes)
        return WayHours(weeks=self.weeks, way=way, way_week=way_week, node=node, node_week=node_week)

    def shut(self, when: Moment) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Rows of ways, and of nodes, that are closed then."""
        closed = np.array([not week.at(when) for week in self.weeks], dtype=bool)
        return self.way[closed[self.way_week]], self.node[closed[self.node_week]]

    def __bool__(self) -> bool:
        return bool(len(self.way) or len(self.node))


def _sparse(codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    rows = np.flatnonzero(codes)
    return rows.astype(np.int32), (codes[rows] - 1).astype(np.int32)
