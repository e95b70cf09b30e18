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
from typing import Any, get_args

from circle15.catalog.facts import read_facts
from circle15.catalog.service import services
from circle15.catalog.spelling import did_you_mean
from circle15.catalog.tier import tiers
from circle15.errors import NormError
from circle15.model.norms import Level, NormBook, Rule, Scope, Status
from circle15.model.places import AGE_GROUP, PEOPLE

__all__ = [
    "Measure", "NotComputed", "all_checklists", "all_rules", "check_rates", "measures", "norm_book", "norm_books",
    "not_computed", "parse_book",
]  # fmt: skip

_GRADES = ("S", "A", "B", "M+", "M", "project")
_BOOK = ("title_zh", "title_en")
_NEEDED = ("id", "title_zh", "title_en", "measure", "unit", "source", "clause", "year", "status", "grade", "verified")
_PARAMETERS = (
    "services", "tiers", "standardised", "of", "checklist", "minutes", "metres", "open_at", "people", "people_from",
    "people_below", "households_each",
)  # fmt: skip
_OTHERS = ("at_least", "at_most", "between", "level", "scope", "note_zh", "note_en")
_KINDS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "title_zh", "title_en", "measure", "unit", "source", "clause", "status", "grade"), (str,)),
    **dict.fromkeys(("checklist", "open_at", "people", "level", "scope", "note_zh", "note_en"), (str,)),
    **dict.fromkeys(("minutes", "metres", "people_from", "people_below", "households_each"), (int, float)),
    **dict.fromkeys(("at_least", "at_most"), (int, float)),
    **dict.fromkeys(("services", "tiers", "of", "between"), (list,)),
    **dict.fromkeys(("standardised", "verified"), (bool,)),
    "year": (int,),
}
_MOMENT = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")
_WORDS = {str: "text in quotes", int: "a number", list: "a list", bool: "true or false"}


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a clause can measure; see ``measures.toml`` for the meaning of its fields."""

    key: str
    title_zh: str
    title_en: str
    unit: str
    levels: tuple[str, ...]
    better: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


@cache
def measures() -> Mapping[str, Measure]:
    """All measures by key, in the order in which they are shown."""
    read = read_facts("measures.toml")
    found: dict[str, Measure] = {}
    for key, entry in read.items():
        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in entry.items()}
        found[key] = Measure(key=key, **fields)
    return MappingProxyType(found)


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
        raise NormError(
            f"there is no book of norms {key!r}{did_you_mean(key, norm_books())[1]} (known: {', '.join(norm_books())})"
        )
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
        raise NormError(f"rule {twice[0]!r} stands twice ({named}); give each rule an id of its own")
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
        where = f"{rate.book}.toml, rule {rate.clause_id!r}: of"
        for clause in rate.of:
            if clause not in known:
                shelf = [key for key, book in norm_books().items() if clause in {rule.clause_id for rule in book.rules}]
                meant = did_you_mean(clause, known)[1]
                remedy = f"; it stands in {shelf[0]!r}: add that book to norms" if shelf else meant
                raise NormError(f"{where} names {clause!r}, which is in none of the chosen books{remedy}")
            counted = known[clause]
            if counted.level != "community" or not counted.judges:
                raise NormError(
                    f"{where} names {clause!r}, which "
                    + ("requires nothing" if counted.level == "community" else f"is judged by {counted.level}")
                    + "; a rate counts rules that are judged by community and require something"
                )


def all_checklists(books: Iterable[NormBook]) -> Mapping[str, tuple[str, ...]]:
    """The functions to ask for, by the name of their list; a book's empty list is filled by another's of that name.

    Raises
    ------
    NormError
        If two books have lists of one name with different members.
    """
    found: dict[str, tuple[str, ...]] = {}
    for book in books:
        for name, members in book.checklists.items():
            before = found.get(name, ())
            if before and members and set(before) != set(members):
                raise NormError(f"{book.key}.toml: [checklist] {name} has other members than in another chosen book")
            found[name] = before or members
    return MappingProxyType(found)


def parse_book(content: bytes, *, file: str) -> NormBook:
    """A book from the bytes of its file.

    Parameters
    ----------
    content
        TOML in UTF-8 with a table ``book``, tables ``source.<key>``, and an array of tables ``rule``; the books
        that come with circle15 are the model.
    file
        Its name; without ``.toml`` it is the book's key.

    Raises
    ------
    NormError
        If it is not UTF-8 or not TOML; if a key is unknown or missing, a value of a wrong kind, a measure,
        service, people column or source unknown, a unit another than the measure's, or an id doubled. Names
        file, rule, key and value.
    """
    try:
        read = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NormError(f"{file}: not in UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise NormError(f"{file}: not a TOML file: {error}") from error
    _known(file, "the top level", read, ("book", "source", "rule", "checklist"))
    head = _table(file, read, "book")
    _known(file, "[book]", head, _BOOK)
    for name in _BOOK:
        if not isinstance(head.get(name), str):
            raise NormError(f"{file}: [book] {name} = {head.get(name)!r}: give text in quotes")
    sources = _table(file, read, "source")
    for name, source in sources.items():
        for title in _BOOK:
            if not (isinstance(source, dict) and isinstance(source.get(title), str)):
                raise NormError(f"{file}: [source.{name}] needs {title}, text in quotes")
    checklists = {
        name: tuple(map(str, _kind(file, "[checklist]", name, members, (list,))))
        for name, members in read.get("checklist", {}).items()
    }
    entries = read.get("rule", [])
    if not (isinstance(entries, list) and entries and all(isinstance(entry, dict) for entry in entries)):
        raise NormError(f"{file}: it has no rules; write each under [[rule]]")
    key = file.removesuffix(".toml")
    rules = tuple(_rule(file, key, entry, sources, checklists) for entry in entries)
    book = NormBook(
        key=key, title_zh=head["title_zh"], title_en=head["title_en"], rules=rules,
        checklists=MappingProxyType(checklists),
    )  # fmt: skip
    twice = [clause for clause, count in Counter(rule.clause_id for rule in rules).items() if count > 1]
    if twice:
        raise NormError(f"{file}: rule id = {twice[0]!r} stands twice; give each rule an id of its own")
    return book


def _rule(
    file: str, book: str, entry: Mapping[str, Any], sources: Mapping[str, Any], checklists: Mapping[str, Any]
) -> Rule:
    where = f"rule {entry.get('id', '(without id)')!r}"
    _known(file, where, entry, (*_NEEDED, *_PARAMETERS, *_OTHERS))
    for name in _NEEDED:
        if name not in entry:
            raise NormError(f"{file}: {where}: {name} is missing")
    for name, value in entry.items():
        _kind(file, where, name, value, _KINDS[name])
    measure = _one_of(file, where, "measure", entry["measure"], measures())
    _check_words(file, where, entry, sources, checklists)
    kind = measures()[measure]
    if entry["unit"] != kind.unit:
        raise NormError(f"{file}: {where}: unit = {entry['unit']!r}, but {measure} is measured in {kind.unit!r}")
    _check_parameters(file, where, entry, kind)
    least, most = _bounds(file, where, entry)
    source = sources[entry["source"]]
    names = (*_NEEDED, *_PARAMETERS, "level", "scope", "note_zh", "note_en")
    given: dict[str, Any] = {name: entry[name] for name in names if name in entry and name not in {"id", "source"}}
    given |= {name: tuple(given[name]) for name in ("services", "tiers", "of") if name in given}
    return Rule(
        clause_id=entry["id"], book=book, source_zh=source["title_zh"], source_en=source["title_en"],
        at_least=least, at_most=most, **given,
    )  # fmt: skip


def _check_words(
    file: str, where: str, entry: Mapping[str, Any], sources: Mapping[str, Any], checklists: Mapping[str, Any]
) -> None:
    _one_of(file, where, "source", entry["source"], sources)
    _one_of(file, where, "status", entry["status"], get_args(Status))
    _one_of(file, where, "grade", entry["grade"], _GRADES)
    _one_of(file, where, "level", entry.get("level", "community"), get_args(Level))
    _one_of(file, where, "scope", entry.get("scope", "all"), get_args(Scope))
    for service in entry.get("services", []):
        _one_of(file, where, "services", service, services())
    if "checklist" in entry:
        _one_of(file, where, "checklist", entry["checklist"], checklists)
    if "open_at" in entry and not _MOMENT.fullmatch(entry["open_at"].strip()):
        raise NormError(f"{file}: {where}: open_at = {entry['open_at']!r}: give a time, such as 12:00")
    for tier in entry.get("tiers", []):
        _one_of(file, where, "tiers", tier, tiers())
    people = entry.get("people", PEOPLE[0])
    if people not in PEOPLE and not AGE_GROUP.fullmatch(people):
        raise NormError(f"{file}: {where}: people = {people!r}: give population or an age group such as pop_80plus")
    if not entry["clause"].strip():
        raise NormError(f"{file}: {where}: clause is empty; cite the clause, or say that it is not known")


def _check_parameters(file: str, where: str, entry: Mapping[str, Any], measure: Measure) -> None:
    """A measure gets what it needs, and nothing that it would not use."""
    for name in measure.needs:
        if not entry.get(name):
            raise NormError(f"{file}: {where}: measure {measure.key} needs {name}")
    for name in _PARAMETERS:
        if name in entry and name not in (*measure.needs, *measure.takes):
            allowed = ", ".join((*measure.needs, *measure.takes)) or "no parameters"
            raise NormError(f"{file}: {where}: measure {measure.key} does not use {name} (it takes {allowed})")
    _check_numbers(file, where, entry)
    level = entry.get("level", "community")
    if level not in measure.levels:
        raise NormError(
            f"{file}: {where}: measure {measure.key} is not judged by {level}; use {', '.join(measure.levels)}"
        )


def _check_numbers(file: str, where: str, entry: Mapping[str, Any]) -> None:
    """Parameters that are numbers lie where they mean something: nothing is reached within -5 minutes."""
    for name, most in (("minutes", 120), ("metres", 100_000), ("households_each", 100_000)):
        if name in entry and not 0 < entry[name] <= most:
            raise NormError(f"{file}: {where}: {name} = {entry[name]!r}: give a number above 0 and up to {most:,}")
    least, below = entry.get("people_from", 0), entry.get("people_below", math.inf)
    if not 0 <= least < below:
        raise NormError(
            f"{file}: {where}: people_from = {least!r}, people_below = {below!r}: no community is of that size; give "
            "rising numbers, zero or more"
        )


def _bounds(file: str, where: str, entry: Mapping[str, Any]) -> tuple[float | None, float | None]:
    least, most = entry.get("at_least"), entry.get("at_most")
    if "between" in entry:
        pair = entry["between"]
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in pair)
        if len(pair) != 2 or not numbers or pair[0] > pair[1] or least is not None or most is not None:
            raise NormError(f"{file}: {where}: between = {pair!r}: give two rising numbers, and no at_least or at_most")
        least, most = pair
    for value in (least, most):
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise NormError(f"{file}: {where}: {value!r} is no threshold; give a number, zero or more")
    if entry["unit"] == "%" and max(least or 0, most or 0) > 100:
        raise NormError(f"{file}: {where}: {max(least or 0, most or 0):g} % is more than everything; give 0 to 100")
    return least, most


def _known(file: str, where: str, table: Mapping[str, Any], keys: Iterable[str]) -> None:
    for name in table:
        if name not in set(keys):
            raise NormError(f"{file}: unknown key {name!r} in {where}{did_you_mean(name, keys)[1]}")


def _kind(file: str, where: str, name: str, value: Any, kinds: tuple[type, ...]) -> Any:
    # bool is an int to Python, and no number to people.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise NormError(f"{file}: {where}: {name} = {value!r}: give {_WORDS[kinds[0]]}")
    return value


def _one_of(file: str, where: str, name: str, value: str, known: Iterable[str]) -> str:
    words = list(known)
    if value not in words:
        raise NormError(
            f"{file}: {where}: {name} = {value!r}{did_you_mean(str(value), words)[1]} (known: {', '.join(words)})"
        )
    return value


def _table(file: str, read: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = read.get(name)
    if not isinstance(table, dict):
        raise NormError(f"{file}: the table [{name}] is missing")
    return table
