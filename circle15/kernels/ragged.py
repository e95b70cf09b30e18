"""Runs of equal keys and ragged rows in flat arrays, and the order of ids: the steps that dense code is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["first_of_each", "least_of_each", "order_by_id", "place_in_run", "ranges", "rank_by_id", "run_starts"]


def first_of_each(key: NDArray[Any]) -> NDArray[np.int64]:
    """``int64[runs]``: where each run of equal keys begins, in keys that stand together.

    Examples
    --------
    >>> first_of_each(np.array([4, 4, 7, 2, 2])).tolist()
    [0, 2, 3]
    """
    new = np.ones(len(key), dtype=bool)
    new[1:] = key[1:] != key[:-1]
    return np.flatnonzero(new)


def least_of_each(value: NDArray[Any], first: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The least value of each run, and where it stands (of equal ones the first); runs begin at ``first``.

    Examples
    --------
    >>> least, place = least_of_each(np.array([5, 3, 3, 8, 9]), np.array([0, 3]))
    >>> least.tolist(), place.tolist()
    ([3, 8], [1, 3])
    """
    if len(first) == 0:
        return value[:0], np.empty(0, dtype=np.int64)
    least = np.minimum.reduceat(value, first)
    run = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(value))))
    attained = np.flatnonzero(value == least[run])
    return least, attained[first_of_each(run[attained])]


def run_starts(owner: NDArray[Any], owners: int) -> NDArray[np.int64]:
    """``int64[owners + 1]``: where the items of each owner begin, once items are sorted by owner.

    Examples
    --------
    >>> run_starts(np.array([0, 0, 2]), 3).tolist()  # owner 1 has none
    [0, 2, 2, 3]
    """
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=owners))]).astype(np.int64)


def ranges(first: NDArray[Any], count: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of so many positions each, beginning at ``first``, one after another: ``(row, position)``.

    Examples
    --------
    >>> row, position = ranges(np.array([10, 20]), np.array([2, 3]))
    >>> row.tolist(), position.tolist()
    ([0, 0, 1, 1, 1], [10, 11, 20, 21, 22])
    """
    row = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, np.asarray(first, dtype=np.int64)[row] + step


def place_in_run(key: NDArray[Any]) -> NDArray[np.int64]:
    """``int64[n]``: the place of each item in its run of equal keys, counted from 0.

    Examples
    --------
    >>> place_in_run(np.array([4, 4, 7, 2, 2, 2])).tolist()
    [0, 1, 0, 0, 1, 2]
    """
    first = first_of_each(key)
    return np.arange(len(key)) - np.repeat(first, np.diff(np.append(first, len(key))))


def order_by_id(ids: Iterable[object]) -> NDArray[np.int64]:
    """``int64[n]``: the rows in the order of their ids as text, so that the order of a file changes nothing.

    Examples
    --------
    >>> order_by_id(["b", "a", 10]).tolist()
    [2, 1, 0]
    """
    return np.argsort(np.array([str(key) for key in ids], dtype=object), kind="stable")


def rank_by_id(ids: Iterable[object]) -> NDArray[np.int64]:
    """``int64[n]``: the place of each row when ids are put in order.

    Examples
    --------
    >>> rank_by_id(["b", "a", "c"]).tolist()
    [1, 0, 2]
    """
    order = order_by_id(ids)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank
