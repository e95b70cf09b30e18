"""When ways and gates are open: their conditions and opening hours, read as those of places are."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circle15.hours.opening import understand
from circle15.model.way_hours import OpenWeek
from circle15.network.conditions import Clause

__all__ = ["WayWeek", "week_of"]

_MINUTES = 7 * 1440
_SHUT, _UNKNOWN = 0, 2


class WayWeek(NamedTuple):
    """The week of a way, None where it never closes, and the tags that say when and were not understood."""

    week: OpenWeek | None
    unread: tuple[str, ...]


@lru_cache(maxsize=4096)
def week_of(clauses: tuple[Clause, ...], hours: str, *, opens: bool) -> WayWeek:
    """The week that conditions and opening hours make.

    Parameters
    ----------
    clauses
        Of the last that holds counts. One that cannot be read lets in for good if it opens the way, and is passed
        over if it shuts it: what is unknown is open.
    hours
        Opening hours, ``""`` for none. Out of them it is shut, whatever the clauses say; what they do not tell is open.
    opens
        Whether it is open where no clause holds.

    Examples
    --------
    >>> week_of((), "06:00-22:00", opens=True).week.start[:3]
    (0, 360, 1320)
    >>> week_of((Clause("foot:conditional=no @ wet", "wet", shuts=True),), "", opens=True)
    WayWeek(week=None, unread=('foot:conditional=no @ wet',))
    """
    state = np.full(_MINUTES, opens)
    unread: list[str] = []
    for clause in clauses:
        minutes = _minutes(clause.when) if clause.opens or clause.shuts else None
        if minutes is None or (minutes == _UNKNOWN).any():
            unread.append(clause.tag)
        if minutes is None:
            state |= clause.opens
        elif clause.opens:
            state |= minutes != _SHUT
        else:
            state &= (minutes == _SHUT) | (minutes == _UNKNOWN)
    if hours:
        minutes = _minutes(hours)
        if minutes is None or (minutes == _UNKNOWN).any():
            unread.append(f"opening_hours={hours}")
        if minutes is not None:
            state &= minutes != _SHUT
    return WayWeek(_week(state), tuple(dict.fromkeys(unread)))


def _minutes(text: str) -> NDArray[np.int8] | None:
    """The state of each minute of the week; None where the text is not understood."""
    week = understand(text)
    if week is None:
        return None
    return np.repeat(week.state, np.diff(week.start, append=_MINUTES))


def _week(state: NDArray[np.bool_]) -> OpenWeek | None:
    if state.all():
        return None
    start = np.flatnonzero(np.append(True, state[1:] != state[:-1]))
    return OpenWeek(start=tuple(start.tolist()), open=tuple(state[start].tolist()))
