"""Tiny networks for tests, drawn and derived by hand."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from circle15.catalog import way_classes
from circle15.model import Origin, WalkNetwork, WalkProfile

CRS = pyproj.CRS("EPSG:4549")
X0, Y0 = 560_000.0, 3_465_000.0  # somewhere in Suzhou
CLASS = {entry.name: position for position, entry in enumerate(way_classes())}
BY = {"flat": WalkProfile(name="flat", title_zh="平", title_en="flat", speed_mps=1.0, stairs_mps=0.5)}


def network(
    nodes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    *,
    length_m: Sequence[float] | None = None,
    flags: Sequence[int] | None = None,
    node_flags: Sequence[int] | None = None,
    way_class: str = "residential",
) -> WalkNetwork:
    """A network of straight edges between points given in metres from a corner; nothing is merged or sorted."""
    place = np.array(nodes, dtype=float).reshape(-1, 2) + np.array([X0, Y0])
    ends = np.array(edges, dtype=np.int32).reshape(-1, 2)
    u, v = ends[:, 0], ends[:, 1]
    measured = np.hypot(*(place[u] - place[v]).T) if length_m is None else np.asarray(length_m, dtype=float)
    return WalkNetwork(
        crs=CRS,
        node_id=np.arange(len(place)),
        x=place[:, 0].copy(),
        y=place[:, 1].copy(),
        node_flags=np.array(np.zeros(len(place)) if node_flags is None else node_flags, dtype=np.uint8),
        u=u.copy(),
        v=v.copy(),
        length_mm=np.rint(measured * 1000).astype(np.int64),
        way_class=np.full(len(ends), CLASS[way_class], dtype=np.uint8),
        flags=np.zeros(len(ends), dtype=np.uint16) if flags is None else np.array(flags, dtype=np.uint16),
        name=np.zeros(len(ends), dtype=np.int32),
        names=("",),
        vertex=np.stack([place[u], place[v]], axis=1).reshape(-1, 2),
        vertex_start=np.arange(0, 2 * len(ends) + 1, 2),
        origin=Origin(label_zh="测试", label_en="test"),
    )


def grid(columns: int, rows: int, step_m: float = 100.0) -> WalkNetwork:
    """``columns`` x ``rows`` nodes, ``step_m`` apart, all neighbours joined; node = row * columns + column."""
    nodes = [(c * step_m, r * step_m) for r in range(rows) for c in range(columns)]
    across = [(r * columns + c, r * columns + c + 1) for r in range(rows) for c in range(columns - 1)]
    along = [(r * columns + c, (r + 1) * columns + c) for r in range(rows - 1) for c in range(columns)]
    return network(nodes, across + along)


def points(at: Sequence[tuple[float, float]], *, name: str = "point_id", prefix: str = "p") -> gpd.GeoDataFrame:
    """Points in metres from the same corner, indexed ``p0``, ``p1``, ..."""
    place = np.array(at, dtype=float).reshape(-1, 2) + np.array([X0, Y0])
    index = pd.Index([f"{prefix}{k}" for k in range(len(place))], name=name)
    return gpd.GeoDataFrame({"geometry": gpd.points_from_xy(place[:, 0], place[:, 1], crs=CRS)}, index=index)


def torn_grid(seed: int, size: int = 12) -> WalkNetwork:
    """A jittered grid with a third of its streets missing."""
    rng = np.random.default_rng(seed)
    whole = grid(size, size)
    keep = rng.random(whole.n_edges) > 0.33
    place = np.stack([whole.x, whole.y], 1) + rng.normal(0, 15, (whole.n_nodes, 2))
    at = place - place.min(axis=0)
    return network(at.tolist(), np.stack([whole.u, whole.v], 1)[keep].tolist())
