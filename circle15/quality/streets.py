"""Is the street file enough? What its border cuts off, how thin it is around the communities, which classes it lacks.

A gap next to the border of a file, or in a file that was made for cars, may be one of the file only. None of these
findings changes a result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import adequacy, finding, way_classes
from circle15.catalog.phrases import people_words
from circle15.model.limits import few_as_five
from circle15.model.places import PEOPLE, DemandPoints
from circle15.model.provenance import Finding
from circle15.model.results import City, Settings
from circle15.model.walk_network import WalkNetwork, WalkProfile
from circle15.network.build import islands
from circle15.render.published.people import public_more
from circle15.render.published.privacy import drawn, public_total

__all__ = ["circle_cut", "known_extent", "street_file_findings"]

_MOST_STRETCHES = 20_000
"""Of a larger network every n-th stretch is looked at: densities and shares need no more."""
_ROUNDING_M = 10.0
"""A header rounds its box: junctions so near outside it are no sign of another file."""
_FEWEST_PERCENT = 0.5
"""Communities with a smaller part near the border of the file are not named."""


def circle_cut(city: City, profile: WalkProfile, settings: Settings, demand: DemandPoints) -> pd.DataFrame:
    """People whose circle leaves the street file: those who live nearer to its border than one walks in the circle.

    Parameters
    ----------
    city
        Its ``street_extent`` is what the street file says that it covers, if it does.
    profile, settings
        The walker and the circle: how far from home streets must be known.
    demand
        Where people live.

    Returns
    -------
    pandas.DataFrame
        On ``community_id``, in the order of the communities: ``circle_cut`` people and ``circle_cut_60plus`` people
        aged 60+, NaN where they are not known. Without rows where the file does not say what it covers, and for a made
        town.
    """
    extent = None if city.network.origin.synthetic else known_extent(city)
    if extent is None or city.network.n_edges == 0:
        return pd.DataFrame()
    inner = shapely.buffer(extent, -profile.reach_m(settings.circle_min))
    shapely.prepare(inner)
    leaves = ~shapely.intersects_xy(inner, demand.frame.geometry.x.to_numpy(), demand.frame.geometry.y.to_numpy())
    table = {
        name: demand.community_sums(demand.people_in(column) * leaves)
        for name, column in (("circle_cut", "population"), ("circle_cut_60plus", "pop_60plus"))
    }
    return pd.DataFrame(table, index=demand.communities).reindex(city.communities.frame.index)


def street_file_findings(
    city: City, profile: WalkProfile, settings: Settings, *, cut: pd.DataFrame | None = None
) -> list[Finding]:
    """Whether the streets are enough for the study area and its buffer.

    Parameters
    ----------
    city
        Its ``street_extent`` is what the street file says that it covers, if it does.
    profile, settings
        The walker and the circle: how far from home streets must be known.
    cut
        From :func:`circle_cut`, where it is known by now where people live; else they are taken to live evenly over the
        land of their community.

    Returns
    -------
    list of Finding
        The first that holds of ``streets-cut`` (circles leave the file: communities and people), ``streets-thin``
        (hardly a street around the communities) and ``streets-end-early`` (the buffer is not filled);
        ``streets-drive-only`` and ``streets-pieces``. Nothing for a made town.
    """
    if city.network.origin.synthetic or city.network.n_edges == 0:
        return []
    stretches = _Stretches.of(city)
    border = (
        _cut_findings(city, profile.reach_m(settings.circle_min), cut)
        or _thin_findings(city, stretches)
        or _end_findings(city)
    )
    return [*border, *_class_findings(city.network), *_piece_findings(city, stretches)]


def known_extent(city: City) -> shapely.Geometry | None:
    """What the street file says that it covers, in metres; None where it does not say, or its data say otherwise.

    Files that were joined, or whose header was left from another, have many junctions outside the box of the header.
    Streets alone may lie outside: an extract keeps ways whole, and their crossings outside are not in it.
    """
    extent, network = city.street_extent, city.network
    if extent is None or shapely.is_empty(extent):
        return None
    degree = np.bincount(network.u, minlength=network.n_nodes) + np.bincount(network.v, minlength=network.n_nodes)
    junction = degree >= 3
    wide = shapely.buffer(extent, _ROUNDING_M)
    shapely.prepare(wide)
    outside = ~shapely.contains_xy(wide, network.x[junction], network.y[junction])
    contradicted = junction.any() and float(outside.mean()) > adequacy().most_junctions_outside
    return None if contradicted else extent


# -- the border of the file -----------------------------------------------------------------------


def _cut_findings(city: City, reach_m: float, cut: pd.DataFrame | None) -> list[Finding]:
    """Communities whose people walk beyond the border of the file, the worst first."""
    frame = city.communities.frame
    near = _cut_by_land(city, reach_m) if cut is None else _cut_by_homes(frame, cut)
    if near.empty:
        return []
    worst = near.sort_values("percent", ascending=False, kind="stable")
    return [
        finding(
            "streets-cut",
            "warning",
            count=len(near),
            file=city.network.origin.file,
            reach=f"{reach_m:.0f}",
            people=people_words(float(few_as_five(near["people"]).sum())),
            total=people_words(float(few_as_five(frame["population"]).sum())),
            examples=[f"{key} {frame.loc[key, 'name']}{part}" for key, part in worst["told"].items()],
        )
    ]


def _cut_by_land(city: City, reach_m: float) -> pd.DataFrame:
    """``people``, ``percent`` and what is told of it, of communities with land near the border of the file."""
    extent, frame = known_extent(city), city.communities.frame
    if extent is None:
        return pd.DataFrame()
    land = frame.geometry.to_numpy()
    inside = shapely.area(shapely.intersection(land, shapely.buffer(extent, -reach_m))) / shapely.area(land)
    table = pd.DataFrame({"percent": 100 * (1 - inside)}, index=frame.index)
    table["people"] = frame["population"] * table["percent"] / 100
    table["told"] = [f" {percent:.0f}%" for percent in table["percent"]]
    return table[table["percent"] >= _FEWEST_PERCENT]


def _cut_by_homes(frame: pd.DataFrame, cut: pd.DataFrame) -> pd.DataFrame:
    """As :func:`_cut_by_land`, by where people live as it may be told; no percentage is: it would be one of people."""
    if cut.empty:
        return cut
    places = pd.DataFrame({column: public_total(frame[column].to_numpy(dtype=float)) for column in PEOPLE}, frame.index)
    people = np.maximum(drawn(public_more(cut.reindex(frame.index), places)["circle_cut"].to_numpy()), 0)
    table = pd.DataFrame({"people": people, "told": ""}, index=frame.index)
    table["percent"] = 100 * people / frame["population"].where(frame["population"] > 0)
    return table[table["percent"] >= _FEWEST_PERCENT]


def _end_findings(city: City) -> list[Finding]:
    """The streets do not fill the study area and its buffer."""
    network = city.network
    known = shapely.box(network.x.min(), network.y.min(), network.x.max(), network.y.max())
    share = shapely.area(shapely.intersection(city.area.reach, known)) / shapely.area(city.area.reach)
    if share >= adequacy().streets_fill:
        return []
    return [finding("streets-end-early", "note", file=network.origin.file, percent=f"{100 * share:.0f}")]


# -- how thin they are ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stretches:
    """Straight stretches of street: metres that each stands for, its edge, and the community at its middle or -1."""

    length_m: NDArray[np.float64]
    edge: NDArray[np.int64]
    middle: NDArray[np.object_]
    community: NDArray[np.int64]

    @classmethod
    def of(cls, city: City) -> _Stretches:
        network = city.network
        owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
        first = np.flatnonzero(owner[:-1] == owner[1:])
        step = -(-len(first) // _MOST_STRETCHES) if len(first) else 1
        first = first[::step]
        start, stop = network.vertex[first], network.vertex[first + 1]
        middle = np.asarray(shapely.points((start + stop) / 2))
        community = np.full(len(first), -1, dtype=np.int64)
        land = city.communities.frame.geometry.to_numpy()
        stretch, place = shapely.STRtree(land).query(middle, predicate="intersects")
        community[stretch[::-1]] = place[::-1]  # where two overlap, the first counts
        return cls(length_m=np.hypot(*(stop - start).T) * step, edge=owner[first], middle=middle, community=community)


def _thin_findings(city: City, stretches: _Stretches) -> list[Finding]:
    """Hardly a street in the buffer, though there are many in the communities: the file was cut close to them."""
    limits = adequacy()
    land = shapely.union_all(city.communities.frame.geometry.to_numpy())
    ring = shapely.difference(city.area.reach, land)
    if "water" in city.context:
        ring = shapely.difference(ring, shapely.union_all(city.context["water"].geometry.to_numpy()))
    if ring.is_empty or land.area == 0:
        return []
    inside = stretches.community >= 0
    shapely.prepare(ring)
    around = ~inside & shapely.intersects(ring, stretches.middle)
    inside_km, around_km = (float(stretches.length_m[part].sum()) / 1000 for part in (inside, around))
    dense, thin = inside_km / (land.area / 1e6), around_km / (ring.area / 1e6)
    if inside_km < limits.least_km or thin >= limits.thin_share * dense:
        return []
    figures = {"inside": f"{dense:.1f}", "around": f"{thin:.1f}"}
    return [finding("streets-thin", "warning", file=city.network.origin.file, **figures)]


# -- what they are --------------------------------------------------------------------------------


def _class_findings(network: WalkNetwork) -> list[Finding]:
    """A network for cars: many kinds of roads, and hardly a way for people on foot."""
    limits = adequacy()
    names = [entry.name for entry in way_classes()]
    km = np.bincount(network.way_class, weights=network.length_m, minlength=len(names)) / 1000
    on_foot = float(sum(km[place] for place, name in enumerate(names) if name in limits.on_foot))
    total = float(km.sum())
    if (km > 0).sum() < 2 or total < limits.least_km or on_foot >= limits.least_on_foot * total:
        return []
    return [
        finding(
            "streets-drive-only", "warning", file=network.origin.file, km=f"{total:.0f}", on_foot=f"{on_foot:.1f}",
            classes=", ".join(limits.on_foot),
        )
    ]  # fmt: skip


def _piece_findings(city: City, stretches: _Stretches) -> list[Finding]:
    """Large parts that nothing joins to the longest one: named by their longest street, with kilometres and people."""
    network = city.network
    large = np.flatnonzero(~islands(network))[1:]
    if len(large) == 0:
        return []
    component = network.component[network.u]
    frame = city.communities.frame
    owned = stretches.community >= 0
    owner, piece = stretches.community[owned], component[stretches.edge[owned]]
    whole = np.bincount(owner, weights=stretches.length_m[owned], minlength=len(frame))
    part = np.isin(piece, large)
    lengths_m = np.bincount(owner[part], weights=stretches.length_m[owned][part], minlength=len(frame))
    share = np.divide(lengths_m, whole, out=np.zeros(len(frame)), where=whole > 0)
    people = float((few_as_five(frame["population"]) * share).sum())
    return [
        finding(
            "streets-pieces",
            "warning",
            count=len(large),
            file=network.origin.file,
            km=f"{network.component_km[large].sum():.1f}",
            people=people_words(people),
            examples=[f"{_longest_street(network, component == k)} {network.component_km[k]:.1f} km" for k in large],
        )
    ]


def _longest_street(network: WalkNetwork, edges: NDArray[np.bool_]) -> str:
    """The name that most metres of some edges carry; a dash where none has one."""
    length = np.bincount(network.name[edges], weights=network.length_m[edges], minlength=len(network.names))
    length[0] = 0.0
    return network.names[int(length.argmax())] if length.any() else "—"
