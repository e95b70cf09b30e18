"""What a layer's file is by its content, before any driver opens it: nothing is followed, nothing is run.

GDAL asks the content, not the name, which driver to take: a ``.geojson`` that holds a virtual dataset
opens other files or the web, a ``crs`` member may be a link that is fetched, and a GeoPackage is a
database that may hold views. So each file is looked at first.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet
import pyproj

from circle15.catalog import advice, hint, refusal
from circle15.errors import Circle15Error, InputError

__all__ = [
    "LAYER_FILES",
    "GeoJson",
    "LayerLimits",
    "broken_layer",
    "check_file",
    "geopackage_layer",
    "look_into_geojson",
    "look_into_parquet",
    "named_crs",
]

LAYER_FILES = (".geojson", ".json", ".gpkg", ".shp", ".parquet")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/|[/\\]*vsi[a-z0-9_]+[/\\]", re.IGNORECASE)
_BEGINS = {".gpkg": (b"SQLite format 3\0", "GeoPackage"), ".shp": (b"\x00\x00\x27\x0a", "shapefile"),
           ".parquet": (b"PAR1", "Parquet")}  # fmt: skip
_GEOMETRIES = {
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
}  # fmt: skip
_CRS_NAME = re.compile(r"(urn:(ogc|x-ogc):def:crs:)?[A-Za-z]+:[0-9.]*:?[A-Za-z0-9]+", re.IGNORECASE)
_NO_PLAIN_TABLE = re.compile(r"^\s*CREATE\s+VIRTUAL|\bAS\s*\(", re.IGNORECASE)  # or with columns that are computed
_STEPS = 20_000_000
"""Instructions that a question to a GeoPackage's own tables may take; honest files need thousands."""


@dataclass(frozen=True, kw_only=True)
class LayerLimits:
    """How much of a layer is read; beyond it the file is refused.

    Attributes
    ----------
    file_bytes
        Of the file, for a shapefile of all its parts.
    features, columns, vertices
        Of the layer; ``cell_bytes`` is the most that one cell of a Parquet file may hold.
    """

    file_bytes: int = 500_000_000
    features: int = 2_000_000
    columns: int = 2_000
    vertices: int = 50_000_000
    cell_bytes: int = 50_000_000

    def check(self, file: str, key: str, count: int) -> None:
        """Refuse what is beyond a limit.

        Raises
        ------
        PackError
            With the count and the limit.
        """
        most = getattr(self, key)
        if count > most:
            if key.endswith("_bytes"):
                size, limit = f"{count / 1e6:,.1f} MB", f"{most / 1e6:,.1f} MB"
                raise refusal("layer_size", file=file, size=size, most=limit)
            raise refusal("layer_size", file=file, size=hint(f"size_{key}", count=count), most=f"{most:,}")


def broken_layer(file: str, why: object) -> Circle15Error:
    """The error for a layer that its driver cannot read."""
    words = why if isinstance(why, tuple) else " ".join(str(why).split())[:300]
    return refusal("layer_broken", file=file, why=words)


def check_file(path: Path, limits: LayerLimits) -> None:
    """Refuse addresses, unknown kinds, what is not there, too large, empty, or another kind by its content.

    Raises
    ------
    PackError
        Whichever it is.
    """
    if _ADDRESS.match(str(path)):
        raise refusal("layer_address", file=str(path)[:200])
    suffix = path.suffix.lower()
    if suffix not in LAYER_FILES:
        raise refusal("layer_kind", file=path.name, advice=advice(suffix), known=", ".join(LAYER_FILES))
    try:
        limits.check(path.name, "file_bytes", path.stat().st_size)
        with path.open("rb") as stream:
            begins = stream.read(16)
    except OSError as error:
        raise refusal("layer_missing", file=path.name, why=error.strerror) from error
    if not begins:
        raise refusal("layer_empty_file", file=path.name)
    mark, kind = _BEGINS.get(suffix, (b"", ""))
    if not begins.startswith(mark):
        raise refusal("layer_content", file=path.name, kind=kind)


def named_crs(file: str, name: str, *, code: str = "layer_crs_unknown") -> pyproj.CRS:
    """The reference system of a code such as ``EPSG:4549`` or ``urn:ogc:def:crs:EPSG::4549``.

    Raises
    ------
    PackError
        If it is not known; only codes are understood, no file, address or pipeline.
    """
    try:
        if _CRS_NAME.fullmatch(name.strip()):
            return pyproj.CRS.from_user_input(name.strip())
    except pyproj.exceptions.CRSError:
        pass
    raise refusal(code, file=file, crs=name[:80])


# -- GeoJSON ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class GeoJson:
    """What a GeoJSON file says of itself: its system, if it names one, and objects that hold a key twice."""

    crs: pyproj.CRS | None
    unknown_crs: bool
    twice: int


