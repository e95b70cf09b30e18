"""An analysis as it may be passed on: every figure of people in it is a published one, or made of these.

Counts of one to nine stand in it as five, so that sums and sentences can be made of them; whoever prints a count of
people below ten prints "fewer than ten".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model import (
    Analysis,
    Attribution,
    Capacity,
    Coverage,
    Equity,
    Finding,
    Gaps,
    PlacedDemand,
    Robustness,
    Subdistricts,
    Typology,
)
from circle15.model.causes import cause_of
from circle15.model.limits import FEWEST, MIDDLE_OF_FEW
from circle15.model.places import counts_heads
from circle15.render.published.actions import public_actions
from circle15.render.published.clauses import public_verdicts
from circle15.render.published.counts import Figures, figures_of, tens
from circle15.render.published.gaps import public_left
from circle15.render.published.people import counted, homes_as_told, places_as_told
from circle15.render.published.privacy import SUPPRESSED, UNKNOWN, drawn, public_counts, public_parts, small_groups
from circle15.render.published.ranking import public_agreement, share_of

__all__ = ["Published", "publish"]

_EQUITY_DECIMALS = {"p90_p10": 1, "worst_decile_min": 1}
_MINUTES = ("mean_min", "p90_min")


@dataclass(frozen=True, kw_only=True)
class Published(Figures):
    """All that may be passed on: the figures, and in ``analysis`` everything else with these in place of its own."""

    analysis: Analysis


def publish(analysis: Analysis | Published) -> Published:
    """What page, report and workbook tell of an analysis: computed once, and handed to all of them.

    Parameters
    ----------
    analysis
        What to tell; what is published stays as it is.

    Returns
    -------
    Published
        Its ``analysis``: communities, homes (bundles of ten), coverage, gaps, subdistricts, clauses, causes, actions,
        draws, field checks, weights, equity, types and findings as they may be told. Of communities of which nothing is
        told all is NaN but their people. Routes are as they were.
    """
    if isinstance(analysis, Published):
        return analysis
    figures = figures_of(analysis)
    own = {field.name: getattr(figures, field.name) for field in fields(Figures)}
    return Published(analysis=_analysis(analysis, figures), **own)


def _analysis(analysis: Analysis, published: Figures) -> Analysis:
    coverage, places = _coverage(analysis, published), analysis.city.communities
    homes = homes_as_told(analysis.demand.points, places)
    return replace(
        analysis,
        city=replace(analysis.city, communities=places_as_told(places)),
        demand=PlacedDemand(points=homes, positions=analysis.demand.positions),
        coverage=coverage,
        gaps=_gaps(analysis, published, coverage),
        subdistricts=_subdistricts(analysis, published, coverage),
        capacity=_capacity(analysis.capacity.told, published),
        ledger=replace(analysis.ledger, frame=public_verdicts(analysis, published.cells)),
        attribution=_attribution(analysis, published),
        actions=public_actions(analysis),
        robustness=_robustness(analysis, published),
        stability=replace(
            analysis.stability, frame=published.stability, agreement=public_agreement(analysis, published.ranking)
        ),
        equity=_equity(analysis.equity.told, published),
        typology=_typology(analysis, published),
        circle_cut=_circle_cut(analysis, published),
        findings=tuple(_finding(finding) for finding in analysis.findings),
    )


def _circle_cut(analysis: Analysis, published: Figures) -> pd.DataFrame:
    cut = analysis.circle_cut
    return counted(published.more[[*cut]]) if len(cut.columns) else cut


def _finding(finding: Finding) -> Finding:
    """A finding without the value of a column that counts people."""
    if not counts_heads(finding.column) or not finding.value:
        return finding
    words = {name: getattr(finding, name).replace(finding.value, "…") for name in ("message_zh", "message_en")}
    return replace(finding, value="", examples=(), **words)


# -- coverage and gaps ------------------------------------------------------------------------------


def _coverage(analysis: Analysis, published: Figures) -> Coverage:
    found, cutoffs = analysis.coverage, list(analysis.settings.cutoffs_min)
    if found.frame.empty:
        return found
    frame = _with_all_ages(_told_people(found.frame, "pop_60plus", published, cutoffs), published)
    rows = pd.MultiIndex.from_frame(frame.index.to_frame()[["community_id", "service"]])
    frame["choices"] = published.cells["choices"].reindex(rows).to_numpy()
    elders = _whole(published, "pop_60plus", found.nearest.index)
    nearest = published.cells[list(_MINUTES)].reindex(found.nearest.index)
    nearest["unreachable"] = _part(elders, found.nearest["unreachable"])
    delivery = found.delivery
    if len(delivery):
        columns = ["pop_60plus_delivered", "pop_60plus_either"]
        whole = _whole(published, "pop_60plus", delivery.index)
        delivery = pd.DataFrame({column: _part(whole, delivery[column]) for column in columns}, index=delivery.index)
    return replace(found, frame=frame.reindex(found.frame.index), nearest=nearest, delivery=delivery)


def _whole(published: Figures, people: str, rows: pd.Index) -> NDArray[np.int64]:
    """Published people of each row's community, ``UNKNOWN`` where nothing is told of it."""
    ids = rows.get_level_values("community_id")
    whole = published.places[people].reindex(ids).to_numpy()
    return np.where(ids.isin(published.told), whole, UNKNOWN)


