"""What to look at in the field: the facilities, streets and gates on which verdicts hang.

For each candidate it is computed exactly what changes if the answer is no. Without a facility: from the reach table,
by the people for whom it is the only one in reach. Without a street: by a new search for each service whose shortest
ways use it. Streets to be tried are those that could be closed and carry most people aged 60+; their number is
bounded. A verdict flips where the covered share falls below the required one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import finding
from circle15.catalog.facts import read_facts
from circle15.kernels.costs import NEVER_MS
from circle15.kernels.loads import arc_loads
from circle15.kernels.ragged import least_of_each, place_in_run
from circle15.kernels.search import nearest_nodes
from circle15.model.placed import determined
from circle15.model.places import Facilities
from circle15.model.provenance import Finding
from circle15.model.results import ReachTable
from circle15.model.streets import EdgeFlag
from circle15.model.survey import Survey
from circle15.model.walk_network import WalkNetwork
from circle15.network.graph import WalkGraph, seeds
from circle15.routing.nearest import Homeward, homeward, nearest_ms
from circle15.uncertainty.adrift import joins_to_look_for
from circle15.uncertainty.draws import Stage

__all__ = [
    "COLUMNS",
    "field_checks",
    "in_service",
    "lost_without_facilities",
    "lost_without_streets",
    "street_ids",
    "street_row",
    "surveyed",
]

COLUMNS = (
    "kind", "target_id", "name", "name_en", "offers", "length_m", "flips", "people", "p_no", "communities", "services",
    "lon", "lat", "rank",
)  # fmt: skip
_LOST = ("target", "community", "service", "people", "flips")
_STREET = re.compile(r"street:(?P<a>-?[0-9]{1,19})-(?P<b>-?[0-9]{1,19})(?:#(?P<number>[0-9]{1,9}))?")
_GATES = EdgeFlag.GATE_AT_U | EdgeFlag.GATE_AT_V | EdgeFlag.PRIVATE


def street_ids(network: WalkNetwork) -> list[str]:
    """Names of edges that stay the same while the streets do: ``street:<node>-<node>`` by the source's node ids.

    Parallel edges are told apart by their order of length: ``#2`` is the second shortest.

    Examples
    --------
    The shorter of two edges between nodes 7 and 9 is ``street:7-9``, the longer one ``street:7-9#2``.
    """
    ends = np.sort(np.stack([network.node_id[network.u], network.node_id[network.v]], axis=1), axis=1)
    order = np.lexsort((np.arange(len(ends)), network.length_mm, ends[:, 1], ends[:, 0]))
    _, pair = np.unique(ends[order], axis=0, return_inverse=True)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = place_in_run(pair.ravel()) + 1
    return [f"street:{a}-{b}" + (f"#{k}" if k > 1 else "") for (a, b), k in zip(ends, number, strict=True)]


def street_row(network: WalkNetwork, street: str) -> int | None:
    """The edge of a name by :func:`street_ids`, None if there is none; without naming all others."""
    named = _STREET.fullmatch(street)
    if named is None:
        return None
    ends, number = (int(named["a"]), int(named["b"])), int(named["number"] or 1)
    if street != f"street:{ends[0]}-{ends[1]}" + (f"#{number}" if number > 1 else "") or ends[0] > ends[1]:
        return None
    u, v = network.node_id[network.u], network.node_id[network.v]
    rows = np.flatnonzero((np.minimum(u, v) == ends[0]) & (np.maximum(u, v) == ends[1]))
    rows = rows[np.argsort(network.length_mm[rows], kind="stable")]
    return int(rows[number - 1]) if 0 < number <= len(rows) else None


def lost_without_facilities(stage: Stage, reach: ReachTable, required: NDArray[np.float64]) -> pd.DataFrame:
    """What each facility alone covers: one row for each (facility, community, service) where somebody would be lost.

    Returns
    -------
    pandas.DataFrame
        ``target`` row of ``facilities``, ``community`` and ``service`` positions in the stage, ``people`` aged 60+
        lost, ``flips`` whether the verdict falls.
    """
    row = stage.facilities.ids.get_indexer(reach.facility_ids)[reach.facility]
    inside = (reach.cost_ms <= stage.limit_ms) & (row >= 0)
    placed = stage.demand.placed
    tables = []
    for column in range(len(stage.services)):
        reached = inside & stage.offers[row, column] if len(stage.offers) else inside & False
        point = reach.point[reached].astype(np.int64)
        choices = np.bincount(point, minlength=len(stage.demand))
        alone = (choices[point] == 1) & placed[point]
        tables.append(
            _lost(stage, row[reached][alone], point[alone], column, covered=(choices > 0) & placed, required=required)
        )
    return _joined(tables)


def lost_without_streets(
    stage: Stage, graph: WalkGraph, risk: NDArray[np.float64], required: NDArray[np.float64], *, most: int
) -> pd.DataFrame:
    """What each of the streets that carry most people would cost if it were closed; columns as for facilities.

    Parameters
    ----------
    stage, graph
        The city, and :meth:`~circle15.uncertainty.draws.Stage.graph` of it with what is closed already.
    risk
        ``float64[e]``: probability that a street is closed. Where it is 0 nothing is tried.
    required
        ``float64[c, s]`` in the order of the stage.
    most
        So many streets are tried.
    """
    homes, sites = stage.demand.positions, stage.facilities.positions
    home, seed = homeward(graph, homes, sites), seeds(graph, sites)
    loads = np.stack([_edge_loads(stage, graph, home, seed, column) for column in range(len(stage.services))])
    worth = loads.sum(axis=0) * risk
    tried = np.lexsort((np.arange(len(worth)), -worth))[:most]
    tables = []
    for column in range(len(stage.services)):
        chosen = stage.offers[:, column]
        before = nearest_ms(graph, home, seed, chosen=chosen, limit_ms=stage.limit_ms) <= stage.limit_ms
        for edge in tried[(loads[column] * risk)[tried] > 0]:
            without = replace(graph, cost=np.where(graph.edge == edge, NEVER_MS, graph.cost).astype(np.uint32))
            after = nearest_ms(without, home, seed, chosen=chosen, limit_ms=stage.limit_ms) <= stage.limit_ms
            point = np.flatnonzero(before & ~after)
            tables.append(_lost(stage, np.full(len(point), edge), point, column, covered=before, required=required))
    return _joined(tables)


def _edge_loads(
    stage: Stage,
    graph: WalkGraph,
    home: Homeward,
    seed: tuple[NDArray[np.uint32], NDArray[np.uint32]],
    column: int,
) -> NDArray[np.float64]:
    """``float64[e]``: people aged 60+ who walk through each street to their nearest facility of a service."""
    chosen = stage.offers[:, column]
    node, cost = seed
    begin = (node[chosen].ravel(), cost[chosen].ravel())
    distance = nearest_nodes(graph.start, graph.head, graph.cost, *begin, stage.limit_ms)
    way_u, way_v = (distance[end].astype(np.int64) + to for end, to in ((home.u, home.to_u), (home.v, home.to_v)))
    least, way = least_of_each(np.minimum(way_u, way_v), home.first)
    enters = np.where(way_u <= way_v, home.u, home.v)[way]
    walks = least <= stage.limit_ms
    carried = stage.elders[home.placed[walks]]
    load = np.bincount(enters[walks], weights=carried, minlength=graph.n_nodes).astype(float)
    arcs = arc_loads(graph.start, graph.head, graph.cost, distance, load)
    by_edge = np.bincount(graph.edge, weights=arcs, minlength=stage.network.n_edges + 1)
    return by_edge[:-1].astype(float)  # the last are ways out of estates, which are no street


def _lost(
    stage: Stage,
    target: NDArray[np.int64],
    point: NDArray[np.int64],
    column: int,
    *,
    covered: NDArray[np.bool_],
    required: NDArray[np.float64],
) -> pd.DataFrame:
    """Sum up lost points by target and community; whether the share falls below the required one."""
    count = len(stage.communities)
    key, place = np.unique(target.astype(np.int64) * count + stage.demand.points.community[point], return_inverse=True)
    community = key % count
    lost = np.bincount(place, weights=stage.weight[point], minlength=len(key))
    elders = np.bincount(place, weights=stage.elders[point], minlength=len(key))
    known = determined(stage.demand.positions.status, covered)
    weight, total = stage.weight * known, stage.demand.points.community_sums
    whole, inside = total(weight)[community], total(weight * covered)[community]
    wanted = required[community, column]
    with np.errstate(invalid="ignore", divide="ignore"):
        falls = (inside / whole >= wanted) & ((inside - lost) / whole < wanted)
    return pd.DataFrame(
        {"target": key // count, "community": community, "service": column, "people": elders, "flips": falls}
    )


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({key: [] for key in _LOST}, dtype=np.int64)


def field_checks(
    stage: Stage,
    graph: WalkGraph,
    *,
    reach: ReachTable,
    required: NDArray[np.float64],
    chances: tuple[NDArray[np.float64], NDArray[np.float64]],
    most: int,
) -> tuple[pd.DataFrame, pd.Series]:
    """The list of field checks, the most telling first.

    Ranked by the verdicts that would flip times the probability of "no"; then by people times that probability.

    Parameters
    ----------
    stage
        The city laid out for draws.
    graph
        From ``stage.graph``, without any draw.
    reach
        Walking times of the same points and facilities, as far as the circle at least.
    required
        ``float64[c, s]`` in the order of the stage.
    chances
        ``float64[f]`` and ``float64[e]``: probability that a facility does not serve, that a street is closed. What
        is certain is not asked for.
    most
        How many streets are tried.

    Returns
    -------
    checks, lost
        As in :class:`~circle15.model.verdicts.Robustness`; ``check_id`` is ``facility:<id>`` or as :func:`street_ids`,
        the same while the inputs are. Only what would cost somebody a service is listed, and ways that would tell of
        whom the map cannot (:mod:`circle15.uncertainty.adrift`).
    """
    absent, closed = chances
    sites = lost_without_facilities(stage, reach, required)
    sites = sites[absent[sites["target"].to_numpy(dtype=np.int64)] > 0]
    streets = lost_without_streets(stage, graph, closed, required, most=most)
    of_sites = _of_facilities(_rows(sites, absent, stage), stage.facilities.facilities)
    of_streets = _of_streets(_rows(streets, closed, stage), stage.network)
    joins, adrift = joins_to_look_for(stage, reach)
    table = pd.concat([part for part in (of_sites, of_streets, joins) if len(part)] or [of_sites])
    order = np.lexsort(
        (table.index.to_numpy(dtype=str), -(table["people"] * table["p_no"]), -(table["flips"] * table["p_no"]))
    )
    table = table.iloc[order]
    mapped = [_by_check(sites, of_sites, stage), _by_check(streets, of_streets, stage)]
    lost = pd.concat([*mapped, adrift] if len(adrift) else mapped)
    return table.assign(rank=np.arange(1, len(table) + 1))[[*COLUMNS]], lost.sort_index()


def _by_check(lost: pd.DataFrame, table: pd.DataFrame, stage: Stage) -> pd.Series:
    """People lost on (``check_id``, ``community_id``, ``service``); ``table`` has one row for each target."""
    lost = lost[lost["target"].isin(table["target"])]
    named = pd.Series(table.index, index=table["target"].to_numpy(), dtype=object)
    levels = [
        named.reindex(lost["target"].to_numpy()).to_numpy(),
        np.array(stage.communities, dtype=object)[lost["community"].to_numpy(dtype=np.int64)],
        np.array(stage.services, dtype=object)[lost["service"].to_numpy(dtype=np.int64)],
    ]
    index = pd.MultiIndex.from_arrays(levels, names=["check_id", "community_id", "service"])
    return pd.Series(lost["people"].to_numpy(dtype=float), index=index, name="lost")


def _rows(lost: pd.DataFrame, chance: NDArray[np.float64], stage: Stage) -> pd.DataFrame:
    """One row for each target that costs somebody a service, with whom it concerns."""
    lost = lost[(lost["people"] > 0) | lost["flips"].astype(bool)]
    rows = []
    for _, group in lost.groupby("target", sort=True):
        by_community = group.groupby("community")["people"].sum()
        most = by_community.index[np.lexsort((by_community.index, -by_community))]
        rows.append(
            {
                "target": int(group["target"].iloc[0]),
                "flips": int(group["flips"].sum()),
                "people": float(group["people"].sum()),
                "communities": tuple(stage.communities[int(place)] for place in most),
                "services": tuple(stage.services[int(column)] for column in sorted(group["service"].unique())),
            }
        )
    table = pd.DataFrame(rows, columns=["target", "flips", "people", "communities", "services"])
    return table.assign(p_no=chance[table["target"].to_numpy(dtype=np.int64)])


def _of_facilities(table: pd.DataFrame, facilities: Facilities) -> pd.DataFrame:
    frame = facilities.frame.iloc[table["target"].to_numpy(dtype=np.int64)]
    degrees = frame.geometry.to_crs(4326)
    names = frame["name"].astype(str)
    english = frame["name_en"].fillna("").astype(str) if "name_en" in frame else names
    ids = [str(key) for key in frame.index]
    return table.assign(
        kind="facility", target_id=ids, name=names.to_list(), name_en=english.where(english != "", names).to_list(),
        offers=frame["services"].to_list(), length_m=np.nan, lon=degrees.x.to_numpy(), lat=degrees.y.to_numpy(),
    ).set_axis(pd.Index([f"facility:{key}" for key in ids], name="check_id", dtype=object), axis=0)  # fmt: skip


def _of_streets(table: pd.DataFrame, network: WalkNetwork) -> pd.DataFrame:
    edge = table["target"].to_numpy(dtype=np.int64)
    kind = np.where(network.has(_GATES)[edge], "gate", "path")
    names = [network.names[place] for place in network.name[edge]]
    lon, lat = midpoints(network, edge)
    ids = street_ids(network) if len(edge) else []
    no_offers: list[Any] = [()] * len(edge)
    return table.assign(
        kind=kind, target_id=[str(number) for number in edge], name=names, name_en=names, offers=no_offers,
        length_m=network.length_m[edge], lon=lon, lat=lat,
    ).set_axis(pd.Index([ids[number] for number in edge], name="check_id", dtype=object), axis=0)  # fmt: skip


def midpoints(network: WalkNetwork, edge: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of the spots half way along edges."""
    lines = [shapely.LineString(network.vertex[network.vertex_start[k] : network.vertex_start[k + 1]]) for k in edge]
    half = shapely.line_interpolate_point(np.array(lines, dtype=object), 0.5, normalized=True)
    place = gpd.GeoSeries(half, crs=network.crs).to_crs(4326)
    return place.x.to_numpy(), place.y.to_numpy()


