"""Tags of OpenStreetMap as rules: ``"key=value&key=value"``, and how they match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["TagRule", "first_match"]


@dataclass(frozen=True)
class TagRule:
    """``key=value`` pairs that must all hold; ``*`` stands for any value but ``no``.

    Examples
    --------
    >>> rule = TagRule.parse("amenity=clinic&healthcare=*")
    >>> rule.holds({"amenity": "doctors;clinic", "healthcare": "yes"})
    True
    """

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> TagRule:
        """Read ``"key=value&key=value"``.

        Raises
        ------
        ValueError
            If a part has no key or no value.
        """
        pairs = tuple((key, value) for key, _, value in (part.partition("=") for part in text.split("&")))
        if not all(key and value for key, value in pairs):
            raise ValueError(f"not a tag rule: {text!r}; write key=value, joined by '&'")
        return cls(pairs)

    def holds(self, tags: Mapping[str, str]) -> bool:
        """Whether every pair is found among ``tags``; a list ``a;b`` is searched value by value."""
        return all(_has(tags.get(key), value) for key, value in self.pairs)

    def covers(self, other: TagRule) -> bool:
        """Whether it holds of everything that the other rule holds of.

        Examples
        --------
        >>> wide, narrow = (TagRule.parse(text) for text in ("shop=*", "shop=chemist&dispensing=yes"))
        >>> wide.covers(narrow), narrow.covers(wide), wide.covers(wide)
        (True, False, True)
        """
        wanted = dict(other.pairs)
        return all(
            wanted.get(key) == value or (value == "*" and wanted.get(key, "no") != "no") for key, value in self.pairs
        )

    def kind(self, tags: Mapping[str, str]) -> str:
        """The value that the last pair of the rule found."""
        key, value = self.pairs[-1]
        return tags[key] if value == "*" else value


def _has(value: str | None, wanted: str) -> bool:
    if value is None:
        return False
    if wanted == "*":
        return value != "no"
    return value == wanted or (";" in value and wanted in (part.strip() for part in value.split(";")))


def first_match(rules: Iterable[TagRule], tags: Mapping[str, str]) -> TagRule | None:
    """The first rule that holds, in the order of the table; None where no rule does."""
    return next((rule for rule in rules if rule.holds(tags)), None)
