"""Coverage by hand on one street, and its laws."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import circle15 as c15
from circle15.accessibility.coverage import coverage, coverage_through_day
from circle15.errors import DataQualityWarning, InputError
from circle15.hours.opening import open_facilities
from circle15.kernels.costs import NEVER_MS
from circle15.model import DemandPoints, Facilities, NearestTimes, Positions
from circle15.network.graph import walk_graph
from circle15.network.snap import place_demand, place_facilities, snap
from circle15.routing.nearest import nearest_times
from circle15.routing.reach import reach
from tests.towns.lattice import torn_grid
from tests.towns.one_street import FLAT, HOMES, SITES, STREET, covered, demand, facilities, random_case


def test_coverage_by_hand():
    frame = covered().frame
    # 2 min = 120 m: the elder at 0 (100 m away). 5 min = 300 m: also 400 (300 m to either) and 900 (200 m).
    assert frame.loc[("a", "clinic", 2.0), "pop_60plus_covered"] == 10
    assert frame.loc[("a", "clinic", 5.0), "pop_60plus_covered"] == 60
    assert frame.loc[("a", "clinic", 2.0), "pop_60plus_uncovered"] == 50
    assert frame.loc[("a", "clinic", 2.0), "pop_60plus_share"] == pytest.approx(1 / 6)
    assert frame.loc[("a", "clinic", 2.0), "population_covered"] == 20
    # 15 min = 900 m: 2,000 m is 1,300 m from the nearest.
    assert frame.loc[("b", "clinic", 15.0), "pop_60plus_share"] == 0
    # choices at 5 min: the elder at 0 has one clinic, at 400 two, at 900 one: (10 + 40 + 30) / 60
    assert frame.loc[("a", "clinic", 5.0), "choices"] == pytest.approx(80 / 60)


def test_a_listed_service_without_facilities_covers_nobody_and_an_unlisted_one_has_no_rows():
    result = covered()
    assert result.services == ("clinic", "shop")
    assert result.frame.loc[("a", "shop", 15.0), "pop_60plus_uncovered"] == 60
    assert "meal_point" in result.undetermined
    assert "meal_point" not in result.frame.index.get_level_values("service")


def test_nearest_minutes_reach_beyond_the_cutoff():
    graph = walk_graph(STREET, FLAT)
    near = nearest_times(graph, place_demand(STREET, HOMES), place_facilities(STREET, SITES))
    result = covered(nearest=near)
    # a: (10 x 100 + 20 x 300 + 30 x 200) / 60 m; b: 1,300 m
    assert result.nearest.loc[("a", "clinic"), "mean_min"] == pytest.approx((1000 + 6000 + 6000) / 60 / 60)
    assert result.nearest.loc[("a", "clinic"), "p90_min"] == pytest.approx(300 / 60)
    assert result.nearest.loc[("b", "clinic"), "mean_min"] == pytest.approx(1300 / 60)
    assert np.isnan(result.nearest.loc[("a", "shop"), "mean_min"])
    assert result.nearest.loc[("a", "shop"), "unreachable"] == 60


def test_ninety_percent_is_never_when_more_than_a_tenth_cannot_arrive():
    homes = demand([(0, 0), (10, 0)], [80, 20], ["a", "a"])
    walks = np.array([[240_000, NEVER_MS], [NEVER_MS, NEVER_MS]])
    nearest = NearestTimes(
        point_ids=homes.frame.index,
        point_status=np.zeros(2, dtype=np.uint8),
        services=("clinic", "shop"),
        cost_ms=walks,
    )
    result = covered(homes, nearest=nearest)
    assert result.nearest.loc[("a", "clinic"), "mean_min"] == 4
    assert np.isnan(result.nearest.loc[("a", "clinic"), "p90_min"])
    assert result.nearest.loc[("a", "clinic"), "unreachable"] == 20


def test_people_far_from_streets_are_unplaced_not_uncovered():
    homes = demand([(0, 0), (0, 900)], [10, 90], ["a", "a"])
    with pytest.warns(DataQualityWarning):
        frame = covered(homes).frame
    row = frame.loc[("a", "clinic", 15.0)]
    assert (row["pop_60plus_covered"], row["pop_60plus_uncovered"], row["pop_60plus_unplaced"]) == (10, 0, 90)
    assert row["pop_60plus_share"] == 1
    with pytest.warns(DataQualityWarning):
        nobody = covered(demand([(0, 900), (0, 950)], [10, 90], ["a", "a"])).frame.loc[("a", "clinic", 15.0)]
    assert np.isnan(nobody["pop_60plus_share"])


def test_one_site_with_two_services_serves_both():
    frame = covered(sites=facilities([(100, 0)], ["clinic shop"])).frame
    assert frame.loc[("a", "clinic", 15.0)].tolist() == frame.loc[("a", "shop", 15.0)].tolist()


def test_a_table_cut_off_too_early_or_of_other_points_is_refused():
    table = reach(STREET, HOMES, SITES, profile=FLAT, cutoff_min=5)
    with pytest.raises(InputError, match="cutoff_min=15"):
        coverage(table, HOMES, SITES)
    turned = DemandPoints(frame=HOMES.frame.iloc[::-1])
    with pytest.raises(InputError, match="other demand points"):
        coverage(table, turned, SITES, cutoffs_min=[5])


@pytest.mark.parametrize("seed", range(5))
def test_laws(seed):
    net, (homes, sites) = torn_grid(seed), random_case(seed)
    at = snap(net, homes.frame, max_snap_m=40)
    with pytest.warns(DataQualityWarning, match="lies? too far"):
        table = reach(net, homes, sites, profile=FLAT, max_snap_m=40)
    frame = coverage(table, homes, sites).frame
    for column in ("population", "pop_60plus"):
        # covered + uncovered + unplaced + undetermined = people, exactly; and people of all communities are all people
        lost = [f"{column}_unplaced", f"{column}_undetermined"]
        parts = frame[[f"{column}_covered", f"{column}_uncovered", *lost]].sum(axis=1)
        assert (parts == frame[column]).all()
        assert (frame[column].groupby(["service", "cutoff_min"]).sum() == homes.frame[column].sum()).all()
        # a longer cut-off covers no fewer
        by_cutoff = frame[f"{column}_covered"].unstack("cutoff_min")
        assert (by_cutoff.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert (at.status == Positions.FAR).any()
    # one more facility uncovers nobody
    extra = facilities([(500, 500)], ["clinic shop culture"]).frame.rename(index={"f0": "new"})
    more = Facilities(frame=gpd.GeoDataFrame(pd.concat([sites.frame, extra])), listed=sites.listed)
    with pytest.warns(DataQualityWarning):
        wider = coverage(reach(net, homes, more, profile=FLAT, max_snap_m=40), homes, more).frame
    assert (wider["population_covered"] >= frame["population_covered"]).all()
    # against a plain recount in pandas
    pairs = table.minutes.reset_index().merge(sites.offers(), on="facility_id")
    best = pairs.groupby(["point_id", "service"])["minutes"].min().reset_index()
    best = best.join(homes.frame[["community_id", "population"]], on="point_id")
    for cutoff in (5.0, 10.0, 15.0):
        recount = best[best["minutes"] <= cutoff].groupby(["community_id", "service"])["population"].sum()
        ours = frame["population_covered"].xs(cutoff, level="cutoff_min")
        pd.testing.assert_series_equal(
            ours[ours > 0].sort_index(), recount[recount > 0].sort_index(), check_names=False, check_exact=True
        )


def test_the_table_itself_knows_who_could_not_be_placed():
    homes = demand([(0, 0), (0, 900)], [10, 90], ["a", "a"])
    with pytest.warns(DataQualityWarning, match="1 of 2 points"):
        table = reach(STREET, homes, SITES, profile=FLAT)
    result = coverage(table, homes, SITES)
    row = result.frame.loc[("a", "clinic", 15.0)]
    assert (row["pop_60plus_covered"], row["pop_60plus_uncovered"], row["pop_60plus_unplaced"]) == (10, 0, 90)
    assert np.isnan(result.nearest.loc[("a", "clinic"), "unreachable"])  # beyond the cut-off nothing was computed


def test_other_facilities_than_the_tables_are_refused():
    table = reach(STREET, HOMES, SITES, profile=FLAT)
    other = Facilities(frame=SITES.frame.rename({"f0": "new"}), listed=SITES.listed)
    with pytest.raises(InputError, match="does not know facility 'new'"):
        coverage(table, HOMES, other)


def test_without_any_list_the_frames_are_empty_but_whole():
    nothing = Facilities(frame=SITES.frame.iloc[:0], listed=frozenset())
    result = coverage(reach(STREET, HOMES, nothing, profile=FLAT), HOMES, nothing)
    assert result.services == ()
    assert {"pop_60plus_share", "choices"} <= set(result.frame.columns)
    assert result.frame.index.names == ["community_id", "service", "cutoff_min"]
    assert list(result.nearest.columns) == ["mean_min", "p90_min", "unreachable"]


def test_one_service_twice_on_one_site_counts_once():
    twice = facilities([(100, 0)], ["clinic clinic"])
    assert covered(sites=twice).frame.loc[("a", "clinic", 15.0), "choices"] == 1
    with pytest.raises(InputError, match="is text"):
        Facilities(frame=twice.frame.assign(services="clinic"), listed=twice.listed)


# -- through the day --------------------------------------------------------------------------------


def with_hours(sites: Facilities, hours: list[str]) -> Facilities:
    return Facilities(frame=sites.frame.assign(opening_hours=hours), listed=sites.listed)


def test_coverage_through_the_day_by_hand():
    # clinics at 100 m (mornings) and 700 m (weekday afternoons); 5 min = 300 m; elders 10 at 0, 20 at 400, 30 at 900 m
    sites = with_hours(SITES, ["08:00-12:00", "Mo-Fr 12:00-17:00"])
    table = reach(STREET, HOMES, sites, profile=FLAT)
    frame = coverage_through_day(table, HOMES, sites, moments=["12:00", "8:00", "周六 12:00"], cutoff_min=5)
    assert frame.index.names == ["community_id", "service", "moment"]
    clinics = frame.loc[("a", "clinic")]
    assert clinics.index.tolist() == ["We 12:00", "We 08:00", "Sa 12:00"]
    # at noon only 700 m is open: 400 and 900 m; at eight only 100 m: 0 and 400 m; on Saturday noon nothing
    assert clinics["pop_60plus_covered"].tolist() == [50, 30, 0]
    assert (frame["pop_60plus_covered"] + frame["pop_60plus_uncovered"] == frame["pop_60plus"]).all()
    with pytest.raises(InputError, match="at least one moment"):
        coverage_through_day(table, HOMES, sites, moments=[])


@pytest.mark.parametrize("seed", range(3))
def test_coverage_at_a_moment_is_never_more_than_at_any_time(seed):
    rng = np.random.default_rng(seed)
    net, (homes, sites) = torn_grid(seed), random_case(seed)
    hours = rng.choice(
        ["08:00-12:00", "Mo-Fr 09:00-17:00", "24/7", "off", "", "待定", "22:00-06:00"], len(sites)
    ).tolist()
    sites = with_hours(sites, hours)
    with pytest.warns(DataQualityWarning, match="lies? too far"):
        table = reach(net, homes, sites, profile=FLAT, max_snap_m=40)
    whole = coverage(table, homes, sites).frame
    moments = ["3:00", "9:30", "Sa 11:00", "Su 23:00"]
    through = coverage_through_day(table, homes, sites, moments=moments)
    for when in moments:
        at = coverage(table, homes, open_facilities(sites, c15.moment(when)))
        then = through.xs(c15.moment(when).en, level="moment")
        pd.testing.assert_frame_equal(then, at.frame.xs(15.0, level="cutoff_min"), check_exact=True)
        for column in ("population_covered", "pop_60plus_covered", "choices"):
            assert (at.frame[column] <= whole[column]).all()
        assert set(at.services) == set(whole.index.unique("service"))
