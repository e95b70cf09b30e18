"""What measures of norms look at: communities, facilities, homes and land, all placed on the streets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.rural import area_keys
from circle15.demand.dwellings import Homes, land_homes
from circle15.kernels.ragged import rank_by_id
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions, determined
from circle15.model.places import Communities
from circle15.model.walk_network import WalkProfile
from circle15.network.graph import WalkGraph, walk_graph
from circle15.network.snap import snap
from circle15.routing.nearest import nearest_cost

__all__ = ["LAND_M", "Ground", "ResidentialLand", "fold_name", "paces_graph", "split_names"]

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]

LAND_M = 50.0
"""Residential land is asked at points so far apart: each stands for a quarter of a hectare."""

_WITHOUT_FACILITIES = ("areas", "population", "land", "_walks")
"""What a ground works out once, and that does not rest on facilities."""
_BETWEEN = re.compile("[;；,，、|/\n]+")


@dataclass(frozen=True, kw_only=True, eq=False)
class ResidentialLand:
    """Polygons of residential land, and how points on it get to the streets; see :func:`circle15.network.snap.snap`."""

    frame: gpd.GeoDataFrame | None = None
    walls: gpd.GeoSeries | None = None
    max_snap_m: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """What measures look at.

    ``graph`` walks in the study's time, ``paces`` one metre a second without any delay, so that its seconds are
    metres on the network.
    ``owner`` ``int64[p]``: a demand point's row of the communities. ``site`` and ``host`` ``int64[k]``: pairs of a
    facility and a community that it belongs to, by the ids of both: those that its list names in the column
    ``community``, else the one that it stands in. A shared centre has several. ``lenient`` counts facilities whose
    tier or standard nobody stated, too.
    """

    communities: Communities
    facilities: PlacedFacilities
    demand: PlacedDemand
    graph: WalkGraph
    paces: WalkGraph
    owner: Rows
    site: Rows
    host: Rows
    residential: ResidentialLand | None = None
    checklists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lenient: bool = False

    @classmethod
    def of(
        cls,
        communities: Communities,
        facilities: PlacedFacilities,
        demand: PlacedDemand,
        *,
        graph: WalkGraph,
        residential: ResidentialLand | None = None,
        checklists: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Ground:
        """The ground of a study, with *all* facilities, whatever is open.

        ``checklists`` are the functions that books ask for, by name.
        """
        site, host = _belonging(communities.frame, facilities.frame)
        return cls(
            communities=communities, facilities=facilities, demand=demand, graph=graph, paces=paces_graph(graph),
            site=site, host=host, residential=residential, checklists=checklists or {},
            owner=communities.frame.index.get_indexer(pd.Index(demand.frame["community_id"])).astype(np.int64),
        )  # fmt: skip

    def gathered(self, unit: Rows, speaks: Mask) -> Ground:
        """The same ground, but what stands anywhere in a unit stands in the first of its communities that count.

        Parameters
        ----------
        unit
            ``int64[c]``, the unit of each community, -1 where it belongs to none.
        speaks
            ``bool[c]``, the communities that count. In units of which none does nothing stands.

        Returns
        -------
        Ground
            Each facility once for each unit, in the order of the communities that it belonged to.
        """
        by_id = rank_by_id(self.communities.frame.index)
        first = np.full(int(unit.max(initial=-1)) + 2, -1, dtype=np.int64)  # the last is that of -1
        rows = np.flatnonzero(speaks & (unit >= 0))
        rows = rows[np.argsort(by_id[rows])][::-1]
        first[unit[rows]] = rows
        order = np.lexsort((np.arange(len(self.site)), by_id[self.host]))
        site, host = self.site[order], first[unit[self.host[order]]]
        once = np.unique(np.stack([site, host]), axis=1, return_index=True)[1]
        once = np.sort(once[host[once] >= 0])
        return self._changed(site=site[once], host=host[once])

    def served_by(self, facilities: PlacedFacilities) -> Ground:
        """The same ground with other facilities; the land is not placed on the streets again."""
        site, host = _belonging(self.communities.frame, facilities.frame)
        return self._changed(facilities=facilities, site=site, host=host)

    def _changed(self, **parts: Any) -> Ground:
        """With other facilities, or others that belong to communities: what rests on neither is kept."""
        changed = replace(self, **parts)
        vars(changed).update({name: value for name, value in vars(self).items() if name in _WITHOUT_FACILITIES})
        return changed

    def determined(self, reached: Mask) -> Mask:
        """Demand points of which the map tells whether they reach something; see :func:`determined`."""
        return determined(self.demand.positions.status, reached)

    @cached_property
    def areas(self) -> NDArray[np.object_]:
        """Of each community whether it is town or country; see :func:`circle15.catalog.rural.area_keys`."""
        return area_keys(self.communities.frame)

    @cached_property
    def population(self) -> Numbers:
        """People of each community; NaN where nobody knows."""
        return self.numbers("population")

    @cached_property
    def land(self) -> tuple[Homes, Positions]:
        """Points on the residential land of each community, worth equal areas, and where they stand on the streets.

        No polygon is laid over another: a piece of land is within reach where one can walk from it.
        """
        given = self.residential or ResidentialLand()
        homes = land_homes(self.communities, given.frame, LAND_M)
        points = gpd.GeoSeries(homes.point, crs=self.communities.frame.crs)
        return homes, snap(self.graph.network, points, max_snap_m=given.max_snap_m, barriers=given.walls)

    def nearest_cost(self, sites: Mask, *, metres: bool = False, land: bool = False) -> Rows:
        """How far it is to the nearest of some facilities.

        Rules ask for the same again and again, and so do grounds with one facility more: it is worked out once.

        Parameters
        ----------
        sites
            ``bool[f]``, the facilities.
        metres
            Along the network instead of in time.
        land
            From the points of :attr:`land` instead of from the demand points.

        Returns
        -------
        numpy.ndarray
            ``int64[p]`` milliseconds or millimetres from each point, not to be written to; see
            :func:`~circle15.routing.nearest.nearest_cost`.
        """
        places = self.facilities.positions.take(sites)
        columns = places.start, places.edge, places.offset_mm, places.leg_mm
        key = metres, land, *(column.tobytes() for column in columns)
        if key not in self._walks:
            start = self.land[1] if land else self.demand.positions
            cost = nearest_cost(self.paces if metres else self.graph, start, places)
            cost.flags.writeable = False
            self._walks[key] = cost
        return self._walks[key]

    @cached_property
    def _walks(self) -> dict[tuple[Any, ...], Rows]:
        """What :meth:`nearest_cost` has worked out, by what was asked and where the facilities stand."""
        return {}

    def numbers(self, column: str) -> Numbers:
        """A column of the communities; NaN where it is not there or holds no number."""
        frame = self.communities.frame
        if column not in frame:
            return np.full(len(frame), np.nan)
        return np.asarray(pd.to_numeric(frame[column], errors="coerce"), dtype=float)


def paces_graph(graph: WalkGraph) -> WalkGraph:
    """The same network at one metre a second without delays: its seconds are metres."""
    paces = WalkProfile(name="metres", title_zh="路网距离", title_en="Network distance", speed_mps=1.0, stairs_mps=1.0)
    return walk_graph(graph.network, paces)


def fold_name(word: str) -> str:
    """A name as it is compared: NFKC, small letters, no spaces.

    Examples
    --------
    >>> fold_name(" 社会 救助 "), fold_name("ＡＢ")
    ('社会救助', 'ab')
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", word).casefold())


