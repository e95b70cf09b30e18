"""When facilities are open: states counted by hand over the week, unknown told from closed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import circle15 as c15
from circle15.errors import SettingError
from circle15.hours import opening
from circle15.hours.opening import hours_table, moment, open_at, open_facilities, understand, weekly_open_hours
from circle15.model import Facilities, Moment, Settings

CRS = "EPSG:4549"


def sites(**hours: str | None) -> Facilities:
    """Facilities by their hours, all of one service."""
    frame = gpd.GeoDataFrame(
        {"name": list(hours), "services": [("clinic",)] * len(hours), "opening_hours": list(hours.values())},
        index=pd.Index(list(hours), name="facility_id"),
        geometry=[shapely.Point(k, 0) for k in range(len(hours))],
        crs=CRS,
    )
    return Facilities(frame=frame, listed=frozenset({"clinic", "shop"}))


# -- moments ----------------------------------------------------------------------------------------


def test_a_time_alone_is_a_wednesday_and_says_so():
    when = moment("11:30")
    assert when == Moment(weekday=2, minute=690)
    assert (when.en, when.zh, str(when)) == ("We 11:30", "11:30（周三）", "We 11:30")
    assert when.week_minute == 2 * 1440 + 690
    assert moment(when) is when


@pytest.mark.parametrize("text", [None, "", " ", "any", "ANY", "不限"])
def test_any_time_is_no_moment(text):
    assert moment(text) is None


@pytest.mark.parametrize("text", ["noon", "24:00", "2024-05-01 11:30", "11:30-12:00", 11.5, "9" * 5000])
def test_a_moment_that_is_none_says_what_to_write(text):
    with pytest.raises(SettingError, match=r"'Tu 11:30', '周二 11:30'"):
        moment(text)


@pytest.mark.parametrize("parts", [{"minute": 1440}, {"minute": -1}, {"weekday": 7, "minute": 0}, {"minute": True}])
def test_a_moment_outside_the_week_is_refused(parts):
    with pytest.raises(SettingError, match="0 to 1439"):
        Moment(**parts)


def test_settings_take_a_moment_and_no_text():
    assert Settings(open_at=moment("11:30")).open_at.en == "We 11:30"
    with pytest.raises(SettingError, match="open_at = '11:30'"):
        Settings(open_at="11:30")


# -- states -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "when", "state"),
    [
        ("08:00-17:00", "11:30", True),
        ("08:00-17:00", "8:00", True),
        ("08:00-17:00", "16:59", True),
        ("08:00-17:00", "17:00", False),  # the minute of closing
        ("08:00-11:30,13:00-17:00", "11:30", False),
        ("08:00-11:30；13:00-17:00", "9:00", True),  # in the syntax alone the second rule would undo the first
        ("Mo-Fr 08:00-17:00", "Sa 11:30", False),
        ("Mo off; 08:00-17:00", "Mo 11:30", False),
        ("Mo off; 08:00-17:00", "Tu 11:30", True),
        ("22:00-06:00", "Mo 05:59", True),  # since Sunday
        ("Su 22:00-06:00", "Mo 05:59", True),
        ("Mo 22:00-06:00", "Mo 05:59", False),
        ("24/7", "Su 23:59", True),
        ("off", "11:30", False),
        ("停业", "11:30", False),
        ("Mo-Fr 08:00-17:00; PH off", "11:30", True),  # no country, no holidays
        ("工作日", "11:30", pd.NA),  # open on that day, nobody says when
        ("工作日", "Sa 11:30", False),
        ("Mo-Fr unknown", "11:30", pd.NA),
        # open in every week of a year, in some, in none
        ("Apr-Sep 08:00-18:00; Oct-Mar 09:00-17:00", "11:30", True),
        ("Apr-Sep 08:00-18:00; Oct-Mar 09:00-17:00", "8:30", pd.NA),
        ("Apr-Sep 08:00-18:00; Oct-Mar 09:00-17:00", "20:00", False),
        ("Fr[1] 09:00-12:00", "Fr 10:00", pd.NA),
        ("Fr[1] 09:00-12:00", "Th 10:00", False),
    ],
)
def test_states_at_a_moment(hours, when, state):
    found = open_at(pd.Series([hours]), when)
    assert found.dtype == "boolean"
    assert found.iloc[0] is state if state is pd.NA else bool(found.iloc[0]) == state


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "待定", "无", "2024 Mo-Fr 08:00-17:00", "2024", "8:00-5:00", "09:00-08:00", "08:00-08:00",
        "10:30-1:30", "Mo off", "PH off", "周一闭馆", '08:00-12:00 || "x"', "<b>08:00</b>",
        "Mo-Fr 08:00-17:00" + " " * 500 + "x",
        None, np.nan,
    ],
)  # fmt: skip
def test_what_is_not_understood_is_unknown_and_never_closed(text):
    found = open_at(pd.Series([text], dtype=object), "Mo 11:30")
    assert found.isna().all()
    assert weekly_open_hours(pd.Series([text], dtype=object)).isna().all(axis=None)


@pytest.mark.parametrize("text", ["22:00-06:00", "17:00-08:00", "10:00-26:00", "00:00-00:00"])
def test_nights_are_no_doubt(text):
    assert understand(text) is not None


def test_the_frame_keeps_its_index_and_each_text_is_understood_once(monkeypatch):
    asked = []
    monkeypatch.setattr(opening, "understand", asked.append)
    hours = pd.Series(["08:00-17:00", "x"] * 1000, index=range(2000, 0, -1))
    assert open_at(hours, "11:30").index.equals(hours.index)
    assert asked == ["08:00-17:00", "x"]


@settings(deadline=None)  # the words are read at the first example
@given(st.integers(0, 6), st.integers(0, 1439), st.integers(0, 22 * 60), st.integers(1, 120))
def test_a_span_is_open_exactly_within_it(day, minute, first, length):
    last = first + length
    text = f"{first // 60:02d}:{first % 60:02d}-{last // 60:02d}:{last % 60:02d}"
    assert understand(text).at(Moment(weekday=day, minute=minute)) == (first <= minute < last)


# -- hours per day ----------------------------------------------------------------------------------


def test_hours_per_day_by_hand():
    table = weekly_open_hours(pd.Series(["工作日 8:00-12:00,13:00-17:30；周六 9:00-12:00", "24/7", "Su 22:00-06:00"]))
    assert table.iloc[0, :7].tolist() == [8.5] * 5 + [3.0, 0.0]
    assert table.loc[0, ["least_h", "mean_h", "open_days", "least_open_day_h"]].tolist() == [0, 45.5 / 7, 6, 3]
    assert table.loc[1, ["least_h", "mean_h", "open_days"]].tolist() == [24, 24, 7]
    # two hours of Sunday's night lie on Sunday, six on Monday
    assert table.loc[2, ["su_h", "mo_h", "tu_h"]].tolist() == [2, 6, 0]


def test_a_day_with_unknown_hours_has_none():
    table = weekly_open_hours(pd.Series(["工作日; ", "Mo-Fr unknown; Sa 09:00-12:00"]))
    assert table["mo_h"].isna().all()
    assert table.loc[1, "sa_h"] == 3
    assert table["least_h"].isna().all()


def test_closed_all_week_has_no_open_day():
    table = weekly_open_hours(pd.Series(["off"]))
    assert table.loc[0, ["least_h", "mean_h", "open_days"]].tolist() == [0, 0, 0]
    assert np.isnan(table.loc[0, "least_open_day_h"])


def test_no_facility_no_hours():
    assert weekly_open_hours(pd.Series([], dtype=object)).empty
    assert open_at(pd.Series([], dtype=object), "11:30").empty
    assert hours_table(sites()).empty


# -- facilities -------------------------------------------------------------------------------------


def test_closed_ones_are_left_out_and_unknown_ones_stay():
    all_of_them = sites(open="08:00-17:00", shut="Sa 08:00-17:00", empty="", strange="待定", none=None)
    at = moment("11:30")
    serving = open_facilities(all_of_them, at)
    assert serving.frame.index.tolist() == ["open", "empty", "strange", "none"]
    assert serving.listed == {"clinic", "shop"}
    assert open_facilities(all_of_them, None) is all_of_them
    table = hours_table(all_of_them, at)
    assert table["said"].tolist() == ["08:00-17:00", "Sa 08:00-17:00", "", "待定", ""]
    assert table["osm"].tolist() == ["08:00-17:00", "Sa 08:00-17:00", "", "", ""]
    assert table["open"].isna().tolist() == [False, False, True, True, True]
    assert hours_table(all_of_them)["open"].isna().all()


def test_without_a_column_of_hours_everything_is_unknown():
    bare = sites(a="08:00-17:00")
    bare = Facilities(frame=bare.frame.drop(columns="opening_hours"), listed=bare.listed)
    assert len(open_facilities(bare, moment("3:00"))) == 1
    assert hours_table(bare, moment("3:00"))["open"].isna().all()


def test_the_public_names_work():
    assert c15.moment("周六 8点").en == "Sa 08:00"
    assert c15.open_at(pd.Series(["24小时"]), "3:00").tolist() == [True]


@pytest.mark.parametrize("text", ['"by appointment"', '"电话预约"', ' "x" ', '"a" "b"'])
def test_a_remark_alone_is_unknown_not_open(text):
    assert understand(text) is None
    assert open_at(pd.Series([text]), "We 11:30").isna().tolist() == [True]


def test_days_with_a_remark_alone_are_unknown():
    hours = pd.Series(['Mo-Fr 08:00-17:00; Sa "by appointment"', 'Mo-Su "ring"', 'Mo-Fr 08:00-17:00 "ring; twice"'])
    assert open_at(hours, "We 11:30").tolist() == [True, pd.NA, True]
    assert open_at(hours, "Sa 11:30").tolist() == [pd.NA, pd.NA, False]


@pytest.mark.parametrize(
    "text", ["早6:30-8:30 中11:00-13:00 晚16:30-18:30", "早：6:30-8:30；中：11:00-13:00；晚：4:30-6:30"]
)
def test_meals_of_the_day(text):
    assert understand(text).osm == "06:30-08:30,11:00-13:00,16:30-18:30"
