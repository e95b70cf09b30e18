"""Features of communities on a drawing: each number derived by hand, in any order of rows."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from circle15.kernels.costs import NEVER_MS
from circle15.model import Communities, DemandPoints, Facilities, NearestTimes, Origin
from circle15.typology import features
from tests.towns.lattice import CRS, X0, Y0, network, points

HERE = Origin(label_zh="测试", label_en="test")


def drawn(*, order=(0, 1, 2), area=None, listed=("community_centre",), floor=(300.0, 150.0, np.nan), **columns):
    """Three squares of one km side in a row, a street through the first two, nobody in the third.

    ::

        +-------+-------+-------+
        | h0    | h1    |  c f2 |     homes h0 (100 people), h1 (300), h1b (100)
        |=======|====   |       |     street from 0 to 1,400 m at y = 500; a spur of 200 m in the first
        | f0    | f1 h1b|       |
        +-------+-------+-------+
    """
    frame = gpd.GeoDataFrame(
        {"name": list("abc"), "population": [100.0, 400.0, 0.0], "pop_60plus": [20.0, 100.0, 0.0],
         "households": [50.0, 100.0, 10.0], **columns},
        geometry=[shapely.box(X0 + 1000 * k, Y0, X0 + 1000 * k + 1000, Y0 + 1000) for k in range(3)],
        crs=CRS, index=pd.Index(["a", "b", "c"], name="community_id"),
    )  # fmt: skip
    if area is not None:
        frame["centre_area_m2"] = area
    homes = points([(500, 600), (1500, 600), (1900, 100)])
    homes["community_id"], homes["method"] = ["a", "b", "b"], "building"
    homes["population"], homes["pop_60plus"] = [100.0, 300.0, 100.0], [20.0, 25.0, 75.0]
    homes = homes.iloc[list(order)]
    sites = points([(100, 100), (1100, 100), (2500, 900)], name="facility_id", prefix="f")
    sites["name"], sites["services"] = "s", [tuple(listed[:1])] * 3
    sites["floor_area_m2"] = list(floor)
    net = network([(0, 500), (1400, 500), (300, 500), (300, 700)], [(0, 2), (2, 1), (2, 3)])
    walks = np.array([300_000, 600_000, NEVER_MS])[list(order)]
    nearest = NearestTimes(
        point_ids=homes.index, point_status=np.zeros(3, dtype=np.uint8), services=("clinic",), cost_ms=walks[:, None]
    )
    table = features(
        Communities(frame=frame.iloc[::-1] if order[0] else frame, origin=HERE), DemandPoints(frame=homes),
        Facilities(frame=sites, listed=frozenset(listed)), net, nearest=nearest, services=["clinic"],
    )  # fmt: skip
    return table.loc[["a", "b", "c"]]


def test_people_and_ways():
    table = drawn()
    assert table["density_km2"].tolist()[:2] == [100, 400]
    assert table["elder_share"].tolist()[:2] == [0.2, 0.25]
    assert table["ways_km_km2"].tolist() == pytest.approx([1.2, 0.4, 0])
    assert table.loc["c", ["density_km2", "elder_share", "min_clinic", "centre_km"]].isna().all()


def test_the_mean_walk_is_by_elders_and_no_way_counts_as_an_hour():
    assert drawn()["min_clinic"].tolist()[:2] == pytest.approx([5, (25 * 10 + 75 * 60) / 100])


def test_the_centre_is_the_mean_place_of_all_people():
    """The people of a at (500, 600), those of b at (1600, 475) on average, all at (1380, 500)."""
    assert drawn()["centre_km"].tolist()[:2] == pytest.approx([np.hypot(0.88, 0.1), np.hypot(0.22, 0.025)], abs=5e-4)


def test_floor_area_of_centres_that_stand_in_a_community():
    assert drawn()["area_m2_100hh"].tolist()[:2] == pytest.approx([600, 150])
    assert np.isnan(drawn().loc["c", "area_m2_100hh"])  # its centre does not say how large it is
    assert drawn(floor=(300, 150, 5))["area_m2_100hh"].tolist() == pytest.approx([600, 150, 50])


def test_a_community_s_own_figure_comes_first():
    assert drawn(area=[10.0, None, 30.0])["area_m2_100hh"].tolist() == pytest.approx([20, np.nan, 300], nan_ok=True)


def test_where_no_list_tells_of_centres_their_area_is_not_zero():
    assert drawn(listed=("clinic",))["area_m2_100hh"].isna().all()


def test_no_order_of_rows_changes_a_digit():
    pd.testing.assert_frame_equal(drawn(), drawn(order=(2, 0, 1)), check_exact=True)
