"""A node more on a street: the spot where a new way begins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from circle15.model.streets import EdgeFlag
from circle15.model.walk_network import WalkNetwork

__all__ = ["split_edge"]

_AT_U = np.uint16(EdgeFlag.GATE_AT_U | EdgeFlag.SIGNAL_AT_U)
_AT_V = np.uint16(EdgeFlag.GATE_AT_V | EdgeFlag.SIGNAL_AT_V)


def split_edge(network: WalkNetwork, edge: int, offset_mm: int) -> tuple[WalkNetwork, int]:
    """Part an edge at a spot along it.

    ::

        u --- edge --- v        u --- edge --- new --- last edge --- v

    Parameters
    ----------
    network
        Not changed.
    edge
        Its number.
    offset_mm
        From its u end; at an end there is a node already, and nothing is parted.

    Returns
    -------
    (WalkNetwork, int)
        The network with one node and one edge more, each the last, and the node at the spot. All other edges keep their
        numbers; lengths add up; what stands at an end (a gate, a signal) stays there. The node's ``node_id`` is below
        all others and below zero: the source has none.
    """
    length = int(network.length_mm[edge])
    if offset_mm <= 0 or offset_mm >= length:
        return network, int((network.u if offset_mm <= 0 else network.v)[edge])
    node = network.n_nodes
    lines = _halves(network, edge, offset_mm / length)
    x, y = lines[0][-1]
    flags = network.flags[edge]
    hours = network.hours.codes(network.n_edges)
    start, stop = network.vertex_start[edge], network.vertex_start[edge + 1]
    grown = len(lines[0]) - (stop - start)
    vertex_start = np.append(network.vertex_start, network.vertex_start[-1] + len(lines[1]))
    vertex_start[edge + 1 :] += grown
    split = replace(
        network,
        node_id=np.append(network.node_id, min(0, int(network.node_id.min())) - 1),
        x=np.append(network.x, x),
        y=np.append(network.y, y),
        node_flags=np.append(network.node_flags, np.uint8(0)),
        u=np.append(network.u, np.int32(node)),
        v=np.append(_put(network.v, edge, node), network.v[edge]),
        length_mm=np.append(_put(network.length_mm, edge, offset_mm), length - offset_mm),
        way_class=np.append(network.way_class, network.way_class[edge]),
        flags=np.append(_put(network.flags, edge, flags & ~_AT_V), flags & ~_AT_U),
        name=np.append(network.name, network.name[edge]),
        vertex=np.concatenate([network.vertex[:start], lines[0], network.vertex[stop:], lines[1]]),
        vertex_start=vertex_start,
        hours=network.hours.renumbered(ways=np.append(hours, hours[edge])),
    )
    return split, node


def _put(column: NDArray[Any], row: int, value: Any) -> NDArray[Any]:
    """A column with another value in one row."""
    changed = column.copy()
    changed[row] = value
    return changed


def _halves(network: WalkNetwork, edge: int, share: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lines of an edge before and behind a share of its length."""
    line = shapely.LineString(network.vertex[network.vertex_start[edge] : network.vertex_start[edge + 1]])
    before, behind = (
        shapely.get_coordinates(substring(line, *ends, normalized=True)) for ends in ((0.0, share), (share, 1.0))
    )
    return before, behind
