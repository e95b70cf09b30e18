"""A small town, whole and valid, for tests of what is drawn: 8 communities, 12 facilities, a canal.

::

    north   o---o---o---o---o---o---o---o---o     blocks of 190 m, a lane with a bend on the east side
            |   |   |   |   |   |   |   |   |
            o---o---o---o---o---o---o---o---o
            |       canal       |                 two bridges only, in columns 1 and 6
            o---o---o---o---o---o---o---o---o
    south   |   |   |   |   |   |   |   |   |

``meal_point``, ``clinic`` and ``shop`` are listed, ``day_care`` is not: undetermined. With services of a pack all are.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from circle15 import catalog
from circle15.model import (
    Analysis,
    City,
    Communities,
    Coverage,
    DemandPoints,
    EdgeFlag,
    Facilities,
    FileRecord,
    Finding,
    Gaps,
    Isochrones,
    Origin,
    PlacedDemand,
    PlacedFacilities,
    Positions,
    ReachTable,
    Service,
    Settings,
    StudyArea,
    WalkNetwork,
)

COLUMNS, ROWS, BLOCK_M = 9, 8, 190.0
WEST_M, SOUTH_M = 557_000.0, 3_466_000.0
CRS_M = CRS.from_epsg(4549)
SERVICES = ("meal_point", "clinic", "shop")
NAMES = ("", "平江路", "干将东路", "Canal Street")
STREETS = Origin(
    label_zh="街道", label_en="Streets", attribution="© OpenStreetMap contributors", licence="ODbL", date="2024-01-01"
)
PLACES = Origin(label_zh="社区与人口", label_en="Communities and people", synthetic=True, date="2024-06-30")
SITES = Origin(label_zh="设施", label_en="Facilities", synthetic=True, date="2024-06-30")


def network() -> WalkNetwork:
    """Streets on a grid, cut by the canal between rows 3 and 4."""
    node = np.arange(COLUMNS * ROWS)
    column, row = node % COLUMNS, node // COLUMNS
    x = WEST_M + column * BLOCK_M + 9.0 * np.sin(row * 1.7)
    y = SOUTH_M + row * BLOCK_M + 7.0 * np.cos(column * 1.3) + np.where(row >= 4, 40.0, 0.0)
    along = [(a, a + 1) for a in node if a % COLUMNS < COLUMNS - 1]
    across = [(a, a + COLUMNS) for a in node if a < COLUMNS * (ROWS - 1)]
    across = [(a, b) for a, b in across if a // COLUMNS != 3 or a % COLUMNS in (1, 6)]
    pairs = np.array(sorted(along + across), dtype=np.int32)
    u, v = pairs[:, 0], pairs[:, 1]
    lines = []
    for a, b in pairs:
        ends = np.array([[x[a], y[a]], [x[b], y[b]]])
        bend = (
            ends.mean(axis=0, keepdims=True) + np.array([14.0, 6.0]) if a % COLUMNS == COLUMNS - 1 else np.empty((0, 2))
        )
        lines.append(np.vstack([ends[:1], bend, ends[1:]]))
    length_m = np.array([np.hypot(*np.diff(line, axis=0).T).sum() for line in lines])
    classes = [way.name for way in catalog.way_classes()]
    same_row = u // COLUMNS == v // COLUMNS
    way_class = np.where(same_row, classes.index("residential"), classes.index("footway"))
    way_class[same_row & (u // COLUMNS == 5)] = classes.index("primary")
    way_class[~same_row & (u % COLUMNS == 6)] = classes.index("tertiary")
    name = np.where(same_row & (u // COLUMNS == 5), 2, np.where(~same_row & (u % COLUMNS == 6), 1, 0))
    name[same_row & (u // COLUMNS == 4)] = 3
    flags = np.where(~same_row & (u // COLUMNS == 3), int(EdgeFlag.BRIDGE), 0)
    flags[0] |= int(EdgeFlag.SIGNAL_AT_V)
    return WalkNetwork(
        crs=CRS_M,
        node_id=node.astype(np.int64),
        x=x,
        y=y,
        node_flags=np.zeros(len(node), dtype=np.uint8),
        u=u,
        v=v,
        length_mm=np.rint(length_m * 1000).astype(np.int64),
        way_class=way_class.astype(np.uint8),
        flags=flags.astype(np.uint16),
        name=name.astype(np.int32),
        names=NAMES,
        vertex=np.vstack(lines),
        vertex_start=np.concatenate([[0], np.cumsum([len(line) for line in lines])]),
        origin=STREETS,
    )


def _border(start: tuple[float, float], end: tuple[float, float], swing_m: float) -> list[tuple[float, float]]:
    """A border that swings like an old lane, so that communities are no squares."""
    steps = np.linspace(0.0, 1.0, 13)
    along = np.array(start) + steps[:, None] * (np.array(end) - np.array(start))
    normal = np.array([-(end[1] - start[1]), end[0] - start[0]]) / np.hypot(end[0] - start[0], end[1] - start[1])
    return [tuple(xy) for xy in along + swing_m * np.sin(steps * 2 * np.pi)[:, None] * normal]


def communities(names: tuple[str, ...] | None = None, elders: tuple[int, ...] | None = None) -> Communities:
    """Four communities on each side of the canal."""
    xs = WEST_M + np.array([-90.0, 310.0, 790.0, 1200.0, 1620.0])
    ys = [(SOUTH_M - 90.0, SOUTH_M + 620.0), (SOUTH_M + 665.0, SOUTH_M + 1470.0)]
    shapes = []
    for bottom, top in ys:
        for place in range(4):
            left = _border((xs[place], bottom), (xs[place], top), 38.0)
            right = _border((xs[place + 1], bottom), (xs[place + 1], top), 38.0)
            shapes.append(shapely.Polygon([*left, *reversed(right)]))
    zh = ("桃花坞", "平江", "双塔", "沧浪", "葑门", "胥江", "金阊", "虎丘")
    en = ("Taohuawu", "Pingjiang", "Shuangta", "Canglang", "Fengmen", "Xujiang", "Jinchang", "Huqiu")
    older = elders or (640, 812, 455, 930, 388, 7, 1204, 503)
    frame = gpd.GeoDataFrame(
        {
            "name": list(names or tuple(f"{word}社区" for word in zh)),
            "name_en": [f"{word} Community" for word in en],
            "subdistrict": ["平江街道"] * 4 + ["沧浪街道"] * 4,
            "subdistrict_en": ["Pingjiang Subdistrict"] * 4 + ["Canglang Subdistrict"] * 4,
            "population": [3 * count + 20 for count in older],
            "pop_60plus": list(older),
        },
        index=pd.Index([f"c{place + 1}" for place in range(8)], name="community_id"),
        geometry=shapes,
        crs=CRS_M,
    )
    return Communities(frame=frame, origin=PLACES)


def facilities(
    net: WalkNetwork, names: tuple[str, ...] | None = None, pack_services: tuple[Service, ...] = ()
) -> tuple[Facilities, np.ndarray]:
    """Twelve sites at nodes of the network, most of them in the south; with services of a pack one to each, and on."""
    nodes = np.array([1, 4, 12, 16, 20, 24, 28, 38, 42, 46, 60, 68])
    services = [("meal_point",), ("clinic",), ("shop",), ("meal_point", "shop"), ("clinic",), ("shop",)] * 2
    if pack_services:
        keys = tuple(catalog.services(pack_services))
        services = [keys[place :: len(nodes)] for place in range(len(nodes))]
    frame = gpd.GeoDataFrame(
        {
            "name": list(names or tuple(f"第{place + 1}便民点" for place in range(12))),
            "name_en": [f"Site {place + 1}" for place in range(12)],
            "services": services,
            "opening_hours": ["Mo-Fr 08:00-17:00"] * 12,
        },
        index=pd.Index([f"f{place + 1:02d}" for place in range(12)], name="facility_id"),
        geometry=shapely.points(net.x[nodes] + 3.0, net.y[nodes] + 4.0),
        crs=CRS_M,
    )
    listed = frozenset(key for row in services for key in row)
    return Facilities(frame=frame, listed=listed, origins=(SITES,), pack_services=pack_services), nodes


def _at_nodes(net: WalkNetwork, ids: pd.Index, nodes: np.ndarray) -> Positions:
    """Positions at an end of some edge of each node, 5 m off the street."""
    edge = np.array([int(np.flatnonzero((net.u == node) | (net.v == node))[0]) for node in nodes], dtype=np.int32)
    offset = np.where(net.u[edge] == nodes, 0, net.length_mm[edge])
    return Positions.single(
        ids=ids,
        edge=edge,
        offset_mm=offset.astype(np.int64),
        leg_mm=np.full(len(nodes), 5000, dtype=np.int64),
        status=np.zeros(len(nodes), dtype=np.uint8),
    )


def _demand(net: WalkNetwork, places: Communities) -> tuple[DemandPoints, np.ndarray]:
    points = gpd.GeoDataFrame({"node": np.arange(net.n_nodes)}, geometry=shapely.points(net.x, net.y), crs=CRS_M)
    inside = points.sjoin(places.frame[["geometry"]], predicate="within").sort_values("node")
    inside = inside[~inside["node"].duplicated()]
    share = 1.0 / inside.groupby("community_id")["node"].transform("size")
    people = {
        column: np.rint(inside["community_id"].map(places.frame[column]) * share * 1024) / 1024
        for column in ("population", "pop_60plus")
    }
    frame = gpd.GeoDataFrame(
        {"community_id": inside["community_id"].to_numpy(), "method": "building"}
        | {column: values.to_numpy() for column, values in people.items()},
        index=pd.Index([f"p{node:03d}" for node in inside["node"]], name="point_id"),
        geometry=inside.geometry.to_numpy(),
        crs=CRS_M,
    )
    return DemandPoints(frame=frame), inside["node"].to_numpy()


def _reached(net: WalkNetwork, cost_ms: np.ndarray, cutoff_ms: float) -> shapely.Geometry:
    near = shapely.points(net.x, net.y)[cost_ms <= cutoff_ms]
    radius = 25.0 + 0.9 * (cutoff_ms - cost_ms[cost_ms <= cutoff_ms]).clip(0, 60_000) / 1000
    return shapely.union_all(shapely.buffer(near, radius, quad_segs=4))


def _listed(sites: Facilities) -> tuple[str, ...]:
    return tuple(key for key in catalog.services(sites.pack_services) if key in sites.listed)


@cache
def _walks() -> tuple[WalkNetwork, np.ndarray]:
    """The streets, and milliseconds from each site to each node: the same in every town."""
    net, profile = network(), catalog.profile("elderly")
    arc_ms = profile.walk_ms(net.length_mm).astype(float)
    graph = coo_array((arc_ms, (net.u, net.v)), shape=(net.n_nodes, net.n_nodes)).tocsr()
    cost_ms = dijkstra(graph, directed=False, indices=facilities(net)[1]) + 2 * profile.walk_ms(np.array([5000]))[0]
    cost_ms.setflags(write=False)
    return net, cost_ms


@cache
def _area(site: int, cutoff_min: float) -> shapely.Geometry:
    net, cost_ms = _walks()
    return _reached(net, cost_ms[site], cutoff_min * 60_000)


@cache
def _united(cutoff_min: float, offered: tuple[bool, ...]) -> shapely.Geometry:
    return shapely.union_all([_area(site, cutoff_min) for site in np.flatnonzero(offered)])


def _isochrones(sites: Facilities, settings: Settings) -> Isochrones:
    keys = [(key, cutoff) for key in sites.frame.index for cutoff in settings.cutoffs_min]
    shapes = [_area(site, cutoff) for site in range(len(sites)) for cutoff in settings.cutoffs_min]
    index = pd.MultiIndex.from_tuples(keys, names=["facility_id", "cutoff_min"])
    frame = gpd.GeoDataFrame(index=index, geometry=shapes, crs=CRS_M)
    services = _listed(sites)
    offers = {service: tuple(service in row for row in sites.frame["services"]) for service in services}
    pairs = [(service, cutoff) for service in services for cutoff in settings.cutoffs_min]
    unions = [_united(cutoff, offers[service]) for service, cutoff in pairs]
    merged = gpd.GeoDataFrame(
        index=pd.MultiIndex.from_tuples(pairs, names=["service", "cutoff_min"]), geometry=unions, crs=CRS_M
    )
    return Isochrones(frame=frame, merged=merged, profile=catalog.profile("elderly"))


def _coverage(demand: DemandPoints, sites: Facilities, cost_ms: np.ndarray, settings: Settings) -> Coverage:
    """Cost per demand point and facility into shares; written out for this town only."""
    rows, nearest, people = [], [], demand.frame
    for service in _listed(sites):
        offered = cost_ms[[service in row for row in sites.frame["services"]]]
        best = offered.min(axis=0)
        for community, place in people.reset_index().groupby("community_id").indices.items():
            elders, everyone = people["pop_60plus"].to_numpy()[place], people["population"].to_numpy()[place]
            for cutoff in settings.cutoffs_min:
                inside = best[place] <= cutoff * 60_000
                row = {"community_id": community, "service": service, "cutoff_min": cutoff}
                for column, who in (("population", everyone), ("pop_60plus", elders)):
                    row |= {
                        column: who.sum(),
                        f"{column}_covered": who[inside].sum(),
                        f"{column}_uncovered": who[~inside].sum(),
                        f"{column}_unplaced": 0.0,
                        f"{column}_undetermined": 0.0,
                        f"{column}_share": who[inside].sum() / who.sum(),
                    }
                reach = (offered[:, place] <= cutoff * 60_000).sum(axis=0)
                rows.append(row | {"choices": float(np.average(reach, weights=elders))})
            minutes = best[place] / 60_000
            nearest.append(
                {
                    "community_id": community,
                    "service": service,
                    "mean_min": float(np.average(minutes, weights=elders)),
                    "p90_min": float(np.quantile(minutes, 0.9)),
                    "unreachable": 0.0,
                }
            )
    frame = pd.DataFrame(rows).set_index(["community_id", "service", "cutoff_min"]).sort_index()
    return Coverage(
        frame=frame,
        nearest=pd.DataFrame(nearest).set_index(["community_id", "service"]).sort_index(),
        services=_listed(sites),
        undetermined=() if "day_care" in sites.listed else ("day_care",),
    )


def _gaps(places: Communities, coverage: Coverage, settings: Settings) -> Gaps:
    last = coverage.frame.xs(settings.circle_min, level="cutoff_min")
    frame = pd.DataFrame(
        {
            "elders": last["pop_60plus"],
            "uncovered": last["pop_60plus_uncovered"],
            "undetermined": 0.0,
            "intensity_pct": 100 * (1 - last["pop_60plus_share"]),
            "share": last["pop_60plus_share"],
            "mean_min": coverage.nearest["mean_min"],
            "p90_min": coverage.nearest["p90_min"],
            "unreachable": coverage.nearest["unreachable"],
            "reached": True,
        }
    )
    frame["rank"] = frame.groupby("service")["uncovered"].rank(ascending=False, method="first").astype(int)
    share = frame["share"].unstack("service").clip(lower=0.01)
    short = frame["uncovered"].unstack("service")
    table = pd.DataFrame(
        {
            "name": places.frame["name"],
            "elders": places.frame["pop_60plus"].astype(float),
            "uncovered": short.sum(axis=1),
            "uncovered_worst": short.max(axis=1),
            "worst_service": short.idxmax(axis=1),
            "index": 100 * (1 - np.exp(np.log(share).mean(axis=1))),
            "index_additive": 100 * (1 - share.mean(axis=1)),
            "index_worst": 100 * (1 - share.min(axis=1)),
        }
    )
    by_score = {"rank": "index", "rank_additive": "index_additive", "rank_worst": "index_worst"}
    for rank, by in (by_score | {"rank_people": "uncovered"}).items():
        table[rank] = table[by].rank(ascending=False, method="first").astype(int)
    weights = MappingProxyType(dict.fromkeys(coverage.services, 1 / len(coverage.services)))
    return Gaps(frame=frame, by_community=table.sort_values("rank"), weights=weights, cutoff_min=settings.circle_min)


FILES = (
    FileRecord(
        file="sites.xlsx", role="facilities", form=".xlsx", part="清单", crs="gcj02",
        understood=(("站名", "name"), ("经度", "lon"), ("lat", "lat")), unknown=("备注",), personal=("联系电话",),
        rows_read=16, rows_used=12, dropped=(("facility-without-point", 1), ("facility-id-twice", 3)),
    ),
    FileRecord(
        file="streets.osm", role="streets", form="OpenStreetMap", crs="EPSG:4326", rows_read=60, rows_used=48,
        dropped=(("highway=motorway", 9), ("foot=no", 2), ("no street", 1)),
    ),
)  # fmt: skip
"""Four rows of sixteen were left out; nine ways are motorways."""


def analysis(
    *,
    community_names: tuple[str, ...] | None = None,
    facility_names: tuple[str, ...] | None = None,
    elders: tuple[int, ...] | None = None,
    title: str = "小城",
    findings: tuple[Finding, ...] | None = None,
    files: tuple[FileRecord, ...] | None = None,
    pack_services: tuple[Service, ...] = (),
) -> Analysis:
    """The town, analysed. Names may be given, to see what hostile ones do; so may people aged 60+, and services."""
    places, settings, (net, cost_ms) = communities(community_names, elders), Settings(), _walks()
    sites, at = facilities(net, facility_names, pack_services)
    demand, nodes = _demand(net, places)
    profile = catalog.profile("elderly")
    to_points = cost_ms[:, nodes]
    coverage = _coverage(demand, sites, to_points, settings)
    pairs = np.argwhere(to_points.T <= 900_000)
    hull = shapely.buffer(shapely.union_all(places.frame.geometry.to_numpy()), 1.0)
    canal = shapely.LineString([(WEST_M - 300, SOUTH_M + 635), (WEST_M + 1800, SOUTH_M + 655)]).buffer(15)
    city = City(
        key="town",
        title_zh=title,
        title_en="Small town",
        area=StudyArea(boundary=hull, crs=CRS_M, buffer_m=900.0),
        network=net,
        facilities=sites,
        communities=places,
        files=FILES if files is None else files,
        context={"water": gpd.GeoDataFrame(geometry=[canal], crs=CRS_M)},
        review_number="",
    )
    note = Finding(
        code="unlisted-service",
        severity="note",
        message_zh="日间照料没有设施清单，不能判定。",
        message_en="There is no list of day-care centres: undetermined.",
        remedy_zh="在城市包中加入清单。",
        remedy_en="Add a list to the city pack.",
    )
    return Analysis(
        city=city,
        settings=settings,
        profile=profile,
        demand=PlacedDemand(points=demand, positions=_at_nodes(net, demand.frame.index, nodes)),
        facilities=PlacedFacilities(facilities=sites, positions=_at_nodes(net, sites.frame.index, at)),
        reach=ReachTable(
            point_ids=demand.frame.index,
            facility_ids=sites.frame.index,
            point=pairs[:, 0].astype(np.int32),
            facility=pairs[:, 1].astype(np.int32),
            cost_ms=to_points.T[tuple(pairs.T)].astype(np.int32),
            cutoff_ms=900_000,
            profile=profile,
            point_status=np.zeros(len(demand), dtype=np.uint8),
        ),
        isochrones=_isochrones(sites, settings),
        coverage=coverage,
        gaps=_gaps(places, coverage, settings),
        findings=(note,) if findings is None else findings,
        record={},
    )
