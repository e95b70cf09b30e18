"""Read a facility list, a table or a point layer, with every lost row counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from circle15.catalog import advice, column_synonyms, refusal, same_place_rule
from circle15.model.metric import lonlat_bounds
from circle15.model.places import ROUNDED, STATES
from circle15.model.provenance import FileRecord, Finding
from circle15.model.service import Service
from circle15.sources.city_config import FacilitiesTable
from circle15.sources.datum import DATUMS
from circle15.sources.facilities.attributes import site_attributes
from circle15.sources.facilities.columns import OurColumns, our_columns, services_in, shown_headers
from circle15.sources.facilities.decimals import layer_steps, tell_rounded, with_steps
from circle15.sources.facilities.doubles import doubled_rows
from circle15.sources.facilities.points import PointColumns, metric_datum, written_points
from circle15.sources.facilities.said_datum import check_said_datum, undeclared_datum
from circle15.sources.facilities.shapes import numbered_parts, of_parts, parts_findings, placed_rows
from circle15.sources.layers.layer import LAYER_FILES, PlainTable, read_layer, read_plain_parquet
from circle15.sources.reading import ROW, Reading, Tally
from circle15.sources.tables.sheets import SPREADSHEETS, TEXT_TABLES, read_sheet

__all__ = ["cell_text", "point_columns", "read_facilities"]

_TEXT = ("facility_id", "name", "services")


def read_facilities(
    path: Path,
    entry: FacilitiesTable,
    *,
    home: pyproj.CRS | None = None,
    stem: str = "",
    pack_services: tuple[Service, ...] = (),
) -> Reading:
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
    stem
        What the ids begin with that rows without one get; the file's name without its suffix if not said.
    pack_services
        Those of the pack, beside the catalogue's.

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
    rows = _read_rows(path, entry)
    tally.findings += [*rows.notes, *rows.ours.findings]
    record = rows.ours.described(rows.record)
    tally.headers = dict(rows.ours.headers)
    columns = point_columns(rows.ours)
    stated = check_said_datum(rows.ours.frame, rows.datum, tally)
    frame = written_points(rows.ours.frame, rows.datum, tally, columns=columns, home=home)
    if home is not None and rows.degrees_of_nobody and not stated and "datum" not in entry.given:
        tally.findings += undeclared_datum(frame["lon"], frame["lat"], path.name)
    written = frame.get("services")
    frame["services"] = pd.Series(_services(frame, entry, tally, pack_services), index=frame.index, dtype=object)
    frame = tally.drop(frame, frame["services"].map(len) == 0, "facility-without-service", ("name",))
    made = f"{stem or path.stem}-" + numbered_parts(frame[ROW])
    given = frame["facility_id"].str.strip() if "facility_id" in frame else made
    frame["facility_id"] = given.where(given != "", made)
    frame = tally.drop(frame, frame["facility_id"].duplicated(), "facility-id-twice", ("facility_id",))
    nameless = frame["name"].str.strip() == ""
    tally.tell(frame[nameless], "facility-without-name", "note", ("name",))
    frame["name"] = frame["name"].where(~nameless, frame["facility_id"])
    frame = site_attributes(frame, tally, written=written, pack_services=pack_services)
    points = gpd.GeoDataFrame(
        frame.drop(columns=["lon", "lat", ROW]),
        geometry=gpd.points_from_xy(frame["lon"], frame["lat"]),
        crs="EPSG:4326",
    )
    points = points.set_index("facility_id")
    doubled = _doubled(points)
    tally.tell(frame[doubled], "facility-doubled", "warning", ("name",))
    record = replace(
        record, rows_used=len(points), dropped=tuple(tally.dropped.items()), bounds=lonlat_bounds(points.geometry)
    )
    rows_of = frame.set_index("facility_id")[ROW]
    return Reading(frame=points, files=(record,), findings=tuple(tally.findings), rows=rows_of)


def _doubled(points: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Which rows look like one place written twice; a closed one and its successor are two."""
    gone = points.get("state", pd.Series("", index=points.index)).isin(STATES[1:]).to_numpy(dtype=bool)
    doubled = np.zeros(len(points), dtype=bool)
    within_m = same_place_rule().double_m
    coarse = np.zeros(len(points), dtype=bool)
    for column in (column for column in ROUNDED if column in points):  # that is told already
        coarse |= points[column].to_numpy(dtype=float) > within_m
    doubled[~gone] = doubled_rows(points[~gone], within_m=within_m, coarse=coarse[~gone])
    return doubled


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """The rows of a list as they stand: ``lon``, ``lat`` in ``datum``, and the number that a spreadsheet gives each."""

    ours: OurColumns
    record: FileRecord
    datum: str
    notes: tuple[Finding, ...]
    degrees_of_nobody: bool = False
    """Of a table, which no file format gives a reference system."""


