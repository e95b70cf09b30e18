"""What a page is made of: an analysis as one small JSON value. Its bytes are described in ``docs/page-format.md``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from circle15 import catalog
from circle15.catalog.phrases import said_type
from circle15.model import Analysis, City, Finding, Positions, WalkNetwork
from circle15.model.estates import NOBODYS, Estates
from circle15.model.limits import FEWEST
from circle15.model.metric import transformer
from circle15.model.places import ELDERS_IN_NEED, PEOPLE
from circle15.render.map.changes import actions
from circle15.render.map.compact import STEPS_PER_DEGREE, Sections
from circle15.render.map.facilities import plain, sites, words
from circle15.render.map.verdicts import add_lines, verdicts
from circle15.render.published.counts import tens
from circle15.render.published.needs import needs_without
from circle15.render.published.privacy import UNKNOWN
from circle15.render.published.told import Published, publish
from circle15.render.words import public_file

__all__ = ["FORMAT", "add_gates", "payload"]

FORMAT = 2
"""Version of the page's bytes; a reader refuses another one."""

_CONTEXT_M = {"water": 1.5, "green": 2.0, "buildings": 0.8, "residential": 2.0, "rail": 1.5, "moat": 3.0}
_STREET_M, _AREA_M, _COMMUNITY_M = 1.2, 2.5, 0.8
_MOST_BUILDINGS = 60_000
_MANY_FACILITIES = 400
_MORE = (
    "households", "population_registered", "pop_65plus", "pop_80plus", *ELDERS_IN_NEED, "circle_cut",
    "circle_cut_60plus",
)  # fmt: skip
"""What the card of a community tells beside its people, in tens."""


def payload(analysis: Analysis | Published, *, compress: bool = True) -> dict[str, Any]:
    """Everything that the page shows, ready for ``json.dumps``.

    Parameters
    ----------
    analysis
        What to show, or what of it may be told.
    compress
        ``False`` leaves the bytes ungzipped, for browsers without ``DecompressionStream``
        (Chrome < 80, Firefox < 113, Safari < 16.4); the page grows by about half.

    Returns
    -------
    dict
        Only finite numbers, text, lists and mappings. No number of people from one to nine.
    """
    published = publish(analysis)
    analysis = published.analysis
    city = replace(analysis.city, network=analysis.network)
    project = _to_degrees(city.network.crs)
    corner = project(shapely.points(shapely.get_coordinates(shapely.envelope(city.area.reach))))
    west, south = np.floor(shapely.get_coordinates(corner).min(axis=0)).astype(int).tolist()
    sections = Sections(west, south)
    _add_streets(sections, city, project)
    add_gates(sections, city.network, analysis.estates)
    _add_context(sections, city, project)
    _add_demand(sections, analysis)
    _add_places(sections, analysis, project)
    add_lines(sections, published, project)
    services = _services(analysis)
    frame = city.communities.frame
    return {
        "format": FORMAT,
        "fewest": FEWEST,
        "grid": {"lon0": west, "lat0": south, "steps_per_degree": STEPS_PER_DEGREE},
        "city": _about(city),
        "profile": _profile(analysis),
        "cutoffs_ms": [round(minutes * 60_000) for minutes in analysis.settings.cutoffs_min],
        "max_snap_m": analysis.settings.max_snap_m,
        "open_at": _moment(analysis),
        "services": services,
        "weights": {key: round(float(weight), 6) for key, weight in sorted(analysis.gaps.weights.items())},
        "way_classes": [{"name": way.name, "rank": way.rank} for way in catalog.way_classes()],
        "street_names": list(city.network.names),
        "communities": _communities(published, project),
        "facilities": sites(analysis, _lonlat(analysis.city.facilities.frame, project)),
        "totals": _totals(published),
        "actions": actions(published, project),
        "methods": _counted(analysis.demand.frame.get("method")),
        "bounds": _bounds(frame, project),
        "files": [public_file(record) for record in city.files],
        "findings": [_finding(finding) for finding in analysis.findings],
        "origins": [_origin(asdict(origin)) for origin in city.origins],
        "network": {
            "nodes": city.network.n_nodes,
            "edges": city.network.n_edges,
            "km": round(city.network.total_km, 1),
        },
        "verdicts": verdicts(published, [service["key"] for service in services], compress=compress),
        "binary": sections.packed(compress=compress),
    }


