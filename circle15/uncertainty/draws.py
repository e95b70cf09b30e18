"""One city under many assumptions: uncertain inputs drawn at random, and who is in reach then.

Every kind of input has a random stream of its own for each draw, laid out in the order of ids (of points and
facilities) or of the network (streets, whose order depends on the streets alone). So neither the order of rows in a
file nor the number of threads nor the number of draws changes what a draw holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from circle15.catalog import uncertainty, way_classes
from circle15.kernels.ragged import rank_by_id
from circle15.kernels.threads import in_blocks
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions, determined
from circle15.model.places import Communities
from circle15.model.streets import EdgeFlag
from circle15.model.uncertainty import Uncertainty
from circle15.model.walk_network import WalkNetwork, WalkProfile
from circle15.network.build import islands
from circle15.network.graph import Arcs, WalkGraph, all_arcs, cost_arcs, cutoff_ms, seeds
from circle15.network.snap import snap
from circle15.routing.nearest import homeward, nearest_ms
from circle15.uncertainty.spots import Spots, facility_spots, home_spots

__all__ = [
    "Draw",
    "DrawnTown",
    "Stage",
    "Watch",
    "draw",
    "drawn_legs",
    "drawn_shares",
    "drawn_town",
    "dropout_risk",
    "points_covered",
    "shares_of",
]

_SPEED, _STREETS, _FACILITIES, _LEGS, _PEOPLE, _PLACES, _HOMES = range(7)
"""Numbers of the random streams; a new kind of input takes a new number, so that the others stay what they are."""
_MARKS = {
    "private": EdgeFlag.PRIVATE,
    "gate": EdgeFlag.GATE_AT_U | EdgeFlag.GATE_AT_V,
    "tunnel": EdgeFlag.TUNNEL,
    "bridge": EdgeFlag.BRIDGE,
}
_STEPS = 1024.0
"""Factors on people are multiples of 1/1024, as people are: sums are then exact in any order of the points."""
_SLOWEST_MPS = 0.05


def dropout_risk(network: WalkNetwork, uncertain: Uncertainty) -> NDArray[np.float64]:
    """``float64[e]``: probability that a stretch of street cannot be walked through; 0 where that is confirmed."""
    by_class = np.array([uncertain.dropout.get(entry.name, 0.0) for entry in way_classes()])
    risk = by_class[network.way_class]
    for mark, flag in _MARKS.items():
        risk = np.maximum(risk, np.where(network.has(flag), uncertain.marked.get(mark, 0.0), 0.0))
    sure = network.has(EdgeFlag.CONFIRMED)
    return np.where(sure, 0.0, np.minimum(risk, uncertain.dropout_most))


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """What does not change from draw to draw.

    ``arcs``: parallel ones included, since the cheapest may be closed. ``offers`` ``bool[f, s]`` by service, in the
    order of ``services``; ``weight`` ``float64[p]`` people aged 60+ (everyone, in communities where nobody is),
    ``elders`` those aged 60+, both 0 where people are not known; ``point_place`` and ``site_place`` the places of rows
    in the order of ids; ``spots`` where facilities with rounded coordinates may stand, ``home_spots`` the homes of
    communities with such points, each None where there are none.
    """

    network: WalkNetwork
    profile: WalkProfile
    demand: PlacedDemand
    facilities: PlacedFacilities
    limit_ms: int
    limit_mm: int
    services: tuple[str, ...]
    arcs: Arcs
    offers: NDArray[np.bool_]
    weight: NDArray[np.float64]
    elders: NDArray[np.float64]
    point_place: NDArray[np.int64]
    site_place: NDArray[np.int64]
    spots: Spots | None = None
    home_spots: Spots | None = None

    @classmethod
    def of(
        cls,
        graph: WalkGraph,
        demand: PlacedDemand,
        facilities: PlacedFacilities,
        *,
        services: tuple[str, ...],
        cutoff_min: float,
        max_snap_m: float,
        barriers: gpd.GeoSeries | None = None,
        communities: Communities | None = None,
    ) -> Stage:
        """Lay out a city; ``max_snap_m`` and ``barriers`` as the facilities were placed by.

        ``communities`` say to what the points of those with grown outlines were rounded; None: their places are sure.
        """
        doubt, place = uncertainty(), partial(snap, graph.network, max_snap_m=max_snap_m, barriers=barriers)
        steps_m = np.zeros((len(demand), 2)) if communities is None else _steps_of(demand, communities)
        return cls(
            network=graph.network,
            profile=graph.profile,
            demand=demand,
            facilities=facilities,
            limit_ms=cutoff_ms(cutoff_min),
            limit_mm=round(max_snap_m * 1000),
            services=services,
            arcs=all_arcs(graph.network, graph.profile.gates),
            offers=facilities.offer_matrix(services),
            weight=demand.points.weight(),
            elders=demand.points.known_in("pop_60plus"),
            point_place=rank_by_id(demand.ids),
            site_place=rank_by_id(facilities.ids),
            spots=facility_spots(facilities, a_side=doubt.spots_a_side, place=place),
            home_spots=home_spots(demand, steps_m, a_side=doubt.home_spots_a_side, place=place),
        )

    @property
    def communities(self) -> tuple[str, ...]:
        """Ids of the communities that have points."""
        return tuple(map(str, self.demand.points.communities))

    @cached_property
    def mainland(self) -> NDArray[np.bool_]:
        """``bool[e]``: edges of pieces that are not detached."""
        return ~islands(self.network)[self.network.component[self.network.u]]

    def graph(self, profile: WalkProfile, closed: NDArray[np.bool_]) -> WalkGraph:
        """The network as a profile walks it, with ``closed`` ``bool[e]`` let through by nobody.

        They are closed in every sense: a place at a junction has no way on along them either.
        """
        return cost_arcs(self.network.with_closed(closed), self.arcs, profile, closed=closed)


@dataclass(frozen=True, kw_only=True, eq=False)
class Draw:
    """One set of assumptions: ``speed``, ``leg`` and ``limit`` are factors, ``people`` one for each point.

    ``spot`` ``int64[f]``: at which of its spots each facility stands that has some; None: where its list puts it.
    ``home_spot`` ``int64[p]``: the same of homes, one number for all of a community.
    """

    speed: float
    leg: float
    limit: float
    closed: NDArray[np.bool_]
    exists: NDArray[np.bool_]
    people: NDArray[np.float64]
    spot: NDArray[np.int64] | None = None
    home_spot: NDArray[np.int64] | None = None


def draw(
    stage: Stage,
    number: int,
    *,
    seed: int,
    uncertain: Uncertainty,
    risk: NDArray[np.float64],
    existence: NDArray[np.float64],
) -> Draw:
    """The draw of a number: the same for the same seed, whatever else is drawn.

    Parameters
    ----------
    stage
        The city laid out for draws.
    number
        Which draw, from 0.
    seed
        Of all draws.
    uncertain
        How wide each input is drawn.
    risk, existence
        ``float64[e]`` and ``float64[f]``: probability that a street is closed, and that a facility exists.
    """

    def uniform(kind: int, size: int) -> NDArray[np.float64]:
        return np.random.default_rng([seed, kind, number]).random(size)

    leg, limit = uniform(_LEGS, 2)
    spread = uncertain.people_spread * (2.0 * uniform(_PEOPLE, len(stage.demand.points.community)) - 1.0)
    people = 1.0 + np.trunc(spread * _STEPS) / _STEPS
    return Draw(
        speed=_speed(float(uniform(_SPEED, 1)[0]), uncertain),
        leg=float(uncertain.leg_low + (uncertain.leg_high - uncertain.leg_low) * leg),
        limit=float(uncertain.limit_low + (uncertain.limit_high - uncertain.limit_low) * limit),
        closed=(uniform(_STREETS, stage.network.n_edges) < risk) | stage.network.has(EdgeFlag.CLOSED),
        exists=uniform(_FACILITIES, len(existence))[stage.site_place] < existence,
        people=people[stage.point_place],
        spot=None if stage.spots is None else stage.spots.drawn(uniform(_PLACES, len(existence))[stage.site_place]),
        home_spot=None if stage.home_spots is None else _moved_homes(stage, stage.home_spots, uniform),
    )


def _moved_homes(stage: Stage, spots: Spots, uniform: Callable[[int, int], NDArray[np.float64]]) -> NDArray[np.int64]:
    """One spot for each community, ``int64[p]`` by home; communities are in the order of their ids."""
    return spots.drawn(uniform(_HOMES, len(stage.communities)))[stage.demand.points.community]


def _steps_of(demand: PlacedDemand, communities: Communities) -> NDArray[np.float64]:
    """``float64[p, 2]``: to what the point of each home's community was rounded, in metres."""
    row = communities.frame.index.get_indexer(demand.points.communities)
    steps_m: NDArray[np.float64] = communities.rounded_m[row[demand.points.community]]
    return steps_m


