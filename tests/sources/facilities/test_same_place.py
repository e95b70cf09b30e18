"""Facilities of several lists as one: each rule on points set out by hand, and laws for any lists.

Points stand on a line, in metres; names are made of a stem and 社区卫生服务站, so that stems decide.
"""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.catalog import same_place_rule
from circle15.errors import CrsError, InputError
from circle15.model.places import CONFLICT_COLUMNS, MATCH_COLUMNS
from circle15.sources.facilities.same_place import PlaceList, same_places

CLINIC = ("clinic",)
RULE = same_place_rule()


def sites(*rows, crs="EPSG:4549", **columns):
    """Rows of (id, name, metres east, services); further columns by name."""
    ids = pd.Index([row[0] for row in rows], name="facility_id", dtype=object)
    frame = gpd.GeoDataFrame(
        {
            "name": pd.Series([row[1] for row in rows], index=ids, dtype=object),
            "services": pd.Series([row[3] if len(row) > 3 else CLINIC for row in rows], index=ids, dtype=object),
        },
        geometry=gpd.points_from_xy([float(row[2]) for row in rows], [0.0] * len(rows)),
        index=ids,
        crs=crs,
    )
    return frame.assign(**columns)


def listed(frame, label="own.csv", speaks_of=CLINIC, **more):
    return PlaceList(frame=frame, label=label, speaks_of=frozenset(speaks_of), **more)


def merged(*frames, **options):
    labels = ("own.csv", "osm.pbf", "third.csv")
    return same_places(
        [listed(frame, label, options.pop("speaks_of", CLINIC)) for frame, label in zip(frames, labels, strict=False)],
        **options,
    )


def pairs(found):
    return list(zip(found.matches["facility_id"], found.matches["other_id"], strict=True))


def doubts(found):
    keys = ("kind", "facility_id", "other_id")
    return list(found.conflicts[[*keys]].itertuples(index=False, name=None))


# -- What is one place --------------------------------------------------------------------------------


@pytest.mark.parametrize(("metres", "one"), [(0, True), (150, True), (150.01, False)])
def test_names_that_say_the_same_within_150_m(metres, one):
    found = merged(sites(("a", "平江街道社区卫生服务站", 0)), sites(("n1", "平江社区卫生服务站", metres)))
    assert pairs(found) == ([("a", "n1")] if one else [])
    assert len(found.frame) == (1 if one else 2)


@pytest.mark.parametrize(("metres", "one"), [(50, True), (50.01, False)])
def test_names_that_are_alike_within_50_m(metres, one):
    # 双塔影园 and 双塔影里园: 4 characters of 4 and 5, likeness 8 / 9.
    found = merged(sites(("a", "双塔影园卫生站", 0)), sites(("n1", "双塔影里园卫生站", metres)))
    assert pairs(found) == ([("a", "n1")] if one else [])
    assert doubts(found) == ([] if one else [("alike", "a", "n1")])
    if one:
        assert found.matches["likeness"].tolist() == [pytest.approx(8 / 9)]


@pytest.mark.parametrize(("metres", "one"), [(50, True), (50.01, False)])
@pytest.mark.parametrize("name", ["n1", "", "社区卫生服务站", None])
def test_without_a_name_of_its_own_within_50_m(metres, name, one):
    found = merged(sites(("a", "平江社区卫生服务站", 0)), sites(("n1", name, metres)))
    assert pairs(found) == ([("a", "n1")] if one else [])
    assert found.matches["by"].tolist() == (["point"] if one else [])


def test_a_name_that_the_reader_made_is_none():
    made = sites(("n1", "桃花坞 · 人民路", 40), name_is_own=False)
    found = merged(sites(("a", "平江社区卫生服务站", 0)), made)
    assert pairs(found) == [("a", "n1")]
    assert "name_is_own" not in found.frame


def test_a_place_without_a_name_takes_the_others():
    found = merged(sites(("a", "a", 0)), sites(("n1", "平江社区卫生服务站", 10)))
    assert found.frame.loc["a", "name"] == "平江社区卫生服务站"
    assert found.matches["filled"].tolist() == ["name"]
    # A name that says the kind is the planner's word and stays.
    found = merged(sites(("a", "社区卫生服务站", 0)), sites(("n1", "平江社区卫生服务站", 10)))
    assert found.frame.loc["a", "name"] == "社区卫生服务站"


