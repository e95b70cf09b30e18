"""Read facility lists and community layers of a pack into core frames, with every loss counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from circle15.catalog import services as known_services
from circle15.catalog import text
from circle15.errors import PackError
from circle15.model.places import PEOPLE
from circle15.model.provenance import Finding

__all__ = ["finding", "read_communities", "read_facilities", "read_layer"]

_GEO_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".parquet")
_NUMERIC = ("capacity", "floor_area_m2", "households")


def finding(code: str, severity: Any, *, examples: Sequence[object] = (), **values: Any) -> Finding:
    """A finding whose message and remedy stand in ``text.toml`` under ``finding_<code>``."""
    where = {key: values.pop(key) for key in ("count", "file", "row", "column", "value") if key in values}
    key = "finding_" + code.replace("-", "_")
    spoken = {**where, **values}
    return Finding(
        code=code,
        severity=severity,
        message_zh=text(key, "zh", **spoken),
        message_en=text(key, "en", **spoken),
        remedy_zh=text(key, "remedy_zh", **spoken),
        remedy_en=text(key, "remedy_en", **spoken),
        examples=tuple(str(example) for example in list(examples)[:5]),
        **where,
    )


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
            # Some tools leave rings open by one vertex; closing them is what every reader but GEOS does.
            pyogrio.set_gdal_config_options({"OGR_GEOMETRY_ACCEPT_UNCLOSED_RING": "YES"})
            frame = gpd.read_file(path, on_invalid="fix")
    except Exception as error:
        raise PackError(f"{path.name}: the layer cannot be read ({error}); open it in QGIS and save it again") from error
    if frame.crs is None:
        raise PackError(f"{path.name}: the layer does not say in which reference system its coordinates are; save it with one")
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
        raise PackError(f"{path.name}: datum {datum!r} cannot be converted yet; give WGS 84 degrees and datum = \"wgs84\"")
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
            raise PackError(f"{path.name}: say which service it lists: service = \"meal_point\" in city.toml, or a column services")
        return [(str(entry["service"]),)] * len(frame)
    offered = frame["services"].map(lambda cell: tuple(dict.fromkeys(filter(None, map(str.strip, str(cell).split(";"))))))
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
        Our name -> the file's column, or a list of columns to add up.

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
        named = [theirs] if isinstance(theirs, str) else list(theirs)
        absent = [column for column in named if column not in layer]
        if absent:
            raise PackError(f"{path.name}: columns = {{ {ours} = ... }} names {absent}, which the file does not have")
        layer[ours] = layer[named[0]] if len(named) == 1 else layer[named].apply(pd.to_numeric, errors="coerce").sum(axis=1)
    missing = [column for column in ("community_id", "name", "population") if column not in layer]
    if missing:
        raise PackError(f"{path.name}: column(s) {', '.join(missing)} are missing; name them under [communities.columns]")
    findings: list[Finding] = []
    if "pop_60plus" not in layer:
        raise PackError(f"{path.name}: column pop_60plus (people aged 60 and over) is missing; name it under [communities.columns]")
    for column in [c for c in layer.columns if c in PEOPLE or str(c).startswith("pop_")]:
        numbers = pd.to_numeric(layer[column], errors="coerce")
        bad = ~(np.isfinite(numbers) & (numbers >= 0))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise PackError(
                f"{path.name}: row {row + 1}, column {column!r}, value {layer[column].iloc[row]!r} is no number of people "
                f"({int(bad.sum())} such rows); give zero or more"
            )
        layer[column] = numbers.astype(float)
    layer["community_id"] = layer["community_id"].astype(str)
    broken = ~layer.geometry.is_valid
    if broken.any():
        layer.loc[broken, layer.geometry.name] = shapely.make_valid(layer.geometry[broken].to_numpy(), method="structure")
        examples = layer.loc[broken, "community_id"]
        findings.append(finding("community-mended", "warning", count=int(broken.sum()), file=path.name, examples=examples))
    if layer.geometry.name != "geometry":
        layer = layer.rename_geometry("geometry")
    return layer.set_index("community_id"), findings
