"""Read facility lists and community layers of a pack into core frames, with every loss counted."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.catalog import finding
from circle15.catalog import services as known_services
from circle15.errors import PackError
from circle15.model.places import PEOPLE
from circle15.model.provenance import Finding

__all__ = ["read_communities", "read_facilities", "read_layer"]

_GEO_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".parquet")
_NEEDED = {
    "community_id": "a unique id",
    "name": "what people call it",
    "population": "residents",
    "pop_60plus": "residents aged 60 and over",
}
_NUMERIC = ("capacity", "floor_area_m2", "households")


def read_layer(path: Path) -> gpd.GeoDataFrame:
    """Read a vector layer; the first one of a file with several.

    Raises
    ------
    PackError
        If it cannot be read or says nothing of its reference system.
    """
    if path.suffix.lower() not in _GEO_SUFFIXES:
        raise PackError(f"{path.name}: not a layer that can be read; give one of {', '.join(_GEO_SUFFIXES)}")
    try:
        if path.suffix.lower() == ".parquet":
            frame = gpd.read_parquet(path)
        else:
            with warnings.catch_warnings():
                # Some tools leave rings open by one vertex; they are closed here, as every GIS does.
                warnings.filterwarnings("ignore", "Non closed ring detected", RuntimeWarning)
                frame = gpd.read_file(path, on_invalid="fix")
    except Exception as error:
        raise PackError(
            f"{path.name}: the layer cannot be read ({error}); open it in QGIS and save it again"
        ) from error
    if frame.crs is None:
        raise PackError(
            f"{path.name}: the layer does not say in which reference system its coordinates are; save it with one"
        )
    return frame


def read_facilities(path: Path, entry: Mapping[str, Any]) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Read a facility list: CSV with ``lon`` and ``lat`` (UTF-8), or a point layer.

    Parameters
    ----------
    path
        The file.
    entry
        Its ``[[facilities]]`` table: ``service`` for a list of one service, else a ``services`` column
        with keys joined by ``;``.

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
    frame = _read_points(path, entry)
    frame["row"] = np.arange(len(frame)) + 2
    findings: list[Finding] = []
    frame = _drop(frame, ~_on_globe(frame), "facility-without-point", path, findings, ("lon", "lat"))
    frame["services"] = _services(frame, path, entry, findings)
    frame = _drop(frame, frame["services"].str.len() == 0, "facility-without-service", path, findings, ())
    if "facility_id" not in frame:
        frame["facility_id"] = [f"{path.stem}-{row}" for row in frame["row"]]
    frame = _drop(frame, frame["facility_id"].duplicated(), "facility-id-twice", path, findings, ("facility_id",))
    points = gpd.GeoDataFrame(
        frame.drop(columns=["lon", "lat", "row"]),
        geometry=gpd.points_from_xy(frame["lon"], frame["lat"]),
        crs="EPSG:4326",
    )
    return points.set_index("facility_id"), findings


def _read_points(path: Path, entry: Mapping[str, Any]) -> pd.DataFrame:
    datum = str(entry.get("datum", "wgs84")).lower()
    if path.suffix.lower() != ".csv":
        layer = read_layer(path).to_crs("EPSG:4326")
        point = layer.geometry.representative_point()
        frame = pd.DataFrame(layer.drop(columns=layer.geometry.name)).assign(lon=point.x, lat=point.y)
    elif datum != "wgs84":
        raise PackError(
            f'{path.name}: datum {datum!r} cannot be converted yet; give WGS 84 degrees and datum = "wgs84"'
        )
    else:
        try:
            # keep_default_na: a shop called "NA" or "None" has a name.
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise PackError(f"{path.name}: not a CSV file in UTF-8 ({error}); save it as 'CSV UTF-8'") from error
    frame.columns = [str(column).strip() for column in frame.columns]
    missing = [column for column in ("name", "lon", "lat") if column not in frame]
    if missing:
        raise PackError(
            f"{path.name}: column(s) {', '.join(missing)} are missing; found {', '.join(map(str, frame.columns))}"
        )
    for column in ("lon", "lat", *(c for c in _NUMERIC if c in frame)):
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    return frame


def _on_globe(frame: pd.DataFrame) -> pd.Series:
    return frame["lon"].between(-180, 180) & frame["lat"].between(-90, 90)


def _services(
    frame: pd.DataFrame, path: Path, entry: Mapping[str, Any], findings: list[Finding]
) -> list[tuple[str, ...]]:
    if "services" not in frame:
        if "service" not in entry:
            raise PackError(
                f'{path.name}: say which service it lists: service = "meal_point" in city.toml, or a column services'
            )
        return [(str(entry["service"]),)] * len(frame)
    offered = frame["services"].map(
        lambda cell: tuple(dict.fromkeys(filter(None, map(str.strip, str(cell).split(";")))))
    )
    known = set(known_services())
    strange = offered.map(lambda row: [service for service in row if service not in known])
    for row, unknown in zip(frame["row"], strange, strict=True):
        if unknown:
            findings.append(
                finding(
                    "unknown-service", "warning", file=path.name, row=int(row), column="services",
                    value=";".join(unknown), known=", ".join(known),
                )
            )  # fmt: skip
    return [tuple(service for service in row if service in known) for row in offered]


def _drop(
    frame: pd.DataFrame, bad: pd.Series, code: str, path: Path, findings: list[Finding], columns: Sequence[str]
) -> pd.DataFrame:
    """Leave the bad rows out, and say where the first one stands."""
    if not bad.any():
        return frame
    lost = frame[bad]
    value = ", ".join(str(lost.iloc[0][column]) for column in columns)
    findings.append(
        finding(
            code, "warning", count=len(lost), file=path.name, row=int(lost.iloc[0]["row"]),
            column=", ".join(columns), value=value, examples=[f"row {row}" for row in lost["row"]],
        )
    )  # fmt: skip
    return frame[~bad].copy()


def read_communities(path: Path, columns: Mapping[str, Any]) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Read community polygons with people.

    Parameters
    ----------
    path
        A polygon layer.
    columns
        Our name -> the file's column; or a list of columns to add up; or ``{of = "column", share = 0.2}``.

    Returns
    -------
    (geopandas.GeoDataFrame, list of Finding)
        On ``community_id``, in the file's reference system.

    Raises
    ------
    PackError
        If the id, the name or a people column cannot be found, or people are negative or missing.
    """
    layer = read_layer(path)
    for ours, theirs in columns.items():
        layer[ours] = _mapped(layer, path, ours, theirs)
    for column, meaning in _NEEDED.items():
        if column not in layer:
            raise PackError(
                f"{path.name}: column {column} ({meaning}) is missing; name the file's own under [communities.columns]; "
                f"it has {', '.join(str(c) for c in layer.columns if c != layer.geometry.name)}"
            )
    for column in [c for c in layer.columns if c in PEOPLE or str(c).startswith("pop_")]:
        layer[column] = _people(layer[column], path)
    layer["community_id"], layer["name"] = layer["community_id"].astype(str), layer["name"].astype(str)
    findings: list[Finding] = []
    broken = ~layer.geometry.is_valid
    if broken.any():
        crossed = layer.geometry[broken].to_numpy()
        layer.loc[broken, layer.geometry.name] = shapely.make_valid(crossed, method="structure")
        ids = layer.loc[broken, "community_id"]
        findings.append(finding("community-mended", "warning", count=int(broken.sum()), file=path.name, examples=ids))
    if layer.geometry.name != "geometry":
        layer = layer.rename_geometry("geometry")
    return layer.set_index("community_id"), findings


def _mapped(layer: gpd.GeoDataFrame, path: Path, ours: str, theirs: Any) -> pd.Series:
    """One of our columns, from one of the file's, from a sum of several, or as a share of one."""
    share = theirs.get("share") if isinstance(theirs, Mapping) else None
    source = theirs.get("of") if isinstance(theirs, Mapping) else theirs
    named = [source] if isinstance(source, str) else list(source or [])
    absent = [column for column in named if column not in layer]
    if absent or not named:
        raise PackError(
            f"{path.name}: [communities.columns] {ours} names {', '.join(map(repr, absent)) or 'no column'}; "
            f"the file has {', '.join(str(c) for c in layer.columns)}"
        )
    if len(named) == 1 and share is None:
        return layer[named[0]]
    whole = layer[named].apply(pd.to_numeric, errors="coerce").sum(axis=1, skipna=False)
    return whole if share is None else whole * float(share)


def _people(column: pd.Series, path: Path) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    bad = ~(np.isfinite(numbers) & (numbers >= 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise PackError(
            f"{path.name}: row {row + 1}, column {column.name!r}, value {column.iloc[row]!r} is no number of people "
            f"({int(bad.sum())} such rows); give zero or more"
        )
    return numbers
