"""What the parts of a pack have in common: where a layer comes from, and its box in degrees."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import pyproj
import shapely

from circle15.model.places import StudyArea
from circle15.model.provenance import Origin
from circle15.sources.osm.streets import file_sha256
from circle15.sources.pack.folder import Pack

__all__ = ["area_box", "layer_origin", "lonlat_box", "population_file", "united"]


def layer_origin(entry: Mapping[str, Any], path: Path | None, *, label: tuple[str, str]) -> Origin:
    """Provenance of a layer: what its table in ``city.toml`` says, and the file's name and content hash."""
    return Origin(
        label_zh=str(entry.get("label_zh", label[0])),
        label_en=str(entry.get("label_en", label[1])),
        attribution=str(entry.get("attribution", "")),
        licence=str(entry.get("licence", "")),
        url=str(entry.get("url", "")),
        date=str(entry.get("date", "")),
        synthetic=bool(entry.get("synthetic", False)),
        file=path.name if path else "",
        sha256=file_sha256(path) if path else "",
    )


def population_file(pack: Pack) -> Path | None:
    """The grid's file; None where the pack names none, or an optional one is not there.

    Raises
    ------
    PackError
        If the file is needed and not there.
    """
    entry = pack.config.get("population")
    if entry is None:
        return None
    return pack.find(entry["file"]) if entry.get("optional") else pack.need(entry["file"])


def united(people: gpd.GeoDataFrame) -> shapely.Polygon | shapely.MultiPolygon:
    """The union of a frame's shapes."""
    return cast("shapely.Polygon | shapely.MultiPolygon", shapely.union_all(people.geometry.to_numpy()))


def lonlat_box(shape: shapely.Geometry, crs: pyproj.CRS, margin_m: float) -> tuple[float, float, float, float]:
    """``(west, south, east, north)`` in degrees around a metric shape and its margin."""
    wide = gpd.GeoSeries([shapely.buffer(shape, margin_m)], crs=crs).to_crs("EPSG:4326")
    west, south, east, north = wide.total_bounds.tolist()
    return west, south, east, north


def area_box(area: StudyArea) -> tuple[float, float, float, float]:
    """``(west, south, east, north)`` in degrees around a study area and its buffer."""
    return lonlat_box(shapely.box(*shapely.bounds(area.boundary)), area.crs, area.buffer_m)
