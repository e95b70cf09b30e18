"""Kinds of communities: planted kinds are found again, in any order of rows, and nothing is claimed without ground."""

from __future__ import annotations

import warnings
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sklearn.metrics import adjusted_rand_score

from circle15.catalog.facts import read_facts
from circle15.catalog.phrases import type_names, type_notes
from circle15.model import Communities, Origin
from circle15.typology import partition, typology
from circle15.typology.clusters import _adjusted_rand, scaled
from circle15.typology.kinds import _traits
from tests.towns.lattice import CRS

RULE = read_facts("community_types.toml")["rule"]
HERE = Origin(label_zh="测试", label_en="test")


def town(count: int, **columns) -> Communities:
    frame = gpd.GeoDataFrame(
        {"name": "x", "population": 100.0, "pop_60plus": 20.0, **columns},
        geometry=[shapely.box(k, 0, k + 1, 1) for k in range(count)],
        crs=CRS,
        index=pd.Index([f"c{k:03}" for k in range(count)], name="community_id"),
    )
    return Communities(frame=frame, origin=HERE)


def planted(sizes=(24, 16, 10), seed=4) -> pd.DataFrame:
    """Three kinds far apart: old and dense and near, young and sparse and far, in between; in mixed order."""
    chance = np.random.default_rng(seed)
    middles = [(20_000, 0.35, 4, 1), (800, 0.12, 30, 9), (6000, 0.22, 14, 4)]
    rows = [
        np.array(middle) * chance.uniform(0.9, 1.1, 4)
        for middle, size in zip(middles, sizes, strict=True)
        for _ in range(size)
    ]
    table = pd.DataFrame(rows, columns=["density_km2", "elder_share", "min_clinic", "centre_km"])
    table.index = pd.Index([f"c{k:03}" for k in range(len(table))], name="community_id")
    return table


@pytest.fixture(scope="module")
def found():
    return typology(town(50, community_type=["老城区"] * 20 + ["商品房"] * 30), planted(), seed=3)


def test_planted_kinds_are_found_and_numbered_by_size(found):
    assert found.method == "kmeans"
    assert found.frame["type_id"].tolist() == ["T1"] * 24 + ["T2"] * 16 + ["T3"] * 10
    assert found.types["communities"].tolist() == [24, 16, 10]
    assert found.types["pop_60plus"].tolist() == [480, 320, 200]
    assert found.fits[found.fits["chosen"]].index.tolist() == [("kmeans", 3)]
    assert found.fits.loc[("kmeans", 3), "ari"] == pytest.approx(1)
    assert (found.frame["silhouette"] > 0.5).all()


def test_how_firm_the_kinds_are_is_said(found):
    mean = found.frame["silhouette"].mean()
    assert found.notes["firmness"].values == {"silhouette": pytest.approx(mean), "ari": pytest.approx(1)}
    assert f"Mean silhouette {mean:.2f} " in type_notes(found)["firmness"]["en"]
    assert "ARI 1.00" in type_notes(found)["firmness"]["zh"]
    assert not {"unstable", "small"} & set(found.notes)


def test_agreement_of_two_partitions_by_hand_and_as_scikit_learn_has_it():
    # Six pairs of rows; the first joins two of them, the second one, both one: (1 - 2/6) / (3/2 - 2/6) = 4/7.
    assert _adjusted_rand(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])) == pytest.approx(4 / 7, abs=1e-15)
    assert _adjusted_rand(np.array([0, 0, 1]), np.array([1, 1, 0])) == 1
    assert _adjusted_rand(np.array([0, 0]), np.array([0, 0])) == 1
    chance = np.random.default_rng(2)
    for size in range(2, 80):
        one, other = (chance.integers(0, most, size) for most in chance.integers(1, 9, 2))
        assert _adjusted_rand(one, other) == adjusted_rand_score(one, other)


def test_every_way_of_clustering_was_tried(found):
    tried = found.fits.reset_index().groupby("method")["k"].agg(list).to_dict()
    assert tried == {"gmm": [3, 4, 5, 6, 7, 8], "kmeans": [3, 4, 5, 6, 7, 8], "hdbscan": [3]}
    assert found.fits.loc["gmm", "bic"].notna().all()


