"""What would help most in words: where each action is, what it does, whom it serves; and the city in two sentences."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from circle15.catalog.phrases.parts import (
    listed,
    moment_text,
    names_in,
    percent_text,
    rough_people_text,
    service_noun,
)
from circle15.catalog.service import services as known_services
from circle15.catalog.words import text
from circle15.model.actions import Actions, Needs
from circle15.model.places import Communities
from circle15.model.service import Service

__all__ = [
    "action_notes",
    "action_places",
    "action_sentences",
    "action_titles",
    "headline",
    "lacking_most",
    "money_text",
]

_GAINS = MappingProxyType({"service": "action_gain", "site": "action_gain", "seats": "action_gain_seats"})
"""What is said of whom an action serves, by kind, where that does not name the services."""
_MANY = 3
"""The headline says how many lack at least so many services."""


def action_places(actions: Actions, communities: Communities, language: str) -> pd.Series:
    """Where each action is, by street and community, on ``action_id``.

    Parameters
    ----------
    actions
        From :func:`circle15.planning.actions.ranked_actions`.
    communities
        For names.
    language
        ``"zh"`` or ``"en"``.
    """
    names = names_in(language, communities.frame)
    places = [_place(row, names, language) for row in actions.frame.to_dict("records")]
    return pd.Series(places, index=actions.frame.index, dtype=object)


def _place(row: Mapping[Hashable, Any], names: pd.Series, language: str) -> str:
    street = row["street"] or row["to_street"]
    if row["street"] and row["to_street"] and row["street"] != row["to_street"]:
        street = text("action_between", language, street=row["street"], to=row["to_street"])
    community = str(names.loc[row["community_id"]]) if row["community_id"] else ""
    if street and community:
        return text("action_street_in", language, community=community, street=street)
    return street or community or text("action_on_map", language)


def action_sentences(
    actions: Actions, communities: Communities, language: str, *, pack_services: tuple[Service, ...] = ()
) -> pd.Series:
    """What each action is, whom it serves alone and, if fewer, after the steps before it, on ``action_id``.

    People are in tens.

    Parameters
    ----------
    actions, communities, language
        As in :func:`action_places`.
    pack_services
        Those of the city, beside the catalogue's.
    """
    titles, notes = (
        action_titles(actions, communities, language, pack_services=pack_services),
        action_notes(actions, language),
    )
    sentences = []
    for title, note, row in zip(titles, notes, actions.frame.to_dict("records"), strict=True):
        sentence = _gain(actions, row, title, language, pack_services)
        if row["same_people"]:
            sentence += text("action_same", language, other=actions.frame.index.get_loc(row["same_people"]) + 1)
        elif (added := rough_people_text(row["added"], language)) != rough_people_text(row["gain"], language):
            sentence += text("action_after", language, step=row["step"], people=added)
        if note:
            sentence += f"{note}。" if language == "zh" else f" {note[0].upper()}{note[1:]}."
        sentences.append(sentence)
    return pd.Series(sentences, index=actions.frame.index, dtype=object)


def action_titles(
    actions: Actions, communities: Communities, language: str, *, pack_services: tuple[Service, ...] = ()
) -> pd.Series:
    """What is done where, without people, on ``action_id``; parameters as of ``action_sentences``."""
    moment = "" if actions.open_at is None else moment_text(actions.open_at, language)
    titles = [
        text(
            "action_site_named" if row["kind"] == "site" and row["name"] else f"action_{row['kind']}",
            language,
            place=place,
            name=row["name_en"] if language == "en" and row["name_en"] else row["name"],
            services=_nouns(row, language, pack_services),
            moment=moment,
            units=_units(row, language),
        )
        for place, row in zip(
            action_places(actions, communities, language), actions.frame.to_dict("records"), strict=True
        )
    ]
    return pd.Series(titles, index=actions.frame.index, dtype=object)


def _units(row: Mapping[Hashable, Any], language: str) -> str:
    """How many units of capacity more; nothing of other kinds."""
    if not row["unit"]:
        return ""
    return text(f"action_units_{row['unit']}", language, count=int(row["units"]))


def action_notes(actions: Actions, language: str) -> pd.Series:
    """How sure each action is and what it costs, as far as that is known, on ``action_id``; else nothing."""
    notes = []
    for row in actions.frame.to_dict("records"):
        parts = []
        if not np.isnan(row["certainty"]):
            parts.append(text("action_certainty", language, percent=percent_text(100 * row["certainty"])))
        if not np.isnan(row["cost"]):
            parts.append(text("action_cost", language, cost=money_text(row["cost"], actions.currency, language)))
        notes.append(("，" if language == "zh" else ", ").join(parts))
    return pd.Series(notes, index=actions.frame.index, dtype=object)


def money_text(amount: float, currency: str, language: str) -> str:
    """An amount as people write it: in ten thousands of yuan in Chinese."""
    if language == "zh" and currency == "CNY":
        return f"{amount / 10_000:,.4g}万元" if amount >= 10_000 else f"{amount:,.0f}元"
    return f"{amount:,.0f} {currency}" if language == "zh" else f"{currency} {amount:,.0f}"


def _nouns(row: Mapping[Hashable, Any], language: str, pack_services: tuple[Service, ...]) -> str:
    known = known_services(pack_services)
    return listed([_noun(known[key], language) for key in row["services"]], language)


def _gain(
    actions: Actions, row: Mapping[Hashable, Any], title: str, language: str, pack_services: tuple[Service, ...]
) -> str:
    """What an action is, and whom it serves alone."""
    return text(
        _GAINS.get(row["kind"], "action_gain_services"),
        language,
        what=title,
        people=rough_people_text(row["gain"], language),
        cutoff=f"{actions.cutoff_min:g}",
        services=_nouns(row, language, pack_services),
    )


def headline(
    actions: Actions, communities: Communities, language: str, *, pack_services: tuple[Service, ...] = ()
) -> list[str]:
    """How many people lack how much, where and what; and the action that helps most. Nothing where nothing is known.

    Parameters
    ----------
    actions, communities, language, pack_services
        As in :func:`action_sentences`.
    """
    needs = actions.needs
    if not len(needs) or not len(needs.by_service):
        return []
    if not needs.lacking(1) > 0:
        return [text("headline_nobody", language, cutoff=f"{actions.cutoff_min:g}")]
    where, service = lacking_most(actions, communities, language, pack_services=pack_services)
    lack = text(
        "headline_lack_three" if needs.lacking(_MANY) > 0 else "headline_lack",
        language,
        elders=rough_people_text(float(needs.frame["elders"].sum()), language),
        one=rough_people_text(needs.lacking(1), language),
        percent=percent_text(100 * needs.lacking(1) / float(needs.frame["elders"].sum())),
        three=rough_people_text(needs.lacking(_MANY), language),
        cutoff=f"{actions.cutoff_min:g}",
        where=where,
        service=service,
    )
    first = action_sentences(actions, communities, language, pack_services=pack_services).head(1)
    return [lack, *(text("headline_first", language, action=sentence) for sentence in first)]


def lacking_most(
    actions: Actions, communities: Communities, language: str, *, pack_services: tuple[Service, ...] = ()
) -> tuple[str, str]:
    """Where most people lack a service, and which service most people lack; parameters as of ``headline``."""
    service = known_services(pack_services)[str(actions.needs.by_service.idxmax())]
    return _where(actions.needs, communities, language), _noun(service, language)


def _noun(service: Service, language: str) -> str:
    return service_noun(service, language, None)


def _where(needs: Needs, communities: Communities, language: str) -> str:
    """The subdistrict with most people who lack a service, the community where none is named; of equals the first."""
    named = communities.subdistricts.reindex(needs.frame.index)
    if (named != "").all():
        where = str(needs.frame["lack_1"].groupby(named.to_numpy()).sum().idxmax())
        return str(communities.subdistricts_en.get(where, where)) if language == "en" else where
    return str(names_in(language, communities.frame).loc[str(needs.frame["lack_1"].idxmax())])
