"""Parts of sentences, Chinese and English: names, people, percent, moments and what is walked to."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from circle15.catalog.words import text
from circle15.model.limits import FEWEST
from circle15.model.moment import Moment
from circle15.model.service import Service

__all__ = [
    "listed", "moment_text", "names_in", "people_text", "people_words", "percent_text", "rough_people_text",
    "service_noun",
]  # fmt: skip


def listed(words: Iterable[str], language: str) -> str:
    """Members of a list in a sentence.

    Examples
    --------
    >>> listed(["水面", "铁路"], "zh"), listed(["water", "railway"], "en")
    ('水面、铁路', 'water, railway')
    """
    return ("、" if language == "zh" else ", ").join(words)


def names_in(language: str, frame: pd.DataFrame) -> pd.Series:
    """Names of communities in a language, from ``name`` and ``name_en``; the name itself where there is no English one.

    Examples
    --------
    >>> names_in("en", pd.DataFrame({"name": ["甲", "乙"], "name_en": ["A", ""]})).tolist()
    ['A', '乙']
    """
    names = frame["name"].astype(str)
    if language == "zh" or "name_en" not in frame:
        return names
    given = frame["name_en"]
    return given.where(given.notna() & given.ne(""), names).astype(str)


def people_text(count: float, language: str) -> str:
    """A count of people for print: whole, and never an exact small one.

    Examples
    --------
    >>> people_text(1234.4, "en"), people_text(3, "en"), people_text(0, "en")
    ('1,234', 'fewer than 10', '0')
    """
    whole = round(count)
    if 0 < count < FEWEST:
        return text("gaps_few_people", language, limit=FEWEST)
    return f"{whole:,}"


def people_words(count: float) -> tuple[str, str]:
    """A count of people in tens for print in both languages, Chinese first, as findings and refusals take it."""
    return rough_people_text(count, "zh"), rough_people_text(count, "en")


def rough_people_text(count: float, language: str) -> str:
    """A count of people in tens, for figures beside others that a few people could be subtracted from.

    Examples
    --------
    >>> rough_people_text(1234.4, "en"), rough_people_text(3, "en"), rough_people_text(0, "en")
    ('about 1,230', 'fewer than 10', '0')
    """
    if count < FEWEST:
        return people_text(count, language)
    return text("people_rough", language, people=f"{math.floor(count / FEWEST + 0.5) * FEWEST:,}")


def service_noun(service: Service, language: str, open_at: Moment | None) -> str:
    """What people walk to: ``a meal point``, ``a meal point open at We 11:30``."""
    noun = service.title_zh if language == "zh" else service.noun_en
    if open_at is None:
        return noun
    return text("gaps_open_service", language, service=noun, moment=moment_text(open_at, language))


def moment_text(when: Moment, language: str) -> str:
    """A moment of the week in a language."""
    return when.zh if language == "zh" else when.en


def percent_text(value: float) -> str:
    """Whole percent, but never 0 or 100 for what is neither."""
    whole = round(value)
    if whole == 0 and value > 0:
        return "<1"
    if whole == 100 and value < 100:
        return ">99"
    return str(whole)
