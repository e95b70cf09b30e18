"""Equity of a study drawn by hand: who has how much access, why something is undefined, and groups."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from circle15.accessibility.coverage import coverage
from circle15.accessibility.decay import gaussian_weight
from circle15.accessibility.equity import access, curve, equity, groups_of
from circle15.accessibility.equity.groups import need_of
from circle15.catalog.phrases import equity_reasons, named_groups
from circle15.errors import InputError
from circle15.kernels.costs import NEVER_MS
from circle15.model import Communities, DemandPoints, Facilities, NearestTimes, Origin, ReachTable
from tests.towns.lattice import BY, CRS, points

HERE = Origin(label_zh="测试", label_en="test")
MINUTE = 60_000


def communities(people, elders, **columns) -> Communities:
    frame = gpd.GeoDataFrame(
        {
            "name": "x",
            "population": np.array(people, dtype=float),
            "pop_60plus": np.array(elders, dtype=float),
            **columns,
        },
        geometry=[shapely.box(1000 * k, 0, 1000 * k + 1000, 1000) for k in range(len(people))],
        crs=CRS,
        index=pd.Index([f"c{k}" for k in range(len(people))], name="community_id"),
    )
    return Communities(frame=frame, origin=HERE)


def study(walks, elders, *, services=None, placed=None, order=None, **columns):
    """One home for each community with 100 people; ``walks``: home -> minutes to each of the sites, None: too far."""
    count = len(elders)
    order = list(range(count)) if order is None else order
    town = communities([100.0] * count, elders, **columns)
    homes = points([(k, 0) for k in range(count)])
    homes["community_id"], homes["method"] = town.frame.index, "building"
    homes["population"], homes["pop_60plus"] = 100.0, np.array(elders, dtype=float)
    homes = homes.iloc[order]
    sites = points([(k, 9) for k in range(len(walks[0]))], name="facility_id", prefix="f")
    sites["name"], sites["services"] = "s", services or [("clinic",)] * len(sites)
    serving = Facilities(frame=sites, listed=frozenset(key for row in sites["services"] for key in row))
    pairs = [(p, f, walks[h][f]) for p, h in enumerate(order) for f in range(len(sites)) if walks[h][f] is not None]
    pairs = [pair for pair in pairs if pair[2] <= 15]
    point, facility, minutes = (np.array(column) for column in zip(*pairs, strict=True)) if pairs else ([], [], [])
    reach = ReachTable(
        point_ids=homes.index, facility_ids=sites.index, point=np.asarray(point, dtype=np.int32),
        facility=np.asarray(facility, dtype=np.int32), cost_ms=np.rint(np.asarray(minutes) * MINUTE).astype(np.int32),
        cutoff_ms=15 * MINUTE, profile=BY["flat"],
        point_status=np.zeros(count, dtype=np.uint8) if placed is None else (~placed).astype(np.uint8),
    )  # fmt: skip
    times = np.array([[NEVER_MS if m is None else round(m * MINUTE) for m in walks[h]] for h in order], dtype=np.int64)
    listed = tuple(sorted(serving.listed))
    least = [times[:, [service in row for row in sites["services"]]].min(axis=1) for service in listed]
    nearest = NearestTimes(
        point_ids=homes.index, point_status=reach.point_status, services=listed, cost_ms=np.stack(least, axis=1)
    )
    demand = DemandPoints(frame=homes)
    covered = coverage(reach, demand, serving, cutoffs_min=[15], nearest=nearest)
    return equity(reach, demand, serving, town, covered=covered, nearest=nearest), reach, serving


def test_access_is_the_sum_of_weights_in_reach():
    _, reach, serving = study([[0, 7.5], [15, None], [None, 20]], [10, 10, 10])
    table = access(reach, serving, reach_min=15)
    assert table["clinic"].tolist() == pytest.approx([1 + float(gaussian_weight(7.5, 15)), 0, 0], abs=1e-9)
    assert table.index.name == "point_id"


def test_access_is_the_same_in_any_order_of_facilities():
    # Floating point adds three weights to another last digit in another order; whole parts of 2^-30 it does not.
    minutes = [6.3, 12.4, 6.1, 8.2, 0.4]
    weight = [float(gaussian_weight(one, 15)) for one in minutes]
    assert np.cumsum(weight)[-1] != np.cumsum(weight[::-1])[-1]
    _, *one = study([minutes], [10])
    _, *other = study([minutes[::-1]], [10])
    assert access(*one, reach_min=15)["clinic"].tolist() == access(*other, reach_min=15)["clinic"].tolist()


def test_a_group_s_share_is_of_those_who_stand_on_a_street():
    # Of 10 + 30 + 20 elders the 20 are far from every street, and of the others 30 are in reach.
    result, *_ = study([[20], [5], [None]], [10, 30, 20], placed=np.array([True, True, False]), subdistrict=["甲"] * 3)
    row = result.groups.loc[("subdistrict", "甲", "clinic")]
    assert (row["pop_60plus"], row["share"], row["mean_min"]) == (60, 30 / 40, (10 * 20 + 30 * 5) / 40)


def test_access_is_by_service():
    _, reach, serving = study([[0, 7.5]], [10], services=[("clinic",), ("clinic", "shop")])
    table = access(reach, serving, reach_min=15)
    assert table["shop"].tolist() == pytest.approx([float(gaussian_weight(7.5, 15))], abs=1e-9)
    assert table["clinic"].iloc[0] > 1


def test_access_of_a_facility_that_the_table_does_not_know():
    _, reach, _ = study([[0]], [10])
    other = points([(0, 0)], name="facility_id", prefix="z")
    other["name"], other["services"] = "z", [("clinic",)]
    with pytest.raises(InputError, match="does not know facility 'z0'"):
        access(reach, Facilities(frame=other, listed=frozenset({"clinic"})), reach_min=15)


def test_figures_of_one_service():
    # access 1 and G(7.5) for 10 and 30 elders, none for 10
    result, _, _ = study([[0], [7.5], [30]], [10, 30, 10])
    row, g = result.frame.loc["clinic"], float(gaussian_weight(7.5, 15))
    w, x = np.array([10, 30, 10]), np.array([1, g, 0])
    differences = (w[:, None] * w * np.abs(x[:, None] - x)).sum()
    assert row["gini"] == pytest.approx(differences / (2 * (w @ x) * 50), abs=1e-8)
    # shares of 60+ are 0.1, 0.3, 0.1: the second is the needy one. L rises by 1 over 20 people, by 30 g over 30
    low = 1 * 10 / (10 + 30 * g)
    assert row["concentration"] == pytest.approx(1 - (0.4 * low + 0.6 * (1 + low)), abs=1e-8)
    assert row["zero_share"] == pytest.approx(0.2)
    assert row["bottom40_share"] == pytest.approx(10 * g / (10 + 30 * g), abs=1e-8)
    assert row["palma"] == pytest.approx(5 / (10 * g), abs=1e-8)
    assert row["worst_decile_min"] == pytest.approx(30)
    assert np.isnan(row["p90_p10"])  # who lives at the door
    assert row["why"] == ("p10",)
    assert equity_reasons(result, "zh")["clinic"] == "P10 为零分钟，P90/P10 无定义。"


def test_curves():
    result, _, _ = study([[0], [7.5], [30]], [10, 30, 10])
    share = result.curve.loc["clinic", "share"]
    assert share.index.tolist() == list(range(1, 31))
    assert share[[1, 7, 8, 29, 30]].tolist() == pytest.approx([0.2, 0.2, 0.8, 0.8, 1])
    assert result.lorenz.loc["clinic"].iloc[[0, 20, 100]]["access"].tolist() == pytest.approx([0, 0, 1])
    ids, walks = pd.RangeIndex(2), np.array([[60_000], [NEVER_MS]])
    nearest = NearestTimes(point_ids=ids, point_status=np.zeros(2, dtype=np.uint8), services=("a",), cost_ms=walks)
    whole = curve(nearest, np.zeros(2), minutes=2, services=("a",))
    assert whole["share"].isna().all()


def test_the_curve_at_the_circle_is_coverage():
    walks = [[k / 2] for k in range(60)]
    result, _, _ = study(walks, list(range(1, 61)))
    inside = sum(k + 1 for k in range(60) if k / 2 <= 15)
    assert result.curve.loc[("clinic", 15), "share"] == pytest.approx(inside / sum(range(1, 61)))


@pytest.mark.parametrize(
    ("walks", "elders", "code", "told"),
    [
        ([[1], [1], [1]], [10, 10, 10], "one_value", "same access"),
        ([[1], [1], [20]], [10, 10, 10], "two_values", "no more than coverage"),
        ([[20], [20], [None]], [10, 10, 10], "none", "access is zero throughout"),
        ([[1], [2], [3]], [0, 0, 0], "nobody", "Nobody aged 60"),
    ],
)
def test_a_gini_that_would_say_nothing_is_refused_with_its_reason(walks, elders, code, told):
    result, _, _ = study(walks, elders)
    row = result.frame.loc["clinic"]
    assert row[["gini", "concentration", "palma", "bottom40_share"]].isna().all()
    assert row["why"][0] == code
    assert told in equity_reasons(result, "en")["clinic"]
    assert equity_reasons(result, "zh")["clinic"]
    assert result.lorenz.empty


def test_what_the_unreachable_make_undefined_is_told():
    result, _, _ = study([[1], [2], [None]], [45, 46, 9])
    row = result.frame.loc["clinic"]
    assert row["p90_p10"] == 2
    assert row["worst_decile_min"] == pytest.approx(2)  # nine have no way, the tenth walks two minutes
    assert row["why"] == ("worst_some",)
    assert "leaves them out" in equity_reasons(result, "en")["clinic"]
    result, _, _ = study([[1], [2], [None]], [40, 40, 20])
    row = result.frame.loc["clinic"]
    assert np.isnan(row["worst_decile_min"])
    assert np.isnan(row["p90_p10"])
    assert row["why"] == ("p90", "worst")
    assert "have no way to any" in equity_reasons(result, "en")["clinic"]
    assert "P90/P10" in equity_reasons(result, "en")["clinic"]


def test_palma_without_a_bottom_says_so():
    result = study([[1], [2], [None]], [30, 20, 50])[0]
    row = result.frame.loc["clinic"]
    assert np.isfinite(row["gini"])
    assert np.isnan(row["palma"])
    assert row["bottom40_share"] == 0
    assert row["why"][0] == "palma"
    assert "Palma" in equity_reasons(result, "en")["clinic"]


def test_who_cannot_be_placed_does_not_count():
    walks, elders = [[1], [3], [9], [None]], [10, 20, 30, 1000]
    without, _, _ = study(walks[:3], elders[:3])
    beside, _, _ = study(walks, elders, placed=np.array([True, True, True, False]))
    assert beside.frame.loc["clinic", "gini"] == without.frame.loc["clinic", "gini"]
    assert beside.frame.loc["clinic", "zero_share"] == 0
    assert beside.curve.loc[("clinic", 9), "share"] == 1


def test_a_service_without_a_list_has_no_row():
    result, _, _ = study([[1]], [10])
    assert result.frame.index.tolist() == ["clinic"]


def test_the_order_of_homes_changes_no_digit():
    walks = [[k * 0.37, 14.9 - k * 0.21] for k in range(40)]
    elders = [1 + k * k % 17 / 8 for k in range(40)]
    one, _, _ = study(walks, elders, community_type="甲")
    other, _, _ = study(walks, elders, order=list(np.random.default_rng(1).permutation(40)), community_type="甲")
    for name in ("frame", "groups", "lorenz", "curve"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def test_groups_are_sums_over_communities():
    kinds = ["甲", "甲", "乙", ""]
    result, _, _ = study([[5], [20], [10], [None]], [10, 30, 20, 5], community_type=kinds)
    groups = result.groups.xs("clinic", level="service").loc["community_type"]
    assert groups.index.tolist() == ["", "乙", "甲"]
    assert groups.loc["甲"].tolist() == [2, 40, 0.25, pytest.approx((10 * 5 + 30 * 20) / 40)]
    assert groups.loc["乙"].tolist() == [1, 20, 1, 10]
    assert groups.loc["", "share"] == 0
    assert np.isnan(groups.loc["", "mean_min"])
    named = named_groups(result, "zh").xs("clinic", level="service").loc["community_type"]
    assert named.index.tolist() == sorted(["甲", "乙", "（未填）"])
    assert named.loc["（未填）"].tolist()[:3] == groups.loc[""].tolist()[:3]


def test_a_group_of_one_elder_is_a_group():
    # Half an elder 5 min away and half an elder who is led nowhere: one elder, half covered, 5 min on the way.
    result, _, _ = study([[5], [None]], [0.5, 0.5], community_type=["甲", "甲"])
    row = result.groups.loc[("community_type", "甲", "clinic")]
    assert row.tolist() == [2, 1, 0.5, 5]
    alone, _, _ = study([[5]], [0.5], community_type=["甲"])
    assert alone.groups.loc[("community_type", "甲", "clinic")].tolist() == [1, 0.5, 1, 5]


def test_need_is_a_share_however_few_live_there():
    assert need_of(communities([0, 0.5, 1, 10], [0, 0.25, 1, 2])).tolist() == [0, 0.5, 1, 0.2]


def test_a_community_with_two_flags_is_in_both_groups():
    flags = ["动迁安置；城乡结合部", "动迁安置", "无", None, "动迁安置;动迁安置"]
    table = groups_of(communities([9] * 5, [1, 2, 3, 4, 5], priority_flag=flags))
    flagged = table[table["grouping"] == "priority_flag"].groupby("group")["community_id"].agg(list).to_dict()
    assert flagged == {"动迁安置": ["c0", "c1", "c4"], "城乡结合部": ["c0"], "no": ["c2"], "": ["c3"]}


def test_codes_of_groups_have_names_and_words_of_the_file_stay():
    columns = {
        "community_type": ["no", "urban", "x"],
        "priority_flag": ["无", "拆迁", ""],
        "rural": ["农村", "", "城镇"],
    }
    result, *_ = study([[5], [20], [10]], [10, 30, 20], **columns)
    by = {language: named_groups(result, language).index.droplevel("service") for language in ("zh", "en")}
    assert by["zh"].tolist() == [
        ("community_type", "no"), ("community_type", "urban"), ("community_type", "x"), ("priority_flag", "拆迁"),
        ("priority_flag", "（无）"), ("priority_flag", "（未填）"), ("rural", "农村"), ("rural", "城市"),
        ("rural", "（未填）"),
    ]  # fmt: skip
    assert by["en"].tolist()[3:] == [
        ("priority_flag", "(none)"), ("priority_flag", "(not said)"), ("priority_flag", "拆迁"),
        ("rural", "(not said)"), ("rural", "rural"), ("rural", "urban"),
    ]  # fmt: skip


def test_long_codes_are_not_rounded_together():
    table = groups_of(communities([9] * 3, [1] * 3, subdistrict=[320508001.0, 320508002.0, np.nan]))
    assert table.query("grouping == 'subdistrict'")["group"].tolist()[:2] == ["320508001", "320508002"]


def test_who_says_neither_town_nor_country_is_in_neither_group():
    table = groups_of(communities([9] * 4, [1] * 4, rural=["农村", "", 1.0, "街道社区"]))
    assert table["group"].tolist() == ["rural", "", "rural", "urban"]


def test_fifths_of_need_keep_equals_together():
    of = lambda elders: (
        groups_of(communities([100] * len(elders), elders)).query("grouping == 'need'")["group"].tolist()
    )
    assert of([10, 20, 30, 40, 50]) == ["1", "2", "3", "4", "5"]
    assert of([50, 40, 30, 20, 10]) == ["5", "4", "3", "2", "1"]
    assert of([10] * 6) == ["3"] * 6
    assert of([10, 10, 10, 10, 50]) == ["3", "3", "3", "3", "5"]
    assert of([10, 20, 30, 40]) == []


def test_columns_that_say_nothing_make_no_grouping():
    table = groups_of(
        communities([9] * 2, [1, 1], community_type=["", None], subdistrict=[np.nan, " "], rural=["", ""])
    )
    assert table.empty
    result, _, _ = study([[1], [2]], [1, 2])
    assert result.groups.empty
    assert list(result.groups.columns) == ["communities", "pop_60plus", "share", "mean_min"]
