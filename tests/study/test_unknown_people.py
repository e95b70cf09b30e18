"""Communities whose people nobody knows: undetermined everywhere, in no total and no rank; all else as without them."""

from __future__ import annotations

import re
import warnings
import zipfile
from functools import cache

import numpy as np
import pandas as pd
import pytest

import circle15 as c15
from circle15.catalog.phrases import community_sentences, gap_sentences
from circle15.errors import DataQualityWarning, InputError
from circle15.sources.saved_runs import read_run
from circle15.study.comparison import compare
from tests.towns.three_on_a_street import FLAT, PEOPLE, UNKNOWN, three_on_a_street

BOTH, ELDERS, RESIDENTS = (UNKNOWN, UNKNOWN), (80.0, UNKNOWN), (UNKNOWN, 20.0)
KINDS = {"both": {"b": BOTH}, "elders": {"b": ELDERS}, "all_but_one": {"b": BOTH, "c": BOTH}}


@cache
def analysed(kind: str | None, draws: int = 5):
    """The street with some people unknown; None: as it is; ``"without b"``: with a and c alone."""
    people = {"a": PEOPLE["a"], "c": PEOPLE["c"]} if kind == "without b" else PEOPLE | KINDS.get(kind or "", {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(three_on_a_street(people, draws=draws), profile=FLAT)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_unknown_is_nan_and_what_is_known_stays(kind):
    result, plain = analysed(kind), analysed(None)
    lost = sorted(KINDS[kind])
    rows = result.coverage.frame.index.get_level_values("community_id").isin(lost)
    mine = result.coverage.frame[rows]
    assert mine.filter(like="pop_60plus").isna().all(axis=None)
    residents = mine.filter(like="population").drop(columns="population_share")
    if kind == "elders":
        assert (mine["population"] == 80).all()
        assert mine.loc[("b", "clinic", 15.0), "population_uncovered"] == 80
    else:
        assert residents.isna().all(axis=None)
    pd.testing.assert_frame_equal(result.coverage.frame[~rows], plain.coverage.frame[~rows])
    assert result.coverage.nearest.loc[lost].isna().all(axis=None)
    assert result.demand.frame["community_id"].tolist() == ["a", "b", "c"]
    assert result.demand.points.weight().tolist() == [0 if key in lost else PEOPLE[key][1] for key in "abc"]


def test_gaps_and_ranks_are_those_of_the_others():
    result = analysed("both")
    table = result.gaps.by_community
    # of a the shop is out of reach, of c the clinic: an index of 100 (1 - 0.01^0.5) = 90 each
    assert table["index"].round(9).to_dict() == {"a": 90, "c": 90, "b": pytest.approx(np.nan, nan_ok=True)}
    assert table["rank"].fillna(0).to_dict() == {"a": 1, "c": 1, "b": 0}
    assert table["rank_people"].fillna(0).to_dict() == {"a": 1, "c": 2, "b": 0}
    assert table["uncovered"].fillna(-1).to_dict() == {"a": 40, "c": 30, "b": -1}
    assert table["worst_service"].to_dict() == {"a": "shop", "c": "clinic", "b": ""}
    assert result.gaps.frame.loc["b", "rank"].isna().all()
    for sentences in (gap_sentences(result.gaps, "zh").loc["b"], community_sentences(result.gaps, "zh").loc[["b"]]):
        assert sentences.str.contains("b社区人口或60岁以上人口未知，不能判定").all()


@pytest.mark.parametrize(("kind", "people"), [("both", 100), ("elders", 180), ("all_but_one", 100)])
def test_subdistricts_are_sums_of_what_is_known_and_say_of_how_many_it_is_not(kind, people):
    scored = analysed(kind).subdistricts.by_subdistrict
    assert scored.loc["东", ["communities", "people_unknown", "population", "pop_60plus"]].tolist() == [
        2,
        1,
        people,
        40,
    ]
    assert scored.loc["东", "index"] == pytest.approx(90)
    west = scored.loc["西"]
    if kind == "all_but_one":
        assert west[["communities", "people_unknown"]].tolist() == [1, 1]
        assert west[["population", "pop_60plus", "uncovered", "index", "rank"]].isna().all()
        assert analysed(kind).subdistricts.frame.loc["西"].isna().all(axis=None)
    else:
        assert west[["people_unknown", "pop_60plus", "uncovered"]].tolist() == [0, 30, 30]


def test_figures_of_the_city_are_those_without_the_community():
    result, without = analysed("both"), analysed("without b")
    pd.testing.assert_frame_equal(result.equity.frame, without.equity.frame)
    pd.testing.assert_frame_equal(result.equity.curve, without.equity.curve)
    pd.testing.assert_frame_equal(
        result.attribution.frame.drop(columns="link_id"), without.attribution.frame.drop(columns="link_id")
    )
    pd.testing.assert_frame_equal(result.stability.frame.loc[["a", "c"]], without.stability.frame.loc[["a", "c"]])
    assert result.stability.frame.loc["b"].isna().all()
    groups = result.equity.groups.xs("subdistrict", level="grouping")
    assert groups.loc[("东", "clinic"), ["communities", "pop_60plus", "share"]].tolist() == [2, 40, 1]
    assert result.record["counts"]["people"] == 160
    assert result.record["counts"]["people_60plus_unknown"] == 1


def test_draws_leave_it_undetermined():
    robust = analysed("both").robustness
    assert robust.frame.loc["b", "verdict"].tolist() == ["undetermined"] * 2
    assert robust.frame.loc["b", ["share", "share_low", "share_high", "p_below"]].isna().all(axis=None)
    assert robust.frame.loc[("a", "shop"), "verdict"] == "robust_gap"
    assert robust.by_community.loc["b"].isna().all()
    assert "b" not in {key for keys in robust.checks["communities"] for key in keys}


def test_residents_unknown_and_elders_known():
    people = PEOPLE | {"b": RESIDENTS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        result = c15.analyse(three_on_a_street(people, draws=0), profile=FLAT)
    row = result.coverage.frame.loc[("b", "clinic", 15.0)]
    assert row[["pop_60plus", "pop_60plus_uncovered"]].tolist() == [20, 20]
    assert row[["population", "population_covered", "choices"]].isna().all()
    assert result.gaps.by_community["rank"].to_dict() == {"b": 1, "a": 2, "c": 2}
    assert result.equity.frame["zero_share"].to_dict() == {
        "clinic": pytest.approx(50 / 90),
        "shop": pytest.approx(60 / 90),
    }


def test_clauses_that_need_people_are_undetermined():
    frame = analysed("both").ledger.frame
    reach = frame.xs("default-clinic-15", level="clause_id")
    assert reach["verdict"].droplevel("level").to_dict() == {"a": "pass", "b": "undetermined", "c": "fail"}
    assert reach.loc[("community", "b"), "lacks"] == "pop_60plus"


def test_it_is_told_once():
    codes = [found.code for found in analysed("both").findings]
    assert "not-judged" not in codes
    assert "no-people" not in codes


def test_of_all_unknown_nothing_can_be_said():
    with pytest.raises(InputError, match="known of none of 3 communities") as refused:
        three_on_a_street(dict.fromkeys(PEOPLE, BOTH))
    assert "不知道的留空" in refused.value.zh
    with pytest.raises(InputError, match="known of none of 3 communities"):
        three_on_a_street({key: (people, UNKNOWN) for key, (people, _) in PEOPLE.items()})


# -- outputs ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("out")
    analysed("both").save(made)
    return analysed("both").report(made)


def test_tables_have_it_blank_and_say_why(folder):
    gaps = pd.read_csv(folder / "gaps.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    mine = gaps[gaps["community_id"] == "b"]
    assert mine[["population", "pop_60plus", "uncovered", "share", "rank_index", "index"]].eq("").all(axis=None)
    listed = mine["service"].isin(["clinic", "shop"])
    assert mine.loc[listed, "status"].eq("people_unknown").all()
    assert mine.loc[~listed, "status"].eq("undetermined").all()
    for name in ("gaps.csv", "ledger.csv", "subdistricts.csv", "field-checks.csv"):
        cells = pd.read_csv(folder / name, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        assert not cells.apply(lambda column: column.str.fullmatch("(?i)nan|none|<na>|inf")).any(axis=None), name


@pytest.mark.parametrize("name", ["gaps.xlsx", "report.docx"])
def test_no_document_says_nan(folder, name):
    with zipfile.ZipFile(folder / name) as parts:
        texts = [parts.read(part).decode() for part in parts.namelist() if part.endswith(".xml")]
    words = [re.sub(r"<[^>]+>", "|", text) for text in texts]
    assert not any(re.search(r"(?i)\|\s*(nan|<na>)\s*\|", text) for text in words)
    assert any("人口未知" in text or "人口或60岁以上人口未知" in text for text in words)


def test_a_saved_run_is_read_back_and_compared(folder, tmp_path):
    known = analysed(None).save(tmp_path / "known")
    found = compare(read_run(folder), read_run(known))
    # of b nothing was known before: it is in no total of the comparison
    assert found.totals.loc["clinic", ["uncovered_before", "uncovered_after"]].tolist() == [30, 30]
    row = found.gaps.loc[("b", "clinic")]
    assert row[["status_before", "status_after"]].tolist() == ["people_unknown", "determined"]
    assert np.isnan(row["share_change"])
