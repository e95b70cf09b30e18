"""A moment of an ordinary week: a day of the week and a time of day, no date."""

from __future__ import annotations

from dataclasses import dataclass

from circle15.errors import SettingError
from circle15.refusals import refusal

__all__ = ["DAYS", "Moment"]

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
"""Days of the week as ``opening_hours`` writes them, Monday first."""

_DAYS_ZH = "一二三四五六日"


@dataclass(frozen=True, kw_only=True, order=True)
class Moment:
    """A day of the week and a minute of that day; :func:`circle15.hours.opening.moment` reads one from text.

    Attributes
    ----------
    weekday
        0 is Monday, 6 is Sunday. Wednesday, an ordinary working day, where nobody says which.
    minute
        Minutes since midnight, 0 to 1439.

    Raises
    ------
    SettingError
        If one of them is out of range.

    Examples
    --------
    >>> Moment(minute=11 * 60 + 30).en, Moment(weekday=5, minute=480).zh
    ('We 11:30', '08:00（周六）')
    """

    weekday: int = 2
    minute: int

    def __post_init__(self) -> None:
        if not (
            all(type(part) is int for part in (self.weekday, self.minute))
            and 0 <= self.weekday < 7
            and 0 <= self.minute < 1440
        ):
            raise refusal("moment_range", error=SettingError, weekday=self.weekday, minute=self.minute)

    @property
    def week_minute(self) -> int:
        """Minutes since Monday, midnight."""
        return self.weekday * 1440 + self.minute

    @property
    def clock(self) -> str:
        """The time of day, such as ``11:30``."""
        return f"{self.minute // 60:02d}:{self.minute % 60:02d}"

    @property
    def en(self) -> str:
        """Day and time, such as ``We 11:30``; also how it is recorded."""
        return f"{DAYS[self.weekday]} {self.clock}"

    @property
    def zh(self) -> str:
        """Time and day in Chinese."""
        return f"{self.clock}（周{_DAYS_ZH[self.weekday]}）"

    def __str__(self) -> str:
        return self.en
