"""Private gates: whose they are, and who passes them.

A *private gate* is a node that its tags open to some people only, or a gate that nobody declares open and that leads
to private ways. It belongs to the *estate* whose ways it joins: private ways that meet, or streets that nothing but
private gates joins to the rest. Who lives in an estate passes its gates at no cost and is a stranger from there on;
strangers pass no private gate, nor does anybody one that is locked, or of which the map does not tell what it closes.

The *passages* of a network say so in nodes: a gate has one for each of its sides, and an estate's streets have nodes
of their own for those who live there, from which one comes out of its gates but not in again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circle15.catalog import walking
from circle15.kernels.ragged import first_of_each, ranges
from circle15.model.estates import NOBODYS, Estates
from circle15.model.streets import EdgeFlag, NodeFlag
from circle15.model.walk_network import GatePolicy, WalkNetwork

__all__ = ["Passages", "estates_of", "passages"]


def estates_of(network: WalkNetwork) -> Estates:
    """Find the private gates of a network and the estates that they belong to; nothing depends on numbering.

    Sizes that an estate may have stand in ``[gates]`` of ``walking.toml``.
    """
    private = network.has(EdgeFlag.PRIVATE)
    maybe, said_private = _candidates(network)
    if not (said_private.any() or private.any()):
        return _open(network)
    gate = said_private | _leads_to_estates(network, maybe & ~said_private, _regions(network, maybe, private), private)
    region = _regions(network, gate, private)
    locked = gate & _bit(network, NodeFlag.LOCKED)
    estate, owner = _ownership(network, gate & ~locked, region, private)
    return _sides(network, gate, region, private, estate, owner)


def _bit(network: WalkNetwork, flag: NodeFlag) -> NDArray[np.bool_]:
    return (network.node_flags & np.uint8(flag)) != 0


def _ends(network: WalkNetwork) -> NDArray[np.int64]:
    """``int64[2 e]``: the u ends of all edges, then their v ends."""
    return np.concatenate([network.u, network.v]).astype(np.int64)


def _open(network: WalkNetwork) -> Estates:
    """No private gate at all."""
    none = np.empty(0, dtype=np.int64)
    return Estates(
        gate=none,
        owner=none,
        estate=np.full(network.n_edges, NOBODYS),
        u=network.u.astype(np.int64),
        v=network.v.astype(np.int64),
        joint=np.arange(network.n_nodes),
        unclear=none,
    )


def _candidates(network: WalkNetwork) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """``bool[n]`` twice: nodes that may be private gates, and those whose tags say so."""
    meeting = np.bincount(_ends(network), minlength=network.n_nodes) > 1
    passable = meeting & ~_bit(network, NodeFlag.BARRED)
    private = passable & _bit(network, NodeFlag.PRIVATE)
    return private | (passable & _bit(network, NodeFlag.GATE) & ~_bit(network, NodeFlag.OPEN)), private


@dataclass(frozen=True, kw_only=True, eq=False)
class _Regions:
    """What is left in one piece when gates are shut.

    ``of`` ``int64[e]``; and by region: ``enclosed``, not the longest of what was one piece and no larger than an
    estate may be; ``private_share`` of its metres.
    """

    of: NDArray[np.int64]
    enclosed: NDArray[np.bool_]
    private_share: NDArray[np.float64]


def _labels(a: NDArray[np.int64], b: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """``int64[count]``: which connected part each vertex belongs to."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _mixed(node: NDArray[np.int64], private: NDArray[np.bool_], nodes: int) -> NDArray[np.bool_]:
    """``bool[k]``: at which of these ends of edges private ways meet public ones."""
    ways, privates = (np.bincount(node, weights=of, minlength=nodes)[node] for of in (np.ones(len(node)), private))
    return np.asarray((privates > 0) & (privates < ways))


