"""Plans in words: whom a plan serves, what is proven of it, whom nothing helps, and what one facility more brings."""

from __future__ import annotations

import pandas as pd

from circle15.catalog.phrases.actions import action_sentences, money_text
from circle15.catalog.phrases.parts import listed, names_in, percent_text, rough_people_text
from circle15.catalog.service import services as known_services
from circle15.catalog.words import text
from circle15.model.places import Communities
from circle15.model.plans import Plan
from circle15.model.population import PERSON_PARTS
from circle15.model.service import Service

__all__ = ["frontier_sentences", "plan_sentences"]


def plan_sentences(
    plan: Plan, communities: Communities, language: str, *, pack_services: tuple[Service, ...] = ()
) -> list[str]:
    """Whom a plan serves, what is proven of it and whom no candidate helps; then its facilities in order of building.

    Parameters
    ----------
    plan
        From :func:`circle15.study.siting.site`.
    communities
        For names.
    language
        ``"zh"`` or ``"en"``.
    pack_services
        Those of the city, beside the catalogue's.
    """
    service = known_services(pack_services)[plan.service]
    title, cutoff = service.title_zh if language == "zh" else service.title_en, f"{plan.cutoff_min:g}"
    if not plan.lacking > 0 and not len(plan.closes):
        return [text("siting_nobody", language, service=title, cutoff=cutoff)]
    said = [_closes(plan, title, language)] if len(plan.closes) else []
    if plan.lacking > 0 and (len(plan) or not said):
        served = text(
            "siting_served",
            language,
            service=title,
            cutoff=cutoff,
            lacking=rough_people_text(plan.lacking, language),
            served=rough_people_text(plan.served, language),
            percent=percent_text(100 * plan.served / plan.lacking),
            count=len(plan),
        )
        said.append(served)
    said.append(_proven(plan, language))
    if plan.certificate.stopped:
        said.append(text("siting_stopped", language))
    if plan.out_of_reach.sum() > 0:
        worst = str(names_in(language, communities.frame).loc[str(plan.out_of_reach.idxmax())])
        people = rough_people_text(float(plan.out_of_reach.sum()), language)
        said.append(text("siting_out_of_reach", language, people=people, community=worst))
    sentences = action_sentences(plan.actions, communities, language, pack_services=pack_services)
    return [*said, *(f"{number}. {sentence}" for number, sentence in enumerate(sentences, 1))]


def _closes(plan: Plan, title: str, language: str) -> str:
    """What closes, and whom that leaves without."""
    names = [
        text(
            "siting_closes_name",
            language,
            name=row["name_en"] if language == "en" and row["name_en"] else row["name"],
            lost=rough_people_text(row["lost"], language),
        )
        for row in plan.closes.to_dict("records")
    ]
    lost = rough_people_text(plan.lost, language)
    return text("siting_closes", language, service=title, count=len(names), names=listed(names, language), lost=lost)


def _proven(plan: Plan, language: str) -> str:
    """What the certificate says, without the word for best where that is not proven."""
    found, tried = plan.certificate, int(plan.tried.sum())
    if found.optimal:
        return text(f"siting_proven_{plan.unit}", language, tried=f"{tried:,}")
    bound = f"{found.bound:,}"
    if plan.unit == "people":
        bound = rough_people_text(found.bound / PERSON_PARTS, language)
    if plan.unit == "cost":
        bound = money_text(found.bound, plan.actions.currency, language)
    return text(f"siting_gap_{plan.unit}", language, tried=f"{tried:,}", bound=bound, gap=f"{100 * found.gap:.2g}")


def frontier_sentences(frontier: pd.DataFrame, language: str) -> list[str]:
    """What each number of facilities serves at best; parameters are what ``circle15.study.siting.frontier`` returns."""
    said = []
    for number, row in zip(frontier.index, frontier.to_dict("records"), strict=True):
        served, at_most, nested = (rough_people_text(row[key], language) for key in ("served", "at_most", "nested"))
        key = "siting_frontier_proven" if row["optimal"] else "siting_frontier_gap"
        line = text(key, language, number=number, served=served, at_most=at_most)
        if nested != served:
            line += text("siting_frontier_nested", language, number=number, nested=nested)
        said.append(line + ("。" if language == "zh" else "."))
    return said
