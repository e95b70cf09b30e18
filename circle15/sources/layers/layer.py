"""Read one vector layer from a file, in the reference system that it names."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.catalog import finding, hint, refusal
from circle15.errors import PackError
from circle15.model.metric import lonlat_bounds
from circle15.model.provenance import FileRecord, FileRole, Finding
from circle15.sources.layers.files import (
    LAYER_FILES,
    LayerLimits,
    broken_layer,
    check_file,
    geopackage_layer,
    look_into_geojson,
    look_into_parquet,
    named_crs,
)
from circle15.sources.layers.shapefiles import RAW_BYTES, decoded, open_shapefile

__all__ = ["LAYER_FILES", "Layer", "LayerLimits", "PlainTable", "read_layer", "read_plain_parquet"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """A layer as it was read: its rows, its name in the file, and the encoding of its texts where that is a choice.

    ``notes`` tell what was decided while reading, and what the file holds that is not as it should be.
    """

    frame: gpd.GeoDataFrame
    file: str
    part: str = ""
    encoding: str = ""
    notes: tuple[Finding, ...] = ()

    def record(self, role: FileRole) -> FileRecord:
        """The layer's record before anything was made of it: every row used, no column understood."""
        columns = tuple(str(column) for column in self.frame.columns if column != self.frame.geometry.name)
        return FileRecord(
            file=self.file, role=role, form=Path(self.file).suffix.lower(), part=self.part, encoding=self.encoding,
            crs=self.frame.crs.to_string() if self.frame.crs.to_epsg() else self.frame.crs.name, unknown=columns,
            rows_read=len(self.frame), rows_used=len(self.frame), bounds=lonlat_bounds(self.frame.geometry),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
    """What a driver gave, and whether it may say in which system that is."""

    frame: Any
    part: str = ""
    encoding: str = ""
    crs: pyproj.CRS | None = None
    notes: tuple[Finding, ...] = ()


def read_layer(
    path: Path,
    *,
    layer: str = "",
    encoding: str = "",
    crs: str = "",
    limits: LayerLimits | None = None,
    key: str = "layer",
) -> Layer:
    """Read a vector layer: GeoPackage, shapefile, GeoJSON or GeoParquet, in two dimensions.

    Parameters
    ----------
    path
        The file.
    layer
        Which one of a GeoPackage that holds several.
    encoding
        Of a shapefile that does not say it rightly.
    crs
        Of a file that names no reference system.
    limits
        How much is read.
    key
        Name of the key of ``city.toml`` that chooses a layer, for the messages.

    Raises
    ------
    PackError
        If it is no layer, is broken, too large, holds several layers, or does not fit the reference
        system that it names.
    """
    wanted = {key: layer, "encoding": encoding, "crs": crs}
    most = limits or LayerLimits()
    check_file(path, most)
    try:
        with np.errstate(invalid="ignore"):  # a vertex that is no number is refused below, with its row
            content = _READERS[path.suffix.lower()](path, most, wanted, key)
        frame = content.frame
        if not isinstance(frame, gpd.GeoDataFrame):
            raise refusal("layer_no_shapes", file=path.name)
        frame = _flat(frame, _system(path, content, wanted["crs"]))
        _check_finite(path, frame.geometry.to_numpy())
        most.check(path.name, "vertices", int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()))
    except PackError:
        raise
    except (OSError, RuntimeError, ValueError, shapely.errors.ShapelyError) as error:  # GDAL, Arrow, PROJ, GEOS
        raise broken_layer(path.name, error) from error
    if frame.crs.is_geographic:
        _check_degrees(path, frame, may_be_metres=path.suffix.lower() in {".geojson", ".json"})
    return Layer(frame=frame, file=path.name, part=content.part, encoding=content.encoding, notes=content.notes)


@dataclass(frozen=True, kw_only=True, eq=False)
class PlainTable:
    """A Parquet file without shapes: its cells under their headers."""

    frame: pd.DataFrame
    file: str

    def record(self, role: FileRole) -> FileRecord:
        """As :meth:`Layer.record`."""
        return FileRecord(
            file=self.file, role=role, form=".parquet", unknown=tuple(map(str, self.frame.columns)),
            rows_read=len(self.frame), rows_used=len(self.frame),
        )  # fmt: skip


def read_plain_parquet(path: Path, *, limits: LayerLimits | None = None) -> PlainTable | None:
    """The cells of a Parquet file that has no geometry; None if it has, and is a layer.

    Raises
    ------
    PackError
        If it is broken or beyond the limits.
    """
    most = limits or LayerLimits()
    check_file(path, most)
    if look_into_parquet(path, most):
        return None
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, NotImplementedError) as error:  # Arrow's errors
        raise broken_layer(path.name, error) from error
    return PlainTable(
        frame=frame.reset_index(drop=True).set_axis([str(column) for column in frame.columns], axis=1), file=path.name
    )


def _driver(path: Path, limits: LayerLimits, source: Path | bytes, *, layer: str = "", encoding: str = "") -> Any:
    """What GDAL makes of a file that has been looked into."""
    named: dict[str, Any] = {"layer": layer} if layer else {}
    with warnings.catch_warnings():
        # Some tools leave rings open by one vertex; they are closed here, as every GIS does.
        warnings.filterwarnings("ignore", "Non closed ring detected", RuntimeWarning)
        # A column of numbers and words stays text; whoever needs numbers there says which row has none.
        warnings.filterwarnings("ignore", "Could not parse column", UserWarning)
        # A point without numbers becomes an empty cell, and is counted as one.
        warnings.filterwarnings("ignore", ".*Invalid coord dimension", RuntimeWarning)
        about = pyogrio.read_info(source, force_feature_count=True, encoding=encoding or None, **named)
        limits.check(path.name, "features", int(about["features"]))
        limits.check(path.name, "columns", len(about["fields"]))
        return pyogrio.read_dataframe(source, on_invalid="fix", encoding=encoding or None, **named)


