"""Read a facility list, a table or a point layer, with every lost row counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.catalog import column_synonyms, finding, same_place_rule
from circle15.errors import CrsError, PackError
from circle15.model.provenance import FileRecord
from circle15.sources.datum import DATUMS, to_wgs84
from circle15.sources.facility_columns import our_columns, services_in
from circle15.sources.layers import read_layer
from circle15.sources.place_doubles import doubled_rows
from circle15.sources.reading import ROW, Reading, Tally
from circle15.sources.sheets import SPREADSHEETS, TEXT_TABLES, read_sheet
from circle15.sources.site_attributes import site_attributes

__all__ = ["cell_text", "converted", "on_globe", "read_facilities"]

_TEXT = ("facility_id", "name", "services")


def read_facilities(path: Path, entry: Mapping[str, Any]) -> Reading:
    """Read a facility list: a table (CSV or workbook) with coordinates in degrees, or a point layer.

    Parameters
    ----------
    path
        The file.
    entry
        Its ``[[facilities]]`` table: ``service`` for a list of one service, else a ``services`` column
        with keys or words joined by ``;``; ``columns``, ``sheet`` and ``header_row`` where the headers
        cannot tell; ``datum`` of its coordinates (:mod:`circle15.sources.datum`), WGS 84 if not said.

    Returns
    -------
    Reading
        WGS 84 points on ``facility_id`` with ``name`` and ``services`` (tuples); rows that could not
        be used are told one by one, up to five per reason, with counts, and counted in the record.

    Raises
    ------
    PackError
        If a needed column is missing or the datum is not one that is understood.
    """
    tally = Tally(file=path.name)
    frame, record = _read_points(path, entry, tally)
    frame = converted(frame, str(entry.get("datum", "wgs84")), tally)
    frame = tally.drop(frame, ~on_globe(frame), "facility-without-point", ("lon", "lat"))
    frame["services"] = pd.Series(_services(frame, entry, tally), index=frame.index, dtype=object)
    frame = tally.drop(frame, frame["services"].map(len) == 0, "facility-without-service", ("name",))
    made = pd.Series([f"{path.stem}-{row}" for row in frame[ROW]], index=frame.index, dtype=object)
    given = frame["facility_id"].str.strip() if "facility_id" in frame else made
    frame["facility_id"] = given.where(given != "", made)
    frame = tally.drop(frame, frame["facility_id"].duplicated(), "facility-id-twice", ("facility_id",))
    nameless = frame["name"].str.strip() == ""
    tally.tell(frame[nameless], "facility-without-name", "note", ("name",))
    frame["name"] = frame["name"].where(~nameless, frame["facility_id"])
    frame = site_attributes(frame, tally)
    points = gpd.GeoDataFrame(
        frame.drop(columns=["lon", "lat", ROW]),
        geometry=gpd.points_from_xy(pd.to_numeric(frame["lon"]), pd.to_numeric(frame["lat"])),
        crs="EPSG:4326",
    )
    points = points.set_index("facility_id")
    doubled = doubled_rows(points, within_m=same_place_rule().double_m)
    tally.tell(frame[doubled], "facility-doubled", "warning", ("name",))
    record = replace(record, rows_used=len(points), dropped=tuple(tally.dropped.items()))
    return Reading(frame=points, files=(record,), findings=tuple(tally.findings))


def converted(frame: pd.DataFrame, datum: str, tally: Tally) -> pd.DataFrame:
    """Bring ``lon`` and ``lat`` from the declared datum to WGS 84, and say so; what is no number stays as it is."""
    if datum.lower() == "wgs84":
        return frame
    lon, lat = (pd.to_numeric(frame[column], errors="coerce").astype(float) for column in ("lon", "lat"))
    usable = np.isfinite(lon) & np.isfinite(lat)
    if datum.lower() in DATUMS:
        usable &= np.asarray(on_globe(frame), dtype=bool)
    try:
        east, north = to_wgs84(lon[usable], lat[usable], datum=datum)
    except CrsError as error:
        raise PackError(f"{tally.file}: {error}") from error
    made = frame.astype({"lon": object, "lat": object})
    made.loc[usable, "lon"], made.loc[usable, "lat"] = east, north
    tally.findings.append(finding("datum-converted", "note", count=int(usable.sum()), file=tally.file, datum=datum))
    return made


def _read_points(path: Path, entry: Mapping[str, Any], tally: Tally) -> tuple[pd.DataFrame, FileRecord]:
    """The rows of a list as they stand, with ``lon``, ``lat`` and the number that a spreadsheet gives the row."""
    if path.suffix.lower() not in (*TEXT_TABLES, *SPREADSHEETS):
        layer = read_layer(path)
        degrees = layer.frame.to_crs("EPSG:4326")
        point = degrees.geometry.representative_point()
        attributes = pd.DataFrame(degrees.drop(columns=degrees.geometry.name))
        ours = our_columns(attributes, path.name, entry, points=False)
        frame = ours.frame.assign(lon=point.x, lat=point.y)
        frame[ROW] = np.arange(len(frame)) + 1
        record = layer.record("facilities")
    else:
        known = [*column_synonyms(), *map(str, entry.get("columns", {}).values())]
        sheet = read_sheet(path, sheet=entry.get("sheet"), header_row=entry.get("header_row"), known=known)
        tally.findings += sheet.notes
        ours = our_columns(sheet.frame, path.name, entry)
        frame = ours.frame.assign(**{ROW: ours.frame.index.to_numpy()}).reset_index(drop=True)
        record = replace(sheet.record("facilities"), crs=str(entry.get("datum", "wgs84")))
    tally.findings += ours.findings
    missing = [column for column in ("name", "lon", "lat") if column not in frame]
    if missing:
        raise PackError(
            f"{path.name}: column(s) {', '.join(missing)} are missing; found "
            f"{', '.join(str(column)[:40] for column in frame.columns[:40] if column != ROW)}; name them so, "
            'with commas between, or say which they are: columns = { lon = "X" } in city.toml'
        )
    for column in (c for c in _TEXT if c in frame):
        # A text table's cells are text already; asking each of 100,000 takes longer than reading them.
        frame[column] = (
            frame[column].astype(object).where(frame[column].notna(), "")
            if isinstance(frame[column].dtype, pd.StringDtype)
            else frame[column].map(cell_text)
        )
    return frame, ours.described(record)


def cell_text(cell: Any) -> str:
    """A cell as text; ``""`` where there is nothing in it."""
    return "" if bool(pd.isna(cell)) else str(cell)


def on_globe(frame: pd.DataFrame) -> pd.Series:
    """Which rows have a longitude and latitude that are degrees."""
    lon, lat = (pd.to_numeric(frame[column], errors="coerce") for column in ("lon", "lat"))
    return lon.between(-180, 180) & lat.between(-90, 90)


def _services(frame: pd.DataFrame, entry: Mapping[str, Any], tally: Tally) -> list[tuple[str, ...]]:
    if "services" not in frame:
        if "service" not in entry:
            raise PackError(
                f'{tally.file}: say which service it lists: service = "meal_point" in city.toml, or a column services'
            )
        return [(str(entry["service"]),)] * len(frame)
    offered, told = services_in(frame["services"], frame[ROW], tally.file)
    tally.findings += told
    return offered
