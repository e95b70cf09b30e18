"""Communities without outlines, grown along the streets from where they are known to be.

Each stretch of street belongs to the community with the nearest seed *on the network*, up to ``grow_m``;
the border lies where two distances are equal, to the millimetre (a network Voronoi diagram, Okabe & Sugihara
2012, ch. 4). Land belongs to whom its nearest street belongs to, as a home does when it is placed on the
network. Such outlines are an approximation and are called so wherever they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import finding, text, walking
from circle15.demand.outlines import NOBODY, StreetPoints, draw_outlines, near_owned, points_along, surroundings
from circle15.errors import CrsError
from circle15.kernels import search
from circle15.kernels.costs import NEVER_MS
from circle15.kernels.ragged import order_by_id
from circle15.model.placed import Positions
from circle15.model.places import Communities, CommunitySeeds
from circle15.model.provenance import Finding
from circle15.model.walk_network import WalkNetwork, WalkProfile
from circle15.network.build import islands
from circle15.network.graph import WalkGraph, seeds, walk_graph
from circle15.network.snap import snap
from circle15.refusals import hint, refusal
from circle15.routing.isochrones import Stretches

__all__ = ["OwnedStreets", "grow_communities", "owned_streets"]

BY_LENGTH = WalkProfile(
    name="metres", title_zh="按距离", title_en="by distance", speed_mps=1.0, stairs_mps=1.0, gates="open"
)
"""At a metre a second a millisecond is a millimetre, so that the search for times searches for lengths."""
WIDTHS_M = (150.0, 100.0, 50.0, 25.0)
"""How far from its streets an area may go: less and less where the walk along them is nearly used up."""
AROUND_SEED_M = 50.0
"""A community also has the land around its seed, up to here: all that it has when it gets no street."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnedStreets:
    """Stretches of edges and whose they are.

    Row *k* is edge ``edge[k]`` from ``begin_mm[k]`` to ``end_mm[k]``; a spot at offset *x* of it lies
    ``cost_mm[k] + |x - apex_mm[k]|`` from the nearest seed, which is one of ``owner[k]``. Whole edges: what
    lies beyond a limit is cut off by :meth:`within`.

    Examples
    --------
    A seed at 200 m of a street of 400 m has the 150 m on either side of it:

    >>> at = np.array([200_000])
    >>> street = OwnedStreets(edge=at * 0, begin_mm=at * 0, end_mm=at * 2, apex_mm=at, cost_mm=at * 0, owner=at * 0)
    >>> cut, owner = street.within(150.0)
    >>> cut.begin_mm.tolist(), cut.end_mm.tolist()
    ([50000], [350000])
    """

    edge: NDArray[np.int64]
    begin_mm: NDArray[np.int64]
    end_mm: NDArray[np.int64]
    apex_mm: NDArray[np.int64]
    cost_mm: NDArray[np.int64]
    owner: NDArray[np.int64]

    def within(self, limit_m: float) -> tuple[Stretches, NDArray[np.int64]]:
        """The stretches no farther than ``limit_m`` from their seed, and whose they are."""
        left = round(limit_m * 1000) - self.cost_mm
        begin, end = np.maximum(self.begin_mm, self.apex_mm - left), np.minimum(self.end_mm, self.apex_mm + left)
        reached = (left >= 0) & (begin <= end)
        return _stretches(self.edge[reached], begin[reached], end[reached]), self.owner[reached]


def _stretches(edge: NDArray[Any], begin: NDArray[np.int64], end: NDArray[np.int64]) -> Stretches:
    return Stretches(edge=edge.astype(np.int32), begin_mm=begin, end_mm=end)


def owned_streets(
    network: WalkNetwork, positions: Positions, owner: NDArray[np.int64], *, limit_m: float
) -> OwnedStreets:
    """Give the streets around seeds to the owner of the nearest one.

    Parameters
    ----------
    network
        Walked in metres, both ways on every edge: a border is no errand.
    positions
        The seeds on the network; those that are ``far`` get nothing.
    owner
        ``int64[p]`` whose each seed is. Spots as near to two owners go to the lower number.
    limit_m
        How far to look. The access leg from the seed to its street counts.

    Returns
    -------
    OwnedStreets
        In the order of the edges; exact within ``limit_m``.
    """
    graph = walk_graph(replace(network, flags=np.zeros_like(network.flags)), BY_LENGTH)
    cone = _cones(graph, positions, owner, round(limit_m * 1000))
    return _lower_envelope(cone, network.length_mm)


