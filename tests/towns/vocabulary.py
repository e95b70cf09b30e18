"""Words that were given up for another one, as ``synonyms.toml`` lists them."""

from __future__ import annotations

import re

from circle15.catalog.facts import read_facts

__all__ = ["SYNONYMS", "banned"]

SYNONYMS = read_facts("synonyms.toml")["word"]


def banned(text: str) -> list[str]:
    """The words of a text that another one stands for.

    Examples
    --------
    >>> banned("够不到的人"), banned("a facility, not a website")
    (['够不到'], [])
    """
    found = []
    for entry in SYNONYMS:
        kept = re.sub(r"{\w+[}:]", "", text)  # names of values that are filled in
        for meant in entry.get("except", ()):
            kept = kept.replace(meant, "")
        for word in entry["not"]:
            edge = r"\b" if word.isascii() else ""
            if re.search(f"{edge}{re.escape(word)}{edge}", kept, re.IGNORECASE):
                found.append(word)
    return found
