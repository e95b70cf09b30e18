"""One list of facilities, written in every form that planners keep it in."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import shapely
import xlwt

Row = Mapping[str, Any]
Maker = Callable[[Path, Sequence[Row]], Path]


def _cells(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(rows[0]), *([row[key] for key in rows[0]] for row in rows)]


def text_table(encoding: str, delimiter: str = ",", name: str = "list.csv") -> Maker:
    """A text file."""

    def write(folder: Path, rows: Sequence[Row]) -> Path:
        with (folder / name).open("w", encoding=encoding, newline="") as stream:
            csv.writer(stream, delimiter=delimiter).writerows(_cells(rows))
        return folder / name

    return write


def workbook(name: str) -> Maker:
    """An Excel workbook of today; text stays text, also where it looks like a formula."""

    def write(folder: Path, rows: Sequence[Row]) -> Path:
        book = openpyxl.Workbook()
        for number, row in enumerate(_cells(rows), 1):
            for column, value in enumerate(row, 1):
                cell = book.active.cell(number, column, None if value == "" else value)
                if isinstance(value, str) and value:
                    cell.data_type = "s"
        book.save(folder / name)
        return folder / name

    return write


def old_workbook(folder: Path, rows: Sequence[Row]) -> Path:
    """An Excel workbook of before 2007 (BIFF 8)."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("设施")
    for number, row in enumerate(_cells(rows)):
        for column, value in enumerate(row):
            if value != "":
                sheet.write(number, column, value)
    book.save(str(folder / "list.xls"))
    return folder / "list.xls"


def _point(row: Row) -> shapely.Point | None:
    return None if row["经度"] == "" else shapely.Point(float(row["经度"]), float(row["纬度"]))


def frame_of(rows: Sequence[Row]) -> gpd.GeoDataFrame:
    """The rows as a point layer: numbers as numbers, no cell where there is nothing."""
    rest = pd.DataFrame([{key: row[key] for key in row if key not in {"经度", "纬度"}} for row in rows])
    rest["容量"] = [math.nan if row["容量"] == "" else float(row["容量"]) for row in rows]
    return gpd.GeoDataFrame(rest, geometry=[_point(row) for row in rows], crs="EPSG:4326")


def layer(name: str, **options: Any) -> Maker:
    """A layer that GDAL writes."""

    def write(folder: Path, rows: Sequence[Row]) -> Path:
        frame_of(rows).to_file(folder / name, **options)
        return folder / name

    return write


def shapefile(encoding: str, *, cpg: bool) -> Maker:
    """A shapefile, with or without the file that names its encoding."""

    def write(folder: Path, rows: Sequence[Row]) -> Path:
        save_shapefile(frame_of(rows), folder / "list.shp", encoding=encoding, cpg=cpg)
        return folder / "list.shp"

    return write


def save_shapefile(frame: gpd.GeoDataFrame, path: Path, *, encoding: str, cpg: bool = True) -> Path:
    """Write a shapefile; field names longer than ten bytes are cut, as they always are."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that names are cut
        frame.to_file(path, encoding=encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink()
    return path


def geoparquet(folder: Path, rows: Sequence[Row]) -> Path:
    """A layer in Parquet."""
    frame_of(rows).to_parquet(folder / "list.parquet")
    return folder / "list.parquet"


def plain_parquet(folder: Path, rows: Sequence[Row]) -> Path:
    """A table in Parquet, its coordinates in columns."""
    frame = pd.DataFrame(frame_of(rows).drop(columns="geometry"))
    for column in ("经度", "纬度"):
        frame[column] = [math.nan if row[column] == "" else float(row[column]) for row in rows]
    frame.to_parquet(folder / "list.parquet")
    return folder / "list.parquet"


FORMS: Mapping[str, Maker] = {
    "csv, UTF-8": text_table("utf-8"),
    "csv, UTF-8 with a mark": text_table("utf-8-sig"),
    "csv, UTF-16": text_table("utf-16"),
    "csv, GB18030": text_table("gb18030"),
    "csv, semicolons": text_table("utf-8", ";"),
    "csv, tabs": text_table("gb18030", "\t", "list.txt"),
    "tsv": text_table("utf-8", "\t", "list.tsv"),
    "xlsx": workbook("list.xlsx"),
    "xlsm": workbook("list.xlsm"),
    "xls": old_workbook,
    "geojson": layer("list.geojson"),
    "gpkg": layer("list.gpkg"),
    "shp, UTF-8": shapefile("UTF-8", cpg=True),
    "shp, UTF-8, no word on it": shapefile("UTF-8", cpg=False),
    "shp, GB18030": shapefile("GB18030", cpg=True),
    "shp, GB18030, no word on it": shapefile("GB18030", cpg=False),
    "parquet, points": geoparquet,
    "parquet, plain": plain_parquet,
}


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def numbered(rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows of a facility list under the headers that planners use."""
    keys = ("设施编号", "名称", "服务", "经度", "纬度", "容量", "联系电话", "负责人")
    return [dict(zip(keys, row, strict=True)) for row in rows]
