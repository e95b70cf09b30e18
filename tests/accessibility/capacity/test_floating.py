"""Floating catchments: published examples, laws, and the two traps that implementations differ in."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.accessibility.capacity.floating import (
    decay_weights,
    floating_access,
    squared_step,
    three_step,
    two_step,
)
from circle15.catalog.floating import floating_forms
from circle15.errors import InputError, SettingError
from circle15.model import Positions
from tests.towns.seats import reach_of

# The hospital example of PySAL access (BSD-3): people 100, 50, 10, doctors 15, 20, 100, weight 1/cost, 61 at most.
# Costs: 1 at home, into and out of place 3, and 80 between 1 and 2 (40 in the last scenario).
PEOPLE, DOCTORS = np.array([100.0, 50, 10]), np.array([15.0, 20, 100])
SCENARIOS = [(40, 40, 80), (20, 40, 80), (40, 20, 80), (20, 20, 40)]
TWO_STEP = [
    ("1462/4411", "1282/2211", "12920437/1773222"),
    ("1222/2807", "962/1407", "6463529/1128414"),
    ("244/737", "642/1111", "1086779/148874"),
    ("133653/301994", "201357/301994", "866802/150997"),
]
THREE_STRICT = [
    (0.156332386, 0.406292733, 9.905212474),
    (0.174087011, 0.424046392, 9.63889793),
    (0.156605572, 0.40645423, 9.901673128),
    (0.174802148, 0.424035509, 9.631800976),
]
THREE_PYSAL = [
    (0.156256588, 0.406216452, 9.906351855),
    (0.173813543, 0.42377244, 9.64300237),
    (0.156525927, 0.406372741, 9.902877021),
    (0.174802148, 0.424035509, 9.631800976),
]


def _hospital(scenario, most=61):
    into, out, cross = scenario
    costs = {(k, k): 1 for k in range(3)} | {(0, 2): into, (1, 2): into, (2, 0): out, (2, 1): out}
    costs |= {(0, 1): cross, (1, 0): cross}
    near = {pair: cost for pair, cost in costs.items() if cost <= most}
    reach = reach_of(near, points=3, facilities=3, cutoff_min=most)
    return reach, 60_000 / reach.cost_ms


@pytest.mark.parametrize("k", range(4))
def test_the_hospitals_of_pysal(k):
    reach, weight = _hospital(SCENARIOS[k])
    two = two_step(reach, PEOPLE, DOCTORS, weight).access
    assert two == pytest.approx([float(Fraction(text)) for text in TWO_STEP[k]], rel=1e-12)
    strict = three_step(reach, PEOPLE, DOCTORS, weight).access
    assert strict == pytest.approx(THREE_STRICT[k], abs=1e-9)
    wide, beyond = _hospital(SCENARIOS[k], most=100)  # the trap: PySAL lets people choose beyond the catchment too
    choice = np.bincount(wide.point, weights=beyond)
    pysal = three_step(reach, PEOPLE, DOCTORS, weight, choice=choice).access
    assert pysal == pytest.approx(THREE_PYSAL[k], abs=1e-9)
    for access in (two, strict):  # supply is conserved
        assert math.fsum(PEOPLE * access) == pytest.approx(135, rel=1e-12)


def test_the_example_of_the_r_package_fca():
    # p = 1 .. 4, s = 1 .. 6, W = 6 x 4 filled by column with 1 .. 24 (quoted, not copied)
    walks = {(point, site): 1.0 for point in range(4) for site in range(6)}
    reach = reach_of(walks, points=4, facilities=6, cutoff_min=15)
    weight = np.array([6 * point + site + 1.0 for point, site in sorted(walks)])
    people, supply = np.arange(1, 5.0), np.arange(1, 7.0)
    assert two_step(reach, people, supply, np.ones(24)).access == pytest.approx([2.1] * 4, rel=1e-12)
    assert two_step(reach, people, supply, weight).access == pytest.approx(
        [0.54332256, 1.32166128, 2.1, 2.87833872], abs=1e-8
    )
    assert squared_step(reach, people, supply, weight).access == pytest.approx(
        [2.58012928, 13.77003232, 34.3, 64.17003232], abs=1e-8
    )
    assert three_step(reach, people, supply, weight).access == pytest.approx(
        [0.6686168, 1.3565093, 2.0921208, 2.8355005], abs=1e-7
    )


def test_only_the_squared_form_shows_that_everyone_is_far():
    reach = reach_of({(0, 0): 10}, points=1, facilities=1, cutoff_min=15)
    people, supply, half = np.array([1000.0]), np.array([10.0]), np.array([0.5])
    assert two_step(reach, people, supply, np.ones(1)).access.tolist() == [0.01]
    assert two_step(reach, people, supply, half).access.tolist() == [0.01]
    assert squared_step(reach, people, supply, half).access.tolist() == [0.005]


def test_zones_are_thirds_of_the_circle_and_the_gaussian_ends_there():
    forms = floating_forms()
    reach = reach_of(
        {(0, k): minutes for k, minutes in enumerate((0, 5, 5.01, 10, 15))}, points=1, facilities=5, cutoff_min=15
    )
    weights = {key: decay_weights(forms[key].decay, reach, circle_min=15).tolist() for key in forms}
    assert weights["2sfca"] == [1, 1, 1, 1, 1]
    assert weights["e2sfca"] == [1, 1, 0.68, 0.68, 0.22]
    assert weights["e2sfca_steep"] == [1, 1, 0.42, 0.42, 0.09]
    assert weights["e2sfca_gaussian"] == pytest.approx([1, 0.862656, 0.86222, 0.493575, 0], abs=1e-4)
    # The other trap: the R package does not cut its Gaussian off at the farthest distance.
    far = reach_of({(0, 0): 16}, points=1, facilities=1, cutoff_min=20)
    assert decay_weights(forms["m2sfca"].decay, far, circle_min=15).tolist() == [0]


def test_what_is_not_known_is_counted_and_whoever_reaches_it_is_undetermined():
    walks = {(0, 0): 1, (1, 0): 1, (1, 1): 2}  # facility 1 has an unknown capacity, point 2 reaches nothing
    reach = reach_of(walks, points=4, facilities=3, cutoff_min=15)
    status = np.array([Positions.OK, Positions.OK, Positions.OK, Positions.FAR], dtype=np.uint8)
    found = floating_access(
        replace(reach, point_status=status),
        np.array([10.0, 30, 5, 5]),
        np.array([20, np.nan, 7]),
        form="2sfca",
        circle_min=15,
    )
    assert found.access.tolist() == pytest.approx([0.5, np.nan, 0, np.nan], nan_ok=True)
    assert (found.unused, found.unknown) == (7, 1)  # nobody reaches facility 2


def test_wrong_forms_and_numbers_are_refused():
    reach = reach_of({(0, 0): 1}, points=1, facilities=1, cutoff_min=15)
    with pytest.raises(SettingError, match=r"e2sfka.*did you mean"):
        floating_access(reach, np.ones(1), np.ones(1), form="e2sfka", circle_min=15)
    with pytest.raises(InputError, match="one of each"):
        two_step(reach, np.ones(2), np.ones(1), np.ones(1))
    with pytest.raises(InputError, match="zero or more"):
        two_step(reach, -np.ones(1), np.ones(1), np.ones(1))


@given(
    st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 3)), st.floats(0, 15), min_size=1),
    st.lists(st.integers(1, 500), min_size=6, max_size=6),
    st.lists(st.integers(0, 90), min_size=4, max_size=4),
)
def test_supply_is_conserved_by_all_but_the_squared_form(walks, people, supply):
    reach = reach_of(walks, points=6, facilities=4, cutoff_min=15)
    people, supply = np.array(people, dtype=float), np.array(supply, dtype=float)
    for form in floating_forms():
        found = floating_access(reach, people, supply, form=form, circle_min=15, wide=reach)
        reached = supply.sum() - found.unused
        used = math.fsum(people * np.nan_to_num(found.access))
        if form == "m2sfca":
            assert used <= reached * (1 + 1e-12)
        else:
            assert used == pytest.approx(reached, rel=1e-12, abs=1e-300)
