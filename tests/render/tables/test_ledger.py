"""ledger.csv, the sheets of gaps.xlsx and the layer of circle15.gpkg say what the ledger says, in words."""

from __future__ import annotations

import csv
import io
import re
import warnings
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest

import circle15 as c15
from circle15.catalog.norm_books import measures, not_computed
from circle15.catalog.norm_words import lacks_words, unit_words, verdict_words
from circle15.render.tables import ledger as ledger_tables
from circle15.render.tables.columns import columns
from circle15.render.tables.files import gaps_csv, gaps_xlsx, ledger_csv
from circle15.render.tables.ledger import compliance_table, ledger_method, ledger_table
from tests.towns.pack_files import CITY_TOML, SITES, TOWN_NODES, TOWN_WAYS, community, geojson, osm_xml, write_csv
from tests.towns.page_fixture import analysis as make_analysis

HAN = re.compile(r"[\u4e00-\u9fff]")
NORMS = 'norms = ["jiangsu-13fyp", "gb50180-2018", "jiangsu-cases", "project-defaults"]'


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The town's analysis: one community has households, and a hostile name; there is no list but of two services."""
    folder = tmp_path_factory.mktemp("roots") / "tryton"
    folder.mkdir()
    (folder / "city.toml").write_text(CITY_TOML.format(settings=NORMS, more=""), encoding="utf-8")
    layer = [
        community("west", 120.6199, 120.621, name="=1+1", households=400, subdistrict="平江"),
        community("east", 120.621, 120.6221, households=None, subdistrict="平江"),
    ]
    (folder / "communities.geojson").write_text(geojson(layer), encoding="utf-8")
    write_csv(folder / "facilities.csv", SITES)
    (folder / "streets.osm").write_text(osm_xml(TOWN_NODES, TOWN_WAYS), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return c15.analyse(c15.load_city("tryton", data=folder.parent))


def test_one_row_for_each_verdict_with_words_in_both_languages(town):
    table = ledger_table(town)
    assert len(table) == len(town.ledger) > 80
    assert table["verdict"].tolist() == town.ledger.frame["verdict"].tolist()
    for column in columns_of_words(table):
        assert table[column].notna().all()
    assert all(HAN.search(word) for word in table["verdict_zh"])
    assert not any(HAN.search(word) for word in table["verdict_en"])
    open_rows = table[table["verdict"] == "undetermined"]
    assert all(HAN.search(word) for word in open_rows["lacks_zh"])
    assert (open_rows["lacks_en"] != "").all()
    # Nobody reads keys: what to supply names a list, a column with its title, or a reason.
    assert not open_rows["lacks_en"].str.contains(r"facilities[.:]").any()


def test_ranges_and_numbers_that_comply_stand_in_columns_of_their_own(town, tmp_path):
    frame = town.ledger.frame.copy()
    frame[["observed", "observed_low", "observed_high", "feasible"]] = [np.nan, 465.0, 930.0, "4–6"]
    ranged = town.__class__(**{**town.__dict__, "ledger": replace(town.ledger, frame=frame)})
    told = pd.read_csv(ledger_csv(ranged, tmp_path / "ledger.csv"), encoding="utf-8-sig")
    assert told["observed"].isna().all()
    assert (told["observed_low"].unique(), told["observed_high"].unique()) == ([465], [930])
    assert told["feasible"].unique() == ["4–6"]
    city = compliance_table(ranged)
    assert city.loc[city["observed_low"].notna(), "observed_high"].unique() == [930]


def columns_of_words(table):
    return [column for column in table if not pd.api.types.is_numeric_dtype(table[column])]


def test_marked_verdicts_say_so(town):
    table = ledger_table(town)
    judged = table[table["verdict"].isin(["pass", "fail"])]
    marks = judged["clause_id"].map({rule.clause_id: rule.mark for rule in town.ledger.rules})
    assert set(marks) == {"", "project"}
    for zh, en, mark in (("参考", "indicative", "indicative"), ("约定", "convention", "project")):
        assert (judged["verdict_zh"].str.contains(zh) == (marks == mark)).all()
        assert (judged["verdict_en"].str.contains(en) == (marks == mark)).all()
    assert (judged["standing"].str.contains("转引") == (marks == "indicative")).all()


def test_compliance_counts_what_the_ledger_says(town):
    ledger, table = ledger_table(town), compliance_table(town)
    for _, found in table.iterrows():
        rows = ledger[ledger["clause_id"] == found["clause_id"]]
        for verdict in ("pass", "fail", "undetermined", "shown"):
            assert found[f"units_{verdict}"] == (rows["verdict"] == verdict).sum()
    assert set(table["clause_id"]) == set(ledger["clause_id"])
    assert set(table["level"]) == {"社区 community", "街道 subdistrict", "全市 city"}


def test_the_file_opens_in_a_spreadsheet_and_runs_nothing(town, tmp_path):
    path = ledger_csv(town, tmp_path / "ledger.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    assert len(rows) == len(town.ledger)
    assert {row["unit_name"] for row in rows if row["unit_id"] == "west"} == {"'=1+1"}
    assert path.read_bytes() == ledger_csv(town, tmp_path / "again.csv").read_bytes()


def test_sheets_and_layer(town, tmp_path):
    folder = town.save(tmp_path / "out")
    book = openpyxl.load_workbook(folder / "gaps.xlsx")
    sheet, rest = book["条文 Ledger"], book["不能计算 Not computed"]
    assert sheet.max_row >= len(town.ledger)
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert cells
    assert all(cell.data_type == "s" for cell in cells)
    told = {cell.value for row in rest.iter_rows() for cell in row}
    assert {one.title_zh for one in not_computed()} <= told
    assert book["达标率 Compliance"].max_row >= len(compliance_table(town))
    method = {cell.value for row in book["方法 Method"].iter_rows() for cell in row}
    assert {zh for zh, _ in ledger_method(town)} <= method
    layer = pyogrio.read_dataframe(folder / "circle15.gpkg", layer="ledger")
    assert layer["verdict"].tolist() == ledger_table(town)["verdict"].tolist()
    assert "geometry" not in layer


def test_a_long_ledger_shows_what_fails_and_says_where_the_rest_is(town, tmp_path, monkeypatch):
    monkeypatch.setattr(ledger_tables, "MOST_SHEET_ROWS", 20)
    sheet = openpyxl.load_workbook(gaps_xlsx(town, tmp_path / "gaps.xlsx"))["条文 Ledger"]
    assert "ledger.csv" in sheet.cell(1, 1).value
    failing = (town.ledger.frame["verdict"] == "fail").sum()
    assert sheet.max_row <= 5 + min(20, failing)


def test_an_analysis_without_clauses_has_neither(tmp_path):
    bare = make_analysis()
    assert len(ledger_table(bare)) == len(compliance_table(bare)) == 0
    assert ledger_method(bare) == []
    assert "条文 Ledger" not in openpyxl.load_workbook(gaps_xlsx(bare, tmp_path / "gaps.xlsx")).sheetnames


def test_every_column_has_a_header():
    assert {*ledger_tables._LEDGER, *ledger_tables._COMPLIANCE} <= set(columns())


def test_whatever_may_lack_has_words():
    asked = {column for measure in measures().values() for column in measure.asks}
    more = {
        "facilities: clinic",
        "checklist: mine",
        "measure: floor_area",
        "facilities in the community",
        "facilities in reach",
        "facilities.tier",
        "people",
    }
    for word in asked | more:
        assert HAN.search(lacks_words(word, "zh"))
        assert lacks_words(word, "en")
    assert lacks_words("", "zh") == ""
    assert all(HAN.search(unit_words(unit, "zh")) for unit in {m.unit for m in measures().values()} - {"%"})
    assert verdict_words("undetermined", "zh", mark="indicative") == "不能判定"


@pytest.mark.parametrize("minutes", [0.5, 1.5, 2.0, 3.0])
def test_the_index_can_be_recomputed_from_gaps_csv_alone(town, tmp_path, minutes):
    result = c15.analyse(town.city, cutoffs_min=(minutes,))
    table = pd.read_csv(gaps_csv(result, tmp_path / "gaps.csv"))
    known = table[table["status"] == "determined"]
    for _, rows in known.groupby("community_id"):
        share, weight = rows["share"].to_numpy(), rows["weight"].to_numpy()
        said = rows["index"].iloc[0]
        # Shares are rounded to 1/10,000 and weights to 1/1,000,000: that is what the index may be off by.
        most, least = (100 * (1 - np.prod(np.clip(share + e, 0.01, 1) ** weight)) for e in (-5e-5, 5e-5))
        assert least - 0.01 <= said <= most + 0.01
        assert rows["index_additive"].iloc[0] == pytest.approx(100 * (1 - (weight * share).sum()), abs=0.02)
        assert rows["index_worst"].iloc[0] == pytest.approx(100 * (1 - share.min()), abs=0.02)
    assert minutes > 1 or known["index"].max() > 0
