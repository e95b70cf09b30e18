"""What could be done at facilities: a service more, longer hours, a new site at a crossing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import services as known_services
from circle15.catalog.action_limits import action_limits
from circle15.hours.opening import understand
from circle15.kernels.ragged import order_by_id, run_starts
from circle15.model.changes import AddFacility, AddService, Change, SetHours, Spot
from circle15.model.moment import DAYS, Moment
from circle15.model.placed import PlacedFacilities, Positions
from circle15.model.places import OSM_SOURCE
from circle15.model.results import City
from circle15.network.build import islands
from circle15.network.graph import WalkGraph
from circle15.network.snap import snap
from circle15.planning.actions.needs import Wants
from circle15.routing.reach import reach_table

__all__ = ["AT_CROSSING", "Candidates", "hours_longer", "services_more", "sites_new"]

AT_CROSSING = "site:"
"""What the ids of new facilities at crossings begin with; the name of such a place is that of its service."""

_BLOCK = 1024
"""Sites that are searched from at a time; whom they reach is added up and let go."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Changes of one kind that let people in at sites.

    ``sites`` are their positions, ``site`` ``int64[n]`` the row of each candidate in them, and ``adds`` ``bool[n, s]``
    what it would offer there that it does not offer today; ``change`` makes the change of a candidate.
    """

    kind: str
    sites: Positions
    site: NDArray[np.int64]
    adds: NDArray[np.bool_]
    change: Callable[[int], Change]

    def __len__(self) -> int:
        return len(self.site)

    def gains(self, graph: WalkGraph, wants: Wants) -> NDArray[np.float64]:
        """``float64[n]``: person-services that each candidate would newly serve."""
        services = len(wants.services)
        by_site = np.zeros((len(self.sites), services))
        lacking = wants.lacking * wants.people[:, np.newaxis]
        for first in range(0, len(self.sites), _BLOCK):
            rows = np.arange(first, min(first + _BLOCK, len(self.sites)))
            point, site = self._met(graph, wants, rows)
            for column in range(services):
                by_site[rows, column] = np.bincount(site, weights=lacking[point, column], minlength=len(rows))
        return np.asarray((by_site[self.site] * self.adds).sum(axis=1))

    def cells(self, graph: WalkGraph, wants: Wants, rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """The cells that each of some candidates would newly serve, one array after another."""
        sites, row = np.unique(self.site[rows], return_inverse=True)
        point, site = self._met(graph, wants, sites)
        order = np.argsort(site, kind="stable")
        start, point = run_starts(site, len(sites)), point[order]
        for candidate, own in zip(rows, row, strict=True):
            reached = point[start[own] : start[own + 1]]
            cell, column = np.nonzero(wants.lacking[reached] & self.adds[candidate])
            yield reached[cell].astype(np.int64) * len(wants.services) + column

    def _met(
        self, graph: WalkGraph, wants: Wants, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Pairs within the circle: rows of the points that lack something, and of the sites."""
        table = reach_table(graph, wants.homes, self.sites.take(rows), cutoff_min=wants.circle_min)
        return table.point, table.facility


def services_more(wants: Wants, facilities: PlacedFacilities) -> Candidates:
    """Every facility that serves and has room x every listed service that it does not offer."""
    order = order_by_id(facilities.ids)
    order = order[_has_room(facilities.frame)[order]]
    lacks = ~facilities.offer_matrix(wants.services)[order]
    site, column = np.nonzero(lacks)
    ids, services = facilities.ids[order], wants.services
    return Candidates(
        kind="service",
        sites=facilities.positions.take(order),
        site=site,
        adds=_one_each(column, len(services)),
        change=lambda row: AddService(facility_id=str(ids[site[row]]), service=services[column[row]]),
    )


def _has_room(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """``bool[f]``: houses into which another service may move."""
    limits = action_limits()
    everywhere, on_maps = limits.roomless, limits.roomless | limits.mapped_roomless
    sources = frame["source"] if "source" in frame else pd.Series("", index=frame.index)
    roomy = [
        not set(services) <= (on_maps if source == OSM_SOURCE else everywhere)
        for services, source in zip(frame["services"], sources, strict=True)
    ]
    return np.array(roomy, dtype=bool)


def hours_longer(wants: Wants, closed: PlacedFacilities, moment: Moment) -> Candidates:
    """Every facility in service that is ``closed`` at a moment: open then with all that it offers."""
    order = order_by_id(closed.ids)
    hours = closed.frame["opening_hours"].iloc[order] if len(closed) else []
    longer = [_longer(str(written), moment) for written in hours]
    ids, rows = closed.ids[order], np.arange(len(order))
    return Candidates(
        kind="hours",
        sites=closed.positions.take(order),
        site=rows,
        adds=closed.offer_matrix(wants.services)[order],
        change=lambda row: SetHours(facility_id=str(ids[row]), hours=longer[row]),
    )


def _longer(written: str, moment: Moment) -> str:
    """Hours with some at the moment more."""
    last = min(moment.minute + action_limits().longer_min, 1440)
    more = f"{DAYS[moment.weekday]} {moment.clock}-{last // 60:02d}:{last % 60:02d}"
    week = understand(written)
    longer = more if week is None else f"{week.osm}, {more}"
    opened = understand(longer)
    return longer if opened is not None and opened.at(moment) else more


def sites_new(wants: Wants, city: City, graph: WalkGraph, *, max_snap_m: float) -> Candidates:
    """Every crossing in the study area x every listed service.

    At a crossing three streets meet or more; those on pieces of the network that nothing joins to the rest are none.
    """
    network, services = graph.network, wants.services
    meeting = np.bincount(np.concatenate([network.u, network.v]), minlength=network.n_nodes)
    crossing = (meeting >= action_limits().streets) & ~islands(network)[network.component]
    crossing &= shapely.contains_xy(city.area.boundary, network.x, network.y)
    nodes = np.flatnonzero(crossing)
    place = gpd.GeoSeries(gpd.points_from_xy(network.x[nodes], network.y[nodes]), index=nodes, crs=network.crs)
    site, column = np.divmod(np.arange(len(nodes) * len(services)), max(len(services), 1))
    known, pack = known_services(city.pack_services), set(city.facilities.frame.index)

    def change(row: int) -> AddFacility:
        node, service = nodes[site[row]], services[column[row]]
        spot = Spot(x=float(network.x[node]), y=float(network.y[node]))
        key = f"{AT_CROSSING}{network.node_id[node]}:{service}"
        while key in pack:
            key += "+"
        return AddFacility(facility_id=key, name=known[service].title_zh, services=(service,), at=spot)

    return Candidates(
        kind="site",
        sites=snap(network, place, max_snap_m=max_snap_m, barriers=city.barriers),
        site=site,
        adds=_one_each(column, len(services)),
        change=change,
    )


def _one_each(column: NDArray[np.int64], services: int) -> NDArray[np.bool_]:
    """``bool[n, s]``: the one service of each row."""
    return np.asarray(column[:, np.newaxis] == np.arange(services))
