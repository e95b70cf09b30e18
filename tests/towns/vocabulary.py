"""Words that were given up for another one, as ``synonyms.toml`` lists them."""

from __future__ import annotations

import re
from functools import cache

from circle15.catalog.facts import read_facts

__all__ = ["SYNONYMS", "banned"]

SYNONYMS = read_facts("synonyms.toml")["word"]
_NAME = re.compile(r"{\w+[}:]")
"""The name of a value that is filled in."""


@cache
def _marks() -> list[tuple[list[str], list[tuple[str, re.Pattern[str]]]]]:
    """Of each entry the phrases that stay, and its words with what finds them."""
    edge = {word: r"\b" if word.isascii() else "" for entry in SYNONYMS for word in entry["not"]}
    return [
        (
            entry.get("except", []),
            [(word, re.compile(f"{edge[word]}{re.escape(word)}{edge[word]}", re.IGNORECASE)) for word in entry["not"]],
        )
        for entry in SYNONYMS
    ]


def banned(text: str) -> list[str]:
    """The words of a text that another one stands for.

    Examples
    --------
    >>> banned("够不到的人"), banned("a facility, not a website")
    (['够不到'], [])
    """
    found, plain = [], _NAME.sub("", text)
    for meant, words in _marks():
        kept = plain
        for phrase in meant:
            kept = kept.replace(phrase, "")
        found += [word for word, mark in words if mark.search(kept)]
    return found