def test_types_are_named_by_what_stands_out(found):
    names = type_names(found, "zh")
    words = [set(name.split("·")) for name in names]
    assert [len(said) for said in words[:2]] == [3, 3]
    assert words[0] < {"高密度", "老龄", "设施近", "近中心"}
    assert words[1] < {"低密度", "年轻", "设施远", "远郊"}
    assert names.is_unique
    assert set(found.types.loc["T1", "traits"]) < {"density_high", "elders_high", "walk_low", "centre_low"}
    assert not {"type_zh", "type_en"} & {*found.frame, *found.types}


def test_types_that_nothing_tells_apart_have_numbers(found):
    same = found.types.assign(traits=[("elders_high",), ("elders_high",), ()], number=[1, 2, 0])
    alike = replace(found, types=same)
    assert type_names(alike, "zh").tolist() == ["老龄 1", "老龄 2", "各项居中"]
    assert type_names(alike, "en").tolist() == ["old 1", "old 2", "average"]
    middles = pd.DataFrame({"elder_share": [0.9, 0.9, 0.0], "min_clinic": [0.0, 0.0, 0.1]})
    facts = read_facts("community_types.toml")
    assert _traits(middles, facts, quadrants=False) == ([("elders_high",), ("elders_high",), ()], [1, 2, 0])


def test_medians_are_in_the_features_own_units(found):
    assert found.types.loc["T2", "min_clinic"] == pytest.approx(planted().iloc[24:40]["min_clinic"].median())
    assert found.types.loc["T1", "density_km2"] > 15_000


def test_medoids_are_members_in_the_middle(found):
    assert found.frame.groupby("type_id")["medoid"].sum().tolist() == [1, 1, 1]
    for key, row in found.types.iterrows():
        assert found.frame.loc[row["medoid_id"], "type_id"] == key
    points = scaled(planted().assign(density_km2=np.log10(planted()["density_km2"])), clip=RULE["clip"]).iloc[:24]
    sums = [np.linalg.norm(points - row, axis=1).sum() for row in points.to_numpy()]
    assert points.index[int(np.argmin(sums))] == found.types.loc["T1", "medoid_id"]


def test_reference_types_are_those_that_communities_say(found):
    assert found.types["kunshan"].tolist() == ["老城区", "", ""]
    assert found.types.loc["T1", "kunshan_share"] == pytest.approx(20 / 24)
    assert found.types["kunshan_share"].isna().tolist() == [False, True, True]


def test_a_tie_of_reference_types_is_not_decided():
    kinds = ["老城区社区"] * 12 + ["农夹居"] * 12 + ["纯农村"] * 2 + ["x"] * 24
    assert typology(town(50, community_type=kinds), planted()).types["kunshan"].tolist() == ["", "纯农村", ""]
    assert typology(town(50), planted()).types["kunshan"].tolist() == ["", "", ""]


def test_neither_order_nor_names_of_communities_matter(found):
    chance = np.random.default_rng(8)
    order = chance.permutation(50)
    kinds = np.array(["老城区"] * 20 + ["商品房"] * 30)
    names = [f"z{k:03}" for k in chance.permutation(50)]
    other = town(50, community_type=kinds)
    mixed = Communities(
        frame=other.frame.iloc[order].set_axis(np.array(names)[order]).rename_axis("community_id"), origin=HERE
    )
    table = planted().iloc[chance.permutation(50)]
    table.index = pd.Index([names[int(key[1:])] for key in table.index], name="community_id")
    again = typology(mixed, table, seed=3)
    back = again.frame.rename(index=dict(zip(names, other.frame.index, strict=True))).sort_index()
    pd.testing.assert_frame_equal(back, found.frame, check_exact=True, check_names=False)
    pd.testing.assert_frame_equal(again.fits, found.fits, check_exact=True)
    assert again.types["traits"].tolist() == found.types["traits"].tolist()


