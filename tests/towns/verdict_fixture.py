"""The small town of :mod:`tests.page_fixture` with verdicts on it, written out by hand where a test rests on them."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from circle15.catalog import uncertainty
from circle15.model import Analysis, Assumptions
from circle15.model.norms import Ledger, Rule
from circle15.model.verdicts import Attribution, Note, Robustness, Routes, Stability, Typology
from tests.towns.page_fixture import CRS_M, SERVICES, analysis


def rule(clause_id: str, **changes: object) -> Rule:
    """A clause that asks for meals within fifteen minutes for nine in ten, changed as a test wants it."""
    plain: dict[str, object] = {
        "clause_id": clause_id, "book": "jiangsu-13fyp", "title_zh": f"条文{clause_id}",
        "title_en": f"Clause {clause_id}",
        "measure": "people_in_reach", "unit": "%", "source_zh": "规划", "source_en": "the plan", "clause": "三(二)1",
        "year": 2020, "status": "expected", "grade": "S", "standing": "source", "services": ("meal_point",),
        "people": "pop_60plus", "minutes": 15.0, "at_least": 90.0,
    }  # fmt: skip
    return Rule(**{**plain, **changes})  # type: ignore[arg-type]


RULES = (
    rule("meals"),
    rule("clinics", services=("clinic",), metres=500.0, minutes=None, grade="M", book="gb50180-2018"),
    rule("shops", measure="facility_count", unit="sites", services=("shop",), minutes=None, at_least=1.0),
    rule("care", services=("day_care",)),
    rule("grids", measure="grids_required", unit="grids", services=(), minutes=None, at_least=None),
    rule("centres", measure="facility_count", unit="sites", services=("shop",), at_least=2.0, level="subdistrict"),
    rule("rate", measure="compliance_rate", services=(), of=("shops",), level="city", minutes=None),
)  # fmt: skip


ASSUMED = Assumptions(
    uncertain=uncertainty(), speed_mps=0.9, max_snap_m=150.0, cutoff_min=15.0, facilities=12, confirmed=0,
    clauses={"meal_point": ("meals",), "clinic": ("clinics", "of another book"), "shop": ()},
)  # fmt: skip


def ledger(town: Analysis, rules: tuple[Rule, ...] = RULES) -> Ledger:
    """Verdicts of the town: shares as the coverage has them, six of eight communities with a shop."""
    share = 100 * town.coverage.frame["pop_60plus_share"].unstack("service").xs(15.0, level="cutoff_min")
    ids = town.city.communities.frame.index
    units = {"community": list(ids), "subdistrict": ["沧浪街道", "平江街道"], "city": ["city"]}
    values = {
        "meals": share["meal_point"].reindex(ids), "clinics": share["clinic"].reindex(ids), "care": [np.nan] * 8,
        "shops": [1, 0, 2, 1, 0, 1, 1, 1], "grids": [3, 3, 2, 4, 2, 1, 5, 2], "centres": [3, 1], "rate": [75.0],
    }  # fmt: skip
    rows = []
    for one in rules:
        for unit, value in zip(units[one.level], values[one.clause_id], strict=True):
            known = bool(np.isfinite(value))
            judged = "shown" if not one.judges else "pass" if known and one.passes(value) else "fail"
            rows.append({
                "level": one.level, "unit_id": unit, "clause_id": one.clause_id, "observed": float(value),
                "at_least": one.at_least, "at_most": one.at_most, "unit": one.unit,
                "verdict": judged if known else "undetermined", "standing": one.standing,
                "lacks": "" if known else "facilities: day_care",
                "facility_id": "f01" if one.clause_id == "meals" else "",
                "route_min": 7.25 if one.clause_id == "meals" else np.nan,
                "route_m": 391.4 if one.clause_id == "meals" else np.nan,
            })  # fmt: skip
    return Ledger(frame=pd.DataFrame(rows).set_index(["level", "unit_id", "clause_id"]), rules=rules)


def routes(town: Analysis) -> Routes:
    """From the first home of each community to the nearest meal point and clinic, along the streets."""
    net, demand, sites = town.city.network, town.demand.frame, town.city.facilities.frame
    cost = net.length_mm.astype(float)
    graph = coo_array((cost, (net.u, net.v)), shape=(net.n_nodes, net.n_nodes)).tocsr()
    far, before = dijkstra(graph, directed=False, return_predecessors=True)
    corner = [np.argmin(np.hypot(net.x - p.x, net.y - p.y)) for p in sites.geometry]
    rows = []
    for community in town.city.communities.frame.index:
        first = demand.index[demand["community_id"] == community][0]
        home = int(np.argmin(np.hypot(net.x - demand.geometry[first].x, net.y - demand.geometry[first].y)))
        for service in SERVICES[:2]:
            offers = [place for place, row in enumerate(sites["services"]) if service in row]
            best = min(offers, key=lambda place: (far[home, corner[place]], place))
            way = [int(corner[best])]
            while way[-1] != home:
                way.append(int(before[home, way[-1]]))
            metres = far[home, corner[best]] / 1000 + 10
            xy = [(net.x[node], net.y[node]) for node in reversed(way)]
            rows.append({
                "community_id": community, "service": service, "point_id": first, "facility_id": sites.index[best],
                "minutes": metres / 54, "metres": metres, "straight_m": 0.8 * metres, "edges": (),
                "geometry": shapely.LineString(xy if len(xy) > 1 else [*xy, *xy]),
            })  # fmt: skip
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS_M).set_index(["community_id", "service"])
    return Routes(frame=frame.sort_index())


def attribution(town: Analysis) -> Attribution:
    """Every gap of the town: a link across the canal closes that of meals, only a new clinic that of clinics."""
    gaps = town.gaps.frame[town.gaps.frame["uncovered"] > 0]
    net = town.city.network
    meals = gaps.index.get_level_values("service") == "meal_point"
    lost = gaps["uncovered"].to_numpy()
    frame = pd.DataFrame(
        {
            "uncovered": lost, "uncovered_gates": lost, "uncovered_link": np.where(meals, 0.25 * lost, lost),
            "uncovered_direct": np.where(meals, 0.5 * lost, lost), "uncovered_visitor": lost, "uncovered_closed": lost,
            "uncovered_straight": np.where(meals, 0.0, lost), "cause": np.where(meals, "link", "facility"),
            "link_id": np.where(meals, "L1", ""),
            "from_street": "",
            "to_street": "",
        },
        index=gaps.index,
    )  # fmt: skip
    ends = [(29, 38), (30, 39)]
    links = gpd.GeoDataFrame(
        {"length_m": [230.0, 231.0], "crosses": ["water", "water+private"], "serves": [702.0, 7.0],
         "u": [29, 30], "v": [38, 39]},
        index=pd.Index(["L1", "L2"], name="link_id"),
        geometry=[shapely.LineString([(net.x[a], net.y[a]), (net.x[b], net.y[b])]) for a, b in ends], crs=CRS_M,
    )  # fmt: skip
    rows = pd.MultiIndex.from_tuples(
        [("L1", "c7", "meal_point"), ("L2", "c5", "clinic")], names=["link_id", "community_id", "service"]
    )
    served = pd.Series([702.0, 7.0], index=rows)
    return Attribution(frame=frame, links=links, served=served, cutoff_min=15.0)


def robustness(town: Analysis) -> Robustness:
    """A verdict for each service of each community, in turn; two field checks."""
    index = town.gaps.frame.index
    kinds = ("robust_gap", "likely_gap", "doubtful", "robust_pass")
    below = np.array([0.97, 0.72, 0.31, 0.02])
    turn = np.arange(len(index)) % 4
    frame = pd.DataFrame(
        {
            "share": town.gaps.frame["share"], "share_low": 0.42, "share_high": 0.58, "required": 0.9,
            "p_below": below[turn], "verdict": np.array(kinds)[turn],
        },
        index=index,
    )  # fmt: skip
    table = town.gaps.by_community
    by_community = pd.DataFrame(
        {
            "index": table["index"], "index_low": table["index"] - 4, "index_high": table["index"] + 4,
            "rank": table["rank"], "rank_low": (table["rank"] - 1).clip(lower=1),
            "rank_high": (table["rank"] + 2).clip(upper=8), "robust_gaps": 1,
        },
    )  # fmt: skip
    checks = pd.DataFrame(
        {
            "kind": ["facility", "gate"], "target_id": ["f01", "12"], "name": ["第1便民点", "平江路"],
            "name_en": ["Site 1", "平江路"], "offers": [("meal_point",), ()],
            "length_m": [np.nan, 40.0], "flips": [3, 1],
            "people": [240.0, 6.0], "communities": [("c1", "c2"), ("c3",)], "services": [("meal_point",), ("clinic",)],
            "lon": [120.601, 120.605], "lat": [31.314, 31.318], "rank": [1, 2], "p_no": 0.1,
        },
        index=pd.Index(["k1", "k2"], name="check_id"),
    )  # fmt: skip
    rows = [("k1", "c1", "meal_point"), ("k1", "c2", "meal_point"), ("k2", "c3", "clinic")]
    lost = pd.Series(
        [140.0, 100.0, 6.0], index=pd.MultiIndex.from_tuples(rows, names=["check_id", "community_id", "service"])
    )
    return Robustness(
        frame=frame, by_community=by_community, checks=checks, lost=lost, draws=200, seed=15, assumptions=ASSUMED
    )


def typology(town: Analysis) -> Typology:
    """Two kinds, in turn."""
    ids = town.city.communities.frame.index
    kind = np.where(np.arange(len(ids)) % 2 == 0, "T1", "T2")
    frame = pd.DataFrame(
        {"type_id": kind, "medoid": False, "silhouette": np.nan, "outlier": np.arange(len(ids)) == 3}, index=ids
    )
    types = pd.DataFrame(
        {
            "traits": [("elders_high", "walk_high"), ("elders_low", "walk_low")], "number": 0, "communities": [4, 4],
            "pop_60plus": [2000.0, 2000.0], "medoid_id": ["c1", "c2"], "kunshan": ["老城区", ""],
        },
        index=pd.Index(["T1", "T2"], name="type_id"),
    )  # fmt: skip
    notes = {"method": Note("quadrants", {"count": 8, "fewest": 30})}
    return Typology(method="quadrants", frame=frame, types=types, notes=notes)


def stability(town: Analysis) -> Stability:
    """Ranks that move by one."""
    table = town.gaps.by_community
    frame = pd.DataFrame(
        {
            "rank": table["rank"], "rank_additive": table["rank_additive"], "rank_worst": table["rank_worst"],
            "rank_low": (table["rank"] - 1).clip(lower=1), "rank_high": (table["rank"] + 1).clip(upper=8),
            "top_tenth": 0.25,
        },
    )  # fmt: skip
    return Stability(frame=frame, draws=1000, seed=15)


def judged(**changes: object) -> Analysis:
    """The town with everything behind its verdicts; parts may be given, or emptied by an empty one."""
    town = analysis(**changes)  # type: ignore[arg-type]
    return replace(
        town, ledger=ledger(town), routes=routes(town), attribution=attribution(town), robustness=robustness(town),
        typology=typology(town), stability=stability(town),
    )  # fmt: skip