def _speed(at: float, uncertain: Uncertainty) -> float:
    """Quantile of the normal distribution around 1 that is cut off on both sides."""
    if uncertain.speed_sd == 0:
        return 1.0
    low, high = ((side - 1) / uncertain.speed_sd for side in (uncertain.speed_low, uncertain.speed_high))
    return float(_cut_normal(at, low, high) * uncertain.speed_sd + 1.0)


def _cut_normal(at: float, low: float, high: float) -> float:
    """Quantile of the normal distribution between two deviations: to the last bit that of ``scipy.stats.truncnorm``.

    Where these lie on both sides of the mean it is made of special functions alone: to import ``scipy.stats`` takes
    half a second. The logarithm of the probability up to the quantile is that up to ``low`` and ``at`` of what lies
    between.
    """
    if not low < 0 < high:
        from scipy.stats import truncnorm

        return float(truncnorm.ppf(at, low, high))
    from scipy.special import log1p, log_ndtr, ndtr, ndtri_exp

    if at == 0:
        return low
    below, inside = log_ndtr(low), np.log(at) + log1p(-ndtr(low) - ndtr(-high))
    less, more = min(below, inside), max(below, inside)
    return float(ndtri_exp(np.log1p(np.exp(less - more)) + more))


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnTown:
    """The streets of a draw as its walker walks them, and where homes and facilities stand on them."""

    graph: WalkGraph
    homes: Positions
    sites: Positions


