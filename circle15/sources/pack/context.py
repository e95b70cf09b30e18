"""Display layers and barriers of a pack: water, green, rail, buildings, residential land."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import geopandas as gpd
import pandas as pd
import shapely

from circle15.model.places import StudyArea
from circle15.model.provenance import FileRecord, Origin
from circle15.sources.communities.buildings import building_checks
from circle15.sources.facilities.columns import without_persons
from circle15.sources.layers.layer import Layer, read_layer
from circle15.sources.osm.places import read_context
from circle15.sources.pack.folder import Pack
from circle15.sources.pack.layers import area_box, layer_origin
from circle15.sources.pack.streets import PackStreets
from circle15.sources.reading import ReadingLog

__all__ = ["pack_context"]


def pack_context(
    pack: Pack, ground: PackStreets, area: StudyArea, log: ReadingLog
) -> tuple[dict[str, gpd.GeoDataFrame], tuple[Origin, ...]]:
    """Display layers in metres, cut to the study area's surroundings.

    A file replaces what OpenStreetMap has of its layer; several files of one layer are taken together.
    """
    osm, town = ground.osm, ground.town
    layers: dict[str, gpd.GeoDataFrame] = {}
    of_files: dict[str, list[gpd.GeoDataFrame]] = {}
    origins: list[Origin] = []
    wide = shapely.box(*shapely.bounds(area.reach))
    if town is not None:
        layers.update(water=town.water, green=town.green, residential=town.residential)
        origins.append(town.origin)
    entries = pack.config.context
    from_osm = [entry.layer for entry in entries if entry.osm]
    if from_osm and osm is not None:
        layers.update(read_context(osm, layers=from_osm, bbox=area_box(area)))
        origins.append(ground.streets.origin)
    for entry in (entry for entry in entries if entry.file and (town is None or not entry.optional)):
        seek = partial(pack.find, anywhere=True) if entry.optional else pack.need
        path = log.attempt(partial(seek, entry.file), file="city.toml")
        if path is None:
            continue
        read = partial(read_layer, path, layer=entry.file_layer, encoding=entry.encoding, crs=entry.crs)
        layer = log.attempt(partial(read, key="file_layer"), file=path.name)
        if layer is not None:
            frame, record = _without_persons(layer, log)
            near = _clip(frame.to_crs(area.crs), wide)
            of_files.setdefault(entry.layer, []).append(near)
            log.files.append(record.without("layer-elsewhere", len(frame) - len(near)))
            if entry.layer == "buildings":
                log.findings.extend(building_checks(layer.frame, file=path.name))
            log.findings.extend(layer.notes)
            origins.append(layer_origin(entry, path, label=("底图要素", "Display layers")))
    cut = {name: _clip(layer.to_crs(area.crs), wide) for name, layer in layers.items()}
    cut |= {name: _together([frame for frame in frames if len(frame)]) for name, frames in of_files.items()}
    return {name: layer for name, layer in cut.items() if len(layer)}, tuple(origins)


def _without_persons(layer: Layer, log: ReadingLog) -> tuple[gpd.GeoDataFrame, FileRecord]:
    """A layer without its columns about persons, and its record."""
    frame, record = layer.frame, layer.record("context")
    kept = without_persons(frame.drop(columns=frame.geometry.name), layer.file, set(), log.findings, {}).columns
    unknown = tuple(column for column in record.unknown if column in kept)
    personal = tuple(column for column in record.unknown if column not in kept)
    return frame.drop(columns=list(personal)), replace(record, unknown=unknown, personal=personal)


def _together(frames: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    if len(frames) < 2:
        return frames[0] if frames else gpd.GeoDataFrame()
    named = [frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame for frame in frames]
    return gpd.GeoDataFrame(pd.concat(named, ignore_index=True))


def _clip(layer: gpd.GeoDataFrame, box: shapely.Geometry) -> gpd.GeoDataFrame:
    return layer[layer.geometry.intersects(box)].reset_index(drop=True)
