"""Who gets a seat when some facilities have more of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

from circle15.model.capacity import Allocation, Cut

__all__ = ["newly_seated"]


def newly_seated(most: Allocation, cut: Cut, more: NDArray[np.int64]) -> NDArray[np.int64]:
    """People who get a seat when sites have more of them; nobody who has one loses it.

    Where seats are short, those who have none may take a new seat, or that of somebody who moves to a new one, and so
    on: a maximum flow on what the largest allocation leaves. Elsewhere a seat more serves nobody more.

    Parameters
    ----------
    most
        As many served as can be.
    cut
        Its proof.
    more
        ``int64[s]``: seats that each site gets.

    Returns
    -------
    numpy.ndarray
        ``int64[r]`` by row of the table. Together with ``most.served`` their sum is the maximum flow with these seats.
    """
    table = most.table
    newly, new = np.zeros(len(table.people), dtype=np.int64), np.where(cut.sites, more, 0)
    rows, sites = np.flatnonzero(cut.rows), np.flatnonzero(cut.sites)
    if not new.any():
        return newly
    row_of, site_of = np.full(len(newly), -1), np.full(len(new), -1)
    row_of[rows], site_of[sites] = np.arange(len(rows)), np.arange(len(rows), len(rows) + len(sites))
    inside = cut.rows[table.row]  # a row that seats would help reaches no site outside
    row, site, flow = row_of[table.row[inside]], site_of[table.site[inside]], most.flow[inside]
    waiting = (table.people - most.by_row)[rows]
    source, sink = len(rows) + len(sites), len(rows) + len(sites) + 1
    tail = np.concatenate([np.full(len(rows), source), row, site, site_of[sites]])
    head = np.concatenate([np.arange(len(rows)), site, row, np.full(len(sites), sink)])
    carries = np.concatenate([waiting, table.people[rows][row], flow, np.minimum(new[sites], waiting.sum())])
    arcs = sparse.csr_array((carries.astype(np.int32), (tail, head)), shape=(sink + 1, sink + 1))
    found: Any = maximum_flow(arcs, source, sink).flow
    newly[rows] = found[[source], : len(rows)].toarray().ravel()
    return newly