def test_another_seed_may_change_the_fits_but_one_seed_never_does(found):
    again = typology(town(50, community_type=["老城区"] * 20 + ["商品房"] * 30), planted(), seed=3)
    pd.testing.assert_frame_equal(again.fits, found.fits, check_exact=True)
    pd.testing.assert_frame_equal(again.types, found.types, check_exact=True)


def test_one_who_belongs_nowhere_is_an_outlier():
    table = planted()
    table.loc["c000", ["density_km2", "elder_share", "min_clinic", "centre_km"]] = [20_000, 0.12, 30, 1]
    result = typology(town(50), table)
    assert result.frame.loc["c000", "outlier"]
    assert result.frame["outlier"].sum() < 5


# -- what is missing ---------------------------------------------------------------------------------


def test_who_lacks_a_feature_has_no_type():
    table = planted()
    table.loc[["c001", "c049"], "elder_share"] = np.nan
    result = typology(town(50), table)
    assert result.frame.loc[["c001", "c049"], "type_id"].tolist() == ["", ""]
    assert result.frame["type_id"].ne("").sum() == 48
    assert result.types["communities"].sum() == 48
    assert "2 communities lack" in type_notes(result)["missing"]["en"]
    assert not result.frame.loc["c001", "medoid"]


@pytest.mark.parametrize("known", [0, 1, 44])
def test_a_feature_that_few_have_is_left_out_and_said(known):
    table = planted()
    table["area_m2_100hh"] = np.where(np.arange(50) < known, np.arange(50.0), np.nan)
    result = typology(town(50), table)
    assert result.frame["type_id"].ne("").all()
    assert "area_m2_100hh（不足90%的社区" in type_notes(result)["left_out"]["zh"]
    assert "area_m2_100hh" not in result.types


def test_a_feature_that_is_the_same_everywhere_is_left_out_and_said():
    result = typology(town(50), planted().assign(ways_km_km2=7.0))
    assert result.notes["left_out"].values["columns"] == ("ways_km_km2",)
    assert "ways_km_km2" in type_notes(result)["left_out"]["en"]
    assert "left_out" not in typology(town(50), planted()).notes


def test_communities_all_alike_have_no_types():
    table = planted()
    table.loc[:] = table.iloc[0].to_numpy()
    result = typology(town(50), table)
    assert result.method == "none"
    assert result.frame["type_id"].eq("").all()
    assert result.notes["method"].code == "alike"
    assert "too alike" in type_notes(result)["method"]["en"]


