"""Weeks of ways and nodes: states at a moment, codes that survive renumbering, and what does not fit."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from circle15.errors import StreetsError
from circle15.model.moment import Moment
from circle15.model.way_hours import OpenWeek, WayHours
from circle15.network.conditions import Clause, clauses_of
from circle15.sources.osm.way_hours import week_of

DAY = OpenWeek(start=(0, 360, 1320), open=(False, True, False))
NIGHT = OpenWeek(start=(0, 360, 1320), open=(True, False, True))


@pytest.mark.parametrize(("minute", "is_open"), [(0, False), (359, False), (360, True), (1319, True), (1320, False)])
def test_the_minute_of_opening_is_open_and_that_of_closing_is_not(minute, is_open):
    assert DAY.at(Moment(weekday=0, minute=minute)) is is_open
    assert NIGHT.at(Moment(weekday=0, minute=minute)) is not is_open


def test_codes_and_rows():
    hours = WayHours.of([None, NIGHT, None, DAY, NIGHT], [DAY, None])
    assert hours.weeks == tuple(sorted((DAY, NIGHT)))
    night, day = (hours.weeks.index(week) + 1 for week in (NIGHT, DAY))
    assert hours.codes(5).tolist() == [0, night, 0, day, night]
    turned = hours.renumbered(ways=hours.codes(5)[::-1])
    assert turned.way.tolist() == [0, 1, 3]
    ways, nodes = turned.shut(Moment(weekday=0, minute=600))
    assert (ways.tolist(), nodes.tolist()) == ([0, 3], [])
    assert turned.shut(Moment(weekday=0, minute=0))[1].tolist() == [0]
    assert bool(hours)
    assert not WayHours()
    assert pickle.loads(pickle.dumps(hours)).way.tolist() == hours.way.tolist()  # noqa: S301  # its own bytes


def test_columns_that_do_not_fit_are_refused():
    rows = np.array([1], dtype=np.int32)
    with pytest.raises(StreetsError, match="columns of opening hours of ways do not fit together: 1 rows, 0 weeks"):
        WayHours(weeks=(DAY,), way=rows)
    with pytest.raises(StreetsError, match="do not fit together"):
        WayHours(weeks=(DAY,), way=rows, way_week=rows)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("yes @ (06:00-22:00)", [("06:00-22:00", "opens")]),
        ("yes@06:00-22:00", [("06:00-22:00", "opens")]),
        ("no @ (22:00-06:00); private @ (Su)", [("22:00-06:00", "shuts"), ("Su", "private")]),
        ("no @ (Mo-Fr 08:00-10:00; Sa 09:00-11:00)", [("Mo-Fr 08:00-10:00; Sa 09:00-11:00", "shuts")]),
        ("NO @ winter", [("winter", "shuts")]),
        ("delivery @ (06:00-10:00)", [("06:00-10:00", "")]),
        ("no @ (weight>3.5)", []),
        ("no @ (maxweight>3.5); no @ (22:00-06:00)", [("22:00-06:00", "shuts")]),
        ("perhaps", [("perhaps", "opens")]),
        ("no @ (22:00-06:00", [("no @ (22:00-06:00", "opens")]),
        ("", []),
        (";", [(";", "opens")]),
    ],
)
def test_clauses_as_they_are_written(text, clauses):
    def kind(clause):
        return "private" if clause.private else "opens" if clause.opens else "shuts" if clause.shuts else ""

    assert [(clause.when, kind(clause)) for clause in clauses_of({"foot:conditional": text})] == clauses


def test_conditions_of_access_yield_to_foot():
    tags = {"access:conditional": "no @ (22:00-06:00)", "foot:conditional": "yes @ (Su)"}
    assert [clause.when for clause in clauses_of(tags)] == ["22:00-06:00", "Su"]
    assert [clause.when for clause in clauses_of(tags | {"foot": "yes"})] == ["Su"]


@pytest.mark.parametrize(
    ("clauses", "hours", "opens", "open_hours", "unread"),
    [
        ([("shuts", "22:00-06:00")], "", True, 16 * 7, 0),
        ([("opens", "06:00-22:00")], "", False, 16 * 7, 0),
        ([("opens", "wet")], "", False, 168, 1),
        ([("shuts", "wet")], "", True, 168, 1),
        ([("shuts", "wet")], "", False, 0, 1),
        ([("shuts", "Apr-Oct")], "", True, 168, 1),  # depends on the date: unknown, and open
        ([("opens", "Apr-Oct")], "", False, 168, 1),
        ([], "06:00-22:00", True, 16 * 7, 0),
        ([], "by appointment", True, 168, 1),
        ([("shuts", "12:00-13:00")], "06:00-22:00", True, 15 * 7, 0),
        ([("opens", "00:00-24:00")], "Mo-Fr 08:00-18:00", False, 50, 0),
        ([("shuts", "00:00-24:00"), ("opens", "Su")], "", True, 24, 0),
    ],
)
def test_open_hours_of_a_week(clauses, hours, opens, open_hours, unread):
    given = tuple(Clause(when, when, opens=kind == "opens", shuts=kind == "shuts") for kind, when in clauses)
    found = week_of(given, hours, opens=opens)
    week = found.week or OpenWeek()
    spans = np.diff(week.start, append=10_080)
    assert spans[np.array(week.open)].sum() / 60 == open_hours
    assert len(found.unread) == unread
