"""Street lines with ends, lengths and rules, on their way to a network: what both doors have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.catalog import walking
from circle15.errors import CrsError, StreetsError
from circle15.kernels.ragged import run_starts
from circle15.model.metric import check_stretched, utm_crs, why_unfit
from circle15.model.provenance import Origin
from circle15.model.streets import EdgeFlag
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import canonical, end_flags
from circle15.network.parting import part_barred
from circle15.network.walk_rules import WalkRule
from circle15.refusals import refusal

__all__ = ["FIELD_FLAGS", "NODE_TAGS", "StreetLines", "as_found", "edge_tags", "first_value", "known_crs", "metric_crs"]

_TAGS = (
    "highway", "foot", "access", "foot:conditional", "access:conditional", "bridge", "tunnel", "footway", "conveying",
    "oneway:foot", "motorroad", "layer", "level", "construction", "proposed", "disused", "abandoned", "demolished",
    "razed",
)  # fmt: skip
NODE_TAGS = ("highway", "barrier", "crossing", "crossing:signals", "foot", "access", "locked", "foot:conditional")
"""The tags of nodes that the walking rules read."""
FIELD_FLAGS = MappingProxyType({"closed": EdgeFlag.CLOSED, "confirmed": EdgeFlag.CONFIRMED})
"""Flags that no OSM tag has, by the attribute that carries them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StreetLines:
    """Walkable lines between nodes, in any system.

    ``place`` and ``node_id``, ``node_bits`` (:class:`~circle15.model.NodeFlag`) per node; ``lines``, ``ends``
    ``int64[e, 2]``, ``length_m`` (NaN: measure it), ``rules`` and ``names`` per line, and ``edges``, how a
    message names it in Chinese and English. ``label`` names the origin in both.
    """

    place: gpd.GeoSeries
    node_id: NDArray[np.int64]
    node_bits: NDArray[np.uint8]
    lines: gpd.GeoSeries
    ends: NDArray[np.int64]
    length_m: NDArray[np.float64]
    rules: Sequence[WalkRule]
    names: Sequence[str]
    edges: Sequence[tuple[str, str]]
    label: tuple[str, str]

    def network(self, crs: Any = None) -> WalkNetwork:
        """Project to metres and bring into canonical order.

        Raises
        ------
        StreetsError
            If a length is negative, not finite, below the straight line or many times the drawn one, or nobody
            passes any node.
        CrsError
            If coordinates do not fit their system, ``crs`` is not metric, or is more than 1 % untrue to length there.

        Warns
        -----
        DataQualityWarning
            If it is more than 0.3 % untrue to length there.
        """
        metric = metric_crs(self.place, crs)
        place, lines = self.place.to_crs(metric), self.lines.to_crs(metric)
        vertex, owner = shapely.get_coordinates(lines.to_numpy(), return_index=True)
        x, y = place.x.to_numpy(), place.y.to_numpy()
        if not (np.isfinite(x).all() and np.isfinite(y).all() and np.isfinite(vertex).all()):
            raise refusal("streets_swapped", error=CrsError, crs=metric.name)
        check_stretched(metric, np.column_stack([x, y]))
        u, v = self.ends.astype(np.int32).T
        drawn = lines.length.to_numpy()
        self._check(drawn, np.hypot(x[u] - x[v], y[u] - y[v]))
        length = np.where(np.isnan(self.length_m), drawn, self.length_m)
        way_class = np.array([rule.way_class for rule in self.rules], dtype=np.uint8)
        flags = np.array([rule.flags for rule in self.rules], dtype=np.uint16)
        known = {"": 0}
        return canonical(
            part_barred(
                WalkNetwork(
                    crs=metric,
                    node_id=self.node_id,
                    x=x,
                    y=y,
                    node_flags=self.node_bits,
                    u=u,
                    v=v,
                    length_mm=np.rint(length * 1000).astype(np.int64),
                    way_class=way_class,
                    flags=flags | end_flags(self.node_bits, way_class, u, v),
                    name=np.array([known.setdefault(name, len(known)) for name in self.names], dtype=np.int32),
                    names=tuple(known),
                    vertex=vertex,
                    vertex_start=run_starts(owner, len(lines)),
                    origin=Origin(label_zh=self.label[0], label_en=self.label[1]),
                )
            )
        )

    def _check(self, drawn: NDArray[np.float64], straight: NDArray[np.float64]) -> None:
        """Refuse lengths that cannot be, by the drawn lines and the straight ones between their ends, in metres."""
        given, limit = self.length_m, walking()["lengths"]
        rounding_m, most = float(limit["rounding_m"]), float(limit["most_times"])
        self._refuse("edge_length", np.isinf(given) | (given < 0))
        feet = given * float(limit["foot_m"])
        if (known := drawn > rounding_m).any() and np.isfinite(given[known]).all():
            like = np.abs(feet[known] / drawn[known] - 1) < float(limit["foot_slack"])
            self._refuse("edge_feet", known & bool(like.mean() > 0.9), drawn=drawn)
        self._refuse("edge_short", given < float(limit["least_share"]) * straight - rounding_m, drawn=straight)
        long = (drawn > 0) & (given > most * np.maximum(drawn, rounding_m))  # a loop need not be drawn
        self._refuse("edge_long", long, drawn=drawn, times=most)

    def _refuse(self, code: str, bad: NDArray[np.bool_], **more: Any) -> None:
        if not bad.any():
            return
        first = int(bad.argmax())
        if "drawn" in more:
            more["drawn"] = f"{more['drawn'][first]:.1f}"
        value, count = float(self.length_m[first]), int(bad.sum())
        raise refusal(code, error=StreetsError, edge=self.edges[first], value=value, count=count, **more)


