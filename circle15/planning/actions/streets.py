"""What could be done to streets: gates opened, links built. Each is counted on the changed streets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circle15.catalog.action_limits import action_limits
from circle15.errors import InputError
from circle15.kernels.costs import NEVER_MS
from circle15.model.changes import AddLink, Change, LinkEnd, OpenGate
from circle15.model.placed import PlacedFacilities
from circle15.model.verdicts import Attribution
from circle15.model.walk_network import WalkNetwork
from circle15.network.gates import estates_of
from circle15.network.graph import WalkGraph
from circle15.planning.actions.needs import Wants
from circle15.planning.actions.trial import Trial
from circle15.routing.nearest import nearest_cost, node_times
from circle15.routing.policies import with_gates
from circle15.uncertainty.field_checks import street_ids

__all__ = ["StreetChange", "gates_opened", "links_built", "worth_counting"]


@dataclass(frozen=True, kw_only=True, eq=False)
class StreetChange:
    """A gate to open or a link to build: what it is known by, and at most how many person-services it may serve."""

    kind: str
    target_id: str
    change: Change
    most: float


def worth_counting(
    changes: list[StreetChange], trial: Trial, least: float
) -> Iterator[tuple[StreetChange, NDArray[np.int64]]]:
    """Changes with the cells that they newly serve; those that cannot serve ``least`` are not counted."""
    order = sorted(range(len(changes)), key=lambda row: (-round(changes[row].most, 6), row))
    for row in order[: action_limits().most]:
        if changes[row].most < least:
            return
        try:
            yield changes[row], trial.laid([changes[row].change]).cells()
        except InputError:  # a scenario refuses it: nobody could plan it
            continue


# -- Gates -------------------------------------------------------------------------------------------


def gates_opened(graph: WalkGraph, facilities: PlacedFacilities, wants: Wants) -> list[StreetChange]:
    """Every private or locked gate from whose sides one walks for different times to some service.

    A gate serves at most those who would be served if all gates were open, and live no farther from it, as the crow
    flies, than the circle reaches.
    """
    gates = estates_of(graph.network).gate
    open_graph = with_gates(graph, "open")
    if not len(gates) or open_graph is graph:
        return []
    sites = [facilities.offering(key) for key in wants.services]
    times = [nearest_cost(open_graph, wants.homes, positions) for positions in sites]
    able = (np.stack(times, axis=1) <= wants.limit_ms) & wants.lacking
    if not able.any():
        return []
    onward = np.stack([node_times(graph, positions) for positions in sites])
    gates = gates[_sides_differ(graph, gates, onward)]
    most = _within_circle(graph, gates, wants, able)
    ids = graph.network.node_id[gates]
    first = np.unique(ids, return_index=True)[1]
    return [
        StreetChange(
            kind="gate", target_id=f"gate:{ids[row]}", change=OpenGate(gate_id=f"gate:{ids[row]}"), most=most[row]
        )
        for row in first
    ]


def _sides_differ(graph: WalkGraph, gates: NDArray[np.int64], onward_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which gates have sides that are not as near to everything; ``onward_ms`` ``int64[s, n]`` by node."""
    network, ways = graph.network, graph.passages
    end = np.concatenate([network.u, network.v, network.u, network.v]).astype(np.int64)
    side = np.concatenate([ways.u, ways.v, ways.home_u, ways.home_v])
    least = np.full((len(onward_ms), network.n_nodes), np.iinfo(np.int64).max)
    most = np.full(least.shape, -1)
    for row, time in enumerate(np.minimum(onward_ms, NEVER_MS)):
        np.minimum.at(least[row], end, time[side])
        np.maximum.at(most[row], end, time[side])
    return np.asarray((least != most).any(axis=0)[gates])


def _within_circle(
    graph: WalkGraph, gates: NDArray[np.int64], wants: Wants, able: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """``float64[gates]``: person-services ``able`` ``bool[k, s]`` of people who live within the circle of each."""
    from scipy.spatial import KDTree

    if not len(gates):
        return np.empty(0)
    frame = wants.demand.frame.geometry.iloc[wants.point]
    place, people = np.stack([frame.x, frame.y], axis=1), wants.people * able.sum(axis=1)
    at = np.stack([graph.network.x[gates], graph.network.y[gates]], axis=1)
    reach_m = graph.profile.reach_m(wants.circle_min) + 1.0  # a metre for lengths that were rounded
    return np.array([people[rows].sum() for rows in KDTree(place).query_ball_point(at, reach_m)])


# -- Links -------------------------------------------------------------------------------------------


def links_built(network: WalkNetwork, nodes: int, attributed: Attribution) -> list[StreetChange]:
    """The links that the attribution found, the most serving first.

    Parameters
    ----------
    network
        That the attribution is of.
    nodes
        How many of its nodes are those of the city at any time: a link at others ends at what is shut.
    attributed
        From :func:`~circle15.planning.attribution.attribution`.
    """
    found = attributed.links
    if not len(found):
        return []
    ids, changes = street_ids(network), []
    for key, row in zip(found.index, found.to_dict("records"), strict=True):
        if max(row["u"], row["v"]) < nodes:
            structure = "bridge" if {"water", "rail"} & set(row["crosses"].split("+")) else ""
            start, end = (_link_end(network, ids, int(row[side])) for side in ("u", "v"))
            link = AddLink(start=start, end=end, structure=structure)
            changes.append(StreetChange(kind="link", target_id=str(key), change=link, most=float(row["serves"])))
    return changes


def _link_end(network: WalkNetwork, ids: list[str], node: int) -> LinkEnd:
    """A node as the end of the first street that begins or ends there."""
    edge = int(np.flatnonzero((network.u == node) | (network.v == node))[0])
    offset_m = 0.0 if network.u[edge] == node else int(network.length_mm[edge]) / 1000
    return LinkEnd(street_id=ids[edge], offset_m=offset_m)