def _part(whole: NDArray[np.int64], people: pd.Series) -> NDArray[np.float64]:
    """Parts of published numbers; NaN where nothing is told or known."""
    values = people.to_numpy(dtype=np.float64)
    known = np.isfinite(values) & (whole >= FEWEST)
    parts = np.minimum(np.rint(np.where(known, values, 0)).astype(np.int64), np.maximum(whole, 0))
    return np.where(known, drawn(public_parts(np.maximum(whole, FEWEST), parts[:, None])[:, 0]), np.nan)


def _told_people(frame: pd.DataFrame, one: str, published: Figures, cutoffs: Sequence[float]) -> pd.DataFrame:
    """The columns of coverage that count one kind of people, by the rule of the cells."""
    lost = frame[f"{one}_unplaced"] + frame[f"{one}_undetermined"]
    wide = pd.concat({"lost": lost, "out": frame[f"{one}_uncovered"]}, axis=1).unstack("cutoff_min")
    rows = wide.index
    whole = _whole(published, one, rows)
    total = np.where(whole >= FEWEST, whole, np.nan).astype(np.float64)
    away = wide[("lost", cutoffs[-1])].fillna(0.0).to_numpy()
    out = wide["out"][list(cutoffs)].to_numpy(dtype=np.float64)
    heads = np.nan_to_num(total)
    known = np.isfinite(total) & ~small_groups(heads, np.minimum(away, heads), out)
    placed, shown = (drawn(part) for part in public_counts(heads, np.minimum(away, heads), out))
    parts = []
    for place, cutoff in enumerate(cutoffs):
        here = frame.xs(cutoff, level="cutoff_min").reindex(rows)
        missed = shown[:, place]
        covered = np.maximum(placed - missed, 0)
        share = np.divide(covered, placed, out=np.full(len(rows), np.nan), where=placed >= FEWEST)
        table = {"_covered": covered, "_uncovered": missed, "_share": share}
        table |= {f"_{part}": _part(whole, here[f"{one}_{part}"]) for part in ("unplaced", "undetermined")}
        of = pd.DataFrame(
            {f"{one}{part}": np.where(known, values, np.nan) for part, values in table.items()}, index=rows
        )
        of[one] = counted(published.places)[one].reindex(rows.get_level_values("community_id")).to_numpy()
        parts.append(of.assign(cutoff_min=cutoff).set_index("cutoff_min", append=True))
    return pd.concat(parts)


def _with_all_ages(frame: pd.DataFrame, published: Figures) -> pd.DataFrame:
    """With columns of people of all ages, in the parts of those aged 60+: see ``privacy.all_ages``."""
    ids = frame.index.get_level_values("community_id")
    everyone = counted(published.places)["population"].reindex(ids).to_numpy()
    elders = frame["pop_60plus"].to_numpy()
    columns = {"population": everyone, "population_share": frame["pop_60plus_share"].to_numpy()}
    for part in ("covered", "uncovered", "unplaced", "undetermined"):
        some = frame[f"pop_60plus_{part}"].to_numpy()
        heads = everyone * some / np.maximum(elders, FEWEST)
        columns[f"population_{part}"] = np.where(some == elders, everyone, FEWEST * np.rint(heads / FEWEST))
    return frame.assign(**columns)


