"""Two runs compared: changes are after less before, over what both runs could judge; settings are told first."""

from __future__ import annotations

import dataclasses

import numpy as np
import openpyxl
import pandas as pd
import pytest

from circle15.model import SavedRun
from circle15.render.tables.comparison import comparison_lines, save_comparison
from circle15.study.comparison import compare

RECORD = {
    "city": {"key": "town", "name_zh": "小城", "name_en": "Town", "crs": "EPSG:4549"},
    "settings": {"profile": "elderly", "cutoffs_min": [5.0, 15.0], "weights": {}, "open_at": None},
    "profile": {"speed_mps": 0.9},
    "versions": {"circle15": "0.1.0"},
    "services": {"determined": ["clinic"], "undetermined": ["shop"]},
    "inputs": [{"file": "meals.csv", "label_zh": "助餐点", "label_en": "meals", "sha256": "aa", "date": "2025"}],
}


CLAUSE = "cc2020-service-station"
"""One that asks whether there is a place, and speaks of no people."""
INDEX = {("2025", "a"): 60.0, ("2026", "a"): 45.0, ("2025", "b"): 20.0, ("2026", "b"): 20.0}


def run(name: str, cells: dict, *, record: dict = RECORD, verdicts: dict | None = None) -> SavedRun:
    """A run of ``{(community, service): (covered, uncovered)}``; None for a service that could not be judged."""
    rows = []
    for (community, service), found in cells.items():
        covered, uncovered = found or (np.nan, np.nan)
        rows.append(
            {
                "community_id": community, "service": service, "name": f"{community}社区",
                "pop_60plus": 100.0 if found else np.nan,  # as saved tables have it
                "status": "determined" if found else "undetermined", "pop_60plus_covered": covered,
                "uncovered": uncovered, "share": covered / (covered + uncovered), "mean_min": 10.0,
                "index": INDEX.get((name, community), 0.0),
                "rank_index": {"a": 1.0, "b": 2.0}.get(community, 3.0),
            }
        )  # fmt: skip
    gaps = pd.DataFrame(rows).set_index(["community_id", "service"]).sort_index()
    ledger = pd.DataFrame(
        [
            {"level": "community", "unit_id": unit, "clause_id": CLAUSE, "unit_name": unit, "clause_zh": "条",
             "clause_en": "c", "verdict": verdict, "observed": 1.0}
            for unit, verdict in (verdicts or {}).items()
        ]
    )  # fmt: skip
    ledger = ledger.set_index(["level", "unit_id", "clause_id"]) if len(ledger) else ledger
    return SavedRun(name=name, record=record, gaps=gaps, ledger=ledger)


OLD = run(
    "2025",
    {("a", "clinic"): (40, 60), ("b", "clinic"): (80, 20), ("c", "clinic"): (0, 100), ("a", "shop"): None},
    verdicts={"a": "fail", "b": "pass"},
)
NEW = run(
    "2026",
    {("a", "clinic"): (70, 30), ("b", "clinic"): (80, 20), ("d", "clinic"): (5, 95), ("a", "shop"): (1, 99)},
    verdicts={"a": "pass", "b": "pass"},
)


@pytest.fixture
def found():
    return compare(OLD, NEW)


def test_changes_are_after_less_before(found):
    assert found.gaps.loc[("a", "clinic"), "share_change"] == pytest.approx(0.3)
    assert found.gaps.loc[("a", "clinic"), "uncovered_change"] == -30
    assert found.communities.loc["a", "index_change"] == -15
    assert found.communities.loc["b", "index_change"] == 0


def test_the_city_counts_what_both_runs_could_judge(found):
    assert list(found.totals.index) == ["clinic"]  # shop had no list before
    row = found.totals.loc["clinic"]
    assert (row["share_before"], row["share_after"]) == pytest.approx((120 / 200, 150 / 200))
    assert (row["uncovered_before"], row["uncovered_after"]) == (80, 50)  # a and b; c and d are in one run only


@pytest.mark.parametrize("turned", [False, True])
def test_what_one_run_could_not_judge_counts_in_neither(turned):
    whole = run("2025", {("a", "clinic"): (40, 60), ("b", "clinic"): (80, 20)})
    part = run("2026", {("a", "clinic"): (70, 30), ("b", "clinic"): None})
    row = compare(*((part, whole) if turned else (whole, part))).totals.loc["clinic"]
    assert (row["share_before"], row["share_after"]) == pytest.approx((0.7, 0.4) if turned else (0.4, 0.7))
    assert row["uncovered_change"] == (30 if turned else -30)


def test_communities_of_one_run_are_named_and_counted_nowhere(found):
    assert (dict(found.only_before), dict(found.only_after)) == ({"c": "c社区"}, {"d": "d社区"})
    assert set(found.gaps.index.get_level_values(0)) == {"a", "b"}


def test_verdicts_that_changed_sides(found):
    assert found.verdicts[["verdict_before", "verdict_after"]].to_numpy().tolist() == [["fail", "pass"]]
    assert len(compare(OLD, dataclasses.replace(NEW, ledger=pd.DataFrame())).verdicts) == 0


