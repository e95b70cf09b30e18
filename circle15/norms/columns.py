"""Measures of what communities say of themselves: ratios, sums and plain values of their columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from circle15.model.norms import Rule
from circle15.norms.figures import Figures
from circle15.norms.ground import Ground
from circle15.norms.whole_numbers import Counted

__all__ = ["grids_required", "households_per_grid", "per_community", "plain", "ratio"]


def ratio(
    part: str, whole: str, scale: float, *, counted: Counted = "", within: bool = False, limit: str = ""
) -> Callable[[Ground, Rule], Figures]:
    """One column over another; ``within``, where the first counts some of the second, ``limit``, some of a third."""

    def ratio_of(ground: Ground, _rule: Rule) -> Figures:
        above, below = ground.numbers(part), ground.numbers(whole)
        lacks = np.where(np.isnan(above), np.where(below > 0, part, f"{part}, {whole}"), whole).astype(object)
        return Figures(
            part=above, whole=below, scale=scale, lacks=lacks, counted=counted, within=within,
            limit=ground.numbers(limit) if limit else None,
        )  # fmt: skip

    return ratio_of


def plain(column: str) -> Callable[[Ground, Rule], Figures]:
    """A column; above, its sum."""

    def plain_of(ground: Ground, _rule: Rule) -> Figures:
        return Figures(part=ground.numbers(column), lacks=column)

    return plain_of


def per_community(column: str) -> Callable[[Ground, Rule], Figures]:
    """A number of things of each community; above, their mean."""

    def mean_of(ground: Ground, _rule: Rule) -> Figures:
        return Figures(part=ground.numbers(column), whole=np.ones(len(ground.communities)), lacks=column)

    return mean_of


def households_per_grid(ground: Ground, _rule: Rule) -> Figures:
    """Mean of the households of a grid: HH / grids. Without households there is nothing to cut."""
    households, grids = ground.numbers("households"), ground.numbers("grids")
    homes = np.where(households > 0, households, np.nan)
    lacks = np.where(np.isnan(homes), np.where(grids > 0, "households", "households, grids"), "grids").astype(object)
    return Figures(part=homes, whole=grids, lacks=lacks, counted="whole")


def grids_required(ground: Ground, rule: Rule) -> Figures:
    """Grids that the households need: ceil(HH / households of one grid)."""
    return Figures(part=np.ceil(ground.numbers("households") / (rule.households_each or 1)), lacks="households")
