"""Tables of seats in reach: from a plain list, and random ones for laws that hold for all."""

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

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
