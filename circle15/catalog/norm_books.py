"""Books of norms: read from TOML, every key and every value checked, before a verdict rests on them."""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import Field, ValidationInfo, model_validator

from circle15.catalog.coded import tiers
from circle15.catalog.facts import read_facts
from circle15.catalog.kind import kinds
from circle15.catalog.service import services
from circle15.catalog.typed_toml import Number, OneOf, Rows, TomlTable, checked, fault, unknown_word
from circle15.errors import NormError
from circle15.model.norms import Level, NormBook, Rule, Scope, Standing, Status
from circle15.model.places import AGE_GROUP, PEOPLE
from circle15.model.service import Service
from circle15.refusals import hint, refusal
from circle15.refusals.spelling import did_you_mean

__all__ = [
    "Measure", "NotComputed", "all_checklists", "all_rules", "check_rates", "measures", "norm_book", "norm_books",
    "not_computed", "parse_book",
]  # fmt: skip

_PARAMETERS = (
    "services", "tiers", "kinds", "standardised", "of", "checklist", "minutes", "metres", "open_at", "people",
    "people_from", "people_below", "households_each",
)  # fmt: skip
_MOST = {"minutes": 120, "metres": 100_000, "households_each": 100_000}
_MOMENT = re.compile(r"((Mo|Tu|We|Th|Fr|Sa|Su) )?([01]?\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a clause can measure; see ``measures.toml`` for the meaning of its fields."""

    key: str
    title_zh: str
    title_en: str
    unit: str
    levels: tuple[str, ...]
    better: str
    stands: bool = False
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


@cache
def measures() -> Mapping[str, Measure]:
    """All measures by key, in the order in which they are shown."""
    read = read_facts("measures.toml")
    known_measures: dict[str, Measure] = {}
    for key, entry in read.items():
        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in entry.items()}
        known_measures[key] = Measure(key=key, **fields)
    return MappingProxyType(known_measures)


@dataclass(frozen=True, kw_only=True)
class NotComputed:
    """Something that norms ask for and circle15 does not compute, and why."""

    key: str
    title_zh: str
    title_en: str
    why_zh: str
    why_en: str


@cache
def not_computed() -> tuple[NotComputed, ...]:
    """What norms ask for that cannot be computed from maps and simple tables, in the order in which it is shown."""
    return tuple(NotComputed(key=key, **entry) for key, entry in read_facts("not_computed.toml").items())


@cache
def norm_books() -> Mapping[str, NormBook]:
    """The books that come with circle15, by key."""
    folder = files("circle15.catalog").joinpath("norms")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return MappingProxyType(
        {name.removesuffix(".toml"): parse_book(folder.joinpath(name).read_bytes(), file=name) for name in names}
    )


def norm_book(key: str) -> NormBook:
    """A book that comes with circle15.

    Raises
    ------
    NormError
        If there is none of that name.
    """
    if key not in norm_books():
        raise refusal("norm_unknown", error=NormError, key=key, **unknown_word(key, norm_books()))
    return norm_books()[key]


def all_rules(books: Iterable[NormBook]) -> tuple[Rule, ...]:
    """The rules of several books, in their order.

    Raises
    ------
    NormError
        If two rules have one id, or as :func:`check_rates`.
    """
    rules = tuple(rule for book in books for rule in book.rules)
    twice = [clause for clause, count in Counter(rule.clause_id for rule in rules).items() if count > 1]
    if twice:
        named = ", ".join(f"{rule.book}.toml" for rule in rules if rule.clause_id == twice[0])
        raise refusal("rule_in_two_books", error=NormError, file=named, value=twice[0])
    check_rates(rules)
    return rules


def check_rates(rules: Iterable[Rule]) -> None:
    """Refuse rates of compliance that count what they cannot.

    Raises
    ------
    NormError
        If a rule that a rate counts is not among the rules, is not judged by community, or requires nothing.
    """
    known = {rule.clause_id: rule for rule in rules}
    for rate in known.values():
        for clause in rate.of:
            where = {"file": f"{rate.book}.toml", "rate": rate.clause_id, "clause": clause}
            if clause not in known:
                shelf = [key for key, book in norm_books().items() if clause in {rule.clause_id for rule in book.rules}]
                remedy = hint("rate_shelf", book=shelf[0]) if shelf else did_you_mean(clause, known)
                raise refusal("rate_of_unknown", error=NormError, **where, hint=remedy)
            counted = known[clause]
            if counted.level != "community":
                raise refusal("rate_of_level", error=NormError, **where, level=counted.level)
            if not counted.judges:
                raise refusal("rate_of_shown", error=NormError, **where)


