"""Answers of field checks: read with author and date, laid over the city, and what becomes of verdicts."""

from __future__ import annotations

import csv
import json
import warnings

import numpy as np
import pandas as pd
import pyogrio
import pytest

import circle15 as c15
from circle15.errors import DataQualityWarning, InputError, PackError
from circle15.model import EdgeFlag, Survey
from circle15.network.convert import from_geopandas, from_osmnx, to_geopandas, to_osmnx
from circle15.network.graph import walk_graph
from circle15.render.map.payload import payload
from circle15.render.tables.files import geopackage
from circle15.render.tables.frames import service_table
from circle15.sources.pack.survey import read_survey
from circle15.uncertainty.field_checks import in_service, midpoints, street_ids, surveyed
from tests.towns.findings import finding_of
from tests.towns.lattice import grid
from tests.towns.pack_files import SITES
from tests.towns.stages import bridge_town, stage

HEAD = "check_id,answer,author,date,note"


def table(tmp_path, *rows, head=HEAD, name="field-checks.csv"):
    path = tmp_path / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8-sig")
    return path


def survey(**answers):
    ids = [key.replace("__", ":").replace("_", "-") for key in answers]
    frame = pd.DataFrame(
        {
            "answer": list(answers.values()), "author": "李", "date": "2026-05-01", "note": "", "file": "s.csv",
            "row": range(2, 2 + len(ids)),
        },
        index=pd.Index(ids, name="check_id"),
    )  # fmt: skip
    return Survey(frame=frame)


# -- reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("是", "yes"),
        ("YES", "yes"),
        ("否。", "no"),
        ("没有", "no"),
        (" no ", "no"),
        ("不清楚", "unclear"),
        ("１", "yes"),
    ],
)
def test_answers_in_many_words(tmp_path, word, answer):
    frame, _, findings = read_survey(table(tmp_path, f"facility:f1,{word},李,2026-05-01,"))
    assert frame.loc["facility:f1", "answer"] == answer
    assert not [one for one in findings if one.severity == "warning"]


def test_bad_rows_are_left_out_and_told_with_row_and_remedy(tmp_path):
    path = table(
        tmp_path,
        "facility:a,是,李,2026-05-01,在",
        "facility:b,,,,",
        "facility:c,也许,李,2026-05-01,",
        "facility:d,否,,2026-05-01,",
        "facility:e,否,李,五月,",
        "facility:f,否,李,2026-02-30,",
        "f7,否,李,2026-05-01,",
        "street:1-2,否,李,2026年5月1日,",
        "street:1,否,李,2026-05-01,",
    )
    frame, record, findings = read_survey(path)
    assert frame.index.to_list() == ["facility:a", "street:1-2"]
    assert frame["date"].to_list() == ["2026-05-01"] * 2
    assert (record.role, record.rows_read, record.rows_used) == ("survey", 9, 2)
    assert dict(record.dropped) == {
        "survey-unanswered": 1, "survey-answer": 1, "survey-author": 1, "survey-date": 2, "survey-check": 2,
    }  # fmt: skip
    assert finding_of(findings, "survey-answer").row == 4
    assert finding_of(findings, "survey-answer").value == "也许"
    assert finding_of(findings, "survey-author").row == 5
    assert (finding_of(findings, "survey-date").row, finding_of(findings, "survey-date").count) == (6, 2)
    assert finding_of(findings, "survey-check").remedy_zh


def test_columns_about_persons_go_no_farther_and_chinese_headers_are_understood(tmp_path):
    path = table(tmp_path, "facility:a,是,李 13812345678,2026-05-01,13812345678", head="核查编号,答案,核查人,日期,电话")
    frame, record, _ = read_survey(path)
    assert record.personal == ("电话",)
    assert "13812345678" not in frame.to_csv()


def test_a_table_without_the_columns_is_refused(tmp_path):
    with pytest.raises(PackError, match=r"field-checks\.csv.*author, date"):
        read_survey(table(tmp_path, "facility:a,是", head="check_id,answer"))


def test_a_survey_checks_itself():
    one = survey(facility__a="yes").frame
    with pytest.raises(InputError, match="twice"):
        Survey(frame=pd.concat([one, one]))
    with pytest.raises(InputError, match="answers"):
        Survey(frame=one.assign(answer="maybe"))
    with pytest.raises(InputError, match="author"):
        Survey(frame=one.drop(columns="author"))
    assert (len(Survey()), repr(survey(facility__a="no"))) == (0, "<Survey: 1 no>")


# -- laying over -----------------------------------------------------------------------------------


