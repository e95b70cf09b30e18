"""Objects of an OpenStreetMap file, filtered by tag key and with areas assembled, both in C++."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

from circle15.errors import StreetsError
from circle15.model.metric import BBox
from circle15.refusals import refusal
from circle15.sources.osm.contents import OsmContents, osm_contents
from circle15.sources.osm.opl import off_the_globe, reading_fault
from circle15.sources.osm.streets import check_osm_file

__all__ = [
    "area_wkb",
    "claims_area",
    "count_tagged",
    "id_order",
    "located",
    "located_ways",
    "objects",
    "osm_id",
    "touches",
]

_FACTORY = osmium.geom.WKBFactory()  # stateless
_LETTERS = {"n": "node", "w": "way", "r": "relation"}


def objects(path: Path, keys: Iterable[str]) -> Iterator[Any]:
    """Nodes, ways, relations and assembled areas that carry one of the keys, in the order of the file.

    Deleted ones are left out, and areas assembled from them. osmium lends its objects: each is good until
    the next one is asked for.

    Raises
    ------
    StreetsError
        If the file is missing, empty, cut short or of another kind, or of more than one moment.
    """
    check_osm_file(path)
    contents = osm_contents(path)
    only = osmium.filter.KeyFilter(*sorted(set(keys)))
    try:
        if next(iter(osmium.FileProcessor(str(path))), None) is None:
            raise refusal("osm_no_objects", error=StreetsError, file=path.name)
        thing: Any
        for thing in osmium.FileProcessor(str(path)).with_areas(only).with_filter(only):
            if _counts(thing, contents):
                if thing.is_node() and not thing.location.valid():
                    raise off_the_globe(path, thing.id, thing.location)
                yield thing
    except StreetsError:
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as fault:
        raise reading_fault(path, fault) from fault


def count_tagged(path: Path, key: str) -> int:
    """How many ways and relations of a file carry a key, wherever they lie; deleted ones left out, doubles once.

    Raises
    ------
    StreetsError
        If the file is cut short, or of more than one moment.
    """
    kinds, contents = osmium.osm.WAY | osmium.osm.RELATION, osm_contents(path)
    tagged = osmium.FileProcessor(str(path), kinds).with_filter(osmium.filter.KeyFilter(key))
    try:
        return len({osm_id(thing) for thing in tagged if _counts(thing, contents)})
    except RuntimeError as fault:
        raise reading_fault(path, fault) from fault


def located_ways(path: Path, ids: Iterable[int]) -> dict[int, list[shapely.LineString]]:
    """Ways of a file by their ids, each as the stretches whose nodes are in the file; deleted ones left out.

    Raises
    ------
    StreetsError
        If the file is cut short, or of more than one moment.
    """
    kinds, contents = osmium.osm.NODE | osmium.osm.WAY, osm_contents(path)
    ways_read = osmium.FileProcessor(str(path), kinds).with_locations().with_filter(osmium.filter.IdFilter(ids))
    ways = {}
    thing: Any
    try:
        for thing in ways_read:
            if thing.is_way() and _counts(thing, contents):
                ways[int(thing.id)] = [shapely.LineString(run) for run in located(thing) if len(run) > 1]
    except (RuntimeError, osmium.InvalidLocationError) as fault:
        raise reading_fault(path, fault) from fault
    return ways


def _counts(thing: Any, contents: OsmContents) -> bool:
    """Whether an object counts: it was not deleted, in the file or by an editor."""
    kind, number = osm_id(thing).split("-", 1)
    return bool(thing.visible) and int(number) not in contents.deleted[kind]


def osm_id(thing: Any) -> str:
    """``node-1``, ``way-2`` or ``relation-3``; an area is named after what it was assembled from."""
    if thing.is_area():
        return f"{'way' if thing.from_way() else 'relation'}-{thing.orig_id()}"
    return f"{_LETTERS[thing.type_str()]}-{thing.id}"


def id_order(name: str) -> tuple[str, int]:
    """Sorting key: by kind of object, then by number."""
    kind, _, number = name.rpartition("-")
    return kind, int(number)


def claims_area(thing: Any, tags: Mapping[str, str]) -> bool:
    """Whether a way or relation becomes an area once all of its nodes are in the file."""
    if thing.is_way():
        return bool(thing.is_closed()) and tags.get("area") != "no"
    return bool(thing.is_relation()) and tags.get("type") in {"multipolygon", "boundary"}


def area_wkb(area: Any) -> str | None:
    """Hexadecimal WKB of an assembled area, None where its rings could not be closed or lie off the globe."""
    try:
        return str(_FACTORY.create_multipolygon(area))
    except (RuntimeError, osmium.InvalidLocationError):
        return None


def located(way: Any) -> list[list[tuple[float, float]]]:
    """The stretches of a way whose nodes are in the file, as longitudes and latitudes."""
    runs: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            runs[-1].append((node.lon, node.lat))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def touches(shapes: NDArray[np.object_], bbox: BBox | None) -> NDArray[np.bool_]:
    """Which shapes touch a box; without a box, all of them."""
    if bbox is None:
        return np.ones(len(shapes), dtype=bool)
    return np.asarray(shapely.intersects(shapes, shapely.box(*bbox)), dtype=bool)
