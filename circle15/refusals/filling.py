"""Values filled into phrases; what stands beside a number may be another word beside one."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

__all__ = ["filled"]


class _Phrases(string.Formatter):
    """``{count:row|rows}`` is what stands beside one, and beside any other number."""

    def format_field(self, value: Any, spec: str) -> str:
        single, choice, many = spec.partition("|")
        if not choice:
            return str(super().format_field(value, spec))
        return single if str(value) == "1" else many


def filled(phrase: str, values: Mapping[str, object]) -> str:
    """A phrase with its values filled in.

    Parameters
    ----------
    phrase
        Text with ``{names}`` as in :meth:`str.format`, and with ``{name:row is|rows are}`` for the words that stand
        beside one and beside any other number of that name.
    values
        By name.

    Raises
    ------
    KeyError
        If a value is missing.

    Examples
    --------
    >>> row = "{count} {count:row is|rows are} empty"
    >>> filled(row, {"count": 1}), filled(row, {"count": "1,200"})
    ('1 row is empty', '1,200 rows are empty')
    """
    return _Phrases().vformat(phrase, (), values)
