"""The whole road on real cities: Helsinki always, Suzhou's real streets when a data root has them."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import circle15 as c15
from circle15.catalog.phrases import community_sentences
from circle15.errors import CrsError, DataQualityWarning, SettingError
from circle15.model import Positions
from circle15.network.graph import walk_graph
from circle15.planning.links import with_link
from circle15.routing.reach import reach_table
from circle15.study import STAGES, check_city, check_places
from tests.towns import oracle
from tests.towns.pack_files import CITY_TOML, community
from tests.towns.real_cities import shipped_city, shipped_result

REAL_SUZHOU = next(
    (
        root
        for root in map(Path, os.environ.get("CIRCLE15_DATA", "").split(os.pathsep))
        if list(root.glob("suzhou/*.pbf"))
    ),
    None,
)


@pytest.fixture(scope="module")
def helsinki():
    return shipped_city("helsinki")


@pytest.fixture(scope="module")
def result():
    return shipped_result("helsinki")


def test_real_streets_with_real_facilities(helsinki):
    assert not helsinki.synthetic
    assert 100 < helsinki.network.total_km < 130  # 1.1 km x 1.7 km of a city centre with its pavements
    assert helsinki.network.component_km[0] / helsinki.network.total_km > 0.97
    offers = helsinki.facilities.offers()["service"].value_counts()
    assert (offers["clinic"], offers["community_centre"]) == (5, 3)  # clinic 3 + doctors 3, one pair the same place


def test_a_service_without_a_list_is_undetermined_and_no_gap(result):
    assert result.coverage.undetermined == ("meal_point", "day_care")
    assert set(result.gaps.weights) == {"clinic", "culture", "fitness", "shop", "community_centre"}
    told = {found.code: found for found in result.findings}
    assert told["undetermined-service"].severity == "note"
    assert "不算缺口" in told["undetermined-service"].message_zh


def test_nobody_is_lost(result):
    frame, people = result.coverage.frame, result.city.communities.frame
    for column in ("population", "pop_60plus"):
        lost = [f"{column}_unplaced", f"{column}_undetermined"]
        parts = frame[[f"{column}_covered", f"{column}_uncovered", *lost]].sum(axis=1)
        expected = frame.index.get_level_values("community_id").map(people[column])
        np.testing.assert_array_equal(parts, np.rint(expected.to_numpy(float) * 1024) / 1024)


def test_real_times_equal_networkx(result):
    some = result.demand.frame.index[::9]
    rows = result.demand.frame.index.get_indexer(some)
    here = result.demand.positions.take(rows)
    graph = walk_graph(result.city.network, result.settings.profile)
    times = oracle.walking_times(graph, here, result.facilities.positions, result.reach.cutoff_ms)
    minutes = result.reach.minutes
    ours = minutes[minutes.index.get_level_values("point_id").isin(some)]
    names = result.city.facilities.frame.index
    theirs = pd.Series({(some[p], names[f]): cost / 60_000 for (p, f), cost in times.items()})
    pd.testing.assert_series_equal(ours.sort_index(), theirs.sort_index(), check_names=False, check_exact=True)


def test_the_same_inputs_give_the_same_tables_and_stages_are_told_in_order(helsinki, result, monkeypatch):
    monkeypatch.delenv("CIRCLE15_DATA", raising=False)
    stages: list[str] = []
    with pytest.warns(DataQualityWarning, match="data-quality findings, first"):
        again = c15.analyse(c15.load_city("helsinki"), on_stage=stages.append)
    assert tuple(stages) == tuple(STAGES)
    pd.testing.assert_frame_equal(again.gaps.frame, result.gaps.frame, check_exact=True)
    pd.testing.assert_frame_equal(again.coverage.frame, result.coverage.frame, check_exact=True)
    assert (again.isochrones.frame.geometry.to_wkb() == result.isochrones.frame.geometry.to_wkb()).all()
    assert again.record == result.record
    assert helsinki.key == "helsinki"


def test_a_slower_walker_covers_nobody_more(helsinki, result):
    with pytest.warns(DataQualityWarning):
        frail = c15.analyse(helsinki, profile="frail", cutoffs_min=(5, 10, 15), draws=0)
    assert (frail.coverage.frame["population_covered"] <= result.coverage.frame["population_covered"]).all()
    assert frail.profile.speed_mps == 0.6


def test_bad_settings_stop_before_any_work(helsinki):
    with pytest.raises(SettingError, match="adult, elderly, frail"):
        c15.analyse(helsinki, profile="cat")
    with pytest.raises(SettingError, match="rise"):
        c15.analyse(helsinki, cutoffs_min=(10, 5))


def test_the_record_holds_no_path_and_no_clock(result):
    text = repr(result.record)
    assert str(Path.home()) not in text
    assert "/data/" not in text
    assert result.record["inputs"][0]["sha256"]
    assert result.record["settings"]["cutoffs_min"] == [5, 10, 15]


def test_results_draw_themselves(result):
    assert "<table" in result.gaps._repr_html_()
    assert community_sentences(result.gaps, "zh").iloc[0] in result._repr_html_()
    assert community_sentences(result.gaps, "en").iloc[0] in result._repr_html_()
    assert "<table" in result.coverage._repr_html_()
    assert "<table" in result.isochrones._repr_html_()
    assert "Helsinki" in repr(result)


def test_check_computes_nothing_heavy_but_places_facilities(helsinki):
    codes = {found.code for found in check_places(helsinki)}
    tags = {"gates-private", "nodes-barred", "squares-not-joined", "ways-denied", "ways-not-in-use"}
    places = {"facility-moved", "streets-cut", "undetermined-service"}  # the file is a square kilometre
    assert codes == tags | places


def test_the_library_in_one_line_each(helsinki):
    drawn = c15.isochrones(helsinki.network, helsinki.facilities, minutes=(5, 10, 15), profile="elderly")
    assert drawn.merged.index.get_level_values("service").nunique() == 5
    table = c15.reach(
        helsinki.network, c15.demand_points(helsinki.communities, network=helsinki.network), helsinki.facilities
    )
    assert len(table) > 1000


# -- Suzhou ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["water-town", "real-streets"])
def suzhou(request):
    if request.param == "water-town":
        return request.param, shipped_city("suzhou")
    if REAL_SUZHOU is None:
        pytest.skip("no data root with Suzhou's real streets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIRCLE15_DATA", str(REAL_SUZHOU))
        return request.param, c15.load_city("suzhou")


def test_the_flagship_is_labelled_for_what_it_is(suzhou):
    kind, city = suzhou
    assert city.synthetic
    assert city.network.origin.synthetic == (kind == "water-town")
    assert city.communities.origin.synthetic
    codes = {found.code for found in city.findings}
    assert {"synthetic-communities", "synthetic-facilities"} <= codes
    assert ("synthetic-streets" in codes) == (kind == "water-town")


def test_the_flagship_has_gaps_in_every_service_and_none_everywhere(suzhou):
    kind, city = suzhou
    # Of the real streets one facility stands on a piece that nothing joins, more than 50 m from the rest.
    told = pytest.warns(DataQualityWarning, match="cut off") if kind == "real-streets" else nullcontext()
    with told:
        result = c15.analyse(city)
    assert result.coverage.undetermined == ()
    at = result.coverage.frame.xs(15.0, level="cutoff_min")
    share = at["pop_60plus_covered"].groupby("service").sum() / at["pop_60plus"].groupby("service").sum()
    # Elderly care is what a fifteen-minute circle lacks first (Jiang, Wu & Chung 2025, for Suzhou).
    assert share.between(0.5, 0.95).all()
    assert share[["meal_point", "day_care", "clinic"]].max() < share[["shop", "fitness", "community_centre"]].min()
    assert 40 <= len(result.gaps.by_community) <= 60
    assert (result.demand.positions.status == Positions.FAR).mean() < 0.01
    robust = result.robustness
    assert (robust.draws, len(robust.frame)) == (200, len(at))
    assert set(robust.frame["verdict"]) == {"robust_gap", "likely_gap", "doubtful", "robust_pass"}
    assert {"facility", "path"} <= set(robust.checks["kind"])
    assert result.stability.agreement["rho"].between(0.5, 1).all()
    frame = result.attribution.frame
    assert set(frame.index) == set(result.gaps.frame.index[result.gaps.frame["uncovered"] > 1e-6])
    assert {"link", "facility"} <= set(frame["cause"])
    assert served_by(result, result.attribution.links.iloc[0]) == pytest.approx(
        result.attribution.links["serves"].max()
    )


def served_by(result, link) -> float:
    """People aged 60+ newly covered, over all services, when the link is built."""
    built = with_link(result.city.network, int(link["u"]), int(link["v"]))
    left = []
    for net in (result.city.network, built):
        table = reach_table(
            walk_graph(net, result.profile), result.demand.positions, result.facilities.positions
        )  # fmt: skip
        left.append(c15.coverage(table, result.demand.points, result.city.facilities).frame.xs(15, level="cutoff_min"))
    return float((left[0]["pop_60plus_uncovered"] - left[1]["pop_60plus_uncovered"]).sum())


@pytest.mark.parametrize("given", ["5,10", "15", b"15", ["5", "10"], [None], {5: 1}, [True], True, object(), [[5]]])
def test_cut_offs_that_are_no_row_of_numbers_are_refused_in_words(make_pack, given):
    root = make_pack()
    with pytest.raises(SettingError, match=r"cutoffs_min = .*give a list of minutes") as told:
        c15.load_city("tryton", data=root, cutoffs_min=given)
    assert "分钟数的列表" in told.value.zh
    with pytest.raises(SettingError, match="give a list of minutes"):
        c15.analyse(c15.load_city("tryton", data=root), cutoffs_min=given, draws=0)


@pytest.mark.parametrize("given", [15, 15.0, [15], (15.0,), np.array([15])])
def test_one_cut_off_is_a_row_of_one(make_pack, given):
    assert c15.load_city("tryton", data=make_pack(), cutoffs_min=given).settings.cutoffs_min == (15.0,)


def test_a_town_across_the_antimeridian_is_refused_in_words(make_pack):
    across = [community("w", 179.9990, 179.9995), community("e", -179.9995, -179.9990)]
    root = make_pack(communities=across, toml=CITY_TOML.format(settings="", more="").replace("EPSG:4549", "EPSG:32601"))
    with pytest.raises(CrsError, match="meridian of 180 degrees"):
        c15.load_city("tryton", data=root)
    (told,) = [found for found in check_city("tryton", data=root).findings if found.severity == "error"]
    assert "180度经线" in told.message_zh
