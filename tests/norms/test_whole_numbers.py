"""Means over things that come in whole numbers: what a community can be cut into, by hand and by a plain search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.catalog.norm_books import parse_book
from circle15.model.norms import Rule
from circle15.norms.ledger import judge
from circle15.norms.whole_numbers import feasible
from tests.towns.norm_books import RULE, book_toml
from tests.towns.norm_fixture import communities, ground, row, rules_of

# Households, the grids that comply or come nearest, the mean with the fewest of these. By hand: n grids of H households
# have H / n each; 200 to 300 in villages, 200 to 400 in towns.
VILLAGES = [
    (1, "1", 1),
    (150, "1", 150),
    (199, "1", 199),  # just below: one grid is all that there can be
    (200, "1", 200),
    (201, "1", 201),
    (299, "1", 299),
    (300, "1", 300),
    (301, "1", 301),  # 1 over with one grid, 49.5 short with two
    (333, "1", 333),  # 33 over with one, 33.5 short with two
    (334, "2", 167),  # 34 over with one, 33 short with two
    (350, "2", 175),  # 50 over with one, 25 short with two
    (399, "2", 199.5),
    (400, "2", 200),
    (401, "2", 200.5),
    (599, "2", 299.5),
    (600, "2–3", 300),
    (601, "3", 601 / 3),
    (899, "3–4", 899 / 3),
    (900, "3–4", 300),
    (901, "4", 901 / 4),
    (1200, "4–6", 300),
]
TOWNS = [
    (150, "1", 150),
    (199, "1", 199),
    (200, "1", 200),
    (399, "1", 399),
    (400, "1–2", 400),
    (401, "2", 200.5),
    (799, "2–3", 399.5),
    (800, "2–4", 400),
    (801, "3–4", 267),
    (7500, "19–37", 7500 / 19),
]
CASES = [("js13-grid-rural", "农村", *case) for case in VILLAGES] + [
    ("js13-grid-urban", "城市", *case) for case in TOWNS
]


@pytest.mark.parametrize(("clause", "rural", "households", "numbers", "mean"), CASES)
def test_a_community_complies_with_the_grids_that_it_can_be_cut_into_and_with_no_others(
    clause, rural, households, numbers, mean
):
    fewest, most = (int(part) for part in (numbers.split("–") * 2)[:2])
    grids = range(max(fewest - 2, 1), most + 3)
    places = communities(rural=[rural] * 8, households=[households] * 8, grids=[*grids, *[np.nan] * 8][:8])
    ledger = judge(ground(places), rules_of(clause))
    shown = [row(ledger, clause, f"c{k}") for k in range(8)]
    for found, number in zip(shown, grids, strict=False):
        assert found["verdict"] == ("pass" if fewest <= number <= most else "fail"), number
        assert found["observed"] == pytest.approx(households / number)
        if number == fewest:
            assert found["observed"] == pytest.approx(mean)
    assert {found["feasible"] for found in shown} == {numbers}


def test_the_numbers_are_named_where_the_grids_are_not_known_and_nothing_without_households():
    places = communities(rural=["农村"] * 3, households=[350, 0, np.nan], grids=[np.nan, 1, 2])
    ledger = judge(ground(places), rules_of("js13-grid-rural"))
    found = [row(ledger, "js13-grid-rural", f"c{k}")[["verdict", "feasible", "lacks"]].tolist() for k in range(3)]
    assert found == [
        ["undetermined", "2", "grids"],
        ["undetermined", "", "households"],
        ["undetermined", "", "households"],
    ]


@pytest.mark.parametrize(
    ("measure", "unit", "between", "columns", "numbers", "verdicts"),
    [
        # 300 to 500 in a grid: 550 are cut into one of 550, 50 over, or two of 275, 25 short.
        ("households_per_grid", "hh", [300, 500], {"households": [550] * 3, "grids": [1, 2, 3]}, "2", "fail pass fail"),
        # 18 to 20 for 10,000: 300 people need 0.54 to 0.6; none is 18 short, one is 33.3, 13.3 over.
        ("workers_per_10000", "people", [18, 20], {"population": [300.0] * 3, "workers": [0, 1, 2]}, "1",
         "fail pass fail"),
        # 40 to 60 % of 3 have a certificate: one is a third, two are two thirds, 6.7 points off each.
        ("certified_worker_share", "%", [40, 60], {"workers": [3] * 4, "workers_certified": [0, 1, 2, 3]}, "1–2",
         "fail pass pass fail"),
        ("grid_staffing", "%", [90, 95], {"grids": [4] * 2, "grids_staffed": [3, 4]}, "4", "fail pass"),
    ],
)  # fmt: skip
def test_ranges_of_other_means_and_shares(measure, unit, between, columns, numbers, verdicts):
    rule = {key: value for key, value in RULE.items() if key not in {"services", "minutes", "at_least"}}
    book = parse_book(book_toml(rule | {"measure": measure, "unit": unit, "between": between}), file="mine.toml")
    count = len(next(iter(columns.values())))
    ledger = judge(ground(communities(**columns)), book.rules)
    found = [row(ledger, "a", f"c{k}") for k in range(count)]
    assert [one["verdict"] for one in found] == verdicts.split()
    assert {one["feasible"] for one in found} == {numbers}


def test_one_sided_thresholds_name_no_number():
    ledger = judge(ground(communities(population=[1000.0], workers=[1])), rules_of("sz-workers-18"))
    assert row(ledger, "sz-workers-18", "city", "city")[["verdict", "feasible"]].tolist() == ["fail", ""]


@given(st.integers(1, 3000), st.integers(1, 400), st.integers(0, 400))
def test_the_numbers_equal_a_search_through_all(households, low, width):
    rule = Rule(
        clause_id="x", book="b", title_zh="", title_en="", measure="households_per_grid", unit="hh", source_zh="",
        source_en="", clause="1", year=2020, status="expected", grade="S", standing="source", at_least=low,
        at_most=low + width,
    )  # fmt: skip
    beyond = {n: round(rule.beyond(round(households / n, 9)), 9) for n in range(1, households + 2)}
    least = min(beyond.values())
    best = [n for n, gap in beyond.items() if gap == least]
    found = feasible(rule, "whole", np.array([float(households)]))
    assert (found.fewest[0], found.most[0], found.spare[0]) == (best[0], best[-1], least)
    assert best == list(range(best[0], best[-1] + 1))
