"""Missing facility or missing path: for each gap, what open gates, one new link, or straight ways would do.

A gap is a community and a service with people aged 60 and over who live by a street and are not covered.
Its *cause* is the first of these remedies that closes at least :data:`CLOSES` of it:

``gate``
    every gate open, locked ones and those of other estates included, and no delay there;
``link``
    one added link (:mod:`circle15.planning.links`), on today's network;
``paths``
    many new ways, so that walks become as direct as in a regular grid of streets: :data:`GRID` times the
    straight line;

and where none does: ``facility`` if even walking in a straight line would close less, and no path can do
more than that; ``mixed`` if only ways straighter than any street grid would do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import services as known_services
from circle15.model.causes import CLOSES, NOBODY, cause_of
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions, determined
from circle15.model.results import City, Settings
from circle15.model.verdicts import Attribution
from circle15.model.walk_network import GatePolicy
from circle15.network.graph import WalkGraph, cutoff_ms
from circle15.planning.links import (
    Candidates,
    LinkRule,
    Served,
    Wanting,
    candidates,
    crossed,
    link_lines,
    served,
)
from circle15.planning.street_names import NamedStreets
from circle15.routing.nearest import nearest_cost, node_times, point_times
from circle15.routing.policies import with_gates

__all__ = ["CLOSES", "GRID", "NEARLY", "attribution", "cause_of"]

GRID = 4 / math.pi
"""Walk over straight line on a grid of streets: the mean of ``|cos a| + |sin a|`` over all directions a."""
NEARLY = 0.9
"""Of links that do at least this share of what the best one does for a gap, the one that serves most in the city."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Today:
    """Who lacks what today.

    ``services`` in catalogue order; ``offers`` ``bool[s, f]``; ``onward_ms`` ``int64[s, n]`` from each node to the
    nearest facility; ``lacking`` ``bool[p, s]``; ``people``, ``group`` (row of ``ids``) and ``status`` by home.
    """

    services: tuple[str, ...]
    offers: NDArray[np.bool_]
    onward_ms: NDArray[np.int64]
    lacking: NDArray[np.bool_]
    status: NDArray[np.uint8]
    people: NDArray[np.float64]
    group: NDArray[np.int64]
    ids: pd.Index
    limit_ms: int

    def wanting(self) -> Wanting:
        """Whom a new link may serve."""
        return Wanting(limit_ms=self.limit_ms, lacking=self.lacking, people=self.people, group=self.group)

    def sums(self, who: NDArray[np.bool_]) -> NDArray[np.float64]:
        """People aged 60+ among homes ``bool[p, s]``, by community and service: ``float64[c, s]``."""
        columns = [np.bincount(self.group, weights=self.people * mask, minlength=len(self.ids)) for mask in who.T]
        return np.stack(columns, axis=1) if columns else np.empty((len(self.ids), 0))

    def times(
        self,
        demand: PlacedDemand,
        facilities: PlacedFacilities,
        walk: Callable[[Positions, Positions], NDArray[np.int64]],
    ) -> NDArray[np.int64]:
        """``int64[p, s]`` ms to the nearest facility of each service, found in a certain way."""
        homes, sites = demand.positions, facilities.positions
        return np.stack([walk(homes, sites.take(rows)) for rows in self.offers], axis=1)


