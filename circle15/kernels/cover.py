"""Who reaches which candidate, as rows of candidates in flat arrays: turned round, made fewer without loss."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from circle15.kernels.ragged import run_starts

__all__ = ["dominated", "equal_rows", "implied", "kept_pairs", "transpose"]


@njit(nogil=True, cache=True)
def _transpose(start, candidate, place, by_row):  # type: ignore[no-untyped-def]
    for row in range(len(start) - 1):
        for pair in range(start[row], start[row + 1]):
            at = candidate[pair]
            by_row[place[at]] = row
            place[at] += 1


def transpose(
    start: NDArray[np.int64], candidate: NDArray[np.int32], candidates: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Rows of each candidate: ``int64[candidates + 1]`` starts and ``int32[k]`` rows, rising.

    Examples
    --------
    >>> by_start, by_row = transpose(np.array([0, 2, 3]), np.array([0, 2, 2], dtype=np.int32), 3)
    >>> by_start.tolist(), by_row.tolist()
    ([0, 1, 1, 3], [0, 0, 1])
    """
    by_start = run_starts(candidate, candidates)
    by_row = np.empty(len(candidate), dtype=np.int32)
    _transpose(start, candidate, by_start[:-1].copy(), by_row)
    return by_start, by_row


@njit(nogil=True, cache=True)
def _mixed(number):  # type: ignore[no-untyped-def]
    """Sixty-four bits of a number, as splitmix64 draws them (Steele, Lea and Flood 2014)."""
    z = (np.uint64(number) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(nogil=True, cache=True)
def _fingerprints(start, candidate):  # type: ignore[no-untyped-def]
    rows = len(start) - 1
    first, second = np.zeros(rows, dtype=np.uint64), np.zeros(rows, dtype=np.uint64)
    for row in range(rows):
        for pair in range(start[row], start[row + 1]):
            bits = _mixed(candidate[pair])
            first[row] += bits
            second[row] ^= _mixed(bits)
    return first, second


@njit(nogil=True, cache=True)
def _number_equal(order, start, candidate, kind):  # type: ignore[no-untyped-def]
    number, before = -1, -1
    for row in order:
        length = start[row + 1] - start[row]
        if length == 0:
            continue
        same = before >= 0 and start[before + 1] - start[before] == length
        if same:
            for k in range(length):
                if candidate[start[before] + k] != candidate[start[row] + k]:
                    same = False
                    break
        if not same:
            number, before = number + 1, row
        kind[row] = number
    return number + 1


def equal_rows(start: NDArray[np.int64], candidate: NDArray[np.int32]) -> tuple[NDArray[np.int64], int]:
    """Rows with the same candidates share a number: ``int64[n]``, -1 of a row without any, and how many there are.

    Fingerprints bring equal rows together and their candidates are then compared one by one: two rows that share a
    number are equal. Numbers follow the first candidate and the fingerprint, so that the order of rows changes nothing.

    Examples
    --------
    >>> kind, kinds = equal_rows(np.array([0, 2, 3, 5, 5]), np.array([0, 2, 2, 0, 2], dtype=np.int32))
    >>> kind.tolist(), kinds
    ([0, 1, 0, -1], 2)
    """
    kind = np.full(len(start) - 1, -1, dtype=np.int64)
    first, second = _fingerprints(start, candidate)
    leading = np.append(candidate, np.int32(0))[start[:-1]]
    return kind, int(_number_equal(np.lexsort((second, first, leading)), start, candidate, kind))


@njit(nogil=True, cache=True)
def _supersets(own, start, item, by_start, by_item, kept):  # type: ignore[no-untyped-def]
    """Write to ``kept`` the others that have every item of ``own``, rising; returns how many."""
    rarest = item[start[own]]
    for k in range(start[own], start[own + 1]):
        if by_start[item[k] + 1] - by_start[item[k]] < by_start[rarest + 1] - by_start[rarest]:
            rarest = item[k]
    size, count = start[own + 1] - start[own], 0
    for k in range(by_start[rarest], by_start[rarest + 1]):
        other = by_item[k]
        if other != own and start[other + 1] - start[other] >= size:
            kept[count] = other
            count += 1
    for k in range(start[own], start[own + 1]):
        if count == 0:
            break
        at, last, left = by_start[item[k]], by_start[item[k] + 1], 0
        for n in range(count):
            while at < last and by_item[at] < kept[n]:
                at += 1
            if at < last and by_item[at] == kept[n]:
                kept[left] = kept[n]
                left += 1
        count = left
    return count


@njit(nogil=True, cache=True)
def _dominated(by_start, by_row, start, candidate, cost, group):  # type: ignore[no-untyped-def]
    out, kept = np.zeros(len(cost), dtype=np.bool_), np.empty(len(cost), dtype=np.int64)
    for own in range(len(cost)):
        if by_start[own] == by_start[own + 1]:
            out[own] = True
            continue
        for n in range(_supersets(own, by_start, by_row, start, candidate, kept)):
            other = kept[n]
            if cost[other] > cost[own] or (group[other] >= 0 and group[other] != group[own]):
                continue
            equal = (
                by_start[other + 1] - by_start[other] == by_start[own + 1] - by_start[own]
                and cost[other] == cost[own]
                and group[other] == group[own]
            )
            if not equal or other < own:
                out[own] = True
                break
    return out


def dominated(
    by_start: NDArray[np.int64],
    by_row: NDArray[np.int32],
    start: NDArray[np.int64],
    candidate: NDArray[np.int32],
    cost: NDArray[np.int64],
    group: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """``bool[m]``: candidates that no plan needs, because another one that stays does all that they do.

    It has all their rows and maybe more, costs no more, and is of the same group or of none (-1). Of two that are equal
    in all this the lower number stays. A candidate without rows is dominated too.

    Parameters
    ----------
    by_start, by_row, start, candidate
        Rows of each candidate and candidates of each row, both rising: see :func:`transpose`.
    cost, group
        ``int64[m]``.
    """
    return np.asarray(_dominated(by_start, by_row, start, candidate, cost, group))


@njit(nogil=True, cache=True)
def _implied(start, candidate, by_start, by_row):  # type: ignore[no-untyped-def]
    out, kept = np.zeros(len(start) - 1, dtype=np.bool_), np.empty(len(start) - 1, dtype=np.int64)
    for own in range(len(start) - 1):
        if not out[own]:  # what contains a row that contains another contains that one too
            for n in range(_supersets(own, start, candidate, by_start, by_row, kept)):
                out[kept[n]] = True
    return out


def implied(
    start: NDArray[np.int64], candidate: NDArray[np.int32], by_start: NDArray[np.int64], by_row: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """``bool[n]``: rows that are covered whenever another one is, as they have all its candidates.

    Rows must differ (:func:`equal_rows`) and have a candidate each.
    """
    return np.asarray(_implied(start, candidate, by_start, by_row))


@njit(nogil=True, cache=True)
def _kept_pairs(rows, start, candidate, number, kept_start, kept):  # type: ignore[no-untyped-def]
    count = 0
    for k in range(len(rows)):
        for pair in range(start[rows[k]], start[rows[k] + 1]):
            if number[candidate[pair]] >= 0:
                kept[count] = number[candidate[pair]]
                count += 1
        kept_start[k + 1] = count
    return count


def kept_pairs(
    rows: NDArray[np.int64], start: NDArray[np.int64], candidate: NDArray[np.int32], keep: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Some rows with those of their candidates that are kept (``bool[m]``), which are numbered anew from 0.

    Examples
    --------
    >>> start, candidate = np.array([0, 2, 3, 5]), np.array([0, 2, 2, 0, 1], dtype=np.int32)
    >>> kept_start, kept = kept_pairs(np.array([0, 2]), start, candidate, np.array([False, True, True]))
    >>> kept_start.tolist(), kept.tolist()
    ([0, 1, 2], [1, 0])
    """
    number = np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int32)
    kept_start = np.zeros(len(rows) + 1, dtype=np.int64)
    kept = np.empty(int((start[rows + 1] - start[rows]).sum()), dtype=np.int32)
    count = _kept_pairs(rows, start, candidate, number, kept_start, kept)
    return kept_start, kept[:count]
