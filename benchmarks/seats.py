"""Who gets a seat in a large city: circle15's allocation with its proofs against OR-Tools' minimum cost flow.

    python benchmarks/seats.py [--quick]

50,000 demand points with 1 to 60 people each and 1,000 facilities, both in clusters, made by a seed; seats for six
people in ten, for all, and for half as many again. Both are asked for most people and, of all ways to serve them, least
walking: the number served and the total walking must be the same. CPU seconds of the process; circle15 is measured
beside each run of OR-Tools, and medians over cities are printed. Leaves with 1 if an answer differs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import numpy as np
from markdown import print_table
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow
from scipy.spatial import cKDTree

from circle15.accessibility.capacity.allocation import least_walking, most_served
from circle15.kernels.ragged import run_starts
from circle15.model.capacity import SeatsInReach

CIRCLE_MS = 900_000
SEATS = {"for 6 in 10": 0.6, "just enough": 1.0, "half as many again": 1.5}


def clustered(
    draw: np.random.Generator, count: int, centres: NDArray[np.float64], side_m: float
) -> NDArray[np.float64]:
    """Places of which three in ten lie anywhere and the others around centres, nearer to some than to others."""
    spread = draw.gamma(2.0, 180.0, len(centres))
    centre = draw.choice(len(centres), count, p=draw.dirichlet(np.full(len(centres), 0.5)))
    place = centres[centre] + draw.normal(size=(count, 2)) * spread[centre, None]
    anywhere = draw.random(count) < 0.3
    place[anywhere] = draw.random((int(anywhere.sum()), 2)) * side_m
    return np.asarray(np.clip(place, 0, side_m))


def city(points: int, facilities: int, *, in_reach: int, share: float, seed: int) -> SeatsInReach:
    """A made city: some ``in_reach`` facilities within the circle of a point, and seats for ``share`` of the people."""
    draw = np.random.default_rng(seed)
    side_m = 1000 * np.sqrt(points / 1500)
    centres = draw.random((max(8, points // 800), 2)) * side_m
    homes, sites = (clustered(draw, count, centres, side_m) for count in (points, facilities))
    near = cKDTree(sites)
    sample = homes[:: max(1, points // 1000)]
    radius_m = float(np.median(near.query(sample, k=min(in_reach, facilities))[0][:, -1]))
    found = near.query_ball_point(homes, radius_m, return_sorted=True)
    row = np.repeat(np.arange(points), [len(one) for one in found])
    site = np.concatenate([np.array(one, dtype=np.int64) for one in found])
    detour = draw.uniform(1.0, 1.35, len(row))
    cost = np.rint(np.hypot(*(homes[row] - sites[site]).T) * detour / radius_m * CIRCLE_MS).astype(np.int64)
    inside = cost <= CIRCLE_MS
    people, size = draw.integers(1, 61, points), draw.lognormal(0.0, 0.8, facilities)
    seats = np.maximum(1, np.rint(size / size.sum() * people.sum() * share)).astype(np.int64)
    start = run_starts(row[inside], points)
    return SeatsInReach(people=people, start=start, site=site[inside], cost_ms=cost[inside], seats=seats)


def circle15_seats(table: SeatsInReach) -> tuple[float, int, int]:
    """CPU seconds, people served and their walking in ms; both proofs are part of it."""
    began = time.process_time()
    best = least_walking(table)
    served = most_served(table, best).served
    return time.process_time() - began, served, best.walking_ms


def ortools_seats(table: SeatsInReach) -> tuple[float, int, int]:
    """The same by ``SimpleMinCostFlow``: the solution alone, its arcs are made outside the clock."""
    rows, sites = len(table.people), len(table.seats)
    source, sink, people = rows + sites, rows + sites + 1, int(table.people.sum())
    row, site = np.arange(rows), np.arange(sites)
    flow = min_cost_flow.SimpleMinCostFlow()
    for tail, head, most, cost in (
        (np.full(rows, source), row, table.people, np.zeros(rows, dtype=np.int64)),
        (table.row, rows + table.site, table.people[table.row], table.cost_ms),
        (rows + site, np.full(sites, sink), table.seats, np.zeros(sites, dtype=np.int64)),
    ):
        flow.add_arcs_with_capacity_and_unit_cost(tail, head, most, cost)
    flow.set_node_supply(source, people)
    flow.set_node_supply(sink, -people)
    began = time.process_time()
    flow.solve_max_flow_with_min_cost()
    return time.process_time() - began, flow.maximum_flow(), flow.optimal_cost()


def compare(points: int, facilities: int, *, in_reach: int, seeds: range) -> tuple[list[tuple[str, ...]], bool]:
    """Rows of the table, and whether both found the same everywhere."""
    rows, right = [], True
    for title, share in SEATS.items():
        ours, theirs, pairs, same = [], [], [], True
        for seed in seeds:
            table = city(points, facilities, in_reach=in_reach, share=share, seed=seed)
            (mine, *found), (other, *expected) = circle15_seats(table), ortools_seats(table)
            same &= found == expected
            ours.append(mine)
            theirs.append(other)
            pairs.append(len(table.site))
        ratio = statistics.median(other / mine for mine, other in zip(ours, theirs, strict=True))
        seconds = [f"{statistics.median(one):.2f}" for one in (ours, theirs)]
        size = f"{statistics.median(pairs) / 1e6:.1f} M"
        rows.append((title, size, *seconds, f"{ratio:.1f}", "same" if same else "DIFFERS"))
        right &= same
    return rows, right


def main() -> None:
    """Print a table for each number of facilities in reach."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5,000 points and 200 facilities")
    quick = parser.parse_args().quick
    points, facilities = (5_000, 200) if quick else (50_000, 1_000)
    circle15_seats(city(2_000, 20, in_reach=4, share=1.0, seed=0))  # compiles
    head, right = ("seats", "pairs", "circle15, CPU s", "OR-Tools, CPU s", "x", "served and walking"), True
    for in_reach in (20,) if quick else (20, 40, 100):
        rows, same = compare(points, facilities, in_reach=in_reach, seeds=range(1, 4))
        title = f"Seats: {points:,} demand points x {facilities:,} facilities, some {in_reach} in reach"
        print_table(f"{title}, medians of three cities", head, rows)
        right &= same
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
