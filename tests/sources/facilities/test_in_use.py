"""Which facilities are in use: words of lists, hours closed all week; marked everywhere, and covering nobody."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from circle15.catalog import fold_header, state_key, states
from circle15.errors import InputError
from circle15.hours.opening import open_at
from circle15.model.places import STATES, Facilities
from circle15.render.map.payload import payload
from circle15.render.tables.facilities import facility_table
from circle15.render.tables.files import geopackage
from circle15.render.tables.frames import service_table
from circle15.sources.facilities.attributes import site_attributes
from circle15.sources.facilities.doubles import doubled_rows
from circle15.sources.facilities.same_place import PlaceList, same_places
from circle15.sources.facilities.table import read_facilities
from circle15.sources.reading import ROW, Tally
from circle15.study import analyse, load_city
from tests.towns.city_tables import facilities_table
from tests.towns.findings import finding_of
from tests.towns.lattice import CRS
from tests.towns.pack_files import HEADER, write_csv

WARNED = "ignore:1 data-quality finding, first. {}:circle15.errors.DataQualityWarning"
NO_CLINIC = pytest.mark.filterwarnings(WARNED.format("the lists hold no usable facility for Community clinic"))
UNKNOWN_WORD = pytest.mark.filterwarnings(WARNED.format("facilities.csv row 3 column 'state' value '待核实'"))

HEAD = (*HEADER, "运营状态")


def read_states(words, **columns):
    size = len(words)
    given = {"state": words} | columns
    frame = pd.DataFrame({column: pd.Series(cells, dtype=object) for column, cells in given.items()})
    frame["services"] = pd.Series([("clinic",)] * size, dtype=object)
    frame[ROW] = np.arange(size) + 2
    tally = Tally(file="list.csv")
    return site_attributes(frame, tally)["state"].tolist(), tally.findings


def test_the_states_are_the_model_s():
    assert tuple(states()) == STATES
    assert [key for key, state in states().items() if state.serves] == [STATES[0]]


def test_no_word_stands_under_two_states():
    words = [fold_header(word) for state in states().values() for word in {state.key, *state.words}]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("正常运营", "in_use"), ("在用", "in_use"), ("已建成", "in_use"), ("是", "in_use"), ("OPEN", "in_use"),
        ("TRUE", "in_use"), ("已停业", "closed"), ("永久关闭", "closed"), ("停业（2023年）", "closed"),
        ("已 拆除", "closed"), ("否", "closed"), ("Permanently closed", "closed"), ("暂停营业", "suspended"),
        ("temporarily_closed", "suspended"), ("在建", "building"), ("施工中", "building"),
        ("Under construction", "building"), ("规划", "planned"), ("拟建", "planned"), ("尚未开业", "planned"),
        ("proposed", "planned"), ("待定", ""), ("新建", ""), ("改扩建", ""), ("3", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_list_s_word_for_a_state(word, state):
    assert state_key(word) == state
    found, findings = read_states([word])
    assert found == [state]
    unknown = [one for one in findings if one.code == "coded-words-unknown"]
    assert len(unknown) == int(state == "" and word != "")


def test_words_that_nobody_knows_are_told_with_values_and_rows():
    found, findings = read_states(["待定", "已停业", "待定", "另议", None, "—"])
    assert found == ["", "closed", "", "", "", ""]
    unknown = finding_of(findings, "coded-words-unknown")
    assert (unknown.severity, unknown.count, unknown.row, unknown.value) == ("warning", 3, 2, "待定")
    assert unknown.examples == ("row 2: 待定", "row 4: 待定", "row 5: 另议")
    assert "“待定”2行、“另议”1行" in unknown.message_zh
    gone = finding_of(findings, "facility-not-in-use")
    assert (gone.severity, gone.count, gone.row, gone.examples) == ("note", 1, 3, ("row 3",))
    assert "已关闭1处" in gone.message_zh
    assert "closed 1" in gone.message_en


@pytest.mark.parametrize(
    ("hours", "state"),
    [
        ("Mo-Su off", "closed"), ("off", "closed"), ("已停业", "closed"), ("永久关闭", "closed"),
        ("暂停营业", "suspended"), ("尚未开业", "planned"), ("closed", "closed"), ("Mo-Su,PH off", "closed"),
        ("Mo-Su closed", "closed"),
        ("Mo off", ""), ("周一休息", ""), ("Mo-Fr 08:00-17:00", ""), ("待定", ""), ("", ""),
    ],
)  # fmt: skip
def test_hours_that_are_off_all_week(hours, state):
    found, _ = read_states(["", "正常"], opening_hours=[hours, hours])
    assert found == [state, state or "in_use"]
    if state:
        assert open_at(pd.Series([hours]), "We 11:30").tolist() == [False]


@pytest.mark.parametrize(
    "header", ["运营状态", "状态", "营业状态", "建设情况", "是否运营", "Status", "operating_status", "state"]
)
def test_headers_of_the_column(tmp_path, header):
    path = write_csv(tmp_path / "list.csv", [("f1", "一站", "clinic", "120.62", "31.31", "已停业")], (*HEADER, header))
    assert read_facilities(path, facilities_table()).frame["state"].tolist() == ["closed"]


# -- several columns --------------------------------------------------------------------------------

BOTH = [
    # 状态, 运营状态: which state
    ("正常", "已停业", "closed"),
    ("已停业", "正常", "closed"),
    ("已建成", "暂停营业", "suspended"),
    ("规划", "已停业", "planned"),  # neither serves: the first column names it
    ("已停业", "规划", "closed"),
    ("", "在建", "building"),
    ("在建", "", "building"),
    ("待定", "在建", "building"),
    ("正常", "", "in_use"),
    ("", "正常", "in_use"),
    ("正常", "待定", "in_use"),
    ("待定", "正常", "in_use"),
    ("", "", ""),
]


def two_columns(tmp_path, headers=("状态", "运营状态"), columns=None):
    rows = [(f"f{k}", f"{k}站", "clinic", f"120.62{k:02}1", "31.3101", *words[:2]) for k, words in enumerate(BOTH)]
    path = write_csv(tmp_path / "list.csv", rows, (*HEADER, *headers))
    return read_facilities(path, facilities_table({} if columns is None else {"columns": columns}))


@pytest.mark.parametrize(
    "headers",
    [("状态", "运营状态"), ("建设情况", "是否运营"), ("state", "status"), ("状态", "状态"), ("status", "state")],
)
def test_of_two_columns_the_one_counts_that_says_not_in_use(tmp_path, headers):
    reading = two_columns(tmp_path, headers)
    own_first = headers[1] == "state"  # our own name goes first
    found = reading.frame["state"].tolist()
    expected = [state for _, _, state in BOTH]
    if own_first:
        expected[3], expected[4] = "closed", "planned"
    assert found == expected
    assert not [column for column in reading.frame.columns if column.startswith("state (")]
    assert not [one for one in reading.findings if one.code == "table-column-doubt"]
    (record,) = reading.files
    assert [ours for _, ours in record.understood if ours == "state"] == ["state"] * 2


def test_both_columns_are_named_and_contradictions_told_row_by_row(tmp_path):
    findings = two_columns(tmp_path).findings
    told = finding_of(findings, "facility-state-columns")
    assert (told.severity, told.count, told.value) == ("note", 2, "状态, 运营状态")
    apart = finding_of(findings, "facility-state-differs")
    assert (apart.severity, apart.count, apart.row) == ("warning", 3, 2)
    assert apart.examples == (
        "row 2: 状态 正常, 运营状态 已停业",
        "row 3: 状态 已停业, 运营状态 正常",
        "row 4: 状态 已建成, 运营状态 暂停营业",
    )
    unknown = [one for one in findings if one.code == "coded-words-unknown"]
    assert [(one.count, one.value) for one in unknown] == [(2, "待定"), (1, "待定")]


def test_a_column_that_city_toml_names_is_the_only_one(tmp_path):
    reading = two_columns(tmp_path, columns={"state": "运营状态"})
    assert reading.frame["state"].tolist()[:3] == ["closed", "in_use", "suspended"]
    assert not [one for one in reading.findings if one.code == "facility-state-columns"]


def test_one_column_says_nothing_of_several(tmp_path):
    path = write_csv(tmp_path / "list.csv", [("f1", "一站", "clinic", "120.6212", "31.3101", "已停业")], HEAD)
    codes = {one.code for one in read_facilities(path, facilities_table()).findings}
    assert not codes & {"facility-state-columns", "facility-state-differs"}


def test_a_closed_place_and_its_successor_are_no_double(tmp_path):
    rows = [("f1", "一站", "clinic", "120.62", "31.31", word) for word in ("已停业", "正常")]
    rows[1] = ("f2", *rows[1][1:])
    path = write_csv(tmp_path / "list.csv", rows, HEAD)
    reading = read_facilities(path, facilities_table())
    assert not any(one.code == "facility-doubled" for one in reading.findings)
    assert doubled_rows(reading.frame, within_m=50).all()


# -- lists brought together -------------------------------------------------------------------------


def place(key, state, services=("clinic",), **more):
    columns = {"name": ["平江卫生站"], "services": [services], "state": [state]} | {k: [v] for k, v in more.items()}
    points = gpd.points_from_xy([0.0], [0.0], crs=CRS)
    return gpd.GeoDataFrame(columns, index=pd.Index([key], name="facility_id"), geometry=points)


def merged(first, second):
    about = frozenset({"clinic", "day_care"})
    lists = [PlaceList(frame=frame, label=str(frame.index[0]), speaks_of=about) for frame in (first, second)]
    return same_places(lists)


def test_a_place_that_is_gone_gives_nothing_to_one_in_use_and_the_difference_is_told():
    found = merged(place("own", ""), place("osm", "closed", ("clinic", "day_care"), opening_hours="08:00-17:00"))
    row = found.frame.loc["own"]
    assert (row["services"], row["state"], row["opening_hours"]) == (
        ("clinic",),
        "",
        pytest.approx(np.nan, nan_ok=True),
    )
    told = found.conflicts[found.conflicts["column"] == "state"]
    assert told[["kind", "value", "other_value"]].to_numpy().tolist() == [["differs", "in_use", "closed"]]
    assert found.matches["services_added"].tolist() == [""]


def test_the_earlier_list_says_whether_a_place_is_in_use():
    found = merged(place("own", "closed"), place("osm", ""))
    assert found.frame["state"].to_dict() == {"own": "closed"}
    assert (found.conflicts["column"] == "state").sum() == 1
    assert len(merged(place("own", "in_use"), place("osm", "")).conflicts) == 0


# -- a whole city -----------------------------------------------------------------------------------


def sites(*words):
    rows = [("f1", "食堂", "meal_point", "120.6201", "31.3101"), ("f2", "卫生站", "clinic", "120.6219", "31.3101")]
    return [(*row, word) for row, word in zip(rows, words, strict=True)]


@pytest.fixture
def town(make_pack):
    def made(*words):
        root = make_pack(settings="[settings]\ndraws = 0\n")
        write_csv(root / "tryton" / "facilities.csv", sites(*words), HEAD)
        return analyse(load_city("tryton", data=root), draws=0)

    return made


@NO_CLINIC
@pytest.mark.parametrize(
    ("word", "state"), [("已停业", "closed"), ("在建", "building"), ("规划", "planned"), ("暂停营业", "suspended")]
)
def test_what_is_not_in_use_stays_on_the_map_and_covers_nobody(town, tmp_path, word, state):
    result = town("正常运营", word)
    covered = result.coverage.frame.xs("clinic", level="service")["population_covered"]
    assert covered.tolist() == [0.0] * len(covered)
    assert (result.coverage.frame.xs("meal_point", level="service")["population_covered"] > 0).any()
    first, second = payload(result)["facilities"]
    assert "state" not in first
    assert (second["state"], second["state_zh"]) == (state, states()[state].title_zh)
    table = facility_table(result).set_index("facility_id")["state"]
    assert table.to_dict() == {"f1": "在用 in use", "f2": f"{states()[state].title_zh} {states()[state].title_en}"}
    written = pyogrio.read_dataframe(geopackage(result, tmp_path / "town.gpkg"), layer="facilities")
    assert written.set_index("facility_id")["state"].to_dict() == table.to_dict()
    assert service_table(result).set_index("service_en").loc["Community clinic", "facilities"] == 0
    assert finding_of(result.findings, "facility-not-in-use").count == 1
    assert "Community clinic" in finding_of(result.findings, "listed-but-empty").message_en


@UNKNOWN_WORD
def test_a_word_that_nobody_knows_closes_nothing(town):
    result = town("正常运营", "待核实")
    covered = result.coverage.frame.xs("clinic", level="service")["population_covered"]
    assert (covered > 0).any()
    assert finding_of(result.findings, "coded-words-unknown").value == "待核实"


@NO_CLINIC
def test_what_a_field_survey_confirmed_serves(town):
    city = town("正常运营", "已停业").city
    frame = city.facilities.frame.assign(survey_answer=["denied", "confirmed"])
    assert Facilities(frame=frame, listed=city.facilities.listed).serves.tolist() == [False, True]


def test_a_state_in_a_frame_of_one_s_own_is_one_that_is_known():
    with pytest.raises(InputError, match="'f1' is 'Jiangsu'"):
        Facilities(frame=place("f1", "Jiangsu"), listed=frozenset({"clinic"}))
    assert Facilities(frame=place("f1", None), listed=frozenset({"clinic"})).serves.tolist() == [True]
