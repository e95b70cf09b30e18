"""Measure circle15 against its peers: one run, the same integer costs for all, every answer compared.

    python benchmarks/reach.py [--quick]

Prints markdown. Times are CPU time of this thread; what counts is the ratio, which is taken per block
of facilities, with circle15 measured again beside each contender. Leaves with 1 if any answer differs.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import peers
import towns
from markdown import print_table
from whole import city_size_table, nearest_table, pairs_table, polygon_table, reading_table, thread_table

from circle15.model.walk_network import WalkNetwork
from circle15.network.graph import cutoff_ms, walk_graph

BLOCK = 50
TOLERANCE_MS = {"pandana nodes_in_range": 5.0, "cityseer tree": 5.0}
"""pandana cuts decimals off and cityseer counts in float32: they may be this far off the exact answer."""


def cpu_seconds(task: Callable[[], Any], *, repeat: int = 1) -> tuple[float, Any]:
    """Least CPU seconds of this thread over some repeats, and the last answer."""
    best, found = float("inf"), None
    for _ in range(repeat):
        began = time.thread_time()
        found = task()
        best = min(best, time.thread_time() - began)
    return best, found


def compare(
    network: WalkNetwork, *, facilities: int, budget_s: float, contenders: dict[str, peers.Prepare]
) -> Iterator[tuple[str, ...]]:
    """One row per contender: CPU ms per facility, ratio to circle15, verdict on its answers."""
    graph, limit_ms = walk_graph(network, towns.WALKER), cutoff_ms(towns.CUTOFF_MIN)
    nodes = towns.facility_nodes(network, facilities)
    size = min(BLOCK, facilities)
    blocks = [nodes[first : first + size].copy() for first in range(0, facilities, size)]
    ours, read_ours = peers.circle15_search(graph, limit_ms)
    answers = [read_ours(ours(block)) for block in blocks]
    base = [cpu_seconds(partial(ours, block), repeat=5)[0] / len(block) for block in blocks]
    reached = statistics.mean(len(node) for answer in answers for node, _ in answer)
    yield "**circle15**", f"{1000 * statistics.median(base):.4f}", "1", f"{reached:.0f} nodes a facility"
    for name, prepare in contenders.items():
        try:
            began = time.perf_counter()
            run, read = prepare(graph, limit_ms)
            prepared = time.perf_counter() - began
        except peers.Absent as reason:
            yield name, "", "", f"left out: {reason}"
            continue
        yield (
            name,
            *measure(ours, run, read, list(zip(blocks, answers, strict=True)), name, limit_ms, budget_s),
            (f"; {prepared:.1f} s to prepare" if prepared >= 1 else ""),
        )
        del run, read
        gc.collect()


def measure(
    ours: peers.Search,
    run: peers.Search,
    read: Callable[[Any], peers.Reached],
    blocks: list[tuple[Any, peers.Reached]],
    name: str,
    limit_ms: int,
    budget_s: float,
) -> tuple[str, str, str]:
    """Run a contender block by block, circle15 beside it, until its time is up."""
    tolerance = TOLERANCE_MS.get(name, 0.0)
    each, ratios, fault, spent = [], [], "", 0.0
    for block, expected in blocks:
        repeat = 5 if spent < budget_s / 20 else 1
        seconds, found = cpu_seconds(partial(run, block), repeat=repeat)
        beside, _ = cpu_seconds(partial(ours, block), repeat=5)
        each.append(seconds / len(block))
        ratios.append(seconds / beside)
        fault = fault or peers.disagreement(expected, read(found), limit_ms=limit_ms, tolerance_ms=tolerance)
        spent += seconds * repeat
        if spent > budget_s:
            break
    verdict = f"WRONG: {fault}" if fault else "identical" if tolerance == 0 else f"same within {tolerance:g} ms"
    return f"{1000 * statistics.median(each):.4f}", f"{statistics.median(ratios):.2f}", verdict


def reach_tables(sizes: dict[str, WalkNetwork], *, quick: bool) -> bool:
    """The main table, one per town; True when all answers agree."""
    right = True
    for town, network in sizes.items():
        rows = [
            (*row[:3], "".join(row[3:]))
            for row in compare(
                network,
                facilities=100 if quick else 400,
                budget_s=0.5 if quick else 4.0,
                contenders=dict(peers.CONTENDERS),
            )
        ]
        right &= not any("WRONG" in row[3] for row in rows)
        print_table(f"Reach: {town}, {network!r}", ("contender", "CPU ms per facility", "x circle15", "answer"), rows)
    return right


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small towns and few repeats")
    quick = parser.parse_args().quick
    networks: dict[str, WalkNetwork] = {}
    for town in ("Suzhou", "Porto"):
        network = towns.network_of(town)
        if network is None:
            print(f"{town}: no street file in CIRCLE15_DATA, left out\n", flush=True)
        else:
            networks[town] = network
    side = 200 if quick else 1000
    networks[f"grid town of {side * side:,} crossings"] = towns.grid_town(side)
    right = reach_tables(networks, quick=quick)
    for town, network in networks.items():
        right &= pairs_table(town, network, quick=quick)
        right &= nearest_table(town, network, quick=quick)
    right &= polygon_table(next(iter(networks.items())), quick=quick)
    reading_table()
    right &= thread_table(list(networks.items())[-1], quick=quick)
    city_size_table(sides=(50, 100, 200) if quick else (100, 316, 1000))
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
