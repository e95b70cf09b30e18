"""What the ledger says to people: verdicts, units, and what to supply, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import column_title
from circle15.catalog.norm_books import measures
from circle15.catalog.service import services
from circle15.catalog.words import text
from circle15.model.norms import Mark, Rule
from circle15.model.places import AGE_GROUP, PEOPLE
from circle15.model.service import Service

__all__ = ["checklist_title", "lacks_words", "mark_words", "standing_words", "unit_words", "verdict_words"]


def lacks_words(lacks: str, language: str, *, pack_services: tuple[Service, ...] = ()) -> str:
    """What to supply, from the ``lacks`` of a ledger's row: one sentence for each thing; empty where nothing lacks.

    Examples
    --------
    >>> lacks_words("facilities: day_care, households", "zh")
    '提供“日间照料中心”的设施清单；在社区表中填写“户数”（households）'
    """
    joint = "；" if language == "zh" else "; "
    return joint.join(_one(word, language, pack_services) for word in lacks.split(", ") if word)


def _one(word: str, language: str, pack_services: tuple[Service, ...]) -> str:
    title = "title_zh" if language == "zh" else "title_en"
    if word.startswith("facilities: "):
        service = services(pack_services)[word.removeprefix("facilities: ")]
        return text("lacks_list", language, service=getattr(service, title))
    if word.startswith("facilities."):
        return text("lacks_facility_column", language, column=_column(word.removeprefix("facilities."), language))
    if word.startswith("checklist: "):
        return text("lacks_checklist", language, name=checklist_title(word.removeprefix("checklist: "), language))
    if word.startswith("measure: "):
        return text("lacks_measure", language, measure=getattr(measures()[word.removeprefix("measure: ")], title))
    if word in _PHRASES:
        return text(_PHRASES[word], language)
    people = word in PEOPLE or AGE_GROUP.fullmatch(word)
    return text("lacks_people_column" if people else "lacks_column", language, column=_column(word, language))


def checklist_title(name: str, language: str) -> str:
    """What a checklist of a book is called, with the name that fills it; that alone of a planner's own list.

    Examples
    --------
    >>> checklist_title("six-in-one", "zh"), checklist_title("mine", "en")
    ('“六位一体”综合治理办公室的职能（six-in-one）', 'mine')
    """
    titles = _checklists().get(name)
    if titles is None:
        return name
    return f"{titles['title_zh']}（{name}）" if language == "zh" else f"{titles['title_en']} ({name})"


@cache
def _checklists() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType(read_facts("checklists.toml"))


def _column(name: str, language: str) -> str:
    """A column by its name, in Chinese with its usual header."""
    return f"“{column_title(name)}”（{name}）" if language == "zh" else name


_PHRASES = {
    "facilities in the community": "lacks_facility_there",
    "facilities in reach": "lacks_facility_in_reach",
    "people": "lacks_people",
    "residential": "lacks_residential",
}


def verdict_words(verdict: str, language: str, *, mark: Mark = "") -> str:
    """A verdict in words, with the mark of its rule where it judges.

    Examples
    --------
    >>> verdict_words("fail", "en"), verdict_words("pass", "zh", mark="indicative")
    ('fails', '达标（参考）')
    >>> verdict_words("fail", "zh", mark="project")
    '不达标（约定）'
    """
    words = text(f"verdict_{verdict}", language)
    if not mark or verdict in {"undetermined", "hidden"}:
        return words
    return text(f"verdict_{mark}", language, verdict=words)


def mark_words(mark: Mark, language: str) -> str:
    """The mark of a rule in words, ``""`` where there is none.

    Examples
    --------
    >>> mark_words("project", "zh"), mark_words("indicative", "en"), mark_words("", "zh")
    ('约定', 'indicative', '')
    """
    return text(f"mark_{mark}", language) if mark else ""


def standing_words(rule: Rule, language: str) -> str:
    """What a rule's requirement rests on, in words."""
    return text(f"standing_{'quoted' if rule.mark == 'indicative' else rule.standing}", language)


def unit_words(unit: str, language: str) -> str:
    """A measure's unit in words.

    Examples
    --------
    >>> unit_words("m2/100hh", "zh"), unit_words("%", "en")
    ('平方米/百户', '%')
    """
    return text(f"unit_{_UNITS[unit]}", language) if unit in _UNITS else unit


_UNITS = {
    "m2/100hh": "density", "m2": "m2", "people": "people", "hh": "households", "sites": "sites", "h": "hours",
    "organisations": "organisations", "grids": "grids", "yes": "yes", "items": "items", "yuan": "yuan",
    "places": "places", "places/1000": "places_1000",
}  # fmt: skip