def _gaps(analysis: Analysis, published: Figures, coverage: Coverage) -> Gaps:
    found = analysis.gaps
    if not len(found.frame):
        return replace(found, by_community=published.ranking)
    at = coverage.frame.xs(found.cutoff_min, level="cutoff_min").reindex(found.frame.index)
    cells = published.cells.reindex(found.frame.index)
    lost = at["pop_60plus_uncovered"].where(cells["share"].notna())
    table = found.frame.assign(
        elders=at["pop_60plus"], uncovered=lost, unplaced=at["pop_60plus_unplaced"],
        undetermined=at["pop_60plus_undetermined"], share=cells["share"], intensity_pct=100 * (1 - cells["share"]),
        choices=cells["choices"], rank=cells["rank"], unreachable=coverage.nearest["unreachable"],
        **{column: cells[column] for column in _MINUTES},
    )  # fmt: skip
    return replace(found, frame=table, by_community=published.ranking)


def _subdistricts(analysis: Analysis, published: Figures, coverage: Coverage) -> Subdistricts:
    """Sums of what is told; of communities of which nothing is told anybody counts as five."""
    found, exact = analysis.subdistricts, analysis.coverage.frame
    if not len(found):
        return found
    counts = [column for column in coverage.frame if column != "choices" and not str(column).endswith("_share")]
    few = exact[counts].where(exact[counts].isna(), MIDDLE_OF_FEW * (exact[counts] > 0))
    told = coverage.frame[counts].where(coverage.frame[counts].notna(), few).astype(np.float64)
    named = found.named.reindex(told.index.get_level_values("community_id")).to_numpy()
    levels = [named, *(told.index.get_level_values(level) for level in ("service", "cutoff_min"))]
    sums = told.groupby(levels).sum(min_count=1).rename_axis(found.frame.index.names).reindex(found.frame.index)
    for column in (str(one).removesuffix("_covered") for one in counts if str(one).endswith("_covered")):
        placed = sums[f"{column}_covered"] + sums[f"{column}_uncovered"]
        sums[f"{column}_share"] = (sums[f"{column}_covered"] / placed).where(placed >= FEWEST)
    scored = published.subdistricts.copy()
    heads = [column for column in scored if counts_heads(column)]
    people = counted(published.more.join(published.places))[heads]
    of = people.groupby(found.named.reindex(people.index).to_numpy()).sum(min_count=1)
    scored[heads] = of.reindex(scored.index)
    return replace(found, frame=sums[found.frame.columns.intersection(sums.columns)], by_subdistrict=scored)


_MEANS = ["walk_min", "floating"]
"""Columns of :class:`Capacity` that count nobody."""


def _capacity(told: Capacity | None, published: Figures) -> Capacity:
    """Who gets a seat, of bundles of ten; nothing of communities of which nothing is told."""
    if told is None or not len(told):
        return Capacity()
    silent = ~told.frame.index.get_level_values("community_id").isin(published.told)
    frame = told.frame.copy()
    frame.loc[silent, [column for column in frame if column not in _MEANS]] = pd.NA
    frame.loc[silent, _MEANS] = np.nan
    return replace(told, frame=frame)


# -- what verdicts rest on --------------------------------------------------------------------------


def _few(people: float) -> float:
    """People in tens, five for one to nine."""
    shown = tens(people)
    return float(MIDDLE_OF_FEW if shown == SUPPRESSED else shown)