# -- Answers, laid over the city --------------------------------------------------------------------


def surveyed(
    network: WalkNetwork, facilities: Facilities, survey: Survey
) -> tuple[WalkNetwork, Facilities, list[Finding]]:
    """Lay the answers of a field survey over streets and facilities; their sources stay as they are.

    Parameters
    ----------
    network, facilities
        As read.
    survey
        Answers by check. An answer on a street whose middle is not where the survey has it is not used.

    Returns
    -------
    network, facilities, findings
        Streets denied are closed, those confirmed are certain (:class:`~circle15.model.streets.EdgeFlag`). Facilities
        keep their rows and have ``survey_answer`` (``denied``, ``confirmed`` or ``""``), ``survey_author`` and
        ``survey_date``; :func:`in_service` leaves out those denied. Findings say what was applied and what was not.
    """
    if not len(survey):
        return network, facilities, []
    answers = survey.frame
    frame = facilities.frame.copy()
    states = pd.Series({"yes": "confirmed", "no": "denied", "unclear": ""})
    of_site = answers.reindex([f"facility:{key}" for key in frame.index])
    frame["survey_answer"] = of_site["answer"].map(states).fillna("").to_numpy(dtype=object)
    for column in ("author", "date"):
        frame[f"survey_{column}"] = of_site[column].fillna("").to_numpy(dtype=object)
    edge = _streets_meant(network, answers)
    flags = network.flags.copy()
    for answer, flag in (("no", EdgeFlag.CLOSED), ("yes", EdgeFlag.CONFIRMED)):
        meant = edge[(edge >= 0) & (answers["answer"] == answer).to_numpy()]
        flags[meant] |= np.uint16(flag)
    known = (edge >= 0) | answers.index.isin([f"facility:{key}" for key in frame.index])
    drawn = answers.index.str.startswith("join:")
    return (
        replace(network, flags=flags),
        replace(facilities, frame=frame),
        [
            *_told(answers[~drawn], known[~drawn]),
            *_joins(answers[drawn]),
        ],
    )


