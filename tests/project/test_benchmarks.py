"""The benchmarks run, and their check of answers catches a contender that is wrong."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from circle15.network.graph import cutoff_ms, walk_graph
from tests.towns.cover_problems import cover_problem
from tests.towns.scenarios import street

FOLDER = Path(__file__).parents[2] / "benchmarks"
MODULES = (
    "draws", "made_tables", "markdown", "peers", "reach", "scenario", "seats", "siting", "stages", "tables", "towns",
    "whole",
)  # fmt: skip


@pytest.fixture(scope="module")
def bench():
    """The benchmark's modules by name; they are scripts beside each other, no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        for name in MODULES:
            patch.delitem(sys.modules, name, raising=False)
        yield {name: importlib.import_module(name) for name in MODULES}
        for name in MODULES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def town(bench):
    return bench["towns"].grid_town(20)


def test_grid_town_has_the_crossings_and_lengths_it_promises(bench):
    straight = bench["towns"].grid_town(3, missing=0.0)
    # 3 x 3 crossings have 2 x 3 links each way; 60 m, each end moved by 18 m at most in each direction.
    assert (straight.n_nodes, straight.n_edges) == (9, 12)
    assert straight.length_m.min() >= 60 - 36
    assert straight.length_m.max() <= np.hypot(96, 36)
    again = bench["towns"].grid_town(3, missing=0.0)
    assert np.array_equal(straight.length_mm, again.length_mm)


def test_all_contenders_agree_on_a_small_town(bench, town, capsys):
    assert bench["reach"].reach_tables({"small": town}, quick=True)
    table = capsys.readouterr().out
    for name in ("scipy", "networkx", "OSMnx"):
        row = next(line for line in table.splitlines() if name in line)
        assert row.endswith("| identical |")
    if shutil.which("cc"):
        assert table.count("in C") == 2
        assert "no C compiler" not in table


def wrong(change):
    """A contender that answers as circle15 does, with one change."""

    def prepare(bench, graph, limit_ms):
        run, read = bench["peers"].circle15_search(graph, limit_ms)
        return run, lambda found: change(read(found))

    return prepare


def without_the_last_node(reached):
    return [(node[:-1], cost[:-1]) for node, cost in reached]


def with_one_more_node(reached):
    return [(np.append(node, 10**6), np.append(cost, 1.0)) for node, cost in reached]


def one_millisecond_late(reached):
    return [(node, cost + (np.arange(len(node)) == 1)) for node, cost in reached]


def one_facility_short(reached):
    return reached[:-1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without_the_last_node, "nodes missed"),
        (with_one_more_node, "too many"),
        (one_millisecond_late, "wrong by 1 ms"),
        (one_facility_short, "facilities instead of"),
    ],
)
def test_a_wrong_contender_is_caught(bench, town, change, told):
    contenders = {"wrong": lambda graph, limit_ms: wrong(change)(bench, graph, limit_ms)}
    ours, theirs = bench["reach"].compare(town, facilities=4, budget_s=0.1, contenders=contenders)
    assert "circle15" in ours[0]
    assert theirs[3].startswith("WRONG")
    assert told in theirs[3]


def test_tolerance_forgives_only_what_lies_at_the_cutoff(bench):
    disagreement = bench["peers"].disagreement
    expected = [(np.array([3, 5, 9]), np.array([0.0, 500.0, 999.0]))]
    at_the_edge = [(np.array([3, 5]), None)]
    inside = [(np.array([3, 9]), None)]
    assert disagreement(expected, at_the_edge, limit_ms=1000) != ""
    assert disagreement(expected, at_the_edge, limit_ms=1000, tolerance_ms=5) == ""
    assert disagreement(expected, inside, limit_ms=1000, tolerance_ms=5) != ""


def test_pairs_nearest_and_threads_agree_with_scipy(bench, town, capsys):
    whole = bench["whole"]
    assert whole.pairs_table("small", town, quick=True)
    assert whole.nearest_table("small", town, quick=True)
    assert whole.thread_table(("small", town), quick=True)
    assert capsys.readouterr().out.count("identical") == 2


def test_scipy_pairs_would_notice_a_lost_facility(bench, town):
    whole, towns = bench["whole"], bench["towns"]
    graph, limit_ms = walk_graph(town, towns.WALKER), cutoff_ms(towns.CUTOFF_MIN)
    sites, demand = towns.places(town, 3, seed=1), towns.places(town, 40, seed=2)
    matrix = whole._with_origins(graph, sites, together=False)
    found = np.concatenate(whole.scipy_pairs(graph, matrix, demand, sites, limit_ms), axis=1)
    table = whole._table(graph, demand, sites)
    assert sorted(zip(*found.tolist(), strict=True)) == sorted(
        zip(table.point.tolist(), table.facility.tolist(), table.cost_ms.tolist(), strict=True)
    )
    assert set(found[1].tolist()) == {0, 1, 2}


def test_stages_names_itself_and_its_options():
    done = subprocess.run(
        [sys.executable, str(FOLDER / "stages.py"), "--help"], capture_output=True, text=True, check=True
    )
    assert "cold" in done.stdout
    assert "[city]" in done.stdout


@pytest.fixture(scope="module")
def made_city(bench, tmp_path_factory):
    """1,000 facilities, ten of them bad; nine communities of 2,000 people; what was planted."""
    folder = tmp_path_factory.mktemp("tables")
    planted = bench["made_tables"].write_city(folder, rows=1_000, communities=9, people=2_000)
    np.savez(folder / "points.npz", lon=planted.lon, lat=planted.lat)
    return folder, planted