def _geojson(path: Path, limits: LayerLimits, wanted: Mapping[str, str], key: str) -> _Found:
    _one_layer_only(path, wanted, key)
    content = look_into_geojson(path)
    frame = _driver(path, limits, path)
    named = content.crs
    if named is None and not content.unknown_crs and not wanted["crs"]:
        named = pyproj.CRS("EPSG:4326")  # as the standard says of a file that says nothing
    notes = (finding("layer-keys-twice", "warning", file=path.name, count=content.twice),) if content.twice else ()
    return _Found(frame=frame, crs=named, notes=notes)


def _geopackage(path: Path, limits: LayerLimits, wanted: Mapping[str, str], key: str) -> _Found:
    name = geopackage_layer(path, wanted[key], key=key)
    frame = _driver(path, limits, path, layer=name)
    return _Found(frame=frame, part=name, crs=getattr(frame, "crs", None))


def _shapefile(path: Path, limits: LayerLimits, wanted: Mapping[str, str], key: str) -> _Found:
    _one_layer_only(path, wanted, key)
    opened = open_shapefile(path, limits, encoding=wanted["encoding"])
    if not opened.has_crs and not wanted["crs"]:
        raise refusal("shp_prj", file=path.name, part=f"{path.stem}.prj")
    frame = _driver(path, limits, opened.content, encoding=RAW_BYTES)
    if not isinstance(frame, gpd.GeoDataFrame):
        return _Found(frame=frame)
    texts, cut = decoded(pd.DataFrame(frame.drop(columns=frame.geometry.name)), path, opened)
    notes = []
    if opened.origin == "bytes":
        shown = opened.encoding.upper()
        notes.append(finding("layer-encoding", "note", file=path.name, value=shown))
    if cut:
        notes.append(finding("layer-text-cut", "note", file=path.name, count=cut))
    made = gpd.GeoDataFrame(texts, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    return _Found(frame=made, encoding=opened.encoding.upper(), crs=frame.crs, notes=tuple(notes))


def _geoparquet(path: Path, limits: LayerLimits, wanted: Mapping[str, str], key: str) -> _Found:
    _one_layer_only(path, wanted, key)
    if not look_into_parquet(path, limits):
        raise refusal("layer_no_shapes", file=path.name)
    frame = gpd.read_parquet(path)
    return _Found(frame=frame, crs=frame.crs)


_READERS = {
    ".geojson": _geojson, ".json": _geojson, ".gpkg": _geopackage, ".shp": _shapefile, ".parquet": _geoparquet,
}  # fmt: skip


def _one_layer_only(path: Path, wanted: Mapping[str, str], key: str) -> None:
    if wanted[key]:
        raise refusal("layer_one_only", file=path.name, key=key, name=wanted[key][:80])


def _system(path: Path, content: _Found, given: str) -> pyproj.CRS:
    """The layer's reference system: its own, else the one that city.toml gives."""
    crs = content.crs
    stated = named_crs(path.name, given) if given else None
    if crs is not None and stated is not None and not crs.equals(stated, ignore_axis_order=True):
        shown = crs.to_string() if crs.to_epsg() else crs.name
        raise refusal("layer_crs_twice", file=path.name, own=shown, crs=given)
    system = crs if crs is not None else stated
    if system is None or not (system.is_geographic or system.is_projected):
        raise refusal("layer_no_crs", file=path.name)
    return system


def _flat(frame: gpd.GeoDataFrame, system: pyproj.CRS) -> gpd.GeoDataFrame:
    """The layer without heights, in its system."""
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    # A plane system stays the object it is: to_2d() makes one that no longer knows its own code.
    plane = system if len(system.axis_info) == 2 else system.to_2d()
    return gpd.GeoDataFrame(
        frame.drop(columns=frame.geometry.name), geometry=gpd.array.from_shapely(shapes, crs=plane), crs=plane
    )


def _check_finite(path: Path, shapes: NDArray[np.object_]) -> None:
    """A line or outline with a vertex that is no number has lost a part of itself; a point without one is no point."""
    vertices, shape = shapely.get_coordinates(shapes, return_index=True)
    bad = np.unique(shape[~np.isfinite(vertices).all(axis=1)])
    bad = bad[shapely.get_type_id(shapes[bad]) != shapely.GeometryType.POINT]
    if len(bad):
        raise refusal("layer_not_finite", file=path.name, row=int(bad[0]) + 1, count=len(bad))


def _check_degrees(path: Path, frame: gpd.GeoDataFrame, *, may_be_metres: bool) -> None:
    """GeoJSON without a word on its system counts as degrees, whatever its numbers are."""
    west, south, east, north = frame.geometry.bounds.to_numpy().T
    widest, highest = np.maximum(np.abs(west), np.abs(east)), np.maximum(np.abs(south), np.abs(north))
    off = np.maximum(widest / 180, highest / 90) > 1
    if off.any():
        row = int(np.flatnonzero(off)[0])
        swapped = widest[row] <= 90 and highest[row] <= 180
        remedy = "layer_hint_swapped" if swapped or not may_be_metres else "layer_hint_metres"
        raise refusal(
            "layer_degrees", file=path.name, row=row + 1, x=f"{west[row]:.10g}", y=f"{south[row]:.10g}",
            count=int(off.sum()), hint=hint(remedy),
        )  # fmt: skip
