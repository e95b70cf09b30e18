"""Tables of seats in reach: from a plain list, and random ones for laws that hold for all."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from circle15.catalog import profile
from circle15.model import ReachTable
from circle15.model.capacity import SeatsInReach


def seats_in_reach(people: Sequence[int], seats: Sequence[int], walks: Mapping[tuple[int, int], int]) -> SeatsInReach:
    """Of ``{(row, site): cost_ms}``."""
    pairs = sorted(walks)
    row = np.array([pair[0] for pair in pairs], dtype=np.int64)
    return SeatsInReach(
        people=np.array(people, dtype=np.int64),
        start=np.searchsorted(row, np.arange(len(people) + 1)).astype(np.int64),
        site=np.array([pair[1] for pair in pairs], dtype=np.int64),
        cost_ms=np.array([walks[pair] for pair in pairs], dtype=np.int64),
        seats=np.array(seats, dtype=np.int64),
    )


@st.composite
def random_seats(draw, most_rows: int = 7, most_sites: int = 5):
    """Few rows and sites, many ties, zeros among all numbers."""
    rows, sites = draw(st.integers(0, most_rows)), draw(st.integers(1, most_sites))
    people = draw(st.lists(st.integers(0, 6), min_size=rows, max_size=rows))
    seats = draw(st.lists(st.integers(0, 9), min_size=sites, max_size=sites))
    places = [(row, site) for row in range(rows) for site in range(sites)]
    chosen = draw(st.lists(st.sampled_from(places), unique=True)) if places else []
    walks = {pair: draw(st.integers(0, 9)) for pair in chosen}
    return seats_in_reach(people, seats, walks)


def clustered_seats(rows: int, sites: int, *, share: float, equal: bool, seed: int = 15) -> SeatsInReach:
    """People around a few centres, some of one home, and seats for ``share`` of them; walks with and without ties."""
    draw = np.random.default_rng(seed)
    centres = draw.random((5, 2))
    homes, places = (centres[draw.integers(0, 5, count)] + draw.normal(0, 0.1, (count, 2)) for count in (rows, sites))
    homes[::7] = homes[0]
    walks = np.rint(900 * np.hypot(*(homes[:, np.newaxis] - places).T).T).astype(int)
    people, size = draw.integers(0, 61, rows), np.ones(sites) if equal else draw.lognormal(0.0, 0.8, sites)
    seats = np.rint(size / size.sum() * people.sum() * share).astype(int)
    near = {(row, site): walks[row, site] for row, site in zip(*np.nonzero(walks < 300), strict=True)}
    return seats_in_reach(people.tolist(), seats.tolist(), near)


def reach_of(walks: Mapping[tuple[int, int], float], *, points: int, facilities: int, cutoff_min: float) -> ReachTable:
    """A reach table of ``{(point, facility): minutes}``."""
    pairs = sorted(walks)
    return ReachTable(
        point_ids=pd.Index([f"p{k}" for k in range(points)], name="point_id"),
        facility_ids=pd.Index([f"f{k}" for k in range(facilities)], name="facility_id"),
        point=np.array([pair[0] for pair in pairs], dtype=np.int32),
        facility=np.array([pair[1] for pair in pairs], dtype=np.int32),
        cost_ms=np.array([round(walks[pair] * 60_000) for pair in pairs], dtype=np.int32),
        cutoff_ms=round(cutoff_min * 60_000),
        profile=profile("elderly"),
        point_status=np.zeros(points, dtype=np.uint8),
    )
