"""What stands behind verdicts on a page: it comes back as it went in, and tells of no few people."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.catalog.norm_books import measures
from circle15.catalog.phrases import remedy_sentences
from circle15.model import Analysis
from circle15.model.norms import Ledger
from circle15.model.units import Units
from circle15.model.verdicts import Attribution, Robustness, Routes, Stability, Typology
from circle15.render.map.ledger import ledger
from circle15.render.map.payload import payload
from circle15.render.published.clauses import EXPOSURE, _rate, _Told
from circle15.render.published.privacy import NEARLY_ALL, NEARLY_NONE, SUPPRESSED, public_shares, tells_too_much
from circle15.render.published.told import publish
from tests.towns.packed_sections import section, verdict_parts
from tests.towns.page_fixture import analysis
from tests.towns.verdict_fixture import RULES, judged, rule

EMPTY = {
    "ledger": Ledger(), "routes": Routes(), "attribution": Attribution(), "robustness": Robustness(),
    "typology": Typology(), "stability": Stability(),
}  # fmt: skip


@pytest.fixture(scope="module")
def town() -> Analysis:
    return judged()


@pytest.fixture(scope="module")
def content(town: Analysis) -> dict[str, Any]:
    return payload(town)


# -- shares -----------------------------------------------------------------------------------------


def _possible(total: int, shown: float) -> set[int]:
    """Numbers of people inside that a reader who knows the total cannot tell apart."""
    every = np.arange(total + 1)
    told = public_shares(np.full(total + 1, float(total)), every / total)
    return set(every[told == shown].tolist())


@given(st.integers(10, 3000), st.data())
def test_no_share_tells_of_one_to_nine_people(total: int, data: st.DataObject) -> None:
    inside = data.draw(st.integers(0, total))
    shown = public_shares(np.array([float(total)]), np.array([inside / total]))[0]
    if total < 20:  # a part of so few tells of the rest
        assert np.isnan(shown) if 0 < inside < total else shown == 100 * inside / total
        return
    maybe = _possible(total, shown)
    assert inside in maybe
    few_in, few_out = set(range(1, 10)), {total - count for count in range(1, 10)} - {0}
    if inside in few_out:
        assert shown == NEARLY_ALL
        assert maybe == few_out
    elif total < 30 and 0 < inside < total:  # all that leave ten and more out are one share, as they are one count
        assert maybe == set(range(1, total - 9))
    elif inside in few_in:
        assert shown == NEARLY_NONE
        assert maybe == few_in - few_out
    elif 0 < inside < total:
        # Five numbers or more look alike, as far as there are as many between few in and few out.
        assert not maybe & (few_in | few_out)
        assert len(maybe) >= min(5, total - 19)
        # The last tens stand for up to thirteen people more, all others for five; tens of all make this no worse, as
        # trying every share of every total to 3,000 showed (twelve at most). Half a percent is from whole percent.
        assert abs(shown - 100 * inside / total) <= 100 * 13 / total + 0.5
    else:
        assert shown == (0 if inside == 0 else 100)


def test_fewer_than_ten_people_have_no_share() -> None:
    assert np.isnan(public_shares(np.array([9.0, 0.0, np.nan, 50.0]), np.array([0.5, 0.5, 0.5, np.nan]))).all()


@given(st.integers(10, 400), st.integers(1, 99), st.booleans(), st.data())
def test_a_verdict_that_is_told_cuts_no_small_group(
    total: int,
    limit: int,
    least: bool,  # noqa: FBT001
    data: st.DataObject,
) -> None:
    inside = data.draw(st.integers(0, total))
    complies = (lambda percent: percent >= limit - 1e-9) if least else (lambda percent: percent <= limit + 1e-9)
    share = np.array([inside / total])
    withheld = bool(tells_too_much(np.array([float(total)]), share, complies)[0])
    shown = public_shares(np.array([float(total)]), share)[0]
    verdict = complies(100 * inside / total)
    alike = {count for count in _possible(total, shown) if complies(100 * count / total) == verdict}
    assert withheld or total >= 20 or inside in {0, total}
    if withheld or total < 20:
        return
    if 0 < inside < 10 or 0 < total - inside < 10:
        assert alike == _possible(total, shown)
    elif 0 < inside < total and total > 20:
        assert len(alike) >= 2


def test_five_of_hundred_may_be_left_out_and_seven_are() -> None:
    at_least = lambda percent: percent >= 95
    share = np.array([0.93, 1.0, 0.5, 0.99])
    assert tells_too_much(np.full(4, 100.0), share, at_least).tolist() == [True, False, False, True]


# -- the ledger -------------------------------------------------------------------------------------


def test_every_measure_says_what_it_tells_of_people() -> None:
    assert set(EXPOSURE) == set(measures())


def test_clauses_come_back_with_their_verdicts(town: Analysis, content: dict[str, Any]) -> None:
    norms = verdict_parts(content)["norms"]
    assert [clause["id"] for clause in norms["clauses"]] == [one.clause_id for one in RULES]
    letters = {"pass": "p", "fail": "f", "undetermined": "u", "shown": "s"}
    for clause, row in zip(norms["clauses"], norms["rows"], strict=True):
        units = {"community": [one["id"] for one in content["communities"]], "city": ["city"]}
        ids = units.get(clause["level"], norms["subdistricts"])
        found = town.ledger.frame["verdict"].xs(clause["id"], level="clause_id").droplevel("level").reindex(ids)
        told = [letters[verdict] for verdict in found]
        # c6 has seven elders: nothing is told of their share.
        people = "pop_60plus" if clause["about"] else ""
        hidden = [people != "" and one == "c6" and letter != "u" for one, letter in zip(ids, told, strict=True)]
        assert row["v"] == "".join("h" if gone else letter for gone, letter in zip(hidden, told, strict=True))
    shops = norms["rows"][[clause["id"] for clause in norms["clauses"]].index("shops")]
    assert shops["o"] == [1, 0, 2, 1, 0, 1, 1, 1]
    care = norms["rows"][3]
    assert norms["lacks"][care["l"][0]][0] == "提供“日间照料中心”的设施清单"


def test_shares_of_the_ledger_are_made_of_tens(town: Analysis, content: dict[str, Any]) -> None:
    row = verdict_parts(content)["norms"]["rows"][0]
    exact = town.ledger.frame["observed"].xs("meals", level="clause_id").to_numpy()
    elders = town.city.communities.frame["pop_60plus"].to_numpy()
    for share, people, shown in zip(exact, elders, row["o"], strict=True):
        if people < 10:
            assert shown is None
        else:
            outside = round(people * (1 - share / 100))
            tens, whole = (outside + 5) // 10 * 10, (people + 5) // 10 * 10
            assert shown == (100 if outside == 0 else 0 if outside == people else round(100 * (1 - tens / whole)))


def test_reports_tell_the_same_of_the_ledger_as_pages(town: Analysis, content: dict[str, Any]) -> None:
    norms, told = verdict_parts(content)["norms"], publish(town).analysis.ledger.frame
    assert told.index.equals(town.ledger.frame.index)
    names = {"pass": "p", "fail": "f", "undetermined": "u", "shown": "s", "hidden": "h"}
    compared = 0
    for clause, row in zip(norms["clauses"], norms["rows"], strict=True):
        if clause["level"] != "community":
            continue
        mine = told.xs(clause["id"], level="clause_id").droplevel("level")
        for place, own in enumerate(content_ids(town)):
            if row["v"][place] == ".":
                assert own not in mine.index
                continue
            assert names[mine.loc[own, "verdict"]] == row["v"][place]
            figure = mine.loc[own, "observed"]
            assert row["o"][place] == (None if np.isnan(figure) else pytest.approx(figure, abs=0.05))
            compared += 1
    assert compared > 8


def content_ids(town: Analysis) -> list[str]:
    return [str(key) for key in town.city.communities.frame.index]


@pytest.mark.parametrize(
    ("letters", "least", "verdict", "left"),
    [
        ("ppfp", 70, "p", ("p", 75.0)),  # nothing withheld: as it is
        ("ppfh", 70, "p", ("h", None)),  # three of four pass only if the hidden one does
        ("ppfh", 90, "f", ("f", None)),  # fails either way, but 75 or 50 percent would tell
    ],
)
def test_a_rate_tells_no_verdict_that_is_withheld(
    town: Analysis, letters: str, least: float, verdict: str, left: tuple[str, float | None]
) -> None:
    first = town.ledger.rules[0]
    asked = replace(first, measure="compliance_rate", unit="%", of=("one",), level="city", at_least=least, at_most=None)
    units = Units(level="city", ids=pd.Index(["city"]), code=np.zeros(4, dtype=np.int64))
    nothing = np.full(4, np.nan)
    words = {"p": "pass", "f": "fail", "h": "hidden"}
    own = _Told(np.array([words[verdict]], dtype=object), np.array([75.0]), np.array([50.0]), np.array([75.0]))
    under = _Told(np.array([words[one] for one in letters], dtype=object), nothing, nothing, nothing)
    found = _rate(asked, units, own, {"one": under})
    assert found.verdicts[0] == words[left[0]]
    for figure, whole in ((found.observed, 75.0), (found.low, 50.0), (found.high, 75.0)):
        assert np.isnan(figure[0]) if left[1] is None else figure[0] == whole
    assert own.verdicts[0] == words[verdict]  # the input stays


def test_a_walk_is_no_evidence_where_elders_are_not_public(content: dict[str, Any]) -> None:
    parts = verdict_parts(content)
    meals = parts["norms"]["rows"][0]
    assert meals["w"][5] is None
    assert meals["w"][0] == [7.2, 391]
    hidden = 5  # the place of c6
    rows = [*parts["routes"], *parts["cause"]["rows"], *parts["robust"]["rows"]]
    assert all(row[0] != hidden for row in rows)
    assert parts["robust"]["communities"][hidden] is None
    assert parts["stability"]["rows"][hidden] is None
    assert parts["types"]["of"][hidden] == -1


def _one(town: Analysis, measure: str, value: float, *, columns: dict[str, float], **changes: Any) -> Any:
    """What is published of one figure of community c1."""
    places = town.city.communities
    frame = places.frame.assign(**columns)
    one = rule("x", measure=measure, **({"minutes": None, "services": ()} | changes))
    table = pd.DataFrame(
        {"observed": [value], "verdict": ["pass"], "lacks": [""], "facility_id": [""]},
        index=pd.MultiIndex.from_tuples([("community", "c1", "x")], names=["level", "unit_id", "clause_id"]),
    )
    city = replace(town.city, communities=replace(places, frame=frame))
    shown = ledger(publish(replace(town, city=city, ledger=Ledger(frame=table, rules=(one,)))).analysis)
    return shown["rows"][0]["o"][0]


@pytest.mark.parametrize(
    ("bounds", "verdict", "shown"),
    [
        ((40.0, 70.0), "undetermined", ("u", 40, 70)),
        ((40.0, np.nan), "undetermined", ("u", 40, None)),  # nothing is known above
        ((41.3, 68.8), "fail", ("f", 41, 69)),  # 587 and 312 of 1,000 are outside: 590 and 310 in tens
        ((99.3, 100.0), "pass", ("p", -2, 100)),  # seven outside, all of whom may comply: fewer than ten
        ((0.4, 40.0), "fail", ("f", -1, 40)),
    ],
)
def test_a_range_follows_the_rules_of_a_figure_at_both_ends(
    town: Analysis, bounds: tuple[float, float], verdict: str, shown: tuple[Any, ...]
) -> None:
    row = _ranged(town, bounds, verdict, households=1000.0)
    assert (row["v"][0], row["lo"][0], row["hi"][0] if "hi" in row else None) == shown
    assert row["o"][0] is None


@pytest.mark.parametrize(
    ("bounds", "verdict", "letter"),
    [
        ((93.0, 100.0), "undetermined", "u"),  # that 93 % fails tells that six to nine of a hundred are outside
        ((50.0, 93.0), "fail", "h"),
        ((50.0, 60.0), "fail", "f"),
    ],
)
def test_an_end_of_a_range_that_would_tell_of_few_withholds_it_all(
    town: Analysis, bounds: tuple[float, float], verdict: str, letter: str
) -> None:
    row = _ranged(town, bounds, verdict, households=100.0)
    assert row["v"][0] == letter
    assert ("lo" in row, "hi" in row) == (letter == "f", letter == "f")
    assert "lo" not in _ranged(town, (20.0, 60.0), "undetermined", households=9.0)


def test_a_range_from_nobody_to_everybody_is_not_told(town: Analysis) -> None:
    assert "lo" not in _ranged(town, (0.0, 100.0), "undetermined", households=1000.0)
    assert _ranged(town, (0.0, 50.0), "fail", households=1000.0)["lo"][0] == 0


def test_one_person_outside_a_larger_whole_than_stands_on_streets_is_not_everybody(town: Analysis) -> None:
    """Of 3,000 people, most of them on a detached piece with a facility of its own, one lacks it: not 100 percent."""
    table = pd.DataFrame(
        {"observed": [100 * 2999 / 3000], "verdict": ["fail"], "lacks": [""], "facility_id": [""], "whole": [3000.0]},
        index=pd.MultiIndex.from_tuples([("community", "c1", "x")], names=["level", "unit_id", "clause_id"]),
    )
    one = rule("x", measure="people_in_reach", at_least=99.99)
    row = ledger(publish(replace(town, ledger=Ledger(frame=table, rules=(one,)))).analysis)["rows"][0]
    # 99.99 % of 3,000 is 2,999.7: any of one to nine outside fails, so the verdict tells no more.
    assert (row["v"][0], row["o"][0]) == ("f", NEARLY_ALL)


def _ranged(town: Analysis, bounds: tuple[float, float], verdict: str, *, households: float) -> Any:
    """What is published of community c1, of whose households only bounds of a share are known; 95 % are required."""
    places = town.city.communities
    table = pd.DataFrame(
        {"observed": [np.nan], "observed_low": [bounds[0]], "observed_high": [bounds[1]], "verdict": [verdict],
         "lacks": [""], "facility_id": [""]},
        index=pd.MultiIndex.from_tuples([("community", "c1", "x")], names=["level", "unit_id", "clause_id"]),
    )  # fmt: skip
    one = rule("x", measure="grid_coverage", minutes=None, services=(), at_least=95.0)
    city = replace(town.city, communities=replace(places, frame=places.frame.assign(households=households)))
    return ledger(publish(replace(town, city=city, ledger=Ledger(frame=table, rules=(one,)))).analysis)["rows"][0]


@pytest.mark.parametrize(
    ("measure", "shown"), [("households_per_grid", "4–6"), ("grid_staffing", "4–6"), ("workers_per_10000", None)]
)
def test_numbers_that_comply_are_told_unless_they_count_persons(
    town: Analysis, measure: str, shown: str | None
) -> None:
    table = pd.DataFrame(
        {"observed": [250.0], "verdict": ["pass"], "lacks": [""], "facility_id": [""], "feasible": ["4–6"]},
        index=pd.MultiIndex.from_tuples([("community", "c1", "x")], names=["level", "unit_id", "clause_id"]),
    )
    one = rule("x", measure=measure, minutes=None, services=(), at_least=200.0, at_most=300.0)
    found = replace(town, ledger=Ledger(frame=table, rules=(one,)))
    row = ledger(publish(found).analysis)["rows"][0]
    assert (row["n"][0] if "n" in row else None) == shown
    assert publish(found).analysis.ledger.frame["feasible"].tolist() == [shown or ""]


def test_figures_per_household_are_those_of_the_public_households(town: Analysis) -> None:
    # 300 m2 for 1,234 households: 24.311... would tell their number; they are published as 1,230.
    exact = 100 * 300 / 1234
    shown = _one(town, "area_per_100_households", exact, columns={"households": 1234.0})
    assert shown == round(100 * 300 / 1230, 1)
    assert _one(town, "area_per_100_households", 5000.0, columns={"households": 6.0}) is None


def test_capacity_by_people_is_that_of_their_tens_and_hidden_where_they_are_few(town: Analysis) -> None:
    # 24 places for 234 people, told as 230; of fewer than ten people not even the verdict is told.
    shown = _one(town, "capacity_per_1000_elders", 1000 * 24 / 234, columns={"pop_60plus": 234.0})
    assert shown == round(1000 * 24 / 230, 1)
    assert _one(town, "capacity_per_1000_elders", 5000.0, columns={"pop_60plus": 6.0}) is None


def test_staff_and_registered_people_are_told_by_tens_or_not_at_all(town: Analysis) -> None:
    assert _one(town, "workers_per_10000", 41.2, columns={"workers": 8.0}) is None
    assert _one(town, "workers_per_10000", 61.9, columns={"workers": 12.0}) == 61.9
    # 20 workers for 1,234 registered people, who are published as 1,230.
    both = {"workers": 20.0, "population_registered": 1234.0}
    shown = _one(town, "workers_per_10000_registered", 10_000 * 20 / 1234, columns=both)
    assert shown == round(10_000 * 20 / 1230, 1)
    few = {"workers": 20.0, "workers_certified": 17.0}
    assert _one(town, "certified_worker_share", 85.0, columns=few) is None
    assert _one(town, "certified_per_10000", 41.2, columns={"workers": 40.0, "workers_certified": 8.0}) is None
    assert _one(town, "certified_per_10000", 61.9, columns={"workers": 40.0, "workers_certified": 12.0}) == 61.9
    assert _one(town, "agents", 3.0, columns={}) is None
    assert _one(town, "agents", 12.0, columns={}) == 10
    # 9,000 yuan for 1,234 registered households, who are published as 1,230, whatever the residents are.
    homes = {"households": 800.0, "households_registered": 1234.0}
    shown = _one(town, "funding_per_100_registered_households", 100 * 9000 / 1234, columns=homes)
    assert shown == round(100 * 9000 / 1230, 1)
    assert _one(town, "community_people", 646.0, columns={}) == 650
    # 1,940 people; 1,204 or 62.06 % are registered, published as 1,200.
    assert _one(town, "registered_share", 62.06, columns={"population_registered": 1204.0}) == round(100 * 1200 / 1940)
    assert _one(town, "people_per_facility", 646.67, columns={}) == 650


@pytest.mark.parametrize(
    ("scope", "first", "shown"),
    [("all", "农村", 71), ("urban", "城市", 71), ("urban", "农村", None), ("urban", "", None), ("rural", "农村", None)],
)
def test_a_share_of_some_communities_is_not_told_by_the_total_of_all(
    town: Analysis, scope: str, first: str, shown: int
) -> None:
    """All communities are urban but for the first: only where a clause speaks of all is their total its own.

    The city's share is one of sums of what is told of communities: 940 of c7, 503 of c8 and five of the seven of c6
    lack meals, of 4,932 people and these five.
    """
    places = town.city.communities
    table = pd.DataFrame(
        {"observed": [83.0], "verdict": ["fail"], "lacks": [""], "facility_id": [""]},
        index=pd.MultiIndex.from_tuples([("city", "city", "x")], names=["level", "unit_id", "clause_id"]),
    )
    city = replace(
        town.city, communities=replace(places, frame=places.frame.assign(rural=[first, *["城市"] * (len(places) - 1)]))
    )
    one = rule("x", level="city", scope=scope)
    told = ledger(publish(replace(town, city=city, ledger=Ledger(frame=table, rules=(one,)))).analysis)
    assert told["rows"][0]["o"] == [shown]


def test_a_measure_that_says_nothing_of_people_is_not_published(
    town: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("circle15.render.published.clauses.EXPOSURE", {})
    assert _one(town, "facility_count", 3.0, columns={}) is None


# -- causes, robustness, lines ----------------------------------------------------------------------


def test_people_of_causes_and_links_are_in_tens(content: dict[str, Any]) -> None:
    cause = verdict_parts(content)["cause"]
    elders = [one["pop_60plus"] for one in content["communities"]]
    left = {(count, elders[row[0]]) for row in cause["rows"] for count in row[3:7]}
    assert all(count in {SUPPRESSED, people} or count % 10 == 0 for count, people in left)
    # Of the 940 of c7 without meals the first link leaves 230; the second serves seven.
    assert [link["serves"] for link in cause["links"]] == [710, SUPPRESSED]
    assert [check["people"] for check in verdict_parts(content)["checks"]["list"]] == [240, SUPPRESSED]


def test_exact_sentences_of_remedies_stay_at_home(town: Analysis) -> None:
    text = json.dumps(verdict_parts(payload(town)), ensure_ascii=False)
    for language, part in (("zh", "还剩"), ("en", "would be left")):
        exact = remedy_sentences(town.attribution, town.city.communities, language)
        assert exact.str.contains(part).any()
        assert part not in text


def test_robust_figures_are_whole_percent(town: Analysis, content: dict[str, Any]) -> None:
    robust = verdict_parts(content)["robust"]
    ids = [one["id"] for one in content["communities"]]
    keys = [one["key"] for one in content["services"]]
    for place, service, verdict, below, low, high, required in robust["rows"]:
        own = town.robustness.frame.loc[(ids[place], keys[service])]
        assert robust["verdicts"][verdict] == own["verdict"]
        assert (below, required) == (round(100 * own["p_below"]), 90)
        people = round(town.city.communities.frame.loc[ids[place], "pop_60plus"])
        for share, shown in ((0.42, low), (0.58, high)):
            outside = people - round(people * share)
            assert shown == round(100 * (1 - (outside + 5) // 10 * 10 / ((people + 5) // 10 * 10)))


def test_of_a_community_of_few_elders_not_even_its_type_is_told(town: Analysis) -> None:
    # c6, the sixth, has seven elders: were it the medoid or the outlier, its type would be known.
    kinds = town.typology
    types = kinds.types.assign(medoid_id=["c6", "c2"])
    changed = replace(kinds, types=types, frame=kinds.frame.assign(outlier=[k in {3, 5} for k in range(8)]))
    told = verdict_parts(payload(replace(town, typology=changed)))["types"]
    assert [one["medoid"] for one in told["types"]] == [-1, 1]
    assert told["outliers"] == [3]


def test_ranks_under_other_weights_are_of_published_shares(content: dict[str, Any]) -> None:
    rows, ranks = verdict_parts(content)["stability"]["rows"], [one["gap"] for one in content["communities"]]
    # c1 lacks nothing, as c2 and c3: four of seven lack more by every index and every set of weights.
    assert rows[0] == [5, 5, 5, 5, 0]
    known = [(row, gap) for row, gap in zip(rows, ranks, strict=True) if gap]
    assert all(low <= gap["rank"] <= high for (_, _, low, high, _), gap in known)


def test_lines_of_routes_follow_the_streets_and_start_on_them(town: Analysis, content: dict[str, Any]) -> None:
    parts = verdict_parts(content)
    packed = content["binary"]
    starts = np.concatenate([[0], np.cumsum(section(packed, "route.points"))])
    xs = content["grid"]["lon0"] + section(packed, "route.x") / 250_000
    ys = content["grid"]["lat0"] + section(packed, "route.y") / 250_000
    ids = [one["id"] for one in content["communities"]]
    keys = [one["key"] for one in content["services"]]
    assert len(starts) - 1 == len(parts["routes"]) == 14
    for place, service, site, minutes, metres, line in parts["routes"]:
        own = town.routes.frame.loc[(ids[place], keys[service])]
        exact = gpd.GeoSeries([own["geometry"]], crs=town.city.network.crs).to_crs(4326)[0]
        shown = shapely.LineString(np.column_stack([xs, ys])[starts[line] : starts[line + 1]])
        assert shapely.hausdorff_distance(exact, shown) < 2e-5  # one metre of simplification, half a step
        assert content["facilities"][site]["id"] == own["facility_id"]
        assert (minutes, metres) == (round(own["minutes"], 1), round(own["metres"]))


def test_a_line_of_no_length_or_of_pieces_is_still_one_line(town: Analysis) -> None:
    frame = town.routes.frame.copy()
    start = frame.geometry.iloc[0].coords[0]
    bits = shapely.MultiLineString(
        [[start, (start[0] + 50, start[1])], [(start[0] + 80, start[1]), (start[0] + 90, start[1])]]
    )
    frame.loc[frame.index[0], "geometry"] = shapely.LineString([start, start])
    frame.loc[frame.index[1], "geometry"] = bits
    content = payload(replace(town, routes=Routes(frame=frame)))
    points = section(content["binary"], "route.points")
    assert len(points) == len(verdict_parts(content)["routes"])
    assert points.min() >= 2


# -- what is not there ------------------------------------------------------------------------------


def test_empty_parts_are_no_layers(town: Analysis) -> None:
    assert payload(analysis())["verdicts"] is None
    of = {"ledger": {"norms"}, "routes": {"routes"}, "attribution": {"cause"}, "robustness": {"robust", "checks"},
          "typology": {"types"}, "stability": {"stability"}}  # fmt: skip
    every = {"norms", "routes", "cause", "robust", "checks", "types", "stability"}
    for field, layers in of.items():
        content = payload(replace(town, **{field: EMPTY[field]}))
        assert set(content["verdicts"]["layers"]) == every - layers
        assert set(verdict_parts(content)) == every - layers


def test_uncompressed_is_the_same(town: Analysis, content: dict[str, Any]) -> None:
    plain = payload(town, compress=False)
    assert plain["verdicts"]["encoding"] == "base64"
    assert verdict_parts(plain) == verdict_parts(content)


def test_same_input_same_text(content: dict[str, Any]) -> None:
    assert payload(judged())["verdicts"] == content["verdicts"]
