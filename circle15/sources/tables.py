"""Read facility lists and community layers of a pack into core frames, with every loss counted."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from circle15.catalog import column_synonyms, finding
from circle15.errors import CrsError, PackError
from circle15.model.places import PEOPLE
from circle15.model.provenance import Finding, Severity
from circle15.sources.datum import DATUMS, to_wgs84
from circle15.sources.facility_columns import our_columns, services_in
from circle15.sources.people_table import join_people
from circle15.sources.sheets import SPREADSHEETS, TEXT_TABLES, read_sheet

__all__ = ["read_communities", "read_facilities", "read_layer"]

_GEO_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".parquet")
_NEEDED = {
    "community_id": "a unique id",
    "name": "what people call it",
    "population": "residents",
    "pop_60plus": "residents aged 60 and over",
}
_NUMERIC = ("capacity", "floor_area_m2")
_TEXT = ("facility_id", "name", "services")
_ROW = "__row__"
_POLYGONS = ("Polygon", "MultiPolygon")


def read_layer(path: Path) -> gpd.GeoDataFrame:
    """Read a vector layer from a file that holds one.

    Raises
    ------
    PackError
        If it cannot be read, holds several layers, or does not fit the reference system that it names.
    """
    if path.suffix.lower() not in _GEO_SUFFIXES:
        raise PackError(f"{path.name}: not a layer that can be read; give one of {', '.join(_GEO_SUFFIXES)}")
    try:
        frame = _read_vector(path)
    except PackError:
        raise
    except (OSError, RuntimeError, ValueError, shapely.errors.ShapelyError) as error:  # GDAL, Arrow, PROJ, GEOS
        raise PackError(
            f"{path.name}: the layer cannot be read ({error}); open it in QGIS and save it again"
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        raise PackError(
            f"{path.name}: the layer does not say in which reference system its coordinates are; save it with one"
        )
    if frame.crs.is_geographic:
        _check_degrees(path, frame)
    return frame


def _read_vector(path: Path) -> Any:
    if path.suffix.lower() == ".parquet":
        return gpd.read_parquet(path)
    layers = [name for name, kind in pyogrio.list_layers(path) if kind is not None]
    if len(layers) > 1:
        raise PackError(
            f"{path.name}: holds {len(layers)} layers ({', '.join(map(str, layers))}); save the one you mean as a file "
            "of its own"
        )
    with warnings.catch_warnings():
        # Some tools leave rings open by one vertex; they are closed here, as every GIS does.
        warnings.filterwarnings("ignore", "Non closed ring detected", RuntimeWarning)
        # A column of numbers and words stays text; whoever needs numbers there says which row has none.
        warnings.filterwarnings("ignore", "Could not parse column", UserWarning)
        return gpd.read_file(path, on_invalid="fix", **({"layer": layers[0]} if layers else {}))


def _check_degrees(path: Path, frame: gpd.GeoDataFrame) -> None:
    """GeoJSON without a word on its system counts as degrees, whatever its numbers are."""
    west, south, east, north = frame.geometry.bounds.to_numpy().T
    off = np.maximum(np.maximum(np.abs(west), np.abs(east)) / 180, np.maximum(np.abs(south), np.abs(north)) / 90) > 1
    if off.any():
        row = int(np.flatnonzero(off)[0])
        raise PackError(
            f"{path.name}: row {row + 1}, coordinates {west[row]:.10g}, {south[row]:.10g} are no degrees "
            f"({int(off.sum())} such rows); are they metres without a stated system, or are x and y swapped?"
        )


def read_facilities(path: Path, entry: Mapping[str, Any]) -> tuple[gpd.GeoDataFrame, list[Finding]]:
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
    (geopandas.GeoDataFrame, list of Finding)
        WGS 84 points on ``facility_id`` with ``name`` and ``services`` (tuples); rows that could not
        be used are told one by one, up to five per reason, with counts.

    Raises
    ------
    PackError
        If a needed column is missing or the datum is not one that is understood.
    """
    findings: list[Finding] = []
    frame = _read_points(path, entry, findings)
    frame = _converted(frame, path, str(entry.get("datum", "wgs84")), findings)
    frame = _drop(frame, ~_on_globe(frame), "facility-without-point", path, findings, ("lon", "lat"))
    frame["services"] = pd.Series(_services(frame, path, entry, findings), index=frame.index, dtype=object)
    frame = _drop(frame, frame["services"].map(len) == 0, "facility-without-service", path, findings, ("name",))
    made = pd.Series([f"{path.stem}-{row}" for row in frame[_ROW]], index=frame.index, dtype=object)
    given = frame["facility_id"].str.strip() if "facility_id" in frame else made
    frame["facility_id"] = given.where(given != "", made)
    frame = _drop(frame, frame["facility_id"].duplicated(), "facility-id-twice", path, findings, ("facility_id",))
    nameless = frame["name"].str.strip() == ""
    _tell(frame[nameless], "facility-without-name", "note", path, findings, ("name",))
    frame["name"] = frame["name"].where(~nameless, frame["facility_id"])
    for column in (c for c in _NUMERIC if c in frame):
        frame[column] = _numbers(frame, column, path, findings)
    points = gpd.GeoDataFrame(
        frame.drop(columns=["lon", "lat", _ROW]),
        geometry=gpd.points_from_xy(pd.to_numeric(frame["lon"]), pd.to_numeric(frame["lat"])),
        crs="EPSG:4326",
    )
    return points.set_index("facility_id"), findings


