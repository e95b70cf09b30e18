"""The lowest and the highest value of a unit that is partly unknown, by hand and against every possibility."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from circle15.catalog.norm_books import measures, parse_book
from circle15.norms.bounds import Members, bounds_of
from circle15.norms.figures import Figures
from circle15.norms.ledger import judge
from tests.towns.norm_books import RULE, book_toml
from tests.towns.norm_fixture import communities, ground, row

NOT = float("nan")


def city(measure, bound, *, sites=(), scope="all", minutes=None, services=None, columns=None, **asked):
    """The row of one clause of the city on a measure."""
    rule = RULE | {
        "measure": measure, "unit": measures()[measure].unit, "services": services, "minutes": minutes, "level": "city",
        "at_least": bound, "scope": scope,
    }  # fmt: skip
    rules = parse_book(book_toml(rule | asked), file="mine.toml").rules
    return row(judge(ground(communities(**columns), sites), rules), "a", "city", "city")


def told(found):
    """Verdict, what is lacking, and the bounds; a known value is both of them."""
    ends = found[["observed_low", "observed_high"]] if np.isnan(found["observed"]) else found[["observed", "observed"]]
    return found["verdict"], found["lacks"], pytest.approx(ends.tolist(), nan_ok=True)


# -- town and country -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "verdict"), [(10, "pass"), (10.1, "undetermined"), (20, "undetermined"), (20.1, "fail")]
)
def test_workers_of_towns_where_one_community_says_neither(bound, verdict):
    # 2 workers for 1,000 people in town; with the 0 of the other 1,000, if that is a town too, 2 for 2,000.
    columns = {"workers": [2.0, 0.0, 50.0], "rural": ["城镇", "", "农村"]}
    found = city("workers_per_10000", bound, scope="urban", columns=columns)
    assert told(found) == (verdict, "rural", [10, 20])


@pytest.mark.parametrize(
    ("bound", "verdict"), [(20, "pass"), (20.1, "undetermined"), (40, "undetermined"), (40.1, "fail")]
)
def test_who_says_neither_may_raise_a_figure(bound, verdict):
    # 2 workers for 1,000 people in town; with the 6 of the other, 8 for 2,000.
    columns = {"workers": [2.0, 6.0], "rural": ["城镇", ""]}
    assert told(city("workers_per_10000", bound, scope="urban", columns=columns)) == (verdict, "rural", [20, 40])


def test_of_several_that_say_neither_those_count_that_draw_a_figure_farthest():
    # Town: 2 for 1,000. Others: 0 for 1,000, 1 for 1,000, 6 for 1,000. Lowest with the first two: 3 for 3,000, but
    # 2 for 2,000 is as low. Highest with the last alone: 8 for 2,000.
    columns = {"workers": [2.0, 0.0, 1.0, 6.0], "rural": ["城镇", "", "镇", "?"]}
    found = city("workers_per_10000", 18, scope="urban", columns=columns)
    assert told(found) == ("undetermined", "rural", [10, 40])


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        (["", ""], ("undetermined", "rural", [NOT, NOT])),  # perhaps there is no town at all
        (["城镇", "城镇"], ("pass", "", [20, 20])),
        (["城镇", "农村"], ("pass", "", [20, 20])),
    ],
)
def test_all_say_neither_and_none_does(areas, expected):
    assert (
        told(city("workers_per_10000", 20, scope="urban", columns={"workers": [2.0, 2.0], "rural": areas})) == expected
    )


@pytest.mark.parametrize(
    ("between", "verdict"), [([10, 20], "pass"), ([12, 18], "undetermined"), ([21, 30], "fail"), ([1, 9], "fail")]
)
def test_a_range_is_met_where_both_bounds_lie_in_it(between, verdict):
    columns = {"social_organisations": [20.0, 0.0], "rural": ["城镇", ""]}
    found = city("organisations_per_community", None, scope="urban", columns=columns, between=between)
    assert told(found) == (verdict, "rural", [10, 20])


# -- numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bound", "verdict"), [(30, "pass"), (30.1, "undetermined"), (99, "undetermined")])
def test_workers_that_one_community_does_not_tell_are_open_above(bound, verdict):
    # 6 workers, and those of the second, for 2,000 people.
    found = city("workers_per_10000", bound, columns={"workers": [6.0, NOT]})
    assert told(found) == (verdict, "workers", [30, NOT])


@pytest.mark.parametrize(
    ("bound", "verdict"), [(20, "pass"), (20.1, "undetermined"), (70, "undetermined"), (70.1, "fail")]
)
def test_a_part_is_no_larger_than_what_it_is_some_of(bound, verdict):
    # 20 of 50 certified, and none to all of the other 50.
    columns = {"workers": [50.0, 50.0], "workers_certified": [20.0, NOT]}
    assert told(city("certified_worker_share", bound, columns=columns)) == (verdict, "workers_certified", [20, 70])


@pytest.mark.parametrize(("bound", "verdict"), [(0.1, "undetermined"), (50, "undetermined"), (50.1, "fail")])
def test_a_whole_is_no_smaller_than_what_is_some_of_it(bound, verdict):
    # 20 of 50 and 10 of at least 10: 30 of 60 at most, of more workers the share is ever less.
    columns = {"workers": [50.0, NOT], "workers_certified": [20.0, 10.0]}
    assert told(city("certified_worker_share", bound, columns=columns)) == (verdict, "workers", [0, 50])


def test_certified_workers_are_no_more_than_workers():
    # 2 of the first, none to 3 of the second, for 2,000 people.
    columns = {"workers": [4.0, 3.0], "workers_certified": [2.0, NOT]}
    assert told(city("certified_per_10000", 26, columns=columns)) == ("fail", "workers_certified", [10, 25])


def test_a_column_that_nobody_fills_in_tells_nothing():
    found = city("workers_per_10000", 18, columns={"workers": [NOT, NOT]})
    assert told(found) == ("undetermined", "workers", [NOT, NOT])
    found = city("certified_worker_share", 60, columns={"workers": [50.0, 50.0], "workers_certified": [NOT, NOT]})
    assert told(found) == ("undetermined", "workers_certified", [0, 100])
    # None of nobody knows how many: perhaps of nobody.
    found = city("certified_worker_share", 60, columns={"workers": [NOT], "workers_certified": [0.0]})
    assert told(found) == ("undetermined", "workers", [NOT, NOT])


@pytest.mark.parametrize(("bound", "verdict"), [(5, "pass"), (5.1, "undetermined")])
def test_the_sum_of_agents_is_that_of_the_known_at_least(bound, verdict):
    assert told(city("agents", bound, columns={"agents": [2.0, NOT, 3.0]})) == (verdict, "agents", [5, NOT])


def test_town_or_country_and_a_number_are_both_asked_for():
    columns = {"workers": [2.0, NOT, 0.0], "rural": ["城镇", "城镇", ""]}
    found = city("workers_per_10000", 5, scope="urban", columns=columns)
    # 2 for the 3,000 of all, at least.
    assert told(found) == ("pass", "rural, workers", [20 / 3, NOT])


# -- floor areas and hours --------------------------------------------------------------------------


@pytest.mark.parametrize(("bound", "verdict"), [(150, "pass"), (151, "undetermined")])
def test_floor_areas_are_those_that_are_known_at_least(bound, verdict):
    # 300 m2 for 200 households, and a centre whose area nobody tells.
    rule = RULE | {"measure": "area_per_100_households", "unit": "m2/100hh", "minutes": None, "at_least": bound,
                   "level": "city"}  # fmt: skip
    rules = parse_book(book_toml(rule), file="mine.toml").rules
    place = ground(communities(households=[100, 100]), [(500, "clinic"), (1500, "clinic")], floor_area_m2=[300, np.nan])
    found = row(judge(place, rules), "a", "city", "city")
    assert told(found) == (verdict, "facilities.floor_area_m2", [150, NOT])


def test_of_a_centre_shared_with_unknown_households_any_part_may_be_anybodys():
    # 400 m2 for the 100 households of one and those of another: 0 to 400 for each; together nobody knows of how many.
    rule = RULE | {"measure": "area_per_100_households", "unit": "m2/100hh", "minutes": None, "at_least": 500}
    rules = parse_book(book_toml(rule), file="mine.toml").rules
    place = ground(
        communities(households=[100, NOT]), [(500, "clinic")], floor_area_m2=[400], community=["社区0；社区1"]
    )
    ledger = judge(place, rules)
    assert row(ledger, "a")[["observed_low", "observed_high", "verdict"]].tolist() == [0, 400, "fail"]
    assert row(ledger, "a", "c1")[["verdict", "lacks"]].tolist() == ["undetermined", "households"]


@pytest.mark.parametrize(("bound", "verdict"), [(8, "pass"), (8.5, "undetermined")])
def test_a_place_of_unknown_hours_may_be_open_all_day(bound, verdict):
    rule = RULE | {"measure": "open_hours_per_day", "unit": "h", "minutes": None, "at_least": bound}
    rules = parse_book(book_toml(rule), file="mine.toml").rules
    place = ground(communities(households=[1]), [(400, "clinic"), (600, "clinic")], opening_hours=["08:00-16:00", ""])
    assert told(row(judge(place, rules), "a")) == (verdict, "facilities.opening_hours", [8, 24])


# -- people -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "people", "bounds"),
    [
        (1000, [1000.0, NOT], [100, 100]),  # both within reach: 100 % of whomever
        (2500, [1000.0, NOT], [0, 0]),
        (500, [1000.0, NOT], [0, 100]),  # the second is 100 m too far
        (1500, [NOT, 1000.0], [0, 100]),
    ],
)
def test_people_whose_number_nobody_knows_are_where_they_live(at, people, bounds):
    found = city(
        "people_in_reach", 90, services=["clinic"], minutes=15, sites=[(at, "clinic")],
        columns={"population": people, "pop_60plus": [100.0, 100.0]},
    )  # fmt: skip
    verdict = {100: "pass", 0: "fail"}.get(bounds[0] if bounds[0] == bounds[1] else -1, "undetermined")
    assert told(found)[0] == verdict
    assert told(found)[2] == bounds


# -- every possibility ------------------------------------------------------------------------------

GRID = np.append(np.arange(0.0, 5.0), 1e9)
unknown = st.one_of(st.integers(0, 4).map(float), st.just(NOT))


def possible(part, whole, *, sure, within):
    """Parts and wholes that a community may have, or nothing where it may not count."""
    pairs = itertools.product(GRID if np.isnan(part) else [part], GRID if np.isnan(whole) else [whole])
    return np.array([pair for pair in pairs if pair[0] <= pair[1] or not within] + ([] if sure else [(0.0, 0.0)]))


@given(st.lists(st.tuples(unknown, unknown, st.booleans()), min_size=1, max_size=3), st.booleans())
def test_no_possible_value_lies_outside_and_the_ends_are_reached(rows, within):
    if within:
        assume(all(not part > whole for part, whole, _ in rows))
    part, whole, sure = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    members = Members(
        rows=np.arange(len(rows)), unit=np.zeros(len(rows), dtype=np.int64), sure=sure.astype(bool), units=1
    )
    found = bounds_of(Figures(part=part, whole=whole, within=within), members)
    sums = np.zeros((1, 2))
    for a, b, certain in rows:
        sums = (sums[:, np.newaxis] + possible(a, b, sure=certain, within=within)).reshape(-1, 2)
    ratios = sums[sums[:, 1] > 0, 0] / sums[sums[:, 1] > 0, 1]
    if np.isnan(found.low[0]):
        # Nobody may be there to be measured, or all is possible.
        assert (sums[:, 1] == 0).any() or (ratios.min() < 1e-6 and ratios.max() > 1e6)
        return
    assert (sums[:, 1] > 0).all()
    assert found.low[0] == pytest.approx(ratios.min(), abs=1e-6)
    assert found.high[0] == (np.inf if ratios.max() > 1e6 else pytest.approx(ratios.max(), abs=1e-6))
