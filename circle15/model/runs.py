"""Runs that were saved, and what changed between two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

__all__ = ["EQUITY_FIGURES", "VERDICT_FIGURES", "Comparison", "SavedRun", "Schemes"]

VERDICT_FIGURES = ("observed", "observed_low", "observed_high")
"""What was observed of a clause: a figure, or the bounds of one."""

EQUITY_FIGURES = ("gini", "concentration", "palma", "p90_p10", "bottom40_share", "worst_decile_min", "zero_share")
"""How evenly access to a service is spread; see :class:`~circle15.model.verdicts.Equity`."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SavedRun:
    """What a folder of results holds, as far as two of them can be compared.

    Attributes
    ----------
    name
        Name of the folder, not its path.
    record
        ``run.json``.
    gaps
        ``gaps.csv`` on (``community_id``, ``service``): names of both, ``status``, people, ``share``, ``uncovered``,
        ``mean_min``, ``index``, ``rank_index``.
    ledger
        ``ledger.csv`` on (``level``, ``unit_id``, ``clause_id``): ``unit_name``, ``clause_zh``, ``clause_en``,
        ``verdict``, ``observed``, ``observed_low``, ``observed_high``; empty where the run has none.
    equity
        :data:`EQUITY_FIGURES` on ``service``; empty where the run does not tell them.
    """

    name: str
    record: Mapping[str, Any]
    gaps: pd.DataFrame
    ledger: pd.DataFrame = field(default_factory=pd.DataFrame)
    equity: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        city = self.record.get("city", {}).get("name_en", "?")
        return f"<SavedRun {self.name}: {city}, {self.gaps.index.get_level_values(0).nunique():,} communities>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Comparison:
    """What changed from one run, *before*, to another, *after*.

    Attributes
    ----------
    before, after
        Names of the runs.
    title_zh, title_en
        The city of the later run.
    settings
        ``setting``, ``before``, ``after``, ``decides``: settings that differ; where one that ``decides`` does, figures
        of the two runs measure different things.
    inputs
        ``label_zh``, ``label_en``, ``file``, ``change``: layers whose content is ``changed``, ``added`` or ``removed``.
    totals
        On ``service``: ``share_before``, ``share_after``, ``share_change``, ``uncovered_before``, ``uncovered_after``,
        ``uncovered_change`` over communities that both runs have and could judge (people aged 60+; shares 0 to 1);
        those that a scenario merges or splits are one sum.
    gaps
        On (``community_id``, ``service``): names, the same figures, ``status_before``, ``status_after``,
        ``elders_before``, ``elders_after``, ``mean_min_before``, ``mean_min_after``.
    communities
        On ``community_id``: ``name``, ``index_before``, ``index_after``, ``index_change``, ``rank_before``,
        ``rank_after``; the largest rise of the index first.
    verdicts
        On (``level``, ``unit_id``, ``clause_id``): names, ``verdict_before``, ``verdict_after``, ``observed_before``,
        ``observed_after`` and their bounds (``observed_low_before``, ...), those that differ.
    clauses
        On ``clause_id``: ``clause_zh``, ``clause_en`` and, over units that both runs judged, ``pass_before``,
        ``pass_after``, ``fail_before``, ``fail_after``; clauses of which any differs.
    equity
        On (``service``, ``figure``): ``before``, ``after``, ``change`` of :data:`EQUITY_FIGURES`; those that differ.
    only_before, only_after
        ``community_id`` -> name, of communities in one run only, and of those that a scenario merges or splits.
    titles
        Key of a service -> what the later run that has it calls it in Chinese and English.
    synthetic
        Whether either run says that some of its layers are synthetic.
    told
        The same of what may be passed on of both runs, without communities that a scenario merges, splits or builds
        homes in; None in that one itself.
    """

    before: str
    after: str
    title_zh: str
    title_en: str
    settings: pd.DataFrame
    inputs: pd.DataFrame
    totals: pd.DataFrame
    gaps: pd.DataFrame
    communities: pd.DataFrame
    verdicts: pd.DataFrame
    only_before: Mapping[str, str]
    only_after: Mapping[str, str]
    titles: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    synthetic: bool = False
    clauses: pd.DataFrame = field(default_factory=pd.DataFrame)
    equity: pd.DataFrame = field(default_factory=pd.DataFrame)
    told: Comparison | None = None

    @property
    def comparable(self) -> bool:
        """Whether both runs measure the same thing: no setting that decides what a figure means differs."""
        return not len(self.settings) or not bool(self.settings["decides"].any())

    def __repr__(self) -> str:
        kind = "" if self.comparable else ", not comparable"
        return f"<Comparison {self.before} -> {self.after}: {len(self.communities):,} communities{kind}>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Schemes:
    """Several schemes side by side, each against the city as it is.

    Attributes
    ----------
    base
        Name of the run that all are compared with.
    frame
        On (``scheme``, ``service``) in the order given, the base first: ``share`` of people aged 60+ covered,
        ``uncovered`` people and ``uncovered_change`` against the base, over communities and services that the base and
        the scheme could both judge.
    schemes
        On ``scheme``: ``parent``, ``changes`` (how many), ``uncovered`` and ``uncovered_change`` over all services
        (person-services), and ``turned_pass``, ``turned_fail``: verdicts on clauses that turned.
    comparisons
        Each scheme against the base, by its name.
    told
        What may be passed on: the same of published figures; None where these already are.
    """

    base: str
    frame: pd.DataFrame
    schemes: pd.DataFrame
    comparisons: Mapping[str, Comparison]
    told: Schemes | None = None

    def __repr__(self) -> str:
        return f"<Schemes {', '.join(self.schemes.index)} against {self.base}>"
