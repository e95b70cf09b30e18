"""Functions that no checklist names are told: what is misspelt with the name that may have been meant."""

from __future__ import annotations

import pytest

from circle15.model import Communities, Origin
from circle15.norms.function_words import function_findings
from tests.towns.lattice import points

LISTS = {"six": ("就业创业", "社会救助", ""), "five": ("卫生服务站",)}


def told(cells, checklists=LISTS):
    frame = points([(100 * k, 0) for k in range(len(cells))], name="community_id", prefix="c")
    frame = frame.set_geometry(frame.buffer(40)).assign(name="x", population=100.0, pop_60plus=20.0)
    if cells[0] is not ...:
        frame["functions"] = cells
    places = Communities(frame=frame, origin=Origin(label_zh="示", label_en="try", file="c.gpkg"))
    return function_findings(places, checklists)


def test_a_misspelt_function_is_a_warning_with_the_name_that_was_meant():
    near, other = told(["就业创业；社会求助", "社会救助", "社会求助；棋牌室", None])
    assert (near.code, near.severity, near.count, near.file, near.column) == (
        "community-functions-misspelt", "warning", 2, "c.gpkg", "functions",
    )  # fmt: skip
    assert "“社会求助”2处，是否想写 '社会救助'" in near.message_zh
    assert "2 functions of communities are spelled otherwise" in near.message_en
    assert "'社会求助' 2; did you mean '社会救助'?" in near.message_en
    assert (other.code, other.severity, other.count, other.value) == (
        "community-functions-unlisted", "note", 1, "棋牌室",
    )  # fmt: skip


def test_a_function_beyond_the_lists_is_a_note():
    (found,) = told(["就业创业；ABC"])
    assert (found.severity, found.value) == ("note", "abc")
    assert "1 function of a community stands in no checklist" in found.message_en


def test_of_many_names_the_most_frequent_are_shown():
    (found,) = told(["；".join(f"x{k}" for k in range(7)), "x6"])
    assert "“x6”2处、“x0”1处、“x1”1处、“x2”1处、“x3”1处等" in found.message_zh


@pytest.mark.parametrize(
    ("cells", "lists"),
    [([...], LISTS), (["就业 创业；卫生服务站", "", None], LISTS), (["什么"], {}), (["什么"], {"six": ("", "")})],
)
def test_nothing_is_told_where_nothing_is_strange(cells, lists):
    assert told(cells, lists) == []
