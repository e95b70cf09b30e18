"""Map layers from an OpenStreetMap file: water, green, buildings, residential land, rail.

What counts as which layer is written in ``osm_places.toml``. What the border of an extract cuts off is
left out and counted: every frame tells in ``attrs["counts"]`` what was read, used and dropped, and why.
Facilities come from :mod:`circle15.sources.osm.facilities`; its reader can be had from here too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from circle15.errors import SettingError
from circle15.refusals import refusal
from circle15.sources.osm.coast import sea_polygons, torn_ends
from circle15.sources.osm.contents import header_box
from circle15.sources.osm.facilities import read_osm_facilities
from circle15.sources.osm.objects import (
    BBox,
    area_wkb,
    claims_area,
    id_order,
    located,
    objects,
    osm_id,
    touches,
)
from circle15.sources.osm.tags import LayerRule, TagRule, first_match, home_rule, layer_rules, place_rules

__all__ = ["CONTEXT_LAYERS", "read_context", "read_osm_facilities"]

CONTEXT_LAYERS = ("water", "green", "buildings", "residential", "rail")
"""The layers that :func:`read_context` knows."""

_WGS84 = CRS.from_epsg(4326)
_NUMBER = re.compile(r"\d{1,4}(\.\d{1,3})?")


def read_context(
    path: str | Path, *, layers: Sequence[str] = CONTEXT_LAYERS, bbox: BBox | None = None
) -> dict[str, gpd.GeoDataFrame]:
    """Read display and demand layers of an OSM file.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    layers
        Any of ``water``, ``green``, ``buildings``, ``residential``, ``rail``.
    bbox
        ``(west, south, east, north)`` in degrees; what does not touch it is left out and counted.

    Returns
    -------
    dict of GeoDataFrame
        By layer, WGS 84, on ``osm_id`` (``way-123``), with ``name`` ("" if none) and ``kind`` (the tag
        value that made it a member). Buildings also have ``levels`` (NaN if unknown), ``residential``
        and ``residential_known``: a building that is just ``yes`` counts as possibly residential and
        is marked as not known. Water holds areas, the sea (``kind`` = ``sea``, ids ``coast-1``, ...) and
        rivers or canals as lines where no area covers them. ``attrs["counts"]``, in objects: ``read`` =
        ``used`` + ``cut`` (off by the border of the extract) + ``outside`` (of ``bbox``) + ``covered``
        (lines inside a water area); beside them ``assumed`` (homes not known to be) and ``sea`` (faces).
        ``attrs["torn"]`` of water: ends of coastlines, ``(lon, lat)``, that could not be drawn on to the border of the
        file: the sea beside them is not known.

    Raises
    ------
    SettingError
        If a layer is unknown.
    StreetsError
        If the file is missing, empty, cut short or of another kind.
    """
    path = Path(path)
    unknown = sorted(set(layers) - set(CONTEXT_LAYERS))
    if unknown:
        raise refusal("layers_unknown", error=SettingError, unknown=", ".join(unknown), known=", ".join(CONTEXT_LAYERS))
    gathered = [_Layer(layer_rules()[name]) for name in dict.fromkeys(layers)]
    for thing in objects(path, (key for layer in gathered for key in layer.rule.keys)):
        tags = dict(thing.tags)
        for layer in gathered:
            layer.take(thing, tags)
    frames = {layer.rule.name: layer.frame(bbox) for layer in gathered}
    coast = [line for layer in gathered for line in layer.coast]
    if "water" in frames:
        extent = _extent(path, coast)
        torn = torn_ends(coast, extent, gap_m=place_rules()["coast"]["gap_m"]) if coast else []
        frames["water"] = _complete_water(frames["water"], _sea(coast, extent, bbox))
        frames["water"].attrs["torn"] = [end for end in torn if _near(end, bbox)]
    return frames


@dataclass
class _Layer:
    """One layer while the file is being read."""

    rule: LayerRule
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    coast: list[shapely.LineString] = field(default_factory=list)

    def take(self, thing: Any, tags: Mapping[str, str]) -> None:
        """Keep the object if the layer's rules ask for it."""
        if thing.is_node() or first_match(self.rule.unless, tags) is not None:
            return
        if thing.is_way():
            self._take_line(thing, tags)
        rule = first_match(self.rule.areas, tags)
        if rule is None:
            return
        if thing.is_area():
            wkb = area_wkb(thing)
            if wkb is not None:
                self._add(thing, tags, rule, wkb)
        elif claims_area(thing, tags):
            self.claimed.add(osm_id(thing))

    def _take_line(self, way: Any, tags: Mapping[str, str]) -> None:
        if first_match(self.rule.coast, tags) is not None:
            self.coast += _lines(way)
        rule = first_match(self.rule.lines, tags)
        if rule is None:
            return
        self.claimed.add(osm_id(way))
        if lines := _lines(way):
            self._add(way, tags, rule, shapely.to_wkb(_whole(shapely.MultiLineString(lines)), hex=True))

    def _add(self, thing: Any, tags: Mapping[str, str], rule: TagRule, wkb: str) -> None:
        kind = rule.kind(tags)
        row: dict[str, Any] = {"name": tags.get("name", ""), "kind": kind, "geometry": wkb}
        if self.rule.name == "buildings":
            residential, known = home_rule().judge(kind, tags)
            row |= {"levels": _levels(tags), "residential": residential, "residential_known": known}
        self.rows[osm_id(thing)] = row

    def frame(self, bbox: BBox | None) -> gpd.GeoDataFrame:
        """The layer in the order of its ids, with its counts."""
        kinds: dict[str, Any] = {"name": object, "kind": object, "geometry": object}
        if self.rule.name == "buildings":
            kinds |= {"levels": float, "residential": bool, "residential_known": bool}
        ids = sorted(self.rows, key=id_order)
        held = {column: np.array([self.rows[i][column] for i in ids], dtype=kind) for column, kind in kinds.items()}
        shapes = [_whole(shape) for shape in shapely.from_wkb(held.pop("geometry"))]
        frame = gpd.GeoDataFrame(held, geometry=shapes, index=pd.Index(ids, name="osm_id", dtype=object), crs=_WGS84)
        inside = touches(frame.geometry.to_numpy(), bbox)
        read, used = len(self.claimed | set(ids)), int(inside.sum())
        counts = {"read": read, "used": used, "cut": read - len(ids), "outside": len(ids) - used}
        frame = frame.loc[inside]
        if self.rule.name == "buildings":
            counts["assumed"] = int((frame["residential"] & ~frame["residential_known"]).sum())
        frame.attrs["counts"] = counts
        return frame


