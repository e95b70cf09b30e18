"""The walking network: merged streets as plain arrays, and the profile that turns lengths into time."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from circle15.errors import SettingError, StreetsError
from circle15.kernels.ragged import place_in_run
from circle15.model.metric import refuse_stretched, why_unfit
from circle15.model.moment import Moment
from circle15.model.pickling import Travelling
from circle15.model.provenance import Origin
from circle15.model.streets import EdgeFlag
from circle15.model.way_hours import WayHours
from circle15.refusals import refusal

__all__ = ["GATE_POLICIES", "GatePolicy", "WalkNetwork", "WalkProfile"]

GatePolicy = Literal["resident", "visitor", "open", "closed"]
"""Who passes private gates; see :class:`WalkProfile`."""
GATE_POLICIES: tuple[GatePolicy, ...] = get_args(GatePolicy)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WalkNetwork(Travelling):
    """A street network for walkers: an undirected multigraph with lengths, classes and geometry.

    Nodes stand in the order of a space-filling curve, edges in the order of their nodes; both
    depend on the streets alone, not on the order in which a file listed them.

    Attributes
    ----------
    crs
        Metric coordinate reference system of ``x, y`` and ``vertex``.
    node_id
        ``int64[n]`` the source's identifiers.
    x, y
        ``float64[n]`` metres.
    node_flags
        ``uint8[n]`` bits of :class:`~circle15.model.streets.NodeFlag`.
    u, v
        ``int32[e]`` end nodes. Parallel edges and self-loops are allowed.
    length_mm
        ``int64[e]`` whole millimetres along the geometry; integers make walking times exact.
    way_class
        ``uint8[e]`` positions in ``catalog.way_classes()``.
    flags
        ``uint16[e]`` bits of :class:`~circle15.model.streets.EdgeFlag`.
    name
        ``int32[e]`` positions in ``names``.
    vertex, vertex_start
        ``float64[m, 2]`` and ``int64[e + 1]``: the line of each edge, from u to v.
    origin
        Provenance of the streets.
    hours
        Edges and nodes that are open by hours; empty where nothing ever closes.

    Raises
    ------
    StreetsError
        If arrays do not fit together or a length is negative or not finite.
    CrsError
        If the system is more than 1 % untrue to length where the nodes lie.
    """

    crs: CRS
    node_id: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    node_flags: NDArray[np.uint8]
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_mm: NDArray[np.int64]
    way_class: NDArray[np.uint8]
    flags: NDArray[np.uint16]
    name: NDArray[np.int32]
    names: tuple[str, ...]
    vertex: NDArray[np.float64]
    vertex_start: NDArray[np.int64]
    origin: Origin
    hours: WayHours = field(default_factory=WayHours)

    def __post_init__(self) -> None:
        unfit = why_unfit(self.crs)
        if unfit:
            raise refusal("network_crs", error=StreetsError, crs=self.crs.name, why=unfit)
        nodes, edges = len(self.x), len(self.u)
        per_node = (self.node_id, self.x, self.y, self.node_flags)
        per_edge = (self.u, self.v, self.length_mm, self.way_class, self.flags, self.name)
        if any(len(column) != nodes for column in per_node) or any(len(column) != edges for column in per_edge):
            raise refusal("network_columns", error=StreetsError, nodes=nodes, edges=edges)
        if len(self.vertex_start) != edges + 1:
            raise refusal("network_lines", error=StreetsError, edges=edges, lines=len(self.vertex_start) - 1)
        if edges and not (0 <= min(self.u.min(), self.v.min()) and max(self.u.max(), self.v.max()) < nodes):
            raise refusal("network_reference", error=StreetsError)
        if edges and int(self.length_mm.min()) < 0:
            raise refusal("network_length", error=StreetsError, edge=int(self.length_mm.argmin()))
        step = max(1, nodes // 1000)
        refuse_stretched(self.crs, np.column_stack([self.x[::step], self.y[::step]]))
        for column in fields(self):
            value = getattr(self, column.name)
            if isinstance(value, np.ndarray):
                view = value.view()  # the caller's own array stays as it is
                view.setflags(write=False)
                object.__setattr__(self, column.name, view)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.x)

    @property
    def n_edges(self) -> int:
        """Number of undirected edges."""
        return len(self.u)

    @property
    def length_m(self) -> NDArray[np.float64]:
        """``float64[e]`` edge lengths in metres."""
        return self.length_mm / 1000.0

    @property
    def total_km(self) -> float:
        """Walkable length of the whole network in kilometres."""
        return float(self.length_mm.sum()) / 1e6

    def has(self, flag: EdgeFlag) -> NDArray[np.bool_]:
        """``bool[e]``: which edges carry any of the bits of ``flag``."""
        return (self.flags & np.uint16(flag)) != 0

    @cached_property
    def component(self) -> NDArray[np.int32]:
        """``int32[n]`` connected component of each node, numbered by falling length (0 = mainland)."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        ones = np.ones(self.n_edges, dtype=np.int8)
        links = coo_array((ones, (self.u, self.v)), shape=(self.n_nodes, self.n_nodes))
        count, raw = connected_components(links, directed=False)
        length = np.bincount(raw[self.u], weights=self.length_mm, minlength=count)
        rank = np.empty(count, dtype=np.int32)
        rank[np.argsort(-length, kind="stable")] = np.arange(count, dtype=np.int32)
        return rank[raw]

    @cached_property
    def component_km(self) -> NDArray[np.float64]:
        """``float64[c]`` walkable length of each component in kilometres, longest first."""
        if self.n_edges == 0:
            return np.zeros(int(self.component.max(initial=-1)) + 1)
        count = int(self.component.max()) + 1
        return np.bincount(self.component[self.u], weights=self.length_mm, minlength=count) / 1e6

    def parted(self, nodes: NDArray[np.bool_]) -> WalkNetwork:
        """Give every end of an edge at a marked node a node of its own, so that nobody passes there.

        ::

            a --- x --- b        a --- x    x --- b
                  |         ->         x
                  c                    |
                                       c

        Parameters
        ----------
        nodes
            ``bool[n]`` which nodes are parted.

        Returns
        -------
        WalkNetwork
            Edges keep their numbers, lengths and lines, so positions hold. The copies stand behind the other nodes,
            with their node's place, identifier, flags and hours.
        """
        ends = np.concatenate([self.u, self.v])
        at = np.flatnonzero(nodes[ends])
        at = at[np.argsort(ends[at], kind="stable")]
        more = at[place_in_run(ends[at]) > 0]  # the first end at a node keeps it
        if len(more) == 0:
            return self
        origin = ends[more]
        ends[more] = self.n_nodes + np.arange(len(more), dtype=np.int32)
        codes = self.hours.node_codes(self.n_nodes)
        return replace(
            self,
            node_id=np.append(self.node_id, self.node_id[origin]),
            x=np.append(self.x, self.x[origin]),
            y=np.append(self.y, self.y[origin]),
            node_flags=np.append(self.node_flags, self.node_flags[origin]),
            u=ends[: self.n_edges],
            v=ends[self.n_edges :],
            hours=self.hours.renumbered(nodes=np.append(codes, codes[origin])),
        )

    def at(self, when: Moment | None) -> WalkNetwork:
        """The network as it is at a moment: edges that are shut then are closed, and nobody passes nodes shut then.

        Parameters
        ----------
        when
            None is no moment: everything that ever opens is open.

        Returns
        -------
        WalkNetwork
            Edges keep their numbers, so positions hold; this very network where nothing is shut.
        """
        if when is None or not self.hours:
            return self
        ways, gates = self.hours.shut(when)
        if not (len(ways) or len(gates)):
            return self
        flags, shut = self.flags.copy(), np.zeros(self.n_nodes, dtype=bool)
        flags[ways] |= np.uint16(EdgeFlag.CLOSED)
        shut[gates] = True
        return replace(self, flags=flags).parted(shut)

    def with_closed(self, edges: NDArray[np.bool_]) -> WalkNetwork:
        """The same network with edges, ``bool[e]``, that nobody passes; all else is as it was checked."""
        flags = self.flags | np.where(edges, np.uint16(EdgeFlag.CLOSED), np.uint16(0))
        flags.setflags(write=False)
        closed = object.__new__(type(self))
        vars(closed).update(vars(self) | {"flags": flags})
        return closed

    def __repr__(self) -> str:
        mainland = float(self.component_km[0] / self.total_km) if self.total_km else 0.0
        kind = "synthetic, " if self.origin.synthetic else ""
        return (
            f"<WalkNetwork: {kind}{self.n_nodes:,} nodes, {self.n_edges:,} edges, {self.total_km:,.1f} km, "
            f"{len(self.component_km):,} components (mainland {mainland:.1%}), EPSG:{self.crs.to_epsg()}>"
        )


