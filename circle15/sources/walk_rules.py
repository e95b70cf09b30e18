"""May a walker use this way? The rules are in ``walking.toml``; here they are applied to one set of tags."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from circle15.catalog import walking, way_classes
from circle15.model.streets import EdgeFlag, NodeFlag

__all__ = ["WalkRule", "node_flags", "walk_rule"]


class WalkRule(NamedTuple):
    """What the rules make of one way: its class and flags, or the reason why nobody walks there."""

    way_class: int
    flags: int
    reversed: bool
    dropped: str


@cache
def _class_position() -> Mapping[str, int]:
    return {entry.name: position for position, entry in enumerate(way_classes())}


def _drop(reason: str) -> WalkRule:
    return WalkRule(0, 0, False, reason)


def _highway(tags: Mapping[str, str], rules: Mapping[str, object]) -> str:
    alias = rules["alias"]
    assert isinstance(alias, Mapping)
    highway = tags.get("highway", "")
    if highway:
        return str(alias.get(highway, highway))
    on_foot = tags.get("railway") in rules["walkable_railway"] or tags.get("man_made") in rules["walkable_man_made"]  # type: ignore[operator]
    return "platform" if on_foot else ""


def walk_rule(tags: Mapping[str, str]) -> WalkRule:
    """Apply the walking rules to a way's tags.

    ``oneway`` binds no walker; ``oneway:foot`` and moving stairs do. ``foot`` outweighs ``access``,
    and both outweigh the class. Private ways stay, flagged.

    Examples
    --------
    >>> walk_rule({"highway": "footway"}).dropped
    ''
    >>> walk_rule({"highway": "residential", "foot": "no"}).dropped
    'foot=no'
    """
    rules = walking()["tags"]
    highway = _highway(tags, rules)
    position = _class_position().get(highway)
    if position is None:
        return _drop(f"highway={highway}" if highway else "no street")
    for key, values in rules["ignore_if"].items():
        if tags.get(key) in values and not (key == "area" and highway in rules["keep_area"]):
            return _drop(f"{key}={tags[key]}")
    foot, access = tags.get("foot", ""), tags.get("access", "")
    if foot in rules["deny_foot"]:
        return _drop(f"foot={foot}")
    if foot not in rules["allow_foot"]:
        if access in rules["deny_access"]:
            return _drop(f"access={access}")
        if tags.get("motorroad") == "yes":
            return _drop("motorroad=yes")
        if not way_classes()[position].walk:
            return _drop(f"highway={highway}")
    return WalkRule(position, _way_flags(tags, highway, foot or access), _against(tags), "")


def _way_flags(tags: Mapping[str, str], highway: str, access: str) -> int:
    flags = EdgeFlag(0)
    if highway == "steps":
        flags |= EdgeFlag.STEPS
    if tags.get("bridge", "no") != "no":
        flags |= EdgeFlag.BRIDGE
    if tags.get("tunnel", "no") != "no":
        flags |= EdgeFlag.TUNNEL
    if access in walking()["tags"]["private"]:
        flags |= EdgeFlag.PRIVATE
    if tags.get("footway") == "crossing" or tags.get("path") == "crossing":
        flags |= EdgeFlag.CROSSING
    moving = highway == "steps" and tags.get("conveying") in {"forward", "backward"}
    if moving or tags.get("oneway:foot") in {"yes", "-1"}:
        flags |= EdgeFlag.FORWARD_ONLY
    return int(flags)


def _against(tags: Mapping[str, str]) -> bool:
    """Does the way's one walking direction run against the order of its nodes?"""
    return tags.get("oneway:foot") == "-1" or tags.get("conveying") == "backward"


def node_flags(tags: Mapping[str, str]) -> int:
    """Bits of :class:`NodeFlag` for a node's tags: gates, signals, crossings."""
    flags = NodeFlag(0)
    if tags.get("barrier") in walking()["tags"]["gates"]:
        flags |= NodeFlag.GATE
    crossing = tags.get("highway") == "crossing"
    if crossing:
        flags |= NodeFlag.CROSSING
    signals = tags.get("crossing") == "traffic_signals" or tags.get("crossing:signals") == "yes"
    if tags.get("highway") == "traffic_signals" or (crossing and signals):
        flags |= NodeFlag.SIGNAL
    return int(flags)
