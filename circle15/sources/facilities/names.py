"""Read names of facilities: where, which one, what; and tell whether two names mean one place.

平江街道社区卫生服务中心 and 姑苏区平江社区卫生服务中心 are one, 平江社区卫生服务站 is another, and 社区卫生服务站
alone names no place at all. What may be left out, and what may not, stands in ``catalog/same_place.toml``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Any

from circle15.catalog import name_rules, same_place_names

__all__ = ["SAME", "PlaceName", "contradict", "likeness", "read_name"]

_BRACKETS = re.compile(r"[(\[{<《「【〔]([^()\[\]{}<>《》「」【】〔〕]*)[)\]}>》」】〕]")
_NO_LETTER = re.compile(r"[\W_]+")
_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")
SAME = 0.99
"""Likeness of names that say the same and are not equal letter by letter; equal ones have 1 and go first."""


@dataclass(frozen=True, kw_only=True)
class PlaceName:
    """A name in its parts, folded: letters and digits only, NFKC, small.

    Attributes
    ----------
    whole
        All of it.
    prefixes
        City, district and subdistrict without the words for them; ``""`` where it names none.
    rest
        What is left without prefixes and without what says the kind: which one it is.
    note
        What stands in brackets.
    tier
        ``"centre"``, ``"post"`` or ``""``.
    """

    whole: str
    prefixes: tuple[str, str, str]
    rest: str
    note: str
    tier: str

    @property
    def core(self) -> str:
        """Which one it is: the rest, else the nearest prefix; ``""`` for a name that only says the kind."""
        return self.rest or next((prefix for prefix in reversed(self.prefixes) if prefix), "")

    @property
    def cores(self) -> tuple[str, ...]:
        """The core, and the core with its subdistrict, which other lists write without 街道; 一 as 1."""
        both = (self.core, f"{self.prefixes[2]}{self.rest}")
        return tuple(dict.fromkeys(core.translate(_NUMERALS) for core in both if core))

    @property
    def key(self) -> tuple[str, str, str]:
        """Equal for names that say the same without regard to where."""
        return self.core.translate(_NUMERALS), self.tier, self.note


def read_name(name: str, *, city: Sequence[str] = ()) -> PlaceName:
    """Take a facility's name apart.

    Parameters
    ----------
    name
        As it stands in a list.
    city
        What the city is called, with or without 市: a prefix that only some lists write.

    Examples
    --------
    >>> read_name("苏州市姑苏区平江街道社区卫生服务中心（总部）").prefixes
    ('苏州', '姑苏', '平江')
    >>> [read_name(name).core for name in ("平江社区卫生服务站", "万年里 助餐点", "社区卫生服务站", "Kallio Library")]
    ['平江', '万年里', '', 'kallio']
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    outside = _BRACKETS.sub(" ", plain)
    note = _letters("".join(_BRACKETS.findall(plain)))
    if not _letters(outside):
        outside, note = plain, ""
    rules = _rules()
    prefixes, bare = _prefixes(_letters(outside), city, rules)
    english = " ".join(rules.english.findall(outside))
    if english:
        bare = _letters(rules.english.sub(" ", outside))
        prefixes, bare = _prefixes(bare, city, rules)
    rest, kind = _without_kind(bare, rules)
    tier = next((tier for tier, rule in rules.tiers if rule.search(kind or english)), "")
    return PlaceName(whole=_letters(plain), prefixes=prefixes, rest=rest, note=note, tier=tier)