@dataclass(frozen=True, kw_only=True)
class WalkProfile:
    """How somebody walks. Costs are whole milliseconds, so that they add up exactly.

    Attributes
    ----------
    name
        Key in ``walking.toml``.
    title_zh, title_en
        For people.
    speed_mps, stairs_mps
        Metres per second on the flat, and along a flight of stairs.
    signal_s
        Seconds lost at a signalled crossing, and ``gate_s`` at a gate that is not one's own.
    gates
        Who passes private gates (:mod:`circle15.network.gates`). ``resident``: people those of their own estate, nobody
        locked ones or another's. ``visitor``: nobody any. ``open``: everybody, at no cost. ``closed``: as ``resident``,
        and strangers walk no private way either.
    citation
        Where the figures come from.

    Raises
    ------
    SettingError
        If a speed is not a positive finite number or a delay is negative.
    """

    name: str
    title_zh: str
    title_en: str
    speed_mps: float
    stairs_mps: float
    signal_s: float = 0.0
    gate_s: float = 0.0
    gates: GatePolicy = "resident"
    citation: str = ""

    def __post_init__(self) -> None:
        for key in ("speed_mps", "stairs_mps"):
            value = getattr(self, key)
            if not (np.isfinite(value) and 0.05 <= value <= 10):
                raise refusal("profile_speed", error=SettingError, profile=self.name, key=key, value=value)
        for key in ("signal_s", "gate_s"):
            value = getattr(self, key)
            if not (np.isfinite(value) and 0 <= value <= 3600):
                raise refusal("profile_delay", error=SettingError, profile=self.name, key=key, value=value)
        if self.gates not in GATE_POLICIES:
            raise refusal(
                "profile_gates", error=SettingError, profile=self.name, value=self.gates, known=", ".join(GATE_POLICIES)
            )

    def walk_ms(self, length_mm: NDArray[np.int64], *, stairs: NDArray[np.bool_] | bool = False) -> NDArray[np.int64]:
        """Milliseconds to walk whole millimetres, rounded half up, on the flat or on stairs."""
        speed_mmps = np.where(stairs, round(self.stairs_mps * 1000), round(self.speed_mps * 1000))
        return (np.asarray(length_mm, dtype=np.int64) * 1000 + speed_mmps // 2) // speed_mmps

    def end_delay_ms(
        self, network: WalkNetwork, *, charged: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """``int64[e]`` at each edge's u end and v end: half of what its gate or signal costs.

        Passing a node means leaving one edge and entering another, so the two halves make one delay. Gates cost
        something at the nodes that are ``charged`` ``bool[n]``.
        """
        half_signal, half_gate = round(self.signal_s * 500), round(self.gate_s * 500)
        at_u = network.has(EdgeFlag.SIGNAL_AT_U) * half_signal
        at_v = network.has(EdgeFlag.SIGNAL_AT_V) * half_signal
        if half_gate:
            at_u = at_u + (network.has(EdgeFlag.GATE_AT_U) & charged[network.u]) * half_gate
            at_v = at_v + (network.has(EdgeFlag.GATE_AT_V) & charged[network.v]) * half_gate
        return at_u.astype(np.int64), at_v.astype(np.int64)

    def reach_m(self, minutes: float) -> float:
        """Metres walked on the flat in so many minutes without a delay."""
        return self.speed_mps * 60.0 * minutes
