"""Make a city pack to measure whole runs at size: real streets of Porto, made communities and facilities.

    python benchmarks/made_city.py FOLDER [--communities 2298] [--facilities 1000] [--seed 15]
    circle15 map porto --data FOLDER

Only the streets are real (OpenStreetMap, from a data root). Communities are the squares of a lattice with most
street in them, people follow that length, and facilities stand at crossings drawn by seed: all of it is labelled
synthetic in every output. The same arguments give the same files.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import towns
from numpy.typing import NDArray

from circle15.catalog import services, way_classes
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import build_network, edge_lines
from circle15.sources.osm.streets import read_streets

__all__ = ["made_city"]

SIDE_M = 500.0
"""A community is a square of this side."""
PEOPLE_PER_M = 0.12
ELDERS = (0.15, 0.35)
CITY_TOML = """\
name = "波尔图（合成）"
name_en = "Porto (made)"
crs = "EPSG:32629"
[network]
files = ["{streets}"]
[[facilities]]
file = "facilities.csv"
datum = "wgs84"
services = [{services}]
synthetic = true
label_zh = "合成设施"
label_en = "made facilities"
[communities]
file = "communities.geojson"
synthetic = true
label_zh = "合成社区"
label_en = "made communities"
"""


def made_city(folder: Path, streets: Path, *, communities: int, facilities: int, seed: int) -> Path:
    """Write a pack ``porto`` into a folder.

    Parameters
    ----------
    folder
        Where the pack's folder goes; the street file is copied into it.
    streets
        The extract of Porto.
    communities, facilities
        How many of each.
    seed
        Of ages, services and places.
    """
    rng = np.random.default_rng(seed)
    network = build_network(read_streets(streets), crs="EPSG:32629")
    pack = folder / "porto"
    pack.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(streets, pack / streets.name)
    squares = _squares(network, communities, rng)
    squares.to_crs(4326).to_file(pack / "communities.geojson", driver="GeoJSON")
    _sites(network, squares, facilities, rng).to_csv(pack / "facilities.csv", index=False)
    quoted = ", ".join(f'"{key}"' for key in services())
    (pack / "city.toml").write_text(CITY_TOML.format(streets=streets.name, services=quoted), encoding="utf-8")
    return pack


def _squares(network: WalkNetwork, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """The squares of a lattice with most street to live on, with people in proportion to it."""
    lived_on = np.array([entry.home for entry in way_classes()])[network.way_class] & (
        network.component[network.u] == 0
    )
    middle = shapely.line_interpolate_point(edge_lines(network)[lived_on], 0.5, normalized=True)
    x, y = (np.floor(axis(middle) / SIDE_M).astype(np.int64) for axis in (shapely.get_x, shapely.get_y))
    metres = pd.Series(network.length_m[lived_on]).groupby([x, y]).sum()
    if len(metres) < count:
        raise SystemExit(f"only {len(metres)} squares of {SIDE_M:.0f} m have streets: ask for fewer communities")
    metres = metres.sort_values(kind="stable").tail(count).sort_index()
    column, row = (metres.index.get_level_values(level).to_numpy() for level in (0, 1))
    people = np.rint(metres.to_numpy() * PEOPLE_PER_M)
    name = [f"合成{number:04d}" for number in range(count)]
    return gpd.GeoDataFrame(
        {
            "community_id": [f"c{number:04d}" for number in range(count)],
            "name": name,
            "subdistrict": [f"合成街道{a // 8:03d}-{b // 8:03d}" for a, b in zip(column, row, strict=True)],
            "population": people,
            "pop_60plus": np.rint(people * rng.uniform(*ELDERS, count)),
        },
        geometry=shapely.box(column * SIDE_M, row * SIDE_M, (column + 1) * SIDE_M, (row + 1) * SIDE_M),
        crs=network.crs,
    )


def _sites(network: WalkNetwork, squares: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Crossings of the main part inside the communities, one to three services each."""
    crossing = gpd.GeoSeries.from_xy(network.x, network.y, crs=network.crs)
    inside: NDArray[np.bool_] = np.zeros(network.n_nodes, dtype=bool)
    inside[crossing.sindex.query(squares.geometry, predicate="intersects")[1]] = True
    node = rng.choice(np.flatnonzero(inside & (network.component == 0)), count, replace=False)
    place = crossing.iloc[node].to_crs(4326)
    keys = list(services())
    offers = [";".join(rng.choice(keys, rng.integers(1, 4), replace=False)) for _ in range(count)]
    ids = [f"f{number:04d}" for number in range(count)]
    return pd.DataFrame(
        {"facility_id": ids, "name": [f"合成设施{key}" for key in ids], "services": offers,
         "lon": place.x.round(7).to_numpy(), "lat": place.y.round(7).to_numpy()}
    )  # fmt: skip


def main() -> None:
    """Make the pack, or say which file is missing."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--communities", type=int, default=2298)
    asked.add_argument("--facilities", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=15)
    options = asked.parse_args()
    streets = towns.extract("Porto")
    if streets is None:
        sys.exit(f"no data root holds {towns.EXTRACTS['Porto']}: set CIRCLE15_DATA")
    pack = made_city(
        options.folder, streets, communities=options.communities, facilities=options.facilities, seed=options.seed
    )
    print(pack)


if __name__ == "__main__":
    main()
