"""When facilities are open: hours as lists write them, states at a moment of the week, hours per day.

Hours are texts in OpenStreetMap's ``opening_hours`` syntax or in the plain forms of :mod:`circle15.hours.spoken`.
They are judged over an ordinary week: no date, no clock of this machine, no country's holidays. What depends on the
date (months, weeks, Easter) counts where every week of a fixed year agrees and is unknown where they differ.
Hours that are empty or not understood are *unknown*: never closed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]  # its stub lacks an error

from circle15.catalog import opening_words
from circle15.errors import SettingError
from circle15.hours.spoken import folded_hours, in_osm_syntax, spoken_moment
from circle15.model.moment import DAYS, Moment
from circle15.model.places import Facilities
from circle15.refusals import refusal

__all__ = ["WeekHours", "hours_table", "moment", "open_at", "open_facilities", "understand", "weekly_open_hours"]

_LONGEST = 400
"""Characters of a text that is looked at; OpenStreetMap holds 255."""
_MONDAY = dt.datetime(2024, 12, 30)  # noqa: DTZ001  # a week of no place: wall clocks
"""The first Monday of the fixed year; an ordinary week is any of its 52 where they agree."""
_WEEK = 7 * 1440
_DATED = re.compile(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b|week|easter|\[|\bdays?\b")
_YEAR = re.compile(r"(?<![:\d])\d{4}(?!\d)")
_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_BETWEEN_RULES = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
_REMARK = re.compile(r'"[^"]*"?')
_SAYS_WHEN = re.compile(r"\d|open|off|closed|unknown|[\u4e00-\u9fff]")
_TIMES = re.compile(r"[\d:,\s-]+$")
_SHUT = re.compile(r"\b(?:closed|off)\b")
_CLOSED, _OPEN, _UNKNOWN = 0, 1, 2


@dataclass(frozen=True, eq=False)
class WeekHours:
    """Hours that were understood.

    Attributes
    ----------
    osm
        In ``opening_hours`` syntax.
    start, state
        ``int64[k]`` minutes since Monday, midnight, from which each state holds (the first is 0), and
        ``int8[k]``: 0 closed, 1 open, 2 unknown.
    """

    osm: str
    start: NDArray[np.int64]
    state: NDArray[np.int8]

    def at(self, when: Moment) -> bool | None:
        """Whether it is open then; None where the text does not tell. The minute of closing is closed."""
        state = int(self.state[np.searchsorted(self.start, when.week_minute, side="right") - 1])
        return None if state == _UNKNOWN else state == _OPEN

    @property
    def always_closed(self) -> bool:
        """Whether the text says that it is closed all week."""
        return not self.state.any()

    def hours(self) -> NDArray[np.float64]:
        """``float64[7]`` open hours of each day, Monday first; NaN where some of the day is unknown."""
        minutes = np.repeat(self.state, np.diff(self.start, append=_WEEK)).reshape(7, 1440)
        return np.where((minutes == _UNKNOWN).any(axis=1), np.nan, (minutes == _OPEN).sum(axis=1) / 60)


@lru_cache(maxsize=8192)
def understand(text: str) -> WeekHours | None:
    """Hours of one text; None where it is empty or not understood without doubt.

    Parameters
    ----------
    text
        ``opening_hours`` syntax (``Mo-Fr 08:00-17:00``) or words (``周一至周五 8:00—17:00``, ``24小时``).
        Years are dates and not understood; nor are ``8:00-5:00``, which is a day counted in twelves.

    Examples
    --------
    >>> understand("工作日 上午8:00-11:30 下午1:30-5:00").osm
    'Mo-Fr 08:00-11:30,13:30-17:00'
    >>> understand("以实际通知为准") is None
    True
    """
    # Of fallback rules (||) the library's states and its intervals do not agree (2.1.4).
    if not text.strip() or len(text) > _LONGEST or "||" in text:
        return None
    if '"' in text and (text := _with_unknown(text)).strip().startswith("unknown"):
        return None  # a remark alone, such as "by appointment", says nothing of when
    folded = folded_hours(text)
    parsed = (None if _overruled(folded) else _parsed(folded)) or _parsed(in_osm_syntax(text))
    if parsed is None:
        return None
    written = str(parsed)
    if _YEAR.search(written) or any(_doubtful(*map(int, span)) for span in _SPAN.findall(written)):
        return None
    start, state = _dated_week(parsed) if _DATED.search(written) else _week(parsed, _MONDAY)
    if not state.any() and not _shut_all_week(written):
        return None  # "closed on Mondays" does not say when it is open
    start.setflags(write=False)
    state.setflags(write=False)
    return WeekHours(osm=written, start=start, state=state)


def _with_unknown(text: str) -> str:
    """Rules of days and a remark (``Sa "by appointment"``) as unknown: by the syntax they would be open all day."""
    rules = []
    for rule in _BETWEEN_RULES.split(text):
        bare = _REMARK.sub("", rule).strip()
        rules.append(rule if '"' not in rule or _SAYS_WHEN.search(bare) else f"{bare} unknown".strip())
    return "; ".join(rules)


def _overruled(text: str) -> bool:
    """Whether a rule would undo an earlier one as the syntax has it, and nobody means that.

    ``08:00-11:30; 13:00-17:00`` is open in the afternoon only, ``Mo off; 08:00-17:00`` on Mondays too.
    """
    rules = [_TIMES.sub("", rule).strip() for rule in text.split(";") if rule.strip()]
    return "" in rules[1:] or len(set(rules)) < len(rules)


def _shut_all_week(written: str) -> bool:
    """Whether a text that opens never speaks of every minute: it would be open all week with "open" for "closed"."""
    turned = _parsed(_SHUT.sub("open", written))
    return turned is not None and bool((_week(turned, _MONDAY)[1] == _OPEN).all())


def _parsed(text: str) -> OpeningHours | None:
    # The library takes a text of spaces for "always".
    if not text:
        return None
    try:
        return OpeningHours(text)
    except ParserError:
        return None


def _doubtful(hour: int, minute: int, end_hour: int, end_minute: int) -> bool:
    """A span from a morning into the next day, or of more than 16 hours: most likely counted in twelves (8:00-5:00)."""
    first, last = hour * 60 + minute, end_hour * 60 + end_minute
    return 0 < last <= first and (first < 720 or last + 1440 - first > 960)


def _week(parsed: OpeningHours, monday: dt.datetime) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """States through the week that begins on a Monday, neighbours of one state joined."""
    stretches = [
        ((begin - monday) // dt.timedelta(minutes=1), _UNKNOWN if state == State.UNKNOWN else int(state == State.OPEN))
        for begin, _, state, _ in parsed.intervals(monday, monday + dt.timedelta(days=7))
    ]
    start = np.array([place for place, _ in stretches], dtype=np.int64)
    state = np.array([code for _, code in stretches], dtype=np.int8)
    changes = np.append(True, state[1:] != state[:-1])
    return start[changes], state[changes]


def _dated_week(parsed: OpeningHours) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """States that all weeks of the fixed year agree on, unknown elsewhere."""
    common: NDArray[np.int8] | None = None
    for week in range(52):
        start, state = _week(parsed, _MONDAY + dt.timedelta(weeks=week))
        minutes = np.repeat(state, np.diff(start, append=_WEEK))
        common = minutes if common is None else np.where(common == minutes, common, np.int8(_UNKNOWN))
    assert common is not None  # noqa: S101  # a year has weeks
    start = np.flatnonzero(np.append(True, common[1:] != common[:-1]))
    return start.astype(np.int64), common[start]


# -- columns ----------------------------------------------------------------------------------------


def _by_text(hours: pd.Series, value: Callable[[WeekHours | None], Any]) -> list[Any]:
    """A value for each cell, each distinct text understood once."""
    code, distinct = pd.factorize(hours.astype(object).where(hours.notna(), "").astype(str))
    values = [value(understand(text)) for text in distinct]
    return [values[position] for position in code]


def open_at(hours: pd.Series, when: Moment | str) -> pd.Series:
    """Whether each facility is open at a moment of an ordinary week.

    Parameters
    ----------
    hours
        Texts as :func:`understand` takes them.
    when
        A moment, or its text.

    Returns
    -------
    pandas.Series
        ``boolean`` on the index of ``hours``: True, False, or NA where hours are empty, not understood, or
        do not tell for this moment.

    Raises
    ------
    SettingError
        If the text of a moment is not one.

    Examples
    --------
    >>> open_at(pd.Series(["08:00-17:00", "周末 9:00-12:00", "", "待定"]), "11:30").tolist()
    [True, False, <NA>, <NA>]
    """
    at = moment(when)
    if at is None:
        raise refusal("open_at_any", error=SettingError, value=when)
    states = _by_text(hours, lambda week: None if week is None else week.at(at))
    return pd.Series(pd.array(states, dtype="boolean"), index=hours.index, name="open")


def weekly_open_hours(hours: pd.Series) -> pd.DataFrame:
    """Open hours per day of an ordinary week.

    Parameters
    ----------
    hours
        Texts as :func:`understand` takes them.

    Returns
    -------
    pandas.DataFrame
        On the index of ``hours``: ``mo_h`` to ``su_h``, hours of each day from midnight to midnight; ``least_h``,
        the least of the seven; ``mean_h``, their mean; ``open_days``, days with any open time;
        ``least_open_day_h``, the least over those days. NaN where unknown.

    Examples
    --------
    >>> weekly_open_hours(pd.Series(["Mo-Fr 08:00-12:00,13:00-17:00; Sa 09:00-12:00"])).iloc[0].tolist()[5:]
    [3.0, 0.0, 0.0, 6.142857142857143, 6.0, 3.0]
    """
    nothing = np.full(7, np.nan)
    rows = _by_text(hours, lambda week: nothing if week is None else week.hours())
    table = np.array(rows, dtype=float).reshape(len(hours), 7)
    out = pd.DataFrame(table, index=hours.index, columns=[f"{day.lower()}_h" for day in DAYS])
    days = out.to_numpy()
    known = ~np.isnan(days).any(axis=1)
    opens = np.where(days > 0, days, np.inf)
    out["least_h"] = np.where(known, days.min(axis=1), np.nan)
    out["mean_h"] = np.where(known, days.mean(axis=1), np.nan)
    out["open_days"] = np.where(known, (days > 0).sum(axis=1), np.nan)
    least = opens.min(axis=1, initial=np.inf)
    out["least_open_day_h"] = np.where(known & np.isfinite(least), least, np.nan)
    return out


def hours_table(facilities: Facilities, when: Moment | None = None) -> pd.DataFrame:
    """What is known of the hours of each facility.

    Parameters
    ----------
    facilities
        With ``opening_hours``; without that column all hours are unknown.
    when
        A moment, for the column ``open``.

    Returns
    -------
    pandas.DataFrame
        On ``facility_id``: ``said`` as the list writes it, ``osm`` in ``opening_hours`` syntax (``""`` where empty
        or not understood), ``least_h`` and ``mean_h`` of :func:`weekly_open_hours`, and ``open`` at the moment
        (``boolean``; all NA without one).
    """
    frame, texts = facilities.frame, _texts(facilities)
    table = pd.DataFrame({"said": texts, "osm": _by_text(texts, lambda week: "" if week is None else week.osm)})
    table[["least_h", "mean_h"]] = weekly_open_hours(texts)[["least_h", "mean_h"]]
    nothing = pd.Series(pd.array([pd.NA] * len(frame), dtype="boolean"), index=frame.index)
    table["open"] = nothing if when is None else open_at(texts, when)
    return table.rename_axis("facility_id")


def _texts(facilities: Facilities) -> pd.Series:
    """Hours as the lists write them, ``""`` where they say nothing."""
    frame = facilities.frame
    given = frame["opening_hours"] if "opening_hours" in frame else pd.Series("", index=frame.index, dtype=object)
    return given.astype(object).where(given.notna(), "").astype(str)


def open_facilities(facilities: Facilities, when: Moment | None) -> Facilities:
    """Leave out what is closed at a moment.

    Parameters
    ----------
    facilities
        With ``opening_hours``.
    when
        None leaves everything in.

    Returns
    -------
    Facilities
        What is open then, and what has unknown hours. What lists speak of stays the same: a service of which
        nothing is open is a gap at that moment, not undetermined.
    """
    if when is None:
        return facilities
    serving = open_at(_texts(facilities), when).to_numpy(dtype=bool, na_value=True)
    return replace(facilities, frame=facilities.frame[serving])


def moment(given: Moment | str | None) -> Moment | None:
    """Read a moment of the week.

    Parameters
    ----------
    given
        ``"11:30"``: Wednesday, an ordinary working day; ``"Tu 11:30"``, ``"Tuesday 11:30"``, ``"周二 11:30"``,
        ``"周六 下午2点"``. None, ``""`` and ``"any"`` (``"不限"``) are no moment: walk-in at any time.

    Raises
    ------
    SettingError
        If it is not understood; says what to write.

    Examples
    --------
    >>> moment("11:30").en, moment("周二 上午9点半").en, moment("any")
    ('We 11:30', 'Tu 09:30', None)
    """
    if given is None or isinstance(given, Moment):
        return given
    written: Any = given  # from TOML and the command line
    text = written.strip() if isinstance(written, str) else "?"
    if not text or text.casefold() in opening_words()["meaning"]["any_time"]:
        return None
    read = spoken_moment(text) if len(text) <= _LONGEST else None
    if read is None:
        raise refusal("open_at_words", error=SettingError, value=written)
    day, minute = read
    return Moment(minute=minute) if day is None else Moment(weekday=day, minute=minute)
