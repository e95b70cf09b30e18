"""Four columns that add up to the demand, worked out by hand; whole people that add up by community."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.accessibility.capacity.demand import whole_people
from circle15.accessibility.capacity.served import capacity
from circle15.model import DemandPoints, Facilities
from circle15.model.capacity import CapacityRule
from tests.towns.lattice import CRS
from tests.towns.seats import reach_of

RULE = CapacityRule(service="meal_point", people="pop_60plus", rate=0.1, unit="seats", sittings=2)


def _points(people: list[float], owners: list[str]) -> DemandPoints:
    frame = gpd.GeoDataFrame(
        {"community_id": owners, "population": people, "pop_60plus": people, "method": "building"},
        geometry=gpd.points_from_xy(range(len(people)), [0] * len(people)),
        crs=CRS,
        index=pd.Index([f"p{k}" for k in range(len(people))], name="point_id"),
    )
    return DemandPoints(frame=frame)


def _facilities(capacity: list[float], units: list[str]) -> Facilities:
    frame = gpd.GeoDataFrame(
        {
            "name": [f"f{k}" for k in range(len(capacity))],
            "services": [("meal_point",)] * len(capacity),
            "capacity": capacity,
            "capacity_unit": units,
        },
        geometry=gpd.points_from_xy(range(len(capacity)), [1] * len(capacity)),
        crs=CRS,
        index=pd.Index([f"f{k}" for k in range(len(capacity))], name="facility_id"),
    )
    return Facilities(frame=frame, listed=frozenset({"meal_point"}))


# Four communities of 100, 10 of each come. f0 has 3 seats (6 people), f1 5 meals, the capacity of f2 is not known.
#   a reaches f0 alone: 6 served, 4 where all is full. b reaches nothing. c reaches f2: unknown. d reaches f1 and f2: 5
#   served, of the other 5 nobody knows. People of e are not known.
WALKS = {(0, 0): 4, (2, 2): 3, (3, 1): 5, (3, 2): 6}


def _found():
    points = _points([100, 100, 100, 100, np.nan], ["a", "b", "c", "d", "e"])
    reach = reach_of(WALKS, points=5, facilities=3, cutoff_min=15)
    return capacity(reach, points, _facilities([3, 5, np.nan], ["", "meals", ""]), rules={"meal_point": RULE})


def test_four_columns_add_up_to_the_demand():
    frame = _found().frame.xs("meal_point", level="service")
    parts = ["served", "full_in_reach", "out_of_reach", "unknown"]
    assert frame.loc["a", parts].tolist() == [6, 4, 0, 0]
    assert frame.loc["b", parts].tolist() == [0, 0, 10, 0]
    assert frame.loc["c", parts].tolist() == [0, 0, 0, 10]
    assert frame.loc["d", parts].tolist() == [5, 0, 0, 5]
    assert frame.loc["e", ["demand", *parts]].isna().all()
    known = frame.drop(index="e")
    assert (known[parts].sum(axis=1) == known["demand"]).all()
    assert frame.loc["a", "walk_min"] == 4


def test_totals_loads_and_shortages():
    found = _found()
    totals = found.totals.loc["meal_point"]
    assert (totals["demand"], totals["served"], totals["served_high"]) == (40, 11, 26)
    assert (totals["facilities"], totals["facilities_unknown"], totals["idle"]) == (3, 1, 0)
    loads = found.loads.xs("meal_point", level="service")
    assert loads["seats"].tolist()[:2] == [6, 5]
    assert loads["seats"].isna().tolist() == [False, False, True]
    assert loads["one_more"].tolist()[:2] == [True, True]
    assert found.shortages[["people", "seats", "short"]].to_numpy().tolist() == [[10, 5, 5], [10, 6, 4]]
    assert found.shortages["communities"].tolist() == [("d",), ("a",)]
    assert found.policies.loc[("meal_point", "most"), "served"] == 11


def test_2sfca_shares_out_all_seats_that_somebody_can_walk_to_and_the_allocation_those_that_can_be_taken():
    # Only a reaches f0: 15 seats, twice, for its 10 people, 3 for each, who takes one. b and c share f1: 2 seats,
    # twice, for 10 + 30 people, a tenth for each, however far they walk. Nobody reaches the 40 of f2.
    points = _points([100, 100, 300, 0, 4], ["a", "b", "c", "d", "e"])
    reach = reach_of({(0, 0): 1, (1, 1): 15, (2, 1): 2, (3, 1): 1}, points=5, facilities=3, cutoff_min=15)
    found = capacity(reach, points, _facilities([15, 2, 20], [""] * 3), rules={"meal_point": RULE})
    assert found.frame["floating"].tolist() == pytest.approx([3.0, 0.1, 0.1, np.nan, np.nan], nan_ok=True)
    totals = found.totals.loc["meal_point"]
    assert (totals["seats"], totals["floating_used"], totals["served"]) == (74, 34, 10 + 4)
    people = found.frame["demand"].to_numpy(dtype=float)
    assert np.nansum(people * found.frame["floating"]) == pytest.approx(34)  # 30 + 1 + 3: supply is conserved


def test_whoever_reaches_a_facility_of_unknown_capacity_leaves_the_community_without_an_index():
    assert _found().frame["floating"].tolist() == pytest.approx([0.6, 0, np.nan, np.nan, np.nan], nan_ok=True)
    assert _found().totals.loc["meal_point", "floating_used"] == 6 + 5
    points = _points([100, 100], ["a", "a"])  # one of two homes reaches what is not known
    reach = reach_of({(0, 0): 1, (1, 0): 1, (1, 1): 1}, points=2, facilities=2, cutoff_min=15)
    half = capacity(reach, points, _facilities([10, np.nan], ["", ""]), rules={"meal_point": RULE})
    assert np.isnan(half.frame["floating"].iloc[0])


def test_a_service_that_no_list_speaks_of_has_no_rows():
    rule = CapacityRule(service="clinic", people="population", rate=0.1, unit="staff", each=5)
    points, reach = _points([9], ["a"]), reach_of({}, points=1, facilities=1, cutoff_min=15)
    assert len(capacity(reach, points, _facilities([1], [""]), rules={"clinic": rule})) == 0


def test_remainders_go_to_the_largest_shares_and_then_by_id():
    # 3 x 5 people at one in ten: 1.5, half up 2; shares of 0.67 each: the first two by id get one.
    assert whole_people(_points([5, 5, 5], ["a"] * 3), "pop_60plus", 0.1).tolist() == [1, 1, 0]


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=8), st.sampled_from([0.0, 0.1, 0.35, 1.0]))
def test_whole_people_add_up(parts, rate):
    people = np.array(parts) / 1024
    owners = ["a" if k % 2 else "b" for k in range(len(parts))]
    found = whole_people(_points(people.tolist(), owners), "pop_60plus", rate)
    for owner in set(owners):
        inside = np.array(owners) == owner
        assert found[inside].sum() == pytest.approx(people[inside].sum() * rate, abs=0.5 + 1e-9)
        assert (np.abs(found[inside] - people[inside] * rate) < 1.5).all()
