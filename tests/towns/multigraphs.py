"""Random networks, places on them and walkers, for hypothesis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from circle15.model import EdgeFlag, NodeFlag, Positions, WalkNetwork, WalkProfile
from tests.towns.lattice import BY, network


@st.composite
def multigraphs(draw):
    """Random multigraphs: parallel edges, loops, zero lengths, one-way stairs, gates, signals, islands."""
    nodes = draw(st.integers(2, 9))
    count = draw(st.integers(1, 18))
    ends = draw(
        st.lists(st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)), min_size=count, max_size=count)
    )
    length = draw(st.lists(st.integers(0, 400_000), min_size=count, max_size=count))
    flags = draw(st.lists(st.integers(0, 0x3FF), min_size=count, max_size=count))
    place = draw(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), min_size=nodes, max_size=nodes))
    return network(place, ends, length_m=np.array(length) / 1000, flags=flags)


@st.composite
def placed(draw, net: WalkNetwork):
    """Up to eight positions with up to three ways on each, some of them none."""
    status = np.array(draw(st.lists(st.sampled_from([0, 0, 0, 1, 2, 3]), min_size=1, max_size=8)), np.uint8)
    ways = np.array([draw(st.integers(1, 3)) * (code != Positions.FAR) for code in status], dtype=np.int64)
    count = int(ways.sum())
    edge = np.array(draw(st.lists(st.integers(0, net.n_edges - 1), min_size=count, max_size=count)), np.int32)
    share = np.array(draw(st.lists(st.integers(0, 1000), min_size=count, max_size=count)), dtype=np.int64)
    leg = np.array(draw(st.lists(st.integers(0, 150_000), min_size=count, max_size=count)), dtype=np.int64)
    return Positions(
        ids=pd.RangeIndex(len(status)),
        status=status,
        start=np.concatenate([[0], np.cumsum(ways)]),
        edge=edge,
        offset_mm=net.length_mm[edge] * share // 1000,
        leg_mm=leg,
    )


@st.composite
def cities(draw):
    """Random multigraphs as files give them: gates and signals are the nodes', streets may be closed.

    Few lengths, some of them none, so that ties are many.
    """
    nodes = draw(st.integers(2, 8))
    node = st.integers(0, nodes - 1)
    ends = np.array(draw(st.lists(st.tuples(node, node), min_size=1, max_size=14)))
    count = len(ends)
    length = draw(st.lists(st.sampled_from([0, 0, 1, 30, 77_777, 100_000, 250_000]), min_size=count, max_size=count))
    kinds = st.sampled_from([0, 0, 0, EdgeFlag.STEPS, EdgeFlag.FORWARD_ONLY, EdgeFlag.CLOSED, 0x421])
    flags = np.array(draw(st.lists(kinds, min_size=count, max_size=count)), dtype=np.uint16)
    marks = np.array(draw(st.lists(st.sampled_from([0, 0, 1, 2, 3]), min_size=nodes, max_size=nodes)), dtype=np.uint8)
    gate, signal = (marks & np.uint8(NodeFlag.GATE)) != 0, (marks & np.uint8(NodeFlag.SIGNAL)) != 0
    for end, at_gate, at_signal in (
        (ends[:, 0], EdgeFlag.GATE_AT_U, EdgeFlag.SIGNAL_AT_U),
        (ends[:, 1], EdgeFlag.GATE_AT_V, EdgeFlag.SIGNAL_AT_V),
    ):
        flags |= np.where(gate[end], at_gate, 0).astype(np.uint16) | np.where(signal[end], at_signal, 0).astype(
            np.uint16
        )
    place = [(100 * k, 37 * k * k % 101) for k in range(nodes)]
    whole = network(place, ends.tolist(), length_m=np.array(length) / 1000, flags=flags.tolist())
    return replace(whole, node_flags=marks)


@st.composite
def places(draw, net: WalkNetwork):
    """Up to five places: at junctions (a way on along every edge there), along edges, at their ends, or nowhere."""
    rows: list[list[tuple[int, int, int]]] = []
    for kind in draw(st.lists(st.sampled_from(["junction", "edges", "edges", "far"]), min_size=1, max_size=5)):
        leg = draw(st.sampled_from([0, 0, 1_500, 40_000]))
        if kind == "junction":
            node = draw(st.sampled_from(sorted({*net.u.tolist(), *net.v.tolist()})))
            rows.append(
                [(edge, 0, leg) for edge in np.flatnonzero(net.u == node).tolist()]
                + [(edge, int(net.length_mm[edge]), leg) for edge in np.flatnonzero(net.v == node).tolist()]
            )
            continue
        count = 0 if kind == "far" else draw(st.integers(1, 3))
        edge = draw(st.lists(st.integers(0, net.n_edges - 1), min_size=count, max_size=count))
        share = draw(st.lists(st.sampled_from([0, 1, 333, 500, 999, 1000]), min_size=count, max_size=count))
        rows.append(
            [
                (k, int(net.length_mm[k]) * part // 1000, leg + 700 * n)
                for n, (k, part) in enumerate(zip(edge, share, strict=True))
            ]
        )
    ways = np.array([way for row in rows for way in row], dtype=np.int64).reshape(-1, 3)
    return Positions(
        ids=pd.RangeIndex(len(rows)),
        status=np.array([Positions.OK if row else Positions.FAR for row in rows], dtype=np.uint8),
        start=np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        edge=ways[:, 0].astype(np.int32),
        offset_mm=ways[:, 1],
        leg_mm=ways[:, 2],
    )


WALKERS = st.sampled_from([
    "adult", "elderly", "frail", BY["flat"],
    WalkProfile(name="odd", title_zh="", title_en="", speed_mps=0.777, stairs_mps=0.331, signal_s=7.7, gate_s=3.3),
])  # fmt: skip