def attribution(
    graph: WalkGraph,
    city: City,
    demand: PlacedDemand,
    facilities: PlacedFacilities,
    *,
    settings: Settings | None = None,
    rule: LinkRule | None = None,
) -> Attribution:
    """Say of each gap what is missing, and which one link would serve most.

    Parameters
    ----------
    graph
        From :func:`circle15.network.graph.walk_graph`.
    city
        For map layers: no link through ``buildings``; ``water`` and ``rail`` say what one crosses.
    demand, facilities
        Services that no list speaks of are undetermined: no gap.
    settings
        The circle, and the moment that ``facilities`` are of; by default the city's.
    rule
        What links are looked for.

    Returns
    -------
    Attribution
        ``uncovered_straight <= uncovered_link <= uncovered``, ``uncovered_gates <= uncovered <= uncovered_visitor``.

    Raises
    ------
    SettingError
        If the cut-off is out of range.
    """
    settings, rule = settings or city.settings, rule or LinkRule()
    limit = cutoff_ms(settings.circle_min)
    today = _today(graph, demand, facilities, limit)
    gap = today.sums(today.lacking)
    where = gap > NOBODY
    outside = {policy: _outside(graph, demand, facilities, today, policy) for policy in _OTHER_POLICIES}
    policies = _policies(today, outside)
    if not where.any():
        return Attribution(policies=policies)
    serving, links = _links(graph, city, demand, today, rule)
    best = _best(serving, links, gap.shape)
    over_link = _left(gap, best.people)
    direct, straight = (_within(graph, demand, facilities, today, detour) for detour in (GRID, 1.0))
    left = {
        "uncovered": gap,
        "uncovered_gates": today.sums(today.lacking & outside["open"]),
        "uncovered_link": over_link,
        # where a street is shorter on paper than its line, a walk may beat the straight line
        "uncovered_direct": today.sums(today.lacking & ~direct),
        "uncovered_straight": np.minimum(today.sums(today.lacking & ~straight), over_link),
        "uncovered_visitor": today.sums(outside["visitor"]),
        "uncovered_closed": today.sums(outside["closed"]),
    }
    rows, columns = np.nonzero(where)
    index = pd.MultiIndex.from_arrays(
        [today.ids[rows], np.array(today.services, dtype=object)[columns]], names=["community_id", "service"]
    )
    frame = pd.DataFrame({name: people[where] for name, people in left.items()}, index=index)
    columns_of = (dict(zip(_CAUSED_BY, row, strict=True)) for row in frame[[*_CAUSED_BY]].itertuples(index=False))
    frame["cause"] = [cause_of(people) for people in columns_of]
    table, names = _link_table(graph, links, serving, best.link[where], city.context)
    frame["link_id"] = [names.get(link, "") for link in best.link[where]]
    between = _between(graph, demand, facilities, today, direct)
    frame["from_street"], frame["to_street"] = zip(
        *(between(row, column) if cause == "paths" else ("", "")
          for row, column, cause in zip(rows.tolist(), columns.tolist(), frame["cause"], strict=True)),
        strict=True,
    )  # fmt: skip
    return Attribution(
        frame=frame.sort_index(),
        links=table,
        served=_served(serving, names, today),
        policies=policies,
        cutoff_min=settings.circle_min,
        open_at=settings.open_at,
    )


def _served(serving: Served, names: Mapping[int, str], today: _Today) -> pd.Series:
    """People whom each link of the table newly covers, by community and service."""
    taken = np.isin(serving.link, list(names)) & (serving.people > NOBODY)
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index([names[link] for link in serving.link[taken].tolist()], dtype=object),
            today.ids[serving.group[taken]],
            np.array(today.services, dtype=object)[serving.service[taken]],
        ],
        names=["link_id", "community_id", "service"],
    )
    return pd.Series(serving.people[taken], index=index, name="served", dtype=float).sort_index()


_OTHER_POLICIES: tuple[GatePolicy, ...] = ("open", "visitor", "closed")


def _outside(
    graph: WalkGraph, demand: PlacedDemand, facilities: PlacedFacilities, today: _Today, policy: GatePolicy
) -> NDArray[np.bool_]:
    """``bool[p, s]``: who lacks what under another policy of gates."""
    other = with_gates(graph, policy)
    if other is graph:
        return today.lacking
    beyond = today.times(demand, facilities, partial(nearest_cost, other)) > today.limit_ms
    return beyond & determined(today.status, ~beyond)


def _policies(today: _Today, outside: Mapping[GatePolicy, NDArray[np.bool_]]) -> pd.DataFrame:
    """People aged 60+ of each community who lack each service, under each policy."""
    worlds = {"resident": today.lacking, **outside}
    index = pd.MultiIndex.from_product([today.ids, today.services], names=["community_id", "service"])
    return pd.DataFrame({policy: today.sums(lacking).ravel() for policy, lacking in worlds.items()}, index=index)


_CAUSED_BY = ("uncovered", "uncovered_gates", "uncovered_link", "uncovered_direct", "uncovered_straight")


def _today(graph: WalkGraph, demand: PlacedDemand, facilities: PlacedFacilities, limit: int) -> _Today:
    services = tuple(key for key in known_services(facilities.pack_services) if key in facilities.listed)
    homes, sites, offers = demand.positions, facilities.positions, facilities.offer_matrix(services).T
    onward = [node_times(graph, sites.take(rows)) for rows in offers]
    home = [point_times(graph, time, homes, sites.take(rows)) for time, rows in zip(onward, offers, strict=True)]
    home_ms = np.stack(home, axis=1) if home else np.empty((len(demand), 0), dtype=np.int64)
    return _Today(
        services=services,
        offers=offers,
        onward_ms=np.stack(onward) if onward else np.empty((0, graph.n_nodes), dtype=np.int64),
        lacking=(home_ms > limit) & determined(homes.status, home_ms <= limit),
        status=homes.status,
        people=demand.points.known_in("pop_60plus"),
        group=demand.points.community,
        ids=demand.points.communities,
        limit_ms=limit,
    )


