"""Quarters of a synthetic town: its blocks put together into contiguous neighbourhoods of like size.

Borders of quarters run along main streets, canals and the moat, because blocks do, and because a quarter
is unwilling to grow across them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.sources.town.lanes import Rules, divide
from circle15.sources.town.plan import TownPlan, ground_between

__all__ = ["Blocks", "make_blocks", "quarters"]

AXIS_M = 2.0
"""A border whose middle lies this near to a street's or canal's axis runs along it."""


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """Pieces of ground on the town's axes, and how firmly neighbours belong together.

    Attributes
    ----------
    shape, middle, area_km2
        Polygons, a point inside each (metres), and their areas.
    bond
        For each block: neighbour -> metres of common border, divided by how unwilling one is to cross it.
    """

    shape: NDArray[np.object_]
    middle: NDArray[np.float64]
    area_km2: NDArray[np.float64]
    bond: tuple[Mapping[int, float], ...]

    def pieces(self, members: set[int]) -> list[set[int]]:
        """Connected pieces of a set of blocks, the smallest first."""
        waiting, parts = set(members), []
        while waiting:
            piece: set[int] = set()
            edge = [min(waiting)]
            while edge:
                here = edge.pop()
                if here in waiting:
                    waiting.discard(here)
                    piece.add(here)
                    edge += [neighbour for neighbour in self.bond[here] if neighbour in waiting]
            parts.append(piece)
        return sorted(parts, key=lambda piece: (len(piece), min(piece)))

    def settle(self, zone: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give blocks cut off from the bulk of their zone to the zone of the neighbour they are bound to most."""
        zone = zone.copy()
        for _ in range(3):
            for which in np.unique(zone):
                for piece in self.pieces(set(np.flatnonzero(zone == which).tolist()))[:-1]:
                    ties = [(bond, b, t) for b in sorted(piece) for t, bond in self.bond[b].items() if t not in piece]
                    zone[sorted(piece)] = zone[max(ties)[2]]
        return zone