def _cones(graph: WalkGraph, positions: Positions, owner: NDArray[np.int64], limit: int) -> pd.DataFrame:
    """Where distances along an edge begin: at its ends, and at seeds that stand on it."""
    network = graph.network
    seed_node, seed_cost = seeds(graph, positions)
    cost, whose = search.nearest_owners(
        graph.start, graph.head, graph.cost, seed_node.ravel(), seed_cost.ravel(),
        np.repeat(owner, seed_node.shape[1]).astype(np.uint32), limit,
    )  # fmt: skip
    edges = np.arange(network.n_edges)
    on = np.flatnonzero(positions.leg_mm <= limit)
    parts = [
        (edges, np.zeros_like(network.length_mm), cost[network.u], whose[network.u]),
        (edges, network.length_mm, cost[network.v], whose[network.v]),
        (positions.edge[on], positions.offset_mm[on], positions.leg_mm[on], owner[positions.owner[on]]),
    ]
    columns = ("edge", "apex", "cost", "owner")
    frames = [pd.DataFrame(dict(zip(columns, part, strict=True)), dtype=np.int64) for part in parts]
    cone = pd.concat(frames, ignore_index=True)
    return cone[cone["cost"] != NEVER_MS]


def _lower_envelope(cone: pd.DataFrame, length_mm: NDArray[np.int64]) -> OwnedStreets:
    """Along each edge the cone that is lowest, from where to where.

    All cones rise alike, so one that another undercuts at its own apex is undercut everywhere, and of the
    others two neighbours meet once, between their apexes.
    """
    cone = cone.sort_values(["edge", "apex", "cost", "owner"]).drop_duplicates(["edge", "apex"])
    left, right = cone["cost"] - cone["apex"], cone["cost"] + cone["apex"]
    before = left.groupby(cone["edge"]).cummin().groupby(cone["edge"]).shift(1)
    after = right[::-1].groupby(cone["edge"][::-1]).cummin().groupby(cone["edge"][::-1]).shift(1)[::-1]
    cone = cone[~((before <= left) | (after <= right))]
    edge, apex, cost = (cone[column].to_numpy() for column in ("edge", "apex", "cost"))
    same = edge[1:] == edge[:-1]
    meet = (apex[1:] + apex[:-1] + cost[1:] - cost[:-1]) // 2
    begin, end = np.zeros(len(edge), dtype=np.int64), length_mm[edge].copy()
    begin[1:][same], end[:-1][same] = meet[same], meet[same]
    return OwnedStreets(
        edge=edge, begin_mm=begin, end_mm=end, apex_mm=apex, cost_mm=cost, owner=cone["owner"].to_numpy()
    )


def grow_communities(
    network: WalkNetwork,
    known: CommunitySeeds,
    *,
    max_snap_m: float | None = None,
    barriers: gpd.GeoSeries | None = None,
) -> tuple[Communities, list[Finding]]:
    """Draw communities around their seeds, by distance along the streets.

    Parameters
    ----------
    network
        A walking network around the seeds, ``grow_m`` and a margin wide.
    known
        Communities with their seeds, in the network's system.
    max_snap_m, barriers
        See :func:`circle15.network.snap.snap`.

    Returns
    -------
    (Communities, list of Finding)
        The communities in their order, with ``outline`` = ``"grown"``: no two overlap, but for those whose
        seeds stand at the same spot and who share one outline; each holds its seeds. The findings tell of
        such pairs, of seeds far from every street or on islands, and of those that got no street.

    Raises
    ------
    CrsError
        If the seeds are in another reference system.
    """
    if not network.crs.equals(known.frame.crs):
        raise refusal(
            "crs_differ",
            error=CrsError,
            what=hint("what_seeds"),
            crs=known.frame.crs.name,
            other=hint("what_network"),
            theirs=network.crs.name,
        )
    owner, shared = _owners(known)
    spot, row = shapely.get_parts(known.frame.geometry.to_numpy(), return_index=True)
    whose = owner[row]
    order = np.lexsort((shapely.get_y(spot), shapely.get_x(spot), whose))
    spot, row, whose = spot[order], row[order], whose[order]
    points = gpd.GeoSeries(spot, crs=network.crs)
    positions = snap(network, points, max_snap_m=max_snap_m, barriers=barriers)
    owned = owned_streets(network, positions, whose, limit_m=known.grow_m)
    drawn = _drawn(network, owned, spot, whose, known.grow_m)
    frame = known.frame.assign(outline="grown").set_geometry(drawn[owner], crs=network.crs)
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    origin = replace(
        known.origin,
        label_zh=text("grown_label", "zh", label=known.origin.label_zh),
        label_en=text("grown_label", "en", label=known.origin.label_en),
    )
    findings = _findings(known, row, positions, owned, owner, shared, max_snap_m)
    return Communities(frame=frame, origin=origin), findings


