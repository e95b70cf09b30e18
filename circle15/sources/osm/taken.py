"""Streets by what their tags say: taken away, with metres and lines, or walked and told all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from circle15.kernels.ragged import first_of_each
from circle15.model.streets import EdgeFlag, Streets
from circle15.model.taken_ways import TakenWays
from circle15.network.walk_rules import WalkRule
from circle15.network.way_lengths import way_metres
from circle15.sources.osm.way_nodes import WayNodes

__all__ = ["count_metres", "kept_metres", "taken_ways"]


def count_metres(rules: Sequence[WalkRule], metres: NDArray[np.float64], counts: Counter[str]) -> None:
    """Add the metres that tags take away, by kind and tag: what is no street by its class is not told."""
    sums: Counter[str] = Counter()
    for rule, length in zip(rules, metres.tolist(), strict=True):
        if rule.taken not in {"", "class"}:
            sums[f"metres {rule.taken}: {rule.dropped}"] += length
    counts.update({key: round(length) for key, length in sums.items() if length >= 0.5})


def taken_ways(rules: Sequence[WalkRule], nodes: WayNodes, metres: NDArray[np.float64]) -> TakenWays:
    """The lines of the ways that tags take away, parted where the file lacks nodes.

    Parameters
    ----------
    rules, nodes
        Of the ways.
    metres
        Of each way where it counts: a way without any is left out.
    """
    at = np.flatnonzero(nodes.placed & (metres > 0)[nodes.way])
    if len(at) == 0:
        return TakenWays()
    way = nodes.way[at]
    start = first_of_each(way + (at - np.arange(len(at))))  # rises with each way, and with each missing node
    size = np.diff(np.append(start, len(at)))
    whole = np.repeat(size >= 2, size)
    ref = nodes.ref[at[whole]]
    kinds = tuple(rules[row].taken for row in way[start[size >= 2]].tolist())
    return TakenWays(lon=nodes.lon[ref], lat=nodes.lat[ref], size=size[size >= 2], kind=kinds)


def kept_metres(streets: Streets, tags: Sequence[tuple[str, ...]], counts: Counter[str]) -> None:
    """Add the metres that are walked and told: what ``tags`` says of each way, and roads with a path beside."""
    size = np.diff(streets.way_start)
    node = streets.way_node
    metres = way_metres(streets.lon[node], streets.lat[node], size)
    beside = (streets.way_flags & np.uint16(EdgeFlag.SIDEPATH)) != 0
    sums: Counter[str] = Counter({"metres sidepath: foot=use_sidepath": metres[beside].sum()})
    for way in np.flatnonzero([bool(words) for words in tags]).tolist():
        for key in tags[way]:
            sums[f"metres {key}"] += metres[way]
    counts.update({key: round(length) for key, length in sums.items() if length >= 0.5})
