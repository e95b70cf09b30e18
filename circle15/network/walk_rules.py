"""May a walker use this way, or pass this node? The rules are in ``walking.toml``; here they meet one set of tags."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from circle15.catalog import life_of, life_states, walking, way_classes
from circle15.model.streets import EdgeFlag, NodeFlag
from circle15.network.conditions import Clause, clauses_of, own_hours

__all__ = ["NodeRule", "Taken", "WalkRule", "node_flags", "node_rule", "walk_rule"]

Tags = Mapping[str, str]
Taken: TypeAlias = str
"""What takes a way from walkers: ``class``, ``access``, a state of the life cycle, or ``hours`` that never open it."""


class WalkRule(NamedTuple):
    """What the rules make of one way: its class and flags, or the reason why nobody walks there.

    ``dropped`` is the tag that takes it away and ``taken`` its kind; ``told`` a tag that takes nothing away and is
    told all the same. ``open`` says whether it is open where no clause holds; of the ``clauses`` the last that holds
    counts. ``hours`` are its opening hours as written. A way that some clause opens is not dropped.
    """

    way_class: int
    flags: int
    reversed: bool
    dropped: str
    taken: Taken = ""
    told: str = ""
    open: bool = True
    clauses: tuple[Clause, ...] = ()
    hours: str = ""


class NodeRule(NamedTuple):
    """What the rules make of one node: its flags, the tag that bars it, and when; fields as of :class:`WalkRule`."""

    flags: int
    barred: str = ""
    open: bool = True
    clauses: tuple[Clause, ...] = ()
    hours: str = ""


class _Access(NamedTuple):
    """Whether tags let walkers through where no condition holds, by which tag, and whether only some of them."""

    open: bool
    tag: str = ""
    private: bool = False
    explicit: bool = False


@cache
def _class_position() -> Mapping[str, int]:
    return {entry.name: position for position, entry in enumerate(way_classes())}


def _drop(reason: str, taken: Taken) -> WalkRule:
    return WalkRule(way_class=0, flags=0, reversed=False, dropped=reason, taken=taken)


def _highway(tags: Tags) -> str:
    """The class that the tags make, ``""`` for no street at all; of another value of highway the value."""
    rules = walking()["tags"]
    highway = str(rules["alias"].get(tags.get("highway", ""), tags.get("highway", "")))
    if highway in _class_position():
        return highway
    on_foot = any(tags.get(key) in values for key, values in rules["platform"].items())
    return "platform" if on_foot else highway


def walk_rule(tags: Tags) -> WalkRule:
    """Apply the walking rules to a way's tags.

    ``oneway`` binds no walker; ``oneway:foot`` and moving stairs do. ``foot`` outweighs ``access``,
    and both outweigh the class. Private ways stay, flagged. What is closed, being built or planned is no street.

    Examples
    --------
    >>> walk_rule({"highway": "footway"}).dropped
    ''
    >>> walk_rule({"highway": "residential", "foot": "no"}).dropped
    'foot=no'
    """
    highway = _highway(tags)
    position = _class_position().get(highway)
    if position is None:
        return _no_street(tags, highway)
    life = life_of(tags, makes=lambda was: _highway(was) == highway)
    if life.tag:
        return _drop(life.tag, life.state)
    access = _way_access(tags, highway, walk=way_classes()[position].walk)
    clauses = clauses_of(tags)
    if not access.open and not any(clause.opens for clause in clauses):
        state: Taken = (
            "closed" if access.tag.partition("=")[0] in walking()["access"]["closed_for_a_time"] else "access"
        )
        return _drop(access.tag, "class" if access.tag == f"highway={highway}" else state)
    return WalkRule(
        way_class=position,
        flags=_way_flags(tags, highway, private=_only_private(access, clauses)),
        reversed=_against(tags),
        dropped="",
        told=_told(tags),
        open=access.open,
        clauses=clauses,
        hours=own_hours(tags),
    )


def _no_street(tags: Tags, highway: str) -> WalkRule:
    """Why a way of no class is left out: what it was or is to be, if that would be walked, else its value."""
    for state in life_states().values():
        if highway in state.prefixes:
            return _drop(f"highway={highway}", state.key)
    life = life_of(tags, makes=lambda was: _highway(was) in _class_position())
    if ":" in life.tag.partition("=")[0] and not highway:
        return _drop(life.tag, life.state)
    return _drop(f"highway={highway}" if highway else "no street", "class")


def _listed(tags: Tags, table: Mapping[str, Any]) -> str:
    """The first tag that a table of keys and values names, as ``key=value``."""
    return next((f"{key}={tags[key]}" for key, values in table.items() if tags.get(key) in values), "")


def _told(tags: Tags) -> str:
    """A tag that speaks against walking there and takes nothing away; ``access`` is silent where ``foot`` speaks."""
    codes = walking()["access"]["told"]
    return _listed(tags, {key: codes[key] for key in codes if key != "access" or not tags.get("foot")})


def _foot(tags: Tags) -> _Access | None:
    """What ``foot``, or else ``access`` says; None where neither says anything that is known."""
    rules = walking()["access"]
    if tags.get("foot") in rules["sidepath"]:
        return _Access(open=True)
    for key, allow in (("foot", rules["allow_foot"]), ("access", rules["allow_access"])):
        value = tags.get(key, "")
        if value in rules["deny"]:
            return _Access(open=False, tag=f"{key}={value}")
        if value in rules["private"]:
            return _Access(open=True, tag=f"{key}={value}", private=True, explicit=key == "foot")
        if value in allow:
            return _Access(open=True, tag=f"{key}={value}", explicit=key == "foot")
    return None


def _way_access(tags: Tags, highway: str, *, walk: bool) -> _Access:
    foot = _foot(tags)
    barred = _listed(tags, walking()["access"]["deny_tags"])
    if foot is not None and (not foot.open or (foot.explicit and not barred.startswith("temporary:"))):
        return foot
    if barred:
        return _Access(open=False, tag=barred)
    if not walk:
        return _Access(open=False, tag=f"highway={highway}")
    return foot or _Access(open=True)


def _only_private(access: _Access, clauses: tuple[Clause, ...]) -> bool:
    """Whether whoever is let in, at whatever time, is one of a few."""
    ways_in = [access.private] if access.open else []
    return all([*ways_in, *(clause.private for clause in clauses if clause.opens)])


def _way_flags(tags: Tags, highway: str, *, private: bool) -> int:
    flags = EdgeFlag(0)
    if highway == "steps":
        flags |= EdgeFlag.STEPS
    if tags.get("bridge", "no") != "no":
        flags |= EdgeFlag.BRIDGE
    if tags.get("tunnel", "no") != "no":
        flags |= EdgeFlag.TUNNEL
    if private:
        flags |= EdgeFlag.PRIVATE
    if tags.get("footway") == "crossing" or tags.get("path") == "crossing":
        flags |= EdgeFlag.CROSSING
    moving = highway == "steps" and tags.get("conveying") in {"forward", "backward"}
    if moving or tags.get("oneway:foot") in {"yes", "-1"}:
        flags |= EdgeFlag.FORWARD_ONLY
    if tags.get("foot") in walking()["access"]["sidepath"]:
        flags |= EdgeFlag.SIDEPATH
    return int(flags)


def _against(tags: Tags) -> bool:
    """Tell whether the one walking direction runs against the order of the nodes."""
    return tags.get("oneway:foot") == "-1" or tags.get("conveying") == "backward"


# -- Nodes --------------------------------------------------------------------------------------------


def node_rule(tags: Tags) -> NodeRule:
    """Apply the walking rules to a node's tags: who passes it, and what it costs.

    ``foot`` outweighs ``access``, and both outweigh the kind of barrier: ``no`` bars the node, a wall or a fence does
    so unless walkers are let through, and what is private or locked is a gate for some people only.

    Examples
    --------
    >>> node_rule({"barrier": "gate", "foot": "no"}).barred, node_rule({"barrier": "hedge"}).barred
    ('foot=no', 'barrier=hedge')
    >>> node_rule({"barrier": "gate", "access": "no", "foot": "yes"}).barred
    ''
    """
    access = _node_access(tags)
    clauses = clauses_of(tags) if _about_passing(tags) else ()
    flags = _kind_of_node(tags)
    if not access.open and not any(clause.opens for clause in clauses):
        return NodeRule(flags=int(flags | NodeFlag.BARRED), barred=access.tag)
    if _only_private(access, clauses):
        flags |= NodeFlag.GATE | NodeFlag.PRIVATE
        flags |= NodeFlag.LOCKED if tags.get("locked") in walking()["nodes"]["locked"] else NodeFlag(0)
    hours = own_hours(tags) if "barrier" in tags else ""
    if clauses or hours:
        flags |= NodeFlag.GATE
    passed = tags.get("barrier") in walking()["nodes"]["beside"] or clauses or hours or (access.tag and access.open)
    if flags & NodeFlag.GATE and not flags & NodeFlag.PRIVATE and passed:
        flags |= NodeFlag.OPEN
    return NodeRule(flags=int(flags), open=access.open, clauses=clauses, hours=hours)


def node_flags(tags: Tags) -> int:
    """Bits of :class:`~circle15.model.streets.NodeFlag` for a node's tags; see :func:`node_rule`."""
    return node_rule(tags).flags


