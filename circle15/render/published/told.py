"""An analysis as it may be passed on: every figure of people in it is a published one, or made of these.

Counts of one to nine stand in it as five, so that sums and sentences can be made of them; whoever prints a count of
people below ten prints "fewer than ten".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model import (
    Analysis,
    Attribution,
    City,
    Coverage,
    Equity,
    Finding,
    Gaps,
    Robustness,
    Subdistricts,
    Typology,
)
from circle15.model.limits import FEWEST, MIDDLE_OF_FEW
from circle15.model.places import ELDERS_IN_NEED, counts_heads
from circle15.render.published.actions import public_actions
from circle15.render.published.counts import Published, tens
from circle15.render.published.gaps import drawn
from circle15.render.published.privacy import SUPPRESSED, UNKNOWN, parts_of, public_counts, public_parts, small_groups
from circle15.render.published.ranking import share_of

__all__ = ["public_more", "told_analysis", "told_finding"]

_PART_OF = dict.fromkeys(("pop_65plus", "pop_80plus", "circle_cut_60plus", *ELDERS_IN_NEED), "pop_60plus")
"""Groups that are parts of a published number; all other people are parts of everybody."""
_HOUSEHOLDS = ("households", "households_registered", "population_registered")
_EQUITY_DECIMALS = {"p90_p10": 1, "worst_decile_min": 1}
_MINUTES = ("mean_min", "p90_min")


def told_analysis(analysis: Analysis, published: Published) -> Analysis:
    """An analysis with the published figures in place of its own.

    Parameters
    ----------
    analysis
        What to tell.
    published
        Its counts as they may be told.

    Returns
    -------
    Analysis
        Communities, coverage, gaps, subdistricts, causes, actions, draws, weights, equity, types and findings. Of
        communities of which nothing is told all is NaN but their people. Clauses, which have a rule of their own,
        demand points and routes are as they were.
    """
    coverage = _coverage(analysis, published)
    return replace(
        analysis,
        city=_city(analysis, published),
        coverage=coverage,
        gaps=_gaps(analysis, published, coverage),
        subdistricts=_subdistricts(analysis, published, coverage),
        attribution=_attribution(analysis, published),
        actions=public_actions(analysis),
        robustness=_robustness(analysis, published),
        stability=replace(analysis.stability, frame=published.stability),
        equity=_equity(analysis.equity, published),
        typology=_typology(analysis, published),
        circle_cut=_numbers(public_more(analysis.circle_cut, published)),
        findings=tuple(told_finding(finding) for finding in analysis.findings),
    )


def told_finding(finding: Finding) -> Finding:
    """A finding without the value of a column that counts people."""
    if not counts_heads(finding.column) or not finding.value:
        return finding
    words = {name: getattr(finding, name).replace(finding.value, "…") for name in ("message_zh", "message_en")}
    return replace(finding, value="", examples=(), **words)


def public_more(frame: pd.DataFrame, published: Published) -> pd.DataFrame:
    """Further numbers of people of communities, in tens; ``UNKNOWN`` where a cell is empty or holds no number.

    Parameters
    ----------
    frame
        On ``community_id``, columns that count people or households.
    published
        For the numbers of people that these are parts of.

    Returns
    -------
    pandas.DataFrame
        ``int64``, on the index and columns of ``frame``.
    """
    out = {}
    for column in frame:
        values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        whole = np.full(len(frame), UNKNOWN)
        if column not in _HOUSEHOLDS:
            place = _PART_OF.get(str(column), "population")
            whole = published.places[place].reindex(frame.index).to_numpy()
        out[column] = parts_of(whole, np.asarray(values, dtype=np.float64))
    return pd.DataFrame(out, index=frame.index)


def _numbers(shown: pd.DataFrame) -> pd.DataFrame:
    """Published counts to compute with, NaN for people whom nobody knows."""
    counts = shown.to_numpy(dtype=np.int64)
    return pd.DataFrame(np.where(counts == UNKNOWN, np.nan, drawn(counts)), index=shown.index, columns=shown.columns)


def _city(analysis: Analysis, published: Published) -> City:
    places = analysis.city.communities
    heads = [column for column in places.frame if counts_heads(column)]
    frame = places.frame.assign(**_numbers(public_more(places.frame[heads], published).assign(**published.places)))
    return replace(analysis.city, communities=replace(places, frame=frame))


# -- coverage and gaps ------------------------------------------------------------------------------


def _coverage(analysis: Analysis, published: Published) -> Coverage:
    found, cutoffs = analysis.coverage, list(analysis.settings.cutoffs_min)
    if found.frame.empty:
        return found
    frame = pd.concat([_told_people(found.frame, one, published, cutoffs) for one in published.places], axis=1)
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


def _whole(published: Published, people: str, rows: pd.Index) -> NDArray[np.int64]:
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


def _told_people(frame: pd.DataFrame, one: str, published: Published, cutoffs: Sequence[float]) -> pd.DataFrame:
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
        of[one] = _numbers(published.places)[one].reindex(rows.get_level_values("community_id")).to_numpy()
        parts.append(of.assign(cutoff_min=cutoff).set_index("cutoff_min", append=True))
    return pd.concat(parts)


def _gaps(analysis: Analysis, published: Published, coverage: Coverage) -> Gaps:
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


def _subdistricts(analysis: Analysis, published: Published, coverage: Coverage) -> Subdistricts:
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
    people = _numbers(public_more(analysis.city.communities.frame[heads], published).assign(**published.places))[heads]
    of = people.groupby(found.named.reindex(people.index).to_numpy()).sum(min_count=1)
    scored[heads] = of.reindex(scored.index)
    return replace(found, frame=sums[found.frame.columns.intersection(sums.columns)], by_subdistrict=scored)


# -- what verdicts rest on --------------------------------------------------------------------------


def _few(people: float) -> float:
    """People in tens, five for one to nine."""
    shown = tens(people)
    return float(MIDDLE_OF_FEW if shown == SUPPRESSED else shown)


def _attribution(analysis: Analysis, published: Published) -> Attribution:
    found = analysis.attribution
    if not len(found):
        return found
    left = _numbers(published.left)
    told = found.frame.index.get_level_values("community_id").isin(published.told)
    links = found.links
    if len(links):
        links = links.assign(serves=drawn(published.serves.to_numpy()))
    return replace(found, frame=found.frame.assign(**left)[told], links=links)


def _robustness(analysis: Analysis, published: Published) -> Robustness:
    found = analysis.robustness
    if not len(found):
        return found
    frame = published.draws.copy()
    placed = published.cells["placed"].reindex(frame.index).to_numpy(dtype=np.float64)
    for side in ("share_low", "share_high"):
        frame[side] = share_of(frame[side].to_numpy(dtype=np.float64), placed)
    frame[["p_below", "required"]] /= 100
    checks = found.checks
    if len(checks):
        checks = checks.assign(people=checks["people"].map(_few))
    return replace(found, frame=frame, by_community=published.intervals.reindex(published.places.index), checks=checks)


def _equity(found: Equity, published: Published) -> Equity:
    if not len(found):
        return found
    figures = [column for column in found.frame if column != "why"]
    frame = found.frame.round({column: _EQUITY_DECIMALS.get(str(column), 2) for column in figures})
    groups = published.groups
    if len(groups):
        groups = groups.assign(pop_60plus=groups["pop_60plus"].map(_few))
    return replace(found, frame=frame, groups=groups)


def _typology(analysis: Analysis, published: Published) -> Typology:
    found = analysis.typology
    if not len(found) or not len(found.types):
        return found
    kind = found.frame["type_id"]
    people = _numbers(published.places)["pop_60plus"]
    sums = people.groupby(kind.reindex(people.index).to_numpy()).sum().reindex(found.types.index).fillna(0.0)
    medoid = found.types["medoid_id"].where(found.types["medoid_id"].isin(published.told), "")
    frame = found.frame.assign(type_id=kind.where(kind.index.isin(published.told), ""))
    return replace(found, frame=frame, types=found.types.assign(pop_60plus=sums.map(_few), medoid_id=medoid))
