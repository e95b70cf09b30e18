"""Random networks, places on them and walkers, for hypothesis."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from circle15.model import Positions, WalkNetwork, WalkProfile
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


WALKERS = st.sampled_from([
    "adult", "elderly", "frail", BY["flat"],
    WalkProfile(name="odd", title_zh="", title_en="", speed_mps=0.777, stairs_mps=0.331, signal_s=7.7, gate_s=3.3),
])  # fmt: skip