def _about_passing(tags: Tags) -> bool:
    """Whether the tags of access of a node speak of passing it, not of a thing that stands there."""
    rules = walking()["nodes"]
    return (
        "barrier" in tags or bool(_listed(tags, rules["passages"])) or not any(key in tags for key in rules["things"])
    )


def _node_access(tags: Tags) -> _Access:
    rules = walking()["nodes"]
    if not _about_passing(tags):
        return _Access(open=True)
    foot = _foot(tags)
    locked = "barrier" in tags and tags.get("locked") in rules["locked"]
    if foot is None and tags.get("barrier") in rules["walls"]:
        return _Access(open=False, tag=f"barrier={tags['barrier']}")
    if locked and (foot is None or (foot.open and not foot.explicit)):
        return _Access(open=True, tag=f"locked={tags['locked']}", private=True)
    return foot or _Access(open=True)


def _kind_of_node(tags: Tags) -> NodeFlag:
    flags = NodeFlag(0)
    if tags.get("barrier") in walking()["nodes"]["gates"]:
        flags |= NodeFlag.GATE
    crossing = tags.get("highway") == "crossing"
    if crossing:
        flags |= NodeFlag.CROSSING
    signals = tags.get("crossing") == "traffic_signals" or tags.get("crossing:signals") == "yes"
    if tags.get("highway") == "traffic_signals" or (crossing and signals):
        flags |= NodeFlag.SIGNAL
    return flags
