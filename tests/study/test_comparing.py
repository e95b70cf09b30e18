"""Analyses, saved runs and scenarios compared: the same answer whatever they come from."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache

import openpyxl
import pandas as pd
import pytest

import circle15 as c15
from circle15.errors import DataQualityWarning, InputError, SettingError
from circle15.model.changes import AddFacility, AddService, CloseFacility
from circle15.model.scenario import Scenario
from circle15.render.schemes import save_schemes
from circle15.sources.saved_runs import read_run
from circle15.study.comparing import run_of
from tests.towns.scenarios import at, street

CLINIC = AddFacility(facility_id="n", name="新站", services=("clinic",), at=at(2000))
A = Scenario(name="A", changes=(CLINIC,))
B = A.child("B", AddService(facility_id="f0", service="shop"))
C = Scenario(name="C", changes=(CloseFacility(facility_id="f0"),))


@cache
def town():
    # 0.9 m/s and 16 minutes 40 seconds: 900 m, as the street is drawn for.
    return replace(street(cutoffs_min=(1000 / 60,)))


@cache
def result(scenario: Scenario | None = None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(town() if scenario is None else c15.apply(town(), scenario))


def test_people_ranks_clauses_and_equity_answer():
    found = c15.compare(result(), result(A))
    assert (found.before, found.after) == ("三", "A")
    # b and c (20 and 30 elders) reach the new clinic, 520 m from both; nothing else moves.
    assert found.totals["uncovered_change"].to_dict() == {"clinic": -50.0, "shop": 0.0}
    assert found.gaps["uncovered_change"].to_dict()[("b", "clinic")] == -20.0
    assert found.communities.loc["a", "index_change"] == 0
    assert (found.communities.loc[["b", "c"], "index_change"] < 0).all()
    zero = found.equity.loc[("clinic", "zero_share")]
    assert (zero["before"], zero["after"]) == (pytest.approx(50 / 90), 0.0)
    assert set(found.equity.index.get_level_values("service")) == {"clinic"}
    turned = found.verdicts[found.verdicts["verdict_after"] == "pass"]
    gained = found.clauses["pass_after"] - found.clauses["pass_before"]
    assert gained[gained > 0].sum() == len(turned)
    assert found.comparable


def test_a_saved_run_is_the_analysis_that_it_was_saved_of(tmp_path):
    saved = {}
    for name, made in (("before", result()), ("after", result(A))):
        saved[name] = made.save(tmp_path / name)
    from_runs = c15.compare(saved["before"], str(saved["after"]))
    from_mixed = c15.compare(result(), read_run(saved["after"]))
    from_analyses = c15.compare(result(), result(A))
    from_scenarios = c15.compare(town(), A, city=town())
    for other in (from_runs, from_mixed, from_scenarios):
        for table in ("totals", "gaps", "communities", "equity", "clauses"):
            ours, theirs = getattr(from_analyses, table), getattr(other, table)
            pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, check_exact=False, rtol=1e-6)
        assert other.verdicts.index.equals(from_analyses.verdicts.index)


def test_a_scenario_needs_its_city():
    with pytest.raises(SettingError, match="comparing scenario 'A' needs its city"):
        c15.compare(result(), A)


def test_schemes_stand_side_by_side():
    with pytest.warns(DataQualityWarning, match="no usable facility for Community clinic"):
        schemes = c15.compare_schemes(result(), [result(A), B, C], city=town())
    assert list(schemes.schemes.index) == ["三", "A", "B", "C"]
    assert schemes.schemes["parent"].tolist() == ["", "", "A", ""]
    assert schemes.schemes["changes"].tolist() == [0, 1, 2, 1]
    # Today 50 lack the clinic and 60 the shop; A serves 50 with clinics, B also 40 of a with the shop; C loses 40.
    assert schemes.schemes["uncovered"].tolist() == [110.0, 60.0, 20.0, 150.0]
    assert schemes.schemes["uncovered_change"].tolist() == [0.0, -50.0, -90.0, 40.0]
    assert schemes.frame.loc[("B", "shop"), "uncovered"] == 20.0
    assert schemes.frame.loc[("C", "clinic"), "share"] == 0.0
    with pytest.raises(SettingError, match="need names of their own"):
        c15.compare_schemes(result(), [result(A), result(A)])


def test_a_scenario_stands_in_the_record_and_among_the_sources():
    record = result(A).record
    assert record["scenario"]["changes"][0]["kind"] == "add_facility"
    assert "changes of the scenario A" in [origin["label_en"] for origin in record["inputs"]]
    assert "scenario" not in result().record


def test_the_empty_scenario_gives_the_same_bytes(tmp_path):
    one = result().save(tmp_path / "one")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        undone = c15.apply(town(), A.undone())
        other = c15.analyse(undone).save(tmp_path / "other")
    files = sorted(path.name for path in one.iterdir())
    assert files == sorted(path.name for path in other.iterdir())
    assert [name for name in files if (one / name).read_bytes() != (other / name).read_bytes()] == []


def test_runs_from_before_equity_was_recorded_still_compare(tmp_path):
    saved = run_of(result())
    old = replace(saved, equity=pd.DataFrame(), name="2025")
    found = c15.compare(old, saved)
    assert not len(found.equity)
    with pytest.raises(InputError):
        c15.compare(tmp_path / "none", saved)


def test_a_hostile_name_is_text_in_every_output(tmp_path):
    names = ["=1+1", "$x_1$", "</script>{{7*7}}"]
    runs = [replace(run_of(result()), name=name) for name in names]
    schemes = c15.compare_schemes(run_of(result()), runs)
    save_schemes(schemes, tmp_path)
    cells = openpyxl.load_workbook(tmp_path / "schemes.xlsx")["方案 Schemes"]["A"]
    assert [cell.value.lstrip("'") for cell in cells[-3:]] == names
    assert {cell.data_type for cell in cells[-3:]} == {"s"}
    assert (tmp_path / "schemes.png").stat().st_size > 5000
