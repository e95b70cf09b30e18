"""Hours in people's words: each text against the syntax that a reader of it would write down."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.catalog import opening_words
from circle15.hours.spoken import folded_hours, in_osm_syntax, spoken_moment

UNDERSTOOD = {
    "8:00—17:00": "08:00-17:00",
    "8：00～17：00": "08:00-17:00",
    "８：００－１７：００": "08:00-17:00",
    "08:00至17:00": "08:00-17:00",
    "8点到17点": "08:00-17:00",
    "9-17点": "09:00-17:00",
    "8点半-11点半": "08:30-11:30",
    "8时15分至11点一刻": "08:15-11:15",
    "8.30-17.00": "08:30-17:00",
    "08:00-11:30 13:00-17:00": "08:00-11:30,13:00-17:00",
    "08:00-11:30；13:00-17:00": "08:00-11:30,13:00-17:00",
    "上午8:00-11:30 下午1:30-5:00": "08:00-11:30,13:30-17:00",
    "上午9-11点，下午2-5点": "09:00-11:00,14:00-17:00",
    "下午14:00-17:00": "14:00-17:00",
    "中午11:30-1:00": "11:30-13:00",
    "晚上6:00-9:00": "18:00-21:00",
    "晚上6:00-12:00": "18:00-24:00",
    "早8:00-晚8:00": "08:00-20:00",
    "9am-5:30pm": "09:00-17:30",
    "18:00-次日6:00": "18:00-06:00",
    "早餐6:30-8:00，午餐10:30-12:30，晚餐16:30-18:00": "06:30-08:00,10:30-12:30,16:30-18:00",
    "24小时": "00:00-24:00",
    "全天开放": "00:00-24:00",
    "工作日 全天": "Mo-Fr 00:00-24:00",
    "周一至周五 8:00-17:00": "Mo-Fr 08:00-17:00",
    "周一至周五：8:00-17:00；周六：9:00-12:00": "Mo-Fr 08:00-17:00; Sa 09:00-12:00",
    "周一至五 8:00-17:00": "Mo-Fr 08:00-17:00",
    "周一、三、五 8:00-11:00": "Mo,We,Fr 08:00-11:00",
    "周一,周三 8:00-11:00": "Mo,We 08:00-11:00",
    "星期一到星期日06:00-20:00": "Mo-Su 06:00-20:00",
    "每天 8:00-17:00": "Mo-Su 08:00-17:00",
    "Mon-Fri 8:00-17:00": "Mo-Fr 08:00-17:00",
    "8:00-17:00 工作日": "Mo-Fr 08:00-17:00",
    "8:00-17:00 周一至周五; 9:00-12:00 周六": "Mo-Fr 08:00-17:00; Sa 09:00-12:00",
    "8:00-17:00 周一至周五 周末休息": "Mo-Fr 08:00-17:00; Sa-Su off",
    "8:00-17:00 周一至周五，周末休息": "Mo-Fr 08:00-17:00; Sa-Su off",
    "8:00-17:00 工作日，周六9:00-12:00，周日休息": "Mo-Fr 08:00-17:00; Sa 09:00-12:00; Su off",
    "8:00-17:00（周一闭馆）": "08:00-17:00; Mo off",
    "周一闭馆，8:00-17:00": "08:00-17:00; Mo off",
    "周二至周日8:00-17:00，周一闭馆": "Tu-Su 08:00-17:00; Mo off",
    "8:00-17:00，周六9:00-12:00": "08:00-17:00; Sa 09:00-12:00",
    "工作日8:00-17:00（法定节假日除外）": "Mo-Fr 08:00-17:00; PH off",
    "8:00-17:00 周末不休息": "08:00-17:00",
    "全年无休 8:00-17:00": "08:00-17:00",
    "周一 8:00-11:00; 周一 13:00-17:00": "Mo 08:00-11:00,13:00-17:00",
    "周一至周日": "Mo-Su unknown",
    "工作日": "Mo-Fr unknown",
    "停业": "off",
}
DOUBTFUL = (
    "",
    "待定",
    "以通知为准",
    "夏季8:00-18:00，冬季8:30-17:00",
    "8-17",
    "8:00",
    "8:00起",
    "25:00-26:00",
    "8:75-9:00",
    "8:00-17:00 隔周周六",
    "周一闭馆",
    "节假日休息",
    # to which days do the times belong, and is Saturday open?
    "8:00-17:00 周一至周五、周六9:00-12:00",
    "8:00-17:00 周一，周末休息",
    "8:00-17:00 周一至周五 9:00-12:00",
    "9:00-12:00 周一，周二 13:00-17:00 周三",
    "周一 周三 8:00-17:00",
    "周一 8:00-17:00 周一休息",
    "周末休息 周六 8:00-17:00 照常",
    "上午12:30-13:00",
    "18:00-次日19:00",
    "month 8:00-17:00",
    "一 8:00-17:00",
    "、8:00-17:00",
)


@pytest.mark.parametrize(("text", "syntax"), UNDERSTOOD.items())
def test_what_people_write(text, syntax):
    assert in_osm_syntax(text) == syntax


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_leaves_a_doubt_is_not_understood(text):
    assert in_osm_syntax(text) == ""


def test_folding_keeps_what_matters():
    assert folded_hours(" ８：００\u2014\u200b１７：００ ") == "8:00-17:00"


@settings(deadline=None)  # the words are read at the first example
@given(st.integers(0, 23), st.integers(0, 59), st.integers(1, 24), st.sampled_from("-—–~至到～"))
def test_any_span_of_the_24_hour_clock(hour, minute, end, dash):
    text = f"{hour}:{minute:02d}{dash}{end}:00"
    assert in_osm_syntax(text) == f"{hour:02d}:{minute:02d}-{end:02d}:00"


@settings(deadline=None)  # the words are read at the first example
@given(st.text(max_size=60))
def test_no_text_is_too_strange(text):
    assert isinstance(in_osm_syntax(text), str)
    assert spoken_moment(text) is None or 0 <= spoken_moment(text)[1] < 1440


def test_a_word_means_one_thing():
    tables = opening_words()
    words = [
        word for table in tables.values() for meaning, own in table.items() if meaning != "any_time" for word in own
    ]
    assert sorted({word for word in words if words.count(word) > 1}) == []
    # Words are compared folded and in small letters: one that is not could never be found.
    assert [word for word in words if word.strip() and word != folded_hours(word).casefold()] == []


@pytest.mark.parametrize(
    ("text", "day", "minute"),
    [
        ("11:30", None, 690),
        ("周二 11:30", 1, 690),
        ("周日下午2点", 6, 840),
        ("Tu 11:30", 1, 690),
        ("saturday 9:05", 5, 545),
        ("1:30pm", None, 810),
        ("0:00", None, 0),
    ],
)
def test_moments(text, day, minute):
    assert spoken_moment(text) == (day, minute)


@pytest.mark.parametrize("text", ["", "11", "24:00", "周二", "11:30-12:00", "11:30 周二", "周一至周五 11:30", "now"])
def test_what_is_no_moment(text):
    assert spoken_moment(text) is None
