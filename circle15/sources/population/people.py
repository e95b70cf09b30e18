"""People of communities by a population grid: counted where asked for, and set beside what the communities say."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.catalog import finding, refusal
from circle15.model.places import PEOPLE, people_columns
from circle15.model.population import PERSON_PARTS, PopulationGrid
from circle15.model.provenance import Finding

__all__ = ["compare_people", "count_people"]

ALIKE = 1.25
"""Totals within this factor of each other are alike; farther apart they are told as a warning."""
FEWEST = 100.0
"""Communities with fewer people than this, by either count, are not compared one by one."""


def count_people(
    frame: gpd.GeoDataFrame, grid: PopulationGrid, *, shares: Mapping[str, float], file: str
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Give communities the population that the grid counts in them: cells weighted by area, an estimate.

    Older age groups come from ``shares`` (of the counted population), else from the communities' own columns
    where these have no population of their own to go with. Communities of which the grid says nothing, because they
    lie for more than half beyond its extent or all their cells are without a number, keep their own people where they
    have them, else they are unknown (NaN): no cell is no statement there.

    Parameters
    ----------
    frame
        Communities on ``community_id``, metric, with or without ``population``.
    grid
        Its parts speak of these communities.
    shares
        Age group -> share of the population, between 0 and 1.
    file
        Name of the grid's file, for the messages.

    Raises
    ------
    PackError
        If ``pop_60plus`` is neither stated nor there: ages are never guessed.
    """
    counted = grid.people_of(frame.index)
    made = {"population": counted}
    for group, share in shares.items():
        made[group] = np.rint(counted * share * PERSON_PARTS) / PERSON_PARTS
    within = grid.reaches(frame.geometry) & counted.notna()
    findings = compare_people(frame, grid, file=file) if "population" in frame else []
    frame, notes = _without_stale_ages(frame, made, file)
    silent = pd.Series(data=False, index=frame.index)
    stated = frame[list(made)].notna().all(axis=1) if set(made) <= set(frame.columns) else silent
    kept = ~within & stated
    for column, people in made.items():
        known = people.where(within)
        frame = frame.assign(**{column: frame[column].where(kept, known) if kept.any() else known})
    if "pop_60plus" not in frame:
        raise refusal("grid_ages", file=file)
    if not within.all():
        beyond = frame.index[~within]
        notes.append(
            finding("population-beyond", "warning", count=len(beyond), file=file, kept=int(kept.sum()), examples=beyond)
        )
    summed = f"{frame.loc[within, 'population'].sum():,.0f}"
    notes.append(finding("population-counted", "warning", count=int(within.sum()), file=file, people=summed))
    crowded = frame.index[frame["pop_60plus"] > frame["population"]]  # ages of the layer, people of the grid
    if len(crowded):
        count, column = len(crowded), "pop_60plus"
        notes.append(finding("community-elders", "warning", count=count, file=file, column=column, examples=crowded))
    return frame, [*findings, *notes]


def _without_stale_ages(
    frame: gpd.GeoDataFrame, made: Mapping[str, pd.Series], file: str
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Leave out age groups of people who were counted elsewhere: they do not go with these."""
    if "population" not in frame:
        return frame, []
    stale = [column for column in people_columns(frame) if column in frame and column not in made]
    further = [column for column in stale if column not in PEOPLE]
    findings = [finding("population-ages-dropped", "warning", file=file, column=", ".join(further))] if further else []
    return frame.drop(columns=stale), findings


def compare_people(frame: gpd.GeoDataFrame, grid: PopulationGrid, *, file: str) -> list[Finding]:
    """Say how far the grid's count of people is from the communities' own, in all and where it is worst.

    Communities beyond the grid's extent are left out: there it counts nobody; so are those whose people nobody knows.
    Nothing is said where all are.

    Returns
    -------
    list of Finding
        ``population-differs`` (warning) where the totals differ by more than a quarter, else
        ``population-compared`` (note); both with the totals, their ratio and the five communities that are
        farthest apart, as grid / own. Communities with fewer than 100 people are left out of these five.
    """
    known = grid.reaches(frame.geometry) & frame["population"].notna() & grid.people_of(frame.index).notna()
    frame = frame[known]
    if frame.empty:
        return []
    given = frame["population"].astype(float)
    counted = grid.people_of(frame.index)
    counted_sum, given_sum = float(counted.sum()), float(given.sum())
    ratio = counted_sum / given_sum if given_sum else np.inf
    large = (given >= FEWEST) & (counted >= FEWEST / 10) | (counted >= FEWEST) & (given >= FEWEST / 10)
    each = (counted[large] / given[large]).sort_index(kind="stable")
    apart = np.log(each).abs()
    worst = apart.sort_values(ascending=False, kind="stable").index[:5]
    names = frame["name"] if "name" in frame else pd.Series(frame.index, index=frame.index)
    alike = 1 / ALIKE <= ratio <= ALIKE
    return [
        finding(
            "population-compared" if alike else "population-differs",
            "note" if alike else "warning",
            count=len(frame),
            file=file,
            grid=f"{counted_sum:,.0f}",
            own=f"{given_sum:,.0f}",
            ratio=f"{ratio:.2f}",
            examples=[f"{names[key]} ×{each[key]:.2f}" for key in worst],
        )
    ]
