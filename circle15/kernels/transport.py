"""Whole units from rows to sites with few seats: the least cost at the largest volume, by the network simplex method.

Nodes are rows, then sites, then one root: what a row leaves without a seat goes to the root, free seats come from it. A
basis is a tree over all nodes. Most rows are its leaves, so that what a pivot has to walk through is the few sites and
the rows that are parted among them.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from circle15.kernels.ragged import ranges, run_starts

__all__ = ["transport"]

_FAR = np.iinfo(np.int64).max
_LISTED, _USED = 50, 20
"""How many arcs that would lessen the cost are listed at once, and how many of them are used before the next list."""
_LOOKED = 400
"""A list that has some ends after so many nodes."""
_SAMPLE = 6
"""One row in so many is solved first, to begin with its prices: where each site has six rows of the sample or more."""

_NODE = np.dtype(
    [(name, np.int64) for name in ("price", "way", "flow", "arc")]
    + [(name, np.int32) for name in ("parent", "child", "after", "before", "depth", "below")]
)
"""A node of the basis.

``arc`` is the pair between it and its ``parent``, -1 where one of them is the root, ``way`` its cost and ``flow`` its
units; ``child``, ``after`` and ``before`` list the children of a node, without rows that have none; ``below`` is the
stack of a walk through the tree. ``price`` and ``depth`` are kept for sites and for rows with children; those of
other rows follow from the parent.
"""


@njit(nogil=True, cache=True)
def _hang(node, parent, arc, way, flow, tree):  # type: ignore[no-untyped-def]
    tree[node].parent, tree[node].arc, tree[node].way, tree[node].flow = parent, arc, way, flow


@njit(nogil=True, cache=True)
def _link(node, tree):  # type: ignore[no-untyped-def]
    following = tree[tree[node].parent].child
    tree[node].after, tree[node].before = following, -1
    if following >= 0:
        tree[following].before = node
    tree[tree[node].parent].child = node


@njit(nogil=True, cache=True)
def _unlink(node, tree):  # type: ignore[no-untyped-def]
    """Take a node from the list of its parent, if it is in it."""
    before, after = tree[node].before, tree[node].after
    if before >= 0:
        tree[before].after = after
    elif tree[tree[node].parent].child == node:
        tree[tree[node].parent].child = after
    else:
        return
    if after >= 0:
        tree[after].before = before
    tree[node].before = -1


@njit(nogil=True, cache=True)
def _reprice(top, rows, tree):  # type: ignore[no-untyped-def]
    """Prices and depths of ``top`` and all that hangs below it."""
    node = np.int32(top)
    tree[node].below = -1
    while node >= 0:
        last, up = tree[node].below, tree[node].parent
        if up >= 0:
            tree[node].price = tree[up].price + (tree[node].way if node < rows else -tree[node].way)
            tree[node].depth = tree[up].depth + 1
        child = tree[node].child
        while child >= 0:
            tree[child].below = last
            last, child = child, tree[child].after
        node = last


@njit(nogil=True, cache=True)
def _preference(start, site, cost, refuse, guess):  # type: ignore[no-untyped-def]
    """``int64[r]``: how much worse the second best is for each row than the best, below zero."""
    by_row = np.zeros(len(refuse), dtype=np.int64)
    for row in range(len(refuse)):
        best, second = refuse[row], refuse[row]
        for pair in range(start[row], start[row + 1]):
            total = cost[pair] + guess[site[pair]]
            if total < best:
                best, second = total, best
            elif total < second:
                second = total
        by_row[row] = best - second
    return by_row


@njit(nogil=True, cache=True)
def _begin(units, start, site, cost, seats, refuse, guess, order, tree):  # type: ignore[no-untyped-def]
    """The first basis: rows in ``order`` take the cheapest seats that are left, at guessed prices.

    Strongly feasible: an arc without units leads towards the root. A site without seats has a price that nobody pays.
    """
    rows, root = len(units), len(units) + len(seats)
    free = seats.copy()
    for row in order:
        left, seeking = units[row], True
        while seeking:
            best, at = refuse[row], -1
            for pair in range(start[row], start[row + 1]):
                if free[site[pair]] > 0 and cost[pair] + guess[site[pair]] < best:
                    best, at = cost[pair] + guess[site[pair]], pair
            if at < 0:
                _hang(row, root, -1, refuse[row], left, tree)
                seeking = False
            elif left < free[site[at]]:
                _hang(row, rows + site[at], at, cost[at], left, tree)
                free[site[at]] -= left
                seeking = False
            else:
                _hang(rows + site[at], row, at, cost[at], free[site[at]], tree)
                left -= free[site[at]]
                free[site[at]] = 0
    wall = refuse.max() if rows else 0
    for k in range(len(seats)):
        if tree[rows + k].parent < 0:
            _hang(rows + k, root, -1, 0 if seats[k] else -wall, free[k], tree)
        _link(rows + k, tree)
    for row in range(rows):
        if tree[row].child >= 0:
            _link(row, tree)
    _reprice(root, rows, tree)


@njit(nogil=True, cache=True)
def _gain(node, pair, site, cost, refuse, tree):  # type: ignore[no-untyped-def]
    """What a unit saves that goes from the root to a site, or from a row by a pair: -1 is its way to the root."""
    rows = len(refuse)
    if node >= rows:
        return -tree[node].price
    worth = tree[node].way + tree[tree[node].parent].price
    return worth - (refuse[node] if pair < 0 else cost[pair] + tree[rows + site[pair]].price)


@njit(nogil=True, cache=True)
def _list(node, start, site, cost, refuse, tree, listed):  # type: ignore[no-untyped-def]
    """Look from ``node`` on, all around if need be, for arcs that would lessen the cost: where to go on, how many."""
    rows, root = len(refuse), len(tree) - 1
    many, looked, price = 0, 0, np.empty(root - rows, dtype=np.int64)
    for k in range(root - rows):
        price[k] = tree[rows + k].price
    while many < len(listed) and looked < root and (many == 0 or looked < _LOOKED):
        if node >= rows:
            best, at = -tree[node].price, -1
        else:
            worth = tree[node].way + tree[tree[node].parent].price
            best, at = worth - refuse[node], -1
            for pair in range(start[node], start[node + 1]):
                gain = worth - cost[pair] - price[site[pair]]
                if gain > best:
                    best, at = gain, pair
        if best > 0:
            listed[many, 0], listed[many, 1] = node, at
            many += 1
        looked += 1
        node = node + 1 if node + 1 < root else 0
    return node, many


@njit(nogil=True, cache=True)
def _best(many, site, cost, refuse, tree, listed):  # type: ignore[no-untyped-def]
    """Keep those of the list that still lessen the cost: how many, and the place of the best, -1 for none."""
    kept, best, place = 0, 0, -1
    for k in range(many):
        gain = _gain(listed[k, 0], listed[k, 1], site, cost, refuse, tree)
        if gain > 0:
            listed[kept, 0], listed[kept, 1] = listed[k, 0], listed[k, 1]
            if gain > best:
                best, place = gain, kept
            kept += 1
    return kept, place


@njit(nogil=True, cache=True)
def _level(node, rows, tree):  # type: ignore[no-untyped-def]
    return tree[tree[node].parent].depth + 1 if node < rows else tree[node].depth


@njit(nogil=True, cache=True)
def _blocking(tail, head, rows, tree):  # type: ignore[no-untyped-def]
    """Of the circle that an arc closes: its top, the units that can go around, the node whose arc they empty, its side.

    Of several such arcs the last one from the top around, which keeps the basis strongly feasible: it never comes back.
    """
    left, right = tail, head
    while left != right:
        on_left, on_right = _level(left, rows, tree), _level(right, rows, tree)
        if on_left >= on_right:
            left = tree[left].parent
        if on_right >= on_left:
            right = tree[right].parent
    top, amount, out, below_head = left, _FAR, np.int64(-1), False
    node = tail
    while node != top:
        if node < rows and tree[node].flow < amount:
            amount, out = tree[node].flow, node
        node = tree[node].parent
    node = head
    while node != top:
        if node >= rows and tree[node].flow <= amount:
            amount, out, below_head = tree[node].flow, node, True
        node = tree[node].parent
    return top, amount, out, below_head


@njit(nogil=True, cache=True)
def _push(node, top, amount, rows, tree):  # type: ignore[no-untyped-def]
    while node != top:
        tree[node].flow += amount if node >= rows else -amount
        node = tree[node].parent


@njit(nogil=True, cache=True)
def _turn(end, other, pair, way, amount, out, rows, tree):  # type: ignore[no-untyped-def]
    """Hang what is below ``out`` on ``other`` by its node ``end``, and the parents between the two below it."""
    old, was_leaf = tree[out].parent, other < rows and tree[other].child < 0
    node, parent, arc, flow = end, other, pair, amount
    while True:
        next_node, next_arc, next_way, next_flow = tree[node].parent, tree[node].arc, tree[node].way, tree[node].flow
        _unlink(node, tree)
        _hang(node, parent, arc, way, flow, tree)
        if node >= rows or tree[node].child >= 0 or node != out:
            _link(node, tree)
        if node == out:
            break
        node, parent, arc, way, flow = next_node, node, next_arc, next_way, next_flow
    if old < rows and tree[old].child < 0:
        _unlink(old, tree)
    if was_leaf:
        _link(other, tree)
        _reprice(other, rows, tree)
    elif end >= rows or tree[end].child >= 0:
        _reprice(end, rows, tree)


@njit(nogil=True, cache=True)
def _pivot(node, pair, site, cost, refuse, tree):  # type: ignore[no-untyped-def]
    """Send around what the arc of :func:`_gain` takes, and let it stand in the tree for the arc that this empties."""
    rows, root = len(refuse), len(tree) - 1
    if node >= rows:
        tail, head, way = root, node, 0
    elif pair < 0:
        tail, head, way = node, root, refuse[node]
    else:
        tail, head, way = node, rows + site[pair], cost[pair]
    top, amount, out, below_head = _blocking(tail, head, rows, tree)
    _push(tail, top, amount, rows, tree)
    _push(head, top, -amount, rows, tree)
    if below_head:
        _turn(head, tail, pair, way, amount, out, rows, tree)
    else:
        _turn(tail, head, pair, way, amount, out, rows, tree)


@njit(nogil=True, cache=True)
def _simplex(units, start, site, cost, seats, refuse, guess, order):  # type: ignore[no-untyped-def]
    rows, root = len(units), len(units) + len(seats)
    tree = np.zeros(root + 1, dtype=_NODE)
    for k in range(root + 1):
        tree[k].parent, tree[k].arc, tree[k].child, tree[k].before = -1, -1, -1, -1
    _begin(units, start, site, cost, seats, refuse, guess, order, tree)
    listed = np.zeros((_LISTED, 2), dtype=np.int64)
    node, many = _list(0, start, site, cost, refuse, tree, listed)
    while many:
        for _ in range(_USED):
            many, place = _best(many, site, cost, refuse, tree, listed)
            if place < 0:
                break
            _pivot(listed[place, 0], listed[place, 1], site, cost, refuse, tree)
        node, many = _list(node, start, site, cost, refuse, tree, listed)
    flow, value = np.zeros(len(site), dtype=np.int64), np.zeros(root, dtype=np.int64)
    for k in range(root):
        value[k] = tree[k].way + tree[tree[k].parent].price if k < rows else tree[k].price
        if tree[k].arc >= 0:
            flow[tree[k].arc] = tree[k].flow
    return flow, value[rows:], value[:rows]


def transport(
    units: NDArray[np.int64],
    start: NDArray[np.int64],
    site: NDArray[np.int64],
    cost: NDArray[np.int64],
    seats: NDArray[np.int64],
    refuse: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Share out seats so that the costs of all units, those that get none included, are the least possible.

    The network simplex method on whole numbers, which ends by Cunningham's rule; equal inputs give equal answers.

    Parameters
    ----------
    units
        ``int64[r]`` of each row.
    start
        ``int64[r + 1]``: row ``k`` has the pairs ``start[k]`` up to, not with, ``start[k + 1]``.
    site, cost
        ``int64[k]`` of each pair; costs zero or more.
    seats
        ``int64[s]``, zero or more.
    refuse
        ``int64[r]``: what a unit of the row costs that gets no seat. Above the number of sites times the largest cost
        as many units are served as can be.

    Returns
    -------
    flow, price, worth
        ``int64[k]`` units on each pair; ``int64[s]`` and ``int64[r]`` prices of a seat and of one more unit. They prove
        that nothing costs less: ``worth <= cost + price`` on every pair, with equality where units flow;
        ``worth <= refuse``, with equality where some get none; a price above zero only where all seats are taken.

    References
    ----------
    Cunningham, W. H. (1976), A network simplex method, Mathematical Programming 11, 105-116.
    """
    guess, at = np.zeros(len(seats), dtype=np.int64), site.astype(np.int32)
    if len(units) >= _SAMPLE**2 * len(seats):
        row, pair = ranges(start[:-1][::_SAMPLE], np.diff(start)[::_SAMPLE])
        few, few_refuse, part = units[::_SAMPLE].copy(), refuse[::_SAMPLE].copy(), -(-seats // _SAMPLE)
        few_start = run_starts(row, len(few))
        guess = _from_guess(few, few_start, at[pair], cost[pair], part, few_refuse, guess)[1]
    return _from_guess(units, start, at, cost, seats, refuse, guess)


def _from_guess(
    units: NDArray[np.int64],
    start: NDArray[np.int64],
    site: NDArray[np.int32],
    cost: NDArray[np.int64],
    seats: NDArray[np.int64],
    refuse: NDArray[np.int64],
    guess: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """As :func:`transport`, where prices ``guess`` ``int64[s]`` are near; who prefers one site most begins (Vogel)."""
    order = np.argsort(_preference(start, site, cost, refuse, guess), kind="stable")
    flow, price, worth = _simplex(units, start, site, cost, seats, refuse, guess, order)
    return flow, price, worth