def test_the_same_run_changes_nothing():
    same = compare(OLD, dataclasses.replace(OLD, name="again"))
    assert same.comparable
    assert not len(same.settings)
    assert not len(same.inputs)
    assert not len(same.verdicts)
    assert (same.totals[["share_change", "uncovered_change"]] == 0).all(axis=None)
    assert comparison_lines(same)[1].startswith("设置相同")


@pytest.mark.parametrize(
    ("part", "change", "comparable"),
    [
        ("settings", {"profile": "adult"}, False),
        ("settings", {"cutoffs_min": [5.0, 10.0]}, False),
        ("settings", {"open_at": "We 11:30"}, False),
        ("settings", {"norms": ["gb50180-2018"]}, False),
        ("city", {"key": "village"}, False),
        ("profile", {"speed_mps": 1.2}, False),
        ("versions", {"circle15": "0.2.0"}, True),
    ],
)
def test_settings_that_decide_make_figures_incomparable(part, change, comparable):
    other = RECORD | {part: RECORD[part] | change}
    found = compare(OLD, dataclasses.replace(NEW, record=other))
    assert found.comparable == comparable
    assert found.settings["setting"].tolist() == [*({"key": "city"}.get(key, key) for key in change)]
    first = comparison_lines(found)[1]
    assert ("不能直接比较" in first) != comparable  # before any figure


@pytest.mark.parametrize(
    ("services", "comparable"),
    [
        ({"determined": ["clinic", "shop"], "undetermined": []}, True),
        ({"determined": ["clinic", "pharmacy"], "undetermined": ["shop"]}, False),
        ({"determined": ["clinic"], "undetermined": ["pharmacy", "shop"]}, False),
    ],
)
def test_runs_of_other_services_are_not_comparable(services, comparable):
    """A list more is a finding of the later run; a service more makes another index."""
    found = compare(OLD, dataclasses.replace(NEW, record=RECORD | {"services": services}))
    assert found.comparable == comparable
    assert found.settings["setting"].tolist() == ([] if comparable else ["services"])


def test_inputs_are_told_by_their_content():
    same_file = {
        "inputs": [RECORD["inputs"][0] | {"sha256": "bb"}, {"file": "new.csv", "label_zh": "新", "label_en": "new"}]
    }
    found = compare(OLD, dataclasses.replace(NEW, record=RECORD | same_file))
    assert found.inputs[["file", "change"]].to_numpy().tolist() == [["meals.csv", "changed"], ["new.csv", "added"]]
    back = compare(dataclasses.replace(OLD, record=RECORD | same_file), NEW)
    assert back.inputs["change"].tolist() == ["changed", "removed"]


