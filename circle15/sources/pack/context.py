"""Display layers and barriers of a pack: water, green, rail, buildings, residential land."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from circle15.catalog import finding
from circle15.model.places import StudyArea
from circle15.model.provenance import FileRecord, Finding, Origin, Severity
from circle15.sources.communities.buildings import building_checks
from circle15.sources.facilities.columns import without_persons
from circle15.sources.layers.layer import Layer, read_layer
from circle15.sources.osm.objects import count_tagged
from circle15.sources.osm.places import read_context
from circle15.sources.pack.folder import Pack
from circle15.sources.pack.layers import area_box, layer_origin
from circle15.sources.pack.streets import PackStreets
from circle15.sources.reading import ReadingLog

__all__ = ["pack_context"]

_COASTS: tuple[tuple[str, Severity, str], ...] = (
    ("coast-torn", "warning", "torn"),
    ("coast-contrary", "warning", "contrary"),
    ("coast-closed", "note", "closed"),
)
"""Findings about coastlines: code, severity, and the ``attrs`` of the water layer that hold their places."""


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
        layers.update(_osm_layers(osm, from_osm, area, log))
        origins.append(ground.streets.origin)
    if osm is not None and "buildings" not in {entry.layer for entry in entries}:
        log.findings.extend(_unused_buildings(osm))
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


def _osm_layers(osm: Path, names: Sequence[str], area: StudyArea, log: ReadingLog) -> dict[str, gpd.GeoDataFrame]:
    """Layers of the street file, with what became of their objects."""
    layers = read_context(osm, layers=names, bbox=area_box(area))
    wide = shapely.box(*shapely.bounds(area.reach))
    for name, frame in layers.items():
        log.files.append(_osm_record(osm, name, frame, frame.to_crs(area.crs).intersects(wide)))
    log.findings.extend(_water_findings(osm, layers))
    return layers


def _osm_record(osm: Path, name: str, frame: gpd.GeoDataFrame, near: pd.Series) -> FileRecord:
    """What became of the objects of one layer; the sea is made of coastlines and is no object of its own.

    Areas that the file does not hold whole count as cut off, though what closes of them is drawn.
    """
    counts = frame.attrs["counts"]
    broken = {label.split(" ")[0] for label in frame.attrs.get("broken", ())}
    counted = ~near.index.str.startswith("coast-") & ~near.index.str.removesuffix("-banks").isin(broken)
    elsewhere = int((~near[counted]).sum())
    read = FileRecord(
        file=osm.name, role="context", form="OpenStreetMap", part=name, crs="EPSG:4326", rows_read=counts["read"],
        rows_used=counts["read"],
    )  # fmt: skip
    within = read.without("osm-cut", counts["cut"]).without("osm-outside", counts["outside"])
    return within.without("osm-covered", counts.get("covered", 0)).without("layer-elsewhere", elsewhere)


def _water_findings(osm: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> list[Finding]:
    """Coastlines that end inside the file or run against each other, and areas of water that do not close."""
    if "water" not in layers:
        return []
    attributes = layers["water"].attrs
    findings = []
    for code, severity, places in _COASTS:
        named = [f"{lon:.5f}, {lat:.5f}" for lon, lat in attributes[places]]
        if named:
            findings.append(finding(code, severity, count=len(named), file=osm.name, examples=named))
    if attributes["broken"]:
        findings.append(
            finding(
                "water-broken", "note", count=len(attributes["broken"]), file=osm.name, examples=attributes["broken"]
            )
        )
    return findings


def _unused_buildings(osm: Path) -> list[Finding]:
    """Buildings of the street file that the pack does not use: people would live in them, not along streets."""
    count = count_tagged(osm, "building")
    return [finding("buildings-unused", "note", count=count, file=osm.name)] if count else []


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
