"""Make ``communities.geojson`` from ``helsinki.osm.pbf`` and from nothing else.

Run it from the project's folder: ``python data/helsinki/make_pack.py``. The same extract gives the same
file. Neighbourhoods are pieces of the city's districts (OpenStreetMap's administrative boundaries of level
10), cut along streets, railway and shore; people are ESTIMATED from buildings. README.md says how far that
can be trusted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely

from circle15.sources.osm.contents import header_box
from circle15.sources.osm.objects import area_wkb, located, objects
from circle15.sources.osm.places import read_context

HERE = Path(__file__).parent
PBF = HERE / "helsinki.osm.pbf"
CRS = "EPSG:3879"

# Within a district every block goes to the nearest of these named places, so that borders follow streets
# and the railway. A district that is not listed stays whole.
CENTRES = {
    "Kluuvi": ("Keskusta", "Kluuvi", "Kaisaniemen puisto", "Töölönlahden puisto"),
    "Kamppi": ("Simonpuistikko", "Vanha kirkkopuisto"),
}
# A district of which the extract shows only one named part is called after that part.
SHOWN_PART = {"Kallio": "Siltasaari"}
STREETS = {"primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "pedestrian"}
DRAW_ON_M = 300.0  # a boundary or track that the extract cuts is drawn on, straight, so far
AXIS_STEP_DEG = 0.001  # of latitude, some 110 m: how often the middle of the tracks is taken
MIN_AREA_M2 = 10_000.0  # a smaller piece of a district is a scrap at the border: left out, and said so

# The estimate. Every number is an assumption of this pack, not a statistic.
FLOOR_M2_PER_PERSON = 60.0  # gross: some 40 m2 of dwelling, the rest walls, stairs, shops and offices below
HOME_SHARE_UNZONED = 0.1  # of the floor space of a building=yes on land without a stated use
HOME_SHARE_WORK = 0.02  # the same on land stated as commercial, retail, ...: a few flats among the offices
WORK_LAND = ("commercial", "retail", "civil", "industrial", "railway", "military")
USUAL_STOREYS = 5.0  # where building:levels is absent: the median of those that tell
SHARE_60PLUS = 0.22  # one share for all: 65+ were 16 % of Helsinki in 2014 (city statistics), 60-64 some 6 %
METHOD = "estimate from OSM building floor space, not a census"


@dataclass
class _Ground:
    """What the file holds that can bound or name a neighbourhood, in WGS 84."""

    streets: list[shapely.LineString] = field(default_factory=list)
    tracks: list[shapely.LineString] = field(default_factory=list)
    borders: dict[int, shapely.LineString] = field(default_factory=dict)
    districts: dict[str, tuple[str, frozenset[int]]] = field(default_factory=dict)
    named: dict[str, shapely.Point] = field(default_factory=dict)
    parks: set[str] = field(default_factory=set)


def read_ground(path: Path) -> _Ground:
    """Streets, surface railway, level-10 boundaries with their members, and the named centres."""
    ground = _Ground()
    wanted = {name for names in CENTRES.values() for name in names}
    keys = osmium.filter.KeyFilter("highway", "railway", "boundary", "place", "leisure")
    found: Iterable[Any] = osmium.FileProcessor(str(path)).with_locations().with_filter(keys)
    for thing in found:
        tags = dict(thing.tags)
        name = tags.get("name", "")
        if thing.is_node():
            if name in wanted and "place" in tags:
                ground.named[name] = shapely.Point(thing.lon, thing.lat)
        elif thing.is_way():
            _take_way(ground, thing, tags)
            if name in wanted and tags.get("leisure") == "park":  # one that the extract's border cuts
                nodes = [node for run in located(thing) for node in run]
                ground.named[name] = shapely.MultiPoint(nodes).centroid
                ground.parks.add(name)
        elif tags.get("boundary") == "administrative" and tags.get("admin_level") == "10":
            members = frozenset(member.ref for member in thing.members if member.type == "w")
            ground.districts[name] = (tags["ref"], members)
    for thing in objects(path, ["leisure"]):
        name = thing.tags.get("name", "")
        if thing.is_area() and name in wanted and (wkb := area_wkb(thing)) is not None:
            ground.named[name] = shapely.from_wkb(wkb).centroid
            ground.parks.add(name)
    return ground


def _take_way(ground: _Ground, way: Any, tags: dict[str, str]) -> None:
    runs = [shapely.LineString(run) for run in located(way) if len(run) > 1]
    if tags.get("boundary") == "administrative" and runs:
        ground.borders[way.id] = max(runs, key=lambda run: run.length)
    street = tags.get("highway") in STREETS and tags.get("area") != "yes" and tags.get("tunnel", "no") == "no"
    if street:
        ground.streets.extend(runs)
    elif tags.get("railway") == "rail" and "tunnel" not in tags:
        ground.tracks.extend(runs)


def drawn_borders(ground: _Ground) -> list[shapely.LineString]:
    """The boundaries, each drawn on where it breaks off without meeting another."""
    tips = Counter(tip for line in ground.borders.values() for tip in (line.coords[0], line.coords[-1]))
    return [_draw_on(line, [tips[line.coords[0]] == 1, tips[line.coords[-1]] == 1]) for line in ground.borders.values()]


def district_faces(ground: _Ground, box: shapely.Polygon) -> gpd.GeoDataFrame:
    """The districts as far as the extract shows them: ``name``, ``ref``, polygon in metres.

    A face belongs to the one district that all of the boundaries around it are members of.
    """
    faces = _faces([*drawn_borders(ground), box.exterior], box)
    rows = []
    for face in faces:
        edge = shapely.buffer(face.exterior, 1e-6)  # about a tenth of a metre
        around = {way for way, line in ground.borders.items() if edge.intersection(line).length > line.length / 2}
        names = [name for name, (_, members) in ground.districts.items() if around and around <= members]
        if len(names) == 1:
            rows.append({"district": names[0], "ref": ground.districts[names[0]][0], "geometry": face})
    return gpd.GeoDataFrame(rows, crs="EPSG:4326").to_crs(CRS)


def _draw_on(line: shapely.LineString, ends: Sequence[bool]) -> shapely.LineString:
    """Prolong a line straight on at its (first, last) end, where asked to."""
    points = np.asarray(line.coords)
    stretch = np.array([np.cos(np.radians(points[0, 1])), 1.0]) * 111_320.0  # metres per degree
    head, tail = ((points[end] - points[before]) * stretch for end, before in ((0, 1), (-1, -2)))
    first = [points[0] + head / np.hypot(*head) * DRAW_ON_M / stretch] if ends[0] else []
    last = [points[-1] + tail / np.hypot(*tail) * DRAW_ON_M / stretch] if ends[1] else []
    return shapely.LineString(np.vstack([*first, points, *last]))


def _faces(lines: Iterable[shapely.Geometry], box: shapely.Polygon) -> list[shapely.Polygon]:
    noded = shapely.intersection(shapely.union_all(list(lines)), box)
    return list(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))


def railway_axis(tracks: list[shapely.LineString]) -> shapely.LineString:
    """The middle of all tracks from south to north, drawn on at both ends: through the station hall and the border."""
    points = shapely.get_coordinates(shapely.segmentize(np.array(tracks, dtype=object), AXIS_STEP_DEG / 20))
    bands = pd.DataFrame(points, columns=["lon", "lat"]).groupby(np.floor(points[:, 1] / AXIS_STEP_DEG)).mean()
    return _draw_on(shapely.LineString(bands.to_numpy()), (True, True))


def cut_neighbourhoods(ground: _Ground, box: shapely.Polygon, water: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Blocks of every district gathered around its centres; on ``community_id``, polygons in metres."""
    districts = district_faces(ground, box)
    lines = [*ground.streets, railway_axis(ground.tracks), *drawn_borders(ground), box.exterior]
    blocks = gpd.GeoSeries(_faces(lines, box), crs="EPSG:4326")
    blocks = gpd.GeoDataFrame(geometry=blocks.to_crs(CRS))
    pieces = gpd.overlay(blocks, districts, keep_geom_type=True)
    pieces["geometry"] = pieces.geometry.difference(water.to_crs(CRS).union_all())
    pieces = pieces[~pieces.geometry.is_empty].explode(ignore_index=True)
    pieces["name"] = pieces["district"].replace(SHOWN_PART)
    spots = gpd.GeoSeries(ground.named, crs="EPSG:4326").to_crs(CRS)
    for district, centres in CENTRES.items():
        mine = pieces["district"] == district
        middles = pieces.loc[mine].geometry.centroid
        away = np.column_stack([middles.distance(spots[centre]) for centre in centres])
        names = [f"{district} · {centre}" if centre in ground.parks else centre for centre in centres]
        pieces.loc[mine, "name"] = np.array(names)[away.argmin(axis=1)]
    whole = _give_crumbs_away(pieces.dissolve(by=["ref", "district", "name"]))
    whole = whole[whole.area >= MIN_AREA_M2].reset_index()
    number = whole.groupby("ref").cumcount() + 1
    ids = "hel-" + whole["ref"] + "-" + number.astype(str)
    return whole.set_index(pd.Index(ids, name="community_id"))


