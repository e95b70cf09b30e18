"""How sure verdicts are: percentiles and bands by hand, required shares from the books, laws over a whole city."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import circle15 as c15
from circle15.accessibility.gaps import gaps
from circle15.catalog import services, uncertainty
from circle15.catalog.norm_books import norm_book
from circle15.catalog.phrases import assumption_notes, check_questions
from circle15.errors import DataQualityWarning, SettingError
from circle15.model import Assumptions, Rule, Settings, Uncertainty
from circle15.model.index import geometric_index, percentiles, ranked_rows
from circle15.uncertainty.robustness import (
    below,
    existence,
    required_shares,
    robustness,
    verdict_of,
)
from tests.towns.coverage_tables import communities
from tests.towns.stages import scattered_town
from tests.towns.street_and_village import street_and_village

SURE = Uncertainty(dropout={}, marked={})


def rule(clause_id: str, **given) -> Rule:
    plain = {
        "book": "b", "title_zh": "", "title_en": "", "measure": "people_in_reach", "unit": "%", "source_zh": "",
        "source_en": "", "clause": "1", "year": 2020, "status": "expected", "grade": "S", "standing": "source",
        "services": ("clinic",), "minutes": 15.0, "at_least": 90.0,
    }  # fmt: skip
    return Rule(clause_id=clause_id, **plain | given)


def city(**options):
    """The town of the draws with what coverage and gaps say of it."""
    from circle15.accessibility.coverage import coverage
    from circle15.network.graph import walk_graph
    from circle15.routing.reach import reach_table
    from tests.towns.lattice import BY

    net, made = scattered_town(cutoff_min=5.0, **options)
    graph = walk_graph(net, BY["flat"])
    table = reach_table(graph, made.demand.positions, made.facilities.positions, cutoff_min=5.0)
    elders = made.demand.frame.groupby("community_id")["pop_60plus"].sum()
    people = communities({str(key): float(value) for key, value in elders.items()})
    covered = coverage(table, made.demand.points, made.facilities.facilities, cutoffs_min=[5.0])
    scored = gaps(covered, people, cutoff_min=5.0)
    return made, people, {
        "scored": scored,
        "settings": Settings(cutoffs_min=(5.0,), draws=60, seed=3),
    }  # fmt: skip


def test_with_nothing_uncertain_every_verdict_is_certain_and_the_share_is_the_plain_one():
    *args, given = city()
    found = robustness(*args, **given, uncertain=replace(SURE, required=0.5))
    frame = found.frame
    assert (frame["share_low"] == frame["share"]).all()
    assert (frame["share_high"] == frame["share"]).all()
    assert (frame["p_below"] == (frame["share"] < 0.5)).all()
    assert {"robust_gap", "robust_pass"} >= set(frame["verdict"])
    by = found.by_community
    assert (by["rank_low"] == by["rank"]).all()
    assert (by["rank_high"] == by["rank"]).all()
    assert by["index_low"].to_numpy() == pytest.approx(by["index"].to_numpy())
    gaps_by_hand = (frame["verdict"] == "robust_gap").groupby(level=0).sum()
    assert (by["robust_gaps"] == gaps_by_hand.reindex(by.index)).all()


def test_intervals_hold_what_was_drawn_and_the_order_of_rows_changes_nothing():
    *args, given = city()
    first = robustness(*args, **given, threads=1)
    assert (first.frame["share_low"] <= first.frame["share_high"]).all()
    assert (first.frame["share_low"] < first.frame["share_high"]).any()
    order = np.random.default_rng(5).permutation(40), np.random.default_rng(6).permutation(6)
    *args, given = city(order=order)
    again = robustness(*args, **given, threads=2)
    pd.testing.assert_frame_equal(first.frame, again.frame, check_exact=True)
    pd.testing.assert_frame_equal(first.by_community, again.by_community, check_exact=True)
    *args, given = city()
    other = robustness(*args, **given | {"settings": replace(given["settings"], seed=4)})
    assert (other.frame["p_below"] != first.frame["p_below"]).any()


def test_percentiles_by_hand():
    # 0 .. 100 in steps of 10: eleven values, a step is 10 %; the 5th percentile is half way from 0 to 10
    low, high = percentiles(np.arange(0.0, 101, 10)[::-1, None])
    assert (low[0], high[0]) == (5.0, 95.0)
    low, high = percentiles(np.array([[1.0, np.nan], [np.nan, np.nan]]))
    assert (low[0], high[0], np.isnan(low[1]), np.isnan(high[1])) == (1.0, 1.0, True, True)
    low, high = percentiles(np.arange(1.0, 5)[:, None], whole=True)
    assert (low[0], high[0]) == (1.0, 4.0)


def test_below_counts_draws_strictly_below_and_leaves_out_those_that_say_nothing():
    shares = np.array([0.89, 0.9, np.nan, 0.95, 0.2])[:, None, None]
    assert below(shares, np.array([[0.9]])).tolist() == [[0.5]]
    assert np.isnan(below(np.full((3, 1, 1), np.nan), np.array([[0.9]]))).all()


@pytest.mark.parametrize(
    ("p", "name"),
    [(1.0, "robust_gap"), (0.9, "robust_gap"), (0.899, "likely_gap"), (0.499, "doubtful"), (0.0, "robust_pass")],
)
def test_bands(p, name):
    assert verdict_of(p) == name


def test_index_and_ranks_by_hand():
    index = geometric_index(np.array([[0.25, 1.0], [0.0, 0.0]]), np.array([0.5, 0.5]))
    assert index.tolist() == pytest.approx([50.0, 99.0])  # 1 - sqrt(0.25); floor of 0.01
    assert ranked_rows(np.array([[5.0, 7.0, 7.0, np.nan]])).tolist()[0][:3] == [3.0, 1.0, 1.0]


def test_required_shares_take_the_strictest_clause_of_documents_before_our_own():
    people = communities({"a": 10.0, "b": 10.0})
    people.frame["rural"] = ["城市", "农村"]
    rules = [
        rule("town", at_least=95.0, scope="urban"),
        rule("all", at_least=80.0),
        rule("own", at_least=99.0, book="project-defaults", services=("clinic", "shop")),
        rule("tier", at_least=100.0, tiers=("community",)),
        rule("ten", at_least=100.0, minutes=10.0),
        rule("city", at_least=100.0, level="city"),
        rule("metres", at_least=100.0, measure="people_within_distance"),
        rule("size", at_least=100.0, people_from=5000.0),
    ]
    found = required_shares(people, ("clinic", "shop", "culture"), rules, cutoff_min=15.0, default=0.7)
    assert found.share.tolist() == [[0.95, 0.99, 0.7], [0.80, 0.99, 0.7]]
    assert dict(found.clauses) == {"clinic": ("town", "all"), "shop": ("own",), "culture": ()}


def test_required_shares_of_the_books_that_come_along():
    rules = [one for key in Settings().norms for one in norm_book(key).rules]
    found = required_shares(
        communities({"a": 1.0}, rural="城镇"), ("meal_point", "clinic", "shop"), rules, cutoff_min=15.0, default=0.5
    )
    assert found.share.tolist() == [[0.95, 0.90, 0.90]]
    assert found.clauses["meal_point"] == ("js-meal-elders",)
    assert found.clauses["shop"] == ("default-shop-15",)


def test_existence_by_what_is_known_of_a_facility():
    facilities = city()[0].facilities.facilities
    frame = facilities.frame.copy()
    frame["source"] = ["清单", "清单", "", "清单", "清单", "清单"]
    frame["source_date"] = ["2026-01-01", "2024-01-02", "2026-01-01", "2023-12-31", "去年", ""]
    frame["survey_answer"] = ["", "", "confirmed", "denied", "", ""]
    chance = existence(replace(facilities, frame=frame), uncertainty())
    # two years before 2026-01-01 is 2024-01-02 (730 days, 2024 being a leap year)
    assert chance.tolist() == [0.95, 0.95, 1.0, 0.0, 0.9, 0.9]
    assert set(existence(facilities, uncertainty())) == {0.9}


def test_no_draws_no_service_and_no_homes_give_nothing():
    *args, given = city()
    assert len(robustness(*args, **given | {"settings": replace(given["settings"], draws=0)})) == 0
    made, *rest = args
    assert len(robustness(replace(made, services=()), *rest, **given)) == 0


def test_where_nobody_is_aged_60_everyone_counts():
    *args, given = city(people=[0.0] * 40)
    found = robustness(*args, **given)
    assert found.frame["share"].notna().all()
    assert found.frame["p_below"].between(0, 1).all()


@pytest.mark.parametrize(("speed", "verdict", "index"), [(9.0, "robust_pass", 0.0), (0.06, "robust_gap", 99.0)])
def test_all_covered_or_none_covered_is_certain_and_all_share_one_rank(speed, verdict, index):
    made, people, given = city()
    pace = replace(made.profile, speed_mps=speed, stairs_mps=speed)
    made = replace(made, profile=pace, offers=np.ones_like(made.offers) if speed > 1 else made.offers & False)
    share = float(speed > 1)
    scored = given["scored"]
    same = replace(
        scored,
        frame=scored.frame.assign(share=share),
        by_community=scored.by_community.assign(index=index, rank=pd.array([1] * 3, dtype="Int64")),
    )
    sure = replace(SURE, speed_sd=0.1, speed_low=0.9, speed_high=1.1)
    found = robustness(made, people, **given | {"scored": same}, uncertain=sure)
    assert set(found.frame["verdict"]) == {verdict}
    assert set(found.by_community["rank_low"]) == set(found.by_community["rank_high"]) == {1}
    assert found.by_community["index_low"].to_list() == pytest.approx([index] * 3)


def test_one_community_alone_is_first_in_every_draw():
    made, _, given = city()
    together = replace(made.demand.points, frame=made.demand.frame.assign(community_id="c0"))
    alone = replace(made, demand=replace(made.demand, points=together))
    scored = given["scored"]
    one = replace(
        scored,
        frame=scored.frame[scored.frame.index.get_level_values(0) == "c0"],
        by_community=scored.by_community.loc[["c0"]].assign(rank=pd.array([1], dtype="Int64")),
    )
    found = robustness(alone, communities({"c0": 1.0}), **given | {"scored": one})
    assert found.by_community[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1]]


def test_a_community_without_homes_is_undetermined():
    made, _, given = city()
    found = robustness(made, communities({"a": 1.0, "c0": 1.0, "c1": 1.0, "c2": 1.0}), **given)
    assert set(found.frame.loc["a", "verdict"]) == {"undetermined"}
    assert found.by_community.loc["a", ["rank_low", "index_low"]].isna().all()


@pytest.mark.parametrize(
    "wrong", [{"unverified": 1.1}, {"speed_low": 2.0}, {"speed_sd": -1.0}, {"dropout": {"path": float("nan")}}]
)
def test_distributions_that_cannot_be_are_refused(wrong):
    with pytest.raises(SettingError, match="uncertainty"):
        replace(SURE, **wrong)


def test_assumptions_say_every_distribution_in_both_languages():
    *args, given = city()
    told = assumption_notes(robustness(*args, **given), ())
    assert list(told) == ["speed", "streets", "facilities", "snapping", "people", "bias", "required"]
    assert all(set(words) == {"zh", "en"} and all(words.values()) for words in told.values())
    assert "90%" in told["required"]["zh"]
    assert assumption_notes(robustness(*args, **given | {"settings": replace(given["settings"], draws=0)}), ()) == {}


def test_assumptions_are_numbers_and_the_clauses_have_their_titles():
    made, people, given = city()
    facilities = made.facilities.facilities
    sites = facilities.frame.assign(survey_answer=["confirmed", "", "", "confirmed", "", "denied"])
    rules = [
        rule("one", title_zh="甲条", title_en="One", minutes=5.0, at_least=95.0),
        rule("two", minutes=5.0, at_least=95.0),
    ]
    doubt = replace(SURE, speed_sd=0.1, speed_low=0.8, speed_high=1.2, unverified=0.9, limit_high=2.0, required=0.75)
    made = replace(made, facilities=made.facilities.of(replace(facilities, frame=sites)))
    found = robustness(made, people, **given, rules=rules, uncertain=doubt)
    assert found.assumptions == Assumptions(
        uncertain=doubt, speed_mps=1.0, max_snap_m=150.0, cutoff_min=5.0, facilities=6, confirmed=2,
        clauses={"clinic": ("one", "two"), "shop": ()},
    )  # fmt: skip
    notes = assumption_notes(found, rules[:1])  # of the second clause no more than the id is known
    assert "以1米/秒为中心的正态分布，标准差0.1，截取0.8至1.2" in notes["speed"]["zh"]
    assert "6 facilities, 2 of them certain" in notes["facilities"]["en"]
    assert "between 150 and 300 m" in notes["snapping"]["en"]
    shop = services()["shop"]
    asked = f"社区卫生服务站95%（甲条、two）；{shop.title_zh}75%（默认门槛）"
    assert notes["required"]["zh"] == f"应覆盖的60岁以上人口比例（5分钟）：{asked}。"
    asked = f"Community clinic 95% (One, two); {shop.title_en} 75% (default threshold)"
    assert notes["required"]["en"] == f"Required share of people aged 60+ (5 minutes): {asked}."


def test_the_study_draws_for_every_community_and_service():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        result = c15.analyse(street_and_village(draws=20, seed=2))
        none = c15.analyse(street_and_village(draws=0))
    assert result.robustness.draws == 20
    # the town's shop is 4 km away: below the norm in each draw; the village is adrift: never a robust gap
    assert result.robustness.frame.loc[("town", "shop"), "verdict"] == "robust_gap"
    assert result.robustness.by_community.loc["village", "robust_gaps"] == 0
    assert set(result.robustness.frame.xs("village", level="community_id")["verdict"]) == {"undetermined"}
    assert (len(none.robustness), len(none.stability)) == (0, 0)
    # 16 people aged 60+ in the village, two services each, and a gap of streets to be looked for.
    (join,) = result.robustness.checks.query("kind == 'join'").to_dict("records")
    assert (join["people"], join["communities"], join["services"]) == (32, ("village",), ("clinic", "shop"))
    assert join["length_m"] == pytest.approx(500)
    question = check_questions(result.robustness.checks.query("kind == 'join'"), "en").iloc[0]
    assert question.startswith("Can one walk from the streets that the map cuts off")