Watch = Callable[[int, Draw, DrawnTown, NDArray[np.bool_], NDArray[np.bool_]], None]
"""Sees the number of a draw, its town, and ``bool[p, s]`` twice: who is covered, and of whom the map can tell."""


def drawn_town(stage: Stage, drawn: Draw) -> DrawnTown:
    """A city as a draw has it."""
    pace = stage.profile
    walker = replace(
        pace,
        speed_mps=max(pace.speed_mps * drawn.speed, _SLOWEST_MPS),
        stairs_mps=max(pace.stairs_mps * drawn.speed, _SLOWEST_MPS),
    )
    graph = stage.graph(walker, drawn.closed)
    where = stage.facilities.positions if stage.spots is None else stage.spots.at(drawn.spot)
    homes_at = stage.demand.positions if stage.home_spots is None else stage.home_spots.at(drawn.home_spot)
    homes, sites = (drawn_legs(stage, drawn, positions) for positions in (homes_at, where))
    return DrawnTown(graph=graph, homes=homes, sites=sites)


def points_covered(
    stage: Stage, drawn: Draw, town: DrawnTown | None = None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Who is in reach of each service, and of whom the map can tell, ``bool[p, s]`` twice."""
    town = town or drawn_town(stage, drawn)
    graph, homes, sites = town.graph, town.homes, town.sites
    home, seed = homeward(graph, homes, sites), seeds(graph, sites)
    inside = np.zeros((len(stage.demand.points.community), len(stage.services)), dtype=bool)
    for column in range(len(stage.services)):
        chosen = stage.offers[:, column] & drawn.exists
        if chosen.any():
            inside[:, column] = nearest_ms(graph, home, seed, chosen=chosen, limit_ms=stage.limit_ms) <= stage.limit_ms
    return inside, determined(homes.status, inside)


def drawn_legs(stage: Stage, drawn: Draw, positions: Positions) -> Positions:
    """Positions with legs as they are drawn; who loses the way on to the mainland is left on a detached piece."""
    near = positions.ways_where(positions.leg_mm <= stage.limit_mm * drawn.limit)
    status, moved = near.status, near.status == Positions.MOVED
    if moved.any():
        ashore = np.bincount(near.owner[stage.mainland[near.edge]], minlength=len(near)) > 0
        status = np.where(moved & ~ashore, Positions.ISLAND, status).astype(np.uint8)
    return replace(near, status=status, leg_mm=np.rint(near.leg_mm * drawn.leg).astype(np.int64))


def shares_of(
    stage: Stage, inside: NDArray[np.bool_], known: NDArray[np.bool_], people: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Covered share of each community and service, ``float64[c, s]``: covered / known, NaN where of nobody is known.

    ``people`` ``float64[p]`` are factors on the points' people. To rescale a community to its total would change
    covered and known alike: the share stays what it is.
    """
    weight, total = stage.weight * people, stage.demand.points.community_sums
    shape = len(stage.services), len(stage.communities)
    part = np.array([total(weight * column) for column in (inside & known).T]).reshape(shape).T
    first = total(weight * known[:, 0]) if stage.services else np.empty(0)
    whole = np.array(  # mostly everybody is known for every service
        [first if np.array_equal(column, known[:, 0]) else total(weight * column) for column in known.T]
    ).reshape(shape).T  # fmt: skip
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def drawn_shares(
    stage: Stage,
    draws: int,
    *,
    seed: int,
    uncertain: Uncertainty,
    risk: NDArray[np.float64],
    existence: NDArray[np.float64],
    threads: int | None = None,
    watch: Watch | None = None,
) -> NDArray[np.float64]:
    """Shares of many draws, ``float64[d, c, s]``; see :func:`draw`. The result does not depend on ``threads``.

    ``watch`` is shown every draw, from the thread that made it.
    """

    def block(first: int, last: int) -> list[NDArray[np.float64]]:
        tables = []
        for number in range(first, last):
            drawn = draw(stage, number, seed=seed, uncertain=uncertain, risk=risk, existence=existence)
            town = drawn_town(stage, drawn)
            inside, known = points_covered(stage, drawn, town)
            if watch is not None:
                watch(number, drawn, town, inside & known, known)
            tables.append(shares_of(stage, inside, known, drawn.people))
        return tables

    shares = [share for part in in_blocks(block, draws, threads=threads) for share in part]
    return np.array(shares).reshape(draws, len(stage.communities), len(stage.services))