# -- coordinates ------------------------------------------------------------------------------------

Project = Callable[[Any], Any]


def _to_degrees(crs: CRS) -> Project:
    to_degrees = transformer(crs, "EPSG:4326")

    def project(shapes: Any) -> Any:
        return shapely.transform(shapes, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1])))

    return project


def _lonlat(frame: gpd.GeoDataFrame, project: Project) -> NDArray[np.float64]:
    return shapely.get_coordinates(project(frame.geometry.to_numpy()))


def _bounds(frame: gpd.GeoDataFrame, project: Project) -> list[float]:
    box = project(shapely.segmentize(shapely.box(*frame.total_bounds), 1000.0))
    return [round(float(value), 6) for value in shapely.bounds(box)]


# -- bytes ------------------------------------------------------------------------------------------


def _add_streets(sections: Sections, city: City, project: Project) -> None:
    network = city.network
    nodes = sections.grid(shapely.get_coordinates(project(shapely.points(network.x, network.y))))
    sections.add_delta("node.x", nodes[:, 0])
    sections.add_delta("node.y", nodes[:, 1])
    sections.add_delta("edge.u", network.u)
    sections.add_signed("edge.v", network.v.astype(np.int64) - network.u)
    sections.add("edge.length_mm", network.length_mm)
    sections.add("edge.class", network.way_class)
    sections.add("edge.flags", network.flags)
    sections.add("edge.name", network.name)
    counts, bends = _bend_points(sections, city, project)
    sections.add("edge.bends", counts)
    sections.add_delta("bend.x", bends[:, 0])
    sections.add_delta("bend.y", bends[:, 1])


def add_gates(sections: Sections, network: WalkNetwork, estates: Estates) -> None:
    """What private gates part: whose edges are, where they end for strangers, and which nodes are one for owners."""
    ends = np.stack([network.u, network.v], axis=1).ravel().astype(np.int64)
    sides, estate = ends, np.zeros(network.n_edges, dtype=np.int64)
    if len(estates.gate):
        sides = np.stack([estates.u, estates.v], axis=1).ravel()
        estate = np.where(np.isin(estates.estate, estates.owner[estates.owner != NOBODYS]), estates.estate + 1, 0)
    other = np.flatnonzero(sides != ends)
    sections.add("edge.estate", estate)
    sections.add_delta("side.end", other)
    sections.add("side.node", sides[other] - network.n_nodes)
    sections.add("side.joint", estates.joint[network.n_nodes :])


def _bend_points(sections: Sections, city: City, project: Project) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Points between the ends of each edge, and how many each edge has, after simplification."""
    network = city.network
    per_edge = np.diff(network.vertex_start)
    owner = np.repeat(np.arange(network.n_edges), per_edge)
    drawable = np.flatnonzero(per_edge >= 2)
    lines = shapely.linestrings(network.vertex[np.isin(owner, drawable)], indices=_ranked(owner, drawable))
    simple = project(shapely.simplify(lines, _STREET_M, preserve_topology=True))
    coords, line = shapely.get_coordinates(simple, return_index=True)
    edge = np.diff(line, prepend=-1) != 0
    edge |= np.diff(line, append=len(drawable)) != 0
    counts = np.zeros(network.n_edges, dtype=np.int64)
    np.add.at(counts, drawable[line[~edge]], 1)
    return counts, sections.grid(coords[~edge])


def _ranked(owner: NDArray[np.int64], kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Owners renumbered 0, 1, 2, ... over those that are kept."""
    here = owner[np.isin(owner, kept)]
    return np.searchsorted(kept, here)


def _add_context(sections: Sections, city: City, project: Project) -> None:
    for layer, tolerance_m in _CONTEXT_M.items():
        frame = city.context.get(layer)
        if frame is None or frame.empty:
            continue
        shapes = shapely.force_2d(frame.geometry.to_numpy())
        shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        if layer == "buildings" and len(shapes) > _MOST_BUILDINGS:
            largest = np.argsort(-shapely.area(shapes), kind="stable")[:_MOST_BUILDINGS]
            shapes = shapes[np.sort(largest)]
        shapes = project(shapely.simplify(shapes, tolerance_m, preserve_topology=True))
        flat = shapely.get_dimensions(shapes)
        if (flat == 2).any():
            sections.add_polygons(layer, shapes[flat == 2])
        if (flat == 1).any():
            sections.add_lines(f"{layer}_line", shapes[flat == 1])


