"""Gap scores by hand (NORMS C6), their laws, and what the sentences made of them say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from circle15.accessibility.gaps import gaps
from circle15.catalog.phrases import community_sentences, gap_sentences, people_text
from circle15.errors import SettingError
from circle15.model import Communities, Moment
from tests.towns.coverage_tables import KEYS, communities, coverage_table


def scored(shares, elders=None, **options):
    elders = elders or dict.fromkeys(shares, 1000.0)
    return gaps(coverage_table(shares, elders), communities(elders), **options)


def test_a_total_absence_cannot_be_bought_off():
    # NORMS 0.8: (1, 1, 0.01) and (0.67, 0.67, 0.67) both average 0.67; geometric means 0.215 and 0.670.
    by = scored({"a": (1, 1, 0.01), "b": (0.67, 0.67, 0.67)}).by_community
    assert by.loc["a", "index"] == pytest.approx(100 * (1 - 0.215), abs=0.1)
    assert by.loc["b", "index"] == pytest.approx(100 * (1 - 0.670), abs=0.1)
    assert by["index_additive"].tolist() == pytest.approx([33, 33])
    assert by["index_worst"].to_dict() == pytest.approx({"a": 99, "b": 33})
    assert by.index.tolist() == ["a", "b"]
    assert by["rank"].tolist() == [1, 2]
    assert by["rank_additive"].tolist() == [1, 1]


def test_the_ends_of_the_index():
    by = scored({"none": (0, 0, 0), "all": (1, 1, 1)}).by_community
    assert by["index"].to_dict() == pytest.approx({"none": 99, "all": 0})  # the floor of 0.01
    assert by["index_worst"].to_dict() == {"none": 100, "all": 0}


def test_gap_in_people_is_addable_and_ranks_apart_from_intensity():
    result = scored({"large": (0.9,), "small": (0.2,)}, {"large": 10_000.0, "small": 100.0})
    frame = result.frame
    assert frame["uncovered"].to_dict() == pytest.approx({("large", KEYS[0]): 1000, ("small", KEYS[0]): 80})
    assert frame["intensity_pct"].to_dict() == pytest.approx({("large", KEYS[0]): 10, ("small", KEYS[0]): 80})
    assert frame["rank"].to_dict() == {("large", KEYS[0]): 1, ("small", KEYS[0]): 2}
    assert result.by_community["rank"].to_dict() == {"small": 1, "large": 2}
    assert result.by_community["rank_people"].to_dict() == {"small": 2, "large": 1}


def test_the_worst_service_leaves_most_people_uncovered():
    # Of 1,000 elders 100, 800 and 500 are uncovered; of 10 elders 6, 0 and 4.
    by = scored({"a": (0.9, 0.2, 0.5), "b": (0.4, 1, 0.6)}, {"a": 1000.0, "b": 10.0}).by_community
    assert by["uncovered_worst"].to_dict() == pytest.approx({"a": 800, "b": 6})
    assert by["uncovered"].to_dict() == pytest.approx({"a": 1400, "b": 10})


def test_the_index_can_be_rebuilt_from_its_parts():
    rng = np.random.default_rng(4)
    shares = {f"c{k}": tuple(rng.uniform(0, 1, 3)) for k in range(20)}
    result = scored(shares, weights={KEYS[0]: 2.0, KEYS[2]: 0.5})
    share = result.frame["share"].unstack("service")
    weight = pd.Series(result.weights)
    assert weight.sum() == pytest.approx(1)
    rebuilt = 100 * (1 - (share.clip(lower=0.01)[weight.index] ** weight).prod(axis=1))
    pd.testing.assert_series_equal(rebuilt, result.by_community["index"].sort_index(), check_names=False)


def test_more_coverage_never_raises_the_index():
    rng = np.random.default_rng(5)
    for _ in range(30):
        low = rng.uniform(0, 1, 3)
        high = low + rng.uniform(0, 1, 3) * (1 - low)
        by = scored({"low": tuple(low), "high": tuple(high)}).by_community
        for column in ("index", "index_additive", "index_worst", "uncovered"):
            assert by.loc["high", column] <= by.loc["low", column] + 1e-9


def test_unknown_is_neither_ranked_nor_a_gap():
    result = scored({"seen": (0.5, 0.5, 0.5), "unseen": (np.nan, np.nan, np.nan)})
    by = result.by_community
    assert np.isnan(by.loc["unseen", "index"])
    assert pd.isna(by.loc["unseen", "rank"])
    assert by.loc["unseen", "uncovered"] == 0
    assert by.index.tolist() == ["seen", "unseen"]
    assert community_sentences(result, "zh")["unseen"] == "没有足够的数据作出判断。"
    assert (
        gap_sentences(result, "zh")[("unseen", KEYS[0])] == "unseen社区附近没有可用的道路数据，不能判定能否到达助餐点。"
    )


def test_a_community_without_elders_is_judged_by_all_residents():
    result = scored({"young": (0.25,)}, {"young": 0.0})
    assert result.by_community.loc["young", "index"] == pytest.approx(75)
    assert result.by_community.loc["young", "uncovered"] == 0
    lead = "Nobody in YOUNG is 60 or over; 75% of its residents cannot walk"
    assert lead in community_sentences(result, "en")["young"]


@pytest.mark.parametrize("elders", [0.5, 1.0])
def test_a_single_elder_is_judged_as_elders_are(elders):
    # 40 % of elders are covered and 20 % of all: the elder's share counts, and nobody says that there is no elder.
    result = scored({"a": (0.4,)}, {"a": elders})
    row = result.frame.loc[("a", KEYS[0])]
    assert (row["share"], row["intensity_pct"]) == (0.4, pytest.approx(60))
    assert result.by_community.loc["a", "index"] == pytest.approx(60)
    assert "Nobody" not in gap_sentences(result, "en").iloc[0]


def test_sentences_say_who_what_how_far():
    result = scored({"a": (0.4, 1.0, 1.0)})
    zh, en = (gap_sentences(result, language) for language in ("zh", "en"))
    lead = ("a", KEYS[0])
    assert zh[lead] == "a社区有600位60岁以上老人（60%）步行15分钟到不了助餐点；本社区老人到最近一处平均步行7分钟。"
    assert en[lead] == (
        "600 people aged 60+ of A (60%) cannot walk to a meal point within 15 minutes; "
        "those aged 60+ there walk 7 minutes to the nearest on average."
    )
    whole = community_sentences(result, "en")["a"]
    assert whole.startswith("1 of 3 services is out of reach for some; the worst: 600")
    assert zh[("a", KEYS[1])] == "a社区的老年人都能在15分钟内步行到达日间照料中心。"
    everything = community_sentences(scored({"a": (1.0, 1.0, 1.0)}), "zh")["a"]
    assert everything == "a社区：3项服务都能在15分钟内步行到达。"


def test_small_counts_are_not_printed():
    result = scored({"a": (0.995,)}, {"a": 1000.0})
    zh, en = (gap_sentences(result, language).iloc[0] for language in ("zh", "en"))
    assert "不足10位" in zh
    assert "fewer than 10 people aged 60+" in en
    assert "5" not in en.replace("15 minutes", "")
    assert [people_text(n, "en") for n in (0, 9.9, 10, 12345)] == ["0", "fewer than 10", "10", "12,345"]


def test_percentages_never_round_to_none_or_all():
    result = scored({"a": (0.9999,), "b": (0.0001,)}, {"a": 200_000.0, "b": 200_000.0})
    sentences = gap_sentences(result, "en")
    assert "(<1%)" in sentences.loc[("a", KEYS[0])]
    assert "(>99%)" in sentences.loc[("b", KEYS[0])]


def test_bad_settings_are_refused():
    with pytest.raises(SettingError, match=r"not for 10"):
        scored({"a": (1,)}, cutoff_min=10)
    with pytest.raises(SettingError, match="unknown services"):
        scored({"a": (1,)}, weights={"cinema": 1})
    with pytest.raises(SettingError, match="above zero"):
        scored({"a": (1,)}, weights={KEYS[0]: 0})


def test_results_draw_themselves():
    result = scored({"a": (0.4,), "b": (1.0,)})
    assert "2 communities x 1 services; first: a社区" in repr(result)
    assert "<td>a社区</td>" in result._repr_html_()


def test_a_service_of_weight_zero_takes_no_part():
    shares = {"a": (0.0, 0.9, 0.8)}
    result = scored(shares, weights={KEYS[0]: 0})
    by = result.by_community
    assert by.loc["a", "index_worst"] == pytest.approx(20)
    assert by.loc["a", "worst_service"] == KEYS[2]
    assert by.loc["a", "uncovered"] == pytest.approx(300)
    assert community_sentences(result, "en")["a"].startswith("All 2 services are out of reach for some")
    for bad in (-1, float("nan")):
        with pytest.raises(SettingError, match="zero or more"):
            scored(shares, weights={KEYS[1]: bad})


def test_no_service_is_worst_where_all_is_covered_or_nothing_known():
    by = scored({"all": (1, 1, 1), "dark": (np.nan,) * 3, "some": (1, 0.5, 1)}).by_community
    assert by["worst_service"].to_dict() == {"some": KEYS[1], "all": "", "dark": ""}


def test_equal_scores_stand_in_the_order_of_their_ids():
    by = scored({"b": (0.5,), "a": (0.5,)}).by_community
    assert by.index.tolist() == ["a", "b"]


def test_those_without_any_way_are_named_in_the_sentence():
    elders = {"a": 1000.0}
    covered = coverage_table({"a": (0.4,)}, elders)
    first = lambda of: gap_sentences(gaps(of, communities(elders)), "en").iloc[0]
    cut_off = dataclasses.replace(covered, nearest=covered.nearest.assign(unreachable=118.0))
    assert "For 118 of them no walkable way leads to any." in first(cut_off)
    nobody = dataclasses.replace(covered, nearest=covered.nearest.assign(mean_min=np.nan, unreachable=1000.0))
    assert first(nobody).endswith("within 15 minutes: nobody in the city can reach one.")
    two = elders | {"b": 1000.0}
    near = coverage_table({"a": (0.4,), "b": (0.4,)}, two)
    near.nearest.loc["a", ["mean_min", "unreachable"]] = np.nan, 1000.0
    cut_off = gaps(near, communities(two))
    assert cut_off.frame["reached"].tolist() == [True, True]  # from b
    assert gap_sentences(cut_off, "en").iloc[0].endswith("and no walkable way leads to one.")
    unknown = dataclasses.replace(covered, nearest=covered.nearest.assign(mean_min=np.nan, unreachable=np.nan))
    assert first(unknown).endswith("within 15 minutes.")


def test_a_missing_english_name_falls_back_to_the_name():
    elders = {"a": 1000.0}
    bare = communities(elders)
    nameless = Communities(frame=bare.frame.assign(name_en=None), origin=bare.origin)
    result = gaps(coverage_table({"a": (0.4,)}, elders), nameless)
    assert "people aged 60+ of a社区" in gap_sentences(result, "en").iloc[0]


def test_results_are_numbers_and_codes_and_know_what_they_are_of():
    result = scored({"a": (0.4,)}, open_at=Moment(minute=690))
    assert not [column for frame in (result.frame, result.by_community) for column in frame if "sentence" in column]
    assert (result.cutoff_min, result.open_at) == (15.0, Moment(minute=690))
    assert "a meal point open at We 11:30" in gap_sentences(result, "en").iloc[0]
