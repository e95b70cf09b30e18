"""Read a facility list, a table or a point layer, with every lost row counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from circle15.catalog import advice, column_synonyms, refusal
from circle15.model.provenance import FileRecord
from circle15.sources.datum import DATUMS
from circle15.sources.facility_columns import OurColumns, our_columns, services_in, shown_headers
from circle15.sources.facility_points import PointColumns, written_points
from circle15.sources.layers import LAYER_FILES, Layer, read_layer, read_plain_parquet
from circle15.sources.reading import ROW, Reading, Tally
from circle15.sources.sheets import SPREADSHEETS, TEXT_TABLES, read_sheet

__all__ = ["cell_text", "read_facilities"]

_NUMERIC = ("capacity", "floor_area_m2")
_TEXT = ("facility_id", "name", "services")


def read_facilities(path: Path, entry: Mapping[str, Any], *, home: pyproj.CRS | None = None) -> Reading:
    """Read a facility list: a table (CSV, workbook, plain Parquet) with coordinates, or a point layer.

    Parameters
    ----------
    path
        The file.
    entry
        Its ``[[facilities]]`` table: ``service`` for a list of one service, else a ``services`` column
        with keys or words joined by ``;``; ``columns``, ``sheet`` and ``header_row`` where the headers
        cannot tell; ``layer``, ``encoding`` and ``crs`` of a layer; ``datum`` of the coordinates
        (:mod:`circle15.sources.datum`), WGS 84 if not said.
    home
        The city's reference system: where its points are expected, for the remedies.

    Returns
    -------
    Reading
        WGS 84 points on ``facility_id`` with ``name`` and ``services`` (tuples); rows that could not
        be used are told one by one, up to five per reason, with counts, and counted in the record.

    Raises
    ------
    PackError
        If a needed column is missing, the datum is not one that is understood, or most positions are
        swapped or in another unit than they claim.
    """
    tally = Tally(file=path.name)
    rows = _read_rows(path, entry, tally)
    record = rows.record
    frame = written_points(rows.frame, rows.datum, tally, columns=rows.columns, home=home)
    frame["services"] = pd.Series(_services(frame, entry, tally), index=frame.index, dtype=object)
    frame = tally.drop(frame, frame["services"].map(len) == 0, "facility-without-service", ("name",))
    made = pd.Series([f"{path.stem}-{row}" for row in frame[ROW]], index=frame.index, dtype=object)
    given = frame["facility_id"].str.strip() if "facility_id" in frame else made
    frame["facility_id"] = given.where(given != "", made)
    frame = tally.drop(frame, frame["facility_id"].duplicated(), "facility-id-twice", ("facility_id",))
    nameless = frame["name"].str.strip() == ""
    tally.tell(frame[nameless], "facility-without-name", "note", ("name",))
    frame["name"] = frame["name"].where(~nameless, frame["facility_id"])
    for column in (c for c in _NUMERIC if c in frame):
        frame[column] = _numbers(frame, column, tally)
    points = gpd.GeoDataFrame(
        frame.drop(columns=["lon", "lat", ROW]),
        geometry=gpd.points_from_xy(frame["lon"], frame["lat"]),
        crs="EPSG:4326",
    )
    record = replace(record, rows_used=len(points), dropped=tuple(tally.dropped.items()))
    return Reading(frame=points.set_index("facility_id"), files=(record,), findings=tuple(tally.findings))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """The rows of a list as they stand: ``lon``, ``lat`` in ``datum``, and the number that a spreadsheet gives each."""

    frame: pd.DataFrame
    record: FileRecord
    datum: str
    columns: PointColumns


def _read_rows(path: Path, entry: Mapping[str, Any], tally: Tally) -> _Rows:
    suffix = path.suffix.lower()
    datum = str(entry.get("datum", "wgs84"))
    if suffix not in (*TEXT_TABLES, *SPREADSHEETS, *LAYER_FILES):
        tables, layers = ", ".join((*TEXT_TABLES, *SPREADSHEETS)), ", ".join(LAYER_FILES)
        raise refusal("list_kind", file=path.name, advice=advice(suffix), tables=tables, layers=layers)
    plain = read_plain_parquet(path) if suffix == ".parquet" else None
    if plain is not None:
        tally.findings += plain.notes
        ours = our_columns(plain.frame.map(cell_text), path.name, entry)
        frame = ours.frame.assign(**{ROW: np.arange(len(ours.frame)) + 1})
        record = replace(plain.record("facilities"), crs=datum)
    elif suffix in LAYER_FILES:
        shift, system = (datum, {}) if datum.lower() in DATUMS else ("wgs84", {"crs": datum})
        layer = read_layer(path, {**entry, **system})
        tally.findings += layer.notes
        ours = _of_layer(layer, path, entry)
        frame, record, datum = ours.frame, layer.record("facilities"), shift
    else:
        known = [*column_synonyms(), *map(str, entry.get("columns", {}).values())]
        sheet = read_sheet(
            path,
            sheet=entry.get("sheet"),
            header_row=entry.get("header_row"),
            known=known,
            encoding=entry.get("encoding", ""),
        )
        tally.findings += sheet.notes
        ours = our_columns(sheet.frame, path.name, entry)
        frame = ours.frame.assign(**{ROW: ours.frame.index.to_numpy()}).reset_index(drop=True)
        record = replace(sheet.record("facilities"), crs=datum)
    tally.findings += ours.findings
    missing = [column for column in ("name", "lon", "lat") if column not in frame]
    if missing:
        found = shown_headers([column for column in frame.columns if column != ROW])
        raise refusal("list_columns", file=path.name, missing=", ".join(missing), found=found, first=missing[0])
    for column in (c for c in _TEXT if c in frame):
        frame[column] = frame[column].map(cell_text)
    theirs = {ours_: name for name, ours_ in ours.understood}
    columns = PointColumns(lon="", lat="") if "location" in theirs else PointColumns(
        lon=theirs.get("lon", "lon"), lat=theirs.get("lat", "lat")
    )  # fmt: skip
    return _Rows(frame=frame, record=ours.described(record), datum=datum, columns=columns)


def _of_layer(layer: Layer, path: Path, entry: Mapping[str, Any]) -> OurColumns:
    """A point layer's rows, numbered as QGIS shows them, with ``lon`` and ``lat`` in degrees."""
    degrees = layer.frame.to_crs("EPSG:4326")
    point = degrees.geometry.representative_point()
    attributes = pd.DataFrame(degrees.drop(columns=degrees.geometry.name))
    cut = layer.encoding if path.suffix.lower() == ".shp" else ""
    ours = our_columns(attributes, path.name, entry, points=False, cut=cut)
    placed = ours.frame.assign(lon=point.x, lat=point.y)
    placed[ROW] = np.arange(len(placed)) + 1
    return replace(ours, frame=placed)


def cell_text(cell: Any) -> str:
    """A cell as text; ``""`` where there is nothing in it."""
    if isinstance(cell, str | list | dict | np.ndarray):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a column of whole numbers with one hole comes as fractions
    return "" if bool(pd.isna(cell)) else str(cell)


def _numbers(frame: pd.DataFrame, column: str, tally: Tally) -> pd.Series:
    """A column of numbers, zero or more; NaN where the cell is empty, or says something else, which is told."""
    numbers = pd.to_numeric(frame[column], errors="coerce").astype(float)
    usable = np.isfinite(numbers) & (numbers >= 0)
    empty = frame[column].isna() | (frame[column].astype(str).str.strip() == "")
    tally.tell(frame[~usable & ~empty], "facility-bad-number", "warning", (column,))
    return numbers.where(usable)


def _services(frame: pd.DataFrame, entry: Mapping[str, Any], tally: Tally) -> list[tuple[str, ...]]:
    if "services" not in frame:
        if "service" not in entry:
            raise refusal("list_service", file=tally.file)
        return [(str(entry["service"]),)] * len(frame)
    offered, told = services_in(frame["services"], frame[ROW], tally.file)
    tally.findings += told
    return offered