def test_answers_close_streets_and_take_facilities_out_of_service_without_touching_the_input():
    made = bridge_town()
    facilities = made.facilities.facilities
    answers = survey(facility__f0="no", facility__f1="yes", street__1_2="no", street__2_3="yes", street__0_1="unclear")
    network, marked, findings = surveyed(made.network, facilities, answers)
    assert network.has(EdgeFlag.CLOSED).tolist() == [False, True, False]
    assert network.has(EdgeFlag.CONFIRMED).tolist() == [False, False, True]
    assert marked.frame["survey_answer"].to_list() == ["denied", "confirmed"]
    assert marked.frame["survey_author"].to_list() == ["李", "李"]
    assert in_service(marked).frame.index.to_list() == ["f1"]
    assert in_service(marked).listed == facilities.listed
    applied = finding_of(findings, "survey-applied")
    assert "2 answered no" in applied.message_en
    assert "李" in applied.message_zh
    assert not made.network.has(EdgeFlag.CLOSED).any()
    assert "survey_answer" not in facilities.frame
    assert in_service(facilities) is facilities


def test_answers_about_nothing_here_are_told_and_not_used():
    made = bridge_town()
    facilities = made.facilities.facilities
    network, marked, findings = surveyed(made.network, facilities, survey(facility__gone="no", street__1_9="no"))
    assert (network.flags == made.network.flags).all()
    assert set(marked.frame["survey_answer"]) == {""}
    assert finding_of(findings, "survey-unknown").count == 2
    assert finding_of(findings, "survey-unknown").row == 2


@pytest.mark.parametrize(("metres", "closed"), [(0.0, True), (25.0, True), (40.0, False)])
def test_a_street_that_has_moved_is_another_one(metres, closed):
    made = bridge_town()
    facilities = made.facilities.facilities
    lon, lat = midpoints(made.network, np.array([1]))
    answers = survey(street__1_2="no").frame.assign(lon=lon, lat=lat + metres / 111_000)
    network, _, findings = surveyed(made.network, facilities, Survey(frame=answers))
    assert network.has(EdgeFlag.CLOSED).any() == closed
    assert [one.code for one in findings] == ["survey-applied" if closed else "survey-unknown"]


def test_no_survey_changes_nothing():
    made = bridge_town()
    facilities = made.facilities.facilities
    assert surveyed(made.network, facilities, Survey()) == (made.network, facilities, [])


# -- a whole pack ----------------------------------------------------------------------------------

SURVEYED = '[survey]\nfile = "field-checks.csv"\n'


