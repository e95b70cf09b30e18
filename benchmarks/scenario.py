"""A scenario of one site more, applied and analysed, against the analysis of the city as it is.

    python benchmarks/scenario.py [CITY] [--runs N]

CPU seconds in one process, in each run the analysis alone first, without random draws and after a run that compiles;
medians are printed.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

from markdown import print_table

from circle15 import study
from circle15.model.changes import AddFacility, Spot
from circle15.model.results import City
from circle15.model.scenario import Scenario
from circle15.planning.scenario import apply


def one_site(city: City) -> Scenario:
    """A site more in the middle of the study area, for the first service that has a list."""
    middle = city.area.boundary.representative_point()
    service = min(city.facilities.listed)
    site = AddFacility(facility_id="one-more", name="one more", services=(service,), at=Spot(x=middle.x, y=middle.y))
    return Scenario(name="one site more", changes=(site,))


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of a piece of work."""
    began = time.process_time()
    work()
    return time.process_time() - began


def measured(city: City, runs: int) -> list[tuple[str, float]]:
    """What was measured, and the median of its CPU seconds."""
    scenario = one_site(city)
    study.analyse(city, draws=0)
    alone, applied, both = [], [], []
    for _ in range(runs):
        alone.append(cpu_s(lambda: study.analyse(city, draws=0)))
        applied.append(cpu_s(lambda: apply(city, scenario)))
        both.append(cpu_s(lambda: study.analyse(apply(city, scenario), draws=0)))
    return [
        ("the analysis alone", statistics.median(alone)),
        ("`apply` alone", statistics.median(applied)),
        ("`apply` and the analysis", statistics.median(both)),
    ]


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("city", nargs="?", default="suzhou")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = measured(study.load_city(given.city), given.runs)
    whole_s = rows[0][1]
    table = [(name, f"{seconds:.3f}", f"{seconds / whole_s:.3f}") for name, seconds in rows]
    print_table(f"One site more in {given.city}", ("what", "CPU s, median", "of the analysis alone"), table)


if __name__ == "__main__":
    main()
