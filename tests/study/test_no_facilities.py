"""A pack without any list of facilities: nothing is determined, and every file says so."""

from __future__ import annotations

import json
import warnings

import pandas as pd
import pytest

import circle15 as c15
from circle15.errors import DataQualityWarning
from circle15.render.map.payload import payload
from circle15.render.tables.frames import gap_table, service_table
from tests.towns.pack_files import CITY_TOML, community

LIST = '[[facilities]]\nfile = "facilities.csv"\ndatum = "wgs84"\nservices = ["meal_point", "clinic"]\n'


@pytest.fixture
def result(make_pack):
    places = [
        community("west", 120.6199, 120.621, subdistrict="平江街道"),
        community("east", 120.621, 120.6221, subdistrict="双塔街道"),
    ]
    root = make_pack(toml=CITY_TOML.format(settings="", more="").replace(LIST, ""), communities=places)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(c15.load_city("tryton", data=root))


def test_all_services_are_undetermined_in_tables_and_page(result):
    gaps, services = gap_table(result), service_table(result)
    assert len(gaps) == 2 * len(services)
    assert set(gaps["status"]) == set(services["status"]) == {"undetermined"}
    assert gaps[["share", "uncovered", "population_covered"]].isna().all(axis=None)
    assert set(gaps["sentence_en"]) == {"No list of facilities: undetermined."}
    page = payload(result)
    assert not any(service["determined"] for service in page["services"])
    assert [place["services"] for place in page["communities"]] == [{}, {}]
    assert page["totals"] == {"population": 2000, "pop_60plus": 400, "unknown": 0, "uncovered": {}, "placed": {}}


def test_every_file_is_written(result, tmp_path):
    folder = result.save(tmp_path / "out")
    names = {path.name for path in folder.iterdir()}
    assert {"map.html", "gaps.csv", "gaps.xlsx", "circle15.gpkg", "run.json", "subdistricts.csv"} <= names
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["services"]["determined"] == []
    assert len(pd.read_csv(folder / "gaps.csv")) == len(gap_table(result))