def _converted(frame: pd.DataFrame, path: Path, datum: str, findings: list[Finding]) -> pd.DataFrame:
    """Bring ``lon`` and ``lat`` from the declared datum to WGS 84, and say so; what is no number stays as it is."""
    if datum.lower() == "wgs84":
        return frame
    lon, lat = (pd.to_numeric(frame[column], errors="coerce").astype(float) for column in ("lon", "lat"))
    usable = np.isfinite(lon) & np.isfinite(lat)
    if datum.lower() in DATUMS:
        usable &= np.asarray(_on_globe(frame), dtype=bool)
    try:
        east, north = to_wgs84(lon[usable], lat[usable], datum=datum)
    except CrsError as error:
        raise PackError(f"{path.name}: {error}") from error
    made = frame.astype({"lon": object, "lat": object})
    made.loc[usable, "lon"], made.loc[usable, "lat"] = east, north
    findings.append(finding("datum-converted", "note", count=int(usable.sum()), file=path.name, datum=datum))
    return made


def _read_points(path: Path, entry: Mapping[str, Any], findings: list[Finding]) -> pd.DataFrame:
    """The rows of a list as they stand, with ``lon``, ``lat`` and the number that a spreadsheet gives the row."""
    if path.suffix.lower() not in (*TEXT_TABLES, *SPREADSHEETS):
        layer = read_layer(path).to_crs("EPSG:4326")
        point = layer.geometry.representative_point()
        attributes = pd.DataFrame(layer.drop(columns=layer.geometry.name))
        frame, told = our_columns(attributes, path.name, entry, points=False)
        findings += told
        frame = frame.assign(lon=point.x, lat=point.y)
        frame[_ROW] = np.arange(len(frame)) + 1
    else:
        frame = _read_table(path, entry, findings)
    missing = [column for column in ("name", "lon", "lat") if column not in frame]
    if missing:
        raise PackError(
            f"{path.name}: column(s) {', '.join(missing)} are missing; found "
            f"{', '.join(str(column)[:40] for column in frame.columns[:40] if column != _ROW)}; name them so, "
            'with commas between, or say which they are: columns = { lon = "X" } in city.toml'
        )
    for column in (c for c in _TEXT if c in frame):
        frame[column] = frame[column].map(_cell_text)
    return frame


def _cell_text(cell: Any) -> str:
    return "" if bool(pd.isna(cell)) else str(cell)