def _lines(way: Any) -> list[shapely.LineString]:
    return [shapely.LineString(run) for run in located(way) if len(run) > 1]


def _whole(shape: shapely.Geometry) -> shapely.Geometry:
    """One valid shape: a polygon rather than a multipolygon of a single part."""
    valid = shape if shapely.is_valid(shape) else shapely.buffer(shape, 0.0)
    return (shapely.get_geometry(valid, 0) or valid) if shapely.get_num_geometries(valid) == 1 else valid


def _levels(tags: Mapping[str, str]) -> float:
    """Storeys; NaN where the tag is absent, no plain number, or out of range."""
    written = tags.get("building:levels", "")
    levels = float(written) if _NUMBER.fullmatch(written) else np.nan
    return levels if 0 < levels <= home_rule().max_levels else np.nan


def _extent(path: Path, coast: Sequence[shapely.LineString]) -> BBox:
    """What the file covers: the coast is closed along its border, for there it was torn."""
    return header_box(path) or shapely.MultiLineString(list(coast)).bounds


def _sea(coast: Sequence[shapely.LineString], extent: BBox, bbox: BBox | None) -> list[shapely.Polygon]:
    """The sea inside the extract, as far as it touches ``bbox``."""
    faces = sea_polygons(coast, extent, gap_m=place_rules()["coast"]["gap_m"])
    return [face for face in faces if bbox is None or face.intersects(shapely.box(*bbox))]


def _near(end: tuple[float, float], bbox: BBox | None) -> bool:
    """Whether a torn end lies within a box's width of the box, so that the sea beside it may be in it."""
    if bbox is None:
        return True
    west, south, east, north = bbox
    wide, high = east - west, north - south
    return west - wide <= end[0] <= east + wide and south - high <= end[1] <= north + high


def _complete_water(water: gpd.GeoDataFrame, sea: Sequence[shapely.Polygon]) -> gpd.GeoDataFrame:
    """Add the sea, and take from rivers drawn as lines what an area already shows."""
    ids = pd.Index([f"coast-{number}" for number in range(1, len(sea) + 1)], name="osm_id", dtype=object)
    shapes = np.concatenate([np.array(sea, dtype=object), water.geometry.to_numpy()])
    is_line = shapely.get_dimensions(shapes) == 1
    shapes[is_line] = shapely.difference(shapes[is_line], shapely.union_all(shapes[~is_line]))
    names = {"name": [""] * len(sea) + list(water["name"]), "kind": ["sea"] * len(sea) + list(water["kind"])}
    whole = gpd.GeoDataFrame(names, geometry=shapes, index=ids.append(water.index), crs=_WGS84)
    bare = ~whole.geometry.is_empty
    covered = int((~bare).sum())
    counts = water.attrs["counts"]
    whole = whole.loc[bare]
    whole.attrs["counts"] = counts | {"used": counts["used"] - covered, "covered": covered, "sea": len(sea)}
    return whole
