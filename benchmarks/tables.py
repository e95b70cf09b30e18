"""Time and peak memory of reading and checking a planner's tables, against a plain read of the same file.

    python benchmarks/tables.py [--rows 100000] [--communities 2300] [--people 8000000] [--repeat 3] [--quick]

The files are synthetic: made by a seed in a temporary folder, one row in a hundred bad in a known way. Every
read is a process of its own; the median of its CPU seconds (imports left out) and its greatest resident set
are printed. Leaves with 1 if rows used or dropped, the reasons, places or people differ from what was planted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from made_tables import CITY, CRS, Planted, write_city
from markdown import print_table
from stages import peak_mb

CHILD = "--in-this-process"
DEGREES = 2e-7
"""2 cm: the files give seven digits of a degree."""
FORMS = {"csv": "GBK CSV", "xlsx": "xlsx", "gpkg": "GPKG", "parquet": "GeoParquet"}
Answer = dict[str, Any]


def read_list(form: str, folder: Path) -> Callable[[], Answer]:
    """circle15's read of the facility list."""
    from circle15.sources.city_config import FacilitiesTable
    from circle15.sources.facilities.table import read_facilities

    path = folder / CITY / f"facilities.{form}"

    def run() -> Answer:
        read = read_facilities(path, FacilitiesTable(file=path.name, datum="gcj02"))
        (record,) = read.files
        return {
            "rows": record.rows_read, "used": record.rows_used, "dropped": dict(record.dropped),
            "personal": list(record.personal), "lon": read.frame.geometry.x, "lat": read.frame.geometry.y,
        }  # fmt: skip

    return run


def read_list_plainly(form: str, folder: Path) -> Callable[[], Answer]:
    """What pandas or geopandas read of the same file: no checks, no datum, no services."""
    import geopandas as gpd
    import pandas as pd

    path = folder / CITY / f"facilities.{form}"
    readers: dict[str, Callable[[], Any]] = {
        "csv": lambda: pd.read_csv(path, encoding="gb18030", dtype=str, keep_default_na=False),
        "xlsx": lambda: pd.read_excel(path, header=1, dtype=str, engine="calamine"),
        "gpkg": lambda: gpd.read_file(path),
        "parquet": lambda: gpd.read_parquet(path),
    }
    return lambda: {"rows": len(readers[form]())}


def read_people(_: str, folder: Path) -> Callable[[], Answer]:
    """circle15's read and checks of the communities, with their people from the workbook."""
    from circle15.sources.city_config import PeopleTable
    from circle15.sources.communities.findings import community_checks
    from circle15.sources.communities.table import read_communities

    home = folder / CITY

    def run() -> Answer:
        read = read_communities(home / "communities.gpkg", {}, (home / "people.xlsx", PeopleTable(file="people.xlsx")))
        metric = read.frame.to_crs(CRS)
        found = community_checks(metric, file="communities.gpkg")
        dropped = dict(read.files[1].dropped)
        return {"communities": len(metric), "people": metric["population"].sum(), "dropped": dropped, "found": found}

    return run


def read_people_plainly(_: str, folder: Path) -> Callable[[], Answer]:
    """A plain read of both files and pandas' merge."""
    import geopandas as gpd
    import pandas as pd

    home = folder / CITY

    def run() -> Answer:
        people = pd.read_excel(home / "people.xlsx", header=1, engine="calamine")
        joined = gpd.read_file(home / "communities.gpkg").merge(people, left_on="name", right_on="社区名称")
        return {"communities": len(joined), "people": joined["常住人口"].sum()}

    return run


def check_pack(_: str, folder: Path) -> Callable[[], Answer]:
    """All that ``circle15 check`` does with the city: streets, network, communities, the CSV, places on streets."""
    from circle15 import study

    def run() -> Answer:
        checked = study.check_city(CITY, data=folder)
        if checked.city is None:
            raise SystemExit(str([told.message_en for told in checked.findings if told.severity == "error"]))
        record = next(one for one in checked.files if one.role == "facilities")
        people = checked.city.communities.frame["population"].sum()
        offered = checked.city.facilities.offers()["service"].value_counts().to_dict()
        dropped = dict(record.dropped)
        return {"used": record.rows_used, "dropped": dropped, "people": people, "offered": offered}

    return run


TASKS: Mapping[str, Callable[[str, Path], Callable[[], Answer]]] = {
    "list": read_list,
    "list, plainly": read_list_plainly,
    "people": read_people,
    "people, plainly": read_people_plainly,
    "check": check_pack,
}


