"""A planner's files of a large city, made by a seed: every bad row is planted and counted. All of it is synthetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from openpyxl import Workbook

from circle15.sources.datum import from_wgs84

__all__ = ["CITY", "Planted", "facility_rows", "write_city"]

CITY = "made-city"
CRS = "EPSG:4549"
CELL_M, BLOCK_M, MARGIN_M = 500.0, 250.0, 1500.0
WEST_M, SOUTH_M = 460_000.0, 3_450_000.0
WORDS = {"助餐点": "meal_point", "日间照料中心": "day_care", "社区卫生服务站": "clinic", "便民商店": "shop"}
BAD = ("empty", "impossible", "no service", "id twice", "outside")
"""Kinds of bad rows, one row in 500 each: one in a hundred together."""


@dataclass(frozen=True, kw_only=True)
class Planted:
    """What a reader has to find.

    ``lon`` and ``lat`` are WGS 84 degrees of the rows that can be used, in their order; ``dropped`` counts the
    others by the reason that ends them while the list itself is read, ``outside`` those that only the city ends.
    """

    rows: int
    dropped: Mapping[str, int]
    outside: int
    offered: Mapping[str, int]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def facility_rows(rows: int, side: int, *, seed: int = 15) -> tuple[pd.DataFrame, Planted]:
    """A facility list under a planner's headers in GCJ-02, and what was planted in it.

    Parameters
    ----------
    rows
        How many; at least 500.
    side
        The city is ``side * side`` cells of 500 m.
    seed
        Of all that is drawn.
    """
    rng = np.random.default_rng(seed)
    each = rows // 500
    kind = np.full(rows, -1)
    for number, places in enumerate(rng.permutation(np.arange(1, rows))[: each * len(BAD)].reshape(len(BAD), each)):
        kind[places] = number
    bad = {name: kind == number for number, name in enumerate(BAD)}
    x, y = rng.uniform(10.0, side * CELL_M - 10.0, (2, rows)) + np.array([[WEST_M], [SOUTH_M]])
    y[bad["outside"]] += 200_000.0
    lon, lat = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
    east, north = from_wgs84(lon, lat, datum="gcj02")
    number = np.arange(rows)
    same = np.where(bad["id twice"], np.maximum.accumulate(np.where(kind == -1, number, 0)), number)
    first, second = rng.integers(0, len(WORDS), (2, rows))
    words = np.array(list(WORDS))
    offers = np.where(first == second, words[first], np.char.add(np.char.add(words[first], "；"), words[second]))
    frame = pd.DataFrame(
        {
            "设施编号": [f"S{k:06d}" for k in same],
            "名称": [f"合成设施{k:06d}号" for k in number],
            "服务类型": np.where(bad["no service"], "", offers),
            "经度": np.where(bad["empty"], "", np.where(bad["impossible"], "1206.2", [f"{v:.7f}" for v in east])),
            "纬度": np.where(bad["empty"], "", [f"{v:.7f}" for v in north]),
            "床位": rng.integers(5, 200, rows).astype(str),
            "建筑面积（㎡）": rng.integers(40, 3000, rows).astype(str),
            "开放时间": rng.choice(["10:30-12:30", "08:00-17:00", "全天"], rows),
            "联系电话": [f"1380000{k:04d}" for k in number % 10_000],
            "数据来源": "合成数据",
            "更新日期": "2026-01-31",
            "备注": rng.choice(["", "合成"], rows),
        }
    )  # fmt: skip
    used = (kind == -1) | bad["outside"]
    inside = kind == -1
    dropped = {"facility-without-point": 2 * each, "facility-without-service": each, "facility-id-twice": each}
    offered = {
        key: int((inside & ((words[first] == word) | (words[second] == word))).sum()) for word, key in WORDS.items()
    }
    return frame, Planted(rows=rows, dropped=dropped, outside=each, offered=offered, lon=lon[used], lat=lat[used])


def write_city(folder: Path, *, rows: int, communities: int, people: int, seed: int = 15) -> Planted:
    """Write the city's pack: facilities in four forms, community polygons, their people, streets; say what is in it."""
    home = folder / CITY
    home.mkdir(parents=True)
    side = int(np.ceil(np.sqrt(communities)))
    frame, planted = facility_rows(rows, side, seed=seed)
    frame.to_csv(home / "facilities.csv", index=False, encoding="gbk", lineterminator="\r\n")
    _write_workbook(home / "facilities.xlsx", "合成数据：设施名录", frame)
    degrees = [pd.to_numeric(frame[column], errors="coerce") for column in ("经度", "纬度")]
    points = shapely.points(*[column.where(degrees[0].between(-180, 180)).to_numpy() for column in degrees])
    points[np.isnan(shapely.get_x(points))] = None
    layer = gpd.GeoDataFrame(frame.drop(columns=["经度", "纬度"]), geometry=points, crs="EPSG:4326")
    layer.to_file(home / "facilities.gpkg", engine="pyogrio")
    layer.to_parquet(home / "facilities.parquet")
    _write_communities(home, side, communities, people, seed)
    _write_streets(home / "streets.osm.pbf", side)
    (home / "city.toml").write_text(_TOML, encoding="utf-8")
    return planted