def all_checklists(books: Iterable[NormBook]) -> Mapping[str, tuple[str, ...]]:
    """The functions to ask for, by the name of their list; a list with empty slots is filled by another's of that name.

    A list keeps empty slots (``""``) until it has as many members as slots, and those that it had before.

    Raises
    ------
    NormError
        If two books have lists of one name with different members.
    """
    lists: dict[str, tuple[str, ...]] = {}
    for book in books:
        for name, members in book.checklists.items():
            before = lists.get(name, ())
            short, long = sorted((before, members), key=lambda names: len(list(filter(None, names))))
            open_ = "" in short or not short
            if not set(filter(None, short)) <= set(long) or (not open_ and set(short) != set(long)):
                raise refusal("checklist_differs", error=NormError, file=f"{book.key}.toml", name=name)
            given = tuple(filter(None, long))
            lists[name] = given + ("",) * (max(len(before), len(members)) - len(given))
    return MappingProxyType(lists)


def parse_book(content: bytes, *, file: str, pack_services: tuple[Service, ...] = ()) -> NormBook:
    """A book from the bytes of its file.

    Parameters
    ----------
    content
        TOML in UTF-8 with a table ``book``, tables ``source.<key>``, and an array of tables ``rule``; the books
        that come with circle15 are the model.
    file
        Its name; without ``.toml`` it is the book's key.
    pack_services
        Services that its rules may name beside the catalogue's.

    Raises
    ------
    NormError
        If it is not UTF-8 or not TOML; if a key is unknown or missing, a value of a wrong kind, a measure,
        service, people column or source unknown, a unit another than the measure's, or an id doubled. Names
        file, rule, key and value.
    """
    try:
        written = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise refusal("book_bytes", error=NormError, file=file, place=error.start) from error
    except tomllib.TOMLDecodeError as error:
        raise refusal("book_toml", error=NormError, file=file, why=error) from error
    book = checked(_BookFile, written, file=file, error=NormError, context=pack_services)
    key = file.removesuffix(".toml")
    return NormBook(
        key=key,
        title_zh=book.book.title_zh,
        title_en=book.book.title_en,
        rules=tuple(_rule(key, entry, book.source[entry.source]) for entry in book.rule),
        checklists=book.checklist,
    )


def _rule(book: str, entry: _RuleTable, source: _Titles) -> Rule:
    given = {key: value for key, value in entry.given.items() if key not in {"id", "source", "between"}}
    least, most = entry.bounds
    return Rule(
        clause_id=entry.id, book=book, source_zh=source.title_zh, source_en=source.title_en,
        **given | {"at_least": None if entry.more_than is not None else least, "at_most": most},
    )  # fmt: skip


# -- What may stand in a book ------------------------------------------------------------------------

# Outside the table, where no field bears the name of the catalogue's function.
_Measure: TypeAlias = Annotated[str, OneOf(measures)]
_Tier: TypeAlias = Annotated[str, OneOf(tiers)]
_Kind: TypeAlias = Annotated[str, OneOf(kinds)]


class _Titles(TomlTable):
    """``[book]``, and each ``[source.<key>]``."""

    title_zh: str
    title_en: str