@pytest.mark.parametrize(
    ("name", "services", "metres"),
    [
        ("平江社区卫生服务站", ("shop",), 0),  # no service in common
        ("平江社区卫生服务中心", CLINIC, 40),  # another tier
        ("社区卫生服务中心", CLINIC, 40),  # another tier, and no name
        ("桃花坞社区卫生服务站", CLINIC, 40),
    ],
)
def test_what_is_not_one_place(name, services, metres):
    found = merged(
        sites(("a", "平江社区卫生服务站", 0)), sites(("n1", name, metres, services)), speaks_of=("clinic", "shop")
    )
    assert pairs(found) == []
    assert found.frame.index.tolist() == ["a", "n1"]


def test_an_english_name_will_do():
    own = sites(("a", "Pingjiang Clinic", 0))
    found = merged(own, sites(("n1", "平江社区卫生服务站", 100), name_en="Pingjiang clinic"))
    assert pairs(found) == [("a", "n1")]


def test_a_bar_in_one_language_holds_in_both():
    own = sites(("a", "平江社区卫生服务站", 0), name_en="Pingjiang Clinic")
    found = merged(own, sites(("n1", "平江社区卫生服务中心", 100), name_en="Pingjiang Clinic"))
    assert pairs(found) == []
    assert doubts(found) == [("alike", "a", "n1")]


def test_the_citys_name_is_a_prefix_that_may_be_left_out():
    lists = sites(("a", "苏州平江社区卫生服务站", 0)), sites(("n1", "平江社区卫生服务站", 100))
    assert pairs(merged(*lists)) == []
    assert pairs(merged(*lists, city=("苏州市", ""))) == [("a", "n1")]


# -- One to one ---------------------------------------------------------------------------------------


def test_the_best_pairs_go_first():
    """::

    own     a(平江)     b(no name)
    metres  0      20   30   100
    osm            x         y        both 平江
    """
    own = sites(("a", "平江社区卫生服务站", 0), ("b", "b", 30))
    osm = sites(("x", "平江社区卫生服务站", 20), ("y", "平江社区卫生服务站", 100))
    # x is nearer to b than to a, but names go first; y is 70 m from b, too far without a name.
    assert pairs(merged(own, osm)) == [("a", "x")]
    # Equal letter by letter goes before nearer.
    osm = sites(("x", "平江街道社区卫生服务站", 20), ("y", "平江社区卫生服务站", 100))
    assert pairs(merged(own, osm)) == [("a", "y"), ("b", "x")]
    # Nothing else to choose by: the first id.
    osm = sites(("y", "平江社区卫生服务站", -20), ("x", "平江社区卫生服务站", 20))
    assert pairs(merged(sites(("a", "平江社区卫生服务站", 0)), osm)) == [("a", "x")]


def test_rows_of_one_list_are_never_merged():
    twice = sites(("a", "平江社区卫生服务站", 0), ("b", "平江社区卫生服务站", 0))
    found = merged(twice, sites(("n1", "平江社区卫生服务站", 1)))
    assert found.frame.index.tolist() == ["a", "b"]
    assert pairs(found) == [("a", "n1")]


def test_three_lists_make_one_place():
    third = sites(("t", "平江卫生站", 20), phone=["x"])
    found = merged(sites(("a", "平江社区卫生服务站", 0)), sites(("n1", "平江社区卫生服务站", 100)), third)
    assert found.frame.index.tolist() == ["a"]
    assert found.frame.loc["a", "also_in"] == "n1; t"
    assert found.frame.loc["a", "source"] == "own.csv; osm.pbf; third.csv"
    assert found.frame.loc["a", "filled_columns"] == "phone"


# -- What a merged row holds --------------------------------------------------------------------------


def test_the_earlier_row_stays_and_is_filled_from_the_later():
    own = sites(("a", "平江社区卫生服务站", 0), opening_hours=" ", capacity=[float("nan")], tier="站", source="民政局")
    osm = sites(
        ("n1", "平江街道社区卫生服务站", 100),
        opening_hours="08:00-17:00", capacity=[12.0], tier="node", source="OpenStreetMap", source_date="2026-01-01",
        wheelchair="yes", beds=[("x", 1)],
    )  # fmt: skip
    found = merged(own, osm)
    (row,) = found.frame.reset_index().to_dict("records")
    assert (row["facility_id"], row["name"], row["geometry"]) == ("a", "平江社区卫生服务站", shapely.Point(0, 0))
    assert (row["opening_hours"], row["capacity"], row["tier"]) == ("08:00-17:00", 12.0, "站")
    assert (row["wheelchair"], row["beds"]) == ("yes", ("x", 1))
    assert (row["source"], row["also_in"]) == ("民政局; OpenStreetMap", "n1")
    assert pd.isna(row["source_date"])  # the day of another source says nothing of this row
    assert row["filled_columns"] == "opening_hours, capacity, wheelchair, beds"
    assert found.matches.iloc[0].to_dict() == {
        "facility_id": "a", "name": "平江社区卫生服务站", "list_file": "own.csv", "other_id": "n1",
        "other_name": "平江街道社区卫生服务站", "other_file": "osm.pbf", "distance_m": 100.0, "by": "name",
        "likeness": 0.99, "filled": "opening_hours, capacity, wheelchair, beds", "services_added": "",
    }  # fmt: skip


