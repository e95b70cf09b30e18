"""actions.csv, its layer and the sentences say what the list says."""

from __future__ import annotations

import warnings

import pandas as pd
import pyogrio

from circle15.catalog.phrases import action_places, action_sentences, headline
from circle15.errors import DataQualityWarning
from circle15.model import Analysis
from circle15.render.published.actions import public_actions
from circle15.render.tables.actions import action_table
from circle15.render.tables.files import actions_csv, geopackage
from circle15.render.tables.frames import columns
from circle15.study import Result, analyse
from tests.towns.action_town import town
from tests.towns.lattice import network
from tests.towns.three_on_a_street import FLAT

HOMES, ELDERS = {"a": (100, 10), "b": (500, 10), "c": (850, 10)}, {"a": 103, "b": 206, "c": 417}
SITES = {(0, 0): ["clinic"], (600, 0): ["culture"]}


def result(**options) -> Result:
    """A clinic at 0 and culture at 600 m: a clinic at 600 m serves b and c, culture at 0 serves a."""
    street = network([(0, 0), (1000, 0)], [(0, 1)])
    city = town(street, HOMES, ELDERS, SITES, **{"listed": ("clinic", "culture"), **options})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return analyse(city, profile=FLAT)


def told(analysis: Analysis, language: str) -> list[str]:
    return action_sentences(public_actions(analysis), analysis.city.communities, language).tolist()


def test_a_row_says_what_to_do_where_and_for_whom(tmp_path):
    table = pd.read_csv(actions_csv(result(), tmp_path / "actions.csv"), encoding="utf-8-sig")
    first = table.iloc[0]
    assert first[["action_id", "action_kind", "target_id", "target_name", "gain", "step", "added"]].tolist() == [
        "action-1", "service", "f1", "f1站", 623, 1, 623,
    ]  # fmt: skip
    assert (first["gain_by_service"], first["gain_communities"]) == ("社区卫生服务站 623", "c社区 417; b社区 206")
    assert table["gain"].tolist() == [623, 103]
    assert set(table.columns) <= set(columns())


def test_sentences_tell_people_in_tens():
    first, second = told(result(), "zh")
    # All of b and c are served, 206 and 417: of a whole community people are told as they are.
    assert first == "在f1站（图上所标位置）增设社区卫生服务站：新增约620位60岁以上老人在5分钟内走得到。"
    what, after = "在f0站（图上所标位置）增设文化活动站", "排在第2步，在前面各步之后再增加约100人次。"
    assert second == f"{what}：新增约100位60岁以上老人在5分钟内走得到。{after}"
    what = "Add a cultural venue to f0站 (the place marked on the map)"
    after = " As step 2 it adds about 100 to the steps before."
    assert told(result(), "en")[1] == (
        f"{what}: about 100 more people aged 60+ would reach it within 5 minutes.{after}"
    )


def test_the_headline_counts_who_lacks_how_much():
    found = result(listed=("clinic", "culture", "day_care", "shop"))
    lines = headline(public_actions(found), found.city.communities, "zh")
    # Nobody has day care or a shop; beside them a lacks culture, b and c a clinic: all lack three.
    assert lines[0].startswith("约730位60岁以上老人中，约730位在5分钟内至少走不到一类服务，约730位至少走不到三类；")
    assert "人数最多的是c社区" in lines[0]
    assert lines[1].startswith("最见效的一项改变：在f1站")


def test_where_nobody_lacks_anything_the_headline_says_so(tmp_path):
    street = network([(0, 0), (1000, 0)], [(0, 1)])
    found = analyse(town(street, {"a": (100, 10)}, {"a": 20}, {(0, 0): ["clinic"]}, listed=("clinic",)), profile=FLAT)
    assert headline(found.actions, found.city.communities, "en") == [
        "As far as can be told, all people aged 60+ reach every service within 5 minutes."
    ]
    assert len(action_table(found)) == 0
    found.save(tmp_path)
    assert not (tmp_path / "actions.csv").exists()


def test_places_are_told_by_street_and_community():
    names = result().actions
    city = result().city
    named = names.frame.assign(street=["北街", "北街"], to_street=["", "南街"], community_id=["a", ""])
    found = type(names)(frame=named, gains=names.gains)
    assert action_places(found, city.communities, "zh").tolist() == ["a社区的北街", "北街至南街"]
    assert action_places(found, city.communities, "en").tolist() == ["北街, a社区", "北街 to 南街"]


def test_the_layer_holds_points_and_hides_few_people(tmp_path):
    frame = pyogrio.read_dataframe(geopackage(result(), tmp_path / "c.gpkg"), layer="actions")
    assert frame["gain"].tolist() == [623, 103]
    assert [round(point.x - frame.geometry.iloc[1].x) for point in frame.geometry] == [600, 0]
    assert "gain_by_service" not in frame


def test_a_folder_holds_the_list_where_there_is_one(tmp_path):
    result().save(tmp_path)
    table = pd.read_csv(tmp_path / "actions.csv", encoding="utf-8-sig")
    assert table.equals(pd.read_csv(actions_csv(result(), tmp_path / "again.csv"), encoding="utf-8-sig"))
