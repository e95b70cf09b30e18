"""Folders of results read back: what cannot be one is refused in words, in both languages."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from circle15.errors import InputError
from circle15.render.folder import save
from circle15.sources import saved_runs
from circle15.sources.saved_runs import read_run
from tests.towns.report_fixture import full

RECORD = {"settings": {"profile": "elderly"}, "city": {"key": "town"}, "versions": {"circle15": "0.1.0"}, "inputs": []}


@pytest.fixture(scope="module")
def town():
    town = full(community_names=("=1+1", "NA", "丙", "丁", "戊", "己", "庚", "辛"))
    return town.__class__(**{**town.__dict__, "record": RECORD})


@pytest.fixture(scope="module")
def saved(town, tmp_path_factory):
    return save(town, tmp_path_factory.mktemp("saved"))


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of the run's folder, to be spoilt."""
    return shutil.copytree(saved, tmp_path / "2026")


def test_a_saved_run_reads_back(town, folder):
    read = read_run(folder)
    assert read.name == "2026"
    assert set(read.gaps.index.get_level_values(0)) == set(town.city.communities.frame.index)
    names = read.gaps["name"].groupby(level=0).first()
    assert names.tolist() == town.city.communities.frame["name"].sort_index().tolist()  # "=1+1" and "NA" are names
    shares = town.gaps.frame["share"].dropna()
    assert read.gaps["share"].dropna().to_dict() == pytest.approx(shares.to_dict(), abs=1e-4)
    assert (read.gaps["status"] == "undetermined").any()
    assert len(read.ledger) == len(town.ledger)


def test_ranges_read_back_and_a_run_from_before_they_were_told_has_none(town, folder):
    path = folder / "ledger.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    table.loc[0, ["observed", "observed_low", "observed_high"]] = ["", "465", "930"]
    table.to_csv(path, index=False, encoding="utf-8-sig")
    key = tuple(table.loc[0, ["level", "unit_id", "clause_id"]])
    assert read_run(folder).ledger.loc[key, ["observed_low", "observed_high"]].tolist() == [465.0, 930.0]
    table.drop(columns=["observed_low", "observed_high"]).to_csv(path, index=False, encoding="utf-8-sig")
    assert read_run(folder).ledger[["observed_low", "observed_high"]].isna().all().all()


def test_a_run_without_clauses_has_no_ledger(folder):
    (folder / "ledger.csv").unlink()
    assert len(read_run(folder).ledger) == 0


@pytest.mark.parametrize(
    ("spoil", "english", "chinese"),
    [
        (lambda at: (at / "run.json").unlink(), "no run.json in it", "不是一次完整的运行结果"),
        (lambda at: (at / "gaps.csv").unlink(), "no gaps.csv in it", "不是一次完整的运行结果"),
        (lambda at: (at / "run.json").write_text("{"), "cannot be read", "读不懂"),
        (lambda at: (at / "run.json").write_text("[" * 100_000), "cannot be read", "读不懂"),
        (lambda at: (at / "run.json").write_text("[]"), "no settings, city, versions, inputs", "读不懂"),
        (lambda at: (at / "run.json").write_bytes(b"\xff\xfe"), "cannot be read", "读不懂"),
        (lambda at: (at / "gaps.csv").write_text(""), "cannot be read", "读不懂"),
        (
            lambda at: (at / "gaps.csv").write_text("a,b\n1,2\n"),
            "columns community_id",
            "缺少列",
        ),
        (lambda at: (at / "ledger.csv").write_text("a\n1\n"), "columns level", "缺少列"),
    ],
)
def test_what_is_no_run_is_refused(folder, spoil, english, chinese):
    spoil(folder)
    with pytest.raises(InputError, match=english) as refused:
        read_run(folder)
    assert chinese in refused.value.zh


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        read_run(tmp_path / "none")


def test_a_file_beyond_all_measure_is_not_read(folder, monkeypatch):
    monkeypatch.setattr(saved_runs, "_MOST_BYTES", {"run.json": 10, "gaps.csv": 10, "ledger.csv": 10})
    with pytest.raises(InputError, match="larger than"):
        read_run(folder)


def test_figures_that_are_no_numbers_and_rows_that_stand_twice(folder):
    lines = (folder / "gaps.csv").read_text(encoding="utf-8-sig").splitlines()
    (folder / "gaps.csv").write_text("\n".join([*lines, lines[-1]]), encoding="utf-8-sig")
    with pytest.raises(InputError, match="two rows of"):
        read_run(folder)
    (folder / "gaps.csv").write_text("\n".join([lines[0], lines[1].replace(",15.0,", ",many,")]), encoding="utf-8-sig")
    with pytest.raises(InputError, match="cutoff_min: not a number"):
        read_run(folder)


def test_a_record_of_another_shape(folder):
    (folder / "run.json").write_text(json.dumps(RECORD | {"settings": "none"}))
    with pytest.raises(InputError, match="cannot be read"):
        read_run(folder)