def test_a_third_list_meets_what_two_have_become():
    # The name that the second list gave.
    found = merged(sites(("a", "a", 0)), sites(("n1", "平江卫生站", 10)), sites(("t", "平江卫生站", 100)))
    assert pairs(found) == [("a", "n1"), ("a", "t")]
    # The service that it gave.
    own, second = listed(sites(("a", "平江卫生站", 0))), sites(("n1", "平江卫生站", 0, ("clinic", "shop")))
    second = listed(second, "osm.pbf", ("clinic", "shop"))
    found = same_places([own, second, listed(sites(("t", "平江卫生站", 0, ("shop",))), "third.csv", ("shop",))])
    assert pairs(found) == [("a", "n1"), ("a", "t")]
    assert doubts(found) == []  # nobody denies anything
    # And its word on it: the first list does not speak of shops, the second does.
    found = same_places([own, second, listed(sites(("t", "平江卫生站", 0)), "third.csv", ("clinic", "shop"))])
    assert doubts(found) == [("services", "a", "t")]


def test_a_stand_in_for_an_english_name_fills_nothing():
    own = sites(("a", "平江社区卫生服务站", 0), name_en="")
    found = merged(own, sites(("n1", "卫生站", 10), name_en="Community clinic", name_is_own=False))
    assert found.frame.loc["a", "name_en"] == ""


def test_nothing_is_filled_where_nothing_is_lacking_and_inputs_stay_as_they_were():
    own, osm = sites(("a", "平江卫生站", 0), tier="x"), sites(("n1", "平江卫生站", 0), tier="y")
    before = own.copy(), osm.copy()
    found = merged(own, osm)
    assert found.frame.loc["a", ["tier", "filled_columns"]].tolist() == ["x", ""]
    pd.testing.assert_frame_equal(own, before[0])
    pd.testing.assert_frame_equal(osm, before[1])


def test_services_are_united_and_a_contradiction_is_told():
    own, osm = sites(("a", "平江卫生站", 0)), sites(("n1", "平江卫生站", 0, ("shop", "clinic", "fitness")))
    silent = listed(own), listed(osm, "osm.pbf", ("clinic", "shop", "fitness"))
    found = same_places(silent)
    assert found.frame.loc["a", "services"] == ("clinic", "fitness", "shop")
    assert found.matches["services_added"].tolist() == ["fitness;shop"]
    assert doubts(found) == []  # the own list does not speak of shops: it denies none
    found = same_places([listed(own, speaks_of=("clinic", "shop")), silent[1]])
    assert found.frame.loc["a", "services"] == ("clinic", "fitness", "shop")
    assert doubts(found) == [("services", "a", "n1")]
    assert found.conflicts.loc[0, ["column", "value", "other_value"]].tolist() == ["services", "clinic", "clinic;shop"]


# -- What is doubtful ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("metres", "told"), [(150.01, True), (1000, True), (1000.01, False)])
def test_one_name_and_service_far_apart(metres, told):
    found = merged(sites(("a", "平江街道卫生站", 0)), sites(("n1", "平江卫生站", metres)))
    assert doubts(found) == ([("far", "a", "n1")] if told else [])
    if told:
        assert found.conflicts.iloc[0].to_dict() == {
            "kind": "far", "services": "clinic", "facility_id": "a", "name": "平江街道卫生站", "list_file": "own.csv",
            "column": "", "value": "", "other_id": "n1", "other_name": "平江卫生站", "other_file": "osm.pbf",
            "other_value": "", "distance_m": metres,
        }  # fmt: skip


def test_branches_of_a_chain_prove_nothing():
    osm = sites(("n1", "好德便利店", 400), ("n2", "好德便利店", 900))
    assert doubts(merged(sites(("a", "好德便利店", 0)), osm)) == []
    assert doubts(merged(osm, sites(("a", "好德便利店", 0)))) == []