class _RuleTable(TomlTable):
    """An entry of ``[[rule]]``; see :class:`~circle15.model.norms.Rule`."""

    noun: ClassVar[tuple[str, str]] = ("条文", "rule")

    id: str
    title_zh: str
    title_en: str
    measure: _Measure
    unit: str
    source: str
    clause: str
    year: int
    status: Status
    grade: Literal["S", "A", "B", "M+", "M", "project"]
    standing: Standing
    services: Rows[str] = ()
    tiers: Rows[_Tier] = ()
    kinds: Rows[_Kind] = ()
    standardised: bool = False
    of: Rows[str] = ()
    checklist: str = ""
    minutes: Number | None = None
    metres: Number | None = None
    open_at: str = ""
    people: str = PEOPLE[0]
    people_from: Number = 0
    people_below: Number = math.inf
    households_each: Number | None = None
    at_least: Number | None = None
    more_than: Number | None = None
    at_most: Number | None = None
    between: Rows[Number] | None = None
    level: Level = "community"
    scope: Scope = "all"
    note_zh: str = ""
    note_en: str = ""

    @property
    def title(self) -> tuple[str, str]:
        """What it is called in messages, in Chinese and in English."""
        return f"{self.noun[0]} {self.id!r}", f"{self.noun[1]} {self.id!r}"

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The least and the most that are required."""
        if self.between is not None:
            return self.between[0], self.between[-1]
        return (self.at_least if self.more_than is None else self.more_than), self.at_most

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        _check_words(self)
        _check_parameters(self, measures()[self.measure])
        _check_numbers(self)
        _check_bounds(self)
        return self


class _BookFile(TomlTable):
    """A whole book."""

    book: _Titles
    source: Mapping[str, _Titles]
    rule: Rows[_RuleTable] = ()
    checklist: Mapping[str, Rows[str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _goes_together(self, info: ValidationInfo) -> Self:
        if not self.rule:
            raise fault("book_no_rules")
        known_services = services(info.context or ())
        for rule in self.rule:
            for word in rule.services:
                if word not in known_services:
                    words = unknown_word(word, known_services)
                    raise fault("key_choice", table=rule.title, key="services", value=word, **words)
            for key, word, known in (
                ("source", rule.source, self.source),
                ("checklist", rule.checklist, self.checklist),
            ):
                if key in rule.given and word not in known:
                    raise fault("key_choice", table=rule.title, key=key, value=word, **unknown_word(word, known))
        twice = [clause for clause, count in Counter(rule.id for rule in self.rule).items() if count > 1]
        if twice:
            raise fault("rule_twice", value=twice[0])
        return self


def _check_words(rule: _RuleTable) -> None:
    if "open_at" in rule.given and not _MOMENT.fullmatch(rule.open_at.strip()):
        raise fault("rule_moment", value=rule.open_at)
    if rule.people not in PEOPLE and not AGE_GROUP.fullmatch(rule.people):
        raise fault("rule_people", value=rule.people)
    if not rule.clause.strip():
        raise fault("rule_clause")


def _check_parameters(rule: _RuleTable, measure: Measure) -> None:
    """A measure gets what it needs, and nothing that it would not use."""
    if rule.unit != measure.unit:
        raise fault("rule_unit", value=rule.unit, measure=measure.key, unit=measure.unit)
    for key in measure.needs:
        if not getattr(rule, key):
            raise fault("rule_needs", key=key, measure=measure.key)
    usable = (*measure.needs, *measure.takes)
    for key in _PARAMETERS:
        if key in rule.given and key not in usable:
            takes = (", ".join(usable) or "没有参数", ", ".join(usable) or "no parameters")
            raise fault("rule_unused", key=key, measure=measure.key, takes=takes)
    for key in rule.kinds:
        if kinds()[key].service not in rule.services:
            raise fault("rule_kind", value=key, service=kinds()[key].service)
    if rule.level not in measure.levels:
        raise fault("rule_level", measure=measure.key, value=rule.level, levels=", ".join(measure.levels))
    if measure.stands and rule.tiers and set(rule.tiers) <= _wider_tiers(rule.level):
        named = [tiers()[key] for key in rule.tiers]
        serving = "、".join(tier.title_zh for tier in named), ", ".join(tier.title_en for tier in named)
        raise fault("rule_tier_level", value=rule.level, tiers=serving)


def _wider_tiers(level: Level) -> set[str]:
    """Tiers that serve more than one unit of a level: no unit has one of its own."""
    order = list(tiers())
    return set(order[: order.index(level)])


def _check_numbers(rule: _RuleTable) -> None:
    """Parameters that are numbers lie where they mean something: nothing is reached within -5 minutes."""
    for key, most in _MOST.items():
        if key in rule.given and not 0 < getattr(rule, key) <= most:
            raise fault("rule_number", key=key, value=getattr(rule, key), most=f"{most:,}")
    if not 0 <= rule.people_from < rule.people_below:
        raise fault("rule_sizes", least=rule.people_from, below=rule.people_below)


def _check_bounds(rule: _RuleTable) -> None:
    pair = rule.between
    given = {"at_least", "more_than", "at_most"} & set(rule.given)
    if pair is not None and (len(pair) != 2 or pair[0] > pair[1] or given):
        raise fault("rule_between", value=list(pair))
    if {"at_least", "more_than"} <= given:
        raise fault("rule_two_floors", least=rule.at_least, more=rule.more_than)
    low, high = rule.bounds
    if low is not None and high is not None and (low > high or (low == high and rule.more_than is not None)):
        raise fault("rule_excludes", low=f"{low:g}", high=f"{high:g}")
    required = [value for value in rule.bounds if value is not None]
    for value in required:
        if not (math.isfinite(value) and value >= 0):
            raise fault("rule_threshold", value=value)
    if rule.unit == "%" and required and max(required) > 100:
        raise fault("rule_percent", value=f"{max(required):g}")
