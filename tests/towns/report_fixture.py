"""The small town with everything that verdicts rest on, made by hand, for tests of reports."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.catalog.norm_books import norm_book
from circle15.model import Analysis, Attribution, Equity, Ledger, Robustness, Routes, Stability, Typology
from tests.towns.page_fixture import CRS_M, SOUTH_M, WEST_M
from tests.towns.page_fixture import analysis as make_analysis
from tests.towns.verdict_fixture import ASSUMED

BOTH = ["community_id", "service"]


def full(**options) -> Analysis:
    """The town of :mod:`tests.page_fixture` with a ledger, causes, draws, equity and types."""
    plain = make_analysis(**options)
    ids = plain.city.communities.frame.index
    return dataclasses.replace(
        plain,
        ledger=ledger(ids),
        attribution=attribution(plain),
        robustness=robustness(plain),
        stability=stability(plain),
        equity=equity(ids),
        typology=typology(plain),
        routes=routes(plain),
    )


def ledger(ids: pd.Index) -> Ledger:
    """Two clauses for every community and one for the city: the first fails once, the second lacks a column."""
    rules = {rule.clause_id: rule for rule in norm_book("jiangsu-13fyp").rules}
    area, stop = rules["js13-area-per-100hh"], rules["js13-one-stop"]
    rate = next(rule for rule in rules.values() if rule.level == "city")
    rows = [("community", str(key), area.clause_id, 12.5 if key == ids[0] else 40.0) for key in ids]
    rows += [("community", str(key), stop.clause_id, np.nan) for key in ids]
    rows.append(("city", "city", rate.clause_id, 87.5))
    frame = pd.DataFrame(rows, columns=["level", "unit_id", "clause_id", "observed"])
    frame["verdict"] = np.select(
        [frame["observed"].isna(), frame["observed"] == 12.5, frame["level"] == "city"],
        ["undetermined", "fail", "fail"], "pass",
    )  # fmt: skip
    frame["standing"] = frame["clause_id"].map({key: rule.standing for key, rule in rules.items()})
    frame["lacks"] = np.where(frame["observed"].isna(), "one_stop", "")
    frame["facility_id"] = frame["source"] = frame["source_date"] = ""
    for column in ("at_least", "at_most"):
        frame[column] = (
            frame["clause_id"].map({key: getattr(rule, column) for key, rule in rules.items()}).astype(float)
        )
    frame["unit"] = frame["clause_id"].map({key: rule.unit for key, rule in rules.items()})
    frame["route_min"] = frame["route_m"] = frame["floor_area_m2"] = np.nan
    return Ledger(frame=frame.set_index(["level", "unit_id", "clause_id"]), rules=(area, stop, rate))


def attribution(plain: Analysis) -> Attribution:
    """Every gap of the town: the first, of 834 people, lacks a link, the second a facility, the others both."""
    gaps = plain.gaps.frame[plain.gaps.frame["uncovered"] > 0]["uncovered"].copy()
    gaps.iloc[0] = 834.0
    cause = ["link", "facility", *["mixed"] * (len(gaps) - 2)]
    frame = pd.DataFrame({"uncovered": gaps, "cause": cause}, index=gaps.index)
    parts = {"gates": 1.0, "link": 0.45, "direct": 0.4, "straight": 0.25, "visitor": 1.0, "closed": 1.0}
    for column, part in parts.items():
        frame[f"uncovered_{column}"] = gaps * part
    frame["from_street"] = frame["to_street"] = ""
    frame["link_id"] = ["link-1", "", *[""] * (len(gaps) - 2)]
    line = shapely.LineString([(WEST_M + 300, SOUTH_M + 560), (WEST_M + 300, SOUTH_M + 700)])
    links = gpd.GeoDataFrame(
        {"length_m": [140.0], "crosses": ["water"], "serves": [458.7], "u": [0], "v": [1]},
        index=pd.Index(["link-1"], name="link_id"), geometry=[line], crs=CRS_M,
    )  # fmt: skip
    worlds = {"resident": [583.0, 48.5], "open": [262.0, 48.5], "visitor": [930.0, 48.5], "closed": [583.0, 48.5]}
    policies = pd.DataFrame(worlds, index=gaps.index[:2])
    served = pd.Series([458.7], index=pd.MultiIndex.from_tuples([("link-1", *gaps.index[0])]))
    served.index.names = ["link_id", *BOTH]
    return Attribution(frame=frame, links=links, served=served, policies=policies, cutoff_min=15.0)


def robustness(plain: Analysis) -> Robustness:
    """Draws that leave every share where it is, and one field check."""
    gaps = plain.gaps.frame
    frame = pd.DataFrame({"share": gaps["share"], "share_low": gaps["share"], "share_high": gaps["share"]})
    frame["required"], frame["p_below"] = 0.9, np.where(gaps["share"] < 0.9, 1.0, 0.0)
    frame["verdict"] = np.where(gaps["share"] < 0.9, "robust_gap", "robust_pass")
    ranked = plain.gaps.by_community
    index = ranked["index"]
    of = pd.DataFrame({"index": index, "index_low": index - 3, "index_high": index + 4})
    for column in ("rank", "rank_low", "rank_high"):
        of[column] = ranked["rank"]
    of["robust_gaps"] = (frame["verdict"] == "robust_gap").groupby(level="community_id").sum().reindex(of.index)
    checks = pd.DataFrame(
        {
            "kind": ["facility"], "target_id": [plain.city.facilities.frame.index[0]], "name": ["甲"], "flips": [3],
            "name_en": ["A"], "offers": [("clinic",)], "length_m": [np.nan], "people": [456.0],
            "communities": [(plain.city.communities.frame.index[0],)], "services": [("clinic",)], "lon": [120.6],
            "lat": [31.3], "rank": [1], "p_no": [0.1],
        },
        index=pd.Index(["check-1"], name="check_id"),
    )  # fmt: skip
    row = ("check-1", plain.city.communities.frame.index[0], "clinic")
    lost = pd.Series([456.0], index=pd.MultiIndex.from_tuples([row], names=["check_id", *BOTH]))
    return Robustness(frame=frame, by_community=of, checks=checks, lost=lost, draws=200, seed=15, assumptions=ASSUMED)


def stability(plain: Analysis) -> Stability:
    """Ranks that no weight changes."""
    ranked = plain.gaps.by_community
    frame = pd.DataFrame({"rank": ranked["rank"], "top_tenth": (ranked["rank"] == 1).astype(float)})
    for column in ("rank_additive", "rank_worst", "rank_low", "rank_high"):
        frame[column] = ranked["rank"]
    index = pd.MultiIndex.from_tuples([("geometric", "additive")], names=["variant", "other"])
    return Stability(frame=frame, agreement=pd.DataFrame({"rho": [0.97], "tau": [0.9]}, index=index), draws=50, seed=15)


def equity(ids: pd.Index) -> Equity:
    """One service, spread as 20 % of people without and 80 % alike; the sixth community is a group of its own."""
    frame = pd.DataFrame(
        {
            "gini": [0.2], "concentration": [np.nan], "palma": [1.75], "p90_p10": [2.5], "bottom40_share": [0.25],
            "worst_decile_min": [31.25], "zero_share": [0.2], "why": [("worst_some",)],
        },
        index=pd.Index(["clinic"], name="service"),
    )  # fmt: skip
    keys = [("community_type", "老城区", "clinic"), ("community_type", "农村", "clinic")]
    groups = pd.DataFrame(
        {"communities": [7, 1], "pop_60plus": [2004.0, 8.0], "share": [0.754, 0.5], "mean_min": [9.5, 12.0]},
        index=pd.MultiIndex.from_tuples(keys, names=["grouping", "group", "service"]),
    )
    steps = pd.MultiIndex.from_product([["clinic"], range(3)], names=["service", "step"])
    lorenz = pd.DataFrame({"people": [0.0, 0.2, 1.0], "access": [0.0, 0.0, 1.0]}, index=steps)
    minutes = pd.MultiIndex.from_product([["clinic"], range(31)], names=["service", "minutes"])
    curve = pd.DataFrame({"share": np.linspace(0, 1, 31)}, index=minutes)
    named = np.where(np.arange(len(ids)) == 5, "农村", "老城区")
    members = pd.DataFrame({"community_id": ids, "grouping": "community_type", "group": named})
    exact = Equity(frame=frame, groups=groups, members=members, lorenz=lorenz, curve=curve)
    return dataclasses.replace(exact, told=exact)


def typology(plain: Analysis) -> Typology:
    """All communities of one type."""
    ids = plain.city.communities.frame.index
    frame = pd.DataFrame({"type_id": "T1"}, index=ids)
    types = pd.DataFrame(
        {"traits": [("density_high",)], "number": [0], "communities": [len(ids)], "pop_60plus": [2012.0],
         "medoid_id": [ids[2]], "kunshan": ["老城区"]},
        index=pd.Index(["T1"], name="type_id"),
    )  # fmt: skip
    return Typology(method="quadrants", frame=frame, types=types)


def routes(plain: Analysis) -> Routes:
    """One typical walk."""
    key = plain.gaps.frame.index[0]
    site = plain.city.facilities.frame.index[0]
    frame = gpd.GeoDataFrame(
        {
            "point_id": ["p"], "facility_id": [site], "minutes": [12.4], "metres": [669.6], "straight_m": [500.0],
            "edges": [(0, 1)],
        },
        index=pd.MultiIndex.from_tuples([key], names=BOTH),
        geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=CRS_M,
    )  # fmt: skip
    return Routes(frame=frame)