def _owners(known: CommunitySeeds) -> tuple[NDArray[np.int64], list[list[str]]]:
    """A number for each community by its id; one for all that have the same seeds, and who those are."""
    ids = known.frame.index.astype(str)
    places = [
        tuple(sorted(map(tuple, np.rint(shapely.get_coordinates(shape)).tolist()))) for shape in known.frame.geometry
    ]
    by_place: dict[tuple[Any, ...], list[int]] = {}
    for row in order_by_id(ids):
        by_place.setdefault(places[row], []).append(int(row))
    owner = np.empty(len(ids), dtype=np.int64)
    for number, rows in enumerate(by_place.values()):
        owner[rows] = number
    return owner, [ids[rows].tolist() for rows in by_place.values() if len(rows) > 1]


def _drawn(
    network: WalkNetwork, owned: OwnedStreets, spot: NDArray[Any], whose: NDArray[np.int64], grow_m: float
) -> NDArray[Any]:
    """One outline per owner."""
    owners = int(whose.max(initial=-1)) + 1
    ways, street_owner = owned.within(grow_m)
    along = points_along(network, ways, street_owner)
    rest = _of_nobody(network, owned, grow_m)
    beyond = points_along(network, rest, np.full(len(rest.edge), NOBODY))
    points = StreetPoints(
        xy=np.concatenate([shapely.get_coordinates(spot), along.xy, beyond.xy]),
        owner=np.concatenate([whose, along.owner, beyond.owner]),
    )
    seeds_of = [spot[whose == number] for number in range(owners)]
    reach = [
        _circles(seeds_of, min(AROUND_SEED_M, grow_m)),
        *(
            surroundings(network, *owned.within(grow_m - width_m), owners, width_m=width_m)
            for width_m in WIDTHS_M
            if width_m < grow_m
        ),
    ]
    keep = np.array([shapely.multipoints(spots) for spots in seeds_of], dtype=object)
    whole = np.asarray(shapely.union_all(np.stack(reach), axis=0))
    return draw_outlines(near_owned(points, 2 * WIDTHS_M[0]), whole, bound=_circles(seeds_of, grow_m), keep=keep)


def _circles(spots: list[NDArray[Any]], radius_m: float) -> NDArray[Any]:
    """The land around each owner's seeds."""
    return np.array([shapely.union_all(shapely.buffer(points, radius_m)) for points in spots], dtype=object)


def _of_nobody(network: WalkNetwork, owned: OwnedStreets, limit_m: float) -> Stretches:
    """The streets beyond the limit. Islands that hold no seed are left to their surroundings."""
    left = round(limit_m * 1000) - owned.cost_mm
    low = np.where(left >= 0, np.clip(owned.apex_mm - left, owned.begin_mm, owned.end_mm), owned.end_mm)
    high = np.where(left >= 0, np.clip(owned.apex_mm + left, owned.begin_mm, owned.end_mm), owned.end_mm)
    untouched = np.setdiff1d(np.arange(network.n_edges), owned.edge)
    untouched = untouched[~islands(network)[network.component[network.u[untouched]]]]
    edge = np.concatenate([owned.edge, owned.edge, untouched])
    begin = np.concatenate([owned.begin_mm, high, np.zeros_like(untouched)])
    end = np.concatenate([low, owned.end_mm, network.length_mm[untouched]])
    nonempty = begin < end
    return _stretches(edge[nonempty], begin[nonempty], end[nonempty])


def _findings(
    known: CommunitySeeds,
    row: NDArray[np.int64],
    positions: Positions,
    owned: OwnedStreets,
    owner: NDArray[np.int64],
    shared: list[list[str]],
    max_snap_m: float | None,
) -> list[Finding]:
    """That outlines are approximate, and what is odd about seeds: each once, with a count and examples."""
    file, ids = known.origin.file, known.frame.index
    limit = f"{walking()['snap']['max_snap_m'] if max_snap_m is None else max_snap_m:g}"
    findings = [finding("communities-grown", "warning", count=len(known), file=file, metres=f"{known.grow_m:g}")]
    for status, code in ((Positions.FAR, "far"), (Positions.ISLAND, "island")):
        odd = positions.status == status
        if odd.any():
            examples = sorted(set(ids[row[odd]].astype(str)))
            findings.append(
                finding(f"seeds-{code}", "warning", count=int(odd.sum()), file=file, limit=limit, examples=examples)
            )
    if shared:
        examples = [" = ".join(group) for group in shared]
        findings.append(
            finding("seeds-same-spot", "warning", count=sum(map(len, shared)), file=file, examples=examples)
        )
    _, street_owner = owned.within(known.grow_m)
    placed = owner[row[positions.placed]]
    bare = np.isin(owner, placed) & ~np.isin(owner, street_owner)
    if bare.any():
        examples = sorted(ids[bare].astype(str))
        findings.append(finding("seeds-without-street", "warning", count=int(bare.sum()), file=file, examples=examples))
    return findings