def test_the_order_of_rows_changes_nothing(found, tmp_path):
    turned = compare(*(dataclasses.replace(one, gaps=one.gaps.iloc[::-1]) for one in (OLD, NEW)))
    pd.testing.assert_frame_equal(turned.gaps, found.gaps)
    save_comparison(found, tmp_path / "a")
    save_comparison(turned, tmp_path / "b")
    for name in ("compare.xlsx", "compare.csv", "compare-verdicts.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_workbook_and_the_table_say_it_in_words(found, tmp_path):
    save_comparison(found, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "compare.xlsx")
    cells = {sheet.title: [cell.value for row in sheet.iter_rows() for cell in row] for sheet in book}
    assert "社区卫生服务站" in cells["全市 City"]
    assert any("不达标" in str(value) for value in cells["判定 Verdicts"])
    assert {"c社区", "d社区"} <= set(cells["只在一次中 Only in one"])
    table = pd.read_csv(tmp_path / "compare.csv", encoding="utf-8-sig")
    assert table["share_change"].dropna().round(3).tolist() == [0.3, 0.0]


def test_synthetic_runs_and_empty_sheets_say_so(found, tmp_path):
    made = dataclasses.replace(found.told, synthetic=True, verdicts=found.verdicts.iloc[:0])
    save_comparison(made, tmp_path)
    heads = {sheet.title: sheet["A2"].value for sheet in openpyxl.load_workbook(tmp_path / "compare.xlsx")}
    assert all("含合成数据" in head for head in heads.values())
    assert "没有 none" in heads["判定 Verdicts"]
    assert "没有 none" not in heads["全市 City"]
    assert comparison_lines(made)[1].startswith("※ 含合成数据")


def test_the_workbook_tells_tens_and_no_verdict_on_people(tmp_path):
    """Of 100 people in a 37 lack a clinic and then four; of b's fourteen eight, of whom nothing may be told."""
    one = run("2025", {("a", "clinic"): (63, 37), ("b", "clinic"): (6, 8)}, verdicts={"a": "fail"})
    other = run("2026", {("a", "clinic"): (96, 4), ("b", "clinic"): (6, 8)}, verdicts={"a": "pass"})
    for each in (one, other):
        each.gaps.loc[("b", "clinic"), "pop_60plus"] = 14.0
    found = compare(*(
        dataclasses.replace(each, ledger=each.ledger.rename(index={CLAUSE: "js-circle-elderly"}, level="clause_id"))
        for each in (one, other)
    ))  # fmt: skip
    row = found.told.gaps.loc[("a", "clinic")]
    assert row[["uncovered_before", "uncovered_after"]].tolist() == [40, 5]
    assert (row["share_before"], row["share_after"]) == pytest.approx((0.6, 0.95))
    assert found.told.gaps.loc[("b", "clinic"), ["uncovered_before", "share_after"]].isna().all()
    assert found.told.communities.loc["a", ["index_before", "index_after"]].tolist() == pytest.approx([40, 5])
    assert found.told.communities.loc["b", ["index_before", "rank_before"]].isna().all()
    assert (len(found.verdicts), len(found.told.verdicts)) == (1, 0)
    save_comparison(found, tmp_path)
    exact = pd.read_csv(tmp_path / "compare.csv", encoding="utf-8-sig")
    assert exact["uncovered_before"].tolist() == [37, 8]


def test_the_lines_tell_what_changed(found):
    told = "\n".join(comparison_lines(found))
    assert "60.0% → 75.0% (+15.0), 80 → 50 (-30)" in told
    assert "a社区: 60.0 → 45.0 (-15.0)" in told
    assert "不达标 fails → 达标 passes: 1" in told
    assert "communities only in 2026: 1 (d社区)" in told


def test_a_service_without_a_list_hides_no_community():
    found = compare(OLD, NEW).told
    assert found is not None
    assert OLD.gaps.loc[("a", "shop"), "status"] == "undetermined"
    assert found.gaps.loc[("a", "clinic"), ["uncovered_before", "uncovered_after"]].notna().all()


# -- Communities that a scenario merges or splits ----------------------------------------------------------


def merging(name: str, cells: dict, **options) -> SavedRun:
    """A run of the scenario that makes one community, a, of a and b."""
    change = {"kind": "merge_communities", "community_ids": ["a", "b"], "into": "a", "name": "ab"}
    return run(name, cells, record=RECORD | {"scenario": {"name": name, "changes": [change]}}, **options)


TODAY = run(
    "2025",
    {("a", "clinic"): (40, 60), ("b", "clinic"): (80, 20), ("c", "clinic"): (0, 100)},
    verdicts={"a": "fail", "b": "pass", "c": "fail"},
)
MERGED = merging("2026", {("a", "clinic"): (120, 80), ("c", "clinic"): (30, 70)}, verdicts={"a": "pass", "c": "pass"})


def test_a_merged_community_is_not_the_one_whose_id_it_bears():
    found = compare(TODAY, MERGED)
    assert [*found.gaps.index] == [("c", "clinic")]
    assert [*found.communities.index] == ["c"]
    assert [*found.verdicts.index] == [("community", "c", CLAUSE)]
    assert found.clauses.loc[CLAUSE, ["pass_before", "pass_after"]].tolist() == [0, 1]
    assert (found.only_before, found.only_after) == ({"a": "a社区", "b": "b社区"}, {"a": "a社区"})


def test_merged_communities_count_as_one_sum():
    # 60 and 20 become 80: nobody moved; of c 30 are served.
    totals = compare(TODAY, MERGED).totals.loc["clinic"]
    assert totals[["uncovered_before", "uncovered_after", "uncovered_change"]].tolist() == [180.0, 150.0, -30.0]
    assert totals["share_before"] == pytest.approx(120 / 300)
    back = compare(MERGED, TODAY).totals.loc["clinic"]
    assert back["uncovered_change"] == 30.0


def test_what_is_passed_on_leaves_out_communities_that_are_not_the_same():
    told = compare(TODAY, MERGED).told
    assert told.totals.loc["clinic", ["uncovered_before", "uncovered_after"]].tolist() == [100.0, 70.0]
    assert [*told.gaps.index] == [("c", "clinic")]


def test_new_homes_are_compared_but_not_passed_on():
    change = {"kind": "add_people", "estate_id": "e", "community_id": "a", "people": {"pop_60plus": 1.0}}
    later = dataclasses.replace(TODAY, record=RECORD | {"scenario": {"name": "2026", "changes": [change]}})
    found = compare(TODAY, later)
    assert ("a", "clinic") in found.gaps.index
    assert ("a", "clinic") not in found.told.gaps.index
    assert found.told.only_after == {"a": "a社区"}


def test_a_sum_with_an_unknown_part_is_not_told():
    unknown = run("2025", {("a", "clinic"): (40, 60), ("b", "clinic"): None, ("c", "clinic"): (0, 100)})
    totals = compare(unknown, MERGED).totals.loc["clinic"]
    assert totals[["uncovered_before", "uncovered_after"]].tolist() == [100.0, 70.0]


def test_what_both_runs_have_merged_is_the_same_in_both():
    later = merging("2027", {("a", "clinic"): (150, 50), ("c", "clinic"): (30, 70)})
    found = compare(MERGED, later)
    assert found.gaps["uncovered_change"].to_dict() == {("a", "clinic"): -30.0, ("c", "clinic"): 0.0}
    assert not found.only_before
