"""Saved scenarios computed again and written out, one alone and several side by side."""

from __future__ import annotations

import json
import re

import openpyxl
import pytest

from circle15 import study
from circle15.errors import InputError
from circle15.model.changes import CloseFacility
from circle15.model.scenario import Scenario
from circle15.planning.scenario.matching import saved_scenario
from circle15.render.scenario_file import scenario_file
from circle15.study.scenarios import replay


@pytest.fixture
def town(make_pack):
    """The town's data root, and the town."""
    root = make_pack(settings="[settings]\ndraws = 0\n")
    return root, study.load_city("tryton", data=root)


@pytest.fixture
def plan(town, tmp_path):
    """Write a scenario of the town: its first change, or two."""

    def write(name: str, *changes, **options):
        saved = saved_scenario(town[1], Scenario(name=name, changes=changes), **options)
        return scenario_file(saved, tmp_path / f"{name}.json")

    return write


def first_facility(city):
    """A facility of one service, and that service."""
    key = city.facilities.frame.index[0]
    return key, city.facilities.frame.loc[key, "services"][0]


@pytest.mark.usefixtures("unpainted")
def test_one_scenario_writes_its_city_its_comparison_and_its_report(run, town, plan, tmp_path):
    root, city = town
    key, _ = first_facility(city)
    path = plan("关门", CloseFacility(facility_id=key), seen={"clinic": {"before": 1.0, "after": 999.0}})
    code, out, err = run("scenario", "tryton", path, "--data", root, "--out", tmp_path / "out")
    assert (code, err) == (0, "")
    name = city.facilities.frame.loc[key, "name"]
    assert f"1. 关闭“{name}”。 {name} closes." in out
    assert "输入数据相同。 Same inputs." in out
    assert "方案作者所见为 1 → 999 人走不到" in out
    written = {entry.name for entry in (tmp_path / "out").iterdir()}
    assert written >= {"map.html", "gaps.xlsx", "compare.xlsx", "scenario.json", "report.docx", "report.pdf"}
    assert "schemes.xlsx" not in written
    page = (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    (change,) = re.search(r'"before":\{"scenario":\{"name":"关门","parent":""\},"changes":\[(\{.*?\})\]', page).groups()
    assert json.loads(change)["zh"] == f"关闭“{name}”。"
    assert json.loads(change)["at"]
    again = json.loads((tmp_path / "out" / "scenario.json").read_text(encoding="utf-8"))
    assert again["changes"] == json.loads(path.read_text(encoding="utf-8"))["changes"]
    assert again["seen"]["clinic"]["after"] < 999.0
    sheets = openpyxl.load_workbook(tmp_path / "out" / "compare.xlsx").sheetnames
    assert {"条文 Clauses", "公平 Equity"} <= set(sheets)


@pytest.mark.usefixtures("unpainted", "recorded")
def test_several_scenarios_stand_in_one_table_and_one_chart(run, town, plan, tmp_path):
    root, city = town
    key, _ = first_facility(city)
    plans = [plan("甲", CloseFacility(facility_id=key)), plan("乙")]
    code, out, _ = run("scenario", "tryton", *plans, "--data", root, "--out", tmp_path / "out")
    assert code == 0
    assert out.splitlines()[-1].startswith(str(tmp_path / "out" / "schemes.xlsx"))
    names = {entry.name for entry in (tmp_path / "out").iterdir()}
    assert names == {"甲", "乙", "schemes.xlsx", "schemes.png", "schemes.svg"}
    book = openpyxl.load_workbook(tmp_path / "out" / "schemes.xlsx")
    cells = [cell.value for cell in book["方案 Schemes"]["A"]]
    assert cells[-3:] == ["现状 Today", "甲", "乙"]


def test_files_that_do_not_fit_are_refused_before_the_work(run, town, plan, tmp_path, monkeypatch):
    root, city = town
    path = plan("A")
    other = json.loads(path.read_text(encoding="utf-8"))
    monkeypatch.setattr(study, "analyse", None)
    for key, value, words in (
        ("city", "suzhou", "the scenario of another city"),
        ("inputs", "0" * 64, "with --place-again"),
        ("changes", [{"kind": "close_facility", "facility_id": "nix"}], "there is no facility 'nix'"),
    ):
        path.write_text(json.dumps(other | {key: value}), encoding="utf-8")
        code, _, err = run("scenario", "tryton", path, "--data", root, "--out", tmp_path / "out")
        assert code == 3
        assert words in err
    assert not (tmp_path / "out" / "map.html").exists()
    with pytest.raises(InputError, match="need names of their own"):
        replay(city, [plan("B"), plan("B")])


@pytest.mark.usefixtures("recorded")
def test_inputs_that_changed_are_told_when_things_are_found_again(run, town, plan, tmp_path):
    root, city = town
    key, _ = first_facility(city)
    path = plan("A", CloseFacility(facility_id=key))
    table = root / "tryton" / "facilities.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(f"{key},", "renamed,"), encoding="utf-8")
    assert run("scenario", "tryton", path, "--data", root, "--out", tmp_path / "out")[0] == 3
    code, out, _ = run("scenario", "tryton", path, "--data", root, "--out", tmp_path / "out", "--place-again")
    assert code == 0
    assert f"· 1 close_facility: {key} → renamed, 0.0 m" in out
