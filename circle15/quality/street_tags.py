"""What the tags of streets took from walkers, in metres and people by reason; and what was walked all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from circle15.catalog import finding, text, walking
from circle15.catalog.phrases import rough_people_text
from circle15.model.estates import Estates
from circle15.model.placed import PlacedDemand
from circle15.model.provenance import Finding, Severity
from circle15.model.results import City, Settings
from circle15.model.streets import NodeFlag
from circle15.network.cut_off import behind_barred, behind_shut
from circle15.network.gates import estates_of
from circle15.network.parting import barred_nodes
from circle15.quality.behind import REASONS, Behind, people_behind, people_beside

__all__ = ["moment_findings", "tag_findings"]

_MOST = 4
"""How many tags a finding names, those of most metres first."""
_LONGEST = 60

_Words: TypeAlias = tuple[str, str]
"""Chinese and English."""


def tag_findings(city: City, demand: PlacedDemand | None = None, settings: Settings | None = None) -> list[Finding]:
    """What tags took from walkers: kilometres, tags, and the people for whom that makes the difference.

    Parameters
    ----------
    city
        Its ``street_counts`` have ``"metres KIND: TAG"`` and ``"nodes barred: TAG"``, its ``taken_ways`` the lines.
    demand
        Where people live, on the streets at any time; without it nothing is said of people.
    settings
        Of the study: how far a home may be from its street; by default the city's own.
    """
    limit_m = (settings or city.settings).max_snap_m
    beside = (
        {} if demand is None
        else people_beside(city.taken_ways, demand, max_snap_m=limit_m, barriers=city.barriers)
    )  # fmt: skip
    counts = city.street_counts
    return [
        *(
            replace(finding_of, file=city.network.origin.file)
            for finding_of in (
                *_left_out(counts, beside), *_walked(counts), *_sidepaths(counts, beside), *_unread(counts),
                *_rings(counts),
            )
        ),
        *_private_gates(city, demand),
        *_barred(city, demand),
    ]  # fmt: skip


def moment_findings(city: City, demand: PlacedDemand, settings: Settings) -> list[Finding]:
    """Streets and gates that are shut at the moment that was asked for, and who is cut off by them then.

    Parameters
    ----------
    city
        Its network has everything open that ever opens.
    demand
        Where people live, on the streets at whatever moment.
    settings
        No moment: nothing is shut.
    """
    when, network = settings.open_at, city.network
    if when is None:
        return []
    ways, gates = network.hours.shut(when)
    if not (len(ways) or len(gates)):
        return []
    edges, nodes = np.zeros(network.n_edges, dtype=bool), np.zeros(network.n_nodes, dtype=bool)
    edges[ways], nodes[gates] = True, True
    behind = behind_shut(network, nodes=nodes, edges=edges)
    kind = "shut_both" if len(ways) and len(gates) else "shut_ways" if len(ways) else "shut_gates"
    figures = {"ways": len(ways), "gates": len(gates), "km": _km(float(network.length_m[ways].sum()))}
    values = {
        "what": tuple(text(kind, language, **figures) for language in ("zh", "en")),
        "moment": (when.zh, when.en),
        "behind": _cut_off("behind_shut", float(network.length_m[behind].sum()), people_behind(demand, behind)),
    }
    return [finding("ways-shut-then", "note", count=len(ways) + len(gates), file=network.origin.file, **values)]


# -- Ways ---------------------------------------------------------------------------------------------


def _left_out(counts: Mapping[str, int], beside: Mapping[str, Behind]) -> list[Finding]:
    """Ways that are not in use, and ways that let no walker in."""
    findings = []
    for code, reason in (("ways-not-in-use", "idle"), ("ways-denied", "denied")):
        metres = {tag: length for kind in REASONS[reason] for tag, length in _metres(counts, kind).items()}
        if metres:
            people, communities = _beside_words(beside.get(reason))
            total = _km(sum(metres.values()))
            findings.append(
                finding(code, "note", km=total, tags=_named(metres), people=people, examples=communities)
            )  # fmt: skip
    return findings


def _walked(counts: Mapping[str, int]) -> list[Finding]:
    metres = _metres(counts, "told")
    total = _km(sum(metres.values()))
    return [finding("ways-walked-all-the-same", "note", km=total, tags=_named(metres))] if metres else []


def _sidepaths(counts: Mapping[str, int], beside: Mapping[str, Behind]) -> list[Finding]:
    """Roads that send walkers to a path beside them: those that are walked for want of it, and those left out."""
    walked_m, left_m = (sum(_metres(counts, kind).values()) for kind in ("sidepath", "beside"))
    findings = [finding("ways-sidepath", "note", km=_km(walked_m))] if walked_m else []
    if left_m:
        people, communities = _beside_words(beside.get("beside"))
        findings.append(finding("ways-beside", "note", km=_km(left_m), people=people, examples=communities))
    return findings


def _unread(counts: Mapping[str, int]) -> list[Finding]:
    tags = {**_metres(counts, "unread"), **_by_tag(counts, "nodes unread: ")}
    names = _named(tags, metres=False)
    return [finding("ways-condition-unread", "note", count=len(tags), tags=names)] if tags else []


def _rings(counts: Mapping[str, int]) -> list[Finding]:
    rings = counts.get("inner rings of squares not joined", 0)
    return [finding("squares-not-joined", "note", count=rings)] if rings else []


# -- Gates and walls ----------------------------------------------------------------------------------


def _private_gates(city: City, demand: PlacedDemand | None) -> list[Finding]:
    """Gates that let no strangers in, and who is cut off by those that nobody passes."""
    network, estates = city.network, estates_of(city.network)
    file, findings = network.origin.file, []
    if len(estates.gate):
        shut = np.zeros(network.n_nodes, dtype=bool)
        shut[estates.gate[estates.owner < 0]] = True
        behind = behind_shut(network, nodes=shut, edges=np.zeros(network.n_edges, dtype=bool))
        people = None if demand is None else people_behind(demand, behind)
        values = {
            "count": len(estates.gate),
            "whose": _whose(estates, (network.node_flags[estates.gate] & np.uint8(NodeFlag.LOCKED)) != 0),
            "behind": _cut_off("behind_locked", float(network.length_m[behind].sum()), people),
        }
        nodes = _nodes(network.node_id[estates.gate])
        findings.append(finding("gates-private", "note", file=file, examples=nodes, **values))
    if len(estates.unclear):
        nodes = _nodes(network.node_id[estates.unclear])
        findings.append(finding("gates-unclear", "note", file=file, count=len(estates.unclear), examples=nodes))
    return findings


def _whose(estates: Estates, locked: NDArray[np.bool_]) -> _Words:
    """Whose private gates are, and how many nobody passes; kinds of which there are none are not named."""
    counts = {
        "gates_own": len(np.unique(estates.owner[estates.owner >= 0])),
        "gates_locked": int(locked.sum()),
        "gates_nobodys": int(((estates.owner < 0) & ~locked).sum()),
    }
    zh, en = (
        [text(key, language, count=f"{count:,}") for key, count in counts.items() if count] for language in ("zh", "en")
    )
    return "；".join(zh), "; ".join(en)


def _barred(city: City, demand: PlacedDemand | None) -> list[Finding]:
    network = city.network
    places = np.unique(network.node_id[barred_nodes(network)])
    if len(places) == 0:
        return []
    behind = behind_barred(network)
    metres = float(network.length_m[behind].sum())
    tags = _named(_by_tag(city.street_counts, "nodes barred: "), metres=False)
    people = None if demand is None else people_behind(demand, behind)
    values = {"count": len(places), "file": network.origin.file, "tags": tags}
    grave: Severity = "warning" if metres >= 1000 * float(walking()["snap"]["island_km"]) else "note"
    cut_off = _cut_off("behind_barred", metres, people)
    return [finding("nodes-barred", grave, examples=_nodes(places), behind=cut_off, **values)]


# -- Words --------------------------------------------------------------------------------------------


def _nodes(number: NDArray[np.int64]) -> list[str]:
    """Nodes as the addresses of OpenStreetMap name them."""
    return [f"node/{node}" for node in number.tolist()]


def _metres(counts: Mapping[str, int], kind: str) -> dict[str, int]:
    return _by_tag(counts, f"metres {kind}: ")


def _by_tag(counts: Mapping[str, int], mark: str) -> dict[str, int]:
    return {key.removeprefix(mark): number for key, number in counts.items() if key.startswith(mark) and number > 0}


def _km(metres: float) -> str:
    return f"{metres / 1000:.1f}" if metres >= 1000 else f"{metres / 1000:.3f}"


def _named(by_tag: Mapping[str, int], *, metres: bool = True) -> _Words:
    """The tags that count most, each with its kilometres."""
    order = sorted(by_tag, key=lambda tag: (-by_tag[tag], tag))
    more = ["…"] if len(order) > _MOST else []
    lists = [
        [f"{tag[:_LONGEST]}{f' {_km(by_tag[tag])}{unit}' if metres else ''}" for tag in order[:_MOST]]
        for unit in ("千米", " km")
    ]
    return "、".join([*lists[0], *more]), ", ".join([*lists[1], *more])


def _beside_words(people: Behind | None) -> tuple[_Words, tuple[str, ...]]:
    return _people_words("people_beside", people), () if people is None else people.communities


def _people_words(key: str, people: Behind | None) -> _Words:
    """How many people that are, in tens; nothing where there are none, or nobody was placed yet."""
    if people is None or people.everyone == 0:
        return "", ""
    zh, en = (
        text(
            key,
            language,
            people=rough_people_text(people.everyone, language),
            elders=rough_people_text(people.elders, language),
        )
        for language in ("zh", "en")
    )
    return zh, en


def _cut_off(key: str, metres: float, people: Behind | None) -> _Words:
    """How much is cut off, and who lives there; nothing where nothing is."""
    if not metres:
        return "", ""
    inside = _people_words("people_behind", people)
    zh, en = (text(key, language, km=_km(metres), people=inside[side]) for side, language in enumerate(("zh", "en")))
    return zh, en
