"""Numbers and codes as people are told of them: sentences of results, Chinese and English."""

from __future__ import annotations

import pandas as pd

from circle15.catalog.service import Service
from circle15.catalog.words import text
from circle15.model.limits import FEWEST
from circle15.model.moment import Moment
from circle15.model.places import Communities

__all__ = ["moment_text", "names_by_language", "people_text", "percent_text", "service_noun"]


def names_by_language(communities: Communities) -> dict[str, pd.Series]:
    """Names by language; the name itself where there is no English one."""
    zh = communities.frame["name"].astype(str)
    if "name_en" not in communities.frame:
        return {"zh": zh, "en": zh}
    given = communities.frame["name_en"]
    return {"zh": zh, "en": given.where(given.notna() & given.ne(""), zh).astype(str)}


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
