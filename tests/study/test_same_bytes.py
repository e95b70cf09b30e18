"""Same inputs, same bytes: whole runs of the command line, told apart by hash seed, threads and the order of rows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.towns.pack_files import CITY_TOML, TOWN_NODES, TOWN_WAYS, community, geojson, osm_xml, write_csv
from tests.towns.pack_services import PHARMACY, services_toml

SITES = (
    ("f1", "食堂", "meal_point", "120.6201", "31.3101"),
    ("f2", "卫生站", "clinic;meal_point", "120.6219", "31.3101"),
    ("f3", "中心", "community_centre", "120.6205", "31.3109"),
    ("f4", "中心", "community_centre", "120.6215", "31.3109"),
    ("f10", "卫生站", "clinic", "120.6215", "31.3109"),
    ("f11", "药店", "pharmacy", "120.6205", "31.3101"),
)
# A circle of two minutes of an elder: some are in reach and some are not, so that every part has something to say.
SETTINGS = "[settings]\ncutoffs_min = [1, 2]\ndraws = 12\nseed = 4\n"


def town(folder: Path, *, turned: bool) -> Path:
    """The town in five communities; ``turned`` has the rows of every table the other way round."""
    step = -1 if turned else 1
    edges = [round(120.6199 + 0.00044 * k, 5) for k in range(6)]
    places = [
        community(key, west, east, people=500 + 100 * k, elders=100 + 30 * k, households=200 + 7 * k,
                  subdistrict="甲街道" if k < 2 else "乙街道", community_type="老城区" if k % 2 else "")
        for k, (key, west, east) in enumerate(zip(["c9", "c10", "c1", "甲", "b"], edges[:-1], edges[1:], strict=True))
    ]  # fmt: skip
    pack = folder / "tryton"
    pack.mkdir(parents=True)
    lists = '["meal_point", "clinic"]', '["meal_point", "clinic", "community_centre", "pharmacy"]'
    settings = CITY_TOML.format(settings=SETTINGS + services_toml(PHARMACY), more="").replace(*lists)
    (pack / "city.toml").write_text(settings, encoding="utf-8")
    (pack / "communities.geojson").write_text(geojson(places[::step]), encoding="utf-8")
    (pack / "streets.osm").write_text(osm_xml(TOWN_NODES, TOWN_WAYS), encoding="utf-8")
    write_csv(pack / "facilities.csv", SITES[::step])
    return folder


@pytest.mark.slow
def test_every_file_of_a_report_is_the_same_whatever_the_hash_seed_the_threads_and_the_order_of_rows(tmp_path):
    written = []
    for name, seed, threads in (("one", "1", "1"), ("other", "2", "2")):
        root, out = town(tmp_path / name, turned=name == "other"), tmp_path / f"out-{name}"
        environment = os.environ | {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads}
        environment.pop("CIRCLE15_DATA", None)
        words = ["-m", "circle15", "report", "tryton", "--data", root, "--out", out]
        subprocess.run([sys.executable, *words], cwd=Path(__file__).parents[2], env=environment, check=True,
                       capture_output=True, timeout=300)  # fmt: skip
        written.append({str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()})
    one, other = written
    assert set(one) == set(other)
    kinds = {
        "map.html",
        "gaps.csv",
        "gaps.xlsx",
        "ledger.csv",
        "circle15.gpkg",
        "report.docx",
        "report.pdf",
        "run.json",
    }
    assert kinds <= set(one)
    assert sum(name.startswith("figures") for name in one) >= 10
    # The record tells the files by their hashes: they are others, because their rows are turned.
    hashes = re.compile(rb'"sha256": "[0-9a-f]{64}"')
    for record in (one, other):
        assert len(hashes.findall(record["run.json"])) >= 3
        record["run.json"] = hashes.sub(b"", record["run.json"])
    assert [name for name in one if one[name] != other[name]] == []
