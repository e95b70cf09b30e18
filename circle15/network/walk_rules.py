"""May a walker use this way? The rules are in ``walking.toml``; here they are applied to one set of tags."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

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
    return WalkRule(way_class=0, flags=0, reversed=False, dropped=reason)


def _highway(tags: Mapping[str, str], rules: Mapping[str, Any]) -> str:
    highway = tags.get("highway", "")
    if highway:
        return str(rules["alias"].get(highway, highway))
    on_foot = tags.get("railway") in rules["walkable_railway"] or tags.get("man_made") in rules["walkable_man_made"]
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
    barred = _barred(tags, highway, walk=way_classes()[position].walk, rules=rules)
    if barred:
        return _drop(barred)
    flags = _way_flags(tags, highway, tags.get("foot", "") or tags.get("access", ""))
    return WalkRule(way_class=position, flags=flags, reversed=_against(tags), dropped="")


def _barred(tags: Mapping[str, str], highway: str, *, walk: bool, rules: Mapping[str, Any]) -> str:
    """The tag that keeps walkers off, as ``key=value``; empty when nothing does."""
    for key, values in rules["ignore_if"].items():
        if tags.get(key) in values and not (key == "area" and highway in rules["keep_area"]):
            return f"{key}={tags[key]}"
    foot, access = tags.get("foot", ""), tags.get("access", "")
    if foot in rules["deny_foot"]:
        return f"foot={foot}"
    if foot in rules["allow_foot"]:
        return ""
    if access in rules["deny_access"]:
        return f"access={access}"
    if tags.get("motorroad") == "yes":
        return "motorroad=yes"
    return "" if walk else f"highway={highway}"


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
    """Tell whether the one walking direction runs against the order of the nodes."""
    return tags.get("oneway:foot") == "-1" or tags.get("conveying") == "backward"


def node_flags(tags: Mapping[str, str]) -> int:
    """Bits of :class:`~circle15.model.streets.NodeFlag` for a node's tags: gates, signals, crossings."""
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
