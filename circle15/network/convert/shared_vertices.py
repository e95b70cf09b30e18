"""Street lines that share a vertex meet there; lines that end just beside another do not, and are told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.catalog import walking
from circle15.kernels.ragged import ranges
from circle15.refusals import warn_of

__all__ = ["clusters", "parted_lines", "warn_of_near_ends"]


def clusters(at: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Coordinates within a millimetre of each other as one place.

    Parameters
    ----------
    at
        ``float64[n, 2]`` metres.

    Returns
    -------
    (int64[n], int64[p])
        The place of each, and for each place the first of its coordinates in their order.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    known, group = np.unique(at, axis=0, return_inverse=True)
    points = np.asarray(shapely.points(known))
    near = shapely.STRtree(points).query(points, predicate="dwithin", distance=0.001)
    links = coo_array((np.ones(near.shape[1], dtype=np.int8), (near[0], near[1])), shape=(len(known),) * 2)
    _, place = connected_components(links, directed=False)
    of_each: NDArray[np.int64] = place[group.ravel()].astype(np.int64)
    _, first = np.unique(of_each, return_index=True)
    return of_each, first.astype(np.int64)


def parted_lines(
    lines: NDArray[np.object_], storeys: Sequence[tuple[str, ...]], *, also: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Lines parted at vertices that they share with others, or come back to.

    Where one line ends, all that have a vertex there meet it; two that run on meet if they are on one storey.

    Parameters
    ----------
    lines
        In metres.
    storeys
        Of each line, as :func:`~circle15.network.storeys.storeys` tells.
    also
        ``float64[n, 2]`` coordinates at which lines that have a vertex there are parted too.

    Returns
    -------
    (object[p], int64[p])
        The parts in the order of the lines, and which line each is of.
    """
    vertex, owner = shapely.get_coordinates(lines, return_index=True)
    place, _ = clusters(vertex if also is None else np.concatenate([vertex, also]))
    place, marked = place[: len(vertex)], place[len(vertex) :]
    begin = np.concatenate([[True], np.diff(owner) != 0])
    tip = begin | np.concatenate([begin[1:], [True]])
    cut = tip | _met(place, tip, owner, storeys) | np.isin(place, marked)
    head = np.flatnonzero(cut & np.concatenate([~begin[1:], [False]]))  # a part begins at every cut but a line's last
    tail = np.flatnonzero(cut & ~begin)
    row, position = ranges(head, tail - head + 1)
    return np.asarray(shapely.linestrings(vertex[position], indices=row)), owner[head]


def _met(
    place: NDArray[np.int64], tip: NDArray[np.bool_], owner: NDArray[np.int64], storeys: Sequence[tuple[str, ...]]
) -> NDArray[np.bool_]:
    """Which vertices lie where a line ends, or where another vertex of their storey lies."""
    ended = np.bincount(place, weights=tip) > 0
    met = ended[place]
    number: dict[str, int] = {}
    for kind in dict.fromkeys(storeys):
        for name in kind:
            number.setdefault(name, len(number))
    for name in number:
        here = np.array([name in kind for kind in storeys], dtype=bool)[owner]
        met |= here & (np.bincount(place[here], minlength=len(ended))[place] > 1)
    return met


def warn_of_near_ends(lines: NDArray[np.object_], ends: NDArray[np.int64]) -> None:
    """Warn of line ends that lie beside another line, nearer than a drawing means it, and are not joined to it.

    Parameters
    ----------
    lines
        In metres, parted at shared vertices.
    ends
        ``int64[p, 2]`` the nodes at both ends of each.
    """
    within_m = float(walking()["joints"]["near_end_m"])
    tips = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    node = ends.T.ravel()
    node, first = np.unique(node, return_index=True)
    tips = tips[first]
    tip, line = shapely.STRtree(lines).query(tips, predicate="dwithin", distance=within_m)
    apart = (ends[line] != node[tip][:, None]).all(axis=1)
    beside = np.unique(tip[apart])
    if len(beside) == 0:
        return
    places = ", ".join(f"{x:.2f} {y:.2f}" for x, y in shapely.get_coordinates(tips[beside[:5]]))
    warn_of("lines_near", stacklevel=3, count=len(beside), within=f"{100 * within_m:g}", first=places)
