"""What may have been meant by a word that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["closest", "did_you_mean"]


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that is spelled most alike; ``""`` where none is close.

    Examples
    --------
    >>> closest("colums", ["columns", "file"]), closest("xyz", ["columns", "file"])
    ('columns', '')
    """
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), "")


def did_you_mean(word: str, known: Iterable[str]) -> tuple[str, str]:
    """The end of a message, in Chinese and in English: which known word may have been meant; else nothing.

    Examples
    --------
    >>> did_you_mean("colums", ["columns", "file"])
    ("，是否想写 'columns'", "; did you mean 'columns'?")
    """
    word = closest(word, known)
    return (f"，是否想写 {word!r}", f"; did you mean {word!r}?") if word else ("", "")
