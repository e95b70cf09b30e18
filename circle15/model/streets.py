"""Streets as a source gave them: ways over shared nodes, before any topology is simplified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from circle15.errors import StreetsError
from circle15.model.provenance import Origin
from circle15.model.taken_ways import TakenWays
from circle15.model.way_hours import WayHours
from circle15.refusals import refusal

__all__ = ["EdgeFlag", "NodeFlag", "Streets"]


class EdgeFlag(IntFlag):
    """What a stretch of way is, beside its class. Gates and signals are charged at the end they stand at.

    ``CLOSED``: nobody can walk through, as a field check found; who lives on it still gets out at both ends.
    ``CONFIRMED``: a field check found that one can. ``SIDEPATH``: walkers are told to use a path beside it, and no
    such path is mapped.
    """

    STEPS = 1
    BRIDGE = 2
    TUNNEL = 4
    PRIVATE = 8
    CROSSING = 16
    FORWARD_ONLY = 32
    GATE_AT_U = 64
    GATE_AT_V = 128
    SIGNAL_AT_U = 256
    SIGNAL_AT_V = 512
    CLOSED = 1024
    CONFIRMED = 2048
    SIDEPATH = 4096


class NodeFlag(IntFlag):
    """What a node of the street network is.

    ``BARRED``: nobody passes, by its tags; each stretch of way ends there for itself. ``PRIVATE``: a gate for some
    people only, and ``LOCKED`` one that is kept locked. ``OPEN``: a gate that its tags open to walkers, or at hours.
    """

    GATE = 1
    SIGNAL = 2
    CROSSING = 4
    BARRED = 8
    PRIVATE = 16
    LOCKED = 32
    OPEN = 64


@dataclass(frozen=True, kw_only=True)
class Streets:
    """Walkable ways over shared nodes, in WGS 84.

    Two ways meet only where they share a node: a bridge and the path below it may cross in
    the plan without a node in common.

    Attributes
    ----------
    node_id
        ``int64[n]`` source identifiers, unique.
    lon, lat
        ``float64[n]`` degrees, WGS 84.
    node_flags
        ``uint8[n]`` bits of :class:`NodeFlag`.
    way_node
        ``int64[m]`` positions in the node arrays, way after way.
    way_start
        ``int64[w + 1]`` where each way begins in ``way_node``.
    way_class
        ``uint8[w]`` positions in ``catalog.way_classes()``.
    way_flags
        ``uint16[w]`` bits of :class:`EdgeFlag` (steps, bridge, tunnel, private, crossing, forward-only).
    way_name
        ``int32[w]`` positions in ``names``; 0 is the empty name.
    names
        Street names, the first one empty.
    origin
        Provenance.
    hours
        Ways and nodes that are open by hours; empty where nothing ever closes.
    counts
        What the reader saw: ways read, kept, dropped by reason. Rows in = rows used + rows dropped.
        A way that was parted counts once. ``metres ...``: what the tags took away.
    taken
        Ways that tags took from walkers, for counting whom that concerns.
    bounds
        ``(west, south, east, north)`` in degrees that the source's header names; None where it names none that can be.

    Raises
    ------
    StreetsError
        If the arrays do not fit together, or a coordinate is not a number on the globe.
    """

    node_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    node_flags: NDArray[np.uint8]
    way_node: NDArray[np.int64]
    way_start: NDArray[np.int64]
    way_class: NDArray[np.uint8]
    way_flags: NDArray[np.uint16]
    way_name: NDArray[np.int32]
    names: tuple[str, ...]
    origin: Origin
    hours: WayHours = field(default_factory=WayHours)
    counts: Mapping[str, int] = field(default_factory=dict)
    taken: TakenWays = field(default_factory=TakenWays)
    bounds: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        nodes, ways = len(self.node_id), len(self.way_class)
        if not (len(self.lon) == len(self.lat) == len(self.node_flags) == nodes):
            raise refusal("streets_nodes", error=StreetsError, nodes=nodes, lon=len(self.lon), lat=len(self.lat))
        if len(self.way_start) != ways + 1 or len(self.way_flags) != ways or len(self.way_name) != ways:
            raise refusal("streets_ways", error=StreetsError, ways=ways, starts=len(self.way_start) - 1)
        if ways and (int(self.way_start[-1]) != len(self.way_node) or int(np.diff(self.way_start).min()) < 2):
            raise refusal("streets_short", error=StreetsError)
        if len(self.way_node) and not (0 <= int(self.way_node.min()) and int(self.way_node.max()) < nodes):
            raise refusal("streets_reference", error=StreetsError)
        if nodes and not (np.all(np.abs(self.lon) <= 180) and np.all(np.abs(self.lat) <= 90)):
            bad = int(np.flatnonzero(~((np.abs(self.lon) <= 180) & (np.abs(self.lat) <= 90)))[0])
            raise refusal(
                "streets_globe", error=StreetsError, node=self.node_id[bad], lon=self.lon[bad], lat=self.lat[bad]
            )

    @property
    def n_ways(self) -> int:
        """Number of ways."""
        return len(self.way_class)

    def __repr__(self) -> str:
        kind = "synthetic " if self.origin.synthetic else ""
        return f"<Streets: {kind}{self.n_ways:,} ways, {len(self.node_id):,} nodes, {self.origin.label_en}>"
