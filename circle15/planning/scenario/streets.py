"""Changes of streets, one function each: links, closed streets, opened gates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.catalog import way_classes
from circle15.catalog.facts import read_facts
from circle15.errors import InputError
from circle15.model.changes import AddLink, CloseStreet, LinkEnd, OpenGate
from circle15.model.results import City
from circle15.model.streets import EdgeFlag, NodeFlag
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import edge_lines
from circle15.network.splitting import split_edge
from circle15.planning.links import with_link
from circle15.planning.scenario.spots import in_reach
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean
from circle15.uncertainty.field_checks import street_ids, street_row

__all__ = ["add_link", "close_street", "gate_ids", "open_gate"]

_GATE = "gate:"
_STRUCTURE = {"": 0, "bridge": EdgeFlag.BRIDGE, "tunnel": EdgeFlag.TUNNEL}


# -- Links -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Mark:
    """A spot along an edge."""

    edge: int
    offset_mm: int
    point: shapely.Point


def add_link(city: City, change: AddLink) -> City:
    """A way more between two spots on the streets, straight."""
    known = [entry.name for entry in way_classes() if entry.walk]
    if change.way_class not in known:
        raise refusal(
            "link_class", error=InputError, value=change.way_class, known=", ".join(known),
            hint=did_you_mean(change.way_class, known),
        )  # fmt: skip
    start, end = (_mark(city, city.network, side) for side in (change.start, change.end))
    line = shapely.LineString([start.point, end.point])
    _check_link(city, line, change)
    network, first = split_edge(city.network, start.edge, start.offset_mm)
    edge, offset_mm = end.edge, end.offset_mm
    if edge == start.edge and offset_mm > start.offset_mm and network is not city.network:  # on what was parted off
        edge, offset_mm = city.network.n_edges, offset_mm - start.offset_mm
    network, last = split_edge(network, edge, offset_mm)
    flags = _STRUCTURE[change.structure] | (EdgeFlag.STEPS if change.stairs else 0)
    linked = with_link(network, first, last, way_class=change.way_class, flags=flags, name=change.name)
    return replace(city, network=linked)


def _mark(city: City, network: WalkNetwork, end: LinkEnd) -> _Mark:
    """The spot of an end: along its street, else the nearest of any street.

    Raises
    ------
    InputError
        If there is no such street, the offset lies beyond it, or the nearest street is too far.
    """
    if end.street_id:
        edge = _edge_of(network, end.street_id)
        offset_mm = round((end.offset_m or 0.0) * 1000)
        length_mm = int(network.length_mm[edge])
        if offset_mm > length_mm:
            raise refusal(
                "link_offset", error=InputError, street=end.street_id, offset=end.offset_m, length=length_mm / 1000
            )
        share = offset_mm / length_mm if length_mm else 0.0
        line = shapely.LineString(network.vertex[network.vertex_start[edge] : network.vertex_start[edge + 1]])
        point = shapely.line_interpolate_point(line, share, normalized=True)
        return _Mark(edge=edge, offset_mm=offset_mm, point=point)
    assert end.at is not None  # noqa: S101  # an end without a street has a place
    point = in_reach(city, end.at)
    mark = _nearest(network, point)
    far_m, most_m = shapely.distance(point, mark.point), float(read_facts("scenario.toml")["link"]["end_m"])
    if far_m > most_m:
        raise refusal("link_far", error=InputError, far=f"{far_m:,.0f}", most=f"{most_m:g}")
    return mark


def _nearest(network: WalkNetwork, point: shapely.Point) -> _Mark:
    """The nearest spot of any street, of equally near ones that of the first edge."""
    lines = edge_lines(network)
    far = shapely.distance(lines, point)
    edge = int(np.argmin(far))
    share = float(shapely.line_locate_point(lines[edge], point, normalized=True))
    offset_mm = round(share * int(network.length_mm[edge]))
    return _Mark(
        edge=edge, offset_mm=offset_mm, point=shapely.line_interpolate_point(lines[edge], share, normalized=True)
    )


def _check_link(city: City, line: shapely.LineString, change: AddLink) -> None:
    """Refuse a link that is too short or too long, or that crosses water or rail without a bridge or a tunnel."""
    bounds = read_facts("scenario.toml")["link"]
    for code, wrong in (("link_short", line.length < bounds["least_m"]), ("link_long", line.length > bounds["most_m"])):
        if wrong:
            raise refusal(code, error=InputError, length=f"{line.length:,.1f}", least=f"{bounds['least_m']:g}",
                          most=f"{bounds['most_m']:,.0f}")  # fmt: skip
    if not change.structure and _over_barriers(line, city.barriers):
        raise refusal("link_barrier", error=InputError, length=f"{line.length:,.0f}")


def _over_barriers(line: shapely.LineString, barriers: gpd.GeoSeries | None) -> bool:
    """Whether a line runs over water or rail: through an area, or across a line."""
    if barriers is None or not len(barriers):
        return False
    shapes: NDArray[Any] = barriers.to_numpy()
    near = shapes[shapely.STRtree(shapes).query(line, predicate="intersects")]
    areal = shapely.get_dimensions(near) == 2
    through_m = shapely.length(shapely.intersection(line, near))
    return bool(np.where(areal, through_m > 0, shapely.crosses(line, near)).any())


# -- Streets and gates that are there ----------------------------------------------------------------


def _edge_of(network: WalkNetwork, street: str) -> int:
    edge = street_row(network, street)
    if edge is None:
        hint = did_you_mean(street, street_ids(network))
        raise refusal("street_unknown", error=InputError, street=street, hint=hint)
    return edge


def close_street(city: City, change: CloseStreet) -> City:
    """A street that nobody walks through; who lives on it still gets out."""
    network = city.network
    edge = _edge_of(network, change.street_id)
    if network.flags[edge] & np.uint16(EdgeFlag.CLOSED):
        raise refusal("street_closed", error=InputError, street=change.street_id)
    flags = network.flags.copy()
    flags[edge] = (flags[edge] | np.uint16(EdgeFlag.CLOSED)) & ~np.uint16(EdgeFlag.CONFIRMED)
    return replace(city, network=replace(network, flags=flags))


def gate_ids(network: WalkNetwork) -> list[str]:
    """Names of the nodes that are gates, or that their tags shut to some people or to all; in the order of nodes."""
    shut = np.uint8(NodeFlag.GATE | NodeFlag.PRIVATE | NodeFlag.LOCKED | NodeFlag.BARRED)
    return list(dict.fromkeys(f"{_GATE}{node}" for node in network.node_id[(network.node_flags & shut) != 0]))


def open_gate(city: City, change: OpenGate) -> City:
    """A gate that everybody passes at any hour; ends of streets that it kept apart meet again."""
    network = city.network
    gates = gate_ids(network)
    if change.gate_id not in gates:
        raise refusal("gate_unknown", error=InputError, gate=change.gate_id, hint=did_you_mean(change.gate_id, gates))
    node = np.flatnonzero(network.node_id == int(change.gate_id.removeprefix(_GATE)))
    flags, hours = network.node_flags.copy(), network.hours.node_codes(network.n_nodes)
    shut = np.uint8(NodeFlag.PRIVATE | NodeFlag.LOCKED | NodeFlag.BARRED)
    if not hours[node].any() and not (flags[node] & shut).any() and (flags[node] & np.uint8(NodeFlag.OPEN)).all():
        raise refusal("gate_open", error=InputError, gate=change.gate_id)
    flags[node] = (flags[node] & ~shut) | np.uint8(NodeFlag.OPEN)
    hours[node] = 0
    number = np.arange(network.n_nodes, dtype=np.int32)
    number[node] = node[0]  # a barred node was parted into one for each street
    opened = replace(
        network,
        node_flags=flags,
        u=number[network.u],
        v=number[network.v],
        hours=network.hours.renumbered(nodes=hours),
    )
    return replace(city, network=opened)
