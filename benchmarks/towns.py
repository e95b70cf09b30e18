"""Streets to measure on: real extracts where a data root has them, and towns made here by a seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from circle15.model.placed import Positions
from circle15.model.provenance import Origin
from circle15.model.streets import EdgeFlag
from circle15.model.walk_network import WalkNetwork, WalkProfile
from circle15.network.build import build_network, canonical
from circle15.sources.osm.streets import read_streets
from circle15.sources.pack.city_pack import data_roots
from circle15.sources.town.synthetic import water_town

__all__ = ["CUTOFF_MIN", "EXTRACTS", "WALKER", "extract", "facility_nodes", "grid_town", "network_of", "places"]

WALKER = WalkProfile(
    name="benchmark", title_zh="基准", title_en="benchmark", speed_mps=1.2, stairs_mps=1.2, gates="open"
)
"""1.2 m/s everywhere and no delays or gates, so that 15 minutes are 1,080 m on one graph for every contender."""

CUTOFF_MIN = 15.0

EXTRACTS = {
    "Suzhou": Path("suzhou") / "suzhou-gusu-roads.osm.pbf",
    "Porto": Path("porto") / "porto_portugal.osm.pbf",
}


def extract(town: str) -> Path | None:
    """The street file of a town in the first data root that has it."""
    return next((root / EXTRACTS[town] for root in data_roots() if (root / EXTRACTS[town]).is_file()), None)


def grid_town(side: int, *, seed: int = 15, spacing_m: float = 60.0, missing: float = 0.15) -> WalkNetwork:
    """A synthetic town: a grid of ``side * side`` crossings, each moved a little, some links left out."""
    rng = np.random.default_rng(seed)
    node = np.arange(side * side)
    row, column = np.divmod(node, side)
    shift = rng.uniform(-0.3, 0.3, (2, side * side))
    x, y = 500_000 + (column + shift[0]) * spacing_m, 3_400_000 + (row + shift[1]) * spacing_m
    east, north = node[column < side - 1], node[row < side - 1]
    u, v = np.concatenate([east, north]), np.concatenate([east + 1, north + side])
    there = rng.random(len(u)) >= missing
    u, v = u[there].astype(np.int32), v[there].astype(np.int32)
    ends = np.stack([np.stack([x[end], y[end]], axis=1) for end in (u, v)], axis=1)
    return canonical(
        WalkNetwork(
            crs=pyproj.CRS("EPSG:4549"),
            node_id=node,
            x=x,
            y=y,
            node_flags=np.zeros(len(node), dtype=np.uint8),
            u=u,
            v=v,
            length_mm=np.rint(np.hypot(x[u] - x[v], y[u] - y[v]) * 1000).astype(np.int64),
            way_class=np.zeros(len(u), dtype=np.uint8),
            flags=np.zeros(len(u), dtype=np.uint16),
            name=np.zeros(len(u), dtype=np.int32),
            names=("",),
            vertex=ends.reshape(-1, 2),
            vertex_start=np.arange(0, 2 * len(u) + 1, 2),
            origin=Origin(label_zh="合成网格城", label_en="synthetic grid town", synthetic=True),
        )
    )


def network_of(town: str) -> WalkNetwork | None:
    """The walking network of an extract, or None where no data root has it."""
    path = extract(town)
    if path is not None:
        return build_network(read_streets(path))
    return build_network(water_town().streets) if town == "Suzhou" else None


def facility_nodes(network: WalkNetwork, count: int, *, seed: int = 15) -> NDArray[np.uint32]:
    """Nodes of the mainland, drawn by seed."""
    mainland = np.flatnonzero(network.component == 0)
    return np.random.default_rng(seed).choice(mainland, count).astype(np.uint32)


def places(network: WalkNetwork, count: int, *, seed: int) -> Positions:
    """Positions along two-way mainland edges, up to 40 m beside the street, drawn by seed."""
    rng = np.random.default_rng(seed)
    usable = (network.component[network.u] == 0) & ~network.has(EdgeFlag.FORWARD_ONLY) & (network.u != network.v)
    edge = rng.choice(np.flatnonzero(usable), count).astype(np.int32)
    return Positions.single(
        ids=pd.RangeIndex(count),
        edge=edge,
        offset_mm=(rng.random(count) * network.length_mm[edge]).astype(np.int64),
        leg_mm=rng.integers(0, 40_000, count),
        status=np.zeros(count, dtype=np.uint8),
    )