def first_value(value: Any) -> str:
    """A tag as OSM writes it. OSMnx joins the tags of merged ways into lists: then the first in the alphabet."""
    if isinstance(value, list | tuple | set):
        value = min(map(str, value), default="")
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return "" if value is None or pd.isna(value) else str(value)


def edge_tags(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The tags that the walking rules read; an edge that says nothing of its class is a plain street."""
    tags = {key: first_value(attributes[key]) for key in _TAGS if attributes.get(key) is not None}
    return {"highway": "unclassified", **{key: value for key, value in tags.items() if value}}


def as_found(rule: WalkRule, attributes: Mapping[str, Any]) -> WalkRule:
    """The rule with what a field check found of its edge, for which OSM has no tag: :data:`FIELD_FLAGS`."""
    flags = sum(int(flag) for name, flag in FIELD_FLAGS.items() if str(attributes.get(name)) == "True")
    return rule._replace(flags=rule.flags | flags)


def known_crs(crs: Any) -> pyproj.CRS:
    """A reference system by whatever pyproj understands, or a :class:`~circle15.errors.CrsError`."""
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise refusal("crs_text", error=CrsError, crs=crs) from error


def metric_crs(shapes: gpd.GeoSeries, crs: Any) -> pyproj.CRS:
    """The system to measure in: the one asked for, else the shapes' own if it is true to length, else UTM."""
    crs_of_shapes: pyproj.CRS = shapes.crs
    if crs_of_shapes.is_geographic:
        west, south, east, north = shapes.total_bounds
        if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
            raise refusal(
                "no_degrees", error=CrsError, west=west, south=south, east=east, north=north, crs=crs_of_shapes.name
            )
    if crs is not None:
        wanted = known_crs(crs)
        unfit = why_unfit(wanted)
        if unfit:
            raise refusal("crs_choose", error=CrsError, crs=wanted.name, why=unfit)
        return wanted
    if not why_unfit(crs_of_shapes):
        return crs_of_shapes
    return utm_crs(shapes)