def make_blocks(
    plan: TownPlan,
    outline: shapely.Polygon,
    *,
    size_m: Sequence[float],
    barrier: Mapping[str, float],
    seed: int,
) -> Blocks:
    """Ground between main streets and waters, pieces larger than about ``size_m`` cut.

    Parameters
    ----------
    plan
        The town's plan.
    outline
        Blocks of the plan whose middle lies inside are taken (town axes, metres).
    size_m
        Size wanted along a block's two axes.
    barrier
        Street class, ``canal`` or ``moat`` -> how unwilling one is to cross it (1 = not at all).
    seed
        Where the cuts come from.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    rules = Rules(size_m=(size_m[0], size_m[1]), kind="block", classes=(("residential",),), bend_m=16.0)
    faces, _ = ground_between([axis.line for axis in plan.axes], grid_m=0.1)
    cells = [cell for cell in faces if outline.contains(cell.representative_point())]
    cuts = [strand.line for cell in cells for strand in divide(cell, rules, rng)[0]]
    pieces, _ = ground_between([*(cell.boundary for cell in cells), *cuts], grid_m=0.1)
    ground = shapely.union_all(cells).buffer(0.5)
    shape = np.array([piece for piece in pieces if ground.contains(piece.representative_point())], dtype=object)
    return Blocks(
        shape=shape,
        middle=shapely.get_coordinates(shapely.point_on_surface(shape)),
        area_km2=shapely.area(shape) / 1e6,
        bond=_bonds(shape, plan, barrier),
    )


def _bonds(shape: NDArray[np.object_], plan: TownPlan, barrier: Mapping[str, float]) -> tuple[Mapping[int, float], ...]:
    """Metres of common border over the price of crossing it, for every two blocks that share one."""
    first, second = shapely.STRtree(shape).query(shape, predicate="intersects")
    first, second = first[first < second], second[first < second]
    border = shapely.intersection(shape[first], shape[second])
    first, second, border = (column[shapely.length(border) > 1.0] for column in (first, second, border))
    cost = np.array([barrier.get(axis.way_class or axis.kind, 1.0) for axis in plan.axes])
    middle = shapely.point_on_surface(border)
    at, axis = shapely.STRtree([axis.line for axis in plan.axes]).query(middle, predicate="dwithin", distance=AXIS_M)
    price = np.ones(len(border))
    np.maximum.at(price, at, cost[axis])
    bond: tuple[dict[int, float], ...] = tuple({} for _ in shape)
    for a, b, strength in zip(first.tolist(), second.tolist(), (shapely.length(border) / price).tolist(), strict=True):
        bond[a][b] = bond[b][a] = strength
    return bond


def _seeds(blocks: Blocks, members: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Blocks to grow from: the nearest ones to the centres of a k-means weighted by area."""
    points, weight = blocks.middle[members], blocks.area_km2[members]

    def away(centres: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.hypot(points[:, None, 0] - centres[None, :, 0], points[:, None, 1] - centres[None, :, 1])

    centres = points[[int(np.argmax(points[:, 1] - 0.4 * points[:, 0]))]]
    while len(centres) < count:
        centres = np.vstack([centres, points[int(np.argmax(away(centres).min(axis=1)))]])
    for _ in range(25):
        near = np.argmin(away(centres), axis=1)
        for k in np.unique(near):
            centres[k] = np.average(points[near == k], axis=0, weights=weight[near == k])
    nearest: NDArray[np.int64] = members[np.argmin(away(centres), axis=0)]
    return nearest


def _grow(blocks: Blocks, members: NDArray[np.int64], count: int) -> dict[int, int]:
    """Quarter of every block: the smallest quarter takes the free neighbour it is bound to most, in turn."""
    seeds = _seeds(blocks, members, count)
    owner = {int(seed): k for k, seed in enumerate(seeds)}
    area = blocks.area_km2[seeds].copy()
    free = set(members.tolist()) - set(owner)
    while free:
        for k in np.argsort(area, kind="stable"):
            heart = blocks.middle[seeds[k]]
            pull: dict[int, float] = {}
            for here in (block for block, who in owner.items() if who == k):
                for neighbour in blocks.bond[here].keys() & free:
                    pull[neighbour] = pull.get(neighbour, 0.0) + blocks.bond[here][neighbour]
            if pull:
                taken = max(pull, key=lambda b: (pull[b] / (200.0 + np.hypot(*(blocks.middle[b] - heart))) ** 2, -b))
                owner[taken] = int(k)
                area[k] += blocks.area_km2[taken]
                free.discard(taken)
                break
    return owner


def _smooth(blocks: Blocks, owner: dict[int, int], target_km2: float) -> None:
    """Hand over blocks that are bound to a neighbouring quarter more than to their own (in place)."""
    for _ in range(4):
        for block in sorted(owner):
            pull: dict[int, float] = {}
            for neighbour, bond in blocks.bond[block].items():
                if neighbour in owner:
                    pull[owner[neighbour]] = pull.get(owner[neighbour], 0.0) + bond
            best = max(pull, key=lambda k: (pull[k], -k))
            owner_now = owner[block]
            rest = {b for b, k in owner.items() if k == owner_now and b != block}
            grown = sum(blocks.area_km2[b] for b, k in owner.items() if k == best) + blocks.area_km2[block]
            shrunk = sum(blocks.area_km2[b] for b in rest)
            fits = grown < 1.45 * target_km2 and shrunk > 0.6 * target_km2
            if (
                best != owner_now
                and pull[best] > 1.1 * pull.get(owner_now, 0.0)
                and fits
                and len(blocks.pieces(rest)) == 1
            ):
                owner[block] = best


def _give_exclave(blocks: Blocks, owner: dict[int, int]) -> None:
    """Make one quarter own a block that lies apart from it, as estates bought by one village do (in place)."""
    offers = []
    for block in sorted(owner):
        owner_now = owner[block]
        rest = {b for b, k in owner.items() if k == owner_now and b != block}
        around = {owner[neighbour] for neighbour in blocks.bond[block] if neighbour in owner}
        if len(blocks.pieces(rest)) != 1 or not 0.03 < blocks.area_km2[block] < 0.09:
            continue
        for other in sorted(set(owner.values()) - around):
            away = min(
                float(np.hypot(*(blocks.middle[b] - blocks.middle[block]))) for b, k in owner.items() if k == other
            )
            offers.append((away, block, other))
    if offers:
        _, block, other = min(offers)
        owner[block] = other


def quarters(blocks: Blocks, members: NDArray[np.int64], target_km2: float, *, exclaves: int = 0) -> list[list[int]]:
    """Put the blocks of one zone together into quarters of like size.

    Parameters
    ----------
    blocks
        All blocks of the town.
    members
        Positions of the zone's blocks; they must hang together.
    target_km2
        Area wanted of a quarter; the zone is divided into as many as fit best.
    exclaves
        How many quarters get a block that lies apart.

    Returns
    -------
    list of list of int
        Positions of the blocks of each quarter, from north to south.
    """
    count = max(1, round(float(blocks.area_km2[members].sum()) / target_km2))
    owner = _grow(blocks, members, count)
    _smooth(blocks, owner, target_km2)
    for _ in range(exclaves):
        _give_exclave(blocks, owner)
    groups = [[block for block, k in sorted(owner.items()) if k == which] for which in range(count)]
    return sorted(groups, key=lambda group: -float(blocks.middle[group][:, 1].mean()))