def _read_table(path: Path, entry: Mapping[str, Any], findings: list[Finding]) -> pd.DataFrame:
    """A sheet with our columns, numbered as the spreadsheet does."""
    known = [*column_synonyms(), *map(str, entry.get("columns", {}).values())]
    sheet = read_sheet(path, sheet=entry.get("sheet"), header_row=entry.get("header_row"), known=known)
    frame, told = our_columns(sheet.frame, path.name, entry)
    findings += [*sheet.notes, *told]
    return frame.assign(**{_ROW: frame.index.to_numpy()}).reset_index(drop=True)


def _on_globe(frame: pd.DataFrame) -> pd.Series:
    lon, lat = (pd.to_numeric(frame[column], errors="coerce") for column in ("lon", "lat"))
    return lon.between(-180, 180) & lat.between(-90, 90)


def _numbers(frame: pd.DataFrame, column: str, path: Path, findings: list[Finding]) -> pd.Series:
    """A column of numbers, zero or more; NaN where the cell is empty, or says something else, which is told."""
    numbers = pd.to_numeric(frame[column], errors="coerce").astype(float)
    usable = np.isfinite(numbers) & (numbers >= 0)
    empty = frame[column].isna() | (frame[column].astype(str).str.strip() == "")
    _tell(frame[~usable & ~empty], "facility-bad-number", "warning", path, findings, (column,))
    return numbers.where(usable)


def _services(
    frame: pd.DataFrame, path: Path, entry: Mapping[str, Any], findings: list[Finding]
) -> list[tuple[str, ...]]:
    if "services" not in frame:
        if "service" not in entry:
            raise PackError(
                f'{path.name}: say which service it lists: service = "meal_point" in city.toml, or a column services'
            )
        return [(str(entry["service"]),)] * len(frame)
    offered, told = services_in(frame["services"], frame[_ROW], path.name)
    findings += told
    return offered


def _tell(
    rows: pd.DataFrame, code: str, severity: Severity, path: Path, findings: list[Finding], columns: Sequence[str]
) -> None:
    """Say how many rows there are and where the first one stands."""
    if len(rows) == 0:
        return
    first = rows.iloc[0]
    findings.append(
        finding(
            code, severity, count=len(rows), file=path.name, row=int(first[_ROW]), column=", ".join(columns),
            value=", ".join(str(first[column]) for column in columns), examples=[f"row {row}" for row in rows[_ROW]],
        )
    )  # fmt: skip


def _drop(
    frame: pd.DataFrame, bad: pd.Series, code: str, path: Path, findings: list[Finding], columns: Sequence[str]
) -> pd.DataFrame:
    """Leave the bad rows out, and tell of them."""
    _tell(frame[bad], code, "warning", path, findings, columns)
    return frame[~bad].copy()