def test_planted_rows_add_up(made_city):
    _, planted = made_city
    # Five kinds of two rows each; those outside the city are read all the same.
    assert planted.dropped == {"facility-without-point": 4, "facility-without-service": 2, "facility-id-twice": 2}
    assert planted.outside == 2
    assert len(planted.lon) == 1_000 - 8


@pytest.mark.parametrize(
    ("task", "form"),
    [("list", "csv"), ("list", "xlsx"), ("list", "gpkg"), ("list", "parquet"), ("people", ""), ("check", "")],
)
def test_every_reader_finds_what_was_planted(bench, made_city, capsys, task, form):
    folder, planted = made_city
    bench["tables"].child(task, form, folder)
    told = json.loads(capsys.readouterr().out)
    assert told["answer"] == bench["tables"].expected(task, planted, 9, 2_000)
    assert told["seconds"] > 0


def test_a_reader_that_loses_a_row_is_caught(bench, made_city, monkeypatch):
    folder, planted = made_city
    truth = bench["tables"].expected("list", planted, 9, 2_000)
    answer = json.dumps({"seconds": 1.0, "peak_mb": 1.0, "answer": truth | {"used": truth["used"] - 1}})
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=answer))
    _, _, verdict = bench["tables"].measured("list", "csv", folder, truth, repeat=1)
    assert verdict == "WRONG: used 991 for 992"


@pytest.fixture
def drawn(bench, make_pack):
    """The small town laid out for draws, and six of them."""
    draws = bench["draws"]
    result = draws.study.analyse(draws.study.load_city("tryton", data=make_pack()), draws=0)
    stage, serving = draws.stage_of(result)
    doubt = draws.catalog.uncertainty()
    asked = {"risk": draws.dropout_risk(stage.network, doubt), "existence": np.full(len(serving), 0.5)}
    return stage, [draws.draw(stage, number, seed=1, uncertain=doubt, **asked) for number in range(6)]


@pytest.mark.filterwarnings("ignore::circle15.errors.DataQualityWarning")
def test_draws_agree_with_scipy_and_networkx(bench, drawn):
    rows, agree = bench["draws"].compare(*drawn, few=6)
    assert agree
    assert [row[-1] for row in rows] == ["–", "same", "same", ""]


@pytest.mark.filterwarnings("ignore::circle15.errors.DataQualityWarning")
def test_a_scenario_is_measured_beside_the_analysis_alone(bench):
    rows = bench["scenario"].measured(street(), 1)
    assert [name for name, _ in rows] == ["the analysis alone", "`apply` alone", "`apply` and the analysis"]
    assert all(seconds > 0 for _, seconds in rows)


@pytest.mark.filterwarnings("ignore::circle15.errors.DataQualityWarning")
def test_a_peer_that_draws_otherwise_is_caught(bench, drawn, monkeypatch):
    draws = bench["draws"]
    right = draws.scipy_search
    monkeypatch.setattr(draws, "scipy_search", lambda *asked: right(*asked) + np.uint32(600_000))
    rows, agree = draws.compare(*drawn, few=6)
    assert not agree
    assert [row[-1] for row in rows][:2] == ["–", "DIFFERS"]


# Two rows of 3 and 2 people, three candidates: 0 covers both, 1 and 2 one each.
PLACES = cover_problem([3, 2], [[0, 1], [0, 2]], 3)


def sited(**answers):
    """What each contender answers, in place of a process; others are not there."""
    return lambda name, *_: answers.get(name.partition(",")[0].replace("-", "_"), "not installed")


def answer(*chosen, bound=None):
    return {"chosen": list(chosen), "bound": bound, "cpu_s": 0.5, "peak_mb": 100.0}


def test_seats_are_shared_out_as_or_tools_does_and_another_answer_is_caught(bench, monkeypatch):
    seats = bench["seats"]
    rows, same = seats.compare(300, 12, in_reach=4, seeds=range(1, 3))
    assert same
    assert [row[0] for row in rows] == [*seats.SEATS]
    right = seats.circle15_seats
    monkeypatch.setattr(seats, "circle15_seats", lambda table: (*right(table)[:2], right(table)[2] - 1))
    rows, same = seats.compare(300, 12, in_reach=4, seeds=range(1, 2))
    assert not same
    assert {row[-1] for row in rows} == {"DIFFERS"}


def test_plans_are_counted_anew_and_the_best_one_is_told(bench):
    asked = sited(circle15=answer(0, bound=5), greedy=answer(1), CP_SAT=answer(2, bound=7.0))
    rows, right = bench["siting"].compare(PLACES, 1, limit_s=1, asked=asked)
    assert right
    assert [row[1:5] + row[7:] for row in rows] == [
        ["circle15", "5", "5", "0.00%", "best"],
        ["greedy", "3", "–", "–", ""],
        ["HiGHS", "–", "–", "–", "not installed"],
        ["CP-SAT", "2", "7", "250.00%", ""],
        ["spopt, HiGHS", "–", "–", "–", "not installed"],
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (answer(1, 2), "more sites than asked for"),
        (answer(0, bound=4), "a bound of 4 below 5"),
        (answer(1, bound=4), "a bound of 4 below 5"),  # no less than what it covers, but less than what can be
    ],
)
def test_a_wrong_plan_or_bound_is_caught(bench, wrong, told):
    rows, right = bench["siting"].compare(PLACES, 1, limit_s=1, asked=sited(circle15=wrong, greedy=answer(0)))
    assert not right
    assert told in rows[0][-1]


def test_solvers_agree_with_the_engine_on_a_small_problem(bench):
    siting = bench["siting"]
    for contender in (siting.circle15_plan, siting.plain_highs, siting.cp_sat):
        chosen, bound = contender(PLACES, 1, 5.0)
        assert (chosen, round(bound)) == ([0], 5)
    assert siting.greedy(PLACES, 1, 5.0) == ([0], None)
