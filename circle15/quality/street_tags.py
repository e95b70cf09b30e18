"""What the tags of streets took from walkers, in metres by reason; and what was walked all the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from circle15.catalog import finding, walking
from circle15.model.moment import Moment
from circle15.model.provenance import Finding
from circle15.model.streets import NodeFlag
from circle15.model.walk_network import WalkNetwork
from circle15.network.gates import estates_of
from circle15.network.parting import barred_nodes, cut_off_m

__all__ = ["moment_findings", "tag_findings"]

_NOT_IN_USE = ("closed", "building", "planned")
_NOT_ALLOWED = ("access", "hours")
_MOST = 4
"""How many tags a finding names, those of most metres first."""
_LONGEST = 60


def tag_findings(counts: Mapping[str, int], network: WalkNetwork) -> list[Finding]:
    """What tags took from walkers.

    Parameters
    ----------
    counts
        Of :class:`~circle15.model.streets.Streets`: ``"metres KIND: TAG"``, ``"nodes barred: TAG"``.
    network
        What was built of these streets: tells how much hangs on the main part through barred nodes only.
    """
    found = []
    metres = {kind: _by_tag(counts, f"metres {kind}: ") for kind in (*_NOT_IN_USE, *_NOT_ALLOWED, "told", "unread")}
    idle = _sum(metres, _NOT_IN_USE)
    if idle:
        found.append(finding("ways-not-in-use", "note", km=_km(sum(idle.values())), tags=_named(idle)))
    denied = _sum(metres, _NOT_ALLOWED)
    if denied:
        found.append(finding("ways-denied", "note", km=_km(sum(denied.values())), tags=_named(denied)))
    if metres["told"]:
        told = metres["told"]
        found.append(finding("ways-walked-all-the-same", "note", km=_km(sum(told.values())), tags=_named(told)))
    found += _beside(counts)
    unread = {**metres["unread"], **_by_tag(counts, "nodes unread: ")}
    if unread:
        found.append(finding("ways-condition-unread", "note", count=len(unread), tags=_named(unread, metres=False)))
    rings = counts.get("inner rings of squares not joined", 0)
    if rings:
        found.append(finding("squares-not-joined", "note", count=rings))
    return [*found, *_private_gates(network), *_barred(counts, network)]


def moment_findings(network: WalkNetwork, when: Moment | None) -> list[Finding]:
    """Streets and gates that are shut at the moment that was asked for.

    Parameters
    ----------
    network
        With everything open that ever opens.
    when
        None is no moment: nothing is shut.
    """
    if when is None:
        return []
    ways, gates = network.hours.shut(when)
    if not (len(ways) or len(gates)):
        return []
    km = _km(float(network.length_m[ways].sum()))
    return [finding("ways-shut-then", "note", count=len(ways), gates=len(gates), km=km, moment=(when.zh, when.en))]


def _by_tag(counts: Mapping[str, int], mark: str) -> dict[str, int]:
    return {key.removeprefix(mark): number for key, number in counts.items() if key.startswith(mark) and number > 0}


def _sum(metres: Mapping[str, Mapping[str, int]], kinds: tuple[str, ...]) -> dict[str, int]:
    return {tag: length for kind in kinds for tag, length in metres[kind].items()}


def _km(metres: float) -> str:
    return f"{metres / 1000:.1f}" if metres >= 1000 else f"{metres / 1000:.3f}"


def _named(by_tag: Mapping[str, int], *, metres: bool = True) -> tuple[str, str]:
    """The tags that count most, each with its kilometres, in Chinese and English."""
    order = sorted(by_tag, key=lambda tag: (-by_tag[tag], tag))
    more = ["…"] if len(order) > _MOST else []
    lists = [
        [f"{tag[:_LONGEST]}{f' {_km(by_tag[tag])} {unit}' if metres else ''}" for tag in order[:_MOST]]
        for unit in ("千米", "km")
    ]
    return "，".join([*lists[0], *more]), ", ".join([*lists[1], *more])


def _beside(counts: Mapping[str, int]) -> list[Finding]:
    walked, left = (sum(_by_tag(counts, f"metres {kind}: ").values()) for kind in ("sidepath", "beside"))
    return [finding("ways-sidepath", "note", km=_km(walked), left_km=_km(left))] if walked else []


def _private_gates(network: WalkNetwork) -> list[Finding]:
    estates = estates_of(network)
    gates = np.append(estates.gate, estates.unclear)
    if not len(gates):
        return []
    locked = (network.node_flags[estates.gate] & np.uint8(NodeFlag.LOCKED)) != 0
    values = {
        "count": len(estates.gate),
        "estates": len(np.unique(estates.owner[estates.owner >= 0])),
        "locked": int(locked.sum()),
        "nobodys": int(((estates.owner < 0) & ~locked).sum()),
        "unclear": len(estates.unclear),
    }
    return [finding("gates-private", "note", examples=network.node_id[gates], **values)]


def _barred(counts: Mapping[str, int], network: WalkNetwork) -> list[Finding]:
    places = np.unique(network.node_id[barred_nodes(network)])
    if len(places) == 0:
        return []
    behind = cut_off_m(network)
    values = {"count": len(places), "tags": _named(_by_tag(counts, "nodes barred: "), metres=False), "km": _km(behind)}
    if behind >= 1000 * float(walking()["snap"]["island_km"]):
        return [finding("nodes-barred", "warning", examples=places, **values)]
    return [finding("nodes-barred", "note", examples=places, **values)]
