"""Which candidates are listed: the best of all kinds, one of those that serve the same people, and their sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.action_limits import ActionLimits
from circle15.model.actions import KINDS
from circle15.model.changes import Change
from circle15.network.graph import WalkGraph
from circle15.planning.actions.candidates import Candidates
from circle15.planning.actions.needs import Wants
from circle15.planning.actions.seats import MoreSeats, Seating
from circle15.planning.actions.trial import Laid, Trial

__all__ = ["Entry", "Step", "best_of", "listed", "same_people", "seats_more", "sequence"]

_NOBODY = 1e-6  # sums of shares of people: less than this is nobody
_CHUNK = 64
_STREETS = frozenset({"gate", "link"})
_SEATS = _STREETS | {"hours"}
"""Kinds after which seats are counted anew: other people reach them, or others are open."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """A candidate with the cells that it newly serves; ``row`` is its number within its kind.

    More seats serve no cell whole: ``more`` are they.
    """

    kind: str
    row: int
    target_id: str = ""
    change: Change
    cells: NDArray[np.int64]
    gain: float
    more: MoreSeats | None = None

    @property
    def rank(self) -> tuple[float, int, int]:
        """By falling gain, then by kind, then by number."""
        return -round(self.gain, 6), KINDS.index(self.kind), self.row

    def services(self, wants: Wants) -> tuple[str, ...]:
        """Of whom it serves somebody."""
        if self.more is not None:
            return (self.more.service,)
        return tuple(wants.services[column] for column in np.unique(self.cells % len(wants.services)))

    def gains(self, wants: Wants, seating: Seating) -> pd.Series:
        """People newly served on (``community_id``, ``service``)."""
        return wants.by_community(self.cells) if self.more is None else seating.gains([self.more])


def seats_more(seating: Seating, limits: ActionLimits) -> list[Entry]:
    """More seats at every facility where they serve somebody."""
    entries = []
    for row, more in enumerate(seating.candidates(limits)):
        gain, nothing = float(seating.gains([more]).sum()), np.empty(0, dtype=np.int64)
        entries.append(Entry(kind="seats", row=row, change=more.change, cells=nothing, gain=gain, more=more))
    return entries


def best_of(pools: Sequence[Candidates], graph: WalkGraph, wants: Wants, limits: ActionLimits) -> list[Entry]:
    """The candidates to list of some kinds, the best first."""
    return _without_doubles(_in_order(pools, graph, wants), wants, limits)


def listed(entries: Sequence[Entry], wants: Wants, limits: ActionLimits) -> list[Entry]:
    """Of entries of all kinds those to list."""
    some = (entry for entry in sorted(entries, key=lambda entry: entry.rank) if entry.gain > _NOBODY)
    return _without_doubles(some, wants, limits)


def _in_order(pools: Sequence[Candidates], graph: WalkGraph, wants: Wants) -> Iterator[Entry]:
    """Candidates by falling gain; whom each serves is looked up as it is asked for."""
    gains = [pool.gains(graph, wants) for pool in pools]
    gain = np.concatenate([np.empty(0), *gains])
    pool = np.repeat(np.arange(len(pools)), [len(part) for part in gains])
    row = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(len(part)) for part in gains)])
    kind = np.array([KINDS.index(part.kind) for part in pools], dtype=np.int64)[pool]
    order = np.lexsort((row, kind, -gain.round(6)))
    order = order[gain[order] > _NOBODY]
    first = 0
    while first < len(order):
        chunk = order[first : first + max(_CHUNK, first)]  # twice as many each time: most lists end early
        first += len(chunk)
        cells = {
            (number, int(candidate)): served
            for number in np.unique(pool[chunk]).tolist()
            for candidate, served in _cells_of(pools[number], graph, wants, row[chunk[pool[chunk] == number]])
        }
        for place in chunk:
            number, candidate = int(pool[place]), int(row[place])
            yield Entry(
                kind=pools[number].kind,
                row=candidate,
                change=pools[number].change(candidate),
                cells=cells[number, candidate],
                gain=float(gain[place]),
            )


def _cells_of(
    pool: Candidates, graph: WalkGraph, wants: Wants, rows: NDArray[np.int64]
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    return zip(rows.tolist(), pool.cells(graph, wants, rows), strict=True)


def _without_doubles(entries: Iterator[Entry], wants: Wants, limits: ActionLimits) -> list[Entry]:
    """The first entries, but none whose people a better one of its kind serves too."""
    weight, kept, masks = wants.weight(), list[Entry](), list[NDArray[np.bool_]]()
    for entry in entries:
        if len(kept) == limits.count:
            break
        better = [mask for other, mask in zip(kept, masks, strict=True) if other.kind == entry.kind]
        if any(_shared(entry, mask, weight) > limits.overlap * entry.gain for mask in better):
            continue
        kept.append(entry)
        masks.append(_mask(entry, len(weight)))
    return kept


def _mask(entry: Entry, cells: int) -> NDArray[np.bool_]:
    mask = np.zeros(cells, dtype=bool)
    mask[entry.cells] = True
    return mask


def _shared(entry: Entry, mask: NDArray[np.bool_], weight: NDArray[np.float64]) -> float:
    """Person-services of an entry that a mask of cells serves too."""
    return float(weight[entry.cells[mask[entry.cells]]].sum())


def same_people(entries: Sequence[Entry], wants: Wants, limits: ActionLimits) -> list[int]:
    """For each entry the first better one that serves nearly the same people, -1 where there is none."""
    weight = wants.weight()
    masks = [_mask(entry, len(weight)) for entry in entries]
    return [
        next(
            (other for other in range(number) if _shared(entry, masks[other], weight) > limits.overlap * entry.gain),
            -1,
        )
        for number, entry in enumerate(entries)
    ]


@dataclass(frozen=True, kw_only=True)
class Step:
    """When an entry comes in the sequence, from 1, and the person-services that it adds to the steps before."""

    number: int
    added: float


def sequence(entries: Sequence[Entry], wants: Wants, trial: Trial, seating: Seating) -> list[Step]:
    """One entry after another, each time the one that adds most to those before; by entry.

    Where streets change, what a step adds is counted on the streets of all steps so far: people may walk over a new
    link to a new site. What seats serve is what would be missing without them.
    """
    weight, left = wants.weight(), list(range(len(entries)))
    served, seated, steps, done = np.zeros(len(weight), dtype=bool), 0.0, dict[int, Step](), list[Entry]()
    made = dict[bool, Laid]()
    while left:
        fresh = [_fresh(entries[row], done, weight * ~served, seating) for row in left]
        row = left.pop(int(np.argmax(np.round(fresh, 6))))
        before = float(weight[served].sum()) + seated
        done.append(entries[row])
        if len(done) > 1 and any(entry.kind in _STREETS for entry in done):
            served = np.zeros(len(weight), dtype=bool)
            served[_laid(made, done, trial).cells()] = True
        else:
            served[entries[row].cells] = True
        seated = _seated(made, done, trial, seating)
        steps[row] = Step(number=len(done), added=float(weight[served].sum()) + seated - before)
    return [steps[row] for row in range(len(entries))]


def _fresh(entry: Entry, done: Sequence[Entry], weight: NDArray[np.float64], seating: Seating) -> float:
    """What an entry adds to those before while nothing else changes; ``weight`` of cells that nothing serves yet."""
    if entry.more is None:
        return float(weight[entry.cells].sum())
    before = _seats_of(done)
    return float(seating.gains([*before, entry.more]).sum() - seating.gains(before).sum())


def _laid(made: dict[bool, Laid], done: Sequence[Entry], trial: Trial, *, seats: bool = True) -> Laid:
    """What some entries, or those that are not seats, make of the city; what fewer of them gave is kept in ``made``."""
    changes = [entry.change for entry in done if seats or entry.more is None]
    made[seats] = trial.laid(changes, before=made.get(seats))
    return made[seats]


def _seated(made: dict[bool, Laid], done: Sequence[Entry], trial: Trial, seating: Seating) -> float:
    """Person-services of the seats among some entries."""
    more = _seats_of(done)
    if not more:
        return 0.0
    if not any(entry.kind in _SEATS for entry in done):
        return float(seating.gains(more).sum())
    with_seats, without = (_laid(made, done, trial, seats=seats).seats() for seats in (True, False))
    services = dict.fromkeys(seats.service for seats in more)
    return sum(
        (with_seats[key].cut.served - without[key].cut.served) / seating.seats[key].rule.rate for key in services
    )


def _seats_of(entries: Sequence[Entry]) -> list[MoreSeats]:
    return [entry.more for entry in entries if entry.more is not None]
