"""Covering problems: from a plain list, random ones with every limit, a clustered city; and all plans, by trying."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import strategies as st

from circle15.model.plans import CoverProblem


def cover_problem(
    weight: Sequence[int], reaches: Sequence[Sequence[int]], candidates: int, **limits: Any
) -> CoverProblem:
    """Of the candidates that each row reaches."""
    row = np.repeat(np.arange(len(reaches)), [len(reached) for reached in reaches])
    flat = np.array([candidate for reached in reaches for candidate in reached], dtype=np.int64)
    given = {
        name: np.array(values, dtype=bool if name in ("locked", "excluded") else np.int64)
        for name, values in limits.items()
    }
    return CoverProblem.of_pairs(np.array(weight, dtype=np.int64), row, flat, candidates=candidates, **given)


@st.composite
def random_problems(draw, most_rows: int = 9, most_candidates: int = 7):
    """Few rows and candidates, many ties, zeros among all numbers, and every limit."""
    rows, candidates = draw(st.integers(0, most_rows)), draw(st.integers(1, most_candidates))
    weight = draw(st.lists(st.integers(0, 9), min_size=rows, max_size=rows))
    some = st.lists(st.integers(0, candidates - 1), unique=True)
    reaches = draw(st.lists(some, min_size=rows, max_size=rows))
    state = draw(st.lists(st.sampled_from("fffffle"), min_size=candidates, max_size=candidates))
    groups = draw(st.integers(0, 2))
    group = draw(st.lists(st.integers(-1, groups - 1), min_size=candidates, max_size=candidates))
    locked = [mark == "l" for mark in state]
    held = [
        sum(1 for mine, is_locked in zip(group, locked, strict=True) if is_locked and mine == g) for g in range(groups)
    ]
    return cover_problem(
        weight,
        reaches,
        candidates,
        cost=draw(st.lists(st.integers(0, 4), min_size=candidates, max_size=candidates)),
        locked=locked,
        excluded=[mark == "e" for mark in state],
        group=group,
        group_most=[number + draw(st.integers(0, 2)) for number in held],
    )


@st.composite
def all_pairs_of(draw, corners: int = 7):
    """A row for each pair of so many candidates: a half of each covers all, which no whole choice comes near."""
    pairs = list(combinations(range(corners), 2))
    weight = draw(st.lists(st.integers(1, 9), min_size=len(pairs), max_size=len(pairs)))
    return cover_problem(weight, pairs, corners)


def allowed(problem: CoverProblem, chosen: Sequence[int], number: int | None, budget: int | None) -> bool:
    """Whether a choice keeps to every limit."""
    taken = np.zeros(len(problem.cost), dtype=bool)
    taken[list(chosen)] = True
    held = np.bincount(problem.group[taken & (problem.group >= 0)], minlength=len(problem.group_most))
    return bool(
        taken[problem.locked].all()
        and not taken[problem.excluded].any()
        and (held <= problem.group_most).all()
        and (number is None or taken.sum() <= number)
        and (budget is None or problem.cost[taken].sum() <= budget)
    )


def every_plan(problem: CoverProblem, number: int | None = None, budget: int | None = None) -> list[tuple[int, int]]:
    """People covered and cost of every choice that is allowed."""
    reaches = [set(problem.candidate[a:b].tolist()) for a, b in zip(problem.start[:-1], problem.start[1:], strict=True)]
    weight, plans = problem.weight.tolist(), []
    for size in range(len(problem.cost) + 1):
        for chosen in combinations(range(len(problem.cost)), size):
            if allowed(problem, chosen, number, budget):
                people = sum(w for w, reached in zip(weight, reaches, strict=True) if reached & set(chosen))
                plans.append((people, int(problem.cost[list(chosen)].sum())))
    return plans


def clustered_city(rows: int, candidates: int, *, near: float, seed: int = 1) -> CoverProblem:
    """Rows and candidates in clusters of all sizes, and some anywhere; a row reaches ``near`` candidates on average.

    Squares of about 1,500 rows a square kilometre; straight lines are lengthened by up to 35 %, differently for each
    pair, as streets do.
    """
    from scipy.spatial import cKDTree

    draw = np.random.default_rng(seed)
    clusters, side = max(8, rows // 800), 1000 * np.sqrt(rows / 1500)
    centre, spread = draw.random((clusters, 2)) * side, draw.gamma(2.0, 180.0, clusters)
    share = draw.pareto(1.3, clusters) + 0.2

    def points(count: int, anywhere: float) -> np.ndarray:
        cluster = draw.choice(clusters, count, p=share / share.sum())
        place = centre[cluster] + draw.normal(size=(count, 2)) * spread[cluster, None]
        free = draw.random(count) < anywhere
        place[free] = draw.random((int(free.sum()), 2)) * side
        return np.clip(place, 0, side)

    homes, sites = points(rows, 0.25), points(candidates, 0.35)
    weight = np.maximum(1, np.rint(draw.lognormal(2.2, 0.9, rows))).astype(np.int64)
    tree, sample = cKDTree(sites), homes[draw.choice(rows, min(rows, 2000), replace=False)]
    low, high = 50.0, float(side)
    for _ in range(30):
        middle = (low + high) / 2
        few = tree.query_ball_point(sample, middle, return_length=True).mean() < near * 1.35
        low, high = (middle, high) if few else (low, middle)
    reached = tree.query_ball_point(homes, high)
    row = np.repeat(np.arange(rows), [len(one) for one in reached])
    site = np.concatenate([np.array(one, dtype=np.int64) for one in reached])
    length = np.hypot(*(homes[row] - sites[site]).T) * (1 + 0.35 * ((row * 2654435761 ^ site * 40503) % 1000) / 1000)
    kept = length <= high
    return CoverProblem.of_pairs(weight, row[kept], site[kept], candidates=candidates)
