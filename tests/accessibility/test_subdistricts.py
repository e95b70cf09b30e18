"""Sums by subdistrict, derived by hand: people add up, indices do not."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.accessibility.subdistricts import NO_SUBDISTRICT, by_subdistrict
from circle15.model import Communities, Coverage, Origin
from circle15.render.tables.files import gaps_xlsx, geopackage, subdistricts_csv
from circle15.render.tables.frames import subdistrict_gap_table, subdistrict_table
from tests.towns.lattice import CRS
from tests.towns.offices import grown_pack, quietly

SERVICES = ("meal_point", "clinic")


def communities(subdistricts, people=None) -> Communities:
    count = len(subdistricts)
    frame = gpd.GeoDataFrame(
        {
            "name": [f"c{k}" for k in range(count)],
            "population": people or [100.0] * count,
            "pop_60plus": people or [100.0] * count,
            "subdistrict": subdistricts,
        },
        geometry=[shapely.box(k, 0, k + 1, 1) for k in range(count)],
        crs=CRS,
        index=pd.Index([f"c{k}" for k in range(count)], name="community_id"),
    )
    return Communities(frame=frame, origin=Origin(label_zh="测试", label_en="test"))


def coverage(rows, services=SERVICES, cutoffs=(15.0,)) -> Coverage:
    """``rows``: per community and service (people, covered, unplaced)."""
    index = pd.MultiIndex.from_product(
        [[f"c{k}" for k in range(len(rows))], services, cutoffs], names=["community_id", "service", "cutoff_min"]
    )
    flat = np.array(rows, dtype=float).reshape(-1, 3).repeat(len(cutoffs), axis=0)
    columns = {}
    for one in ("population", "pop_60plus"):
        columns[one], columns[f"{one}_covered"], columns[f"{one}_unplaced"] = flat.T
        columns[f"{one}_undetermined"] = np.zeros(len(flat))
        columns[f"{one}_uncovered"] = flat[:, 0] - flat[:, 1] - flat[:, 2]
        columns[f"{one}_share"] = 0.123  # never to be used
    frame = pd.DataFrame(columns, index=index)
    return Coverage(frame=frame, nearest=pd.DataFrame(), services=services, undetermined=())


HALF = {"meal_point": 0.5, "clinic": 0.5}


def test_people_are_sums_and_shares_are_of_the_sums():
    # East: 100 people wholly covered beside 300 of whom a third is: 200 of 400, not the mean of 100 % and 33 %.
    covered = coverage([[(100, 100, 0), (100, 0, 0)], [(300, 100, 0), (300, 300, 0)], [(50, 10, 30), (50, 0, 50)]])
    found = by_subdistrict(covered, communities(["东", "东", "西"], [100.0, 300.0, 50.0]), weights=HALF)
    east = found.frame.loc[("东", "meal_point", 15.0)]
    assert east[["population", "population_covered", "population_uncovered"]].tolist() == [400.0, 200.0, 200.0]
    assert east["pop_60plus_share"] == 0.5
    west = found.frame.loc[("西", "meal_point", 15.0)]
    assert west[["pop_60plus_uncovered", "pop_60plus_unplaced", "pop_60plus_share"]].tolist() == [10.0, 30.0, 0.5]
    assert np.isnan(found.frame.loc[("西", "clinic", 15.0), "pop_60plus_share"])  # nobody placed
    table = found.by_subdistrict
    # East: shares 0.5 and 300/400: 100 x (1 - sqrt(0.5 x 0.75)) = 38.76
    assert table.loc["东", "index"] == pytest.approx(100 * (1 - np.sqrt(0.375)))
    assert np.isnan(table.loc["西", "index"])
    assert table.index.tolist() == ["东", "西"]
    assert table["communities"].tolist() == [2, 1]
    assert table.loc["东", ["uncovered", "worst_service"]].tolist() == [300.0, "meal_point"]
    assert table["rank"].tolist() == [1, pd.NA]


def test_communities_without_a_subdistrict_are_counted_apart():
    covered = coverage([[(10, 0, 0), (10, 0, 0)]] * 4)
    found = by_subdistrict(covered, communities(["东", "", None, " 东 "]), weights=HALF)
    assert sorted(found.by_subdistrict.index) == ["东", NO_SUBDISTRICT]
    assert found.frame["population"].groupby("subdistrict").max().to_dict() == {"东": 20.0, NO_SUBDISTRICT: 20.0}
    assert found.named.to_dict() == {"c0": "东", "c1": NO_SUBDISTRICT, "c2": NO_SUBDISTRICT, "c3": "东"}


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0]])
def test_the_english_name_is_that_of_the_first_id_that_has_one(order):
    known = communities(["甲街道", "甲街道", "甲街道"])
    frame = known.frame.assign(subdistrict_en=["", "Jia", "Chia"]).iloc[order]
    known = Communities(frame=frame, origin=known.origin)
    made = by_subdistrict(coverage([[(10, 5, 0)] * 2] * 3), known, weights=HALF)
    assert made.by_subdistrict["subdistrict_en"].to_dict() == {"甲街道": "Jia"}


@pytest.mark.parametrize("names", [["", None], ["  ", np.nan]])
def test_no_subdistrict_at_all_gives_no_sums(names):
    assert len(by_subdistrict(coverage([[(1, 0, 0), (1, 0, 0)]] * 2), communities(names), weights=HALF)) == 0


def test_without_the_column_and_without_services():
    bare = communities(["东"])
    without = Communities(frame=bare.frame.drop(columns="subdistrict"), origin=bare.origin)
    assert len(by_subdistrict(coverage([[(1, 0, 0), (1, 0, 0)]]), without, weights=HALF)) == 0
    nothing = by_subdistrict(coverage([[]], services=()), bare, weights={})
    assert nothing.by_subdistrict["communities"].tolist() == [1]
    assert nothing.by_subdistrict["index"].isna().all()


def test_weights_count_and_the_floor_holds():
    covered = coverage([[(100, 0, 0), (100, 100, 0)]])
    found = by_subdistrict(covered, communities(["东"]), weights={"meal_point": 0.25, "clinic": 0.75})
    assert found.by_subdistrict["index"].tolist() == [pytest.approx(100 * (1 - 0.01**0.25))]
    only = by_subdistrict(covered, communities(["东"]), weights={"meal_point": 0.0, "clinic": 1.0})
    assert only.by_subdistrict[["index", "uncovered", "worst_service"]].to_numpy().tolist() == [[0.0, 0.0, ""]]


PEOPLE = st.integers(0, 4096).map(lambda units: units / 1024)


# Large towns: the order of few rows rarely matters to a sum.
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("东西"), PEOPLE, PEOPLE, PEOPLE), min_size=1, max_size=40), st.randoms())
def test_sums_are_exact_in_any_order(rows, random):
    def sums(some):
        cells = [[(a + b + c, a, b)] * 2 for _, a, b, c in some]
        made = by_subdistrict(coverage(cells), communities([name for name, *_ in some]), weights=HALF)
        return made.frame.fillna(-1.0)

    shuffled = list(rows)
    random.shuffle(shuffled)
    one = sums(rows)
    pd.testing.assert_frame_equal(one, sums(shuffled))
    assert one["population"].groupby("service").sum().iloc[0] == sum(a + b + c for _, a, b, c in rows)
    parts = ["population_covered", "population_uncovered", "population_unplaced"]
    assert (one[parts].sum(axis=1) == one["population"]).all()


def test_a_city_s_files_have_its_subdistricts(make_pack, tmp_path):
    import circle15 as c15

    result = quietly(c15.analyse, c15.load_city("tryton", data=grown_pack(make_pack)))
    found = result.subdistricts
    assert sorted(found.by_subdistrict.index) == ["平江街道", NO_SUBDISTRICT]
    for column in ("population_covered", "pop_60plus_uncovered"):
        whole = result.coverage.frame[column].groupby(["service", "cutoff_min"]).sum()
        assert found.frame[column].groupby(["service", "cutoff_min"]).sum().equals(whole)
    long = subdistrict_gap_table(result)
    assert len(long) == 2 * 2 * 3
    text = subdistricts_csv(result, tmp_path / "s.csv").read_text(encoding="utf-8-sig")
    assert text.count("\n") == 1 + len(long)
    book = openpyxl.load_workbook(gaps_xlsx(result, tmp_path / "g.xlsx"), read_only=True)
    cells = {str(cell) for row in book["街道 Subdistricts"].iter_rows(values_only=True) for cell in row}
    assert {"平江街道", NO_SUBDISTRICT} <= cells
    layer = pyogrio.read_dataframe(geopackage(result, tmp_path / "c.gpkg"), layer="subdistricts")
    assert layer.set_index("subdistrict")["population"].to_dict() == {"平江街道": 1000.0, NO_SUBDISTRICT: 600.0}
    area = result.city.communities.frame.geometry.area.sum()
    assert layer.area.sum() == pytest.approx(area)
    assert subdistrict_table(result)["communities"].tolist() == [1, 1]
    assert (result.save(tmp_path / "out") / "subdistricts.csv").is_file()
