"""Random draws behind a robust verdict: circle15's search against scipy's and networkx's in the same draws.

    python benchmarks/draws.py [CITY] [--draws N]

Each draw recosts the network, closes streets, takes facilities away, and searches once for every service. The
peers do exactly that with another search in the kernel's place; what they find must be the same, point by point.
networkx has to build its graph anew for every draw, which is counted and told apart. One process, CPU seconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any
from unittest import mock

import networkx as nx
import numpy as np
from markdown import print_table
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from circle15 import catalog, study
from circle15.hours.opening import open_facilities
from circle15.kernels.search import NO_COST
from circle15.model import Facilities
from circle15.model.results import Analysis
from circle15.network.graph import walk_graph
from circle15.routing import nearest
from circle15.uncertainty.draws import Draw, Stage, draw, drawn_shares, dropout_risk, points_covered
from circle15.uncertainty.robustness import existence

Search = Callable[..., NDArray[np.uint32]]
_NOT_QUITE_ZERO = 2.0**-20  # scipy takes a cost of 0 for "no link"


def scipy_search(
    start: NDArray[Any], head: NDArray[Any], cost: NDArray[Any], node: NDArray[Any], seed: NDArray[Any], limit: int
) -> NDArray[np.uint32]:
    """Least cost from any seed to each node, from one more node that leads to all of them."""
    count, used = len(start) - 1, seed != NO_COST
    graph = csr_array(
        (
            np.concatenate([cost, np.maximum(seed[used], _NOT_QUITE_ZERO)]).astype(float),
            np.concatenate([head, node[used]]).astype(np.int32),
            np.concatenate([start, [len(head) + used.sum()]]).astype(np.int32),
        ),
        shape=(count + 1, count + 1),
    )
    found = np.rint(dijkstra(graph, indices=count, limit=limit + 0.5))[:count]
    return np.where(np.isfinite(found), found, NO_COST).astype(np.uint32)


class NetworkxSearch:
    """The same by networkx; the graph of a draw is built once and serves all of its services."""

    def __init__(self) -> None:
        self.build_s = 0.0
        self._made: tuple[int, nx.DiGraph] | None = None

    def __call__(
        self, start: NDArray[Any], head: NDArray[Any], cost: NDArray[Any], node: NDArray[Any], seed: NDArray[Any],
        limit: int,
    ) -> NDArray[np.uint32]:  # fmt: skip
        """Least cost from any seed to each node."""
        count = len(start) - 1
        if self._made is None or self._made[0] != id(cost):
            began = time.process_time()
            owner = np.repeat(np.arange(count), np.diff(start))
            order = np.argsort(-cost.astype(np.int64), kind="stable")  # of parallel arcs the cheapest is set last
            graph = nx.DiGraph()
            triples = zip(owner[order].tolist(), head[order].tolist(), cost[order].tolist(), strict=True)
            graph.add_weighted_edges_from(triples)
            self._made = (id(cost), graph)
            self.build_s += time.process_time() - began
        graph, best = self._made[1], {}
        for place, at in zip(node.tolist(), seed.tolist(), strict=True):
            if at < best.get(place, int(NO_COST)):
                best[place] = at
        graph.add_weighted_edges_from(((count, place, at) for place, at in best.items()))
        reached = nx.single_source_dijkstra_path_length(graph, count, cutoff=limit)
        graph.remove_node(count)
        found = np.full(count + 1, int(NO_COST), dtype=np.uint32)
        found[list(reached)] = list(reached.values())
        return found[:count]


def stage_of(result: Analysis) -> tuple[Stage, Facilities]:
    """A city laid out for draws, as the study does it."""
    city, settings = result.city, result.settings
    serving = open_facilities(city.facilities, settings.open_at)
    stage = Stage.of(
        walk_graph(city.network, result.profile), result.demand, result.facilities.of(serving),
        services=result.coverage.services, cutoff_min=settings.circle_min, max_snap_m=settings.max_snap_m,
    )  # fmt: skip
    return stage, serving


def timed(stage: Stage, drawn: list[Draw], search: Search | None) -> tuple[list[float], list[NDArray[np.bool_]]]:
    """CPU seconds of each draw, and who is covered in it."""
    seconds, covered = [], []
    for one in drawn:
        began = time.process_time()
        if search is None:
            inside, _ = points_covered(stage, one)
        else:
            with mock.patch.object(nearest.search, "nearest_nodes", search):
                inside, _ = points_covered(stage, one)
        seconds.append(time.process_time() - began)
        covered.append(inside)
    return seconds, covered


def compare(stage: Stage, drawn: list[Draw], *, few: int) -> tuple[list[tuple[str, ...]], bool]:
    """Rows of the table, and whether all found the same."""
    timed(stage, drawn[:1], None)  # compiles
    ours, truth = timed(stage, drawn, None)
    base = statistics.median(ours)
    rows = [("circle15", f"{1000 * base:.1f}", "1", str(len(ours)), "–")]
    agree, built = True, NetworkxSearch()
    for name, search, count in (("scipy `dijkstra`", scipy_search, len(drawn)), ("networkx", built, few)):
        theirs, covered = timed(stage, drawn[:count], search)
        same = all(np.array_equal(mine, other) for mine, other in zip(truth, covered, strict=False))
        agree &= same
        median = statistics.median(theirs)
        row = (f"{1000 * median:.1f}", f"{median / base:.1f}", str(count), "same" if same else "DIFFERS")
        rows.append((name, *row))
    without = statistics.median(theirs) - built.build_s / few
    rows.append(("networkx without building its graph", f"{1000 * without:.1f}", f"{without / base:.1f}", str(few), ""))
    return rows, agree


def main() -> None:
    """Print two tables: a draw against peers, and all draws by threads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("city", nargs="?", default="suzhou")
    parser.add_argument("--draws", type=int, default=200)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    result = study.analyse(study.load_city(given.city), draws=0)
    stage, serving = stage_of(result)
    doubt = catalog.uncertainty()
    risk = dropout_risk(stage.network, doubt)
    chance = existence(serving, doubt).to_numpy(dtype=float)
    asked = {"seed": result.settings.seed, "uncertain": doubt, "risk": risk, "existence": chance}
    size = f"{stage.network.n_nodes:,} nodes, {len(stage.demand):,} homes, {len(serving):,} sites"
    rows, agree = compare(stage, [draw(stage, number, **asked) for number in range(20)], few=5)
    head = ("search", "CPU ms a draw, median", "x", "draws", "homes covered")
    print_table(f"One draw, {len(stage.services)} services ({given.city}: {size})", head, rows)
    rows = []
    for threads in (1, 2):
        began = time.perf_counter()
        drawn_shares(stage, given.draws, threads=threads, **asked)
        rows.append((str(threads), f"{time.perf_counter() - began:.2f}"))
    print_table(f"{given.draws} draws", ("threads", "wall s"), rows)
    far = int((~stage.demand.placed).sum())
    print(f"{far} homes are far from any street.")
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