def _read_rows(path: Path, entry: FacilitiesTable) -> _Rows:
    """Read a list of any kind.

    Raises
    ------
    PackError
        If it is of no kind that is read, or a needed column is missing.
    """
    suffix = path.suffix.lower()
    datum = entry.datum
    metric_datum(datum, path.name)
    if suffix in (*TEXT_TABLES, *SPREADSHEETS):
        rows = _of_table(path, entry, datum)
    elif suffix in LAYER_FILES:
        plain = read_plain_parquet(path) if suffix == ".parquet" else None
        rows = _of_layer(path, entry, datum) if plain is None else _of_plain(plain, entry, datum)
    else:
        tables, layers = ", ".join((*TEXT_TABLES, *SPREADSHEETS)), ", ".join(LAYER_FILES)
        raise refusal("list_kind", file=path.name, advice=advice(suffix), tables=tables, layers=layers)
    frame = rows.ours.frame
    missing = [column for column in ("name", "lon", "lat") if column not in frame]
    if missing:
        headers = shown_headers([column for column in frame.columns if column != ROW])
        raise refusal("list_columns", file=path.name, missing=", ".join(missing), found=headers, first=missing[0])
    texts = {column: _texts(frame[column]) for column in _TEXT if column in frame}
    return replace(rows, ours=replace(rows.ours, frame=frame.assign(**texts)))


def _of_table(path: Path, entry: FacilitiesTable, datum: str) -> _Rows:
    known = [*column_synonyms(), *entry.columns.values()]
    sheet = read_sheet(path, known=known, sheet=entry.sheet, header_row=entry.header_row, encoding=entry.encoding)
    ours = our_columns(sheet.frame, path.name, entry.columns, one_service=entry.service)
    numbered = ours.frame.assign(**{ROW: ours.frame.index.to_numpy()}).reset_index(drop=True)
    record = replace(sheet.record("facilities"), crs=datum)
    return _Rows(
        ours=replace(ours, frame=numbered), record=record, datum=datum, notes=sheet.notes, degrees_of_nobody=True
    )


def _of_plain(plain: PlainTable, entry: FacilitiesTable, datum: str) -> _Rows:
    ours = our_columns(plain.frame.map(cell_text), plain.file, entry.columns, one_service=entry.service)
    numbered = ours.frame.assign(**{ROW: np.arange(len(ours.frame)) + 1})
    record = replace(plain.record("facilities"), crs=datum)
    return _Rows(ours=replace(ours, frame=numbered), record=record, datum=datum, notes=(), degrees_of_nobody=True)


def _of_layer(path: Path, entry: FacilitiesTable, datum: str) -> _Rows:
    """A point layer's rows, numbered as QGIS shows them, with ``lon`` and ``lat`` in degrees.

    A datum that is a reference system is the layer's own; one that shifts (GCJ-02) applies to its degrees.
    """
    shifts = datum.lower() in DATUMS
    layer = read_layer(path, layer=entry.layer, encoding=entry.encoding, crs=entry.crs if shifts else datum)
    if layer.frame.empty and entry.columns:
        raise refusal("layer_no_rows", file=path.name)
    rows_placed, numbers, parts = placed_rows(layer.frame, path.name)
    degrees = rows_placed.to_crs("EPSG:4326")
    point = degrees.geometry.representative_point()
    attributes = pd.DataFrame(degrees.drop(columns=degrees.geometry.name))
    cut = layer.encoding if path.suffix.lower() == ".shp" else ""
    ours = our_columns(attributes, path.name, entry.columns, one_service=entry.service, points=False, cut=cut)
    placed = of_parts(ours.frame.assign(lon=point.x, lat=point.y, **{ROW: numbers}), parts)
    record = replace(layer.record("facilities"), rows_read=len(placed), rows_used=len(placed))
    if shifts and datum.lower() != "wgs84":
        record = replace(record, crs=datum)
    tally = Tally(file=path.name, findings=[*layer.notes, *parts_findings(numbers, parts, path.name)])
    if rows_placed.crs.is_projected:  # in degrees nothing would be left of round metres
        steps = layer_steps(rows_placed.geometry)
        tell_rounded(placed, steps, tally, code="facility-rounded")
        placed = with_steps(placed, steps)
    return _Rows(
        ours=replace(ours, frame=placed), record=record, datum=datum if shifts else "wgs84", notes=tuple(tally.findings)
    )


def point_columns(ours: OurColumns) -> PointColumns:
    """The list's own headers of its coordinates."""
    theirs = {our_name: their_name for their_name, our_name in ours.understood}
    if "location" in theirs and not {"lon", "lat"} <= set(theirs):
        return PointColumns(lon="", lat="")
    return PointColumns(lon=theirs.get("lon", "lon"), lat=theirs.get("lat", "lat"))


def _texts(cells: pd.Series) -> pd.Series:
    """Cells as text; those of a text table are text already, and asking each would take longer than reading them."""
    if isinstance(cells.dtype, pd.StringDtype):
        return cells.astype(object).where(cells.notna(), "")
    return cells.map(cell_text)


def cell_text(cell: Any) -> str:
    """A cell as text; ``""`` where there is nothing in it."""
    if isinstance(cell, str | list | dict | np.ndarray):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a column of whole numbers with one hole comes as fractions
    return "" if bool(pd.isna(cell)) else str(cell)


def _services(
    frame: pd.DataFrame, entry: FacilitiesTable, tally: Tally, pack_services: tuple[Service, ...]
) -> list[tuple[str, ...]]:
    if "services" not in frame:
        if entry.service is None:
            raise refusal("list_service", file=tally.file)
        return [(entry.service,)] * len(frame)
    offered, findings = services_in(frame["services"], frame[ROW], tally.file, pack_services=pack_services)
    tally.findings += findings
    return offered
