"""A question of siting asked of a city that was read, from Python and on the command line, and its plan replayed."""

from __future__ import annotations

import pandas as pd
import pytest

import circle15 as c15
from circle15.model.changes import CloseFacility
from circle15.render.tables.columns import columns
from circle15.sources.scenario_files import read_scenario
from circle15.study.siting import read_places


@pytest.fixture
def town(make_pack):
    root = make_pack(settings="[settings]\ndraws = 0\ncutoffs_min = [2, 4]\n")
    return root, c15.load_city("tryton", data=root)


def uncovered(city, service):
    return c15.analyse(city, draws=0).gaps.frame["uncovered"].xs(service, level="service").sum()


@pytest.mark.filterwarnings("ignore::circle15.errors.DataQualityWarning")  # the only clinic closes
def test_a_plan_asked_of_a_city_or_its_analysis_serves_whom_it_promises(town):
    _, city = town
    plan = c15.site(city, "clinic", new=2)
    assert plan.served > 0
    assert plan.scenario.name == "社区卫生服务站选址"
    before, after = uncovered(city, "clinic"), uncovered(c15.apply(city, plan.scenario), "clinic")
    assert before - after == pytest.approx(plan.served, abs=1e-6)
    assert c15.site(c15.analyse(city), "clinic", new=2).scenario == plan.scenario
    key = next(key for key, offers in city.facilities.frame["services"].items() if "clinic" in offers)
    closed = c15.site(city, "clinic", new=2, rules=c15.SitingRules(closed=(key,)), name="关一处")
    assert closed.scenario.changes[0] == CloseFacility(facility_id=key)
    assert closed.lacking >= plan.lacking
    left = uncovered(c15.apply(city, c15.Scenario(name="-", changes=closed.scenario.changes[:1])), "clinic")
    assert left - uncovered(c15.apply(city, closed.scenario), "clinic") == pytest.approx(closed.served, abs=1e-6)


def test_the_command_writes_a_plan_that_is_read_back(run, town, tmp_path):
    root, city = town
    out = tmp_path / "out"
    code, said, told = run(
        "site", "tryton", "--service", "clinic", "--new", 2, "--frontier", 2, "--data", root, "--out", out
    )
    assert (code, told) == (0, "")
    plan = c15.site(city, "clinic", new=2)
    assert {entry.name for entry in out.iterdir()} == {"plan.json", "plan.csv", "frontier.csv"}
    assert [change.kind for change in read_scenario(out / "plan.json").scenario.changes] == [
        change.kind for change in plan.scenario.changes
    ]
    table = pd.read_csv(out / "plan.csv", encoding="utf-8-sig")
    assert table["added"].sum() == pytest.approx(plan.served, abs=1e-3 * len(table))
    sizes = pd.read_csv(out / "frontier.csv", encoding="utf-8-sig")
    assert {*table, *sizes} <= set(columns())
    assert sizes["plan_number"].tolist() == [1, 2]
    assert sizes["plan_served"].iloc[-1] == pytest.approx(plan.served, abs=1e-3)
    lines = said.splitlines()
    assert lines[1].startswith("已证明最优：试遍")
    assert any(line.startswith("Proven optimal: of ") for line in lines)
    assert lines[-1].startswith(f'circle15 scenario tryton "{out / "plan.json"}"')


def test_a_list_of_one_s_own_is_read_as_lists_of_facilities_are(run, town, tmp_path):
    root, city = town
    home = city.communities.frame.loc[["west"]].representative_point().to_crs("EPSG:4326").iloc[0]
    table = tmp_path / "备选.csv"
    table.write_text(f"名称,经度,纬度\n旧仓库,{home.x},{home.y}\n无坐标,,\n", encoding="gb18030")
    out = tmp_path / "out"
    code, said, told = run(
        "site", "tryton", "--service", "clinic", "--new", 1, "--candidates", table, "--data", root, "--out", out
    )
    assert code == 0
    assert "备选.csv" in told  # the row without coordinates
    (change,) = read_scenario(out / "plan.json").scenario.changes
    assert (change.name, change.services) == ("旧仓库", ("clinic",))
    assert "在旧仓库（" in said
    frame, findings = read_places(table, city, "clinic")
    assert len(findings) > 0
    found = c15.site(city, "clinic", new=1, rules=c15.SitingRules(listed=frame))
    assert found.tried["site"] == 1
    beside = c15.site(city, "clinic", new=1, rules=c15.SitingRules(listed=frame, places=("list", "house")))
    assert beside.tried[["service", "site"]].tolist() == [1, 1]
    assert beside.served >= found.served > 0


def test_what_cannot_be_asked_is_refused_on_the_command_line(run, town, tmp_path, monkeypatch):
    root, _ = town
    code, _, told = run("site", "tryton", "--service", "clinik", "--new", 2, "--data", root, "--out", tmp_path / "out")
    assert code != 0
    assert "没有 'clinik' 这项服务" in told
    assert "did you mean 'clinic'" in told
    code, _, told = run("site", "tryton", "--service", "clinic", "--data", root, "--out", tmp_path / "out")
    assert code != 0
    assert "请给出处数（new）或预算（budget）" in told
    assert not any((tmp_path / "out").glob("*"))
    monkeypatch.chdir(tmp_path)
    code, _, told = run("site", "tryton", "--service", "../../x", "--new", 2, "--data", root)
    assert code != 0
    assert not (tmp_path / "build").exists()  # a service that nobody knows names no folder
    code, _, told = run("site", "tryton", "--service", "clinic", "--new", 1, "--close", "f22", "--data", root)
    assert code != 0
    assert "there is no facility 'f22' that could close before; did you mean 'f2'?" in told
