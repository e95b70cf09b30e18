"""Metres of street by what their tags say: taken away, or walked and told all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from circle15.model.streets import EdgeFlag, Streets
from circle15.network.walk_rules import WalkRule
from circle15.network.way_lengths import way_metres

__all__ = ["count_metres", "kept_metres"]


def count_metres(rules: Sequence[WalkRule], metres: NDArray[np.float64], counts: Counter[str]) -> None:
    """Add the metres that tags take away, by kind and tag: what is no street by its class is not told."""
    sums: Counter[str] = Counter()
    for rule, length in zip(rules, metres.tolist(), strict=True):
        if rule.taken not in {"", "class"}:
            sums[f"metres {rule.taken}: {rule.dropped}"] += length
    counts.update({key: round(length) for key, length in sums.items() if length >= 0.5})


def kept_metres(streets: Streets, told: Sequence[tuple[str, ...]], counts: Counter[str]) -> None:
    """Add the metres that are walked and told: what ``told`` says of each way, and roads with a path beside."""
    size = np.diff(streets.way_start)
    node = streets.way_node
    metres = way_metres(streets.lon[node], streets.lat[node], size)
    beside = (streets.way_flags & np.uint16(EdgeFlag.SIDEPATH)) != 0
    sums: Counter[str] = Counter({"metres sidepath: foot=use_sidepath": metres[beside].sum()})
    for way in np.flatnonzero([bool(words) for words in told]).tolist():
        for key in told[way]:
            sums[f"metres {key}"] += metres[way]
    counts.update({key: round(length) for key, length in sums.items() if length >= 0.5})
