"""A whole report: its cover and its sections in their order, numbered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from circle15._version import __version__
from circle15.model import Analysis
from circle15.render.report.blocks import Block, Heading, Picture, Report, Table, Words, clean, say
from circle15.render.report.facts import Facts, about
from circle15.render.report.section_access import coverage, gaps
from circle15.render.report.section_actions import actions
from circle15.render.report.section_causes import causes
from circle15.render.report.section_certainty import certainty
from circle15.render.report.section_clauses import clauses
from circle15.render.report.section_closing import cards, glossary, limits, quality
from circle15.render.report.section_needs import needs
from circle15.render.report.section_scenario import scenario
from circle15.render.report.section_seats import seats
from circle15.render.report.section_spread import spread, types
from circle15.render.report.section_summary import method, summary, verdict
from circle15.render.tables.frames import synthetic_layers

__all__ = ["report_of"]

_SECTIONS = (
    summary, scenario, method, coverage, gaps, seats, clauses, causes, actions, certainty, spread, needs, types,
    quality, limits,
)  # fmt: skip
_APPENDICES = (cards, glossary)


def report_of(facts: Facts) -> Report:
    """Put a report together.

    Parameters
    ----------
    facts
        The analysis, its counts as they may be told, and which figures there are.

    Returns
    -------
    Report
        Headings, tables and figures carry their numbers.
    """
    analysis = facts.analysis
    city = (clean(analysis.city.title_zh), clean(analysis.city.title_en))
    blocks = [block for section in _SECTIONS for block in section(facts)]
    closing = [block for section in _APPENDICES for block in section(facts)]
    return Report(
        title=say("title", city=city),
        subtitle=say("subtitle", minutes=f"{analysis.settings.circle_min:g}"),
        verdict=tuple(verdict(facts)),
        cover=_cover(facts),
        banner=_banner(analysis),
        mark=say("synthetic_mark") if synthetic_layers(analysis.city) else None,
        terms=say("terms"),
        blocks=tuple(_numbered(blocks, closing)),
    )


def _banner(analysis: Analysis) -> Words | None:
    made = synthetic_layers(analysis.city)
    if not made:
        return None
    return say("banner", layers=("、".join(say(f"layer_{layer}").zh for layer in made), ", ".join(made)))


def _cover(facts: Facts) -> tuple[tuple[Words, str], ...]:
    analysis = facts.analysis
    city, profile, at = analysis.city, analysis.profile, analysis.settings.open_at
    dates = sorted({clean(origin.date) for origin in city.origins if origin.date})
    area = say("area_value", communities=f"{len(city.communities):,}", people=about(facts.published.people),
               elders=about(facts.published.elders), facilities=f"{len(city.facilities):,}",
               km=f"{city.network.total_km:,.0f}")  # fmt: skip
    unknown = facts.published.unknown
    beside = say("area_unknown", count=unknown).zh if unknown else ""
    return (
        (say("cover_area"), area.zh + beside),
        (
            say("cover_walker"),
            say("walker_speed", walker=(profile.title_zh, profile.title_en), speed=f"{profile.speed_mps:g}").heading,
        ),
        (say("cover_moment"), f"{at.zh} {at.en}" if at else str(say("any_time"))),
        (say("cover_dates"), "、".join(dates) or str(say("no_date"))),
        (say("cover_review"), clean(city.review_number) or str(say("to_fill"))),
        (say("cover_program"), f"circle15 {__version__}"),
    )


def _numbered(blocks: Iterable[Block], closing: Iterable[Block]) -> Iterable[Block]:
    """Numbers of headings, tables and figures; appendices have letters in their titles."""
    first, second, tables, figures = 0, 0, 0, 0
    for block in blocks:
        match block:
            case Heading(level=1):
                first, second = first + 1, 0
                yield replace(block, number=str(first))
            case Heading(level=2):
                second += 1
                yield replace(block, number=f"{first}.{second}")
            case Table():
                tables += 1
                yield replace(block, number=tables)
            case Picture():
                figures += 1
                yield replace(block, number=figures)
            case _:
                yield block
    for block in closing:
        if isinstance(block, Table):
            tables += 1
            yield replace(block, number=tables)
        else:
            yield block