def _give_crumbs_away(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Parts below ``MIN_AREA_M2`` go to the neighbour with which they share most of their edge, if any."""
    parts = places[["geometry"]].explode().reset_index()
    large = parts.area >= MIN_AREA_M2
    for row in parts[~large].itertuples():
        edge = parts[large].geometry.intersection(row.geometry.exterior.buffer(0.5)).area
        if edge.max() > 0:
            parts.loc[row.Index, ["ref", "district", "name"]] = parts.loc[edge.idxmax(), ["ref", "district", "name"]]
    joined = parts.dissolve(by=["ref", "district", "name"])
    joined["geometry"] = [_without_loose_parts(_without_seams(shape)) for shape in joined.geometry]
    return joined


def _without_seams(shape: shapely.Geometry) -> shapely.Geometry:
    """Hairlines between united blocks closed, coordinates on a decimetre grid."""
    grown = shapely.buffer(shape, 0.2, join_style="mitre")
    return shapely.set_precision(shapely.buffer(grown, -0.2, join_style="mitre"), 0.1)


def _without_loose_parts(shape: shapely.Geometry) -> shapely.Geometry:
    """What still lies apart and is small has only water around it: piers and rocks where nobody lives."""
    parts = shapely.get_parts(shape)
    large = [part for part in parts if part.area >= MIN_AREA_M2]
    return shapely.union_all(large or [max(parts, key=lambda part: part.area)])


def work_land(path: Path) -> shapely.Geometry:
    """Land whose stated use is no dwelling, in metres."""
    areas = [
        area_wkb(thing)
        for thing in objects(path, ["landuse"])
        if thing.is_area() and thing.tags.get("landuse") in WORK_LAND
    ]
    shapes = gpd.GeoSeries(shapely.from_wkb([wkb for wkb in areas if wkb]), crs="EPSG:4326")
    return shapely.union_all(shapes.to_crs(CRS).to_numpy())


def estimate_people(
    places: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, homeland: shapely.Geometry, work: shapely.Geometry
) -> gpd.GeoDataFrame:
    """Add ``population`` and ``pop_60plus``: dwelling floor space / ``FLOOR_M2_PER_PERSON``, rounded."""
    homes = buildings[buildings["residential"]].to_crs(CRS)
    spots = homes.representative_point()
    sure = homes["residential_known"] | spots.within(homeland)
    share = np.select([sure, spots.within(work)], [1.0, HOME_SHARE_WORK], HOME_SHARE_UNZONED)
    dwelling_m2 = homes.area * homes["levels"].fillna(USUAL_STOREYS) * share
    found = gpd.GeoDataFrame({"m2": dwelling_m2}, geometry=spots, crs=CRS).sjoin(
        places[["geometry"]], predicate="within"
    )
    people = found.groupby("community_id")["m2"].sum().reindex(places.index, fill_value=0.0) / FLOOR_M2_PER_PERSON
    return places.assign(population=people.round().astype(int), pop_60plus=(people * SHARE_60PLUS).round().astype(int))


def build(path: Path = PBF) -> str:
    """The GeoJSON text of ``communities.geojson``."""
    extent = header_box(path)
    if extent is None:
        raise ValueError(f"{path.name} names no bounding box in its header")
    box = shapely.box(*extent)
    context = read_context(path, layers=("water", "buildings", "residential"))
    sea = context["water"].loc[context["water"]["kind"] == "sea"].geometry
    homeland = context["residential"].to_crs(CRS).union_all()
    places = cut_neighbourhoods(read_ground(path), box, sea)
    places = estimate_people(places, context["buildings"], homeland, work_land(path))
    rim = gpd.GeoSeries([box.exterior], crs="EPSG:4326").to_crs(CRS).iloc[0]
    cut = places.geometry.distance(rim) < 1.0
    shapes = shapely.transform(places.to_crs("EPSG:4326").geometry.to_numpy(), lambda points: points.round(7))
    features = [
        {
            "type": "Feature",
            "properties": {
                "community_id": row.Index,
                "name": row.name,
                "name_en": row.name,
                "subdistrict": row.district,
                "subdistrict_en": row.district,
                "rural": "城市",
                "population": row.population,
                "pop_60plus": row.pop_60plus,
                "people_method": METHOD,
                "cut_by_extract": bool(cut[row.Index]),
            },
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for row, shape in zip(places.itertuples(), shapes, strict=True)
    ]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def main() -> None:
    """Write ``communities.geojson`` beside this script and print what it says."""
    target = HERE / "communities.geojson"
    target.write_text(build(), encoding="utf-8", newline="\n")
    places = gpd.read_file(target)
    print(places.drop(columns=["geometry", "people_method"]).to_string(index=False))
    print(f"{target.name}: {len(places)} neighbourhoods, {places['population'].sum():,} people (estimated)")


if __name__ == "__main__":
    main()
