"""Read one vector layer from a file, in the reference system that it names."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from circle15.errors import PackError
from circle15.model.provenance import FileRecord, FileRole

__all__ = ["LAYER_FILES", "Layer", "read_layer"]

LAYER_FILES = (".geojson", ".json", ".gpkg", ".shp", ".parquet")


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """A layer as it was read: its rows, its name in the file, and the encoding of its texts where that is a choice."""

    frame: gpd.GeoDataFrame
    file: str
    part: str = ""
    encoding: str = ""

    def record(self, role: FileRole) -> FileRecord:
        """The layer's record before anything was made of it: every row used, no column understood."""
        columns = tuple(str(column) for column in self.frame.columns if column != self.frame.geometry.name)
        return FileRecord(
            file=self.file, role=role, form=Path(self.file).suffix.lower(), part=self.part, encoding=self.encoding,
            crs=self.frame.crs.to_string() if self.frame.crs.to_epsg() else self.frame.crs.name, unknown=columns,
            rows_read=len(self.frame), rows_used=len(self.frame),
        )  # fmt: skip


def read_layer(path: Path, *, layer: str | None = None) -> Layer:
    """Read a vector layer from a file: the one that is named, else the only one that it holds.

    Raises
    ------
    PackError
        If it cannot be read, holds several layers and none is named, lacks the one that is, or does not fit
        the reference system that it names.
    """
    if path.suffix.lower() not in LAYER_FILES:
        raise PackError(f"{path.name}: not a layer that can be read; give one of {', '.join(LAYER_FILES)}")
    try:
        frame, part = _read_vector(path, layer)
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
    return Layer(frame=frame, file=path.name, part=part)


def _read_vector(path: Path, wanted: str | None) -> tuple[Any, str]:
    if path.suffix.lower() == ".parquet":
        return gpd.read_parquet(path), ""
    layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    if wanted is not None and layers and wanted not in layers:
        raise PackError(f"{path.name}: there is no layer {wanted!r}; it holds {', '.join(layers)}")
    layers = layers if wanted is None or not layers else [wanted]
    if len(layers) > 1:
        raise PackError(
            f"{path.name}: holds {len(layers)} layers ({', '.join(layers)}); save the one you mean as a file of its own"
        )
    with warnings.catch_warnings():
        # Some tools leave rings open by one vertex; they are closed here, as every GIS does.
        warnings.filterwarnings("ignore", "Non closed ring detected", RuntimeWarning)
        # A column of numbers and words stays text; whoever needs numbers there says which row has none.
        warnings.filterwarnings("ignore", "Could not parse column", UserWarning)
        frame = gpd.read_file(path, on_invalid="fix", **({"layer": layers[0]} if layers else {}))
    return frame, layers[0] if layers and path.suffix.lower() == ".gpkg" else ""


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