def test_a_place_that_was_found_is_not_told_to_be_far():
    own = sites(("a", "平江卫生站", 0))
    found = merged(own, sites(("n1", "平江卫生站", 100, ("clinic", "shop"))), sites(("t", "平江卫生站", 400)))
    assert pairs(found) == [("a", "n1")]
    assert doubts(found) == [("far", "a", "t")]  # but to the third list it is


@pytest.mark.parametrize(("metres", "told"), [(30, True), (30.01, False)])
def test_other_names_in_one_spot(metres, told):
    own = sites(("a", "平江卫生站", 0), ("b", "桃花坞卫生站", -10))
    found = merged(own, sites(("n1", "双塔卫生站", metres)))
    assert doubts(found) == ([("near", "a", "n1")] if told else [])  # the nearest only


def test_one_core_in_two_districts_is_not_one_name():
    own = sites(("a", "姑苏区平江卫生站", 0))
    assert doubts(merged(own, sites(("n1", "吴中区平江卫生站", 100)))) == [("alike", "a", "n1")]
    assert doubts(merged(own, sites(("n1", "吴中区平江卫生站", 400)))) == []


def test_one_doubt_for_each_place():
    own = sites(("a", "平江社区卫生服务中心", 0), ("b", "平江社区卫生服务中心", 60), ("c", "双塔卫生站", 45))
    # Alike to a and b, and b is nearer; beside c, which is no longer the question.
    assert doubts(merged(own, sites(("n1", "平江社区卫生服务站", 40)))) == [("alike", "b", "n1")]
    own = sites(("a", "平江卫生站", 0), ("b", "桃花坞卫生站", 5))
    assert doubts(merged(own, sites(("n1", "双塔卫生站", 29)))) == [("near", "b", "n1")]


def test_two_places_without_a_name_raise_no_doubt():
    found = merged(sites(("a", "社区卫生服务站", 0)), sites(("n1", "社区卫生服务站", 100)))
    assert (pairs(found), doubts(found)) == ([], [])


def test_names_alike_but_barred_are_told_and_those_that_are_settled_are_not():
    own = sites(("a", "平江社区卫生服务站", 0), ("b", "双塔社区卫生服务站", 0))
    osm = sites(("n1", "平江社区卫生服务中心", 140), ("n2", "双塔社区卫生服务站", 5), ("n3", "双塔社区卫生服务中心", 5))
    found = merged(own, osm)
    assert pairs(found) == [("b", "n2")]
    # n3 has b's name but b is found; what stands there besides is a, with another name.
    assert doubts(found) == [("alike", "a", "n1"), ("near", "a", "n3")]


def test_opening_hours_that_differ():
    own = sites(("a", "平江卫生站", 0), opening_hours="08:00 – 17:00")
    found = merged(own, sites(("n1", "平江卫生站", 0), opening_hours="08:00-17:00"))
    assert doubts(found) == []  # another dash is no other hour
    found = merged(own, sites(("n1", "平江卫生站", 0), opening_hours="08:00-20:00"))
    assert doubts(found) == [("differs", "a", "n1")]
    assert found.conflicts.loc[0, ["column", "value", "other_value"]].tolist() == [
        "opening_hours", "08:00 – 17:00", "08:00-20:00",
    ]  # fmt: skip
    assert found.frame.loc["a", "opening_hours"] == "08:00 – 17:00"


def test_a_list_kept_apart():
    lists = [listed(sites(("a", "平江卫生站", 0))), listed(sites(("n1", "平江卫生站", 9)), "osm.pbf", merge=False)]
    found = same_places(lists)
    assert found.frame.index.tolist() == ["a", "n1"]
    assert found.matches.empty
    assert doubts(found) == [("apart", "a", "n1")]


# -- Bad and empty input ------------------------------------------------------------------------------


def test_lists_that_cannot_be_merged():
    own = sites(("a", "x", 0))
    with pytest.raises(InputError, match="no list of facilities to merge"):
        same_places([])
    with pytest.raises(InputError, match=r"own\.csv and osm\.pbf: facility_id 'a' stands in more than one .* \(1 such"):
        merged(own, own)
    with pytest.raises(CrsError, match=r"osm\.pbf: lists must share one metric reference system \(is: EPSG:4550\)"):
        merged(own, sites(("n1", "x", 0), crs="EPSG:4550"))
    with pytest.raises(CrsError, match=r"own\.csv: lists must share"):
        merged(sites(("a", "x", 0), crs="EPSG:4326"))