def run(root, folder=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        result = c15.analyse(c15.load_city("tryton", data=root))
        if folder is not None:
            result.save(folder)
    return result


def test_the_list_goes_out_and_comes_back(make_pack, tmp_path):
    first = run(make_pack(settings="[settings]\ndraws = 20\n"), tmp_path / "one")
    path = tmp_path / "one" / "field-checks.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["check_id"] for row in rows] == first.robustness.checks.index.to_list()
    assert {row["answer"] + row["author"] + row["date"] + row["note"] for row in rows} == {""}
    asked = next(row for row in rows if row["check_id"].startswith("facility:"))
    asked |= {"answer": "否", "author": "社区办", "date": "2026-05-01"}
    root = make_pack(settings="[settings]\ndraws = 20\n", more=SURVEYED, root="again")
    with (root / "tryton" / "field-checks.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    again = run(root, tmp_path / "two")
    facility = asked["check_id"].partition(":")[2]
    assert again.city.facilities.frame.loc[facility, "survey_answer"] == "denied"
    before, after = (result.coverage.frame["pop_60plus_covered"] for result in (first, again))
    assert (after <= before).all()
    lost = (before - after).xs(15.0, level="cutoff_min").sum()
    assert lost == first.robustness.checks.loc[asked["check_id"], "people"] > 0
    assert asked["check_id"] not in again.robustness.checks.index
    record = json.loads((tmp_path / "two" / "run.json").read_text(encoding="utf-8"))
    assert record["survey"] == {"answers": {"no": 1}, "authors": ["社区办"], "denied": [asked["check_id"]]}
    assert [one["rows_used"] for one in record["files"] if one["role"] == "survey"] == [1]
    assert record["robustness"]["draws"] == 20
    assert record["robustness"]["assumptions"]["speed"]["zh"]
    assert finding_of(again.findings, "survey-applied").count == 1


def test_of_several_answers_the_latest_counts_and_of_one_day_the_careful_one(make_pack):
    root = make_pack(more='[survey]\nfiles = ["a.csv", "b.csv"]\n')
    table(
        root / "tryton", "facility:f1,否,李,2026-05-01,", "facility:f2,是,李,2026-05-01,",
        "facility:f3,否,李,2026-05-02,", name="a.csv",
    )  # fmt: skip
    table(root / "tryton", "facility:f1,是,王,2026-05-03,", "facility:f2,否,王,2026-05-01,", name="b.csv")
    loaded = c15.load_city("tryton", data=root)
    assert loaded.survey.frame["answer"].to_dict() == {"facility:f1": "yes", "facility:f2": "no", "facility:f3": "no"}
    assert finding_of(loaded.findings, "survey-contradiction").examples == ("facility:f2",)
    assert [origin.file for origin in loaded.survey.origins] == ["a.csv", "b.csv"]
    assert {origin.file for origin in loaded.origins} >= {"a.csv", "b.csv"}


def test_a_survey_that_is_not_there_or_names_no_file_is_refused(make_pack):
    with pytest.raises(PackError, match=r"field-checks\.csv"):
        c15.load_city("tryton", data=make_pack(more=SURVEYED))
    with pytest.raises(PackError, match=r"survey.*field-checks\.csv"):
        c15.load_city("tryton", data=make_pack(more="[survey]\n", root="other"))


def test_ids_of_streets_are_unique_in_a_city(make_pack):
    loaded = c15.load_city("tryton", data=make_pack())
    ids = street_ids(loaded.network)
    assert len(set(ids)) == len(ids) == loaded.network.n_edges


def test_names_that_a_spreadsheet_would_run_are_text(make_pack, tmp_path):
    sites = [(key, "=HYPERLINK(1)", *rest) for key, _, *rest in SITES]
    run(make_pack(sites=sites, settings="[settings]\ndraws = 5\n"), tmp_path / "out")
    written = (tmp_path / "out" / "field-checks.csv").read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(written.splitlines()) for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert not any(cell.startswith("=") for cell in cells)


# -- an answer is told wherever facilities and streets are ------------------------------------------


@pytest.fixture
def denied(make_pack, tmp_path):
    """The only clinic is denied, one of two meal points stays; the street between nodes 2 and 5 is closed."""
    root = make_pack(more=SURVEYED, settings="[settings]\ndraws = 0\n")
    table(
        root / "tryton", "facility:f2,否,李,2026-05-01,", "street:2-5,否,李,2026-05-01,", "street:1-4,是,李,2026-05-01,"
    )
    return run(root)


def test_a_denied_facility_is_counted_nowhere(denied):
    services = service_table(denied).set_index("service_en")
    assert services.loc[["Meal point", "Community clinic"], "facilities"].tolist() == [1, 0]
    assert "for Community clinic:" in finding_of(denied.findings, "listed-but-empty").message_en
    assert [site.get("denied", False) for site in payload(denied)["facilities"]] == [False, True]


def test_a_closed_street_is_told_in_every_layer_and_comes_back(denied, tmp_path):
    network = denied.city.network
    path = geopackage(denied, tmp_path / "circle15.gpkg")
    streets = pyogrio.read_dataframe(path, layer="streets")
    assert streets["closed"].tolist() == network.has(EdgeFlag.CLOSED).tolist()
    assert (streets["closed"].sum(), streets["confirmed"].sum()) == (1, 1)
    _, edges = to_geopandas(network)
    for back in (from_osmnx(to_osmnx(network)), from_geopandas(edges)):
        for flag in (EdgeFlag.CLOSED, EdgeFlag.CONFIRMED):
            assert back.has(flag).sum() == 1
        assert walk_graph(back).cost.tolist() == walk_graph(network).cost.tolist()


def test_answers_about_ways_that_the_map_lacks_are_told_and_change_nothing():
    made = stage(grid(3, 2), [(0, 0)], [(200, 0)], [("clinic",)])
    sites = made.facilities.facilities
    answers = pd.DataFrame(
        {
            "answer": ["yes", "no"],
            "author": "甲",
            "date": "2026-01-01",
            "note": "",
            "file": "checks.csv",
            "row": [2, 3],
        },
        index=pd.Index(["join:5", "join:9"], name="check_id"),
    )
    network, facilities, findings = surveyed(made.network, sites, Survey(frame=answers))
    (told,) = findings
    assert (told.code, told.count, told.examples) == ("survey-joins", 2, ("join:5", "join:9"))
    assert "1条可以走通" in told.message_zh
    assert network.flags.tolist() == made.network.flags.tolist()
    assert (facilities.frame["survey_answer"] == "").all()
