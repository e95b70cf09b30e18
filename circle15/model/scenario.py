"""A scenario: a named list of changes to a city."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from circle15.errors import InputError
from circle15.model.changes import Change
from circle15.refusals import refusal

__all__ = ["SCENARIO_FORMAT", "SavedScenario", "Scenario", "redrawn", "repeopled"]

SCENARIO_FORMAT = "circle15-scenario-1"
"""What a file of a scenario says that it is."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A named list of changes to a city.

    Attributes
    ----------
    name
        For tables and charts; text of any content.
    changes
        In the order in which they were made. It matters only where one builds on another.
    parent
        Name of the scenario that this one goes on from; ``""`` is the city as it is.

    Raises
    ------
    InputError
        If it has no name, is its own parent, or holds what is no change.

    Examples
    --------
    >>> from circle15.model.changes import CloseFacility
    >>> plan = Scenario(name="A").with_changes(CloseFacility(facility_id="f1"))
    >>> plan, plan.undone() == Scenario(name="A")
    (<Scenario A: 1 change>, True)
    """

    name: str
    changes: tuple[Change, ...] = ()
    parent: str = ""

    def __post_init__(self) -> None:
        name: object = self.name
        if not isinstance(name, str) or not name.strip() or name == self.parent:
            raise refusal("scenario_name", error=InputError, value=repr(name)[:60])
        object.__setattr__(self, "changes", tuple(self.changes))
        for number, change in enumerate(self.changes, 1):
            if not isinstance(change, get_args(Change)):
                raise refusal("scenario_no_change", error=InputError, number=number, value=repr(change)[:60])

    def with_changes(self, *changes: Change) -> Scenario:
        """The scenario with changes more, behind those that it has."""
        return replace(self, changes=(*self.changes, *changes))

    def undone(self) -> Scenario:
        """The scenario without its last change.

        Raises
        ------
        InputError
            If there is none.
        """
        if not self.changes:
            raise refusal("scenario_undo", error=InputError, name=self.name)
        return replace(self, changes=self.changes[:-1])

    def child(self, name: str, *changes: Change) -> Scenario:
        """Another scenario that goes on from this one."""
        more: Sequence[Change] = (*self.changes, *changes)
        return Scenario(name=name, changes=tuple(more), parent=self.name)

    def __len__(self) -> int:
        return len(self.changes)

    def __repr__(self) -> str:
        kept = f" of {self.parent}" if self.parent else ""
        return f"<Scenario {self.name}{kept}: {len(self)} {'change' if len(self) == 1 else 'changes'}>"


@dataclass(frozen=True, kw_only=True)
class SavedScenario:
    """A scenario as a file keeps it, with what it was made of.

    Attributes
    ----------
    scenario
        Its changes, each by id and by place.
    city
        Key of the city's pack.
    inputs
        One hash of all inputs that the city was read from.
    settings
        Of the analysis that its author saw: ``profile``, ``cutoffs_min``, ``max_snap_m``, ``open_at``.
    seen
        People aged 60+ left out by service, as its author saw them: ``before`` and ``after``.
    """

    scenario: Scenario
    city: str
    inputs: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    seen: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def redrawn(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Communities that changes of one list alone merge or split: of one id, they are not the same in both.

    Parameters
    ----------
    before, after
        Changes as :func:`~circle15.model.changes.stated`.

    Returns
    -------
    frozenset of str
        Ids of the communities as they were and as they become.

    Examples
    --------
    >>> merged = {"kind": "merge_communities", "community_ids": ["a", "b"], "into": "a", "name": "ab"}
    >>> sorted(redrawn([], [merged])), sorted(redrawn([merged], [merged]))
    (['a', 'b'], [])
    """
    return frozenset(key for change in _in_one_alone(before, after) for key in _redrawn_by(change))


def repeopled(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Communities in which changes of one list alone build homes: they have other people in both.

    Of these and of :func:`redrawn` ones figures of both must not be passed on together: who knows how many people were
    added, or how many a part of the whole has, works out by subtraction what each figure alone leaves open.
    """
    alone = _in_one_alone(before, after)
    return frozenset(change.get("community_id") or "" for change in alone if change["kind"] == "add_people") - {""}


def _in_one_alone(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    old, new = list(before), list(after)
    return [change for change in old if change not in new] + [change for change in new if change not in old]


def _redrawn_by(change: Mapping[str, Any]) -> list[str]:
    """Ids of the communities that a change merges or splits, and of those that it makes of them."""
    match change["kind"]:
        case "merge_communities":
            return [*change["community_ids"], change["into"]]
        case "split_community":
            return [change["community_id"], *(part["community_id"] for part in change["parts"])]
        case _:
            return []