def _streets_meant(network: WalkNetwork, answers: pd.DataFrame) -> NDArray[np.int64]:
    """The edge of each answer; -1 for none, or where the street has moved since."""
    of_streets = answers.index.str.startswith("street:")
    if not of_streets.any():
        return np.full(len(answers), -1, dtype=np.int64)
    edge = pd.Index(street_ids(network)).get_indexer(answers.index).astype(np.int64)
    placed = np.flatnonzero(edge >= 0)
    if len(placed) and {"lon", "lat"} <= set(answers.columns):
        here = _metric(network, *midpoints(network, edge[placed]))
        places = _metric(network, *(answers[axis].to_numpy(dtype=float)[placed] for axis in ("lon", "lat")))
        moved = np.hypot(*(here - places)) > float(read_facts("survey.toml")["match"]["within_m"])
        edge[placed[moved]] = -1
    return edge


def _metric(network: WalkNetwork, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    place = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(network.crs)
    return np.array([place.x.to_numpy(), place.y.to_numpy()])


def _told(answers: pd.DataFrame, known: NDArray[np.bool_]) -> list[Finding]:
    findings = []
    files = ", ".join(sorted(set(answers["file"])))
    if not known.all():
        lost = answers[~known]
        findings.append(
            finding(
                "survey-unknown", "warning", count=len(lost), file=str(lost["file"].iloc[0]),
                row=int(lost["row"].iloc[0]), examples=lost.index,
            )
        )  # fmt: skip
    used = answers[known]
    if len(used):
        counted = used["answer"].value_counts()
        findings.append(
            finding(
                "survey-applied", "note", count=len(used), file=files, denied=int(counted.get("no", 0)),
                confirmed=int(counted.get("yes", 0)), unclear=int(counted.get("unclear", 0)),
                authors=", ".join(sorted(set(used["author"]))), examples=used.index[used["answer"] == "no"],
            )
        )  # fmt: skip
    return findings


def _joins(answers: pd.DataFrame) -> list[Finding]:
    """Answers on ways that the map lacks: they are drawn into the map, not laid over it."""
    if not len(answers):
        return []
    confirmed = answers["answer"] == "yes"
    file = str(answers["file"].iloc[0])
    return [
        finding(
            "survey-joins", "note", count=len(answers), there=int(confirmed.sum()), file=file, examples=answers.index
        )
    ]


def in_service(facilities: Facilities) -> Facilities:
    """Leave out what a field survey found not to serve; see :meth:`circle15.model.Facilities.in_service`."""
    return facilities.in_service()