def _write_workbook(path: Path, title: str, frame: pd.DataFrame) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("名录")
    sheet.append([title])
    sheet.append(list(frame.columns))
    for row in frame.itertuples(index=False, name=None):
        sheet.append(row)
    book.save(path)


def _write_communities(home: Path, side: int, count: int, people: int, seed: int) -> None:
    """Square communities, and their people in a workbook with a line of sums and three communities too many."""
    rng = np.random.default_rng(seed)
    row, column = np.divmod(np.arange(count), side)
    west, south = WEST_M + column * CELL_M, SOUTH_M + row * CELL_M
    names = [f"合成{k:04d}社区" for k in range(count)]
    ids = [f"C{k:04d}" for k in range(count)]
    squares = shapely.box(west, south, west + CELL_M, south + CELL_M)
    gpd.GeoDataFrame({"community_id": ids, "name": names}, geometry=squares, crs=CRS).to_file(
        home / "communities.gpkg", engine="pyogrio"
    )
    population = rng.multinomial(people, np.full(count, 1 / count))
    older = [population * share // 100 for share in (24, 17, 4)]
    table = pd.DataFrame(
        {
            "社区名称": [*names, "多余甲社区", "多余乙社区", "多余丙社区", ""],
            "户数": [*(population // 3), 1, 2, 3, int((population // 3).sum())],
            "常住人口": [*population, 1, 2, 3, people],
            **{
                f"{age}岁以上": [*group, 0, 0, 0, int(group.sum())]
                for age, group in zip((60, 65, 80), older, strict=True)
            },
        }
    )
    _write_workbook(home / "people.xlsx", "合成数据：人口", table.astype(object))


def _write_streets(path: Path, side: int) -> None:
    """A grid of streets, 250 m apart, somewhat beyond the city on all sides."""
    along = np.arange(-MARGIN_M, side * CELL_M + MARGIN_M + 1, BLOCK_M)
    count = len(along)
    x, y = np.meshgrid(WEST_M + along, SOUTH_M + along)
    lon, lat = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x.ravel(), y.ravel())
    node = np.arange(1, count * count + 1).reshape(count, count)
    with osmium.SimpleWriter(str(path)) as writer:
        for key, east, north in zip(node.ravel().tolist(), lon.tolist(), lat.tolist(), strict=True):
            writer.add_node(osmium.osm.mutable.Node(id=key, location=(east, north), version=1))
        for key, refs in enumerate([*node.tolist(), *node.T.tolist()], start=1):
            tags = {"highway": "residential"}
            writer.add_way(osmium.osm.mutable.Way(id=key, nodes=refs, tags=tags, version=1))


_TOML = f"""\
name = "合成大城"
name_en = "Made city"
crs = "{CRS}"
[network]
files = ["streets.osm.pbf"]
[[facilities]]
file = "facilities.csv"
datum = "gcj02"
services = ["meal_point", "day_care", "clinic", "shop"]
synthetic = true
[communities]
file = "communities.gpkg"
synthetic = true
[communities.people]
file = "people.xlsx"
"""
