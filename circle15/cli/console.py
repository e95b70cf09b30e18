"""What the commands say: plain lines, findings and results, fit for whatever terminal reads them."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

import typer

from circle15.errors import Circle15Error

if TYPE_CHECKING:
    import pandas as pd

    from circle15.model import Analysis, Check, City, Finding, Plan
    from circle15.study.scenarios import Replay

__all__ = [
    "forgive_consoles", "hush", "in_both", "say", "tell_check", "tell_findings", "tell_plan", "tell_replay",
    "tell_result", "tell_synthetic",
]  # fmt: skip


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal; names from outside may hold them."""

_LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True},
    "head": {"bold": True},
    "quiet": {"dim": True},
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow"},
    "note": {"fg": "cyan"},
}
"""How lines of a report look on a terminal."""


def say(line: str, *, err: bool = False, clean: bool = True) -> None:
    """Write a line, without what would steer the terminal where ``clean`` says so."""
    try:
        typer.echo(_CONTROL.sub("\ufffd", line) if clean else line, err=err)
    except BrokenPipeError:  # the reader has gone, as head does; the work goes on, the talk does not
        hush(sys.stderr if err else sys.stdout)


def hush(stream: IO[str]) -> None:
    """Let a stream that cannot be written run into nothing, so that closing it raises no second error."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def tell_check(checked: Check, *, saved: bool, options: str) -> None:
    """The data-quality report on standard output; plain and 100 cells wide in a pipe."""
    from circle15.render.check.terminal import check_lines

    shown = sys.stdout.isatty()
    width = min(shutil.get_terminal_size((100, 24)).columns, 120) if shown else 100
    for line in check_lines(checked, width=width, saved=saved, options=options):
        text = _CONTROL.sub("\ufffd", line.text)
        say(typer.style(text, **_LOOKS[line.style]) if shown and line.style else text, clean=not shown)


def tell_findings(findings: Sequence[Finding]) -> None:
    """Errors and warnings, each with file, row and remedy."""
    for finding in findings:
        if finding.severity != "note":
            row = f" 第{finding.row}行" if finding.row is not None else ""
            place = f"{finding.file}{row}：" if finding.file else ""
            remedy = f"。办法：{finding.remedy_zh}" if finding.remedy_zh else ""
            say(f"! {place}{finding.message_zh}{remedy}\n  {finding}", err=True)


def tell_result(result: Analysis) -> None:
    """Warnings, what is synthetic, the worst community in one sentence, and what would help most."""
    from circle15.catalog import text
    from circle15.catalog.phrases import community_sentences, headline
    from circle15.render.published.actions import public_actions

    tell_findings(result.findings)
    tell_synthetic(result.city)
    if len(result.gaps.by_community):
        for language in ("zh", "en"):
            sentences = community_sentences(result.gaps, language, pack_services=result.city.pack_services)
            say(text("worst_community", language, sentence=sentences.iloc[0]))
    told, city = public_actions(result), result.city
    for language in ("zh", "en"):
        for line in headline(told, city.communities, language, pack_services=city.pack_services):
            say(line)


def tell_replay(made: Replay) -> None:
    """What a scenario changes, what was found again elsewhere, what its author saw otherwise, and what it brings."""
    from circle15.render.tables.comparison import comparison_lines
    from circle15.render.tables.scenario import scenario_lines

    was = made.comparison.only_before
    for line in scenario_lines(made.result.city, made.moves, made.seen_otherwise, names_before=was):
        say(line)
    for line in comparison_lines(made.comparison):
        say(line)


def tell_plan(plan: Plan, city: City, frontier: pd.DataFrame | None = None) -> None:
    """Whom a plan serves, what is proven, where each facility goes; and what each number of them would serve."""
    from circle15.catalog.phrases import frontier_sentences, plan_sentences

    for language in ("zh", "en"):
        for line in plan_sentences(plan, city.communities, language, pack_services=city.pack_services):
            say(line)
        for line in frontier_sentences(frontier, language) if frontier is not None and plan.lacking > 0 else ():
            say(line)


def tell_synthetic(city: City) -> None:
    """Which layers are made up."""
    layers = [origin for origin in city.origins if origin.synthetic]
    if layers:
        say("※ 含合成的示例数据：" + "、".join(origin.label_zh for origin in layers), err=True)
        say("  Synthetic layers: " + "; ".join(origin.label_en for origin in layers), err=True)


def in_both(error: Circle15Error) -> str:
    """What an error says: Chinese first, English below it."""
    return f"{error.zh}\n  {error}" if error.zh else str(error)


def forgive_consoles() -> None:
    """Print "?" for what a console's encoding lacks, instead of failing on the first Chinese word."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