def _regions(network: WalkNetwork, shut: NDArray[np.bool_], private: NDArray[np.bool_]) -> _Regions:
    """Shut gates; one at which private ways meet public ones parts these two, any other parts all its ways."""
    ends, count, nodes = _ends(network), network.n_edges, network.n_nodes
    at = np.flatnonzero(shut[ends])
    is_private = np.tile(private, 2)[at]
    apart = np.where(
        _mixed(ends[at], is_private, nodes), nodes + 2 * ends[at] + is_private, 3 * nodes + np.arange(len(at))
    )
    ends[at] = apart
    label = _labels(ends[:count], ends[count:], 3 * nodes + len(at))[ends[:count]]
    region = np.unique(label, return_inverse=True)[1]
    metres = np.bincount(region, weights=network.length_m)
    private_m = np.bincount(region, weights=network.length_m * private)
    piece = np.empty(len(metres), dtype=np.int64)
    piece[region] = network.component[network.u]
    longest = np.zeros(int(piece.max()) + 1)
    np.maximum.at(longest, piece, metres)
    most_m = 1000.0 * float(walking()["gates"]["estate_km"])
    return _Regions(
        of=region,
        enclosed=(metres < longest[piece]) & (metres <= most_m),
        private_share=np.divide(private_m, metres, out=np.zeros_like(metres), where=metres > 0),
    )