def child(task: str, form: str, folder: Path) -> None:
    """Run one task here; print its seconds, this process's peak memory and a short answer."""
    run = TASKS[task](form, folder)
    began = time.process_time()  # what else the machine does is not counted
    answer = run()
    seconds = time.process_time() - began
    peak = peak_mb()
    truth = np.load(folder / "points.npz")
    if "lon" in answer:  # too many to print: compared here
        off = [np.abs(np.asarray(answer.pop(axis)) - truth[axis]).max() for axis in ("lon", "lat")]
        answer["places"] = bool(max(off) < DEGREES)
    if "found" in answer:
        answer["found"] = sorted(told.code for told in answer["found"])
    if "people" in answer:
        answer["people"] = float(answer["people"])
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "answer": answer}))


def expected(task: str, planted: Planted, communities: int, people: int) -> Answer:
    """What a right reader answers."""
    lost = sum(planted.dropped.values())
    return {
        "list": {
            "rows": planted.rows, "used": planted.rows - lost, "dropped": dict(planted.dropped),
            "personal": ["联系电话"], "places": True,
        },
        "list, plainly": {"rows": planted.rows},
        "people": {
            "communities": communities, "people": float(people), "found": [],
            "dropped": {"people-without-key": 1, "people-without-community": 3},
        },
        "people, plainly": {"communities": communities, "people": float(people)},
        "check": {
            "used": planted.rows - lost - planted.outside, "people": float(people), "offered": dict(planted.offered),
            "dropped": {**planted.dropped, "facility-outside": planted.outside},
        },
    }[task]  # fmt: skip


def measured(task: str, form: str, folder: Path, truth: Answer, *, repeat: int) -> tuple[float, float, str]:
    """Median seconds, greatest peak memory, and a verdict on every answer."""
    seconds, peaks, verdict = [], [], "as planted"
    for _ in range(repeat):
        line = [sys.executable, "-W", "ignore", __file__, CHILD, task, form, str(folder)]
        done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True)
        told = json.loads(done.stdout.splitlines()[-1])
        seconds.append(told["seconds"])
        peaks.append(told["peak_mb"])
        wrong = [key for key in truth if told["answer"].get(key) != truth[key]]
        if wrong:
            verdict = "WRONG: " + "; ".join(f"{key} {told['answer'].get(key)} for {truth[key]}" for key in wrong)
    return statistics.median(seconds), max(peaks), verdict


def table(folder: Path, *, rows: int, communities: int, people: int, repeat: int) -> bool:
    """Make the city, measure every read beside its plain one, print; True when all answers are right."""
    planted = write_city(folder, rows=rows, communities=communities, people=people)
    np.savez(folder / "points.npz", lon=planted.lon, lat=planted.lat)
    lines = [("list", form, f"{rows:,} facilities, {name}, GCJ-02") for form, name in FORMS.items()]
    lines.append(("people", "", f"{communities:,} communities, {people:,} people from xlsx"))
    lines.append(("check", "", "`circle15 check` of all of it (CSV)"))
    printed = []
    for task, form, label in lines:
        truth = expected(task, planted, communities, people)
        seconds, peak, verdict = measured(task, form, folder, truth, repeat=repeat)
        ratio = beside = ""
        if f"{task}, plainly" in TASKS:
            truth = expected(f"{task}, plainly", planted, communities, people)
            plain, _, right = measured(f"{task}, plainly", form, folder, truth, repeat=repeat)
            beside, ratio = f"{plain:.2f}", f"{seconds / plain:.1f}"
            verdict = verdict if right == "as planted" else f"plain read {right}"
        printed.append((label, f"{seconds:.2f}", beside, ratio, f"{peak:.0f}", verdict))
    head = ("what is read", "CPU s", "plain read, CPU s", "x", "peak MB", "answer")
    print_table("Reading a planner's tables (synthetic)", head, printed)
    return not any("WRONG" in row[-1] for row in printed)


def main() -> None:
    """Make the files, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="facilities")
    parser.add_argument("--communities", type=int, default=2_300)
    parser.add_argument("--people", type=int, default=8_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="processes per read")
    parser.add_argument("--quick", action="store_true", help="2,000 facilities, 100 communities, one process each")
    parser.add_argument(CHILD, dest="child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child[0], given.child[1], Path(given.child[2]))
        return
    sizes = {"rows": given.rows, "communities": given.communities, "people": given.people, "repeat": given.repeat}
    if given.quick:
        sizes = {"rows": 2_000, "communities": 100, "people": 350_000, "repeat": 1}
    with tempfile.TemporaryDirectory(prefix="circle15-") as folder:
        sys.exit(0 if table(Path(folder), **sizes) else 1)


if __name__ == "__main__":
    main()