def _attribution(analysis: Analysis, published: Figures) -> Attribution:
    """Causes by what is told that each remedy leaves; links by what is told that they serve."""
    found = analysis.attribution
    policies = {
        str(policy): drawn(public_left(published.cells, people).to_numpy()) for policy, people in found.policies.items()
    }
    found = replace(found, policies=found.policies.assign(**policies))
    if not len(found):
        return found
    left = counted(published.left)
    frame = found.frame.loc[left.index].assign(**{str(world): people for world, people in left.items()})
    linked = left["uncovered_link"].where(frame["link_id"] != "", left["uncovered"])
    causes = [cause_of(row) for row in left.assign(uncovered_link=linked).to_dict("records")]
    links = found.links
    if len(links):
        links = links.assign(serves=drawn(published.serves.reindex(links.index).to_numpy()))
        links = links.sort_values(["serves", "length_m"], ascending=[False, True], kind="stable")
    return replace(found, frame=frame.assign(cause=causes), links=links)


def _robustness(analysis: Analysis, published: Figures) -> Robustness:
    found = analysis.robustness
    if not len(found):
        return found
    frame = published.draws.copy()
    placed = published.cells["placed"].reindex(frame.index).to_numpy(dtype=np.float64)
    for side in ("share_low", "share_high"):
        frame[side] = share_of(frame[side].to_numpy(dtype=np.float64), placed)
    frame[["p_below", "required"]] /= 100
    intervals = published.intervals.reindex(published.places.index)
    return replace(found, frame=frame, by_community=intervals, checks=_checks(found, published))


def _checks(found: Robustness, published: Figures) -> pd.DataFrame:
    """Field checks by what is told: whom each would cost a service, which verdicts would flip, and so their order."""
    checks, exact = found.checks, found.lost
    if not len(checks):
        return checks
    pairs: Any = exact.droplevel("check_id")
    lost = pd.Series(drawn(public_left(published.cells, pairs).to_numpy()), index=exact.index)
    cells = published.cells.reindex(pairs.index)
    required = found.frame["required"].reindex(pairs.index).to_numpy(dtype=np.float64)
    placed, out = (drawn(cells[column].fillna(0).to_numpy(dtype=np.int64)) for column in ("placed", "uncovered"))
    inside = placed - out
    falls = (inside >= required * placed) & (inside - lost.to_numpy() < required * placed) & (placed > 0)
    flips = pd.Series(falls, index=exact.index).groupby(level="check_id").sum().reindex(checks.index, fill_value=0)
    people = lost.groupby(level="check_id").sum().reindex(checks.index, fill_value=0.0)
    of_each = lost.groupby(level=["check_id", "community_id"]).sum().reset_index(name="people")
    of_each = of_each.sort_values(["people", "community_id"], ascending=[False, True], kind="stable")
    named = of_each.groupby("check_id")["community_id"].agg(tuple).reindex(checks.index)
    checks = checks.assign(
        people=people.map(_few), flips=flips.where(checks["kind"] != "join", 0).astype(np.int64), communities=named
    )
    likely = [(-checks[column] * checks["p_no"]).to_numpy() for column in ("people", "flips")]
    order = np.lexsort([checks.index.to_numpy(dtype=str), *likely])
    return checks.iloc[order].assign(rank=np.arange(1, len(checks) + 1))


def _equity(spread: Equity | None, published: Figures) -> Equity:
    """How access is spread over bundles of ten; groups of communities by their sums."""
    if spread is None or not len(spread):
        return Equity()
    figures = [column for column in spread.frame if column != "why"]
    frame = spread.frame.round({column: _EQUITY_DECIMALS.get(str(column), 2) for column in figures})
    groups = published.groups
    if len(groups):
        groups = groups.assign(pop_60plus=groups["pop_60plus"].map(_few))
    return replace(spread, frame=frame, groups=groups)


def _typology(analysis: Analysis, published: Figures) -> Typology:
    found = analysis.typology
    if not len(found) or not len(found.types):
        return found
    kind = found.frame["type_id"]
    people = counted(published.places)["pop_60plus"]
    sums = people.groupby(kind.reindex(people.index).to_numpy()).sum().reindex(found.types.index).fillna(0.0)
    medoid = found.types["medoid_id"].where(found.types["medoid_id"].isin(published.told), "")
    frame = found.frame.assign(type_id=kind.where(kind.index.isin(published.told), ""))
    return replace(found, frame=frame, types=found.types.assign(pop_60plus=sums.map(_few), medoid_id=medoid))