def look_into_geojson(path: Path) -> GeoJson:
    """Parse a GeoJSON file for what its driver would pass over in silence.

    Raises
    ------
    PackError
        If it is no JSON in UTF-8, no GeoJSON, has features that are none, or a ``crs`` that is not understood.
    """
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refusal("geojson_text", file=path.name, place=error.start) from error
    twice = 0

    def lean(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """An object without what takes room: coordinates and properties are the driver's."""
        nonlocal twice
        made = dict(pairs)
        twice += len(made) < len(pairs)
        if made.get("type") in _GEOMETRIES:
            return {"type": made["type"]}
        return {"type": "Feature"} if made.get("type") == "Feature" and "crs" not in made else made

    try:
        document = json.loads(text, object_pairs_hook=lean)
    except json.JSONDecodeError as error:
        raise refusal("geojson_json", file=path.name, line=error.lineno, why=error.msg) from error
    except (RecursionError, ValueError) as error:
        raise broken_layer(path.name, hint("json_deep")) from error
    kind = document.get("type") if isinstance(document, dict) else None
    features = document.get("features") if kind == "FeatureCollection" else []
    if not (kind in _GEOMETRIES or kind in {"Feature", "FeatureCollection"}) or not isinstance(features, list):
        raise refusal("layer_content", file=path.name, kind="GeoJSON")
    odd = [
        row
        for row, feature in enumerate(features, 1)
        if not (isinstance(feature, dict) and feature.get("type") == "Feature")
    ]
    if odd:
        raise refusal("geojson_feature", file=path.name, row=odd[0], count=len(odd))
    return GeoJson(
        crs=_crs_member(path.name, document), unknown_crs="crs" in document and document["crs"] is None, twice=twice
    )


def _crs_member(file: str, content: dict[str, Any]) -> pyproj.CRS | None:
    member = content.get("crs")
    if member is None:
        return None
    named = member.get("properties") if isinstance(member, dict) and member.get("type") == "name" else None
    name = named.get("name") if isinstance(named, dict) else None
    if not isinstance(name, str):
        raise refusal("geojson_crs", file=file, crs=json.dumps(member, ensure_ascii=False)[:80])
    return named_crs(file, name, code="geojson_crs")


# -- GeoPackage ------------------------------------------------------------------------------------


def geopackage_layer(path: Path, wanted: str, *, key: str = "layer") -> str:
    """Name of the layer to read: the one that is wanted, else the only one with shapes.

    The database is asked read-only, and only its own tables: a view could run for ever.

    Raises
    ------
    PackError
        If it is no GeoPackage, has no layer or several, or the one that is wanted is not there.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
            base.set_progress_handler(lambda: 1, _STEPS)
            base.text_factory = lambda raw: raw.decode("utf-8", "replace")
            ordinary = {
                str(name).lower()
                for name, sql in base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
                if not _NO_PLAIN_TABLE.search(str(sql))
            }
            if "gpkg_contents" not in ordinary:
                raise refusal("layer_content", file=path.name, kind="GeoPackage")
            listed = base.execute("SELECT table_name, data_type FROM gpkg_contents").fetchall()
    except sqlite3.Error as error:
        raise broken_layer(path.name, error) from error
    spatial = [str(name) for name, kind in listed if kind == "features"]
    tables = [str(name) for name, kind in listed if kind != "features"]
    chosen = _one_of(path.name, spatial, tables, wanted, key)
    for name in (chosen, "gpkg_geometry_columns", "gpkg_spatial_ref_sys"):
        if name.lower() not in ordinary:
            raise refusal("layer_view", file=path.name, name=name)
    return chosen


def _one_of(file: str, spatial: Sequence[str], tables: Sequence[str], wanted: str, key: str) -> str:
    names = ", ".join(spatial)[:300]
    if wanted and wanted in spatial:
        return wanted
    if not spatial:
        raise refusal("layer_tables_only" if tables else "layer_none", file=file, names=", ".join(tables)[:300])
    if wanted:
        raise refusal("layer_name", file=file, name=wanted[:80], names=names)
    if len(spatial) > 1:
        raise refusal("layer_many", file=file, count=len(spatial), names=names, key=key, first=spatial[0])
    return spatial[0]


# -- Parquet ---------------------------------------------------------------------------------------


def look_into_parquet(path: Path, limits: LayerLimits) -> bool:
    """Whether a Parquet file says that it has geometry; its size is judged by its footer, before it is read.

    Raises
    ------
    PackError
        If it is broken, or beyond the limits.
    """
    try:
        with pyarrow.parquet.ParquetFile(path) as opened:
            footer = opened.metadata
            described = footer.metadata or {}
            for key, count in (
                ("features", footer.num_rows),
                ("columns", footer.num_columns),
                ("file_bytes", sum(footer.row_group(k).total_byte_size for k in range(footer.num_row_groups))),
            ):
                limits.check(path.name, key, count)
            texts = [field.name for field in opened.schema_arrow if _is_long(field.type)]
        _check_texts(path, texts, limits)
    except (OSError, ValueError) as error:  # Arrow's own errors are both
        if isinstance(error, InputError):
            raise
        raise broken_layer(path.name, error) from error
    return b"geo" in described


def _is_long(kind: Any) -> bool:
    types = pa.types
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind)
    )


def _check_texts(path: Path, columns: Sequence[str], limits: LayerLimits) -> None:
    """A text that stands in the file once may be that of a million rows: their sum is taken before they are made."""
    total = 0
    with pyarrow.parquet.ParquetFile(path, read_dictionary=list(columns)) as opened:
        for batch in opened.iter_batches(columns=list(columns)) if columns else ():
            for column in batch.columns:
                if not pa.types.is_dictionary(column.type) or not len(column.dictionary):
                    continue
                sizes = pyarrow.compute.binary_length(column.dictionary)
                limits.check(path.name, "cell_bytes", pyarrow.compute.max(sizes).as_py() or 0)
                total += pyarrow.compute.sum(sizes.take(column.indices)).as_py() or 0
                limits.check(path.name, "file_bytes", total)
