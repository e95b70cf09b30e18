"""Every coded column of every table tells the words that nobody knows, with file, row and value; none is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from circle15.catalog.coded import code_of, coded_columns, yes_no_key
from circle15.catalog.facts import read_facts
from circle15.catalog.headers import fold_header, numeric_columns
from circle15.sources.communities.table import read_communities
from circle15.sources.facilities.table import read_facilities
from tests.towns.city_tables import communities_table, facilities_table, mapped_columns, people_table
from tests.towns.findings import finding_of
from tests.towns.pack_files import town_communities, write_csv, write_layer

STRANGE = "不知所云"
TEXTS = {
    "facility_id", "name", "name_en", "location", "opening_hours", "address", "community", "source", "source_date",
    "source_url", "community_id", "subdistrict", "subdistrict_en", "community_type", "priority_flag", "functions",
}  # fmt: skip
"""Columns of free text. A new column is numeric, coded, or stands here."""
OF_COMMUNITIES = ("one_stop", "general_service", "deliberation", "rural")


def test_every_column_is_a_number_coded_or_a_text():
    columns = set(read_facts("columns.toml")["column"])
    assert TEXTS.isdisjoint({*numeric_columns(), *coded_columns()})
    assert numeric_columns().isdisjoint(coded_columns())
    assert columns == {*numeric_columns(), *coded_columns(), *TEXTS}


def told(findings, column):
    """The finding on the strange word in the third row: its number of cells, its row, its value."""
    (found,) = [one for one in findings if one.column == column and STRANGE in one.value]
    assert (found.severity, found.row, found.file) == ("warning", 3, found.file)
    assert found.file.startswith("list.")
    assert STRANGE in found.message_zh
    assert STRANGE in found.message_en
    assert found.examples[0].startswith("row 3")
    assert found.remedy_zh
    assert found.remedy_en
    return found.count


@pytest.mark.parametrize("column", coded_columns())
def test_a_word_that_nobody_knows_in_a_facility_list_is_told_with_its_row(tmp_path, column):
    head = ("facility_id", "name", *(["services"] if column != "services" else []), "lon", "lat", column)
    rows = [
        (f"f{at}", f"甲{at}", *(["day_care"] if column != "services" else []), 120.62 + at / 1000, 31.31, word)
        for at, word in enumerate(["", STRANGE, "—", STRANGE])
    ]
    reading = read_facilities(write_csv(tmp_path / "list.csv", rows, head), facilities_table())
    assert told(reading.findings, column) == 2


@pytest.mark.parametrize("column", [column for column in coded_columns() if column != "services"])
def test_a_word_that_nobody_knows_in_a_list_of_communities_is_told_with_its_row(tmp_path, column):
    head = ("community_id", "name", "population", "pop_60plus", "lon", "lat", column)
    rows = [(f"c{at}", f"甲{at}", 100, 20, 120.62 + at / 1000, 31.31, ["", STRANGE][at]) for at in range(2)]
    path = write_csv(tmp_path / "list.csv", rows, head)
    reading = read_communities(path, mapped_columns({}), entry=communities_table({"grow": True}))
    assert told(reading.findings, column) == 1


@pytest.mark.parametrize("column", OF_COMMUNITIES)
def test_a_table_of_people_and_a_layer_tell_it_too(tmp_path, column):
    layer = town_communities()
    people = write_csv(
        tmp_path / "list.csv", [("west", 1000, 200, "是"), ("east", 1000, 200, STRANGE)],
        ("community_id", "population", "pop_60plus", column),
    )  # fmt: skip
    bare = [{**one, "properties": {k: one["properties"][k] for k in ("community_id", "name")}} for one in layer]
    path = write_layer(tmp_path / "communities.geojson", bare)
    reading = read_communities(path, mapped_columns({}), (people, people_table()))
    assert told(reading.findings, column) == 1
    layer[1]["properties"][column] = STRANGE
    path = write_layer(tmp_path / "list.geojson", layer)
    found = finding_of(read_communities(path, mapped_columns({})).findings, "coded-words-unknown")
    assert (found.row, found.column, found.file) == (2, column, "list.geojson")


@pytest.mark.parametrize(("column", "key"), coded_columns().items())
def test_what_may_be_written_is_understood(column, key):
    code = code_of(key)
    assert code.titles
    for zh, en in code.titles:
        assert code.known(zh), zh
        assert code.known(en), en
    assert all(code.known(word) for word in code.words)
    assert (key == "services") or not code.known(STRANGE)


def test_the_message_names_what_may_be_written_and_what_was_meant(tmp_path):
    rows = [("f1", "甲", "clinic", 120.62, 31.31, "街道极")]
    path = write_csv(tmp_path / "list.csv", rows, ("facility_id", "name", "services", "lon", "lat", "级别"))
    found = finding_of(read_facilities(path, facilities_table()).findings, "coded-words-unknown")
    assert found.message_zh == "“级别”（tier）列有1格看不懂，按没有填写处理：“街道极”1行；第一处：第2行"
    assert (
        found.message_en == "1 cell of the column tier is not understood and taken as empty: '街道极' 1; first: row 2"
    )
    assert found.remedy_zh.startswith("请填写 省级、市级、区级、街道级、社区级、小区级，是否想写 '街道'")


@pytest.mark.parametrize(
    ("word", "key"),
    [
        *((word, "yes") for word in ("是", "有", " 已设 ", "1", "1.0", "TRUE", "Ｙ", "√", "达标")),
        *((word, "no") for word in ("否", "无", "没有", "0", "0.0", "False", "×", "未达标")),
        *((word, "") for word in ("", "2", "-1", "筹建", "部分")),
    ],
)
def test_yes_and_no(word, key):
    assert yes_no_key(word) == key


@pytest.mark.parametrize("name", ["yes_no.toml", "urban_rural.toml"])
def test_no_word_stands_for_both(name):
    first, other = read_facts(name).values()
    assert set(map(fold_header, first["words"])).isdisjoint(map(fold_header, other["words"]))


@pytest.mark.parametrize("column", ["one_stop", "general_service", "deliberation", "standardised"])
def test_flags_of_yes_and_no_share_one_table(column):
    assert coded_columns()[column] == "yes_no"


@pytest.mark.parametrize("city", ["suzhou", "helsinki"])
def test_every_word_of_the_packs_that_come_along_is_known(city):
    folder = Path(__file__).parents[2] / "data" / city
    readings = [read_communities(folder / "communities.geojson", mapped_columns({}))]
    if (folder / "facilities.csv").is_file():
        readings.append(read_facilities(folder / "facilities.csv", facilities_table()))
        assert set(readings[1].frame["tier_key"]) == {"community", "subdistrict"}
    told = {one.code for reading in readings for one in reading.findings}
    assert not told & {"coded-words-unknown", "community-area-unsaid"}
