"""Facilities from an OpenStreetMap file, by the tags that ``services.toml`` names for each service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from circle15.catalog import IN_USE, life_keys, life_of, other_lives
from circle15.catalog import services as all_services
from circle15.catalog.kind import has_kinds, joined_kinds, kind_keys, kinds
from circle15.errors import SettingError
from circle15.hours.all_week import state_by_hours
from circle15.model.metric import BBox, utm_crs
from circle15.model.places import OSM_SOURCE
from circle15.model.service import Service
from circle15.refusals import refusal
from circle15.sources.osm.objects import area_wkb, claims_area, id_order, located, objects, osm_id, touches
from circle15.sources.osm.tags import ServiceRule, TagRule, first_match, place_rules

__all__ = ["read_osm_facilities"]

_WGS84 = CRS.from_epsg(4326)
_OPTIONAL = {"opening_hours": "opening_hours", "wheelchair": "wheelchair"}


def read_osm_facilities(
    path: str | Path, services: Sequence[str], *, bbox: BBox | None = None, pack_services: tuple[Service, ...] = ()
) -> gpd.GeoDataFrame:
    """Read the places of an OSM file that offer one of the services.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    services
        Keys of the catalogue or of ``pack_services``. Name only those that OpenStreetMap can be trusted to list here: a
        service without a list is undetermined, a listed one without a place is a gap.
    bbox
        ``(west, south, east, north)`` in degrees; places outside are left out and counted.
    pack_services
        Those of the pack, beside the catalogue's.

    Returns
    -------
    GeoDataFrame
        Points in WGS 84 on ``facility_id`` (``osm-node-123``): ``name`` (or the service's title, with the
        street if known), ``name_en``, ``services`` (tuple, in the catalogue's order), ``address``,
        ``opening_hours``, ``wheelchair``, ``source``, ``site_kind_key``; "" where a tag is absent;
        ``state``: "" of what is in use, else why it covers nobody, by tags of ``life_cycle.toml`` or hours that are
        closed all week, among them what offers a service under a prefix alone (``disused:amenity=clinic``) and is
        nothing else today;
        ``name_is_own``: the name is a tag's. An area stands at a point inside it; one that the border of
        the extract cuts, at the middle of the nodes there are.
        ``attrs["counts"]``, in objects: ``read`` = ``used`` + ``private`` (not open to the public) + ``merged``
        (mapped twice: same name and service within 50 m) + ``nowhere`` (no node in the file) +
        ``outside``; among the read, ``approximate`` places stand at the middle of a cut outline, and among the
        used, ``closed`` places have a state.

    Raises
    ------
    SettingError
        If a service is in neither.
    StreetsError
        If the file is missing, empty, cut short or of another kind.
    """
    known = all_services(pack_services)
    rules = _service_rules(services, known)
    never = [TagRule.parse(rule) for rule in place_rules()["facilities"]["unless"]]
    rows: dict[str, dict[str, Any]] = {}
    private, nowhere = set(), set()
    keys = _keys(rules)
    for thing in objects(Path(path), [*keys, *life_keys(*keys)]):
        tags, offered, state = _life(dict(thing.tags), rules)
        if not offered:
            continue
        name = f"osm-{osm_id(thing)}"
        if first_match(never, tags) is not None:
            private.add(name)
        elif (spot := _spot(thing, tags)) is None:
            nowhere.add(name)
        else:
            rows[name] = _describe(tags, known[offered[0]]) | spot | {"services": offered, "state": state}
            rows[name]["site_kind_key"] = _kinds(tags, offered)
    frame = _frame(rows)
    inside = touches(frame.geometry.to_numpy(), bbox)
    frame["state"] = state_by_hours(frame["state"], frame["opening_hours"])
    merged = _merge_doubles(frame.loc[inside], order=tuple(known), within_m=place_rules()["facilities"]["merge_m"])
    lost = nowhere - set(rows)
    counts = Counter(
        read=len(rows) + len(private) + len(lost),
        used=len(merged),
        private=len(private),
        merged=int(inside.sum()) - len(merged),
        nowhere=len(lost),
        outside=int((~inside).sum()),
        approximate=int(frame["approximate"].sum()),
        closed=int((merged["state"] != "").sum()),
    )
    without = ["approximate", *([] if any(map(has_kinds, services)) else ["site_kind_key"])]
    result = merged.drop(columns=without)
    result.attrs["counts"] = dict(counts)
    return result


def _life(tags: dict[str, str], rules: Sequence[ServiceRule]) -> tuple[Mapping[str, str], tuple[str, ...], str]:
    """The tags that count, the services by them, and the state: of today, else of what a place was or is to be."""
    offered = _offered(tags, rules)
    if offered:
        return tags, offered, _state(tags, rules)
    if not _used_otherwise(tags):
        for state, other in other_lives(tags):
            if offered := _offered(other, rules):
                return other, offered, state
    return tags, (), ""


def _offered(tags: Mapping[str, str], rules: Sequence[ServiceRule]) -> tuple[str, ...]:
    return tuple(rule.key for rule in rules if rule.holds(tags))


def _used_otherwise(tags: Mapping[str, str]) -> bool:
    """Whether a place is something else today."""
    table = place_rules()["facilities"]
    another, empty = ([TagRule.parse(rule) for rule in table[key]] for key in ("another_use", "empty"))
    return any(rule.holds(tags) and first_match(empty, {key: tags[key]}) is None
               for rule in another for key, _ in rule.pairs)  # fmt: skip


def _service_rules(services: Sequence[str], known: Mapping[str, Service]) -> list[ServiceRule]:
    unknown = sorted(set(services) - set(known))
    if unknown:
        raise refusal("services_unknown", error=SettingError, unknown=", ".join(unknown), known=", ".join(known))
    return [ServiceRule.of(service) for key, service in known.items() if key in set(services)]


def _keys(rules: Iterable[ServiceRule]) -> list[str]:
    return [tag.pairs[0][0] for rule in rules for tag in rule.any_of]


def _spot(thing: Any, tags: Mapping[str, str]) -> dict[str, Any] | None:
    """Where a place stands: a point or an area's WKB; the middle of its nodes for an outline left open."""
    if thing.is_node():
        return {"geometry": shapely.to_wkb(shapely.Point(thing.lon, thing.lat), hex=True), "approximate": False}
    if thing.is_area():
        wkb = area_wkb(thing)
        return None if wkb is None else {"geometry": wkb, "approximate": False}
    if thing.is_way() and (nodes := [node for run in located(thing) for node in run]):
        # A closed way comes again as an area when all of its nodes are there, and then replaces this.
        whole = claims_area(thing, tags) and len(nodes) == len(thing.nodes)
        middle = shapely.Point(*np.mean(np.unique(nodes, axis=0), axis=0))
        return {"geometry": shapely.to_wkb(middle, hex=True), "approximate": not whole}
    return None


def _describe(tags: Mapping[str, str], first: Service) -> dict[str, Any]:
    street = tags.get("addr:street", "")
    place = f" · {street}" if street else ""
    return {
        "name": tags.get("name") or f"{first.title_zh}{place}",
        "name_en": tags.get("name:en") or ("" if "name" in tags else f"{first.title_en}{place}"),
        "address": f"{street} {tags.get('addr:housenumber', '')}".strip() if street else "",
        **{column: tags.get(tag, "") for column, tag in _OPTIONAL.items()},
        "source": OSM_SOURCE,
        "name_is_own": "name" in tags,
    }


def _kinds(tags: Mapping[str, str], offered: tuple[str, ...]) -> str:
    """Kinds of site: as the name says, else as the tags do."""
    wanted = {key: kind for key, kind in kinds().items() if kind.service in offered}
    named = tuple(key for key in kind_keys(tags.get("name", "")) if key in wanted)
    tagged = (key for key, kind in wanted.items() if any(TagRule.parse(rule).holds(tags) for rule in kind.osm))
    return joined_kinds(named or tuple(tagged))


def _state(tags: Mapping[str, str], rules: Sequence[ServiceRule]) -> str:
    """A state of the life cycle in which a place covers nobody, ``""`` where no tag names one."""
    state = life_of(tags, makes=lambda given: any(rule.holds(given) for rule in rules)).state
    return "" if state == IN_USE else state


def _frame(rows: Mapping[str, Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """The rows in the order of their ids, areas turned into points."""
    columns = (
        "name", "name_en", "services", "address", *_OPTIONAL, "source", "state", "site_kind_key", "name_is_own",
        "approximate",
    )  # fmt: skip
    ids = sorted(rows, key=id_order)
    held = {column: pd.Series([rows[i][column] for i in ids], dtype=object) for column in columns}
    held |= {column: held[column].astype(bool) for column in ("name_is_own", "approximate")}
    shapes = shapely.from_wkb(np.array([rows[i]["geometry"] for i in ids], dtype=object))
    frame = gpd.GeoDataFrame(held, geometry=shapely.point_on_surface(shapes), crs=_WGS84)
    return frame.set_index(pd.Index(ids, name="facility_id", dtype=object))


def _merge_doubles(frame: gpd.GeoDataFrame, *, order: Sequence[str], within_m: float) -> gpd.GeoDataFrame:
    """Make one place of those of the same name that share a service within ``within_m``.

    One that is closed, being built or planned and one in use are two. The node stays where there is one: mappers set
    it at the door, while an area's middle may be a courtyard away. Services are united; what the kept one does not
    tell is taken from the other.
    """
    if len(frame) < 2:
        return frame
    points = frame.geometry.to_crs(utm_crs(frame.geometry)).to_numpy()
    earlier, later = shapely.STRtree(points).query(points, predicate="dwithin", distance=within_m)
    earlier, later = earlier[earlier < later], later[earlier < later]
    name, offers = frame["name"].str.casefold().to_numpy(), [set(row) for row in frame["services"]]
    named, gone = frame["name_is_own"].to_numpy(), (frame["state"] != "").to_numpy()
    same = [
        bool(named[i] and named[j] and name[i] == name[j] and offers[i] & offers[j] and gone[i] == gone[j])
        for i, j in zip(earlier, later, strict=True)
    ]
    links = coo_array((np.ones(sum(same), dtype=np.int8), (earlier[same], later[same])), shape=(len(frame),) * 2)
    group = connected_components(links, directed=False)[1]
    kept = frame.loc[~pd.Series(group, index=frame.index).duplicated()].copy()  # nodes sort before ways
    for label in np.flatnonzero(np.bincount(group) > 1):
        members = frame.iloc[np.flatnonzero(group == label)]
        offered = {service for row in members["services"] for service in row}
        first = members.index[0]
        kept.at[first, "services"] = tuple(key for key in order if key in offered)  # noqa: PD008
        for column in ("name_en", "address", "site_kind_key", *_OPTIONAL):
            kept.at[first, column] = next((value for value in members[column] if value), "")  # noqa: PD008
    return kept
