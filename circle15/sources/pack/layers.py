"""What the parts of a pack have in common: where a layer comes from, and its box in degrees."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import geopandas as gpd
import pyproj
import shapely

from circle15.errors import CrsError
from circle15.model.metric import HALF_ROUND_DEG
from circle15.model.places import StudyArea
from circle15.model.provenance import Origin
from circle15.refusals import refusal
from circle15.sources.city_config import LayerTable, Provenance
from circle15.sources.osm.streets import file_sha256
from circle15.sources.pack.folder import Pack

__all__ = ["OSM_CREDIT", "area_box", "layer_origin", "lonlat_box", "population_file", "united"]

OSM_CREDIT = ("© OpenStreetMap contributors", "ODbL")
"""Attribution and licence of what is OpenStreetMap's."""


def layer_origin(
    entry: Provenance, path: Path | None, *, label: tuple[str, str], usual: tuple[str, str] = ("", "")
) -> Origin:
    """Provenance of a layer: what its table in ``city.toml`` says, and the file's name and content hash.

    ``label`` in Chinese and English, ``usual`` attribution and licence: where the table does not say.
    """
    return Origin(
        label_zh=label[0] if entry.label_zh is None else entry.label_zh,
        label_en=label[1] if entry.label_en is None else entry.label_en,
        attribution=usual[0] if entry.attribution is None else entry.attribution,
        licence=usual[1] if entry.licence is None else entry.licence,
        url=entry.url,
        date=entry.date,
        synthetic=isinstance(entry, LayerTable) and entry.synthetic,
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
    entry = pack.config.population
    if entry is None:
        return None
    return pack.find(entry.file) if entry.optional else pack.need(entry.file)


def united(people: gpd.GeoDataFrame) -> shapely.Polygon | shapely.MultiPolygon:
    """The union of a frame's shapes."""
    return cast("shapely.Polygon | shapely.MultiPolygon", shapely.union_all(people.geometry.to_numpy()))


def lonlat_box(shape: shapely.Geometry, crs: pyproj.CRS, margin_m: float) -> tuple[float, float, float, float]:
    """``(west, south, east, north)`` in degrees around a metric shape and its margin.

    Raises
    ------
    CrsError
        If it lies across the meridian of 180 degrees, where boxes in degrees end.
    """
    wide = gpd.GeoSeries([shapely.buffer(shape, margin_m)], crs=crs).to_crs("EPSG:4326")
    west, south, east, north = wide.total_bounds.tolist()
    if east - west > HALF_ROUND_DEG:
        raise refusal("antimeridian", error=CrsError)
    return west, south, east, north


def area_box(area: StudyArea) -> tuple[float, float, float, float]:
    """``(west, south, east, north)`` in degrees around a study area and its buffer."""
    return lonlat_box(shapely.box(*shapely.bounds(area.boundary)), area.crs, area.buffer_m)
