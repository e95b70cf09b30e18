"""Errors and warnings: one tree, each class also a builtin, so that callers may catch either.

::

    Circle15Error
    ├── InputError (ValueError)        what the user gave cannot be used as it is
    │   ├── CityError (LookupError)    no such city pack, or a name that is not a name
    │   ├── PackError                  city.toml or a layer of a pack is wrong
    │   ├── StreetsError               a street file is missing, empty, cut short or of another kind
    │   ├── CrsError                   coordinates do not fit the reference system they claim
    │   ├── NormError                  a book of norms has a rule that cannot be
    │   └── SettingError               a cut-off, speed, profile or other setting is out of range
    ├── FetchError (ConnectionError)   a download failed or came back incomplete
    └── OutputError (OSError)          a result could not be written; nothing half-written is left

    DataQualityWarning (UserWarning)   counted faults in the input that did not stop the work
"""

from __future__ import annotations

__all__ = [
    "Circle15Error",
    "CityError",
    "CrsError",
    "DataQualityWarning",
    "FetchError",
    "InputError",
    "NormError",
    "OutputError",
    "PackError",
    "SettingError",
    "StreetsError",
]


class Circle15Error(Exception):
    """Base of every error that circle15 raises on purpose; its message is written for the user.

    Parameters
    ----------
    message
        What is wrong, where, and what to do, in English: the text of the error.
    zh
        The same in Chinese. circle15 itself makes errors with :func:`circle15.refusals.door.refusal`, which knows both.
    """

    def __init__(self, message: str, *, zh: str = "") -> None:
        super().__init__(message)
        self.zh = zh
        if zh:  # a notebook shows notes below the message
            self.add_note(zh)


class InputError(Circle15Error, ValueError):
    """What the user gave cannot be used as it is."""


class CityError(InputError, LookupError):
    """There is no such city pack, or the name is not a city name."""


class PackError(InputError):
    """``city.toml`` or one of a city pack's layers is wrong."""


class StreetsError(InputError):
    """A street file is missing, empty, cut short, or not what its name says."""


class CrsError(InputError):
    """Coordinates do not fit the reference system that they claim."""


class SettingError(InputError):
    """A setting (cut-off, speed, profile, ...) is out of its range."""


class NormError(InputError):
    """A book of norms cannot be read, or has a rule that cannot be."""


class FetchError(Circle15Error, ConnectionError):
    """A download failed or came back incomplete."""


class OutputError(Circle15Error, OSError):
    """A result could not be written; no half-written file is left behind."""


class DataQualityWarning(UserWarning):
    """Counted faults in the input that did not stop the work."""