def likeness(first: PlaceName, second: PlaceName) -> tuple[float, bool]:
    """How alike two names are, 0 to 1, and whether something in them forbids that they are one place.

    1 where they are equal letter by letter; else the share of characters that their cores have in common
    in order, :class:`difflib.SequenceMatcher`'s ratio ``2 M / T``, at most 0.99 (:data:`SAME`). It is in the standard
    library and fast enough, as only names of near places are compared; the two names change places
    without changing it, which difflib alone does not promise. Forbidden are: different cities, districts,
    subdistricts or brackets; a centre and a station; different numbers, directions or words such as new
    and old.

    Examples
    --------
    >>> likeness(read_name("平江街道社区卫生服务中心"), read_name("平江社区卫生服务中心"))
    (0.99, False)
    >>> likeness(read_name("三香一村助餐点"), read_name("三香二村助餐点"))  # 3 of 4 characters
    (0.75, True)
    """
    if first.whole and first.whole == second.whole:
        return 1.0, False
    pairs = [(a, b) for a in first.cores for b in second.cores]
    scored = [(_ratio(a, b), _ordinary(a) == _ordinary(b)) for a, b in pairs]
    if not scored:
        return 0.0, contradict(first, second)
    best, plain = max(scored, key=lambda score: (score[1], score[0]))
    return min(best, SAME), not plain or contradict(first, second)


def contradict(first: PlaceName, second: PlaceName) -> bool:
    """Whether both name a city, district, subdistrict, tier or bracket, and not the same."""
    both = [*zip(first.prefixes, second.prefixes, strict=True), (first.tier, second.tier), (first.note, second.note)]
    return any(a and b and a != b for a, b in both)


@dataclass(frozen=True)
class _Rules:
    prefixes: tuple[re.Pattern[str], ...]
    kind: re.Pattern[str]
    described_kind: re.Pattern[str]
    endings: re.Pattern[str]
    english: re.Pattern[str]
    tiers: tuple[tuple[str, re.Pattern[str]], ...]
    ordinary: frozenset[str]


@cache
def _rules() -> _Rules:
    given = same_place_names()
    described, things = (f"(?:{'|'.join(given[key])})" for key in ("describing", "things"))
    return _Rules(
        prefixes=tuple(re.compile(given[key]) for key in ("city", "district", "subdistrict")),
        kind=re.compile(f"{described}*{things}$"),
        described_kind=re.compile(f"{described}+{things}$"),
        endings=re.compile(f"(?<=.)(?:{'|'.join(given['endings'])})$"),
        english=re.compile(rf"(?<![^\W\d_])(?:{'|'.join(given['english'])})(?![^\W\d_])"),
        tiers=tuple((tier, re.compile(rule)) for tier, rule in given["tier"].items()),
        ordinary=frozenset(name_rules()["ordinary"]),
    )


def _letters(text: Any) -> str:
    return _NO_LETTER.sub("", text)


def _prefixes(text: str, city: Sequence[str], rules: _Rules) -> tuple[tuple[str, str, str], str]:
    """City, district and subdistrict, each only if something follows it; and what follows."""
    prefixes = ["", "", ""]
    for name in sorted({_letters(unicodedata.normalize("NFKC", word).casefold()) for word in city}, key=len):
        stem = name.removesuffix("市")
        if stem and text.startswith(stem) and text not in {stem, f"{stem}市"}:
            prefixes[0], text = stem, text.removeprefix(stem).removeprefix("市")
            break
    for level, rule in enumerate(rules.prefixes):
        head = rule.match(text)
        if head and head.end() < len(text) and not prefixes[level]:
            prefixes[level], text = head[1], text[head.end() :]
    return (prefixes[0], prefixes[1], prefixes[2]), text


def _without_kind(text: str, rules: _Rules) -> tuple[str, str]:
    """What is left without the words for its kind, and the last of them."""
    head = rules.kind.search(text)
    kind = head[0] if head else ""
    while head:
        text = text[: head.start()]
        head = rules.described_kind.search(text)
    return rules.endings.sub("", text), kind


def _ordinary(core: str) -> list[str]:
    """The numbers, directions and sizes in it."""
    return [letter for letter in core if letter in _rules().ordinary]


def _ratio(text: str, other: str) -> float:
    if text == other:
        return 1.0
    if set(text).isdisjoint(other):
        return 0.0
    first, second = sorted((text, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