def test_twins_make_no_noise():
    """Many equal rows, fewer different ones than clusters asked for: no warning escapes."""
    table = pd.concat([planted().iloc[[0, 30, 45, 46]]] * 12).set_axis([f"c{k:03}" for k in range(48)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = typology(town(48), table)
    assert result.types["communities"].sum() == 48
    assert result.fits.loc["kmeans"].index.max() == 4


@pytest.mark.parametrize("count", [0, 1, 4])
def test_of_fewer_than_five_nothing_is_said(count):
    result = typology(town(count), planted().iloc[:count])
    assert result.method == "none"
    assert len(result.frame) == count
    assert result.types.empty
    assert "少于5个" in type_notes(result)["method"]["zh"]


# -- quadrants ---------------------------------------------------------------------------------------


def few(shares, minutes) -> pd.DataFrame:
    table = pd.DataFrame({"elder_share": shares, "min_clinic": minutes, "min_shop": minutes}, dtype=float)
    return table.set_axis([f"c{k:03}" for k in range(len(shares))])


def test_quadrants_of_need_and_access():
    result = typology(town(6), few([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [5, 20, 5, 20, 6, 20]))
    assert result.method == "quadrants"
    words = result.frame["type_id"].map(type_names(result, "zh")).tolist()
    assert words == ["年轻·设施近", "年轻·设施远", "年轻·设施近", "老龄·设施远", "老龄·设施近", "老龄·设施远"]
    assert result.types["communities"].tolist() == [2, 2, 1, 1]
    assert result.frame["silhouette"].isna().all()
    assert not result.frame["outlier"].any()
    assert "6" in type_notes(result)["method"]["zh"]


def test_who_is_at_the_median_counts_as_low_need_and_near():
    result = typology(town(5), few([0.1, 0.2, 0.3, 0.4, 0.5], [1, 2, 3, 4, 5]))
    assert type_names(result, "zh")[result.frame.loc["c002", "type_id"]] == "年轻·设施近"
    assert result.types["communities"].tolist() == [3, 2]


def test_quadrants_begin_where_clusters_end():
    assert typology(town(29), planted().iloc[:29]).method == "quadrants"
    assert (
        typology(
            town(30),
            planted()
            .iloc[list(range(12)) + list(range(24, 34)) + list(range(40, 48))]
            .set_axis([f"c{k:03}" for k in range(30)]),
        ).method
        == "kmeans"
    )


def test_quadrants_ask_for_need_and_access_alone():
    table = few([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [5, 20, 5, 20, 6, 20]).assign(ways_km_km2=[1.0, 2, 3, 4, 5, 6])
    table = pd.concat([table, table.set_axis([f"c{k:03}" for k in range(6, 12)])])
    table.loc["c000", "ways_km_km2"] = np.nan
    result = typology(town(12), table)
    assert result.frame["type_id"].ne("").all()
    assert "missing" not in result.notes
    table.loc["c001", "min_clinic"] = np.nan
    assert typology(town(12), table).frame["type_id"].eq("").tolist() == [False, True] + [False] * 10


def test_without_any_service_there_is_no_access_to_divide_by():
    result = typology(town(6), few([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [1] * 6)[["elder_share"]])
    assert result.method == "none"
    assert "No service" in type_notes(result)["method"]["en"]


def test_quadrants_of_communities_all_alike():
    assert typology(town(6), few([0.2] * 6, [5] * 6)).method == "none"


# -- parts --------------------------------------------------------------------------------------------


def test_scaling_stands_on_medians():
    table = pd.DataFrame({"a": [0.0, 1, 2, 3, 400], "same": [3.0] * 5, "rare": [0.0, 0, 0, 0, 10]})
    out = scaled(table, clip=3)
    assert list(out.columns) == ["a", "rare"]
    assert out["a"].tolist() == [-1, -0.5, 0, 0.5, 3]
    assert out["rare"].tolist()[:4] == [0] * 4
    assert out["rare"].iloc[4] == pytest.approx(10 / np.sqrt(100 / 5))


def test_a_cluttered_cloud_is_told_to_be_unstable():
    cloud = np.random.default_rng(0).normal(size=(40, 6)).round(9)
    result = partition(cloud, seed=1, rule=RULE)
    assert not result.stable
    assert result.fits.loc["kmeans", "ari"].max() < RULE["stable_ari"]
    chosen = result.fits.loc["kmeans"]
    assert chosen["ari"].idxmax() == chosen[chosen["chosen"]].index[0]


def test_a_speck_is_told_to_be_small():
    rows = np.vstack([planted().iloc[:40, 1:3].to_numpy(), [[9.0, 500.0]]])
    points = scaled(pd.DataFrame(rows), clip=99).to_numpy()
    result = partition(points, seed=1, rule=RULE | {"smallest": 30})
    assert result.small
    assert result.stable


def test_labels_hang_on_no_order_of_rows_even_where_nothing_is_apart():
    # Points without any clusters: where KMeans begins decides, and it begins with the rows in their order.
    rng = np.random.default_rng(8)
    points, order = rng.uniform(-2, 2, (40, 3)).round(9), rng.permutation(40)
    rule = {"resamples": 2, "stable_ari": 0.75, "smallest": 3}
    one, other = (partition(rows, seed=3, rule=rule) for rows in (points, points[order]))
    assert other.label.tolist() == one.label[order].tolist()
    assert other.silhouette.tolist() == one.silhouette[order].tolist()
    pd.testing.assert_frame_equal(other.fits, one.fits, check_exact=True)
