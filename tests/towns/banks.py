"""A town on two banks of a canal, and random towns: cities whose missing paths are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from circle15.accessibility.coverage import coverage
from circle15.model import (
    Attribution,
    City,
    Communities,
    DemandPoints,
    Facilities,
    Origin,
    PlacedDemand,
    Settings,
    StudyArea,
    WalkNetwork,
    WalkProfile,
)
from circle15.network.graph import walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.planning.attribution import attribution
from circle15.planning.links import LinkRule
from circle15.routing.reach import reach_table
from tests.towns.lattice import BY, CRS, X0, Y0, grid, network, points

HERE = Origin(label_zh="测试", label_en="test")
FLAT = BY["flat"]  # 1 m/s: metres are seconds


def banks() -> WalkNetwork:
    """Two quays of 1 km, 120 m apart, joined by one bridge in the west.

    ::

        y = 120   11 --12 --13 --14 --15 --16 --17 --18 --19 --20 --21
                   |   ~~~~~~~~~~~~~~~~~~ canal ~~~~~~~~~~~~~~~~~~~~
        y = 0      0 -- 1 -- 2 -- 3 -- 4 -- 5 -- 6 -- 7 -- 8 -- 9 --10
    """
    nodes = [(100.0 * k, y) for y in (0.0, 120.0) for k in range(11)]
    quays = [(row * 11 + k, row * 11 + k + 1) for row in (0, 1) for k in range(10)]
    return network(nodes, [*quays, (0, 11)])


def canal() -> gpd.GeoDataFrame:
    """The water between the banks, east of the bridge."""
    return area([(50, 20, 1100, 100)])


def area(boxes: Sequence[tuple[float, float, float, float]]) -> gpd.GeoDataFrame:
    """Boxes in metres from the corner."""
    shapes = [shapely.box(X0 + a, Y0 + b, X0 + c, Y0 + d) for a, b, c, d in boxes]
    return gpd.GeoDataFrame(geometry=shapes, crs=CRS)


def far_from_streets(demand: PlacedDemand, rows: Sequence[int]) -> PlacedDemand:
    """The demand with the homes of some rows far from every street."""
    keep = ~np.isin(demand.positions.owner, list(rows))
    return replace(demand, positions=demand.positions.ways_where(keep))


class Town:
    """A city with homes and sites placed; ``judge`` attributes its gaps, ``uncovered`` counts them the ordinary way."""

    def __init__(
        self,
        net: WalkNetwork,
        homes: Sequence[tuple[float, float]],
        elders: Sequence[float],
        sites: Mapping[tuple[float, float], Sequence[str]],
        *,
        of: Sequence[str] | None = None,
        listed: Sequence[str] = ("clinic",),
        context: Mapping[str, gpd.GeoDataFrame] | None = None,
        cutoff_min: float = 10.0,
        profile: WalkProfile = FLAT,
    ) -> None:
        people = points(homes)
        people["community_id"] = list(of or ["a"] * len(homes))
        people["pop_60plus"] = np.array(elders, dtype=float)
        people["population"] = people["pop_60plus"] * 4
        demand = DemandPoints(frame=people)
        stands = points(list(sites), name="facility_id", prefix="f")
        stands["name"], stands["services"] = "设施", [tuple(keys) for keys in sites.values()]
        facilities = Facilities(frame=stands, listed=frozenset(listed))
        ids = sorted(set(people["community_id"]))
        ground = area([(-500, -500, 2000, 2000)] * len(ids))
        ground["name"], ground["population"], ground["pop_60plus"] = [f"{key}社区" for key in ids], 1.0, 1.0
        ground.index = ids
        self.city = City(
            key="t", title_zh="镇", title_en="Town",
            area=StudyArea(boundary=ground.geometry.iloc[0], crs=CRS, buffer_m=2000.0), network=net,
            facilities=facilities, communities=Communities(frame=ground.rename_axis("community_id"), origin=HERE),
            context=dict(context or {}), settings=Settings(cutoffs_min=(cutoff_min,)),
        )  # fmt: skip
        self.profile = profile
        self.demand = place_demand(net, demand, max_snap_m=400)
        self.facilities = place_facilities(net, facilities, max_snap_m=400)

    def far(self, rows: Sequence[int]) -> Town:
        """Some of the homes far from every street."""
        self.demand = far_from_streets(self.demand, rows)
        return self

    def judge(self, *, rule: LinkRule | None = None) -> Attribution:
        graph = walk_graph(self.city.network, self.profile)
        return attribution(graph, self.city, self.demand, self.facilities, rule=rule)

    def uncovered(self, net: WalkNetwork | None = None, *, profile: WalkProfile | None = None):
        """People aged 60+ not covered, by community and service, over ``net`` with everybody where they are."""
        cutoff = self.city.settings.circle_min
        table = reach_table(
            walk_graph(net or self.city.network, profile or self.profile), self.demand.positions,
            self.facilities.positions, cutoff_min=cutoff,
        )  # fmt: skip
        found = coverage(table, self.demand.points, self.facilities.facilities, cutoffs_min=[cutoff]).frame
        return found.droplevel("cutoff_min")["pop_60plus_uncovered"]


SERVICES = ("meal_point", "clinic", "shop")


def random_town(seed: int, *, odd: bool = False) -> Town:
    """A grid with half of its streets missing; odd ones have stairs, one-way stretches, signals and private ways."""
    rng = np.random.default_rng(seed)
    whole = grid(11, 11)
    keep = rng.random(whole.n_edges) > 0.5
    place = np.stack([whole.x, whole.y], 1) + rng.normal(0, 12, (whole.n_nodes, 2))
    ends = np.stack([whole.u, whole.v], 1)[keep]
    flags = rng.choice([0, 0, 1, 8, 32, 256, 512, 128], len(ends)) if odd else None
    net = network((place - place.min(axis=0)).tolist(), ends.tolist(), flags=flags)
    homes = rng.uniform(0, 1000, (150, 2)).tolist()
    sites = {tuple(at): rng.choice(SERVICES, 2, replace=False).tolist() for at in rng.uniform(0, 1000, (7, 2)).tolist()}
    of = [f"c{int(x // 350)}{int(y // 350)}" for x, y in homes]
    profile = replace(FLAT, name="odd", signal_s=13.0, gate_s=7.0, speed_mps=0.9) if odd else FLAT
    return Town(net, homes, rng.uniform(0, 9, 150), sites, of=of, listed=SERVICES, profile=profile)