def _within(
    graph: WalkGraph, demand: PlacedDemand, facilities: PlacedFacilities, today: _Today, detour: float
) -> NDArray[np.bool_]:
    """``bool[p, s]``: who is within the cut-off at ``detour`` times the straight line from home to door, without delay.

    Facilities far from every street count too: a path could lead there.
    """
    from scipy.spatial import KDTree

    home, door = (np.stack([f.geometry.x, f.geometry.y], axis=1) for f in (demand.frame, facilities.frame))
    near = np.zeros(today.lacking.shape, dtype=bool)
    for column, rows in enumerate(today.offers):
        if rows.any():
            far_m, _ = KDTree(door[rows]).query(home)
            near[:, column] = graph.profile.walk_ms(np.rint(far_m * detour * 1000).astype(np.int64)) <= today.limit_ms
    return near


def _between(
    graph: WalkGraph, demand: PlacedDemand, facilities: PlacedFacilities, today: _Today, direct: NDArray[np.bool_]
) -> Callable[[int, int], tuple[str, str]]:
    """The streets that more direct ways should join for a community and a service, by their rows.

    Those by the home with most people who would then be served, and by the facility nearest to it in a straight line.
    """
    streets = NamedStreets.of(graph.network)
    home, door = (frame.geometry.to_numpy() for frame in (demand.frame, facilities.frame))

    def named(community: int, column: int) -> tuple[str, str]:
        able = np.flatnonzero(today.lacking[:, column] & direct[:, column] & (today.group == community))
        if not len(able):
            return "", ""
        first = int(able[np.argmax(today.people[able])])
        sites = np.flatnonzero(today.offers[column])
        site = int(sites[np.argmin(shapely.distance(home[first], door[sites]))])
        start, end = streets.near(np.array([home[first], door[site]], dtype=object))
        return start, end

    return named


def _links(
    graph: WalkGraph, city: City, demand: PlacedDemand, today: _Today, rule: LinkRule
) -> tuple[Served, Candidates]:
    """Whom each candidate would serve, and the candidates."""
    lacks = today.lacking.any(axis=1) & (today.people > 0)
    points = demand.frame.geometry
    layer = city.context.get("buildings")
    links = candidates(
        graph,
        today.onward_ms,
        limit_ms=today.limit_ms,
        needy=np.stack([points.x, points.y], axis=1)[lacks],
        rule=rule,
        buildings=None if layer is None else layer.geometry,
    )
    return served(graph, links, today.onward_ms, demand.positions, today.wanting()), links


@dataclass(frozen=True, kw_only=True, eq=False)
class _Best:
    """Per community and service the best link (-1: none helps) and the people it newly covers there."""

    link: NDArray[np.int64]
    people: NDArray[np.float64]


def _best(serving: Served, links: Candidates, shape: tuple[int, ...]) -> _Best:
    cell = serving.group * shape[1] + serving.service
    most = np.zeros(shape[0] * shape[1])
    np.maximum.at(most, cell, serving.people)
    total = np.bincount(serving.link, weights=serving.people, minlength=len(links))
    able = np.flatnonzero((serving.people >= NEARLY * most[cell]) & (serving.people > NOBODY))
    link = serving.link[able]
    order = able[np.lexsort((link, links.length_mm[link], -total[link].round(6), cell[able]))]
    cells, first = np.unique(cell[order], return_index=True)
    chosen, people = np.full(len(most), -1, dtype=np.int64), np.zeros(len(most))
    chosen[cells], people[cells] = serving.link[order[first]], serving.people[order[first]]
    return _Best(link=chosen.reshape(shape), people=people.reshape(shape))


def _left(gap: NDArray[np.float64], people: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is left of a gap; a rest of rounding is nobody."""
    rest = gap - people
    return np.where(rest < NOBODY, 0.0, rest)


def _link_table(
    graph: WalkGraph,
    links: Candidates,
    serving: Served,
    best: NDArray[np.int64],
    context: Mapping[str, gpd.GeoDataFrame],
) -> tuple[gpd.GeoDataFrame, dict[int, str]]:
    """The links that are best for some gap, the most serving first; and their ids by candidate."""
    total = np.bincount(serving.link, weights=serving.people, minlength=len(links))
    rows = np.unique(best[best >= 0])
    rows = rows[np.lexsort((rows, links.length_mm[rows], -total[rows].round(6)))]
    ids = [f"link-{number}" for number in range(1, len(rows) + 1)]
    taken = links.take(rows)
    table = gpd.GeoDataFrame(
        {
            "length_m": taken.length_mm / 1000,
            "crosses": crossed(graph.network, taken, context),
            "serves": total[rows],
            "u": taken.u,
            "v": taken.v,
        },
        geometry=link_lines(graph.network, taken),
        crs=graph.network.crs,
        index=pd.Index(ids, name="link_id", dtype=object),
    )
    return table, dict(zip(rows.tolist(), ids, strict=True))
