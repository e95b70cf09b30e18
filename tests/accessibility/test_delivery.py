"""Delivery by hand: straight lines around a kitchen, beside walking and never in it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from circle15.accessibility.coverage import coverage
from circle15.accessibility.delivery import delivered, delivery_radii
from circle15.errors import InputError
from circle15.hours.opening import moment, open_facilities
from circle15.model import Facilities
from circle15.routing.reach import reach
from tests.towns.lattice import torn_grid
from tests.towns.one_street import FLAT, HOMES, STREET, covered, demand, facilities, random_case

SENDABLE = ("meal_point", "clinic", "culture")


def sending(*radii, hours=None) -> Facilities:
    """Clinics at 100 and 700 m with delivery radii, a shop at 700 m that delivers nothing."""
    made = facilities([(100, 0), (700, 0), (700, 0)], ["clinic", "clinic", "shop"])
    frame = made.frame.assign(delivery_radius_m=[*radii, np.nan])
    return Facilities(frame=frame if hours is None else frame.assign(opening_hours=hours), listed=made.listed)


def test_who_is_within_the_radius_by_hand():
    # homes at 0, 400, 900, 2,000 m: 300 m around 100 holds the first two (the second exactly), 200 m around 700
    # the third
    assert delivered(HOMES, sending(300, 0), ["clinic", "shop"])["clinic"].tolist() == [True, True, False, False]
    assert delivered(HOMES, sending(299.9, 200), ["clinic"])["clinic"].tolist() == [True, False, True, False]


def test_a_service_that_nobody_delivers_has_no_rows():
    assert delivered(HOMES, sending(0, np.nan), ["clinic", "shop"]) == {}
    found = covered(sites=sending(300, 0)).delivery
    assert found.index.unique("service").tolist() == ["clinic"]
    empty = covered(sites=sending(0, 0)).delivery
    assert empty.empty
    assert empty.index.names == ["community_id", "service"]
    assert delivery_radii(facilities([(0, 0)], ["shop"])).tolist() == [0]


def test_people_by_hand():
    # elders 10, 20, 30 (a) and 40 (b); in 2 min (120 m) only the first walks there
    found = covered(sites=sending(300, 0), cutoffs=(2,)).delivery
    row = found.loc[("a", "clinic")]
    assert row[["pop_60plus", "pop_60plus_delivered", "pop_60plus_either", "pop_60plus_neither"]].tolist() == [
        60,
        30,
        30,
        30,
    ]
    wide = covered(sites=sending(0, 1300), cutoffs=(2,)).delivery
    assert wide.loc[("b", "clinic"), "pop_60plus_delivered"] == 40
    # 1,300 m around 700 m: everybody; walking adds nobody twice
    assert wide.loc[("a", "clinic"), ["population_delivered", "population_either"]].tolist() == [120, 120]


def test_either_counts_walkers_whom_nobody_delivers_to():
    # 50 m around 100 m brings to nobody; 15 min (900 m) of walking cover all of a
    row = covered(sites=sending(50, 0)).delivery.loc[("a", "clinic")]
    assert (row["pop_60plus_delivered"], row["pop_60plus_either"], row["pop_60plus_neither"]) == (0, 60, 0)


def test_people_far_from_streets_are_unplaced_unless_something_comes_to_them():
    homes = demand([(0, 0), (100, 900), (3000, 900)], [10, 20, 30], ["a", "a", "a"])
    with pytest.warns(UserWarning, match="lies? too far"):
        table = reach(STREET, homes, sending(1000, 0), profile=FLAT)
    row = coverage(table, homes, sending(1000, 0)).delivery.loc[("a", "clinic")]
    assert (row["pop_60plus_delivered"], row["pop_60plus_either"], row["pop_60plus_unplaced"]) == (30, 30, 30)
    assert row["pop_60plus_neither"] == 0


def test_delivery_changes_no_coverage():
    without, with_it = covered(sites=sending(0, 0)), covered(sites=sending(5000, 5000))
    pd.testing.assert_frame_equal(without.frame, with_it.frame, check_exact=True)
    pd.testing.assert_frame_equal(without.nearest, with_it.nearest, check_exact=True)


def test_what_is_closed_delivers_nothing():
    kitchens = sending(300, 200, hours=["08:00-10:00", "08:00-17:00", ""])
    found = covered(sites=open_facilities(kitchens, moment("11:30"))).delivery
    assert found.loc[("a", "clinic"), "pop_60plus_delivered"] == 30  # the home at 900 m only


@pytest.mark.parametrize("seed", range(3))
def test_laws(seed):
    net, (homes, sites) = torn_grid(seed), random_case(seed)
    radii = np.random.default_rng(seed).uniform(0, 400, len(sites)).round()
    sites = dataclasses.replace(sites, frame=sites.frame.assign(delivery_radius_m=radii))
    with pytest.warns(UserWarning, match="lies? too far"):
        table = reach(net, homes, sites, profile=FLAT, max_snap_m=40)
    result = coverage(table, homes, sites)
    for column in ("population", "pop_60plus"):
        frame = result.delivery
        assert (
            frame[[f"{column}_{part}" for part in ("either", "neither", "unplaced", "undetermined")]].sum(axis=1)
            == frame[column]
        ).all()
        walked = result.frame[f"{column}_covered"].xs(15.0, level="cutoff_min").reindex(frame.index)
        assert (frame[f"{column}_either"] >= np.maximum(walked, frame[f"{column}_delivered"])).all()
        assert (frame[f"{column}_either"] <= walked + frame[f"{column}_delivered"]).all()
    # against distances written out
    for service in result.services:
        # of clinic, shop and culture only what a shop sells can be sent; a site without a shop sends all it has
        mine = sites.frame[
            [service in row and (service == "shop" or "shop" not in row) for row in sites.frame["services"]]
        ]
        if mine.empty:
            assert service not in result.delivery.index.unique("service")
            continue
        near = [
            any(
                home.distance(site) <= radius
                for site, radius in zip(mine.geometry, mine["delivery_radius_m"], strict=True)
                if radius > 0
            )
            for home in homes.frame.geometry
        ]
        sums = homes.frame["pop_60plus"].where(near, 0.0).groupby(homes.frame["community_id"]).sum()
        assert (result.delivery["pop_60plus_delivered"].xs(service, level="service") == sums).all()


def test_a_site_of_several_services_sends_what_can_be_sent():
    frame = facilities([(0, 0)] * 3, ["culture meal_point", "culture clinic", "culture"]).frame
    for site, sent in {"f0": {"meal_point"}, "f1": {"culture", "clinic"}, "f2": {"culture"}}.items():
        one = Facilities(frame=frame.loc[[site]].assign(delivery_radius_m=100.0), listed=frozenset({*SENDABLE}))
        assert set(delivered(HOMES, one, SENDABLE)) == sent


@pytest.mark.parametrize("radius", [-1.0, np.inf, "far"])
def test_a_radius_that_is_none_is_refused(radius):
    frame = sending(300, 0).frame
    frame["delivery_radius_m"] = pd.Series([radius, 0, 0], index=frame.index, dtype=object)
    with pytest.raises(InputError, match="delivery_radius_m of 'f0'"):
        Facilities(frame=frame, listed=frozenset({"clinic", "shop"}))
