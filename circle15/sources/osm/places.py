"""Map layers from an OpenStreetMap file: water, green, buildings, residential land, rail.

What counts as which layer is written in ``osm_places.toml``. What the border of an extract cuts off is
left out and counted: every frame tells in ``attrs["counts"]`` what was read, used and dropped, and why.
Facilities come from :mod:`circle15.sources.osm.facilities`; its reader can be had from here too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from circle15.errors import SettingError
from circle15.model.metric import BBox
from circle15.refusals import refusal
from circle15.sources.osm.broken_areas import broken_areas
from circle15.sources.osm.coast import CoastRules, Sea, close_coast
from circle15.sources.osm.contents import header_box
from circle15.sources.osm.facilities import read_osm_facilities
from circle15.sources.osm.objects import (
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
        rivers or canals as lines where no area covers them. An area of water that the file does not hold whole is
        drawn as far as its rings close, and what is left of its banks as lines (ids ``relation-5-banks``).
        ``attrs["counts"]``, in objects: ``read`` =
        ``used`` + ``cut`` (off by the border of the extract) + ``outside`` (of ``bbox``) + ``covered``
        (lines inside a water area); beside them ``assumed`` (homes not known to be) and ``sea`` (faces).
        ``attrs`` of water, places as ``(lon, lat)``: ``torn`` ends of coastlines that nothing closes (the sea beside
        them is not known), ``closed`` ends that were closed straight over more than a little, and ``contrary`` places
        around which coastlines run against each other; see :func:`~circle15.sources.osm.coast.close_coast`. ``broken``:
        ids and names of the areas that the file does not hold whole.

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
        sea = _sea(path, coast)
        within = [face for face in sea.faces if bbox is None or face.intersects(shapely.box(*bbox))]
        (layer,) = (layer for layer in gathered if layer.rule.name == "water")
        frames["water"] = _complete_water(frames["water"], within, layer.broken(path, bbox))
        for name, places in (("torn", sea.torn), ("closed", sea.closed), ("contrary", sea.contrary)):
            frames["water"].attrs[name] = [place for place in places if _near(place, bbox)]
    return frames


@dataclass
class _Layer:
    """One layer while the file is being read."""

    rule: LayerRule
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    coast: list[shapely.LineString] = field(default_factory=list)
    bounds: dict[str, _Claim] = field(default_factory=dict)

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
            if self.rule.name == "water":
                self.bounds[osm_id(thing)] = _Claim.of(thing, tags, rule)

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

    def broken(self, path: Path, bbox: BBox | None) -> gpd.GeoDataFrame:
        """Areas that the file does not hold whole, as far as they touch the box: what closes, and lines of their edge.

        ``attrs["broken"]``: their ids and names.
        """
        claims = {name: claim for name, claim in self.bounds.items() if name not in self.rows}
        drawn = broken_areas(
            path, {name: claim.members for name, claim in claims.items()}, gap_m=place_rules()["rings"]["gap_m"]
        )
        rows, names = [], []
        for name in sorted(drawn, key=id_order):
            parts = {name: _whole(drawn[name].area), f"{name}-banks": _whole(drawn[name].edge)}
            near = {key: shape for key, shape in parts.items() if not shapely.is_empty(shape) and _touch(shape, bbox)}
            rows += [(key, claims[name].name, claims[name].kind, shape) for key, shape in near.items()]
            names += [f"{name} {claims[name].name}".strip()] if near else []
        frame = gpd.GeoDataFrame(
            {"name": [row[1] for row in rows], "kind": [row[2] for row in rows]},
            geometry=[row[3] for row in rows],
            index=pd.Index([row[0] for row in rows], name="osm_id", dtype=object),
            crs=_WGS84,
        )
        frame.attrs["broken"] = names
        return frame


@dataclass(frozen=True, kw_only=True)
class _Claim:
    """An area before it is assembled: what it is called, and its ways with their roles."""

    name: str
    kind: str
    members: Mapping[int, str]

    @classmethod
    def of(cls, thing: Any, tags: Mapping[str, str], rule: TagRule) -> _Claim:
        ways = {thing.id: "outer"} if thing.is_way() else {m.ref: m.role for m in thing.members if m.type == "w"}
        return cls(name=tags.get("name", ""), kind=rule.kind(tags), members=ways)


def _touch(shape: shapely.Geometry, bbox: BBox | None) -> bool:
    return bool(touches(np.array([shape], dtype=object), bbox)[0])


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


def _sea(path: Path, coast: Sequence[shapely.LineString]) -> Sea:
    """The sea of a file: the coast is closed along the border of what the file covers, for there it was torn."""
    if not coast:
        return Sea()
    rules, box = CoastRules(**place_rules()["coast"]), header_box(path)
    if box is None:  # nobody knows where the border is: only what ends at the outermost of the coast is closed
        return close_coast(coast, shapely.MultiLineString(list(coast)).bounds, replace(rules, border_share=0.0))
    return close_coast(coast, box, rules)


def _near(end: tuple[float, float], bbox: BBox | None) -> bool:
    """Whether an end of a coastline lies within a box's width of the box, so that the sea beside it may be in it."""
    if bbox is None:
        return True
    west, south, east, north = bbox
    wide, high = east - west, north - south
    return west - wide <= end[0] <= east + wide and south - high <= end[1] <= north + high


def _complete_water(
    water: gpd.GeoDataFrame, sea: Sequence[shapely.Polygon], broken: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Add the sea and broken areas, and take from rivers drawn as lines what an area already shows."""
    ids = pd.Index([f"coast-{number}" for number in range(1, len(sea) + 1)], name="osm_id", dtype=object)
    shapes = np.concatenate([np.array(sea, dtype=object), water.geometry.to_numpy(), broken.geometry.to_numpy()])
    is_line = shapely.get_dimensions(shapes) == 1
    shapes[is_line] = shapely.difference(shapes[is_line], shapely.union_all(shapes[~is_line]))
    columns = {"name": "", "kind": "sea"}
    names = {key: [value] * len(sea) + list(water[key]) + list(broken[key]) for key, value in columns.items()}
    index = ids.append([water.index, broken.index])
    whole = gpd.GeoDataFrame(names, geometry=shapes, index=index, crs=_WGS84)
    bare = ~whole.geometry.is_empty
    covered = int((~bare[water.index]).sum())
    counts = water.attrs["counts"]
    whole = whole.loc[bare]
    whole.attrs["counts"] = counts | {"used": counts["used"] - covered, "covered": covered, "sea": len(sea)}
    whole.attrs["broken"] = broken.attrs["broken"]
    return whole