def split_names(cell: object) -> tuple[str, ...]:
    """The names in one cell, folded; none where it is empty.

    Examples
    --------
    >>> split_names("就业创业；社会救助、金融"), split_names(float("nan"))
    (('就业创业', '社会救助', '金融'), ())
    """
    if not isinstance(cell, str):
        return ()
    return tuple(name for part in _BETWEEN.split(cell) if (name := fold_name(part)))


def _belonging(communities: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> tuple[Rows, Rows]:
    """Pairs of facility and community by their ids: as the list names them, else where it stands."""
    known = _known_names(communities)
    named = facilities["community"] if "community" in facilities else pd.Series("", index=facilities.index)
    named_rows = [sorted({known[name] for name in split_names(cell) if name in known}) for cell in named]
    by_id = rank_by_id(communities.index)
    inside, shape = communities.sindex.query(facilities.geometry, predicate="intersects")
    stands = np.full(len(facilities), -1, dtype=np.int64)
    order = np.lexsort((by_id[shape], inside))[::-1]  # of several the first id
    stands[inside[order]] = shape[order]
    hosts = [rows or ([int(at)] if at >= 0 else []) for rows, at in zip(named_rows, stands, strict=True)]
    site = np.repeat(np.arange(len(hosts)), [len(rows) for rows in hosts]).astype(np.int64)
    host = np.array([row for rows in hosts for row in rows], dtype=np.int64)
    order = np.lexsort((by_id[host], rank_by_id(facilities.index)[site]))
    return site[order], host[order]


def _known_names(communities: gpd.GeoDataFrame) -> Mapping[str, int]:
    """Folded ids and names of communities with their rows; a name that two have tells nothing."""
    names = [fold_name(str(name)) for name in communities["name"]]
    counted = pd.Series(names).value_counts()
    known = {name: row for row, name in enumerate(names) if counted[name] == 1}
    return known | {fold_name(str(key)): row for row, key in enumerate(communities.index)}
