"""Time and peak memory of each stage of ``make map``: cold (nothing compiled yet) and warm.

    python benchmarks/stages.py [CITY]

Each run is a process of its own. Cold: an empty numba cache, as on the first run after an installation.
Peak memory is the process's greatest resident set up to the end of the stage.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from markdown import print_table

CHILD = "--in-this-process"


def peak_mb() -> float:
    """Greatest resident set of this process so far, in MB; NaN where the system does not tell (Windows)."""
    if importlib.util.find_spec("resource") is None:
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def run_stages(city: str, folder: Path) -> list[tuple[str, float, float]]:
    """Run the main job in this process: (stage, wall seconds, peak MB) one after another.

    What was measured before is not lost when writing fails; the last line then says why.
    """
    rows: list[tuple[str, float, float]] = []
    began, stage = time.perf_counter(), "import"

    def begin(following: str) -> None:
        nonlocal began, stage
        rows.append((stage, time.perf_counter() - began, peak_mb()))
        began, stage = time.perf_counter(), following

    from circle15 import study

    begin("load: streets, tables, network")
    loaded = study.load_city(city)
    begin("walking costs")
    result = study.analyse(loaded, on_stage=begin)
    tried = f"actions: {int(result.actions.tried.sum()):,} candidates, clauses of {len(result.actions)}"
    rows = [(tried if name == "actions" else name, *figures) for name, *figures in rows]
    begin("save: map, tables, GeoPackage")
    try:
        result.save(folder)
    except (ImportError, OSError) as error:
        stage = f"save FAILED: {type(error).__name__}: {error}"
    begin("")
    return rows


def in_a_process(city: str, cache: str) -> tuple[list[tuple[str, float, float]], float]:
    """Stages of a fresh process with this numba cache, and the wall seconds of the whole process."""
    with tempfile.TemporaryDirectory(prefix="circle15-") as folder:
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-W", "ignore", __file__, city, CHILD, folder],
            env={**os.environ, "NUMBA_CACHE_DIR": cache},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout.splitlines()[-1]), time.perf_counter() - began


def main() -> None:
    """Run cold, then warm, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("city", nargs="?", default="suzhou")
    parser.add_argument(CHILD, dest="folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder is not None:
        print(json.dumps(run_stages(given.city, given.folder)))
        return
    with tempfile.TemporaryDirectory(prefix="circle15-") as cache:
        cold, cold_s = in_a_process(given.city, cache)
        warm, warm_s = in_a_process(given.city, cache)
    rows = [
        (stage, f"{first_s:.2f}", f"{second_s:.2f}", f"{first_mb:.0f}", f"{second_mb:.0f}")
        for (stage, first_s, first_mb), (_, second_s, second_mb) in zip(cold, warm, strict=True)
    ]
    rows.append(("**whole process**", f"{cold_s:.2f}", f"{warm_s:.2f}", f"{cold[-1][2]:.0f}", f"{warm[-1][2]:.0f}"))
    head = ("stage", "cold, s", "warm, s", "peak so far, cold, MB", "peak so far, warm, MB")
    print_table(f"Stages of `make map CITY={given.city}`", head, rows)
    sys.exit(1 if any("FAILED" in stage for stage, _, _ in (*cold, *warm)) else 0)


if __name__ == "__main__":
    main()
