"""Where in a community people may live: its buildings, residential land, cells of a grid, streets, or a lattice.

Each function offers candidate points with weights, for all communities at once; :mod:`circle15.demand.points`
takes the first offer that a community can use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import walking, way_classes
from circle15.model.places import Communities
from circle15.model.population import PopulationGrid
from circle15.model.walk_network import WalkNetwork
from circle15.network.build import edge_lines, islands
from circle15.sources.communities.buildings import MOST_LEVELS

__all__ = [
    "LATTICE_M",
    "MIN_FLOOR_M2",
    "Homes",
    "building_homes",
    "dwelling_m2",
    "grid_homes",
    "land_homes",
    "lattice_homes",
    "street_homes",
]

LATTICE_M = 100.0
MIN_FLOOR_M2 = 5.0
"""Below so many square metres of known floor per person the buildings are held to be incomplete."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Homes:
    """Candidate points with the community they lie in, a weight, and how they were made.

    ``community`` holds positions in the communities' frame, ``weight`` is zero or more; ``leg_m`` are the metres
    from the homes that a point stands for to the point itself.
    """

    community: NDArray[np.int64]
    weight: NDArray[np.float64]
    point: NDArray[np.object_]
    method: str
    leg_m: NDArray[np.float64]

    @classmethod
    def there(
        cls, community: NDArray[np.int64], weight: NDArray[np.float64], point: NDArray[np.object_], method: str
    ) -> Homes:
        """Candidates where the homes themselves are: no leg."""
        return cls(community=community, weight=weight, point=point, method=method, leg_m=np.zeros(len(community)))

    def where(self, kept: NDArray[np.bool_]) -> Homes:
        """Only some of the candidates."""
        return replace(
            self,
            community=self.community[kept],
            weight=self.weight[kept],
            point=self.point[kept],
            leg_m=self.leg_m[kept],
        )


def _none(method: str) -> Homes:
    empty = np.empty(0)
    return Homes.there(empty.astype(np.int64), empty, empty.astype(object), method)