def _leads_to_estates(
    network: WalkNetwork, plain: NDArray[np.bool_], regions: _Regions, private: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """``bool[n]``: which gates that say nothing of themselves are an estate's, by the ways that they join."""
    estates = regions.enclosed & (regions.private_share >= float(walking()["gates"]["private_share"]))
    belongs = np.tile(private | estates[regions.of], 2)
    return plain & (np.bincount(_ends(network), weights=belongs, minlength=network.n_nodes) > 0)


def _ownership(
    network: WalkNetwork, gate: NDArray[np.bool_], regions: _Regions, private: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The estate of each edge ``int64[e]`` and of each node that is a gate of one ``int64[n]``, else ``-1``.

    One estate: private ways that meet, the enclosed region that they lie in, and all that a gate joins.
    """
    ends, count, nodes = _ends(network), network.n_edges, network.n_nodes
    a, b = ends[:count][private], ends[count:][private]
    group = np.full(count, NOBODYS)
    group[private] = _labels(a, b, nodes)[a]  # by private ways that meet: numbers below n
    enclosed = regions.enclosed[regions.of]
    region = nodes + regions.of
    group[enclosed & ~private] = region[enclosed & ~private]
    both = enclosed & private
    at = np.flatnonzero(gate[ends] & (np.tile(group, 2) != NOBODYS))
    size = nodes + len(regions.enclosed)
    links = (np.concatenate([group[both], np.tile(group, 2)[at]]), np.concatenate([region[both], size + ends[at]]))
    whole = _labels(*links, size + nodes)
    owner = np.full(nodes, NOBODYS)
    owner[ends[at]] = whole[size + ends[at]]
    estate = np.where(group == NOBODYS, NOBODYS, whole[group])
    number = np.unique(estate[estate != NOBODYS])
    renumber = np.full(size + nodes, NOBODYS)
    renumber[number] = np.arange(len(number))
    return np.where(estate == NOBODYS, NOBODYS, renumber[estate]), np.where(owner == NOBODYS, NOBODYS, renumber[owner])


def _sides(
    network: WalkNetwork,
    gate: NDArray[np.bool_],
    regions: _Regions,
    private: NDArray[np.bool_],
    estate: NDArray[np.int64],
    owner: NDArray[np.int64],
) -> Estates:
    """Give each side of a gate a node of its own.

    The sides are its private and its public ways, else what gates keep apart; where that tells nothing, each way is a
    side, unless public streets meet there: those nobody shuts by a gate.
    """
    ends, count, nodes = _ends(network), network.n_edges, network.n_nodes
    at = np.flatnonzero(gate[ends])
    node, is_private = ends[at], np.tile(private, 2)[at]
    side = np.where(_mixed(node, is_private, nodes), is_private, np.tile(regions.of, 2)[at])
    alike = np.bincount(np.unique(np.stack([node, side]), axis=1)[0], minlength=nodes)[node] == 1
    through = is_private | (np.bincount(node, minlength=nodes)[node] == 2)
    side = np.where(alike & through, len(regions.enclosed) + at, side)
    pair, group = np.unique(np.stack([node, side]), axis=1, return_inverse=True)
    more = np.ones(pair.shape[1], dtype=bool)
    more[first_of_each(pair[0])] = False  # the first side keeps the node
    number = np.where(more, nodes - 1 + np.cumsum(more), pair[0])
    ends[at] = number[group.ravel()]
    joint = np.arange(nodes + int(more.sum()))
    owned = owner[pair[0]] != NOBODYS
    joint[number[owned]] = pair[0][owned]
    parted = np.unique(pair[0][more])
    return Estates(
        gate=parted,
        owner=owner[parted],
        estate=estate,
        u=ends[:count],
        v=ends[count:],
        joint=joint,
        unclear=np.setdiff1d(np.flatnonzero(gate), parted),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Passages:
    """The nodes that people pass under a policy of gates; those of the network come first.

    ``n_nodes`` in all. ``charged`` ``bool[n]``: nodes of the network where a gate costs time. ``u``, ``v``
    ``int32[e]``: the ends of edges for strangers, whom ``strangers`` ``bool[e]`` lets in; ``home_u``, ``home_v``
    ``int32[e]``: for who sets out on that edge, the same where no estate has gates. ``out_from``, ``out_to``
    ``int64[k]``: where people of an estate become strangers, at no cost. ``home_node`` ``int64[n]``: of each node of
    the network the one for people of the estate around, itself where there is none. ``gate`` ``int64[g]``: the nodes
    that are private gates.
    """

    n_nodes: int
    charged: NDArray[np.bool_]
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    home_u: NDArray[np.int32]
    home_v: NDArray[np.int32]
    strangers: NDArray[np.bool_]
    out_from: NDArray[np.int64]
    out_to: NDArray[np.int64]
    home_node: NDArray[np.int64]
    gate: NDArray[np.int64]

    @property
    def owned(self) -> NDArray[np.bool_]:
        """``bool[e]``: the edges of estates that have nodes of their own."""
        return (self.u != self.home_u) | (self.v != self.home_v)


def passages(network: WalkNetwork, policy: GatePolicy) -> Passages:
    """The nodes of a network under a policy of gates.

    Parameters
    ----------
    network
        A walking network.
    policy
        See :class:`~circle15.model.walk_network.WalkProfile`.
    """
    estates = _open(network) if policy == "open" else estates_of(network)
    strangers = np.ones(network.n_edges, dtype=bool)
    homes = np.zeros(network.n_edges, dtype=bool)
    if policy == "resident":
        homes = np.isin(estates.estate, estates.owner[estates.owner != NOBODYS])
    elif policy == "closed":
        strangers = ~network.has(EdgeFlag.PRIVATE)
        homes = estates.estate != NOBODYS
    charged = np.full(network.n_nodes, policy != "open")
    charged[estates.gate] = False
    return _with_homes(estates, charged, strangers, homes)


def _with_homes(
    estates: Estates, charged: NDArray[np.bool_], strangers: NDArray[np.bool_], homes: NDArray[np.bool_]
) -> Passages:
    """Add the nodes of those who live on ``homes`` ``bool[e]``, and their ways out."""
    size, end = len(estates.joint), np.concatenate([estates.u, estates.v])
    home_end, lives, estate = end.copy(), np.tile(homes, 2), np.tile(estates.estate, 2)
    key = estate * size + estates.joint[end]
    estate_key, number = np.unique(key[lives], return_inverse=True)
    home_end[lives] = size + number
    # Out onto each node of the same place that leads anywhere else.
    other = np.unique(end[~lives])
    place = estates.joint[other]
    order = np.argsort(place, kind="stable")
    low, high = (np.searchsorted(place[order], estate_key % size, side=side) for side in ("left", "right"))
    row, position = ranges(low, high - low)
    home_node = np.arange(len(charged))
    inside = estate_key % size < len(charged)
    home_node[estate_key[inside] % size] = size + np.flatnonzero(inside)
    u, v, home_u, home_v = (ends.astype(np.int32) for ends in (*np.split(end, 2), *np.split(home_end, 2)))
    return Passages(
        n_nodes=size + len(estate_key),
        charged=charged,
        u=u,
        v=v,
        home_u=home_u,
        home_v=home_v,
        strangers=strangers,
        out_from=size + row,
        out_to=other[order][position],
        home_node=home_node,
        gate=estates.gate,
    )