def _add_positions(sections: Sections, name: str, positions: Positions) -> None:
    sections.add(f"{name}.status", positions.status)
    sections.add(f"{name}.ways", positions.ways)
    sections.add_delta(f"{name}.edge", positions.edge)
    sections.add(f"{name}.offset_mm", positions.offset_mm)
    sections.add(f"{name}.leg_mm", positions.leg_mm)


def _add_demand(sections: Sections, analysis: Analysis) -> None:
    """Homes; their people are bundles of ten."""
    points, ids = analysis.demand.points, analysis.city.communities.frame.index
    _add_positions(sections, "demand", analysis.demand.positions)
    sections.add_delta("demand.community", ids.get_indexer(points.frame["community_id"]))
    sections.add("demand.pop_60plus_tens", points.known_in("pop_60plus").astype(np.int64) // FEWEST)


def _add_places(sections: Sections, analysis: Analysis, project: Project) -> None:
    city, cutoffs = analysis.city, list(analysis.settings.cutoffs_min)
    outlines = shapely.simplify(city.communities.frame.geometry.to_numpy(), _COMMUNITY_M, preserve_topology=True)
    sections.add_polygons("community", project(outlines))
    _add_positions(sections, "facility", analysis.facilities.positions)
    coarse = _AREA_M if len(city.facilities) <= _MANY_FACILITIES else 2 * _AREA_M
    per_facility = pd.MultiIndex.from_product([city.facilities.frame.index, cutoffs])
    determined = [service["key"] for service in _services(analysis) if service["determined"]]
    per_service = pd.MultiIndex.from_product([determined, cutoffs])
    for name, frame, index in (
        ("reach", analysis.isochrones.frame, per_facility),
        ("merged", analysis.isochrones.merged, per_service),
    ):
        shapes = np.full(len(index), None, dtype=object)
        if len(frame):
            place = frame.index.get_indexer(index)
            drawn = place >= 0
            shapes[drawn] = frame.geometry.to_numpy()[place[drawn]]
        sections.add_polygons(name, project(shapely.simplify(shapes, coarse, preserve_topology=False)))


# -- words and figures ------------------------------------------------------------------------------


def _counted(column: pd.Series | None) -> dict[str, int]:
    return {} if column is None else {str(key): int(count) for key, count in column.value_counts().sort_index().items()}


def _about(city: City) -> dict[str, Any]:
    return {
        "key": city.key,
        "title_zh": city.title_zh,
        "title_en": city.title_en,
        "review_number": city.review_number,
        "synthetic": city.synthetic,
        "area_km2": round(city.area.area_km2, 2),
        "notes": {str(key): str(note) for key, note in city.notes.items()},
    }


def _profile(analysis: Analysis) -> dict[str, Any]:
    profile = analysis.profile
    return {
        "name": profile.name,
        "title_zh": profile.title_zh,
        "title_en": profile.title_en,
        "speed_mmps": round(profile.speed_mps * 1000),
        "stairs_mmps": round(profile.stairs_mps * 1000),
        "half_signal_ms": round(profile.signal_s * 500),
        "half_gate_ms": round(profile.gate_s * 500),
        "citation": profile.citation,
    }


def _services(analysis: Analysis) -> list[dict[str, Any]]:
    coverage = analysis.coverage
    return [
        {
            "key": key,
            "title_zh": service.title_zh,
            "title_en": service.title_en,
            "glyph": service.glyph,
            "tone": service.tone,
            "determined": key in coverage.services,
        }
        for key, service in catalog.services(analysis.city.pack_services).items()
        if key in coverage.services or key in coverage.undetermined
    ]


def _origin(origin: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in origin.items() if key not in {"url", "sha256"}}


def _finding(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "examples": list(finding.examples)}


def _moment(analysis: Analysis) -> dict[str, str] | None:
    at = analysis.settings.open_at
    return None if at is None else {"zh": at.zh, "en": at.en}


def _communities(published: Published, project: Project) -> list[dict[str, Any]]:
    analysis = published.analysis
    frame = analysis.city.communities.frame
    anchors = shapely.get_coordinates(project(shapely.get_point(_anchor_lines(frame), 0)))
    people, elders = (published.places[column].to_numpy() for column in PEOPLE)
    cells = _cells(analysis, published)
    made = analysis.demand.points.by_community["method"]
    texts = ("name", "name_en", "subdistrict", "subdistrict_en", "community_type", "outline", "people_basis")
    more = _more(published)
    out = []
    for place, (key, row) in enumerate(frame.iterrows()):
        hidden = not published.seen(key)
        out.append(
            {
                "id": str(key),
                **(spoken := words(row, texts)),
                "community_type_en": said_type(spoken["community_type"], "en"),
                "anchor": [round(float(value), 6) for value in anchors[place]],
                "population": _known(people[place]),
                "pop_60plus": _known(elders[place]),
                "placed": made.get(key, ""),
                "more": more[place],
                "gap": None if hidden or key not in published.ranking.index else _gap(published.ranking.loc[key]),
                "services": {} if hidden else cells[str(key)],
            }
        )
    return out


def _known(people: int | np.int64) -> int | None:
    """A published number of people; None where nobody knows it."""
    return None if people == UNKNOWN else int(people)


def _more(published: Published) -> list[dict[str, int | None]]:
    """Further numbers of each community, in tens; of needs None, and else none, where a cell is empty.

    None of people whose circle leaves the street file where there are none.
    """
    shown = published.more[[column for column in _MORE if column in published.more]]
    return [
        {
            str(column): _known(count)
            for column, count in row.items()
            if column in ELDERS_IN_NEED or (count != UNKNOWN and (count or not str(column).startswith("circle_cut")))
        }
        for row in shown.to_dict("records")
    ]


def _anchor_lines(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """From the middle of the roomiest spot of each community to its border: where a name fits best."""
    lines: NDArray[np.object_] = shapely.maximum_inscribed_circle(frame.geometry.to_numpy(), tolerance=5.0)
    return lines


def _gap(row: pd.Series) -> dict[str, Any]:
    return {
        "index": plain(row["index"], 0),
        "index_additive": plain(row["index_additive"], 0),
        "index_worst": plain(row["index_worst"], 0),
        "rank": plain(row["rank"]),
        "rank_people": plain(row["rank_people"]),
        "worst_service": str(row["worst_service"]) if isinstance(row["worst_service"], str) else "",
    }


def _cells(analysis: Analysis, published: Published) -> dict[str, dict[str, dict[str, Any]]]:
    """For each community and service: public counts per cut-off, minutes, choices, rank, people of some need, seats."""
    public, needs, seats = published.cells, needs_without(analysis, published), _seats(analysis)
    out: dict[str, dict[str, dict[str, Any]]] = {str(key): {} for key in analysis.city.communities.frame.index}
    steps = [f"uncovered_{place}" for place in range(len(analysis.settings.cutoffs_min))]
    for (community, service), row in zip(public.index, public.to_dict("records"), strict=True):
        out[str(community)][str(service)] = {
            "placed": int(row["placed"]),
            "uncovered": [int(row[step]) for step in steps] if row["placed"] else None,
            **{figure: plain(row[figure], 0) for figure in ("mean_min", "p90_min", "choices")},
            "rank": None if pd.isna(row["rank"]) else int(row["rank"]),
            **({"needs": left} if (left := needs.get((str(community), str(service)))) else {}),
            **({"seats": groups} if (groups := seats.get((str(community), str(service)))) else {}),
        }
    return out


def _seats(analysis: Analysis) -> dict[tuple[str, str], list[int]]:
    """Who comes on a day, is served, finds all full, reaches nothing, or is not known, by community and service."""
    found = analysis.capacity.frame
    if not len(found):
        return {}
    rows = found[["demand", "served", "full_in_reach", "out_of_reach", "unknown"]].dropna()
    return {(str(key[0]), str(key[1])): [tens(people) for people in row] for key, *row in rows.itertuples(name=None)}


def _totals(published: Published) -> dict[str, Any]:
    """City-wide figures in tens, so that no community can be worked out as the rest of a sum."""
    totals, analysis = published.totals, published.analysis
    services = analysis.coverage.services
    return {
        "unknown": published.unknown,
        "population": published.people,
        "pop_60plus": published.elders,
        "uncovered": {
            key: [int(totals.loc[key, cutoff]) for cutoff in analysis.settings.cutoffs_min] for key in services
        },
        "placed": {key: int(totals.loc[key, "placed"]) for key in services},
    }
