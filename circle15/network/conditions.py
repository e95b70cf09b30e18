"""Access under conditions, as OpenStreetMap writes it: ``no @ (22:00-06:00); private @ winter``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from circle15.catalog import walking

__all__ = ["Clause", "clauses_of", "own_hours"]

_CLAUSE = re.compile(r"\s*(?P<value>[^@;]*?)\s*@\s*(?:\((?P<inside>[^()]*)\)|(?P<bare>[^;()]*))\s*(?:;|$)")


class Clause(NamedTuple):
    """One clause: what it says and when, as written.

    ``opens`` and ``shuts`` are both False where the word before the ``@`` is not known; ``private``: it lets in a few.
    """

    tag: str
    when: str
    opens: bool = False
    shuts: bool = False
    private: bool = False


def clauses_of(tags: Mapping[str, str]) -> tuple[Clause, ...]:
    """The clauses about walkers, in the order in which later ones outweigh earlier ones.

    Those of ``access:conditional`` count only where no ``foot`` says otherwise. A text that has not the form of a
    condition is unknown, and so one clause that opens, at hours that nobody understands.

    Examples
    --------
    >>> [(c.when, c.opens) for c in clauses_of({"foot:conditional": "yes @ (06:00-22:00); no @ winter"})]
    [('06:00-22:00', True), ('winter', False)]
    """
    keys = ("foot:conditional",) if tags.get("foot") else ("access:conditional", "foot:conditional")
    return tuple(clause for key in keys if key in tags for clause in _clauses(key, tags[key]))


def _clauses(key: str, text: str) -> list[Clause]:
    rules = walking()["access"]
    allow = rules["allow_foot"] if key.startswith("foot") else rules["allow_access"]
    whole = f"{key}={text}"
    clauses, end = [], 0
    for part in _CLAUSE.finditer(text):
        if part.start() != end:
            break
        end = part.end()
        value, when = part["value"].casefold(), (part["inside"] or part["bare"] or "").strip()
        if _of_vehicles(when):
            continue
        private = value in rules["private"]
        clauses.append(Clause(whole, when, value in allow or private, value in rules["deny"], private))
    return [Clause(whole, text, opens=True)] if end < len(text) else clauses


def _of_vehicles(when: str) -> bool:
    words: list[str] = walking()["conditional"]["vehicles"]
    return when.casefold().startswith(tuple(words))


def own_hours(tags: Mapping[str, str]) -> str:
    """Opening hours of the way or gate itself: not those of a place that is mapped on it."""
    if any(key in tags for key in walking()["conditional"]["places"]):
        return ""
    return tags.get("opening_hours", "")
