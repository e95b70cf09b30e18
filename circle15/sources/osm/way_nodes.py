"""The nodes of ways: where each one lies, by the node itself or by what the way says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
from numpy.typing import NDArray

from circle15.errors import StreetsError
from circle15.refusals import hint, refusal
from circle15.sources.osm.contents import OsmContents
from circle15.sources.osm.opl import csv_columns, written

__all__ = ["WayNodes", "way_nodes"]

_REFS_TO_CSV = bytes.maketrans(b"xy,", b",,\n")
_MANY_TIMES = 4
_TAGS = re.compile(rb" T[^ ]+")
_NODE_TO_CSV = bytes.maketrans(b" ", b",")


@dataclass(frozen=True, kw_only=True, eq=False)
class WayNodes:
    """References of ways, way after way, and the nodes that they name.

    ``node_id`` ``int64[n]`` rising; ``lon``, ``lat`` ``float64[n]`` degrees, NaN where the file does not say;
    ``ref`` ``int64[m]`` positions among the nodes; ``size`` ``int64[w]``: how many references each way has.
    """

    node_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    ref: NDArray[np.int64]
    size: NDArray[np.int64]

    @cached_property
    def way(self) -> NDArray[np.int64]:
        """``int64[m]``: which way each reference belongs to."""
        return np.repeat(np.arange(len(self.size)), self.size)

    @cached_property
    def placed(self) -> NDArray[np.bool_]:
        """``bool[m]``: whose place is known."""
        return ~np.isnan(self.lon)[self.ref]

    def of_ways(self, keep: NDArray[np.bool_]) -> WayNodes:
        """The references of some of the ways, over all of the nodes."""
        return replace(self, ref=self.ref[np.repeat(keep, self.size)], size=self.size[keep])


def way_nodes(path: Path, refs: Sequence[bytes], contents: OsmContents) -> WayNodes:
    """Take ``n1xy,n2x2.5y3.5,...`` apart, and give every reference the place of its node.

    Parameters
    ----------
    path
        The OSM file, whose nodes are read.
    refs
        Per way its references as OPL writes them, with the coordinates that the way itself brings along, if any.
    contents
        Which nodes of the file count.

    Raises
    ------
    StreetsError
        If a node lies nowhere on the globe, or ways place one node differently.
    """
    size = np.array([part.count(b",") + 1 if part else 0 for part in refs], dtype=np.int64)
    if not size.any():
        none = np.empty(0, dtype=np.int64)
        return WayNodes(node_id=none, lon=np.empty(0), lat=np.empty(0), ref=none, size=size)
    body = b",".join(part for part in refs if part).translate(_REFS_TO_CSV, delete=b"n")
    node, own_lon, own_lat = csv_columns(body, {"node": pa.int64(), "lon": pa.float64(), "lat": pa.float64()})
    known, position = np.unique(node, return_inverse=True)
    lon, lat = _own_places(path, known, position, own_lon, own_lat)
    number, node_lon, node_lat = _node_places(path, known, contents)
    at = np.minimum(np.searchsorted(known, number), len(known) - 1)
    named = known[at] == number
    lon[at[named]], lat[at[named]] = node_lon[named], node_lat[named]
    _refuse_off_globe(path, known, lon, lat)
    return WayNodes(node_id=known, lon=lon, lat=lat, ref=position, size=size)


def _own_places(
    path: Path,
    known: NDArray[np.int64],
    position: NDArray[np.int64],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per known node the place that the ways themselves bring along, NaN where they bring none."""
    placed = np.flatnonzero(~np.isnan(lon))
    place = np.full((2, len(known)), np.nan)
    place[:, position[placed]] = lon[placed], lat[placed]
    unlike = (place[0, position[placed]] != lon[placed]) | (place[1, position[placed]] != lat[placed])
    if unlike.any():
        first = placed[int(unlike.argmax())]
        at = position[first]
        raise refusal(
            "osm_two_places", error=StreetsError, file=path.name, named=hint("osm_node", id=known[at]),
            first=f"{lon[first]:.7f}, {lat[first]:.7f}", second=f"{place[0, at]:.7f}, {place[1, at]:.7f}",
        )  # fmt: skip
    return place[0], place[1]


def _node_places(
    path: Path, wanted: NDArray[np.int64], contents: OsmContents
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Ids, longitudes and latitudes of nodes that stand in the file and count, the wanted ones among them."""
    # osmium's sets of ids hold none below zero; making one costs more than to read a few nodes in vain.
    few = len(wanted) * _MANY_TIMES < contents.n_nodes and wanted[0] >= 0
    filters = (osmium.filter.IdFilter(wanted.tolist()),) if few else ()
    text = written(path, osmium.osm.NODE, *filters, form="opl,add_metadata=version")
    if not text:
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    body = _TAGS.sub(b" T", text).translate(_NODE_TO_CSV, delete=b"ndTvxy")
    types = {"node": pa.int64(), "version": pa.int64(), "state": pa.string(), "tags": pa.string()}
    node, _, state, _, lon, lat = csv_columns(body, types | {"lon": pa.float64(), "lat": pa.float64()})
    counts = (state == "V") & ~np.isnan(lon)
    if contents.deleted["node"]:
        counts &= ~np.isin(node, list(contents.deleted["node"]))
    return node[counts], lon[counts], lat[counts]


def _refuse_off_globe(path: Path, node: NDArray[np.int64], lon: NDArray[np.float64], lat: NDArray[np.float64]) -> None:
    off = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if off.any():
        bad = int(off.argmax())
        raise refusal("osm_globe", error=StreetsError, file=path.name, node=node[bad], lon=lon[bad], lat=lat[bad])