def _inside(shapes: NDArray[np.object_], point: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (point, shape) where the point lies in the shape or on its border."""
    shape, inside = shapely.STRtree(point).query(shapes, predicate="intersects")
    return inside, shape


def _usable(frame: pd.DataFrame, column: str, most: float) -> NDArray[np.float64]:
    """A column of numbers from 0 to ``most``; NaN where there is none: no column, no number, out of range."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)  # text counts when it is a number
    return np.where((numbers >= 0) & (numbers <= most), numbers, np.nan)


def dwelling_m2(buildings: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Floor space of dwellings in each building: floors x footprint x residential share.

    Parameters
    ----------
    buildings
        Metric polygons. ``floor_area_m2`` (all floors) wins over ``levels`` (floors, 1 where not known) times
        the footprint; ``residential_share`` (0 to 1) wins over ``residential`` (bool, True where not known).
        What is no number or out of range counts as not known.

    Returns
    -------
    numpy.ndarray
        ``float64[n]`` square metres, zero where nobody lives.

    Examples
    --------
    >>> house = gpd.GeoDataFrame({"levels": [6], "residential_share": [0.5]}, geometry=[shapely.box(0, 0, 10, 20)])
    >>> dwelling_m2(house).tolist()  # 6 floors x 200 m2 x a half
    [600.0]
    """
    levels = np.maximum(1.0, np.nan_to_num(_usable(buildings, "levels", MOST_LEVELS), nan=1.0))
    stated = _usable(buildings, "floor_area_m2", np.finfo(float).max)
    floor_m2 = np.where(np.isnan(stated), shapely.area(buildings.geometry.to_numpy()) * levels, stated)
    lived_in = np.ones(len(buildings), dtype=bool)
    if "residential" in buildings:
        lived_in = (buildings["residential"].isna() | buildings["residential"].eq(other=True)).to_numpy(dtype=bool)
    share = _usable(buildings, "residential_share", 1.0)
    return np.asarray(floor_m2 * np.where(np.isnan(share), lived_in, share))


def building_homes(communities: Communities, buildings: gpd.GeoDataFrame | None) -> Homes:
    """A point inside each building that is lived in, worth its floor space of dwellings in square metres."""
    if buildings is None or buildings.empty:
        return _none("building")
    floor_m2 = dwelling_m2(buildings)
    homes = buildings.geometry[floor_m2 > 0]
    point = homes.representative_point().to_numpy()
    row, community = _inside(communities.frame.geometry.to_numpy(), point)
    return Homes.there(community, floor_m2[floor_m2 > 0][row], point[row], "building")


def land_homes(communities: Communities, residential: gpd.GeoDataFrame | None, spacing_m: float) -> Homes:
    """A lattice of points on the residential land of each community."""
    if residential is None or residential.empty:
        return _none("residential_land")
    land = shapely.union_all(residential.geometry.to_numpy())
    homes = shapely.intersection(communities.frame.geometry.to_numpy(), land)
    return lattice_homes(homes, spacing_m, "residential_land")


def street_homes(communities: Communities, network: WalkNetwork | None, spacing_m: float) -> Homes:
    """Points along the streets that people live on, each worth the length of its stretch in metres.

    Their leg is the mean depth of the land behind the streets, by community; see ``[home_leg]`` of ``walking.toml``.
    """
    if network is None or network.n_edges == 0:
        return _none("street")
    lived_on = np.array([entry.home for entry in way_classes()])[network.way_class]
    island = islands(network)[network.component[network.u]]
    lines = edge_lines(network)[lived_on & ~island]
    # One point in the middle of each stretch of spacing_m or less, worth the stretch's length.
    length = shapely.length(lines)
    pieces = np.maximum(1, np.ceil(length / spacing_m)).astype(np.int64)
    row = np.repeat(np.arange(len(lines)), pieces)
    step = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    point = shapely.line_interpolate_point(lines[row], (step + 0.5) * (length / pieces)[row])
    inside, community = _inside(communities.frame.geometry.to_numpy(), point)
    stretch = (length / pieces)[row][inside]
    rule = walking()["home_leg"]
    along = np.bincount(community, weights=stretch, minlength=len(communities))
    spacing = np.divide(communities.frame.area.to_numpy(), along, out=np.full(len(along), np.inf), where=along > 0)
    leg = np.minimum(float(rule["share_of_spacing"]) * spacing, float(rule["most_m"]))
    return Homes(community=community, weight=stretch, point=point[inside], method="street", leg_m=leg[community])


def lattice_homes(shapes: NDArray[np.object_], spacing_m: float, method: str) -> Homes:
    """Points of a square lattice inside each shape; a shape that holds none gets one inner point."""
    point: list[NDArray[np.object_]] = []
    for shape in shapes:
        if shape is None or shape.is_empty or shape.area == 0:
            point.append(np.empty(0, dtype=object))
            continue
        west, south, east, north = shape.bounds
        x = np.arange(np.floor(west / spacing_m), np.ceil(east / spacing_m) + 1) * spacing_m
        y = np.arange(np.floor(south / spacing_m), np.ceil(north / spacing_m) + 1) * spacing_m
        across, up = (axis.ravel() for axis in np.meshgrid(x, y))
        inside = shapely.intersects_xy(shape, across, up)
        spots = np.asarray(shapely.points(across[inside], up[inside]), dtype=object)
        point.append(spots if len(spots) else np.array([shapely.point_on_surface(shape)], dtype=object))
    community = np.repeat(np.arange(len(shapes)), [len(points_of) for points_of in point])
    whole = np.concatenate(point) if point else np.empty(0, dtype=object)
    return Homes.there(community, np.ones(len(community)), whole, method)


def grid_homes(communities: Communities, grid: PopulationGrid | None, finer: Sequence[Homes]) -> Homes:
    """Points inside each part of a cell, worth the people of the part between them.

    A cell of 250 m or 1 km is too coarse for a walk of five minutes: its middle may lie in a park or in the
    next community. Within a part people therefore stand at the finer candidates that lie there, in proportion
    to their weights (so many metres of street, so much floor), and where there are none on a lattice. What a
    part is worth as a whole stays what was counted; a part without people gets no point.

    Parameters
    ----------
    communities, grid
        In the same reference system.
    finer
        Candidates within cells; the first that a part has any of is used (of buildings: enough floor).

    Returns
    -------
    Homes
        Weights in people. A candidate on the border of two cells is worth its share of both.
    """
    if grid is None or len(grid.parts) == 0:
        return _none("grid")
    people = grid.part_people.to_numpy()
    owner = communities.frame.index.get_indexer(pd.Index(grid.parts["community_id"]))
    cell = grid.cells.index.get_indexer(pd.Index(grid.parts["cell_id"]))
    lived_in = (owner >= 0) & (people > 0)
    owner, cell, people = owner[lived_in], cell[lived_in], people[lived_in]
    shapes = grid.cells.geometry.to_numpy()
    made: list[Homes] = []
    bare = np.ones(len(owner), dtype=bool)
    for offer in finer:
        at, part = _in_parts(offer, shapes, owner, cell)
        mass = np.bincount(part, weights=offer.weight[at], minlength=len(owner))
        served = bare & (mass > 0) & (mass >= (MIN_FLOOR_M2 * people if offer.method == "building" else 0.0))
        used = served[part]
        at, part = at[used], part[used]
        weight = np.zeros(len(offer.weight))
        np.add.at(weight, at, people[part] * offer.weight[at] / mass[part])
        made.append(replace(offer, weight=weight, method="grid").where(weight > 0))
        bare &= ~served
    ground = shapely.intersection(shapes[cell[bare]], communities.frame.geometry.to_numpy()[owner[bare]])
    made.append(_over_parts(ground, owner[bare], people[bare]))
    return Homes(
        community=np.concatenate([homes.community for homes in made]),
        weight=np.concatenate([homes.weight for homes in made]),
        point=np.concatenate([homes.point for homes in made]),
        method="grid",
        leg_m=np.concatenate([homes.leg_m for homes in made]),
    )


def _over_parts(ground: NDArray[np.object_], owner: NDArray[np.int64], people: NDArray[np.float64]) -> Homes:
    """People of each part evenly over a lattice, or at one inner point where the part is no larger than its mesh."""
    small = shapely.area(ground) <= LATTICE_M**2
    usable = small & (shapely.area(ground) > 0)
    large = np.flatnonzero(~small)
    spread = lattice_homes(ground[large], LATTICE_M, "grid")
    part = np.concatenate([np.flatnonzero(usable), large[spread.community]])
    points = np.bincount(part, minlength=len(ground))
    point = np.concatenate([shapely.point_on_surface(ground[usable]), spread.point])
    return Homes.there(owner[part], people[part] / points[part], point, "grid")


def _in_parts(
    offer: Homes, cells: NDArray[np.object_], owner: NDArray[np.int64], cell: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (candidate, part): the candidate lies in the part's cell and belongs to the part's community."""
    at, in_cell = _inside(cells, offer.point)
    key = owner * len(cells) + cell
    order = np.argsort(key, kind="stable")
    wanted = offer.community[at] * len(cells) + in_cell
    place = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1) if len(key) else np.empty(0, np.int64)
    met = key[order][place] == wanted if len(key) else np.empty(0, dtype=bool)
    return (at[met], order[place[met]]) if len(key) else (np.empty(0, np.int64), np.empty(0, np.int64))