def read_communities(
    path: Path, columns: Mapping[str, Any], people: tuple[Path, Mapping[str, Any]] | None = None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Read community polygons with people.

    Parameters
    ----------
    path
        A polygon layer.
    columns
        Our name -> the file's column; or a list of columns to add up; or ``{of = "column", share = 0.2}``.
    people
        A table with the people, and its ``[communities.people]``.

    Returns
    -------
    (geopandas.GeoDataFrame, list of Finding)
        On ``community_id``, in the file's reference system.

    Raises
    ------
    PackError
        If the id, the name or a people column cannot be found; if a row has no polygon, no id or one that
        another row has too; if people are negative or missing.
    """
    layer = read_layer(path)
    layer = layer.assign(**{ours: _mapped(layer, path, ours, theirs) for ours, theirs in columns.items()})
    findings: list[Finding] = []
    if people is not None:
        layer, findings = join_people(layer, path.name, *people)
    for column, meaning in _NEEDED.items():
        if column not in layer:
            raise PackError(
                f"{path.name}: column {column} ({meaning}) is missing; name the file's own under "
                f"[communities.columns]; it has {', '.join(str(c) for c in layer.columns if c != layer.geometry.name)}"
            )
    if layer.empty:
        raise PackError(f"{path.name}: there is no community in it; the layer has 0 rows")
    for column in [c for c in layer.columns if c in PEOPLE or str(c).startswith("pop_")]:
        layer[column] = _people(layer[column], path)
    if layer.geometry.name != "geometry":
        layer = layer.rename_geometry("geometry")
    layer = _with_ids(layer, path)
    layer["geometry"] = _polygons(layer, path, findings)
    elders = layer["pop_60plus"] > layer["population"]
    if elders.any():
        row = int(np.flatnonzero(elders)[0])
        told = f"{layer['pop_60plus'].iloc[row]:g} > {layer['population'].iloc[row]:g}"
        findings.append(
            finding(
                "community-elders", "warning", count=int(elders.sum()), file=path.name, row=row + 1,
                column="pop_60plus", value=told, examples=layer.loc[elders, "community_id"],
            )
        )  # fmt: skip
    return layer.set_index("community_id"), findings


def _with_ids(layer: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Ids and names as text; every id once."""
    ids = layer["community_id"].map(_cell_text).str.strip()
    for bad, what in ((ids == "", "is empty"), (ids.duplicated(), "stands in an earlier row too")):
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise PackError(
                f"{path.name}: row {row + 1}, column 'community_id', value {ids.iloc[row]!r} {what} "
                f"({int(bad.sum())} such rows); give each community an id of its own"
            )
    names = layer["name"].map(_cell_text)
    return layer.assign(community_id=ids, name=names.where(names.str.strip() != "", ids))


def _polygons(layer: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> gpd.GeoSeries:
    """The outlines, mended where they cross themselves."""
    shapes = layer.geometry.copy()
    broken = ~shapes.is_valid & shapes.geom_type.isin(_POLYGONS)
    if broken.any():
        shapes[broken] = shapely.make_valid(shapes[broken].to_numpy(), method="structure")
        ids = layer.loc[broken, "community_id"]
        findings.append(finding("community-mended", "warning", count=int(broken.sum()), file=path.name, examples=ids))
    unusable = ~(shapes.geom_type.isin(_POLYGONS) & (shapely.area(shapes.to_numpy()) > 0))
    if unusable.any():
        row = int(np.flatnonzero(unusable)[0])
        found = layer.geometry.iloc[row]
        raise PackError(
            f"{path.name}: row {row + 1}, community {layer['community_id'].iloc[row]!r} has no polygon with an area "
            f"(found: {'nothing' if found is None else found.geom_type}; {int(unusable.sum())} such rows); draw its "
            "outline, or leave the row out"
        )
    return shapes


def _mapped(layer: gpd.GeoDataFrame, path: Path, ours: str, theirs: Any) -> pd.Series:
    """One of our columns, from one of the file's, from a sum of several, or as a share of one."""
    share = theirs.get("share") if isinstance(theirs, Mapping) else None
    source = theirs.get("of") if isinstance(theirs, Mapping) else theirs
    named = [source] if isinstance(source, str) else source
    if not (isinstance(named, list) and named and isinstance(share, int | float | None)):
        raise PackError(
            f"{path.name}: [communities.columns] {ours} = {theirs!r}: give a column's name, a list of names to add up, "
            'or { of = "column", share = 0.2 }'
        )
    absent = [column for column in named if column not in layer]
    if absent:
        raise PackError(
            f"{path.name}: [communities.columns] {ours} names {', '.join(map(repr, absent))}; "
            f"the file has {', '.join(str(c) for c in layer.columns)}"
        )
    if len(named) == 1 and share is None:
        return cast("pd.Series", layer[named[0]])
    whole = layer[named].apply(pd.to_numeric, errors="coerce").sum(axis=1, skipna=False)
    return cast("pd.Series", whole if share is None else whole * float(share))


def _people(column: pd.Series, path: Path) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    bad = ~(np.isfinite(numbers) & (numbers >= 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        value = column.tolist()[row]
        raise PackError(
            f"{path.name}: row {row + 1}, column {column.name!r}, value {value!r} is no number of people "
            f"({int(bad.sum())} such rows); give zero or more"
        )
    return numbers
