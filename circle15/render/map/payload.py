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
from circle15.model import Analysis, City, Finding, Positions, WalkNetwork
from circle15.model.estates import NOBODYS, Estates
from circle15.model.limits import FEWEST
from circle15.model.metric import transformer
from circle15.render.map.before import before
from circle15.render.map.changes import actions
from circle15.render.map.communities import communities, totals, walker
from circle15.render.map.compact import STEPS_PER_DEGREE, Sections
from circle15.render.map.facilities import sites
from circle15.render.map.verdicts import add_lines, verdicts
from circle15.render.published.told import Published, publish
from circle15.render.words import public_file

__all__ = ["FORMAT", "add_gates", "payload"]

FORMAT = 2
"""Version of the page's bytes; a reader refuses another one."""

_CONTEXT_M = {"water": 1.5, "green": 2.0, "buildings": 0.8, "residential": 2.0, "rail": 1.5, "moat": 3.0}
_STREET_M, _AREA_M, _COMMUNITY_M = 1.2, 2.5, 0.8
_MOST_BUILDINGS = 60_000
_MANY_FACILITIES = 400


def payload(
    analysis: Analysis | Published, *, compress: bool = True, base: Analysis | Published | None = None
) -> dict[str, Any]:
    """Everything that the page shows, ready for ``json.dumps``.

    Parameters
    ----------
    analysis
        What to show, or what of it may be told.
    compress
        ``False`` leaves the bytes ungzipped, for browsers without ``DecompressionStream``
        (Chrome < 80, Firefox < 113, Safari < 16.4); the page grows by about half.
    base
        The city as it is, where the analysis is of a scenario of it: the page then shows today, the scheme and what
        changes between them (:mod:`circle15.render.map.before`).

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
    today = {} if base is None else {"before": before(published, publish(base), sections, project)}
    return {
        "format": FORMAT,
        "fewest": FEWEST,
        "grid": {"lon0": west, "lat0": south, "steps_per_degree": STEPS_PER_DEGREE},
        "city": _about(city),
        "profile": walker(analysis.profile),
        "cutoffs_ms": [round(minutes * 60_000) for minutes in analysis.settings.cutoffs_min],
        "max_snap_m": analysis.settings.max_snap_m,
        "open_at": _moment(analysis),
        "services": services,
        "weights": {key: round(float(weight), 6) for key, weight in sorted(analysis.gaps.weights.items())},
        "way_classes": [{"name": way.name, "rank": way.rank} for way in catalog.way_classes()],
        "street_names": list(city.network.names),
        "communities": communities(published, project),
        "facilities": sites(analysis, _lonlat(analysis.city.facilities.frame, project)),
        "totals": totals(published),
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
        **today,
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