@pytest.mark.parametrize(
    "frames", [[sites()], [sites(), sites()], [sites(("a", "x", 0)), sites()], [sites(), sites(("a", "x", 0))]]
)
def test_lists_with_nothing_in_them(frames):
    found = merged(*frames)
    assert len(found.frame) == sum(map(len, frames))
    assert found.frame.crs.to_epsg() == 4549
    assert found.matches.columns.tolist() == [*MATCH_COLUMNS]
    assert found.conflicts.columns.tolist() == [*CONFLICT_COLUMNS]


# -- Laws ---------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "", "社区卫生服务站", "平江社区卫生服务站", "平江街道卫生站", "平江社区卫生服务中心", "桃花坞卫生站",
        "桃花坞一村卫生站", "双塔影园卫生站", "双塔影里园卫生站",
    ]
)  # fmt: skip
SERVICES = st.sampled_from([("clinic",), ("clinic", "shop"), ("shop",)])
ROWS = st.lists(st.tuples(NAMES, st.integers(0, 30), SERVICES, st.sampled_from(["", "08:00"])), max_size=7)


def drawn(rows, mark):
    frame = sites(*((f"{mark}{k}", name, 25 * step, offered) for k, (name, step, offered, _) in enumerate(rows)))
    return frame.assign(opening_hours=[row[3] for row in rows], row_id=frame.index.to_numpy())


def told(found):
    return (
        found.frame.drop(columns="geometry").to_csv(),
        found.frame.geometry.to_wkt().tolist(),
        found.matches.to_csv(),
        found.conflicts.to_csv(),
    )


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS, ROWS, st.randoms(use_true_random=False))
def test_laws_of_merging(one, two, three, chance):
    frames = [drawn(rows, mark) for rows, mark in ((one, "a"), (two, "b"), (three, "c"))]
    found = merged(*frames, speaks_of=("clinic", "shop"))
    rows = pd.concat(frames)
    # Every row stands in the result or was merged into one that does, never both.
    assert sorted([*found.frame.index, *found.matches["other_id"]]) == sorted(rows.index)
    assert set(found.matches["facility_id"]) <= set(found.frame.index)
    # One to one with each list, never within a list, never farther than the limit, always with a service in common.
    assert not found.matches.assign(of=found.matches["other_id"].str[0]).duplicated(["facility_id", "of"]).any()
    for match in found.matches.itertuples():
        kept, other = rows.loc[match.facility_id], rows.loc[match.other_id]
        assert match.facility_id[0] < match.other_id[0]
        apart = kept.geometry.distance(other.geometry)
        assert apart == match.distance_m
        assert apart <= (RULE.within_m if match.by == "name" else RULE.nameless_m)
        assert set(found.frame.loc[match.facility_id, "services"]) >= {*kept["services"], *other["services"]}
    # The row itself stays: its id, its point.
    assert (found.frame["row_id"] == found.frame.index).all()
    # Doubts of the first three kinds are about places that stand.
    standing = found.conflicts[found.conflicts["kind"].isin(["far", "near", "alike"])]
    assert set(standing["other_id"]) <= set(found.frame.index)
    # The order of rows changes nothing.
    mixed = [frame.loc[chance.sample(list(frame.index), len(frame))] for frame in frames]
    assert told(merged(*mixed, speaks_of=("clinic", "shop"))) == told(found)
    # Merging what was merged changes nothing.
    again = same_places([listed(found.frame)])
    pd.testing.assert_frame_equal(again.frame, found.frame.sort_index())
    assert again.matches.empty


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_a_list_and_its_copy_are_the_list(rows):
    own = drawn(rows, "a")
    copy = own.set_index(own.index.str.replace("a", "b").rename("facility_id"))
    found = merged(own, copy, speaks_of=("clinic", "shop"))
    named = own["name"].isin(["平江社区卫生服务站", "桃花坞卫生站"])
    assert set(own.index[named]) <= set(found.matches["facility_id"])
    assert len(found.frame) + len(found.matches) == 2 * len(own)


def test_distances_are_taken_from_the_rule():
    lists = [listed(sites(("a", "平江卫生站", 0))), listed(sites(("n1", "平江卫生站", 200)), "osm.pbf")]
    wide = dataclasses.replace(RULE, within_m=200)
    assert pairs(same_places(lists, rule=wide)) == [("a", "n1")]
